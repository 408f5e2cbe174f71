"""A simulated Binance Spot in the same process, with a client of ours before it and a way to its own books."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import parse_qs

from tradewright.adapters.net.outgoing import Reader
from tradewright.adapters.venue.binance import BinanceSpot, Credentials
from tradewright.adapters.venue.binance.endpoints import endpoints_at
from tradewright.adapters.venue.binance.outgoing import BinanceReader
from tradewright.model.account import Account
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import MONEY_SCALE, count_of
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Orders, Transport
from tradewright.prove.auditor import Placed, Truth
from tradewright.prove.stand import Stand, market_of
from tradewright.sim.wire.binance import BinanceSite
from tradewright.sim.wire.message import Answer, Request

HOST = "binance"
#: Seconds between two looks at the rules: what changed on a day is known at its end.
RULES_PACE = 20.0
SYMBOLS = ("BTCUSDT", "ETHUSDT")
DEMO = "demo"
PATH = "/api/v3/order"
SCALE = 8


class BinanceStand(Stand):
    """Exits wait here: the venue's own lists wait until an opening is filled whole."""

    name = "binance"
    symbols = SYMBOLS
    near = 10_000
    #: The largest opening on days with limits; some of what its strategy wants is larger.
    order_value = "45"
    #: The largest position on such days, which begin with 20 of one coin. The value of all is what others make of it.
    quantity, exposure = "20.012", "1000000"
    #: How the venue's exchange fills, as `sim.models.fill` has it.
    partial = "volume:0.5"
    start = 1_785_000_000 * 10**9

    def __init__(self, seed: int, now: int) -> None:
        market = market_of("binance", "USDT", SYMBOLS, seed, now)
        rng = Rng(seed).split("venue")
        self.site = BinanceSite(tuple(market.instruments), self.tape(market), rng, now, partial=self.partial)
        self.terms = Account(
            "main", "A", "binance", kind="cash", currency="USDT", native_exits=False, settles_ms=5_000,
            remote=True, reduce_only=False, cash_decimals=8,
        )  # fmt: skip

    def reader(self) -> Reader:
        return BinanceReader(endpoints_at(HOST))

    def client(
        self, transport: Transport, clock: Clock, rng: Rng, orders: Orders, deliver: Callable[[Event], None], since: int
    ) -> BinanceSpot:
        """A new client of the account, which the engine knows up to then."""
        keys = Credentials("demo-key", "demo-secret")
        return BinanceSpot(
            self.terms, keys, endpoints_at(HOST), transport, clock, rng, orders, deliver, since, RULES_PACE
        )  # fmt: skip

    def truth(self, instruments: Sequence[Instrument]) -> Truth:
        """The venue's own books, in the counts of these instruments."""
        account = self.site.venue.accounts[DEMO]
        known = {one.symbol: one for one in instruments}
        owned = dict(account.wallet.owned)
        positions = {one.symbol: owned.pop(one.base, 0) // 10 ** (MONEY_SCALE - one.size_scale) for one in instruments}
        fills = {}
        for order, fill in account.fills:
            instrument = known[order.terms.rules.symbol]
            fills[instrument.symbol, str(fill.id)] = (
                (order.client_id, str(order.id)), order.terms.side,
                fill.price * 10**instrument.price_scale // 10**SCALE,
                fill.quantity * 10**instrument.size_scale // 10**SCALE,
            )  # fmt: skip
        working = [(order.client_id, str(order.id)) for order in account.open.values()]
        money = {name: amount for name, amount in owned.items() if amount}
        return Truth(positions, money, working, fills, rules=self._rules(instruments))

    def _rules(self, instruments: Sequence[Instrument]) -> dict[str, tuple[int, int]]:
        found = {}
        for one in instruments:
            rules = self.site.venue.rules[one.symbol]
            tick, step = rules.tick * 10**one.price_scale, rules.step * 10**one.size_scale
            found[one.symbol] = (tick // 10**SCALE, step // 10**SCALE)
        return found

    def placed(self, request: Request, instruments: Sequence[Instrument]) -> list[Placed]:
        """What a request asks to place. Read from its bytes, as the venue reads them."""
        if request.method != "POST" or request.path != PATH:
            return []
        fields = {name: values[0] for name, values in parse_qs(f"{request.query}&{request.body.decode()}").items()}
        instrument = next(one for one in instruments if one.symbol == fields["symbol"])
        limit = fields.get("price")
        return [
            Placed(
                fields["newClientOrderId"], 1 if fields["side"] == "BUY" else -1,
                count_of(fields["quantity"], instrument.size_scale, "quantity"),
                count_of(limit, instrument.price_scale, "price") if limit else 0,
            )
        ]  # fmt: skip

    def turned_away(self, answer: Answer) -> bool:
        """Whether it says that there is no room for the request, or that it came at another time than it was signed
        for: it is refused before matching, and made once more when there is room, or with a clock measured anew."""
        return answer.status in (418, 429) or b'"code":-1021' in answer.body.replace(b" ", b"")
