"""An order's terms: what was approved, in exact counts. Its life (stage, filled, requests) is `core.orders`.

Sides are +1 and -1, so that side × size is a signed quantity. The numbers below are stored in journals and never
reused.
"""

from __future__ import annotations

from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument

BUY = 1
SELL = -1
SIDES = {BUY: "buy", SELL: "sell"}

MARKET = 1
LIMIT = 2
STOP = 3
STOP_LIMIT = 4
TRAILING_STOP = 5
ORDER_TYPES = {MARKET: "market", LIMIT: "limit", STOP: "stop", STOP_LIMIT: "stop_limit", TRAILING_STOP: "trailing_stop"}

DAY = 1
GTC = 2
IOC = 3
FOK = 4
OPG = 5
CLS = 6
TIMES_IN_FORCE = {DAY: "day", GTC: "gtc", IOC: "ioc", FOK: "fok", OPG: "opg", CLS: "cls"}

REDUCE_ONLY = 1
POST_ONLY = 2
EXTENDED_HOURS = 4
FLAGS = {REDUCE_ONLY: "reduce_only", POST_ONLY: "post_only", EXTENDED_HOURS: "extended_hours"}

ENTRY = "entry"
EXIT = "exit"
STOP_LOSS = "stop_loss"
TAKE_PROFIT = "take_profit"


class Order:
    """The terms of one order.

    id: the engine's own client order id, `[A-Za-z0-9-]{1,31}`, unique for ever (it also fits MT5's comment).
    quantity: size counts. limit_units, stop_units: price counts, 0 = none. trail_units: distance of a trailing stop in
    price counts, or trail_ppm in parts per million of the price; one of them is set for TRAILING_STOP.
    lot: the lot a close names in a hedging account, "" = FIFO. parent: the order whose fills activate this one (OTO),
    group: orders of one group cancel each other (OCO). size_ppm: share of equity, in parts per million, from which a
    backtest sizes this order at its fill price; 0 = the quantity stands. decision: id of the decision that made it;
    time: of that decision, ns UTC, or when its market opened where it waited for that.
    """

    __slots__ = (
        "id", "account", "strategy", "instrument", "side", "type", "quantity", "limit_units", "stop_units",
        "trail_units", "trail_ppm", "time_in_force", "flags", "lot", "parent", "group", "role", "size_ppm",
        "decision", "time",
    )  # fmt: skip

    def __init__(
        self,
        id: str,
        account: str,
        strategy: str,
        instrument: Instrument,
        side: int,
        type: int,
        quantity: int,
        limit_units: int = 0,
        stop_units: int = 0,
        trail_units: int = 0,
        trail_ppm: int = 0,
        time_in_force: int = GTC,
        flags: int = 0,
        lot: str = "",
        parent: str = "",
        group: str = "",
        role: str = ENTRY,
        size_ppm: int = 0,
        decision: int = 0,
        time: int = 0,
    ) -> None:
        self.id = id
        self.account = account
        self.strategy = strategy
        self.instrument = instrument
        self.side = side
        self.type = type
        self.quantity = quantity
        self.limit_units = limit_units
        self.stop_units = stop_units
        self.trail_units = trail_units
        self.trail_ppm = trail_ppm
        self.time_in_force = time_in_force
        self.flags = flags
        self.lot = lot
        self.parent = parent
        self.group = group
        self.role = role
        self.size_ppm = size_ppm
        self.decision = decision
        self.time = time

    @property
    def reduce_only(self) -> bool:
        return self.flags & REDUCE_ONLY != 0

    @property
    def post_only(self) -> bool:
        return self.flags & POST_ONLY != 0

    @property
    def extended_hours(self) -> bool:
        return self.flags & EXTENDED_HOURS != 0

    def row(self) -> tuple[object, ...]:
        """The order as one encodable row, in the order of the constructor; the instrument by its index."""
        return (
            self.id, self.account, self.strategy, self.instrument.index, self.side, self.type, self.quantity,
            self.limit_units, self.stop_units, self.trail_units, self.trail_ppm, self.time_in_force, self.flags,
            self.lot, self.parent, self.group, self.role, self.size_ppm, self.decision, self.time,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"Order({self.id} {SIDES[self.side]} {self.quantity} {self.instrument.symbol} {ORDER_TYPES[self.type]})"


def number_named(names: dict[int, str], name: str, what: str) -> int:
    """The stored number of a name (`number_named(SIDES, "buy", "side")` is 1). Raises InputError listing the names."""
    for number, known in names.items():
        if known == name:
            return number
    raise InputError(f"{what}: {name!r} is not one of {', '.join(names.values())}")
