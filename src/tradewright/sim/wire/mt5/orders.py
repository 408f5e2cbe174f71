"""An order as the trade server keeps it, at work or ended, and a deal, which is an execution of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.symbols import Symbol

BUYS = (
    mt5.ORDER_TYPE_BUY, mt5.ORDER_TYPE_BUY_LIMIT, mt5.ORDER_TYPE_BUY_STOP, mt5.ORDER_TYPE_BUY_STOP_LIMIT,
)  # fmt: skip


@dataclass(slots=True, eq=False)
class Order:
    """price, stoplimit, sl, tp: price counts, 0 = none. volume: size counts asked for; filled: of them. position: the
    ticket of the position it is to close, 0 = none; position_id: the one it worked on. Times: ns UTC, 0 = none; shown:
    when look-ups may find it. ending: the state it will have when the exchange says that it is gone."""

    ticket: int
    symbol: Symbol
    type: int
    volume: int
    price: int = 0
    stoplimit: int = 0
    sl: int = 0
    tp: int = 0
    filling: int = mt5.ORDER_FILLING_RETURN
    type_time: int = mt5.ORDER_TIME_GTC
    expires: int = 0
    magic: int = 0
    comment: str = ""
    reason: int = mt5.ORDER_REASON_EXPERT
    position: int = 0
    position_id: int = 0
    position_by: int = 0
    state: int = mt5.ORDER_STATE_STARTED
    filled: int = 0
    time_setup: int = 0
    time_done: int = 0
    ending: int = mt5.ORDER_STATE_CANCELED
    deals: list[Deal] = field(default_factory=list)

    @property
    def side(self) -> int:
        return 1 if self.type in BUYS else -1

    @property
    def pending(self) -> bool:
        return self.type not in (mt5.ORDER_TYPE_BUY, mt5.ORDER_TYPE_SELL, mt5.ORDER_TYPE_CLOSE_BY)

    def average(self) -> Fraction:
        """The mean price of its deals, 0 without any."""
        size = sum(deal.volume for deal in self.deals)
        return Fraction(sum(deal.price * deal.volume for deal in self.deals), size) if size else Fraction(0)


@dataclass(frozen=True, slots=True)
class Deal:
    """volume: size counts, price: counts; money in the account's currency; symbol None: a balance operation."""

    ticket: int
    order: int
    time: int
    type: int
    entry: int
    magic: int
    position_id: int
    reason: int
    symbol: Symbol | None
    volume: int
    price: int | Fraction
    commission: Fraction
    swap: Fraction
    profit: Fraction
    comment: str
