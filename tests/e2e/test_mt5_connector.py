"""`tradewright mt5-connector` where MetaTrader's library is not: one sentence, and nothing of a secret."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.e2e.test_docs import blocks

pytestmark = pytest.mark.skipif(find_spec("MetaTrader5") is not None, reason="MetaTrader's library is here")

COMMANDS = [line for block in blocks("docs/connector.md", "sh") for line in block.splitlines() if line.strip()]


def started(*arguments: str) -> subprocess.CompletedProcess[str]:
    secrets = {"TRADEWRIGHT_MT5_TOKEN": "hush-hush-hush-hush", "TRADEWRIGHT_MT5_PASSWORD": "hush-too"}
    return subprocess.run(
        [sys.executable, "-m", "tradewright", *arguments],
        env={**os.environ, **secrets}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_says_that_it_needs_windows(line: str) -> None:
    program, *arguments = shlex.split(line)
    assert program == "tradewright"
    done = started(*arguments)
    assert done.returncode == 1 and not done.stdout
    assert "Windows" in done.stderr and "tradewright[mt5]" in done.stderr and "hush" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_page_has_its_commands() -> None:
    assert len(COMMANDS) == 2


@pytest.mark.parametrize("arguments", [["--symbol", "GOLD"], ["--port", "99999"], ["--login", "-3"], ["--nothing"]])
def test_what_is_no_option_of_it_is_usage(arguments: list[str]) -> None:
    assert started("mt5-connector", *arguments).returncode == 2
