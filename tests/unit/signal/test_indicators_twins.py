"""Indicators against naive twins: each step computes everything again from the whole history, as the textbook says."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from statistics import fmean

import pytest

from tests.unit.signal.digest import HOUR_NS, MINUTE_NS, bar, instrument, outputs, random_bars
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

NAN = math.nan
Twin = Callable[[list[Bar]], tuple[float, ...]]


def closes(bars: list[Bar]) -> list[float]:
    return [b.close for b in bars]


def typical(b: Bar) -> float:
    return (b.high + b.low + b.close) / 3


def ema(xs: list[float], length: int, k: float) -> float:
    """Seeded by the mean of the first `length`; NaN before."""
    if len(xs) < length:
        return NAN
    level = fmean(xs[:length])
    for x in xs[length:]:
        level = k * x + (1 - k) * level
    return level


def ranges(bars: list[Bar]) -> list[float]:
    return [max(b.high - b.low, abs(b.high - a.close), abs(b.low - a.close)) for a, b in pairwise(bars)]


def mean_price(bars: list[Bar], price: Callable[[Bar], float]) -> float:
    volume = math.fsum(b.volume for b in bars)
    return math.fsum(price(b) * b.volume for b in bars) / volume if volume else NAN


def keltner(bars: list[Bar]) -> tuple[float, ...]:
    middle, reach = ema(closes(bars), 8, 2 / 9), 1.5 * ema(ranges(bars), 5, 1 / 5)
    if math.isnan(middle) or math.isnan(reach):
        return NAN, NAN, NAN
    return middle, middle + reach, middle - reach


def donchian(bars: list[Bar]) -> tuple[float, ...]:
    if len(bars) < 13:
        return NAN, NAN, NAN
    upper, lower = max(b.high for b in bars[-13:]), min(b.low for b in bars[-13:])
    return (upper + lower) / 2, upper, lower


def vwap(bars: list[Bar], day_ns: int, offset_ns: int, price: Callable[[Bar], float]) -> tuple[float, ...]:
    today = (bars[-1].time_open - offset_ns) // day_ns
    return (mean_price([b for b in bars if (b.time_open - offset_ns) // day_ns == today], price),)


def zscore(bars: list[Bar]) -> tuple[float, ...]:
    xs = closes(bars[-16:])
    if len(xs) < 16:
        return (NAN,)
    deviation = math.sqrt(fmean((x - fmean(xs)) ** 2 for x in xs))
    return ((xs[-1] - fmean(xs)) / deviation if len(set(xs)) > 1 else 0.0,)


def independent_macd(bars: list[Bar]) -> tuple[float, ...]:
    """Each average from its own first inputs; all lines from the first signal on."""
    xs = closes(bars)
    differences = [ema(xs[:i], 3, 2 / 4) - ema(xs[:i], 7, 2 / 8) for i in range(7, len(xs) + 1)]
    signal = ema(differences, 4, 2 / 5)
    if math.isnan(signal):
        return (NAN,) * 5
    return differences[-1], signal, differences[-1] - signal, ema(xs, 3, 2 / 4), ema(xs, 7, 2 / 8)


def stochastic(bars: list[Bar]) -> tuple[float, ...]:
    def raw(end: int) -> float:
        reach = bars[end - 5 : end]
        low, high = min(b.low for b in reach), max(b.high for b in reach)
        return 100 * (reach[-1].close - low) / (high - low) if high > low else 50.0

    def k(end: int) -> float:
        return fmean(raw(i) for i in range(end - 2, end + 1))

    n = len(bars)
    return (k(n), fmean(k(i) for i in range(n - 1, n + 1))) if n >= 5 + 3 + 2 - 2 else (NAN, NAN)


def rsi(bars: list[Bar]) -> tuple[float, ...]:
    changes = [b - a for a, b in pairwise(closes(bars))]
    gain, loss = (ema([max(sign * c, 0.0) for c in changes], 5, 1 / 5) for sign in (1, -1))
    return (100 * gain / (gain + loss) if gain + loss else 50.0,) if len(changes) >= 5 else (NAN,)


TWINS: dict[str, tuple[Callable[[], Indicator], Twin]] = {
    "Keltner": (lambda: Keltner(8, 5, 1.5), lambda bars: (*keltner(bars), ema(ranges(bars), 5, 1 / 5))),
    "Donchian": (lambda: Donchian(13), donchian),
    "VWAP of a day": (VWAP, lambda bars: vwap(bars, 24 * HOUR_NS, 0, typical)),
    "VWAP of an hour from 7 past": (
        lambda: VWAP(HOUR_NS, 7 * MINUTE_NS, "close"),
        lambda bars: vwap(bars, HOUR_NS, 7 * MINUTE_NS, lambda b: b.close),
    ),
    "RollingVWAP": (
        lambda: RollingVWAP(4),
        lambda bars: (mean_price(bars[-4:], typical) if len(bars) >= 4 else NAN,),
    ),
    "ZScore": (lambda: ZScore(16), zscore),
    "MACD, independent": (lambda: MACD(3, 7, 4, align="independent"), independent_macd),
    "Stochastic": (lambda: Stochastic(5, 3, 2), stochastic),
    "RSI": (lambda: RSI(5), rsi),
    "EMA with Wilder's k": (lambda: EMA(6, k=1 / 6), lambda bars: (ema(closes(bars), 6, 1 / 6),)),
}


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("seed", [1, 2])
def test_an_indicator_says_what_its_twin_says(name: str, seed: int) -> None:
    make, twin = TWINS[name]
    bars = random_bars(seed, 260)
    for i, row in enumerate(outputs(make(), bars)):
        expected = twin(bars[: i + 1])
        assert row[::2] == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True), f"{name} after bar {i}"


@pytest.mark.parametrize("length", [1, 2, 7, 50])
def test_donchian_holds_the_extremes_of_any_length(length: int) -> None:
    bars = random_bars(length, 400)
    for i, row in enumerate(outputs(Donchian(length), bars)):
        if i + 1 >= length:
            reach = bars[i + 1 - length : i + 1]
            assert row[2] == max(b.high for b in reach)
            assert row[4] == min(b.low for b in reach)
        else:
            assert math.isnan(row[0])


FLAT: dict[str, tuple[Callable[[], Indicator], tuple[float, ...]]] = {
    "SMA": (lambda: SMA(4), (123.4,)),
    "EMA": (lambda: EMA(4), (123.4,)),
    "WMA": (lambda: WMA(4), (123.4,)),
    "RSI": (lambda: RSI(4), (50.0,)),
    "ATR": (lambda: ATR(4), (0.0,)),
    "ADX": (lambda: ADX(4), (0.0, 0.0, 0.0)),
    "MACD": (lambda: MACD(2, 4, 2), (0.0, 0.0, 0.0, 123.4, 123.4)),
    "Stochastic": (lambda: Stochastic(4, 1, 1), (50.0, 50.0)),
    "Bollinger": (lambda: Bollinger(4), (123.4, 123.4, 123.4)),
    "Keltner": (lambda: Keltner(4, 4), (123.4, 123.4, 123.4, 0.0)),
    "VWAP": (VWAP, (123.4,)),
    "RollingVWAP": (lambda: RollingVWAP(4), (123.4,)),
    "OBV": (OBV, (0.007,)),
    "RollingDeviation": (lambda: RollingDeviation(4), (0.0,)),
    "ZScore": (lambda: ZScore(4), (0.0,)),
    "RollingCorrelation": (lambda: RollingCorrelation(4), (0.0,)),
    "RollingRegression": (lambda: RollingRegression(4), (123.4, 0.0, 123.4, 0.0)),
}


@pytest.mark.parametrize("name", FLAT)
def test_a_market_that_stands_still_gives_plain_numbers(name: str) -> None:
    make, expected = FLAT[name]
    of = instrument(1, 3)
    rows = outputs(make(), [bar(of, minute, (1234, 1234, 1234, 1234), 7) for minute in range(40)])
    assert rows[-1][::2] == expected


def test_k_of_a_stochastic_is_the_stochastic() -> None:
    indicator = Stochastic(5, 3, 2)
    assert indicator.k is indicator


def test_vwap_of_a_session_without_volume_is_not_there() -> None:
    of, indicator = instrument(), VWAP(HOUR_NS)
    for minute, volume in ((58, 5), (59, 0), (60, 0), (61, 3)):
        indicator.update(bar(of, minute, (minute, minute, minute, minute), volume))
        assert indicator.ready == (minute != 60)
    assert (indicator.value, math.isnan(indicator.previous)) == (0.61, True)


def test_vwap_counts_a_bar_into_the_session_in_which_it_opens() -> None:
    of, indicator = instrument(0), VWAP(HOUR_NS)
    indicator.update(bar(of, 59, (10, 10, 10, 10), 1))  # closes as the next session begins
    assert indicator.value == 10.0
    indicator.update(bar(of, 60, (20, 20, 20, 20), 1))
    assert indicator.value == 20.0


def test_pairs_of_two_series_correlate() -> None:
    indicator = RollingCorrelation(3)
    seen = []
    for x, y in ((1.0, 6.0), (2.0, 4.0), (3.0, 2.0), (4.0, 4.0), (5.0, 6.0)):
        indicator.update_pair(x, y)
        seen.append(indicator.value)
    assert math.isnan(seen[1])
    assert seen[2:] == pytest.approx([-1.0, 0.0, 1.0], abs=1e-15)
