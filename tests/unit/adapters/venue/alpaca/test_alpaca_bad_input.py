"""What a venue must not say and may say all the same: it is counted, nothing raises, and no report is made of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.adapters.venue.alpaca.stage import BUY, GTC, LIMIT, MARKET, Stage, play
from tradewright.core.life_cycle import WORKING
from tradewright.model.order import Order
from tradewright.sim.wire.alpaca.notation import write_json
from tradewright.sim.wire.message import BINARY, TEXT, Frame

VALUES = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=6)
    | st.sampled_from(["NaN", "-1", "1e400", "Infinity", "0.0000000001", "9" * 40, "2026-99-99T00:00:00Z", "???"])
    | st.lists(st.integers(), max_size=2)
)  # fmt: skip


async def resting(stage: Stage) -> Order:
    order = stage.ledger.order_of("ACME", BUY, LIMIT, "5", "95", tif=GTC)
    stage.ledger.submit(order)
    await stage.until(lambda: stage.ledger.states[order.id].stage == WORKING)
    return order


def say(stage: Stage, data: bytes, kind: int = BINARY) -> None:
    """The venue says so on the trade stream."""
    for stream in stage.site.streams:
        stream.put(Frame(kind, data))
    stage.pump()


async def still_sound(stage: Stage, order: Order) -> None:
    """The order can still be filled, and is by nothing but its fill."""
    assert stage.ledger.filled(order.id) == 0
    await stage.until(lambda: stage.ledger.ups()[-1], 120)
    stage.quote("ACME", "94.8", "94.9")
    await stage.until(lambda: stage.ledger.filled(order.id) == 5 * 10**9, 60)
    assert not [name for name in stage.errors if name.startswith("defect")], stage.errors
    stage.agree()


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=40) | st.text(max_size=40), min_size=1, max_size=4))
def test_frames_of_garbage_end_the_stream_and_nothing_else(frames: list[bytes | str]) -> None:
    async def act(stage: Stage) -> None:
        order = await resting(stage)
        for frame in frames:
            say(stage, frame.encode() if isinstance(frame, str) else frame, TEXT if isinstance(frame, str) else BINARY)
            await asyncio.sleep(3)
        assert stage.errors["unreadable frame"] == len(frames)
        await still_sound(stage, order)

    play(act)


FIELDS = ["id", "client_order_id", "symbol", "qty", "filled_qty", "status", "side", "type", "limit_price", "replaces",
          "replaced_by", "updated_at", "time_in_force", "legs", "order_class"]  # fmt: skip


@settings(max_examples=120)
@given(
    st.sampled_from(["fill", "partial_fill", "new", "canceled", "replaced", "trade_bust", "?"]),
    st.dictionaries(st.sampled_from([name for name in FIELDS if name not in ("status", "id")]), VALUES, max_size=3),
    st.dictionaries(st.sampled_from(["price", "qty", "timestamp", "execution_id"]), VALUES, max_size=2),
)
def test_an_update_that_is_spoilt_is_never_a_wrong_fill(event: str, spoilt: Any, more: Any) -> None:
    async def act(stage: Stage) -> None:
        order = await resting(stage)
        wire = stage.account.orders[stage.ledger.venue_id(order.id)].wire()
        data = {"event": event, "timestamp": "2026-01-12T16:00:05Z", "order": {**wire, **spoilt}, **more}
        say(stage, write_json({"stream": "trade_updates", "data": data}))
        await asyncio.sleep(1)
        known = [id for id, state in stage.ledger.states.items() if state.order.strategy == "s"]
        assert known == [order.id] and not stage.ledger.strange
        if stage.ledger.filled(order.id):
            # It said a fill that is well formed in itself: nothing tells it from a real one.
            assert event in ("fill", "partial_fill") and more.get("qty") and more.get("price")
            return
        assert not [name for name in stage.errors if name.startswith("defect")], stage.errors

    play(act)


def test_a_status_and_an_event_that_nobody_knows_are_counted_and_looked_up() -> None:
    async def act(stage: Stage) -> None:
        order = await resting(stage)
        wire = stage.account.orders[stage.ledger.venue_id(order.id)].wire()
        for event, status in (("paused", "new"), ("new", "asleep")):
            data = {"event": event, "timestamp": "2026-01-12T16:00:05Z", "order": {**wire, "status": status}}
            say(stage, write_json({"stream": "trade_updates", "data": data}))
            await asyncio.sleep(5)
        assert stage.errors["event 'paused'"] == 1 and stage.errors["unreadable frame"] == 1
        await still_sound(stage, order)

    play(act)


def test_a_fill_that_was_undone_is_counted_and_what_the_venue_shows_is_looked_up() -> None:
    async def act(stage: Stage) -> None:
        order = stage.ledger.order_of("GLOBEX", BUY, MARKET, "3")
        stage.ledger.submit(order)
        await stage.until(lambda: stage.ledger.filled(order.id) > 0)
        wire = stage.account.orders[stage.ledger.venue_id(order.id)].wire()
        data = {"event": "trade_bust", "timestamp": "2026-01-12T16:00:05Z", "order": wire, "price": "20", "qty": "3"}
        say(stage, write_json({"stream": "trade_updates", "data": data}))
        await asyncio.sleep(2)
        assert stage.errors["event 'trade_bust'"] == 1 and stage.ledger.filled(order.id) == 3 * 10**9

    play(act)


@pytest.mark.parametrize("path", ["/v2/account", "/v2/positions", "/v2/orders", "/v2/clock", "/v2/account/activities"])
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"[1,2]", b'{"cash":"NaN","status":"ACTIVE"}'])
def test_answers_that_make_no_sense_are_counted(path: str, body: bytes) -> None:
    async def act(stage: Stage) -> None:
        order = await resting(stage)
        real = stage.faulty.request

        def spoilt(request, now):  # type: ignore[no-untyped-def]
            answer = real(request, now)
            if request.method == "GET" and request.path.startswith(path):
                answer.body = body
            return answer

        stage.faulty.request = spoilt  # type: ignore[method-assign]
        await asyncio.sleep(70)
        stage.drop()
        await asyncio.sleep(10)
        stage.faulty.request = real  # type: ignore[method-assign]
        await still_sound(stage, order)

    play(act)


def test_a_long_frame_is_read_or_refused_and_never_stops_the_client() -> None:
    async def act(stage: Stage) -> None:
        order = await resting(stage)
        say(stage, json.dumps({"stream": "trade_updates", "data": {"event": "x" * 10_000_000}}).encode())
        await asyncio.sleep(2)
        await still_sound(stage, order)

    play(act)
