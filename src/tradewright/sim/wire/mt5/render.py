"""The package's tuples as the connector's JSON: both names of a symbol, times in UTC, risk in the account's money.

The risk of a position is what order_calc_profit says of its way from the opening price to its SL, no less than nothing;
without an SL it is not bounded, and without a rate it is not known: both say `risk_known: false`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.results import AccountInfo, SymbolInfo, TradeDeal, TradeOrder, TradePosition
from tradewright.sim.wire.mt5.server_time import MS_NS
from tradewright.sim.wire.mt5.terminal import Terminal

ORDER_KINDS = ("market", "market", "limit", "limit", "stop", "stop", "stop_limit", "stop_limit", "close_by")
STATES = {
    value: name.removeprefix("ORDER_STATE_").lower()
    for name, value in mt5.CONSTANTS.items()
    if name.startswith("ORDER_STATE_")
}
ENTRIES = {
    mt5.DEAL_ENTRY_IN: "in",
    mt5.DEAL_ENTRY_OUT: "out",
    mt5.DEAL_ENTRY_INOUT: "inout",
    mt5.DEAL_ENTRY_OUT_BY: "out_by",
}
REASONS = {
    value: name.removeprefix("DEAL_REASON_").lower()
    for name, value in mt5.CONSTANTS.items()
    if name.startswith("DEAL_REASON_")
}
FILLINGS = {
    mt5.ORDER_FILLING_FOK: "fok",
    mt5.ORDER_FILLING_IOC: "ioc",
    mt5.ORDER_FILLING_RETURN: "return",
    mt5.ORDER_FILLING_BOC: "boc",
}
TIMES = ("gtc", "day", "specified", "specified_day")


def iso(time: int) -> str:
    """ns UTC as ISO-8601 with milliseconds."""
    moment = datetime.fromtimestamp(time // 1_000_000_000, UTC)
    return f"{moment.replace(tzinfo=None).isoformat()}.{time // MS_NS % 1000:03d}Z"


class Render:
    """For one terminal, whose server clock's offset it knows."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._broker = terminal.broker

    def utc(self, wall_msc: int) -> str | None:
        """A wall clock's milliseconds as UTC; None for 0, which means never."""
        return iso(self._broker.clock.utc(wall_msc / 1000)) if wall_msc else None

    def canonical(self, name: str) -> str:
        symbol = self._broker.symbols.get(name)
        return symbol.canonical if symbol is not None else name

    def account(self, info: AccountInfo) -> dict[str, Any]:
        """What names the account and its money."""
        return {
            "login": info.login, "server": info.server, "currency": info.currency, "margin_mode": info.margin_mode,
            "leverage": info.leverage, "trade_allowed": info.trade_allowed, "trade_expert": info.trade_expert,
            "balance": info.balance, "equity": info.equity, "margin": info.margin, "free_margin": info.margin_free,
            "margin_level": info.margin_level,
        }  # fmt: skip

    def position(self, p: TradePosition, currency: str) -> dict[str, Any]:
        symbol = self._broker.symbols[p.symbol]
        info = self._terminal.symbol_info(p.symbol)
        assert info is not None
        risk = self._risk(p)
        return {
            "symbol": symbol.canonical, "broker_symbol": p.symbol, "ticket": p.ticket, "position_id": p.identifier,
            "direction": "buy" if p.type == mt5.POSITION_TYPE_BUY else "sell", "volume": p.volume,
            "open_price": p.price_open, "current_price": p.price_current, "sl": p.sl or None, "tp": p.tp or None,
            "open_time": self.utc(p.time_msc), "time_msc": p.time_msc, "magic": p.magic, "comment": p.comment,
            "swap": p.swap, "commission": self._commission(p), "profit": p.profit,
            "contract_size": info.trade_contract_size, "tick_size": info.trade_tick_size,
            "tick_value_loss": info.trade_tick_value_loss, "digits": info.digits,
            "risk_amount": risk, "risk_currency": currency, "risk_known": risk is not None,
        }  # fmt: skip

    def _risk(self, p: TradePosition) -> float | None:
        if not p.sl:
            return None
        lost = self._terminal.order_calc_profit(p.type, p.symbol, p.volume, p.price_open, p.sl)
        return None if lost is None else max(0.0, -lost)

    def _commission(self, p: TradePosition) -> float:
        """What its deals have paid."""
        return sum(deal.commission for deal in self._terminal.history_deals_get(position=p.identifier) or ())

    def order(self, o: TradeOrder) -> dict[str, Any]:
        return {
            "symbol": self.canonical(o.symbol), "broker_symbol": o.symbol, "ticket": o.ticket,
            "direction": "buy" if o.type % 2 == 0 else "sell", "order_kind": ORDER_KINDS[o.type],
            "state": STATES[o.state], "volume": o.volume_initial, "remaining_volume": max(o.volume_current, 0.0),
            "filled_volume": round(o.volume_initial - o.volume_current, 8), "entry_price": o.price_open,
            "stop_limit_price": o.price_stoplimit or None, "sl": o.sl or None, "tp": o.tp or None,
            "current_price": o.price_current, "setup_time": self.utc(o.time_setup_msc),
            "done_time": self.utc(o.time_done_msc), "expiration": self.utc(o.time_expiration * 1000),
            "time_msc": o.time_setup_msc, "filling": FILLINGS[o.type_filling], "time": TIMES[o.type_time],
            "position_id": o.position_id or None, "magic": o.magic, "comment": o.comment, "reason": REASONS[o.reason],
        }  # fmt: skip

    def deal(self, d: TradeDeal) -> dict[str, Any]:
        trade = d.type in (mt5.DEAL_TYPE_BUY, mt5.DEAL_TYPE_SELL)
        return {
            "ticket": d.ticket, "order": d.order or None, "position_id": d.position_id or None,
            "symbol": self.canonical(d.symbol) if trade else None, "broker_symbol": d.symbol or None,
            "direction": ("buy", "sell")[d.type] if trade else None, "type": d.type, "entry": ENTRIES[d.entry],
            "volume": d.volume, "price": d.price, "commission": d.commission, "swap": d.swap, "fee": d.fee,
            "profit": d.profit, "time": self.utc(d.time_msc), "time_msc": d.time_msc, "magic": d.magic,
            "comment": d.comment, "reason": REASONS[d.reason],
        }  # fmt: skip

    def symbol(self, info: SymbolInfo) -> dict[str, Any]:
        """All the essential fields, and when it trades during the next week."""
        symbol, now = self._broker.symbols[info.name], self._broker.now
        sessions: list[dict[str, str]] = []
        moment = now
        calendar = symbol.calendar
        while len(sessions) < 10 and symbol.instrument.calendar != "always" and moment < now + 7 * 86_400 * 10**9:
            opens = moment if calendar.is_open(moment) else calendar.next_open(moment)
            closes = calendar.next_close(opens)
            sessions.append({"open": iso(opens), "close": iso(closes)})
            moment = closes
        return {
            "symbol": symbol.canonical, "broker_symbol": info.name, **info._asdict(),
            "time": self.utc(info.time * 1000),
            "is_open": calendar.is_open(now), "always_open": symbol.instrument.calendar == "always",
            "sessions": sessions,
        }  # fmt: skip
