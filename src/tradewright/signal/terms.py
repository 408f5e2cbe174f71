"""What a strategy may say of an order, by name: each term checked, and written into its intent in exact counts.

Prices and sizes are plain numbers here; a float enters by its shortest decimal. A price is rounded to the tick away
from the market it would cross: a limit is never more aggressive than was said, a stop never triggers earlier.
"""

from __future__ import annotations

from typing import Any

from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.numbers import (
    MONEY_SCALE,
    PRICE_MAX,
    SIZE_MAX,
    Number,
    decimal_of,
    nearest_count_of,
)
from tradewright.model.order import (
    BUY,
    EXTENDED_HOURS,
    LIMIT,
    POST_ONLY,
    SELL,
    STOP,
    STOP_LIMIT,
    TIMES_IN_FORCE,
    TRAILING_STOP,
    number_named,
)
from tradewright.signal.exit_terms import EXIT_TERMS, plan_said
from tradewright.signal.sizes import SIZE_TERMS, sizer_said

PPM_ONE = 1_000_000
VALUE_MAX = 2**127 - 1
#: Characters of a reason: every record of the decision and the order repeats it.
WORDS_MAX = 10_000
#: Every name there is; None as a value is the same as leaving it out.
TERMS = frozenset({
    "symbol", "percent", "value", "at_fill", "limit", "stop", "trail", "trail_percent", "tif", "post_only",
    "extended_hours", "stop_loss", "take_profit", "trailing", "trailing_percent", "lot", "reason", "confidence",
    "parent", "parent_size",
    *SIZE_TERMS, *EXIT_TERMS,
})  # fmt: skip


def fill_in(intent: Intent, terms: dict[str, Any], opening: bool) -> None:
    """Write the terms into the intent; opening: sizes by share or value and attached exits are among them.

    Raises InputError for an unknown name, a bad value, or terms that contradict each other.
    """
    sized = planned = False
    for name, value in terms.items():
        if value is None and name in TERMS:
            continue
        if _price_term(intent, name, value) or _plain_term(intent, name, value):
            continue
        if name in EXIT_TERMS:
            planned = True
        elif opening and name in SIZE_TERMS:
            sized = True
        elif not (opening and _opening_term(intent, name, value, terms)):
            raise InputError(f"{intent.strategy}: an order has no {name}")
    if sized:
        intent.sizer = sizer_said(intent.strategy, intent.instrument, terms)
        if intent.quantity and intent.sizer is not None:
            raise InputError(f"{intent.strategy}: say how much once: a size, or how it is to be found")
    if intent.trail_units or intent.trail_ppm:
        if (intent.trail_units and intent.trail_ppm) or intent.limit_units or intent.stop_units:
            raise InputError(f"{intent.strategy}: trail and trail_percent go with no other price of the order")
        intent.type = TRAILING_STOP
    elif intent.stop_units:
        intent.type = STOP_LIMIT if intent.limit_units else STOP
    elif intent.limit_units:
        intent.type = LIMIT
    if (intent.parent != "") is not (intent.parent_size > 0) or (intent.parent and intent.at_fill):
        raise InputError(f"{intent.strategy}: a slice says parent and parent_size, and its size before it fills")
    trails = (intent.exit_trail_units > 0) + (intent.exit_trail_ppm > 0)
    if trails > 1 or (trails and intent.stop_loss and terms.get("trail_step") is None):
        raise InputError(
            f"{intent.strategy}: of stop_loss, trailing and trailing_percent an order has one; "
            "with trail_step a stop_loss is where the trail begins"
        )
    if planned:
        intent.plan = plan_said(intent, terms, opening)


def _price_term(intent: Intent, name: str, value: Any) -> bool:
    """The order's own prices; False for another term."""
    if name == "limit":
        intent.limit_units = on_tick(intent, value, intent.side == SELL)
    elif name == "stop":
        intent.stop_units = on_tick(intent, value, intent.side == BUY)
    elif name == "trail":
        intent.trail_units = price_count(intent, value)
    elif name == "trail_percent":
        intent.trail_ppm = ppm_of(intent.strategy, value, name, PPM_ONE - 1)
    else:
        return False
    return True


def _plain_term(intent: Intent, name: str, value: Any) -> bool:
    """What every order may carry; False for another term."""
    if name == "reason":
        intent.reason = words_of(intent.strategy, name, value)
    elif name == "tif":
        intent.time_in_force = number_named(TIMES_IN_FORCE, value, f"{intent.strategy}: tif")
    elif name == "post_only":
        intent.flags |= POST_ONLY if value else 0
    elif name == "extended_hours":
        intent.flags |= EXTENDED_HOURS if value else 0
    elif name == "confidence":
        intent.confidence = confidence_of(intent.strategy, value)
    elif name == "lot" and intent.closing:
        if not isinstance(value, str):
            raise InputError(f"{intent.strategy}: lot {value!r} is not text")
        intent.lot = value
    else:
        return name == "symbol"  # its instrument stands already
    return True


def _opening_term(intent: Intent, name: str, value: Any, terms: dict[str, Any]) -> bool:
    """Sizes by share or value, and the exits attached to an opening order; False for another term."""
    if name == "stop_loss":
        intent.stop_loss = on_tick(intent, value, intent.side == SELL)
    elif name == "take_profit":
        intent.take_profit = on_tick(intent, value, intent.side == BUY)
    elif name == "trailing":
        intent.exit_trail_units = price_count(intent, value)
    elif name == "trailing_percent":
        intent.exit_trail_ppm = ppm_of(intent.strategy, value, name, PPM_ONE - 1)
    elif name == "percent":
        intent.size_ppm = ppm_of(intent.strategy, value, name, SIZE_MAX)
    elif name == "value":
        intent.value = nearest_count_of(value, MONEY_SCALE, f"{intent.strategy}: value", VALUE_MAX)
        if intent.value <= 0:
            raise InputError(f"{intent.strategy}: value must be above zero")
    elif name == "at_fill" and "percent" in terms:
        intent.at_fill = bool(value)
    elif name == "parent":
        intent.parent = words_of(intent.strategy, name, value)
    elif name == "parent_size":
        intent.parent_size = size_count(intent.strategy, value, intent.instrument)
    else:
        return False
    if (intent.quantity > 0) + (intent.size_ppm > 0) + (intent.value > 0) > 1:
        raise InputError(f"{intent.strategy}: say how much once: size, percent of equity or value of money")
    return True


def ppm_of(strategy: str, percent: Number, name: str, bound: int) -> int:
    """Parts per million of a percentage above zero and up to `bound`."""
    ppm = nearest_count_of(percent, 4, f"{strategy}: {name}")
    if not 0 < ppm <= bound:
        raise InputError(
            f"{strategy}: {name} {percent} must be above zero{' and below 100' if bound < PPM_ONE else ''}"
        )
    return ppm


def confidence_of(strategy: str, confidence: Number) -> float:
    """A confidence from 0 to 1."""
    if type(confidence) in (float, int) and 0 <= confidence <= 1:  # type: ignore[operator]
        return float(confidence)
    number = float(decimal_of(confidence, f"{strategy}: confidence"))
    if not 0.0 <= number <= 1.0:
        raise InputError(f"{strategy}: confidence {confidence} must lie between 0 and 1")
    return number


def price_count(intent: Intent, price: Number) -> int:
    """The nearest count of a price above zero."""
    instrument = intent.instrument
    units = quick_count(price, instrument.price_one) if isinstance(price, float) else -1
    if units < 0:
        what = f"{intent.strategy}: price of {instrument.symbol}"
        units = nearest_count_of(price, instrument.price_scale, what, PRICE_MAX)
    if units <= 0:
        raise InputError(f"{intent.strategy}: price {price} of {instrument.symbol} must be above zero")
    return units


def on_tick(intent: Intent, price: Number, up: bool) -> int:
    """The price count on the tick, rounded up or down."""
    units, tick = price_count(intent, price), intent.instrument.rules.tick
    rest = units % tick
    if rest:
        units += tick - rest if up else -rest
    if not 0 < units <= PRICE_MAX:
        raise InputError(
            f"{intent.strategy}: price {price} of {intent.instrument.symbol} leaves nothing on a tick of {tick} counts"
        )
    return units


def size_count(strategy: str, size: Number, instrument: Instrument) -> int:
    """The nearest count of a size above zero."""
    units = -1
    if size is True:
        raise InputError(f"{strategy}: size True of {instrument.symbol} is not a number")
    if type(size) is int:
        units = size * int(instrument.size_one)
    elif isinstance(size, float):
        units = quick_count(size, instrument.size_one)
    if units < 0:
        units = nearest_count_of(size, instrument.size_scale, f"{strategy}: size of {instrument.symbol}", SIZE_MAX)
    if not 0 < units <= SIZE_MAX:
        raise InputError(f"{strategy}: size {size} of {instrument.symbol} must be above zero")
    return units


def quick_count(number: float, one: float) -> int:
    """The nearest count of a float, where its shortest decimal can round no other way; -1 = take the exact way.

    Away from a tie the product's error (half an ulp) can not change the nearest integer.
    """
    product = number * one
    if not 0.0 < product < 4503599627370496.0:
        return -1
    count = int(product + 0.5)
    distance = product - count
    return count if -0.4 < distance < 0.4 else -1


def words_of(strategy: str, name: str, value: Any) -> str:
    """A strategy's words, as every record of the decision repeats them. Raises InputError for what is no text, could
    not be written, or is longer than a reason."""
    if not isinstance(value, str):
        raise InputError(f"{strategy}: {name} {value!r} is not text")
    if len(value) > WORDS_MAX:
        raise InputError(f"{strategy}: {name} has {len(value)} characters, more than {WORDS_MAX}")
    if not storable(value):
        raise InputError(f"{strategy}: {name} {value!r} has half a character (a lone surrogate) in it")
    return value


def storable(text: str) -> bool:
    """Whether a text can be written as UTF-8 at all."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
