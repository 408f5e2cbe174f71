"""Commands about one thing one after the other, those about different things side by side.

A lane begins to move at the next turn of the loop: what one step of the engine wants of one position stands in it whole
by then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from tradewright.model.command import Command

Handler = Callable[[Command, "deque[Command]"], Awaitable[None]]


class Lanes:
    """handle: carries out a command; it may take others out of the queue behind it. It does not raise."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._queues: dict[str, deque[Command]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, key: str, command: Command) -> None:
        queue = self._queues.get(key)
        if queue is not None:
            queue.append(command)
            return
        self._queues[key] = deque([command])
        task = asyncio.get_running_loop().create_task(self._run(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def queued(self, key: str) -> list[Command]:
        """What waits there."""
        return list(self._queues.get(key, ()))

    def busy(self, key: str) -> bool:
        return key in self._queues

    async def close(self) -> None:
        """What is under way is given up."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, key: str) -> None:
        queue = self._queues[key]
        try:
            while queue:
                await self._handle(queue.popleft(), queue)
        finally:
            del self._queues[key]
