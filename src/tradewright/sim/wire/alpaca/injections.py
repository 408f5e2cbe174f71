"""What the inside of the venue can be made to do once (`trouble.INJECTIONS`). Of several accounts the first in which it
can happen; a foreign order is one share (or the smallest part) far below the market, by somebody at the dashboard."""

from __future__ import annotations

from tradewright.sim.wire.alpaca.account import Account
from tradewright.sim.wire.alpaca.assets import CRYPTO, Asset, Assets
from tradewright.sim.wire.alpaca.desk import Desk
from tradewright.sim.wire.alpaca.notation import SIZE_ONE
from tradewright.sim.wire.alpaca.orders import CANCELED, EXPIRED, NEW, PARTIAL, Order, Terms
from tradewright.sim.wire.alpaca.positions import closing
from tradewright.sim.wire.trouble import (
    CHANGED_RULES,
    EXIT_CANCELLED,
    FOREIGN_ORDER,
    LATE_FILL,
    MANUAL_CLOSE,
    OVERFILL,
)

DASHBOARD = "dashboard"


def inject(kind: str, accounts: list[Account], assets: Assets, desk: Desk, now: int) -> bool:
    """Lets it happen; False: nothing is there to which it could. Raises KeyError for an unknown kind."""
    if kind == CHANGED_RULES:
        return _changed_rules(assets)
    act = {
        LATE_FILL: _late_fill, OVERFILL: _overfill, FOREIGN_ORDER: _foreign_order, MANUAL_CLOSE: _manual_close,
        EXIT_CANCELLED: _exit_cancelled,
    }[kind]  # fmt: skip
    return any(act(account, assets, desk, now) for account in accounts)


def _changed_rules(assets: Assets) -> bool:
    """Of all pairs, and of the first share of which there is something to change."""
    pairs = [asset.coarsen() for asset in assets.all if asset.asset_class == CRYPTO]
    return any(asset.coarsen() for asset in assets.all if asset.asset_class != CRYPTO) or any(pairs)


def _last(account: Account, statuses: tuple[str, ...]) -> Order | None:
    price = account.boards.price
    for order in reversed(account.orders.values()):
        if order.status in statuses and order.left and price(order.terms.asset):
            return order
    return None


def _late_fill(account: Account, assets: Assets, desk: Desk, now: int) -> bool:
    order = _last(account, (CANCELED, EXPIRED))
    if order is not None:
        desk.late_fill(account, order, now)
    return order is not None


def _overfill(account: Account, assets: Assets, desk: Desk, now: int) -> bool:
    order = _last(account, (NEW, PARTIAL))
    if order is not None:
        desk.overfill(account, order, now)
    return order is not None


def _foreign_order(account: Account, assets: Assets, desk: Desk, now: int) -> bool:
    for asset in assets.all:
        limit = _far_below(asset, account.boards.price(asset))
        if limit:
            size = -(-asset.cost_min // asset.money(limit, 1))
            step = asset.size_step if asset.asset_class == CRYPTO else SIZE_ONE
            terms = Terms(asset, 1, "limit", "gtc", size=size + -size % step, limit=limit, source=DASHBOARD)
            desk.place(account, terms, now)
            return True
    return False


def _far_below(asset: Asset, price: int) -> int:
    step: int = max(asset.price_step, 10 ** max(asset.instrument.price_scale - 2, 0))
    half = price // 2
    return half - half % step


def _manual_close(account: Account, assets: Assets, desk: Desk, now: int) -> bool:
    for held in account.ledger.positions.values():
        terms = closing(held, {})
        terms.source = DASHBOARD
        desk.place(account, terms, now)
        return True
    return False


def _exit_cancelled(account: Account, assets: Assets, desk: Desk, now: int) -> bool:
    """The newest order that would close what is held."""
    for order in reversed(account.orders.values()):
        closes = order.terms.side * account.ledger.size_of(order.terms.asset) < 0
        if closes and order.status in (NEW, PARTIAL) and order.left:
            desk.lose(order, now)
            return True
    return False
