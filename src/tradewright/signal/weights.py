"""How much each of several strategies is to weigh, from their t-stats; parts of 1,000,000.

score = t-stat where it is above zero, as a share of all scores (equal shares where none is). Blend = `equal` of the
whole in equal shares, the rest by score. Then, in this order: each weight keeps within floor and cap, and within
`change` of what it was; and what the weights miss of the whole (or have too much) is added to each alike as far as
these bounds let it (the projection nearest to the blend). The last parts, fewer than there are strategies, go one each
in the order of names. So the sum is exact and no bound is broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradewright.model.errors import InputError
from tradewright.model.score import Weight

PPM_ONE = 1_000_000


def equal_shares(names: Sequence[str]) -> dict[str, int]:
    """The whole in equal parts; what does not divide goes to the first names."""
    part, rest = divmod(PPM_ONE, len(names))
    return {name: part + (at < rest) for at, name in enumerate(sorted(names))}


def check_bounds(count: int, floor_ppm: int, cap_ppm: int, whose: str) -> None:
    """Whether so many weights can add up to the whole within floor and cap. Raises InputError."""
    if count and cap_ppm * count < PPM_ONE:
        raise InputError(
            f"weights of {whose}: {count} of at most {cap_ppm / 10_000:g} % are {cap_ppm * count / 10_000:g} % "
            "together, less than the whole; raise capPercent"
        )
    if floor_ppm * count > PPM_ONE:
        raise InputError(
            f"weights of {whose}: {count} of at least {floor_ppm / 10_000:g} % are {floor_ppm * count / 10_000:g} % "
            "together, more than the whole; lower floorPercent"
        )


def weigh(
    t_stats: Mapping[str, int], before: Mapping[str, int], equal_ppm: int, floor_ppm: int, cap_ppm: int, change_ppm: int
) -> list[Weight]:
    """The weights by name. before: what they were, which lies within floor and cap and is the whole; other names than
    those of t_stats, or none = they begin at equal shares."""
    names = sorted(t_stats)
    shares = equal_shares(names)
    held = before if set(before) == set(names) else shares
    scores = {name: max(0, t_stats[name]) for name in names}
    total = sum(scores.values())
    if total == 0:
        scores, total = dict(shares), PPM_ONE
    count = len(names)
    blend = {
        name: (equal_ppm * total + (PPM_ONE - equal_ppm) * scores[name] * count) // (count * total) for name in names
    }
    low = {name: max(floor_ppm, held[name] - change_ppm) for name in names}
    high = {name: min(cap_ppm, held[name] + change_ppm) for name in names}
    found = _projected(names, blend, low, high)
    return [Weight(name, found[name], shares[name], scores[name] * PPM_ONE // total) for name in names]


def _projected(
    names: Sequence[str], blend: Mapping[str, int], low: Mapping[str, int], high: Mapping[str, int]
) -> dict[str, int]:
    """Weights within the bounds that add up to the whole: the blend with one number added to all, then bounded."""

    def bounded(added: int) -> dict[str, int]:
        return {name: min(high[name], max(low[name], blend[name] + added)) for name in names}

    least, most = -PPM_ONE, PPM_ONE
    while most - least > 1:
        middle = (least + most) // 2
        if sum(bounded(middle).values()) > PPM_ONE:
            most = middle
        else:
            least = middle
    found, more = bounded(least), bounded(least + 1)
    missing = PPM_ONE - sum(found.values())
    for name in names:
        if missing and more[name] > found[name]:
            found[name] += 1
            missing -= 1
    return found
