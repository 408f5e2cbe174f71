"""Open trades: how many and what they risk, one per opening order with lots still open, working ones included.

A trade's risk is what it loses from its opening price to its stop. The stop is the stop-loss (or trailing stop) that
guards it, at the venue or held here, or the one that its exit plan makes when it fills; a trailing stop is counted at
the distance it keeps. Where none guards it, an estimate stands in, and the answer says that the risk is not known.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tradewright.core.exposure import Exposure
from tradewright.core.ledger import Book
from tradewright.core.limits import Limits
from tradewright.model.instrument import Instrument
from tradewright.model.lot import Lot
from tradewright.model.moment import moment_text
from tradewright.model.numbers import MONEY_ONE, money_text
from tradewright.model.order import ENTRY, STOP_LOSS, TRAILING_STOP, Order

MILLION = 1_000_000
PRICE_DISTANCE = "price_distance"
#: In account currency, where the configuration names no other.
DEFAULT_ESTIMATE = 75 * MONEY_ONE


class Risk(NamedTuple):
    """amount: money in the currency asked for, None = a rate or a price is missing. known: every trade has a stop."""

    amount: int | None
    known: bool


class Terms(NamedTuple):
    """How risk is counted: model (one of `limits.RISK_MODELS`) and the estimate for a trade without a stop."""

    model: str = "stop_distance"
    estimate: int = DEFAULT_ESTIMATE


def terms_of(limits: Limits) -> Terms:
    """How risk is counted under these limits."""
    default = Terms()
    return Terms(limits.get("riskModel") or default.model, limits.get("defaultRiskEstimate") or default.estimate)


def count(scope: Exposure, index: int, side: int) -> int:
    """Open trades of the scope in the instrument `index` (-1 = all) on `side` (0 = both)."""
    trades: dict[str, bool] = {}
    for book in books_of(scope, index):
        for lot in book.lots:
            if side in (0, lot.side):
                trades[lot.order_id] = True
    for order in working(scope, index):
        if side in (0, order.side):
            trades[order.id] = True
    return len(trades)


def books_of(scope: Exposure, index: int) -> list[Book]:
    """The scope's books in the instrument `index` (-1 = all)."""
    books: list[Book] = []
    for account in scope.accounts:
        found: list[Book] = scope.books(account)
        books += [book for book in found if index in (-1, book.instrument.index)]
    return books


def working(scope: Exposure, index: int) -> list[Order]:
    """The scope's opening orders that may still fill."""
    orders: list[Order] = []
    for hold in scope.holds.holds.values():
        order = hold.order
        if order.role == ENTRY and index in (-1, order.instrument.index) and scope.holds_book(hold.book):
            orders.append(order)
    return orders


def risk(scope: Exposure, index: int, terms: Terms) -> Risk:
    """What the scope's open trades and working openings risk; a trade without a stop is estimated once, however much of
    it has filled."""
    total = 0
    estimated: dict[str, bool] = {}
    for book in books_of(scope, index):
        for lot in book.lots:
            distance = lot_distance(scope, book, lot)
            if distance is None:
                estimated[lot.order_id] = True
                continue
            amount = worth(scope, book.instrument, distance, lot.size, terms)
            if amount is None:
                return Risk(None, not estimated)
            total += amount
    for order in working(scope, index):
        distance = order_distance(scope, order)
        if distance is None:
            estimated[order.id] = True
            continue
        amount = worth(scope, order.instrument, distance, scope.holds.holds[order.id].remaining, terms)
        if amount is None:
            return Risk(None, not estimated)
        total += amount
    return Risk(total + len(estimated) * terms.estimate, not estimated)


def worth(scope: Exposure, instrument: Instrument, distance: int, size: int, terms: Terms) -> int | None:
    """A price distance over a size as money of the scope's currency, rounded up to the unit."""
    money = distance * (size * instrument.money_factor)
    if terms.model == PRICE_DISTANCE:
        return int(money // instrument.contract)
    converted: int | None = scope.marks.convert(money, instrument.quote, scope.currency)
    return converted


def lot_distance(scope: Exposure, book: Book, lot: Lot) -> int | None:
    """From a lot's opening price to its stop, in price counts, or to the one that its plan is about to make; None
    without one."""
    for hold in book.exits.values():
        exit = hold.order
        guards = lot.order_id in (exit.parent, exit.lot) or (exit.parent == "" and exit.lot == "")
        if exit.role == STOP_LOSS and exit.side != lot.side and guards:
            return stop_distance(exit, lot.price_units)
    return planned_distance(scope, lot.order_id, lot.price_units)


def order_distance(scope: Exposure, order: Order) -> int | None:
    """From the price a working opening would meet to the stop attached to it, or to the one that its plan makes when it
    fills, in price counts; None without one."""
    book = scope.holds.holds[order.id].book
    price = order.limit_units or order.stop_units or scope.marks.marks[order.instrument.index].reference(order.side)
    for hold in book.exits.values():
        if hold.order.role == STOP_LOSS and hold.order.parent == order.id:
            return stop_distance(hold.order, price)
    return planned_distance(scope, order.id, price)


def planned_distance(scope: Exposure, entry: str, price: int) -> int | None:
    """From `price` to the stop that the plan of an opening has still to make, in price counts; None where it makes
    none, or has made it: one that is gone guards nothing."""
    guard = scope.guards.get(entry)
    return None if guard is None or guard.made or price <= 0 else guard.plan.stop_distance(price) or None


def stop_distance(exit: Order, price: int) -> int | None:
    """From `price` to where the exit would stop, in price counts."""
    if exit.type == TRAILING_STOP:
        return exit.trail_units or -(-price * exit.trail_ppm // MILLION)
    return abs(price - exit.stop_units) if exit.stop_units and price > 0 else None


def lost_today(scope: Exposure, index: int) -> int | None:
    """What trades closed since the day began lost, money of the scope's currency, 0 when they gained; None = no rate.
    Each account's day is its own."""
    total = 0
    for book in books_of(scope, index):
        made = book.realised - book.realised_before
        amount = scope.marks.convert(made, book.instrument.quote, scope.currency)
        if amount is None:
            return None
        total += amount
    return max(0, -total)


def trades_today(scope: Exposure, index: int) -> int:
    """Opening orders of the day that filled or still may."""
    return sum([book.trades for book in books_of(scope, index)])


def last_trade(scope: Exposure, index: int) -> int:
    """When the newest opening order was decided, ns UTC; 0 = never."""
    return max([book.last_trade for book in books_of(scope, index)], default=0)


def snapshot(scope: Exposure, terms: Terms, now: int) -> dict[str, Any]:
    """The scope's open trades by symbol and in all, in the shape of the exposure status."""
    symbols = []
    instruments = {book.instrument.index: book.instrument for book in books_of(scope, -1)}
    for index in sorted(instruments, key=lambda index: instruments[index].symbol):
        total = count(scope, index, 0)
        if total:
            known = risk(scope, index, terms)
            symbols.append(
                {
                    "symbol": instruments[index].symbol,
                    "longCount": count(scope, index, 1),
                    "shortCount": count(scope, index, -1),
                    "totalCount": total,
                    "estimatedRiskAmount": None if known.amount is None else money_text(known.amount),
                    "riskKnown": known.known,
                    "lastUpdated": moment_text(now),
                }
            )
    whole = risk(scope, -1, terms)
    return {
        "symbols": symbols,
        "global": {
            "totalOpenTrades": count(scope, -1, 0),
            "totalEstimatedRiskAmount": None if whole.amount is None else money_text(whole.amount),
            "riskKnown": whole.known,
            "lastUpdated": moment_text(now),
        },
    }
