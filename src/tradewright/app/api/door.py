"""The door of the interface: who asks, how often, and how much, before anything looks at what is asked.

Whatever is not open to everybody needs a key, paths that do not exist included.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradewright.app.api.keys import Key, KeyRing
from tradewright.app.api.problem import Problem
from tradewright.app.service_log import ServiceLog
from tradewright.model.errors import InputError

#: Known to everybody: whether it lives, and what there is to ask.
OPEN = ("/health", "/health/live", "/health/ready", "/docs", "/openapi.json")
#: Told to the machine itself without a key, unless requests come through a proxy.
NEAR = "/metrics"
#: The longest request is a few hundred bytes.
BODY_BYTES_MAX = 16_384
BODY_SECONDS_MAX = 10.0
#: Keys and addresses whose pace is remembered; the one that was silent longest is forgotten.
CALLERS_MAX = 4_096


class Paces:
    """How often each caller asks: `rate` a second, twice as many at once."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def takes(self, caller: str) -> bool:
        """Whether one more request is within the caller's pace."""
        now = self._clock()
        left, since = self._left.pop(caller, (2 * self._rate, now))
        left = min(2 * self._rate, left + (now - since) * self._rate)
        self._left[caller] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > CALLERS_MAX:
            self._left.popitem(last=False)
        return left >= 1


class Door:
    """An ASGI application before the one that answers. direct: who asks is who it seems to be, since no proxy stands
    before it. closed: the service ends."""

    def __init__(self, behind: ASGIApp, ring: KeyRing, paces: Paces, log: ServiceLog, direct: bool) -> None:
        self.behind = behind
        self.ring = ring
        self.paces = paces
        self.log = log
        self.direct = direct
        self.closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"cache-control", b"no-store")]
            await send(message)

        try:
            scope.setdefault("state", {}).update(key=self._key(scope), near=self._is_near(scope))
            if self.closed and scope["path"] not in OPEN:
                raise Problem("STOPPING")
            await self.behind(scope, _whole(await _body(scope, receive), receive), sending)
        except Problem as problem:
            await _tell(problem, sending)
        except Exception as error:
            # What was asked may hold a secret, and so may the error's text: its kind and place are told.
            self.log.say(f"DEFECT {scope['method']} {_place(error)}")
            if not begun:
                await _tell(Problem("INTERNAL"), sending)

    def _key(self, scope: Scope) -> Key | None:
        """Whose request it is; None where everybody may ask. Raises Problem."""
        address = scope["client"][0] if scope.get("client") else ""
        said = [value for name, value in scope["headers"] if name == b"authorization"]
        kind, _, text = said[0].decode("latin-1").partition(" ") if len(said) == 1 else ("", "", "")
        known = True
        try:
            key = self.ring.of(text.strip(), time.time_ns()) if kind.lower() == "bearer" else None
        except (InputError, OSError):
            key, known = None, False
        if not self.paces.takes(f"key {key.id}" if key is not None else f"address {address}"):
            raise Problem("RATE_LIMITED", retry=1)
        if key is None and scope["path"] not in OPEN and not self._is_near(scope):
            raise Problem("UNAUTHORIZED" if known else "KEYS_UNREADABLE")
        return key

    def _is_near(self, scope: Scope) -> bool:
        """A request without a key for what the machine itself may read. A key that is none is refused all the same."""
        if scope["path"] != NEAR or not self.direct or any(name == b"authorization" for name, _ in scope["headers"]):
            return False
        try:
            return bool(scope.get("client")) and ip_address(scope["client"][0]).is_loopback
        except ValueError:
            return False


async def _body(scope: Scope, receive: Receive) -> bytes:
    """All of the body. Raises Problem where it is too large or too slow."""
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Problem("TIMED_OUT", "the connection ended before the body did")
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > BODY_BYTES_MAX:
                    raise Problem("BODY_TOO_LARGE", f"at most {BODY_BYTES_MAX} bytes")
    except TimeoutError as error:
        raise Problem("TIMED_OUT", f"within {BODY_SECONDS_MAX:g} s") from error
    return body


def _whole(body: bytes, receive: Receive) -> Receive:
    """A body that is here already, as an application asks for it."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Message:
        return left.pop() if left else await receive()

    return given


async def _tell(problem: Problem, send: Send) -> None:
    headers: list[Any] = [(name.encode(), value.encode()) for name, value in problem.headers().items()]
    body = problem.body()
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _place(error: BaseException) -> str:
    """Its kind, and where it was raised."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = "" if at is None else f" in {at.tb_frame.f_code.co_qualname}:{at.tb_lineno}"
    return f"{type(error).__name__}{where}"
