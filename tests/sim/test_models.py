"""Each model shifts a known run by an amount worked out by hand."""

from __future__ import annotations

import math

import pytest

from tests.sim.venue import CENT, MINUTE, Venue, share
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import money_of
from tradewright.model.order import FOK, IOC, STOP
from tradewright.model.rng import Rng
from tradewright.sim.models import FeeModel, FillModel, LatencyModel, Models, PartialModel, QueueModel, SlippageModel

COIN = Instrument("BTCUSDT", "sim", "crypto", "BTC", "USDT", 2, 8)


def round_trip(**models: str) -> Venue:
    """Buys 100 at the open of 100.00 and sells them at the open of 101.00: 100 dollars, before any model."""
    venue = Venue(**models)
    venue.buy("b", 100)
    venue.bar(0, 10000, 10050, 9950, 10000)
    venue.sell("s", 100)
    venue.bar(1, 10100, 10150, 10050, 10100)
    venue.due(2 * MINUTE)
    return venue


def test_without_models_the_round_trip_earns_the_difference() -> None:
    assert round_trip().cash == 100 * 100 * CENT


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("none", 0),
        ("per_share:0.005", 100),  # 2 × 100 × 0.5 cent
        ("per_share:0.005:min=1", 200),  # 50 cents each is below 1 dollar each
        ("per_share:0.05:max=1", 200),  # 5 dollars each is above 1 dollar each
        ("per_order:1.5", 300),  # 2 × 1.50
        ("bps:10", 2010),  # 0.1 % of 10,000 and of 10,100 dollars
        ("ppm:20", 40.2),  # 0.002 % of 20,100 dollars
        ("maker_taker:-1:5", 1005),  # both take: 0.05 % of 20,100 dollars
        ("bps:0", 0),
    ],
)
def test_fee_lowers_cash_by(text: str, cents: float) -> None:
    venue = round_trip(fee=text)
    assert venue.cash == 100 * 100 * CENT - round(cents * 10) * CENT // 10
    assert venue.exchange.fees("main").get("USD", 0) == round(cents * 10) * CENT // 10
    assert sum(fill.fee for fill in venue.exchange.fills()) == round(cents * 10) * CENT // 10


def test_a_resting_fill_gets_the_makers_rebate() -> None:
    venue = Venue(fee="maker_taker:-1:5")
    venue.bar(0, 10000, 10000, 10000, 10000)
    venue.buy("b", 100, limit=9900)
    venue.bar(1, 10000, 10000, 9900, 9950)
    # 100 shares at 99.00 cost 9,900 dollars; the rebate is 0.01 % of them: 99 cents.
    assert venue.cash == -990_000 * CENT + 99 * CENT
    assert [(fill.maker, fill.fee) for fill in venue.exchange.fills()] == [(True, -99 * CENT)]


def test_the_minimum_counts_once_per_order_over_its_partial_fills() -> None:
    venue = Venue(fee="per_share:0.01:min=1", partial="volume:10%")
    venue.buy("b", 150)
    for index, volume in enumerate((500, 600, 1_000)):  # lets 50, 60 and the last 40 through
        venue.bar(index, 10000, 10000, 10000, 10000, volume)
    # 50 cents, 1.10 and 1.50 in sum; the first pays the minimum, the others what the sum exceeds it by.
    assert [fill.fee for fill in venue.exchange.fills()] == [100 * CENT, 10 * CENT, 40 * CENT]


def test_fee_in_base_reduces_what_is_owned_and_not_the_cash() -> None:
    model = FeeModel("bps:10:in=base")
    # 0.1 % of 0.5 BTC is 0.0005 BTC, at any price.
    assert model.charge(COIN, 1, 5_000_000, 50_000_000, False) == money_of("0.0005", "fee")
    assert model.currency_of(COIN, 1) == model.currency_of(COIN, -1) == "BTC"
    venue = Venue(COIN, fee="bps:10:in=received")
    venue.buy("b", 50_000_000)
    venue.bar(0, 5_000_000, 5_000_000, 5_000_000, 5_000_000)
    assert venue.exchange.positions("main") == {"BTCUSDT": 50_000_000 - 50_000}
    assert venue.exchange.balances("main")["USDT"] == money_of("-25000", "cash")  # 0.5 × 50,000
    assert venue.exchange.fees("main") == {"BTC": money_of("0.0005", "fee")}
    venue.sell("s", 10_000_000)  # what a sale brings in is the quote: 0.1 % of 0.1 × 50,000
    venue.bar(1, 5_000_000, 5_000_000, 5_000_000, 5_000_000)
    assert venue.exchange.balances("main")["USDT"] == money_of("-20005", "cash")
    assert venue.exchange.fees("main")["USDT"] == money_of("5", "fee")


def test_a_base_fee_is_whole_size_counts_rounded_half_to_even() -> None:
    model = FeeModel("bps:10:in=base")
    for size, counts in ((1_500, 2), (2_500, 2), (2_501, 3), (499, 0)):  # 0.1 %: 1.5, 2.5, 2.501, 0.499 counts
        charged = model.charge(COIN, 1, 5_000_000, size, False)
        assert model.total(COIN, 1, charged) == counts * 10**10


def test_fee_in_a_third_currency_at_its_fixed_price() -> None:
    venue = round_trip(fee="bps:10:in=BNB@500")
    # 10 dollars and 10.10 dollars at 500 dollars per BNB.
    assert venue.exchange.balances("main")["BNB"] == -money_of("0.0402", "fee")
    assert venue.cash == 100 * 100 * CENT


def test_money_of_a_fee_is_rounded_half_to_even_once() -> None:
    fine = Instrument("FINE", "sim", "crypto", "F", "USD", 9, 9)
    model = FeeModel("ppm:0.5")  # one price count times one size count is one money count
    assert [model.charge(fine, 1, 1_000_000, size, False) for size in (1, 3, 5)] == [0, 2, 2]  # 0.5, 1.5, 2.5


@pytest.mark.parametrize(
    ("text", "cents_each"),
    [
        ("none", 0),
        ("ticks:2", 2),
        ("bps:1", 1),  # 0.01 % of 100.00 is 1 cent; of 101.00 it is 1.01, rounded to 1
        ("volume_share:0.1", 10),  # 10 % of 1,000: 0.1 × 0.01 = 0.1 % of 100.00 = 10 cents; of 101.00: 10.1
        ("sqrt:0.01", 32),  # 0.01 × √0.1 = 0.316 %: 31.6 cents; of 101.00: 31.9
    ],
)
def test_slippage_costs_both_sides(text: str, cents_each: int) -> None:
    venue = round_trip(slippage=text)
    assert venue.fills() == [(10000 + cents_each, 100), (10100 - cents_each, 100)]


def test_slippage_never_passes_a_limit_and_spares_what_rests() -> None:
    venue = Venue(slippage="ticks:5")
    venue.buy("taker", 10, limit=10003)
    venue.buy("maker", 10, limit=9990)
    venue.submit("stop", 1, STOP, 10, stop_units=10010)
    venue.bar(0, 10000, 10020, 9980, 10000)
    assert sorted(venue.fills()) == [(9990, 10), (10003, 10), (10015, 10)]


@pytest.mark.parametrize(("tick", "price", "filled"), [(1, 5, 1), (2, 6, 2), (1, 1, 1), (4, 2, 2)])
def test_slippage_leaves_a_price(tick: int, price: int, filled: int) -> None:
    """Ten ticks below five cents there is none: a sale gets a tick, or where the price itself is less, that."""
    venue = Venue(share(tick=tick), slippage="ticks:10")
    venue.sell("s", 1)
    venue.bar(0, price, price, price, price)
    assert venue.fills() == [(filled, 1)]


def test_a_price_below_nothing_slips_as_any_other() -> None:
    venue = Venue(slippage="ticks:10")
    venue.sell("s", 1)
    venue.bar(0, -5, -5, -5, -5)
    assert venue.fills() == [(-15, 1)]


def test_without_volume_the_share_is_the_worst_the_model_knows() -> None:
    instrument = share()
    assert SlippageModel("volume_share:0.1").slip(instrument, 10000, 1, 0) == 1000
    assert SlippageModel("sqrt:0.1").slip(instrument, 10000, 5, 3) == 1000  # the share is at most 1
    assert SlippageModel("bps:5").slip(instrument, -10000, 1, 0) == 5  # a negative price slips as far


def test_volume_cap_spreads_an_order_over_bars() -> None:
    venue = Venue(partial="volume:10%")
    venue.buy("b", 100)
    for index, volume in enumerate((300, 455, 10_000)):
        venue.bar(index, 10000 + index, 10000 + index, 10000 + index, 10000 + index, volume)
    assert venue.fills() == [(10000, 30), (10001, 45), (10002, 25)]


def test_volume_cap_counts_for_all_orders_of_an_account_together() -> None:
    venue = Venue(partial="volume:10%")
    venue.buy("a", 20)
    venue.buy("b", 20)
    venue.bar(0, 10000, 10000, 10000, 10000, 300)
    assert venue.fills() == [(10000, 20), (10000, 10)]


def test_volume_cap_keeps_to_the_step() -> None:
    venue = Venue(share(step=10), partial="volume:10%")
    venue.buy("b", 100)
    venue.bar(0, 10000, 10000, 10000, 10000, 290)  # 29 shares would be allowed
    assert venue.fills() == [(10000, 20)]


def test_fok_is_killed_and_ioc_cut_by_the_volume_cap() -> None:
    venue = Venue(partial="volume:10%")
    venue.buy("fok", 31, time_in_force=FOK)
    venue.buy("ioc", 31, time_in_force=IOC)
    assert venue.bar(0, 10000, 10000, 10000, 10000, 300) == [
        ("cancelled", "fok", "FOK_NOT_FILLABLE"),
        ("filled", "ioc", 10000, 30),
        ("cancelled", "ioc", "IOC_REMAINDER"),
    ]


def test_random_parts_are_whole_steps_and_a_seed_decides_them() -> None:
    model = PartialModel("random:1")
    step = share(step=10)
    parts = [model.part(step, 100, Rng(5)) for _ in range(3)]
    assert parts[0] == parts[1] == parts[2]
    drawn = [model.part(step, 100, rng) for rng in [Rng(5)] for _ in range(2_000)]
    assert sorted(set(drawn)) == list(range(10, 101, 10))
    assert abs(sum(drawn) / 2_000 - 55) < 2  # mean of 10, 20 … 100; its standard error is 0.64
    assert all(PartialModel("random:0.000000000001").part(step, 100, Rng(seed)) == 100 for seed in range(50))


def test_random_parts_fill_the_whole_order_in_the_end() -> None:
    venue = Venue(partial="random:0.9")
    venue.buy("b", 1_000)
    for index in range(60):
        venue.bar(index, 10000, 10000, 10000, 10000)
    assert venue.position == 1_000
    assert len(venue.fills()) > 1


def test_a_touch_fills_with_its_probability_and_a_trade_through_always() -> None:
    filled = sum(touch_of(seed) for seed in range(200))
    assert 40 <= filled <= 80  # 60 expected, standard deviation 6.5: three of them on each side
    for through in (9899, 9898):
        venue = Venue(fill="next_open:p=0.000001")
        venue.buy("b", 1, limit=9900)
        venue.bar(0, 10000, 10000, through, 10000)
        assert venue.fills() == [(9900, 1)]


def touch_of(seed: int) -> int:
    venue = Venue(fill="next_open:p=0.3", seed=seed)
    venue.buy("b", 1, limit=9900)
    venue.bar(0, 10000, 10000, 9900, 10000)
    return len(venue.fills())


def test_through_needs_a_tick_beyond() -> None:
    for low, fills in ((9900, []), (9899, [(9900, 1)])):
        venue = Venue(fill="next_open:through")
        venue.buy("b", 1, limit=9900)
        venue.bar(0, 10000, 10000, low, 10000)
        assert venue.fills() == fills


def test_latency_is_constant_or_lognormal_with_its_median() -> None:
    assert LatencyModel("none").delay(Rng(1)) == 0
    assert LatencyModel("constant:1.5").delay(Rng(1)) == 1_500_000
    rng, model = Rng(3), LatencyModel("lognormal:20:0.5")
    delays = sorted(model.delay(rng) for _ in range(4_001))
    assert abs(delays[2_000] / 20e6 - 1) < 0.03  # the median's relative standard error is 0.01
    logs = [math.log(delay / 20e6) for delay in delays]
    assert abs(math.sqrt(sum(x * x for x in logs) / len(logs)) - 0.5) < 0.02


@pytest.mark.parametrize(
    ("make", "text", "words"),
    [
        (FeeModel, "percent:1", "percent.*none, per_share, per_order, bps, ppm, maker_taker"),
        (FeeModel, "bps", "a number is missing.*bps:RATE"),
        (FeeModel, "bps:ten", "'ten' is not a number"),
        (FeeModel, "bps:1:2", "does not know 2"),
        (FeeModel, "bps:1:mini=2", "does not know mini="),
        (FeeModel, "bps:1:in=EUR", "names no price"),
        (FeeModel, "bps:1:min=3:max=2", "min is above max"),
        (FeeModel, "bps:1:in=EUR@0", "above zero"),
        (SlippageModel, "pips:1", "pips.*none, ticks, bps, volume_share, sqrt"),
        (SlippageModel, "ticks:0.5", "more than 0 decimals"),
        (SlippageModel, "bps:-1", "above zero"),
        (LatencyModel, "normal:1", "normal.*none, constant, lognormal"),
        (LatencyModel, "constant:0", "above zero"),
        (FillModel, "open", "open.*next_open, next_close, this_close, touch"),
        (FillModel, "touch:zigzag", "does not know zigzag"),
        (FillModel, "touch:p=1.5", "share up to 1"),
        (FillModel, "touch:through:p=0.5", "does not go with through"),
        (PartialModel, "volume:110%", "at most 1"),
        (PartialModel, "half", "half.*none, volume, random"),
        (QueueModel, "fifo", "fifo.*none, front, trades, power, log"),
        (QueueModel, "power", "a number is missing"),
    ],
)
def test_a_text_that_names_no_model_is_refused_in_words(make: type, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make(text)


def test_models_are_kept_as_their_texts() -> None:
    texts = ("bps:1", "ticks:1", "constant:5", "volume:10%", "touch:ohlc", "power:2")
    assert Models(*texts).row() == texts
