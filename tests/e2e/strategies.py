"""Strategies for tests, loaded the way a user's file is: by path and class name."""

from __future__ import annotations

from typing import Any

from tradewright.model.market import Bar, Quote
from tradewright.model.report import Fill
from tradewright.signal.strategy import Strategy


class Scripted(Strategy):
    """Does what its script says: after the n-th bar or quote it saw, and after the n-th fill of one of its orders.

    {"bar 3": [["buy", {"size": 10, "limit": "99.50"}]], "fill 1": [["protect", {"stop_loss": "98"}]]}
    In terms, "$2" stands for the id of the second order this strategy asked for.
    """

    script: dict[str, list[Any]] = {}
    asked: list[str] = []
    seen: int = 0
    filled: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.seen += 1
        self.act(f"bar {self.seen}")

    def on_quote(self, quote: Quote) -> None:
        self.seen += 1
        self.act(f"bar {self.seen}")

    def on_fill(self, fill: Fill) -> None:
        self.filled += 1
        self.act(f"fill {self.filled}")

    def act(self, moment: str) -> None:
        for name, terms in self.script.get(moment, ()):
            given = {key: self.order(value) for key, value in terms.items()}
            made = getattr(self, name)(**given)
            for order_id in made if isinstance(made, list) else [made]:
                if order_id:
                    self.asked.append(order_id)

    def order(self, value: Any) -> Any:
        return self.asked[int(value[1:]) - 1] if isinstance(value, str) and value.startswith("$") else value


class Pair(Scripted):
    """The same, one instance that sees all symbols."""

    many = True
