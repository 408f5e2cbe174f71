"""Reservations: a place among the open positions, and the money for it, kept before an order exists.

Whatever waits for something before it becomes an order can keep its place: a signal that waits for its cycle, a person,
a service. A reservation is judged as its order would be now, by every rule of every station, and from then on it
counts as one: slots, budgets, exposure and buying power see no difference. So of two that want the last of anything
one is refused, in whatever order they come.

It ends once: when its order exists (the order then holds its own place), when its order is refused, when it is not
wanted any more, when its scope stops opening, or at its time. An order that names a reservation which has ended is
refused: whoever waited too long has to hear of it. Its order is judged again, without what was kept for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewright.core.holds import Hold
from tradewright.core.risk import judge, passed
from tradewright.core.sizers import fitted
from tradewright.core.trading_state import NAMES_SHOWN, check_account, check_name, stopped
from tradewright.model.decision import PICKER, Check, Decision
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.intent import Intent
from tradewright.model.order import BUY, ENTRY, GTC, LIMIT, MARKET, SELL, Order
from tradewright.model.reservation import (
    OPENINGS_STOPPED,
    ORDER_REFUSED,
    ORDERED,
    WITHDRAWN,
    Released,
    ReleaseRequested,
    ReservationExpired,
    Reserved,
    ReserveRequested,
)

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.judge import Judge

#: How long a reservation lasts where neither it nor `tradepicker.reservationTtlMs` says.
TTL_NS = 300_000 * 10**6
#: No reservation is asked for longer than this.
TTL_NS_MAX = 24 * 3_600 * 10**9
NEVER_NS = 2**63 - 1
ID_LENGTH_MAX = 64
RESERVATION_ENDED = "RESERVATION_ENDED"
RESERVATION_CODES = {
    RESERVATION_ENDED: "The reservation that the order names is there, and of its account, strategy, symbol and side."
}
#: Rules on the size of an order: a slot alone has none.
_OF_SIZE = ("SIZE_INCREMENT", "SIZE_MINIMUM", "NOTIONAL_MINIMUM")


class Reservation:
    """One that is kept. order: the order it stands for, by the reservation's id; hold: what it takes; expires: ns UTC;
    who, reason: who reserved it, and why."""

    __slots__ = ("order", "hold", "expires", "who", "reason")

    def __init__(self, order: Order, hold: Hold, expires: int, who: str, reason: str) -> None:
        self.order = order
        self.hold = hold
        self.expires = expires
        self.who = who
        self.reason = reason

    def is_for(self, intent: Intent) -> bool:
        """Whether the intent is of its account, strategy, symbol and side."""
        order = self.order
        mine = (order.account, order.strategy, order.instrument.symbol, order.side)
        return mine == (intent.account, intent.strategy, intent.instrument.symbol, intent.side)

    def row(self) -> list[Any]:
        hold = self.hold
        return [self.order.row(), hold.currency, hold.amount, self.expires, self.who, self.reason]


# ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────────


def fold(engine: Blotter, event: Reserved) -> None:
    """One that was granted takes its place."""
    if not event.approved:
        return
    order = Order(
        event.id, event.account, event.strategy, event.instrument, event.side, LIMIT if event.limit_units else MARKET,
        event.quantity, event.limit_units, 0, 0, 0, GTC, 0, "", "", "", ENTRY, 0, 0, event.time,
    )  # fmt: skip
    book = engine.book(event.account, event.strategy, event.instrument)
    hold = engine.holds.occupy(order, book, event.hold_currency, event.hold)
    engine.reservations[event.id] = Reservation(order, hold, event.expires, event.who, event.reason)
    engine.set_due()


def end(engine: Blotter, id: str) -> None:
    """Its place is free again."""
    engine.holds.vacate(engine.reservations.pop(id).hold)
    engine.set_due()


def next_end(engine: Blotter) -> int:
    """When the next one expires, ns UTC; a time past all others where there is none."""
    return min([kept.expires for kept in engine.reservations.values()], default=NEVER_NS)


def check(engine: Blotter, asked: ReserveRequested | ReleaseRequested) -> None:
    """Whether what is asked names what is there. Raises InputError; nothing is journaled then."""
    if asked.who == "":
        raise InputError("a reservation is asked for by name: say who")
    if isinstance(asked, ReleaseRequested):
        if asked.id not in engine.reservations:
            there = ", ".join(sorted(engine.reservations)[:NAMES_SHOWN]) or "none"
            raise InputError(f"reservation {asked.id!r} is not there; there are: {there}")
        return
    check_account(engine, asked.account)
    check_name(engine, "symbol", asked.symbol, [])
    what = f"reservation of {asked.who}"
    if asked.strategy == "" or asked.side not in (BUY, SELL) or min(asked.quantity, asked.limit_units) < 0:
        raise InputError(f"{what}: it has a strategy, a side, and a size and a price that are not below zero")
    if not 0 < len(asked.id) <= ID_LENGTH_MAX or ":" in asked.id or asked.id in engine.reservations:
        # With a colon the engine names those of signals that wait.
        raise InputError(
            f"{what}: its id {asked.id!r} has up to {ID_LENGTH_MAX} characters, no colon among them, and is not in use"
        )
    if not 0 <= asked.ttl_ns <= TTL_NS_MAX:
        raise InputError(f"{what}: it lasts {TTL_NS_MAX // 10**9} seconds at most")


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def answer(engine: Judge, asked: ReserveRequested | ReleaseRequested) -> list[Event]:
    """What is asked for. Applied outputs."""
    return reserve(engine, asked) if isinstance(asked, ReserveRequested) else release(engine, asked.id, WITHDRAWN)


def reserve(engine: Judge, asked: ReserveRequested) -> list[Event]:
    """What a person or service asks for. Applied outputs."""
    intent = Intent("", asked.account, asked.strategy, engine.symbols[asked.symbol], asked.side)
    intent.quantity, intent.limit_units = asked.quantity, asked.limit_units
    intent.type = LIMIT if asked.limit_units else MARKET
    return place(engine, intent, asked.id, asked.ttl_ns, asked.who, asked.reason)


def place(engine: Judge, intent: Intent, id: str, ttl_ns: int, who: str, reason: str) -> list[Event]:
    """Judge the place of an opening as its order would be judged now, in the size it would get. Applied outputs."""
    outputs: list[Event] = []
    book = engine.book(intent.account, intent.strategy, intent.instrument)
    rules = engine.prepare(book, intent)
    order = Order(
        id, intent.account, intent.strategy, intent.instrument, intent.side, intent.type, intent.quantity,
        intent.limit_units, intent.stop_units, 0, 0, GTC, 0, "", "", "", ENTRY, 0, 0, engine.now,
    )  # fmt: skip
    order.quantity, capped = engine.size_now(intent, order)
    proposal = engine.proposal_of(order, intent, book)
    if capped:
        proposal, _ = fitted(proposal, rules, 0)
    checks = judge(rules, proposal)
    if order.quantity == 0:
        checks = [check for check in checks if check.code not in _OF_SIZE]
    need = proposal.need
    approved = passed(checks) and need is not None
    most = engine.gate.least(book, "tradepicker.reservationTtlMs")
    ttl = min(ttl_ns or most or TTL_NS, most or TTL_NS_MAX)
    expires = engine.now + ttl if approved else 0
    engine.emit(
        Reserved(
            engine.now, id, order.account, order.strategy, order.instrument, order.side, order.quantity,
            order.limit_units, approved, expires, need if approved and need is not None else 0,
            proposal.hold_currency, checks, who, reason,
        ),
        outputs,
    )  # fmt: skip
    return outputs


def use(engine: Judge, intent: Intent) -> list[Event]:
    """Judge an intent in the place that is kept for it: as if nothing were. Applied outputs."""
    id = intent.reservation
    intent.reservation = ""
    kept = engine.reservations.get(id)
    if kept is None or not kept.is_for(intent):
        refusal = Check(RESERVATION_ENDED, False, None, None, "count", f": {id!r}", PICKER)
        return engine.deny(intent, refusal, "not judged: its reservation is not there")
    engine.holds.vacate(kept.hold)
    try:
        outputs = engine.judge(intent)
    finally:
        engine.holds.take(kept.hold)
    made = [output for output in outputs if isinstance(output, Decision)]
    # What only closed the other side exists as well; of what did both, the opening is what the place was kept for.
    made = [decision for decision in made if decision.orders[0].role == ENTRY] or made
    granted = [decision.orders[0].id for decision in made if decision.approved]
    ended = Released(engine.now, id, ORDERED, granted[-1]) if granted else Released(engine.now, id, ORDER_REFUSED, "")
    engine.emit(ended, outputs)
    return outputs


def release(engine: Judge, id: str, code: str) -> list[Event]:
    """End a reservation; nothing where it has ended. Applied outputs."""
    outputs: list[Event] = []
    if id in engine.reservations:
        engine.emit(Released(engine.now, id, code, ""), outputs)
    return outputs


def expire(engine: Engine, outputs: list[Event]) -> None:
    """End those whose time is over, the earliest first."""
    over = [(kept.expires, id) for id, kept in engine.reservations.items() if kept.expires <= engine.now]
    for expires, id in sorted(over):
        engine.emit(ReservationExpired(engine.now, id, expires), outputs)


def stop(engine: Engine, outputs: list[Event]) -> None:
    """End those that may not open any more."""
    for id in [id for id, kept in engine.reservations.items() if stopped(engine, kept.order)]:
        engine.emit(Released(engine.now, id, OPENINGS_STOPPED, ""), outputs)
