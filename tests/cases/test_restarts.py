"""Processes that ended dead: the next one knows the same orders, positions and names, and asks the venue for the
rest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.scene import CANCEL, PLACE, VENUES, Scene, play
from tradewright.core.life_cycle import WORKING
from tradewright.core.orders import OrderState
from tradewright.model.control import OrderAdopted
from tradewright.model.order import STOP_LOSS
from tradewright.model.reconciliation import BalanceAdjusted, PositionAdjusted
from tradewright.sim.wire.faults import DELAY_ANSWER, LOSE_ANSWER, Fault
from tradewright.sim.wire.trouble import FOREIGN_ORDER, MANUAL_CLOSE

everywhere = pytest.mark.parametrize("venue", list(VENUES))
SECOND = 10**9


async def restart(scene: Scene) -> None:
    """The process ends before its next step and begins anew, until openings may go."""
    stops = scene.day.stops
    scene.stop("live-before-step")
    await scene.until(lambda: scene.day.stops == stops + 1)
    await scene.until(lambda: not scene.ready())
    await scene.until(scene.ready)


def adjustments(scene: Scene) -> list[tuple[object, ...]]:
    """What was booked without a fill since the account was first looked at."""
    found = [event for event in scene.outputs if isinstance(event, PositionAdjusted | BalanceAdjusted)]
    return [event.row() for event in found if event.code != "ADOPTED"]


@everywhere
def test_case_nautilus_4736_a_restart_makes_no_fill_of_its_own(venue: str) -> None:
    """13 · nautilus#4736: a warm restart wrote an equal and opposite fill of its own making; the bot believed itself
    flat. A restart without news changes nothing and sends nothing."""

    async def act(scene: Scene) -> None:
        order = await scene.buy()
        await scene.until(lambda: scene.status(order) == "FILLED")
        rests = await scene.buy(2, limit=scene.price("-3"))
        await scene.until(lambda: scene.state(rests).stage == WORKING)
        await scene.rest(10)
        held, cash, known = scene.net(), dict(scene.books().cash), set(scene.engine.orders)
        for _ in range(2):
            await restart(scene)
            await scene.rest(20)
            assert (scene.net(), dict(scene.books().cash)) == (held, cash)
            assert set(scene.engine.orders) == known
            assert scene.status(rests) == "ACCEPTED"
        assert adjustments(scene) == []
        assert scene.posts() == [order, rests]
        assert scene.requests(CANCEL[scene.venue]) == []
        assert scene.net() == scene.there()

    play(venue, act)


@everywhere
def test_case_nautilus_5000_orders_at_work_are_known_after_a_kill(venue: str) -> None:
    """14 · nautilus#5000: after a SIGKILL fourteen working orders were dropped by the reconciliation of the start. One
    of these was on its way, and one asked to end, as it struck."""

    async def act(scene: Scene) -> None:
        orders = [await scene.buy(1, limit=scene.price(f"-{percent}")) for percent in range(2, 15)]
        await scene.until(lambda: all(scene.state(id).stage == WORKING for id in orders))
        scene.fault(Fault(DELAY_ANSWER, PLACE[scene.venue], seconds=4))
        scene.fault(Fault(DELAY_ANSWER, CANCEL[scene.venue], seconds=4))
        size, price = scene.size(1), scene.price("-15")
        orders.append(
            await scene.tell(lambda strategy: (strategy.cancel(orders[0]), strategy.buy(size, limit=price))[1])
        )
        await scene.until(lambda: scene.made(orders[-1]))
        scene.stop("live-before-step")
        await scene.until(lambda: scene.day.stops == 1)
        await scene.until(scene.ready)
        await scene.rest(20)
        assert [scene.status(id) for id in orders[1:13]] == ["ACCEPTED"] * 12
        assert (scene.status(orders[0]), scene.status(orders[13])) == ("CANCELLED", "ACCEPTED")
        for id in orders:
            await scene.tell(lambda strategy, id=id: strategy.cancel(id))
        await scene.until(lambda: not any(works for _, works, _ in scene.books().orders.values()))
        assert scene.posts() == orders
        assert scene.stand.truth(scene.instruments).working == []

    play(venue, act)


@everywhere
def test_case_nautilus_3176_what_others_did_has_the_same_name_after_each_restart(venue: str) -> None:
    """15 · nautilus#3176, #3878: each restart made new orders, with new ids, of what it found at the venue."""

    async def act(scene: Scene) -> None:
        order = await scene.buy()
        await scene.until(lambda: scene.status(order) == "FILLED")
        assert scene.inject(FOREIGN_ORDER)
        await scene.until(lambda: foreign(scene))
        await scene.rest(10)
        names, held = foreign(scene), scene.net()
        assert len(names) == 1
        for _ in range(3):
            await restart(scene)
            await scene.rest(15)
            assert foreign(scene) == names
            assert scene.net() == held
        assert scene.status(names[0]) == "ACCEPTED"
        assert scene.inject(MANUAL_CLOSE)
        await scene.until(lambda: len(foreign(scene)) == 2 and scene.net() == scene.there())
        names, held = foreign(scene), scene.net()
        await restart(scene)
        await scene.rest(15)
        assert (foreign(scene), scene.net()) == (names, held)
        assert len([event for event in scene.heard if isinstance(event, OrderAdopted)]) == len(names) == 2
        assert adjustments(scene) == []

    play(venue, act)


def foreign(scene: Scene) -> list[str]:
    """Orders that others made."""
    return [id for id in scene.engine.orders if id.startswith(f"{scene.stand.terms.code}-X-")]


@pytest.mark.parametrize(
    ("venue", "cut"), [(venue, False) for venue in VENUES] + [("mt5-hedging", True), ("mt5-netting", True)]
)
def test_case_freqtrade_13399_a_restart_gives_no_trade_the_orders_of_the_one_before(venue: str, cut: bool) -> None:
    """16 · freqtrade#13399: the recovery of a start took all of the last ten seconds for the new trade's, the last
    trade's stop among it. Whose an order is, its name says; at a broker that cuts names, its facts do."""

    async def act(scene: Scene) -> None:
        before = scene.net()
        first = await scene.buy(stop_loss=scene.price("-5"))
        await scene.until(lambda: scene.status(first) == "FILLED")
        await scene.rest(2)
        await scene.tell(lambda strategy: strategy.close())
        await scene.until(lambda: near(scene, scene.there(), before) and near(scene, scene.net(), before))
        await restart(scene)
        scene.fault(Fault(LOSE_ANSWER, PLACE[scene.venue]))
        second = await scene.buy(stop_loss=scene.price("-4"))
        await scene.until(lambda: not near(scene, scene.there(), before))
        await restart(scene)
        await scene.until(lambda: scene.status(second) == "FILLED")
        await scene.rest(10)
        assert scene.state(first).filled == scene.state(second).filled == scene.units(10)
        assert not {fill.trade_id for fill in scene.fills(first)} & {fill.trade_id for fill in scene.fills(second)}
        open_stops = [(state.order.parent, state.order.stop_units) for state in exits(scene) if state.is_open()]
        assert [parent for parent, _ in open_stops] == [second]
        assert scene.net() == scene.there()
        assert adjustments(scene) == []

    play(venue, act, setting=cut_names if cut else lambda scene: None)


def cut_names(scene: Scene) -> None:
    site: Any = scene.stand.site
    site.broker.knobs.comment_max = 3


def near(scene: Scene, held: int, wanted: int) -> bool:
    """But for what a fee in the base leaves of an order."""
    return abs(held - wanted) <= scene.units(10) // 100


def exits(scene: Scene) -> list[OrderState]:
    return [state for state in scene.engine.orders.values() if state.order.role == STOP_LOSS]
