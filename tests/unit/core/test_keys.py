"""Each key of a limit decides something: two runs that differ in it alone decide differently. A key without such a pair
fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.settings_pairs import LIMIT_PAIRS
from tests.unit.core.boundaries import BOUNDARIES, WHERE, set_limits
from tests.unit.core.desk import BUY, SELL, Desk
from tests.unit.core.test_rules import PARAMETERS, READ_BY
from tests.venues.test_open_trades import POLLED
from tradewright.core.limits import LIMITS
from tradewright.core.reservations import reserve
from tradewright.model import event as kinds
from tradewright.model.command import STALE_ORDER
from tradewright.model.control import LimitWaived
from tradewright.model.decision import Decision
from tradewright.model.errors import ContractError
from tradewright.model.reservation import ReserveRequested

ONE = 10**18
PRICE = 10_000
SECOND = 10**9
#: Keys that decide nothing here, and whose pairs are backtests or engines before a venue.
ELSEWHERE = {
    "exposurePollIntervalSec": POLLED,
    "tradepicker.reserveOnOpen": LIMIT_PAIRS,
    "stopFillSeconds": LIMIT_PAIRS,
    "canaryDays": LIMIT_PAIRS,
}


def approved(desk: Desk, *intents: Any) -> bool:
    decisions = [output for output in desk.engine.judge(*intents) if isinstance(output, Decision)]
    return decisions[-1].approved


def run(name: str, with_it: bool) -> bool:
    """The key's boundary case where it refuses, with the key or without it."""
    code = READ_BY[name]
    case = BOUNDARIES[name](next(offset for offset in (-1, 0, 1) if not WHERE[code][offset + 1]))
    values = dict(case.desk.engine.accounts["main"].limits.values)
    if not with_it:
        del values[name]
    set_limits(case.desk, **values)
    return approved(case.desk, case.intent)


@pytest.mark.parametrize("name", READ_BY)
def test_a_switch_decides(name: str) -> None:
    assert (run(name, True), run(name, False)) == (False, True)


def quoted(**limits: Any) -> Desk:
    desk = Desk()
    desk.quote(PRICE)
    set_limits(desk, **limits)
    desk.quote(PRICE)
    return desk


def wants(desk: Desk, side: int = BUY, size: int = 1, **terms: Any) -> bool:
    return desk.want(side, size, **terms)[0].approved


def buffer(**keys: Any) -> bool:
    desk = Desk(cash="1000")
    desk.quote(PRICE)
    set_limits(desk, **keys)
    return wants(desk, size=10)


def waiver(**keys: Any) -> bool:
    desk = quoted(maxOrderQuantity=5 * 10**9, **keys)
    try:
        desk.feed(LimitWaived(desk.tick(), "account:main", "maxOrderQuantity", "ann", "bob", "", desk.now + SECOND))
    except ContractError:
        return False
    return wants(desk, size=6)


def estimate(**keys: Any) -> bool:
    return wants(quoted(maxDailyRiskGlobal=100 * ONE, **keys))


def model(**keys: Any) -> bool:
    desk = Desk(symbols=("XAUUSD",))
    desk.quote(PRICE)
    set_limits(desk, maxDailyRiskGlobal=100 * ONE, **keys)
    return wants(desk, size=100, stop_loss=PRICE - 500)


def loss_window(**keys: Any) -> bool:
    desk = quoted(maxLossInWindow=ONE, **keys)
    desk.filled(BUY, 1, PRICE)
    desk.quote(PRICE - 500)
    desk.now += 400 * SECOND
    desk.quote(PRICE - 500)
    return wants(desk)


def floor(**keys: Any) -> bool:
    desk = quoted(maxDayTrades=1, **keys)
    desk.filled(BUY, 1, PRICE)
    desk.close(SELL)
    desk.fill(desk.submitted()[-1], 1, PRICE)
    return wants(desk)


def messages(**keys: Any) -> bool:
    desk = quoted(maxMessagesPerMinute=2, **keys)
    desk.buy(1)
    return wants(desk)


def executions(**keys: Any) -> bool:
    desk = quoted(maxRepeatedExecutions=2, **keys)
    for _ in range(2):
        desk.filled(BUY, 1, PRICE)
        desk.now += 90 * SECOND
        desk.quote(PRICE)
    return wants(desk)


def collar(**keys: Any) -> bool:
    desk = quoted(cumulativeCollarPercent=10_000, **keys)
    desk.now += 90 * SECOND
    desk.quote(PRICE + 200)
    return wants(desk)


def errors(**keys: Any) -> bool:
    desk = quoted(**keys)
    for _ in range(3):
        desk.say(kinds.REJECTED, desk.buy(1))
    return wants(desk)


def cooldown(**keys: Any) -> bool:
    desk = quoted(breakerErrors=1, **keys)
    desk.say(kinds.REJECTED, desk.buy(1))
    desk.now += 61 * SECOND
    desk.quote(PRICE)
    desk.quote(PRICE)
    return wants(desk)


def picker_key(**keys: Any) -> bool:
    desk = Desk(symbols=("ACME", "ZETA"))
    for symbol in ("ACME", "ZETA"):
        desk.quote(PRICE, symbol=symbol)
    set_limits(desk, **{"tradepicker.maxOpenPositions": 1}, **keys)
    desk.filled(BUY, 1, PRICE, strategy="t", symbol="ZETA")
    return wants(desk)


def reservation(**keys: Any) -> bool:
    """Whether the last slot is free ten seconds after it was reserved."""
    desk = Desk(symbols=("ACME", "ZETA"))
    for symbol in ("ACME", "ZETA"):
        desk.quote(PRICE, symbol=symbol)
    set_limits(desk, **{"tradepicker.maxOpenPositions": 1}, **keys)
    reserve(desk.engine, ReserveRequested(desk.tick(), "r", "main", "s", "ACME", BUY, 0, 0, 0, "ann", ""))
    desk.now += 10 * SECOND
    desk.quote(PRICE)
    return wants(desk, symbol="ZETA")


def closed(**keys: Any) -> bool:
    """Whether an opening in the evening is granted."""
    desk = Desk(symbols=("NYSE",))
    set_limits(desk, requireMarketSession=1, **keys)
    desk.now = 1_700_088_000 * SECOND
    desk.quote(PRICE)
    return wants(desk)


def maintenance(**keys: Any) -> bool:
    """9,000 of 10,000 are held: equity is 111 % of it, and 100 of distance are wanted."""
    desk = Desk(cash="10000")
    desk.quote(PRICE)
    set_limits(desk, minLiquidationDistancePercent=1_000_000, **keys)
    return wants(desk, size=90)


def stale(**keys: Any) -> bool:
    """Whether the only working opening there may be has made room a minute later."""
    desk = quoted(maxWorkingOrders=1, **keys)
    order = desk.buy(1, limit_units=PRICE - 1)
    desk.accept(order)
    desk.now += 60 * SECOND
    desk.quote(PRICE)
    if (order, STALE_ORDER) in desk.cancelled():
        desk.say(kinds.CANCELLED, order)
    return wants(desk)


def order_type(**keys: Any) -> bool:
    """Whether an opening without a price is limited."""
    desk = quoted(**keys)
    return bool(desk.want(BUY, 1)[0].orders[0].limit_units)


#: key → (a run, its value, what the run decides with it and without it).
PAIRS: dict[str, tuple[Callable[..., bool], Any, bool, bool]] = {
    "marketBufferPercent": (buffer, 10_000, False, True),
    "softLimits": (waiver, ["maxOrderQuantity"], True, False),
    "defaultRiskEstimate": (estimate, 101 * ONE, False, True),
    "riskModel": (model, "price_distance", True, False),
    "lossWindowMinutes": (loss_window, 600 * SECOND, False, True),
    "dayTradeEquityMinimum": (floor, 10**30, False, True),
    "messageReserve": (messages, 1, False, True),
    "repeatedExecutionSeconds": (executions, 300 * SECOND, False, True),
    "collarWindowSeconds": (collar, 100 * SECOND, False, True),
    "breakerErrors": (errors, 3, False, True),
    "breakerCooldownSeconds": (cooldown, 100 * SECOND, False, True),
    "tradepicker.reservationTtlMs": (reservation, 10 * SECOND, True, False),
    "maintenanceMarginPercent": (maintenance, 250_000, False, True),
    "queueWhenClosed": (closed, 1, True, False),
    "staleOrderSeconds": (stale, 30 * SECOND, True, False),
    "orderType": (order_type, "limit", True, False),
    "tradepicker.key": (picker_key, "account_strategy", True, False),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_parameter_decides(name: str) -> None:
    play, value, with_it, without = PAIRS[name]
    assert (play(**{name: value}), play()) == (with_it, without)


def test_every_key_has_its_pair() -> None:
    assert {*READ_BY, *PAIRS, *ELSEWHERE} == set(LIMITS)
    assert set(PAIRS) | set(ELSEWHERE) == set(PARAMETERS)
    assert all(name in pairs for name, pairs in ELSEWHERE.items())
