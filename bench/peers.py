"""Other engines on the same bars, each by its own driver in its own environment, checked before its speed is told.

The drivers lie beside the project (`shared/bench`, or where TRADEWRIGHT_SHARED points); `scripts/setup.py peer NAME`
makes the environments. Each engine has its own fill convention: an order at a close fills at the next open (ours,
vectorbt, backtesting.py) or at this close (nautilus).
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("TRADEWRIGHT_SHARED", ROOT.parent / "shared")) / "bench"
DATA = ROOT / "build" / "bench-data"


class Peer(NamedTuple):
    """name: as setup.py knows it; event_driven: it calls a Python strategy bar by bar; convention: of its fills on W1;
    same_limits: its limit orders fill at the prices ours do, so that W3's P&L can be compared; tuned: the driver's
    setting; slow: minutes a run, so one round has to do."""

    name: str
    driver: str
    event_driven: bool
    convention: str
    same_limits: bool = True
    tuned: str = ""
    slow: bool = False


PEERS = (
    Peer("vectorbt", "peer_vectorbt.py", False, "next_open"),
    Peer("backtesting", "peer_backtestingpy.py", True, "next_open"),
    # 1.221 runs on Python 3.11; newer ones need 3.12. Gapped limits fill at the limit there, so W3's P&L differs.
    Peer("nautilus", "peer_nautilus_cython.py", True, "this_close", same_limits=False, tuned="noacct", slow=True),
)


def python_of(name: str) -> str:
    """The interpreter of a peer's environment."""
    return str(ROOT / "build" / "peers" / name / "bin" / "python")


#: The drivers' data and slow ledger need numpy, pandas and pyarrow: this peer brings all three.
DRIVERS = python_of("nautilus")


def output(command: list[str], **more: str) -> str:
    """What a script printed; ends the benchmark with its words if it failed."""
    environment = {**os.environ, "BENCH_DATA": str(DATA), **more}
    done = subprocess.run(command, env=environment, cwd=SHARED, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def prepare() -> None:
    """Environments and data; a second time costs nothing."""
    wanted = [peer.name for peer in PEERS if not Path(python_of(peer.name)).exists()]
    if wanted:
        subprocess.run([sys.executable, ROOT / "scripts" / "setup.py", "peer", *wanted], check=True)
    if not (DATA / "w1.npy").exists():
        DATA.mkdir(parents=True, exist_ok=True)
        output([DRIVERS, "gen_data.py"])


def right_answers(workload: str, bars: int) -> dict[str, tuple[int, float]]:
    """(fills, P&L) per fill convention, by the drivers' slow ledger."""
    found: dict[str, tuple[int, float]] = {}
    for line in output([DRIVERS, "reference.py", workload, str(bars)]).strip().splitlines():
        if workload == "W3":
            _, fills, _, pnl = ast.literal_eval(line)
            found["next_open"] = found["this_close"] = (fills, pnl)
        else:
            convention, _, answer = line.partition(" ")
            fills, pnl, _ = ast.literal_eval(answer)
            found[convention] = (fills, pnl)
    return found


def measured(peer: Peer, workload: str, bars: int) -> dict[str, Any]:
    """One run of a peer in a fresh process."""
    tuned = {"TUNED": peer.tuned} if peer.tuned else {}
    printed = output([python_of(peer.name), peer.driver, workload, str(bars)], **tuned)
    line = next(line for line in reversed(printed.splitlines()) if line.startswith("RESULT "))
    row: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    return row


def disagreement(peer: Peer, workload: str, row: dict[str, Any], right: dict[str, tuple[int, float]]) -> str:
    """What is wrong with a peer's result, "" if nothing."""
    fills, pnl = right[peer.convention]
    if row["fills"] != fills:
        return f"{row['fills']} fills, not {fills}"
    if (workload == "W1" or peer.same_limits) and abs(row["pnl"] - pnl) > 0.01:
        return f"P&L {row['pnl']}, not {pnl}"
    return ""
