"""The trade server's desk: carries out a trade request, or says by a retcode why not."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fractions import Fraction

from tradewright.sim.wire.mt5 import checks
from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.broker import Broker
from tradewright.sim.wire.mt5.happenings import facts_of
from tradewright.sim.wire.mt5.orders import Order
from tradewright.sim.wire.mt5.positions import Position
from tradewright.sim.wire.mt5.results import TradeRequest
from tradewright.sim.wire.mt5.server_time import SECOND_NS
from tradewright.sim.wire.mt5.symbols import Symbol
from tradewright.sim.wire.mt5.wish import Wish, wish_of


@dataclass(slots=True)
class Outcome:
    """volume: size counts dealt; price: their mean, counts. order, deal: tickets, 0 = none."""

    retcode: int
    symbol: Symbol | None = None
    order: int = 0
    deal: int = 0
    volume: int = 0
    price: Fraction = Fraction(0)


class Desk:
    """Takes requests for one broker's account."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self._asked: deque[int] = deque()

    def send(self, request: TradeRequest, reason: int = mt5.ORDER_REASON_EXPERT) -> Outcome:
        """Carries out a request, or refuses it and changes nothing."""
        knobs = self.broker.knobs
        refused = checks.may_trade(self.broker) or self._too_many()
        if not refused and knobs.retcodes:
            refused = knobs.retcodes.pop(0)
        if refused:
            return Outcome(refused, self._symbol(request))
        return self._act(request, reason, False)

    def closes(self, request: TradeRequest) -> bool:
        """Whether it would close a position, or guard one that is open."""
        if request.action == mt5.TRADE_ACTION_SLTP:
            return request.sl > 0 or request.tp > 0
        symbol = self._symbol(request)
        if symbol is None or request.action not in (mt5.TRADE_ACTION_DEAL, mt5.TRADE_ACTION_PENDING):
            return False
        side = wish_of(request, symbol).side
        return any(held.side == -side for held in self.broker.positions.of_symbol(symbol))

    def refused(self, request: TradeRequest) -> Outcome:
        """Rejected by the broker, whatever it asks for."""
        return Outcome(mt5.TRADE_RETCODE_REJECT, self._symbol(request))

    def check(self, request: TradeRequest) -> int:
        """The retcode with which `send` would refuse the request, 0 if it would not."""
        return checks.may_trade(self.broker) or self._act(request, mt5.ORDER_REASON_EXPERT, True).retcode

    def _too_many(self) -> int:
        most, now = self.broker.knobs.requests_per_second, self.broker.now
        while self._asked and self._asked[0] <= now - SECOND_NS:
            self._asked.popleft()
        if most and len(self._asked) >= most:
            return mt5.TRADE_RETCODE_TOO_MANY_REQUESTS
        if most:
            self._asked.append(now)
        return 0

    def _symbol(self, request: TradeRequest) -> Symbol | None:
        order, position = self.broker.orders.get(request.order), self.broker.positions.get(request.position)
        if request.symbol:
            return self.broker.symbols.get(request.symbol)
        return order.symbol if order is not None else position.symbol if position is not None else None

    def _act(self, request: TradeRequest, reason: int, only_check: bool) -> Outcome:
        action = request.action
        if action in (mt5.TRADE_ACTION_MODIFY, mt5.TRADE_ACTION_REMOVE):
            return self._about_order(request, only_check)
        if action == mt5.TRADE_ACTION_CLOSE_BY:
            return self._close_by(request, only_check)
        symbol = self._symbol(request)
        if action == mt5.TRADE_ACTION_SLTP:
            return self._protect(request, symbol, only_check)
        if symbol is None or action not in (mt5.TRADE_ACTION_DEAL, mt5.TRADE_ACTION_PENDING):
            return Outcome(mt5.TRADE_RETCODE_INVALID)
        wish = wish_of(request, symbol)
        refused = checks.market_open(self.broker, symbol)
        if action == mt5.TRADE_ACTION_DEAL:
            refused = refused or self._deal_refusal(wish)
            return Outcome(refused, symbol) if refused or only_check else self._deal(wish, reason)
        refused = refused or self._pending_refusal(wish)
        return Outcome(refused, symbol) if refused or only_check else self._place(wish, reason)

    # Deals

    def _deal_refusal(self, wish: Wish) -> int:
        broker, request, symbol = self.broker, wish.request, wish.symbol
        if request.type not in (mt5.ORDER_TYPE_BUY, mt5.ORDER_TYPE_SELL):
            return mt5.TRADE_RETCODE_INVALID
        refused = checks.volume(wish)
        if not refused and broker.positions.hedging and request.position:
            refused = checks.closing(broker, wish, broker.positions.get(request.position))
        if not refused and checks.added(broker, wish):
            refused = (
                checks.opening(symbol, wish.side) or checks.volume_limit(broker, wish) or self._positions_left(wish)
            )
        refused = refused or checks.filling(wish) or checks.quoted(wish)
        refused = refused or checks.stops(symbol, wish.side, wish.sl, wish.tp, symbol.closing(wish.side))
        return refused or checks.margin(broker, symbol, wish.side, checks.added(broker, wish))

    def _positions_left(self, wish: Wish) -> int:
        broker = self.broker
        most = broker.knobs.limit_positions
        new = broker.positions.hedging or not broker.positions.of_symbol(wish.symbol)
        return mt5.TRADE_RETCODE_LIMIT_POSITIONS if most and new and len(broker.positions) >= most else 0

    def _deal(self, wish: Wish, reason: int) -> Outcome:
        broker, request, symbol = self.broker, wish.request, wish.symbol
        filling = request.type_filling
        if symbol.terms.exemode < mt5.SYMBOL_TRADE_EXECUTION_MARKET:
            filling = mt5.ORDER_FILLING_FOK
        order = self._order(wish, reason, filling)
        order.position = request.position if broker.positions.hedging else 0
        part = 0
        if broker.knobs.partials and filling != mt5.ORDER_FILLING_FOK:
            half = order.volume // 2
            part = half - half % symbol.step
            broker.knobs.partials -= 1 if part else 0
        broker.enter(order, part)
        if order.filled == 0 and order.ticket not in broker.orders:
            return Outcome(mt5.TRADE_RETCODE_REJECT, symbol, order.ticket)
        whole = order.filled == order.volume
        retcode = mt5.TRADE_RETCODE_DONE if whole else mt5.TRADE_RETCODE_DONE_PARTIAL
        if order.filled == 0:
            retcode = mt5.TRADE_RETCODE_PLACED
        deal = order.deals[0].ticket if order.deals else 0
        return Outcome(retcode, symbol, order.ticket, deal, order.filled, order.average())

    def _order(self, wish: Wish, reason: int, filling: int) -> Order:
        request = wish.request
        return Order(
            self.broker.ticket(), wish.symbol, request.type, wish.volume, max(wish.price, 0), wish.stoplimit, wish.sl,
            wish.tp, filling, request.type_time, 0, request.magic, self._kept(request.comment), reason,
        )  # fmt: skip

    def _kept(self, comment: str) -> str:
        """What the broker keeps of a comment."""
        knobs = self.broker.knobs
        return knobs.comment_overwritten or comment[: knobs.comment_max]

    # Pending orders

    def _pending_refusal(self, wish: Wish) -> int:
        broker, request = self.broker, wish.request
        if not mt5.ORDER_TYPE_BUY_LIMIT <= request.type <= mt5.ORDER_TYPE_SELL_STOP_LIMIT:
            return mt5.TRADE_RETCODE_INVALID
        most = broker.knobs.limit_orders
        if most and sum(order.pending for order in broker.orders.values()) >= most:
            return mt5.TRADE_RETCODE_LIMIT_ORDERS
        return (
            checks.opening(wish.symbol, wish.side) or checks.volume(wish) or checks.volume_limit(broker, wish)
            or checks.filling(wish) or self._terms_refusal(wish)
        )  # fmt: skip

    def _terms_refusal(self, wish: Wish) -> int:
        refused = checks.pending_price(wish)
        if refused or self._expires(wish.request) < 0:
            return refused or mt5.TRADE_RETCODE_INVALID_EXPIRATION
        own = wish.stoplimit if wish.request.type in checks.STOP_LIMITS else wish.price
        return checks.stops(wish.symbol, wish.side, wish.sl, wish.tp, own)

    def _expires(self, request: TradeRequest) -> int:
        """When the order ends by itself, ns UTC, 0 = never; -1: that is no time to come."""
        broker = self.broker
        if request.type_time == mt5.ORDER_TIME_GTC:
            return 0
        if request.type_time == mt5.ORDER_TIME_DAY:
            return broker.clock.next_midnight(broker.now)
        if request.type_time not in (mt5.ORDER_TIME_SPECIFIED, mt5.ORDER_TIME_SPECIFIED_DAY) or request.expiration <= 0:
            return -1
        moment = broker.clock.utc(request.expiration)
        if request.type_time == mt5.ORDER_TIME_SPECIFIED_DAY:
            moment = broker.clock.next_midnight(moment)
        return moment if moment > broker.now else -1

    def _place(self, wish: Wish, reason: int) -> Outcome:
        order = self._order(wish, reason, wish.request.type_filling)
        order.expires = self._expires(wish.request)
        self.broker.enter(order)
        if order.state == mt5.ORDER_STATE_REJECTED or order.state == mt5.ORDER_STATE_CANCELED:
            return Outcome(mt5.TRADE_RETCODE_REJECT, wish.symbol, order.ticket)
        return Outcome(mt5.TRADE_RETCODE_PLACED, wish.symbol, order.ticket, 0, order.volume, Fraction(order.price))

    def _about_order(self, request: TradeRequest, only_check: bool) -> Outcome:
        """Other terms for a pending order, or its end."""
        order = self.broker.orders.get(request.order)
        if order is None or not order.pending:
            return Outcome(mt5.TRADE_RETCODE_INVALID_ORDER)
        symbol = order.symbol
        refused = checks.market_open(self.broker, symbol) or checks.frozen_order(order)
        if request.action == mt5.TRADE_ACTION_MODIFY:
            wish = wish_of(request._replace(type=order.type), symbol)
            refused = refused or self._change_refusal(wish, order)
            if not refused and not only_check:
                self._change(wish, order)
        elif not refused and not only_check:
            self.broker.withdraw(order, mt5.ORDER_STATE_CANCELED)
        return Outcome(refused or (0 if only_check else mt5.TRADE_RETCODE_DONE), symbol, order.ticket)

    def _change_refusal(self, wish: Wish, order: Order) -> int:
        refused = self._terms_refusal(wish)
        same = (
            (wish.price, wish.stoplimit, wish.sl, wish.tp) == (order.price, order.stoplimit, order.sl, order.tp)
            and wish.request.type_time == order.type_time
            and (wish.request.type_time == mt5.ORDER_TIME_DAY or self._expires(wish.request) == order.expires)
        )
        return refused or (mt5.TRADE_RETCODE_NO_CHANGES if same else 0)

    def _change(self, wish: Wish, order: Order) -> None:
        order.price, order.stoplimit, order.sl, order.tp = wish.price, wish.stoplimit, wish.sl, wish.tp
        order.type_time = wish.request.type_time
        order.expires = self._expires(wish.request)
        self.broker.re_enter(order)

    # Positions

    def _protect(self, request: TradeRequest, symbol: Symbol | None, only_check: bool) -> Outcome:
        """SL and TP of a position, both: one that is left out is taken away."""
        position = self._named(request, symbol)
        if position is None:
            return Outcome(mt5.TRADE_RETCODE_POSITION_CLOSED, symbol)
        symbol = position.symbol
        wish = wish_of(request, symbol)
        refused = checks.market_open(self.broker, symbol) or checks.frozen_position(position)
        if not refused and (wish.sl, wish.tp) == (position.sl, position.tp):
            refused = mt5.TRADE_RETCODE_NO_CHANGES
        reference = symbol.closing(position.side)
        refused = refused or checks.stops(symbol, position.side, wish.sl, wish.tp, reference)
        if refused or only_check:
            return Outcome(refused, symbol)
        position.sl, position.tp, position.updated = wish.sl, wish.tp, self.broker.now
        self.broker.guard(position)
        self.broker.tell("position_modified", facts_of(position))
        self.broker.settle()
        return Outcome(mt5.TRADE_RETCODE_DONE, symbol)

    def _named(self, request: TradeRequest, symbol: Symbol | None) -> Position | None:
        """The position by its ticket; a netting account's also by its symbol."""
        positions = self.broker.positions
        if request.position or positions.hedging or symbol is None:
            return positions.get(request.position)
        return next(iter(positions.of_symbol(symbol)), None)

    def _close_by(self, request: TradeRequest, only_check: bool) -> Outcome:
        """Two opposite positions of a hedging account close each other, as far as the smaller one goes."""
        positions = self.broker.positions
        one, other = positions.get(request.position), positions.get(request.position_by)
        if not positions.hedging:
            return Outcome(mt5.TRADE_RETCODE_INVALID)
        if one is None or other is None:
            return Outcome(mt5.TRADE_RETCODE_POSITION_CLOSED)
        symbol = one.symbol
        if symbol is not other.symbol or one.side == other.side:
            return Outcome(mt5.TRADE_RETCODE_INVALID, symbol)
        refused = (
            checks.market_open(self.broker, symbol) or checks.frozen_position(one) or checks.frozen_position(other)
        )
        if refused or only_check:
            return Outcome(refused, symbol)
        order = self._net(one, other, request)
        return Outcome(
            mt5.TRADE_RETCODE_DONE, symbol, order.ticket, order.deals[0].ticket, order.filled, order.average()
        )

    def _net(self, one: Position, other: Position, request: TradeRequest) -> Order:
        """The first deal closes `one` at the other's opening price and carries the profit of both."""
        broker, symbol = self.broker, one.symbol
        size = min(one.volume, other.volume)
        profit = broker.money.profit(symbol, one.side, size, one.price, other.price) or Fraction(0)
        order = Order(
            broker.ticket(), symbol, mt5.ORDER_TYPE_CLOSE_BY, size, magic=request.magic,
            comment=self._kept(request.comment), position=one.ticket, position_id=one.identifier,
            position_by=other.ticket, time_setup=broker.now,
        )  # fmt: skip
        for position, earned in ((one, profit), (other, Fraction(0))):
            price = other.price
            effect = broker.positions.reduce(position, size, mt5.DEAL_ENTRY_OUT_BY)
            broker.keep_deal(order, effect, price, size, earned, Fraction(0))
            broker.guard(position)
        order.filled = size
        broker.end(order, mt5.ORDER_STATE_FILLED)
        broker.settle()
        return order
