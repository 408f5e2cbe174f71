"""Everything that `sim.wire.faults` can do while fifty orders flow: at the end the engine's book is the venue's."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.adapters.venue.alpaca.stage import BUY, GTC, LIMIT, MARKET, SELL, Stage, play
from tradewright.core.life_cycle import WORKING
from tradewright.model.order import Order
from tradewright.prove.alpaca_stand import AlpacaStand
from tradewright.sim.models.models import Models
from tradewright.sim.wire.faults import KINDS, Fault

POST, ANY = "POST /v2/orders", ""
FAULTS = {
    "lose_request": [Fault("lose_request", times=0, probability=0.1)],
    "lose_answer": [Fault("lose_answer", times=0, probability=0.2)],
    "delay_answer": [Fault("delay_answer", times=0, probability=0.2, seconds=3)],
    "delay beyond our patience": [Fault("delay_answer", POST, times=0, probability=0.2, seconds=9)],
    "error_before": [Fault("error_before", times=0, probability=0.1)],
    "error_after": [Fault("error_after", times=0, probability=0.2, status=500)],
    "cut_answer": [Fault("cut_answer", times=0, probability=0.2)],
    "garble_answer": [Fault("garble_answer", times=0, probability=0.2)],
    "throttled": [Fault("error_before", POST, times=3, after=5, status=429)],
    "drop_frame": [Fault("drop_frame", "/stream", times=0, probability=0.3, begin=2)],
    "delay_frame": [Fault("delay_frame", "/stream", times=0, probability=0.2, seconds=2, begin=2)],
    "duplicate_frame": [Fault("duplicate_frame", "/stream", times=0, probability=0.5)],
    "reorder_frames": [Fault("reorder_frames", "/stream", times=0, probability=0.4, begin=2)],
    "cut_frame": [Fault("cut_frame", "/stream", times=0, probability=0.05)],
    "disconnect": [Fault("disconnect", "/stream", times=0, probability=0.05)],
    "half_open": [Fault("half_open", "/stream", times=2, after=20)],
    "silent": [Fault("silent", begin=3, seconds=30)],
    "maintenance": [Fault("maintenance", begin=4, seconds=20)],
    "hidden": [Fault("hidden", by=2), Fault("lose_answer", POST, times=0, probability=0.2)],
    "stale": [Fault("stale", by=5), Fault("disconnect", "/stream", times=0, probability=0.03)],
    "late_fill": [Fault("late_fill", begin=9)],
    "overfill": [Fault("overfill", begin=4)],
    "changed_rules": [Fault("changed_rules", begin=4)],
    "foreign_order": [Fault("foreign_order", begin=4)],
    "manual_close": [Fault("manual_close", begin=6)],
    "exit_cancelled": [Fault("exit_cancelled", begin=9)],
    "exits_refused": [Fault("exits_refused", begin=2, seconds=6)],
    "limited": [Fault("limited", begin=3, seconds=5)],
    "cancel_meets_fill": [Fault("cancel_meets_fill", times=0)],
    "fill_before_ack": [Fault("fill_before_ack", times=20, seconds=2)],
    "fill_before_ack beyond our patience": [Fault("fill_before_ack", times=20, seconds=9)],
    "skew": [Fault("skew", begin=3, seconds=10, by=4)],
}  # fmt: skip
#: Of legs alone, which this flow has none of (`test_alpaca_links`).
OTHERS = ("replace_error_after",)


async def flow(stage: Stage) -> None:
    """Fifty orders in ten seconds: some fill at once, some in parts, some rest and are changed, cancelled, or filled
    later."""
    ledger = stage.ledger
    resting: list[Order] = []
    for count in range(50):
        if count % 5 == 4:
            # Opposite orders that cross would be a wash trade; sales are of what is held of another share.
            order = ledger.order_of("GLOBEX", SELL, MARKET, "1", role="exit")
        elif count % 2:
            order = ledger.order_of("ACME", BUY, LIMIT, "7", f"{99 - count % 3}", tif=GTC)
            resting.append(order)
        else:
            order = ledger.order_of("GLOBEX", BUY, MARKET, "5")
        ledger.submit(order)
        if count % 7 == 6 and resting:
            live = [one for one in resting if ledger.states[one.id].stage == WORKING]
            if live:
                ledger.cancel(live[0])
                resting.remove(live[0])
        if count % 11 == 10:
            live = [one for one in resting if ledger.states[one.id].stage == WORKING]
            if live:
                ledger.replace(live[-1], "9", "98.5")
        if count == 25:
            stage.quote("ACME", "97.5", "98.2")
        if count == 40:
            ledger.submit(ledger.order_of("ACME", SELL, LIMIT, "1", "150", tif=GTC, role="exit"))
        if count == 30:
            stage.quote("ACME", "99.9", "100.1")
        await asyncio.sleep(0.2)
    await asyncio.sleep(5)


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_goes_wrong_the_book_is_the_venues_in_the_end(name: str) -> None:
    settles_ms = 4_000 if name == "hidden" else 0
    banned = name == "throttled"

    async def act(stage: Stage) -> None:
        await flow(stage)
        # The faults are over.
        stage.plan.faults.clear()
        stage.site.trouble.hidden_ns = stage.site.trouble.stale_ns = 0
        # A minute's ban, which a 429 without a word of its end is taken for, is part of the fault.
        await stage.until(lambda: not stage.ledger.pending and not stage.differences(), 120 if banned else 60)

    stage = play(act, FAULTS[name], settles_ms=settles_ms, models=Models(partial="random:0.4"))
    fired = sum(stage.plan.fired.values())
    assert fired > 0, "no fault struck"
    stage.agree()
    assert not [name for name in stage.errors if name.startswith("defect")], stage.errors


def test_every_kind_of_fault_has_its_scene() -> None:
    assert {fault.kind for faults in FAULTS.values() for fault in faults} == set(KINDS) - {*AlpacaStand.never, *OTHERS}
