"""Validators: what must hold beside the vote before an ensemble opens anything.

Each is one small class with a code, fed with the market as the ensemble is, and asked for a verdict on one case: a
value, the limit it met, and a sentence. All that are configured are asked, whatever the others said; one that is not
configured is off. What a validator can not know refuses: value None. They guard openings alone; a close is never held
back.

Everything is counted in integers (prices in their counts, ratios in parts per million or per billion), and state is
what `state()` says: part of every snapshot.
"""

from __future__ import annotations

from tradewright.signal.validators.market import (
    CorrelationWithPositions,
    MinimumHistory,
    Spread,
    TrendAgreement,
    VolatilityBand,
)
from tradewright.signal.validators.timetable import NewsCalendar, SessionWindow
from tradewright.signal.validators.validator import Case, Settings, Validator

__all__ = ["VALIDATORS", "Case", "Settings", "Validator", "validators_from"]

#: By the name they have in the configuration, in the order in which they are asked and recorded.
VALIDATORS: dict[str, type[Validator]] = {
    "history": MinimumHistory,
    "trend": TrendAgreement,
    "volatility": VolatilityBand,
    "spread": Spread,
    "session": SessionWindow,
    "news": NewsCalendar,
    "correlation": CorrelationWithPositions,
}


def validators_from(what: str, configured: object) -> dict[str, Validator]:
    """The configured validators by name, in the order of VALIDATORS. Raises InputError."""
    settings = Settings(f"{what}: validators", configured)
    found = {}
    for name, kind in VALIDATORS.items():
        if name in settings.left:
            found[name] = kind(Settings(f"{what}: validator {name}", settings.left.pop(name)))
    settings.done()
    return found
