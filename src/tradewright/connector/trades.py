"""What is done on a POST: each request becomes one of the package's trade requests, or none.

Nothing is mended on the way: an SL that is too near or on the wrong side is refused by the broker and not moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from tradewright.connector.package import Package
from tradewright.connector.reads import comment_hash, moment
from tradewright.connector.replies import (
    DONE_PARTIAL,
    NO_CHANGES,
    PLACED,
    RETCODES,
    SUCCESSES,
    UNKNOWN,
    Refusal,
    number,
    refusal_of,
)
from tradewright.connector.resolver import Resolver
from tradewright.connector.wall import Wall

Body = TypeVar("Body", bound=msgspec.Struct)
Content = dict[str, Any]
DEAL, PENDING, SLTP, MODIFY, REMOVE = 1, 5, 6, 7, 8
FOK, IOC, RETURN = 0, 1, 2
#: Flags of a symbol's `filling_mode`, which are not the numbers of `type_filling`.
FOK_FLAG, IOC_FLAG = 1, 2
POSITION_CLOSED, INVALID_ORDER, INVALID_CLOSE_VOLUME = 10036, 10035, 10038
INVALID_PARAMS = -2
#: A price or a volume has no more digits before or behind its point.
EXPONENT_MAX = 20
_KINDS = {"limit": 2, "stop": 4, "stop_limit": 6}
_FILLINGS = {"fok": FOK, "ioc": IOC, "return": RETURN, "boc": 3}
_TIMES = {"gtc": 0, "day": 1, "specified": 2}


class Open(msgspec.Struct):
    """stop_loss must be said; null says that there is none."""

    symbol: str
    direction: str
    lot_size: Decimal
    order_kind: Literal["market", "limit", "stop", "stop_limit"] = "market"
    entry_price: Decimal | None = None
    stop_limit_price: Decimal | None = None
    stop_loss: Decimal | UnsetType | None = UNSET
    take_profit: Decimal | None = None
    client_order_id: str = ""
    magic: int = 0
    deviation_points: int | None = None
    max_slippage: Decimal | None = None
    filling: Literal["auto", "fok", "ioc", "return", "boc"] = "auto"
    time: Literal["gtc", "day", "specified"] = "gtc"
    expiration: str = ""
    comment: str = ""


class Close(msgspec.Struct):
    """Whole, or `volume` lots, or `volume_percent` of it, rounded down to the step."""

    ticket: int = 0
    mt5_ticket: int = 0
    volume: Decimal | None = None
    volume_percent: Decimal | None = None
    deviation_points: int = 0
    comment: str = ""


class CloseAll(msgspec.Struct):
    symbol: str = ""
    magic: int | None = None


class Modify(msgspec.Struct):
    """Left out: stays as it is; null: taken away."""

    ticket: int = 0
    stop_loss: Decimal | UnsetType | None = UNSET
    take_profit: Decimal | UnsetType | None = UNSET
    entry_price: Decimal | None = None
    stop_limit_price: Decimal | None = None


class Cancel(msgspec.Struct):
    ticket: int = 0
    mt5_ticket: int = 0


def read_body(data: bytes, type: type[Body]) -> Body:
    """Raises Refusal 400 that says what is wrong."""
    try:
        body = msgspec.json.decode(data, type=type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, f"the body is malformed: {error}") from error
    for name in type.__struct_fields__:
        value = getattr(body, name)
        if isinstance(value, Decimal) and not (value.is_finite() and abs(value.adjusted()) <= EXPONENT_MAX):
            raise Refusal(400, f"{name} is not a number that anybody means")
    return body


class Trades:
    def __init__(self, package: Package, resolver: Resolver, wall: Wall) -> None:
        self._package = package
        self._resolver = resolver
        self._wall = wall

    # Opening

    def open(self, data: bytes) -> tuple[int, Content]:
        body = read_body(data, Open)
        info = self._resolver.find(body.symbol)
        result = self._send(self._request(body, info))
        market = body.order_kind == "market"
        ticket, position = self._position_of(result.order) if market else (result.order, None)
        dealt = market and result.retcode != PLACED
        status = "placed" if result.retcode == PLACED else "partial" if result.retcode == DONE_PARTIAL else "filled"
        return 200, {
            **done(result), "ticket": ticket, "mt5_ticket": ticket, "order": result.order, "deal": result.deal or None,
            "position_id": position, "requested_volume": body.lot_size,
            "filled_volume": result.volume if dealt else 0, "price": result.price or None,
            "sl": body.stop_loss, "tp": body.take_profit, "status": status,
            "symbol": self._resolver.canonical(info.name), "broker_symbol": info.name,
            "client_order_id": body.client_order_id or None,
        }  # fmt: skip

    def _request(self, body: Open, info: Any) -> Content:
        direction = body.direction.lower()
        if direction not in ("buy", "sell"):
            raise Refusal(400, f"direction must be buy or sell, not {body.direction!r}")
        if isinstance(body.stop_loss, UnsetType):
            raise Refusal(400, "stop_loss is missing; null says that there is none")
        if body.lot_size <= 0:
            raise Refusal(400, "lot_size must be above zero")
        sell = direction == "sell"
        own = comment_hash(body.client_order_id) if body.client_order_id else ""
        request: Content = {
            "symbol": info.name, "volume": float(body.lot_size), "sl": float(body.stop_loss or 0),
            "tp": float(body.take_profit or 0), "magic": body.magic, "comment": f"{own} {body.comment}".strip(),
            "type_time": _TIMES[body.time], "type_filling": filling_of(body, info),
        }  # fmt: skip
        if body.order_kind == "market":
            request |= {"action": DEAL, "type": int(sell), "deviation": deviation_of(body, info)}
            request |= {"price": info.bid if sell else info.ask}
        else:
            if body.entry_price is None or body.entry_price <= 0:
                raise Refusal(400, f"entry_price is required for a {body.order_kind} order")
            request |= {"action": PENDING, "type": _KINDS[body.order_kind] + int(sell)}
            request |= {"price": float(body.entry_price), "stoplimit": float(body.stop_limit_price or 0)}
        if body.time == "specified":
            request["expiration"] = self._wall.seconds(moment(body.expiration))
        return request

    def _position_of(self, order: int) -> tuple[int, int | None]:
        """Ticket and identifier of the position an order worked on: its own ticket where none is open."""
        deals = self._package.history_deals_get(ticket=order) or ()
        if not deals:
            return order, None
        own = deals[0].position_id
        open_ones = [p.ticket for p in self._package.positions_get() or () if p.identifier == own]
        return (open_ones[0] if open_ones else order), own

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
        name = self._resolver.find(body.symbol).name if body.symbol else ""
        found = self._package.positions_get()
        if found is None:
            raise self._silent()
        results: list[Content] = []
        for position in found:
            if (name and position.symbol != name) or (body.magic is not None and position.magic != body.magic):
                continue
            try:
                results.append({"ticket": position.ticket, "status_code": 200, **self._close(position, None, 0, "")})
            except Refusal as refusal:
                results.append({
                    "ticket": position.ticket, "status_code": refusal.status, "success": False, "error": refusal.text,
                    "retcode": refusal.retcode or None, "outcome": refusal.outcome,
                })  # fmt: skip
        whole = all(result["success"] for result in results)
        return 200 if whole else 207, {"success": whole, "results": results, "error": None if whole else "not all"}

    def _position(self, ticket: int) -> Any:
        if ticket <= 0:
            raise Refusal(400, "ticket must be a positive whole number")
        found = self._package.positions_get(ticket=ticket)
        if found is None:
            raise self._silent()
        if not found:
            raise Refusal(404, f"position {ticket} is not open", POSITION_CLOSED)
        return found[0]

    def _volume(self, body: Close, position: Any) -> Decimal | None:
        """None: all of it."""
        if body.volume_percent is None:
            if body.volume is not None and body.volume <= 0:
                raise Refusal(400, "volume must be above zero")
            return body.volume
        if not 0 < body.volume_percent <= 100:
            raise Refusal(400, "volume_percent must lie between 0 and 100")
        info = self._info(position.symbol)
        step = number(info.volume_step)
        part = number(position.volume) * body.volume_percent / 100
        rounded = (part / step).to_integral_value(ROUND_DOWN) * step
        if rounded < number(info.volume_min):
            raise refusal_of(INVALID_CLOSE_VOLUME, f"{part} lots are less than the smallest order")
        return rounded

    def _info(self, name: str) -> Any:
        info = self._package.symbol_info(name)
        if info is None:
            raise self._silent()
        return info

    def _close(self, position: Any, volume: Decimal | None, deviation: int, comment: str) -> Content:
        info, held = self._info(position.symbol), number(position.volume)
        asked = held if volume is None else volume
        if asked > held:
            raise refusal_of(INVALID_CLOSE_VOLUME, f"only {held} lots are open")
        long = position.type == 0
        result = self._send({
            "action": DEAL, "symbol": position.symbol, "volume": float(asked), "type": int(long),
            "price": info.bid if long else info.ask, "position": position.ticket, "deviation": max(deviation, 0),
            "magic": position.magic, "type_filling": at_once(info), "comment": comment,
        })  # fmt: skip
        deals = self._package.history_deals_get(ticket=result.order) or ()
        filled = number(result.volume)
        return {
            **done(result), "ticket": position.ticket, "order": result.order, "deal": result.deal or None,
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
        sl, tp = kept(body.stop_loss, position.sl), kept(body.take_profit, position.tp)
        request = {"action": SLTP, "symbol": position.symbol, "position": position.ticket, "sl": sl, "tp": tp}
        result = self._send(request, (NO_CHANGES,))
        return 200, {
            **done(result), "ticket": position.ticket, "position_id": position.identifier, "sl": sl or None,
            "tp": tp or None, "broker_symbol": position.symbol,
        }  # fmt: skip

    def _change(self, body: Modify, order: Any) -> Content:
        sl, tp = kept(body.stop_loss, order.sl), kept(body.take_profit, order.tp)
        price = order.price_open if body.entry_price is None else float(body.entry_price)
        limit = order.price_stoplimit if body.stop_limit_price is None else float(body.stop_limit_price)
        request = {
            "action": MODIFY, "order": order.ticket, "price": price, "stoplimit": limit, "sl": sl, "tp": tp,
            "type_time": order.type_time, "expiration": order.time_expiration,
        }  # fmt: skip
        result = self._send(request, (NO_CHANGES,))
        return {
            **done(result), "ticket": order.ticket, "order": order.ticket, "entry_price": price, "sl": sl or None,
            "tp": tp or None, "broker_symbol": order.symbol,
        }  # fmt: skip

    def cancel(self, data: bytes) -> tuple[int, Content]:
        body = read_body(data, Cancel)
        ticket = body.mt5_ticket or body.ticket
        if self._pending(ticket) is None:
            raise Refusal(404, f"order {ticket} is not at work", INVALID_ORDER)
        result = self._send({"action": REMOVE, "order": ticket})
        return 200, {**done(result), "ticket": ticket, "order": ticket, "status": "canceled"}

    def _pending(self, ticket: int) -> Any:
        if ticket <= 0:
            raise Refusal(400, "ticket must be a positive whole number")
        found = self._package.orders_get(ticket=ticket)
        if found is None:
            raise self._silent()
        return found[0] if found else None

    # The terminal

    def _silent(self) -> Refusal:
        """It can not say what is open; nothing was asked of the broker."""
        return Refusal(503, f"the terminal does not answer: {self._package.last_error()[1]}", retry_after=1)

    def _send(self, request: Mapping[str, Any], accepted: tuple[int, ...] = ()) -> Any:
        """What order_send says, if it is a success. Raises Refusal for all else."""
        terminal = self._package.terminal_info()
        if terminal is None or not terminal.connected:
            raise Refusal(503, "the terminal is not connected", retry_after=1)
        result = self._package.order_send(dict(request))
        if result is None:
            code, text = self._package.last_error()
            if code == INVALID_PARAMS:
                raise Refusal(400, text)
            raise Refusal(504, f"it is not known what became of the request: {text} ({code})", 0, UNKNOWN)
        if result.retcode in (*SUCCESSES, *accepted):
            return result
        raise refusal_of(result.retcode, result.comment)


def done(result: Any) -> Content:
    return {"success": True, "retcode": result.retcode, "retcode_name": RETCODES[result.retcode], "error": None}


def kept(asked: Decimal | UnsetType | None, now: float) -> float:
    """Left out: as it is; null: none."""
    return now if isinstance(asked, UnsetType) else float(asked or 0)


def deviation_of(body: Open, info: Any) -> int:
    """In points: as asked, or so many as a distance has."""
    if body.deviation_points is not None or body.max_slippage is None:
        return max(body.deviation_points or 0, 0)
    return max(int(body.max_slippage / number(info.point)), 0)


def filling_of(body: Open, info: Any) -> int:
    """auto: what the symbol has for an order at the market; pending orders rest."""
    if body.filling != "auto":
        return _FILLINGS[body.filling]
    return at_once(info) if body.order_kind == "market" else RETURN


def at_once(info: Any) -> int:
    """FOK where the symbol has it, else IOC, else RETURN."""
    return FOK if info.filling_mode & FOK_FLAG else IOC if info.filling_mode & IOC_FLAG else RETURN
