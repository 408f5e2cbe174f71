"""A process that ends dead at each named place of its journal, at each simulated venue: what the next one says is what
the venue has, nothing was sent twice, and nothing was taken in that was there before."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec
import pytest

from tests.cases.scene import VENUES, play
from tests.venues.mortal import MortalScene
from tradewright.adapters.journal import CRASH_POINTS, writer
from tradewright.adapters.journal.points import (
    AFTER_ANCHOR_RENAME,
    AFTER_COMMIT_BEFORE_NOTIFY,
    AFTER_EMERGENCY_WRITE,
    AFTER_SNAPSHOT_RENAME,
    BEFORE_ANCHOR_RENAME,
    BEFORE_APPEND,
    BEFORE_COMMIT,
    BEFORE_EMERGENCY_WRITE,
    BEFORE_SEGMENT_RENAME,
    BEFORE_SNAPSHOT_RENAME,
    RECOVERED,
    SEGMENT_CREATED,
)
from tradewright.app.history import fold
from tradewright.core.life_cycle import WORKING
from tradewright.model import event as kinds
from tradewright.model.order import STOP_LOSS
from tradewright.model.reconciliation import WITHIN_TOLERANCE
from tradewright.prove.crash import NOT_MET, FullDisk
from tradewright.signal.strategy import Strategy

POINTS = [name for name in CRASH_POINTS if name not in NOT_MET]
#: Places that only the first start comes by, only a later one, only a snapshot, only a journal whose disk is full.
FIRST, STARTING = (BEFORE_SEGMENT_RENAME, SEGMENT_CREATED), (RECOVERED,)
STOPPING, FULL = (BEFORE_SNAPSHOT_RENAME, AFTER_SNAPSHOT_RENAME), (BEFORE_EMERGENCY_WRITE, AFTER_EMERGENCY_WRITE)
ANCHOR = (BEFORE_ANCHOR_RENAME, AFTER_ANCHOR_RENAME)
#: Whether an order on its way is in the journal there. Elsewhere the writer may be busy with the record before it.
JOURNALED = {**dict.fromkeys((BEFORE_APPEND, BEFORE_COMMIT, *FULL), False), AFTER_COMMIT_BEFORE_NOTIFY: True}
#: A thread gets so long to where it dies.
DEATH_SECONDS = 60.0
#: A disk is full from so many writes on.
NEVER, NOW = 2**62, 0


@pytest.fixture
def disk(point: str) -> Iterator[FullDisk | None]:
    """What the first process writes to, where that is to be full."""
    one = FullDisk(NEVER) if point in FULL else None
    yield one
    if one is not None:
        one.unregister()


async def trades(scene: MortalScene) -> tuple[str, str]:
    """It holds something that is guarded, and an order of its own rests."""
    held = await scene.buy(stop_loss=scene.price("-6"))
    rests = await scene.buy(2, limit=scene.price("-3"))
    await scene.until(lambda: scene.status(held) == "FILLED" and scene.state(rests).stage == WORKING)
    await scene.rest(5)
    return held, rests


async def die(scene: MortalScene, disk: FullDisk | None) -> str:
    """It ends dead there, with an order on its way where it was trading; its id, "" = there was none."""
    death, sent = scene.death, ""
    if death.point in STARTING:
        death.armed = True
        scene.stop("live-before-step")
    elif death.point in STOPPING:
        death.armed = True
        scene.live.snapshot()
        assert death.died.wait(DEATH_SECONDS)
    else:
        size, price = scene.size(3), scene.price("-5")

        def wish(strategy: Strategy) -> object:
            death.armed = True
            if disk is not None:
                disk.full_at = NOW
            return strategy.buy(size, stop_loss=price)

        sent = str(await scene.tell(wish))
    await scene.until(lambda: death.died.is_set() and scene.engine.run == 2)
    assert scene.day.stops == 1 + (death.point in STARTING)
    return sent


def judge(scene: MortalScene) -> None:
    """By the journal as it lies there, and by the venue."""
    rows = [msgspec.json.decode(record) for record in scene.journal.records]
    sent = [row[2] for row in rows if row[0] == kinds.SUBMIT]
    assert len(set(sent)) == len(sent) >= 2
    placed = [scene.stand.own(id) for id in scene.posts()]
    assert [scene.made(id) for id in placed] == [1] * len(placed) and set(placed) <= set(sent)
    assert not [row for row in rows if row[0] == kinds.ORDER_ADOPTED]
    behind = rows[scene.kept :]
    assert [row for row in behind if row[0] == kinds.RECONCILED]
    if scene.kept:
        assert not [row for row in behind if row[0] in (kinds.POSITION_ADJUSTED, kinds.LOTS_TRANSFERRED)]
        assert not [row for row in behind if row[0] == kinds.BALANCE_ADJUSTED and row[5] != WITHIN_TOLERANCE]
    assert fold(scene.folder).state_hash == scene.engine.state_hash()


async def goes_on(scene: MortalScene, disk: FullDisk | None) -> None:
    """It dies and comes back: what it held is held, what rested rests, and the order on its way is there once or not at
    all, as the venue says."""
    held, rests = await trades(scene)
    before, exits = scene.there(), guards(scene)
    sent = await die(scene, disk)
    known = sent in scene.engine.orders
    assert known in (JOURNALED.get(scene.point, False), JOURNALED.get(scene.point, bool(sent)))
    await scene.until(scene.ready)
    await scene.until(lambda: not known or scene.status(sent) in ("FILLED", "NOT_FOUND"))
    await scene.rest(10)
    arrived = scene.made(sent) > 0
    assert known or not arrived
    assert not known or (scene.status(sent) == "FILLED") == arrived
    assert (scene.status(held), scene.status(rests)) == ("FILLED", "ACCEPTED")
    assert scene.net() == scene.there() and (scene.there() > before if arrived else scene.there() == before)
    assert exits <= guards(scene) and len(guards(scene)) == 1 + arrived


def guards(scene: MortalScene) -> set[str]:
    """The stops that are at work, here or there."""
    orders = scene.engine.orders
    return {id for id, state in orders.items() if state.order.role == STOP_LOSS and state.is_open()}


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("venue", VENUES)
def test_a_process_that_stops_dead_anywhere_in_its_journal_loses_and_doubles_nothing(
    venue: str, point: str, disk: FullDisk | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Behind each commit, or not before a snapshot: by the clock it would be met by chance.
    monkeypatch.setattr(writer, "ANCHOR_SECONDS", 0.0 if point in ANCHOR else 3_600.0)

    def armed(scene: MortalScene) -> None:
        scene.death.armed = point in FIRST

    async def act(scene: MortalScene) -> None:
        if point in FIRST:
            assert scene.day.stops == 1 and scene.engine.run == 1
            await trades(scene)
        else:
            await goes_on(scene, disk)
        later = await scene.buy(1)
        await scene.until(lambda: scene.status(later) == "FILLED")
        judge(scene)

    play(venue, act, setting=armed, make=partial(MortalScene, point))  # type: ignore[arg-type]
