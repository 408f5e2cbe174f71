"""Each kind of fault while fifty orders flow: nothing is lost, doubled or wrongly said."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.adapters.venue.mt5.stage import HEDGING, NETTING, SECOND_NS, Fault, Ledger, World, play
from tradewright.model.order import ENTRY, LIMIT, MARKET, STOP
from tradewright.model.rng import Rng
from tradewright.prove.mt5_stand import Mt5Stand
from tradewright.sim.wire import faults as kinds

POST = "POST /api/v1/trades"
#: Each kind, in ways that matter to a client that polls. Times: seconds.
FAULTS = {
    "lose_request": [Fault("lose_request", POST, 3, 5, 0.3)],
    "lose_request_read": [Fault("lose_request", "GET", 5, 20, 0.1)],
    "lose_answer": [Fault("lose_answer", POST, 2, 8, 0.4)],
    "lose_answer_read": [Fault("lose_answer", "GET", 5, 20, 0.1)],
    "delay_answer": [Fault("delay_answer", POST, 2, 5, 0.4, seconds=3), Fault("delay_answer", POST, 4, 5, seconds=8)],
    "error_before": [Fault("error_before", POST, 2, 6, 0.4), Fault("error_before", "GET", 9, 9, 0.1, status=502)],
    "error_after": [Fault("error_after", POST, 2, 6, 0.4), Fault("error_after", POST, 9, 2, status=504)],
    "cut_answer": [Fault("cut_answer", "", 5, 12, 0.2)],
    "garble_answer": [Fault("garble_answer", "", 5, 12, 0.2)],
    "limited": [Fault("error_before", POST, 5, 3, status=429)],
    "drop_frame": [Fault("drop_frame", times=0, probability=0.5)],
    "delay_frame": [Fault("delay_frame", times=9, seconds=5)],
    "duplicate_frame": [Fault("duplicate_frame", times=0)],
    "reorder_frames": [Fault("reorder_frames", times=9)],
    "cut_frame": [Fault("cut_frame", times=9)],
    "disconnect": [Fault("disconnect", after=3, times=5, probability=0.3)],
    "half_open": [Fault("half_open", after=5)],
    "silent": [Fault("silent", begin=10, seconds=40)],
    "maintenance": [Fault("maintenance", begin=15, seconds=20)],
    "hidden": [Fault("hidden", begin=5, seconds=60, by=4)],
    "hidden_and_lost": [Fault("hidden", begin=5, seconds=60, by=4), Fault("lose_answer", POST, 2, 8, 0.4)],
    "stale": [Fault("stale", begin=10, seconds=30, by=8)],
    "stale_and_lost": [Fault("stale", begin=10, seconds=30, by=8), Fault("lose_answer", POST, 2, 8, 0.4)],
    "late_fill": [Fault("late_fill", begin=35)],
    "overfill": [Fault("overfill", begin=35)],
    "changed_rules": [Fault("changed_rules", begin=45)],
    "foreign_order": [Fault("foreign_order", begin=20)],
    "manual_close": [Fault("manual_close", begin=25), Fault("manual_close", begin=45)],
    "exit_cancelled": [Fault("exit_cancelled", begin=25), Fault("exit_cancelled", begin=45)],
    "exits_refused": [Fault("exits_refused", begin=15, seconds=20)],
    "used_up": [Fault("limited", begin=15, seconds=10)],
    "cancel_meets_fill": [Fault("cancel_meets_fill", times=0)],
    "fill_before_ack": [Fault("fill_before_ack", times=9, begin=5, seconds=2)],
    "fill_before_ack_and_late": [Fault("fill_before_ack", times=9, begin=5, seconds=8)],
    "replace_error_after": [Fault("replace_error_after", times=0)],
    "skew": [Fault("skew", begin=15, seconds=20, by=4)],
}  # fmt: skip


def test_every_kind_of_fault_is_among_them() -> None:
    assert {fault.kind for plan in FAULTS.values() for fault in plan} == set(kinds.KINDS) - {*Mt5Stand.never}


async def trade(world: World, count: int) -> None:
    """Orders of every kind, in bursts: brackets, closes of parts, limits that are changed and cancelled."""
    book, rng = world.ledger, Rng(11)
    for number in range(count):
        symbol = ("EURUSD", "XAUUSD", "BTCUSD")[rng.below(3)]
        if number % 3 == 2:
            change(world, rng)
        else:
            place(book, world.price(symbol), symbol, rng)
        await asyncio.sleep((0, 0.01, 1.2, 1.5)[rng.below(4)])


def place(book: Ledger, prices: tuple[float, float], symbol: str, rng: Rng) -> None:
    (bid, ask), digits = prices, 5 if symbol == "EURUSD" else 2
    side, lots = 1 - 2 * rng.below(2), ("0.02", "0.04", "0.1")[rng.below(3)]
    kind = rng.below(4)
    if kind < 2:
        away = -side if kind else side
        type, price = (STOP, ask if away > 0 else bid) if away == side else (LIMIT, bid if side > 0 else ask)
        text = f"{price * (1 + away * 0.01):.{digits}f}"
        book.submit(book.order_of(symbol, side, lots, type, **{"stop" if type == STOP else "limit": text}))
    elif kind == 2 and book.terms.mode == HEDGING:
        entry = book.order_of(symbol, side, lots)
        stop, target = bid * (1 - side * 0.01), ask * (1 + side * 0.01)
        book.submit(entry, *book.bracket(entry, f"{stop:.{digits}f}", f"{target:.{digits}f}"))
    else:
        book.submit(book.order_of(symbol, side, lots))


def change(world: World, rng: Rng) -> None:
    """One of what rests is cancelled, moved or made larger, or a part of what is held is closed."""
    book = world.ledger
    states = [state for state in book.states.values() if state.order.role == ENTRY and not state.has_unknown()]
    resting = [state for state in states if state.order.type != MARKET and state.is_open() and state.venue_id]
    held = [state for state in states if state.filled == state.order.quantity and state.order.type == MARKET]
    if resting and rng.below(3):
        order = resting[rng.below(len(resting))].order
        far = order.side * order.instrument.rules.tick * (10 if order.type == STOP else -10)
        limit, stop = order.limit_units and order.limit_units + far, order.stop_units and order.stop_units + far
        what = rng.below(3)
        if what == 0:
            book.cancel(order)
        else:
            book.replace(order, order.quantity + (what - 1) * order.instrument.rules.step, limit, stop)
    elif held:
        book.close(held[rng.below(len(held))].order, "0.01")


#: Kinds that bear each other's company; by itself each of them runs in the long run.
TOGETHER = {"others": ("overfill", "foreign_order", "manual_close", "changed_rules")}
#: Where a net position makes a difference.
NETTED = ("lose_answer", "error_after", "hidden_and_lost", "late_fill", "others")
PLANS = {**FAULTS, **{name: [fault for kind in kinds for fault in FAULTS[kind]] for name, kinds in TOGETHER.items()}}
#: Frames only hasten what polling finds: three of their faults say it, the others later.
LATER = {*TOGETHER["others"], "delay_frame", "duplicate_frame", "reorder_frames"}
RUNS = [
    pytest.param(
        name, mode, marks=() if name not in LATER and (mode == HEDGING or name in NETTED) else pytest.mark.long
    )
    for name in PLANS
    for mode in (HEDGING, NETTING)
]


@pytest.mark.parametrize(("name", "mode"), RUNS)
def test_after_the_faults_the_engine_knows_what_the_broker_did(name: str, mode: str) -> None:
    async def program(world: World) -> None:
        await world.start()
        await trade(world, 50)
        await world.until(lambda: world.clock() > world.begun + 50 * SECOND_NS)
        await world.until(world.ledger.settled, 60)
        # That a stop is no more at its position is believed after a minute.
        await asyncio.sleep(75 if name == "exit_cancelled" else 12)
        await world.check()
        fired = {fault.kind for fault in PLANS[name]}
        assert fired <= set(world.plan.fired), world.plan.fired

    settles = 10_000 if "hidden" in name or "stale" in name else 0
    play(program, mode, PLANS[name], seed=5, settles_ms=settles)
