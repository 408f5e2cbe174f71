"""What every stand before a venue begins with: a market of its seed, in the instruments it trades, and a last gate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import takewhile

from tradewright.adapters.net.last_gate import WireGate
from tradewright.adapters.net.outgoing import Reader
from tradewright.model.account import CASH, HEDGING, Account
from tradewright.model.event import Event
from tradewright.ports import Approvals, Clock, Transport
from tradewright.prove.auditor import Terms
from tradewright.sim.market import Market, universe
from tradewright.sim.market.tape import Print
from tradewright.sim.wire.site import Tape

#: Of a day in `prove.world`: then its market stands still, so that what has filled is heard before all is compared.
MARKET_SECONDS = 350


def market_of(venue: str, dollar: str, symbols: Collection[str], seed: int, now: int) -> Market:
    """The venue's market from then on (ns UTC); `dollar` is what its pairs are quoted in."""
    market = Market(seed, now, [one for one in universe(venue, dollar) if one.instrument.symbol in symbols])
    for index, instrument in enumerate(market.instruments):
        instrument.index = index
    return market


class Stand(ABC):
    """A simulated venue in the same process, with a client of ours before it. terms: of its account. near: parts of a
    price so small that its market moves by some of them in seconds. never: kinds of faults that can not be at the
    venue, and why."""

    terms: Account
    near: int
    never: Mapping[str, str] = {}

    @property
    def facts(self) -> Terms:
        """What the auditor has to know of the account."""
        leverage = 0 if self.terms.kind == CASH else self.terms.leverage
        return Terms(self.terms.mode == HEDGING, self.terms.native_exits, leverage)

    @abstractmethod
    def reader(self) -> Reader:
        """Reads what its client sends."""

    def tape(self, market: Market) -> Tape:
        """What the venue's market does, as long as it is open."""
        return Tape(_opened(market.events()))

    def gate(
        self, transport: Transport, clock: Clock, orders: Approvals, deliver: Callable[[Event], None]
    ) -> WireGate:  # fmt: skip
        """What stands before its client's wire."""
        return WireGate(transport, self.reader(), self.terms.name, orders, clock, deliver)

    def own(self, client_id: str) -> str:
        """The order here whose leg a client id, or a comment, names."""
        return client_id.partition("_")[0]


def _opened(events: Iterator[Print]) -> Iterator[Print]:
    first = next(events)
    yield first
    yield from takewhile(lambda event: event.time < first.time + MARKET_SECONDS * 10**9, events)
