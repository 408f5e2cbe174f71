"""How a running engine is told to end: by signals."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopped_by_signals(stop: Callable[[], None], what: str) -> Iterator[None]:
    """The first signal calls `stop`; a second one ends the process where it stands, since a strategy may never come
    back. Nothing is lost by that: the journal is always as good as a crash leaves it. what: goes on from it."""
    told = False

    def hear(number: int, frame: FrameType | None) -> None:
        nonlocal told
        if told:
            os.write(2, f"tradewright: ended at once; the journal is good, and {what} goes on from it\n".encode())
            os._exit(128 + number)
        told = True
        stop()

    # A process that was started to outlive its terminal does.
    numbers = [number for number in STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    kept = [signal.signal(number, hear) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, kept, strict=True):
            signal.signal(number, handler)
