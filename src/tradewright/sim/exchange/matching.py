"""How the exchange matches: at each moment of an event the order that the price reaches first acts, then the next.

One action at a time: its reports are drawn before the next action is looked for, so that a consumer who answers at once
takes part in what is left of the event. Ties along the way go to the order accepted first.
"""

from __future__ import annotations

from tradewright.model.event import TRIGGERED
from tradewright.model.order import CLS, EXTENDED_HOURS, OPG, REDUCE_ONLY, STOP_LIMIT, TRAILING_STOP
from tradewright.model.rng import Rng
from tradewright.sim.exchange.book import Book
from tradewright.sim.exchange.desk import Desk
from tradewright.sim.exchange.filling import Filling
from tradewright.sim.exchange.market import Market
from tradewright.sim.exchange.path import Path, fall, rise
from tradewright.sim.exchange.vocabulary import (
    CLOSE,
    FIRST_EXTREME,
    FROM_QUOTES,
    FROM_TRADES,
    OPEN,
    OUT_OF_REACH,
    STANDING,
    TICK,
    WORKING,
)
from tradewright.sim.exchange.working import Working
from tradewright.sim.models.fill import ADVERSE, NEXT_CLOSE, NEXT_OPEN
from tradewright.sim.models.models import Models
from tradewright.sim.models.queue import FRONT, NO_QUEUE


class Matching(Filling):
    """Who acts next. point: the moment of the running event; path: the bar's way; event: counts events.

    first: the event's first moment (as `moment` counts them). since: when a bar's price set out for the moment, ns.
    """

    __slots__ = ("point", "path", "event", "first", "since")

    def __init__(self, models: Models, rng: Rng) -> None:
        super().__init__(models, rng)
        self.point = STANDING
        self.path = Path()
        self.event = 0
        self.first = 0
        self.since = 0

    # Moments

    def enter(self, market: Market, point: int) -> None:
        """The next moment: each book's price is set on its way."""
        self.point = point
        self.moment += 1
        if point in (OPEN, TICK):
            self.first = self.moment
        if point < TICK:
            self.since = self.path.sets_out(point)
        for book in market.books:
            self.aim(market, book)

    def aim(self, market: Market, book: Book) -> None:
        """Where the price of this book goes at the moment; a jump is there at once."""
        point = self.point
        joins = book.event != self.event
        book.event = self.event
        if self.print_size:
            book.bid_to = book.ask_to = self.print_price
        elif point >= TICK:
            book.bid_to = market.bid
            book.ask_to = market.ask
        else:
            path = self.path
            if joins or point == FIRST_EXTREME:
                position = book.net
                if position == 0 and self.models.fill.path == ADVERSE:
                    position = -self.entries(market, book)
                book.low_first = self.models.fill.low_first(
                    position, path.bid_open, path.bid_high, path.bid_low, path.bid_close
                )
            book.bid_to = path.bid(point, book.low_first)
            book.ask_to = path.ask(point, book.low_first)
        if point == OPEN or point >= CLOSE:
            book.bid = book.bid_to
            book.ask = book.ask_to

    def entries(self, market: Market, book: Book) -> int:
        """The side on which the bar can reach orders that may open a position: 0 if both or none."""
        sides = 0
        for w in book.orders:
            if w.open and not w.flags & REDUCE_ONLY and self.eligible(w, market) and self.within(w):
                sides |= 1 if w.side > 0 else 2
        return 1 if sides == 1 else -1 if sides == 2 else 0

    def within(self, w: Working) -> bool:
        """Whether the bar comes to where the order acts."""
        path = self.path
        if w.type == TRAILING_STOP or not (w.waits() or w.limited()):
            return True
        if w.waits():
            return path.ask_high >= w.stop if w.side > 0 else path.bid_low <= w.stop
        return path.ask_low <= w.limit if w.side > 0 else path.bid_high >= w.limit

    def refresh(self, market: Market, book: Book) -> None:
        """Brings a book's price up to date; one opened while the event runs joins at the end of the moment."""
        if self.here is market and book.event != self.event:
            self.aim(market, book)
            book.bid = book.bid_to
            book.ask = book.ask_to
        else:
            Desk.refresh(self, market, book)

    def settle(self, market: Market, book: Book) -> None:
        """The moment is over for this book: its price has arrived, and what was looked at now rests."""
        book.bid = book.bid_to
        book.ask = book.ask_to
        for w in book.orders:
            if w.open and self.eligible(w, market):
                if w.type == TRAILING_STOP:
                    self.follow(w, book)
                if not w.resting:
                    w.resting = True
                    self.join(w, market)

    # Who acts next

    def act(self, market: Market, book: Book) -> bool:
        """Lets orders act until one action has something to report; False when nobody acts at this moment any more."""
        asked = self.asking
        if asked is not None:
            self.asking = None
            beyond = asked.limited() and asked.side * self.asking_price > asked.side * asked.limit
            if asked.status == WORKING and asked.open and not beyond:
                self.fill(asked, self.asking_price, self.asking_maker)
        while not self.out:
            first: Working | None = None
            least = OUT_OF_REACH
            for w in book.orders:
                if w.open and w.tried != self.moment and self.eligible(w, market):
                    far = self.reach(w, book)
                    if far < least:
                        least = far
                        first = w
            if first is None:
                return False
            if least > 0.0:
                self.move(book, first.side, self.level(first), least)
            self.perform(first, book, least)
        return True

    def eligible(self, w: Working, market: Market) -> bool:
        """Whether the order takes part in this moment at all."""
        if self.closing_out:
            return True
        if not market.trading and not w.flags & EXTENDED_HOURS:
            return False
        if self.print_size and not self.meets_print(w, market):
            return False
        point = self.point
        if point < TICK and market.source < FROM_TRADES and w.born < self.first and w.entered > self.since:
            # It came while the bar ran, which is known only now: what the price had done by then is not for it.
            return False
        if w.time_in_force == OPG:
            return market.first and w.born < self.moment and point in (OPEN, TICK)
        if w.time_in_force == CLS:
            return point == CLOSE and market.last
        if market.source >= FROM_TRADES:
            return point != CLOSE
        if w.at_market():
            convention = self.models.fill.convention
            if convention == NEXT_OPEN:
                return point == OPEN and w.born < self.moment
            return convention != NEXT_CLOSE or point == CLOSE
        return True

    def meets_print(self, w: Working, market: Market) -> bool:
        """A trade is a price for all where nothing finer is known; else it only fills limit orders that rest."""
        if w.limited() and w.resting:
            return self.print_side != w.side
        return market.source <= FROM_TRADES

    def reach(self, w: Working, book: Book) -> float:
        """How far on its way the price is when it reaches this order: 0 at once, 1 at the end, beyond: never."""
        side = w.side
        if side > 0:
            now, to = book.ask, book.ask_to
        else:
            now, to = -book.bid, -book.bid_to
        if now == 0 and w.market.source >= FROM_QUOTES and not self.print_size:
            return OUT_OF_REACH
        if w.waits():
            if w.type == TRAILING_STOP:
                self.follow(w, book)
                return rise(now, to, w.mark + w.distance())
            return rise(now, to, side * w.stop)
        if not w.limited() or w.immediate() or w.time_in_force >= OPG:
            return 0.0
        return fall(now, to, side * self.level(w))

    def level(self, w: Working) -> int:
        """The price at which an order acts: its stop or limit; beyond its limit where a touch is not enough."""
        if w.waits():
            return w.side * (w.mark + w.distance()) if w.type == TRAILING_STOP else w.stop
        if not w.resting:
            return w.limit
        if self.print_size:
            return w.limit if w.reached > 0 else w.limit - w.side
        if w.missed == self.event or self.models.fill.through:
            return w.limit - w.side * w.market.instrument.rules.tick
        return w.limit

    def follow(self, w: Working, book: Book) -> None:
        """A trailing stop keeps the best price it has seen."""
        seen = book.ask if w.side > 0 else -book.bid
        if seen < w.mark and seen != 0:
            w.mark = seen

    def move(self, book: Book, side: int, price: int, part: float) -> None:
        """The price is now where the order acts; the other side of the spread has gone the same part of its way."""
        if book.bid == book.ask and book.bid_to == book.ask_to:
            book.bid = book.ask = price
        elif side > 0:
            book.bid = between(book.bid, book.bid_to, part)
            book.ask = price
        else:
            book.ask = between(book.ask, book.ask_to, part)
            book.bid = price

    # What an order does

    def perform(self, w: Working, book: Book, part: float) -> None:
        """The order acts where the price stands now: it triggers, fills, or finds nothing."""
        side = w.side
        now = book.ask if side > 0 else book.bid
        if w.waits():
            w.triggered = True
            self.say(TRIGGERED, w, "")
            if w.type == STOP_LIMIT:
                w.resting = False
                return
        if not w.limited():
            self.fill(w, now, False)
            return
        if side * now > side * w.limit:
            self.leave(w)
            return
        looks_first = not w.resting and part == 0.0
        if not looks_first and not self.touched(w, now):
            return
        if looks_first or self.point == OPEN:
            self.fill(w, now, not looks_first)
        else:
            self.fill(w, w.limit, True)

    def touched(self, w: Working, now: int) -> bool:
        """Whether a resting limit order that the price touched fills; a price beyond it by a tick always fills it."""
        chance = self.models.fill.probability
        if chance >= 1.0 or self.print_size or w.side * now <= w.side * w.limit - w.market.instrument.rules.tick:
            return True
        if self.rng_fills.uniform() < chance:
            return True
        w.missed = self.event
        return False

    # The queue at a limit

    def join(self, w: Working, market: Market) -> None:
        """An order that begins to rest stands behind what is shown at its price."""
        if w.limited() and self.models.queue.kind > FRONT and w.ahead < 0:
            w.shown = max(market.displayed(w.side, w.limit), 0)
            w.ahead = market.displayed(w.side, w.limit)
            w.traded = 0

    def shorten(self, w: Working, market: Market) -> None:
        """New sizes are shown: the queue at the order's price may have changed without a trade."""
        shown = market.displayed(w.side, w.limit)
        if shown < 0:
            return
        w.ahead = shown if w.ahead < 0 else self.models.queue.ahead(w.ahead, w.shown, shown, w.traded)
        w.shown = shown
        w.traded = 0

    def see_shown(self, market: Market) -> None:
        """A quote or a snapshot of depth: every resting limit order looks at its queue."""
        if self.models.queue.kind > FRONT:
            for book in market.books:
                for w in book.orders:
                    if w.resting and w.limited():
                        self.shorten(w, market)

    def see_print(self, market: Market) -> None:
        """A trade at an order's limit shortens the queue, and what is left of it reaches the order."""
        kind = self.models.queue.kind
        for book in market.books:
            book.printed = 0
            for w in book.orders:
                w.reached = 0
                if kind == NO_QUEUE or w.limit != self.print_price or self.print_side == w.side or not w.resting:
                    continue
                if kind == FRONT:
                    w.reached = self.print_size
                elif w.ahead >= 0:
                    w.traded += self.print_size
                    w.reached = max(self.print_size - w.ahead, 0)
                    w.ahead = max(w.ahead - self.print_size, 0)


def between(now: int, to: int, part: float) -> int:
    """The price `part` of the way from `now` to `to`, rounded towards `now`."""
    return now + int((to - now) * part)
