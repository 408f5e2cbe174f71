"""The engine behind its journal when the disk is full: openings stop, what reduces may leave, the next start knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any

import msgspec
import pytest

from tests.unit.adapters.journal.faulty_vfs import FULL, faulty
from tradewright.adapters.journal import EmergencyFile, FileJournal
from tradewright.app.answering import decided
from tradewright.app.emergency import taken_in
from tradewright.app.history import fold, story_of
from tradewright.app.live import LiveEngine
from tradewright.app.recovery import rebuild
from tradewright.core.life_cycle import REFUSED
from tradewright.core.setup import Setup, StrategySpec
from tradewright.model.account import Account
from tradewright.model.command import Cancel, Command, Replace, Submit
from tradewright.model.control import (
    HALTED,
    RECONCILE,
    REDUCING,
    CashMoved,
    OrderAdopted,
    Started,
    Timer,
    TradingStateSet,
)
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.errors import InputError, JournalFull, MayHaveLeft
from tradewright.model.event import ACCEPTED, OUTCOME_UNKNOWN, QUERY, REJECTED, SUBMIT, Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Quote
from tradewright.model.order import BUY, EXIT, GTC, Order
from tradewright.model.order_request import OrderRequested
from tradewright.model.report import Fill, Report
from tradewright.signal.strategy import Strategy
from tradewright.trader import Outcome, Trader

MINUTE = 60_000_000_000


class InAndOut(Strategy):
    """Opens when flat, closes when long: every bar wants something."""

    def on_bar(self, bar: Bar) -> None:
        if self.flat:
            self.buy(1)
        else:
            self.close()


class Rests(Strategy):
    """One order that waits below the market."""

    def on_bar(self, bar: Bar) -> None:
        if self.flat and not self.open_orders:
            self.buy(3, limit=9)


class Trails(Strategy):
    """A position whose target it moves, and a bid that it moves too."""

    def on_bar(self, bar: Bar) -> None:
        if self.flat:
            self.buy(1, take_profit=12)
            self.buy(1, limit=9)
        else:
            target, bid = self.open_orders
            self.modify(target, limit=11)
            self.modify(bid, limit=9.5)


class Guards(Strategy):
    """Opens with a stop."""

    def on_bar(self, bar: Bar) -> None:
        if self.flat:
            self.buy(1, stop_loss=9)


class Hoards(Strategy):
    """Keeps what no snapshot can store, in a list that looks as if it could."""

    kept: list[Any] = []

    def on_bar(self, bar: Bar) -> None:
        self.kept = [*self.kept, 1]
        self.kept.append(object())
        if not self.open_orders:
            self.buy(1, limit=9)


class ShortAndOut(Strategy):
    """The other way round, in lots of its own."""

    lot: int = 1

    def on_bar(self, bar: Bar) -> None:
        if self.flat:
            self.sell(self.lot)
        else:
            self.close()


STRATEGIES = {"short": ShortAndOut, "rests": Rests, "trails": Trails, "hoards": Hoards, "guards": Guards}


def started(*specs: StrategySpec, run: int = 1, **terms: Any) -> Started:
    setup = Setup(
        [Instrument("ACME", "paper", "equity", "ACME", "USD", 2, 0)],
        [(Account("main", "main", "paper", **terms), [])],
        list(specs) or [spec("in_and_out")],
        {},
    )
    return Started(0, run, json.loads(msgspec.json.encode(setup.row())))


def spec(id: str, **parameters: Any) -> StrategySpec:
    return StrategySpec(id, id, "main", ("ACME",), tuple(parameters.items()), "code", "params")


class Played:
    """A live engine fed bar by bar; each submit is accepted, and at the market filled at once, as a venue
    that stays up would."""

    def __init__(self, live: LiveEngine) -> None:
        self.live = live
        self.trades = 0

    def bar(self, minute: int) -> list[Command]:
        time = minute * MINUTE
        commands = self.live.step(bar_of(self.live, minute))
        for command in commands:
            if isinstance(command, Submit):
                self.trades += 1
                self.live.step(Report(10, time, command.order_id, time, "", "X1"))
                if command.order.limit_units == 0:
                    self.live.step(Fill(time, command.order_id, time, f"T{self.trades}", 1000, command.order.quantity))
        return commands


def bar_of(live: LiveEngine, minute: int) -> Bar:
    time = minute * MINUTE
    return Bar(time, live.trader.engine.instruments[0], time - MINUTE, 1000, 1000, 1000, 1000, 1)


def live_engine(folder: Path, vfs: str | None, start: Started | None = None) -> LiveEngine:
    journal = FileJournal(folder, vfs=vfs)
    trader = Trader(lambda spec: STRATEGIES.get(spec.id, InAndOut))
    live = LiveEngine(trader, journal, EmergencyFile(folder), lambda event, outcome: None)
    live.step(started() if start is None else start)
    live.step(CashMoved(0, "main", "USD", 10**24, "deposit"))
    return live


def submitted(commands: list[Command]) -> list[tuple[str, int]]:
    """Strategy and signed quantity of what goes to the venue as an order."""
    orders = [command.order for command in commands if isinstance(command, Submit)]
    return [(order.strategy, order.side * order.quantity) for order in orders]


def test_on_a_full_disk_nothing_opens_and_what_closes_leaves_with_a_line(tmp_path: Path) -> None:
    full = False

    def verdict(kind: str, name: str, count: int) -> int:
        return FULL if full and kind == "write" else 0

    with faulty(verdict):
        live = live_engine(tmp_path, "faulty")
        played = Played(live)
        assert [type(command) for command in played.bar(1)] == [Submit]
        full = True
        closing = played.bar(2)
        assert [command.order.reduce_only for command in closing if isinstance(command, Submit)] == [True]
        assert live.failure is not None
        assert all(played.bar(minute) == [] for minute in range(3, 9)), "flat again: an opening would be next"
        assert live.trader.engine.states == {"all": 3}
        with pytest.raises(JournalFull):
            live.close()

    reopened = EmergencyFile(tmp_path)
    adopted = [taken_in(line, 9 * MINUTE) for line in reopened.lines()]
    reopened.close()
    assert [event.order[0] for event in adopted if event] == [closing[0].order_id]


def test_on_a_full_disk_an_exit_goes_with_the_opening_that_is_refused(tmp_path: Path) -> None:
    full = False
    with faulty(lambda kind, name, count: FULL if full and kind == "write" else 0):
        live = live_engine(tmp_path, "faulty", started(spec("guards")))
        full = True
        assert Played(live).bar(1) == []
        orders = [(one.order.role, one.status, one.code) for one in live.trader.engine.orders.values()]
        assert orders == [("entry", "REJECTED", "JOURNAL_FULL"), ("stop_loss", "REJECTED", "JOURNAL_FULL")]
        with pytest.raises(JournalFull):
            live.close()
    emergency = EmergencyFile(tmp_path)
    assert emergency.lines() == []
    emergency.close()


def wanted(live: LiveEngine, size: int) -> OrderRequested:
    """A bid by hand, below the market."""
    now = live.trader.engine.now
    return OrderRequested(now, "main", "manual", "ACME", BUY, size, 900, "", "ann", "", 0, GTC, 0, "")


def test_what_is_decided_together_waits_for_the_disk_once_and_leaves_in_its_order(tmp_path: Path) -> None:
    live = live_engine(tmp_path, None)
    Played(live).bar(1)
    met: list[str] = []
    live.crash = met.append
    together = [live.decide(wanted(live, size)) for size in (3, 1, 2)]
    assert submitted(live.release()) == [("manual", 3), ("manual", 1), ("manual", 2)]
    assert (met.count("live-before-step"), met.count("live-before-durable")) == (3, 1)
    assert all(live.is_durable(one) for one in together) and live.counts.orders == 4
    assert live.release() == []
    live.close()
    assert fold(tmp_path).state_hash == live.trader.state_hash()


@pytest.mark.parametrize("known", [False, True])
def test_where_the_disk_fills_up_among_what_is_decided_together_each_is_what_became_of_it(
    known: bool, tmp_path: Path
) -> None:
    """known: the journal has failed already when the last of them is decided."""
    full = False
    with faulty(lambda kind, name, count: FULL if full and kind == "write" else 0):
        live = live_engine(tmp_path, "faulty")
        Played(live).bar(1)
        kept = live.decide(wanted(live, 2))
        live.journal.wait(kept.sequence)
        full = True
        lost = live.decide(wanted(live, 3))
        if known:
            with pytest.raises(JournalFull):
                live.journal.wait(lost.sequence)
        closing = live.decide(bar_of(live, 2))
        assert submitted(live.release()) == [("manual", 2), ("in_and_out", -1)]
        assert [live.is_durable(one) for one in (kept, lost, closing)] == [True, False, False]
        assert (closing.sequence == 0) is known and live.failure is not None
        codes = [(one.order.quantity, one.status, one.code) for one in live.trader.engine.orders.values()]
        assert (3, "REJECTED", "JOURNAL_FULL") in codes and live.trader.engine.states == {"all": 3}
        assert live.decide(wanted(live, 1)).sequence == 0 and live.release() == []
        with pytest.raises(JournalFull):
            live.close()
    emergency = EmergencyFile(tmp_path)
    adopted = [taken_in(line, MINUTE) for line in emergency.lines()]
    emergency.close()
    assert [one.order[0] for one in adopted if isinstance(one, OrderAdopted)] == [
        one.order_id for one in closing.outcome.commands
    ]


def decision_of(live: LiveEngine, id: str, minute: int = 1) -> Callable[[int], DecisionRequested]:
    symbol = live.trader.engine.instruments[0].symbol
    return lambda now: DecisionRequested(
        now, "main", "ai", symbol, BUY, 1, 10**6, 0.8, (minute + 9) * MINUTE, id, "the bus", "x"
    )


def test_on_a_full_disk_no_decision_of_a_bus_is_carried_out_and_one_in_its_middle_is_not_asked_for_again(
    tmp_path: Path,
) -> None:
    full, fed = False, []
    with faulty(lambda kind, name, count: FULL if full and kind == "write" else 0):
        live = live_engine(tmp_path, "faulty")
        Played(live).bar(1)

        def feed(event: Event) -> None:
            fed.append(event)
            live.step(event)

        decided(decision_of(live, "d-1"), live, MINUTE, lambda: None, feed)
        full = True
        with pytest.raises(MayHaveLeft, match="it may have been sent, look at the venue"):
            decided(decision_of(live, "d-2"), live, MINUTE, lambda: None, feed)
        for _ in range(2):
            with pytest.raises(JournalFull, match="nothing is decided while the journal can not be written"):
                decided(decision_of(live, "d-3"), live, MINUTE, lambda: None, feed)
        assert [event.decision_id for event in fed if isinstance(event, DecisionRequested)] == ["d-1", "d-2"]
        with pytest.raises(JournalFull):
            live.close()


def test_a_decision_that_is_refused_before_it_is_fed_leaves_no_record(tmp_path: Path) -> None:
    live = live_engine(tmp_path, None)
    Played(live).bar(1)

    def wake() -> None:
        live.step(Timer(MINUTE, "wake"))

    decided(decision_of(live, "d-1"), live, MINUTE, wake, live.step)
    before = live.journal.head
    for late, why in ((MINUTE, "was taken up before"), (60 * MINUTE, "the time until when it holds is over")):
        with pytest.raises(InputError, match=why):
            decided(decision_of(live, "d-1"), live, late, wake, live.step)
    assert live.journal.head == before
    live.close()


def test_the_next_start_takes_in_the_order_that_left_and_looks_it_up(tmp_path: Path) -> None:
    full = False
    with faulty(lambda kind, name, count: FULL if full and kind == "write" else 0):
        live = live_engine(tmp_path, "faulty")
        played = Played(live)
        played.bar(1)
        live.journal.wait(live.journal.head.sequence)
        full = True
        order_id = played.bar(2)[0].order_id
        with pytest.raises(JournalFull):
            live.close()

    trader = Trader(lambda spec: InAndOut)
    rebuild(tmp_path, trader, lambda remark: None)
    engine = trader.engine
    assert engine.ledger.books["main", "in_and_out", 0].net == 1, "the journal ends before the close"
    line = EmergencyFile(tmp_path).lines()[0]
    adopted = taken_in(line, 3 * MINUTE)
    assert adopted is not None
    trader.step(adopted)
    assert engine.orders[order_id].status == "UNKNOWN"
    asked = trader.step(Timer(3 * MINUTE, RECONCILE)).commands
    assert order_id in [command.order_id for command in asked if command.kind == QUERY]
    trader.step(Fill(3 * MINUTE, order_id, 2 * MINUTE, "T2", 1000, 1))
    assert engine.ledger.books["main", "in_and_out", 0].net == 0
    assert engine.holds.holds == {}


def test_on_a_full_disk_exits_leave_where_strategies_share_an_instrument(tmp_path: Path) -> None:
    """They carry no reduce-only, since the account's net may turn; that it covers both is enough."""
    full = False
    with faulty(lambda kind, name, count: FULL if full and kind == "write" else 0):
        live = live_engine(tmp_path, "faulty", started(spec("one"), spec("two"), kind="margin"))
        played = Played(live)
        assert submitted(played.bar(1)) == [("one", 1), ("two", 1)]
        full = True
        closing = played.bar(2)
        assert submitted(closing) == [("one", -1), ("two", -1)]
        assert not any(command.order.reduce_only for command in closing if isinstance(command, Submit))
        assert live.trader.engine.accounts["main"].positions[0].net == 0
        with pytest.raises(JournalFull):
            live.close()
    assert len(EmergencyFile(tmp_path).lines()) == 2


def test_on_a_full_disk_an_exit_that_would_turn_the_account_stays_and_blocks_no_later_one(tmp_path: Path) -> None:
    """Long one and short three: the account is short two, so selling the long one would open. A resting order that
    fills before its cancel arrives makes the account long one, and the same wish is covered."""
    full = False
    with faulty(lambda kind, name, count: FULL if full and kind == "write" else 0):
        start = started(spec("long"), spec("short", lot=3), spec("rests"), kind="margin")
        live = live_engine(tmp_path, "faulty", start)
        played = Played(live)
        engine = live.trader.engine
        resting = next(
            command for command in played.bar(1) if isinstance(command, Submit) and command.order.limit_units
        )
        assert engine.accounts["main"].positions[0].net == -2
        full = True
        assert submitted(played.bar(2)) == [], "nor may three be bought back where the account is short two"
        refused = [state for state in engine.orders.values() if state.order.role == EXIT]
        assert [state.code for state in refused] == ["JOURNAL_FULL"] * 2
        assert list(engine.holds.holds) == [resting.order_id], "what did not leave holds nothing"
        live.step(Fill(2 * MINUTE, resting.order_id, 2 * MINUTE, "T9", 900, 3))
        assert submitted(played.bar(3)) == [("long", -1)]
        with pytest.raises(JournalFull):
            live.close()


def test_on_a_full_disk_look_ups_take_no_room_and_a_file_without_room_ends_nothing(tmp_path: Path) -> None:
    full = False
    with faulty(lambda kind, name, count: FULL if full and kind == "write" else 0):
        live = live_engine(tmp_path, "faulty")
        Played(live).bar(1)
        full = True
        (closing,) = live.step(bar_of(live, 2))
        live.step(Report(OUTCOME_UNKNOWN, 2 * MINUTE, closing.order_id, 2 * MINUTE, "submit", "no answer"))
        asked = sum(len(live.step(Timer(2 * MINUTE + second * 10**9, "wake"))) for second in range(1, 600))
        assert asked > 300 and len(live.emergency.lines()) == 1
        for number in range(300):
            live.step(TradingStateSet(live.trader.engine.now, "symbol:ACME", 2 + number % 2, "ann", "looking"))
        assert len(live.emergency.lines()) == 256 and any("emergency is full" in alarm for alarm in live.alarms)
        live.step(Report(REJECTED, live.trader.engine.now, closing.order_id, live.trader.engine.now, "MARGIN", ""))
        assert live.step(bar_of(live, 20)) == [], "without a line no order leaves"
        with pytest.raises(JournalFull):
            live.close()


def test_on_a_full_disk_what_a_person_sets_holds_after_the_next_start(tmp_path: Path) -> None:
    full = False
    with faulty(lambda kind, name, count: FULL if full and kind == "write" else 0):
        live = live_engine(tmp_path, "faulty")
        Played(live).bar(1)
        live.journal.wait(live.journal.head.sequence)
        full = True
        reason = "all of it has to stop " * 20
        live.step(TradingStateSet(2 * MINUTE, "account:main", HALTED, "ann", reason))
        with pytest.raises(JournalFull):
            live.close()
    trader = Trader(lambda spec: InAndOut)
    rebuild(tmp_path, trader, lambda remark: None)
    assert trader.engine.states == {}
    for line in EmergencyFile(tmp_path).lines():
        known = taken_in(line, 3 * MINUTE)
        assert known is not None
        trader.step(known)
    assert trader.engine.states == {"account:main": HALTED}


def test_on_a_full_disk_a_change_of_an_exit_leaves_and_one_of_an_opening_is_refused(tmp_path: Path) -> None:
    full = False
    with faulty(lambda kind, name, count: FULL if full and kind == "write" else 0):
        live = live_engine(tmp_path, "faulty", started(spec("trails")))
        played = Played(live)
        opened = played.bar(1)
        assert len(opened) == 3, "an opening with its target, and one that rests"
        resting = opened[2].order_id
        full = True
        changes = live.step(bar_of(live, 2))
        asked = [(type(command), command.order_id) for command in changes]
        assert asked == [(Replace, opened[1].order_id), (Cancel, resting)], "what opens is cancelled, not changed"
        state = live.trader.engine.orders[resting]
        assert (state.replace, state.order.limit_units) == (REFUSED, 900)
        with pytest.raises(JournalFull):
            live.close()


def test_what_a_halt_at_a_snapshot_cancels_goes_to_the_venue(tmp_path: Path) -> None:
    live = live_engine(tmp_path, None, started(spec("hoards")))
    Played(live).bar(1)
    (resting,) = live.trader.engine.holds.holds
    live._snapshot_at = 0
    cancels = live.step(bar_of(live, 2))
    assert [(type(command), command.order_id) for command in cancels] == [(Cancel, resting)]
    assert "hoards" in live.trader.engine.halted
    live.close()


def test_without_a_durable_start_nothing_leaves_at_all(tmp_path: Path) -> None:
    """The run's number is part of every id: the next start would hand them out again."""
    full = False
    with faulty(lambda kind, name, count: FULL if full and kind == "write" else 0):
        played = Played(live_engine(tmp_path, "faulty"))
        played.bar(1)
        played.live.close()
        full = True
        journal = FileJournal(tmp_path, vfs="faulty")
        trader = Trader(lambda spec: InAndOut)
        rebuild(tmp_path, trader, lambda remark: None)
        live = LiveEngine(trader, journal, EmergencyFile(tmp_path), lambda event, outcome: None)
        with pytest.raises(JournalFull):
            live.step(started(run=2))
        with pytest.raises(JournalFull):
            live.close()
    assert EmergencyFile(tmp_path).lines() == []


def test_the_id_of_an_order_that_was_taken_in_is_used_up() -> None:
    trader = Trader(lambda spec: InAndOut)
    trader.step(started(run=2))
    trader.step(CashMoved(0, "main", "USD", 10**24, "deposit"))
    left = Order("main-2-7", "main", "in_and_out", trader.engine.instruments[0], -1, 1, 5, role="exit")
    trader.step(OrderAdopted(1, list(left.row())))
    time = MINUTE
    commands = trader.step(Bar(time, trader.engine.instruments[0], 0, 1000, 1000, 1000, 1000, 1)).commands
    assert [command.order_id for command in commands if command.kind == SUBMIT] == ["main-2-8"]


def test_an_alarm_is_journaled_and_told_and_an_unbooked_fill_stops_openings(tmp_path: Path) -> None:
    """A fill of an order that nobody here knows: the venue's books and ours differ, so a person has to look."""
    told: list[str] = []
    live = live_engine(tmp_path, None)
    live.listener = lambda event, outcome: told.extend(alarm.code for alarm in outcome.alarms)
    played = Played(live)
    played.bar(1)
    order_id = live.step(Bar(2 * MINUTE, live.trader.engine.instruments[0], 0, 1000, 1000, 1000, 1000, 1))[0].order_id
    live.step(Fill(2 * MINUTE, order_id, 2 * MINUTE, "T7", 1000, 2))
    live.step(Fill(3 * MINUTE, "main-1-77", 3 * MINUTE, "T8", 1000, 5))
    live.step(Report(ACCEPTED, 3 * MINUTE, "main-1-78", 3 * MINUTE))
    assert (live.counts.alarms, list(live.alarms)) == (3, [
        f"OVERFILL: {order_id} filled 2 of 1",
        "UNKNOWN_ORDER: a report on main-1-77, an order not known; its fill is not booked",
        "UNKNOWN_ORDER: a report on main-1-78, an order not known",
    ])  # fmt: skip
    assert live.trader.engine.states == {"account:main": REDUCING}
    live.close()
    assert told == ["OVERFILL", "UNKNOWN_ORDER", "UNKNOWN_ORDER"]
    folded = fold(tmp_path)
    assert folded.alarms == list(live.alarms) and "3 alarms" in folded.text(tmp_path)
    assert folded.state_hash == live.trader.state_hash()
    assert any("ALARM OVERFILL" in step["what"] for step in story_of(tmp_path, order_id).row()["path"])


def test_an_unbooked_fill_outlasts_the_day_and_lowers_no_state_a_person_set() -> None:
    trader = Trader(lambda spec: InAndOut)
    trader.step(started(kind="margin"))
    trader.step(CashMoved(0, "main", "USD", 10**24, "deposit"))
    trader.step(Fill(1, "elsewhere-1-1", 1, "T1", 1000, 5))
    assert trader.engine.states == {"all": REDUCING}
    trader.step(Timer(100 * 24 * 60 * MINUTE, "tomorrow"))
    assert trader.engine.states == {"all": REDUCING}
    trader.step(TradingStateSet(trader.engine.now, "all", HALTED, "ann", "found it"))
    trader.step(Fill(trader.engine.now, "elsewhere-1-1", 1, "T1", 1000, 5))
    assert trader.engine.states == {"all": HALTED}


def test_the_listener_hears_of_nothing_that_is_not_durable_and_of_everything_in_order(tmp_path: Path) -> None:
    """A disk that takes its time: steps run ahead of it, what is shown does not."""
    slow = False

    def verdict(kind: str, name: str, count: int) -> int:
        if slow and kind == "sync":
            sleep(0.02)
        return 0

    heard: list[Event] = []
    fed: list[Event] = []
    early: list[Event] = []
    with faulty(verdict):
        live = live_engine(tmp_path, "faulty")
        live.flush()
        records = live.journal.head.sequence

        def listener(event: Event, outcome: Outcome) -> None:
            nonlocal records
            records += 1 + len(outcome.outputs)
            heard.append(event)
            if live.journal.durable < records:
                early.append(event)

        live.listener = listener
        slow = True
        instrument = live.trader.engine.instruments[0]
        behind = waited = 0
        for second in range(1, 400):
            fed.append(Quote(second * 10**9, instrument, 999, 1001))
            live.step(fed[-1])
            behind = max(behind, len(fed) - len(heard))
            waited = max(waited, live.waits(second * 10**9 + 5))
        live.flush()
        assert live.waits(400 * 10**9) == 0
        live.close()
    assert behind > 1, "some steps ran ahead"
    assert waited >= 10**9 and waited % 10**9 == 5, "the oldest of them had waited since its time"
    assert early == [] and heard == fed
