"""A look at the machine and the newest run: what is well, what is not, and which limits are off."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from tradewright.app.build import build
from tradewright.app.history import fold
from tradewright.app.home import home, newest_run
from tradewright.app.wiring.journals import check_sqlite, holder_of, verify
from tradewright.core.limits import LIMITS
from tradewright.model.errors import InputError, JournalError

#: Below this a journal could fill the disk within a day of a busy market.
DISK_FREE_MIN = 1 << 30


@dataclass(slots=True)
class Findings:
    """Each finding: (what was looked at, whether it is well, a sentence)."""

    items: list[tuple[str, bool, str]] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return all(well for _, well, _ in self.items)

    def add(self, name: str, well: bool, sentence: str) -> None:
        self.items.append((name, well, sentence))

    def row(self) -> dict[str, Any]:
        return {"good": self.good, "checks": [{"name": n, "good": w, "text": s} for n, w, s in self.items]}

    def text(self) -> str:
        return "\n".join(f"{'ok  ' if well else 'BAD '} {name}: {sentence}" for name, well, sentence in self.items)


def examine(given: Path | None) -> Findings:
    """Everything that can be looked at without changing anything."""
    findings = Findings()
    found = build()
    modules = len(found["compiled"])
    findings.add("build", True, f"{found['mode']}, {modules} compiled modules, Python {found['python']}")
    _sqlite(findings, apsw.sqlite_lib_version())
    _disk(findings, home(given))
    try:
        run = newest_run(given)
    except InputError as nothing:
        findings.add("run", True, str(nothing))
        return findings
    _journal(findings, run / "journal")
    return findings


def _sqlite(findings: Findings, version: str) -> None:
    try:
        check_sqlite(version)
    except JournalError as error:
        findings.add("sqlite", False, str(error))
    else:
        findings.add("sqlite", True, f"{version}, new enough for a journal")


def _disk(findings: Findings, folder: Path) -> None:
    existing = folder
    while not existing.exists():
        existing = existing.absolute().parent
    free = shutil.disk_usage(existing).free
    findings.add(
        "disk", free >= DISK_FREE_MIN, f"{free / 2**30:.1f} GiB free where {folder} is (at least 1 GiB is wanted)"
    )


def _journal(findings: Findings, journal: Path) -> None:
    try:
        head = verify(journal)
        findings.add("journal", True, f"{journal}: {head.sequence} records, chain {head.hash.hex()[:16]}…")
    except JournalError as error:
        findings.add("journal", False, str(error))
        return
    holder = holder_of(journal / "lock")
    findings.add("lock", True, "no engine holds this journal" if holder is None else f"held by {holder}")
    folded = fold(journal)
    for name, why in folded.halted.items():
        findings.add("strategy", False, f"{name} is halted: {why}")
    for account, limits in folded.setup.accounts if folded.setup is not None else []:
        on = {name for name, _ in limits}
        off = [name for name in LIMITS if name not in on]
        findings.add("limits", True, f"account {account.name}: off are {', '.join(off) or 'none'}")
