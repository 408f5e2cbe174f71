"""The one order of things in paper and backtest: the market reaches the exchange first, then its reports reach the
engine, then the event itself; what the engine commands reaches the exchange at once. Asyncio decides nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tradewright.model.command import Command
from tradewright.model.errors import ContractError
from tradewright.model.event import Event
from tradewright.model.market import MarketEvent
from tradewright.model.report import Report
from tradewright.sim.exchange.venue import SimulatedVenue

#: Reports answered by commands answered by reports, at one event: past so many, or so many rounds, one feeds itself.
REPORTS_MAX = 1_000_000
ROUNDS_MAX = 10_000


class Sequencer:
    """Feeds one exchange and one engine. step: takes an input and returns the commands to execute, in order."""

    __slots__ = ("step", "venue", "busy")

    def __init__(self, step: Callable[[Event], list[Command]], venue: SimulatedVenue) -> None:
        self.step = step
        self.venue = venue
        self.busy = False

    def feed(self, event: Event) -> None:
        """One event of the market, or any other input of the engine."""
        if isinstance(event, MarketEvent):
            self._hear(self.venue.run(event), event.time)
        self._tell(event)
        if self.busy:
            self.settle(event.time)

    def feed_as(self, event: MarketEvent, told: list[Event]) -> None:
        """One event of the market, of which the engine is told `told`: quotes may be thinned out on their way."""
        self._hear(self.venue.run(event), event.time)
        self.tell(told, event.time)

    def tell(self, events: list[Event], time: int) -> None:
        """Inputs that the exchange has nothing to do with, or has had already."""
        for event in events:
            self._tell(event)
        if self.busy:
            self.settle(time)

    def carry_out(self, commands: list[Command], time: int) -> None:
        """What did not come out of a step: whoever runs the engine ends orders from outside it."""
        for command in commands:
            self.venue.execute(command)
            self.busy = True
        self.settle(time)

    def settle(self, time: int) -> None:
        """Let what was commanded take effect, until nothing more happens at this instant."""
        rounds = 0
        while self.busy:
            self.busy = False
            self._hear(self.venue.due(time), time)
            rounds += 1
            if rounds > ROUNDS_MAX:
                raise _endless(time)

    def run(self, events: Iterable[Event] | Iterator[Event], over: Callable[[], bool] | None = None) -> bool:
        """Feed them until `over` says so, which is asked when all of one time are in; False: it never did."""
        time = 0
        for event in events:
            if over is not None and event.time > time:
                if over():
                    return True
                time = event.time
            self.feed(event)
        return over is not None and over()

    def _hear(self, reports: Iterable[Report], time: int) -> None:
        """Tells the engine each report as it is made: what it commands takes part in what comes."""
        for heard, report in enumerate(reports):
            if heard >= REPORTS_MAX:
                raise _endless(time)
            self._tell(report)

    def _tell(self, event: Event) -> None:
        for command in self.step(event):
            self.venue.execute(command)
            self.busy = True


def _endless(time: int) -> ContractError:
    return ContractError(f"orders and reports feed each other without end at {time} ns")
