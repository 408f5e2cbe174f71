"""What the venue has done is compared with what was booked, trade by trade and in their values; and what leaves and is
held, record by record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tradewright.model import event
from tradewright.prove.auditor import NOBODY, Auditor, Books, Terms, Trade, Truth
from tradewright.prove.known import ENTRY, EXIT, OVER, SENT, STOP_LOSS, Known
from tradewright.prove.reserves import Held
from tradewright.sim.market import universe

NAMES = ("A-1-1", "77")
KEY = ("ACME", "t1")
OURS: Trade = ("A-1-1", 1, 100, 10)


def breaches(
    here: dict[tuple[str, str], Trade],
    there: dict[tuple[str, str], Trade],
    filled: int = 10,
    others: list[str] | None = None,
) -> list[str]:
    """Of a day whose books hold one order; the venue calls each order by its id here, and others so too."""
    others = others or []
    auditor = Auditor([])
    auditor.orders["A-1-1"] = Known("ACME", "restless", 1, 100, {0}, ENTRY, "", filled=filled, rank=OVER)
    auditor.fills = here
    books = Books({}, {}, {}, {}, {"A-1-1": (filled, False, False)})
    fills = {key: ((trade[0], "77"), *trade[1:]) for key, trade in there.items()}
    owners = {names: [*others, names[0]] for names, *_ in fills.values()}
    auditor.conclude(books, Truth({}, {}, [], fills), [], [], owners)
    assert {invariant for invariant, _ in auditor.breaches} <= {"I-13"}
    return [text for _, text in auditor.breaches]


def test_trades_that_agree_break_nothing() -> None:
    assert breaches({KEY: OURS}, {KEY: OURS}) == []


@pytest.mark.parametrize("there", [("A-1-1", 1, 101, 10), ("A-1-1", -1, 100, 10)])
def test_another_price_or_side_is_seen(there: Trade) -> None:
    (text,) = breaches({KEY: OURS}, {KEY: there})
    assert "is ('A-1-1', 1, 100, 10) here" in text


def test_another_size_or_owner_is_seen_at_the_trade_and_at_the_order() -> None:
    assert [text.partition(" has ")[0] for text in breaches({KEY: OURS}, {KEY: ("A-1-1", 1, 100, 9)})][1:] == [
        "record 0: A-1-1"
    ]
    assert len(breaches({KEY: OURS}, {KEY: ("V-1", 1, 100, 10)})) == 3


def test_a_trade_under_a_name_that_several_orders_had_is_any_of_theirs() -> None:
    assert breaches({KEY: OURS}, {KEY: ("A-1-2", 1, 100, 10)}, others=["A-1-1"]) == []
    assert len(breaches({KEY: OURS}, {KEY: ("A-1-2", 1, 100, 10)}, others=["A-1-3"])) == 3


def test_a_trade_that_was_never_heard_of_is_seen_and_one_that_the_venue_never_made() -> None:
    text, order = breaches({}, {KEY: OURS}, 0)
    assert "was never heard of" in text and "10 filled there" in order
    text, order = breaches({KEY: OURS}, {})
    assert "is none of the venue's" in text and "0 filled there" in order


EXIT_ROW = [event.EXIT_TRIGGERED, 1, "S", 10, 0]


def exit_goes_out(held: int, hedging: bool = False) -> list[tuple[str, str]]:
    """A stop of 10 that waited here goes out, of a long of so many."""
    auditor = Auditor([], terms=Terms(hedging))
    auditor.orders["A"] = Known("ACME", "restless", 1, 10, {0}, ENTRY, "")
    auditor.orders["S"] = Known("ACME", "restless", -1, 10, {0}, STOP_LOSS, "A")
    auditor.held["restless", "ACME"] = held
    if held:
        auditor.lots.filled(1, "t1", "A", held)
    auditor.record(EXIT_ROW)
    return auditor.breaches


@pytest.mark.parametrize("hedging", [False, True])
def test_an_exit_that_goes_out_for_more_than_is_held_is_seen_at_once(hedging: bool) -> None:
    assert exit_goes_out(10, hedging) == []
    ((invariant, text),) = exit_goes_out(9, hedging)
    assert invariant == "I-10" and "goes out for 10 of ACME, and 9 is held" in text
    assert [name for name, _ in exit_goes_out(0, hedging)] == ["I-10"]


def holding(
    held: int, amount: int, filled: int, size: int | None = None, heard: Sequence[Sequence[Any]] = ()
) -> list[tuple[str, str]]:
    """Of money and size that one opening of 10 holds, which was approved with 100 for it and has left; heard: what was
    journaled of it since then."""
    auditor = Auditor([])
    auditor.orders["A"] = order = Known("ACME", "restless", 1, 10, {0}, ENTRY, "", filled=filled, submitted=True)
    order.sizes.add(10)
    order.hold = (100, 10)
    for row in heard:
        auditor.record(row)
    left = 10 - filled if size is None else size
    holds = [Held("A", "USD", amount, left)]
    auditor.compare(Books({}, {}, {}, {"USD": held}, {"A": (filled, True, False)}, holds=holds))
    return auditor.breaches


def test_what_is_held_is_what_orders_hold_that_have_something_left() -> None:
    assert holding(50, 50, 5) == holding(0, 0, 10) == []
    ((invariant, text),) = holding(60, 50, 5)
    assert invariant == "I-8" and "60 is held, orders hold 50" in text
    assert ("I-8", "record 0: A holds 50 with 10 of 10 filled") in holding(50, 50, 10)
    assert {name for name, _ in holding(-1, -1, 5)} == {"I-8"}


@pytest.mark.parametrize("heard", [[], [[event.OUTCOME_UNKNOWN, 1, "A", 1, "submit", "", 0]]], ids=["sent", "unknown"])
def test_an_opening_that_may_still_fill_holds_what_it_needs_for_that(heard: list[list[Any]]) -> None:
    assert holding(50, 50, 5, heard=heard) == []
    ((invariant, text),) = holding(0, 0, 5, 0, heard)
    assert invariant == "I-8" and "A holds a size of 0, and 5 of it may still fill" in text
    ((invariant, text),) = holding(49, 49, 5, heard=heard)
    assert invariant == "I-8" and "A holds 49 for 5, at 100 for 10" in text


def test_an_opening_that_has_ended_holds_nothing_and_one_that_was_not_found_may() -> None:
    ended, missing = ([[kind, 1, "A", 1, "", "", 0]] for kind in (event.CANCELLED, event.NOT_FOUND))
    assert holding(0, 0, 5, 0, ended) == []
    ((invariant, text),) = holding(50, 50, 5, heard=ended)
    assert invariant == "I-8" and "A holds a size of 5, and 0 of it may still fill" in text
    assert holding(50, 50, 5, heard=missing) == holding(0, 0, 5, 0, missing) == []


def test_an_opening_holds_enough_for_the_terms_it_has_and_for_those_that_are_on_their_way() -> None:
    judged = [event.MODIFY_JUDGED, 1, "A", True, 20, 0, 0, 300, [], ""]
    asked = [event.REPLACE, 1, "A", 20, 0, 0]
    assert holding(300, 300, 5, 15, [judged, asked]) == holding(100, 100, 5, 5, [judged, asked]) == []
    ((_, text),) = holding(150, 150, 5, 15, [judged, asked])
    assert "A holds 150 for 15, at 300 for 15" in text
    ((_, text),) = holding(320, 320, 5, 16, [judged, asked])
    assert "A holds a size of 16, and 5 of it may still fill" in text
    ((_, text),) = holding(300, 300, 5, 15, [judged])
    assert "A holds a size of 15, and 5 of it may still fill" in text


SHARE = next(one.instrument for one in universe("alpaca", "USD") if one.instrument.symbol == "ACME")


def reserved(money: int, side: int, leverage: int) -> list[tuple[str, str]]:
    """Of an opening of 10 at 200 for which so much is reserved, in parts of what one count of each is worth."""
    auditor = Auditor([SHARE], terms=Terms(leverage=leverage))
    order = ["A", "main", "restless", 0, side, 2, 10, 200, 0, 0, 0, 2, 0, "", "", "", ENTRY, 0, 1, 1]
    factor = SHARE.money_factor
    auditor.record([event.DECISION, 1, 1, "main", "restless", 0, True, [order], [], "", [], 150, 0, money * factor])
    return auditor.breaches


def test_an_opening_is_approved_with_the_money_that_it_needs() -> None:
    assert reserved(2000, 1, 0) == reserved(200, 1, 10) == reserved(200, -1, 10) == reserved(0, -1, 0) == []
    for breaches_found in (reserved(1999, 1, 0), reserved(199, 1, 10), reserved(199, -1, 10)):
        ((invariant, text),) = breaches_found
        assert invariant == "I-8" and "is reserved for it, which needs" in text


def reported(kind: int, *rest: object) -> list[object]:
    return [kind, 1, "A", 1, *(rest or ("", "", 0))]


def staged(*course: tuple[list[object] | None, str]) -> list[str]:
    """Of an order that has left: after each row the stage that its engine shows."""
    auditor = Auditor([])
    auditor.orders["A"] = order = Known(
        "ACME", "restless", -1, 10, {0}, EXIT, "", submitted=True, rank=SENT, shown=SENT
    )
    order.sizes.add(10)
    for row, stage in course:
        if row is not None:
            auditor.record(row)
        auditor.compare(Books({}, {}, {}, {}, {}, stages={"A": stage}))
    assert {invariant for invariant, _ in auditor.breaches} <= {"I-4"}
    return [text.partition(": ")[2] for _, text in auditor.breaches]


def test_a_stage_rises_by_what_is_said_and_a_weaker_word_behind_a_stronger_one_changes_nothing() -> None:
    accepted, cancelled = (reported(kind) for kind in (event.ACCEPTED, event.CANCELLED))
    assert staged((accepted, "ACCEPTED"), (cancelled, "CANCELLED"), (accepted, "CANCELLED")) == []
    assert staged((cancelled, "CANCELLED"), (reported(event.REJECTED), "REJECTED")) == []


def test_a_stage_that_falls_is_seen() -> None:
    accepted, cancelled = (reported(kind) for kind in (event.ACCEPTED, event.CANCELLED))
    first, *_ = staged((cancelled, "CANCELLED"), (accepted, "ACCEPTED"))
    assert first == "A was CANCELLED and is ACCEPTED"
    assert staged((reported(event.NOT_FOUND), "NOT_FOUND"), (None, "SUBMITTED")) == ["A was NOT_FOUND and is SUBMITTED"]


def test_an_order_that_ends_by_nobodys_word_is_seen() -> None:
    assert staged((None, "CANCELLED")) == ["A is CANCELLED, and what was said of it makes it SUBMITTED"]
    assert staged((reported(event.OUTCOME_UNKNOWN), "NOT_FOUND")) != []
    assert staged((reported(event.CANCELLED), "SUBMITTED")) != []


def test_what_is_not_found_need_not_be_believed_yet() -> None:
    missing = reported(event.NOT_FOUND)
    assert staged((missing, "SUBMITTED"), (missing, "NOT_FOUND"), (reported(event.ACCEPTED), "ACCEPTED")) == []


def test_an_order_that_never_left_ends_with_its_cancel_and_one_that_has_left_does_not() -> None:
    cancel: list[object] = [event.CANCEL, 1, "A", "STRATEGY"]
    assert staged((cancel, "SUBMITTED")) == []
    assert staged((cancel, "CANCELLED")) != []
    auditor = Auditor([])
    auditor.orders["A"] = Known("ACME", "restless", -1, 10, {0}, EXIT, "")
    auditor.record(cancel)
    auditor.compare(Books({}, {}, {}, {}, {}, stages={"A": "CANCELLED"}))
    assert (auditor.breaches, auditor.asks) == ([], False)


def attested(rows: list[list[object]], truth: Truth, working: Sequence[str] = ()) -> list[tuple[str, str]]:
    """What the venue bears out of the rows, of an opening A of 10 and its exit S."""
    auditor = Auditor([SHARE])
    for id, side, role, parent in (("A", 1, ENTRY, ""), ("S", -1, STOP_LOSS, "A")):
        auditor.orders[id] = Known("ACME", "restless", side, 10, {0}, role, parent, submitted=True, rank=SENT)
    for row in rows:
        auditor.record(row)
    assert auditor.asks
    auditor.attest(truth, working, [], {names: [names[0]] for names, *_ in truth.fills.values()})
    assert not auditor.asks
    return auditor.breaches


def test_an_order_that_is_said_to_have_ended_and_works_at_its_venue_is_seen_at_once() -> None:
    nothing = Truth({}, {}, [], {})
    for kind in (event.CANCELLED, event.EXPIRED, event.REJECTED):
        assert attested([reported(kind)], nothing) == []
        ((invariant, text),) = attested([reported(kind)], nothing, ["A"])
        assert invariant == "I-4" and "A works at the venue, which is said to have ended it" in text


EXIT_FILL: list[object] = [event.FILLED, 1, "S", 2, "t2", 100, 10, 0, "USD", False]


def test_exits_that_closed_more_than_their_opening_has_filled_anywhere_are_seen_at_once() -> None:
    closed = {("ACME", "t2"): (("S", "2"), -1, 100, 10)}
    opened = {("ACME", "t1"): (("A", "1"), 1, 100, 10)}
    assert attested([EXIT_FILL], Truth({}, {}, [], {**opened, **closed})) == [], "it is told behind its exit"
    ((invariant, text),) = attested([EXIT_FILL], Truth({}, {}, [], closed))
    assert invariant == "I-11" and "the exits of A closed 10 of 0 filled by now" in text


def test_a_trade_that_is_booked_and_was_not_made_is_seen_before_the_end() -> None:
    filled = [event.FILLED, 1, "A", 1, "t1", 100, 10, 0, "USD", False]
    there = {("ACME", "t1"): (("A", "1"), 1, 100, 10), ("ACME", "t9"): (("A", "1"), 1, 100, 10)}
    rows = [filled, reported(event.CANCELLED)]
    assert attested(rows, Truth({}, {}, [], there)) == [], "what was not heard of yet is on its way"
    for wrong in ({}, {("ACME", "t1"): (("A", "1"), 1, 101, 10)}):
        ((invariant, text),) = attested(rows, Truth({}, {}, [], wrong))
        assert invariant == "I-13" and "trade ('ACME', 't1') is ('A', 1, 100, 10) here" in text


SECOND = 10**9


def requested(seconds: int, waits: bool, asked: dict[str, int]) -> list[tuple[str, str]]:
    """So long after an order has left."""
    auditor = Auditor([])
    auditor.orders["A"] = Known("ACME", "restless", -1, 10, {0}, STOP_LOSS, "")
    auditor.record([event.SUBMIT, 100 * SECOND, "A"])
    auditor.record([event.TIMER, (100 + seconds) * SECOND, "wake"])
    auditor.compare(Books({}, {}, {}, {}, {"A": (0, True, waits)}, asked=asked))
    return auditor.breaches


def test_what_is_unknown_is_asked_about_at_a_time_that_comes() -> None:
    for due in (105, 110, 130):
        assert requested(10, True, {"A": due * SECOND}) == []
    for due in (NOBODY, 90 * SECOND, 1_000 * SECOND):
        ((invariant, text),) = requested(10, True, {"A": due})
        assert invariant == "I-15" and "what became of A" in text


def test_a_request_is_not_on_its_way_for_ever() -> None:
    assert requested(119, True, {}) == requested(150, False, {}) == []
    ((invariant, text),) = requested(121, True, {})
    assert invariant == "I-15" and "a request for A is on its way for more than 120 s" in text


def test_a_journal_that_gives_another_state_is_seen() -> None:
    auditor = Auditor([])
    auditor.same("a" * 64, "a" * 64)
    assert auditor.breaches == []
    auditor.same("a" * 64, "b" * 64)
    assert [name for name, _ in auditor.breaches] == ["I-12"]
