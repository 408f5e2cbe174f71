"""What README promises a newcomer: one command on a fresh clone sets everything up and trades for a minute."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.project import COMPILED_ALONE, ROOT

pytestmark = [COMPILED_ALONE, pytest.mark.long, pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout")]

SET_UP_SECONDS_MAX = 120
SESSION_SECONDS = 60
STEP = re.compile(r"^\.venv \((\w+)\): (?:install|compile) (\d+) s$", re.MULTILINE)


def test_one_command_sets_a_fresh_clone_up_within_two_minutes_and_plays_a_session(tmp_path: Path) -> None:
    clone = tmp_path / "tradewright"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TRADEWRIGHT_"))}
    # As a newcomer's shell has it: no environment of another checkout is active.
    path = [part for part in os.environ["PATH"].split(os.pathsep) if not Path(part).is_relative_to(ROOT)]
    inherited |= {"PATH": os.pathsep.join(path), "HOME": str(tmp_path)}
    inherited.pop("VIRTUAL_ENV", None)
    ran = subprocess.run(
        ["make", "run"], cwd=clone, env=inherited, capture_output=True, text=True, timeout=900, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    steps = dict(STEP.findall(ran.stdout))
    assert set(steps) == {"run", "tradewright"}, ran.stdout
    assert sum(map(int, steps.values())) < SET_UP_SECONDS_MAX, steps
    lines = ran.stdout.splitlines()
    assert len(lines) > SESSION_SECONDS // 2
    assert [line for line in lines if line.startswith("journal")], ran.stdout[-2_000:]
