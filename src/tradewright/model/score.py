"""What the shadow path says of strategies: its matches, their figures, and the weights that follow from these. Outputs.

Each stands for a row of a table: `paper_trade_match_history` (appended), `strategy_perf_latest` and
`strategy_weights_latest` (one row a strategy, the newest stands).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tradewright.model.event import SHADOW_MATCHED, STRATEGIES_WEIGHED, STRATEGY_SCORED, Event

#: Ratios (Sharpe, t-stat) are counts of 10^-9.
RATIO_SCALE = 9


class ShadowMatched(Event):
    """Output: a closed piece of a shadow position. size, buy_units, sell_units: counts of the instrument. pnl: money in
    `currency`, before fees. fees: its share of the fees of its two fills, net: P&L less fees; money of the account,
    None where a rate was missing. time_close: the venue's, ns UTC; day: the account's, by that time, as an ordinal. A
    match that a late fill undid comes again with size and money negated."""

    __slots__ = (
        "id", "account", "strategy", "symbol", "buy_order", "sell_order", "size", "buy_units", "sell_units", "pnl",
        "currency", "fees", "net", "time_close", "day", "open_trade", "close_trade",
    )  # fmt: skip

    def __init__(
        self,
        time: int,
        account: str,
        strategy: str,
        symbol: str,
        buy_order: str,
        sell_order: str,
        size: int,
        buy_units: int,
        sell_units: int,
        pnl: int,
        currency: str,
        fees: int | None,
        net: int | None,
        time_close: int,
        day: int,
        open_trade: str,
        close_trade: str,
    ) -> None:
        super().__init__(SHADOW_MATCHED, time)
        self.id = f"{open_trade}:{close_trade}"
        self.account = account
        self.strategy = strategy
        self.symbol = symbol
        self.buy_order = buy_order
        self.sell_order = sell_order
        self.size = size
        self.buy_units = buy_units
        self.sell_units = sell_units
        self.pnl = pnl
        self.currency = currency
        self.fees = fees
        self.net = net
        self.time_close = time_close
        self.day = day
        self.open_trade = open_trade
        self.close_trade = close_trade

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.account, self.strategy, self.symbol, self.buy_order, self.sell_order, self.size,
            self.buy_units, self.sell_units, self.pnl, self.currency, self.fees, self.net, self.time_close, self.day,
            self.open_trade, self.close_trade,
        )  # fmt: skip


class StrategyScored(Event):
    """Output: a strategy's figures over the days of the window that it took part in, when a day of the shadow account
    had ended. group: the ensemble it votes in, "" = it runs alone; day: that ended, as an ordinal. pnl: money of the
    account net of fees; matches: how many, unpriced: how many of them could not be stated in the account's currency and
    count nothing. sharpe, shrunk, t_stat: counts of 10^-9."""

    __slots__ = (
        "account", "strategy", "group", "day", "days", "matches", "unpriced", "pnl", "sharpe", "shrunk", "t_stat",
    )  # fmt: skip

    def __init__(
        self,
        time: int,
        account: str,
        strategy: str,
        group: str,
        day: int,
        days: int,
        matches: int,
        unpriced: int,
        pnl: int,
        sharpe: int,
        shrunk: int,
        t_stat: int,
    ) -> None:
        super().__init__(STRATEGY_SCORED, time)
        self.account = account
        self.strategy = strategy
        self.group = group
        self.day = day
        self.days = days
        self.matches = matches
        self.unpriced = unpriced
        self.pnl = pnl
        self.sharpe = sharpe
        self.shrunk = shrunk
        self.t_stat = t_stat

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.account, self.strategy, self.group, self.day, self.days, self.matches,
            self.unpriced, self.pnl, self.sharpe, self.shrunk, self.t_stat,
        )  # fmt: skip


class Weight(NamedTuple):
    """A strategy's weight, the equal share it is compared with, and its share of the scores; ppm of 1,000,000."""

    strategy: str
    weight_ppm: int
    equal_ppm: int
    score_ppm: int

    @property
    def factor_ppm(self) -> int:
        """What sizes are multiplied by: the weight as a multiple of the equal share, so that equal weights change
        nothing."""
        return self.weight_ppm * 1_000_000 // self.equal_ppm


class StrategiesWeighed(Event):
    """Output: the weights of the strategies of one group, which add up to 1,000,000; the time is their version."""

    __slots__ = ("account", "group", "day", "weights")

    def __init__(self, time: int, account: str, group: str, day: int, weights: Sequence[Sequence[object]]) -> None:
        super().__init__(STRATEGIES_WEIGHED, time)
        self.account = account
        self.group = group
        self.day = day
        self.weights = [Weight(*weight) for weight in weights]  # type: ignore[arg-type]

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.group, self.day, self.weights)
