"""What was read: instruments, exact columns, and one merged stream of events.

Events come by time; at one time by instrument in order of listing, then by file in order of the call, then by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from operator import attrgetter
from typing import TypeAlias

import numpy as np

from tradewright.backtest.data.counts import IntArray
from tradewright.backtest.data.options import span_text, time_text
from tradewright.model.event import BAR, QUOTE, QUOTE_BAR, TRADE
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Quote, QuoteBar, Trade, bars_of

Market: TypeAlias = Bar | QuoteBar | Quote | Trade

_EVENTS: dict[int, type[QuoteBar] | type[Quote] | type[Trade]] = {
    QUOTE_BAR: QuoteBar,
    QUOTE: Quote,
    TRADE: Trade,
}
#: Rows of one series that become objects at a time: enough to make a batch cheap, few enough to stay in cache.
_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Gaps:
    """Time without data; nights, weekends and holidays count too, for the reader knows no calendar.

    count: gaps between neighbouring bars (0 for ticks: any pause may be right). longest: ns beyond one bar period, or
    between two ticks. after: label before the longest one, ns UTC.
    """

    count: int = 0
    longest: int = 0
    after: int = 0

    def __add__(self, other: Gaps) -> Gaps:
        longer = self if self.longest >= other.longest else other
        return Gaps(self.count + other.count, longer.longest, longer.after)


@dataclass(frozen=True, slots=True)
class Series:
    """One instrument's rows of one kind.

    kind: BAR, QUOTE_BAR, QUOTE or TRADE of `model.event`. period: ns of a bar, 0 for ticks. columns: int64 arrays of
    equal length in the order of the event's constructor without the instrument: "time" (ns UTC, never falling), for
    bars "time_open", then prices and sizes in counts; "aggressor" is +1, -1 or 0. rounded: numbers of the file that
    were finer than the scale. crossed: rows with bid over ask, left out if crossed_skipped.
    """

    instrument: Instrument
    kind: int
    period: int
    columns: dict[str, IntArray]
    rounded: int = 0
    crossed: int = 0
    crossed_skipped: bool = True
    gaps: Gaps = Gaps()

    def __len__(self) -> int:
        return len(self.columns["time"])

    def events(self, start: int, stop: int) -> Iterator[Market]:
        """The rows from `start` to before `stop` as events."""
        rows = [np.ascontiguousarray(column[start:stop]) for column in self.columns.values()]
        if self.kind == BAR:
            return iter(bars_of(self.instrument, *(row.data for row in rows)))
        time, *rest = (row.tolist() for row in rows)
        return map(_EVENTS[self.kind], time, repeat(self.instrument), *rest)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Recorded markets, ready to be played. series: by instrument, then by file."""

    instruments: list[Instrument]
    series: list[Series]

    def __len__(self) -> int:
        """Number of events."""
        return sum(map(len, self.series))

    @property
    def symbols(self) -> tuple[str, ...]:
        """Of its instruments, in their order."""
        return tuple(instrument.symbol for instrument in self.instruments)

    @property
    def kinds(self) -> set[int]:
        """Kinds of its events."""
        return {series.kind for series in self.series}

    @property
    def time_first(self) -> int:
        """Time of the first event, ns UTC."""
        return min(int(series.columns["time"][0]) for series in self.series)

    @property
    def time_last(self) -> int:
        """Time of the last event, ns UTC."""
        return max(int(series.columns["time"][-1]) for series in self.series)

    def events(self) -> Iterator[Market]:
        """All events in their one order; made in batches, so memory does not grow with their number."""
        if len(self.series) == 1:
            only = self.series[0]
            return chain.from_iterable(only.events(i, i + _BATCH) for i in range(0, len(only), _BATCH))
        return chain.from_iterable(self._merged())

    def _merged(self) -> Iterator[list[Market]]:
        """Windows of time, each with every series' rows in it; a stable sort keeps the order of series at one time."""
        times = [series.columns["time"] for series in self.series]
        starts = [0] * len(times)
        while any(start < len(time) for start, time in zip(starts, times, strict=True)):
            edges = [
                int(time[min(start + _BATCH, len(time)) - 1])
                for start, time in zip(starts, times, strict=True)
                if start < len(time)
            ]
            stops = [int(np.searchsorted(time, min(edges), side="right")) for time in times]
            window: list[Market] = []
            for series, start, stop in zip(self.series, starts, stops, strict=True):
                if start < stop:
                    window.extend(series.events(start, stop))
            window.sort(key=attrgetter("time"))
            yield window
            starts = stops

    @property
    def rounded(self) -> dict[str, int]:
        """Per symbol: numbers of the files that were finer than the scale."""
        return self._count(lambda series: series.rounded)

    @property
    def crossed(self) -> dict[str, int]:
        """Per symbol: rows whose bid lies over their ask."""
        return self._count(lambda series: series.crossed)

    @property
    def gaps(self) -> dict[str, Gaps]:
        """Per symbol: time without data, over all its series."""
        own = {instrument.symbol: Gaps() for instrument in self.instruments}
        for series in self.series:
            own[series.instrument.symbol] += series.gaps
        return own

    def _count(self, number: Callable[[Series], int]) -> dict[str, int]:
        counts = dict.fromkeys((instrument.symbol for instrument in self.instruments), 0)
        for series in self.series:
            counts[series.instrument.symbol] += number(series)
        return counts

    def remarks(self) -> list[str]:
        """What a reader of the results should know about the data, a sentence each; nothing where all is plain."""
        lines = [f"{symbol}: {n} numbers rounded to the scale" for symbol, n in self.rounded.items() if n]
        fate = "left out" if all(series.crossed_skipped for series in self.series) else "kept"
        lines += [f"{symbol}: {n} crossed quotes {fate}" for symbol, n in self.crossed.items() if n]
        lines += [
            f"{symbol}: {gaps.count} gaps, the longest {span_text(gaps.longest)} after {time_text(gaps.after)}"
            for symbol, gaps in self.gaps.items()
            if gaps.count
        ]
        return lines
