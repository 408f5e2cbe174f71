"""Trading states by scope: which scopes there are, and what the core itself does about them.

ACTIVE, REDUCING (nothing new is opened) or HALTED, for "all", "account:NAME", "strategy:ID" or "symbol:S". What a rule
set ends as that rule says; what a person set, or a fact that only a person can clear up, stays until a person ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.model.control import ACTIVE, EVERYTHING, REDUCING, TradingStateChanged

if TYPE_CHECKING:
    from tradewright.core.engine import Engine

#: The cause of REDUCING that ends with the day; what a person set stays until a person ends it.
DAILY_LOSS_LIMIT = "DAILY_LOSS_LIMIT"
#: Alarm, and cause of REDUCING: the venue filled an order that is not known here, so its books and ours differ.
UNKNOWN_ORDER = "UNKNOWN_ORDER"


def unbooked_fill(engine: Engine, order_id: str) -> TradingStateChanged | None:
    """What a fill that could not be booked does: the account that its id names (all of them where it names none) is
    REDUCING until a person has looked. None where it is so already."""
    code = order_id.partition("-")[0]
    named = [name for name, account in engine.accounts.items() if account.terms.code == code]
    scope = f"account:{named[0]}" if named else EVERYTHING
    if engine.states.get(scope, ACTIVE) != ACTIVE and engine.causes[scope] != DAILY_LOSS_LIMIT:
        return None
    return TradingStateChanged(engine.now, scope, REDUCING, UNKNOWN_ORDER, None, None)
