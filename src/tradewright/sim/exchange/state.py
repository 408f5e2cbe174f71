"""All an exchange knows as rows of plain values, and an exchange made from them again, even in the middle of an event.

A row is (kind, key, values). Rows of one kind and key replace each other: a book on disk keeps the last of each. Kinds
are to be restored in the order of KINDS, within a kind in the order in which the keys first appeared.

instrument, account, market, book, order, fill: what their names say. exchange: counters, generators, and where the
running event stands. What travels to the exchange (latency) or was said and not drawn is no part of it: a venue that
comes back knows what it did, not what others sent or heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tradewright.model.event import BAR, DEPTH, QUOTE, QUOTE_BAR, TRADE
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, QuoteBar, Trade
from tradewright.model.order import Order
from tradewright.model.report import Fill
from tradewright.sim.exchange.book import Account, Book, OpenLot
from tradewright.sim.exchange.market import Market
from tradewright.sim.exchange.vocabulary import WORKING
from tradewright.sim.exchange.working import Working

if TYPE_CHECKING:
    from tradewright.sim.exchange.exchange import Exchange

Row = tuple[str, str, list[Any]]
KINDS = ("instrument", "account", "market", "book", "order", "fill", "exchange")

MARKET_FIELDS = (
    "source", "bid", "ask", "bid_size", "ask_size", "bids", "asks", "start", "time", "before", "opens", "closes",
    "since", "trading", "first", "last", "wake", "day_from", "day_until",
)  # fmt: skip
BOOK_FIELDS = (
    "net", "long_units", "short_units", "bid", "ask", "bid_to", "ask_to", "room", "taken_bid", "taken_ask", "printed",
    "low_first", "event",
)  # fmt: skip
ORDER_FIELDS = (
    "number", "quantity", "filled", "open", "limit", "stop", "status", "triggered", "resting", "asked", "replaced",
    "born", "entered", "tried", "missed", "mark", "expires", "parted", "fee_charged", "fee_paid", "time_accepted",
    "time_ended", "code", "shown", "traded", "ahead", "reached",
)  # fmt: skip
EXCHANGE_FIELDS = (
    "now", "at", "moment", "first", "since", "count", "trades", "wake", "closing_out", "point", "event",
    "volume", "print_price", "print_size", "print_side", "asking_price", "asking_maker", "last_arrival",
    "phase", "start", "cursor",
)  # fmt: skip
_EVENTS: dict[int, Callable[..., MarketEvent]] = {
    BAR: Bar,
    QUOTE_BAR: QuoteBar,
    QUOTE: Quote,
    TRADE: Trade,
    DEPTH: Depth,
}


def rows(exchange: Exchange) -> Iterator[Row]:
    """Everything, in the order in which it can be restored."""
    for market in exchange.markets.values():
        yield instrument_row(market)
    for account in exchange.accounts.values():
        yield account_row(account)
    for market in exchange.markets.values():
        yield market_row(market)
        for book in market.books:
            yield book_row(book)
    for working in exchange.orders.values():
        yield order_row(working)
    for number, fill in enumerate(exchange.history):
        yield fill_row(number, fill)
    yield exchange_row(exchange)


def instrument_row(market: Market) -> Row:
    return ("instrument", market.instrument.symbol, list(market.instrument.row()))


def account_row(account: Account) -> Row:
    return ("account", account.name, [account.hedging, account.shorts, account.borrows, account.cash, account.fees])


def market_row(market: Market) -> Row:
    return ("market", market.instrument.symbol, [getattr(market, name) for name in MARKET_FIELDS])


def book_row(book: Book) -> Row:
    lots = [[lot.order_id, lot.side, lot.size] for lot in book.lots]
    values = [getattr(book, name) for name in BOOK_FIELDS]
    return ("book", f"{book.symbol}/{book.account.name}", [book.symbol, book.account.name, lots, values])


def order_row(w: Working) -> Row:
    """The order's terms as they came, its instrument by symbol, and what became of it."""
    terms = list(w.order.row())
    terms[3] = w.order.instrument.symbol
    parent = w.parent.order.id if w.parent is not None else ""
    return ("order", w.order.id, [terms, parent, [getattr(w, name) for name in ORDER_FIELDS]])


def fill_row(number: int, fill: Fill) -> Row:
    return ("fill", str(number), list(fill.row()))


def exchange_row(exchange: Exchange) -> Row:
    """Counters, generators and the running event; books and orders by their keys."""
    values = [getattr(exchange, name) for name in EXCHANGE_FIELDS]
    event = exchange.running_event
    running = [] if event is None else [event.instrument.symbol, list(event.row())]
    here = exchange.here.instrument.symbol if exchange.here is not None else ""
    asking = exchange.asking.order.id if exchange.asking is not None else ""
    fresh = [[book.symbol, book.account.name] for book in exchange.fresh]
    generators = [exchange.rng_fills.state(), exchange.rng_latency.state()]
    return ("exchange", "", [values, running, here, asking, fresh, generators])


def restore(exchange: Exchange, stored: Iterable[Row]) -> None:
    """Fills an exchange that was just made. Instruments it lists already keep their object and their rules."""
    for kind, key, values in stored:
        if kind == "instrument":
            if key not in exchange.markets:
                *terms, rules = values
                exchange.list_instrument(Instrument(*[*terms, OrderRules(*rules)]))
        elif kind == "account":
            hedging, shorts, borrows, cash, fees = values
            exchange.accounts[key] = account = Account(key, hedging, shorts, borrows, cash)
            account.fees = fees
        elif kind == "market":
            _set(exchange.markets[key], MARKET_FIELDS, [_levels(v) if isinstance(v, list) else v for v in values])
        elif kind == "book":
            _restore_book(exchange, *values)
        elif kind == "order":
            _restore_order(exchange, *values)
        elif kind == "fill":
            _restore_fill(exchange, values)
        else:
            _restore_exchange(exchange, *values)


def _set(target: object, names: tuple[str, ...], values: list[Any]) -> None:
    for name, value in zip(names, values, strict=True):
        setattr(target, name, value)


def _levels(levels: Any) -> tuple[tuple[int, int], ...]:
    return tuple((price, size) for price, size in levels)


def _book(exchange: Exchange, symbol: str, account: str) -> Book:
    return exchange.markets[symbol].book_of(exchange.accounts[account])


def _restore_book(exchange: Exchange, symbol: str, account: str, lots: list[Any], values: list[Any]) -> None:
    book = _book(exchange, symbol, account)
    _set(book, BOOK_FIELDS, values)
    book.lots = [OpenLot(order_id, side, size) for order_id, side, size in lots]


def _restore_order(exchange: Exchange, terms: list[Any], parent: str, values: list[Any]) -> None:
    """Orders come back in the order of their arrival, so a parent is there before its children."""
    market = exchange.markets[terms[3]]
    terms[3] = market.instrument
    order = Order(*terms)
    book = _book(exchange, market.instrument.symbol, order.account)
    w = Working(order, market, book, 0, 0)
    _set(w, ORDER_FIELDS, values)
    exchange.orders[order.id] = w
    if parent:
        w.parent = exchange.orders[parent]
        w.parent.children = [*(w.parent.children or []), w]
    if w.status == WORKING:
        book.orders.append(w)
        market.working += 1
        if order.group:
            exchange.groups.setdefault((order.account, order.group), []).append(w)


def _restore_fill(exchange: Exchange, values: list[Any]) -> None:
    fill = Fill(*values[1:])
    w = exchange.orders[fill.order_id]
    w.fills = [*(w.fills or []), fill]
    exchange.history.append(fill)


def _restore_exchange(
    exchange: Exchange,
    values: list[Any],
    running: list[Any],
    here: str,
    asking: str,
    fresh: list[list[str]],
    generators: list[str],
) -> None:
    _set(exchange, EXCHANGE_FIELDS, values)
    exchange.here = exchange.markets[here] if here else None
    exchange.asking = exchange.orders[asking] if asking else None
    exchange.fresh = [_book(exchange, symbol, account) for symbol, account in fresh]
    exchange.rng_fills.restore(generators[0])
    exchange.rng_latency.restore(generators[1])
    if running:
        symbol, (kind, time, _, *rest) = running
        if kind == DEPTH:
            rest = [_levels(side) for side in rest]
        event = _EVENTS[kind](time, exchange.markets[symbol].instrument, *rest)
        exchange.running_event = event
        exchange.running_market = exchange.markets[symbol]
        if isinstance(event, QuoteBar):
            exchange.path.follow_quotes(event)
        elif isinstance(event, Bar):
            exchange.path.follow(event)
