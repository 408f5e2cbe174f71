"""What a strategy may say of an order's exits by distance and time: the terms, and the plan they make."""

from __future__ import annotations

from typing import Any

from tradewright.model.errors import InputError
from tradewright.model.exit_plan import ExitPlan
from tradewright.model.intent import Intent
from tradewright.model.numbers import PRICE_MAX, SIZE_MAX, nearest_count_of

PPM_ONE = 1_000_000
#: Terms of openings and of `protect`: (field, decimals; None = those of the instrument's price, largest count).
PLAN_TERMS: dict[str, tuple[str, int | None, int]] = {
    "trail_step": ("step_units", None, PRICE_MAX),
    "break_even": ("gain_units", None, PRICE_MAX),
    "break_even_percent": ("gain_ppm", 4, SIZE_MAX),
    "break_even_offset": ("offset_units", None, PRICE_MAX),
    "exit_after": ("after_ns", 9, SIZE_MAX),
    "exit_before_close": ("before_close_ns", 9, SIZE_MAX),
}
#: Terms of openings alone: distances from the first fill.
FILL_TERMS: dict[str, tuple[str, int | None, int]] = {
    "stop_loss_percent": ("stop_ppm", 4, PPM_ONE - 1),
    "take_profit_percent": ("target_ppm", 4, SIZE_MAX),
}
EXIT_TERMS = frozenset({*PLAN_TERMS, *FILL_TERMS})


def plan_said(intent: Intent, terms: dict[str, Any], opening: bool) -> ExitPlan | None:
    """The plan of these terms, None where there is none; a trailing stop that is to be moved from here becomes a part
    of it. Raises InputError for terms that contradict each other or lack the stop they move."""
    known = PLAN_TERMS | FILL_TERMS if opening else PLAN_TERMS
    said = {name: terms[name] for name in terms if name in EXIT_TERMS and terms[name] is not None}
    if not said:
        return None
    values: dict[str, int] = {}
    for name, value in said.items():
        if name not in known:
            raise InputError(f"{intent.strategy}: an order has no {name}")
        field, scale, bound = known[name]
        decimals = intent.instrument.price_scale if scale is None else scale
        count = nearest_count_of(value, decimals, f"{intent.strategy}: {name}", bound)
        if count < 0 or (count == 0 and name != "break_even_offset"):
            raise InputError(f"{intent.strategy}: {name} {value} must be above zero")
        values[field] = count
    trails = (intent.exit_trail_units, intent.exit_trail_ppm) if opening else (intent.trail_units, intent.trail_ppm)
    if any(trails):
        values["trail_units"], values["trail_ppm"] = trails
    _check(intent, said, any(trails), opening)
    plan = ExitPlan(**values)
    if opening:
        # What the plan makes at the fill is not attached as well.
        intent.exit_trail_units = intent.exit_trail_ppm = 0
    return plan


def _check(intent: Intent, said: dict[str, Any], trails: bool, opening: bool) -> None:
    who = intent.strategy
    if "break_even" in said and "break_even_percent" in said:
        raise InputError(f"{who}: of break_even and break_even_percent an order has one")
    gains = "break_even" in said or "break_even_percent" in said
    if "break_even_offset" in said and not gains:
        raise InputError(f"{who}: break_even_offset goes with break_even or break_even_percent")
    if "trail_step" in said and not trails:
        raise InputError(f"{who}: trail_step goes with trailing or trailing_percent")
    by_percent = [name for name in FILL_TERMS if name in said]
    if by_percent and (intent.stop_loss or intent.take_profit):
        raise InputError(f"{who}: exits are said as prices or in percent, not both")
    if intent.take_profit and trails and not intent.stop_loss:
        raise InputError(f"{who}: a trail that is moved from here goes with take_profit_percent, or with a stop_loss")
    stop = trails or intent.stop_loss or intent.stop_units or "stop_loss_percent" in said
    if gains and not stop:
        raise InputError(f"{who}: break-even moves a stop: say stop_loss, stop_loss_percent or trailing")
