"""What a strategy thought at a moment when nothing was ordered: its last signal, and the vote it came of, from records
alone."""

from __future__ import annotations

from typing import Any

from tradewright.model.moment import moment_text
from tradewright.model.numbers import text_of
from tradewright.model.signal import ACTIONS, Signal
from tradewright.model.vote import Vote
from tradewright.signal.vote_text import vote_lines, vote_row


class Stance:
    """vote: of the ensemble whose signal it is, None for a strategy's own. `row` and `text` say the same."""

    def __init__(self, signal: Signal, vote: Vote | None) -> None:
        self.signal = signal
        self.vote = vote

    def row(self) -> dict[str, Any]:
        """JSON-ready data; numbers as decimal text, times as ISO 8601 UTC."""
        signal, vote = self.signal, self.vote
        scale = signal.instrument.price_scale
        return {
            "symbol": signal.symbol,
            "strategy": signal.strategy,
            "ordered": False,
            "signal": {
                "time": moment_text(signal.time),
                "action": ACTIONS[signal.action],
                "confidence": signal.confidence,
                "reason": signal.reasoning,
                "inputs": dict(signal.inputs),
                "price": text_of(signal.price_units, scale) if signal.price_units else None,
                "strategyVersion": signal.strategy_version,
                "paramsHash": signal.params_hash,
            },
            "vote": None if vote is None else vote_row(vote),
        }

    def text(self) -> str:
        """The same in lines for a terminal."""
        story = self.row()
        said = story["signal"]
        lines = [
            f"{story['strategy']} on {story['symbol']}: {said['action']} {said['confidence']:.2f}, nothing was ordered",
            f"  why    {said['time']}  {said['reason']}",
            f"  price  {said['price'] or 'not known'}",
        ]
        seen = [f"{label} = {'not ready' if value is None else f'{value:.6g}'}" for label, value in self.signal.inputs]
        lines += [f"  saw    {', '.join(seen)}"] if seen else []
        if self.vote is not None:
            lines += vote_lines(self.vote)
        return "\n".join(lines)
