"""The engine beside single orders: days and loss limits, states and who ends them, people's wishes, restarts."""

from __future__ import annotations

import pytest

from tests.unit.core.audit import assert_idle
from tests.unit.core.desk import BUY, SELL, Desk, account_of, listing
from tradewright.core.engine import Engine
from tradewright.core.judge import part_of
from tradewright.core.limits import Limits
from tradewright.core.setup import Setup, StrategySpec, account_from, instrument_from
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.control import (
    ACTIVE,
    HALTED,
    REDUCING,
    CashMoved,
    CloseRequested,
    DayRolled,
    OrderAdopted,
    RulesChanged,
    Started,
    StrategyHalted,
    Timer,
    TradingStateChanged,
    TradingStateSet,
)
from tradewright.model.decision import Decision
from tradewright.model.errors import ContractError, InputError
from tradewright.model.event import Event
from tradewright.model.fee import FeeEstimate
from tradewright.model.instrument import OrderRules
from tradewright.model.numbers import money_of
from tradewright.model.order import Order

ONE = 10**18
HOUR = 3_600_000_000_000
DAY = 24 * HOUR


def rolls(outputs: list[Event]) -> list[DayRolled]:
    return [output for output in outputs if isinstance(output, DayRolled)]


def changes(outputs: list[Event]) -> list[tuple[str, int, str]]:
    return [(output.scope, output.state, output.code) for output in outputs if isinstance(output, TradingStateChanged)]


# ── days ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_day_begins_at_midnight_of_the_account_s_zone() -> None:
    desk = Desk(account_of("utc"), account_of("ny", day_zone="America/New_York"))
    midnight = (desk.now // DAY + 1) * DAY
    for account, hours in (("utc", 0), ("ny", 5)):  # mid-November: New York is five hours behind
        for nanosecond, rolled in ((-1, False), (0, True)):
            desk.now = midnight + hours * HOUR + nanosecond - 1
            names = [roll.account for roll in rolls(desk.quote(10_000))]
            assert (account in names) == rolled, (account, nanosecond)


def test_the_first_event_begins_a_day_for_every_account() -> None:
    desk = Desk(account_of("a"), account_of("b"))
    assert [event.account for event in rolls(desk.events)] == ["a", "b"]
    assert [desk.engine.accounts[name].day for name in "ab"] == [desk.now // DAY] * 2


def test_the_day_s_loss_counts_from_the_equity_at_its_begin_and_deposits_move_it() -> None:
    desk = Desk(cash="1000")
    account = desk.engine.accounts["main"]
    desk.quote(10_000)
    assert account.daily_loss() == 0
    desk.filled(BUY, 5, 10_000)
    desk.quote(9_000)
    assert account.daily_loss() == 50 * ONE
    desk.deposit("500")
    assert account.daily_loss() == 50 * ONE
    desk.quote(11_000)
    assert account.daily_loss() == 0, "a gain is no loss"
    desk.now += DAY
    desk.quote(9_000)
    assert account.daily_loss() == 0, "another day"


def test_a_fee_or_swap_that_comes_as_money_is_a_loss_and_a_dividend_a_gain() -> None:
    desk = Desk(limits={"maxDailyLoss": 1_000, "maxDrawdown": 1_000})
    desk.quote(10_000)
    account = desk.engine.accounts["main"]
    for amount, loss in (("-600", "600"), ("100", "500"), ("-500", "1000")):
        money = money_of(amount, "fee")
        desk.feed(CashMoved(desk.tick(), "main", "USD", money, "swap of ACME", result=True))
        assert account.daily_loss() == money_of(loss, "loss")
    assert not desk.want(BUY, 1)[0].approved


def test_a_deposit_that_can_not_be_valued_makes_the_day_s_loss_unknown() -> None:
    desk = Desk()
    assert desk.engine.accounts["main"].day_equity is not None
    desk.deposit("5", "XAU")
    assert desk.engine.accounts["main"].day_equity is None
    assert desk.engine.accounts["main"].daily_loss() is None
    desk.deposit("5", "XAU")
    assert desk.engine.accounts["main"].day_equity is None


def losing_desk(**limits: str) -> Desk:
    desk = Desk(limits=limits, cash="10000")
    desk.quote(10_000)
    desk.filled(BUY, 50, 10_000)
    return desk


@pytest.mark.parametrize(
    "limits",
    [{"maxDailyLoss": "100"}, {"maxDailyLossPercent": "1"}, {"maxDailyLoss": "500", "maxDailyLossPercent": "1"}],
)
def test_a_fill_at_the_loss_limit_reduces_the_account_until_the_day_rolls(limits: dict[str, str]) -> None:
    for price, expected in ((9_801, []), (9_800, [("account:main", REDUCING, "DAILY_LOSS_LIMIT")])):
        desk = losing_desk(**limits)
        desk.quote(9_800)  # 49 shares lose two dollars each; the one that is sold, as much or a cent less
        order_id = desk.close(SELL, 1)[0].orders[0].id
        assert changes(desk.fill(order_id, 1, price)) == expected
    desk.quote(20_000)
    assert desk.refused(BUY, 1) == ["TRADING_STATE"], "it stays although the loss is made good"
    desk.now += DAY
    assert changes(desk.quote(20_000)) == [("account:main", ACTIVE, "DAY_ROLLED")]
    assert desk.want(BUY, 1)[0].approved


def test_the_loss_limit_is_said_once_and_never_lowers_a_halt() -> None:
    desk = losing_desk(maxDailyLoss="100")
    desk.quote(9_000)
    first, second = (desk.close(SELL, 1)[0].orders[0].id for _ in range(2))
    assert len(changes(desk.fill(first, 1, 9_000))) == 1
    assert changes(desk.fill(second, 1, 9_000)) == []
    desk = losing_desk(maxDailyLoss="100")
    desk.feed(TradingStateSet(desk.tick(), "account:main", HALTED, "ann", "stop"))
    desk.quote(9_000)
    assert changes(desk.fill(desk.close(SELL, 1)[0].orders[0].id, 1, 9_000)) == []
    assert desk.engine.states == {"account:main": HALTED}


def test_what_a_person_set_outlives_the_day() -> None:
    for before in ([], [REDUCING]):
        desk = losing_desk(maxDailyLoss="100")
        if before:
            desk.quote(9_000)
            desk.fill(desk.close(SELL, 1)[0].orders[0].id, 1, 9_000)
            assert desk.engine.states == {"account:main": REDUCING}
        for state in (REDUCING, HALTED):
            desk.feed(TradingStateSet(desk.tick(), "account:main", state, "ann", "look at this"))
            desk.now += DAY
            assert changes(desk.quote(10_000)) == []
            assert desk.engine.states == {"account:main": state}


def test_a_loss_that_can_not_be_known_refuses_openings_and_changes_no_state() -> None:
    desk = losing_desk(maxDailyLossPercent="1")
    desk.deposit("5", "XAU")
    order_id = desk.close(SELL, 1)[0].orders[0].id
    assert changes(desk.fill(order_id, 1, 9_000)) == []
    assert "DAILY_LOSS_LIMIT" in desk.refused(BUY, 1)
    (check,) = [check for check in desk.want(BUY, 1)[0].checks if check.code == "DAILY_LOSS_LIMIT"]
    assert (check.value, check.limit) == (None, 0)


def test_a_fill_of_an_unknown_order_looks_at_no_limit() -> None:
    desk = losing_desk(maxDailyLoss="100")
    desk.quote(5_000)
    changed = changes(desk.fill("nobody-1-1", 1, 5_000))
    assert changed == [("all", 2, "UNKNOWN_ORDER")], "its being unknown, not a loss"


def test_each_account_has_its_own_loss_and_its_own_money() -> None:
    desk = Desk(account_of("a"), account_of("b"), limits={"maxDailyLoss": "100"}, cash="10000")
    desk.quote(10_000)
    desk.filled(BUY, 50, 10_000, account="a")
    desk.quote(9_700)
    order_id = desk.close(SELL, 1, account="a")[0].orders[0].id
    assert changes(desk.fill(order_id, 1, 9_700)) == [("account:a", REDUCING, "DAILY_LOSS_LIMIT")]
    assert not desk.want(BUY, 1, account="a")[0].approved
    assert desk.want(BUY, 1, account="b")[0].approved
    assert desk.engine.accounts["b"].free("USD") == (10_000 - 97) * ONE


# ── trading states ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_halt_survives_a_restart_and_only_a_person_ends_it() -> None:
    desk = Desk()
    desk.quote(10_000)
    desk.feed(TradingStateSet(desk.tick(), "all", HALTED, "ann", "stop"))
    desk.feed(StrategyHalted(desk.tick(), "t", "STRATEGY_RAISED", "oops"))
    after = Engine()
    restore(after, to_bytes(desk.engine))
    assert (after.states, after.causes, after.halted) == ({"all": HALTED}, {"all": "ann"}, {"t": "STRATEGY_RAISED"})
    desk.engine = after
    desk.feed(Started(desk.tick(), 2, []))
    desk.now += 3 * DAY
    desk.quote(10_000)
    assert desk.refused(BUY, 1) == ["TRADING_STATE"]
    desk.feed(TradingStateSet(desk.tick(), "all", ACTIVE, "ann", "looked at"))
    assert (after.states, after.causes) == ({}, {})
    assert desk.want(BUY, 1)[0].approved


def test_a_person_halts_and_rearms_a_strategy() -> None:
    desk = Desk()
    desk.feed(StrategyHalted(desk.tick(), "s", "STRATEGY_RAISED", "oops"))
    desk.feed(TradingStateSet(desk.tick(), "all", ACTIVE, "ann", ""))
    assert desk.engine.halted == {"s": "STRATEGY_RAISED"}
    desk.feed(TradingStateSet(desk.tick(), "strategy:s", ACTIVE, "ann", ""))
    assert desk.engine.halted == {}
    desk.feed(TradingStateSet(desk.tick(), "strategy:s", HALTED, "ann", "enough"))
    assert (desk.engine.halted, desk.engine.states) == ({"s": "enough"}, {"strategy:s": HALTED})


@pytest.mark.parametrize("state", [REDUCING, HALTED])
@pytest.mark.parametrize("scope", ["all", "account:main", "strategy:s", "symbol:ACME"])
def test_what_rests_in_a_scope_that_stops_opening_is_cancelled_and_exits_stay(scope: str, state: int) -> None:
    desk = Desk(account_of(leverage=10), account_of("other"), symbols=("ACME", "ZETA"))
    desk.quote(10_000)
    desk.quote(10_000, symbol="ZETA")
    desk.filled(BUY, 10, 10_000)
    desk.sell(10, closing=True, limit_units=11_000)
    within = desk.buy(5, limit_units=9_000)
    beside = {
        "account:main": desk.buy(5, limit_units=9_000, account="other"),
        "strategy:s": desk.buy(5, limit_units=9_000, strategy="t"),
        "symbol:ACME": desk.buy(5, limit_units=9_000, symbol="ZETA"),
    }
    desk.taken()
    desk.feed(TradingStateSet(desk.tick(), scope, state, "ann", "stop"))
    ended = dict(desk.cancelled())
    assert ended[within] == "OPENINGS_STOPPED"
    assert scope == "all" or beside[scope] not in ended
    assert set(ended) <= {within, *beside.values()}, "no exit"
    desk.feed(TradingStateSet(desk.tick(), scope, state, "ann", "stop"))
    assert desk.cancelled() == [], "asked for once"


def test_an_opening_that_comes_back_while_nothing_may_open_is_cancelled_again() -> None:
    """As after a restart: the cancel's outcome is lost, the look-up finds the order at work."""
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(5, limit_units=9_000)
    desk.accept(order_id)
    desk.feed(TradingStateSet(desk.tick(), "all", HALTED, "ann", "stop"))
    desk.taken()
    desk.feed(Started(desk.tick(), 2, []))
    desk.took(None, desk.engine.look_up())
    desk.taken()
    desk.found(order_id)
    assert desk.cancelled() == [(order_id, "OPENINGS_STOPPED")]
    desk.say(kinds.CANCEL_REJECTED, order_id)
    assert desk.cancelled() == [], "a venue that refuses is not asked for ever"


def test_a_loss_limit_that_is_reached_ends_what_rests() -> None:
    desk = losing_desk(maxDailyLoss="100")
    resting = desk.buy(1, limit_units=8_000)
    desk.quote(9_000)
    order_id = desk.close(SELL, 1)[0].orders[0].id
    desk.taken()
    desk.fill(order_id, 1, 9_000)
    assert desk.cancelled() == [(resting, "OPENINGS_STOPPED")]


def test_a_venue_s_new_rules_hold_from_then_on() -> None:
    desk = Desk()
    desk.quote(10_000)
    desk.buy(7)
    desk.feed(RulesChanged(desk.tick(), 0, list(OrderRules(step=10).row())))
    assert desk.refused(BUY, 7) == ["SIZE_INCREMENT"]


def test_a_timer_alone_changes_the_time_and_nothing_else() -> None:
    desk = Desk()
    before = to_bytes(desk.engine)
    now = desk.engine.now
    desk.feed(Timer(now, "tea"))
    assert to_bytes(desk.engine) == before
    desk.feed(Timer(now + 5, "tea"))
    assert desk.engine.now == now + 5


# ── what a person asks for ─────────────────────────────────────────────────────────────────────────────────────────


def closing(desk: Desk, account: str = "main", symbol: str = "") -> list[tuple[str, str, int, int]]:
    asked = CloseRequested(desk.tick(), account, symbol, "ann", "go home")
    desk.engine.apply(asked)
    outputs = desk.took(asked, desk.engine.close_all(asked))
    decisions = [output for output in outputs if isinstance(output, Decision)]
    assert all(decision.reason == "ann: go home" and decision.approved for decision in decisions)
    orders = [decision.orders[0] for decision in decisions]
    return [(order.strategy, order.instrument.symbol, order.side, order.quantity) for order in orders]


def test_a_close_of_all_ends_first_what_would_open_again() -> None:
    desk = Desk(account_of(leverage=10), account_of("other"), symbols=("ACME", "ZETA"))
    desk.quote(10_000)
    desk.quote(10_000, symbol="ZETA")
    desk.filled(BUY, 5, 10_000)
    resting = [desk.buy(3, limit_units=9_000), desk.buy(3, limit_units=9_000, symbol="ZETA")]
    desk.buy(3, limit_units=9_000, account="other")
    desk.taken()
    assert closing(desk, symbol="ACME") == [("s", "ACME", SELL, 5)]
    assert next((command.kind, command.order_id) for command in desk.taken()) == (kinds.CANCEL, resting[0])
    assert closing(desk, symbol="ZETA") == []
    assert desk.cancelled() == [(resting[1], "CLOSING")]


def test_a_person_closes_all_of_an_account_or_one_symbol_of_it() -> None:
    desk = Desk(account_of(leverage=10), account_of("other"), symbols=("ACME", "ZETA"))
    for symbol in ("ACME", "ZETA"):
        desk.quote(10_000, symbol=symbol)
    desk.filled(BUY, 5, 10_000, strategy="b")
    desk.filled(SELL, 3, 10_000, strategy="a")
    desk.filled(BUY, 200, 10_000, symbol="ZETA")
    desk.filled(BUY, 5, 10_000, account="other")
    assert closing(desk, symbol="ACME") == [("a", "ACME", BUY, 3), ("b", "ACME", SELL, 5)]
    assert desk.engine.book("main", "s", desk.on("ZETA")).exiting == 0
    assert desk.engine.book("other", "s", desk.on()).exiting == 0
    assert closing(desk, "other") == [("s", "ACME", SELL, 5)]


def test_a_person_closes_what_waits_to_be_closed_at_a_price() -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    waiting = desk.sell(6, closing=True, limit_units=20_000)
    desk.taken()
    assert closing(desk) == [("s", "ACME", SELL, 10)]
    assert desk.cancelled() == [(waiting, "CLOSING")]


def test_closes_at_several_prices_stand_side_by_side() -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    desk.close(SELL, 3, limit_units=11_000)
    desk.close(SELL, 3, limit_units=12_000)
    assert desk.close(SELL, limit_units=13_000)[0].orders[0].quantity == 4
    desk.taken()
    assert desk.engine.book("main", "s", desk.on()).exiting == 10
    market = desk.close(SELL)[0]
    assert (market.approved, market.orders[0].quantity, len(desk.cancelled())) == (True, 10, 3)
    assert desk.refused(SELL, 0, closing=True) == ["SIZE_INCREMENT", "REDUCE_ONLY"], "all of it is on its way out"
    assert desk.cancelled() == []


def test_a_person_closes_both_sides_of_a_hedging_account_and_its_exits_end() -> None:
    desk = Desk(account_of(leverage=10, mode="hedging"))
    desk.quote(10_000)
    desk.filled(BUY, 5, 10_000)
    desk.filled(SELL, 3, 10_000)
    stop = desk.sell(5, closing=True, role="stop_loss", type=3, stop_units=9_000)
    desk.taken()
    assert closing(desk) == [("s", "ACME", SELL, 5), ("s", "ACME", BUY, 3)]
    assert desk.cancelled() == [(stop, "CLOSING")]


# ── restarts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_after_a_restart_what_was_sent_is_looked_up_and_what_never_left_ends() -> None:
    desk = Desk(account_of(native_exits=False, leverage=10))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, stop_loss=9_000)
    sent, stop = [order.id for order in decision.orders]
    working = desk.buy(5, limit_units=9_000)
    desk.accept(working)
    intent = desk.intent(BUY, 3)
    never = next(output for output in desk.engine.judge(intent) if isinstance(output, Decision))
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    engine.orders[never.orders[0].id].stage = 1  # the process ended before the order was handed over
    engine.orders[never.orders[0].id].submit = 0
    desk.engine = engine
    desk.feed(Started(desk.tick(), 2, []))
    assert (desk.state(sent).status, desk.state(working).status) == ("UNKNOWN", "ACCEPTED")
    desk.taken()
    desk.took(None, engine.look_up())
    assert [(command.kind, command.order_id) for command in desk.taken()] == [
        (kinds.QUERY, sent), (kinds.QUERY, working), (kinds.CANCEL, never.orders[0].id),
    ]  # fmt: skip
    assert desk.state(never.orders[0].id).status == "CANCELLED"
    assert list(engine.exits) == [stop]
    assert desk.state(sent).queried


def test_an_order_that_left_unjournaled_is_taken_in_and_its_outcome_is_unknown() -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    order = Order("main-1-77", "main", "s", desk.on(), SELL, 1, 6, flags=1, role="exit")
    adopted = OrderAdopted(desk.tick(), list(order.row()))
    for _ in range(2):
        desk.feed(adopted)
    assert desk.state(order.id).status == "UNKNOWN"
    assert desk.refused(SELL, 5, closing=True) == ["REDUCE_ONLY"]
    desk.fill(order.id, 6, 10_000)
    assert desk.net() == 4
    assert_idle(desk.engine)


def test_an_account_known_already_gets_its_new_limits_and_keeps_its_money() -> None:
    desk = Desk(cash="1000")
    desk.engine.open_account(account_of(), Limits({"maxOpenPositions": 1}))
    assert desk.engine.accounts["main"].limits.get("maxOpenPositions") == 1
    assert desk.cash() == 1000 * ONE


def test_a_symbol_is_listed_once() -> None:
    desk = Desk()
    with pytest.raises(ContractError, match="ACME is already listed"):
        desk.engine.list_instrument(listing("ACME"))


def test_order_ids_name_the_account_the_run_and_the_number() -> None:
    desk = Desk()
    desk.engine.run = 7
    assert [desk.engine.next_order_id("main") for _ in range(2)] == ["main-7-1", "main-7-2"]


def test_money_moves_for_accounts_that_are_open_alone() -> None:
    desk = Desk()
    before = desk.engine.state_hash()
    with pytest.raises(KeyError):
        desk.engine.apply(CashMoved(desk.now + 5, "nobody", "USD", 5, "?"))
    assert desk.engine.state_hash() == before


def test_a_close_is_reduce_only_where_the_venue_s_own_position_allows_it() -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000, strategy="a")
    desk.filled(SELL, 4, 10_000, strategy="b")
    closes = [desk.close(SELL, strategy="a")[0].orders[0], desk.close(BUY, strategy="b")[0].orders[0]]
    assert [order.reduce_only for order in closes] == [False, False], "of ten, the venue sees six"
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    assert desk.close(SELL)[0].orders[0].reduce_only
    desk = Desk(account_of(leverage=10, mode="hedging"))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000, strategy="a")
    desk.filled(SELL, 10, 10_000, strategy="b")
    assert desk.close(SELL, strategy="a")[0].orders[0].reduce_only


def test_the_closing_part_of_a_reversal_keeps_the_terms_of_the_whole() -> None:
    desk = Desk()
    whole = desk.intent(
        BUY, 9, type=4, limit_units=5, stop_units=6, trail_units=7, trail_ppm=8, time_in_force=1, flags=4
    )
    whole.reason, whole.inputs = "why", (("sma", 1.0),)
    part = part_of(whole, "main-1-9", 4, True)
    same = (
        "side",
        "type",
        "limit_units",
        "stop_units",
        "trail_units",
        "trail_ppm",
        "time_in_force",
        "flags",
        "reason",
        "inputs",
    )
    assert [getattr(part, name) for name in same] == [getattr(whole, name) for name in same]
    assert (part.order_id, part.quantity, part.closing) == ("main-1-9", 4, True)


def test_a_setup_is_its_row_and_back() -> None:
    instruments = [listing("ACME", OrderRules(2, 3, 4, 5, 6, 7, False, False)), listing("EURUSD")]
    terms = account_of(mode="hedging", leverage=7, currency="EUR", day_zone="Europe/London", native_exits=False)
    cash = account_of("c", kind="cash", fee=FeeEstimate(1, 2, 3))
    spec = StrategySpec("s", "sma_cross", "main", ("ACME",), (("fast", 5), ("slow", 9)), "ab", "cd")
    setup = Setup(instruments, [(terms, [("maxOrderValue", 5)]), (cash, [])], [spec], {"seed": "7", "a": "b"})
    again = Setup.from_row(setup.row())
    assert again.row() == setup.row()
    assert (again.strategies, again.notes) == ([spec], {"seed": "7", "a": "b"})
    assert instrument_from(instruments[0].row()).row() == instruments[0].row()
    assert account_from(terms.row()).row() == terms.row()
    with pytest.raises(InputError):
        account_from(("m", "m", "paper", "sideways", "cash", "USD", 1, "UTC", True, (0, 0, 0)))
