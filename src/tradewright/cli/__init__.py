"""The command line. Every command has `--json` and the exit codes
0 ok · 1 failed (bad data, I/O, locked, second engine) · 2 usage · 3 refused by risk · 4 not ready (it needs an engine
that runs, or a venue that answers).
"""

from __future__ import annotations

from tradewright.cli import (
    audit,
    backtest,
    config,
    connector,
    control,
    demo,
    doctor,
    faults,
    keys,
    limits,
    picker,
    records,
    serve,
    simulate,
    tables,
)
from tradewright.cli.program import main

__all__ = [
    "audit", "backtest", "config", "connector", "control", "demo", "doctor", "faults", "keys", "limits", "main",
    "picker", "records", "serve", "simulate", "tables",
]  # fmt: skip
