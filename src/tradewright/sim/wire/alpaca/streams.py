"""The two kinds of streams: a trade stream per account, and data streams per feed.

Trade stream: text JSON comes in, binary frames of JSON go out, msgpack both ways where the upgrade asked for it. Data
stream: JSON text, or msgpack where the upgrade asked for it; it speaks first, each frame is an array, one connection
per endpoint and key. Pings are answered. Decided: a refused data stream (time-out, a second connection, a slow client)
is closed behind its error; the sip feed is not for the free plan; the crypto feeds know no statuses and no limit bands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tradewright.sim.wire.alpaca.codes import STREAM_ERRORS, Refusal
from tradewright.sim.wire.alpaca.credentials import Credentials
from tradewright.sim.wire.alpaca.knobs import Knobs
from tradewright.sim.wire.alpaca.notation import read_json, write_json, write_msgpack
from tradewright.sim.wire.message import BINARY, CLOSE, PING, POLICY, PONG, TEXT, Frame, Request
from tradewright.sim.wire.site import Connection

TRADE_UPDATES = "trade_updates"
STOCK_CHANNELS = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds")
CRYPTO_CHANNELS = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "orderbooks")
NEWS_CHANNELS = ("news",)


class Stream(Connection):
    """What both have in common: the codec the client asked for, pings, and its end."""

    def __init__(self, request: Request, now: int, ended: Callable[[Any], None]) -> None:
        super().__init__(request, now)
        self.packed = "msgpack" in request.headers.get("content-type", "")
        self.key = ""
        self._ended = ended

    def receive(self, frame: Frame, now: int) -> None:
        if frame.kind == CLOSE:
            self.closed = True
            self._ended(self)
        elif frame.kind == PING:
            self.put(Frame(PONG, frame.data))
        elif frame.kind in (TEXT, BINARY) and not self.closed:
            self.hear(self._read(frame.data), now)

    def _read(self, data: bytes) -> Any:
        """What a message says; None: nothing that could be read."""
        if self.packed:
            try:
                return msgspec.msgpack.decode(data)
            except (msgspec.DecodeError, ValueError):
                pass
        try:
            return read_json(data)
        except Refusal:
            return None

    def hear(self, message: Any, now: int) -> None:
        """Takes one message."""

    def end(self, code: int = POLICY) -> None:
        """Closes it from this side."""
        self.close(code)
        self._ended(self)


class TradeStream(Stream):
    """`/stream`: authenticate, listen, trade_updates. What it listens to is replaced by each request."""

    def __init__(self, request: Request, now: int, ended: Callable[[Any], None], credentials: Credentials) -> None:
        super().__init__(request, now, ended)
        self._credentials = credentials
        self.listens = False

    def tell(self, content: dict[str, Any]) -> None:
        self.send_binary(write_msgpack(content) if self.packed else write_json(content))

    def hear(self, message: Any, now: int) -> None:
        action = message.get("action") if isinstance(message, dict) else None
        data = message.get("data") if isinstance(message, dict) else None
        if action in ("authenticate", "auth"):
            source = data if isinstance(data, dict) else message
            key = source.get("key_id", source.get("key"))
            known = self._credentials.known(key, source.get("secret_key", source.get("secret")))
            self.key = str(key) if known else ""
            self._say("authorization", {"status": "authorized" if known else "unauthorized", "action": action})
        elif action == "listen":
            if not self.key:
                self._say("authorization", {"status": "unauthorized", "action": "listen"})
                return
            wanted = data.get("streams") if isinstance(data, dict) else None
            streams = [name for name in wanted if name == TRADE_UPDATES] if isinstance(wanted, list) else []
            self.listens = bool(streams)
            self._say("listening", {"streams": streams})
        else:
            self._say("listening", {"error": "invalid action"})

    def _say(self, stream: str, data: dict[str, Any]) -> None:
        self.tell({"stream": stream, "data": data})


class DataStream(Stream):
    """Market data of one feed. endpoint: its path; channels: what can be subscribed to here."""

    def __init__(
        self,
        request: Request,
        now: int,
        ended: Callable[[Any], None],
        credentials: Credentials,
        knobs: Knobs,
        others: Callable[[], list[Stream]],
    ) -> None:
        super().__init__(request, now, ended)
        self.endpoint = request.path
        crypto, news = "/crypto/" in self.endpoint, "/news" in self.endpoint
        self.channels = CRYPTO_CHANNELS if crypto else NEWS_CHANNELS if news else STOCK_CHANNELS
        self._withheld = () if knobs.notices else ("statuses", "lulds")
        self._credentials = credentials
        self._knobs = knobs
        self._others = others
        self.wanted: dict[str, list[str]] = {channel: [] for channel in self.channels}
        self.tell([{"T": "success", "msg": "connected"}])

    def tell(self, content: list[dict[str, Any]]) -> None:
        if self.packed:
            self.send_binary(write_msgpack(content))
        else:
            self.put(Frame(TEXT, write_json(content)))

    def error(self, code: int) -> None:
        self.tell([{"T": "error", "code": code, "msg": STREAM_ERRORS[code]}])

    def time_out(self) -> None:
        """The time to authenticate is over."""
        if not self.key and not self.closed:
            self.error(404)
            self.end()

    def hear(self, message: Any, now: int) -> None:
        action = message.get("action") if isinstance(message, dict) else None
        if action == "auth":
            self._authenticate(message)
        elif action not in ("subscribe", "unsubscribe"):
            self.error(400)
        elif not self.key:
            self.error(401)
        else:
            self._subscribe(message, action == "subscribe")

    def _authenticate(self, message: dict[str, Any]) -> None:
        key = message.get("key")
        if self.key:
            self.error(403)
        elif not self._credentials.known(key, message.get("secret")):
            self.error(402)
        elif key in self._knobs.keys_without_data:
            self.error(411)
        elif self._knobs.plan == "free" and self.endpoint.endswith("/sip"):
            self.error(409)
        elif any(other.key == key and other.request.path == self.endpoint for other in self._others()):
            self.error(406)
            self.end()
        else:
            self.key = str(key)
            self.tell([{"T": "success", "msg": "authenticated"}])

    def _subscribe(self, message: dict[str, Any], more: bool) -> None:
        asked = {name: value for name, value in message.items() if name != "action"}
        if not all(isinstance(names, list) and all(isinstance(n, str) for n in names) for names in asked.values()):
            self.error(400)
            return
        if not all(channel in self.channels for channel in asked):
            self.error(410)
            return
        if any(asked.get(channel) for channel in self._withheld):
            self.error(409)
            return
        after = {channel: list(names) for channel, names in self.wanted.items()}
        for channel, names in asked.items():
            kept = [name for name in after[channel] if name not in names]
            after[channel] = [*kept, *dict.fromkeys(names)] if more else kept
        count = len({name for channel in ("trades", "quotes") for name in after.get(channel, []) if name != "*"})
        if self._knobs.plan == "free" and count > self._knobs.symbols_max:
            self.error(405)
            return
        self.wanted = after
        self.tell([{"T": "subscription", **after}])

    def wants(self, channel: str, symbol: str) -> bool:
        names = self.wanted.get(channel, ())
        return symbol in names or "*" in names

    def publish(self, channel: str, row: dict[str, Any]) -> None:
        """Tells a row to those who asked for it; a client that does not take its frames loses the connection."""
        if self.closed or not self.wants(channel, str(row["S"])):
            return
        if len(self.outbox) >= self._knobs.slow_frames:
            self.error(407)
            self.end()
            return
        self.tell([row])
