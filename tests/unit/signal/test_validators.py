"""Validators: each at its limit and one unit on either side of it, each refusing what it can not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, QuoteBar
from tradewright.model.moment import moment_of, moment_text
from tradewright.signal.correlation import Correlations
from tradewright.signal.validators import VALIDATORS, Case, Settings, Validator, validators_from

MINUTE, SECOND = 60 * 10**9, 10**9
EURUSD = Instrument("EURUSD", "v", "forex", "EUR", "USD", 5, 2, index=0)
ACME = Instrument("ACME", "v", "equity", "ACME", "USD", 2, 0, index=1)
BUY, SELL = 1, -1


def at(text: str) -> int:
    return moment_of(text, "test")


def bar(minute: int, high: int, low: int, close: int, instrument: Instrument = ACME) -> Bar:
    return Bar(minute * MINUTE, instrument, (minute - 1) * MINUTE, close, high, low, close, 1)


def closes(*prices: int, instrument: Instrument = ACME) -> list[MarketEvent]:
    return [bar(minute, price, price, price, instrument) for minute, price in enumerate(prices, 1)]


def ranged(high: int) -> list[MarketEvent]:
    """Two bars that close at 10,000; the second's true range reaches from there to `high`."""
    return [*closes(10_000), bar(2, high, 10_000, 10_000)]


def quote(bid: int, ask: int, time: int = 0) -> Quote:
    return Quote(time, ACME, bid, ask)


def made(name: str, settings: dict[str, Any], events: Sequence[MarketEvent] = ()) -> Validator:
    """The validator after these events, stored and restored on the way."""
    found = VALIDATORS[name](Settings("it", settings))
    for event in events:
        found.observe(event)
        stored = msgspec.json.decode(msgspec.json.encode(found.state()))
        found = VALIDATORS[name](Settings("it", settings))
        found.restore(stored)
    return found


def case(side: int = BUY, now: int = 0, held: Sequence[tuple[Instrument, int]] = (), of: Instrument = ACME) -> Case:
    return Case(of, side, now, tuple(held))


NEWS = {"events": [{"from": "2026-01-05T14:00:00Z", "to": "2026-01-05T14:30:00Z", "currency": "EUR"}]}
DAY = {"windows": [{"days": ["mon"], "from": "09:30", "to": "16:00", "zone": "America/New_York"}]}
NIGHT = {"windows": [{"days": ["fri"], "from": "22:00", "to": "02:00"}]}
BAND = {"length": 1, "min_percent": 1, "max_percent": 3}
TREND = {"length": 2, "tolerance_percent": 0.1}
#: name, settings, events, case, and whether it passes with which value.
CASES: dict[str, tuple[str, dict[str, Any], list[MarketEvent], Case, bool, int | None]] = {
    "history: one bar short": ("history", {"bars": 3}, closes(1, 1), case(), False, 2),
    "history: as many as needed": ("history", {"bars": 3}, closes(1, 1, 1), case(), True, 3),
    "history: one more": ("history", {"bars": 3}, closes(1, 1, 1, 1), case(), True, 4),
    "history: another symbol's bars do not count": (
        "history", {"bars": 1}, closes(1, instrument=EURUSD), case(), False, 0,
    ),
    # 2 × close − sum over sum: (2 × 999000 − 2000000) / 2000000 = −1000 ppm
    "trend: a buy at the tolerance": ("trend", TREND, closes(1_001_000, 999_000), case(BUY), True, 1000),
    "trend: a buy just within": ("trend", TREND, closes(1_000_999, 999_001), case(BUY), True, 999),
    "trend: a buy just beyond": ("trend", TREND, closes(1_001_001, 998_999), case(BUY), False, 1001),
    "trend: a sale at the tolerance": ("trend", TREND, closes(999_000, 1_001_000), case(SELL), True, 1000),
    "trend: a sale just beyond": ("trend", TREND, closes(998_999, 1_001_001), case(SELL), False, 1001),
    "trend: a sale with the trend": ("trend", TREND, closes(1_001_001, 998_999), case(SELL), True, -1001),
    "trend: a part of a ppm beyond": ("trend", {"length": 2}, closes(9_000_001, 9_000_000), case(BUY), False, 1),
    "trend: not known yet": ("trend", TREND, closes(5), case(), False, None),
    "trend: the window rolls": ("trend", {"length": 2}, closes(900, 10, 20), case(BUY), True, -333_333),
    # range / close, ppm
    "volatility: below the band": ("volatility", BAND, ranged(10_099), case(), False, 9900),
    "volatility: at its lower end": ("volatility", BAND, ranged(10_100), case(), True, 10_000),
    "volatility: just above it": ("volatility", BAND, ranged(10_101), case(), True, 10_100),
    "volatility: just below its upper end": ("volatility", BAND, ranged(10_299), case(), True, 29_900),
    "volatility: at its upper end": ("volatility", BAND, ranged(10_300), case(), True, 30_000),
    "volatility: above the band": ("volatility", BAND, ranged(10_301), case(), False, 30_100),
    "volatility: a gap is range": ("volatility", BAND, closes(10_000, 10_400), case(), False, 38_462),
    "volatility: not known yet": ("volatility", BAND, closes(10_000), case(), False, None),
    # 2 × (ask − bid) / (ask + bid), ppm
    "spread: below": ("spread", {"max_percent": 0.01}, [quote(9_999_505, 10_000_495)], case(), True, 99),
    "spread: at the limit": ("spread", {"max_percent": 0.01}, [quote(9_999_500, 10_000_500)], case(), True, 100),
    "spread: just beyond": ("spread", {"max_percent": 0.01}, [quote(9_999_499, 10_000_501)], case(), False, 101),
    "spread: no quote": ("spread", {"max_percent": 1}, closes(100), case(), False, None),
    "spread: crossed": ("spread", {"max_percent": 1}, [quote(101, 100)], case(), False, None),
    "spread: a quote of its age": (
        "spread", {"max_percent": 1, "max_age_seconds": 5}, [quote(100, 100)], case(now=5 * SECOND), True, 0,
    ),
    "spread: a quote a nanosecond older": (
        "spread", {"max_percent": 1, "max_age_seconds": 5}, [quote(100, 100)], case(now=5 * SECOND + 1), False, None,
    ),
    "spread: by a book": ("spread", {"max_percent": 1}, [Depth(0, ACME, ((100, 1),), ((100, 1),))], case(), True, 0),
    "spread: by a quote bar": (
        "spread", {"max_percent": 1}, [QuoteBar(0, ACME, 0, 1, 1, 1, 100, 1, 1, 1, 102)], case(), False, 19_802,
    ),
    "session: a nanosecond early": ("session", DAY, [], case(now=at("2026-01-05T14:30:00Z") - 1), False, 0),
    "session: opens": ("session", DAY, [], case(now=at("2026-01-05T14:30:00Z")), True, 1),
    "session: its last minute": ("session", DAY, [], case(now=at("2026-01-05T20:59:59.999999999Z")), True, 1),
    "session: closed": ("session", DAY, [], case(now=at("2026-01-05T21:00:00Z")), False, 0),
    "session: in summer an hour earlier": ("session", DAY, [], case(now=at("2026-07-06T13:30:00Z")), True, 1),
    "session: another day": ("session", DAY, [], case(now=at("2026-01-06T15:00:00Z")), False, 0),
    "session: over midnight, its evening": ("session", NIGHT, [], case(now=at("2026-01-09T22:00:00Z")), True, 1),
    "session: over midnight, its morning": ("session", NIGHT, [], case(now=at("2026-01-10T01:59:59Z")), True, 1),
    "session: over midnight, over": ("session", NIGHT, [], case(now=at("2026-01-10T02:00:00Z")), False, 0),
    "session: over midnight, a day early": ("session", NIGHT, [], case(now=at("2026-01-09T01:00:00Z")), False, 0),
    "session: beyond the zone's table": ("session", DAY, [], case(now=at("2999-01-07T15:00:00Z")), False, None),
    "news: before": ("news", NEWS, [], case(now=at("2026-01-05T14:00:00Z") - 1, of=EURUSD), True, 0),
    "news: begins": ("news", NEWS, [], case(now=at("2026-01-05T14:00:00Z"), of=EURUSD), False, 1),
    "news: its last nanosecond": ("news", NEWS, [], case(now=at("2026-01-05T14:30:00Z") - 1, of=EURUSD), False, 1),
    "news: over": ("news", NEWS, [], case(now=at("2026-01-05T14:30:00Z"), of=EURUSD), True, 0),
    "news: of another currency": ("news", NEWS, [], case(now=at("2026-01-05T14:10:00Z")), True, 0),
    "news: of a symbol": (
        "news", {"events": [{"from": "1970-01-01T00:00:00Z", "to": "1970-01-02T00:00:00+01:00", "symbol": "ACME"}]},
        [], case(now=MINUTE), False, 1,
    ),
    "news: the calendar still speaks": (
        "news", NEWS | {"known_until": "2026-02-01T00:00:00Z"}, [], case(now=at("2026-02-01T00:00:00Z") - 1), True, 0,
    ),
    "news: the calendar has ended": (
        "news", NEWS | {"known_until": "2026-02-01T00:00:00Z"}, [], case(now=at("2026-02-01T00:00:00Z")), False, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_validator_at_its_limit_and_beside_it(name: str) -> None:
    validator, settings, events, asked, passes, value = CASES[name]
    check = made(validator, settings, events).check(asked)
    assert (check.passed, check.value) == (passes, value)
    assert (check.station, check.limit is not None) == ("validation", True)
    assert check.note and (value is not None or not check.passed)


def test_every_validator_has_cases_here_that_pass_that_refuse_and_that_can_not_be_known() -> None:
    seen = {(row[0], row[4], row[5] is None) for row in CASES.values()}
    for name in set(VALIDATORS) - {"correlation"}:
        assert {(name, True, False), (name, False, False)} <= seen
    assert {name for name, _, unknown in seen if unknown} == set(VALIDATORS) - {"correlation", "history"}


# ── correlation ────────────────────────────────────────────────────────────────────────────────────────────────────


def moving(prices: Sequence[int], others: Sequence[int]) -> list[MarketEvent]:
    return [event for pair in zip(closes(*prices), closes(*others, instrument=EURUSD), strict=True) for event in pair]


#: Returns of +10 %, 0 and −10 % beside +10 %, −10 % and 0: r = ½ exactly, since Σxy = 1, Σx² = Σy² = 2 (in 1 % of 1 %).
HALF = moving((10_000, 11_000, 11_000, 9_900), (10_000, 11_000, 9_900, 9_900))


@pytest.mark.parametrize(
    ("limit", "side", "net", "passes", "value"),
    [
        ("0.5", BUY, 1, True, 500_000),
        ("0.499999", BUY, 1, False, 500_000),
        ("0.500001", BUY, 1, True, 500_000),
        ("0.4", SELL, -1, False, 500_000),
        ("0.4", SELL, 1, True, -500_000),
        ("0.4", BUY, -5, True, -500_000),
    ],
)
def test_the_correlation_with_what_is_open(limit: str, side: int, net: int, passes: bool, value: int) -> None:
    check = made("correlation", {"length": 3, "max": limit}, HALF).check(case(side, held=[(EURUSD, net)]))
    assert (check.passed, check.value) == (passes, value)


@pytest.mark.parametrize(
    ("events", "held", "passes"),
    [
        (HALF[:-1], [(EURUSD, 1)], False),  # one common bar short
        ([], [(EURUSD, 1)], False),
        (moving((10, 10, 10, 10), (10, 11, 12, 13)), [(EURUSD, 1)], False),  # one of them stood still
        (HALF[:-1], [(ACME, 1)], True),  # its own position is the size's business
        ([], [], True),
    ],
)
def test_a_correlation_that_is_not_known_refuses(
    events: list[MarketEvent], held: list[tuple[Instrument, int]], passes: bool
) -> None:
    check = made("correlation", {"length": 3, "max": 1}, events).check(case(held=held))
    assert check.passed == passes
    assert check.value == (0 if passes else None)


@given(st.lists(st.tuples(st.integers(50, 150), st.integers(50, 150), st.booleans()), min_size=8, max_size=40))
def test_the_rolling_correlation_is_numpys_of_the_last_common_returns(rows: list[tuple[int, int, bool]]) -> None:
    length, pairs = 5, Correlations(5)
    xs: list[int] = []
    ys: list[int] = []
    common: list[tuple[float, float]] = []
    for minute, (x, y, both) in enumerate(rows, 1):
        pairs.observe(bar(minute, x, x, x))
        xs.append(x)
        if both:
            pairs.observe(bar(minute, y, y, y, EURUSD))
            ys.append(y)
            if len(xs) > 1 and len(ys) > 1:
                common.append((xs[-1] / xs[-2] - 1, ys[-1] / ys[-2] - 1))
    kept = np.array(common[-length:])
    ours = pairs.signed("ACME", "EURUSD", 1)
    if len(common) < length or kept[:, 0].std() < 1e-9 or kept[:, 1].std() < 1e-9:
        assert ours is None
    else:
        assert ours is not None
        assert ours / 1e6 == pytest.approx(np.corrcoef(kept.T)[0, 1], abs=2e-6)


# ── settings ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"trend": {}}, "trend: length is missing"),
        ({"trend": {"length": 0}}, "length 0 must be a whole number"),
        ({"trend": {"length": 5, "tolerance_percent": -1}}, "can not be negative"),
        ({"trend": 5}, "a table of names and values, not 5"),
        ({"volatility": {"length": 5, "min_percent": 2, "max_percent": 1}}, "min_percent is above max_percent"),
        ({"session": {"windows": [{"from": "9:60", "to": "10:00"}]}}, "'9:60' is no time of the day"),
        ({"session": {"windows": [{"from": "noon", "to": "10:00"}]}}, "'noon' is no time of the day"),
        ({"session": {"windows": [{"days": ["monday"], "from": "09:00", "to": "10:00"}]}}, "are not among mon, tue"),
        ({"session": {"windows": [{"from": "09:00", "to": "10:00", "zone": "Mars"}]}}, "'Mars' is not in the table"),
        ({"news": {"events": [{"from": "2026-01-05", "to": "2026-01-06", "symbol": "X"}]}}, "does not say its zone"),
        ({"news": {"events": [{"from": "soon", "to": "2026-01-06T00:00:00Z", "symbol": "X"}]}}, "'soon' is no moment"),
        (
            {"news": {"events": [{"from": "2026-01-06T00:00:00Z", "to": "2026-01-06T00:00:00Z", "symbol": "X"}]}},
            "ends before it begins",
        ),
        ({"news": {"events": [{"from": "2026-01-06T00:00:00Z", "to": "2026-01-07T00:00:00Z"}]}}, "currency is missing"),
        ({"correlation": {"length": 1, "max": 1}}, "length 1 must be"),
        ({"correlation": {"length": 5, "max": "-0.1"}}, "must lie between 0 and 1"),
    ],
)
def test_settings_that_can_not_be_are_refused_with_their_name(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        validators_from("e", settings)


def test_validators_are_asked_in_one_order_however_they_are_written_down() -> None:
    written = {"spread": {"max_percent": 1}, "history": {"bars": 1}}
    assert list(validators_from("e", written)) == ["history", "spread"]


@pytest.mark.parametrize(
    "text",
    ["2026-01-05T14:30:00Z", "2026-01-05T14:30:00.25Z", "1969-12-31T23:59:59.999999999Z", "2026-01-05T14:30:00.1Z"],
)
def test_a_moment_comes_back_from_its_text_to_the_nanosecond(text: str) -> None:
    assert moment_text(moment_of(text, "it")) == text


def test_a_moment_may_name_its_offset() -> None:
    assert moment_of("2026-01-05T15:30:00+01:00", "it") == moment_of("2026-01-05T14:30:00Z", "it")
