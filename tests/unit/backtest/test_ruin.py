"""A run ends where its account has lost everything: nobody waits in debt for the price to come back."""

from __future__ import annotations

import pytest

from tests.unit.backtest.markets import DAY, START, bars, market, play, quotes, share
from tradewright.backtest.data import Series
from tradewright.backtest.report import report
from tradewright.backtest.run import Result, RunOptions
from tradewright.model.numbers import money_text
from tradewright.sim.models import Models

#: At its third bar the share has lost half, at its fifth it is worth more than ever.
THERE_AND_BACK = [100.0, 100.0, 50.0, 120.0, 130.0]


def leveraged(words: str, *series: Series, models: Models | None = None, leverage: int = 10) -> Result:
    options = RunOptions(cash="10000", leverage=leverage, models=models or Models())
    return play(market(*(series or (bars(share(), THERE_AND_BACK),))), "Script", options, words=words)


def traded(result: Result) -> list[tuple[int, int, int]]:
    """Side, size, price."""
    return [(item.order.side, item.fill.size_units, item.fill.price_units) for item in result.fills]


def test_what_is_held_is_closed_at_the_price_that_took_everything_and_nothing_follows() -> None:
    result = leveraged("+900 . . +1 +1")
    assert traded(result) == [(1, 900, 10000), (-1, 900, 5000)]
    assert (money_text(result.equity), result.positions, result.orders) == ("-35000", {}, 2)
    assert result.ruined == START + 3 * DAY


def test_the_report_says_so_first_and_its_curve_stays_where_the_run_ended() -> None:
    made = report(leveraged("+900 . . . ."))
    assert made.remarks[0] == (
        "the account had lost everything at 2024-01-04T00:00:00Z: what it held was closed at the prices that stood, "
        "and the run ended there"
    )
    assert made.curve.equity.tolist() == [10000, 10000, -35000, -35000, -35000]
    assert made.row()["equity"] == "-35000"


@pytest.mark.parametrize(("size", "ruined"), [(100, True), (99, False)])
def test_a_short_position_has_lost_everything_when_the_price_has_doubled(size: int, ruined: bool) -> None:
    result = leveraged(f"-{size} . . .", bars(share(), [100.0, 100.0, 200.0, 90.0]), leverage=1)
    assert bool(result.ruined) == ruined
    assert money_text(result.equity) == ("0" if ruined else "10990")


def test_an_account_that_is_still_worth_something_goes_on() -> None:
    """199 shares lose 9,950 of 10,000."""
    result = leveraged("+199 . . .")
    assert (result.ruined, money_text(result.equity)) == (0, "15970")


def test_the_sum_decides_not_one_symbol() -> None:
    """What AAA loses, BBB brings in, until BBB falls too."""
    falls, rises = bars(share("AAA", 0), THERE_AND_BACK), bars(share("BBB", 1), [100.0, 100.0, 160.0, 100.0, 100.0])
    result = leveraged("+300 . . . .", falls, rises, leverage=10)
    assert result.ruined == 0
    falls = bars(share("AAA", 0), [100.0, 100.0, 50.0, 50.0, 150.0])
    result = leveraged("+300 . . . .", falls, rises, leverage=10)
    assert result.ruined == START + 4 * DAY
    assert sorted(result.positions) == []
    assert traded(result)[2:] == [(-1, 300, 5000), (-1, 300, 10000)]


@pytest.mark.parametrize(
    "models",
    [
        Models(latency="constant:5000"),
        Models(partial="volume:0.0001%"),
        Models(partial="random:1"),
        Models(fill="next_close"),
    ],
    ids=["latency", "share of volume", "random parts", "next close"],
)
def test_it_is_closed_at_once_and_whole_whatever_the_models_say(models: Models) -> None:
    result = leveraged("+900 . . . . . . .", bars(share(), [100.0, 100.0, 100.0, 100.0, 50.0, 120.0]), models=models)
    assert result.ruined == START + 5 * DAY
    bought = sum(size for side, size, _ in traded(result) if side > 0)
    assert traded(result)[-1] == (-1, bought, 5000)
    assert result.positions == {}


def test_with_quotes_it_is_closed_at_the_bid_and_costs_its_fee() -> None:
    feed = quotes(share(), [50.0, 50.0], START + 2 * DAY + 1, DAY)
    result = leveraged("+900 .", bars(share(), [100.0, 100.0]), feed, models=Models(fee="per_order:7"))
    assert traded(result)[-1] == (-1, 900, 5000)
    assert money_text(result.equity) == "-35014"


def test_orders_that_work_end_with_it() -> None:
    result = play(
        market(bars(share(), THERE_AND_BACK)), "RestsBeside", RunOptions(cash="10000", leverage=10), count=400
    )
    assert result.ruined == START + 3 * DAY
    assert traded(result) == [(1, 400, 10000), (-1, 400, 5000)]
