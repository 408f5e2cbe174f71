"""Where runs live: `--home`, else $TRADEWRIGHT_HOME, else ./.tradewright.

A run is a folder with its journal, the paper exchange's book and its lock files. Runs that were not given a folder of
their own are numbered under `runs/`.
"""

from __future__ import annotations

import os
from pathlib import Path

from tradewright.model.errors import InputError

JOURNAL = "journal"
PAPER = "paper.db"
SHADOW = "shadow.db"


def home(given: Path | None) -> Path:
    """The home folder in force. Raises InputError for a file."""
    found = given or Path(os.environ.get("TRADEWRIGHT_HOME") or ".tradewright")
    if found.exists() and not found.is_dir():
        raise InputError(f"--home {found} is a file, not a folder")
    return found


def new_run(given: Path | None) -> Path:
    """A fresh numbered run folder; made here, so that two processes can not take the same."""
    runs = home(given) / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    number = max([int(entry.name) for entry in runs.iterdir() if entry.name.isdigit()], default=0)
    while True:
        number += 1
        try:
            (runs / f"{number:06d}").mkdir()
        except FileExistsError:
            continue
        return runs / f"{number:06d}"


def newest_run(given: Path | None) -> Path:
    """The folder of the newest run at home: the home itself if it is one, else the latest under `runs/`."""
    base = home(given)
    if (base / JOURNAL).is_dir():
        return base
    runs = sorted(entry for entry in (base / "runs").glob("*") if (entry / JOURNAL).is_dir())
    if not runs:
        raise InputError(
            f"there is no run in {base} yet; start one with `tradewright demo`, or name one with --journal"
        )
    return runs[-1]


def own_book(run: Path, account: str) -> Path:
    """The book of a paper account that may stand beside others."""
    return run / f"paper-{account}.db"


def paper_book(run: Path, account: str) -> Path:
    """Where the exchange of a paper account keeps its book: a demo's is alone."""
    own = own_book(run, account)
    return run / PAPER if (run / PAPER).exists() and not own.exists() else own


def journal_folder(given: Path | None, journal: Path | None) -> Path:
    """The journal a command shall read: the one named (its folder, or the run it lies in), else that of the newest
    run."""
    if journal is None:
        return newest_run(given) / JOURNAL
    if (journal / JOURNAL).is_dir():
        return journal / JOURNAL
    if not journal.is_dir():
        raise InputError(f"{journal} is not a journal: a journal is a folder")
    return journal
