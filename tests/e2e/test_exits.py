"""Exit plans worked out by hand: distances from the fill, break-even, trailing in steps, times, and who owns what.

As in test_hand_worked.py: lines are what the exchange said, ACME is priced in cents, 10000 is 100.00.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.e2e.desk import MINUTE, Desk, Script, at, share
from tradewright.core.engine import Engine
from tradewright.core.state import restore, to_bytes
from tradewright.explain import Story
from tradewright.model.command import Command, Replace
from tradewright.model.control import ExitMoved, ProtectRequested
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.exit_plan import CONFIGURED, ExitPlan, plan_from
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Bar
from tradewright.model.moment import moment_text
from tradewright.model.numbers import count_of
from tradewright.model.order import ORDER_TYPES
from tradewright.model.report import Report
from tradewright.sim.models import Models
from tradewright.trader import Trader

NATIVE = pytest.mark.parametrize("native", [True, False], ids=["at the venue", "held here"])


def bought(native: bool = True, prices: tuple[Any, ...] = (100, 100), more: Script | None = None, **terms: Any) -> Desk:
    """Ten shares bought at the open of the second bar, with exits."""
    script: Script = {"bar 1": [["buy", {"size": 10, **terms}]], **(more or {})}
    desk = Desk(script, native_exits=native)
    for price in prices:
        desk.flat(price)
    return desk


def followed(desk: Desk, order_id: str) -> list[Event]:
    """What concerns one order, folded as `explain` folds it."""
    trader = Trader(None)
    found: list[Event] = []
    for event, made in desk.records(trader):
        trader.follow(event, made)
        found += [
            item
            for item in (event, *made)
            if isinstance(item, Command | ExitMoved | Report) and item.order_id == order_id
        ]
    return found


# ── distances from the fill ────────────────────────────────────────────────────────────────────────────────────────

#: price that comes after a fill at 102.00 → what it is sold at: 2 % below is 99.96, 4 % above 106.08
FROM_FILL = [("99.97", None), ("99.96", 9996), ("106.07", None), ("106.08", 10608)]


@NATIVE
@pytest.mark.parametrize(("price", "sold"), FROM_FILL)
def test_percentages_count_from_the_fill(native: bool, price: str, sold: int | None) -> None:
    desk = bought(native, (100, 102), stop_loss_percent=2, take_profit_percent=4)
    said = desk.flat(price) + desk.flat(price)
    fills = [line for line in said if line[0] == "filled"]
    assert [line[2] for line in fills] == ([] if sold is None else [sold])
    assert desk.is_idle() == (sold is not None)
    desk.check_recovery()


def test_distances_keep_to_the_tick_on_the_far_side() -> None:
    """Of 102.05: 2 % below is 100.009, 4 % above 106.132; in ticks of 5 cents 100.00 and 106.15."""
    instrument = Instrument("ACME", "sim", "equity", "ACME", "USD", 2, 0, rules=OrderRules(tick=5))
    script: Script = {"bar 1": [["buy", {"size": 10, "stop_loss_percent": 2, "take_profit_percent": 4}]]}
    desk = Desk(script, instruments=[instrument])
    desk.flat("102.05")
    desk.flat("102.05")
    orders = [state.order for state in desk.engine.orders.values() if state.order.role != "entry"]
    assert [(order.stop_units, order.limit_units) for order in orders] == [(10000, 0), (0, 10615)]
    short = Desk({"bar 1": [["sell", script["bar 1"][0][1]]]}, instruments=[instrument])
    short.flat("102.05")
    short.flat("102.05")
    # 2 % above is 104.091, 4 % below 97.968
    orders = [state.order for state in short.engine.orders.values() if state.order.role != "entry"]
    assert [(order.stop_units, order.limit_units) for order in orders] == [(10410, 0), (0, 9795)]


def test_the_exits_of_the_first_part_guard_the_later_ones() -> None:
    script: Script = {"bar 1": [["buy", {"size": 100, "stop_loss_percent": 5}]]}
    desk = Desk(script, models=Models(partial="volume:10%"))
    desk.flat(100)
    assert desk.bar(100, 100, 100, 100, volume=400)[0] == ("filled", "#1", 10000, 40)
    assert desk.bar(101, 101, 101, 101, volume=600)[0] == ("filled", "#1", 10100, 60)
    assert [id for id, state in desk.engine.orders.items() if state.is_open()] == ["main-1-2"]
    assert [line[1:] for line in desk.flat(95) if line[0] == "filled"] == [("#2", 9500, 100)]
    assert desk.cash() == "-560"  # 100 × 95.00 − 40 × 100.00 − 60 × 101.00
    assert desk.is_idle()
    desk.check_recovery()


def test_an_opening_that_ends_unfilled_leaves_no_plan() -> None:
    desk = bought(True, (100, 100), {"bar 2": [["cancel", {"order_id": "$1"}]]}, limit=90, stop_loss_percent=2)
    assert desk.engine.guards == {}
    assert desk.is_idle()
    desk.check_recovery()


# ── moved stops ────────────────────────────────────────────────────────────────────────────────────────────────────


@NATIVE
def test_break_even_brings_the_stop_to_the_entry_once_the_gain_was_seen(native: bool) -> None:
    """Bought at 100.00; after 101.00 the stop stands at 100.20."""
    terms = {"stop_loss": 95, "break_even": 1, "break_even_offset": "0.20"}
    desk = bought(native, (100, 100, "100.99", "100.10"), **terms)
    assert desk.net() == 10, "the gain was not seen"
    desk.flat("101.00")
    desk.flat("100.21")
    assert desk.net() == 10
    desk.flat("100.20")
    desk.flat("100.20")
    assert desk.cash() == "2"  # 10 × 0.20
    assert desk.is_idle()
    desk.check_recovery()


def test_break_even_of_a_short_counts_from_its_average() -> None:
    """Sold 50 at 100.00 and 50 at 101.00: the average is 100.50, a gain of 1 % is seen at 99.495."""
    script: Script = {"bar 1": [["sell", {"size": 100, "stop_loss": 110, "break_even_percent": 1}]]}
    desk = Desk(script, models=Models(partial="volume:10%"))
    desk.flat(100)
    desk.bar(100, 100, 100, 100, volume=500)
    desk.bar(101, 101, 101, 101, volume=500)
    desk.flat("99.50")
    assert [line for line in desk.story if line[0] == "replaced"] == []
    desk.flat("99.49")
    assert desk.engine.orders["main-1-2"].order.stop_units == 10050
    desk.check_recovery()


def test_a_stop_is_moved_when_it_would_move_by_its_step() -> None:
    """Distance 1.00, step 0.50: 99.00 → 100.00 at 101.00 → 100.60 at 101.60; 101.49 was not enough."""
    desk = bought(True, (100, 100, 101, "101.49", "101.60", "101.20"), trailing=1, trail_step="0.5")
    moved = [record for record in followed(desk, "main-1-2") if isinstance(record, ExitMoved)]
    assert [(move.stop_units, move.best_units, move.code) for move in moved] == [
        (10000, 10100, "TRAILING"),
        (10060, 10160, "TRAILING"),
    ]
    assert desk.flat("100.60") == [("triggered", "#2"), ("filled", "#2", 10060, 10)]
    assert desk.cash() == "6"
    desk.check_recovery()


@NATIVE
def test_an_atr_trail_takes_the_distance_its_strategy_says(native: bool) -> None:
    """Best price 103.00; the distance falls from 2.00 to 1.50, and a wider one changes nothing."""
    more: Script = {"bar 4": [["trail", {"distance": "1.50"}]], "bar 5": [["trail", {"distance": 4}]]}
    desk = bought(native, (100, 100, 103, 103, 103), more, trailing=2, trail_step="0.10")
    stop = desk.engine.orders["main-1-2"].order
    assert stop.stop_units == 10150
    desk.flat(104)
    assert stop.stop_units == 10250, "the new distance stays"
    desk.flat("102.50")
    desk.flat("102.50")
    assert desk.cash() == "25"
    assert desk.is_idle()
    desk.check_recovery()


def test_what_is_held_can_be_protected_with_a_plan() -> None:
    """Bought at 100.00, now at 104.00: by percent from the entry, trailing from where it stands."""
    more: Script = {"bar 3": [["protect", {"stop_loss_percent": 1, "take_profit_percent": 10}]]}
    desk = bought(True, (100, 100, 104), more)
    orders = [state.order for state in desk.engine.orders.values() if state.order.role != "entry"]
    assert [(order.stop_units, order.limit_units) for order in orders] == [(9900, 0), (0, 11000)]
    trail = {"trailing": 1, "trail_step": "0.25", "exit_after": 180}
    desk = bought(True, (100, 100, 104), {"bar 3": [["protect", trail]]})
    stop = desk.engine.orders["main-1-2"].order
    assert stop.stop_units == 10300
    desk.flat("104.20")
    assert stop.stop_units == 10300
    desk.flat("104.30")
    assert stop.stop_units == 10330
    desk.flat("104.30")
    assert desk.flat("104.10")[-1] == ("filled", "#3", 10410, 10)  # three minutes were over a bar ago
    assert desk.is_idle()
    desk.check_recovery()


# ── times ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@NATIVE
@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_what_is_held_too_long_is_closed_and_its_exits_end(native: bool, mode: str) -> None:
    script: Script = {"bar 1": [["buy", {"size": 10, "stop_loss": 95, "take_profit": 105, "exit_after": 150}]]}
    desk = Desk(script, native_exits=native, mode=mode)
    for price in (100, 100, 101, 102):
        assert not [line for line in desk.flat(price) if line[0] == "cancelled"]
    # Filled at the close of the second bar's minute: the third minute after it is the first past 150 seconds.
    desk.flat(103)
    assert desk.flat(104)[-1] == ("filled", "#4", 10400, 10)
    assert desk.cash() == "40"
    assert desk.is_idle()
    assert desk.engine.guards == {}
    assert {desk.engine.orders[f"main-1-{number}"].status for number in (2, 3)} == {"CANCELLED"}
    desk.check_recovery()


def test_what_is_held_is_closed_before_its_session_ends() -> None:
    """New York closes at 16:00, 21:00 UTC in November: two minutes before, the position goes."""
    desk = Desk({"bar 1": [["buy", {"size": 10, "exit_before_close": 120}]]}, instruments=[share(calendar="us-equity")])
    fills = []
    for minute in range(50, 60):
        end = at("20:00") + (minute + 1) * MINUTE
        bar = Bar(end, desk.engine.instruments[0], end - MINUTE, 10000, 10000, 10000, 10000, 1000)
        fills += [(minute, *line) for line in desk.feed(bar) if line[0] == "filled"]
    # Known at 20:58, it goes at the open of the next minute.
    assert fills == [(51, "filled", "#1", 10000, 10), (58, "filled", "#2", 10000, 10)]
    assert desk.is_idle()
    desk.check_recovery()


def test_what_its_session_ends_upon_goes_at_the_next_open_and_not_a_session_later() -> None:
    """Ordered before that time, and filled inside the last bar, when it was over."""
    desk = Desk({"bar 1": [["buy", {"size": 10, "exit_before_close": 119}]]}, instruments=[share(calendar="us-equity")])
    fills = []
    for begin in (at("20:57"), at("20:59"), *(at("14:30") + 24 * 60 * MINUTE + minute * MINUTE for minute in range(3))):
        bar = Bar(begin + MINUTE, desk.engine.instruments[0], begin, 10000, 10000, 10000, 10000, 1000)
        fills += [(moment_text(begin)[11:16], *line) for line in desk.feed(bar) if line[0] == "filled"]
    assert fills == [("20:59", "filled", "#1", 10000, 10), ("14:30", "filled", "#2", 10000, 10)]
    assert desk.is_idle()
    desk.check_recovery()


def test_an_opening_at_the_time_of_its_exit_is_refused_and_the_next_session_takes_it() -> None:
    """Two minutes before the close it would go at once; what is ordered upon the close fills at the next open."""
    terms = {"size": 10, "exit_before_close": 120}
    script: Script = {f"bar {bar}": [["buy", terms]] for bar in (2, 4)}
    desk = Desk(script, instruments=[share(calendar="us-equity")])
    lines = []
    for begin in (*(at("20:56") + minute * MINUTE for minute in range(4)), at("14:30") + 24 * 60 * MINUTE):
        bar = Bar(begin + MINUTE, desk.engine.instruments[0], begin, 10000, 10000, 10000, 10000, 1000)
        lines += [(moment_text(begin + MINUTE)[11:16], *line) for line in desk.feed(bar)]
    assert lines == [("20:58", "denied", "#1", "EXIT_DUE"), ("14:31", "filled", "#2", 10000, 10)]
    desk.check_recovery()


def test_a_time_that_ends_for_a_part_leaves_the_rest_and_its_stop_alone() -> None:
    script: Script = {
        "bar 1": [["buy", {"size": 10, "stop_loss": 90, "exit_after": 200}]],
        "bar 2": [["buy", {"size": 5, "stop_loss": 95}]],
    }
    desk = Desk(script)
    for _ in range(7):
        desk.flat(100)
    assert desk.size() == 5
    assert desk.engine.orders["main-1-2"].status == "CANCELLED"
    assert desk.engine.orders["main-1-4"].is_open()
    assert desk.flat(95)[-1] == ("filled", "#4", 9500, 5)
    assert desk.is_idle()
    desk.check_recovery()


def test_each_strategy_s_plan_closes_its_own() -> None:
    terms = {"size": 10, "exit_after": 200}
    desk = Desk({"bar 1": [["buy", terms]]}, {"bar 1": [["buy", {"size": 7, "stop_loss": 90}]]})
    for _ in range(7):
        desk.flat(100)
    assert (desk.size("A"), desk.size("B")) == (0, 7)
    desk.check_recovery()


def test_a_time_exit_ends_what_is_left_of_its_opening() -> None:
    script: Script = {"bar 1": [["buy", {"size": 100, "limit": 100, "exit_after": 120}]]}
    desk = Desk(script, models=Models(partial="volume:10%"))
    desk.flat(100)
    desk.bar(100, 100, 100, 100, volume=300)
    desk.flat(101)
    desk.flat(101)
    assert ("cancelled", "#1") in desk.story
    desk.flat(101)
    assert desk.net() == 0
    assert desk.is_idle()


def test_what_was_closed_already_needs_no_plan() -> None:
    desk = bought(True, (100, 100, 101, 102), {"bar 2": [["close", {}]]}, exit_after=60, stop_loss_percent=1)
    assert desk.engine.guards == {}
    assert [line[1] for line in desk.story if line[0] == "filled"] == ["#1", "#3"]
    assert desk.is_idle()


@NATIVE
def test_what_stays_when_a_part_is_closed_keeps_its_stop(native: bool) -> None:
    """Four of ten go at the open; the six are stopped out within the same bar."""
    desk = bought(native, more={"bar 2": [["close", {"size": 4}]]}, stop_loss=90)
    said = desk.bar(100, 100, 89, 95) + desk.flat(90)
    assert [line[2:] for line in said if line[0] == "filled"] == [(10000, 4), (9000, 6)]
    assert desk.is_idle()
    desk.check_recovery()


# ── the watchdog ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("seconds", "sold"), [(None, None), (150, 9700)])
def test_a_stop_that_the_market_jumped_over_becomes_a_market_order_in_its_time(
    seconds: int | None, sold: int | None
) -> None:
    """Its limit is 98.90 and the market opens at 98.00: it triggers, and rests. Three bars later it is cancelled, and
    what is left goes at the next open, 97.00."""
    more: Script = {"bar 2": [["protect", {"stop_loss": 99, "limit": "98.90"}]]}
    script: Script = {"bar 1": [["buy", {"size": 10}]], **more}
    desk = Desk(script, limits={} if seconds is None else {"stopFillSeconds": seconds})
    for price in (100, 100, 98, 98, 98, 98, 97, 97):
        desk.flat(price)
    assert ("triggered", "#2") in desk.story
    fills = [line[2] for line in desk.story if line[0] == "filled" and line[1] != "#1"]
    assert fills == ([] if sold is None else [sold])
    assert desk.is_idle() == (sold is not None)
    if sold is not None:
        assert ("cancelled", "#2") in desk.story
        moved = [record for record in followed(desk, "main-1-2") if isinstance(record, ExitMoved)]
        assert [move.code for move in moved] == ["STOP_UNFILLED"]
    desk.check_recovery()


# ── defaults ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_opening_without_exits_gets_those_of_its_strategy_or_account() -> None:
    plans = {
        "account:main": {"stopLossPercent": 2, "takeProfitPercent": 4, "trailingStopPercent": 1},
        "strategy:B": {"maxHoldingSeconds": 60},
    }
    script: Script = {"bar 1": [["buy", {"size": 10}]]}
    own: Script = {"bar 1": [["buy", {"size": 10, "take_profit": 200}]]}
    desk = Desk(script, script, own, plans=plans)
    desk.flat(100)
    desk.flat(100)
    roles = {
        strategy: [
            (state.order.role, state.order.stop_units or state.order.limit_units)
            for state in desk.engine.orders.values()
            if state.order.strategy == strategy and state.order.role != "entry"
        ]
        for strategy in "ABC"
    }
    assert roles == {
        "A": [("stop_loss", 9900), ("take_profit", 10400)],  # the trail is nearer than the stop
        "B": [],
        "C": [("take_profit", 20000)],
    }
    desk.flat(102)
    assert desk.engine.orders["main-1-5"].order.stop_units == 10098  # 102.00 − 1 %
    desk.flat(102)
    assert (desk.size("A"), desk.size("B"), desk.size("C")) == (10, 0, 10)
    desk.check_recovery()


def test_a_risk_is_taken_to_the_stop_of_a_plan() -> None:
    """1 % of 10 000 are 100; 2 % of 100.00 are 2.00 a share."""
    script: Script = {"bar 1": [["buy", {"risk_percent": 1, "stop_loss_percent": 2}]]}
    desk = Desk(script, cash=10_000)
    desk.flat(100)
    desk.flat(100)
    assert desk.net() == 50
    desk.flat(98)
    assert desk.cash() == "-100"


#: Each key of a default plan, and prices on which it alone makes the difference.
KEYS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "stopLossPercent": (2, (100, 100, 98, 98)),
    "takeProfitPercent": (2, (100, 100, 102, 102)),
    "trailingStopPercent": (2, (100, 100, 110, "107.80", "107.80")),
    "breakEvenPercent": (1, (100, 100, 101, 100, 100)),
    "maxHoldingSeconds": (60, (100, 100, 100, 100)),
    "closeBeforeSessionEndSeconds": (6 * 3600 + 28 * 60, (100, 100, 100, 100)),
}


@pytest.mark.parametrize("key", CONFIGURED)
def test_a_run_with_a_key_of_a_plan_closes_what_one_without_it_holds(key: str) -> None:
    value, prices = KEYS[key]
    # Break-even moves a stop, so there both runs have one, far away.
    base = {"stopLossPercent": 50} if key == "breakEvenPercent" else {"takeProfitPercent": 90}
    held = []
    for plan in (base, base | {key: value}):
        desk = Desk(
            {"bar 1": [["buy", {"size": 10}]]}, plans={"account:main": plan}, instruments=[share(calendar="us-equity")]
        )
        for minute, price in enumerate(prices):
            end = at("14:30") + (minute + 1) * MINUTE
            units = count_of(price, 2, "price")
            desk.feed(Bar(end, desk.engine.instruments[0], end - MINUTE, units, units, units, units, 1000))
        held.append(desk.net())
    assert held == [10, 0]


def test_what_is_no_plan_is_refused_by_its_name() -> None:
    for configured, why in (
        ({"stopLoss": 2}, "'stopLoss' is not known; they are stopLossPercent"),
        ({"stopLossPercent": 0}, "stopLossPercent 0 must be above zero"),
        ({"stopLossPercent": 100}, "less than 100 % away"),
        ({"trailingStopPercent": "x"}, "is not a number"),
    ):
        with pytest.raises(InputError, match=why):
            plan_from(configured)
    assert plan_from({"stopLossPercent": 2, "takeProfitPercent": None}).row() == (20_000, *[0] * 9)
    for row in ([0, 0, 1, 1], [0, 0, 0, 0, 0, 1, 1], [-1]):
        with pytest.raises(InputError, match="exit plan"):
            ExitPlan(*row)


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"stop_loss_percent": 100}, "out of range"),
        ({"trail_step": 1}, "goes with trailing"),
        ({"break_even": 1}, "moves a stop"),
        ({"break_even": 1, "break_even_percent": 1, "stop_loss": 90}, "an order has one"),
        ({"break_even_offset": 1, "stop_loss": 90}, "goes with break_even"),
        ({"stop_loss_percent": 1, "take_profit": 110}, "not both"),
        ({"trailing": 1, "trail_step": 1, "take_profit": 110}, "goes with take_profit_percent"),
        ({"exit_after": 0}, "exit_after 0 must be above zero"),
        ({"limit": 99, "trailing": 1, "stop_loss": 90}, "with trail_step a stop_loss is where the trail begins"),
    ],
)
def test_terms_of_exits_that_contradict_each_other_halt_their_strategy(terms: dict[str, Any], why: str) -> None:
    desk = bought(True, (100,), **terms)
    assert why in desk.journal.records[-1].decode()
    assert "A" in desk.engine.halted


# ── by a person ────────────────────────────────────────────────────────────────────────────────────────────────────


def asked(desk: Desk, stop: int = 0, target: int = 0, trail: int = 0, symbol: str = "ACME") -> list[tuple[object, ...]]:
    """A person wants exits for what A holds; what the exchange said to it."""
    return desk.feed(ProtectRequested(desk.time, "main", "A", symbol, stop, target, trail, 0, "ann", "too wide"))


def open_exits(desk: Desk) -> list[tuple[str, int, int, int]]:
    return [
        (ORDER_TYPES[state.order.type], state.order.stop_units, state.order.limit_units, state.order.quantity)
        for state in desk.engine.orders.values()
        if state.order.role != "entry" and state.is_open()
    ]


@NATIVE
def test_a_person_sets_moves_and_replaces_the_exits_of_a_position(native: bool) -> None:
    desk = bought(native)
    asked(desk, stop=9500)
    assert open_exits(desk) == [("stop", 9500, 0, 10)]
    asked(desk, stop=9600)
    assert open_exits(desk) == [("stop", 9600, 0, 10)], "moved, and the same order"
    asked(desk, target=11000)
    assert open_exits(desk) == [("stop", 9600, 0, 10), ("limit", 0, 11000, 10)]
    asked(desk, target=10900, stop=9700)
    assert open_exits(desk) == [("stop", 9700, 0, 10), ("limit", 0, 10900, 10)]
    asked(desk, trail=200)
    assert open_exits(desk) == [("trailing_stop", 0, 0, 10), ("limit", 0, 10900, 10)]
    desk.flat(109)
    desk.flat(109)
    assert desk.cash() == "90"
    assert desk.is_idle()
    assert asked(desk, stop=9000) == [], "nothing is held"
    desk.check_recovery()


@NATIVE
def test_a_target_that_a_person_adds_leaves_the_trail_that_is_there(native: bool) -> None:
    desk = bought(native)
    asked(desk, trail=200)
    asked(desk, target=11000)
    assert open_exits(desk) == [("trailing_stop", 0, 0, 10), ("limit", 0, 11000, 10)]
    desk.flat(105)
    desk.flat(103)
    desk.flat(103)
    assert desk.cash() == "30"
    assert desk.is_idle()
    desk.check_recovery()


def test_a_person_s_exits_of_a_short_lie_on_the_other_sides() -> None:
    desk = Desk({"bar 1": [["sell", {"size": 10}]]})
    desk.flat(100)
    desk.flat(100)
    asked(desk, stop=10500, target=9000)
    assert open_exits(desk) == [("stop", 10500, 0, 10), ("limit", 0, 9000, 10)]
    asked(desk, stop=10400)
    desk.flat(104)
    assert desk.cash() == "-40"
    assert desk.is_idle()


def test_a_person_s_exits_of_a_hedged_position_guard_each_lot() -> None:
    script: Script = {
        "bar 1": [["buy", {"size": 10}]],
        "bar 2": [["buy", {"size": 5}]],
        "bar 3": [["sell", {"size": 3}]],
    }
    desk = Desk(script, mode="hedging")
    for _ in range(4):
        desk.flat(100)
    desk.feed(ProtectRequested(desk.time, "main", "A", "ACME", 9500, 0, 0, 0, "ann", "both sides"))
    # Below the market a stop of the short would go at once: that side stands as it did, and the person hears of it.
    assert open_exits(desk) == [("stop", 9500, 0, 10), ("stop", 9500, 0, 5)]
    assert any(b'"EXITS_REFUSED"' in record for record in desk.journal.records)
    desk.check_recovery()


def test_what_a_person_names_has_to_be_there() -> None:
    desk = bought()
    with pytest.raises(InputError, match="there is no symbol 'NONE'"):
        asked(desk, stop=1, symbol="NONE")


# ── told ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_move_is_told_by_explain() -> None:
    desk = bought(True, (100, 100, 101, 103), stop_loss=95, trailing=2, trail_step=1, break_even=1)
    story = Story(
        next(decision for decision in desk.recorder.decisions if decision.approved), desk.engine.orders["main-1-2"]
    )
    story.steps = followed(desk, "main-1-2")
    text = story.text()
    assert "stop moves to 100: BREAK_EVEN the gain that brings it to the entry was seen, best price 101" in text
    assert "stop moves to 101: TRAILING it follows the best price, best price 103, 2 away" in text


# ── whatever happens ───────────────────────────────────────────────────────────────────────────────────────────────


class Once(Desk):
    """A desk at which no exit is moved twice in a step."""

    def _step(self, event: Event) -> list[Command]:
        commands = super()._step(event)
        moved = [command.order_id for command in commands if isinstance(command, Replace)]
        assert len(moved) == len(set(moved)), "an exit was moved twice in a step"
        return commands


PLANS = st.fixed_dictionaries(
    {},
    optional={
        "stop_loss_percent": st.sampled_from([0.5, 1, 3]),
        "take_profit_percent": st.sampled_from([0.5, 2]),
        "trailing": st.sampled_from([0.3, 1]),
        "trail_step": st.sampled_from([0.01, 0.25]),
        "break_even": st.sampled_from([0.2, 1]),
        "exit_after": st.sampled_from([60, 300]),
    },
)


@given(
    terms=PLANS,
    side=st.sampled_from(["buy", "sell"]),
    steps=st.lists(st.integers(-60, 60), min_size=8, max_size=24),
    native=st.booleans(),
    mode=st.sampled_from(["netting", "hedging"]),
)
@settings(max_examples=60)
def test_an_exit_never_flips_never_moves_back_and_moves_once_in_a_step(
    terms: dict[str, Any], side: str, steps: list[int], native: bool, mode: str
) -> None:
    if "trailing" not in terms:
        terms.pop("trail_step", None)
    if not {"trailing", "stop_loss_percent"} & set(terms):
        terms.pop("break_even", None)
    if {"trailing", "take_profit_percent"} <= set(terms) and len(terms) == 2:
        terms["trail_step"] = 0.05
    script: Script = {"bar 1": [[side, {"size": 10, **terms}]], "bar 9": [[side, {"size": 3, **terms}]]}
    desk = Once(script, native_exits=native, mode=mode)
    price, sign = 10_000, 1 if side == "buy" else -1
    stops: dict[str, int] = {}
    for change in steps:
        price += change
        desk.flat(price / 100)
        assert sign * desk.net() >= 0, "an exit flipped the position"
        for id, state in desk.engine.orders.items():
            order = state.order
            if order.role == "stop_loss" and order.stop_units:
                assert sign * (order.stop_units - stops.get(id, order.stop_units)) >= 0, "a stop moved back"
                stops[id] = order.stop_units
    desk.check_recovery()
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    assert [guard.row() for guard in engine.guards.values()] == [guard.row() for guard in desk.engine.guards.values()]
    if desk.net() == 0 and len(steps) > 10:
        assert desk.engine.guards == {}
