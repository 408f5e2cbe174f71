"""From files to a Dataset: read, list, put in order, check, convert, count."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tradewright.backtest.data.adjust import factors_of
from tradewright.backtest.data.checks import check_calendar, check_order, check_values, crossed, slack
from tradewright.backtest.data.counts import IntArray
from tradewright.backtest.data.dataset import Dataset, Gaps, Series
from tradewright.backtest.data.listing import Listing, listing_of
from tradewright.backtest.data.options import ReadOptions, span_ns, span_text, time_text
from tradewright.backtest.data.table import Rows, read_rows
from tradewright.model.errors import InputError
from tradewright.model.event import BAR, QUOTE_BAR

_DEFAULTS = ReadOptions()


def load(files: str | Path | Iterable[str | Path], options: ReadOptions = _DEFAULTS) -> Dataset:
    """All rows of all files as one dataset. Raises InputError: one sentence that names file, row, column and value."""
    paths = [str(file) for file in ([files] if isinstance(files, str | Path) else files)]
    if not paths:
        raise InputError("no data file was given")
    wanted = None if options.symbols is None else list(dict.fromkeys(options.symbols))
    parts = [rows for path in paths for rows in read_rows(path, options.symbol, wanted)]
    symbols = list(dict.fromkeys(rows.symbol for rows in parts)) if wanted is None else wanted
    unknown = [symbol for symbol in options.calendars if symbol and symbol not in symbols]
    if unknown:
        raise InputError(f"a calendar is given for {', '.join(unknown)}, and there is only {', '.join(symbols)}")
    factors = {} if options.adjust is None else factors_of(options.adjust, symbols)
    instruments, series = [], []
    for index, symbol in enumerate(symbols):
        own = [rows for rows in parts if rows.symbol == symbol]
        if not own:
            raise InputError(f"{', '.join(paths)}: no rows of {symbol}")
        listing = listing_of(own, factors.get(symbol), options, index)
        instruments.append(listing.instrument)
        for layout in dict.fromkeys(rows.layout for rows in own):
            series.append(_series([rows for rows in own if rows.layout is layout], listing, options))
    return Dataset(instruments, series)


def _series(parts: list[Rows], listing: Listing, options: ReadOptions) -> Series:
    """Rows of one symbol and layout as one series in time order over the files."""
    kind = parts[0].layout.kind
    period = _period(parts, options) if kind in (BAR, QUOTE_BAR) else 0
    kept = [rows for rows in (rows.between(options.time_from, options.time_to) for rows in parts) if len(rows)]
    if not kept:
        raise InputError(_nothing_left(parts, options))
    kept.sort(key=lambda rows: int(rows.times[0]))
    check_order(kept, period)
    gaps = _gaps(kept, period, options)
    for rows in kept:
        check_values(rows)
        check_calendar(rows, listing.instrument.calendar, period)
    masks = [crossed(rows) for rows in kept]
    skip = options.crossed == "skip"
    traded = [rows.where(~mask) if skip else rows for rows, mask in zip(kept, masks, strict=True)]
    if not any(map(len, traded)):
        raise InputError(f"{kept[0].path}: every row of {kept[0].symbol} is crossed (bid over ask); nothing can trade")
    batches = [_columns(rows, listing, period) for rows in traded]
    columns = {name: np.concatenate([batch[name] for batch, _ in batches]) for name in batches[0][0]}
    crossings = sum(int(mask.sum()) for mask in masks)
    return Series(listing.instrument, kind, period, columns, sum(count for _, count in batches), crossings, skip, gaps)


def _columns(rows: Rows, listing: Listing, period: int) -> tuple[dict[str, IntArray], int]:
    """The rows' columns in the order of their event's constructor, and how many numbers were rounded."""
    times = rows.times
    closes = times + period if listing.stamp == "open" else times
    columns = {"time": closes, "time_open": closes - period} if period else {"time": times}
    rounded = 0
    for name in rows.layout.prices:
        columns[name], count = listing.prices(rows, name)
        rounded += count
    for name in rows.layout.sizes:
        columns[name], count = listing.sizes(rows, name)
        rounded += count
    for name in rows.layout.extras:
        columns[name] = rows.frame[name].to_numpy()
    return columns, rounded


def _period(parts: list[Rows], options: ReadOptions) -> int:
    """Length of a bar, ns: as given, else the most frequent distance of labels, of equally frequent the smallest."""
    if options.period is not None:
        return span_ns(options.period, "period")
    steps = np.concatenate([np.diff(rows.times) for rows in parts])
    lengths, often = np.unique(steps[steps > 0], return_counts=True)
    if not lengths.size:
        raise InputError(f"{parts[0].path}: one bar of {parts[0].symbol} does not show its length; say the period")
    return int(lengths[np.argmax(often)])


def _gaps(parts: list[Rows], period: int, options: ReadOptions) -> Gaps:
    """Time without data in rows that are in order. Raises InputError above options.max_gap."""
    times = np.concatenate([rows.times for rows in parts])
    missing = np.diff(times) - period
    if not missing.size or int(missing.max()) <= slack(period):
        return Gaps()
    longest = int(np.argmax(missing))
    gaps = Gaps(int((missing > slack(period)).sum()) if period else 0, int(missing[longest]), int(times[longest]))
    if options.max_gap is not None and gaps.longest > span_ns(options.max_gap, "max_gap"):
        raise InputError(
            f"{parts[0].path}: {parts[0].symbol} has no data for {span_text(gaps.longest)} after"
            f" {time_text(gaps.after)}; max_gap allows {span_text(span_ns(options.max_gap, 'max_gap'))}"
        )
    return gaps


def _nothing_left(parts: list[Rows], options: ReadOptions) -> str:
    since = "the beginning" if options.from_ is None else options.from_
    until = "the end" if options.to is None else options.to
    first, last = min(int(rows.times.min()) for rows in parts), max(int(rows.times.max()) for rows in parts)
    return (
        f"{parts[0].path}: no {parts[0].layout.name} of {parts[0].symbol} from {since} to {until}; there are some from"
        f" {time_text(first)} to {time_text(last)}: widen the period, or leave the symbol out"
    )
