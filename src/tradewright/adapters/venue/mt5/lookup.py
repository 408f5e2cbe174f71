"""What became of an order: asked of everything the venue keeps, and told as what is missing of it.

By its ticket where that is known. Else its comment is looked for among the orders at work, the ended ones, the deals
and the positions: only when all of them have answered and none has it, it is not there. An order whose ticket was once
said is never "not there": a venue that can not find it now is asked again.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from tradewright.adapters.venue.mt5.answers import Deal, Deals, OrderAnswer, Orders, Position, Positions, Price, iso
from tradewright.adapters.venue.mt5.answers import Order as VenueOrder
from tradewright.adapters.venue.mt5.books import AT_WORK, Books, cost_of
from tradewright.adapters.venue.mt5.connector import Connector
from tradewright.model.errors import VenueRefused
from tradewright.model.numbers import MONEY_MAX, MONEY_SCALE, nearest_count_of

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
PAGE = "1000"
PAGES_MAX = 100
NOT_FOUND_YET = "NOT_FOUND_YET"


def successful(answered: bool, what: str, error: str | None = None) -> None:
    """An answer that is no success proves nothing, however empty its list. Raises VenueRefused."""
    if not answered:
        raise VenueRefused(f"{what}: {error or 'no success'}", "NO_SUCCESS")


class Lookup:
    def __init__(self, connector: Connector, books: Books, errors: Counter[str]) -> None:
        self._connector = connector
        self._books = books
        self._errors = errors
        self._own = books.own

    async def positions(self) -> Positions:
        """Those that are open. Raises VenueRefused where it is not certain, TransportError."""
        found = await self._connector.read("open-positions", Positions)
        successful(found.success, "open-positions", found.error)
        self._books.nets.clear()
        for position in found.positions:
            self._books.learn_position(position)
        return found

    async def pending(self) -> list[VenueOrder]:
        found = await self._connector.read("pending-orders", Orders)
        successful(found.success, "pending-orders")
        return found.orders

    async def deals(self, since: int, now: int, after: int = 0) -> list[Deal]:
        """All deals since then (ns UTC), the oldest first. after: none up to this ticket. To a day ahead: of an hour
        that the server's clock shows twice, an end that is now could cut the newest off."""
        query = {"from": iso(since), "to": iso(now + DAY_NS), "limit": PAGE}
        found: list[Deal] = []
        cursor: int | None = after
        for _ in range(PAGES_MAX):
            page = await self._connector.read("history/deals", Deals, {**query, "cursor": str(cursor)})
            successful(page.success, "history/deals")
            found += page.deals
            cursor = page.next_cursor
            if cursor is None:
                return found
        raise VenueRefused(f"history/deals: more than {PAGES_MAX} pages", "TOO_LONG")

    async def deals_of(self, position: int) -> list[Deal]:
        """All deals of a position, whenever they were."""
        query = {"position_id": str(position), "limit": PAGE, "from": iso(0)}
        page = await self._connector.read("history/deals", Deals, query)
        successful(page.success, "history/deals")
        return page.deals

    async def order(self, ticket: int) -> OrderAnswer | None:
        """An order with its deals; None where the venue does not know it."""
        try:
            found = await self._connector.read(f"orders/{ticket}", OrderAnswer)
        except VenueRefused as refused:
            if refused.code == "HTTP_404":
                return None
            raise
        successful(found.success, f"orders/{ticket}")
        return found

    async def book(self, deals: list[Deal]) -> None:
        """Books deals, whose positions and orders are asked for where they have to be known for it."""
        for deal in deals:
            if deal.direction is None:
                self._books.deal(deal)
                continue
            position = deal.position_id or 0
            if self._books.unexplained(deal) and position:
                await self._explain(await self.deals_of(position))
            asked = None
            if self._books.foreign(deal) and deal.order:
                answer = await self.order(deal.order)
                asked = answer.order if answer is not None else None
            if self._books.deal(deal, asked):
                await self._convert(deal)

    async def _explain(self, deals: list[Deal]) -> None:
        """Learns who opened a position."""
        for deal in deals:
            if deal.entry == "in":
                self._books.deal_owner(deal)

    async def _convert(self, deal: Deal) -> None:
        """What a close has earned in another currency than the account's the venue turns into it at once."""
        instrument = self._books.instrument(deal.broker_symbol or "")
        if instrument is None or deal.entry == "in" or instrument.quote == self._books.terms.currency:
            return
        closed, cost = cost_of(await self.deals_of(deal.position_id or 0), deal.ticket)
        if closed:
            turn = 1 if deal.direction == "sell" else -1
            earned = turn * (deal.price * closed - cost) * instrument.contract
            self._books.convert(deal, instrument.quote, nearest_count_of(earned, MONEY_SCALE, "earned", MONEY_MAX))

    async def sweep(self, since: int, now: int) -> None:
        """Learns the tickets of all orders of ours since then, from every list there is."""
        await self.positions()
        for order in await self.pending():
            self._learn(order)
        cursor: int | None = 0
        query = {"from": iso(since), "to": iso(now + DAY_NS), "limit": PAGE}
        while cursor is not None:
            page = await self._connector.read("history/orders", Orders, {**query, "cursor": str(cursor)})
            successful(page.success, "history/orders")
            for order in page.orders:
                self._learn(order)
            cursor = page.next_cursor
        for deal in await self.deals(since, now):
            self._books.deal_owner(deal)

    def _learn(self, order: VenueOrder) -> None:
        trace = self._books.trace_of(order)
        if trace is not None:
            self._own.owner(trace)

    async def held(self, ticket: int) -> tuple[Position | None, VenueOrder | None, bool]:
        """What stands behind a lot's ticket: its position, else the order that is to open it, and whether it is
        certain that neither will be there again."""
        for position in (await self.positions()).positions:
            if position.identity == ticket:
                return position, None, False
        answer = await self.order(ticket)
        if answer is None:
            return None, None, False
        if answer.order.state in AT_WORK and not answer.order.done_time:
            return None, answer.order, False
        if not answer.deals:
            return None, None, True
        deals = await self.deals_of(ticket)
        left = sum(deal.volume if deal.entry == "in" else -deal.volume for deal in deals)
        await self.book(deals)
        return None, None, left <= 0

    async def price(self, name: str) -> tuple[Decimal, Decimal]:
        """Bid and ask of a broker's symbol now."""
        found = await self._connector.read(f"price/{name}", Price)
        successful(found.success, f"price/{name}")
        return found.bid, found.ask
