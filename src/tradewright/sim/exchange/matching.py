"""How the exchange matches: at each moment of an event the order that the price reaches first acts, then the next.

One action at a time: its reports are drawn before the next action is looked for, so that a consumer who answers at once
takes part in what is left of the event. Ties along the way go to the order accepted first.
"""

from __future__ import annotations

from tradewright.model.event import TRIGGERED
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import SIZE_MAX, multiply_checked
from tradewright.model.order import (
    CLS,
    EXTENDED_HOURS,
    FOK,
    OPG,
    REDUCE_ONLY,
    STOP_LIMIT,
    TRAILING_STOP,
)
from tradewright.model.report import Fill, FillPrice
from tradewright.model.rng import Rng
from tradewright.sim.exchange import working
from tradewright.sim.exchange.admission import sellable
from tradewright.sim.exchange.book import Account, Book
from tradewright.sim.exchange.desk import Desk
from tradewright.sim.exchange.market import FROM_DEPTH, FROM_QUOTES, FROM_TRADES, Market
from tradewright.sim.exchange.path import CLOSE, FIRST_EXTREME, OPEN, OUT_OF_REACH, STANDING, TICK, Path, fall, rise
from tradewright.sim.exchange.working import Working
from tradewright.sim.models.fee import base_quantum
from tradewright.sim.models.fill import NEXT_CLOSE, NEXT_OPEN
from tradewright.sim.models.models import Models


class Matching(Desk):
    """The matching half of the exchange.

    point: the moment of the running event's path; path: the bar's way. print_price, print_size, print_side: of the
    trade that is the event (size 0: it is none; side: the aggressor). event: counts events. asking: the order whose
    size was asked for, with the price and the role (maker) at which it fills once the answer is in.
    """

    __slots__ = (
        "point", "path", "event", "print_price", "print_size", "print_side", "asking", "asking_price", "asking_maker",
    )  # fmt: skip

    def __init__(self, models: Models, rng: Rng) -> None:
        super().__init__(models, rng)
        self.point = STANDING
        self.path = Path()
        self.event = 0
        self.print_price = 0
        self.print_size = 0
        self.print_side = 0
        self.asking: Working | None = None
        self.asking_price = 0
        self.asking_maker = False

    # Moments

    def book(self, market: Market, account: Account) -> Book:
        """The account's book; one that is opened while an event runs joins at the end of the present moment."""
        book = Desk.book(self, market, account)
        if self.here is market and book.event != self.event:
            self.aim(market, book)
            book.bid = book.bid_to
            book.ask = book.ask_to
        return book

    def enter(self, market: Market, point: int) -> None:
        """The next moment: each book's price is set on its way."""
        self.point = point
        self.moment += 1
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
                book.low_first = self.models.fill.low_first(
                    book.net, path.bid_open, path.bid_high, path.bid_low, path.bid_close
                )
            book.bid_to = path.bid(point, book.low_first)
            book.ask_to = path.ask(point, book.low_first)
        if point == OPEN or point >= CLOSE:
            book.bid = book.bid_to
            book.ask = book.ask_to

    def settle(self, market: Market, book: Book) -> None:
        """The moment is over for this book: its price has arrived, and what was looked at now rests."""
        book.bid = book.bid_to
        book.ask = book.ask_to
        for w in book.orders:
            if w.open and self.eligible(w, market):
                w.resting = True
                if w.type == TRAILING_STOP:
                    self.follow(w, book)

    # Who acts next

    def act(self, market: Market, book: Book) -> bool:
        """Lets orders act until one action has something to report; False when nobody acts at this moment any more."""
        w = self.asking
        if w is not None:
            self.asking = None
            if w.status == working.WORKING and w.open:
                self.fill(w, market, self.book_of(w), self.asking_price, self.asking_maker)
                if self.out:
                    return True
        while True:
            first: Working | None = None
            least = OUT_OF_REACH
            for w in book.orders:
                if w.open and w.tried != self.moment and self.eligible(w, market):
                    far = self.reach(w, market, book)
                    if far < least:
                        least = far
                        first = w
            if first is None:
                return False
            if least > 0.0:
                self.move(book, first.side, self.level(first, market), least)
            self.perform(first, market, book, least)
            if self.out:
                return True

    def eligible(self, w: Working, market: Market) -> bool:
        """Whether the order takes part in this moment at all."""
        if not market.trading and not w.flags & EXTENDED_HOURS:
            return False
        if self.print_size and not self.meets_print(w, market):
            return False
        point = self.point
        if w.time_in_force == OPG:
            return market.first and w.born < self.moment and point in (OPEN, TICK)
        if w.time_in_force == CLS:
            return point == CLOSE and market.last
        if point < TICK and w.at_market():
            convention = self.models.fill.convention
            if convention == NEXT_OPEN:
                return point == OPEN and w.born < self.moment
            return convention != NEXT_CLOSE or point == CLOSE
        return True

    def meets_print(self, w: Working, market: Market) -> bool:
        """A trade is a price for all where nothing finer is known; else it only fills limit orders that rest."""
        if w.limited() and self.print_side == w.side:
            return False
        return market.source <= FROM_TRADES or (w.limited() and w.resting)

    def reach(self, w: Working, market: Market, book: Book) -> float:
        """How far on its way the price is when it reaches this order: 0 at once, 1 at the end, beyond: never."""
        side = w.side
        if side > 0:
            now, to = book.ask, book.ask_to
        else:
            now, to = -book.bid, -book.bid_to
        if now == 0 and market.source >= FROM_QUOTES and not self.print_size:
            return OUT_OF_REACH
        if w.waits():
            if w.type == TRAILING_STOP:
                self.follow(w, book)
                return rise(now, to, w.mark + w.distance())
            return rise(now, to, side * w.stop)
        if not w.limited() or w.immediate() or w.time_in_force >= OPG:
            return 0.0
        return fall(now, to, side * self.level(w, market))

    def level(self, w: Working, market: Market) -> int:
        """The price at which an order acts: its limit or stop; a tick beyond its limit where a touch is not enough."""
        if w.type == TRAILING_STOP:
            return w.side * (w.mark + w.distance())
        if w.waits():
            return w.stop
        if self.print_size and w.resting:
            return w.limit - w.side
        if w.resting and (w.missed == self.event or self.models.fill.through):
            return w.limit - w.side * market.instrument.rules.tick
        return w.limit

    def follow(self, w: Working, book: Book) -> None:
        """A trailing stop keeps the best price it has seen."""
        seen = book.ask if w.side > 0 else -book.bid
        if seen < w.mark:
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

    def perform(self, w: Working, market: Market, book: Book, part: float) -> None:
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
            self.fill(w, market, book, now, False)
            return
        if side * now > side * w.limit:
            self.leave(w)
            return
        looks_first = not w.resting and part == 0.0
        if not looks_first and not self.touched(w, market, now):
            return
        if looks_first or self.point == OPEN:
            self.fill(w, market, book, now, not looks_first)
        else:
            self.fill(w, market, book, w.limit, True)

    def touched(self, w: Working, market: Market, now: int) -> bool:
        """Whether a resting limit order that the price touched fills; a price beyond it by a tick always fills it."""
        chance = self.models.fill.probability
        if chance >= 1.0 or w.side * now <= w.side * w.limit - market.instrument.rules.tick:
            return True
        if self.rng_fills.uniform() < chance:
            return True
        w.missed = self.event
        return False

    def leave(self, w: Working) -> None:
        """The order found nothing (more) here: what may not wait ends."""
        if w.time_in_force == FOK:
            self.end(w, working.CANCELLED, "FOK_NOT_FILLABLE")
        elif w.immediate():
            self.end(w, working.CANCELLED, "IOC_REMAINDER")
        elif w.time_in_force >= OPG:
            self.end(w, working.EXPIRED, "AUCTION_REMAINDER")
        else:
            w.tried = self.moment

    def fill(self, w: Working, market: Market, book: Book, price: int, maker: bool) -> None:
        """Fills what position, data and model allow at this price, and ends what may not wait for more."""
        wanted = w.open
        allowed = min(wanted, self.allowed(w, market, book))
        size = min(allowed, self.room(w, market, book, price, maker))
        size = self.models.partial.part(market.instrument, size, self.rng_fills) if size > 0 else 0
        if allowed > 0 and (size <= 0 or (w.time_in_force == FOK and size < wanted)):
            self.leave(w)
            return
        if size > 0 and w.order.size_ppm and not w.asked:
            self.ask(w, market, price, size, maker)
            return
        if size > 0 and market.source == FROM_DEPTH and not maker and not self.print_size:
            self.walk(w, market, book, size)
        elif size > 0:
            self.execute_at(w, market, book, price, size, maker)
        if w.status != working.WORKING:
            return
        if allowed < wanted and size == allowed:
            self.end(w, working.CANCELLED, "REDUCE_ONLY" if w.flags & REDUCE_ONLY else "NOT_SHORTABLE")
        else:
            self.leave(w)

    def allowed(self, w: Working, market: Market, book: Book) -> int:
        """Size the account's position lets this order fill."""
        if w.flags & REDUCE_ONLY:
            return book.reducible(w.side, w.order.lot)
        return SIZE_MAX if w.side > 0 else min(sellable(market, book), SIZE_MAX)

    def room(self, w: Working, market: Market, book: Book, price: int, maker: bool) -> int:
        """Size the data lets this order fill at this price."""
        if self.print_size or market.source < FROM_QUOTES:
            return book.room
        return market.shown(w.side, w.limit, w.limited(), book.taken_ask if w.side > 0 else book.taken_bid)

    def ask(self, w: Working, market: Market, price: int, size: int, maker: bool) -> None:
        """Asks for the size of a `size_ppm` order at the price it is about to get; the answer is a Replace."""
        w.asked = True
        self.asking = w
        self.asking_price = price
        self.asking_maker = maker
        at = price if maker else self.slipped(w, market, price, size)
        self.out.append(FillPrice(self.now, w.order.id, self.at, at))

    def walk(self, w: Working, market: Market, book: Book, size: int) -> None:
        """Takes the levels shown, best first, one fill per level."""
        side = w.side
        skip = book.taken_ask if side > 0 else book.taken_bid
        left = size
        for price, shown in market.asks if side > 0 else market.bids:
            here = min(shown - skip, left)
            skip = max(skip - shown, 0)
            if here > 0:
                left -= here
                self.execute_at(w, market, book, price, here, False)
                if left == 0 or w.status != working.WORKING:
                    return

    def slipped(self, w: Working, market: Market, price: int, size: int) -> int:
        """The price after slippage, never beyond a limit."""
        slip = self.models.slippage.slip(market.instrument, price, size, self.volume(w, market))
        at = price + w.side * slip
        if w.limited() and w.side * at > w.side * w.limit:
            return w.limit
        return at

    def volume(self, w: Working, market: Market) -> int:
        """Size traded in this event or shown where the order takes; 0 = not known."""
        if self.print_size:
            return self.print_size
        if market.source < FROM_TRADES:
            return self.path.volume
        return market.ask_size if w.side > 0 else market.bid_size

    def execute_at(self, w: Working, market: Market, book: Book, price: int, size: int, maker: bool) -> None:
        """Books one execution and reports it."""
        at = price if maker or self.models.slippage.kind == 0 else self.slipped(w, market, price, size)
        instrument = market.instrument
        order = w.order
        side = w.side
        w.filled += size
        w.open -= size
        if book.room != SIZE_MAX:
            book.room -= size
        if side > 0:
            book.taken_ask += size
        else:
            book.taken_bid += size
        book.fill(order.id, side, size, w.flags & REDUCE_ONLY != 0, order.lot)
        book.account.move(instrument.quote, -side * notional(at, size, instrument.money_factor))
        fee = 0
        currency = instrument.quote
        if not self.models.fee.free:
            currency = self.models.fee.currency_of(instrument, side)
            fee = self.charge(w, instrument, book, at, size, maker)
        self.trades += 1
        report = Fill(self.now, order.id, self.at, f"T{self.trades}", at, size, fee, currency, maker)
        if w.fills is None:
            w.fills = [report]
        else:
            w.fills.append(report)
        self.history.append(report)
        self.out.append(report)
        self.filled(w, size)

    def charge(self, w: Working, instrument: Instrument, book: Book, price: int, size: int, maker: bool) -> int:
        """Books the fill's fee (money) against cash, or against the quantity owned, and returns it."""
        model = self.models.fee
        w.fee_charged += model.charge(instrument, w.side, price, size, maker)
        owed = model.total(instrument, w.side, w.fee_charged)
        fee = owed - w.fee_paid
        w.fee_paid = owed
        account = book.account
        currency = model.currency_of(instrument, w.side)
        account.fees[currency] = account.fees.get(currency, 0) + fee
        if not (model.in_base(w.side) and book.pay_base(w.order.id, fee // base_quantum(instrument))):
            account.move(currency, -fee)
        return fee


def notional(price: int, size: int, money_factor: int) -> int:
    """price × size as money in the quote currency."""
    return multiply_checked(price * size, money_factor)


def between(now: int, to: int, part: float) -> int:
    """The price `part` of the way from `now` to `to`, rounded towards `now`."""
    return now + int((to - now) * part)
