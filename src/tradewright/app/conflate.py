"""Quotes thinned out before the journal: at most one per symbol and window, the last value wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tradewright.model.event import QUOTE, Event
from tradewright.model.market import Quote

#: Past this, more quotes decide nothing that a person could not wait for, and cost journal.
WINDOW_NS = 100_000_000


class Conflator:
    """Holds back a symbol's quotes within `window_ns` of the last one passed; gives the newest when the window ends.

    A quote that was held back gets the time at which it is given, since time may not go back.
    """

    def __init__(self, window_ns: int = WINDOW_NS) -> None:
        self.window_ns = window_ns
        self.passed: dict[int, int] = {}
        self.held: dict[int, Quote] = {}

    def take(self, event: Event) -> Iterator[Event]:
        """What may pass now that `event` is here: quotes whose window is over, then the event unless it must wait."""
        if self.held:
            yield from self._over(event.time)
        if event.kind == QUOTE and isinstance(event, Quote):
            index = event.instrument.index
            if event.time - self.passed.get(index, -self.window_ns) < self.window_ns:
                self.held[index] = event
                return
            self.passed[index] = event.time
        yield event

    def _over(self, now: int) -> Iterable[Event]:
        due = [index for index in self.held if now - self.passed[index] >= self.window_ns]
        for index in due:
            quote = self.held.pop(index)
            self.passed[index] = now
            yield Quote(
                now, quote.instrument, quote.bid_units, quote.ask_units, quote.bid_size_units, quote.ask_size_units
            )
