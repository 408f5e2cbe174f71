"""What happens to orders and positions, told one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tradewright.sim.wire.mt5.orders import Order
from tradewright.sim.wire.mt5.positions import Position

#: What is kept of them.
HAPPENINGS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Happening:
    """For the stream of events. seq rises by one each; values are those of the package."""

    seq: int
    time: int
    kind: str
    values: dict[str, Any]


class Happenings:
    """Those of one account, the last ones kept. told: called with each."""

    def __init__(self) -> None:
        self.seq = 0
        self.kept: deque[Happening] = deque(maxlen=HAPPENINGS_MAX)
        self.told: list[Callable[[Happening], None]] = []

    def tell(self, time: int, kind: str, values: dict[str, Any]) -> None:
        self.seq += 1
        happening = Happening(self.seq, time, kind, values)
        self.kept.append(happening)
        for listener in self.told:
            listener(happening)


def facts_of(what: Order | Position) -> dict[str, Any]:
    """What an event says of an order or a position."""
    symbol = what.symbol
    size = what.volume if isinstance(what, Position) else what.volume - what.filled
    own = what.identifier if isinstance(what, Position) else what.position_id
    return {
        "ticket": what.ticket, "position_id": own, "symbol": symbol.canonical, "broker_symbol": symbol.name,
        "direction": "buy" if what.side > 0 else "sell", "volume": symbol.lots(size),
        "price": symbol.price(what.price), "sl": symbol.price(what.sl) or None,
        "tp": symbol.price(what.tp) or None, "magic": what.magic, "comment": what.comment,
    }  # fmt: skip
