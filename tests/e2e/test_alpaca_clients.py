"""Official and independent clients against the simulated Alpaca, over real sockets: alpaca-py and ccxt.

They were written by others from the venue's own documents; what they can not parse, warn of or raise at is an error of
the simulator. Nothing of it leaves the machine.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import os
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.alpaca_venue import Served, served, until
from tests.e2e.loopback import only_loopback
from tests.project import COMPILED_ALONE, ROOT
from tradewright.sim.wire.alpaca import Knobs

with warnings.catch_warnings():
    # alpaca-py imports websockets.legacy, which says of itself that it is deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    import websockets.legacy.client  # noqa: F401
    from alpaca.common.exceptions import APIError
    from alpaca.data.enums import DataFeed
    from alpaca.data.historical import CryptoHistoricalDataClient, StockHistoricalDataClient
    from alpaca.data.live import CryptoDataStream, StockDataStream
    from alpaca.data.requests import (
        CryptoBarsRequest,
        CryptoLatestOrderbookRequest,
        CryptoLatestQuoteRequest,
        CryptoSnapshotRequest,
        StockBarsRequest,
        StockLatestTradeRequest,
        StockQuotesRequest,
        StockSnapshotRequest,
        StockTradesRequest,
    )
    from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
    from alpaca.trading.client import TradingClient
    from alpaca.trading.enums import AssetClass, OrderClass, OrderSide, QueryOrderStatus, TimeInForce
    from alpaca.trading.requests import (
        ClosePositionRequest,
        GetAssetsRequest,
        GetCalendarRequest,
        GetOrderByIdRequest,
        GetOrdersRequest,
        GetPortfolioHistoryRequest,
        LimitOrderRequest,
        MarketOrderRequest,
        ReplaceOrderRequest,
        StopLossRequest,
        TakeProfitRequest,
        TrailingStopOrderRequest,
    )
    from alpaca.trading.stream import TradingStream

MONDAY_DATE = datetime.date(2026, 1, 12)
KEYS = ("demo-key", "demo-secret")
pytestmark = [
    COMPILED_ALONE,
    # What alpaca-py stands on; its own words, not ours.
    pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning", "ignore:Parsing timestamps:DeprecationWarning"),
]


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No client warns of anything that it was answered."""
    caplog.set_level(logging.WARNING)
    yield
    # ccxt's aiohttp would like a faster zlib; that is no word on us.
    said = [record for record in caplog.get_records("call") if record.name != "aiohttp_fast_zlib"]
    assert [record.getMessage() for record in said if record.levelno >= logging.WARNING] == []


@pytest.fixture
def venue(quiet: None) -> Iterator[Served]:
    """A venue, its clients held to this machine; a warning or an error that any of them logs fails the test."""
    with only_loopback(), served() as found:
        yield found


@contextmanager
def running(stream: Any) -> Iterator[None]:
    """An SDK's stream in its thread."""
    thread = threading.Thread(target=stream.run, daemon=True)
    thread.start()
    until(lambda: stream._running)
    try:
        yield
    finally:
        stream.stop()
        thread.join(20)
        assert not thread.is_alive()


def listens(venue: Served) -> bool:
    return any(getattr(stream, "listens", False) for stream in venue.site.streams)


def trading(venue: Served) -> Any:
    client = TradingClient(*KEYS, paper=True, url_override=venue.http)
    client._retry = 0
    return client


def buy(qty: float, **more: Any) -> MarketOrderRequest:
    return MarketOrderRequest(symbol="ACME", qty=qty, side=OrderSide.BUY, time_in_force=TimeInForce.DAY, **more)


def limit(price: float, side: OrderSide = OrderSide.BUY, qty: float = 10, **more: Any) -> LimitOrderRequest:
    return LimitOrderRequest(
        symbol="ACME", qty=qty, side=side, time_in_force=TimeInForce.DAY, limit_price=price, **more
    )  # fmt: skip


def test_alpaca_py_places_fills_in_part_cancels_replaces_queries_and_streams(venue: Served) -> None:
    client = trading(venue)
    updates: list[Any] = []

    async def hear(update: Any) -> None:
        updates.append(update)

    stream = TradingStream(*KEYS, paper=True, url_override=f"{venue.ws}/stream")
    stream.subscribe_trade_updates(hear)
    with running(stream):
        until(lambda: listens(venue))
        order = client.submit_order(buy(10, client_order_id="first"))
        assert order.status == "pending_new"
        until(lambda: client.get_order_by_client_id("first").status == "filled")
        waiting = client.submit_order(limit(90))
        until(lambda: client.get_order_by_id(waiting.id).status == "new")
        other = client.replace_order_by_id(waiting.id, ReplaceOrderRequest(limit_price=91.0, qty=7))
        until(lambda: client.get_order_by_id(waiting.id).status == "replaced")
        client.cancel_order_by_id(other.id)
        until(lambda: client.get_order_by_id(other.id).status == "canceled")
        until(lambda: any(update.event == "canceled" for update in updates))

    filled = client.get_order_by_client_id("first")
    fills = [update for update in updates if update.event in ("fill", "partial_fill")]
    activities: Any = client.get("/account/activities/FILL", {"order_id": str(order.id)})
    assert [update.event for update in fills] == ["partial_fill", "partial_fill", "fill"]
    sums = {
        Decimal(str(filled.filled_qty)),
        sum((Decimal(str(update.qty)) for update in fills), Decimal(0)),
        sum((Decimal(row["qty"]) for row in activities), Decimal(0)),
        Decimal(str(client.get_open_position("ACME").qty)),
        Decimal(str(fills[-1].position_qty)),
    }
    assert sums == {Decimal(10)}
    account = client.get_account()
    assert Decimal(str(account.cash)) == Decimal(100_000) - 10 * Decimal(str(filled.filled_avg_price))
    assert len({update.execution_id for update in fills}) == 3
    assert [(update.event, str(update.order.id)) for update in updates if update.event in ("replaced", "canceled")] == [
        ("replaced", str(waiting.id)), ("canceled", str(other.id)),
    ]  # fmt: skip
    assert str(client.get_order_by_id(waiting.id).replaced_by) == str(other.id)


def test_alpaca_py_reads_all_the_rest_of_the_account(venue: Served) -> None:
    client = trading(venue)
    until(lambda: venue.site.now > 0)
    order = client.submit_order(
        buy(
            2, order_class=OrderClass.BRACKET, take_profit=TakeProfitRequest(limit_price=120),
            stop_loss=StopLossRequest(stop_price=80),
        )
    )  # fmt: skip
    assert [leg.status for leg in order.legs] == ["held", "held"]
    nested = GetOrderByIdRequest(nested=True)
    until(lambda: [leg.status for leg in client.get_order_by_id(order.id, nested).legs] == ["new", "new"])
    closed = GetOrdersRequest(status=QueryOrderStatus.CLOSED, symbols=["ACME"])
    assert [one.id for one in client.get_orders(closed)] == [order.id]
    (row,) = client.get_all_positions()
    assert (row.qty, row.qty_available, row.side) == ("2", "0", "long")
    statuses = client.cancel_orders()
    assert sorted(one.status for one in statuses) == [200, 200]
    until(lambda: client.get_open_position("ACME").qty_available == "2")
    closing = client.close_position("ACME", ClosePositionRequest(percentage="50"))
    assert closing.qty == "1"
    until(lambda: client.get_open_position("ACME").qty == "1")
    client.submit_order(
        TrailingStopOrderRequest(
            symbol="ACME", qty=1, side=OrderSide.SELL, time_in_force=TimeInForce.GTC, trail_percent=5
        )
    )
    until(lambda: client.get_orders()[0].hwm is not None)
    (done,) = client.close_all_positions(cancel_orders=True)
    assert done.status == 200
    until(lambda: client.get_all_positions() == [])
    assert client.get_clock().is_open
    assert client.get_calendar(GetCalendarRequest(start=MONDAY_DATE, end=MONDAY_DATE))[0].close.hour == 16
    assert {asset.symbol for asset in client.get_all_assets()} == {"ACME", "GLOBEX"}
    crypto = client.get_all_assets(GetAssetsRequest(asset_class=AssetClass.CRYPTO))
    assert (crypto[0].symbol, crypto[0].min_trade_increment) == ("BTC/USD", 0.00001)
    assert client.get_asset("ACME").tradable
    settings = client.get_account_configurations()
    settings.no_shorting = True
    assert client.set_account_configurations(settings).no_shorting
    history = client.get_portfolio_history(GetPortfolioHistoryRequest(period="1D", timeframe="15Min"))
    assert len(history.equity) == len(history.timestamp)
    with pytest.raises(APIError) as refused:
        client.submit_order(limit(90.001))
    assert (refused.value.status_code, refused.value.code) == (422, 42210000)
    with pytest.raises(APIError) as refused:
        client.submit_order(limit(110, OrderSide.SELL))
    assert (refused.value.status_code, refused.value.code) == (403, 40310000)


@pytest.mark.usefixtures("quiet")
def test_alpaca_py_is_told_of_limits_and_wrong_keys() -> None:
    with only_loopback(), served(Knobs()) as venue:
        client: Any = TradingClient("demo-key", "wrong", paper=True, url_override=venue.http)
        with pytest.raises(APIError) as refused:
            client.get_account()
        assert refused.value.status_code == 403
        client = trading(venue)
        for _ in range(200):
            client.get_clock()
        with pytest.raises(APIError) as refused:
            client.get_clock()
    assert (refused.value.status_code, refused.value.code) == (429, 42910000)


def test_alpaca_py_reads_market_data_in_pages(venue: Served) -> None:
    stocks: Any = StockHistoricalDataClient(*KEYS, url_override=venue.http)
    crypto: Any = CryptoHistoricalDataClient(*KEYS, url_override=venue.http)
    until(lambda: venue.site.boards.of(venue.site.assets.all[2]).depth)
    start = datetime.datetime(2026, 1, 12, 14, tzinfo=datetime.UTC)
    end = datetime.datetime(2026, 1, 12, 15, 59, tzinfo=datetime.UTC)
    bars = stocks.get_stock_bars(StockBarsRequest(symbol_or_symbols="ACME", timeframe=TimeFrame.Minute, start=start))
    assert len(bars.data["ACME"]) > 119
    five = TimeFrame(5, TimeFrameUnit.Minute)
    longer = stocks.get_stock_bars(
        StockBarsRequest(symbol_or_symbols=["ACME"], timeframe=five, start=start, end=end)
    ).data["ACME"]
    assert (len(longer), {bar.close for bar in longer}) == (24, {100.0})
    coins = crypto.get_crypto_bars(
        CryptoBarsRequest(symbol_or_symbols="BTC/USD", timeframe=TimeFrame.Hour, start=start)
    )
    assert len(coins.data["BTC/USD"]) in (2, 3)
    latest = stocks.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols="ACME"))
    assert latest["ACME"].price == 100.01
    trades = stocks.get_stock_trades(StockTradesRequest(symbol_or_symbols="ACME", start=start, limit=3))
    assert len(trades.data["ACME"]) == 3 or len(venue.site.boards.of(venue.site.assets.all[0]).trades) < 5
    quotes = stocks.get_stock_quotes(StockQuotesRequest(symbol_or_symbols="ACME", start=start, limit=1))
    assert quotes.data["ACME"][0].ask_price == 100.01
    assert stocks.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols="ACME"))["ACME"].latest_trade.size == 2
    request = CryptoLatestQuoteRequest(symbol_or_symbols="BTC/USD")
    assert crypto.get_crypto_latest_quote(request)["BTC/USD"].bid_price == 49990
    book = crypto.get_crypto_latest_orderbook(CryptoLatestOrderbookRequest(symbol_or_symbols="BTC/USD"))["BTC/USD"]
    assert (book.bids[0].price, book.asks[0].size) == (49990, 0.1)
    snapshot = crypto.get_crypto_snapshot(CryptoSnapshotRequest(symbol_or_symbols="BTC/USD"))["BTC/USD"]
    assert snapshot.latest_quote.ask_price == 50010


def test_alpaca_py_streams_shares_and_crypto(venue: Served) -> None:
    heard: dict[str, Any] = {}

    async def hear(row: Any) -> None:
        heard.setdefault(f"{row.symbol} {type(row).__name__}", row)

    stocks = StockDataStream(*KEYS, feed=DataFeed.IEX, url_override=f"{venue.ws}/v2/iex")
    stocks.subscribe_trades(hear, "ACME")
    stocks.subscribe_quotes(hear, "*")
    stocks.subscribe_bars(hear, "ACME")
    crypto = CryptoDataStream(*KEYS, url_override=f"{venue.ws}/v1beta3/crypto/us")
    crypto.subscribe_quotes(hear, "BTC/USD")
    crypto.subscribe_trades(hear, "BTC/USD")
    crypto.subscribe_orderbooks(hear, "BTC/USD")
    stocks.subscribe_trading_statuses(hear, "ACME")
    stocks.register_trade_corrections(hear)
    stocks.register_trade_cancels(hear)
    with running(stocks), running(crypto):
        until(lambda: len(heard) == 6)
        venue.do(lambda site, now: site.amend("ACME", True, now))
        venue.do(lambda site, now: site.amend("ACME", False, now))
        venue.do(lambda site, now: site.halt("ACME", True, now))
        until(lambda: len(heard) == 9)
    assert heard["ACME TradeCancel"].price == 100.01
    assert heard["ACME TradeCorrection"].corrected_price == 100.02
    assert heard["ACME TradingStatus"].status_code == "H"
    assert heard["ACME Trade"].price == 100.01
    assert heard["ACME Quote"].ask_size == 4
    assert heard["ACME Bar"].close == 100
    assert heard["ACME Trade"].timestamp.year == 2026
    assert heard["BTC/USD Orderbook"].bids[0].price == 49990


def ccxt_settings(venue: Served) -> dict[str, Any]:
    api: dict[str, Any] = {"trader": venue.http, "market": venue.http, "broker": venue.http}
    api["ws"] = {"trading": f"{venue.ws}/stream", "crypto": f"{venue.ws}/v1beta3/crypto/us"}
    return {"apiKey": KEYS[0], "secret": KEYS[1], "urls": {"api": api}}


async def stands(client: Any, order: Any, status: str) -> None:
    """Waits until the venue says so of an order."""
    while (await client.fetch_order(order["id"]))["info"]["status"] != status:
        await asyncio.sleep(0.05)


def test_ccxt_places_fills_in_part_cancels_replaces_queries_and_streams(venue: Served) -> None:
    import ccxt.pro  # type: ignore[import-untyped]

    async def play() -> None:
        client = ccxt.pro.alpaca(ccxt_settings(venue))
        try:
            await client.load_markets()
            assert set(client.markets) == {"BTC/USD"}
            watching = asyncio.ensure_future(client.watch_my_trades("BTC/USD"))
            await asyncio.to_thread(until, lambda: listens(venue))
            order = await client.create_order("BTC/USD", "market", "buy", 0.25)
            assert await asyncio.wait_for(watching, 10)
            done = order
            while done["status"] != "closed":
                await asyncio.sleep(0.05)
                done = await client.fetch_order(order["id"])
            assert (done["filled"], done["average"]) == (0.25, 50010)
            assert sum(row["amount"] for row in await client.fetch_my_trades("BTC/USD")) == 0.25
            waiting = await client.create_order("BTC/USD", "limit", "buy", 0.01, 40000)
            await stands(client, waiting, "new")
            other = await client.edit_order(waiting["id"], "BTC/USD", "limit", "buy", 0.02, 41000)
            assert other["id"] != waiting["id"]
            await stands(client, waiting, "replaced")
            assert [row["id"] for row in await client.fetch_open_orders("BTC/USD")] == [other["id"]]
            await client.cancel_order(other["id"], "BTC/USD")
            await stands(client, other, "canceled")
            balance = await client.fetch_balance()
            assert balance["USD"]["total"] == 100_000 - 0.25 * 50010
            book = await client.watch_order_book("BTC/USD")
            assert book["bids"][0][0] == 49990
            assert (await client.watch_trades("BTC/USD"))[0]["price"] == 50010
            with pytest.raises(ccxt.InsufficientFunds):
                await client.create_order("BTC/USD", "limit", "buy", 100, 40000)
            with pytest.raises(ccxt.InvalidOrder):
                await client.fetch_order("none")
        finally:
            await client.close()

    asyncio.run(asyncio.wait_for(play(), 60))
    fills = [order for order in venue.site.accounts[KEYS[0]].orders.values() if order.filled]
    assert sum(order.filled for order in fills) == 250_000_000


def test_both_clients_see_the_same_account(venue: Served) -> None:
    import ccxt

    client, other = trading(venue), ccxt.alpaca(ccxt_settings(venue))
    order = client.submit_order(
        MarketOrderRequest(symbol="BTC/USD", qty=0.05, side=OrderSide.BUY, time_in_force=TimeInForce.GTC)
    )
    until(lambda: other.fetch_order(str(order.id))["status"] == "closed")
    assert Decimal(str(client.get_open_position("BTCUSD").qty)) == Decimal("0.05")
    assert other.fetch_balance()["USD"]["total"] == float(client.get_account().cash)


def test_the_example_of_the_page_runs(venue: Served, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "simulators" / "alpaca.md").read_text()
    (example,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert "http://127.0.0.1:8700" in example
    exec(example.replace("http://127.0.0.1:8700", venue.http), {})
    assert capsys.readouterr().out.startswith("OrderStatus.PENDING_NEW 50 ")


def test_the_command_of_the_page_stands_and_tells_where(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "simulators" / "alpaca.md").read_text()
    (command,) = re.findall(r"^```sh\n(.*?)\n```", page, re.DOTALL | re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=tmp_path, env=environment(), capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["symbols"] == ["ACME", "GLOBEX", "INITECH", "BTCUSD", "ETHUSD"]


def environment() -> dict[str, str]:
    """This process's, with its path to the sources made whole."""
    if "PYTHONPATH" not in os.environ:
        return dict(os.environ)
    return {**os.environ, "PYTHONPATH": str(ROOT / os.environ["PYTHONPATH"])}
