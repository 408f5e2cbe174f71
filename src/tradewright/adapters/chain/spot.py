"""What a spot account owns, as positions and money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tradewright.model.instrument import Instrument
from tradewright.model.numbers import MONEY_SCALE


def holdings(
    balances: Mapping[str, int], instruments: Iterable[Instrument]
) -> tuple[list[tuple[str, int]], list[tuple[str, int, int]]]:
    """Money per asset, and positions as an AccountSnapshot has them. What is owned of an asset belongs to the first
    instrument that is based on it, and is no money."""
    positions: dict[str, tuple[str, int, int]] = {}
    for instrument in instruments:
        owned = balances.get(instrument.base, 0)
        if owned:
            positions.setdefault(instrument.base, (instrument.symbol, size_of_money(owned, instrument), 0))
    money = [(asset, amount) for asset, amount in balances.items() if asset not in positions]
    return money, [position for position in positions.values() if position[1]]


def size_of_money(money: int, instrument: Instrument) -> int:
    """Size counts of so much of the base asset, signed; dust that is finer than a count is left out."""
    one: int = 10 ** (MONEY_SCALE - instrument.size_scale)
    return money // one if money >= 0 else -(-money // one)
