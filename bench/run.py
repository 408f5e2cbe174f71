"""All measurements (`make bench`): the engine compiled and pure on the same bars, then the journal.

Each in a fresh process. Speeds depend on the machine and on what else it does: compare ratios of one run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RUNS = (("W1", 1_000_000), ("W3", 200_000))


def measured(arguments: list[str], pure: bool) -> dict[str, Any]:
    """What a benchmark's last line says, run in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if pure:
        environment["PYTHONPATH"] = str(ROOT / "src")
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stderr}")
    row: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return row


def main() -> None:
    for workload, bars in RUNS:
        compiled, pure = (measured(["bench/engine.py", workload, str(bars)], pure) for pure in (False, True))
        if compiled["stateHash"] != pure["stateHash"]:
            sys.exit(f"{workload}: the builds do not agree")
        unit = "bars" if workload == "W1" else "orders"
        for row in (compiled, pure):
            print(
                f"{workload} {row['build']:8} {row['perSecond']:>10,} {unit}/s  {row['fills']:,} fills  "
                f"P&L {row['pnl']:,.2f}  peak {row['peakMb']} MB"
            )
        print(f"{workload} compiled / pure = {compiled['perSecond'] / pure['perSecond']:.1f}")
    print("journal", json.dumps(measured(["bench/journal.py"], pure=False)))


if __name__ == "__main__":
    main()
