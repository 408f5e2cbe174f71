"""Every order type × time in force × flag is taken or refused as the table says, and what is taken runs its course."""

from __future__ import annotations

from itertools import product

import pytest

from tests.sim.venue import MINUTE, Venue, share
from tradewright.model.market import Bar
from tradewright.model.order import (
    BUY,
    CLS,
    DAY,
    EXTENDED_HOURS,
    FLAGS,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    OPG,
    ORDER_TYPES,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    STOP,
    STOP_LIMIT,
    TIMES_IN_FORCE,
    TRAILING_STOP,
)
from tradewright.sim.exchange import CODES, SUPPORTED, refusal

CELLS = list(product(ORDER_TYPES, TIMES_IN_FORCE, (0, *FLAGS)))
#: 2026-11-18 14:30 UTC, the open of a Wednesday in New York, and its close at 21:00 UTC.
OPENS = 1_795_012_200 * 10**9
CLOSES = OPENS + 390 * MINUTE


def named(cell: tuple[int, int, int]) -> str:
    type, time_in_force, flag = cell
    return f"{ORDER_TYPES[type]} {TIMES_IN_FORCE[time_in_force]} {FLAGS.get(flag, 'plain')}"


def in_session(index: int, open: int, high: int, low: int, close: int, venue: Venue) -> list[tuple[object, ...]]:
    begin = OPENS + index * MINUTE
    return venue.run(Bar(begin + MINUTE, venue.instrument, begin, open, high, low, close, 1_000))


def opened() -> Venue:
    """Long 100 on the day before; the session of `OPENS` has not begun."""
    venue = Venue(share("us-equity"), fill="next_open:ohlc")
    venue.time = OPENS - 1_440 * MINUTE
    venue.buy("p", 100)
    in_session(-1_440, 10000, 10000, 10000, 10000, venue)
    in_session(-1_440 + 389, 10000, 10000, 10000, 10000, venue)
    venue.time = OPENS - MINUTE
    return venue


def terms(type: int, side: int = SELL) -> dict[str, int]:
    """Prices that a session from 100.00 up to 101.00, down to 99.00 and back reaches on the way."""
    prices = {"limit_units": 0, "stop_units": 0, "trail_units": 0}
    if type == LIMIT:
        prices["limit_units"] = 10050
    if type in (STOP, STOP_LIMIT):
        prices["stop_units"] = 9950
    if type == STOP_LIMIT:
        prices["limit_units"] = 9940
    if type == TRAILING_STOP:
        prices["trail_units"] = 100
    return prices


def test_the_table_is_complete_and_every_code_has_its_sentence() -> None:
    assert sorted(SUPPORTED) == sorted(CELLS)
    assert {code for code in SUPPORTED.values() if code} <= set(CODES)
    assert all(CODES.values())


def test_several_flags_are_refused_as_soon_as_one_is() -> None:
    both = REDUCE_ONLY | POST_ONLY
    assert refusal(LIMIT, GTC, both) == ""
    assert refusal(MARKET, GTC, both) == "POST_ONLY_NEEDS_LIMIT"
    assert refusal(STOP, IOC, both | EXTENDED_HOURS) == "TRIGGER_NOT_IMMEDIATE"
    assert refusal(LIMIT, IOC, POST_ONLY | EXTENDED_HOURS) == "POST_ONLY_NEVER_IMMEDIATE"


@pytest.mark.parametrize("cell", [cell for cell in CELLS if SUPPORTED[cell]], ids=named)
def test_what_the_table_refuses_is_rejected_with_its_code(cell: tuple[int, int, int]) -> None:
    venue = opened()
    type, time_in_force, flags = cell
    venue.submit("o", SELL, type, 10, time_in_force=time_in_force, flags=flags, **terms(type))
    assert venue.due() == [("rejected", "o", SUPPORTED[cell])]
    assert venue.exchange.working_orders() == []


#: Where an order of 10 fills in the session below, and what is said when it does not; (type, time in force).
OUTCOMES: dict[tuple[int, int], list[tuple[object, ...]]] = {
    (MARKET, DAY): [("filled", "o", 10000, 10)],
    (MARKET, GTC): [("filled", "o", 10000, 10)],
    (MARKET, IOC): [("filled", "o", 10000, 10)],
    (MARKET, FOK): [("filled", "o", 10000, 10)],
    (MARKET, OPG): [("filled", "o", 10000, 10)],
    (MARKET, CLS): [("filled", "o", 9980, 10)],
    (LIMIT, DAY): [("filled", "o", 10050, 10)],
    (LIMIT, GTC): [("filled", "o", 10050, 10)],
    (LIMIT, IOC): [("cancelled", "o", "IOC_REMAINDER")],  # the open of 100.00 is below 100.50
    (LIMIT, FOK): [("cancelled", "o", "FOK_NOT_FILLABLE")],
    (LIMIT, OPG): [("expired", "o", "AUCTION_REMAINDER")],
    (LIMIT, CLS): [("expired", "o", "AUCTION_REMAINDER")],  # the close of 99.80 is below it too
    (STOP, DAY): [("triggered", "o"), ("filled", "o", 9950, 10)],
    (STOP, GTC): [("triggered", "o"), ("filled", "o", 9950, 10)],
    (STOP_LIMIT, DAY): [("triggered", "o"), ("filled", "o", 9950, 10)],
    (STOP_LIMIT, GTC): [("triggered", "o"), ("filled", "o", 9950, 10)],
    (TRAILING_STOP, DAY): [("triggered", "o"), ("filled", "o", 10000, 10)],  # 1.00 below the high of 101.00
    (TRAILING_STOP, GTC): [("triggered", "o"), ("filled", "o", 10000, 10)],
}


@pytest.mark.parametrize("cell", [cell for cell in CELLS if not SUPPORTED[cell]], ids=named)
def test_what_the_table_supports_runs_its_course(cell: tuple[int, int, int]) -> None:
    venue = opened()
    type, time_in_force, flags = cell
    venue.submit("o", SELL, type, 10, time_in_force=time_in_force, flags=flags, **terms(type))
    said = venue.due()
    said += in_session(0, 10000, 10100, 9900, 9990, venue)
    said += in_session(389, 9990, 9990, 9970, 9980, venue)
    assert said == OUTCOMES[type, time_in_force]


def test_every_supported_pair_has_its_outcome() -> None:
    assert sorted(OUTCOMES) == sorted({(type, tif) for type, tif, flag in CELLS if not SUPPORTED[type, tif, flag]})


@pytest.mark.parametrize("time_in_force", [OPG, CLS])
@pytest.mark.parametrize("type", [MARKET, LIMIT])
def test_a_market_that_never_closes_has_no_auctions(type: int, time_in_force: int) -> None:
    venue = Venue()
    venue.submit("o", BUY, type, 10, time_in_force=time_in_force, **terms(type))
    assert venue.due() == [("rejected", "o", "TIF_NOT_SUPPORTED")]


@pytest.mark.parametrize("price", [9990, 10000, 10010])
def test_auction_limits_fill_at_the_auctions_price_or_not_at_all(price: int) -> None:
    venue = opened()
    venue.buy("opg", 10, limit=price, time_in_force=OPG)
    venue.buy("cls", 10, limit=price, time_in_force=CLS)
    venue.due()
    said = in_session(0, 10000, 10100, 9900, 10000, venue) + in_session(389, 10000, 10000, 9900, 10000, venue)
    fills = price >= 10000
    assert said == [
        ("filled", "opg", 10000, 10) if fills else ("expired", "opg", "AUCTION_REMAINDER"),
        ("filled", "cls", 10000, 10) if fills else ("expired", "cls", "AUCTION_REMAINDER"),
    ]
