"""A venue's answers and frames, spoilt on their way to its client in one of the ways a venue may go wrong."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tradewright.ports import HttpAnswer, HttpRequest, Socket, Transport

NEVER_SEEN = "QQQZZZ"
HUGE = 10_000_000
#: What is that long comes so often and no more: a minute of it would test this machine.
HUGE_TIMES = 8
#: Names whose values say what something is or has become.
_ENUMS = frozenset(
    "status state event side type order_type time_in_force timeInForce X x o S e T stream channel action".split()
)
_SYMBOLS = frozenset(("symbol", "s", "S", "symbol_name", "canonical", "broker_symbol"))
_CLOCKS = frozenset(("timestamp", "serverTime", "server_time"))
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def _changed(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """The same with each leaf as `change` makes it, by the name it stands under."""
    if isinstance(value, dict):
        return {key: _changed(inner, change, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_changed(inner, change, name) for inner in value]
    return change(name, value)


def _without(value: Any) -> Any:
    """Every other field is missing."""
    if isinstance(value, dict):
        return {key: _without(inner) for number, (key, inner) in enumerate(value.items()) if number % 2}
    return [_without(inner) for inner in value] if isinstance(value, list) else value


def _nan(name: str, value: Any) -> Any:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return "NaN" if numeric or (isinstance(value, str) and _NUMBER.fullmatch(value)) else value


def _hour_off(name: str, value: Any) -> Any:
    """The venue's clock, where it shows it, goes an hour ahead."""
    if name not in _CLOCKS:
        return value
    if isinstance(value, int):
        return value + 3_600_000 * (1_000 if value > 10**14 else 1)
    try:
        return (datetime.fromisoformat(str(value).replace("Z", "+00:00")) + timedelta(hours=1)).isoformat()
    except ValueError:
        return value


#: By kind: what becomes of a structure; None: it is no structure any more.
KINDS: dict[str, Callable[[Any], Any] | bytes] = {
    "no json": b"\xff\xfe{<html>",
    "nothing": b"",
    "null": b"null",
    "an empty list": b"[]",
    "an empty object": b"{}",
    "deep": b"[" * 20_000,
    "fields missing": _without,
    "an enum nobody knows": lambda value: _changed(value, lambda n, v: "PURPLE" if n in _ENUMS else v),
    "NaN": lambda value: _changed(value, _nan),
    "a symbol never seen": lambda value: _changed(
        value, lambda n, v: NEVER_SEEN if n in _SYMBOLS and isinstance(v, str) and len(v) > 2 else v
    ),
    "a clock an hour off": lambda value: _changed(value, _hour_off),
    "ten million bytes": lambda value: {"pad": "x" * HUGE, "was": value},
}


def spoiled(kind: str, data: bytes, packed: bool = False) -> bytes:
    """The bytes after it; what is no structure itself stays as it is."""
    change = KINDS[kind]
    if isinstance(change, bytes):
        return change
    try:
        found = msgspec.msgpack.decode(data) if packed else json.loads(data, parse_float=Decimal)
    except ValueError:
        return data
    made = change(found)
    return msgspec.msgpack.encode(made) if packed else json.dumps(made, default=str).encode()


class Spoiler:
    """A Transport through which what a venue says passes spoilt for as long as `kind` is set. where: only answers to
    requests that begin so ("GET /v2/orders"), "" = all; frames: what comes on streams instead; both: as well. struck:
    how often."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner
        self.kind = ""
        self.where = ""
        self.frames = False
        self.both = False
        self.struck: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def over(self) -> bool:
        """Whether nothing is spoilt now."""
        return not self.kind or ("million" in self.kind and self.struck.total() >= HUGE_TIMES)

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        answer = await self.inner.request(request, timeout)
        path = "/" + request.url.partition("://")[2].partition("/")[2]
        if (self.frames and not self.both) or self.over() or not f"{request.method} {path}".startswith(self.where):
            return answer
        self.struck[f"{request.method} {path.partition('?')[0]}"] += 1
        return HttpAnswer(answer.status, answer.headers, spoiled(self.kind, answer.body))

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> Socket:
        return SpoiledSocket(self, await self.inner.connect(url, headers, timeout))

    async def close(self) -> None:
        await self.inner.close()


class SpoiledSocket:
    """A WebSocket of a Spoiler."""

    def __init__(self, spoiler: Spoiler, inner: Socket) -> None:
        self._spoiler = spoiler
        self._inner = inner

    @property
    def heard(self) -> int:
        return self._inner.heard

    async def receive(self) -> str | bytes:
        frame = await self._inner.receive()
        if self._spoiler.over() or not self._spoiler.frames:
            return frame
        self._spoiler.struck["frame"] += 1
        if isinstance(frame, str):
            return spoiled(self._spoiler.kind, frame.encode()).decode(errors="replace")
        packed = frame[:1] not in (b"{", b"[")
        return spoiled(self._spoiler.kind, frame, packed)

    async def send(self, message: str | bytes) -> None:
        await self._inner.send(message)

    async def ping(self) -> None:
        await self._inner.ping()

    async def close(self) -> None:
        await self._inner.close()
