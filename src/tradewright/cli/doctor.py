"""`tradewright doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tradewright.cli.options import Home, Json
from tradewright.cli.program import FAILED, NOT_READY, app, show

Checked = Annotated[
    Path | None, typer.Option("--config", help="YAML of a service: its venues, keys and clocks are looked at too.")
]


@app.command()
def doctor(config: Checked = None, home: Home = None, as_json: Json = False) -> None:
    """Look at the machine: build, SQLite, disk, locks, the newest journal, and the rules that are off."""
    from tradewright.app.config import read_config
    from tradewright.app.doctor import examine

    findings = examine(home, None if config is None else read_config(config))
    show(findings.row(), as_json, findings.text)
    if not findings.good:
        raise typer.Exit(FAILED if config is None else NOT_READY)
