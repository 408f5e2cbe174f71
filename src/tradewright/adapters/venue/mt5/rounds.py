"""One look at the whole account: what was missed is told, what is foreign becomes known, what ended is said.

A round asks for positions, orders at work and deals, and then, one by one, for each order of ours that should be at
work and is not among them. A list alone proves no end, since it may be old: an end has to be shown by the order itself
or by the deals of its position. What a list shows otherwise than we know it (a price moved by hand, a stop taken away)
is believed when it has been so for a minute and nothing of ours was under way.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from tradewright.adapters.venue.mt5.answers import HEDGING_MODE, Account, Deal, Health, Position, Positions, moment
from tradewright.adapters.venue.mt5.answers import Order as VenueOrder
from tradewright.adapters.venue.mt5.books import AT_WORK, BAD_RECORD, Books
from tradewright.adapters.venue.mt5.connector import Connector
from tradewright.adapters.venue.mt5.credentials import Credentials
from tradewright.adapters.venue.mt5.desk import Desk
from tradewright.adapters.venue.mt5.guards import POSITION_CLOSED
from tradewright.adapters.venue.mt5.lookup import Lookup
from tradewright.adapters.venue.mt5.open_trades import OpenTrades
from tradewright.adapters.venue.mt5.ownership import CLOCKS_NS
from tradewright.adapters.venue.mt5.requests import SLOTS, slot_of
from tradewright.model.account import HEDGING
from tradewright.model.control import LagMeasured
from tradewright.model.errors import InputError, TransportError, VenueRefused
from tradewright.model.event import CANCELLED, Event
from tradewright.model.numbers import count_of
from tradewright.model.order import MARKET, Order
from tradewright.model.report import Replaced, Report
from tradewright.ports import Clock, Orders

SECOND_NS = 1_000_000_000
#: Deals are asked for again from so long before the newest that was seen: one may come to light late, and of an hour
#: that the server's clock shows twice the earlier may hide the later.
OVERLAP_NS = 2 * 3_600 * SECOND_NS
#: … but no deal whose ticket is older than those seen so long ago.
SETTLED_NS = 60 * SECOND_NS
#: A difference that a list alone shows is believed after so long.
DOUBT_NS = 60 * SECOND_NS
#: How often the connector's health and clock are looked at.
HEALTH_NS, CLOCK_NS = 10 * SECOND_NS, 300 * SECOND_NS
CLOCK_OFFSET = "CLOCK_OFFSET"
OTHER_ACCOUNT, OTHER_MODE, OTHER_CURRENCY = "OTHER_ACCOUNT", "OTHER_MODE", "OTHER_CURRENCY"
DISCONNECTED = "DISCONNECTED"


class Rounds:
    """since: ns UTC from when on deals of others are told, 0 = from the first round on, with the lots that are open
    then. reading: the connector only shows positions (the first ones could not say what became of an order)."""

    def __init__(
        self, connector: Connector, credentials: Credentials, books: Books, lookup: Lookup, desk: Desk, orders: Orders,
        trades: OpenTrades, clock: Clock, deliver: Callable[[Event], None], errors: Counter[str], since: int,
    ) -> None:  # fmt: skip
        self.reading = False
        self.offset_ns = 0
        self._connector = connector
        self._credentials = credentials
        self._books = books
        self._lookup = lookup
        self._desk = desk
        self._orders = orders
        self._trades = trades
        self._clock = clock
        self._deliver = deliver
        self._errors = errors
        self._since = since
        #: An engine that knows the account from before knows its lots.
        self._complete = since > 0 or books.terms.mode != HEDGING
        self._begun = False
        self._checked = 0
        self._measured = 0
        self._marks: list[tuple[int, int]] = []  # (our clock, newest deal's ticket then)
        self._newest = 0
        self._doubts: dict[str, tuple[object, int]] = {}

    async def run(self) -> None:
        """One round. Raises TransportError, VenueRefused: then nothing is certain."""
        if self._clock() - self._checked >= HEALTH_NS or not self._checked:
            await self.check()
        if not self._begun:
            self._desk.recall()
            self._begun = True
        self._slots()
        positions = await self._lookup.positions()
        self._agree(positions.account)
        # Deals after positions: what a position lost in between is among them, and not the other way round.
        pending = [] if self.reading else await self._lookup.pending()
        for order in pending:
            self._books.adopt(order)
        if not self.reading:
            await self._deals()
            await self._lots(positions)
            await self._compare(positions, pending)
        names = self._books.symbols
        self._trades.update(positions.positions, self._ours, names.listed, self._clock())

    async def check(self) -> None:
        """Whether the connector serves the account that is meant, and how its clock goes. Raises VenueRefused."""
        asked = self._clock()
        health = await self._connector.read("health", Health)
        now = self._clock()
        if not health.mt5_connection:
            raise VenueRefused(f"the terminal is not connected ({health.status or 'down'})", DISCONNECTED)
        self.reading = not health.version
        self._agree(health.account)
        if health.server_time and (not self._measured or now - self._measured >= CLOCK_NS):
            self.offset_ns = moment(health.server_time) - (asked + now) // 2
            self._desk.teller.offset_ns = self.offset_ns
            self._measured = now
            self._deliver(LagMeasured(now, CLOCK_OFFSET, self.offset_ns))
        self._checked = now

    def _agree(self, account: Account | None) -> None:
        """The account shown is the one that is meant."""
        if account is None:
            return
        terms, login = self._books.terms, self._credentials.login
        if login and account.login != login:
            raise VenueRefused(f"the terminal is logged in to {account.login}, not to {login}", OTHER_ACCOUNT)
        if account.margin_mode >= 0 and (account.margin_mode == HEDGING_MODE) != (terms.mode == HEDGING):
            raise VenueRefused(f"the account's margin mode is {account.margin_mode}, not {terms.mode}", OTHER_MODE)
        if account.currency and account.currency != terms.currency:
            raise VenueRefused(f"the account is kept in {account.currency}, not {terms.currency}", OTHER_CURRENCY)

    def _ours(self, name: str) -> str:
        instrument = self._books.instrument(name)
        return instrument.symbol if instrument is not None else ""

    def _slots(self) -> None:
        """Which exits are the SL and TP of which lots: after a restart the engine's own book says it."""
        for id in self._orders.open():
            order = self._orders.order(id)
            if order is not None and slot_of(order, self._books.hedging):
                # One that has not been answered has not taken the place yet from what is there.
                place = (order.lot, SLOTS[order.type])
                if place not in self._books.own.slots or self._orders.venue_id(id):
                    self._books.own.slots[place] = id
                self._books.own.ticket(order.lot)

    # Deals

    async def _deals(self) -> None:
        now = self._clock()
        first = not self._marks
        self._marks = [mark for mark in self._marks if mark[0] > now - SETTLED_NS][-1_000:]
        after = self._marks[0][1] if self._marks else self._newest
        since = now - OVERLAP_NS
        if first and not self._newest:
            opened = [order.time for id in self._orders.open() if (order := self._orders.order(id)) is not None]
            since = min([since, *opened, *([self._since] if self._since else [])]) - SETTLED_NS
        found = await self._lookup.deals(since, now, after)
        if first and not self._newest:
            found = self._begin(found, now)
        await self._lookup.book(found)
        self._books.retry()
        self._newest = max([self._newest, *(deal.ticket for deal in found)])
        self._marks.append((now, self._newest))

    def _begin(self, found: list[Deal], now: int) -> list[Deal]:
        """The first look: money that moved by now is in the balance, and deals of others before the begin are not
        told; what they left shows as positions."""
        self._books.first = max((deal.ticket for deal in found), default=0)
        self._newest = self._books.first
        since = self._since - CLOCKS_NS if self._since else now
        return [deal for deal in found if self._books.deal_owner(deal) or self._time(deal) >= since]

    async def _lots(self, positions: Positions) -> None:
        """What somebody has opened in a hedging account before the engine came is told by its deals, each position as a
        lot of its own: their net would say neither how many there are nor that two may stand against each other. What
        the venue has no deals of any more shows as a position."""
        if self._complete:
            return
        for position in positions.positions:
            deals = await self._lookup.deals_of(position.identity)
            if any(deal.entry == "in" and self._books.foreign(deal) for deal in deals):
                # What their swaps have cost is in the balance.
                self._books.first = max(self._books.first, *(deal.ticket for deal in deals))
                await self._lookup.book(deals)
        self._complete = True

    def _time(self, deal: Deal) -> int:
        try:
            return moment(deal.time)
        except VenueRefused:
            self._errors[BAD_RECORD] += 1
            return 0

    # Orders

    async def _compare(self, positions: Positions, pending: list[VenueOrder]) -> None:
        """Each order that should be at work, with what the venue shows."""
        shown = {self._books.own.ids.get(order.ticket, ""): order for order in pending}
        held = {position.identity: position for position in positions.positions}
        for id in self._orders.open():
            order = self._orders.order(id)
            if order is None or id in self._desk.changes.under_way:
                continue
            try:
                slot = slot_of(order, self._books.hedging)
                if slot:
                    await self._compare_slot(order, slot, held, pending)
                elif id in shown and order.type != MARKET:
                    self._compare_terms(order, shown[id])
                elif ticket := self._books.own.ticket(id):
                    await self._ended(order, abs(ticket))
            except (VenueRefused, InputError):
                self._errors[BAD_RECORD] += 1

    async def _ended(self, order: Order, ticket: int) -> None:
        answer = await self._lookup.order(ticket)
        if answer is None:
            return
        await self._lookup.book(answer.deals)
        at_work = answer.order.state in AT_WORK and answer.order.done_time is None
        # A cancel that was answered meanwhile has told it.
        told = order.id in self._desk.changes.under_way or order.id not in self._orders.open()
        if not at_work and answer.order.state != "filled" and not told:
            self._deliver(self._books.state(order.id, answer.order, False))

    def _compare_terms(self, order: Order, shown: VenueOrder) -> None:
        terms = self._books.terms_of(order, shown)
        ours = (order.quantity, order.limit_units, order.stop_units)
        if self._believed(order, terms if terms != ours else None):
            self._deliver(Replaced(self._clock(), order.id, self._clock() + self.offset_ns, *terms))

    async def _compare_slot(
        self, order: Order, slot: str, held: dict[int, Position], pending: list[VenueOrder]
    ) -> None:
        ticket = self._books.own.ticket(order.lot)
        if not ticket or self._desk.lanes.busy(order.lot):
            self._doubts.pop(order.id, None)
            return
        behind = held.get(ticket) or next((one for one in pending if one.ticket == ticket), None)
        if behind is None:
            position, opening, over = await self._lookup.held(ticket)
            if over and not self._desk.lanes.busy(order.lot):
                said = self._clock() + self.offset_ns
                self._deliver(
                    Report(CANCELLED, self._clock(), order.id, said, POSITION_CLOSED, "what it guarded is closed")
                )
            behind = position or opening
        if behind is None:
            return
        price = getattr(behind, slot)
        if price is None:
            if self._believed(order, "removed"):
                said = self._clock() + self.offset_ns
                self._deliver(Report(CANCELLED, self._clock(), order.id, said, "REMOVED", "somebody took it away"))
            return
        limit, stop = self._books.slot_terms(order, price)
        terms = (self._grown(order, behind), limit, stop)
        moved = (limit, stop) != (order.limit_units, order.stop_units)
        if self._believed(order, terms if moved else None) or (not moved and terms[0] > order.quantity):
            self._deliver(Replaced(self._clock(), order.id, self._clock() + self.offset_ns, *terms))

    def _grown(self, order: Order, behind: Position | VenueOrder) -> int:
        """Size counts of an exit of a position, which closes all of it: also what was filled beyond the opening's
        size."""
        volume = count_of(behind.volume, order.instrument.size_scale, "volume")
        opened = min(volume, self._orders.filled(order.lot) if isinstance(behind, Position) else 0)
        return max(order.quantity, opened + self._orders.filled(order.id))

    def _believed(self, order: Order, difference: object) -> bool:
        """Whether the same difference has been shown for long enough."""
        now = self._clock()
        if difference is None or self._desk.lanes.busy(order.lot or order.id):
            self._doubts.pop(order.id, None)
            return False
        known = self._doubts.get(order.id)
        if known is None or known[0] != difference:
            self._doubts[order.id] = (difference, now)
            return False
        if now - known[1] < DOUBT_NS:
            return False
        del self._doubts[order.id]
        return True


async def failing(round: Rounds) -> str:
    """Why a round failed; "" = it did not."""
    try:
        await round.run()
    except (TransportError, VenueRefused, InputError) as error:
        return str(error) or type(error).__name__
    except asyncio.CancelledError:
        raise
    return ""
