"""What the sequencer asks of an exchange that runs inside this process."""

from __future__ import annotations

from collections.abc import Iterable

from tradewright.model.command import Command
from tradewright.model.market import MarketEvent
from tradewright.model.report import Report


class SimulatedVenue:
    """Takes commands and says what became of them; a base class, since the compiled build calls it without a look-up.

    `sim.exchange.Exchange` is one, `sim.paper.PaperVenue` and `sim.shadow.ShadowedVenue` are made of such.
    """

    __slots__ = ()

    def execute(self, command: Command) -> None:
        """Takes a command; its reports are drawn later."""
        raise AssertionError("a venue without an exchange")

    def run(self, event: MarketEvent) -> Iterable[Report]:
        """The reports of one market event, in order."""
        raise AssertionError("a venue without an exchange")

    def due(self, time: int) -> Iterable[Report]:
        """The reports of all that happens by `time` (ns UTC) without a market event."""
        raise AssertionError("a venue without an exchange")
