"""The connector without its sockets: a request in, an answer out, one after the other.

GET  /health, /api/v1/health                     no token needed, always 200
GET  /api/v1/account-summary (/account), open-positions, pending-orders, orders/TICKET, history/deals,
     history/orders, price/SYMBOL, symbols, symbols/SYMBOL, history
POST /api/v1/trades/open (/orders), close, partial-close, close-all, modify, cancel
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl, unquote

from tradewright.connector.keys import Keys
from tradewright.connector.package import Package
from tradewright.connector.reads import Query, Reads
from tradewright.connector.replies import Refusal, Reply, refused, reply
from tradewright.connector.resolver import Resolver
from tradewright.connector.trades import Trades
from tradewright.connector.wall import Wall
from tradewright.model.errors import InputError, NotReady
from tradewright.ports import Clock

API = "/api/v1"


class Service:
    """package: a terminal that is started. token: what Authorization: Bearer must carry. symbols: a client's symbol →
    the broker's name, where it is not found for certain. Not for two threads at once."""

    def __init__(
        self, package: Package, token: str, clock: Clock, wall: Wall, symbols: Mapping[str, str] | None = None
    ) -> None:
        if not token:
            raise InputError("a connector without a token would trade for anybody who reaches it")
        resolver = Resolver(package, dict(symbols or {}))
        reads, trades = Reads(package, resolver, wall, clock), Trades(package, resolver, wall)
        self._package = package
        self._token = token
        self._clock = clock
        self._wall = wall
        self._keys = Keys()
        self._requests = 0
        self._lists: dict[str, Callable[[Query], Any]] = {
            "open-positions": reads.open_positions, "pending-orders": reads.pending_orders,
            "history/deals": reads.deals, "history/orders": reads.orders, "symbols": reads.symbols,
            "history": reads.history, "account-summary": reads.account_summary, "account": reads.account_summary,
            "health": reads.health,
        }  # fmt: skip
        self._items: dict[str, Callable[[str], Any]] = {
            "orders": reads.order, "price": reads.price, "symbols": reads.symbol,
        }  # fmt: skip
        self._posts: dict[str, Callable[[bytes], tuple[int, Any]]] = {
            "trades/open": trades.open, "orders": trades.open, "trades/close": trades.close,
            "trades/partial-close": trades.partial_close, "trades/close-all": trades.close_all,
            "trades/modify": trades.modify, "trades/cancel": trades.cancel,
        }  # fmt: skip

    def handle(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """headers: names in lower case. Never raises for what a client or the terminal says."""
        self._requests += 1
        request_id = headers.get("x-request-id", "")[:128] or f"r-{self._requests}"
        try:
            return self._answer(method, unquote(path), query, headers, body, request_id)
        except Refusal as refusal:
            return refused(refusal, request_id)
        except NotReady as error:
            return refused(Refusal(503, str(error), retry_after=1), request_id)

    def _answer(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, request_id: str
    ) -> Reply:
        path = f"{API}/health" if path == "/health" else path
        name = path.removeprefix(f"{API}/")
        if name != "health" and not self._known(headers.get("authorization", "")):
            raise Refusal(401, "the token is missing or wrong")
        if not path.startswith(f"{API}/"):
            raise Refusal(404, f"there is nothing at {path}")
        if self._wall.due(self._clock()):
            self._infer()
        if method == "GET":
            return reply(200, self._read(name, dict(parse_qsl(query, keep_blank_values=True))), request_id)
        if method != "POST":
            raise Refusal(405, f"{method} is not possible here")
        return self._post(name, path, body, headers.get("idempotency-key", ""), request_id)

    def _read(self, name: str, query: Query) -> Any:
        found = self._lists.get(name)
        if found is not None:
            return found(query)
        kind, _, item = name.partition("/")
        if kind not in self._items or not item:
            raise Refusal(405 if name in self._posts else 404, f"there is nothing to read at {name}")
        return self._items[kind](item)

    def _post(self, name: str, path: str, body: bytes, key: str, request_id: str) -> Reply:
        act = self._posts.get(name)
        if act is None:
            raise Refusal(405 if name in self._lists else 404, f"there is nothing to do at {name}")
        now = self._clock()
        before = self._keys.find(key, path, body, now) if key else None
        if before is not None:
            return before
        try:
            status, content = act(body)
            given = reply(status, {**content, "request_id": request_id}, request_id)
        except Refusal as refusal:
            given = refused(refusal, request_id)
        if key:
            self._keys.keep(key, path, body, given, now)
        return given

    def _infer(self) -> None:
        """The newest tick of what the market watch shows tells how far the clock is from UTC, if it came now."""
        newest = max((info.time for info in self._package.symbols_get() or () if info.select), default=0)
        self._wall.infer(newest, self._clock())

    def _known(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() == "bearer" and compare_digest(token.encode(), self._token.encode())
