"""Kill and re-arm: a named person sets the trading state of a scope; and the way to a running engine.

An engine that runs is asked over a Unix socket beside its journal; it answers when the record is durable and the
cancels of what rests are on their way. Where none runs, the record is appended under the journal's lock, and what rests
at the venue is cancelled at the next start, before anything is decided.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec

from tradewright.app.limits import LimitsWish, ShownAsked
from tradewright.app.picker import PickerAsked
from tradewright.app.recovery import rebuild
from tradewright.app.wiring.journals import AccountLock, FileJournal
from tradewright.core.engine import Engine
from tradewright.model.codec import encode
from tradewright.model.control import ACTIVE, EVERYTHING, HALTED, TRADING_STATES, CloseRequested, TradingStateSet
from tradewright.model.errors import InputError, JournalLocked, NotReady, TradewrightError, Unanswered, UsageError
from tradewright.model.shadow import is_shadow
from tradewright.trader import Trader

NAME = "control"
#: A request is one line; a running engine looks for one ten times a second, so an answer takes no longer than this
#: unless its disk hangs.
REQUEST_BYTES_MAX = 4096
ANSWER_BYTES_MAX = 2**20
ANSWER_SECONDS_MAX = 10.0
#: How long the engine waits for the line of somebody who has connected.
READ_SECONDS_MAX = 0.2


class Asked(msgspec.Struct, tag_field="ask", tag="state", forbid_unknown_fields=True):
    """What a named person wants. close: what the scope holds is closed at the market as well."""

    scope: str
    state: Annotated[int, msgspec.Meta(ge=ACTIVE, le=HALTED)]
    who: Annotated[str, msgspec.Meta(min_length=1)]
    reason: str
    close: bool = False


#: Whatever can be asked of a running engine.
Wanted = Asked | PickerAsked | LimitsWish | ShownAsked


class ControlSocket:
    """The running engine's end, in the folder of its run. Nobody but the lock's holder may make one."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        with _Near(folder) as near:
            self._socket.bind(near)
        self._path.chmod(0o600)
        self._socket.listen()

    def poll(self, carry_out: Callable[[Wanted], dict[str, Any]]) -> None:
        """Answer whoever has connected since. What can not be understood or is refused is answered with a sentence."""
        while True:
            try:
                connection, _ = self._socket.accept()
            except BlockingIOError:
                return
            with connection:
                connection.settimeout(READ_SECONDS_MAX)
                try:
                    answer = carry_out(msgspec.json.decode(_line(connection, REQUEST_BYTES_MAX), type=Wanted))
                except (TradewrightError, msgspec.DecodeError, TimeoutError) as error:
                    answer = {"error": str(error) or type(error).__name__}
                try:
                    connection.sendall(msgspec.json.encode(answer) + b"\n")
                except OSError:
                    # Whoever asked has gone; what was asked for is done and journaled.
                    continue

    def close(self) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)


class _Near:
    """A folder's socket by a path of any length: the kernel takes 107 bytes, and a descriptor's name is short."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.open(folder, os.O_PATH | os.O_DIRECTORY)

    def __enter__(self) -> str:
        return f"/proc/self/fd/{self._folder}/{NAME}"

    def __exit__(self, *_: object) -> None:
        os.close(self._folder)


def _line(connection: socket.socket, longest: int) -> bytes:
    """What comes until the line ends, or is as long as it may be. TimeoutError where it does not."""
    data = b""
    ends = time.monotonic() + ANSWER_SECONDS_MAX
    while not data.endswith(b"\n") and len(data) < longest:
        more = connection.recv(REQUEST_BYTES_MAX)
        if not more:
            break
        if time.monotonic() > ends:
            raise TimeoutError("the line does not end")
        data += more
    return data


def events_of(asked: Asked, engine: Engine) -> list[TradingStateSet | CloseRequested]:
    """The inputs that carry out what is asked."""
    now = engine.now
    events: list[TradingStateSet | CloseRequested] = [
        TradingStateSet(now, asked.scope, asked.state, asked.who, asked.reason)
    ]
    if asked.close:
        kind, _, name = asked.scope.partition(":")
        accounts = [name] if kind == "account" else [own for own in sorted(engine.accounts) if not is_shadow(own)]
        symbol = name if kind == "symbol" else ""
        events += [CloseRequested(now, account, symbol, asked.who, asked.reason) for account in accounts]
    return events


def answer_of(asked: Asked, engine: Engine, sequence: int | None, running: bool) -> dict[str, Any]:
    """What is in force now. sequence: of its record, None = the journal can not be written."""
    return {
        "scope": asked.scope,
        "state": TRADING_STATES[asked.state],
        "who": asked.who,
        "reason": asked.reason,
        "record": sequence,
        "running": running,
        "states": {scope: TRADING_STATES[state] for scope, state in sorted(engine.states.items())},
        "haltedStrategies": dict(sorted(engine.halted.items())),
    }


def text_of_answer(answer: dict[str, Any]) -> str:
    """The same as sentences."""
    record = "the journal can not be written" if answer["record"] is None else f"record {answer['record']}"
    lines = [f"{answer['scope']} is {answer['state']}, by {answer['who']} ({record})"]
    for scope, state in answer["states"].items():
        lines.append(f"  {scope}: {state}")
    for strategy, why in answer["haltedStrategies"].items():
        lines.append(f"  strategy {strategy} is halted: {why}")
    if not answer["states"] and not answer["haltedStrategies"]:
        lines.append("  everything is ACTIVE")
    if not answer["running"] and answer["state"] != TRADING_STATES[ACTIVE]:
        lines.append("  no engine runs: what rests at the venue is cancelled at the next start")
    return "\n".join(lines)


def set_state(journal: Path, asked: Asked) -> dict[str, Any]:
    """Carry out what is asked for the run of this journal, whether or not its engine runs. Raises NotReady for a close
    while none runs, InputError for a scope that is not there, UsageError for a close of one that holds no positions,
    JournalLocked where whoever holds it does not answer."""
    if asked.close and asked.scope.partition(":")[0] not in (EVERYTHING, "account", "symbol"):
        raise UsageError(f"closing goes by account or symbol, or all of it: not by {asked.scope}")
    run = journal.parent
    try:
        lock = AccountLock(run, "paper")
    except JournalLocked as locked:
        try:
            answer = _ask(run, asked)
        except Unanswered:
            answer = None
        if answer is None:
            raise JournalLocked(f"{locked}; it does not answer, so stop it first") from locked
        if "error" in answer:
            raise InputError(answer["error"]) from locked
        return answer
    with lock:
        if asked.close:
            raise NotReady(f"no engine runs in {run}, so nothing can be closed; `kill` without --close is possible")
        return _append(journal, asked)


def ask(journal: Path, asked: PickerAsked | LimitsWish | ShownAsked) -> dict[str, Any]:
    """What the engine that runs on this journal answers. Raises NotReady where none runs, InputError for
    what it can not take."""
    run = journal.parent
    answer = _ask(run, asked)
    if answer is None:
        raise NotReady(f"no engine runs in {run}, and it takes one to judge this")
    if "error" in answer:
        raise InputError(answer["error"])
    return answer


def _ask(run: Path, asked: Wanted) -> dict[str, Any] | None:
    """The running engine's answer; None where nobody listens. Raises InputError for what is no text or too long, and
    Unanswered where it was asked and may have done it."""
    try:
        line = msgspec.json.encode(asked) + b"\n"
    except UnicodeEncodeError as error:
        raise UsageError(f"{error.object!r} is no text") from error
    if len(line) > REQUEST_BYTES_MAX:
        raise UsageError(f"what is asked has {len(line)} bytes, of which there can be {REQUEST_BYTES_MAX}; shorten it")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS_MAX)
        try:
            with _Near(run) as near:
                connection.connect(near)
        except OSError:
            return None
        try:
            connection.sendall(line)
            found: dict[str, Any] = msgspec.json.decode(_line(connection, ANSWER_BYTES_MAX))
        except (OSError, msgspec.DecodeError) as error:
            raise Unanswered(
                f"the engine in {run} was asked and did not answer; it may have been done all the same, so look before "
                "asking again"
            ) from error
    return found


def _append(journal: Path, asked: Asked) -> dict[str, Any]:
    """The record of it, with the cancels it brings about: they are looked up and asked for again at the next start."""
    with FileJournal(journal) as opened:
        if opened.head.sequence == 0:
            raise InputError(f"{journal} holds no run yet")
        trader = Trader(None)
        rebuild(journal, trader, lambda remark: None)
        for event in events_of(asked, trader.engine):
            outputs = trader.step(event).outputs
            opened.append_all([encode(event), *map(encode, outputs)], time.time_ns())
        opened.wait(opened.head.sequence)
        return answer_of(asked, trader.engine, opened.head.sequence, False)
