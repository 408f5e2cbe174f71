"""What a person or a service asks of an engine that runs, carried out and answered when it is durable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewright.app import picker
from tradewright.app.control import Asked, answer_of, events_of
from tradewright.app.live import LiveEngine
from tradewright.app.picker import PickerAsked
from tradewright.model.errors import JournalFull
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
