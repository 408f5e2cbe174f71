"""The streams of the simulated Alpaca: hand-shakes, codecs, subscriptions, errors, and what market data says."""

from __future__ import annotations

import datetime
import json
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest

from tests.unit.sim.wire.alpaca_desk import MINUTE, MONDAY, SECOND, Venue, events, heard, names, new_york, say
from tradewright.sim.wire.message import BINARY, CLOSE, PING, PONG, TEXT, Answer, Frame, Request
from tradewright.sim.wire.site import Connection

AUTH = {"action": "auth", "key": "demo-key", "secret": "demo-secret"}
PACKED = {"content-type": "application/msgpack"}


def unpacked(stream: Connection) -> list[Any]:
    found = [msgpack.unpackb(frame.data) for frame in stream.outbox if frame.kind == BINARY]
    stream.outbox.clear()
    return found


# The trade stream


def test_the_trade_stream_authenticates_and_listens_in_binary_frames() -> None:
    venue = Venue()
    stream = venue.connect("/stream")
    assert not stream.outbox
    say(stream, {"action": "authenticate", "data": {"key_id": "demo-key", "secret_key": "demo-secret"}})
    say(stream, {"action": "listen", "data": {"streams": ["trade_updates", "other"]}})
    assert {frame.kind for frame in stream.outbox} == {BINARY}
    assert heard(stream) == [
        {"stream": "authorization", "data": {"status": "authorized", "action": "authenticate"}},
        {"stream": "listening", "data": {"streams": ["trade_updates"]}},
    ]


def test_the_other_form_of_authentication_is_taken_too() -> None:
    stream = Venue().connect("/stream")
    say(stream, AUTH)
    assert heard(stream)[0]["data"] == {"status": "authorized", "action": "auth"}


def test_who_is_not_authorized_hears_nothing() -> None:
    venue = Venue()
    stream = venue.connect("/stream")
    say(stream, {"action": "listen", "data": {"streams": ["trade_updates"]}})
    say(stream, {"action": "authenticate", "data": {"key_id": "demo-key", "secret_key": "wrong"}})
    assert [message["data"] for message in heard(stream)] == [
        {"status": "unauthorized", "action": "listen"},
        {"status": "unauthorized", "action": "authenticate"},
    ]
    venue.market()
    assert not stream.outbox


def test_a_list_of_streams_replaces_the_one_before() -> None:
    venue = Venue()
    stream = venue.updates()
    say(stream, {"action": "listen", "data": {"streams": []}})
    assert heard(stream)[0] == {"stream": "listening", "data": {"streams": []}}
    venue.market()
    assert not stream.outbox


def test_the_trade_stream_speaks_msgpack_where_the_upgrade_asks_for_it() -> None:
    venue = Venue()
    stream = venue.connect("/stream", PACKED)
    for message in ({"action": "authenticate", "data": {"key_id": "demo-key", "secret_key": "demo-secret"}},
                    {"action": "listen", "data": {"streams": ["trade_updates"]}}):  # fmt: skip
        stream.receive(Frame(BINARY, msgpack.packb(message)), 0)
    assert [message["stream"] for message in unpacked(stream)] == ["authorization", "listening"]
    venue.market()
    assert [message["data"]["event"] for message in unpacked(stream)] == ["pending_new", "new", "fill"]


@pytest.mark.parametrize(
    "data", [b"{", b"[1]", b"\xff\xfe", b'{"action": "dance"}', b'{"action": "listen", "data": 7}']
)
def test_nonsense_does_not_end_a_trade_stream(data: bytes) -> None:
    venue = Venue()
    stream = venue.updates()
    stream.receive(Frame(TEXT, data), 0)
    stream.outbox.clear()
    say(stream, {"action": "listen", "data": {"streams": ["trade_updates"]}})
    heard(stream)
    venue.market()
    assert names(stream)[-1] == "fill"


def test_a_new_trade_stream_is_not_told_what_happened_before() -> None:
    venue = Venue()
    venue.market()
    stream = venue.updates()
    venue.wait(SECOND)
    assert not stream.outbox


def test_pings_are_answered_and_the_end_is_heard() -> None:
    venue = Venue()
    stream = venue.updates()
    stream.receive(Frame(PING, b"p"), 0)
    assert stream.outbox.popleft() == Frame(PONG, b"p")
    stream.receive(Frame(CLOSE), 0)
    assert venue.site.streams == []
    venue.market()
    assert not stream.outbox


def test_streams_are_dropped_and_may_stay_silent() -> None:
    venue = Venue()
    stream, data = venue.updates(), venue.data(quotes=["*"])
    venue.site.trouble.silent = True
    order = venue.market()
    venue.quote("ACME", "99.99", "100.01")
    assert not stream.outbox and not data.outbox
    stream.receive(Frame(PING), 0)
    assert stream.outbox.popleft().kind == PONG
    venue.site.trouble.silent = False
    venue.site.drop_streams()
    assert [stream.outbox[-1].kind, data.outbox[-1].code] == [CLOSE, 1001]
    assert venue.status(order["id"]) == "filled"


# The data stream


def test_the_data_stream_speaks_first_and_each_frame_is_an_array() -> None:
    venue = Venue()
    stream = venue.connect("/v2/iex")
    assert {frame.kind for frame in stream.outbox} == {TEXT}
    assert heard(stream) == [[{"T": "success", "msg": "connected"}]]
    say(stream, AUTH)
    assert heard(stream) == [[{"T": "success", "msg": "authenticated"}]]
    say(stream, {"action": "subscribe", "trades": ["ACME"], "quotes": ["ACME", "GLOBEX"]})
    say(stream, {"action": "subscribe", "quotes": ["*"]})
    say(stream, {"action": "unsubscribe", "quotes": ["GLOBEX"], "trades": ["ACME"]})
    lists = [message[0] for message in heard(stream)]
    assert lists[0] == {
        "T": "subscription", "trades": ["ACME"], "quotes": ["ACME", "GLOBEX"], "bars": [], "updatedBars": [],
        "dailyBars": [], "statuses": [], "lulds": [],
    }  # fmt: skip
    assert lists[1]["quotes"] == ["ACME", "GLOBEX", "*"]
    assert (lists[2]["quotes"], lists[2]["trades"]) == (["ACME", "*"], [])


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("nonsense", 400),
        ({"action": "dance"}, 400),
        ({"action": "subscribe", "trades": "ACME"}, 400),
        ({"action": "subscribe", "orderbooks": ["ACME"]}, 410),
        (AUTH, 403),
    ],
)
def test_errors_of_an_open_data_stream(message: Any, code: int) -> None:
    stream = Venue().data()
    say(stream, message)
    ((error,),) = heard(stream)
    assert (error["T"], error["code"]) == ("error", code) and error["msg"]


def test_errors_before_and_while_authenticating() -> None:
    venue = Venue(plan="free", keys_without_data=frozenset({"demo-key"}), symbols_max=1)
    stream = venue.connect("/v2/iex")
    say(stream, {"action": "subscribe", "trades": ["ACME"]})
    say(stream, {**AUTH, "secret": "wrong"})
    say(stream, AUTH)
    assert [message[0].get("code") for message in heard(stream)] == [None, 401, 402, 411]
    venue = Venue(plan="free", symbols_max=1)
    stream = venue.connect("/v2/sip")
    say(stream, AUTH)
    assert heard(stream)[1][0]["code"] == 409
    stream = venue.data("/v2/iex", trades=["ACME"])
    say(stream, {"action": "subscribe", "trades": ["GLOBEX"]})
    assert heard(stream)[0][0] == {"T": "error", "code": 405, "msg": "symbol limit exceeded"}
    venue.trade("GLOBEX", "20")
    assert not stream.outbox


def test_one_connection_per_endpoint_and_key() -> None:
    venue = Venue()
    first = venue.data("/v2/iex")
    venue.data("/v1beta3/crypto/us")
    second = venue.connect("/v2/iex")
    say(second, AUTH)
    assert json.loads(second.outbox[1].data)[0]["code"] == 406
    assert second.outbox[2].kind == CLOSE
    first.receive(Frame(CLOSE), 0)
    third = venue.connect("/v2/iex")
    say(third, AUTH)
    assert heard(third)[1] == [{"T": "success", "msg": "authenticated"}]


def test_who_does_not_authenticate_in_time_is_sent_away() -> None:
    venue = Venue(auth_ns=SECOND)
    stream, other = venue.connect("/v2/iex"), venue.data("/v1beta3/crypto/us")
    venue.wait(SECOND)
    assert json.loads(stream.outbox[1].data)[0]["code"] == 404
    assert stream.outbox[2].kind == CLOSE
    assert not other.outbox


def test_a_client_that_is_too_slow_is_sent_away() -> None:
    venue = Venue(slow_frames=3)
    stream = venue.data(quotes=["ACME"])
    for _ in range(5):
        venue.quote("ACME", "99.99", "100.01")
    assert json.loads(stream.outbox[3].data)[0]["code"] == 407
    assert stream.outbox[4].kind == CLOSE and len(stream.outbox) == 5


def test_a_stream_that_is_not_there_is_refused() -> None:
    venue = Venue()
    answer = venue.site.connect(Request("GET", "/v9/nothing"), venue.now)
    assert isinstance(answer, Answer) and answer.status == 404
    news = venue.data("/v1beta1/news", news=["*"])
    venue.quote("ACME", "1", "2")
    assert not news.outbox


def test_every_feed_of_shares_says_the_same() -> None:
    venue = Venue()
    streams = [venue.data(f"/v2/{feed}", quotes=["ACME"]) for feed in ("iex", "sip", "delayed_sip", "test")]
    venue.quote("ACME", "99.98", "100.02")
    first, *others = [heard(stream) for stream in streams]
    assert first[0][0]["bp"] == 99.98
    assert others == [first] * 3


def test_shares_are_told_as_trades_quotes_and_bars() -> None:
    venue = Venue()
    stream = venue.data(trades=["ACME"], quotes=["*"], bars=["*"], dailyBars=["ACME"], updatedBars=["*"])
    venue.quote("ACME", "99.99", "100.01", "300", "400")
    venue.trade("ACME", "100.01", "50")
    venue.trade("GLOBEX", "20")
    venue.bar("ACME", MONDAY, "100", "101", "99", "100.50")
    venue.bar("ACME", MONDAY + MINUTE, "100.50", "103", "100", "102", volume="500")
    quote, trade, minute, day, _, later = (message[0] for message in heard(stream))
    assert quote == {
        "T": "q", "S": "ACME", "t": "2026-01-12T16:00:00.004000000Z", "bp": 99.99, "bs": 300, "ap": 100.01, "as": 400,
        "bx": "V", "ax": "V", "c": ["R"], "z": "C",
    }  # fmt: skip
    assert {**trade, "i": 0} == {
        "T": "t", "S": "ACME", "t": "2026-01-12T16:00:00.005000000Z", "p": 100.01, "s": 50, "i": 0, "x": "V",
        "c": ["@"], "z": "C",
    }  # fmt: skip
    assert minute == {
        "T": "b", "S": "ACME", "t": "2026-01-12T16:00:00Z", "o": 100, "h": 101, "l": 99, "c": 100.5, "v": 1000, "n": 1,
        "vw": 100.01,
    }  # fmt: skip
    assert (day["T"], day["t"]) == ("d", "2026-01-12T05:00:00Z")
    assert (later["T"], later["o"], later["h"], later["l"], later["c"], later["v"]) == ("d", 100, 103, 99, 102, 1500)


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_trade_is_taken_back_or_corrected_and_its_bar_told_anew(cancelled: bool) -> None:
    venue = Venue()
    stream = venue.data(trades=["ACME"], updatedBars=["ACME"])
    assert not venue.site.amend("ACME", cancelled, venue.now)
    assert not venue.site.amend("BTC/USD", cancelled, venue.now)
    venue.trade("ACME", "100", "40")
    venue.trade("ACME", "101", "60")
    venue.bar("ACME", MONDAY, "100", "101", "100", "101", volume="100")
    number = heard(stream)[-1][0]["i"]
    assert venue.site.amend("ACME", cancelled, venue.now)
    (change,), (bar,) = heard(stream)
    if cancelled:
        assert change == {
            "T": "x", "S": "ACME", "i": number, "x": "V", "p": 101, "s": 60, "a": "C", "z": "C", "t": bar_end(),
        }  # fmt: skip
        assert (bar["T"], bar["v"], bar["n"], bar["vw"]) == ("u", 40, 1, 100)
    else:
        assert (change["T"], change["oi"], change["op"], change["cp"], change["cs"]) == ("c", number, 101, 101.01, 60)
        assert (bar["T"], bar["v"], bar["n"], bar["h"], bar["vw"]) == ("u", 100, 2, 101.01, 100.606)
    last = venue.get("/v2/stocks/trades/latest?symbols=ACME")["trades"]["ACME"]["p"]
    assert last == (100 if cancelled else 101.01)


def bar_end() -> str:
    return "2026-01-12T16:01:00Z"


def test_crypto_has_its_taker_side_and_its_book() -> None:
    venue = Venue()
    stream = venue.data("/v1beta3/crypto/us", trades=["BTC/USD"], orderbooks=["BTC/USD"], quotes=["BTC/USD"])
    venue.trade("BTCUSD", "50010", "0.5", aggressor=-1)
    venue.depth("BTCUSD", [("49990", "1"), ("49980", "2")], [("50010", "0.5")])
    venue.quote("ACME", "99", "100")
    trade, book = (message[0] for message in heard(stream))
    assert (trade["S"], trade["tks"], trade["s"]) == ("BTC/USD", "S", 0.5)
    assert (book["T"], book["r"], book["b"], book["a"]) == (
        "o", True, [{"p": 49990, "s": 1}, {"p": 49980, "s": 2}], [{"p": 50010, "s": 0.5}],
    )  # fmt: skip


def test_msgpack_has_timestamps_as_an_extension_to_the_nanosecond() -> None:
    venue = Venue()
    stream = venue.connect("/v2/iex", PACKED)
    assert unpacked(stream) == [[{"T": "success", "msg": "connected"}]]
    stream.receive(Frame(BINARY, msgpack.packb(AUTH)), 0)
    stream.receive(Frame(BINARY, msgpack.packb({"action": "subscribe", "quotes": ["ACME"]})), 0)
    assert [message[0]["T"] for message in unpacked(stream)] == ["success", "subscription"]
    venue.until(MONDAY + 123_456_788 - 1_000_000)
    venue.quote("ACME", "99.99", "100.01")
    ((quote,),) = unpacked(stream)
    assert (quote["bp"], quote["ap"]) == (99.99, 100.01)
    assert isinstance(quote["t"], msgpack.Timestamp)
    assert quote["t"].to_unix_nano() == MONDAY + 123_456_788
    assert quote["t"].to_datetime() == datetime.datetime(2026, 1, 12, 16, 0, 0, 123456, tzinfo=datetime.UTC)


# Market data by REST


def history(venue: Venue) -> None:
    """Three minutes of two shares and a pair."""
    for minute in range(3):
        start = MONDAY + minute * MINUTE
        venue.until(start)
        venue.trade("ACME", f"10{minute}", "10")
        venue.bar("ACME", start, "100", "105", "95", f"10{minute}", volume="10")
        venue.bar("GLOBEX", start, "20", "21", "19", "20")
        venue.bar("BTCUSD", start, "50000", "50100", "49900", "50050", volume="2")


def test_bars_come_in_pages_by_symbol_and_time() -> None:
    venue = Venue()
    history(venue)
    query = "symbols=GLOBEX,ACME&timeframe=1Min&start=2026-01-12T16:00:00Z&limit=2"
    seen, token, pages = [], "", 0
    while token is not None:
        page = venue.get(f"/v2/stocks/bars?{query}&page_token={token}")
        seen += [(symbol, row["t"][14:16]) for symbol, rows in page["bars"].items() for row in rows]
        token = page["next_page_token"]
        pages += 1
    assert seen == [
        ("ACME", "00"),
        ("ACME", "01"),
        ("ACME", "02"),
        ("GLOBEX", "00"),
        ("GLOBEX", "01"),
        ("GLOBEX", "02"),
    ]
    assert pages == 3
    down = venue.get(f"/v2/stocks/bars?{query.replace('limit=2', 'limit=4')}&sort=desc")
    assert [row["t"][14:16] for row in down["bars"]["ACME"]] == ["02", "01", "00"]
    more = venue.get(f"/v2/stocks/bars?{query}&sort=desc&page_token={down['next_page_token']}")
    assert [row["t"][14:16] for row in more["bars"]["GLOBEX"]] == ["01", "00"]
    single = venue.get("/v2/stocks/ACME/bars?timeframe=1Min&start=2026-01-12T16:01:00Z&end=2026-01-12T16:01:00Z")
    assert (single["symbol"], len(single["bars"]), single["next_page_token"]) == ("ACME", 1, None)
    assert single["bars"][0] == {
        "t": "2026-01-12T16:01:00Z", "o": 100, "h": 105, "l": 95, "c": 101, "v": 10, "n": 1, "vw": 101,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("frame", "starts"),
    [("2Min", ["16:00", "16:02"]), ("3T", ["16:00"]), ("1Hour", ["16:00"]), ("2H", ["16:00"]), ("1Day", ["05:00"]),
     ("1W", ["05:00"]), ("1Month", ["05:00"]), ("3M", ["05:00"])],
)  # fmt: skip
def test_bars_are_joined_to_longer_ones(frame: str, starts: list[str]) -> None:
    venue = Venue()
    history(venue)
    rows = venue.get(f"/v2/stocks/ACME/bars?timeframe={frame}&start=2025-12-01")["bars"]
    assert [row["t"][11:16] for row in rows] == starts
    assert sum(row["v"] for row in rows) == 30
    if frame == "1Month":
        assert rows[0]["t"] == "2026-01-01T05:00:00Z"
    if frame == "1W":
        assert rows[0]["t"] == "2026-01-12T05:00:00Z"


@pytest.mark.parametrize(
    "query",
    ["timeframe=60Min", "timeframe=0Min", "timeframe=2Day", "timeframe=5Month", "timeframe=", "timeframe=1Min&limit=0",
     "timeframe=1Min&limit=10001", "timeframe=1Min&sort=up", "timeframe=1Min&feed=moon", "timeframe=1Min&adjustment=x",
     "timeframe=1Min&page_token=x", "timeframe=1Min&start=2026-02-01&end=2026-01-01"],
)  # fmt: skip
def test_parameters_of_market_data_that_are_none(query: str) -> None:
    venue = Venue()
    assert venue.ask("GET", f"/v2/stocks/bars?symbols=ACME&{query}").status == 400
    assert venue.ask("GET", "/v2/stocks/bars?timeframe=1Min").status == 400
    assert venue.ask("GET", "/v2/stocks/bars?timeframe=1Min&symbols=NONE").status == 400


def test_trades_quotes_and_the_latest_of_shares() -> None:
    venue = Venue()
    history(venue)
    trades = venue.get("/v2/stocks/trades?symbols=ACME&start=2026-01-12T16:00:00Z&limit=2")
    assert [row["p"] for row in trades["trades"]["ACME"]] == [100, 101]
    rest = venue.get(f"/v2/stocks/ACME/trades?start=2026-01-12&page_token={trades['next_page_token']}")
    assert [row["p"] for row in rest["trades"]] == [102]
    assert len(venue.get("/v2/stocks/quotes?symbols=ACME,GLOBEX&start=2026-01-12")["quotes"]["GLOBEX"]) == 1
    assert venue.get("/v2/stocks/trades/latest?symbols=ACME")["trades"]["ACME"]["p"] == 102
    assert venue.get("/v2/stocks/quotes/latest?symbols=ACME")["quotes"]["ACME"]["bp"] == 99.99
    assert venue.get("/v2/stocks/bars/latest?symbols=ACME")["bars"]["ACME"]["c"] == 102
    assert venue.get("/v2/stocks/ACME/trades/latest")["trade"]["p"] == 102
    snapshot = venue.get("/v2/stocks/snapshots?symbols=ACME")["ACME"]
    assert set(snapshot) == {"latestTrade", "latestQuote", "minuteBar", "dailyBar", "prevDailyBar"}
    assert (snapshot["dailyBar"]["v"], snapshot["prevDailyBar"]) == (30, None)
    assert venue.get("/v2/stocks/ACME/snapshot")["symbol"] == "ACME"


def test_crypto_by_rest() -> None:
    venue = Venue()
    history(venue)
    venue.trade("BTCUSD", "50010", "0.5")
    venue.depth("BTCUSD", [("49990", "1")], [("50010", "0.5")])
    base = "/v1beta3/crypto/us"
    bars = venue.get(f"{base}/bars?symbols=BTC%2FUSD&timeframe=1Min&start=2026-01-12")["bars"]["BTC/USD"]
    assert [row["v"] for row in bars] == [2, 2, 2]
    assert venue.get(f"{base}/trades?symbols=BTC/USD&start=2026-01-12")["trades"]["BTC/USD"][0]["tks"] == "B"
    assert venue.get(f"{base}/latest/trades?symbols=BTC/USD")["trades"]["BTC/USD"]["p"] == 50010
    assert venue.get(f"{base}/latest/quotes?symbols=BTC/USD")["quotes"]["BTC/USD"]["ap"] == 50010
    assert venue.get(f"{base}/latest/bars?symbols=BTC/USD")["bars"]["BTC/USD"]["c"] == 50050
    assert venue.get(f"{base}/latest/orderbooks?symbols=BTC/USD")["orderbooks"]["BTC/USD"]["b"] == [
        {"p": 49990, "s": 1}
    ]
    assert venue.get(f"{base}/snapshots?symbols=BTC/USD")["snapshots"]["BTC/USD"]["latestTrade"]["p"] == 50010


def test_the_free_plan_has_no_recent_data_of_all_exchanges() -> None:
    venue = Venue(plan="free")
    history(venue)
    query = "/v2/stocks/bars?symbols=ACME&timeframe=1Min&start=2026-01-12T15:00:00Z"
    assert venue.get(f"{query}&feed=sip")["bars"] == {}
    refusal = venue.get(f"{query}&feed=sip&end=2026-01-12T16:02:00Z", 403)
    assert refusal["message"] == "subscription does not permit querying recent SIP data"
    assert len(venue.get(f"{query}&feed=iex")["bars"]["ACME"]) == 3
    venue.until(venue.now + 20 * MINUTE)
    assert len(venue.get(f"{query}&feed=sip")["bars"]["ACME"]) == 3


def test_what_is_kept_of_the_market_is_bounded() -> None:
    venue = Venue()
    board = venue.site.boards.of(venue.site.assets.all[0])
    assert (board.quotes.maxlen, board.trades.maxlen, board.bars.maxlen) == (10_000, 10_000, 50_000)
    assert venue.account.ledger.past.maxlen == 1_000


def test_a_day_of_shares_begins_at_midnight_in_new_york_also_when_clocks_change() -> None:
    venue = Venue(new_york(2026, 3, 6, 11))
    for day in (6, 9):
        start = new_york(2026, 3, day, 11)
        venue.until(start)
        venue.bar("ACME", start, "100", "105", "95", "100")
    rows = venue.get("/v2/stocks/ACME/bars?timeframe=1Day&start=2026-03-01")["bars"]
    assert [row["t"] for row in rows] == ["2026-03-06T05:00:00Z", "2026-03-09T04:00:00Z"]
    assert events(venue.updates()) == []
