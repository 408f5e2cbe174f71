"""Parents and groups: a child sleeps until its parent fills, a fill of one order of a group takes from the others."""

from __future__ import annotations

import pytest

from tests.sim.venue import MINUTE, Venue
from tradewright.model.order import BUY, MARKET, POST_ONLY, REDUCE_ONLY, SELL, STOP


def bracket(fill: str, **entry: int) -> Venue:
    """An entry of 10 at the open or at a limit, a target at 101.00 and a stop at 99.00 that cancel each other."""
    venue = Venue(fill=fill)
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("entry", 10, **entry)
    exits = {"parent": "entry", "group": "exits", "flags": REDUCE_ONLY}
    venue.sell("target", 10, limit=10100, **exits)
    venue.submit("stop", SELL, STOP, 10, stop_units=9900, **exits)
    venue.due()
    return venue


TARGET = [("filled", "target", 10100, 10), ("cancelled", "stop", "GROUP_FILLED")]
STOPPED = [("triggered", "stop"), ("filled", "stop", 9900, 10), ("cancelled", "target", "GROUP_FILLED")]


@pytest.mark.parametrize(
    ("path", "bar", "outcome"),
    [
        ("ohlc", (10000, 10110, 9890, 10000), TARGET),
        ("olhc", (10000, 10110, 9890, 10000), STOPPED),
        ("nearest", (10000, 10110, 9890, 10000), STOPPED),  # a tie: low first
        ("nearest", (10020, 10110, 9890, 10000), TARGET),
        ("adverse", (10000, 10110, 9890, 10000), STOPPED),  # long from the open on: the low first
        ("ohlc", (10000, 10099, 9890, 10000), STOPPED),
        ("olhc", (10000, 10110, 9901, 10000), TARGET),
        ("olhc", (10000, 10099, 9901, 10000), []),
    ],
)
def test_when_both_exits_can_fill_in_the_entrys_bar_the_path_decides(
    path: str, bar: tuple[int, int, int, int], outcome: list[object]
) -> None:
    venue = bracket(f"next_open:{path}")
    assert venue.bar(1, *bar) == [("filled", "entry", bar[0], 10), *outcome]
    assert venue.position == (0 if outcome else 10)


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        # 100.00, 101.10, 98.90, 100.00: bought on the way down, stopped on the same way.
        ("ohlc", STOPPED),
        # 100.00, 98.90, 101.10, 100.00: the same, the low comes first.
        ("olhc", STOPPED),
    ],
)
def test_a_limit_entry_wakes_its_exits_where_it_fills(path: str, outcome: list[object]) -> None:
    venue = bracket(f"next_open:{path}", limit=9950)
    assert venue.bar(1, 10000, 10110, 9890, 10000) == [("filled", "entry", 9950, 10), *outcome]


def test_a_limit_entry_above_the_low_reaches_its_target_later_in_the_bar() -> None:
    venue = bracket("next_open:olhc", limit=9950)
    assert venue.bar(1, 10000, 10110, 9910, 10000) == [("filled", "entry", 9950, 10), *TARGET]


def test_a_gap_through_the_stop_fills_it_at_the_open() -> None:
    venue = bracket("next_open")
    venue.bar(1, 10000, 10050, 9950, 10000)
    assert venue.bar(2, 9850, 10150, 9800, 10000) == [
        ("triggered", "stop"),
        ("filled", "stop", 9850, 10),
        ("cancelled", "target", "GROUP_FILLED"),
    ]


def test_a_child_does_nothing_before_its_parent_fills() -> None:
    venue = bracket("next_open", limit=9000)
    assert venue.bar(1, 10000, 10200, 9100, 10000) == []
    assert [w.order.id for w in venue.exchange.working_orders()] == ["entry", "target", "stop"]


def test_children_end_with_a_parent_that_ends_unfilled() -> None:
    venue = bracket("next_open", limit=9000)
    venue.cancel("entry")
    assert venue.due() == [
        ("cancelled", "entry"),
        ("cancelled", "target", "PARENT_ENDED"),
        ("cancelled", "stop", "PARENT_ENDED"),
    ]


def test_children_work_what_the_parent_filled_so_far() -> None:
    venue = Venue(partial="volume:10%", fill="next_open:ohlc")
    venue.buy("entry", 100, limit=10000)
    venue.sell("out", 100, limit=10050, parent="entry", flags=REDUCE_ONLY)
    assert venue.bar(0, 10000, 10000, 10000, 10000, 400) == [("filled", "entry", 10000, 40)]
    assert venue.bar(1, 10010, 10060, 10010, 10060, 5_000) == [("filled", "out", 10050, 40)]
    assert venue.bar(2, 10000, 10000, 10000, 10000, 200) == [("filled", "entry", 10000, 20)]
    venue.cancel("entry")
    # 60 is all that will ever be filled: the child works 60 in all, of which 40 are done.
    assert venue.due() == [("cancelled", "entry"), ("replaced", "out", 60, 10050, 0)]
    assert venue.bar(3, 10060, 10060, 10060, 10060) == [("filled", "out", 10060, 20)]
    assert venue.exchange.working_orders() == []


def test_a_partly_filled_bracket_never_sells_more_than_was_bought() -> None:
    venue = Venue(partial="volume:10%", fill="next_open:ohlc")
    venue.buy("entry", 100, limit=10000)
    venue.sell("target", 100, limit=10100, parent="entry", group="g")
    venue.submit("stop", SELL, STOP, 100, stop_units=9900, parent="entry", group="g")
    venue.bar(0, 10000, 10000, 10000, 10000, 400)  # 40 bought
    assert venue.bar(1, 10100, 10100, 10100, 10100) == [
        ("filled", "target", 10100, 40),
        ("replaced", "stop", 60, 0, 9900),
    ]
    # Nothing is left to protect, so the stop sleeps although it has 60 to go.
    assert venue.bar(2, 10050, 10050, 9950, 10000, 50) == [("filled", "entry", 10000, 5)]
    assert venue.bar(3, 9850, 9850, 9850, 9850, 5_000)[-2:] == [
        ("filled", "stop", 9850, 60),
        ("cancelled", "target", "GROUP_FILLED"),
    ]
    assert venue.position == 0


def test_a_partial_fill_takes_its_size_from_the_rest_of_the_group() -> None:
    venue = Venue(partial="volume:10%")
    venue.buy("p", 30)
    venue.bar(0, 10000, 10000, 10000, 10000, 300)
    venue.sell("high", 30, limit=10100, group="g")
    venue.submit("low", SELL, STOP, 30, stop_units=9900, group="g")
    assert venue.bar(1, 10100, 10100, 10100, 10100, 100) == [
        ("filled", "high", 10100, 10),
        ("replaced", "low", 20, 0, 9900),
    ]
    assert venue.bar(2, 9900, 9900, 9900, 9900, 100) == [
        ("triggered", "low"),
        ("filled", "low", 9900, 10),
        ("replaced", "high", 20, 10100, 0),
    ]


def test_cancelling_one_order_of_a_group_leaves_the_others() -> None:
    venue = bracket("next_open")
    venue.bar(1, 10000, 10000, 10000, 10000)
    venue.cancel("target")
    assert venue.due() == [("cancelled", "target")]
    assert [w.order.id for w in venue.exchange.working_orders()] == ["stop"]


def test_groups_of_two_accounts_do_not_know_each_other() -> None:
    venue = Venue()
    venue.exchange.open_account("other")
    venue.buy("a", 1, limit=10000, group="g")
    venue.buy("b", 1, limit=9000, account="other", group="g")
    venue.bar(0, 10000, 10000, 10000, 10000)
    assert [w.order.id for w in venue.exchange.working_orders()] == ["b"]


def test_a_parent_must_exist_in_the_account_and_be_alive_or_filled() -> None:
    venue = Venue()
    venue.exchange.open_account("other")
    venue.submit("p", BUY, MARKET, 5)
    venue.buy("gone", 5, limit=9000)
    venue.cancel("gone")
    venue.sell("1", 5, limit=10100, parent="nobody")
    venue.sell("2", 5, limit=10100, parent="p", account="other")
    venue.sell("3", 5, limit=10100, parent="gone")
    assert venue.due()[1:] == [
        ("rejected", "1", "PARENT_UNKNOWN"),
        ("rejected", "2", "PARENT_UNKNOWN"),
        ("rejected", "3", "PARENT_ENDED"),
    ]
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.sell("4", 8, limit=10050, parent="p")  # wakes at once, for the 5 that are filled
    assert venue.bar(1, 10060, 10060, 10060, 10060) == [("filled", "4", 10060, 5)]


def test_a_child_that_may_not_wake_is_cancelled_with_the_reason() -> None:
    venue = Venue()
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("p", 5)
    venue.sell("taker", 5, limit=9900, parent="p", flags=POST_ONLY)
    venue.buy("more", 5, limit=9000, parent="p", flags=REDUCE_ONLY)
    assert venue.bar(1, 10000, 10000, 10000, 10000) == [
        ("filled", "p", 10000, 5),
        ("cancelled", "taker", "POST_ONLY_WOULD_TAKE"),
        ("cancelled", "more", "REDUCE_ONLY"),
    ]


def test_a_change_that_comes_after_its_parent_ended_does_not_make_a_child_larger_than_what_it_guards() -> None:
    """It was asked for before that was heard."""
    venue = Venue(partial="volume:40%")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("p", 10, limit=9_990)
    venue.submit("stop", SELL, STOP, 10, stop_units=9_800, parent="p")
    assert venue.bar(1, 9_990, 9_990, 9_990, 9_990, 10) == [("filled", "p", 9_990, 4)]
    venue.cancel("p")
    venue.due()
    assert venue.exchange.orders["stop"].quantity == 4
    venue.replace("stop", 10, stop=9_900)
    venue.due()
    changed = venue.exchange.orders["stop"]
    assert (changed.quantity, changed.stop) == (4, 9_900)


def test_chains_of_parents_wake_one_after_the_other() -> None:
    venue = Venue(fill="next_open:olhc")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("a", 5)
    venue.sell("b", 5, limit=10050, parent="a")
    venue.buy("c", 5, limit=9980, parent="b")
    assert venue.bar(1, 10000, 10060, 9990, 9970) == [
        ("filled", "a", 10000, 5),
        ("filled", "b", 10050, 5),
        ("filled", "c", 9980, 5),
    ]
    assert venue.exchange.now == 2 * MINUTE
