"""A signal: what a strategy thinks of an instrument now, before anybody has decided what to do about it.

It is an output of its own, beside the orders: a strategy that runs alone acts on its signals by `signal.policy`, the
signals of an ensemble's members are votes. Actions are stored as numbers, so that action × confidence is a signed
conviction; the numbers are stored in journals and never reused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradewright.model.event import SIGNAL, Event
from tradewright.model.instrument import Instrument
from tradewright.model.order import BUY, SELL

HOLD = 0
ACTIONS = {BUY: "BUY", SELL: "SELL", HOLD: "HOLD"}


class Signal(Event):
    """Output: strategy `strategy` wants `action` (`ACTIONS`) in `instrument`, with confidence 0 to 1.

    time: the engine's, ns UTC. price_units: the mark price it was stated at, 0 = none known. reasoning: the strategy's
    words. strategy_version, params_hash: hashes of its code and of its parameters, as its specification has them.
    inputs: (label, number) pairs it decided on.
    """

    __slots__ = (
        "strategy", "instrument", "action", "confidence", "price_units", "reasoning", "strategy_version",
        "params_hash", "inputs",
    )  # fmt: skip

    def __init__(
        self,
        time: int,
        strategy: str,
        instrument: Instrument,
        action: int,
        confidence: float,
        price_units: int,
        reasoning: str,
        strategy_version: str,
        params_hash: str,
        inputs: tuple[tuple[str, float | None], ...] = (),
    ) -> None:
        super().__init__(SIGNAL, time)
        self.strategy = strategy
        self.instrument = instrument
        self.action = action
        self.confidence = confidence
        self.price_units = price_units
        self.reasoning = reasoning
        self.strategy_version = strategy_version
        self.params_hash = params_hash
        self.inputs = inputs

    @property
    def symbol(self) -> str:
        return self.instrument.symbol

    @property
    def key(self) -> tuple[str, int]:
        """Whose signal on what: the strategy and the instrument's index."""
        return (self.strategy, self.instrument.index)

    def repeats(self, last: Signal | None) -> bool:
        """Whether it is a HOLD that says again what was said last: such a one leaves no record of its own."""
        return self.action == HOLD and last is not None and last.action == HOLD and last.reasoning == self.reasoning

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.strategy, self.instrument.index, self.action, self.confidence,
            self.price_units, self.reasoning, self.strategy_version, self.params_hash, self.inputs,
        )  # fmt: skip


def signal_from(row: Sequence[Any], instruments: list[Instrument]) -> Signal:
    """A signal from its row without the kind; the instrument by its index."""
    time, strategy, index, action, confidence, price_units, reasoning, version, params_hash, inputs = row
    seen = tuple((label, value) for label, value in inputs)
    instrument = instruments[index]
    return Signal(
        time, strategy, instrument, action, confidence, price_units, reasoning, version, params_hash, seen
    )  # fmt: skip
