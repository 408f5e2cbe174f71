"""What a named person wants cancelled. An input."""

from __future__ import annotations

from tradewright.model.event import CANCEL_REQUESTED, Event


class CancelRequested(Event):
    """The openings at work that fit: of an account, a strategy and a symbol ("" = of any), on a side (0 = both). What
    guards a position stays, and nothing is stopped: the next opening goes."""

    __slots__ = ("account", "strategy", "symbol", "side", "who", "reason")

    def __init__(self, time: int, account: str, strategy: str, symbol: str, side: int, who: str, reason: str) -> None:
        super().__init__(CANCEL_REQUESTED, time)
        self.account = account
        self.strategy = strategy
        self.symbol = symbol
        self.side = side
        self.who = who
        self.reason = reason

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.strategy, self.symbol, self.side, self.who, self.reason)
