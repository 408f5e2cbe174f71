"""Submit, cancel, replace and query: every refusal has its code and changes nothing."""

from __future__ import annotations

import pytest

from tests.sim.venue import CENT, MINUTE, Venue, share, short
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.numbers import money_of
from tradewright.model.order import BUY, DAY, LIMIT, POST_ONLY, REDUCE_ONLY, SELL, STOP, STOP_LIMIT, TRAILING_STOP
from tradewright.sim.exchange import CODES


def ruled(**rules: int) -> Venue:
    """At 100.00, under these order rules."""
    venue = Venue(share(**rules))
    venue.bar(0, 10000, 10000, 10000, 10000)
    return venue


@pytest.mark.parametrize(
    ("rules", "terms", "code"),
    [
        ({"tick": 5}, {"type": LIMIT, "limit_units": 9995}, ""),
        ({"tick": 5}, {"type": LIMIT, "limit_units": 9996}, "PRICE_INCREMENT"),
        ({"tick": 5}, {"type": STOP, "stop_units": 10051}, "PRICE_INCREMENT"),
        ({"tick": 5}, {"type": STOP_LIMIT, "stop_units": 10050, "limit_units": 10051}, "PRICE_INCREMENT"),
        ({"step": 10}, {"quantity": 20}, ""),
        ({"step": 10}, {"quantity": 25}, "SIZE_INCREMENT"),
        ({"size_min": 10}, {"quantity": 10}, ""),
        ({"size_min": 10}, {"quantity": 9}, "SIZE_MINIMUM"),
        ({}, {"quantity": 0}, "SIZE_MINIMUM"),
        ({}, {"quantity": -5}, "SIZE_MINIMUM"),
        ({"size_max": 10}, {"quantity": 10}, ""),
        ({"size_max": 10}, {"quantity": 11}, "SIZE_MAXIMUM"),
        ({"notional_min": 1_000 * 100 * CENT}, {"quantity": 10}, ""),  # 10 × 100.00 at the market
        ({"notional_min": 1_000 * 100 * CENT}, {"quantity": 9}, "NOTIONAL_MINIMUM"),
        (
            {"notional_min": 1_000 * 100 * CENT},
            {"type": LIMIT, "quantity": 10, "limit_units": 9999},
            "NOTIONAL_MINIMUM",
        ),
        ({"band_ppm": 50_000}, {"type": LIMIT, "limit_units": 9500}, ""),  # 5 % below
        ({"band_ppm": 50_000}, {"type": LIMIT, "limit_units": 9499}, "PRICE_BAND"),
        ({"band_ppm": 50_000}, {"type": LIMIT, "limit_units": 10501}, "PRICE_BAND"),
        ({"tradable": 0}, {}, "SYMBOL_NOT_TRADABLE"),
        ({}, {"type": LIMIT}, "PRICE_MISSING"),
        ({}, {"type": STOP}, "PRICE_MISSING"),
        ({}, {"type": STOP_LIMIT, "stop_units": 10050}, "PRICE_MISSING"),
        ({}, {"type": TRAILING_STOP}, "PRICE_MISSING"),
        ({}, {"type": TRAILING_STOP, "trail_units": 5, "trail_ppm": 5}, "PRICE_MISSING"),
        ({}, {"account": "nobody"}, "UNKNOWN_ACCOUNT"),
    ],
)
def test_an_order_against_the_rules_is_rejected(rules: dict[str, int], terms: dict[str, int], code: str) -> None:
    venue = ruled(**rules)
    venue.submit("o", BUY, terms.pop("type", 1), terms.pop("quantity", 100), **terms)
    assert venue.due() == ([("rejected", "o", code)] if code else [])
    assert len(venue.exchange.working_orders()) == (0 if code else 1)


def test_rules_that_need_a_price_wait_until_there_is_one() -> None:
    venue = Venue(share(notional_min=1_000 * 100 * CENT, band_ppm=10_000))
    venue.submit("market", BUY, 1, 1)
    venue.buy("far", 1_000, limit=5_000)
    assert venue.due() == []


def test_what_only_reduces_may_be_below_the_notional_minimum() -> None:
    venue = ruled(notional_min=1_000 * 100 * CENT)
    venue.buy("p", 15)
    venue.bar(1, 10000, 10000, 10000, 10000)
    venue.sell("part", 5, flags=REDUCE_ONLY)
    venue.sell("more", 5)
    assert venue.due() == [("rejected", "more", "NOTIONAL_MINIMUM")]


def test_rules_are_the_instruments_of_this_moment() -> None:
    venue = ruled(tick=1)
    venue.instrument.rules = OrderRules(tick=5)
    venue.buy("a", 1, limit=9999)
    assert venue.due() == [("rejected", "a", "PRICE_INCREMENT")]
    again = share(tick=2)
    venue.exchange.list_instrument(again)
    venue.submit("b", BUY, LIMIT, 1, limit_units=9995, instrument=again)
    assert venue.due() == [("rejected", "b", "PRICE_INCREMENT")]


@pytest.mark.parametrize(("limit", "taken"), [(9999, True), (10000, False), (10001, False)])
def test_post_only_is_rejected_where_it_would_take(limit: int, taken: bool) -> None:
    venue = ruled()
    venue.buy("o", 1, limit=limit, flags=POST_ONLY)
    assert venue.due() == ([] if taken else [("rejected", "o", "POST_ONLY_WOULD_TAKE")])


def test_post_only_makes_even_at_its_first_look() -> None:
    venue = ruled()
    venue.buy("o", 1, limit=9990, flags=POST_ONLY)
    venue.bar(1, 9980, 9980, 9980, 9980)
    assert [(fill.price_units, fill.maker) for fill in venue.exchange.fills()] == [(9980, True)]


def test_the_same_id_again_is_rejected_and_changes_nothing() -> None:
    venue = ruled()
    venue.buy("o", 5, limit=9900)
    venue.buy("o", 7, limit=9950)
    assert venue.due() == [("rejected", "o", "DUPLICATE_ORDER_ID")]
    assert venue.bar(1, 9900, 9900, 9900, 9900) == [("filled", "o", 9900, 5)]
    venue.buy("o", 7, limit=9950)  # for ever
    assert venue.due() == [("rejected", "o", "DUPLICATE_ORDER_ID")]
    assert venue.position == 5


def ended(how: str) -> Venue:
    """An order "o" that ended this way."""
    venue = ruled()
    if how == "REJECTED":
        venue.buy("o", 0)
    elif how == "EXPIRED":
        venue.buy("o", 5, limit=9000, time_in_force=DAY)
        venue.due(25 * 60 * MINUTE)
    else:
        venue.buy("o", 5, limit=9900)
        if how == "FILLED":
            venue.bar(1, 9900, 9900, 9900, 9900)
        else:
            venue.cancel("o")
    venue.due()
    return venue


@pytest.mark.parametrize("how", ["FILLED", "CANCELLED", "EXPIRED", "REJECTED"])
def test_what_has_ended_can_be_neither_cancelled_nor_replaced(how: str) -> None:
    venue = ended(how)
    venue.cancel("o")
    venue.replace("o", 9, limit=9900)
    assert venue.due() == [("cancel rejected", "o", f"ALREADY_{how}"), ("replace rejected", "o", f"ALREADY_{how}")]


def test_what_is_not_known_can_be_neither_cancelled_nor_replaced_nor_found() -> None:
    venue = ruled()
    venue.cancel("o")
    venue.replace("o", 9, limit=9900)
    venue.query("o")
    assert venue.due() == [
        ("cancel rejected", "o", "UNKNOWN_ORDER"),
        ("replace rejected", "o", "UNKNOWN_ORDER"),
        ("not found", "o"),
    ]


def test_a_replacement_counts_what_is_filled() -> None:
    venue = Venue(partial="volume:10%")
    venue.buy("o", 100, limit=10000)
    venue.bar(0, 10000, 10000, 10000, 10000, 400)  # 40 filled
    venue.replace("o", 40, limit=10000)
    venue.replace("o", 60, limit=9900)
    assert venue.due() == [("replace rejected", "o", "BELOW_FILLED"), ("replaced", "o", 60, 9900, 0)]
    assert venue.bar(1, 9950, 9950, 9901, 9950) == []
    assert venue.bar(2, 9900, 9900, 9900, 9900) == [("filled", "o", 9900, 20)]
    assert venue.exchange.working_orders() == []


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ((5, 9996, 0), "PRICE_INCREMENT"),
        ((5, 0, 0), "PRICE_MISSING"),
        ((500, 9900, 0), "SIZE_MAXIMUM"),
        ((5, 9995, 0), ""),
    ],
)
def test_a_replacement_keeps_to_the_rules_or_leaves_the_order_as_it_was(terms: tuple[int, int, int], code: str) -> None:
    venue = ruled(tick=5, size_max=100)
    venue.buy("o", 5, limit=9900)
    venue.due()
    venue.replace("o", *terms)
    assert venue.due() == [("replace rejected", "o", code) if code else ("replaced", "o", *terms)]
    working = venue.exchange.order("o")
    assert working is not None
    assert (working.quantity, working.limit, working.stop) == ((5, 9900, 0) if code else terms)


def test_a_post_only_order_can_not_be_replaced_into_the_market() -> None:
    venue = ruled()
    venue.buy("o", 5, limit=9900, flags=POST_ONLY)
    venue.due()
    venue.replace("o", 5, limit=10000)
    assert venue.due() == [("replace rejected", "o", "POST_ONLY_WOULD_TAKE")]


def test_a_limit_moved_through_the_market_takes_at_the_next_open() -> None:
    venue = ruled()
    venue.buy("o", 5, limit=9900)
    venue.bar(1, 10000, 10000, 10000, 10000)
    venue.replace("o", 5, limit=10200)
    venue.bar(2, 10050, 10100, 10000, 10000)
    (fill,) = venue.exchange.fills()
    assert (fill.price_units, fill.maker) == (10050, False)


def test_a_stop_can_be_moved() -> None:
    venue = ruled()
    venue.submit("s", SELL, STOP, 5, stop_units=9900)
    venue.due()
    venue.replace("s", 5, stop=9950)
    assert venue.bar(1, 10000, 10000, 9940, 10000)[1:] == [("triggered", "s"), ("filled", "s", 9950, 5)]


def answers(venue: Venue, id: str) -> list[tuple[object, ...]]:
    venue.query(id)
    return [short(report) for report in venue.exchange.due(venue.time)]


def test_a_query_says_again_all_that_was_said() -> None:
    venue = Venue(partial="volume:10%")
    venue.buy("o", 100, limit=10000)
    assert answers(venue, "o")[1:] == [("accepted", "o", "FOUND")]
    said = venue.bar(0, 10000, 10000, 10000, 10000, 400)
    venue.replace("o", 60, limit=10000)
    said += venue.due()
    assert answers(venue, "o") == [("accepted", "o", "FOUND"), *said]
    venue.cancel("o")
    said += venue.due()
    assert answers(venue, "o") == [("accepted", "o", "FOUND"), *said]


def test_a_query_repeats_the_very_fills_at_the_time_of_the_question() -> None:
    venue = ended("FILLED")
    (fill,) = venue.exchange.fills()
    venue.time += MINUTE
    venue.query("o")
    again = list(venue.exchange.due(venue.time))[-1]
    assert again.row()[0] == fill.row()[0]
    assert again.row()[2:] == fill.row()[2:]
    assert (again.time, again.time_venue) == (fill.time + MINUTE, fill.time_venue)


@pytest.mark.parametrize("how", ["EXPIRED", "REJECTED"])
def test_a_query_tells_how_an_order_ended(how: str) -> None:
    assert answers(ended(how), "o")[-1][0] == how.lower()


def test_accepted_carries_the_venues_id_and_refusals_their_sentence() -> None:
    venue = ruled()
    venue.buy("a", 1)
    venue.buy("b", 0)
    accepted, rejected = venue.exchange.due(venue.time)
    assert (accepted.text, accepted.filled_units) == ("X1", 0)  # type: ignore[attr-defined]
    assert rejected.text == CODES["SIZE_MINIMUM"]  # type: ignore[attr-defined]


def test_trade_ids_are_unique_over_instruments_and_accounts() -> None:
    venue = Venue()
    venue.exchange.open_account("other")
    venue.buy("a", 1)
    venue.buy("b", 1, account="other")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.submit("c", BUY, 1, 1, instrument=(second := share(symbol="ZZZ")))
    venue.instrument = second
    venue.bar(1, 10000, 10000, 10000, 10000)
    assert [fill.trade_id for fill in venue.exchange.fills()] == ["T1", "T2", "T3"]
    assert [fill.trade_id for fill in venue.exchange.fills(2)] == ["T3"]


def test_products_beyond_64_bits_are_judged_exactly() -> None:
    """A price of 9 × 10^15 counts times a million passes 64 bits; so does its notional."""
    fine = Instrument("FINE", "sim", "crypto", "F", "USD", 9, 9, rules=OrderRules(band_ppm=100_000, notional_min=1))
    venue = Venue(fine)
    price = 9_000_000 * 10**9
    venue.bar(0, price, price, price, price)
    venue.buy("in", 10**12, limit=price * 9 // 10)
    venue.buy("out", 10**12, limit=price * 9 // 10 - 1)
    assert venue.due() == [("rejected", "out", "PRICE_BAND")]
    venue.bar(1, *[price * 9 // 10] * 4)
    assert venue.exchange.balances("main")["USD"] == money_of(100_000 - 8_100_000 * 1_000, "cash")


def test_each_change_of_an_order_has_a_time_of_its_own() -> None:
    """Of two in one instant nobody could tell otherwise which is the newer."""
    venue = Venue()
    venue.time = MINUTE
    venue.buy("o", 100, limit=10000)
    venue.due()
    for quantity in (80, 90, 70):
        venue.replace("o", quantity, limit=10000)
    times = [report.time_venue for report in venue.exchange.due(venue.time)]
    assert times == [venue.time, venue.time + 1, venue.time + 2]
    venue.query("o")
    again = list(venue.exchange.due(venue.time))[-1]
    assert (again.time_venue, again.row()[-3]) == (times[-1], 70)
