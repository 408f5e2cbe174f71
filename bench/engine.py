"""One workload through a whole backtest, risk, ledger and exactness on: `engine.py W1 1000000` prints one JSON line.

W1: one symbol, one-minute bars, SMA 10/30 long or flat, 10 units, next open (bars/s). W3: a limit order at each close,
cancelled on the next bar (orders/s). Fills and P&L are compared with a slow ledger of their own before a speed is told.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from tradewright.app.build import build
from tradewright.backtest.data.dataset import Dataset, Series
from tradewright.backtest.run import ACCOUNT, RunOptions, run
from tradewright.backtest.strategy_source import specification
from tradewright.model.event import BAR
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import MONEY_SCALE

MINUTE = 60_000_000_000
START = 1_420_070_400_000_000_000
STRATEGIES = Path(__file__).parent / "strategies.py"


def prices(count: int) -> np.ndarray:
    """Open, high, low, close in cents: a geometric walk with small gaps, seed 7."""
    rng, full = np.random.default_rng(7), max(count, 1_000_000)
    close = np.round(100.0 * np.exp(np.cumsum(rng.normal(0, 0.0004, full))), 2)
    opened = np.empty(full)
    opened[0] = 100.0
    opened[1:] = close[:-1] + rng.normal(0, 0.02, full - 1)
    opened = np.round(opened, 2)
    high = np.round(np.maximum(opened, close) + np.abs(rng.normal(0, 0.03, full)), 2)
    low = np.round(np.minimum(opened, close) - np.abs(rng.normal(0, 0.03, full)), 2)
    return np.rint(np.column_stack([opened, high, low, close])[:count] * 100).astype(np.int64)


def expected_w1(bars: list[list[int]]) -> tuple[int, int]:
    """(fills, P&L in cents) of W1 by a ledger that does nothing but this."""
    cash = held = pending = fills = 0
    closes = [bar[3] for bar in bars]
    for at, (opened, _, _, _) in enumerate(bars):
        if pending:
            cash, held, fills, pending = cash - pending * opened, held + pending, fills + 1, 0
        if at >= 29:
            gap = sum(closes[at - 9 : at + 1]) * 3 - sum(closes[at - 29 : at + 1])
            pending = 10 if gap > 0 and held == 0 else -10 if gap < 0 and held > 0 else 0
    return fills, cash + held * closes[-1]


def expected_w3(bars: list[list[int]]) -> tuple[int, int]:
    """(fills, P&L in cents) of W3 by a ledger that does nothing but this."""
    cash = held = side = price = fills = 0
    for opened, high, low, close in bars:
        if (side > 0 and low <= price) or (side < 0 and high >= price):
            cash -= side * (min(opened, price) if side > 0 else max(opened, price))
            held, fills = held + side, fills + 1
        side = 1 if held == 0 else -1
        price = close - 5 * side
    return fills, cash + held * bars[-1][3]


def main(workload: str, count: int) -> None:
    table = prices(count)
    opens = np.arange(count, dtype=np.int64) * MINUTE + START
    columns = {"time": opens + MINUTE, "time_open": opens}
    columns |= {name: np.ascontiguousarray(table[:, at]) for at, name in enumerate(("open", "high", "low", "close"))}
    columns["volume"] = np.full(count, 1000, dtype=np.int64)
    instrument = Instrument("S", "paper", "equity", "S", "USD", 2, 0, index=0)
    dataset = Dataset([instrument], [Series(instrument, BAR, MINUTE, columns)])
    spec = specification(f"{STRATEGIES}:{workload}", ACCOUNT, ("S",), {})
    began = time.perf_counter()
    result = run([spec], dataset, RunOptions(cash="1000000", kind="cash"))
    seconds = time.perf_counter() - began
    found = (len(result.fills), (result.equity - result.start) // 10 ** (MONEY_SCALE - 2))
    expected = {"W1": expected_w1, "W3": expected_w3}[workload](table.tolist())
    if found != expected:
        raise SystemExit(f"{workload}: fills and P&L {found}, but the slow ledger says {expected}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    row = {
        "workload": workload, "build": build()["mode"], "bars": count, "seconds": round(seconds, 3),
        "perSecond": round((count if workload == "W1" else result.orders) / seconds), "orders": result.orders,
        "fills": found[0], "pnl": found[1] / 100, "peakMb": peak, "stateHash": result.state_hash,
    }  # fmt: skip
    print(json.dumps(row))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
