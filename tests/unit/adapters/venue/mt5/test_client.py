"""The client against the simulated connector: orders of every kind, their exits, and what others do."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.adapters.venue.mt5.stage import HEDGING, NETTING, World, play
from tradewright.model.event import ACCEPTED, CANCELLED, FILLED, REPLACED
from tradewright.model.order import LIMIT, SELL


def test_an_order_at_the_market_is_accepted_filled_and_closed_by_its_lot() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        opened = book.buy("EURUSD", "0.1")
        await world.until(lambda: book.states[opened.id].status == "FILLED", 5)
        assert book.kinds(opened.id) == [ACCEPTED, FILLED]
        position = next(iter(world.site.broker.positions))
        assert book.venue_id(opened.id) == str(position.ticket) and position.comment == opened.id
        closed = book.close(opened, "0.04")
        await world.until(lambda: book.states[closed.id].status == "FILLED", 5)
        assert position.volume == 600
        await world.check()

    play(program)


@pytest.mark.parametrize("mode", [HEDGING, NETTING])
def test_a_resting_order_is_changed_and_cancelled(mode: str) -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        bid, _ = world.price("EURUSD")
        order = book.buy("EURUSD", "0.5", type=LIMIT, limit=f"{bid * 0.99:.5f}")
        await world.until(lambda: book.kinds(order.id) == [ACCEPTED])
        lower = order.limit_units - 100 * 100
        book.replace(order, order.quantity, lower, 0)
        await world.until(lambda: book.kinds(order.id)[-1] == REPLACED)
        assert order.limit_units == lower
        first = book.venue_id(order.id)
        book.replace(order, 2_000, lower, 0)
        await world.until(lambda: order.quantity == 2_000)
        assert book.venue_id(order.id) != first
        at_work = next(iter(world.site.broker.orders.values()))
        assert (at_work.volume, at_work.comment) == (2_000, f"{order.id}_1")
        await world.check()
        book.cancel(order)
        await world.until(lambda: book.kinds(order.id)[-1] == CANCELLED)
        assert not world.site.broker.orders
        await world.check()

    play(program, mode)


def test_a_bracket_goes_out_as_one_order_and_its_exits_are_those_of_the_position() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        bid, ask = world.price("EURUSD")
        entry = book.order_of("EURUSD", SELL, "0.1")
        stop, target = book.bracket(entry, f"{ask + 0.01:.5f}", f"{bid - 0.01:.5f}")
        book.submit(entry, stop, target)
        await world.until(lambda: book.states[entry.id].status == "FILLED")
        await world.until(lambda: all(book.kinds(one.id) == [ACCEPTED] for one in (stop, target)))
        position = next(iter(world.site.broker.positions))
        assert position.sl and position.tp
        assert book.venue_id(stop.id) == f"{position.ticket}:sl"
        book.replace(stop, stop.quantity, 0, stop.stop_units + 1_000)
        await world.until(lambda: book.kinds(stop.id)[-1] == REPLACED)
        assert position.symbol.price(position.sl) == pytest.approx(ask + 0.0101, abs=1e-5)
        await world.check()
        book.cancel(target)
        await world.until(lambda: book.kinds(target.id)[-1] == CANCELLED)
        assert position.sl and not position.tp
        await world.check()

    play(program)


def test_a_stop_loss_that_is_hit_fills_its_order_and_ends_the_other_exit() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        bid, ask = world.price("BTCUSD")
        entry = book.order_of("BTCUSD", 1, "0.1")
        stop, target = book.bracket(entry, f"{bid - 8:.2f}", f"{ask + 900:.2f}")
        book.submit(entry, stop, target)
        await world.until(lambda: book.states[stop.id].status == "FILLED", 1_200)
        await world.until(lambda: not book.states[target.id].is_open())
        assert book.kinds(target.id) == [ACCEPTED, CANCELLED]
        await asyncio.sleep(5)
        await world.check()

    play(program)
