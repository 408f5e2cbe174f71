"""From an intent to a decision: the way of a close, a reversal and an opening through sizing and risk.

What is decided is applied at once, and returned in the order in which it must be journaled.
"""

from __future__ import annotations

from tradewright.core import at_open, reservations, turning
from tradewright.core.accounts import AccountState
from tradewright.core.blotter import Blotter
from tradewright.core.exits import on_tick
from tradewright.core.holds import left
from tradewright.core.ledger import Book
from tradewright.core.life_cycle import HELD, NONE, REFUSED
from tradewright.core.marks import Mark
from tradewright.core.orders import OrderState
from tradewright.core.risk import Proposal, Rule, judge, passed
from tradewright.core.sizers import Sized, fitted, sized, weighted
from tradewright.core.sizing import size
from tradewright.model.account import CASH
from tradewright.model.command import CLOSING, EXIT_OF_PART, approved_of, cancel_of, submit_of
from tradewright.model.control import ExitPlanned
from tradewright.model.decision import Check, Decision
from tradewright.model.event import DECISION, Event
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.order import (
    ENTRY,
    EXIT,
    GTC,
    LIMIT,
    MARKET,
    REDUCE_ONLY,
    STOP,
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING_STOP,
    Order,
)
from tradewright.model.sizer import ASKED, PPM_ONE, Sizer
from tradewright.model.slice import Sliced


class Judge(Blotter):
    """Takes intents through sizing, exits and every rule that has a say on them."""

    __slots__ = ()

    def judge(self, intent: Intent) -> list[Event]:
        """Take one intent through sizing and risk. Returns its outputs, applied: decisions, commands where approved.

        An intent that would cross zero in a netting book becomes a close and an opening, each judged by itself.
        """
        if intent.reservation:
            return reservations.use(self, intent)
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
        closable = left(book, intent.side, "", "") - turning.closing(self, book, intent.side, freed)
        self.holds.put_back(freed, lifted)
        if 0 < intent.quantity <= closable:
            intent.closing = True
            self._close(book, intent, outputs)
            return
        # What is finer than the venue's step goes with the opening part, or stays.
        closable -= max(0, closable) % intent.instrument.rules.step
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
        rules = intent.instrument.rules
        largest = rules.size_max - rules.size_max % rules.step
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
        since they close what is left; of those at the venue as many go as stand in its way, the oldest first as lots
        are closed, and what stays of theirs is guarded anew (`core.owed_exits`). Closing all of it at the market, or
        all that is not on its way there yet, also takes the place of closes that wait for a price.
        """
        found: list[str] = []
        closable = book.closable(intent.side, intent.lot)
        whole = intent.quantity == 0 or intent.quantity >= closable
        last = whole or intent.quantity >= closable - _going(book, intent)
        for order_id in book.exits:
            state = self.orders[order_id]
            order = state.order
            if order.side != intent.side or state.cancel not in (NONE, REFUSED):
                continue
            if order.role == EXIT and not (last and intent.type == MARKET and order.type != MARKET):
                continue
            if intent.lot and intent.lot not in (order.lot, order.parent):
                continue
            if not self.awaits_fills(state) and (whole or state.stage != HELD):
                found.append(order_id)
        return found if whole else self._enough(book, intent, found)

    def awaits_fills(self, state: OrderState) -> bool:
        """Whether an exit is there for what its opening has still to fill."""
        parent = self.orders.get(state.order.parent)
        return parent is not None and parent.is_open() and (state.stage == HELD or parent.filled == 0)

    def _enough(self, book: Book, intent: Intent, found: list[str]) -> list[str]:
        """The first of these exits that together make room for a close of a part; with each all of its group."""
        chosen: list[str] = []
        for order_id in found:
            lifted = self.holds.lift(chosen)
            there = left(book, intent.side, intent.lot, intent.group)
            self.holds.put_back(chosen, lifted)
            if there >= intent.quantity:
                break
            group = self.orders[order_id].order.group
            for other in found:
                if other not in chosen and (other == order_id or (group and self.orders[other].order.group == group)):
                    chosen.append(other)
        return chosen

    def _free(self, freed: list[str], outputs: list[Event]) -> None:
        """Cancel the exits whose place a close takes, and what their parents have not filled yet: it would stand
        unguarded."""
        for order_id in freed:
            self.emit(cancel_of(self.now, order_id, CLOSING), outputs)
            parent = self.orders[order_id].order.parent
            if parent:
                outputs += self.cancel(parent, EXIT_OF_PART)

    def _refuse(self, book: Book, intent: Intent, outputs: list[Event]) -> None:
        """Deny an intent whose first part was refused, for the same reasons."""
        refused = outputs[-1]
        assert isinstance(refused, Decision)
        words = f"not judged: its first part, {refused.orders[0].id}, was refused"
        self._deny(book, intent, refused.checks, words, outputs)

    def deny(self, intent: Intent, check: Check, words: str) -> list[Event]:
        """Refuse an intent by one check, before any rule is asked. Applied outputs."""
        outputs: list[Event] = []
        self._deny(self.book(intent.account, intent.strategy, intent.instrument), intent, [check], words, outputs)
        return outputs

    def _deny(self, book: Book, intent: Intent, checks: list[Check], words: str, outputs: list[Event]) -> None:
        """The record of an intent that is not judged."""
        order = self._order_of(book, intent, intent.quantity)
        account = self.accounts[intent.account]
        mark: Mark = self.marks.marks[intent.instrument.index]
        state = self.trading_state(order.account, order.strategy, intent.instrument.symbol)
        proposal = Proposal(order, intent, account, book, mark, state, self.now, self.stamp)
        decision = self._decision_of(intent, proposal, False, [order], checks)
        decision.sizing = words
        self.emit(decision, outputs)

    def _judge_one(self, book: Book, intent: Intent, freed: list[str], outputs: list[Event]) -> bool:
        """Sizing, risk and the decision record of one order; its commands when approved. freed: exits whose holds are
        lifted and that end when it is. Returns whether it was."""
        account = self.accounts[intent.account]
        instrument = intent.instrument
        mark: Mark = self.marks.marks[instrument.index]
        rules = self.prepare(book, intent)
        order = self._order_of(book, intent, intent.quantity)
        # Sized at the price it is judged at, or it could be filled beyond every limit.
        price = mark.dearest(order)
        sizing = "as asked"
        code = ""
        sizer: Sizer | None = None
        plain = intent.weight_ppm == PPM_ONE and intent.weighed == 0
        if not intent.closing and not (intent.quantity and plain):
            if (intent.size_ppm or intent.value) and plain:
                order.quantity, sizing, code = size(intent, account, price)
            else:
                sizer = self._sizer_for(intent)
                order.quantity, sizing, code = self._sized(intent, sizer, account, price)
        state = self.trading_state(order.account, order.strategy, instrument.symbol)
        proposal = Proposal.__new__(Proposal)
        self.stamp += 1
        proposal.begin(order, intent, account, book, mark, state, self.now, self.stamp)
        if sizer is not None and not code:
            proposal, capped = fitted(proposal, rules, sizer.quantity_max)
            sizing += capped
        checks = judge(rules, proposal)
        if self.queueing:
            at_open.put_off(checks)
        if code:
            checks.insert(0, Sized(0, sizing, code).check())
        if intent.parent and not intent.closing:
            checks.append(self.parents.check(order, intent.parent, intent.parent_size, order.quantity, self.orders))
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
            if intent.parent:
                # Also the half of one that closes what stood on the other side: refused for its size it is not.
                whole = self.parents.size_of(order, intent.parent, intent.parent_size)
                self.emit(Sliced(self.now, order.id, intent.parent, whole), outputs)
        return approved

    def prepare(self, book: Book, intent: Intent) -> list[Rule]:
        """Give an intent what its strategy or account has for it: exits, and the type of its order. The rules that have
        a say on it."""
        self._plan_for(intent)
        rules = self.rules_of(book)
        if book.at_limit and not intent.closing:
            self._limit(intent)
        return rules

    def verdicts(self, intent: Intent) -> list[Check]:
        """What the rules would say of a close; nothing is decided, and nothing recorded."""
        book = self.book(intent.account, intent.strategy, intent.instrument)
        order = self._order_of(book, intent, intent.quantity)
        return judge(self.rules_of(book), self.proposal_of(order, intent, book))

    def judge_part(self, intent: Intent) -> list[Event]:
        """A close of a part that leaves the exits of the rest alone; who asks has ended its own."""
        outputs: list[Event] = []
        self._judge_one(self.book(intent.account, intent.strategy, intent.instrument), intent, [], outputs)
        return outputs

    def size_now(self, intent: Intent, order: Order) -> tuple[int, bool]:
        """Size counts that the order of an opening would get now, 0 = not known; and whether rules cap them."""
        account = self.accounts[intent.account]
        mark: Mark = self.marks.marks[intent.instrument.index]
        price = mark.dearest(order)
        if (intent.quantity or intent.size_ppm or intent.value) and intent.weight_ppm == PPM_ONE:
            return size(intent, account, price)[0], False
        sizer = self._sizer_for(intent)
        return self._sized(intent, sizer, account, price).quantity, sizer is not None

    def rules_of(self, book: Book) -> list[Rule]:
        """The rules that have a say on the book's orders."""
        rules = self.bound.get(book)
        return self.gate.bind(book) if rules is None else rules

    def proposal_of(self, order: Order, intent: Intent, book: Book) -> Proposal:
        """An order as the rules look at it now."""
        self.stamp += 1
        state = self.trading_state(order.account, order.strategy, order.instrument.symbol)
        mark = self.marks.marks[order.instrument.index]
        return Proposal(order, intent, self.accounts[order.account], book, mark, state, self.now, self.stamp)

    def _limit(self, intent: Intent) -> None:
        """An opening that says no price is limited at the one it would meet, on the tick that it reaches."""
        reference = self.marks.marks[intent.instrument.index].reference(intent.side)
        if intent.type == MARKET and not intent.at_fill and reference > 0:
            intent.type = LIMIT
            intent.limit_units = on_tick(intent, intent.side, reference)

    def _plan_for(self, intent: Intent) -> None:
        """An opening without exits gets those of its strategy or account."""
        if self.plans and not intent.closing and intent.plan is None:
            if intent.stop_loss or intent.take_profit or intent.exit_trail_units or intent.exit_trail_ppm:
                return
            own = self.plans.get("strategy:" + intent.strategy)
            intent.plan = self.plans.get("account:" + intent.account) if own is None else own

    def _plan_exits(self, intent: Intent, orders: list[Order], outputs: list[Event]) -> None:
        """The plan of an approved order begins: with its stop, if it has one already."""
        if intent.plan is None:
            return
        entry = "" if intent.closing else orders[0].id
        stops = [made.id for made in orders if made.role == STOP_LOSS and made.stop_units]
        if entry or stops:
            self.emit(ExitPlanned(self.now, entry, stops[0] if stops else "", list(intent.plan.row())), outputs)

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
            return weighted(intent.quantity, intent, "as asked")
        if intent.size_ppm or intent.value:
            quantity, words, code = size(intent, account, price)
            return Sized(0, words, code) if code else weighted(quantity, intent, words)
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
        order.size_ppm = 0
        if intent.at_fill and not intent.closing:
            order.size_ppm = intent.size_ppm * intent.weight_ppm // PPM_ONE
        order.decision = self.decision_count + 1
        order.time = self.now
        return order

    def _shared(self, book: Book) -> bool:
        """Whether an exit has to do without the flag: its venue knows none, or other strategies trade the instrument in
        the same account that nets and may sell short. Its net may then stand the other way, now or when a resting exit
        is reached, and the venue would refuse to reduce it."""
        account = self.accounts[book.account]
        if book.hedging:
            return False  # closing by lot is what keeps it from opening
        if not account.terms.reduce_only:
            return True
        return account.terms.kind != CASH and not self.alone(book)

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

    def attach(self, intent: Intent, entry: Order, outputs: list[Event]) -> list[Order]:
        """Exits for an opening that has filled, in a decision of their own, for the intent's quantity at most; nobody
        has to allow an exit."""
        orders: list[Order] = []
        self._attach_exits(intent, entry, orders)
        for order in orders:
            order.quantity = min(order.quantity, intent.quantity)
        self.place_exits(orders, intent.reason, outputs)
        return orders

    def place_exits(self, orders: list[Order], reason: str, outputs: list[Event]) -> None:
        """Exits of one book in a decision of their own; nobody has to allow them."""
        exit: Order = orders[0]
        mark: Mark = self.marks.marks[exit.instrument.index]
        known = mark.reference_time(exit.side)
        decision = Decision(
            self.now, self.decision_count + 1, exit.account, exit.strategy, exit.instrument, True, orders, [], reason,
            (), mark.reference(exit.side) or -1, self.now - known if known else -1, 0, exit.instrument.quote,
            "as its opening", 1.0,
        )  # fmt: skip
        self._place(decision, outputs)

    def cancel(self, order_id: str, code: str) -> list[Event]:
        """Ask for the end of an order: nothing for one that is unknown, ended or already being cancelled; one whose
        cancel was refused is asked for again."""
        outputs: list[Event] = []
        state = self.orders.get(order_id)
        if state is not None and state.is_open() and state.cancel in (NONE, REFUSED):
            waited = self._waits_here(order_id)
            self.emit(cancel_of(self.now, order_id, code), outputs)
            if waited:
                turning.end_exits(self, order_id, outputs)
        return outputs

    def _place(self, decision: Decision, outputs: list[Event]) -> None:
        """A decision, and the orders of it that go to their venue."""
        self.emit(decision, outputs)
        if decision.approved and not self._waits_here(decision.orders[0].id):
            for made in decision.orders:
                if made.id not in self.exits:
                    self.emit(submit_of(self.now, approved_of(made)), outputs)

    def _waits_here(self, order_id: str) -> bool:
        """Whether an opening goes later, by itself."""
        return order_id in self.turning or order_id in self.at_open

    def emit(self, output: Event, outputs: list[Event]) -> None:
        """Apply an output as it is made, and note it."""
        self.apply(output)
        outputs.append(output)


def _going(book: Book, intent: Intent) -> int:
    """Size counts that close the same at the market already."""
    going = 0
    for hold in book.exits.values():
        order = hold.order
        if order.type == MARKET and order.side == intent.side and intent.lot in ("", order.lot, order.parent):
            going += hold.remaining
    return going


def in_steps(size: int, instrument: Instrument) -> int:
    """A size to close, on the venue's step: fills in parts and fees in the base currency leave finer ones. What is
    smaller than a step stays as it is, to be refused by its name."""
    step = instrument.rules.step
    return size if size < step else size - size % step


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
    part.parent, part.parent_size = intent.parent, intent.parent_size
    return part
