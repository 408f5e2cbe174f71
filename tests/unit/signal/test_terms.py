"""What a strategy says of an order becomes exact counts, or is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.desk import listing
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.intent import Intent
from tradewright.model.numbers import nearest_count_of
from tradewright.model.order import BUY, DAY, LIMIT, MARKET, POST_ONLY, SELL, STOP, STOP_LIMIT, TRAILING_STOP
from tradewright.model.sizer import ASKED, KELLY, RISK, RISK_PERCENT, VOLATILITY
from tradewright.model.view import EngineView
from tradewright.signal.hand import Hand
from tradewright.signal.terms import fill_in, quick_count, size_count


def ticking(tick: int) -> Instrument:
    instrument = listing("ACME")
    instrument.rules = OrderRules(tick=tick)
    return instrument


def told(side: int = BUY, tick: int = 1, opening: bool = True, closing: bool = False, **terms: Any) -> Intent:
    intent = Intent("", "main", "s", ticking(tick), side)
    intent.closing = closing
    fill_in(intent, terms, opening)
    return intent


@pytest.mark.parametrize(
    ("side", "limit", "stop"),
    [(BUY, 10_000, 10_005), (SELL, 10_005, 10_000)],
)
def test_a_price_is_rounded_to_the_tick_away_from_the_market(side: int, limit: int, stop: int) -> None:
    intent = told(side, tick=5, limit=100.03, stop=100.03)
    assert (intent.limit_units, intent.stop_units) == (limit, stop)


@pytest.mark.parametrize(
    ("terms", "type"),
    [
        ({}, MARKET), ({"limit": 1}, LIMIT), ({"stop": 1}, STOP), ({"limit": 1, "stop": 1}, STOP_LIMIT),
        ({"trail": 1}, TRAILING_STOP), ({"trail_percent": 1}, TRAILING_STOP),
    ],
)  # fmt: skip
def test_the_order_s_type_follows_from_its_prices(terms: dict[str, Any], type: int) -> None:
    assert told(**terms).type == type


def test_every_term_finds_its_field() -> None:
    intent = told(
        percent=2.5, at_fill=True, tif="day", post_only=True, stop_loss="99.5", take_profit=Decimal("101.25"),
        trailing_percent=None, reason="why", confidence=0.5,
    )  # fmt: skip
    assert (intent.size_ppm, intent.at_fill, intent.time_in_force, intent.flags) == (25_000, True, DAY, POST_ONLY)
    assert (intent.stop_loss, intent.take_profit) == (9_950, 10_125)
    assert (intent.reason, intent.confidence) == ("why", 0.5)
    assert told(closing=True, opening=False, lot="L1").lot == "L1"
    assert told(trailing=0.5).exit_trail_units == 50


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"limt": 1}, "no limt"), ({"limt": None}, "no limt"), ({"lot": "x"}, "no lot"),
        ({"at_fill": True}, "no at_fill"),
        ({"percent": 0}, "percent 0 must be above zero"), ({"trail_percent": 100}, "above zero and below 100"),
        ({"percent": 1, "value": 1}, "say how much once"), ({"value": -1}, "value must be above zero"),
        ({"trail": 1, "limit": 1}, "go with no other price"), ({"trail": 1, "trail_percent": 1}, "no other price"),
        ({"stop_loss": 1, "trailing": 1}, "an order has one"), ({"confidence": 1.5}, "between 0 and 1"),
        ({"reason": 5}, "reason 5 is not text"), ({"tif": "gtd"}, "tif: 'gtd' is not one of"),
        ({"limit": float("nan")}, "not a finite number"), ({"limit": -1.0}, "must be above zero"),
        ({"limit": 0.001}, "must be above zero"), ({"limit": "x"}, "is not a number"),
        ({"risk": 1, "risk_percent": 1}, "say how much once: risk, risk_percent are too many"),
        ({"percent": 1, "kelly": 1}, "say how much once: percent, kelly are too many"),
        ({"value": 1, "size_hint": 0.5}, "size_hint do not go with value"),
        ({"risk": 0}, "risk 0 must be above zero"), ({"risk_percent": 101}, "risk_percent: 101 is out of range"),
        ({"kelly": 1.5}, "kelly: 1.5 is out of range"), ({"win_rate": -0.1}, "win_rate -0.1 must be above zero"),
        ({"size_hint": 1.01}, "size_hint: 1.01 is out of range"), ({"deviation": "x"}, "is not a number"),
    ],
)  # fmt: skip
def test_a_term_that_can_not_be_is_refused_by_name(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        told(**terms)


@pytest.mark.parametrize(
    ("terms", "row"),
    [
        ({"risk": 75.5}, (RISK, 75_500_000_000_000_000_000, 200_000, 0, 0, 0, 0, 10**6)),
        ({"risk_percent": 0.5, "max_size": 3}, (RISK_PERCENT, 5_000, 200_000, 3 * 10**9, 0, 0, 0, 10**6)),
        ({"volatility_percent": 1, "deviation": 2.345}, (VOLATILITY, 10_000, 200_000, 0, 234, 0, 0, 10**6)),
        (
            {"kelly": 0.5, "win_rate": 0.55, "payoff": 1.2, "kelly_cap": 5},
            (KELLY, 500_000, 50_000, 0, 0, 550_000, 1_200_000, 10**6),
        ),
        ({"size_hint": 0.25, "risk": None}, (ASKED, 0, 200_000, 0, 0, 0, 0, 250_000)),
    ],
)
def test_a_size_that_is_to_be_found_says_how(terms: dict[str, Any], row: tuple[int, ...]) -> None:
    sizer = told(**terms).sizer
    assert sizer is not None
    assert sizer.row() == row


def test_a_size_is_said_or_found_but_not_both() -> None:
    own = hand("ACME")
    with pytest.raises(InputError, match="say how much once: a size, or how it is to be found"):
        own.open(BUY, 1, {"risk": 5})
    with pytest.raises(InputError, match="say how much: size, percent"):
        own.open(BUY, None, {"size_hint": 0.5})
    with pytest.raises(InputError, match="no risk"):
        told(closing=True, opening=False, risk=1)
    assert told(risk=None).sizer is None


def test_a_price_that_leaves_nothing_on_the_tick_is_refused() -> None:
    with pytest.raises(InputError, match="leaves nothing on a tick of 500 counts"):
        told(BUY, tick=500, limit=1.0)


def test_exits_are_not_attached_to_a_close() -> None:
    with pytest.raises(InputError, match="no stop_loss"):
        told(closing=True, opening=False, stop_loss=1)
    with pytest.raises(InputError, match="lot 5 is not text"):
        told(closing=True, opening=False, lot=5)


def test_a_size_is_above_zero_and_in_range() -> None:
    assert [size_count("s", size, listing("ACME")) for size in (3, "2", Decimal(4))] == [3, 2, 4]
    for size in (0, -1, 2**62, 0.0):
        with pytest.raises(InputError, match="size"):
            size_count("s", size, listing("ACME"))


@given(st.floats(min_value=1e-9, max_value=1e9), st.integers(0, 8))
def test_the_quick_count_is_the_exact_one_or_none(number: float, scale: int) -> None:
    quick = quick_count(number, 10.0**scale)
    assert quick in (-1, nearest_count_of(number, scale, "x", 2**63))


def hand(*symbols: str) -> Hand:
    return Hand("s", "main", [listing(symbol) for symbol in symbols])


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda hand: hand.open(BUY, None, {}), "say how much"),
        (lambda hand: hand.open(BUY, 1, {"symbol": "NONE"}), "'NONE' is not one of its symbols"),
        (lambda hand: hand.open(BUY, 1, {"parent": "vwap"}), "a slice says parent and parent_size"),
        (lambda hand: hand.open(BUY, 1, {"parent_size": 5}), "a slice says parent and parent_size"),
        (lambda hand: hand.open(BUY, 1, {"parent": "", "parent_size": 5}), "a slice says parent and parent_size"),
        (lambda hand: hand.open(BUY, 1, {"parent": 7, "parent_size": 5}), "parent 7 is not text"),
        (lambda hand: hand.open(BUY, 1, {"parent": "vwap", "parent_size": 0}), "must be above zero"),
        (
            lambda hand: hand.open(BUY, None, {"percent": 5, "at_fill": True, "parent": "vwap", "parent_size": 5}),
            "a slice says parent and parent_size",
        ),
        (lambda hand: hand.cancel(5), "5 is not the id of an order"),
    ],
)
def test_what_is_refused_states_no_intent(act: Callable[[Hand], None], said: str) -> None:
    own = hand("ACME")
    with pytest.raises(InputError, match=said):
        act(own)
    assert own.intents == []


def test_a_strategy_that_is_not_attached_has_no_engine() -> None:
    own, view = hand("ACME"), EngineView()
    with pytest.raises(AssertionError):
        own.open(BUY, 1, {})
    for look in (
        lambda: view.now, lambda: view.equity("main"), lambda: view.book("main", "s", own.instrument),
        lambda: view.open_orders("main", "s", own.instrument),
    ):  # fmt: skip
        with pytest.raises(AssertionError):
            look()


def test_a_yes_is_no_size() -> None:
    """Python counts True as 1, and an order of one was not meant."""
    with pytest.raises(InputError, match="size True of ACME is not a number"):
        size_count("s", True, listing("ACME"))
