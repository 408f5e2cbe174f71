"""A desk: strategies, one trader, one account at one exchange, the sequencer between them, and a journal.

After every event the books of the engine and of the exchange are compared, two ledgers that share no code: cash per
currency, positions, lots, working orders and what they filled; and the engine's holds are summed up anew from its
orders. At the end the journal is folded into new traders, which must arrive at the same state.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from tradewright.app.recovery import groups
from tradewright.backtest.recorder import Recorder
from tradewright.backtest.run import plain
from tradewright.backtest.strategy_source import specifications, strategy_class
from tradewright.core.engine import Engine
from tradewright.core.life_cycle import HELD
from tradewright.core.limits import limits_from
from tradewright.core.setup import Setup, StrategySpec
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.account import Account
from tradewright.model.codec import Decoder
from tradewright.model.command import Command
from tradewright.model.control import CashMoved, Started
from tradewright.model.event import Event
from tradewright.model.exit_plan import plan_from
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Quote, QuoteBar
from tradewright.model.numbers import Number, count_of, money_of, money_text
from tradewright.model.order import ENTRY
from tradewright.model.report import Fill, FillPrice, Replaced, Report
from tradewright.model.rng import Rng
from tradewright.model.sizer import sizer_from
from tradewright.ports import MemoryJournal
from tradewright.sim.exchange import Exchange
from tradewright.sim.models import Models
from tradewright.sim.sequencer import Sequencer
from tradewright.trader import Trader

ACCOUNT = "main"
STRATEGIES = Path(__file__).parent / "strategies.py"
MINUTE = 60 * 10**9
#: 2026-11-17, a Tuesday, 00:00 UTC.
MIDNIGHT = 1_794_873_600 * 10**9
NAMES = {
    kinds.ACCEPTED: "accepted", kinds.REJECTED: "rejected", kinds.FILLED: "filled", kinds.CANCELLED: "cancelled",
    kinds.EXPIRED: "expired", kinds.REPLACED: "replaced", kinds.CANCEL_REJECTED: "cancel rejected",
    kinds.REPLACE_REJECTED: "replace rejected", kinds.TRIGGERED: "triggered", kinds.NOT_FOUND: "not found",
    kinds.FILL_PRICE: "fill price", kinds.OUTCOME_UNKNOWN: "unknown",
}  # fmt: skip
Script = dict[str, list[list[Any]]]


def share(symbol: str = "ACME", calendar: str = "always") -> Instrument:
    """A share in dollars: prices in cents, whole shares."""
    return Instrument(symbol, "sim", "equity", symbol, "USD", 2, 0, calendar=calendar)


def at(clock: str) -> int:
    """`1 09:30` is 09:30 UTC on the day after the first, ns; without a day, the first."""
    day, _, time = clock.rpartition(" ")
    hours, minutes = time.split(":")
    return MIDNIGHT + ((int(day or 0) * 24 + int(hours)) * 60 + int(minutes)) * MINUTE


class Desk:
    """Strategies by name, each with its script (or its reference and parameters); story: what was said of orders. A
    name alone is a class of strategies.py beside this file; one from elsewhere is `file.py:Class`."""

    def __init__(
        self,
        *strategies: Script | tuple[str, dict[str, Any]],
        instruments: list[Instrument] | None = None,
        cash: Number | dict[str, Number] = "1000000",
        limits: dict[str, Number] | None = None,
        sizers: dict[str, str] | None = None,
        plans: dict[str, dict[str, Any]] | None = None,
        models: Models | None = None,
        **terms: Any,
    ) -> None:
        self.instruments = instruments or [share()]
        terms = {"kind": "margin", "currency": "USD", **terms}
        self.account = Account(ACCOUNT, ACCOUNT, "sim", **terms)
        self.trader = Trader(lambda spec: strategy_class(spec.ref))
        self.journal = MemoryJournal()
        self.recorder = Recorder(self.trader, keep_decisions=True, journal=self.journal)
        self.exchange = Exchange(models or Models(), Rng(1))
        self.sequencer = Sequencer(self._step, self.exchange)
        self.story: list[tuple[object, ...]] = []
        balances = cash if isinstance(cash, dict) else {self.account.currency: cash}
        self.balances = {currency: money_of(amount, "cash") for currency, amount in balances.items()}
        self.exchange.open_account(ACCOUNT, self.account.mode, self.balances)
        self.specs = [spec for number, given in enumerate(strategies) for spec in self._specs(number, given)]
        sized = {scope: sizer_from(text) for scope, text in (sizers or {}).items()}
        planned = {scope: plan_from(named) for scope, named in (plans or {}).items()}
        setup = Setup(
            self.instruments, [(self.account, limits_from(limits or {}).row())], self.specs, {}, sized, plans=planned
        )
        self.time = MIDNIGHT
        self.sequencer.feed(Started(self.time, 1, plain(setup.row())))
        for currency, amount in self.balances.items():
            self.sequencer.feed(CashMoved(self.time, ACCOUNT, currency, amount, "deposit"))

    def _specs(self, number: int, given: Script | tuple[str, dict[str, Any]]) -> list[StrategySpec]:
        name, parameters = given if isinstance(given, tuple) else ("Scripted", {"script": given})
        symbols = tuple(instrument.symbol for instrument in self.instruments)
        ref = name if ":" in name else f"{STRATEGIES}:{name}"
        return [spec for spec, _ in specifications(ref, ACCOUNT, symbols, parameters, "ABCDEF"[number])]

    def _step(self, event: Event) -> list[Command]:
        if isinstance(event, Report):
            self.story.append(short(event))
        refused = self.recorder.denied
        commands = self.recorder.step(event)
        if self.recorder.denied > refused:
            denials = [decision for decision in self.recorder.decisions if not decision.approved]
            for decision in denials[refused - self.recorder.denied :]:
                self.story.append(("denied", label(decision.orders[0].id), decision.refusals[0].code))
        return commands

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def feed(self, event: Event) -> list[tuple[object, ...]]:
        """One event, and what was said of orders meanwhile, acceptances left out; then the books are compared."""
        before = len(self.story)
        self.time = max(self.time, event.time)
        self.sequencer.feed(event)
        self.compare_books()
        return [line for line in self.story[before:] if line[0] != "accepted"]

    def bar(
        self, open: Number, high: Number, low: Number, close: Number, volume: int = 1_000_000, symbol: str = ""
    ) -> list[tuple[object, ...]]:
        """The next minute's bar."""
        instrument = self.instrument(symbol)
        prices = [count_of(price, instrument.price_scale, "price") for price in (open, high, low, close)]
        size = volume * 10**instrument.size_scale
        return self.feed(Bar(self.time + MINUTE, instrument, self.time, *prices, size))

    def flat(self, price: Number, symbol: str = "") -> list[tuple[object, ...]]:
        """The next minute's bar, at one price."""
        return self.bar(price, price, price, price, symbol=symbol)

    def quote_bar(self, bid: list[Number], ask: list[Number], symbol: str = "") -> list[tuple[object, ...]]:
        instrument = self.instrument(symbol)
        prices = [count_of(price, instrument.price_scale, "price") for price in (*bid, *ask)]
        return self.feed(QuoteBar(self.time + MINUTE, instrument, self.time, *prices))

    def quote(
        self, bid: Number, ask: Number, bid_size: int = 0, ask_size: int = 0, symbol: str = ""
    ) -> list[tuple[object, ...]]:
        instrument = self.instrument(symbol)
        prices = [count_of(price, instrument.price_scale, "price") for price in (bid, ask)]
        one = 10**instrument.size_scale
        return self.feed(Quote(self.time + MINUTE, instrument, *prices, bid_size * one, ask_size * one))

    def instrument(self, symbol: str) -> Instrument:
        return self.trader.engine.symbols[symbol or self.instruments[0].symbol]

    # ── what it has ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def engine(self) -> Engine:
        return self.trader.engine

    def cash(self, currency: str = "USD") -> str:
        """Change of cash since the deposit."""
        return money_text(self.engine.ledger.cash[ACCOUNT].get(currency, 0) - self.balances.get(currency, 0))

    def net(self, symbol: str = "") -> Decimal:
        """What the account holds at the venue."""
        instrument = self.instrument(symbol)
        count = self.exchange.positions(ACCOUNT).get(instrument.symbol, 0)
        return Decimal(count).scaleb(-instrument.size_scale)

    def size(self, strategy: str = "A", symbol: str = "") -> Decimal:
        """What one strategy holds."""
        instrument = self.instrument(symbol)
        return Decimal(self.engine.book(ACCOUNT, strategy, instrument).net).scaleb(-instrument.size_scale)

    def realised(self, strategy: str = "A", symbol: str = "") -> str:
        """What one strategy's matches made, in the quote currency, before fees."""
        return money_text(self.engine.book(ACCOUNT, strategy, self.instrument(symbol)).realised)

    def lots(self, strategy: str = "A", symbol: str = "") -> list[tuple[str, int, int]]:
        """(opening order, side × size count, price count) of one strategy's lots, oldest first."""
        book = self.engine.book(ACCOUNT, strategy, self.instrument(symbol))
        return [(label(lot.order_id), lot.side * lot.size, lot.price_units) for lot in book.lots]

    def matches(self) -> list[tuple[str, int, int, int, str]]:
        """(strategy, side × size, open and close price counts, P&L) of every closed piece."""
        return [
            (match.strategy, match.side * match.size, match.open_units, match.close_units, money_text(match.pnl))
            for match in self.recorder.matches
        ]

    def equity(self) -> str:
        """In the account's currency, by the engine's marks."""
        equity = self.engine.accounts[ACCOUNT].equity()
        assert equity is not None, "a price or a rate is missing"
        return money_text(equity)

    # ── the books ──────────────────────────────────────────────────────────────────────────────────────────────────

    def compare_books(self) -> None:
        """Engine against exchange, and the engine's sums against its own orders and lots."""
        engine, exchange = self.engine, self.exchange
        assert without_zeros(engine.ledger.cash[ACCOUNT]) == without_zeros(exchange.balances(ACCOUNT))
        nets = {position.instrument.symbol: position.net for position in engine.accounts[ACCOUNT].positions}
        assert without_zeros(nets) == exchange.positions(ACCOUNT)
        sent = {id: state for id, state in engine.orders.items() if state.is_open() and state.stage > HELD}
        there = {w.order.id: w for w in exchange.working_orders(ACCOUNT)}
        assert sorted(sent) == sorted(there), "the engine and the exchange work other orders"
        for id, state in sent.items():
            assert (state.filled, state.order.quantity) == (there[id].filled, there[id].quantity), id
        if self.account.mode == "hedging":
            assert self._engine_lots() == sorted(exchange.lots(ACCOUNT)), "the lots differ"
        self._compare_sums()

    def _engine_lots(self) -> list[tuple[str, str, int, int]]:
        """Lots of all strategies as the exchange lists them: the fills of one order are one lot."""
        rows = [
            (book.instrument.symbol, lot.order_id, lot.side, lot.size)
            for book in self.engine.ledger.books.values()
            for lot in book.lots
        ]
        grouped = groupby(sorted(rows), key=lambda row: row[:3])
        return [(*key, sum(row[3] for row in lots)) for key, lots in grouped]

    def _compare_sums(self) -> None:
        engine = self.engine
        books = engine.ledger.books.values()
        for book in books:
            assert book.net == sum(lot.side * lot.size for lot in book.lots) == book.long_size - book.short_size
        for position in engine.accounts[ACCOUNT].positions:
            mine = [book for book in books if book.instrument is position.instrument]
            assert position.net == sum(book.net for book in mine)
            opening = [
                state
                for state in engine.orders.values()
                if state.order.role == ENTRY and state.is_open() and state.order.instrument is position.instrument
            ]
            assert position.opening == len(opening)
            assert position.buying == sum(state.remaining() for state in opening if state.order.side > 0)
            assert position.selling == sum(state.remaining() for state in opening if state.order.side < 0)
            assert position.exiting == sum(book.exiting for book in mine) >= 0
            assert position.leaving >= 0
        holds = engine.holds
        assert sorted(holds.holds) == sorted(id for id, state in engine.orders.items() if state.is_open())
        for currency, amount in holds.money.get(ACCOUNT, {}).items():
            assert amount == sum(hold.held for hold in holds.holds.values() if hold.currency == currency)

    def is_idle(self) -> bool:
        """Nothing works, and nothing is held for it: no money, no slot, no size."""
        engine = self.engine
        if self.exchange.working_orders(ACCOUNT) or engine.holds.holds or engine.exits:
            return False
        assert not any(engine.holds.money.get(ACCOUNT, {}).values()), "money is held for no order"
        for position in engine.accounts[ACCOUNT].positions:
            held = (position.buying, position.selling, position.opening, position.exiting, position.leaving)
            assert held == (0, 0, 0, 0, 0), f"{position.instrument.symbol}: sizes are held for no order: {held}"
        assert not any(book.exiting for book in engine.ledger.books.values())
        return True

    # ── recovery ───────────────────────────────────────────────────────────────────────────────────────────────────

    def records(self, trader: Trader, start: int = 1, end: int | None = None) -> Iterator[tuple[Event, list[Event]]]:
        """Inputs with their outputs, as the journal gives them back to `trader`, of records start to end."""
        decoder = Decoder(trader.engine.instruments, lambda id: trader.engine.orders[id].order)
        records = list(enumerate(self.journal.records[:end], 1))[start - 1 :]
        for _, event, outputs in groups(iter(records), decoder):
            yield event, outputs

    def recovered(self, with_strategies: bool = True) -> Trader:
        """A new trader, folded from the journal's records alone."""
        trader = Trader((lambda spec: strategy_class(spec.ref)) if with_strategies else None)
        for event, outputs in self.records(trader):
            trader.follow(event, outputs)
        return trader

    def check_recovery(self) -> None:
        """Folded with and without strategies, and restored from a snapshot: the same state each time."""
        state, strategies = self.trader.state_hash(), self.trader.roster.strategy_state()
        followed = self.recovered()
        assert followed.state_hash() == state
        assert followed.roster.strategy_state() == strategies
        assert self.recovered(with_strategies=False).state_hash() == state
        engine = Engine()
        restore(engine, to_bytes(self.engine))
        assert engine.state_hash() == state


def without_zeros(amounts: dict[str, int]) -> dict[str, int]:
    return {name: amount for name, amount in amounts.items() if amount}


def label(order_id: str) -> str:
    """`#3` for the third order of the run."""
    return "#" + order_id.rpartition("-")[2]


def short(report: Report) -> tuple[object, ...]:
    """(what, order, and what matters: price and size counts, terms, or the code)."""
    name, order = NAMES[report.kind], label(report.order_id)
    if isinstance(report, Fill):
        return (name, order, report.price_units, report.size_units)
    if isinstance(report, Replaced):
        return (name, order, report.quantity)
    if isinstance(report, FillPrice):
        return (name, order, report.price_units)
    return (name, order, report.code) if report.code else (name, order)
