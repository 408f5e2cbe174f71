"""The layouts a data file can have, told by its columns.

    bars            open high low close [volume]
    bid/ask bars    bid_open bid_high bid_low bid_close ask_open ask_high ask_low ask_close [bid_size ask_size]
    quotes          bid ask [bid_size ask_size]
    trades          price size [aggressor]

Each has `ts` and may have `symbol`. Names are read without regard to case, a space is an underscore. Columns that other
programs often add are known and not read; any other name is an error, since it may be a misspelt one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from tradewright.model.errors import InputError
from tradewright.model.event import BAR, QUOTE, QUOTE_BAR, TRADE

TIME_NAMES = ("ts", "timestamp", "time", "datetime", "date")
NOT_READ = (
    "open_interest", "adj_open", "adj_high", "adj_low", "adj_close", "adj_volume", "session", "ts_local_ns", "trade_id",
    "kind", "exchange", "conditions", "suspicious", "ex_dividend", "dividends", "split_ratio", "stock_splits",
    "trade_count", "vwap",
)  # fmt: skip
OHLC = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns in the order of the event's constructor. required: those a file must have; where another is missing it is
    0 (the source does not say). sides: prefixes of the four prices of a bar. extras: columns neither price nor size."""

    name: str
    kind: int
    prices: tuple[str, ...]
    sizes: tuple[str, ...]
    required: tuple[str, ...]
    sides: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


_BID_ASK = tuple(side + name for side in ("bid_", "ask_") for name in OHLC)
_TOP_SIZES = ("bid_size", "ask_size")
LAYOUTS = (
    Layout("bars", BAR, OHLC, ("volume",), OHLC, sides=("",)),
    Layout("bid/ask bars", QUOTE_BAR, _BID_ASK, _TOP_SIZES, _BID_ASK, sides=("bid_", "ask_")),
    Layout("quotes", QUOTE, ("bid", "ask"), _TOP_SIZES, ("bid", "ask")),
    Layout("trades", TRADE, ("price",), ("size",), ("price", "size"), extras=("aggressor",)),
)


def canonical(names: Sequence[str], path: str) -> dict[str, str]:
    """Each column of the file by the name we know it under. Raises InputError if two are the same to us."""
    found: dict[str, str] = {}
    for name in names:
        known = name.strip().lower().replace(" ", "_")
        known = "ts" if known in TIME_NAMES else known
        if known in found.values():
            raise InputError(f"{path}: column {name!r} is {known!r} a second time; keep one of them")
        found[name] = known
    return found


def layout_of(names: Sequence[str], path: str) -> Layout:
    """The layout these columns make. Raises InputError naming the column in the way and the nearest known one."""
    nearest = max(LAYOUTS, key=lambda layout: sum(name in names for name in layout.required) / len(layout.required))
    read = ("ts", "symbol", *nearest.prices, *nearest.sizes, *nearest.extras)
    for name in names:
        if name not in read and name not in NOT_READ:
            close = get_close_matches(name, read, n=1)
            advice = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(read)}"
            raise InputError(f"{path}: column {name!r} is unknown in a file of {nearest.name}; {advice}")
    for name in ("ts", *nearest.required):
        if name not in names:
            needed = ", ".join(("ts", *nearest.required))
            raise InputError(f"{path}: there is no column {name!r}; a file of {nearest.name} needs {needed}")
    return nearest
