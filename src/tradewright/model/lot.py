"""Lots and matches: what is owned, and each closed piece of it. Both are facts of the ledger, exact to the last
unit."""

from __future__ import annotations

from tradewright.model.instrument import Instrument


class Lot:
    """What is left of one opening fill. side: +1 long, -1 short; size: counts left; size_open: counts at opening."""

    __slots__ = ("order_id", "trade_id", "side", "size", "size_open", "price_units", "time")

    def __init__(self, order_id: str, trade_id: str, side: int, size: int, price_units: int, time: int) -> None:
        self.order_id = order_id
        self.trade_id = trade_id
        self.side = side
        self.size = size
        self.size_open = size
        self.price_units = price_units
        self.time = time

    def row(self) -> tuple[object, ...]:
        return (self.order_id, self.trade_id, self.side, self.size, self.size_open, self.price_units, self.time)


def lot_of(order_id: str, trade_id: str, side: int, size: int, price_units: int, time: int) -> Lot:
    """A new Lot, field by field: in the compiled build its constructor would cost more than the matching."""
    lot = Lot.__new__(Lot)
    lot.order_id = order_id
    lot.trade_id = trade_id
    lot.side = side
    lot.size = size
    lot.size_open = size
    lot.price_units = price_units
    lot.time = time
    return lot


class Match:
    """A closed piece: `size` counts opened by one fill and closed by another.

    pnl: money in the quote currency, side × (close − open) × size, before fees. Times: the venue's, ns UTC.
    """

    __slots__ = (
        "account", "strategy", "instrument", "side", "size", "open_order", "open_trade", "open_units", "time_open",
        "close_order", "close_trade", "close_units", "time_close", "pnl",
    )  # fmt: skip

    account: str
    strategy: str
    instrument: Instrument
    side: int
    size: int
    open_order: str
    open_trade: str
    open_units: int
    time_open: int
    close_order: str
    close_trade: str
    close_units: int
    time_close: int
    pnl: int

    @property
    def id(self) -> str:
        """Unique per instrument: a closing fill meets an opening fill at most once."""
        return f"{self.open_trade}:{self.close_trade}"

    def reversal(self) -> Match:
        """The same piece with size and P&L negated: what undoes this match where a late fill changed the order."""
        lot = lot_of(self.open_order, self.open_trade, self.side, 0, self.open_units, self.time_open)
        return match_of(
            self.account, self.strategy, self.instrument, lot, -self.size,
            self.close_order, self.close_trade, self.close_units, self.time_close,
        )  # fmt: skip

    def row(self) -> tuple[object, ...]:
        return (
            self.account, self.strategy, self.instrument.symbol, self.side, self.size, self.open_order,
            self.open_trade, self.open_units, self.time_open, self.close_order, self.close_trade, self.close_units,
            self.time_close, self.pnl,
        )  # fmt: skip


def match_of(
    account: str,
    strategy: str,
    instrument: Instrument,
    lot: Lot,
    size: int,
    close_order: str,
    close_trade: str,
    close_units: int,
    time_close: int,
) -> Match:
    """A new Match, field by field, as `lot_of`."""
    match = Match.__new__(Match)
    match.account = account
    match.strategy = strategy
    match.instrument = instrument
    match.side = lot.side
    match.size = size
    match.open_order = lot.order_id
    match.open_trade = lot.trade_id
    match.open_units = lot.price_units
    match.time_open = lot.time
    match.close_order = close_order
    match.close_trade = close_trade
    match.close_units = close_units
    match.time_close = time_close
    match.pnl = lot.side * (close_units - lot.price_units) * (size * instrument.money_factor)
    return match
