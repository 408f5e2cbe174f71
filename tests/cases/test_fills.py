"""What filled and what is left of it: cancels too late, partial fills, changed orders, flips, fees in the base and the
last step of a size."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.cases.scene import CANCEL, PLACE, VENUES, Scene, play
from tradewright.adapters.venue import alpaca
from tradewright.adapters.venue.alpaca.requests import Requests
from tradewright.adapters.venue.binance import requests as binance
from tradewright.adapters.venue.mt5.requests import open_body
from tradewright.core.life_cycle import SENT, UNKNOWN, WORKING
from tradewright.model.control import EVERYTHING, HALTED, TradingStateSet
from tradewright.model.event import CANCEL_REJECTED, CANCELLED, OUTCOME_UNKNOWN
from tradewright.model.order import BUY, MARKET, Order
from tradewright.signal.terms import size_count
from tradewright.sim.wire.faults import ERROR_AFTER, LOSE_ANSWER, LOSE_REQUEST, Fault

#: Where orders are looked up.
LOOK_UPS = {
    "alpaca": ("/v2/orders", "/v2/account/activities"),
    "binance": ("/api/v3/order", "/api/v3/openOrders", "/api/v3/myTrades"),
    "mt5": ("/api/v1/orders", "/api/v1/pending-orders", "/api/v1/history/"),
}

everywhere = pytest.mark.parametrize("venue", list(VENUES))


async def resting(scene: Scene, parts: int = 10, percent: str = "-1", **terms: Any) -> str:
    """A bid at work."""
    order = await scene.buy(parts, limit=scene.price(percent), **terms)
    await scene.until(lambda: scene.state(order).stage == WORKING)
    return order


@everywhere
def test_case_hummingbot_3374_orders_without_an_answer_are_found_and_cancelled(venue: str) -> None:
    """17 · hummingbot#3374: network errors, and six forgotten orders that all filled. What the market takes is booked,
    and a kill reaches the rest, though no answer has ever said that they are there."""

    async def act(scene: Scene) -> None:
        scene.mute()
        scene.fault(Fault(LOSE_ANSWER, PLACE[scene.venue], times=6))
        size, prices = scene.size(2), [scene.price(f"-{percent}") for percent in range(1, 7)]
        orders = await scene.tell(lambda strategy: [strategy.buy(size, limit=price) for price in prices])
        for path in LOOK_UPS[scene.venue]:
            scene.fault(Fault(LOSE_REQUEST, f"GET {path}", times=0))
        await scene.until(lambda: all(OUTCOME_UNKNOWN in scene.kinds(id) for id in orders))
        scene.move("-3.5")
        await scene.rest(3)
        scene.floor.deliver(TradingStateSet(scene.clock(), EVERYTHING, HALTED, "ann", "kill"))
        await scene.rest(1)
        scene.plan.faults.clear()
        await scene.until(lambda: scene.stand.truth(scene.instruments).working == [], 30)
        ends = ["FILLED"] * 3 + ["CANCELLED"] * 3
        await scene.until(lambda: [scene.status(id) for id in orders] == ends, 30)
        assert sorted(scene.posts()) == orders
        assert scene.net() == scene.there()

    play(venue, act)


@everywhere
@pytest.mark.parametrize("parts", [10, 4])
def test_case_freqtrade_1858_what_filled_before_its_cancel_is_not_bought_again(venue: str, parts: int) -> None:
    """18 · freqtrade#1858, passivbot#514: cancelled and filled all the same; the cancel was refused, and it was bought
    again. A refused cancel is looked into, and fills win; so they do where only a part had filled."""

    async def act(scene: Scene) -> None:
        order = await resting(scene)
        scene.mute()
        scene.show(parts)
        before = scene.there()
        scene.move("-2")
        await scene.until(lambda: scene.there() != before)
        scene.move("0")
        await scene.cancel(order)
        await scene.until(lambda: not scene.state(order).is_open() and scene.state(order).cancel == 0, 15)
        assert scene.state(order).filled == scene.units(parts)
        assert (scene.status(order), CANCELLED in scene.kinds(order)) == (
            ("FILLED", False) if parts == 10 else ("PARTIALLY_FILLED", True)
        )
        refused = [filled for kind, _, filled in scene.course[order] if kind == CANCEL_REJECTED]
        assert refused in ([], [scene.units(parts)]), "what it filled is told before the refusal"
        assert scene.net() == scene.there() > before
        assert scene.posts() == [order]

    play(venue, act)


@everywhere
def test_case_freqtrade_8374_an_exit_sells_what_was_bought_and_no_more(venue: str) -> None:
    """19 · freqtrade#8374, #12343: a part filled, the rest was cancelled, and the exit was as large as the whole order:
    172.1 asked for, 196.5 sold. The exit leaves the moment the end is told."""

    async def act(scene: Scene) -> None:
        held = scene.net()
        order = await resting(scene)
        scene.mute()
        scene.show(4)
        before = scene.there()
        scene.move("-2")
        await scene.until(lambda: scene.there() != before)
        scene.move("0")
        scene.show(0)
        await scene.cancel(order)
        await scene.until(lambda: CANCELLED in scene.kinds(order))
        bought = scene.there()
        await scene.tell(lambda strategy: strategy.close())
        await scene.until(lambda: scene.net() < before + scene.units(2), 10)
        await scene.rest(5)
        assert scene.units(4) * 99 // 100 <= bought - scene.there() <= scene.units(4)
        assert held <= scene.net() == scene.there() < held + scene.units(1) // 10

    play(venue, act)


@everywhere
def test_case_freqtrade_3802_an_exit_that_filled_in_part_goes_on_until_it_is_out(venue: str) -> None:
    """20 · freqtrade#3802, #7444: exits that had filled in part stood for ever. A thin market takes a stop piece by
    piece, refuses it or gives up its rest: what is left goes again until nothing is left, and never twice."""

    async def act(scene: Scene) -> None:
        before = scene.net()
        entry = await scene.buy(stop_loss=scene.price("-2"))
        await scene.until(lambda: scene.status(entry) == "FILLED")
        held = scene.net() - before
        await scene.rest(2)
        scene.show(3)
        scene.move("-3")
        await scene.rest(12)
        assert scene.there() >= before
        scene.show(0)
        await scene.until(lambda: scene.net() < before + held // 50, 40)
        await scene.rest(10)
        assert before <= scene.net() == scene.there() < before + held // 50
        assert not any(works for _, works, _ in scene.books().orders.values())

    def limits(scene: Scene) -> None:
        scene.limits = {"stopFillSeconds": 5}

    play(venue, act, setting=limits)


@everywhere
@pytest.mark.parametrize("kind", [ERROR_AFTER, LOSE_ANSWER])
@pytest.mark.parametrize("at", ["cancel", "place"])
def test_case_alpaca_306_a_change_that_was_answered_with_an_error_is_one_order(venue: str, kind: str, at: str) -> None:
    """21 · alpaca-trade-api-python#306, Alpaca-API#165, #111: a replace was answered with an error and had happened;
    the order in its place had the whole first size, although a part had filled; one hung in pending_cancel. All that
    an order ever is at the venue fills no more than it asks for in all, and in the end everybody agrees on it."""

    async def act(scene: Scene) -> None:
        order = await resting(scene)
        scene.show(4)
        scene.move("-2")
        await scene.until(lambda: scene.state(order).filled == scene.units(4))
        scene.move("0")
        where = {"cancel": CANCEL, "place": PLACE}[at][scene.venue]
        scene.fault(Fault(kind, where, status=500))
        size, limit = scene.size(12), scene.price("-1.5")
        await scene.tell(lambda strategy: strategy.modify(order, size=size, limit=limit))
        await scene.until(lambda: scene.state(order).replace not in (SENT, UNKNOWN), 30)
        scene.show(0)
        scene.move("-2")
        await scene.until(lambda: not scene.state(order).is_open() and not scene.state(order).has_unknown(), 30)
        await scene.rest(10)
        # Where the venue would not say that the old one ended, nothing was put into its place.
        changed = scene.state(order).order.quantity == scene.units(12)
        assert scene.state(order).filled in ({scene.units(12)} if changed else {scene.units(4), scene.units(10)})
        assert scene.net() == scene.there()
        assert len(scene.posts()) == len(set(scene.posts())) <= 2

    play(venue, act)


@pytest.mark.parametrize("venue", ["alpaca", "mt5-netting"])
def test_case_nautilus_963_a_flip_closes_and_opens_and_no_exit_opens(venue: str) -> None:
    """22 · nautilus#963, #1083, #4106: through zero the average price was wrong and a reduce-only order left a phantom
    short. A flip is a close and an opening, at the venue as here, whichever of the two is faster under way; two closes
    at once close once."""

    async def act(scene: Scene) -> None:
        long = await scene.buy()
        await scene.until(lambda: scene.status(long) == "FILLED")
        scene.move("1")
        await scene.rest(3)
        size = scene.size(15)
        await scene.tell(lambda strategy: strategy.sell(size))
        await scene.until(lambda: scene.net() == scene.there() == -scene.units(5))
        sold = [state for state in scene.engine.orders.values() if state.order.side < 0]
        assert sorted(state.order.quantity for state in sold) == [scene.units(5), scene.units(10)]
        (lot,) = [lot for book in scene.engine.ledger.books.values() for lot in book.lots]
        opened = next(state for state in sold if state.order.quantity == scene.units(5))
        assert lot.price_units == opened.value // opened.filled > int(scene.home.scaleb(scene.instrument.price_scale))
        await scene.tell(lambda strategy: (strategy.close(), strategy.close()))
        await scene.until(lambda: scene.there() == 0)
        await scene.tell(lambda strategy: strategy.close())
        await scene.rest(10)
        assert (scene.net(), scene.there()) == (0, 0)

    play(venue, act)


def test_case_freqtrade_2478_a_fee_in_the_base_is_not_owned_and_not_sold() -> None:
    """23 · freqtrade#2478, #528, #4324: 1598.4 owned, 1600 sold: refused, and dust left. At Binance a bought coin pays
    its own fee: what is owned is known to the last count, the exit asks for no more, and the dust is not forgotten."""

    async def act(scene: Scene) -> None:
        before = scene.there()
        order = await scene.buy()
        await scene.until(lambda: scene.status(order) == "FILLED")
        bought = scene.units(10) - scene.units(10) // 1_000
        assert scene.net() - before == scene.there() - before == bought
        await scene.tell(lambda strategy: strategy.close())
        await scene.until(lambda: scene.net() - before < scene.units(1))
        step = scene.instrument.rules.step
        assert scene.net() - before == scene.there() - before == bought % step
        exit = next(state for state in scene.engine.orders.values() if state.order.side < 0)
        assert (exit.status, exit.order.quantity) == ("FILLED", bought - bought % step)
        await scene.rest(10)
        assert scene.alarms["POSITION_DRIFT"] == 0

    play("binance", act)


@everywhere
def test_case_ccxt_393_no_step_of_a_size_is_lost_or_added(venue: str) -> None:
    """24 · ccxt#393, PR#395, #2946, #4853; torchtrade PR#352: sizes rounded past the balance, or a step lost to a float
    (207 of 400 exact multiples). Whatever a strategy writes as a float leaves as exactly that many steps."""

    async def act(scene: Scene) -> None:
        step = Decimal(scene.instrument.rules.step).scaleb(-scene.instrument.size_scale)
        for number in range(1, 401):
            units = size_count("s", float(number * step), scene.instrument)
            assert units == number * scene.instrument.rules.step
            order = Order("A-1-1", "main", "s", scene.instrument, BUY, MARKET, units)
            assert said_size(scene.venue, order) == number * step
        order = await scene.buy(7)
        await scene.until(lambda: scene.status(order) == "FILLED")

    play(venue, act)


def said_size(venue: str, order: Order) -> Decimal:
    """As it stands in the bytes that leave."""
    if venue == "binance":
        return Decimal(dict(binance.place(order, order.id).parameters)["quantity"])
    if venue == "alpaca":
        ends, keys = alpaca.Endpoints.at("http://venue", "ws://venue"), alpaca.Credentials("k", "s")
        body = Requests(ends, keys).submit(order, order.id).body
    else:
        body = open_body(order, order.instrument.symbol, 7, order.quantity, 0, None, None, False)
    said = json.loads(body, parse_float=Decimal)
    return Decimal(said["lot_size" if venue == "mt5" else "qty"])
