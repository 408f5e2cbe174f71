"""The coverage gate: lines and branches, each, of the parts that decide and account, measured on the pure build."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PERCENT_MIN = 95.0
GATED = {
    "core": "src/tradewright/core/*",
    "trader": "src/tradewright/trader/*",
    "journal": "src/tradewright/adapters/journal*",
}
#: In coverage's summaries: what was met, of how many.
KINDS = {"lines": ("covered_lines", "num_statements"), "branches": ("covered_branches", "num_branches")}

Summary = Mapping[str, int]


def percent(summaries: list[Summary], kind: str) -> float:
    """Share of `kind` that was met, in percent; 100 where there is nothing to meet."""
    met, total = (sum(summary[key] for summary in summaries) for key in KINDS[kind])
    return 100.0 * met / total if total else 100.0


def failures(files: Mapping[str, Summary]) -> list[str]:
    """One sentence for each gated part below PERCENT_MIN, or of which no file was measured."""
    found = []
    for part, pattern in GATED.items():
        summaries = [summary for path, summary in files.items() if fnmatch(path, pattern)]
        if not summaries:
            found.append(f"{part}: no file like {pattern} was measured")
            continue
        for kind in KINDS:
            if percent(summaries, kind) < PERCENT_MIN:
                found.append(f"{part}: {percent(summaries, kind):.2f} % of {kind}, at least {PERCENT_MIN:.0f} % is due")
    return found


def main() -> int:
    report = ROOT / "build/coverage/report.json"
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "combine", "--quiet"], cwd=ROOT, check=True)
    subprocess.run([*coverage, "json", "--quiet", "-o", report], cwd=ROOT, check=True)
    files = {path: data["summary"] for path, data in json.loads(report.read_text())["files"].items()}
    for path, summary in sorted(files.items()):
        if any(fnmatch(path, pattern) for pattern in GATED.values()):
            print(
                f"{percent([summary], 'lines'):6.1f} % lines {percent([summary], 'branches'):6.1f} % branches  {path}"
            )
    print("\n".join(found := failures(files)) or f"each part has at least {PERCENT_MIN:.0f} %")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
