"""Quotes thinned out before the journal: at most one per symbol and window, and none said to be newer than it is."""

from __future__ import annotations

from tradewright.app.conflate import Conflator
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Quote, Trade

MS = 1_000_000
A = Instrument("A", "paper", "equity", "A", "USD", 2, 0, index=0)
B = Instrument("B", "paper", "equity", "B", "USD", 2, 0, index=1)


def told(*events: Event) -> list[tuple[str, int, int]]:
    """Symbol, time in ms and bid of what passes of these, in order."""
    conflator = Conflator()
    passed = [event for one in events for event in conflator.take(one)]
    return [(e.symbol, e.time // MS, e.bid_units) for e in passed if isinstance(e, Quote)]  # type: ignore[attr-defined]


def quote(instrument: Instrument, ms: int, bid: int) -> Quote:
    return Quote(ms * MS, instrument, bid, bid + 1)


def test_of_the_quotes_in_a_window_the_first_and_the_last_pass() -> None:
    seen = told(*(quote(A, ms, 100 + ms) for ms in (0, 10, 50, 99, 100)))
    assert seen == [("A", 0, 100), ("A", 100, 199)]


def test_a_quote_held_back_is_given_as_of_the_end_of_its_window_however_late_the_next_event_comes() -> None:
    seen = told(quote(A, 0, 100), quote(A, 50, 90), Trade(3_600_000 * MS, B, 5000, 1))
    assert seen == [("A", 0, 100), ("A", 100, 90)]


def test_its_window_begins_where_the_last_one_ended() -> None:
    """The quote of 0.3 s comes 0.2 s after the one that was given as of 0.1 s: it need not wait."""
    assert told(quote(A, 0, 1), quote(A, 50, 2), quote(A, 300, 3)) == [("A", 0, 1), ("A", 100, 2), ("A", 300, 3)]


def test_time_does_not_go_back_between_symbols() -> None:
    """B's window ends first, though A's quote was held back first."""
    seen = told(quote(B, 0, 1), quote(A, 30, 2), quote(A, 40, 3), quote(B, 50, 4), quote(A, 900, 5))
    assert seen == [("B", 0, 1), ("A", 30, 2), ("B", 100, 4), ("A", 130, 3), ("A", 900, 5)]


def test_a_clock_that_goes_back_holds_nothing_back_until_it_has_come_as_far_again() -> None:
    """Stops go by these quotes."""
    hour = 3_600_000
    seen = told(quote(A, hour, 1), quote(A, hour + 50, 2), quote(B, hour + 60, 3), quote(A, 0, 4), quote(A, 200, 5))
    assert seen == [("A", hour, 1), ("B", hour + 60, 3), ("A", 0, 2), ("A", 100, 4), ("A", 200, 5)]


def test_a_quote_that_is_decided_a_little_after_another_of_a_later_time_waits_like_any() -> None:
    seen = told(quote(A, 100, 1), quote(A, 90, 2), quote(A, 199, 3), quote(A, 200, 4))
    assert seen == [("A", 100, 1), ("A", 200, 3)]
