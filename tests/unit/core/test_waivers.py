"""What two persons waive, and what they can not: one soft limit of one scope, for as long as they said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, Desk
from tradewright.core.limits import PARAMETERS, limits_from
from tradewright.model.control import ACTIVE, LimitsSet, LimitWaived, TradingStateSet
from tradewright.model.errors import ContractError, InputError

PRICE = 10_000
HOUR = 3_600_000_000_000


def waive(desk: Desk, limit: str, hours: int = 1) -> None:
    end = desk.now + hours * HOUR
    desk.feed(LimitWaived(desk.tick(), "account:main", limit, "ann", "bob", "agreed", end))


def desk_with(**limits: Any) -> Desk:
    desk = Desk(limits=limits)
    desk.quote(PRICE)
    return desk


@pytest.mark.parametrize("span", ["Daily", "Weekly"])
@pytest.mark.parametrize("soft", ["", "Percent"])
def test_a_waiver_of_one_of_two_limits_on_a_loss_leaves_the_other(span: str, soft: str) -> None:
    """9000 of a million are lost: more than 1000, and more than half a percent."""
    name = f"max{span}Loss"
    desk = desk_with(**{name: 1000, f"{name}Percent": 0.5}, softLimits=[name + soft])
    desk.filled(BUY, 100, PRICE)
    desk.quote(PRICE // 10)
    code = f"{span.upper()}_LOSS_LIMIT"
    assert desk.refused(BUY, 1) == [code, code], "both are reached"
    waive(desk, name + soft)
    (decision,) = desk.want(BUY, 1)
    seen = [(check.passed, check.note) for check in decision.checks if check.code == code]
    assert sorted(seen) == [(False, ""), (True, ", waived by ann and bob: agreed")]
    assert [use.limit for use in desk.engine.utilisation()] == [1000 * 10**18, 5000 * 10**18]


@pytest.mark.parametrize("name", PARAMETERS)
def test_what_refuses_nothing_by_itself_is_no_soft_limit(name: str) -> None:
    """How risk is counted, waived, let pass what the limit on it refused."""
    with pytest.raises(InputError, match="softLimits"):
        limits_from({"softLimits": [name]})
    desk = desk_with(maxDailyRiskPerSymbol=100, defaultRiskEstimate=75)
    values = [("maxDailyRiskPerSymbol", 100 * 10**18), ("softLimits", [name])]
    with pytest.raises(ContractError, match="softLimits"):
        desk.engine.apply(LimitsSet(desk.tick(), "account:main", values, 0, "", "ann", "test"))


def test_what_two_persons_let_pass_is_no_breach_when_it_fills() -> None:
    desk = desk_with(maxTotalExposure=1000, softLimits=["maxTotalExposure"])
    waive(desk, "maxTotalExposure")
    rests = desk.buy(5, limit_units=PRICE - 1000)
    desk.accept(rests)
    desk.taken()
    desk.filled(BUY, 20, PRICE)
    assert desk.engine.states == {}
    assert desk.cancelled() == []
    desk.now += HOUR
    desk.fill(rests, 1, PRICE - 1000)
    assert desk.engine.causes == {"account:main": "LIMIT_BREACHED"}, "behind its end it is one"


@pytest.mark.parametrize("span", ["Daily", "Weekly"])
def test_a_loss_that_two_persons_let_pass_does_not_stop_the_account(span: str) -> None:
    name = f"max{span}Loss"
    desk = desk_with(**{name: 1000}, softLimits=[name])
    desk.filled(BUY, 100, PRICE)
    desk.quote(PRICE - 2000)
    waive(desk, name)
    desk.filled(BUY, 1, PRICE - 2000)
    assert desk.engine.states == {}
    desk.now += HOUR
    desk.quote(PRICE - 2000)
    assert desk.refused(BUY, 1) == [f"{span.upper()}_LOSS_LIMIT"]


@pytest.mark.parametrize("name", ["maxDrawdownPercent", "maxDrawdown"])
def test_a_drawdown_that_two_persons_let_pass_halts_nothing(name: str) -> None:
    desk = desk_with(**{name: 1}, softLimits=[name])
    desk.filled(BUY, 1000, PRICE)
    waive(desk, name)
    desk.quote(PRICE // 2)
    assert desk.engine.states == {}
    assert desk.want(BUY, 1)[0].approved
    desk.now += HOUR
    desk.quote(PRICE // 2)
    assert list(desk.engine.states) == ["account:main"]
    desk.feed(TradingStateSet(desk.tick(), "account:main", ACTIVE, "ann", "looked"))


def test_a_waiver_that_has_ended_leaves_memory_when_a_day_begins() -> None:
    desk = desk_with(maxOrderQuantity=5, maxOrderValue=100, softLimits=["maxOrderQuantity", "maxOrderValue"])
    waive(desk, "maxOrderQuantity")
    desk.now += 20 * HOUR
    desk.quote(PRICE)
    waive(desk, "maxOrderValue", 24)
    desk.now += 4 * HOUR
    desk.quote(PRICE)
    assert list(desk.engine.gate.waivers) == [("account:main", "maxOrderValue")]
    assert desk.refused(BUY, 6) == ["MAX_ORDER_QUANTITY"]
