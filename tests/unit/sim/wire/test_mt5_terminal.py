"""The terminal behaves as the package: names, results, errors; netting and hedging; what the server refuses and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.sim.wire.mt5_stage import (
    EXCHANGE,
    HEDGING,
    INSTRUMENTS,
    NETTING,
    NOON,
    SATURDAY,
    SECOND,
    Stage,
    quote_of,
)
from tradewright.model.market import Bar, Depth, QuoteBar, Trade
from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.knobs import SymbolTerms
from tradewright.sim.wire.mt5.results import TradeDeal, TradeOrder, TradePosition
from tradewright.sim.wire.mt5.session import DEMO_LOGIN, DEMO_PASSWORD, DEMO_SERVER
from tradewright.sim.wire.mt5.terminal import Terminal

BOTH = pytest.mark.parametrize("mode", [HEDGING, NETTING])


def test_nothing_is_answered_before_initialize_and_none_is_not_empty() -> None:
    terminal = Terminal(Stage().broker)
    assert (terminal.positions_get(), terminal.last_error()[0]) == (None, -10004)
    assert not terminal.initialize(login=DEMO_LOGIN, password="wrong", server=DEMO_SERVER)
    assert (terminal.account_info(), terminal.last_error()[0]) == (None, -6)
    assert terminal.login(DEMO_LOGIN, password=DEMO_PASSWORD, server=DEMO_SERVER)
    assert (terminal.positions_get(), terminal.last_error()[0]) == ((), 1)
    assert terminal.version() is not None
    terminal.shutdown()
    assert (terminal.orders_get(), terminal.last_error()[0]) == (None, -10004)
    assert not terminal.login(DEMO_LOGIN)


def test_results_have_the_fields_of_the_package_in_its_order() -> None:
    position = "ticket time time_msc time_update time_update_msc type magic identifier reason volume price_open sl tp"
    assert TradePosition._fields == (*position.split(), *"price_current swap profit symbol comment external_id".split())
    order = "ticket time_setup time_setup_msc time_done time_done_msc time_expiration type type_time type_filling state"
    assert TradeOrder._fields[:10] == tuple(order.split())
    deal = (
        "ticket order time time_msc type entry magic position_id reason volume price commission swap profit fee symbol"
    )
    assert TradeDeal._fields == (*deal.split(), "comment", "external_id")


def test_the_constants_have_the_names_and_numbers_of_the_package() -> None:
    terminal = Stage().terminal
    assert (terminal.TRADE_ACTION_CLOSE_BY, terminal.ORDER_TYPE_SELL_STOP_LIMIT) == (10, 7)
    assert (terminal.DEAL_REASON_SL, terminal.DEAL_REASON_TP, terminal.DEAL_REASON_EXPERT) == (4, 5, 3)
    assert (terminal.TRADE_RETCODE_DONE, terminal.TRADE_RETCODE_FIFO_CLOSE) == (10009, 10045)
    with pytest.raises(AttributeError):
        assert terminal.NO_SUCH_NAME


# Positions


def test_in_a_hedging_account_every_deal_opens_a_position_and_only_its_ticket_closes_it() -> None:
    stage = Stage(HEDGING)
    first, second = stage.deal("buy", 0.2), stage.deal("sell", 0.1)
    assert [(p.ticket, p.identifier, p.type, p.volume) for p in stage.positions] == [
        (first.order, first.order, 0, 0.2),
        (second.order, second.order, 1, 0.1),
    ]
    stage.price("EURUSD", "1.10100")
    done = stage.deal("sell", 0.05, position=first.order)
    assert (done.retcode, done.volume, done.price) == (10009, 0.05, 1.101)
    assert [(p.ticket, p.volume) for p in stage.positions] == [(first.order, 0.15), (second.order, 0.1)]
    assert (stage.deals[-1].entry, stage.deals[-1].position_id, stage.deals[-1].profit) == (1, first.order, 5.0)
    assert stage.deal("sell", 0.15, position=first.order).retcode == 10009
    assert stage.deal("sell", 0.15, position=first.order).retcode == mt5.TRADE_RETCODE_POSITION_CLOSED
    stage.check_conserved()


def test_two_opposite_positions_close_by_each_other() -> None:
    stage = Stage(HEDGING)
    long = stage.deal("buy", 0.3).order
    stage.price("EURUSD", "1.10100")
    short = stage.deal("sell", 0.1).order
    assert stage.ask(action=10, position=long, position_by=long).retcode == mt5.TRADE_RETCODE_INVALID
    done = stage.ask(action=10, position=long, position_by=short)
    assert (done.retcode, done.volume) == (10009, 0.1)
    assert [(p.ticket, p.volume) for p in stage.positions] == [(long, 0.2)]
    assert [(d.entry, d.type, d.profit) for d in stage.deals[-2:]] == [(3, 1, 10.0), (3, 0, 0.0)]
    assert stage.ask(action=10, position=long, position_by=short).retcode == mt5.TRADE_RETCODE_POSITION_CLOSED
    assert Stage(NETTING).ask(action=10, position=1, position_by=2).retcode == mt5.TRADE_RETCODE_INVALID
    stage.check_conserved()


def test_in_a_netting_account_deals_average_reduce_and_turn_one_position() -> None:
    stage = Stage(NETTING)
    first = stage.deal("buy", 0.1, sl=1.05, tp=1.2).order
    stage.price("EURUSD", "1.10300")
    stage.deal("buy", 0.2, sl=1.06)
    (position,) = stage.positions
    assert (position.volume, position.price_open, position.sl, position.tp) == (0.3, 1.102, 1.06, 0.0)
    stage.deal("sell", 0.1)
    assert (stage.positions[0].volume, stage.positions[0].sl) == (0.2, 1.06)
    assert (stage.deals[-1].entry, stage.deals[-1].profit) == (1, 10.0)
    turning = stage.deal("sell", 0.5).order
    (turned,) = stage.positions
    assert (turned.ticket, turned.identifier, turned.type, turned.volume) == (turning, first, 1, 0.3)
    assert (stage.deals[-1].entry, stage.deals[-1].volume, stage.deals[-1].profit) == (2, 0.5, 20.0)
    assert [deal.position_id for deal in stage.deals] == [first] * 4
    stage.deal("buy", 0.3)
    assert stage.positions == []
    stage.check_conserved()


@BOTH
def test_a_stop_loss_with_a_gap_is_filled_where_the_market_is(mode: str) -> None:
    stage = Stage(mode)
    ticket = stage.deal("buy", 0.1, "XAUUSD", sl=2645.0, tp=2660.0, magic=77).order
    stage.price("XAUUSD", "2640.00", "2640.10")
    assert stage.positions == []
    deal = stage.deals[-1]
    assert (deal.price, deal.profit, deal.reason, deal.comment) == (2640.0, -105.0, 4, "[sl 2645.00]")
    assert (deal.position_id, deal.magic, deal.entry) == (ticket, 77, 1)
    assert stage.terminal.account_info().balance == 99_895.0  # type: ignore[union-attr]
    stage.price("XAUUSD", "2670.00")
    assert len(stage.deals) == 2
    stage.check_conserved()


@BOTH
def test_a_take_profit_closes_at_its_price_and_a_short_is_closed_at_the_ask(mode: str) -> None:
    stage = Stage(mode)
    stage.deal("sell", 0.1, "XAUUSD", sl=2660.0, tp=2645.0)
    stage.price("XAUUSD", "2644.95", "2645.05")
    assert len(stage.positions) == 1
    stage.price("XAUUSD", "2644.90", "2645.00")
    deal = stage.deals[-1]
    assert (stage.positions, deal.price, deal.reason, deal.profit) == ([], 2645.0, 5, 55.0)
    stage.check_conserved()


def test_a_short_stop_triggers_on_the_ask() -> None:
    stage = Stage()
    stage.deal("sell", 0.1, "XAUUSD", sl=2651.0)
    stage.price("XAUUSD", "2650.50", "2650.99")
    assert len(stage.positions) == 1
    stage.price("XAUUSD", "2650.50", "2651.00")
    assert (stage.positions, stage.deals[-1].price) == ([], 2651.0)


@BOTH
def test_sl_and_tp_are_set_together_and_what_is_left_out_is_removed(mode: str) -> None:
    stage = Stage(mode)
    ticket = stage.deal("buy", 0.1, "XAUUSD").order
    assert stage.ask(action=6, symbol="XAUUSD", position=ticket, sl=2640.0, tp=2660.0).retcode == 10009
    assert stage.ask(action=6, symbol="XAUUSD", position=ticket, sl=2640.0, tp=2660.0).retcode == 10025
    assert stage.ask(action=6, symbol="XAUUSD", position=ticket, sl=2641.0).retcode == 10009
    assert (stage.positions[0].sl, stage.positions[0].tp) == (2641.0, 0.0)
    assert stage.ask(action=6, symbol="XAUUSD", position=ticket + 9, sl=2641.0).retcode == 10036
    stage.price("XAUUSD", "2665.00")
    assert len(stage.positions) == 1
    stage.price("XAUUSD", "2641.00")
    assert stage.positions == []
    stage.check_conserved()


def test_after_a_partial_close_the_stop_guards_what_is_left() -> None:
    stage = Stage()
    ticket = stage.deal("buy", 0.3, "XAUUSD", sl=2645.0, tp=2660.0).order
    stage.deal("sell", 0.1, "XAUUSD", position=ticket)
    stage.price("XAUUSD", "2645.00")
    assert (stage.positions, stage.deals[-1].volume) == ([], 0.2)
    stage.check_conserved()


def test_below_the_stop_out_level_the_worst_position_is_closed_first() -> None:
    stage = Stage(balance=1_000)
    stage.deal("buy", 0.2, "XAUUSD")
    small = stage.deal("buy", 0.1, "EURUSD").order
    stage.price("XAUUSD", "2630.00")
    assert len(stage.positions) == 2
    stage.price("XAUUSD", "2614.00")
    assert [p.ticket for p in stage.positions] == [small]
    deal = stage.deals[-1]
    assert (deal.reason, deal.profit) == (6, -730.0)
    assert deal.comment.startswith("[so ")
    stage.check_conserved()


def test_what_a_spot_market_forbids_a_brokers_contract_allows() -> None:
    stage = Stage(NETTING)
    assert stage.deal("sell", 0.00001, "BTCUSD").retcode == 10009
    assert [(p.type, p.volume) for p in stage.positions] == [(1, 0.00001)]
    stage.check_conserved()


# Refusals


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], int]] = [
    ("volume off the step", {}, {"volume": 0.015}, 10014),
    ("volume below the minimum", {}, {"volume": 0.001}, 10014),
    ("volume above the maximum", {}, {"volume": 101.0}, 10014),
    ("no volume", {}, {"volume": 0.0}, 10014),
    ("stop on the wrong side", {}, {"sl": 1.2}, 10016),
    ("target on the wrong side", {}, {"tp": 1.0}, 10016),
    ("stop too near", {"terms": SymbolTerms(stops_level=100)}, {"sl": 1.0995}, 10016),
    ("stop off the tick", {}, {"sl": 1.0000001}, 10016),
    ("RETURN in market execution", {}, {"type_filling": 2}, 10030),
    ("a filling that is not flagged", {"terms": SymbolTerms(filling_mode=1)}, {"type_filling": 1}, 10030),
    ("a filling that the exchange has not", {"terms": SymbolTerms(exemode=3, filling_mode=0)}, {}, 10030),
    ("no money", {"balance": 100}, {"volume": 1.0}, 10019),
    ("trading disabled for the symbol", {"terms": SymbolTerms(trade_mode=0)}, {}, 10017),
    ("close only", {"terms": SymbolTerms(trade_mode=3)}, {}, 10044),
    ("short only", {"terms": SymbolTerms(trade_mode=2)}, {}, 10043),
    ("long only", {"terms": SymbolTerms(trade_mode=1)}, {"side": "sell"}, 10042),
    ("the account may not trade", {"trade_allowed": False}, {}, 10017),
    ("programs may not trade", {"trade_expert": False}, {}, 10026),
    ("the button is off", {"auto_trading": False}, {}, 10027),
    ("no connection", {"connected": False}, {}, 10031),
    ("a volume limit", {"terms": SymbolTerms(volume_limit="0.3")}, {"volume": 0.4}, 10034),
    ("a weekend", {"start": SATURDAY}, {}, 10018),
    ("instant execution without a price", {"terms": SymbolTerms(exemode=1)}, {}, 10015),
    ("no quote", {}, {"symbol": "ETHUSD"}, 10021),
    ("a symbol nobody lists", {}, {"symbol": "EURUSD", "action": 99}, 10013),
]


@pytest.mark.parametrize(("why", "knobs", "terms", "code"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_deal_is_refused_by_its_retcode_and_changes_nothing(
    why: str, knobs: dict[str, Any], terms: dict[str, Any], code: int
) -> None:
    stage = Stage(**knobs)
    if "action" in terms:
        result = stage.ask(action=terms["action"], symbol="EURUSD")
    else:
        result = stage.deal(**terms)
    assert (result.retcode, stage.positions, stage.terminal.orders_total()) == (code, [], 0)
    assert result.comment


def test_order_check_says_what_order_send_would_and_does_nothing() -> None:
    stage = Stage()
    request = {"action": 1, "symbol": "EURUSD", "volume": 1.0, "type": 0, "type_filling": 0}
    good = stage.terminal.order_check(request)
    assert good is not None
    assert (good.retcode, good.margin, good.margin_free) == (0, 1100.0, 98_900.0)
    bad = stage.terminal.order_check({**request, "sl": 1.2})
    assert bad is not None
    assert (bad.retcode, stage.positions) == (10016, [])


def test_a_request_that_is_none_gives_none_and_names_the_argument() -> None:
    stage = Stage()
    assert stage.terminal.order_send({"action": 1, "volume": "much"}) is None
    assert stage.terminal.last_error() == (-2, "Invalid 'volume' argument")
    assert stage.terminal.order_check({"no_such_field": 1}) is None


def test_a_closing_deal_is_refused_for_its_size_its_side_and_its_turn() -> None:
    stage = Stage(fifo_close=True)
    old, new = stage.deal("buy", 0.2).order, stage.deal("buy", 0.2).order
    assert stage.deal("sell", 0.2, position=new).retcode == mt5.TRADE_RETCODE_FIFO_CLOSE
    assert stage.deal("sell", 0.3, position=old).retcode == mt5.TRADE_RETCODE_INVALID_CLOSE_VOLUME
    assert stage.deal("buy", 0.2, position=old).retcode == mt5.TRADE_RETCODE_INVALID
    assert stage.deal("sell", 0.2, position=old).retcode == 10009
    assert stage.deal("sell", 0.2, position=new).retcode == 10009


def test_positions_and_orders_are_bounded_by_the_account() -> None:
    stage = Stage(limit_positions=1, limit_orders=1)
    stage.deal()
    assert stage.deal().retcode == mt5.TRADE_RETCODE_LIMIT_POSITIONS
    assert stage.pend(2, 1.09).retcode == 10008
    assert stage.pend(2, 1.08).retcode == mt5.TRADE_RETCODE_LIMIT_ORDERS


def test_near_its_trigger_a_position_is_frozen() -> None:
    stage = Stage(terms=SymbolTerms(freeze_level=50))
    ticket = stage.deal("buy", 0.1, sl=1.0995).order
    assert stage.ask(action=6, position=ticket, sl=1.09).retcode == mt5.TRADE_RETCODE_FROZEN
    assert stage.deal("sell", 0.1, position=ticket).retcode == mt5.TRADE_RETCODE_FROZEN
    stage.price("EURUSD", "1.10010")
    assert stage.ask(action=6, position=ticket, sl=1.09).retcode == 10009


@pytest.mark.parametrize(("side", "behind", "ahead"), [("buy", -1, 1), ("sell", 1, -1)])
def test_stops_and_targets_keep_the_stops_level_from_where_they_would_close(side: str, behind: int, ahead: int) -> None:
    """A long closes at the bid and a short at the ask: distances are counted from there."""
    stage = Stage(terms=SymbolTerms(stops_level=100))
    stage.price("EURUSD", "1.10000", "1.10050")
    closes = 110_000 if side == "buy" else 110_050
    for points, code in ((100, 10009), (99, 10016)):
        stop, target = ((closes + way * points) / 100_000 for way in (behind, ahead))
        done = (stage.deal(side, 0.1, sl=stop), stage.deal(side, 0.1, tp=target))
        assert [one.retcode for one in done] == [code, code]
    ticket = stage.deal(side, 0.1).order
    near, far = ((closes + behind * points) / 100_000 for points in (99, 100))
    assert stage.ask(action=6, position=ticket, sl=near).retcode == 10016
    assert stage.ask(action=6, position=ticket, sl=far).retcode == 10009


# Execution modes


def test_market_execution_fills_at_the_market_whatever_price_was_asked_for() -> None:
    stage = Stage(terms=SymbolTerms(exemode=2))
    stage.price("EURUSD", "1.10010", "1.10030")
    far = stage.deal("buy", price=1.05, deviation=0)
    assert (far.retcode, far.price) == (10009, 1.1003)
    assert stage.deal("buy").retcode == 10009
    assert stage.deal("buy", type_filling=2).retcode == mt5.TRADE_RETCODE_INVALID_FILL


def test_instant_execution_requotes_beyond_the_deviation_and_says_the_prices() -> None:
    stage = Stage(terms=SymbolTerms(exemode=1, filling_mode=0))
    stage.price("EURUSD", "1.10010", "1.10030")
    late = stage.deal("buy", price=1.1001, deviation=10)
    assert (late.retcode, late.bid, late.ask) == (10004, 1.1001, 1.1003)
    assert stage.deal("buy", price=1.1001, deviation=20).retcode == 10009
    assert stage.deal("buy", price=1.1003, type_filling=2).retcode == 10009


def test_what_is_shown_bounds_a_fill_by_the_filling_asked_for() -> None:
    stage = Stage(terms=SymbolTerms(exemode=3))
    stage.price("EURUSD", "1.10000", "1.10010", size="0.3")
    assert stage.deal("buy", 0.5, type_filling=0).retcode == mt5.TRADE_RETCODE_REJECT
    partial = stage.deal("buy", 0.5, type_filling=1)
    assert (partial.retcode, partial.volume) == (10010, 0.3)
    stage.price("EURUSD", "1.10000", "1.10010", size="0.3")
    resting = stage.deal("buy", 0.5, type_filling=2)
    assert (resting.retcode, resting.volume) == (10010, 0.3)
    (order,) = stage.terminal.orders_get() or ()
    assert (order.state, order.volume_current) == (mt5.ORDER_STATE_PARTIAL, 0.2)
    stage.price("EURUSD", "1.10000", "1.10020", size="0.3")
    assert stage.terminal.orders_total() == 0
    assert [p.volume for p in stage.positions] == [0.3, 0.5]
    assert stage.positions[1].price_open == 1.10014
    stage.check_conserved()


# Pending orders


PENDING = [
    (mt5.ORDER_TYPE_BUY_LIMIT, 1.099, 1.101, "1.09900"),
    (mt5.ORDER_TYPE_SELL_LIMIT, 1.101, 1.099, "1.10100"),
    (mt5.ORDER_TYPE_BUY_STOP, 1.101, 1.099, "1.10100"),
    (mt5.ORDER_TYPE_SELL_STOP, 1.099, 1.101, "1.09900"),
]


@pytest.mark.parametrize(("type", "price", "wrong", "reached"), PENDING)
def test_a_pending_order_waits_on_its_side_of_the_market_and_becomes_a_position(
    type: int, price: float, wrong: float, reached: str
) -> None:
    stage = Stage()
    assert stage.pend(type, wrong).retcode == mt5.TRADE_RETCODE_INVALID_PRICE
    placed = stage.pend(type, price, magic=5, comment="mine")
    assert (placed.retcode, placed.deal) == (10008, 0)
    (order,) = stage.terminal.orders_get(symbol="EURUSD") or ()
    assert (order.ticket, order.state, order.price_open, order.type) == (placed.order, 1, price, type)
    stage.price("EURUSD", reached)
    (position,) = stage.positions
    assert (position.ticket, position.price_open, position.magic, position.comment) == (placed.order, price, 5, "mine")
    (done,) = stage.terminal.history_orders_get(ticket=placed.order) or ()
    assert (done.state, done.position_id) == (mt5.ORDER_STATE_FILLED, placed.order)
    stage.check_conserved()


def test_a_stop_limit_turns_into_a_limit_when_its_stop_is_reached() -> None:
    stage = Stage()
    assert stage.pend(6, 1.101).retcode == mt5.TRADE_RETCODE_INVALID_PRICE
    ticket = stage.pend(6, 1.101, stoplimit=1.1005).order
    stage.price("EURUSD", "1.10120")
    (order,) = stage.terminal.orders_get() or ()
    assert (order.type, order.price_open) == (mt5.ORDER_TYPE_BUY_LIMIT, 1.1005)
    stage.price("EURUSD", "1.10050")
    assert [(p.ticket, p.price_open) for p in stage.positions] == [(ticket, 1.1005)]


def test_a_pending_order_is_changed_and_removed() -> None:
    stage = Stage()
    ticket = stage.pend(2, 1.09).order
    assert stage.ask(action=7, order=ticket, price=1.09).retcode == mt5.TRADE_RETCODE_NO_CHANGES
    assert stage.ask(action=7, order=ticket, price=1.2).retcode == mt5.TRADE_RETCODE_INVALID_PRICE
    assert stage.ask(action=7, order=ticket, price=1.095, sl=1.09).retcode == 10009
    (order,) = stage.terminal.orders_get(ticket=ticket) or ()
    assert (order.price_open, order.sl) == (1.095, 1.09)
    assert stage.ask(action=8, order=ticket).retcode == 10009
    (gone,) = stage.terminal.history_orders_get(ticket=ticket) or ()
    assert (gone.state, gone.time_done - order.time_setup) == (mt5.ORDER_STATE_CANCELED, 0)
    assert stage.ask(action=8, order=ticket).retcode == mt5.TRADE_RETCODE_INVALID_ORDER
    stage.price("EURUSD", "1.09000")
    assert stage.positions == []


@BOTH
def test_a_pending_order_that_is_reached_without_money_for_it_ends(mode: str) -> None:
    stage = Stage(mode, balance=1_000)
    ticket = stage.pend(2, 1.09, 1.0).order
    small = stage.pend(2, 1.09, 0.5).order
    stage.price("EURUSD", "1.09000")
    assert [p.ticket for p in stage.positions] == [small]
    (ended,) = stage.terminal.history_orders_get(ticket=ticket) or ()
    assert (ended.state, ended.volume_current) == (mt5.ORDER_STATE_REJECTED, 1.0)


def test_orders_expire_at_their_time_on_the_servers_clock() -> None:
    stage = Stage()
    wall = (stage.broker.now // SECOND) + 2 * 3600
    assert stage.pend(2, 1.09, type_time=2, expiration=wall - 1).retcode == mt5.TRADE_RETCODE_INVALID_EXPIRATION
    specified = stage.pend(2, 1.09, type_time=2, expiration=wall + 60).order
    day = stage.pend(2, 1.09, type_time=1).order
    stage.wait(61)
    assert [o.ticket for o in stage.terminal.orders_get() or ()] == [day]
    (gone,) = stage.terminal.history_orders_get(ticket=specified) or ()
    assert (gone.state, gone.time_done) == (mt5.ORDER_STATE_EXPIRED, wall + 60)
    stage.wait(10 * 3600)
    (ended,) = stage.terminal.history_orders_get(ticket=day) or ()
    assert datetime.fromtimestamp(ended.time_done, UTC).strftime("%H:%M") == "00:00"


# Money, symbols, time


@pytest.mark.parametrize(
    ("currency", "symbol", "volume", "opened", "closed", "loss"),
    [
        ("USD", "XAUUSD", 0.1, 2650.5, 2645.0, -55.0),
        ("USD", "EURUSD", 1.0, 1.1, 1.095, -500.0),
        ("USD", "USDJPY", 1.0, 150.0, 149.5, -334.45),
        ("EUR", "XAUUSD", 0.1, 2650.5, 2645.0, -50.0),
        ("USC", "XAUUSD", 0.1, 2650.5, 2645.0, -5500.0),
    ],
)
def test_profit_is_in_the_currency_of_the_account(
    currency: str, symbol: str, volume: float, opened: float, closed: float, loss: float
) -> None:
    stage = Stage(currency=currency)
    assert stage.terminal.order_calc_profit(0, symbol, volume, opened, closed) == loss
    assert stage.terminal.order_calc_profit(1, symbol, volume, closed, opened) == pytest.approx(loss, rel=0.004)


def test_tick_value_is_one_tick_of_a_lot_in_the_account_currency() -> None:
    gold = Stage().terminal.symbol_info("XAUUSD")
    assert gold is not None
    assert (gold.digits, gold.point, gold.trade_tick_size, gold.trade_tick_value_loss) == (2, 0.01, 0.01, 1.0)
    stage = Stage(currency="EUR")
    stage.price("EURUSD", "1.10000", "1.25000")
    info = stage.terminal.symbol_info("XAUUSD")
    assert info is not None
    assert info.trade_tick_value_profit == 0.8
    assert info.trade_tick_value_loss == pytest.approx(1 / 1.1)


def test_digits_and_tick_size_are_two_things_and_contracts_are_the_brokers() -> None:
    terms = {"XAUUSD": SymbolTerms(digits=3, contract=10)}
    gold = Stage(symbols=terms).terminal.symbol_info("XAUUSD")
    assert gold is not None
    assert (gold.digits, gold.point, gold.trade_tick_size, gold.trade_contract_size) == (3, 0.001, 0.01, 10.0)
    assert gold.trade_tick_value_loss == 0.1


def test_margin_follows_the_calculation_mode() -> None:
    stage = Stage(leverage=100)
    assert stage.terminal.order_calc_margin(0, "EURUSD", 1.0, 1.1) == 1100.0
    assert stage.terminal.order_calc_margin(0, "USDJPY", 1.0, 150.0) == 1000.0
    assert stage.terminal.order_calc_margin(0, "XAUUSD", 0.1, 2650.5) == 265.05
    assert stage.terminal.order_calc_margin(0, "ACME", 10.0, 187.32) == 1873.2
    assert stage.terminal.order_calc_margin(7, "ACME", 10.0, 187.32) is None


def test_without_a_rate_there_is_no_profit_and_last_error_says_so() -> None:
    stage = Stage(currency="CHF")
    assert stage.terminal.order_calc_profit(0, "XAUUSD", 0.1, 2650.5, 2645.0) is None
    assert stage.terminal.last_error()[0] == -1
    assert stage.terminal.order_calc_profit(0, "XAUUSD", -0.1, 2650.5, 2645.0) is None
    assert stage.terminal.last_error()[0] == -2


def test_names_have_the_brokers_suffix_and_are_case_sensitive() -> None:
    stage = Stage(suffixes=("m",), names={"XAUUSD": "GOLD"})
    assert stage.terminal.symbol_info("EURUSDm") is not None
    assert stage.terminal.symbol_info("EURUSDM") is None
    assert stage.terminal.last_error()[0] == -4
    assert stage.terminal.symbol_info("GOLD") is not None
    assert [s.name for s in stage.terminal.symbols_get(group="*JPY*") or ()] == ["USDJPYm"]
    assert [s.name for s in stage.terminal.symbols_get(group="*,!*m") or ()] == ["GOLD"]
    assert stage.terminal.symbols_total() == 8


def test_a_symbol_in_use_can_not_be_hidden_and_a_hidden_one_not_traded() -> None:
    stage = Stage()
    stage.deal()
    assert not stage.terminal.symbol_select("EURUSD", False)
    assert stage.terminal.symbol_select("USDJPY", False)
    assert stage.deal(symbol="USDJPY").retcode == mt5.TRADE_RETCODE_PRICE_OFF
    assert not stage.terminal.symbol_select("nothing")


def test_times_are_the_servers_wall_clock_and_summer_time_moves_it() -> None:
    last_second = int(datetime(2026, 3, 29, 0, 59, 50, tzinfo=UTC).timestamp())
    stage = Stage(start=last_second * SECOND)
    before = stage.terminal.symbol_info_tick("BTCUSD")
    stage.wait(60)
    stage.price("BTCUSD", "64000.00")
    after = stage.terminal.symbol_info_tick("BTCUSD")
    assert before is not None
    assert after is not None
    assert before.time - last_second == 2 * 3600 + 4
    assert after.time - stage.broker.now // SECOND == 3 * 3600
    assert after.time - before.time == 3600 + 61


def test_swaps_are_booked_at_the_servers_midnight_threefold_on_wednesday() -> None:
    stage = Stage(terms=SymbolTerms(swap_long=-5))
    ticket = stage.deal("buy", 1.0).order
    stage.wait(10 * 3600)
    assert stage.positions[0].swap == -15.0
    stage.wait(24 * 3600)
    assert (stage.positions[0].swap, stage.positions[0].profit) == (-20.0, 0.0)
    stage.deal("sell", 0.5, position=ticket)
    assert (stage.deals[-1].swap, stage.positions[0].swap) == (-10.0, -10.0)
    assert stage.terminal.account_info().profit == -10.0  # type: ignore[union-attr]
    stage.check_conserved()


# Market data


def test_bars_are_made_of_bids_on_the_servers_clock() -> None:
    stage = Stage()
    for bid in ("1.10000", "1.10020", "1.09990", "1.10010"):
        stage.price("EURUSD", bid, "1.10030")
    stage.wait(3600)
    stage.price("EURUSD", "1.20000")
    minutes = stage.terminal.copy_rates_from_pos("EURUSD", mt5.TIMEFRAME_M1, 0, 10)
    assert minutes is not None
    assert [tuple(row)[1:5] for row in minutes] == [(1.1, 1.1002, 1.0999, 1.1001), (1.2, 1.2, 1.2, 1.2)]
    assert minutes["time"][0] == NOON // SECOND + 2 * 3600
    hours = stage.terminal.copy_rates_range("EURUSD", mt5.TIMEFRAME_H1, datetime(2026, 3, 4, 14), 2**33)  # noqa: DTZ001
    assert hours is not None
    assert [len(hours), hours["high"][1]] == [2, 1.2]
    day = stage.terminal.copy_rates_from("EURUSD", mt5.TIMEFRAME_D1, 2**33, 5)
    assert day is not None
    assert [tuple(row)[1:5] for row in day] == [(1.1, 1.2, 1.0999, 1.2)]
    assert int(day["tick_volume"][0]) == 6
    month = stage.terminal.copy_rates_from("EURUSD", mt5.TIMEFRAME_MN1, 2**33, 5)
    assert month is not None
    assert datetime.fromtimestamp(int(month["time"][0]), UTC) == datetime(2026, 3, 1, tzinfo=UTC)
    week = stage.terminal.copy_rates_from("EURUSD", mt5.TIMEFRAME_W1, 2**33, 5)
    assert week is not None
    assert datetime.fromtimestamp(int(week["time"][0]), UTC) == datetime(2026, 3, 1, tzinfo=UTC)
    assert stage.terminal.copy_rates_from_pos("EURUSD", 99, 0, 10) is None


def test_ticks_and_depth_are_kept() -> None:
    stage = Stage()
    ticks = stage.terminal.copy_ticks_from("EURUSD", 0, 10, mt5.COPY_TICKS_ALL)
    assert ticks is not None
    assert [tuple(row)[1:3] for row in ticks] == [(1.1, 1.1)]
    none = stage.terminal.copy_ticks_range("EURUSD", 0, 2**33, mt5.COPY_TICKS_TRADE)
    assert none is not None
    assert len(none) == 0
    instrument = INSTRUMENTS["BTCUSD"]
    stage.play(Depth(stage.broker.now + 1, instrument, ((10, 10**8), (9, 10**8)), ((11, 10**8), (12, 3 * 10**8))))
    assert stage.terminal.market_book_get("BTCUSD") is None
    assert stage.terminal.market_book_add("BTCUSD")
    assert [(b.type, b.volume) for b in stage.terminal.market_book_get("BTCUSD") or ()] == [
        (1, 3),
        (1, 1),
        (2, 1),
        (2, 1),
    ]
    assert stage.terminal.market_book_release("BTCUSD")
    assert not stage.terminal.market_book_release("BTCUSD")


def test_bars_and_trades_are_played_as_quotes_where_nothing_finer_is_known() -> None:
    stage = Stage(symbols={"ETHUSD": SymbolTerms(spread_points=10)})
    eth, start = INSTRUMENTS["ETHUSD"], stage.broker.now
    unit = 10**eth.price_scale
    stage.play(Bar(start + 60 * SECOND, eth, start, 3000 * unit, 3010 * unit, 2990 * unit, 3005 * unit, 10**8))
    tick = stage.terminal.symbol_info_tick("ETHUSD")
    assert tick is not None
    assert (tick.bid, tick.ask) == (3005.0, 3005.1)
    stage.deal("buy", 0.1, "ETHUSD", sl=2995.0, tp=3040.0)
    low, high = 2994 * unit, 3041 * unit
    stage.play(Bar(start + 120 * SECOND, eth, start, 3000 * unit, high, low, 3005 * unit, 10**8))
    assert (stage.deals[-1].reason, stage.deals[-1].price) == (4, 2994.0)
    stage.play(Trade(start + 121 * SECOND, eth, 3001 * unit, 10**8, 1))
    stage.play(Bar(start + 180 * SECOND, eth, start, 1 * unit, 1 * unit, 1 * unit, 1 * unit, 10**8))
    info = stage.terminal.symbol_info("ETHUSD")
    assert info is not None
    assert (info.bid, info.last) == (3001.0, 3001.0)
    acme = INSTRUMENTS["ACME"]
    stage.play(
        QuoteBar(
            start + 181 * SECOND, acme, start, 10**6, 10**6, 10**6, 10**6, 2 * 10**6, 2 * 10**6, 2 * 10**6, 2 * 10**6
        )
    )
    assert stage.terminal.symbol_info("ACME").ask == 200.0  # type: ignore[union-attr]


# What goes wrong


def test_a_lost_result_is_none_though_the_order_was_executed() -> None:
    stage = Stage(lost_results=1)
    request = {"action": 1, "symbol": "EURUSD", "volume": 0.1, "type": 0, "type_filling": 0, "magic": 9}
    assert stage.terminal.order_send(request) is None
    assert stage.terminal.last_error()[0] == -10005
    assert [p.magic for p in stage.positions] == [9]
    assert stage.deal().retcode == 10009


def test_reads_that_fail_are_none_and_not_empty() -> None:
    stage = Stage()
    stage.deal()
    stage.knobs.failed_reads = 2
    assert (stage.terminal.positions_get(), stage.terminal.last_error()[0]) == (None, -10004)
    assert stage.terminal.account_info() is None
    assert len(stage.positions) == 1


def test_scripted_retcodes_come_first_and_do_nothing() -> None:
    stage = Stage(retcodes=[10004, 10004, 10012])
    assert [stage.deal().retcode for _ in range(4)] == [10004, 10004, 10012, 10009]
    assert len(stage.positions) == 1


def test_a_partial_fill_needs_a_filling_that_allows_it() -> None:
    stage = Stage(partials=1)
    assert stage.deal("buy", 0.3, type_filling=0).retcode == 10009
    part = stage.deal("buy", 0.3, type_filling=1)
    assert (part.retcode, part.volume) == (10010, 0.15)
    assert stage.deal("buy", 0.3, type_filling=1).retcode == 10009
    stage.check_conserved()


def test_comments_are_cut_or_overwritten_by_the_broker() -> None:
    stage = Stage(comment_max=8)
    stage.deal(comment="abcdefghij")
    stage.knobs.comment_overwritten = "broker"
    stage.deal(comment="abcdefghij")
    assert [p.comment for p in stage.positions] == ["abcdefgh", "broker"]


def test_too_many_requests_a_second_are_refused() -> None:
    stage = Stage(requests_per_second=2)
    assert [stage.deal().retcode for _ in range(3)] == [10009, 10009, 10024]
    stage.wait(1)
    assert stage.deal().retcode == 10009


def test_stale_answers_are_those_of_then_and_hidden_ones_come_later() -> None:
    stage = Stage()
    stage.deal(volume=0.1)
    stage.wait(60)
    stage.deal(volume=0.2)
    stage.terminal.trouble.stale_ns = 30 * SECOND
    assert [p.volume for p in stage.positions] == [0.1]
    stage.wait(31)
    assert [p.volume for p in stage.positions] == [0.1, 0.2]
    stage.terminal.trouble.stale_ns = 0
    stage.terminal.trouble.hidden_ns = 10 * SECOND
    ticket = stage.deal(volume=0.3).order
    pending = stage.pend(2, 1.0).order
    assert len(stage.positions) == 2
    assert stage.terminal.history_deals_get(ticket=ticket) == ()
    assert stage.terminal.orders_get(ticket=pending) == ()
    stage.wait(10)
    assert len(stage.positions) == 3
    assert len(stage.terminal.history_deals_get(ticket=ticket) or ()) == 1
    assert len(stage.terminal.orders_get(ticket=pending) or ()) == 1


def test_maintenance_takes_the_server_out_of_reach() -> None:
    stage = Stage()
    stage.terminal.trouble.maintenance = True
    assert stage.deal().retcode == 10031
    info = stage.terminal.terminal_info()
    assert info is not None
    assert not info.connected


@pytest.mark.parametrize(("mode", "number"), [(NETTING, 0), (EXCHANGE, 1), (HEDGING, 2)])
def test_the_account_tells_its_mode_and_its_funds(mode: str, number: int) -> None:
    stage = Stage(mode)
    stage.deal("buy", 1.0)
    stage.price("EURUSD", "1.10100")
    account = stage.terminal.account_info()
    assert account is not None
    assert (account.margin_mode, account.balance, account.profit, account.equity) == (number, 1e5, 100.0, 100_100.0)
    assert (account.margin, account.margin_free, account.margin_level) == (1100.0, 99_000.0, 9100.0)


def test_the_same_requests_over_the_same_market_give_the_same_results() -> None:
    def play() -> list[Any]:
        stage = Stage(NETTING)
        said: list[Any] = []
        for step in range(40):
            price = 1.1 + (step * 7 % 11 - 5) / 1000
            stage.play(quote_of("EURUSD", f"{price:.5f}", f"{price + 0.0001:.5f}", stage.broker.now + SECOND, "1"))
            said.append(stage.deal(("buy", "sell")[step % 3 == 0], 0.3, sl=0.0))
            said.append(stage.positions)
            stage.check_conserved()
        return [*said, stage.deals, stage.terminal.account_info()]

    assert play() == play()


# Rarer ways


def test_a_stop_that_fills_in_parts_leaves_its_target_the_rest() -> None:
    stage = Stage()
    stage.deal("buy", 0.3, "XAUUSD", sl=2645.0, tp=2660.0)
    stage.price("XAUUSD", "2644.00", size="0.1")
    assert [p.volume for p in stage.positions] == [0.2]
    stage.check_conserved()
    stage.price("XAUUSD", "2661.00", size="0.1")
    stage.check_conserved()
    stage.price("XAUUSD", "2661.00", size="0.1")
    assert (stage.positions, sum(deal.volume for deal in stage.deals[1:])) == ([], pytest.approx(0.3))
    stage.check_conserved()


def test_depth_moves_what_has_no_quotes_and_a_crossed_one_nothing() -> None:
    stage = Stage()
    eth, unit = INSTRUMENTS["ETHUSD"], 10 ** INSTRUMENTS["ETHUSD"].price_scale
    stage.play(Depth(stage.broker.now + 1, eth, ((3000 * unit, 10**8),), ((3001 * unit, 10**8),)))
    stage.play(Depth(stage.broker.now + 1, eth, ((3005 * unit, 10**8),), ((3001 * unit, 10**8),)))
    stage.play(Depth(stage.broker.now + 1, eth, (), ()))
    info = stage.terminal.symbol_info("ETHUSD")
    assert info is not None
    assert (info.bid, info.ask) == (3000.0, 3001.0)
    stage.price("EURUSD", "1.20000", "1.10000")
    assert stage.terminal.symbol_info("EURUSD").ask == 1.1  # type: ignore[union-attr]


def test_book_or_cancel_is_for_limit_orders_of_symbols_that_have_it() -> None:
    assert Stage().pend(2, 1.09, type_filling=3).retcode == mt5.TRADE_RETCODE_INVALID_FILL
    stage = Stage(terms=SymbolTerms(filling_mode=7))
    assert stage.pend(4, 1.11, type_filling=3).retcode == mt5.TRADE_RETCODE_INVALID_FILL
    assert stage.pend(2, 1.09, type_filling=3).retcode == 10008
    stage.price("EURUSD", "1.09000")
    assert len(stage.positions) == 1


def test_requests_of_the_wrong_kind_are_invalid() -> None:
    stage = Stage()
    assert stage.ask(action=1, symbol="EURUSD", type=2, volume=0.1).retcode == mt5.TRADE_RETCODE_INVALID
    assert stage.ask(action=5, symbol="EURUSD", type=0, volume=0.1).retcode == mt5.TRADE_RETCODE_INVALID
    assert stage.deal(volume=float("inf")).retcode == mt5.TRADE_RETCODE_INVALID_VOLUME
    assert stage.pend(2, 1.09, type_time=9).retcode == mt5.TRADE_RETCODE_INVALID_EXPIRATION
    assert stage.pend(2, float("nan")).retcode == mt5.TRADE_RETCODE_INVALID_PRICE
    assert stage.pend(6, 1.101, stoplimit=1.2).retcode == mt5.TRADE_RETCODE_INVALID_PRICE


def test_a_day_may_be_specified_and_ends_with_it() -> None:
    stage = Stage()
    wall = stage.broker.now // SECOND + 2 * 3600
    ticket = stage.pend(2, 1.09, type_time=3, expiration=wall + 60).order
    stage.wait(3600)
    assert stage.terminal.orders_total() == 1
    stage.wait(9 * 3600)
    (ended,) = stage.terminal.history_orders_get(ticket=ticket) or ()
    assert (ended.state, ended.time_done % 86_400) == (mt5.ORDER_STATE_EXPIRED, 0)


def test_a_netting_position_is_protected_by_its_symbol_too() -> None:
    stage = Stage(NETTING)
    stage.deal("buy", 0.1)
    assert stage.ask(action=6, symbol="EURUSD", sl=1.05).retcode == 10009
    assert stage.positions[0].sl == 1.05


def test_a_resting_market_order_that_finds_nothing_is_placed_and_filled_later() -> None:
    stage = Stage(terms=SymbolTerms(exemode=3))
    stage.price("EURUSD", "1.10000", "1.10010", size="0.1")
    assert stage.deal("buy", 0.1, type_filling=2).retcode == 10009
    waiting = stage.deal("buy", 0.1, type_filling=2)
    assert (waiting.retcode, waiting.deal) == (10008, 0)
    stage.price("EURUSD", "1.10000", "1.10020", size="0.1")
    assert [p.ticket for p in stage.positions][1:] == [waiting.order]
    stage.check_conserved()


def test_positions_near_their_triggers_do_not_close_each_other() -> None:
    stage = Stage(terms=SymbolTerms(freeze_level=50))
    long, short = stage.deal("buy", 0.1, sl=1.0996).order, stage.deal("sell", 0.1).order
    assert stage.ask(action=10, position=long, position_by=short).retcode == mt5.TRADE_RETCODE_FROZEN
    checked = stage.terminal.order_check({"action": 8, "order": 1})
    assert checked is not None
    assert checked.retcode == mt5.TRADE_RETCODE_INVALID_ORDER


def test_a_check_of_a_removal_removes_nothing() -> None:
    stage = Stage()
    ticket = stage.pend(2, 1.09).order
    for request in ({"action": 8, "order": ticket}, {"action": 7, "order": ticket, "price": 1.08}):
        checked = stage.terminal.order_check(request)
        assert checked is not None
        assert checked.retcode == 0
    (order,) = stage.terminal.orders_get() or ()
    assert order.price_open == 1.09


def test_without_a_login_every_function_says_none_or_nothing() -> None:
    terminal = Terminal(Stage().broker)
    none = [
        terminal.symbols_get(), terminal.symbol_info("EURUSD"), terminal.symbol_info_tick("EURUSD"),
        terminal.copy_rates_from_pos("EURUSD", 1, 0, 1), terminal.copy_rates_range("EURUSD", 1, 0, 1),
        terminal.copy_ticks_from("EURUSD", 0, 1, -1), terminal.market_book_get("EURUSD"), terminal.terminal_info(),
        terminal.orders_get(), terminal.history_orders_get(0, 1), terminal.history_deals_get(0, 1),
        terminal.order_check({}), terminal.order_send({}), terminal.order_calc_margin(0, "EURUSD", 1.0, 1.1),
        terminal.order_calc_profit(0, "EURUSD", 1.0, 1.1, 1.2), terminal.version(),
    ]  # fmt: skip
    assert none == [None] * len(none)
    totals = [terminal.orders_total(), terminal.positions_total(), terminal.symbols_total()]
    totals += [terminal.history_orders_total(0, 2**33), terminal.history_deals_total(0, 2**33)]
    assert totals == [0] * 5
    assert not terminal.symbol_select("EURUSD")
    assert not terminal.market_book_add("EURUSD")
    stage = Stage()
    stage.deal()
    assert (stage.terminal.positions_total(), stage.terminal.history_deals_total(0, 2**33)) == (1, 2)
    assert stage.terminal.history_orders_total(0, 2**33) == 1
    assert stage.terminal.copy_rates_from("EURUSD", 1, 2**33, 0) is None
    assert stage.terminal.copy_rates_from_pos("EURUSD", 1, -1, 5) is None


def test_a_close_leaves_no_rest_below_the_minimum() -> None:
    stage = Stage()
    ticket = stage.deal("buy", 0.15).order
    stage.broker.symbols["EURUSD"].coarsen()
    assert stage.deal("sell", 0.1, position=ticket).retcode == mt5.TRADE_RETCODE_INVALID_CLOSE_VOLUME
    assert [p.volume for p in stage.positions] == [0.15]


def test_a_target_that_fills_in_parts_leaves_its_stop_the_rest() -> None:
    stage = Stage()
    stage.deal("buy", 0.3, "XAUUSD", sl=2645.0, tp=2660.0)
    stage.price("XAUUSD", "2660.00", size="0.1")
    assert [(p.volume, p.sl, p.tp) for p in stage.positions] == [(0.2, 2645.0, 2660.0)]
    stage.price("XAUUSD", "2645.00")
    assert (stage.positions, [deal.volume for deal in stage.deals]) == ([], [0.3, 0.1, 0.2])
    assert stage.terminal.orders_total() == 0
    stage.check_conserved()
