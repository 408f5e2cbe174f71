"""What an indicator refuses, and that refusing changes nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.signal.digest import CASES, bar, instrument, outputs, random_bars
from tradewright.model.errors import InputError
from tradewright.model.market import Bar, QuoteBar
from tradewright.signal.indicators import (
    ADX,
    ATR,
    EMA,
    MACD,
    OBV,
    RSI,
    SMA,
    VWAP,
    WMA,
    Bollinger,
    Donchian,
    Indicator,
    Keltner,
    RollingCorrelation,
    RollingDeviation,
    RollingRegression,
    RollingVWAP,
    Series,
    Stochastic,
    ZScore,
)

SERIES = [make for make in CASES if isinstance(make(), Series)]
BARS_ONLY = [make for make in CASES if not isinstance(make(), Series)]

PARAMETERS: tuple[tuple[Callable[[], Indicator], str], ...] = (
    (lambda: SMA(0), "SMA: length 0 must be a whole number from 1 to 1000000"),
    (lambda: SMA(1_000_001), "SMA: length 1000001 must be a whole number from 1 to 1000000"),
    (lambda: SMA(True), "SMA: length True must be a whole number from 1 to 1000000"),
    (lambda: SMA(2.0), "SMA: length 2.0 must be a whole number from 1 to 1000000"),  # type: ignore[arg-type]
    (lambda: SMA(5, "last"), "source 'last' must be one of open, high, low, close, volume, mid, typical, average"),
    (lambda: EMA(-1), "EMA: length -1 must be a whole number from 1 to 1000000"),
    (lambda: EMA(5, seed="last"), "EMA: seed 'last' must be one of sma, first"),
    (lambda: EMA(5, k=0.0), "EMA: k 0.0 must be a number above 0 and at most 1"),
    (lambda: EMA(5, k=1.5), "EMA: k 1.5 must be a number above 0 and at most 1"),
    (lambda: EMA(5, k=math.nan), "EMA: k nan must be a number above 0 and at most 1"),
    (lambda: WMA(0), "WMA: length 0 must be a whole number from 1 to 1000000"),
    (lambda: RSI(0), "RSI: length 0 must be a whole number from 1 to 1000000"),
    (lambda: ATR(0), "ATR: length 0 must be a whole number from 1 to 1000000"),
    (lambda: ADX(1), "ADX: length 1 must be a whole number from 2 to 1000000"),
    (lambda: MACD(26, 26), "MACD: fast_length 26 must be below slow_length 26"),
    (lambda: MACD(0, 26), "MACD: fast_length 0 must be a whole number from 1 to 1000000"),
    (lambda: MACD(1, 1), "MACD: slow_length 1 must be a whole number from 2 to 1000000"),
    (lambda: MACD(12, 26, 0), "MACD: signal_length 0 must be a whole number from 1 to 1000000"),
    (lambda: MACD(align="left"), "MACD: align 'left' must be one of talib, independent"),
    (lambda: Stochastic(0), "Stochastic: length 0 must be a whole number from 1 to 1000000"),
    (lambda: Stochastic(5, 0), "Stochastic: smooth_k 0 must be a whole number from 1 to 1000000"),
    (lambda: Stochastic(5, 3, 0), "Stochastic: smooth_d 0 must be a whole number from 1 to 1000000"),
    (lambda: Bollinger(1), "Bollinger: length 1 must be a whole number from 2 to 1000000"),
    (lambda: Bollinger(5, 0.0), "Bollinger: width 0.0 must be a number above 0 and at most 1e+06"),
    (lambda: Keltner(0), "Keltner: length 0 must be a whole number from 1 to 1000000"),
    (lambda: Keltner(5, 0), "Keltner: atr_length 0 must be a whole number from 1 to 1000000"),
    (lambda: Keltner(5, 5, math.inf), "Keltner: width inf must be a number above 0 and at most 1e+06"),
    (lambda: Donchian(0), "Donchian: length 0 must be a whole number from 1 to 1000000"),
    (lambda: VWAP(0), "VWAP: day_ns 0 must be a whole number from 1 to 31622400000000000"),
    (lambda: VWAP(10, 10), "VWAP: offset_ns 10 must be a whole number from 0 to 9"),
    (lambda: VWAP(10, -1), "VWAP: offset_ns -1 must be a whole number from 0 to 9"),
    (lambda: RollingVWAP(0), "RollingVWAP: length 0 must be a whole number from 1 to 1000000"),
    (lambda: RollingDeviation(1), "RollingDeviation: length 1 must be a whole number from 2 to 1000000"),
    (lambda: ZScore(1), "ZScore: length 1 must be a whole number from 2 to 1000000"),
    (lambda: RollingCorrelation(1), "RollingCorrelation: length 1 must be a whole number from 2 to 1000000"),
    (lambda: RollingCorrelation(5, "close", "size"), "source 'size' must be one of"),
    (lambda: RollingRegression(1), "RollingRegression: length 1 must be a whole number from 2 to 1000000"),
)


@pytest.mark.parametrize(("make", "message"), PARAMETERS, ids=[message for _, message in PARAMETERS])
def test_a_parameter_out_of_range_is_named_with_its_range(make: Callable[[], Indicator], message: str) -> None:
    with pytest.raises(InputError) as raised:
        make()
    assert message in str(raised.value)


def refused(
    indicator: Indicator, call: Callable[[], object], error: type[Exception], message: str | None = None
) -> None:
    """The call raises, and the indicator's whole state is what it was."""
    before = indicator.state()
    with pytest.raises(error, match=message):
        call()
    assert indicator.state() == before


@pytest.mark.parametrize("make", SERIES, ids=[make().label for make in SERIES])
@pytest.mark.parametrize("fed", [0, 3, 60])
@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf, 1.0001e100])
def test_a_value_that_is_no_number_changes_nothing(make: Callable[[], Indicator], fed: int, x: float) -> None:
    indicator = make()
    for i in range(fed):
        indicator.update_value(float(i % 7))
    refused(indicator, lambda: indicator.update_value(x), InputError, "must be a number within ±1e\\+100")
    indicator.update_value(1e100)
    assert indicator.count == fed + 1


def test_a_pair_with_one_bad_side_changes_nothing() -> None:
    indicator = RollingCorrelation(2)
    indicator.update_pair(1.0, 2.0)
    for x, y in ((math.nan, 1.0), (1.0, math.inf)):
        refused(indicator, lambda x=x, y=y: indicator.update_pair(x, y), InputError, "must be a number within")


@pytest.mark.parametrize("make", BARS_ONLY, ids=[make().label for make in BARS_ONLY])
def test_indicators_of_whole_bars_take_no_values(make: Callable[[], Indicator]) -> None:
    indicator = make()
    refused(indicator, lambda: indicator.update_value(1.0), InputError, "is fed with bars, not with values")


@pytest.mark.parametrize("make", CASES, ids=[make().label for make in CASES])
def test_bars_of_another_symbol_or_scale_are_refused(make: Callable[[], Indicator]) -> None:
    indicator = make()
    outputs(indicator, random_bars(1, 40))
    for other in (instrument(symbol="XYZ"), instrument(price_scale=3, size_scale=4)):
        stranger = bar(other, 50, (1, 1, 1, 1), 1)
        refused(indicator, lambda stranger=stranger: indicator.update(stranger), InputError, "follows ABC in 1/")
    indicator.update(bar(instrument(), 51, (1, 1, 1, 1), 1))  # the same instrument, listed anew


@pytest.mark.parametrize("make", SERIES, ids=[make().label for make in SERIES])
def test_bars_and_values_do_not_mix(make: Callable[[], Indicator]) -> None:
    one = bar(instrument(0, 0), 1, (1, 1, 1, 1), 1)  # a unit of 1, as values have
    by_bars, by_values = make(), make()
    by_bars.update(one)
    refused(by_bars, lambda: by_bars.update_value(1.0), InputError, "follows bars of ABC; values can not be mixed in")
    by_values.update_value(1.0)
    refused(by_values, lambda: by_values.update(one), InputError, "follows values in 1/1; this is a bar of ABC")


def test_pairs_and_bars_do_not_mix() -> None:
    indicator = RollingCorrelation(3)
    indicator.update(bar(instrument(), 1, (1, 1, 1, 1), 1))
    refused(indicator, lambda: indicator.update_pair(1.0, 1.0), InputError, "values can not be mixed in")


@pytest.mark.parametrize("nothing", [None, 1.0, "bar"])
def test_what_is_no_bar_is_a_type_error(nothing: Any) -> None:
    indicator = SMA(2)
    refused(indicator, lambda: indicator.update(nothing), TypeError)


def test_quote_bars_are_bars_of_mid_prices() -> None:
    of, indicator = instrument(), SMA(2)
    indicator.update(QuoteBar(2, of, 1, 99, 99, 99, 99, 101, 101, 101, 101))
    indicator.update(QuoteBar(3, of, 2, 109, 109, 109, 109, 111, 111, 111, 111))
    assert indicator.value == 1.05


BIG = 2**62 - 1


def volume_bar(volume: int, minute: int = 0, close: int = 1) -> Bar:
    return bar(instrument(), minute, (close, close, close, close), volume)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_total_past_int64_is_an_error_in_both_builds(sign: int) -> None:
    mean, balance = SMA(3, "volume"), OBV()
    for indicator in (mean, balance):
        indicator.update(volume_bar(sign * BIG))
        refused(indicator, lambda i=indicator: i.update(volume_bar(sign, 1, 2)), OverflowError, f"passes -?{BIG}")
        indicator.update(volume_bar(-sign * BIG, 1, 2))
        indicator.update(volume_bar(sign * 6000, 2, 3))
    assert (mean.value, balance.value) == (sign * 2.0, sign * 6.0)


@pytest.mark.parametrize("make", [lambda: SMA(2, "volume"), lambda: EMA(2, "volume"), lambda: RollingCorrelation(2)])
@pytest.mark.parametrize("count", [BIG + 1, -BIG - 1, 2**63 - 1, -(2**63)])
def test_a_count_past_its_bound_is_an_error_in_both_builds(make: Callable[[], Indicator], count: int) -> None:
    indicator = make()
    indicator.update(volume_bar(1))
    refused(indicator, lambda: indicator.update(volume_bar(count, 1)), OverflowError)


@pytest.mark.parametrize("make", CASES, ids=[make().label for make in CASES])
def test_a_state_of_another_indicator_or_of_another_shape_is_refused(make: Callable[[], Indicator]) -> None:
    indicator = make()
    outputs(indicator, random_bars(9, 50))
    label, symbol, unit, count, value, previous, parts = indicator.state()
    bad: list[Any] = [
        None,
        (),
        (label,),
        ("SMA(99, close)", symbol, unit, count, value, previous, parts),
        (label, 5, unit, count, value, previous, parts),
        (label, symbol, "1", count, value, previous, parts),
        (label, symbol, unit, 1.5, value, previous, parts),
        (label, symbol, unit, 2**63, value, previous, parts),
        (label, symbol, unit, count, math.inf, previous, parts),
        (label, symbol, unit, count, value, True, parts),
        (label, symbol, unit, count, value, previous, parts[:-1]),
        (label, symbol, unit, count, value, previous, [*parts[:-1], ["x"]]),
        (label, symbol, unit, count, value, previous, [*parts[:-1], [[1] * 1000]]),
        (label, symbol, unit, count, value, previous, [*parts[:-1], [[None, "x"], 1, 2]]),
    ]
    for state in bad:
        refused(indicator, lambda state=state: indicator.restore(state), InputError, "can not be restored")


DEEP: tuple[tuple[Callable[[], Indicator], int, Any], ...] = (
    (lambda: SMA(2), 0, [["1"]]),  # a count that is text
    (lambda: SMA(2), 0, [[1.5]]),
    (lambda: SMA(2), 0, [[1, 2, 3]]),  # more than the window holds
    (lambda: SMA(2), 0, [[2**62 - 1, 2**62 - 1]]),  # counts whose total overflows
    (lambda: Donchian(2), 0, [3, [5, 4, 3], [0, 1, 2]]),  # more than the window holds
    (lambda: Donchian(2), 0, [3, [5, 4], [0]]),  # counts without their times
    (lambda: OBV(), 1, ["7"]),  # noqa: PLW0108
    (lambda: EMA(2), 0, [1, "2.0"]),
    (lambda: RSI(2), 0, [math.nan]),
)


@pytest.mark.parametrize(("make", "part", "bad"), DEEP)
def test_a_part_that_does_not_fit_leaves_the_whole_as_it_was(
    make: Callable[[], Indicator], part: int, bad: list[Any]
) -> None:
    indicator, twin = make(), make()
    bars = random_bars(2, 40)
    outputs(indicator, bars[:20])
    outputs(twin, bars[:20])
    *head, parts = indicator.state()
    parts[part] = bad
    refused(indicator, lambda: indicator.restore((*head, parts)), InputError, "can not be restored")
    assert outputs(indicator, bars[20:]) == outputs(twin, bars[20:])
