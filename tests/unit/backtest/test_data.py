"""What a file says becomes events: layouts, times, labels, scales, instruments, filters."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tradewright.backtest.data import Dataset, Gaps, ReadOptions, load
from tradewright.backtest.data.options import DAY, span_ns, span_text, time_ns, time_text
from tradewright.backtest.data.symbols import infer
from tradewright.model.errors import InputError
from tradewright.model.event import BAR, QUOTE, QUOTE_BAR, TRADE
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Bar, Quote, QuoteBar, Trade

MINUTE = 60 * 10**9
T0 = time_ns("2024-01-01T10:00Z", "time")


def read(folder: Path, text: str, name: str = "BTCUSD.csv", **options: Any) -> Dataset:
    path = folder / name
    path.write_text(text)
    return load(path, ReadOptions(**options))


def bars(*labels: str) -> str:
    return "ts,open,high,low,close,volume\n" + "".join(f"{label},10.5,12,9.25,11,5\n" for label in labels)


def test_bars(tmp_path: Path) -> None:
    data = read(tmp_path, bars("2024-01-01T10:00Z", "2024-01-01T10:01Z"))
    (instrument,) = data.instruments
    assert (instrument.symbol, instrument.index, instrument.price_scale, instrument.size_scale) == ("BTCUSD", 0, 2, 0)
    first, second = data.events()
    assert type(first) is Bar
    assert first.row() == (BAR, T0 + MINUTE, 0, T0, 1050, 1200, 925, 1100, 5)
    assert (second.time, data.time_first, data.time_last, len(data)) == (T0 + 2 * MINUTE, T0 + MINUTE, second.time, 2)


def test_bars_without_volume_have_none(tmp_path: Path) -> None:
    data = read(tmp_path, "ts,open,high,low,close\n2024-01-01,1,1,1,1\n2024-01-02,1,1,1,1\n")
    assert [event.row()[-1] for event in data.events()] == [0, 0]
    assert data.instruments[0].size_scale == 8  # nothing is said about sizes: a coin's usual decimals


def test_bid_ask_bars_are_one_decimal_finer_so_that_mids_are_exact(tmp_path: Path) -> None:
    header = "ts,bid_open,bid_high,bid_low,bid_close,bid_size,ask_open,ask_high,ask_low,ask_close,ask_size\n"
    sides = "1.1,1.2,1.1,1.2,3,1.2,1.3,1.2,1.3"
    data = read(tmp_path, f"{header}2024-01-01T10:00Z,{sides},0\n2024-01-01T10:01Z,{sides},4.5\n", "EURUSD.csv")
    (instrument,) = data.instruments
    assert (instrument.price_scale, instrument.rules.tick, instrument.size_scale) == (2, 10, 1)
    first = next(data.events())
    assert type(first) is QuoteBar
    assert first.row() == (QUOTE_BAR, T0 + MINUTE, 0, T0, 110, 120, 110, 120, 120, 130, 120, 130, 30, 0)
    assert (first.open_units, first.close_units) == (115, 125)


def test_quotes_and_trades(tmp_path: Path) -> None:
    quotes = read(tmp_path, "ts,bid,ask\n2024-01-01T10:00Z,1.5,1.6\n2024-01-01T10:00Z,1.5,1.6\n", "EURUSD.csv")
    assert [event.row() for event in quotes.events()] == [(QUOTE, T0, 0, 150, 160, 0, 0)] * 2  # real prints: both kept
    assert type(next(quotes.events())) is Quote
    rows = "T10:00Z,1.5,0.25,buy\n2024-01-01T10:00:01Z,1.5,1,SELL\n2024-01-01T10:00:01Z,1.5,1,\n"
    trades = read(tmp_path, "ts,price,size,aggressor\n2024-01-01" + rows)
    assert [event.row() for event in trades.events()] == [
        (TRADE, T0, 0, 15, 25, 1),
        (TRADE, T0 + 10**9, 0, 15, 100, -1),
        (TRADE, T0 + 10**9, 0, 15, 100, 0),
    ]
    assert type(next(trades.events())) is Trade
    assert trades.gaps == {"BTCUSD": Gaps(0, 10**9, T0)}


@pytest.mark.parametrize("label", [
    "2024-01-01T10:00:00Z", "2024-01-01 10:00", "2024-01-01T10:00", "2024-01-01 10:00:00.000", " 2024-01-01T10:00Z ",
    "2024-01-01T12:00:00+02:00", "2024-01-01 04:30-0530", "1704103200", "1704103200000", "1704103200000000",
    "1704103200000000000",
])  # fmt: skip
def test_times_in_csv(label: str, tmp_path: Path) -> None:
    data = read(tmp_path, f"ts,bid,ask\n{label},1,2\n")
    assert next(data.events()).time == T0


def test_times_keep_their_nanoseconds(tmp_path: Path) -> None:
    data = read(tmp_path, "ts,bid,ask\n2024-01-01T10:00:00.000000001Z,1,2\n2024-01-01T11:00:00.5+01:00,1,2\n")
    assert [event.time - T0 for event in data.events()] == [1, 500_000_000]


@pytest.mark.parametrize(
    "times",
    [
        pl.Series([datetime(2024, 1, 1, 10)]),  # noqa: DTZ001 - a naive time is UTC
        pl.Series([datetime(2024, 1, 1, 10, tzinfo=UTC)]).dt.cast_time_unit("ms"),
        pl.Series([datetime(2024, 1, 1, 10, tzinfo=UTC)]).dt.convert_time_zone("America/New_York"),
        pl.Series([T0]),
        pl.Series([T0 // 10**9], dtype=pl.Int32),
    ],
    ids=lambda times: str(times.dtype),
)
def test_times_in_parquet(times: pl.Series, tmp_path: Path) -> None:
    pl.DataFrame({"ts": times, "bid": [1.0], "ask": [2.0]}).write_parquet(tmp_path / "q.parquet")
    assert next(load(tmp_path / "q.parquet").events()).time == T0


def test_dates_and_narrow_numbers_in_parquet(tmp_path: Path) -> None:
    """A 32-bit float enters by its own shortest decimal, not by the binary tail of the wider one."""
    ohlc = dict.fromkeys(["open", "high", "low", "close"], pl.Series([100.34, 101.1], dtype=pl.Float32))
    frame = pl.DataFrame({"Date": [date(2024, 1, 1), date(2024, 1, 2)], **ohlc, "Volume": [1, 2]})
    frame.write_parquet(tmp_path / "X.parquet")
    data = load(tmp_path / "X.parquet")
    assert data.instruments[0].price_scale == 2
    assert [event.row()[4:] for event in data.events()] == [(10034,) * 4 + (1,), (10110,) * 4 + (2,)]
    assert data.rounded == {"X": 0}


def test_decimals_in_parquet(tmp_path: Path) -> None:
    prices = pl.Series(["100.34", "101.1"]).cast(pl.Decimal(12, 4))
    pl.DataFrame({"ts": [T0, T0], "price": prices, "size": [1, 2]}).write_parquet(tmp_path / "X.parquet")
    assert [event.row()[3] for event in load(tmp_path / "X.parquet").events()] == [10034, 10110]


def test_names_are_read_without_case_and_known_extras_are_not_read(tmp_path: Path) -> None:
    data = read(tmp_path, "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-01,1,2,1,2,?,3\n2024-01-02,1,2,1,2,?,3\n")
    assert [event.row()[4:] for event in data.events()] == [(1, 2, 1, 2, 3)] * 2


def test_label_at_the_close(tmp_path: Path) -> None:
    data = read(tmp_path, bars("2024-01-01T10:00Z", "2024-01-01T10:05Z"), stamp="close")
    first = next(data.events())
    assert (first.time, first.row()[3]) == (T0, T0 - 5 * MINUTE)


@pytest.mark.parametrize(
    ("labels", "period"),
    [
        (["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-08", "2024-01-09"], DAY),
        (["2024-03-29T04:00", "2024-03-30T04:00", "2024-03-31T03:00", "2024-04-01T03:00"], DAY),  # summer time begins
        (["2024-01-31", "2024-02-29", "2024-03-31", "2024-05-01"], 31 * DAY),
        (["2024-01-01T10:00", "2024-01-01T10:05", "2024-01-01T10:15"], 5 * MINUTE),
    ],
)
def test_period_is_the_most_frequent_distance(labels: list[str], period: int, tmp_path: Path) -> None:
    data = read(tmp_path, bars(*labels))
    assert data.series[0].period == period


def test_period_as_given_and_gaps_beyond_it(tmp_path: Path) -> None:
    labels = ["2024-01-01T10:00", "2024-01-01T10:02", "2024-01-01T10:04", "2024-01-01T10:09", "2024-01-01T10:10"]
    data = read(tmp_path, bars(*labels), period="1m")
    assert next(data.events()).time == T0 + MINUTE
    assert data.gaps == {"BTCUSD": Gaps(3, 4 * MINUTE, T0 + 4 * MINUTE)}
    assert data.remarks() == ["BTCUSD: 3 gaps, the longest 4m after 2024-01-01 10:04:00Z"]
    assert len(read(tmp_path, bars(*labels), period="1m", max_gap="4m")) == 5


def test_crossed_quotes_are_counted_and_left_out_unless_kept(tmp_path: Path) -> None:
    text = "ts,bid,ask\n2024-01-01T10:00Z,1,2\n2024-01-01T10:01Z,3,2\n2024-01-01T10:02Z,2,2\n"
    data = read(tmp_path, text)
    assert [event.time for event in data.events()] == [T0, T0 + 2 * MINUTE]  # locked is not crossed
    assert (data.crossed, data.remarks()) == ({"BTCUSD": 1}, ["BTCUSD: 1 crossed quotes left out"])
    kept = read(tmp_path, text, crossed="keep")
    assert (len(kept), kept.crossed, kept.remarks()) == (3, {"BTCUSD": 1}, ["BTCUSD: 1 crossed quotes kept"])


def test_bid_ask_bar_is_crossed_by_its_open_or_its_close_not_by_its_extremes(tmp_path: Path) -> None:
    header = "ts,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_close\n"
    rows = ["1,9,1,1,2,2,2,2", "3,3,1,1,2,2,2,2", "1,3,1,3,2,2,2,2", "1,1,1,1,2,2,2,2"]
    text = header + "".join(f"2024-01-0{day},{row}\n" for day, row in enumerate(rows, 1))
    data = read(tmp_path, text)
    assert [time_text(int(time)) for time in data.series[0].columns["time_open"]] == ["2024-01-01", "2024-01-04"]
    assert data.crossed == {"BTCUSD": 2}


def test_from_and_to(tmp_path: Path) -> None:
    text = bars("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04")

    def labels(**options: Any) -> list[str]:
        columns = read(tmp_path, text, **options).series[0].columns
        return [time_text(int(time))[-2:] for time in columns["time_open"]]

    assert labels(from_="2024-01-02", to="2024-01-03") == ["02", "03"]  # a date alone includes its day
    assert labels(from_="2024-01-02", to="2024-01-03T00:00Z") == ["02"]
    assert labels(to=T0) == ["01"]
    assert labels(from_="2024-01-04") == ["04"]  # one bar is enough: the period comes from the whole file


def test_rows_outside_the_period_are_not_judged(tmp_path: Path) -> None:
    text = bars("2024-01-01", "2024-01-02") + "2024-01-03,-1,0,nan,0,-7\n"
    assert len(read(tmp_path, text, to="2024-01-02")) == 2
    with pytest.raises(InputError, match="row 3"):
        read(tmp_path, text)


def test_symbols_choose_and_order_the_instruments(tmp_path: Path) -> None:
    text = "ts,symbol,bid,ask\n" + "".join(f"2024-01-01,{symbol},1,2\n" for symbol in "CAB")
    assert [instrument.symbol for instrument in read(tmp_path, text).instruments] == ["C", "A", "B"]
    data = read(tmp_path, text, symbols=["B", "C", "B"])
    assert [(instrument.symbol, instrument.index) for instrument in data.instruments] == [("B", 0), ("C", 1)]
    assert [event.symbol for event in data.events()] == ["B", "C"]
    assert read(tmp_path, "ts,bid,ask\n2024-01-01,1,2\n", symbol="EURUSD").instruments[0].asset_class == "forex"


def test_calendars_are_given_by_symbol_or_for_all(tmp_path: Path) -> None:
    text = "ts,symbol,bid,ask\n" + "".join(f"2024-01-01,{symbol},1,2\n" for symbol in ("ACME", "EURUSD", "BTCUSD"))

    def named(**calendars: str) -> list[str]:
        found = read(tmp_path, text, calendars={name.strip("_"): calendar for name, calendar in calendars.items()})
        return [instrument.calendar for instrument in found.instruments]

    assert [instrument.calendar for instrument in read(tmp_path, text).instruments] == ["always"] * 3
    assert named(_="us-equity") == ["us-equity"] * 3
    assert named(_="us-equity", EURUSD="forex", BTCUSD="always") == ["us-equity", "forex", "always"]
    assert named(EURUSD="forex") == ["always", "forex", "always"]


def test_scales_as_given_round_half_to_even_and_count(tmp_path: Path) -> None:
    text = "ts,price,size\n2024-01-01,1.005,0.05\n2024-01-01,1.015,1.25\n2024-01-01,1.5,1\n"
    data = read(tmp_path, text, price_scale=2, size_scale=1)
    assert [event.row()[3:5] for event in data.events()] == [(100, 0), (102, 12), (150, 10)]
    assert data.rounded == {"BTCUSD": 4}
    assert data.remarks() == ["BTCUSD: 4 numbers rounded to the scale"]
    finer = read(tmp_path, text, price_scale=5)
    assert (finer.instruments[0].price_scale, finer.instruments[0].rules.tick) == (5, 100)


def test_given_instrument_is_used_as_it_is(tmp_path: Path) -> None:
    given = Instrument("6EH4", "cme", "future", "EUR", "USD", 5, 0, contract=125_000, rules=OrderRules(tick=5))
    data = read(tmp_path, "ts,bid,ask\n2024-01-01,1.1,1.10005\n", "6EH4.csv", instruments=[given])
    assert data.instruments == [given]
    assert (given.index, next(data.events()).row()[3:5]) == (0, (110000, 110005))


SYMBOLS = {
    "BTCUSD": ("crypto", "BTC", "USD"), "ADABTC": ("crypto", "ADA", "BTC"), "ETHBTC": ("crypto", "ETH", "BTC"),
    "BTCUSDT": ("crypto", "BTC", "USDT"), "BTCUSDT-USDM": ("crypto", "BTC", "USDT"),
    "SOL-USD": ("crypto", "SOL", "USD"), "QTUMBTC": ("crypto", "QTUM", "BTC"), "btcusd": ("crypto", "BTC", "USD"),
    "EURUSD": ("forex", "EUR", "USD"), "USDJPY": ("forex", "USD", "JPY"), "NZDUSD": ("forex", "NZD", "USD"),
    "XAUUSD": ("metal", "XAU", "USD"), "XAGEUR": ("metal", "XAG", "EUR"),
    "GOOG": ("equity", "GOOG", "USD"), "SPY": ("equity", "SPY", "USD"), "USD": ("equity", "USD", "USD"),
    "GBTC": ("equity", "GBTC", "USD"), "6EH4": ("equity", "6EH4", "USD"), "BRK-B": ("equity", "BRK-B", "USD"),
}  # fmt: skip


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_symbol_tells_asset_class_and_currencies(symbol: str) -> None:
    assert infer(symbol) == SYMBOLS[symbol]


def test_spans_and_times_in_words() -> None:
    assert [span_ns(text, "span") for text in ("250ms", "90s", "1m", "4h", "1d", "2w")] == [
        250_000_000, 90 * 10**9, MINUTE, 240 * MINUTE, DAY, 14 * DAY,
    ]  # fmt: skip
    assert [span_text(span) for span in (7, 250_000_000, 90 * 10**9, DAY + 4 * 60 * MINUTE + MINUTE)] == [
        "7ns", "250ms", "1m 30s", "1d 4h",
    ]  # fmt: skip
    assert [time_text(time) for time in (0, T0, T0 + 500_000_000, -1)] == [
        "1970-01-01", "2024-01-01 10:00:00Z", "2024-01-01 10:00:00.5Z", "1969-12-31 23:59:59.999999999Z",
    ]  # fmt: skip


def test_importing_tradewright_loads_neither_numpy_nor_polars() -> None:
    code = "import sys, tradewright; sys.exit(bool({'numpy', 'polars'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ}).returncode == 0
    code = "import sys, tradewright.backtest.data; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ}).returncode == 0
