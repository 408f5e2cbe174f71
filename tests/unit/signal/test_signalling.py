"""The strategies that signal: on real data, with the future cut off, and taken up from a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.signal.patterns.market import COIN, seeded_bars
from tests.unit.signal.patterns.tape import L1, TRADES
from tradewright.adapters.journal import FileJournal
from tradewright.app.history import rerun
from tradewright.backtest.data import Dataset, ReadOptions, load
from tradewright.backtest.run import RunOptions, run
from tradewright.backtest.strategy_source import specification
from tradewright.core.setup import Setup
from tradewright.core.state import restore, to_bytes
from tradewright.model.account import Account
from tradewright.model.codec import encode
from tradewright.model.control import CashMoved, Started
from tradewright.model.event import SIGNAL
from tradewright.model.instrument import Instrument
from tradewright.model.market import Depth, MarketEvent, Quote, Trade
from tradewright.model.rng import Rng
from tradewright.model.signal import ACTIONS
from tradewright.ports import MemoryJournal
from tradewright.signal.strategies.smart_money import SmartMoney
from tradewright.trader import Trader

COINBASE = "lean_coinbase_1m_trade_201804.parquet"
ON_BARS = ("liquidity", "smart_money", "volume")
ALL = (*ON_BARS, "microstructure")


def seeded_book(count: int = 1200) -> list[MarketEvent]:
    """Quotes, books and trades that lean to one side for a while."""
    rng, found, bid, lean = Rng(5), [], 60_000, 0
    for number in range(count):
        if rng.below(40) == 0:
            lean = rng.below(3) - 1
        bid += rng.below(3) - 1 + lean
        ask = bid + 1 + rng.below(2) + 12 * (rng.below(60) == 0)
        sizes = (5 + rng.below(20) + 60 * (lean > 0), 5 + rng.below(20) + 60 * (lean < 0))
        kind = rng.below(3)
        if kind == 0:
            found.append(Quote(number, COIN, bid, ask, *sizes))
        elif kind == 1:
            found.append(Depth(number, COIN, ((bid, sizes[0]), (bid - 1, 9)), ((ask, sizes[1]), (ask + 1, 9))))
        else:
            found.append(Trade(number, COIN, ask if rng.below(3) < 1 + lean else bid, 1 + rng.below(9)))
    return found  # type: ignore[return-value]


def tape_of(name: str) -> list[Any]:
    return seeded_bars(900) if name in ON_BARS else seeded_book()


class Session:
    """A trader with one strategy of the four; nothing it orders fills, since no exchange is there."""

    def __init__(self, name: str) -> None:
        spec, found = specification(name, "main", ("COIN",), {"shorts": True})
        account = Account("main", "main", "paper", kind="margin")
        row = Setup([COIN], [(account, [])], [spec], {}).row()
        self.started = Started(0, 1, msgspec.json.decode(msgspec.json.encode(row), type=list[Any]))
        self.trader = Trader(lambda spec: found)
        self.found = found
        self.trader.step(self.started)
        self.trader.step(CashMoved(0, "main", "USD", 10**24, "deposit"))

    def play(self, events: list[Any]) -> list[list[bytes]]:
        """The outputs of each event, as the journal has them."""
        instrument = self.trader.engine.instruments[0]
        made = []
        for event in events:
            # The tape is shared; an event belongs to the engine that lists its instrument.
            row = event.row()
            own = type(event)(row[1], instrument, *row[3:])
            made.append([encode(output) for output in self.trader.step(own).outputs])
        return made

    def taken_up(self) -> Session:
        """Another one, from what a snapshot of this one holds."""
        other = Session.__new__(Session)
        other.trader, other.started, other.found = Trader(lambda spec: self.found), self.started, self.found
        restore(other.trader.engine, to_bytes(self.trader.engine))
        other.trader.resume(self.started, msgspec.json.decode(msgspec.json.encode(self.trader.roster.strategy_state())))
        return other


def actions(made: list[list[bytes]]) -> list[int]:
    rows = [msgspec.json.decode(record) for records in made for record in records]
    return [row[4] for row in rows if row[0] == SIGNAL]


@pytest.mark.parametrize("name", ALL)
def test_what_a_strategy_says_does_not_change_when_the_future_is_cut_off(name: str) -> None:
    tape = tape_of(name)
    whole = Session(name).play(tape)
    assert {-1, 0, 1} == set(actions(whole)), "it says everything there is to say"
    for cut in range(50, len(tape), len(tape) // 9):
        assert Session(name).play(tape[:cut]) == whole[:cut]


@pytest.mark.parametrize("name", ALL)
def test_a_strategy_taken_up_from_a_snapshot_goes_on_as_if_it_had_never_ended(name: str) -> None:
    tape = tape_of(name)
    session = Session(name)
    whole = session.play(tape)
    for cut in range(0, len(tape), len(tape) // 11):
        before = Session(name)
        before.play(tape[:cut])
        behind = before.taken_up()
        assert behind.play(tape[cut:]) == whole[cut:]
        assert behind.trader.roster.strategy_state() == session.trader.roster.strategy_state()


@pytest.mark.parametrize("name", ALL)
def test_a_signal_says_why_and_is_no_surer_than_sure(name: str) -> None:
    rows = [msgspec.json.decode(record) for records in Session(name).play(tape_of(name)) for record in records]
    said = [row for row in rows if row[0] == SIGNAL]
    assert all(0.0 <= row[5] <= 1.0 and row[7] for row in said)
    opened = [row[5] for row in said if row[4]]
    assert len(set(opened)) > 1, "it is not always as sure"


# ── on real data ───────────────────────────────────────────────────────────────────────────────────────────────────


def real_data(name: str, shared: Path) -> Dataset:
    if name in ON_BARS:
        return load([shared / "data" / COINBASE], ReadOptions())
    files = [shared / "data" / file for file in (L1, TRADES)]
    return load(files, ReadOptions(to="2024-08-08T23:55:00Z"))


@pytest.mark.parametrize("name", ALL)
def test_a_strategy_fires_on_real_data_and_its_orders_say_which_signal_they_came_of(
    name: str, shared: Path, tmp_path: Path
) -> None:
    dataset = real_data(name, shared)
    symbols = tuple(instrument.symbol for instrument in dataset.instruments)
    currency = dataset.instruments[0].quote
    options: dict[str, Any] = {"cash": "1000000", "currency": currency, "keep_decisions": True}
    with FileJournal(tmp_path / "journal") as journal:
        result = run([specification(name, "main", symbols, {})], dataset, RunOptions(journal=journal, **options))
    assert not result.halted
    again = rerun(tmp_path / "journal")
    assert again.differences == [] and again.state_hash == result.state_hash
    said = MemoryJournal()
    run([specification(name, "main", symbols, {})], dataset, RunOptions(journal=said, **options))
    rows = [msgspec.json.decode(record) for record in said.records if record.startswith(b"[%d," % SIGNAL)]
    acted = [ACTIONS[row[4]] for row in rows if row[4]]
    assert acted.count("BUY") >= 10 and acted.count("SELL") >= 10
    reasons = {(row[1], row[7], row[5]) for row in rows}
    assert result.fills
    assert all((decision.time, decision.reason, decision.confidence) in reasons for decision in result.decisions)


def test_who_keeps_a_structure_states_its_trend_among_his_inputs() -> None:
    runner = SmartMoney("s", "main", [Instrument("ACME", "paper", "equity", "ACME", "USD", 2, 0, index=0)], {})
    runner.setup()
    stated = runner._hand.inputs()
    assert stated == (("structure", None),), "there is none yet"
    runner.structure.trend = -1
    assert runner._hand.inputs() == (("structure", -1.0),)
