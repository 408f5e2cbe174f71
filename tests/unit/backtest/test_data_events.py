"""The one order of events: time, then instrument as listed, then file, then row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.backtest.data import Dataset, ReadOptions, Series, load
from tradewright.backtest.data import dataset as dataset_module
from tradewright.model.event import TRADE
from tradewright.model.instrument import Instrument
from tradewright.model.market import Trade


def series_of(times: list[int], index: int, tag: int) -> Series:
    """Trades whose price is their row and whose size is the series' tag."""
    instrument = Instrument(f"S{index}", "paper", "equity", "S", "USD", 0, 0, index=index)
    columns = {
        "time": np.array(sorted(times), np.int64),
        "price": np.arange(1, len(times) + 1),
        "size": np.full(len(times), tag),
        "aggressor": np.zeros(len(times), np.int64),
    }
    return Series(instrument, TRADE, 0, columns)


def keys(dataset: Dataset) -> list[tuple[int, int, int]]:
    return [(event.time, event.size_units, event.price_units) for event in dataset.events() if type(event) is Trade]


@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=60), min_size=1, max_size=4), st.integers(1, 7))
def test_merge_equals_a_sort_of_everything(times: list[list[int]], batch: int) -> None:
    """Small batches and many equal times: windows begin and end everywhere."""
    all_series = [series_of(own, index, tag=index + 1) for index, own in enumerate(times)]
    dataset = Dataset([series.instrument for series in all_series], all_series)
    expected = sorted((time, tag, row) for tag, own in enumerate(times, 1) for row, time in enumerate(sorted(own), 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset_module, "_BATCH", batch)
        assert keys(dataset) == expected
        assert keys(dataset) == expected  # a second stream begins anew
    assert len(dataset) == len(expected)


def test_windows_stay_small_when_one_series_is_dense() -> None:
    """Memory is bound by batches: a sparse series does not draw all rows of a dense one into its window."""
    dense, sparse = series_of(list(range(100_000)), 0, tag=1), series_of([0, 50_000, 99_999], 1, tag=2)
    windows = [len(window) for window in Dataset([dense.instrument, sparse.instrument], [dense, sparse])._merged()]
    assert (sum(windows), max(windows) <= dataset_module._BATCH + 3) == (100_003, True)


def test_equal_times_go_by_listing_then_by_file(tmp_path: Path) -> None:
    quotes, trades = tmp_path / "quotes.csv", tmp_path / "trades.csv"
    quotes.write_text("ts,symbol,bid,ask\n2024-01-01,B,1,2\n2024-01-01,A,1,2\n")
    trades.write_text("ts,symbol,price,size\n2024-01-01,A,1,2\n2024-01-01,B,1.5,2\n")

    def order(files: list[Path], symbols: list[str] | None = None) -> list[str]:
        events = load(files, ReadOptions(symbols=symbols)).events()
        return [f"{event.symbol} {type(event).__name__}" for event in events]

    assert order([quotes, trades]) == ["B Quote", "B Trade", "A Quote", "A Trade"]
    assert order([trades, quotes], ["B", "A"]) == ["B Trade", "B Quote", "A Trade", "A Quote"]
    data = load([quotes, trades])
    assert [instrument.price_scale for instrument in data.instruments] == [2, 1]  # one scale for all files of a symbol


def test_files_of_one_symbol_follow_each_other_in_time(tmp_path: Path) -> None:
    header = "ts,open,high,low,close\n"
    for month in ("2024-02", "2024-01"):
        (tmp_path / f"{month}.csv").write_text(header + "".join(f"{month}-0{day},1,1,1,1\n" for day in (1, 2, 3)))
    data = load([tmp_path / "2024-02.csv", tmp_path / "2024-01.csv"], ReadOptions(symbol="X"))
    opens = data.series[0].columns["time_open"]
    assert (len(data.instruments), len(opens), bool((np.diff(opens) > 0).all())) == (1, 6, True)


def test_columns_are_the_events(tmp_path: Path) -> None:
    """The arrays for compiled loops hold what the objects hold."""
    path = tmp_path / "X.csv"
    path.write_text("ts,price,size,aggressor\n" + "".join(f"{1704103200 + i},{i + 1}.5,{i},sell\n" for i in range(99)))
    (series,) = load(path).series
    rows = list(zip(*(column.tolist() for column in series.columns.values()), strict=True))
    assert list(series.columns) == ["time", "price", "size", "aggressor"]
    assert {column.dtype for column in series.columns.values()} == {np.dtype(np.int64)}
    assert rows == [(e.time, *e.row()[3:]) for e in series.events(0, len(series))]
