"""An account against its venue: what is told of, what is taken over, and when openings may go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of, listing
from tradewright.core.engine import Engine
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.account_snapshot import PositionMoved, SnapshotFailed
from tradewright.model.command import Query
from tradewright.model.control import (
    ACTIVE,
    HALTED,
    REDUCING,
    CashMoved,
    OrderAdopted,
    ProtectRequested,
    Started,
    TradingStateChanged,
    TradingStateSet,
)
from tradewright.model.event import Event
from tradewright.model.foreign import EXTERNAL, foreign_id
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import money_of, text_of
from tradewright.model.order import ENTRY, LIMIT, STOP, STOP_LOSS, Order
from tradewright.model.reconciliation import (
    ADOPTED,
    COIN_FEE,
    MOVED,
    UNEXPLAINED,
    WITHIN_TOLERANCE,
    BalanceAdjusted,
    LotsTransferred,
    PositionAdjusted,
    Reconciled,
)

SCOPE = "account:main"
Found = TypeVar("Found", bound=Event)


def unconnected(**terms: Any) -> Desk:
    desk = Desk(account_of(remote=True, **terms), symbols=("ACME", "ZETA"))
    desk.quote(10_000)
    return desk


def connected(**terms: Any) -> Desk:
    desk = unconnected(**terms)
    desk.connect()
    desk.shown()
    desk.alarms()
    return desk


def of(outputs: Sequence[Event], kind: type[Found]) -> list[Found]:
    return [output for output in outputs if isinstance(output, kind)]


def result(outputs: Sequence[Event]) -> Reconciled:
    (reconciled,) = of(outputs, Reconciled)
    return reconciled


def dollars(amount: int | str) -> int:
    return money_of(amount, "cash")


def foreign(desk: Desk, side: int, quantity: int, venue_id: str = "77", lot: str = "") -> str:
    """Somebody else's order becomes known and works."""
    id = foreign_id("main", venue_id)
    order = Order(id, "main", EXTERNAL, desk.on(), side, LIMIT, quantity, 10_000, lot=lot)
    desk.feed(OrderAdopted(desk.tick(), list(order.row())))
    desk.accept(id)
    return id


# ── ready ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_opens_before_a_snapshot_taken_after_the_connection_agreed() -> None:
    desk = unconnected()
    assert desk.refused(BUY, 1) == ["NOT_READY"]
    before = desk.tick()
    desk.connect()
    assert desk.refused(BUY, 1) == ["NOT_READY"]
    assert not result(desk.shown(asked=before)).ready
    assert desk.refused(BUY, 1) == ["NOT_READY"]
    assert result(desk.shown()).ready
    desk.buy(1)


def test_a_lost_connection_stops_openings_tells_of_it_and_leaves_exits_open() -> None:
    desk = connected()
    desk.filled(BUY, 5, 10_000)
    desk.connect(up=False)
    assert desk.alarms() == ["CONNECTION_LOST"]
    assert desk.refused(BUY, 1) == ["NOT_READY"]
    (close,) = desk.close(SELL)
    assert close.approved


def test_a_start_needs_a_new_connection() -> None:
    desk = connected()
    desk.engine.apply(Started(desk.tick(), 2, []))
    assert desk.refused(BUY, 1) == ["NOT_READY"]


def test_what_an_earlier_run_left_unanswered_is_waited_for_but_not_for_ever() -> None:
    desk = connected()
    order = desk.buy(5, limit_units=9_000)
    desk.say(kinds.OUTCOME_UNKNOWN, order, "submit")
    desk.connect()
    assert not result(desk.shown()).ready
    desk.now += 31 * 10**9
    assert result(desk.shown()).ready


def test_an_account_whose_venue_is_in_this_house_is_always_ready() -> None:
    desk = Desk()
    desk.quote(10_000)
    desk.buy(1)
    assert desk.shown() == []


# ── the first time ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_the_account_has_when_it_is_connected_first_is_adopted_without_alarm() -> None:
    desk = unconnected()
    desk.connect()
    outputs = desk.shown(positions={"ACME": 7}, balances={"USD": money_of("500", "cash")}, price=9_000)
    (position,) = of(outputs, PositionAdjusted)
    assert (position.size_units, position.price_units, position.code) == (7, 9_000, ADOPTED)
    assert [adjusted.code for adjusted in of(outputs, BalanceAdjusted)] == [ADOPTED]
    assert desk.net(EXTERNAL) == 7
    assert desk.cash() == money_of("500", "cash")
    assert desk.alarms() == []
    assert result(outputs).ready


def test_money_that_a_fill_kept_from_being_compared_at_the_first_look_is_adopted_at_the_next() -> None:
    desk = unconnected()
    id = foreign(desk, BUY, 5)
    desk.connect()
    asked = desk.tick()
    desk.fill(id, 5, 10_000)
    desk.alarms()
    first = desk.shown(asked=asked, balances={"USD": money_of("500", "cash")})
    assert of(first, BalanceAdjusted) == [] and not result(first).ready
    second = desk.shown(balances={"USD": money_of("500", "cash")})
    assert [adjusted.code for adjusted in of(second, BalanceAdjusted)] == [ADOPTED]
    assert desk.alarms() == [] and result(second).ready
    assert desk.cash() == money_of("500", "cash")


def test_an_adopted_position_without_a_price_is_worth_its_mark() -> None:
    desk = unconnected()
    desk.connect()
    desk.shown(positions={"ACME": 7})
    assert desk.engine.book("main", EXTERNAL, desk.on()).lots[0].price_units == 10_000


# ── positions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_unit_of_drift_counts_when_two_snapshots_agree_and_only_a_person_ends_it() -> None:
    desk = connected()
    desk.filled(BUY, 5, 10_000)
    first = desk.shown(positions={"ACME": 6})
    assert result(first).positions == 1 and result(first).open == 1
    assert desk.alarms() == [] and desk.net(EXTERNAL) == 0
    second = desk.shown(positions={"ACME": 6})
    (adjusted,) = of(second, PositionAdjusted)
    assert (adjusted.size_units, adjusted.code) == (1, UNEXPLAINED)
    assert desk.alarms() == ["POSITION_DRIFT"]
    assert desk.engine.states[SCOPE] == REDUCING
    assert (desk.net(), desk.net(EXTERNAL)) == (5, 1)
    assert result(desk.shown()).positions == 0
    assert desk.engine.states[SCOPE] == REDUCING
    desk.feed(TradingStateSet(desk.tick(), SCOPE, ACTIVE, "ann", "looked at it"))
    desk.buy(1)


@pytest.mark.parametrize(("settles_ms", "seconds"), [(0, 1.0), (5_000, 5.0)])
def test_two_snapshots_have_to_be_as_far_apart_as_the_venue_takes_to_know(settles_ms: int, seconds: float) -> None:
    desk = connected(settles_ms=settles_ms)
    desk.shown(positions={"ACME": 6})
    desk.shown(positions={"ACME": 6}, later=seconds - 0.1)
    assert desk.alarms() == []
    desk.shown(positions={"ACME": 6}, later=0.1)
    assert desk.alarms() == ["POSITION_DRIFT"]


def test_another_difference_in_the_second_snapshot_needs_a_third() -> None:
    desk = connected()
    desk.shown(positions={"ACME": 1})
    desk.shown(positions={"ACME": 2})
    assert desk.alarms() == []
    desk.shown(positions={"ACME": 2})
    assert desk.alarms() == ["POSITION_DRIFT"]


def test_what_was_filled_while_a_snapshot_was_on_its_way_is_no_difference() -> None:
    desk = connected()
    asked = desk.tick()
    desk.filled(BUY, 5, 10_000)
    for _ in range(3):
        outputs = desk.shown(positions={"ACME": 0}, asked=asked)
        assert result(outputs).positions == result(outputs).balances == 0
    assert desk.alarms() == []


def test_the_position_of_an_order_that_differs_waits_for_its_look_up() -> None:
    desk = connected()
    order = desk.buy(5, limit_units=9_000)
    desk.accept(order)
    outputs = desk.shown(positions={"ACME": 2}, orders={order: 2})
    assert [query.order_id for query in of(outputs, Query)] == [order]
    assert result(outputs).orders == 1 and result(outputs).positions == 0
    desk.fill(order, 2, 9_000)
    assert result(desk.shown()).orders == 0
    assert desk.alarms() == []


def test_what_vanished_without_a_trace_is_taken_from_the_strategy_that_held_it() -> None:
    """Otherwise its exits would sell it again."""
    desk = connected(reduce_only=False)
    desk.filled(BUY, 5, 10_000)
    stop = desk.sell(5, closing=True, role=STOP_LOSS, type=STOP, stop_units=9_000)
    desk.accept(stop)
    desk.taken()
    desk.shown(positions={"ACME": 2})
    desk.shown(positions={"ACME": 2})
    assert (desk.net(), desk.net(EXTERNAL)) == (2, 0)
    assert desk.cancelled() == [(stop, "TOO_LARGE")]
    assert desk.alarms() == ["POSITION_DRIFT", "TRADED_BY_HAND"]
    desk.say(kinds.CANCELLED, stop)
    (again,) = desk.submitted()
    assert (desk.state(again).order.quantity, desk.state(again).order.stop_units) == (2, 9_000)


def test_what_would_close_too_much_is_asked_to_end_again_where_that_was_refused() -> None:
    desk = connected(reduce_only=False)
    desk.filled(BUY, 5, 10_000)
    stop = desk.sell(5, closing=True, role=STOP_LOSS, type=STOP, stop_units=9_000)
    desk.accept(stop)
    for _ in range(3):
        desk.shown(positions={"ACME": 2})
    assert desk.cancelled() == [(stop, "TOO_LARGE")], "once, while it is on its way"
    desk.say(kinds.CANCEL_REJECTED, stop)
    desk.taken()
    desk.shown(positions={"ACME": 2})
    assert desk.cancelled() == [(stop, "TOO_LARGE")]
    desk.say(kinds.CANCELLED, stop)
    (again,) = desk.submitted()
    assert (desk.state(again).order.quantity, desk.engine.owed) == (2, {})


def test_who_is_taken_from_first_does_not_depend_on_a_restart() -> None:
    taken = []
    for restart in (False, True):
        desk = connected()
        for strategy in ("zed", "abe"):
            desk.filled(BUY, 5, 10_000, strategy=strategy)
        desk.shown()
        if restart:
            other = Engine()
            restore(other, to_bytes(desk.engine))
            desk.engine = other
        desk.shown(positions={"ACME": 5}, price=9_000)
        found = of(desk.shown(positions={"ACME": 5}, price=9_000, later=2), LotsTransferred)
        taken.append([(one.strategy, one.size_units) for one in found])
    assert taken == [[("abe", 5)]] * 2


def test_in_hedging_nothing_is_handed_over() -> None:
    desk = connected(mode="hedging")
    desk.filled(BUY, 5, 10_000)
    desk.shown(positions={"ACME": 2})
    desk.shown(positions={"ACME": 2})
    assert (desk.net(), desk.net(EXTERNAL)) == (5, -3)
    assert desk.engine.states[SCOPE] == REDUCING


@pytest.mark.parametrize("mode", ["netting", "hedging"])
@pytest.mark.parametrize("kind", ["cash", "margin"])
def test_where_a_venue_knows_no_reduce_only_an_order_of_one_net_position_carries_none(mode: str, kind: str) -> None:
    desk = Desk(account_of(mode=mode, kind=kind, reduce_only=False))
    desk.quote(10_000)
    entry = desk.buy(5, stop_loss=9_000)
    desk.fill(entry, 5, 10_000)
    desk.close(SELL, 2)
    exits = [state.order for state in desk.engine.orders.values() if state.order.role != ENTRY]
    assert len(exits) == 2
    assert [order.reduce_only for order in exits] == [mode == "hedging"] * 2, "there the lot it names does the same"


# ── money ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("theirs", "code", "state"),
    [("1000090", WITHIN_TOLERANCE, ACTIVE), ("1000110", UNEXPLAINED, REDUCING), ("999890", UNEXPLAINED, REDUCING)],
)
def test_money_within_a_hundredth_of_a_percent_is_taken_over_and_beyond_it_stops_openings(
    theirs: str, code: str, state: int
) -> None:
    desk = connected()
    balance = {"USD": money_of(theirs, "cash")}
    assert of(desk.shown(balances=balance), BalanceAdjusted) == []
    (adjusted,) = of(desk.shown(balances=balance), BalanceAdjusted)
    assert adjusted.code == code
    assert desk.cash() == money_of(theirs, "cash")
    assert desk.engine.states.get(SCOPE, ACTIVE) == state
    assert desk.alarms() == (["BALANCE_DRIFT"] if state == REDUCING else [])
    assert result(desk.shown()).balances == 0
    assert desk.engine.states.get(SCOPE, ACTIVE) == ACTIVE, "it ends with the first snapshot that agrees"


@pytest.mark.parametrize(
    ("decimals", "theirs", "code"),
    [
        (2, "10.009999999999999999", WITHIN_TOLERANCE),
        (2, "9.990000000000000001", WITHIN_TOLERANCE),
        (2, "0", UNEXPLAINED),
        (2, "10.01", UNEXPLAINED),
        (8, "10.0011", UNEXPLAINED),
        (18, "10.001000000000000001", WITHIN_TOLERANCE),
        (18, "10.0011", UNEXPLAINED),
    ],
)
def test_money_that_differs_by_less_than_its_venue_can_show_is_no_drift(decimals: int, theirs: str, code: str) -> None:
    desk = connected(cash_decimals=decimals)
    desk.feed(CashMoved(desk.tick(), "main", "USD", dollars(10) - desk.cash(), "to a little money"))
    for _ in range(2):
        outputs = desk.shown(balances={"USD": money_of(theirs, "cash")})
    (adjusted,) = of(outputs, BalanceAdjusted)
    assert adjusted.code == code
    assert desk.alarms() == (["BALANCE_DRIFT"] if code == UNEXPLAINED else [])


def test_what_the_venue_tells_that_came_or_went_of_a_position_is_somebody_elses_and_no_drift() -> None:
    desk = connected()
    before = desk.feed(PositionMoved(desk.tick(), "main", "ACME", 7))
    (adjusted,) = of(before, PositionAdjusted)
    assert (adjusted.size_units, adjusted.price_units, adjusted.code) == (7, 10_000, MOVED)
    assert (desk.net(EXTERNAL), desk.net()) == (7, 0)
    assert result(desk.shown()).positions == 0
    # A snapshot that was under way shows what was before it.
    asked = desk.tick()
    desk.feed(PositionMoved(desk.tick(), "main", "ACME", -2))
    assert result(desk.shown(asked=asked, positions={"ACME": 7})).positions == 0
    assert result(desk.shown()).positions == 0
    assert desk.alarms() == [] and desk.engine.states.get(SCOPE, ACTIVE) == ACTIVE
    assert desk.feed(PositionMoved(desk.tick(), "main", "NOSUCH", 1)) == []


def test_what_is_withdrawn_of_what_a_strategy_holds_its_exits_can_not_sell_again() -> None:
    desk = connected()
    desk.filled(BUY, 5, 10_000)
    outputs = desk.feed(PositionMoved(desk.tick(), "main", "ACME", -2))
    (transferred,) = of(outputs, LotsTransferred)
    assert (transferred.strategy, transferred.size_units) == ("s", 2)
    assert (desk.net(), desk.net(EXTERNAL)) == (3, 0)
    assert desk.alarms() == ["TRADED_BY_HAND"]


def test_a_stop_that_a_person_set_for_what_is_withdrawn_ends() -> None:
    desk = connected()
    desk.feed(PositionMoved(desk.tick(), "main", "ACME", 10))
    asked = ProtectRequested(desk.tick(), "main", EXTERNAL, "ACME", 9_000, 0, 0, 0, "ann", "a stop")
    desk.engine.apply(asked)
    desk.took(asked, desk.engine.protect(asked))
    (stop,) = desk.submitted()
    desk.accept(stop)
    desk.feed(PositionMoved(desk.tick(), "main", "ACME", -10))
    assert desk.net(EXTERNAL) == 0
    assert desk.cancelled() == [(stop, "NOTHING_TO_GUARD")]


def test_money_that_nobody_trades_lies_aside_when_its_movement_is_told() -> None:
    desk = connected()
    equity = desk.engine.accounts["main"].equity()
    desk.feed(CashMoved(desk.tick(), "main", "LDO", dollars(100), "airdrop"))
    assert desk.cash("LDO") == dollars(100)
    assert desk.engine.accounts["main"].equity() == equity is not None
    assert result(desk.shown()).balances == 0
    assert desk.alarms() == []
    desk.buy(1)


def test_a_position_that_differs_weighs_more_than_money_that_does() -> None:
    desk = connected()
    for _ in range(2):
        desk.shown(balances={"USD": money_of("5", "cash")}, positions={"ACME": 3})
    assert sorted(desk.alarms()) == ["BALANCE_DRIFT", "POSITION_DRIFT"]
    desk.shown()
    assert desk.engine.causes[SCOPE] == "POSITION_DRIFT", "a person has to look"


@pytest.mark.parametrize("cause", ["CIRCUIT_BREAKER", "DAILY_LOSS_LIMIT", "WEEKLY_LOSS_LIMIT", "LIMIT_BREACHED"])
def test_a_position_that_differs_stays_reducing_whatever_the_account_was_reducing_for(cause: str) -> None:
    desk = connected()
    desk.engine.apply(TradingStateChanged(desk.tick(), SCOPE, REDUCING, cause, None, None))
    for _ in range(2):
        desk.shown(positions={"ACME": 1})
    assert (desk.engine.states[SCOPE], desk.engine.causes[SCOPE]) == (REDUCING, "POSITION_DRIFT")
    desk.now += 2 * 86_400 * 10**9
    desk.quote(10_000)
    assert desk.engine.states[SCOPE] == REDUCING


def test_a_state_that_something_else_set_is_left_alone() -> None:
    desk = connected()
    desk.feed(TradingStateSet(desk.tick(), SCOPE, HALTED, "ann", "holiday"))
    for _ in range(2):
        desk.shown(balances={"USD": money_of("5", "cash")}, positions={"ACME": 3})
    desk.shown()
    assert desk.engine.states[SCOPE] == HALTED


def test_money_paid_in_at_the_venue_is_no_gain() -> None:
    desk = connected()
    desk.now += 86_400 * 10**9
    desk.quote(10_000)
    account = desk.engine.accounts["main"]
    for _ in range(2):
        desk.shown(balances={"USD": money_of("2000000", "cash")})
    assert account.day_equity == account.equity() == money_of("2000000", "cash")


LOSSES = {"maxDailyLoss": 1_000, "maxWeeklyLoss": 1_000, "maxDrawdown": 1_000}


@pytest.mark.parametrize("sold", [50, -50], ids=["a sale", "a purchase"])
def test_a_trade_that_was_missed_is_neither_gain_nor_loss(sold: int) -> None:
    desk = Desk(account_of(remote=True), cash=20_000, limits=LOSSES)
    desk.quote(10_000)
    desk.connect()
    desk.shown()
    desk.filled(BUY, 60, 10_000)
    account = desk.engine.accounts["main"]
    desk.quote(10_000)
    for _ in range(2):
        desk.shown(positions={"ACME": 60 - sold}, balances={"USD": dollars(14_000 + 100 * sold)}, price=10_000)
    assert account.equity() == account.day_equity == account.week_equity == account.peak == dollars(20_000)
    assert desk.engine.states == {SCOPE: REDUCING} and desk.engine.causes == {SCOPE: "POSITION_DRIFT"}


def test_what_was_held_before_is_no_gain_and_what_it_loses_from_then_on_is_a_loss() -> None:
    desk = Desk(account_of(remote=True), cash={}, limits={**LOSSES, "weeklyTarget": 5})
    desk.quote(10_000)
    desk.connect()
    desk.shown(positions={"ACME": 50}, balances={"USD": dollars(5_000)}, price=4_000)
    desk.shown()
    account = desk.engine.accounts["main"]
    assert account.day_equity == account.week_equity == dollars(10_000) and not desk.taken()
    assert desk.want(BUY, 1)[0].approved
    desk.quote(7_999)
    assert account.daily_loss() == dollars("1000.50")


def test_what_was_held_before_counts_from_its_first_price() -> None:
    desk = Desk(account_of(remote=True), cash={}, limits=LOSSES)
    desk.connect()
    desk.shown(positions={"ACME": 50}, balances={"USD": dollars(5_000)}, price=4_000)
    account = desk.engine.accounts["main"]
    assert account.daily_loss() is None
    desk.quote(10_000)
    desk.shown()
    assert account.day_equity == account.week_equity == dollars(10_000)
    other = Engine()
    restore(other, to_bytes(desk.engine))
    assert to_bytes(other) == to_bytes(desk.engine)


def test_money_in_what_is_not_traded_here_lies_aside_and_leaves_equity_known() -> None:
    desk = unconnected()
    desk.connect()
    desk.shown(balances={"BNB": money_of("50", "kept")})
    account = desk.engine.accounts["main"]
    assert desk.cash("BNB") == money_of("50", "kept") and account.equity() == money_of("1000000", "cash")
    desk.shown(balances={"BNB": money_of("80", "more of it")})
    desk.shown(balances={"BNB": money_of("80", "more of it")})
    assert desk.cash("BNB") == money_of("80", "more of it") and account.equity() == money_of("1000000", "cash")
    other = Engine()
    restore(other, to_bytes(desk.engine))
    assert to_bytes(other) == to_bytes(desk.engine)


def test_a_fee_paid_in_what_has_no_rate_is_a_loss_that_can_not_be_known() -> None:
    desk = unconnected()
    desk.connect()
    desk.shown(balances={"BNB": money_of("50", "kept")})
    desk.fill(desk.buy(5), 5, 10_000, fee="0.01", currency="BNB")
    assert desk.engine.accounts["main"].equity() is None


@pytest.mark.parametrize(
    ("symbol", "units", "equity", "left"), [("BTCUSD", 5_000_000, "1000000", "0"), ("EURUSD", 110_000, "1000055", "50")]
)
def test_what_lay_aside_counts_once_an_instrument_of_it_comes(symbol: str, units: int, equity: str, left: str) -> None:
    """What its venue shows as a position is none of the money; what is money has its rate now."""
    desk = unconnected()
    desk.connect()
    currency = symbol[:3]
    desk.shown(balances={currency: money_of("50", "kept")})
    quoted = Instrument("ABC", "paper", "equity", "ABC", currency, 2, 2) if currency == "EUR" else listing(symbol)
    desk.engine.list_instrument(quoted)
    if currency == "EUR":
        desk.engine.list_instrument(Instrument("EURUSD", "elsewhere", "forex", "EUR", "USD", 5, 2))
    desk.feed(Started(desk.tick(), 2, []))
    desk.quote(units, symbol=symbol)
    assert desk.cash(currency) == money_of(left, "left")
    assert desk.engine.accounts["main"].equity() == money_of(equity, "equity")


def test_dust_of_a_traded_base_asset_is_no_balance() -> None:
    desk = Desk(account_of(remote=True, kind="cash"), symbols=("BTCUSD",))
    desk.quote(5_000_000)
    desk.connect()
    desk.shown()
    order = desk.buy(100)
    desk.fill(order, 100, 5_000_000, fee="0.000000000000000001", currency="BTC")
    assert desk.cash("BTC") != 0
    assert result(desk.shown(balances={"BTC": 0})).balances == 1, "as a balance it would differ"
    cash = desk.engine.ledger.cash["main"]
    dust = cash.pop("BTC")
    found = desk.shown()
    cash["BTC"] = dust
    assert result(found).balances == 0


# ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_that_does_not_work_there_any_more_is_looked_up_once_for_each_change() -> None:
    desk = connected()
    order = desk.buy(5, limit_units=9_000)
    desk.accept(order)
    assert len(of(desk.shown(orders={order: -1}), Query)) == 1
    assert len(of(desk.shown(orders={order: -1}), Query)) == 0
    desk.say(kinds.CANCELLED, order)
    assert result(desk.shown()).orders == 0


def test_an_order_whose_look_up_said_nothing_is_looked_up_again_every_ten_seconds() -> None:
    desk = connected()
    order = desk.buy(5, limit_units=9_000)
    desk.accept(order)
    asked = [len(of(desk.shown(orders={order: -1}), Query)) for _ in range(32)]
    assert [second for second, count in enumerate(asked) if count] == [0, 10, 20, 30]
    assert set(asked) == {0, 1}
    desk.say(kinds.CANCELLED, order)
    assert result(desk.shown()).orders == 0


def test_an_order_that_lives_on_there_is_looked_up() -> None:
    desk = connected()
    order = desk.buy(5, limit_units=9_000)
    desk.accept(order)
    desk.say(kinds.CANCELLED, order)
    assert [query.order_id for query in of(desk.shown(orders={order: 0}), Query)] == [order]


def test_an_order_that_lives_on_there_after_a_look_up_is_cancelled_once() -> None:
    """It filled beyond its newest terms, by its earlier ones; the newest still stand at the venue."""
    desk = connected()
    order = desk.buy(5, limit_units=9_000)
    desk.accept(order)
    desk.replaced(order, 4, 9_000)
    desk.fill(order, 5, 9_000)
    desk.taken()
    desk.shown(orders={order: 5})
    assert desk.cancelled() == []
    desk.shown(orders={order: 5})
    desk.shown(orders={order: 5})
    assert desk.cancelled() == [(order, "LIVES_ON")]
    desk.say(kinds.CANCELLED, order)
    assert desk.state(order).status == "FILLED"
    assert result(desk.shown()).orders == 0


def test_an_order_whose_answer_is_still_out_is_no_difference() -> None:
    desk = connected()
    order = desk.buy(5, limit_units=9_000)
    assert result(desk.shown()).orders == 0
    desk.say(kinds.OUTCOME_UNKNOWN, order, "submit")
    assert result(desk.shown()).orders == 0


# ── fees in coins ──────────────────────────────────────────────────────────────────────────────────────────────────


#: One size count of it as money.
COIN = 10**10


def trading_coins(**terms: Any) -> Desk:
    desk = Desk(account_of(remote=True, **terms), symbols=("BTCUSD",))
    desk.quote(10_000)
    desk.connect()
    desk.shown()
    return desk


def bought(desk: Desk, kept: int) -> None:
    """A hundred, of which so many are the fee."""
    desk.fill(desk.buy(100), 100, 10_000, fee=text_of(kept, 8), currency="BTC")


def with_coins(kept: int) -> Desk:
    """A hundred were bought, of which so many are booked as their fee, which the venue does not say."""
    desk = trading_coins(coin_fee_ppm=50_000)
    bought(desk, kept)
    assert desk.net() == 100 - kept
    return desk


def counted(desk: Desk, size: int) -> list[PositionAdjusted]:
    """The venue shows so many, long enough."""
    desk.shown(positions={"BTCUSD": size})
    return of(desk.shown(positions={"BTCUSD": size}, later=2), PositionAdjusted)


@pytest.mark.parametrize("spared", [1, 2, 3])
def test_what_was_not_kept_of_a_fee_in_coins_lies_aside_and_is_equity(spared: int) -> None:
    desk = with_coins(3)
    equity = desk.engine.accounts["main"].equity()
    (found,) = counted(desk, 97 + spared)
    assert (found.size_units, found.code) == (spared, COIN_FEE)
    assert (desk.net(), desk.net(EXTERNAL)) == (97, 0)
    assert desk.engine.ledger.cash["main"]["BTC"] == spared * COIN
    assert desk.engine.accounts["main"].equity() == equity + dollars(100) * spared // 10**8
    assert (desk.alarms(), desk.engine.states) == ([], {})
    assert counted(desk, 97 + spared) == []


@pytest.mark.parametrize("size", [96, 101])
def test_coins_beyond_the_fee_that_was_booked_are_a_difference(size: int) -> None:
    desk = with_coins(3)
    (found,) = counted(desk, size)
    assert (found.size_units, found.code) == (size - 97, UNEXPLAINED)
    assert desk.alarms()[0] == "POSITION_DRIFT"
    assert desk.engine.states[SCOPE] == REDUCING


def test_a_fee_that_was_seen_to_be_kept_explains_no_later_difference() -> None:
    desk = with_coins(3)
    assert counted(desk, 97) == []
    (found,) = counted(desk, 98)
    assert found.code == UNEXPLAINED


def test_a_fill_on_the_way_leaves_what_was_booked_as_its_fee_open() -> None:
    desk = with_coins(3)
    before = desk.tick()
    bought(desk, 3)
    desk.shown(positions={"BTCUSD": 97}, asked=before)
    (found,) = counted(desk, 194 + 6)
    assert (found.size_units, found.code) == (6, COIN_FEE)


@pytest.mark.parametrize(("gone", "code"), [(1, COIN_FEE), (2, COIN_FEE), (3, UNEXPLAINED)])
def test_what_lies_aside_is_missed_by_nobody(gone: int, code: str) -> None:
    """Kept after all, at the end of the day; or sold by hand."""
    desk = with_coins(3)
    counted(desk, 99)
    (found,) = counted(desk, 99 - gone)
    assert (found.size_units, found.code) == (-gone, code)
    assert desk.net() + desk.net(EXTERNAL) == 97 - (gone if code == UNEXPLAINED else 0)


def test_where_fees_are_said_more_coins_than_were_booked_are_a_difference() -> None:
    desk = trading_coins()
    bought(desk, 3)
    (found,) = counted(desk, 98)
    assert found.code == UNEXPLAINED


def test_what_is_known_of_fees_in_coins_outlives_a_restart() -> None:
    desk = with_coins(3)
    counted(desk, 99)
    bought(desk, 3)
    other = Engine()
    restore(other, to_bytes(desk.engine))
    link = other.accounts["main"].link
    assert link is not None
    assert (link.kept, link.spared) == ({"BTCUSD": 3}, {"BTCUSD": 2})


# ── what others do ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_somebody_else_s_order_is_adopted_once_told_of_and_takes_no_number_of_ours() -> None:
    desk = connected()
    count = desk.engine.order_count
    id = foreign(desk, BUY, 5)
    assert desk.alarms() == ["FOREIGN_ORDER"]
    foreign(desk, BUY, 5)
    assert desk.alarms() == []
    assert desk.engine.order_count == count
    desk.fill(id, 5, 10_000)
    assert (desk.net(), desk.net(EXTERNAL)) == (0, 5)
    assert not desk.engine.inquiries
    assert result(desk.shown()).positions == 0


def test_what_somebody_else_closes_goes_over_to_them_with_its_result() -> None:
    desk = connected()
    desk.filled(BUY, 5, 10_000)
    stop = desk.sell(5, closing=True, role=STOP_LOSS, stop_units=9_000)
    desk.accept(stop)
    desk.taken()
    outputs = desk.fill(foreign(desk, SELL, 5), 5, 10_400)
    (moved,) = of(outputs, LotsTransferred)
    assert (moved.strategy, moved.size_units, moved.price_units) == ("s", 5, 10_400)
    assert (desk.net(), desk.net(EXTERNAL)) == (0, 0)
    assert desk.engine.book("main", "s", desk.on()).realised == money_of("20", "result")
    assert desk.engine.book("main", EXTERNAL, desk.on()).realised == 0
    assert desk.cancelled() == [(stop, "NOTHING_TO_GUARD")]
    assert desk.alarms() == ["FOREIGN_ORDER", "TRADED_BY_HAND"]


def test_a_part_that_somebody_else_closes_leaves_the_rest_with_its_strategy() -> None:
    desk = connected()
    desk.filled(BUY, 5, 10_000, strategy="a")
    desk.filled(BUY, 5, 10_000, strategy="b")
    desk.fill(foreign(desk, SELL, 7), 7, 10_400)
    assert (desk.net("a"), desk.net("b"), desk.net(EXTERNAL)) == (0, 3, 0)


def with_lost_stop(desk: Desk, *, older: int = 0, younger: int = 0) -> None:
    """Five are held whose stop at 90 its venue has refused, and lots without one, bought before and behind them."""
    for size in filter(None, (older, 5, younger)):
        (decision,) = desk.want(BUY, size, stop_loss=9_000 if size == 5 else 0)
        desk.fill(decision.orders[0].id, size, 10_000)
        for order in decision.orders[1:]:
            desk.say(kinds.REJECTED, order.id, "UNAVAILABLE")
    desk.taken()


def placed_again(desk: Desk) -> list[int]:
    """The sizes of the stops that come back after a second."""
    desk.now += 2 * 10**9
    desk.quote(10_000)
    return [desk.state(id).order.quantity for id in desk.submitted()]


def test_a_stop_that_comes_back_does_not_guard_what_somebody_else_has_closed() -> None:
    desk = connected()
    with_lost_stop(desk)
    desk.fill(foreign(desk, SELL, 3), 3, 10_000)
    desk.filled(BUY, 10, 10_000)
    desk.taken()
    assert placed_again(desk) == [2]


def test_it_does_not_guard_younger_lots_in_the_place_of_those_that_somebody_else_has_closed() -> None:
    desk = connected()
    with_lost_stop(desk, younger=7)
    desk.fill(foreign(desk, SELL, 3), 3, 10_000)
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    assert engine.state_hash() == desk.engine.state_hash()
    assert placed_again(desk) == [2]


def test_it_still_guards_its_own_where_somebody_else_has_closed_older_lots() -> None:
    desk = connected()
    with_lost_stop(desk, older=3)
    desk.fill(foreign(desk, SELL, 3), 3, 10_000)
    assert placed_again(desk) == [5]


def test_what_somebody_else_adds_is_theirs() -> None:
    desk = connected()
    desk.filled(BUY, 5, 10_000)
    outputs = desk.fill(foreign(desk, BUY, 5), 5, 10_000)
    assert of(outputs, LotsTransferred) == []
    assert (desk.net(), desk.net(EXTERNAL)) == (5, 5)


def test_in_hedging_who_closes_a_lot_closes_it_for_the_strategy_that_holds_it() -> None:
    desk = connected(mode="hedging")
    lot = desk.filled(BUY, 5, 10_000)
    id = foreign(desk, SELL, 5, lot=lot)
    assert desk.state(id).order.strategy == "s"
    desk.fill(id, 5, 10_400)
    assert desk.net() == 0
    assert desk.net(EXTERNAL) == 0


def test_reducing_leaves_somebody_else_s_order_and_a_halt_does_not() -> None:
    desk = connected()
    id = foreign(desk, BUY, 5)
    desk.taken()
    desk.feed(TradingStateSet(desk.tick(), SCOPE, REDUCING, "ann", "careful"))
    desk.took(None, desk.engine.end_openings())
    assert desk.cancelled() == []
    desk.feed(TradingStateSet(desk.tick(), SCOPE, HALTED, "ann", "stop"))
    desk.took(None, desk.engine.end_openings())
    assert [order for order, _ in desk.cancelled()] == [id]


# ── failures, snapshots of the engine ──────────────────────────────────────────────────────────────────────────────


def test_the_third_failure_in_a_row_is_told_of_and_a_success_begins_anew() -> None:
    desk = connected()

    def failed() -> list[str]:
        desk.feed(SnapshotFailed(desk.tick(), "main", "503"))
        return desk.alarms()

    assert [failed() for _ in range(4)] == [[], [], ["RECONCILIATION_FAILED"], []]
    desk.shown()
    assert [failed() for _ in range(3)] == [[], [], ["RECONCILIATION_FAILED"]]


def test_three_failures_in_a_row_stop_openings_until_a_snapshot_agrees_and_leave_exits_open() -> None:
    desk = connected()
    desk.filled(BUY, 5, 10_000)
    for _ in range(2):
        desk.feed(SnapshotFailed(desk.tick(), "main", "503"))
    desk.filled(BUY, 1, 10_000)
    desk.feed(SnapshotFailed(desk.tick(), "main", "503"))
    assert desk.refused(BUY, 1) == ["NOT_READY"]
    assert not result(desk.shown(positions={"ACME": 7})).ready
    assert desk.refused(BUY, 1) == ["NOT_READY"]
    assert result(desk.shown()).ready
    desk.filled(BUY, 1, 10_000)
    for _ in range(4):
        desk.feed(SnapshotFailed(desk.tick(), "main", "503"))
    (close,) = desk.close(SELL)
    assert close.approved


def test_what_is_known_of_a_connection_survives_a_restart() -> None:
    desk = connected()
    desk.filled(BUY, 5, 10_000)
    desk.shown(positions={"ACME": 6})
    other = Engine()
    restore(other, to_bytes(desk.engine))
    assert to_bytes(other) == to_bytes(desk.engine)
    desk.engine = other
    desk.shown(positions={"ACME": 6})
    assert desk.alarms() == ["POSITION_DRIFT"]
