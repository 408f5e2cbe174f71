"""A symbol's rules as the venue publishes them, and the filters that an order must pass, in the venue's order.

Prices and quantities are counts of 10^-8. The rules follow from the instrument: tick, step, minimum size and notional,
band. What an instrument does not say is a knob of the venue (`FilterKnobs`); 0 there switches the filter off.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.numbers import MONEY_SCALE
from tradewright.sim.wire.binance.codes import filter_failure
from tradewright.sim.wire.binance.figures import ONE, SCALE, text

ORDER_TYPES = (
    "LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
)  # fmt: skip
PREVENTIONS = ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER")
TRADING, END_OF_DAY, HALT, BREAK, CANCEL_ONLY = "TRADING", "END_OF_DAY", "HALT", "BREAK", "CANCEL_ONLY"
STATUSES = (TRADING, END_OF_DAY, HALT, BREAK, CANCEL_ONLY)
AVERAGE_MINUTES = 5
#: Counts of a multiplier or of a share: four decimals are published.
BIPS = 10_000


@dataclass(frozen=True, slots=True)
class FilterKnobs:
    """Filters that no instrument states. price_max, size_max, market_size_max: counts of 10^-8. multipliers: of the
    reference price, in 1/10000; by_side: the same for bids and asks apart (PERCENT_PRICE_BY_SIDE). notional_max: whole
    units of the quote asset; notional: publish NOTIONAL (else MIN_NOTIONAL). position_max: counts of 10^-8 of the base.
    asset_max: of one order, in whole units of an asset (MAX_ASSET). band: PRICE_RANGE of execution, in 1/10000."""

    price_max: int = 10**6 * ONE
    size_max: int = 9000 * ONE
    market_size_max: int = 120 * ONE
    multiplier_up: int = 5 * BIPS
    multiplier_down: int = BIPS // 5
    by_side: bool = True
    notional: bool = True
    notional_max: int = 9_000_000
    iceberg_parts: int = 100
    orders: int = 200
    algo_orders: int = 5
    iceberg_orders: int = 10
    lists: int = 20
    amends: int = 10
    position_max: int = 0
    trailing_min: int = 10
    trailing_max: int = 2000
    exchange_orders: int = 1000
    exchange_algo_orders: int = 200
    exchange_iceberg_orders: int = 10_000
    exchange_lists: int = 20
    asset_max: tuple[tuple[str, int], ...] = ()
    band: int = 0


class Rules:
    """One symbol: its instrument, its rules now (`OrderRules` may be changed), and its status."""

    __slots__ = ("instrument", "status", "knobs", "tick", "step", "size_min", "size_max", "notional_min", "symbol",
                 "base", "quote", "price_ratio", "size_ratio")  # fmt: skip

    def __init__(self, instrument: Instrument, knobs: FilterKnobs) -> None:
        if instrument.price_scale > SCALE or instrument.size_scale > SCALE or instrument.contract != 1:
            raise InputError(f"{instrument.symbol}: this venue has eight decimals and no contracts")
        self.instrument = instrument
        self.symbol = instrument.symbol.upper()
        self.base = instrument.base
        self.quote = instrument.quote
        self.knobs = knobs
        self.status = TRADING if instrument.rules.tradable else HALT
        self.price_ratio: int = 10 ** (SCALE - instrument.price_scale)
        self.size_ratio: int = 10 ** (SCALE - instrument.size_scale)
        self.take(instrument.rules)

    def take(self, rules: OrderRules) -> None:
        """The rules from now on."""
        self.tick = rules.tick * self.price_ratio
        self.step = rules.step * self.size_ratio
        self.size_min = max(rules.size_min, rules.step) * self.size_ratio
        self.size_max = rules.size_max * self.size_ratio or self.knobs.size_max
        self.notional_min = rules.notional_min

    def coarser(self) -> None:
        """Increments ten times and minimums twice as large."""
        self.tick *= 10
        self.step *= 10
        self.size_min = max(self.size_min * 2, self.step)
        self.notional_min *= 2

    # What is published

    def filters(self) -> list[dict[str, object]]:
        knobs = self.knobs
        rows: list[dict[str, object]] = [
            {"filterType": "PRICE_FILTER", "minPrice": text(self.tick), "maxPrice": text(knobs.price_max),
             "tickSize": text(self.tick)},
            {"filterType": "LOT_SIZE", "minQty": text(self.size_min), "maxQty": text(self.size_max),
             "stepSize": text(self.step)},
        ]  # fmt: skip
        if knobs.iceberg_parts:
            rows.append({"filterType": "ICEBERG_PARTS", "limit": knobs.iceberg_parts})
        if knobs.market_size_max:
            rows.append({"filterType": "MARKET_LOT_SIZE", "minQty": text(0), "maxQty": text(knobs.market_size_max),
                         "stepSize": text(0)})  # fmt: skip
        if knobs.trailing_max:
            least, most = knobs.trailing_min, knobs.trailing_max
            rows.append({"filterType": "TRAILING_DELTA", "minTrailingAboveDelta": least, "maxTrailingAboveDelta": most,
                         "minTrailingBelowDelta": least, "maxTrailingBelowDelta": most})  # fmt: skip
        if knobs.multiplier_up:
            rows.append(self._percent_row())
        rows.append(self._notional_row())
        rows += [
            {"filterType": name, key: most}
            for name, key, most in (
                ("MAX_NUM_ORDERS", "maxNumOrders", knobs.orders),
                ("MAX_NUM_ORDER_LISTS", "maxNumOrderLists", knobs.lists),
                ("MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders", knobs.algo_orders),
                ("MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders", knobs.iceberg_orders),
                ("MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends", knobs.amends),
            )
            if most
        ]
        if knobs.position_max:
            rows.append({"filterType": "MAX_POSITION", "maxPosition": text(knobs.position_max)})
        return rows

    def _percent_row(self) -> dict[str, object]:
        up, down = text(self.knobs.multiplier_up, 4)[:-4], text(self.knobs.multiplier_down, 4)[:-4]
        if self.knobs.by_side:
            return {"filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": up, "bidMultiplierDown": down,
                    "askMultiplierUp": up, "askMultiplierDown": down, "avgPriceMins": AVERAGE_MINUTES}  # fmt: skip
        return {"filterType": "PERCENT_PRICE", "multiplierUp": up, "multiplierDown": down,
                "avgPriceMins": AVERAGE_MINUTES}  # fmt: skip

    def _notional_row(self) -> dict[str, object]:
        least = text(self.notional_min, MONEY_SCALE)
        if self.knobs.notional:
            return {"filterType": "NOTIONAL", "minNotional": least, "applyMinToMarket": True,
                    "maxNotional": text(self.knobs.notional_max, 0), "applyMaxToMarket": False,
                    "avgPriceMins": AVERAGE_MINUTES}  # fmt: skip
        return {"filterType": "MIN_NOTIONAL", "minNotional": least, "applyToMarket": True,
                "avgPriceMins": AVERAGE_MINUTES}  # fmt: skip

    def published(self) -> dict[str, object]:
        """The symbol's entry of exchangeInfo."""
        return {
            "symbol": self.symbol, "status": self.status, "baseAsset": self.base, "baseAssetPrecision": SCALE,
            "quoteAsset": self.quote, "quotePrecision": SCALE, "quoteAssetPrecision": SCALE,
            "baseCommissionPrecision": SCALE, "quoteCommissionPrecision": SCALE, "orderTypes": list(ORDER_TYPES),
            "icebergAllowed": True, "ocoAllowed": True, "otoAllowed": True, "opoAllowed": True,
            "quoteOrderQtyMarketAllowed": True, "allowTrailingStop": True, "cancelReplaceAllowed": True,
            "amendAllowed": True, "pegInstructionsAllowed": True, "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False, "filters": self.filters(), "permissions": [],
            "permissionSets": [["SPOT"]], "defaultSelfTradePreventionMode": "NONE",
            "allowedSelfTradePreventionModes": list(PREVENTIONS),
        }  # fmt: skip

    # Filters

    def check_price(self, price: int) -> None:
        """PRICE_FILTER, of a price or a stop price."""
        if price < self.tick or price > self.knobs.price_max or price % self.tick:
            raise filter_failure("PRICE_FILTER")

    def check_band(self, price: int, side: int, reference: int) -> None:
        """PERCENT_PRICE or PERCENT_PRICE_BY_SIDE; reference 0: nothing is known to compare with."""
        knobs = self.knobs
        if not (knobs.multiplier_up and reference):
            return
        if not reference * knobs.multiplier_down <= price * BIPS <= reference * knobs.multiplier_up:
            raise filter_failure("PERCENT_PRICE_BY_SIDE" if knobs.by_side else "PERCENT_PRICE")

    def check_size(self, quantity: int, market: bool) -> None:
        """LOT_SIZE, and MARKET_LOT_SIZE for an order that takes any price."""
        if not self.size_min <= quantity <= self.size_max or quantity % self.step:
            raise filter_failure("LOT_SIZE")
        if market and self.knobs.market_size_max and quantity > self.knobs.market_size_max:
            raise filter_failure("MARKET_LOT_SIZE")

    def check_notional(self, worth: int, market: bool) -> None:
        """NOTIONAL or MIN_NOTIONAL of price × quantity (money)."""
        name = "NOTIONAL" if self.knobs.notional else "MIN_NOTIONAL"
        if worth < self.notional_min:
            raise filter_failure(name)
        if self.knobs.notional and not market and worth > self.knobs.notional_max * 10**MONEY_SCALE:
            raise filter_failure(name)

    def check_trailing(self, delta: int) -> None:
        if not self.knobs.trailing_min <= delta <= self.knobs.trailing_max:
            raise filter_failure("TRAILING_DELTA")

    def check_iceberg(self, quantity: int, part: int) -> None:
        """ICEBERG_PARTS, and LOT_SIZE of the part that is shown."""
        if part % self.step or part < self.size_min:
            raise filter_failure("LOT_SIZE")
        if -(-quantity // part) > self.knobs.iceberg_parts:
            raise filter_failure("ICEBERG_PARTS")

    def check_assets(self, quantity: int, worth: int) -> None:
        """MAX_ASSET: of the base the quantity, of the quote what it is worth (money)."""
        for asset, most in self.knobs.asset_max:
            if (asset == self.base and quantity > most * ONE) or (
                asset == self.quote and worth > most * 10**MONEY_SCALE
            ):
                raise filter_failure("MAX_ASSET")


def exchange_filters(knobs: FilterKnobs) -> list[dict[str, object]]:
    """The account-wide filters of exchangeInfo."""
    rows = (
        ("EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders", knobs.exchange_orders),
        ("EXCHANGE_MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders", knobs.exchange_algo_orders),
        ("EXCHANGE_MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders", knobs.exchange_iceberg_orders),
        ("EXCHANGE_MAX_NUM_ORDER_LISTS", "maxNumOrderLists", knobs.exchange_lists),
    )
    return [{"filterType": name, key: most} for name, key, most in rows if most]


def asset_filters(knobs: FilterKnobs) -> list[dict[str, object]]:
    return [{"filterType": "MAX_ASSET", "asset": asset, "limit": text(most, 0)} for asset, most in knobs.asset_max]


def refuse_more(name: str, have: int, more: int, most: int) -> None:
    """A filter that counts what is open. 0 = off."""
    if most and have + more > most:
        raise filter_failure(name)
