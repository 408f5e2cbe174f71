"""What Alpaca trades: United States shares and crypto pairs, made from the instruments of a market.

Inside, sizes are counts of 10^-9 whatever the source's scale, prices counts of at least 10^-4; an asset translates the
market's events. Shares in currencies other than the dollar, currency pairs, metals and futures are not listed.
Decided: a share is fractionable, shortable and easy to borrow unless a knob says otherwise; its exchange is NASDAQ;
margin requirements are 30 % for longs and shorts, 100 % for crypto, which is neither marginable nor shortable.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, QuoteBar, Trade
from tradewright.model.numbers import money_of, text_of
from tradewright.sim.wire.alpaca.codes import not_found, unprocessable
from tradewright.sim.wire.alpaca.knobs import Knobs
from tradewright.sim.wire.alpaca.notation import SIZE_ONE, SIZE_SCALE, uuid_from

EQUITY, CRYPTO = "us_equity", "crypto"
#: Shares below a dollar have four decimals, the others two.
EQUITY_PRICE_SCALE = 4
_MINIMUM = {EQUITY: "1", CRYPTO: "10"}


class Asset:
    """One asset. symbol: as orders have it (`BTC/USD`); plain: as positions have it (`BTCUSD`). price_step, size_step,
    size_min: counts; cost_min: money. instrument: what the exchange trades, at the scales from here. halted: nothing of
    it trades for now."""

    __slots__ = (
        "source", "instrument", "id", "symbol", "plain", "asset_class", "exchange", "name", "status", "fractionable",
        "shortable", "marginable", "attributes", "price_step", "size_step", "size_min", "cost_min", "price_factor",
        "size_factor", "halted",
    )  # fmt: skip

    def __init__(self, source: Instrument, knobs: Knobs) -> None:
        self.source = source
        self.asset_class = EQUITY if source.asset_class == "equity" else CRYPTO
        equity = self.asset_class == EQUITY
        self.plain = source.symbol
        self.symbol = source.symbol if equity else f"{source.base}/{source.quote}"
        self.id = uuid_from(f"asset {self.symbol}")
        self.exchange = "NASDAQ" if equity else "CRYPTO"
        self.name = f"{source.symbol} Common Stock" if equity else f"{source.base} / {source.quote}"
        self.status = "inactive" if self.symbol in knobs.suspended else "active"
        self.fractionable = self.symbol not in knobs.unfractionable
        self.marginable = equity
        self.shortable = equity and source.rules.shortable and self.symbol not in knobs.unshortable
        self.attributes: list[str] = []
        if self.symbol in knobs.overnight:
            self.attributes.append("overnight_tradable")
        if self.symbol in knobs.overnight_halted:
            self.attributes.append("overnight_halted")
        if self.symbol in knobs.fractional_eh:
            self.attributes.append("fractional_eh_enabled")
        price_scale = max(source.price_scale, EQUITY_PRICE_SCALE) if equity else source.price_scale
        self.price_factor = 10 ** (price_scale - source.price_scale)
        self.size_factor = 10 ** (SIZE_SCALE - source.size_scale)
        self.price_step = 1 if equity else source.rules.tick * self.price_factor
        self.size_step = 1 if equity else source.rules.step * self.size_factor
        self.size_min = 1 if equity else max(source.rules.size_min, source.rules.step) * self.size_factor
        self.cost_min = money_of(_MINIMUM[self.asset_class], "minimum")
        self.instrument = Instrument(
            self.plain, source.venue, source.asset_class, source.base, source.quote, price_scale, SIZE_SCALE,
            calendar="us-equity" if equity else "always", rules=OrderRules(),
        )  # fmt: skip
        self.use_steps(SIZE_ONE if equity else self.size_step)
        self.halted = False

    def use_steps(self, step: int) -> None:
        """The size step that the exchange keeps to from now on: its partial fills come in whole ones."""
        self.instrument.rules = OrderRules(step=step)

    @property
    def tradable(self) -> bool:
        return self.status == "active"

    @property
    def overnight(self) -> bool:
        return "overnight_tradable" in self.attributes and "overnight_halted" not in self.attributes

    def coarsen(self) -> bool:
        """A pair's increments and minimums become ten times as coarse. A share, whose increments are the market's,
        is no longer fractionable or shortable; False: it was neither."""
        if self.asset_class == EQUITY:
            was = self.fractionable or self.shortable
            self.fractionable = self.shortable = False
            return was
        self.price_step *= 10
        self.size_step *= 10
        self.size_min = max(self.size_min * 10, self.size_step)
        self.use_steps(self.size_step)
        return True

    def own(self, event: MarketEvent) -> MarketEvent | None:
        """The event at this asset's scales; None for a kind that is not traded on here."""
        price, size, instrument = self.price_factor, self.size_factor, self.instrument
        if isinstance(event, Quote):
            return Quote(
                event.time, instrument, event.bid_units * price, event.ask_units * price,
                event.bid_size_units * size, event.ask_size_units * size,
            )  # fmt: skip
        if isinstance(event, Trade):
            return Trade(event.time, instrument, event.price_units * price, event.size_units * size, event.aggressor)
        if isinstance(event, Depth):
            bids, asks = (
                tuple((level * price, shown * size) for level, shown in side) for side in (event.bids, event.asks)
            )
            return Depth(event.time, instrument, bids, asks)
        if isinstance(event, QuoteBar):
            return self._own_quote_bar(event)
        if isinstance(event, Bar):
            return Bar(
                event.time, instrument, event.time_open, event.open_units * price, event.high_units * price,
                event.low_units * price, event.close_units * price, event.volume_units * size,
            )  # fmt: skip
        return None

    def _own_quote_bar(self, bar: QuoteBar) -> QuoteBar:
        prices = [
            units * self.price_factor
            for units in (
                bar.bid_open_units, bar.bid_high_units, bar.bid_low_units, bar.bid_close_units,
                bar.ask_open_units, bar.ask_high_units, bar.ask_low_units, bar.ask_close_units,
            )
        ]  # fmt: skip
        return QuoteBar(bar.time, self.instrument, bar.time_open, *prices)

    def price_text(self, units: int) -> str:
        return text_of(units, self.instrument.price_scale)

    def money(self, price: int, size: int) -> int:
        """price × size in the quote currency."""
        return int(price * size * self.instrument.money_factor)

    def wire(self) -> dict[str, object]:
        """The asset object. Decided: `easy_to_borrow` is sent, since clients still demand it."""
        equity = self.asset_class == EQUITY
        requirement = "30" if equity else "100"
        row: dict[str, object] = {
            "id": self.id,
            "class": self.asset_class,
            "exchange": self.exchange,
            "symbol": self.symbol,
            "name": self.name,
            "status": self.status,
            "tradable": self.tradable,
            "marginable": self.marginable,
            "maintenance_margin_requirement": Decimal(requirement),
            "margin_requirement_long": requirement,
            "margin_requirement_short": requirement,
            "shortable": self.shortable,
            "easy_to_borrow": self.shortable,
            "borrow_status": "easy_to_borrow" if self.shortable else "hard_to_borrow",
            "fractionable": self.fractionable,
            "attributes": list(self.attributes),
            "cusip": None,
        }
        if not equity:
            row["min_order_size"] = text_of(self.size_min, SIZE_SCALE)
            row["min_trade_increment"] = text_of(self.size_step, SIZE_SCALE)
            row["price_increment"] = self.price_text(self.price_step)
        return row


class Assets:
    """All assets, found by symbol, by plain symbol, or by id."""

    def __init__(self, instruments: Iterable[Instrument], knobs: Knobs) -> None:
        self.all = [Asset(instrument, knobs) for instrument in instruments if _is_listed(instrument)]
        self._by_name = {name: asset for asset in self.all for name in (asset.id, asset.plain, asset.symbol)}

    def of(self, instrument: Instrument) -> Asset | None:
        """The asset a market's event is about."""
        return self._by_name.get(instrument.symbol)

    def find(self, name: str) -> Asset | None:
        return self._by_name.get(name) or self._by_name.get(name.upper())

    def demand(self, name: str) -> Asset:
        """The asset an order names. Refuses what is not listed or may not be traded."""
        asset = self.find(name)
        if asset is None:
            raise unprocessable(f'asset "{name}" not found')
        if not asset.tradable:
            raise unprocessable(f"asset {asset.symbol} is not tradable")
        return asset

    def listed(self, query: dict[str, str]) -> list[dict[str, object]]:
        """GET /v2/assets. attributes: an asset with one of them is enough."""
        wanted = {word for word in query.get("attributes", "").split(",") if word}
        return [
            asset.wire()
            for asset in self.all
            if query.get("status", asset.status) in (asset.status, "all")
            and asset.asset_class == (query.get("asset_class") or EQUITY)
            and query.get("exchange", asset.exchange) in (asset.exchange, "")
            and (not wanted or wanted.intersection(asset.attributes))
        ]

    def one(self, name: str) -> dict[str, object]:
        """GET /v2/assets/{symbol or id}."""
        asset = self.find(name)
        if asset is None:
            raise not_found(f"asset not found for {name}")
        return asset.wire()


def _is_listed(instrument: Instrument) -> bool:
    kind = instrument.asset_class
    return instrument.contract == 1 and (kind == "crypto" or (kind == "equity" and instrument.quote == "USD"))
