"""The interface as a server in the service's own event loop."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from tradewright.app.api import docs, exchange, history, limits, orders, performance, reads, signals, trading, writes
from tradewright.app.api.connections import PING_SECONDS, PONG_SECONDS, Connection, Listener, Socket, make_room
from tradewright.app.api.desk import Desk
from tradewright.app.api.direct import Answered, Direct
from tradewright.app.api.door import Door
from tradewright.app.api.paces import Paces
from tradewright.app.api.problem import Problem, place_of, unrepeated
from tradewright.app.api.route import OPEN, Route, needs
from tradewright.app.api.stream import Stream
from tradewright.app.api.subscriber import converse
from tradewright.app.api.witness import Witness
from tradewright.app.audit import AuditLog, tell
from tradewright.app.config import Config
from tradewright.app.config_keys import ServerBlock
from tradewright.model.errors import InputError, JournalFull
from tradewright.model.event import Event
from tradewright.trader import Outcome

# What has a name of its own stands before what takes any name in its place; orders come early, since each route before
# the one that is meant costs a request a look.
ROOMS = (history, orders, reads, writes, limits, signals, trading, performance, exchange, docs)
ROUTES = [route for room in ROOMS for route in room.ROUTES]
#: Connections that the machine keeps until they are accepted.
BACKLOG = 64
MESSAGE_BYTES_MAX = 16_384
IDLE_SECONDS = 30
STOP_SECONDS = 2


class ApiServer:
    """Make it before anything is journaled: it takes its address, and refuses what can not be served. `run` it in the
    loop of the engine. url: where it answers."""

    def __init__(self, config: Config, block: ServerBlock, desk: Desk, audit: AuditLog) -> None:
        application = Direct(application_of(desk), ROUTES, ANSWERED)
        self.desk = desk
        self.stream = Stream(desk)
        paces = Paces(block.requests_per_second)
        sockets = partial(converse, self.stream)
        self.door = Door(application, sockets, desk.tokens, paces, desk.log, Witness(audit), not block.behind_proxy)
        made = uvicorn.Config(
            # What strangers get wrong is told to them, and is no line for each in the service's log.
            self.door, log_level="critical", log_config=None, access_log=False, lifespan="off",
            http=Connection, ws=Socket, ws_max_size=MESSAGE_BYTES_MAX, ws_per_message_deflate=False,
            ws_ping_interval=PING_SECONDS, ws_ping_timeout=PONG_SECONDS,
            loop="none", server_header=False, proxy_headers=False, backlog=BACKLOG,
            timeout_keep_alive=IDLE_SECONDS, timeout_graceful_shutdown=STOP_SECONDS,
            ssl_certfile=config.path(block.tls_certificate) or None, ssl_keyfile=config.path(block.tls_key) or None,
        )  # fmt: skip
        with config.placed("server.tlsCertificate"):
            try:
                made.load()
            except OSError as error:
                raise InputError(f"server.tlsCertificate, server.tlsKey can not be used: {error}") from error
        make_room()
        with config.placed("server.port"):
            self._socket = _bound(block)
        self.door.crowded = self._socket.crowded
        self._server = _Server(made)
        host, port = self._socket.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if block.tls_certificate else 'http'}://{shown}:{port}"

    def look(self, event: Event) -> None:
        """`live.Observer`."""
        self.stream.look(event)

    def see(self, sequence: int, event: Event, outcome: Outcome) -> None:
        """`live.Observer`. What fails here is a defect of the interface, and no reason to stop trading."""
        self.stream.see(sequence, event, outcome)
        try:
            self.desk.earnings.see(event, outcome)
        except Exception as error:
            self.desk.earnings.forget()
            self.desk.log.say(f"DEFECT earnings {place_of(error)}")

    @property
    def answers(self) -> bool:
        return self._server.started

    async def run(self) -> None:
        """Until it is cancelled: then requests under way are answered, and connections end."""
        first = self.desk.ring.make_first(time.time_ns())
        self.desk.log.say(f"API    {self.url} (what there is to ask: {self.url}/docs)")
        if first is not None:
            self.desk.log.say(f"KEY    the first key, for everything, lies in {first}; `tradewright keys` makes others")
        serving = asyncio.ensure_future(self._server.serve(sockets=[self._socket]))
        try:
            await asyncio.shield(serving)
        finally:
            self.door.closed = True
            self._server.should_exit = True
            await serving

    def close(self) -> None:
        """Gives its address back, also where it never ran."""
        self._socket.close()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the service's: it ends in its own order."""
        yield


def _bound(block: ServerBlock) -> Listener:
    """Raises InputError where the address can not be had."""
    try:
        found = socket.getaddrinfo(block.host, block.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        made = Listener(family, kind, protocol)
    except OSError as error:
        raise InputError(f"server.host: {block.host} is no address here: {error.strerror or error}") from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        # Another that is bound there too may listen first; then this is refused here, before anything is journaled.
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError as error:
        made.close()
        raise InputError(
            f"server.port: {block.host}:{block.port} can not be had: {error.strerror or error}; choose another, or 0 "
            "for one that is free"
        ) from error
    return made


def application_of(desk: Desk) -> FastAPI:
    """The routes, behind no door yet."""
    application = FastAPI(
        title="tradewright", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False,
        exception_handlers={**ANSWERED, RequestValidationError: _invalid, HTTPException: _http, Exception: _defect},
    )  # fmt: skip
    application.state.desk = desk
    for route in ROUTES:
        _add(application, route)
    application.state.openapi = docs.openapi_of(application, ROUTES)
    return application


def _add(application: FastAPI, route: Route) -> None:
    application.add_api_route(
        route.path, route.endpoint, methods=[route.method], operation_id=route.name, response_model=None,
        dependencies=[] if route.scope == OPEN else [Depends(needs(route.scope))],
        responses={"default": {"description": "why not"}},
    )  # fmt: skip


async def _problem(request: Request, error: Any) -> Response:
    tell(code=error.code)
    scope = request.scope
    said = b" ".join((scope["state"].get("body", b""), scope["query_string"], scope["path"].encode()))
    problem = Problem(error.code, unrepeated(error.detail, said), error.retry)
    return Response(problem.body(), problem.status, problem.headers())


async def _input_error(request: Request, error: Any) -> Response:
    return await _problem(request, Problem("INVALID_REQUEST", str(error)))


async def _invalid(request: Request, error: Any) -> Response:
    """What was given is not repeated: it may be a secret in the wrong place."""
    said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return await _problem(request, Problem("INVALID_REQUEST", said))


async def _http(request: Request, error: Any) -> Response:
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "INVALID_REQUEST")
    problem = Problem(code)
    tell(code=code)
    headers = {"allow": ", ".join(_methods(request))} if code == "METHOD_NOT_ALLOWED" else {}
    return Response(problem.body(), problem.status, {**problem.headers(), **headers})


def _methods(request: Request) -> list[str]:
    """What the path knows: a name of its own stands before what takes any name in its place."""
    paths = [route.path for route in request.app.router.routes if route.matches(request.scope)[0] != Match.NONE]
    path = min(paths, key=lambda path: "{" in path)
    return [route.method for route in ROUTES if route.path == path]


async def _full(request: Request, error: Any) -> Response:
    return await _problem(request, Problem("NOT_DURABLE", str(error)))


async def _defect(request: Request, error: Any) -> Response:
    return await _problem(request, Problem("INTERNAL"))


#: What a route raises, by its kind.
ANSWERED: dict[int | type[Exception], Answered] = {Problem: _problem, InputError: _input_error, JournalFull: _full}
