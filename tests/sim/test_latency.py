"""What travels arrives later, in order, and takes part from where the price is then."""

from __future__ import annotations

import pytest

from tests.sim.venue import MINUTE, Venue


def test_a_command_arrives_after_its_delay() -> None:
    venue = Venue(latency="constant:5")
    venue.quote(1_000_000, 9990, 10010)
    venue.buy("o", 1)
    assert venue.due(5_999_999) == []
    assert venue.due(6_000_000) == [("filled", "o", 10010, 1)]
    (fill,) = venue.exchange.fills()
    assert (fill.time, fill.time_venue) == (6_000_000, 6_000_000)


def test_it_meets_the_quote_of_its_arrival_not_the_one_that_follows() -> None:
    venue = Venue(latency="constant:5")
    venue.quote(1_000_000, 9990, 10010)
    venue.buy("o", 1)
    venue.quote(5_000_000, 9991, 10011)
    assert venue.quote(9_000_000, 9995, 10015) == [("filled", "o", 10011, 1)]
    (fill,) = venue.exchange.fills()
    assert (fill.time, fill.time_venue) == (9_000_000, 6_000_000)  # known now, done then


def test_a_cancel_that_travels_may_come_too_late() -> None:
    venue = Venue(latency="constant:5")
    venue.quote(1_000_000, 9990, 10010)
    venue.buy("o", 1, limit=10000)
    venue.due(6_000_000)
    venue.cancel("o")
    assert venue.quote(7_000_000, 9980, 9999) == [("filled", "o", 10000, 1)]
    assert venue.due(11_000_000) == [("cancel rejected", "o", "ALREADY_FILLED")]


@pytest.mark.parametrize(
    ("milliseconds", "price"),
    [
        (1, 10200),  # arrives inside the first bar, so it waits for the second
        (60_000, 10200),  # arrives with the second bar's open
        (60_001, 10300),
    ],
)
def test_inside_a_bar_a_market_order_waits_for_the_next_open(milliseconds: int, price: int) -> None:
    venue = Venue(latency=f"constant:{milliseconds}")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("o", 1)
    for index, open in enumerate((10100, 10200, 10300), 1):
        venue.bar(index, open, open, open, open)
    assert venue.fills() == [(price, 1)]


@pytest.mark.parametrize(
    ("seconds", "fills"),
    [
        (0.001, [(9900, 1)]),  # it joins where the price stands after the first third: at 99.00
        (20, [(9900, 1)]),  # the same, exactly then
        (20.001, []),  # the low is over; the close of 99.60 is the next it sees
    ],
)
def test_inside_a_bar_a_limit_joins_after_its_arrival(seconds: float, fills: list[tuple[int, int]]) -> None:
    venue = Venue(latency=f"constant:{seconds * 1_000:g}", fill="next_open:olhc")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("o", 1, limit=9900)
    venue.bar(1, 10000, 10100, 9900, 9960)  # the low after 20 seconds, the high after 40
    assert venue.fills() == fills


def test_nothing_overtakes_on_one_connection() -> None:
    for seed in range(20):
        venue = Venue(latency="lognormal:50:2", seed=seed)
        venue.quote(1, 9990, 10010)
        for index in range(10):
            venue.buy(f"o{index}", 1, limit=9000)
            venue.cancel(f"o{index}")
        said = venue.due(10**15)
        assert said == [("cancelled", f"o{index}") for index in range(10)]


def test_reports_never_go_back_in_time() -> None:
    venue = Venue(latency="lognormal:20000:1")
    times: list[int] = []
    venue.answer = lambda report: times.append(report.time)
    for index in range(50):
        venue.buy(f"o{index}", 1)
        venue.bar(index, 10000, 10010, 9990, 10000)
    assert len(times) > 50
    assert times == sorted(times)
    assert max(times) <= 50 * MINUTE
