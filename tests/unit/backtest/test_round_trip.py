"""Round trips and their fees, by hand and by conservation."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.unit.backtest.markets import DAY, START, bars, market, pair, play, share, walk
from tradewright.backtest.holdings import holdings_of
from tradewright.backtest.round_trip import RoundTrip, round_trips
from tradewright.backtest.run import Result, RunOptions
from tradewright.model.errors import InputError
from tradewright.model.lot import Lot, match_of
from tradewright.model.numbers import money_float
from tradewright.sim.models import Models

MONEY = 10**18
#: Each bar opens where the one before closed.
CLOSES = [10.0, 11.0, 12.0, 9.0, 8.0, 10.0, 10.0]


def trips_of(result: Result) -> list[RoundTrip]:
    return round_trips(result, holdings_of(result))


def test_one_way_in_two_ways_out() -> None:
    """Ten bought at 10 for a fee of 5; four sold at 12, six at 8, for 5 each: the first fee is split four to six."""
    options = RunOptions(cash="1000", models=Models(fee="per_order:5"))
    first, second = trips_of(play(market(bars(share(), CLOSES)), "Script", options, words="+10 . -4 . -6"))
    assert (first.pnl, first.fees, first.net, first.gain) == (8 * MONEY, {"USD": 7 * MONEY}, 1.0, 1 / 40)
    assert (second.pnl, second.fees, second.net) == (-12 * MONEY, {"USD": 8 * MONEY}, -20.0)
    assert second.gain == -20 / 60
    assert (second.closed.time_entry, second.closed.time_exit) == (START + DAY, START + 5 * DAY)


def test_a_share_of_a_fee_is_exact() -> None:
    """A dollar over three lots of one: each carries exactly a third."""
    options = RunOptions(cash="1000", models=Models(fee="per_order:1"))
    trips = trips_of(play(market(bars(share(), CLOSES)), "Script", options, words="+3 -1 -1 -1"))
    assert [trip.fees["USD"] for trip in trips] == [Fraction(4 * MONEY, 3)] * 3
    assert trips[0].row()["fees"] == {"USD": "1.333333333333333333"}


def test_a_reversal_closes_one_trip_and_opens_the_next() -> None:
    """Long 4 at 10, over to short 2 at 12, back at 8: two trips, each with its own order's fee on both ends."""
    options = RunOptions(cash="1000", models=Models(fee="per_share:0.25"))
    long, short = trips_of(play(market(bars(share(), CLOSES)), "Script", options, words="+4 . -6 . +2"))
    assert (long.pnl, long.fees, long.net) == (8 * MONEY, {"USD": 2 * MONEY}, 6.0)
    assert (short.pnl, short.fees, short.net, short.gain) == (8 * MONEY, {"USD": MONEY}, 7.0, 7 / 24)
    assert [trip.row()["side"] for trip in (long, short)] == ["long", "short"]


def test_fills_of_one_order_are_one_trip() -> None:
    """Three shares a day is all the volume there is: in at 10, 11 and 12, out at 8 and on."""
    thin = bars(share(), CLOSES)
    thin = replace(thin, columns=thin.columns | {"volume": thin.columns["volume"] * 0 + 3})
    options = RunOptions(cash="1000", models=Models(partial="volume:1"))
    (trip,) = trips_of(play(market(thin), "Script", options, words="+6 . . -6"))
    assert len(trip.matches) > 1
    assert trip.row() == {
        "symbol": "ACME", "strategy": "Script", "side": "long", "size": "6", "open": "10.5", "close": "8.5",
        "openOrder": "main-1-1", "closeOrder": "main-1-2", "openTime": "2024-01-02T00:00:00Z",
        "closeTime": "2024-01-06T00:00:00Z", "pnl": "-12", "fees": {}, "net": -12.0, "gain": -12 / 63,
    }  # fmt: skip


def test_a_fee_in_the_base_currency_counts_at_its_fills_price() -> None:
    """Two coins bought at 10 for 1 % of them; the 1.98 that are left are sold at 12 for 1 % of the money."""
    coin = pair("BTCUSD", 0, "crypto", 4)
    options = RunOptions(cash="1000", models=Models(fee="bps:100:in=received"))
    result = play(market(bars(coin, CLOSES)), "Script", options, words="+2 . -1.98")
    (trip,) = trips_of(result)
    assert result.positions == {}
    assert trip.fees == {"USD": Fraction(2 * MONEY, 100) * 10 + Fraction(198, 100) * 12 * MONEY / 100}
    assert trip.net == pytest.approx(1.98 * 12 * 0.99 - 20)
    assert trip.net == pytest.approx(money_float(result.equity - result.start))


def test_a_fee_in_a_third_currency_counts_at_the_exits_mark() -> None:
    """A dollar a share, paid in coins taken at 2 dollars each; when the trip ends they are at 3."""
    both = market(bars(share(), CLOSES), bars(pair("BNBUSD", 1, "crypto"), [2.0, 2.0, 3.0, 9.0, 9.0], START - DAY))
    options = RunOptions(cash={"USD": "1000", "BNB": "50"}, models=Models(fee="per_share:1:in=BNB@2"))
    (trip,) = [trip for trip in trips_of(play(both, "Script", options, words="+10 -10")) if trip.instrument.index == 0]
    assert trip.fees == {"BNB": 10 * MONEY}
    assert trip.net == 10.0 - 10 * 3.0


def test_foreign_money_becomes_the_accounts_at_the_exit() -> None:
    """Twenty yen earned per euro; a dollar is 100 yen when the trip ends, so the gain is what it is in yen."""
    both = market(bars(pair("USDJPY", 0), [100.0] * 7), bars(pair("EURJPY", 1), [n * 10 for n in CLOSES]))
    trips = trips_of(play(both, "Script", RunOptions(cash="1000"), words="+1 . -1"))
    trip = next(trip for trip in trips if trip.instrument.symbol == "EURJPY")
    assert (trip.pnl, trip.net, trip.gain) == (20 * MONEY, pytest.approx(0.2), pytest.approx(0.2))


def test_a_rate_that_is_not_there_yet_is_an_error() -> None:
    yen = bars(pair("USDJPY", 0), [100.0] * 7)
    result = play(market(yen, bars(pair("EURJPY", 1), CLOSES)), "Script", RunOptions(cash="1000"), words="+1 . -1")
    late = replace(
        result.dataset, series=[bars(pair("USDJPY", 0), [100.0] * 3, START + 4 * DAY), *result.dataset.series[1:]]
    )
    with pytest.raises(InputError, match=r"USDJPY that ended on 2024-01-04 .* had no rate for JPY yet"):
        trips_of(replace(result, dataset=late))


def test_what_a_late_fill_undid_is_no_trip() -> None:
    """The match is undone, and half of its size is matched with another order instead."""
    result = play(market(bars(share(), CLOSES)), "Script", RunOptions(cash="1000"), words="+4 . -4 . -1")
    (before,) = trips_of(result)
    match, late = result.matches[0], result.fills[-1]
    lot = Lot(match.open_order, match.open_trade, 1, 2, match.open_units, match.time_open)
    again = match_of(
        match.account, match.strategy, match.instrument, lot, 2, late.order.id, late.fill.trade_id, 800, late.fill.time
    )
    assert trips_of(replace(result, matches=[match, match.reversal()])) == []
    (after,) = trips_of(replace(result, matches=[match, match.reversal(), again]))
    assert (before.pnl, after.pnl) == (8 * MONEY, -4 * MONEY)


@pytest.mark.parametrize("mode", ["netting", "hedging"])
@pytest.mark.parametrize("fee", ["none", "bps:10:min=1", "per_order:2", "maker_taker:-1:5"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_trips_of_a_run_that_ends_flat_make_its_profit(mode: str, fee: str, seed: int) -> None:
    """What all trips netted is what the account gained, fees and all."""
    options = RunOptions(cash="100000", mode=mode, models=Models(fee=fee), final="close_at_last_open")
    both = market(bars(share("A", 0), walk(seed, 60, 50)), bars(share("B", 1), walk(seed + 50, 60, 80)))
    result = play(both, "Dice", options, rolls_max=58)
    trips = trips_of(result)
    assert len(trips) > 5
    assert result.positions == {}
    assert sum(trip.net for trip in trips) == pytest.approx(money_float(result.equity - result.start), rel=1e-9)
    assert sum(fee for trip in trips for fee in trip.fees.values()) == sum(result.fees.values())
