"""Profit, margin and tick value in the account's currency. Exact fractions inside, rounded once to its smallest coin.

An amount is converted at the price at which it could be: what was earned is sold at the bid, what was lost must be
bought at the ask. Where the symbol itself is the rate (USDJPY in an account of dollars) its rate is the price at which
the deal closes, so that a loss computed beforehand is the one booked. USC is the hundredth part of USD.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tradewright.model.numbers import round_nearest
from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.symbols import Symbol

#: Currencies without a coin of a hundredth.
DIGITS = {"JPY": 0, "BTC": 8}
CENT_ACCOUNT = "USC"
#: The currency by way of which any two others meet.
BRIDGE = "USD"


def rounded(amount: Fraction, digits: int) -> Fraction:
    """The nearest amount of that many decimals, a tie to the even one."""
    scaled = amount * 10**digits
    return Fraction(round_nearest(scaled.numerator, scaled.denominator) // scaled.denominator, 10**digits)


class Money:
    """The account's currency and what others are worth in it, by the prices of the broker's symbols."""

    def __init__(self, currency: str, leverage: int, symbols: Iterable[Symbol]) -> None:
        self.currency = currency
        self.leverage = leverage
        self.digits = DIGITS.get(currency, 2)
        self._pairs: dict[tuple[str, str], Symbol] = {}
        for symbol in symbols:
            if symbol.instrument.asset_class == "forex":
                self._pairs.setdefault((symbol.base_currency, symbol.profit_currency), symbol)

    def rate(self, currency: str, gain: bool, own: tuple[Symbol, int | Fraction] | None = None) -> Fraction | None:
        """What one unit is worth in the account's currency; own: a symbol and the price that holds for it. None: no
        symbol with a price says."""
        target, cents = (BRIDGE, 100) if self.currency == CENT_ACCOUNT else (self.currency, 1)
        direct = self._between(currency, target, gain, own)
        if direct is None:
            first, second = self._between(currency, BRIDGE, gain, own), self._between(BRIDGE, target, gain, own)
            direct = None if first is None or second is None else first * second
        return None if direct is None else direct * cents

    def _between(
        self, source: str, target: str, gain: bool, own: tuple[Symbol, int | Fraction] | None
    ) -> Fraction | None:
        if source == target:
            return Fraction(1)
        for pair, inverse in (((source, target), False), ((target, source), True)):
            symbol = self._pairs.get(pair)
            if symbol is not None and symbol.bid and symbol.ask:
                price: int | Fraction = symbol.bid if gain != inverse else symbol.ask
                if own is not None and own[0].canonical == symbol.canonical:
                    price = own[1]
                one: int = 10**symbol.instrument.price_scale
                found = Fraction(price) / one
                return 1 / found if inverse else found
        return None

    def profit(
        self, symbol: Symbol, side: int, size: int, opened: int | Fraction, closed: int | Fraction
    ) -> Fraction | None:
        """What a position of that side and size earns between two prices; None: no rate is known."""
        earned = side * (symbol.worth(closed, size) - symbol.worth(opened, size))
        rate = self.rate(symbol.profit_currency, earned > 0, (symbol, closed))
        return None if rate is None else rounded(earned * rate, self.digits)

    def margin(self, symbol: Symbol, side: int, size: int, price: int | Fraction) -> Fraction | None:
        """What a position binds: forex lots × contract / leverage in the base currency; leveraged CFD the same at its
        price; shares and futures their whole worth."""
        lots = Fraction(size * symbol.contract, 10**symbol.instrument.size_scale)
        leverage = 1 if symbol.calc_mode >= mt5.SYMBOL_CALC_MODE_EXCH_STOCKS else self.leverage
        if symbol.calc_mode == mt5.SYMBOL_CALC_MODE_FOREX:
            rate = self.rate(symbol.base_currency, False, (symbol, price))
            bound = lots
        else:
            rate = self.rate(symbol.profit_currency, False, (symbol, price))
            bound = symbol.worth(price, size)
        return None if rate is None else rounded(bound * rate / leverage, self.digits)

    def tick_value(self, symbol: Symbol, gain: bool) -> Fraction:
        """What one tick of one lot is worth, unrounded; 0: no rate is known."""
        price = symbol.bid if gain else symbol.ask
        rate = self.rate(symbol.profit_currency, gain, (symbol, price) if price else None)
        one = 10**symbol.instrument.size_scale
        return Fraction(0) if rate is None else symbol.worth(symbol.tick, one) * rate
