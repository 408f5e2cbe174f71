"""How one order and its trades are asked for at Binance Spot."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from tradewright.adapters.chain.book import Book
from tradewright.adapters.chain.legs import Chain, Leg
from tradewright.adapters.chain.look_up import LookUp
from tradewright.adapters.chain.outcomes import NOT_FOUND, Refused
from tradewright.adapters.chain.seen import EXPIRED, Seen
from tradewright.adapters.net.reading import reading
from tradewright.adapters.net.slots import ASK_RANK
from tradewright.adapters.venue.binance import requests
from tradewright.adapters.venue.binance.answers import OrderRow, TradeRow, decoded, seen_of, trade_of
from tradewright.adapters.venue.binance.caller import Caller
from tradewright.adapters.venue.binance.outcomes import ARCHIVED
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.rng import Rng
from tradewright.ports import Clock

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
#: The window a request is signed for, and how far the clocks may be apart.
LATEST_NS = 6 * SECOND_NS


class BinanceLookUp(LookUp):
    """settles_ms: of `model.account.Account`."""

    def __init__(
        self, caller: Caller, book: Book, clock: Clock, rng: Rng, errors: Counter[str], settles_ms: int,
        spawn: Callable[..., asyncio.Task[None]],
    ) -> None:  # fmt: skip
        super().__init__(book, clock, caller.now, rng, errors, LATEST_NS + settles_ms * MS_NS, spawn)
        self.caller = caller

    async def order(self, instrument: Instrument, venue_id: str, client_id: str, rank: int = ASK_RANK) -> Seen | None:
        """One order; None = it is not found. Raises TransportError, VenueRefused."""
        try:
            body = await self.caller.call(requests.look_up(instrument.symbol, venue_id, client_id), rank)
        except Refused as refused:
            if refused.outcome == NOT_FOUND:
                return None
            raise
        with reading(self.errors):
            return seen_in(decoded(body, OrderRow), instrument)

    async def ask(self, chain: Chain, leg: Leg, rank: int) -> Seen | None:
        order = chain.order
        try:
            return await self.order(order.instrument, leg.venue_id, leg.client_id, rank)
        except Refused as refused:
            if refused.outcome != ARCHIVED:
                raise
        # It ended without a fill, at the terms that were known of it: the answer says no others.
        _, limit, stop = chain.terms
        return Seen(
            order.instrument, leg.venue_id, leg.client_id, EXPIRED, order.side, order.type, leg.quantity, 0, limit,
            stop, 0, reason="ARCHIVED",
        )  # fmt: skip

    async def trades(self, chain: Chain, leg: Leg, rank: int) -> None:
        instrument, first = chain.order.instrument, 0
        while True:
            body = await self.caller.call(requests.trades_of(instrument.symbol, leg.venue_id, first), rank)
            with reading(self.errors):
                rows = decoded(body, list[TradeRow])
                ours = [trade_of(row, instrument) for row in rows if f"{row.orderId}" == leg.venue_id]
            for execution in ours:
                self.reporter.fill(chain, leg, execution)
            if len(rows) < requests.ROWS_MAX:
                return
            first = rows[-1].id + 1


def seen_in(row: OrderRow, instrument: Instrument) -> Seen:
    """Raises InputError, for a row about another symbol too."""
    if row.symbol != instrument.symbol:
        raise InputError(f"{row.symbol[:20]} is another symbol")
    return seen_of(row, instrument)
