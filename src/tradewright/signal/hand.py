"""What a strategy instance acts with: its name and account, what it trades, its view of the engine, and the intents and
signals it has stated in the running callback."""

from __future__ import annotations

from typing import Any

from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.numbers import Number
from tradewright.model.order import BUY, number_named
from tradewright.model.signal import ACTIONS, Signal
from tradewright.model.sizer import ASKED
from tradewright.model.view import EngineView
from tradewright.model.vote import Vote
from tradewright.signal.indicators.indicator import Indicator
from tradewright.signal.indicators.line import Line
from tradewright.signal.patterns.pattern import Pattern
from tradewright.signal.terms import confidence_of, fill_in, size_count, words_of


class Hand:
    """strategy: its id. instruments: by symbol, `instrument` the first of them. indicators, patterns: what it decides
    on. intents, signals: stated and not yet taken by the trader, in order; unheld: closes and protections of what is
    not held; votes: the records of how an ensemble came to its signals. version, params_hash: of its specification.
    words: the reasoning that was found right last."""

    __slots__ = (
        "strategy", "account", "instruments", "instrument", "view", "indicators", "patterns", "intents", "unheld",
        "signals", "votes", "version", "params_hash", "words",
    )  # fmt: skip

    def __init__(self, strategy: str, account: str, instruments: list[Instrument]) -> None:
        self.strategy = strategy
        self.account = account
        self.instruments = {instrument.symbol: instrument for instrument in instruments}
        self.instrument = instruments[0]
        self.view = EngineView()  # until it is attached to an engine
        self.indicators: list[Indicator] = []
        self.patterns: list[Pattern] = []
        self.intents: list[Intent] = []
        self.unheld: list[Intent] = []
        self.signals: list[Signal] = []
        self.votes: list[Vote] = []
        self.version = ""
        self.params_hash = ""
        self.words = ""

    def of(self, symbol: str | None) -> Instrument:
        """The instrument of one of the strategy's symbols; None = its first. Raises InputError."""
        if symbol is None:
            return self.instrument
        instrument = self.instruments.get(symbol)
        if instrument is None:
            raise InputError(f"{self.strategy}: {symbol!r} is not one of its symbols ({', '.join(self.instruments)})")
        return instrument

    def intent(self, instrument: Instrument, side: int) -> Intent:
        """An intent not yet stated. Its order is numbered when all of it is known to be right: what is refused uses up
        no id."""
        intent = Intent.__new__(Intent)
        intent.begin("", self.account, self.strategy, instrument, side)
        return intent

    def want(self, intent: Intent) -> str:
        """State an intent; returns the id of its order."""
        if self.indicators or self.patterns:
            intent.inputs = self.inputs()
        order_id = self.view.next_order_id(self.account)
        intent.order_id = order_id
        self.intents.append(intent)
        return order_id

    def want_unheld(self, instrument: Instrument, side: int, role: str, reason: object) -> None:
        """Note the wish to close (or, by its role, to guard) what is not held: nothing comes of it here, and it may be
        held where no limit kept it out. side: that closes it, 0 = whatever is held."""
        intent = self.intent(instrument, side)
        intent.closing, intent.role = True, role
        intent.reason = reason if isinstance(reason, str) else ""
        if self.view.mirrors():
            intent.inputs = self.inputs()
        self.unheld.append(intent)

    def open(self, side: int, size: Number | None, terms: dict[str, Any]) -> str:
        """State the wish to be longer or shorter; terms: as `terms.fill_in` reads them."""
        instrument = self.instrument
        if terms:
            instrument = self.of(terms.get("symbol"))
        intent = self.intent(instrument, side)
        if size is not None:
            intent.quantity = size_count(self.strategy, size, instrument)
        if terms:
            fill_in(intent, terms, True)
        if size is None and intent.size_ppm == 0 and intent.value == 0:
            sizer = intent.sizer
            # What nothing will size is a mistake of the strategy, not a refusal.
            if (sizer is None or sizer.method == ASKED) and not self.view.sizes(self.account, self.strategy):
                raise InputError(
                    f"{self.strategy}: say how much: size, percent=… of equity, value=… of money, risk=… of money or "
                    "risk_percent=… of equity"
                )
        return self.want(intent)

    def open_orders(self) -> list[str]:
        """Ids of the strategy's orders in its first instrument that may still fill, oldest first."""
        return self.view.open_orders(self.account, self.strategy, self.instrument)

    def cancel(self, order_id: str) -> None:
        """State the wish for the end of an order."""
        if not isinstance(order_id, str):
            raise InputError(f"{self.strategy}: {order_id!r} is not the id of an order")
        intent = self.intent(self.instrument, BUY)
        intent.order_id = order_id
        intent.cancels = True
        self.intents.append(intent)

    def signal(self, action: str, confidence: Number, reasoning: str, symbol: str | None) -> None:
        """State a signal, at the price and time of now. Raises InputError for an action, a confidence or words that are
        none."""
        if reasoning is not self.words:  # most say the same again and again
            self.words = words_of(self.strategy, "reasoning", reasoning)
        instrument = self.of(symbol)
        number = number_named(ACTIONS, action, f"{self.strategy}: action")
        sure = confidence_of(self.strategy, confidence)
        price = self.view.price_units(instrument)
        if self.signals:
            # What was said of it before in the same callback is taken back.
            self.signals[:] = [other for other in self.signals if other.instrument is not instrument]
        self.signals.append(
            Signal(
                self.view.now,
                self.strategy,
                instrument,
                number,
                sure,
                price,
                reasoning,
                self.version,
                self.params_hash,
                self.inputs(),
            )
        )

    def inputs(self) -> tuple[tuple[str, float | None], ...]:
        """What the strategy decides on, for the record: the label and value of each indicator line, and what patterns
        see."""
        found: list[tuple[str, float | None]] = []
        for indicator in self.indicators:
            lines: tuple[Line, ...] = indicator.lines()
            for line in lines:
                found.append((line.label, line.value if line.ready else None))
        for pattern in self.patterns:
            seen = pattern.inputs()
            if seen:
                found += seen
        return tuple(found)
