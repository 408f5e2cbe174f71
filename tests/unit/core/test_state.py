"""The engine as bytes: the same state has the same bytes, and what is restored goes on as what was stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.state import VERSION, restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.control import REDUCING, TradingStateSet
from tradewright.model.errors import JournalDamaged


def busy_desk() -> Desk:
    """Something of everything: positions, lots, held exits, working and ended orders, states, fees, two accounts."""
    desk = Desk(
        account_of("zoe", native_exits=False, leverage=10),
        account_of("amy", mode="hedging", leverage=10),
        symbols=("ACME", "BTCUSD"),
        limits={"maxOpenPositions": 5},
        cash={"USD": "100000", "BTC": "1"},
    )
    desk.quote(10_000)
    desk.quote(6_000_000, symbol="BTCUSD")
    (decision,) = desk.want(BUY, 10, exit_trail_units=500, take_profit=12_000)
    desk.fill(decision.orders[0].id, 10, 10_000, fee="0.1")
    desk.quote(10_500)
    for number in range(12):
        desk.buy(1 + number, limit_units=9_000)
    lost = desk.buy(1)
    desk.say(kinds.NOT_FOUND, lost)
    desk.filled(BUY, 10**7, 6_000_000, symbol="BTCUSD", account="amy")
    desk.filled(SELL, 10**6, 6_000_000, symbol="BTCUSD", account="amy")
    desk.sell(10**6, closing=True, symbol="BTCUSD", account="amy", limit_units=7_000_000)
    desk.want(BUY, 0)
    working = list(desk.engine.holds.holds)[3]
    desk.cancel(working)
    desk.say(kinds.OUTCOME_UNKNOWN, working, "cancel")
    desk.replaced(list(desk.engine.holds.holds)[4], 2, 9_100)
    desk.feed(TradingStateSet(desk.tick(), "symbol:BTCUSD", REDUCING, "ann", "why not"))
    return desk


def restored(desk: Desk) -> Engine:
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    return engine


def test_orders_are_restored_as_they_came_and_not_by_their_names() -> None:
    desk = busy_desk()
    assert list(restored(desk).orders) == list(desk.engine.orders) != sorted(desk.engine.orders)


def test_what_is_restored_has_the_same_bytes() -> None:
    desk = busy_desk()
    assert to_bytes(restored(desk)) == to_bytes(desk.engine)
    assert restored(desk).state_hash() == desk.engine.state_hash()


def test_what_is_restored_goes_on_in_the_same_order() -> None:
    """More than nine orders: ids sort otherwise than they came."""
    desk = busy_desk()
    other = restored(desk)
    book = desk.engine.book("zoe", "s", desk.on())
    assert other.open_orders("zoe", "s", other.symbols["ACME"]) == desk.engine.open_orders("zoe", "s", desk.on())
    assert list(other.exits) == list(desk.engine.exits)
    assert list(other.accounts) == list(desk.engine.accounts)
    assert list(other.book("zoe", "s", other.symbols["ACME"]).exits) == list(book.exits)
    for event in _next_events(desk):
        outputs = []
        for engine in (desk.engine, other):
            engine.apply(event)
            outputs.append([output.row() for output in engine.react(event)])
        assert outputs[0] == outputs[1]
        assert other.state_hash() == desk.engine.state_hash()


def _next_events(desk: Desk) -> list[Any]:
    from tradewright.model.report import Fill, Report

    now = desk.now + 1
    lost = next(id for id, state in desk.engine.orders.items() if state.stage == 3)
    first = next(id for id in desk.engine.holds.holds if desk.engine.orders[id].stage == 2)
    day = 25 * 3_600_000_000_000
    return [
        Report(kinds.ACCEPTED, now, lost, now),
        Fill(now, first, now - 10**6, "late", 9_000, 1),
        TradingStateSet(now + day, "symbol:BTCUSD", 1, "ann", ""),
        Report(kinds.CANCELLED, now + day, first, now),
    ]


@pytest.mark.parametrize("cut", [0, 1, 2, 13])
def test_a_row_cut_short_is_damage(cut: int) -> None:
    row = msgspec.json.decode(to_bytes(busy_desk().engine))
    with pytest.raises(JournalDamaged):
        restore(Engine(), msgspec.json.encode(row[:cut]))


Spoil = Callable[[list[Any]], object]
SPOILED: dict[str, Spoil] = {
    "another version": lambda row: row.__setitem__(0, VERSION + 1),
    "a lot's size": lambda row: row[5][1][0][4][0].__setitem__(3, 5),
    "a book's P&L": lambda row: row[5][1][0].__setitem__(5, 5),
    "an order of no instrument": lambda row: row[6][0][0].__setitem__(3, 99),
    "a hold of no order": lambda row: row[7][0][0].__setitem__(0, "nobody"),
    "an exit of no order": lambda row: row[8].append(["nobody", 5]),
    "an instrument with impossible scales": lambda row: row[2][0].__setitem__(5, 77),
    "too few marks": lambda row: row[3].pop(),
    "no list": lambda row: row.__setitem__(1, 7),
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_snapshot_is_damage_and_says_so(name: str) -> None:
    row = msgspec.json.decode(to_bytes(busy_desk().engine))
    SPOILED[name](row)
    with pytest.raises(JournalDamaged, match="snapshot"):
        restore(Engine(), msgspec.json.encode(row))


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b"[]", b"null", b"\xff", b"7"])
def test_bytes_that_are_no_snapshot_are_damage(data: bytes) -> None:
    with pytest.raises(JournalDamaged, match="snapshot"):
        restore(Engine(), data)


def test_each_part_of_the_state_is_in_the_hash() -> None:
    """What an event changes, the hash tells."""
    desk = Desk()
    hashes = [desk.engine.state_hash()]
    for change in (
        lambda: desk.quote(10_000),
        lambda: desk.buy(10),
        lambda: desk.say(kinds.OUTCOME_UNKNOWN, "main-1-1", "submit"),
        lambda: desk.accept("main-1-1"),
        lambda: desk.fill("main-1-1", 4, 10_000),
        lambda: desk.fill("main-1-1", 6, 10_000),
        lambda: desk.say(kinds.CANCELLED, "main-1-1"),
        lambda: desk.want(BUY, 0),
        lambda: desk.feed(TradingStateSet(desk.tick(), "all", REDUCING, "ann", "")),
        lambda: desk.deposit(1),
    ):
        change()
        hashes.append(desk.engine.state_hash())
    assert len(set(hashes)) == len(hashes)
