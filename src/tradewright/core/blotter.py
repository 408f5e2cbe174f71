"""Every order, lot, hold and limit of an engine, folded from what happened and what was decided.

`apply` folds one record — an input or an output — and nothing else changes the blotter, so a journal's records rebuild
it without strategies.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from tradewright.core import (
    at_open,
    controls,
    inquiries,
    owed_exits,
    reconcile,
    reservations,
    session,
    stale_orders,
    turning,
    unmet,
    watchdog,
)
from tradewright.core.accounts import AccountState
from tradewright.core.breakers import breaker_due, heard
from tradewright.core.client_ids import ClientIds
from tradewright.core.decision_ids import DecisionIds
from tradewright.core.exits import HeldExit, closing_price
from tradewright.core.gate import Gate, Use
from tradewright.core.guards import Guard, exit_ended, fold, overtime
from tradewright.core.holds import Holds, left
from tradewright.core.ledger import Book, Ledger, Position
from tradewright.core.life_cycle import (
    DENIED,
    ENDED_CANCELLED,
    ENDED_NOT_FOUND,
    HELD,
    SENT,
    SUBMITTED,
    UNKNOWN,
    WORKING,
    stage_after,
)
from tradewright.core.limits import Limits
from tradewright.core.lost_exits import CANCELLED_HERE
from tradewright.core.marks import Mark, Marks
from tradewright.core.open_trades import Terms, snapshot, terms_of
from tradewright.core.orders import OrderState
from tradewright.core.parents import Parents
from tradewright.core.risk import Rule
from tradewright.core.scoreboard import Scoreboard
from tradewright.core.state import order_from, order_state_from, to_bytes
from tradewright.core.trading_state import REAPPEARED, UNKNOWN_ORDER
from tradewright.core.watching import watch
from tradewright.model.account import HEDGING, Account
from tradewright.model.chain import digest
from tradewright.model.command import BY_HAND, CLOSING, NOTHING_TO_GUARD, Cancel, Command, Query, Replace
from tradewright.model.control import (
    ACTIVE,
    EVERYTHING,
    HALTED,
    Alarm,
    CashMoved,
    ExitTriggered,
    OrderAdopted,
)
from tradewright.model.decision import Decision
from tradewright.model.errors import ContractError
from tradewright.model.event import (
    CANCELLED,
    EXIT_TRIGGERED,
    MARKET_KIND_MAX,
    NOT_FOUND,
    OUTCOME_UNKNOWN,
    QUERY,
    REPORT_KIND_MAX,
    SIGNAL,
    SUBMIT,
    VOTE,
    Event,
)
from tradewright.model.exit_plan import ExitPlan
from tradewright.model.foreign import EXTERNAL
from tradewright.model.instrument import Instrument
from tradewright.model.lot import Match
from tradewright.model.market import MarketEvent
from tradewright.model.order import ENTRY, EXIT, LIMIT, MARKET, REDUCE_ONLY, STOP_LOSS, Order
from tradewright.model.recalled import OrderRecalled
from tradewright.model.report import Fill, FillPrice, Report
from tradewright.model.shadow import ShadowTerms, is_shadow
from tradewright.model.signal import Signal
from tradewright.model.sizer import Sizer

#: An ended order leaves memory after this long without news; tables and journal keep it for ever.
ENDED_KEPT_NS = 24 * 3_600_000_000_000
NEVER_NS = 2**63 - 1


class Blotter:
    """All state of the deterministic core. now: the logical time, ns UTC, which never goes back.

    matches, alarms: what the last events made; whoever drives the engine takes them. noticed: alarms to be said by the
    next `react`; stopping: a scope stopped opening, and the next `react` ends what rests there. fresh_fill: the last
    report was a fill not seen before. causes: who or what set each trading state; since: when, ns UTC. sizers: by scope
    ("strategy:ID", "account:NAME"), for openings that say no size. signals: the last one journaled of each strategy and
    instrument. reservations: those that are kept, by id, the oldest first; sessions: by account. inquiries: by order
    id. board: of the shadow account, None = there is none. owed: exits that ended and come back, by id; renewed: how
    often those that took the place of a lost one were placed in a row; of market orders by the name of their book's
    side. unmet: wishes that came to nothing since the last decision, by account, strategy and symbol. client_ids: the
    callers' own names for orders; decision_ids: of decisions from outside that may come again. unwanted: exits whose
    end was wished for. turning: openings that wait until their book is closed, by id, the oldest first; at_open: those
    that wait for their market, and what each was decided on. moves: how many records were folded that may have moved an
    order or a book; settled_moves, settled_at: up to which of them, and when, what is owed was settled. `order_count`
    and `decision_count` number ids; `run` is part of every order id, so that no restart can use one twice.
    """

    __slots__ = (
        "run", "now", "instruments", "symbols", "accounts", "ledger", "marks", "holds", "orders", "exits",
        "children", "states", "causes", "since", "halted", "sizers", "plans", "guards", "stops", "signals",
        "order_count", "last_id", "last_number", "decision_count", "denied_count", "ended", "forget_after", "next_due",
        "matches", "alarms", "noticed", "stopping", "late_events", "fresh_fill", "gate", "bound", "stamp",
        "watching", "tracked", "guarded", "settled", "taping", "reservations", "sessions", "parents",
        "targeted", "resting", "unmet", "newest", "board", "inquiries", "owed", "renewed", "client_ids",
        "unwanted", "decision_ids", "turning", "at_open", "queueing", "moves", "settled_moves", "settled_at",
    )  # fmt: skip

    def __init__(self) -> None:
        self.run = 0
        self.now = 0
        self.instruments: list[Instrument] = []
        self.symbols: dict[str, Instrument] = {}
        self.accounts: dict[str, AccountState] = {}
        self.ledger = Ledger()
        self.marks = Marks()
        self.holds = Holds()
        self.orders: dict[str, OrderState] = {}
        self.exits: dict[str, HeldExit] = {}
        self.children: dict[str, list[str]] = {}
        self.states: dict[str, int] = {}
        self.causes: dict[str, str] = {}
        self.since: dict[str, int] = {}
        self.halted: dict[str, str] = {}
        self.sizers: dict[str, Sizer] = {}
        self.signals: dict[tuple[str, int], Signal] = {}
        self.plans: dict[str, ExitPlan] = {}
        self.guards: dict[str, Guard] = {}
        self.stops: dict[str, watchdog.Watched] = {}
        self.owed: dict[str, owed_exits.Owed] = {}
        self.renewed: dict[str, int] = {}
        self.unwanted: set[str] = set()
        self.turning: dict[str, Order] = {}
        self.at_open: dict[str, at_open.Wanted] = {}
        self.unmet: dict[tuple[str, str, str], list[tuple[str, str, str]]] = {}
        self.order_count = 0
        self.last_id = ""
        self.last_number = 0
        self.decision_count = 0
        self.denied_count = 0
        self.ended: deque[tuple[int, str]] = deque()
        self.forget_after = NEVER_NS
        self.next_due = 0
        self.matches: list[Match] = []
        self.alarms: list[Alarm] = []
        self.noticed: list[Alarm] = []
        self.stopping = False
        self.late_events = 0
        self.fresh_fill = False
        self.gate = Gate(self.accounts, self.ledger, self.marks, self.holds, self.guards)
        self.bound: dict[Book, list[Rule]] = self.gate.bound
        self.stamp = 0
        self.watching: list[AccountState] = self.gate.watching
        self.tracked: list[AccountState] = self.gate.tracked
        self.guarded: list[AccountState] = self.gate.guarded
        self.settled: list[AccountState] = self.gate.settled
        self.taping: list[str] = self.gate.taping
        self.targeted: list[AccountState] = self.gate.targeted
        self.resting: list[str] = self.gate.resting
        self.queueing: list[str] = self.gate.queueing
        self.sessions: dict[str, session.Session] = {}
        self.parents = Parents()
        self.client_ids = ClientIds()
        self.decision_ids = DecisionIds()
        self.reservations: dict[str, reservations.Reservation] = {}
        self.newest: Book | None = None
        self.board: Scoreboard | None = None
        self.inquiries: dict[str, inquiries.Inquiry] = {}
        self.moves = 0
        self.settled_moves = -1
        self.settled_at = 0

    # ── what exists ──────────────────────────────────────────────────────────────────────────────────────────────────

    def list_instrument(self, instrument: Instrument) -> None:
        """Add an instrument; its index becomes the next one. A symbol is listed once."""
        if instrument.symbol in self.symbols:
            raise ContractError(f"{instrument.symbol} is already listed")
        instrument.index = len(self.instruments)
        self.instruments.append(instrument)
        self.symbols[instrument.symbol] = instrument
        self.marks.list_instrument(instrument)

    def open_account(self, terms: Account, limits: Limits, since: int = 0) -> None:
        """Add an account; a known one takes the terms, in which nothing differs that is counted in. limits: those it is
        configured with; a known account takes them where they are not those it was configured with before, so that what
        persons have set since survives a restart. since: ns UTC when that is, unless it is later already."""
        account = self.accounts.get(terms.name)
        if account is None:
            self.ledger.cash[terms.name] = {}
            account = AccountState(terms, limits, self.ledger, self.marks, self.holds)
            self.accounts[terms.name] = account
            self.next_due = 0
            self.gate.forget()
        account.terms = terms
        self.gate.configure("account:" + terms.name, limits, max(since, self.now))

    def configure(self, scopes: dict[str, Limits], since: int = 0) -> None:
        """The limits of further scopes as a run begins; those it does not name any more are off."""
        mine = ["account:" + name for name in self.accounts]
        for scope in [scope for scope in self.gate.configured if scope not in scopes and scope not in mine]:
            self.gate.configure(scope, Limits(), max(since, self.now))
        for scope, limits in scopes.items():
            self.gate.configure(scope, limits, max(since, self.now))
        self.set_due()

    def shadow(self, terms: ShadowTerms, seats: dict[str, str]) -> None:
        """A run begins that has a shadow account; seats: its strategies, and the ensemble each votes in."""
        if self.board is None:
            account = self.accounts[terms.name].terms
            self.board = Scoreboard(terms, account.currency, account.day_zone)
        self.board.seat(terms, seats)

    def next_order_id(self, account: str) -> str:
        """The next client order id: account code, run, sequence — deterministic and never used twice."""
        self.order_count += 1
        self.last_number = self.order_count
        state = self.accounts[account]
        self.last_id = f"{state.terms.code}-{self.run}-{self.order_count}"
        return self.last_id

    def position(self, account: str, instrument: Instrument) -> Position:
        """The account's position, known to the account from its first use."""
        known = len(self.ledger.positions)
        position = self.ledger.position(account, instrument)
        if len(self.ledger.positions) > known:
            self.accounts[account].positions.append(position)
        return position

    def book(self, account: str, strategy: str, instrument: Instrument) -> Book:
        """The strategy's book in that instrument."""
        book = self.newest
        if book is not None and book.instrument is instrument and book.strategy == strategy and book.account == account:
            return book
        book = self.ledger.books.get((account, strategy, instrument.index))
        if book is None:
            hedging = self.accounts[account].terms.mode == HEDGING
            self.position(account, instrument)
            book = self.ledger.book(account, strategy, instrument, hedging)
            self.accounts[account].books.append(book)
        self.newest = book
        return book

    def open_orders(self, account: str, strategy: str, instrument: Instrument) -> list[str]:
        """Ids of the strategy's orders in that instrument that may still fill, oldest first."""
        book = self.book(account, strategy, instrument)
        return [hold.order.id for hold in self.holds.holds.values() if hold.book is book]

    def trading_state(self, account: str, strategy: str, symbol: str) -> int:
        """The strictest state of the scopes an order belongs to; a strategy that was halted is HALTED for whoever asks
        in its name."""
        states = self.states
        if not states and not self.halted:
            return ACTIVE
        if is_shadow(account):
            return states.get("account:" + account, ACTIVE)
        if strategy in self.halted:
            return HALTED
        terms = self.accounts[account].terms
        strictest = max(
            states.get(EVERYTHING, ACTIVE),
            states.get("owner:" + terms.owner, ACTIVE),
            states.get("venue:" + terms.venue, ACTIVE),
            states.get("account:" + account, ACTIVE),
            states.get("session:" + account, ACTIVE),
            states.get("strategy:" + strategy, ACTIVE),
            states.get("symbol:" + symbol, ACTIVE),
        )
        instrument = self.symbols.get(symbol)
        if instrument is None:
            return strictest
        return max(
            strictest,
            states.get("sector:" + instrument.sector, ACTIVE),
            states.get("currency:" + instrument.base, ACTIVE),
            states.get("currency:" + instrument.quote, ACTIVE),
        )

    def utilisation(self) -> list[Use]:
        """How much of each limit is used now."""
        self.stamp += 1
        return self.gate.utilisation(self.stamp, self.now)

    def exposures(self, owner: str) -> dict[str, Any]:
        """An owner's open trades by symbol and in all, over all accounts, in the shape of the exposure status."""
        limits = self.gate.limits.get("owner:" + owner)
        terms = Terms() if limits is None else terms_of(limits)
        return snapshot(self.gate.exposure("owner:" + owner), terms, self.now)

    def state_hash(self) -> str:
        """blake2b-256 of the engine's bytes: equal in both builds, after any restart and for any hash seed."""
        return digest(to_bytes(self)).hex()

    # ── folding ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def apply(self, event: Event) -> None:
        """Fold one record, input or output. The only door through which the book changes.

        Raises LifeCycleError, ContractError or OverflowError for a report that can not be folded, and then nothing has
        changed: it may be left out of the journal.
        """
        if event.kind <= MARKET_KIND_MAX:
            self._tick(event.time)
            self.marks.apply(event)
            if self.watching:
                for account in self.watching:
                    watch(account, event, self.marks)
            if self.taping and isinstance(event, MarketEvent):
                mark: Mark = self.marks.marks[event.instrument.index]
                self.gate.see(event, mark.price())
            if self.exits and isinstance(event, MarketEvent):
                self._follow_exits(event)
            if self.guards:
                fold(self, event)
            if self.stops:
                watchdog.fold(self, event)
        elif event.kind <= REPORT_KIND_MAX:
            self.moves += 1
            self._apply_report(event)
            if self.guards:
                fold(self, event)
            if self.stops:
                watchdog.fold(self, event)
        else:
            # What a strategy says moves nothing; whatever comes of it is a record of its own.
            self.moves += event.kind not in (SIGNAL, VOTE)
            self._apply_other(event)
        if self.forget_after < self.now:
            self._forget_ended()

    def _tick(self, time: int) -> None:
        """Logical time goes on, never back."""
        if time > self.now:
            self.now = time
        elif time < self.now:
            self.late_events += 1

    def _apply_other(self, event: Event) -> None:
        if isinstance(event, Decision):
            self._tick(event.time)
            self._apply_decision(event)
        elif isinstance(event, Command):
            self._tick(event.time)
            self._apply_command(event)
        elif isinstance(event, CashMoved):
            # Time goes on when the money is booked: what can not be booked leaves nothing behind.
            self._apply_cash(event)
        else:
            self._tick(event.time)
            if isinstance(event, ExitTriggered):
                self._apply_exit_triggered(event)
            elif isinstance(event, OrderAdopted):
                self._apply_adopted(event)
            elif isinstance(event, OrderRecalled):
                self._apply_recalled(event)
            else:
                controls.fold(self, event)

    def _apply_cash(self, moved: CashMoved) -> None:
        if moved.result:
            self.ledger.move_cash(moved.account, moved.currency, moved.amount)
        else:
            reconcile.move_capital(self, self.accounts[moved.account], moved.currency, moved.amount)
        self._tick(moved.time)
        account = self.accounts[moved.account]
        if account.traffic is not None:
            account.traffic.heard = self.now

    def move_cash(self, name: str, currency: str, amount: int) -> None:
        """Capital came or went: what gains and losses are counted from moves along."""
        self.ledger.move_cash(name, currency, amount)
        account = self.accounts[name]
        account.move_marks(self.marks.convert(amount, currency, account.terms.currency))

    def set_state(self, scope: str, state: int, cause: str) -> None:
        if state == ACTIVE:
            self.states.pop(scope, None)
            self.causes.pop(scope, None)
            self.since.pop(scope, None)
        else:
            self.states[scope] = state
            self.causes[scope] = cause
            self.since[scope] = self.now
            self.stopping = True

    def set_due(self) -> None:
        """When the core has something to do by itself: a day ends, a temporary limit, a reservation, an opening's
        time, a look-up."""
        days = min([state.day_end for state in self.accounts.values()], default=0)
        self.next_due = min(
            days, self.gate.next_end(), breaker_due(self), reservations.next_end(self), stale_orders.next_end(self),
            inquiries.next_end(self),
        )  # fmt: skip

    def _apply_decision(self, decision: Decision) -> None:
        """Orders enter the table: approved ones HELD with their hold, refused ones DENIED."""
        self.decision_count = max(self.decision_count, decision.id)
        if self.unmet:
            unmet.decided(self, decision)
        stage = HELD if decision.approved else DENIED
        for order in decision.orders:
            self._count_id(order.id)
            state = OrderState.__new__(OrderState)
            state.begin(order, stage)
            self.orders[order.id] = state
            if not decision.approved:
                state.code = decision.refusals[0].code
                state.time_ended = decision.time
                self.denied_count += 1
                self.note_end(decision.time, order.id)
                continue
            book = self.book(order.account, order.strategy, order.instrument)
            amount = 0
            if order.role == ENTRY:
                amount = decision.hold
                if self.queueing and at_open.begins(decision):
                    self.at_open[order.id] = (decision.confidence, decision.inputs)
                else:
                    self.begin_opening(order, book)
            self.holds.reserve(order, book, decision.hold_currency, amount)
            if order.parent:
                self.children.setdefault(order.parent, []).append(order.id)
            if self.held_here(order):
                self.exits[order.id] = exit = HeldExit(order)
                if order.parent == "":
                    exit.best = self.marks.marks[order.instrument.index].reference(order.side)
            if self.owed:
                owed_exits.guarded_by(self, order)
        if self.turning and self.resting:
            self.set_due()

    def begin_opening(self, order: Order, book: Book) -> None:
        """An opening is one of this moment: a trade of its day, which counts for its account's traffic, and turns what
        its book holds by now."""
        book.trades += 1
        book.last_trade = order.time
        account = self.accounts[order.account]
        if account.traffic is not None:
            account.traffic.opens(order)
        if not account.terms.reduce_only and turning.meets(book, order):
            self.turning[order.id] = order

    def held_here(self, order: Order) -> bool:
        """Whether an exit stays with `core.exits`: it is linked to others at a venue that links none, or has to wait
        for those before it."""
        linked = order.role != ENTRY and order.type != MARKET and (order.parent != "" or order.group != "")
        return (linked and not self.accounts[order.account].terms.native_exits) or self.blocked(order)

    def blocked(self, order: Order) -> bool:
        """Whether an exit could close what another one closes that is being cancelled: until its end is known, it may
        still fill, and no reduce-only of both keeps the second from opening."""
        terms = self.accounts[order.account].terms
        if order.role == ENTRY or terms.mode == HEDGING:
            return False
        book = self.book(order.account, order.strategy, order.instrument)
        flags = order.flags if terms.reduce_only else 0
        for hold in book.exits.values():
            other = hold.order
            if other.id == order.id or other.side != order.side or self.orders[other.id].cancel not in (SENT, UNKNOWN):
                continue
            if not flags & other.flags & REDUCE_ONLY or not self.alone(book):
                return True
        return False

    def alone(self, book: Book) -> bool:
        """Whether nobody else trades the instrument in the book's account: what the venue shows of it is the book's
        own."""
        for other in self.ledger.beside[book.account, book.instrument.index]:
            if other is not book and other.counts():
                return False
        return True

    def _apply_adopted(self, adopted: OrderAdopted) -> None:
        """An order without a decision: it holds its place, and its outcome is unknown until the venue says."""
        row = adopted.order
        if str(row[0]) in self.orders:
            return
        order = order_from(self._owned(row), self.instruments)
        if row[2] == EXTERNAL:
            text = f"{order.account}: {order} is somebody else's; it belongs to {order.strategy}"
            self.notice(reconcile.FOREIGN_ORDER, order.id, text)
        else:
            # The start of the run it left in may never have reached the disk: then this run has the same number.
            self._count_id(order.id)
        state = OrderState(order, SUBMITTED)
        state.submit = UNKNOWN
        self.orders[order.id] = state
        book = self.book(order.account, order.strategy, order.instrument)
        self.holds.reserve(order, book, order.instrument.quote, 0)
        self._post(state)
        self._count_trade(state, False)
        inquiries.note(self, state, inquiries.SECOND_NS)

    def _apply_recalled(self, recalled: OrderRecalled) -> None:
        """An order that had left memory is there again as it ended, and leaves it some time from now."""
        state = order_state_from(recalled.state, self.instruments)
        order = state.order
        if order.id in self.orders:
            return
        self.orders[order.id] = state
        book = self.book(order.account, order.strategy, order.instrument)
        self.holds.reserve(order, book, order.instrument.quote, 0)
        self._post(state)
        self.note_end(self.now, order.id)

    def _owned(self, row: list[Any]) -> list[Any]:
        """Somebody else's order that closes a lot by its name is an exit of the strategy that holds the lot."""
        account, strategy, index, lot = row[1], row[2], row[3], row[13]
        if strategy != EXTERNAL or not lot:
            return row
        for book in self.ledger.beside.get((account, index), ()):
            if [held for held in book.lots if held.order_id == lot]:
                return [*row[:2], book.strategy, *row[3:16], EXIT, *row[17:]]
        return row

    def _count_id(self, order_id: str) -> None:
        """Ids journaled by an earlier process are used up."""
        number = self.last_number if order_id == self.last_id else int(order_id[order_id.rindex("-") + 1 :])
        if number > self.order_count:
            self.order_count = number

    def _apply_command(self, command: Command) -> None:
        state = self.orders[command.order_id]
        if command.kind == SUBMIT:
            state.stage = stage_after(SUBMIT, state.stage)
            state.submit = SENT
            order = state.order
            if self.turning:
                self.turning.pop(order.id, None)
            if self.exits:
                self.exits.pop(order.id, None)  # records of before it had to wait do not say that it went
            # What stops a loss, at a price or at the market, is watched; a limit or a plain close is not.
            if order.role != ENTRY and order.type != LIMIT and (order.type != MARKET or order.role == STOP_LOSS):
                watchdog.fold(self, command)
        elif isinstance(command, Cancel):
            if state.order.role not in (ENTRY, EXIT):
                owed_exits.freed(self, command)
            if state.stage == HELD:
                command.here = True
                self._end_held(state, command.code)
                return
            state.cancel = SENT
            state.queried = False  # what was asked before can not know of it
            if state.order.role == ENTRY and command.code in (CLOSING, BY_HAND):
                state.unwanted = True
        elif isinstance(command, Replace):
            state.replace = SENT
            state.queried = False
            state.asked = (command.quantity, command.limit_units, command.stop_units)
        elif isinstance(command, Query):
            state.queried = True
            if self.inquiries:
                inquiries.asked(self, state)
            if self.owed:
                owed_exits.looked_up(self, state.order)
        if self.stops and command.kind != SUBMIT:
            watchdog.fold(self, command)
        state.time_request = command.time
        self._post(state)
        if self.tracked and command.kind != QUERY:
            traffic = self.accounts[state.order.account].traffic
            if traffic is not None:
                traffic.message(command.time)

    def _post(self, state: OrderState) -> None:
        """Bring an order's hold to what it needs now.

        An opening holds what a change on its way may need. An exit takes what it may close: nothing while it is held
        here or its cancel is on its way; another exit may then go in its place, and the venue's reduce-only guards the
        race.
        """
        order = state.order
        counts = state.wanted() if order.role == ENTRY else state.remaining()
        if order.role != ENTRY:
            if state.stage == HELD or state.cancel in (SENT, UNKNOWN):
                counts = 0
            elif order.parent:
                parent = self.orders.get(order.parent)
                filled = 0 if parent is None else parent.filled
                counts = max(0, min(counts, filled - state.filled))
        self.holds.adjust(order, state.is_open(), counts)
        if self.resting and order.role == ENTRY:
            self.set_due()

    def _end_held(self, state: OrderState, why: str) -> None:
        """A held order never left: cancelling it needs no venue."""
        state.stage = stage_after(CANCELLED, state.stage)
        state.code, state.text = CANCELLED_HERE, why
        state.time_ended = self.now
        self.exits.pop(state.order.id, None)
        self.turning.pop(state.order.id, None)
        self.renewed.pop(state.order.id, None)
        self._post(state)
        # What waited for its market was no trade yet.
        self._count_trade(state, self.at_open.pop(state.order.id, None) is None)
        self.note_end(self.now, state.order.id)
        if why == NOTHING_TO_GUARD:
            owed_exits.ended_here(self, state)
        exit_ended(self, state)

    def _apply_exit_triggered(self, triggered: ExitTriggered) -> None:
        """From now on it is the order that goes out: a stop becomes a market order of what its parent filled."""
        state = self.orders[triggered.order_id]
        state.stage = stage_after(EXIT_TRIGGERED, state.stage)
        order = state.order
        order.quantity = triggered.quantity
        if order.type != LIMIT and (order.parent or order.group):
            order.type = MARKET
            order.stop_units = 0
        self.exits.pop(order.id, None)
        self._post(state)

    def _apply_report(self, event: Event) -> None:
        """One venue report: life-cycle, then ledger, then holds. A duplicate changes nothing."""
        self.fresh_fill = False
        if not isinstance(event, Report) or isinstance(event, FillPrice):
            self._tick(event.time)
            return
        report: Report = event
        state = self.orders.get(report.order_id)
        if state is None:
            self._tick(event.time)
            booked = "; its fill is not booked" if isinstance(event, Fill) else ""
            self.notice(UNKNOWN_ORDER, report.order_id, f"a report on {report.order_id}, an order not known{booked}")
            return
        if report.kind == NOT_FOUND and inquiries.too_early(self, report, state):
            state.queried = False
            self._tick(event.time)
            return
        order = state.order
        was_open = state.is_open()
        was_trade = was_open or state.filled > 0
        was_lost = state.stage == ENDED_NOT_FOUND
        was_over = state.overfilled
        was_asked = state.cancel == SENT or state.cancel == UNKNOWN
        fresh = state.admit(report)
        if self.tracked:
            heard(self, report, state, fresh)
        if fresh and isinstance(event, Fill):
            self._book_fill(order, event)
        self._tick(event.time)
        state.fold(report, fresh)
        self.fresh_fill = fresh
        account = self.accounts[order.account]
        if account.link is not None:
            reconcile.heard(account, account.link, report, order.instrument, fresh)
        # One that was lost and works again has the requests again that were on their way to it.
        if self.inquiries or was_lost or report.kind == OUTCOME_UNKNOWN:
            inquiries.note(self, state)
        self._post(state)
        self._count_trade(state, was_trade)
        if fresh:
            self._alarm_fill(state)
            for child in self.children.get(order.id, ()):
                if child in self.holds.holds:
                    self._post(self.orders[child])
                if child in self.exits and isinstance(event, Fill):
                    self._begin_exit(self.exits[child], event)
        elif state.overfilled and not was_over:
            # Its venue has made it smaller than what it has filled.
            self._alarm_fill(state)
        filled = event.size_units if fresh and isinstance(event, Fill) else 0
        if self.owed:
            owed_exits.told(self, state, filled)
        if filled and order.role == ENTRY and order.id in self.children:
            owed_exits.bared(self, state, filled)
        if was_open and not state.is_open():
            self.note_end(self.now, order.id)
            if order.role != ENTRY:
                self._note_exit(state, was_asked)
        elif was_lost and state.stage == WORKING:
            self.notice(REAPPEARED, order.id, f"{order.id} works though its venue did not know it")

    def _note_exit(self, state: OrderState, asked: bool) -> None:
        """An exit has ended just now: what a person should hear of it."""
        order = state.order
        as_wanted = state.filled >= order.quantity or (asked and state.stage == ENDED_CANCELLED)
        if as_wanted and order.role == EXIT and not (self.guards or self.owed or self.stops or self.renewed):
            return  # a close that guards nothing, where nothing waits for its end
        failed = owed_exits.failed(self, state, asked, overtime(self, state.order))
        if failed:
            self.notice(owed_exits.CLOSE_FAILED, state.order.id, failed)
        lost = owed_exits.ended(self, state, asked)
        if lost:
            self.notice(owed_exits.EXIT_LOST, state.order.id, lost)
        exit_ended(self, state)

    def _begin_exit(self, exit: HeldExit, fill: Fill) -> None:
        """The best price of an exit held here begins where its parent filled first."""
        if exit.best == 0:
            order = exit.order
            exit.best = closing_price(self.marks.marks[order.instrument.index], order.side, fill.price_units)

    def _book_fill(self, order: Order, fill: Fill) -> None:
        at = len(self.matches)
        book = self.holds.of(order.id).book
        self.ledger.apply_fill(book, order, fill, self.matches)
        if self.board is not None and self.board.hears(order.id):
            self.board.book(order, fill, book, self.marks)
        if self.tracked:
            traffic = self.accounts[order.account].traffic
            if traffic is not None:
                for match in self.matches[at:]:
                    traffic.matched(match)

    def _count_trade(self, state: OrderState, was_trade: bool) -> None:
        """An opening order of today counts among the day's trades as long as it may fill or has filled."""
        is_trade = state.is_open() or state.filled > 0
        order = state.order
        if is_trade != was_trade and order.role == ENTRY:
            account = self.accounts[order.account]
            if account.day_begin <= order.time < account.day_end:
                # Cython can not add to a field of what a call returned.
                book = self.holds.of(order.id).book
                book.trades += 1 if is_trade else -1

    def _alarm_fill(self, state: OrderState) -> None:
        order = state.order
        if state.late:
            self.notice("LATE_FILL", order.id, f"{order.id} filled after it had ended as {state.code}")
        if state.overfilled:
            self.notice("OVERFILL", order.id, f"{order.id} filled {state.filled} of {order.quantity}")

    def notice(self, code: str, order_id: str, text: str) -> None:
        """What folding a report came upon; said as an output by `react`, which recovery does not call."""
        self.noticed.append(Alarm(self.now, code, order_id, text))

    def _follow_exits(self, event: MarketEvent) -> None:
        """Held exits of this instrument whose parent has filled follow the market."""
        index = event.instrument.index
        mark = self.marks.marks[index]
        for exit in self.exits.values():
            if exit.order.instrument.index == index and self._guarded(exit.order) > 0:
                exit.follow(event, mark)

    def _guarded(self, order: Order) -> int:
        """Size counts a held exit would close now: what its parent filled and no exit of it has closed (without one:
        what it was asked to guard) and its book still has, less what exits of others are closing at the venue."""
        guarded = self.unclosed(order.parent) if order.parent else order.quantity
        book = self.book(order.account, order.strategy, order.instrument)
        there = left(book, order.side, order.lot, order.group)
        return max(0, guarded if guarded < there else there)

    def unclosed(self, parent: str) -> int:
        """Size counts that an opening has filled and its exits, those that took the place of others included, have not
        closed."""
        state = self.orders.get(parent)
        if state is None:
            return 0
        counts = state.filled
        for id in self.children.get(parent, ()):
            child = self.orders.get(id)
            if child is not None:
                counts -= child.filled
        return counts

    def note_end(self, time: int, order_id: str) -> None:
        """The order's end lies at `time`: it leaves memory some time after."""
        self.ended.append((time, order_id))
        if self.forget_after == NEVER_NS:
            self.forget_after = time + ENDED_KEPT_NS

    def _forget_ended(self) -> None:
        """Ended orders leave memory 24 hours after they ended; a parent stays as long as an exit guards its fills."""
        until = self.now - ENDED_KEPT_NS
        while self.forget_after < self.now:
            order_id = self.ended.popleft()[1]
            self.forget_after = self.ended[0][0] + ENDED_KEPT_NS if self.ended else NEVER_NS
            state = self.orders.get(order_id)
            if state is None or state.is_open() or state.time_ended >= until:
                continue
            if (self.children or self.guards or self.owed or self.stops) and self._guards(order_id):
                self.note_end(self.now, order_id)
                continue
            if state.filled and state.order.parent in self.orders and self._guards(state.order.parent):
                # What it has closed of its opening counts as long as others guard the rest.
                self.note_end(self.now, order_id)
                continue
            if self.parents.of:
                self.parents.forget(state)
            if self.client_ids.of:
                self.client_ids.forget(order_id)
            self.unwanted.discard(order_id)
            del self.orders[order_id]
            self.holds.over.pop(order_id, None)
            if self.children:
                self.children.pop(order_id, None)

    def _guards(self, parent: str) -> bool:
        """Whether a child of this order may still fill, is owed or left something to be closed, or a plan guards what
        it filled; or it is such an exit itself."""
        if parent in self.guards or parent in self.owed or parent in self.stops:
            return True
        for child in self.children.get(parent, ()):
            state = self.orders.get(child)
            if state is not None and (state.is_open() or child in self.owed or child in self.stops):
                return True
        return False
