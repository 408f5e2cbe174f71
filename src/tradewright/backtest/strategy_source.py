"""Where a strategy's class comes from: a built-in name or `file.py:Class`, with the hash of its source."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from collections.abc import Collection, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from tradewright.core.setup import StrategySpec
from tradewright.model.errors import InputError, UsageError
from tradewright.model.event import BAR, DEPTH, QUOTE, QUOTE_BAR, TRADE
from tradewright.signal.ensemble import Ensemble, member_id
from tradewright.signal.strategies import STRATEGIES
from tradewright.signal.strategy import Strategy

Specified = tuple[StrategySpec, type[Strategy]]

#: The callbacks that the market brings about, and the kinds of events that do.
HEARS = {"on_bar": (BAR, QUOTE_BAR), "on_quote": (QUOTE,), "on_trade": (TRADE,), "on_depth": (DEPTH,)}


def strategy_class(ref: str) -> type[Strategy]:
    """The class `ref` names. Raises InputError that says what was looked for and what there is."""
    if ref in STRATEGIES:
        return STRATEGIES[ref]
    path, separator, name = ref.rpartition(":")
    if not separator:
        raise UsageError(f"strategy {ref!r}: no built-in of that name ({', '.join(STRATEGIES)}) and not file.py:Class")
    found = getattr(_module(Path(path)), name, None)
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise InputError(f"strategy {ref!r}: {path} has no Strategy class {name}")
    _check_callbacks(found, ref)
    return found


def _check_callbacks(found: type[Strategy], ref: str) -> None:
    """A callback that only makes a generator or a coroutine would never decide."""
    for name in (*HEARS, "on_fill", "setup"):
        own = getattr(found, name)
        if inspect.isgeneratorfunction(own) or inspect.iscoroutinefunction(own) or inspect.isasyncgenfunction(own):
            raise InputError(f"strategy {ref!r}: {name} is async or yields, so it would never run")


def unheard(found: Iterable[Specified], kinds: Collection[int]) -> str:
    """A sentence where none of the strategies has a callback for any kind of event that the market has, or decides on
    any, else ""."""
    # What a member says is a vote of its ensemble, and decides nothing by itself.
    alone = [(spec, kind) for spec, kind in found if not spec.ensemble]
    if any(_answers(spec, kind, kinds) for spec, kind in alone):
        return ""
    waiting_for_bars = [spec.id for spec, kind in alone if issubclass(kind, Ensemble)]
    if waiting_for_bars:
        return (
            f"{', '.join(waiting_for_bars)} decides on bars, and these data have none: with decide_on tick or cycle it "
            "decides on what there is"
        )
    strategies = [kind for _, kind in alone]
    names = ", ".join(kind.__name__ for kind in strategies)
    waiting = sorted({name for kind in strategies for name in HEARS if _has(kind, name)})
    answer = f"only {', '.join(waiting)}" if waiting else "nothing"
    others = sorted({name for kind in strategies for name in vars(kind) if name.startswith("on_")} - set(waiting))
    near = f", though there is {', '.join(others)}" if others else ""
    there = ", ".join(name for name, events in HEARS.items() if set(events) & set(kinds))
    return f"{names}: these data call {there}, and {answer} would answer{near}"


def _answers(spec: StrategySpec, kind: type[Strategy], kinds: Collection[int]) -> bool:
    """Whether something that these data have makes it decide."""
    if issubclass(kind, Ensemble):
        return dict(spec.parameters).get("decide_on", kind.decide_on) != "bar" or not {BAR, QUOTE_BAR}.isdisjoint(kinds)
    return any(_has(kind, name) and not set(events).isdisjoint(kinds) for name, events in HEARS.items())


def _has(found: type[Strategy], callback: str) -> bool:
    return getattr(found, callback) is not getattr(Strategy, callback)


def _module(path: Path) -> Any:
    """The file as a module, loaded once per place and content: a class is traced back to its file by its module."""
    if not path.is_file():
        raise InputError(f"strategy file {path} does not exist")
    content = blake2b(str(path.absolute()).encode() + b"\0" + path.read_bytes(), digest_size=8)
    key = f"tradewright_strategy_{path.stem}_{content.hexdigest()}"
    if key in sys.modules:
        return sys.modules[key]
    spec = importlib.util.spec_from_file_location(key, path)
    if spec is None or spec.loader is None:
        raise InputError(f"strategy file {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[key] = module
    try:
        spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        del sys.modules[key]
        raise InputError(f"strategy file {path} can not be loaded: {type(error).__name__}: {error}") from error
    return module


def code_hash(strategy: type[Strategy]) -> str:
    """Hash of the file the class was written in: another byte is another strategy."""
    source = inspect.getsourcefile(strategy)
    if source is None:
        raise InputError(
            f"{strategy.__name__}: its source file can not be found, so its decisions could not be replayed"
        )
    return blake2b(Path(source).read_bytes(), digest_size=16).hexdigest()


def as_journaled(spec: StrategySpec) -> type[Strategy] | None:
    """The class a journal names; None where it can not be loaded any more, or its code is not what it was then."""
    try:
        found = strategy_class(spec.ref)
    except InputError:
        return None
    return found if code_hash(found) == spec.code_hash else None


def id_of(ref: str, found: type[Strategy]) -> str:
    """What a strategy is called where nobody says: the name without its file."""
    return ref if ref in STRATEGIES else found.__name__


def specification(
    ref: str, account: str, symbols: tuple[str, ...], parameters: dict[str, Any], id: str = ""
) -> tuple[StrategySpec, type[Strategy]]:
    """The journaled specification of one strategy, and its class. id: default, the name without its file."""
    found = strategy_class(ref)
    given = tuple(sorted(parameters.items()))
    params_hash = blake2b(msgspec.json.encode(given), digest_size=16).hexdigest()
    name = id or id_of(ref, found)
    # A journal is read again from anywhere: where its strategies lie is told in full.
    full = ref if ref in STRATEGIES else os.path.abspath(ref)
    return StrategySpec(name, full, account, symbols, given, code_hash(found), params_hash), found


def specifications(
    ref: str, account: str, symbols: tuple[str, ...], parameters: dict[str, Any], id: str = ""
) -> list[Specified]:
    """A strategy and, where it is an ensemble, its members, each a strategy of the run with an id of its own.

    A member's ref that begins with ":" names a class in the ensemble's own file. Raises InputError.
    """
    spec, found = specification(ref, account, symbols, parameters, id)
    specified: list[Specified] = [(spec, found)]
    if not issubclass(found, Ensemble):
        return specified
    for name, row in parameters.get("members", found.members).items():
        if not isinstance(row, dict) or "ref" not in row:
            raise InputError(f"{spec.id}: member {name} does not say its ref")
        member = row["ref"] if row["ref"][:1] != ":" else ref.rpartition(":")[0] + row["ref"]
        given = row.get("parameters", {})
        own, kind = specification(member, account, symbols, given, member_id(spec.id, name))
        if issubclass(kind, Ensemble):
            raise InputError(f"{spec.id}: member {name} is an ensemble itself; its members can vote here directly")
        specified.append((own._replace(ensemble=spec.id), kind))
    return specified
