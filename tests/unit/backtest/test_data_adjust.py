"""Adjusted prices: exact products, rounded once, by the factor of the session."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import polars as pl
import pytest

from tradewright.backtest.data import Dataset, ReadOptions, load
from tradewright.model.numbers import decimal_from

BARS = "ts,open,high,low,close,volume\n2024-01-01,100.5,102,99,101,7\n2024-01-02,10.25,12,9,11,7\n"
FACTORS = "date,price_factor,split_factor,symbol\n20231229,0.5,0.1,X\n20240101,0.9,0.1,X\n20501231,1,1,X\n"


def opens(data: Dataset) -> list[str]:
    (series,) = data.series
    return [str(decimal_from(count, series.instrument.price_scale)) for count in series.columns["open"].tolist()]


def test_first_factor_on_or_after_the_session_counts(tmp_path: Path) -> None:
    data, factors = tmp_path / "X.csv", tmp_path / "factors.csv"
    data.write_text(BARS)
    factors.write_text(FACTORS)
    adjusted = load(data, ReadOptions(adjust=factors))
    assert opens(adjusted) == ["9.045", "10.25"]
    (instrument,) = adjusted.instruments
    assert (instrument.price_scale, instrument.rules.tick, adjusted.rounded) == (4, 1, {"X": 0})
    assert adjusted.series[0].columns["volume"].tolist() == [7, 7]


def test_factor_dates_may_be_dates(tmp_path: Path) -> None:
    data, factors = tmp_path / "X.csv", tmp_path / "factors.parquet"
    data.write_text(BARS)
    days = [date(2024, 1, 1), date(2050, 12, 31)]
    pl.DataFrame({"date": days, "price_factor": [0.9, 1.0], "split_factor": [0.1, 1.0]}).write_parquet(factors)
    assert opens(load(data, ReadOptions(adjust=factors))) == ["9.045", "10.25"]


def test_session_is_the_day_in_which_the_bar_lies(tmp_path: Path) -> None:
    """A bar labelled by its close at midnight belongs to the day that ended; a session column decides over both."""
    data, factors = tmp_path / "X.csv", tmp_path / "factors.csv"
    factors.write_text(FACTORS)
    data.write_text(BARS.replace("-01-02,", "-01-03,").replace("-01-01,", "-01-02,"))
    assert opens(load(data, ReadOptions(adjust=factors, stamp="close", period="1d"))) == ["9.045", "10.25"]
    data.write_text("session," + BARS.replace("\n2024-01-01", "\n2024-01-02,2024-01-01").replace(
        "\n2024-01-02,10", "\n20231229,2024-01-02,10"))  # fmt: skip
    assert opens(load(data, ReadOptions(adjust=factors, period="1d"))) == ["100.5", "0.5125"]


@pytest.mark.parametrize("factor", [0.5, "0.5", Decimal("0.5")])
def test_one_factor_for_all(factor: float | str | Decimal, tmp_path: Path) -> None:
    data = tmp_path / "X.csv"
    data.write_text(BARS)
    assert opens(load(data, ReadOptions(adjust=factor))) == ["50.25", "5.125"]


def test_products_finer_than_nine_decimals_are_rounded_and_counted(tmp_path: Path) -> None:
    data = tmp_path / "X.csv"
    data.write_text(BARS)
    adjusted = load(data, ReadOptions(adjust=0.123456789123))
    assert opens(adjusted) == ["12.407407307", "1.265432089"]  # 12.4074073068615, 1.26543208851075
    assert adjusted.rounded == {"X": 8}
    at_two = load(data, ReadOptions(adjust=0.05, price_scale=2))
    assert opens(at_two) == ["5.02", "0.51"]  # 5.025 and 0.5125: the tie goes to even


def test_binary_noise_of_a_raw_price_is_counted_too(tmp_path: Path) -> None:
    data = tmp_path / "X.csv"
    data.write_text("ts,price,size\n2024-01-01,4.070000000000001e-05,1\n2024-01-01,5e-05,1\n")
    adjusted = load(data, ReadOptions(adjust="0.5"))
    assert adjusted.series[0].columns["price"].tolist() == [2035, 2500]
    assert (adjusted.instruments[0].price_scale, adjusted.rounded) == (8, {"X": 1})


def test_factor_above_one_keeps_prices_in_range(tmp_path: Path) -> None:
    data = tmp_path / "X.csv"
    data.write_text(BARS)
    adjusted = load(data, ReadOptions(adjust="123456.7890123"))
    assert adjusted.instruments[0].price_scale == 8
    assert opens(adjusted)[0] == "12407407.29573615"


def test_real_factor_file_agrees_with_decimal_for_every_price(shared: Path) -> None:
    """AAPL with four splits and its dividends, each price by Decimal alone."""
    prices, factors = (
        shared / "data" / name for name in ("lean_us_equity_daily_raw.parquet", "lean_us_equity_factor_files.parquet")
    )
    data = load(prices, ReadOptions(symbols=["AAPL"], adjust=factors))
    rows = pl.read_parquet(prices).filter(pl.col("symbol") == "AAPL")
    table = pl.read_parquet(factors).filter(pl.col("symbol") == "AAPL").rows(named=True)
    expected = []
    for session, close in rows.select("session", "close").iter_rows():
        factor = next(row for row in table if row["date"] >= session)
        exact = Decimal(repr(close)) * Decimal(repr(factor["price_factor"])) * Decimal(repr(factor["split_factor"]))
        expected.append(int(exact.scaleb(9).to_integral_value(ROUND_HALF_EVEN)))
    assert data.instruments[0].price_scale == 9
    assert data.series[0].columns["close"].tolist() == expected


def test_basic_template_of_lean(shared: Path) -> None:
    """references.json, lean_basic_template_daily_spy: 697 SPY from the open of 10-09 to the close of 10-17."""
    options = ReadOptions(symbols=["SPY"], adjust=0.8646266, from_="2013-10-08", to="2013-10-17")
    data = load(shared / "data" / "lean_us_equity_daily_raw.parquet", options)
    columns, scale = data.series[0].columns, data.instruments[0].price_scale
    bought, marked = decimal_from(int(columns["open"][1]), scale), decimal_from(int(columns["close"][-1]), scale)
    equity = 100_000 - 697 * bought - Decimal("3.485") + 697 * marked
    assert (len(data), round(equity, 2)) == (8, Decimal("104486.22"))
