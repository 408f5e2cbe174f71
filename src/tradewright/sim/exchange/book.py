"""What the exchange keeps of an account: its cash, and per instrument its working orders and its position.

Accounts do not see each other's orders: each trades alone against the market data, so that one account's results never
depend on who else is simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.model.numbers import SIZE_MAX

if TYPE_CHECKING:
    from tradewright.sim.exchange.working import Working


class Account:
    """hedging: long and short lots side by side, else one net position. shorts: it may sell what it does not own.
    borrows: it may owe what a buy costs.

    cash: money per currency; fees: money paid per currency, rebates negative.
    """

    __slots__ = ("name", "hedging", "shorts", "borrows", "cash", "fees")

    def __init__(self, name: str, hedging: bool, shorts: bool, borrows: bool, cash: dict[str, int]) -> None:
        self.name = name
        self.hedging = hedging
        self.shorts = shorts
        self.borrows = borrows
        self.cash = cash
        self.fees: dict[str, int] = {}

    def move(self, currency: str, amount: int) -> None:
        """Books money into (positive) or out of the account."""
        self.cash[currency] = self.cash.get(currency, 0) + amount


class OpenLot:
    """What is left of one order's opening fills in a hedging account (size counts)."""

    __slots__ = ("order_id", "side", "size")

    def __init__(self, order_id: str, side: int, size: int) -> None:
        self.order_id = order_id
        self.side = side
        self.size = size


class Book:
    """One account's orders and position in one instrument, and where the price stands for it.

    net, long_units, short_units: size counts; in a hedging account net is the difference of the other two. bid, ask:
    the price on its way (counts); bid_to, ask_to: where the move leads. room: size that may still fill in this event.
    taken_bid, taken_ask: what this account took of the sizes shown; printed: of the trade that is the event. low_first:
    the way of this bar. event: the last one it joined.
    """

    __slots__ = (
        "account", "symbol", "orders", "net", "long_units", "short_units", "lots", "bid", "ask", "bid_to", "ask_to",
        "room", "taken_bid", "taken_ask", "printed", "low_first", "event",
    )  # fmt: skip

    def __init__(self, account: Account, symbol: str) -> None:
        self.account = account
        self.symbol = symbol
        self.orders: list[Working] = []
        self.net = 0
        self.long_units = 0
        self.short_units = 0
        self.lots: list[OpenLot] = []
        self.bid = self.ask = self.bid_to = self.ask_to = 0
        self.room = SIZE_MAX
        self.taken_bid = 0
        self.taken_ask = 0
        self.printed = 0
        self.low_first = False
        self.event = 0

    def reducible(self, side: int, lot: str) -> int:
        """Size counts an order on `side` can reduce the position by; lot: of that lot alone."""
        if not self.account.hedging:
            return max(-side * self.net, 0)
        if lot:
            for held in self.lots:
                if held.order_id == lot and held.side == -side:
                    return held.size
            return 0
        return self.long_units if side < 0 else self.short_units

    def fill(self, order_id: str, side: int, size: int, closes: bool, lot: str) -> None:
        """Books an execution; closes: a hedging account reduces the other side (the lot named, else FIFO)."""
        if not self.account.hedging:
            self.net += side * size
        elif closes:
            self._close(side, size, lot)
        else:
            self._open(order_id, side, size)
        if abs(self.net) > SIZE_MAX:
            raise OverflowError(f"{self.symbol}: a position of {self.net} counts does not fit")

    def pay_base(self, order_id: str, size: int) -> bool:
        """Takes a base-currency fee (size counts) from what is owned; False: a hedging account has no such lot."""
        if not self.account.hedging:
            self.net -= size
            return True
        for lot in self.lots:
            if lot.order_id == order_id and lot.side > 0 and lot.size >= size:
                lot.size -= size
                self._count(1, -size)
                if lot.size == 0:
                    self.lots.remove(lot)
                return True
        return False

    def _open(self, order_id: str, side: int, size: int) -> None:
        self._count(side, size)
        if self.lots and self.lots[-1].order_id == order_id:
            self.lots[-1].size += size
            return
        for lot in self.lots:
            if lot.order_id == order_id:
                lot.size += size
                return
        self.lots.append(OpenLot(order_id, side, size))

    def _close(self, side: int, size: int, named: str) -> None:
        self._count(-side, -size)
        left = size
        for lot in list(self.lots):
            if lot.side == -side and (not named or lot.order_id == named):
                part = min(left, lot.size)
                lot.size -= part
                left -= part
                if lot.size == 0:
                    self.lots.remove(lot)
                if left == 0:
                    return
        raise AssertionError(f"{self.symbol}: {left} counts were closed that no lot holds")

    def _count(self, side: int, size: int) -> None:
        if side > 0:
            self.long_units += size
        else:
            self.short_units += size
        self.net = self.long_units - self.short_units
