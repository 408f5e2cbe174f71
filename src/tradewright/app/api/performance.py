"""What accounts and strategies have earned, by period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import Query, Response

from tradewright.app.api import books, trading_shapes
from tradewright.app.api.keys import READ
from tradewright.app.api.route import AccountName, AnyAccount, Ask, Routes
from tradewright.app.api.track import Sums, Track
from tradewright.core.accounts import AccountState
from tradewright.model.numbers import MONEY_SCALE, decimal_from, plain, quotient
from tradewright.model.zone import week_of

ROUTES = Routes()
#: Of 1970-01-01, from which days are counted here.
EPOCH = date(1970, 1, 1).toordinal()
EVER = -(2**31)
SHARE_DECIMALS, RATIO_DECIMALS = 6, 9
Period = Annotated[Literal["day", "week", "month", "all"], Query(description="To now; weeks begin on Monday.")]


@ROUTES.add("GET", "/api/v1/performance", READ, trading_shapes.Performances)
async def performance(ask: Ask, period: Period = "all", account: AnyAccount = "") -> Response:
    """What each account, and each of its strategies, has earned. The first who asks waits until the journal is read."""
    seen = ask.accounts(account)
    track = await ask.desk.earnings.known(ask.desk.durable)
    return await ask.tell(trading_shapes.Performances(performance=[_of(track, one, period) for one in seen]))


@ROUTES.add("GET", "/api/trading/performance", READ, trading_shapes.PerformanceAnswer)
async def trading_performance(ask: Ask, period: Period = "all", account: AccountName = "") -> Response:
    """The same of one account."""
    held = ask.account(account)
    track = await ask.desk.earnings.known(ask.desk.durable)
    return await ask.tell(trading_shapes.PerformanceAnswer(success=True, metrics=_of(track, held, period)))


def _of(track: Track, held: AccountState, period: str) -> trading_shapes.Performance:
    name, currency = held.terms.name, held.terms.currency
    since = _since(period, held.day)
    earned = track.strategies(name, since)
    course = track.course(name, since, held.equity())
    open_now = _unrealised(held)
    by_currency: dict[str, Sums] = {}
    for (_, coin), sums in earned.items():
        by_currency[coin] = by_currency.get(coin, Sums()).plus(sums)
    own = by_currency.get(currency, Sums())
    total = Sums()
    for sums in by_currency.values():
        total = total.plus(sums)
    others = sorted({*by_currency, *open_now} - {currency})
    return trading_shapes.Performance(
        account=name, currency=currency, period=period, since=None if since == EVER else _text(since),
        realized_pnl=_money(own.profit - own.loss), unrealized_pnl=_open(open_now, currency), fees=_money(own.fees),
        trades=total.trades, wins=total.wins, losses=total.losses, win_rate=_share(total.wins, total.trades),
        profit_factor=_share(own.profit, own.loss), max_drawdown=_money(course.fall),
        max_drawdown_percent=_percent(course.fall, course.top),
        sharpe_ratio=None if course.ratio is None else decimal_from(course.ratio, RATIO_DECIMALS),
        others=[_in(coin, by_currency.get(coin, Sums()), open_now) for coin in others],
        strategies=[_strategy(strategy, coin, sums) for (strategy, coin), sums in sorted(earned.items())],
    )  # fmt: skip


def _since(period: str, day: int) -> int:
    """The first day of a period that holds `day`."""
    if period == "day":
        return day
    if period == "week":
        return week_of(day) * 7 - 3
    return _first_of_month(day) if period == "month" else EVER


def _first_of_month(day: int) -> int:
    return date.fromordinal(EPOCH + day).replace(day=1).toordinal() - EPOCH


def _text(day: int) -> str:
    return date.fromordinal(EPOCH + day).isoformat()


def _unrealised(held: AccountState) -> dict[str, Decimal | None]:
    """By currency; None where a price is missing."""
    found: dict[str, Decimal | None] = {}
    for one in books.positions_of(held):
        before = found.get(one.currency, Decimal(0))
        found[one.currency] = None if before is None or one.unrealized_pnl is None else before + one.unrealized_pnl
    return found


def _open(open_now: Mapping[str, Decimal | None], currency: str) -> Decimal | None:
    found = open_now.get(currency, Decimal(0))
    return None if found is None else plain(found)


def _in(currency: str, sums: Sums, open_now: Mapping[str, Decimal | None]) -> trading_shapes.Money:
    return trading_shapes.Money(
        currency=currency, realized_pnl=_money(sums.profit - sums.loss), unrealized_pnl=_open(open_now, currency),
        fees=_money(sums.fees),
    )  # fmt: skip


def _strategy(strategy: str, currency: str, sums: Sums) -> trading_shapes.StrategyResult:
    return trading_shapes.StrategyResult(
        strategy_id=strategy, currency=currency, realized_pnl=_money(sums.profit - sums.loss), fees=_money(sums.fees),
        trades=sums.trades, wins=sums.wins, losses=sums.losses, win_rate=_share(sums.wins, sums.trades),
        profit_factor=_share(sums.profit, sums.loss),
    )  # fmt: skip


def _money(count: int) -> Decimal:
    return decimal_from(count, MONEY_SCALE)


def _share(part: int, whole: int) -> Decimal | None:
    """To six decimals; None of nothing."""
    return quotient(part, whole, SHARE_DECIMALS) if whole else None


def _percent(part: int, whole: int) -> Decimal | None:
    return quotient(part * 100, whole, books.PERCENT_DECIMALS) if whole > 0 else None
