"""An order that left memory is read from the journal as it was, and what is said of it then is booked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.core.desk import LIMIT, MARKET, SELL, Desk
from tradewright.app.recall import recalled
from tradewright.core.engine import Engine
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.codec import Decoder, encode
from tradewright.model.control import Timer
from tradewright.model.event import Event
from tradewright.model.order import BUY, STOP_LOSS
from tradewright.model.recalled import OrderRecalled

DAY = 86_400 * 10**9


class Kept(Desk):
    """Keeps a journal."""

    def took(self, event: Event | None, outputs: list[Event]) -> list[Event]:
        kept: list[bytes] = self.__dict__.setdefault("kept", [])
        kept += [encode(one) for one in ([event] if event is not None else []) + outputs]
        return super().took(event, outputs)

    def records(self) -> Iterator[tuple[int, bytes]]:
        return iter(list(enumerate(self.__dict__["kept"], 1)))

    def recall(self, order_id: str) -> OrderRecalled | None:
        return recalled(order_id, self.records(), self.engine.instruments, self.tick())


def a_day_later(desk: Desk) -> None:
    for _ in range(2):
        desk.now += DAY
        desk.feed(Timer(desk.tick(), "wake"))


def bought(desk: Desk) -> str:
    """Four of ten, then cancelled."""
    order = desk.buy(10, type=LIMIT, limit_units=9_000)
    desk.accept(order)
    desk.fill(order, 4, 9_000)
    desk.cancel(order)
    desk.say(kinds.CANCELLED, order)
    return order


def test_it_is_as_it_was_and_its_late_fill_is_its_strategy_s() -> None:
    desk = Kept()
    desk.quote(10_000)
    order = bought(desk)
    was = desk.state(order).row()
    a_day_later(desk)
    assert order not in desk.engine.orders
    found = desk.recall(order)
    assert found is not None and tuple(found.state[1:8]) == was[1:8]
    again = Decoder(desk.engine.instruments, lambda id: desk.engine.orders[id].order).decode(encode(found))
    assert isinstance(again, OrderRecalled)
    desk.feed(again)
    assert desk.net() == 4
    desk.fill(order, 6, 9_000)
    assert desk.net() == 10 and desk.alarms() == ["LATE_FILL"]
    assert not desk.engine.holds.holds
    other = Engine()
    restore(other, to_bytes(desk.engine))
    assert to_bytes(other) == to_bytes(desk.engine)
    a_day_later(desk)
    assert order not in desk.engine.orders and order not in desk.engine.holds.over


def test_a_fill_that_was_booked_already_is_not_booked_again() -> None:
    desk = Kept()
    desk.quote(10_000)
    order = bought(desk)
    told = [one for one in desk.events if one.kind == kinds.FILLED]
    a_day_later(desk)
    found = desk.recall(order)
    assert found is not None
    desk.feed(found)
    desk.feed(found)
    desk.feed(told[0])
    assert desk.net() == 4 and desk.alarms() == []


@pytest.mark.parametrize("which", ["open", "refused", "nobody's"])
def test_what_has_not_ended_or_was_never_sent_is_not_recalled(which: str) -> None:
    desk = Kept()
    desk.quote(10_000)
    ids = {"open": desk.buy(1, type=LIMIT, limit_units=9_000), "nobody's": "main-1-99"}
    refused = desk.want(BUY, 10**9)[0]
    ids["refused"] = refused.orders[0].id
    assert not refused.approved and desk.recall(ids[which]) is None


def test_an_exit_that_went_at_the_market_is_recalled_with_what_it_closed() -> None:
    desk = Kept()
    desk.quote(10_000)
    entry = desk.filled(BUY, 5, 10_000)
    desk.close(SELL, 5, type=MARKET, role=STOP_LOSS)
    exit = desk.submitted()[-1]
    assert exit != entry
    desk.accept(exit)
    desk.fill(exit, 5, 9_900)
    a_day_later(desk)
    found = desk.recall(exit)
    assert found is not None and found.state[2] == 5
