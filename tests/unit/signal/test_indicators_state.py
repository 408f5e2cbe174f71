"""Each indicator there is: restored from JSON it continues bit for bit, and no bar changes what was said before it."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tradewright.signal.indicators as package
from tests.unit.signal.digest import CASES, indicator_digest, outputs, packed, random_bars
from tradewright.model.errors import ContractError
from tradewright.signal.indicators import INDICATORS, SMA, Bollinger, Indicator, RollingCorrelation, Series
from tradewright.signal.indicators.part import Part
from tradewright.signal.indicators.window import Window

Make = Callable[[], Indicator]
LABELS = [make().label for make in CASES]

each = pytest.mark.parametrize("make", CASES, ids=LABELS)
seeds = st.integers(0, 2**32)


def through_json(state: tuple[Any, ...]) -> list[Any]:
    """The state as two encoders bring it back; no NaN, no infinity, lists for tuples."""
    again: list[Any] = json.loads(json.dumps(state, allow_nan=False))
    assert msgspec.json.decode(msgspec.json.encode(state)) == again
    return again


def test_every_indicator_of_the_package_is_among_the_cases() -> None:
    modules = [import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    indicators = {kind for kind in kinds if issubclass(kind, Indicator)} - {Indicator, Series}
    assert indicators == set(INDICATORS) == {type(make()) for make in CASES}
    assert len(INDICATORS) == len(set(INDICATORS))
    assert {kind.__name__ for kind in INDICATORS} <= set(package.__all__)


def test_labels_tell_indicators_apart() -> None:
    lines = [line.label for make in CASES for line in make().lines()]
    assert len(lines) == len(set(lines))


@each
@given(seed=seeds, before=st.integers(0, 70), after=st.integers(1, 40))
def test_a_restored_indicator_continues_bit_for_bit(make: Make, seed: int, before: int, after: int) -> None:
    bars = random_bars(seed, before + after)
    original, restored = make(), make()
    outputs(original, bars[:before])
    state = through_json(original.state())
    restored.restore(state)
    assert through_json(restored.state()) == state
    assert packed(outputs(restored, bars[before:])) == packed(outputs(original, bars[before:]))
    assert restored.state() == original.state()
    assert restored.count == before + after


@given(st.lists(st.floats(-1e100, 1e100), min_size=2, max_size=30), st.integers(0, 30))
def test_restored_values_and_pairs_continue_bit_for_bit(values: list[float], cut: int) -> None:
    makes: tuple[Make, ...] = tuple(make for make in CASES if isinstance(make(), Series | RollingCorrelation))
    for make in makes:
        original, restored = make(), make()
        feed(original, values[:cut])
        restored.restore(through_json(original.state()))
        assert packed(feed(restored, values[cut:])) == packed(feed(original, values[cut:]))


def feed(indicator: Indicator, values: list[float]) -> list[tuple[float, ...]]:
    rows = []
    for x in values:
        if isinstance(indicator, RollingCorrelation):
            indicator.update_pair(x, -x)
        else:
            indicator.update_value(x)
        assert all(abs(line.value) < float("inf") for line in indicator.lines() if line.ready)
        rows.append(tuple(number for line in indicator.lines() for number in (line.value, line.previous)))
    return rows


@each
@given(seed=seeds, other=seeds, known=st.integers(1, 60))
def test_the_future_changes_nothing_that_was_said(make: Make, seed: int, other: int, known: int) -> None:
    bars = random_bars(seed, known)
    of = bars[0].instrument
    one = bars + [moved(b, of) for b in random_bars(other, 40)]
    assert packed(outputs(make(), one))[:known] == packed(outputs(make(), bars))


def moved(b: Any, of: Any) -> Any:
    """The same bar of another instrument object with the same symbol and scales."""
    return type(b)(
        b.time, of, b.time_open, b.open_units, b.high_units, b.low_units, b.close_units, b.volume_units
    )  # fmt: skip


@each
def test_previous_is_the_value_one_update_before(make: Make) -> None:
    rows = outputs(make(), random_bars(3, 200))
    lines = range(0, len(rows[0]), 2)
    values = [(float("nan"),) * len(lines), *(tuple(row[i] for i in lines) for row in rows)]
    # A line that is put later than its indicator's others keeps NaN as its previous; so does every one at first.
    assert packed(values[:-1]) == packed([tuple(row[i + 1] for i in lines) for row in rows])


def test_the_digest_depends_on_seed_and_length_and_on_nothing_else() -> None:
    assert indicator_digest(1, 120) == indicator_digest(1, 120)
    assert len({indicator_digest(1, 120), indicator_digest(2, 120), indicator_digest(1, 121)}) == 3


class Span(Series):
    """An indicator as a strategy's author writes one: parts listed once, the rest is push."""

    def __init__(self, length: int) -> None:
        super().__init__(f"Span({length})", "close")
        self.window = Window(length)
        self.share = self.line("share")
        self.parts = (self.window, self.share)

    def push(self, x: float) -> None:
        if self.window.push(x):
            self.put(self.window.mean() / self.unit)
            self.share.put(x / self.window.mean())


def test_an_indicator_of_ones_own_is_an_indicator() -> None:
    bars = random_bars(4, 60)
    span, restored = Span(10), Span(10)
    rows = outputs(span, bars[:30])
    assert [row[0] for row in rows[9:]] == pytest.approx([row[0] for row in outputs(SMA(10), bars[:30])[9:]])
    restored.restore(through_json(span.state()))
    assert packed(outputs(restored, bars[30:])) == packed(outputs(span, bars[30:]))
    assert [line.label for line in span.lines()] == ["Span(10)", "Span(10).share"]


def test_an_indicator_that_computes_nothing_is_a_defect() -> None:
    (one,) = random_bars(1, 1)
    for part, call in (
        (Indicator("bare"), lambda bare: bare.update(one)),
        (Series("bare", "close"), lambda bare: bare.update_value(1.0)),
        (Part(), lambda bare: bare.state()),
        (Part(), lambda bare: bare.restore(())),
    ):
        with pytest.raises(ContractError, match="does not"):
            call(part)


def test_lines_are_the_main_one_and_its_companions() -> None:
    bands = Bollinger(5, 2.0)
    assert bands.lines() == (bands, bands.upper, bands.lower)
    assert [line.label for line in bands.lines()] == [
        "Bollinger(5, 2.0, close)", "Bollinger(5, 2.0, close).upper", "Bollinger(5, 2.0, close).lower",
    ]  # fmt: skip
