"""The cycle collector while a snapshot is taken, and what a process that begins to trade makes of it."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tests.unit.core.desk import listing
from tradewright.app.collector import at_rest
from tradewright.app.recovery import snapshot_bytes
from tradewright.core.state import to_bytes
from tradewright.model.control import Started
from tradewright.trader import Trader


@contextmanager
def collections() -> Iterator[list[str]]:
    """Those that begin meanwhile, with a collector that looks at each tenth object."""
    begun: list[str] = []

    def heard(phase: str, about: dict[str, Any]) -> None:
        begun.append(phase)

    thresholds = gc.get_threshold()
    gc.callbacks.append(heard)
    gc.set_threshold(10, 10, 10)
    try:
        yield begun
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(heard)


def test_a_snapshot_is_taken_without_a_look_of_the_collector() -> None:
    trader = Trader(None)
    trader.engine.list_instrument(listing("ACME"))
    for number in range(2_000):
        trader.engine.children[f"{number}"] = ["a", "b"]
    with collections() as begun:
        to_bytes(trader.engine)
        looks = len(begun)
        begun.clear()
        assert snapshot_bytes(trader, Started(1, 1, []), 0)
        # Some come from what is done before and behind it.
        assert len(begun) < looks / 10
    assert gc.isenabled()


@pytest.mark.parametrize("before", [True, False])
def test_the_collector_is_behind_it_as_it_was_also_where_it_fails(before: bool) -> None:
    if not before:
        gc.disable()
    try:
        with suppress(ZeroDivisionError), at_rest():
            assert not gc.isenabled()
            raise ZeroDivisionError
        assert gc.isenabled() == before
    finally:
        gc.enable()


def test_what_there_is_when_trading_begins_is_not_looked_at_again() -> None:
    said = "import gc; from tradewright.app import collector; collector.settle(); "
    said += "print(gc.get_freeze_count() > 1_000, gc.get_threshold() == collector.THRESHOLDS)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"
