"""So many requests at once and no more; who waits is served by rank, and within one rank in the order of coming."""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush

#: Who goes first: what ends or reduces, what opens, what asks.
EXIT_RANK, OPEN_RANK, ASK_RANK = 0, 1, 2
#: So much later, in seconds, each rank wakes when what was forbidden is allowed again.
BEHIND = 0.02


class Slots:
    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0

    async def take(self, rank: int) -> None:
        """Waits until it is this one's turn; at once where a slot is free."""
        if self._free > 0:
            self._free -= 1
            return
        self._count += 1
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (rank, self._count, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give()
            raise

    def give(self) -> None:
        """Gives a slot back: the next in turn has it."""
        while self._waiting:
            turn = heappop(self._waiting)[2]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
