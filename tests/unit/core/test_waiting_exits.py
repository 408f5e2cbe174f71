"""Where a venue knows no reduce-only, an exit waits until those it takes the place of have ended: two that fill would
open the other side, or sell what is somebody else's."""

from __future__ import annotations

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.command import Approved, submit_of
from tradewright.model.control import Started
from tradewright.model.order import STOP_LOSS
from tradewright.model.report import Report

PRICE = 10_000


def guarded(**terms: object) -> tuple[Desk, str]:
    """Ten long, with a stop at the venue."""
    desk = Desk(account_of(reduce_only=False, **terms))
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    stop = desk.sell(10, closing=True, role=STOP_LOSS, stop_units=9_000)
    desk.accept(stop)
    desk.taken()
    return desk, stop


def closing(desk: Desk, quantity: int = 0) -> str:
    (decision,) = desk.close(SELL, quantity)
    assert decision.approved
    return decision.orders[0].id


def test_a_close_waits_for_the_end_of_the_stop_it_replaces() -> None:
    desk, stop = guarded()
    close = closing(desk)
    assert desk.cancelled() == [(stop, "CLOSING")]
    assert desk.submitted() == []
    desk.say(kinds.CANCELLED, stop)
    assert desk.submitted() == [close]
    desk.fill(close, 10, PRICE)
    assert desk.net() == 0


def test_with_reduce_only_it_goes_at_once() -> None:
    desk = Desk()
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    desk.accept(desk.sell(10, closing=True, role=STOP_LOSS, stop_units=9_000))
    desk.taken()
    assert closing(desk) in desk.submitted()


@pytest.mark.parametrize("flagged", [False, True])
def test_where_others_trade_it_too_reduce_only_guards_nothing_and_it_waits(flagged: bool) -> None:
    """The venue knows the net of all of them. flagged: the stop was sent while nobody else was there."""
    desk = Desk()
    desk.quote(PRICE)
    if not flagged:
        desk.filled(BUY, 10, PRICE, strategy="t")
    desk.filled(BUY, 10, PRICE)
    stop = desk.sell(10, closing=True, role=STOP_LOSS, stop_units=9_000)
    desk.accept(stop)
    assert desk.state(stop).order.reduce_only is flagged
    if flagged:
        desk.filled(BUY, 10, PRICE, strategy="t")
    desk.taken()
    close = closing(desk)
    assert desk.submitted() == []
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    assert engine.state_hash() == desk.engine.state_hash()
    desk.fill(stop, 4, 9_000)
    desk.say(kinds.CANCELLED, stop)
    assert desk.submitted() == [close]
    desk.fill(close, desk.state(close).order.quantity, PRICE)
    assert (desk.net(), desk.net("t")) == (0, 10)


def test_a_journal_of_before_it_had_to_wait_is_read_as_it_was() -> None:
    desk = Desk()
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE, strategy="t")
    desk.filled(BUY, 10, PRICE)
    stop = desk.sell(10, closing=True, role=STOP_LOSS, stop_units=9_000)
    close = closing(desk)
    desk.engine.apply(submit_of(desk.tick(), Approved(desk.state(close).order)))
    desk.taken()
    desk.say(kinds.CANCELLED, stop)
    assert desk.submitted() == [] and desk.engine.exits == {}


def test_where_lots_are_closed_by_name_it_goes_at_once() -> None:
    desk = Desk(account_of(mode="hedging", reduce_only=False))
    desk.quote(PRICE)
    lot = desk.filled(BUY, 10, PRICE)
    desk.accept(desk.sell(10, closing=True, role=STOP_LOSS, stop_units=9_000, lot=lot))
    desk.taken()
    assert closing(desk) in desk.submitted()


@pytest.mark.parametrize(("filled", "goes"), [(10, 0), (4, 6)])
def test_what_the_stop_filled_meanwhile_is_not_closed_again(filled: int, goes: int) -> None:
    desk, stop = guarded()
    close = closing(desk)
    desk.fill(stop, filled, 9_000)
    if filled < 10:
        assert desk.submitted() == []
        desk.say(kinds.CANCELLED, stop)
    assert desk.submitted() == ([close] if goes else [])
    if goes:
        assert desk.state(close).order.quantity == goes
        desk.fill(close, goes, PRICE)
    assert desk.net() == 0
    assert not desk.state(close).is_open()


def test_while_nobody_knows_what_became_of_the_cancel_it_waits_on() -> None:
    desk, stop = guarded()
    close = closing(desk)
    desk.say(kinds.OUTCOME_UNKNOWN, stop, "cancel")
    desk.taken()
    desk.quote(PRICE - 1)
    assert desk.submitted() == []
    desk.say(kinds.CANCELLED, stop)
    assert desk.submitted() == [close]


def test_where_the_cancel_was_refused_the_stop_goes_on_and_the_close_ends() -> None:
    desk, stop = guarded()
    close = closing(desk)
    desk.say(kinds.CANCEL_REJECTED, stop)
    assert desk.submitted() == []
    assert not desk.state(close).is_open()
    assert desk.state(stop).is_open()


def test_two_closes_that_wait_close_once() -> None:
    desk, stop = guarded()
    first, second = closing(desk), closing(desk)
    desk.say(kinds.CANCELLED, stop)
    assert desk.submitted() == [first]
    desk.fill(first, 10, PRICE)
    assert desk.net() == 0
    assert not desk.state(second).is_open()


def test_a_limit_that_waits_is_not_sent_by_its_price() -> None:
    desk, stop = guarded()
    (decision,) = desk.close(SELL, limit_units=PRICE)
    assert decision.approved
    desk.taken()
    desk.quote(PRICE + 5)
    assert desk.submitted() == []
    desk.say(kinds.CANCELLED, stop)
    (close,) = desk.submitted()
    assert desk.state(close).order.limit_units == PRICE


def test_it_waits_over_a_restart() -> None:
    desk, stop = guarded()
    close = closing(desk)
    other = Engine()
    restore(other, to_bytes(desk.engine))
    desk.engine = other
    desk.feed(Started(desk.tick(), 2, []))
    desk.took(None, desk.engine.look_up())
    assert desk.submitted() == []
    desk.feed(Report(kinds.CANCELLED, desk.tick(), stop, desk.now))
    assert desk.submitted() == [close]
