"""From the symbol a client means to the one the broker lists: found for certain, or not at all.

A name of the broker's comes first, then the name with a suffix or prefix that brokers are known to add, then the names
that mean the same thing elsewhere. Of several exactly one must be visible and fully tradable, else it is an error.
"""

from __future__ import annotations

from typing import Any

from tradewright.connector.package import Package
from tradewright.connector.replies import Refusal

SUFFIXES = ("m", "c", ".m", ".c", ".a", ".i", ".r", ".raw", ".pro", ".ecn", ".x", "_", "#", "-ECN", ".0", ".1", ".conv")
FAMILIES = (
    ("XAUUSD", "GOLD", "XAU/USD"),
    ("XAGUSD", "SILVER", "XAG/USD"),
    ("US30", "US30Cash", "DJ30", "WS30"),
    ("NAS100", "USTEC", "US100"),
    ("GER40", "DE40"),
)
FULL = 4


class Resolver:
    """given: the client's symbol → the broker's name, as configured; it beats every rule."""

    def __init__(self, package: Package, given: dict[str, str] | None = None) -> None:
        self._package = package
        self._given = dict(given or {})
        self._canonical = {name: symbol for symbol, name in self._given.items()}

    def canonical(self, name: str) -> str:
        """What a client would call a symbol of the broker's: by the map, else an alias or suffix taken off, else the
        name itself."""
        known = self._canonical.get(name)
        if known is not None:
            return known
        stems = [name, *(name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix))]
        for family in FAMILIES:
            if any(stem in family for stem in stems):
                return family[0]
        pairs = [stem for stem in stems if len(stem) == 6 and stem.isalpha() and stem.isupper()]
        return pairs[0] if pairs else name

    def find(self, symbol: str) -> Any:
        """The symbol's info. Raises Refusal: 404 none, 422 more than one."""
        name = self._given.get(symbol, symbol)
        info = self._package.symbol_info(name)
        if info is not None:
            return self._selected(info)
        if symbol in self._given:
            raise Refusal(404, f"symbol {symbol} is mapped to {name}, which is not listed")
        family = next((names for names in FAMILIES if symbol in names), ())
        for wanted in ((symbol,), tuple(one for one in family if one != symbol)):
            names = {one + suffix for one in wanted for suffix in ("", *SUFFIXES)}
            found = [info for info in self._package.symbols_get() or () if info.name in names]
            usable = [info for info in found if info.visible and info.trade_mode == FULL]
            if len(usable) > 1:
                raise Refusal(422, f"symbol {symbol} is ambiguous: {', '.join(info.name for info in usable)}")
            if usable or len(found) == 1:
                return self._selected((usable or found)[0])
        raise Refusal(404, f"symbol {symbol} is not known")

    def _selected(self, info: Any) -> Any:
        """The market watch gives prices only of what is in it."""
        if not info.select:
            self._package.symbol_select(info.name, True)
            return self._package.symbol_info(info.name) or info
        return info
