"""Rebuilding a trader from its journal: the newest snapshot, then every record behind it. Nothing is executed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from tradewright.app import collector
from tradewright.app.wiring.journals import Snapshots, read
from tradewright.core.state import restore, to_bytes
from tradewright.model.codec import Decoder
from tradewright.model.control import Started
from tradewright.model.errors import JournalDamaged, JournalError
from tradewright.model.event import INPUT_KIND_MAX, MARKET_KIND_MAX, Event
from tradewright.trader import Trader


@dataclass(slots=True)
class Rebuilt:
    """What recovery found. records: folded; sequence: of the last one; markets: market events since the run's first
    start, for the feed to continue behind."""

    records: int = 0
    sequence: int = 0
    markets: int = 0
    snapshot: int = 0


#: A snapshot's content: engine, strategies' states, the start record they belong to, market events so far.
_SnapshotRow = tuple[msgspec.Raw, list[Any], list[Any], int]


def groups(records: Iterator[tuple[int, bytes]], decoder: Decoder) -> Iterator[tuple[int, Event, list[Event]]]:
    """(sequence of the last record, input, its outputs), in order. Raises JournalDamaged for an output without
    input."""
    current: Event | None = None
    outputs: list[Event] = []
    last = 0
    for sequence, record in records:
        kind = int(record[1 : record.index(b",")])
        if kind <= INPUT_KIND_MAX:
            if current is not None:
                yield last, current, outputs
                outputs = []
            current = decoder.decode(record)
        elif current is None:
            raise JournalDamaged(f"record {sequence} is an output without an input before it")
        else:
            outputs.append(decoder.decode(record))
        last = sequence
    if current is not None:
        yield last, current, outputs


def rebuild(folder: Path, trader: Trader, report: Callable[[str], None]) -> Rebuilt:
    """Fold a journal into a new trader: from the newest usable snapshot, else from zero."""
    found = Rebuilt()
    _from_snapshot(folder, trader, found, report, None)
    for sequence, event, outputs in _behind(folder, trader, found.sequence):
        trader.follow(event, outputs)
        found.records += 1 + len(outputs)
        found.sequence = sequence
        if event.kind <= MARKET_KIND_MAX:
            found.markets += 1
    return found


def folding(
    folder: Path, trader: Trader, report: Callable[[str], None], before: int
) -> Iterator[tuple[int, Event, list[Event]]]:
    """What a new trader is to follow, as it follows it: from the newest usable snapshot at or before record `before`,
    else from the first record. Raises JournalError where neither is there (any more)."""
    found = Rebuilt()
    _from_snapshot(folder, trader, found, report, before)
    return _behind(folder, trader, found.sequence)


def _behind(folder: Path, trader: Trader, sequence: int) -> Iterator[tuple[int, Event, list[Event]]]:
    """The steps behind a record that the trader has followed."""
    records = read(folder, sequence + 1)
    first = next(records, None)
    if first is None:
        return iter(())
    if first[0] != sequence + 1:
        raise JournalError(f"{folder}: records {sequence + 1} to {first[0] - 1} are not kept any more")
    decoder = Decoder(trader.engine.instruments, lambda id: trader.engine.orders[id].order)
    return groups(chain([first], records), decoder)


def restored(folder: Path, trader: Trader, until: int) -> int:
    """Take a new trader to the newest usable snapshot at or before record `until`; its record, 0 = there is none."""
    found = Rebuilt()
    _from_snapshot(folder, trader, found, lambda passed_over: None, until)
    return found.sequence


def _from_snapshot(
    folder: Path, trader: Trader, found: Rebuilt, report: Callable[[str], None], before: int | None
) -> None:
    snapshot = Snapshots(folder).latest(report, before)
    if snapshot is None:
        return
    engine, strategies, started, markets = msgspec.json.decode(snapshot.state, type=_SnapshotRow)
    restore(trader.engine, bytes(engine))
    trader.resume(Started(*started[1:]), strategies)
    found.sequence = found.snapshot = snapshot.at.sequence
    found.markets = markets


def snapshot_bytes(trader: Trader, started: Started, markets: int) -> bytes:
    """The content of a snapshot taken now. Raises StateError where a strategy's state can not be stored."""
    # Its rows end with it. Looking for cycles among them takes twice as long as encoding, while the engine waits.
    with collector.at_rest():
        row = (msgspec.Raw(to_bytes(trader.engine)), trader.roster.strategy_state(), started.row(), markets)
        return msgspec.json.encode(row)
