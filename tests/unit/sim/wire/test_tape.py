"""A tape: events are taken as time reaches them, as they are or moved to another time."""

from __future__ import annotations

import pytest

from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, QuoteBar, Trade
from tradewright.sim.wire.site import Tape

ACME = Instrument("ACME", "venue", "equity", "ACME", "USD", 4, 6)


def events() -> list[MarketEvent]:
    return [
        Bar(100, ACME, 40, 1, 4, 1, 2, 9),
        QuoteBar(110, ACME, 50, 1, 4, 1, 2, 3, 6, 3, 4, 7, 8),
        Quote(120, ACME, 1, 2, 3, 4),
        Trade(130, ACME, 5, 6, -1),
        Depth(140, ACME, ((1, 2),), ((3, 4),)),
    ]


@pytest.mark.parametrize("at", range(5))
def test_a_moved_tape_has_the_same_events_at_another_time(at: int) -> None:
    plain, tape = events()[at], Tape([events()[at]], 1000)
    assert tape.due == plain.time + 1000
    assert list(tape.until(plain.time + 999)) == []
    (later,) = tape.until(plain.time + 1000)
    expected = list(plain.row())
    expected[1] = plain.time + 1000
    if isinstance(plain, Bar):
        expected[3] = plain.time_open + 1000
    assert (type(later), list(later.row()), later.instrument) == (type(plain), expected, ACME)


def test_events_are_taken_as_time_reaches_them() -> None:
    tape = Tape(events())
    assert [event.time for event in tape.until(120)] == [100, 110, 120]
    assert tape.due == 130
    assert [event.time for event in tape.until(10**9)] == [130, 140]
    assert tape.due is None
