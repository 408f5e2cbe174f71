"""How far the properties look: short lives by default, long ones, and thousands of them, in `make test-long`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.properties.life import HAPPENINGS, MARKET, Life
from tradewright.core.engine import Engine

#: How many things happen in a life, at most.
LENGTHS = pytest.mark.parametrize("length", [60, pytest.param(150, marks=pytest.mark.long)])
#: Nothing but trading, so that positions, and what guards them, live long.
TRADING = (*MARKET, "accept", "part", "whole", "whole", "restart")
Lived = list[tuple[str, int, int]]


def lives(length: int, happenings: Collection[str] = HAPPENINGS) -> st.SearchStrategy[Lived]:
    """Any things in any order; prices move more often than the rest."""
    names = st.sampled_from([*happenings, *[name for name in MARKET for _ in range(3)]])
    numbers = st.integers(0, 2**16)
    return st.lists(st.tuples(names, numbers, numbers), min_size=length // 3, max_size=length)


def lived(happened: Lived, watch: Callable[[Engine], None] | None = None, **terms: Any) -> Life:
    """A trader to whom all of it happened."""
    life = Life(**terms)
    for what, a, b in happened:
        life.live(what, a, b)
        if watch is not None:
            watch(life.engine)
    return life
