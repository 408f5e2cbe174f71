"""Rows of what stands: orders, positions, and what each strategy holds. Each is a function of the engine's state alone,
so that it does not matter when it was looked at last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tradewright.app.api.books import money, order_shape, positions_of
from tradewright.app.projections.facts import moment
from tradewright.core.accounts import AccountState
from tradewright.core.engine import Engine
from tradewright.core.ledger import Book
from tradewright.core.orders import OrderState
from tradewright.model.lot import Lot
from tradewright.model.numbers import MONEY_SCALE, count_of, decimal_from

Row = dict[str, Any]


def order_row(engine: Engine, state: OrderState) -> Row:
    """A row of `orders`, but for when it was submitted and changed last, which only records say."""
    shape, order = order_shape(engine, state), state.order
    ended = moment(state.time_ended)
    return {
        "id": order.id, "account_id": order.account, "broker_order_id": shape.broker_order_id,
        "client_order_id": shape.client_order_id,
        "symbol": shape.symbol, "side": shape.side, "quantity": shape.quantity,
        "filled_quantity": shape.filled_quantity, "order_type": shape.type, "time_in_force": shape.time_in_force,
        "limit_price": shape.limit_price, "stop_price": shape.stop_price, "average_fill_price": shape.average_price,
        "status": shape.status, "extended_hours": order.extended_hours, "strategy_id": order.strategy,
        "decision_id": order.decision or None, "filled_at": ended if shape.status == "filled" else None,
        "cancelled_at": ended if shape.status == "cancelled" else None, "created_at": moment(order.time),
        "role": order.role, "state": shape.state, "code": shape.code, "reason": shape.reason,
    }  # fmt: skip


def position_rows(account: AccountState) -> Iterator[Row]:
    """Rows of `positions`."""
    link = account.link
    for shape in positions_of(account):
        side = 1 if shape.side == "long" else -1
        own = [book for book in account.books if book.instrument.symbol == shape.symbol]
        lots = [lot for book in own for lot in book.lots if lot.side == side]
        instrument = own[0].instrument
        held, size = sum(lot.size for lot in lots), count_of(shape.quantity, instrument.size_scale, "quantity")
        paid = sum(lot.size * lot.price_units for lot in lots) * instrument.money_factor
        known = account.marks.marks[instrument.index].time()
        yield {
            "id": f"{shape.account}/{shape.symbol}/{shape.side}", "account_id": shape.account,
            "venue": instrument.venue, "symbol": shape.symbol, "quantity": shape.quantity, "side": shape.side,
            "average_entry_price": shape.average_entry_price, "current_price": shape.current_price,
            "market_value": shape.market_value, "unrealized_pnl": shape.unrealized_pnl,
            "cost_basis": money(paid * size // held), "currency": shape.currency,
            "last_synced_at": moment(link.checked) if link is not None and link.checked else None,
            "created_at": moment(min(lot.time for lot in lots)),
            "updated_at": moment(max(known, *(lot.time for lot in lots))),
        }  # fmt: skip


def book_rows(book: Book) -> tuple[list[Row], list[Row], Row]:
    """What a strategy holds of an instrument: rows of the lots, of the rollup (none when flat), of what is realised."""
    instrument = book.instrument
    key = {"accountId": book.account, "strategyId": book.strategy, "symbol": instrument.symbol}
    times = [book.last_trade, *(lot.time for lot in book.lots), *(fill.time for fill in book.window[-1:])]
    newest = moment(max(times))
    lots = [key | _lot(lot, book, newest) for lot in book.lots]
    size = sum(lot.side * lot.size for lot in book.lots)
    rollup: list[Row] = []
    if size:
        side = 1 if size > 0 else -1
        same = [lot for lot in book.lots if lot.side == side]
        held, paid = sum(lot.size for lot in same), sum(lot.size * lot.price_units for lot in same)
        # Nine decimals, as prices have at most; cut towards zero.
        price = decimal_from(paid * 10 ** (9 - instrument.price_scale) // held, 9)
        rollup = [
            key | {"side": _side(side), "netQty": decimal_from(size, instrument.size_scale), "avgPrice": price,
                   "lastUpdated": newest}
        ]  # fmt: skip
    realised = decimal_from(book.realised, MONEY_SCALE)
    return lots, rollup, key | {"realizedPnl": realised, "currency": instrument.quote, "ts": newest}


def _lot(lot: Lot, book: Book, newest: int) -> Row:
    size, price = book.instrument.size_scale, book.instrument.price_scale
    return {
        "lotId": f"{lot.order_id}/{lot.trade_id}", "side": _side(lot.side),
        "qtyOpen": decimal_from(lot.size_open, size), "qtyRem": decimal_from(lot.size, size),
        "avgPrice": decimal_from(lot.price_units, price), "tsOpen": moment(lot.time), "tsUpdated": newest,
    }  # fmt: skip


def _side(side: int) -> str:
    return "LONG" if side > 0 else "SHORT"
