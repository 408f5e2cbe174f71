"""What is installed is locked: exact, hashed, one version in every lock, and from no particular host."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.project import ROOT

REQUIREMENTS = ROOT / "requirements"
LOCKS = sorted(REQUIREMENTS.glob("*.txt"))
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def pins(lock: Path) -> set[tuple[str, str]]:
    return set(PIN.findall(lock.read_text()))


def entries(text: str) -> list[str]:
    """The requirements of a lock: each with its continuation lines, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [entry for entry in re.split(r"\n(?=\S)", "\n".join(lines)) if entry.strip()]


def faults(text: str) -> list[str]:
    """Each entry of a lock that is not exact and hashed, or that names a place to download from."""
    exact = re.compile(r"[a-z0-9-]+==[^\s;]+( ; [^\\]+)?( \\\n +--hash=sha256:[0-9a-f]{64})+")
    return [entry for entry in entries(text) if not exact.fullmatch(entry.rstrip())]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_is_exact_and_hashed_and_names_no_host(lock: Path) -> None:
    assert pins(lock) != set()
    assert faults(lock.read_text()) == []
    assert "://" not in lock.read_text()
    assert str(Path.home()) not in lock.read_text()


HASH = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        (f"numpy==2.4.6 \\\n    {HASH}\n    # via x", False),
        (f"numpy==2.4.6 ; python_version < '3.12' \\\n    {HASH} \\\n    {HASH}", False),
        ("numpy==2.4.6", True),
        (f"numpy>=2.4.6 \\\n    {HASH}", True),
        (f"numpy @ file:///home/me/numpy.whl \\\n    {HASH}", True),
        ("--find-links wheels/", True),
    ],
)
def test_a_loose_line_is_a_fault(line: str, is_fault: bool) -> None:
    assert (faults(line) != []) == is_fault


def test_what_is_tested_is_what_runs() -> None:
    developers = pins(REQUIREMENTS / "dev.txt")
    assert pins(REQUIREMENTS / "run.txt") - developers == set()
    assert pins(REQUIREMENTS / "build.txt") - developers == set()


def test_every_requirement_is_locked_at_the_version_it_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = {re.split(r"[^a-z0-9-]", name)[0] for name in project["project"]["dependencies"]}
    assert asked - {name for name, _ in pins(REQUIREMENTS / "run.txt")} == set()
    exact = {tuple(name.split("==")) for name in project["build-system"]["requires"] if "==" in name}
    assert exact == {("cython", "3.2.9")}
    assert exact - pins(REQUIREMENTS / "build.txt") == set()
