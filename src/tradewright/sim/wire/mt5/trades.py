"""What the connector does on a POST: each request becomes one of the package's trade requests, or none.

Nothing is mended on the way: an SL that is too near or on the wrong side is refused by the broker and not moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any

from msgspec import UnsetType

from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.answers import UNKNOWN, Refusal, number, refusal_of
from tradewright.sim.wire.mt5.bodies import Cancel, Close, CloseAll, Modify, Open, read_body
from tradewright.sim.wire.mt5.reads import comment_hash, moment
from tradewright.sim.wire.mt5.resolver import resolve
from tradewright.sim.wire.mt5.results import OrderSendResult, TradeOrder, TradePosition
from tradewright.sim.wire.mt5.server_time import SECOND_NS
from tradewright.sim.wire.mt5.symbols import Symbol
from tradewright.sim.wire.mt5.terminal import Terminal
from tradewright.sim.wire.trouble import CANCEL_MEETS_FILL, FILL_BEFORE_ACK, REPLACE_ERROR_AFTER

_KINDS = {
    "limit": mt5.ORDER_TYPE_BUY_LIMIT,
    "stop": mt5.ORDER_TYPE_BUY_STOP,
    "stop_limit": mt5.ORDER_TYPE_BUY_STOP_LIMIT,
}
_FILLINGS = {
    "fok": mt5.ORDER_FILLING_FOK, "ioc": mt5.ORDER_FILLING_IOC, "return": mt5.ORDER_FILLING_RETURN,
    "boc": mt5.ORDER_FILLING_BOC,
}  # fmt: skip
_TIMES = {"gtc": mt5.ORDER_TIME_GTC, "day": mt5.ORDER_TIME_DAY, "specified": mt5.ORDER_TIME_SPECIFIED}
_STATUS = {
    mt5.TRADE_RETCODE_DONE: "filled", mt5.TRADE_RETCODE_DONE_PARTIAL: "partial", mt5.TRADE_RETCODE_PLACED: "placed",
}  # fmt: skip

Content = dict[str, Any]


class Trades:
    """Orders and closes at one terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._broker = terminal.broker

    # Opening

    def open(self, data: bytes) -> tuple[int, Content]:
        body = read_body(data, Open)
        symbol = resolve(self._broker, body.symbol)
        request = self._order_request(body, symbol)
        result = self._send(request, symbol)
        content = self._opened(body, symbol, result)
        order = self._broker.orders.get(result.order)
        fills = order is not None and self._broker.fillable(order)
        if (fills or content["filled_volume"]) and self._terminal.trouble.meets(FILL_BEFORE_ACK) and fills:
            assert order is not None
            self._broker.fill_rest(order)
        return 200, content

    def _order_request(self, body: Open, symbol: Symbol) -> Content:
        direction = body.direction.lower()
        if direction not in ("buy", "sell"):
            raise Refusal(400, f"direction must be buy or sell, not {body.direction!r}")
        if isinstance(body.stop_loss, UnsetType):
            raise Refusal(400, "stop_loss is missing; null says that there is none")
        if body.lot_size <= 0:
            raise Refusal(400, "lot_size must be above zero")
        sell = direction == "sell"
        request: Content = {
            "symbol": symbol.name, "volume": float(body.lot_size), "sl": float(body.stop_loss or 0),
            "tp": float(body.take_profit or 0), "magic": body.magic, "comment": self._comment(body),
            "type_time": _TIMES[body.time],
        }  # fmt: skip
        if body.order_kind == "market":
            request |= {"action": mt5.TRADE_ACTION_DEAL, "type": int(sell), "deviation": self._deviation(body, symbol)}
            request |= {"price": symbol.price(symbol.bid if sell else symbol.ask)}
        else:
            if body.entry_price is None or body.entry_price <= 0:
                raise Refusal(400, f"entry_price is required for a {body.order_kind} order")
            request |= {"action": mt5.TRADE_ACTION_PENDING, "type": _KINDS[body.order_kind] + int(sell)}
            request |= {"price": float(body.entry_price), "stoplimit": float(body.stop_limit_price or 0)}
        if body.time == "specified":
            request["expiration"] = self._broker.clock.seconds(moment(body.expiration))
        return {**request, "type_filling": self._filling(body, symbol)}

    def _comment(self, body: Open) -> str:
        """The hash of the client's id, by which it can be found again, before what it says itself."""
        own = comment_hash(body.client_order_id) if body.client_order_id else ""
        return f"{own} {body.comment}".strip()

    def _deviation(self, body: Open, symbol: Symbol) -> int:
        if body.deviation_points is not None or body.max_slippage is None:
            return max(body.deviation_points or 0, 0)
        return max(int(body.max_slippage / number(symbol.price(symbol.point))), 0)

    def _filling(self, body: Open, symbol: Symbol) -> int:
        """auto: FOK where the symbol has it, else IOC, else RETURN; pending orders rest."""
        if body.filling != "auto":
            return _FILLINGS[body.filling]
        flags = symbol.terms.filling_mode
        if body.order_kind != "market":
            return mt5.ORDER_FILLING_RETURN
        if flags & mt5.FILLING_FLAG_FOK:
            return mt5.ORDER_FILLING_FOK
        return mt5.ORDER_FILLING_IOC if flags & mt5.FILLING_FLAG_IOC else mt5.ORDER_FILLING_RETURN

    def _opened(self, body: Open, symbol: Symbol, result: OrderSendResult) -> Content:
        market = body.order_kind == "market"
        ticket, position = self._position_of(result.order) if market else (result.order, None)
        dealt = market and result.retcode != mt5.TRADE_RETCODE_PLACED
        assert not isinstance(body.stop_loss, UnsetType)
        return {
            **self._done(result), "ticket": ticket, "mt5_ticket": ticket, "order": result.order,
            "deal": result.deal or None, "position_id": position, "requested_volume": body.lot_size,
            "filled_volume": result.volume if dealt else 0, "price": result.price or None,
            "sl": body.stop_loss, "tp": body.take_profit, "status": _STATUS[result.retcode],
            "symbol": symbol.canonical, "broker_symbol": symbol.name, "client_order_id": body.client_order_id or None,
        }  # fmt: skip

    def _position_of(self, order: int) -> tuple[int, int | None]:
        """Ticket and identifier of the position an order worked on: its own ticket where none is open."""
        deals = self._terminal.history_deals_get(ticket=order) or ()
        if not deals:
            return order, None
        own = deals[0].position_id
        open_ones = [p.ticket for p in self._broker.positions if p.identifier == own]
        return (open_ones[0] if open_ones else order), own

    def _done(self, result: OrderSendResult) -> Content:
        return {
            "success": True, "retcode": result.retcode, "retcode_name": mt5.RETCODES[result.retcode], "error": None,
        }  # fmt: skip

    # Closing

    def close(self, data: bytes) -> tuple[int, Content]:
        body = read_body(data, Close)
        position = self._position(body.mt5_ticket or body.ticket)
        return 200, self._close(position, self._volume(body, position), body.deviation_points, body.comment)

    def partial_close(self, data: bytes) -> tuple[int, Content]:
        """The first connectors' way: a percentage between 0 and 100."""
        body = read_body(data, Close)
        if body.volume_percent is None or not 0 < body.volume_percent < 100:
            raise Refusal(400, "volume_percent must lie between 0 and 100")
        return self.close(data)

    def close_all(self, data: bytes) -> tuple[int, Content]:
        """Each position by itself; 207 where one was not closed."""
        body = read_body(data or b"{}", CloseAll)
        symbol = resolve(self._broker, body.symbol) if body.symbol else None
        found = self._terminal.positions_get()
        if found is None:
            raise self._silent()
        results: list[Content] = []
        for position in found:
            if symbol is not None and position.symbol != symbol.name:
                continue
            if body.magic is not None and position.magic != body.magic:
                continue
            try:
                results.append({"ticket": position.ticket, "status_code": 200, **self._close(position, None, 0)})
            except Refusal as refusal:
                results.append({
                    "ticket": position.ticket, "status_code": refusal.status, "success": False, "error": refusal.text,
                    "retcode": refusal.retcode or None, "outcome": refusal.outcome,
                })  # fmt: skip
        whole = all(result["success"] for result in results)
        return 200 if whole else 207, {"success": whole, "results": results, "error": None if whole else "not all"}

    def _position(self, ticket: int) -> TradePosition:
        if ticket <= 0:
            raise Refusal(400, "ticket must be a positive whole number")
        found = self._terminal.positions_get(ticket=ticket)
        if found is None:
            raise self._silent()
        if not found:
            raise Refusal(404, f"position {ticket} is not open", mt5.TRADE_RETCODE_POSITION_CLOSED)
        return found[0]

    def _volume(self, body: Close, position: TradePosition) -> Decimal | None:
        """None: all of it."""
        if body.volume_percent is None:
            if body.volume is not None and body.volume <= 0:
                raise Refusal(400, "volume must be above zero")
            return body.volume
        if not 0 < body.volume_percent <= 100:
            raise Refusal(400, "volume_percent must lie between 0 and 100")
        symbol = self._broker.symbols[position.symbol]
        step = number(symbol.lots(symbol.step))
        part = number(position.volume) * body.volume_percent / 100
        rounded = (part / step).to_integral_value(ROUND_DOWN) * step
        if rounded < number(symbol.lots(symbol.least)):
            raise refusal_of(mt5.TRADE_RETCODE_INVALID_CLOSE_VOLUME, f"{part} lots are less than the smallest order")
        return rounded

    def _close(
        self, position: TradePosition, volume: Decimal | None, deviation: int, comment: str = ""
    ) -> Content:  # fmt: skip
        symbol = self._broker.symbols[position.symbol]
        held = number(position.volume)
        asked = held if volume is None else volume
        if asked > held:
            raise refusal_of(mt5.TRADE_RETCODE_INVALID_CLOSE_VOLUME, f"only {held} lots are open")
        long = position.type == mt5.POSITION_TYPE_BUY
        flags = symbol.terms.filling_mode
        fok, ioc = mt5.FILLING_FLAG_FOK, mt5.FILLING_FLAG_IOC
        filling = "fok" if flags & fok else "ioc" if flags & ioc else "return"
        request = {
            "action": mt5.TRADE_ACTION_DEAL, "symbol": position.symbol, "volume": float(asked), "type": int(long),
            "price": symbol.price(symbol.bid if long else symbol.ask), "position": position.ticket,
            "deviation": max(deviation, 0), "magic": position.magic, "type_filling": _FILLINGS[filling],
            "comment": comment,
        }  # fmt: skip
        result = self._send(request, symbol)
        deals = self._terminal.history_deals_get(ticket=result.order) or ()
        filled = number(result.volume)
        return {
            **self._done(result), "ticket": position.ticket, "order": result.order, "deal": result.deal or None,
            "position_id": position.identifier, "requested_volume": asked, "filled_volume": filled,
            "remaining_volume": held - filled, "price": result.price or None,
            "profit": float(sum(number(deal.profit) for deal in deals)),
            "status": "closed" if filled == held else "partial", "broker_symbol": position.symbol,
        }  # fmt: skip

    # Changing

    def modify(self, data: bytes) -> tuple[int, Content]:
        """SL and TP of a position or a pending order; the same again is a success that changed nothing (10025)."""
        body = read_body(data, Modify)
        order = self._pending(body.ticket)
        if order is not None:
            return 200, self._change(body, order)
        position = self._position(body.ticket)
        sl, tp = _kept(body.stop_loss, position.sl), _kept(body.take_profit, position.tp)
        request = {"action": mt5.TRADE_ACTION_SLTP, "symbol": position.symbol, "position": position.ticket,
                   "sl": sl, "tp": tp}  # fmt: skip
        result = self._send(request, self._broker.symbols[position.symbol], (mt5.TRADE_RETCODE_NO_CHANGES,))
        self._changed(result)
        return 200, {
            **self._done(result), "ticket": position.ticket, "position_id": position.identifier,
            "sl": sl or None, "tp": tp or None, "broker_symbol": position.symbol,
        }  # fmt: skip

    def _change(self, body: Modify, order: TradeOrder) -> Content:
        sl, tp = _kept(body.stop_loss, order.sl), _kept(body.take_profit, order.tp)
        price = order.price_open if body.entry_price is None else float(body.entry_price)
        limit = order.price_stoplimit if body.stop_limit_price is None else float(body.stop_limit_price)
        request = {
            "action": mt5.TRADE_ACTION_MODIFY, "order": order.ticket, "price": price, "stoplimit": limit, "sl": sl,
            "tp": tp, "type_time": order.type_time, "expiration": order.time_expiration,
        }  # fmt: skip
        result = self._send(request, self._broker.symbols[order.symbol], (mt5.TRADE_RETCODE_NO_CHANGES,))
        self._changed(result)
        return {
            **self._done(result), "ticket": order.ticket, "order": order.ticket, "entry_price": price,
            "sl": sl or None, "tp": tp or None, "broker_symbol": order.symbol,
        }  # fmt: skip

    def cancel(self, data: bytes) -> tuple[int, Content]:
        body = read_body(data, Cancel)
        ticket = body.mt5_ticket or body.ticket
        self._fill_first(ticket)
        order = self._pending(ticket)
        if order is None:
            raise Refusal(404, f"order {ticket} is not at work", mt5.TRADE_RETCODE_INVALID_ORDER)
        request = {"action": mt5.TRADE_ACTION_REMOVE, "order": ticket}
        result = self._send(request, self._broker.symbols[order.symbol])
        return 200, {**self._done(result), "ticket": ticket, "order": ticket, "status": "canceled"}

    def _fill_first(self, ticket: int) -> None:
        """A fill may be faster than a cancel."""
        order = self._broker.orders.get(ticket)
        fills = order is not None and self._broker.fillable(order)
        if order is not None and fills and self._terminal.trouble.meets(CANCEL_MEETS_FILL):
            self._broker.fill_rest(order)

    def _changed(self, result: OrderSendResult) -> None:
        if result.retcode != mt5.TRADE_RETCODE_NO_CHANGES:
            self._terminal.trouble.meets(REPLACE_ERROR_AFTER)

    def _pending(self, ticket: int) -> TradeOrder | None:
        if ticket <= 0:
            raise Refusal(400, "ticket must be a positive whole number")
        found = self._terminal.orders_get(ticket=ticket)
        if found is None:
            raise self._silent()
        return found[0] if found else None

    # The terminal

    def _silent(self) -> Refusal:
        """It can not say what is open; nothing was asked of the broker."""
        return Refusal(503, f"the terminal does not answer: {self._terminal.last_error()[1]}", retry_after=1)

    def _send(self, request: Mapping[str, Any], symbol: Symbol, accepted: tuple[int, ...] = ()) -> OrderSendResult:
        """What order_send says, if it is a success. Raises Refusal for all else."""
        terminal = self._terminal.terminal_info()
        if terminal is None or not terminal.connected:
            raise Refusal(503, "the terminal is not connected", retry_after=1)
        result = self._terminal.order_send(request)
        if result is None:
            code, text = self._terminal.last_error()
            if code == mt5.RES_E_INVALID_PARAMS:
                raise Refusal(400, text)
            raise Refusal(504, f"it is not known what became of the request: {text} ({code})", 0, UNKNOWN)
        if result.retcode in (*mt5.SUCCESSES, *accepted):
            return result
        wait = None
        if result.retcode == mt5.TRADE_RETCODE_MARKET_CLOSED:
            wait = (symbol.calendar.next_open(self._broker.now) - self._broker.now) // SECOND_NS + 1
        elif result.retcode == mt5.TRADE_RETCODE_TOO_MANY_REQUESTS:
            wait = 1
        raise refusal_of(result.retcode, result.comment, wait)


def _kept(asked: Decimal | UnsetType | None, now: float) -> float:
    """Left out: as it is; null: none."""
    return now if isinstance(asked, UnsetType) else float(asked or 0)
