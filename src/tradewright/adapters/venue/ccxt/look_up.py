"""How one order and its trades are asked for by the library."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from tradewright.adapters.chain.book import Book
from tradewright.adapters.chain.legs import Chain, Leg
from tradewright.adapters.chain.look_up import EARLIER_NS, LookUp
from tradewright.adapters.chain.seen import Seen
from tradewright.adapters.venue.ccxt.exchange import Exchange
from tradewright.model.errors import AnswerLost
from tradewright.model.rng import Rng
from tradewright.ports import Clock

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
#: The longest window that the library signs a request for, our time-out, and how far the clocks may be apart.
LATEST_NS = 16 * SECOND_NS


class CcxtLookUp(LookUp):
    """settles_ms: of `model.account.Account`."""

    def __init__(
        self, exchange: Exchange, book: Book, clock: Clock, rng: Rng, errors: Counter[str], settles_ms: int,
        spawn: Callable[..., asyncio.Task[None]],
    ) -> None:  # fmt: skip
        super().__init__(book, clock, exchange.caller.now, rng, errors, LATEST_NS + settles_ms * MS_NS, spawn)
        self.exchange = exchange

    async def ask(self, chain: Chain, leg: Leg, rank: int) -> Seen | None:
        since = (leg.sent or chain.order.time) + self.exchange.caller.offset
        seen = await self.exchange.order(chain.order.instrument, leg.venue_id, leg.client_id, since, rank)
        if seen is not None and not leg.venue_id and seen.client_id != leg.client_id:
            raise AnswerLost(f"{leg.client_id}: the answer is about another order")
        return seen

    async def trades(self, chain: Chain, leg: Leg, rank: int) -> None:
        made = leg.created or (leg.sent or chain.order.time) + self.exchange.caller.offset
        for order_id, execution in await self.exchange.trades(chain.order.instrument, made - EARLIER_NS, rank):
            if order_id == leg.venue_id:
                self.reporter.fill(chain, leg, execution)
