"""What is answered to a GET. Each function takes the decoded query and gives the content of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from tradewright.connector.package import Package
from tradewright.connector.render import Render
from tradewright.connector.replies import Refusal
from tradewright.connector.resolver import Resolver
from tradewright.connector.wall import MS_NS, SECOND_NS, Wall, iso
from tradewright.ports import Clock

VERSION = "1"
#: Deals and orders on one page: by default, and at most.
PAGE, PAGE_MAX = 100, 1000
HISTORY_DAYS = 30
DAY_NS = 86_400 * SECOND_NS
TIMEFRAMES = {
    **{f"M{minutes}": minutes for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)},
    **{f"H{hours}": 16_384 + hours for hours in (1, 2, 3, 4, 6, 8, 12)},
    "D1": 16_408, "W1": 32_769, "MN1": 49_153,
}  # fmt: skip

Query = Mapping[str, str]
Content = dict[str, Any]


def comment_hash(client_order_id: str) -> str:
    """What an order carries of its client's id in its comment: '#' and 16 hex digits of BLAKE2b."""
    return "#" + blake2b(client_order_id.encode(), digest_size=8).hexdigest()


class Reads:
    def __init__(self, package: Package, resolver: Resolver, wall: Wall, clock: Clock) -> None:
        self._package = package
        self._resolver = resolver
        self._wall = wall
        self._clock = clock
        self._render = Render(package, resolver, wall)
        self._snapshots = 0

    # The account

    def health(self, query: Query) -> Content:
        """ok; degraded: connected, but trading is not possible; down."""
        terminal, account = self._package.terminal_info(), self._package.account_info()
        connected = terminal is not None and bool(terminal.connected)
        able = account is not None and account.trade_allowed and account.trade_expert
        ready = connected and able and bool(terminal.trade_allowed)
        told = None if account is None else self._render.account(account)
        old = None if account is None or told is None else {
            key: value for key, value in {**told, "company": account.company}.items() if key != "margin_level"
        }  # fmt: skip
        now = self._clock()
        return {
            "status": "ok" if ready else "degraded" if connected else "down", "mt5_connection": connected,
            "terminal": None if terminal is None else {
                "connected": connected, "trade_allowed": terminal.trade_allowed, "build": terminal.build,
                "ping_ms": terminal.ping_last // 1000,
            },
            "account": told, "account_info": old, "server_time": iso(now),
            "utc_offset_s": self._wall.ahead(now) // SECOND_NS if self._wall.known else None, "version": VERSION,
        }  # fmt: skip

    def account_summary(self, query: Query) -> Content:
        info = self._package.account_info()
        if info is None:
            raise self._down({})
        return {"success": True, **self._render.account(info), "as_of": iso(self._clock()), "error": None}

    def _down(self, content: Content) -> Refusal:
        code, text = self._package.last_error()
        return Refusal(503, f"the terminal does not answer: {text} ({code})", retry_after=1, content=content)

    # Orders and positions

    def open_positions(self, query: Query) -> Content:
        """An empty list proves a flat account only with success: true."""
        found = self._package.positions_get()
        account = self._package.account_info() if found is not None else None
        if found is None or account is None:
            raise self._down({"positions": []})
        now = self._clock()
        self._snapshots += 1
        positions = [self._render.position(p, account.currency) for p in found]
        return {
            "success": True, "as_of": iso(now), "snapshot_id": f"{now}-{self._snapshots}",
            "account": {"login": account.login, "currency": account.currency, "margin_mode": account.margin_mode},
            "positions": [item for item in positions if asked(item, query)], "error": None,
        }  # fmt: skip

    def pending_orders(self, query: Query) -> Content:
        found = self._package.orders_get()
        if found is None:
            raise self._down({"orders": []})
        orders = [self._render.order(order) for order in found]
        return {
            "success": True, "as_of": iso(self._clock()), "orders": [item for item in orders if asked(item, query)],
            "error": None,
        }  # fmt: skip

    def order(self, ticket: str) -> Content:
        """One order, at work or ended, with its deals."""
        number = whole(ticket, "ticket")
        found = self._package.orders_get(ticket=number)
        if found is None:
            raise self._down({})
        found = found or self._package.history_orders_get(ticket=number)
        deals = self._package.history_deals_get(ticket=number)
        if found is None or deals is None:
            raise self._down({})
        if not found:
            raise Refusal(404, f"order {ticket} is not known")
        return {
            "success": True, "order": self._render.order(found[0]), "deals": [self._render.deal(d) for d in deals],
            "error": None,
        }  # fmt: skip

    # History

    def deals(self, query: Query) -> Content:
        since, until = self._span(query)
        if "position_id" in query:
            found = self._package.history_deals_get(position=whole(query["position_id"], "position_id"))
        else:
            found = self._package.history_deals_get(since, until)
        if found is None:
            raise self._down({"deals": []})
        return self._page("deals", [self._render.deal(deal) for deal in found], query)

    def orders(self, query: Query) -> Content:
        """Ended ones, in the order of their tickets."""
        since, until = self._span(query)
        found = self._package.history_orders_get(since, until)
        if found is None:
            raise self._down({"orders": []})
        return self._page("orders", [self._render.order(order) for order in found], query)

    def _page(self, what: str, items: list[Content], query: Query) -> Content:
        """Those behind the cursor, which is the last ticket seen."""
        cursor = whole(query.get("cursor", "0"), "cursor")
        limit = min(max(whole(query.get("limit", str(PAGE)), "limit"), 1), PAGE_MAX)
        items.sort(key=lambda item: int(item["ticket"]))
        left = [item for item in items if item["ticket"] > cursor and asked(item, query)]
        page = left[:limit]
        more = page[-1]["ticket"] if len(left) > limit else None
        return {"success": True, what: page, "next_cursor": more, "as_of": iso(self._clock()), "error": None}

    def _span(self, query: Query) -> tuple[float, float]:
        """`from` and `to` (UTC) as the wall clock's seconds."""
        now = self._clock()
        since = moment(query["from"]) if "from" in query else now - HISTORY_DAYS * DAY_NS
        until = moment(query["to"]) if "to" in query else now
        return self._wall.exact_seconds(since), self._wall.exact_seconds(until)

    # Symbols, prices, bars

    def symbols(self, query: Query) -> Content:
        """All symbols, or those whose name contains `q`."""
        found = self._package.symbols_get()
        if found is None:
            raise self._down({"symbols": []})
        wanted = query.get("q", "").lower()
        chosen = [i for i in found if wanted in f"{i.name} {self._resolver.canonical(i.name)}".lower()]
        names = [info.name for info in chosen]
        return {
            "success": True, "total_symbols": len(names), "all_symbols": names, "common_symbols": names[:20],
            "symbols": [self._render.symbol(info) for info in chosen], "error": None,
        }  # fmt: skip

    def symbol(self, name: str) -> Content:
        return {"success": True, **self._render.symbol(self._resolver.find(name)), "error": None}

    def price(self, name: str) -> Content:
        info = self._resolver.find(name)
        tick = self._package.symbol_info_tick(info.name)
        if tick is None:
            raise self._down({})
        if not tick.bid:
            raise Refusal(503, f"{info.name} has no price yet", retry_after=1)
        self._wall.infer(tick.time, self._clock())
        time = self._wall.utc(tick.time_msc)
        return {
            "success": True, "symbol": name, "resolved_symbol": info.name, "broker_symbol": info.name,
            "bid": tick.bid, "ask": tick.ask, "last": tick.last,
            "mid": round((tick.bid + tick.ask) / 2, info.digits + 1),
            "time": time // SECOND_NS, "time_iso": iso(time), "time_msc": tick.time_msc, "error": None,
        }  # fmt: skip

    def history(self, query: Query) -> list[Content]:
        """Bars as a plain list, oldest first: of so many days, or from startDate to endDate (UTC)."""
        if not query.get("symbol"):
            raise Refusal(400, "symbol is missing")
        info = self._resolver.find(query["symbol"])
        timeframe = TIMEFRAMES.get(query.get("timeframe", "M1").upper())
        if timeframe is None:
            raise Refusal(400, f"timeframe must be one of {', '.join(TIMEFRAMES)}")
        now, days = self._clock(), whole(query.get("days", str(HISTORY_DAYS)), "days")
        since = moment(query["startDate"]) if "startDate" in query else now - days * DAY_NS
        until = moment(query["endDate"]) if "endDate" in query else now
        bars = self._package.copy_rates_range(
            info.name, timeframe, self._wall.seconds(since), self._wall.seconds(until)
        )
        if bars is None:
            raise self._down({})
        return [
            {
                "time": self._wall.text(int(bar["time"]) * 1000), "open": float(bar["open"]),
                "high": float(bar["high"]), "low": float(bar["low"]), "close": float(bar["close"]),
                "volume": int(bar["tick_volume"]), "spread": int(bar["spread"]),
            }
            for bar in bars
        ]  # fmt: skip


def asked(item: Mapping[str, Any], query: Query) -> bool:
    """The filters symbol (either name), magic and client_order_id."""
    symbol = query.get("symbol")
    if symbol and symbol not in (item["symbol"], item["broker_symbol"]):
        return False
    if "magic" in query and item["magic"] != whole(query["magic"], "magic"):
        return False
    own = query.get("client_order_id")
    return not own or comment_hash(own) in item["comment"]


def whole(text: str, what: str) -> int:
    """Raises Refusal 400 for what is no whole number."""
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or len(text) > 18:
        raise Refusal(400, f"{what}: {text!r} is not a whole number")
    return int(text)


def moment(text: str) -> int:
    """An ISO-8601 time, UTC unless it says otherwise, as ns UTC. Raises Refusal 400."""
    try:
        found = datetime.fromisoformat(text)
        aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return round(aware.timestamp() * 1000) * MS_NS
    except (ValueError, OverflowError) as error:
        raise Refusal(400, f"{text!r} is not an ISO-8601 time") from error
