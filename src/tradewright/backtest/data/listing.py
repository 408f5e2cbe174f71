"""A symbol of data files as an instrument: its scales, its tick, and how its numbers become counts.

Scales come from the whole of a symbol's rows, so they do not change with from_ and to. Price scale: the fewest decimals
that hold the file's; one more where there are bids and asks, so that mids are exact; with factors those of
price × factor; at most 9. The tick is one unit of the file's own last decimal (of adjusted prices: one count); the step
one unit of the sizes' last decimal. Sizes that say nothing: 8 decimals for coins, else whole units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tradewright.backtest.data.adjust import Factors
from tradewright.backtest.data.counts import (
    IntArray,
    NumberArray,
    counts_of,
    finest_scale,
    largest_of,
    out_of_range,
    scale_of,
)
from tradewright.backtest.data.options import ReadOptions
from tradewright.backtest.data.symbols import infer
from tradewright.backtest.data.table import Rows
from tradewright.model.event import QUOTE, QUOTE_BAR
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.numbers import PRICE_MAX, SIZE_MAX


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument and the way from its files' numbers to its counts. decimals: of the files' own prices."""

    instrument: Instrument
    decimals: int
    factors: Factors | None
    stamp: str

    def prices(self, rows: Rows, name: str) -> tuple[IntArray, int]:
        """A column in price counts, and how many were rounded. Raises InputError for a price no count can hold."""
        scale = self.instrument.price_scale
        values = rows.numbers(name)
        largest = values if self.factors is None else (values * self.factors.largest).astype(np.float64)
        rows.refuse(out_of_range(largest, scale, PRICE_MAX), name, f"{{{name}}} is out of range at {scale} decimals")
        if self.factors is None:
            counts, rounded = counts_of(values, scale)
        else:
            raw, noise = counts_of(values, self.decimals)
            counts, rounded = self.factors.adjust(rows, raw, self.stamp, scale - self.decimals)
            rounded += noise
        rows.refuse(counts == 0, name, f"{{{name}}} is zero at {scale} decimals; give a larger price_scale")
        return counts, rounded

    def sizes(self, rows: Rows, name: str) -> tuple[IntArray, int]:
        """A column in size counts, and how many were rounded. Raises InputError for a size no count can hold."""
        scale = self.instrument.size_scale
        values = rows.numbers(name)
        rows.refuse(out_of_range(values, scale, SIZE_MAX), name, f"{{{name}}} is out of range at {scale} decimals")
        return counts_of(values, scale)


def listing_of(parts: list[Rows], factors: Factors | None, options: ReadOptions, index: int) -> Listing:
    """The listing of one symbol from all its rows; an instrument the user gave is taken as it is."""
    symbol = parts[0].symbol
    prices = [rows.numbers(name) for rows in parts for name in rows.layout.prices]
    decimals = scale_of(prices, PRICE_MAX)
    given = next((instrument for instrument in options.instruments if instrument.symbol == symbol), None)
    if given is None:
        given = _inferred(parts, prices, decimals, factors, options)
    given.index = index
    return Listing(given, decimals, factors, options.stamp)


def _inferred(
    parts: list[Rows], prices: list[NumberArray], decimals: int, factors: Factors | None, options: ReadOptions
) -> Instrument:
    symbol = parts[0].symbol
    asset_class, base, quote = infer(symbol)
    price_scale = options.price_scale
    if price_scale is None:
        two_sided = any(rows.layout.kind in (QUOTE, QUOTE_BAR) for rows in parts)
        natural = decimals + two_sided + (factors.decimals if factors else 0)
        price_scale = min(natural, finest_scale(largest_of(prices) * (factors.largest if factors else 1), PRICE_MAX))
    size_scale = options.size_scale
    if size_scale is None:
        sizes = [rows.numbers(name) for rows in parts for name in rows.layout.sizes]
        told = any(bool((column > 0).any()) for column in sizes)
        size_scale = scale_of(sizes, SIZE_MAX) if told else 8 if asset_class == "crypto" else 0
    rules = OrderRules(tick=1 if factors else 10 ** max(0, price_scale - decimals))
    return Instrument(
        symbol, options.venue, asset_class, base, quote, price_scale, size_scale,
        calendar=options.calendar_of(symbol), rules=rules,
    )  # fmt: skip
