"""Thirty days with a disconnect each: nothing is lost, nothing drifts, and what a client keeps depends on its orders
and not on its days."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import Any

import pytest

from tests.venues.stand import HOST, NetStand, play
from tests.venues.stands.alpaca import AlpacaStand
from tests.venues.stands.binance import BinanceStand
from tests.venues.stands.mt5 import Mt5NettingStand
from tradewright.adapters.venue.alpaca import AlpacaVenue, Credentials, Endpoints, Options
from tradewright.adapters.venue.mt5 import Credentials as Mt5Credentials
from tradewright.adapters.venue.mt5 import Endpoints as Mt5Endpoints
from tradewright.adapters.venue.mt5 import Mt5Client, Polling
from tradewright.model.order import LIMIT
from tradewright.model.rng import Rng
from tradewright.model.zone import DAY_NS, day_of
from tradewright.sim.wire.faults import DISCONNECT, Fault
from tradewright.sim.wire.message import TEXT, Frame

DAY = 86_400.0
#: Days on which orders are placed, at the begin.
BUSY = 2


class PatientAlpaca(AlpacaStand):
    """Compares every half hour, as days are long."""

    def new_client(self) -> AlpacaVenue:
        keys, ends = Credentials("demo-key", "demo-secret"), Endpoints.at(f"http://{HOST}", f"ws://{HOST}")
        options = Options(look_every=300, idle_every=1_800)
        return AlpacaVenue(
            self.terms, keys, ends, self.cable, self.clock, Rng(3), self.orders, self.deliver, options
        )  # fmt: skip


class PatientMt5(Mt5NettingStand):
    """Reads every half hour."""

    def new_client(self) -> Mt5Client:
        return Mt5Client(
            self.terms, Mt5Credentials("demo-token"), Mt5Endpoints(f"http://{HOST}"), self.cable, self.clock, Rng(3),
            self.orders, self.deliver, polling=Polling(idle=1_800, quotes=1_800),
        )  # fmt: skip


STANDS: dict[str, type[NetStand]] = {"alpaca": PatientAlpaca, "binance": BinanceStand, "mt5": PatientMt5}


def cut(stand: NetStand) -> None:
    """Every stream breaks off, as each venue ends one within a day."""
    for stream in [one for one in stand.faulty.open if not (one.closed or one.dead)]:
        stream._strike(Fault(DISCONNECT), Frame(TEXT), stand.clock())
    stand.net.venues[HOST].settle()


def kept(client: object) -> Counter[str]:
    """How many things lie in each kind of container of a client and all that is its own, by where they lie."""
    found: Counter[str] = Counter()
    seen: set[int] = set()

    def walk(thing: Any, where: str) -> None:
        if id(thing) in seen:
            return
        seen.add(id(thing))
        if isinstance(thing, dict | list | set | deque | tuple):
            found[where] += len(thing)
            for inner in list(thing.values()) if isinstance(thing, dict) else list(thing):
                walk(inner, where)
        elif type(thing).__module__.startswith("tradewright.adapters"):
            names = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
            for name in [*getattr(thing, "__dict__", {}), *names]:
                if name != "errors" and name != "_errors":
                    walk(getattr(thing, name, None), f"{type(thing).__name__}.{name}")

    walk(client, "")
    return found


async def trade(stand: Any) -> None:
    """A position opened and closed, an order that rests, is changed and ends."""
    bought = await stand.hold(1)
    rests = stand.buy(LIMIT, limit=-5)
    await stand.status(rests, "ACCEPTED")
    stand.replace(rests, limit=-6)
    await stand.settled()
    stand.book.cancel(rests.id)
    await stand.status(rests, "CANCELLED")
    sold = stand.sell(bought, tif=stand.at_market())
    await stand.filled(sold)


@pytest.mark.parametrize("days", [pytest.param(1, id="a-few"), pytest.param(28, id="thirty", marks=pytest.mark.long)])
@pytest.mark.parametrize("venue", list(STANDS))
def test_days_with_a_disconnect_each_lose_nothing_and_leave_nothing_behind(venue: str, days: int) -> None:
    async def act(stand: Any) -> None:
        # From Monday on; what follows are days without orders, week-ends among them.
        for _ in range(BUSY):
            await trade(stand)
            cut(stand)
            await asyncio.sleep(DAY - stand.clock() % DAY_NS / 10**9 + stand.begins % DAY_NS / 10**9)
            stand.move(0)
        before = kept(stand.client)
        for _ in range(days):
            cut(stand)
            await asyncio.sleep(DAY)
        after = kept(stand.client)
        assert {where: (before[where], size) for where, size in after.items() if size > before[where]} == {}
        while day_of("America/New_York", stand.clock()) % 7 in (2, 3):  # 1970 began on a Thursday
            await asyncio.sleep(DAY)
        stand.move(0)
        await trade(stand)
        assert stand.book.ups()[-1] and not stand.book.open()
        await stand.agree()

    play(STANDS[venue], act)
