"""Positions on the wire, and closing them.

Decided: the intraday figures of a position that was opened today are against its cost, else against the last day's
close; a close by percentage is rounded down, to whole shares where the position holds whole ones and the asset is not
fractionable.
"""

from __future__ import annotations

from typing import Any

from tradewright.model.numbers import money_text
from tradewright.sim.wire.alpaca.account import Account
from tradewright.sim.wire.alpaca.admission import Admission
from tradewright.sim.wire.alpaca.assets import CRYPTO, EQUITY, Asset
from tradewright.sim.wire.alpaca.codes import invalid, not_found
from tradewright.sim.wire.alpaca.intake import read_count
from tradewright.sim.wire.alpaca.ledger import Holdings, Position
from tradewright.sim.wire.alpaca.notation import SIZE_ONE, ratio_text, size_text
from tradewright.sim.wire.alpaca.orders import Terms


class Positions:
    """The positions of accounts, as they are asked for."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    def all(self, account: Account, holdings: Holdings) -> list[dict[str, Any]]:
        return [self.wire(account, held) for held in holdings.positions.values()]

    def one(self, account: Account, asset: Asset | None, holdings: Holdings) -> dict[str, Any]:
        held = holdings.positions.get(asset.plain) if asset else None
        if held is None:
            raise not_found("position does not exist")
        return self.wire(account, held)

    def wire(self, account: Account, held: Position) -> dict[str, Any]:
        """The position object; all numbers as text."""
        asset = held.asset
        board = account.boards.of(asset)
        price, close = board.price, board.close or board.price
        value = asset.money(price, held.size)
        gain = value - held.cost
        today = held.day == account.last_day
        intraday_base = held.cost if today else asset.money(close, held.size)
        locked, _ = self._admission.held_for_orders(account, asset)
        free = max(abs(held.size) - locked, 0)
        return {
            "asset_id": asset.id,
            "symbol": asset.plain,
            "exchange": asset.exchange,
            "asset_class": asset.asset_class,
            "asset_marginable": asset.marginable,
            "avg_entry_price": ratio_text(held.cost, held.size * 10**9),
            "qty": size_text(held.size),
            "qty_available": size_text(free if held.size > 0 else -free),
            "side": "long" if held.size > 0 else "short",
            "market_value": money_text(value),
            "cost_basis": money_text(held.cost),
            "unrealized_pl": money_text(gain),
            "unrealized_plpc": ratio_text(gain, abs(held.cost)),
            "unrealized_intraday_pl": money_text(value - intraday_base),
            "unrealized_intraday_plpc": ratio_text(value - intraday_base, abs(intraday_base)),
            "current_price": asset.price_text(price),
            "lastday_price": asset.price_text(close),
            "change_today": ratio_text(price - close, close),
        }


def closing(held: Position, query: dict[str, str]) -> Terms:
    """The market order that closes a position, or the part that is asked for. Refuses both parts at once."""
    asset, size = held.asset, abs(held.size)
    if query.get("qty") and query.get("percentage"):
        raise invalid("only one of qty or percentage is accepted")
    part = size
    if query.get("qty"):
        part = read_count(query, "qty", 9)
    elif query.get("percentage"):
        share = read_count(query, "percentage", 9)
        if share > 100 * 10**9:
            raise invalid("percentage must be <= 100")
        part = size * share // (100 * 10**9)
        if asset.asset_class == EQUITY and not asset.fractionable and size % SIZE_ONE == 0:
            part -= part % SIZE_ONE
    part -= part % asset.size_step if part < size else 0
    if part <= 0:
        raise invalid("the part to close is nothing")
    tif = "gtc" if asset.asset_class == CRYPTO else "day"
    return Terms(asset, -1 if held.size > 0 else 1, "market", tif, size=part)
