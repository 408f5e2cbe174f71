"""Correlation ids: what joins a signal, its vote, its decision, the order, the exits that guard it, and all that its
venue says of them.

The id of such a chain is the id of the order that it is about, which is unique for ever: an exit that belongs to an
opening is of its opening's chain, any other order begins one of its own. So the id is a function of an order's terms,
the same in every process and at any time, also when the opening has left memory. A signal and its vote have the id of
the first decision that came of them in their step, and none where nothing came of them then.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.order import Order
from tradewright.model.signal import Signal
from tradewright.model.vote import Vote


def correlation_of(order: Order) -> str:
    """Of an order; a decision has that of its first one."""
    return order.parent or order.id


def correlation_begun(said: Signal | Vote, outputs: Iterable[Event]) -> str:
    """Of the chain that a signal, or the vote before it, began among the outputs of its step; "" = none."""
    for output in outputs:
        if isinstance(output, Signal) and output.key == said.key:
            said = output
        elif isinstance(output, Decision) and isinstance(said, Signal) and is_of(output, said):
            return correlation_of(output.orders[0])
    return ""


def is_of(decision: Decision, signal: Signal) -> bool:
    """Whether a decision's words are those of a signal of its strategy on its instrument."""
    return (decision.strategy, decision.instrument.index) == signal.key and decision.reason == signal.reasoning


def trace_of(correlation: str) -> bytes:
    """The 16 bytes by which a trace of OpenTelemetry is known: the first of the id's SHA-256."""
    return sha256(correlation.encode()).digest()[:16]
