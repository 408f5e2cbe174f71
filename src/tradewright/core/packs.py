"""Packs of limits that belong together, one of which an account picks; its own limits stand over those of the pack.

us-pdt-legacy   FINRA rule 4210 as it stood until 2026-06-04, for brokers that phase the new one in until 2027-10-20:
                three day trades in five business days below 25 000 dollars; four times equity, a quarter of it kept
us-margin-2026  the rule since (SR-FINRA-2025-017, 91 FR 20731): no count of day trades and no floor; maintenance margin
                at any time of the day, and half of what is bought (Regulation T)
crypto-spot     what is bought is paid for and what is sold is owned
fx-margin       ESMA's measure for retail clients in major pairs: 30 to 1, and no more margin than there is equity
"""

from __future__ import annotations

from typing import Any

from tradewright.model.errors import InputError

PACKS: dict[str, dict[str, Any]] = {
    "us-pdt-legacy": {
        "maxDayTrades": 3,
        "dayTradeEquityMinimum": 25_000,
        "maxLeverage": 4,
        "minMaintenanceMarginPercent": 25,
    },
    "us-margin-2026": {"maxLeverage": 2, "minMaintenanceMarginPercent": 25},
    "crypto-spot": {"maxLeverage": 1, "tradepicker.sellRequiresLong": True},
    "fx-margin": {"maxLeverage": 30, "maxMarginUsePercent": 100, "requireMarketSession": True, "maxRateAgeSeconds": 60},
}
#: The key that names one.
PACK = "pack"


def with_pack(configured: dict[str, Any]) -> dict[str, Any]:
    """A block of limits with those of the pack it names under `pack` beneath its own. Raises InputError."""
    name = configured.get(PACK)
    if name is None:
        return configured
    if name not in PACKS:
        raise InputError(f"pack {name!r} is not one of {', '.join(PACKS)}")
    return {**PACKS[name], **{key: value for key, value in configured.items() if key != PACK}}
