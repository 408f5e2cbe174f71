"""Plays the engine to one account's client: it applies reports as the core does, keeps what the client may read, and
asks again for as long as a request's outcome is not known."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from tests.venues.ordering import Ordering
from tradewright.core.life_cycle import NONE, SENT, SUBMITTED
from tradewright.core.orders import OrderState
from tradewright.core.state import order_from
from tradewright.model.account_snapshot import ConnectionChanged
from tradewright.model.control import OrderAdopted
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.report import Fill, Report
from tradewright.ports import Clock

ASK_SECONDS = 1.0


class Ledger(Ordering):
    """Implements `ports.Orders`."""

    def __init__(self, instruments: Sequence[Instrument], clock: Clock) -> None:
        super().__init__(clock)
        self.instruments = {instrument.symbol: instrument for instrument in instruments}
        self.events: list[Event] = []
        self.adopted: list[str] = []
        self.ups: list[bool] = []
        self.orphans: Counter[str] = Counter()
        self._asking: set[str] = set()

    # Orders

    def instrument(self, symbol: str) -> Instrument | None:
        return self.instruments.get(symbol)

    def deliver(self, event: Event) -> None:
        assert event.time <= self.clock() < event.time + 10**9
        self.events.append(event)
        if isinstance(event, Report):
            state = self.states.get(event.order_id)
            if state is None:
                self.orphans[event.order_id] += 1
                return
            state.apply_report(event)
            self.look(event.order_id)
        elif isinstance(event, OrderAdopted):
            order = order_from(event.order, list(self.instruments.values()))
            assert order.id not in self.states
            self.adopted.append(order.id)
            self.states[order.id] = OrderState(order, SUBMITTED)
        elif isinstance(event, ConnectionChanged):
            self.ups.append(event.up)

    def look(self, order_id: str) -> None:
        """Asks about an order until no request of it is unknown."""
        if self.states[order_id].has_unknown() and order_id not in self._asking:
            self._asking.add(order_id)
            asyncio.get_running_loop().call_soon(self._asked, order_id)

    def _asked(self, order_id: str) -> None:
        if not self.states[order_id].has_unknown():
            self._asking.discard(order_id)
            return
        self.query(order_id)
        asyncio.get_running_loop().call_later(ASK_SECONDS, self._asked, order_id)

    # What a test looks at

    def kinds(self, order_id: str) -> list[int]:
        """The kinds of all reports on an order, in their sequence."""
        return [event.kind for event in self.events if isinstance(event, Report) and event.order_id == order_id]

    def reports(self, order_id: str, kind: int) -> list[Report]:
        return [
            event
            for event in self.events
            if isinstance(event, Report) and event.order_id == order_id and event.kind == kind
        ]

    def fills(self, order_id: str) -> list[Fill]:
        return [event for event in self.events if isinstance(event, Fill) and event.order_id == order_id]

    def busy(self) -> list[str]:
        """Orders with a request that has no answer."""
        return [
            id
            for id, state in self.states.items()
            if (state.submit, state.cancel, state.replace) != (NONE, NONE, NONE)
            and (state.is_open() or state.has_unknown())
            and SENT in (state.submit, state.cancel, state.replace)
        ]
