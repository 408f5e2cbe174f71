"""Every indicator in its variants, seeded bars for them, and one hash over all that they say.

`indicator_digest` is the same number in both builds; a test that runs both compares it.
"""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Callable, Iterable

from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.signal.indicators import (
    ADX,
    ATR,
    EMA,
    MACD,
    OBV,
    RSI,
    SMA,
    VWAP,
    WMA,
    Bollinger,
    Donchian,
    Indicator,
    Keltner,
    RollingCorrelation,
    RollingDeviation,
    RollingRegression,
    RollingVWAP,
    Stochastic,
    ZScore,
)

MINUTE_NS = 60_000_000_000
HOUR_NS = 60 * MINUTE_NS

#: Each indicator at least once; `test_indicators_state` fails for one that is missing here.
CASES: tuple[Callable[[], Indicator], ...] = (
    lambda: SMA(1),
    lambda: SMA(10),
    lambda: SMA(7, "volume"),
    lambda: SMA(3, "typical"),
    lambda: EMA(10),
    lambda: EMA(5, "average", seed="first"),
    lambda: EMA(5, "mid", k=0.2),
    lambda: WMA(9, "open"),
    lambda: RSI(14),
    lambda: RSI(2, "high"),
    lambda: ATR(14),
    lambda: ADX(5),
    MACD,
    lambda: MACD(3, 7, 4, "low", align="independent"),
    lambda: Stochastic(5, 3, 2),
    lambda: Bollinger(20, 2.5),
    lambda: Keltner(8, 5, 1.5),
    lambda: Donchian(13),
    VWAP,
    lambda: VWAP(HOUR_NS, 7 * MINUTE_NS, "close"),
    lambda: RollingVWAP(11),
    OBV,
    lambda: RollingDeviation(12),
    lambda: RollingDeviation(5, "mid", sample=True),
    lambda: ZScore(16),
    lambda: RollingCorrelation(10),
    lambda: RollingRegression(14),
)


def instrument(price_scale: int = 2, size_scale: int = 3, symbol: str = "ABC") -> Instrument:
    return Instrument(symbol, "TEST", "crypto", symbol, "USD", price_scale, size_scale)


def bar(of: Instrument, minute: int, prices: tuple[int, int, int, int], volume: int) -> Bar:
    """One minute's bar: open, high, low, close and volume as counts."""
    return Bar((minute + 1) * MINUTE_NS, of, minute * MINUTE_NS, *prices, volume)


def random_bars(seed: int, n: int, price_scale: int = 2, start: int = 10_000) -> list[Bar]:
    """A random walk with flat stretches, gaps and minutes without volume. Only `random()`, whose series is for ever."""
    chance = random.Random(seed).random
    of = instrument(price_scale)
    bars, close = [], start
    for minute in range(n):
        if chance() < 0.15:
            prices = (close, close, close, close)
        else:
            first = max(1, close + int(chance() * 21) - 10)
            close = max(1, first + int(chance() * 81) - 40)
            high = max(first, close) + int(chance() * 15)
            prices = (first, high, max(1, min(first, close) - int(chance() * 15)), close)
        bars.append(bar(of, minute, prices, 0 if chance() < 0.1 else int(chance() * 1_000_000)))
    return bars


def outputs(indicator: Indicator, bars: Iterable[Bar]) -> list[tuple[float, ...]]:
    """After each bar: value and previous of each line."""
    rows = []
    for one in bars:
        indicator.update(one)
        rows.append(tuple(number for line in indicator.lines() for number in (line.value, line.previous)))
    return rows


def packed(rows: Iterable[tuple[float, ...]]) -> list[bytes]:
    """The rows bit for bit, so that NaN equals NaN and −0.0 is not 0.0."""
    return [struct.pack(f"<{len(row)}d", *row) for row in rows]


def indicator_digest(seed: int, n: int) -> str:
    """SHA-256 over all outputs of all CASES, fed with n seeded bars."""
    digest = hashlib.sha256()
    bars = random_bars(seed, n)
    for make in CASES:
        for row in packed(outputs(make(), bars)):
            digest.update(row)
    return digest.hexdigest()
