"""Rule packs: what each refuses and lets pass, and the days on which the rules of day trading change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.limits import limits_from
from tradewright.core.packs import PACKS, with_pack
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.zone import day_start, ordinal

PRICE = 10_000
DAY = 86_400 * 10**9


def packed(pack: str, cash: str, at: int = 0, **terms: Any) -> Desk:
    desk = Desk(account_of(**terms), limits=dict(PACKS[pack]), cash=cash)
    desk.now = max(desk.now, at)
    desk.quote(PRICE)
    return desk


def codes(desk: Desk, side: int = BUY, size: int = 1) -> list[str]:
    return [check.code for check in desk.want(side, size)[0].refusals]


def round_trips(desk: Desk, count: int) -> None:
    for _ in range(count):
        desk.filled(BUY, 1, PRICE)
        desk.close(SELL)
        desk.fill(desk.submitted()[-1], 1, PRICE)


@pytest.mark.parametrize(("trips", "passes"), [(2, True), (3, False)])
def test_the_legacy_pack_counts_day_trades_and_the_new_one_does_not(trips: int, passes: bool) -> None:
    for pack in ("us-pdt-legacy", "us-margin-2026"):
        desk = packed(pack, "24999")
        round_trips(desk, trips)
        assert codes(desk) == ([] if passes or pack == "us-margin-2026" else ["PATTERN_DAY_TRADER"])


@pytest.mark.parametrize(("cash", "passes"), [("24999.99", False), ("25000", True), ("25000.01", True)])
def test_the_legacy_pack_asks_below_its_floor_alone(cash: str, passes: bool) -> None:
    desk = packed("us-pdt-legacy", cash)
    round_trips(desk, 3)
    assert (codes(desk) == []) is passes


@pytest.mark.parametrize(("date", "passes"), [((2026, 6, 4), False), ((2027, 10, 19), False), ((2027, 10, 20), True)])
def test_the_legacy_pack_asks_until_the_time_to_leave_it_ends(date: tuple[int, int, int], passes: bool) -> None:
    """The new rule is in force from 2026-06-04; brokers may stay with the old one until 2027-10-20, New York's day."""
    desk = packed("us-pdt-legacy", "20000", day_start("America/New_York", ordinal(*date)))
    round_trips(desk, 3)
    assert (codes(desk) == []) is passes


@pytest.mark.parametrize("pack", ["us-pdt-legacy", "us-margin-2026"])
def test_a_deficit_of_maintenance_margin_refuses_at_any_time_of_the_day(pack: str) -> None:
    desk = packed(pack, "10000", leverage=4)
    desk.filled(BUY, 150, PRICE)
    assert codes(desk) == []
    desk.quote(PRICE // 2)
    assert "MARGIN_DEFICIT" not in codes(desk), "2500 of 7500 are a third"
    desk.quote(PRICE * 43 // 100)
    assert "MARGIN_DEFICIT" in codes(desk), "1450 of 6450 are less than a quarter"
    assert desk.close(SELL)[0].approved


@pytest.mark.parametrize(("pack", "most"), [("us-pdt-legacy", 400), ("us-margin-2026", 200), ("crypto-spot", 100)])
def test_each_pack_has_its_leverage(pack: str, most: int) -> None:
    desk = packed(pack, "10000", leverage=100)
    assert codes(desk, BUY, most + 1)[0] == "MAX_LEVERAGE"
    assert codes(desk, BUY, most) == []


def test_spot_sells_what_is_owned() -> None:
    assert "NO_OPEN_POSITION" in codes(packed("crypto-spot", "10000"), SELL)


def test_foreign_exchange_on_margin_is_thirty_to_one() -> None:
    desk = packed("fx-margin", "10000", leverage=30)
    assert codes(desk, BUY, 3_001) == ["INSUFFICIENT_FUNDS", "MAX_LEVERAGE", "MARGIN_USE_LIMIT"]
    assert codes(desk, BUY, 3_000) == []


@pytest.mark.parametrize(("hours", "refused"), [(71, []), (72, ["MARKET_CLOSED"]), (119, ["MARKET_CLOSED"]), (120, [])])
def test_foreign_exchange_on_margin_wants_an_open_market(hours: int, refused: list[str]) -> None:
    """Of the week, which ends on Friday at 17:00 in New York and begins anew on Sunday at 17:00."""
    desk = Desk(limits=dict(PACKS["fx-margin"]))
    desk.engine.list_instrument(Instrument("GBPUSD", "paper", "forex", "GBP", "USD", 5, 2, 100_000, "forex"))
    desk.now = day_start("America/New_York", ordinal(2023, 11, 14)) + (17 + hours) * 3_600 * 10**9
    desk.quote(PRICE, symbol="GBPUSD")
    assert [check.code for check in desk.want(BUY, 1, symbol="GBPUSD")[0].refusals] == refused


@pytest.mark.parametrize(("late", "refused"), [(0, []), (1, ["RATE_STALE"])])
def test_foreign_exchange_on_margin_wants_a_rate_of_the_last_minute(late: int, refused: list[str]) -> None:
    desk = Desk(symbols=("SAPX", "EURUSD"), limits=dict(PACKS["fx-margin"]))
    desk.quote(110_000, symbol="EURUSD")
    desk.now += 60 * 10**9 + late - 1
    desk.quote(PRICE)
    assert codes(desk) == refused


def test_limits_of_one_s_own_stand_over_those_of_the_pack() -> None:
    block = with_pack({"pack": "us-margin-2026", "maxLeverage": 1, "maxOpenPositions": 3})
    assert block == {"maxLeverage": 1, "minMaintenanceMarginPercent": 25, "maxOpenPositions": 3}
    with pytest.raises(InputError, match="us-pdt-legacy"):
        with_pack({"pack": "none"})
    for pack in PACKS.values():
        assert limits_from(pack).off()
