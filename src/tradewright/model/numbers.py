"""Exact numbers: counts of 10^-scale inside, decimals at the borders.

A price or size is an integer count of 10^-scale of its instrument. Money is an integer count of 10^-MONEY_SCALE of its
currency. Floats exist only at the borders (data files, strategies, statistics) and enter by their shortest decimal.
Every rounding in the program is one of the named functions here. None of them asks the thread's decimal context, which
belongs to whoever changed it last: a strategy, or a library. Both builds raise OverflowError at the same bounds.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from tradewright.model.errors import InputError

MONEY_SCALE = 18
MONEY_ONE: int = 10**MONEY_SCALE
SCALE_MAX = 9
#: Price counts stay exactly representable as a double, so an indicator sees the very price.
PRICE_MAX = 2**53 - 1
#: Size counts keep one bit of headroom in int64, so that position + order can be formed before it is judged.
SIZE_MAX = 2**62 - 1
#: The compiled build's widest intermediate is 128 bits; the pure build refuses at the same bound.
MONEY_MAX = 2**127 - 1
_MONEY_MIN = -MONEY_MAX

#: Further from one, tens a number is written with are no number that anybody means, and cost time and memory.
EXPONENT_MAX = 1_000
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)

Number = int | str | float | Decimal


def multiply_checked(a: int, b: int) -> int:
    """a × b, or OverflowError past ±MONEY_MAX: money never wraps and never grows unnoticed."""
    product = a * b
    if not _MONEY_MIN <= product <= MONEY_MAX:
        raise OverflowError(f"{a} × {b} does not fit 128-bit money")
    return product


def decimal_of(value: Number, what: str) -> Decimal:
    """`value` as a finite Decimal; a float enters by its shortest decimal (`repr`). Raises InputError naming `what`
    for what is none, or has more than EXPONENT_MAX digits before or behind its point."""
    try:
        number = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise InputError(f"{what}: {value!r} is not a number") from error
    if not number.is_finite():
        raise InputError(f"{what}: {value!r} is not a finite number")
    if number and abs(number.adjusted()) > EXPONENT_MAX:
        raise InputError(f"{what}: {value} is out of range")
    return number


def count_of(value: Number, scale: int, what: str, bound: int = SIZE_MAX) -> int:
    """`value` in counts of 10^-scale, exactly: InputError if it has more decimals than `scale` or passes `bound`."""
    number = decimal_of(value, what)
    shifted = number.scaleb(scale, _EXACT)
    count = int(shifted)
    # More digits than a context has are rounded in silence.
    if count != shifted or shifted.scaleb(-scale, _EXACT) != number:
        raise InputError(f"{what}: {value} has more than {scale} decimals")
    if not -bound <= count <= bound:
        raise InputError(f"{what}: {value} is out of range at {scale} decimals")
    return count


def nearest_count_of(value: Number, scale: int, what: str, bound: int = SIZE_MAX) -> int:
    """`value` in counts of 10^-scale, rounded half to even where it is finer. Raises InputError."""
    count = int(decimal_of(value, what).scaleb(scale, _EXACT).to_integral_value(ROUND_HALF_EVEN, _EXACT))
    if not -bound <= count <= bound:
        raise InputError(f"{what}: {value} is out of range at {scale} decimals")
    return count


def money_of(value: Number, what: str) -> int:
    """`value` in money counts (10^-MONEY_SCALE), exactly. Raises InputError."""
    return count_of(value, MONEY_SCALE, what, MONEY_MAX)


def decimal_from(count: int, scale: int) -> Decimal:
    """The exact Decimal of a count, without trailing zeros and without an exponent."""
    whole, part = divmod(count, 10**scale)
    return Decimal(count).scaleb(-scale, _EXACT).normalize(_EXACT) if part else Decimal(whole)


def shifted(number: Decimal, places: int) -> Decimal:
    """`number` × 10^places, exactly."""
    return number.scaleb(places, _EXACT)


def places_of(number: Decimal) -> int:
    """How many decimals it takes to write a finite number."""
    exponent = number.normalize(_EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def plain(number: Decimal) -> Decimal:
    """The same number without an exponent and without zeros that say nothing."""
    return Decimal(format(number.normalize(_EXACT), "f"))


def quotient(dividend: int, divisor: int, decimals: int) -> Decimal:
    """dividend / divisor (> 0), rounded half to even to so many decimals; for what is shown."""
    below, rest = divmod(dividend * 10**decimals, divisor)
    more = 2 * rest > divisor or (2 * rest == divisor and below % 2 == 1)
    return decimal_from(below + more, decimals)


def part_of(amount: Decimal, part: Decimal, whole: Decimal, decimals: int) -> Decimal:
    """amount × part / whole, rounded half to even to so many decimals."""
    found = _EXACT.divide(_EXACT.multiply(amount, part), whole)
    return found.quantize(Decimal(1).scaleb(-decimals, _EXACT), context=_EXACT)


def text_of(count: int, scale: int) -> str:
    """A count as plain decimal text: `text_of(-1250, 2)` is "-12.5"."""
    return format(decimal_from(count, scale), "f")


def money_text(count: int) -> str:
    """Money as plain decimal text."""
    return text_of(count, MONEY_SCALE)


def money_float(count: int) -> float:
    """Money for statistics and pictures only, rounded once; never comes back into a book."""
    return count / MONEY_ONE


def round_down(count: int, step: int) -> int:
    """The largest multiple of `step` (> 0) at or below `count`: sizes of what we send, prices of what we buy."""
    return count - count % step


def round_up(count: int, step: int) -> int:
    """The smallest multiple of `step` (> 0) at or above `count`: prices of what we sell."""
    return count + -count % step


def round_nearest(count: int, step: int) -> int:
    """The nearest multiple of `step` (> 0); a tie goes to the even multiple."""
    below = count - count % step
    twice = 2 * (count - below)
    if twice > step or (twice == step and below // step % 2 == 1):
        return below + step
    return below
