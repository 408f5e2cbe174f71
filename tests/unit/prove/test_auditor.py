"""What the venue has done is compared with what was booked, trade by trade and in their values."""

from __future__ import annotations

import pytest

from tradewright.prove.auditor import Auditor, Books, Trade, Truth
from tradewright.prove.known import ENTRY, Known

NAMES = ("A-1-1", "77")
KEY = ("ACME", "t1")
OURS: Trade = ("A-1-1", 1, 100, 10)


def breaches(here: dict[tuple[str, str], Trade], there: dict[tuple[str, str], Trade], filled: int = 10) -> list[str]:
    """Of a day whose books hold one order; the venue calls each order by its id here."""
    auditor = Auditor([])
    auditor.orders["A-1-1"] = Known("ACME", "restless", 1, 100, {0}, ENTRY, "", filled=filled)
    auditor.fills = here
    books = Books({}, {}, {}, {}, {"A-1-1": (filled, False, False)})
    fills = {key: ((trade[0], "77"), *trade[1:]) for key, trade in there.items()}
    owners = {names: names[0] for names, *_ in fills.values()}
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


def test_a_trade_that_was_never_heard_of_is_seen_and_one_that_the_venue_never_made() -> None:
    text, order = breaches({}, {KEY: OURS}, 0)
    assert "was never heard of" in text and "10 filled there" in order
    text, order = breaches({KEY: OURS}, {})
    assert "is none of the venue's" in text and "0 filled there" in order
