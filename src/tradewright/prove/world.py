"""A whole engine at a simulated venue with faults between them, in one process and in virtual time.

A strategy without sense trades for some minutes while faults drawn from the seed strike. Then they end, and after a
minute everything has to be square: the auditor says what is not. The same seed does the same.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from tradewright.adapters.journal import EmergencyFile
from tradewright.app.connected import CONNECTED_CRASH_POINTS, ConnectedEngine
from tradewright.app.live import (
    AFTER_APPEND,
    AFTER_DURABLE,
    AFTER_STEP,
    BEFORE_DURABLE,
    BEFORE_STEP,
    Decided,
    LiveEngine,
)
from tradewright.app.recovery import groups
from tradewright.core.life_cycle import DENIED, HELD, SENT, STAGE_NAMES
from tradewright.core.limits import limits_from
from tradewright.core.orders import OrderState
from tradewright.core.setup import Setup, StrategySpec
from tradewright.model.account import CASH
from tradewright.model.chain import Head
from tradewright.model.codec import Decoder
from tradewright.model.command import Cancel
from tradewright.model.control import EVERYTHING, HALTED, Started, TradingStateSet
from tradewright.model.errors import TransportError, VenueRefused
from tradewright.model.event import ALARM, CANCELLED, Event
from tradewright.model.foreign import foreign_id
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import count_of, money_of
from tradewright.model.report import Report
from tradewright.model.rng import Rng
from tradewright.ports import Clock, MemoryJournal
from tradewright.prove.alpaca_stand import AlpacaStand
from tradewright.prove.auditor import NOBODY, Auditor, Books, Names, Truth
from tradewright.prove.binance_stand import BinanceStand
from tradewright.prove.caps import QUANTITY_SCALE, Limits
from tradewright.prove.hearsay import Hearsay
from tradewright.prove.mt5_stand import Mt5Stand
from tradewright.prove.reserves import Held
from tradewright.prove.restless import Restless
from tradewright.prove.site_transport import SiteTransport
from tradewright.prove.virtual import run_virtual
from tradewright.signal.strategy import Strategy
from tradewright.sim.wire.faults import (
    BANNED,
    EXITS_REFUSED,
    FRAME_FAULTS,
    LIMITED,
    REQUEST_FAULTS,
    SKEW,
    STATES,
    Fault,
    Plan,
)
from tradewright.sim.wire.faulty import FaultySite
from tradewright.sim.wire.message import Answer, Request
from tradewright.sim.wire.site import Connection
from tradewright.sim.wire.trouble import EXIT_CANCELLED, INJECTIONS, RACES
from tradewright.trader import Outcome, Trader

SECOND_NS = 1_000_000_000
TRADING_SECONDS = 300.0
#: After the faults have ended everything has to be square within so long.
SETTLING_SECONDS = 60.0
#: After so many records its state is compared with what they give.
LOOK_RECORDS = 200
#: So long its strategy goes on to want what nobody may have any more.
HALTED_SECONDS = 15.0
STANDS: dict[str, type[AlpacaStand] | type[BinanceStand] | type[Mt5Stand]] = {
    "alpaca": AlpacaStand,
    "binance": BinanceStand,
    "mt5": Mt5Stand,
}
STRATEGY = "restless"
#: How long it takes until a stopped process is there again.
DEAD_SECONDS = 3.0
#: Where a process can be stopped: around each step, on the disk's side and on the venue's.
POINTS = (BEFORE_STEP, AFTER_STEP, AFTER_APPEND, BEFORE_DURABLE, AFTER_DURABLE, *CONNECTED_CRASH_POINTS)
#: Seeds modulo 7 on whose days the process is stopped as well.
STOPPED_SEEDS = (0, 1, 5)
#: One seed in so many has days on which reports come late, twice and at odds with each other.
HEARSAY_SEEDS = 4
#: One seed in so many has days on which exits are refused, and end unasked.
EXIT_SEEDS = 5
#: Seeds modulo 11 on whose days the venue's limits are used up by others, and on whose its clock is wrong.
LIMITED_SEEDS, SKEWED_SEEDS = (4,), (10,)
#: Seeds modulo 17 on whose days there are races, as `sim.wire.trouble.RACES` has them.
RACING_SEEDS = (8, 11, 15)
#: States of such days alone.
OF_SOME_DAYS = (EXITS_REFUSED, LIMITED, BANNED, SKEW)
#: Seeds modulo 9 on whose days stops and targets lie so near that many of them fill.
NEAR_SEEDS = (4, 6, 8)
#: Openings at work at a time, on the days of hearsay.
WORKING_MAX = 4
#: The limits of an account, as `prove.caps` has them; and by how much they are larger on days without hearsay.
LIMITED_BY = ("maxOrderValue", "maxWorkingOrders", "maxPositionQuantity", "maxTotalExposure", "maxOpenPositions")
FAR_TIMES = 50
UNLIMITED = 10**9
#: Seeds modulo 16 on whose days of hearsay there is room for one position.
NARROW_SEEDS = (11,)


@dataclass(slots=True)
class Day:
    """What came of one seed. breaches: (invariant, what). hash: of the journal; state: of the engine. fired: how often
    each kind of fault struck; edges: how often a report of a kind met an order of a stage; said: the same without what
    hearsay had a hand in; alarms: by code. stops: of the process. orders, fills, records: how many there were."""

    seed: int
    venue: str
    breaches: list[tuple[str, str]] = field(default_factory=list)
    hash: str = ""
    state: str = ""
    fired: dict[str, int] = field(default_factory=dict)
    edges: dict[tuple[int, int], int] = field(default_factory=dict)
    said: dict[tuple[int, int], int] = field(default_factory=dict)
    alarms: dict[str, int] = field(default_factory=dict)
    stops: int = 0
    orders: int = 0
    fills: int = 0
    records: int = 0


class TalliedEngine(LiveEngine):
    """Counts which edges of the order table are taken: (kind of a report, stage it met). said: those alone that a
    client took, of orders that hearsay had left alone until then; meddled: ids of the others."""

    edges: Counter[tuple[int, int]]
    said: Counter[tuple[int, int]]
    meddled: Collection[str] = ()

    def decide(self, event: Event) -> Decided:
        state = self.trader.engine.orders.get(event.order_id) if isinstance(event, Report) else None
        if state is not None:
            self.edges[event.kind, state.stage] += 1
            self.said[event.kind, state.stage] += state.order.id not in self.meddled
        return super().decide(event)

    def _append(self, event: Event, outcome: Outcome) -> int:
        # An exit that is held here ends without a report: its cancel ends it.
        held = [output for output in outcome.outputs if isinstance(output, Cancel) and output.here]
        self.edges[CANCELLED, HELD] += len(held)
        self.said[CANCELLED, HELD] += len(held)
        return super()._append(event, outcome)


class Replica:
    """What a journal's records give, folded one by one from the first, without strategies."""

    def __init__(self, journal: MemoryJournal) -> None:
        self.journal = journal
        self.trader = Trader(None)
        self.decoder = Decoder(self.trader.engine.instruments, lambda id: self.trader.engine.orders[id].order)
        self.folded = 0

    def state_hash(self) -> str:
        """Of the engine behind all that the journal holds by now."""
        for _, record in self.journal.read(self.folded + 1):
            self.folded += 1
            event = self.decoder.decode(record)
            self.trader.follow(event, []) if isinstance(event, Started) else self.trader.engine.apply(event)
        return self.trader.engine.state_hash()


class WatchedSite:
    """A site whose requests the auditor reads as they arrive, before anything is done with them."""

    def __init__(self, inner: FaultySite, world: World) -> None:
        self.inner = inner
        self.trouble = inner.trouble
        self.world = world

    def request(self, request: Request, now: int) -> Answer:
        self.world.leaves(request)
        answer = self.inner.request(request, now)
        self.world.answered(request, answer)
        return answer

    def connect(self, request: Request, now: int) -> Connection | Answer:
        return self.inner.connect(request, now)

    def advance(self, now: int) -> None:
        self.inner.advance(now)

    def due(self) -> int | None:
        return self.inner.due()

    def inject(self, kind: str, now: int) -> bool:
        return self.inner.inject(kind, now)


class Stopped(Exception):
    """The process ended here."""


class World:
    """One seed at one venue. faults: what goes wrong, stops: where the process ends, as (crash point, at which meeting
    with it); None = as the seed draws them. stand: the venue, None = the one of that name."""

    #: Who trades, and the limits of the account by name.
    strategy: type[Strategy] = Restless
    limits: Mapping[str, Any] = {}
    #: Whether it goes short and turns round where the account may be short.
    turns = True
    #: Whether all limits stand, on all days; else two of them on the days of hearsay.
    capped = True
    #: Whether the last gate stands before the client's wire.
    gated = True

    def __init__(
        self,
        seed: int,
        venue: str,
        folder: Path,
        clock: Clock,
        faults: Sequence[Fault] | None,
        stops: Sequence[tuple[str, int]] | None,
        stand: AlpacaStand | BinanceStand | Mt5Stand | None = None,
    ) -> None:
        self.seed = seed
        self.clock = clock
        self.folder = folder
        self.rng = Rng(seed)
        self.stand = stand or STANDS[venue](seed, clock())
        self.gossips = faults is None and seed % HEARSAY_SEEDS == HEARSAY_SEEDS - 1
        self.limits = {**self.limits, **(self._limits() if faults is None else {})}
        if faults is None:
            faults = [one for one in drawn(seed, self.rng, self.gossips) if one.kind not in self.stand.never]
        self.plan = Plan(faults, self.rng.split("plan"))
        self.stops = list(drawn_stops(seed, self.rng.split("stops")) if stops is None else stops)
        self.met: Counter[str] = Counter()
        self.fired: Counter[str] = Counter()
        self.hearsay: Hearsay | None = None
        self.site = FaultySite(self.stand.site, self.plan, clock())
        self.transport = SiteTransport({venue: WatchedSite(self.site, self)}, clock, self.rng.split("network"))
        self.journal = MemoryJournal()
        self.replica = Replica(self.journal)
        self.looked = 0
        self.edges: Counter[tuple[int, int]] = Counter()
        self.said: Counter[tuple[int, int]] = Counter()
        self.meddled: set[str] = set()
        self.instruments: list[Instrument] = []
        self.auditor = Auditor([])
        self.day = Day(seed, venue)
        self.client = self._open()

    def _limits(self) -> dict[str, str]:
        """The limits of the account: near what its strategy wants on the days of hearsay, and far from it on others."""
        times = 1 if self.gossips else FAR_TIMES
        positions = 1 if self.gossips and self.seed % 16 in NARROW_SEEDS else len(self.stand.symbols)
        stand = self.stand
        bounds = (stand.order_value, WORKING_MAX, stand.quantity, stand.exposure)
        found = [str(Decimal(bound) * times) for bound in bounds] + [str(positions)]
        limits = dict(zip(LIMITED_BY, found, strict=True))
        if self.capped:
            return limits
        return {name: limits[name] for name in LIMITED_BY[:2]} if self.gossips else {}

    def _open(self) -> Any:
        """A new process: what the journal holds, and a client that knows nothing."""
        self.trader = self._recovered()
        self.auditor.same(self.trader.engine.state_hash(), self.replica.state_hash())
        emergency = EmergencyFile(self.folder)
        self.live = TalliedEngine(self.trader, self.journal, emergency, self._durable, self._crash)
        self.live.edges, self.live.said, self.live.meddled = self.edges, self.said, self.meddled
        self.floor = ConnectedEngine(self.live, self.clock, history=self.journal.read)
        run = self.trader.engine.run
        deliver = self.floor.deliver
        if self.gossips:
            rng = self.rng.split(f"hearsay {run}")
            self.hearsay = Hearsay(deliver, self.trader.engine, self.clock, rng, self.fired, self.meddled)
            deliver = self.hearsay.hear
        orders = self.floor.orders_of(self.stand.terms.name)
        gate = self.gate = self.stand.gate(self.transport, self.clock, orders, self.floor.deliver)
        client = self.stand.client(
            gate if self.gated else self.transport, self.clock, self.rng.split(f"client {run}"), orders, deliver,
            self.floor.since(self.stand.terms.name),
        )  # fmt: skip
        self.floor.join(client, gate if self.gated else None)
        return client

    def _recovered(self) -> Trader:
        return recovered(self.journal, self.strategy)

    def _crash(self, name: str, /) -> None:
        self.met[name] += 1
        if (name, self.met[name]) not in self.stops:
            return
        self.stops.remove((name, self.met[name]))
        if self.hearsay is not None and self.hearsay.hides:
            # The account has been told as it is meanwhile, so a new process would not ask for what is held back.
            self.stops.append((name, self.met[name] + 1))
            return
        raise Stopped(name)

    # ── what the auditor hears ─────────────────────────────────────────────────────────────────────────────────────

    def _durable(self, event: Event, outcome: Outcome) -> None:
        self._read_on()
        self.auditor.compare(self.books())
        looks = self.auditor.records >= self.looked + LOOK_RECORDS
        if looks or self.auditor.asks:
            self.auditor.attest(*self._venue())
        if looks:
            self.looked = self.auditor.records
            self.auditor.same(self.trader.engine.state_hash(), self.replica.state_hash())

    def _read_on(self) -> None:
        """The auditor reads what the journal holds by now."""
        for record in self.journal.records[self.auditor.records :]:
            row = msgspec.json.decode(record)
            self.auditor.record(row)
            if row[0] == ALARM:
                self.day.alarms[row[2]] = self.day.alarms.get(row[2], 0) + 1

    def leaves(self, request: Request) -> None:
        """A request has reached the venue's door."""
        self._read_on()
        for placed in self.stand.placed(request, self.instruments):
            self.auditor.leaves(placed, self.stand.own(placed.client_id))

    def answered(self, request: Request, answer: Answer) -> None:
        """What goes back to it, whether it arrives or not."""
        if not answer.lost and self.stand.turned_away(answer):
            for placed in self.stand.placed(request, self.instruments):
                self.auditor.turned_away(placed)

    def books(self) -> Books:
        """The engine's books as plain numbers."""
        engine = self.trader.engine
        lots: dict[str, int] = {}
        for book in engine.ledger.books.values():
            symbol = book.instrument.symbol
            lots[symbol] = lots.get(symbol, 0) + sum(lot.side * lot.size for lot in book.lots)
        orders: dict[str, tuple[int, bool, bool]] = {}
        stages, asked = {}, {}
        for id, state in engine.orders.items():
            stage = state.stage
            if stage == DENIED:
                continue
            stages[id] = STAGE_NAMES[stage]
            waits = False
            if state.submit or state.cancel or state.replace:
                waits = _waits(state)
                if state.has_unknown():
                    asked[id] = engine.inquiries[id].due if id in engine.inquiries else NOBODY
            orders[id] = (state.filled, stage != HELD and state.is_open(), waits)
        return Books(
            {position.instrument.symbol: position.net for position in engine.ledger.positions.values()}, lots,
            dict(engine.ledger.cash.get(self.stand.terms.name, {})),
            dict(engine.holds.money.get(self.stand.terms.name, {})), orders,
            {one.symbol: (one.rules.tick, one.rules.step) for one in engine.instruments},
            {one.symbol: _least(one, engine.marks.marks[one.index].price()) for one in engine.instruments},
            [
                Held(id, hold.currency, hold.held, hold.remaining) for id, hold in engine.holds.holds.items()
                if hold.order.account == self.stand.terms.name
            ], stages, asked,
        )  # fmt: skip

    # ── the day ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> Day:
        """Trades, lets the faults end, waits, and says what came of it."""
        self.instruments = await self._listed()
        caps = limits_of(self.limits)
        self.auditor = Auditor(self.instruments, caps, self.stand.facts)
        ends = asyncio.create_task(self._process())
        await self._pass(TRADING_SECONDS, ends)
        self._end_faults()
        await self._pass(HALTED_SECONDS, ends)
        self._halt(f"strategy:{STRATEGY}")
        await self._pass(SETTLING_SECONDS - HALTED_SECONDS, ends)
        ends.cancel()
        with suppress(asyncio.CancelledError):
            await ends
        await self.transport.close()
        return self._conclude()

    async def _process(self) -> None:
        """The process, and after each of its stops the next one."""
        while True:
            try:
                self._begin()
                await self.floor.run()
            except* Stopped:
                self.day.stops += 1
                await self.client.close()
                await asyncio.sleep(DEAD_SECONDS)
                self.client = self._open()
                await self._listed()

    async def _listed(self) -> list[Instrument]:
        while True:
            try:
                found: list[Instrument] = await self.client.instruments(self.stand.symbols)
            except (TransportError, VenueRefused):
                await asyncio.sleep(1)
                continue
            for index, instrument in enumerate(found):
                instrument.index = index
            return found

    def _begin(self) -> None:
        symbols = tuple(one.symbol for one in self.instruments)
        parameters: tuple[tuple[str, int | bool], ...] = (("seed", self.seed),)
        if self.seed % HEARSAY_SEEDS == HEARSAY_SEEDS - 1:
            parameters += (("shy", True),)
        if self.seed % 9 in NEAR_SEEDS:
            parameters += (("parts", self.stand.near),)
        if self.turns and self.stand.terms.kind != CASH:
            parameters += (("turns", True),)
        spec = StrategySpec(
            STRATEGY, "prove.restless:Restless", self.stand.terms.name, symbols, parameters, STRATEGY, ""
        )
        setup = Setup(self.instruments, [(self.stand.terms, limits_from(self.limits).row())], [spec], {})
        row = msgspec.json.decode(msgspec.json.encode(setup.row()), type=list[Any])
        self.floor.step(Started(self.clock(), self.trader.engine.run + 1, row))
        self.client.watch([self.trader.engine.symbols[one.symbol] for one in self.instruments])

    def _end_faults(self) -> None:
        """From now on nothing goes wrong, and nothing new is wanted."""
        self.plan.faults.clear()
        self.stops.clear()
        self.gossips = False
        if self.hearsay is not None:
            self.hearsay.end()
        trouble = self.site.trouble
        self.site.skew_ns = 0
        trouble.hidden_ns = trouble.stale_ns = trouble.limited_until = trouble.banned_until = 0
        trouble.maintenance = trouble.silent = trouble.exits_refused = False
        trouble.races.clear()
        self._halt(EVERYTHING)

    def _halt(self, scope: str) -> None:
        self.floor.deliver(TradingStateSet(self.clock(), scope, HALTED, "prove", "the day is over"))

    async def _pass(self, seconds: float, process: asyncio.Task[None]) -> None:
        done, _ = await asyncio.wait([process], timeout=seconds)
        for task in done:
            task.result()

    def _conclude(self) -> Day:
        self._read_on()
        auditor, day, engine = self.auditor, self.day, self.trader.engine
        auditor.conclude(self.books(), *self._venue())
        day.state = engine.state_hash()
        auditor.same(day.state, self.replica.state_hash())
        day.breaches, day.records = auditor.breaches, auditor.records
        day.hash = journal_hash(self.journal.head)
        day.fired, day.fills = dict(self.fired + Counter(self.plan.fired)), len(auditor.fills)
        day.orders, day.edges, day.said = len(auditor.orders), dict(self.edges), dict(self.said)
        return day

    def _venue(self) -> tuple[Truth, list[str], list[str], dict[Names, list[str]]]:
        """What the venue has done by now, and whose its orders are here: those that work, those that filled after their
        end, and by their names those that traded."""
        truth = self.stand.truth(self.instruments)
        working, late = ([self._own(*names) for names in found] for found in (truth.working, truth.late))
        return truth, working, late, {names: self._named(*names) for names, *_ in truth.fills.values()}

    def _own(self, client_id: str, venue_id: str) -> str:
        """The order here that one at the venue belongs to: the newest, where it can be several."""
        return self._named(client_id, venue_id)[-1]

    def _named(self, client_id: str, venue_id: str) -> list[str]:
        """The orders here that one at the venue can be: one of ours by our name or by the venue's (an exit of a
        position has the name of the one before it), else somebody else's."""
        own, orders = self.stand.own(client_id), self.trader.engine.orders
        if own in orders:
            return [own]
        named = [id for id, state in orders.items() if state.venue_id == venue_id]
        return [foreign_id(self.stand.terms.code, venue_id), *named]


def _least(instrument: Instrument, price: int) -> int:
    """Size counts of the smallest order at a price, and what a market moves by until an exit is there."""
    rules = instrument.rules
    worth: int = -(-rules.notional_min // max(1, price * instrument.money_factor)) * 21 // 20
    size = max(rules.size_min, rules.step, worth)
    return size + -size % rules.step


def _waits(state: OrderState) -> bool:
    """Whether a request of the order is on its way, or nobody knows what became of it."""
    return state.has_unknown() or SENT in (state.submit, state.cancel, state.replace)


def drawn(seed: int, rng: Rng, long_hidden: bool = False) -> list[Fault]:
    """The faults of a day: of each kind some, or none; on the days of some seeds what befalls exits, what befalls the
    venue's limits, what befalls its clock, and races. long_hidden: orders stay hidden for longer than the venue's
    settling time, so that the engine gives them up and they come back."""
    faults = _of_exits(rng.split("exits")) if seed % EXIT_SEEDS == 0 else []
    faults += _of_limits(rng.split("limits")) if seed % 11 in LIMITED_SEEDS else []
    faults += _of_the_clock(rng.split("clock")) if seed % 11 in SKEWED_SEEDS else []
    faults += _of_races(rng.split("races")) if seed % 17 in RACING_SEEDS else []
    rng = rng.split("faults")
    for kind in (*REQUEST_FAULTS, *FRAME_FAULTS):
        if rng.below(2):
            faults.append(
                Fault(kind, times=1 + rng.below(6), probability=0.02 + 0.1 * rng.uniform(), begin=rng.below(200),
                      seconds=0.5 + 9 * rng.uniform(), status=(500, 502, 503, 504)[rng.below(4)])
            )  # fmt: skip
    for kind in STATES:
        if kind not in OF_SOME_DAYS and rng.below(2):
            faults.append(
                Fault(
                    kind,
                    begin=20 + rng.below(150),
                    seconds=3 + rng.below(30),
                    by=(1 + rng.below(4)) * (4 if long_hidden else 1),
                )
            )
    for kind in INJECTIONS:
        for _ in range(rng.below(3) if kind != EXIT_CANCELLED else 0):
            faults.append(Fault(kind, begin=20 + rng.below(270)))
    return faults


def _of_exits(rng: Rng) -> list[Fault]:
    """Exits are refused for a while, twice; and some that rest end unasked."""
    refused = [Fault(EXITS_REFUSED, begin=begin + rng.below(100), seconds=5 + rng.below(30)) for begin in (20, 150)]
    return refused + [Fault(EXIT_CANCELLED, begin=20 + rng.below(270)) for _ in range(12)]


def _of_limits(rng: Rng) -> list[Fault]:
    """Others have used up the venue's limits, twice; then its address is banned."""
    limited = [Fault(LIMITED, begin=begin + rng.below(60), seconds=2 + rng.below(15)) for begin in (20, 100)]
    return [*limited, Fault(BANNED, begin=180 + rng.below(80), seconds=5 + rng.below(20))]


def _of_the_clock(rng: Rng) -> list[Fault]:
    """The venue's clock is ahead for a while, and behind; by less and by more than a signed request may be."""
    signs = (1, -1) if rng.below(2) else (-1, 1)
    return [
        Fault(SKEW, begin=begin + rng.below(60), seconds=10 + rng.below(50), by=sign * (0.3 + 9 * rng.uniform()))
        for begin, sign in zip((20, 150), signs, strict=True)
    ]


def _of_races(rng: Rng) -> list[Fault]:
    """Each kind of race at the next occasions, in each half of the day."""
    return [
        Fault(kind, times=2 + rng.below(5), begin=begin + rng.below(60), seconds=0.3 + 3 * rng.uniform(),
              status=(500, 502, 503, 504)[rng.below(4)])
        for begin in (10, 150) for kind in RACES
    ]  # fmt: skip


def drawn_stops(seed: int, rng: Rng) -> list[tuple[str, int]]:
    """Where the process ends on some days: once or twice."""
    if seed % 7 not in STOPPED_SEEDS:
        return []
    return [(POINTS[rng.below(len(POINTS))], 1 + rng.below(60)) for _ in range(1 + rng.below(2))]


def recovered(journal: MemoryJournal, strategy: type[Strategy]) -> Trader:
    """A trader rebuilt from all that the journal holds, its strategies' states included."""
    trader = Trader(lambda spec: strategy)
    decoder = Decoder(trader.engine.instruments, lambda id: trader.engine.orders[id].order)
    for _, event, outputs in groups(journal.read(), decoder):
        trader.follow(event, outputs)
    return trader


def limits_of(values: Mapping[str, Any]) -> Limits:
    """The same for the auditor, as exact numbers; where nothing is set nothing is too much."""
    value, working, quantity, exposure, positions = (values.get(name, UNLIMITED) for name in LIMITED_BY)
    return Limits(
        money_of(value, "order value"), int(working), count_of(quantity, QUANTITY_SCALE, "quantity"),
        money_of(exposure, "exposure"), int(positions),
    )  # fmt: skip


def journal_hash(head: Head) -> str:
    """The chain's hash over all records."""
    return blake2b(head.hash, digest_size=16).hexdigest()


def play(
    seed: int,
    venue: str = "binance",
    faults: Sequence[Fault] | None = None,
    stops: Sequence[tuple[str, int]] | None = None,
) -> Day:
    """One seed, whole; faults, stops: as of `World`."""
    with TemporaryDirectory() as folder:

        async def program(clock: Clock) -> Day:
            return await World(seed, venue, Path(folder), clock, faults, stops).run()

        return run_virtual(STANDS[venue].start, program)
