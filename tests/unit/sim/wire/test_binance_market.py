"""Market data by REST and by stream: books that join on, trades, candles, tickers, and the streams' own rules."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.unit.sim.wire.binance_client import (
    BTC,
    MINUTE_NS,
    MS_NS,
    SECOND_NS,
    START,
    Client,
    book,
    closed,
    heard,
)
from tradewright.model.market import Bar, Quote
from tradewright.model.rng import Rng
from tradewright.sim.market import Market, universe
from tradewright.sim.wire.binance import BinanceSite
from tradewright.sim.wire.message import TEXT, Frame, Request
from tradewright.sim.wire.site import Connection, Tape

T = START // MS_NS
HOUR_NS = 60 * MINUTE_NS


def ask(client: Client, socket: Connection, method: str, *params: Any, number: Any = 1) -> Any:
    content = {"method": method, "params": list(params), "id": number}
    socket.receive(Frame(TEXT, msgspec.json.encode(content)), client.now)
    return heard(socket)[-1]


# REST


def test_exchange_info_of_one_symbol_of_some_and_of_all() -> None:
    client = Client()
    assert [row["symbol"] for row in client.get("/exchangeInfo")["symbols"]] == ["BTCUSDT", "ETHBTC"]
    assert len(client.get("/exchangeInfo", symbols='["ETHBTC"]')["symbols"]) == 1
    (symbol,) = client.get("/exchangeInfo", symbol="BTCUSDT")["symbols"]
    assert (symbol["baseAsset"], symbol["quoteAsset"], symbol["status"]) == ("BTC", "USDT", "TRADING")
    assert symbol["permissions"] == [] and symbol["permissionSets"] == [["SPOT"]]
    assert {"MARKET", "LIMIT_MAKER", "TAKE_PROFIT_LIMIT"} <= {*symbol["orderTypes"]}
    assert client.get("/exchangeInfo", permissions="SPOT")["timezone"] == "UTC"
    for values, code in (({"symbol": "NOSUCH"}, -1121), ({"symbols": '["NOSUCH"]'}, -1121), ({"symbols": "BTC"}, -1135),
                         ({"symbols": '["ETHBTC","ETHBTC"]'}, -1151), ({"symbol": "ETHBTC", "symbols": "[]"}, -1128),
                         ({"symbol": "ETHBTC", "symbolStatus": "HALT"}, -1128)):  # fmt: skip
        assert client.get("/exchangeInfo", **values)["code"] == code


def test_the_book_is_told_best_first_and_as_deep_as_asked() -> None:
    client = Client()
    client.show(book([("99.00", "1"), ("98.00", "2")], [("101.00", "3"), ("102.00", "4")]))
    whole = client.get("/depth", symbol="BTCUSDT")
    assert whole["bids"] == [["99.00000000", "1.00000000"], ["98.00000000", "2.00000000"]]
    assert client.get("/depth", symbol="BTCUSDT", limit=1)["asks"] == [["101.00000000", "3.00000000"]]
    assert client.get("/depth")["code"] == -1102


def test_a_quote_moves_the_best_and_leaves_what_lies_behind() -> None:
    client = Client()
    client.show(book([("99.00", "1"), ("98.00", "2")], [("101.00", "3"), ("102.00", "4")]))
    client.show(Quote(0, BTC, 9850, 10200, 500_000, 0))
    whole = client.get("/depth", symbol="BTCUSDT")
    assert whole["bids"] == [["98.50000000", "5.00000000"], ["98.00000000", "2.00000000"]]
    assert whole["asks"] == [["102.00000000", "0.10000000"]]
    assert client.get("/ticker/bookTicker", symbol="BTCUSDT")["bidQty"] == "5.00000000"


def test_without_depth_a_quote_is_the_whole_book() -> None:
    client = Client()
    client.show(Quote(0, BTC, 9900, 10100, 100_000, 200_000))
    client.show(Quote(0, BTC, 9950, 10050, 0, 200_000))
    whole = client.get("/depth", symbol="BTCUSDT")
    assert (whole["bids"], whole["asks"]) == ([["99.50000000", "0.10000000"]], [["100.50000000", "2.00000000"]])
    assert client.take(quantity="3")["executedQty"] == "2.00000000"
    client.show(Quote(0, BTC, 10200, 10100, 1, 1))  # crossed, and never was
    client.show(Quote(0, BTC, 0, 10100, 0, 1))
    assert client.get("/depth", symbol="BTCUSDT")["bids"] == []


def test_trades_are_told_with_ids_that_can_be_paged() -> None:
    client = Client()
    for number in range(5):
        client.trade(f"10{number}.00", "0.1", -1 if number == 3 else 1)
        client.wait(SECOND_NS)
    rows = client.get("/trades", symbol="BTCUSDT", limit=2)
    assert [(row["price"], row["isBuyerMaker"]) for row in rows] == [("103.00000000", True), ("104.00000000", False)]
    first = rows[0]["id"] - 2
    assert [row["id"] for row in client.get("/historicalTrades", symbol="BTCUSDT", fromId=first, limit=2)] == [
        first, first + 1,
    ]  # fmt: skip
    (row,) = client.get("/aggTrades", symbol="BTCUSDT", startTime=T + 1000, endTime=T + 1999)
    assert (row["p"], row["T"], row["f"], row["l"]) == ("101.00000000", T + 1000, row["a"], row["a"])


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [("1s", 1), ("1m", 60), ("3m", 180), ("5m", 300), ("15m", 900), ("30m", 1800), ("1h", 3600), ("2h", 7200),
     ("4h", 14_400), ("6h", 21_600), ("8h", 28_800), ("12h", 43_200), ("1d", 86_400), ("3d", 259_200)],
)  # fmt: skip
def test_candles_of_every_interval_join_on(interval: str, seconds: int) -> None:
    client = Client()
    client.trade("100.00", "1")
    client.now += 2 * seconds * SECOND_NS
    client.trade("105.00", "2", -1)
    rows = client.get("/klines", symbol="BTCUSDT", interval=interval)
    assert len(rows) == 3
    first, flat, last = rows
    assert [row[0] - first[0] for row in rows] == [0, seconds * 1000, 2 * seconds * 1000]
    assert [row[6] - row[0] for row in rows] == [seconds * 1000 - 1] * 3
    assert (flat[1], flat[4], flat[5], flat[8]) == ("100.00000000", "100.00000000", "0.00000000", 0)
    assert (last[1], last[5], last[7], last[8], last[9]) == (
        "105.00000000", "2.00000000", "210.00000000", 1, "0.00000000",
    )  # fmt: skip
    assert first[9] == "1.00000000" and first[11] == "0"


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    client = Client()  # 2026-06-01 is a Monday
    client.trade("100.00", "1")
    day = 86_400_000
    for interval in ("1w", "1M"):
        assert client.get("/klines", symbol="BTCUSDT", interval=interval)[0][0] == T
    client.now += 29 * 24 * HOUR_NS
    client.trade("101.00", "1")
    weeks = client.get("/klines", symbol="BTCUSDT", interval="1w")
    assert [row[0] for row in weeks] == [T + 7 * day * number for number in range(5)]
    (month,) = client.get("/klines", symbol="BTCUSDT", interval="1M")
    assert (month[6], month[5]) == (T + 30 * day - 1, "2.00000000")


def test_candles_by_range_by_time_zone_and_of_no_interval() -> None:
    client = Client()
    for _ in range(6):
        client.trade("100.00", "1")
        client.now += HOUR_NS
    rows = client.get("/klines", symbol="BTCUSDT", interval="1h", startTime=T + 3_600_000, limit=2)
    assert [row[0] for row in rows] == [T + 3_600_000, T + 7_200_000]
    local = client.get("/klines", symbol="BTCUSDT", interval="1d", timeZone="-3")
    assert [(row[0], row[5]) for row in local] == [(T - 21 * 3_600_000, "3.00000000"), (T + 10_800_000, "3.00000000")]
    assert client.get("/klines", symbol="BTCUSDT", interval="7m")["code"] == -1120
    assert client.get("/klines", symbol="BTCUSDT", interval="1h", timeZone="+15:00")["code"] == -1130
    assert client.get("/uiKlines", symbol="BTCUSDT", interval="1h", limit=1)[0][5] == "0.00000000"


def test_tickers_are_objects_of_one_symbol_and_lists_of_more() -> None:
    client = Client()
    client.trade("100.00", "1")
    client.now += 30 * MINUTE_NS
    client.trade("103.00", "1")
    day = client.get("/ticker/24hr", symbol="BTCUSDT")
    assert (day["priceChange"], day["priceChangePercent"], day["weightedAvgPrice"], day["count"]) == (
        "3.00000000", "3.000", "101.50000000", 2,
    )  # fmt: skip
    mini = client.get("/ticker/24hr", symbol="BTCUSDT", type="MINI")
    assert "bidPrice" not in mini and mini["volume"] == "2.00000000"
    assert client.get("/ticker/price", symbol="BTCUSDT") == {"symbol": "BTCUSDT", "price": "103.00000000"}
    for path in ("/ticker/24hr", "/ticker/price", "/ticker/bookTicker"):
        assert [row["symbol"] for row in client.get(path)] == ["BTCUSDT", "ETHBTC"]
        assert isinstance(client.get(path, symbols='["ETHBTC"]'), list)
    client.now += 24 * HOUR_NS + MINUTE_NS
    assert client.get("/ticker/24hr", symbol="BTCUSDT")["count"] == 0
    assert client.get("/avgPrice", symbol="BTCUSDT")["mins"] == 5


def test_bars_alone_are_played_as_four_trades_with_a_level_on_each_side() -> None:
    client = Client()
    client.now = START + MINUTE_NS
    client.show(Bar(0, BTC, START, 10_000, 10_200, 9_900, 10_100, 400_000))
    (candle, *_) = client.get("/klines", symbol="BTCUSDT", interval="1m")
    assert candle[1:6] == ["100.00000000", "102.00000000", "99.00000000", "101.00000000", "4.00000000"]
    ticker = client.get("/ticker/bookTicker", symbol="BTCUSDT")
    assert (ticker["bidPrice"], ticker["askPrice"]) == ("100.99000000", "101.01000000")
    assert client.take()["fills"][0]["price"] == "101.01000000"
    client.trade("101.00", "1")
    client.show(Bar(0, BTC, START, 20_000, 20_000, 20_000, 20_000, 400_000))
    assert client.get("/ticker/price", symbol="BTCUSDT")["price"] == "101.00000000"


# Streams


def test_streams_are_subscribed_to_by_path_and_live_and_wrapped_where_asked() -> None:
    client = Client()
    plain, wrapped = client.open("/ws/btcusdt@trade/btcusdt@aggTrade"), client.open("/stream", "streams=btcusdt@trade")
    late = client.open("/ws/0")
    assert ask(client, late, "SUBSCRIBE", "btcusdt@trade", number="x") == {"result": None, "id": "x"}
    client.trade("100.00", "0.5", -1)
    trade, aggregate = heard(plain)
    assert (trade["e"], trade["s"], trade["p"], trade["q"], trade["m"], trade["T"]) == (
        "trade", "BTCUSDT", "100.00000000", "0.50000000", True, T,
    )  # fmt: skip
    assert (aggregate["e"], aggregate["f"], aggregate["l"]) == ("aggTrade", trade["t"], trade["t"])
    assert heard(wrapped) == [{"stream": "btcusdt@trade", "data": trade}]
    assert heard(late) == [trade]


def test_subscriptions_are_listed_ended_and_wrapped_on_demand() -> None:
    client = Client()
    socket = client.open("/ws")
    ask(client, socket, "SUBSCRIBE", "btcusdt@trade", "btcusdt@bookTicker")
    assert ask(client, socket, "LIST_SUBSCRIPTIONS")["result"] == ["btcusdt@trade", "btcusdt@bookTicker"]
    assert ask(client, socket, "UNSUBSCRIBE", "btcusdt@bookTicker") == {"result": None, "id": 1}
    client.now += SECOND_NS
    assert ask(client, socket, "GET_PROPERTY", "combined")["result"] is False
    assert ask(client, socket, "SET_PROPERTY", "combined", True)["result"] is None
    client.trade("100.00", "0.5")
    assert [said["stream"] for said in heard(socket)] == ["btcusdt@trade"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", 3), ("[]", 2), ('{"method":"DANCE","id":1}', 2), ('{"method":"SUBSCRIBE","params":7,"id":1}', 2),
        ('{"method":"SUBSCRIBE","params":[7],"id":1}', 2), ('{"method":"SET_PROPERTY","params":["colour"],"id":1}', 0),
        ('{"method":"SET_PROPERTY","params":["combined","yes"],"id":1}', 1),
    ],
)  # fmt: skip
def test_what_is_no_subscription_is_refused(text: str, code: int) -> None:
    client = Client()
    socket = client.open("/ws")
    socket.receive(Frame(TEXT, text.encode()), client.now)
    (said,) = heard(socket)
    assert said["code"] == code and said["msg"]


def test_a_client_that_talks_too_much_is_cut_off() -> None:
    client = Client()
    socket = client.open("/ws")
    for _ in range(5):
        ask(client, socket, "LIST_SUBSCRIPTIONS")
    assert closed(socket) == 0
    socket.receive(Frame(TEXT, b"{}"), client.now)
    assert closed(socket) == 1008
    socket = client.open("/ws")
    names = [f"s{number}@trade" for number in range(1025)]
    assert ask(client, socket, "SUBSCRIBE", *names)["code"] == 2


def test_best_prices_are_told_as_they_change() -> None:
    client = Client()
    socket = client.open("/ws/btcusdt@bookTicker")
    client.show(book([("99.00", "1")], [("101.00", "2")]))
    client.show(book([("99.00", "1"), ("98.00", "1")], [("101.00", "2")]))
    (said,) = heard(socket)
    assert {*said} == {"u", "s", "b", "B", "a", "A"}
    assert (said["b"], said["A"]) == ("99.00000000", "2.00000000")


def test_a_book_kept_from_its_changes_is_the_book_that_is_told() -> None:
    """The venue's own rules for a local book: a snapshot, then the events behind it, each joining on."""
    client = Client()
    socket = client.open("/ws/btcusdt@depth@100ms")
    slow = client.open("/ws/btcusdt@depth")
    kept: dict[str, dict[str, str]] = {"b": {}, "a": {}}
    last = 0
    for number in range(40):
        client.show(book([(f"9{number % 7}.00", f"{number % 5 + 1}"), ("80.00", "1")], [(f"10{number % 4}.00", "2")]))
        client.wait(70 * MS_NS)
        if number == 10:
            snapshot = client.get("/depth", symbol="BTCUSDT", limit=5000)
            last = snapshot["lastUpdateId"]
            kept = {"b": dict(snapshot["bids"]), "a": dict(snapshot["asks"])}
        for event in heard(socket):
            if number >= 10 and event["u"] > last:
                assert event["U"] <= last + 1, "a gap"
                last = event["u"]
                for side in ("b", "a"):
                    kept[side] = apply(kept[side], event[side])
    client.wait(SECOND_NS)
    for event in heard(socket):
        last = event["u"]
        kept = {side: apply(kept[side], event[side]) for side in ("b", "a")}
    told = client.get("/depth", symbol="BTCUSDT", limit=5000)
    assert (dict(told["bids"]), dict(told["asks"]), told["lastUpdateId"]) == (kept["b"], kept["a"], last)
    rows = heard(slow)
    assert 3 <= len(rows) <= 5
    assert [row["U"] for row in rows[1:]] == [row["u"] + 1 for row in rows[:-1]]


def apply(side: dict[str, str], changes: list[list[str]]) -> dict[str, str]:
    side = side | {level[0]: level[1] for level in changes}
    return {price: size for price, size in side.items() if float(size)}


def test_a_gap_in_the_changes_shows_in_their_ids() -> None:
    client = Client()
    socket = client.open("/ws/btcusdt@depth@100ms")

    def step(bid: str) -> Any:
        client.show(book([(bid, "1")], [("101.00", "1")]))
        client.wait(100 * MS_NS)
        return heard(socket)

    (first,) = step("99.00")
    client.site.knobs.depth_gaps = 1
    assert step("98.00") == []
    (third,) = step("97.00")
    assert third["U"] > first["u"] + 1
    assert client.get("/depth", symbol="BTCUSDT")["lastUpdateId"] == third["u"]
    (fourth,) = step("96.00")
    assert fourth["U"] == third["u"] + 1
    client.site.knobs.depth_gaps = 1
    assert step("96.00") == []  # nothing had changed, and yet an id is missing
    (last,) = step("95.00")
    assert last["U"] == fourth["u"] + 2


def test_candles_are_told_every_two_seconds_and_once_more_when_they_close() -> None:
    client = Client()
    socket = client.open("/ws/btcusdt@kline_1m")
    client.trade("100.00", "1")
    client.wait(4 * SECOND_NS)
    rows = heard(socket)
    assert [(row["E"], row["k"]["x"], row["k"]["c"]) for row in rows] == [
        (T + 2000, False, "100.00000000"), (T + 4000, False, "100.00000000"),
    ]  # fmt: skip
    client.wait(56 * SECOND_NS)
    closing, opening = heard(socket)[-2:]
    assert (closing["k"]["x"], closing["k"]["t"], closing["k"]["n"]) == (True, T, 1)
    assert (opening["k"]["x"], opening["k"]["t"], opening["k"]["f"]) == (False, T + 60_000, -1)
    seconds = client.open("/ws/btcusdt@kline_1s")
    client.wait(2 * SECOND_NS)
    assert [row["k"]["i"] for row in heard(seconds)] == ["1s"] * 3
    local = client.open("/ws/btcusdt@kline_1d@+08:00")
    client.wait(2 * SECOND_NS)
    assert heard(local)[0]["k"]["t"] == T - 8 * 3_600_000


def test_the_other_streams_come_each_second() -> None:
    client = Client(references=True)
    names = ("miniTicker", "ticker", "avgPrice", "referencePrice", "depth5")
    socket = client.open("/stream", "streams=" + "/".join(f"btcusdt@{name}" for name in names) + "/!miniTicker@arr")
    client.market()
    client.wait(SECOND_NS)
    said = {row["stream"].removeprefix("btcusdt@"): row["data"] for row in heard(socket)}
    assert {*said} == {*names, "!miniTicker@arr"}
    assert said["miniTicker"]["e"] == "24hrMiniTicker" and said["ticker"]["e"] == "24hrTicker"
    assert said["avgPrice"]["w"] == said["referencePrice"]["r"] == "100.00000000"
    assert said["depth5"]["bids"] == [["99.00000000", "5.00000000"]]
    assert said["!miniTicker@arr"] == [said["miniTicker"]]
    client.site.knobs.references = False
    client.trade("100.00", "1")
    client.wait(SECOND_NS)
    rows = {row["stream"]: row["data"] for row in heard(socket)}
    assert rows["btcusdt@referencePrice"]["r"] is None


@pytest.mark.parametrize("levels", [5, 10, 20])
def test_partial_depth_is_the_best_of_the_book_as_deep_and_as_often_as_asked(levels: int) -> None:
    client = Client()
    slow, fast = (client.open(f"/ws/btcusdt@depth{levels}{pace}") for pace in ("", "@100ms"))
    bids = [(f"{99 - number}.00", f"{number + 1}") for number in range(30)]
    asks = [(f"{101 + number}.00", f"{number + 2}") for number in range(30)]
    client.show(book(bids[::-1], asks[::-1]))
    client.wait(SECOND_NS)
    (said,) = heard(slow)
    assert {*said} == {"lastUpdateId", "bids", "asks"}
    assert [row[0].removesuffix("000000") for row in said["bids"]] == [price for price, _ in bids[:levels]]
    assert [row[0].removesuffix("000000") for row in said["asks"]] == [price for price, _ in asks[:levels]]
    assert said == client.get("/depth", symbol="BTCUSDT", limit=levels)
    assert heard(fast) == [said] * 10
    client.show(book([("99.00", "7")], [("101.00", "8")]))
    client.wait(100 * MS_NS)
    assert heard(slow) == []
    (moved,) = heard(fast)
    assert (moved["bids"], moved["asks"]) == ([["99.00000000", "7.00000000"]], [["101.00000000", "8.00000000"]])


def test_a_stream_that_was_retired_is_silent() -> None:
    client = Client()
    socket, kept = client.open("/ws/!ticker@arr"), client.open("/ws/!miniTicker@arr")
    client.trade("100.00", "1")
    client.wait(2 * SECOND_NS)
    assert heard(socket) == [] and len(heard(kept)) == 2


def test_the_same_seed_says_the_same_bytes() -> None:
    def run() -> bytes:
        listings = [one for one in universe("binance", "USDT") if one.instrument.asset_class == "crypto"]
        market = Market(7, START, listings, step_ms=200)
        site = BinanceSite(market.instruments, Tape(market.events()), Rng(7), START)
        symbol = market.instruments[0].symbol.lower()
        socket = site.connect(Request("GET", f"/ws/{symbol}@depth@100ms/{symbol}@trade/{symbol}@kline_1m"), START)
        assert isinstance(socket, Connection)
        said = b""
        for number in range(1, 200):
            now = START + number * 150 * MS_NS
            site.advance(now)
            said += b"".join(frame.data for frame in socket.outbox)
            socket.outbox.clear()
        return said

    once = run()
    assert once == run() and len(once) > 10_000
