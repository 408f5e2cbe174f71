"""Binance Spot: one pair in a cash account that nets."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from tests.venues.stand import HOST, Booked, Ground, NetStand
from tradewright.adapters.venue.binance import BinanceSpot, Credentials
from tradewright.adapters.venue.binance.endpoints import endpoints_at
from tradewright.adapters.venue.binance.outgoing import BinanceReader
from tradewright.adapters.venue.binance.supported import LIMITS
from tradewright.model.account import Account
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Trade
from tradewright.model.numbers import MONEY_ONE, MONEY_SCALE, money_of
from tradewright.model.rng import Rng
from tradewright.sim.wire.binance import BinanceSite
from tradewright.sim.wire.site import Tape

PAIR = Instrument(
    "BTCUSDT", "binance", "crypto", "BTC", "USDT", 2, 5,
    rules=OrderRules(tick=1, step=1, size_min=1, notional_min=money_of("5", "notional"), shortable=False),
)  # fmt: skip
#: Decimals in the venue's own books.
SCALE = 8


class BinanceStand(NetStand):
    """Fees are taken from what comes in: of a buy in the base, so that less is owned than was bought."""

    limits = LIMITS
    terms = Account(
        "main", "B", "binance", currency="USDT", native_exits=False, settles_ms=4_000, remote=True, reduce_only=False
    )
    ground = Ground("BTCUSDT", Decimal(100), Decimal("0.10"), Decimal("0.5"))
    settle_seconds = 1.0
    spare = 1
    site: BinanceSite

    def new_site(self) -> BinanceSite:
        balances = {"demo": {"USDT": "100000"}}
        return BinanceSite((PAIR,), Tape(()), Rng(7), self.clock(), balances=balances)

    def reader(self) -> BinanceReader:
        return BinanceReader(endpoints_at(HOST))

    def new_client(self) -> BinanceSpot:
        keys = Credentials("demo-key", "demo-secret")
        return BinanceSpot(
            self.terms, keys, endpoints_at(HOST), self.wire(), self.clock, Rng(3), self.orders, self.deliver
        )  # fmt: skip

    def show(self, bid: Decimal, ask: Decimal, size: Decimal) -> None:
        """Stops look at prints, so that one of the smallest size comes first."""
        quote = self.quote(PAIR, bid, ask, size)
        middle = (quote.bid_units + quote.ask_units) // 2
        self.play(Tape([Trade(self.clock(), PAIR, middle, 1, 1), quote]))

    def trades(self) -> list[Booked]:
        one = self.instrument
        return [
            Booked(
                order.terms.side, fill.price * 10**one.price_scale // 10**SCALE,
                fill.quantity * 10**one.size_scale // 10**SCALE, fill.commission, fill.asset,
            )
            for order, fill in self.site.venue.accounts["demo"].fills
        ]  # fmt: skip

    def alive(self) -> list[str]:
        return [order.client_id.partition("_")[0] for order in self.site.venue.accounts["demo"].open.values()]

    def refusal_code(self, code: str) -> str:
        """The table's word is for the sentence; the code is one."""
        return "UNSUPPORTED"

    def misplace(self, steps: int) -> None:
        self._owned()["BTC"] += steps * 10 ** (MONEY_SCALE - PAIR.size_scale)

    def enrich(self, share: Fraction) -> None:
        owned = self._owned()
        owned["USDT"] += int(owned["USDT"] * share)

    def inherit(self) -> None:
        self._owned()["BTC"] += MONEY_ONE

    def suspend(self, suspended: bool) -> None:
        self.site.venue.rules["BTCUSDT"].status = "HALT" if suspended else "TRADING"

    def unlist(self) -> None:
        del self.site.venue.rules["BTCUSDT"]

    def _owned(self) -> dict[str, int]:
        return self.site.venue.accounts["demo"].wallet.owned

    def placed(self) -> int:
        return len(self.site.venue.accounts["demo"].orders)
