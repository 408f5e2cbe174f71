"""What the synthetic market trades by default, and the habits of each asset class, as data.

The bands in a profile are promises: the tests hold long seeded runs against them. Names of companies are invented;
prices, ticks, steps, minimums and contract sizes are those usual at a broker for that kind of instrument.
"""

from __future__ import annotations

from typing import NamedTuple

from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.numbers import count_of, money_of


class Profile(NamedTuple):
    """The habits of one asset class; bps = 1/10000 of the price.

    volatility_bps: standard deviation of a one-minute return. spread_bps: a usual spread in a calm minute.
    trades_per_minute: mean number of trades in such a minute. gap_share: the variance of a closed minute as a share of
    an open one's; it shows as the gap between a close and the next open. edge_widening: how much wider the spread is at
    an open or close, as a factor on top of one.
    Promised: every spread lies in spread_band_bps, a run's median absolute gap in gap_band_bps (None: never closes).
    """

    volatility_bps: float
    spread_bps: float
    trades_per_minute: float
    gap_share: float
    edge_widening: float
    spread_band_bps: tuple[float, float]
    gap_band_bps: tuple[float, float] | None


PROFILES = {
    "equity": Profile(8.0, 1.5, 24.0, 0.1, 1.5, (0.5, 15.0), (20.0, 120.0)),
    "crypto": Profile(7.0, 1.0, 30.0, 0.0, 0.0, (0.5, 4.0), None),
    "forex": Profile(1.3, 0.6, 20.0, 0.03, 2.0, (0.3, 6.0), (2.0, 20.0)),
    "metal": Profile(2.7, 1.0, 20.0, 0.03, 1.5, (0.5, 8.0), (1.0, 12.0)),
}

#: A price must be at least this many ticks, or a tick would be too coarse for the spreads and returns promised above.
PRICE_TICKS_MIN = 1000


class Listing(NamedTuple):
    """An instrument on the synthetic market. price_units: where it starts, and the level it is weakly drawn to.

    lot_units: the size counts that displayed sizes and trades are multiples of. volatility: a factor on the profile's.
    """

    instrument: Instrument
    price_units: int
    lot_units: int
    volatility: float = 1.0

    def check(self) -> Listing:
        """The listing itself; InputError if the market could not print it."""
        symbol, rules = self.instrument.symbol, self.instrument.rules
        if self.instrument.asset_class not in PROFILES:
            raise InputError(f"{symbol}: no profile for asset class {self.instrument.asset_class!r}")
        if self.price_units < PRICE_TICKS_MIN * rules.tick:
            raise InputError(f"{symbol}: the price must be at least {PRICE_TICKS_MIN} ticks of {rules.tick} counts")
        if self.lot_units < 1 or self.lot_units % rules.step:
            raise InputError(f"{symbol}: the lot of {self.lot_units} counts is not a multiple of step {rules.step}")
        if not 0.0 < self.volatility <= 10.0:
            raise InputError(f"{symbol}: the volatility factor {self.volatility} must lie between 0 and 10")
        return self


def universe(venue: str = "paper", dollar: str = "USD") -> tuple[Listing, ...]:
    """The default eight: three shares, two crypto pairs against `dollar`, two currency pairs and gold."""
    return (
        _equity(venue, "ACME", "industrials", "187.32"),
        _equity(venue, "GLOBEX", "technology", "312.45"),
        _equity(venue, "INITECH", "technology", "64.80"),
        _crypto(venue, "BTC", dollar, "64250.00", "0.00001", "0.05", 1.0),
        _crypto(venue, "ETH", dollar, "3120.00", "0.0001", "0.5", 1.3),
        _margin(venue, "EUR", "USD", "1.08450", "0.00001", 7, 100_000),
        _margin(venue, "USD", "JPY", "151.200", "0.001", 5, 100_000),
        _margin(venue, "XAU", "USD", "2350.00", "0.01", 4, 100),
    )


def _equity(venue: str, symbol: str, sector: str, price: str) -> Listing:
    """A share: whole shares, cents, at least one dollar an order, round lots of a hundred."""
    rules = OrderRules(tick=100, step=10**6, size_min=10**6, notional_min=money_of("1", "minimum"))
    instrument = Instrument(
        symbol, venue, "equity", symbol, "USD", price_scale=4, size_scale=6,
        calendar="us-equity", sector=sector, rules=rules,
    )  # fmt: skip
    return Listing(instrument, count_of(price, 4, symbol), 100 * 10**6)


def _crypto(venue: str, base: str, quote: str, price: str, step: str, lot: str, volatility: float) -> Listing:
    """A spot pair against the dollar: no short sale, at least ten dollars an order, never closed."""
    step_units = count_of(step, 8, base)
    rules = OrderRules(
        tick=100, step=step_units, size_min=step_units, notional_min=money_of("10", "minimum"), shortable=False
    )
    instrument = Instrument(base + quote, venue, "crypto", base, quote, price_scale=4, size_scale=8, rules=rules)
    return Listing(instrument, count_of(price, 4, base), count_of(lot, 8, base), volatility)


def _margin(venue: str, base: str, quote: str, price: str, tick: str, scale: int, contract: int) -> Listing:
    """A pair or metal traded in lots of `contract` units, hundredths of a lot at least and as step."""
    rules = OrderRules(tick=count_of(tick, scale, base), step=100, size_min=100, size_max=100 * 10**4)
    metal = base == "XAU"
    instrument = Instrument(
        base + quote, venue, "metal" if metal else "forex", base, quote, price_scale=scale, size_scale=4,
        contract=contract, calendar="metals" if metal else "forex", rules=rules,
    )  # fmt: skip
    return Listing(instrument, count_of(price, scale, base), 10**4)
