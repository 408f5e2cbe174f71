"""Means, deviations, correlations and regressions against exact rational arithmetic, where cancellation would show.

Inputs are taken as the exact numbers they are. Whether a result depends on anything but its window is asked to the bit.
"""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.signal.digest import bar, instrument, outputs, packed, random_bars
from tradewright.signal.indicators import (
    SMA,
    WMA,
    Bollinger,
    Indicator,
    RollingCorrelation,
    RollingDeviation,
    RollingRegression,
    RollingVWAP,
    Series,
    ZScore,
)

WIDE = Context(prec=60)
#: Near-equal prices: a billion and a few of its last bits; a double knows 2^-23 of it.
BILLION = st.integers(-40, 40).map(lambda ulps: 1e9 + ulps * 2.0**-23)
ANY = st.floats(-1e12, 1e12).map(lambda x: 0.0 if abs(x) < 1e-30 else x)
VALUES = st.one_of(st.lists(BILLION, min_size=8, max_size=8), st.lists(ANY, min_size=8, max_size=8))


def root(x: Fraction) -> Fraction:
    return Fraction(WIDE.sqrt(WIDE.divide(Decimal(x.numerator), Decimal(x.denominator))))


def mean(xs: list[Fraction]) -> Fraction:
    return sum(xs, Fraction(0)) / len(xs)


def products(xs: list[Fraction], ys: list[Fraction]) -> Fraction:
    mx, my = mean(xs), mean(ys)
    return sum(((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)), Fraction(0))


def near(value: float, exact: Fraction, scale: Fraction, bound: float = 1e-13) -> bool:
    return abs(Fraction(value) - exact) <= Fraction(bound) * scale


def fed(indicator: Series, values: list[float]) -> Series:
    for x in values:
        indicator.update_value(x)
    return indicator


@given(VALUES)
def test_deviation_is_exact_to_the_last_digits(values: list[float]) -> None:
    xs = [Fraction(x) for x in values]
    population, sample = root(products(xs, xs) / 8), root(products(xs, xs) / 7)
    assert near(fed(RollingDeviation(8), values).value, population, population)
    assert near(fed(RollingDeviation(8, sample=True), values).value, sample, sample)


@given(VALUES)
def test_bands_and_zscore_are_exact_to_the_last_digits(values: list[float]) -> None:
    xs = [Fraction(x) for x in values]
    middle, deviation, largest = mean(xs), root(products(xs, xs) / 8), max(map(abs, xs))
    bands = fed(Bollinger(8, 3.0), values)
    assert isinstance(bands, Bollinger)
    assert near(bands.value, middle, largest, 1e-15)
    assert near(bands.upper.value, middle + 3 * deviation, largest + deviation, 1e-15)
    assert near(bands.lower.value, middle - 3 * deviation, largest + deviation, 1e-15)
    zscore = (xs[-1] - middle) / deviation if deviation else Fraction(0)
    assert near(fed(ZScore(8), values).value, zscore, Fraction(1))


@given(VALUES, VALUES)
def test_correlation_is_exact_to_the_last_digits(values: list[float], others: list[float]) -> None:
    indicator = RollingCorrelation(8)
    for x, y in zip(values, others, strict=True):
        indicator.update_pair(x, y)
    xs, ys = [Fraction(x) for x in values], [Fraction(y) for y in others]
    scale = root(products(xs, xs)) * root(products(ys, ys))
    assert near(indicator.value, products(xs, ys) / scale if scale else Fraction(0), Fraction(1))
    assert -1.0 <= indicator.value <= 1.0


@given(VALUES)
def test_regression_is_exact_to_the_last_digits(values: list[float]) -> None:
    line = fed(RollingRegression(8), values)
    assert isinstance(line, RollingRegression)
    xs, times = [Fraction(x) for x in values], [Fraction(i) for i in range(8)]
    slope = products(xs, times) / products(times, times)
    intercept = mean(xs) - slope * mean(times)
    spread, largest = root(products(xs, xs)), max(map(abs, xs))
    assert near(line.slope.value, slope, spread)
    assert near(line.intercept.value, intercept, largest + spread, 1e-14)
    assert near(line.value, intercept + 7 * slope, largest + spread, 1e-14)
    r2 = products(xs, times) ** 2 / (products(xs, xs) * products(times, times)) if spread else Fraction(0)
    assert near(line.r2.value, r2, Fraction(1))


@given(VALUES)
def test_averages_of_values_are_exact_to_the_last_digits(values: list[float]) -> None:
    xs = [Fraction(x) for x in values]
    largest = max(map(abs, xs))
    assert near(fed(SMA(8), values).value, mean(xs), largest, 1e-15)
    weighted = sum(((i + 1) * x for i, x in enumerate(xs)), Fraction(0)) / 36
    assert near(fed(WMA(8), values).value, weighted, largest, 1e-15)


COUNTS = st.lists(st.integers(1, 2**53 - 1), min_size=6, max_size=6)


@given(COUNTS, st.integers(0, 9))
def test_sma_of_bars_is_the_nearest_double(counts: list[int], scale: int) -> None:
    of, indicator = instrument(scale, 0), SMA(6)
    for minute, count in enumerate(counts):
        indicator.update(bar(of, minute, (count, count, count, count), 1))
    assert indicator.value == float(Fraction(sum(counts), 6 * 10**scale))


def test_equal_averages_of_bars_compare_equal_where_float_sums_would_not() -> None:
    of, short, long = instrument(1, 0), SMA(3), SMA(6)
    for minute, count in enumerate((9, 12, 15, 1, 2, 3)):  # 0.1 + 0.2 + 0.3 among them
        for indicator in (short, long):
            indicator.update(bar(of, minute, (count, count, count, count), 1))
    assert (short.value, long.value) == (0.2, 0.7)
    for minute, count in enumerate((3, 2, 1), start=6):
        for indicator in (short, long):
            indicator.update(bar(of, minute, (count, count, count, count), 1))
    assert short.value == long.value == 0.2


@given(st.lists(st.tuples(st.integers(1, 2**53 - 1), st.integers(0, 10**12)), min_size=5, max_size=5))
def test_rolling_vwap_is_exact_to_the_last_digits(rows: list[tuple[int, int]]) -> None:
    of, indicator = instrument(4, 2), RollingVWAP(5, "close")
    for minute, (price, volume) in enumerate(rows):
        indicator.update(bar(of, minute, (price, price, price, price), volume))
    total = sum(volume for _, volume in rows)
    assert indicator.ready == (total > 0)
    if total:
        exact = Fraction(sum(price * volume for price, volume in rows), total * 10**4)
        assert near(indicator.value, exact, Fraction(max(price for price, _ in rows), 10**4), 2e-15)


WINDOWED: tuple[type[Series], ...] = (SMA, WMA, Bollinger, RollingDeviation, ZScore, RollingRegression)


@pytest.mark.parametrize("kind", WINDOWED)
@given(past=st.lists(ANY, max_size=30), window=VALUES)
def test_a_window_gives_the_same_bits_whatever_came_before(
    kind: type[Series], past: list[float], window: list[float]
) -> None:
    fresh, old = fed(kind(8), window), fed(kind(8), past + window)
    assert [line.value for line in fresh.lines()] == [line.value for line in old.lines()]


@pytest.mark.long
@pytest.mark.parametrize("kind", [*WINDOWED, RollingCorrelation, RollingVWAP])
def test_a_million_updates_leave_no_trace(kind: type[Indicator]) -> None:
    bars = random_bars(5, 1_000_000)
    old, fresh = kind(50), kind(50)
    outputs(old, bars)
    last = outputs(fresh, bars[-51:])[-1:]
    assert packed([tuple(n for line in old.lines() for n in (line.value, line.previous))]) == packed(last)
