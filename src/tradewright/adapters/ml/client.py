"""The client of one signal service: a question has one answer or one reason why there is none, within its time.

Nothing is asked twice: the next cycle asks anew, about a newer moment. What a service does wrong never raises here; it
comes back as a `SignalFailed` with its code, for the journal.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import aiohttp

from tradewright.adapters.ml.breaker import CircuitBreaker
from tradewright.adapters.ml.schema import ANSWER_BYTES_MAX, PATH, answered, question_bytes
from tradewright.model.answer import (
    BAD_ANSWER,
    CIRCUIT_OPEN,
    HTTP_STATUS,
    STALE_ANSWER,
    TIMEOUT,
    UNREACHABLE,
    SignalFailed,
    SignalReceived,
    SignalRequest,
)
from tradewright.model.errors import InputError
from tradewright.model.moment import moment_text

OK = 200
SECOND_NS = 1_000_000_000
HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
TEXT_MAX = 200


class Refused(Exception):
    """An answer that is none. code: of `model.answer.FAILURES`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class HttpSignalSource:
    """One service under its name. url: its base; an answer may be about a moment `age_max_seconds` before the one asked
    for. Use it in one event loop and close it there."""

    def __init__(
        self,
        name: str,
        url: str,
        timeout_seconds: float = 2.0,
        age_max_seconds: int = 90,
        breaker: CircuitBreaker | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.name = name
        self.url = url.rstrip("/") + PATH
        self.timeout_seconds = timeout_seconds
        self.age_max = age_max_seconds * SECOND_NS
        self.breaker = breaker or CircuitBreaker()
        self.clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, request: SignalRequest) -> SignalReceived | SignalFailed:
        """The service's word on a request, stamped with the request's time."""
        if not self.breaker.allows(self.clock()):
            return self._failed(request, CIRCUIT_OPEN, f"{self.breaker.failures} failures in a row")
        passed = False
        try:
            async with asyncio.timeout(self.timeout_seconds):
                event = self._received(request, await self._post(question_bytes(request)))
            passed = True
            return event
        except TimeoutError:
            return self._failed(request, TIMEOUT, f"no complete answer within {self.timeout_seconds:g} s")
        except Refused as refusal:
            return self._failed(request, refusal.code, str(refusal))
        except (aiohttp.ClientError, OSError) as error:
            return self._failed(request, UNREACHABLE, f"{type(error).__name__}: {error}")
        finally:
            # Also when the caller gave up waiting: a question without an outcome is a failure.
            if passed:
                self.breaker.succeeded()
            else:
                self.breaker.failed(self.clock())

    async def _post(self, body: bytes) -> bytes:
        """The body of a 200, up to its bound."""
        if self._session is None:
            # What comes compressed all the same is not unpacked: a few bytes may hold gigabytes.
            self._session = aiohttp.ClientSession(
                headers=HEADERS, timeout=aiohttp.ClientTimeout(total=None), auto_decompress=False
            )
        async with self._session.post(self.url, data=body, allow_redirects=False) as response:
            if response.status != OK:
                raise Refused(HTTP_STATUS, f"status {response.status}")
            found = bytearray()
            async for chunk in response.content.iter_chunked(8_192):
                found += chunk
                if len(found) > ANSWER_BYTES_MAX:
                    raise Refused(BAD_ANSWER, f"the answer is longer than {ANSWER_BYTES_MAX} bytes")
            return bytes(found)

    def _received(self, request: SignalRequest, body: bytes) -> SignalReceived:
        try:
            answer = answered(body)
        except InputError as error:
            raise Refused(BAD_ANSWER, str(error)) from error
        age = request.time - answer.time
        if not 0 <= age <= self.age_max:
            about, asked = moment_text(answer.time), moment_text(request.time)
            raise Refused(STALE_ANSWER, f"it is about {about}, asked was {asked}")
        return SignalReceived(
            request.time, self.name, request.instrument, answer.action, answer.confidence, answer.reasoning,
            answer.model_version, answer.time,
        )  # fmt: skip

    def _failed(self, request: SignalRequest, code: str, text: str) -> SignalFailed:
        return SignalFailed(request.time, self.name, request.instrument, code, text[:TEXT_MAX])

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()
            self._session = None
