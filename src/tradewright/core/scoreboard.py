"""The scoreboard of a shadow account: what each strategy made there by day, its figures and its weight, all folded.

A match counts on the day it was closed, by the venue's clock in the account's zone, net of its share of the fees of its
two fills (rounded up, in the account's currency at the mark of the fill). A day belongs to the window when it has
ended. The figures themselves are computed by `performance.shrinkage` and `signal.weights`, and come back as outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradewright.core.ledger import Book
from tradewright.core.marks import Marks
from tradewright.model.command import Command
from tradewright.model.control import DayRolled
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.intent import Intent
from tradewright.model.lot import Match
from tradewright.model.order import Order
from tradewright.model.report import Fill, Report
from tradewright.model.score import ShadowMatched, StrategiesWeighed, StrategyScored, Weight
from tradewright.model.shadow import ShadowTerms, is_shadow
from tradewright.model.tables import PERFORMANCE, WEIGHTS, performance_row, weight_row
from tradewright.model.zone import day_of

#: What the shadow path says.
SAID = (ShadowMatched, StrategyScored, StrategiesWeighed)


class Scoreboard:
    """terms: of the shadow. currency, zone: of its account. seats: strategies and the ensemble each votes in, "" = it
    runs alone; since: the day from which each takes part. day: the running one, −1 = none yet; days: of the window,
    oldest first. results: money by strategy and day; counts: (matches, of them without a rate) likewise. costs: of each
    fill, by (strategy, instrument index, trade id): its fee as money of the account (None = no rate), its size, and how
    much of that has not been matched. scored, weights, weighed: the newest figures, weights, and when the weights were
    made. due: a day has ended and its figures are still to come."""

    __slots__ = (
        "terms", "prefix", "currency", "zone", "seats", "since", "day", "days", "results", "counts", "costs", "scored",
        "weights", "weighed", "due",
    )  # fmt: skip

    def __init__(self, terms: ShadowTerms, currency: str, zone: str) -> None:
        self.terms = terms
        self.prefix = terms.code + "-"
        self.currency = currency
        self.zone = zone
        self.seats: dict[str, str] = {}
        self.since: dict[str, int] = {}
        self.day = -1
        self.days: list[int] = []
        self.results: dict[str, dict[int, int]] = {}
        self.counts: dict[str, dict[int, tuple[int, int]]] = {}
        self.costs: dict[tuple[str, int, str], tuple[int | None, int, int]] = {}
        self.scored: dict[str, StrategyScored] = {}
        self.weights: dict[str, Weight] = {}
        self.weighed: dict[str, int] = {}
        self.due = False

    def seat(self, terms: ShadowTerms, seats: Mapping[str, str]) -> None:
        """A run begins with these terms and strategies. Who is new takes part from this day on; where a group has
        other members than before, or weights other bounds, they begin anew."""
        bounds = (terms.floor_ppm, terms.cap_ppm) != (self.terms.floor_ppm, self.terms.cap_ppm)
        self.terms = terms
        for group in sorted({*self.seats.values(), *seats.values()}):
            if bounds or self.members(group) != sorted(name for name, own in seats.items() if own == group):
                for name in self.members(group):
                    self.weights.pop(name, None)
                    self.weighed.pop(name, None)
        self.seats = dict(seats)
        for name in seats:
            self.since.setdefault(name, self.day)

    def members(self, group: str) -> list[str]:
        """The strategies of a group, by name."""
        return sorted(name for name, own in self.seats.items() if own == group)

    def groups(self) -> list[str]:
        """The ensembles whose members are scored, and "" for what runs alone."""
        return sorted(set(self.seats.values()))

    def hears(self, order_id: str) -> bool:
        """Whether an order is the shadow's."""
        return order_id.startswith(self.prefix)

    def concerns(self, event: Event) -> bool:
        """Whether a record is about the shadow alone: what counts and shows a real account leaves it out."""
        if isinstance(event, Decision):
            return is_shadow(event.account)
        if isinstance(event, Command | Report):
            return self.hears(event.order_id)
        return isinstance(event, SAID) or (isinstance(event, DayRolled) and is_shadow(event.account))

    # ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────

    def apply(self, event: Event) -> None:
        """Fold what concerns the shadow account."""
        if isinstance(event, ShadowMatched):
            self._take(event)
        elif isinstance(event, StrategyScored):
            self.scored[event.strategy] = event
        elif isinstance(event, StrategiesWeighed):
            for weight in event.weights:
                self.weights[weight.strategy] = weight
                self.weighed[weight.strategy] = event.time
            self.due = False
        elif isinstance(event, DayRolled) and event.account == self.terms.name:
            self._end_day(event.day)

    def book(self, order: Order, fill: Fill, book: Book, marks: Marks) -> None:
        """A fill of the shadow account was booked: what it cost."""
        size = fill.size_units
        for booked in reversed(book.window):
            if booked.trade_id == fill.trade_id and booked.order_id == order.id:
                size = booked.size
                break
        fee = marks.convert(fill.fee, fill.fee_currency, self.currency) if fill.fee else 0
        self.costs[order.strategy, order.instrument.index, fill.trade_id] = (fee, size, size)

    def _take(self, match: ShadowMatched) -> None:
        days = self.results.setdefault(match.strategy, {})
        days[match.day] = days.get(match.day, 0) + (match.net or 0)
        counts = self.counts.setdefault(match.strategy, {})
        count, unpriced = counts.get(match.day, (0, 0))
        one = 1 if match.size > 0 else -1
        counts[match.day] = (count + one, unpriced + (one if match.net is None else 0))

    def used(self, match: ShadowMatched, index: int) -> None:
        """What of its two fills is matched now."""
        for trade in (match.open_trade, match.close_trade):
            key = (match.strategy, index, trade)
            if key in self.costs:
                fee, size, left = self.costs[key]
                self.costs[key] = (fee, size, left - match.size)

    def _end_day(self, day: int) -> None:
        if self.day >= 0:
            self.days = [*self.days, self.day][-self.terms.days :]
            self.due = True
            first = self.days[0]
            for name, results in self.results.items():
                self.results[name] = {at: made for at, made in results.items() if at >= first}
            for name, counts in self.counts.items():
                self.counts[name] = {at: count for at, count in counts.items() if at >= first}
        # A late fill of the day could still have come; from now on nothing asks for what is matched.
        self.costs = {key: cost for key, cost in self.costs.items() if cost[2]}
        self.day = day

    # ── looking ────────────────────────────────────────────────────────────────────────────────────────────────────

    def matched(self, match: Match, now: int, marks: Marks) -> ShadowMatched:
        """A match of the shadow account as its output."""
        index, currency = match.instrument.index, match.instrument.quote
        fees: int | None = 0
        for trade in (match.open_trade, match.close_trade):
            fee, size, _ = self.costs.get((match.strategy, index, trade), (None, 1, 0))
            fees = None if fees is None or fee is None else fees + share(fee, match.size, size)
        worth = marks.convert(match.pnl, currency, self.currency)
        net = None if worth is None or fees is None else worth - fees
        buy, sell = (match.open_order, match.close_order), (match.open_units, match.close_units)
        if match.side < 0:
            buy, sell = buy[::-1], sell[::-1]
        return ShadowMatched(
            now, match.account, match.strategy, match.instrument.symbol, buy[0], buy[1], match.size, sell[0], sell[1],
            match.pnl, currency, fees, net, match.time_close, day_of(self.zone, match.time_close),
            match.open_trade, match.close_trade,
        )  # fmt: skip

    def returns(self, strategy: str) -> list[int]:
        """What a strategy made on each day of the window since it takes part, money; 0 where it closed nothing."""
        results = self.results.get(strategy, {})
        return [results.get(day, 0) for day in self.days if day >= self.since[strategy]]

    def count(self, strategy: str) -> tuple[int, int]:
        """Its matches in the window, and how many of them had no rate."""
        counts = [self.counts.get(strategy, {}).get(day, (0, 0)) for day in self.days]
        return sum(count for count, _ in counts), sum(unpriced for _, unpriced in counts)

    def weigh(self, intents: Sequence[Intent]) -> None:
        """Openings of a strategy that has a weight are sized by it."""
        for intent in intents:
            weight = self.weights.get(intent.strategy)
            if weight is not None and not intent.closing:
                intent.weight_ppm = weight.factor_ppm
                intent.weighed = self.weighed[intent.strategy]

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """strategy_perf_latest and strategy_weights_latest, as they stand."""
        weights = [
            weight_row(weight, self.terms.name, self.seats.get(name, ""), self.weighed[name])
            for name, weight in sorted(self.weights.items())
        ]
        return {PERFORMANCE: [performance_row(scored) for _, scored in sorted(self.scored.items())], WEIGHTS: weights}

    def standing(self, strategy: str) -> dict[str, Any] | None:
        """A strategy's rows of both tables in one, None before a day has ended."""
        scored, weight = self.scored.get(strategy), self.weights.get(strategy)
        if scored is None or weight is None:
            return None
        group = self.seats.get(strategy, "")
        return performance_row(scored) | weight_row(weight, self.terms.name, group, self.weighed[strategy])

    # ── as state ───────────────────────────────────────────────────────────────────────────────────────────────────

    def row(self) -> list[object]:
        return [
            self.terms.row(), self.currency, self.zone, sorted(self.seats.items()), sorted(self.since.items()),
            self.day, self.days,
            [(name, sorted(days.items())) for name, days in sorted(self.results.items())],
            [(name, sorted(days.items())) for name, days in sorted(self.counts.items())],
            sorted([*key, *cost] for key, cost in self.costs.items()),
            [score.row()[1:] for _, score in sorted(self.scored.items())],
            [(*self.weights[name], self.weighed[name]) for name in sorted(self.weights)],
        ]  # fmt: skip


def board_from(row: Sequence[Any]) -> Scoreboard:
    """A scoreboard from its row."""
    terms, currency, zone, seats, since, day, days, results, counts, costs, scored, weights = row
    board = Scoreboard(ShadowTerms.from_row(terms), currency, zone)
    board.seats, board.since = dict(seats), dict(since)
    board.day, board.days = day, list(days)
    board.results = {name: dict(items) for name, items in results}
    board.counts = {name: {at: (count, unpriced) for at, (count, unpriced) in items} for name, items in counts}
    board.costs = {(name, index, trade): (fee, size, left) for name, index, trade, fee, size, left in costs}
    board.scored = {item[2]: StrategyScored(*item) for item in scored}
    for *weight, time in weights:
        board.weights[weight[0]] = Weight(*weight)
        board.weighed[weight[0]] = time
    return board


def share(fee: int, part: int, whole: int) -> int:
    """A part's share of a fee, rounded up; of a negative part the same share negated."""
    return -(-fee * part // whole) if part > 0 else fee * part // whole
