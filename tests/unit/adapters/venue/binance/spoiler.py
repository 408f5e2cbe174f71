"""Answers and errors that come instead of the venue's own."""

from __future__ import annotations

import msgspec

from tests.unit.adapters.venue.binance.stage import Stage
from tradewright.ports import HttpAnswer, HttpRequest


class Spoiler:
    """Before the transport: requests that begin so get this answer, or error, so many times; `done`: after the venue
    has carried them out."""

    def __init__(
        self, stage: Stage, what: str, answer: HttpAnswer | Exception, times: int = 1, done: bool = False
    ) -> None:
        self.what, self.answer, self.times, self.done = what, answer, times, done
        self.inner = stage.transport.request
        self.sent: list[str] = []
        stage.transport.request = self.request  # type: ignore[method-assign]

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        name = f"{request.method} {request.url.split('binance', 1)[1]}"
        self.sent.append(name.split("?")[0])
        if not name.startswith(self.what) or self.times == 0:
            return await self.inner(request, timeout)
        self.times -= 1
        if self.done:
            await self.inner(request, timeout)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def refusal(status: int, code: int, text: str, **headers: str) -> HttpAnswer:
    return HttpAnswer(status, headers, msgspec.json.encode({"code": code, "msg": text}))
