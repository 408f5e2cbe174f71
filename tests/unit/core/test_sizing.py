"""How much: from a share of equity or a sum of money to a quantity, rounded down to the venue's step."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.model.command import Replace
from tradewright.model.fee import FeeEstimate
from tradewright.model.instrument import OrderRules
from tradewright.model.report import FillPrice

ONE = 10**18

#: what is wanted, of 10 000 dollars at a price of 33.33 → shares, and why so many
WANTED: dict[str, tuple[dict[str, Any], dict[str, Any], int, str]] = {
    "a share": ({"size_ppm": 500_000}, {}, 150, "50 % of equity = 5000 USD less fee at 33.33, rounded down to 150"),
    "all": ({"size_ppm": 1_000_000}, {}, 300, "100 % of equity = 10000 USD less fee at 33.33, rounded down to 300"),
    "a sum": ({"value": 1000 * ONE}, {}, 30, "1000 USD less fee at 33.33, rounded down to 30"),
    "steps of seven": ({"value": 1000 * ONE}, {"rules": OrderRules(step=7)}, 28, "rounded down to 28"),
    "too little": ({"value": 33 * ONE}, {}, 0, "rounded down to 0"),
    "at its limit": ({"value": 1000 * ONE, "limit_units": 2_000}, {}, 50, "less fee at 20, rounded down to 50"),
    "as asked": ({"quantity": 12}, {}, 12, "as asked"),
}


@pytest.mark.parametrize("name", WANTED)
def test_a_wish_becomes_this_quantity(name: str) -> None:
    wish, terms, quantity, words = WANTED[name]
    desk = Desk(cash="10000", **terms)
    desk.quote(3_333)
    (decision,) = desk.want(BUY, wish.pop("quantity", 0), **wish)
    assert decision.orders[0].quantity == quantity
    assert decision.sizing.endswith(words)


def test_the_expected_fee_leaves_room_for_itself() -> None:
    fee = FeeEstimate(ppm=10_000)
    desk = Desk(account_of(fee=fee, kind="cash"), cash="1000")
    desk.quote(1_000)
    (decision,) = desk.want(BUY, 0, size_ppm=1_000_000)
    assert (decision.orders[0].quantity, decision.approved) == (99, True)
    desk = Desk(account_of(fee=FeeEstimate(minimum=2000 * ONE)), cash="1000")
    desk.quote(1_000)
    assert desk.want(BUY, 0, size_ppm=1_000_000)[0].orders[0].quantity == 0


def test_a_size_in_another_currency_is_converted() -> None:
    desk = Desk(account_of(leverage=2), symbols=("SAPX", "EURUSD"), cash="1000")
    desk.quote(125_000, symbol="EURUSD")
    desk.quote(10_000)
    assert desk.want(BUY, 0, size_ppm=1_000_000)[0].orders[0].quantity == 8


def test_what_can_not_be_known_is_sized_to_nothing_and_refused_by_its_code() -> None:
    """It is not a size that was rounded down to zero: neither its code nor its words say so."""
    lost = Desk(symbols=("SAPX", "EURUSD"), cash={"EUR": "1000"})
    lost.quote(10_000)
    there = Desk(symbols=("SAPX", "EURUSD"), cash="10000")
    there.quote(10_000)
    no_rate = "no rate from USD to EUR"
    for desk, wish, words in [
        (lost, {"size_ppm": 500_000}, "equity is not known"),
        (there, {"size_ppm": 500_000}, f"50 % of equity = 5000 USD; {no_rate}"),
        (there, {"value": 1000 * ONE}, f"1000 USD; {no_rate}"),
        (there, {"value": 1000 * ONE, "weight_ppm": 500_000}, f"1000 USD; {no_rate}"),
        (Desk(), {"value": 1000 * ONE}, "the price is not known"),
    ]:
        (decision,) = desk.want(BUY, 0, **wish)
        assert (decision.approved, decision.orders[0].quantity, decision.sizing) == (False, 0, words)
        assert decision.refusals[0].code == "SIZE_UNKNOWN"


def test_a_share_of_lost_equity_is_nothing() -> None:
    desk = Desk(account_of(leverage=10), cash="1000")
    desk.quote(10_000)
    desk.filled(BUY, 50, 10_000)
    desk.quote(5_000)
    assert desk.want(BUY, 0, size_ppm=500_000)[0].orders[0].quantity == 0


def test_a_sized_reversal_closes_all_and_opens_the_share() -> None:
    desk = Desk(account_of(leverage=4), cash="10000")
    desk.quote(10_000)
    desk.filled(SELL, 7, 10_000)
    closing, opening = desk.want(BUY, 0, size_ppm=500_000)
    assert (closing.orders[0].quantity, closing.orders[0].role) == (7, "exit")
    assert (opening.orders[0].quantity, opening.orders[0].role) == (50, "entry")


# ── at the fill: a backtest sizes an order when its price is known ─────────────────────────────────────────────────


def asked(desk: Desk, price: int, order_id: str) -> list[int]:
    event = FillPrice(desk.tick(), order_id, desk.now, price)
    desk.engine.apply(event)
    outputs = desk.took(event, desk.engine.size_at_fill(event))
    return [output.quantity if isinstance(output, Replace) else 0 for output in outputs]


@pytest.mark.parametrize(("kind", "leverage"), [("cash", 1), ("margin", 1), ("margin", 2)])
def test_an_order_is_sized_at_its_fill_price(kind: str, leverage: int) -> None:
    desk = Desk(account_of(kind=kind, leverage=leverage), cash="10000")
    desk.quote(10_000)
    order_id = desk.buy(0, size_ppm=500_000, at_fill=True)
    assert desk.state(order_id).order.size_ppm == 500_000
    assert asked(desk, 8_000, order_id) == [62]
    assert desk.state(order_id).replace == 1
    desk.replaced(order_id, 62)
    assert desk.engine.holds.held("main", "USD") == 62 * 100 * ONE // leverage


def test_a_size_at_fill_takes_no_more_than_is_free_for_it() -> None:
    """Equity grew to 14 000, of which 6 000 are cash: half of equity is more than there is."""
    desk = Desk(account_of(kind="cash"), cash="10000")
    desk.quote(10_000)
    desk.filled(BUY, 40, 10_000)
    order_id = desk.buy(0, size_ppm=500_000, at_fill=True)
    desk.quote(20_000)
    assert asked(desk, 20_000, order_id) == [30]
    desk.buy(5)
    assert asked(desk, 20_000, order_id) == [25]


def test_a_size_at_fill_that_can_not_be_known_is_nothing() -> None:
    desk = Desk(account_of(leverage=2), symbols=("SAPX", "EURUSD"), cash="10000")
    desk.quote(100_000, symbol="EURUSD")
    desk.quote(10_000)
    order_id = desk.buy(0, size_ppm=500_000, at_fill=True)
    desk.engine.marks.marks[1].bid = 0
    assert asked(desk, 10_000, order_id) == [0]


def test_nothing_is_sized_for_an_order_that_is_unknown_or_over() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(0, size_ppm=500_000, at_fill=True)
    desk.say(13, order_id)
    assert asked(desk, 10_000, order_id) == []
    assert asked(desk, 10_000, "nobody-1-1") == []
