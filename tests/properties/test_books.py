"""Whatever happens in a trader's life, its books add up: to the orders, to the lots, to the last unit of money."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.life import LAWFUL, MARKET, UNLAWFUL, Life
from tests.properties.reach import LENGTHS, lived, lives
from tests.unit.core.audit import assert_idle, check_books
from tradewright.core.life_cycle import HELD, SENT
from tradewright.model import event as kinds
from tradewright.model.control import ACTIVE, CloseRequested, TradingStateSet
from tradewright.model.numbers import MONEY_SCALE


@LENGTHS
@given(st.data())
def test_sums_of_orders_holds_lots_and_positions_hold_after_every_event(length: int, data: st.DataObject) -> None:
    lived(data.draw(lives(length)), watch=check_books)


@LENGTHS
@given(st.data())
def test_what_is_filled_is_the_sum_of_the_fills_and_never_more_than_was_asked(length: int, data: st.DataObject) -> None:
    """More only where the venue itself filled more; then there is an alarm."""
    life = lived(data.draw(lives(length)))
    for id, state in life.engine.orders.items():
        fills = {fill.trade: fill.size for twin in life.twins.values() for fill in twin.fills if fill.order == id}
        assert state.trades == fills
        assert state.filled == sum(fills.values())
        assert state.filled <= state.order.quantity or id in life.overfilled
    assert (life.alarms["OVERFILL"] > 0) >= bool(life.overfilled)


@LENGTHS
@given(st.data())
def test_cash_is_what_came_in_and_what_fills_and_fees_moved(length: int, data: st.DataObject) -> None:
    """Per account and currency, worked out anew with fractions."""
    life = lived(data.draw(lives(length)))
    cash: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for key, amount in life.moved.items():
        cash[key] += Fraction(amount, 10**MONEY_SCALE)
    for (account, _, _), twin in life.twins.items():
        for currency, moved in twin.moved().items():
            cash[account, currency] += moved
    booked = {
        (account, currency): Fraction(amount, 10**MONEY_SCALE)
        for account, amounts in life.engine.ledger.cash.items()
        for currency, amount in amounts.items()
    }
    assert {key: amount for key, amount in booked.items() if amount} == {key: a for key, a in cash.items() if a}


@LENGTHS
@given(st.data())
def test_lots_matches_and_profit_are_those_of_a_book_kept_by_hand(length: int, data: st.DataObject) -> None:
    life = lived(data.draw(lives(length)))
    matched: dict[tuple[str, ...], int] = defaultdict(int)
    for match in life.matches:
        place = (match.account, match.strategy, match.instrument.symbol)
        matched[*place, match.open_order, match.open_trade, match.close_order, match.close_trade] += match.size
    expected: dict[tuple[str, ...], int] = {}
    for (account, strategy, symbol), twin in life.twins.items():
        book = life.engine.book(account, strategy, life.engine.symbols[symbol])
        lots, pieces, realised = twin.matched()
        assert [(lot.order_id, lot.trade_id, lot.side, lot.size, lot.price_units) for lot in book.lots] == [
            (lot.order, lot.trade, lot.side, lot.size, lot.price) for lot in lots
        ]
        assert Fraction(book.realised, 10**MONEY_SCALE) == realised
        expected.update({(account, strategy, symbol, *place): size for place, size in pieces.items()})
    assert {place: size for place, size in matched.items() if size} == expected


@LENGTHS
@given(st.data())
def test_when_all_has_ended_nothing_is_held(length: int, data: st.DataObject) -> None:
    """No money, no slot, no size: whatever was reserved was given back, and once."""
    life = lived(data.draw(lives(length, {**MARKET, **LAWFUL, **UNLAWFUL})), watch=check_books)
    life.feed(TradingStateSet(life.tick(), "all", ACTIVE, "ann", "going home"))
    life.calm = 0
    for spec in life.trader.setup.strategies if life.trader.setup is not None else []:
        life.feed(TradingStateSet(life.tick(), f"strategy:{spec.id}", 3, "ann", "going home"))
    _end_all(life)
    for account in life.engine.accounts:
        life.feed(CloseRequested(life.tick(), account, "", "ann", "going home"))
    # A close waits for the end of the exits in its way; without it they would come back for what stays open.
    for id in [id for id, there in life.sent.items() if there.alive and life.engine.orders[id].cancel == SENT]:
        life.sent[id].alive = False
        life.report(kinds.CANCELLED, life.sent[id])
    for there in [there for there in life.sent.values() if there.alive]:
        life.fill(there, there.quantity - there.filled, 20)
    _end_all(life)
    assert_idle(life.engine)


def _end_all(life: Life) -> None:
    """The venue ends all it has; what never left is ended here."""
    for id in list(life.engine.holds.holds):
        state = life.engine.orders[id]
        if state.stage == HELD:
            life.engine.cancel(id, "STRATEGY")
        elif state.is_open():
            life.sent[id].alive = False
            life.report(kinds.CANCELLED, life.sent[id])
