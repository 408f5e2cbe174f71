"""One look at the account: what works there, my trades since the last look, and each order of ours that should work and
was not shown. There is no stream: what nobody asks for is not heard of.

Every round asks about instruments with open orders; now and then one asks about all, and finds what others did.
"""

from __future__ import annotations

from collections import Counter

from tradewright.adapters.chain.book import Book
from tradewright.adapters.chain.lanes import Lanes
from tradewright.adapters.chain.outcomes import NOT_FOUND, Refused
from tradewright.adapters.chain.reporter import Reporter
from tradewright.adapters.chain.seen import Execution, Seen
from tradewright.adapters.chain.spot import holdings
from tradewright.adapters.venue.ccxt.exchange import Exchange
from tradewright.adapters.venue.ccxt.look_up import CcxtLookUp
from tradewright.model.account_snapshot import AccountSnapshot
from tradewright.model.errors import AnswerLost
from tradewright.model.instrument import Instrument
from tradewright.ports import Clock, Orders

SECOND_NS = 1_000_000_000
#: Trades are asked for from so long before the last look: one may come to light late.
OVERLAP_NS = 60 * SECOND_NS
#: An exchange that does not tell a trade it has counted does not keep the account down for ever.
FILLED_IN_SECONDS = 30.0


class Rounds:
    """traded: instruments of the engine by symbol, as this client has met them. idle_ns: all of them are asked about so
    often."""

    def __init__(
        self, exchange: Exchange, book: Book, reporter: Reporter, look_up: CcxtLookUp, lanes: Lanes, orders: Orders,
        clock: Clock, errors: Counter[str], traded: dict[str, Instrument], idle_ns: int,
    ) -> None:  # fmt: skip
        self.exchange = exchange
        self.book = book
        self.reporter = reporter
        self.look_up = look_up
        self.lanes = lanes
        self.orders = orders
        self.clock = clock
        self.errors = errors
        self.traded = traded
        self.idle_ns = idle_ns
        self._all_at = 0
        #: By symbol: up to then (the exchange's clock) every trade was told.
        self._told: dict[str, int] = {}

    async def run(self, whole: bool = False) -> None:
        """One round; whole: about all instruments. Raises TransportError, VenueRefused: then nothing is certain."""
        now = self.clock()
        whole = whole or now - self._all_at >= self.idle_ns
        open = self._open()
        wanted = list(self.traded) if whole else list(dict.fromkeys(open.values()))
        shown: set[str] = set()
        for symbol in wanted:
            instrument = self.traded[symbol]
            for seen in await self._shown(instrument):
                shown.add(self.reporter.hear(seen).order.id)
            await self._trades(instrument)
        await self.look_up.missed(
            id for id, symbol in open.items() if id not in shown and symbol in wanted and not self.lanes.busy(id)
        )
        await self.look_up.filled_in(FILLED_IN_SECONDS)
        if whole:
            self._all_at = now

    def _open(self) -> dict[str, str]:
        """Symbols of the engine's open orders, by order."""
        found = {}
        for id in self.orders.open():
            order = self.orders.order(id)
            if order is not None:
                self.traded.setdefault(order.instrument.symbol, order.instrument)
                found[id] = order.instrument.symbol
        return found

    async def _trades(self, instrument: Instrument) -> None:
        """My trades of an instrument since the last look are told, whose-ever orders they are of."""
        began = self.exchange.caller.now()
        since = self._told.get(instrument.symbol, began) - OVERLAP_NS
        for order_id, execution in await self.exchange.trades(instrument, since):
            await self._trade(order_id, execution, instrument)
        self._told[instrument.symbol] = began

    async def _trade(self, order_id: str, execution: Execution, instrument: Instrument) -> None:
        place = self.book.at(instrument.symbol, order_id)
        if place is None:
            seen = await self.exchange.order(instrument, order_id, "", 0)
            if seen is None:
                raise AnswerLost(f"{instrument.symbol}: an order that has traded is not found")
            self.reporter.hear(seen)
            place = self.reporter.find(seen)
        self.reporter.fill(*place, execution)
        self.reporter.settle_if_whole(place[0])

    async def snapshot(self, account: str) -> AccountSnapshot:
        """Trades that it shows are told first. Raises TransportError, VenueRefused."""
        asked = self.clock()
        self._open()
        seen = [one for instrument in list(self.traded.values()) for one in await self._shown(instrument)]
        balances = await self.exchange.balances()
        for instrument in list(self.traded.values()):
            await self._trades(instrument)
        working = await self.look_up.working(seen)
        known_here = [one for one in self.traded.values() if self.orders.instrument(one.symbol) is not None]
        money, held = holdings(balances, known_here)
        return AccountSnapshot(self.clock(), account, asked, money, held, working)

    async def _shown(self, instrument: Instrument) -> list[Seen]:
        try:
            return await self.exchange.open_orders(instrument)
        except Refused as refused:
            if refused.outcome != NOT_FOUND:
                raise
            self.errors["unknown_symbol"] += 1
            return []
