"""All measurements (`make bench`): the engine compiled and pure, peers beside it, latency, start-up, the journal.

Each in a fresh process, engines in turn, medians of ROUNDS. Speeds depend on the machine and on what else it does:
compare ratios of one run. Every result's fills and P&L are checked before its speed is told.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import peers  # noqa: E402 — the project's root is not on a script's path

#: Bars. At their end nothing is held, since some engines close by force what is.
SIZES = {"W1": 1_000_000, "W3": 199_999}
UNITS = {"W1": "bars", "W3": "orders"}
ROUNDS = 3


#: What benchmarks say of a bound they did not keep: the rest is measured all the same, and the run fails at its end.
missed: list[str] = []


def measured(arguments: list[str], pure: bool = False) -> dict[str, Any]:
    """What a benchmark's last line says, run in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if pure:
        environment["PYTHONPATH"] = str(ROOT / "src")
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    said = (done.stderr.strip().splitlines() or [""])[-1]
    if done.returncode and said.startswith("MISSED"):
        missed.append(f"{' '.join(arguments)}: {said}")
        print(missed[-1])
    elif done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stderr}")
    row: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return row


def compare(workload: str) -> None:
    """One workload, all engines in turn; prints medians and ratios."""
    bars, beside = SIZES[workload], peers.PEERS if peers.SHARED.is_dir() else ()
    right = peers.right_answers(workload, bars) if beside else {}
    seconds: dict[str, list[float]] = {}
    for round in range(ROUNDS):
        rows = {"tradewright": measured(["bench/engine.py", workload, str(bars)])}
        if round == 0:
            rows["tradewright, pure"] = measured(["bench/engine.py", workload, str(bars)], pure=True)
            if rows["tradewright"]["stateHash"] != rows["tradewright, pure"]["stateHash"]:
                sys.exit(f"{workload}: the builds do not agree")
        for peer in beside:
            if peer.slow and round:
                continue
            row = peers.measured(peer, workload, bars)
            wrong = peers.disagreement(peer, workload, row, right)
            if wrong:
                sys.exit(f"{workload}: {row['peer']} is not measured on the same task: {wrong}")
            rows[f"{row['peer']} {row['version']}"] = row | {"seconds": row["run_s"]}
        for name, row in rows.items():
            seconds.setdefault(name, []).append(row["seconds"])
    ours = statistics.median(seconds["tradewright"])
    print(f"{workload}: {bars:,} bars, {UNITS[workload]}/s (median of {ROUNDS}; ×: how much faster we are)")
    for name, taken in seconds.items():
        median = statistics.median(taken)
        print(f"  {name:28} {bars / median:>12,.0f}   × {median / ours:.2f}")


def main() -> None:
    if peers.SHARED.is_dir():
        peers.prepare()
        print(
            "vectorbt computes arrays, without a strategy that is called bar by bar; nautilus runs with account events"
        )
        print("off and risk on, 1.221, the last one for Python 3.11. All fills and P&L agree with a slow ledger.")
    else:
        print(f"no peers: {peers.SHARED} is not a folder ($TRADEWRIGHT_SHARED names another)")
    for workload in SIZES:
        compare(workload)
    print("order → simulated fill → ledger, µs:", json.dumps(measured(["bench/latency.py"])))
    print("decision through twenty rules, µs:", json.dumps(measured(["bench/decision.py"])))
    print("fifty symbols through six strategies, ms:", json.dumps(measured(["bench/tick.py"])))
    print("start-up, ms:", json.dumps(measured(["bench/startup.py"])))
    print("journal:", json.dumps(measured(["bench/journal.py"])))
    print("signal → bytes on the venue's socket, ms:", json.dumps(measured(["bench/wire.py", "signal"])))
    sustained = measured(["bench/wire.py", "paper", "--rate", "500", "--seconds", "60"])
    print("five hundred orders a second on paper, ms:", json.dumps(sustained))
    print("a hundred symbols at Binance's start:", json.dumps(measured(["bench/wire.py", "start"])))
    print("orders over HTTP, ms:", json.dumps(measured(["bench/serve.py"])))
    print("two hundred sockets, fifty symbols, ms:", json.dumps(measured(["bench/sockets.py"])))
    print("a cycle of a hundred users and fifty symbols, s:", json.dumps(measured(["bench/cycle.py"])))
    if missed:
        sys.exit("\n".join(missed))


if __name__ == "__main__":
    main()
