"""The guard of this machine's border: it holds, it tells, and it lets through what stays here."""

from __future__ import annotations

import socket

import pytest

from tests.e2e.loopback import LeftTheMachineError, is_loopback, only_loopback


@pytest.mark.parametrize("call", [
    lambda: socket.create_connection(("192.0.2.1", 80), 0.1),
    lambda: socket.getaddrinfo("example.com", 80),
    lambda: socket.gethostbyname("example.com"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 80)),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_leaves_is_stopped_and_told_also_when_the_error_is_swallowed(call: object) -> None:
    assert callable(call)
    with pytest.raises(AssertionError, match="tried to leave"), only_loopback(), pytest.raises(LeftTheMachineError):
        call()


def test_what_stays_here_passes() -> None:
    with only_loopback(), socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
        socket.getaddrinfo("localhost", 80)
    assert all(map(is_loopback, [("::1", 1, 0, 0), ("127.1.2.3", 4), "/run/x", "localhost", None]))
    assert not any(map(is_loopback, [("10.0.0.1", 1), ("example.com", 1), "2001:db8::1"]))
