"""The deterministic core: a blotter that folds, a judge of intents, and what the core does by itself.

Two doors. `apply` folds one record (`core.blotter`). `judge`, `cancel`, `react` and `size_at_fill` decide: they return
outputs that are already applied, in the order in which they must be journaled. What is decided is never decided again
on recovery.
"""

from __future__ import annotations

from tradewright.core import (
    at_open,
    by_hand,
    by_service,
    inquiries,
    modify,
    reconcile,
    reservations,
    session,
    stale_orders,
    turning,
    watchdog,
)
from tradewright.core.accounts import AccountState
from tradewright.core.breakers import day_rolled, tripped
from tradewright.core.exits import HeldExit
from tradewright.core.guards import new_distance, tend
from tradewright.core.holds import left
from tradewright.core.judge import Judge, in_steps
from tradewright.core.ledger import Book
from tradewright.core.life_cycle import HELD, NONE
from tradewright.core.lost_exits import place_again, reappeared
from tradewright.core.marks import Mark
from tradewright.core.owed_exits import give_back, linked, next_end, room_of
from tradewright.core.protect import protect
from tradewright.core.risk import Proposal
from tradewright.core.sizers import fitted
from tradewright.core.sizing import money_for, quantity_for
from tradewright.core.state import order_from
from tradewright.core.trading_state import (
    REAPPEARED,
    UNKNOWN_ORDER,
    stopped,
    stopped_openings,
    unbooked_fill,
)
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.command import (
    BY_HAND,
    CLOSING,
    EXIT_OF_PART,
    NEVER_SENT,
    NOTHING_TO_GUARD,
    NOTHING_TO_SPEND,
    OPENINGS_STOPPED,
    SIBLING_TRIGGERED,
    TARGET_WORKS,
    TOO_LARGE,
    Query,
    Replace,
    approved_of,
    cancel_of,
    submit_of,
)
from tradewright.model.control import (
    ACTIVE,
    HALTED,
    CloseRequested,
    DayRolled,
    ExitTriggered,
    LimitsExpired,
    ProtectRequested,
    TradingStateChanged,
)
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.event import (
    ACCEPTED,
    ACCOUNT_SNAPSHOT,
    CONNECTION_CHANGED,
    FILLED,
    NOT_FOUND,
    POSITION_MOVED,
    POSITION_SPLIT,
    SNAPSHOT_FAILED,
    Event,
)
from tradewright.model.foreign import EXTERNAL
from tradewright.model.intent import Intent
from tradewright.model.market import MarketEvent
from tradewright.model.order import BUY, ENTRY, LIMIT, MARKET, REDUCE_ONLY, SELL, Order
from tradewright.model.order_request import ModifyRequested, OrderRequested
from tradewright.model.report import FOUND, Fill, FillPrice, Report
from tradewright.model.reservation import ReleaseRequested, ReserveRequested
from tradewright.model.shadow import is_shadow
from tradewright.model.withheld import LAST_GATE, RequestWithheld
from tradewright.model.zone import day_of


class Engine(Judge):
    """All state of the deterministic core and everything it decides: what a trader, a recovery or a test drives."""

    __slots__ = ()

    def close_all(self, asked: CloseRequested) -> list[Event]:
        """Close what an account holds, book by book and side by side, at the market; what works ends first, also what
        would open it again. Of a part see `by_hand`."""
        if asked.quantity:
            return by_hand.close_part(self, asked)
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

    def cancel_openings(self, asked: CancelRequested) -> list[Event]:
        """Cancel the openings that a person names, foreign ones too where they fit, or one order of whatever kind;
        applied outputs."""
        if asked.order_id:
            return by_hand.cancel(self, asked)
        outputs: list[Event] = []
        for hold in list(self.holds.holds.values()):
            order = hold.order
            named = (
                asked.account in ("", order.account)
                and asked.strategy in ("", order.strategy)
                and asked.symbol in ("", order.instrument.symbol)
                and asked.side in (0, order.side)
            )
            if named and order.role == ENTRY and not is_shadow(order.account):
                outputs += self.cancel(order.id, BY_HAND)
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
            self.emit(cancel_of(self.now, order.id, NOTHING_TO_SPEND), outputs)
        else:
            self.emit(Replace(self.now, order.id, quantity, order.limit_units, order.stop_units), outputs)
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
        rules = self.rules_of(book)
        intent = Intent(order.id, order.account, order.strategy, order.instrument, order.side)
        proposal = Proposal(filling, intent, account, book, mark, ACTIVE, self.now, self.stamp)
        fitting, _ = fitted(proposal, rules, 0)
        self.holds.put_back(own, lifted)
        return fitting.order.quantity

    def look_up(self) -> list[Event]:
        """After a restart: orders that were decided but never sent end here, but for those that wait here, and every
        order that may still live at the venue is looked up. Nothing is sent again."""
        outputs: list[Event] = []
        for order_id in sorted(self.holds.holds):
            state = self.orders[order_id]
            if state.stage == HELD:
                waits = turning.waits(self, state.order) or at_open.waits(self, state.order)
                if order_id not in self.exits and not waits:
                    self.emit(cancel_of(self.now, order_id, NEVER_SENT), outputs)
            else:
                self.emit(Query(self.now, order_id), outputs)
        return outputs

    def react(self, event: Event) -> list[Event]:
        """What the core itself decides after an input was folded: days, loss limits, held exits. Applied outputs."""
        outputs: list[Event] = []
        if self.noticed:
            self._raise_alarms(event, outputs)
        if self.now >= self.next_due:
            self._roll_days(outputs)
            if self.reservations:
                reservations.expire(self, outputs)
            if self.resting:
                outputs += stale_orders.end(self)
            if self.inquiries:
                inquiries.inquire(self, outputs)
            for scope in self.gate.expired(self.now):
                self.emit(LimitsExpired(self.now, scope, self.gate.limits[scope].version), outputs)
        if self.exits:
            if isinstance(event, MarketEvent):
                self._trigger_exits(event, outputs)
            elif isinstance(event, Report):
                self._settle_links(event, outputs)
        if event.kind in (CONNECTION_CHANGED, ACCOUNT_SNAPSHOT, SNAPSHOT_FAILED, POSITION_SPLIT, POSITION_MOVED):
            outputs += reconcile.settle(self, event)
        if isinstance(event, Fill) and self.fresh_fill:
            self._end_surplus(event, outputs)
        elif isinstance(event, Report) and (event.code == FOUND or event.kind == NOT_FOUND):
            self._end_clear(event, outputs)
        filled = self.settled and isinstance(event, Fill) and self.fresh_fill
        if self.tracked or self.guarded or filled or self.causes:
            for change in tripped(self, event):
                self.emit(change, outputs)
        if self.stopping:
            outputs += self.end_openings()
        if event.kind == ACCEPTED:
            outputs += self._end_late_opening(event)  # type: ignore[arg-type]
        if self.at_open and isinstance(event, MarketEvent):
            outputs += at_open.settle(self, event)
        if self.turning:
            outputs += turning.settle(self)
        return outputs

    def hear_shadow(self, report: Report) -> list[Event]:
        """The same after a report of the shadow's venue was folded: its links and matches, and nothing that belongs to
        real accounts, which are as if it were not there. Applied outputs."""
        outputs: list[Event] = []
        if self.noticed:
            self._raise_alarms(report, outputs)
        if self.exits:
            self._settle_links(report, outputs)
        if isinstance(report, Fill) and self.fresh_fill:
            self._end_surplus(report, outputs)
            if report.order_id in self.children:
                outputs += place_again(self, report)
            if self.board is not None:
                for match in self.matches:
                    self.emit(self.board.matched(match, self.now, self.marks), outputs)
        if report.kind == NOT_FOUND:
            outputs += place_again(self, report)
        if self.owed:
            outputs += give_back(self, report)
        if self.stopping:
            outputs += self.end_openings()
        return outputs

    def end_openings(self) -> list[Event]:
        """Cancel the working openings of scopes that do not open any more: they were judged before that."""
        outputs: list[Event] = []
        self.stopping = False
        for order_id in stopped_openings(self):
            outputs += self.cancel(order_id, OPENINGS_STOPPED)
        if self.reservations:
            reservations.stop(self, outputs)
        return outputs

    def _end_late_opening(self, accepted: Report) -> list[Event]:
        """An opening whose cancel did not get through turns out to work: after a restart, or one that came back. Its
        end is asked for again where its scope opens nothing, or where a person asked for it and no venue refused."""
        state = self.orders.get(accepted.order_id)
        if state is None:
            return []
        if (self.states or self.halted) and stopped(self, state.order):
            return self.cancel(accepted.order_id, OPENINGS_STOPPED)
        return self.cancel(accepted.order_id, BY_HAND) if state.unwanted and state.cancel == NONE else []

    def end_days(self, time: int) -> None:
        """Before what happens at `time` is folded: what accounts are worth whose day is over by then. What the new
        day's first event brings is a gain or loss of that day."""
        for account in self.accounts.values():
            if account.day >= 0 and time >= account.day_end:
                account.equity_before = account.equity()

    def _raise_alarms(self, event: Event, outputs: list[Event]) -> None:
        for alarm in self.noticed:
            self.emit(alarm, outputs)
            if alarm.code == UNKNOWN_ORDER and isinstance(event, Fill):
                changed = unbooked_fill(self, event.order_id)
                if changed is not None:
                    self.emit(changed, outputs)
            elif alarm.code == REAPPEARED:
                outputs += reappeared(self, alarm.order_id)
            elif isinstance(event, RequestWithheld):
                self._halt_account(event, outputs)
        self.noticed = []

    def _halt_account(self, event: RequestWithheld, outputs: list[Event]) -> None:
        """Its client has made what nobody approved: until a person has looked, nothing of it is to be trusted."""
        scope = "account:" + event.account
        if self.states.get(scope, ACTIVE) != HALTED:
            self.emit(TradingStateChanged(self.now, scope, HALTED, LAST_GATE, None, None), outputs)

    def _roll_days(self, outputs: list[Event]) -> None:
        for name, account in self.accounts.items():
            if self.now >= account.day_end:
                day = day_of(account.terms.day_zone, self.now)
                equity = account.equity() if account.equity_before is None else account.equity_before
                account.equity_before = None
                self.emit(DayRolled(self.now, name, day, equity), outputs)
                for change in day_rolled(self, account):
                    self.emit(change, outputs)

    def _trigger_exits(self, event: MarketEvent, outputs: list[Event]) -> None:
        """Held exits whose price was reached go out; their siblings end. A stop goes before a take-profit."""
        index = event.instrument.index
        mark: Mark = self.marks.marks[index]
        reached = [
            exit
            for exit in self.exits.values()
            if exit.order.instrument.index == index
            and (exit.order.parent or exit.order.group)
            and self._guarded(exit.order) > 0
            and exit.triggered(event, mark)
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
                # A target may fill in part, or not at all: its stop guards on until there is nothing left.
                if order.type != LIMIT and self._end_siblings(order, outputs):
                    self.emit(cancel_of(self.now, order.id, TARGET_WORKS), outputs)
                    watchdog.go_at_market(self, order, quantity, f"{order.id} was reached", outputs)
                    continue
                self.emit(ExitTriggered(self.now, order.id, quantity, mark.reference(order.side)), outputs)
                self.emit(submit_of(self.now, approved_of(order)), outputs)

    def _end_siblings(self, order: Order, outputs: list[Event]) -> bool:
        """The other exits of its pair that are held here end; whether one works at the venue."""
        works = False
        book = self.book(order.account, order.strategy, order.instrument)
        for hold in list(book.exits.values()) if order.group else ():
            other = hold.order
            if other.group == order.group and other.id != order.id:
                if other.id in self.exits:
                    self.emit(cancel_of(self.now, other.id, SIBLING_TRIGGERED), outputs)
                else:
                    works = True
        return works

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
            if parent is None:
                closed = state.filled >= state.order.quantity and order.group == state.order.group != ""
            else:
                closed = self.unclosed(order.parent) <= 0
            if closed or book.closable(order.side, order.lot) == 0:
                if not self._unclear(book):
                    self.emit(cancel_of(self.now, order.id, NOTHING_TO_GUARD), outputs)
            elif (order.type == MARKET or order.parent == order.group == "") and not self.blocked(order):
                self._send_waiting(book, order, outputs)

    def _unclear(self, book: Book) -> bool:
        """Whether an order of a book is being looked up: what it has filled may show that an exit is needed which looks
        as if it were not, so that none ends before."""
        return any(self.orders[id].queried for id, hold in self.holds.holds.items() if hold.book is book)

    def _send_waiting(self, book: Book, order: Order, outputs: list[Event]) -> None:
        """An exit that waited for others to end goes, with what they have left of it."""
        # Of its own pair too: one whose cancel was refused may still fill.
        quantity = min(order.quantity, left(book, order.side, order.lot, ""))
        if order.group:
            # What its pair has closed while it waited is not owed any more.
            owed = [self.owed[id].size for id in linked(self, order) if not self.owed[id].reached]
            quantity = min([quantity, max(owed, default=quantity)])
        quantity = in_steps(quantity, order.instrument)
        if quantity < order.instrument.rules.step:
            self.emit(cancel_of(self.now, order.id, NOTHING_TO_GUARD), outputs)
        else:
            self.emit(ExitTriggered(self.now, order.id, quantity, 0), outputs)
            self.emit(submit_of(self.now, approved_of(order)), outputs)

    def _end_surplus(self, fill: Fill, outputs: list[Event]) -> None:
        """What a fill leaves without a purpose; and what somebody else's fill has closed goes over to them."""
        state = self.orders[fill.order_id]
        order = state.order
        book = self.book(order.account, order.strategy, order.instrument)
        if book.exits:
            self.end_too_large(book, outputs)
        if order.strategy == EXTERNAL:
            outputs += reconcile.hand_over(self, self.accounts[order.account], order.instrument, fill.price_units)

    def _end_clear(self, answer: Report, outputs: list[Event]) -> None:
        """What a look-up kept from ending may be clear with its answer."""
        state = self.orders.get(answer.order_id)
        if state is not None and answer.filled_units <= state.filled:
            order = state.order
            self.end_too_large(self.book(order.account, order.strategy, order.instrument), outputs)

    def end_unneeded(self, book: Book, outputs: list[Event]) -> None:
        """End the exits of a book that has less than they would close, but for those of openings to come."""
        for hold in list(book.exits.values()):
            exit = hold.order
            if book.closable(exit.side, exit.lot) == 0 and not self.awaits_fills(self.orders[exit.id]):
                outputs += self.cancel(exit.id, NOTHING_TO_GUARD)
        self.end_too_large(book, outputs)

    def end_too_large(self, book: Book, outputs: list[Event]) -> None:
        """Exits at the venue that together could close more than their book has left, the newest first, where no
        reduce-only holds them back: what they would open is nobody's wish. What is left of each comes back."""
        for hold in reversed(list(book.exits.values())):
            exit = hold.order
            if exit.flags & REDUCE_ONLY or hold.remaining == 0:
                continue
            room = room_of(self, self.orders[exit.id])
            if room < hold.remaining and not self._unclear(book):
                outputs += self.cancel(exit.id, TOO_LARGE if room > 0 else NOTHING_TO_GUARD)

    def tend(self, event: Event) -> list[Event]:
        """What exit plans and session targets do after an event, behind what the strategies wanted. Applied outputs."""
        outputs = tend(self, event)
        if self.stops:
            outputs += watchdog.tend(self)
        if event.kind == NOT_FOUND or (event.kind == FILLED and self.fresh_fill):
            outputs += place_again(self, event)  # type: ignore[arg-type]
        if self.owed:
            outputs += give_back(self, event)
        if self.targeted:
            outputs += session.tend(self)
        return outputs

    def next_exit(self) -> int:
        """When an exit needs something next if nothing happens until then: its time is over, or a stop's to fill, or a
        lost one is placed again. ns UTC, behind now; NEVER_NS: nothing does."""
        moments = [guard.deadline for guard in self.guards.values() if guard.deadline > self.now]
        return min(moments + [watchdog.next_end(self), next_end(self)])  # noqa: RUF005 - Cython takes no other

    def protect(self, asked: ProtectRequested) -> list[Event]:
        """Exits that a person sets for what a strategy holds. Applied outputs."""
        return protect(self, asked)

    def modify(self, intent: Intent) -> list[Event]:
        """Other terms for a working order. Applied outputs; nothing for an order that is unknown or has ended."""
        state = self.orders.get(intent.order_id)
        return modify.modify(self, intent) if state is not None and state.is_open() else []

    def ask(
        self, event: ReserveRequested | ReleaseRequested | OrderRequested | ModifyRequested | DecisionRequested
    ) -> list[Event]:
        """What a person or a service wants: a place, an order, other terms for one, what it has decided. Applied
        outputs."""
        if isinstance(event, DecisionRequested):
            return by_service.carry_out(self, event)
        if isinstance(event, OrderRequested):
            return by_hand.order(self, event)
        return by_hand.modify(self, event) if isinstance(event, ModifyRequested) else reservations.answer(self, event)

    def trail(self, intent: Intent) -> list[Event]:
        """A new distance for the stops that plans of a strategy move. Applied outputs."""
        return new_distance(self, intent)


def _stops_first(exit: HeldExit) -> tuple[int, str]:
    return (exit.order.type == LIMIT, exit.order.id)
