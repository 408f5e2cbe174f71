"""An account's activities: fills and fees, newest first or oldest first, page by page.

An id is the time to the millisecond and a drawn id; a page goes on behind the item whose id is its token. Decided: a
fee is one item per fill, FEE for shares and CFEE for crypto; the last 20,000 activities are kept.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any

from tradewright.model.numbers import money_text, text_of
from tradewright.model.rng import Rng
from tradewright.model.zone import DAY_NS, day_of
from tradewright.sim.wire.alpaca.assets import CRYPTO
from tradewright.sim.wire.alpaca.codes import invalid
from tradewright.sim.wire.alpaca.notation import NEW_YORK, day_of_text, day_text, moment_of, size_text, stamp, uuid_of
from tradewright.sim.wire.alpaca.orders import Order

KEPT_MAX = 20_000
PAGE_MAX = 100
CATEGORIES = ("trade_activity", "non_trade_activity")


class Activities:
    """What has happened, oldest first, with its time."""

    def __init__(self, account_id: str) -> None:
        self._account = account_id
        self._rows: deque[tuple[int, dict[str, Any]]] = deque(maxlen=KEPT_MAX)

    def fill(self, order: Order, size: int, price: int, now: int, rng: Rng) -> None:
        """An execution, to be told when the order has it."""
        terms = order.terms
        complete = order.filled >= terms.size
        self._add(
            now,
            {
                "activity_type": "FILL",
                "id": _id(now, rng),
                "account_id": self._account,
                "transaction_time": stamp(now),
                "type": "fill" if complete else "partial_fill",
                "price": terms.asset.price_text(price),
                "qty": size_text(size),
                "side": "buy" if terms.side > 0 else "sell",
                "symbol": terms.asset.symbol,
                "leaves_qty": size_text(max(terms.size - order.filled, 0)),
                "order_id": order.id,
                "cum_qty": size_text(order.filled),
                "order_status": order.status,
            },
        )

    def fee(self, order: Order, fee: int, currency: str, now: int, rng: Rng) -> None:
        """A fee (money in its currency): of dollars the net amount, of a base currency the quantity."""
        asset = order.terms.asset
        in_base = currency == asset.instrument.base
        self._add(
            now,
            {
                "activity_type": "CFEE" if asset.asset_class == CRYPTO else "FEE",
                "id": _id(now, rng),
                "account_id": self._account,
                "activity_sub_type": "",
                "date": day_text(day_of(NEW_YORK, now)),
                "net_amount": "0" if in_base else money_text(-fee),
                "symbol": asset.symbol,
                "qty": money_text(-fee) if in_base else "0",
                "per_share_amount": text_of(0, 0),
                "status": "executed",
                "description": f"Trading fee of order {order.id}",
            },
        )

    def split(self, symbol: str, size: int, now: int, rng: Rng) -> None:
        """A split of what is held; size: signed counts that came in."""
        self._add(
            now,
            {
                "activity_type": "SPLIT",
                "id": _id(now, rng),
                "account_id": self._account,
                "activity_sub_type": "",
                "date": day_text(day_of(NEW_YORK, now)),
                "net_amount": "0",
                "symbol": symbol,
                "qty": size_text(size),
                "per_share_amount": text_of(0, 0),
                "status": "executed",
                "description": f"Split of {symbol}",
            },
        )

    def _add(self, now: int, row: dict[str, Any]) -> None:
        self._rows.append((now, row))

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """All that are kept of a type, oldest first."""
        return [row for _, row in self._rows if row["activity_type"] == kind]

    def page(self, query: dict[str, str], kind: str = "") -> list[dict[str, Any]]:
        """GET /v2/account/activities. kind: of the path. Refuses parameters that can not be read."""
        types = {word for word in (kind or query.get("activity_types", "")).split(",") if word}
        category = query.get("category", "")
        if category and (types or category not in CATEGORIES):
            raise invalid("category is trade_activity or non_trade_activity and does not go with activity_types")
        direction = query.get("direction") or "desc"
        size = query.get("page_size") or str(PAGE_MAX)
        if direction not in ("asc", "desc") or not re.fullmatch(r"\d{1,3}", size) or not 1 <= int(size) <= PAGE_MAX:
            raise invalid(f"direction is asc or desc, page_size 1 to {PAGE_MAX}")
        since, until = _bounds(query)
        rows = [
            row
            for time, row in self._rows
            if since < time < until
            and (not types or row["activity_type"] in types)
            and (not category or (row["activity_type"] == "FILL") == (category == "trade_activity"))
            and query.get("order_id", row.get("order_id")) == row.get("order_id")
        ]
        if direction == "desc":
            rows.reverse()
        token = query.get("page_token", "")
        if token:
            places = [place for place, row in enumerate(rows) if row["id"] == token]
            rows = rows[places[0] + 1 :] if places else []
        return rows[: int(size)]


def _bounds(query: dict[str, str]) -> tuple[int, int]:
    """Times that lie between them, both excluded. date: one day in UTC, which goes with neither of the others."""
    if query.get("date"):
        if query.get("after") or query.get("until"):
            raise invalid("date does not go with after and until")
        start = day_of_text(query["date"], "date") * DAY_NS
        return start - 1, start + DAY_NS
    since = moment_of(query["after"], "after") if query.get("after") else -1
    return since, moment_of(query["until"], "until") if query.get("until") else 2**63


def _id(now: int, rng: Rng) -> str:
    text = stamp(now - now % 1_000_000)
    digits = "".join(character for character in text if character.isdigit())
    return f"{digits[:14]}{now // 1_000_000 % 1000:03d}::{uuid_of(rng)}"
