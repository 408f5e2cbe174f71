"""A market that is put away and taken up again goes on as if nothing had happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from typing import Any

import msgspec
import pytest

from tradewright.model.errors import InputError
from tradewright.sim.market import Market, universe

#: Wednesday 2024-06-05, 19:59 UTC: a minute before New York's close, with everything open.
START = 1717617540 * 10**9


def new(seed: int = 9) -> Market:
    return Market(seed, START, step_ms=5_000, depth_levels=3, depth_every=2)


def rows(market: Market, count: int) -> list[tuple[object, ...]]:
    return [(event.symbol, *event.row()) for event in islice(market.events(), count)]


def through_json(state: dict[str, object]) -> dict[str, Any]:
    return json.loads(json.dumps(state))


def through_msgspec(state: dict[str, object]) -> dict[str, Any]:
    return msgspec.json.decode(msgspec.json.encode(state), type=dict[str, Any])


#: Cuts at the start, within an instant, about the shares' close (event 225), in gold's pause (8 981 to 15 982).
CUTS = (0, 1, 2, 3, 5, 8, 13, 14, 15, 16, 17, 18, 100, 220, 225, 226, 9_000, 15_900)


@pytest.mark.parametrize("codec", [through_json, through_msgspec])
@pytest.mark.parametrize("taken", CUTS)
def test_a_restored_market_goes_on_exactly(taken: int, codec: Callable[[dict[str, object]], dict[str, Any]]) -> None:
    uninterrupted = new()
    rows(uninterrupted, taken)
    state = codec(uninterrupted.state())
    resumed = new()
    resumed.restore(state)
    assert rows(resumed, 2_000) == rows(uninterrupted, 2_000)
    assert resumed.state() == uninterrupted.state()


def test_a_restored_market_opens_next_day_with_the_same_gap() -> None:
    shares = universe()[:3]
    uninterrupted = Market(4, START, shares, step_ms=60_000)
    rows(uninterrupted, 20)
    resumed = Market(4, START, shares, step_ms=60_000)
    resumed.restore(through_json(uninterrupted.state()))
    going_on = rows(resumed, 5_000)
    assert going_on == rows(uninterrupted, 5_000)
    assert any(row[2] > START + 12 * 3600 * 10**9 for row in going_on if isinstance(row[2], int))


def test_a_market_may_be_restored_while_it_is_being_read() -> None:
    market = new()
    events = market.events()
    rows(market, 40)
    state = through_json(market.state())
    after = [event.row() for event in islice(events, 100)]
    market.restore(state)
    assert [event.row() for event in islice(events, 100)] == after


def test_a_second_reader_goes_on_where_the_first_stands() -> None:
    split, whole = new(), new()
    assert rows(split, 37) + rows(split, 63) == rows(whole, 100)


@pytest.mark.parametrize(
    "other",
    [
        Market(10, START, step_ms=5_000, depth_levels=3, depth_every=2),
        Market(9, START + 10**10, step_ms=5_000, depth_levels=3, depth_every=2),
        Market(9, START, step_ms=1_000, depth_levels=3, depth_every=2),
        Market(9, START, step_ms=5_000, depth_levels=4, depth_every=2),
        Market(9, START, universe()[1:], step_ms=5_000, depth_levels=3, depth_every=2),
        Market(9, START, universe("elsewhere"), step_ms=5_000, depth_levels=3, depth_every=2),
    ],
)
def test_a_state_of_other_arguments_is_refused(other: Market) -> None:
    with pytest.raises(InputError, match="another seed, start, step, depth or universe"):
        new().restore(other.state())


def without(state: dict[str, Any], key: str) -> None:
    del state[key]


@pytest.mark.parametrize(
    "damage",
    [
        lambda state: without(state, "time"),
        lambda state: without(state, "pending"),
        lambda state: state["tapes"].pop(),
        lambda state: without(state["tapes"][7], "log_price"),
        lambda state: state["tapes"][7].update(open="yes"),
        lambda state: state["tapes"][7].update(rng="1:2:3"),
        lambda state: without(state["tapes"][7], "rng"),
        lambda state: state["pending"][0].__setitem__(0, 99),
        lambda state: state["pending"][0].__setitem__(2, "NOBODY"),
        lambda state: state["pending"][0].pop(3),
        lambda state: state["pending"][0].clear(),
    ],
)
def test_a_damaged_state_is_refused_and_the_market_stays_where_it_stood(
    damage: Callable[[dict[str, Any]], object],
) -> None:
    market = new()
    rows(market, 30)
    state = through_json(market.state())
    assert state["pending"]
    damage(state)
    rows(market, 30)
    before = market.state()
    with pytest.raises(InputError):
        market.restore(state)
    assert market.state() == before
