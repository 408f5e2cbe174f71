"""What the last gate before a venue's wire tells the engine. An input."""

from __future__ import annotations

from tradewright.model.event import REQUEST_WITHHELD, Event

#: Alarm, and cause of HALTED.
LAST_GATE = "LAST_GATE"
#: Code of what was not sent since the account's lease was not known to be held.
NOT_LEASED = "NOT_LEASED"
#: How a text begins of what was approved and has left already.
SENT_ALREADY = "it has left already"


class RequestWithheld(Event):
    """A request of an account's client was not let out, since nobody had approved what its bytes ask for. order_id: of
    the order they name, "" = none; text: what is wrong with them."""

    __slots__ = ("account", "order_id", "text")

    def __init__(self, time: int, account: str, order_id: str, text: str) -> None:
        super().__init__(REQUEST_WITHHELD, time)
        self.account = account
        self.order_id = order_id
        self.text = text

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.order_id, self.text)
