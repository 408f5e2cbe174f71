"""The engine as bytes and back: one versioned form for snapshots and for the state hash.

JSON rows in a fixed order: readable, exact (integers of any size), equal in both builds and for any hash seed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from tradewright.core.exits import HeldExit
from tradewright.core.guards import guard_from
from tradewright.core.holds import Hold
from tradewright.core.inquiries import Inquiry
from tradewright.core.ledger import Book, BookedFill
from tradewright.core.limits import Limits, limits_of
from tradewright.core.orders import OrderState
from tradewright.core.owed_exits import Owed
from tradewright.core.reservations import Reservation
from tradewright.core.scoreboard import board_from
from tradewright.core.session import Session
from tradewright.core.setup import account_from, instrument_from
from tradewright.core.tape import Tape
from tradewright.core.watchdog import watched_from
from tradewright.model.control import LimitWaived
from tradewright.model.errors import InputError, JournalDamaged
from tradewright.model.exit_plan import ExitPlan
from tradewright.model.instrument import Instrument
from tradewright.model.order import ENTRY, Order
from tradewright.model.signal import signal_from
from tradewright.model.sizer import Sizer
from tradewright.model.zone import day_start

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter

VERSION = 25


def to_bytes(engine: Blotter) -> bytes:
    """Everything `Blotter.apply` folds. What the engine walks through in the order of its arrival is stored in it."""
    return msgspec.json.encode(
        (
            VERSION,
            (
                engine.run,
                engine.now,
                engine.order_count,
                engine.decision_count,
                engine.denied_count,
                engine.late_events,
            ),
            [instrument.row() for instrument in engine.instruments],
            engine.marks.row(),
            [account.row() for account in engine.accounts.values()],
            engine.ledger.row(),
            [engine.orders[id].row() for id in sorted(engine.orders)],
            engine.holds.row(),
            [exit.row() for exit in engine.exits.values()],
            sorted(engine.children.items()),
            [
                (scope, state, engine.causes[scope], engine.since[scope])
                for scope, state in sorted(engine.states.items())
            ],
            sorted(engine.halted.items()),
            [engine.signals[key].row()[1:] for key in sorted(engine.signals)],
            list(engine.ended),
            engine.next_due,
            [(scope, sizer.row()) for scope, sizer in sorted(engine.sizers.items())],
            engine.gate.row(),
            [(scope, plan.row()) for scope, plan in sorted(engine.plans.items())],
            [guard.row() for guard in engine.guards.values()],
            [(id, watched.row()) for id, watched in engine.stops.items()],
            [kept.row() for kept in engine.reservations.values()],
            [session.row() for _, session in sorted(engine.sessions.items())],
            engine.parents.row(),
            [(id, inquiry.row()) for id, inquiry in engine.inquiries.items()],
            [(id, owed.row()) for id, owed in engine.owed.items()],
            sorted(engine.renewed.items()),
            sorted(engine.unwanted),
            list(engine.turning),
            [(id, *wanted) for id, wanted in engine.at_open.items()],
            sorted(engine.unmet.items()),
            engine.client_ids.row(),
            engine.decision_ids.row(),
            *([] if engine.board is None else [engine.board.row()]),
        )
    )


def restore(engine: Blotter, data: bytes) -> None:
    """Fill a new Engine from `to_bytes`. Raises JournalDamaged for another version or a broken form."""
    try:
        row = msgspec.json.decode(data)
        if not isinstance(row, list) or not row or row[0] != VERSION:
            raise JournalDamaged(f"snapshot: its form is not version {VERSION}; replay the journal from its begin")
        _restore(engine, row)
    except (msgspec.DecodeError, TypeError, ValueError, LookupError, InputError) as error:
        raise JournalDamaged(f"snapshot: it is no engine: {error}") from error


def _restore(engine: Blotter, row: list[Any]) -> None:
    (
        _, counts, instruments, marks, accounts, ledger, orders, holds, exits, children, states, halted, signals,
        ended, due, sizers, gate, plans, guards, stops, reserved, sessions, parents, inquiries,
        owed, renewed, unwanted, turning, opening, unmet, named, decided, *board,
    ) = row  # fmt: skip
    engine.run, engine.now, engine.order_count, engine.decision_count, engine.denied_count, engine.late_events = counts
    for item in instruments:
        engine.list_instrument(instrument_from(item))
    for mark, (bid, ask, last, time_quote, time_last) in zip(engine.marks.marks, marks, strict=True):
        mark.bid, mark.ask, mark.last, mark.time_quote, mark.time_last = bid, ask, last, time_quote, time_last
    for terms, day, end, day_equity, week_equity, ranges, peak, samples, gain_from, flattened, link in accounts:
        account = account_from(terms)
        engine.open_account(account, Limits())
        state = engine.accounts[account.name]
        state.day_begin = day_start(account.day_zone, day) if day >= 0 else 0
        state.day, state.day_end, state.day_equity, state.week_equity = day, end, day_equity, week_equity
        state.peak, state.samples = peak, deque((minute, equity) for minute, equity in samples)
        state.gain_from, state.flattened = gain_from, flattened
        if state.link is not None:
            state.link.restore(link)
        state.ranges.update({index: (high, low) for index, (high, low) in ranges})
    _restore_gate(engine, gate)
    _restore_ledger(engine, ledger)
    _restore_orders(engine, orders)
    _restore_holds(engine, holds)
    for id, best in exits:
        exit = HeldExit(engine.orders[id].order)
        exit.best = best
        engine.exits[id] = exit
    engine.children = {parent: list(ids) for parent, ids in children}
    for scope, stopped, cause, since in states:
        engine.states[scope], engine.causes[scope], engine.since[scope] = stopped, cause, since
    engine.halted = dict(halted)
    for item in signals:
        signal = signal_from(item, engine.instruments)
        engine.signals[signal.key] = signal
    for time, order_id in ended:
        engine.note_end(time, order_id)
    engine.next_due = due
    engine.sizers = {scope: Sizer.from_row(item) for scope, item in sizers}
    engine.plans = {scope: ExitPlan.from_row(item) for scope, item in plans}
    for item in guards:
        guard = guard_from(item)
        engine.guards[guard.key] = guard
    engine.stops.update({id: watched_from(item) for id, item in stops})
    _restore_reservations(engine, reserved)
    engine.parents.restore(parents)
    engine.inquiries.update({id: Inquiry(*item) for id, item in inquiries})
    engine.owed.update({id: Owed(*item) for id, item in owed})
    engine.renewed.update(dict(renewed))
    engine.unwanted.update(unwanted)
    engine.turning.update({id: engine.orders[id].order for id in turning})
    engine.at_open.update({id: (sure, tuple((label, value) for label, value in seen)) for id, sure, seen in opening})
    engine.unmet.update({tuple(key): [tuple(said) for said in kept] for key, kept in unmet})
    engine.client_ids.restore(named, engine.orders)
    engine.decision_ids.restore(decided)
    engine.sessions.update({item[2]: Session(*item) for item in sessions})
    for item in board:
        engine.board = board_from(item)


def _restore_gate(engine: Blotter, gate: list[Any]) -> None:
    for scope, limits in gate[0]:
        engine.gate.set(scope, limits_of(limits))
    for waiver in gate[1]:
        engine.gate.waivers[waiver[2], waiver[3]] = LimitWaived(*waiver[1:])
    engine.gate.configured.update({scope: [(name, value) for name, value in rows] for scope, rows in gate[2]})
    for name, traffic in gate[3]:
        kept = engine.accounts[name].traffic
        if kept is not None:
            kept.restore(traffic)
    engine.gate.lags.update(dict(gate[4]))
    for index, tape in gate[5]:
        engine.gate.tapes[index] = Tape()
        engine.gate.tapes[index].restore(tape)
    engine.gate.notices.restore(gate[6])
    engine.gate.canaries.restore(gate[7])


def _restore_orders(engine: Blotter, rows: list[Any]) -> None:
    """As they came, since lists of orders are told so."""
    for state in sorted([order_state_from(row, engine.instruments) for row in rows], key=_age):
        engine.orders[state.order.id] = state


def _age(state: OrderState) -> tuple[int, int, int, str]:
    """When an order was decided; of one decision by its number."""
    order = state.order
    return (order.time, order.decision, len(order.id), order.id)


def _restore_ledger(engine: Blotter, row: Sequence[Any]) -> None:
    cash, books, positions = row
    for account, amounts in cash:
        engine.ledger.cash[account] = dict(amounts)
    for account, index, net, long_size, short_size, buying, selling, opening, exiting, leaving in positions:
        position = engine.position(account, engine.instruments[index])
        position.net, position.long_size, position.short_size = net, long_size, short_size
        position.buying, position.selling, position.opening = buying, selling, opening
        position.exiting, position.leaving = exiting, leaving
    for (
        account,
        strategy,
        index,
        _,
        lots,
        realised,
        fees,
        window,
        settled_lots,
        settled_realised,
        day_result,
        week_result,
        trades,
        last_trade,
        realised_before,
    ) in books:
        book: Book = engine.book(account, strategy, engine.instruments[index])
        book.settled_lots = [tuple(lot) for lot in settled_lots]
        book.settled_realised = settled_realised
        book.window = [booked_from(item) for item in window]
        book.refold()
        book.fees.update(fees)
        book.day_result, book.week_result = day_result, week_result
        book.trades, book.last_trade, book.realised_before = trades, last_trade, realised_before
        if [list(lot.row()) for lot in book.lots] != lots or book.realised != realised:
            raise JournalDamaged(f"snapshot: lots of {account} {strategy} do not follow from their fills")


def _restore_holds(engine: Blotter, row: Sequence[Any]) -> None:
    working, over, money = row
    for item in working:
        hold = _hold_from(engine, item)
        engine.holds.holds[hold.order.id] = hold
        if hold.order.role != ENTRY:
            hold.book.exits[hold.order.id] = hold
            continue
        hold.book.opening += 1
        if hold.order.side > 0:
            hold.book.buying += hold.remaining
        else:
            hold.book.selling += hold.remaining
    for item in over:
        hold = _hold_from(engine, item)
        engine.holds.over[hold.order.id] = hold
    engine.holds.money.update({account: dict(amounts) for account, amounts in money})


def _restore_reservations(engine: Blotter, rows: Sequence[Any]) -> None:
    """Positions and money hold what they take already; their books do not."""
    for item, currency, amount, expires, who, reason in rows:
        order = order_from(item, engine.instruments)
        hold = Hold(order, engine.book(order.account, order.strategy, order.instrument), currency, amount)
        hold.remaining = order.quantity
        hold.held = amount if order.quantity else 0
        hold.book.opening += 1
        if order.side > 0:
            hold.book.buying += order.quantity
        else:
            hold.book.selling += order.quantity
        engine.reservations[order.id] = Reservation(order, hold, expires, who, reason)


def _hold_from(engine: Blotter, row: Sequence[Any]) -> Hold:
    order_id, currency, amount, quantity, remaining, held, leaving = row
    order = engine.orders[order_id].order
    book = engine.book(order.account, order.strategy, order.instrument)
    hold = Hold(order, book, currency, amount)
    hold.quantity, hold.remaining, hold.held, hold.leaving = quantity, remaining, held, leaving
    return hold


def order_from(row: Sequence[Any], instruments: list[Instrument]) -> Order:
    """An order's terms from its row."""
    return Order(row[0], row[1], row[2], instruments[row[3]], *row[4:])


def order_state_from(row: Sequence[Any], instruments: list[Instrument]) -> OrderState:
    """An order's three facts from their row."""
    (
        order, stage, filled, value, fees, trades, submit, cancel, replace, queried, code, text, venue_id, late, ended,
        request, terms, named, asked, unwanted,
    ) = row  # fmt: skip
    state = OrderState(order_from(order, instruments), stage)
    state.filled, state.value = filled, value
    state.fees = dict(fees)
    state.trades = dict(trades)
    state.submit, state.cancel, state.replace, state.queried = submit, cancel, replace, queried
    state.code, state.text, state.venue_id, state.late = code, text, venue_id, late
    state.time_ended, state.time_request, state.terms, state.named = ended, request, tuple(terms), named
    state.asked, state.unwanted = tuple(asked), unwanted
    return state


def booked_from(row: Sequence[Any]) -> BookedFill:
    """A booked fill from its row."""
    side, size, price_units, time, order_id, trade_id, closing, lot = row
    return BookedFill(time, order_id, trade_id, side, size, price_units, closing, lot)
