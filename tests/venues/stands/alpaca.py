"""Alpaca: shares of one company in a margin account, and a pair of crypto in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from tests.venues.stand import HOST, Booked, Ground, NetStand
from tradewright.adapters.venue.alpaca import AlpacaVenue, Credentials, Endpoints
from tradewright.adapters.venue.alpaca.outgoing import AlpacaReader
from tradewright.adapters.venue.alpaca.supported import LIMITS, PAIR_LIMITS
from tradewright.model.account import MARGIN, Account
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Bar, Trade
from tradewright.model.rng import Rng
from tradewright.ports import Clock
from tradewright.sim.models import Models
from tradewright.sim.wire.alpaca import AlpacaSite, Knobs
from tradewright.sim.wire.alpaca.assets import Asset
from tradewright.sim.wire.alpaca.ledger import Ledger, Position
from tradewright.sim.wire.faults import Fault
from tradewright.sim.wire.site import Tape

SHARE = Instrument(
    "ACME", "alpaca", "equity", "ACME", "USD", 4, 9, calendar="us-equity", rules=OrderRules(tick=100, step=10**9)
)
PAIR = Instrument(
    "BTCUSD", "alpaca", "crypto", "BTC", "USD", 4, 9, rules=OrderRules(tick=100, step=10**4, size_min=10**4)
)
#: Decimals of sizes in the venue's own books.
SIZE_SCALE = 9
MINUTE_NS = 60 * 10**9


class AlpacaStand(NetStand):
    """Fees are the venue's own afterwards, so that money moves apart from fills."""

    traded = SHARE
    fee = "bps:10"
    #: Size counts of a print.
    print_size = 10**SIZE_SCALE
    limits = LIMITS
    terms = Account(
        "main", "A", "alpaca", kind=MARGIN, leverage=2, settles_ms=4_000, remote=True, reduce_only=False,
        native_exits=False, cash_decimals=2,
    )  # fmt: skip
    ground = Ground("ACME", Decimal(100), Decimal("0.10"), Decimal(10))
    settle_seconds = 1.0
    site: AlpacaSite

    def __init__(self, clock: Clock, faults: Sequence[Fault] = ()) -> None:
        super().__init__(clock, faults)
        self.prints: dict[int, list[int]] = {}

    def new_site(self) -> AlpacaSite:
        return AlpacaSite(
            (self.traded,), Tape(()), Rng(7), self.clock(), knobs=Knobs(sizes=True), models=Models(fee=self.fee)
        )

    def reader(self) -> AlpacaReader:
        return AlpacaReader(Endpoints.at(f"http://{HOST}", f"ws://{HOST}"))

    def new_client(self) -> AlpacaVenue:
        keys, ends = Credentials("demo-key", "demo-secret"), Endpoints.at(f"http://{HOST}", f"ws://{HOST}")
        return AlpacaVenue(
            self.terms, keys, ends, self.wire(), self.clock, Rng(3), self.orders, self.deliver
        )  # fmt: skip

    def show(self, bid: Decimal, ask: Decimal, size: Decimal) -> None:
        """A print comes first, and before it the bar of the minute that is over."""
        quote, now = self.quote(self.traded, bid, ask, size), self.clock()
        middle = (quote.bid_units + quote.ask_units) // 2
        minute = now - now % MINUTE_NS
        over = [self._bar(begin, prints) for begin, prints in self.prints.items() if begin < minute]
        self.prints = {minute: [*self.prints.get(minute, []), middle]}
        self.play(Tape([*over, Trade(now, self.traded, middle, self.print_size, 1), quote]))

    def _bar(self, begin: int, prints: list[int]) -> Bar:
        return Bar(
            begin + MINUTE_NS, self.traded, begin, prints[0], max(prints), min(prints), prints[-1],
            len(prints) * self.print_size,
        )  # fmt: skip

    def trades(self) -> list[Booked]:
        scale = self.instrument.size_scale
        return [
            Booked(
                1 if row["side"] == "buy" else -1, self._price(row["price"]),
                int(Decimal(row["qty"]) * 10**scale), 0, "",
            )
            for _, row in self.site.accounts["demo-key"].activities._rows if row["activity_type"] == "FILL"
        ]  # fmt: skip

    def _price(self, text: str) -> int:
        return int(Decimal(text) * 10**self.instrument.price_scale)

    def alive(self) -> list[str]:
        return [
            order.terms.client_order_id.partition("_")[0] for order in self.site.accounts["demo-key"].working()
        ]  # fmt: skip

    def misplace(self, steps: int) -> None:
        self._hold(steps * self.traded.rules.step)

    def _hold(self, size: int) -> None:
        """There is so much more of it."""
        ledger, asset = self._ledger(), self._asset()
        held = ledger.positions.get(asset.plain) or Position(asset, 0, 0, 0)
        cost = asset.money(int(self.ground.middle * 10**self.traded.price_scale), held.size + size)
        ledger.positions[asset.plain] = replace(held, size=held.size + size, cost=cost)
        ledger.keep(self.clock())

    def enrich(self, share: Fraction) -> None:
        ledger = self._ledger()
        ledger.cash += int(ledger.cash * share)
        ledger.keep(self.clock())

    def inherit(self) -> None:
        self._hold(int(2 * self.ground.lot * 10**SIZE_SCALE))

    def suspend(self, suspended: bool) -> None:
        self._asset().status = "inactive" if suspended else "active"

    def unlist(self) -> None:
        asset, names = self._asset(), self.site.assets._by_name
        for name in [name for name, one in names.items() if one is asset]:
            del names[name]

    def _asset(self) -> Asset:
        asset = self.site.assets.find(self.traded.symbol)
        assert asset is not None
        return asset

    def _ledger(self) -> Ledger:
        return self.site.accounts["demo-key"].ledger

    def placed(self) -> int:
        return len(self.site.accounts["demo-key"].orders)


class AlpacaPairStand(AlpacaStand):
    traded = PAIR
    print_size = PAIR.rules.step
    limits = PAIR_LIMITS
    ground = Ground("BTCUSD", Decimal(100), Decimal("0.10"), Decimal("0.5"))
