"""The one reader of data files, for backtest, demo and simulators.

`load(files, ReadOptions(...))` reads Parquet and CSV into a `Dataset`: instruments, exact integer columns, and one
deterministic stream of market events. What is wrong with the data is an InputError that names file, row, column and
value; what is merely imperfect (gaps, crossed quotes, rounded floats) is counted and said by `Dataset.remarks()`.
"""

from tradewright.backtest.data.dataset import Dataset, Gaps, Series
from tradewright.backtest.data.options import ReadOptions
from tradewright.backtest.data.reader import load
from tradewright.backtest.data.table import check_file

__all__ = ["Dataset", "Gaps", "ReadOptions", "Series", "check_file", "load"]
