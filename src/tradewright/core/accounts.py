"""The engine's view of one account: its terms, limits, and what equity, margin and free money are right now."""

from __future__ import annotations

from collections import deque

from tradewright.core.holds import Holds
from tradewright.core.ledger import Book, Ledger, Position
from tradewright.core.limits import Limits
from tradewright.core.link import Link
from tradewright.core.marks import Mark, Marks
from tradewright.core.traffic import Traffic
from tradewright.model.account import CASH, Account
from tradewright.model.zone import DAY_NS, MINUTE_NS, day_start


class AccountState:
    """One account. day: ordinal of the trading day in its zone; day_begin, day_end: ns UTC when it and the next begin;
    day_equity: equity at the day's begin (money in its currency, None = could not be known); week_equity: at the
    week's; equity_before: before the event that ends a day, while that event is taken in. limits: those of the
    account's own scope now. unit: of its money, as checks name it. books: those of its strategies. ranges: (high, low)
    price counts seen since the day began, by instrument; kept where a limit asks for them. traffic: kept where a limit
    asks for it. guarded: a limit asks for peak (highest equity) and samples (a minute's begin, ns UTC, and the highest
    equity within it, of the last day). gain_from: equity from which a session's target counts, None = from the week's
    begin; flattened: when a session's target last closed everything, ns UTC, 0 = never. link: how its venue is
    connected, None where it is in this house."""

    __slots__ = (
        "terms",
        "limits",
        "positions",
        "day",
        "day_begin",
        "day_end",
        "day_equity",
        "equity_before",
        "week_equity",
        "ledger",
        "marks",
        "holds",
        "books",
        "ranges",
        "traffic",
        "guarded",
        "peak",
        "samples",
        "gain_from",
        "flattened",
        "unit",
        "link",
    )

    def __init__(self, terms: Account, limits: Limits, ledger: Ledger, marks: Marks, holds: Holds) -> None:
        self.terms = terms
        self.limits = limits
        self.positions: list[Position] = []
        self.day = -1
        self.day_begin = 0
        self.day_end = 0
        self.day_equity: int | None = None
        self.equity_before: int | None = None
        self.week_equity: int | None = None
        self.ledger = ledger
        self.marks = marks
        self.holds = holds
        self.books: list[Book] = []
        self.traffic: Traffic | None = None
        self.guarded = False
        self.peak: int | None = None
        self.samples: deque[tuple[int, int]] = deque()
        self.gain_from: int | None = None
        self.flattened = 0
        self.ranges: dict[int, tuple[int, int]] = {}
        self.unit = "money:" + terms.currency
        self.link: Link | None = Link() if terms.remote else None

    def enter_day(self, day: int) -> None:
        """That day of its zone is on."""
        self.day = day
        self.day_begin = day_start(self.terms.day_zone, day)
        self.day_end = day_start(self.terms.day_zone, day + 1)

    def measure(self, now: int) -> None:
        """Equity moved: its highest, over all and in each minute of the last day."""
        equity = self.equity()
        if equity is None:
            return
        self.peak = equity if self.peak is None else max(self.peak, equity)
        minute = now - now % MINUTE_NS
        if self.samples and self.samples[-1][0] == minute:
            self.samples[-1] = (minute, max(equity, self.samples[-1][1]))
            return
        self.samples.append((minute, equity))
        while self.samples[0][0] < minute - DAY_NS:
            self.samples.popleft()

    def move_marks(self, worth: int | None) -> None:
        """Equity changed by so much, and neither by a gain nor by a loss: what it is compared with moves along. Where
        that is not known, it begins anew."""
        if worth is None:
            self.peak = self.gain_from = self.day_equity = self.week_equity = None
            self.samples.clear()
            if self.link is not None:
                self.link.anew = True
            return
        self.day_equity = None if self.day_equity is None else self.day_equity + worth
        self.week_equity = None if self.week_equity is None else self.week_equity + worth
        self.gain_from = None if self.gain_from is None else self.gain_from + worth
        self.peak = None if self.peak is None else self.peak + worth
        self.samples = deque((minute, equity + worth) for minute, equity in self.samples)

    def lost_since(self, since: int) -> int | None:
        """Equity below its highest in the minutes that reach past `since` (ns UTC); None when it is not known."""
        equity = self.equity()
        if equity is None:
            return None
        return max([highest - equity for minute, highest in self.samples if minute + MINUTE_NS > since], default=0)

    def see(self, index: int, high: int, low: int) -> None:
        """Prices of an instrument were seen."""
        known = self.ranges.get(index)
        if known is not None:
            high, low = max(high, known[0]), min(low, known[1])
        self.ranges[index] = (high, low)

    def equity(self) -> int | None:
        """Cash and positions at their marks, money in the account currency; None when a price or a rate is missing.
        What lies aside (`core.reconcile`) is no part of it."""
        total = 0
        currency = self.terms.currency
        aside = None if self.link is None else self.link.aside
        for held, amount in self.ledger.cash[self.terms.name].items():
            if aside is not None and held in aside:
                amount -= aside[held]
            worth = self.marks.convert(amount, held, currency)
            if worth is None:
                return None
            total += worth
        for position in self.positions:
            if position.net:
                value = self.value_of(position, position.net)
                if value is None:
                    return None
                total += value
        return total

    def value_of(self, position: Position, size: int) -> int | None:
        """`size` counts of the position's instrument at its mark, money in the account currency; None = unknown."""
        instrument = position.instrument
        mark: Mark = self.marks.marks[instrument.index]
        price = mark.price()
        if price <= 0:
            return None
        return self.marks.convert(price * (size * instrument.money_factor), instrument.quote, self.terms.currency)

    def free(self, quote: str) -> int | None:
        """Money an opening order may still take: cash of its quote currency in a cash account; in a margin account
        equity less the margin of positions (those that market exits are closing left out) and less holds, in the
        account currency. None = unknown."""
        if self.terms.kind == CASH:
            cash = self.ledger.cash[self.terms.name]
            return cash.get(quote, 0) - self.holds.held(self.terms.name, quote)
        total = self.equity()
        if total is None:
            return None
        for position in self.positions:
            size = position.long_size + position.short_size - position.leaving
            if size > 0:
                value = self.value_of(position, size)
                if value is None:
                    return None
                total -= -(-value // self.terms.leverage)
        return total - self.holds.held(self.terms.name, self.terms.currency)

    def ruined(self) -> bool:
        """Whether what it holds is worth no more than it owes. Without debt and shorts it can not be; unknown: no."""
        held = owes = False
        for position in self.positions:
            if position.long_size or position.short_size:
                held = True
                owes = owes or position.short_size > 0
        if held and not owes:
            for amount in self.ledger.cash[self.terms.name].values():
                owes = owes or amount < 0
        if not owes:
            return False
        equity = self.equity()
        return equity is not None and equity <= 0

    def slots(self) -> int:
        """Instruments with a position or with a working opening order."""
        taken = 0
        for position in self.positions:
            if position.opening or position.long_size or position.short_size:
                taken += 1
        return taken

    def daily_loss(self) -> int | None:
        """Equity lost since the day began (0 when it grew), money; None when either end is unknown."""
        now = self.equity()
        if now is None or self.day_equity is None:
            return None
        return max(0, self.day_equity - now)

    def row(self) -> tuple[object, ...]:
        return (
            self.terms.row(), self.day, self.day_end, self.day_equity, self.week_equity,
            sorted(self.ranges.items()), self.peak, list(self.samples), self.gain_from,
            self.flattened, None if self.link is None else self.link.row(),
        )  # fmt: skip
