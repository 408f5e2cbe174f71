"""What may happen to an account without its client: each returns False where nothing stands to which it could."""

from __future__ import annotations

from tradewright.model.numbers import round_down
from tradewright.sim.wire import trouble
from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.broker import Broker
from tradewright.sim.wire.mt5.happenings import facts_of
from tradewright.sim.wire.mt5.orders import Order

_ENDED = (mt5.ORDER_STATE_CANCELED, mt5.ORDER_STATE_EXPIRED, mt5.ORDER_STATE_PARTIAL, mt5.ORDER_STATE_REJECTED)


def late_fill(broker: Broker) -> bool:
    """The order that ended last without being filled whole is filled after all, at the market."""
    for order in reversed(broker.history):
        if order.state in _ENDED and order.filled < order.volume and order.symbol.bid:
            broker.fill_more(order, order.volume - order.filled)
            return True
    return False


def overfill(broker: Broker) -> bool:
    """The opening order that was filled last is filled by the smallest volume more."""
    for order in reversed(broker.history):
        if order.state == mt5.ORDER_STATE_FILLED and not order.position:
            broker.fill_more(order, order.symbol.least)
            return True
    return False


def changed_rules(broker: Broker) -> bool:
    """Of the symbol that was ordered last, else of the first one with a price."""
    ordered = [order.symbol for order in [*broker.history, *broker.orders.values()]]
    priced = [symbol for symbol in broker.symbols.values() if symbol.bid]
    chosen = ordered[-1:] or priced[:1]
    for symbol in chosen:
        symbol.coarsen()
    return bool(chosen)


def foreign_order(broker: Broker) -> bool:
    """Somebody places a limit order from a telephone, one percent below the market."""
    for symbol in broker.symbols.values():
        if symbol.bid and symbol.calendar.is_open(broker.now):
            price = round_down(symbol.bid - symbol.bid // 100, symbol.tick)
            broker.enter(
                Order(
                    broker.ticket(), symbol, mt5.ORDER_TYPE_BUY_LIMIT, symbol.least, price,
                    reason=mt5.ORDER_REASON_MOBILE,
                )
            )  # fmt: skip
            return True
    return False


def manual_close(broker: Broker) -> bool:
    """Somebody closes the oldest position from the terminal."""
    for position in broker.positions:
        if position.symbol.closing(position.side):
            return broker.close(position, mt5.ORDER_REASON_CLIENT, "").filled > 0
    return False


def exit_cancelled(broker: Broker) -> bool:
    """The broker takes SL and TP off the newest position that has any; else it ends the newest order that would close
    what is held."""
    for position in reversed(list(broker.positions)):
        if position.sl or position.tp:
            position.sl = position.tp = 0
            position.updated = broker.now
            broker.guard(position)
            broker.tell("position_modified", facts_of(position))
            broker.settle()
            return True
    for order in reversed(broker.orders.values()):
        if order.pending and any(held.side == -order.side for held in broker.positions.of_symbol(order.symbol)):
            broker.withdraw(order, mt5.ORDER_STATE_CANCELED)
            return True
    return False


INTERFERENCE = {
    trouble.LATE_FILL: late_fill,
    trouble.OVERFILL: overfill,
    trouble.CHANGED_RULES: changed_rules,
    trouble.FOREIGN_ORDER: foreign_order,
    trouble.MANUAL_CLOSE: manual_close,
    trouble.EXIT_CANCELLED: exit_cancelled,
}
