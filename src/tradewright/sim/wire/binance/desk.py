"""The venue's trading desk: it enters orders, hears from the exchange what became of them, and says so.

The simulated exchange matches limit orders and what trades at once. All else is done here and beside: orders that wait
for a trigger (the last trade's price decides), lists, self-trade prevention, balances and commissions. A conditional
order that is triggered and limited is told as NEW once more, now on the book. Commission is rounded half to even to
eight decimals, fill by fill. STOP_LOSS and TAKE_PROFIT buys hold stop price × quantity (a trailing one without a stop
price: the last price × quantity); what free money does not pay when they are triggered expires.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from tradewright.model.command import Approved, Cancel, Command, Replace, Submit
from tradewright.model.errors import ContractError
from tradewright.model.event import ACCEPTED as ACCEPT_REPORT
from tradewright.model.event import CANCEL_REJECTED, CANCELLED, TRADE
from tradewright.model.event import REPLACED as REPLACE_REPORT
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import MarketEvent
from tradewright.model.numbers import MONEY_SCALE, round_nearest
from tradewright.model.order import FOK, GTC, IOC, POST_ONLY
from tradewright.model.order import LIMIT as LIMIT_ORDER
from tradewright.model.order import MARKET as MARKET_ORDER
from tradewright.model.order import Order as ExchangeOrder
from tradewright.model.report import Fill, Report
from tradewright.model.rng import Rng
from tradewright.sim.exchange.exchange import Exchange
from tradewright.sim.models.fee import FeeModel
from tradewright.sim.models.models import Models
from tradewright.sim.wire.binance import liquidity
from tradewright.sim.wire.binance.accounts import Account
from tradewright.sim.wire.binance.figures import QUANTITY_MONEY, SCALE, Time, money_text
from tradewright.sim.wire.binance.limits import Limits
from tradewright.sim.wire.binance.market_data import SymbolMarket
from tradewright.sim.wire.binance.orders import (
    BUY,
    CANCELED,
    EXPIRED,
    EXPIRED_IN_MATCH,
    FILLED,
    FOK_LEFT,
    IOC_LEFT,
    LIMIT_MAKER,
    MARKET,
    NEW,
    NO_LIQUIDITY,
    OUT_OF_RANGE,
    PARTIALLY_FILLED,
    PENDING_NEW,
    REJECTED,
    Execution,
    Order,
    Terms,
    report,
)
from tradewright.sim.wire.binance.rules import BIPS, Rules
from tradewright.sim.wire.binance.waiting import Waiting

_TIMES_IN_FORCE = {"GTC": GTC, "IOC": IOC, "FOK": FOK}
_KINDS = {
    CANCELED: "CANCELED", EXPIRED: "EXPIRED", EXPIRED_IN_MATCH: "TRADE_PREVENTION", REJECTED: "REJECTED",
}  # fmt: skip
_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_ID_LENGTH = 22
#: Eight decimals of money.
_CENT: int = 10 ** (MONEY_SCALE - SCALE)


class Follower(Protocol):
    """Who else has a say when something became of an order (`list_desk`, `prevention`)."""

    def worked(self, order: Order) -> None:
        """It was triggered or had a fill."""

    def ended(self, order: Order) -> None:
        """It is over."""

    def prevents(self, order: Order) -> None:
        """It is about to come into the book."""


class Desk:
    """now: the exchange's time, clock: the venue's, both ns. waiting: conditional orders."""

    def __init__(
        self,
        rules: dict[str, Rules],
        markets: dict[str, SymbolMarket],
        fee: FeeModel,
        models: Models,
        limits: Limits,
        rng: Rng,
    ) -> None:
        self.rules = rules
        self.markets = markets
        self.fee = fee
        self.limits = limits
        self.exchange = Exchange(models, rng.split("exchange"))
        self.rng = rng.split("ids")
        self.accounts: dict[str, Account] = {}
        self.waiting = Waiting(rules)
        self.now = 0
        self.clock = 0
        self.next_order = 1
        self.next_list = 0
        self.executions = 0
        self.followers: list[Follower] = []
        self._live: dict[str, Order] = {}
        self._drawing = False
        for known in rules.values():
            self.exchange.list_instrument(permissive(known.instrument))

    def open_account(self, account: Account) -> None:
        self.accounts[account.name] = account
        self.exchange.open_account(account.name)

    def at(self, now: int, clock: int) -> None:
        self.now = max(now, self.now)
        self.clock = clock

    def market_of(self, order: Order) -> SymbolMarket:
        return self.markets[order.terms.rules.symbol]

    # The exchange

    def run(self, tick: MarketEvent, symbol: str) -> None:
        """A tick of the market: what it fills, and what it triggers."""
        self._draw(self.exchange.run(tick))
        if tick.kind == TRADE:
            self._trigger(symbol)
        self.flush()

    def _send(self, command: Command) -> None:
        self.exchange.execute(command)
        if not self._drawing:
            self._draw(self.exchange.due(self.now))

    def _draw(self, reports: Iterator[Report]) -> None:
        self._drawing = True
        try:
            for said in reports:
                self._hear(said)
        finally:
            self._drawing = False
        # Fills and cancels are told and kept here; the exchange need not keep them too.
        self.exchange.history.clear()

    def _hear(self, said: Report) -> None:
        order = self._live.get(said.order_id)
        if order is None or said.kind in (ACCEPT_REPORT, REPLACE_REPORT):
            return
        if said.kind == CANCEL_REJECTED:
            order.ending = None  # what filled it first is said next
            return
        if isinstance(said, Fill):
            ratios = order.terms.rules
            self.fill(order, said.price_units * ratios.price_ratio, said.size_units * ratios.size_ratio, said.maker)
        elif said.kind == CANCELLED:
            order.at_exchange = False
            self.close(order, *(order.ending or _own_end(order, said.code)))
        else:
            raise ContractError(f"the exchange says {said.code} to order {order.id}, which was admitted")

    # Entering

    def new_id(self) -> str:
        """A client id of the venue's making."""
        return "".join(_ID_LETTERS[self.rng.below(len(_ID_LETTERS))] for _ in range(_ID_LENGTH))

    def make(self, account: Account, terms: Terms) -> Order:
        """A new order of the account, not yet entered."""
        order = Order(self.next_order, account.name, terms, self.clock, quantity=terms.quantity)
        self.next_order += 1
        order.price = terms.limit_price
        order.client_id = terms.client_id or self.new_id()
        order.updated = self.clock
        account.add(order)
        return order

    def enter(self, order: Order) -> None:
        """The order goes live: it waits for its trigger, or comes into the book."""
        order.status = NEW
        order.updated = self.clock
        if not order.terms.conditional:
            self._work(order)
            return
        self.waiting.add(order, self.market_of(order).price(), self.clock)
        self.hold(order)
        self.tell(order, NEW)

    def _work(self, order: Order) -> None:
        order.working_since = order.updated = self.clock
        self.hold(order)
        self.tell(order, NEW)
        for follower in self.followers:
            follower.prevents(order)
        if order.open:
            self._submit(order)

    def _submit(self, order: Order) -> None:
        """To the exchange, as far as money and the rule on execution prices let it."""
        terms, rules = order.terms, order.terms.rules
        tif = _TIMES_IN_FORCE[terms.time_in_force] if terms.limited else IOC
        limit = order.price if terms.limited else 0
        order.cut, order.cut_reason = 0, NO_LIQUIDITY
        found = liquidity.levels(self.exchange, rules, order.account, terms.side)
        edge = self.edge(rules, terms.side)
        if edge and found and terms.type != LIMIT_MAKER and found != liquidity.within(found, terms.side, edge):
            reach = liquidity.within(found, terms.side, limit) if limit else found
            inside = liquidity.within(reach, terms.side, edge)
            if inside != reach:
                order.cut = max(order.left - sum(size for _, size in inside), 0)
                order.cut_reason = OUT_OF_RANGE
        if terms.conditional and not terms.limited and terms.side == BUY:
            wallet = self.accounts[order.account].wallet
            payable = liquidity.quantity_for(found, wallet.free(rules.quote), rules.step)
            if liquidity.worth_of(found, order.left) > wallet.free(rules.quote):
                order.cut = max(order.cut, order.left - payable)
        quantity = order.left - order.cut
        if quantity <= 0 or (tif != GTC and not found):
            self.close(order, EXPIRED, FOK_LEFT if tif == FOK else order.cut_reason, "")
            return
        name = f"{order.id}"
        asked = ExchangeOrder(
            name, order.account, "", rules.instrument, terms.side, LIMIT_ORDER if limit else MARKET_ORDER,
            quantity // rules.size_ratio, limit // rules.price_ratio, time_in_force=tif,
            flags=POST_ONLY if terms.type == LIMIT_MAKER else 0, time=self.now,
        )  # fmt: skip
        order.at_exchange = True
        self._live[name] = order
        self._send(Submit(self.now, Approved(asked)))

    def edge(self, rules: Rules, side: int) -> int:
        """The furthest price a taker may get (PRICE_RANGE), 0 = none."""
        band = rules.knobs.band
        reference = self.markets[rules.symbol].reference
        if not (band and reference):
            return 0
        return reference * (BIPS + side * band) // BIPS

    # Triggers

    def _trigger(self, symbol: str) -> None:
        for order in self.waiting.reached(symbol, self.markets[symbol].last, self.clock):
            order.triggered = True
            for follower in self.followers:
                follower.worked(order)
            self._release(order)
            self._work(order) if order.terms.limited else self._strike(order)

    def _strike(self, order: Order) -> None:
        """A triggered order that takes any price."""
        order.working_since = order.updated = self.clock
        self._submit(order)

    def _release(self, order: Order) -> None:
        """What it held while it waited is free for it to spend."""
        if not order.terms.limited:
            self.accounts[order.account].wallet.hold(hold_name(order), order.terms.spent, 0, self.clock)

    # What becomes of an order

    def fill(self, order: Order, price: int, quantity: int, maker: bool) -> None:
        """Books one execution and says it; also one that comes late, or that is more than was left."""
        terms, rules = order.terms, order.terms.rules
        account = self.accounts[order.account]
        units, size = price // rules.price_ratio, quantity // rules.size_ratio
        charge = self.fee.charge(rules.instrument, terms.side, units, size, maker)
        asset = self.fee.currency_of(rules.instrument, terms.side)
        done = Execution(
            self.market_of(order).take_id(), price, quantity, round_nearest(charge, _CENT), asset, self.clock, maker
        )
        if not order.fills:
            self.limits.filled(order.account, maker, self.clock)
        order.fills.append(done)
        account.fills.append((order, done))
        order.executed += quantity
        order.worth += done.worth
        order.updated = self.clock
        wallet = account.wallet
        wallet.move(rules.base, terms.side * quantity * QUANTITY_MONEY, self.clock)
        wallet.move(rules.quote, -terms.side * done.worth, self.clock)
        wallet.move(asset, -done.commission, self.clock)
        complete = order.left <= 0
        if complete or order.open:
            order.status = FILLED if complete else PARTIALLY_FILLED
        self.hold(order)
        self.tell(order, "TRADE", done)
        for follower in self.followers:
            follower.worked(order)
        if order.id not in account.open:
            return
        if complete:
            self.close(order, FILLED, "", "")
        elif order.cut and order.left <= order.cut:
            self.close(order, EXPIRED, order.cut_reason, "")

    def end(self, order: Order, status: str, reason: str = "", cancel_id: str = "") -> None:
        """Ends an open order."""
        if order.at_exchange:
            if order.ending is not None:
                return  # it is asked for already
            order.ending = (status, reason, cancel_id)
            self._send(Cancel(self.now, f"{order.id}"))
        elif order.open:
            self.close(order, status, reason, cancel_id)

    def close(self, order: Order, status: str, reason: str, cancel_id: str, rejected: str = "NONE") -> None:
        """The order is over, and is nowhere any more."""
        account = self.accounts[order.account]
        order.status = status
        order.expiry_reason = reason
        order.ended = order.updated = self.clock
        order.at_exchange = False
        self.waiting.drop(order)
        self.hold(order)
        account.close(order)
        name = f"{order.id}"
        if self._live.pop(name, None) is not None:
            self.exchange.orders.pop(name, None)
        if status != FILLED:
            original = order.client_id if status == CANCELED else ""
            self.tell(order, _KINDS[status], cancel_id=cancel_id, original_id=original, rejected=rejected)
        for follower in self.followers:
            follower.ended(order)

    def forget(self, order: Order) -> None:
        """The exchange, which does not know that the order is over, has it no more."""
        self._send(Cancel(self.now, f"{order.id}"))
        self.exchange.orders.pop(f"{order.id}", None)

    def fillable(self, order: Order) -> bool:
        """Whether it rests on the book."""
        return order.open and order.at_exchange and order.ending is None and order.price > 0 and order.left > 0

    def fill_rest(self, order: Order) -> None:
        """Fills what is left of an order that is fillable, at its price."""
        self._live.pop(f"{order.id}", None)
        self.forget(order)
        self.fill(order, order.price, order.left, maker=True)

    def shrink(self, order: Order, quantity: int) -> None:
        """The order's whole quantity from now on; it keeps its place."""
        order.quantity = quantity
        self._resize(order)

    def prevent(self, order: Order, quantity: int, match: int) -> None:
        """Self-trade prevention takes so much of what is left of an order."""
        order.prevented += quantity
        order.prevented_match = match
        order.updated = self.clock
        if order.left > 0:
            self._resize(order)

    def _resize(self, order: Order) -> None:
        self.hold(order)
        if order.at_exchange:
            rules = order.terms.rules
            whole = (order.quantity - order.prevented) // rules.size_ratio
            self._send(Replace(self.now, f"{order.id}", whole, order.price // rules.price_ratio, 0))

    # Money and words

    def hold(self, order: Order) -> None:
        """What the order, or its list's live legs together, hold from now on."""
        terms = order.terms
        legs = [order] if order.order_list is None or order is order.order_list.working else order.order_list.legs
        amount = max(self.needs(leg) for leg in legs)
        self.accounts[order.account].wallet.hold(hold_name(order), terms.spent, amount, self.clock)

    def needs(self, order: Order) -> int:
        """What an open order holds, money."""
        terms = order.terms
        if not order.open or order.status == PENDING_NEW or terms.type == MARKET:
            return 0
        if order.triggered and not terms.limited:
            return 0
        return terms.cost(max(order.left, 0), order.price or terms.stop_price or self.market_of(order).price())

    def tell(
        self,
        order: Order,
        kind: str,
        done: Execution | None = None,
        cancel_id: str = "",
        original_id: str = "",
        rejected: str = "NONE",
    ) -> int:
        """Says an executionReport; gives its number."""
        self.executions += 1
        account = self.accounts[order.account]
        account.updated = self.clock
        account.emit(
            report(order, kind, self.executions, self.clock, fill=done, cancel_id=cancel_id, original_id=original_id,
                   rejected=rejected)
        )  # fmt: skip
        return self.executions

    def flush(self) -> None:
        """Says which balances have changed."""
        for account in self.accounts.values():
            touched = account.wallet.drain()
            if touched:
                wallet = account.wallet
                rows = [
                    {"a": asset, "f": money_text(wallet.free(asset)), "l": money_text(wallet.locked(asset))}
                    for asset in touched
                ]
                clock = Time(self.clock)
                account.emit({"e": "outboundAccountPosition", "E": clock, "u": clock, "B": rows})


def hold_name(order: Order) -> str:
    if order.order_list is None or order is order.order_list.working:
        return f"order {order.id}"
    return order.order_list.hold_name()


def permissive(instrument: Instrument) -> Instrument:
    """The same instrument without what the venue's own filters judge."""
    rules = OrderRules(tick=instrument.rules.tick, step=instrument.rules.step)
    return Instrument(
        instrument.symbol, instrument.venue, instrument.asset_class, instrument.base, instrument.quote,
        instrument.price_scale, instrument.size_scale, calendar="always", rules=rules,
    )  # fmt: skip


def _own_end(order: Order, code: str) -> tuple[str, str, str]:
    """How an order ends that nobody has ended: (status, reason, id of a cancel)."""
    if code == "FOK_NOT_FILLABLE":
        return EXPIRED, FOK_LEFT, ""
    if order.terms.limited:
        return EXPIRED, order.cut_reason if order.cut else IOC_LEFT, ""
    return EXPIRED, order.cut_reason, ""
