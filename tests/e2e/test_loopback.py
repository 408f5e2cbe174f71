"""The guard of this machine's border: it holds, it tells, and it lets through what stays here."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.border.border import is_loopback
from tests.e2e.loopback import only_loopback
from tests.project import ROOT


@pytest.mark.parametrize("call", [
    lambda: socket.create_connection(("192.0.2.1", 80), 0.1),
    lambda: socket.getaddrinfo("example.com", 80),
    lambda: socket.gethostbyname("example.com"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 80)),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_leaves_is_stopped_and_told_also_when_the_error_is_swallowed(call: object) -> None:
    assert callable(call)
    with pytest.raises(AssertionError, match="tried to leave"), only_loopback(), pytest.raises(PermissionError):
        call()


def test_what_stays_here_passes() -> None:
    with only_loopback(), socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
        socket.getaddrinfo("localhost", 80)
    assert all(map(is_loopback, [("::1", 1, 0, 0), ("127.1.2.3", 4), "/run/x", "localhost", None]))
    assert not any(map(is_loopback, [("10.0.0.1", 1), ("example.com", 1), "2001:db8::1"]))


DIALS = """
import socket
try:
    socket.create_connection(("192.0.2.1", 80), 5)
except PermissionError:
    print("stopped")
"""


def test_a_process_that_a_test_starts_is_stopped_too_and_told_also_when_it_swallows_the_error(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"tried to leave.*192\.0\.2\.1"), only_loopback():
        said = subprocess.run([sys.executable, "-c", DIALS], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert said.stdout == "stopped\n"


def test_a_run_fails_in_which_a_child_leaves(tmp_path: Path) -> None:
    """Nobody asked for the guard there."""
    (tmp_path / "it.py").write_text(
        f"import subprocess, sys\ndef test_it():\n    subprocess.run([sys.executable, '-c', {DIALS!r}], check=True)\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.conftest", "it.py"]
    # It is a run of its own, and no worker's.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    ran = subprocess.run(command, cwd=tmp_path, env={**own, "PYTHONPATH": paths()}, capture_output=True, text=True)
    assert ran.returncode == 1 and "it tried to leave this machine" in ran.stdout, ran.stdout


def paths() -> str:
    """The project's root too, for its conftest."""
    return os.pathsep.join([os.environ["PYTHONPATH"], str(ROOT)])
