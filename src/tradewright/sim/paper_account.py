"""A paper account as an engine that is connected to venues sees it: a client whose exchange is in this house.

It follows the market that other venues' clients deliver. Nothing of it is ever missing, so it is up from the begin.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence

from tradewright.model.account_snapshot import AccountSnapshot, ConnectionChanged
from tradewright.model.command import Command, Query, Submit
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, MarketEvent
from tradewright.model.order import LIMIT, STOP, STOP_LIMIT, TRAILING_STOP
from tradewright.model.order_table import OrderTable
from tradewright.model.report import Report
from tradewright.model.venue_limits import VenueLimits
from tradewright.ports import Clock
from tradewright.sim.exchange.supported import ROWS
from tradewright.sim.exchange.vocabulary import WORKING
from tradewright.sim.paper import PaperVenue

#: Each type has its row; auctions are there where the market has sessions.
ORDERS = OrderTable("TYPE_NOT_SUPPORTED", ROWS)
LIMITS = VenueLimits(
    openings=ORDERS, closings=ORDERS, trail_step_ppm=1, trail_distance=True, repriced=(LIMIT, STOP, STOP_LIMIT),
    resized=(LIMIT, STOP, STOP_LIMIT, TRAILING_STOP), links=True, shorts=True, reduces_only=True,
    fees_with_fills=True, cash_decimals=18, quote_sizes=True, trades=True, bars=(), network=False,
)  # fmt: skip


class PaperAccount:
    """One account of a PaperVenue, as a `ports.Venue`. Its market is `hear`. symbols: what it trades, none said = all
    that it hears of."""

    def __init__(
        self,
        account: str,
        venue: PaperVenue,
        clock: Clock,
        deliver: Callable[[Event], None],
        symbols: Collection[str] = (),
    ) -> None:
        self.account = account
        self.symbols = symbols
        self._venue = venue
        # What it says is heard in the engine's next turn.
        venue.together = True
        self._clock = clock
        self._deliver = deliver
        self._asked = False

    def execute(self, command: Command) -> None:
        self.take(command)
        self.answer()

    def take(self, command: Command) -> None:
        """One of several commands that come together; `answer` follows in the same turn of the loop."""
        if isinstance(command, Submit) and self._venue.order(command.order_id) is not None:
            # What has this id exists: a refusal would be told of it. It is looked up, as at every venue.
            command = Query(command.time, command.order_id)
        self._asked = True
        self._venue.execute(command)

    def answer(self) -> None:
        """Tells what has become of what was taken, once it is durable: one commit holds all of it."""
        if self._asked:
            self._asked = False
            for report in self._venue.due(self._clock()):
                self._deliver(report)

    def hear(self, event: MarketEvent) -> list[Report]:
        """What happens here with a market event, before the engine sees it."""
        if self.symbols and event.symbol not in self.symbols:
            return []
        return list(self._venue.run(event))

    async def run(self) -> None:
        self._deliver(ConnectionChanged(self._clock(), self.account, True, "it is in this house"))
        await asyncio.get_running_loop().create_future()

    async def snapshot(self) -> AccountSnapshot:
        now, venue = self._clock(), self._venue
        working = [w for w in venue.exchange.working_orders() if w.order.account == self.account]
        return AccountSnapshot(
            now, self.account, now, sorted(venue.balances(self.account).items()),
            [(symbol, size, 0) for symbol, size in sorted(venue.positions(self.account).items()) if size],
            [(w.order.id, w.filled) for w in working if w.status == WORKING],
        )  # fmt: skip

    async def instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        markets = self._venue.exchange.markets
        missing = [symbol for symbol in symbols if symbol not in markets]
        if missing:
            raise InputError(f"{', '.join(missing)}: not listed at the paper venue")
        return [markets[symbol].instrument for symbol in symbols]

    def watch(self, instruments: Sequence[Instrument]) -> None:
        """Its market is whatever it hears."""

    async def bars(self, instrument: Instrument, seconds: int, start: int, end: int) -> list[Bar]:
        raise InputError(f"{instrument.symbol}: a paper venue keeps no history; ask the venue whose market it follows")

    async def close(self) -> None:
        self._venue.close()
