"""What becomes of the signals of a strategy that runs alone.

- BUY closes what is short, whatever the confidence; with a confidence of at least `threshold` it opens a long of
  `percent` of equity, unless one is held.
- SELL closes what is long, whatever the confidence; where `shorts` is true and the confidence reaches `threshold` it
  opens a short of `percent` of equity, unless one is held.
- HOLD does nothing.

So a threshold keeps risk out and never in. An order of the same purpose that may still fill counts as done: a signal
said again while it is on its way orders nothing. `threshold`, `percent` and `shorts` are the strategy's declared fields
of these names, else the defaults here, and for the threshold `minConfidence` where that is set; with `percent` 0 the
size is that of the strategy's or account's sizer. Of several signals on one symbol in one callback the last one counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.order import BUY, ENTRY, EXIT, SELL
from tradewright.model.signal import HOLD, Signal

if TYPE_CHECKING:
    from tradewright.signal.strategy import Strategy

THRESHOLD = 0.5
PERCENT = 10.0
SHORTS = False
PPM_ONE = 1_000_000


def act(strategy: Strategy, signals: list[Signal]) -> None:
    """State the intents that follow from the signals of one callback. Raises InputError for a field that can not be
    what the policy takes it for."""
    for signal in signals:
        if signal.action != HOLD:
            _act(strategy, signal)


def _act(strategy: Strategy, signal: Signal) -> None:
    side, instrument = signal.action, signal.instrument
    view = strategy._hand.view
    book = view.book(strategy.account, strategy.id, instrument)
    against, along = (book.short_size, book.long_size) if side == BUY else (book.long_size, book.short_size)
    terms: dict[str, Any] = {"symbol": signal.symbol, "reason": signal.reasoning, "confidence": signal.confidence}
    if against and not view.is_working(strategy.account, strategy.id, instrument, side, EXIT):
        strategy.close(side="short" if side == BUY else "long", **terms)
    if along or signal.confidence < threshold_of(strategy, instrument):
        return
    if side == SELL and not getattr(strategy, "shorts", SHORTS):
        return
    if view.is_working(strategy.account, strategy.id, instrument, side, ENTRY):
        return
    open_ = strategy.buy if side == BUY else strategy.sell
    percent = getattr(strategy, "percent", PERCENT)
    if percent:
        terms["percent"] = percent
    open_(**terms)


def threshold_of(strategy: Strategy, instrument: Instrument) -> float:
    """The confidence from which a signal opens: the strategy's own, else the least that its limits let open."""
    threshold: float | None = getattr(strategy, "threshold", None)
    if threshold is None:
        least = strategy._hand.view.confidence_ppm(strategy.account, strategy.id, instrument)
        return least / PPM_ONE if least else THRESHOLD
    if not 0.0 <= threshold <= 1.0:
        raise InputError(f"{strategy.id}: threshold {threshold} must lie between 0 and 1")
    return threshold
