"""Real files through the reader: their own counts, and what two sources say of the same market."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradewright.backtest.data import Dataset, ReadOptions, Series, load
from tradewright.backtest.data.counts import IntArray

MINUTE = 60 * 10**9


def only(data: Dataset) -> Series:
    (series,) = data.series
    return series


def ohlc(times: IntArray, values: IntArray, period: int) -> dict[int, tuple[int, int, int, int]]:
    """Bars by their open time, one row after the other."""
    rows = zip((times // period * period).tolist(), values.tolist(), strict=True)
    bars = {}
    for label, group in groupby(rows, key=lambda row: row[0]):
        prices = [price for _, price in group]
        bars[label] = (prices[0], max(prices), min(prices), prices[-1])
    return bars


@pytest.mark.parametrize(
    ("ticks", "symbol", "bars"),
    [("lean_oanda_xauusd_tick_20140506", "XAUUSD", 1385), ("lean_oanda_eurusd_tick_20140507", "EURUSD", 2825)],
)
def test_ticks_make_the_minute_bars_of_the_source(ticks: str, symbol: str, bars: int, shared: Path) -> None:
    """references.json, oanda_ticks_to_1m: every bid and ask bar exact."""
    quotes = only(load(shared / "data" / f"{ticks}.parquet")).columns
    minutes = only(load(shared / "data" / "lean_oanda_1m_quote_20140501_08.parquet", ReadOptions(symbols=[symbol])))
    matched = 0
    for side in ("bid", "ask"):
        made = ohlc(quotes["time"], quotes[side], MINUTE)
        columns = [minutes.columns[f"{side}_{name}"] for name in ("open", "high", "low", "close")]
        rows = zip(*(column.tolist() for column in columns), strict=True)
        told = dict(zip(minutes.columns["time_open"].tolist(), rows, strict=True))
        common = made.keys() & told.keys()
        matched = len(common)
        assert {label: made[label] for label in common} == {label: told[label] for label in common}
    assert matched == bars


def five_minutes(series: Series) -> dict[int, tuple[int, int, int, int, int]]:
    """1m bars as 5m bars at the series' own scales."""
    columns = series.columns
    labels = columns["time_open"] // (5 * MINUTE) * (5 * MINUTE)
    starts = np.flatnonzero(np.diff(labels, prepend=-1))
    ends = np.append(starts[1:], len(labels)) - 1
    made = (
        columns["open"][starts],
        np.maximum.reduceat(columns["high"], starts),
        np.minimum.reduceat(columns["low"], starts),
        columns["close"][ends],
        np.add.reduceat(columns["volume"], starts),
    )
    rows = zip(*(column.tolist() for column in made), strict=True)
    return dict(zip(labels[starts].tolist(), rows, strict=True))


def test_minutes_make_the_five_minute_bars_of_the_source(shared: Path) -> None:
    """references.json, freqtrade_resample_1m_5m: OHLCV exact for nine pairs; first and last overlapping bar dropped."""
    minutes = load(shared / "data" / "freqtrade_bittrex_1m_201801.parquet", ReadOptions(price_scale=8, size_scale=8))
    fives = load(shared / "data" / "freqtrade_5m_201801.parquet", ReadOptions(price_scale=8, size_scale=8))
    told_by_symbol = {series.instrument.symbol: series for series in fives.series}
    compared = []
    for series in minutes.series:
        if series.instrument.symbol not in told_by_symbol:
            continue
        columns = told_by_symbol[series.instrument.symbol].columns
        names = ("open", "high", "low", "close", "volume")
        rows = zip(*(columns[name].tolist() for name in names), strict=True)
        told = dict(zip(columns["time_open"].tolist(), rows, strict=True))
        made = five_minutes(series)
        common = sorted(made.keys() & told.keys())[1:-1]
        assert [made[label] for label in common] == [told[label] for label in common]
        compared.append(len(common))
    assert len(compared) == 9
    assert min(compared) > 2_870


FILES = {
    "backtrader_2006_day_001": (255, 0), "btpy_eurusd_1h_2017_2018": (5_000, 0),
    "btpy_goog_daily_2004_2013": (2_148, 0), "freqtrade_bittrex_1m_201711": (66_210, 0),
    "hftbt_btcusdt_usdm_l1_20240809": (66_089, 0),
    "hftbt_btcusdt_usdm_trades_20240809": (21_313, 0), "lean_aapl_1m_quote_201406": (2_512, 0),
    "lean_coinbase_1m_quote_201804": (5_749, 0), "lean_coinbase_1m_trade_201804": (6_336, 0),
    "lean_oanda_daily_quote": (3_949, 0), "lean_spy_trade_ticks_20131007": (250_601, 0),
    "lean_us_equity_1m_trade_201310": (8_305, 0), "lean_us_equity_daily_raw": (31_073, 0),
    "mplfinance_aapl_daily_2004_2018": (3_379, 0), "nautilus_6eh4_1m_202401": (29_996, 0),
    "nautilus_fxcm_usdjpy_1m_201302": (28_761, 1_344), "pyalgotrade_orcl_2001": (248, 0),
    "pyalgotrade_wiki_aapl_2011_2012": (502, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_real_file_is_read_row_by_row(name: str, shared: Path) -> None:
    """Rows as the data's own page counts them; times never fall; each price is the file's own to the last digit."""
    path = shared / "data" / f"{name}.parquet"
    rows, crossed = FILES[name]
    data = load(path)
    assert (len(data), sum(data.crossed.values())) == (rows - crossed, crossed)
    assert sum(1 for _ in data.events()) == len(data)
    kept = load(path, ReadOptions(crossed="keep"))
    frame = pl.read_parquet(path)
    for series in kept.series:
        own = frame.filter(pl.col("symbol") == series.instrument.symbol)
        assert bool((np.diff(series.columns["time"]) >= 0).all())
        for column in set(series.columns) & {"open", "close", "bid_open", "ask_close", "bid", "price"}:
            back = series.columns[column] / series.instrument.price_one
            assert back.tolist() == own[column].to_list()


def test_what_real_files_are_asked_to_tell(shared: Path) -> None:
    """Crossed opens and closes of FXCM; the seven hours in which the trade bars of Coinbase stop."""
    folder = shared / "data"
    assert load(folder / "nautilus_fxcm_usdjpy_1m_201302.parquet").crossed == {"USDJPY": 1_344}
    remarks = load(folder / "lean_coinbase_1m_trade_201804.parquet").remarks()
    assert remarks[0] == "BTCUSD: 2 gaps, the longest 7h 12m after 2018-04-04 16:47:00Z"
    spy = load(folder / "lean_spy_trade_ticks_20131007.parquet")
    assert (spy.instruments[0].price_scale, spy.rounded) == (2, {"SPY": 0})
