"""`tradewright simulate` as a user starts it: a process of its own, asked over real sockets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.project import COMPILED_ALONE, ROOT
from tradewright.app.simulate import VENUES, faults_of
from tradewright.model.errors import InputError
from tradewright.sim.wire.faults import KINDS

pytestmark = COMPILED_ALONE

KEYS = {"APCA-API-KEY-ID": "demo-key", "APCA-API-SECRET-KEY": "demo-secret"}
CLOCKS: dict[str, tuple[str, dict[str, str]]] = {
    "alpaca": ("/v2/clock", KEYS),
    "binance": ("/api/v3/time", {}),
    "mt5": ("/health", {}),
}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tradewright", "simulate", *arguments]


@contextmanager
def simulated(*arguments: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """A simulator that stands, and what it said of itself."""
    process = subprocess.Popen(
        command(*arguments, "--json"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield json.loads(line), process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def asked(url: str, headers: dict[str, str]) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("venue", VENUES)
def test_it_says_where_it_stands_answers_there_and_ends_when_told(venue: str) -> None:
    path, headers = CLOCKS[venue]
    with simulated(venue, "--seed", "3") as (standing, process):
        assert standing["url"].startswith("http://127.0.0.1:")
        assert standing["symbols"]
        assert asked(standing["url"] + path, headers)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_its_clock_starts_where_it_is_told() -> None:
    with simulated("alpaca", "--start", "2026-07-01T15:00:00Z") as (standing, _):
        clock = asked(standing["url"] + "/v2/clock", KEYS)
        assert clock["is_open"] is True
        assert datetime.fromisoformat(clock["timestamp"]).astimezone().timestamp() == pytest.approx(
            1_782_918_000, abs=30
        )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["kraken"], 2, "no simulator of 'kraken'"),
        (["alpaca", "--start", "yesterday"], 2, "--start"),
        (["alpaca", "--data", "nowhere.parquet"], 1, "nowhere.parquet"),
    ],
)
def test_what_can_not_be_simulated_is_one_sentence(arguments: list[str], code: int, said: str) -> None:
    ran = subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode == code
    assert said in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_a_port_that_is_taken_is_said() -> None:
    with simulated("alpaca") as (standing, _):
        port = standing["url"].rpartition(":")[2]
        ran = subprocess.run(
            command("alpaca", "--port", port), cwd=ROOT, capture_output=True, text=True, timeout=60
        )  # fmt: skip
    assert ran.returncode == 1
    assert "address already in use" in ran.stderr


def test_faults_of_a_file_strike(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text("faults:\n  - {kind: error_before, where: GET /v2/clock, after: 1, status: 503}\n")
    with simulated("alpaca", "--faults", str(file)) as (standing, _):
        assert asked(standing["url"] + "/v2/clock", KEYS)
        with pytest.raises(HTTPError, match="503"):
            asked(standing["url"] + "/v2/clock", KEYS)
        assert asked(standing["url"] + "/v2/clock", KEYS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("faults: [{kind: earthquake}]", "fault 1: fault 'earthquake' is not one of"),
        ("limits: {}", "it has the one key faults"),
        ("- 1", "it has the one key faults"),
        ("faults: {", "it can not be read"),
    ],
)
def test_a_file_that_holds_no_faults_is_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=said) as refused:
        faults_of(file)
    assert str(file) in str(refused.value)


def test_the_page_names_every_fault_and_what_it_does() -> None:
    page = (ROOT / "docs" / "simulators" / "faults.md").read_text()
    for kind, meaning in KINDS.items():
        assert f"| `{kind}` | {meaning} |" in page
    assert faults_of(ROOT / "examples" / "faults.yaml")
