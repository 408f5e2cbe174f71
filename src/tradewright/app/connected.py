"""The running engine with its accounts at venues: one task decides, every client reports into one queue.

What a client says is taken in the order in which it came; the engine is never entered twice at once. Where no event
comes, its own moments (`next_due`, `next_exit`) do. Each account is compared with its venue: as soon as its reports
flow, when they cease to, every few seconds while orders work, and otherwise from time to time (`core.reconcile`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tradewright.app.conflate import Conflator
from tradewright.app.lags import Lags
from tradewright.app.live import DURING_RECONCILIATION, Decided, LiveEngine
from tradewright.app.recall import recalled
from tradewright.core.engine import Engine
from tradewright.core.inquiries import NEVER_NS
from tradewright.core.life_cycle import HELD
from tradewright.core.orders import OrderState
from tradewright.core.reconcile import counts_next
from tradewright.core.trading_state import stopped
from tradewright.model.account_snapshot import AccountSnapshot, ConnectionChanged, SnapshotFailed
from tradewright.model.command import Command
from tradewright.model.control import RECONCILE, Timer
from tradewright.model.errors import InputError, JournalError, TransportError, VenueRefused
from tradewright.model.event import MARKET_KIND_MAX, Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import MarketEvent
from tradewright.model.order import Order
from tradewright.model.report import Report
from tradewright.ports import Clock, LastGate, Venue
from tradewright.sim.paper_account import PaperAccount

SECOND_NS = 1_000_000_000
History = Callable[[], Iterator[tuple[int, bytes]]]
#: An account that its venue has not shown within so long could not be looked at: a venue that forbids everything would
#: let a client wait for days.
SHOWN_SECONDS = 30.0
#: Events decided before other tasks have their turn: sockets are read in between.
TURN = 64
#: Ids that no record makes, remembered so that the journal is not read for them again.
UNHEARD_OF_MAX = 1_000
WAKE = "wake"
#: How soon behind the disk it is told what was decided, where nothing else happens.
TELL_SECONDS = 0.01

BEFORE_HAND_OVER = "connected-before-hand-over"
AFTER_HAND_OVER = "connected-after-hand-over"
BEFORE_COMPARISON = "connected-before-comparison"
AFTER_COMPARISON = "connected-after-comparison"
CONNECTED_CRASH_POINTS = (BEFORE_HAND_OVER, AFTER_HAND_OVER, BEFORE_COMPARISON, AFTER_COMPARISON)


@dataclass(frozen=True, slots=True)
class Sync:
    """How often an account is compared with its venue, in seconds. orders: while orders work; positions: otherwise;
    again: while a difference or a failure waits for another look."""

    orders: float = 5.0
    positions: float = 30.0
    again: float = 1.0


class AccountOrders:
    """What a venue's client may read of its account's orders: the engine's own book, as it stands."""

    def __init__(self, engine: Engine, account: str) -> None:
        self._engine = engine
        self._account = account

    def instrument(self, symbol: str) -> Instrument | None:
        """One of its own venue: what another account trades elsewhere is none of this one's, whatever it owns."""
        found, account = self._engine.symbols.get(symbol), self._engine.accounts.get(self._account)
        return found if found is not None and account is not None and found.venue == account.terms.venue else None

    def open(self) -> list[str]:
        engine = self._engine
        return [
            id
            for id, hold in engine.holds.holds.items()
            if hold.order.account == self._account and engine.orders[id].stage != HELD
        ]

    def order(self, order_id: str) -> Order | None:
        state = self._engine.orders.get(order_id)
        return None if state is None or state.order.account != self._account else state.order

    def venue_id(self, order_id: str) -> str:
        state = self._engine.orders.get(order_id)
        return "" if state is None else state.venue_id

    def filled(self, order_id: str) -> int:
        state = self._engine.orders.get(order_id)
        return 0 if state is None else state.filled

    def named(self, venue_id: str) -> str:
        return next((state.order.id for state in self._states() if state.venue_id == venue_id), "") if venue_id else ""

    def booked(self, trade_id: str) -> str:
        return next((state.order.id for state in self._states() if trade_id in state.trades), "")

    def _states(self) -> Iterator[OrderState]:
        """Of this account's orders, the ended ones that are kept included."""
        return (state for state in self._engine.orders.values() if state.order.account == self._account)

    def stopped(self, order_id: str) -> bool:
        """As `ports.Approvals` has it, for the last gate before the client's wire."""
        state = self._engine.orders.get(order_id)
        return state is None or stopped(self._engine, state.order)


class ConnectedEngine:
    """A live engine and its venues. Make it, let each account `join`, then `run`. All in one event loop. history: its
    journal's records, numbered, from the first one on; without them what left memory is not recalled."""

    def __init__(
        self, live: LiveEngine, clock: Clock, sync: Sync | None = None, history: History | None = None
    ) -> None:  # fmt: skip
        self.live = live
        self.clock = clock
        self.sync = sync or Sync()
        self._history = history
        self._unheard_of: dict[str, None] = {}
        self.venues: dict[str, Venue] = {}
        self._gates: dict[str, LastGate] = {}
        self._papers: list[PaperAccount] = []
        self._shadow: PaperAccount | None = None
        self._conflator = Conflator()
        self._lags = Lags(live)
        self._waiting: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._exit_due = NEVER_NS
        self._failure: Exception | None = None
        self._look: dict[str, asyncio.Event] = {}
        self._compared: dict[str, asyncio.Event] = {}

    @property
    def engine(self) -> Engine:
        return self.live.trader.engine

    def orders_of(self, account: str) -> AccountOrders:
        """What the client of that account is made with."""
        return AccountOrders(self.engine, account)

    def since(self, account: str) -> int:
        """Ns UTC up to which the engine knows the account whole, 0 = it has never seen it: the client is made with
        it."""
        link = self.engine.accounts[account].link if account in self.engine.accounts else None
        return 0 if link is None else min([link.checked, *[since for _, since in link.seen.values()]])

    def join(self, venue: Venue, gate: LastGate | None = None) -> None:
        """An account's client; it was made with `deliver` and `orders_of`. gate: what stands before its wire and has to
        know what is handed over."""
        self.venues[venue.account] = venue
        if gate is not None:
            self._gates[venue.account] = gate
        self._look[venue.account] = asyncio.Event()
        self._compared[venue.account] = asyncio.Event()
        if isinstance(venue, PaperAccount):
            self._papers.append(venue)

    def join_shadow(self, shadow: PaperAccount) -> None:
        """The exchange of the shadow account. Nobody but the engine trades there: it is never compared."""
        self._shadow = shadow
        self._papers.append(shadow)

    def deliver(self, event: Event) -> None:
        """An event from anywhere in this loop; it is decided in its turn."""
        self._waiting.append(event)
        self._arrived.set()

    def deliver_held(self, event: Event, waited: int) -> None:
        """The same for one that was held back on purpose, for `waited` ns of those since its time: no lag of the
        loop."""
        self._lags.hold(event, waited)
        self.deliver(event)

    def force_reconciliation(self, account: str) -> None:
        """Compare an account with its venue now."""
        self._look[account].set()

    async def run(self) -> None:
        """Runs until cancelled, or until one of its parts fails: then all of them end, and it raises why."""
        self.live.crash(DURING_RECONCILIATION)
        self.deliver(Timer(self.clock(), RECONCILE))
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._decide())
            for venue in self.venues.values():
                parts.create_task(venue.run())
                parts.create_task(self._compare(venue))

    # ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _decide(self) -> None:
        while True:
            for _ in range(TURN):
                if not self._take_one():
                    break
            self.live.tell()
            if self._waiting:
                await asyncio.sleep(0)
            else:
                await self._wait()

    def _take_one(self) -> bool:
        """Decides what is due next; False when there is nothing."""
        if self._failure is not None:
            raise self._failure
        now = self.clock()
        if now >= min(self.engine.next_due, self._exit_due) and self.engine.run:
            self._exit_due = NEVER_NS
            self.step(Timer(now, WAKE))
            return True
        for event in self._conflator.over(now):
            self._take(event)
        if not self._waiting:
            return False
        event = self._waiting.popleft()
        self.live.taken = now
        for lag in self._lags.before(event, now):
            self.step(lag)
        if event.kind <= MARKET_KIND_MAX:
            for passed in self._conflator.take(event):
                self._take(passed)
        else:
            self.step(event)
        return True

    def _take(self, event: Event) -> None:
        """First the exchanges in this house, then their reports, then the event itself. All of them have had it before
        any of them is answered: no order of a shadow takes part in what was known when it was made."""
        if isinstance(event, MarketEvent):
            for report in [report for paper in self._papers for report in paper.hear(event)]:
                self.step(report)
        self.step(event)

    def step(self, event: Event) -> None:
        """Decides one event; its commands are durable when they are handed over. Raises what it failed by before."""
        self._decide_one(event)
        self._release()
        if isinstance(event, ConnectionChanged):
            self._look[event.account].set()
        elif isinstance(event, AccountSnapshot):
            self._compared[event.account].set()

    def _decide_one(self, event: Event) -> Decided:
        if self._failure is not None:
            raise self._failure
        if isinstance(event, Report) and event.order_id not in self.engine.orders:
            self._recall(event.order_id)
        return self.live.decide(event)

    def _release(self) -> None:
        """What was decided leaves. Exchanges in this house have all of it before they answer, with one commit."""
        for command in self.live.release():
            self.live.crash(BEFORE_HAND_OVER)
            self._hand_over(command)
            self.live.crash(AFTER_HAND_OVER)
        for paper in self._papers:
            paper.answer()

    def put(self, event: Event) -> None:
        """`step` for whoever asks from outside the task that decides. InputError is theirs; whatever else is raised
        ends `run` too, since the books may hold what no record does."""
        with self._from_outside():
            self.step(event)

    def put_next(self, event: Event) -> Decided:
        """`put` of one of several events that come together: what it commands waits for `release_all`, which has to
        come in the same turn of the loop."""
        with self._from_outside():
            return self._decide_one(event)

    def release_all(self) -> None:
        """Behind `put_next`: one wait for the disk, then all commands, in their order."""
        with self._from_outside():
            self._release()

    @contextmanager
    def _from_outside(self) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            self._failure = error
            self._arrived.set()
            raise

    def _recall(self, order_id: str) -> None:
        """Something is said of an order that is not known: one of ours that left memory is looked for, once."""
        code, _, rest = order_id.partition("-")
        ours = any(account.terms.code == code for account in self.engine.accounts.values())
        if self._history is None or not ours or rest.startswith("X-") or order_id in self._unheard_of:
            return
        try:
            found = recalled(order_id, self._history(), self.engine.instruments, self.clock())
        except JournalError:
            # What is said is an alarm then, as of any order that nobody knows.
            found = None
        if found is not None:
            self.live.step(found)
            return
        self._unheard_of[order_id] = None
        if len(self._unheard_of) > UNHEARD_OF_MAX:
            del self._unheard_of[next(iter(self._unheard_of))]

    def _hand_over(self, command: Command) -> None:
        account = self.engine.orders[command.order_id].order.account
        gate = self._gates.get(account)
        if gate is not None:
            gate.approve(command)
        shadow = self._shadow
        venue = shadow if shadow is not None and shadow.account == account else self.venues[account]
        if isinstance(venue, PaperAccount):
            venue.take(command)
        else:
            venue.execute(command)

    async def _wait(self) -> None:
        """Until something comes, or the engine's next moment."""
        self._arrived.clear()
        # Asked when nothing is waiting: whatever comes lets the exits look at the time too.
        self._exit_due = self.engine.next_exit()
        moments = [self.engine.next_due, self._exit_due] if self.engine.run else []
        moments += self._conflator.ends()
        seconds = (min(moments) - self.clock()) / SECOND_NS if moments else None
        if self.live.untold:
            seconds = TELL_SECONDS if seconds is None else min(seconds, TELL_SECONDS)
        # Not wait_for: in Python 3.11 it forgets that it is cancelled where what it waits for comes at that moment.
        with suppress(TimeoutError):
            async with asyncio.timeout(None if seconds is None else max(seconds, 0.0)):
                await self._arrived.wait()

    # ── comparing ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _compare(self, venue: Venue) -> None:
        look = self._look[venue.account]
        pause = self.sync.positions
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await look.wait()
            look.clear()
            pause = await self._snapshot(venue)

    async def _snapshot(self, venue: Venue) -> float:
        """One comparison; how many seconds to the next."""
        self.live.crash(BEFORE_COMPARISON)
        try:
            async with asyncio.timeout(SHOWN_SECONDS):
                shown = await venue.snapshot()
        except TimeoutError:
            text = f"the venue did not show the account within {SHOWN_SECONDS:g} s"
            self.deliver(SnapshotFailed(self.clock(), venue.account, text))
            return self.sync.again
        except (TransportError, VenueRefused, InputError) as error:
            # InputError: a number that no book could hold. That is this venue's word, and ends no other account.
            self.deliver(SnapshotFailed(self.clock(), venue.account, str(error)))
            return self.sync.again
        compared = self._compared[venue.account]
        compared.clear()
        self.deliver(shown)
        await compared.wait()
        self.live.crash(AFTER_COMPARISON)
        account = self.engine.accounts[venue.account]
        if account.link is not None and (account.link.seen or not account.link.ready):
            # A drift is told of as soon as it counts, however long the comparison before it took.
            now = self.clock()
            counts = counts_next(account, now)
            return min(self.sync.again, (counts - now) / SECOND_NS) if counts else self.sync.again
        return self.sync.orders if self.orders_of(venue.account).open() else self.sync.positions
