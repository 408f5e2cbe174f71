"""Who looks after the follower's process ends with the service, whatever becomes of that process."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from tradewright.app import keeper
from tradewright.app.keeper import Keeper


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name in ("AGAIN_SECONDS", "SILENCE_SECONDS", "END_SECONDS"):
        monkeypatch.setattr(keeper, name, 0.2)
    return []


def kept(lines: list[str], until: str, times: int = 1) -> Keeper:
    """A keeper that is cancelled once it has said something so often."""

    async def program() -> Keeper:
        made = Keeper("TABLES", "any.module", {}, lines.append)
        running = asyncio.create_task(made.run())
        async with asyncio.timeout(60):
            while len([line for line in lines if until in line]) < times:
                await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()
        return made

    return asyncio.run(program())


def process(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """What is started in the follower's place."""
    file = folder / "python"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(file))


def test_a_process_that_can_not_be_started_is_tried_again(lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/program")
    assert not kept(lines, "TABLES do not follow — their process: [Errno 2]").well


def test_what_is_no_line_of_a_follower_ends_nothing(
    lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process(tmp_path, monkeypatch, f"echo x >> {tmp_path}/starts; echo nonsense; exec cat")
    kept(lines, "TABLES do not follow — their process: Expecting value")
    process(tmp_path, monkeypatch, "echo 1; exec cat")
    kept(lines, "TABLES do not follow — their process: argument of type")
    process(tmp_path, monkeypatch, "echo {}; exec cat")
    kept(lines, "TABLES do not follow — their process: 'down'")
    process(tmp_path, monkeypatch, "head -c 1000000 /dev/zero; echo; exec cat")
    kept(lines, "TABLES do not follow — their process: Separator", 1)


def test_a_process_that_is_silent_is_not_well_and_one_that_does_not_end_is_ended(
    lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process(tmp_path, monkeypatch, f"echo $$ > {tmp_path}/id; echo '{{\"sequence\": 7}}'; exec sleep 1000")
    began = time.monotonic()
    made = kept(lines, "nothing was heard of them for 0.2 s")
    assert lines[0] == "TABLES follow the journal, at record 7"
    assert (made.well, made.sequence) == (False, 7)
    assert time.monotonic() - began < 30
    assert not Path(f"/proc/{(tmp_path / 'id').read_text().strip()}").exists()


def test_a_process_that_followed_and_hangs_is_started_again(
    lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "HUNG_SECONDS", 0.6)
    process(tmp_path, monkeypatch, "echo '{\"sequence\": 7}'; exec sleep 1000")
    kept(lines, "TABLES follow the journal, at record 7", 2)
    # One that folds a long journal has not followed yet.
    process(tmp_path, monkeypatch, f"echo x >> {tmp_path}/starts; sleep 2; echo '{{\"sequence\": 8}}'; exec sleep 1000")
    kept(lines, "at record 8")
    assert (tmp_path / "starts").read_text() == "x\n"


def test_what_waiting_does_not_mend_is_said_once_and_not_tried_again(
    lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process(tmp_path, monkeypatch, f'echo x >> {tmp_path}/starts; echo \'{{"refused": "another one"}}\'; exit 1')

    async def program() -> None:
        async with asyncio.timeout(60):
            await Keeper("TABLES", "any.module", {}, lines.append).run()

    asyncio.run(program())
    assert lines == ["TABLES do not follow — another one; trading goes on"]
    assert (tmp_path / "starts").read_text() == "x\n"
