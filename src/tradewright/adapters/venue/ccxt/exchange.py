"""What is asked of the exchange, one question or request at a time: arguments for the library, nouns from its answers.

Whoever asks for an order by its name asks for it in the way that the exchange's convention gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tradewright.adapters.chain.legs import Leg
from tradewright.adapters.chain.look_up import EARLIER_NS
from tradewright.adapters.chain.outcomes import ASK, CANCEL, NOT_FOUND, Refused
from tradewright.adapters.chain.seen import Execution, Seen
from tradewright.adapters.net.reading import reading
from tradewright.adapters.net.slots import ASK_RANK, EXIT_RANK
from tradewright.adapters.venue.ccxt.answers import (
    MS_NS,
    Row,
    balances_of,
    row_of,
    rows_of,
    seen_of,
    trade_of,
)
from tradewright.adapters.venue.ccxt.caller import Caller
from tradewright.adapters.venue.ccxt.conventions import Convention
from tradewright.adapters.venue.ccxt.instruments import instrument_of, is_spot, symbol_of
from tradewright.adapters.venue.ccxt.requests import Placing, rounded, unsupported
from tradewright.model.errors import AnswerLost, InputError, NotSent, TransportError
from tradewright.model.instrument import Instrument
from tradewright.model.order import Order

ROWS_MAX = 100
PAGES_MAX = 1_000


class Exchange:
    """One exchange by the library. errors: what could not be read or is not known, by kind."""

    def __init__(self, library: Any, caller: Caller, convention: Convention, errors: Counter[str]) -> None:
        self.library = library
        self.caller = caller
        self.convention = convention
        self.errors = errors
        self._markets: dict[str, Row] = {}

    # Markets

    async def load(self, anew: bool = False) -> None:
        """Its markets, once, or anew. Raises TransportError, VenueRefused."""
        if self._markets and not anew:
            return
        found = await self.caller.call(ASK, lambda: self.library.load_markets(anew))
        markets: dict[str, Row] = {}
        try:
            for value in row_of(found).values():
                market = row_of(value)
                if is_spot(market):
                    markets.setdefault(symbol_of(market), market)
        except InputError as error:
            raise AnswerLost(str(error)) from error
        # What was listed once and is not now has orders to cancel all the same.
        ended = {symbol: {**market, "active": False} for symbol, market in self._markets.items()}
        self._markets = ended | markets

    async def listed(self, symbols: Sequence[str]) -> dict[str, Instrument]:
        """Those of our symbols that it lists now. Raises TransportError, VenueRefused, InputError."""
        await self.load(anew=True)
        found = {symbol: self.instrument(symbol) for symbol in symbols}
        return {symbol: one for symbol, one in found.items() if one is not None}

    def instrument(self, symbol: str) -> Instrument | None:
        """One of its spot markets; None = it has none such. Raises InputError for one that can not be traded here."""
        market = self._markets.get(symbol)
        return None if market is None else instrument_of(market, int(self.library.precisionMode), str(self.library.id))

    async def ready(self, instrument: Instrument) -> str:
        """As `unified`, behind the first look at the markets. Raises NotSent where that can not be had: nothing
        that was asked for has left."""
        try:
            await self.load()
        except TransportError as error:
            raise NotSent(f"the markets are not known yet: {error}") from error
        return self.unified(instrument)

    def unified(self, instrument: Instrument) -> str:
        """The library's symbol. Raises Refused for an instrument that the exchange does not trade."""
        market = self._markets.get(instrument.symbol)
        if market is None:
            raise Refused(NOT_FOUND, f"{self.library.id} does not trade {instrument.symbol}", "UNKNOWN_SYMBOL")
        return str(market["symbol"])

    # Orders

    def unsupported(self, order: Order) -> str:
        """Why it can not be worked there as it is meant, "" = it can."""
        features = self.library.features
        return unsupported(order, features.get("spot") if isinstance(features, dict) else None)

    async def place(
        self, placing: Placing, instrument: Instrument, kind: str, rank: int, leaves: Callable[[], None]
    ) -> Row:
        """The library's word on a new order, which may be as little as its id. leaves: told when the request leaves.
        Raises TransportError, VenueRefused."""
        unified, library = await self.ready(instrument), self.library
        try:
            amount = str(library.amount_to_precision(unified, placing.amount))
            price = None if placing.price is None else str(library.price_to_precision(unified, placing.price))
        except Exception as error:
            raise Refused(NOT_FOUND, f"{type(error).__name__}: {error}", "UNSUPPORTED") from error
        refusal = rounded(placing, amount, price)
        if refusal:
            raise Refused(NOT_FOUND, refusal, "UNSUPPORTED")
        found = await self.caller.call(
            kind,
            lambda: library.create_order(
                unified, placing.type, placing.side, placing.amount, placing.price, dict(placing.parameters)
            ),
            rank,
            placing.carried,
            leaves,
        )
        try:
            return row_of(found)
        except InputError as error:
            raise AnswerLost(str(error)) from error

    async def cancel(self, leg: Leg, instrument: Instrument, kind: str = CANCEL) -> None:
        """Asks for the end of a leg whose id is known. Raises TransportError, VenueRefused."""
        unified = await self.ready(instrument)
        await self.caller.call(kind, lambda: self.library.cancel_order(leg.venue_id, unified), EXIT_RANK)

    async def order(
        self, instrument: Instrument, venue_id: str, client_id: str, since: int, rank: int = ASK_RANK
    ) -> Seen | None:
        """One order, by its id there where that is known; None = it is not found. since: ns of the exchange's clock,
        before it was made. Raises TransportError, VenueRefused."""
        unified, library, parameter = await self.ready(instrument), self.library, self.convention.parameter
        try:
            if venue_id:
                found = await self.caller.call(ASK, lambda: library.fetch_order(venue_id, unified), rank)
            elif parameter:
                found = await self.caller.call(
                    ASK, lambda: library.fetch_order("", unified, {parameter: client_id}), rank
                )
            else:
                return await self._in_list(instrument, unified, client_id, since, rank)
        except Refused as refused:
            if refused.outcome == NOT_FOUND:
                return None
            raise
        return self._seen(found, instrument, unified)

    async def _in_list(
        self, instrument: Instrument, unified: str, client_id: str, since: int, rank: int
    ) -> Seen | None:
        first = max(since - EARLIER_NS, 0) // MS_NS
        for _ in range(PAGES_MAX):
            start = first
            rows = await self._rows(
                lambda start=start: self.library.fetch_orders(unified, start, ROWS_MAX),
                rank,
            )
            for row in rows:
                if row.get("clientOrderId") == client_id:
                    return self._seen(row, instrument, unified)
            newest = max((row["timestamp"] for row in rows if isinstance(row.get("timestamp"), int)), default=0)
            if len(rows) < ROWS_MAX or newest <= first:
                return None
            first = newest
        return None

    async def open_orders(self, instrument: Instrument) -> list[Seen]:
        """What works there of one instrument. Raises TransportError, VenueRefused."""
        unified = await self.ready(instrument)
        rows = await self._rows(lambda: self.library.fetch_open_orders(unified))
        return [self._seen(row, instrument, unified) for row in rows]

    def _seen(self, found: object, instrument: Instrument, unified: str) -> Seen:
        with reading(self.errors):
            return seen_of(found, instrument, unified)

    # Trades and money

    async def trades(self, instrument: Instrument, since: int, rank: int = ASK_RANK) -> list[tuple[str, Execution]]:
        """My trades from then on (ns of the exchange's clock), oldest first, each behind the id of its order. Raises
        TransportError, VenueRefused."""
        found: dict[str, tuple[str, Execution]] = {}
        first = max(since, 0) // MS_NS

        async def more(start: int, until: int | None = None) -> bool:
            """Whether a page brought news and may not be the last."""
            page = await self._page(instrument, start, until, rank)
            news = {one.trade_id: (order_id, one) for order_id, one in page if one.trade_id not in found}
            found.update(news)
            return len(page) >= ROWS_MAX and bool(news)

        if await more(first):
            known = len(found)
            # Some exchanges begin with the oldest …
            while await more(max(one.time for _, one in found.values()) // MS_NS):
                pass
            # … and some with the newest.
            while len(found) == known and await more(first, min(one.time for _, one in found.values()) // MS_NS):
                known = len(found)
        return sorted(found.values(), key=lambda one: one[1].time)

    async def _page(
        self, instrument: Instrument, start: int, until: int | None, rank: int
    ) -> list[tuple[str, Execution]]:
        unified = await self.ready(instrument)
        parameters = {} if until is None else {"until": until}
        rows = await self._rows(lambda: self.library.fetch_my_trades(unified, start, ROWS_MAX, dict(parameters)), rank)
        with reading(self.errors):
            return [trade_of(row, instrument, unified) for row in rows]

    async def balances(self) -> dict[str, int]:
        """Money per currency. Raises TransportError, VenueRefused."""
        found = await self.caller.call(ASK, self.library.fetch_balance)
        with reading(self.errors):
            return balances_of(found)

    async def _rows(self, work: Any, rank: int = ASK_RANK) -> list[Row]:
        found = await self.caller.call(ASK, work, rank)
        with reading(self.errors):
            return rows_of(found)
