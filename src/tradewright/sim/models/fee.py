"""What the exchange charges for a fill, in exact money. Rounding: half to even, to one money count, once per fill.

none                        nothing
per_share:0.005             money per 1.0 of size
per_order:1                 money per order, charged with its first fill
bps:10, ppm:20              share of the notional
maker_taker:-1:5            bps of the notional for a fill that rested in the book, and for one that did not

min=1, max=5                bounds of an order's total over all its fills, in the fee's currency
in=quote | base | received  currency: the instrument's quote (default), its base, or what the fill brings in
in=BNB@600                  a third currency at a fixed price in the quote currency

A fee in the base currency is rounded to a whole size count, since it reduces the quantity owned.
"""

from __future__ import annotations

from tradewright.model.instrument import Instrument
from tradewright.model.numbers import MONEY_MAX, MONEY_SCALE, money_of, round_nearest
from tradewright.sim.models.spec import Spec

FORMS = {
    "none": "none",
    "per_share": "per_share:MONEY[:min=MONEY][:max=MONEY][:in=CURRENCY]",
    "per_order": "per_order:MONEY[:in=CURRENCY]",
    "bps": "bps:RATE[:min=MONEY][:max=MONEY][:in=CURRENCY]",
    "ppm": "ppm:RATE[:min=MONEY][:max=MONEY][:in=CURRENCY]",
    "maker_taker": "maker_taker:MAKER_BPS:TAKER_BPS[:min=MONEY][:max=MONEY][:in=CURRENCY]",
}

#: Rates are counts of 10^-12 of the notional: a hundred-millionth of a basis point.
RATE_SCALE = 12
BPS_SCALE = RATE_SCALE - 4
PPM_SCALE = RATE_SCALE - 6

#: Exact powers: an integer to the power of a C integer would be a C double in the compiled build.
_TEN_TO: tuple[int, ...] = tuple(10**scale for scale in range(MONEY_SCALE + 1))

QUOTE_CURRENCY = 0
BASE_CURRENCY = 1
RECEIVED_CURRENCY = 2
OTHER_CURRENCY = 3


class FeeModel:
    """fee = notional × rate + per_size × size, in the fee's currency; an order's total lies within [minimum, maximum].

    maker_rate, taker_rate: counts of 10^-12; per_size: money per 1.0 of size; minimum, maximum: money per order.
    currency_rule: one of the numbers above; currency, currency_price: the third currency and its price (money).
    """

    __slots__ = (
        "free", "maker_rate", "taker_rate", "per_size", "minimum", "maximum",
        "currency_rule", "currency", "currency_price",
    )  # fmt: skip

    def __init__(self, text: str) -> None:
        spec = Spec("fee", text, FORMS)
        self.maker_rate = 0
        self.taker_rate = 0
        self.per_size = 0
        self.minimum = -MONEY_MAX
        self.maximum = MONEY_MAX
        self.free = spec.name == "none"
        if spec.name == "per_share":
            self.per_size = spec.count(MONEY_SCALE)
        elif spec.name == "per_order":
            self.minimum = self.maximum = spec.count(MONEY_SCALE)
        elif spec.name == "maker_taker":
            self.maker_rate = spec.count(BPS_SCALE)
            self.taker_rate = spec.count(BPS_SCALE)
        elif not self.free:
            self.maker_rate = self.taker_rate = spec.count(BPS_SCALE if spec.name == "bps" else PPM_SCALE)
        if not self.free and spec.name != "per_order":
            self._read_bounds(spec)
        self._read_currency(spec)
        spec.end()

    def _read_bounds(self, spec: Spec) -> None:
        least, most = spec.option("min"), spec.option("max")
        if least:
            self.minimum = money_of(least, "min")
        if most:
            self.maximum = money_of(most, "max")
        if self.minimum > self.maximum:
            raise spec.error("min is above max")

    def _read_currency(self, spec: Spec) -> None:
        self.currency_rule = QUOTE_CURRENCY
        self.currency = ""
        self.currency_price = 0
        name = "" if self.free else spec.option("in")
        rules = {"": QUOTE_CURRENCY, "quote": QUOTE_CURRENCY, "base": BASE_CURRENCY, "received": RECEIVED_CURRENCY}
        if name in rules:
            self.currency_rule = rules[name]
            return
        self.currency, _, price = name.partition("@")
        if not price:
            raise spec.error(f"in={name} is neither quote, base nor received and names no price (in={name}@PRICE)")
        self.currency_rule = OTHER_CURRENCY
        self.currency_price = spec.positive(MONEY_SCALE, price)

    def in_base(self, instrument: Instrument, side: int) -> bool:
        """Whether a fill on this side pays in the instrument's base currency."""
        if self.currency_rule == OTHER_CURRENCY:
            return self.currency == instrument.base
        return self.currency_rule == BASE_CURRENCY or (self.currency_rule == RECEIVED_CURRENCY and side > 0)

    def currency_of(self, instrument: Instrument, side: int) -> str:
        """The currency in which a fill on this side pays."""
        if self.currency_rule == OTHER_CURRENCY:
            return self.currency
        return instrument.base if self.in_base(instrument, side) else instrument.quote

    def charge(self, instrument: Instrument, side: int, price: int, size: int, maker: bool) -> int:
        """Money in the fee's currency for one fill (counts), before the order's bounds."""
        if self.per_size:
            above: int = self.per_size * size
            below = _TEN_TO[instrument.size_scale]
        else:
            above = abs(price) * size * instrument.money_factor * (self.maker_rate if maker else self.taker_rate)
            below = _TEN_TO[RATE_SCALE]
        if self.currency_rule == OTHER_CURRENCY:
            above *= _TEN_TO[MONEY_SCALE]
            below *= self.currency_price
        elif self.in_base(instrument, side) and price:
            above *= _TEN_TO[instrument.price_scale]
            below *= abs(price)
        return round_nearest(above, below) // below

    def total(self, instrument: Instrument, side: int, charged: int) -> int:
        """What an order owes in all when its fills' charges add up to `charged` (money)."""
        owed = min(max(charged, self.minimum), self.maximum)
        return round_nearest(owed, base_quantum(instrument)) if self.in_base(instrument, side) else owed


def base_quantum(instrument: Instrument) -> int:
    """Money counts of the base currency per size count."""
    return _TEN_TO[MONEY_SCALE - instrument.size_scale] * instrument.contract
