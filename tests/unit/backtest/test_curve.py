"""The equity curve: by hand, and point by point against runs that end there."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from tests.unit.backtest.markets import (
    DAY,
    MINUTE,
    START,
    bars,
    market,
    pair,
    play,
    prints,
    quote_bars,
    quotes,
    share,
    until,
    walk,
)
from tradewright.backtest.curve import equity_curve, event_times
from tradewright.backtest.data import Dataset
from tradewright.backtest.run import RunOptions
from tradewright.model.errors import ContractError, InputError
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import money_float
from tradewright.sim.models import Models

CLOSES = [10.0, 11.0, 12.0, 9.0, 8.0, 10.0]


def test_curve_by_hand() -> None:
    """Ten bought at the open of the second bar (10.00), sold at the open of the fifth (9.00), a dollar each."""
    result = play(
        market(bars(share(), CLOSES)),
        "Script",
        RunOptions(cash="1000", models=Models(fee="per_order:1")),
        words="+10 . . -10",
    )
    curve = equity_curve(result)
    assert curve.times.tolist() == [START + n * DAY for n in range(1, 7)]
    assert curve.equity.tolist() == [1000.0, 1009.0, 1019.0, 989.0, 988.0, 988.0]
    assert curve.held.tolist() == [False, True, True, True, True, False]
    assert curve.drawdown.tolist() == pytest.approx([0, 0, 0, -30 / 1019, -31 / 1019, -31 / 1019])


def test_nothing_traded_is_a_flat_line() -> None:
    curve = equity_curve(play(market(bars(share(), CLOSES)), "Script", RunOptions(cash="1000")))
    assert curve.equity.tolist() == [1000.0] * 6
    assert not curve.held.any()
    assert curve.drawdown.tolist() == [0.0] * 6


def test_no_cash_at_all_has_no_drawdown() -> None:
    curve = equity_curve(play(market(bars(share(), CLOSES)), "Script", RunOptions(cash="0")))
    assert curve.drawdown.tolist() == [0.0] * 6


def test_a_fill_at_the_first_event_leaves_the_start_in_the_curve() -> None:
    options = RunOptions(cash="1000", models=Models(fee="per_order:1", fill="this_close"))
    curve = equity_curve(play(market(bars(share(), CLOSES)), "Script", options, words="+10"))
    assert curve.times[:2].tolist() == [START + DAY - 1, START + DAY]
    assert curve.equity[:3].tolist() == [1000.0, 999.0, 1009.0]
    assert curve.held[:2].tolist() == [False, True]


def test_the_start_before_the_first_event_is_worth_its_first_marks() -> None:
    """Ten of each are bought at once, a dollar of fee each: then the euros gain 20 × 0.10 and the shares 10 × 1."""
    options = RunOptions(cash={"USD": "1000", "EUR": "10"}, models=Models(fee="per_order:1", fill="this_close"))
    both = market(bars(pair("EURUSD", 0), [1.1, 1.2]), bars(share("ACME", 1), CLOSES))
    assert equity_curve(play(both, "Script", options, words="+10")).equity[:3].tolist() == [1011.0, 1009.0, 1021.0]


def test_closed_at_the_last_open_the_curve_ends_flat() -> None:
    options = RunOptions(cash="1000", final="close_at_last_open")
    result = play(market(bars(share(), CLOSES)), "Script", options, words="+10")
    curve = equity_curve(result)
    assert curve.equity.tolist() == [1000.0, 1010.0, 1020.0, 990.0, 980.0, 980.0]
    assert bool(curve.held[-1])


def test_what_still_works_at_the_end_is_ended_before_the_close() -> None:
    """Ten are held; five more, asked for at the last close at up to 9.00, would fill at the last open of 8.00."""
    options = RunOptions(cash="1000", final="close_at_last_open")
    result = play(market(bars(share(), CLOSES)), "Rests", options)
    assert (result.positions, [booked.fill.price_units for booked in result.fills]) == ({}, [1000, 800])
    assert result.equity == 980 * 10**18  # 1000 − 10 × (10.00 − 8.00)


def mixed() -> Dataset:
    """Two shares, one of them in bars that end at other times and stop early."""
    return market(bars(share("A", 0), walk(1, 40, 50)), bars(share("B", 1), walk(2, 25, 80), START + DAY // 3))


def currencies() -> Dataset:
    """A pair quoted in pounds; pounds reach dollars directly only half way through, before that over the euro."""
    return market(
        quote_bars(pair("EURGBP", 0), walk(3, 40, 0.85)),
        bars(pair("EURUSD", 1), walk(4, 40, 1.10)),
        bars(pair("GBPUSD", 2), walk(5, 20, 1.27), START + 20 * DAY),
    )


def inverted() -> Dataset:
    """Yen reach dollars only against the pair's own direction; now and then its quotes cross."""
    usual, crossed = (
        quote_bars(pair("USDJPY", 1), walk(6, 40, 110)),
        quote_bars(pair("USDJPY", 1), walk(6, 40, 110), -50),
    )
    cross = np.arange(40) % 7 == 3
    columns = {name: np.where(cross, crossed.columns[name], column) for name, column in usual.columns.items()}
    return market(bars(pair("GBPJPY", 0), walk(7, 40, 140)), replace(usual, columns=columns))


def futures() -> Dataset:
    """A contract stands for fifty units."""
    future = Instrument("ESH4", "paper", "future", "ES", "USD", 2, 0, contract=50, index=0)
    return market(bars(future, walk(13, 40, 48)))


def coins() -> Dataset:
    """Fees may be taken in the coin itself."""
    return market(
        bars(pair("BTCUSD", 0, "crypto", 6), walk(8, 40, 30_000, 0.03)),
        bars(pair("BNBUSD", 1, "crypto"), walk(9, 40, 600)),
    )


def ticks() -> Dataset:
    """Prints of a share until its first quote, then both; several a minute."""
    return market(
        prints(share("A", 0), walk(10, 60, 50, 0.002), START, MINUTE // 4),
        quotes(share("A", 0), walk(11, 60, 50, 0.002), START + 3 * MINUTE, MINUTE // 5),
    )


def silent() -> Dataset:
    """Quotes of a few days now and then beside bars that go on; prints of another share that outlive its quotes."""
    return market(
        bars(share("A", 0), walk(12, 40, 50, 0.05)),
        quotes(share("A", 0), walk(13, 3, 50), START + DAY // 2, DAY),
        quotes(share("A", 0), walk(14, 9, 60), START + 20 * DAY, DAY // 4),
        prints(share("B", 1), walk(15, 60, 50, 0.02), START, DAY // 2),
        quotes(share("B", 1), walk(16, 3, 50), START + DAY // 3, DAY // 3),
    )


MARKETS = {
    "silent": silent,
    "shares": mixed,
    "currencies": currencies,
    "inverted": inverted,
    "futures": futures,
    "coins": coins,
    "ticks": ticks,
}
OPTIONS = {
    "plain": RunOptions(cash="1000000"),
    "hedging": RunOptions(cash="1000000", mode="hedging"),
    "leverage": RunOptions(cash="100000", leverage=10, models=Models(slippage="bps:5")),
    "fee": RunOptions(cash="1000000", models=Models(fee="bps:10:min=1")),
    "fee in base": RunOptions(cash="1000000", models=Models(fee="bps:10:in=base")),
    "fee in received": RunOptions(cash="1000000", models=Models(fee="bps:10:in=received")),
    "parts": RunOptions(cash="1000000", models=Models(fee="per_order:2", partial="random:0.7")),
    "this close": RunOptions(cash="1000000", models=Models(fill="this_close")),
    "latency": RunOptions(cash="1000000", models=Models(latency="constant:9000")),
}


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", MARKETS)
def test_every_point_is_the_equity_of_a_run_that_ends_there(name: str, options: str) -> None:
    """The engine's own figure, from data that knows no later: the curve is right, and nobody looked ahead."""
    dataset, chosen = MARKETS[name](), OPTIONS[options]
    size = "0.0712" if name == "coins" else "4"
    result = play(dataset, "Dice", chosen, size_each=size)
    curve = equity_curve(result)
    assert len(result.fills) > 8, "a quiet run proves nothing"
    for at in range(len(curve) - 1, 0, -9):
        ended = play(until(dataset, int(curve.times[at])), "Dice", chosen, size_each=size)
        assert curve.equity[at] == pytest.approx(money_float(ended.equity), rel=1e-12), at


def test_a_fee_in_a_third_currency_is_worth_its_mark() -> None:
    options = RunOptions(cash={"USD": "100000", "BNB": "5"}, models=Models(fee="bps:10:in=BNB@600"))
    result = play(coins(), "Dice", options, size_each="0.05")
    assert result.fees["BNB"] > 0
    ended = play(until(coins(), START + 20 * DAY), "Dice", options, size_each="0.05")
    curve = equity_curve(result)
    assert curve.equity[19] == pytest.approx(money_float(ended.equity), rel=1e-12)
    assert curve.equity[0] == 103_000.0


def test_ticks_are_thinned_to_the_last_of_each_minute() -> None:
    """Sixty prints at a quarter of a minute from 0:00, sixty quotes at a fifth from 0:03."""
    times = event_times(ticks())
    minutes, counts = np.unique(times // MINUTE, return_counts=True)
    assert minutes.tolist() == list(range(START // MINUTE, START // MINUTE + 15))
    assert counts.max() == 2  # one of the prints, one of the quotes
    assert times[0] == START + 45 * 10**9
    assert times[-1] == ticks().time_last


def test_a_currency_without_a_rate_yet_is_named() -> None:
    late = market(bars(share(), CLOSES), bars(pair("EURUSD", 1), [1.1, 1.2], START + 4 * DAY))
    result = play(late, "Script", RunOptions(cash={"USD": "1000", "EUR": "10"}))
    assert money_float(result.equity) == 1012.0
    with pytest.raises(InputError, match=r"EUR was held on 2024-01-02, when the data had no rate for it in USD yet"):
        equity_curve(result)


def test_a_curve_that_does_not_end_at_the_engines_equity_is_refused() -> None:
    result = play(market(bars(share(), CLOSES)), "Script", RunOptions(cash="1000"), words="+10")
    assert len(equity_curve(result)) == 6
    with pytest.raises(ContractError, match="the curve ends at 1000"):
        equity_curve(replace(result, equity=result.equity + 10**13))


def test_fills_that_do_not_lead_to_the_cash_are_refused() -> None:
    result = play(market(bars(share(), CLOSES)), "Script", RunOptions(cash="1000"), words="+10")
    with pytest.raises(ContractError, match="do not lead from 1000 to 900 USD"):
        equity_curve(replace(result, fills=[]))


def test_a_million_bars_take_less_than_a_third_of_a_second() -> None:
    """The run is of the first bars and ends flat, so what follows changes nothing but the curve's length."""
    closes = walk(12, 1_000_000, 50, 0.001)
    result = play(market(bars(share(), closes[:200], period=MINUTE)), "Script", words="+10 . . -10")
    long = replace(result, dataset=market(bars(share(), closes, period=MINUTE)))
    begin = time.process_time()
    curve = equity_curve(long)
    assert time.process_time() - begin < 0.3
    assert len(curve) == 1_000_000
