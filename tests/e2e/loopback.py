"""Nothing leaves this machine: inside `only_loopback` a connection or a look-up beyond it raises, and is told at the
end, for whoever swallowed the error.

It stands on the interpreter's own audit events, so that no client can go around it by how it opens its sockets.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
_guards: list[list[str]] = []
_installed: list[bool] = []


class LeftTheMachineError(OSError):
    """Somebody wanted to talk to another machine."""


@contextmanager
def only_loopback() -> Iterator[None]:
    """Guards all threads of this process while it is open."""
    if not _installed:
        sys.addaudithook(_watch)
        _installed.append(True)
    left: list[str] = []
    _guards.append(left)
    try:
        yield
    finally:
        _guards.remove(left)
    assert left == [], f"it tried to leave this machine: {left}"


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _guards or event not in _EVENTS:
        return
    target = arguments[0] if event in ("socket.getaddrinfo", "socket.gethostbyname") else arguments[1]
    if not is_loopback(target):
        for left in _guards:
            left.append(f"{event} {target!r}")
        raise LeftTheMachineError(f"{event} {target!r}")


def is_loopback(target: object) -> bool:
    """Whether an address or a host's name stays here; a path is a socket of this machine."""
    host = target[0] if isinstance(target, tuple) and target else target
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host is None or (not isinstance(target, tuple) and isinstance(host, str) and host.startswith("/")):
        return True
    if not isinstance(host, str) or host in ("", "localhost"):
        return host in ("", "localhost")
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
