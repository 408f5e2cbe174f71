"""Statistics of outcomes: of closed trades, or of days that stand in for them. NaN where there is nothing to tell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tradewright.performance.returns import FloatArray

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class ClosedTrade:
    """A position's way from entry to exit.

    time_entry, time_exit: of its fills, ns UTC. pnl: money of the account, net of fees. gain: pnl over the value at
    entry (fraction).
    """

    time_entry: int
    time_exit: int
    pnl: float
    gain: float


def win_rate(outcomes: FloatArray) -> float:
    """Share of outcomes above zero."""
    return float(np.mean(outcomes > 0)) if len(outcomes) else NAN


def profit_factor(outcomes: FloatArray) -> float:
    """Sum of gains over sum of losses."""
    losses = -float(outcomes[outcomes < 0].sum())
    return float(outcomes[outcomes > 0].sum()) / losses if losses else NAN


def kelly(outcomes: FloatArray) -> float:
    """The Kelly fraction p − (1 − p) / b: p the win rate, b the mean gain over the mean loss."""
    gains, losses = outcomes[outcomes > 0], outcomes[outcomes < 0]
    if not len(gains) or not len(losses):
        return NAN
    share = win_rate(outcomes)
    return share - (1.0 - share) * -float(losses.mean()) / float(gains.mean())


def sqn(pnls: FloatArray) -> float:
    """System Quality Number (Van Tharp): √n × mean P&L over its sample deviation."""
    deviation = float(pnls.std(ddof=1)) if len(pnls) > 1 else 0.0
    return math.sqrt(len(pnls)) * float(pnls.mean()) / deviation if deviation else NAN


def geometric_mean(gains: FloatArray) -> float:
    """The equal gain that compounds to the same; NaN if one lost everything."""
    if not len(gains) or bool(np.any(gains <= -1.0)):
        return NAN
    return float(np.expm1(np.mean(np.log1p(gains))))
