"""Every pattern on a whole tape: it fires on real data, knows nothing of the future, and is taken up where it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.signal.patterns.cases import PATTERNS
from tests.unit.signal.patterns.market import COIN, MINUTE, real_bars, seeded_bars
from tests.unit.signal.patterns.tape import (
    ON_BARS,
    ON_QUOTES,
    ON_TRADES,
    Detector,
    real_quotes,
    real_trades,
    said,
)
from tradewright.model.errors import InputError
from tradewright.model.market import Bar, Quote, Trade
from tradewright.model.numbers import SIZE_MAX
from tradewright.model.rng import Rng
from tradewright.signal.patterns import Climax, Frame, ObvDivergence, VwapDivergence

ALL = ON_BARS | ON_QUOTES | ON_TRADES


def seeded_quotes(count: int) -> list[Quote]:
    rng, bid, found = Rng(3), 60_000, []
    for number in range(count):
        bid += rng.below(5) - 2
        ask = bid + 1 + rng.below(3) + 9 * (rng.below(30) == 0)
        found.append(Quote(number, COIN, bid, ask, rng.below(40), rng.below(40)))
    return found


def seeded_trades(count: int) -> list[Trade]:
    rng, price, found = Rng(4), 60_000, []
    for number in range(count):
        price += rng.below(3) - 1
        found.append(Trade(number, COIN, price, 1 + rng.below(900)))
    return found


def tape_of(name: str) -> list[Any]:
    if name in ON_BARS:
        return seeded_bars(900)
    return seeded_quotes(900) if name in ON_QUOTES else seeded_trades(900)


def test_every_pattern_that_has_cases_has_a_tape() -> None:
    assert set(ALL) == {*PATTERNS, "frame"}


@pytest.mark.parametrize("name", ALL)
def test_what_is_said_does_not_change_when_the_future_is_cut_off(name: str) -> None:
    tape = tape_of(name)
    whole = said(ALL[name](), tape)
    assert sum(map(bool, whole)) >= 5
    for cut in range(1, len(tape), 37):
        assert said(ALL[name](), tape[:cut]) == whole[:cut]


@pytest.mark.parametrize("name", ALL)
def test_a_pattern_taken_up_from_its_stored_state_goes_on_as_if_it_had_never_ended(name: str) -> None:
    tape = tape_of(name)
    whole = ALL[name]()
    expected = said(whole, tape)
    for cut in range(0, len(tape), 61):
        before = ALL[name]()
        said(before, tape[:cut])
        stored = json.loads(json.dumps([part.state() for part in before.parts]))
        behind = ALL[name]()
        for part, state in zip(behind.parts, stored, strict=True):
            part.restore(state)
        assert said(behind, tape[cut:]) == expected[cut:]
        assert [part.state() for part in behind.parts] == [part.state() for part in whole.parts]


@pytest.mark.parametrize("name", ALL)
def test_what_is_said_does_not_change_with_the_unit_of_sizes(name: str) -> None:
    """At sizes whose products and sums are far beyond 64 bits."""
    tape = tape_of(name)
    fine = [with_sizes(event, SIZE_MAX // 10**5) for event in tape]
    # A frame shows the size itself.
    assert list(map(bool, said(ALL[name](), fine))) == list(map(bool, said(ALL[name](), tape)))


def with_sizes(event: Any, times: int) -> Any:
    row = event.row()[3:]
    if isinstance(event, Bar):
        return Bar(event.time, event.instrument, *row[:5], event.volume_units * times)
    if isinstance(event, Quote):
        return Quote(event.time, event.instrument, *row[:2], event.bid_size_units * times, event.ask_size_units * times)
    return Trade(event.time, event.instrument, event.price_units, event.size_units * times)


def test_a_state_of_another_pattern_is_refused() -> None:
    with pytest.raises(InputError, match=r"ObvDivergence\(2, 2\): the state is of ObvDivergence\(3, 2\)"):
        ObvDivergence(2, 2).restore(ObvDivergence(3, 2).state())
    with pytest.raises(InputError, match="the state is of"):
        Climax(20).restore(["Climax(20, 3000000, 2000000)"])


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Frame(0), "minutes 0 must be a whole number from 1"),
        (lambda: Frame(2.5), "minutes 2.5 must be"),  # type: ignore[arg-type]
        (lambda: ObvDivergence(0, 2), "before 0 must be"),
        (lambda: ObvDivergence(2, True), "after True must be"),
        (lambda: Climax(0), "length 0 must be"),
    ],
)
def test_a_parameter_out_of_range_is_refused(make: Callable[[], object], why: str) -> None:
    with pytest.raises(InputError, match=why):
        make()


def fires(detector: Detector, events: list[Any]) -> int:
    return sum(map(bool, said(detector, events)))


@pytest.mark.parametrize("name", ON_BARS)
def test_a_pattern_of_bars_fires_on_real_minutes(name: str, shared: Path) -> None:
    assert fires(ON_BARS[name](), real_bars(shared)) >= 10


@pytest.mark.parametrize("name", ON_QUOTES)
def test_a_pattern_of_quotes_fires_on_real_quotes(name: str, shared: Path) -> None:
    assert fires(ON_QUOTES[name](), real_quotes(shared, 10_000)) >= 10


def test_one_sided_flow_is_found_in_real_trades(shared: Path) -> None:
    assert fires(ON_TRADES["trade_sign"](), real_trades(shared, 10_000)) >= 10


def test_the_rule_of_lee_and_ready_says_most_often_what_the_venue_says(shared: Path) -> None:
    """On trades alone, by the tick test. The venue knows."""
    detector = ON_TRADES["trade_sign"]()
    right = wrong = 0
    for trade in real_trades(shared, 10_000):
        detector.says(trade)
        sign = detector.parts[0].sign  # type: ignore[attr-defined]
        right += sign == trade.aggressor
        wrong += sign == -trade.aggressor
    assert right > 2 * wrong > 0


def test_the_average_that_was_paid_begins_anew_with_each_utc_day() -> None:
    """The line of the second day's first bar is its close less its own typical price."""
    day = 86_400 * 10**9
    detector = VwapDivergence()
    for begin, (high, low, close), line in (
        (day - MINUTE, (120, 90, 90), 90 - 100),
        (day, (330, 300, 300), 300 - 310),
        (day + MINUTE, (430, 400, 400), 400 - (310 + 410) // 2),
    ):
        detector.update(Bar(begin + MINUTE, COIN, begin, close, high, low, close, 7))
        assert detector.line == line
