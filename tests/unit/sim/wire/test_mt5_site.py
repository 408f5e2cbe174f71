"""The MT5 Connector v1: each answer has its shape, each refusal its status, and the risk is in the account's money."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.sim.wire import mt5_shapes as shapes
from tests.unit.sim.wire.mt5_door import Door, numbers, order
from tests.unit.sim.wire.mt5_shapes import decoded
from tests.unit.sim.wire.mt5_stage import INSTRUMENTS, SATURDAY, SECOND
from tradewright.sim.wire.message import CLOSE, PING, PONG, TEXT, Answer, Frame, Request
from tradewright.sim.wire.mt5.knobs import SymbolTerms
from tradewright.sim.wire.mt5.reads import comment_hash
from tradewright.sim.wire.mt5.stream import PING_NS, Events
from tradewright.sim.wire.trouble import INJECTIONS

BOTH = pytest.mark.parametrize("mode", ["hedging", "netting"])

# Risk


@pytest.mark.parametrize(
    ("currency", "symbol", "lots", "market", "stop", "risk"),
    [
        ("USD", "XAUUSD", 0.1, "2650.50", 2645.0, "55.0"),
        ("USD", "EURUSD", 1.0, "1.10000", 1.095, "500.0"),
        ("USD", "USDJPY", 1.0, "150.000", 149.5, "334.45"),
        ("EUR", "XAUUSD", 0.1, "2650.50", 2645.0, "50.0"),
        ("USC", "XAUUSD", 0.1, "2650.50", 2645.0, "5500.0"),
    ],
)
def test_the_risk_of_a_position_is_in_the_account_currency(
    currency: str, symbol: str, lots: float, market: str, stop: float, risk: str
) -> None:
    door = Door(currency=currency, balance="10000000")
    door.price(symbol, market)
    door.open(symbol=symbol, lot_size=lots, stop_loss=stop)
    (position,) = numbers(door.ask("GET", "/api/v1/open-positions"))["positions"]
    assert (position["risk_amount"], position["risk_currency"]) == (Decimal(risk), currency)
    assert position["risk_known"] is True


def test_without_a_stop_or_a_rate_the_risk_is_not_known_and_behind_the_price_it_is_nothing() -> None:
    door = Door()
    ticket = door.open(stop_loss=None).ticket
    assert [(p.risk_amount, p.risk_known) for p in door.positions] == [(None, False)]
    door.price("XAUUSD", "2700.00")
    door.post("trades/modify", {"ticket": ticket, "stop_loss": 2660.0}, shapes.Done)
    assert [(p.risk_amount, p.risk_known) for p in door.positions] == [(0.0, True)]
    foreign = Door(currency="CHF")
    foreign.open()
    assert [(p.risk_amount, p.risk_known) for p in foreign.positions] == [(None, False)]


# Reading


def test_health_is_always_200_and_says_how_well_it_is() -> None:
    door = Door()
    for path in ("/health", "/api/v1/health"):
        answer = door.site.request(Request("GET", path), door.now)
        health = decoded(answer.body, shapes.Health)
        assert (answer.status, health.status, health.utc_offset_s) == (200, "ok", 7200)
    old = door.get("/health", shapes.OldHealth)
    assert (old.mt5_connection, old.account_info.balance) == (True, 100_000.0)
    door.knobs.auto_trading = False
    assert door.get("/health", shapes.Health).status == "degraded"
    door.site.trouble.maintenance = True
    down = door.get("/health", shapes.Health)
    assert (down.status, down.mt5_connection) == ("down", False)


@BOTH
def test_open_positions_have_every_field_and_both_names(mode: str) -> None:
    door = Door(mode=mode, suffixes=(".m",))
    assert door.positions == []
    opened = door.open(magic=77, client_order_id="strategy-1", comment="note", take_profit=2700)
    (position,) = door.positions
    assert (position.symbol, position.broker_symbol, opened.broker_symbol) == ("XAUUSD", "XAUUSD.m", "XAUUSD.m")
    assert (position.ticket, position.position_id) == (opened.ticket, opened.position_id)
    assert (position.volume, position.open_price, position.sl, position.tp) == (0.1, 2650.5, 2645.0, 2700.0)
    assert (position.contract_size, position.tick_size, position.tick_value_loss, position.digits) == (100, 0.01, 1, 2)
    assert position.comment == f"{comment_hash('strategy-1')} note"
    for query, found in (
        ("symbol=XAUUSD", 1), ("symbol=XAUUSD.m", 1), ("symbol=EURUSD", 0), ("magic=77", 1), ("magic=78", 0),
        ("client_order_id=strategy-1", 1), ("client_order_id=strategy-2", 0),
    ):  # fmt: skip
        assert len(door.get(f"open-positions?{query}", shapes.OpenPositions).positions) == found, query
    assert door.get("open-positions?magic=x", shapes.Error, 400).error


def test_times_are_utc_whatever_the_server_clock_shows() -> None:
    summer = int(datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()) * SECOND
    door = Door(start=summer)
    door.open()
    (position,) = numbers(door.ask("GET", "/api/v1/open-positions"))["positions"]
    assert position["open_time"] == "2026-07-01T12:00:04.000Z"
    assert position["time_msc"] // 1000 == door.now // SECOND + 3 * 3600
    health = door.get("/health", shapes.Health)
    assert (health.server_time, health.utc_offset_s) == ("2026-07-01T12:00:04.000Z", 3 * 3600)


def test_account_summary_adds_up() -> None:
    door = Door()
    door.open()
    door.price("XAUUSD", "2649.50")
    for path in ("account-summary", "account"):
        summary = door.get(path, shapes.Summary)
        assert (summary.balance, summary.equity, summary.currency) == (100_000.0, 99_990.0, "USD")
        assert summary.free_margin == summary.equity - summary.margin


def test_a_pending_order_is_found_at_work_and_afterwards() -> None:
    door = Door()
    placed = door.open(order_kind="limit", entry_price=2600, stop_loss=2590, client_order_id="p1")
    assert (placed.status, placed.retcode, placed.deal, placed.filled_volume) == ("placed", 10008, None, 0)
    (found,) = door.get("pending-orders", shapes.PendingOrders).orders
    assert (found.ticket, found.order_kind, found.entry_price, found.sl) == (placed.ticket, "limit", 2600, 2590)
    assert door.get(f"orders/{placed.ticket}", shapes.OneOrder).order.state == "placed"
    assert len(door.get("pending-orders?client_order_id=p1", shapes.PendingOrders).orders) == 1
    door.post("trades/cancel", {"ticket": placed.ticket}, shapes.Done)
    ended = door.get(f"orders/{placed.ticket}", shapes.OneOrder)
    assert (ended.order.state, ended.order.done_time is None, ended.deals) == ("canceled", False, [])
    (gone,) = door.get("history/orders?client_order_id=p1", shapes.Orders).orders
    assert gone.ticket == placed.ticket
    assert door.get("orders/1", shapes.Error, 404).outcome == "rejected"
    assert door.get("orders/none", shapes.Error, 400).error


def test_deals_come_page_by_page_in_the_order_of_their_tickets() -> None:
    door = Door()
    opened = [door.open(lot_size=0.1).position_id for _ in range(5)]
    seen: list[int] = []
    cursor: int | None = 0
    while cursor is not None:
        page = door.get(f"history/deals?limit=2&cursor={cursor}", shapes.Deals)
        assert len(page.deals) <= 2
        seen += [deal.ticket for deal in page.deals if deal.symbol]
        cursor = page.next_cursor
    assert seen == sorted(set(seen))
    assert len(seen) == 5
    (one,) = door.get(f"history/deals?position_id={opened[2]}", shapes.Deals).deals
    assert (one.position_id, one.entry, one.direction, one.reason) == (opened[2], "in", "buy", "expert")
    door.wait(3600)
    door.open()
    late = door.get("history/deals?from=2026-03-04T12:30:00Z&to=2026-03-05T00:00:00Z", shapes.Deals)
    assert len(late.deals) == 1
    assert door.get("history/deals?from=yesterday", shapes.Error, 400).error


def test_prices_symbols_and_bars() -> None:
    door = Door(suffixes=("m",))
    door.price("EURUSD", "1.10000", "1.10003")
    price = door.get("price/EURUSD", shapes.Price)
    assert (price.resolved_symbol, price.bid, price.ask, price.mid) == ("EURUSDm", 1.1, 1.10003, 1.100015)
    assert price.time == door.now // SECOND
    assert door.get("price/ETHUSD", shapes.Error, 503).error
    symbols = door.get("symbols", shapes.Symbols)
    assert (symbols.total_symbols, len(symbols.symbols)) == (8, 8)
    assert door.get("symbols?q=xau", shapes.Symbols).all_symbols == ["XAUUSDm"]
    gold = door.get("symbols/XAUUSD", shapes.SymbolFields)
    assert (gold.name, gold.trade_contract_size, gold.volume_step) == ("XAUUSDm", 100.0, 0.01)
    assert gold.sessions[0].open <= "2026-03-04T12:00:05.000Z" < gold.sessions[0].close
    assert door.get("symbols/BTCUSD", shapes.SymbolFields).sessions == []
    bars = door.get("history?symbol=EURUSD&timeframe=M1&days=1", list[shapes.Bar])
    assert [(bar.time, bar.open, bar.volume) for bar in bars] == [("2026-03-04T12:00:00.000Z", 1.1, 2)]
    some = door.get("history?symbol=EURUSD&startDate=2026-03-05&endDate=2026-03-06T00:00:00Z", list[shapes.Bar])
    assert some == []
    for query in ("", "symbol=EURUSD&timeframe=M7", "symbol=EURUSD&days=few", "symbol=EURUSD&startDate=soon"):
        assert door.get(f"history?{query}", shapes.Error, 400).error
    assert door.get("price/NOTHING", shapes.Error, 404).error


def test_order_flow_counts_the_ticks_of_a_minute() -> None:
    door = Door()
    for price in ("1.10010", "1.10020", "1.10010"):
        door.price("EURUSD", price)
    flow = door.get("order-flow/EURUSD", shapes.OldFlow)
    assert (flow.ask_volume, flow.bid_volume, flow.delta_sign, flow.imbalance_buy_pct) == (2, 1, "positive", 66.67)
    door.wait(61)
    assert door.get("order-flow/EURUSD", shapes.OldFlow).delta_sign == "neutral"


def test_a_symbol_is_found_for_certain_or_not_at_all() -> None:
    door = Door(names={"XAUUSD": "GOLD.m"})
    for name in ("XAUUSD", "GOLD", "XAU%2FUSD", "GOLD.m"):
        assert door.get(f"price/{name}", shapes.Price).resolved_symbol == "GOLD.m"
    for name in ("gold.m", "GOLD.M", "XAUUSDx"):
        assert door.get(f"price/{name}", shapes.Error, 404).error
    twice = Door(suffixes=("m", ".raw"))
    assert "EURUSDm, EURUSD.raw" in twice.get("price/EURUSD", shapes.Error, 422).error
    assert twice.get("price/EURUSD.raw", shapes.Price).resolved_symbol == "EURUSD.raw"
    twice.site.terminal.symbol_select("EURUSDm", False)
    assert twice.get("price/EURUSD", shapes.Price).resolved_symbol == "EURUSD.raw"


# Trading


@BOTH
def test_a_position_is_opened_reduced_by_percent_and_closed(mode: str) -> None:
    door = Door(mode=mode)
    opened = door.open(lot_size=0.39)
    assert (opened.status, opened.retcode, opened.filled_volume, opened.price) == ("filled", 10009, 0.39, 2650.5)
    door.price("XAUUSD", "2652.50")
    part = numbers(door.ask("POST", "/api/v1/trades/partial-close", {"ticket": opened.ticket, "volume_percent": 50}))
    assert (part["status"], part["filled_volume"], part["remaining_volume"]) == (
        "partial",
        Decimal("0.19"),
        Decimal("0.2"),
    )
    assert part["profit"] == 38
    rest = numbers(door.ask("POST", "/api/v1/trades/close", {"mt5_ticket": opened.ticket, "reason": "done"}))
    assert (rest["status"], rest["remaining_volume"], rest["profit"]) == ("closed", 0, 40)
    assert door.positions == []
    again = door.refused("trades/close", {"ticket": opened.ticket}, 404)
    assert (again.retcode, again.retcode_name) == (10036, "POSITION_CLOSED")


@BOTH
def test_a_close_of_some_lots_takes_no_more_than_there_is(mode: str) -> None:
    door = Door(mode=mode)
    ticket = door.open(lot_size=0.3).ticket
    assert door.refused("trades/close", {"ticket": ticket, "volume": 0.4}, 422).retcode == 10038
    assert door.refused("trades/close", {"ticket": ticket, "volume_percent": 1}, 422).retcode == 10038
    assert door.refused("trades/close", {"ticket": ticket, "volume": 0}, 400).error
    assert door.refused("trades/close", {"ticket": ticket, "volume_percent": 101}, 400).error
    assert door.refused("trades/partial-close", {"ticket": ticket, "volume_percent": 100}, 400).error
    door.post("trades/close", {"ticket": ticket, "volume": 0.1}, shapes.Done)
    assert [p.volume for p in door.positions] == [0.2]
    assert door.refused("trades/close", {}, 400).error


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_a_close_carries_the_comment_it_is_given(mode: str) -> None:
    door = Door(mode=mode)
    ticket = door.open().ticket
    door.post("trades/close", {"ticket": ticket, "volume": 0.05, "comment": "T1-7"}, dict[str, Any])
    found = numbers(door.ask("GET", "/api/v1/history/deals"))["deals"]
    assert [deal["comment"] for deal in found if deal["entry"] == "out"] == ["T1-7"]


def test_close_all_tells_of_each_ticket() -> None:
    door = Door(terms=SymbolTerms(freeze_level=100))
    frozen = door.open(stop_loss=2650.0, magic=1).ticket
    free = door.open(stop_loss=2600.0, magic=1).ticket
    other = door.open(symbol="EURUSD", stop_loss=1.0, magic=2).ticket
    mixed = door.post("trades/close-all", {"magic": 1}, shapes.ClosedAll, 207)
    assert [(r.ticket, r.status_code, r.success) for r in mixed.results] == [(frozen, 422, False), (free, 200, True)]
    door.price("XAUUSD", "2655.00")
    gold = door.post("trades/close-all", {"symbol": "XAUUSD"}, shapes.ClosedAll)
    assert [(r.ticket, r.success) for r in gold.results] == [(frozen, True)]
    rest = door.post("trades/close-all", None, shapes.ClosedAll)
    assert [r.ticket for r in rest.results] == [other]


def test_modify_keeps_what_is_left_out_and_takes_away_what_is_null() -> None:
    door = Door()
    ticket = door.open(take_profit=2700.0).ticket
    door.post("trades/modify", {"ticket": ticket, "stop_loss": 2646.0}, shapes.Done)
    assert [(p.sl, p.tp) for p in door.positions] == [(2646.0, 2700.0)]
    door.post("trades/modify", {"ticket": ticket, "take_profit": None}, shapes.Done)
    assert [(p.sl, p.tp) for p in door.positions] == [(2646.0, None)]
    same = door.post("trades/modify", {"ticket": ticket, "stop_loss": 2646.0}, shapes.Done)
    assert same.retcode == 10025
    assert door.refused("trades/modify", {"ticket": ticket, "stop_loss": 2660.0}, 422).retcode == 10016
    assert door.refused("trades/modify", {"ticket": 5}, 404).retcode == 10036


def test_a_pending_order_is_changed_by_modify() -> None:
    door = Door()
    ticket = door.open(order_kind="stop_limit", entry_price=2660, stop_limit_price=2655, stop_loss=2600).ticket
    door.post("trades/modify", {"ticket": ticket, "entry_price": 2670, "stop_loss": None}, shapes.Done)
    (found,) = door.get("pending-orders", shapes.PendingOrders).orders
    assert (found.entry_price, found.sl, found.order_kind) == (2670.0, None, "stop_limit")
    assert door.refused("trades/cancel", {"ticket": ticket + 1}, 404).retcode == 10035


def test_an_order_expires_at_its_time() -> None:
    door = Door()
    terms = {"order_kind": "limit", "entry_price": 2600, "stop_loss": 2590, "time": "specified"}
    ticket = door.open(**terms, expiration="2026-03-04T12:01:00Z").ticket
    (found,) = door.get("pending-orders", shapes.PendingOrders).orders
    assert found.expiration == "2026-03-04T12:01:00.000Z"
    door.wait(60)
    assert door.get(f"orders/{ticket}", shapes.OneOrder).order.state == "expired"
    assert door.refused("trades/open", order(**terms, expiration="2026-03-04T11:00:00Z"), 422).retcode == 10022


@pytest.mark.parametrize(
    ("flags", "exemode", "asked", "filling"),
    [(3, 2, "auto", "fok"), (2, 2, "auto", "ioc"), (0, 3, "auto", "return"), (3, 2, "ioc", "ioc")],
)
def test_auto_filling_takes_what_the_symbol_has(flags: int, exemode: int, asked: str, filling: str) -> None:
    door = Door(terms=SymbolTerms(filling_mode=flags, exemode=exemode))
    opened = door.open(filling=asked)
    found = numbers(door.ask("GET", f"/api/v1/orders/{opened.order}"))
    assert found["order"]["filling"] == filling
    assert door.post("trades/close", {"ticket": opened.ticket}, shapes.Done).retcode == 10009


def test_slippage_is_bounded_in_points_or_as_a_distance() -> None:
    door = Door(terms=SymbolTerms(exemode=1))
    assert door.open(max_slippage=0.5).retcode == 10009
    assert door.open(deviation_points=5).retcode == 10009
    (first, _) = door.positions
    assert first.open_price == 2650.5


MALFORMED: list[tuple[str, Any]] = [
    ("no JSON", b"{"),
    ("no text", b"\xff\xfe"),
    ("no symbol", {"direction": "buy"}),
    ("a direction that is none", order(direction="up")),
    ("no stop said", {"symbol": "XAUUSD", "direction": "buy", "lot_size": 0.1}),
    ("no lots", order(lot_size=0)),
    ("lots as a word", order(lot_size="much")),
    ("a limit without a price", order(order_kind="limit")),
    ("a kind that is none", order(order_kind="iceberg")),
    ("a time that is none", order(order_kind="limit", entry_price=2600, time="specified", expiration="soon")),
]


@pytest.mark.parametrize(("why", "body"), MALFORMED, ids=[row[0] for row in MALFORMED])
def test_a_malformed_order_is_400_and_nothing_happens(why: str, body: Any) -> None:
    door = Door()
    error = door.refused("trades/open", body, 400)
    assert (error.outcome, error.retcode, door.positions) == ("rejected", None, [])


BROKER: list[tuple[int, int, str]] = [
    *(
        (code, 422, "rejected")
        for code in (10004, 10006, 10013, 10014, 10015, 10016, 10019, 10022, 10030, 10034, 10038)
    ),
    *((code, 423, "rejected") for code in (10017, 10026, 10027)),
    (10024, 429, "rejected"),
    (10018, 503, "rejected"),
    *((code, 504, "unknown") for code in (10011, 10012, 10031)),
]


@pytest.mark.parametrize(("code", "status", "outcome"), BROKER)
def test_each_refusal_of_the_broker_has_its_status(code: int, status: int, outcome: str) -> None:
    door = Door(retcodes=[code])
    answer = door.ask("POST", "/api/v1/trades/open", order())
    error = decoded(answer.body, shapes.Error)
    assert (answer.status, error.retcode, error.outcome) == (status, code, outcome)
    assert ("Retry-After" in answer.headers) == (status in (429, 503))
    assert error.error == error.detail
    assert error.retcode_name


def test_what_the_broker_really_refuses_comes_through() -> None:
    assert Door().refused("trades/open", order(stop_loss=2700.0), 422).retcode == 10016
    assert Door(balance="10").refused("trades/open", order(), 422).retcode == 10019
    assert Door().refused("trades/open", order(lot_size=0.015), 422).retcode == 10014
    assert Door(auto_trading=False).refused("trades/open", order(), 423).retcode == 10027
    assert Door(requests_per_second=1, retcodes=[10004]).refused("trades/open", order(), 422).retcode == 10004
    too_near = Door(terms=SymbolTerms(stops_level=1000)).refused("trades/open", order(), 422)
    assert too_near.retcode_name == "INVALID_STOPS"


def test_on_a_weekend_the_answer_says_how_long_to_wait() -> None:
    answer = Door(start=SATURDAY).ask("POST", "/api/v1/trades/open", order())
    content = numbers(answer)
    assert (answer.status, content["retcode"]) == (503, 10018)
    sunday = datetime(2026, 3, 8, 22, tzinfo=UTC).timestamp()
    assert content["retry_after"] == int(answer.headers["Retry-After"]) == int(sunday) - SATURDAY // SECOND - 4 + 1


def test_beyond_the_limit_every_request_is_told_how_long_to_wait() -> None:
    door = Door()
    door.site.trouble.limited_until = door.now + 7 * SECOND
    for answer in (door.ask("GET", "/api/v1/account"), door.ask("POST", "/api/v1/trades/open", order())):
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
        assert (numbers(answer)["outcome"], numbers(answer)["retry_after"]) == ("rejected", 7)
    door.wait(7)
    assert door.ask("POST", "/api/v1/trades/open", order()).status == 200


def test_an_order_whose_outcome_is_not_known_is_found_by_its_id() -> None:
    door = Door(lost_results=1)
    error = door.refused("trades/open", order(client_order_id="mine-1", magic=5), 504)
    assert (error.outcome, error.retcode) == ("unknown", None)
    (found,) = door.get("open-positions?client_order_id=mine-1&magic=5", shapes.OpenPositions).positions
    assert found.volume == 0.1
    deals = door.get("history/deals?client_order_id=mine-1", shapes.Deals).deals
    assert len(deals) == 1


def test_a_cut_comment_leaves_magic_time_and_volume_to_find_it_by() -> None:
    door = Door(lost_results=1, comment_max=5)
    door.refused("trades/open", order(client_order_id="mine-1", magic=5), 504)
    assert door.get("open-positions?client_order_id=mine-1", shapes.OpenPositions).positions == []
    (found,) = door.get("open-positions?magic=5", shapes.OpenPositions).positions
    assert (found.volume, len(found.comment)) == (0.1, 5)


def test_a_partial_fill_says_how_much() -> None:
    door = Door(partials=1, terms=SymbolTerms(filling_mode=2))
    part = door.open(lot_size=0.4)
    assert (part.status, part.retcode, part.requested_volume, part.filled_volume) == ("partial", 10010, 0.4, 0.2)


def test_in_a_netting_account_the_ticket_changes_on_reversal_and_the_id_stays() -> None:
    door = Door(mode="netting")
    first = door.open(lot_size=0.1)
    added = door.open(lot_size=0.1)
    assert (added.ticket, added.position_id) == (first.ticket, first.ticket)
    assert added.order != first.order
    turned = door.open(direction="sell", lot_size=0.5, stop_loss=2660.0)
    assert (turned.ticket, turned.position_id) == (turned.order, first.ticket)
    (position,) = door.positions
    assert (position.direction, position.volume, position.ticket) == ("sell", 0.3, turned.order)
    inout = door.get(f"orders/{turned.order}", shapes.OneOrder).deals
    assert [(deal.entry, deal.volume) for deal in inout] == [("inout", 0.5)]


# The door itself


def test_without_the_token_nothing_but_health_is_answered() -> None:
    door = Door()
    door.headers = {}
    for path in ("open-positions", "account", "symbols"):
        assert door.get(path, shapes.Error, 401).error
    assert door.post("trades/open", order(), shapes.Error, 401).error
    door.headers = {"authorization": "Bearer wrong"}
    assert door.get("account", shapes.Error, 401).error
    door.headers = {"authorization": "Basic demo-token"}
    assert door.get("account", shapes.Error, 401).error
    assert Door(token="").positions == []


def test_a_request_id_comes_back_in_header_and_body() -> None:
    door = Door()
    answer = door.ask("POST", "/api/v1/trades/open", order(), x_request_id="abc-1")
    assert (answer.headers["X-Request-Id"], numbers(answer)["request_id"]) == ("abc-1", "abc-1")
    unnamed = door.ask("GET", "/api/v1/account")
    assert unnamed.headers["X-Request-Id"].startswith("r-")


def test_the_same_key_gives_the_same_answer_for_a_day_and_another_body_is_a_clash() -> None:
    door = Door()
    first = door.ask("POST", "/api/v1/trades/open", order(), idempotency_key="k1")
    again = door.ask("POST", "/api/v1/trades/open", order(), idempotency_key="k1")
    assert (again.status, again.body) == (200, first.body)
    assert len(door.positions) == 1
    clash = door.ask("POST", "/api/v1/trades/open", order(lot_size=0.2), idempotency_key="k1")
    assert (clash.status, len(door.positions)) == (409, 1)
    door.wait(24 * 3600 - 1)
    assert door.ask("POST", "/api/v1/trades/open", order(), idempotency_key="k1").body == first.body
    door.wait(1)
    assert door.open(stop_loss=2645.0).retcode == 10009
    assert door.ask("POST", "/api/v1/trades/open", order(), idempotency_key="k1").body != first.body


def test_an_unknown_outcome_is_kept_by_its_key_and_a_refusal_without_a_try_is_not() -> None:
    door = Door(lost_results=1)
    assert door.ask("POST", "/api/v1/trades/open", order(), idempotency_key="k").status == 504
    assert door.ask("POST", "/api/v1/trades/open", order(), idempotency_key="k").status == 504
    assert len(door.positions) == 1
    door.knobs.retcodes = [10024]
    assert door.ask("POST", "/api/v1/trades/open", order(), idempotency_key="q").status == 429
    assert door.ask("POST", "/api/v1/trades/open", order(), idempotency_key="q").status == 200


def test_what_is_not_there_is_404_and_what_can_not_be_done_there_405() -> None:
    door = Door()
    statuses = {
        ("GET", "/nothing"): 404, ("GET", "/api/v1/nothing"): 404, ("GET", "/api/v1/price"): 404,
        ("POST", "/api/v1/nothing"): 404, ("GET", "/api/v1/trades/open"): 405, ("POST", "/api/v1/symbols"): 405,
        ("DELETE", "/api/v1/orders/1"): 405,
    }  # fmt: skip
    assert {key: door.ask(*key).status for key in statuses} == statuses


def test_a_terminal_that_does_not_answer_is_503_and_no_empty_list() -> None:
    door = Door(failed_reads=3)
    door.site.terminal.broker.knobs.failed_reads = 4
    for path in ("open-positions", "pending-orders", "account"):
        assert door.get(path, shapes.Error, 503).outcome == "rejected"
    assert door.refused("trades/close", {"ticket": 1}, 503).error
    assert door.positions == []
    door.knobs.connected = False
    assert door.refused("trades/open", order(), 503).outcome == "rejected"


def test_soft_errors_are_the_empty_lists_of_the_first_connectors() -> None:
    door = Door(soft_errors=True)
    door.open()
    door.knobs.failed_reads = 1
    empty = door.get("open-positions", shapes.OldPositions)
    assert (empty.success, empty.positions) == (False, [])
    assert empty.error
    assert len(door.positions) == 1


def test_maintenance_refuses_everything_but_health() -> None:
    door = Door()
    door.site.trouble.maintenance = True
    assert door.get("open-positions", shapes.Error, 503).error
    assert door.refused("trades/open", order(), 503).error
    assert door.get("/health", shapes.Health).status == "down"


# Events


def listen(door: Door, query: str = "token=demo-token") -> Events:
    found = door.site.connect(Request("GET", "/api/v1/events", query), door.now)
    assert isinstance(found, Events)
    return found


def heard(listener: Events) -> list[shapes.Event]:
    frames = [frame for frame in listener.outbox if frame.kind == TEXT]
    listener.outbox.clear()
    return [decoded(frame.data, shapes.Event) for frame in frames]


def test_events_tell_the_life_of_positions_and_orders_in_rising_numbers() -> None:
    door = Door()
    listener = listen(door)
    ticket = door.open(lot_size=0.2).ticket
    door.post("trades/modify", {"ticket": ticket, "stop_loss": 2640.0}, shapes.Done)
    door.post("trades/close", {"ticket": ticket, "volume": 0.1}, shapes.Done)
    door.price("XAUUSD", "2640.00")
    pending = door.open(order_kind="limit", entry_price=2600, stop_loss=2590).ticket
    door.post("trades/modify", {"ticket": pending, "entry_price": 2601}, shapes.Done)
    door.post("trades/cancel", {"ticket": pending}, shapes.Done)
    door.open(order_kind="limit", entry_price=2600, stop_loss=2590, time="day")
    door.wait(24 * 3600)
    events = heard(listener)
    assert [event.event for event in events] == [
        "position_opened", "position_modified", "position_partial_close", "position_closed", "order_placed",
        "order_modified", "order_canceled", "order_placed", "order_expired",
    ]  # fmt: skip
    assert [event.seq for event in events] == list(range(1, 10))
    assert {event.ticket for event in events[:4]} == {ticket}


def test_a_fill_or_kill_that_finds_nothing_is_told_as_rejected() -> None:
    door = Door()
    door.price("XAUUSD", "2650.50", size="0.1")
    listener = listen(door)
    assert door.refused("trades/open", order(lot_size=0.5), 422).retcode == 10006
    assert [event.event for event in heard(listener)] == ["order_rejected"]


def test_a_listener_that_comes_back_gets_what_it_missed_and_silence_loses_it() -> None:
    door = Door()
    first = listen(door)
    door.open()
    first.receive(Frame(CLOSE), door.now)
    door.open()
    assert [event.seq for event in heard(listen(door, "token=demo-token&since=1"))] == [2]
    quiet = listen(door)
    door.site.trouble.silent = True
    door.open()
    assert heard(quiet) == []
    door.site.trouble.silent = False
    door.open()
    assert [event.seq for event in heard(quiet)] == [4]


def test_the_stream_pings_answers_pings_and_gives_up_the_silent() -> None:
    door = Door()
    listener = listen(door)
    listener.receive(Frame(PING, b"x"), door.now)
    assert [frame.kind for frame in listener.outbox] == [PONG]
    assert door.site.due() == door.now + PING_NS
    door.wait(20)
    assert listener.outbox[-1].kind == PING
    door.wait(20)
    door.wait(20)
    assert (listener.outbox[-1].kind, listener.outbox[-1].code) == (CLOSE, 1001)


def test_the_stream_asks_for_the_token_too() -> None:
    door = Door()
    for query, path, status in (("", "/api/v1/events", 401), ("token=x", "/api/v1/events", 401), ("", "/ws", 404)):
        refused = door.site.connect(Request("GET", path, query), door.now)
        assert isinstance(refused, Answer)
        assert refused.status == status


def test_server_sent_events_are_fetched_from_a_number_on() -> None:
    door = Door()
    door.open()
    door.open()
    answer = door.ask("GET", "/api/v1/events?since=1")
    assert answer.headers["Content-Type"] == "text/event-stream"
    retry, event, end = answer.body.split(b"\n\n")
    assert (retry, end) == (b"retry: 1000", b"")
    id, kind, data = event.split(b"\n")
    assert (id, kind) == (b"id: 2", b"event: position_opened")
    assert decoded(data.removeprefix(b"data: "), shapes.Event).seq == 2
    again = door.ask("GET", "/api/v1/events", last_event_id="2")
    assert again.body == b"retry: 1000\n\n"


# Trouble


def test_stale_lists_say_what_was_and_hidden_orders_come_later() -> None:
    door = Door()
    door.open(lot_size=0.1)
    door.wait(60)
    door.open(lot_size=0.2)
    door.site.trouble.stale_ns = 30 * SECOND
    assert [p.volume for p in door.positions] == [0.1]
    door.site.trouble.stale_ns = 0
    door.site.trouble.hidden_ns = 5 * SECOND
    hidden = door.open(lot_size=0.3, client_order_id="h")
    assert door.get(f"orders/{hidden.order}", shapes.Error, 404).error
    assert door.get("history/deals?client_order_id=h", shapes.Deals).deals == []
    door.wait(5)
    assert door.get(f"orders/{hidden.order}", shapes.OneOrder).order.state == "filled"


@BOTH
def test_each_injection_happens_where_something_stands_for_it(mode: str) -> None:
    for kind in INJECTIONS:
        door = Door(mode=mode)
        door.price("BTCUSD", "64000.00")
        if kind in ("late_fill", "overfill", "manual_close", "exit_cancelled"):
            assert not door.site.inject(kind, door.now)
        opened = door.open(lot_size=0.2)
        pending = door.open(order_kind="limit", entry_price=2600, stop_loss=2590, lot_size=0.1).ticket
        door.post("trades/cancel", {"ticket": pending}, shapes.Done)
        assert door.site.inject(kind, door.now), kind
        volumes = sorted(p.volume for p in door.positions)
        if kind == "late_fill":
            assert volumes == ([0.1, 0.2] if mode == "hedging" else [0.3])
            assert door.get(f"orders/{pending}", shapes.OneOrder).order.state == "filled"
        elif kind == "overfill":
            assert volumes == [0.21]
            assert door.get(f"orders/{opened.order}", shapes.OneOrder).order.filled_volume == 0.21
        elif kind == "changed_rules":
            assert door.get("symbols/XAUUSD", shapes.SymbolFields).volume_step == 0.1
        elif kind == "foreign_order":
            (foreign,) = door.get("pending-orders", shapes.PendingOrders).orders
            assert (foreign.magic, foreign.comment) == (0, "")
        elif kind == "exit_cancelled":
            (guarded,) = door.positions
            assert (volumes, guarded.sl, guarded.tp) == ([0.2], None, None)
            door.site.trouble.exits_refused = True
            change = {"ticket": guarded.ticket, "stop_loss": 2500}
            assert door.post("trades/modify", change, shapes.Error, 422).retcode == 10006
            assert door.post("trades/close", {"ticket": guarded.ticket}, shapes.Error, 422).retcode == 10006
            door.site.trouble.exits_refused = False
            door.post("trades/modify", change, shapes.Done)
        else:
            assert volumes == []
            assert door.get("history/deals", shapes.Deals).deals[-1].reason == "client"
    assert not Door().site.inject("nothing", 0)


@BOTH
def test_a_cancel_that_meets_a_fill_is_refused_as_of_an_order_that_is_not_at_work(mode: str) -> None:
    door = Door(mode=mode)
    races, raced = door.site.trouble.races, door.site.trouble.raced
    races["cancel_meets_fill"] = 1
    pending = door.open(order_kind="limit", entry_price=2600, stop_loss=2590, lot_size=0.1).ticket
    refused = door.post("trades/cancel", {"ticket": pending}, shapes.Error, 404)
    assert (refused.retcode, refused.outcome, raced) == (10035, "rejected", ["cancel_meets_fill"])
    (position,) = door.positions
    assert (position.volume, position.open_price, position.sl) == (0.1, 2600.0, 2590.0)
    assert door.get(f"orders/{pending}", shapes.OneOrder).order.state == "filled"
    assert door.get("pending-orders", shapes.PendingOrders).orders == []
    other = door.open(order_kind="limit", entry_price=2600, stop_loss=2590, lot_size=0.1).ticket
    door.post("trades/cancel", {"ticket": other}, shapes.Done)


@BOTH
def test_a_fill_may_be_there_before_the_placing_is_answered_and_a_change_made_before_its_error(mode: str) -> None:
    door = Door(mode=mode)
    races, raced = door.site.trouble.races, door.site.trouble.raced
    races |= {"fill_before_ack": 2, "replace_error_after": 2}
    door.open(lot_size=0.2)
    placed = door.open(order_kind="limit", entry_price=2600, stop_loss=2590, lot_size=0.1)
    assert (placed.status, placed.filled_volume) == ("placed", 0)
    assert door.get(f"orders/{placed.ticket}", shapes.OneOrder).order.state == "filled"
    assert raced == ["fill_before_ack"] * 2
    resting = door.open(order_kind="limit", entry_price=2600, stop_loss=2590, lot_size=0.1)
    held = door.positions[0]
    same = {"ticket": held.ticket, "stop_loss": held.sl}
    door.post("trades/modify", same, shapes.Done)
    assert raced == ["fill_before_ack"] * 2, "the same again changes nothing"
    door.post("trades/modify", {**same, "stop_loss": 2580}, shapes.Done)
    door.post("trades/modify", {"ticket": resting.ticket, "entry_price": 2610}, shapes.Done)
    assert raced[2:] == ["replace_error_after"] * 2
    assert {p.sl for p in door.positions if p.ticket == held.ticket} == {2580.0}


def test_a_stop_out_and_a_gap_are_seen_in_the_deals() -> None:
    door = Door(balance="1000")
    door.open(lot_size=0.3, stop_loss=2000.0)
    door.price("XAUUSD", "2620.00")
    deals = door.get("history/deals", shapes.Deals).deals
    assert (door.positions, deals[-1].reason, deals[-1].profit) == ([], "so", -915.0)
    gap = Door()
    gap.open()
    gap.price("XAUUSD", "2640.00")
    last = gap.get("history/deals", shapes.Deals).deals[-1]
    assert (last.reason, last.comment, last.price, last.profit) == ("sl", "[sl 2645.00]", 2640.0, -105.0)


def test_every_number_of_an_answer_is_its_exact_decimal() -> None:
    door = Door()
    door.open(lot_size=0.29)
    content = numbers(door.ask("GET", "/api/v1/open-positions"))
    (position,) = content["positions"]
    assert (str(position["volume"]), str(position["tick_size"])) == ("0.29", "0.01")
    point = numbers(door.ask("GET", "/api/v1/symbols/EURUSD"))["point"]
    assert str(point) == "0.00001"
    assert json.loads(door.ask("GET", "/health").body)["account"]["balance"] == 100_000.0


def test_the_same_calls_give_the_same_bytes() -> None:
    def play() -> list[bytes]:
        door = Door(mode="netting")
        said = []
        for step in range(20):
            door.price("XAUUSD", f"{2650 + step * 7 % 11}.50", size="1")
            body = order(direction="buy" if step % 3 else "sell", stop_loss=None, client_order_id=str(step))
            said.append(door.ask("POST", "/api/v1/trades/open", body).body)
            said.append(door.ask("GET", "/api/v1/open-positions").body)
        return [*said, door.ask("GET", "/api/v1/history/deals").body]

    assert play() == play()
    assert set(INSTRUMENTS)


def test_the_alias_of_open_takes_the_same_body() -> None:
    door = Door()
    opened = door.post("orders", order(), shapes.Opened)
    assert [p.ticket for p in door.positions] == [opened.ticket]


def test_a_terminal_that_was_shut_down_can_not_say_anything() -> None:
    door = Door()
    ticket = door.open().ticket
    door.site.terminal.shutdown()
    for path in (
        "open-positions", "pending-orders", "account", f"orders/{ticket}", "history/deals", "history/orders", "symbols",
        "symbols/EURUSD", "price/EURUSD", "history?symbol=EURUSD",
    ):  # fmt: skip
        assert door.get(path, shapes.Error, 503).error, path
    for path, body in (
        ("open", order()),
        ("close", {"ticket": ticket}),
        ("cancel", {"ticket": ticket}),
        ("close-all", {}),
    ):
        assert door.refused(f"trades/{path}", body, 503).outcome == "rejected"
    assert door.get("/health", shapes.Health).status == "down"


def test_a_symbol_that_is_not_fully_tradable_is_found_and_the_broker_says_why_not() -> None:
    door = Door(terms=SymbolTerms(trade_mode=3), suffixes=("m",))
    assert door.refused("trades/open", order(), 422).retcode == 10044
    assert door.refused("trades/cancel", {"ticket": -1}, 400).error
    assert Door().refused("trades/open", order(magic=0, comment="x" * 99, lot_size=1e12), 422).retcode == 10014


def test_only_so_many_keys_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradewright.sim.wire.mt5.idempotency.KEYS_MAX", 2)
    door = Door()
    for key in ("a", "b", "c"):
        door.ask("POST", "/api/v1/trades/open", order(), idempotency_key=key)
    door.ask("POST", "/api/v1/trades/open", order(), idempotency_key="a")
    assert len(door.positions) == 4


def test_a_foreign_order_needs_an_open_market() -> None:
    door = Door(start=SATURDAY)
    door.site.broker.symbols["BTCUSD"].bid = 0
    door.site.broker.symbols["ETHUSD"].bid = 0
    assert not door.site.inject("foreign_order", door.now)
