"""The exchange's desk: it takes requests, keeps the orders and says what became of them. It does not match.

Every report goes to one queue, `out`, in the order in which things happened; whoever runs the exchange draws from it.
"""

from __future__ import annotations

from collections import deque

from tradewright.model.command import Command, Replace, Submit
from tradewright.model.errors import ContractError
from tradewright.model.event import (
    ACCEPTED,
    CANCEL,
    CANCEL_REJECTED,
    CANCELLED,
    EXPIRED,
    NOT_FOUND,
    REJECTED,
    REPLACE,
    REPLACE_REJECTED,
    SUBMIT,
    TRIGGERED,
)
from tradewright.model.instrument import Instrument
from tradewright.model.order import CLS, DAY, POST_ONLY, REDUCE_ONLY, TRAILING_STOP, Order
from tradewright.model.report import FOUND, Fill, Replaced, Report, report_of
from tradewright.model.rng import Rng
from tradewright.sim.exchange.admission import order_refusal, position_refusal, sellable, terms_refusal, would_take
from tradewright.sim.exchange.book import Account, Book
from tradewright.sim.exchange.market import Market
from tradewright.sim.exchange.supported import CODES
from tradewright.sim.exchange.venue import SimulatedVenue
from tradewright.sim.exchange.vocabulary import (
    COMPLETE,
    FOREVER,
    FROM_QUOTES,
    LAPSED,
    NO_DATA,
    NO_MARK,
    REFUSED,
    WITHDRAWN,
    WORKING,
)
from tradewright.sim.exchange.working import Working
from tradewright.sim.models.fill import THIS_CLOSE
from tradewright.sim.models.models import Models

_ALREADY = {
    COMPLETE: "ALREADY_FILLED",
    WITHDRAWN: "ALREADY_CANCELLED",
    LAPSED: "ALREADY_EXPIRED",
    REFUSED: "ALREADY_REJECTED",
}


class Desk(SimulatedVenue):
    """Accounts, markets and orders. now: the engine's time, which never goes back; at: the venue's time of an action.

    out: reports not yet drawn. here: the market whose event runs; newest: the one looked up last. fresh: books whose
    new orders may meet prices that stand. moment: counts price moments. history: all fills. wake: no order expires
    earlier. closing_out: what comes trades at once and whole at the prices that stand, whatever the models say: the end
    of an account that lost all.
    """

    __slots__ = (
        "models", "accounts", "markets", "orders", "groups", "history", "out", "fresh", "here", "newest", "now", "at",
        "moment", "count", "trades", "wake", "closing_out", "rng_fills", "rng_latency",
    )  # fmt: skip

    def __init__(self, models: Models, rng: Rng) -> None:
        self.models = models
        self.rng_fills = rng.split("fills")
        self.rng_latency = rng.split("latency")
        self.accounts: dict[str, Account] = {}
        self.markets: dict[str, Market] = {}
        self.orders: dict[str, Working] = {}
        self.groups: dict[tuple[str, str], list[Working]] = {}
        self.history: list[Fill] = []
        self.out: deque[Report] = deque()
        self.fresh: list[Book] = []
        self.here: Market | None = None
        self.newest: Market | None = None
        self.now = 0
        self.at = 0
        self.moment = 0
        self.count = 0
        self.trades = 0
        self.wake = FOREVER
        self.closing_out = False

    def open_account(
        self,
        name: str,
        mode: str = "netting",
        balances: dict[str, int] | None = None,
        shorts: bool = True,
        borrows: bool = True,
    ) -> None:
        """Opens an account: mode netting or hedging, balances money per currency, shorts: it may sell short; borrows:
        it may owe what it buys."""
        if name in self.accounts or mode not in ("netting", "hedging"):
            raise ContractError(f"account {name}: it is open already, or {mode!r} is neither netting nor hedging")
        self.accounts[name] = Account(name, mode == "hedging", shorts, borrows, dict(balances or {}))

    def market_of(self, instrument: Instrument) -> Market:
        """The instrument's market, listed at the first call."""
        market = self.newest
        if market is None or market.instrument is not instrument:
            market = self.markets.get(instrument.symbol)
            if market is None:
                market = self.markets[instrument.symbol] = Market(instrument)
            self.newest = market
        return market

    def refresh(self, market: Market, book: Book) -> None:
        """Brings a book's price up to date before an order is judged by it."""
        if self.here is not market:
            book.bid = book.bid_to = market.bid
            book.ask = book.ask_to = market.ask

    def take(self, command: Command) -> None:
        """Carries out a command that has arrived."""
        if command.kind == SUBMIT:
            self._submit(command)  # type: ignore[arg-type]
        elif command.kind == CANCEL:
            self._cancel(command.order_id)
        elif command.kind == REPLACE:
            self._replace(command)  # type: ignore[arg-type]
        else:
            self._query(command.order_id)

    def say(self, kind: int, w: Working, code: str) -> None:
        """Reports on an order; the text is the code's sentence."""
        text = CODES[code] if code else ""
        self.out.append(report_of(kind, self.now, w.order.id, self.at, code, text, w.filled))

    def _refuse(self, kind: int, order_id: str, code: str) -> None:
        self.out.append(report_of(kind, self.now, order_id, self.at, code, CODES[code], -1))

    # Requests

    def _submit(self, submit: Submit) -> None:
        order = submit.order
        account = self.accounts.get(order.account)
        if order.id in self.orders or account is None:
            self._refuse(REJECTED, order.id, "UNKNOWN_ACCOUNT" if account is None else "DUPLICATE_ORDER_ID")
            return
        self.count += 1
        market = self.market_of(order.instrument)
        book = market.book_of(account)
        self.refresh(market, book)
        w = Working.__new__(Working)
        w.begin(order, market, book, self.count, self.at)
        self.orders[order.id] = w
        code = self._refusal(w, order)
        if code:
            w.status = REFUSED
            w.open = 0
            w.code = code
            w.time_ended = self.at
            self.say(REJECTED, w, code)
            return
        w.born = self.moment
        w.resting = order.flags & POST_ONLY != 0
        self.out.append(report_of(ACCEPTED, self.now, order.id, self.at, "", f"X{w.number}", 0))
        self._enter(w, order, submit.time)

    def _refusal(self, w: Working, order: Order) -> str:
        """The code that refuses the order, "" if it is taken; finds its parent on the way."""
        if not order.parent:
            return order_refusal(order, w.market, w.book)
        code = terms_refusal(order, w.market, w.book, order.quantity, order.limit_units, order.stop_units)
        if code:
            return code
        parent = self.orders.get(order.parent)
        if parent is None or parent.order.account != order.account:
            return "PARENT_UNKNOWN"
        if parent.status != WORKING and parent.filled == 0:
            return "PARENT_ENDED"
        w.parent = parent
        w.refresh()
        return position_refusal(order, w.market, w.book, w.open) if w.open else ""

    def _enter(self, w: Working, order: Order, stated: int) -> None:
        market = w.market
        w.book.orders.append(w)
        market.working += 1
        if w.parent is not None:
            if w.parent.children is None:
                w.parent.children = []
            w.parent.children.append(w)
        if order.group:
            self.groups.setdefault((order.account, order.group), []).append(w)
        if w.time_in_force == DAY or w.time_in_force == CLS:
            w.expires = market.day_end(self.at)
            market.wake = min(market.wake, w.expires)
            self.wake = min(self.wake, w.expires)
        if w.open:
            self._activate(w, stated)

    def _activate(self, w: Working, stated: int) -> None:
        """The order takes part from now on: at once, where the prices that stand can be traded on. A close can, if it
        is not older than what was known when the order was stated."""
        market = w.market
        book = w.book
        price = book.ask if w.side > 0 else book.bid
        if w.type == TRAILING_STOP and w.mark == NO_MARK and market.source != NO_DATA and price != 0:
            w.mark = w.side * price
        closes = self.models.fill.convention == THIS_CLOSE and stated <= market.time
        tradable = market.source >= FROM_QUOTES or closes or self.closing_out
        if tradable and book not in self.fresh:
            self.fresh.append(book)

    def _cancel(self, order_id: str) -> None:
        w = self.orders.get(order_id)
        if w is None:
            self._refuse(CANCEL_REJECTED, order_id, "UNKNOWN_ORDER")
        elif w.status != WORKING:
            self._refuse(CANCEL_REJECTED, order_id, _ALREADY[w.status])
        else:
            self.end(w, WITHDRAWN, "")

    def _replace(self, replace: Replace) -> None:
        w = self.orders.get(replace.order_id)
        if w is None:
            self._refuse(REPLACE_REJECTED, replace.order_id, "UNKNOWN_ORDER")
            return
        code = self._replace_refusal(w, replace)
        if code:
            self._refuse(REPLACE_REJECTED, replace.order_id, code)
            return
        if replace.quantity == 0:
            self.end(w, WITHDRAWN, "SIZE_ZERO")
            return
        quantity = replace.quantity
        if quantity > w.quantity and w.parent is not None and w.parent.status != WORKING:
            # Asked before it was heard that the parent ended: the order grows no larger than what is there to guard.
            quantity = max(w.quantity, min(quantity, w.parent.filled - w.parted))
        if replace.limit_units != w.limit or replace.stop_units != w.stop or quantity > w.quantity:
            # A new price or a larger size goes to the back of the queue and meets the market anew.
            w.ahead = -1
            w.resting = w.flags & POST_ONLY != 0
            w.born = self.moment
            w.entered = self.at
        w.quantity = quantity
        w.limit = replace.limit_units
        w.stop = replace.stop_units
        self._say_replaced(w)
        w.refresh()
        if w.open:
            self._activate(w, replace.time)

    def _replace_refusal(self, w: Working, replace: Replace) -> str:
        if w.status != WORKING:
            return _ALREADY[w.status]
        if w.asked and replace.quantity == 0 and w.filled == 0:
            return ""
        if replace.quantity <= w.filled:
            return "BELOW_FILLED"
        order = w.order
        self.refresh(w.market, w.book)
        code = terms_refusal(order, w.market, w.book, replace.quantity, replace.limit_units, replace.stop_units)
        if code or w.parent is not None:
            return code
        left = replace.quantity - w.filled
        if order.side < 0 and not order.flags & REDUCE_ONLY and left > sellable(w.market, w.book):
            return "NOT_SHORTABLE"
        if order.flags & POST_ONLY and would_take(order.side, replace.limit_units, w.market, w.book):
            return "POST_ONLY_WOULD_TAKE"
        return ""

    def _say_replaced(self, w: Working) -> None:
        # Of two terms in one instant the later ones are the newer, whatever they say: so their times differ.
        w.replaced = max(self.at, w.replaced + 1)
        self.out.append(Replaced(self.now, w.order.id, w.replaced, w.quantity, w.limit, w.stop))

    def _query(self, order_id: str) -> None:
        """Says again all that was said of the order: accepted, each fill, its terms if they changed, how it ended."""
        w = self.orders.get(order_id)
        if w is None:
            self.out.append(Report(NOT_FOUND, self.now, order_id, self.at))
            return
        if w.status != REFUSED:
            self.out.append(Report(ACCEPTED, self.now, order_id, w.time_accepted, FOUND, f"X{w.number}", w.filled))
        if w.fills is not None:
            for fill in w.fills:
                self.out.append(self._again(fill))
        if w.replaced:
            self.out.append(Replaced(self.now, order_id, w.replaced, w.quantity, w.limit, w.stop))
        if w.triggered:
            self.say(TRIGGERED, w, "")
        if w.status > COMPLETE:
            self._say_end(w)

    def _again(self, fill: Fill) -> Fill:
        """The same execution, said now."""
        return Fill(
            self.now, fill.order_id, fill.time_venue, fill.trade_id, fill.price_units, fill.size_units, fill.fee,
            fill.fee_currency, fill.maker,
        )  # fmt: skip

    def _say_end(self, w: Working) -> None:
        kind = CANCELLED if w.status == WITHDRAWN else EXPIRED if w.status == LAPSED else REJECTED
        text = CODES[w.code] if w.code else ""
        self.out.append(report_of(kind, self.now, w.order.id, w.time_ended, w.code, text, w.filled))

    # What follows from a fill or an end

    def end(self, w: Working, status: int, code: str) -> None:
        """The order leaves the book; children learn that no more fills come. A filled order's end needs no report."""
        w.status = status
        w.code = code
        w.open = 0
        w.time_ended = self.at
        w.market.working -= 1
        w.book.orders.remove(w)
        if status != COMPLETE:
            self._say_end(w)
        if w.order.group:
            key = (w.order.account, w.order.group)
            self.groups[key].remove(w)
            if not self.groups[key]:
                del self.groups[key]
        if w.children is not None:
            for child in w.children:
                if child.status == WORKING:
                    self._shrink(child, w.filled - child.parted, "PARENT_ENDED")

    def _shrink(self, w: Working, quantity: int, code: str) -> None:
        """The order works at most this quantity from now on; one that has nothing left to fill is cancelled."""
        if quantity >= w.quantity:
            return
        if quantity <= w.filled:
            self.end(w, WITHDRAWN, code)
            return
        w.quantity = quantity
        w.refresh()
        self._say_replaced(w)

    def filled(self, w: Working, size: int) -> None:
        """After a fill: the group gives way, children wake, a complete order leaves the book."""
        if w.order.group:
            for other in list(self.groups[w.order.account, w.order.group]):
                if other is not w and other.status == WORKING:
                    other.parted += size
                    self._shrink(other, other.quantity - size, "GROUP_FILLED")
        if w.filled == w.quantity:
            self.end(w, COMPLETE, "")
        if w.children is not None:
            for child in w.children:
                if child.status == WORKING:
                    self._wake(child)

    def _wake(self, child: Working) -> None:
        """A child may now fill what its parent filled; the first time it is judged like a new order."""
        slept = child.open == 0 and child.filled == 0
        child.refresh()
        if child.open == 0:
            return
        self.refresh(child.market, child.book)
        code = position_refusal(child.order, child.market, child.book, child.open) if slept else ""
        if code:
            self.end(child, WITHDRAWN, code)
            return
        child.born = self.moment
        child.entered = self.at
        self._activate(child, self.at)

    def expire(self, market: Market, until: int) -> None:
        """Ends the orders whose time has come by `until`, each at its own time."""
        if market.wake > until:
            return
        after = self.at
        market.wake = FOREVER
        for book in market.books:
            for w in list(book.orders):
                if w.status == WORKING and w.expires <= until:
                    self.at = w.expires
                    self.end(w, LAPSED, "AUCTION_REMAINDER" if w.time_in_force == CLS else "SESSION_CLOSED")
            for w in book.orders:
                market.wake = min(market.wake, w.expires)
        self.at = after
        self.wake = FOREVER
        for other in self.markets.values():
            self.wake = min(self.wake, other.wake)
