"""What the user event stream says: executionReport, balances, the end of a stream. Read into the nouns of `answers`."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from tradewright.adapters.chain.seen import Execution, Seen
from tradewright.adapters.venue.binance.answers import (
    FORCES,
    POST_ONLY,
    SIDES,
    STATUSES,
    decoded,
    execution_of,
    known,
    moment,
    price_of,
    reason_of,
    size_of,
    total_of,
    trail_of,
    type_of,
)
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import money_of
from tradewright.model.order import GTC

REPORT, BALANCES, MOVED = "executionReport", "outboundAccountPosition", "balanceUpdate"
SHUTDOWN, TERMINATED = "serverShutdown", "eventStreamTerminated"
#: Told and of no use here: lists are followed by their orders, locked money by balances.
OTHERS = ("listStatus", "externalLockUpdate")
KINDS = frozenset(("NEW", "CANCELED", "REPLACED", "REJECTED", "TRADE", "EXPIRED", "TRADE_PREVENTION"))


class _Envelope(msgspec.Struct):
    id: int | str | None = None
    status: int = 0
    result: msgspec.Raw = msgspec.Raw(b"")
    error: msgspec.Raw = msgspec.Raw(b"")
    event: msgspec.Raw = msgspec.Raw(b"")


class _Kind(msgspec.Struct):
    e: str


class ReportRow(msgspec.Struct):
    """An executionReport, in the venue's letters."""

    s: str
    c: str
    S: str
    o: str
    f: str
    q: str
    p: str
    P: str
    C: str
    x: str
    X: str
    i: int
    l: str  # noqa: E741
    z: str
    L: str
    n: str
    N: str | None
    T: int
    t: int
    w: bool
    m: bool
    r: str = "NONE"
    g: int = -1
    d: int = 0
    eR: str = ""


class _BalanceRow(msgspec.Struct):
    a: str
    f: str
    l: str  # noqa: E741


class _BalancesRow(msgspec.Struct):
    B: list[_BalanceRow]


class _MovedRow(msgspec.Struct):
    a: str
    d: str
    T: int


@dataclass(frozen=True, slots=True)
class Movement:
    """A deposit, a withdrawal or a transfer. amount: signed money counts; time: ns of the venue's clock."""

    asset: str
    amount: int
    time: int


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a call of ours. error: its body, b"" = none."""

    id: int | str | None
    status: int
    error: bytes


@dataclass(frozen=True, slots=True)
class UserEvent:
    kind: str
    content: bytes


def read(message: str | bytes) -> Reply | UserEvent:
    """A message of the WebSocket API. Raises InputError."""
    envelope = decoded(message, _Envelope)
    if envelope.event:
        content = bytes(envelope.event)
        return UserEvent(decoded(content, _Kind).e, content)
    if not envelope.status:
        raise InputError("neither an answer nor an event")
    return Reply(envelope.id, envelope.status, bytes(envelope.error))


def report_row(content: bytes) -> ReportRow:
    """Raises InputError."""
    return decoded(content, ReportRow)


def seen_of_report(row: ReportRow, instrument: Instrument) -> Seen:
    """Raises InputError."""
    if row.x not in KINDS:
        raise InputError(f"execution type {row.x[:40]!r} is not known")
    status, time, trail_ppm = known(row.X, STATUSES, "status"), moment(row.T), trail_of(row.d)
    executions: tuple[Execution, ...] = ()
    if row.x == "TRADE":
        executions = (execution_of(instrument, row.t, row.L, row.l, row.n, row.N or "", row.m, time),)
    reason = reason_of(row.X, row.eR or ("" if row.r == "NONE" else row.r))
    return Seen(
        instrument, f"{row.i}", (row.C or row.c) if row.x == "CANCELED" else row.c, status,
        known(row.S, SIDES, "side"), type_of(row.o, trail_ppm), size_of(row.q, instrument),
        size_of(row.z, instrument), price_of(row.p, instrument), price_of(row.P, instrument), time, trail_ppm,
        row.o == POST_ONLY, FORCES.get(row.f, GTC), on_book=row.w, linked=row.g >= 0, only_shrinks=True,
        reason=reason, executions=executions,
    )  # fmt: skip


def balances_of_event(content: bytes) -> dict[str, int]:
    """Money per asset that may have changed, what is locked included. Raises InputError."""
    return {row.a: total_of(row.a, row.f, row.l) for row in decoded(content, _BalancesRow).B}


def movement_of_event(content: bytes) -> Movement:
    """Raises InputError."""
    row = decoded(content, _MovedRow)
    return Movement(row.a, money_of(row.d, f"what moved of {row.a[:20]}"), moment(row.T))
