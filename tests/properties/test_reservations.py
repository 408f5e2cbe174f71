"""Whatever the order of things: the last slot and the last unit of buying power are taken once, and a reservation ends
once and at its time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.audit import check_books
from tests.unit.core.desk import BUY, Desk, account_of
from tests.unit.signal.test_moments import Desk as Waiting
from tests.unit.signal.test_moments import spec as waits
from tradewright.core.engine import Engine
from tradewright.core.limits import limits_from
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.order import ENTRY
from tradewright.model.order_request import OrderRequested
from tradewright.model.report import Fill, Report
from tradewright.model.reservation import (
    Released,
    ReleaseRequested,
    ReservationExpired,
    Reserved,
    ReserveRequested,
)

SYMBOLS = ("ACME", "NYSE", "ZETA", "BTCUSD", "XAUUSD")
PRICE = 10_000
MS = 10**6
SLOTS = 3
CASH = 10_000
#: Below the cash, so that the budget runs out first, and above it, so that the money itself does.
TIGHT, WIDE = 9_000, 12_000
budgets = st.sampled_from([TIGHT, WIDE])


class Rush:
    """Strategies, persons and services that want the same few slots and the same money, in any order."""

    def __init__(self, budget: int) -> None:
        # ACME and NYSE cost 100 a share, the other three are there to want a slot.
        self.desk = Desk(account_of(kind="cash"), symbols=SYMBOLS, cash=CASH)
        limits = limits_from({"tradepicker.maxOpenPositions": SLOTS, "tradepicker.budget": budget})
        self.desk.engine.open_account(self.desk.engine.accounts["main"].terms, limits)
        for symbol in SYMBOLS:
            self.desk.quote(PRICE, symbol=symbol)
        self.granted: dict[str, int] = {}
        self.asked = 0
        self.refused = 0
        self.alone: set[str] = set()  # codes that refused an order by themselves

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def put(self, event: Any) -> list[Event]:
        """What a person or service asks for, as the trader feeds it."""
        outputs = self.desk.feed(event)
        self.hear(outputs, event.time)
        outputs = self.desk.took(None, self.desk.engine.ask(event))
        self.hear(outputs, event.time)
        return outputs

    def hear(self, outputs: list[Event], now: int) -> None:
        for output in outputs:
            if isinstance(output, Reserved):
                self.refused += not output.approved
                if output.approved:
                    self.granted[output.id] = output.expires
            elif isinstance(output, Released):
                assert now < self.granted.pop(output.id), "it was over before"
            elif isinstance(output, ReservationExpired):
                assert output.expires == self.granted.pop(output.id) <= now, "neither early nor twice"
            elif isinstance(output, Decision):
                self.refused += not output.approved
                self.alone |= {check.code for check in output.refusals if len(output.refusals) == 1}

    def reserve(self, a: int, b: int) -> None:
        self.asked += 1
        symbol, size, ttl = SYMBOLS[a % 5], b % 60, (1 + b % 9) * 40 * MS
        self.put(ReserveRequested(
            self.desk.tick(), f"r{self.asked}", "main", "st"[a % 2], symbol, BUY, size, 0, ttl, "ann", ""
        ))  # fmt: skip

    def use(self, a: int, b: int) -> None:
        kept = list(self.desk.engine.reservations)
        if kept:
            id = kept[a % len(kept)]
            order = self.desk.engine.reservations[id].order
            self.put(OrderRequested(
                self.desk.tick(), "main", order.strategy, order.instrument.symbol, BUY,
                max(1, order.quantity + b % 3 - 1), 0, id, "ann", "",
            ))  # fmt: skip

    def order(self, a: int, b: int) -> None:
        wish = self.desk.intent(BUY, 1 + b % 60, symbol=SYMBOLS[a % 5], strategy="st"[b % 2])
        self.hear(self.desk.took(None, self.desk.engine.judge(wish)), self.desk.now)

    def release(self, a: int, b: int) -> None:
        kept = list(self.desk.engine.reservations)
        if kept:
            self.put(ReleaseRequested(self.desk.tick(), kept[a % len(kept)], "ann", ""))

    def fill(self, a: int, b: int) -> None:
        working = [hold for hold in self.desk.engine.holds.holds.values() if hold.remaining]
        if working:
            hold = working[a % len(working)]
            size = 1 + b % hold.remaining
            self.hear(self.desk.fill(hold.order.id, size, PRICE), self.desk.now)

    def end(self, a: int, b: int) -> None:
        working = list(self.desk.engine.holds.holds)
        if working:
            self.hear(self.desk.say(kinds.CANCELLED, working[a % len(working)]), self.desk.now)

    def close(self, a: int, b: int) -> None:
        for book in self.desk.engine.ledger.books.values():
            if book.long_size and not book.exits:
                (closed,) = self.desk.close(-1, symbol=book.instrument.symbol, strategy=book.strategy)
                self.hear(self.desk.fill(closed.orders[0].id, closed.orders[0].quantity, PRICE), self.desk.now)
                return

    def wait(self, a: int, b: int) -> None:
        self.desk.now += (a % 5) * 37 * MS + b % 3
        self.hear(self.desk.quote(PRICE, symbol=SYMBOLS[a % 5]), self.desk.now)

    # ── what must hold ─────────────────────────────────────────────────────────────────────────────────────────────

    def check(self) -> None:
        engine = self.desk.engine
        taken = {book.instrument.symbol for book in engine.ledger.books.values() if book.long_size}
        taken |= {hold.order.instrument.symbol for hold in engine.holds.holds.values() if hold.order.role == ENTRY}
        taken |= {kept.order.instrument.symbol for kept in engine.reservations.values()}
        assert len(taken) <= SLOTS, taken
        free = engine.accounts["main"].free("USD")
        assert free is not None and free >= 0, "more was promised than there is"
        assert {id: kept.expires for id, kept in engine.reservations.items()} == self.granted
        assert all(expires > engine.now for expires in self.granted.values())


HAPPENINGS: dict[str, Callable[[Rush, int, int], None]] = {
    "reserve": Rush.reserve, "use": Rush.use, "order": Rush.order, "release": Rush.release, "fill": Rush.fill,
    "end": Rush.end, "close": Rush.close, "wait": Rush.wait,
}  # fmt: skip
happenings = st.lists(
    st.tuples(st.sampled_from(sorted(HAPPENINGS)), st.integers(0, 10_000), st.integers(0, 10_000)), max_size=60
)


def lived(story: list[tuple[str, int, int]], budget: int) -> Rush:
    rush = Rush(budget)
    for what, a, b in story:
        HAPPENINGS[what](rush, a, b)
        rush.check()
    return rush


@given(happenings, budgets)
def test_nothing_is_promised_twice_and_every_reservation_ends_once_at_its_time(
    story: list[tuple[str, int, int]], budget: int
) -> None:
    rush = lived(story, budget)
    rush.desk.now += 400 * MS
    rush.hear(rush.desk.quote(PRICE), rush.desk.now)
    assert rush.granted == {} == rush.desk.engine.reservations


@given(happenings, budgets)
def test_what_is_kept_is_the_same_folded_from_the_records_and_behind_a_snapshot(
    story: list[tuple[str, int, int]], budget: int
) -> None:
    rush = lived(story, budget)
    engine = rush.desk.engine
    folded = Rush(budget).desk.engine
    assert folded.now == Rush(budget).desk.engine.now
    begun = len(Rush(budget).desk.events)
    for event in rush.desk.events[begun:]:
        folded.apply(event)
    folded.order_count = engine.order_count
    assert folded.state_hash() == engine.state_hash()
    behind = Engine()
    restore(behind, to_bytes(engine))
    assert behind.state_hash() == engine.state_hash()
    assert to_bytes(behind) == to_bytes(engine)
    check_books(behind)


@pytest.mark.parametrize(("budget", "size", "code"), [(TIGHT, 40, "BUDGET_EXCEEDED"), (WIDE, 59, "INSUFFICIENT_FUNDS")])
def test_the_stories_get_to_the_last_slot_and_the_last_dollar(budget: int, size: int, code: str) -> None:
    """The property above would hold of engines that refuse everything, or that nobody asks for much."""
    story = [("reserve", number, 40) for number in (0, 1, 2, 3)] + [("order", 3, 59), ("order", 1, 59), ("use", 0, 1)]
    rush = lived(story, budget)
    assert rush.refused == 3
    assert code in lived([("order", 0, 58), ("order", 1, size - 1)], budget).alone
    assert any(isinstance(event, Decision) and event.approved for event in rush.desk.events)


# ── strategies ─────────────────────────────────────────────────────────────────────────────────────────────────────

words = st.lists(st.sampled_from([[], ["BUY", 0.9], ["BUY", 0.6], ["SELL", 0.7], ["HOLD", 0.5]]), max_size=12)
scripts = st.fixed_dictionaries({"ACME": words, "ZETA": words})
ticks = st.lists(st.sampled_from(["ACME", "ZETA", "bar ACME", "bar ZETA", "cycle", "fill", "end", "wait"]), max_size=40)


def played(script: list[dict[str, Any]], market: list[str], money: str) -> Waiting:
    """Four strategies that act at once, with bars and with cycles, on two symbols of which one has a place."""
    moments = ("", "bar", "cycle", "cycle")
    specs = [
        waits(words, moment, id=id, percent=60.0) for words, moment, id in zip(script, moments, "abcd", strict=True)
    ]
    limits = {"tradepicker.maxOpenPositions": 1, "tradepicker.reserveOnOpen": True,
              "tradepicker.reservationTtlMs": 3_000, "tradepicker.budget": money}  # fmt: skip
    desk = Waiting(*specs, cash=money, **limits)
    engine = desk.trader.engine
    for what in market:
        working = [hold.order for hold in engine.holds.holds.values()]
        if what in ("ACME", "ZETA"):
            desk.quote(what, after=0)
        elif what.startswith("bar "):
            desk.bar(what[4:], after=0)
        elif what == "cycle":
            desk.cycle(after=0)
        elif what == "wait":
            desk.quote(after=1.5)
        elif working and what == "fill":
            order = working[0]
            size = engine.orders[order.id].remaining()
            desk.feed(Fill(desk.after(0.001), order.id, desk.now, order.id, PRICE, size, 0, "USD"))
        elif working:
            desk.feed(Report(kinds.CANCELLED, desk.after(0.001), working[0].id, desk.now, "", ""))
        taken = {book.instrument.symbol for book in engine.ledger.books.values() if book.long_size}
        taken |= {hold.order.instrument.symbol for hold in engine.holds.holds.values() if hold.order.role == ENTRY}
        taken |= {kept.order.instrument.symbol for kept in engine.reservations.values()}
        assert len(taken) <= 1
        free = engine.accounts["main"].free("USD")
        assert free is not None and free >= 0
        assert all(kept.expires > engine.now for kept in engine.reservations.values())
    return desk


@given(st.lists(scripts, min_size=4, max_size=4), ticks)
def test_strategies_of_one_tick_never_share_the_last_place_nor_the_last_dollar(
    script: list[dict[str, Any]], market: list[str]
) -> None:
    desk = played(script, market, "1500")
    assert desk.recovered().state_hash() == desk.trader.state_hash()


def test_the_strategies_get_to_the_last_place_and_the_last_dollar() -> None:
    both = {"ACME": [["BUY", 0.9]], "ZETA": [["BUY", 0.9]]}
    desk = played([{}, {}, both, both], ["ACME", "ZETA", "cycle", "ACME", "fill", "cycle"], "1500")
    events = [output for _, outputs in desk.history for output in outputs]
    refused = {check.code for event in events if isinstance(event, Reserved | Decision) for check in event.refusals}
    assert {"OPEN_LIMIT_EXCEEDED", "INSUFFICIENT_FUNDS", "BUDGET_EXCEEDED"} <= refused
    assert [event.approved for event in events if isinstance(event, Reserved)].count(True) == 1
