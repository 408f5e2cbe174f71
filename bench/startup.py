"""What a start costs: `import tradewright`, and a demo from the command to its first order's market. One line of JSON,
milliseconds; the interpreter's own start is taken off the import."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 5


def milliseconds(command: list[str]) -> float:
    """Median wall time of a command."""
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def main() -> None:
    bare = milliseconds([sys.executable, "-c", "pass"])
    imported = milliseconds([sys.executable, "-c", "import tradewright"])
    engine = milliseconds([sys.executable, "-c", "import tradewright.backtest.run"])
    bars = ROOT / "examples" / "bars.csv"
    with tempfile.TemporaryDirectory() as folder:
        short = Path(folder) / "short.csv"
        short.write_text("".join(bars.read_text().splitlines(keepends=True)[:3]))
        starts = []
        for number in range(REPEATS):
            home = str(Path(folder) / str(number))
            began = time.perf_counter()
            command = [sys.executable, "-m", "tradewright", "demo", "--json", "--home", home, "--data", str(short)]
            subprocess.run(command, check=True, capture_output=True)
            starts.append((time.perf_counter() - began) * 1000)
    print(
        json.dumps(
            {
                "import": round(imported - bare),
                "importEngine": round(engine - bare),
                "demo": round(statistics.median(starts)),
            }
        )
    )


if __name__ == "__main__":
    main()
