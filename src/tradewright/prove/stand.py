"""What every stand before a venue begins with: a market of its seed, in the instruments it trades."""

from __future__ import annotations

from collections.abc import Collection

from tradewright.sim.market import Market, universe
from tradewright.sim.wire.site import Tape


def market_of(venue: str, dollar: str, symbols: Collection[str], seed: int, now: int) -> Market:
    """The venue's market from then on (ns UTC); `dollar` is what its pairs are quoted in."""
    market = Market(seed, now, [one for one in universe(venue, dollar) if one.instrument.symbol in symbols])
    for index, instrument in enumerate(market.instruments):
        instrument.index = index
    return market


class Stand:
    """A simulated venue in the same process, with a client of ours before it."""

    def tape(self, market: Market) -> Tape:
        """What the venue's market does."""
        return Tape(market.events())

    def own(self, client_id: str) -> str:
        """The order here whose leg a client id, or a comment, names."""
        return client_id.partition("_")[0]
