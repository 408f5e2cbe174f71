"""Indicators against TA-Lib, a peer of its own: equal readiness, and equal values within what doubles can tell apart.

TA-Lib's STDDEV, BBANDS and CORREL subtract large sums; they are compared as far as that leaves them digits, and ours
are held against exact arithmetic in `test_indicators_exact`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest
import talib

from tests.unit.signal.digest import bar, instrument, random_bars
from tradewright.model.market import Bar
from tradewright.signal.indicators import (
    ADX,
    ATR,
    EMA,
    MACD,
    OBV,
    RSI,
    SMA,
    WMA,
    Bollinger,
    Indicator,
    RollingCorrelation,
    RollingDeviation,
    RollingRegression,
    Stochastic,
)

Array = np.ndarray[Any, np.dtype[np.float64]]


class Columns(NamedTuple):
    """Bars as TA-Lib takes them, and as indicators do."""

    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array
    bars: list[Bar]


class Peer(NamedTuple):
    make: Callable[[], Indicator]
    lines: tuple[str, ...]
    peer: Callable[[Columns], tuple[Array, ...]]


def columns(bars: list[Bar]) -> Columns:
    rows = np.array([(b.open, b.high, b.low, b.close, b.volume) for b in bars], dtype=np.float64)
    return Columns(*(np.ascontiguousarray(column) for column in rows.T), bars)


def in_counts(c: Columns) -> Columns:
    """The same with prices as whole counts: a rise of 0.01 and a fall of 0.01 are then equal for TA-Lib too, where its
    differences of decimal prices would tell them apart and see a direction."""
    rows = [(b.open_units, b.high_units, b.low_units, b.close_units, b.volume_units) for b in c.bars]
    return Columns(*(np.ascontiguousarray(column) for column in np.array(rows, dtype=np.float64).T), c.bars)


def read(path: Path, symbol: str) -> Columns:
    """A file's bars of one symbol, as counts of a millionth of a price and a billionth of a size."""
    frame = pl.read_parquet(path).filter(pl.col("symbol") == symbol)
    of = instrument(6, 9, symbol)
    bars = []
    for minute, row in enumerate(frame.select("open", "high", "low", "close", "volume").iter_rows()):
        first, high, low, close = (round(price * 10**6) for price in row[:4])
        bars.append(bar(of, minute, (first, high, low, close), round(row[4] * 10**9)))
    return columns(bars)


REAL = {
    "btpy_goog_daily_2004_2013.parquet": "GOOG",
    "lean_coinbase_1m_trade_201804.parquet": "BTCUSD",
    "lean_aapl_1m_trade_201406.parquet": "AAPL",  # with a 7:1 split in the middle
}

PRICE = {
    "SMA": Peer(lambda: SMA(20), (), lambda c: (talib.SMA(c.close, 20),)),
    "SMA of highs": Peer(lambda: SMA(200, "high"), (), lambda c: (talib.SMA(c.high, 200),)),
    "SMA of typical": Peer(lambda: SMA(5, "typical"), (), lambda c: (talib.SMA(talib.TYPPRICE(*c[1:4]), 5),)),
    "EMA": Peer(lambda: EMA(30), (), lambda c: (talib.EMA(c.close, 30),)),
    "EMA of mid": Peer(lambda: EMA(3, "mid"), (), lambda c: (talib.EMA(talib.MEDPRICE(*c[1:3]), 3),)),
    "WMA": Peer(lambda: WMA(15), (), lambda c: (talib.WMA(c.close, 15),)),
    "WMA of average": Peer(lambda: WMA(4, "average"), (), lambda c: (talib.WMA(talib.AVGPRICE(*c[:4]), 4),)),
    "ATR": Peer(lambda: ATR(14), (), lambda c: (talib.ATR(c.high, c.low, c.close, 14),)),
    "ATR(1)": Peer(lambda: ATR(1), (), lambda c: (talib.TRANGE(c.high, c.low, c.close),)),
    "MACD": Peer(MACD, ("signal", "histogram"), lambda c: talib.MACD(c.close, 12, 26, 9)),
    "MACD, short": Peer(lambda: MACD(3, 10, 1), ("signal", "histogram"), lambda c: talib.MACD(c.close, 3, 10, 1)),
    "Regression": Peer(
        lambda: RollingRegression(14),
        ("slope", "intercept"),
        lambda c: (
            talib.LINEARREG(c.close, 14),
            talib.LINEARREG_SLOPE(c.close, 14),
            talib.LINEARREG_INTERCEPT(c.close, 14),
        ),
    ),
}
INDEX = {
    "RSI": Peer(lambda: RSI(14), (), lambda c: (talib.RSI(c.close, 14),)),
    "RSI(2)": Peer(lambda: RSI(2, "low"), (), lambda c: (talib.RSI(c.low, 2),)),
    "ADX": Peer(
        lambda: ADX(14),
        ("plus_di", "minus_di"),
        lambda c: tuple(f(c.high, c.low, c.close, 14) for f in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI)),
    ),
    "ADX(2)": Peer(
        lambda: ADX(2),
        ("plus_di", "minus_di"),
        lambda c: tuple(f(c.high, c.low, c.close, 2) for f in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI)),
    ),
}


def ours(make: Callable[[], Indicator], names: tuple[str, ...], bars: list[Bar]) -> list[Array]:
    """Each line's values over the bars: the main one, then the named ones."""
    indicator = make()
    lines = [indicator, *(getattr(indicator, name) for name in names)]
    rows = []
    for one in bars:
        indicator.update(one)
        assert all(line.ready == (line.value == line.value) for line in lines)
        rows.append([line.value for line in lines])
    return list(np.array(rows).T)


def compare(peer: Peer, c: Columns, scale: Array | float) -> None:
    for name, mine, theirs in zip(
        ("value", *peer.lines), ours(peer.make, peer.lines, c.bars), peer.peer(c), strict=True
    ):
        assert np.array_equal(np.isnan(mine), np.isnan(theirs)), f"{name}: not ready at the same updates"
        assert not np.isnan(theirs).all(), name
        error = np.abs(mine - theirs) - 1e-9 * np.abs(theirs) - 1e-12 * scale
        assert not (error > 0).any(), (
            f"{name}: off at {np.argmax(error > 0)}: {mine[error > 0][:3]}, {theirs[error > 0][:3]}"
        )


@pytest.fixture(scope="module")
def walk() -> Columns:
    return columns(random_bars(11, 3_000))


@pytest.fixture(scope="module", params=REAL)
def real(request: pytest.FixtureRequest, shared: Path) -> Columns:
    return read(shared / "data" / request.param, REAL[request.param])


@pytest.mark.parametrize("name", PRICE)
def test_price_lines_on_a_walk(name: str, walk: Columns) -> None:
    compare(PRICE[name], walk, walk.close)


@pytest.mark.parametrize("name", PRICE)
def test_price_lines_on_real_bars(name: str, real: Columns) -> None:
    compare(PRICE[name], real, real.close)


@pytest.mark.parametrize("name", INDEX)
def test_index_lines_on_a_walk(name: str, walk: Columns) -> None:
    compare(INDEX[name], in_counts(walk), 100.0)


@pytest.mark.parametrize("name", INDEX)
def test_index_lines_on_real_bars(name: str, real: Columns) -> None:
    compare(INDEX[name], in_counts(real), 100.0)


def check_volume(c: Columns) -> None:
    compare(Peer(OBV, (), lambda c: (talib.OBV(c.close, c.volume),)), c, float(c.volume.sum()))


def test_on_balance_volume_on_a_walk(walk: Columns) -> None:
    check_volume(walk)


def test_on_balance_volume_on_real_bars(real: Columns) -> None:
    check_volume(real)


def check_stochastic(c: Columns) -> None:
    """Apart from where a flat range is within reach: there we say 50 and TA-Lib 0."""
    mine = ours(lambda: Stochastic(14, 3, 5), ("d",), c.bars)
    theirs = talib.STOCH(c.high, c.low, c.close, 14, 3, 0, 5, 0)
    flat = talib.MAX(c.high, 14) == talib.MIN(c.low, 14)
    near = np.convolve(flat, np.ones(3 + 5 - 1))[: len(flat)] > 0
    assert (~near).sum() > 0.9 * len(near)
    for line, peer in zip(mine, theirs, strict=True):
        assert np.array_equal(np.isnan(line), np.isnan(peer))
        np.testing.assert_allclose(line[~near], peer[~near], rtol=1e-9, atol=1e-10)


def test_stochastic_on_a_walk(walk: Columns) -> None:
    check_stochastic(walk)


def test_stochastic_on_real_bars(real: Columns) -> None:
    check_stochastic(real)


def check_deviations(c: Columns) -> None:
    """TA-Lib takes variances as differences of running means of squares, which leaves them 1e-13 of price² to err."""
    (deviation,) = ours(lambda: RollingDeviation(20), (), c.bars)
    middle, upper, lower = ours(lambda: Bollinger(20, 2.5), ("upper", "lower"), c.bars)
    peer_upper, peer_middle, peer_lower = talib.BBANDS(c.close, 20, 2.5, 2.5)
    np.testing.assert_allclose(middle, peer_middle, rtol=1e-12)
    pairs = [
        (deviation, talib.STDDEV(c.close, 20, 1.0)),
        ((upper - middle) / 2.5, (peer_upper - peer_middle) / 2.5),
        ((middle - lower) / 2.5, (peer_middle - peer_lower) / 2.5),
    ]
    for mine, theirs in pairs:
        np.testing.assert_allclose(mine**2, theirs**2, rtol=1e-9, atol=1e-13 * float(c.close.max()) ** 2)


def test_deviations_on_a_walk(walk: Columns) -> None:
    check_deviations(walk)


def test_deviations_on_real_bars(real: Columns) -> None:
    check_deviations(real)


def check_correlation(c: Columns) -> None:
    """Where the price varies enough for TA-Lib's difference of sums to keep its digits."""
    sound = talib.STDDEV(c.close, 30, 1.0) > 3e-3 * c.close
    assert sound.sum() > 20
    (mine,) = ours(lambda: RollingCorrelation(30), (), c.bars)
    np.testing.assert_allclose(mine[sound], talib.CORREL(c.close, c.volume, 30)[sound], atol=1e-9)


def test_correlation_on_a_walk(walk: Columns) -> None:
    check_correlation(walk)


def test_correlation_on_real_bars(real: Columns) -> None:
    check_correlation(real)


def test_first_value_seeds_an_ema_as_in_data_frames(walk: Columns) -> None:
    """polars' ewm_mean(adjust=False), which is pandas' too; ours is ready from the length-th on."""
    for make, options in (
        (lambda: EMA(40, seed="first"), {"span": 40.0}),
        (lambda: EMA(40, seed="first", k=0.3), {"alpha": 0.3}),
    ):
        (mine,) = ours(make, (), walk.bars)
        assert np.isnan(mine[:39]).all()
        peer = pl.Series(walk.close).ewm_mean(adjust=False, **options).to_numpy()
        np.testing.assert_allclose(mine[39:], peer[39:], rtol=1e-12)
