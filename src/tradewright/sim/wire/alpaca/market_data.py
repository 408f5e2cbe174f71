"""Market data by REST: history in pages, the latest, snapshots; of shares under /v2/stocks, of crypto under
/v1beta3/crypto/us.

A page holds at most `limit` points of all symbols together, sorted by symbol and then by time; its token says where the
next one begins. Decided: an error has no code but where one is known; a page of history begins at the day's start and
ends now unless it is asked for otherwise; nothing is adjusted, since the market has no corporate actions; all feeds say
the same; the running day's bar grows with its minutes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from tradewright.model.zone import MINUTE_NS, day_of, day_start
from tradewright.sim.wire.alpaca.assets import CRYPTO, EQUITY, Asset, Assets
from tradewright.sim.wire.alpaca.boards import Board, Boards, bucket
from tradewright.sim.wire.alpaca.codes import Refusal
from tradewright.sim.wire.alpaca.knobs import Knobs
from tradewright.sim.wire.alpaca.notation import moment_of

LIMIT_DEFAULT = 1_000
LIMIT_MAX = 10_000
RECENT_NS = 15 * MINUTE_NS
FEEDS = ("sip", "iex", "otc", "boats", "delayed_sip", "overnight")
ADJUSTMENTS = ("raw", "split", "dividend", "spin-off", "all")
KINDS = ("bars", "trades", "quotes")

#: A point: its time, its number among those of the time, its row.
Point = tuple[int, int, dict[str, Any]]


def bad(message: str) -> Refusal:
    return Refusal(400, 0, message)


class MarketData:
    """Answers all of it."""

    def __init__(self, assets: Assets, boards: Boards, knobs: Knobs) -> None:
        self._assets = assets
        self._boards = boards
        self._knobs = knobs

    def stocks(self, path: list[str], query: dict[str, str], now: int) -> dict[str, Any]:
        """path: what follows /v2/stocks."""
        match path:
            case [("bars" | "trades" | "quotes") as kind]:
                return self._pages(kind, self._named(query, EQUITY), query, now)
            case [("bars" | "trades" | "quotes") as kind, "latest"]:
                return self._latest(kind, self._named(query, EQUITY))
            case ["snapshots"]:
                return {asset.symbol: self._snapshot(asset, now) for asset in self._named(query, EQUITY)}
            case [symbol, "snapshot"]:
                return {"symbol": symbol, **self._snapshot(self._asset(symbol, EQUITY), now)}
            case [symbol, ("bars" | "trades" | "quotes") as kind]:
                page = self._pages(kind, [self._asset(symbol, EQUITY)], query, now)
                return {"symbol": symbol, kind: page[kind].get(symbol, []), "next_page_token": page["next_page_token"]}
            case [symbol, ("bars" | "trades" | "quotes") as kind, "latest"]:
                latest = self._latest(kind, [self._asset(symbol, EQUITY)])[kind]
                return {"symbol": symbol, kind[:-1]: latest.get(symbol)}
        raise Refusal(404, 0, "endpoint not found.")

    def crypto(self, path: list[str], query: dict[str, str], now: int) -> dict[str, Any]:
        """path: what follows /v1beta3/crypto/us."""
        match path:
            case [("bars" | "trades" | "quotes") as kind]:
                return self._pages(kind, self._named(query, CRYPTO), query, now)
            case ["latest", ("bars" | "trades" | "quotes") as kind]:
                return self._latest(kind, self._named(query, CRYPTO))
            case ["latest", "orderbooks"]:
                boards = [self._boards.of(asset) for asset in self._named(query, CRYPTO)]
                return {"orderbooks": {b.asset.symbol: b.depth_row(b.depth) for b in boards if b.depth}}
            case ["snapshots"]:
                return {"snapshots": {a.symbol: self._snapshot(a, now) for a in self._named(query, CRYPTO)}}
        raise Refusal(404, 0, "endpoint not found.")

    def _asset(self, name: str, asset_class: str) -> Asset:
        asset = self._assets.find(name)
        if asset is None or asset.asset_class != asset_class:
            raise bad(f"Invalid symbol(s): {name}")
        return asset

    def _named(self, query: dict[str, str], asset_class: str) -> list[Asset]:
        names = [name for name in query.get("symbols", "").split(",") if name]
        if not names:
            raise bad("symbols is required")
        found = {asset.symbol: asset for asset in (self._asset(name, asset_class) for name in names)}
        return [found[symbol] for symbol in sorted(found)]

    # History

    def _pages(self, kind: str, assets: list[Asset], query: dict[str, str], now: int) -> dict[str, Any]:
        begin, end = self._window(assets, query, now)
        limit = query.get("limit") or str(LIMIT_DEFAULT)
        sort = query.get("sort") or "asc"
        if not limit.isdecimal() or not 1 <= int(limit) <= LIMIT_MAX or sort not in ("asc", "desc"):
            raise bad(f"limit is 1 to {LIMIT_MAX}, sort asc or desc")
        if (query.get("adjustment") or "raw") not in ADJUSTMENTS:
            raise bad(f"invalid adjustment: {query['adjustment']}")
        down = sort == "desc"
        after = _token_place(query.get("page_token", ""))
        rows: dict[str, list[dict[str, Any]]] = {}
        left, last = int(limit), ("", 0, 0)
        for asset in assets:
            if after and asset.symbol < after[0]:
                continue
            points = list(self._points(kind, self._boards.of(asset), query, begin, end))
            for time, count, row in reversed(points) if down else points:
                place = (time, count)
                if after and asset.symbol == after[0] and (place >= after[1:] if down else place <= after[1:]):
                    continue
                if left == 0:
                    return {kind: rows, "next_page_token": _token(*last)}
                left -= 1
                last = (asset.symbol, time, count)
                rows.setdefault(asset.symbol, []).append(row)
        return {kind: rows, "next_page_token": None}

    def _window(self, assets: list[Asset], query: dict[str, str], now: int) -> tuple[int, int]:
        equity = bool(assets) and assets[0].asset_class == EQUITY
        feed = query.get("feed", "")
        if equity and feed and feed not in FEEDS:
            raise bad(f"invalid feed: {feed}")
        end = moment_of(query["end"], "end") if query.get("end") else now
        zone = "America/New_York" if equity else "UTC"
        begin = moment_of(query["start"], "start") if query.get("start") else day_start(zone, day_of(zone, end))
        if begin > end:
            raise bad("end should not be before start")
        if equity and self._knobs.plan == "free" and feed == "sip" and end > now - RECENT_NS:
            if query.get("end"):
                raise Refusal(403, 42210000, "subscription does not permit querying recent SIP data")
            end = now - RECENT_NS
        return begin, end

    def _points(self, kind: str, board: Board, query: dict[str, str], begin: int, end: int) -> Iterator[Point]:
        if kind == "bars":
            try:
                bucket(query.get("timeframe", ""), board.asset)
            except ValueError as error:
                raise bad(f"invalid timeframe: {error}") from error
            for candle in board.candles(query["timeframe"], begin, end):
                yield candle.start, 0, board.candle_row(candle)
        elif kind == "trades":
            for time, count, trade in board.trades:
                if begin <= time <= end:
                    yield time, count, board.trade_row(count, trade)
        else:
            for time, count, quote in board.quotes:
                if begin <= time <= end:
                    yield time, count, board.quote_row(quote)

    # The latest

    def _latest(self, kind: str, assets: list[Asset]) -> dict[str, Any]:
        rows = {}
        for asset in assets:
            board = self._boards.of(asset)
            if kind == "bars" and board.bars:
                rows[asset.symbol] = board.candle_row(board.bars[-1])
            elif kind == "trades" and board.trades:
                rows[asset.symbol] = board.trade_row(*board.trades[-1][1:])
            elif kind == "quotes" and board.quotes:
                rows[asset.symbol] = board.quote_row(board.quotes[-1][2])
        return {kind: rows}

    def _snapshot(self, asset: Asset, now: int) -> dict[str, Any]:
        board = self._boards.of(asset)
        days = [board.candle_row(candle) for candle in board.candles("1Day", 0, now)][-2:]
        return {
            "latestTrade": board.trade_row(*board.trades[-1][1:]) if board.trades else None,
            "latestQuote": board.quote_row(board.quotes[-1][2]) if board.quotes else None,
            "minuteBar": board.candle_row(board.bars[-1]) if board.bars else None,
            "dailyBar": days[-1] if days else None,
            "prevDailyBar": days[-2] if len(days) == 2 else None,
        }


def _token(symbol: str, time: int, count: int) -> str:
    return base64.urlsafe_b64encode(f"{symbol}|{time}|{count}".encode()).decode()


def _token_place(token: str) -> tuple[str, int, int] | None:
    """Where the page before ended; None: there is none. Refuses a token that is not ours."""
    if not token:
        return None
    try:
        symbol, time, count = base64.urlsafe_b64decode(token.encode()).decode().split("|")
        return symbol, int(time), int(count)
    except (binascii.Error, ValueError) as error:
        raise bad("invalid page_token") from error
