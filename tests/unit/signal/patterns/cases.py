"""Hand-made cases as lines of text, and what each pattern says of the last bar (quote, trade) of one.

A line: + or - | what it shows | what is fed, in order | what is said of the last of it (nothing, where -).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth
from tradewright.signal import patterns as p

CASES = Path(__file__).parent / "cases"
MINUTE = 60_000_000_000
STOCK = Instrument("ACME", "paper", "equity", "ACME", "USD", 0, 0, index=0)


class Case(NamedTuple):
    """fed: the tokens; expected: what is said of the last one, "" = nothing."""

    name: str
    fed: list[str]
    expected: str


def cases_of(pattern: str) -> tuple[list[Case], list[Case]]:
    """The positive and the negative ones of a file."""
    found: dict[str, list[Case]] = {"+": [], "-": []}
    for line in (CASES / f"{pattern}.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, fed, *expected = [part.strip() for part in line[1:].split("|")]
            found[line[0]].append(Case(name, fed.split(), *(expected or [""])))
    return found["+"], found["-"]


def bar_of(token: str, number: int) -> Bar:
    """ "open/high/low/close", "high/low" or one price, and "x volume" where it is not 100."""
    prices, _, volume = token.partition("x")
    counts = [int(count) for count in prices.split("/")]
    if len(counts) == 1:
        counts *= 4
    elif len(counts) == 2:
        high, low = counts
        counts = [low, high, low, (high + low) // 2]
    time = number * MINUTE
    return Bar(time + MINUTE, STOCK, time, *counts, int(volume or 100))


def bars_of(tokens: Iterable[str]) -> list[Bar]:
    return [bar_of(token, number) for number, token in enumerate(tokens)]


SIDES = {1: "for higher prices", -1: "for lower prices", 0: ""}
Says = Callable[[str], str]


class Swinging:
    """A pattern that is told the swings of the same bars, of one bar on either side."""

    def __init__(self) -> None:
        self.points = p.SwingPoints(1, 1)
        self.number = -1

    def next(self, token: str) -> tuple[Bar, p.Swing | None]:
        self.number += 1
        bar = bar_of(token, self.number)
        return bar, self.points.update(bar)


def swing() -> Says:
    points = p.SwingPoints(2, 2)

    def says(token: str) -> str:
        found = points.update(bar_of(token, points.count))
        return f"{'high' if found.side > 0 else 'low'} {found.level} of bar {found.number}" if found else ""

    return says


def structure(kind: str) -> Says:
    swinging, pattern = Swinging(), p.Structure()

    def says(token: str) -> str:
        found = pattern.update(*swinging.next(token))
        if found is None or found.kind != kind:
            return ""
        return f"{kind} {'up' if found.side > 0 else 'down'} {found.level}"

    return says


def zone(side: int, bottom: int, top: int, number: int) -> str:
    return f"{'bullish' if side > 0 else 'bearish'} {bottom}-{top} of bar {number}"


def order_block(retest: bool = False) -> Says:
    swinging, pattern = Swinging(), p.OrderBlocks()

    def says(token: str) -> str:
        made = pattern.update(*swinging.next(token))
        found = pattern.retested if retest else made
        return zone(*found[:4]) if found else ""

    return says


def fair_value_gap(met: bool = False) -> Says:
    pattern = p.FairValueGaps()

    def says(token: str) -> str:
        made = pattern.update(bar_of(token, pattern.count))
        found = pattern.met if met else [made] if made else []
        return ", ".join(zone(*gap) for gap in found)

    return says


def equal_levels() -> Says:
    swinging, pattern = Swinging(), p.Pools(0, 1)

    def says(token: str) -> str:
        pool = pattern.update(*swinging.next(token))
        return f"{pool.touches} {'highs' if pool.side > 0 else 'lows'} at {pool.level}" if pool else ""

    return says


def sweep() -> Says:
    swinging, pools, pattern = Swinging(), p.Pools(0, 1), p.Sweeps()

    def says(token: str) -> str:
        bar, swing = swinging.next(token)
        found = pattern.update(bar)
        row = pools.update(bar, swing)
        if row is not None:
            pattern.put(row)
        elif swing is not None:
            pattern.add(swing)
        if found is None:
            return ""
        swings = f"{found.touches} swing{'s' if found.touches > 1 else ''}"
        return f"{SIDES[found.side]}: {found.level} by {found.depth}, {swings}"

    return says


def touch_volume() -> Says:
    pattern = p.TouchVolume(3, 2_000_000)
    return lambda token: "met" if pattern.update(bar_of(token, 0), [100]) else ""


def relative_volume() -> Says:
    pattern = p.RelativeVolume(3, 2_000_000)
    return lambda token: f"{pattern.ppm / 1_000_000:.1f}" if pattern.update(int(token)) else ""


def on_bars(pattern: p.ObvDivergence | p.VwapDivergence | p.Climax) -> Says:
    return lambda token: SIDES[pattern.update(bar_of(token, 0))]


def spread() -> Says:
    pattern = p.Spread(3, 2_000_000)
    return lambda token: "wide" if pattern.update(*[int(price) for price in token.split(":")]) else ""


def imbalance() -> Says:
    pattern = p.Imbalance(500_000, 2)

    def says(token: str) -> str:
        sizes = [[int(size) for size in side.split(",")] for side in token.split(":")]
        bids, asks = (tuple((at, size) for at, size in enumerate(side)) for side in sizes)
        return SIDES[pattern.update_depth(Depth(0, STOCK, bids, asks))]

    return says


def micro_price() -> Says:
    pattern = p.MicroPrice(2)

    def says(token: str) -> str:
        bid, bid_size, ask, ask_size = [int(count) for count in re.split("[@:]", token)]
        return SIDES[pattern.update(bid, ask, bid_size, ask_size)]

    return says


def trade_sign() -> Says:
    pattern = p.TradeSigns(3, 600_000)
    quote = [0, 0]

    def says(token: str) -> str:
        if ":" in token:
            quote[:] = [int(price) for price in token.split(":")]
            return ""
        aggressor = {"+": 1, "-": -1}.get(token[-1], 0)
        price, size = [int(count) for count in token.rstrip("+-").split("@")]
        return SIDES[pattern.update(price, size, aggressor, *quote)]

    return says


#: By the name of its file; each starts anew.
PATTERNS: dict[str, Callable[[], Says]] = {
    "swing": swing,
    "bos": lambda: structure("BOS"),
    "choch": lambda: structure("CHOCH"),
    "order_block": order_block,
    "retest": lambda: order_block(retest=True),
    "fair_value_gap": fair_value_gap,
    "gap_met": lambda: fair_value_gap(met=True),
    "equal_levels": equal_levels,
    "sweep": sweep,
    "touch_volume": touch_volume,
    "relative_volume": relative_volume,
    "obv_divergence": lambda: on_bars(p.ObvDivergence(1, 1)),
    "vwap_divergence": lambda: on_bars(p.VwapDivergence(1, 1)),
    "climax": lambda: on_bars(p.Climax(3, 3_000_000, 2_000_000)),
    "spread": spread,
    "imbalance": imbalance,
    "micro_price": micro_price,
    "trade_sign": trade_sign,
}
