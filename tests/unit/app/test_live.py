"""The engine behind its journal when the disk is full: openings stop, what reduces may leave, the next start knows."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from tests.unit.adapters.journal.faulty_vfs import FULL, faulty
from tradewright.adapters.journal import EmergencyFile, FileJournal
from tradewright.app.live import LiveEngine, adopted_from
from tradewright.app.recovery import rebuild
from tradewright.core.setup import Setup, StrategySpec
from tradewright.model.account import Account
from tradewright.model.command import Command, Submit
from tradewright.model.control import RECONCILE, CashMoved, Started, Timer
from tradewright.model.errors import JournalFull
from tradewright.model.event import QUERY
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.report import Fill, Report
from tradewright.signal.strategy import Strategy
from tradewright.trader import Trader

MINUTE = 60_000_000_000


class InAndOut(Strategy):
    """Opens when flat, closes when long: every bar wants something."""

    def on_bar(self, bar: Bar) -> None:
        if self.flat:
            self.buy(1)
        else:
            self.close()


def started() -> Started:
    setup = Setup(
        [Instrument("ACME", "paper", "equity", "ACME", "USD", 2, 0)],
        [(Account("main", "main", "paper"), [])],
        [StrategySpec("in_and_out", "in_and_out", "main", ("ACME",), (), "code", "params")],
        {},
    )
    return Started(0, 1, json.loads(msgspec.json.encode(setup.row())))


class Played:
    """A live engine fed bar by bar; each submit is accepted and filled at once, as a venue that stays up would."""

    def __init__(self, live: LiveEngine) -> None:
        self.live = live
        self.trades = 0

    def bar(self, minute: int) -> list[Command]:
        instrument = self.live.trader.engine.instruments[0]
        time = minute * MINUTE
        commands = self.live.step(Bar(time, instrument, time - MINUTE, 1000, 1000, 1000, 1000, 1))
        for command in commands:
            if isinstance(command, Submit):
                self.trades += 1
                self.live.step(Report(10, time, command.order_id, time, "", "X1"))
                self.live.step(Fill(time, command.order_id, time, f"T{self.trades}", 1000, command.order.quantity))
        return commands


def live_engine(folder: Path, vfs: str | None) -> LiveEngine:
    journal = FileJournal(folder, vfs=vfs)
    live = LiveEngine(Trader(lambda spec: InAndOut), journal, EmergencyFile(folder), lambda event, outcome: None)
    live.step(started())
    live.step(CashMoved(0, "main", "USD", 10**24, "deposit"))
    return live


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
    adopted = [adopted_from(line, 9 * MINUTE) for line in reopened.lines()]
    reopened.close()
    assert [event.order[0] for event in adopted if event] == [closing[0].order_id]


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
    adopted = adopted_from(line, 3 * MINUTE)
    assert adopted is not None
    trader.step(adopted)
    assert engine.orders[order_id].status == "UNKNOWN"
    asked = trader.step(Timer(3 * MINUTE, RECONCILE)).commands
    assert order_id in [command.order_id for command in asked if command.kind == QUERY]
    trader.step(Fill(3 * MINUTE, order_id, 2 * MINUTE, "T2", 1000, 1))
    assert engine.ledger.books["main", "in_and_out", 0].net == 0
    assert engine.holds.holds == {}
