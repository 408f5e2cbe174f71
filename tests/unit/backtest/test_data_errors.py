"""Everything that can be wrong with data, and the one sentence it ends with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tradewright.backtest.data import ReadOptions, load
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument

BARS = "ts,open,high,low,close,volume\n"
GOOD = BARS + "2024-01-01,10,12,9,11,5\n2024-01-02,11,12,10,12,5\n"
QUOTES = "ts,bid,ask\n"
BID_ASK = "ts,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_close\n"


@dataclass(frozen=True)
class Case:
    """A file x.csv, how it is read, and what must be said; {path} stands for the file."""

    name: str
    text: str
    sentence: str
    options: dict[str, Any] = field(default_factory=dict)


def bars(*rows: str) -> str:
    return BARS + "".join(f"{row}\n" for row in rows)


ROW_1, ROW_2 = "2024-01-01,10,12,9,11,5", "2024-01-02,11,12,10,12,5"
CASES = [
    Case("price missing", bars(ROW_1, "2024-01-02,11,12,10,,5"),
         "{path}: row 2, column 'close': the value is missing (NaN)"),
    Case("price NaN", bars(ROW_1, "2024-01-02,nan,12,10,11,5"),
         "{path}: row 2, column 'open': the value is missing (NaN)"),
    Case("price infinite", bars(ROW_1, "2024-01-02,11,inf,10,11,5"),
         "{path}: row 2, column 'high': inf is not finite"),
    Case("price negative", bars(ROW_1, "2024-01-02,11,12,-10,11,5"),
         "{path}: row 2, column 'low': the price -10.0 is not above zero"),
    Case("price zero", bars(ROW_1, ROW_2, "2024-01-03,0,12,0,11,5"),
         "{path}: row 3, column 'open': the price 0.0 is not above zero"),
    Case("price text", bars(ROW_1, "2024-01-02,11,12,10,n/a,5"),
         "{path}: row 2, column 'close': 'n/a' is not a number"),
    Case("price with a thousands comma", bars(ROW_1, '2024-01-02,11,"1,200",10,11,5'),
         "{path}: row 2, column 'high': '1,200' is not a number"),
    Case("price too large", bars("2024-01-01,10,1e16,9,11,5", ROW_2),
         "{path}: row 1, column 'high': 1e+16 is out of range at 0 decimals"),
    Case("price too large for a given scale", bars("2024-01-01,10,12000000,9,11,5", ROW_2),
         "{path}: row 1, column 'high': 12000000.0 is out of range at 9 decimals", {"price_scale": 9}),
    Case("price too small for a given scale", bars("2024-01-01,10,12,0.004,11,5", ROW_2),
         "{path}: row 1, column 'low': 0.004 is zero at 2 decimals; give a larger price_scale", {"price_scale": 2}),
    Case("before the calendar begins", bars("1994-12-30,10,12,9,11,5", ROW_1),
         "{path}: row 1, column 'ts': 1994-12-30 is not in the calendar us-equity, which has "
         "1995-01-03 14:30:00Z to 2035-12-28 14:30:00Z",
         {"calendars": {"": "us-equity"}, "period": "1d"}),
    Case("behind the calendar's end", bars(ROW_1, "2036-01-02,11,12,10,11,5"),
         "{path}: row 2, column 'ts': 2036-01-02 is not in the calendar us-equity, which has "
         "1995-01-03 14:30:00Z to 2035-12-28 14:30:00Z",
         {"calendars": {"x": "us-equity"}, "period": "1d"}),
    Case("calendar of another symbol", bars(ROW_1, ROW_2),
         "a calendar is given for y, and there is only x", {"calendars": {"y": "us-equity"}}),
    Case("size negative", bars(ROW_1, "2024-01-02,11,12,10,11,-5"),
         "{path}: row 2, column 'volume': -5.0 is negative"),
    Case("size missing", bars(ROW_1, "2024-01-02,11,12,10,11,"),
         "{path}: row 2, column 'volume': the value is missing (NaN)"),
    Case("size too large", bars(ROW_1, "2024-01-02,11,12,10,11,5e18"),
         "{path}: row 2, column 'volume': 5e+18 is out of range at 0 decimals"),
    Case("high below low", bars(ROW_1, "2024-01-02,11,9,10,11,5"),
         "{path}: row 2, column 'high': high 9.0 is below low 10.0"),
    Case("open outside", bars(ROW_1, "2024-01-02,13,12,10,11,5"),
         "{path}: row 2, column 'open': open 13.0 is outside low 10.0 to high 12.0"),
    Case("close outside", bars(ROW_1, "2024-01-02,11,12,10,9.5,5"),
         "{path}: row 2, column 'close': close 9.5 is outside low 10.0 to high 12.0"),
    Case("ask of a bid/ask bar outside", BID_ASK + "2024-01-01,1,2,1,2,3,3,2,2\n2024-01-02,1,2,1,2,3,3,2,4\n",
         "{path}: row 2, column 'ask_close': close 4.0 is outside low 2.0 to high 3.0"),
    Case("unsorted", bars(ROW_2, ROW_1),
         "{path}: row 2, column 'ts': the label 2024-01-01 is before the row above; sort the file by time",
         {"period": "1d"}),
    Case("unsorted ticks", QUOTES + "2024-01-01T10:00:00.5Z,1,2\n2024-01-01T10:00:00Z,1,2\n",
         "{path}: row 2, column 'ts': the label 2024-01-01 10:00:00Z is before the row above; sort the file by time"),
    Case("bar twice", bars(ROW_1, ROW_2, ROW_2),
         "{path}: row 3, column 'ts': the bar of 2024-01-02 is there a second time"),
    Case("bar within a bar", bars("2024-01-01T10:00,1,1,1,1,1", "2024-01-01T10:01,1,1,1,1,1",
                                  "2024-01-01T10:02,1,1,1,1,1", "2024-01-01T10:02:30,1,1,1,1,1"),
         "{path}: row 4, column 'ts': the bar of 2024-01-01 10:02:30Z begins before the one above has ended; bars here"
         " last 1m: mend the row, or say another period"),
    Case("one bar", bars(ROW_1), "{path}: one bar of x does not show its length; say the period"),
    Case("time missing", bars(ROW_1, ",11,12,10,11,5"),
         "{path}: row 2, column 'ts': an empty cell is not a time; write it like 2024-01-31T14:30:00Z"),
    Case("time text", bars(ROW_1, "yesterday,11,12,10,11,5"),
         "{path}: row 2, column 'ts': 'yesterday' is not a time; write it like 2024-01-31T14:30:00Z"),
    Case("time too early", bars("0001-01-02,11,12,10,11,5", ROW_2),
         "{path}: row 1, column 'ts': '0001-01-02' is not in the years 1678 to 2261"),
    Case("time too late", bars(ROW_1, "9999-01-02T10:00:00Z,11,12,10,11,5"),
         "{path}: row 2, column 'ts': '9999-01-02T10:00:00Z' is not in the years 1678 to 2261"),
    Case("time at the end of its range", bars(ROW_1, "2262-04-12,11,12,10,11,5"),
         "{path}: row 2, column 'ts': '2262-04-12' is not in the years 1678 to 2261"),
    Case("time impossible", bars(ROW_1, "2024-02-30,11,12,10,11,5"),
         "{path}: row 2, column 'ts': '2024-02-30' is not a time; write it like 2024-01-31T14:30:00Z"),
    Case("time of no unit", bars("20240101,10,12,9,11,5", "20240102,10,12,9,11,5"),
         "{path}: row 1, column 'ts': '20240101' is no time since 1970 in s, ms, µs or ns"),
    Case("times of two units", bars("1704067200,10,12,9,11,5", "1704067260000,10,12,9,11,5"),
         "{path}: row 2, column 'ts': '1704067260000' is not in the same unit as the first row"),
    Case("numbers, then text as time", bars("1704067200,10,12,9,11,5", "2024-01-02,10,12,9,11,5"),
         "{path}: row 2, column 'ts': '2024-01-02' is not a whole number like the first row's"),
    Case("unknown column", "ts,opne,high,low,close\n2024-01-01,1,1,1,1\n",
         "{path}: column 'opne' is unknown in a file of bars; did you mean 'open'?"),
    Case("column of another layout", "ts,price,size,bid\n2024-01-01,1,1,1\n",
         "{path}: column 'bid' is unknown in a file of trades; it has ts, symbol, price, size, aggressor"),
    Case("column missing", "ts,open,high,close,volume\n2024-01-01,1,1,1,1\n",
         "{path}: there is no column 'low'; a file of bars needs ts, open, high, low, close"),
    Case("no time", "open,high,low,close\n1,1,1,1\n",
         "{path}: there is no column 'ts'; a file of bars needs ts, open, high, low, close"),
    Case("time twice", "ts,Date,open,high,low,close\n1,1,1,1,1,1\n",
         "{path}: column 'Date' is 'ts' a second time; keep one of them"),
    Case("no rows", BARS, "{path}: the file has no rows"),
    Case("nothing at all", "", "{path}: the file has no rows"),
    Case("rows of unequal length", bars(ROW_1, "2024-01-02,11,12,10,11,5,6"),
         "{path}: can not be read: found more fields than defined in 'Schema'"),
    Case("nothing in the period", GOOD,
         "{path}: no bars of x from 2025-01-01 to the end; there are some from 2024-01-01 to 2024-01-02: widen the"
         " period, or leave the symbol out", {"from_": "2025-01-01"}),
    Case("one symbol not in the period",
         "ts,symbol,bid,ask\n2024-01-01,A,1,2\n2024-01-05,A,1,2\n2024-01-01,B,1,2\n",
         "{path}: no quotes of B from 2024-01-03 to the end; there are some from 2024-01-01 to 2024-01-01: widen the"
         " period, or leave the symbol out", {"from_": "2024-01-03"}),
    Case("symbol not in the file", GOOD, "{path}: no rows of MSFT", {"symbols": ["x", "MSFT"]}),
    Case("symbol that steers", "symbol," + bars("A\x1b[31m," + ROW_1),
         "{path}: row 1, column 'symbol': 'A\\x1b[31m' is not a symbol: it has a control character"),
    Case("symbol with a slash", "ts,symbol,bid,ask\n2024-01-01,BTC/USD,1,2\n",
         "{path}: row 1, column 'symbol': 'BTC/USD' is not a symbol (not empty, no slash)"),
    Case("symbol missing", "ts,symbol,bid,ask\n2024-01-01,A,1,2\n2024-01-01,,1,2\n",
         "{path}: row 2, column 'symbol': an empty cell is not a symbol (not empty, no slash)"),
    Case("gap too long", bars(ROW_1, ROW_2, "2024-01-09,11,12,10,12,5"),
         "{path}: x has no data for 6d after 2024-01-02; max_gap allows 3d", {"max_gap": "3d"}),
    Case("pause of ticks too long", QUOTES + "2024-01-01,1,2\n2024-01-01T01:00,1,2\n",
         "{path}: x has no data for 1h after 2024-01-01; max_gap allows 59m", {"max_gap": "59m"}),
    Case("every quote crossed", QUOTES + "2024-01-01,3,2\n",
         "{path}: every row of x is crossed (bid over ask); nothing can trade"),
    Case("quote of zero", QUOTES + "2024-01-01,0,2\n", "{path}: row 1, column 'bid': the price 0.0 is not above zero"),
    Case("unknown aggressor", "ts,price,size,aggressor\n2024-01-01,1,1,buy\n2024-01-01,1,1,maker\n",
         "{path}: row 2, column 'aggressor': 'maker' is not one of buy, sell, unknown"),
    Case("factor not above zero", GOOD, "adjust 0 must be more than 0", {"adjust": 0}),
    Case("factor not finite", GOOD, "adjust: nan is not a finite number", {"adjust": float("nan")}),
    Case("factor file missing", GOOD, "nowhere.csv: there is no such file", {"adjust": "nowhere.csv"}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_wrong_data_ends_with_one_sentence(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(case.text)
    with pytest.raises(InputError) as error:
        load(path, ReadOptions(**case.options))
    assert str(error.value) == case.sentence.format(path=path)


OPTIONS = [
    ({"stamp": "middle"}, "stamp 'middle' is not one of open and close"),
    ({"crossed": "mend"}, "crossed 'mend' is not one of skip and keep"),
    ({"price_scale": 10}, "price_scale 10 must lie between 0 and 9"),
    ({"size_scale": -1}, "size_scale -1 must lie between 0 and 9"),
    ({"from_": "2024-01-02", "to": "2024-01-01"}, "from 2024-01-02 is not before to 2024-01-01"),
    ({"from_": "soon"}, "from 'soon' is not a time; write it like 2024-01-31 or 2024-01-31T14:30:00Z"),
    ({"period": "1 fortnight"}, "period '1 fortnight' is not a span of time; write it like 30s, 5m, 4h, 1d or 1w"),
    ({"period": 0}, "period 0 is not a span of time; write it like 30s, 5m, 4h, 1d or 1w"),
    ({"calendars": {"x": "nyse"}}, "calendar 'nyse' is not one of always, us-equity, forex, metals"),
    ({"max_gap": "-1d"}, "max_gap '-1d' is not a span of time; write it like 30s, 5m, 4h, 1d or 1w"),
]


@pytest.mark.parametrize(("options", "sentence"), OPTIONS, ids=str)
def test_wrong_option_is_refused_before_a_file_is_opened(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as error:
        ReadOptions(**options)
    assert str(error.value) == sentence


FACTORS = "date,price_factor,split_factor,symbol\n"
FACTOR_CASES = [
    ("date,price_factor\n20240101,1\n",
     "there is no column 'split_factor'; a factor file needs date, price_factor, split_factor"),
    (FACTORS + "20501231,1,1,IBM\n", "no factors for x"),
    (FACTORS + "20240105,1,1,x\n20240103,1,1,x\n", "the dates of x are not rising days like 20240131"),
    (FACTORS + "soon,1,1,x\n", "the dates of x are not rising days like 20240131"),
    (FACTORS + "20501231,0,1,x\n", "x has the factors '0' and '1'; both must be more than 0"),
    (FACTORS + "20501231,one,1,x\n", "x has the factors 'one' and '1'; both must be more than 0"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), FACTOR_CASES, ids=[sentence for _, sentence in FACTOR_CASES])
def test_wrong_factor_file_ends_with_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    data, factors = tmp_path / "x.csv", tmp_path / "factors.csv"
    data.write_text(GOOD)
    factors.write_text(text)
    with pytest.raises(InputError) as error:
        load(data, ReadOptions(adjust=factors))
    assert str(error.value) == f"{factors}: {sentence}"


def test_session_after_the_last_factor_is_refused(tmp_path: Path) -> None:
    data, factors = tmp_path / "x.csv", tmp_path / "factors.csv"
    data.write_text(GOOD)
    factors.write_text(FACTORS + "20240101,0.5,1,x\n")
    with pytest.raises(InputError) as error:
        load(data, ReadOptions(adjust=str(factors)))
    assert str(error.value) == f"{data}: row 2, column 'ts': x is later than its last factor in {factors}"


def test_session_that_is_no_day_is_refused(tmp_path: Path) -> None:
    data, factors = tmp_path / "x.csv", tmp_path / "factors.csv"
    data.write_text("session," + BARS + "monday,2024-01-01,1,1,1,1,1\ntuesday,2024-01-02,1,1,1,1,1\n")
    factors.write_text(FACTORS + "20501231,0.5,1,x\n")
    with pytest.raises(InputError) as error:
        load(data, ReadOptions(adjust=factors))
    assert str(error.value) == f"{data}: column 'session' of x does not hold days like 20240131"


def test_symbol_in_none_of_the_files_names_them_all(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    for path in (first, second):
        path.write_text("ts,bid,ask\n2024-01-01,1,2\n")
    with pytest.raises(InputError) as error:
        load([first, second], ReadOptions(symbols=["MSFT"]))
    assert str(error.value) == f"{first}, {second}: no rows of MSFT"


def test_same_bar_in_two_files_is_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(GOOD)
    second.write_text(bars(ROW_2, "2024-01-03,11,12,10,12,5"))
    with pytest.raises(InputError) as error:
        load([first, second], ReadOptions(symbol="X"))
    expected = f"{second}: row 1, column 'ts': 2024-01-02 lies within {first}, which also holds X; give each time once"
    assert str(error.value) == expected


def test_missing_and_strange_files_are_refused(tmp_path: Path) -> None:
    torn, text = tmp_path / "torn.parquet", tmp_path / "notes.txt"
    torn.write_bytes(b"PAR1 and nothing more")
    text.write_text("hello")
    expected = {
        tmp_path / "none.csv": "there is no such file",
        torn: "can not be read: ",
        text: "only .parquet and .csv are read",
    }
    for path, sentence in expected.items():
        with pytest.raises(InputError) as error:
            load(path)
        assert str(error.value).startswith(f"{path}: {sentence}")
    with pytest.raises(InputError, match="no data file was given"):
        load([])


TYPES: list[tuple[str, list[Any], str]] = [
    ("close", [True, False], "row 1, column 'close': True is not a number"),
    ("close", ["11", "up"], "row 2, column 'close': 'up' is not a number"),
    ("ts", [1.5, 2.5], "row 1, column 'ts': 1.5 is not a time"),
    ("ts", [date(2025, 1, 2), date(9000, 1, 3)], "row 2, column 'ts': '9000-01-03' is not in the years 1678 to 2261"),
    ("ts", [date(1600, 1, 2), date(2025, 1, 3)], "row 1, column 'ts': '1600-01-02' is not in the years 1678 to 2261"),
    ("close", [11, 2**63 + 5], "row 2, column 'close': 9223372036854775813 is more than 9223372036854775807"),
    ("ts", [True, False], "row 1, column 'ts': True is not a time"),
]


@pytest.mark.parametrize(("column", "values", "sentence"), TYPES, ids=[sentence for _, _, sentence in TYPES])
def test_parquet_column_of_a_wrong_type_is_refused(
    column: str, values: list[Any], sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.parquet"
    good: dict[str, list[Any]] = {"ts": [1704067200, 1704153600], "open": [1, 1], "high": [9, 9], "low": [1, 1]}
    pl.DataFrame(good | {"close": [2, 2]} | {column: values}).write_parquet(path)
    with pytest.raises(InputError) as error:
        load(path)
    assert str(error.value) == f"{path}: {sentence}"


def test_given_instrument_refuses_what_it_can_not_hold(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(bars("2024-01-01,10,9100000000000,9,11,5", ROW_2))
    given = Instrument("x", "paper", "equity", "x", "USD", price_scale=4, size_scale=0)
    with pytest.raises(InputError, match=r"row 1, column 'high': 9100000000000\.0 is out of range at 4 decimals"):
        load(path, ReadOptions(instruments=[given]))
