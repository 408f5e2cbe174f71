"""Accounts at real venues with their strategies, as one process: from its configuration until it is told to end.

A start reaches every venue before anything is journaled: keys, symbols and the clock are proven first. It goes on where
its journal ended, and opens nothing until an account was compared with its venue. A stop opens nothing more and cancels
entries; exits stay at work where they are. Where accounts are owned by lease, it stands by before all of that, until
they are its own.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradewright import __version__
from tradewright.app.answering import answered, decided, overheard
from tradewright.app.audit import AuditLog
from tradewright.app.blueprint import Blueprint, blueprint_of
from tradewright.app.bus.following import events_keeper
from tradewright.app.bus.requests import Requests
from tradewright.app.candles import Candles
from tradewright.app.clock import steady_clock
from tradewright.app.config import Config
from tradewright.app.config_keys import EventBusBlock, LeasesBlock
from tradewright.app.connected import WAKE, ConnectedEngine, Sync
from tradewright.app.control import ControlSocket, Wanted
from tradewright.app.cycle_timers import CycleTimers
from tradewright.app.doorstep import Doorstep
from tradewright.app.emergency import taken_in
from tradewright.app.halts import note_of, taken_over
from tradewright.app.home import JOURNAL
from tradewright.app.keeper import Keeper
from tradewright.app.ownership import Ownership
from tradewright.app.service_log import ServiceLog
from tradewright.app.service_words import begin_lines
from tradewright.app.sources import Sources
from tradewright.app.synthetic_feed import SyntheticFeed
from tradewright.app.together import Together
from tradewright.app.watch import quarantine_of
from tradewright.app.wiring.buses import check_bus
from tradewright.app.wiring.database import check_database
from tradewright.app.wiring.engine_room import EngineRoom, open_engine_room
from tradewright.app.wiring.journals import read
from tradewright.app.wiring.leases import check_leases, open_leases
from tradewright.app.wiring.services import signal_sources
from tradewright.app.wiring.venues import account_locks, lease_names
from tradewright.backtest.strategy_source import strategy_class
from tradewright.core.engine import Engine
from tradewright.core.life_cycle import HELD
from tradewright.core.trading_state import unbound
from tradewright.model.control import ACTIVE, REDUCING, CashMoved, RulesChanged, Started, Timer, TradingStateSet
from tradewright.model.decision import Decision
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.errors import InputError, LeaseLost, NotReady, TransportError, VenueRefused
from tradewright.model.event import Event
from tradewright.model.foreign import EXTERNAL
from tradewright.model.market import Bar
from tradewright.model.numbers import money_of
from tradewright.model.order import ENTRY
from tradewright.model.shadow import CASH as SHADOW_CASH
from tradewright.model.shadow import is_shadow
from tradewright.ports import CrashPoint, no_crash
from tradewright.trader import Outcome, Trader
from tradewright.trader.scoring import check_shadow

if TYPE_CHECKING:
    from tradewright.app.api.server import ApiServer

#: Who is named where the service itself stops openings for its own end. No login of a machine has a space.
STOPPER = "tradewright serve"
POLL_SECONDS = 0.1


class Ended(Exception):
    """The service has ended as it was told to."""


class Service:
    """Make it in no event loop or in the one it runs in; `run` it once; `close` it. stop: tells it to end. settle:
    what its process does when all that will stay is there, before it trades."""

    def __init__(self, config: Config, folder: Path, log: ServiceLog, crash: CrashPoint = no_crash) -> None:
        self.config = config
        self.folder = folder
        self.log = log
        self.clock = steady_clock()
        self.remarks: list[str] = list(config.remarks)
        self.left: list[str] = []
        self.told = False
        self.loop: asyncio.AbstractEventLoop | None = None
        self.api: ApiServer | None = None
        self.trading = False
        self.settle: Callable[[], None] = lambda: None
        self.keeping: asyncio.Task[None] | None = None
        self.answering: asyncio.Task[None] | None = None
        self.tables = self._tables()
        if config.block.event_bus is not None:
            check_bus(config.block.event_bus.url)
        # What can not be set up is refused before anything is opened.
        blueprint_of(config, {})
        with ExitStack() as opened:
            for lock in account_locks(config):
                opened.enter_context(lock)
            self.room: EngineRoom = open_engine_room(folder, log.listen, crash)
            opened.callback(self.room.close)
            log.engine = self.engine
            self.audit = AuditLog(folder, say=log.say)
            self.plan: Blueprint = self._planned()
            self.room.live.told = self.plan.told
            self._check_left()
            self.requests: Requests | None = None
            self.ownership = self._owned(config.block.leases)
            self.events = self._events(config.block.event_bus)
            self._opened = opened.pop_all()

    @property
    def engine(self) -> Engine:
        return self.room.trader.engine

    def _planned(self) -> Blueprint:
        """What the configuration makes of the engine as it stands. Raises InputError."""
        codes = {name: account.terms.code for name, account in self.engine.accounts.items()}
        return blueprint_of(self.config, codes, self.engine.sessions.values())

    def _owned(self, block: LeasesBlock | None) -> Ownership | None:
        """Who owns the accounts, where that is shared with other engines. Raises InputError."""
        if block is None:
            return None
        check_leases(block.url)
        leases = open_leases(block.url, self.config.secret_or("leases.password"), block.ttl_sec / 3)

        def note() -> str | None:
            return note_of(self.engine, STOPPER) if self.trading else None

        return Ownership(leases, lease_names(self.config), block.ttl_sec, self.clock, note, self.log.say)

    def _tables(self) -> Keeper | None:
        """Who looks after the tables, where there are any. Raises InputError."""
        database = self.config.block.database
        if database is None:
            return None
        check_database(database.url)
        password = self.config.secret_or("database.password")
        url, file = database.url, database.url.removeprefix("sqlite:///")
        if url != file:
            url = f"sqlite:///{(self.folder / file).absolute()}"
        asked = {"journal": str(self.folder / JOURNAL), "url": url, "password": password}
        return Keeper("TABLES", "tradewright.app.projections.process", asked, self.log.say)

    def _events(self, block: EventBusBlock | None) -> Keeper | None:
        """Who looks after the message bus, where there is one."""
        if block is None:
            return None
        requests = self.requests = Requests(
            block, self.engine, self._decide, self.stop, self.log.say, self.clock(), self._owns
        )
        since = self.room.journal.head.sequence
        return events_keeper(self.config, block, self.folder, since, self.log.say, requests.hear)

    def close(self) -> None:
        """Flush, anchor and release everything."""
        self._opened.close()

    def _check_left(self) -> None:
        """An account that works orders or holds something is not left alone, nor is a shadow. Raises InputError."""
        check_shadow(self.plan.setup([]), self.engine)
        left = {self.engine.orders[id].order.account: f"order {id} may be at work" for id in self._working()}
        for position in self.engine.ledger.positions.values():
            if (position.long_size or position.short_size) and not is_shadow(position.account):
                left.setdefault(position.account, f"it holds {position.instrument.symbol}")
        for name, what in left.items():
            if name not in self.plan.accounts:
                raise InputError(
                    f"{self.folder}: account {name} is not in {self.config.file} any more, and {what}; put it back "
                    "(it needs no strategy), or choose another --home"
                )

    def _working(self) -> Iterator[str]:
        """Ids of the orders that may be at work at a venue."""
        states = ((id, self.engine.orders[id]) for id in self.engine.holds.holds)
        return (id for id, state in states if state.stage != HELD and not is_shadow(state.order.account))

    # ── from the start to the end ──────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Until `stop`. Raises InputError for what can not work, NotReady where no account could be used in time, and
        why its parts have failed."""
        block = self.config.block
        sync = Sync(block.sync.order_status_poll_interval / 1_000, block.sync.position_sync_interval / 1_000)
        self.loop, self.stopping = asyncio.get_running_loop(), asyncio.Event()
        if self.told:
            self.stopping.set()
        self.connected = ConnectedEngine(self.room.live, self.clock, sync, lambda: read(self.folder / JOURNAL))
        self.sources = Sources()
        try:
            self._open_api()
            if self.ownership is None or await self._own(self.ownership):
                await self._trade()
        finally:
            for task in (self.keeping, self.answering):
                if task is not None:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
            if self.ownership is not None:
                await self.ownership.end()
            if self.api is not None:
                self.api.close()

    async def _own(self, ownership: Ownership) -> bool:
        """Stands by until all accounts are its own, and says so at the interface; False when it was told to end."""
        if self.api is not None:
            self.answering = asyncio.create_task(self.api.run())
        if not await self._unless_stopped(ownership.take(self.engine.run)):
            return False
        self.keeping = asyncio.create_task(ownership.keep())
        # Order ids begin with when an account was first traded here: from now on, while nobody else trades it.
        self.plan = self._planned()
        self.plan.tokens = {name: claim.token for name, claim in ownership.claims.items()}
        if self.api is not None:
            self.api.desk.plan = self.plan
        if self.requests is not None:
            self.requests.began = self.clock()
        return True

    async def _own_still(self, keeping: asyncio.Task[None]) -> None:
        """Until the accounts are another's: that is journaled, and raised."""
        try:
            await keeping
        except LeaseLost as lost:
            self._reduce(str(lost))
            raise

    def _owns(self) -> bool:
        """Whether the accounts are its own to trade."""
        return self.ownership is None or (self.trading and self.ownership.all_held())

    async def _trade(self) -> None:
        """From the venues' doors to the end."""
        self.began = time.monotonic()
        admit = None if self.ownership is None else self.ownership.admit
        self.doorstep = Doorstep(self.config, self.folder, self.plan, self.connected, self.clock, self.log.say, admit)
        control: ControlSocket | None = None
        try:
            for line in begin_lines(self.config, self.plan, self.room, self.folder):
                self.log.say(line)
            if not await self._unless_stopped(self.doorstep.reach()):
                return
            self._begin()
            self.settle()
            self.trading = True
            control = ControlSocket(self.folder)
            with self._audited():
                await self._all(control)
        finally:
            if control is not None:
                control.close()
            for source in self.sources.sources:
                await source.close()
            await self.doorstep.close()

    @contextmanager
    def _audited(self) -> Iterator[None]:
        """The audit log has the start and the stop, each with the journal's head by then."""

        def head() -> str:
            return f"{self.room.journal.head.sequence}:{self.room.journal.head.hash.hex()}"

        self.log.say(f"AUDIT  {self.audit.take_up()}")
        self.audit.note("started", version=__version__, run=self.engine.run, journal=head())
        why = "killed"
        try:
            yield
            why = "as told"
        except BaseException as error:
            why = type(error).__name__
            raise
        finally:
            if not self.audit.note("stopped", why=why, journal=head()):
                self.remarks.append(f"what happened last is missing in {self.audit.file}: it can not be written")
            self.audit.sync()

    def stop(self) -> None:
        """Tells it to end; from any thread or signal."""
        self.told = True
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.stopping.set)

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> bool:
        """Whether it was done; False when the service was told to end meanwhile. Raises LeaseLost as soon as the
        accounts are another's."""
        working, stopped = asyncio.ensure_future(work), asyncio.ensure_future(self.stopping.wait())
        others = [stopped] if self.keeping is None else [stopped, self.keeping]
        await asyncio.wait([working, *others], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        done = working.done()
        working.cancel()
        (failed,) = await asyncio.gather(working, return_exceptions=True)
        if self.keeping is not None and self.keeping.done():
            self.keeping.result()
        if done and failed is not None:
            raise failed
        return done

    def _open_api(self) -> None:
        """Takes the interface's address, where one is configured; only then is it imported."""
        if self.config.block.server is None:
            return
        from tradewright.app.api.desk import Desk
        from tradewright.app.api.server import ApiServer

        desk = Desk(
            self.connected, self.config, self.plan, self.folder, self.log, self._carry_out, self._do,
            Together(self.connected, self._wake), self._decide,
        )  # fmt: skip
        desk.tables, desk.events, desk.owns = self.tables, self.events, self._owns
        self.api = ApiServer(self.config, self.config.block.server, desk, self.audit)
        if self.ownership is not None:
            self.api.door.begun = lambda: self.trading
        listener = self.room.live.listener

        def both(event: Event, outcome: Outcome) -> None:
            listener(event, outcome)
            desk.listen(event, outcome)

        self.room.live.listener = both
        self.room.journal.time_commits(desk.metrics.written)
        self.room.watch.timed = self.sources.timed = desk.metrics.called
        self.room.live.observer = self.api

    async def _all(self, control: ControlSocket) -> None:
        try:
            async with asyncio.TaskGroup() as parts:
                parts.create_task(self.connected.run())
                parts.create_task(self._answer(control))
                parts.create_task(self._welcome())
                parts.create_task(CycleTimers(self.connected, self.sources).run())
                parts.create_task(self._end())
                parts.create_task(self.audit.run())
                parts.create_task(self.doorstep.watch_clock())
                if self.keeping is not None:
                    parts.create_task(self._own_still(self.keeping))
                if self.api is not None:
                    parts.create_task(self._answer_http(self.api))
                    parts.create_task(self.api.desk.metrics.watch_loop())
                    parts.create_task(self.api.stream.run())
                for keeper in (self.tables, self.events):
                    if keeper is not None:
                        parts.create_task(keeper.run())
                for feed in self._feeds():
                    parts.create_task(feed.run())
        except BaseExceptionGroup as group:
            error = leaf(group)
            if not isinstance(error, Ended):
                raise error from group

    async def _answer_http(self, api: ApiServer) -> None:
        """The interface; it answers already where the service has stood by."""
        await (self.answering or api.run())

    def _begin(self) -> None:
        """The start is journaled; what has changed since the last one follows."""
        engine, step = self.engine, self.connected.step
        instruments = self.doorstep.instruments
        row = self.plan.row(instruments)
        now = max(self.clock(), engine.now)
        # What can not be set up is refused before anything is written.
        Trader(lambda spec: strategy_class(spec.ref)).step(Started(now, 1, row))
        # A lease's token is above every run of this home, and was never another home's: no two make the same order ids.
        step(Started(now, max([engine.run + 1, *self.plan.tokens.values()]), row))
        for place, instrument in enumerate(instruments):
            rules: list[object] = [*instrument.rules.row()]
            if [*engine.instruments[place].rules.row()] != rules:
                step(RulesChanged(now, place, rules))
        self._pay_in(now)
        for scope in [scope for scope, cause in engine.causes.items() if cause == STOPPER]:
            step(TradingStateSet(now, scope, ACTIVE, STOPPER, "it has started again"))
        if self.ownership is not None:
            notes = [claim.note for claim in self.ownership.before.values() if claim is not None]
            strategies = [spec.id for spec in self.plan.setup(instruments).strategies]
            for taken in list(taken_over(notes, engine, strategies, now, self.log.say)):
                step(taken)
        halt = quarantine_of(self.room.watch, self.room.trader, now)
        if halt is not None:
            step(halt)
        # What left while the journal was full is known before anything is looked up.
        for line in self.room.live.emergency.lines():
            known = taken_in(line, now)
            if known is not None:
                self.connected.deliver(known)
        self.sources.ask(signal_sources(self.room.trader.roster.services(), os.environ))
        for remark in unbound(self.plan.setup(instruments)):
            self.log.say(f"REMARK {remark}")
        self.doorstep.watch()

    def _pay_in(self, now: int) -> None:
        """A paper account has its money from the first start on, and so has a shadow."""
        for name, account in self.config.accounts.items():
            if account.venue == "paper" and not self.engine.ledger.cash.get(name):
                currency = self.plan.accounts[name].currency
                amount = money_of(account.cash, f"accounts.{name}.cash")
                self.connected.step(CashMoved(now, name, currency, amount, "initial balance"))
        shadow = self.plan.shadow
        if shadow is not None and not self.engine.ledger.cash.get(shadow.name):
            currency = self.plan.accounts[shadow.account].currency
            self.connected.step(CashMoved(now, shadow.name, currency, SHADOW_CASH, "initial balance"))

    def _feeds(self) -> Iterator[Candles | SyntheticFeed]:
        """Bars of each venue, and the synthetic market of paper accounts."""
        for name, account in self.config.accounts.items():
            instruments = self.doorstep.followed(name)
            if account.venue == "paper" and account.market == "synthetic" and instruments:
                currency = self.plan.accounts[name].currency
                yield SyntheticFeed(instruments, currency, account.seed, self.clock, self.connected.deliver)
            elif account.venue != "paper" and account.bars and instruments:
                venue = self.connected.venues[name]
                yield Candles(venue, instruments, account.bars, self.clock, self._hear_bar, self.log.say)

    def _hear_bar(self, bar: Bar) -> None:
        self.sources.observe(bar)
        self.connected.deliver(bar)

    # ── its parts ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _answer(self, control: ControlSocket) -> None:
        """Persons and services at the control socket."""
        while True:
            control.poll(self._hear)
            await asyncio.sleep(POLL_SECONDS)

    def _hear(self, asked: Wanted) -> dict[str, object]:
        """What is asked at the control socket, by whom this machine lets at it and whoever he says he is."""
        code = "REFUSED"
        try:
            answer = self._carry_out(asked)
            code = ""
            return answer
        finally:
            record = self.room.journal.head.sequence if self.room.live.failure is None and not code else None
            self.audit.note("control", who=asked.who, asks=type(asked).__name__, code=code, record=record)

    def _carry_out(self, asked: Wanted) -> dict[str, object]:
        self._wake()
        return answered(asked, self.room.live, self.connected.put)

    def _do(self, made: Callable[[int], Event]) -> list[Event]:
        """An input for the engine's time, with its durable outputs."""
        self._wake()
        return overheard(made(self.engine.now), self.room.live, self.connected.put)

    def _decide(self, made: Callable[[int], DecisionRequested]) -> list[Decision]:
        return decided(made, self.room.live, self.clock(), self._wake, self.connected.put)

    def _wake(self) -> None:
        """Where nothing has happened for a while, the engine's clock stands: what is asked is asked now."""
        self.connected.put(Timer(max(self.clock(), self.engine.now), WAKE))

    async def _welcome(self) -> None:
        """Waits for the accounts; NotReady where none of those at venues can be used in time."""
        remote = {name for name, terms in self.plan.accounts.items() if terms.remote}
        for name in self.plan.accounts:
            if name not in remote:
                self.log.say(f"READY  {name}", account=name)
        deadline = self.began + self.config.block.ready_seconds
        while remote - self.log.ready and time.monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS / 2)
        late = sorted(remote - self.log.ready)
        sentences = [f"account {name} is not ready: {await self._why(name)}" for name in late]
        if late and len(late) == len(self.plan.accounts):
            raise NotReady(
                f"{'; '.join(sentences)} (readySeconds: {self.config.block.ready_seconds:g}); "
                "what is there is as the venue has it"
            )
        for sentence in sentences:
            self.log.say(f"{sentence}; it goes on trying")
        self.doorstep.starting = False
        if self.room.live.emergency.lines() and not late:
            self.room.live.emergency.clear()

    async def _why(self, name: str) -> str:
        """Why an account can not be used, by the newest word of its venue."""
        try:
            await self.connected.venues[name].snapshot()
        except (TransportError, VenueRefused) as error:
            return str(error)
        return self.log.reasons.get(name) or "its orders are still looked up"

    async def _end(self) -> None:
        """When told to: no openings, entries cancelled, then the end of all parts."""
        await self.stopping.wait()
        seconds = self.config.block.stop_seconds
        self.log.say(f"STOP   no new openings; entries are cancelled, exits stay (at most {seconds:g} s)")
        self._reduce("it stops")
        deadline = time.monotonic() + seconds
        while self._entries() and time.monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS / 2)
        self.left = self._entries()
        if self.left:
            self.remarks.append(
                f"of {', '.join(self.left)} it is not known that they ended; the next start looks them up"
            )
        raise Ended

    def _reduce(self, why: str) -> None:
        """Nothing opens any more, until the next start lifts it."""
        engine, now = self.engine, self.clock()
        for scope in dict.fromkeys(f"venue:{terms.venue}" for terms in self.plan.accounts.values()):
            if engine.states.get(scope, ACTIVE) == ACTIVE:
                self.connected.step(TradingStateSet(max(now, engine.now), scope, REDUCING, STOPPER, why))

    def _entries(self) -> list[str]:
        """Openings of its own that may be at work."""
        orders = ((id, self.engine.orders[id].order) for id in self._working())
        return [id for id, order in orders if order.role == ENTRY and order.strategy != EXTERNAL]


def leaf(group: BaseException) -> BaseException:
    """What ended a group of tasks: the first cause that is none itself."""
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group
