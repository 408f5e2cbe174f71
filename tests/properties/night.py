"""Days and nights at a desk with one market that closes and one that never does.

`live(what, a, b)` makes one thing happen; the two numbers pick what it happens to, and how much. Whatever leaves is
looked at as it leaves: what a limit or a closed market should have kept is an AssertionError.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.at_open import OPENING_CODES
from tradewright.core.engine import Engine
from tradewright.core.life_cycle import DENIED, HELD
from tradewright.core.limits import limits_from
from tradewright.core.state import restore, to_bytes
from tradewright.core.traffic import Terms, terms_of
from tradewright.model import event as kinds
from tradewright.model.account import Account
from tradewright.model.at_open import OpeningJudged
from tradewright.model.calendar import calendar
from tradewright.model.codec import Decoder, encode
from tradewright.model.command import CLOSING, STALE_ORDER, Cancel, Command, Replace, Submit
from tradewright.model.control import ACTIVE, HALTED, REDUCING, CloseRequested, LimitsSet, TradingStateSet
from tradewright.model.event import Event
from tradewright.model.exit_plan import ExitPlan
from tradewright.model.intent import Intent
from tradewright.model.market import Quote
from tradewright.model.order import DAY, ENTRY, EXTENDED_HOURS, GTC, IOC, STOP, STOP_LOSS, Order
from tradewright.model.reservation import ReserveRequested

Happened = Sequence[tuple[str, int, int]]
SYMBOLS = ("NYSE", "ACME")
PRICE = 10_000
SECOND = 10**9
HOUR = 3_600 * SECOND
#: The Tuesday evening before a Thanksgiving: a usual day, a holiday, an early close and a weekend lie ahead.
BEGIN = int(datetime(2023, 11, 21, 22, tzinfo=UTC).timestamp()) * SECOND
STATE_SCOPES = ("all", "account:main", "strategy:s", "symbol:NYSE")
#: One limit at a time is what binds most; all are of the account.
LIMITS: tuple[dict[str, Any], ...] = (
    {},
    {"maxOpenPositions": 1, "maxOrderValue": 1_500},
    {"maxWorkingOrders": 2, "enableWashTradeProtection": True},
    {"maxTradesPerDay": 2, "staleOrderSeconds": 1_800},
    {"duplicateWindowSeconds": 3_600, "tradepicker.maxOpenPositions": 1},
    {"maxTotalExposure": 2_000, "maxDailyRiskPerSymbol": 200},
)
ACCOUNTS: tuple[dict[str, Any], ...] = (
    {},
    {"native_exits": False},
    {"reduce_only": False, "settles_ms": 500},
    {"mode": "hedging"},
    {"kind": "cash", "leverage": 1},
)


def account(of: int) -> Account:
    return account_of(**{"leverage": 4, **ACCOUNTS[of]})


class Night(Desk):
    """account, limits: which of ACCOUNTS and LIMITS. queues: openings wait for their market. restarts: where one is due
    the engine is taken up from its bytes, else nothing happens."""

    def __init__(self, account_at: int = 0, limits_at: int = 0, *, queues: bool = True, restarts: bool = True) -> None:
        self.rows: list[bytes] = []
        self.waited: set[str] = set()
        self.submits: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.turned: set[str] = set()
        self.unstopped: set[str] = set()
        self.sent: list[tuple[Terms, int]] = []
        self.counts: Counter[str] = Counter()
        self.restarts = restarts
        self.limits = LIMITS[limits_at]
        session = {"requireMarketSession": True, **({"queueWhenClosed": True} if queues else {})}
        self.terms = (account_at, limits_at, queues)
        super().__init__(account(account_at), symbols=SYMBOLS, limits={**self.limits, **session}, cash="4000")
        self.now = BEGIN
        for symbol in SYMBOLS:
            self.quote(PRICE, symbol=symbol)

    def live(self, what: str, a: int, b: int) -> None:
        """One thing of HAPPENINGS."""
        self.now += 1 + b % 40 * SECOND
        HAPPENINGS[what](self, a, b)
        self.check()

    # ── what leaves ────────────────────────────────────────────────────────────────────────────────────────────────

    def took(self, event: Event | None, outputs: list[Event]) -> list[Event]:
        self.rows += [encode(one) for one in ([] if event is None else [event]) + outputs]
        for output in outputs:
            if isinstance(output, Command):
                self._leaves(output)
            elif isinstance(output, OpeningJudged):
                self.counts["goes" if output.approved else output.verdicts[-1].code] += 1
                self.counts.update(check.code for check in output.verdicts if not check.passed)
        self.waited.update(self.engine.at_open)
        self.turned.update(self.engine.turning)
        return super().took(event, outputs)

    def _leaves(self, command: Command) -> None:
        state = self.state(command.order_id)
        order = state.order
        shut = order.instrument.symbol == "NYSE" and not calendar("us-equity").is_open(self.engine.now)
        if isinstance(command, Submit):
            self.submits[order.id] += 1
            if order.role == ENTRY:
                assert not shut or order.flags & EXTENDED_HOURS, f"{order} leaves while its market is closed"
                self._opens(order)
        elif isinstance(command, Cancel):
            self.counts[command.code] += 1
            if command.here:
                self.ends[order.id] += 1
            if command.code == STALE_ORDER:
                assert self.engine.now >= order.time + self.limits["staleOrderSeconds"] * SECOND
        elif isinstance(command, Replace) and order.role == ENTRY and not order.flags & EXTENDED_HOURS:
            grows = command.quantity > order.quantity or command.limit_units != order.limit_units
            assert not (shut and grows), f"{order} gets other terms while its market is closed"

    def _opens(self, order: Order) -> None:
        """An opening leaves: alike, dear or bare it must not be."""
        window = self.limits.get("duplicateWindowSeconds", 0) * SECOND
        alike = [time for terms, time in self.sent if terms == terms_of(order)]
        assert all(order.time - time >= window for time in alike), f"{order} is like one of just before"
        self.sent.append((terms_of(order), order.time))
        if order.id not in self.turned and "maxOrderValue" in self.limits:
            price = self.engine.marks.marks[order.instrument.index].dearest(order)
            assert order.quantity * price <= self.limits["maxOrderValue"] * 100
        stops = [id for id in self.engine.children.get(order.id, ()) if self.role(id) == STOP_LOSS]
        assert order.id in self.unstopped or all(self.state(id).is_open() for id in stops), f"{order} goes bare"

    def role(self, order_id: str) -> str:
        state = self.engine.orders.get(order_id)
        return "" if state is None else state.order.role

    def check(self) -> None:
        """What must hold after each thing that happened."""
        engine = self.engine
        for id in self.waited:
            ends = self.submits[id] + self.ends[id]
            assert ends == (0 if id in engine.at_open or id in engine.turning else 1), f"{id} ended {ends} times"
        books = list(engine.ledger.books.values())
        openings = sum(book.opening for book in books)
        taken = [book for book in books if book.opening or book.long_size or book.short_size]
        assert openings <= self.limits.get("maxWorkingOrders", openings)
        for name in ("maxOpenPositions", "tradepicker.maxOpenPositions"):
            assert len(taken) <= self.limits.get(name, len(taken))
        day = engine.accounts["main"]
        for book in books:
            trades = [
                state
                for id, state in engine.orders.items()
                if state.order.role == ENTRY and state.order.instrument is book.instrument and id not in engine.at_open
                if day.day_begin <= state.order.time < day.day_end and state.stage != DENIED
                if state.is_open() or state.filled
            ]
            assert book.trades == len(trades) <= self.limits.get("maxTradesPerDay", len(trades))

    def folded(self) -> Engine:
        """Another engine, from the records alone."""
        account_at, limits_at, queues = self.terms
        fresh = Night(account_at, limits_at, queues=queues)
        decoder = Decoder(fresh.engine.instruments, lambda id: fresh.engine.orders[id].order)
        assert self.rows[: len(fresh.rows)] == fresh.rows
        for row in self.rows[len(fresh.rows) :]:
            fresh.engine.apply(decoder.decode(row))
        return fresh.engine

    def end(self) -> None:
        """Everything ends: by hand what waits here, by its venue what works."""
        self.feed(TradingStateSet(self.tick(), "all", HALTED, "ann", "going home"))
        while self.engine.holds.holds:  # exits whose end nobody asked for come back, so often and not oftener
            id = next(iter(self.engine.holds.holds))
            self.cancel(id)
            if self.state(id).is_open():
                self.say(kinds.CANCELLED, id)
            self.check()


# ── happenings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _quote(night: Night, a: int, b: int) -> None:
    """Mostly near, now and then far enough to pass stops and limits on values."""
    away = b % 101 - 50 if b % 3 else b % 2_001 - 1_000
    night.quote(PRICE + away, PRICE + away + a % 5, symbol=SYMBOLS[a % 2])


def _print(night: Night, a: int, b: int) -> None:
    night.print(PRICE + b % 1_001 - 500, symbol=SYMBOLS[a % 2])


def _late(night: Night, a: int, b: int) -> None:
    """A quote whose time is past."""
    price = PRICE + b % 201 - 100
    night.feed(Quote(max(BEGIN, night.now - b * SECOND), night.on(SYMBOLS[a % 2]), price, price))


def _hours(night: Night, a: int, b: int) -> None:
    """To an edge of the session, into it, or a day on; one of the markets says something then."""
    times = calendar("us-equity")
    opens, closes = times.next_open(night.now), times.next_close(night.now)
    to = (opens - 1, opens, opens + b * SECOND, closes - 1, closes, night.now + 24 * HOUR)[a % 6]
    night.now = max(night.now, to - 1)
    _quote(night, a // 6, b)


def _want(night: Night, a: int, b: int) -> None:
    """An opening of some kind, with exits or without."""
    side = BUY if a % 3 else SELL
    terms: dict[str, Any] = [
        {},
        {"limit_units": PRICE - side * (b % 60)},
        {"stop_loss": PRICE - side * 400},
        {"stop_loss": PRICE - side * 400, "take_profit": PRICE + side * 400},
        {"exit_trail_units": 300},
        {"plan": ExitPlan(stop_ppm=40_000, after_ns=HOUR)},
        {"type": STOP, "stop_units": PRICE + side * 30},
        {"limit_units": PRICE, "flags": EXTENDED_HOURS},
        {"time_in_force": IOC},
        {"parent": "p", "parent_size": 12},
    ][a // 3 % 10]  # fmt: skip
    terms.setdefault("time_in_force", DAY if b % 4 == 0 else GTC)
    night.want(side, 1 + b % 9, symbol=SYMBOLS[a % 5 == 4], **terms)


def _turn(night: Night, a: int, b: int) -> None:
    symbol = SYMBOLS[a % 2]
    net = night.net(symbol=symbol)
    if net:
        night.want(SELL if net > 0 else BUY, abs(net) + b % 6, symbol=symbol)


def _close(night: Night, a: int, b: int) -> None:
    symbol = SYMBOLS[a % 2]
    night.close(SELL if night.net(symbol=symbol) > 0 else BUY, symbol=symbol)


def _close_all(night: Night, a: int, b: int) -> None:
    if b % 4:
        return
    asked = CloseRequested(night.tick(), "main", "" if a % 2 else "NYSE", "ann", CLOSING)
    night.engine.apply(asked)
    night.took(asked, night.engine.react(asked) + night.engine.close_all(asked))


def _cancel(night: Night, a: int, b: int) -> None:
    working = list(night.engine.holds.holds)
    if working:
        order = night.state(working[a % len(working)]).order
        night.unstopped.add(order.parent)
        night.cancel(order.id)


def _modify(night: Night, a: int, b: int) -> None:
    working = [hold.order for hold in night.engine.holds.holds.values() if hold.order.role == ENTRY]
    if working:
        order = working[a % len(working)]
        wish = Intent(order.id, order.account, order.strategy, order.instrument, order.side)
        wish.modifies, wish.quantity = True, 1 + b % 9
        wish.limit_units = order.limit_units and order.limit_units + a % 7 - 3
        night.took(None, night.engine.modify(wish))


def _reserve(night: Night, a: int, b: int) -> None:
    """A place; where it is there already, its order."""
    id, symbol = f"r{a % 2}", SYMBOLS[a % 2]
    if id in night.engine.reservations:
        night.want(BUY, 1 + b % 4, symbol=symbol, reservation=id)
        return
    asked = ReserveRequested(night.tick(), id, "main", "s", symbol, BUY, b % 5, 0, 3 * HOUR, "bob", "later")
    night.engine.apply(asked)
    night.took(asked, night.engine.react(asked) + night.engine.ask(asked))


def _state(night: Night, a: int, b: int) -> None:
    """A scope stops, or goes on: mostly the latter."""
    state = {0: REDUCING, 1: HALTED}.get(b % 8, ACTIVE)
    night.feed(TradingStateSet(night.tick(), STATE_SCOPES[a % 4], state, "ann", "so be it"))


def _limits(night: Night, a: int, b: int) -> None:
    """A further limit for all, or none; the symbol's own hours now and then, which let nothing wait."""
    scope, limits = [
        ("all", {"maxOrderQuantity": 5 + b % 4}),
        ("all", {}),
        ("symbol:NYSE", {"requireMarketSession": True}),
        ("symbol:NYSE", {}),
    ][a % 4]
    night.feed(LimitsSet(night.tick(), scope, limits_from(limits).row(), 0, "", "ann", "test"))


def _report(kind: int) -> Callable[[Night, int, int], None]:
    def say(night: Night, a: int, b: int) -> None:
        there = _there(night)
        if there and (kind != kinds.REJECTED or not night.state(there[a % len(there)]).filled):
            night.say(kind, there[a % len(there)])

    return say


def _fill(night: Night, a: int, b: int) -> None:
    """A part or all; an exit no more than there is to close."""
    there = _there(night)
    if not there:
        return
    state = night.state(there[a % len(there)])
    order, size = state.order, state.remaining()
    if order.role != ENTRY:
        book = night.engine.book(order.account, order.strategy, order.instrument)
        size = min(size, book.closable(order.side, order.lot))
    if b % 3 == 0:
        size = (size + 1) // 2
    if size > 0:
        night.fill(order.id, size, PRICE + b % 21 - 10)


def _there(night: Night) -> list[str]:
    """What its venue has; the exits of an opening that has filled nothing wait there for it."""
    orders = night.engine.orders
    there = [orders[id] for id in night.engine.holds.holds if orders[id].stage != HELD]
    parents = [(state.order.id, orders.get(state.order.parent)) for state in there]
    return [id for id, parent in parents if parent is None or parent.filled]


def _restart(night: Night, a: int, b: int) -> None:
    if night.restarts:
        again = Engine()
        restore(again, to_bytes(night.engine))
        assert again.state_hash() == night.engine.state_hash()
        night.engine = again
    night.took(None, night.engine.look_up())


HAPPENINGS: dict[str, Callable[[Night, int, int], None]] = {
    "quote": _quote, "print": _print, "late": _late, "hours": _hours, "want": _want, "turn": _turn, "close": _close,
    "close all": _close_all, "cancel": _cancel, "modify": _modify, "reserve": _reserve, "state": _state,
    "limits": _limits, "accept": _report(kinds.ACCEPTED), "reject": _report(kinds.REJECTED),
    "ended": _report(kinds.CANCELLED), "fill": _fill, "restart": _restart,
}  # fmt: skip
#: As often as they happen: much is wanted, and the hours go by.
OFTEN = [*HAPPENINGS, *["want"] * 12, *["hours"] * 9, *["limits"] * 2, *["fill"] * 4]
__all__ = ["ACCOUNTS", "HAPPENINGS", "LIMITS", "OFTEN", "OPENING_CODES", "Happened", "Night"]
