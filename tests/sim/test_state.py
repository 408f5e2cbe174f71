"""An exchange made anew from its rows goes on as if nothing had happened, wherever it was stopped."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sim.traffic import Traffic
from tests.sim.venue import Venue
from tradewright.model.order import SELL, STOP, TRAILING_STOP
from tradewright.model.report import Fill
from tradewright.model.rng import Rng
from tradewright.sim.exchange import Exchange, state
from tradewright.sim.exchange.book import Account, Book
from tradewright.sim.exchange.desk import Desk
from tradewright.sim.exchange.filling import Filling
from tradewright.sim.exchange.market import Market
from tradewright.sim.exchange.matching import Matching
from tradewright.sim.exchange.state import KINDS
from tradewright.sim.exchange.working import Working


def reborn(exchange: Exchange) -> Exchange:
    """The exchange from its rows, by way of bytes, without any object of the old one."""
    stored = msgspec.json.decode(msgspec.json.encode(exchange.state()))
    again = Exchange(exchange.models, Rng(99))
    again.restore(stored)
    return again


@given(st.integers(0, 2**32 - 1), st.integers(1, 400))
def test_it_goes_on_from_any_report_of_any_traffic(seed: int, stop: int) -> None:
    whole, cut = Traffic(seed), Traffic(seed)
    expected = [report.row() for report in whole.reports(40)]
    said = []
    for number, report in enumerate(cut.reports(40), 1):
        said.append(report.row())
        if number == stop:
            # What travels and what was said but not drawn is not the venue's to keep: hand it over.
            old, cut.exchange = cut.exchange, reborn(cut.exchange)
            cut.exchange.out.extend(old.out)
            cut.exchange.pending.extend(old.pending)
    assert said == expected
    assert cut.exchange.state() == whole.exchange.state()


def test_rows_are_plain_values_of_the_kinds_that_are_named() -> None:
    traffic = Traffic(3)
    for _ in traffic.reports(60):
        pass
    stored = traffic.exchange.state()
    order = [KINDS.index(kind) for kind, _, _ in stored if kind not in ("market", "book")]
    assert order == sorted(order)
    assert len({(kind, key) for kind, key, _ in stored}) == len(stored)
    assert msgspec.json.decode(msgspec.json.encode(stored)) == msgspec.json.decode(msgspec.json.encode(list(stored)))


@pytest.mark.parametrize("after", range(1, 6))
def test_the_rest_of_a_bar_is_played_after_a_stop_inside_it(after: int) -> None:
    venue = Venue(fill="next_open:olhc")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("entry", 2)
    venue.sell("target", 2, limit=10080, parent="entry", group="g")
    venue.submit("stop", SELL, STOP, 2, stop_units=9900, parent="entry", group="g")
    venue.submit("trail", SELL, TRAILING_STOP, 1, trail_units=30)
    drawn = 0

    def stop(report: object) -> None:
        nonlocal drawn
        drawn += 1
        if drawn == after:
            raise KeyboardInterrupt

    venue.due()
    venue.answer = stop
    with pytest.raises(KeyboardInterrupt):
        venue.bar(1, 10000, 10100, 9950, 10050)
    venue.exchange = reborn(venue.exchange)
    for _ in venue.exchange:
        pass
    # Down to 99.50: the trail of 30 cents sells at 99.70; up to 100.80: the target.
    assert venue.fills() == [(10000, 2), (9970, 1), (10080, 2)]
    assert [w.order.id for w in venue.exchange.working_orders()] == []
    venue.query("entry")
    venue.answer = lambda report: None
    assert [report for report in venue.exchange.due(venue.time) if isinstance(report, Fill)] != []


#: Noun → its fields in a row, and those that are no part of one: they follow from others, or no venue could know them.
FIELDS: list[tuple[type, tuple[str, ...], str]] = [
    (Working, state.ORDER_FIELDS, "order market book side type time_in_force flags parent children fills"),
    (Book, state.BOOK_FIELDS, "account symbol orders lots"),
    (Market, state.MARKET_FIELDS, "instrument books working always _calendar"),
    (Account, ("name", "hedging", "shorts", "borrows", "cash", "fees"), ""),
    (
        Desk,
        state.EXCHANGE_FIELDS,
        "models accounts markets orders groups history out fresh here newest rng_fills rng_latency",
    ),
    (Filling, state.EXCHANGE_FIELDS, "asking"),
    (Matching, state.EXCHANGE_FIELDS, "path"),
    (Exchange, state.EXCHANGE_FIELDS, "running_event running_market pending"),
]


@pytest.mark.parametrize(("noun", "row", "follows"), FIELDS, ids=lambda value: getattr(value, "__name__", ""))
def test_no_field_is_forgotten(noun: type, row: tuple[str, ...], follows: str) -> None:
    fields = set(noun.__slots__)  # type: ignore[attr-defined]
    assert fields - set(row) == set(follows.split())
