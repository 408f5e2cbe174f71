"""What a service outside has decided, and asks to have carried out like the intent of a strategy."""

from __future__ import annotations

from tradewright.model.event import DECISION_REQUESTED, Event


class DecisionRequested(Event):
    """decision_id: the service's own, unique in its account. strategy: whose lots it opens or closes. action: BUY,
    SELL, or HOLD, of which nothing comes. quantity: size counts, 0 = sizing decides, of which hint_ppm is wanted
    (`Sizer`). confidence: 0 to 1. valid_until: ns UTC; from then on it is not carried out. who: where it came from;
    reason: the service's words."""

    __slots__ = (
        "account", "strategy", "symbol", "action", "quantity", "hint_ppm", "confidence", "valid_until", "decision_id",
        "who", "reason",
    )  # fmt: skip

    def __init__(
        self,
        time: int,
        account: str,
        strategy: str,
        symbol: str,
        action: int,
        quantity: int,
        hint_ppm: int,
        confidence: float,
        valid_until: int,
        decision_id: str,
        who: str,
        reason: str,
    ) -> None:
        super().__init__(DECISION_REQUESTED, time)
        self.account = account
        self.strategy = strategy
        self.symbol = symbol
        self.action = action
        self.quantity = quantity
        self.hint_ppm = hint_ppm
        self.confidence = confidence
        self.valid_until = valid_until
        self.decision_id = decision_id
        self.who = who
        self.reason = reason

    @property
    def words(self) -> str:
        """The reason of its decisions."""
        said = f": {self.reason}" if self.reason else ""
        return f"{self.who}, decision {self.decision_id}{said}"

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.account, self.strategy, self.symbol, self.action, self.quantity, self.hint_ppm,
            self.confidence, self.valid_until, self.decision_id, self.who, self.reason,
        )  # fmt: skip
