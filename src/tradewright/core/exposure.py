"""What one scope holds: the accounts, strategies and instruments it covers, and what they are worth right now.

A scope is "all" or conditions joined by "/", each "owner:NAME", "venue:NAME", "account:NAME", "session:ACCOUNT",
"strategy:ID", "symbol:SYM", "sector:X" or "currency:CCY"; "owner:ann/symbol:XAUUSD" is both at once. An account and
its session hold the same, and so do a strategy and its canary (`core.canary`), which stands alone; what is set for one
never replaces what is set for the other. Working opening orders count as
if they had filled. What is measured for one decision is measured once, however many rules ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tradewright.core.accounts import AccountState
from tradewright.core.holds import Holds
from tradewright.core.ledger import Book, Ledger, Position
from tradewright.core.limits import OF_ACCOUNTS
from tradewright.core.marks import Mark, Marks
from tradewright.core.notices import Notices
from tradewright.core.tape import Tape
from tradewright.model.account import Account
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument

if TYPE_CHECKING:
    from tradewright.core.guards import Guard

#: The kinds of condition, in the order in which scopes are asked.
SCOPES = ("all", "owner", "venue", "account", "session", "strategy", "canary", "symbol", "sector", "currency")
#: The kind of the limits that bind new versions of strategies; by itself, as it is configured, of whichever is new.
CANARY = "canary"
#: Those that leave accounts whole.
WHOLE = ("owner", "venue", "account", "session")


def parts_of(scope: str) -> dict[str, str]:
    """A scope's conditions by kind; {} for "all". Raises InputError for one that is none."""
    if scope == "all":
        return {}
    if scope == CANARY:
        return {CANARY: ""}
    parts: dict[str, str] = {}
    for part in scope.split("/"):
        kind, _, name = part.partition(":")
        if kind not in SCOPES or kind == "all" or kind in parts or name == "":
            raise InputError(f"scope {scope!r}: it is all, or one or more of {', '.join(SCOPES[1:])}:NAME joined by /")
        parts[kind] = name
    if CANARY in parts and len(parts) > 1:
        raise InputError(f"scope {scope!r}: {CANARY}:{parts[CANARY]} stands alone")
    return parts


def out_of(scope: str, values: Iterable[str]) -> str:
    """What a scope can not bind of these limits, as a sentence; "" where it binds them all."""
    narrow = [kind for kind in parts_of(scope) if kind not in WHOLE]
    names = [name for name in values if name in OF_ACCOUNTS]
    if not narrow or not names:
        return ""
    return (
        f"limits of {scope}: {', '.join(names)} is about whole accounts, and binds nothing narrower; "
        f"a scope for it is all, or of {', '.join(WHOLE)}"
    )


def rank_of(scope: str) -> tuple[list[int], str]:
    """Where a scope stands among others: the widest first."""
    return sorted(SCOPES.index(kind) for kind in parts_of(scope)), scope


def concerns(scope: str, terms: Account, strategy: str, instrument: Instrument) -> bool:
    """Whether an order of that account and strategy in that instrument lies in the scope."""
    seen = {
        "owner": (terms.owner,),
        "venue": (terms.venue,),
        "account": (terms.name,),
        "session": (terms.name,),
        "strategy": (strategy,),
        "canary": (strategy,),
        "symbol": (instrument.symbol,),
        "sector": (instrument.sector,),
        "currency": (instrument.base, instrument.quote),
    }
    return all(name in seen[kind] for kind, name in parts_of(scope).items())


class Exposure:
    """One scope and what it holds; money in `currency`, None = could not be known.

    accounts: those in it. strategy, symbol, sector, coin: its other conditions, "" = any. whole: it has none of them,
    so that its result is what the equity of its accounts did. long, short: value of positions and of working openings
    on that side; taken: how many positions or working openings there are; each as of `stamp`, the decision measured
    for. unit: of its money, as checks name it.
    """

    __slots__ = (
        "scope", "currency", "unit", "accounts", "ledger", "marks", "holds", "lags", "tapes", "notices", "guards",
        "strategy", "symbol", "sector", "coin", "whole", "stamp", "long", "short", "taken", "known", "equity_stamp",
        "equity_now",
    )  # fmt: skip

    def __init__(
        self,
        scope: str,
        currency: str,
        accounts: list[AccountState],
        ledger: Ledger,
        marks: Marks,
        holds: Holds,
        lags: dict[str, int],
        tapes: dict[int, Tape],
        notices: Notices,
        guards: dict[str, Guard],
    ) -> None:
        parts = parts_of(scope)
        self.scope = scope
        self.currency = currency
        self.unit = "money:" + currency
        self.accounts = accounts
        self.ledger = ledger
        self.marks = marks
        self.holds = holds
        self.lags = lags
        self.tapes = tapes
        self.notices = notices
        self.guards = guards
        self.strategy = parts.get("strategy", parts.get(CANARY, ""))
        self.symbol = parts.get("symbol", "")
        self.sector = parts.get("sector", "")
        self.coin = parts.get("currency", "")
        self.whole = not (self.strategy or self.symbol or self.sector or self.coin)
        self.stamp = -1
        self.long = 0
        self.short = 0
        self.taken = 0
        self.known = True
        self.equity_stamp = -1
        self.equity_now: int | None = None

    def alone(self, account: AccountState) -> Exposure:
        """The same of one account in it."""
        return Exposure(
            self.scope, self.currency, [account], self.ledger, self.marks, self.holds, self.lags, self.tapes,
            self.notices, self.guards,
        )  # fmt: skip

    def covers(self, instrument: Instrument) -> bool:
        """Whether the instrument lies in the scope."""
        if self.symbol and instrument.symbol != self.symbol:
            return False
        if self.sector and instrument.sector != self.sector:
            return False
        return self.coin in ("", instrument.base, instrument.quote)

    def measure(self, stamp: int) -> None:
        """Add up long, short and taken, unless it was done for this decision already."""
        if stamp == self.stamp:
            return
        self.stamp = stamp
        self.long = 0
        self.short = 0
        self.taken = 0
        self.known = True
        for account in self.accounts:
            if self.strategy:
                self._add_books(account)
                continue
            for position in account.positions:
                if self.whole or self.covers(position.instrument):
                    if position.opening or position.long_size or position.short_size:
                        self.taken += 1
                    long_size, short_size = position.long_size, position.short_size
                    self._add_value(position.instrument, long_size + position.buying, short_size + position.selling)

    def _add_books(self, account: AccountState) -> None:
        for book in self.books(account):
            if book.opening or book.long_size or book.short_size:
                self.taken += 1
            self._add_value(book.instrument, book.long_size + book.buying, book.short_size + book.selling)

    def books(self, account: AccountState) -> list[Book]:
        """The account's books in this scope."""
        return [
            book
            for book in account.books
            if (self.strategy == "" or book.strategy == self.strategy) and self.covers(book.instrument)
        ]

    def holds_book(self, book: Book) -> bool:
        """Whether the book lies in the scope."""
        if self.strategy and book.strategy != self.strategy:
            return False
        for account in self.accounts:
            if account.terms.name == book.account:
                return self.covers(book.instrument)
        return False

    def _add_value(self, instrument: Instrument, long_size: int, short_size: int) -> None:
        if long_size == 0 and short_size == 0:
            return
        mark: Mark = self.marks.marks[instrument.index]
        price = mark.price()
        one = price * instrument.money_factor
        held_long = self.marks.convert(one * long_size, instrument.quote, self.currency)
        held_short = self.marks.convert(one * short_size, instrument.quote, self.currency)
        if price <= 0 or held_long is None or held_short is None:
            self.known = False
            return
        self.long += held_long
        self.short += held_short

    def held(self, stamp: int, side: int) -> int | None:
        """Value on one side (+1 long, -1 short), or of both together (0)."""
        self.measure(stamp)
        if not self.known:
            return None
        if side == 0:
            return self.long + self.short
        return self.long if side > 0 else self.short

    def held_alike(self, instrument: Instrument, coin: str) -> int | None:
        """Value of both sides in instruments that have the currency `coin`, or, with "", in those of the instrument's
        sector."""
        total = 0
        for account in self.accounts:
            for book in self.books(account):
                of = book.instrument
                if of.sector == instrument.sector if coin == "" else coin in (of.base, of.quote):
                    size = book.long_size + book.short_size + book.buying + book.selling
                    if size == 0:
                        continue
                    mark: Mark = self.marks.marks[of.index]
                    price = mark.price()
                    value = self.marks.convert(price * (size * of.money_factor), of.quote, self.currency)
                    if price <= 0 or value is None:
                        return None
                    total += value
        return total

    def slots(self, stamp: int) -> int:
        """Positions and working openings, one for each instrument of an account."""
        self.measure(stamp)
        return self.taken

    def equity(self, stamp: int) -> int | None:
        """Equity of the accounts."""
        if stamp != self.equity_stamp:
            self.equity_stamp = stamp
            self.equity_now = self._equity()
        return self.equity_now

    def _equity(self) -> int | None:
        total = 0
        for account in self.accounts:
            equity = account.equity()
            worth = None if equity is None else self.marks.convert(equity, account.terms.currency, self.currency)
            if worth is None:
                return None
            total += worth
        return total

    def started(self, week: bool) -> int | None:
        """Equity of the accounts when their day (or week) began."""
        total = 0
        for account in self.accounts:
            equity = account.week_equity if week else account.day_equity
            worth = None if equity is None else self.marks.convert(equity, account.terms.currency, self.currency)
            if worth is None:
                return None
            total += worth
        return total

    def lost(self, stamp: int, week: bool) -> int | None:
        """What was lost since the day (or week) began, open P&L included, 0 when it grew. Of whole accounts it is their
        equity; of a part of them, the P&L of its books less fees in their quote currency."""
        if self.whole:
            start, now = self.started(week), self.equity(stamp)
            return None if start is None or now is None else max(0, start - now)
        lost = 0
        for account in self.accounts:
            for book in self.books(account):
                start = book.week_result if week else book.day_result
                result = book.result(self.marks.marks[book.instrument.index].price())
                if start is None or result is None:
                    return None
                worth = self.marks.convert(start - result, book.instrument.quote, self.currency)
                if worth is None:
                    return None
                lost += worth
        return max(0, lost)

    def sizes(self) -> list[tuple[Instrument, int]]:
        """Each side of each instrument held or on its way, with its size once every working opening has filled."""
        found = []
        indices = []
        for account in self.accounts:
            for position in account.positions:
                instrument = position.instrument
                if instrument.index not in indices and self.covers(instrument):
                    indices.append(instrument.index)
                    found += [(instrument, self.size_after(position, side, 0)) for side in (1, -1)]
        return found

    def size_after(self, position: Position, side: int, quantity: int) -> int:
        """Size counts held on that side in the position's instrument over the scope if an order for `quantity` and
        every working opening of that side filled; what is held on the other side takes nothing off."""
        size: int = quantity  # a Python integer in both builds: sizes add up to more than int64 holds
        index = position.instrument.index
        for account in self.accounts:
            if self.strategy:
                book: Book | None = self.ledger.books.get((account.terms.name, self.strategy, index))
                if book is not None:
                    size += book.long_size if side > 0 else book.short_size
                    size += book.buying if side > 0 else book.selling
                continue
            there: Position | None = self.ledger.positions.get((account.terms.name, index))
            if there is not None:
                size += there.size_of(side)
                size += there.buying if side > 0 else there.selling
        return size

    def is_new(self, position: Position, book: Book) -> bool:
        """Whether an opening there takes a slot that is not taken yet."""
        if self.strategy:
            return not (book.opening or book.long_size or book.short_size)
        return not (position.opening or position.long_size or position.short_size)
