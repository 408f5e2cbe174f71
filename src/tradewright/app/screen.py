"""What a session shows: a live table in a terminal, plain lines when piped. It only looks; it decides nothing."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tradewright.app.printable import printable
from tradewright.core.engine import Engine
from tradewright.explain import check_row, terms_text
from tradewright.model.control import (
    TRADING_STATES,
    Alarm,
    SessionStopped,
    StrategyHalted,
    TradingStateChanged,
    TradingStateSet,
)
from tradewright.model.currency import decimals_of
from tradewright.model.decision import Decision
from tradewright.model.event import MARKET_KIND_MAX, Event
from tradewright.model.instrument import Instrument
from tradewright.model.moment import moment_text
from tradewright.model.numbers import MONEY_SCALE, text_of
from tradewright.model.report import Fill
from tradewright.trader import Outcome

LINES = 10


class Screen:
    """Shows a session of `account`. quiet: nothing is shown (`--json`)."""

    def __init__(self, account: str, quiet: bool) -> None:
        self.account = account
        self.quiet = quiet
        self.engine: Engine | None = None
        self.lines: deque[str] = deque(maxlen=LINES)
        self.console = Console()
        self.live = None if quiet or not self.console.is_terminal else Live(console=self.console, auto_refresh=False)

    def __enter__(self) -> Self:
        if self.live is not None:
            self.live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.live is not None:
            self.tick()
            self.live.__exit__(kind, error, at)

    def listen(self, event: Event, outcome: Outcome) -> None:
        """One durable step: its decisions and fills become lines."""
        if self.quiet or self.engine is None:
            return
        items = outcome.outputs if event.kind <= MARKET_KIND_MAX else [event, *outcome.outputs]
        for item in items:
            line = self._line_of(self.engine, item)
            if line:
                self._say(item.time, line, item)

    def _line_of(self, engine: Engine, item: Event) -> str:
        """What is said of an input or an output, "" = nothing."""
        if isinstance(item, Decision):
            return decision_line(item)
        if isinstance(item, Fill):
            state = engine.orders.get(item.order_id)
            return "" if state is None else fill_line(item, state.order.instrument)
        if isinstance(item, TradingStateSet):
            return f"STATE  {item.scope} is {TRADING_STATES[item.state]} — {item.who}: {item.reason}"
        if isinstance(item, Alarm | StrategyHalted | TradingStateChanged | SessionStopped):
            return alert_line(item)
        return ""

    def _say(self, time: int, line: str, item: Event | None = None) -> None:
        """item: of the step, what the line tells of."""
        line = f"{moment_text(time)[11:19]}  {printable(line)}"
        self.lines.append(line)
        if self.live is None:
            print(line, flush=True)

    def tick(self) -> None:
        """Draw the table anew, where there is a terminal."""
        if self.live is not None and self.engine is not None:
            self.live.update(Group(self._table(self.engine), Text("\n".join(self.lines), style="dim")), refresh=True)

    def _table(self, engine: Engine) -> Table:
        account = engine.accounts[self.account]
        currency = account.terms.currency
        equity = money(account.equity(), currency)
        title = f"tradewright · {moment_text(engine.now)[:19]}Z · equity {equity} {currency}"
        table = Table(title=title, expand=False)
        for name, justify in (
            ("symbol", "left"),
            ("price", "right"),
            ("position", "right"),
            ("P&L open", "right"),
            ("P&L made", "right"),
        ):
            table.add_column(name, justify=justify)  # type: ignore[arg-type]
        for instrument in engine.instruments:
            mark = engine.marks.marks[instrument.index].price()
            books = [
                book
                for book in engine.ledger.books.values()
                if book.instrument is instrument and book.account == self.account
            ]
            net = sum(book.net for book in books)
            opened = sum(mark * (book.net * instrument.money_factor) - book.cost() for book in books) if mark else 0
            made = sum(book.realised for book in books)
            table.add_row(
                instrument.symbol, text_of(mark, instrument.price_scale) if mark else "—",
                text_of(net, instrument.size_scale), f"{money(opened, instrument.quote)} {instrument.quote}",
                f"{money(made, instrument.quote)} {instrument.quote}",
            )  # fmt: skip
        return table


def of_real_accounts(engine: Engine, event: Event, outcome: Outcome) -> Outcome | None:
    """A step without what its shadow account does; None = all of it is the shadow's."""
    board = engine.board
    if board is None:
        return outcome
    if board.concerns(event):
        return None
    own = [output for output in outcome.outputs if not board.concerns(output)]
    return Outcome(own, outcome.matches, outcome.alarms)


def decision_line(decision: Decision) -> str:
    """One decision as one line: what was wanted, and every reason why not."""
    order = decision.orders[0]
    if decision.approved:
        return f"SENT   {order.id} {terms_text(order)} — {decision.strategy}: {decision.reason}"
    reasons = "; ".join(check_row(check, decision.instrument)["text"] for check in decision.refusals)
    codes = ", ".join(check.code for check in decision.refusals)
    return f"DENIED {order.id} {terms_text(order)} — {codes}: {reasons}"


def fill_line(fill: Fill, instrument: Instrument) -> str:
    """An execution as one line."""
    size, price = text_of(fill.size_units, instrument.size_scale), text_of(fill.price_units, instrument.price_scale)
    return f"FILL   {fill.order_id} {instrument.symbol} {size} at {price}"


def alert_line(output: Alarm | StrategyHalted | TradingStateChanged | SessionStopped) -> str:
    """What a person should look at, as one line."""
    if isinstance(output, Alarm):
        return f"ALARM  {output.code}: {output.text}"
    if isinstance(output, SessionStopped):
        return f"STOPPED {output.text()}"
    if isinstance(output, StrategyHalted):
        return f"HALTED strategy {output.strategy} — {output.code}: {output.text}"
    return f"STATE  {output.scope} is {TRADING_STATES[output.state]} — {output.code}"


def money(amount: int | None, currency: str) -> str:
    """Money for looking at, with as many decimals as it takes; the exact figure is in the JSON."""
    if amount is None:
        return "unknown"
    places = decimals_of(currency)
    units = amount // 10 ** (MONEY_SCALE - places)
    whole, part = divmod(abs(units), 10**places)
    return f"{'-' if units < 0 else ''}{whole:,}.{part:0{places}d}"
