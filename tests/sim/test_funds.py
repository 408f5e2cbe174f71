"""An account that may not borrow never owes what it pays in: a fill is cut to what is there, and the rest ends."""

from __future__ import annotations

import pytest

from tests.sim.venue import CENT, Venue, share
from tradewright.model.order import BUY, FOK, LIMIT, MARKET, REDUCE_ONLY, STOP
from tradewright.model.report import FillPrice, Report
from tradewright.model.rng import Rng
from tradewright.sim.exchange import Exchange
from tradewright.sim.models import Models

ALL = 100_000  # dollars in the account


def cash_account(**models: str) -> Venue:
    venue = Venue(borrows=False, **models)
    venue.bar(0, 10000, 10000, 10000, 10000)
    return venue


@pytest.mark.parametrize(
    ("models", "open", "size"),
    [
        ({}, 10000, 1000),  # exactly all of it
        ({}, 10001, 999),
        ({}, 15000, 666),
        ({"fee": "bps:10"}, 10000, 999),  # 999 × 100.10 = 99,999.90
        ({"fee": "per_order:99.99"}, 10000, 999),
        ({"fee": "per_order:100"}, 10000, 999),
        ({"fee": "per_order:100.01"}, 10000, 998),
        ({"slippage": "ticks:10"}, 10000, 999),  # at 100.10
        ({"fee": "bps:10:in=BNB@500"}, 10000, 1000),  # another currency's is not paid in dollars
    ],
)
def test_a_market_order_buys_what_can_be_paid_at_the_price_it_gets(
    models: dict[str, str], open: int, size: int
) -> None:
    venue = cash_account(**models)
    venue.buy("o", 1000)
    said = venue.bar(1, open, open, open, open)
    assert venue.fills()[0][1] == venue.position == size
    assert said[1:] == ([] if size == 1000 else [("cancelled", "o", "INSUFFICIENT_FUNDS")])
    assert 0 <= ALL * 100 * CENT + venue.cash < venue.fills()[0][0] * CENT + 101 * 100 * CENT


@pytest.mark.parametrize(
    ("type", "terms", "bar", "fill"),
    [
        (LIMIT, {"limit_units": 20000}, (15000, 15000, 15000, 15000), (15000, 666)),
        (LIMIT, {"limit_units": 9900}, (10000, 10000, 9900, 9900), (9900, 1010)),
        (STOP, {"stop_units": 12000}, (10000, 12500, 10000, 12500), (12000, 833)),
    ],
)
def test_every_type_is_cut(type: int, terms: dict[str, int], bar: tuple[int, ...], fill: tuple[int, int]) -> None:
    venue = cash_account()
    venue.submit("o", BUY, type, 2000, **terms)
    said = venue.bar(1, *bar)
    assert venue.fills() == [fill]
    assert said[-1] == ("cancelled", "o", "INSUFFICIENT_FUNDS")


def test_it_is_cut_to_whole_steps() -> None:
    venue = Venue(share(step=50), borrows=False)
    venue.buy("o", 1000)
    venue.bar(0, 10001, 10001, 10001, 10001)
    assert venue.fills() == [(10001, 950)]


def test_what_must_fill_whole_does_not_fill() -> None:
    venue = cash_account()
    venue.buy("o", 1001, time_in_force=FOK)
    assert venue.bar(1, 10000, 10000, 10000, 10000) == [("cancelled", "o", "INSUFFICIENT_FUNDS")]


def test_without_money_nothing_fills_and_the_order_ends() -> None:
    venue = cash_account()
    venue.buy("all", 1000)
    venue.buy("more", 1)
    assert venue.bar(1, 10000, 10000, 10000, 10000) == [
        ("filled", "all", 10000, 1000),
        ("cancelled", "more", "INSUFFICIENT_FUNDS"),
    ]


def test_through_the_levels_of_a_book_it_is_cut_where_the_money_ends() -> None:
    venue = Venue(borrows=False)
    venue.depth(1, ((9900, 10),), ((10000, 500), (12500, 300), (20000, 500)))
    venue.buy("o", 1000)
    assert venue.due() == [
        ("filled", "o", 10000, 500),
        ("filled", "o", 12500, 300),
        ("filled", "o", 20000, 62),  # 12,500 are left
        ("cancelled", "o", "INSUFFICIENT_FUNDS"),
    ]


def test_what_an_entry_bought_is_all_that_its_exit_sells() -> None:
    venue = cash_account()
    venue.buy("entry", 1000)
    venue.sell("exit", 1000, limit=16000, parent="entry", flags=REDUCE_ONLY)
    assert venue.bar(1, 15000, 16000, 15000, 15500)[-1] == ("filled", "exit", 16000, 666)
    assert venue.position == 0


def test_a_size_asked_for_at_the_fill_is_cut_as_well() -> None:
    venue = cash_account()

    def answer(report: Report) -> None:
        if isinstance(report, FillPrice):
            venue.replace("o", 900)

    venue.answer = answer
    venue.submit("o", BUY, MARKET, 1, size_ppm=1_000_000)
    said = venue.bar(1, 15000, 15000, 15000, 15000)
    assert venue.fills() == [(15000, 666)]
    assert said[-1] == ("cancelled", "o", "INSUFFICIENT_FUNDS")


def test_an_account_that_may_borrow_owes_the_rest() -> None:
    venue = Venue()
    venue.buy("o", 1000)
    venue.bar(0, 15000, 15000, 15000, 15000)
    assert venue.cash == -150_000 * 100 * CENT


def test_selling_needs_no_money() -> None:
    venue = cash_account(fee="per_order:100")
    venue.buy("o", 999)
    venue.bar(1, 10000, 10000, 10000, 10000)
    venue.sell("s", 1)
    assert venue.bar(2, 1, 1, 1, 1) == [("filled", "s", 1, 1)]


def test_the_account_is_the_same_after_a_restart() -> None:
    venue = cash_account()
    rows = venue.exchange.state()
    again = Exchange(Models(), Rng(1))
    again.restore(rows)
    assert [account.borrows for account in again.accounts.values()] == [False]
