"""The exchange's desk: it takes requests, keeps the orders and says what became of them. It does not match.

Every report goes to one queue, `out`, in the order in which things happened; whoever runs the exchange drains it.
"""

from __future__ import annotations

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
from tradewright.model.order import CLS, DAY, POST_ONLY, REDUCE_ONLY, Order
from tradewright.model.report import Fill, Replaced, Report
from tradewright.model.rng import Rng
from tradewright.sim.exchange import working
from tradewright.sim.exchange.admission import order_refusal, position_refusal, sellable, terms_refusal, would_take
from tradewright.sim.exchange.book import Account, Book
from tradewright.sim.exchange.market import FROM_QUOTES, Market
from tradewright.sim.exchange.supported import CODES
from tradewright.sim.exchange.working import FOREVER, Working
from tradewright.sim.models.fill import THIS_CLOSE
from tradewright.sim.models.models import Models

_END_KIND = {
    working.CANCELLED: CANCELLED,
    working.EXPIRED: EXPIRED,
    working.REJECTED: REJECTED,
}
_ALREADY = {
    working.FILLED: "ALREADY_FILLED",
    working.CANCELLED: "ALREADY_CANCELLED",
    working.EXPIRED: "ALREADY_EXPIRED",
    working.REJECTED: "ALREADY_REJECTED",
}


class Desk:
    """Accounts, markets and orders. now: the engine's time, which never goes back; at: the venue's time of an action.

    out: reports not yet drawn. here: the market whose event runs. fresh: books whose new orders may meet prices that
    stand. moment: counts price moments.
    """

    __slots__ = (
        "models", "accounts", "markets", "orders", "groups", "history", "out", "fresh", "here", "now", "at", "moment",
        "count", "trades", "wake", "rng_fills", "rng_latency",
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
        self.out: list[Report] = []
        self.fresh: list[Book] = []
        self.here: Market | None = None
        self.now = 0
        self.at = 0
        self.moment = 0
        self.count = 0
        self.trades = 0
        self.wake = FOREVER

    def market(self, instrument: Instrument) -> Market:
        """The instrument's market, listed at the first call."""
        market = self.markets.get(instrument.symbol)
        if market is None:
            market = Market(instrument)
            self.markets[instrument.symbol] = market
        return market

    def book(self, market: Market, account: Account) -> Book:
        """The account's book in a market, its price brought up to date."""
        book = market.book(account)
        if self.here is not market:
            book.bid = book.bid_to = market.bid
            book.ask = book.ask_to = market.ask
        return book

    def book_of(self, w: Working) -> Book:
        """The book an order lies in."""
        return self.book(self.market(w.order.instrument), self.accounts[w.order.account])

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
        self.out.append(Report(kind, self.now, w.order.id, self.at, code, CODES[code] if code else "", w.filled))

    def _refuse(self, kind: int, order_id: str, code: str) -> None:
        self.out.append(Report(kind, self.now, order_id, self.at, code, CODES[code]))

    # Requests

    def _submit(self, submit: Submit) -> None:
        order = submit.order
        if order.id in self.orders:
            self._refuse(REJECTED, order.id, "DUPLICATE_ORDER_ID")
            return
        self.count += 1
        w = Working(order, self.count, self.at)
        self.orders[order.id] = w
        market = self.market(order.instrument)
        account = self.accounts.get(order.account)
        if account is None:
            self._reject(w, "UNKNOWN_ACCOUNT")
            return
        book = self.book(market, account)
        code = self._refusal(w, order, market, book)
        if code:
            self._reject(w, code)
            return
        w.born = self.moment
        w.resting = order.flags & POST_ONLY != 0
        text = f"X{w.number}"
        self.out.append(Report(ACCEPTED, self.now, order.id, self.at, "", text, 0))
        self._enter(w, market, book)

    def _reject(self, w: Working, code: str) -> None:
        w.status = working.REJECTED
        w.open = 0
        w.code = code
        w.time_ended = self.at
        self.say(REJECTED, w, code)

    def _refusal(self, w: Working, order: Order, market: Market, book: Book) -> str:
        """The code that refuses the order, "" if it is taken; finds its parent on the way."""
        if not order.parent:
            return order_refusal(order, market, book)
        code = terms_refusal(order, market, book, order.quantity, order.limit_units, order.stop_units)
        if code:
            return code
        parent = self.orders.get(order.parent)
        if parent is None or parent.order.account != order.account:
            return "PARENT_UNKNOWN"
        if parent.status != working.WORKING and parent.filled == 0:
            return "PARENT_ENDED"
        w.parent = parent
        w.refresh()
        return position_refusal(order, market, book, w.open) if w.open else ""

    def _enter(self, w: Working, market: Market, book: Book) -> None:
        order = w.order
        book.orders.append(w)
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
            self.freshen(market, book)

    def freshen(self, market: Market, book: Book) -> None:
        """Orders in this book may meet the prices that stand, where these can be traded on."""
        tradable = market.source >= FROM_QUOTES or self.models.fill.convention == THIS_CLOSE
        if tradable and book not in self.fresh:
            self.fresh.append(book)

    def _cancel(self, order_id: str) -> None:
        w = self.orders.get(order_id)
        if w is None:
            self._refuse(CANCEL_REJECTED, order_id, "UNKNOWN_ORDER")
        elif w.status != working.WORKING:
            self._refuse(CANCEL_REJECTED, order_id, _ALREADY[w.status])
        else:
            self.end(w, working.CANCELLED, "")

    def _replace(self, replace: Replace) -> None:
        w = self.orders.get(replace.order_id)
        if w is None:
            self._refuse(REPLACE_REJECTED, replace.order_id, "UNKNOWN_ORDER")
            return
        code = self._replace_refusal(w, replace)
        if code:
            self._refuse(REPLACE_REJECTED, replace.order_id, code)
            return
        if w.asked and replace.quantity == 0:
            self.end(w, working.CANCELLED, "SIZE_ZERO")
            return
        moved = replace.limit_units != w.limit or replace.stop_units != w.stop
        if moved or replace.quantity > w.quantity:
            # A new price or a larger size goes to the back of the queue and meets the market anew.
            w.ahead = -1
            w.resting = w.flags & POST_ONLY != 0
        w.quantity = replace.quantity
        w.limit = replace.limit_units
        w.stop = replace.stop_units
        self._say_replaced(w)
        w.refresh()
        market = self.market(w.order.instrument)
        self.freshen(market, self.book_of(w))

    def _replace_refusal(self, w: Working, replace: Replace) -> str:
        if w.status != working.WORKING:
            return _ALREADY[w.status]
        if w.asked and replace.quantity == 0 and w.filled == 0:
            return ""
        if replace.quantity <= w.filled:
            return "BELOW_FILLED"
        order = w.order
        market = self.market(order.instrument)
        book = self.book_of(w)
        code = terms_refusal(order, market, book, replace.quantity, replace.limit_units, replace.stop_units)
        if code or w.parent is not None:
            return code
        if order.side < 0 and not order.flags & REDUCE_ONLY and replace.quantity - w.filled > sellable(market, book):
            return "NOT_SHORTABLE"
        if order.flags & POST_ONLY and would_take(order.side, replace.limit_units, market, book):
            return "POST_ONLY_WOULD_TAKE"
        return ""

    def _say_replaced(self, w: Working) -> None:
        w.replaced = True
        self.out.append(Replaced(self.now, w.order.id, self.at, w.quantity, w.limit, w.stop))

    def _query(self, order_id: str) -> None:
        """Says again all that was said of the order: accepted, each fill, its terms if they changed, how it ended."""
        w = self.orders.get(order_id)
        if w is None:
            self.out.append(Report(NOT_FOUND, self.now, order_id, self.at))
            return
        if w.status != working.REJECTED:
            text = f"X{w.number}"
            self.out.append(Report(ACCEPTED, self.now, order_id, w.time_accepted, "", text, w.filled))
        if w.fills is not None:
            self.out.extend(w.fills)
        if w.replaced:
            self.out.append(Replaced(self.now, order_id, self.at, w.quantity, w.limit, w.stop))
        if w.triggered:
            self.say(TRIGGERED, w, "")
        if w.status in _END_KIND:
            text = CODES[w.code] if w.code else ""
            kind = _END_KIND[w.status]
            self.out.append(Report(kind, self.now, order_id, w.time_ended, w.code, text, w.filled))

    # What follows from a fill or an end

    def end(self, w: Working, status: int, code: str) -> None:
        """The order leaves the book; children learn that no more fills come. A filled order's end needs no report."""
        w.status = status
        w.code = code
        w.open = 0
        w.time_ended = self.at
        market = self.market(w.order.instrument)
        market.working -= 1
        self.book_of(w).orders.remove(w)
        if status != working.FILLED:
            self.say(_END_KIND[status], w, code)
        if w.children is not None:
            for child in w.children:
                if child.status == working.WORKING:
                    self._shrink(child, w.filled - child.parted, "PARENT_ENDED")
        if w.order.group:
            members = self.groups[w.order.account, w.order.group]
            members.remove(w)
            if not members:
                del self.groups[w.order.account, w.order.group]

    def _shrink(self, w: Working, quantity: int, code: str) -> None:
        """The order works at most this quantity from now on; one that has nothing left to fill is cancelled."""
        if quantity >= w.quantity:
            return
        if quantity <= w.filled:
            self.end(w, working.CANCELLED, code)
            return
        w.quantity = quantity
        w.refresh()
        self._say_replaced(w)

    def filled(self, w: Working, size: int) -> None:
        """After a fill: the group gives way, children wake, a complete order leaves the book."""
        if w.order.group:
            for other in list(self.groups.get((w.order.account, w.order.group), ())):
                if other is not w and other.status == working.WORKING:
                    other.parted += size
                    self._shrink(other, other.quantity - size, "GROUP_FILLED")
        if w.filled == w.quantity:
            self.end(w, working.FILLED, "")
        if w.children is not None:
            for child in list(w.children):
                if child.status == working.WORKING:
                    self._wake(child)

    def _wake(self, child: Working) -> None:
        """A child may now fill what its parent filled; the first time it is judged like a new order."""
        slept = child.open == 0 and child.filled == 0
        child.refresh()
        if child.open == 0:
            return
        market = self.market(child.order.instrument)
        book = self.book_of(child)
        if slept:
            code = position_refusal(child.order, market, book, child.open)
            if code:
                self.end(child, working.CANCELLED, code)
                return
        child.born = self.moment
        self.freshen(market, book)

    def expire(self, market: Market, until: int) -> None:
        """Ends the orders whose time has come by `until`, each at its own time."""
        if market.wake > until:
            return
        after = self.at
        market.wake = FOREVER
        for book in market.books:
            for w in list(book.orders):
                if w.status != working.WORKING:
                    continue
                if w.expires <= until:
                    self.at = w.expires
                    self.end(w, working.EXPIRED, "AUCTION_REMAINDER" if w.time_in_force == CLS else "SESSION_CLOSED")
                else:
                    market.wake = min(market.wake, w.expires)
        self.at = after
        self.wake = FOREVER
        for other in self.markets.values():
            self.wake = min(self.wake, other.wake)

    def open_account(
        self, name: str, mode: str = "netting", balances: dict[str, int] | None = None, shorts: bool = True
    ) -> None:
        """Opens an account: mode netting or hedging, balances money per currency, shorts: it may sell short."""
        if name in self.accounts or mode not in ("netting", "hedging"):
            raise ContractError(f"account {name}: it is open already, or {mode!r} is neither netting nor hedging")
        self.accounts[name] = Account(name, mode == "hedging", shorts, dict(balances or {}))
