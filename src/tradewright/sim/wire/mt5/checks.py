"""Whether the trade server takes a request: each function gives the retcode that refuses it, 0 if nothing does.

Stops are measured from the price at which the position would close: the bid for a long's SL and TP, the ask for a
short's; those of a pending order from its own price.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.orders import Order
from tradewright.sim.wire.mt5.positions import Position
from tradewright.sim.wire.mt5.symbols import Symbol
from tradewright.sim.wire.mt5.wish import OFF_GRID, Wish

if TYPE_CHECKING:
    from tradewright.sim.wire.mt5.broker import Broker

LIMITS = (mt5.ORDER_TYPE_BUY_LIMIT, mt5.ORDER_TYPE_SELL_LIMIT)
STOP_LIMITS = (mt5.ORDER_TYPE_BUY_STOP_LIMIT, mt5.ORDER_TYPE_SELL_STOP_LIMIT)
_FLAGS = {
    mt5.ORDER_FILLING_FOK: mt5.FILLING_FLAG_FOK,
    mt5.ORDER_FILLING_IOC: mt5.FILLING_FLAG_IOC,
    mt5.ORDER_FILLING_BOC: mt5.FILLING_FLAG_BOC,
}


def may_trade(broker: Broker) -> int:
    """What the terminal, the account and the server allow at all."""
    knobs = broker.knobs
    if not knobs.connected:
        return mt5.TRADE_RETCODE_CONNECTION
    if not knobs.auto_trading:
        return mt5.TRADE_RETCODE_CLIENT_DISABLES_AT
    if not knobs.trade_expert:
        return mt5.TRADE_RETCODE_SERVER_DISABLES_AT
    return 0 if knobs.trade_allowed else mt5.TRADE_RETCODE_TRADE_DISABLED


def market_open(broker: Broker, symbol: Symbol) -> int:
    """The symbol trades, its session is open and it has a price."""
    if symbol.trade_mode == mt5.SYMBOL_TRADE_MODE_DISABLED:
        return mt5.TRADE_RETCODE_TRADE_DISABLED
    if not symbol.calendar.is_open(broker.now):
        return mt5.TRADE_RETCODE_MARKET_CLOSED
    return 0 if symbol.select and symbol.bid and symbol.ask else mt5.TRADE_RETCODE_PRICE_OFF


def opening(symbol: Symbol, side: int) -> int:
    """What the symbol's trade mode says to a new position of that side."""
    if symbol.trade_mode == mt5.SYMBOL_TRADE_MODE_CLOSEONLY:
        return mt5.TRADE_RETCODE_CLOSE_ONLY
    if symbol.trade_mode == mt5.SYMBOL_TRADE_MODE_LONGONLY and side < 0:
        return mt5.TRADE_RETCODE_LONG_ONLY
    return mt5.TRADE_RETCODE_SHORT_ONLY if symbol.trade_mode == mt5.SYMBOL_TRADE_MODE_SHORTONLY and side > 0 else 0


def volume(wish: Wish) -> int:
    symbol = wish.symbol
    valid = wish.volume != OFF_GRID and symbol.least <= wish.volume <= symbol.most
    return 0 if valid else mt5.TRADE_RETCODE_INVALID_VOLUME


def volume_limit(broker: Broker, wish: Wish) -> int:
    """What one side of a symbol may hold in positions and orders together."""
    symbol = wish.symbol
    if not symbol.limit:
        return 0
    held = sum(p.volume for p in broker.positions.of_symbol(symbol) if p.side == wish.side)
    asked = sum(o.volume - o.filled for o in broker.orders.values() if o.symbol is symbol and o.side == wish.side)
    return mt5.TRADE_RETCODE_LIMIT_VOLUME if held + asked + wish.volume > symbol.limit else 0


def filling(wish: Wish) -> int:
    """Request and instant execution fill market orders whole and let pending ones rest, whatever is asked; market
    execution has no RETURN for market orders; only a limit order can be book-or-cancel."""
    symbol, mode = wish.symbol, wish.request.type_filling
    market = wish.request.type <= mt5.ORDER_TYPE_SELL
    exemode = symbol.terms.exemode
    refused = mt5.TRADE_RETCODE_INVALID_FILL
    if mode == mt5.ORDER_FILLING_BOC:
        return 0 if symbol.terms.filling_mode & mt5.FILLING_FLAG_BOC and wish.request.type in LIMITS else refused
    if exemode < mt5.SYMBOL_TRADE_EXECUTION_MARKET:
        return 0
    if mode == mt5.ORDER_FILLING_RETURN:
        return refused if market and exemode == mt5.SYMBOL_TRADE_EXECUTION_MARKET else 0
    return 0 if symbol.terms.filling_mode & _FLAGS.get(mode, 0) else refused


def stops(symbol: Symbol, side: int, sl: int, tp: int, reference: int) -> int:
    """SL and TP on their sides of `reference` (counts), no nearer than the stops level."""
    near = symbol.stops_level * symbol.point
    refused = mt5.TRADE_RETCODE_INVALID_STOPS
    if OFF_GRID in (sl, tp):
        return refused
    if sl and (side * (reference - sl) <= 0 or side * (reference - sl) < near):
        return refused
    return refused if tp and (side * (tp - reference) <= 0 or side * (tp - reference) < near) else 0


def frozen(symbol: Symbol, price: int, triggers: tuple[int, ...]) -> int:
    """Nothing may be changed while the price is within the freeze level of a trigger."""
    within = symbol.freeze_level * symbol.point
    near = within and any(trigger and abs(price - trigger) <= within for trigger in triggers)
    return mt5.TRADE_RETCODE_FROZEN if near else 0


def frozen_position(position: Position) -> int:
    return frozen(position.symbol, position.symbol.closing(position.side), (position.sl, position.tp))


def frozen_order(order: Order) -> int:
    symbol = order.symbol
    return frozen(symbol, symbol.ask if order.side > 0 else symbol.bid, (order.price,))


def pending_price(wish: Wish) -> int:
    """BUY_LIMIT < ask < BUY_STOP, SELL_STOP < bid < SELL_LIMIT, no nearer than the stops level; the limit of a
    stop-limit lies on the better side of its stop."""
    symbol, type, side = wish.symbol, wish.request.type, wish.side
    refused = mt5.TRADE_RETCODE_INVALID_PRICE
    if wish.price <= 0 or wish.stoplimit == OFF_GRID:
        return refused
    market = symbol.ask if side > 0 else symbol.bid
    away = side * (market - wish.price) if type in LIMITS else side * (wish.price - market)
    if away <= 0 or away < symbol.stops_level * symbol.point:
        return refused
    if type in STOP_LIMITS and (wish.stoplimit == 0 or side * (wish.price - wish.stoplimit) < 0):
        return refused
    return 0


def closing(broker: Broker, wish: Wish, position: Position | None) -> int:
    """A deal that names the position it closes, in a hedging account."""
    if position is None:
        return mt5.TRADE_RETCODE_POSITION_CLOSED
    if position.symbol is not wish.symbol or position.side == wish.side:
        return mt5.TRADE_RETCODE_INVALID
    rest = position.volume - wish.volume
    if rest < 0 or 0 < rest < wish.symbol.least:
        return mt5.TRADE_RETCODE_INVALID_CLOSE_VOLUME
    same = broker.positions.of_symbol(wish.symbol)
    if broker.knobs.fifo_close and same[0] is not position:
        return mt5.TRADE_RETCODE_FIFO_CLOSE
    return frozen_position(position)


def quoted(wish: Wish) -> int:
    """Instant and request execution: the price asked for is still there, within the deviation."""
    symbol = wish.symbol
    if symbol.terms.exemode >= mt5.SYMBOL_TRADE_EXECUTION_MARKET:
        return 0
    if wish.price <= 0:
        return mt5.TRADE_RETCODE_INVALID_PRICE
    market = symbol.ask if wish.side > 0 else symbol.bid
    allowed = wish.request.deviation * symbol.point
    return mt5.TRADE_RETCODE_REQUOTE if wish.side * (market - wish.price) > allowed else 0


def added(broker: Broker, wish: Wish) -> int:
    """Size counts by which the deal would add to what is held; none of one that names what it closes."""
    if broker.positions.hedging and wish.request.position:
        return 0
    return beyond(broker, wish.symbol, wish.side, wish.volume)


def beyond(broker: Broker, symbol: Symbol, side: int, size: int) -> int:
    """What of an execution adds: all of it where positions stand side by side, of a netting position what goes beyond
    it."""
    if broker.positions.hedging:
        return size
    net = sum(position.side * position.volume for position in broker.positions.of_symbol(symbol))
    after = net + side * size
    return abs(after) if net * after < 0 else max(abs(after) - abs(net), 0)


def margin(broker: Broker, symbol: Symbol, side: int, size: int) -> int:
    """The account has free margin for `size` more at the market."""
    if not size:
        return 0
    funds = broker.funds()
    released = Fraction(0)
    if not broker.positions.hedging:
        for position in broker.positions.of_symbol(symbol):
            if position.side != side:
                released += broker.margin_of(symbol, position.side, position.volume, position.price)
    needed = broker.margin_of(symbol, side, size, symbol.ask if side > 0 else symbol.bid)
    return mt5.TRADE_RETCODE_NO_MONEY if funds.margin - released + needed > funds.equity else 0


def reached(order: Order) -> bool:
    """Whether the price has come to a pending order."""
    symbol, side = order.symbol, order.side
    market = symbol.ask if side > 0 else symbol.bid
    return side * (order.price - market) >= 0 if order.type in LIMITS else side * (market - order.price) >= 0
