"""Asks the venue what became of orders: each leg, and the trades of those of which some were not told.

That an order is not found says nothing for as long as the request that made it could still be taken: a venue refuses
what is older than the window it was signed for, and may know an order only some time after it took it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable

from tradewright.adapters.chain.book import Book
from tradewright.adapters.chain.legs import Chain, Leg
from tradewright.adapters.chain.names import LEGS_MAX
from tradewright.adapters.chain.reporter import Reporter
from tradewright.adapters.chain.seen import FILLED, Seen
from tradewright.adapters.net.backoff import waits
from tradewright.adapters.net.slots import ASK_RANK, EXIT_RANK
from tradewright.model import event as kinds
from tradewright.model.errors import AnswerLost, NotSent, TransportError, VenueRefused
from tradewright.model.rng import Rng
from tradewright.ports import Clock

SECOND_NS = 1_000_000_000
#: An order that was made so long before it was sent is another one, however far the clocks are apart.
EARLIER_NS = 60 * SECOND_NS
FIRST_NS, MOST_NS = SECOND_NS // 4, 16 * SECOND_NS


class LookUp(ABC):
    """venue_clock: the venue's, ns. patience_ns: for so long after a leg was sent, that it is not found says nothing.
    spawn: runs a task for as long as the client lives. A venue's own says how one leg and its trades are asked for."""

    def __init__(
        self, book: Book, clock: Clock, venue_clock: Clock, rng: Rng, errors: Counter[str], patience_ns: int,
        spawn: Callable[..., asyncio.Task[None]],
    ) -> None:  # fmt: skip
        self.book = book
        self.clock = clock
        self.venue_clock = venue_clock
        self.rng = rng
        self.errors = errors
        self.spawn = spawn
        self.reporter: Reporter
        self._patience = patience_ns
        self._started = clock()
        self._filling: dict[str, asyncio.Task[None]] = {}

    @abstractmethod
    async def ask(self, chain: Chain, leg: Leg, rank: int) -> Seen | None:
        """One leg as the venue shows it; None = not found. Raises TransportError, VenueRefused."""

    @abstractmethod
    async def trades(self, chain: Chain, leg: Leg, rank: int) -> None:
        """Tells the fills of a leg that were not told. Raises TransportError, VenueRefused."""

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
            raise AnswerLost(f"{chain.order.id}: the venue's name of this order is not known")
        seen = await self.ask(chain, leg, rank)
        return None if seen is None or self._older(leg, seen) else seen

    def _older(self, leg: Leg, seen: Seen) -> bool:
        """Whether it was made before the leg was sent: an order of the same name from another journal's life. A venue
        may let a name be used again once its order is over."""
        sent = leg.sent + self.venue_clock() - self.clock() - EARLIER_NS
        return leg.sent > 0 and not leg.venue_id and 0 < seen.created < sent

    def _check_absent(self, chain: Chain, leg: Leg) -> None:
        """Whether a leg that is not found is not there. Raises AnswerLost where nobody can say that yet."""
        sent = leg.sent or self._started
        if leg.status or leg.venue_id or chain.replacing or self.clock() - sent < self._patience:
            if leg.number and not leg.sent and not leg.venue_id:
                del chain.legs[leg.number :]  # it was only asked about
            raise AnswerLost(f"{leg.client_id} is not found, which says nothing yet")

    async def complete(self, chain: Chain, rank: int = ASK_RANK) -> None:
        """Tells all fills of an order that the venue has counted. Raises TransportError, VenueRefused."""
        for leg in list(chain.legs):
            if leg.gap:
                await self.trades(chain, leg, rank)
            if leg.gap:
                raise AnswerLost(f"{leg.client_id}: the venue does not tell all trades that it has counted")

    async def look(self, chain: Chain) -> bool:
        """What became of an order that a request is about is told; False: it is not there. Raises AnswerLost."""
        try:
            if not await self.walk(chain, EXIT_RANK):
                return False
            await self.complete(chain, EXIT_RANK)
        except (NotSent, VenueRefused) as error:
            raise AnswerLost(str(error)) from error
        self.reporter.settle(chain)
        return True

    async def answer(self, order_id: str) -> None:
        """What became of an order the engine asks about; nothing is said where the venue does not answer."""
        chain = self.book.known(order_id)
        if chain is None:
            return
        try:
            if not await self.walk(chain, anew=True):
                self.reporter.say(kinds.NOT_FOUND, order_id, "", "the venue does not know this order")
                return
            await self.complete(chain)
        except (TransportError, VenueRefused):
            self.errors["query"] += 1
            return
        self.reporter.found(chain)

    async def missed(self, order_ids: Iterable[str]) -> None:
        """Orders that are open here and were not among what works there, each by itself. Raises TransportError,
        VenueRefused; not for one of which nobody can say yet that it is not there."""
        for order_id in order_ids:
            chain = self.book.known(order_id)
            if chain is None or chain.replacing:
                continue
            if not chain.last.status and not chain.last.venue_id and chain.last.sent:
                continue  # its submit is on its way, or the engine asks what became of it
            try:
                if await self.walk(chain):
                    await self.complete(chain)
                    self.reporter.settle(chain)
            except AnswerLost:
                self.errors["look_up"] += 1

    async def working(self, seen: Iterable[Seen]) -> list[tuple[str, int]]:
        """What works at the venue is told: orders, and what they have filled. Raises TransportError, VenueRefused."""
        chains = [self.reporter.hear(one) for one in seen]
        for chain in chains:
            if not chain.whole:
                await self.walk(chain)
        return list({chain.order.id: chain.executed for chain in chains}.items())

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
                if chain.complete:
                    break
        finally:
            self._filling.pop(chain.order.id, None)
        self.reporter.settle(chain)
