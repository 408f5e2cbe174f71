"""Alpaca's assets as instruments.

A share is counted finer than its tick, since executions come between ticks: prices to six decimals, sizes to nine. From
a dollar on an order's price has two decimals, below it four; the tick is that of the last price, and two decimals where
none is known, which are right on both sides. Sizes are whole shares unless fractions are wanted and the asset has them.
A pair states its own increments. Minimums: a dollar for a share, ten for a pair.
"""

from __future__ import annotations

from decimal import Decimal

from tradewright.adapters.venue.alpaca.answers import WireAsset
from tradewright.adapters.venue.alpaca.notation import Unreadable, plain
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.numbers import MONEY_ONE, count_of, shifted

SHARE_PRICE_SCALE = 6
SIZE_SCALE = 9
PAIR_PRICE_SCALE = 9
CENT, HUNDREDTH = Decimal("0.01"), Decimal("0.0001")
SHARE_MINIMUM, PAIR_MINIMUM = MONEY_ONE, 10 * MONEY_ONE


def instrument_of(asset: WireAsset, price: Decimal | None, fractions: bool) -> Instrument:
    """The instrument of an asset. price: the last one, None = not known. Raises Unreadable for what is no share and no
    pair, or whose increments can not be."""
    tradable = asset.tradable and asset.status == "active"
    try:
        if asset.asset_class == "us_equity":
            return _share(asset, price, fractions, tradable)
        if asset.asset_class == "crypto":
            return _pair(asset, tradable)
    except InputError as error:
        raise Unreadable(f"{asset.symbol}: {error}") from error
    raise Unreadable(f"{asset.symbol}: asset class {asset.asset_class!r} is not traded here")


def _share(asset: WireAsset, price: Decimal | None, fractions: bool, tradable: bool) -> Instrument:
    tick = HUNDREDTH if price is not None and price < 1 else CENT
    step = 1 if fractions and asset.fractionable else 10**SIZE_SCALE
    rules = OrderRules(
        tick=count_of(tick, SHARE_PRICE_SCALE, "tick"), step=step, size_min=step, notional_min=SHARE_MINIMUM,
        shortable=asset.shortable, tradable=tradable,
    )  # fmt: skip
    return Instrument(
        asset.symbol, "alpaca", "equity", asset.symbol, "USD", SHARE_PRICE_SCALE, SIZE_SCALE,
        calendar="us-equity", rules=rules,
    )  # fmt: skip


def _pair(asset: WireAsset, tradable: bool) -> Instrument:
    base, slash, quote = asset.symbol.partition("/")
    if not (base and slash and quote):
        raise InputError("a pair is written BASE/QUOTE")
    finest = shifted(Decimal(1), -PAIR_PRICE_SCALE)
    tick = count_of(asset.price_increment or finest, PAIR_PRICE_SCALE, "price increment")
    step = count_of(asset.min_trade_increment or shifted(Decimal(1), -SIZE_SCALE), SIZE_SCALE, "trade increment")
    least = count_of(asset.min_order_size or 0, SIZE_SCALE, "smallest order")
    rules = OrderRules(
        tick=tick, step=step, size_min=max(least, step), notional_min=PAIR_MINIMUM, shortable=False, tradable=tradable
    )
    return Instrument(
        plain(asset.symbol), "alpaca", "crypto", base, quote, PAIR_PRICE_SCALE, SIZE_SCALE, rules=rules
    )  # fmt: skip
