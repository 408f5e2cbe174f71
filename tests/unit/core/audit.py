"""What must hold in an engine's books after every event: sums of orders, holds, lots, matches and positions.

It reads only what users see of the engine and adds it up again; nothing here asks the engine for a sum.
"""

from __future__ import annotations

from collections import defaultdict

from tradewright.core.engine import Engine
from tradewright.core.life_cycle import DENIED, ENDED_NOT_FOUND, HELD, SENT, UNKNOWN
from tradewright.core.orders import OrderState
from tradewright.model.order import ENTRY, MARKET


def check_books(engine: Engine) -> None:
    """AssertionError for the first sum that is off."""
    _check_orders(engine)
    _check_holds(engine)
    _check_lots(engine)


def assert_idle(engine: Engine) -> None:
    """Nothing works, and nothing is held for it: no money, no slot, no size."""
    assert engine.holds.holds == {}
    assert engine.exits == {}
    assert not any(amount for money in engine.holds.money.values() for amount in money.values())
    for position in engine.ledger.positions.values():
        held = (position.buying, position.selling, position.opening, position.exiting, position.leaving)
        assert held == (0, 0, 0, 0, 0), position.row()
    assert not any(book.exiting for book in engine.ledger.books.values())


def _check_orders(engine: Engine) -> None:
    for id, state in engine.orders.items():
        assert state.order.id == id
        assert state.filled == sum(state.trades.values())
        open_before_end = state.stage in (1, 2, 4) and state.filled < state.order.quantity
        assert state.is_open() == open_before_end
        assert state.remaining() == (state.order.quantity - state.filled if open_before_end else 0)
        assert state.overfilled == (state.filled > state.order.quantity)
        assert not (state.stage == DENIED and state.filled)
        if not state.is_open() and state.stage != ENDED_NOT_FOUND:
            lives_on = state.time_request > state.time_ended  # cancelled anew, since its venue works it all the same
            assert state.replace == 0 and (state.cancel == 0 or lives_on), f"{id} ended with a request on its way"


def needed(engine: Engine, state: OrderState) -> int:
    """Size counts an open order must hold; an exit what its parent filled, unless its cancel is on its way."""
    order = state.order
    if order.role == ENTRY:
        pending = state.asked[0] - state.filled if state.asked and state.replace in (SENT, UNKNOWN) else 0
        return max(state.remaining(), pending) if state.is_open() else 0
    if state.stage == HELD or state.cancel in (SENT, UNKNOWN):
        return 0
    if order.parent:
        return max(0, min(state.remaining(), engine.orders[order.parent].filled - state.filled))
    return state.remaining()


def _check_holds(engine: Engine) -> None:
    working = {id: state for id, state in engine.orders.items() if state.is_open()}
    assert set(engine.holds.holds) == set(working), "one hold for each open order, and none besides"
    money: dict[tuple[str, str], int] = defaultdict(int)
    openings: dict[tuple[str, str, int], int] = defaultdict(int)
    sizes: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for id, hold in engine.holds.holds.items():
        state = working[id]
        order = state.order
        counts = needed(engine, state)
        assert hold.order is order
        assert hold.remaining == counts, f"{id} holds {hold.remaining} of {counts}"
        place = sizes[order.account, order.instrument.index]
        if order.role == ENTRY:
            # Exactly in proportion, rounded up: hold / amount >= remaining / quantity, by less than one unit of money.
            over = hold.held * hold.quantity - hold.amount * counts
            assert 0 <= over < hold.quantity
            money[order.account, hold.currency] += hold.held
            place["buying" if order.side > 0 else "selling"] += counts
            place["opening"] += 1
            openings[order.account, order.strategy, order.instrument.index] += 1
        else:
            assert hold.held == 0
            place["exiting"] += counts
            place["leaving"] += counts if order.type == MARKET else 0
    for kept in engine.reservations.values():
        order = kept.order
        place = sizes[order.account, order.instrument.index]
        place["buying" if order.side > 0 else "selling"] += order.quantity
        place["opening"] += 1
        openings[order.account, order.strategy, order.instrument.index] += 1
        assert kept.hold.held == (kept.hold.amount if order.quantity else 0)
        money[order.account, kept.hold.currency] += kept.hold.held
    for key, book in engine.ledger.books.items():
        assert book.opening == openings[key], f"{key} opening"
    for account, amounts in engine.holds.money.items():
        for currency, amount in amounts.items():
            assert amount == money.pop((account, currency), 0) >= 0
    assert not any(money.values())
    for key, position in engine.ledger.positions.items():
        place = sizes.pop(key, defaultdict(int))
        for name in ("buying", "selling", "opening", "exiting", "leaving"):
            assert getattr(position, name) == place[name], f"{key} {name}"
    assert not sizes
    assert all(id in working and working[id].stage == HELD for id in engine.exits)


def _check_lots(engine: Engine) -> None:
    nets: dict[tuple[str, int], tuple[int, int]] = {}
    for (account, _, index), book in engine.ledger.books.items():
        long = sum(lot.size for lot in book.lots if lot.side > 0)
        short = sum(lot.size for lot in book.lots if lot.side < 0)
        assert (book.long_size, book.short_size, book.net) == (long, short, long - short)
        assert all(lot.size > 0 for lot in book.lots)
        assert book.hedging or not (long and short), "a netting book is long or short"
        assert book.realised == book.settled_realised + sum(match.pnl for match in book.matches)
        assert all(order in engine.holds.holds for order in book.exits)
        held = nets.get((account, index), (0, 0))
        nets[account, index] = (held[0] + long, held[1] + short)
    for key, position in engine.ledger.positions.items():
        long, short = nets.pop(key, (0, 0))
        assert (position.long_size, position.short_size, position.net) == (long, short, long - short)
    assert not any(long or short for long, short in nets.values())
