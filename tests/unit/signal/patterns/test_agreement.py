"""The PyPI package smartmoneyconcepts as a peer: it finds the same patterns, and where it does not, the reason is one
of those that docs/strategies.md lists. It sees a whole history at once; ours are fed bar by bar."""

from __future__ import annotations

import math
import os
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.unit.signal.patterns.market import real_bars, seeded_bars
from tradewright.model.market import Bar
from tradewright.signal.patterns import (
    BOS,
    CHOCH,
    FairValueGaps,
    Gap,
    OrderBlocks,
    Pools,
    Structure,
    Swing,
    SwingPoints,
)

os.environ["SMC_CREDIT"] = "0"  # it prints thanks to itself otherwise
smc: Any = import_module("smartmoneyconcepts").smc
LENGTH = 5


class Market(NamedTuple):
    """The same bars for both, and the peer's swings: their first and last are no swings, but ends of its line."""

    bars: list[Bar]
    frame: Any
    swings: Any

    def theirs(self) -> list[Swing]:
        rows = zip(self.swings["HighLow"], self.swings["Level"], strict=True)
        return [Swing(int(side), int(level), at) for at, (side, level) in enumerate(rows) if side == side]


def market_of(bars: list[Bar]) -> Market:
    import pandas

    columns = {
        name: [float(getattr(bar, f"{name}_units")) for bar in bars]
        for name in ("open", "high", "low", "close", "volume")
    }
    frame = pandas.DataFrame(columns)
    return Market(bars, frame, smc.swing_highs_lows(frame, LENGTH))


@pytest.fixture(scope="module")
def seeded() -> Market:
    return market_of(seeded_bars(2500))


@pytest.fixture(scope="module")
def real(shared: Path) -> Market:
    return market_of(real_bars(shared))


@pytest.fixture(params=["seeded", "real"])
def market(request: pytest.FixtureRequest) -> Market:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def points() -> SwingPoints:
    """The peer's window: one bar less before the swing than after it."""
    return SwingPoints(LENGTH - 1, LENGTH)


def test_the_swings_are_the_same_but_for_both_ends_and_the_first_window(market: Market) -> None:
    """The peer adds an end of its line at the first and the last bar, and finds nothing in its first 2 × length − 1
    bars; ours takes a swing back when one further out follows, so that the last word on each is compared."""
    ours: list[Swing] = []
    outdone = 0
    detector = points()
    for bar in market.bars:
        swing = detector.update(bar)
        if swing is not None:
            if ours and ours[-1].side == swing.side:
                ours.pop()
                outdone += 1
            ours.append(swing)
    assert outdone > 0, "some were said and taken back"
    first, *theirs, last = market.theirs()
    assert (first.number, last.number) == (0, len(market.bars) - 1)
    assert theirs[0].number >= 2 * LENGTH - 1
    # Which of the swings in sight of the first window is the first of theirs depends on what lies in it.
    at = next(number for number, swing in enumerate(ours) if swing in theirs)
    assert at <= 3
    known = [swing for swing in theirs if swing.number >= ours[at].number]
    assert len(known) >= len(theirs) - 2 and len(known) > 60
    assert ours[at:] == known


def test_the_fair_value_gaps_and_when_they_are_met_are_the_same(market: Market) -> None:
    found = smc.fvg(market.frame)
    theirs = {
        Gap(int(side), int(bottom), int(top), at): int(met)
        for at, (side, top, bottom, met) in enumerate(
            zip(found["FVG"], found["Top"], found["Bottom"], found["MitigatedIndex"], strict=True)
        )
        if side == side
    }
    ours: dict[Gap, int] = {}
    detector = FairValueGaps()
    for number, bar in enumerate(market.bars):
        made = detector.update(bar)
        ours.update(dict.fromkeys(detector.met, number))
        if made is not None:
            ours[made] = 0
    assert len(ours) > 100
    dropped = {gap for gap in ours if ours[gap] == 0 and theirs[gap]}
    assert ours.keys() == theirs.keys()
    assert {gap: ours[gap] for gap in ours if gap not in dropped} == {
        gap: theirs[gap] for gap in theirs if gap not in dropped
    }
    # Ours keeps the newest ones only; what it let go was far away.
    assert len(dropped) < len(ours) // 10


class Broken(NamedTuple):
    """A swing that a close broke: at which bar, as what."""

    bar: int
    kind: str
    before: int  # side of the break before it, 0 = none


def our_breaks(market: Market) -> dict[Swing, Broken]:
    detector, structure = points(), Structure()
    found: dict[Swing, Broken] = {}
    for number, bar in enumerate(market.bars):
        levels, trend = list(structure.levels), structure.trend
        broken = structure.update(bar, detector.update(bar))
        if broken is not None:
            found |= {
                level: Broken(number, broken.kind, trend)
                for level in levels
                if level not in structure.levels and level.side == broken.side
            }
    return found


def their_breaks(market: Market) -> dict[Swing, tuple[int, str]]:
    found = smc.bos_choch(market.frame, market.swings)
    breaks: dict[Swing, tuple[int, str]] = {}
    for at in range(len(found)):
        for kind in (BOS, CHOCH):
            side = found[kind][at]
            if side == side:
                # Its levels are single-precision; the swing itself has the exact one.
                bar = market.bars[at]
                level = bar.high_units if side > 0 else bar.low_units
                assert math.isclose(level, found["Level"][at], rel_tol=1e-6)
                breaks[Swing(int(side), level, at)] = (int(found["BrokenIndex"][at]), kind)
    return breaks


def test_every_swing_the_peer_calls_broken_is_broken_by_the_same_close(market: Market) -> None:
    """Not the other way round: the peer wants four swings of a certain shape, the last of which it sees before it has
    happened, and drops breaks that a later one covers."""
    ours, theirs = our_breaks(market), their_breaks(market)
    assert len(theirs) > 20
    assert {swing: ours[swing].bar for swing in theirs} == {swing: bar for swing, (bar, _) in theirs.items()}
    assert len(ours) > len(theirs)


def test_the_kind_of_a_break_differs_where_the_trend_and_the_shape_of_the_swings_do(market: Market) -> None:
    """Ours goes by the break before, theirs by whether the swing between went beyond the one before it."""
    ours, theirs = our_breaks(market), their_breaks(market)
    swings = market.theirs()
    same = 0
    for swing, (_, kind) in theirs.items():
        mine = ours[swing]
        assert (mine.kind == CHOCH) == (mine.before == -swing.side)
        at = swings.index(swing)
        beyond = (swings[at + 1].level - swings[at - 1].level) * swing.side < 0
        assert (kind == CHOCH) == beyond
        same += kind == mine.kind
    assert same > len(theirs) // 2, "they mostly say the same"


def test_the_order_blocks_are_the_same_but_for_those_the_peer_takes_back(market: Market) -> None:
    """Told of the same swings at the same bars. The peer forgets a block that was passed through and left on the other
    side, and one whose bar becomes a block of the other side."""
    found = smc.ob(market.frame, market.swings)
    theirs = {
        (int(side), int(low), int(high), at)
        for at, (side, high, low) in enumerate(zip(found["OB"], found["Top"], found["Bottom"], strict=True))
        if side == side and 0 < at < len(market.bars) - 1
    }
    swings = {swing.number: swing for swing in market.theirs()}
    detector = OrderBlocks()
    blocks = []
    for number, bar in enumerate(market.bars):
        made = detector.update(bar, swings.get(number))
        if made is not None:
            blocks.append(made)
    ours = {(block.side, block.bottom, block.top, block.number) for block in blocks}
    assert len(theirs) > 10
    assert theirs <= ours
    for block in blocks:
        if tuple(block[:4]) not in theirs:
            other = any((row[0], row[3]) == (-block.side, block.number) for row in theirs)
            assert other or forgotten(block.side, block.bottom, block.top, market.bars[block.made + 1 :]), block


def forgotten(side: int, bottom: int, top: int, later: list[Bar]) -> bool:
    """Whether a bar went through the block and a later one beyond its other side."""
    through = False
    for bar in later:
        if through and (bar.high_units > top if side > 0 else bar.low_units < bottom):
            return True
        through = through or (bar.low_units < bottom if side > 0 else bar.high_units > top)
    return False


def test_equal_levels_are_grouped_and_taken_as_by_the_peer(market: Market) -> None:
    """Told of the same swings at the same bars, with the tolerance that the peer takes from the range of all bars."""
    extreme = market.frame["high"].max() - market.frame["low"].min()
    units = round(extreme * 0.003)
    share = units / extreme
    assert extreme * share == units
    found = smc.liquidity(market.frame, market.swings, share)
    theirs = {
        (int(side), at, int(swept))
        for at, (side, swept) in enumerate(zip(found["Liquidity"], found["Swept"], strict=True))
        if side == side
    }
    swings = {swing.number: swing for swing in market.theirs()}
    pools, taken = Pools(0, units), {}
    rows: dict[tuple[int, int], list[int]] = {}
    for number, bar in enumerate(market.bars):
        joined = pools.update(bar, swings.get(number))
        taken |= {(pool.side, pool.number): number for pool in pools.taken}
        if joined is not None:
            levels = rows.setdefault((joined.side, joined.number), [joined.level])
            levels.append(swings[number].level)
            assert (joined.level, joined.touches) == (swings[joined.number].level, len(levels))
    ours = {(side, at, taken.get((side, at), 0)) for side, at in rows}
    assert len(theirs) > 10
    assert ours == theirs
    for (_, at), levels in rows.items():
        assert math.isclose(found["Level"][at], sum(levels) / len(levels), rel_tol=1e-6), "theirs is the mean"
