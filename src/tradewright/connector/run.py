"""The connector as a program: the terminal started, the interface on loopback, until somebody ends it.

It listens on this machine alone: whoever may ask it may trade. From elsewhere it is reached by a tunnel or behind a
proxy that asks for more than a token.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tradewright.connector.package import Package, installed, started
from tradewright.connector.service import Service
from tradewright.connector.wall import Wall
from tradewright.model.errors import InputError

HOST = "127.0.0.1"
TOKEN_MIN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorOptions:
    """token: what clients must carry. terminal: path of terminal64.exe, "" = the installed one. login, password and
    server: of the account, 0 = the one the terminal was left with. utc_offset: seconds or a zone, "" = inferred from
    ticks. symbols: a client's symbol → the broker's name. seconds: how long, 0 = until it is ended."""

    token: str
    port: int = 3030
    terminal: str = ""
    login: int = 0
    password: str = ""
    server: str = ""
    utc_offset: str = ""
    symbols: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def __repr__(self) -> str:
        return f"ConnectorOptions(port={self.port}, login={self.login}, token=***, password=***)"


def run(options: ConnectorOptions, ready: Callable[[int], None]) -> None:
    """Serves until SIGINT, SIGTERM or the end of its seconds; ready: told the port. Raises PackageMissing where there
    is no library, NotReady for a terminal that does not start, InputError, OSError for a port that is taken."""
    package = installed()
    if len(options.token) < TOKEN_MIN:
        raise InputError(f"the token has fewer than {TOKEN_MIN} characters: set TRADEWRIGHT_MT5_TOKEN to a longer one")
    started(package, options.terminal, options.login, options.password, options.server)
    try:
        asyncio.run(served(package, options, ready))
    finally:
        package.shutdown()


async def served(package: Package, options: ConnectorOptions, ready: Callable[[int], None]) -> None:
    """The interface over a terminal that is started."""
    from tradewright.connector.server import serve

    service = Service(package, options.token, time.time_ns, Wall(options.utc_offset), options.symbols)
    over = asyncio.Event()
    # Windows' loop takes no handlers: there an interrupt ends it by itself.
    for number in (signal.SIGINT, signal.SIGTERM) if os.name != "nt" else ():
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    serving = asyncio.create_task(serve(service, HOST, options.port, over, ready))
    if options.seconds:
        asyncio.get_running_loop().call_later(options.seconds, over.set)
    await serving
