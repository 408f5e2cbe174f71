"""A venue with a client of ours before it, a market that a test moves, and the venue's own books.

Prices are places: 0 is where the market stands at first, each place a unit of the venue's. Sizes are lots, the smallest
size that a test trades.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from tests.venues.book import Book
from tests.venues.cable import Cable
from tradewright.adapters.net.last_gate import WireGate
from tradewright.adapters.net.outgoing import Reader
from tradewright.model.account import HEDGING, Account
from tradewright.model.errors import TransportError, VenueRefused
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Quote
from tradewright.model.numbers import MONEY_ONE, count_of
from tradewright.model.order import (
    BUY,
    ENTRY,
    EXIT,
    GTC,
    LIMIT,
    MARKET,
    SELL,
    STOP,
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING_STOP,
    Order,
)
from tradewright.model.rng import Rng
from tradewright.model.venue_limits import VenueLimits
from tradewright.model.zone import DAY_NS, ordinal, utc_ns
from tradewright.ports import Approvals, Clock, Transport, Venue
from tradewright.prove.site_transport import SiteTransport
from tradewright.prove.virtual import run_virtual
from tradewright.sim.wire.faults import Fault, Plan
from tradewright.sim.wire.faulty import FaultySite
from tradewright.sim.wire.site import Site, Tape

SECOND_NS = 10**9
HOST = "venue"
#: How much stands at the best prices unless a test says otherwise, in lots.
PLENTY = 100
ROLES = {LIMIT: TAKE_PROFIT, STOP: STOP_LOSS}


def new_york(hour: int, minute: int) -> int:
    """A moment of a Monday without anything special about it, on New York's clock: ns UTC."""
    return utc_ns("America/New_York", ordinal(2026, 1, 12) * DAY_NS + (hour * 60 + minute) * 60 * SECOND_NS)


NOON = new_york(11, 0)


class Booked(NamedTuple):
    """A fill in the venue's own books, in counts of our instrument and money."""

    side: int
    price: int
    size: int
    fee: int
    fee_currency: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What a venue's stand trades. middle: the price of place 0; unit: between two places; lot: size."""

    symbol: str
    middle: Decimal
    unit: Decimal
    lot: Decimal


class Stand:
    """limits: of the venue; terms: of the account; ground: what is traded; begins: when, ns UTC, so that its market is
    open. settle_seconds: what it may take until all that happened has been told."""

    limits: VenueLimits
    terms: Account
    ground: Ground
    begins = NOON
    settle_seconds = 5.0
    #: Symbols that an engine lists besides.
    besides: tuple[str, ...] = ()
    #: Lots that have to be bought besides, where a fee is taken from what comes in.
    spare = 0
    #: Within so long a fee is told that comes behind its fill.
    move_seconds = 80.0
    #: Money by which what it shows of its cash may differ for each fill: a broker that rounds each close.
    rounds = 0

    def __init__(self, clock: Clock, faults: Sequence[Fault] = ()) -> None:
        self.clock = clock
        self.faults = faults
        self.book = Book(clock)
        self.orders: Approvals = self.book
        self.deliver: Callable[[Event], None] = self.book.deliver
        self.client: Venue
        self.instrument: Instrument
        self.count = 0
        self.place = 0
        self.running: asyncio.Task[None] | None = None

    # What each venue's stand says of itself

    def new_client(self) -> Venue:
        """Another client of the account, with the same book."""
        raise NotImplementedError

    def show(self, bid: Decimal, ask: Decimal, size: Decimal) -> None:
        """The market stands there from now on."""
        raise NotImplementedError

    def trades(self) -> list[Booked]:
        """All fills in the venue's own books, oldest first."""
        raise NotImplementedError

    def alive(self) -> list[str]:
        """The client ids of orders that work there; of ours the id here."""
        raise NotImplementedError

    def placed(self) -> int:
        """How many orders were ever placed there."""
        raise NotImplementedError

    def sent(self) -> int:
        """How many requests that do something have reached it."""
        raise NotImplementedError

    def refusal_code(self, code: str) -> str:
        """What a report says where the table says `code`."""
        return code

    # Its life

    async def start(self) -> None:
        """Until its client says that reports flow, and the account as it is then is known."""
        self.client = self.book.client = self.new_client()
        self.move(0)
        listed = await self.client.instruments([self.ground.symbol])
        for index, instrument in enumerate(listed):
            instrument.index = index
        self.book.instruments = listed
        self.instrument = listed[0]
        self.running = asyncio.create_task(self.client.run())
        await self.until(lambda: bool(self.book.ups()) and self.book.ups()[-1])
        self.book.begin(await self.client.snapshot())

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)
        await self.client.close()

    async def end(self) -> None:
        """The last thing; its books can still be read."""
        await self.stop()

    async def restart(self) -> None:
        """The process is gone and another begins with what the engine knew."""
        await self.stop()
        self.book.lose_track()
        ups = len(self.book.ups())
        self.client = self.book.client = self.new_client()
        self.running = asyncio.create_task(self.client.run())
        for id in self.book.open():
            self.book.ask(id)
        await self.until(lambda: self.book.ups()[ups:][-1:] == [True])

    async def until(self, so: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = self.clock() + round(seconds * SECOND_NS)
        while not so():
            assert self.clock() < deadline, f"not within {seconds:g} s: {self.described()}"
            assert self.running is None or not self.running.done(), "the client has ended"
            await asyncio.sleep(0.05)

    def described(self) -> str:
        """The orders as they stand, for a failure's sake."""
        return ", ".join(f"{id} {one.status} {one.code} {one.text}" for id, one in self.book.states.items())

    async def settled(self) -> None:
        """Until every request has its answer and what happened has been told."""
        await asyncio.sleep(0.2)
        await self.until(self.book.settled)
        await asyncio.sleep(self.settle_seconds)

    async def filled(self, order: Order, lots: int = 0) -> None:
        """Until so much of it is filled, 0 = all."""
        await self.until(lambda: self.book.filled(order.id) == (self.size(lots) if lots else order.quantity))

    async def part(self, order: Order) -> None:
        """A part of an order that rests five places off is filled, and the market leaves again."""
        self.move(-8, lots=1)
        await self.until(lambda: 0 < self.book.filled(order.id) < order.quantity)
        self.move(0)
        await self.settled()
        assert self.book.states[order.id].status == "PARTIALLY_FILLED"

    async def status(self, order: Order, status: str) -> None:
        await self.until(lambda: self.book.states[order.id].status == status)

    # The market

    def move(self, place: int, lots: int = PLENTY) -> None:
        """The market stands a unit below and above that place, with so many lots on either side."""
        self.place = place
        ground = self.ground
        middle = ground.middle + place * ground.unit
        self.show(middle - ground.unit, middle + ground.unit, lots * ground.lot)

    def price(self, place: int) -> int:
        """In counts."""
        ground = self.ground
        return count_of(ground.middle + place * ground.unit, self.instrument.price_scale, "price")

    def size(self, lots: int) -> int:
        """In counts."""
        return count_of(lots * self.ground.lot, self.instrument.size_scale, "size")

    # Orders

    def order(
        self, side: int, type: int, lots: int = 1, limit: int | None = None, stop: int | None = None, tif: int = GTC,
        closes: Order | None = None, **more: Any,
    ) -> Order:  # fmt: skip
        """limit, stop: places. closes: the opening whose position it is to close."""
        self.count += 1
        terms: dict[str, Any] = {"time_in_force": tif, "time": self.clock(), **more}
        if type == TRAILING_STOP and "trail_units" not in terms:
            terms.setdefault("trail_ppm", 10_000)
        if closes is not None:
            terms.setdefault("role", ROLES.get(type, EXIT))
            if self.terms.mode == HEDGING:
                terms["lot"] = closes.id
        terms.setdefault("role", ENTRY)
        return Order(
            f"{self.terms.code}-1-{self.count}", self.terms.name, "s", self.instrument, side, type, self.size(lots),
            0 if limit is None else self.price(limit), 0 if stop is None else self.price(stop), **terms,
        )  # fmt: skip

    def buy(self, type: int = MARKET, lots: int = 1, limit: int | None = None, **more: Any) -> Order:
        """An order that opens, sent."""
        order = self.order(BUY, type, lots, limit, **more)
        self.book.submit(order)
        return order

    def sell(self, closes: Order, type: int = MARKET, lots: int = 1, limit: int | None = None, **more: Any) -> Order:
        """An order that closes, sent."""
        order = self.order(SELL, type, lots, limit, closes=closes, **more)
        self.book.submit(order)
        return order

    async def hold(self, lots: int) -> Order:
        """So much can be sold from now on; the order that bought it at the market."""
        order = self.buy(lots=lots + self.spare, tif=self.at_market())
        await self.filled(order)
        return order

    def at_market(self) -> int:
        """A time in force in which this venue takes orders at the market."""
        return next(
            tif for type, tif, flag, code in self.limits.openings.cells() if (type, flag, code) == (MARKET, 0, "")
        )

    def replace(self, order: Order, lots: int | None = None, limit: int | None = None, stop: int | None = None) -> None:
        """Other terms; what is not named stays."""
        quantity = order.quantity if lots is None else self.size(lots)
        prices = order.limit_units if limit is None else self.price(limit)
        self.book.replace(order.id, quantity, prices, order.stop_units if stop is None else self.price(stop))

    # Accounts

    async def paid(self) -> None:
        """Until it was told what moved besides trades."""
        if not self.limits.fees_with_fills:
            await asyncio.sleep(self.move_seconds)

    async def agree(self, away: bool = False) -> None:
        """What was told, what a snapshot shows and what the venue's own books say is one and the same. away: there was
        a time without a process, of which a venue that states fees afterwards has not told them."""
        book = self.book
        await self.paid()
        assert not book.broken
        assert not (self.limits.network and book.again), "a trade was told more than once"
        shown = await self.client.snapshot()
        assert {symbol: size for symbol, size, _ in shown.positions if size} == book.positions()
        assert dict(shown.orders) == book.working()
        balances, quantum = dict(shown.balances), 10 ** (18 - self.limits.cash_decimals)
        untold = away and not self.limits.fees_with_fills
        for currency, amount in () if untold else book.cash().items():
            off = abs(balances.pop(currency, 0) - amount)
            assert off <= self.rounds * len(book.fills()) + (quantum > 1) * quantum // 2, (currency, off / MONEY_ONE)
        assert untold or not any(balances.values())
        told = [
            Booked(book.states[fill.order_id].order.side, fill.price_units, fill.size_units, *self._fee(fill))
            for fill in book.fills()
        ]  # fmt: skip
        assert sorted(told) == sorted(self.trades())
        assert sorted(self.alive()) == sorted(book.working())

    def _fee(self, fill: Any) -> tuple[int, str]:
        return fill.fee, fill.fee_currency if fill.fee else ""


class NetStand(Stand):
    """A stand whose venue is reached over a network. failures: of a snapshot that can not be had."""

    failures = (TransportError, VenueRefused)
    site: Site
    gate: WireGate | None = None
    #: Whether a gate stands before the client's wire.
    gated = True

    def __init__(self, clock: Clock, faults: Sequence[Fault] = ()) -> None:
        super().__init__(clock, faults)
        self.site = self.new_site()
        self.faulty = FaultySite(self.site, Plan(faults, Rng(11)), clock())
        self.net = SiteTransport({HOST: self.faulty}, clock, Rng(5))
        self.cable = Cable(self.net)

    def new_site(self) -> Site:
        """The simulated venue."""
        raise NotImplementedError

    def reader(self) -> Reader:
        """What reads its client's bytes back."""
        raise NotImplementedError

    def wire(self) -> Transport:
        """What a new client speaks through: the last gate, before the cable."""
        if not self.gated:
            return self.cable
        self.gate = WireGate(self.cable, self.reader(), "main", self.orders, self.clock, self.deliver)
        self.book.gate = self.gate
        return self.gate

    def sent(self) -> int:
        return self.cable.sent

    # Behind everybody's back

    def misplace(self, steps: int) -> None:
        """The position is so many of the smallest sizes larger, and nobody is told why."""
        raise NotImplementedError

    def enrich(self, share: Fraction) -> None:
        """There is more money by that share of it, and nobody is told why."""
        raise NotImplementedError

    def inherit(self) -> None:
        """The account holds two lots from before all that the venue shows of its past."""
        raise NotImplementedError

    def suspend(self, suspended: bool) -> None:
        """The venue takes no orders for the symbol, or takes them again."""
        raise NotImplementedError

    def unlist(self) -> None:
        """The venue knows the symbol no longer: it was delisted, or has another name now."""
        raise NotImplementedError

    def pump(self) -> None:
        """What the venue says by now goes on its way."""
        self.faulty.advance(self.clock())
        self.net.venues[HOST].settle()

    def play(self, tape: Tape) -> None:
        """The market says so."""
        self.site.tape = tape  # type: ignore[attr-defined]
        self.pump()

    def quote(self, instrument: Instrument, bid: Decimal, ask: Decimal, size: Decimal) -> Quote:
        """The best prices in the counts of the venue's own instrument."""
        prices = [count_of(price, instrument.price_scale, "price") for price in (bid, ask)]
        lots = count_of(size, instrument.size_scale, "size")
        return Quote(self.clock(), instrument, *prices, lots, lots)

    async def end(self) -> None:
        await super().end()
        await self.net.close()


def play(
    kind: Callable[[Clock, Sequence[Fault]], Stand],
    act: Callable[[Any], Awaitable[None]],
    faults: Sequence[Fault] = (),
    begins: int = 0,
) -> Stand:
    """Plays a scene in virtual time and gives the stand as it was left. begins: ns UTC, 0 = as the stand says."""

    async def program(clock: Clock) -> Stand:
        stand = kind(clock, faults)
        await stand.start()
        await act(stand)
        await stand.end()
        assert not stand.book.broken, stand.book.broken
        return stand

    return run_virtual(begins or kind.begins, program)  # type: ignore[attr-defined]
