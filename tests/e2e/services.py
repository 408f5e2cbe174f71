"""The example services as real processes, and a proxy in front of one that does to it what networks and bugs do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.project import ROOT

SLOW_SECONDS = 5.0


class Service:
    """A running example service. score: the line it printed before it served; url: where it listens."""

    def __init__(self, name: str, data: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", f"examples.services.{name}", "--data", str(data), *arguments]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.score: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.url = self.process.stdout.readline().removeprefix("serving on ").strip()

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def running(name: str, data: Path, *arguments: str) -> Iterator[Service]:
    service = Service(name, data, *arguments)
    try:
        yield service
    finally:
        service.end()


class Proxy:
    """Passes questions on to `target`. fault: "" = as it is; slow, status, garbage, stale, endless: as it says.
    questions: how many came."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.fault = ""
        self.questions = 0
        self.over = Event()
        proxy = self

        class Passing(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                proxy.questions += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = proxy.answer(self.path, body)
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # who asked has gone

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        if self.fault == "status":
            return 500, b'{"action": "BUY"}'
        if self.fault == "garbage":
            return 200, b"<html>it works!</html>"
        if self.fault == "endless":
            return 200, b" " * 100_000
        if self.fault == "slow":
            self.over.wait(SLOW_SECONDS)
        request = urllib.request.Request(self.target + path, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as response:
            found = response.read()
        if self.fault == "stale":
            found = json.dumps(json.loads(found) | {"time": "2020-01-01T00:00:00Z"}).encode()
        return 200, found

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@contextmanager
def proxy_of(target: str) -> Iterator[Proxy]:
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()


class Watch:
    """Wall-clock seconds of a block."""

    def __enter__(self) -> Watch:
        self.began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self.began
