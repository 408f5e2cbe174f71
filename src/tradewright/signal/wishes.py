"""What a strategy's callback wished for, read from what it said, whatever becomes of that.

Orders: an opening wishes for a position of its side, a close for none. An opening that says a size no larger than what
the strategy holds on the other side is a close. Limits and stops at which an order would wait do not count: a wish is
for now. A close of what is not held is a wish too, since what was to be held may have been refused.

Signals: as `signal.policy` acts on them, without a look at what is held; those of a member of an ensemble whatever
their confidence above zero, and to either side where the account can be short. HOLD wishes for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.model.intent import Intent
from tradewright.model.order import BUY, EXIT
from tradewright.model.signal import HOLD, Signal
from tradewright.model.wish import Wish
from tradewright.signal import policy

if TYPE_CHECKING:
    from tradewright.signal.strategy import Strategy

PPM_ONE = 1_000_000


def wishes_of(
    strategy: Strategy, member: bool, unheld: list[Intent], intents: list[Intent], signals: list[Signal]
) -> list[Wish]:
    """The wishes of one callback. member: it votes in an ensemble. unheld: its closes of what it does not hold.
    intents, signals: what it stated, before anybody acted on the signals."""
    closing: dict[tuple[int, int], int] = {}
    wishes = [_of_intent(strategy, intent, closing) for intent in (*unheld, *intents) if _counts(intent)]
    for signal in signals:
        if signal.action != HOLD:
            wishes.append(_of_signal(strategy, signal, member))
    return wishes


def _counts(intent: Intent) -> bool:
    """Whether it is about a position; a guard of one that is held is about the real one."""
    return not (intent.cancels or intent.modifies or intent.role)


def _of_intent(strategy: Strategy, intent: Intent, closing: dict[tuple[int, int], int]) -> Wish:
    """closing: size counts that intents of this callback close already, by instrument and side."""
    instrument, side = intent.instrument, intent.side
    view = strategy._hand.view
    book = view.book(strategy.account, strategy.id, instrument)
    key = (instrument.index, side)
    against = (book.short_size if side == BUY else book.long_size) - closing.get(key, 0)
    if view.is_working(strategy.account, strategy.id, instrument, side, EXIT):
        against = 0
    closes = intent.closing or 0 < intent.quantity <= against
    share = PPM_ONE
    if closes:
        closing[key] = closing.get(key, 0) + (intent.quantity or against)
        if intent.quantity and against > 0:
            share = min(PPM_ONE, intent.quantity * PPM_ONE // against)
    return Wish(
        strategy.id, instrument, side, not closes, share, None if closes else intent,
        intent.trail_units if intent.trails else 0, intent.reason, intent.inputs, intent.confidence,
    )  # fmt: skip


def _of_signal(strategy: Strategy, signal: Signal, member: bool) -> Wish:
    if member:
        opens = signal.confidence > 0
    else:
        shorts = getattr(strategy, "shorts", policy.SHORTS)
        opens = signal.confidence >= policy.threshold_of(strategy, signal.instrument) and (
            signal.action == BUY or bool(shorts)
        )
    return Wish(
        strategy.id, signal.instrument, signal.action, opens, PPM_ONE, None, 0,
        signal.reasoning, signal.inputs, signal.confidence,
    )  # fmt: skip
