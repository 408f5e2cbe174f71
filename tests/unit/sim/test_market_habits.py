"""The synthetic market has the habits its profiles promise, and a plain random walk has none of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from tests.project import COMPILED_ALONE
from tradewright.model.calendar import calendar
from tradewright.model.event import QUOTE
from tradewright.model.instrument import Instrument
from tradewright.model.zone import DAY_NS, MINUTE_NS
from tradewright.sim.market import PROFILES, Market, Profile, universe

pytestmark = COMPILED_ALONE

START = 1_709_510_400 * 10**9  # Monday 2024-03-04 00:00 UTC; New York's clocks change on the 10th
#: For each class: virtual days, and the step in ms.
RUNS = {"equity": (90, 20_000), "crypto": (14, 15_000), "forex": (90, 60_000), "metal": (45, 30_000)}

KURTOSIS_MIN = 4.0
#: Of returns measured by the minutes around them, so that the wandering of volatility is taken out: normal is 3.5.
LONE_KURTOSIS_MIN = 4.5
CLUSTERING_LAG = 10
CLUSTERING_MIN = 0.05
#: Mean spread of the wildest quarter of minutes over that of the calmest.
SPREAD_IN_STORM_MIN = 1.05
#: Mean spread in the first and last minutes of a session over that of all minutes.
SPREAD_AT_EDGE_MIN = 1.3
EDGE_NS = 5 * MINUTE_NS


class Minutes(NamedTuple):
    """One item a minute with quotes: its begin (ns UTC), the mid of its first and last quote, its spreads in bps."""

    begin: np.ndarray
    first: np.ndarray
    last: np.ndarray
    spread: np.ndarray
    spread_low: np.ndarray
    spread_high: np.ndarray

    def returns(self) -> np.ndarray:
        """Log returns from one minute's last mid to the next's, without those over a gap."""
        return np.log(self.last[1:] / self.last[:-1])[self.follows()]

    def follows(self) -> np.ndarray:
        """For each minute but the first: whether it comes right after the one before."""
        return np.diff(self.begin) == MINUTE_NS

    def gaps_bps(self) -> np.ndarray:
        return 1e4 * np.abs(np.log(self.first[1:] / self.last[:-1]))[~self.follows()]


def kurtosis(x: np.ndarray) -> float:
    centred = x - x.mean()
    return float((centred**4).mean() / (centred**2).mean() ** 2)


def by_surroundings(returns: np.ndarray, side: int = 10) -> np.ndarray:
    """Each return over the mean size of the `side` returns before and after it."""
    window = np.ones(2 * side + 1)
    window[side] = 0.0
    return returns[side:-side] / np.convolve(np.abs(returns), window / window.sum(), "valid")


def autocorrelation(x: np.ndarray, lag: int) -> float:
    centred = x - x.mean()
    return float((centred[lag:] * centred[:-lag]).mean() / (centred**2).mean())


def lacking(profile: Profile, calendar_name: str, minutes: Minutes) -> set[str]:
    """The promised habits that these minutes do not show."""
    market = calendar(calendar_name)
    returns = minutes.returns()
    spreads = minutes.spread[1:][minutes.follows()]
    size = np.abs(returns)
    storm = spreads[size >= np.quantile(size, 0.75)].mean() / spreads[size <= np.quantile(size, 0.25)].mean()
    low, high = profile.spread_band_bps
    habits = {
        "fat tails": kurtosis(returns) > KURTOSIS_MIN,
        "lone shocks": kurtosis(by_surroundings(returns)) > LONE_KURTOSIS_MIN,
        "clustering": autocorrelation(size, CLUSTERING_LAG) > CLUSTERING_MIN,
        "spreads in their band": low <= minutes.spread_low.min() and minutes.spread_high.max() <= high,
        "spreads widen in a storm": storm > SPREAD_IN_STORM_MIN,
    }
    if profile.gap_band_bps is not None:
        begins = minutes.begin.tolist()
        edge = [min(t - market.last_open(t), market.next_close(t) - MINUTE_NS - t) < EDGE_NS for t in begins]
        smallest, largest = profile.gap_band_bps
        habits["spreads widen at the edges"] = (
            minutes.spread[np.array(edge)].mean() > SPREAD_AT_EDGE_MIN * minutes.spread.mean()
        )
        habits["gaps in their band"] = smallest <= np.median(minutes.gaps_bps()) <= largest
    return {habit for habit, shown in habits.items() if not shown}


def minutes_of(market: Market, end: int) -> dict[str, Minutes]:
    """The market's quotes until `end`, by symbol and minute."""
    quotes: dict[str, dict[int, list[tuple[float, float]]]] = {item.symbol: {} for item in market.instruments}
    for event in market.events():
        if event.time >= end:
            break
        if event.kind == QUOTE:
            begin = event.time - event.time % MINUTE_NS
            mid = (event.bid_units + event.ask_units) / 2
            spread = 1e4 * (event.ask_units - event.bid_units) / mid
            quotes[event.symbol].setdefault(begin, []).append((mid, spread))
    return {symbol: folded(by_minute) for symbol, by_minute in quotes.items()}


def folded(by_minute: dict[int, list[tuple[float, float]]]) -> Minutes:
    rows = []
    for quotes in by_minute.values():
        spreads = [spread for _, spread in quotes]
        rows.append((quotes[0][0], quotes[-1][0], sum(spreads) / len(spreads), min(spreads), max(spreads)))
    return Minutes(np.array([*by_minute], dtype=np.int64), *np.array(rows).T)


def run(asset_class: str) -> dict[Instrument, Minutes]:
    days, step_ms = RUNS[asset_class]
    listings = [listing for listing in universe() if listing.instrument.asset_class == asset_class]
    market = Market(20240304, START, listings, step_ms=step_ms, depth_every=0)
    minutes = minutes_of(market, START + days * DAY_NS)
    return {instrument: minutes[instrument.symbol] for instrument in market.instruments}


@pytest.fixture(scope="module", params=RUNS)
def shown(request: pytest.FixtureRequest) -> dict[Instrument, Minutes]:
    """Each instrument of one class, with its minutes."""
    return run(request.param)


def test_each_class_shows_the_habits_promised_for_it(shown: dict[Instrument, Minutes]) -> None:
    for instrument, minutes in shown.items():
        profile = PROFILES[instrument.asset_class]
        assert lacking(profile, instrument.calendar, minutes) == set(), instrument.symbol
        assert len(minutes.returns()) > 10_000
        deviation = 1e4 * minutes.returns().std() / profile.volatility_bps
        assert 0.7 < deviation < 1.5, instrument.symbol


def test_a_plain_random_walk_shows_none_of_them(shown: dict[Instrument, Minutes]) -> None:
    for instrument, minutes in shown.items():
        profile = PROFILES[instrument.asset_class]
        step = minutes.returns().std()
        shocks = np.random.default_rng(1).normal(0.0, step, len(minutes.begin))
        price = minutes.first[0] * np.exp(np.cumsum(shocks))
        spread = np.full(len(price), 2.0 * profile.spread_band_bps[1])
        walk = Minutes(minutes.begin, price, price, spread, spread, spread)
        expected = {"fat tails", "lone shocks", "clustering", "spreads in their band", "spreads widen in a storm"}
        if profile.gap_band_bps is not None:
            expected.add("spreads widen at the edges")
        if instrument.asset_class in ("equity", "forex"):  # gold's hour of pause is no longer than a wild minute
            expected.add("gaps in their band")
        assert lacking(profile, instrument.calendar, walk) == expected, instrument.symbol


def test_each_habit_is_missed_when_it_alone_is_taken_away(shown: dict[Instrument, Minutes]) -> None:
    for instrument, minutes in shown.items():
        profile = PROFILES[instrument.asset_class]
        flat = np.full(len(minutes.begin), minutes.spread.mean())
        constant = minutes._replace(spread=flat)
        edges = set() if profile.gap_band_bps is None else {"spreads widen at the edges"}
        assert lacking(profile, instrument.calendar, constant) == {"spreads widen in a storm"} | edges
        # The same returns in another order: as fat, but wild minutes come alone.
        changes = np.diff(np.log(minutes.last), prepend=np.log(minutes.first[0]))
        price = np.exp(np.log(minutes.first[0]) + np.cumsum(np.random.default_rng(1).permutation(changes)))
        shuffled = lacking(profile, instrument.calendar, minutes._replace(last=price))
        assert "clustering" in shuffled
        assert not shuffled & {"fat tails", "lone shocks"}
        wide = minutes._replace(spread_high=minutes.spread_high + profile.spread_band_bps[1])
        assert lacking(profile, instrument.calendar, wide) == {"spreads in their band"}


def test_a_market_that_closes_opens_elsewhere_and_one_that_does_not_never_jumps(
    shown: dict[Instrument, Minutes],
) -> None:
    for instrument, minutes in shown.items():
        gaps = len(minutes.gaps_bps())
        assert (gaps == 0) == (instrument.calendar == "always")
        if instrument.calendar == "us-equity":
            assert gaps == 62  # 63 sessions from 4 March to 1 June 2024, Good Friday and Memorial Day being holidays
