"""Journals of days on which much goes wrong: late and doubled reports, lost answers, restarts, trades of others."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tradewright.adapters.journal import FileJournal
from tradewright.model.event import INPUT_KIND_MAX
from tradewright.ports import Clock
from tradewright.prove.virtual import run_virtual
from tradewright.prove.world import STANDS, World

#: Hearsay, restarts, somebody else's hand: each seed draws its own faults.
DAYS = [("binance", 8), ("alpaca", 7), ("mt5", 8)]


def records_of(venue: str, seed: int) -> list[bytes]:
    with TemporaryDirectory() as folder:

        async def program(clock: Clock) -> list[bytes]:
            world = World(seed, venue, Path(folder), clock, None, None)
            await world.run()
            return world.journal.records

        return run_virtual(STANDS[venue].start, program)


def groups_of(records: list[bytes]) -> list[list[bytes]]:
    """Inputs with their outputs."""
    groups: list[list[bytes]] = []
    for record in records:
        if int(record[1 : record.index(b",")]) <= INPUT_KIND_MAX:
            groups.append([])
        groups[-1].append(record)
    return groups


def write(folder: Path, records: list[bytes], day: int = 1) -> Path:
    """As a journal of files; day: on which all of it was written, counted from 1970-01-01."""
    with FileJournal(folder) as journal:
        for group in groups_of(records):
            journal.append_all(group, day * 86_400 * 10**9)
    return folder
