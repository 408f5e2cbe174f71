"""Independent clients against the simulated Binance behind real sockets: the venue's own SDK, and ccxt.

What they send and expect was written by others from the venue's documents; what they can not read is a warning, and a
warning fails the test.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.loopback import only_loopback
from tests.project import ROOT
from tests.unit.sim.wire.binance_client import BTC, ETH, at, book
from tradewright.model.market import MarketEvent, Trade
from tradewright.model.rng import Rng
from tradewright.sim.wire.binance import BinanceSite, FilterKnobs, Knobs, LimitsOf, demo_private_pem
from tradewright.sim.wire.server import Server
from tradewright.sim.wire.site import Tape

# By name: they bring no types, and a client that is missing is a failure.
ccxt: Any = import_module("ccxt")
ccxt_pro: Any = import_module("ccxt.pro")
spot_module: Any = import_module("binance_sdk_spot.spot")

# The SDK passes aiohttp a time-out in the form it had before; nothing of ours can change that.
pytestmark = pytest.mark.filterwarnings("ignore:parameter 'timeout' of type 'float' is deprecated:DeprecationWarning")

SYMBOL = "BTCUSDT"
SECONDS = 20.0


class Venue:
    """The simulated venue, and the hand that moves its market."""

    def __init__(self, **options: Any) -> None:
        self.site = BinanceSite((BTC, ETH), Tape(()), Rng(1), time.time_ns(), **options)
        self.server = Server(self.site)

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}"

    def show(self, event: MarketEvent) -> None:
        now = time.time_ns()
        self.site.advance(now)
        self.site.play(at(now, event))
        self.server._settle()

    def trade(self, price: int, size: int, side: int = 1) -> None:
        """Price in cents, size in 10^-5."""
        self.show(Trade(0, BTC, price, size, side))

    def open(self) -> None:
        self.trade(10_000, 10_000)
        self.show(book([("99.00", "5")], [("101.00", "5")]))


def visit(play: Callable[[Venue], Awaitable[None]], **options: Any) -> None:
    """Runs a client against the venue; nothing may leave loopback or fail inside the site."""

    async def main() -> None:
        venue = Venue(**options)
        await venue.server.start()
        venue.open()
        try:
            await play(venue)
        finally:
            await venue.server.stop()
        assert not venue.server.failures

    with only_loopback():
        asyncio.run(asyncio.wait_for(main(), 60))


async def until(done: Callable[[], bool]) -> None:
    """Waits for what comes over a socket."""
    end = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < end, "it did not come"
        await asyncio.sleep(0.01)


def sdk(venue: Venue) -> Any:
    """The venue's own SDK: HMAC over REST, Ed25519 over the WebSocket API."""
    return spot_module.Spot(
        config_rest_api=spot_module.ConfigurationRestAPI(
            api_key="demo-key", api_secret="demo-secret", base_path=venue.http, timeout=10_000, retries=0
        ),
        config_ws_api=spot_module.ConfigurationWebSocketAPI(
            api_key="demo-ed25519", private_key=demo_private_pem(), stream_url=f"{venue.ws}/ws-api/v3"
        ),
        config_ws_streams=spot_module.ConfigurationWebSocketStreams(stream_url=venue.ws),
    )


@pytest.fixture
def parsed(caplog: pytest.LogCaptureFixture) -> Any:
    """Fails when the SDK could not read what it was answered."""
    caplog.set_level(logging.WARNING)
    yield
    said = [record.getMessage() for record in caplog.get_records("call") if record.name != "asyncio"]
    assert not [text for text in said if "match" in text or "parse" in text.lower()], said


def figure(value: Any) -> Decimal:
    return Decimal(str(value))


@pytest.mark.usefixtures("parsed")
def test_the_sdk_places_fills_cancels_replaces_queries_and_streams_and_the_sums_agree() -> None:
    async def play(venue: Venue) -> None:
        client = sdk(venue)
        socket = client.websocket_api
        await socket.create_connection()
        heard: list[Any] = []
        try:
            await socket.session_logon()
            stream = await socket.user_data_stream_subscribe()
            stream.stream.on("message", heard.append)
            rest = client.rest_api

            def call(name: str, **values: Any) -> Awaitable[Any]:
                return asyncio.to_thread(lambda: getattr(rest, name)(symbol=SYMBOL, **values).data())

            resting = await call(
                "new_order",
                side="BUY",
                type="LIMIT",
                time_in_force="GTC",
                quantity=1,
                price=90,
                new_client_order_id="a",
            )
            venue.trade(9_000, 40_000, -1)
            taken = await call("new_order", side="BUY", type="MARKET", quantity=0.5)
            replaced = await call(
                "order_cancel_replace", side="BUY", type="LIMIT", cancel_replace_mode="STOP_ON_FAILURE",
                time_in_force="GTC", quantity=1, price=91, cancel_order_id=resting.order_id,
            )  # fmt: skip
            amended = await call(
                "order_amend_keep_priority", order_id=replaced.new_order_response.order_id, new_qty=0.7
            )
            gone = await call("delete_order", order_id=amended.amended_order.order_id)
            assert (taken.status, gone.status, replaced.cancel_response.executed_qty) == (
                "FILLED", "CANCELED", "0.40000000",
            )  # fmt: skip
            await until(lambda: sum(said_kind(said) == "CANCELED" for said in heard) == 2)
            await compare(call, rest, heard)
        finally:
            await socket.close_connection()

    visit(play)


def said_kind(said: Any) -> str:
    """The x of an executionReport, "" of anything else."""
    return str(getattr(inner(said), "x", "") or "")


def inner(said: Any) -> Any:
    """The event of a message as the SDK gives it."""
    return getattr(said, "actual_instance", said)


async def compare(call: Callable[..., Awaitable[Any]], rest: Any, heard: list[Any]) -> None:
    """The sums of fills by REST, by the stream and by the SDK's order objects."""
    trades = await call("my_trades")
    reports = [inner(said) for said in heard if said_kind(said) == "TRADE"]
    orders = await call("all_orders")
    assert len(trades) == len(reports) == 2
    assert sum(figure(row.qty) for row in trades) == sum(figure(row.l) for row in reports) == figure("0.9")
    assert sum(figure(row.commission) for row in trades) == sum(figure(row.n) for row in reports)
    assert sum(figure(order.executed_qty) for order in orders) == figure("0.9")
    spent = sum(figure(order.cummulative_quote_qty) for order in orders)
    assert spent == sum(figure(row.quote_qty) for row in trades) == figure("86.5")
    account = await asyncio.to_thread(lambda: rest.get_account(omit_zero_balances=True).data())
    owned = {row.asset: (figure(row.free), figure(row.locked)) for row in account.balances}
    fees = sum(figure(row.commission) for row in trades)
    assert owned["BTC"] == (2 + figure("0.9") - fees, figure(0))
    assert owned["USDT"] == (100_000 - spent, figure(0))
    positions = [inner(said) for said in heard if type(inner(said)).__name__ == "OutboundAccountPosition"]
    last = {row.a: figure(row.f) for position in positions for row in position.B}
    assert last == {"BTC": owned["BTC"][0], "USDT": owned["USDT"][0]}


@pytest.mark.usefixtures("parsed")
def test_the_sdk_reads_every_rest_answer_it_knows() -> None:
    async def play(venue: Venue) -> None:
        venue.site.knobs.references = True
        venue.open()
        rest = sdk(venue).rest_api
        await asyncio.to_thread(lambda: every_answer(rest))

    visit(play, knobs=Knobs())


def every_answer(rest: Any) -> None:
    """Each call of the SDK that the venue has; an answer it can not type is a warning."""
    one = {"symbol": SYMBOL}
    rest.ping()
    assert rest.time().data().server_time > 0
    assert rest.exchange_info(symbols=[SYMBOL, "ETHBTC"]).data().symbols[1].symbol == "ETHBTC"
    for name in ("depth", "get_trades", "agg_trades", "historical_trades", "avg_price", "execution_rules",
                 "reference_price", "ticker24hr", "ticker_price", "ticker_book_ticker", "account_commission",
                 "my_filters", "all_orders", "my_trades", "get_open_orders"):  # fmt: skip
        assert getattr(rest, name)(**one).data() is not None, name
    assert rest.klines(interval="1m", **one).data()[0][4] == "100.00000000"
    for name in ("ticker24hr", "ticker_price", "ticker_book_ticker", "rate_limit_order", "open_order_list",
                 "all_order_list"):  # fmt: skip
        assert getattr(rest, name)().data() is not None, name
    limit = {"time_in_force": "GTC", "quantity": 1, "price": 90}
    order = rest.new_order(side="BUY", type="LIMIT", strategy_type=1_000_000, iceberg_qty=0.5, **limit, **one).data()
    assert rest.get_order(order_id=order.order_id, **one).data().iceberg_qty == "0.50000000"
    rest.my_prevented_matches(order_id=order.order_id, **one)
    rest.order_test(side="BUY", type="MARKET", quantity=0.5, compute_commission_rates=True, **one)
    rest.order_amend_keep_priority(order_id=order.order_id, new_qty=0.8, **one)
    assert len(rest.order_amendments(order_id=order.order_id, **one).data()) == 1
    every_list(rest, one)
    assert len(rest.delete_open_orders(**one).data()) == 6


def every_list(rest: Any, one: dict[str, str]) -> None:
    """Each kind of order list."""
    working = {"working_type": "LIMIT", "working_side": "BUY", "working_price": 90, "working_quantity": 0.5,
               "working_time_in_force": "GTC", "pending_side": "SELL"}  # fmt: skip
    pair = {"pending_above_type": "LIMIT_MAKER", "pending_above_price": 130, "pending_below_type": "STOP_LOSS",
            "pending_below_stop_price": 80}  # fmt: skip
    single = {"pending_type": "LIMIT_MAKER", "pending_price": 130}
    oco = rest.order_list_oco(side="SELL", quantity=0.4, above_type="LIMIT_MAKER", below_type="STOP_LOSS_LIMIT",
                              above_price=120, below_stop_price=90, below_price=89, below_time_in_force="GTC",
                              **one).data()  # fmt: skip
    assert rest.get_order_list(order_list_id=oco.order_list_id).data().contingency_type == "OCO"
    assert rest.delete_order_list(order_list_id=oco.order_list_id, **one).data().list_order_status == "ALL_DONE"
    rest.order_list_oto(pending_quantity=0.4, **working, **single, **one)
    rest.order_list_otoco(pending_quantity=0.4, **working, **pair, **one)
    rest.order_list_opo(**working, **single, **one)
    rest.order_list_opoco(**working, **pair, **one)
    rest.order_oco(side="SELL", quantity=0.4, price=120, stop_price=90, **one)


@pytest.mark.usefixtures("parsed")
def test_the_sdk_is_told_of_errors_by_their_codes() -> None:
    async def play(venue: Venue) -> None:
        rest = sdk(venue).rest_api

        def codes() -> list[tuple[str, object]]:
            found: list[tuple[str, object]] = []
            for values in ({"order_id": 99}, {}):
                try:
                    rest.delete_order(symbol=SYMBOL, **values)
                except Exception as error:
                    found.append((type(error).__name__, getattr(error, "status_code", None)))
            for _ in range(8):
                try:
                    rest.get_account()
                except Exception as error:
                    found.append((type(error).__name__, getattr(error, "status_code", None)))
            return found

        found = await asyncio.to_thread(codes)
        assert found[0] == ("BadRequestError", -2011)
        assert found[1] == ("BadRequestError", -1102)
        assert ("TooManyRequestsError", -1003) in found

    weight = LimitsOf().weight
    visit(play, limits=LimitsOf(weight=type(weight)(weight.kind, weight.unit, weight.number, 100)))


STREAMS: dict[str, dict[str, str]] = {
    "trade": {}, "agg_trade": {}, "kline": {"interval": "1m"}, "book_ticker": {}, "mini_ticker": {}, "ticker": {},
    "avg_price": {}, "diff_book_depth": {}, "partial_book_depth": {"levels": "5"}, "reference_price": {},
}  # fmt: skip


@pytest.mark.usefixtures("parsed")
def test_the_sdk_reads_every_market_stream() -> None:
    async def play(venue: Venue) -> None:
        streams = sdk(venue).websocket_streams
        await streams.create_connection()
        heard: dict[str, Any] = {}
        try:
            for name, values in STREAMS.items():
                handle = await getattr(streams, name)(symbol=SYMBOL.lower(), **values)
                handle.on("message", lambda said, name=name: heard.setdefault(name, said))
                await asyncio.sleep(0.21)  # five messages a second are the venue's limit
            venue.trade(10_000, 20_000)
            venue.show(book([("98.00", "5")], [("102.00", "5")]))
            await until(lambda: {*heard} == {*STREAMS})
        finally:
            await streams.close_connection()
        assert heard["trade"].p == "100.00000000"
        assert heard["diff_book_depth"].u >= heard["diff_book_depth"].U

    visit(play)


# ccxt


def ccxt_settings(venue: Venue) -> dict[str, Any]:
    """The least by which ccxt speaks to this venue alone."""
    rest, socket = f"{venue.http}/api/v3", {"spot": f"{venue.ws}/ws", "ws-api": {"spot": f"{venue.ws}/ws-api/v3"}}
    return {
        "apiKey": "demo-key", "secret": "demo-secret",
        "options": {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False,
                    "fetchMargins": False},
        "urls": {"api": {"public": rest, "private": rest, "v1": f"{venue.http}/api/v1", "sapi": f"{venue.http}/sapi/v1",
                         "ws": socket}},
    }  # fmt: skip


PAIR = "BTC/USDT"


@pytest.mark.usefixtures("parsed")
def test_ccxt_places_fills_cancels_replaces_and_queries_and_the_sums_agree() -> None:
    async def play(venue: Venue) -> None:
        client = ccxt.binance(ccxt_settings(venue))

        def call(name: str, *values: Any, **named: Any) -> Awaitable[Any]:
            return asyncio.to_thread(lambda: getattr(client, name)(*values, **named))

        markets = await call("load_markets")
        assert {PAIR, "ETH/BTC"} == {*markets}
        resting = await call("create_order", PAIR, "limit", "buy", 1, 90)
        venue.trade(9_000, 40_000, -1)
        partly = await call("fetch_order", resting["id"], PAIR)
        assert (partly["status"], partly["filled"], partly["remaining"]) == ("open", 0.4, 0.6)
        replaced = await call("edit_order", resting["id"], PAIR, "limit", "buy", 1, 91)
        taken = await call("create_order", PAIR, "market", "buy", 0.5)
        assert taken["status"] == "closed" and taken["fee"] == {"cost": 0.0005, "currency": "BTC"}
        stop = await call("create_order", PAIR, "limit", "sell", 0.2, 80, {"stopLossPrice": 85})
        assert stop["type"] == "stop_loss_limit" or stop["stopPrice"] == 85
        assert {order["id"] for order in await call("fetch_open_orders", PAIR)} == {replaced["id"], stop["id"]}
        await call("cancel_order", replaced["id"], PAIR)
        await call("cancel_all_orders", PAIR)
        trades = await call("fetch_my_trades", PAIR)
        orders = await call("fetch_orders", PAIR)
        total = sum(figure(trade["amount"]) for trade in trades)
        assert total == sum(figure(order["filled"]) for order in orders) == figure("0.9")
        assert sum(figure(trade["cost"]) for trade in trades) == figure("86.5")
        fees = sum(figure(trade["fee"]["cost"]) for trade in trades)
        balance = await call("fetch_balance")
        assert figure(balance["BTC"]["total"]) == 2 + total - fees
        assert figure(balance["USDT"]["free"]) == 100_000 - figure("86.5")
        bars, depth = await call("fetch_ohlcv", PAIR, "1m"), await call("fetch_order_book", PAIR)
        assert bars[-1][2] == 100.0 and depth["bids"][0] == [99.0, 5.0]

    visit(play)


@pytest.mark.usefixtures("parsed")
def test_ccxt_names_errors_as_it_does_at_the_true_venue() -> None:
    async def play(venue: Venue) -> None:
        client = ccxt.binance(ccxt_settings(venue))
        await asyncio.to_thread(client.load_markets)

        def named(call: Callable[[], object]) -> str:
            try:
                call()
            except ccxt.BaseError as error:
                return type(error).__name__
            return ""

        def errors() -> list[str]:
            found = [
                named(lambda: client.create_order(PAIR, "limit", "buy", 2_000, 90)),
                named(lambda: client.cancel_order("99", PAIR)),
                named(lambda: client.fetch_order("99", PAIR)),
                named(lambda: client.private_get_openorders({"symbol": "NOSUCH"})),
            ]
            venue.site.knobs.skew_ns = 3_600_000_000_000
            found.append(named(client.fetch_balance))
            venue.site.knobs.skew_ns = 0
            venue.site.knobs.unknown_answers = 1
            found.append(named(lambda: client.create_order(PAIR, "limit", "buy", 1, 90)))
            assert len(client.fetch_open_orders(PAIR)) == 1
            return found

        assert await asyncio.to_thread(errors) == [
            "InsufficientFunds", "OrderNotFound", "OrderNotFound", "BadSymbol", "InvalidNonce", "RequestTimeout",
        ]  # fmt: skip

    visit(play)


@pytest.mark.usefixtures("parsed")
def test_ccxt_pro_watches_orders_balances_and_the_market() -> None:
    async def play(venue: Venue) -> None:
        client = ccxt_pro.binance(ccxt_settings(venue))
        try:
            await client.load_markets()
            orders = asyncio.create_task(client.watch_orders(PAIR))
            balances = asyncio.create_task(client.watch_balance())
            await until(lambda: bool(next(iter(venue.site.venue.accounts.values())).listeners))
            await asyncio.sleep(0.1)
            placed = await client.create_order_ws(PAIR, "limit", "buy", 1, 90)
            (watched,) = await orders
            assert (watched["id"], watched["status"], watched["remaining"]) == (placed["id"], "open", 1.0)
            assert (await balances)["USDT"]["used"] == 90.0
            filled = asyncio.create_task(client.watch_my_trades(PAIR))
            await asyncio.sleep(0.1)
            venue.trade(9_000, 40_000, -1)
            (trade,) = await filled
            assert (trade["amount"], trade["takerOrMaker"]) == (0.4, "maker")
            await client.cancel_order_ws(placed["id"], PAIR)
            await watch_market(client, venue)
        finally:
            await client.close()

    visit(play)


async def watch_market(client: Any, venue: Venue) -> None:
    """Trades, book and candles by their streams."""
    watching = [
        asyncio.create_task(client.watch_trades(PAIR)),
        asyncio.create_task(client.watch_order_book(PAIR)),
        asyncio.create_task(client.watch_ohlcv(PAIR, "1m")),
        asyncio.create_task(client.watch_ticker(PAIR)),
    ]
    end = time.monotonic() + SECONDS
    number = 0
    while not all(task.done() for task in watching) and time.monotonic() < end:
        number += 1
        venue.trade(10_000 + number % 5, 1_000)
        venue.show(book([("98.00", f"{number % 7 + 1}")], [("102.00", "5")]))
        await asyncio.sleep(0.1)
    trades, depth, bars, ticker = [await task for task in watching]
    assert trades[-1]["symbol"] == PAIR and depth["asks"][0] == [102.0, 5.0]
    assert bars and 100.0 <= ticker["last"] <= 100.04


# The page


def snippet(language: str) -> str:
    page = (ROOT / "docs" / "simulators" / "binance.md").read_text()
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return str(found)


def test_the_example_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    example = snippet("python")
    assert "http://127.0.0.1:8700" in example

    async def play(venue: Venue) -> None:
        venue.trade(6_000_000, 100_000)
        venue.show(book([("59999.00", "1")], [("60001.00", "1")]))
        # The page trades at the synthetic market's prices; ours must have a minute's average near them.
        code = example.replace("http://127.0.0.1:8700", venue.http)
        await asyncio.to_thread(lambda: exec(code, {}))

    visit(play, filters=FilterKnobs(multiplier_up=0))
    assert capsys.readouterr().out == "FILLED NEW CANCELED\n"


def test_the_command_of_the_page_stands_and_tells_where(tmp_path: Path) -> None:
    environment = dict(os.environ)
    if "PYTHONPATH" in environment:
        environment["PYTHONPATH"] = str(ROOT / environment["PYTHONPATH"])
    done = subprocess.run(
        [sys.executable, "-m", *snippet("sh").split()], cwd=tmp_path, env=environment, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["symbols"] == ["BTCUSDT", "ETHUSDT"]
