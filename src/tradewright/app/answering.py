"""What a person or a service asks of an engine that runs, carried out and answered when it is durable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewright.app import limits, picker
from tradewright.app.control import Asked, Wanted, answer_of, events_of
from tradewright.app.live import LiveEngine
from tradewright.core import by_service
from tradewright.core.by_hand import decisions_of
from tradewright.model.decision import Decision
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.errors import JournalFull, MayHaveLeft
from tradewright.model.event import Event
from tradewright.trader import Outcome

Feed = Callable[[Event], None]


def answered(asked: Wanted, live: LiveEngine, feed: Feed) -> dict[str, Any]:
    """feed: takes an input, with all that follows from it."""
    engine = live.trader.engine
    if isinstance(asked, limits.ShownAsked):
        return limits.shown(engine)
    if isinstance(asked, limits.LimitsWish):
        return bound(asked, live, feed)
    if not isinstance(asked, Asked):
        return picker.carried_out(asked, engine, lambda event: overheard(event, live, feed))
    for event in events_of(asked, engine):
        feed(event)
    live.flush()
    return answer_of(asked, engine, None if live.failure is not None else live.journal.head.sequence, True)


def bound(asked: limits.LimitsWish, live: LiveEngine, feed: Feed) -> dict[str, Any]:
    """Limits that are set or waived. Raises InputError where they can not hold, and JournalFull where they were not
    journaled; neither leaves a record."""
    if live.failure is not None:
        raise JournalFull(f"no limit is set while the journal can not be written: {live.failure}")
    engine = live.trader.engine
    event = limits.event_of(asked, engine, live.told)
    feed(event)
    live.flush()
    if live.failure is not None:
        raise JournalFull(f"it holds until this process ends, and no longer: {live.failure}")
    return {**limits.answer_of(event, engine), "record": live.journal.head.sequence}


def overheard(event: Event, live: LiveEngine, feed: Feed) -> list[Event]:
    """Feeds an input; its outputs, once they are durable. Raises MayHaveLeft where they never will be: what reduces or
    cancels may have left all the same."""
    heard: list[Event] = []
    listener = live.listener

    def overhear(told: Event, outcome: Outcome) -> None:
        if told is event:
            heard.extend(outcome.outputs)
        listener(told, outcome)

    live.listener = overhear
    try:
        feed(event)
        live.flush()
    finally:
        live.listener = listener
    if live.failure is not None:
        raise MayHaveLeft(f"it may have been sent, look at the venue: {live.failure}")
    return heard


def decided(
    made: Callable[[int], DecisionRequested], live: LiveEngine, now: int, wake: Callable[[], None], feed: Feed
) -> list[Decision]:
    """What was decided on what somebody outside has decided, once, durable; nothing on a HOLD. made: of its moment;
    wake: lets the engine's clock go on. Raises InputError for what is refused before, and leaves no record then;
    MayHaveLeft as `overheard`; another JournalFull where nothing was done."""
    engine = live.trader.engine
    by_service.check(engine, made(max(now, engine.now)))
    if live.failure is None:
        wake()
    if live.failure is not None:
        raise JournalFull(f"nothing is decided while the journal can not be written: {live.failure}")
    asked = made(engine.now)
    return decisions_of(asked, overheard(asked, live, feed))
