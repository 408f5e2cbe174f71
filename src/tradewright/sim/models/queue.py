"""Where a resting limit order stands in the queue at its price.

none        the queue is never seen to end: only a trade beyond the limit fills it
front       the order is the first in the queue: each trade at its limit fills it, up to the trade's size
trades      behind the size shown when it came; trades at the price shorten the queue
power:N     like trades, and when the shown size shrinks without a trade, each cancellation came from behind us with
            probability back^N / (front^N + back^N) (hftbacktest's PowerProbQueueModel)
log         the same with ln(1 + x) for x^N (LogProbQueueModel)

A trade beyond the limit always fills the order, whatever the model: the whole level was traded.
"""

from __future__ import annotations

import math

from tradewright.sim.models.spec import Spec

NO_QUEUE, FRONT, TRADES, POWER, LOG = range(5)
FORMS = {"none": "none", "front": "front", "trades": "trades", "power": "power:EXPONENT", "log": "log"}
_KINDS = {"none": NO_QUEUE, "front": FRONT, "trades": TRADES, "power": POWER, "log": LOG}


class QueueModel:
    """kind: one of the numbers above; exponent: of the power model."""

    __slots__ = ("kind", "exponent")

    def __init__(self, text: str) -> None:
        spec = Spec("queue", text, FORMS)
        self.kind = _KINDS[spec.name]
        self.exponent = spec.positive(6) / 1e6 if self.kind == POWER else 0.0
        spec.end()

    def ahead(self, front: int, shown_before: int, shown_now: int, traded: int) -> int:
        """Size counts ahead of us after the shown size changed; `traded`: what trades took in between (in `front`)."""
        gone = shown_before - traded - shown_now
        if self.kind < POWER or gone <= 0:
            return min(front, shown_now)
        back = shown_before - traded - front
        if back <= 0:
            return max(0, min(front - gone, shown_now))
        from_front = gone * (1.0 - self._share_behind(float(front), float(back)))
        # What can not have come from behind came from before us.
        left = front - from_front + min(back - (gone - from_front), 0.0)
        return max(0, min(int(left + 0.5), shown_now))

    def _share_behind(self, front: float, back: float) -> float:
        if self.kind == LOG:
            ahead, behind = math.log(1.0 + front), math.log(1.0 + back)
        else:
            ahead, behind = math.pow(front, self.exponent), math.pow(back, self.exponent)
        return behind / (ahead + behind)
