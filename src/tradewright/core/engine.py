"""The book and its judge: every order, lot, hold and limit of an engine, folded from what happened and what was
decided.

Two doors. `apply` folds one record — an input or an output — and nothing else changes the book, so a journal's records
rebuild it without strategies. `judge`, `cancel`, `react` and `size_at_fill` decide: they return outputs that are
already applied, in the order in which they must be journaled. What is decided is never decided again on recovery.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from tradewright.core import modify, watchdog
from tradewright.core.accounts import AccountState
from tradewright.core.breakers import (
    WEEK_ROLLED,
    WEEKLY_LOSS_LIMIT,
    breaker_due,
    heard,
    re_armed,
    tripped,
    turned,
)
from tradewright.core.exits import HeldExit, closing_price
from tradewright.core.gate import Gate, Use
from tradewright.core.guards import Guard, fold, new_distance, on_tick, tend
from tradewright.core.holds import Holds, left
from tradewright.core.ledger import Book, Ledger, Position
from tradewright.core.life_cycle import (
    DENIED,
    ENDED_NOT_FOUND,
    HELD,
    NONE,
    REFUSED,
    SENT,
    SUBMITTED,
    UNKNOWN,
    WORKING,
    stage_after,
)
from tradewright.core.limits import Limits
from tradewright.core.marks import Mark, Marks
from tradewright.core.open_trades import Terms, snapshot, terms_of
from tradewright.core.orders import OrderState
from tradewright.core.protect import protect
from tradewright.core.risk import Proposal, Rule, judge, passed
from tradewright.core.rules import loss_limit
from tradewright.core.sizers import Sized, fitted, sized, weighted
from tradewright.core.sizing import money_for, quantity_for, size
from tradewright.core.state import order_from, to_bytes
from tradewright.core.trading_state import DAILY_LOSS_LIMIT, UNKNOWN_ORDER, stopped, stopped_openings, unbooked_fill
from tradewright.core.watching import watch
from tradewright.model.account import CASH, HEDGING, Account
from tradewright.model.chain import digest
from tradewright.model.command import (
    CLOSING,
    EXIT_OF_PART,
    NEVER_SENT,
    NOTHING_TO_GUARD,
    NOTHING_TO_SPEND,
    OPENINGS_STOPPED,
    SIBLING_TRIGGERED,
    Approved,
    Cancel,
    Command,
    Query,
    Replace,
    cancel_of,
    submit_of,
)
from tradewright.model.control import (
    ACTIVE,
    EVERYTHING,
    HALTED,
    REDUCING,
    AccountSeen,
    Alarm,
    CashMoved,
    CloseRequested,
    DayRolled,
    ExitMoved,
    ExitPlanned,
    ExitTriggered,
    LagMeasured,
    LimitsExpired,
    LimitsSet,
    LimitWaived,
    ModifyJudged,
    OrderAdopted,
    ProtectRequested,
    RulesChanged,
    Started,
    StrategyHalted,
    TradingStateChanged,
    TradingStateSet,
)
from tradewright.model.decision import Check, Decision
from tradewright.model.errors import ContractError
from tradewright.model.event import (
    ACCEPTED,
    CANCELLED,
    DECISION,
    EXIT_TRIGGERED,
    MARKET_KIND_MAX,
    QUERY,
    REPORT_KIND_MAX,
    SUBMIT,
    Event,
)
from tradewright.model.exit_plan import ExitPlan
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.intent import Intent
from tradewright.model.lot import Match
from tradewright.model.market import MarketEvent
from tradewright.model.numbers import round_down
from tradewright.model.order import (
    BUY,
    ENTRY,
    EXIT,
    GTC,
    LIMIT,
    MARKET,
    REDUCE_ONLY,
    SELL,
    STOP,
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING_STOP,
    Order,
)
from tradewright.model.report import Fill, FillPrice, Report
from tradewright.model.signal import Signal
from tradewright.model.sizer import ASKED, PPM_ONE, Sizer
from tradewright.model.zone import day_of, day_start

#: An ended order leaves memory after this long without news; tables and journal keep it for ever.
ENDED_KEPT_NS = 24 * 3_600_000_000_000
NEVER_NS = 2**63 - 1


class Engine:
    """All state of the deterministic core. now: the logical time, ns UTC, which never goes back.

    matches, alarms: what the last events made; whoever drives the engine takes them. noticed: alarms to be said by the
    next `react`; stopping: a scope stopped opening, and the next `react` ends what rests there. fresh_fill: the last
    report was a fill not seen before. causes: who or what set each trading state. sizers: by scope ("strategy:ID",
    "account:NAME"), for openings that say no size. signals: the last one journaled of each strategy and instrument.
    `order_count` and `decision_count` number ids; `run` is part of every order id, so that no restart can use one
    twice.
    """

    __slots__ = (
        "run", "now", "instruments", "symbols", "accounts", "ledger", "marks", "holds", "orders", "exits",
        "children", "states", "causes", "halted", "sizers", "plans", "guards", "stops", "signals", "order_count",
        "last_id", "last_number", "decision_count", "denied_count", "ended", "forget_after", "next_due",
        "matches", "alarms", "noticed", "stopping", "late_events", "fresh_fill", "gate", "bound", "stamp",
        "watching", "tracked", "guarded", "settled", "taping",
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
        self.halted: dict[str, str] = {}
        self.sizers: dict[str, Sizer] = {}
        self.signals: dict[tuple[str, int], Signal] = {}
        self.plans: dict[str, ExitPlan] = {}
        self.guards: dict[str, Guard] = {}
        self.stops: dict[str, watchdog.Watched] = {}
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
        self.gate = Gate(self.accounts, self.ledger, self.marks, self.holds)
        self.bound: dict[tuple[str, str, int], list[Rule]] = self.gate.bound
        self.stamp = 0
        self.watching: list[AccountState] = self.gate.watching
        self.tracked: list[AccountState] = self.gate.tracked
        self.guarded: list[AccountState] = self.gate.guarded
        self.settled: list[AccountState] = self.gate.settled
        self.taping: list[str] = self.gate.taping

    # ── what exists ────────────────────────────────────────────────────────────────────────────────────────────────

    def list_instrument(self, instrument: Instrument) -> None:
        """Add an instrument; its index becomes the next one. A symbol is listed once."""
        if instrument.symbol in self.symbols:
            raise ContractError(f"{instrument.symbol} is already listed")
        instrument.index = len(self.instruments)
        self.instruments.append(instrument)
        self.symbols[instrument.symbol] = instrument
        self.marks.list_instrument(instrument)

    def open_account(self, terms: Account, limits: Limits) -> None:
        """Add an account. limits: those it is configured with; a known account takes them where they are not those it
        was configured with before, so that what persons have set since survives a restart."""
        account = self.accounts.get(terms.name)
        if account is None:
            self.ledger.cash[terms.name] = {}
            account = AccountState(terms, limits, self.ledger, self.marks, self.holds)
            self.accounts[terms.name] = account
            self.next_due = 0
            self.gate.forget()
        self.gate.configure("account:" + terms.name, limits)

    def configure(self, scopes: dict[str, Limits]) -> None:
        """The limits of further scopes as a run begins; those it does not name any more are off."""
        mine = ["account:" + name for name in self.accounts]
        for scope in [scope for scope in self.gate.configured if scope not in scopes and scope not in mine]:
            self.gate.configure(scope, Limits())
        for scope, limits in scopes.items():
            self.gate.configure(scope, limits)

    def next_order_id(self, account: str) -> str:
        """The next client order id: account code, run, sequence — deterministic and never used twice."""
        self.order_count += 1
        self.last_number = self.order_count
        self.last_id = f"{self.accounts[account].terms.code}-{self.run}-{self.order_count}"
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
        book = self.ledger.books.get((account, strategy, instrument.index))
        if book is None:
            hedging = self.accounts[account].terms.mode == HEDGING
            self.position(account, instrument)
            book = self.ledger.book(account, strategy, instrument, hedging)
            self.accounts[account].books.append(book)
        return book

    def open_orders(self, account: str, strategy: str, instrument: Instrument) -> list[str]:
        """Ids of the strategy's orders in that instrument that may still fill, oldest first."""
        book = self.book(account, strategy, instrument)
        return [hold.order.id for hold in self.holds.holds.values() if hold.book is book]

    def trading_state(self, account: str, strategy: str, symbol: str) -> int:
        """The strictest state of the scopes an order belongs to."""
        states = self.states
        if not states:
            return ACTIVE
        terms = self.accounts[account].terms
        strictest = max(
            states.get(EVERYTHING, ACTIVE),
            states.get("owner:" + terms.owner, ACTIVE),
            states.get("venue:" + terms.venue, ACTIVE),
            states.get("account:" + account, ACTIVE),
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
        return self.gate.utilisation(self.stamp)

    def exposures(self, owner: str) -> dict[str, Any]:
        """An owner's open trades by symbol and in all, over all accounts, in the shape of the exposure status."""
        limits = self.gate.limits.get("owner:" + owner)
        terms = Terms() if limits is None else terms_of(limits)
        return snapshot(self.gate.exposure("owner:" + owner), terms, self.now)

    def state_hash(self) -> str:
        """blake2b-256 of the engine's bytes: equal in both builds, after any restart and for any hash seed."""
        return digest(to_bytes(self)).hex()

    # ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────

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
            self._apply_report(event)
            if self.guards:
                fold(self, event)
            if self.stops:
                watchdog.fold(self, event)
        else:
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
        if isinstance(event, CashMoved):
            self._apply_cash(event)
            return
        self._tick(event.time)
        if isinstance(event, Decision):
            self._apply_decision(event)
        elif isinstance(event, Command):
            self._apply_command(event)
        elif isinstance(event, Started):
            for state in self.orders.values():
                state.lose_track()
        elif isinstance(event, TradingStateSet):
            self._set_state(event.scope, event.state, event.who)
            if event.state == ACTIVE:
                re_armed(self, event.scope)
            if event.scope.startswith("strategy:"):
                strategy = event.scope[9:]
                if event.state == HALTED:
                    self.halted[strategy] = event.reason
                else:
                    self.halted.pop(strategy, None)
        elif isinstance(event, TradingStateChanged):
            self._set_state(event.scope, event.state, event.code)
            turned(self, event)
        elif isinstance(event, Signal):
            self.signals[event.key] = event
        elif isinstance(event, StrategyHalted):
            self.halted[event.strategy] = event.code
            self.stopping = True
        elif isinstance(event, Alarm):
            self.alarms.append(event)
        elif isinstance(event, DayRolled):
            self._apply_day(event)
        elif isinstance(event, ExitTriggered):
            self._apply_exit_triggered(event)
        elif isinstance(event, ModifyJudged):
            modify.fold(self, event)
        elif isinstance(event, ExitPlanned | ExitMoved):
            fold(self, event)
            watchdog.fold(self, event)
        elif isinstance(event, OrderAdopted):
            self._apply_adopted(event)
        elif isinstance(event, LimitsSet):
            self.gate.apply(event)
            self.set_due()
        elif isinstance(event, LagMeasured):
            self.gate.lags[event.name] = event.lag_ns
        elif isinstance(event, AccountSeen):
            seen = self.accounts[event.account].traffic
            if seen is not None:
                seen.heard = self.now
        elif isinstance(event, LimitWaived):
            self.gate.waive(event)
        elif isinstance(event, LimitsExpired):
            self.gate.expire(event.scope)
            self.set_due()
        elif isinstance(event, RulesChanged):
            self.instruments[event.instrument_index].rules = OrderRules(*event.rules)  # type: ignore[arg-type]

    def _apply_cash(self, moved: CashMoved) -> None:
        self.ledger.move_cash(moved.account, moved.currency, moved.amount)
        self._tick(moved.time)
        account = self.accounts[moved.account]
        if account.traffic is not None:
            account.traffic.heard = self.now
        if account.peak is not None or account.samples:
            account.move_marks(self.marks.convert(moved.amount, moved.currency, account.terms.currency))
        if account.day_equity is not None:
            worth = self.marks.convert(moved.amount, moved.currency, account.terms.currency)
            account.day_equity = None if worth is None else account.day_equity + worth
            if account.week_equity is not None:
                account.week_equity = None if worth is None else account.week_equity + worth

    def _set_state(self, scope: str, state: int, cause: str) -> None:
        if state == ACTIVE:
            self.states.pop(scope, None)
            self.causes.pop(scope, None)
        else:
            self.states[scope] = state
            self.causes[scope] = cause
            self.stopping = True

    def _apply_day(self, rolled: DayRolled) -> None:
        account = self.accounts[rolled.account]
        account.day_end = day_start(account.terms.day_zone, rolled.day + 1)
        account.day = rolled.day
        account.day_equity = rolled.equity
        account.ranges.clear()
        if account.traffic is not None:
            account.traffic.messages_today = 0
            account.traffic.fills_today = 0
        # 1970-01-01 was a Thursday: the week begins on Monday, and with what is first known.
        monday = (rolled.day + 3) % 7 == 0 or account.week_equity is None
        if monday:
            account.week_equity = rolled.equity
        for book in account.books:
            if book.used():
                book.new_day(self.marks.marks[book.instrument.index].price(), monday)
        self.set_due()

    def set_due(self) -> None:
        """When the core has something to do by itself: a day ends, or a temporary limit."""
        days = min([state.day_end for state in self.accounts.values()], default=0)
        self.next_due = min(days, self.gate.next_end(), breaker_due(self))

    def _apply_decision(self, decision: Decision) -> None:
        """Orders enter the table: approved ones HELD with their hold, refused ones DENIED."""
        self.decision_count = max(self.decision_count, decision.id)
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
                book.trades += 1
                book.last_trade = decision.time
                traffic = self.accounts[order.account].traffic
                if traffic is not None:
                    traffic.opens(order)
            self.holds.reserve(order, book, decision.hold_currency, amount)
            if order.parent:
                self.children.setdefault(order.parent, []).append(order.id)
            if self._held_here(order):
                self.exits[order.id] = exit = HeldExit(order)
                if order.parent == "":
                    exit.best = self.marks.marks[order.instrument.index].reference(order.side)

    def _held_here(self, order: Order) -> bool:
        """Whether an exit that is linked to other orders stays with `core.exits`, since its venue links none."""
        linked = order.role != ENTRY and (order.parent != "" or order.group != "")
        return linked and not self.accounts[order.account].terms.native_exits

    def _apply_adopted(self, adopted: OrderAdopted) -> None:
        """An order without a decision: it holds its place, and its outcome is unknown until the venue says."""
        order = order_from(adopted.order, self.instruments)
        if order.id in self.orders:
            return
        # The start of the run it left in may never have reached the disk: then this run has the same number.
        self._count_id(order.id)
        state = OrderState(order, SUBMITTED)
        state.submit = UNKNOWN
        self.orders[order.id] = state
        book = self.book(order.account, order.strategy, order.instrument)
        self.holds.reserve(order, book, order.instrument.quote, 0)
        self._post(state)

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
            if state.order.role != ENTRY:
                watchdog.fold(self, command)
        elif isinstance(command, Cancel):
            if state.stage == HELD:
                command.here = True
                self._end_held(state)
                return
            state.cancel = SENT
        elif isinstance(command, Replace):
            state.replace = SENT
            state.asked = (command.quantity, command.limit_units, command.stop_units)
        elif isinstance(command, Query):
            state.queried = True
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

    def _end_held(self, state: OrderState) -> None:
        """A held order never left: cancelling it needs no venue."""
        state.stage = stage_after(CANCELLED, state.stage)
        state.code = "CANCELLED_HERE"
        state.time_ended = self.now
        self.exits.pop(state.order.id, None)
        self._post(state)
        self._count_trade(state, True)
        self.note_end(self.now, state.order.id)

    def _apply_exit_triggered(self, triggered: ExitTriggered) -> None:
        """From now on it is the order that goes out: a stop becomes a market order of what its parent filled."""
        state = self.orders[triggered.order_id]
        state.stage = stage_after(EXIT_TRIGGERED, state.stage)
        order = state.order
        order.quantity = triggered.quantity
        if order.type != LIMIT:
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
        state = self.orders.get(event.order_id)
        if state is None:
            self._tick(event.time)
            booked = "; its fill is not booked" if isinstance(event, Fill) else ""
            self._notice(UNKNOWN_ORDER, event.order_id, f"a report on {event.order_id}, an order not known{booked}")
            return
        order = state.order
        was_open = state.is_open()
        was_trade = was_open or state.filled > 0
        was_lost = state.stage == ENDED_NOT_FOUND
        fresh = state.admit(event)
        if self.tracked:
            heard(self, event, state, fresh)
        if fresh and isinstance(event, Fill):
            self._book_fill(order, event)
        self._tick(event.time)
        state.fold(event, fresh)
        self.fresh_fill = fresh
        self._post(state)
        self._count_trade(state, was_trade)
        if fresh:
            self._alarm_fill(state)
            for child in self.children.get(order.id, ()):
                if child in self.holds.holds:
                    self._post(self.orders[child])
                if child in self.exits and isinstance(event, Fill):
                    self._begin_exit(self.exits[child], event)
        if was_open and not state.is_open():
            self.note_end(self.now, order.id)
        elif was_lost and state.stage == WORKING:
            self._notice("REAPPEARED", order.id, f"{order.id} works though its venue did not know it")

    def _begin_exit(self, exit: HeldExit, fill: Fill) -> None:
        """The best price of an exit held here begins where its parent filled first."""
        if exit.best == 0:
            order = exit.order
            exit.best = closing_price(self.marks.marks[order.instrument.index], order.side, fill.price_units)

    def _book_fill(self, order: Order, fill: Fill) -> None:
        at = len(self.matches)
        self.ledger.apply_fill(self.holds.of(order.id).book, order, fill, self.matches)
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
            if day_of(account.terms.day_zone, order.time) == account.day:
                # Cython can not add to a field of what a call returned.
                book = self.book(order.account, order.strategy, order.instrument)
                book.trades += 1 if is_trade else -1

    def _alarm_fill(self, state: OrderState) -> None:
        order = state.order
        if state.late:
            self._notice("LATE_FILL", order.id, f"{order.id} filled after it had ended as {state.code}")
        if state.overfilled:
            self._notice("OVERFILL", order.id, f"{order.id} filled {state.filled} of {order.quantity}")

    def _notice(self, code: str, order_id: str, text: str) -> None:
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
        """Size counts a held exit would close now: what its parent filled (without one: what it was asked to guard) and
        its book still has, less what exits at the venue are closing."""
        guarded = order.quantity
        if order.parent:
            parent = self.orders.get(order.parent)
            guarded = 0 if parent is None else parent.filled
        book = self.book(order.account, order.strategy, order.instrument)
        there = left(book, order.side, order.lot, order.group)
        return max(0, guarded if guarded < there else there)

    def note_end(self, time: int, order_id: str) -> None:
        """The order's end lies at `time`: it leaves memory some time after."""
        self.ended.append((time, order_id))
        if self.forget_after == NEVER_NS:
            self.forget_after = time + ENDED_KEPT_NS

    def _forget_ended(self) -> None:
        """Ended orders leave memory 24 hours after they ended; a parent stays as long as an exit guards its fills."""
        while self.ended and self.ended[0][0] + ENDED_KEPT_NS < self.now:
            order_id = self.ended.popleft()[1]
            state = self.orders.get(order_id)
            if state is None or state.is_open() or state.time_ended + ENDED_KEPT_NS >= self.now:
                continue
            if self._guards(order_id):
                self.ended.append((self.now, order_id))
                continue
            del self.orders[order_id]
            self.holds.over.pop(order_id, None)
            if self.children:
                self.children.pop(order_id, None)
        self.forget_after = self.ended[0][0] + ENDED_KEPT_NS if self.ended else NEVER_NS

    def _guards(self, parent: str) -> bool:
        """Whether a child of this order may still fill, or a plan guards what it filled."""
        if parent in self.guards:
            return True
        for child in self.children.get(parent, ()):
            state = self.orders.get(child)
            if state is not None and state.is_open():
                return True
        return False

    # ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────

    def judge(self, intent: Intent) -> list[Event]:
        """Take one intent through sizing and risk. Returns its outputs, applied: decisions, commands where approved.

        An intent that would cross zero in a netting book becomes a close and an opening, each judged by itself.
        """
        outputs: list[Event] = []
        book = self.book(intent.account, intent.strategy, intent.instrument)
        if intent.closing:
            if intent.role == STOP_LOSS and intent.plan is not None and intent.type == TRAILING_STOP:
                self._begin_trail(intent)
            if book.hedging and intent.lot == "":
                self._close_lots(book, intent, outputs)
            else:
                self._close(book, intent, outputs)
        elif not book.hedging and book.net != 0 and (book.net > 0) != (intent.side > 0):
            self._reverse(book, intent, outputs)
        else:
            self._judge_one(book, intent, [], outputs)
        return outputs

    def _begin_trail(self, intent: Intent) -> None:
        """A trailing stop that is moved from here begins as a stop at its distance from the market."""
        reference = self.marks.marks[intent.instrument.index].reference(intent.side)
        plan = intent.plan
        if reference > 0 and plan is not None and plan.moves():
            intent.type = STOP
            intent.stop_units = on_tick(intent, intent.side, reference + intent.side * plan.trail(reference))
            intent.trail_units = intent.trail_ppm = 0

    def _reverse(self, book: Book, intent: Intent, outputs: list[Event]) -> None:
        """An intent of the side that closes what a netting book holds: closes, and opens with what is left of it."""
        freed = self._in_the_way(book, intent)
        lifted = self.holds.lift(freed)
        closable = left(book, intent.side, "", "")
        self.holds.put_back(freed, lifted)
        if 0 < intent.quantity <= closable:
            intent.closing = True
            self._close(book, intent, outputs)
            return
        # What is finer than the venue's step goes with the opening part, or stays.
        closable = round_down(max(0, closable), intent.instrument.rules.step)
        if closable > 0:
            part = part_of(intent, self.next_order_id(intent.account), closable, True)
            if not self._close(book, part, outputs):
                self._refuse(book, intent, outputs)
                return
            if intent.quantity:
                intent.quantity -= closable
        self._judge_one(book, intent, [], outputs)

    def _close(self, book: Book, intent: Intent, outputs: list[Event]) -> bool:
        """Close (part of) a netting book or of a named lot; whether all of it was granted. A plain close takes the
        place of the exits that guard the same lots, and goes in parts where the venue takes no order so large."""
        freed = self._in_the_way(book, intent) if intent.role == "" else []
        lifted = self.holds.lift(freed)
        there = left(book, intent.side, intent.lot, intent.group)
        if intent.quantity == 0 and there > 0:
            intent.quantity = there
        if intent.quantity == there:
            intent.quantity = in_steps(there, intent.instrument)
        largest = round_down(intent.instrument.rules.size_max, intent.instrument.rules.step)
        while intent.role == "" and 0 < largest < intent.quantity:
            part = part_of(intent, self.next_order_id(intent.account), largest, True)
            part.lot = intent.lot
            if not self._judge_one(book, part, freed, outputs):
                self.holds.put_back(freed, lifted)
                self._refuse(book, intent, outputs)
                return False
            freed = []
            intent.quantity -= largest
        if self._judge_one(book, intent, freed, outputs):
            return True
        self.holds.put_back(freed, lifted)
        return False

    def _close_lots(self, book: Book, intent: Intent, outputs: list[Event]) -> None:
        """A close in a hedging account names the lots it closes, the oldest first, each by an order of its own; the
        venue's own choice could take another strategy's. Exits of the lots that stay are left alone."""
        every = intent.quantity == 0
        rest = intent.quantity
        parts: list[Intent] = []
        for lot in book.lots:
            if lot.side == intent.side or lot.order_id in [part.lot for part in parts] or not (every or rest > 0):
                continue
            part = part_of(intent, intent.order_id, 0, True)
            # Each lot's exits are a pair of their own.
            part.lot, part.role = lot.order_id, intent.role
            part.group = f"{intent.group}-{lot.order_id}" if intent.group else ""
            freed = self._in_the_way(book, part) if intent.role == "" else []
            lifted = self.holds.lift(freed)
            there = left(book, intent.side, lot.order_id, part.group)
            self.holds.put_back(freed, lifted)
            part.quantity = there if every or there < rest else rest
            if part.quantity > 0:
                parts.append(part)
                rest -= part.quantity
        if not parts or rest > 0:
            # Nothing, or more than there is: refused as a whole.
            self._judge_one(book, intent, [], outputs)
            return
        for at, part in enumerate(parts):
            if at:
                part.order_id = self.next_order_id(intent.account)
            self._close(book, part, outputs)

    def _in_the_way(self, book: Book, intent: Intent) -> list[str]:
        """Ids of the exits that guard what `intent` closes, and go when it is granted.

        Those that wait for fills of an open parent stay. Closing a part leaves the exits that are held here alone,
        since they close what is left; those at the venue stand in its way, and what remains is to be protected anew.
        Closing all of it at the market also takes the place of closes that wait for a price.
        """
        found: list[str] = []
        whole = intent.quantity == 0 or intent.quantity >= book.closable(intent.side, intent.lot)
        for order_id in book.exits:
            state = self.orders[order_id]
            order = state.order
            if order.side != intent.side or state.cancel not in (NONE, REFUSED):
                continue
            if order.role == EXIT and not (whole and intent.type == MARKET and order.type != MARKET):
                continue
            if intent.lot and intent.lot not in (order.lot, order.parent):
                continue
            parent = self.orders.get(order.parent)
            waits = parent is not None and parent.is_open() and (state.stage == HELD or parent.filled == 0)
            if not waits and (whole or state.stage != HELD):
                found.append(order_id)
        return found

    def _free(self, freed: list[str], outputs: list[Event]) -> None:
        """Cancel the exits whose place a close takes, and what their parents have not filled yet: it would stand
        unguarded."""
        for order_id in freed:
            self._emit(cancel_of(self.now, order_id, CLOSING), outputs)
            parent = self.orders[order_id].order.parent
            if parent:
                outputs += self.cancel(parent, EXIT_OF_PART)

    def _refuse(self, book: Book, intent: Intent, outputs: list[Event]) -> None:
        """Deny an intent whose first part was refused, for the same reasons."""
        refused = outputs[-1]
        assert isinstance(refused, Decision)
        order = self._order_of(book, intent, intent.quantity)
        account = self.accounts[intent.account]
        mark: Mark = self.marks.marks[intent.instrument.index]
        state = self.trading_state(order.account, order.strategy, intent.instrument.symbol)
        proposal = Proposal(order, intent, account, book, mark, state, self.now, self.stamp)
        decision = self._decision_of(intent, proposal, False, [order], refused.checks)
        decision.sizing = f"not judged: its first part, {refused.orders[0].id}, was refused"
        self._emit(decision, outputs)

    def _judge_one(self, book: Book, intent: Intent, freed: list[str], outputs: list[Event]) -> bool:
        """Sizing, risk and the decision record of one order; its commands when approved. freed: exits whose holds are
        lifted and that end when it is. Returns whether it was."""
        account = self.accounts[intent.account]
        instrument = intent.instrument
        mark: Mark = self.marks.marks[instrument.index]
        self._plan_for(intent)
        order = self._order_of(book, intent, intent.quantity)
        # Sized at the price it is judged at, or it could be filled beyond every limit.
        price = mark.dearest(order)
        sizing = "as asked"
        code = ""
        sizer: Sizer | None = None
        if not intent.closing and not (intent.quantity and intent.weight_ppm == PPM_ONE):
            if (intent.size_ppm or intent.value) and intent.weight_ppm == PPM_ONE:
                order.quantity, sizing = size(intent, account, price)
            else:
                sizer = self._sizer_for(intent)
                order.quantity, sizing, code = self._sized(intent, sizer, account, price)
        state = self.trading_state(order.account, order.strategy, instrument.symbol)
        proposal = Proposal.__new__(Proposal)
        self.stamp += 1
        rules = self._rules_of(book)
        proposal.begin(order, intent, account, book, mark, state, self.now, self.stamp)
        if sizer is not None and not code:
            proposal, capped = fitted(proposal, rules, sizer.quantity_max)
            sizing += capped
        checks = judge(rules, proposal)
        if code:
            checks.insert(0, Sized(0, sizing, code).check())
        approved = passed(checks)
        orders = [order]
        if approved and not intent.closing:
            self._attach_exits(intent, order, orders)
        decision = self._decision_of(intent, proposal, approved, orders, checks)
        decision.sizing = sizing
        if approved and freed:
            self._free(freed, outputs)
        self._place(decision, outputs)
        if approved:
            self._plan_exits(intent, orders, outputs)
        return approved

    def _rules_of(self, book: Book) -> list[Rule]:
        """The rules that have a say on the book's orders."""
        rules = self.bound.get((book.account, book.strategy, book.instrument.index))
        return self.gate.bind(book) if rules is None else rules

    def _plan_for(self, intent: Intent) -> None:
        """An opening without exits gets those of its strategy or account."""
        if self.plans and not intent.closing and intent.plan is None:
            if intent.stop_loss or intent.take_profit or intent.exit_trail_units or intent.exit_trail_ppm:
                return
            own = self.plans.get("strategy:" + intent.strategy)
            intent.plan = self.plans.get("account:" + intent.account) if own is None else own

    def _plan_exits(self, intent: Intent, orders: list[Order], outputs: list[Event]) -> None:
        """The plan of an approved order begins: with its stop, if it has one already."""
        order = orders[0]
        entry = "" if intent.closing else order.id
        stops = [made.id for made in orders if made.role == STOP_LOSS and made.stop_units]
        if intent.plan is not None and (entry or stops):
            self._emit(ExitPlanned(self.now, entry, stops[0] if stops else "", list(intent.plan.row())), outputs)

    def sizer_of(self, account: str, strategy: str) -> Sizer | None:
        """The sizer of a strategy, else that of its account; None = openings have to say their size."""
        own = self.sizers.get("strategy:" + strategy)
        return self.sizers.get("account:" + account) if own is None else own

    def _sizer_for(self, intent: Intent) -> Sizer | None:
        """The sizer that decides on an intent; None where it says its size itself, or nothing does."""
        own: Sizer | None = intent.sizer
        if intent.quantity or intent.size_ppm or intent.value or (own is not None and own.method != ASKED):
            return own
        default = self.sizer_of(intent.account, intent.strategy)
        return default if own is None or default is None else own.over(default)

    def _sized(self, intent: Intent, sizer: Sizer | None, account: AccountState, price: int) -> Sized:
        """A size that needs more than a look: by a sizer, or by the weight of its strategy."""
        if intent.quantity:
            return weighted(intent.quantity, intent.weight_ppm, intent.instrument, "as asked")
        if intent.size_ppm or intent.value:
            quantity, words = size(intent, account, price)
            return weighted(quantity, intent.weight_ppm, intent.instrument, words)
        return sized(intent, sizer, account, self.marks.marks[intent.instrument.index].reference(intent.side))

    def _decision_of(
        self, intent: Intent, proposal: Proposal, approved: bool, orders: list[Order], checks: list[Check]
    ) -> Decision:
        """The record of it, field by field: in the compiled build its constructor would cost as much as the rules."""
        order = proposal.order
        known = proposal.mark.reference_time(order.side)
        need = proposal.need
        decision = Decision.__new__(Decision)
        decision.kind = DECISION
        decision.time = self.now
        decision.id = self.decision_count + 1
        decision.account = order.account
        decision.strategy = order.strategy
        decision.instrument = order.instrument
        decision.approved = approved
        decision.orders = orders
        decision.checks = checks
        decision.reason = intent.reason
        decision.inputs = intent.inputs
        decision.price_units = proposal.reference if proposal.reference > 0 else -1
        decision.price_age_ns = self.now - known if known else -1
        decision.hold = need if approved and need is not None else 0
        decision.hold_currency = proposal.hold_currency
        decision.sizing = ""
        decision.confidence = intent.confidence
        return decision

    def _order_of(self, book: Book, intent: Intent, quantity: int) -> Order:
        """The order's terms. A close carries reduce-only where the venue's position is this strategy's own."""
        order = Order.__new__(Order)  # field by field, as the decision
        order.flags = intent.flags
        order.role = ENTRY
        if intent.closing:
            order.role = intent.role if intent.role else EXIT
            there = book.position.net if intent.side < 0 else -book.position.net
            if book.hedging or (there >= quantity and not self._shared(book)):
                order.flags |= REDUCE_ONLY
        order.id = intent.order_id
        order.account = intent.account
        order.strategy = intent.strategy
        order.instrument = intent.instrument
        order.side = intent.side
        order.type = intent.type
        order.quantity = quantity
        order.limit_units = intent.limit_units
        order.stop_units = intent.stop_units
        order.trail_units = intent.trail_units
        order.trail_ppm = intent.trail_ppm
        order.time_in_force = intent.time_in_force
        order.lot = intent.lot
        order.parent = ""
        order.group = intent.group
        order.size_ppm = intent.size_ppm if intent.at_fill and not intent.closing else 0
        order.decision = self.decision_count + 1
        order.time = self.now
        return order

    def _shared(self, book: Book) -> bool:
        """Whether other strategies trade the instrument in the same account that nets and may sell short: its net may
        stand the other way, now or when a resting exit is reached, and the venue would refuse to reduce it."""
        if book.hedging or self.accounts[book.account].terms.kind == CASH:
            return False
        for other in self.ledger.beside[book.account, book.instrument.index]:
            if other is not book and other.counts():
                return True
        return False

    def _attach_exits(self, intent: Intent, order: Order, orders: list[Order]) -> None:
        """Stop-loss, trailing stop and take-profit of an opening order: its children, cancelling each other."""
        group = (
            order.id
            if intent.take_profit and (intent.stop_loss or intent.exit_trail_units or intent.exit_trail_ppm)
            else ""
        )
        if intent.exit_trail_units or intent.exit_trail_ppm:
            orders.append(self._exit_of(order, TRAILING_STOP, STOP_LOSS, group, 0, 0, intent))
        elif intent.stop_loss:
            orders.append(self._exit_of(order, STOP, STOP_LOSS, group, 0, intent.stop_loss, intent))
        if intent.take_profit:
            orders.append(self._exit_of(order, LIMIT, TAKE_PROFIT, group, intent.take_profit, 0, intent))

    def _exit_of(
        self, parent: Order, type: int, role: str, group: str, limit_units: int, stop_units: int, intent: Intent
    ) -> Order:
        trailing = type == TRAILING_STOP
        book = self.book(parent.account, parent.strategy, parent.instrument)
        flags = 0 if self._shared(book) else REDUCE_ONLY
        return Order(
            self.next_order_id(parent.account), parent.account, parent.strategy, parent.instrument, -parent.side, type,
            parent.quantity, limit_units, stop_units, intent.exit_trail_units if trailing else 0,
            intent.exit_trail_ppm if trailing else 0, GTC, flags, parent.id if book.hedging else "", parent.id, group,
            role, 0, self.decision_count + 1, self.now,
        )  # fmt: skip

    def cancel(self, order_id: str, code: str) -> list[Event]:
        """Ask for the end of an order: nothing for one that is unknown, ended or already being cancelled; one whose
        cancel was refused is asked for again."""
        outputs: list[Event] = []
        state = self.orders.get(order_id)
        if state is not None and state.is_open() and state.cancel in (NONE, REFUSED):
            self._emit(cancel_of(self.now, order_id, code), outputs)
        return outputs

    def close_all(self, asked: CloseRequested) -> list[Event]:
        """Close what an account holds, book by book and side by side, at the market; what works ends first, also what
        would open it again."""
        outputs: list[Event] = []
        for hold in list(self.holds.holds.values()):
            order = hold.order
            asked_for = order.account == asked.account and asked.symbol in ("", order.instrument.symbol)
            if asked_for and order.role == ENTRY:
                outputs += self.cancel(order.id, CLOSING)
        for key in sorted(self.ledger.books):
            book: Book = self.ledger.books[key]
            if book.account != asked.account or asked.symbol not in ("", book.instrument.symbol):
                continue
            for side, held in ((SELL, book.long_size), (BUY, book.short_size)):
                if held:
                    order_id = self.next_order_id(book.account)
                    intent = Intent(order_id, book.account, book.strategy, book.instrument, side)
                    intent.closing = True
                    intent.reason = f"{asked.who}: {asked.reason}"
                    outputs += self.judge(intent)
        return outputs

    def size_at_fill(self, asked: FillPrice) -> list[Event]:
        """Backtest: the size of an order that is about to fill, from equity now, as far as free money and every limit
        on sizes and values reach; an order for which nothing is left ends."""
        outputs: list[Event] = []
        state = self.orders.get(asked.order_id)
        if state is None or not state.is_open():
            return outputs
        order = state.order
        account = self.accounts[order.account]
        quantity = quantity_for(account, order.instrument, money_for(account, order.size_ppm, 0), asked.price_units)
        if quantity > 0:
            quantity = self._within_limits(order, account, quantity, asked.price_units)
        rules = order.instrument.rules
        if quantity == 0 or quantity < rules.size_min:
            self._emit(cancel_of(self.now, order.id, NOTHING_TO_SPEND), outputs)
        else:
            self._emit(Replace(self.now, order.id, quantity, order.limit_units, order.stop_units), outputs)
        return outputs

    def _within_limits(self, order: Order, account: AccountState, quantity: int, price: int) -> int:
        """The largest size up to `quantity` counts that the limits let an order fill at `price`, whatever the order
        itself holds already."""
        book = self.book(order.account, order.strategy, order.instrument)
        mark = Mark(order.instrument)
        mark.last, mark.time_last = price, self.now
        filling = order_from(list(order.row()), self.instruments)
        filling.type, filling.quantity, filling.limit_units, filling.stop_units = LIMIT, quantity, price, 0
        own = [order.id]
        lifted = self.holds.lift(own)
        self.stamp += 1
        rules = self._rules_of(book)
        intent = Intent(order.id, order.account, order.strategy, order.instrument, order.side)
        proposal = Proposal(filling, intent, account, book, mark, ACTIVE, self.now, self.stamp)
        fitting, _ = fitted(proposal, rules, 0)
        self.holds.put_back(own, lifted)
        return fitting.order.quantity

    def look_up(self) -> list[Event]:
        """After a restart: orders that were decided but never sent end here, and every order that may still live at the
        venue is looked up. Nothing is sent again."""
        outputs: list[Event] = []
        for order_id in sorted(self.holds.holds):
            state = self.orders[order_id]
            if state.stage == HELD:
                if order_id not in self.exits:
                    self._emit(cancel_of(self.now, order_id, NEVER_SENT), outputs)
            else:
                self._emit(Query(self.now, order_id), outputs)
        return outputs

    def react(self, event: Event) -> list[Event]:
        """What the core itself decides after an input was folded: days, loss limits, held exits. Applied outputs."""
        outputs: list[Event] = []
        if self.noticed:
            self._raise_alarms(event, outputs)
        if self.now >= self.next_due:
            self._roll_days(outputs)
            for scope in self.gate.expired(self.now):
                self._emit(LimitsExpired(self.now, scope, self.gate.limits[scope].version), outputs)
        if self.exits:
            if isinstance(event, MarketEvent):
                self._trigger_exits(event, outputs)
            elif isinstance(event, Report):
                self._settle_links(event, outputs)
        if isinstance(event, Fill):
            if self.fresh_fill:
                self._end_surplus(event, outputs)
            self._check_daily_loss(event, outputs)
        filled = self.settled and isinstance(event, Fill) and self.fresh_fill
        if self.tracked or self.guarded or filled:
            for change in tripped(self, event):
                self._emit(change, outputs)
        if self.stopping:
            outputs += self.end_openings()
        elif event.kind == ACCEPTED and (self.states or self.halted):
            outputs += self._end_late_opening(event)  # type: ignore[arg-type]
        return outputs

    def end_openings(self) -> list[Event]:
        """Cancel the working openings of scopes that do not open any more: they were judged before that."""
        outputs: list[Event] = []
        self.stopping = False
        for order_id in stopped_openings(self):
            outputs += self.cancel(order_id, OPENINGS_STOPPED)
        return outputs

    def _end_late_opening(self, accepted: Report) -> list[Event]:
        """An opening whose cancel did not get through turns out to work: after a restart, or one that came back."""
        state = self.orders.get(accepted.order_id)
        if state is None or not stopped(self, state.order):
            return []
        return self.cancel(accepted.order_id, OPENINGS_STOPPED)

    def end_days(self, time: int) -> None:
        """Before what happens at `time` is folded: what accounts are worth whose day is over by then. What the new
        day's first event brings is a gain or loss of that day."""
        for account in self.accounts.values():
            if account.day >= 0 and time >= account.day_end:
                account.equity_before = account.equity()

    def _raise_alarms(self, event: Event, outputs: list[Event]) -> None:
        for alarm in self.noticed:
            self._emit(alarm, outputs)
            if alarm.code == UNKNOWN_ORDER and isinstance(event, Fill):
                changed = unbooked_fill(self, event.order_id)
                if changed is not None:
                    self._emit(changed, outputs)
        self.noticed = []

    def _roll_days(self, outputs: list[Event]) -> None:
        for name, account in self.accounts.items():
            if self.now >= account.day_end:
                day = day_of(account.terms.day_zone, self.now)
                equity = account.equity() if account.equity_before is None else account.equity_before
                account.equity_before = None
                self._emit(DayRolled(self.now, name, day, equity), outputs)
                scope = "account:" + name
                cause = self.causes.get(scope) if self.states.get(scope) == REDUCING else ""
                if cause == DAILY_LOSS_LIMIT:
                    self._emit(TradingStateChanged(self.now, scope, ACTIVE, "DAY_ROLLED", None, None), outputs)
                elif cause == WEEKLY_LOSS_LIMIT and (day + 3) % 7 == 0:
                    self._emit(TradingStateChanged(self.now, scope, ACTIVE, WEEK_ROLLED, None, None), outputs)

    def _check_daily_loss(self, event: Fill, outputs: list[Event]) -> None:
        """After a fill the daily loss is looked at again; at its limit the account is REDUCING until the day rolls."""
        if event.order_id not in self.orders:
            return
        name = self.orders[event.order_id].order.account
        account = self.accounts[name]
        limits = account.limits
        limit = loss_limit(limits.get("maxDailyLoss"), limits.get("maxDailyLossPercent"), account.day_equity)
        scope = "account:" + name
        if limit < 0 or self.states.get(scope, ACTIVE) != ACTIVE:
            return
        loss = account.daily_loss()
        if loss is not None and loss >= limit:
            self._emit(TradingStateChanged(self.now, scope, REDUCING, DAILY_LOSS_LIMIT, loss, limit), outputs)

    def _trigger_exits(self, event: MarketEvent, outputs: list[Event]) -> None:
        """Held exits whose price was reached go out; their siblings end. A stop goes before a take-profit."""
        index = event.instrument.index
        mark: Mark = self.marks.marks[index]
        reached = [
            exit
            for exit in self.exits.values()
            if exit.order.instrument.index == index and self._guarded(exit.order) > 0 and exit.triggered(event, mark)
        ]
        reached.sort(key=_stops_first)
        for exit in reached:
            order = exit.order
            if order.id in self.exits:
                guarded = self._guarded(order)
                if guarded == 0:
                    continue
                quantity = in_steps(guarded, order.instrument)
                # What its parent has not filled yet would stand unguarded.
                outputs += self.cancel(order.parent, EXIT_OF_PART)
                self._end_siblings(order, outputs)
                self._emit(ExitTriggered(self.now, order.id, quantity, mark.reference(order.side)), outputs)
                self._emit(submit_of(self.now, Approved(order)), outputs)

    def _end_siblings(self, order: Order, outputs: list[Event]) -> None:
        if order.group == "":
            return
        for exit in list(self.exits.values()):
            if exit.order.group == order.group and exit.order.id != order.id:
                self._emit(cancel_of(self.now, exit.order.id, SIBLING_TRIGGERED), outputs)

    def _settle_links(self, report: Report, outputs: list[Event]) -> None:
        """When a parent ended unfilled, or its book is flat again, the exits held for it have nothing to guard."""
        state = self.orders.get(report.order_id)
        if state is None:
            return
        book = self.book(state.order.account, state.order.strategy, state.order.instrument)
        for order_id in list(book.exits):
            exit = self.exits.get(order_id)
            if exit is None:
                continue
            order = exit.order
            parent = self.orders.get(order.parent)
            if parent is not None and parent.is_open():
                continue
            if book.closable(order.side, order.lot) == 0 or (parent is not None and parent.filled == 0):
                self._emit(cancel_of(self.now, order.id, NOTHING_TO_GUARD), outputs)

    def _end_surplus(self, fill: Fill, outputs: list[Event]) -> None:
        """Exits at the venue that together could close more than a fill has left, the newest first, where no
        reduce-only holds them back: what they would open is nobody's wish."""
        order = self.orders[fill.order_id].order
        book = self.book(order.account, order.strategy, order.instrument)
        if not book.exits:
            return
        for hold in reversed(list(book.exits.values())):
            exit = hold.order
            if exit.flags & REDUCE_ONLY or hold.remaining == 0:
                continue
            # The room of a group is what others leave it; an exit alone has taken its own already.
            room = left(book, exit.side, exit.lot, exit.group)
            if room < (hold.remaining if exit.group else 0):
                self._emit(Cancel(self.now, exit.id, NOTHING_TO_GUARD), outputs)

    def tend(self, event: Event) -> list[Event]:
        """What the exit plans do after an event, behind what the strategies wanted. Applied outputs."""
        outputs = tend(self, event)
        return outputs + watchdog.tend(self) if self.stops else outputs

    def protect(self, asked: ProtectRequested) -> list[Event]:
        """Exits that a person sets for what a strategy holds. Applied outputs."""
        return protect(self, asked)

    def modify(self, intent: Intent) -> list[Event]:
        """Other terms for a working order. Applied outputs; nothing for an order that is unknown or has ended."""
        state = self.orders.get(intent.order_id)
        return modify.modify(self, intent) if state is not None and state.is_open() else []

    def rules_of(self, book: Book) -> list[Rule]:
        """For `core.modify`."""
        return self._rules_of(book)

    def proposal_of(self, order: Order, intent: Intent, book: Book) -> Proposal:
        """An order as the rules look at it now."""
        self.stamp += 1
        state = self.trading_state(order.account, order.strategy, order.instrument.symbol)
        mark = self.marks.marks[order.instrument.index]
        return Proposal(order, intent, self.accounts[order.account], book, mark, state, self.now, self.stamp)

    def trail(self, intent: Intent) -> list[Event]:
        """A new distance for the stops that plans of a strategy move. Applied outputs."""
        return new_distance(self, intent)

    def emit(self, output: Event, outputs: list[Event]) -> None:
        """For `core.guards`: an output, applied as it is made."""
        self._emit(output, outputs)

    def judge_part(self, intent: Intent) -> list[Event]:
        """A close of a part that leaves the exits of the rest alone; who asks has ended its own."""
        outputs: list[Event] = []
        self._judge_one(self.book(intent.account, intent.strategy, intent.instrument), intent, [], outputs)
        return outputs

    def attach(self, intent: Intent, entry: Order, outputs: list[Event]) -> list[Order]:
        """Exits for an opening that has filled, in a decision of their own; nobody has to allow an exit."""
        orders: list[Order] = []
        self._attach_exits(intent, entry, orders)
        mark: Mark = self.marks.marks[entry.instrument.index]
        known = mark.reference_time(-entry.side)
        decision = Decision(
            self.now, self.decision_count + 1, entry.account, entry.strategy, entry.instrument, True, orders, [],
            intent.reason, (), mark.reference(-entry.side) or -1, self.now - known if known else -1, 0,
            entry.instrument.quote, "as its opening", 1.0,
        )  # fmt: skip
        self._place(decision, outputs)
        return orders

    def _place(self, decision: Decision, outputs: list[Event]) -> None:
        """A decision, and the orders of it that go to their venue."""
        self._emit(decision, outputs)
        if decision.approved:
            for made in decision.orders:
                if not self._held_here(made):
                    self._emit(submit_of(self.now, Approved(made)), outputs)

    def _emit(self, output: Event, outputs: list[Event]) -> None:
        self.apply(output)
        outputs.append(output)


def in_steps(size: int, instrument: Instrument) -> int:
    """A size to close, on the venue's step: fills in parts and fees in the base currency leave finer ones. What is
    smaller than a step stays as it is, to be refused by its name."""
    return round_down(size, instrument.rules.step) or size


def part_of(intent: Intent, order_id: str, quantity: int, closing: bool) -> Intent:
    """The closing half of an intent that crosses zero: a plain market or limit order of `quantity` counts."""
    part = Intent(order_id, intent.account, intent.strategy, intent.instrument, intent.side)
    part.closing = closing
    part.quantity = quantity
    part.type = intent.type
    part.limit_units = intent.limit_units
    part.stop_units = intent.stop_units
    part.trail_units = intent.trail_units
    part.trail_ppm = intent.trail_ppm
    part.time_in_force = intent.time_in_force
    part.flags = intent.flags
    part.reason = intent.reason
    part.inputs = intent.inputs
    part.confidence = intent.confidence
    part.plan = intent.plan
    return part


def _stops_first(exit: HeldExit) -> tuple[int, str]:
    return (exit.order.type == LIMIT, exit.order.id)
