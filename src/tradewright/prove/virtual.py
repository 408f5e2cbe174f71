"""An event loop whose time passes only when nobody has anything left to do, so that days take seconds and the same
program does the same things in the same order."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from tradewright.model.errors import ContractError
from tradewright.ports import Clock

Result = TypeVar("Result")

SECOND_NS = 1_000_000_000


class _Patience(selectors.SelectSelector):
    """Instead of waiting, tells the loop to be that much later."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise ContractError("everybody waits for something that nobody will do")
        if timeout > 0:
            self.passed = max(self.passed + timeout, math.nextafter(self.passed, math.inf))
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop that starts at second 0 of its own time. No real socket, thread or signal works in it."""

    def __init__(self) -> None:
        self._patience = _Patience()
        super().__init__(self._patience)

    def time(self) -> float:
        return self._patience.passed


def run_virtual(start: int, program: Callable[[Clock], Coroutine[Any, Any, Result]]) -> Result:
    """Runs a program in virtual time. It is given its clock: ns UTC, `start` at first."""
    loop = VirtualLoop()
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(program(lambda: start + round(loop.time() * SECOND_NS)))
    finally:
        _end(loop)
        asyncio.set_event_loop(None)
        loop.close()


def _end(loop: VirtualLoop) -> None:
    """What the program left running ends with it. A cancel that comes together with what its task waited for is lost in
    `asyncio.wait_for` of Python 3.11, so they are told until they do."""
    while left := asyncio.all_tasks(loop):
        for task in left:
            task.cancel()
        done, _ = loop.run_until_complete(asyncio.wait(left, timeout=1.0))
        for task in done:
            task.cancelled() or task.exception()
