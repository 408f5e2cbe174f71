"""Requests about one order one after the other, those about different orders side by side."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from tradewright.adapters.chain.look_up import LookUp
from tradewright.adapters.chain.outcomes import CANCEL
from tradewright.adapters.chain.reporter import Reporter


class Lanes:
    """spawn: runs a task for as long as the client lives. done: told after each of them."""

    def __init__(
        self, reporter: Reporter, look_up: LookUp, errors: Counter[str], spawn: Callable[..., asyncio.Task[None]],
        done: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.reporter = reporter
        self.look_up = look_up
        self.errors = errors
        self.spawn = spawn
        self.done = done
        self._last: dict[str, asyncio.Task[None]] = {}
        self._asked: set[str] = set()
        self._cancels: Counter[str] = Counter()

    def put(self, order_ids: Sequence[str], request: str, work: Callable[[], Awaitable[None]]) -> None:
        """Work that begins when what came before it for these orders has ended. request: what it answers, of
        `outcomes`, "" = a question."""
        self._cancels.update(order_ids if request == CANCEL else ())
        before = [lane for lane in map(self._last.get, order_ids) if lane is not None and not lane.done()]
        task = self.spawn(self._run(order_ids, before, request, work))
        for id in order_ids:
            self._last[id] = task
        task.add_done_callback(partial(self._leave, order_ids))

    def ask(self, order_id: str) -> None:
        """The engine asks what became of an order; while it is being asked already that is one question."""
        if order_id not in self._asked:
            self._asked.add(order_id)
            self.put([order_id], "", partial(self._ask, order_id))

    def busy(self, order_id: str) -> bool:
        """Whether a request about it is under way."""
        return order_id in self._last

    def ending(self, order_id: str) -> bool:
        """Whether a cancel of it waits for what is under way about it."""
        return self._cancels[order_id] > 0

    def _leave(self, order_ids: Sequence[str], done: asyncio.Task[None]) -> None:
        for id in order_ids:
            if self._last.get(id) is done:
                del self._last[id]

    async def _run(
        self, order_ids: Sequence[str], before: list[asyncio.Task[None]], request: str,
        work: Callable[[], Awaitable[None]],
    ) -> None:  # fmt: skip
        if before:
            await asyncio.wait(before)
        if request == CANCEL:
            self._cancels -= Counter(order_ids)
        try:
            await work()
        except Exception as error:
            # A defect of ours must not leave a request without an answer.
            self.errors[f"defect: {type(error).__name__}"] += 1
            for id in order_ids if request else ():
                self.reporter.unknown(id, request, f"{type(error).__name__}: {error}")
        self.done()

    async def _ask(self, order_id: str) -> None:
        try:
            await self.look_up.answer(order_id)
        finally:
            self._asked.discard(order_id)
