"""The four signalling strategies as one vote, loaded the way a user's file is."""

from __future__ import annotations

from typing import Any, ClassVar

from tradewright.signal.ensemble import Ensemble


class Quartet(Ensemble):
    """Sized by the account's sizer, so that no station is passed by."""

    members: ClassVar[dict[str, Any]] = {
        "liquidity": {"ref": "liquidity", "weight": 2},
        "smart_money": {"ref": "smart_money", "weight": 2},
        "volume": {"ref": "volume"},
        # Where only trades are printed the tape alone has to be enough.
        "microstructure": {"ref": "microstructure", "parameters": {"least": 0.4}},
    }
    validators: ClassVar[dict[str, Any]] = {
        "history": {"bars": 30},
        "trend": {"length": 20, "tolerance_percent": 5},
        "volatility": {"length": 14, "max_percent": 20},
        "correlation": {"length": 30, "max": 0.95},
    }
    threshold: float = 0.1
    strategy_weight_balance: float = 0.0
    max_age_seconds: int = 1_800
    percent: float = 0.0


class Advised(Quartet):
    """The same with a signal service beside them, decided in cycles."""

    services: ClassVar[dict[str, Any]] = {"ml": {}}
    strategy_weight_balance: float = 0.2
    decide_on: str = "cycle"
    cycle_seconds: int = 300
