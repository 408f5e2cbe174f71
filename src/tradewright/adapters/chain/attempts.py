"""A request about an order, made at the venue: each way in which it can end is told as a report that answers it.

What surely did not arrive may be made again. What may have arrived is not: it is looked up. A changed order that has to
be placed anew ends its leg, waits for what that has filled, and places what is left as the next leg: no fill in between
can make it more than was asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from tradewright.adapters.chain.book import Book
from tradewright.adapters.chain.legs import Chain, Leg
from tradewright.adapters.chain.look_up import LookUp
from tradewright.adapters.chain.outcomes import CANCEL, EXISTS, GONE, REPLACE, SUBMIT, Limited, Refused
from tradewright.adapters.chain.reporter import Reporter
from tradewright.adapters.net.backoff import waits
from tradewright.adapters.net.slots import EXIT_RANK
from tradewright.model import event as kinds
from tradewright.model.command import Replace
from tradewright.model.errors import AnswerLost, NotSent, TransportError, VenueRefused, Withheld
from tradewright.model.rng import Rng
from tradewright.ports import Clock

SECOND_NS = 1_000_000_000
UNSUPPORTED, RATE_LIMITED, NOT_SENT, NOT_KNOWN = "UNSUPPORTED", "RATE_LIMITED", "NOT_SENT", "UNKNOWN_ORDER"
#: For so long a cancel or a change that did not leave is tried again.
AGAIN_NS = 2 * SECOND_NS

Answer = TypeVar("Answer")
#: One request and what its answer tells; it says when it leaves (`Attempts.leave`). Raises NotSent, AnswerLost,
#: Limited, Refused.
Send = Callable[[], Awaitable[None]]
#: Asks for the end of a leg, for a cancel or a replace (of `outcomes`), and tells what it filled. Raises the same.
End = Callable[[Chain, Leg, str], Awaitable[None]]


class Attempts:
    """end_leg: the venue's way to end a leg. ending: whether a cancel of an order waits for what is under way."""

    def __init__(
        self, book: Book, reporter: Reporter, look_up: LookUp, clock: Clock, rng: Rng, end_leg: End,
        ending: Callable[[str], bool],
    ) -> None:  # fmt: skip
        self.book = book
        self.reporter = reporter
        self.look_up = look_up
        self.clock = clock
        self.rng = rng
        self.end_leg = end_leg
        self.ending = ending

    async def place(self, chains: Sequence[Chain], rank: int, send: Send) -> None:
        """New orders, which go out as one request."""
        while True:
            try:
                await send()
            except Limited as limited:
                if rank == EXIT_RANK:
                    continue  # nothing arrived; the next waits until something may leave
                self.reject(chains, RATE_LIMITED, str(limited))
            except NotSent as error:
                self.reject(chains, _code(error), str(error))
            except Refused as refused:
                if refused.outcome == EXISTS:
                    self._doubt(chains, str(refused))
                else:
                    self.reject(chains, refused.code, str(refused))
            except AnswerLost as error:
                self._doubt(chains, str(error))
            return

    def leave(self, chains: Sequence[Chain]) -> None:
        """The request that places their newest legs leaves now, whatever it waited for: from here on the venue may
        take it, and that it is not found says nothing. Raises NotSent for the next leg of an order that is to be
        cancelled by now: an opening does not go out, seconds after everything was stopped, to be ended again."""
        if any(chain.last.number and self.ending(chain.order.id) for chain in chains):
            raise NotSent("the order was to be cancelled before its change left")
        for chain in chains:
            chain.last.sent = self.clock()

    def _doubt(self, chains: Sequence[Chain], text: str) -> None:
        for chain in chains:
            self.reporter.unknown(chain.order.id, SUBMIT, text)

    def reject(self, chains: Sequence[Chain], code: str, text: str) -> None:
        """New orders that are not at the venue, nor will be."""
        for chain in chains:
            if not chain.ended:
                self.book.end(chain)
            self.reporter.say(kinds.REJECTED, chain.order.id, code, text)

    async def cancel(self, order_id: str) -> None:
        chain = self.book.known(order_id)
        if chain is None:
            self.reporter.say(kinds.CANCEL_REJECTED, order_id, NOT_KNOWN, "there is no such order here")
            return
        try:
            await self.end(chain, CANCEL)
        except Refused as refused:
            self.reporter.say(kinds.CANCEL_REJECTED, order_id, refused.code, str(refused))
        except (NotSent, AnswerLost) as error:
            self.reporter.unknown(order_id, CANCEL, str(error))

    async def end(self, chain: Chain, kind: str) -> None:
        """Ends the leg that works, and tells what it filled. Where the venue has none that works, that is looked up
        first: fills win. Raises Refused, NotSent, AnswerLost."""
        tried: list[Leg] = []
        while True:
            leg = chain.last
            tried.append(leg)
            try:
                await self.end_leg(chain, leg, kind)
                return
            except Refused as refused:
                if refused.outcome != GONE:
                    raise
                await self.look_up.look(chain)
                if chain.last.over or chain.last in tried:
                    raise
                # It is another leg that works by now.

    async def insist(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """A request that may be made again while it surely did not arrive. Raises Refused, NotSent, AnswerLost."""
        begun = self.clock()
        pauses = waits(self.rng, AGAIN_NS // 10, AGAIN_NS // 4)
        while True:
            try:
                return await work()
            except Limited:
                continue  # the next waits until something may leave
            except NotSent as error:
                if self.clock() - begun > AGAIN_NS or isinstance(error, Withheld):
                    raise
            await asyncio.sleep(next(pauses) / SECOND_NS)

    async def replace(
        self, command: Replace, refusal: Callable[[Chain, Replace], str],
        change: Callable[[Chain, Replace], Awaitable[bool]],
    ) -> None:  # fmt: skip
        """refusal: why an order can not be changed so, "" = it can. change: makes the venue work it at these terms;
        False: it could not, which was told. Raises TransportError, VenueRefused."""
        chain = self.book.known(command.order_id)
        if chain is None:
            self._unchanged(command.order_id, UNSUPPORTED, "there is no such order here")
            return
        try:
            # Of an order that was never seen nobody can say at which terms it works.
            seen = chain.whole and chain.last.seen
            if not seen and not await self.look_up.look(chain):
                raise AnswerLost(f"{command.order_id} is not found")
            why = refusal(chain, command)
            if why:
                self._unchanged(command.order_id, UNSUPPORTED, why)
                return
            told = chain.changed
            if await change(chain, command) and chain.changed == told:
                self.reporter.tell_terms(chain, always=True)
        except (Refused, Withheld) as refused:
            self._unchanged(command.order_id, refused.code, str(refused))
        except (TransportError, VenueRefused) as error:
            self.reporter.unknown(command.order_id, REPLACE, str(error))

    async def place_anew(self, chain: Chain, command: Replace, send: Callable[[Leg], Awaitable[None]]) -> bool:
        """Ends the leg that works and places what is left of the order as the next one; False: it could not be placed,
        which is told. Raises TransportError, VenueRefused."""
        chain.replacing = True
        try:
            await self.end(chain, REPLACE)
            if not chain.last.over:
                raise AnswerLost(f"{chain.last.client_id}: its end is not told yet")
            left = command.quantity - chain.executed
            if left <= 0:
                self._unchanged(chain.order.id, "FILLED", "it has filled what was asked for, and ended")
                return False
            return await self._place_next(chain, self.book.add_leg(chain, left, self.clock()), send)
        finally:
            chain.replacing = False
            self.reporter.settle_if_whole(chain)

    async def _place_next(self, chain: Chain, leg: Leg, send: Callable[[Leg], Awaitable[None]]) -> bool:
        while True:
            try:
                await send(leg)
                return True
            except Limited:
                continue  # the next waits until something may leave
            except (NotSent, Refused) as error:
                if isinstance(error, Refused) and error.outcome == EXISTS:
                    raise AnswerLost(str(error)) from error
                chain.legs.remove(leg)
                code = error.code if isinstance(error, Refused) else _code(error)
                self._unchanged(chain.order.id, code, str(error))
                return False

    def _unchanged(self, order_id: str, code: str, text: str) -> None:
        self.reporter.say(kinds.REPLACE_REJECTED, order_id, code, text)


def _code(error: NotSent) -> str:
    return error.code if isinstance(error, Withheld) else NOT_SENT
