"""The trade server's records as the package's named tuples."""

from __future__ import annotations

from fractions import Fraction

from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.broker import Broker
from tradewright.sim.wire.mt5.desk import Outcome
from tradewright.sim.wire.mt5.knobs import EXCHANGE, HEDGING
from tradewright.sim.wire.mt5.orders import Deal, Order
from tradewright.sim.wire.mt5.positions import Position
from tradewright.sim.wire.mt5.results import (
    AccountInfo,
    OrderSendResult,
    SymbolInfo,
    TradeDeal,
    TradeOrder,
    TradePosition,
    TradeRequest,
)
from tradewright.sim.wire.mt5.symbols import ALL_EXPIRATIONS, ALL_ORDERS, Symbol

#: A mean price is told to so many decimals.
MEAN_DECIMALS = 8
MARGIN_MODES = {EXCHANGE: mt5.ACCOUNT_MARGIN_MODE_EXCHANGE, HEDGING: mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING}


def mean(symbol: Symbol, price: Fraction) -> float:
    return round(symbol.price(price), MEAN_DECIMALS)


def position_tuple(broker: Broker, position: Position) -> TradePosition:
    clock, symbol = broker.clock, position.symbol
    return TradePosition(
        position.ticket, clock.seconds(position.opened), clock.milliseconds(position.opened),
        clock.seconds(position.updated), clock.milliseconds(position.updated), position.type, position.magic,
        position.identifier, position.reason, symbol.lots(position.volume), mean(symbol, position.price),
        symbol.price(position.sl), symbol.price(position.tp), symbol.price(symbol.closing(position.side)),
        float(position.swap), float(broker.floating(position)), symbol.name, position.comment, "",
    )  # fmt: skip


def order_tuple(broker: Broker, order: Order) -> TradeOrder:
    clock, symbol = broker.clock, order.symbol
    current = symbol.ask if order.side > 0 else symbol.bid
    return TradeOrder(
        order.ticket, clock.seconds(order.time_setup), clock.milliseconds(order.time_setup),
        clock.seconds(order.time_done), clock.milliseconds(order.time_done), clock.seconds(order.expires),
        order.type, order.type_time, order.filling, order.state, order.magic, order.position_id, order.position_by,
        order.reason, symbol.lots(order.volume), symbol.lots(order.volume - order.filled), symbol.price(order.price),
        symbol.price(order.sl), symbol.price(order.tp), symbol.price(current), symbol.price(order.stoplimit),
        symbol.name, order.comment, "",
    )  # fmt: skip


def deal_tuple(broker: Broker, deal: Deal) -> TradeDeal:
    clock, symbol = broker.clock, deal.symbol
    lots = symbol.lots(deal.volume) if symbol is not None else 0.0
    price = mean(symbol, Fraction(deal.price)) if symbol is not None else 0.0
    return TradeDeal(
        deal.ticket, deal.order, clock.seconds(deal.time), clock.milliseconds(deal.time), deal.type, deal.entry,
        deal.magic, deal.position_id, deal.reason, lots, price, float(deal.commission), float(deal.swap),
        float(deal.profit), 0.0, symbol.name if symbol is not None else "", deal.comment, "",
    )  # fmt: skip


def account_tuple(broker: Broker, login: int, server: str) -> AccountInfo:
    knobs, funds = broker.knobs, broker.funds()
    return AccountInfo(
        login, mt5.ACCOUNT_TRADE_MODE_DEMO, knobs.leverage, knobs.limit_orders, mt5.ACCOUNT_STOPOUT_MODE_PERCENT,
        knobs.trade_allowed, knobs.trade_expert, MARGIN_MODES.get(knobs.mode, mt5.ACCOUNT_MARGIN_MODE_RETAIL_NETTING),
        broker.money.digits, knobs.fifo_close, float(funds.balance), 0.0, float(funds.profit + funds.swap),
        float(funds.equity), float(funds.margin), float(funds.equity - funds.margin), float(round(funds.level, 2)),
        float(knobs.stop_call), float(knobs.stop_out), 0.0, 0.0, 0.0, 0.0, 0.0,
        "Demo Account", server, knobs.currency, "Simulated Broker",
    )  # fmt: skip


def symbol_tuple(broker: Broker, symbol: Symbol) -> SymbolInfo:
    terms, instrument = symbol.terms, symbol.instrument
    gain, loss = broker.money.tick_value(symbol, True), broker.money.tick_value(symbol, False)
    return SymbolInfo(
        symbol.name, f"{instrument.asset_class}\\{symbol.name}", f"{instrument.base} against {instrument.quote}",
        symbol.select, symbol.visible, broker.clock.seconds(symbol.time), symbol.digits, symbol.price(symbol.point),
        (symbol.ask - symbol.bid) // symbol.point, True, symbol.calc_mode, symbol.trade_mode, terms.exemode,
        symbol.stops_level, symbol.freeze_level, terms.filling_mode, ALL_EXPIRATIONS, ALL_ORDERS,
        symbol.lots(symbol.least), symbol.lots(symbol.most), symbol.lots(symbol.step), symbol.lots(symbol.limit),
        float(symbol.contract), symbol.price(symbol.tick), float(loss), float(gain), float(loss),
        symbol.base_currency, symbol.profit_currency, symbol.margin_currency,
        mt5.SYMBOL_SWAP_MODE_POINTS, float(terms.swap_long), float(terms.swap_short), 3, 0.0,
        symbol.price(symbol.bid), symbol.price(symbol.ask), symbol.price(symbol.last),
    )  # fmt: skip


def result_tuple(outcome: Outcome, request: TradeRequest, number: int) -> OrderSendResult:
    symbol = outcome.symbol
    words = mt5.RETCODES.get(outcome.retcode, "").replace("_", " ").capitalize()
    volume = price = bid = ask = 0.0
    if symbol is not None:
        volume, price = symbol.lots(outcome.volume), mean(symbol, outcome.price)
        bid, ask = symbol.price(symbol.bid), symbol.price(symbol.ask)
    return OrderSendResult(
        outcome.retcode, outcome.deal, outcome.order, volume, price, bid, ask, words, number, 0, request
    )
