"""An order as the exchange knows it: its terms now, how far it filled, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.model.order import FOK, IOC, LIMIT, MARKET, STOP_LIMIT, Order
from tradewright.model.report import Fill
from tradewright.sim.exchange.vocabulary import FOREVER, NO_MARK, WORKING

if TYPE_CHECKING:
    from tradewright.sim.exchange.book import Book
    from tradewright.sim.exchange.market import Market


class Working:
    """One order at the exchange, working or ended. Times ns, sizes and prices counts.

    market, book: where it lies. number: order of arrival. quantity: total, fills included. open: what may fill now (a
    child that sleeps: 0). triggered: a stop that was reached. resting: it has met the market and was not filled, so it
    makes, not takes. born, tried: the moments at which it came and last found no more size; entered: when it came, ns
    venue time (terms that go to the back of the queue come anew). missed: the event whose touch it missed. mark: best
    price a trailing stop has seen, times its side, so that lower is better. asked: its size was asked for. replaced:
    when its terms changed last (ns venue time, never the same twice), 0 = they did not. parted: what fills of its group
    took away. fee_charged, fee_paid: money, before and after the order's bounds. shown, traded, ahead: the queue at its
    price: size shown last, traded since, and before us (-1 = not known); reached: what the trade of this event left for
    it.
    """

    __slots__ = (
        "order", "market", "book", "number", "side", "type", "quantity", "filled", "open", "limit", "stop",
        "time_in_force", "flags", "status", "triggered", "resting", "asked", "replaced", "born", "entered", "tried",
        "missed", "mark", "expires", "parted", "parent", "children", "fills", "fee_charged", "fee_paid",
        "time_accepted", "time_ended", "code", "shown", "traded", "ahead", "reached",
    )  # fmt: skip

    def __init__(self, order: Order, market: Market, book: Book, number: int, time: int) -> None:
        self.begin(order, market, book, number, time)

    def begin(self, order: Order, market: Market, book: Book, number: int, time: int) -> None:
        """The constructor's work without the cost of its arguments."""
        self.order = order
        self.market = market
        self.book = book
        self.number = number
        self.side = order.side
        self.type = order.type
        self.quantity = order.quantity
        self.filled = 0
        self.open = order.quantity
        self.limit = order.limit_units
        self.stop = order.stop_units
        self.time_in_force = order.time_in_force
        self.flags = order.flags
        self.status = WORKING
        self.triggered = False
        self.resting = False
        self.asked = False
        self.replaced = 0
        self.born = 0
        self.entered = time
        self.tried = -1
        self.missed = -1
        self.mark = NO_MARK
        self.expires = FOREVER
        self.parted = 0
        self.parent: Working | None = None
        self.children: list[Working] | None = None
        self.fills: list[Fill] | None = None
        self.fee_charged = 0
        self.fee_paid = 0
        self.time_accepted = time
        self.time_ended = 0
        self.code = ""
        self.shown = 0
        self.traded = 0
        self.ahead = -1
        self.reached = 0

    def immediate(self) -> bool:
        """What does not fill at its first look is cancelled."""
        return self.time_in_force == IOC or self.time_in_force == FOK

    def limited(self) -> bool:
        """It fills at its limit or better: a limit order, or a stop-limit that was triggered."""
        return self.type == LIMIT or (self.type == STOP_LIMIT and self.triggered)

    def at_market(self) -> bool:
        """On bars the fill convention says when it meets the market."""
        return self.type == MARKET or (self.type == LIMIT and self.immediate())

    def waits(self) -> bool:
        """A stop of any kind that was not reached yet."""
        return self.type > LIMIT and not self.triggered

    def distance(self) -> int:
        """A trailing stop's distance from its mark in price counts, rounded down."""
        if self.order.trail_units:
            return self.order.trail_units
        return abs(self.mark) * self.order.trail_ppm // 1_000_000

    def refresh(self) -> None:
        """Forms `open` anew: a child may fill what its parent filled, less what its group took."""
        most = self.quantity
        if self.parent is not None:
            most = min(most, self.parent.filled - self.parted)
        self.open = max(most - self.filled, 0)
