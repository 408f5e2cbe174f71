"""The wire's schema: what is asked in exact texts, and what counts as an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tradewright.adapters.ml import answered, question_bytes
from tradewright.model.answer import SignalRequest
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar

MINUTE = 60 * 10**9
BTC = Instrument("BTCUSD", "v", "crypto", "BTC", "USD", 2, 8, index=0)
GOOD = {
    "action": "BUY", "confidence": 0.72, "reasoning": "up", "modelVersion": "v1", "time": "1970-01-01T00:01:00Z",
}  # fmt: skip


def body(**changed: Any) -> bytes:
    return json.dumps({name: value for name, value in (GOOD | changed).items() if value is not ...}).encode()


def test_a_question_says_prices_and_sizes_as_decimal_texts() -> None:
    bar = Bar(MINUTE, BTC, 0, 6_000_050, 6_000_100, 6_000_000, 6_000_010, 12_345_678)
    asked = json.loads(question_bytes(SignalRequest(BTC, MINUTE, (bar,), {"spread": "0.5"})))
    assert asked == {
        "symbol": "BTCUSD", "time": "1970-01-01T00:01:00Z", "features": {"spread": "0.5"},
        "bars": [
            {
                "time": "1970-01-01T00:01:00Z", "open": "60000.5", "high": "60001", "low": "60000",
                "close": "60000.1", "volume": "0.12345678",
            }
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("confidence", "ppm"), [(0.72, 720_000), ("0.72", 720_000), (1, 10**6), (0, 0), ("0.1234565", 123_456), (1e-7, 0)]
)
def test_a_confidence_is_a_number_or_a_text_and_never_passes_through_a_float(confidence: Any, ppm: int) -> None:
    assert answered(body(confidence=confidence)).confidence == ppm


def test_an_answer_in_the_engines_units() -> None:
    answer = answered(body(action="SELL", extra=[1]))
    assert (answer.action, answer.reasoning, answer.model_version, answer.time) == (-1, "up", "v1", MINUTE)


@pytest.mark.parametrize(
    "wrong",
    [
        b"", b"not json", b"[]", b"\xff", b'{"action": "BUY"}', b"<html>502</html>",
        body(action="LONG"), body(action=1), body(confidence=1.000001), body(confidence=-0.1), body(confidence="much"),
        body(confidence="NaN"), body(confidence="Infinity"),
        body(confidence="1e999999"), body(confidence="sNaN"), body(confidence=None), body(confidence=...),
        body(reasoning=7), body(reasoning="x" * 501), body(modelVersion="v" * 101), body(modelVersion=...),
        b'{"x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", body().replace(b'"up"', b'"\\ud800"'),
        body(time="noon"), body(time="1970-01-01T00:01:00"), body(time=60), body(time=...),
    ],
)  # fmt: skip
def test_what_does_not_follow_the_schema_is_no_answer(wrong: bytes) -> None:
    with pytest.raises(InputError):
        answered(wrong)
