"""From the symbol a client means to the one the broker lists: found for certain, or not at all.

An exact name of the broker's comes first, then the instrument's own name, then its family of aliases. Of several
candidates exactly one must be visible and fully tradable, else it is an error: nothing is guessed.
"""

from __future__ import annotations

from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.answers import Refusal
from tradewright.sim.wire.mt5.broker import Broker
from tradewright.sim.wire.mt5.symbols import Symbol

#: Names that mean the same instrument at different brokers; which of them is listed, the broker says.
FAMILIES = (
    ("XAUUSD", "GOLD", "XAU/USD"),
    ("XAGUSD", "SILVER", "XAG/USD"),
    ("US30", "US30Cash", "DJ30", "WS30"),
    ("NAS100", "USTEC", "US100"),
    ("GER40", "DE40"),
)


def resolve(broker: Broker, name: str) -> Symbol:
    """The broker's symbol of that name. Raises Refusal: 404 none, 422 more than one."""
    exact = broker.symbols.get(name)
    if exact is not None and exact.select:
        return exact
    for candidates in _candidates(broker, name):
        usable = [s for s in candidates if s.visible and s.trade_mode == mt5.SYMBOL_TRADE_MODE_FULL]
        if len(usable) == 1:
            return usable[0]
        if len(usable) > 1:
            names = ", ".join(symbol.name for symbol in usable)
            raise Refusal(422, f"symbol {name} is ambiguous: {names}")
        if len(candidates) == 1:
            return candidates[0]
    raise Refusal(404, f"symbol {name} is not known")


def _candidates(broker: Broker, name: str) -> list[list[Symbol]]:
    """By the instrument's own name, then by its family; empty ones left out."""
    family = next((names for names in FAMILIES if name in names), ())
    wanted = [{name}, set(family) - {name}]
    found = [[s for s in broker.symbols.values() if s.canonical in names] for names in wanted]
    return [symbols for symbols in found if symbols]
