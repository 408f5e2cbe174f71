"""A simulated MT5 connector in the same process, with a client of ours before it and a way to its broker's books."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import msgspec

from tradewright.adapters.net.outgoing import Reader
from tradewright.adapters.venue.mt5 import Credentials, Endpoints, Mt5Client, Polling
from tradewright.adapters.venue.mt5.outgoing import Mt5Reader
from tradewright.model.account import HEDGING, NETTING, Account
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import MONEY_SCALE, count_of
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Orders, Transport
from tradewright.prove.auditor import Names, Placed, Truth
from tradewright.prove.stand import Stand, market_of
from tradewright.sim.wire.faults import BANNED
from tradewright.sim.wire.message import Answer, Request
from tradewright.sim.wire.mt5 import Knobs, Mt5Site
from tradewright.sim.wire.mt5.constants import DEAL_REASON_SL, DEAL_REASON_TP, DEAL_TYPE_BUY
from tradewright.sim.wire.mt5.orders import Deal
from tradewright.sim.wire.mt5.symbols import Symbol

HOST = "mt5"
#: Seconds between two looks at the rules: what changed on a day is known at its end.
RULES_PACE = 20.0
SYMBOLS = ("EURUSD", "XAUUSD")
PATH = "/api/v1/trades/open"
#: Requote, invalid price, price changed, price off.
TURNED_AWAY = (10004, 10015, 10020, 10021)
#: Which exit of its position a deal was, by its reason.
SLOTS = {DEAL_REASON_SL: "sl", DEAL_REASON_TP: "tp"}
CENT = 10 ** (MONEY_SCALE - 2)


class Mt5Stand(Stand):
    """On a Wednesday noon; hedging with every other seed, and then exits are the positions' own."""

    name = "mt5"
    symbols = SYMBOLS
    near = 50_000
    never = {BANNED: "its connector has one user, whom it tells to wait with 429 and never bans"}
    #: The largest opening on days with limits; some of what its strategy wants is larger.
    order_value = "4400"
    #: The largest position and the value of all of them on such days.
    quantity, exposure = "0.1", "12000"
    start = 1_772_625_600 * 10**9

    def __init__(self, seed: int, now: int) -> None:
        market = market_of("mt5", "USD", SYMBOLS, seed, now)
        mode = HEDGING if seed % 2 == 0 else NETTING
        rng = Rng(seed).split("venue")
        self.site = Mt5Site(tuple(market.instruments), self.tape(market), rng, now, knobs=Knobs(mode=mode))
        self.terms = Account(
            "main", "A", "mt5", mode=mode, kind="margin", currency="USD", leverage=100, native_exits=mode == HEDGING,
            settles_ms=5_000, remote=True, reduce_only=mode == HEDGING, cash_decimals=2,
        )  # fmt: skip

    def reader(self) -> Reader:
        return Mt5Reader(Endpoints(f"http://{HOST}"))

    def client(
        self, transport: Transport, clock: Clock, rng: Rng, orders: Orders, deliver: Callable[[Event], None], since: int
    ) -> Mt5Client:
        """A new client of the account, which the engine knows up to then."""
        keys, ends = Credentials("demo-token"), Endpoints(f"http://{HOST}")
        pace = Polling(rules=RULES_PACE)
        return Mt5Client(self.terms, keys, ends, transport, clock, rng, orders, deliver, polling=pace, since=since)

    def truth(self, instruments: Sequence[Instrument]) -> Truth:
        """The broker's own books, in the counts of these instruments. Its balance less what open positions cost; it
        rounds what a close made to a cent."""
        broker = self.site.broker
        known = {one.symbol: one for one in instruments}
        sizes = dict.fromkeys(known, 0)
        cash = broker.balance
        for position in broker.positions:
            instrument = known[position.symbol.canonical]
            size = position.side * position.volume
            sizes[instrument.symbol] += size * 10**instrument.size_scale // 10**position.symbol.instrument.size_scale
            worth = position.price * size * position.symbol.instrument.money_factor
            cash -= worth / 10**MONEY_SCALE
        fills = {}
        for deal in broker.deals:
            if deal.symbol is not None:
                fills[deal.symbol.canonical, str(deal.ticket)] = self._fill(deal, deal.symbol, known)
        working = [(order.comment, str(order.ticket)) for order in broker.orders.values()]
        for position in broker.positions:
            # A position's own exits have no ticket: here they go by the position's.
            for name, price in (("sl", position.sl), ("tp", position.tp)):
                working += [("", f"{position.ticket}:{name}")] if price else []
        money = {"USD": round(cash * 10**MONEY_SCALE)}
        rules = {
            one.canonical: (
                one.tick * 10 ** known[one.canonical].price_scale // 10**one.instrument.price_scale,
                one.step * 10 ** known[one.canonical].size_scale // 10**one.instrument.size_scale,
            )
            for one in broker.symbols.values()
        }  # fmt: skip
        return Truth(sizes, money, working, fills, len(fills) * CENT, rules)

    def _fill(self, deal: Deal, symbol: Symbol, known: Mapping[str, Instrument]) -> tuple[Names, int, int, int]:
        """A deal of a position's own exit goes by the position's ticket, as the exit did."""
        one, slot = known[symbol.canonical], SLOTS.get(deal.reason)
        names = ("", f"{deal.position_id}:{slot}") if slot else (deal.comment, str(deal.order))
        price = round(Fraction(deal.price) * 10**one.price_scale / 10**symbol.instrument.price_scale)
        size = deal.volume * 10**one.size_scale // 10**symbol.instrument.size_scale
        return names, 1 if deal.type == DEAL_TYPE_BUY else -1, price, size

    def placed(self, request: Request, instruments: Sequence[Instrument]) -> list[Placed]:
        """What a request asks to place; what closes a position by its ticket is none."""
        if request.method != "POST" or request.path != PATH:
            return []
        fields = msgspec.json.decode(request.body)
        instrument = next(one for one in instruments if fields["symbol"].startswith(one.symbol))
        price = fields.get("entry_price") if fields["order_kind"] == "limit" else None
        return [
            Placed(
                fields["comment"], 1 if fields["direction"] == "buy" else -1,
                count_of(str(fields["lot_size"]), instrument.size_scale, "lots"),
                count_of(str(price), instrument.price_scale, "price") if price else 0,
            )
        ]  # fmt: skip

    def turned_away(self, answer: Answer) -> bool:
        """Whether it says that there is no such order, and may be asked anew: too many requests, a requote, a price
        that moved or has been reached already."""
        return answer.status == 429 or any(
            b'"retcode":%d' % retcode in answer.body.replace(b" ", b"") for retcode in TURNED_AWAY
        )
