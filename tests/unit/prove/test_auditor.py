"""What the venue has done is compared with what was booked, trade by trade and in their values; and what leaves and is
held, record by record."""

from __future__ import annotations

import pytest

from tradewright.model import event
from tradewright.prove.auditor import Auditor, Books, Terms, Trade, Truth
from tradewright.prove.known import ENTRY, STOP_LOSS, Known

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
    auditor.orders["A-1-1"] = Known("ACME", "restless", 1, 100, {0}, ENTRY, "", filled=filled)
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


def holding(held: int, amount: int, filled: int) -> list[tuple[str, str]]:
    """Of money that one opening of 10 holds."""
    auditor = Auditor([])
    auditor.orders["A"] = Known("ACME", "restless", 1, 10, {0}, ENTRY, "", filled=filled)
    books = Books({}, {}, {}, {"USD": held}, {"A": (filled, True, False)}, holds=[("A", "USD", amount)])
    auditor.compare(books)
    return auditor.breaches


def test_what_is_held_is_what_orders_hold_that_have_something_left() -> None:
    assert holding(50, 50, 5) == holding(0, 0, 10) == []
    ((invariant, text),) = holding(60, 50, 5)
    assert invariant == "I-8" and "60 is held, orders hold 50" in text
    ((invariant, text),) = holding(50, 50, 10)
    assert invariant == "I-8" and "A holds 50 with 10 of 10 filled" in text
    assert [name for name, _ in holding(-1, -1, 5)] == ["I-8"]
