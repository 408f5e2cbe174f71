"""A venue splits what an account holds: lots, prices and orders of before, and that nobody has gained by it."""

from __future__ import annotations

import pytest

from tests.unit.core.desk import BUY, SELL, Desk
from tests.unit.core.test_reconcile import connected
from tradewright.core.engine import Engine
from tradewright.core.ledger import Book
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.account_snapshot import PositionSplit
from tradewright.model.command import POSITION_WAS_SPLIT
from tradewright.model.event import Event


def split(desk: Desk, before: int, after: int) -> list[Event]:
    return desk.feed(PositionSplit(desk.tick(), "main", "ACME", before, after))


def book(desk: Desk, strategy: str = "s") -> Book:
    return desk.engine.ledger.books["main", strategy, desk.on().index]


def lots(desk: Desk) -> list[tuple[int, int, int]]:
    return [(lot.side, lot.size, lot.price_units) for lot in book(desk).lots]


@pytest.mark.parametrize(("new", "old"), [(2, 1), (3, 1), (7, 3), (1, 3)])
def test_whatever_dividing_leaves_of_a_price_the_result_is_the_same_to_the_last_unit(new: int, old: int) -> None:
    desk = connected()
    desk.filled(BUY, 63, 10_000)
    desk.filled(BUY, 21, 10_007)
    desk.filled(SELL, 42, 10_011, role="exit")
    assert book(desk).realised == 42 * 11 * desk.on().money_factor
    cash, before = desk.cash(), book(desk).result(21 * 470)
    split(desk, 42, 42 * new // old)
    assert (desk.net(), desk.cash()) == (42 * new // old, cash)
    assert book(desk).result(21 * 470 * old // new) == before
    assert all(
        abs(price * new - of * old) <= new for (_, _, price), of in zip(lots(desk), (10_000, 10_007), strict=True)
    )


def test_lots_of_both_sides_and_of_several_strategies_follow_each_by_itself() -> None:
    desk = connected()
    desk.filled(BUY, 10, 10_000)
    desk.filled(SELL, 4, 10_100, strategy="t")
    split(desk, 6, 12)
    assert (desk.net("s"), desk.net("t")) == (20, -8)
    position = desk.engine.ledger.position("main", desk.on())
    assert (position.net, position.long_size, position.short_size) == (12, 20, 8)
    assert [lot.price_units for lot in book(desk, "t").lots] == [5_050]


def test_what_rounding_down_leaves_of_a_whole_is_not_lost() -> None:
    desk = connected()
    for price in (9_000, 9_300):
        desk.filled(BUY, 5, price)
    before = book(desk).result(9_000)
    split(desk, 10, 3)
    assert sorted(size for _, size, _ in lots(desk)) == [1, 2]
    # Ten at 90 and three at 300 are the same.
    assert book(desk).result(30_000) == before


def test_a_short_position_is_split_as_a_long_one() -> None:
    desk = connected()
    desk.filled(SELL, 9, 10_000)
    before = book(desk).result(9_000)
    split(desk, -9, -27)
    assert desk.net() == -27 and book(desk).result(3_000) == before


def test_orders_of_before_end_and_a_person_is_told_once() -> None:
    desk = connected()
    desk.filled(BUY, 10, 10_000)
    rests = desk.buy(2, limit_units=9_000)
    desk.accept(rests)
    held = desk.engine.marks.marks[desk.on().index].price()
    desk.taken()
    split(desk, 10, 20)
    assert desk.cancelled() == [(rests, POSITION_WAS_SPLIT)]
    assert desk.alarms() == ["POSITION_SPLIT"]
    assert desk.engine.marks.marks[desk.on().index].price() == held // 2
    assert split(desk, 10, 20) == [] and desk.net() == 20


@pytest.mark.parametrize(("after", "closed"), [(10, 5), (40, 20)])
def test_what_a_reached_stop_has_still_to_close_is_split_as_its_lots_are(after: int, closed: int) -> None:
    """Ten with a stop and ten without: two old ones are one, or one is two."""
    desk = connected()
    (decision,) = desk.want(BUY, 10, stop_loss=9_000)
    entry, stop = (order.id for order in decision.orders)
    desk.fill(entry, 10, 10_000)
    desk.filled(BUY, 10, 10_000)
    desk.accept(stop)
    desk.quote(8_900)
    desk.say(kinds.TRIGGERED, stop)
    desk.say(kinds.EXPIRED, stop)
    desk.say(kinds.EXPIRED, desk.submitted()[-1])
    split(desk, 20, after)
    sold = 0
    for _ in range(10):
        desk.now += 60 * 10**9
        desk.quote(8_900)
        for order in desk.submitted():
            sold += desk.state(order).order.quantity
            desk.fill(order, desk.state(order).order.quantity, 8_900)
    assert (sold, desk.net()) == (closed, after - closed)


def test_what_is_not_held_as_it_was_before_there_is_left_alone() -> None:
    desk = connected()
    desk.filled(BUY, 10, 10_000)
    for before, after in ((12, 24), (-10, -20), (0, 10), (10, 0), (10, -10)):
        assert split(desk, before, after) == []
    assert lots(desk) == [(1, 10, 10_000)]
    assert desk.feed(PositionSplit(desk.tick(), "main", "NOSUCH", 1, 2)) == []


def test_a_snapshot_of_the_engine_keeps_what_was_split_and_goes_on_from_it() -> None:
    desk = connected()
    desk.filled(BUY, 10, 10_000)
    split(desk, 10, 30)
    again = Engine()
    restore(again, to_bytes(desk.engine))
    assert again.state_hash() == desk.engine.state_hash()
    desk.filled(SELL, 30, 3_400, role="exit")
    assert (desk.net(), book(desk).realised) == (0, (30 * 3_400 - 10 * 10_000) * desk.on().money_factor)
