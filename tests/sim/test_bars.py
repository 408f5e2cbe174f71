"""Orders against bars: every fill convention, the path inside a bar, gaps, stops and trailing stops."""

from __future__ import annotations

import pytest

from tests.sim.venue import MINUTE, Venue
from tradewright.model.order import (
    BUY,
    FOK,
    IOC,
    LIMIT,
    MARKET,
    REDUCE_ONLY,
    SELL,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
)
from tradewright.model.report import Report


@pytest.mark.parametrize(
    ("fill", "price", "time_venue"),
    [
        ("next_open", 10100, 1 * MINUTE),
        ("next_close", 10120, 2 * MINUTE),
        ("this_close", 10050, 1 * MINUTE),
        ("touch", 10100, 1 * MINUTE),
    ],
)
@pytest.mark.parametrize("kind", ["market", "ioc limit", "fok limit"])
def test_what_meets_the_market_does_so_where_the_convention_says(
    fill: str, price: int, time_venue: int, kind: str
) -> None:
    venue = Venue(fill=fill)
    venue.bar(0, 10000, 10060, 9990, 10050)
    if kind == "market":
        venue.buy("b", 5)
    else:
        venue.buy("b", 5, limit=10200, time_in_force=IOC if kind == "ioc limit" else FOK)
    venue.due()
    venue.bar(1, 10100, 10150, 10090, 10120)
    (fill_,) = venue.exchange.fills()
    assert (fill_.price_units, fill_.time_venue) == (price, time_venue)
    assert fill_.time == (1 if fill == "this_close" else 2) * MINUTE


@pytest.mark.parametrize("fill", ["next_open", "next_close", "this_close", "touch"])
def test_an_immediate_limit_out_of_reach_is_cancelled_at_its_one_look(fill: str) -> None:
    venue = Venue(fill=fill)
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("ioc", 5, limit=9950, time_in_force=IOC)
    venue.buy("fok", 5, limit=9950, time_in_force=FOK)
    # The bar comes down to 99.00 later, which is too late for both; next_close looks at its close of 99.60.
    assert venue.due() + venue.bar(1, 10000, 10000, 9900, 9960) == [
        ("cancelled", "ioc", "IOC_REMAINDER"),
        ("cancelled", "fok", "FOK_NOT_FILLABLE"),
    ]


@pytest.mark.parametrize(
    ("side", "limit", "bar", "price"),
    [
        (BUY, 9900, (10000, 10050, 9901, 10000), 0),  # not reached
        (BUY, 9900, (10000, 10050, 9900, 10000), 9900),  # touched
        (BUY, 9900, (9900, 9950, 9890, 9940), 9900),  # opens at the limit
        (BUY, 9900, (9850, 9950, 9840, 9940), 9850),  # opens below it: the open
        (SELL, 10100, (10000, 10099, 9950, 10000), 0),
        (SELL, 10100, (10000, 10100, 9950, 10000), 10100),
        (SELL, 10100, (10150, 10160, 10050, 10100), 10150),
    ],
)
def test_a_limit_fills_at_its_price_or_at_a_better_open(
    side: int, limit: int, bar: tuple[int, ...], price: int
) -> None:
    venue = Venue()
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.submit("o", side, LIMIT, 7, limit_units=limit)
    venue.bar(1, *bar)
    assert venue.fills() == ([(price, 7)] if price else [])


@pytest.mark.parametrize(
    ("side", "stop", "bar", "price"),
    [
        (SELL, 9900, (10000, 10050, 9901, 10000), 0),
        (SELL, 9900, (10000, 10050, 9900, 10000), 9900),
        (SELL, 9900, (9850, 9950, 9840, 9940), 9850),  # gapped: the open
        (BUY, 10100, (10000, 10099, 9950, 10000), 0),
        (BUY, 10100, (10000, 10100, 9950, 10000), 10100),
        (BUY, 10100, (10150, 10160, 10050, 10100), 10150),
    ],
)
def test_a_stop_fills_at_its_price_or_at_a_gapped_open(side: int, stop: int, bar: tuple[int, ...], price: int) -> None:
    venue = Venue()
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.submit("o", side, STOP, 7, stop_units=stop)
    said = venue.bar(1, *bar)
    assert said == ([("triggered", "o"), ("filled", "o", price, 7)] if price else [])


def test_a_stop_limit_becomes_a_limit_where_it_triggers() -> None:
    venue = Venue(fill="next_open:olhc")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.submit("at once", BUY, STOP_LIMIT, 1, stop_units=10050, limit_units=10060)
    venue.submit("later", BUY, STOP_LIMIT, 1, stop_units=10050, limit_units=10040)
    venue.submit("never", BUY, STOP_LIMIT, 1, stop_units=10050, limit_units=9990)
    said = venue.bar(1, 10000, 10080, 9980, 10030)  # 100.00, 99.80, 100.80, 100.30
    assert said == [
        ("triggered", "at once"),
        ("filled", "at once", 10050, 1),
        ("triggered", "later"),
        ("triggered", "never"),
        ("filled", "later", 10040, 1),  # on the way from the high to the close
    ]
    assert venue.bar(2, 10030, 10030, 10000, 10000) == []
    assert venue.bar(3, 9985, 10000, 9985, 10000) == [("filled", "never", 9985, 1)]  # a better open


def test_a_gapped_stop_limit_triggers_and_rests() -> None:
    venue = Venue(fill="next_open:ohlc")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.submit("o", BUY, STOP_LIMIT, 1, stop_units=10050, limit_units=10060)
    assert venue.bar(1, 10100, 10120, 10070, 10080) == [("triggered", "o")]
    assert venue.bar(2, 10080, 10080, 10055, 10070) == [("filled", "o", 10060, 1)]


@pytest.mark.parametrize(
    ("path", "trail", "bar", "price"),
    [
        # Mark 100.00 from the bar before. High first: mark 102.00, so 101.00 stops on the way down.
        ("ohlc", {"trail_units": 100}, (10000, 10200, 9910, 10000), 10100),
        # Low first: 99.10 does not reach 99.00; then mark 102.00, and the close at 100.00 passes 101.00.
        ("olhc", {"trail_units": 100}, (10000, 10200, 9910, 10000), 10100),
        # Low first reaches 99.00 before the high is known.
        ("olhc", {"trail_units": 100}, (10000, 10200, 9890, 10000), 9900),
        # The close stays above 101.00.
        ("olhc", {"trail_units": 100}, (10000, 10200, 9910, 10150), 0),
        # One percent: mark 102.00, so 100.98.
        ("ohlc", {"trail_ppm": 10_000}, (10000, 10200, 9910, 10000), 10098),
        # The gap: mark 100.00 at the last close, the open at 98.00 is below 99.00.
        ("ohlc", {"trail_units": 100}, (9800, 9900, 9700, 9850), 9800),
    ],
)
def test_a_trailing_stop_follows_the_path(path: str, trail: dict[str, int], bar: tuple[int, ...], price: int) -> None:
    venue = Venue(fill=f"next_open:{path}")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.submit("t", SELL, TRAILING_STOP, 3, **trail)
    said = venue.bar(1, *bar)
    assert said == ([("triggered", "t"), ("filled", "t", price, 3)] if price else [])


def test_a_trailing_buy_follows_the_low() -> None:
    venue = Venue(fill="next_open:ohlc")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.submit("t", BUY, TRAILING_STOP, 3, trail_units=100)
    assert venue.bar(1, 10000, 10000, 9700, 9790) == []  # mark 97.00
    assert venue.bar(2, 9790, 9810, 9790, 9810) == [("triggered", "t"), ("filled", "t", 9800, 3)]


def test_the_mark_is_kept_over_quiet_bars() -> None:
    venue = Venue(fill="next_open:ohlc")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.submit("t", SELL, TRAILING_STOP, 3, trail_units=300)
    assert venue.bar(1, 10000, 10250, 10000, 10100) == []  # mark 102.50
    assert venue.bar(2, 10100, 10100, 10000, 10000) == []
    assert venue.bar(3, 10000, 10000, 9900, 9990) == [("triggered", "t"), ("filled", "t", 9950, 3)]


BAR = (10000, 10100, 9900, 10020)  # both orders below can fill in it


def both_ways(path: str, position: int, bar: tuple[int, int, int, int] = BAR) -> list[str]:
    """The order in which a buy at 99.50 and a sell at 100.50 fill in the bar, for an account with that position."""
    venue = Venue(fill=f"next_open:{path}" if path else "next_open")
    if position:
        venue.submit("p", BUY if position > 0 else SELL, MARKET, abs(position))
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("low", 1, limit=9950)
    venue.sell("high", 1, limit=10050)
    return [str(line[1]) for line in venue.bar(1, *bar)]


LOW_FIRST, HIGH_FIRST = ["low", "high"], ["high", "low"]


@pytest.mark.parametrize(
    ("path", "position", "bar", "order"),
    [
        ("ohlc", 0, BAR, HIGH_FIRST),
        ("olhc", 0, BAR, LOW_FIRST),
        ("nearest", 0, (10000, 10100, 9901, 10020), LOW_FIRST),  # 99 cents down, 100 up
        ("nearest", 0, (10000, 10099, 9900, 10020), HIGH_FIRST),
        ("nearest", 0, BAR, LOW_FIRST),  # a tie
        ("adverse", 5, BAR, LOW_FIRST),
        ("adverse", -5, BAR, HIGH_FIRST),
        ("adverse", 0, BAR, LOW_FIRST),  # flat, a buy and a sale in reach, the bar rose
        ("adverse", 0, (10000, 10100, 9900, 9980), HIGH_FIRST),  # it fell
        ("", 5, BAR, LOW_FIRST),  # adverse is the default
    ],
)
def test_the_path_decides_what_is_reached_first(
    path: str, position: int, bar: tuple[int, int, int, int], order: list[str]
) -> None:
    assert both_ways(path, position, bar) == order


def test_adverse_looks_at_the_position_after_the_open() -> None:
    venue = Venue()
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.sell("entry", 1)
    venue.submit("stop", BUY, STOP, 1, stop_units=10050)
    venue.buy("target", 1, limit=9950)
    # Short from the open on: the high comes first although the bar rose.
    assert venue.bar(1, *BAR) == [
        ("filled", "entry", 10000, 1),
        ("triggered", "stop"),
        ("filled", "stop", 10050, 1),
        ("filled", "target", 9950, 1),
    ]


ROSE, FELL = (10000, 11000, 9000, 10100), (10000, 11000, 9000, 9900)


@pytest.mark.parametrize("bar", [ROSE, FELL])
@pytest.mark.parametrize(
    ("side", "entry", "exit", "fills"),
    [
        # A buy on the way down has the high behind it: its target waits for another bar.
        (BUY, {"type": LIMIT, "limit_units": 9500}, {"type": LIMIT, "limit_units": 10800}, [9500]),
        (SELL, {"type": LIMIT, "limit_units": 10500}, {"type": LIMIT, "limit_units": 9200}, [10500]),
        # One on the way up has the low before it: its stop is reached.
        (BUY, {"type": STOP, "stop_units": 10500}, {"type": STOP, "stop_units": 9500}, [10500, 9500]),
        (SELL, {"type": STOP, "stop_units": 9500}, {"type": STOP, "stop_units": 10500}, [9500, 10500]),
        (BUY, {"type": TRAILING_STOP, "trail_units": 500}, {"type": STOP, "stop_units": 9500}, [10500, 9500]),
    ],
)
def test_adverse_is_against_the_entry_a_flat_account_asks_for(
    bar: tuple[int, int, int, int], side: int, entry: dict[str, int], exit: dict[str, int], fills: list[int]
) -> None:
    venue = Venue()
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.submit("entry", side, quantity=1, **entry)
    venue.submit("exit", -side, quantity=1, parent="entry", flags=REDUCE_ONLY, **exit)
    venue.submit("far", -side, LIMIT, 1, limit_units=10000 - side * -2000)  # out of the bar's reach: it has no say
    venue.bar(1, *bar)
    assert [price for price, _ in venue.fills()] == fills


def test_accounts_have_each_their_own_path() -> None:
    venue = Venue()
    venue.exchange.open_account("other")
    venue.buy("p", 5)
    venue.submit("q", SELL, MARKET, 5, account="other")
    venue.bar(0, 10000, 10000, 10000, 10000)
    for account in ("main", "other"):
        venue.submit(f"{account} low", BUY, LIMIT, 1, account, limit_units=9950)
        venue.submit(f"{account} high", SELL, LIMIT, 1, account, limit_units=10050)
    order = [line[1] for line in venue.bar(1, *BAR)]
    assert order == ["main low", "other high", "main high", "other low"]


def test_ties_go_to_the_order_accepted_first() -> None:
    venue = Venue()
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("b", 1, limit=9950)
    venue.buy("a", 1, limit=9950)
    assert [line[1] for line in venue.bar(1, *BAR)] == ["b", "a"]


def react(venue: Venue, to: str, do: object) -> None:
    """Carries out `do` as soon as the order `to` is filled."""

    def answer(report: Report) -> None:
        if report.order_id == to and type(report).__name__ == "Fill":
            do()  # type: ignore[operator]

    venue.answer = answer


def test_an_answer_to_a_fill_takes_part_in_the_rest_of_the_bar() -> None:
    venue = Venue(fill="next_open:olhc")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("entry", 2, limit=9950)

    def protect() -> None:
        venue.submit("stop", SELL, STOP, 1, stop_units=9920)
        venue.sell("target", 1, limit=10060)

    react(venue, "entry", protect)
    assert venue.bar(1, *BAR) == [
        ("filled", "entry", 9950, 2),
        ("triggered", "stop"),
        ("filled", "stop", 9920, 1),  # further down the same move
        ("filled", "target", 10060, 1),
    ]


def test_an_answer_never_fills_at_a_price_that_has_passed() -> None:
    venue = Venue(fill="next_open:olhc")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.sell("entry", 1, limit=10050)
    react(venue, "entry", lambda: venue.buy("late", 1, limit=9950))  # the low was before
    assert venue.bar(1, *BAR) == [("filled", "entry", 10050, 1)]


@pytest.mark.parametrize(
    ("fill", "price"), [("next_open", 10030), ("next_close", 10020), ("this_close", 9950), ("touch", 9950)]
)
def test_a_market_order_in_answer_to_a_fill(fill: str, price: int) -> None:
    venue = Venue(fill=fill + ":olhc")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("entry", 1, limit=9950)
    react(venue, "entry", lambda: venue.sell("out", 1))
    venue.bar(1, *BAR)
    venue.bar(2, 10030, 10030, 10030, 10030)
    assert venue.fills() == [(9950, 1), (price, 1)]


def test_a_market_order_in_answer_to_the_open_waits_for_the_next_open() -> None:
    venue = Venue()
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("entry", 1)
    react(venue, "entry", lambda: venue.sell("out", 1))
    venue.bar(1, *BAR)
    assert venue.fills() == [(10000, 1)]
    venue.bar(2, 10030, 10040, 10000, 10010)
    assert venue.fills() == [(10000, 1), (10030, 1)]


def test_quote_bars_match_buys_against_the_ask_and_sells_against_the_bid() -> None:
    venue = Venue()
    venue.quote_bar(0, (9990, 9990, 9990, 9990), (10010, 10010, 10010, 10010))
    venue.buy("market buy", 1)
    venue.sell("market sell", 1)
    venue.buy("limit buy", 1, limit=9950)
    venue.sell("limit sell", 1, limit=10060)
    venue.submit("stop sell", SELL, STOP, 1, stop_units=9935)
    venue.submit("stop buy", BUY, STOP, 1, stop_units=10085)
    said = venue.quote_bar(1, (9990, 10060, 9940, 10000), (10010, 10080, 9960, 10020))
    # The ask's low of 99.60 leaves the buy at 99.50 alone; the bid's high of 100.60 reaches the sell.
    assert said == [
        ("filled", "market buy", 10010, 1),
        ("filled", "market sell", 9990, 1),
        ("filled", "limit sell", 10060, 1),
    ]
    said = venue.quote_bar(2, (9990, 10070, 9930, 10000), (10010, 10090, 9950, 10020))
    assert {line for line in said if line[0] == "filled"} == {
        ("filled", "limit buy", 9950, 1),
        ("filled", "stop sell", 9935, 1),
        ("filled", "stop buy", 10085, 1),
    }


@pytest.mark.parametrize("finer", ["quote", "depth", "trade"])
def test_a_bar_takes_over_from_finer_data_that_was_silent_for_it_and_as_long_before(finer: str) -> None:
    venue = Venue()
    see(venue, finer, 0)
    venue.buy("b", 1, limit=9950)
    assert venue.bar(1, 9900, 9900, 9900, 9900) == []  # it may still stand: a quote holds until the next
    assert venue.bar(2, 9940, 9940, 9940, 9940) == [("filled", "b", 9940, 1)]
    venue.buy("market", 1)
    assert venue.bar(3, 9800, 9800, 9800, 9800) == [("filled", "market", 9800, 1)]
    see(venue, finer, 4 * MINUTE + 1)  # it has come back, and rules
    venue.buy("more", 1, limit=9750)
    assert venue.bar(5, 9700, 9700, 9700, 9700) == []


@pytest.mark.parametrize("finer", ["quote", "depth"])
def test_a_trade_takes_over_from_what_was_silent_for_a_day(finer: str) -> None:
    venue = Venue()
    see(venue, finer, 0)
    venue.submit("stop", SELL, STOP, 1, stop_units=9900)
    assert venue.trade(1440 * MINUTE, 9890, 5) == []
    assert venue.trade(1440 * MINUTE + 1, 9890, 5) == [("triggered", "stop"), ("filled", "stop", 9890, 1)]


def see(venue: Venue, kind: str, time: int) -> None:
    """Prices around 100.00."""
    if kind == "quote":
        venue.quote(time, 9990, 10010)
    elif kind == "depth":
        venue.depth(time, ((9990, 5),), ((10010, 5),))
    else:
        venue.trade(time, 10000, 5)


def test_bars_after_finer_data_move_nothing() -> None:
    venue = Venue()
    venue.quote(0, 9990, 10010)
    venue.buy("b", 1, limit=9950)
    assert venue.bar(0, 9900, 9900, 9900, 9900) == []
    assert venue.quote_bar(1, (9900,) * 4, (9910,) * 4) == []
    assert venue.fills() == []
    assert venue.quote(2 * MINUTE, 9940, 9950) == [("filled", "b", 9950, 1)]
