"""MetaTrader 5 by way of a connector: a currency pair in an account that nets, and in one that hedges."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from tests.venues.stand import HOST, Booked, Ground, NetStand
from tradewright.adapters.venue.mt5 import Credentials, Endpoints, Mt5Client
from tradewright.adapters.venue.mt5.outgoing import Mt5Reader
from tradewright.adapters.venue.mt5.supported import HEDGING_LIMITS, NETTING_LIMITS
from tradewright.model.account import HEDGING, NETTING, Account
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.numbers import MONEY_ONE
from tradewright.model.rng import Rng
from tradewright.sim.models import Models
from tradewright.sim.wire.mt5 import Knobs, Mt5Site
from tradewright.sim.wire.mt5.orders import Order
from tradewright.sim.wire.site import Tape

EURO = Instrument(
    "EURUSD", "mt5", "forex", "EUR", "USD", 5, 2, contract=100_000, calendar="forex",
    rules=OrderRules(tick=1, step=1, size_min=1),
)  # fmt: skip


GOLD = Instrument(
    "XAUUSD", "mt5", "metal", "XAU", "USD", 2, 2, contract=100, calendar="metals",
    rules=OrderRules(tick=1, step=1, size_min=1),
)  # fmt: skip


class Mt5NettingStand(NetStand):
    """Its commissions are the broker's, told with the deal."""

    #: What moves with `move`; the broker lists both.
    traded = EURO
    limits = NETTING_LIMITS
    terms = Account(
        "main", "N", "mt5", mode=NETTING, kind="margin", leverage=100, native_exits=False, settles_ms=4_000,
        remote=True, reduce_only=False, cash_decimals=2,
    )  # fmt: skip
    ground = Ground("EURUSD", Decimal("1.1"), Decimal("0.0005"), Decimal("0.1"))
    settle_seconds = 3.0
    #: A broker rounds what each close made, half a cent at most.
    rounds = MONEY_ONE // 200
    site: Mt5Site

    def new_site(self) -> Mt5Site:
        knobs = Knobs(mode=self.terms.mode)
        site = Mt5Site((EURO, GOLD), Tape(()), Rng(7), self.clock(), knobs=knobs, models=Models(fee="per_order:7"))
        self.open_books(site)
        return site

    def open_books(self, site: Mt5Site) -> None:
        """What the broker has before anybody looks."""

    def reader(self) -> Mt5Reader:
        return Mt5Reader(Endpoints(f"http://{HOST}"))

    def new_client(self) -> Mt5Client:
        keys, ends = Credentials("demo-token"), Endpoints(f"http://{HOST}")
        return Mt5Client(self.terms, keys, ends, self.wire(), self.clock, Rng(3), self.orders, self.deliver)

    def show(self, bid: Decimal, ask: Decimal, size: Decimal) -> None:
        self.play(Tape([self.quote(self.traded, bid, ask, size)]))

    def play(self, tape: Tape) -> None:
        self.site.broker.tape = tape
        self.pump()

    def trades(self) -> list[Booked]:
        scale = self.instrument.size_scale
        price = 10**self.instrument.price_scale / 10**self.traded.price_scale
        return [
            Booked(
                1 if deal.type == 0 else -1, int(deal.price * price),
                deal.volume * 10**scale // 10**self.traded.size_scale, -int(deal.commission * MONEY_ONE),
                "USD" if deal.commission else "",
            )
            for deal in self.site.broker.deals if deal.symbol is not None
        ]  # fmt: skip

    def alive(self) -> list[str]:
        broker = self.site.broker
        found = [order.comment.partition("_")[0] for order in broker.orders.values()]
        for one in [*broker.orders.values(), *broker.positions]:
            # Exits of a hedging account are prices of what they guard.
            exits = [(self._guard(one.ticket, slot)) for slot, price in (("sl", one.sl), ("tp", one.tp)) if price]
            found += exits
        return found

    def _guard(self, ticket: int, slot: str) -> str:
        return next(
            (id for id, state in self.book.states.items() if state.venue_id == f"{ticket}:{slot}"), f"{ticket}:{slot}"
        )

    def misplace(self, steps: int) -> None:
        for position in self.site.broker.positions:
            position.volume += steps * EURO.rules.step

    def enrich(self, share: Fraction) -> None:
        self.site.broker.balance *= 1 + share

    def inherit(self) -> None:
        self.move(0)
        broker = self.site.broker
        symbol = broker.symbols["EURUSD"]
        broker.enter(Order(broker.ticket(), symbol, 0, 20, filling=1, comment="of old"))
        while len(broker.deals) > 1:
            broker.deals.pop()
        broker.history.clear()

    def suspend(self, suspended: bool) -> None:
        self.site.broker.symbols[self.traded.symbol].trade_mode = 3 if suspended else 4

    def unlist(self) -> None:
        del self.site.broker.symbols[self.traded.symbol]

    def placed(self) -> int:
        broker = self.site.broker
        return len(broker.orders) + len(broker.history)


class Mt5HedgingStand(Mt5NettingStand):
    limits = HEDGING_LIMITS
    terms = Account(
        "main", "H", "mt5", mode=HEDGING, kind="margin", leverage=100, settles_ms=4_000, remote=True
    )  # fmt: skip
