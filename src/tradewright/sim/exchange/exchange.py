"""The exchange as its users see it: open accounts, execute commands, run market events, draw reports.

    exchange = Exchange(Models(fee="bps:10"), Rng(7))
    exchange.open_account("main", balances={"USD": money_of("100000", "cash")})
    exchange.execute(Submit(time, approved))
    for report in exchange.run(bar): ...

Draw every report of one call before the next call of `run` or `due`; `execute` may come between two reports and then
takes part in what is left of the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tradewright.model.command import Command
from tradewright.model.errors import ContractError
from tradewright.model.event import BAR, DEPTH, QUOTE, QUOTE_BAR, REPLACE, TRADE
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, MarketEvent, QuoteBar, Trade
from tradewright.model.numbers import SIZE_MAX
from tradewright.model.order import CLS, EXTENDED_HOURS, GTC, LIMIT, STOP
from tradewright.model.report import Fill, Report
from tradewright.model.rng import Rng
from tradewright.sim.exchange.market import Market
from tradewright.sim.exchange.matching import Matching
from tradewright.sim.exchange.state import Row, restore, rows
from tradewright.sim.exchange.vocabulary import (
    CLOSE,
    FROM_BARS,
    FROM_QUOTE_BARS,
    FROM_QUOTES,
    FROM_TRADES,
    NO_DATA,
    OPEN,
    STANDING,
    TICK,
    TO_CLOSE,
    WORKING,
)
from tradewright.sim.exchange.working import Working
from tradewright.sim.models.fill import NEXT_CLOSE
from tradewright.sim.models.models import Models

_IDLE, _ARRIVALS, _CLOSING, _MATCHING, _ENDING = range(5)
_NOTHING: Iterator[Report] = iter(())


class Exchange(Matching):
    """A venue in this process. All times ns UTC, prices and sizes counts, money at MONEY_SCALE.

    Precedence of data: depth > quotes > trades > quote bars > bars, per instrument (`market`). The fill conventions for
    bars and the path inside one are named in `models.fill`. A report's `time` is the engine's time of the call that
    produced it, `time_venue` when it happened at the venue (a bar's fills lie inside the bar).
    """

    __slots__ = ("pending", "last_arrival", "phase", "start", "running_event", "running_market", "cursor")

    def __init__(self, models: Models, rng: Rng) -> None:
        super().__init__(models, rng)
        self.pending: list[tuple[int, Command]] = []
        self.last_arrival = 0
        self.phase = _IDLE
        self.start = 0
        self.running_event: MarketEvent | None = None
        self.running_market: Market | None = None
        self.cursor = 0

    def list_instrument(self, instrument: Instrument) -> None:
        """Trades this instrument; its first event or order does the same. Listed again, its rules are taken anew."""
        self.market_of(instrument).instrument = instrument

    def execute(self, command: Command) -> None:
        """Takes a command of the engine: at once, or after the models' latency. Its reports are drawn later."""
        if command.time > self.now:
            self.now = command.time
        if self.models.latency.median_ns and not self.closing_out and not self._answers(command):
            arrival = max(command.time + self.models.latency.delay(self.rng_latency), self.last_arrival)
            self.last_arrival = arrival
            self.pending.append((arrival, command))
            return
        if self.phase == _IDLE:
            self.at = self.now
        self.take(command)

    def _answers(self, command: Command) -> bool:
        """Whether it is the size the exchange has just asked for; that is an answer and does not travel."""
        return self.asking is not None and command.kind == REPLACE and command.order_id == self.asking.order.id

    def run(self, event: MarketEvent) -> Iterator[Report]:
        """The reports of one market event, one at a time, in order."""
        market = self.market_of(event.instrument)
        quiet = self.phase == _IDLE and not self.out and not self.pending and not self.fresh
        start = event.time
        if event.kind <= QUOTE_BAR:
            bar: Bar = event  # type: ignore[assignment]
            if event.kind == BAR and quiet and self._passes(market, bar):
                return _NOTHING
            start = bar.time_open
        self._start(event.time, start)
        self.running_event = event
        self.running_market = market
        return self

    def _passes(self, market: Market, bar: Bar) -> bool:
        """The short way for a bar that moves no order: it gives the market its price. False: take the long way."""
        if market.working:
            if market.source > FROM_BARS or market.wake <= bar.time or not self._misses(market, bar):
                return False
            market.see_bar(bar)
            market.place_in_session(bar.time_open, bar.time)
            for book in market.books:
                for w in book.orders:
                    if w.open and (market.trading or w.flags & EXTENDED_HOURS):
                        w.resting = True
        else:
            market.see_bar(bar)
        if bar.time > self.now:
            self.now = bar.time
        return True

    def _misses(self, market: Market, bar: Bar) -> bool:
        """Whether every order is a plain limit or stop that lies outside the bar, and was there as it opened."""
        for book in market.books:
            for w in book.orders:
                if w.time_in_force > GTC or not (w.type == LIMIT or w.type == STOP) or w.triggered:
                    return False
                if w.entered > bar.time_open:
                    return False
                below = w.side < 0 if w.type == STOP else w.side > 0
                price = w.stop if w.type == STOP else w.limit
                if bar.low_units <= price if below else bar.high_units >= price:
                    return False
        return True

    def due(self, time: int) -> Iterator[Report]:
        """The reports of all that happens by `time` without a market event: arrivals, their fills, expiries."""
        self._start(time, time)
        return self

    def __iter__(self) -> Iterator[Report]:
        return self

    def __next__(self) -> Report:
        """The next report of the running call."""
        if self.phase != _IDLE and self._advance():
            return self.out.popleft()
        self.phase = _IDLE
        raise StopIteration

    # The phases of a call: each step leaves reports in `out`, or nothing is left to do in its phase

    def _start(self, time: int, start: int) -> None:
        if self.phase != _IDLE:
            raise ContractError("the reports of the last call of run or due were not drawn to the end")
        if time > self.now:
            self.now = time
        self.phase = _ARRIVALS
        self.start = start
        self.running_event = None
        self.running_market = None
        # The last trade is over, also where no order was there to meet it: new orders meet the prices that stand.
        self.print_size = 0

    def _advance(self) -> bool:
        """Makes things happen until there is a report to draw; False at the end of the call."""
        while not self.out:
            phase = self.phase
            if phase == _ARRIVALS:
                if not (self._stand() or self._arrive(self.start)):
                    self.phase = _CLOSING
            elif phase == _CLOSING:
                if not self._close_sessions():
                    self.phase = _MATCHING if self._begin() else _ENDING
            elif phase == _MATCHING and self.here is not None:
                if not (self._match(self.here) or self._next_moment(self.here)):
                    self._finish(self.here)
                    self.phase = _ENDING
            elif not (self._stand() or self._arrive(self.now)):
                return False
        return True

    def _stand(self) -> bool:
        """New orders meet the prices that stand."""
        while self.fresh:
            book = self.fresh[0]
            market = self.markets[book.symbol]
            self.point = STANDING
            if market.source >= FROM_QUOTES:
                market.place_in_session(self.at, self.at)
            elif market.source != NO_DATA:
                market.place_in_session(market.start, market.time)
            self.aim(market, book)
            if self.act(market, book):
                return True
            self.settle(market, book)
            del self.fresh[0]
        return False

    def _arrive(self, until: int) -> bool:
        """The next command that has arrived by then takes effect."""
        if not self.pending or self.pending[0][0] > until:
            return False
        self.at, command = self.pending.pop(0)
        self.take(command)
        return True

    def _close_sessions(self) -> bool:
        """What ends before the event starts: orders for the close trade at the last price, then orders expire."""
        if self.wake > self.start:
            return False
        only = self.running_market
        for market in [only] if only is not None else list(self.markets.values()):
            until = self.start
            if only is None and market.source in (FROM_BARS, FROM_QUOTE_BARS):
                # The bar that covers an expiry is known one period later at most, and must be matched first.
                until -= market.time - market.start + 1
            if market.wake <= until:
                if market.source >= FROM_TRADES and self._closing_trades(market, until):
                    return True
                self.expire(market, until)
        return False

    def _closing_trades(self, market: Market, until: int) -> bool:
        for book in market.books:
            for w in book.orders:
                if w.time_in_force == CLS and w.expires <= until:
                    self.at = w.expires
                    self.point = CLOSE
                    market.trading = market.last = True
                    book.bid = book.bid_to = market.bid
                    book.ask = book.ask_to = market.ask
                    if self.act(market, book):
                        return True
        return False

    def _begin(self) -> bool:
        """The event moves the market; True if there are orders to match."""
        event = self.running_event
        market = self.running_market
        if event is None or market is None or not self._see(event, market):
            return False
        if market.working == 0 and not self.pending:
            if event.kind > QUOTE_BAR and event.kind != TRADE:
                # What is shown now is shown anew, also to an order that comes only later.
                for book in market.books:
                    book.taken_bid = book.taken_ask = 0
            return False
        self.event += 1
        self.cursor = 0
        self.here = market
        market.place_in_session(self.start, event.time)
        model = self.models.partial
        bounded = event.kind <= QUOTE_BAR or event.kind == TRADE
        for book in market.books:
            book.room = model.room(market.instrument, self.volume) if bounded else SIZE_MAX
            if event.kind != TRADE:
                book.taken_bid = book.taken_ask = 0
        if event.kind == TRADE:
            self.see_print(market)
        elif event.kind > QUOTE_BAR:
            self.see_shown(market)
        self.at = self.start
        self.enter(market, OPEN if event.kind <= QUOTE_BAR else TICK)
        return True

    def _see(self, event: MarketEvent, market: Market) -> bool:
        """Takes the event's prices; False if it moves nothing: finer data rules, or it is crossed."""
        kind = event.kind
        self.print_size = 0
        self.volume = 0
        if kind == BAR:
            bar: Bar = event  # type: ignore[assignment]
            self.path.follow(bar)
            self.volume = bar.volume_units
            return market.see_bar(bar)
        if kind == QUOTE_BAR:
            quote_bar: QuoteBar = event  # type: ignore[assignment]
            self.path.follow_quotes(quote_bar)
            return market.see_quote_bar(quote_bar)
        if kind == QUOTE:
            return market.see_quote(event)  # type: ignore[arg-type]
        if kind == DEPTH:
            return market.see_depth(event)  # type: ignore[arg-type]
        trade: Trade = event  # type: ignore[assignment]
        market.see_trade(trade)
        self.print_price = trade.price_units
        self.print_size = self.volume = trade.size_units
        self.print_side = trade.aggressor
        return True

    def _match(self, market: Market) -> bool:
        """The next action of this moment, book after book."""
        while self.cursor < len(market.books):
            book = market.books[self.cursor]
            if self.act(market, book):
                return True
            self.settle(market, book)
            self.cursor += 1
        return False

    def _next_moment(self, market: Market) -> bool:
        """Moves on along the bar's path; what arrived by now takes part from here on. False: the path is at its end."""
        last = CLOSE if market.last or self.models.fill.convention == NEXT_CLOSE else TO_CLOSE
        if self.point >= last or (market.working == 0 and not self.pending):
            return False
        while self._arrive(self.path.moment(self.point)):
            pass
        self.enter(market, self.point + 1)
        self.at = self.path.moment(self.point)
        self.cursor = 0
        return True

    def _finish(self, market: Market) -> None:
        """The event is over: prices stand, and what its end ends expires."""
        self.print_size = 0
        self.here = None
        self.at = self.now
        if market.source < FROM_TRADES:
            self.expire(market, market.time)

    # State

    def state(self) -> list[Row]:
        """All there is to know, as rows of plain values (`sim.exchange.state`)."""
        return list(rows(self))

    def restore(self, stored: Iterable[Row]) -> None:
        """Becomes the exchange whose rows these are; to be called on one that was just made, with the same models.

        An event that was running goes on: draw its reports before the next call.
        """
        restore(self, stored)

    # Views

    def balances(self, account: str) -> dict[str, int]:
        """Money per currency of an account."""
        return dict(self.accounts[account].cash)

    def fees(self, account: str) -> dict[str, int]:
        """Fees an account has paid, money per currency."""
        return dict(self.accounts[account].fees)

    def positions(self, account: str) -> dict[str, int]:
        """Signed net size counts per symbol, without the flat ones."""
        return {
            symbol: book.net
            for symbol, market in self.markets.items()
            for book in market.books
            if book.account.name == account and book.net
        }

    def lots(self, account: str) -> list[tuple[str, str, int, int]]:
        """What a hedging account holds: (symbol, opening order id, side, size), in order of opening per symbol."""
        return [
            (symbol, lot.order_id, lot.side, lot.size)
            for symbol, market in self.markets.items()
            for book in market.books
            if book.account.name == account
            for lot in book.lots
        ]

    def working_orders(self, account: str = "") -> list[Working]:
        """The orders that still work, oldest first; of one account or of all."""
        return [w for w in self.orders.values() if w.status == WORKING and account in ("", w.order.account)]

    def order(self, order_id: str) -> Working | None:
        """What the exchange knows of an order, ended ones included."""
        return self.orders.get(order_id)

    def fills(self, since: int = 0) -> list[Fill]:
        """The executions after the first `since` of this exchange."""
        return self.history[since:]
