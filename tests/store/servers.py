"""A server that several test processes share: the first one starts it, and it ends when the last one has gone."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.project import ROOT

#: So that none of them is taken for one that was forgotten: each ends by itself.
_STARTED: list[subprocess.Popen[str]] = []


@contextmanager
def shared_server(name: str, factory: pytest.TempPathFactory) -> Iterator[str]:
    base = factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    held = folder / f"{name}.held"
    held.touch()
    # Nobody's death leaves a lock behind: whoever is killed has gone too.
    with held.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield url_of(name, held, folder / f"{name}.url")


def url_of(name: str, held: Path, said: Path) -> str:
    """Of the server that stands, else of one that is started now."""
    with said.open("a+") as state:
        fcntl.flock(state, fcntl.LOCK_EX)
        state.seek(0)
        url = state.read()
        if not url or not listens(url):
            url = started(name, held)
            state.truncate(0)
            state.write(url)
    return url


def started(name: str, held: Path) -> str:
    command = [sys.executable, "-m", "scripts.services", "--while", str(held), name]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    _STARTED.append(process)
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline()
    if not line:
        pytest.fail(f"no {name}: {process.stderr.read()}")
    return str(json.loads(line)[name])


def listens(url: str) -> bool:
    place = urlsplit(url)
    try:
        with socket.create_connection((place.hostname or "", place.port or 0), 1.0):
            return True
    except OSError:
        return False
