"""How an exchange lets an order be found again by the name that we gave it, and what its orders have to say.

An order whose answer was lost is looked up by its client order id and never sent again; so an exchange whose convention
is not known can not be traded with here. Read in the library's source (4.5); those marked were also played against.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradewright.model.errors import InputError


@dataclass(frozen=True, slots=True)
class Convention:
    """parameter: under which `fetchOrder` takes a client order id, "" = it does not, and orders are found in the list
    that `fetchOrders` gives. market_force: an order at the market says its time in force, else it has none there.
    proven: played against a simulated exchange."""

    parameter: str = "clientOrderId"
    market_force: bool = False
    proven: bool = False


CONVENTIONS = {
    "alpaca": Convention("", market_force=True, proven=True),
    "binance": Convention("origClientOrderId", proven=True),
    "binanceus": Convention("origClientOrderId"),
    "bitget": Convention("clientOrderId"),
    "bitstamp": Convention("clientOrderId"),
    "hashkey": Convention("clientOrderId"),
    "kucoin": Convention("clientOrderId"),
    "mexc": Convention("clientOrderId"),
    "woo": Convention("clientOrderId"),
}

#: What an exchange has to offer, as the library names it.
NEEDED = ("spot", "createOrder", "cancelOrder", "fetchOrder", "fetchOpenOrders", "fetchMyTrades", "fetchBalance")


def convention_of(exchange: str, given: Convention | None) -> Convention:
    """Raises InputError for an exchange at which an order can not be found again by a name of ours."""
    found = given or CONVENTIONS.get(exchange)
    if found is None:
        raise InputError(
            f"ccxt: it is not known that {exchange} finds an order by a client order id, without which an order whose "
            f"answer was lost could be placed twice; known are {', '.join(CONVENTIONS)}. Where you know how it does, "
            "state its Convention."
        )
    return found


def lacking(has: dict[str, object], convention: Convention) -> list[str]:
    """What of that an exchange has not; what the library only emulates counts as not there."""
    needed = NEEDED if convention.parameter else (*NEEDED, "fetchOrders")
    return [name for name in needed if has.get(name) is not True]
