"""What the connector answers to a GET. Each function takes the decoded query and gives the content of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from tradewright.sim.wire.mt5.answers import Refusal
from tradewright.sim.wire.mt5.rates import TIMEFRAMES
from tradewright.sim.wire.mt5.render import Render, iso
from tradewright.sim.wire.mt5.resolver import resolve
from tradewright.sim.wire.mt5.results import AccountInfo
from tradewright.sim.wire.mt5.server_time import SECOND_NS
from tradewright.sim.wire.mt5.terminal import Terminal

VERSION = "1"
#: Deals and orders on one page: by default, and at most.
PAGE, PAGE_MAX = 100, 1000
HISTORY_DAYS = 30
#: The time over which order flow is counted, and how far back its ticks may lie.
FLOW_NS = 60 * SECOND_NS

Query = Mapping[str, str]


def comment_hash(client_order_id: str) -> str:
    """What an order carries of its client's id in its comment: '#' and 16 hex digits of BLAKE2b."""
    return "#" + blake2b(client_order_id.encode(), digest_size=8).hexdigest()


class Reads:
    """The account, its orders and positions, the history, symbols and prices of one terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._broker = terminal.broker
        self.render = Render(terminal)

    # The account

    def health(self) -> dict[str, Any]:
        """ok; degraded: connected, but trading is not possible; down. The account stands twice, once in the form of
        the first connectors."""
        terminal, account = self._terminal.terminal_info(), self._terminal.account_info()
        connected = terminal is not None and terminal.connected
        able = account is not None and account.trade_allowed and account.trade_expert
        ready = connected and able and terminal is not None and terminal.trade_allowed
        told = None if account is None else self.render.account(account)
        old = None if account is None or told is None else {
            key: value for key, value in {**told, "company": account.company}.items() if key != "margin_level"
        }  # fmt: skip
        now = self._broker.now
        return {
            "status": "ok" if ready else "degraded" if connected else "down",
            "mt5_connection": connected,
            "terminal": None if terminal is None else {
                "connected": connected, "trade_allowed": terminal.trade_allowed, "build": terminal.build,
                "ping_ms": terminal.ping_last // 1000,
            },
            "account": told,
            "account_info": old,
            "server_time": iso(now),
            "utc_offset_s": self._broker.clock.offset_seconds(now),
            "version": VERSION,
        }  # fmt: skip

    def account(self) -> AccountInfo:
        """Raises Refusal 503 with the terminal's reason."""
        found = self._terminal.account_info()
        if found is None:
            raise self._down({})
        return found

    def account_summary(self) -> dict[str, Any]:
        told = self.render.account(self.account())
        return {"success": True, **told, "as_of": iso(self._broker.now), "error": None}

    def _down(self, content: Mapping[str, object]) -> Refusal:
        code, text = self._terminal.last_error()
        return Refusal(503, f"the terminal does not answer: {text} ({code})", retry_after=1, content=content)

    # Orders and positions

    def open_positions(self, query: Query) -> dict[str, Any]:
        """An empty list of positions proves a flat account only with success: true."""
        found = self._terminal.positions_get()
        account = self._terminal.account_info() if found is not None else None
        if found is None or account is None:
            raise self._down({"positions": []})
        positions = [self.render.position(p, account.currency) for p in found]
        now = self._broker.now
        return {
            "success": True, "as_of": iso(now), "snapshot_id": f"{now}-{self._broker.happenings.seq}",
            "account": {"login": account.login, "currency": account.currency, "margin_mode": account.margin_mode},
            "positions": [item for item in positions if self._asked(item, query)], "error": None,
        }  # fmt: skip

    def pending_orders(self, query: Query) -> dict[str, Any]:
        found = self._terminal.orders_get()
        if found is None:
            raise self._down({"orders": []})
        orders = [self.render.order(order) for order in found]
        return {
            "success": True, "as_of": iso(self._broker.now),
            "orders": [item for item in orders if self._asked(item, query)], "error": None,
        }  # fmt: skip

    def order(self, ticket: str) -> dict[str, Any]:
        """One order, at work or ended, with its deals."""
        number = whole(ticket, "ticket")
        found = self._terminal.orders_get(ticket=number)
        if found is None:
            raise self._down({})
        found = found or self._terminal.history_orders_get(ticket=number) or ()
        if not found:
            raise Refusal(404, f"order {ticket} is not known")
        deals = self._terminal.history_deals_get(ticket=number) or ()
        return {
            "success": True, "order": self.render.order(found[0]),
            "deals": [self.render.deal(deal) for deal in deals], "error": None,
        }  # fmt: skip

    def _asked(self, item: Mapping[str, Any], query: Query) -> bool:
        """The filters symbol (either name), magic and client_order_id."""
        symbol = query.get("symbol")
        if symbol and symbol not in (item["symbol"], item["broker_symbol"]):
            return False
        if "magic" in query and item["magic"] != whole(query["magic"], "magic"):
            return False
        own = query.get("client_order_id")
        return not own or comment_hash(own) in item["comment"]

    # History

    def deals(self, query: Query) -> dict[str, Any]:
        position = whole(query["position_id"], "position_id") if "position_id" in query else 0
        since, until = self._span(query)
        found = self._terminal.history_deals_get(since, until, position=position)
        if found is None:
            raise self._down({"deals": []})
        return self._page("deals", [self.render.deal(deal) for deal in found], query)

    def orders(self, query: Query) -> dict[str, Any]:
        """Ended ones, in the order of their tickets."""
        since, until = self._span(query)
        found = self._terminal.history_orders_get(since, until)
        if found is None:
            raise self._down({"orders": []})
        ended = sorted(found, key=lambda order: order.ticket)
        return self._page("orders", [self.render.order(order) for order in ended], query)

    def _page(self, what: str, items: list[dict[str, Any]], query: Query) -> dict[str, Any]:
        """Those behind the cursor, which is the last ticket seen."""
        cursor = whole(query.get("cursor", "0"), "cursor")
        limit = min(max(whole(query.get("limit", str(PAGE)), "limit"), 1), PAGE_MAX)
        left = [item for item in items if item["ticket"] > cursor and self._asked(item, query)]
        page = left[:limit]
        more = page[-1]["ticket"] if len(left) > limit else None
        return {"success": True, what: page, "next_cursor": more, "as_of": iso(self._broker.now), "error": None}

    def _span(self, query: Query) -> tuple[float, float]:
        """`from` and `to` (UTC) as the wall clock's seconds."""
        clock, now = self._broker.clock, self._broker.now
        since = moment(query["from"]) if "from" in query else now - HISTORY_DAYS * 86_400 * SECOND_NS
        until = moment(query["to"]) if "to" in query else now
        return clock.milliseconds(since) / 1000, clock.milliseconds(until) / 1000

    # Symbols, prices, bars

    def symbols(self, query: Query) -> dict[str, Any]:
        """All symbols, or those whose name contains `q`."""
        found = self._terminal.symbols_get()
        if found is None:
            raise self._down({"symbols": []})
        wanted = query.get("q", "").lower()
        chosen = [info for info in found if wanted in f"{info.name} {self.render.canonical(info.name)}".lower()]
        names = [info.name for info in chosen]
        return {
            "success": True, "total_symbols": len(names), "all_symbols": names, "common_symbols": names[:20],
            "symbols": [self.render.symbol(info) for info in chosen], "error": None,
        }  # fmt: skip

    def symbol(self, name: str) -> dict[str, Any]:
        info = self._terminal.symbol_info(resolve(self._broker, name).name)
        if info is None:
            raise self._down({})
        return {"success": True, **self.render.symbol(info), "error": None}

    def price(self, name: str) -> dict[str, Any]:
        symbol = resolve(self._broker, name)
        tick = self._terminal.symbol_info_tick(symbol.name)
        if tick is None:
            raise self._down({})
        if not tick.bid:
            raise Refusal(503, f"{symbol.name} has no price yet", retry_after=1)
        mid = symbol.price(symbol.bid + symbol.ask) / 2
        return {
            "success": True, "symbol": name, "resolved_symbol": symbol.name, "broker_symbol": symbol.name,
            "bid": tick.bid, "ask": tick.ask, "last": tick.last, "mid": round(mid, symbol.digits + 1),
            "time": symbol.time // SECOND_NS, "time_iso": iso(symbol.time), "time_msc": tick.time_msc, "error": None,
        }  # fmt: skip

    def history(self, query: Query) -> list[dict[str, Any]]:
        """Bars as a plain list, oldest first: of so many days, or from startDate to endDate (UTC)."""
        if not query.get("symbol"):
            raise Refusal(400, "symbol is missing")
        symbol = resolve(self._broker, query["symbol"])
        timeframe = TIMEFRAMES.get(query.get("timeframe", "M1").upper())
        if timeframe is None:
            raise Refusal(400, f"timeframe must be one of {', '.join(TIMEFRAMES)}")
        clock, now = self._broker.clock, self._broker.now
        days = whole(query.get("days", str(HISTORY_DAYS)), "days")
        since = moment(query["startDate"]) if "startDate" in query else now - days * 86_400 * SECOND_NS
        until = moment(query["endDate"]) if "endDate" in query else now
        bars = self._terminal.copy_rates_range(symbol.name, timeframe, clock.seconds(since), clock.seconds(until))
        if bars is None:
            raise self._down({})
        return [
            {
                "time": self.render.utc(int(bar["time"]) * 1000), "open": float(bar["open"]),
                "high": float(bar["high"]), "low": float(bar["low"]), "close": float(bar["close"]),
                "volume": int(bar["tick_volume"]), "spread": int(bar["spread"]),
            }
            for bar in bars
        ]  # fmt: skip

    def order_flow(self, name: str) -> dict[str, Any]:
        """The last minute's ticks as the first connectors counted them: one up is a buyer's, one down a seller's."""
        symbol = resolve(self._broker, name)
        ticks = [tick for tick in symbol.ticks if tick.time > self._broker.now - FLOW_NS]
        steps = [after.bid - before.bid for before, after in pairwise(ticks)]
        bought, sold = sum(step > 0 for step in steps), sum(step < 0 for step in steps)
        share = 100 * bought / (bought + sold) if bought + sold else 50.0
        return {
            "symbol": symbol.name, "timestamp": iso(self._broker.now), "bid_volume": float(sold),
            "ask_volume": float(bought), "delta": float(bought - sold),
            "delta_sign": "positive" if bought > sold else "negative" if sold > bought else "neutral",
            "imbalance_buy_pct": round(share, 2), "imbalance_sell_pct": round(100 - share, 2), "large_orders": [],
        }  # fmt: skip


def whole(text: str, what: str) -> int:
    """Raises Refusal 400 for what is no whole number."""
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or len(text) > 18:
        raise Refusal(400, f"{what}: {text!r} is not a whole number")
    return int(text)


def moment(text: str) -> int:
    """An ISO-8601 time, UTC unless it says otherwise, as ns UTC. Raises Refusal 400."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(400, f"{text!r} is not an ISO-8601 time") from error
    aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000) * 1_000_000
