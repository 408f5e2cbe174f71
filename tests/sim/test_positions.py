"""What depends on the position: reduce-only, short selling, lots of hedging accounts, sizes asked for at the fill."""

from __future__ import annotations

import pytest

from tests.sim.venue import CENT, Venue, share
from tradewright.model.command import Replace
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.order import BUY, FOK, REDUCE_ONLY, SELL, STOP
from tradewright.model.report import FillPrice, Report


def holding(position: int, **options: object) -> Venue:
    """An account that holds this position, at 100.00."""
    venue = Venue(**options)  # type: ignore[arg-type]
    if position:
        (venue.buy if position > 0 else venue.sell)("p", abs(position))
    venue.bar(0, 10000, 10000, 10000, 10000)
    return venue


def test_reduce_only_with_nothing_to_reduce_is_rejected() -> None:
    for position in (0, 5):
        venue = holding(position)
        venue.buy("r", 5, flags=REDUCE_ONLY)
        assert venue.due() == [("rejected", "r", "REDUCE_ONLY")]


@pytest.mark.parametrize(("position", "side"), [(6, SELL), (-6, BUY)])
def test_reduce_only_executes_at_most_the_position(position: int, side: int) -> None:
    venue = holding(position)
    venue.submit("r", side, 1, 10, flags=REDUCE_ONLY)
    assert venue.bar(1, 10000, 10000, 10000, 10000) == [("filled", "r", 10000, 6), ("cancelled", "r", "REDUCE_ONLY")]
    assert venue.position == 0


def test_reduce_only_never_flips_when_two_orders_race() -> None:
    venue = holding(6)
    venue.submit("stop", SELL, STOP, 6, stop_units=9900, flags=REDUCE_ONLY)
    venue.sell("out", 4)
    assert venue.bar(1, 10000, 10000, 9890, 10000) == [
        ("filled", "out", 10000, 4),
        ("triggered", "stop"),
        ("filled", "stop", 9900, 2),
        ("cancelled", "stop", "REDUCE_ONLY"),
    ]


def test_reduce_only_ends_when_the_position_went_away() -> None:
    venue = holding(6)
    venue.sell("target", 6, limit=10100, flags=REDUCE_ONLY)
    venue.sell("out", 6)
    venue.bar(1, 10000, 10000, 10000, 10000)
    assert venue.bar(2, 10100, 10100, 10100, 10100) == [("cancelled", "target", "REDUCE_ONLY")]


def test_reduce_only_fok_is_all_or_nothing() -> None:
    venue = holding(6)
    venue.sell("r", 10, flags=REDUCE_ONLY, time_in_force=FOK)
    assert venue.bar(1, 10000, 10000, 10000, 10000) == [("cancelled", "r", "FOK_NOT_FILLABLE")]
    assert venue.position == 6


def test_crossing_zero_without_the_flag_is_allowed() -> None:
    venue = holding(6)
    venue.sell("s", 10)
    venue.bar(1, 10000, 10000, 10000, 10000)
    assert venue.position == -4


def unshortable() -> Instrument:
    return Instrument("ACME", "sim", "equity", "ACME", "USD", 2, 0, rules=OrderRules(shortable=False))


@pytest.mark.parametrize("how", ["account", "instrument"])
def test_what_is_not_owned_can_not_be_sold_short(how: str) -> None:
    venue = holding(6, shorts=False) if how == "account" else holding(6, instrument=unshortable())
    venue.sell("too much", 7)
    venue.sell("all", 6)
    assert venue.due() == [("rejected", "too much", "NOT_SHORTABLE")]
    assert venue.bar(1, 10000, 10000, 10000, 10000) == [("filled", "all", 10000, 6)]


def test_two_sells_that_each_fit_are_cut_at_the_position() -> None:
    venue = holding(6, shorts=False)
    venue.sell("a", 4)
    venue.sell("b", 4)
    assert venue.bar(1, 10000, 10000, 10000, 10000) == [
        ("filled", "a", 10000, 4),
        ("filled", "b", 10000, 2),
        ("cancelled", "b", "NOT_SHORTABLE"),
    ]


def test_a_larger_replacement_can_not_go_short_either() -> None:
    venue = holding(6, shorts=False)
    venue.sell("a", 6, limit=10100)
    venue.replace("a", 7, limit=10100)
    assert venue.due() == [("replace rejected", "a", "NOT_SHORTABLE")]


# Hedging


def hedged() -> Venue:
    """Long lots of 5 and 3, a short lot of 4."""
    venue = Venue(mode="hedging")
    venue.buy("L1", 5)
    venue.buy("L2", 3)
    venue.sell("S1", 4)
    venue.bar(0, 10000, 10000, 10000, 10000)
    return venue


def lots(venue: Venue) -> dict[str, int]:
    return {order_id: side * size for _, order_id, side, size in venue.exchange.lots("main")}


def test_a_hedging_account_holds_both_sides() -> None:
    venue = hedged()
    assert lots(venue) == {"L1": 5, "L2": 3, "S1": -4}
    assert venue.position == 4


def test_a_close_without_a_lot_is_first_in_first_out() -> None:
    venue = hedged()
    venue.sell("c", 6, flags=REDUCE_ONLY)
    venue.bar(1, 10000, 10000, 10000, 10000)
    assert lots(venue) == {"L2": 2, "S1": -4}


def test_a_close_of_a_named_lot_takes_that_lot_and_no_more() -> None:
    venue = hedged()
    venue.sell("c", 6, lot="L2", flags=REDUCE_ONLY)
    assert venue.bar(1, 10000, 10000, 10000, 10000) == [("filled", "c", 10000, 3), ("cancelled", "c", "REDUCE_ONLY")]
    assert lots(venue) == {"L1": 5, "S1": -4}


def test_a_close_names_a_lot_of_the_other_side() -> None:
    venue = hedged()
    venue.sell("c", 1, lot="S1", flags=REDUCE_ONLY)
    venue.sell("d", 1, lot="nobody", flags=REDUCE_ONLY)
    venue.buy("e", 9, flags=REDUCE_ONLY)
    assert venue.due() == [("rejected", "c", "LOT_UNKNOWN"), ("rejected", "d", "LOT_UNKNOWN")]
    venue.bar(1, 10000, 10000, 10000, 10000)
    assert lots(venue) == {"L1": 5, "L2": 3}


def test_partial_fills_of_one_order_are_one_lot() -> None:
    venue = Venue(mode="hedging", partial="volume:10%")
    venue.buy("a", 10, limit=10000)
    venue.buy("b", 5, limit=10000)
    for index in range(3):
        venue.bar(index, 10000, 10000, 10000, 10000, 60)
    assert venue.exchange.lots("main") == [("ACME", "a", 1, 10), ("ACME", "b", 1, 5)]


def test_an_account_that_may_not_short_may_hedge_nothing() -> None:
    venue = Venue(mode="hedging", shorts=False)
    venue.buy("L", 5)
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.sell("S", 1)
    venue.sell("c", 5, flags=REDUCE_ONLY)
    assert venue.due() == [("rejected", "S", "NOT_SHORTABLE")]
    venue.bar(1, 10000, 10000, 10000, 10000)
    assert venue.position == 0


# Size at the fill


def sized(quantity: int | None, **models: str) -> tuple[Venue, list[tuple[object, ...]]]:
    """An order of 10 that is asked for its size at an open of 101.00 and answers with this quantity."""
    venue = Venue(**models)
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("b", 10, size_ppm=500_000)
    venue.due()

    def answer(report: Report) -> None:
        if isinstance(report, FillPrice) and quantity is not None:
            venue.exchange.execute(Replace(report.time, report.order_id, quantity, 0, 0))

    venue.answer = answer
    return venue, venue.bar(1, 10100, 10100, 10100, 10100)


def test_an_order_sized_at_its_fill_asks_and_fills_the_answer() -> None:
    venue, said = sized(49)
    assert said == [("fill price", "b", 10100), ("replaced", "b", 49, 0, 0), ("filled", "b", 10100, 49)]
    assert venue.cash == -49 * 10100 * CENT


def test_an_answer_of_nothing_cancels() -> None:
    venue, said = sized(0)
    assert said == [("fill price", "b", 10100), ("cancelled", "b", "SIZE_ZERO")]
    assert venue.cash == 0


def test_without_an_answer_the_quantity_stands() -> None:
    assert sized(None)[1] == [("fill price", "b", 10100), ("filled", "b", 10100, 10)]


def test_an_answer_that_moves_the_limit_away_is_obeyed() -> None:
    for models in ({}, {"fill": "this_close"}):
        venue = Venue(**models)
        venue.quote(1, 9990, 10010) if models else venue.bar(0, 10000, 10000, 10000, 10000)
        venue.buy("b", 10, limit=10050, size_ppm=500_000)
        venue.answer = lambda report, venue=venue: (  # type: ignore[misc]
            venue.replace("b", 7, limit=9900) if isinstance(report, FillPrice) else None
        )
        said = venue.due() if models else venue.bar(1, 10010, 10020, 9950, 10000)
        assert said == [("fill price", "b", 10010), ("replaced", "b", 7, 9900, 0)]


def test_the_answer_does_not_travel() -> None:
    venue = Venue(latency="constant:1")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("b", 10, size_ppm=500_000)
    venue.answer = lambda report: (
        venue.exchange.execute(Replace(report.time, "b", 7, 0, 0)) if isinstance(report, FillPrice) else None
    )
    venue.bar(1, 10000, 10000, 10000, 10000)  # the order arrives inside this bar
    assert venue.bar(2, 10100, 10100, 10100, 10100) == [
        ("fill price", "b", 10100),
        ("replaced", "b", 7, 0, 0),
        ("filled", "b", 10100, 7),
    ]


def test_the_price_asked_with_is_the_price_after_slippage() -> None:
    assert sized(49, slippage="ticks:3")[1] == [
        ("fill price", "b", 10103),
        ("replaced", "b", 49, 0, 0),
        ("filled", "b", 10103, 49),
    ]


def test_it_is_asked_once_however_many_fills_it_takes() -> None:
    venue, said = sized(49, partial="volume:2%")
    assert said == [("fill price", "b", 10100), ("replaced", "b", 49, 0, 0), ("filled", "b", 10100, 20)]
    assert venue.bar(2, 10200, 10200, 10200, 10200) == [("filled", "b", 10200, 20)]


def test_a_zero_is_an_answer_and_nothing_else() -> None:
    venue = Venue(share())
    venue.buy("b", 10)
    venue.replace("b", 0)
    assert venue.due() == [("replace rejected", "b", "BELOW_FILLED")]
