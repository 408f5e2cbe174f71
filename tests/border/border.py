"""Nothing leaves this machine: once `guard` stands, a connection or a look-up beyond loopback raises, and is written
down for whoever swallowed the error.

It stands on the interpreter's own audit events, so that no client can go around it by how it opens its sockets, and in
every Python that inherits the environment: `sitecustomize` beside it raises it there.
"""

from __future__ import annotations

import os
import sys
from typing import Any

#: Names the file in which it is written down who wanted to leave.
LEFT = "TRADEWRIGHT_BORDER"
#: Whether this run was told that it may: for tests at a venue's testnet.
LEAVES = os.environ.get("TRADEWRIGHT_TESTNET") == "1"
_EVENTS = frozenset(("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"))
_LOOK_UPS = ("socket.getaddrinfo", "socket.gethostbyname")


def guard() -> None:
    """Raises the border of this process, once."""
    if not LEAVES and not getattr(sys, "_border_stands", False):
        sys._border_stands = True  # type: ignore[attr-defined]
        sys.addaudithook(_watch)


def told() -> list[str]:
    """Who wanted to leave since it was last asked."""
    place = os.environ[LEFT]
    if not os.path.getsize(place):
        return []
    with open(place, "r+") as file:
        found = file.read().splitlines()
        file.truncate(0)
    return found


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _EVENTS:
        return
    target = arguments[0 if event in _LOOK_UPS else 1]
    # What is connected to by a path, and no tuple, is a socket of this machine.
    if is_loopback(target) or (event not in _LOOK_UPS and not isinstance(target, tuple)):
        return
    said = f"{event} {target!r}"
    if place := os.environ.get(LEFT):
        with open(place, "a") as file:
            file.write(f"{said} by {sys.argv[:1]}\n")
    raise PermissionError(f"it would leave this machine: {said}")


def is_loopback(target: object) -> bool:
    """Whether an address or a host's name stays here; a path or a number is a socket of this machine."""
    host = target[0] if isinstance(target, tuple) and target else target
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if (
        not isinstance(host, str)
        or host in ("", "localhost", "0.0.0.0", "::")
        or (host.startswith(("/", "\0")) and host is target)
    ):
        return True
    return (
        host.startswith("127.") or host.endswith(".localhost") or host.partition("%")[0] in ("::1", "::ffff:127.0.0.1")
    )
