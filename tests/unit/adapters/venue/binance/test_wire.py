"""Wire: each order as its parameters, each message of the reference as its noun, and garbage as an error; no I/O."""

from __future__ import annotations

import hmac
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sim.wire.binance_client import BTC
from tradewright.adapters.chain.seen import Execution, Seen
from tradewright.adapters.venue.binance import answers, events, instruments, market, requests
from tradewright.adapters.venue.binance.credentials import Credentials
from tradewright.adapters.venue.binance.endpoints import ENVIRONMENTS, endpoints_of
from tradewright.adapters.venue.binance.signing import query_of, signed_parameters, signed_query
from tradewright.model.errors import InputError
from tradewright.model.market import Quote
from tradewright.model.numbers import money_of
from tradewright.model.order import (
    BUY,
    CLS,
    DAY,
    EXTENDED_HOURS,
    FOK,
    IOC,
    LIMIT,
    MARKET,
    OPG,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
    Order,
)
from tradewright.sim.wire.binance import demo_private_pem
from tradewright.sim.wire.binance.credentials import demo_credentials


def order(side: int = BUY, type: int = LIMIT, **more: Any) -> Order:
    return Order("A-1-1", "main", "s", BTC, side, type, 150_000, **more)


# Orders out

PLACED = [
    (order(type=MARKET), "side=BUY&type=MARKET&quantity=1.5"),
    (order(SELL, MARKET, flags=REDUCE_ONLY), "side=SELL&type=MARKET&quantity=1.5"),
    (order(limit_units=9_950), "side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.5&price=99.5"),
    (order(limit_units=10_000, time_in_force=IOC), "side=BUY&type=LIMIT&timeInForce=IOC&quantity=1.5&price=100"),
    (order(limit_units=1, time_in_force=FOK), "side=BUY&type=LIMIT&timeInForce=FOK&quantity=1.5&price=0.01"),
    (order(limit_units=9_950, flags=POST_ONLY), "side=BUY&type=LIMIT_MAKER&quantity=1.5&price=99.5"),
    (order(limit_units=9_950, flags=EXTENDED_HOURS), "side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.5&price=99.5"),
    (order(SELL, STOP, stop_units=9_000), "side=SELL&type=STOP_LOSS&quantity=1.5&stopPrice=90"),
    (
        order(SELL, STOP_LIMIT, limit_units=8_900, stop_units=9_000),
        "side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=1.5&price=89&stopPrice=90",
    ),
    (
        order(SELL, STOP_LIMIT, limit_units=8_900, stop_units=9_000, time_in_force=IOC),
        "side=SELL&type=STOP_LOSS_LIMIT&timeInForce=IOC&quantity=1.5&price=89&stopPrice=90",
    ),
    (order(SELL, TRAILING_STOP, trail_ppm=25_000), "side=SELL&type=STOP_LOSS&quantity=1.5&trailingDelta=250"),
]


@pytest.mark.parametrize(("one", "query"), PLACED)
def test_an_order_is_said_as(one: Order, query: str) -> None:
    assert requests.unsupported(one) == ""
    call = requests.place(one, "A-1-1_2")
    assert (call.method, call.path, call.kind, call.orders, call.weight) == ("POST", "/api/v3/order", "submit", 1, 1)
    assert query_of(call.parameters) == f"symbol=BTCUSDT&{query}&newClientOrderId=A-1-1_2&newOrderRespType=FULL"


@pytest.mark.parametrize(
    ("one", "why"),
    [
        *[(order(limit_units=1, time_in_force=force), "time in force") for force in (DAY, OPG, CLS)],
        (order(flags=REDUCE_ONLY, limit_units=1), "no shorts"),
        (order(flags=8, limit_units=1), "mean nothing"),
        (order(flags=POST_ONLY, limit_units=1, time_in_force=IOC), "post-only"),
        (order(type=STOP_LIMIT, flags=POST_ONLY, limit_units=1, stop_units=1), "post-only"),
        (order(type=STOP, stop_units=1, time_in_force=IOC), "waits until"),
        (order(type=TRAILING_STOP, trail_units=5), "hundredths"),
        (order(type=TRAILING_STOP, trail_ppm=25_050), "hundredths"),
        (order(type=TRAILING_STOP), "hundredths"),
        (order(type=9), "type 9"),
    ],
)
def test_what_the_venue_can_not_work_exactly_is_not_said(one: Order, why: str) -> None:
    assert why in requests.unsupported(one)


def test_a_triggered_stop_limit_is_said_as_a_limit() -> None:
    call = requests.place(order(SELL, STOP_LIMIT, limit_units=8_900, stop_units=9_000), "X", triggered=True)
    assert query_of(call.parameters).startswith(
        "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1.5&price=89&new"
    )


def test_pairs_are_said_by_their_place_above_and_below_the_market() -> None:
    profit = Order("A-1-2", "main", "s", BTC, SELL, LIMIT, 150_000, 11_000, group="g")
    stop = Order("A-1-3", "main", "s", BTC, SELL, STOP, 150_000, 0, 9_000, group="g")
    assert requests.unsupported_pair(profit, stop) == requests.unsupported_pair(stop, profit) == ""
    said = dict(requests.place_pair(stop, profit).parameters)
    assert said == {
        "symbol": "BTCUSDT", "side": "SELL", "quantity": "1.5", "aboveType": "LIMIT_MAKER",
        "aboveClientOrderId": "A-1-2", "abovePrice": "110", "belowType": "STOP_LOSS", "belowClientOrderId": "A-1-3",
        "belowStopPrice": "90", "newOrderRespType": "FULL",
    }  # fmt: skip
    below = Order("A-1-4", "main", "s", BTC, BUY, LIMIT, 150_000, 9_000)
    above = Order("A-1-5", "main", "s", BTC, BUY, STOP_LIMIT, 150_000, 11_100, 11_000)
    said = dict(requests.place_pair(below, above).parameters)
    assert said["belowType"] == "LIMIT_MAKER" and said["abovePrice"] == "111" and said["aboveTimeInForce"] == "GTC"
    trail = Order("A-1-6", "main", "s", BTC, SELL, TRAILING_STOP, 150_000, trail_ppm=10_000)
    said = dict(requests.place_pair(profit, trail).parameters)
    assert (said["belowType"], said["belowTrailingDelta"]) == ("STOP_LOSS", "100")
    market_order = Order("A-1-7", "main", "s", BTC, SELL, MARKET, 150_000)
    for other in (below, market_order, profit, Order("A-1-8", "main", "s", BTC, SELL, STOP, 1, 0, 9_000)):
        assert requests.unsupported_pair(profit, other)


def test_other_calls_say_and_weigh_what_the_reference_states() -> None:
    calls = {
        requests.cancel("BTCUSDT", "7", "a"): ("DELETE", "symbol=BTCUSDT&orderId=7", 1),
        requests.cancel("BTCUSDT", "", "a"): ("DELETE", "symbol=BTCUSDT&origClientOrderId=a", 1),
        requests.shrink(BTC, "7", "a", 50_000): ("PUT", "symbol=BTCUSDT&orderId=7&newClientOrderId=a&newQty=0.5", 4),
        requests.look_up("BTCUSDT", "7", "a"): ("GET", "symbol=BTCUSDT&origClientOrderId=a", 4),
        requests.look_up("BTCUSDT", "7", ""): ("GET", "symbol=BTCUSDT&orderId=7", 4),
        requests.trades_of("BTCUSDT", "7"): ("GET", "symbol=BTCUSDT&orderId=7&limit=1000", 5),
        requests.trades_of("BTCUSDT", "7", 9): ("GET", "symbol=BTCUSDT&orderId=7&limit=1000&fromId=9", 5),
        requests.trades_since("BTCUSDT", 5): ("GET", "symbol=BTCUSDT&startTime=5&limit=1000", 20),
        requests.trades_from("BTCUSDT", 5): ("GET", "symbol=BTCUSDT&fromId=5&limit=1000", 20),
        requests.open_orders(): ("GET", "", 80),
        requests.account(): ("GET", "omitZeroBalances=true", 20),
        requests.exchange_info(("A", "B")): ("GET", "symbols=%5B%22A%22%2C%22B%22%5D", 20),
        requests.server_time(): ("GET", "", 1),
        requests.candles("X", "1m", 1, 2): ("GET", "symbol=X&interval=1m&startTime=1&endTime=2&limit=1000", 2),
    }  # fmt: skip
    for call, (method, query, weight) in calls.items():
        assert (call.method, query_of(call.parameters), call.weight) == (method, query, weight)


# Signatures


def test_the_examples_of_the_venues_documents_are_signed_as_they_say() -> None:
    secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
    credentials = Credentials("vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A", secret)
    said = [("symbol", "LTCBTC"), ("side", "BUY"), ("type", "LIMIT"), ("timeInForce", "GTC"), ("quantity", "1"),
            ("price", "0.1"), ("recvWindow", "5000")]  # fmt: skip
    query = signed_query(said, credentials, 1499827319559)
    assert query.endswith("&signature=c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71")


def test_socket_parameters_are_signed_sorted_and_plain() -> None:
    found = signed_parameters((("symbol", "B C"),), Credentials("k", "s"), 5)
    assert found == {
        "symbol": "B C", "apiKey": "k", "timestamp": 5,
        "signature": hmac.new(b"s", b"apiKey=k&symbol=B C&timestamp=5", "sha256").hexdigest(),
    }  # fmt: skip


def test_an_ed25519_key_signs_what_its_public_half_accepts() -> None:
    credentials = Credentials("demo-ed25519", private_pem=demo_private_pem())
    (public,) = [one for one in demo_credentials() if one.key == credentials.key]
    assert public.signed(b"abc", credentials.sign(b"abc"))
    assert not public.signed(b"abd", credentials.sign(b"abc"))
    assert "%2" in signed_query((), credentials, 1) or "%3D" in signed_query((), credentials, 1)


def test_credentials_show_nothing_and_refuse_what_is_no_key() -> None:
    credentials = Credentials("the-key", "the-secret")
    assert "the" not in repr(credentials) + str(credentials) and "***" in repr(credentials)
    for key, secret, pem in [
        ("", "s", ""),
        ("k", "", ""),
        ("k", "s", "p"),
        ("k", "", "no pem hidden-secret"),
        ("ö", "s", ""),
    ]:
        with pytest.raises(InputError) as caught:
            Credentials(key, secret, pem)
        assert "hidden-secret" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_environments() -> None:
    assert [endpoints_of(name).rest for name in ENVIRONMENTS] == [
        "https://demo-api.binance.com", "https://testnet.binance.vision", "https://api.binance.com",
    ]  # fmt: skip
    with pytest.raises(InputError, match="'prod' is not one of paper, testnet, live"):
        endpoints_of("prod")


# Answers in

FULL = {
    "symbol": "BTCUSDT", "orderId": 28, "orderListId": -1, "clientOrderId": "A-1-1", "transactTime": 1507725176595,
    "price": "0.00000000", "origQty": "10.00000000", "executedQty": "10.00000000", "origQuoteOrderQty": "0.000000",
    "cummulativeQuoteQty": "10.00000000", "status": "FILLED", "timeInForce": "GTC", "type": "MARKET", "side": "SELL",
    "workingTime": 1507725176595, "selfTradePreventionMode": "NONE",
    "fills": [{"price": "4000.00000000", "qty": "10.00000000", "commission": "4.00000001", "commissionAsset": "USDT",
               "tradeId": 56}],
}  # fmt: skip


def test_the_answer_to_a_new_order_is_read_with_its_fills() -> None:
    seen = answers.seen_of(answers.decoded(json.dumps(FULL), answers.OrderRow), BTC)
    assert (seen.venue_id, seen.client_id, seen.status, seen.over) == ("28", "A-1-1", "filled", True)
    assert (seen.side, seen.quantity, seen.executed, seen.time) == (SELL, 10**6, 10**6, 1507725176595 * 10**6)
    (fill,) = seen.executions
    assert (fill.trade_id, fill.price, fill.size, fill.fee, fill.fee_currency, fill.maker) == (
        "56", 400_000, 10**6, money_of("4.00000001", "fee"), "USDT", False,
    )  # fmt: skip
    micro = answers.seen_of(
        answers.decoded(json.dumps({**FULL, "transactTime": 1507725176595123}), answers.OrderRow), BTC
    )
    assert micro.time == 1507725176595123 * 1000


def test_a_cancel_is_about_the_orders_own_name() -> None:
    row = {**FULL, "status": "CANCELED", "origClientOrderId": "A-1-1", "clientOrderId": "cancel-1", "fills": []}
    assert answers.seen_of(answers.decoded(json.dumps(row), answers.OrderRow), BTC).client_id == "A-1-1"


BAD = {
    "status": "WEIRD", "side": "HOLD", "type": "MYSTERY", "origQty": "NaN", "executedQty": "-1", "price": "Infinity",
    "stopPrice": "1e999", "trailingDelta": 10**30,
    "orderId": "28", "symbol": None, "transactTime": -5, "workingTime": "x",
    "fills": [{"price": "0", "qty": "1", "commission": "0", "commissionAsset": "X", "tradeId": 1}],
}  # fmt: skip


@pytest.mark.parametrize("field", list(BAD))
def test_an_answer_that_is_not_as_documented_is_an_error(field: str) -> None:
    with pytest.raises(InputError):
        answers.seen_of(answers.decoded(json.dumps({**FULL, field: BAD[field]}), answers.OrderRow), BTC)


def test_what_is_finer_than_the_instrument_is_an_error_and_never_rounded() -> None:
    for field, value in (("origQty", "1.000001"), ("price", "1.001")):
        with pytest.raises(InputError, match="more than"):
            answers.seen_of(answers.decoded(json.dumps({**FULL, field: value}), answers.OrderRow), BTC)


REPORT = {
    "e": "executionReport", "E": 1499405658658, "s": "BTCUSDT", "c": "A-1-1", "S": "BUY", "o": "LIMIT", "f": "GTC",
    "q": "1.00000000", "p": "100.26", "P": "0.00000000", "F": "0.00000000", "g": -1, "C": "", "x": "NEW", "X": "NEW",
    "r": "NONE", "i": 4293153, "l": "0.00000000", "z": "0.00000000", "L": "0.00000000", "n": "0", "N": None,
    "T": 1499405658657, "t": -1, "v": 3, "I": 8641984, "w": True, "m": False, "M": False, "O": 1499405658657,
    "Z": "0.00000000", "Y": "0.00000000", "Q": "0.00000000", "W": 1499405658657, "V": "NONE",
}  # fmt: skip


def report(**more: Any) -> Seen:
    return events.seen_of_report(events.report_row(json.dumps({**REPORT, **more}).encode()), BTC)


def test_each_execution_report_is_read() -> None:
    new = report()
    assert (new.status, new.limit, new.on_book, new.over, new.executions) == ("open", 10_026, True, False, ())
    fill = report(x="TRADE", X="PARTIALLY_FILLED", l="0.4", z="0.4", L="100.25", n="0.0004", N="BTC", t=77, m=True)
    assert fill.executed == 40_000
    assert fill.executions == (
        Execution("77", 10_025, 40_000, money_of("0.0004", ""), "BTC", True, 1499405658657 * 10**6),
    )
    cancelled = report(x="CANCELED", X="CANCELED", c="other", C="A-1-1")
    assert (cancelled.client_id, cancelled.over) == ("A-1-1", True)
    shrunk = report(x="REPLACED", X="NEW", q="0.5", C="A-1-1")
    assert (shrunk.client_id, shrunk.quantity) == ("A-1-1", 50_000)
    assert report(x="EXPIRED", X="EXPIRED", eR="UNFILLED_IOC_QUANTITY_EXPIRED").reason.startswith("UNFILLED")
    assert report(x="TRADE_PREVENTION", X="EXPIRED_IN_MATCH").over
    assert report(x="REJECTED", X="REJECTED", r="INSUFFICIENT_BALANCES").reason == "INSUFFICIENT_BALANCES"
    assert report(o="STOP_LOSS", P="90", p="0", w=False, d=150).trail_ppm == 15_000


@pytest.mark.parametrize(
    "more",
    [{"x": "?"}, {"X": "?"}, {"S": "?"}, {"o": "?"}, {"q": "NaN"}, {"z": "-1"}, {"T": -1}, {"i": None}, {"d": 10**30},
     {"x": "TRADE", "l": "0", "L": "1", "t": 1}, {"x": "TRADE", "l": "1", "L": "1", "t": -1},
     {"x": "TRADE", "l": "1", "L": "1", "t": 1, "n": "inf"}],
)  # fmt: skip
def test_a_report_that_is_not_as_documented_is_an_error(more: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        report(**more)


def test_messages_of_the_socket_are_answers_or_events() -> None:
    said = events.read(json.dumps({"subscriptionId": 0, "event": REPORT}))
    assert isinstance(said, events.UserEvent) and said.kind == "executionReport"
    reply = events.read('{"id":3,"status":400,"error":{"code":-2015,"msg":"no"}}')
    assert isinstance(reply, events.Reply) and (reply.id, reply.status) == (3, 400)
    assert answers.refusal_of(reply.error) == (-2015, "no")
    assert answers.limited_until(reply.error) is None
    assert answers.limited_until(b'{"code":-1003,"data":{"retryAfter":1499405658657}}') == 1499405658657 * 10**6
    position = {"e": "outboundAccountPosition", "E": 1, "u": 1, "B": [{"a": "BTC", "f": "1.5", "l": "0.25"}]}
    assert events.balances_of_event(json.dumps(position).encode()) == {"BTC": money_of("1.75", "")}
    for text in ("{}", "[]", "", "null", '{"event":{}}', '{"id":1}', '{"event":5}'):
        with pytest.raises(InputError):
            events.read(text)


def test_market_messages_are_read_exactly() -> None:
    trade = {"e": "trade", "E": 1, "s": "BTCUSDT", "t": 1, "p": "100.01", "q": "0.00002", "T": 1, "m": True, "M": True}
    assert market.read(json.dumps({"stream": "btcusdt@trade", "data": trade}))[0] == "btcusdt@trade"
    found = market.trade_of(json.dumps(trade).encode(), BTC, 5)
    assert (found.price_units, found.size_units, found.aggressor, found.time) == (10_001, 2, -1, 5)
    quote = {"u": 1, "s": "BTCUSDT", "b": "99.99", "B": "1", "a": "100.01", "A": "2.5"}
    best = market.quote_of(json.dumps(quote).encode(), BTC, 5)
    assert isinstance(best, Quote) and best.row()[3:] == (9_999, 10_001, 100_000, 250_000)
    assert market.quote_of(json.dumps({**quote, "b": "0"}).encode(), BTC, 5) is None
    candle = [1499040000000, "100", "110", "90", "105.5", "148.9", 1499644799999, "1", 308, "1", "1", "0"]
    (bar,) = market.candles_of(json.dumps([candle]).encode(), BTC, 60)
    assert (bar.time, *bar.row()[3:]) == (
        1499040060000 * 10**6,
        1499040000000 * 10**6,
        10_000,
        11_000,
        9_000,
        10_550,
        14_890_000,
    )
    for bad in ([*candle[:2], "90", *candle[3:]], candle[:5], [*candle[:1], "NaN", *candle[2:]]):
        with pytest.raises(InputError):
            market.candles_of(json.dumps([bad]).encode(), BTC, 60)
    assert market.read('{"e":"serverShutdown","E":1}')[0] == "!serverShutdown"
    assert market.read('{"code":2,"msg":"no","id":1}')[0] == "error"
    assert market.read('{"result":null,"id":1}')[0] == ""


SYMBOL = {
    "symbol": "SHIBUSDT", "status": "TRADING", "baseAsset": "SHIB", "quoteAsset": "USDT", "isSpotTradingAllowed": True,
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "0.00000001", "maxPrice": "1.00000000", "tickSize": "0.00000001"},
        {"filterType": "LOT_SIZE", "minQty": "1.00", "maxQty": "46116860414.00", "stepSize": "1.00"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.0", "maxQty": "11823134821.07", "stepSize": "0.00"},
        {"filterType": "MIN_NOTIONAL", "minNotional": "1.5", "applyToMarket": True, "avgPriceMins": 5},
        {"filterType": "PERCENT_PRICE", "multiplierUp": "1.3", "multiplierDown": "0.9", "avgPriceMins": 5},
        {"filterType": "ICEBERG_PARTS", "limit": 10},
    ],
}  # fmt: skip


def test_filters_become_rules_as_far_as_they_fit() -> None:
    info = {"rateLimits": [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
        {"rateLimitType": "ODD", "interval": "CENTURY", "intervalNum": 1, "limit": 6000},
    ], "symbols": [SYMBOL]}  # fmt: skip
    limits, (row,) = instruments.info_of(json.dumps(info).encode())
    assert limits == [instruments.RateLimit("REQUEST_WEIGHT", 60 * 10**9, 6000)]
    shib = instruments.instrument_of(row)
    assert (shib.price_scale, shib.size_scale) == (8, 8)
    assert shib.rules.row() == (1, 10**8, 10**8, 1182313482107000000, money_of("1.5", ""), 100_000, False, True)
    dear = {**SYMBOL, "filters": [{"filterType": "PRICE_FILTER", "maxPrice": "10000000000.00", "tickSize": "1.00"}]}
    found = instruments.instrument_of(msgspec.convert(dear, instruments.SymbolRow))
    assert found.price_scale == 5 and found.rules.row() == (10**5, 1, 0, 0, 0, 0, False, True)
    halted = msgspec.convert({**SYMBOL, "status": "HALT"}, instruments.SymbolRow)
    assert not instruments.instrument_of(halted).rules.tradable


# Garbage

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
_VALUES = st.one_of(_JSON, st.sampled_from(["NaN", "1e400", "-0", "1", "", "BTCUSDT", "TRADE", "FILLED", "0.5"]))


def _read_all(raw: bytes) -> None:
    """Every decoder; whatever it makes of the bytes, it raises InputError and nothing else."""
    for read in (
        events.read, lambda body: events.seen_of_report(events.report_row(body), BTC), events.balances_of_event,
        lambda body: answers.seen_of(answers.decoded(body, answers.OrderRow), BTC), answers.balances_of,
        lambda body: [answers.trade_of(row, BTC) for row in answers.decoded(body, list[answers.TradeRow])],
        lambda body: answers.decoded(body, answers.ListRow), lambda body: answers.decoded(body, answers.AmendRow),
        market.read, market.number_of, lambda body: market.trade_of(body, BTC, 1),
        lambda body: market.quote_of(body, BTC, 1), lambda body: market.candles_of(body, BTC, 60),
        lambda body: [instruments.instrument_of(row) for row in instruments.info_of(body)[1]],
    ):  # fmt: skip
        try:
            read(raw)  # type: ignore[no-untyped-call]
        except InputError:
            continue
    answers.refusal_of(raw)


@given(st.binary(max_size=200))
def test_bytes_that_mean_nothing_are_errors_and_nothing_else(raw: bytes) -> None:
    _read_all(raw)


@given(st.data())
def test_messages_with_anything_in_any_place_are_read_or_errors(data: st.DataObject) -> None:
    info = {
        "rateLimits": [{"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 5}],
        "symbols": [SYMBOL],
    }
    trade = {"symbol": "BTCUSDT", "id": 1, "orderId": 1, "price": "1", "qty": "1", "commission": "0",
             "commissionAsset": "X", "time": 1, "isMaker": True}  # fmt: skip
    message: Any = data.draw(st.sampled_from([FULL, REPORT, info, [trade], {"event": REPORT}, SYMBOL]))
    message = json.loads(json.dumps(message))
    place = message[0] if isinstance(message, list) else message
    for name in data.draw(st.lists(st.sampled_from(sorted(place)), max_size=3)):
        if data.draw(st.booleans()):
            place.pop(name, None)
        else:
            place[name] = data.draw(_VALUES)
    raw = json.dumps(message).encode()
    _read_all(raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw)


def test_deep_and_huge_messages_are_errors() -> None:
    _read_all(b"[" * 200_000)
    _read_all(b'{"event":' * 50_000)
    _read_all(json.dumps({**REPORT, "q": "9" * 1_000_000}).encode())
