"""Floats enter by their shortest decimal: the fast way agrees with real decimals, number by number."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tradewright.backtest.data.counts import counts_of, finest_scale, multiplied, out_of_range, scale_of
from tradewright.model.numbers import PRICE_MAX, SIZE_MAX

scales = st.integers(0, 9)
floats = st.floats(0, 9e6, allow_nan=False, allow_infinity=False)
short = st.builds(lambda count, scale: count / 10**scale, st.integers(0, 2**50), scales)
large = st.floats(2.0**45, 2.0**52, allow_nan=False)


def exact(value: float, scale: int) -> tuple[int, bool]:
    """Count and whether it was rounded, by Decimal alone."""
    shifted = Decimal(repr(value)).scaleb(scale)
    count = int(shifted.to_integral_value(ROUND_HALF_EVEN))
    return count, count != shifted


@given(st.lists(st.one_of(floats, short), min_size=1, max_size=20), scales)
def test_counts_agree_with_decimal(values: list[float], scale: int) -> None:
    assume(not out_of_range(np.array(values), scale, SIZE_MAX).any())
    counts, rounded = counts_of(np.array(values), scale)
    expected = [exact(value, scale) for value in values]
    assert counts.tolist() == [count for count, _ in expected]
    assert rounded == sum(was_rounded for _, was_rounded in expected)


@given(st.lists(large, min_size=1, max_size=20), st.integers(0, 3))
def test_large_counts_agree_with_decimal(values: list[float], scale: int) -> None:
    counts, rounded = counts_of(np.array(values), scale)
    expected = [exact(value, scale) for value in values]
    assert counts.tolist() == [count for count, _ in expected]
    assert rounded == sum(was_rounded for _, was_rounded in expected)


@pytest.mark.parametrize(
    ("value", "count"),
    [(1.005, 100), (1.015, 102), (2.675, 268), (0.125, 12), (0.135, 14), (1e-9, 0)],
)
def test_ties_of_the_shortest_decimal_go_to_even(value: float, count: int) -> None:
    """numpy's own rint(1.015 × 100) is 101: the product lies below the tie that the decimal is on."""
    counts, rounded = counts_of(np.array([value]), 2)
    assert (counts.tolist(), rounded) == ([count], 1)


@given(st.lists(short.filter(lambda value: value < 9e6), min_size=1, max_size=20))
def test_scale_is_the_fewest_decimals_that_hold_all(values: list[float]) -> None:
    scale = scale_of([np.array(values)], PRICE_MAX)
    decimals = [-int(Decimal(repr(value)).normalize().as_tuple().exponent) for value in values if value]
    needed = max([0, *decimals])
    assert scale == needed if needed <= 9 else scale <= 9


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([100.0, 101.0], 0),
        ([100.25, 101.5], 2),
        ([5.3e-05, 4.070000000000001e-05], 7),
        ([0.123456789012, 5.0], 9),
        ([1e15, 0.5], 0),
        ([float("nan"), 0.5], 1),
    ],
)
def test_scale_forgives_binary_noise_and_keeps_in_range(values: list[float], scale: int) -> None:
    assert scale_of([np.array(values)], PRICE_MAX) == scale


def test_whole_columns_stay_whole() -> None:
    whole = np.array([2**60 + 1, 3])
    assert scale_of([whole], SIZE_MAX) == 0
    counts, rounded = counts_of(whole, 0)
    assert (counts.tolist(), rounded) == ([2**60 + 1, 3], 0)
    assert counts_of(np.array([7]), 3)[0].tolist() == [7000]


def test_range_ends_where_counts_end() -> None:
    assert out_of_range(np.array([float(PRICE_MAX), float(PRICE_MAX + 1)]), 0, PRICE_MAX).tolist() == [False, True]
    assert out_of_range(np.array([PRICE_MAX, PRICE_MAX + 1, -PRICE_MAX - 1]), 0, PRICE_MAX).tolist() == [
        False, True, True,
    ]  # fmt: skip
    assert out_of_range(np.array([2.0**62]), 0, SIZE_MAX).tolist() == [True]
    assert finest_scale(9_000_000.0, PRICE_MAX) == 9
    assert finest_scale(9_100_000.0, PRICE_MAX) == 8


@given(st.lists(st.integers(0, 2**50), min_size=1, max_size=10), st.fractions(0, 4, max_denominator=10**12))
def test_multiplied_rounds_the_exact_product_half_to_even(counts: list[int], factor: Fraction) -> None:
    results, rounded = multiplied(np.array(counts), factor)
    assert results.tolist() == [round(count * factor) for count in counts]
    assert rounded == sum((count * factor).denominator != 1 for count in counts)
