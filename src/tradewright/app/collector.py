"""The cycle collector of a process that trades: each of its looks at everything is a pause of the loop, and what waits
for an answer waits for it. Nearly all that is made here is freed by reference counting."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: Objects that are made and stay between two looks at the young ones, and how many looks make one at older ones. An
#: order over HTTP makes some hundred, and leaves some fifty that are kept for a day.
THRESHOLDS = (20_000, 20, 20)


def settle() -> None:
    """What there is by now stays until the process ends, and is not looked at again; what comes is, less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


@contextmanager
def at_rest() -> Iterator[None]:
    """For what makes many objects that end with it: a look for each thousand of them finds nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
