"""`tradewright doctor`."""

from __future__ import annotations

import typer

from tradewright.cli.options import Home, Json
from tradewright.cli.program import FAILED, app, show


@app.command()
def doctor(home: Home = None, as_json: Json = False) -> None:
    """Look at the machine: build, SQLite, disk, locks, the newest journal, and the rules that are off."""
    from tradewright.app.doctor import examine

    findings = examine(home)
    show(findings.row(), as_json, findings.text)
    if not findings.good:
        raise typer.Exit(FAILED)
