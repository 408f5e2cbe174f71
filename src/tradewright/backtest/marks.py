"""What instruments and currencies were worth at given times, by the rule of `core.marks`, over whole arrays.

A mark is the mid of the newest uncrossed bid and ask, rounded down to a count; where there never was one, or it was
silent for a bar and as long before it (for a day beside trades), the last price. Money is converted by listed pairs
that are no equities: directly or inverted, the first pair with a price decides; else over one more currency. What is
not known yet is NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tradewright.backtest.data import Dataset, Series
from tradewright.core.marks import SILENCE_NS
from tradewright.model.event import BAR, QUOTE, QUOTE_BAR, TRADE
from tradewright.model.instrument import Instrument

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
#: Times (ns UTC, never falling) and what was seen at each, in price counts.
Seen = tuple[IntArray, IntArray]

#: Where a kind of event has its last price, and where its bid and ask.
_LAST = {BAR: "close", TRADE: "price"}
_SIDES = {QUOTE: ("bid", "ask"), QUOTE_BAR: ("bid_close", "ask_close")}


class MarksAt:
    """The marks of a dataset as they were known at `times`, ns UTC."""

    def __init__(self, dataset: Dataset, times: IntArray) -> None:
        self.dataset = dataset
        self.times = times
        self.prices: dict[int, FloatArray] = {}

    def price(self, instrument: Instrument) -> FloatArray:
        """The instrument's mark at each time, in its quote currency."""
        if instrument.index not in self.prices:
            own = [series for series in self.dataset.series if series.instrument.index == instrument.index]
            mids = [_mids(series) for series in own if series.kind in _SIDES]
            marks = self._newest(mids + [_given_up(series, mids) for series in own if mids and series.kind != QUOTE])
            if np.isnan(marks).any():
                marks = np.where(np.isnan(marks), self._newest([_lasts(series) for series in own]), marks)
            self.prices[instrument.index] = marks / instrument.price_one
        return self.prices[instrument.index]

    def rate(self, source: str, target: str) -> FloatArray:
        """Money of `target` for 1.0 of `source` at each time."""
        if source == target:
            return np.ones(len(self.times))
        rates = self._leg(source, target)
        for instrument in self.dataset.instruments:
            if not np.isnan(rates).any():
                break
            via = _other_side(instrument, source)
            if via and via != target:
                rates = np.where(np.isnan(rates), self._leg(source, via) * self._leg(via, target), rates)
        return rates

    def _leg(self, source: str, target: str) -> FloatArray:
        """One conversion over one pair."""
        rates = np.full(len(self.times), np.nan)
        for instrument in self.dataset.instruments:
            if _other_side(instrument, source) == target:
                price = self.price(instrument)
                rates = np.where(np.isnan(rates), price if instrument.base == source else 1.0 / price, rates)
        return rates

    def _newest(self, seen: list[Seen]) -> FloatArray:
        """The newest value at or before each time; at one time that of the later series."""
        if not seen:
            return np.full(len(self.times), np.nan)
        times, values = seen[0]
        if len(seen) > 1:
            times, values = (np.concatenate(column) for column in zip(*seen, strict=True))
            order = np.argsort(times, kind="stable")
            times, values = times[order], values[order]
        if np.array_equal(times, self.times):  # one series of bars: nothing to look up
            return values.astype(np.float64)
        at = np.searchsorted(times, self.times, side="right")
        return np.concatenate(([np.nan], values))[at]


def _mids(series: Series) -> Seen:
    bid, ask = (series.columns[name] for name in _SIDES[series.kind])
    straight = bid <= ask
    return series.columns["time"][straight], (bid[straight] + ask[straight]) // 2


def _given_up(series: Series, mids: list[Seen]) -> Seen:
    """Where bars or trades find that quotes have been silent for too long: no mid."""
    times = series.columns["time"]
    quoted = np.sort(np.concatenate([at for at, _ in mids]))
    since = times - SILENCE_NS if series.kind == TRADE else 2 * series.columns["time_open"] - times
    newest = np.concatenate(([0], quoted))[np.searchsorted(quoted, times, side="right")]
    silent = times[newest < since]
    return silent, np.full(len(silent), np.nan)


def _lasts(series: Series) -> Seen:
    """Last prices; of bid/ask bars the mid, crossed or not, and none of quotes."""
    times = series.columns["time"]
    if series.kind == QUOTE:
        return times[:0], times[:0]
    if series.kind == QUOTE_BAR:
        return times, (series.columns["bid_close"] + series.columns["ask_close"]) // 2
    return times, series.columns[_LAST[series.kind]]


def _other_side(instrument: Instrument, currency: str) -> str:
    """The currency a pair exchanges `currency` for; "" if it does not."""
    if instrument.asset_class == "equity":
        return ""
    if instrument.base == currency:
        return instrument.quote
    return instrument.base if instrument.quote == currency else ""
