"""A witness of a run at a simulated venue: it reads the journal as rows and the venue's own books, and knows neither
the core nor any adapter. What it can not square is a breach, named by its invariant.

I-1 what is filled is what was asked, I-2 nothing leaves that was not journaled, I-3 an order is placed once, I-4 a
stage only rises, and what has ended does not work at the venue, I-5 a trade is booked once, I-6 positions and I-7 money
follow from fills, I-8 holds are never negative, are what openings that may still fill need, and end with their orders,
I-9 limits hold and no strategy was stopped by an error, I-10 exits do not open, I-11 the exits of an opening close no
more than it filled, I-12 the journal gives the same state again, I-13 venue and engine agree in the end, I-14 a halt
opens nothing, I-15 every request ends, or somebody asks what became of it, I-16 what had a stop has one.

They are looked at after every record; I-12 and the trades of I-13 now and then, and as the process stops. Some speak of
the end alone, when all is told: that nothing is missing here (I-13), that no request is open (I-15), that what an order
left at its venue is known to work (I-4: until then an order that was not found may live), and that stops are there
(I-16: until then they may be on their way).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tradewright.model import event as kinds
from tradewright.model.foreign import EXTERNAL
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import MONEY_SCALE
from tradewright.model.withheld import LAST_GATE, SENT_ALREADY
from tradewright.prove.caps import Caps, Limits
from tradewright.prove.known import ENTRY, EXIT, Known, at_rest
from tradewright.prove.lots import Lots
from tradewright.prove.reserves import Held, Reserves
from tradewright.prove.stages import SAYS, Stages
from tradewright.prove.stops import Stops

HALTED = 3
EVERYTHING = "all"
#: Why the engine cancels by itself; any other word is of a strategy or a person.
WISHES = ("STRATEGY", "BY_HAND", "POSITION_WAS_SPLIT")
REQUESTS = (kinds.SUBMIT, kinds.CANCEL, kinds.REPLACE)
SECOND_NS = 1_000_000_000
#: So long a request may be on its way (its venue may have no room for a minute), so far away a look-up may lie, and so
#: long it may be overdue.
UNDER_WAY_NS, AHEAD_NS, BEHIND_NS = 120 * SECOND_NS, 60 * SECOND_NS, 10 * SECOND_NS
NOBODY = -1
OVERFILL, LATE_FILL, REAPPEARED = "OVERFILL", "LATE_FILL", "REAPPEARED"


@dataclass(frozen=True, slots=True)
class Books:
    """What the engine says it has. positions: by symbol; lots: Σ of them, by symbol; cash, held: money by currency;
    orders: id → (filled, works, has a request on its way or unknown); stages: by id, where they are known; asked: of
    each order of which something is unknown, when its venue is asked next, ns UTC, NOBODY = never; rules: tick and step
    by symbol; least: size counts that an order has at least, at the price of now; holds: what each order that holds
    something holds."""

    positions: Mapping[str, int]
    lots: Mapping[str, int]
    cash: Mapping[str, int]
    held: Mapping[str, int]
    orders: Mapping[str, tuple[int, bool, bool]]
    rules: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    least: Mapping[str, int] = field(default_factory=dict)
    holds: Sequence[Held] = ()
    stages: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, int] = field(default_factory=dict)


#: An order as its venue names it: by our name of it (or "") and by its own.
Names = tuple[str, str]
#: (order, side, price, size) of a trade, counts.
Trade = tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class Truth:
    """What the venue says it has. positions: by symbol; cash: money by currency; working: names of orders; fills:
    (symbol, trade id) → (names of its order, side, price, size), counts. rounding: money by which its cash may differ
    from the sum of its fills. rules: tick and step by symbol, where it states them. late: names of orders that it
    filled after they had ended, where nobody else may have heard of the end."""

    positions: Mapping[str, int]
    cash: Mapping[str, int]
    working: Sequence[Names]
    fills: Mapping[tuple[str, str], tuple[Names, int, int, int]]
    rounding: int = 0
    rules: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    late: Sequence[Names] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """A request to place an order, read back from the bytes that reached the venue. 0 = none."""

    client_id: str
    side: int
    size: int
    limit: int


@dataclass(frozen=True, slots=True)
class Terms:
    """How the account stands at its venue. hedging: longs and shorts side by side; native_exits: stops and targets rest
    there, and not here. leverage: of an account of margin, 0 = it pays in full."""

    hedging: bool = False
    native_exits: bool = False
    leverage: int = 1


class Auditor:
    """breaches: (invariant, what), in the order in which they were found; what stays wrong is told once."""

    def __init__(
        self, instruments: Sequence[Instrument], limits: Limits | None = None, terms: Terms | None = None
    ) -> None:
        self.instruments = list(instruments)
        self.breaches: list[tuple[str, str]] = []
        self.orders: dict[str, Known] = {}
        self.terms = terms or Terms()
        self.lots = Lots(self.orders, self.terms.hedging)
        self.stops = Stops(self.orders, self.lots)
        self.reserves = Reserves(self.orders, self.terms.leverage)
        self.stages = Stages(self.orders)
        self.caps = Caps(self.instruments, self.orders, limits)
        self.now = 0
        self.fills: dict[tuple[str, str], Trade] = {}
        self.positions: Counter[str] = Counter()
        self.held: Counter[tuple[str, str]] = Counter()
        self.cash: Counter[str] = Counter()
        self.placed: Counter[str] = Counter()
        self._unseen: list[tuple[str, str]] = []
        self._early: set[str] = set()
        self.halted = False
        self.records = 0
        self._told: set[tuple[str, str]] = set()

    def breach(self, invariant: str, text: str) -> None:
        if (invariant, text) not in self._told:
            self._told.add((invariant, text))
            self.breaches.append((invariant, f"record {self.records}: {text}"))

    # ── the journal ────────────────────────────────────────────────────────────────────────────────────────────────

    def record(self, row: Sequence[Any]) -> None:
        """The next journaled record."""
        self.records += 1
        kind, self.now = row[0], max(self.now, row[1])
        if kind in REQUESTS or kind in SAYS:
            self._said(kind, row[2])
        if kind <= kinds.MARKET_KIND_MAX:
            self.caps.price(row)
        elif kind == kinds.DECISION and row[6]:
            self._approved(row)
        elif kind == kinds.ORDER_ADOPTED:
            self._order(row[2])
            self.orders[row[2][0]].submitted = True  # it had left before anybody heard of it
            self.stages.said(kind, row[2][0])
        elif kind == kinds.ORDER_RECALLED and row[2][0][0] in self.orders:
            self.orders[row[2][0][0]].hold = (0, 1)  # what it held once, nobody remembers
        elif kind == kinds.SUBMIT:
            self._submit(row[2])
            self.lots.left(row[2])
        elif kind == kinds.FILLED:
            self._fill(row)
        elif kind == kinds.REPLACE:
            self._asked(row)
        elif kind in (kinds.CANCEL, kinds.MODIFY_JUDGED):
            self._wished(row)
        elif kind == kinds.EXIT_TRIGGERED and row[2] in self.orders:
            self._triggered(self.orders[row[2]], row[3])
        elif kind == kinds.REPLACED and row[2] in self.orders:
            self._replaced(self.orders[row[2]], row[3], row[4])
        elif kind in (kinds.CASH_MOVED, kinds.BALANCE_ADJUSTED):
            self.cash[row[3]] += row[4]
        elif kind == kinds.POSITION_ADJUSTED:
            self._move(EXTERNAL, row[3], row[4])
        elif kind == kinds.POSITION_SPLIT:
            self._split(row[3], row[4], row[5])
        elif kind == kinds.LOTS_TRANSFERRED:
            self.held[row[4], row[3]] -= row[5]
            self.held[EXTERNAL, row[3]] += row[5]
            self.lots.taken(row[1], row[4], row[3], row[5])
        elif kind == kinds.TRADING_STATE_SET and row[2] == EVERYTHING:
            self.halted = row[3] == HALTED
        elif kind == kinds.STRATEGY_HALTED:
            self.breach("I-9", f"{row[2]} raised {row[3]}: {row[4]}")
        elif kind == kinds.ALARM and row[2] == LAST_GATE:
            # It did not get out; that it was about to is a breach all the same.
            self.breach("I-3" if row[4].startswith(SENT_ALREADY) else "I-2", row[4])
        elif kind == kinds.ALARM and row[3] in self.orders:
            self.orders[row[3]].overfilled |= row[2] == OVERFILL
            # An exit that its venue did not know, and another may have taken the place of, is late as well.
            exits = self.orders[row[3]].role != ENTRY
            self.orders[row[3]].late |= row[2] == LATE_FILL or (row[2] == REAPPEARED and exits)

    def _said(self, kind: int, order_id: Any) -> None:
        """A request or a report on an order, or one of ours that nobody knew."""
        if kind != kinds.ORDER_ADOPTED:
            self.stages.said(kind, order_id)
        if kind in REQUESTS and order_id in self.orders:
            self.orders[order_id].sent = self.now

    def _split(self, symbol: str, before: int, after: int) -> None:
        """So many are so many now, whoever holds them; what was so already is not split again."""
        if self.positions[symbol] != before:
            return
        self.positions[symbol] = after
        self.lots.split(symbol, before, after)
        for strategy, held in list(self.held):
            if held == symbol:
                self.held[strategy, symbol] = self.held[strategy, symbol] * after // before

    def _approved(self, row: Sequence[Any]) -> None:
        for order in row[7]:
            self._order(order)
        id, side, limit, stop, price = row[7][0][0], row[7][0][4], row[7][0][7], row[7][0][8], row[11]
        opening = self.orders[id]
        if stop:
            price = max(stop, price) if side > 0 else min(stop, price)  # on the wrong side it goes at once
        if limit:
            price = limit if side > 0 else max(limit, price)  # a purchase pays no more, a sale gets no less
        if opening.role != ENTRY:
            return
        value = self.instruments[row[5]].money_factor * price * opening.quantity
        wrong = self.reserves.decided(opening, row[13], value)
        if wrong:
            self.breach("I-8", f"{id}: {wrong}")
        for broken in self.caps.broken(id, value, self._sides()):
            self.breach("I-9", broken)

    def _sides(self) -> Counter[tuple[str, int]]:
        """Size counts held on either side of a symbol, by whoever it is; what is not held is not there."""
        sides: Counter[tuple[str, int]] = Counter()
        if self.terms.hedging:
            for id, size in self.lots.open([]).items():
                if id in self.orders:
                    sides[self.orders[id].symbol, 1 if size > 0 else -1] += abs(size)
        else:
            for (_, symbol), size in self.held.items():
                sides[symbol, 1 if size > 0 else -1] += abs(size)
        return +sides

    def _order(self, row: Sequence[Any]) -> None:
        if row[0] in self.orders:
            return
        instrument = self.instruments[row[3]]
        known = Known(instrument.symbol, row[2], row[4], row[6], {row[7]}, row[16], row[14], row[13])
        known.sizes.add(row[6])
        known.rests = at_rest(row)
        self.orders[row[0]] = known
        self.stops.approved(known)

    def _wished(self, row: Sequence[Any]) -> None:
        """An order is cancelled, or other terms for it were judged."""
        order = self.orders.get(row[2])
        if order is None:
            return
        if row[0] == kinds.MODIFY_JUDGED or row[3] in WISHES:
            self.stops.wished(row[2])
        if row[0] == kinds.MODIFY_JUDGED and row[3] and order.role == ENTRY:
            order.limits.add(row[5])
            self.reserves.judged(order, row[7], row[4])

    def _triggered(self, order: Known, size: int) -> None:
        """An exit that waited here goes out by what is there to close, which its opening may have filled late."""
        order.sizes.add(size)
        order.quantity, order.triggered = size, True
        self._covered(order, size)

    def _replaced(self, order: Known, time: int, quantity: int) -> None:
        """The later terms by the venue's clock hold, whenever they are heard; of one time the smaller ones."""
        newest, least = order.replaced
        if time > newest or (time == newest and quantity < least):
            order.replaced, order.quantity = (time, quantity), quantity

    def _asked(self, row: Sequence[Any]) -> None:
        order = self.orders.get(row[2])
        if order is not None:
            order.asked = True
            order.limits.add(row[4])
            order.sizes.add(row[3])

    def _submit(self, order_id: str) -> None:
        order = self.orders.get(order_id)
        if order is None:
            self.breach("I-2", f"{order_id} goes out without a decision")
            return
        order.submitted = True
        if order.role == EXIT:
            self._covered(order, order.quantity)
        if self.halted and order.role == ENTRY:
            self.breach("I-14", f"{order_id} opens while everything is halted")

    def _covered(self, order: Known, size: int) -> None:
        """An exit goes out for no more than is held, as far as anybody has heard by now."""
        book = (self.orders.get(order.lot, order).strategy, order.symbol)
        held = self.lots.held(book, -order.side) if self.terms.hedging else max(0, -order.side * self.held[book])
        if size > held:
            self.breach("I-10", f"an exit of {book[0]} goes out for {size} of {book[1]}, and {held} is held")

    def _fill(self, row: Sequence[Any]) -> None:
        order_id, trade_id, price, size, fee, currency = row[2], row[4], row[5], row[6], row[7], row[8]
        order = self.orders.get(order_id)
        if order is None:
            return
        key = (order.symbol, trade_id)
        if key in self.fills:
            if self.fills[key] != (order_id, order.side, price, size):
                self.breach("I-5", f"trade {trade_id} of {order_id} is told in two ways")
            return
        self.fills[key] = (order_id, order.side, price, size)
        order.filled += size
        self._unseen.append(key)
        if order.parent and self._closed(order.parent) > self._filled(order.parent):
            self._early.add(order.parent)
        self.lots.filled(row[3], trade_id, order_id, self._book(order, price, size, fee, currency))

    def _book(self, order: Known, price: int, size: int, fee: int, currency: str) -> int:
        """Books an execution; size counts that it moved."""
        instrument = next(one for one in self.instruments if one.symbol == order.symbol)
        self.cash[instrument.quote] -= order.side * price * size * instrument.money_factor
        units = 0
        if fee and currency == instrument.base and order.side > 0:
            one = 10 ** (MONEY_SCALE - instrument.size_scale)
            units = max(-size, min(size, -(-fee // one)))
            fee -= units * one
        if fee:
            self.cash[currency] -= fee
        self._move(order.strategy, order.symbol, order.side * (size - units))
        return size - units

    def _move(self, strategy: str, symbol: str, size: int) -> None:
        self.positions[symbol] += size
        self.held[strategy, symbol] += size

    # ── what leaves ────────────────────────────────────────────────────────────────────────────────────────────────

    def leaves(self, placed: Placed, order_id: str) -> None:
        """A request to place an order has reached the venue; order_id: whose leg it is."""
        order = self.orders.get(order_id)
        if order is None or not order.submitted:
            self.breach("I-2", f"{placed.client_id} left without a journaled decision")
            return
        self.placed[placed.client_id] += 1
        if self.placed[placed.client_id] > 1:
            self.breach("I-3", f"{placed.client_id} was placed {self.placed[placed.client_id]} times")
        first = placed.client_id == order_id
        fits = placed.size in order.sizes if first else placed.size <= max(order.sizes)
        if placed.side != order.side or not fits or (placed.limit and placed.limit not in order.limits):
            self.breach("I-2", f"{placed} is not what was approved as {order}")

    def turned_away(self, placed: Placed) -> None:
        """The venue has said that it did not place it, and may be asked again."""
        self.placed[placed.client_id] -= 1

    # ── what is there ──────────────────────────────────────────────────────────────────────────────────────────────

    def compare(self, books: Books) -> None:
        """After any record: the engine's books follow from what was journaled."""
        for symbol in {*self.positions, *books.positions}:
            if books.positions.get(symbol, 0) != self.positions[symbol]:
                self.breach("I-6", f"{symbol}: {books.positions.get(symbol, 0)}, fills give {self.positions[symbol]}")
            if books.lots.get(symbol, 0) != books.positions.get(symbol, 0):
                self.breach("I-6", f"{symbol}: lots of {books.lots.get(symbol, 0)}")
        for currency in {*self.cash, *books.cash}:
            if books.cash.get(currency, 0) != self.cash[currency]:
                self.breach("I-7", f"{currency}: {books.cash.get(currency, 0)}, fills give {self.cash[currency]}")
        self._holds(books)
        for id, wrong in self.stages.wrong(books.stages):
            self.breach("I-4", f"{id} {wrong}")
        self._requests(books)
        for id, (filled, _, _) in books.orders.items():
            order = self.orders.get(id)
            if order is None:
                self.breach("I-2", f"{id} is in the books without a decision")
            elif filled != order.filled:
                self.breach("I-5", f"{id} has {filled} filled, its trades give {order.filled}")
            elif filled > order.quantity and not order.overfilled:
                self.breach("I-1", f"{id} filled {filled} of {order.quantity} without an alarm")

    def _holds(self, books: Books) -> None:
        """What is held is what its orders hold; an opening holds what may still fill of it, also while nobody knows
        what became of it, and an exit no money."""
        sums: Counter[str] = Counter()
        holds: dict[str, Held] = {}
        for held in books.holds:
            sums[held.currency] += held.money
            holds[held.order_id] = held
            order = self.orders.get(held.order_id)
            if held.money and order is not None and (order.role != ENTRY or order.filled >= order.quantity):
                self.breach("I-8", f"{held.order_id} holds {held.money} with {order.filled} of {order.quantity} filled")
        for id, wrong in self.reserves.wrong(holds):
            self.breach("I-8", f"{id} {wrong}")
        for currency in {*sums, *books.held}:
            if books.held.get(currency, 0) != sums[currency] or sums[currency] < 0:
                self.breach("I-8", f"{currency}: {books.held.get(currency, 0)} is held, orders hold {sums[currency]}")

    def _requests(self, books: Books) -> None:
        """What is on its way comes to an end, and what is unknown has a time at which somebody asks."""
        for id, due in books.asked.items():
            if due == NOBODY:
                self.breach("I-15", f"nobody is going to ask what became of {id}")
            elif not self.now - BEHIND_NS <= due <= self.now + AHEAD_NS:
                self.breach("I-15", f"what became of {id} is asked {(due - self.now) // SECOND_NS} s from now")
        for id, (_, _, waits) in books.orders.items():
            if waits and id in self.orders and self.now - self.orders[id].sent > UNDER_WAY_NS and id not in books.asked:
                self.breach("I-15", f"a request for {id} is on its way for more than {UNDER_WAY_NS // SECOND_NS} s")

    @property
    def asks(self) -> bool:
        """Whether something was said since the last `attest` that the venue's own books can bear out."""
        return bool(self.stages.ended or self._early)

    def attest(
        self, truth: Truth, working: Sequence[str], late: Sequence[str], owners: Mapping[Names, Sequence[str]]
    ) -> None:
        """After any record: what the venue is said to have done it has done by now; it may have done more. As
        `conclude`."""
        ended, self.stages.ended = self.stages.ended, []
        for id in ended:
            if id in working:
                self.breach("I-4", f"{id} works at the venue, which is said to have ended it")
        for id in late:
            self.orders[id].late = True
        for key in self._unseen:
            there = truth.fills.get(key)
            if there is None or there[1:] != self.fills[key][1:]:
                self.breach("I-13", f"trade {key} is {self.fills[key]} here, {there} there")
        self._unseen.clear()
        filled: Counter[str] = Counter()
        for key, fill in truth.fills.items():
            trade = self._trade(key, owners[fill[0]], *fill[1:])
            filled[trade[0]] += trade[3]
        for id in sorted(self._early):
            if self._closed(id) > max(self._filled(id), filled[id]):
                self.breach("I-11", f"the exits of {id} closed {self._closed(id)} of {filled[id]} filled by now")
        self._early.clear()

    def _closed(self, parent: str) -> int:
        """Size counts that the exits of an opening have filled, but for what their venue should not have."""
        return sum(
            order.filled
            for order in self.orders.values()
            if order.parent == parent and not (order.overfilled or order.late)
        )

    def _filled(self, order_id: str) -> int:
        return self.orders[order_id].filled if order_id in self.orders else 0

    def conclude(
        self,
        books: Books,
        truth: Truth,
        working: Sequence[str],
        late: Sequence[str],
        owners: Mapping[Names, Sequence[str]],
    ) -> None:
        """Some time after all faults have ended. working, late: ids here of the orders that work at the venue, and of
        those it filled after their end; owners: by names of an order that traded, ids here that it can have."""
        self.compare(books)
        for id in late:
            self.orders[id].late = True
        for symbol in {*books.positions, *truth.positions}:
            if books.positions.get(symbol, 0) != truth.positions.get(symbol, 0):
                self.breach(
                    "I-13", f"{symbol}: {books.positions.get(symbol, 0)} here, {truth.positions.get(symbol, 0)} there"
                )
        for currency in {*books.cash, *truth.cash}:
            if abs(books.cash.get(currency, 0) - truth.cash.get(currency, 0)) > truth.rounding:
                self.breach(
                    "I-13", f"{currency}: {books.cash.get(currency, 0)} here, {truth.cash.get(currency, 0)} there"
                )
        self._same_trades(
            books, {key: self._trade(key, owners[fill[0]], *fill[1:]) for key, fill in truth.fills.items()}
        )
        for symbol, rules in truth.rules.items():
            if books.rules.get(symbol, rules) != rules:
                self.breach("I-13", f"{symbol}: tick and step are {books.rules[symbol]} here, {rules} there")
        for id in sorted(working):
            if not books.orders.get(id, (0, False, False))[1]:
                self.breach("I-4", f"{id} works at the venue and has ended here")
        for id, (_, works, waits) in sorted(books.orders.items()):
            if waits:
                self.breach("I-15", f"{id} still waits for an answer")
            elif works and id not in working:
                self.breach("I-13", f"{id} works here and not at the venue")
        for (strategy, symbol, side), size in sorted(self.stops.bare(working).items()):
            if self.terms.native_exits and not self.terms.hedging:
                # The account has so much less there, and its venue takes no exit of more.
                size -= max(0, -side * self.held[EXTERNAL, symbol])
            # What is smaller than any order no exit can close.
            if size >= books.least.get(symbol, 1):
                self.breach("I-16", f"{strategy} holds {side * size} of {symbol} that had a stop and have none")
        flagged = {(order.strategy, order.symbol) for order in self.orders.values() if order.late or order.overfilled}
        for of, size in sorted(self.lots.opened_by_exits().items()):
            # Unless the venue filled what it should not have, which is a fact and an alarm. What a split has rounded is
            # less than a step.
            if of[0] != EXTERNAL and of not in flagged and size >= books.rules.get(of[1], (1, 1))[1]:
                self.breach("I-10", f"exits of {of[0]} opened {size} of {of[1]}")
        for id in {order.parent for order in self.orders.values()}:
            # What comes first may be told last: only in the end can it be said of what was heard.
            if id in self.orders and self._closed(id) > self.orders[id].filled:
                self.breach("I-11", f"the exits of {id} closed {self._closed(id)} of {self.orders[id].filled}")
        if not any(works for _, works, _ in books.orders.values()) and any(books.held.values()):
            self.breach("I-8", f"nothing works, and {dict(books.held)} is held")

    def _trade(self, key: tuple[str, str], owners: Sequence[str], side: int, price: int, size: int) -> Trade:
        """A trade of the venue's, by the one of its possible orders that has it here, else the last."""
        here = self.fills[key][0] if key in self.fills else ""
        return (here if here in owners else owners[-1], side, price, size)

    def _same_trades(self, books: Books, there: Mapping[tuple[str, str], Trade]) -> None:
        """What was traded there is what is booked here, trade by trade and order by order."""
        filled: Counter[str] = Counter()
        for key in {**there, **self.fills}:
            here, fact = self.fills.get(key), there.get(key)
            if here is None:
                self.breach("I-13", f"trade {key} of {fact} was never heard of")
            elif fact is None:
                self.breach("I-13", f"trade {key} of {here} is none of the venue's")
            elif here != fact:
                self.breach("I-13", f"trade {key} is {here} here, {fact} there")
            if fact is not None:
                filled[fact[0]] += fact[3]
        for id in {*filled, *books.orders}:
            if books.orders.get(id, (0, False, False))[0] != filled[id]:
                self.breach("I-13", f"{id} has {books.orders.get(id)} here, {filled[id]} filled there")

    def same(self, live: str, replayed: str) -> None:
        """Now and then, as a process begins and in the end: the state, and the one that the journal gives again."""
        if live != replayed:
            self.breach("I-12", f"the state is {live[:12]}, the journal gives {replayed[:12]}")
