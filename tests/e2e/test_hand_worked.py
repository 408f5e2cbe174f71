"""Trades worked out by hand, from the strategy's wish to the last cent: the arithmetic stands beside each number.

Lines are what the exchange said, in its words: (what, order, price and size in counts, or the code). The share of these
tests is priced in cents, so 10000 is 100.00. After each event the books of engine and exchange are compared (`Desk`).
"""

from __future__ import annotations

import pytest

from tests.e2e.desk import MINUTE, Desk, Script, at, share
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.report import Fill
from tradewright.sim.models import Models

BRACKET: Script = {"bar 1": [["buy", {"size": 10, "stop_loss": 99, "take_profit": 101}]]}
SHORT_BRACKET: Script = {"bar 1": [["sell", {"size": 10, "stop_loss": 101, "take_profit": 99}]]}


def path(name: str, **more: str) -> Models:
    return Models(fill=f"next_open:{name}", **more)


# ── brackets, pairs, one after the other ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("way", "target_first"),
    [
        ("ohlc", True),  # 100.00, 101.50, 98.50
        ("olhc", False),
        ("nearest", False),  # 1.50 to either side: a tie goes low
        ("adverse", False),  # the low is worse for a long
    ],
)
def test_a_long_bracket_reached_on_both_sides_of_one_bar_ends_as_the_path_says(way: str, target_first: bool) -> None:
    desk = Desk(BRACKET, models=path(way))
    desk.flat(100)
    said = desk.bar(100, "101.50", "98.50", 100)
    if target_first:
        assert said == [("filled", "#1", 10000, 10), ("filled", "#3", 10100, 10), ("cancelled", "#2", "GROUP_FILLED")]
        assert desk.cash() == "10"  # 10 × (101.00 − 100.00)
    else:
        assert said == [
            ("filled", "#1", 10000, 10),
            ("triggered", "#2"),
            ("filled", "#2", 9900, 10),
            ("cancelled", "#3", "GROUP_FILLED"),
        ]
        assert desk.cash() == "-10"  # 10 × (99.00 − 100.00)
    assert desk.is_idle()
    desk.check_recovery()


@pytest.mark.parametrize(("way", "target_first"), [("ohlc", False), ("olhc", True), ("adverse", False)])
def test_a_short_bracket_is_the_mirror(way: str, target_first: bool) -> None:
    desk = Desk(SHORT_BRACKET, models=path(way))
    desk.flat(100)
    desk.bar(100, "101.50", "98.50", 100)
    assert desk.cash() == ("10" if target_first else "-10")
    assert desk.is_idle()


@pytest.mark.parametrize("way", ["ohlc", "olhc", "nearest", "adverse"])
def test_a_bracket_held_here_lets_the_stop_go_when_a_bar_reached_both(way: str) -> None:
    """Held here, exits see a bar when it is over: whatever its path, the stop goes out at the next open, 99.80."""
    desk = Desk(BRACKET, models=path(way), native_exits=False)
    desk.flat(100)
    assert desk.bar(100, "101.50", "98.50", 100) == [("filled", "#1", 10000, 10)]
    assert desk.net() == 10
    assert desk.flat("99.80") == [("filled", "#2", 9980, 10)]
    assert desk.cash() == "-2"  # 10 × (99.80 − 100.00)
    assert desk.is_idle()
    assert not [line for line in desk.story if line[1] == "#3"], "the venue never heard of the target"
    desk.check_recovery()


def test_a_target_held_here_goes_out_as_a_limit_at_its_own_price() -> None:
    desk = Desk(BRACKET, native_exits=False)
    desk.flat(100)
    desk.bar(100, "101.20", "99.50", "101.10")
    assert desk.flat("101.30") == [("filled", "#3", 10130, 10)]  # the better open
    assert desk.cash() == "13"  # 10 × (101.30 − 100.00)
    assert desk.is_idle()


@pytest.mark.parametrize("native", [True, False])
def test_a_stop_that_is_gapped_over_fills_at_the_open(native: bool) -> None:
    desk = Desk(BRACKET, native_exits=native)
    desk.flat(100)
    desk.flat(100)
    if not native:
        desk.flat(97)  # seen here at the close of this bar
    said = desk.bar(97, 98, 96, 97)
    assert ("filled", "#2", 9700, 10) in said
    assert desk.cash() == "-30"  # 10 × (97.00 − 100.00), not 10 × (99.00 − 100.00)
    assert desk.is_idle()


def test_a_limit_fills_better_at_an_open_beyond_it() -> None:
    desk = Desk({"bar 1": [["buy", {"size": 10, "limit": "99.50"}]], "bar 3": [["close", {"limit": 101}]]})
    desk.flat(100)
    assert desk.bar("99.20", 100, "99.10", 100) == [("filled", "#1", 9920, 10)]
    desk.flat(100)
    assert desk.bar("101.40", "101.50", 101, 101) == [("filled", "#2", 10140, 10)]
    assert desk.cash() == "22"  # 10 × (101.40 − 99.20)


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize(
    ("bar", "order", "price"),
    [
        ((100, "101.50", "99.50", "101.50"), "#3", 10100),  # only the target is reached
        ((100, "100.50", "98.50", "98.50"), "#2", 9900),  # only the stop
    ],
)
def test_a_pair_by_protect_ends_with_one_of_its_orders(
    native: bool, bar: tuple[object, ...], order: str, price: int
) -> None:
    """Guarded as soon as the entry fills, within the same bar."""
    script: Script = {
        "bar 1": [["buy", {"size": 10}]],
        "fill 1": [["protect", {"stop_loss": 99, "take_profit": 101}]],
    }
    desk = Desk(script, native_exits=native)
    desk.flat(100)
    desk.flat(100)
    said = desk.bar(*bar)  # type: ignore[arg-type]
    if native:
        other = "#2" if order == "#3" else "#3"
        assert said[-2:] == [("filled", order, price, 10), ("cancelled", other, "GROUP_FILLED")]
    else:
        price = 10150 if order == "#3" else 9850
        assert desk.flat(bar[3]) == [("filled", order, price, 10)]  # type: ignore[arg-type]
    assert desk.net() == 0
    assert desk.realised() == str((price - 10000) // 10)  # 10 × (price − 100.00), in dollars
    assert desk.is_idle()
    desk.check_recovery()


def test_a_child_waits_for_its_parent_and_ends_with_it() -> None:
    """One triggers the other: bought at 99.50, sold at 101.00, although 101.50 was seen before the parent filled."""
    script: Script = {"bar 1": [["buy", {"size": 10, "limit": "99.50", "take_profit": 101}]]}
    desk = Desk(script, models=path("ohlc"))
    desk.flat(100)
    assert desk.bar(100, "101.50", "99.00", "99.20") == [("filled", "#1", 9950, 10)]
    assert desk.bar("99.20", "101.20", "99.20", 101) == [("filled", "#2", 10100, 10)]
    assert desk.cash() == "15"  # 10 × (101.00 − 99.50)
    desk = Desk(script | {"bar 2": [["cancel", {"order_id": "$1"}]]})
    desk.flat(100)
    assert desk.flat(100) == [("cancelled", "#1"), ("cancelled", "#2", "PARENT_ENDED")]
    assert desk.is_idle()


# ── through zero, short, trailing, in parts ────────────────────────────────────────────────────────────────────────


def test_a_sale_through_zero_closes_then_opens() -> None:
    script: Script = {
        "bar 1": [["buy", {"size": 10}]],
        "bar 2": [["sell", {"size": 25}]],
        "bar 3": [["close", {}]],
    }
    desk = Desk(script)
    desk.flat(100)
    desk.flat(100)
    # The close is a part of order 2 and takes the next number.
    assert desk.flat(102) == [("filled", "#3", 10200, 10), ("filled", "#2", 10200, 15)]
    assert desk.lots() == [("#2", -15, 10200)]
    assert desk.realised() == "20"  # 10 × (102.00 − 100.00)
    assert desk.cash() == "1550"  # −10 × 100.00 + 25 × 102.00
    desk.flat(101)
    assert desk.matches() == [("A", 10, 10000, 10200, "20"), ("A", -15, 10200, 10100, "15")]
    assert desk.cash() == "35"  # 20 + 15 × (102.00 − 101.00)
    assert desk.equity() == "1000035"
    assert desk.is_idle()
    desk.check_recovery()


def test_a_guarded_position_turned_round_takes_its_exits_along() -> None:
    desk = Desk(BRACKET | {"bar 2": [["sell", {"size": 25, "stop_loss": 103}]]})
    desk.flat(100)
    assert desk.flat(100)[1:] == [("cancelled", "#2"), ("cancelled", "#3")]
    desk.flat(100)
    # Order 4 opens, its closing part is 5, its own stop 6.
    assert desk.lots() == [("#4", -15, 10000)]
    assert desk.bar(100, 104, 100, 104)[-1] == ("filled", "#6", 10300, 15)
    assert desk.cash() == "-45"  # 15 × (100.00 − 103.00)
    assert desk.is_idle()


def test_a_short_sale_earns_the_fall_less_its_fees() -> None:
    desk = Desk({"bar 1": [["sell", {"size": 10}]], "bar 2": [["close", {}]]}, models=Models(fee="per_order:1"))
    desk.flat(100)
    desk.flat(100)
    assert desk.cash() == "999"  # 10 × 100.00 − 1
    desk.flat(90)
    assert desk.realised() == "100"  # 10 × (100.00 − 90.00)
    assert desk.cash() == "98"  # less 1 for each order


def test_a_cash_account_sells_nothing_short() -> None:
    desk = Desk({"bar 1": [["sell", {"size": 10}]]}, kind="cash")
    assert desk.flat(100) == [("denied", "#1", "SHORT_NOT_ALLOWED")]
    assert desk.is_idle()


@pytest.mark.parametrize(
    ("terms", "stop", "earned"),
    [
        ({"trail": "1.00"}, 10200, "20"),  # 103.00 − 1.00; 10 × 2.00
        ({"trail_percent": 1}, 10197, "19.7"),  # 103.00 − 1.03; 10 × 1.97
        ({"trail_percent": "0.5"}, 10249, "24.9"),  # 103.00 − 0.515, whole cents: 0.51; 10 × 2.49
    ],
)
def test_a_trailing_stop_sells_at_its_distance_below_the_high(terms: dict[str, object], stop: int, earned: str) -> None:
    desk = Desk({"bar 1": [["buy", {"size": 10}]], "bar 2": [["close", terms]]}, models=path("olhc"))
    desk.flat(100)
    desk.flat(100)
    assert desk.bar(100, 103, 100, "102.80") == []
    assert desk.bar("102.80", 103, 101, 101) == [("triggered", "#2"), ("filled", "#2", stop, 10)]
    assert desk.cash() == earned


@pytest.mark.parametrize(("native", "price", "earned"), [(True, 10200, "20"), (False, 10150, "15")])
def test_an_attached_trailing_stop_follows_from_the_fill(native: bool, price: int, earned: str) -> None:
    """At the venue it sells at 102.00; held here it is seen at the close of that bar and goes at the next open."""
    desk = Desk({"bar 1": [["buy", {"size": 10, "trailing": 1}]]}, native_exits=native)
    desk.flat(100)
    desk.flat(100)
    desk.flat(103)
    desk.bar("102.80", "102.90", "101.80", "101.80")
    desk.flat("101.50")
    assert ("filled", "#2", price, 10) in desk.story
    assert desk.cash() == earned
    assert desk.is_idle()


def test_parts_over_several_bars_then_the_end_of_the_rest() -> None:
    """A tenth of each bar's volume: 30 at the better open, 20 at the limit; the other 50 are cancelled."""
    script: Script = {
        "bar 1": [["buy", {"size": 100, "limit": 100}]],
        "bar 3": [["cancel", {"order_id": "$1"}]],
        "bar 4": [["close", {"size": 40}]],
    }
    desk = Desk(script, models=path("olhc", partial="volume:10%"), cash=10_000)
    desk.flat("100.50")
    free = desk.engine.accounts["main"].free("USD")
    assert free == 0  # 10,000.00 − 100 × 100.00 is all held
    assert desk.bar("99.90", 101, "99.90", 101, volume=300) == [("filled", "#1", 9990, 30)]
    said = desk.bar(101, 101, "99.50", 101, volume=200)
    assert said == [("filled", "#1", 10000, 20), ("cancelled", "#1")]
    assert desk.is_idle()
    assert desk.lots() == [("#1", 30, 9990), ("#1", 20, 10000)]
    assert desk.cash() == "-4997"  # −30 × 99.90 − 20 × 100.00
    desk.flat(101)
    desk.flat(101)
    # First in, first out: 30 × (101.00 − 99.90) and 10 × (101.00 − 100.00).
    assert desk.matches() == [("A", 30, 9990, 10100, "33"), ("A", 10, 10000, 10100, "10")]
    assert desk.lots() == [("#1", 10, 10000)]
    desk.check_recovery()


def test_a_share_of_equity_is_sized_at_the_fill_price() -> None:
    """Half of 10,000.00 is 50 shares at 100.00; at the open of 125.00 it is 40."""
    desk = Desk({"bar 1": [["buy", {"percent": 50, "at_fill": True}]]}, cash=10_000)
    desk.flat(100)
    assert desk.flat(125) == [("fill price", "#1", 12500), ("replaced", "#1", 40), ("filled", "#1", 12500, 40)]
    assert desk.cash() == "-5000"
    assert desk.is_idle()
    # All of it, where the price fell: 10,000.00 / 80.00 = 125, more than the 100 it was decided at.
    desk = Desk({"bar 1": [["buy", {"percent": 100, "at_fill": True}]]}, cash=10_000)
    desk.flat(100)
    assert desk.flat(80)[-1] == ("filled", "#1", 8000, 125)


# ── currencies and contracts ───────────────────────────────────────────────────────────────────────────────────────


def bitcoin() -> Instrument:
    """Prices in cents, sizes in ten-thousandths."""
    return Instrument("BTCUSD", "sim", "crypto", "BTC", "USD", 2, 4)


def test_a_fee_in_the_base_currency_leaves_less_to_sell() -> None:
    """Each fill pays 10 basis points of what it brings in: 0.001 of a bitcoin bought, dollars of those sold."""
    script: Script = {"bar 1": [["buy", {"size": 1}]], "bar 2": [["close", {}]]}
    desk = Desk(script, instruments=[bitcoin()], models=Models(fee="bps:10:in=received"))
    desk.flat(60000)
    desk.flat(60000)
    assert desk.lots() == [("#1", 9990, 6000000)]
    assert (desk.cash(), desk.cash("BTC")) == ("-60000", "0")
    assert desk.flat(61000) == [("filled", "#2", 6100000, 9990)]
    assert desk.net() == 0
    assert desk.realised() == "999"  # 0.9990 × 1,000.00
    assert desk.cash() == "878.061"  # −60,000 + 0.999 × 61,000 − 0.1 % of 60,939
    assert desk.is_idle()


def test_what_a_base_fee_leaves_below_the_smallest_size_is_cash_in_that_currency() -> None:
    """A real venue charges 0.00012345: two counts of 0.0001 go, and 0.00007655 come back as cash."""
    desk = Desk({"bar 1": [["buy", {"size": 1}]]}, instruments=[bitcoin()])
    desk.flat(60000)
    fee = 12345 * 10**10
    desk.trader.step(Fill(desk.time, "main-1-1", desk.time, "T1", 6000000, 10000, fee, "BTC"))
    assert desk.lots() == [("#1", 9998, 6000000)]
    assert desk.cash("BTC") == "0.00007655"
    assert desk.equity() == "999992.593"  # 1,000,000 − 0.00012345 × 60,000.00


def test_a_fee_in_a_third_currency_is_owed_in_it() -> None:
    """10 basis points of 60,000.00 are 60.00 dollars: 0.1 BNB at 600.00. Equity counts them at BNB's price."""
    bnb = Instrument("BNBUSD", "sim", "crypto", "BNB", "USD", 2, 4)
    script: Script = {"bar 1": [["buy", {"size": 1}]]}
    desk = Desk(script, instruments=[bitcoin(), bnb], models=Models(fee="bps:10:in=BNB@600"))
    desk.flat(600, symbol="BNBUSD")
    desk.flat(60000)
    desk.flat(60000)
    assert (desk.cash(), desk.cash("BNB"), desk.size()) == ("-60000", "-0.1", 1)
    assert desk.equity() == "999940"  # 1,000,000 − 0.1 × 600.00
    # Where BNB itself is bought, the fee is taken from it: 0.50 dollars are 0.00083 at 600.00, so 0.0008.
    desk.flat(500, symbol="BNBUSD")
    assert desk.lots(symbol="BNBUSD") == [("#1", 9992, 50000)]
    assert (desk.cash(), desk.cash("BNB")) == ("-60500", "-0.1")
    assert desk.equity() == "999949.6"  # 1,000,000 − 60,500 + 60,000 + (0.9992 − 0.1) × 500.00


def yen() -> Instrument:
    return Instrument("USDJPY", "sim", "forex", "USD", "JPY", 3, 2)


def test_profit_in_yen_is_worth_dollars_at_the_price_of_the_day() -> None:
    script: Script = {"bar 1": [["buy", {"size": 10_000}]], "bar 2": [["close", {}]]}
    desk = Desk(script, instruments=[yen()])
    desk.flat(110)
    desk.flat(110)
    assert desk.cash("JPY") == "-1100000"  # 10,000 × 110.000
    assert desk.equity() == "1000000"
    desk.flat(111)
    assert desk.realised() == "10000"  # 10,000 × 1.000 yen
    assert (desk.cash("JPY"), desk.cash()) == ("10000", "0")
    # 10,000 / 111 = 90.090090…, a view, rounded down at the eighteenth place.
    assert desk.equity() == "1000090.09009009009009009"
    desk.check_recovery()


def test_gold_counts_a_hundred_ounces_for_each_lot() -> None:
    gold = Instrument("XAUUSD", "sim", "metal", "XAU", "USD", 2, 2, contract=100)
    script: Script = {"bar 1": [["buy", {"size": "0.5"}]], "bar 2": [["close", {"size": "0.2"}]]}
    desk = Desk(script, instruments=[gold], models=Models(fee="bps:1"))
    desk.flat(2000)
    desk.flat(2000)
    assert desk.cash() == "-100010"  # 0.5 × 100 × 2,000.00, and one basis point of it
    desk.flat("2003.50")
    assert desk.realised() == "70"  # 0.2 × 100 × 3.50
    # −100,010 + 0.2 × 100 × 2,003.50 − one basis point of 40,070
    assert desk.cash() == "-59944.007"
    # cash + 0.3 × 100 × 2,003.50
    assert desk.equity() == "1000160.993"


# ── several strategies, several lots ───────────────────────────────────────────────────────────────────────────────

LONG: Script = {"bar 1": [["buy", {"size": 10, "stop_loss": 99}]]}
SHORT: Script = {"bar 1": [["sell", {"size": 10, "stop_loss": 102}]]}


def test_two_strategies_stand_opposite_and_each_closes_its_own() -> None:
    """The account holds nothing at the venue; still each close finds what its strategy holds."""
    desk = Desk(
        {"bar 1": [["buy", {"size": 10}]], "bar 3": [["close", {}]]},
        {"bar 1": [["sell", {"size": 10}]], "bar 4": [["close", {}]]},
    )
    desk.flat(100)
    desk.flat(100)
    assert (desk.net(), desk.size("A"), desk.size("B")) == (0, 10, -10)
    desk.flat(100)
    desk.flat(101)
    assert (desk.net(), desk.size("A"), desk.size("B")) == (-10, 0, -10)
    desk.flat(102)
    assert desk.net() == 0
    assert desk.matches() == [("A", 10, 10000, 10100, "10"), ("B", -10, 10000, 10200, "-20")]
    assert desk.cash() == "-10"
    assert desk.is_idle()
    desk.check_recovery()


@pytest.mark.parametrize(("native", "last"), [(True, 10200), (False, 10300)])
def test_the_stops_of_opposite_strategies_work_although_the_account_is_flat(native: bool, last: int) -> None:
    desk = Desk(LONG, SHORT, native_exits=native)
    desk.flat(100)
    desk.flat(100)
    assert desk.net() == 0
    desk.bar(100, 100, "98.50", 99)
    desk.bar(99, 103, 99, 103)
    desk.flat(103)
    assert (desk.size("A"), desk.size("B"), desk.net()) == (0, 0, 0)
    assert desk.realised("A") == "-10"  # 10 × (99.00 − 100.00); held here it goes at the next open, 99.00 as well
    assert desk.realised("B") == {10200: "-20", 10300: "-30"}[last]
    assert desk.is_idle()


def test_a_close_does_not_lose_to_another_strategy_s_opening_of_the_same_bar() -> None:
    """B's short fills first and takes the account to flat; A's close goes through all the same."""
    desk = Desk(
        {"bar 1": [["buy", {"size": 10}]], "bar 3": [["close", {"confidence": 0.1}]]},
        {"bar 3": [["sell", {"size": 10, "confidence": 0.9}]]},
    )
    for _ in range(3):
        desk.flat(100)
    assert desk.flat(101) == [("filled", "#3", 10100, 10), ("filled", "#2", 10100, 10)]
    assert (desk.size("A"), desk.size("B"), desk.net()) == (0, -10, -10)


def test_the_only_strategy_of_an_account_closes_with_reduce_only() -> None:
    desk = Desk(LONG | {"bar 3": [["close", {}]]})
    for _ in range(3):
        desk.flat(100)
    assert [state.order.reduce_only for state in desk.engine.orders.values()] == [False, True, True]


TWO_LOTS: Script = {"bar 1": [["buy", {"size": 5}]], "bar 2": [["buy", {"size": 3}]]}


@pytest.mark.parametrize(
    ("close", "lots", "earned"),
    [
        ({"lot": "$2"}, [("#1", 5, 10000)], "6"),  # 3 × (103.00 − 101.00)
        ({"size": 2, "lot": "$2"}, [("#1", 5, 10000), ("#2", 1, 10100)], "4"),
        ({"size": 5}, [("#2", 3, 10100)], "15"),  # the oldest first: 5 × (103.00 − 100.00)
        ({"size": 7}, [("#2", 1, 10100)], "19"),  # 5 × 3.00 + 2 × 2.00, an order for each lot
        ({}, [], "21"),
    ],
)
def test_a_hedging_close_takes_the_named_lot_or_the_oldest(
    close: dict[str, object], lots: list[tuple[str, int, int]], earned: str
) -> None:
    desk = Desk(TWO_LOTS | {"bar 3": [["close", close]]}, mode="hedging")
    for price in (100, 100, 101, 103):
        desk.flat(price)
    assert desk.lots() == lots
    assert desk.realised() == earned
    assert desk.is_idle()
    desk.check_recovery()


def test_hedging_strategies_close_their_own_lots() -> None:
    desk = Desk(
        {"bar 1": [["buy", {"size": 10}]]}, {"bar 2": [["buy", {"size": 10}]], "bar 3": [["close", {}]]}, mode="hedging"
    )
    for price in (100, 100, 101, 102):
        desk.flat(price)
    assert desk.lots("A") == [("#1", 10, 10000)], "the oldest lot of the account is A's and stays"
    assert desk.matches() == [("B", 10, 10100, 10200, "10")]


@pytest.mark.parametrize("native", [True, False])
def test_a_hedging_pair_guards_each_lot(native: bool) -> None:
    script = TWO_LOTS | {"bar 3": [["protect", {"stop_loss": 99, "take_profit": 104}]]}
    desk = Desk(script, mode="hedging", native_exits=native)
    for price in (100, 100, 101, 101, 104, 104):
        desk.flat(price)
    assert desk.matches() == [("A", 5, 10000, 10400, "20"), ("A", 3, 10100, 10400, "9")]
    assert desk.is_idle()


def test_a_hedging_account_holds_long_and_short_side_by_side() -> None:
    desk = Desk(
        {
            "bar 1": [["buy", {"size": 5}], ["sell", {"size": 3}]],
            "bar 2": [["close", {"side": "short"}]],
            "bar 3": [["close", {"side": "long"}]],
        },
        mode="hedging",
    )
    desk.flat(100)
    desk.flat(100)
    assert desk.lots() == [("#1", 5, 10000), ("#2", -3, 10000)]
    desk.flat(101)
    desk.flat(103)
    assert desk.matches() == [("A", -3, 10000, 10100, "-3"), ("A", 5, 10000, 10300, "15")]


# ── two symbols ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_day_order_trades_in_the_last_bar_of_its_day_though_another_symbol_s_bar_came_first() -> None:
    """Both bars end at the close, 21:00 UTC. The first one to come must not end the orders of the other."""
    acme, zinc = share("ACME", "us-equity"), share("ZINC", "us-equity")
    script: Script = {"bar 2": [["buy", {"size": 10, "limit": 99, "tif": "day", "symbol": "ZINC"}]]}
    desk = Desk(("Pair", {"script": script}), instruments=[acme, zinc])
    before, last = at("20:58"), at("20:59")
    for symbol in ("ACME", "ZINC"):
        desk.feed(Bar(before + MINUTE, desk.instrument(symbol), before, 10000, 10000, 10000, 10000, 1000))
    assert desk.feed(Bar(last + MINUTE, desk.instrument("ACME"), last, 10000, 10000, 10000, 10000, 1000)) == []
    said = desk.feed(Bar(last + MINUTE, desk.instrument("ZINC"), last, 10000, 10000, 9890, 10000, 1000))
    assert said == [("filled", "#1", 9900, 10)]
