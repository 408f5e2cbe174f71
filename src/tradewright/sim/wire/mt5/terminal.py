"""A terminal as the MetaTrader5 package shows it: the package's functions, results and numbers over a simulated broker.

    terminal = Terminal(broker, trouble)          # stands where `import MetaTrader5 as mt5` would
    terminal.initialize(login=DEMO_LOGIN, password=DEMO_PASSWORD, server=DEMO_SERVER)
    terminal.positions_get(symbol="EURUSD")

Nothing raises for what the real one would answer with None or False: `last_error()` says why. An empty tuple means that
there is none. Time stands still between calls; who owns the broker moves it. `trouble` is honoured: in maintenance the
server is out of reach; what is hidden or stale is so for every function that reads orders, positions and the account.
Prices inside a stale answer are those of the last change of an order or position before its time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5 import convert, rates
from tradewright.sim.wire.mt5.broker import Broker
from tradewright.sim.wire.mt5.desk import Desk
from tradewright.sim.wire.mt5.market_watch import MarketWatch, Moment, in_group
from tradewright.sim.wire.mt5.results import (
    AccountInfo,
    OrderCheckResult,
    OrderSendResult,
    TerminalInfo,
    TradeDeal,
    TradeOrder,
    TradePosition,
    TradeRequest,
)
from tradewright.sim.wire.mt5.server_time import wall_seconds
from tradewright.sim.wire.mt5.session import BUILD, DEMO_LOGIN, DEMO_PASSWORD, DEMO_SERVER
from tradewright.sim.wire.mt5.wish import OFF_GRID, on_grid, read
from tradewright.sim.wire.trouble import Trouble

#: Snapshots kept for stale answers.
SNAPSHOTS_MAX = 256


class Snapshot(NamedTuple):
    """What was true from `time` on."""

    time: int
    positions: tuple[TradePosition, ...]
    orders: tuple[TradeOrder, ...]
    account: AccountInfo


class Terminal(MarketWatch):
    """See the module. password, server: what initialize and login must say."""

    def __init__(
        self, broker: Broker, trouble: Trouble | None = None, login: int = DEMO_LOGIN,
        password: str = DEMO_PASSWORD, server: str = DEMO_SERVER,
    ) -> None:  # fmt: skip
        super().__init__(broker, login, password, server)
        self.trouble = trouble or Trouble()
        self.desk = Desk(broker)
        self._requests = 0
        self._snapshots: deque[Snapshot] = deque(maxlen=SNAPSHOTS_MAX)
        broker.changed.append(self._note)
        self._note()

    def terminal_info(self) -> TerminalInfo | None:
        if not self._here():
            return None
        knobs = self.broker.knobs
        return self._done(
            TerminalInfo(
                self._connected(), knobs.auto_trading, False, BUILD, rates.MINUTES_MAX, 1000, "Simulated Broker",
                "Simulated MetaTrader 5", "",
            )
        )  # fmt: skip

    def account_info(self) -> AccountInfo | None:
        stale = self._stale() if self._reads() else None
        if not self._ok():
            return None
        return self._done(stale.account if stale is not None else self._account_now())

    # Orders, positions, history

    def orders_total(self) -> int:
        found = self.orders_get()
        return 0 if found is None else len(found)

    def orders_get(self, symbol: str = "", group: str = "*", ticket: int = 0) -> tuple[TradeOrder, ...] | None:
        """Those at work."""
        stale = self._stale() if self._reads() else None
        if not self._ok():
            return None
        found = stale.orders if stale is not None else self._orders_now()
        return self._done(tuple(o for o in found if _wanted(o.symbol, o.ticket, symbol, group, ticket)))

    def positions_total(self) -> int:
        found = self.positions_get()
        return 0 if found is None else len(found)

    def positions_get(self, symbol: str = "", group: str = "*", ticket: int = 0) -> tuple[TradePosition, ...] | None:
        stale = self._stale() if self._reads() else None
        if not self._ok():
            return None
        found = stale.positions if stale is not None else self._positions_now()
        return self._done(tuple(p for p in found if _wanted(p.symbol, p.ticket, symbol, group, ticket)))

    def history_orders_total(self, date_from: Moment, date_to: Moment) -> int:
        return len(self.history_orders_get(date_from, date_to) or ())

    def history_orders_get(
        self, date_from: Moment | None = None, date_to: Moment | None = None, *, group: str = "*", ticket: int = 0,
        position: int = 0,
    ) -> tuple[TradeOrder, ...] | None:  # fmt: skip
        """Ended ones, by the time they were done, or by ticket or position."""
        if not self._here():
            return None
        found = []
        for order in self.broker.history:
            chosen = order.ticket == ticket if ticket else order.position_id == position if position else None
            if chosen is None:
                chosen = self._within(order.time_done, date_from, date_to) and in_group(order.symbol.name, group)
            if chosen and self._shown(order.time_setup):
                found.append(convert.order_tuple(self.broker, order))
        return self._done(tuple(found))

    def history_deals_total(self, date_from: Moment, date_to: Moment) -> int:
        return len(self.history_deals_get(date_from, date_to) or ())

    def history_deals_get(
        self, date_from: Moment | None = None, date_to: Moment | None = None, *, group: str = "*", ticket: int = 0,
        position: int = 0,
    ) -> tuple[TradeDeal, ...] | None:  # fmt: skip
        """By time, or all of an order (`ticket` is the order's), or of a position's identifier."""
        if not self._here():
            return None
        found = []
        for deal in self.broker.deals:
            chosen = deal.order == ticket if ticket else deal.position_id == position if position else None
            if chosen is None:
                name = deal.symbol.name if deal.symbol is not None else ""
                chosen = self._within(deal.time, date_from, date_to) and in_group(name, group)
            if chosen and (deal.symbol is None or self._shown(deal.time)):
                found.append(convert.deal_tuple(self.broker, deal))
        return self._done(tuple(found))

    # Trading

    def order_check(self, request: Mapping[str, Any]) -> OrderCheckResult | None:
        """retcode 0: it would be taken; the funds are those after it."""
        wanted = self._request(request)
        if wanted is None:
            return None
        retcode = mt5.TRADE_RETCODE_CONNECTION if not self._connected() else self.desk.check(wanted)
        funds = self.broker.funds()
        margin = funds.margin
        symbol = self.broker.symbols.get(wanted.symbol)
        if symbol is not None and wanted.action == mt5.TRADE_ACTION_DEAL and not wanted.position and not retcode:
            side = 1 if wanted.type == mt5.ORDER_TYPE_BUY else -1
            size = on_grid(wanted.volume, symbol.instrument.size_scale, 1)
            margin += self.broker.margin_of(symbol, side, size, symbol.ask if side > 0 else symbol.bid)
        level = funds.equity / margin * 100 if margin else 0
        words = mt5.RETCODES.get(retcode, "Done").replace("_", " ").capitalize()
        return self._done(
            OrderCheckResult(
                retcode, float(funds.balance), float(funds.equity), float(funds.profit), float(margin),
                float(funds.equity - margin), float(round(level, 2)), words, wanted,
            )
        )  # fmt: skip

    def order_send(self, request: Mapping[str, Any]) -> OrderSendResult | None:
        """None: the request was not understood, or what became of it is not known."""
        wanted = self._request(request)
        if wanted is None:
            return None
        knobs = self.broker.knobs
        kept, knobs.connected = knobs.connected, self._connected()
        refused = self.trouble.exits_refused and self.desk.closes(wanted)
        outcome = self.desk.refused(wanted) if refused else self.desk.send(wanted)
        knobs.connected = kept
        self._requests += 1
        if knobs.lost_results and outcome.retcode in mt5.SUCCESSES:
            knobs.lost_results -= 1
            return self._failed(mt5.RES_E_INTERNAL_FAIL_TIMEOUT, "IPC timeout", None)
        return self._done(convert.result_tuple(outcome, wanted, self._requests))

    def order_calc_margin(self, action: int, symbol: str, volume: float, price: float) -> float | None:
        found = self._symbol(symbol)
        if found is None:
            return None
        size = on_grid(volume, found.instrument.size_scale, 1)
        at = on_grid(price, found.instrument.price_scale, 1)
        if action not in (mt5.ORDER_TYPE_BUY, mt5.ORDER_TYPE_SELL) or OFF_GRID in (size, at):
            self._invalid("action, volume or price")
            return None
        margin = self.broker.money.margin(found, 1 if action == mt5.ORDER_TYPE_BUY else -1, size, at)
        return self._no_rate() if margin is None else self._done(float(margin))

    def order_calc_profit(
        self, action: int, symbol: str, volume: float, price_open: float, price_close: float
    ) -> float | None:
        """In the account's currency; None also where no symbol says what the profit currency is worth."""
        found = self._symbol(symbol)
        if found is None:
            return None
        size = on_grid(volume, found.instrument.size_scale, 1)
        opened = on_grid(round(price_open, convert.MEAN_DECIMALS), convert.MEAN_DECIMALS, 1)
        closed = on_grid(price_close, found.instrument.price_scale, 1)
        if action not in (mt5.ORDER_TYPE_BUY, mt5.ORDER_TYPE_SELL) or OFF_GRID in (size, opened, closed):
            self._invalid("action, volume or price")
            return None
        side = 1 if action == mt5.ORDER_TYPE_BUY else -1
        from_units = Fraction(opened * 10**found.instrument.price_scale, 10**convert.MEAN_DECIMALS)
        profit = self.broker.money.profit(found, side, size, from_units, closed)
        return self._no_rate() if profit is None else self._done(float(profit))

    # What stands behind

    def _connected(self) -> bool:
        return self.broker.knobs.connected and not self.trouble.maintenance

    def _request(self, given: Mapping[str, Any]) -> TradeRequest | None:
        if not self._here():
            return None
        wanted = read(given)
        if isinstance(wanted, str):
            self._invalid(wanted)
            return None
        return wanted

    def _within(self, time: int, date_from: Moment | None, date_to: Moment | None) -> bool:
        wall = self.broker.clock.milliseconds(time) / 1000
        after = date_from is None or wall >= wall_seconds(date_from)
        return after and (date_to is None or wall <= wall_seconds(date_to))

    def _shown(self, accepted: int) -> bool:
        """Whether look-ups find already what was accepted then."""
        return not self.trouble.hidden_ns or accepted <= self.broker.now - self.trouble.hidden_ns

    def _stale(self) -> Snapshot | None:
        """What the account looked like when it is said to be now; None: as it is."""
        if not self.trouble.stale_ns:
            return None
        until = self.broker.now - self.trouble.stale_ns
        old = [snapshot for snapshot in self._snapshots if snapshot.time <= until]
        return old[-1] if old else self._snapshots[0]

    def _note(self) -> None:
        self._snapshots.append(
            Snapshot(self.broker.now, self._positions_now(), self._orders_now(), self._account_now())
        )

    def _positions_now(self) -> tuple[TradePosition, ...]:
        found = [position for position in self.broker.positions if self._shown(position.opened)]
        return tuple(convert.position_tuple(self.broker, position) for position in found)

    def _orders_now(self) -> tuple[TradeOrder, ...]:
        found = [order for order in self.broker.orders.values() if self._shown(order.time_setup)]
        return tuple(convert.order_tuple(self.broker, order) for order in found)

    def _account_now(self) -> AccountInfo:
        return convert.account_tuple(self.broker, self._account[0], self._account[2])


def _wanted(name: str, ticket: int, symbol: str, group: str, wanted: int) -> bool:
    if wanted:
        return ticket == wanted
    return name == symbol if symbol else in_group(name, group)
