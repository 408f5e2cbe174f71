"""The paper account, over the exchange of this house with its durable book."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.venues.stand import Booked, Ground, Stand
from tradewright.model.account import MARGIN, Account
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Quote
from tradewright.model.numbers import count_of, money_of
from tradewright.model.rng import Rng
from tradewright.ports import Clock
from tradewright.sim.models import Models
from tradewright.sim.paper import PaperVenue
from tradewright.sim.paper_account import LIMITS, PaperAccount
from tradewright.sim.wire.faults import Fault

SHARE = Instrument(
    "ACME", "paper", "equity", "ACME", "USD", 2, 0, calendar="us-equity", rules=OrderRules(tick=1, size_min=5, step=5)
)
CASH = "100000"


class PaperStand(Stand):
    """Its reports come before the market event that brought them, as the connected engine has it."""

    limits = LIMITS
    terms = Account("main", "P", "paper", kind=MARGIN, leverage=2)
    ground = Ground("ACME", Decimal(100), Decimal("0.10"), Decimal(10))

    def __init__(self, clock: Clock, faults: Sequence[Fault] = ()) -> None:
        super().__init__(clock, faults)
        self.folder = TemporaryDirectory()
        self.stopped = False
        self.venue = self._venue()
        self.venue.open_account("main", balances={"USD": money_of(CASH, "cash")})

    def _venue(self) -> PaperVenue:
        models = Models(fee="bps:10")
        return PaperVenue(Path(self.folder.name) / "book.sqlite", models, Rng(7), [SHARE])

    def new_client(self) -> PaperAccount:
        if self.stopped:
            self.venue = self._venue()
        self.stopped = False
        return PaperAccount("main", self.venue, self.clock, self.deliver)

    async def stop(self) -> None:
        await super().stop()
        self.stopped = True

    async def end(self) -> None:
        await super().end()
        self.folder.cleanup()

    def show(self, bid: Decimal, ask: Decimal, size: Decimal) -> None:
        lots = int(size)
        quote = Quote(self.clock(), SHARE, count_of(bid, 2, "bid"), count_of(ask, 2, "ask"), lots, lots)
        client = self.client
        assert isinstance(client, PaperAccount)
        for report in client.hear(quote):
            self.book.deliver(report)

    def trades(self) -> list[Booked]:
        found = []
        for fill in self.venue.fills_since():
            order = self.venue.order(fill.order_id)
            assert order is not None
            found.append(
                Booked(
                    order.order.side, fill.price_units, fill.size_units, fill.fee, fill.fee_currency * bool(fill.fee)
                )
            )
        return found

    def alive(self) -> list[str]:
        return [working.order.id for working in self.venue.exchange.working_orders()]

    def placed(self) -> int:
        return len(self.venue.orders_since())

    def sent(self) -> int:
        return len(self.venue.orders_since())
