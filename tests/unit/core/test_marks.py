"""Prices and rates: what counts as one, how old it is, and money seen in another currency."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.marks import Marks
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth, Quote, QuoteBar, Trade

ONE = 10**18

#: event → (price, reference of a buy, reference of a sale)
Made = Callable[[Instrument, int], Event]
SEEN: dict[str, tuple[Made, tuple[int, int, int]]] = {
    "nothing": (lambda i, t: Quote(t, i, 0, 0), (0, 0, 0)),
    "a quote": (lambda i, t: Quote(t, i, 100, 105), (102, 105, 100)),
    "a locked quote": (lambda i, t: Quote(t, i, 100, 100), (100, 100, 100)),
    "a crossed quote": (lambda i, t: Quote(t, i, 105, 100), (0, 0, 0)),
    "half a quote": (lambda i, t: Quote(t, i, 0, 100), (0, 0, 0)),
    "a trade": (lambda i, t: Trade(t, i, 99, 1), (99, 99, 99)),
    "a trade at nothing": (lambda i, t: Trade(t, i, 0, 1), (0, 0, 0)),
    "a trade below nothing": (lambda i, t: Trade(t, i, -5, 1), (0, 0, 0)),
    "a bar": (lambda i, t: Bar(t, i, 0, 90, 110, 80, 97, 1), (97, 97, 97)),
    "a bar of quotes": (lambda i, t: QuoteBar(t, i, 0, 1, 2, 1, 90, 2, 3, 2, 95), (92, 95, 90)),
    "a crossed bar of quotes": (lambda i, t: QuoteBar(t, i, 0, 1, 2, 1, 99, 2, 3, 2, 95), (97, 97, 97)),
    "a book": (lambda i, t: Depth(t, i, ((100, 5), (99, 5)), ((101, 5),)), (100, 101, 100)),
    "half a book": (lambda i, t: Depth(t, i, ((100, 5),), ()), (0, 0, 0)),
    "a crossed book": (lambda i, t: Depth(t, i, ((102, 5),), ((101, 5),)), (0, 0, 0)),
}


@pytest.mark.parametrize("name", SEEN)
def test_a_market_event_gives_these_prices(name: str) -> None:
    made, expected = SEEN[name]
    desk = Desk()
    desk.engine.apply(made(desk.on(), 7))
    mark = desk.engine.marks.marks[0]
    assert (mark.price(), mark.reference(BUY), mark.reference(SELL)) == expected
    assert mark.reference_time(BUY) == mark.reference_time(SELL) == (7 if any(expected) else 0)


def test_what_comes_late_does_not_take_a_newer_price_s_place() -> None:
    desk = Desk()
    instrument = desk.on()
    for event in (
        Quote(20, instrument, 100, 102), Quote(19, instrument, 50, 52), Trade(20, instrument, 101, 1),
        Trade(19, instrument, 51, 1), Bar(18, instrument, 0, 1, 1, 1, 1, 1),
        Depth(17, instrument, ((1, 1),), ((2, 1),)),
    ):  # fmt: skip
        desk.engine.apply(event)
    assert desk.engine.marks.marks[0].row() == (100, 102, 101, 20, 20)


def test_time_never_goes_back_and_what_is_late_is_counted() -> None:
    desk = Desk()
    now, late = desk.engine.now, desk.engine.late_events
    desk.engine.apply(Trade(now - 5, desk.on(), 100, 1))
    assert (desk.engine.now, desk.engine.late_events) == (now, late + 1)
    desk.engine.apply(Trade(now, desk.on(), 100, 1))
    assert desk.engine.late_events == late + 1


def test_a_quote_that_fell_silent_ages_beside_bars_that_go_on() -> None:
    desk = Desk(limits={"maxPriceAgeSeconds": 1})
    desk.quote(10_000, 10_002)
    desk.now += 2 * 10**9
    desk.print(10_001)
    assert desk.refused(BUY, 1) == ["PRICE_STALE"]
    (decision,) = desk.want(BUY, 1)
    assert decision.price_age_ns == 2 * 10**9 + 1
    desk.quote(10_000, 10_002)
    assert desk.want(BUY, 1)[0].approved


MINUTE = 60 * 10**9


@pytest.mark.parametrize(
    ("made", "price"),
    [
        (lambda i, t: Bar(t + 2 * MINUTE, i, t + MINUTE, 90, 90, 90, 90, 1), 101),  # it may still stand
        (lambda i, t: Bar(t + 2 * MINUTE + 1, i, t + MINUTE + 1, 90, 90, 90, 90, 1), 90),
        (lambda i, t: Trade(t + 1440 * MINUTE, i, 90, 1), 101),
        (lambda i, t: Trade(t + 1440 * MINUTE + 1, i, 90, 1), 90),
    ],
    ids=["a bar soon after", "a bar after as long a silence", "a trade within a day", "a trade after a day"],
)
def test_a_quote_that_fell_silent_gives_way(made: Made, price: int) -> None:
    """To a bar when it was silent for the bar and as long before it, to a trade after a day; a new one rules again."""
    desk = Desk()
    desk.engine.apply(Quote(7, desk.on(), 100, 102))
    desk.engine.apply(made(desk.on(), 7))
    mark = desk.engine.marks.marks[0]
    gone = price == 90
    assert (mark.price(), mark.reference(BUY), mark.reference(SELL)) == ((90, 90, 90) if gone else (101, 102, 100))
    assert mark.reference_time(BUY) == (mark.time_last if gone else 7)
    desk.engine.apply(Quote(desk.engine.now, desk.on(), 110, 112))
    assert mark.price() == 111


def test_a_price_that_was_never_seen_has_no_age() -> None:
    (decision,) = Desk().want(BUY, 1)
    assert (decision.price_units, decision.price_age_ns) == (-1, -1)


def test_instruments_are_listed_in_their_order() -> None:
    desk = Desk(symbols=("ACME", "ZETA"))
    with pytest.raises(AssertionError, match="order of their index"):
        Marks().list_instrument(desk.on("ZETA"))


PAIRS = {"EURUSD": 112_345, "BTCUSD": 6_000_001, "ETHBTC": 54_321}
#: (amount, source, target) → exact value before rounding down; None = there is no rate.
RATES: dict[tuple[int, str, str], Fraction | None] = {
    (123_456_789_012_345_678_901_234_567, "EUR", "USD"): Fraction(112_345, 10**5),
    (123_456_789_012_345_678_901_234_567, "USD", "EUR"): Fraction(10**5, 112_345),
    (-123_456_789_012_345_678_901_234_567, "USD", "EUR"): Fraction(10**5, 112_345),
    (5 * ONE + 1, "BTC", "USD"): Fraction(6_000_001, 100),
    (7, "USD", "USD"): Fraction(1),
    (0, "USD", "XAU"): Fraction(1),
    (7, "USD", "XAU"): None,
    (7, "XAU", "USD"): None,
    (7, "ACME", "USD"): None,
}


@pytest.mark.parametrize(("amount", "source", "target"), RATES)
def test_money_in_another_currency_is_rounded_down_once(amount: int, source: str, target: str) -> None:
    desk = Desk(symbols=("ACME", *PAIRS))
    desk.quote(100, symbol="ACME")
    for symbol, price in PAIRS.items():
        desk.quote(price, symbol=symbol)
    rate = RATES[amount, source, target]
    expected = None if rate is None else (amount * rate).__floor__()
    assert desk.engine.marks.convert(amount, source, target) == expected


def test_a_rate_over_one_currency_is_found() -> None:
    desk = Desk(symbols=("ACME", "EURUSD", "BTCUSD", "ETHBTC"))
    for symbol, price in PAIRS.items():
        desk.quote(price, symbol=symbol)
    first = 5 * ONE * 54_321 // 10**6
    assert desk.engine.marks.convert(5 * ONE, "ETH", "USD") == first * 6_000_001 // 100
    assert desk.engine.marks.convert(5 * ONE, "ETH", "EUR") is None, "over two currencies is not looked for"
    first = 5 * ONE * 112_345 // 10**5
    assert desk.engine.marks.convert(5 * ONE, "EUR", "BTC") == first * 100 // 6_000_001


def test_a_rate_is_as_old_as_the_pairs_it_comes_over() -> None:
    """Yen become francs over the dollar, whose yen are old; the pound would know younger ones and is not asked."""
    pairs = ("GBPUSD", "USDJPY", "USDCHF", "GBPJPY", "GBPCHF")
    marks = Marks()
    for at, symbol in enumerate(pairs):
        pair = Instrument(symbol, "paper", "forex", symbol[:3], symbol[3:], 3, 2, 100_000)
        pair.index = at
        marks.list_instrument(pair)
        marks.apply(Quote(5 if symbol == "USDJPY" else 1_000, pair, 1_000, 1_000))
    assert marks.rate_time("JPY", "CHF") == 5
    marks.apply(Quote(1_001, marks.marks[1].instrument, 2_000, 2_000))
    assert marks.convert(ONE, "JPY", "CHF") == ONE // 2
    assert marks.rate_time("JPY", "CHF") == 1_000
    assert marks.rate_time("JPY", "USD") == 1_001
    assert marks.rate_time("JPY", "AUD") == 0


def test_a_pair_without_a_price_is_passed_over() -> None:
    desk = Desk(symbols=("EURUSD", "BTCUSD", "ETHBTC"))
    assert desk.engine.marks.convert(7, "EUR", "USD") is None
    desk.quote(54_321, symbol="ETHBTC")
    assert desk.engine.marks.convert(ONE, "ETH", "USD") is None


def test_equity_is_cash_and_positions_at_their_marks_or_not_known() -> None:
    desk = Desk(account_of(leverage=10), symbols=("SAPX", "EURUSD"), cash={"USD": "1000", "EUR": "500"})
    account = desk.engine.accounts["main"]
    assert account.equity() is None, "what the euros are worth is not known"
    desk.quote(100_000, 120_000, symbol="EURUSD")
    assert account.equity() == 1550 * ONE
    desk.quote(10_000)
    desk.filled(BUY, 3, 10_000)
    desk.quote(20_000)
    assert account.equity() == (1000 + 550 + 330) * ONE
    assert account.value_of(desk.engine.position("main", desk.on()), -2) == -440 * ONE
    desk.engine.marks.marks[0].bid = desk.engine.marks.marks[0].last = 0
    assert account.equity() is None
    assert account.free("USD") is None


def test_free_money_of_a_margin_account_is_equity_less_margin_and_holds() -> None:
    desk = Desk(account_of(leverage=4, mode="hedging"), cash="1000")
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    desk.filled(SELL, 6, 10_000)
    account = desk.engine.accounts["main"]
    assert account.free("USD") == (1000 - 400) * ONE
    desk.buy(4)
    assert account.free("USD") == (1000 - 400 - 100) * ONE
    desk.close(BUY)
    assert account.free("USD") == (1000 - 250 - 100) * ONE


def test_margin_is_rounded_up() -> None:
    desk = Desk(account_of(leverage=3), cash="1000")
    desk.quote(10_000)
    desk.filled(BUY, 1, 10_000)
    assert desk.engine.accounts["main"].free("USD") == 1000 * ONE - (100 * ONE // 3 + 1)


def test_margin_that_can_not_be_valued_leaves_nothing_known_to_be_free() -> None:
    desk = Desk(account_of(mode="hedging", leverage=10))
    desk.quote(10_000)
    desk.filled(BUY, 5, 10_000)
    desk.filled(SELL, 5, 10_000)
    mark = desk.engine.marks.marks[0]
    mark.bid = mark.ask = mark.last = 0
    assert desk.engine.accounts["main"].equity() is not None, "net nothing is worth nothing"
    assert desk.engine.accounts["main"].free("USD") is None
