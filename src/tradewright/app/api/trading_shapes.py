"""Sessions as their users know them: what is asked of `/api/trading`, and what is answered there."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewright.app.api.shapes import TEXTS_TOO, Amount, Body, Direction, Shape, one_of

Share = Annotated[
    Decimal, Meta(description="from 0 to 1, exactly: a number or a text", extra_json_schema={TEXTS_TOO: True})
]
User = Annotated[str, Meta(min_length=1, max_length=64)]
Names = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(min_length=1, max_length=500)
]  # fmt: skip


class TradingSettings(Body, kw_only=True, omit_defaults=True):
    """Percent fields are percent. What is not said is as the configuration has it."""

    max_positions: Annotated[int | None, Meta(description="positions and working openings at a time, from 1")] = None
    max_position_size: Annotated[Amount | None, Meta(description="percent of equity")] = None
    min_confidence: Share | None = None
    stop_loss_percent: Amount | None = None
    take_profit_percent: Amount | None = None
    trailing_stop_percent: Amount | None = None
    weekly_target: Annotated[Amount | None, Meta(description="percent; there all is closed, and it stops")] = None
    max_drawdown: Annotated[Amount | None, Meta(description="percent; there all is closed, and it stops")] = None
    order_type: Literal["market", "limit"] | None = None
    watchlist: Annotated[Names | None, Meta(description="the only symbols in which anything is opened")] = None
    enabled_strategies: Annotated[Names | None, Meta(description="the only ones that open anything")] = None
    validator_enabled: bool | None = None
    strategy_weight_balance: Annotated[Share | None, Meta(description="0 = rules only … 1 = services only")] = None
    decide_on: Literal["bar", "tick", "cycle"] | None = None
    cycle_seconds: Annotated[int | None, Meta(description="from 1 to 86400; 45 where it is not said")] = None


class Start(TradingSettings, kw_only=True):
    """The settings stand in the body, or under `settings`."""

    settings: TradingSettings | None = None
    user_id: Annotated[User | None, Meta(description="whose it is; another's takes scope admin")] = None


class Settings(TradingSettings, kw_only=True):
    """Those of the session from now on: what is not said is not set any more."""

    settings: TradingSettings | None = None


class Empty(Body, kw_only=True):
    """Nothing has to be said."""


class Session(Shape, kw_only=True):
    id: str
    user_id: str
    status: Annotated[
        str,
        one_of("running", "paused", "stopped", description="the stricter of what was set for it and for its account"),
    ]
    settings: TradingSettings
    started_at: str
    stopped_at: str | None
    account: str
    code: Annotated[str, Meta(description='the target that it has reached, "" = none')]


class Answered(Shape, kw_only=True):
    success: bool


class SessionAnswer(Answered, kw_only=True):
    session: Session


class TradingPosition(Shape, kw_only=True):
    id: str
    user_id: str
    symbol: str
    side: Direction
    entry_price: Decimal | None
    quantity: Decimal
    current_price: Decimal | None
    unrealized_pnl: Annotated[Decimal | None, Meta(description="in `currency`")] = msgspec.field(name="unrealizedPnL")
    realized_pnl: Annotated[Decimal, Meta(description="of what was closed since then, before fees, in `currency`")] = (
        msgspec.field(name="realizedPnL")
    )
    status: Annotated[str, one_of("open")]
    opened_at: Annotated[str, Meta(description="the oldest of its lots")]
    stop_loss: Annotated[Decimal | None, Meta(description="the nearest stop that guards any of it")]
    take_profit: Annotated[Decimal | None, Meta(description="the nearest target of any of it")]
    trailing_stop: Annotated[
        Decimal | None, Meta(description="how far behind `highWaterMark` that stop follows; null: it does not")
    ]
    high_water_mark: Annotated[
        Decimal | None, Meta(description="the best price seen while that stop follows: of a short the lowest")
    ]
    order_id: Annotated[str, Meta(description="that opened the oldest of its lots")]
    account: str
    currency: str


class TradingPositions(Answered, kw_only=True):
    positions: list[TradingPosition]


class Money(Shape, kw_only=True):
    currency: str
    realized_pnl: Annotated[Decimal, Meta(description="of what was closed, before fees")]
    unrealized_pnl: Annotated[Decimal | None, Meta(description="of what is held now; null where a price is missing")]
    fees: Decimal


class StrategyResult(Shape, kw_only=True):
    strategy_id: str
    currency: str
    realized_pnl: Annotated[Decimal, Meta(description="before fees")]
    fees: Decimal
    trades: Annotated[int, Meta(description="orders that closed something")]
    wins: int
    losses: int
    win_rate: Annotated[Decimal | None, Meta(description="wins of trades, from 0 to 1; null without trades")]
    profit_factor: Annotated[Decimal | None, Meta(description="what was won of what was lost; null where nothing was")]


class Performance(Shape, kw_only=True):
    account: str
    currency: str
    period: Annotated[str, one_of("day", "week", "month", "all", description="to now, by the account's own days")]
    since: Annotated[str | None, Meta(description="the day it begins with; null: the journal's first record")]
    realized_pnl: Annotated[Decimal, Meta(description="of what was closed, before fees, in `currency`")]
    unrealized_pnl: Annotated[
        Decimal | None, Meta(description="of what is held now, in `currency`; null where a price is missing")
    ]
    fees: Annotated[Decimal, Meta(description="in `currency`")]
    trades: Annotated[int, Meta(description="orders that closed something, in all currencies")]
    wins: int
    losses: int
    win_rate: Annotated[Decimal | None, Meta(description="wins of trades, from 0 to 1; null without trades")]
    profit_factor: Annotated[
        Decimal | None, Meta(description="what was won of what was lost, in `currency`; null where nothing was lost")
    ]
    max_drawdown: Annotated[
        Decimal, Meta(description="the deepest fall of equity, less what was paid in, as seen at fills, new days, now")
    ]
    max_drawdown_percent: Annotated[Decimal | None, Meta(description="of the equity it fell from, to four decimals")]
    sharpe_ratio: Annotated[
        Decimal | None, Meta(description="of daily results, not made annual; null with fewer than two days")
    ]
    others: Annotated[list[Money], Meta(description="in other currencies than the account's")]
    strategies: list[StrategyResult]


class Performances(Shape, kw_only=True):
    performance: list[Performance]


class PerformanceAnswer(Answered, kw_only=True):
    metrics: Performance
