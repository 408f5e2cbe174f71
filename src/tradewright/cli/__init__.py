"""The command line. Every command has `--json` and the exit codes
0 ok · 1 failed (bad data, I/O, locked, second engine) · 2 usage · 3 refused by risk · 4 not ready (it needs an engine
that runs).
"""

from __future__ import annotations

from tradewright.cli import backtest, connector, control, demo, doctor, faults, picker, records, simulate
from tradewright.cli.program import main

__all__ = ["backtest", "connector", "control", "demo", "doctor", "faults", "main", "picker", "records", "simulate"]
