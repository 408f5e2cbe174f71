"""A simulated Alpaca in the same process, with a client of ours before it and a way to its own books."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from tradewright.adapters.net.outgoing import Reader
from tradewright.adapters.venue.alpaca import AlpacaVenue, Credentials, Endpoints, Options
from tradewright.adapters.venue.alpaca.outgoing import AlpacaReader
from tradewright.model.account import Account
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import count_of, text_of
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Orders, Transport
from tradewright.prove.auditor import Names, Placed, Truth
from tradewright.prove.stand import Stand, market_of
from tradewright.sim.models import Models
from tradewright.sim.wire.alpaca import AlpacaSite
from tradewright.sim.wire.faults import BANNED
from tradewright.sim.wire.message import Answer, Request

HOST = "alpaca"
#: Seconds between two looks at the rules, as at the other venues of the proofs.
RULES_PACE = 20.0
SYMBOLS = ("ACME", "GLOBEX")
KEY, SECRET = "demo-key", "demo-secret"
PATH = "/v2/orders"
ENDS = Endpoints.at(f"http://{HOST}", f"ws://{HOST}")
SIZE_SCALE = 9


class AlpacaStand(Stand):
    """Shares, on a Tuesday morning in New York; exits linked by the venue with every other seed."""

    name = "alpaca"
    symbols = SYMBOLS
    near = 10_000
    never = {BANNED: "it refuses what is too much with 429 and bans no address"}
    #: The largest opening on days with limits; some of what its strategy wants is larger.
    order_value = "1000"
    #: The largest position and the value of all of them on such days.
    quantity, exposure = "12", "4000"
    #: How the venue's exchange fills, as `sim.models.fill` has it.
    partial = "random:0.3"
    start = 1_784_644_200 * 10**9

    def __init__(self, seed: int, now: int) -> None:
        market = market_of("alpaca", "USD", SYMBOLS, seed, now)
        rng = Rng(seed).split("venue")
        models = Models(partial=self.partial)
        self.site = AlpacaSite(tuple(market.instruments), self.tape(market), rng, now, models=models)
        self.terms = Account(
            "main", "A", "alpaca", kind="margin", currency="USD", native_exits=seed % 2 == 0, settles_ms=5_000,
            remote=True, reduce_only=False, cash_decimals=2,
        )  # fmt: skip

    def reader(self) -> Reader:
        return AlpacaReader(ENDS)

    def client(
        self, transport: Transport, clock: Clock, rng: Rng, orders: Orders, deliver: Callable[[Event], None], since: int
    ) -> AlpacaVenue:
        """A new client of the account, which the engine knows up to then."""
        options = Options(rules_every=RULES_PACE)
        return AlpacaVenue(
            self.terms, Credentials(KEY, SECRET), ENDS, transport, clock, rng, orders, deliver, options, since
        )  # fmt: skip

    def truth(self, instruments: Sequence[Instrument]) -> Truth:
        """The venue's own books, in the counts of these instruments."""
        account = self.site.accounts[KEY]
        positions = {
            one.symbol: held.size * 10**one.size_scale // 10**SIZE_SCALE
            for one in instruments
            for symbol, held in account.ledger.positions.items()
            if symbol == one.symbol
        }
        working = [(order.terms.client_order_id, order.id) for order in account.working()]
        late = [
            (order.terms.client_order_id, order.id) for order in account.orders.values()
            if 0 < max(order.canceled_at, order.expired_at) < order.filled_at
        ]  # fmt: skip
        return Truth(positions, {"USD": account.ledger.cash}, working, self._fills(instruments), late=late)

    def _fills(self, instruments: Sequence[Instrument]) -> dict[tuple[str, str], tuple[Names, int, int, int]]:
        """By what was filled of an order with each: its executions have no other id that is told everywhere."""
        account, known, found = self.site.accounts[KEY], {one.symbol: one for one in instruments}, {}
        for row in account.activities.rows("FILL"):
            instrument, order = known[row["symbol"]], account.orders[row["order_id"]]
            total, size = (count_of(row[name], instrument.size_scale, name) for name in ("cum_qty", "qty"))
            found[instrument.symbol, f"{order.id}:{text_of(total, instrument.size_scale)}"] = (
                (order.terms.client_order_id, order.id), order.terms.side,
                count_of(row["price"], instrument.price_scale, "price"), size,
            )  # fmt: skip
        return found

    def placed(self, request: Request, instruments: Sequence[Instrument]) -> list[Placed]:
        """What a request asks to place; its legs go by ids of the venue's making."""
        if request.method != "POST" or request.path != PATH:
            return []
        fields = msgspec.json.decode(request.body)
        instrument = next(one for one in instruments if one.symbol == fields["symbol"])
        limit = fields.get("limit_price")
        return [
            Placed(
                fields["client_order_id"], 1 if fields["side"] == "buy" else -1,
                count_of(str(fields["qty"]), instrument.size_scale, "quantity"),
                count_of(str(limit), instrument.price_scale, "price") if limit else 0,
            )
        ]  # fmt: skip

    def turned_away(self, answer: Answer) -> bool:
        """Whether there is no room for the request, or it refuses one order against another of the account: an exit
        goes again when there is room, or that one has ended. Nothing else is placed again under its name, whatever
        came of it."""
        return answer.status == 429 or (answer.status in (403, 422) and b"potential wash trade" in answer.body)
