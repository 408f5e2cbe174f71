"""The package's tuples as JSON: both names of a symbol, times in UTC, risk in the account's money.

The risk of a position is what order_calc_profit says of its way from the opening price to its SL, no less than nothing;
without an SL it is not bounded, and without a rate it is not known: both say `risk_known: false`.
"""

from __future__ import annotations

from typing import Any

from tradewright.connector.package import Package
from tradewright.connector.resolver import Resolver
from tradewright.connector.wall import Wall

KINDS = ("market", "market", "limit", "limit", "stop", "stop", "stop_limit", "stop_limit", "close_by")
STATES = (
    "started", "placed", "canceled", "partial", "filled", "rejected", "expired", "request_add", "request_modify",
    "request_cancel",
)  # fmt: skip
ENTRIES = ("in", "out", "inout", "out_by")
REASONS = ("client", "mobile", "web", "expert", "sl", "tp", "so", "rollover", "vmargin", "split")
FILLINGS = ("fok", "ioc", "return", "boc")
TIMES = ("gtc", "day", "specified", "specified_day")
SIDES = ("buy", "sell")
TRADES = (0, 1)


def named(names: tuple[str, ...], value: int) -> str:
    """The name of a number; one that newer terminals may have by its number."""
    return names[value] if 0 <= value < len(names) else str(value)


class Render:
    def __init__(self, package: Package, resolver: Resolver, wall: Wall) -> None:
        self._package = package
        self._resolver = resolver
        self._wall = wall

    def account(self, info: Any) -> dict[str, Any]:
        """What names the account and its money."""
        return {
            "login": info.login, "server": info.server, "currency": info.currency, "margin_mode": info.margin_mode,
            "leverage": info.leverage, "trade_allowed": info.trade_allowed, "trade_expert": info.trade_expert,
            "balance": info.balance, "equity": info.equity, "margin": info.margin, "free_margin": info.margin_free,
            "margin_level": info.margin_level,
        }  # fmt: skip

    def position(self, p: Any, currency: str) -> dict[str, Any]:
        info = self._package.symbol_info(p.symbol)
        risk = self._risk(p)
        deals = self._package.history_deals_get(position=p.identifier) or ()
        return {
            "symbol": self._resolver.canonical(p.symbol), "broker_symbol": p.symbol, "ticket": p.ticket,
            "position_id": p.identifier, "direction": named(SIDES, p.type), "volume": p.volume,
            "open_price": p.price_open, "current_price": p.price_current, "sl": p.sl or None, "tp": p.tp or None,
            "open_time": self._wall.text(p.time_msc), "time_msc": p.time_msc, "magic": p.magic, "comment": p.comment,
            "swap": p.swap, "commission": sum(deal.commission for deal in deals), "profit": p.profit,
            "contract_size": info.trade_contract_size if info is not None else None,
            "tick_size": info.trade_tick_size if info is not None else None,
            "tick_value_loss": info.trade_tick_value_loss if info is not None else None,
            "digits": info.digits if info is not None else None,
            "risk_amount": risk, "risk_currency": currency, "risk_known": risk is not None,
        }  # fmt: skip

    def _risk(self, p: Any) -> float | None:
        if not p.sl:
            return None
        lost = self._package.order_calc_profit(p.type, p.symbol, p.volume, p.price_open, p.sl)
        return None if lost is None else max(0.0, -lost)

    def order(self, o: Any) -> dict[str, Any]:
        return {
            "symbol": self._resolver.canonical(o.symbol), "broker_symbol": o.symbol, "ticket": o.ticket,
            "direction": SIDES[o.type % 2], "order_kind": named(KINDS, o.type), "state": named(STATES, o.state),
            "volume": o.volume_initial, "remaining_volume": max(o.volume_current, 0.0),
            "filled_volume": round(o.volume_initial - o.volume_current, 8), "entry_price": o.price_open,
            "stop_limit_price": o.price_stoplimit or None, "sl": o.sl or None, "tp": o.tp or None,
            "current_price": o.price_current, "setup_time": self._wall.text(o.time_setup_msc),
            "done_time": self._wall.text(o.time_done_msc), "expiration": self._wall.text(o.time_expiration * 1000),
            "time_msc": o.time_setup_msc, "filling": named(FILLINGS, o.type_filling),
            "time": named(TIMES, o.type_time), "position_id": o.position_id or None, "magic": o.magic,
            "comment": o.comment, "reason": named(REASONS, o.reason),
        }  # fmt: skip

    def deal(self, d: Any) -> dict[str, Any]:
        trade = d.type in TRADES
        return {
            "ticket": d.ticket, "order": d.order or None, "position_id": d.position_id or None,
            "symbol": self._resolver.canonical(d.symbol) if trade else None, "broker_symbol": d.symbol or None,
            "direction": SIDES[d.type] if trade else None, "type": d.type, "entry": named(ENTRIES, d.entry),
            "volume": d.volume, "price": d.price, "commission": d.commission, "swap": d.swap, "fee": d.fee,
            "profit": d.profit, "time": self._wall.text(d.time_msc), "time_msc": d.time_msc, "magic": d.magic,
            "comment": d.comment, "reason": named(REASONS, d.reason),
        }  # fmt: skip

    def symbol(self, info: Any) -> dict[str, Any]:
        """All the package says of it; when it trades, the package does not say."""
        return {
            "symbol": self._resolver.canonical(info.name), "broker_symbol": info.name, **info._asdict(),
            "time": self._wall.text(info.time * 1000),
        }  # fmt: skip
