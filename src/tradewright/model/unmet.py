"""What a strategy asked for and nothing could come of. An output, so that its author finds it in the journal."""

from __future__ import annotations

from tradewright.model.event import WISH_UNMET, Event

#: What was asked for.
TO_CANCEL, TO_CHANGE, TO_CLOSE, TO_PROTECT = "cancel", "change", "close", "protect"
UNKNOWN_ID = "UNKNOWN_ID"
ORDER_ENDED = "ORDER_ENDED"
NOT_HELD = "NOT_HELD"
#: Why nothing came of it, by code.
UNMET_CODES = {
    UNKNOWN_ID: "no order of its strategy is known by that id, or it ended more than a day ago",
    ORDER_ENDED: "that order had ended",
    NOT_HELD: "its strategy holds nothing there that could be closed or guarded",
}


class WishUnmet(Event):
    """A wish of a strategy that nothing came of. wish: what was asked for; order_id: of which order, "" = of what is
    held; code: one of UNMET_CODES. The same wish is recorded once between two decisions of its book."""

    __slots__ = ("account", "strategy", "symbol", "wish", "order_id", "code", "reason")

    def __init__(
        self, time: int, account: str, strategy: str, symbol: str, wish: str, order_id: str, code: str, reason: str
    ) -> None:
        super().__init__(WISH_UNMET, time)
        self.account = account
        self.strategy = strategy
        self.symbol = symbol
        self.wish = wish
        self.order_id = order_id
        self.code = code
        self.reason = reason

    @property
    def said(self) -> tuple[str, str, str]:
        """What is said of it once."""
        return (self.wish, self.order_id, self.code)

    @property
    def text(self) -> str:
        """As a sentence's part."""
        of = f" {self.order_id}" if self.order_id else ""
        why = f" ({self.reason})" if self.reason else ""
        asked = f"{self.strategy} asked to {self.wish}{of}{why}"
        return f"{asked}, and nothing came of it: {self.code} {UNMET_CODES[self.code]}"

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.account, self.strategy, self.symbol, self.wish, self.order_id, self.code,
            self.reason,
        )  # fmt: skip
