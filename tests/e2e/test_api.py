"""The page on the service over HTTP is true: its commands are run as a person would, and no key is left anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from tests.e2e.service import SECONDS, Background, configured, serving, simulated, variables
from tests.e2e.test_docs import blocks
from tests.e2e.test_serve import free_port
from tests.project import COMPILED_ALONE, ROOT

pytestmark = COMPILED_ALONE


def figures(port: str) -> str:
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def test_every_command_of_the_pages_does_what_they_say_and_no_key_is_left_anywhere(tmp_path: Path) -> None:
    port, home = str(free_port()), tmp_path / "my-service"
    (tmp_path / "config").symlink_to(ROOT / "config")
    binary = tmp_path / "bin"
    binary.mkdir()
    (binary / "tradewright").write_text(f'#!/bin/sh\nexec {sys.executable} -m tradewright "$@"\n')
    (binary / "tradewright").chmod(0o755)
    environment = variables(
        tmp_path, "", TRADEWRIGHT_PORT=port, PATH=f"{binary}:{os.environ['PATH']}",
        PYTHONPATH=os.pathsep.join(filter(None, sys.path)),
    )  # fmt: skip
    found = [*blocks("docs/api.md", "sh"), *blocks("docs/metrics.md", "sh")]
    lines = [line for block in found for line in block.replace("3001", port).splitlines()]
    assert len(lines) == 28 and lines[0].startswith("tradewright serve")
    service = Background(["sh", "-c", f"exec {lines[0]}"], tmp_path, environment)
    said = []
    try:
        service.hears("READY")
        service.hears(f"API    http://127.0.0.1:{port} ")
        service.until((home / "admin.key").exists)
        # Nobody types as fast as the first prices come: an order without one would be refused.
        service.until(lambda: 'te_rollup_staleness_seconds{symbol="BTCUSD"}' in figures(port))
        for line in lines[1:]:
            done = subprocess.run(
                ["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=SECONDS
            )  # fmt: skip
            assert done.returncode == 0, f"{line}\n{done.stderr}\n{done.stdout}"
            assert done.stdout.strip(), line
            said.append(done.stdout)
        assert service.end() == 0
        assert service.said("STATE  all is HALTED — admin: looks odd")
        assert service.said("STATE  all is ACTIVE — admin: understood")
    finally:
        service.abandon()
    secret = (home / "admin.key").read_text().strip().split("_", 2)[2]
    made = next(text for text in said if text.startswith("tw_")).splitlines()[0].split("_", 2)[2]
    for text in [*service.lines, *(one for one in said if not one.startswith("tw_"))]:
        assert secret not in text and made not in text
    for file in home.rglob("*"):
        if file.is_file() and file.name != "admin.key":
            content = file.read_bytes()
            assert secret.encode() not in content and made.encode() not in content, file


def test_health_says_whether_the_reports_of_venues_come_in(tmp_path: Path) -> None:
    def checks() -> dict[str, str]:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=SECONDS) as answer:
            return dict(json.load(answer)["checks"])

    port = free_port()
    with simulated("binance") as venue:
        file = configured(tmp_path, "binance", f"server: {{port: {port}}}\nstopSeconds: 0\n")
        with serving(file, tmp_path / "home", variables(tmp_path, venue.url)) as service:
            service.hears("READY  main")
            assert checks() == {"journal": "connected", "websocket": "connected", "binance": "connected"}
            venue.process.kill()
            service.until(lambda: checks()["websocket"] == "disconnected")
