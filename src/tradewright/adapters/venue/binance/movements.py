"""Money that comes into an account or leaves it other than by a fill, as the venue's stream states it: told exactly, so
that a deposit is no difference that nobody can explain.

Told is what the engine counts as money there: the account's currency, and what its instruments are quoted in. What is
based on an asset is a position, and what is neither lies aside; both show in the next comparison. So does what moved
while no stream was heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tradewright.adapters.venue.binance import events
from tradewright.model.account import Account
from tradewright.model.control import CashMoved
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.ports import Clock, Orders

#: While a stream is renewed an event comes twice: so many are remembered.
KEPT_MAX = 1_000


class Movements:
    """traded: instruments of the account by symbol, as its client has met them."""

    def __init__(
        self, terms: Account, traded: Mapping[str, Instrument], orders: Orders, clock: Clock,
        deliver: Callable[[Event], None],
    ) -> None:  # fmt: skip
        self._terms = terms
        self._traded = traded
        self._orders = orders
        self._clock = clock
        self._deliver = deliver
        self._told: dict[events.Movement, None] = {}

    def hear(self, moved: events.Movement) -> None:
        """A movement that the stream tells."""
        if moved in self._told or not moved.amount or not self._is_money(moved.asset):
            return
        self._told[moved] = None
        if len(self._told) > KEPT_MAX:
            del self._told[next(iter(self._told))]
        self._deliver(CashMoved(self._clock(), self._terms.name, moved.asset, moved.amount, events.MOVED))

    def _is_money(self, asset: str) -> bool:
        known = [one for one in self._traded.values() if self._orders.instrument(one.symbol) is not None]
        quoted = asset == self._terms.currency or any(one.quote == asset for one in known)
        return quoted and not any(one.base == asset for one in known)
