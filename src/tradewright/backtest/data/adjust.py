"""Prices adjusted for dividends and splits: price × factor, computed exactly and rounded once, half to even.

A factor file has per symbol rows (date, price_factor, split_factor); a session's factor is the product of the first row
whose date is not before it. Sizes stay as they were traded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tradewright.backtest.data.counts import IntArray, multiplied
from tradewright.backtest.data.options import DAY
from tradewright.backtest.data.table import Rows, read_frame
from tradewright.model.errors import InputError
from tradewright.model.numbers import decimal_of, places_of

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Factors:
    """The factors of one symbol. days: last day of each, since 1970, rising; empty: the one factor holds always.
    decimals: how many decimals the finest factor has."""

    path: str
    factors: list[Fraction]
    decimals: int
    days: NDArray[np.int64]

    @property
    def largest(self) -> float:
        return float(max(self.factors))

    def adjust(self, rows: Rows, counts: IntArray, stamp: str, power: int) -> tuple[IntArray, int]:
        """counts × factor × 10^power for each row, and how many of them had to be rounded."""
        scale = Fraction(10) ** power
        if not self.days.size:
            return multiplied(counts, self.factors[0] * scale)
        sessions = _sessions(rows, stamp)
        which = np.searchsorted(self.days, sessions, side="left")
        rows.refuse(which == len(self.days), "ts", f"{rows.symbol} is later than its last factor in {self.path}")
        adjusted, rounded = np.empty_like(counts), 0
        for i in np.unique(which).tolist():
            here = which == i
            adjusted[here], count = multiplied(counts[here], self.factors[i] * scale)
            rounded += count
        return adjusted, rounded


def factors_of(adjust: str | Path | float | Decimal, symbols: list[str]) -> dict[str, Factors]:
    """The factors of each symbol, from one number for all or from a factor file. Raises InputError."""
    if not isinstance(adjust, Path):
        try:
            one = decimal_of(adjust, "adjust")
        except InputError:
            if not isinstance(adjust, str):
                raise
        else:
            if one <= 0:
                raise InputError(f"adjust {adjust} must be more than 0")
            single = Factors("", [Fraction(one)], places_of(one), np.empty(0, np.int64))
            return dict.fromkeys(symbols, single)
    return _read_factors(str(adjust), symbols)


def _read_factors(path: str, symbols: list[str]) -> dict[str, Factors]:
    frame = read_frame(path)
    needed = ("date", "price_factor", "split_factor")
    for name in needed:
        if name not in frame.columns:
            raise InputError(f"{path}: there is no column {name!r}; a factor file needs {', '.join(needed)}")
    found: dict[str, Factors] = {}
    for symbol in symbols:
        own = frame.filter(frame["symbol"] == symbol) if "symbol" in frame.columns else frame
        if not own.height:
            raise InputError(f"{path}: no factors for {symbol}")
        found[symbol] = _factors(own, path, symbol)
    return found


def _factors(frame: pl.DataFrame, path: str, symbol: str) -> Factors:
    days = _days(frame["date"])
    if days is None or bool((np.diff(days) <= 0).any()):
        raise InputError(f"{path}: the dates of {symbol} are not rising days like 20240131")
    products: list[Decimal] = []
    for price, split in frame.select("price_factor", "split_factor").iter_rows():
        try:
            product = Decimal(str(price)) * Decimal(str(split))
        except InvalidOperation:
            product = Decimal(0)
        if not product.is_finite() or product <= 0:
            raise InputError(f"{path}: {symbol} has the factors {price!r} and {split!r}; both must be more than 0")
        products.append(product)
    return Factors(path, [Fraction(product) for product in products], max(map(places_of, products)), days)


def _sessions(rows: Rows, stamp: str) -> NDArray[np.int64]:
    """Each row's session as days since 1970: the column `session`, else the UTC date in which the row lies."""
    if "session" in rows.frame.columns:
        days = _days(rows.frame["session"])
        if days is None:
            raise InputError(f"{rows.path}: column 'session' of {rows.symbol} does not hold days like 20240131")
        return days
    return (rows.times - (stamp == "close")) // DAY


def _days(column: pl.Series) -> NDArray[np.int64] | None:
    """Days since 1970 of dates or of text like 20240131 or 2024-01-31; None if one is neither."""
    import polars as pl

    if column.dtype != pl.Date:
        column = column.cast(pl.String).str.replace_all("-", "").str.to_date("%Y%m%d", strict=False)
    return None if column.null_count() else column.to_physical().cast(pl.Int64).to_numpy()
