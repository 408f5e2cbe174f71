"""The exchange as its users see it: open accounts, execute commands, run market events, draw reports.

    exchange = Exchange(Models(fee="bps:10"), Rng(7))
    exchange.open_account("main", balances={"USD": money_of("100000", "cash")})
    exchange.execute(Submit(time, approved))
    for report in exchange.run(bar): ...

Draw every report of one call before the next call of `run` or `due`; `execute` may come between two reports and then
takes part in what is left of the event.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from tradewright.model.command import Command
from tradewright.model.errors import ContractError
from tradewright.model.event import BAR, DEPTH, QUOTE, QUOTE_BAR, REPLACE, TRADE, Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth, Quote, QuoteBar, Trade
from tradewright.model.numbers import SIZE_MAX
from tradewright.model.order import CLS
from tradewright.model.report import Fill, Report
from tradewright.model.rng import Rng
from tradewright.sim.exchange.market import FROM_BARS, FROM_QUOTE_BARS, FROM_QUOTES, FROM_TRADES, Market
from tradewright.sim.exchange.matching import Matching
from tradewright.sim.exchange.path import CLOSE, OPEN, STANDING, TICK, TO_CLOSE
from tradewright.sim.exchange.working import WORKING, Working
from tradewright.sim.models.fill import NEXT_CLOSE
from tradewright.sim.models.models import Models

_NOTHING: tuple[Report, ...] = ()
_ARRIVALS, _CLOSING, _MATCHING, _ENDING = range(4)


class Exchange(Matching):
    """A venue in this process. All times ns UTC, prices and sizes counts, money at MONEY_SCALE.

    Precedence of data: depth > quotes > trades > quote bars > bars, per instrument (`market`). The fill conventions for
    bars and the path inside one are named in `models.fill`. A report's `time` is the engine's time of the call that
    produced it, `time_venue` when it happened at the venue (a bar's fills lie inside the bar).
    """

    __slots__ = (
        "pending", "last_arrival", "running", "phase", "start", "event_now", "market_now", "volume_now", "cursor",
    )  # fmt: skip

    def __init__(self, models: Models, rng: Rng) -> None:
        super().__init__(models, rng)
        self.pending: list[tuple[int, Command]] = []
        self.last_arrival = 0
        self.running = False
        self.phase = _ARRIVALS
        self.start = 0
        self.event_now: Event | None = None
        self.market_now: Market | None = None
        self.volume_now = 0
        self.cursor = 0

    def list_instrument(self, instrument: Instrument) -> None:
        """Trades this instrument; its first event or order does the same. Listed again, its rules are taken anew."""
        self.market(instrument).instrument = instrument

    def execute(self, command: Command) -> None:
        """Takes a command of the engine: at once, or after the models' latency. Its reports are drawn later."""
        if command.time > self.now:
            self.now = command.time
        answers = self.asking is not None and command.kind == REPLACE and command.order_id == self.asking.order.id
        if self.models.latency.median_ns and not answers:
            arrival = max(command.time + self.models.latency.delay(self.rng_latency), self.last_arrival)
            self.last_arrival = arrival
            self.pending.append((arrival, command))
            return
        if not self.running:
            self.at = self.now
        self.take(command)

    def run(self, event: Event) -> Iterator[Report]:
        """The reports of one market event, one at a time, in order."""
        if event.kind == BAR and not self.out and not self.pending and not self.fresh:
            bar = cast(Bar, event)
            market = self.market(bar.instrument)
            if market.working == 0:
                self.now = max(self.now, event.time)
                market.see_bar(bar)
                return iter(_NOTHING)
        return self._run(event)

    def due(self, time: int) -> Iterator[Report]:
        """The reports of all that happens by `time` without a market event: arrivals, their fills, expiries."""
        if not self.out and not self.fresh and self.wake > time and not (self.pending and self.pending[0][0] <= time):
            self.now = max(self.now, time)
            return iter(_NOTHING)
        return self._due(time)

    def _run(self, event: Event) -> Iterator[Report]:
        self._start_call(event.time)
        self.event_now = event
        self.market_now = self.market(event.instrument)  # type: ignore[attr-defined]
        self.start = cast(Bar, event).time_open if event.kind <= QUOTE_BAR else event.time
        try:
            while self._advance():
                yield self.out.pop(0)
        finally:
            self._end_call()

    def _due(self, time: int) -> Iterator[Report]:
        self._start_call(time)
        self.market_now = None
        self.event_now = None
        self.start = time
        try:
            while self._advance():
                yield self.out.pop(0)
        finally:
            self._end_call()

    def _start_call(self, time: int) -> None:
        if self.running:
            raise ContractError("the reports of the last call of run or due were not drawn to the end")
        self.running = True
        self.now = max(self.now, time)
        self.phase = _ARRIVALS

    def _end_call(self) -> None:
        self.running = False
        self.here = None
        self.event_now = None

    # The phases of one call; each step leaves reports in `out`, or nothing is left to do in its phase

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
        for market in [self.market_now] if self.market_now is not None else list(self.markets.values()):
            until = self.start
            if self.market_now is None and market.source in (FROM_BARS, FROM_QUOTE_BARS):
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
                    return self.act(market, book)
        return False

    def _begin(self) -> bool:
        """The event moves the market; True if there are orders to match."""
        event = self.event_now
        market = self.market_now
        if event is None or market is None or not self._see(event, market) or market.working == 0:
            return False
        self.event += 1
        self.cursor = 0
        self.here = market
        market.place_in_session(self.start, event.time)
        model = self.models.partial
        bounded = event.kind <= QUOTE_BAR or event.kind == TRADE
        for book in market.books:
            book.room = model.room(market.instrument, self.volume_now) if bounded else SIZE_MAX
            if event.kind != TRADE:
                book.taken_bid = book.taken_ask = 0
        self.at = self.start
        self.enter(market, OPEN if event.kind <= QUOTE_BAR else TICK)
        return True

    def _see(self, event: Event, market: Market) -> bool:
        """Takes the event's prices; False if it moves nothing: finer data rules, or it is crossed."""
        kind = event.kind
        self.print_size = 0
        self.volume_now = 0
        if kind == BAR:
            bar = cast(Bar, event)
            self.path.follow(bar)
            self.volume_now = bar.volume_units
            return market.see_bar(bar)
        if kind == QUOTE_BAR:
            quote_bar = cast(QuoteBar, event)
            self.path.follow_quotes(quote_bar)
            return market.see_quote_bar(quote_bar)
        if kind == QUOTE:
            return market.see_quote(cast(Quote, event))
        if kind == DEPTH:
            return market.see_depth(cast(Depth, event))
        trade = cast(Trade, event)
        market.see_trade(trade)
        self.print_price = trade.price_units
        self.print_size = self.volume_now = trade.size_units
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
        if self.point >= last:
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
