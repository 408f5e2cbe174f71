"""Float columns become integer counts: by their shortest decimal, rounded half to even at the scale, and counted.

A double below 2**52 counts stands for at most one decimal of that scale, so `rint(v·10^s) / 10^s == v` says exactly
that the shortest decimal of v has at most s decimals. Only near ties and larger numbers need real decimals, one by one.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tradewright.model.numbers import SCALE_MAX, nearest_count_of, shifted

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
#: A column of a data file: whole numbers stay whole.
NumberArray = IntArray | FloatArray
Mask = NDArray[np.bool_]

#: From here on neighbouring counts can share one double.
_COUNT_EXACT = 2.0**52
#: Noise of binary sums in a file ("4.070000000000001e-05"), in units of the last place.
_NOISE_ULPS = 4


def scale_of(columns: list[NumberArray], bound: int) -> int:
    """The smallest scale ≤ SCALE_MAX, within `bound` counts, at which every shortest decimal of `columns` is whole.

    Where there is none: the smallest that shows all but binary noise, else the finest. What is not finite is ignored.
    """
    finest = finest_scale(largest_of(columns), bound)
    floats = [column for column in columns if column.dtype.kind == "f"]
    for ulps in (0, _NOISE_ULPS):
        scale = max((_smallest_scale(column, finest, ulps) for column in floats), default=0)
        if scale <= finest:
            return scale
    return finest


def largest_of(columns: list[NumberArray]) -> float:
    """The largest finite magnitude in all columns, at least 1."""
    return max(float(np.max(np.abs(column), initial=1.0, where=np.isfinite(column))) for column in columns)


def finest_scale(largest: float, bound: int) -> int:
    """The finest scale at which `largest` is within `bound` counts."""
    return next((scale for scale in range(SCALE_MAX, 0, -1) if largest * 10.0**scale <= bound), 0)


def _smallest_scale(values: NumberArray, finest: int, ulps: int) -> int:
    """The smallest scale that shows `values` to within `ulps`; past `finest` if there is none up to it."""
    rest = values[np.isfinite(values)]
    for scale in range(finest + 1):
        power = 10.0**scale
        rest = rest[np.abs(np.rint(rest * power) / power - rest) > ulps * np.spacing(np.abs(rest))]
        if not rest.size:
            return scale
    return finest + 1


def out_of_range(values: NumberArray, scale: int, bound: int) -> Mask:
    """Which values pass `bound` counts of 10^-scale."""
    beyond: Mask
    if values.dtype.kind == "i":
        limit = bound // 10**scale
        beyond = (values > limit) | (values < -limit)
    else:
        beyond = np.abs(np.rint(values * 10.0**scale)) >= float(bound + 1)
    return beyond


def counts_of(values: NumberArray, scale: int) -> tuple[IntArray, int]:
    """`values`, finite and in range, in counts of 10^-scale; and how many were finer and had to be rounded."""
    if values.dtype.kind == "i":
        return values.astype(np.int64) * 10**scale, 0
    power = 10.0**scale
    scaled = values * power
    nearest = np.rint(scaled)
    inexact = nearest / power != values
    size = np.abs(scaled)
    # A product of two doubles and the shortest decimal itself are each off by at most half a unit in the last place.
    tie = inexact & (np.abs(size - np.floor(size) - 0.5) <= size * 2.0**-50)
    counts = nearest.astype(np.int64)
    for i in np.flatnonzero(tie | (size >= _COUNT_EXACT)).tolist():
        value = float(values[i])
        counts[i] = nearest_count_of(value, scale, "value")
        inexact[i] = shifted(Decimal(repr(value)), scale) != int(counts[i])
    return counts, int(inexact.sum())


def multiplied(counts: IntArray, factor: Fraction) -> tuple[IntArray, int]:
    """counts × factor, rounded half to even, and how many were rounded. Raises OverflowError past int64."""
    products = counts.astype(object) * factor.numerator
    quotients = products // factor.denominator
    twice = (products - quotients * factor.denominator) * 2
    up = (twice > factor.denominator) | ((twice == factor.denominator) & (quotients % 2 == 1))
    return (quotients + up).astype(np.int64), int(np.count_nonzero(twice))
