"""What a service tells Prometheus: counts of what its durable steps said, and gauges that are read from the engine's
books when somebody asks.

Prometheus knows floats alone: every figure here is for eyes and alerts, and nothing reads one back. What is not known
has no sample. Names without the prefix `tradewright_` are those that others' dashboards know.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from tradewright import __version__
from tradewright.app.api.books import buying_power, scopes_of
from tradewright.app.build import build
from tradewright.app.connected import ConnectedEngine
from tradewright.core.accounts import AccountState
from tradewright.core.ledger import Book
from tradewright.core.orders import OrderState
from tradewright.model.command import Submit
from tradewright.model.control import ACTIVE, Alarm, SessionStopped
from tradewright.model.decision import PICKER, Decision
from tradewright.model.event import CANCELLED, EXPIRED, FILLED, REJECTED, Event
from tradewright.model.market import Bar
from tradewright.model.numbers import MONEY_SCALE
from tradewright.model.report import Fill, Report
from tradewright.model.shadow import is_shadow
from tradewright.trader import Outcome

#: How often the loop is asked how late it is.
LAG_SECONDS = 0.25
SECOND_NS = 10**9
MS_NS = 10**6
_ENDS = {CANCELLED: "cancelled", EXPIRED: "expired", REJECTED: "rejected"}
_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
_FAST_MS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 500)
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5)


class Metrics:
    """listen: told of each durable step. written: told how long each commit of the journal took. called: how long each
    callback of a strategy took. watch_loop: runs beside the engine. text: what Prometheus reads."""

    def __init__(self, connected: ConnectedEngine) -> None:
        # When a series began is as good as when the process did.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._connected = connected
        self._sent: dict[str, int] = {}
        self.registry = registry = CollectorRegistry()
        self._orders = Counter(
            "trading_orders", "Orders by what became of them; one is submitted once, and may be filled in parts.",
            ["status"], registry=registry,
        )  # fmt: skip
        self._latency = Histogram(
            "trading_order_latency_ms", "From the decision to the venue's first word of the order, milliseconds.",
            ["venue"], registry=registry, buckets=_MS,
        )  # fmt: skip
        self._generation = Histogram(
            "tradewright_signal_generation_ms", "What a strategy's callback took, milliseconds.",
            ["source"], registry=registry, buckets=_FAST_MS,
        )  # fmt: skip
        self._accepted = Counter(
            "tp_signals_accepted", "Signals and wishes that every limit let pass.", ["account", "reason"],
            registry=registry,
        )  # fmt: skip
        self._rejected = Counter(
            "tp_signals_rejected", "Those that the picker refused, by each code.", ["code"], registry=registry
        )
        self._refused = Counter(
            "tradewright_refusals", "Refused intents by rule; one may be refused by several.", ["station", "rule"],
            registry=registry,
        )  # fmt: skip
        self._matches = Counter("engine_matches_emitted", "Closed pieces of positions.", registry=registry)
        self._alarms = Counter("tradewright_alarms", "Alarms by code.", ["code"], registry=registry)
        self._delay = Histogram(
            "tradewright_bar_delay_seconds", "From the end of a bar until it was decided on.", ["symbol"],
            registry=registry, buckets=(*_SECONDS, 10, 30, 60, 120, 300),
        )  # fmt: skip
        self._commits = Histogram(
            "tradewright_journal_commit_seconds", "What a commit of the journal took.", registry=registry,
            buckets=_SECONDS,
        )  # fmt: skip
        self._lag = Histogram(
            "tradewright_loop_lag_seconds", "How late the service's loop is.", registry=registry, buckets=_SECONDS
        )
        self._bars: dict[str, float] = {}
        registry.register(_Books(connected, self._bars))

    def text(self) -> bytes:
        return generate_latest(self.registry)

    # ── counts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def listen(self, event: Event, outcome: Outcome) -> None:
        """One durable step. What a shadow account does counts in none of these."""
        board = self._connected.engine.board
        if isinstance(event, Report):
            if board is not None and board.hears(event.order_id):
                return
            self._hear(event)
        elif isinstance(event, Bar):
            delay = max(0, self._connected.clock() - event.time) / SECOND_NS
            self._bars[event.symbol] = delay
            self._delay.labels(event.symbol).observe(delay)
        for output in outcome.outputs:
            if board is None or not board.concerns(output):
                self._say(output)
        if outcome.matches:
            self._matches.inc(sum(not is_shadow(match.account) for match in outcome.matches))

    def _say(self, output: Event) -> None:
        if isinstance(output, Submit):
            self._orders.labels("submitted").inc()
            self._sent[output.order_id] = output.time
        elif isinstance(output, Decision):
            self._judged(output)
        elif isinstance(output, Alarm | SessionStopped):
            self._alarms.labels(output.code).inc()

    def _judged(self, decision: Decision) -> None:
        if decision.approved:
            self._accepted.labels(decision.account, "OK").inc()
            return
        self._orders.labels("denied").inc()
        for station, code in dict.fromkeys((check.station, check.code) for check in decision.refusals):
            self._refused.labels(station, code).inc()
            if station == PICKER:
                self._rejected.labels(code).inc()

    def _hear(self, report: Report) -> None:
        state = self._connected.engine.orders.get(report.order_id)
        if state is None:
            return
        sent = self._sent.pop(report.order_id, None)
        if sent is not None:
            venue = self._connected.engine.accounts[state.order.account].terms.venue
            self._latency.labels(venue).observe(max(0, report.time - sent) / MS_NS)
        if report.kind == FILLED and isinstance(report, Fill):
            self._orders.labels("filled" if _completes(state, report) else "partially_filled").inc()
        elif report.kind in _ENDS:
            self._orders.labels(_ENDS[report.kind]).inc()

    def written(self, seconds: float) -> None:
        self._commits.observe(seconds)

    def called(self, source: str, seconds: float) -> None:
        self._generation.labels(source).observe(seconds * 1_000)

    async def watch_loop(self) -> None:
        """Runs until cancelled."""
        while True:
            due = time.monotonic() + LAG_SECONDS
            await asyncio.sleep(LAG_SECONDS)
            self._lag.observe(max(0.0, time.monotonic() - due))


def _completes(state: OrderState, fill: Fill) -> bool:
    """Whether it is the fill that made the order whole: the books may be ahead of what is told."""
    return state.filled >= state.order.quantity and next(reversed(state.trades), "") == fill.trade_id


# ── gauges ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Samples = Iterable[tuple[list[str], float | None]]


class _Books(Collector):
    """The engine's books as gauges, read in the engine's own loop. bars: how late the newest bar of a symbol was."""

    def __init__(self, connected: ConnectedEngine, bars: dict[str, float]) -> None:
        self._connected = connected
        self._bars = bars

    def collect(self) -> Iterator[Metric]:
        accounts = [account for name, account in self._connected.engine.accounts.items() if not is_shadow(name)]
        yield from self._accounts(accounts)
        yield from self._strategies(accounts)
        yield from self._markets()
        yield from self._engine(accounts)

    def _accounts(self, accounts: list[AccountState]) -> Iterator[Metric]:
        own = {account.terms.name: [account.terms.name, account.terms.currency] for account in accounts}

        def by_account(name: str, text: str, figures: Iterable[int | None]) -> Metric:
            rows = zip(own.values(), figures, strict=True)
            return _gauge(name, text, ["account", "currency"], ((row, _money(figure)) for row, figure in rows))

        yield _gauge(
            "trading_positions_count", "Open positions.", ["account"],
            (([one.terms.name], sum(bool(held.long_size or held.short_size) for held in one.positions))
             for one in accounts),
        )  # fmt: skip
        yield by_account("trading_buying_power", "What openings may be worth.", map(buying_power, accounts))
        yield by_account("trading_daily_pnl", "Equity less that of the day's begin.", map(_today, accounts))
        yield by_account("tradewright_equity", "Cash and what is held.", (one.equity() for one in accounts))
        yield by_account("tradewright_exposure", "What is held, long and short added.", map(_exposure, accounts))
        yield _gauge(
            "tradewright_drawdown_ratio", "Equity below its highest, as a share; where a limit or a session asks.",
            ["account"], (([one.terms.name], _drawdown(one)) for one in accounts),
        )  # fmt: skip
        yield _gauge(
            "tradewright_account_ready", "1 = it can be used.", ["account"],
            (([one.terms.name], float(one.link is None or one.link.ready)) for one in accounts),
        )  # fmt: skip
        yield _gauge(
            "tradewright_account_state", "1 = ACTIVE, 2 = REDUCING, 3 = HALTED, by the strictest scope over all of it.",
            ["account"], (([one.terms.name], _state(self._connected, one)) for one in accounts),
        )  # fmt: skip
        yield _gauge(
            "tradewright_reconciliation_differences", "Differences from the venue that are looked at.", ["account"],
            (([one.terms.name], float(len(one.link.seen))) for one in accounts if one.link is not None),
        )  # fmt: skip

    def _strategies(self, accounts: list[AccountState]) -> Iterator[Metric]:
        """Money of the account's currency."""
        unrealised: dict[tuple[str, str], int | None] = {}
        realised: dict[tuple[str, str], int | None] = {}
        exposure: dict[tuple[str, str], int | None] = {}
        count: dict[tuple[str, str], int] = {}
        for account in accounts:
            for book in account.books:
                if not book.used():
                    continue
                key = (account.terms.name, book.strategy)
                price = account.marks.marks[book.instrument.index].price()
                _add(unrealised, key, account, book, _open_result(book, price))
                _add(realised, key, account, book, book.realised - book.fees.get(book.instrument.quote, 0))
                value = None if price <= 0 and book.net else price * book.net * book.instrument.money_factor
                _add(exposure, key, account, book, value)
                count[key] = count.get(key, 0) + bool(book.lots)
        labels = ["account", "strategy"]
        for name, text, found in (
            ("te_unrealized_pnl_total", "P&L of open lots, the account's currency.", unrealised),
            ("te_realized_pnl_total", "P&L of closed lots less fees in the quote currency.", realised),
            ("te_net_exposure", "What is held, shorts negative, the account's currency.", exposure),
        ):
            yield _gauge(name, text, labels, (([*key], _money(figure)) for key, figure in found.items()))
        yield _gauge(
            "te_open_positions_count", "Symbols in which a strategy holds lots.", labels,
            (([*key], float(number)) for key, number in count.items()),
        )  # fmt: skip

    def _markets(self) -> Iterator[Metric]:
        engine, now = self._connected.engine, self._connected.clock()
        seen = [(mark.instrument.symbol, mark.time()) for mark in engine.marks.marks if mark.time()]
        yield _gauge(
            "te_rollup_staleness_seconds", "Age of the newest price.", ["symbol"],
            (([symbol], max(0, now - at) / SECOND_NS) for symbol, at in seen),
        )  # fmt: skip
        yield _gauge(
            "prices_bar_delay_seconds", "From the end of the newest bar until it was decided on.", ["symbol"],
            (([symbol], delay) for symbol, delay in self._bars.items()),
        )  # fmt: skip

    def _engine(self, accounts: list[AccountState]) -> Iterator[Metric]:
        connected, journal = self._connected, self._connected.live.journal
        names = {account.terms.name for account in accounts}
        yield _gauge(
            "tradewright_limit_used_ratio", "How much of a limit is used.", ["scope", "rule"],
            (([use.scope, use.code], use.ppm / 10**6) for use in connected.engine.utilisation() if use.ppm is not None
             and not is_shadow(use.scope.removeprefix("account:"))),
        )  # fmt: skip
        yield _gauge(
            "tradewright_working_orders", "Orders that may be at work at a venue.", ["account"],
            (([name], float(len(connected.orders_of(name).open()))) for name in sorted(names)),
        )  # fmt: skip
        yield _gauge("tradewright_journal_records", "Records of the journal.", [], [([], float(journal.head.sequence))])
        behind = float(journal.head.sequence - journal.durable)
        yield _gauge("tradewright_journal_backlog_records", "Records not yet on the disk.", [], [([], behind)])
        yield _gauge(
            "tradewright_journal_writable", "1 = it can be written.", [], [([], float(connected.live.failure is None))]
        )
        yield _gauge(
            "tradewright_build_info", "Always 1.", ["version", "mode"], [([__version__, build()["mode"]], 1.0)]
        )


def _gauge(name: str, text: str, labels: list[str], samples: Samples) -> Metric:
    """What is not known has no sample."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, figure in samples:
        if figure is not None:
            family.add_metric(values, figure)
    return family


def _money(count: int | None) -> float | None:
    return None if count is None else count / 10**MONEY_SCALE


def _today(account: AccountState) -> int | None:
    equity, began = account.equity(), account.day_equity
    return None if equity is None or began is None else equity - began


def _exposure(account: AccountState) -> int | None:
    total = 0
    for position in account.positions:
        for size in (position.long_size, position.short_size):
            value = account.value_of(position, size) if size else 0
            if value is None:
                return None
            total += abs(value)
    return total


def _drawdown(account: AccountState) -> float | None:
    equity = account.equity()
    if equity is None or account.peak is None or account.peak <= 0:
        return None
    return max(0, account.peak - equity) / account.peak


def _state(connected: ConnectedEngine, account: AccountState) -> float:
    return float(max(connected.engine.states.get(scope, ACTIVE) for scope in scopes_of(account)))


def _open_result(book: Book, price: int) -> int | None:
    """P&L of the open lots, money of the quote currency; None = no price is known."""
    if not book.lots:
        return 0
    if price <= 0:
        return None
    gain: int = sum(lot.side * (price - lot.price_units) * lot.size for lot in book.lots) * book.instrument.money_factor
    return gain


def _add(
    found: dict[tuple[str, str], int | None], key: tuple[str, str], account: AccountState, book: Book, more: int | None
) -> None:  # fmt: skip
    """Adds money of the book's quote currency in the account's own; where a part is not known, the sum is not."""
    own = None if more is None else account.marks.convert(more, book.instrument.quote, account.terms.currency)
    so_far = found.get(key, 0)
    found[key] = None if own is None or so_far is None else so_far + own
