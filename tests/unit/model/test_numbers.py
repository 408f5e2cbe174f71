"""Numbers at the borders."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.model.errors import InputError
from tradewright.model.numbers import MONEY_MAX, count_of, money_float


@given(st.integers(-MONEY_MAX, MONEY_MAX))
def test_money_as_a_float_is_rounded_once(count: int) -> None:
    assert money_float(count) == float(Fraction(count, 10**18))


def test_money_that_is_no_double_goes_to_the_nearest() -> None:
    """2**53 + 3 counts: the count alone is no double, and two roundings go past the nearest."""
    assert money_float(9_007_199_254_740_995) == float("0.009007199254740995")


@pytest.mark.parametrize("text", ["1." + "0" * 70 + "1", "0." + "3" * 61, "9" * 61 + ".5"])
def test_a_count_is_exact_or_none(text: str) -> None:
    with pytest.raises(InputError):
        count_of(text, 8, "size")
    assert count_of("1." + "0" * 70, 8, "size") == 10**8
