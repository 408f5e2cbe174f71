"""The trade server: one account over the simulated exchange, whose fills it books into positions and deals.

The exchange matches and knows only plain orders of one netting account; to which position an execution belongs, what
guards it and what it earns is kept here. Every SL and TP is an order at the exchange, so that both follow each price
and a gap costs what it costs. Bars and trades of an instrument without quotes are played as quotes (open, both
extremes, the nearer first, close). Coarser data do not move a symbol once finer ones have been seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tradewright.model.command import Approved, Cancel, Submit
from tradewright.model.event import CANCELLED, EXPIRED, FILLED, REJECTED, REPLACED, TRIGGERED
from tradewright.model.instrument import Instrument
from tradewright.model.market import MarketEvent, Quote
from tradewright.model.numbers import MONEY_ONE
from tradewright.model.order import FOK, GTC, IOC, LIMIT, MARKET, POST_ONLY, STOP, STOP_LIMIT
from tradewright.model.order import Order as Terms
from tradewright.model.report import Fill, Replaced, Report
from tradewright.model.rng import Rng
from tradewright.sim.exchange.exchange import Exchange
from tradewright.sim.models.models import Models
from tradewright.sim.wire.mt5 import checks
from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.feed import moves
from tradewright.sim.wire.mt5.funds import Funds
from tradewright.sim.wire.mt5.happenings import Happenings, facts_of
from tradewright.sim.wire.mt5.knobs import HEDGING, Knobs
from tradewright.sim.wire.mt5.money import Money, rounded
from tradewright.sim.wire.mt5.orders import Deal, Order
from tradewright.sim.wire.mt5.positions import Effect, Position, Positions
from tradewright.sim.wire.mt5.rates import Minutes
from tradewright.sim.wire.mt5.server_time import ServerTime
from tradewright.sim.wire.mt5.symbols import Symbol, listed
from tradewright.sim.wire.site import Tape

ACCOUNT = "account"
#: What is kept of the past: ended orders, deals, the exchange's fills.
HISTORY_MAX = 10_000
FIRST_ORDER, FIRST_DEAL = 50_000_001, 70_000_001
_TYPES = {
    mt5.ORDER_TYPE_BUY: MARKET, mt5.ORDER_TYPE_SELL: MARKET,
    mt5.ORDER_TYPE_BUY_LIMIT: LIMIT, mt5.ORDER_TYPE_SELL_LIMIT: LIMIT,
    mt5.ORDER_TYPE_BUY_STOP: STOP, mt5.ORDER_TYPE_SELL_STOP: STOP,
    mt5.ORDER_TYPE_BUY_STOP_LIMIT: STOP_LIMIT, mt5.ORDER_TYPE_SELL_STOP_LIMIT: STOP_LIMIT,
}  # fmt: skip


@dataclass(slots=True)
class Leg:
    """An order at the exchange. order: the server's own; of an SL or TP it is made when that is reached. position,
    reason: what it guards, and as what. left, filled: size counts."""

    left: int
    order: Order | None = None
    position: Position | None = None
    reason: int = 0
    filled: int = 0


class Broker:
    """now: ns UTC, moved by `advance` alone. changed: called after orders or positions did."""

    def __init__(
        self, instruments: Iterable[Instrument], tape: Tape, rng: Rng, now: int, balance: Fraction, knobs: Knobs,
        models: Models | None = None,
    ) -> None:  # fmt: skip
        self.now = now
        self.knobs = knobs
        self.tape = tape
        self.clock = ServerTime(knobs.zone)
        self.symbols = listed(tuple(instruments), knobs)
        self._by_canonical: dict[str, list[Symbol]] = {}
        for symbol in self.symbols.values():
            self._by_canonical.setdefault(symbol.canonical, []).append(symbol)
        self.minutes = {name: Minutes() for name in self.symbols}
        self.money = Money(knobs.currency, knobs.leverage, self.symbols.values())
        self.exchange = Exchange(models or Models(), rng.split("exchange"))
        self.exchange.open_account(ACCOUNT)
        self.balance = balance
        self.positions = Positions(knobs.mode == HEDGING)
        self.orders: dict[int, Order] = {}
        self.history: deque[Order] = deque(maxlen=HISTORY_MAX)
        self.deals: deque[Deal] = deque(maxlen=HISTORY_MAX)
        self.happenings = Happenings()
        self.changed: list[Callable[[], None]] = []
        self._legs: dict[str, Leg] = {}
        self._leg_count = 0
        self._next_order, self._next_deal = FIRST_ORDER, FIRST_DEAL
        self._midnight = self.clock.next_midnight(now)
        zero = Fraction(0)
        self.deals.append(
            Deal(self._deal_ticket(), 0, now, mt5.DEAL_TYPE_BALANCE, mt5.DEAL_ENTRY_IN, 0, 0, mt5.DEAL_REASON_CLIENT,
                 None, 0, 0, zero, zero, balance, "initial deposit")
        )  # fmt: skip

    # Time

    def advance(self, now: int) -> None:
        """Lets happen what is due by then: the market, orders that expire, swaps at the server's midnight."""
        for event in self.tape.until(now):
            self._tend(event.time)
            self.now = max(self.now, event.time)
            self._market(event)
        self._tend(now)
        self.now = max(self.now, now)

    def due(self) -> int | None:
        """When something happens next by itself."""
        expiries = [order.expires for order in self.orders.values() if order.expires]
        return min([*expiries, self._midnight, *([] if self.tape.due is None else [self.tape.due])])

    def _tend(self, until: int) -> None:
        while True:
            expiring = min(
                (order for order in self.orders.values() if order.expires), key=lambda o: o.expires, default=None
            )
            if expiring is not None and expiring.expires <= min(until, self._midnight):
                self.now = max(self.now, expiring.expires)
                self.withdraw(expiring, mt5.ORDER_STATE_EXPIRED)
            elif self._midnight <= until:
                self.now = max(self.now, self._midnight)
                self._roll_over()
                self._midnight = self.clock.next_midnight(self._midnight)
            else:
                return

    def _roll_over(self) -> None:
        """Swaps of the night, on Wednesday those of three."""
        nights = {2: 3, 5: 0, 6: 0}.get(self.clock.weekday(self._midnight - 1), 1)
        for position in self.positions:
            symbol = position.symbol
            points = symbol.terms.swap_long if position.side > 0 else symbol.terms.swap_short
            rate = self.money.rate(symbol.profit_currency, points > 0)
            if points and nights and rate is not None:
                night = symbol.worth(points * symbol.point, position.volume) * rate
                position.swap += rounded(night, self.money.digits) * nights

    # The market

    def _market(self, event: MarketEvent) -> None:
        for symbol in self._by_canonical.get(event.symbol, ()):
            for move in moves(symbol, event):
                symbol.move(event.time, move.bid, move.ask, move.last, move.volume)
                self.minutes[symbol.name].see(symbol, event.time, move.volume)
                quote = Quote(event.time, symbol.instrument, move.bid, move.ask, move.bid_size, move.ask_size)
                self._drop_unpayable(symbol)
                if symbol is self._by_canonical[symbol.canonical][0]:
                    self._draw(self.exchange.run(quote))
                self._stop_out()

    def _drop_unpayable(self, symbol: Symbol) -> None:
        """A pending order whose price has come, and for which there is no money, ends."""
        for order in [order for order in self.orders.values() if order.symbol is symbol and order.pending]:
            size = checks.beyond(self, symbol, order.side, order.volume - order.filled)
            if checks.reached(order) and checks.margin(self, symbol, order.side, size):
                self.withdraw(order, mt5.ORDER_STATE_REJECTED)

    def _stop_out(self) -> None:
        """Below the stop-out level the position that lost most is closed, one after the other."""
        while len(self.positions):
            funds = self.funds()
            if not funds.margin or funds.level > self.knobs.stop_out:
                return
            worst = min(self.positions, key=self.floating)
            comment = f"[so {float(funds.level):.2f}%]"
            if not self.close(worst, mt5.ORDER_REASON_SO, comment).filled:
                return

    # The account

    def floating(self, position: Position) -> Fraction:
        """What closing it now would earn, without its swap."""
        symbol = position.symbol
        price = symbol.closing(position.side)
        profit = self.money.profit(symbol, position.side, position.volume, position.price, price) if price else None
        return Fraction(0) if profit is None else profit

    def margin_of(self, symbol: Symbol, side: int, size: int, price: int | Fraction) -> Fraction:
        return self.money.margin(symbol, side, size, price) or Fraction(0)

    def funds(self) -> Funds:
        profit = swap = margin = Fraction(0)
        for position in self.positions:
            profit += self.floating(position)
            swap += position.swap
            margin += self.margin_of(position.symbol, position.side, position.volume, position.price)
        return Funds(self.balance, profit, swap, margin)

    # Orders at the exchange

    def ticket(self) -> int:
        """The next order's."""
        self._next_order += 1
        return self._next_order - 1

    def _deal_ticket(self) -> int:
        self._next_deal += 1
        return self._next_deal - 1

    def enter(self, order: Order, part: int = 0) -> None:
        """Sends an order to the exchange; part: only so much of it may fill, the rest is given up."""
        order.time_setup = self.now
        order.state = mt5.ORDER_STATE_PLACED
        self.orders[order.ticket] = order
        self._send(Leg(part or order.volume - order.filled, order), order.symbol, order.side, _TYPES[order.type],
                   order.price, order.stoplimit, str(order.ticket), self._in_force(order))  # fmt: skip
        if order.pending and order.ticket in self.orders:
            self.tell("order_placed", facts_of(order))
        self.settle()

    def _in_force(self, order: Order) -> int:
        if order.pending:
            return GTC
        return {mt5.ORDER_FILLING_FOK: FOK, mt5.ORDER_FILLING_IOC: IOC}.get(order.filling, GTC)

    def _send(
        self, leg: Leg, symbol: Symbol, side: int, type: int, price: int, stoplimit: int, id: str, in_force: int = GTC,
        group: str = "",
    ) -> None:  # fmt: skip
        limit = price if type == LIMIT else stoplimit if type == STOP_LIMIT else 0
        stop = price if type in (STOP, STOP_LIMIT) else 0
        flags = POST_ONLY if leg.order is not None and leg.order.filling == mt5.ORDER_FILLING_BOC else 0
        terms = Terms(
            id, ACCOUNT, "", symbol.instrument, side, type, leg.left,
            limit_units=limit, stop_units=stop, time_in_force=in_force, flags=flags, group=group, time=self.now,
        )  # fmt: skip
        self._legs[id] = leg
        self.exchange.execute(Submit(self.now, Approved(terms)))

    def withdraw(self, order: Order, state: int) -> None:
        """Takes an order out of the market; `state` is what it ends in."""
        order.ending = state
        self.exchange.execute(Cancel(self.now, str(order.ticket)))
        self.settle()

    def re_enter(self, order: Order) -> None:
        """An order whose terms changed meets the market anew."""
        leg = self._legs.pop(str(order.ticket))
        self.exchange.execute(Cancel(self.now, str(order.ticket)))
        self.settle()
        self.exchange.orders.pop(str(order.ticket), None)
        self._send(leg, order.symbol, order.side, _TYPES[order.type], order.price, order.stoplimit, str(order.ticket))
        self.tell("order_modified", facts_of(order))
        self.settle()

    def fill_more(self, order: Order, size: int) -> None:
        """An ended order is filled by so much at the market, as it should not be."""
        self._leg_count += 1
        if order in self.history:
            self.history.remove(order)
        self._send(Leg(size, order), order.symbol, order.side, MARKET, 0, 0, f"M{self._leg_count}")
        self.settle()

    def fillable(self, order: Order) -> bool:
        """Whether it is at work, and its market open."""
        return order.pending and str(order.ticket) in self._legs and order.symbol.calendar.is_open(self.now)

    def fill_rest(self, order: Order) -> None:
        """Fills what is left of an order that is fillable, at its price."""
        id = str(order.ticket)
        leg = self._legs.pop(id)
        self.exchange.execute(Cancel(self.now, id))
        self.settle()
        self._legs[id] = leg
        self._executed(leg, Fill(self.now, id, self.now, "", order.price, leg.left))
        self.settle()

    def guard(self, position: Position) -> None:
        """Puts the position's SL and TP into the market as they are now; takes out what was there."""
        for id in position.exits:
            if id in self._legs:
                self.exchange.execute(Cancel(self.now, id))
        position.exits = []
        if not position.volume:
            return
        self._leg_count += 1
        group = f"G{self._leg_count}"
        for type, price, reason in (
            (STOP, position.sl, mt5.ORDER_REASON_SL), (LIMIT, position.tp, mt5.ORDER_REASON_TP)
        ):  # fmt: skip
            if price:
                id = f"{group}-{reason}"
                position.exits.append(id)
                leg = Leg(position.volume, None, position, reason)
                self._send(leg, position.symbol, -position.side, type, price, 0, id, GTC, group)

    def close(self, position: Position, reason: int, comment: str, size: int = 0) -> Order:
        """Closes a position (or a part) at the market, whatever its terms."""
        type = mt5.ORDER_TYPE_SELL if position.side > 0 else mt5.ORDER_TYPE_BUY
        order = Order(
            self.ticket(), position.symbol, type, size or position.volume, filling=mt5.ORDER_FILLING_IOC,
            magic=position.magic if reason > mt5.ORDER_REASON_EXPERT else 0, comment=comment, reason=reason,
            position=position.ticket,
        )  # fmt: skip
        self.enter(order)
        return order

    def settle(self) -> None:
        """Draws what the exchange has to say without a market event."""
        self._draw(self.exchange.due(self.now))
        for listener in self.changed:
            listener()

    def _draw(self, reports: Iterable[Report]) -> None:
        heard = False
        for report in reports:
            self._hear(report)
            heard = True
        if heard:
            for listener in self.changed:
                listener()
        if len(self.exchange.history) > HISTORY_MAX:
            del self.exchange.history[:]

    def _hear(self, report: Report) -> None:
        leg = self._legs.get(report.order_id)
        if leg is None:
            return
        if report.kind == FILLED:
            self._executed(leg, report)  # type: ignore[arg-type]
        elif report.kind == REPLACED:
            replaced: Replaced = report  # type: ignore[assignment]
            leg.left = replaced.quantity - leg.filled
        elif report.kind == TRIGGERED and leg.order is not None and _TYPES.get(leg.order.type) == STOP_LIMIT:
            order = leg.order
            order.type = mt5.ORDER_TYPE_BUY_LIMIT if order.side > 0 else mt5.ORDER_TYPE_SELL_LIMIT
            order.price = order.stoplimit
        elif report.kind in (CANCELLED, EXPIRED, REJECTED):
            self._gone(report.order_id, leg)

    def _gone(self, id: str, leg: Leg) -> None:
        """The exchange works the order no longer, and not all of it was filled."""
        self._forget(id)
        order = leg.order
        if order is None:
            return
        if not order.pending:
            order.ending = mt5.ORDER_STATE_PARTIAL if order.filled else mt5.ORDER_STATE_REJECTED
        self.end(order, order.ending)

    def _forget(self, id: str) -> None:
        self._legs.pop(id, None)
        self.exchange.orders.pop(id, None)

    def end(self, order: Order, state: int) -> None:
        """Moves an order into the history."""
        order.state = state
        order.time_done = self.now
        self.orders.pop(order.ticket, None)
        self.history.append(order)
        if state in (mt5.ORDER_STATE_CANCELED, mt5.ORDER_STATE_EXPIRED, mt5.ORDER_STATE_REJECTED):
            kinds = {mt5.ORDER_STATE_CANCELED: "canceled", mt5.ORDER_STATE_EXPIRED: "expired"}
            self.tell(f"order_{kinds.get(state, 'rejected')}", facts_of(order))

    def tell(self, kind: str, values: dict[str, Any]) -> None:
        self.happenings.tell(self.now, kind, values)

    # Executions

    def _executed(self, leg: Leg, fill: Fill) -> None:
        order = leg.order
        if order is None:
            assert leg.position is not None
            order = leg.order = self._exit_order(leg.position, leg.reason)
        leg.left -= fill.size_units
        leg.filled += fill.size_units
        done = leg.left == 0
        rate = self.money.rate(fill.fee_currency, False) if fill.fee else None
        commission = -rounded(Fraction(fill.fee, MONEY_ONE) * rate, self.money.digits) if rate else Fraction(0)
        effect = self.book(order, fill.price_units, fill.size_units, commission)
        if done:
            self._forget(fill.order_id)
            self.end(order, mt5.ORDER_STATE_FILLED if order.filled >= order.volume else mt5.ORDER_STATE_PARTIAL)
        elif order.state == mt5.ORDER_STATE_PLACED:
            order.state = mt5.ORDER_STATE_PARTIAL
        if leg.position is None:
            self.guard(effect.position)

    def _exit_order(self, position: Position, reason: int) -> Order:
        """The order that a reached SL or TP becomes."""
        price = position.sl if reason == mt5.ORDER_REASON_SL else position.tp
        word = "sl" if reason == mt5.ORDER_REASON_SL else "tp"
        text = f"{position.symbol.price(price):.{position.symbol.digits}f}"
        type = mt5.ORDER_TYPE_SELL if position.side > 0 else mt5.ORDER_TYPE_BUY
        order = Order(
            self.ticket(), position.symbol, type, position.volume, price, magic=position.magic,
            comment=f"[{word} {text}]", reason=reason, position=position.ticket, time_setup=self.now,
        )  # fmt: skip
        order.state = mt5.ORDER_STATE_PLACED
        self.orders[order.ticket] = order
        return order

    def book(self, order: Order, price: int, size: int, commission: Fraction = Fraction(0)) -> Effect:
        """One execution: the position, its profit, the deal."""
        effect = self.positions.fill(order, price, size, self.now)
        order.filled += size
        order.position_id = effect.position.identifier
        profit = Fraction(0)
        if effect.closed:
            profit = self.money.profit(order.symbol, -order.side, effect.closed, effect.opened_at, price) or profit
        self.keep_deal(order, effect, price, size, profit, commission)
        return effect

    def keep_deal(
        self, order: Order, effect: Effect, price: int | Fraction, size: int, profit: Fraction, commission: Fraction
    ) -> None:
        """The record of an execution; its money moves the balance."""
        position = effect.position
        swap = rounded(effect.swap, self.money.digits)
        side = -position.side if effect.entry == mt5.DEAL_ENTRY_OUT_BY else order.side
        deal = Deal(
            self._deal_ticket(), order.ticket, self.now,
            mt5.DEAL_TYPE_BUY if side > 0 else mt5.DEAL_TYPE_SELL, effect.entry, order.magic,
            position.identifier, order.reason, order.symbol, size, price, commission, swap, profit, order.comment,
        )  # fmt: skip
        self.balance += profit + swap + commission
        order.deals.append(deal)
        self.deals.append(deal)
        opened = effect.entry == mt5.DEAL_ENTRY_IN
        kind = "position_opened" if opened or effect.entry == mt5.DEAL_ENTRY_INOUT else "position_closed"
        if effect.left and not opened and effect.entry != mt5.DEAL_ENTRY_INOUT:
            kind = "position_partial_close"
        self.tell(kind, {
            **facts_of(position), "order": order.ticket, "deal": deal.ticket, "deal_volume": order.symbol.lots(size),
            "deal_price": order.symbol.price(price), "profit": float(profit), "reason": order.reason,
        })  # fmt: skip

    def _keep(self, deal: Deal) -> None:
        self.deals.append(deal)
