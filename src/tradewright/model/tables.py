"""Rows of the streaming platform's tables, by the names of their columns; numbers as decimal text, times ISO 8601 UTC.

paper_trade_match_history is appended to; of strategy_perf_latest and strategy_weights_latest the newest row of each
strategy stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tradewright.model.instrument import Instrument
from tradewright.model.moment import moment_text
from tradewright.model.numbers import money_text, text_of
from tradewright.model.score import RATIO_SCALE, ShadowMatched, StrategiesWeighed, StrategyScored, Weight

MATCHES = "paper_trade_match_history"
PERFORMANCE = "strategy_perf_latest"
WEIGHTS = "strategy_weights_latest"
RUN_TAG = "PAPER_LIVE"
#: 1970-01-01 as an ordinal of `date`.
_EPOCH = 719_163


def match_row(matched: ShadowMatched, instrument: Instrument) -> dict[str, Any]:
    """A row of paper_trade_match_history. realizedPnl is in `currency`, before fees; fees and netPnl are in the
    account's currency, None where a rate was missing."""
    return {
        "matchId": matched.id, "accountId": matched.account, "strategyId": matched.strategy, "symbol": matched.symbol,
        "buyOrderId": matched.buy_order, "sellOrderId": matched.sell_order,
        "matchedQty": text_of(matched.size, instrument.size_scale),
        "buyPrice": text_of(matched.buy_units, instrument.price_scale),
        "sellPrice": text_of(matched.sell_units, instrument.price_scale),
        "realizedPnl": money_text(matched.pnl), "currency": matched.currency,
        "fees": None if matched.fees is None else money_text(matched.fees),
        "netPnl": None if matched.net is None else money_text(matched.net),
        "matchTimestamp": moment_text(matched.time_close), "day": day_text(matched.day), "runTag": RUN_TAG,
    }  # fmt: skip


def performance_row(scored: StrategyScored) -> dict[str, Any]:
    """A row of strategy_perf_latest. realizedPnl: net of fees, over the days of the window, the account's currency."""
    return {
        "strategyId": scored.strategy, "accountId": scored.account, "ensembleId": scored.group,
        "day": day_text(scored.day), "days": scored.days, "matches": scored.matches, "unpriced": scored.unpriced,
        "realizedPnl": money_text(scored.pnl), "sharpe": text_of(scored.sharpe, RATIO_SCALE),
        "shrunkSharpe": text_of(scored.shrunk, RATIO_SCALE), "tStat": text_of(scored.t_stat, RATIO_SCALE),
        "lastUpdated": moment_text(scored.time),
    }  # fmt: skip


def weight_row(weight: Weight, account: str, group: str, time: int) -> dict[str, Any]:
    """A row of strategy_weights_latest. weight, equalWeight, score: shares of 1; factor: of every opening's size."""
    return {
        "strategyId": weight.strategy, "accountId": account, "ensembleId": group,
        "weight": text_of(weight.weight_ppm, 6), "equalWeight": text_of(weight.equal_ppm, 6),
        "score": text_of(weight.score_ppm, 6), "factor": text_of(weight.factor_ppm, 6),
        "lastUpdated": moment_text(time),
    }  # fmt: skip


def weight_rows(weighed: StrategiesWeighed) -> list[dict[str, Any]]:
    """The rows of one recomputation, each with the day that had ended."""
    rows = [weight_row(weight, weighed.account, weighed.group, weighed.time) for weight in weighed.weights]
    return [row | {"day": day_text(weighed.day)} for row in rows]


def table_lines(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Figures and weights side by side, a line each strategy, for a terminal."""
    weights = {row["strategyId"]: row for row in tables.get(WEIGHTS, ())}
    lines = []
    for row in tables.get(PERFORMANCE, ()):
        weight = weights.get(row["strategyId"])
        share = "none yet" if weight is None else f"{Decimal(weight['weight']):.4f}, sizes × {weight['factor']}"
        lines.append(
            f"shadow {row['strategyId']}: {Decimal(row['realizedPnl']):+,.2f} by {row['matches']} matches in "
            f"{row['days']} days, t {Decimal(row['tStat']):+.3f}, weight {share}"
        )
    return lines or ["shadow: no day has ended yet, so nothing is scored"]


def day_text(day: int) -> str:
    """A day's ordinal (0 = 1970-01-01) as ISO 8601."""
    return date.fromordinal(_EPOCH + day).isoformat()
