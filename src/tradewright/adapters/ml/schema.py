"""What goes over the wire between tradewright and a signal service: one JSON object each way.

    POST {base URL}/signal
    {"symbol": "BTCUSD", "time": "2026-01-05T14:30:00Z", "features": {"spread": "0.5"},
     "bars": [{"time": "2026-01-05T14:30:00Z", "open": "60000.5", "high": …, "low": …, "close": …, "volume": "12"}]}

    200
    {"action": "BUY", "confidence": 0.72, "reasoning": "up is likely", "modelVersion": "logistic-2026-01",
     "time": "2026-01-05T14:30:00Z"}

Moments are ISO 8601 with a zone; a bar's is its close. Prices and sizes are decimal texts, since a JSON number may
become a binary float on its way. `confidence` lies between 0 and 1, a number or a decimal text. The answer's `time` is
the moment it is about: the one asked for, or an older one if the service answers from what it knew then. Fields beyond
these are left alone.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from tradewright.model.answer import SignalRequest
from tradewright.model.errors import InputError
from tradewright.model.market import Bar
from tradewright.model.moment import moment_of, moment_text
from tradewright.model.numbers import nearest_count_of, text_of
from tradewright.model.order import BUY, SELL
from tradewright.model.signal import HOLD

PATH = "/signal"
#: An answer is a line or two; what is longer is none.
ANSWER_BYTES_MAX = 65_536
REASONING_MAX = 500
VERSION_MAX = 100
PPM_SCALE = 6
_ACTIONS = {"BUY": BUY, "SELL": SELL, "HOLD": HOLD}


class BarRow(msgspec.Struct, frozen=True):
    """One bar of the question."""

    time: str
    open: str
    high: str
    low: str
    close: str
    volume: str


class Question(msgspec.Struct, frozen=True):
    """The body of the request. bars: oldest first."""

    symbol: str
    time: str
    bars: list[BarRow]
    features: dict[str, str]


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """The body of the answer."""

    action: Literal["BUY", "SELL", "HOLD"]
    confidence: Decimal
    reasoning: str
    model_version: str
    time: str


class Answered(msgspec.Struct, frozen=True):
    """An answer in the engine's units. confidence: ppm; time: ns UTC."""

    action: int
    confidence: int
    reasoning: str
    model_version: str
    time: int


def question_bytes(request: SignalRequest) -> bytes:
    """The body of a request."""
    rows = [bar_row(bar) for bar in request.bars]
    return msgspec.json.encode(Question(request.instrument.symbol, moment_text(request.time), rows, request.features))


def bar_row(bar: Bar) -> BarRow:
    scale = bar.instrument.price_scale
    return BarRow(
        moment_text(bar.time), text_of(bar.open_units, scale), text_of(bar.high_units, scale),
        text_of(bar.low_units, scale), text_of(bar.close_units, scale),
        text_of(bar.volume_units, bar.instrument.size_scale),
    )  # fmt: skip


def answered(body: bytes) -> Answered:
    """The answer a body holds. Raises InputError that says what is wrong with it."""
    try:
        answer = msgspec.json.decode(body, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"no answer by the schema: {error}") from error
    # Before anything is counted: an exponent of millions would be a number of as many digits.
    if not (answer.confidence.is_finite() and 0 <= answer.confidence <= 1):
        raise InputError(f"confidence {answer.confidence} does not lie between 0 and 1")
    confidence = nearest_count_of(answer.confidence, PPM_SCALE, "confidence")
    if len(answer.reasoning) > REASONING_MAX or len(answer.model_version) > VERSION_MAX:
        raise InputError(f"reasoning or modelVersion is longer than {REASONING_MAX} or {VERSION_MAX} characters")
    time = moment_of(answer.time, "time")
    return Answered(_ACTIONS[answer.action], confidence, answer.reasoning, answer.model_version, time)
