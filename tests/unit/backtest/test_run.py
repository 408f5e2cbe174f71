"""What a run lets a strategy do, and what it does not."""

from __future__ import annotations

import pytest

from tests.unit.backtest.markets import DAY, bars, market, play, share
from tradewright.backtest.data import Series
from tradewright.backtest.run import RunOptions
from tradewright.model.instrument import Instrument, OrderRules

HOUR = DAY // 24


def test_cancel_then_protect_is_done_in_that_order_whichever_symbol_comes_first() -> None:
    """The stop at 80 is replaced by one at 90; the newer one has sold."""
    closes = [100.0] * 6 + [60.0, 60.0]
    both = market(bars(share("ZZZ", 0), [50.0] * 8), bars(share("AAA", 1), closes))
    result = play(both, "Tightens", RunOptions(cash="10000"))
    assert result.denied == 0
    assert [(booked.order.stop_units, booked.fill.price_units) for booked in result.fills] == [(0, 10000), (9000, 9000)]


@pytest.mark.parametrize(
    ("period", "falls_at", "label"), [(DAY, 4, "the bar that ends a day"), (HOUR, 25, "the first bar of a day")]
)
def test_what_the_event_that_begins_a_day_loses_counts_into_that_day(period: int, falls_at: int, label: str) -> None:
    """Half of equity is held as the price falls by 40 %: a fifth of it is lost, and nothing more is opened."""
    closes = [100.0] * falls_at + [60.0, 60.0]
    options = RunOptions(cash="100000", limits={"maxDailyLossPercent": 3}, keep_decisions=True)
    result = play(market(bars(share(), closes, period=period)), "BuysAgain", options, at=falls_at)
    denied = [decision for decision in result.decisions if not decision.approved]
    assert [[check.code for check in decision.refusals] for decision in denied[:1]] == [["DAILY_LOSS_LIMIT"]], label
    assert denied[0].refusals[0].value == 20_000 * 10**18


@pytest.mark.parametrize("limit", ["maxOrderQuantity", "maxPositionQuantity"])
def test_a_size_taken_at_the_fill_stays_within_the_limits(limit: str) -> None:
    """All of 10,000 would be 200 shares at 50."""
    options = RunOptions(cash="10000", limits={limit: 120})
    assert play(market(gapped(50)), "BuysAll", options).positions == {"ACME": 120}


def test_what_the_venue_would_not_take_at_the_fill_is_not_bought_at_all() -> None:
    """The gap doubles the price: 50 shares would be paid for, and the venue's smallest order is 60."""
    result = play(market(gapped(200, OrderRules(size_min=60))), "BuysAll", RunOptions(cash="10000", kind="cash"))
    assert (result.positions, result.fills) == ({}, [])
    assert result.cash == {"USD": 10_000 * 10**18}


def gapped(price: int, rules: OrderRules | None = None) -> Series:
    """A share that closes at 100 and opens at `price`."""
    acme = share() if rules is None else Instrument("ACME", "paper", "equity", "ACME", "USD", 2, 0, rules=rules)
    series = bars(acme, [100.0, 100.0, price, price])
    series.columns["open"][2] = price * 100
    series.columns["high"][2] = series.columns["low"][2] = price * 100
    return series
