"""What the library says, read; what leaves by it, checked; what its errors mean, row by row."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.project import ROOT
from tests.unit.sim.wire.binance_client import BTC
from tradewright.adapters.chain.outcomes import (
    ASK,
    CANCEL,
    CLOCK,
    EXISTS,
    GONE,
    KINDS,
    LIMITED,
    NOT_FOUND,
    REFUSED,
    REPLACE,
    SUBMIT,
    UNKNOWN,
    Limited,
    Refused,
)  # fmt: skip
from tradewright.adapters.venue.ccxt import CONVENTIONS, CcxtSpot, Convention, Credentials
from tradewright.adapters.venue.ccxt import market as market_wire
from tradewright.adapters.venue.ccxt.answers import balances_of, seen_of, trade_of
from tradewright.adapters.venue.ccxt.caller import Caller
from tradewright.adapters.venue.ccxt.instruments import TICK_SIZE, instrument_of
from tradewright.adapters.venue.ccxt.library import exchange_of, read
from tradewright.adapters.venue.ccxt.outcomes import TABLE, outcome_of
from tradewright.adapters.venue.ccxt.requests import place, rounded, unsupported
from tradewright.model.account import Account
from tradewright.model.errors import AnswerLost, InputError, NotSent
from tradewright.model.numbers import money_of
from tradewright.model.order import BUY, FOK, LIMIT, MARKET, POST_ONLY, SELL, STOP, STOP_LIMIT, Order
from tradewright.model.rng import Rng
from tradewright.ports import HttpAnswer, HttpRequest

ccxt: Any = import_module("ccxt")
NOW = 1_780_272_000_000_000_000
PAIR = "BTC/USDT"
KEYS = Credentials("demo-key", "demo-secret")
ORDER = {
    "id": "7", "clientOrderId": "A-1-1", "symbol": PAIR, "status": "open", "side": "buy", "type": "limit",
    "timeInForce": "GTC", "amount": "1.00000", "filled": "0.4", "price": "90.00", "triggerPrice": None,
    "timestamp": NOW // 10**6, "postOnly": False,
}  # fmt: skip
TRADE = {
    "id": "9", "order": "7", "symbol": PAIR, "side": "buy", "price": "90.00", "amount": "0.4", "takerOrMaker": "maker",
    "fee": {"cost": "0.0004", "currency": "BTC"}, "timestamp": NOW // 10**6,
}  # fmt: skip
MARKET_ROW = {
    "id": "BTCUSDT", "symbol": PAIR, "base": "BTC", "quote": "USDT", "spot": True, "active": True,
    "precision": {"price": "0.01", "amount": "0.00001"},
    "limits": {"amount": {"min": "0.00001", "max": "9000"}, "cost": {"min": "5", "max": None}, "price": {}},
}  # fmt: skip


# Reading


def test_orders_trades_and_balances_are_read_exactly() -> None:
    seen = seen_of(ORDER, BTC, PAIR)
    assert (seen.venue_id, seen.client_id, seen.status, seen.side) == ("7", "A-1-1", "open", BUY)
    assert (seen.quantity, seen.executed, seen.limit, seen.stop, seen.time) == (100_000, 40_000, 9_000, 0, NOW)
    order_id, trade = trade_of(TRADE, BTC, PAIR)
    assert (trade.trade_id, order_id, trade.price, trade.size) == ("9", "7", 9_000, 40_000)
    assert (trade.fee, trade.fee_currency, trade.maker) == (4 * 10**14, "BTC", True)
    fine = "0.123456789012345678"
    assert balances_of({"total": {"BTC": fine, "USDT": 3, "XRP": None}}) == {
        "BTC": money_of(fine, ""), "USDT": money_of("3", ""),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("filled", "status", "expected"),
    [("0.4", "closed", "canceled"), ("1", "closed", "filled"), ("0", "expired", "expired"), ("0", "canceling", "open")],
)
def test_an_order_is_filled_only_if_all_of_it_is(filled: str, status: str, expected: str) -> None:
    assert seen_of(ORDER | {"filled": filled, "status": status}, BTC, PAIR).status == expected


SPOILT = [
    {"status": "odd"}, {"status": None}, {"side": "up"}, {"amount": None}, {"amount": 1.0}, {"filled": 0.4},
    {"price": 90.0}, {"amount": "NaN"}, {"amount": "1e999"}, {"amount": "-1"}, {"amount": "1.000001"},
    {"symbol": "ETH/USDT"}, {"id": None}, {"id": 7}, {"timestamp": "now"}, {"timestamp": 2**63}, {"timestamp": True},
    {"amount": True}, {"triggerPrice": float("nan")}, {"clientOrderId": 5},
]  # fmt: skip


@pytest.mark.parametrize("spoilt", SPOILT, ids=str)
def test_an_order_that_is_not_as_documented_is_an_error_and_no_order(spoilt: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        seen_of(ORDER | spoilt, BTC, PAIR)


@pytest.mark.parametrize(
    "spoilt",
    [{"price": 90.0}, {"amount": 0.4}, {"fee": {"cost": 0.1, "currency": "BTC"}}, {"fee": {"cost": "1"}}, {"order": ""},
     {"id": None}, {"price": "0"}, {"amount": "0"}, {"fee": "x"}, {"price": "inf"}],
    ids=str,
)  # fmt: skip
def test_a_trade_that_is_not_as_documented_is_an_error_and_no_fill(spoilt: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        trade_of(TRADE | spoilt, BTC, PAIR)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(
        ["BTC/USDT", "open", "buy", "1", "0.5", "1e5", "NaN", "limit"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*ORDER, *TRADE, "total", "bids",
                                                                              "asks", *MARKET_ROW]), inner, max_size=8),
    max_leaves=20,
)  # fmt: skip


@given(JSON, st.sampled_from([ORDER, TRADE, MARKET_ROW]), st.booleans())
def test_garbage_is_an_input_error_or_an_exact_noun(value: object, base: dict[str, Any], merged: bool) -> None:
    row: Any = base | value if merged and isinstance(value, dict) else value
    decoders: list[Callable[[], object]] = [
        lambda: seen_of(row, BTC, PAIR), lambda: trade_of(row, BTC, PAIR)[1], lambda: balances_of(row),
        lambda: instrument_of(row, TICK_SIZE, "x") if isinstance(row, Mapping) else None,
        lambda: market_wire.quote_of(row, BTC), lambda: market_wire.trade_of(row, BTC, NOW),
        lambda: market_wire.bar_of(row, BTC, 60),
    ]  # fmt: skip
    for decode in decoders:
        with contextlib.suppress(InputError):
            for value in vars_of(decode()):
                assert not isinstance(value, float)


def vars_of(noun: Any) -> list[object]:
    # What indicators see of a price is a float, and comes back into no book.
    names = [name for name in getattr(noun, "__slots__", ()) if name not in ("price_one", "size_one")]
    if names:
        return [getattr(noun, name) for name in names]
    return list(noun) if isinstance(noun, tuple) else [noun]


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_a_body_is_json_without_floats_or_lost(body: bytes) -> None:
    with contextlib.suppress(AnswerLost):
        assert "float" not in repr([type(one) for one in leaves(read(body))])


def leaves(value: object) -> list[object]:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [leaf for one in inner for leaf in leaves(one)]
    return [value]


def test_a_number_with_a_point_stays_its_text_and_nan_is_no_answer() -> None:
    assert read(b'{"a": 0.1000000000000000055, "b": 1e-8, "c": 12345678901234567890}') == {
        "a": "0.1000000000000000055", "b": "1e-8", "c": 12345678901234567890,
    }  # fmt: skip
    for body in (b'{"a": NaN}', b'{"a": -Infinity}', b"<html>", b'{"a": 1', b"[" * 100_000):
        with pytest.raises(AnswerLost):
            read(body)


def test_markets_become_instruments_with_their_increments() -> None:
    found = instrument_of(MARKET_ROW, TICK_SIZE, "binance")
    assert (found.symbol, found.price_scale, found.size_scale) == ("BTCUSDT", 4, 8)
    rules = found.rules
    assert (rules.tick, rules.step, rules.size_min, rules.size_max) == (100, 1_000, 1_000, 9_000 * 10**8)
    assert rules.notional_min == money_of("5", "")
    places = MARKET_ROW | {"precision": {"price": 2, "amount": 5}}
    assert instrument_of(places, 2, "x").rules.row() == rules.row()
    for precision in ({"price": "0.01"}, {"price": "1e-12", "amount": "1"}, {"price": 0.01, "amount": "1"}):
        with pytest.raises(InputError):
            instrument_of(MARKET_ROW | {"precision": precision}, TICK_SIZE, "x")


# Outcomes


def names(error: str) -> tuple[str, ...]:
    return tuple(one.__name__ for one in getattr(ccxt, error).__mro__)


@pytest.mark.parametrize(
    ("kind", "error", "text", "expected"),
    [
        *((kind, "InvalidNonce", "", CLOCK) for kind in KINDS),
        *((kind, "RateLimitExceeded", "", LIMITED) for kind in KINDS),
        *((kind, "DDoSProtection", "", LIMITED) for kind in KINDS),
        *((kind, error, "", UNKNOWN) for kind in KINDS for error in (
            "NetworkError", "RequestTimeout", "ExchangeNotAvailable", "OnMaintenance", "OperationFailed", "BadResponse",
            "NullResponse", "ExchangeError", "BaseError")),
        (SUBMIT, "DuplicateOrderId", "", EXISTS), (REPLACE, "DuplicateOrderId", "", EXISTS),
        (SUBMIT, "InvalidOrder", "Duplicate order sent.", EXISTS),
        (REPLACE, "BadRequest", "client_order_id must be unique", EXISTS),
        (SUBMIT, "ExchangeError", "order already exists", EXISTS),
        (CANCEL, "OrderNotFound", "", GONE), (CANCEL, "BadRequest", "order is already filled", GONE),
        (ASK, "OrderNotFound", "", NOT_FOUND), (ASK, "InvalidOrder", "order is not found.", NOT_FOUND),
        (ASK, "InvalidOrder", "", REFUSED),
        *((SUBMIT, error, "", REFUSED) for error in (
            "InsufficientFunds", "InvalidOrder", "OrderNotFillable", "OrderImmediatelyFillable", "BadRequest",
            "BadSymbol", "AuthenticationError", "PermissionDenied", "AccountSuspended", "MarketClosed", "NotSupported",
            "ArgumentsRequired", "OrderNotFound")),
        (CANCEL, "AuthenticationError", "", REFUSED),
    ],
)  # fmt: skip
def test_an_error_of_the_library_means_what_the_table_says(kind: str, error: str, text: str, expected: str) -> None:
    assert outcome_of(kind, names(error), text) == expected


def test_each_row_of_the_table_decides_something_and_the_last_takes_what_is_left() -> None:
    errors = [name for name in vars(ccxt) if isinstance(vars(ccxt)[name], type)
              and issubclass(vars(ccxt)[name], ccxt.BaseError)]  # fmt: skip
    texts = ["", "duplicate", "must be unique", "already exist", "not found"]
    used = {
        next(row for row in TABLE if row.fits(kind, names(error), text))
        for kind in KINDS for error in errors for text in texts
    }  # fmt: skip
    assert used == {*TABLE}
    assert outcome_of(SUBMIT, ("KeyError", "Exception"), "'x'") == UNKNOWN


# What may leave


class Answers:
    """A transport that answers as it is told and keeps what was sent."""

    def __init__(self, *answers: HttpAnswer | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[HttpRequest] = []

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        self.sent.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Bench:
    """The library's Binance over a transport of answers; its one market is known already."""

    def __init__(self, *answers: HttpAnswer | Exception) -> None:
        self.transport = Answers(*answers)
        self.errors: Counter[str] = Counter()
        self.caller = Caller(self.transport, lambda: NOW, self.errors, lambda offset: None)  # type: ignore[arg-type]
        self.library = exchange_of("binance", KEYS, self.caller, "live", {})
        market = self.library.safe_market_structure(
            MARKET_ROW | {"baseId": "BTC", "quoteId": "USDT", "type": "spot", "info": {
                "orderTypes": ["LIMIT", "MARKET", "STOP_LOSS"]}}
        )  # fmt: skip
        self.library.set_markets([market])
        self.caller.use(self.library)

    def place(self, client_id: str = "A-1-1", amount: str = "1", price: str = "90", **parameters: object) -> Any:
        given = {"clientOrderId": "A-1-1"} | parameters
        carried = place(order(LIMIT), client_id, 100_000, 9_000, 0).carried
        work = lambda: self.library.create_order(PAIR, "limit", "buy", amount, price, given)  # noqa: E731
        return asyncio.run(self.caller.call(SUBMIT, work, 1, carried))


def order(type: int, **more: Any) -> Order:
    return Order("A-1-1", "main", "s", BTC, more.pop("side", BUY), type, 100_000, 9_000, **more)


def answer(body: object, status: int = 200, **headers: str) -> HttpAnswer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpAnswer(status, {"content-type": "application/json"} | headers, data)


PLACED = answer(
    {"symbol": "BTCUSDT", "orderId": 7, "clientOrderId": "A-1-1", "transactTime": NOW // 10**6, "price": "90.00",
     "origQty": "1.0", "executedQty": "0.0", "cummulativeQuoteQty": "0.0", "status": "NEW", "timeInForce": "GTC",
     "type": "LIMIT", "side": "BUY", "fills": []}
)  # fmt: skip


def test_an_order_leaves_once_with_its_id_its_numbers_and_our_clock() -> None:
    bench = Bench(PLACED)
    row = bench.place()
    assert (row["id"], row["amount"], row["filled"]) == ("7", "1.0", "0.0")
    (sent,) = bench.transport.sent
    assert sent.method == "POST" and sent.headers["Accept-Encoding"] == "identity"
    body = sent.body.decode()
    assert "newClientOrderId=A-1-1" in body and "quantity=1&" in body and f"timestamp={NOW // 10**6}" in body


def test_nothing_of_an_answer_becomes_a_float_on_its_way_through_the_library() -> None:
    row = Bench(PLACED).place()
    assert [one for one in leaves({name: row[name] for name in row if name != "info"}) if isinstance(one, float)] == []


@pytest.mark.parametrize(
    ("change", "missing"),
    [({"client_id": "A-1-2"}, "client id"), ({"amount": "2"}, "leaves 1 "), ({"price": "91"}, "leaves 90 ")],
)
def test_an_order_whose_bytes_lack_what_was_approved_does_not_leave(change: dict[str, str], missing: str) -> None:
    bench = Bench(PLACED)
    with pytest.raises(Refused, match=missing):
        bench.place(**change)
    assert bench.transport.sent == []


def test_a_stop_price_that_the_library_drops_keeps_the_order_here() -> None:
    # It drops what is neither text nor float: the order would rest in the book at once.
    from decimal import Decimal

    bench = Bench(PLACED)
    placing = place(order(STOP_LIMIT, stop_units=9_500), "A-1-1", 100_000, 9_000, 9_500)
    given = placing.parameters | {"triggerPrice": Decimal("95")}
    work = lambda: bench.library.create_order(PAIR, "limit", "buy", "1", "90", given)  # noqa: E731
    with pytest.raises(Refused, match="leaves 95 "):
        asyncio.run(bench.caller.call(SUBMIT, work, 1, placing.carried))
    assert bench.transport.sent == []


def test_the_librarys_own_second_attempts_do_not_leave() -> None:
    bench = Bench(answer({"code": -1007, "msg": "Timeout"}, 400), PLACED)
    bench.library.options["maxRetriesOnFailure"] = 3
    with pytest.raises(AnswerLost, match="second time"):
        bench.place()
    assert len(bench.transport.sent) == 1


def test_a_question_may_not_do_more_than_ask() -> None:
    bench = Bench(PLACED)
    work = lambda: bench.library.create_order(PAIR, "limit", "buy", "1", "90")  # noqa: E731
    with pytest.raises(Refused, match="a question"):
        asyncio.run(bench.caller.call(ASK, work))
    assert bench.transport.sent == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (NotSent("no"), NotSent), (AnswerLost("no"), AnswerLost), (answer({}, 503), AnswerLost),
        (answer(b"<html>", 200), AnswerLost), (answer({"code": -1007, "msg": "x"}, 400), AnswerLost),
        (answer({"code": -9999, "msg": "what nobody has heard of"}, 400), AnswerLost), (answer({}, 302), AnswerLost),
        (answer({"code": -2010, "msg": "Duplicate order sent."}, 400), Refused),
        (answer({"code": -2010, "msg": "Account has insufficient balance for requested action."}, 400), Refused),
        (answer({"code": -1015, "msg": "Too many new orders"}, 400), Limited), (answer({}, 429), Limited),
        (answer({}, 418), Limited),
    ],
    ids=str,
)  # fmt: skip
def test_each_end_of_a_submit_is_what_the_policy_says(given: HttpAnswer | Exception, expected: type[Exception]) -> None:
    bench = Bench(given)
    with pytest.raises(expected):
        bench.place()
    assert len(bench.transport.sent) == 1


def test_what_the_library_has_signed_stands_in_no_text() -> None:
    bench = Bench(answer({}, 403))
    with pytest.raises(AnswerLost) as caught:
        asyncio.run(bench.caller.call(ASK, bench.library.fetch_balance))
    (sent,) = bench.transport.sent
    assert "signature=" in sent.url
    text = str(caught.value)
    assert "403" in text and "signature" not in text and "timestamp" not in text


def test_a_limit_is_kept_until_the_exchanges_word_and_openings_do_not_wait() -> None:
    bench = Bench(answer({}, 429, **{"retry-after": "7"}), PLACED)
    with pytest.raises(Limited) as caught:
        bench.place()
    assert caught.value.until == NOW + 7 * 10**9
    with pytest.raises(Limited):
        bench.place()
    assert len(bench.transport.sent) == 1


def test_a_request_refused_for_its_time_is_made_once_more_with_the_clock_measured_anew() -> None:
    early = answer({"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."}, 400)
    bench = Bench(early, answer({"serverTime": NOW // 10**6 + 5_000}), PLACED)
    assert bench.place()["id"] == "7"
    assert [sent.method for sent in bench.transport.sent] == ["POST", "GET", "POST"]
    assert f"timestamp={NOW // 10**6 + 5_000}" in bench.transport.sent[-1].body.decode()
    again = Bench(early, answer({"serverTime": NOW // 10**6}), early)
    with pytest.raises(Refused) as caught:
        again.place()
    assert caught.value.outcome == CLOCK
    lost = Bench(early, AnswerLost("no"))
    with pytest.raises(NotSent):
        lost.place()


# Which exchanges, which orders


def make(exchange: str, **more: Any) -> CcxtSpot:
    terms = more.pop("terms", None) or Account("main", "A", exchange, native_exits=False)
    nothing: Any = None
    return CcxtSpot(terms, exchange, KEYS, nothing, lambda: NOW, Rng(1), nothing, nothing, **more)


def test_an_exchange_whose_client_order_ids_are_not_known_is_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match="could be placed twice"):
        make("kraken")
    with pytest.raises(InputError, match="has no exchange 'nowhere'"):
        make("nowhere", convention=Convention())
    with pytest.raises(InputError, match="does not offer"):
        make("bitflyer", convention=Convention())
    with pytest.raises(InputError, match="does not offer fetchOrders"):
        make("bybit", convention=Convention(""))
    with pytest.raises(InputError, match="environment 'moon'"):
        make("binance", environment="moon")
    with pytest.raises(InputError, match="has no environment"):
        make("bitstamp", environment="testnet")
    with pytest.raises(InputError, match="netting cash account"):
        make("binance", terms=Account("main", "A", "binance"))
    with pytest.raises(InputError, match="goes with a secret"):
        Credentials("key", "")
    assert repr(KEYS) == "Credentials(***)"
    assert make("kraken", convention=Convention("cl_ord_id")).account == "main"


@pytest.mark.parametrize("exchange", sorted(CONVENTIONS))
def test_each_exchange_of_the_table_offers_what_is_needed(exchange: str) -> None:
    make(exchange)


FEATURES = {
    "createOrder": {"triggerPrice": True, "timeInForce": {"IOC": True, "FOK": False, "PO": True}},
    "fetchOrder": {"trigger": False},
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        (order(MARKET), ""), (order(LIMIT), ""), (order(STOP, stop_units=9_500), ""),
        (order(LIMIT, flags=POST_ONLY), ""), (order(LIMIT, time_in_force=3), ""),
        (order(LIMIT, time_in_force=FOK), "no time in force FOK"), (order(LIMIT, time_in_force=1), "force day"),
        (order(5, trail_ppm=10_000), "trailing_stop"), (order(LIMIT, flags=1), "no shorts"),
        (order(LIMIT, flags=1, side=SELL), ""), (order(MARKET, flags=POST_ONLY), "post-only"),
        (order(STOP, stop_units=9_500, time_in_force=3), "until it is cancelled"), (order(LIMIT, flags=64), "flags 64"),
    ],
)  # fmt: skip
def test_what_an_exchange_can_not_work_as_it_is_meant_is_refused(given: Order, refusal: str) -> None:
    found = unsupported(given, FEATURES)
    assert refusal in found and bool(refusal) == bool(found)


def test_stops_that_are_kept_apart_are_refused_and_features_that_are_not_stated_are_not_there() -> None:
    apart = FEATURES | {"fetchOrder": {"trigger": True}}
    assert "no stops" in unsupported(order(STOP, stop_units=9_500), apart)
    assert "no stops" in unsupported(order(STOP, stop_units=9_500), None)
    assert "no post-only" in unsupported(order(LIMIT, flags=POST_ONLY), {})
    assert unsupported(order(LIMIT), None) == ""


def test_a_number_that_would_be_rounded_keeps_the_order_here() -> None:
    placing = place(order(LIMIT), "A-1-1", 100_000, 9_001, 0)
    assert rounded(placing, "1.000", "90.01") == ""
    assert "takes no size 1" in rounded(placing, "0.9", "90.01")
    assert "takes no price 90.01" in rounded(placing, "1", "90.0")


@pytest.mark.parametrize(
    ("exchange", "environment", "doors"),
    [
        ("binance", "live", {"public": "/api/v3", "private": "/api/v3", "sapi": "/sapi/v1"}),
        ("binance", "testnet", {"public": "/api/v3", "private": "/api/v3"}),
        ("binance", "paper", {"public": "/api/v3", "private": "/api/v3"}),
        ("alpaca", "testnet", {"trader": "", "market": ""}),
        ("kucoin", "live", {"public": "", "webExchange": "/_api"}),
    ],
)
def test_another_address_takes_the_place_of_all_that_the_library_knows(
    exchange: str, environment: str, doors: dict[str, str]
) -> None:
    base = "http://127.0.0.1:9"
    library = exchange_of(exchange, KEYS, Bench().caller, environment, {}, base + "/")
    assert {door: library.urls["api"][door] for door in doors} == {door: base + path for door, path in doors.items()}
    assert all(address.startswith(base) for address in library.urls["api"].values())


def test_the_page_on_risk_names_the_exchanges_that_have_a_dead_man_switch() -> None:
    having = {name for name in CONVENTIONS if getattr(import_module("ccxt"), name)().has.get("cancelAllOrdersAfter")}
    (sentence,) = re.findall(r"No dead-man switch .*", (ROOT / "docs" / "risk.md").read_text())
    assert {name for name in CONVENTIONS if f"`{name}`" in sentence} == having
