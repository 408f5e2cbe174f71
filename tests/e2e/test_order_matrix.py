"""Every type × time in force × flags × side × account, driven through strategy, trader, sequencer and exchange.

Each cell ends as the naive twin predicts, event by event: filled at its prices and sizes, refused, expired or cancelled
with its code. On the way the books of engine and exchange are compared after every event (`Desk`).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import pytest

from tests.e2e.desk import ACCOUNT, Desk, share
from tests.e2e.matrix import HOLDINGS, SESSIONS, Cell, always_cells, cells, convention_cells, thin_cells
from tests.e2e.twin import Minute, Twin
from tests.project import build_of
from tradewright.model.market import Bar, MarketEvent, Quote
from tradewright.model.order import ORDER_TYPES, TIMES_IN_FORCE
from tradewright.sim.exchange import CODES, SUPPORTED
from tradewright.sim.models import Models

#: Money counts per thousandth of a cent.
MILLI_CENT = 10**13
#: The compiled build is asked about every cell, the pure one, the same code and a twentieth as fast, about every third
#: of a row.
EACH = 1 if build_of("tradewright.trader.trader") == "compiled" else 3


def twin_of(cell: Cell) -> Twin:
    sessions = SESSIONS if cell.calendar == "us-equity" else None
    return Twin(cell.tape(), cell.script(), sessions, cell.mode, cell.convention, cell.path, fee_bps=10)


def desk_of(cell: Cell) -> Desk:
    """The same market and the same wishes, for the real parts."""
    script = {f"bar {index}": [[name, terms] for name, terms in wishes] for index, wishes in cell.script().items()}
    models = Models(
        fee="bps:10",
        fill=f"{cell.convention}:{cell.path}",
        partial="volume:10%" if cell.data == "bars" and cell.thin else "none",
    )
    return Desk(script, instruments=[share(calendar=cell.calendar)], models=models, mode=cell.mode)


def events_of(cell: Cell, desk: Desk) -> list[MarketEvent]:
    instrument = desk.instrument("")
    events: list[MarketEvent] = []
    for event in cell.tape():
        if isinstance(event, Minute):
            volume = 1_000_000 if event.room is None else event.room * 10
            prices = (event.open, event.high, event.low, event.close)
            events.append(Bar(event.end, instrument, event.begin, *prices, volume))
        else:
            size = event.size or 0
            events.append(Quote(event.begin, instrument, event.bid, event.ask, size, size))
    return events


def differences(cell: Cell) -> list[str]:
    """What went other than predicted."""
    twin, desk = twin_of(cell), desk_of(cell)
    predicted = twin.play()
    assert any(predicted), f"{cell}: an empty cell: no order, no answer"
    for index, event in enumerate(events_of(cell, desk), 1):
        said = desk.feed(event)
        if said != predicted[index - 1]:
            return [f"{cell}\n  event {index} {event.row()}\n  twin {predicted[index - 1]}\n  real {said}"]
    found = []
    cash = desk.engine.ledger.cash[ACCOUNT]["USD"] - desk.balances["USD"]
    if cash != twin.cash_milli * MILLI_CENT:
        found.append(f"{cell}: cash {cash}, twin {twin.cash_milli * MILLI_CENT}")
    if desk.net() != twin.held(1) - twin.held(-1):
        found.append(f"{cell}: net {desk.net()}, twin {twin.lots}")
    if not desk.is_idle():
        found.append(f"{cell}: something is left working or held")
    if cell.side == "buy":
        desk.check_recovery()
    return found


def rows(cells: Iterable[Cell], *names: str) -> list[object]:
    """The cells that agree in these fields are one test."""
    tests: dict[str, list[Cell]] = {}
    for cell in cells:
        words = [getattr(cell, name) for name in names]
        tests.setdefault(" ".join(word if isinstance(word, str) else "+".join(word) for word in words), []).append(cell)
    return [pytest.param(row, id=name) for name, row in tests.items()]


def check(row: list[Cell]) -> None:
    asked = row[::EACH]
    found = [difference for cell in asked for difference in differences(cell)]
    assert not found, f"{len(found)} of {len(asked)} cells differ; the first:\n" + "\n".join(found[:3])


BOTH = ("bars", "quotes")


@pytest.mark.parametrize("row", rows(chain(*map(cells, BOTH)), "data", "type", "tif", "flags"))
def test_an_order_ends_as_the_naive_twin_predicts(row: list[Cell]) -> None:
    check(row)


@pytest.mark.parametrize("row", rows(chain(*map(thin_cells, BOTH)), "data", "type", "tif", "flags"))
def test_in_a_thin_market_an_order_fills_in_the_parts_the_twin_predicts(row: list[Cell]) -> None:
    check(row)


@pytest.mark.parametrize("row", rows(convention_cells(), "convention", "path"))
def test_every_fill_convention_and_path_is_what_the_twin_walks(row: list[Cell]) -> None:
    check(row)


@pytest.mark.parametrize("row", rows(chain(*map(always_cells, BOTH)), "data", "type"))
def test_a_market_that_never_closes_has_days_and_no_auctions(row: list[Cell]) -> None:
    check(row)


def test_the_matrix_has_every_combination_and_each_of_them_every_side_and_account() -> None:
    for data in BOTH:
        met = {(c.type, c.tif, c.flags, c.side, c.mode, HOLDINGS[c.holding][1]) for c in cells(data)}
        assert len(met) == len(ORDER_TYPES) * len(TIMES_IN_FORCE) * 4 * 2 * 2 * 2


def test_the_matrix_meets_every_way_an_order_can_end() -> None:
    """All that the table of the exchange can refuse, and all that can become of an order in time."""
    ends: set[str] = set()
    for cell in chain(cells("bars"), always_cells("bars")):
        ends |= {str(line[-1]) for event in twin_of(cell).play() for line in event if len(line) == 3}
    expected = {code for code in SUPPORTED.values() if code} | {
        "TIF_NOT_SUPPORTED", "POST_ONLY_WOULD_TAKE", "REDUCE_ONLY", "IOC_REMAINDER", "FOK_NOT_FILLABLE",
        "AUCTION_REMAINDER", "SESSION_CLOSED",
    }  # fmt: skip
    assert expected == ends - {"10"}
    assert ends - {"10", "REDUCE_ONLY"} <= set(CODES)
