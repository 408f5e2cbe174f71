"""An account whose lease is not known to be held for a while: nothing leaves, and what a person has stopped meanwhile
ends at the venue when the lease is back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.venues.floor import BUY, PLACES, REST, Floor, run
from tests.venues.roster import VENUES
from tests.venues.stand import NetStand
from tradewright.model.control import EVERYTHING, HALTED, TradingStateSet
from tradewright.model.errors import Withheld
from tradewright.model.event import ACCEPTED, CANCEL, CANCELLED, REJECTED
from tradewright.model.withheld import NOT_LEASED
from tradewright.ports import Clock, HttpAnswer, HttpRequest, Socket, Transport

GATED = [name for name, kind in VENUES.items() if issubclass(kind, NetStand)]


class Shut:
    """A Transport that lets nothing out while `stand.shut`, as one whose account's lease is not known to be held; but
    questions where `stand.answers`, as if it came back behind each command."""

    def __init__(self, inner: Transport, stand: Any) -> None:
        self._inner = inner
        self._stand = stand

    def _admit(self, asks: bool) -> None:
        if self._stand.shut and not (asks and self._stand.answers):
            raise Withheld("its lease is not known to be ours", NOT_LEASED)

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        self._admit(request.method == "GET")
        return await self._inner.request(request, timeout)

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> Socket:
        self._admit(True)
        return await self._inner.connect(url, headers, timeout)

    async def close(self) -> None:
        await self._inner.close()


def leased(venue: str, answers: bool) -> Any:
    """The venue's stand with a lease that can lapse: `shut`."""
    kind: Any = VENUES[venue]

    class Leased(kind):  # type: ignore[misc]
        shut = False

        def __init__(self, clock: Clock) -> None:
            self.answers = answers
            super().__init__(clock)

        def wire(self) -> Transport:
            return Shut(super().wire(), self)

    return Leased


@pytest.mark.parametrize(
    ("venue", "answers"), [*((one, False) for one in GATED), ("alpaca", True), ("mt5-netting", True)]
)
def test_a_cancel_that_had_no_lease_goes_again_when_that_is_back_and_an_opening_does_not(
    venue: str, answers: bool
) -> None:
    async def act(floor: Floor) -> None:
        stand: Any = floor.stand
        await floor.tell(REST)
        ((_, _, resting, *_),) = floor.rows(ACCEPTED)
        assert stand.placed() == 1
        stand.shut = True
        floor.quote(PLACES[BUY])
        await asyncio.sleep(3)
        ((_, _, opening, _, code, *_),) = floor.rows(REJECTED)
        assert code == NOT_LEASED and opening != resting
        floor.connected.deliver(TradingStateSet(floor.clock(), EVERYTHING, HALTED, "ann", "looks odd"))
        await asyncio.sleep(10)
        assert floor.rows(CANCEL) and not floor.rows(CANCELLED) and floor.engine.orders[resting].is_open()
        stand.shut = False
        await floor.until(lambda: bool(floor.rows(CANCELLED)), 60)
        assert [row[2] for row in floor.rows(CANCELLED)] == [resting] and stand.placed() == 1
        assert not floor.connected.orders_of("main").open()

    run(leased(venue, answers), act)
