"""Money that comes into an account or leaves it other than by a fill, as the venue's stream states it: told exactly, so
that a deposit is no difference that nobody can explain.

What an instrument is based on is a position, of the first instrument that is, as in a snapshot; anything else is money,
also what nobody trades here (an airdrop). What moved while no stream was heard shows in the next comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tradewright.adapters.chain.spot import size_of_money
from tradewright.adapters.venue.binance import events
from tradewright.model.account import Account
from tradewright.model.account_snapshot import PositionMoved
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
        if moved in self._told or not moved.amount:
            return
        self._told[moved] = None
        if len(self._told) > KEPT_MAX:
            del self._told[next(iter(self._told))]
        name, now = self._terms.name, self._clock()
        instrument = self._based_on(moved.asset)
        if instrument is None:
            self._deliver(CashMoved(now, name, moved.asset, moved.amount, events.MOVED))
        elif size := size_of_money(moved.amount, instrument):
            self._deliver(PositionMoved(now, name, instrument.symbol, size))

    def _based_on(self, asset: str) -> Instrument | None:
        known = (one for one in self._traded.values() if self._orders.instrument(one.symbol) is not None)
        return next((one for one in known if one.base == asset), None)
