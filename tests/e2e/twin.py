"""The naive twin: what a market, an exchange and a strategy's wish come to, written from the documentation.

Slow and obvious on purpose: a bar is walked price by price, every order is asked at every price whether it acts there.
It shares no code with the program: prices are cents, sizes whole shares, money cents × shares; sessions are given as
pairs of times. One account, one instrument; a strategy that wishes after an event has been seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Line = tuple[object, ...]
TRIGGERS = ("stop", "stop_limit", "trailing_stop")
IMMEDIATE = ("ioc", "fok")
AUCTIONS = ("opg", "cls")


@dataclass
class Minute:
    """A bar, from begin to end; room: how much of it one account may trade, None = no bound."""

    begin: int
    end: int
    open: int
    high: int
    low: int
    close: int
    room: int | None = None


@dataclass
class Quoted:
    """A quote; size: what is shown on each side, None = not said."""

    begin: int
    bid: int
    ask: int
    size: int | None = None

    @property
    def end(self) -> int:
        return self.begin


Tape = list[Minute | Quoted]


@dataclass
class Ticket:
    """An order at the exchange. side: +1 or -1; trail: cents, or parts per million where `in_ppm`."""

    number: int
    side: int
    type: str
    tif: str
    size: int
    limit: int = 0
    stop: int = 0
    trail: int = 0
    in_ppm: bool = False
    reduces: bool = False
    lot: int = 0  # the order that opened what this one closes; 0 = the oldest
    post_only: bool = False
    extended: bool = False
    filled: int = 0
    rests: bool = False
    triggered: bool = False
    best: int = 0
    expires: int | None = None
    given_up: int = -1

    def limited(self) -> bool:
        return self.type == "limit" or (self.type == "stop_limit" and self.triggered)

    def waits(self) -> bool:
        return self.type in TRIGGERS and not self.triggered

    def at_market(self) -> bool:
        return self.type == "market" or (self.type == "limit" and self.tif in IMMEDIATE)


@dataclass
class Twin:
    """sessions: (open, close) pairs, None where the market never closes. said: per event, what was said of orders."""

    tape: Tape
    wishes: dict[int, list[tuple[str, dict[str, Any]]]]
    sessions: list[tuple[int, int]] | None
    mode: str = "netting"
    convention: str = "next_open"
    path: str = "adverse"
    fee_bps: int = 0
    working: list[Ticket] = field(default_factory=list)
    lots: list[tuple[int, int, int]] = field(default_factory=list)  # (order, side, size), oldest first
    cash_milli: int = 0  # cents × shares × 1000, so that a fee of whole basis points needs no rounding
    count: int = 0
    said: list[list[Line]] = field(default_factory=list)
    # Of the running event: how much the account may still trade on each side, and a counter of the prices looked at.
    room: dict[int, int | None] = field(default_factory=dict)
    open: bool = True  # whether the event lies in a session
    look: int = 0

    def play(self) -> list[list[Line]]:
        last: Minute | Quoted | None = None
        for index, event in enumerate(self.tape, 1):
            self.said.append([])
            self.open = self.in_session(event)
            if isinstance(last, Quoted):
                self.closing_trades(last, event.begin)
            self.expire(event.begin)
            self.match(event, index)
            if isinstance(event, Minute):
                self.expire(event.end)
            for name, terms in self.wishes.get(index, ()):
                self.wish(name, dict(terms), event)
            if isinstance(event, Quoted) or self.convention == "this_close":
                self.meet_standing(event)
            last = event
        return self.said

    # ── the engine: from a wish to orders ──────────────────────────────────────────────────────────────────────────

    def held(self, side: int) -> int:
        """Size held on that side."""
        return sum(size for _, lot_side, size in self.lots if lot_side == side)

    def wish(self, name: str, terms: dict[str, Any], event: Minute | Quoted) -> None:
        """What is short is closed first; crossing zero is a close, then an opening; a close only ever reduces."""
        if name == "cancel_all":
            for order in list(self.working):
                self.end(order, "cancelled", "")
            return
        self.count += 1
        number, size = self.count, terms.pop("size")
        if name == "close":
            self.close(number, -1 if self.held(1) else 1, size, terms, event)
            return
        side = 1 if name == "buy" else -1
        against = self.held(-side) if self.mode == "netting" else 0
        if 0 < against < size:
            self.count += 1
            self.submit(self.ticket(self.count, side, against, terms, True), event)
            self.submit(self.ticket(number, side, size - against, terms, False), event)
        else:
            self.submit(self.ticket(number, side, size, terms, against > 0), event)

    def close(self, number: int, side: int, size: int, terms: dict[str, Any], event: Minute | Quoted) -> None:
        """Never more than is held. Where lots stand side by side each has an order of its own, the oldest first."""
        if size > self.held(-side):
            self.tell("denied", number, "REDUCE_ONLY")
            return
        if self.mode == "netting":
            self.submit(self.ticket(number, side, size, terms, True), event)
            return
        for lot, lot_side, held in list(self.lots):
            if lot_side != side and size:
                order = self.ticket(number, side, min(size, held), terms, True)
                order.lot = lot
                self.submit(order, event)
                size -= order.size
                self.count += size > 0
                number = self.count

    def ticket(self, number: int, side: int, size: int, terms: dict[str, Any], reduces: bool) -> Ticket:
        """The type follows from the prices that are given; without a time in force an order is good till cancelled."""
        given = set(terms)
        if given & {"trail", "trail_percent"}:
            type = "trailing_stop"
        elif "stop" in given:
            type = "stop_limit" if "limit" in given else "stop"
        else:
            type = "limit" if "limit" in given else "market"
        in_ppm = "trail_percent" in given
        trail = int(terms.get("trail_percent", 0) * 10_000) if in_ppm else cents(terms.get("trail", 0))
        return Ticket(
            number, side, type, terms.get("tif", "gtc"), size, cents(terms.get("limit", 0)),
            cents(terms.get("stop", 0)), trail, in_ppm,
            reduces=reduces, post_only="post_only" in given, extended="extended_hours" in given,
        )  # fmt: skip

    # ── the exchange's desk ────────────────────────────────────────────────────────────────────────────────────────

    def submit(self, order: Ticket, event: Minute | Quoted) -> None:
        price = standing(event, order.side)
        code = self.refusal(order, price)
        if code:
            self.tell("rejected", order.number, code)
            return
        if order.tif in ("day", "cls"):
            order.expires = self.session_end(event.end)
        order.best = price
        order.rests = order.post_only
        self.working.append(order)

    def refusal(self, order: Ticket, price: int) -> str:
        """Type and time in force are judged before the flags, these in the order reduce, post-only, extended hours."""
        triggers, immediate, auction = order.type in TRIGGERS, order.tif in IMMEDIATE, order.tif in AUCTIONS
        limit = order.type == "limit"
        rules = [
            (triggers and immediate, "TRIGGER_NOT_IMMEDIATE"),
            (triggers and auction, "TRIGGER_NOT_IN_AUCTION"),
            (order.post_only and not limit, "POST_ONLY_NEEDS_LIMIT"),
            (order.post_only and immediate, "POST_ONLY_NEVER_IMMEDIATE"),
            (order.post_only and auction, "POST_ONLY_NOT_IN_AUCTION"),
            (order.extended and not limit, "EXTENDED_HOURS_NEEDS_LIMIT"),
            (order.extended and auction, "EXTENDED_HOURS_NOT_IN_AUCTION"),
            (auction and self.sessions is None, "TIF_NOT_SUPPORTED"),
            (order.post_only and order.side * order.limit >= order.side * price, "POST_ONLY_WOULD_TAKE"),
        ]
        return next((code for broken, code in rules if broken), "")

    def session_end(self, time: int) -> int:
        """The close of the session that covers `time` or follows it; on a market that never closes UTC midnight."""
        if self.sessions is None:
            day = 86_400 * 10**9
            return (time // day + 1) * day
        return next(close for _, close in self.sessions if close > time)

    def expire(self, time: int) -> None:
        for order in list(self.working):
            if order.expires is not None and order.expires <= time:
                self.end(order, "expired", "AUCTION_REMAINDER" if order.tif == "cls" else "SESSION_CLOSED")

    def end(self, order: Ticket, how: str, code: str) -> None:
        self.working.remove(order)
        self.tell(how, order.number, code)

    def tell(self, *line: object) -> None:
        self.said[-1].append((line[0], f"#{line[1]}", *[word for word in line[2:] if word != ""]))

    # ── matching ───────────────────────────────────────────────────────────────────────────────────────────────────

    def in_session(self, event: Minute | Quoted) -> bool:
        return self.sessions is None or any(
            begin < max(event.end, event.begin + 1) and event.begin < close for begin, close in self.sessions
        )

    def match(self, event: Minute | Quoted, index: int) -> None:
        """Every price of the event in turn; at each the order accepted first that can act does, until none can."""
        size = event.room if isinstance(event, Minute) else event.size
        both = isinstance(event, Quoted)
        self.room = {1: size, -1: size} if both else {0: size}
        opens, closes = self.first_or_last(event, index)
        for moment, bid, ask in self.way(event):
            if not self.working:
                return
            auctions = {"opg": opens and moment in ("open", "jump"), "cls": closes and moment == "close"}
            self.act(moment, {1: ask, -1: bid}, auctions)
        self.rest()

    def rest(self) -> None:
        """What took part and is still there makes from now on; an auction's order waits for its auction."""
        for order in self.working:
            order.rests = order.rests or ((self.open or order.extended) and order.tif not in AUCTIONS)

    def first_or_last(self, event: Minute | Quoted, index: int) -> tuple[bool, bool]:
        """Whether it is the first event of its session, and the last bar of it."""
        for begin, close in self.sessions or []:
            if begin <= event.begin < close:
                before = [other for other in self.tape[: index - 1] if begin <= other.begin < close]
                return not before, event.end >= close
        return False, False

    def way(self, event: Minute | Quoted) -> Iterator[tuple[str, int, int]]:
        """(moment, bid, ask) of every price: a quote is one jump; a bar opens, then walks to both extremes and the
        close cent by cent, and closes there."""
        if isinstance(event, Quoted):
            yield "jump", event.bid, event.ask
            return
        price = event.open
        yield "open", price, price
        ends = (event.low, event.high) if self.low_first(event) else (event.high, event.low)
        for end in (*ends, event.close):
            while price != end:
                price += 1 if end > price else -1
                yield "path", price, price
        yield "close", price, price

    def low_first(self, bar: Minute) -> bool:
        """Asked after the open's fills: `adverse` takes the extreme that is worse for the position first; flat, the one
        that would have helped the entry that the bar can reach, if all of those are on one side."""
        if self.path != "adverse":
            nearer = bar.open - bar.low <= bar.high - bar.open
            return {"ohlc": False, "olhc": True, "nearest": nearer}[self.path]
        position = self.held(1) - self.held(-1)
        if position:
            return position > 0
        sides = {order.side for order in self.working if self.may_enter(order, bar)}
        return -1 in sides if len(sides) == 1 else bar.close >= bar.open

    def may_enter(self, order: Ticket, bar: Minute) -> bool:
        """Whether it takes part on the bar's way and may open a position there."""
        if order.reduces or order.tif in AUCTIONS or order.at_market() or not (self.open or order.extended):
            return False
        if order.type == "trailing_stop":
            return True
        favourable, unfavourable = (bar.low, bar.high) if order.side > 0 else (bar.high, bar.low)
        if order.waits():
            return order.side * unfavourable >= order.side * order.stop
        return order.side * favourable <= order.side * order.limit

    def act(self, moment: str, prices: dict[int, int], auctions: dict[str, bool]) -> None:
        self.look += 1
        acted = True
        while acted:
            acted = False
            for order in self.working:
                if order.given_up != self.look and (self.open or order.extended):
                    acted = self.may_look(order, moment, auctions) and self.acts(order, prices[order.side], moment)
                    if acted:
                        break

    def may_look(self, order: Ticket, moment: str, auctions: dict[str, bool]) -> bool:
        """Auction orders trade in theirs. On bars what meets the market at once does so where the convention says."""
        if order.tif in AUCTIONS:
            return auctions[order.tif]
        if order.at_market() and moment in ("open", "path", "close"):
            return moment == ("close" if self.convention == "next_close" else "open")
        return True

    def acts(self, order: Ticket, price: int, moment: str) -> bool:
        """What one order does at one price; True if that is something."""
        side = order.side
        if order.waits():
            order.best = min(order.best, price) if side > 0 else max(order.best, price)
            distance = order.best * order.trail // 1_000_000 if order.in_ppm else order.trail
            stop = order.best + side * distance if order.type == "trailing_stop" else order.stop
            if side * price < side * stop:
                return False
            order.triggered, order.rests = True, False
            self.tell("triggered", order.number)
            return True
        if order.limited() and side * price > side * order.limit:
            return self.gives_up(order, at_once=not order.rests or order.tif in AUCTIONS)
        # A quote that passes a resting limit took it on its way; a bar's open is a price of its own.
        self.fill(order, order.limit if order.limited() and order.rests and moment == "jump" else price)
        return True

    def gives_up(self, order: Ticket, at_once: bool = True) -> bool:
        """An order that found nothing (more): what may not wait ends, the rest waits for the next price."""
        if order.tif in IMMEDIATE and at_once:
            self.end(order, "cancelled", "FOK_NOT_FILLABLE" if order.tif == "fok" else "IOC_REMAINDER")
            return True
        if order.tif in AUCTIONS:
            self.end(order, "expired", "AUCTION_REMAINDER")
            return True
        return False

    def fill(self, order: Ticket, price: int) -> None:
        """As much as there is; fill-or-kill all of it or nothing."""
        wanted = order.size - order.filled
        key = order.side if order.side in self.room else 0
        room = self.room[key]
        size = wanted if room is None else min(wanted, room)
        if size == 0 or (order.tif == "fok" and size < wanted):
            order.given_up = self.look
            self.gives_up(order)
            return
        if room is not None:
            self.room[key] = room - size
        order.filled += size
        self.book(order, price, size)
        self.tell("filled", order.number, price, size)
        if order.filled == order.size:
            self.working.remove(order)
        else:
            order.given_up = self.look
            self.gives_up(order)

    def book(self, order: Ticket, price: int, size: int) -> None:
        """Money moves; what reduces takes the oldest lots of the other side, all else is a lot of its own order."""
        self.cash_milli -= 1000 * order.side * price * size + price * size * self.fee_bps // 10
        left = size
        if order.reduces:
            for at, (number, side, held) in enumerate(self.lots):
                if side == -order.side and order.lot in (0, number):
                    part = min(left, held)
                    self.lots[at] = (number, side, held - part)
                    left -= part
            self.lots = [lot for lot in self.lots if lot[2]]
            return
        for at, (number, side, held) in enumerate(self.lots):
            if number == order.number:
                self.lots[at] = (number, side, held + size)
                return
        self.lots.append((order.number, order.side, size))

    # ── between two events ─────────────────────────────────────────────────────────────────────────────────────────

    def meet_standing(self, event: Minute | Quoted) -> None:
        """New orders meet the prices that stand, while the market is open."""
        prices = {1: standing(event, 1), -1: standing(event, -1)}
        self.act("standing", prices, {"opg": False, "cls": False})
        self.rest()

    def closing_trades(self, last: Quoted, time: int) -> None:
        """With quotes, orders for the close trade at the last one when their session is over."""
        due = [order for order in self.working if order.tif == "cls" and order.expires is not None]
        for order in due:
            if order.expires <= time and order in self.working:
                self.look += 1
                self.acts(order, standing(last, order.side), "standing")


def standing(event: Minute | Quoted, side: int) -> int:
    """The price an order of that side meets after the event."""
    if isinstance(event, Minute):
        return event.close
    return event.ask if side > 0 else event.bid


def cents(price: str | int | float) -> int:
    """`"99.50"` is 9950."""
    whole, _, fraction = str(price).partition(".")
    return int(whole) * 100 + int((fraction + "00")[:2])
