"""references.json, btpy_goog_smacross: every statistic that backtesting.py publishes, on a ledger of our own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tradewright.backtest.data import load
from tradewright.performance.returns import FloatArray, IntArray
from tradewright.performance.summary import Statistics, summary
from tradewright.performance.trades import ClosedTrade


def goog_smacross(times: IntArray, opens: FloatArray, closes: FloatArray) -> tuple[FloatArray, list[ClosedTrade]]:
    """SMA 10 × 30, always in the market after the first cross; next open, 99.99 % of cash in whole shares."""
    fast, slow = (np.convolve(closes, np.full(n, 1 / n), "valid")[30 - n :] for n in (10, 30))
    above = np.sign(fast - slow)
    signal = np.zeros(len(closes))
    signal[30:] = np.where(above[1:] * above[:-1] < 0, above[1:], 0)
    cash, size, entry, entered = 10_000.0, 0, 0.0, 0
    equity, trades = np.empty(len(closes)), []
    for i in range(len(closes)):
        last = i == len(closes) - 1
        side = int(signal[i - 1]) if i else 0
        if size and (side or last):
            cash += size * (opens[i] - entry)
            gain = np.sign(size) * (opens[i] / entry - 1)
            trades.append(ClosedTrade(int(times[entered]), int(times[i]), size * (opens[i] - entry), float(gain)))
            size = 0
        if side and not last:
            size, entry, entered = side * int(cash * 0.9999 // opens[i]), opens[i], i
        equity[i] = cash + size * (closes[i] - entry)
    return equity, trades


@pytest.fixture(scope="module")
def goog(shared: Path) -> Statistics:
    data = load(shared / "data" / "btpy_goog_daily_2004_2013.parquet")
    columns, one = data.series[0].columns, data.instruments[0].price_one
    times, opens, closes = columns["time"], columns["open"] / one, columns["close"] / one
    equity, trades = goog_smacross(times, opens, closes)
    return summary(times, equity, trades, "backtesting.py", prices=closes[29:])


NAMES = {
    "equity_final": "equity_final",
    "equity_peak": "equity_peak",
    "sharpe": "sharpe",
    "sortino": "sortino",
    "calmar": "calmar",
    "profit_factor": "profit_factor",
    "sqn": "sqn",
    "kelly": "kelly",
    "return_pct": "return_total",
    "buy_hold_return_pct": "buy_and_hold",
    "max_drawdown_pct": "drawdown_max",
    "return_ann_pct": "return_annual",
    "vol_ann_pct": "volatility_annual",
    "cagr_pct": "cagr",
    "win_rate_pct": "win_rate",
    "exposure_pct": "exposure",
    "best_trade_pct": "best_trade",
    "worst_trade_pct": "worst_trade",
    "trades": "trade_count",
}


@pytest.mark.parametrize("name", NAMES)
def test_every_published_number_of_backtesting_py(name: str, goog: Statistics, shared: Path) -> None:
    entries = {entry["id"]: entry["expected"] for entry in json.loads((shared / "references.json").read_text())}
    expected = entries["btpy_goog_smacross"]
    assert set(expected) == set(NAMES)
    ours = getattr(goog, NAMES[name]) * (100 if name.endswith("_pct") else 1)
    assert ours == pytest.approx(expected[name], rel=1e-9)
