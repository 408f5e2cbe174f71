"""A trader with one ensemble on two symbols, whose members say what a test has written for them."""

from __future__ import annotations

from typing import Any

import msgspec

from tradewright.core.setup import Setup, StrategySpec
from tradewright.core.state import restore, to_bytes
from tradewright.model.account import Account
from tradewright.model.command import Submit
from tradewright.model.control import CashMoved, Started, Timer
from tradewright.model.decision import Decision
from tradewright.model.event import ACCEPTED, Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Quote
from tradewright.model.report import Fill, Report
from tradewright.model.signal import Signal
from tradewright.model.vote import Vote
from tradewright.signal.ensemble import Ensemble
from tradewright.signal.strategy import Strategy
from tradewright.trader import Outcome, Trader

SECOND = 10**9
MINUTE = 60 * SECOND
SYMBOLS = ("ACME", "BETA")


class Says(Strategy):
    """Says at each bar of its symbol what its script has for it: [action, confidence], or a word for what it does."""

    script: dict[str, Any] = {}
    seen: int = 0

    def on_bar(self, bar: Bar) -> None:
        said = self.script.get(bar.symbol, [])
        word = said[self.seen] if self.seen < len(said) else None
        self.seen += 1
        if word == "buys":
            self.buy(3, confidence=0.8, reason="bought")
        elif word == "raises":
            raise ZeroDivisionError("by hand")
        elif word is not None:
            action, confidence = word
            self.signal(action, confidence, f"said {action}")


class Desk:
    """members: by name, (weight, script); each order is filled at once at the last close. settings: the ensemble's."""

    def __init__(self, members: dict[str, tuple[Any, dict[str, Any]]], **settings: Any) -> None:
        settings["members"] = {name: {"ref": "says", "weight": weight} for name, (weight, _) in members.items()}
        specs = [StrategySpec("panel", "panel", "main", SYMBOLS, tuple(sorted(settings.items())), "c", "p")]
        specs += [
            StrategySpec(f"panel.{name}", "says", "main", SYMBOLS, (("script", script),), "c", "p", "panel")
            for name, (_, script) in members.items()
        ]
        listed = [Instrument(symbol, "paper", "equity", symbol, "USD", 2, 0) for symbol in SYMBOLS]
        setup = Setup(listed, [(Account("main", "main", "paper", kind="margin", leverage=10), [])], specs, {})
        self.started = Started(0, 1, msgspec.json.decode(msgspec.json.encode(setup.row()), type=list[Any]))
        self.trader = Trader(kind_of)
        self.records: list[tuple[Event, list[Event]]] = []
        self.trades = 0
        self.feed(self.started)
        self.feed(CashMoved(0, "main", "USD", 1_000_000 * 10**18, "deposit"))

    @property
    def now(self) -> int:
        return self.trader.engine.now

    def instrument(self, symbol: str) -> Instrument:
        return self.trader.engine.symbols[symbol]

    def feed(self, event: Event) -> Outcome:
        outcome = self.trader.step(event)
        self.records.append((event, outcome.outputs))
        return outcome

    def bar(self, symbol: str = "ACME", minute: int = 1, price: int = 1000) -> list[Event]:
        """A bar that closes at that minute; its outputs. What it orders is filled."""
        time = minute * MINUTE
        bar = Bar(time, self.instrument(symbol), time - MINUTE, price, price, price, price, 1)
        return self.filled(self.feed(bar), price)

    def quote(self, bid: int, ask: int, time: int, symbol: str = "ACME") -> list[Event]:
        return self.filled(self.feed(Quote(time, self.instrument(symbol), bid, ask, 1, 1)), ask)

    def cycle(self, time: int, seconds: int = 45) -> list[Event]:
        return self.filled(self.feed(Timer(time, f"cycle:{seconds}")), 1000)

    def filled(self, outcome: Outcome, price: int) -> list[Event]:
        for command in outcome.commands:
            if isinstance(command, Submit):
                self.trades += 1
                self.feed(Report(ACCEPTED, self.now, command.order_id, self.now, "", "X1"))
                size = command.order.quantity
                self.feed(Fill(self.now, command.order_id, self.now, f"T{self.trades}", price, size))
        return outcome.outputs

    def net(self, symbol: str = "ACME") -> int:
        return self.trader.engine.position("main", self.instrument(symbol)).net

    def restarted(self, at: int) -> Trader:
        """A trader that followed the first `at` records and was stored and restored then."""
        first = Trader(kind_of)
        for event, outputs in self.records[:at]:
            first.follow(event, outputs)
        state = msgspec.json.decode(msgspec.json.encode(first.roster.strategy_state()))
        second = Trader(kind_of)
        restore(second.engine, to_bytes(first.engine))
        second.resume(self.started, state)
        return second


def kind_of(spec: StrategySpec) -> type[Strategy]:
    return Ensemble if spec.ref == "panel" else Says


def votes(outputs: list[Event], symbol: str = "ACME") -> list[Vote]:
    """The votes on a symbol, "" = on both."""
    made = [output for output in outputs if isinstance(output, Vote)]
    return [vote for vote in made if symbol in ("", vote.instrument.symbol)]


def own_signals(outputs: list[Event]) -> list[Signal]:
    """The ensemble's signals on ACME."""
    made = [output for output in outputs if isinstance(output, Signal) and output.symbol == "ACME"]
    return [signal for signal in made if signal.strategy == "panel"]


def orders(outputs: list[Event]) -> list[tuple[str, int, str]]:
    """(strategy, side, role) of each decision's order."""
    decided = [output for output in outputs if isinstance(output, Decision)]
    return [(decision.strategy, decision.orders[0].side, decision.orders[0].role) for decision in decided]
