"""What a person or a service asks of an engine that runs, carried out and answered when it is durable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewright.app import picker
from tradewright.app.control import Asked, answer_of, events_of
from tradewright.app.live import LiveEngine
from tradewright.app.picker import PickerAsked
from tradewright.core import by_service
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.errors import InputError, JournalFull
from tradewright.model.event import Event
from tradewright.trader import Outcome

Feed = Callable[[Event], None]


def answered(asked: Asked | PickerAsked, live: LiveEngine, feed: Feed) -> dict[str, Any]:
    """feed: takes an input, with all that follows from it."""
    engine = live.trader.engine
    if not isinstance(asked, Asked):
        return picker.carried_out(asked, engine, lambda event: overheard(event, live, feed))
    for event in events_of(asked, engine):
        feed(event)
    live.flush()
    return answer_of(asked, engine, None if live.failure is not None else live.journal.head.sequence, True)


def overheard(event: Event, live: LiveEngine, feed: Feed) -> list[Event]:
    """Feeds an input; its outputs, once they are durable. Raises JournalFull where they never will be: what reduces or
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
        raise JournalFull(f"it may have been sent, look at the venue: {live.failure}")
    return heard


def decided(
    made: Callable[[int], DecisionRequested], live: LiveEngine, now: int, wake: Callable[[], None], feed: Feed
) -> None:
    """What somebody outside has decided, once. made: of its moment; wake: lets the engine's clock go on. Raises
    InputError for what is refused before, and leaves no record then, or is known by the venue alone; JournalFull where
    nothing was done."""
    engine = live.trader.engine
    by_service.check(engine, made(max(now, engine.now)))
    if live.failure is None:
        wake()
    if live.failure is not None:
        raise JournalFull(f"nothing is decided while the journal can not be written: {live.failure}")
    try:
        overheard(made(engine.now), live, feed)
    except JournalFull as error:
        # It may have closed something: said again behind a restart, it would do so twice.
        raise InputError(f"the journal was full in its middle, and it is not taken up again: {error}") from error
