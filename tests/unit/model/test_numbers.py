"""Numbers at the borders."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tradewright.model.numbers import MONEY_MAX, money_float


@given(st.integers(-MONEY_MAX, MONEY_MAX))
def test_money_as_a_float_is_rounded_once(count: int) -> None:
    assert money_float(count) == float(Fraction(count, 10**18))


def test_money_that_is_no_double_goes_to_the_nearest() -> None:
    """2**53 + 3 counts: the count alone is no double, and two roundings go past the nearest."""
    assert money_float(9_007_199_254_740_995) == float("0.009007199254740995")
