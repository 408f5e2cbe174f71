"""One data file as typed rows per symbol: nothing judged yet but that each cell is of its column's type.

Times: Parquet timestamps of any unit (without a zone: UTC) and dates; text in ISO 8601 (without a zone: UTC); whole
numbers since 1970 as s, ms, µs or ns, told by their size (1973 to 2286), the same unit in the whole column.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from tradewright.backtest.data.counts import IntArray, Mask, NumberArray
from tradewright.backtest.data.layout import Layout, canonical, layout_of
from tradewright.model.errors import InputError

if TYPE_CHECKING:
    import polars as pl

_AGGRESSORS = {"buy": 1, "sell": -1, "1": 1, "-1": -1, "0": 0, "unknown": 0, "": 0}
#: Whole-number times: smallest value of a unit, and its ns. Each unit covers 1973-03-03 to 2286-11-20.
_TIME_UNITS = ((10**17, 1), (10**14, 10**3), (10**11, 10**6), (10**8, 10**9))
#: Whole years that nanoseconds in 64 bits can tell.
YEAR_MIN, YEAR_MAX = 1678, 2261
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S%.f%z"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one symbol in one file. frame: "row" (1-based data row of the file), "ts" (ns UTC, int64), and the
    layout's columns as int64 or float64 (an empty cell is NaN); "session" as it stands, if the file has it."""

    path: str
    symbol: str
    layout: Layout
    frame: pl.DataFrame

    def __len__(self) -> int:
        return self.frame.height

    @property
    def times(self) -> IntArray:
        """Labels, ns UTC."""
        return self.frame["ts"].to_numpy()

    def numbers(self, name: str) -> NumberArray:
        """A column's values."""
        return self.frame[name].to_numpy()

    def between(self, first: int, end: int) -> Rows:
        """The rows with first ≤ label < end, ns UTC."""
        return self.where((self.times >= first) & (self.times < end))

    def where(self, keep: Mask) -> Rows:
        """The rows to keep."""
        return self if keep.all() else Rows(self.path, self.symbol, self.layout, self.frame.filter(keep))

    def refuse(self, wrong: Mask, column: str, sentence: str) -> None:
        """Raises InputError at the first row that is `wrong`; a {column} in the sentence becomes that row's value."""
        if wrong.any():
            i = int(np.argmax(wrong))
            for name in self.layout.prices + self.layout.sizes:
                sentence = sentence.replace(f"{{{name}}}", str(self.frame[name][i]))
            _refuse(self.path, self.frame["row"][i], column, sentence)


def read_rows(path: str, symbol: str | None, wanted: list[str] | None) -> list[Rows]:
    """The file's rows, one item per symbol in order of first appearance.

    symbol: of a file without that column (default: the file's name without its ending). wanted: no others are read.
    Raises InputError naming file, row, column and value.
    """
    frame = read_frame(path)
    frame = frame.rename(canonical(frame.columns, path))
    layout = layout_of(frame.columns, path)
    if not frame.height:
        raise InputError(f"{path}: the file has no rows")
    frame = _with_symbols(frame.with_row_index("row", offset=1), path, symbol)
    if wanted is not None:
        frame = frame.filter(frame["symbol"].is_in(wanted))
    if not frame.height:
        return []
    parts = _typed(frame, layout, path).partition_by("symbol", maintain_order=True, include_key=False, as_dict=True)
    return [Rows(path, key[0], layout, part) for key, part in parts.items()]


def check_file(path: str) -> None:
    """Raises InputError for what is no file to be read: a folder has no rows, and a pipe could be read once only."""
    if Path(path).is_file():
        return
    if Path(path).is_dir():
        raise InputError(f"{path} is a folder: name the data files in it")
    if Path(path).exists():
        raise InputError(f"{path} is a pipe or a device: data is read from files, more than once")
    raise InputError(f"{path}: there is no such file")


def read_frame(path: str) -> pl.DataFrame:
    """The file as it stands; every column of a CSV file is text. Raises InputError."""
    import polars as pl

    check_file(path)
    try:
        match Path(path).suffix.lower():
            case ".parquet":
                return pl.read_parquet(path)
            case ".csv":
                return pl.read_csv(path, infer_schema=False)
    except pl.exceptions.NoDataError as error:
        raise InputError(f"{path}: the file has no rows") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{path}: can not be read: {str(error).splitlines()[0]}") from error
    raise InputError(f"{path}: only .parquet and .csv are read")


def _with_symbols(frame: pl.DataFrame, path: str, symbol: str | None) -> pl.DataFrame:
    import polars as pl

    if "symbol" not in frame.columns:
        return frame.with_columns(pl.lit(symbol or Path(path).stem).alias("symbol"))
    column = frame["symbol"].cast(pl.String)
    wrong = (column.is_null() | (column == "") | column.str.contains("/", literal=True)).fill_null(True)
    _refuse_first(wrong, column, frame, path, "symbol", "is not a symbol (not empty, no slash)")
    steering = column.str.contains(r"\p{Cc}")
    _refuse_first(steering, column, frame, path, "symbol", "is not a symbol: it has a control character")
    return frame.with_columns(column)


def _typed(frame: pl.DataFrame, layout: Layout, path: str) -> pl.DataFrame:
    import polars as pl

    columns = [frame["row"], frame["symbol"], _times(frame, path)]
    for name in layout.prices + layout.sizes:
        if name in frame.columns:
            columns.append(_numbers(frame, name, path))
        else:
            columns.append(pl.zeros(frame.height, pl.Int64, eager=True).alias(name))
    if "aggressor" in layout.extras:
        columns.append(_aggressors(frame, path))
    if "session" in frame.columns:
        columns.append(frame["session"])
    return pl.DataFrame(columns)


def _numbers(frame: pl.DataFrame, name: str, path: str) -> pl.Series:
    import polars as pl

    column = frame[name]
    if column.dtype.is_integer() and not column.null_count():
        counts = column.cast(pl.Int64, strict=False)
        _refuse_first(counts.is_null(), column, frame, path, name, f"is more than {2**63 - 1}")
        return counts
    if column.dtype == pl.Float32:
        column = column.cast(pl.String)  # its own shortest decimal, not the binary tail of a wider float
    if column.dtype == pl.String:
        text = column.str.strip_chars()
        typed = text.cast(pl.Float64, strict=False)
        _refuse_first(typed.is_null() & (text != "").fill_null(False), column, frame, path, name, "is not a number")
        return typed.fill_null(float("nan"))
    if not column.dtype.is_numeric():
        _refuse(path, frame["row"][0], name, f"{column[0]!r} is not a number")
    return column.cast(pl.Float64).fill_null(float("nan"))


def _times(frame: pl.DataFrame, path: str) -> pl.Series:
    import polars as pl

    column = frame["ts"]
    if column.dtype.is_integer() or (column.dtype == pl.String and _is_whole(column[0])):
        return _whole_times(frame, path)
    if column.dtype == pl.String:
        text = column.str.strip_chars().str.replace("[Tt]", " ").str.replace("[Zz]$", "")
        text = text.str.replace(r"^(\d{4}-\d\d-\d\d)$", "$1 00:00").str.replace(r"( \d\d:\d\d)($|[+-])", "$1:00$2")
        text = text.str.replace(r"( \d\d:\d\d:\d\d(?:\.\d+)?)$", "$1+00:00")
        _refuse_years(text.str.slice(0, 4).cast(pl.Int32, strict=False), frame, path)
        typed = text.str.to_datetime(_TIME_FORMAT, time_unit="ns", time_zone="UTC", strict=False)
    elif isinstance(column.dtype, pl.Datetime | pl.Date):
        _refuse_years(column.dt.year(), frame, path)
        zone = column.dtype.time_zone if isinstance(column.dtype, pl.Datetime) else None
        typed = column.cast(pl.Datetime("ns", zone))
    else:
        _refuse(path, frame["row"][0], "ts", f"{column[0]!r} is not a time")
    _refuse_first(typed.is_null(), column, frame, path, "ts", "is not a time; write it like 2024-01-31T14:30:00Z")
    return typed.to_physical().alias("ts")


def _refuse_years(years: pl.Series, frame: pl.DataFrame, path: str) -> None:
    """Nanoseconds since 1970 reach no further in 64 bits, and what lies beyond would wrap around without a word."""
    import polars as pl

    wrong = ((years < YEAR_MIN) | (years > YEAR_MAX)).fill_null(False)
    _refuse_first(
        wrong, frame["ts"].cast(pl.String), frame, path, "ts", f"is not in the years {YEAR_MIN} to {YEAR_MAX}"
    )


def _is_whole(value: str | None) -> bool:
    return value is not None and value.strip().lstrip("-").isdigit()


def _whole_times(frame: pl.DataFrame, path: str) -> pl.Series:
    import polars as pl

    column = frame["ts"]
    numbers = column.cast(pl.Int64, strict=False)
    _refuse_first(numbers.is_null(), column, frame, path, "ts", "is not a whole number like the first row's")
    for smallest, nanoseconds in _TIME_UNITS:
        if numbers[0] >= smallest:
            wrong = (numbers < smallest) | (numbers // smallest >= 100)
            _refuse_first(wrong, column, frame, path, "ts", "is not in the same unit as the first row")
            return (numbers * nanoseconds).alias("ts")
    _refuse(path, frame["row"][0], "ts", f"{column[0]!r} is no time since 1970 in s, ms, µs or ns")


def _aggressors(frame: pl.DataFrame, path: str) -> pl.Series:
    import polars as pl

    if "aggressor" not in frame.columns:
        return pl.zeros(frame.height, pl.Int64, eager=True).alias("aggressor")
    column = frame["aggressor"]
    words = column.cast(pl.String).str.to_lowercase().fill_null("")
    wrong = ~words.is_in(list(_AGGRESSORS))
    _refuse_first(wrong, column, frame, path, "aggressor", "is not one of buy, sell, unknown")
    return words.replace_strict(_AGGRESSORS, return_dtype=pl.Int64).alias("aggressor")


def _refuse_first(
    wrong: pl.Series, column: pl.Series, frame: pl.DataFrame, path: str, name: str, sentence: str
) -> None:
    if wrong.any():
        i = int(wrong.arg_max() or 0)
        shown = "an empty cell" if column[i] is None else repr(column[i])
        _refuse(path, frame["row"][i], name, f"{shown} {sentence}")


def _refuse(path: str, row: int, column: str, sentence: str) -> NoReturn:
    raise InputError(f"{path}: row {row}, column {column!r}: {sentence}")
