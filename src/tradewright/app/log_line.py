"""A line of the service's log as one JSON object: when, what, what it is about, and in words.

A line for a person begins with a word in capitals where it is of some kind (`READY  main`): that word is what it is,
and any other line is a note.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tradewright.app.printable import printable
from tradewright.core.engine import Engine
from tradewright.explain import STEP_WORDS
from tradewright.model.account_snapshot import AccountSnapshot, ConnectionChanged, SnapshotFailed
from tradewright.model.command import Command
from tradewright.model.control import Alarm, SessionStopped, StrategyHalted, TradingStateChanged
from tradewright.model.correlation import correlation_begun, correlation_of, trace_of
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.moment import moment_text
from tradewright.model.order import Order
from tradewright.model.report import Fill, Report
from tradewright.model.session_set import SessionSet
from tradewright.model.signal import ACTIONS, Signal
from tradewright.model.vote import Vote

_HEAD = re.compile(r"([A-Z]{2,})\s+(.*)", re.DOTALL)
NOTE = "note"


def json_line(at: int, line: str, about: Mapping[str, Any]) -> str:
    """at: ns UTC; about: further keys, of which what is empty is left out."""
    head = _HEAD.fullmatch(line)
    what, text = (head[1].lower(), head[2]) if head is not None else (NOTE, line)
    row = {"time": moment_text(at), "what": what, **about, "text": text}
    said = {key: printable(value) if isinstance(value, str) else value for key, value in row.items()}
    return json.dumps({key: value for key, value in said.items() if value not in ("", None)}, ensure_ascii=False)


def end_line(end: Mapping[str, Any]) -> str:
    """The last line: what the service did."""
    return json_line(time.time_ns(), "END    what was done", end)


def detail_line(item: Event) -> str:
    """What is said of an input or an output where programs read, beyond the lines for a person; "" = nothing."""
    if isinstance(item, Signal):
        return f"SIGNAL {ACTIONS[item.action]} {item.symbol} {item.confidence:.2f} — {item.strategy}: {item.reasoning}"
    if isinstance(item, Vote):
        return f"VOTE   {ACTIONS[item.action]} {item.instrument.symbol} — {item.strategy}"
    if isinstance(item, Command | Report) and not isinstance(item, Fill) and item.kind in STEP_WORDS:
        why = f"{getattr(item, 'code', '')} {getattr(item, 'text', '')}".strip()
        return f"{STEP_WORDS[item.kind].upper()} {item.order_id}{' — ' if why else ''}{why}"
    return ""


def about(engine: Engine, item: Event, event: Event, outputs: Sequence[Event]) -> dict[str, Any]:
    """What an item of a step is about. event, outputs: of the step; a person who asked for it is its user."""
    user = getattr(event, "user", "") or getattr(event, "who", "")
    return {**_about(engine, item, outputs), "user": user, "code": _code(item)}


def _about(engine: Engine, item: Event, outputs: Sequence[Event]) -> dict[str, Any]:
    if isinstance(item, Decision):
        return about_order(item.orders[0])
    if isinstance(item, Signal | Vote):
        chain = _chain(correlation_begun(item, outputs))
        account = next((book.account for book in engine.ledger.books.values() if _is_of(book, item)), "")
        return {**chain, "strategy": item.strategy, "account": account, "symbol": item.instrument.symbol}
    if isinstance(item, Command | Report | Alarm):
        state = engine.orders.get(item.order_id)
        return {"orderId": item.order_id} if state is None else about_order(state.order)
    if isinstance(item, StrategyHalted):
        return {"strategy": item.strategy}
    if isinstance(item, SessionStopped | SessionSet | ConnectionChanged | AccountSnapshot | SnapshotFailed):
        return {"account": item.account}
    return {}


def about_order(order: Order) -> dict[str, Any]:
    return {
        **_chain(correlation_of(order)), "orderId": order.id, "decisionId": order.decision or None,
        "strategy": order.strategy, "account": order.account, "symbol": order.instrument.symbol,
    }  # fmt: skip


def _chain(correlation: str) -> dict[str, str]:
    """traceId: by which a trace of it is known (docs/telemetry.md)."""
    return {"correlationId": correlation, "traceId": trace_of(correlation).hex()} if correlation else {}


def _is_of(book: Any, item: Signal | Vote) -> bool:
    return bool(book.strategy == item.strategy and book.instrument is item.instrument and book.trading)


def _code(item: Event) -> str:
    """Why, by its code: of a decision the first check that refused."""
    if isinstance(item, Decision):
        return item.refusals[0].code if item.refusals else ""
    said = isinstance(item, Command | Report | Alarm | StrategyHalted | TradingStateChanged | SessionStopped)
    return str(getattr(item, "code", "")) if said else ""
