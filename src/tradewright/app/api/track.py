"""What was earned, day by day: a fold of a journal's steps, the same by whoever runs them and by whoever reads them.

A day is the account's own. Results are told apart by strategy and currency, as matches and fees have them; equity is
in the account's currency, and what was paid in or out is taken out of it, so that it counts from zero. It is looked at
behind each fill, with each new day, and whenever somebody asks: a fall between these is not seen.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tradewright.core.engine import Engine
from tradewright.model.control import CashMoved, DayRolled
from tradewright.model.event import Event
from tradewright.model.lot import Match
from tradewright.model.report import Fill
from tradewright.model.shadow import is_shadow
from tradewright.performance.shrinkage import sharpe

#: Closing orders whose pieces may still come; each is one trade, however many pieces it closes.
CLOSING_MAX = 10_000
#: Kinds of notes.
CLOSED, FEE, EQUITY, MOVED = "closed", "fee", "equity", "moved"

#: Its kind, account and day (ordinal), then by kind: CLOSED strategy, currency, closing order, money; FEE strategy,
#: currency, money; EQUITY money or None; MOVED money or None, and how much was paid in, None = as equity says.
Note = tuple[Any, ...]


def notes_of(engine: Engine, event: Event, outputs: Sequence[Event], matches: Sequence[Match]) -> list[Note]:
    """What one step earned, with the books right behind it."""
    notes: list[Note] = [
        (EQUITY, one.account, one.day, one.equity)
        for one in outputs
        if isinstance(one, DayRolled) and not is_shadow(one.account)
    ]
    if isinstance(event, Fill) and engine.fresh_fill:
        order = engine.orders[event.order_id].order
        if not is_shadow(order.account):
            account = engine.accounts[order.account]
            name, day = order.account, account.day
            notes += [
                (CLOSED, name, day, one.strategy, one.instrument.quote, one.close_order, one.pnl) for one in matches
            ]
            if event.fee:
                notes.append((FEE, name, day, order.strategy, event.fee_currency, event.fee))
            notes.append((EQUITY, name, day, account.equity()))
    elif isinstance(event, CashMoved) and not is_shadow(event.account):
        account = engine.accounts[event.account]
        own = event.amount if event.currency == account.terms.currency else None
        paid = () if event.result else (own,)
        notes.append((MOVED if paid else EQUITY, event.account, account.day, account.equity(), *paid))
    return notes


class Sums(NamedTuple):
    """Of one account, day, strategy and currency; money."""

    trades: int = 0
    wins: int = 0
    losses: int = 0
    profit: int = 0
    loss: int = 0
    fees: int = 0

    def plus(self, other: Sums) -> Sums:
        return Sums(*[mine + more for mine, more in zip(self, other, strict=True)])


class Day(NamedTuple):
    """Equity less what was paid in: the highest, the lowest, the last of the day; fall: the deepest within it."""

    high: int
    low: int
    last: int
    fall: int

    def then(self, value: int) -> Day:
        high = max(self.high, value)
        return Day(high, min(self.low, value), value, max(self.fall, high - value))


class Course(NamedTuple):
    """Of the equity of a span. fall: the deepest, money; top: equity that it fell from; ratio: daily mean over
    deviation, a count of 10^-9, None = fewer than two days."""

    fall: int
    top: int
    ratio: int | None


class Track:
    """Money of all accounts since the journal's first record. sums: by (account, day, strategy, currency); days: by
    account and day; capital: what was paid in, by account."""

    def __init__(self) -> None:
        self.sums: dict[tuple[str, int, str, str], Sums] = {}
        self.days: dict[str, dict[int, Day]] = {}
        self.capital: dict[str, int] = {}
        self._closing: OrderedDict[str, tuple[tuple[str, int, str, str], int]] = OrderedDict()

    # ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────

    def fold(self, note: Note) -> None:
        kind, account, day, *rest = note
        if kind == CLOSED:
            strategy, currency, order, pnl = rest
            self._close((account, day, strategy, currency), order, pnl)
        elif kind == FEE:
            strategy, currency, amount = rest
            self._add((account, day, strategy, currency), Sums(fees=amount))
        elif rest[0] is not None:
            self._measure(kind, account, day, *rest)

    def _close(self, key: tuple[str, int, str, str], order: str, pnl: int) -> None:
        """Another piece of what an order closes: its trade is what all of them make."""
        known = self._closing.pop(order, None)
        if known is not None:
            key, before = known
            self._add(key, _trade(before, -1))
            pnl += before
        self._add(key, _trade(pnl, 1))
        self._closing[order] = (key, pnl)
        if len(self._closing) > CLOSING_MAX:
            self._closing.popitem(last=False)

    def _add(self, key: tuple[str, int, str, str], more: Sums) -> None:
        self.sums[key] = self.sums.get(key, Sums()).plus(more)

    def _measure(self, kind: str, account: str, day: int, equity: int, paid: int | None = None) -> None:
        days = self.days.setdefault(account, {})
        last = next(reversed(days.values())).last if days else 0
        capital = self.capital.get(account, 0)
        if kind == MOVED:
            capital = self.capital[account] = equity - last if paid is None else capital + paid
        value = equity - capital
        days[day] = days.get(day, Day(last, last, last, 0)).then(value)

    # ── what it says ───────────────────────────────────────────────────────────────────────────────────────────────

    def strategies(self, account: str, since: int) -> dict[tuple[str, str], Sums]:
        """What each strategy earned in each currency from a day on."""
        found: dict[tuple[str, str], Sums] = {}
        for (whose, day, strategy, currency), sums in self.sums.items():
            if whose == account and day >= since:
                found[strategy, currency] = found.get((strategy, currency), Sums()).plus(sums)
        return found

    def course(self, account: str, since: int, equity: int | None) -> Course:
        """From a day on. equity: now, None = it is not known."""
        high, last, deepest = None, 0, (0, 0)
        results: list[int] = []
        for day, row in self._with_now(account, equity):
            if day >= since:
                before = last if high is None else high
                deepest = max(deepest, (row.fall, row.high), (before - row.low, before))
                high = max(before, row.high)
                results.append(row.last - last)
            last = row.last
        fall, top = deepest
        return Course(fall, top + self.capital.get(account, 0), sharpe(results) if len(results) > 1 else None)

    def _with_now(self, account: str, equity: int | None) -> Iterator[tuple[int, Day]]:
        days = self.days.get(account, {})
        for place, (day, row) in enumerate(days.items(), 1):
            now = equity is not None and place == len(days)
            yield day, row.then(equity - self.capital.get(account, 0)) if now and equity is not None else row

    # ── as a row ───────────────────────────────────────────────────────────────────────────────────────────────────

    def row(self) -> list[Any]:
        return [
            [[*key, *sums] for key, sums in self.sums.items()],
            [[account, day, *row] for account, days in self.days.items() for day, row in days.items()],
            list(self.capital.items()),
            [[order, *key, pnl] for order, (key, pnl) in self._closing.items()],
        ]


def track_from(row: list[Any]) -> Track:
    """The inverse of `Track.row`."""
    track = Track()
    sums, days, capital, closing = row
    for account, day, strategy, currency, *rest in sums:
        track.sums[account, day, strategy, currency] = Sums(*rest)
    for account, day, *rest in days:
        track.days.setdefault(account, {})[day] = Day(*rest)
    track.capital.update(dict(capital))
    for order, account, day, strategy, currency, pnl in closing:
        track._closing[order] = ((account, day, strategy, currency), pnl)
    return track


def _trade(pnl: int, count: int) -> Sums:
    """One trade with that result, or one less."""
    return Sums(count, count * (pnl > 0), count * (pnl < 0), count * max(pnl, 0), count * max(-pnl, 0))
