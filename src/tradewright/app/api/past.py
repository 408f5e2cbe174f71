"""Orders and positions that left the engine's memory, told by a process of its own:
`python -m tradewright.app.api.past JOURNAL TO WANTED`. It folds the journal from its first record, and ends with
SENSELESS for a cursor that is none, with UNTOLD where the journal can not tell it.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

import msgspec

from tradewright.app.api import books, facts, shapes
from tradewright.app.api.messages import EndedPosition
from tradewright.app.recovery import folding
from tradewright.core.orders import OrderState
from tradewright.model.control import OrderAdopted
from tradewright.model.decision import Decision
from tradewright.model.errors import InputError, JournalError
from tradewright.model.event import Event
from tradewright.model.order_request import OrderNamed
from tradewright.model.report import Fill
from tradewright.trader import Trader

SENSELESS, UNTOLD = 2, 1
ORDERS, POSITIONS = "orders", "positions"
CLOSED = "trade.position.closed"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Wanted(msgspec.Struct):
    """Times: ns UTC, `until` is not among them. after: of the page before, "" = the newest."""

    what: str
    accounts: list[str]
    symbol: str
    since: int
    until: int
    limit: int
    after: str

    def holds(self, account: str, symbol: str, time: int) -> bool:
        return account in self.accounts and self.symbol in ("", symbol) and self.since <= time < self.until


def orders_of(journal: Path, to: int, wanted: Wanted) -> shapes.Orders:
    """Raises InputError for a cursor that is none, JournalError where the journal can not tell them."""
    trader = Trader(None)
    # The newest behind the cursor, one more than a page has: nobody's question takes room for all that ever was.
    found: dict[str, OrderState] = {}
    names: dict[str, str] = {}
    # Somebody else's order becomes known by itself; one that had left memory is no new one when it is back. These ids
    # alone are kept of all.
    adopted: set[str] = set()
    met = False
    for _, event, outputs in _steps(journal, trader, to):
        known = trader.engine.orders
        fresh = [id for id in _ids(event, outputs) if id not in known and id not in adopted]
        trader.follow(event, outputs)
        about = _adopted(event) or getattr(event, "order_id", "")
        if about in found and about in known:
            found[about] = known[about]
        if _adopted(event):
            adopted.add(about)
        for order in [known[id].order for id in fresh if id in known]:
            met |= order.id == wanted.after and wanted.holds(order.account, order.instrument.symbol, order.time)
            if not met and wanted.holds(order.account, order.instrument.symbol, order.time):
                found[order.id] = known[order.id]
        _name(names, outputs, found)
        while len(found) > wanted.limit + 1:
            oldest = next(iter(found))
            del found[oldest]
            names.pop(oldest, None)
    if wanted.after and not met:
        raise InputError("after")
    ids = list(reversed(found))
    page = ids[: wanted.limit]
    rows = [books.order_shape(trader.engine, found[id]) for id in page]
    for row in rows:
        row.client_order_id = names.get(row.order_id)
    return shapes.Orders(orders=rows, next_cursor=page[-1] if len(ids) > len(page) else None)


def _ids(event: Event, outputs: Sequence[Event]) -> list[str]:
    """Of the orders that a step is about, the decided ones first."""
    decided = [order.id for output in outputs if isinstance(output, Decision) for order in output.orders]
    return list(dict.fromkeys(id for id in (*decided, _adopted(event)) if id))


def _adopted(event: Event) -> str:
    """Whose order became known by itself, "" = none."""
    return str(event.order[0]) if isinstance(event, OrderAdopted) else ""


def _name(names: dict[str, str], outputs: Sequence[Event], found: Container[str]) -> None:
    for output in outputs:
        if isinstance(output, OrderNamed):
            names.update((id, output.client_id) for id in output.order_ids if id in found)


def positions_of(journal: Path, to: int, wanted: Wanted) -> shapes.EndedPositions:
    """Raises as `orders_of`."""
    trader = Trader(None)
    place = _place(wanted.after)
    newest: deque[tuple[str, shapes.EndedPosition]] = deque(maxlen=wanted.limit + 1)
    for sequence, event, outputs in _steps(journal, trader, to):
        moves = isinstance(event, Fill) or event.kind in facts.MOVES
        before = facts.look(trader.engine, event) if moves else facts.NOTHING
        matches = trader.follow(event, outputs)
        if not moves or (place is not None and sequence > place[0]):
            continue
        for fact in facts.facts_of(trader, before, sequence, event, outputs, matches):
            if fact.type != CLOSED or (place is not None and (fact.sequence, fact.place) >= place):
                continue
            said = msgspec.json.decode(fact.content, type=_Envelope)
            if wanted.holds(fact.account, said.data.symbol, event.time):
                newest.append((f"{fact.sequence}-{fact.place}", _ended(said)))
    rows = list(reversed(newest))
    page = rows[: wanted.limit]
    cursor = page[-1][0] if len(rows) > len(page) else None
    return shapes.EndedPositions(positions=[row for _, row in page], next_cursor=cursor)


class _Envelope(msgspec.Struct):
    time: str
    data: EndedPosition


def _ended(said: _Envelope) -> shapes.EndedPosition:
    data = said.data
    return shapes.EndedPosition(
        symbol=data.symbol, side=data.side, realized_pnl=data.realized_pnl, opened_at=data.opened_at,
        closed_at=said.time, account=data.account, currency=data.currency,
    )  # fmt: skip


def _place(after: str) -> tuple[int, int] | None:
    """A fact by its cursor. Raises InputError for one that is none."""
    if not after:
        return None
    sequence, _, place = after.partition("-")
    if not (sequence.isascii() and sequence.isdigit() and place.isascii() and place.isdigit()):
        raise InputError("after")
    return int(sequence), int(place)


def _steps(journal: Path, trader: Trader, to: int) -> Iterator[tuple[int, Event, list[Event]]]:
    """From the first record up to `to`."""
    for sequence, event, outputs in folding(journal, trader, lambda why: None, 0):
        yield sequence, event, outputs
        if sequence >= to:
            return


def main(journal: str, to: str, text: str) -> int:
    wanted = msgspec.json.decode(text, type=Wanted)
    try:
        told = (orders_of if wanted.what == ORDERS else positions_of)(Path(journal), int(to), wanted)
    except InputError:
        return SENSELESS
    except JournalError:
        return UNTOLD
    sys.stdout.buffer.write(_ENCODER.encode(told))
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
