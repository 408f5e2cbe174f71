"""Quotes thinned out before the journal: at most one per symbol and window, the last value wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tradewright.model.event import QUOTE, Event
from tradewright.model.market import Quote

#: Past this, more quotes decide nothing that a person could not wait for, and cost journal.
WINDOW_NS = 100_000_000


class Conflator:
    """Holds back a symbol's quotes within `window_ns` of the last one passed; gives the newest when the window ends.

    A quote that was held back gets the time at which its window ended: when it was due, and not when the next event
    happened to bring it. What was given before is never later than that, so time does not go back.

    Where the clock itself goes back by more than a window, the windows of before it are over: nothing waits until the
    clock has come as far again.
    """

    def __init__(self, window_ns: int = WINDOW_NS) -> None:
        self.window_ns = window_ns
        self.passed: dict[int, int] = {}
        self.held: dict[int, Quote] = {}

    def take(self, event: Event) -> Iterator[Event]:
        """What may pass now that `event` is here: quotes whose window is over, then the event unless it must wait."""
        if self.held:
            yield from self.over(event.time)
        if event.kind == QUOTE and isinstance(event, Quote):
            index = event.instrument.index
            if abs(event.time - self.passed.get(index, -self.window_ns)) < self.window_ns:
                self.held[index] = event
                return
            self.passed[index] = event.time
        yield event

    def ends(self) -> list[int]:
        """When the windows end in which a quote is held back, ns."""
        return [self.passed[index] + self.window_ns for index in self.held]

    def over(self, now: int) -> Iterable[Event]:
        """The quotes whose windows are over by now."""
        ends = sorted((self.passed[index] + self.window_ns, index) for index in self.held)
        for end, index in ends:
            # An event may be decided a while after its time, which is why twice the window is no step of the clock.
            if now < end <= now + 2 * self.window_ns:
                continue
            end = min(end, now)
            quote = self.held.pop(index)
            self.passed[index] = end
            yield Quote(
                end, quote.instrument, quote.bid_units, quote.ask_units, quote.bid_size_units, quote.ask_size_units
            )
