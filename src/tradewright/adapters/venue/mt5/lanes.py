"""Commands about one thing one after the other, those about different things side by side.

A lane begins to move at the next turn of the loop: what one step of the engine wants of one position stands in it whole
by then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

from tradewright.adapters.net.tasks import Tasks
from tradewright.model.command import Command

Handler = Callable[[Command, "deque[Command]"], Awaitable[None]]


class Lanes:
    """handle: carries out a command; it may take others out of the queue behind it. It does not raise."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._queues: dict[str, deque[Command]] = {}
        self._tasks = Tasks()

    def put(self, key: str, command: Command) -> None:
        queue = self._queues.get(key)
        if queue is not None:
            queue.append(command)
            return
        self._queues[key] = deque([command])
        self._tasks.spawn(self._run(key))

    def queued(self, key: str) -> list[Command]:
        """What waits there."""
        return list(self._queues.get(key, ()))

    def busy(self, key: str) -> bool:
        return key in self._queues

    async def close(self) -> None:
        """What is under way is given up."""
        await self._tasks.close()

    async def _run(self, key: str) -> None:
        queue = self._queues[key]
        try:
            while queue:
                await self._handle(queue.popleft(), queue)
        finally:
            del self._queues[key]
