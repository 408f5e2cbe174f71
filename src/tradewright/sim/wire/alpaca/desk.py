"""The desk: orders on their way to the exchange, and what its reports make of them.

An order is answered first (pending_new, or accepted where it waits for a session) and is new `ack_ns` later; fills come
behind that. A cancel or a replacement takes as long, and a fill may win the race. Exits of a bracket are held until the
entry is filled whole, then they are one group of the exchange: what fills of one is taken from the other. Every change
is told to the trade stream.

Decided: the size in a replacement is that of the new order, which begins with nothing filled; without one it is what is
left of the old; what the old order fills on the way is taken off. `restated` tells of a stop loss that a partial profit
has made smaller. What a DAY order may not wait for, the desk ends itself: at the session's close, with extended hours
as the hours behind it end, GTC as the 90th day behind begins in New York.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tradewright.model.command import Approved, Cancel, Submit
from tradewright.model.event import (
    ACCEPTED,
    CANCELLED,
    REJECTED,
)
from tradewright.model.event import EXPIRED as EXCHANGE_EXPIRED
from tradewright.model.report import Fill, Replaced, Report
from tradewright.model.rng import Rng
from tradewright.model.zone import day_of
from tradewright.sim.exchange.exchange import Exchange
from tradewright.sim.wire.alpaca.account import Account
from tradewright.sim.wire.alpaca.admission import notional_size
from tradewright.sim.wire.alpaca.agenda import Agenda
from tradewright.sim.wire.alpaca.assets import CRYPTO, Asset
from tradewright.sim.wire.alpaca.boards import Boards
from tradewright.sim.wire.alpaca.codes import unprocessable
from tradewright.sim.wire.alpaca.hours import begins, ends, judge_auction
from tradewright.sim.wire.alpaca.knobs import Knobs
from tradewright.sim.wire.alpaca.notation import NEW_YORK, SIZE_ONE, size_text, stamp, uuid_of
from tradewright.sim.wire.alpaca.orders import (
    ACCEPTED as WAITING,
)
from tradewright.sim.wire.alpaca.orders import (
    CANCELED,
    DONE_FOR_DAY,
    ENTRY,
    EXPIRED,
    FINAL,
    HELD,
    NEW,
    PARTIAL,
    PENDING_CANCEL,
    PENDING_NEW,
    PENDING_REPLACE,
    REPLACED,
    Order,
    Terms,
)
from tradewright.sim.wire.alpaca.orders import FILLED as FULL
from tradewright.sim.wire.alpaca.orders import REJECTED as REFUSED
from tradewright.sim.wire.alpaca.passage import for_exchange
from tradewright.sim.wire.alpaca.sessions import is_open, next_open, session_at
from tradewright.sim.wire.trouble import CANCEL_MEETS_FILL, Trouble

#: Executions that the exchange keeps, at least.
FILLS_MAX = 20_000
_FILL, _PARTIAL_FILL = "fill", "partial_fill"
_BY_REPLACEMENT, _BY_TIME, _SILENTLY = "replacement", "time", "silently"

Tell = Callable[[Account, dict[str, Any]], None]


class Desk:
    """All accounts' orders. trouble: the site's; tell: takes an event for an account's trade streams."""

    def __init__(
        self, exchange: Exchange, agenda: Agenda, boards: Boards, rng: Rng, knobs: Knobs, trouble: Trouble, tell: Tell
    ) -> None:  # fmt: skip
        self._exchange = exchange
        self._agenda = agenda
        self._boards = boards
        self._ids = rng.split("ids")
        self._knobs = knobs
        self._trouble = trouble
        self._tell = tell
        self._count = 0
        self._placed: dict[str, tuple[Account, Order]] = {}
        self._waiting: dict[str, list[tuple[Account, Order]]] = {}

    # Placing

    def place(self, account: Account, terms: Terms, now: int) -> Order:
        """Takes an order that was admitted, with its legs."""
        judge_auction(terms, now)
        starts = begins(account, terms, now)
        queued = starts > now or terms.time_in_force in ("opg", "cls")
        group = uuid_of(self._ids) if terms.order_class else None
        order = self._open(account, terms, now, WAITING if queued else PENDING_NEW, group)
        for leg_terms in terms.legs:
            leg = self._open(account, leg_terms, now, HELD, group)
            leg.parent = order
            order.legs.append(leg)
        self._agenda.plan(now + self._knobs.ack_ns // 2, lambda at: self._say_taken(account, order, at))
        self._agenda.plan(max(starts, now + self._knobs.ack_ns), lambda at: self._release_in_turn(account, order, at))
        account.ledger.keep(now)
        return order

    def _open(self, account: Account, terms: Terms, now: int, status: str, group: str | None) -> Order:
        self._count += 1
        if not terms.client_order_id:
            terms.client_order_id = uuid_of(self._ids)
        if terms.intent is None:
            terms.intent = _intent(terms, account.ledger.size_of(terms.asset))
        order = Order(uuid_of(self._ids), terms, self._count, now, status, group_id=group)
        order.expires_at = ends(account, terms, now)
        if terms.time_in_force == "day":
            self._agenda.plan(order.expires_at, lambda at: self._expire(account, order, at))
        forgotten = account.add(order)
        if forgotten is not None:
            self._exchange.orders.pop(forgotten.exchange_id, None)
        if len(self._exchange.history) > 2 * FILLS_MAX:
            del self._exchange.history[:-FILLS_MAX]
        order.remember(now)
        return order

    def _say_taken(self, account: Account, order: Order, now: int) -> None:
        if order.status in (PENDING_NEW, WAITING):
            self._say(account, order, order.status, now)

    def _release_in_turn(self, account: Account, order: Order, now: int) -> None:
        """To the exchange, or behind the first tick of the session it has waited for, or of the end of a halt: what
        stood before is no price."""
        board = self._boards.of(order.terms.asset)
        if order.terms.asset.halted:
            self._waiting.setdefault(order.terms.asset.plain, []).append((account, order))
            return
        stale = order.status == WAITING and board.ticked and board.ticked < session_at(now).opens
        if stale and not order.terms.extended_hours and order.terms.time_in_force not in ("opg", "cls"):
            self._waiting.setdefault(order.terms.asset.plain, []).append((account, order))
            return
        self.release(account, order, now)
        if order.terms.order_class == "oco":
            for leg in order.legs:
                self.release(account, leg, now)

    def release(self, account: Account, order: Order, now: int) -> None:
        """Hands it to the exchange, unless it has ended before."""
        if order.status not in (PENDING_NEW, WAITING, HELD):
            return
        if self._trouble.exits_refused and order.parent is not None:
            self._refuse(account, order, now)
            return
        terms, asset = order.terms, order.terms.asset
        if terms.notional and not terms.size:
            terms.size = notional_size(terms, self._boards.of(asset).touch(terms.side))
        order.exchange_id = f"{order.number}"
        self._placed[order.exchange_id] = (account, order)
        # Whole shares fill in whole shares; only an order that asks for a fraction may fill in fractions.
        step = asset.instrument.rules.step
        if terms.size % step:
            asset.use_steps(1)
        self._exchange.execute(Submit(now, Approved(for_exchange(order, account.terms.key))))
        asset.use_steps(step)
        self.draw(now)

    def released_by(self, asset: Asset, now: int) -> None:
        """A tick is there: what waited for it works, unless only the session's will do."""
        for account, order in self._waiting.pop(asset.plain, []):
            if is_open(now) or order.terms.extended_hours:
                self.release(account, order, now)
                for leg in order.legs if order.terms.order_class == "oco" else []:
                    self.release(account, leg, now)
            else:
                self._waiting.setdefault(asset.plain, []).append((account, order))

    # Days

    def begin_day(self, accounts: Iterable[Account], now: int) -> None:
        """A day has begun in New York: what has lain here too long expires."""
        for account in accounts:
            for order in account.working():
                if order.expires_at and order.expires_at <= now:
                    self._expire(account, order, now)

    def end_day(self, accounts: Iterable[Account], now: int) -> None:
        """The session is over: orders that stay for the next one say so and are new again with it (a knob)."""
        for account in accounts:
            for order in account.working():
                if order.terms.asset.asset_class != CRYPTO and order.status in (NEW, PARTIAL):
                    order.status = DONE_FOR_DAY
                    self._say(account, order, DONE_FOR_DAY, now)
                    self._agenda.plan(next_open(now), lambda at, a=account, o=order: self._next_day(a, o, at))  # type: ignore[misc]

    def _next_day(self, account: Account, order: Order, now: int) -> None:
        if order.status == DONE_FOR_DAY:
            order.status = PARTIAL if order.filled else NEW
            self._say(account, order, NEW, now)

    def _expire(self, account: Account, order: Order, now: int) -> None:
        """The order's time is over; exits that are held end with their entry."""
        if order.status in FINAL or order.status == HELD:
            return
        if order.exchange_id:
            self._end_at_exchange(order, _BY_TIME, now)
        else:
            self._ended(account, order, EXPIRED, now)

    # Cancelling

    def cancel(self, account: Account, order: Order, now: int) -> None:
        """Takes a request to cancel. Refuses what can not be cancelled."""
        if self.fillable(account, order) and self._trouble.meets(CANCEL_MEETS_FILL):
            self.fill_rest(account, order, now)
        if order.status in FINAL:
            raise unprocessable(f'order is already in "{order.status}" state')
        if order.status == PENDING_REPLACE:
            raise unprocessable("order pending replace cannot be cancelled")
        if order.cancel_asked:
            return
        order.cancel_asked = True
        if order.exchange_id:
            order.status = PENDING_CANCEL
            order.remember(now)
        self._agenda.plan(now + self._knobs.ack_ns, lambda at: self._cancel_now(account, order, at))

    def _cancel_now(self, account: Account, order: Order, now: int) -> None:
        if order.status in FINAL:
            self._say(account, order, "order_cancel_rejected", now)
        elif order.exchange_id:
            self._end_at_exchange(order, "", now)
        else:
            self._ended(account, order, CANCELED, now)

    def _end_at_exchange(self, order: Order, ending: str, now: int) -> None:
        order.ending = ending
        self._exchange.execute(Cancel(now, order.exchange_id))
        self.draw(now)

    # Replacing

    def replace(self, account: Account, order: Order, terms: Terms, now: int) -> Order:
        """Takes other terms for an order; gives the order that is to be in its place."""
        successor = self._open(account, terms, now, HELD if order.status == HELD else PENDING_NEW, order.group_id)
        successor.replaces = order.id
        successor.hwm, successor.trail_stop = order.hwm, order.trail_stop
        order.successor = successor
        if order.status != HELD:
            order.status = PENDING_REPLACE
        order.remember(now)
        seen = order.filled
        self._agenda.plan(now + self._knobs.ack_ns, lambda at: self._swap(account, order, successor, seen, at))
        return successor

    def _swap(self, account: Account, order: Order, successor: Order, seen: int, now: int) -> None:
        """The replacement takes place, or the old order was faster."""
        more = order.filled - seen
        if order.status in FINAL or successor.terms.size <= more or successor.status in FINAL:
            self._keep(account, order, successor, now)
            return
        successor.terms.size -= more
        if order.status == HELD:
            self._replaced(account, order, now)
            self._say(account, successor, HELD, now)
            if (successor.parent or order).status == FULL:
                self.release(account, successor, now)
            return
        self._end_at_exchange(order, _BY_REPLACEMENT, now)
        if order.status == REPLACED:
            self._release_in_turn(account, successor, now)
        else:
            self._keep(account, order, successor, now)

    def _keep(self, account: Account, order: Order, successor: Order, now: int) -> None:
        """The replacement came too late."""
        order.successor = None
        if order.status == PENDING_REPLACE:
            order.status = PARTIAL if order.filled else NEW
        self._say(account, order, "order_replace_rejected", now)
        if successor.status not in FINAL:
            successor.status = REFUSED
            successor.failed_at = now
            self._say(account, successor, REFUSED, now)

    def _replaced(self, account: Account, order: Order, now: int) -> None:
        successor = order.successor
        order.status = REPLACED
        order.replaced_at = now
        if successor is not None:
            order.replaced_by = successor.id
            successor.parent, successor.legs = order.parent, order.legs
            for leg in order.legs:
                leg.parent = successor
            order.legs = []
            if successor.parent is not None:
                siblings = successor.parent.legs
                siblings[siblings.index(order)] = successor
        self._say(account, order, REPLACED, now)

    # Reports

    def draw(self, now: int) -> None:
        """Hears all that the exchange has to say by now."""
        for report in self._exchange.due(now):
            self.hear(report, now)

    def hear(self, report: Report, now: int) -> None:
        """What one report makes of its order."""
        account, order = self._placed[report.order_id]
        if order.ending == _SILENTLY:
            del self._placed[report.order_id]
            return
        if report.kind == ACCEPTED:
            order.status = PENDING_CANCEL if order.cancel_asked else NEW
            self._watch_trail(order)
            self._say(account, order, NEW, now)
        elif report.kind == REJECTED:
            del self._placed[order.exchange_id]
            self._refuse(account, order, now)
        elif isinstance(report, Fill):
            self.book(account, order, report.size_units, report.price_units, now)
            if report.fee:
                account.ledger.charge(order.terms.asset, report.fee, report.fee_currency)
                account.activities.fee(order, report.fee, report.fee_currency, now, self._ids)
                account.ledger.keep(now)
        elif isinstance(report, Replaced):
            order.terms.size = report.quantity
            self._say(account, order, "restated", now)
        elif report.kind in (CANCELLED, EXCHANGE_EXPIRED):
            self._hear_end(account, order, report, now)

    def _refuse(self, account: Account, order: Order, now: int) -> None:
        """rejected, and its family with it."""
        order.status = REFUSED
        order.failed_at = now
        self._say(account, order, REFUSED, now)
        self._end_family(account, order, now)

    def _hear_end(self, account: Account, order: Order, report: Report, now: int) -> None:
        self._placed.pop(order.exchange_id, None)
        if order.ending == _BY_REPLACEMENT:
            self._replaced(account, order, now)
        elif order.ending == _BY_TIME or report.kind == EXCHANGE_EXPIRED:
            self._ended(account, order, EXPIRED, now)
        else:
            self._ended(account, order, CANCELED, now, alone=report.code == "GROUP_FILLED")

    def _ended(self, account: Account, order: Order, status: str, now: int, alone: bool = False) -> None:
        """canceled or expired, and its family with it, unless it was another of them that filled."""
        order.status = status
        if status == CANCELED:
            order.canceled_at = now
        else:
            order.expired_at = now
        self._say(account, order, status, now)
        if not alone:
            self._end_family(account, order, now)

    def _end_family(self, account: Account, order: Order, now: int) -> None:
        for member in order.family():
            if member is order or member.status in FINAL:
                continue
            self._agenda.plan(now, lambda at, member=member: self._withdraw(account, member, at))  # type: ignore[misc]

    def _withdraw(self, account: Account, order: Order, now: int) -> None:
        if order.status not in FINAL and order.exchange_id:
            self._end_at_exchange(order, "", now)
        elif order.status not in FINAL:
            self._ended(account, order, CANCELED, now, alone=True)

    def book(self, account: Account, order: Order, size: int, price: int, now: int) -> None:
        """An execution, in the ledger, the order, the activities and the stream."""
        terms, asset = order.terms, order.terms.asset
        today = day_of(NEW_YORK, now)
        before = account.ledger.positions.get(asset.plain)
        if before is not None and before.day == today and before.size * terms.side < 0 and asset.asset_class != CRYPTO:
            account.day_trades = [*account.day_trades[-99:], (today, order.id)]
            account.day_trades = list(dict.fromkeys(account.day_trades))
        account.ledger.book(asset, terms.side * size, price, today)
        order.filled += size
        order.cost += asset.money(price, size)
        complete = order.filled >= terms.size
        if complete:
            order.status = FULL
            order.filled_at = now
            self._placed.pop(order.exchange_id, None)
        elif order.status not in (PENDING_CANCEL, PENDING_REPLACE):
            order.status = PARTIAL
        account.activities.fill(order, size, price, now, self._ids)
        account.ledger.keep(now)
        self._say(
            account, order, _FILL if complete else _PARTIAL_FILL, now,
            execution_id=uuid_of(self._ids), price=asset.price_text(price), qty=size_text(size),
            position_qty=size_text(account.ledger.size_of(asset)),
        )  # fmt: skip
        if complete and terms.role == ENTRY:
            for leg in list(order.legs):
                self._agenda.plan(now, lambda at, leg=leg: self.release(account, leg, at))  # type: ignore[misc]

    def _watch_trail(self, order: Order) -> None:
        """The high-water mark of a trailing stop and where it would trigger."""
        if order.terms.type != "trailing_stop" or not order.exchange_id:
            return
        working = self._exchange.order(order.exchange_id)
        if working is None or working.mark >= 2**62:
            return
        mark = abs(working.mark)
        distance = order.terms.trail or mark * order.terms.trail_ppm // 1_000_000
        order.hwm, order.trail_stop = mark, mark + order.terms.side * distance

    def watch_trails(self, asset: Asset) -> None:
        """Behind a market event: trailing stops have followed it."""
        for _, order in list(self._placed.values()):
            if order.terms.asset is asset:
                self._watch_trail(order)

    def _say(self, account: Account, order: Order, event: str, now: int, **extra: str) -> None:
        row = order.remember(now)
        self._tell(account, {"event": event, "timestamp": stamp(now), "order": row, **extra})

    # Faults from the inside

    def lose(self, order: Order, now: int) -> None:
        """Cancels an order that works, unasked; its family ends with it."""
        self._end_at_exchange(order, "", now)

    def overfill(self, account: Account, order: Order, now: int) -> None:
        """Fills what is left of a working order and a share (a step) more than was asked for."""
        more = SIZE_ONE if order.terms.asset.asset_class != CRYPTO else order.terms.asset.size_step
        size, price = order.left + more, self._boards.of(order.terms.asset).touch(order.terms.side)
        if order.exchange_id:
            self._end_at_exchange(order, _SILENTLY, now)
        self.book(account, order, size, price, now)

    def fillable(self, account: Account, order: Order) -> bool:
        """Whether it works, or will at once, there is a price at which it could fill, and what it is to close."""
        terms, asset = order.terms, order.terms.asset
        closes = (terms.intent or "").endswith("_to_close")
        if closes and -terms.side * account.ledger.size_of(asset) < order.left:
            return False
        priced = terms.limit or self._boards.of(asset).touch(terms.side)
        return order.status in (PENDING_NEW, NEW, PARTIAL) and bool(order.left and priced) and not asset.halted

    def fill_rest(self, account: Account, order: Order, now: int) -> None:
        """Fills what is left of an order that is fillable, at its limit or else at the touch."""
        price = order.terms.limit or self._boards.of(order.terms.asset).touch(order.terms.side)
        if order.exchange_id:
            self._end_at_exchange(order, _SILENTLY, now)
        self.book(account, order, order.left, price, now)
        if order.terms.role != ENTRY:
            self._end_family(account, order, now)

    def late_fill(self, account: Account, order: Order, now: int) -> None:
        """Fills an order that ended, by what was left of it."""
        self.book(account, order, order.left, self._boards.of(order.terms.asset).touch(order.terms.side), now)


def _intent(terms: Terms, held: int) -> str:
    side = "buy" if terms.side > 0 else "sell"
    exits = terms.role is not None and terms.role != ENTRY
    return f"{side}_to_{'close' if exits or held * terms.side < 0 else 'open'}"
