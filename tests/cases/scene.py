"""A case on its stage: a whole engine, a venue's client and the simulated venue, in one process and in virtual time.

A case tells the strategy what to do and the market where to stand, lets things go wrong, and looks at what left, what
the venue has and what the engine says. When it is over the auditor of the fault runs looks at all of it: engine and
venue have to agree on every order, trade, position and balance.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.cases.hand import HandTape, QuietAlpaca, QuietBinance, QuietMt5, Told, ToldWorld, Wish
from tradewright.core.engine import Engine
from tradewright.core.orders import OrderState
from tradewright.model.event import Event
from tradewright.model.report import Fill, Report
from tradewright.ports import Clock
from tradewright.prove.auditor import Auditor, Placed
from tradewright.prove.virtual import run_virtual
from tradewright.prove.world import Day
from tradewright.sim.wire.faults import DISCONNECT, DROP_FRAME, Fault
from tradewright.sim.wire.message import TEXT, Frame, Request

SECOND = 10**9
#: Venue by the name a case is run under, with the seed that gives its account its mode.
VENUES: dict[str, tuple[type[QuietAlpaca] | type[QuietBinance] | type[QuietMt5], int]] = {
    "alpaca": (QuietAlpaca, 1),
    "binance": (QuietBinance, 1),
    "mt5-hedging": (QuietMt5, 2),
    "mt5-netting": (QuietMt5, 1),
}
#: Where an order is placed, by the begin of method and path.
PLACE = {"alpaca": "POST /v2/orders", "binance": "POST /api/v3/order", "mt5": "POST /api/v1/trades/open"}
CANCEL = {"alpaca": "DELETE /v2/orders/", "binance": "DELETE /api/v3/order", "mt5": "POST /api/v1/trades/cancel"}
#: Where the account's events come.
STREAM = {"alpaca": "/stream", "binance": "/ws-api", "mt5": "/api/v1/events"}
#: An order of ten parts.
WHOLE = {"alpaca": Decimal(10), "binance": Decimal("0.01"), "mt5": Decimal("0.1")}


class Scene(ToldWorld):
    """day: what the auditor found, once it is over. left: orders that left to be placed; heard, outputs: what the
    engine was told, and made of it; course: of each order kind of report, stage and size behind it."""

    def __init__(self, name: str, folder: Path, clock: Clock, faults: Sequence[Fault], stops: Any) -> None:
        make, seed = VENUES[name]
        stand = make(seed, clock())
        self.log: list[tuple[int, Request]] = []
        self.left: list[Placed] = []
        self.heard: list[Event] = []
        self.outputs: list[Event] = []
        self.course: dict[str, list[tuple[int, int, int]]] = {}
        super().__init__(seed, stand.name, folder, clock, faults, stops, stand)
        self.connects: list[int] = []
        connect = self.site.connect

        def connecting(request: Request, now: int) -> Any:
            self.connects.append(now)
            return connect(request, now)

        setattr(self.site, "connect", connecting)  # noqa: B010
        self.market: HandTape = stand.market
        self.venue = stand.name
        self.symbol = stand.symbols[0]
        self.home = self.market.price(self.symbol)

    # ── its course ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def begin(self) -> None:
        """Until openings may go."""
        self.instruments = await self._listed()
        self.auditor = Auditor(self.instruments, terms=self.stand.facts)
        self.process = asyncio.create_task(self._process())
        await self.until(self.ready)

    def ready(self) -> bool:
        account = self.engine.accounts.get(self.stand.terms.name)
        return account is not None and account.link is not None and account.link.ready

    async def end(self) -> None:
        """Faults end; a while later the auditor looks."""
        self._end_faults()
        await self._pass(60.0, self.process)
        self.process.cancel()
        with suppress(asyncio.CancelledError):
            await self.process
        await self.transport.close()
        self.day = self._conclude()

    async def rest(self, seconds: float) -> None:
        await self._pass(seconds, self.process)

    async def until(self, done: Callable[[], object], seconds: float = 60.0) -> None:
        for _ in range(round(seconds * 10)):
            if done():
                return
            await self.rest(0.1)
        raise AssertionError(f"not within {seconds:g} s")

    def mute(self) -> None:
        """What the account's stream says from now on is lost; it stays open and alive."""
        self.fault(Fault(DROP_FRAME, STREAM[self.venue], times=0))

    def unplug(self) -> None:
        """From now on the venue's name means nothing to anybody, and what stood to it breaks off."""
        self.fault(Fault(DISCONNECT, times=0))
        self.transport.venues[f"{self.venue} was"] = self.transport.venues.pop(self.venue)

    def cut(self) -> None:
        """The account's stream breaks off now."""
        for stream in self.streams():
            stream._strike(Fault(DISCONNECT), Frame(TEXT), self.clock())
        self.transport.venues[self.venue].settle()

    def plug_in(self) -> None:
        self.plan.faults.pop()
        self.transport.venues[self.venue] = self.transport.venues.pop(f"{self.venue} was")

    def fault(self, fault: Fault) -> None:
        """From now on."""
        self.plan.add(fault)

    def inject(self, kind: str) -> bool:
        """Lets something happen inside the venue, now."""
        done = self.site.inject(kind, self.clock())
        self.transport.venues[self.venue].settle()
        return done

    def stop(self, point: str, hit: int = 1) -> None:
        """The process ends dead when it meets that place the next time (or so many times)."""
        self.stops.append((point, self.met[point] + hit))

    # ── what is done ───────────────────────────────────────────────────────────────────────────────────────────────

    async def tell(self, wish: Wish) -> Any:
        """The strategy does it at its next quote; what it returned."""
        done: list[Any] = []
        Told.wishes.append((self.symbol, wish, done))
        await self.until(lambda: done)
        return done[0]

    async def buy(self, parts: int = 10, **terms: Any) -> str:
        """An order for so many tenths; its id."""
        size = self.size(parts)
        id = str(await self.tell(lambda strategy: strategy.buy(size, **terms)))
        return id

    async def cancel(self, order_id: str) -> None:
        await self.tell(lambda strategy: strategy.cancel(order_id))

    def size(self, parts: int) -> Decimal:
        return WHOLE[self.venue] * parts / 10

    def units(self, parts: int) -> int:
        """The same as the engine counts."""
        return int(self.size(parts).scaleb(self.instrument.size_scale))

    def price(self, percent: str = "0") -> Decimal:
        """So far away from where the market stood at first."""
        tick = Decimal(self.instrument.rules.tick).scaleb(-self.instrument.price_scale)
        price = self.home * (1 + Decimal(percent) / 100)
        return price - price % tick

    def move(self, percent: str) -> None:
        self.market.move(self.symbol, self.price(percent))

    def show(self, parts: int) -> None:
        """From the next second on each quote shows so many tenths, and that is what an order can fill; 0 = all."""
        site: Any = self.stand.site
        if self.venue == "alpaca":
            site.knobs.sizes = True
        scale = self.market.instruments[self.symbol].size_scale
        self.market.sizes[self.symbol] = int(self.size(parts).scaleb(scale))

    # ── what is seen ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def engine(self) -> Engine:
        return self.trader.engine

    @property
    def instrument(self) -> Any:
        return self.instruments[0]

    def leaves(self, request: Request) -> None:
        self.log.append((self.clock(), request))
        if self.instruments:
            self.left += self.stand.placed(request, self.instruments)
        super().leaves(request)

    def _durable(self, event: Event, outcome: Any) -> None:
        self.heard.append(event)
        self.outputs += outcome.outputs
        if isinstance(event, Report) and event.order_id in self.engine.orders:
            state = self.engine.orders[event.order_id]
            self.course.setdefault(event.order_id, []).append((event.kind, state.stage, state.filled))
        super()._durable(event, outcome)

    def posts(self, order_id: str = "") -> list[str]:
        """Client ids of the orders that left to be placed, of one order or all."""
        return [one.client_id for one in self.left if not order_id or self.stand.own(one.client_id) == order_id]

    def requests(self, what: str) -> list[tuple[int, Request]]:
        return [one for one in self.log if f"{one[1].method} {one[1].path}".startswith(what)]

    def state(self, order_id: str) -> OrderState:
        return self.engine.orders[order_id]

    def status(self, order_id: str) -> str:
        return self.state(order_id).status

    def fills(self, order_id: str) -> list[Fill]:
        """As the engine was told, again and again where it was."""
        return [event for event in self.heard if isinstance(event, Fill) and event.order_id == order_id]

    def net(self) -> int:
        """Size counts of the symbol here."""
        return self.books().positions.get(self.symbol, 0)

    def there(self) -> int:
        """The same at the venue."""
        return self.stand.truth(self.instruments).positions.get(self.symbol, 0)

    def made(self, order_id: str) -> int:
        """How many orders of ours of that id the venue has ever taken, working and ended."""
        site: Any = self.stand.site
        if self.venue == "mt5":
            names = [one.comment for one in [*site.broker.orders.values(), *site.broker.history]]
        elif self.venue == "binance":
            names = [one.client_id for one in site.venue.accounts["demo"].orders.values()]
        else:
            names = [one.terms.client_order_id for one in site.accounts["demo-key"].orders.values()]
        return sum(self.stand.own(name) == order_id for name in names)

    def kinds(self, order_id: str) -> list[int]:
        """The kinds of all reports on an order, in their sequence."""
        return [kind for kind, _, _ in self.course.get(order_id, [])]

    def streams(self) -> list[Any]:
        """The venue's ends of the account's stream that are open and alive."""
        path = STREAM[self.venue]
        return [one for one in self.site.open if one.request.path.startswith(path) and not (one.closed or one.dead)]

    @property
    def alarms(self) -> Counter[str]:
        self._read_on()
        return Counter(self.day.alarms)


def play(
    name: str, act: Callable[[Scene], Awaitable[None]], faults: Sequence[Fault] = (), stops: Any = (),
    setting: Callable[[Scene], None] = lambda scene: None, start: int = 0,
    excused: Sequence[str] = (), make: Callable[..., Any] = Scene,
) -> Day:  # fmt: skip
    """Plays a case at a venue, with `setting` before anything has begun; afterwards everything has to be square. start:
    ns UTC, 0 = when the venue's stand begins. excused: ends of what the auditor says and has to say here. make: a scene
    of another kind."""
    Told.wishes.clear()

    async def program(clock: Clock) -> Scene:
        with TemporaryDirectory() as folder:
            scene: Scene = make(name, Path(folder), clock, faults, stops)
            setting(scene)
            await scene.begin()
            await act(scene)
            await scene.end()
            return scene

    scene = run_virtual(start or VENUES[name][0].start, program)
    found = [text for _, text in scene.day.breaches]
    assert [text for text in found if not text.endswith(tuple(excused))] == []
    assert len(found) == len(excused)
    return scene.day
