"""From our symbols to a broker's and back: by the map that was configured, else by one certain find, never by a guess.

An exact name comes first; then our name with a suffix or prefix that brokers are known to add; then the names that mean
the same thing elsewhere. Each of these steps must find exactly one symbol that is visible and fully tradable, and whose
currencies are those that the name says; more than one is an error. Names are case-sensitive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tradewright.adapters.venue.mt5.answers import Listed
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.numbers import SCALE_MAX, count_of, decimal_of, places_of

SUFFIXES = (
    "m", "c", ".m", ".c", ".a", ".i", ".r", ".raw", ".pro", ".ecn", ".x", "_", "#", "-ECN", ".0", ".1", ".conv",
)  # fmt: skip
PREFIXES = ("#", "_", ".", "m.", "FX.", "FX:")
#: Names that mean the same instrument at different brokers.
FAMILIES = (
    ("XAUUSD", "GOLD", "XAU/USD"),
    ("XAGUSD", "SILVER", "XAG/USD"),
    ("US30", "US30Cash", "DJ30", "WS30"),
    ("NAS100", "USTEC", "US100"),
    ("GER40", "DE40"),
)
#: trade_mode
DISABLED, LONG_ONLY, SHORT_ONLY, CLOSE_ONLY, FULL = range(5)
METALS = ("XAU", "XAG", "XPT", "XPD")
COINS = ("BTC", "ETH", "LTC", "XRP", "BCH", "SOL", "ADA", "DOGE", "DOT", "BNB")
#: trade_calc_mode: those of currency pairs, of shares, of futures.
PAIRS, SHARES, FUTURES = (0, 5), (32, 37), (1, 33, 34)
_CALENDARS = {"forex": "forex", "metal": "metals"}


class SymbolBook:
    """One broker's listing. given: our symbol → the broker's name, as configured; it beats every rule."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = dict(given)
        self.listed: dict[str, Listed] = {}
        self._ours: dict[str, str] = {name: ours for ours, name in self.given.items()}

    def list(self, symbols: Iterable[Listed]) -> None:
        """The broker's symbols as they are now. What was found before stays found: a symbol that is closed, or gone,
        has orders and positions still."""
        self.listed = {symbol.name: symbol for symbol in symbols}

    def find(self, symbol: str) -> Listed:
        """The broker's symbol for ours. Raises InputError where there is none, or more than one."""
        name = self.given.get(symbol, symbol)
        found = self.listed.get(name)
        if found is None and symbol in self.given:
            raise InputError(f"{symbol}: the broker does not list {name}, which it is mapped to")
        if found is None:
            found = self._certain(symbol)
        self._ours[found.name] = symbol
        return found

    def again(self, symbol: str) -> Listed | None:
        """As `find`; the one that was found before is still it, whatever may be traded of it now; None = there is none
        any more."""
        known = [self.listed[name] for name, ours in self._ours.items() if ours == symbol and name in self.listed]
        try:
            return known[-1] if known else self.find(symbol)
        except InputError:
            return None

    def ours(self, name: str, known: Iterable[str] = ()) -> str:
        """Our symbol for a broker's name: one that was found before, else the first of the names it could stand for
        that is among `known` and whose find it is; "" = none."""
        found = self._ours.get(name, "")
        if found:
            return found
        for symbol in known:
            try:
                if self.find(symbol).name == name:
                    return symbol
            except InputError:
                continue
        return ""

    def _certain(self, symbol: str) -> Listed:
        family = next((names for names in FAMILIES if symbol in names), ())
        for names in ((symbol,), tuple(name for name in family if name != symbol)):
            found = [one for one in self.listed.values() if one.name in set(_variants(names)) and _fits(symbol, one)]
            if len(found) > 1:
                raise InputError(f"{symbol}: it could be {', '.join(one.name for one in found)}; map it to one of them")
            if found:
                return found[0]
        raise InputError(f"{symbol}: the broker lists nothing that is it for certain; map it to a name of the broker's")


def _variants(names: tuple[str, ...]) -> Iterable[str]:
    for name in names:
        yield name
        yield from (name + suffix for suffix in SUFFIXES)
        yield from (prefix + name for prefix in PREFIXES)


def stems(name: str) -> list[str]:
    """The symbols of ours that a broker's name could stand for."""
    found = [name]
    found += [name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)]
    found += [name.removeprefix(prefix) for prefix in PREFIXES if name.startswith(prefix)]
    for family in FAMILIES:
        if any(stem in family for stem in found):
            found += family
    return [stem for stem in dict.fromkeys(found) if stem]


def _fits(symbol: str, listed: Listed) -> bool:
    """Visible, fully tradable, and of the currencies that a name of two of them says."""
    if not listed.visible or listed.trade_mode != FULL:
        return False
    pair = len(symbol) == 6 and symbol.isalpha() and symbol.isupper()
    return not pair or (listed.currency_base, listed.currency_profit) == (symbol[:3], symbol[3:])


def rules_of(listed: Listed, price_scale: int, size_scale: int) -> OrderRules:
    """What the broker demands of an order. Raises InputError."""
    what = listed.name
    return OrderRules(
        tick=count_of(listed.trade_tick_size, price_scale, f"{what}: tick size"),
        step=count_of(listed.volume_step, size_scale, f"{what}: volume step"),
        size_min=count_of(listed.volume_min, size_scale, f"{what}: smallest volume"),
        size_max=count_of(listed.volume_max, size_scale, f"{what}: largest volume"),
        shortable=listed.trade_mode != LONG_ONLY,
        tradable=listed.trade_mode not in (DISABLED, CLOSE_ONLY),
    )


def instrument_of(symbol: str, venue: str, listed: Listed) -> Instrument:
    """The instrument behind a symbol of the broker's: sizes in lots. Prices and sizes are kept two decimals finer than
    the broker's increments, since means of fills are. Raises InputError."""
    contract = decimal_of(listed.trade_contract_size, f"{listed.name}: contract size")
    if contract != int(contract) or contract < 1:
        raise InputError(f"{symbol}: a contract of {contract} units has no exact money")
    price_scale = min(max(listed.digits, _decimals(listed.trade_tick_size)) + 2, SCALE_MAX)
    size_scale = min(_decimals(listed.volume_step) + 2, SCALE_MAX)
    kind = asset_class(listed)
    return Instrument(
        symbol, venue, kind, listed.currency_base or symbol, listed.currency_profit, price_scale, size_scale,
        int(contract), "always" if listed.always_open else _CALENDARS.get(kind, "always"),
        rules=rules_of(listed, price_scale, size_scale),
    )  # fmt: skip


def asset_class(listed: Listed) -> str:
    if listed.currency_base in METALS:
        return "metal"
    if listed.currency_base in COINS:
        return "crypto"
    if listed.trade_calc_mode in PAIRS:
        return "forex"
    if SHARES[0] <= listed.trade_calc_mode <= SHARES[1] and listed.trade_calc_mode not in FUTURES:
        return "equity"
    return "future" if listed.trade_calc_mode in FUTURES else "cfd"


def _decimals(number: object) -> int:
    return places_of(decimal_of(str(number), "increment"))
