"""What openings make of the limits of an account is counted from the journal's rows alone."""

from __future__ import annotations

import pytest

from tradewright.model import event
from tradewright.model.foreign import EXTERNAL
from tradewright.prove.caps import QUANTITY_SCALE, Caps, Limits
from tradewright.prove.known import ENTRY, OVER, STOP_LOSS, Known
from tradewright.sim.market import universe

LISTED = [one.instrument for one in universe("alpaca", "USD")][:2]
ACME, OTHER = (one.symbol for one in LISTED)
UNIT = 10 ** (QUANTITY_SCALE - LISTED[0].size_scale)
FACTOR = LISTED[0].money_factor
WIDE = 10**30
HELD = {(ACME, 1): 5}


def opening(symbol: str, size: int = 10, side: int = 1, strategy: str = "restless", role: str = ENTRY) -> Known:
    return Known(symbol, strategy, side, size, {0}, role, "")


def broken(orders: dict[str, Known], held: dict[tuple[str, int], int], **limits: int) -> list[str]:
    """What the opening A breaks, of 10 at 200, in a market of 100; what is not said is not limited."""
    names = ("order_value", "working", "quantity", "exposure", "positions")
    caps = Caps(LISTED, orders, Limits(**{name: limits.get(name, WIDE) for name in names}))
    for index in (0, 1):
        caps.price([event.QUOTE, 1, LISTED.index(LISTED[index]), 99, 101, 1, 1])
        caps.price([event.TRADE, 1, LISTED.index(LISTED[index]), 500, 1, 0])
    return list(caps.broken("A", 2000 * FACTOR, held))


#: Beside A: what works on its side and on the other, has ended, is somebody else's, is an exit.
BESIDE = {
    "A": opening(ACME),
    "B": opening(ACME, 20),
    "C": opening(ACME, 40, -1),
    "D": Known(ACME, "restless", 1, 80, {0}, ENTRY, "", rank=OVER),
    "E": opening(ACME, 160, strategy=EXTERNAL),
    "F": opening(ACME, 320, role=STOP_LOSS),
}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("order_value", 2000 * FACTOR),
        ("working", 3),
        ("quantity", (5 + 10 + 20 + 160) * UNIT),
        # The market says 100 of all but of the opening, which may cost 200.
        ("exposure", ((5 + 20 + 40 + 160) * 100 + 2000) * FACTOR),
    ],
)
def test_what_is_held_and_may_fill_on_its_side_counts_up_to_the_limit(name: str, kept: int) -> None:
    assert broken(BESIDE, HELD, **{name: kept}) == []
    (text,) = broken(BESIDE, HELD, **{name: kept - 1})
    assert text.startswith("A ") and str(kept) in text


def test_an_opening_where_nothing_is_or_may_be_takes_a_place_and_one_beside_others_takes_none() -> None:
    alone = {"A": opening(ACME)}
    assert broken(alone, {}, positions=1) == broken(alone, HELD, positions=1) == []
    for beside, held in (({"B": opening(OTHER)}, {}), ({}, {(OTHER, -1): 3})):
        assert broken({**alone, **beside}, held, positions=2) == []
        (text,) = broken({**alone, **beside}, held, positions=1)
        assert text == "A opens one more position than 1, of 1"
    assert broken({**alone, "B": opening(ACME), "C": opening(OTHER)}, {}, positions=1) == []


def test_without_limits_nothing_is_too_much() -> None:
    assert list(Caps(LISTED, BESIDE, None).broken("A", WIDE, HELD)) == []
