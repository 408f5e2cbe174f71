"""The sequencer ends what would never end by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.desk import MIDNIGHT, share
from tradewright.model.command import Cancel, Command
from tradewright.model.errors import ContractError
from tradewright.model.event import CANCEL_REJECTED, Event
from tradewright.model.market import Bar
from tradewright.model.report import Report
from tradewright.sim import sequencer as sequencers
from tradewright.sim.exchange import SimulatedVenue
from tradewright.sim.sequencer import Sequencer


class Refusing(SimulatedVenue):
    """A venue that refuses every cancel, at once."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def execute(self, command: Command) -> None:
        self.commands.append(command)

    def run(self, event: Event) -> Iterator[Report]:
        return self.due(event.time)

    def due(self, time: int) -> Iterator[Report]:
        while self.commands:
            command = self.commands.pop(0)
            yield Report(CANCEL_REJECTED, time, command.order_id, time, "NO", "")


def insist(event: Event) -> list[Command]:
    """An engine that tries again, for ever."""
    return [Cancel(event.time, "main-1-1")]


def test_a_venue_and_an_engine_that_feed_each_other_without_end_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencers, "REPORTS_MAX", 1_000)
    venue = Refusing()
    sequencer = Sequencer(insist, venue)
    bar = Bar(MIDNIGHT + 60, share(), MIDNIGHT, 1, 1, 1, 1, 1)
    with pytest.raises(ContractError, match=f"feed each other without end at {bar.time} ns"):
        sequencer.feed(bar)
    venue.commands.append(Cancel(bar.time, "main-1-1"))
    with pytest.raises(ContractError, match="without end"):
        sequencer.settle(bar.time)
