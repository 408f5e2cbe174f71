"""What a named person wants cancelled. An input."""

from __future__ import annotations

from tradewright.model.event import CANCEL_REQUESTED, Event


class CancelRequested(Event):
    """The openings at work that fit: of an account, a strategy and a symbol ("" = of any), on a side (0 = both). What
    guards a position stays, and nothing is stopped: the next opening goes. order_id: this one order alone, whatever
    it is, "" = by what fits."""

    __slots__ = ("account", "strategy", "symbol", "side", "who", "reason", "order_id")

    def __init__(
        self,
        time: int,
        account: str,
        strategy: str,
        symbol: str,
        side: int,
        who: str,
        reason: str,
        order_id: str = "",
    ) -> None:
        super().__init__(CANCEL_REQUESTED, time)
        self.account = account
        self.strategy = strategy
        self.symbol = symbol
        self.side = side
        self.who = who
        self.reason = reason
        self.order_id = order_id

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.account, self.strategy, self.symbol, self.side, self.who, self.reason,
            self.order_id,
        )  # fmt: skip
