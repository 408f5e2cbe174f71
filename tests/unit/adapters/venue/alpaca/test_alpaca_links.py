"""Brackets, OTO and OCO: what goes out as one request, what becomes of its legs, and what is not sent at all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.adapters.venue.alpaca.stage import BUY, DAY, GTC, LIMIT, MARKET, MS, SELL, Stage, play
from tradewright.adapters.venue.alpaca.requests import Exits
from tradewright.adapters.venue.alpaca.shapes import shapes_of
from tradewright.core.life_cycle import ENDED_CANCELLED, ENDED_REJECTED, WORKING
from tradewright.model.command import Query
from tradewright.model.event import ACCEPTED, REPLACE_REJECTED
from tradewright.model.market import Quote
from tradewright.model.order import ENTRY, STOP, STOP_LIMIT, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP, Order
from tradewright.model.report import Fill
from tradewright.sim.wire.alpaca import Knobs
from tradewright.sim.wire.faults import Fault


def family(
    stage: Stage, type: int = MARKET, limit: str = "0", exits: str = "both", tif: int = GTC, symbol: str = "ACME"
) -> list[Order]:
    """An entry of ten with its exits, as the engine makes them."""
    ledger = stage.ledger
    entry = ledger.order_of(symbol, BUY, type, "10", limit, tif=tif)
    group = entry.id if exits == "both" else ""
    made = [entry]
    if exits in ("both", "stop"):
        made.append(ledger.order_of(
            symbol, SELL, STOP, "10", stop="90", tif=GTC, role=STOP_LOSS, flags=1, parent=entry.id, group=group
        ))  # fmt: skip
    if exits in ("both", "target"):
        made.append(ledger.order_of(
            symbol, SELL, LIMIT, "10", "110", tif=GTC, role=TAKE_PROFIT, flags=1, parent=entry.id, group=group
        ))  # fmt: skip
    return made


def posts(stage: Stage) -> int:
    """How many of the venue's orders were asked for by a request of their own."""
    return sum(order.terms.client_order_id.startswith("A1-") for order in stage.account.orders.values())


def test_a_bracket_is_one_request_and_its_target_ends_its_stop() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry, stop, target = family(stage)
        ledger.submit(entry, stop, target)
        await stage.until(lambda: ledger.filled(entry.id) == 10**10)
        await stage.until(lambda: all(ledger.states[one.id].stage == WORKING for one in (stop, target)))
        assert posts(stage) == 1 and len(stage.account.orders) == 3
        stage.quote("ACME", "111", "111.5")
        await stage.until(lambda: ledger.filled(target.id) == 10**10)
        await stage.until(lambda: ledger.states[stop.id].stage == ENDED_CANCELLED)
        assert not stage.account.ledger.positions and not stage.errors

    play(act).agree()


def test_a_leg_that_has_ended_is_known_to_the_next_client() -> None:
    """The venue gave it its client id: only the name that it was told under says whose it is."""

    async def act(stage: Stage) -> None:
        ledger, since = stage.ledger, stage.clock()
        entry, stop, target = family(stage)
        ledger.submit(entry, stop, target)
        await stage.until(lambda: all(ledger.states[one.id].stage == WORKING for one in (stop, target)))
        stage.quote("ACME", "111", "111.5")
        await stage.until(lambda: ledger.filled(target.id) == 10**10)
        await stage.until(lambda: ledger.states[stop.id].stage == ENDED_CANCELLED)
        await stage.venue.close()
        stage.running.cancel()
        stage.new_client(since)
        await stage.start()
        await asyncio.sleep(5)
        assert set(ledger.states) == {entry.id, stop.id, target.id}, "none of it is somebody else's"

    play(act).agree()


def test_an_exit_s_fill_is_not_told_before_that_of_its_opening() -> None:
    """The stream has lost the opening's fill."""

    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry, stop, target = family(stage)
        stage.site.trouble.silent = True
        ledger.submit(entry, stop, target)
        await stage.until(lambda: len(stage.account.ledger.positions) == 1)
        stage.site.trouble.silent = False
        stage.quote("ACME", "111", "111.5")
        await stage.until(lambda: ledger.filled(target.id) == 10**10, 5)
        fills = [event.order_id for event in ledger.events if isinstance(event, Fill)]
        assert fills == [entry.id, target.id]

    play(act).agree()


@pytest.mark.parametrize(("exits", "price"), [("stop", "89"), ("target", "111")])
def test_one_exit_makes_an_oto(exits: str, price: str) -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry, exit = family(stage, LIMIT, "101", exits)
        ledger.submit(entry, exit)
        await stage.until(lambda: ledger.filled(entry.id) == 10**10)
        assert next(iter(stage.account.orders.values())).terms.order_class == "oto"
        stage.quote("ACME", price, f"{price}.5")
        await stage.until(lambda: ledger.filled(exit.id) == 10**10)

    play(act).agree()


def pair(stage: Stage, entry: Order) -> list[Order]:
    return [
        stage.ledger.order_of(
            "ACME", SELL, STOP, "10", stop="90", tif=GTC, role=STOP_LOSS, parent=entry.id, group=entry.id
        ),
        stage.ledger.order_of(
            "ACME", SELL, LIMIT, "10", "110", tif=GTC, role=TAKE_PROFIT, parent=entry.id, group=entry.id
        ),
    ]


def test_a_pair_for_what_is_held_is_an_oco() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry = ledger.order_of("ACME", BUY, MARKET, "10")
        ledger.submit(entry)
        await stage.until(lambda: ledger.filled(entry.id) == 10**10)
        stop, target = pair(stage, entry)
        ledger.submit(stop, target)
        await stage.until(lambda: all(ledger.states[one.id].stage == WORKING for one in (stop, target)))
        assert posts(stage) == 2
        stage.quote("ACME", "89", "89.5")
        await stage.until(lambda: ledger.filled(stop.id) == 10**10)
        await stage.until(lambda: ledger.states[target.id].stage == ENDED_CANCELLED)

    play(act).agree()


def decided(order: Order, number: int) -> Order:
    """The same order, of that decision."""
    id, account, strategy, _, *terms, _, time = order.row()
    made: Any = [id, account, strategy, order.instrument, *terms, number, time]
    return Order(*made)


@pytest.mark.parametrize("forgotten", [False, True], ids=["the old exits are known", "they are forgotten"])
def test_an_exit_that_is_asked_for_while_it_is_on_its_way_is_no_leg_of_the_exits_before_it(forgotten: bool) -> None:
    """At a start exits are placed for what is held, and everything is asked for at the same moment."""

    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry, *exits = family(stage)
        ledger.submit(entry, *exits)
        await stage.until(lambda: all(ledger.states[one.id].stage == WORKING for one in exits))
        ledger.cancel(exits[0])
        await stage.until(lambda: all(ledger.states[one.id].stage == ENDED_CANCELLED for one in exits))
        stop, target = pair(stage, entry)
        if forgotten:
            stop, target = decided(stop, 2), decided(target, 2)
            for one in exits:
                del ledger.states[one.id]
        await stage.venue.close()
        stage.running.cancel()
        stage.new_client()
        ledger.submit(stop, target)
        for one in (stop, target):
            ledger.execute(Query(stage.clock(), one.id))
        await stage.start()
        await stage.settled()
        for one in (stop, target):
            assert {kind for kind, _ in ledger.reports(one)} == {ACCEPTED}, ledger.reports(one)
            assert ledger.states[one.id].stage == WORKING
        assert not stage.errors["an order that was there is not found"]

    play(act)


@pytest.mark.parametrize("fault", [Fault("lose_answer", "POST"), Fault("delay_answer", "POST", seconds=9)])
def test_legs_of_a_bracket_that_was_not_answered_are_found_by_our_ids(fault: Fault) -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        made = family(stage)
        ledger.submit(*made)
        await stage.settled(40)
        assert len({ledger.venue_id(one.id) for one in made}) == 3
        stage.quote("ACME", "89", "89.5")
        await stage.until(lambda: ledger.filled(made[1].id) == 10**10 and not stage.differences())
        assert all(state.order.strategy == "s" for state in ledger.states.values())

    play(act, [fault]).agree()


def test_a_bracket_that_never_arrived_is_not_found_with_its_legs() -> None:
    async def act(stage: Stage) -> None:
        made = family(stage)
        stage.ledger.submit(*made)
        await stage.settled(40)
        assert [stage.ledger.states[one.id].status for one in made] == ["NOT_FOUND"] * 3

    play(act, [Fault("lose_request", "POST")]).agree()


def test_a_client_that_starts_anew_knows_the_legs_by_the_names_it_was_told() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry, stop, target = family(stage)
        ledger.submit(entry, stop, target)
        await stage.until(lambda: all(ledger.states[one.id].stage == WORKING for one in (stop, target)))
        await stage.venue.close()
        stage.running.cancel()
        stage.new_client()
        await stage.start()
        stage.quote("ACME", "111", "111.5")
        await stage.until(lambda: ledger.filled(target.id) == 10**10)
        await stage.until(lambda: ledger.states[stop.id].stage == ENDED_CANCELLED)
        assert len(ledger.states) == 3

    play(act).agree()


@pytest.mark.parametrize("when", ["held", "working"])
def test_the_price_of_a_leg_is_changed_in_place_and_its_family_stays(when: str) -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry, stop, target = family(stage, LIMIT, "95" if when == "held" else "101")
        ledger.submit(entry, stop, target)
        await stage.settled(5)
        if when == "working":
            await stage.until(lambda: ledger.filled(entry.id) == 10**10)
        ledger.replace(stop, "10", stop="92")
        await stage.settled(5)
        state = ledger.states[stop.id]
        assert (state.stage, state.order.stop_units, state.order.quantity) == (WORKING, 920000, 10**10)
        assert ledger.states[target.id].stage == WORKING
        ledger.replace(stop, "8", stop="92")
        await stage.settled(5)
        assert ledger.reports(stop)[-1] == (REPLACE_REJECTED, "NOT_NATIVE_LINK")
        stage.quote("ACME", "94.8", "94.9")
        stage.quote("ACME", "91.5", "91.6")
        await stage.until(lambda: ledger.filled(stop.id) == 10**10 and not stage.differences())

    play(act).agree()


def test_the_change_of_a_leg_that_is_made_and_answered_with_an_error_is_found() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry, stop, target = family(stage)
        ledger.submit(entry, stop, target)
        await stage.until(lambda: ledger.states[stop.id].stage == WORKING and ledger.filled(entry.id) == 10**10)
        ledger.replace(stop, "10", stop="92")
        await stage.until(lambda: ledger.states[stop.id].order.stop_units == 920000)
        assert stage.plan.fired == {"replace_error_after": 1}
        stage.quote("ACME", "91.5", "91.6")
        await stage.until(lambda: ledger.filled(stop.id) == 10**10 and not stage.differences())

    play(act, [Fault("replace_error_after")]).agree()


def test_an_opening_at_the_market_has_no_price_to_change() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry, stop, target = family(stage)
        ledger.submit(entry, stop, target)
        ledger.replace(entry, "10")
        await stage.until(lambda: ledger.filled(entry.id) == 10**10)
        assert (REPLACE_REJECTED, "NOT_NATIVE_LINK") in ledger.reports(entry)

    play(act).agree()


def test_a_leg_whose_successor_is_refused_once_it_made_way_has_ended() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry, stop, target = family(stage)
        ledger.submit(entry, stop, target)
        await stage.until(lambda: all(ledger.states[one.id].stage == WORKING for one in (stop, target)))
        await stage.until(lambda: ledger.filled(entry.id) == 10**10)
        stage.site.trouble.exits_refused = True
        ledger.replace(stop, "10", stop="92")
        await stage.until(lambda: ledger.states[stop.id].stage == ENDED_REJECTED)
        await stage.until(lambda: ledger.states[target.id].stage == ENDED_CANCELLED)

    play(act).agree()


def test_a_target_that_fills_in_part_makes_its_stop_smaller() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry, stop, target = family(stage)
        ledger.submit(entry, stop, target)
        await stage.until(lambda: ledger.filled(entry.id) == 10**10)
        acme = ledger.instruments[0]
        stage.tell(Quote(stage.clock(), acme, 1110000, 1115000, 4 * 10**9, 10**12))
        await stage.until(lambda: ledger.filled(target.id) == 4 * 10**9)
        await stage.until(lambda: ledger.states[stop.id].order.quantity == 6 * 10**9)
        stage.tell(Quote(stage.clock(), acme, 890000, 891000, 10**12, 10**12))
        await stage.until(lambda: ledger.filled(stop.id) == 6 * 10**9 and not stage.differences())

    play(act, knobs=Knobs(sizes=True)).agree()


def test_cancelling_an_entry_ends_its_legs() -> None:
    async def act(stage: Stage) -> None:
        made = family(stage, LIMIT, "95")
        stage.ledger.submit(*made)
        await stage.settled(5)
        stage.ledger.cancel(made[0])
        await stage.settled(5)
        await stage.until(lambda: all(stage.ledger.states[one.id].stage == ENDED_CANCELLED for one in made))

    play(act).agree()


def test_a_close_that_takes_the_place_of_exits_goes_out_when_they_have_let_go_of_its_shares() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry, stop, target = family(stage)
        ledger.submit(entry, stop, target)
        await stage.until(lambda: ledger.filled(entry.id) == 10**10 and not stage.differences())
        await stage.until(lambda: all(one.status in ("filled", "new") for one in stage.account.orders.values()))
        close = ledger.order_of("ACME", SELL, MARKET, "10", role="exit", flags=1)
        ledger.cancel(stop)
        ledger.cancel(target)
        ledger.submit(close)
        await stage.until(lambda: ledger.filled(close.id) == 10**10, 5)
        assert not stage.account.ledger.positions

    play(act, knobs=Knobs(ack_ns=300 * MS)).agree()


def test_what_can_not_be_linked_exactly_is_not_sent_its_entry_included() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        day = family(stage, tif=DAY)
        fraction = family(stage)
        for order in fraction:
            order.quantity += 1
        trailing = family(stage, exits="target")
        trailing.append(ledger.order_of(
            "ACME", SELL, TRAILING_STOP, "10", trail="1", tif=GTC, role=STOP_LOSS, parent=trailing[0].id
        ))  # fmt: skip
        pair_of = family(stage, symbol="BTCUSD")
        made = [*day, *fraction, *trailing, *pair_of]
        ledger.submit(*made)
        await stage.settled(2)
        assert {ledger.states[one.id].code for one in made} == {"NOT_NATIVE_LINK"}
        assert {ledger.states[one.id].stage for one in made} == {ENDED_REJECTED} and not stage.account.orders

    play(act)


def test_an_exit_for_an_entry_at_work_that_went_without_it_is_not_sent() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        entry, stop = family(stage, LIMIT, "95", "stop")
        ledger.submit(entry)
        await stage.settled(2)
        ledger.submit(stop)
        await stage.settled(2)
        assert ledger.states[stop.id].code == "NOT_NATIVE_LINK" and len(stage.account.orders) == 1

    play(act)


def test_shapes_are_told_apart() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        single, (entry, stop, target) = ledger.order_of("ACME", BUY, MARKET, "1"), family(stage)
        limited = ledger.order_of("ACME", SELL, STOP_LIMIT, "10", "89", "90", GTC, STOP_LOSS, 0, "gone")
        shapes = shapes_of([single, entry, stop, target, limited], ledger)
        assert shapes.posts == [(single, None), (entry, Exits("bracket", target, stop)), (limited, None)]
        assert not shapes.refused and single.role == ENTRY
        pair_of = pair(stage, entry)
        assert shapes_of(pair_of, ledger).posts == [(pair_of[1], Exits("oco", loss=pair_of[0]))]

    play(act)
