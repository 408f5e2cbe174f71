"""What is stopped in a home, as a text that goes along with the leases of its accounts: another home that takes them
over has a journal of its own, and would open what a person has halted here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

import msgspec

from tradewright.core.engine import Engine
from tradewright.core.trading_state import check_scope
from tradewright.model.control import ACTIVE, HALTED, TradingStateSet
from tradewright.model.errors import InputError

WHY = "it was so in the home that traded before"


class Halt(msgspec.Struct, frozen=True):
    """state: of `model.control`, worse than ACTIVE; cause: the person or the code."""

    scope: str
    state: int
    cause: str


def note_of(engine: Engine, passing: str) -> str:
    """What is stopped, strategies by an error of their own included, but for what ends with its process, whose cause is
    `passing`."""
    found = {scope: Halt(scope, state, engine.causes[scope]) for scope, state in engine.states.items()}
    for strategy, cause in engine.halted.items():
        scope = f"strategy:{strategy}"
        if engine.states.get(scope, ACTIVE) != HALTED:
            found[scope] = Halt(scope, HALTED, cause)
    halts = [halt for _, halt in sorted(found.items()) if halt.state != ACTIVE and halt.cause != passing]
    return msgspec.json.encode(halts).decode()


def taken_over(
    notes: Iterable[str], engine: Engine, strategies: Collection[str], now: int, say: Callable[[str], None]
) -> Iterator[TradingStateSet]:
    """Inputs by which the same is stopped here, where it is not yet: no note ends a start. A session that is not here
    stops its account; what else is not here can trade nothing, and is said. strategies: those of the run. A note that
    can not be read halts nothing: it is not of a home like this one."""
    wanted: dict[str, Halt] = {}
    for halt in _read(notes):
        scope = _here(halt.scope, engine, list(strategies))
        if not scope:
            say(f"REMARK {halt.scope} was stopped by {halt.cause} in the home that traded before; it is not here")
        elif max(engine.states.get(scope, ACTIVE), wanted[scope].state if scope in wanted else ACTIVE) < halt.state:
            wanted[scope] = halt
    for scope, halt in wanted.items():
        yield TradingStateSet(now, scope, halt.state, halt.cause, WHY)


def _read(notes: Iterable[str]) -> Iterator[Halt]:
    """Each once: the notes of several accounts are those of one home."""
    for note in dict.fromkeys(notes):
        try:
            yield from msgspec.json.decode(note or "[]", type=list[Halt])
        except msgspec.DecodeError:
            continue


def _here(scope: str, engine: Engine, strategies: list[str]) -> str:
    """What stops the same here, "" = nothing does."""
    kind, _, name = scope.partition(":")
    for found in [scope, f"account:{name}"] if kind == "session" else [scope]:
        try:
            check_scope(engine, found, strategies)
        except InputError:
            continue
        return found
    return ""
