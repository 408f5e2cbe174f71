"""Answers that never came, came too late or said something else than what was done: an order is placed once, and what
became of it is found out."""

from __future__ import annotations

import pytest

from tests.cases.scene import PLACE, VENUES, Scene, play
from tradewright.core.life_cycle import WORKING
from tradewright.model.event import NOT_FOUND, REJECTED
from tradewright.sim.wire.faults import (
    DELAY_ANSWER,
    ERROR_AFTER,
    ERROR_BEFORE,
    GARBLE_ANSWER,
    LOSE_ANSWER,
    LOSE_REQUEST,
    Fault,
)

everywhere = pytest.mark.parametrize("venue", list(VENUES))


def place(venue: str) -> str:
    return PLACE[venue.partition("-")[0]]


@everywhere
@pytest.mark.parametrize("kind", [LOSE_ANSWER, DELAY_ANSWER, GARBLE_ANSWER])
def test_case_ccxt_2599_an_order_whose_answer_was_lost_is_bought_once(venue: str, kind: str) -> None:
    """1 · ccxt#2599, catalyst#317: the POST timed out and was retried: bought twice."""

    async def act(scene: Scene) -> None:
        order = await scene.buy()
        await scene.until(lambda: scene.status(order) == "FILLED", 30)
        await scene.rest(10)
        assert scene.posts() == [order]
        assert scene.made(order) == 1
        assert scene.state(order).filled == scene.units(10)
        assert scene.net() == scene.there() > 0

    play(venue, act, [Fault(kind, place(venue), seconds=8)])


@everywhere
@pytest.mark.parametrize("done", [True, False])
def test_case_alpaca_py_504_an_order_leaves_once_whatever_a_gateway_says(venue: str, done: bool) -> None:
    """2 · alpaca-py: its client posts again by itself on 504. One order on the wire per decision: where the venue had
    taken it, it is found; where it had not, it ends, and nobody sends it behind the strategy's back."""

    async def act(scene: Scene) -> None:
        order = await scene.buy()
        await scene.until(lambda: not scene.state(order).has_unknown() and scene.state(order).submit == 0, 30)
        await scene.rest(20)
        assert scene.posts() == [order]
        assert (scene.made(order), scene.status(order)) == ((1, "FILLED") if done else (0, "NOT_FOUND"))
        assert scene.net() == scene.there()

    play(venue, act, [Fault(ERROR_AFTER if done else ERROR_BEFORE, place(venue), status=504)])


@everywhere
def test_case_hummingbot_6033_an_order_answered_with_503_is_not_forgotten(venue: str) -> None:
    """3 · hummingbot#6033: 503 was taken for a failure; later the order filled."""

    async def act(scene: Scene) -> None:
        order = await scene.buy(limit=scene.price("-1"))
        await scene.until(lambda: scene.kinds(order))
        assert REJECTED not in scene.kinds(order)
        assert order in scene.engine.holds.holds
        await scene.until(lambda: scene.state(order).stage == WORKING, 30)
        scene.move("-2")
        await scene.until(lambda: scene.status(order) == "FILLED", 30)
        assert scene.posts() == [order]
        assert scene.net() == scene.there() > 0

    play(venue, act, [Fault(ERROR_AFTER, place(venue), status=503)])


@everywhere
def test_case_hummingbot_601_an_order_not_found_at_first_is_not_sent_again(venue: str) -> None:
    """4 · hummingbot#601: seconds after an order was placed its look-up said that there was none; it was dropped, and
    sent again."""

    async def act(scene: Scene) -> None:
        scene.site.trouble.hidden_ns = 4 * 10**9
        scene.mute()
        order = await scene.buy(limit=scene.price("-1"))
        asked = scene.clock()
        await scene.rest(2)
        assert scene.status(order) == "UNKNOWN"
        await scene.until(lambda: scene.state(order).stage == WORKING, 30)
        assert scene.clock() - asked > 3 * 10**9, "it was hidden, and nobody could know better"
        assert order in scene.engine.holds.holds
        await scene.rest(20)
        assert scene.posts() == [order]
        assert (scene.made(order), scene.status(order)) == (1, "ACCEPTED")

    play(venue, act, [Fault(LOSE_ANSWER, place(venue))])


@everywhere
def test_case_hummingbot_8457_accepted_orders_outlive_an_outage(venue: str) -> None:
    """5 · hummingbot#8457: in an outage of name resolution accepted orders were dropped, and a position left. Only the
    venue's word ends an order: what filled meanwhile is booked, what did not works on."""

    async def act(scene: Scene) -> None:
        near, far = await scene.buy(4, limit=scene.price("-1")), await scene.buy(3, limit=scene.price("-3"))
        await scene.until(lambda: scene.state(near).stage == scene.state(far).stage == WORKING)
        scene.unplug()
        scene.move("-2")
        await scene.rest(45)
        assert scene.there() - scene.net() > 0, "it filled where nobody could hear of it"
        for order in (near, far):
            assert (scene.status(order), order in scene.engine.holds.holds) == ("ACCEPTED", True)
        scene.plug_in()
        await scene.until(lambda: scene.status(near) == "FILLED" and scene.ready(), 60)
        assert scene.net() == scene.there()
        assert (scene.status(far), scene.posts()) == ("ACCEPTED", [near, far])

    play(venue, act)


@everywhere
def test_case_nautilus_4160_a_fill_told_by_nobody_but_the_answer_is_a_fill(venue: str) -> None:
    """6 · nautilus#4160: a market order that filled inside the answer to its request ended as rejected, with its
    position open."""

    async def act(scene: Scene) -> None:
        scene.mute()
        order = await scene.buy()
        # Alpaca's answer comes before the fill: there its lists have to tell.
        await scene.until(lambda: scene.status(order) == "FILLED", 1 if scene.venue == "binance" else 15)
        assert REJECTED not in scene.kinds(order) and NOT_FOUND not in scene.kinds(order)
        assert [fill.size_units for fill in scene.fills(order)] == [scene.units(10)]
        assert scene.net() == scene.there() > 0

    play(venue, act)


@everywhere
def test_case_ccxt_2599_a_request_that_broke_off_unread_opens_nothing(venue: str) -> None:
    """1 · The other half of it: nobody knows whether the request arrived, and it had not. It is looked up and ends; the
    strategy may order anew."""

    async def act(scene: Scene) -> None:
        order = await scene.buy()
        await scene.until(lambda: not scene.state(order).has_unknown() and scene.kinds(order), 30)
        assert (scene.made(order), scene.status(order), order in scene.engine.holds.holds) == (0, "NOT_FOUND", False)
        again = await scene.buy()
        await scene.until(lambda: scene.status(again) == "FILLED")
        assert scene.posts() == [order, again]
        assert scene.net() == scene.there() > 0

    play(venue, act, [Fault(LOSE_REQUEST, place(venue))])
