"""An engine whose venue shows other books than its own: what differs is counted, adopted, or stops openings with an
alarm, at every venue and as docs/reconciliation.md says."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from fractions import Fraction
from typing import cast

import pytest

from tests.venues.floor import BUY, REST, SCOPE, SECOND_NS, STRATEGY, Floor, run
from tests.venues.roster import VENUES
from tests.venues.stand import NetStand
from tradewright.model.account import HEDGING
from tradewright.model.control import ACTIVE, REDUCING
from tradewright.model.event import (
    ACCOUNT_SNAPSHOT,
    ALARM,
    BALANCE_ADJUSTED,
    CASH_MOVED,
    LOTS_TRANSFERRED,
    ORDER_ADOPTED,
    POSITION_ADJUSTED,
    RECONCILED,
)
from tradewright.model.foreign import EXTERNAL
from tradewright.model.reconciliation import ADOPTED, MOVED, UNEXPLAINED, WITHIN_TOLERANCE
from tradewright.ports import Clock
from tradewright.sim.wire.binance import BinanceSite
from tradewright.sim.wire.trouble import FOREIGN_ORDER, MANUAL_CLOSE

NETWORKS: dict[str, type[NetStand]] = {
    name: kind for name, kind in VENUES.items() if issubclass(kind, NetStand)
}  # fmt: skip
ALERT_NS = 5 * SECOND_NS
#: An account at rest is compared so often, seconds.
SYNC = 30.0


def alarm_time(floor: Floor, code: str, since: int) -> int:
    return min(row[1] for row in floor.rows(ALARM, since) if row[2] == code)


def late(floor: Floor) -> int:
    """How much later than at once the client may hear of what others do, ns."""
    return floor.stand.limits.late_seconds * SECOND_NS


def adjusted(floor: Floor, kind: int, since: int) -> list[tuple[object, ...]]:
    """What was taken over, and why."""
    return [tuple(row[3:]) for row in floor.rows(kind, since)]


@pytest.mark.parametrize("venue", NETWORKS)
def test_trades_and_their_fees_are_no_difference(venue: str) -> None:
    async def act(floor: Floor) -> None:
        for _ in range(3):
            await floor.tell(BUY)
            await asyncio.sleep(2 * SYNC)
        begun, *rest = floor.rows(BALANCE_ADJUSTED)
        # What a venue shows in cents may be rounded.
        rounded = 10 ** (18 - floor.stand.limits.cash_decimals)
        assert begun[5] == ADOPTED and all(abs(row[4]) < rounded and row[5] == WITHIN_TOLERANCE for row in rest)
        assert floor.rows(POSITION_ADJUSTED) == [] and floor.alarms() == []
        await floor.agrees()

    run(NETWORKS[venue], act)


@pytest.mark.parametrize("steps", [1, -1], ids=["more", "less"])
@pytest.mark.parametrize("venue", NETWORKS)
def test_one_unit_of_drift_is_an_alarm_and_reducing_until_a_person_has_looked(venue: str, steps: int) -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(BUY)
        assert floor.net(STRATEGY) > 0 and floor.alarms() == []
        since = floor.clock()
        floor.stand.misplace(steps)
        await floor.until(lambda: floor.state == REDUCING, SYNC + 10)
        assert alarm_time(floor, "POSITION_DRIFT", since) - floor.seen(since) <= ALERT_NS
        rules = floor.stand.instrument.rules
        ((symbol, size, _, code),) = adjusted(floor, POSITION_ADJUSTED, since)
        assert (symbol, size, code) == (floor.stand.ground.symbol, steps * rules.step, UNEXPLAINED)
        # Nothing opens, however long nothing differs any more.
        await asyncio.sleep(2 * SYNC)
        held = floor.positions()
        await floor.tell(BUY)
        assert floor.state == REDUCING and floor.positions() == held
        assert floor.engine.causes[SCOPE] == "POSITION_DRIFT"
        floor.rearm()
        await floor.tell(BUY)
        assert floor.state == ACTIVE and floor.positions() != held

    run(NETWORKS[venue], act)


@pytest.mark.parametrize("venue", NETWORKS)
def test_a_balance_that_differs_by_less_than_the_tolerance_is_taken_over_and_counted(venue: str) -> None:
    async def act(floor: Floor) -> None:
        since = floor.clock()
        floor.stand.enrich(Fraction(9, 100_000))
        await floor.until(lambda: bool(floor.rows(BALANCE_ADJUSTED, since)), SYNC + 10)
        ((_, amount, code),) = adjusted(floor, BALANCE_ADJUSTED, since)
        assert (amount, code) == (9 * 10**18, WITHIN_TOLERANCE)
        assert max(row[4] for row in floor.rows(RECONCILED, since)) == 1
        assert floor.state == ACTIVE and floor.alarms() == []
        await floor.tell(BUY)
        assert floor.net(STRATEGY) > 0
        await floor.agrees()

    run(NETWORKS[venue], act)


@pytest.mark.parametrize("share", [Fraction(11, 100_000), Fraction(-11, 100_000)], ids=["more", "less"])
@pytest.mark.parametrize("venue", NETWORKS)
def test_a_balance_that_differs_by_more_is_an_alarm_and_reducing_until_nothing_differs(
    venue: str, share: Fraction
) -> None:
    async def act(floor: Floor) -> None:
        since = floor.clock()
        floor.stand.enrich(share)
        await floor.until(lambda: floor.state == REDUCING, SYNC + 10)
        assert floor.alarms(since) == ["BALANCE_DRIFT"]
        assert alarm_time(floor, "BALANCE_DRIFT", since) - floor.seen(since) <= ALERT_NS
        ((_, amount, code),) = adjusted(floor, BALANCE_ADJUSTED, since)
        assert (amount, code) == (int(100_000 * share) * 10**18, UNEXPLAINED)
        await floor.until(lambda: floor.state == ACTIVE, SYNC + 10)
        await floor.tell(BUY)
        assert floor.net(STRATEGY) > 0
        await floor.agrees()

    run(NETWORKS[venue], act)


@pytest.mark.parametrize("amount", ["1000", "-1000"], ids=["in", "out"])
def test_money_whose_movement_binance_states_is_no_difference(amount: str) -> None:
    async def act(floor: Floor) -> None:
        since, site = floor.clock(), cast(BinanceSite, floor.stand.site)
        site.transfer("USDT", amount, since)
        floor.stand.pump()
        await asyncio.sleep(2 * SYNC)
        ((_, _, _, currency, moved, *_),) = floor.rows(CASH_MOVED, since)
        assert (currency, moved) == ("USDT", int(amount) * 10**18)
        assert floor.alarms(since) == [] and not floor.rows(BALANCE_ADJUSTED, since)
        assert floor.state == ACTIVE and floor.ready
        await floor.agrees()

    run(NETWORKS["binance"], act)


@pytest.mark.parametrize(
    ("asset", "amount", "codes"), [("BTC", "3", [MOVED]), ("BTC", "-0.5", [MOVED]), ("LDO", "100", [])]
)
def test_coins_whose_movement_binance_states_are_no_difference(asset: str, amount: str, codes: list[str]) -> None:
    """What is traded here is a position of somebody else's, what is not (an airdrop) lies aside."""

    async def act(floor: Floor) -> None:
        site = cast(BinanceSite, floor.stand.site)
        await floor.tell(BUY)
        held = floor.net(STRATEGY)
        site.transfer("BTC", "1", floor.clock())
        floor.stand.pump()
        await asyncio.sleep(2 * SYNC)
        since, external, equity = floor.clock(), floor.net(EXTERNAL), floor.engine.accounts["main"].equity()
        site.transfer(asset, amount, since)
        floor.stand.pump()
        await asyncio.sleep(2 * SYNC)
        assert [code for *_, code in adjusted(floor, POSITION_ADJUSTED, since)] == codes
        assert len(floor.rows(CASH_MOVED, since)) == (not codes)
        assert floor.net(EXTERNAL) - external == (int(Decimal(amount) * 10**8) if codes else 0)
        assert floor.net(STRATEGY) == held
        assert floor.alarms(since) == [] and not floor.rows(BALANCE_ADJUSTED, since)
        assert floor.state == ACTIVE and floor.ready
        assert codes or floor.engine.accounts["main"].equity() == equity is not None
        shown = await floor.client.snapshot()
        assert {symbol: size for symbol, size, _ in shown.positions} == floor.positions()

    run(NETWORKS["binance"], act)


@pytest.mark.parametrize("venue", NETWORKS)
def test_a_comparison_that_is_asked_for_follows_at_once(venue: str) -> None:
    async def act(floor: Floor) -> None:
        # The account rests: the next look would be up to half a minute away.
        await asyncio.sleep(SYNC + 5)
        before = max(row[1] for row in floor.rows(ACCOUNT_SNAPSHOT))
        asked = floor.clock()
        assert before + SYNC * SECOND_NS - asked > 15 * SECOND_NS
        floor.stand.enrich(Fraction(11, 100_000))
        floor.connected.force_reconciliation("main")
        await asyncio.sleep(2)
        assert floor.seen(asked) - asked < SECOND_NS
        await floor.until(lambda: floor.state == REDUCING, 5)
        assert alarm_time(floor, "BALANCE_DRIFT", asked) - asked <= ALERT_NS

    run(NETWORKS[venue], act)


@pytest.mark.parametrize(("rests", "look"), [(False, SYNC), (True, 5.0)], ids=["at rest", "while an order works"])
@pytest.mark.parametrize("venue", NETWORKS)
def test_what_no_venue_tells_of_is_found_at_the_next_look_and_told_soon_after(
    venue: str, rests: bool, look: float
) -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(BUY)
        if rests:
            await floor.tell(REST)
        assert bool(floor.connected.orders_of("main").open()) == rests
        await asyncio.sleep(SYNC)
        since = floor.clock()
        floor.stand.misplace(1)
        await floor.until(lambda: floor.state == REDUCING, look + 10)
        assert alarm_time(floor, "POSITION_DRIFT", since) - since <= look * SECOND_NS + ALERT_NS

    run(NETWORKS[venue], act)


@pytest.mark.parametrize("venue", NETWORKS)
def test_an_order_of_somebody_else_is_adopted_and_told_and_stops_nothing(venue: str) -> None:
    async def act(floor: Floor) -> None:
        since = floor.clock()
        assert floor.stand.site.inject(FOREIGN_ORDER, since)
        floor.stand.pump()
        await floor.until(lambda: bool(floor.rows(ORDER_ADOPTED, since)), 20)
        await asyncio.sleep(SYNC)
        assert floor.alarms(since) == ["FOREIGN_ORDER"]
        assert alarm_time(floor, "FOREIGN_ORDER", since) - since <= ALERT_NS + late(floor)
        (id,) = floor.connected.orders_of("main").open()
        assert floor.engine.orders[id].order.strategy == EXTERNAL
        assert floor.state == ACTIVE and floor.ready
        await floor.tell(BUY)
        assert floor.net(STRATEGY) > 0
        await floor.agrees()

    run(NETWORKS[venue], act)


@pytest.mark.parametrize("venue", NETWORKS)
def test_what_somebody_else_closes_is_not_closed_again(venue: str) -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(BUY)
        held = floor.net(STRATEGY)
        assert held > 0
        since = floor.clock()
        assert floor.stand.site.inject(MANUAL_CLOSE, since)
        floor.stand.pump()
        await floor.until(lambda: floor.net(STRATEGY) == 0, 20)
        await asyncio.sleep(SYNC)
        hedging = floor.stand.terms.mode == HEDGING
        # Of a lot that is named whoever closes it acts for who holds it; else what was held is handed over.
        assert bool(floor.rows(LOTS_TRANSFERRED, since)) != hedging
        code = "FOREIGN_ORDER" if hedging else "TRADED_BY_HAND"
        assert alarm_time(floor, code, since) - since <= ALERT_NS + late(floor)
        assert floor.net(EXTERNAL) == 0 and floor.positions() == {}
        assert floor.connected.orders_of("main").open() == []
        assert "POSITION_DRIFT" not in floor.alarms() and floor.state == ACTIVE
        await floor.agrees()

    run(NETWORKS[venue], act)


@pytest.mark.parametrize("venue", NETWORKS)
def test_a_position_from_before_all_that_the_venue_remembers_is_adopted_at_the_start(venue: str) -> None:
    def heir(clock: Clock) -> NetStand:
        stand = NETWORKS[venue](clock)
        stand.inherit()
        return stand

    heir.begins = NETWORKS[venue].begins  # type: ignore[attr-defined]

    async def act(floor: Floor) -> None:
        ((symbol, size, price, code),) = adjusted(floor, POSITION_ADJUSTED, 0)
        assert (symbol, size, code) == (floor.stand.ground.symbol, floor.stand.size(2), ADOPTED)
        # Binance does not say what it cost: it is worth what the market says, once that is known.
        assert price > 0 or venue == "binance"
        assert (floor.net(EXTERNAL), floor.net(STRATEGY)) == (size, 0)
        assert floor.alarms() == [] and floor.state == ACTIVE
        await floor.tell(BUY)
        assert floor.net(STRATEGY) > 0
        await asyncio.sleep(SYNC)
        assert len(floor.rows(POSITION_ADJUSTED)) == 1 and floor.alarms() == []
        await floor.agrees()

    run(heir, act)
