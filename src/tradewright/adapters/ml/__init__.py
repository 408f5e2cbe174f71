"""ML and RL services as signal sources over HTTP: the wire's schema, a client that never waits too long, its breaker.

Needs the extra `services` (aiohttp).
"""

from tradewright.adapters.ml.breaker import CLOSED, HALF_OPEN, OPEN, CircuitBreaker
from tradewright.adapters.ml.client import HttpSignalSource
from tradewright.adapters.ml.schema import Answer, Question, answered, question_bytes

__all__ = [
    "CLOSED",
    "HALF_OPEN",
    "OPEN",
    "Answer",
    "CircuitBreaker",
    "HttpSignalSource",
    "Question",
    "answered",
    "question_bytes",
]
