"""The MT5 Connector v1 as a venue: HTTP and a stream of events over the simulated terminal.

    GET  /health, /api/v1/health                     no token needed, always 200
    GET  /api/v1/account-summary (/account), open-positions, pending-orders, orders/TICKET, history/deals,
         history/orders, price/SYMBOL, symbols, symbols/SYMBOL, history, order-flow/SYMBOL, events
    POST /api/v1/trades/open (/orders), close, partial-close, close-all, modify, cancel

It understands what clients of the first connectors send and tells them all they know, and more. A POST may carry an
Idempotency-Key. A request's X-Request-Id comes back; without one it is given a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl, unquote

from tradewright.model.instrument import Instrument
from tradewright.model.rng import Rng
from tradewright.sim.models.models import Models
from tradewright.sim.wire.message import Answer, Request
from tradewright.sim.wire.mt5.answers import Refusal, answer, refused
from tradewright.sim.wire.mt5.broker import Broker
from tradewright.sim.wire.mt5.happenings import Happening
from tradewright.sim.wire.mt5.idempotency import Idempotency
from tradewright.sim.wire.mt5.interference import INTERFERENCE
from tradewright.sim.wire.mt5.knobs import Knobs
from tradewright.sim.wire.mt5.reads import Query, Reads, whole
from tradewright.sim.wire.mt5.server_time import SECOND_NS
from tradewright.sim.wire.mt5.session import DEMO_LOGIN, DEMO_PASSWORD, DEMO_SERVER
from tradewright.sim.wire.mt5.stream import PING_NS, Events, as_text
from tradewright.sim.wire.mt5.terminal import Terminal
from tradewright.sim.wire.mt5.trades import Trades
from tradewright.sim.wire.site import Connection, Tape
from tradewright.sim.wire.trouble import Trouble

DEMO_TOKEN = "demo-token"
DEMO_BALANCE = "100000"
API = "/api/v1"


class Mt5Site:
    """One connector, terminal and account.

    token: what Authorization: Bearer must carry, "" = nothing is asked (as the first connectors). balance: in the
    account's currency. knobs: the broker's ways. models: fees and partial fills of the exchange.
    """

    def __init__(
        self, instruments: Iterable[Instrument], tape: Tape, rng: Rng, now: int, *, token: str = DEMO_TOKEN,
        login: int = DEMO_LOGIN, password: str = DEMO_PASSWORD, server: str = DEMO_SERVER,
        balance: str = DEMO_BALANCE, knobs: Knobs | None = None, models: Models | None = None,
    ) -> None:  # fmt: skip
        self.broker = Broker(instruments, tape, rng, now, Fraction(balance), knobs or Knobs(), models)
        self.trouble = Trouble()
        self.terminal = Terminal(self.broker, self.trouble, login, password, server)
        self.terminal.initialize(login=login, password=password, server=server)
        self._token = token
        self._reads = Reads(self.terminal)
        self._trades = Trades(self.terminal)
        self._idempotency = Idempotency()
        self._listeners: list[Events] = []
        self._requests = 0
        self.broker.happenings.told.append(self._tell)
        reads, trades = self._reads, self._trades
        self._lists: dict[str, Callable[[Query], Any]] = {
            "open-positions": reads.open_positions, "pending-orders": reads.pending_orders,
            "history/deals": reads.deals, "history/orders": reads.orders, "symbols": reads.symbols,
            "history": reads.history, "account-summary": lambda query: reads.account_summary(),
            "account": lambda query: reads.account_summary(), "health": lambda query: reads.health(),
        }  # fmt: skip
        self._items: dict[str, Callable[[str], Any]] = {
            "orders": reads.order, "price": reads.price, "symbols": reads.symbol, "order-flow": reads.order_flow,
        }  # fmt: skip
        self._posts: dict[str, Callable[[bytes], tuple[int, Any]]] = {
            "trades/open": trades.open, "orders": trades.open, "trades/close": trades.close,
            "trades/partial-close": trades.partial_close, "trades/close-all": trades.close_all,
            "trades/modify": trades.modify, "trades/cancel": trades.cancel,
        }  # fmt: skip

    # The venue's doors

    def request(self, request: Request, now: int) -> Answer:
        self.advance(now)
        self.terminal.trouble = self.trouble
        self._requests += 1
        request_id = request.headers.get("x-request-id") or f"r-{self._requests}"
        try:
            return self._handle(request, request_id)
        except Refusal as refusal:
            soft = self.broker.knobs.soft_errors and refusal.status == 503 and refusal.content
            if soft:
                return answer(200, {"success": False, "error": refusal.text, **refusal.content}, request_id)
            return refused(refusal, request_id)

    def connect(self, request: Request, now: int) -> Connection | Answer:
        self.advance(now)
        query = dict(parse_qsl(request.query))
        if unquote(request.path) != f"{API}/events":
            return refused(Refusal(404, f"there is nothing at {request.path}"), "")
        if not self._known(request) and not self._same(query.get("token", "")):
            return refused(Refusal(401, "the token is missing or wrong"), "")
        listener = Events(request, now)
        if "since" in query and query["since"].isdecimal():
            for happening in self._since(int(query["since"])):
                listener.tell(happening)
        self._listeners.append(listener)
        return listener

    def advance(self, now: int) -> None:
        self.broker.advance(max(now, self.broker.now))
        for listener in self._listeners:
            listener.tend(now)
        self._listeners = [listener for listener in self._listeners if not listener.closed]

    def due(self) -> int | None:
        pings = [listener.pinged + PING_NS for listener in self._listeners]
        moments = [moment for moment in (self.broker.due(), *pings) if moment is not None]
        return min(moments, default=None)

    def inject(self, kind: str, now: int) -> bool:
        self.advance(now)
        happens = INTERFERENCE.get(kind)
        return happens is not None and happens(self.broker)

    # Requests

    def _handle(self, request: Request, request_id: str) -> Answer:
        path = unquote(request.path)
        if path == "/health":
            path = f"{API}/health"
        name = path.removeprefix(f"{API}/")
        if name != "health":
            if not self._known(request):
                raise Refusal(401, "the token is missing or wrong")
            if self.trouble.maintenance:
                raise Refusal(503, "the terminal is not connected: maintenance", retry_after=60)
            if self.broker.now < self.trouble.limited_until:
                wait = -((self.broker.now - self.trouble.limited_until) // SECOND_NS)
                raise Refusal(429, "too many requests", retry_after=wait)
        if not path.startswith(f"{API}/"):
            raise Refusal(404, f"there is nothing at {path}")
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        if request.method == "GET":
            if name == "events":
                return self._fetch(request, query, request_id)
            return answer(200, self._read(name, query), request_id)
        if request.method != "POST":
            raise Refusal(405, f"{request.method} is not possible here")
        return self._post(name, request, request_id)

    def _read(self, name: str, query: Query) -> Any:
        found = self._lists.get(name)
        if found is not None:
            return found(query)
        kind, _, item = name.partition("/")
        if kind not in self._items or not item:
            raise Refusal(405 if name in self._posts else 404, f"there is nothing to read at {name}")
        return self._items[kind](item)

    def _post(self, name: str, request: Request, request_id: str) -> Answer:
        act = self._posts.get(name)
        if act is None:
            raise Refusal(405 if name in self._lists else 404, f"there is nothing to do at {name}")
        key = request.headers.get("idempotency-key", "")
        now = self.broker.now
        kept = self._idempotency.find(key, request, now) if key else None
        if kept is False:
            raise Refusal(409, "the Idempotency-Key was used for another request")
        if isinstance(kept, Answer):
            return kept
        try:
            status, content = act(request.body)
            given = answer(status, {**content, "request_id": request_id}, request_id)
        except Refusal as refusal:
            given = refused(refusal, request_id)
        if key:
            self._idempotency.keep(key, request, given, now)
        return given

    def _known(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return not self._token or (scheme.lower() == "bearer" and self._same(token))

    def _same(self, token: str) -> bool:
        return compare_digest(token.encode(), self._token.encode())

    # Events

    def _tell(self, happening: Happening) -> None:
        if not self.trouble.silent:
            for listener in self._listeners:
                listener.tell(happening)

    def _since(self, seq: int) -> list[Happening]:
        return [happening for happening in self.broker.happenings.kept if happening.seq > seq]

    def _fetch(self, request: Request, query: Query, request_id: str) -> Answer:
        seq = whole(query.get("since") or request.headers.get("last-event-id", "0"), "since")
        found = [] if self.trouble.silent else self._since(seq)
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Request-Id": request_id}
        return Answer(200, as_text(found), headers)
