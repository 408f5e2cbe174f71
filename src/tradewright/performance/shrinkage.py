"""How good a row of daily results is, in whole numbers: the same digits on every machine.

Sharpe of a day = mean / deviation of the results (that of a sample, n − 1), without an annual factor; the scale of the
results cancels out. Shrunk = (n · own + k · mean of all) / (n + k): few days say little, so they are mixed with k days
of the mean. t = shrunk · √n. Each is a count of 10^-9: square roots are cut towards zero, quotients rounded down.
Source of the shrinkage: W. James, C. Stein, Estimation with Quadratic Loss (1961), in the form of a fixed prior weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isqrt
from typing import NamedTuple

#: 1.0 as a count of a ratio.
RATIO_ONE = 10**9


class Figures(NamedTuple):
    """Of one row of results; counts of 10^-9."""

    sharpe: int
    shrunk: int
    t_stat: int


def sharpe(results: Sequence[int]) -> int:
    """Mean over deviation; 0 where there are fewer than two results, or none differs from another."""
    n = len(results)
    total = sum(results)
    spread = n * sum(result * result for result in results) - total * total
    if n < 2 or spread == 0:
        return 0
    size = isqrt(total * total * (n - 1) * RATIO_ONE * RATIO_ONE // (n * spread))
    return size if total > 0 else -size


def figures(results: Mapping[str, Sequence[int]], shrink: int) -> dict[str, Figures]:
    """The figures of each row, compared with the others. shrink: k, in results."""
    own = {name: sharpe(row) for name, row in results.items()}
    mean = sum(own.values()) // len(own) if own else 0
    found: dict[str, Figures] = {}
    for name, row in results.items():
        n = len(row)
        shrunk = (n * own[name] + shrink * mean) // (n + shrink) if n + shrink else 0
        size = isqrt(shrunk * shrunk * n)
        found[name] = Figures(own[name], shrunk, size if shrunk > 0 else -size)
    return found
