"""The gate that every request passes: so many at once, the urgent first, none beyond the venue's budget.

Cancels and exits have a place kept for them and may use the reserve. What the venue forbids until a moment is forbidden
to all until then. An opening does not wait for a budget: prices would be others by then.
"""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush

from tradewright.adapters.net.budget import Budget
from tradewright.model.errors import TradewrightError
from tradewright.ports import Clock

#: Ranks: what reduces or cancels, what opens, what asks.
URGENT, OPENING, QUESTION = range(3)
SECOND_NS = 1_000_000_000


class BudgetSpent(TradewrightError):
    """Nothing may be asked now, and it would be too late then."""


class Gate:
    """Of one account and host. clock: the venue's time; at_once: requests under way, one of them kept for URGENT."""

    def __init__(self, budget: Budget, clock: Clock, at_once: int = 5) -> None:
        self.budget = budget
        self._clock = clock
        self._at_once = at_once
        self._running = 0
        self._count = 0
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, rank: int) -> None:
        """Returns when the request may leave, at once where nothing stands in its way. An OPENING raises BudgetSpent
        where only time could let it pass."""
        wait = self.budget.wait(1, self._clock(), rank == URGENT)
        if rank == OPENING and wait:
            raise BudgetSpent(f"no request may leave for {wait / SECOND_NS:.1f} s")
        if not wait and not self._ahead(rank) and self._has_place(rank):
            self._take()
            return
        self._count += 1
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._queue, (rank, self._count, turn))
        self._pump()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave()
            raise

    def leave(self) -> None:
        """A request has its answer, or will have none."""
        self._running -= 1
        self._pump()

    def _ahead(self, rank: int) -> bool:
        return any(other <= rank and not turn.done() for other, _, turn in self._queue)

    def _has_place(self, rank: int) -> bool:
        return self._running < self._at_once - (rank != URGENT)

    def _take(self) -> None:
        self._running += 1
        self.budget.take(1, self._clock())

    def _pump(self) -> None:
        """Lets pass who may; what waits for time alone is looked at again then."""
        while self._queue:
            rank, _, turn = self._queue[0]
            if turn.done():
                heappop(self._queue)
                continue
            wait = self.budget.wait(1, self._clock(), rank == URGENT)
            if wait and rank == OPENING:
                heappop(self._queue)
                turn.set_exception(BudgetSpent(f"no request may leave for {wait / SECOND_NS:.1f} s"))
                continue
            if wait:
                self._again(wait)
                return
            if not self._has_place(rank):
                return
            heappop(self._queue)
            self._take()
            turn.set_result(None)

    def _again(self, wait_ns: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(wait_ns / SECOND_NS + 0.001, self._pump)
