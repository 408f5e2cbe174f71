"""What a signal source outside the process (an ML or RL service) is asked, and its answer or its failure.

Both are inputs of the engine: journaled as they arrived, so that a replay asks nobody. A failure is as much a fact as
an answer, since a vote that counted nothing has to say why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tradewright.model.event import SIGNAL_FAILED, SIGNAL_RECEIVED, Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar

TIMEOUT = "TIMEOUT"
UNREACHABLE = "UNREACHABLE"
HTTP_STATUS = "HTTP_STATUS"
BAD_ANSWER = "BAD_ANSWER"
STALE_ANSWER = "STALE_ANSWER"
CIRCUIT_OPEN = "CIRCUIT_OPEN"
#: Every code of a failure and what it means.
FAILURES = {
    TIMEOUT: "no complete answer within the time allowed",
    UNREACHABLE: "no connection, or it broke before the answer was complete",
    HTTP_STATUS: "the service answered with another status than 200",
    BAD_ANSWER: "the answer does not follow the schema",
    STALE_ANSWER: "the answer is of an older moment than allowed, or of a later one than was asked for",
    CIRCUIT_OPEN: "not asked: the breaker is open after failures in a row",
}


@dataclass(frozen=True, slots=True)
class SignalRequest:
    """A question: what of `instrument` at `time` (the engine's, ns UTC)? bars: the newest closed ones, oldest first;
    features: further numbers by name, as decimal text."""

    instrument: Instrument
    time: int
    bars: Sequence[Bar] = ()
    features: dict[str, str] = field(default_factory=dict)


class SignalReceived(Event):
    """Input: a source answered. action: `model.signal.ACTIONS`; confidence: ppm; time_source: the moment its answer is
    about, ns UTC, as the source says it; model_version: its own name for the model that answered."""

    __slots__ = ("source", "instrument", "action", "confidence", "reasoning", "model_version", "time_source")

    def __init__(
        self,
        time: int,
        source: str,
        instrument: Instrument,
        action: int,
        confidence: int,
        reasoning: str,
        model_version: str,
        time_source: int,
    ) -> None:
        super().__init__(SIGNAL_RECEIVED, time)
        self.source = source
        self.instrument = instrument
        self.action = action
        self.confidence = confidence
        self.reasoning = reasoning
        self.model_version = model_version
        self.time_source = time_source

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.source, self.instrument.index, self.action, self.confidence, self.reasoning,
            self.model_version, self.time_source,
        )  # fmt: skip


class SignalFailed(Event):
    """Input: a source has no usable answer. code: one of FAILURES; text: what was seen."""

    __slots__ = ("source", "instrument", "code", "text")

    def __init__(self, time: int, source: str, instrument: Instrument, code: str, text: str) -> None:
        super().__init__(SIGNAL_FAILED, time)
        self.source = source
        self.instrument = instrument
        self.code = code
        self.text = text

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.source, self.instrument.index, self.code, self.text)


def received_from(row: Sequence[Any], instruments: list[Instrument]) -> SignalReceived:
    """An answer from its row without the kind; the instrument by its index."""
    time, source, index, *rest = row
    return SignalReceived(time, source, instruments[index], *rest)


def failed_from(row: Sequence[Any], instruments: list[Instrument]) -> SignalFailed:
    """A failure from its row without the kind; the instrument by its index."""
    time, source, index, code, text = row
    return SignalFailed(time, source, instruments[index], code, text)
