"""Sizes by sizers, worked out by hand: the arithmetic stands beside each. Then their bounds, and what refuses them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.sizers import CAPPING, kelly_ppm, risk_of, shown
from tradewright.core.state import restore, to_bytes
from tradewright.model.decision import Decision
from tradewright.model.errors import InputError
from tradewright.model.fee import FeeEstimate
from tradewright.model.instrument import OrderRules
from tradewright.model.numbers import money_text
from tradewright.model.order import LIMIT, STOP
from tradewright.model.sizer import (
    FIXED,
    KELLY,
    METHODS,
    PERCENT,
    RISK,
    RISK_PERCENT,
    VALUE,
    VOLATILITY,
    Sizer,
    sizer_from,
)

ONE = 10**18
GOLD = {"symbol": "XAUUSD", "price": 265_050}
EURO = {"symbol": "EURUSD", "price": 110_000}
YEN = {"symbol": "USDJPY", "price": 149_500}
#: An account in euro, with the rate at 1.10 dollars.
IN_EURO = {"currency": "EUR", "rate": 110_000}


def desk_of(
    symbol: str = "ACME",
    price: int = 10_000,
    currency: str = "USD",
    rate: int = 0,
    cash: str = "10000",
    leverage: int = 1000,
    rules: OrderRules | None = None,
    limits: Any = None,
    **terms: Any,
) -> Desk:
    """An account with 10 000 of its currency that may trade a thousandfold, and a price. ACME stands at 100.00."""
    symbols = (symbol, "EURUSD") if rate else (symbol,)
    account = account_of(currency=currency, leverage=leverage, **terms)
    desk = Desk(account, symbols=symbols, rules=rules, limits=limits, cash={currency: cash})
    if rate:
        desk.quote(rate, symbol="EURUSD")
    desk.quote(price)
    return desk


def sized(sizer: Sizer, situation: dict[str, Any], wish: dict[str, Any]) -> Decision:
    side = wish.pop("side", BUY)
    (decision,) = desk_of(**situation).want(side, 0, sizer=sizer, **wish)
    return decision


#: sizer, situation, wish → size counts
Worked = tuple[str, dict[str, Any], dict[str, Any], int]
WORKED: list[Worked] = [
    # fixed: as it stands, on the step
    ("fixed:12", {}, {}, 12),
    ("fixed:12", {"rules": OrderRules(step=5)}, {}, 10),
    ("fixed:12.9", {}, {}, 12),  # whole shares
    ("fixed:0.15", GOLD, {}, 15),
    ("fixed:12:max=7", {}, {}, 7),
    ("fixed:12", {"rules": OrderRules(size_max=9)}, {}, 9),
    # percent: 10 000 × share ÷ price
    ("percent:10", {"price": 3_333}, {}, 30),  # 1 000 ÷ 33.33 = 30.003
    ("percent:10", {"price": 3_333, "rules": OrderRules(step=7)}, {}, 28),
    ("percent:100", {"price": 3_333}, {}, 300),  # 10 000 ÷ 33.33 = 300.03
    ("percent:150", {"price": 3_333}, {}, 450),  # 15 000 ÷ 33.33 = 450.045: the account is on margin
    ("percent:10", GOLD | IN_EURO, {"side": SELL}, 0),  # 1 100 USD ÷ (2 650.5 × 100) = 0.004 lot
    ("percent:300", GOLD | IN_EURO, {"side": SELL}, 12),  # 33 000 USD ÷ 265 050 = 0.1245 lot
    ("percent:10", {"limits": {"maxOrderValue": "700"}}, {}, 7),
    # value: a sum ÷ price
    ("value:1000", {"price": 3_333}, {}, 30),
    ("value:99.99", {}, {}, 0),
    ("value:100", {}, {}, 1),
    ("value:30000", EURO, {}, 27),  # 30 000 ÷ 110 000 = 0.2727 lot
    ("value:1000", {"fee": FeeEstimate(minimum=100 * ONE)}, {}, 9),  # 900 ÷ 100.00
    ("value:1000", {}, {"limit_units": 8_000, "type": LIMIT}, 12),  # 1 000 ÷ 80.00
    # risk: a sum ÷ (distance to the stop × contract)
    ("risk:55", GOLD, {"stop_loss": 264_500}, 10),  # 5.5 × 100 = 550 per lot
    ("risk:500", EURO, {"stop_loss": 109_500}, 100),  # 0.0050 × 100 000 = 500 per lot
    ("risk:334.45", YEN, {"limit_units": 150_000, "stop_loss": 149_500}, 100),  # 50 000 JPY ÷ 149.50 = 334.448 USD
    ("risk:334.44", YEN, {"limit_units": 150_000, "stop_loss": 149_500}, 99),
    ("risk:50", GOLD | IN_EURO, {"stop_loss": 264_500}, 10),  # 55.00 USD ÷ 1.10
    ("risk:100", GOLD, {"side": SELL, "stop_loss": 266_150}, 9),  # 11 × 100 = 1 100 per lot: 0.0909
    ("risk:333", {}, {"stop_loss": 9_500}, 66),  # 333 ÷ 5 = 66.6
    ("risk:333", {"rules": OrderRules(step=10)}, {"stop_loss": 9_500}, 60),
    ("risk:100", {}, {"exit_trail_units": 500}, 20),  # a trail of 5.00
    ("risk:100", {}, {"exit_trail_ppm": 20_000}, 50),  # a trail of 2 % of 100.00
    ("risk:100", {}, {"stop_units": 10_500, "type": STOP, "stop_loss": 10_000}, 20),  # bought at 105.00
    # risk percent: 10 000 × share ÷ distance
    ("risk_percent:0.5", {}, {"stop_loss": 9_750}, 20),  # 50 ÷ 2.50
    ("risk_percent:0.5", GOLD, {"stop_loss": 264_500}, 9),  # 50 ÷ 550 = 0.0909
    ("risk_percent:1", GOLD | IN_EURO, {"stop_loss": 264_500}, 20),  # 100 EUR = 110 USD ÷ 550
    ("risk_percent:2", EURO, {"side": SELL, "stop_loss": 110_800}, 25),  # 200 ÷ (0.0080 × 100 000) = 0.25
    ("risk_percent:1", {"cash": "9999"}, {"stop_loss": 9_900}, 99),  # 99.99 ÷ 1.00
    ("risk_percent:100", {}, {"stop_loss": 9_999, "limit_units": 10_000}, 100_000),  # 10 000 × 1 000 ÷ 100.00
    # volatility: 10 000 × share ÷ one deviation
    ("volatility:1", {}, {"deviation": 250}, 40),  # 100 ÷ 2.50
    ("volatility:0.5", {}, {"deviation": 125}, 40),  # 50 ÷ 1.25
    ("volatility:1", GOLD, {"deviation": 1_234}, 8),  # 100 ÷ 1 234 = 0.081
    ("volatility:1", EURO, {"deviation": 800}, 12),  # 100 ÷ 800 = 0.125
    ("volatility:1", GOLD | IN_EURO, {"deviation": 550}, 20),  # 110 USD ÷ 550
    ("volatility:1", {}, {"deviation": 300, "side": SELL}, 33),  # 100 ÷ 3.00
    # Kelly: f = p − (1 − p) ÷ b
    ("kelly:1:win=0.55:payoff=1", {}, {}, 10),  # 0.10: 1 000 ÷ 100.00
    ("kelly:0.5:win=0.55:payoff=1", {}, {}, 5),  # 0.05: 500 ÷ 100.00
    ("kelly:0.5:win=0.55:payoff=1", {}, {"stop_loss": 9_500}, 100),  # 500 at risk ÷ 5.00
    ("kelly:0.5:win=0.6:payoff=1.5", {}, {}, 16),  # (0.6 − 0.4 ÷ 1.5) ÷ 2 = 0.16666: 1 666.66 ÷ 100.00
    ("kelly:0.5:cap=10:win=0.6:payoff=1.5", {}, {}, 10),
    ("kelly:1:win=0.9:payoff=2", {}, {}, 20),  # 0.85, capped at 20 %
    ("kelly:0.25:win=0.5:payoff=2", {}, {}, 6),  # 0.25 ÷ 4 = 0.0625: 625 ÷ 100.00
    ("kelly:0.5:win=0.55:payoff=1", GOLD | IN_EURO, {"stop_loss": 264_500}, 100),  # 500 EUR = 550 USD ÷ 550
    # hint × weight
    ("risk:100:hint=0.5", {}, {"stop_loss": 9_500}, 10),  # 20 × 0.5
    ("fixed:30", {}, {"weight_ppm": 333_333}, 9),  # 9.99999
    ("percent:10:hint=0.7", {}, {"weight_ppm": 500_000}, 3),  # 10 × 0.35
    ("volatility:1:hint=0.25", {}, {"deviation": 250, "weight_ppm": 2_000_000}, 20),  # 40 × 0.5
    ("kelly:1:win=0.55:payoff=1", {"rules": OrderRules(step=3)}, {"weight_ppm": 900_000}, 9),  # 10 × 0.9
    ("fixed:30", {}, {"weight_ppm": 0}, 0),
]  # fmt: skip


@pytest.mark.parametrize("worked", WORKED, ids=lambda worked: f"{worked[0]} {worked[2]}")
def test_a_size_worked_out_by_hand(worked: Worked) -> None:
    text, situation, wish, quantity = worked
    sizer, wish = sizer_from(text), dict(wish)
    if "deviation" in wish:
        sizer.deviation_units = wish.pop("deviation")
    decision = sized(sizer, situation, wish)
    assert decision.orders[0].quantity == quantity
    assert decision.approved == (quantity > 0)


def test_every_method_has_five_worked_sizes() -> None:
    for name in METHODS.values():
        assert sum(text.partition(":")[0] == name and not wish.get("weight_ppm") for text, _, wish, _ in WORKED) >= 5
    assert sum("hint" in text or "weight_ppm" in wish for text, _, wish, _ in WORKED) >= 5


@pytest.mark.parametrize(
    ("symbol", "currency", "distance", "size", "rates", "lost"),
    [
        ("XAUUSD", "USD", 550, 10, {}, "55"),  # 5.5 × 0.10 × 100
        ("EURUSD", "USD", 500, 100, {}, "500"),  # 0.0050 × 100 000
        ("USDJPY", "USD", 500, 100, {"USDJPY": 149_500}, "334.448160535117056856"),  # 50 000 ÷ 149.5
        ("XAUUSD", "EUR", 550, 10, {"EURUSD": 110_000}, "50"),  # 55.00 ÷ 1.10
    ],
)
def test_a_stop_s_loss_in_the_account_s_currency(
    symbol: str, currency: str, distance: int, size: int, rates: dict[str, int], lost: str
) -> None:
    desk = Desk(account_of(currency=currency), symbols=tuple({symbol: 0} | dict.fromkeys(rates, 0)))
    for pair, rate in rates.items():
        desk.quote(rate, symbol=pair)
    found = risk_of(desk.engine.accounts["main"], desk.on(), distance, size)
    assert found is not None
    assert money_text(found) == lost


def test_a_loss_without_a_rate_is_not_known() -> None:
    desk = Desk(account_of(currency="EUR"), symbols=("XAUUSD",))
    assert risk_of(desk.engine.accounts["main"], desk.on(), 550, 10) is None


# ── the words ──────────────────────────────────────────────────────────────────────────────────────────────────────

WORDS: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "risk": (
        "risk_percent:0.5", GOLD, {"stop_loss": 264_500},
        "risk 0.5 % of equity 10000 USD = 50 USD / 550 USD that a stop of 5.5 costs per 1 → 0.09 in steps of 0.01",
    ),
    "euro": (
        "risk:50", GOLD | IN_EURO, {"stop_loss": 264_500},
        "risk 50 EUR / 500 EUR that a stop of 5.5 costs per 1 → 0.1 in steps of 0.01",
    ),
    "volatility": (
        "volatility:1", {}, {"deviation": 300},
        "volatility 1 % of equity 10000 USD = 100 USD / 3 USD that a deviation of 3 costs per 1 → 33 in steps of 1",
    ),
    "Kelly": (
        "kelly:0.5:cap=10:win=0.6:payoff=1.5", {}, {},
        ("Kelly of win rate 0.6 and payoff 1.5 is 33.3333 % × 0.5, at most 10 %: 10 % of equity 10000 USD = 1000 USD "
        "less fee, at 100 per 1 → 10 in steps of 1"),
    ),
    "hint and weight": (
        "fixed:30:hint=0.5", {}, {"weight_ppm": 250_000}, "fixed 30 × hint 0.5 × weight 0.25 → 3 in steps of 1",
    ),
    "free": (
        "risk:100", {"leverage": 1}, {"stop_loss": 9_990},
        ("risk 100 USD / 0.1 USD that a stop of 0.1 costs per 1 → 1000 in steps of 1, capped at 100 by what is free "
        "(10000 USD)"),
    ),
    "largest": ("fixed:30:max=20", {}, {}, "fixed 30 → 30 in steps of 1, capped at 20 by its largest size"),
}  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
def test_the_decision_says_how_the_size_came_about(name: str) -> None:
    text, situation, wish, words = WORDS[name]
    sizer, wish = sizer_from(text), dict(wish)
    sizer.deviation_units = wish.pop("deviation", 0)
    assert sized(sizer, situation, wish).sizing == words


@pytest.mark.parametrize(
    ("money", "words"),
    [
        (9_998_443_999_999_999_999, "9.998443"),
        (48_599_364_000_000_000, "0.0485993"),
        (151 * 10**10, "0.00000151"),  # a bitcoin's: what a stop costs per coin of a cheap pair
        (-151 * 10**10, "-0.00000151"),
        (0, "0"),
    ],
)
def test_the_words_show_enough_of_an_amount_to_work_with(money: int, words: str) -> None:
    assert shown(money) == words


# ── what is not known ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("sizer", "wish", "code", "words"),
    [
        ("risk:100", {}, "STOP_REQUIRED", "risk 100 USD, and no stop on the losing side of 100"),
        ("risk:100", {"stop_loss": 10_000}, "STOP_REQUIRED", "risk 100 USD, and no stop on the losing side of 100"),
        ("risk:100", {"stop_loss": 10_100}, "STOP_REQUIRED", "risk 100 USD, and no stop on the losing side of 100"),
        ("volatility:1", {}, "SIZE_UNKNOWN", "volatility target, and no deviation is said"),
        ("kelly:1", {}, "SIZE_UNKNOWN", "Kelly, and no win rate or payoff is said"),
        ("kelly:1:win=0.6", {}, "SIZE_UNKNOWN", "Kelly, and no win rate or payoff is said"),
        (
            "kelly:1:win=0.4:payoff=1.5", {}, "NO_EDGE", "Kelly of win rate 0.4 and payoff 1.5 is 0 %",
        ),
        ("kelly:1:win=0.4:payoff=1", {}, "NO_EDGE", "Kelly of win rate 0.4 and payoff 1 is -20 %"),
    ],
)  # fmt: skip
def test_what_a_size_lacks_is_said_by_a_code(sizer: str, wish: dict[str, Any], code: str, words: str) -> None:
    decision = sized(sizer_from(sizer), {}, dict(wish))
    assert not decision.approved
    assert (decision.refusals[0].code, decision.sizing) == (code, words)
    assert decision.orders[0].quantity == 0


@pytest.mark.parametrize("text", ["percent:10", "risk_percent:1", "volatility:1", "kelly:1:win=0.6:payoff=2"])
@pytest.mark.parametrize("missing", ["price", "rate", "equity"])
def test_without_price_rate_or_equity_nothing_is_sized(text: str, missing: str) -> None:
    """In an account in euro; the dollars in it make its equity unknown as long as there is no rate."""
    held = {"EUR": "1000", "USD": "1000"} if missing == "equity" else {"EUR": "1000"}
    desk = Desk(account_of(currency="EUR", leverage=10), symbols=("ACME", "EURUSD"), cash=held)
    if missing != "price":
        desk.quote(10_000)
    if missing == "price":
        desk.quote(110_000, symbol="EURUSD")
    sizer = sizer_from(text)
    sizer.deviation_units = 100
    (decision,) = desk.want(BUY, 0, sizer=sizer, stop_loss=9_000)
    assert not decision.approved
    assert decision.refusals[0].code == "SIZE_UNKNOWN"
    assert decision.orders[0].quantity == 0


def test_a_lost_account_risks_nothing() -> None:
    desk = desk_of(cash="1000")
    desk.filled(BUY, 50, 10_000)
    desk.quote(5_000)  # 1 000 − 50 × 50: there is less than nothing
    for text in ("risk_percent:1", "percent:10"):
        (decision,) = desk.want(BUY, 0, sizer=sizer_from(text), stop_loss=4_000)
        assert (decision.approved, decision.orders[0].quantity) == (False, 0)


# ── bounds ─────────────────────────────────────────────────────────────────────────────────────────────────────────

# limits or terms → the size that 1 000 shares at 100.00 are capped at, with 10 000 dollars and leverage 5
CAPPED: dict[str, tuple[dict[str, Any], int]] = {
    "what is free": ({}, 500),
    "its fee": ({"fee": FeeEstimate(minimum=500 * ONE)}, 475),  # (10 000 − 500) × 5 ÷ 100.00
    "the buffer of market orders": ({"limits": {"marketBufferPercent": "2"}}, 490),  # 50 000 ÷ 102.00
    "no debt": ({"kind": "cash", "leverage": 1}, 100),
    "an order's value": ({"limits": {"maxOrderValue": "20050"}}, 200),
    "an order's quantity": ({"limits": {"maxOrderQuantity": "77.5"}}, 77),
    "a position's quantity": ({"limits": {"maxPositionQuantity": "33"}}, 33),
    "a position's share": ({"limits": {"maxPositionSizePercent": "25"}}, 25),
    "the venue's largest order": ({"rules": OrderRules(size_max=64, step=10)}, 60),
    "the strictest": ({"limits": {"maxOrderQuantity": "77", "maxOrderValue": "5000"}}, 50),
}


@pytest.mark.parametrize("name", CAPPED)
def test_a_size_is_capped_by_what_would_refuse_it(name: str) -> None:
    situation, quantity = CAPPED[name]
    desk = desk_of(**({"leverage": 5} | situation))
    (decision,) = desk.want(BUY, 0, sizer=Sizer(FIXED, 1000 * 10**9))
    assert (decision.orders[0].quantity, decision.approved) == (quantity, True)
    step = decision.orders[0].instrument.rules.step
    desk = desk_of(**({"leverage": 5} | situation))
    assert set(desk.refused(BUY, quantity + step)) & set(CAPPING), "a step more would have been refused"


def test_a_cap_counts_what_other_orders_hold_and_what_is_there() -> None:
    desk = desk_of(leverage=1, limits={"maxPositionQuantity": "60"})
    desk.filled(BUY, 20, 10_000)
    desk.buy(30, limit_units=9_000)
    (decision,) = desk.want(BUY, 0, sizer=Sizer(FIXED, 1000 * 10**9))
    assert decision.orders[0].quantity == 10
    assert decision.sizing.endswith(", capped at 10 by maxPositionQuantity")
    desk = desk_of(leverage=1)
    desk.filled(BUY, 20, 10_000)
    desk.buy(30, limit_units=9_000)
    (decision,) = desk.want(BUY, 0, sizer=Sizer(FIXED, 1000 * 10**9))
    assert decision.sizing.endswith(", capped at 53 by what is free (5300 USD)")  # 10 000 − 2 000 − 2 700


def test_a_size_below_the_venue_s_smallest_is_refused_by_its_name() -> None:
    desk = desk_of(rules=OrderRules(size_min=5))
    (decision,) = desk.want(BUY, 0, sizer=sizer_from("risk:20"), stop_loss=9_500)
    assert decision.orders[0].quantity == 4
    assert [check.code for check in decision.refusals] == ["SIZE_MINIMUM"]


def test_what_an_order_says_itself_is_refused_and_not_capped() -> None:
    for wish in ({"quantity": 101}, {"value": 20_000 * ONE}, {"size_ppm": 1_500_000}):
        desk = desk_of(leverage=1)
        assert "INSUFFICIENT_FUNDS" in desk.refused(BUY, **({"quantity": 0} | wish))  # type: ignore[arg-type]


@given(
    money=st.integers(1, 10**7),
    distance=st.integers(1, 5_000),
    price=st.integers(5_001, 50_000),
    leverage=st.sampled_from([1, 3, 30]),
    step=st.sampled_from([1, 7, 100]),
    fee=st.integers(0, 5_000),
)
def test_a_risk_is_never_more_than_said_and_a_step_more_would_be(
    money: int, distance: int, price: int, leverage: int, step: int, fee: int
) -> None:
    terms = {"leverage": leverage, "fee": FeeEstimate(ppm=fee), "rules": OrderRules(step=step)}
    desk = desk_of(price=price, **terms)
    sizer = Sizer(RISK, money * ONE // 100)
    (decision,) = desk.want(BUY, 0, sizer=sizer, stop_loss=price - distance)
    quantity = decision.orders[0].quantity
    asked, risk = Fraction(money, 100), Fraction(distance, 100)
    assert quantity % step == 0
    assert quantity * risk <= asked
    assert decision.approved == (quantity > 0)
    if "capped" in decision.sizing:
        more = desk_of(price=price, **terms)
        assert set(more.refused(BUY, quantity + step)) & set(CAPPING)
    else:
        assert (quantity + step) * risk > asked


@given(win=st.integers(1, 10**6), payoff=st.integers(1, 10**7))
def test_kelly_s_fraction_is_that_of_the_formula_rounded_down(win: int, payoff: int) -> None:
    p, b = Fraction(win, 10**6), Fraction(payoff, 10**6)
    exact = (p - (1 - p) / b) * 10**6
    assert exact - 1 < kelly_ppm(win, payoff) <= exact


# ── the default of a strategy or account ───────────────────────────────────────────────────────────────────────────


def test_an_opening_without_a_size_gets_that_of_its_strategy_or_account() -> None:
    desk = desk_of()
    assert "SIZE_UNKNOWN" in desk.refused(BUY, 0)
    desk.engine.sizers["account:main"] = sizer_from("percent:10")
    assert desk.state(desk.buy(0)).order.quantity == 10
    desk.engine.sizers["strategy:s"] = sizer_from("fixed:3")
    assert desk.state(desk.buy(0)).order.quantity == 3
    assert desk.state(desk.buy(0, strategy="t")).order.quantity == 10
    assert desk.state(desk.buy(7)).order.quantity == 7
    desk.engine.sizers["strategy:s"] = sizer_from("volatility:1:hint=0.5:max=12")
    said = Sizer(0, deviation_units=125, hint_ppm=800_000)
    (decision,) = desk.want(BUY, 0, sizer=said)
    # 100 ÷ 1.25 = 80, of it 0.5 × 0.8, and at most 12
    assert (decision.orders[0].quantity, decision.approved) == (12, True)
    assert " × hint 0.4 → 32 " in decision.sizing


def test_a_reversal_without_a_size_closes_all_and_opens_the_default() -> None:
    desk = desk_of()
    desk.engine.sizers["account:main"] = sizer_from("fixed:4")
    desk.filled(SELL, 7, 10_000)
    closing, opening = desk.want(BUY, 0)
    assert (closing.orders[0].quantity, closing.orders[0].role) == (7, "exit")
    assert (opening.orders[0].quantity, opening.orders[0].role) == (4, "entry")


def test_a_strategy_s_weight_counts_also_where_the_size_is_said() -> None:
    desk = desk_of()
    assert desk.state(desk.buy(10, weight_ppm=350_000)).order.quantity == 3
    assert desk.state(desk.buy(0, weight_ppm=500_000, size_ppm=100_000)).order.quantity == 5
    (decision,) = desk.want(SELL, 0, weight_ppm=500_000, closing=True)
    assert decision.orders[0].quantity == 0, "nothing is open"
    desk.filled(BUY, 10, 10_000)
    (decision,) = desk.want(SELL, 0, weight_ppm=500_000, closing=True)
    assert decision.orders[0].quantity == 10, "an exit closes all"


def test_sizers_are_state() -> None:
    desk = desk_of()
    before = desk.engine.state_hash()
    desk.engine.sizers["account:main"] = sizer_from("kelly:0.5:cap=10:win=0.55:payoff=1.5")
    assert desk.engine.state_hash() != before
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    assert engine.state_hash() == desk.engine.state_hash()
    assert engine.sizers["account:main"].row() == desk.engine.sizers["account:main"].row()


# ── their texts ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("fixed:0.1:max=2", (FIXED, 10**8, 200_000, 2 * 10**9, 0, 0, 0, 10**6)),
        ("percent:12.5", (PERCENT, 125_000, 200_000, 0, 0, 0, 0, 10**6)),
        ("value:1000.50", (VALUE, 1_000_500_000_000_000_000_000, 200_000, 0, 0, 0, 0, 10**6)),
        ("risk:75", (RISK, 75 * ONE, 200_000, 0, 0, 0, 0, 10**6)),
        ("risk_percent:0.25:hint=0.5", (RISK_PERCENT, 2_500, 200_000, 0, 0, 0, 0, 500_000)),
        ("volatility:1", (VOLATILITY, 10_000, 200_000, 0, 0, 0, 0, 10**6)),
        ("kelly:0.5:cap=5:win=0.55:payoff=1.2", (KELLY, 500_000, 50_000, 0, 0, 550_000, 1_200_000, 10**6)),
    ],
)
def test_a_sizer_s_text_is_what_it_says(text: str, row: tuple[int, ...]) -> None:
    assert sizer_from(text).row() == row == Sizer.from_row(row).row()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("half:1", "'half' is not one of fixed, percent"),
        ("risk", "its amount is missing, as in risk:1"),
        ("kelly:win=0.5", "its amount is missing"),
        ("risk:0", "must be above zero"),
        ("risk:-1", "must be above zero"),
        ("risk_percent:0.00001", "more than 4 decimals"),
        ("risk_percent:101", "out of range"),
        ("kelly:1.5", "out of range"),
        ("fixed:1:most=3", "'most' is not one of max, cap, win, payoff, hint"),
        ("fixed:1:max=", "is not a number"),
        ("fixed:1:hint=2", "a share up to one"),
        ("kelly:1:cap=0", "a share up to one"),
        ("kelly:1:win=2", "between 0 and 1"),
        ("risk:nan", "is not a finite number"),
    ],
)
def test_a_sizer_s_text_that_is_wrong_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        sizer_from(text)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(InputError, match="method 99"):
        Sizer(99, 1)
