"""What each instrument and each strategy had its part in."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from tradewright.backtest.holdings import Holdings
from tradewright.backtest.marks import MarksAt
from tradewright.backtest.round_trip import RoundTrip
from tradewright.backtest.run import Result
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import money_float, text_of


@dataclass(frozen=True, slots=True)
class SymbolTotals:
    """One instrument's part in a run. position: net size counts at the end. pnl: what its fills earned and its position
    is worth at the end, fees taken off, in the account's currency (1.0 is one unit); all of them make the account's,
    where its currency was all that was put in."""

    instrument: Instrument
    fills: int
    trades: int
    win_rate: float | None
    position: int
    pnl: float

    def row(self) -> dict[str, Any]:
        return {
            "fills": self.fills, "trades": self.trades, "winRate": self.win_rate,
            "position": text_of(self.position, self.instrument.size_scale), "pnl": self.pnl,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class StrategyTotals:
    """One strategy's part in a run. net: P&L of its closed trades, fees taken off, in the account's currency (1.0 is
    one unit); what it still holds is not in it, since a netting account holds that in one with the others'."""

    strategy: str
    fills: int
    trades: int
    win_rate: float | None
    net: float

    def row(self) -> dict[str, Any]:
        return {"fills": self.fills, "trades": self.trades, "winRate": self.win_rate, "net": self.net}


def symbol_totals(result: Result, holdings: Holdings, trades: list[RoundTrip]) -> list[SymbolTotals]:
    """By instrument, in the order of their listing."""
    marks = MarksAt(result.dataset, np.array([result.dataset.time_last]))
    fills = Counter(booked.order.instrument.index for booked in result.fills)
    nets: dict[int, list[float]] = defaultdict(list)
    for trade in trades:
        nets[trade.instrument.index].append(trade.net)
    totals = []
    for instrument in result.instruments:
        index, position = instrument.index, result.positions.get(instrument.symbol, 0)
        own = nets[index]
        pnl = _pnl(instrument, position, holdings.earned.get(index, {}), marks, result.options.currency)
        totals.append(SymbolTotals(instrument, fills[index], len(own), _win_rate(own), position, pnl))
    return totals


def _pnl(instrument: Instrument, position: int, earned: dict[str, int], marks: MarksAt, currency: str) -> float:
    """Money earned, and what a position of so many counts is worth, at the one time of `marks`."""
    parts = [money_float(amount) * float(marks.rate(own, currency)[0]) for own, amount in earned.items() if amount]
    if position:
        rate = float(marks.price(instrument)[0] * marks.rate(instrument.quote, currency)[0])
        parts.append(position / instrument.size_one * instrument.contract * rate)
    return math.fsum(parts)


def strategy_totals(result: Result, trades: list[RoundTrip]) -> list[StrategyTotals]:
    """By strategy, in the order of their names; those that never had a fill are not among them."""
    fills = Counter(booked.order.strategy for booked in result.fills)
    nets: dict[str, list[float]] = defaultdict(list)
    for trade in trades:
        nets[trade.matches[0].strategy].append(trade.net)
    return [
        StrategyTotals(name, fills[name], len(nets[name]), _win_rate(nets[name]), math.fsum(nets[name]))
        for name in sorted(fills)
    ]


def _win_rate(nets: list[float]) -> float | None:
    return sum(net > 0 for net in nets) / len(nets) if nets else None
