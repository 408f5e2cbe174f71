"""The cells of the order matrix as data: tapes a trader can read, prices by what becomes of them, and their product.

Everything is written for a buy; for a sell the tape and the prices are mirrored at 100.00, bid and ask changing places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Any

from tests.e2e.desk import MINUTE, at
from tests.e2e.twin import IMMEDIATE, Minute, Quoted, Tape, cents

#: Three days of a New York stock in winter, in UTC; the twin gets them as these pairs.
SESSIONS = [(at(f"{day} 14:30"), at(f"{day} 21:00")) for day in range(3)]

#: clock, open, high, low, close. An order is stated after the bar of the first evening, or within the second day.
BARS = """
    0 20:58   100.00 100.00 100.00 100.00
    0 20:59   100.00 100.00 100.00 100.00
    0 21:30   100.00 100.00 100.00 100.00
    1 14:00    99.60  99.70  99.20  99.50
    1 14:30    99.80 100.60  99.50 100.30
    1 14:31   100.30 101.20 100.00 101.00
    1 18:00   102.00 102.50 101.50 101.80
    1 18:01   101.80 101.90  99.00  99.40
    1 20:59    99.40 100.20  99.10  99.90
    1 21:30    99.90 100.00  97.50  98.00
    2 14:30    98.50  99.00  98.00  98.80
    2 20:59    98.80  99.20  98.40  99.00
    2 21:30    99.00  99.00  99.00  99.00
"""
#: clock, bid, ask: the same days as quotes.
QUOTES = """
    0 20:58    99.98 100.02
    0 20:59    99.98 100.02
    0 21:30    99.98 100.02
    1 14:00    99.16  99.20
    1 14:30    99.78  99.82
    1 14:31   100.98 101.02
    1 18:00   101.98 102.02
    1 18:01    99.30  99.34
    1 20:59    99.88  99.92
    1 21:30    97.90  97.94
    2 14:30    98.48  98.52
    2 20:59    98.98  99.02
    2 21:30    98.98  99.02
"""
#: The event after which an order is stated. The holding it may close was built with the first event.
STATED = {"overnight": 3, "in session": 6}
LAST = 13
#: Until here there is size for everyone, so that the holding stands.
HOLDING_STANDS = 3

#: What each type is given, by what becomes of it on these tapes (where its time in force lets it).
PRICES: dict[str, dict[str, dict[str, Any]]] = {
    "market": {"now": {}},
    "limit": {
        "marketable": {"limit": "101.00"},
        "touched": {"limit": "99.60"},
        "before the open": {"limit": "99.30"},
        "after the close": {"limit": "98.20"},
        "never": {"limit": "95.00"},
    },
    "stop": {
        "touched": {"stop": "100.50"},
        "gapped": {"stop": "101.50"},
        "through already": {"stop": "99.00"},
        "never": {"stop": "105.00"},
    },
    "stop_limit": {
        "touched": {"stop": "100.50", "limit": "100.60"},
        "gapped": {"stop": "101.50", "limit": "101.60"},
        "limit behind the stop": {"stop": "100.50", "limit": "99.70"},
        "never": {"stop": "105.00", "limit": "105.10"},
    },
    "trailing_stop": {
        "near": {"trail": "0.60"},
        "one percent": {"trail_percent": 1},
        "far": {"trail": "3.00"},
        "never": {"trail": "20.00"},
    },
}
TIFS = ("day", "gtc", "ioc", "fok", "opg", "cls")
FLAGS = ("post_only", "extended_hours")
#: Name → (lots held against the order, how the order is stated). An order is always 10.
HOLDINGS: dict[str, tuple[tuple[int, ...], str]] = {
    "flat": ((), "open"),
    "against 25": ((4, 21), "open"),
    "against 4": ((3, 1), "open"),
    "reduce 25": ((4, 21), "close"),
    "reduce 4": ((3, 1), "close"),
}
#: An account that hedges opens a lot of its own where a netting one closes or crosses zero.
HELD = {"netting": ("flat", "against 25", "reduce 25", "against 4"), "hedging": ("flat", "against 25", "reduce 25")}
CONVENTIONS = ("next_open", "next_close", "this_close", "touch")
PATHS = ("adverse", "ohlc", "olhc", "nearest")
SIZE = 10
THIN = 4


@dataclass(frozen=True)
class Cell:
    """One order in one situation. thin: from the second day on only 4 can be traded per event."""

    type: str
    tif: str
    flags: tuple[str, ...]
    prices: str
    side: str = "buy"
    mode: str = "netting"
    holding: str = "flat"
    stated: str = "overnight"
    data: str = "bars"
    thin: bool = False
    calendar: str = "us-equity"
    convention: str = "next_open"
    path: str = "adverse"

    def __str__(self) -> str:
        flags = "".join(f" {flag}" for flag in self.flags)
        return (
            f"{self.type} {self.tif}{flags} ({self.prices}), {self.side} {self.holding}, {self.mode}, "
            f"stated {self.stated} on {'thin ' if self.thin else ''}{self.data}, {self.calendar}, "
            f"{self.convention}:{self.path}"
        )

    def script(self) -> dict[int, list[tuple[str, dict[str, Any]]]]:
        """What the strategy wishes after which event: its holding, the order, and at the end that nothing is left."""
        held, how = HOLDINGS[self.holding]
        other = "sell" if self.side == "buy" else "buy"
        terms: dict[str, Any] = {key: self._price(key, value) for key, value in PRICES[self.type][self.prices].items()}
        terms |= {"size": SIZE, "tif": self.tif} | dict.fromkeys(self.flags, True)
        lots = [(other, {"size": size}) for size in held]
        stated = [(self.side if how == "open" else "close", terms)]
        return {1: lots, STATED[self.stated]: stated, LAST: [("cancel_all", {})]}

    def _price(self, key: str, value: Any) -> Any:
        return mirrored(value) if self.side == "sell" and key in ("limit", "stop") else value

    def tape(self) -> Tape:
        """The market of this cell, for the twin; the desk is fed the same numbers."""
        rows = [line.split() for line in (BARS if self.data == "bars" else QUOTES).split("\n") if line.strip()]
        events: Tape = []
        for number, (day, clock, *prices) in enumerate(rows, 1):
            begin = at(f"{day} {clock}")
            if self.side == "sell":
                prices = [mirrored(price) for price in prices]
                prices = [prices[0], prices[2], prices[1], prices[3]] if self.data == "bars" else prices[::-1]
            size = THIN if self.thin and number > HOLDING_STANDS else None
            counts = [cents(price) for price in prices]
            if self.data == "bars":
                events.append(Minute(begin, begin + MINUTE, *counts, room=size))
            else:
                events.append(Quoted(begin, *counts, size=size))
        return events


def mirrored(price: str) -> str:
    return str(200 - Decimal(price))


def supported(type: str, tif: str, flags: tuple[str, ...]) -> bool:
    """Whether a cell is worth every price and situation, or one look at its refusal."""
    stays = tif in ("day", "gtc")
    if type == "limit":
        return not flags or stays or (tif in IMMEDIATE and flags == ("extended_hours",))
    return not flags and (type == "market" or stays)


def combinations() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every type × time in force × set of flags. Reduce-only is how the order is stated: a close (`HOLDINGS`)."""
    for type, tif, first, second in product(PRICES, TIFS, *[(False, True)] * 2):
        yield type, tif, tuple(flag for flag, set in zip(FLAGS, (first, second), strict=True) if set)


def cells(data: str) -> Iterator[Cell]:
    """The matrix on one kind of data."""
    for type, tif, flags in combinations():
        full = supported(type, tif, flags)
        prices = list(PRICES[type]) if full else list(PRICES[type])[:1]
        for side, (mode, holdings) in product(("buy", "sell"), HELD.items()):
            if flags or not full:
                holdings = ("flat", "reduce 25")
            for price, holding in product(prices, holdings):
                yield Cell(type, tif, flags, price, side, mode, holding, data=data)
            if full:
                yield Cell(type, tif, flags, prices[0], side, mode, "reduce 4", data=data)
                for price in prices:
                    yield Cell(type, tif, flags, price, side, mode, holdings[-1], "in session", data)


def thin_cells(data: str) -> Iterator[Cell]:
    """The same where only 4 can be traded per event: what fills in parts, and what then may not wait."""
    for cell in cells(data):
        situation = (cell.mode, cell.holding) in (("netting", "against 4"), ("hedging", "reduce 25"))
        if situation and cell.stated == "overnight" and supported(cell.type, cell.tif, cell.flags):
            yield replace(cell, thin=True)


def convention_cells() -> Iterator[Cell]:
    """Every fill convention of bars, and every path within them; plain orders."""
    for convention, path in [(name, PATHS[0]) for name in CONVENTIONS] + [(CONVENTIONS[0], name) for name in PATHS[1:]]:
        for cell in cells("bars"):
            plain = cell.mode == "netting" and cell.side == "buy" and not cell.flags and cell.stated == "overnight"
            if plain and cell.holding in ("flat", "against 4"):
                yield replace(cell, convention=convention, path=path)


def always_cells(data: str) -> Iterator[Cell]:
    """On a market that never closes."""
    for cell in cells(data):
        if cell.mode == "netting" and not cell.flags and cell.side == "sell" and cell.holding in ("flat", "reduce 25"):
            yield replace(cell, calendar="always")
