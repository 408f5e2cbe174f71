"""The border of this machine around a part of a test: what the whole run is held to, told of where it happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.border import border


@contextmanager
def only_loopback() -> Iterator[None]:
    """Inside nothing leaves this machine, in all threads of this process and in those it starts."""
    border.told()
    yield
    assert (left := border.told()) == [], f"it tried to leave this machine: {left}"
