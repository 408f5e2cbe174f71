"""What was missed while no stream was heard: open orders, orders that are open here and not there, and the trades of
whatever the account owns more or less of than was known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tradewright.adapters.chain.book import Book
from tradewright.adapters.chain.reporter import Reporter
from tradewright.adapters.chain.seen import Seen
from tradewright.adapters.chain.spot import holdings
from tradewright.adapters.net.reading import reading
from tradewright.adapters.venue.binance import requests
from tradewright.adapters.venue.binance.answers import (
    OrderRow,
    TradeRow,
    balances_of,
    decoded,
    seen_of,
    trade_of,
)
from tradewright.adapters.venue.binance.caller import Caller
from tradewright.adapters.venue.binance.look_up import BinanceLookUp
from tradewright.model.account_snapshot import AccountSnapshot
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import MONEY_SCALE
from tradewright.model.report import Fill
from tradewright.ports import Clock, Orders

MS_NS = 1_000_000
SECOND_NS = 1_000 * MS_NS
#: Two clocks that were compared may differ by so much.
CLOCKS_NS = SECOND_NS
#: Trades are asked for from so long before the stream was last heard.
OVERLAP_NS = 60 * SECOND_NS
#: For so long the trades behind a balance that moved are asked for again: the venue may know them later than it.
ODD_NS = 30 * SECOND_NS
#: A venue that does not tell a trade it has counted does not keep the account down for ever.
FILLED_IN_SECONDS = 30.0

#: What most symbols are quoted in.
QUOTES = ("USDT", "USDC", "FDUSD", "BTC", "ETH", "BNB", "EUR", "TRY", "BRL", "JPY")


class Recovery:
    """traded: instruments of the engine by symbol, as this client has met them. since: ns UTC (our clock) up to which
    the engine knows the account whole, 0 = it has never seen it."""

    def __init__(
        self, caller: Caller, book: Book, reporter: Reporter, look_up: BinanceLookUp, orders: Orders, clock: Clock,
        errors: Counter[str], traded: dict[str, Instrument], since: int,
    ) -> None:  # fmt: skip
        self.caller = caller
        self.book = book
        self.reporter = reporter
        self.look_up = look_up
        self.orders = orders
        self.clock = clock
        self.errors = errors
        self.traded = traded
        self._before = since
        #: What the account had when nothing was missing, and what the stream has said while something may be.
        self._balances: dict[str, int] | None = None
        self._later: dict[str, int] = {}
        #: What the fills told since then have made of it.
        self._told: Counter[str] = Counter()
        #: Until then (the venue's clock) no trade was missed.
        self._since = 0
        self._losses = 0
        #: When all balances were last explained (the venue's clock); those that moved without a trade that says why.
        self._agreed = 0
        self._odd: dict[str, int] = {}

    def balances_changed(self, balances: dict[str, int]) -> None:
        """As the stream says. Of what is traded that is known alone which the fills told account for: a fill that was
        not told stands out at the next look."""
        if self._balances is None or self._since:
            self._later |= balances
            return
        bases = {instrument.base for instrument in self.traded.values()}
        for asset, amount in balances.items():
            if asset not in bases or amount == self._balances.get(asset, 0) + self._told[asset]:
                self._balances[asset] = amount
                del self._told[asset]

    def filled(self, fill: Fill) -> None:
        """A fill was told."""
        order = self.book.chains[fill.order_id].order
        scale = 10 ** (MONEY_SCALE - order.instrument.size_scale)
        self._told[order.instrument.base] += order.side * fill.size_units * scale
        self._told[fill.fee_currency] -= fill.fee

    def lost(self) -> None:
        """From about now on trades may be missed."""
        self._losses += 1
        self._since = self._since or self.caller.now() - OVERLAP_NS

    async def recover(self) -> None:
        """All that was missed is told. Raises TransportError, VenueRefused."""
        known, since, losses, began = self._balances, self._since, self._losses, self.caller.now()
        balances = await self._ask_balances()
        await self._compare(await self._open_orders())
        if since:
            balances = await self._explain(known, balances, min(since, self._agreed or since))
        await self._tell_before()
        await self.look_up.filled_in(FILLED_IN_SECONDS)
        if self._losses == losses:
            self._balances, self._later, self._since = balances | self._later, {}, 0
            self._told.clear()
            self._agree(began)

    async def _tell_before(self) -> None:
        """Trades since the engine last knew the account, when no client was there; once."""
        if self._before:
            for instrument in list(self.traded.values()):
                await self._trades(instrument, self._before + self.caller.offset - CLOCKS_NS)
            self._before = 0

    async def _explain(self, known: dict[str, int] | None, balances: dict[str, int], since: int) -> dict[str, int]:
        """Tells the trades since then of all of which the account owns more or less than was known. Balances as known
        from now on: where no trade said why, as before, so that it is asked again."""
        explained = dict(balances)
        for instrument in list(self.traded.values()):
            base = instrument.base
            if known is None or balances.get(base, 0) in (known.get(base, 0), known.get(base, 0) + self._told[base]):
                self._odd.pop(base, None)
                continue
            told = await self._trades(instrument, since)
            if not told and self.clock() - self._odd.setdefault(base, self.clock()) < ODD_NS:
                explained[base] = known.get(base, 0)
        return explained

    def _agree(self, began: int) -> None:
        """Where every balance is explained, no trade before `began` is asked for again."""
        if not self._odd:
            self._agreed = began

    def _learn(self, known: dict[str, int] | None, explained: dict[str, int]) -> None:
        """These balances are known, but for those that the stream has said newer ones of."""
        if self._balances is None or known is None:
            self._balances = explained
            return
        for asset in {*known, *explained}:
            if self._balances.get(asset, 0) == known.get(asset, 0):
                if explained.get(asset, 0) != known.get(asset, 0):
                    del self._told[asset]
                self._balances[asset] = explained.get(asset, 0)

    async def snapshot(self, account: str) -> AccountSnapshot:
        """Trades that it shows and the stream did not tell are told first. Raises TransportError, VenueRefused."""
        asked, began, losses = self.clock(), self.caller.now(), self._losses
        known = None if self._balances is None else dict(self._balances)
        seen = await self._open_orders()
        balances = await self._ask_balances()
        # Only what was explained is known: where that fails, the next look begins from the same place.
        explained = await self._explain(known, balances, self._agreed - OVERLAP_NS)
        if not self._since and self._losses == losses:
            self._learn(known, explained)
            self._agree(began)
        working = await self.look_up.working(seen)
        known_here = [one for one in self.traded.values() if self.orders.instrument(one.symbol) is not None]
        money, held = holdings(balances, known_here)
        return AccountSnapshot(self.clock(), account, asked, money, held, working)

    async def _ask_balances(self) -> dict[str, int]:
        body = await self.caller.call(requests.account())
        with reading(self.errors):
            balances = balances_of(body)
        self._meet(balances)
        return balances

    def _meet(self, balances: dict[str, int]) -> None:
        """Instruments of the engine based on an asset that the account owns: a symbol there is base and quote. Those in
        a rare quote of which it owns nothing are met when they are asked for or traded."""
        quotes = dict.fromkeys((*QUOTES, *balances))
        for base in balances:
            for quote in quotes:
                symbol = base + quote
                instrument = None if symbol in self.traded else self.orders.instrument(symbol)
                if instrument is not None and (instrument.base, instrument.quote) == (base, quote):
                    self.traded[symbol] = instrument

    async def _open_orders(self) -> list[Seen]:
        """The open orders of instruments that the engine has."""
        body = await self.caller.call(requests.open_orders())
        found = []
        with reading(self.errors):
            for row in decoded(body, list[OrderRow]):
                instrument = self.orders.instrument(row.symbol)
                if instrument is None:
                    self.errors["unknown_symbol"] += 1
                    continue
                self.traded.setdefault(row.symbol, instrument)
                found.append(seen_of(row, instrument))
        return found

    async def _compare(self, seen: Iterable[Seen]) -> None:
        """What is open there is told; what is open here and was not among it is looked up."""
        there = {self.reporter.hear(one).order.id for one in seen}
        await self.look_up.missed(id for id in self.orders.open() if id not in there)

    async def _trades(self, instrument: Instrument, since: int) -> int:
        """All trades of a symbol since then are told, whose-ever order they are of; how many were news."""
        news = 0
        call = requests.trades_since(instrument.symbol, max(since // MS_NS, 0))
        while True:
            body = await self.caller.call(call)
            with reading(self.errors):
                rows = decoded(body, list[TradeRow])
            for row in rows:
                news += await self._trade(row, instrument)
            if len(rows) < requests.ROWS_MAX:
                return news
            call = requests.trades_from(instrument.symbol, rows[-1].id + 1)

    async def _trade(self, row: TradeRow, instrument: Instrument) -> bool:
        place = self.book.at(row.symbol, f"{row.orderId}")
        if place is None:
            seen = await self.look_up.order(instrument, f"{row.orderId}", "")
            if seen is None:
                self.errors["look_up"] += 1
                return False
            self.reporter.hear(seen)
            place = self.reporter.find(seen)
        with reading(self.errors):
            execution = trade_of(row, instrument)
        return self.reporter.fill(*place, execution)
