"""A venue has split what an account holds: so many new ones for so many old ones.

Each lot has that many times its size at that much less a price, so that nothing was gained or lost by it: what dividing
leaves of a price is taken up in the realised P&L, to the last unit. The mark follows until the next price comes. Orders
at work were made for the old ones, and a stop of before would be reached at once: all of them in that symbol end, with
an alarm that says so; whoever wants exits on places them anew. What is not held here as the venue says it was before is
not touched: it was split already, or taken over as a difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.model.account_snapshot import PositionSplit
from tradewright.model.command import POSITION_WAS_SPLIT
from tradewright.model.control import Alarm
from tradewright.model.event import Event
from tradewright.model.numbers import round_nearest, text_of

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.ledger import Book

SPLIT = "POSITION_SPLIT"


def fold(engine: Blotter, event: PositionSplit) -> bool:
    """Fold it: lots, positions and the mark; False: there was nothing to split."""
    instrument = engine.symbols.get(event.symbol)
    if instrument is None or not _fits(engine, event):
        return False
    position = engine.ledger.position(event.account, instrument)
    # The first one gets the rest of rounding: which it is must not depend on who was looked at first.
    books = sorted(engine.ledger.beside[event.account, instrument.index], key=lambda book: book.strategy)
    for book in books:
        _split(book, event.after, event.before)
    _even(books, event.after)
    position.long_size = sum(book.long_size for book in books)
    position.short_size = sum(book.short_size for book in books)
    position.net = position.long_size - position.short_size
    mark = engine.marks.marks[instrument.index]
    mark.bid, mark.ask, mark.last = (
        units * event.before // event.after for units in (mark.bid, mark.ask, mark.last)
    )  # fmt: skip
    for id in list(engine.owed):
        order, owed = engine.orders[id].order, engine.owed[id]
        if order.account != event.account or order.instrument is not instrument:
            continue
        if owed.reached:
            there = engine.book(order.account, order.strategy, instrument).closable(order.side, order.lot)
            owed.size = min(there, owed.size * event.after // event.before)
        else:
            del engine.owed[id]  # the prices it would come back at are those of before
    return True


def settle(engine: Engine, event: PositionSplit) -> list[Event]:
    """Ends what was ordered before it was folded. Applied outputs."""
    outputs: list[Event] = []
    instrument = engine.symbols[event.symbol]
    working = [
        id
        for id, hold in engine.holds.holds.items()
        if hold.order.account == event.account and hold.order.instrument is instrument
    ]
    before, after = (text_of(size, instrument.size_scale) for size in (event.before, event.after))
    text = f"{event.account}: {event.symbol} was split, {before} are {after} now; {len(working)} orders in it end"
    engine.emit(Alarm(engine.now, SPLIT, event.account, text), outputs)
    for id in working:
        outputs += engine.cancel(id, POSITION_WAS_SPLIT)
    return outputs


def _fits(engine: Blotter, event: PositionSplit) -> bool:
    """Whether it is held here as it was before at the venue, on that side."""
    held = engine.ledger.positions.get((event.account, engine.symbols[event.symbol].index))
    return held is not None and held.net == event.before and event.before * event.after > 0


def _split(book: Book, after: int, before: int) -> None:
    """Its lots at the new size and price; what they have cost and made in all stays. The fills behind them are settled:
    one that is heard of later is matched behind them."""
    cost, rows = book.cost(), list[tuple[object, ...]]()
    new, old = abs(after), abs(before)
    for lot in book.lots:
        price = round_nearest(lot.price_units * old, new) // new
        size, size_open = lot.size * new // old, lot.size_open * new // old
        if size:
            rows.append((lot.order_id, lot.trade_id, lot.side, size, size_open, price, lot.time))
    _take(book, rows, cost)


def _even(books: list[Book], after: int) -> None:
    """What rounding each lot down has left of the whole belongs to the first lot on its side."""
    left = after - sum(book.net for book in books)
    for book in books if left else ():
        for lot in book.lots:
            if lot.side * left > 0:
                cost = book.cost()
                lot.size += abs(left)
                _take(book, [one.row() for one in book.lots], cost)
                return


def _take(book: Book, rows: list[tuple[object, ...]], cost: int) -> None:
    book.settled_realised, book.settled_lots, book.window = book.realised, rows, []
    book.refold()
    # The same result at the same worth: what is gained on paper by rounding is lost in hand.
    book.settled_realised += book.cost() - cost
    book.refold()
