"""Small markets for backtests: made of numbers a reader can follow, or of seeded chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tradewright.backtest.data import Dataset, Series
from tradewright.backtest.run import ACCOUNT, Result, RunOptions, run
from tradewright.backtest.strategy_source import specification
from tradewright.model.event import BAR, QUOTE, QUOTE_BAR, TRADE
from tradewright.model.instrument import Instrument

TRADERS = Path(__file__).with_name("traders.py")
DAY = 86_400 * 10**9
MINUTE = 60 * 10**9
#: 2024-01-01.
START = 19_723 * DAY


def share(symbol: str = "ACME", index: int = 0) -> Instrument:
    """An equity in USD at cents and whole shares."""
    return Instrument(symbol, "paper", "equity", symbol, "USD", 2, 0, index=index)


def pair(symbol: str, index: int, asset_class: str = "forex", size_scale: int = 2) -> Instrument:
    """Two currencies of three letters, at four decimals."""
    return Instrument(symbol, "paper", asset_class, symbol[:3], symbol[3:], 4, size_scale, index=index)


def bars(instrument: Instrument, closes: Sequence[float], start: int = START, period: int = DAY) -> Series:
    """Bars that open at the close before (the first at its own); known at their ends."""
    close = np.rint(np.asarray(closes) * instrument.price_one).astype(np.int64)
    opening = np.concatenate((close[:1], close[:-1]))
    time_open = start + np.arange(len(close)) * period
    columns = {
        "time": time_open + period, "time_open": time_open, "open": opening, "high": np.maximum(opening, close),
        "low": np.minimum(opening, close), "close": close, "volume": np.full(len(close), 10**9),
    }  # fmt: skip
    return Series(instrument, BAR, period, columns)


def quote_bars(instrument: Instrument, closes: Sequence[float], spread: int = 3, start: int = START) -> Series:
    """The same with an ask `spread` counts above the bid; a negative spread crosses them."""
    plain = bars(instrument, closes, start).columns
    sides = {"bid_": 0, "ask_": spread}
    columns = {"time": plain["time"], "time_open": plain["time_open"]}
    columns |= {
        side + name: plain[name] + more for side, more in sides.items() for name in ("open", "high", "low", "close")
    }
    columns |= {"bid_size": plain["volume"], "ask_size": plain["volume"]}
    return Series(instrument, QUOTE_BAR, DAY, columns)


def quotes(instrument: Instrument, bids: Sequence[float], start: int, step: int, spread: int = 3) -> Series:
    bid = np.rint(np.asarray(bids) * instrument.price_one).astype(np.int64)
    size = np.full(len(bid), 10**9)
    time = start + np.arange(len(bid)) * step
    return Series(
        instrument, QUOTE, 0, {"time": time, "bid": bid, "ask": bid + spread, "bid_size": size, "ask_size": size}
    )


def prints(instrument: Instrument, prices: Sequence[float], start: int, step: int) -> Series:
    price = np.rint(np.asarray(prices) * instrument.price_one).astype(np.int64)
    time = start + np.arange(len(price)) * step
    size, side = np.full(len(price), 10**9), np.zeros(len(price), np.int64)
    return Series(instrument, TRADE, 0, {"time": time, "price": price, "size": size, "aggressor": side})


def walk(seed: int, count: int, first: float, step: float = 0.01) -> list[float]:
    """A seeded random walk of `count` prices that begins at `first`."""
    moves = np.random.default_rng(seed).normal(0, step, count)
    return [float(price) for price in first * np.exp(np.cumsum(moves) - moves[0])]


def market(*series: Series) -> Dataset:
    """A dataset of these series; instruments as they come up, each with its index."""
    return Dataset(list({item.instrument.index: item.instrument for item in series}.values()), list(series))


def until(dataset: Dataset, time: int) -> Dataset:
    """What was known at `time`: the same instruments, no later row."""
    cut = [
        replace(
            series,
            columns={
                name: column[: np.searchsorted(series.columns["time"], time, "right")]
                for name, column in series.columns.items()
            },
        )
        for series in dataset.series
    ]
    return Dataset(dataset.instruments, [series for series in cut if len(series)])


def play(dataset: Dataset, trader: str, options: RunOptions | None = None, **parameters: Any) -> Result:
    """One strategy of traders.py on every symbol."""
    symbols = tuple(instrument.symbol for instrument in dataset.instruments)
    return run([specification(f"{TRADERS}:{trader}", ACCOUNT, symbols, parameters)], dataset, options or RunOptions())
