"""A venue with the venue of a shadow account beside it: commands go where their order ids belong.

An event of the market reaches the venue first, then the shadow's, and what is asked of the shadow meanwhile waits until
it has had the event: no order of it takes part in a bar that was known when it was made.
"""

from __future__ import annotations

from collections.abc import Iterator

from tradewright.model.command import Command
from tradewright.model.market import MarketEvent
from tradewright.model.report import Report
from tradewright.sim.exchange import SimulatedVenue


class ShadowedVenue(SimulatedVenue):
    """venue: of all orders but those whose id begins with `code` and a dash; these are the shadow's."""

    __slots__ = ("venue", "shadow", "prefix", "running", "waiting")

    def __init__(self, venue: SimulatedVenue, shadow: SimulatedVenue, code: str) -> None:
        self.venue = venue
        self.shadow = shadow
        self.prefix = code + "-"
        self.running = False
        self.waiting: list[Command] = []

    def execute(self, command: Command) -> None:
        """Takes a command."""
        if not command.order_id.startswith(self.prefix):
            self.venue.execute(command)
        elif self.running:
            self.waiting.append(command)
        else:
            self.shadow.execute(command)

    def run(self, event: MarketEvent) -> Iterator[Report]:
        """The reports of one market event, the shadow's last."""
        self.running = True
        yield from self.venue.run(event)
        yield from self.shadow.run(event)
        self.running = False
        for command in self.waiting:
            self.shadow.execute(command)
        self.waiting.clear()

    def due(self, time: int) -> Iterator[Report]:
        """The reports of all that happens by `time` without a market event."""
        yield from self.venue.due(time)
        yield from self.shadow.due(time)
