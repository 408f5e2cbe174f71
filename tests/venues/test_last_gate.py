"""A client that would send something else than was approved, or once more: nothing of it reaches its venue, and the
account is halted with an alarm."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.venues.floor import BUY, SCOPE, STRATEGY, Floor, run
from tests.venues.roster import VENUES
from tests.venues.stand import NetStand
from tradewright.model.control import ACTIVE, HALTED
from tradewright.model.event import DECISION, REJECTED, REQUEST_WITHHELD, TRADING_STATE_CHANGED
from tradewright.model.withheld import LAST_GATE
from tradewright.ports import HttpAnswer, HttpRequest, Socket, Transport

GATED = [name for name, kind in VENUES.items() if issubclass(kind, NetStand)]
#: Where each venue's requests say a size.
SIZE = re.compile(rb'((?:quantity=|"qty":"|"lot_size":|"volume":))([0-9.]+)')

Spoil = Callable[[HttpRequest], HttpRequest]


class Hand:
    """A Transport between client and gate that changes what passes."""

    def __init__(self, inner: Transport, stand: Any) -> None:
        self._inner = inner
        self._stand = stand

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        return await self._inner.request(self._stand.spoil(request), timeout)

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> Socket:
        return await self._inner.connect(url, headers, timeout)

    async def close(self) -> None:
        await self._inner.close()


def spoilt(venue: str) -> Any:
    """The venue's stand with a hand in its client's bytes: `spoil`."""
    kind: Any = VENUES[venue]

    class Spoilt(kind):  # type: ignore[misc]
        spoil: Spoil = staticmethod(lambda request: request)

        def wire(self) -> Transport:
            return Hand(super().wire(), self)

    return Spoilt


def doubled(request: HttpRequest) -> HttpRequest:
    """Its size is another."""

    def twice(found: re.Match[bytes]) -> bytes:
        return found[1] + b"2" + found[2]

    if request.method == "GET":
        return request
    url = SIZE.sub(twice, request.url.encode()).decode()
    return replace(request, url=url, body=SIZE.sub(twice, request.body))


@pytest.mark.parametrize("venue", GATED)
def test_an_opening_that_is_not_what_was_approved_reaches_nobody_and_halts_the_account(venue: str) -> None:
    async def act(floor: Floor) -> None:
        stand: Any = floor.stand
        stand.spoil = doubled
        await floor.tell(BUY)
        sent = stand.sent()
        assert stand.placed() == 0 and stand.trades() == [] and sent <= 1, "a cancel of it may leave"
        assert floor.alarms() == [LAST_GATE] and len(floor.rows(REQUEST_WITHHELD)) == 1
        assert floor.state == HALTED
        ((_, _, scope, state, code, *_),) = floor.rows(TRADING_STATE_CHANGED)
        assert (scope, state, code) == (SCOPE, HALTED, LAST_GATE)
        ((_, _, _, _, code, text, *_),) = floor.rows(REJECTED)
        assert code == LAST_GATE and "size" in text
        # Nothing opens until a person has looked, whatever its client does by then.
        stand.spoil = lambda request: request
        await floor.tell(BUY)
        assert stand.sent() == sent and not floor.rows(DECISION)[-1][6]
        floor.rearm()
        await floor.tell(BUY)
        assert floor.state == ACTIVE and floor.net(STRATEGY) > 0
        assert len(stand.trades()) == 1

    run(spoilt(venue), act)


@pytest.mark.parametrize("venue", GATED)
def test_an_order_that_is_sent_again_reaches_its_venue_once(venue: str) -> None:
    async def act(floor: Floor) -> None:
        stand: Any = floor.stand
        sent: list[HttpRequest] = []

        def keep(request: HttpRequest) -> HttpRequest:
            sent.extend([request] if SIZE.search(request.url.encode() + request.body) else [])
            return sent[0] if len(sent) > 1 and request is sent[-1] else request

        stand.spoil = keep
        await floor.tell(BUY)
        assert (stand.placed(), floor.alarms()) == (1, [])
        await floor.tell(BUY)
        assert stand.placed() == 1 and floor.alarms() == [LAST_GATE] and floor.state == HALTED
        assert floor.net(STRATEGY) > 0

    run(spoilt(venue), act)
