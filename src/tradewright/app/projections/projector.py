"""Records in, changes of rows out.

An order is looked at where a record names it, and as long as it may fill: what an exit plan or a pair does to it, no
record says. What stands is compared with what was said of it last. So rows are the same wherever the batches end, and
after any restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tradewright.app.projections.facts import Fact, facts_of, filled, matched, moment
from tradewright.app.projections.state import Row, book_rows, order_row, position_rows
from tradewright.core.orders import OrderState
from tradewright.model.command import Submit
from tradewright.model.control import OrderAdopted
from tradewright.model.decision import Decision
from tradewright.model.event import MARKET_KIND_MAX, Event
from tradewright.model.recalled import OrderRecalled
from tradewright.model.report import Fill
from tradewright.model.schema import BY_NAME, LOTS, ORDERS, POSITIONS, REALIZED, ROLLUP
from tradewright.model.shadow import is_shadow
from tradewright.ports import Changes
from tradewright.trader import Trader

_BOOK = ("accountId", "strategyId", "symbol")


class Projector:
    """trader: as it was after the last record that the tables know of; it has no strategies, and is folded here."""

    def __init__(self, trader: Trader) -> None:
        self.trader = trader
        self._facts: list[Fact] = []
        self._moved = False
        self._touched: dict[str, tuple[OrderState, dict[str, int]]] = {
            id: (state, {})
            for id, state in trader.engine.orders.items()
            if state.is_open() and not is_shadow(state.order.account)
        }
        self._open: dict[str, tuple[OrderState, Row]] = {}
        self._positions: dict[str, Row] = {}
        self._books: dict[tuple[str, ...], tuple[list[Row], list[Row], Row]] = {}
        # What stands already is in the tables.
        self._moved = True
        self.taken()

    def fold(self, last: int, event: Event, outputs: list[Event]) -> None:
        """An input with its outputs; last: number of the last of these records."""
        fresh = isinstance(event, Fill) and self._is_fresh(event)
        matches = self.trader.follow(event, outputs)
        first, engine = last - len(outputs), self.trader.engine
        for sequence, item in enumerate((event, *outputs), first):
            self._facts += facts_of(sequence, item, engine)
            self._touch(item)
        if event.kind > MARKET_KIND_MAX or outputs:
            self._moved = True
        if fresh and isinstance(event, Fill) and not self._is_fresh(event):
            state = engine.orders[event.order_id]
            if not is_shadow(state.order.account):
                self._facts += filled(first, event, state)
        own = (match for match in matches if not is_shadow(match.account))
        self._facts += [matched(first, part, match) for part, match in enumerate(own)]

    def _is_fresh(self, fill: Fill) -> bool:
        """Whether no order has booked it."""
        state = self.trader.engine.orders.get(fill.order_id)
        return state is None or fill.trade_id not in state.trades

    def _touch(self, item: Event) -> None:
        for id in _named(item):
            state = self.trader.engine.orders.get(id)
            if state is not None and not is_shadow(state.order.account):
                said = self._touched.get(id, (state, {}))[1]
                said["updated_at"] = moment(item.time)
                if isinstance(item, Submit):
                    said["submitted_at"] = moment(item.time)
                self._touched[id] = (state, said)

    def taken(self) -> Changes:
        """What has become of the tables since the last time."""
        changes = Changes()
        # Of rows that are replaced within one batch the last one is the row.
        newest: dict[tuple[str, tuple[Any, ...]], Fact] = {}
        for table, row in self._facts:
            newest[table.name, tuple(row[name] for name in table.key)] = (table, row)
        for table, row in newest.values():
            changes.rows.setdefault(table.name, []).append(row)
        self._facts = []
        if self._moved:
            self._put(changes, ORDERS.name, self._orders())
            self._changed_books(changes)
        self._moved = False
        self._changed_positions(changes)
        return changes

    def _orders(self) -> Iterator[Row]:
        looked: Mapping[str, tuple[OrderState, dict[str, int]]] = {
            **{id: (state, {}) for id, (state, _) in self._open.items()},
            **self._touched,
        }
        self._touched = {}
        for id, (state, said) in looked.items():
            row = order_row(self.trader.engine, state)
            if said or self._open.get(id, (state, None))[1] != row:
                yield row | said
            if state.is_open():
                self._open[id] = (state, row)
            else:
                self._open.pop(id, None)

    def _changed_books(self, changes: Changes) -> None:
        for book in self.trader.engine.ledger.books.values():
            if not book.used() or is_shadow(book.account):
                continue
            key = (book.account, book.strategy, book.instrument.symbol)
            found = book_rows(book)
            before = self._books.get(key)
            if found == before:
                continue
            self._books[key] = found
            lots, rollup, realised = found
            condition = dict(zip(_BOOK, key, strict=True))
            if before is None or lots != before[0]:
                changes.gone.setdefault(LOTS.name, []).append(condition)
                self._put(changes, LOTS.name, lots)
            if not rollup and before is not None and before[1]:
                changes.gone.setdefault(ROLLUP.name, []).append(condition)
            self._put(changes, ROLLUP.name, rollup)
            self._put(changes, REALIZED.name, [realised])

    def _changed_positions(self, changes: Changes) -> None:
        accounts = self.trader.engine.accounts.items()
        rows = [row for name, account in accounts if not is_shadow(name) for row in position_rows(account)]
        found = {row["id"]: row for row in rows}
        gone = [{"id": id} for id in self._positions if id not in found]
        if gone:
            changes.gone[POSITIONS.name] = [*gone]
        self._put(changes, POSITIONS.name, (row for id, row in found.items() if self._positions.get(id) != row))
        self._positions = found

    @staticmethod
    def _put(changes: Changes, name: str, rows: Iterable[Row]) -> None:
        some = [*rows]
        if some:
            changes.rows.setdefault(BY_NAME[name].name, []).extend(some)


def _named(item: Event) -> list[str]:
    """Ids of the orders that a record is about."""
    if isinstance(item, Decision):
        return [order.id for order in item.orders]
    if isinstance(item, OrderAdopted):
        return [str(item.order[0])]
    if isinstance(item, OrderRecalled):
        return [str(item.state[0][0])]
    named = getattr(item, "order_id", "")
    return [named] if named else []
