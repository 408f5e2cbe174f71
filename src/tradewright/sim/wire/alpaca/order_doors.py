"""Orders and positions by REST.

Decided: nested lists hold parents only, with their legs inside; a replacement that changes nothing is refused; closing
a position is judged by nothing but the shares that are there; where orders are cancelled for it, the close is placed at
once and reaches the exchange behind the cancels.
"""

from __future__ import annotations

from typing import Any

from tradewright.sim.wire.alpaca.account import Account
from tradewright.sim.wire.alpaca.admission import Admission
from tradewright.sim.wire.alpaca.assets import EQUITY, Asset, Assets
from tradewright.sim.wire.alpaca.codes import Refusal, failed, forbidden, invalid, malformed, not_found, unprocessable
from tradewright.sim.wire.alpaca.desk import Desk
from tradewright.sim.wire.alpaca.doors import Call, Door
from tradewright.sim.wire.alpaca.intake import CLIENT_ID_MAX, TIMES, read_count, read_price, read_terms, read_trail
from tradewright.sim.wire.alpaca.knobs import Knobs
from tradewright.sim.wire.alpaca.ledger import Holdings
from tradewright.sim.wire.alpaca.notation import SIZE_ONE, SIZE_SCALE, answered, moment_of
from tradewright.sim.wire.alpaca.orders import FINAL, Order
from tradewright.sim.wire.alpaca.passage import replaceable, replacement
from tradewright.sim.wire.alpaca.positions import Positions, closing
from tradewright.sim.wire.message import Answer
from tradewright.sim.wire.trouble import FILL_BEFORE_ACK, REPLACE_ERROR_AFTER, Trouble

LIMIT_DEFAULT = 50
LIMIT_MAX = 500
_CHANGES = ("qty", "time_in_force", "limit_price", "stop_price", "trail", "client_order_id")


class OrderDoors:
    """Answers what concerns orders and positions. trouble: the site's, honoured in look-ups."""

    def __init__(self, assets: Assets, admission: Admission, desk: Desk, knobs: Knobs, trouble: Trouble) -> None:
        self._assets = assets
        self._admission = admission
        self._desk = desk
        self._knobs = knobs
        self._trouble = trouble
        self._positions = Positions(admission)

    def routes(self) -> list[tuple[str, str, Door]]:
        return [
            ("POST", "/v2/orders", self.place),
            ("GET", "/v2/orders", self.list),
            ("DELETE", "/v2/orders", self.cancel_all),
            ("GET", "/v2/orders:by_client_order_id", self.by_client_order_id),
            ("GET", "/v2/orders/*", self.one),
            ("PATCH", "/v2/orders/*", self.replace),
            ("DELETE", "/v2/orders/*", self.cancel),
            ("GET", "/v2/positions", self.positions),
            ("DELETE", "/v2/positions", self.close_all),
            ("GET", "/v2/positions/*", self.position),
            ("DELETE", "/v2/positions/*", self.close),
        ]

    # Orders

    def place(self, call: Call) -> Answer:
        """POST /v2/orders."""
        terms = read_terms(call.body(), self._assets)
        fraction = terms.asset.asset_class == EQUITY and (terms.notional or terms.size % SIZE_ONE)
        if fraction and not call.account.settings["fractional_trading"]:
            raise forbidden("fractional trading is disabled for the account")
        self._admission.judge(call.account, terms, call.now)
        if self._trouble.exits_refused and terms.side * call.account.ledger.size_of(terms.asset) < 0:
            raise forbidden("new orders are rejected by user request")
        order = self._desk.place(call.account, terms, call.now)
        row = order.wire(nested=True)
        if self._desk.fillable(call.account, order) and self._trouble.meets(FILL_BEFORE_ACK):
            self._desk.fill_rest(call.account, order, call.now)
        if self._knobs.errors_after_accept:
            self._knobs.errors_after_accept -= 1
            raise failed()
        return answered(200, row)

    def _visible(self, order: Order, now: int) -> bool:
        return not self._trouble.hidden_ns or now - order.created >= self._trouble.hidden_ns

    def _find(self, call: Call, order_id: str, look_up: bool = False) -> Order:
        order = call.account.orders.get(order_id)
        if order is None or (look_up and not self._visible(order, call.now)):
            raise not_found(f"order not found for {order_id}")
        return order

    def one(self, call: Call) -> Answer:
        order = self._find(call, call.path, look_up=True)
        return answered(200, order.wire(nested=_true(call.query.get("nested"))))

    def by_client_order_id(self, call: Call) -> Answer:
        name = call.query.get("client_order_id", "")
        return answered(200, self._find(call, call.account.client_ids.get(name, name), look_up=True).wire())

    def list(self, call: Call) -> Answer:
        """GET /v2/orders."""
        query = call.query
        status, direction = query.get("status") or "open", query.get("direction") or "desc"
        limit = query.get("limit") or str(LIMIT_DEFAULT)
        if status not in ("open", "closed", "all") or direction not in ("asc", "desc"):
            raise invalid("status is open, closed or all, direction asc or desc")
        if not limit.isdecimal() or not 1 <= int(limit) <= LIMIT_MAX:
            raise invalid(f"limit is 1 to {LIMIT_MAX}")
        nested = _true(query.get("nested"))
        first, last = self._range(call)
        rows = []
        for order in call.account.orders.values():
            row = self._row(order, call.now, nested)
            ended = row is None or row["status"] in FINAL
            if row is None or not first < order.number < last or (nested and order.parent is not None):
                continue
            if status in ("all", "closed" if ended else "open") and _chosen(order, query):
                rows.append(row)
        if direction == "desc":
            rows.reverse()
        return answered(200, rows[: int(limit)])

    def _row(self, order: Order, now: int, nested: bool) -> dict[str, Any] | None:
        """The order as a list shows it; None: it shows nothing yet."""
        if not self._visible(order, now):
            return None
        if self._trouble.stale_ns:
            return order.seen_at(now - self._trouble.stale_ns)
        return order.wire(nested)

    def _range(self, call: Call) -> tuple[int, int]:
        """Numbers of orders that lie between them, both excluded: by time of submission, or by id."""
        query, orders = call.query, call.account.orders
        by_id = query.get("before_order_id") or query.get("after_order_id")
        if by_id and (query.get("after") or query.get("until")):
            raise invalid("before_order_id and after_order_id do not go with after and until")
        if query.get("before_order_id") and query.get("after_order_id"):
            raise invalid("only one of before_order_id and after_order_id is accepted")
        if query.get("before_order_id"):
            return 0, self._find(call, query["before_order_id"]).number
        if query.get("after_order_id"):
            return self._find(call, query["after_order_id"]).number, 2**63
        since = moment_of(query["after"], "after") if query.get("after") else -1
        until = moment_of(query["until"], "until") if query.get("until") else 2**63
        inside = [order.number for order in orders.values() if since < order.created < until]
        return (min(inside) - 1, max(inside) + 1) if inside else (0, 0)

    def cancel(self, call: Call) -> Answer:
        """DELETE /v2/orders/{id}: the request is taken, the order is not cancelled yet."""
        self._desk.cancel(call.account, self._find(call, call.path), call.now)
        return answered(204, None)

    def cancel_all(self, call: Call) -> Answer:
        """DELETE /v2/orders."""
        rows = []
        for order in call.account.working():
            try:
                self._desk.cancel(call.account, order, call.now)
                rows.append({"id": order.id, "status": 200})
            except Refusal:
                refusal = Refusal(500, 50010000, "failed to cancel order")
                rows.append({"id": order.id, "status": 500, "body": refusal.body()})
        return answered(207, rows)

    def replace(self, call: Call) -> Answer:
        """PATCH /v2/orders/{id}: answers with the new order."""
        order = self._find(call, call.path)
        body = call.body()
        if not isinstance(body, dict):
            raise malformed("request body format is invalid")
        refusal = replaceable(order)
        if refusal is not None:
            raise refusal
        terms = replacement(order, self._changes(call.account, order, body))
        if terms.type == "trailing_stop" and body.get("trail") is not None:
            terms.trail = terms.trail_ppm = 0
            read_trail({"trail_price" if order.terms.trail else "trail_percent": body["trail"]}, terms)
        self._admission.judge_replacement(call.account, order, terms)
        successor = self._desk.replace(call.account, order, terms, call.now)
        if self._knobs.errors_after_replace:
            self._knobs.errors_after_replace -= 1
            raise failed()
        self._trouble.meets(REPLACE_ERROR_AFTER)
        return answered(200, successor.wire())

    def _changes(self, account: Account, order: Order, body: dict[str, Any]) -> dict[str, Any]:
        terms, asset = order.terms, order.terms.asset
        if not any(body.get(name) not in (None, "") for name in _CHANGES):
            raise invalid("at least one field has to change")
        changes: dict[str, Any] = {}
        size = read_count(body, "qty", SIZE_SCALE)
        if size:
            if asset.asset_class == EQUITY and (size % SIZE_ONE or terms.size % SIZE_ONE):
                raise unprocessable("qty of a replacement must be whole shares, and of an order for whole shares")
            if size % asset.size_step:
                raise unprocessable("qty is not a multiple of the increment")
            changes["size"] = size
        for name, field in (("limit_price", "limit"), ("stop_price", "stop")):
            price = read_price(body, name, asset)
            if price and not getattr(terms, field):
                raise unprocessable(f"{terms.type} orders have no {name}")
            if price:
                changes[field] = price
        if body.get("trail") is not None and terms.type != "trailing_stop":
            raise unprocessable(f"{terms.type} orders have no trail")
        tif = body.get("time_in_force")
        if tif:
            if tif not in TIMES[asset.asset_class] or (terms.order_class and tif not in ("day", "gtc")):
                raise unprocessable(f"invalid time_in_force: {tif}")
            changes["time_in_force"] = tif
        name = body.get("client_order_id") or ""
        if not isinstance(name, str) or len(name) > CLIENT_ID_MAX:
            raise invalid(f"client_order_id must be text of no more than {CLIENT_ID_MAX} characters")
        if name in account.client_ids:
            raise invalid("client_order_id must be unique")
        return {**changes, "client_order_id": name}

    # Positions

    def _holdings(self, call: Call) -> Holdings:
        return holdings_of(call.account, self._trouble, call.now)

    def positions(self, call: Call) -> Answer:
        return answered(200, self._positions.all(call.account, self._holdings(call)))

    def position(self, call: Call) -> Answer:
        return answered(200, self._positions.one(call.account, self._assets.find(call.path), self._holdings(call)))

    def close_all(self, call: Call) -> Answer:
        """DELETE /v2/positions."""
        if _true(call.query.get("cancel_orders")):
            self._cancel_for(call, None)
        rows = []
        for held in list(call.account.ledger.positions.values()):
            row: dict[str, Any] = {"symbol": held.asset.plain, "status": 200}
            try:
                row["body"] = self._close(call, held.asset, {}, _true(call.query.get("cancel_orders"))).wire()
            except Refusal as refusal:
                row.update(status=refusal.status, body=refusal.body())
            rows.append(row)
        return answered(207, rows)

    def close(self, call: Call) -> Answer:
        """DELETE /v2/positions/{symbol or id}."""
        asset = self._assets.find(call.path)
        if asset is None or asset.plain not in call.account.ledger.positions:
            raise not_found("position does not exist")
        return answered(200, self._close(call, asset, call.query, False).wire())

    def _cancel_for(self, call: Call, asset: Asset | None) -> None:
        for order in call.account.working(asset):
            try:
                self._desk.cancel(call.account, order, call.now)
            except Refusal:
                continue

    def _close(self, call: Call, asset: Asset, query: dict[str, str], freed: bool) -> Order:
        """freed: what working orders hold is about to be free."""
        held = call.account.ledger.positions[asset.plain]
        terms = closing(held, query)
        if not freed:
            locked, ids = self._admission.held_for_orders(call.account, asset)
            if terms.size > abs(held.size) - locked:
                raise self._admission.shares_missing(asset, terms.size, abs(held.size), locked, ids)
        return self._desk.place(call.account, terms, call.now)


def holdings_of(account: Account, trouble: Trouble, now: int) -> Holdings:
    """What the account holds, or held so long ago as answers are stale."""
    if trouble.stale_ns:
        return account.ledger.seen_at(now - trouble.stale_ns)
    return Holdings(now, account.ledger.cash, account.ledger.positions)


def _true(text: str | None) -> bool:
    return (text or "").lower() in ("true", "1", "t")


def _chosen(order: Order, query: dict[str, str]) -> bool:
    terms = order.terms
    names = [name for name in query.get("symbols", "").split(",") if name]
    side = "buy" if terms.side > 0 else "sell"
    return (
        (not names or terms.asset.symbol in names or terms.asset.plain in names)
        and (query.get("side") or side) == side
        and (query.get("asset_class") or terms.asset.asset_class) in (terms.asset.asset_class, "all")
    )
