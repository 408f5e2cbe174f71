"""Judges a demo by the paper exchange's own book, read from its file, against the raw records of the engine's journal.

Nothing here asks the engine what it thinks: money and positions are added up anew from the exchange's fills, in another
way than the engine's ledger does. Only at the end must the engine's folded state say the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tradewright.adapters.journal import read
from tradewright.app.demo import CASH
from tradewright.app.history import rerun
from tradewright.app.home import JOURNAL, PAPER
from tradewright.app.recovery import rebuild
from tradewright.model.numbers import money_of
from tradewright.sim.paper import Remembered, read_book
from tradewright.trader import Trader

# The kinds of records, by their stored numbers: see the journal as a stranger would.
ACCEPTED, REJECTED, FILLED, CANCELLED, NOT_FOUND = 10, 11, 12, 13, 20
STARTED, ADOPTED = 30, 36
DECISION, SUBMIT, CANCEL, REPLACE, QUERY = 60, 61, 62, 63, 64
SIGNAL, EXIT_PLANNED, VOTE = 69, 72, 80
#: The timer on which everything is looked up: its kind and name.
RECONCILED = [34, "reconcile"]
#: What a venue says of an order itself: a cancel that it carried out is told of one it had.
EVIDENCE = (ACCEPTED, REJECTED, FILLED, CANCELLED, NOT_FOUND)
ACCOUNT = "paper"


class Witness(NamedTuple):
    """What the two books say. orders: journaled terms by id; intents: ids in the order in which they were to leave."""

    rows: list[list[Any]]
    orders: dict[str, list[Any]]
    intents: list[str]
    book: Remembered

    @property
    def lost(self) -> list[str]:
        """Intents that the exchange never had."""
        return [order_id for order_id in self.intents if order_id not in self.book.submitted]

    def trades(self) -> list[tuple[object, ...]]:
        """The exchange's fills without ids: strategy, symbol, side, size, price, venue's time."""
        found = []
        for fill in self.book.fills:
            _, _, strategy, instrument, side = self.orders[fill.order_id][:5]
            found.append((strategy, instrument, side, fill.size_units, fill.price_units, fill.time_venue))
        return found


def records(journal: Path) -> list[list[Any]]:
    return [json.loads(record) for _, record in read(journal)]


def witness(home: Path, book: str = PAPER) -> Witness:
    """book: the name of the paper exchange's file there."""
    rows = records(home / JOURNAL)
    orders = {order[0]: order for row in rows if row[0] == DECISION for order in row[7]}
    adopted = [row[2] for row in rows if row[0] == ADOPTED]
    orders |= {order[0]: order for order in adopted}
    intents = [row[2] for row in rows if row[0] == SUBMIT] + [order[0] for order in adopted]
    return Witness(rows, orders, intents, read_book(home / book))


def judge(home: Path, again: bool = True) -> Witness:
    """Fails where an intent is lost, an order or a fill is doubled, or the books differ. again: re-run the strategies
    too."""
    seen = witness(home)
    check_orders(seen)
    check_fills(seen)
    check_money(seen, home)
    if again:
        reproduced = rerun(home / JOURNAL)
        assert reproduced.differences == []
        assert reproduced.verified == sum(1 for row in seen.rows if row[0] >= DECISION)
    return seen


def check_told(home: Path) -> None:
    """At a dead process: what the exchange said, and the engine wrote down, is in the exchange's book."""
    seen = witness(home)
    told = {(row[2], row[3], *row[4:]) for row in seen.rows if row[0] == FILLED}
    assert told <= executions(seen.book), "a fill was told before it was durable"
    taken = {row[2] for row in seen.rows if row[0] == ACCEPTED}
    assert taken <= set(seen.book.accepted), "an order was accepted before it was durable"
    assert set(seen.book.submitted) <= set(seen.intents), "an order left before its intent was durable"


def executions(book: Remembered) -> set[tuple[object, ...]]:
    """Each fill with all that a report on it says."""
    return {(fill.order_id, fill.time_venue, *fill.row()[4:]) for fill in book.fills}


def check_orders(seen: Witness) -> None:
    doubled = [order_id for order_id, times in Counter(seen.intents).items() if times > 1]
    assert doubled == [], "an order was journaled as leaving twice"
    assert set(seen.book.submitted) <= set(seen.intents), "an order reached the venue without an intent before it"
    assert not [row for row in seen.rows if row[0] == REJECTED and "DUPLICATE" in row[4]], "an id was sent twice"
    evidence = {row[2] for row in seen.rows if row[0] in EVIDENCE}
    assert set(seen.intents) <= evidence, "nobody knows what became of an order"
    looked_up = {row[2] for row in seen.rows if row[0] == NOT_FOUND}
    assert set(seen.lost) <= looked_up, "an intent is lost without a word"


def check_fills(seen: Witness) -> None:
    """By the venue's id of the execution, instrument, order, price, size and fee; a repeated report repeats it all."""
    ids = [(seen.orders[fill.order_id][3], fill.trade_id) for fill in seen.book.fills]
    assert len(ids) == len(set(ids)), "the venue filled twice under one id"
    theirs = executions(seen.book)
    ours = {(row[2], row[3], *row[4:]) for row in seen.rows if row[0] == FILLED}
    assert ours == theirs, f"missing {theirs - ours}, invented {ours - theirs}"


def check_money(seen: Witness, home: Path) -> None:
    """Cash and positions: added up from the book's fills, as the book keeps them, as the folded journal has them."""
    cash = Counter({"USD": money_of(CASH, "cash")})
    net: Counter[str] = Counter()
    listed = next(row for row in seen.rows if row[0] == STARTED)[3][0]
    for fill in seen.book.fills:
        index, side = seen.orders[fill.order_id][3:5]
        symbol, _, _, _, quote, price_scale, size_scale, multiplier = listed[index][:8]
        assert fill.fee_currency == quote, "a fee in another currency may change the position; this judge can not tell"
        value = fill.price_units * fill.size_units * multiplier * 10 ** (18 - price_scale - size_scale)
        cash[quote] -= side * value + fill.fee
        net[symbol] += side * fill.size_units
    assert nonzero(seen.book.balances[ACCOUNT]) == nonzero(cash)
    assert nonzero(seen.book.positions[ACCOUNT]) == nonzero(net)
    trader = Trader(None)
    rebuild(home / JOURNAL, trader, lambda remark: None)
    assert nonzero(trader.engine.ledger.cash[ACCOUNT]) == nonzero(cash)
    assert {p.instrument.symbol: p.net for p in trader.engine.accounts[ACCOUNT].positions if p.net} == nonzero(net)


def nonzero(amounts: Mapping[str, int]) -> dict[str, int]:
    return {name: amount for name, amount in amounts.items() if amount}
