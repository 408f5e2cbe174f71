"""What is stopped in a home, as a text that goes along with the leases of its accounts: another home that takes them
over has a journal of its own, and would open what a person has halted here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tradewright.core.engine import Engine
from tradewright.model.control import ACTIVE, TradingStateSet

WHY = "it was so in the home that traded before"


class Halt(msgspec.Struct, frozen=True):
    """state: of `model.control`, worse than ACTIVE; cause: the person or the code."""

    scope: str
    state: int
    cause: str


def note_of(engine: Engine, passing: str) -> str:
    """What is stopped, but for what ends with its process, whose cause is `passing`."""
    found = [Halt(scope, state, engine.causes[scope]) for scope, state in sorted(engine.states.items())]
    return msgspec.json.encode([halt for halt in found if halt.state != ACTIVE and halt.cause != passing]).decode()


def taken_over(notes: Iterable[str], engine: Engine, now: int) -> Iterator[TradingStateSet]:
    """Inputs by which the same is stopped here, where it is not yet. A note that can not be read halts nothing: it is
    not of a home like this one."""
    for note in notes:
        try:
            halts = msgspec.json.decode(note or "[]", type=list[Halt])
        except msgspec.DecodeError:
            continue
        for halt in halts:
            if engine.states.get(halt.scope, ACTIVE) < halt.state:
                yield TradingStateSet(now, halt.scope, halt.state, halt.cause, WHY)
