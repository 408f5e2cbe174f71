"""What a journal holds is enough: folded from zero, from a snapshot at any cut, or decided again, it gives the same."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.life import HAPPENINGS, Life
from tests.properties.reach import LENGTHS, TRADING, Lived, lived, lives
from tradewright.adapters.journal import FileJournal
from tradewright.app.history import fold, rerun
from tradewright.backtest.strategy_source import strategy_class
from tradewright.core.state import restore, to_bytes
from tradewright.model.codec import Decoder
from tradewright.model.control import Started
from tradewright.trader import Trader


def folded(life: Life, start: int, end: int, trader: Trader) -> Trader:
    """The trader after the life's groups of records from start to end."""
    decoder = Decoder(trader.engine.instruments, lambda id: trader.engine.orders[id].order)
    for event, outputs in life.groups[start:end]:
        trader.follow(decoder.decode(event), [decoder.decode(output) for output in outputs])
    return trader


def with_strategies() -> Trader:
    return Trader(lambda spec: strategy_class(spec.ref))


def last_start(life: Life, cut: int) -> Started:
    """The start of the run that the cut lies in."""
    rows = [msgspec.json.decode(event) for event, _ in life.groups[:cut]]
    return Started(*[row[1:] for row in rows if row[0] == 30][-1])


def restored(trader: Trader, life: Life, cut: int) -> Trader:
    """Another trader, from what a snapshot of this one holds."""
    other = with_strategies()
    states: list[Any] = msgspec.json.decode(msgspec.json.encode(trader.roster.strategy_state()))
    restore(other.engine, to_bytes(trader.engine))
    other.resume(last_start(life, cut), states)
    return other


@LENGTHS
@given(st.data())
def test_a_snapshot_at_any_cut_and_the_records_behind_it_are_the_records_from_zero(
    length: int, data: st.DataObject
) -> None:
    life = lived(data.draw(lives(length, data.draw(st.sampled_from((HAPPENINGS, TRADING))))))
    cut = data.draw(st.integers(1, len(life.groups)))
    end = len(life.groups)
    state = (life.trader.state_hash(), life.trader.roster.strategy_state())
    before = folded(life, 0, cut, with_strategies())
    behind = folded(life, cut, end, restored(before, life, cut))
    assert (behind.state_hash(), behind.roster.strategy_state()) == state
    whole = folded(life, cut, end, before)
    assert (whole.state_hash(), whole.roster.strategy_state()) == state
    assert folded(life, 0, end, Trader(None)).state_hash() == state[0], "strategies add nothing to the books"


@LENGTHS
@given(st.data())
def test_a_run_taken_up_from_a_snapshot_decides_as_one_that_never_ended(length: int, data: st.DataObject) -> None:
    happened: Lived = data.draw(lives(length))
    cut = data.draw(st.integers(0, len(happened)))
    whole = lived(happened)
    life = lived(happened[:cut])
    life.trader = restored(life.trader, life, len(life.groups))
    life.instruments = life.engine.instruments
    for there in life.sent.values():
        there.order = life.engine.orders[there.order.id].order if there.order.id in life.engine.orders else there.order
    for what, a, b in happened[cut:]:
        life.live(what, a, b)
    assert life.groups == whole.groups
    assert life.state_digest() == whole.state_digest()


@LENGTHS
@given(st.data())
def test_replay_reproduces_every_output(length: int, data: st.DataObject) -> None:
    """`replay --verify`, on a journal on the disk."""
    life = lived(data.draw(lives(length)))
    with TemporaryDirectory() as folder:
        journal = FileJournal(Path(folder) / "journal")
        for event, outputs in life.groups:
            journal.append_all([event, *outputs], life.now)
        journal.close()
        verified, plain = rerun(journal.folder), fold(journal.folder)
    assert verified.differences == []
    assert verified.verified == sum(len(outputs) for _, outputs in life.groups)
    assert verified.state_hash == plain.state_hash == life.trader.state_hash()
    assert verified.journal_hash == plain.journal_hash


@LENGTHS
@given(st.data())
def test_replay_finds_an_output_that_is_not_what_today_s_code_decides(length: int, data: st.DataObject) -> None:
    life = lived(data.draw(lives(length)))
    made = [at for at, (_, outputs) in enumerate(life.groups) if outputs]
    at = data.draw(st.sampled_from(made))
    event, outputs = life.groups[at]
    life.groups[at] = (event, outputs[:-1])
    with TemporaryDirectory() as folder:
        journal = FileJournal(Path(folder) / "journal")
        for event, outputs in life.groups[: at + 1]:
            journal.append_all([event, *outputs], life.now)
        journal.close()
        (difference,) = rerun(journal.folder).differences
    assert "journaled nothing; today [" in difference
