"""What stands, as gauges that are read when Prometheus asks: the engine's books, and what is around it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from tradewright import __version__
from tradewright.app.api.books import buying_power, scopes_of
from tradewright.app.build import build
from tradewright.app.connected import ConnectedEngine
from tradewright.app.keeper import Keeper
from tradewright.core.accounts import AccountState
from tradewright.core.breakers import is_open
from tradewright.core.ledger import Book
from tradewright.model.control import ACTIVE
from tradewright.model.numbers import MONEY_SCALE
from tradewright.model.shadow import is_shadow

SECOND_NS = 10**9
Samples = Iterable[tuple[list[str], float | None]]


class Books(Collector):
    """The engine's books as gauges, read in the engine's own loop. bars: how late the newest bar of a symbol was.
    alarmed: when each alarm was raised last, ns UTC."""

    def __init__(self, connected: ConnectedEngine, bars: dict[str, float], alarmed: dict[str, int]) -> None:
        self._connected = connected
        self._bars = bars
        self._alarmed = alarmed

    def collect(self) -> Iterator[Metric]:
        accounts = [account for name, account in self._connected.engine.accounts.items() if not is_shadow(name)]
        yield from self._accounts(accounts)
        yield from self._links(accounts)
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
            "tradewright_account_state", "1 = ACTIVE, 2 = REDUCING, 3 = HALTED, by the strictest scope over all of it.",
            ["account"], (([one.terms.name], _state(self._connected, one)) for one in accounts),
        )  # fmt: skip
        yield _gauge(
            "tradewright_breaker_open", "1 = the circuit breaker is open; where a limit asks for one.", ["account"],
            (([one.terms.name], _breaker(self._connected, one)) for one in accounts),
        )  # fmt: skip

    def _links(self, accounts: list[AccountState]) -> Iterator[Metric]:
        """Accounts and their venues; one in this process has none to differ from."""
        remote = [(one.terms.name, one.link) for one in accounts if one.link is not None]
        yield _gauge(
            "tradewright_account_ready", "1 = it can be used.", ["account"],
            (([one.terms.name], float(one.link is None or one.link.ready)) for one in accounts),
        )  # fmt: skip
        yield _gauge(
            "tradewright_account_connected", "1 = reports of its venue come in.", ["account"],
            (([one.terms.name], float(one.link is None or one.link.up)) for one in accounts),
        )  # fmt: skip
        yield _gauge(
            "tradewright_reconciliation_differences", "Differences from the venue that are looked at.", ["account"],
            (([name], float(len(link.seen))) for name, link in remote),
        )  # fmt: skip
        yield _gauge(
            "tradewright_reconciliation_failures", "Comparisons with the venue in a row that failed.", ["account"],
            (([name], float(link.failures)) for name, link in remote),
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
        connected = self._connected
        names = {account.terms.name for account in accounts}
        yield _gauge(
            "tradewright_limit_used_ratio", "How much of a limit is used.", ["scope", "rule"],
            (([use.scope, use.code], use.ppm / 10**6) for use in connected.engine.utilisation() if use.ppm is not None
             and not is_shadow(use.scope.removeprefix("account:"))),
        )  # fmt: skip
        working = [(name, connected.orders_of(name).open()) for name in sorted(names)]
        yield _gauge(
            "tradewright_working_orders", "Orders that may be at work at a venue.", ["account"],
            (([name], float(len(ids))) for name, ids in working),
        )  # fmt: skip
        yield _gauge(
            "tradewright_unknown_orders", "Those with a request of which nobody knows what became.", ["account"],
            (([name], float(sum(connected.engine.orders[id].has_unknown() for id in ids))) for name, ids in working),
        )  # fmt: skip
        yield _gauge(
            "tradewright_scope_state", "2 = REDUCING, 3 = HALTED; a scope that is ACTIVE has no sample.", ["scope"],
            (([scope], float(state)) for scope, state in connected.engine.states.items() if state != ACTIVE),
        )  # fmt: skip
        now = connected.clock()
        yield _gauge(
            "tradewright_alarm_age_seconds", "Since an alarm was raised last.", ["code"],
            (([code], max(0, now - at) / SECOND_NS) for code, at in self._alarmed.items()),
        )  # fmt: skip


class Room(Collector):
    """What stands around the engine: its journal, its disk, and who follows."""

    def __init__(self, connected: ConnectedEngine, home: Path, followers: Callable[[], Mapping[str, Keeper]]) -> None:
        self._connected = connected
        self._home = home
        self._followers = followers

    def collect(self) -> Iterator[Metric]:
        journal, keepers = self._connected.live.journal, self._followers()
        behind = float(journal.head.sequence - journal.durable)
        writable = float(self._connected.live.failure is None)
        yield _gauge("tradewright_journal_records", "Records of the journal.", [], [([], float(journal.head.sequence))])
        yield _gauge("tradewright_journal_backlog_records", "Records not yet on the disk.", [], [([], behind)])
        yield _gauge("tradewright_journal_writable", "1 = it can be written.", [], [([], writable)])
        free = float(shutil.disk_usage(self._home).free)
        yield _gauge("tradewright_disk_free_bytes", "Room on the disk of the journal.", [], [([], free)])
        yield _gauge(
            "tradewright_follower_up", "1 = it follows the journal.", ["follower"],
            (([name], float(keeper.well)) for name, keeper in keepers.items()),
        )  # fmt: skip
        yield _gauge(
            "tradewright_follower_lag_records", "Durable records that it was not heard to have told.", ["follower"],
            (([name], float(keeper.behind(journal.durable))) for name, keeper in keepers.items()),
        )  # fmt: skip
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


def _breaker(connected: ConnectedEngine, account: AccountState) -> float | None:
    engine = connected.engine
    if engine.gate.tightest(account, "breakerErrors", engine.now) is None:
        return None
    return float(is_open(engine, account))


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
