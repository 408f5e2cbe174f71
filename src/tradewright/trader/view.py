"""The engine as strategies see it."""

from __future__ import annotations

from tradewright.core.engine import Engine
from tradewright.model.instrument import Instrument
from tradewright.model.view import BookView, EngineView


class View(EngineView):
    """The engine as strategies see it."""

    __slots__ = ("engine",)

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def now(self) -> int:
        return self.engine.now

    def book(self, account: str, strategy: str, instrument: Instrument) -> BookView:
        return self.engine.book(account, strategy, instrument)

    def next_order_id(self, account: str) -> str:
        return self.engine.next_order_id(account)

    def equity(self, account: str) -> int | None:
        return self.engine.accounts[account].equity()

    def sizes(self, account: str, strategy: str) -> bool:
        return self.engine.sizer_of(account, strategy) is not None

    def positions(self, account: str) -> tuple[tuple[Instrument, int], ...]:
        held = self.engine.accounts[account].positions
        return tuple([(position.instrument, position.net) for position in held if position.net])

    def is_halted(self, strategy: str) -> bool:
        return strategy in self.engine.halted

    def price_units(self, instrument: Instrument) -> int:
        return self.engine.marks.marks[instrument.index].price()

    def is_working(self, account: str, strategy: str, instrument: Instrument, side: int, role: str) -> bool:
        for order_id in self.engine.open_orders(account, strategy, instrument):
            order = self.engine.orders[order_id].order
            if order.side == side and order.role == role:
                return True
        return False

    def confidence_ppm(self, account: str, strategy: str, instrument: Instrument) -> int:
        values: list[int] = self.engine.gate.values(self.engine.book(account, strategy, instrument), "minConfidence")
        return max(values, default=0)

    def mirrors(self) -> bool:
        return self.engine.board is not None

    def open_orders(self, account: str, strategy: str, instrument: Instrument) -> list[str]:
        return self.engine.open_orders(account, strategy, instrument)
