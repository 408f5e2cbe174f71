"""Asks the venue what became of orders: each leg, and the trades of those of which some were not told.

That an order is not found says nothing for as long as the request that made it could still be taken: the venue refuses
what is older than the window it was signed for, and may know an order only some time after it took it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from tradewright.adapters.net.backoff import waits
from tradewright.adapters.venue.binance import requests
from tradewright.adapters.venue.binance.answers import (
    EXPIRED,
    FILLED,
    OrderRow,
    Seen,
    TradeRow,
    decoded,
    reading,
    seen_of,
    trade_of,
)
from tradewright.adapters.venue.binance.book import Book, Chain, Leg
from tradewright.adapters.venue.binance.caller import ASK_RANK, Caller, Refused
from tradewright.adapters.venue.binance.names import LEGS_MAX
from tradewright.adapters.venue.binance.outcomes import ARCHIVED, NOT_FOUND
from tradewright.adapters.venue.binance.reporter import Reporter
from tradewright.model.errors import AnswerLost, InputError, TransportError, VenueRefused
from tradewright.model.instrument import Instrument
from tradewright.model.rng import Rng
from tradewright.ports import Clock

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
#: The window a request is signed for, and how far the clocks may be apart.
LATEST_NS = 6 * SECOND_NS
#: An order that was made so long before it was sent is another one.
OLDER_NS = 60 * SECOND_NS
FIRST_NS, MOST_NS = SECOND_NS // 4, 16 * SECOND_NS


class LookUp:
    """settles_ms: of `model.account.Account`. spawn: runs a task for as long as the client lives."""

    def __init__(
        self, caller: Caller, book: Book, clock: Clock, rng: Rng, errors: Counter[str], settles_ms: int,
        spawn: Callable[..., asyncio.Task[None]],
    ) -> None:  # fmt: skip
        self.caller = caller
        self.book = book
        self.clock = clock
        self.rng = rng
        self.errors = errors
        self.spawn = spawn
        self.reporter: Reporter
        self._patience = LATEST_NS + settles_ms * MS_NS
        self._started = clock()
        self._filling: dict[str, asyncio.Task[None]] = {}

    async def order(self, instrument: Instrument, venue_id: int, client_id: str, rank: int = ASK_RANK) -> Seen | None:
        """One order; None = it is not found. Raises TransportError, VenueRefused."""
        try:
            body = await self.caller.call(requests.look_up(instrument.symbol, venue_id, client_id), rank)
        except Refused as refused:
            if refused.outcome == NOT_FOUND:
                return None
            raise
        with reading(self.errors):
            return seen_in(decoded(body, OrderRow), instrument)

    async def walk(self, chain: Chain, rank: int = ASK_RANK, anew: bool = False) -> bool:
        """Looks up an order leg by leg, the first one first; False: it is not there. anew: also legs that were seen to
        end, which may have filled late. Raises TransportError (also where that it is not found says nothing yet),
        VenueRefused."""
        async with chain.lock:
            number = 0
            while True:
                leg = chain.legs[number]
                if anew or not (chain.whole and leg.over):
                    seen = await self._leg(chain, leg, rank)
                    if seen is None:
                        self._check_absent(chain, leg)
                        if number == 0:
                            return False
                        del chain.legs[number:]
                        break
                    leg.note(seen)
                    self.book.place(chain, leg)
                number += 1
                if not leg.over or chain.foreign:
                    break
                if number == len(chain.legs):
                    if chain.whole or number > LEGS_MAX or leg.status == FILLED:
                        break
                    # An earlier process may have placed the next one.
                    self.book.add_leg(chain, 0, 0)
            chain.whole = True
            return True

    async def _leg(self, chain: Chain, leg: Leg, rank: int) -> Seen | None:
        if chain.foreign and not leg.venue_id:
            raise AnswerLost(f"{chain.order.id}: the venue's number of this order is not known")
        try:
            seen = await self.order(chain.order.instrument, leg.venue_id, leg.client_id, rank)
            return None if seen is None or self._older(leg, seen) else seen
        except Refused as refused:
            if refused.outcome != ARCHIVED:
                raise
        order = chain.order
        return Seen(
            order.instrument, leg.venue_id, leg.client_id, EXPIRED, order.side, "LIMIT", "GTC", leg.quantity,
            0, 0, 0, 0, 0, False, reason="ARCHIVED",
        )  # fmt: skip

    def _older(self, leg: Leg, seen: Seen) -> bool:
        """Whether it was made before the leg was sent: an order of the same name from another journal's life. The venue
        lets a name be used again once its order is over."""
        sent = leg.sent + self.caller.offset - OLDER_NS
        return leg.sent > 0 and leg.venue_id == 0 and 0 < seen.created < sent

    def _check_absent(self, chain: Chain, leg: Leg) -> None:
        """Whether a leg that is not found is not there. Raises AnswerLost where nobody can say that yet."""
        sent = leg.sent or self._started
        if leg.status or leg.venue_id or chain.replacing or self.clock() - sent < self._patience:
            if leg.number and not leg.sent and not leg.venue_id:
                del chain.legs[leg.number :]  # it was only asked about
            raise AnswerLost(f"{leg.client_id} is not found, which says nothing yet")

    async def trades(self, chain: Chain, leg: Leg, rank: int = ASK_RANK) -> None:
        """Tells the fills of a leg that were not told. Raises TransportError, VenueRefused."""
        instrument, first = chain.order.instrument, 0
        while True:
            body = await self.caller.call(requests.trades_of(instrument.symbol, leg.venue_id, first), rank)
            with reading(self.errors):
                rows = decoded(body, list[TradeRow])
                ours = [trade_of(row, instrument) for row in rows if row.orderId == leg.venue_id]
            for execution in ours:
                self.reporter.fill(chain, leg, execution)
            if len(rows) < requests.ROWS_MAX:
                return
            first = rows[-1].id + 1

    async def complete(self, chain: Chain, rank: int = ASK_RANK) -> None:
        """Tells all fills of an order that the venue has counted. Raises TransportError, VenueRefused."""
        for leg in list(chain.legs):
            if leg.gap:
                await self.trades(chain, leg, rank)
            if leg.gap:
                raise AnswerLost(f"{leg.client_id}: the venue does not tell all trades that it has counted")

    def fill_in(self, chain: Chain) -> None:
        """What is missing of an order is looked up until it is there."""
        if chain.order.id not in self._filling:
            self._filling[chain.order.id] = self.spawn(self._fill_in(chain))

    async def filled_in(self, seconds: float) -> None:
        """Waits for what is being looked up, but no longer than so."""
        if self._filling:
            await asyncio.wait(list(self._filling.values()), timeout=seconds)

    async def _fill_in(self, chain: Chain) -> None:
        try:
            for pause in waits(self.rng, FIRST_NS, MOST_NS):
                try:
                    if not chain.whole:
                        await self.walk(chain)
                    await self.complete(chain)
                except (TransportError, VenueRefused):
                    self.errors["look_up"] += 1
                    await asyncio.sleep(pause / SECOND_NS)
                    continue
                if chain.whole and not any(leg.gap for leg in chain.legs):
                    break
        finally:
            self._filling.pop(chain.order.id, None)
        self.reporter.settle(chain)


def seen_in(row: OrderRow, instrument: Instrument) -> Seen:
    """Raises InputError, for a row about another symbol too."""
    if row.symbol != instrument.symbol:
        raise InputError(f"{row.symbol[:20]} is another symbol")
    return seen_of(row, instrument)
