"""The door of the interface: who asks, how often, and how much, before anything looks at what is asked.

Whatever is not open to everybody needs a key or a token of one, paths that do not exist included.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradewright.app.api.keys import Key
from tradewright.app.api.paces import Paces
from tradewright.app.api.problem import Problem, place_of
from tradewright.app.api.subscriber import user_of
from tradewright.app.api.tokens import Tokens
from tradewright.app.api.witness import Witness
from tradewright.app.audit import tell
from tradewright.app.service_log import ServiceLog
from tradewright.model.errors import InputError

#: Known to everybody: whether it lives, and what there is to ask.
OPEN = ("/health", "/health/live", "/health/ready", "/docs", "/openapi.json", "/asyncapi.json")
#: Told to the machine itself without a key, unless requests come through a proxy.
NEAR = "/metrics"
#: A browser can say a key with the handshake of a socket as one of the protocols that it offers.
BEARER = "bearer."
#: The longest request is a few hundred bytes.
BODY_BYTES_MAX = 16_384
BODY_SECONDS_MAX = 10.0
#: Where each kind of answer says how it went.
ANSWERS = {"http.response.start": "status", "websocket.http.response.start": "status", "websocket.close": "code"}
#: A socket from its handshake on, with what gives the key of a text, and whether a key keeps its pace.
Sockets = Callable[[Scope, Receive, Send, Callable[[str], Key | None], Callable[[Key], bool]], Awaitable[None]]


class Door:
    """An ASGI application before the one that answers, and before the sockets. direct: who asks is who it seems to be,
    since no proxy stands before it. closed: the service ends. begun: whether it trades, or stands by yet. crowded:
    whether connections are few by now, so that a request without a good key ends its own."""

    def __init__(
        self, behind: ASGIApp, sockets: Sockets, tokens: Tokens, paces: Paces, log: ServiceLog, witness: Witness,
        direct: bool,
    ) -> None:  # fmt: skip
        self.behind = behind
        self.sockets = sockets
        self.tokens = tokens
        self.paces = paces
        self.log = log
        self.witness = witness
        self.direct = direct
        self.closed = False
        self.begun: Callable[[], bool] = lambda: True
        self.crowded: Callable[[], bool] = lambda: False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun, body = False, b""
        scope.setdefault("state", {})
        self.witness.listen()

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] in ANSWERS:
                self._witnessed(scope, message[ANSWERS[message["type"]]], body)
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"cache-control", b"no-store")]
                if scope["state"].get("key") is None and self.crowded():
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        try:
            scope["state"].update(key=self._key(scope), near=self._is_near(scope))
            if self.closed and scope["path"] not in OPEN:
                raise Problem("STOPPING")
            if scope["path"] not in (*OPEN, NEAR) and not self.begun():
                raise Problem("STANDING_BY")
            if scope["type"] == "websocket":
                self._check_socket(scope)
                await self.sockets(scope, receive, sending, self._introduced, self._paced)
            else:
                body = scope["state"]["body"] = await _body(scope, receive)
                await self.behind(scope, _whole(body, receive), sending)
        except Problem as problem:
            await _tell(problem, sending, scope["type"])
        except Exception as error:
            # What was asked may hold a secret, and so may the error's text: its kind and place are told.
            self.log.say(f"DEFECT {scope.get('method', 'socket')} {place_of(error)}")
            if not begun:
                await _tell(Problem("INTERNAL"), sending, scope["type"])

    def _key(self, scope: Scope) -> Key | None:
        """Whose request it is; None where everybody may ask, and where a socket will say it. Raises Problem."""
        address = scope["client"][0] if scope.get("client") else ""
        text = _bearer(scope)
        known = True
        try:
            held = self.tokens.held(text) if text else None
            key = held if held is not None and held.good(time.time_ns()) else None
            scope["state"]["claimed"] = held
        except (InputError, OSError):
            key, known = None, False
        if not self.paces.takes(f"key {key.id}" if key is not None else f"address {address}"):
            raise Problem("RATE_LIMITED", retry=1)
        later = scope["type"] == "websocket" and not text
        if key is None and scope["path"] not in OPEN and not later and not self._is_near(scope):
            raise Problem("UNAUTHORIZED" if known else "KEYS_UNREADABLE")
        return key

    def _witnessed(self, scope: Scope, status: int, body: bytes) -> None:
        """What fails here is a defect of the log, and no reason to leave a kill without its answer."""
        try:
            self.witness.see(scope, status, body)
        except Exception as error:
            self.log.say(f"DEFECT audit {place_of(error)}")

    def _is_near(self, scope: Scope) -> bool:
        """A request without a key for what the machine itself may read. A key that is none is refused all the same."""
        if scope["path"] != NEAR or not self.direct or any(name == b"authorization" for name, _ in scope["headers"]):
            return False
        try:
            return bool(scope.get("client")) and ip_address(scope["client"][0]).is_loopback
        except ValueError:
            return False

    def _check_socket(self, scope: Scope) -> None:
        """Raises Problem where there is none, or not for this key."""
        if scope["query_string"]:
            raise Problem("INVALID_REQUEST", "the address of a socket has no query: a key never goes into one")
        key: Key | None = scope["state"]["key"]
        try:
            user = user_of(scope["path"])
        except Problem as problem:
            raise problem if key is not None else Problem("UNAUTHORIZED") from problem
        if key is not None and user not in (None, key.whose):
            raise Problem("NOT_FOUND", "path")

    def _introduced(self, text: str) -> Key | None:
        """The key of a socket that says it first of all."""
        try:
            return self.tokens.whose(text, time.time_ns())
        except (InputError, OSError):
            return None

    def _paced(self, key: Key) -> bool:
        return self.paces.takes(f"key {key.id}")


def _bearer(scope: Scope) -> str:
    """The text of a key or token that came along, "" = none: in its header, or as a protocol that a socket asks for."""
    said = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
    kind, _, text = said[0].partition(" ") if len(said) == 1 else ("", "", "")
    if kind.lower() == "bearer":
        return text.strip()
    offered = [one.removeprefix(BEARER) for one in scope.get("subprotocols", []) if one.startswith(BEARER)]
    return offered[0] if len(offered) == 1 else ""


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


async def _tell(problem: Problem, send: Send, kind: str) -> None:
    """Instead of an answer, or of a socket."""
    tell(code=problem.code)
    response = "websocket.http.response" if kind == "websocket" else "http.response"
    headers: list[Any] = [(name.encode(), value.encode()) for name, value in problem.headers().items()]
    body = problem.body()
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": f"{response}.start", "status": problem.status, "headers": headers})
    await send({"type": f"{response}.body", "body": body})
