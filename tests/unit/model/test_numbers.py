"""Numbers at the borders."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, Rounded, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.model.errors import InputError
from tradewright.model.numbers import (
    MONEY_MAX,
    count_of,
    decimal_from,
    money_float,
    nearest_count_of,
    part_of,
    places_of,
    plain,
    quotient,
    shifted,
    text_of,
)


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


@given(st.integers(-(10**38), 10**38), st.integers(1, 10**20), st.integers(0, 18))
def test_a_quotient_is_the_nearest_number_of_so_many_decimals_and_of_two_the_even_one(
    dividend: int, divisor: int, decimals: int
) -> None:
    found = Fraction(quotient(dividend, divisor, decimals)) * 10**decimals
    exact = Fraction(dividend * 10**decimals, divisor)
    assert found.denominator == 1 and abs(found - exact) <= Fraction(1, 2)
    assert abs(found - exact) < Fraction(1, 2) or found.numerator % 2 == 0


@pytest.mark.parametrize(
    "changed", [Context(rounding=ROUND_HALF_UP), Context(prec=5), Context(traps=[Inexact, Rounded])]
)
def test_no_number_depends_on_what_a_library_or_a_strategy_has_made_of_the_threads_context(
    changed: Context,
) -> None:
    def made() -> list[object]:
        return [
            quotient(642_677_986_328_125, 10**10, 9),
            part_of(Decimal("64267.7986328125"), Decimal("0.30000001"), Decimal("1.1"), 9),
            plain(Decimal("1234567890.12300")),
            shifted(Decimal("1234567890.123"), -3),
            places_of(Decimal("1234567890.12300")),
            decimal_from(1234567890123456789, 18),
            nearest_count_of("1234567890.5", 0, "n"),
            count_of("1234567890.12", 2, "n"),
            text_of(-1234567890123, 2),
        ]

    usual = made()
    assert usual[0] == Decimal("64267.798632812"), "a tie goes to the even one"
    with localcontext(changed):
        assert made() == usual
