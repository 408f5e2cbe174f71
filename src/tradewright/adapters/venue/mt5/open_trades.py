"""Open trades as a connector shows them: how many and what they risk, by symbol, by strategy (magic) and in all.

Every open position of the account is one trade, whoever opened it. Its risk is what its stop loss would cost in the
account's currency: as the connector states it, else by tick value. Without a stop, or where nothing says what a tick is
worth, an estimate stands in and the risk counts as not known. The last picture is kept when the connector is silent,
with its age; past a configurable age it says nothing any more, and nothing new may be opened on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tradewright.adapters.venue.mt5.answers import BUY_SIDE, Listed, Position
from tradewright.model.moment import moment_text
from tradewright.model.numbers import MONEY_MAX, MONEY_ONE, MONEY_SCALE, money_float, nearest_count_of

SECOND_NS = 1_000_000_000
DEFAULT_ESTIMATE = 75 * MONEY_ONE
TICK_VALUE, PRICE_DISTANCE = "tick_value", "price_distance"


@dataclass(frozen=True, slots=True)
class Trade:
    """symbol: ours, where it is known, else the broker's; risk: money in the account's currency; known: it is bounded
    by a stop and was not estimated."""

    symbol: str
    ticket: int
    magic: int
    long: bool
    risk: int
    known: bool


@dataclass(frozen=True, slots=True)
class ExposureSnapshot:
    """Of one symbol, one magic or all. risk: money in the account's currency; updated: ns UTC, 0 = never."""

    symbol: str
    long_count: int
    short_count: int
    risk: int
    risk_known: bool
    updated: int

    @property
    def total_count(self) -> int:
        return self.long_count + self.short_count

    def content(self) -> dict[str, Any]:
        """As JSON content, named as documented."""
        return {
            "symbol": self.symbol, "longCount": self.long_count, "shortCount": self.short_count,
            "totalCount": self.total_count, "estimatedRiskAmount": money_float(self.risk),
            "lastUpdated": moment_text(self.updated),
        }  # fmt: skip


@dataclass(slots=True)
class OpenTrades:
    """estimate: of a trade whose risk is not known, money. model: tick_value, or price_distance, which takes the
    distance times lots as it is. age_max_ns: how old a picture may be that openings are judged by."""

    estimate: int = DEFAULT_ESTIMATE
    model: str = TICK_VALUE
    age_max_ns: int = 30 * SECOND_NS
    updated: int = 0
    trades: list[Trade] = field(default_factory=list)

    def update(
        self, positions: Iterable[Position], ours: Callable[[str], str], specs: dict[str, Listed], now: int
    ) -> None:
        """A new picture. ours: our symbol for a broker's name, "" = none; specs: the broker's symbols by name."""
        self.trades = [self._trade(position, ours, specs.get(position.name)) for position in positions]
        self.updated = now

    def age_ns(self, now: int) -> int | None:
        """How old the picture is; None: there never was one."""
        return now - self.updated if self.updated else None

    def is_current(self, now: int) -> bool:
        """Whether it is young enough to open anything on it."""
        return self.updated > 0 and now - self.updated <= self.age_max_ns

    def symbol(self, symbol: str) -> ExposureSnapshot | None:
        """Of one of our symbols, as last seen; None before the first picture."""
        return self._sum(symbol, [one for one in self.trades if one.symbol == symbol]) if self.updated else None

    def symbols(self) -> list[ExposureSnapshot]:
        """Of every symbol with an open trade, by name."""
        names = sorted({one.symbol for one in self.trades})
        return [self._sum(name, [one for one in self.trades if one.symbol == name]) for name in names]

    def strategy(self, magic: int) -> ExposureSnapshot | None:
        """Of what carries one strategy's number."""
        return self._sum("", [one for one in self.trades if one.magic == magic]) if self.updated else None

    def total(self) -> ExposureSnapshot | None:
        """Of the account; None before the first picture."""
        return self._sum("", self.trades) if self.updated else None

    def content(self) -> dict[str, Any]:
        """The answer of `GET /api/v1/status/exposure`."""
        whole = self._sum("", self.trades)
        return {
            "success": self.updated > 0,
            "symbols": [one.content() for one in self.symbols()],
            "global": {
                "totalOpenTrades": whole.total_count,
                "totalEstimatedRiskAmount": money_float(whole.risk),
                "lastUpdated": moment_text(self.updated),
            },
        }

    def _sum(self, symbol: str, trades: list[Trade]) -> ExposureSnapshot:
        long = sum(one.long for one in trades)
        risk, known = sum(one.risk for one in trades), all(one.known for one in trades)
        return ExposureSnapshot(symbol, long, len(trades) - long, risk, known, self.updated)

    def _trade(self, position: Position, ours: Callable[[str], str], spec: Listed | None) -> Trade:
        amount = risk_of(position, spec, self.model)
        symbol = ours(position.name) or position.symbol
        risk = self.estimate if amount is None else amount
        long = position.direction == BUY_SIDE
        return Trade(symbol, position.ticket, position.magic, long, risk, amount is not None)


def risk_of(position: Position, spec: Listed | None, model: str = TICK_VALUE) -> int | None:
    """What the stop loss of a position would cost, money in the account's currency, never less than nothing; None:
    there is no stop, or nothing says what a tick is worth."""
    sl = position.sl
    if sl is None or not _usable(sl, position.open_price, position.volume):
        return None
    way = (position.open_price - sl) * (1 if position.direction == BUY_SIDE else -1)
    if model == PRICE_DISTANCE:
        return nearest_count_of(abs(way) * position.volume, MONEY_SCALE, "risk", MONEY_MAX)
    stated = position.risk_amount if position.risk_known else None
    if stated is not None and (stated == 0 or _usable(abs(stated))):
        return max(0, nearest_count_of(stated, MONEY_SCALE, "risk", MONEY_MAX))
    tick = position.tick_size if position.tick_size is not None else spec.trade_tick_size if spec else None
    worth = (
        position.tick_value_loss
        if position.tick_value_loss is not None
        else spec.trade_tick_value_loss
        if spec
        else None
    )
    if tick is None or worth is None or not _usable(tick, worth):
        return None
    return nearest_count_of(max(Decimal(0), way) / tick * worth * position.volume, MONEY_SCALE, "risk", MONEY_MAX)


def _usable(*numbers: Decimal) -> bool:
    return all(number.is_finite() and number > 0 and abs(number.adjusted()) < 20 for number in numbers)
