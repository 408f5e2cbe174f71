"""Two workloads whose right answers come from a slow, obvious ledger in floats that knows nothing of an exchange.

The data: seed 7, prices rounded to cents, bar i covers minute i. At 100,000 bars the published answer of the first
workload is 3,762 fills and a P&L of 71.00; the answers at other sizes come from the ledgers below.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tests.sim.venue import CENT, MINUTE, Venue
from tradewright.model.market import Bar

BARS = 1_000_000  # the data is drawn as one array each, so its size decides its prices
USED = 20_000


@cache
def prices() -> list[list[int]]:
    """Open, high, low and close in cents of the first 100,000 bars."""
    rng = np.random.default_rng(7)
    close = np.round(100.0 * np.exp(np.cumsum(rng.normal(0, 0.0004, BARS))), 2)
    opened = np.empty(BARS)
    opened[0] = 100.0
    opened[1:] = close[:-1] + rng.normal(0, 0.02, BARS - 1)
    opened = np.round(opened, 2)
    high = np.round(np.maximum(opened, close) + np.abs(rng.normal(0, 0.03, BARS)), 2)
    low = np.round(np.minimum(opened, close) - np.abs(rng.normal(0, 0.03, BARS)), 2)
    bars = np.column_stack([opened, high, low, close])[:100_000]
    cents: list[list[int]] = np.rint(bars * 100).astype(np.int64).tolist()
    return cents


def crossings(count: int) -> list[int]:
    """At each close +1 if the mean of 10 closes is above that of 30, -1 if it is below, 0 if equal or not known."""
    sums = [0]
    for bar in prices()[:count]:
        sums.append(sums[-1] + bar[3])
    signs = [0] * min(29, count)
    for i in range(29, count):
        difference = (sums[i + 1] - sums[i - 9]) * 3 - (sums[i + 1] - sums[i - 29])
        signs.append((difference > 0) - (difference < 0))
    return signs


def crossing_ledger(count: int, convention: str) -> tuple[int, float]:
    """Fills and P&L of 10 shares long while the fast mean is above, flat while it is below."""
    position, cash, fills, pending = 0, 0.0, 0, 0
    bars, signs = prices(), crossings(count)
    for i in range(count):
        if pending:
            cash -= pending * (bars[i][0] if convention == "next_open" else bars[i][3]) / 100
            position, fills, pending = position + pending, fills + 1, 0
        wanted = 10 if signs[i] > 0 and position == 0 else -10 if signs[i] < 0 and position > 0 else 0
        if wanted and convention == "this_close":
            cash, position, fills = cash - wanted * bars[i][3] / 100, position + wanted, fills + 1
        else:
            pending = wanted
    return fills, round(cash + position * bars[count - 1][3] / 100, 2)


def crossing_exchange(count: int, convention: str) -> tuple[int, float]:
    venue = Venue(fill=convention)
    bars, signs, owned, number = prices(), crossings(count), 0, 0
    for i in range(count):
        run(venue, i)
        side = 1 if signs[i] > 0 and owned == 0 else -1 if signs[i] < 0 and owned > 0 else 0
        if side:
            number, owned = number + 1, owned + 10 * side
            venue.submit(str(number), side, 1, 10)
            venue.due()
    value = venue.cash + venue.position * bars[count - 1][3] * CENT
    return len(venue.exchange.fills()), value / (100 * CENT)


def run(venue: Venue, i: int) -> list[tuple[object, ...]]:
    open, high, low, close = prices()[i]
    return venue.run(Bar((i + 1) * MINUTE, venue.instrument, i * MINUTE, open, high, low, close, 1_000))


@pytest.mark.parametrize("convention", ["next_open", "this_close", "next_close"])
def test_crossing_means_fill_and_earn_what_the_ledger_says(convention: str) -> None:
    assert crossing_exchange(USED, convention) == crossing_ledger(USED, convention)


def test_crossing_means_over_100_000_bars_earn_the_published_answer() -> None:
    assert crossing_exchange(100_000, "next_open") == (3_762, 71.00)


def quoting_ledger(count: int) -> tuple[int, int, int, float]:
    """Orders, fills, cancels and P&L of one limit order 5 cents away at each close, for one bar."""
    bars = prices()
    position, cash, fills, cancels, side, price = 0, 0.0, 0, 0, 0, 0
    for i in range(count):
        open, high, low, close = bars[i]
        if side > 0 and low <= price:
            cash, position, fills = cash - min(open, price) / 100, position + 1, fills + 1
        elif side < 0 and high >= price:
            cash, position, fills = cash + max(open, price) / 100, position - 1, fills + 1
        elif side:
            cancels += 1
        side = 1 if position == 0 else -1
        price = close - 5 * side
    return count, fills, cancels, round(cash + position * bars[count - 1][3] / 100, 2)


def test_quoting_fills_and_earns_what_the_ledger_says() -> None:
    venue = Venue()
    last, cancels, bars = "", 0, prices()
    for i in range(USED):
        filled = any(line[0] == "filled" for line in run(venue, i))
        if last and not filled:
            venue.cancel(last)
            cancels += 1
        last, side = str(i), 1 if venue.position == 0 else -1
        venue.submit(last, side, 2, 1, limit_units=bars[i][3] - 5 * side)
        assert not [line for line in venue.due() if line[0] != "cancelled"]
    value = (venue.cash + venue.position * bars[USED - 1][3] * CENT) / (100 * CENT)
    assert (USED, len(venue.exchange.fills()), cancels, value) == quoting_ledger(USED)
