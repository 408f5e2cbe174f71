"""A trader's life: five accounts, five instruments, strategies with whims, and a venue that may say anything.

`live(what, a, b)` makes one thing happen; the two numbers pick the instrument or the order it happens to, and how much.
The venue keeps its own notes of what it filled, from which `twins` work out every book a second time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from tests.unit.core.desk import listing
from tests.unit.core.twin import TwinBook, TwinFill
from tradewright.backtest.strategy_source import specification, strategy_class
from tradewright.core.engine import Engine
from tradewright.core.limits import limits_from
from tradewright.core.setup import Setup, StrategySpec
from tradewright.model import event as kinds
from tradewright.model.account import Account
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.codec import encode
from tradewright.model.command import Cancel, Command, Query, Replace, Submit
from tradewright.model.control import (
    ACTIVE,
    HALTED,
    RECONCILE,
    REDUCING,
    CashMoved,
    CloseRequested,
    OrderAdopted,
    RulesChanged,
    Started,
    Timer,
    TradingStateSet,
)
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.exit_plan import plan_from
from tradewright.model.fee import FeeEstimate
from tradewright.model.foreign import EXTERNAL
from tradewright.model.instrument import Instrument
from tradewright.model.lot import Match
from tradewright.model.market import Bar, Depth, Quote, QuoteBar, Trade
from tradewright.model.numbers import MONEY_SCALE, money_of
from tradewright.model.order import BUY, DAY, ENTRY, GTC, LIMIT, REDUCE_ONLY, STOP_LOSS, Order
from tradewright.model.order_request import ModifyRequested, OrderRequested
from tradewright.model.report import FOUND, Fill, FillPrice, Replaced, Report
from tradewright.model.reservation import ReleaseRequested, ReserveRequested
from tradewright.model.shadow import CASH, shadow_account, terms_from
from tradewright.model.sizer import sizer_from
from tradewright.trader import Outcome, Trader

WHIMS = Path(__file__).parent / "whims.py"
NAMES = ("net", "hedge", "cash", "held", "euro")
SYMBOLS = ("ACME", "SAPX", "BTCUSD", "ETHBTC", "EURUSD")
#: Price counts at the begin: 100.00, 80.00 EUR, 60 000.00, 0.050000 BTC and 1.10000.
PRICES = (10_000, 8_000, 6_000_000, 50_000, 110_000)
BEGIN = 1_794_925_800 * 10**9
HOUR = 3_600 * 10**9
STATE_SCOPES = ("all", "account:net", "account:hedge", "strategy:A", "strategy:F", "symbol:ACME", "symbol:BTCUSD")


def accounts() -> list[Account]:
    """Two that net, one of them holding exits here; one that hedges; one without debt; one counted in euro."""
    fee = FeeEstimate(200)
    return [
        Account("net", "net", "paper", kind="margin", leverage=5, fee=fee),
        Account("hedge", "hedge", "paper", "hedging", "margin", leverage=10),
        Account("cash", "cash", "paper", fee=fee),
        Account("held", "held", "paper", kind="margin", leverage=5, native_exits=False, day_zone="America/New_York"),
        Account("euro", "euro", "paper", "hedging", "margin", "EUR", 4, native_exits=False),
    ]


#: id, class, account, parameters.
STRATEGIES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("A", "Whims", "net", {"mood": 1}),
    ("B", "Whims", "net", {"mood": 2}),
    ("C", "Whims", "hedge", {"mood": 3}),
    ("D", "Whims", "cash", {"mood": 4}),
    ("E", "Whims", "held", {"mood": 5}),
    ("F", "Fickle", "euro", {"mood": 6}),
)


#: For openings that say no size, by account.
SIZERS = {
    "net": "percent:3", "hedge": "value:2000", "cash": "percent:2:max=500", "held": "fixed:3", "euro": "value:500",
}  # fmt: skip


@dataclass(slots=True)
class Sent:
    """An order as the venue has it."""

    order: Order
    quantity: int
    account: str
    filled: int = 0
    alive: bool = True
    cancelling: bool = False
    queried: bool = False
    terms: Replace | None = None
    named: bool = False


@dataclass(slots=True)
class Life:
    """calm: strategies act on one event in so many. limits: of every account. digest: of every record so far. shadow:
    options of a shadow of the account `net`, None = it has none."""

    calm: int = 1
    limits: dict[str, Any] = field(default_factory=dict)
    shadow: dict[str, Any] | None = None
    watch: Callable[[Engine], None] = lambda engine: None
    keep: bool = True
    now: int = BEGIN
    prices: list[int] = field(default_factory=lambda: list(PRICES))
    sent: dict[str, Sent] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    groups: list[tuple[bytes, list[bytes]]] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    alarms: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    moved: dict[tuple[str, str], int] = field(default_factory=dict)
    twins: dict[tuple[str, str, str], TwinBook] = field(default_factory=dict)
    overfilled: dict[str, bool] = field(default_factory=dict)
    told: int = 0
    trades: int = 0
    adopted: int = 0
    instruments: list[Instrument] = field(default_factory=list)
    trader: Trader = field(default_factory=lambda: Trader(lambda spec: strategy_class(spec.ref)))
    hash: Any = field(default_factory=lambda: blake2b(digest_size=32))

    def __post_init__(self) -> None:
        self.start()
        for account in accounts():
            for currency, amount in (("USD", "100000"), ("EUR", "50000"), ("BTC", "2"), ("ETH", "10")):
                if (account.name, currency) != ("euro", "ETH"):
                    self.move(account.name, currency, money_of(amount, "cash"))
        if self.shadow is not None:
            self.move("paper:net", "USD", CASH)
        for number, instrument in enumerate(self.instruments):
            price = self.prices[number]
            self.feed(Quote(self.tick(), instrument, price, price + 2, 100, 100))

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def live(self, what: str, a: int, b: int) -> None:
        """One thing of HAPPENINGS. a: which instrument or order; b: how much."""
        self.now += 1 + b % 1000 * 10**6
        HAPPENINGS[what](self, a, b)

    def tick(self) -> int:
        self.now += 1
        return self.now

    def feed(self, event: Event) -> Outcome:
        """One input; what it made is noted, and the venue takes its commands."""
        outcome = self.trader.step(event)
        rows = [encode(item) for item in (event, *outcome.outputs)]
        for row in rows:
            self.hash.update(row)
        self.told += 1
        self.counts[f"in {event.kind}"] += 1
        for output in outcome.outputs:
            self.counts[f"out {output.kind}"] += 1
            if isinstance(output, Decision):
                self.counts[f"refused {output.refusals[0].code}" if output.refusals else "approved"] += 1
        if self.keep:
            self.groups.append((rows[0], rows[1:]))
            self.matches += outcome.matches
            self.note(event)
        for alarm in outcome.alarms:
            self.alarms[alarm.code] += 1
        for command in outcome.commands:
            self.take(command)
        self.watch(self.engine)
        return outcome

    @property
    def engine(self) -> Engine:
        return self.trader.engine

    def start(self) -> None:
        """A run begins; the first one lists what there is."""
        specs: list[StrategySpec] = []
        for id, kind, account, parameters in STRATEGIES:
            given = {**parameters, "calm": self.calm}
            # Ether has no rate in euro: it would be three conversions away.
            names = tuple(symbol for symbol in SYMBOLS if (account, symbol) != ("euro", "ETHBTC"))
            specs.append(specification(f"{WHIMS}:{kind}", account, names, given, id)[0])
        limits = limits_from(self.limits).row()
        listed, terms = [listing(symbol) for symbol in SYMBOLS], [(terms, limits) for terms in accounts()]
        shadow = None
        if self.shadow is not None:
            shadow = terms_from(terms[0][0], self.shadow)
            terms.append((shadow_account(terms[0][0], shadow), []))
        sizers = {f"account:{name}": sizer_from(text) for name, text in SIZERS.items()}
        plans = {"account:held": plan_from({"stopLossPercent": 2, "breakEvenPercent": 1, "maxHoldingSeconds": 7_200})}
        setup = Setup(listed, terms, specs, {}, sizers, plans=plans, shadow=shadow)
        row = msgspec.json.decode(msgspec.json.encode(setup.row()), type=list[Any])
        self.feed(Started(self.tick(), self.engine.run + 1, row))
        self.instruments = self.engine.instruments

    def move(self, account: str, currency: str, amount: int) -> None:
        self.moved[account, currency] = self.moved.get((account, currency), 0) + amount
        self.feed(CashMoved(self.tick(), account, currency, amount, "by hand"))

    # ── the venue ──────────────────────────────────────────────────────────────────────────────────────────────────

    def take(self, command: Command) -> None:
        if isinstance(command, Submit):
            order = command.order
            self.sent[order.id] = Sent(order, order.quantity, order.account)
            return
        there = self.sent.get(command.order_id)
        if there is None:
            return
        if isinstance(command, Cancel):
            there.cancelling = True
        elif isinstance(command, Replace):
            there.terms = command
        elif isinstance(command, Query):
            there.queried = True

    def pick(self, a: int, alive: bool) -> Sent | None:
        """One of the venue's orders, of those the engine has not forgotten."""
        orders = [there for id, there in self.sent.items() if there.alive == alive and id in self.engine.orders]
        return orders[a % len(orders)] if orders else None

    def say(self, report: Report) -> None:
        self.reports.append(report)
        if len(self.reports) > 400:
            del self.reports[:200]
        self.feed(report)

    def fill(self, there: Sent, size: int, b: int) -> None:
        """So many counts, near the market, with a fee of some kind; the venue's clock may lag."""
        order = there.order
        instrument = order.instrument
        price = max(1, self.prices[instrument.index] + b % 41 - 20)
        self.trades += 1
        fee, currency = self.fee(instrument, price * size * instrument.money_factor, size)
        late = (b % 3) * (b % 977) * 10**6
        now = self.tick()
        if self.keep and there.filled + size > there.quantity:
            self.overfilled[order.id] = True
        there.filled += size
        if there.filled >= there.quantity:
            there.alive = False
        self.say(Fill(now, order.id, now - late, str(self.trades), price, size, fee, currency, b % 2 == 0))

    def fee(self, instrument: Instrument, notional: int, size: int) -> tuple[int, str]:
        """By turns: none, in the quote, in the base where there is one, a rebate, in a third currency."""
        turn = self.trades % 6
        if turn == 0:
            return 0, ""
        if turn == 1 or (turn in (2, 3) and instrument.asset_class == "equity"):
            return notional // 2000, instrument.quote
        if turn in (2, 3):
            units = size * instrument.contract * 10 ** (MONEY_SCALE - instrument.size_scale)
            return units // 1000 + 1, instrument.base
        if turn == 4:
            return -(notional // 5000), instrument.quote
        third = next(
            currency for currency in ("EUR", "USD", "BTC") if currency not in (instrument.base, instrument.quote)
        )
        return 10**15 * (1 + self.trades % 9), third

    def report(self, kind: int, there: Sent, code: str = "", text: str = "", late: int = 0) -> None:
        now = self.tick()
        self.say(Report(kind, now, there.order.id, now - late, code, text))

    # ── the second books ───────────────────────────────────────────────────────────────────────────────────────────

    def note(self, event: Event) -> None:
        """What a fill of a known order means, told to its twin once."""
        if not isinstance(event, Fill) or event.order_id not in self.engine.orders:
            return
        order = self.engine.orders[event.order_id].order
        key = (order.account, order.strategy, order.instrument.symbol)
        twin = self.twins.get(key)
        if twin is None:
            hedging = self.engine.accounts[order.account].terms.mode == "hedging"
            twin = self.twins[key] = TwinBook(order.instrument, hedging)
        if all(fill.trade != event.trade_id for fill in twin.fills):
            paid = Fraction(event.fee, 10**MONEY_SCALE)
            done = (event.time_venue, order.id, event.trade_id, order.side, event.size_units, event.price_units)
            reduces = bool(order.flags & REDUCE_ONLY)
            twin.fills.append(TwinFill(*done, paid, event.fee_currency, order.role != ENTRY, order.lot, reduces))

    def state_digest(self) -> str:
        """Everything: each record so far, the engine's state, the strategies' state."""
        strategies = msgspec.json.encode(self.trader.roster.strategy_state())
        parts = (self.hash.hexdigest(), self.trader.state_hash(), blake2b(strategies, digest_size=16).hexdigest())
        return " ".join(parts)


# ── happenings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _moved_price(life: Life, a: int, b: int) -> tuple[Instrument, int]:
    """An instrument and its next price: up to half a percent away, never far from where it began."""
    number = a % len(SYMBOLS)
    step = PRICES[number] * (b % 101 - 50) // 10_000
    price = life.prices[number] + step
    if not PRICES[number] // 2 < price < PRICES[number] * 2:
        price = PRICES[number]
    life.prices[number] = price
    return life.instruments[number], price


def _bar(life: Life, a: int, b: int) -> None:
    instrument, price = _moved_price(life, a, b)
    now = life.tick()
    span = 1 + price * (b % 7) // 500
    life.feed(Bar(now, instrument, now - HOUR // 60, price, price + span, max(1, price - span), price + b % 3, b % 900))


def _quote_bar(life: Life, a: int, b: int) -> None:
    instrument, price = _moved_price(life, a, b)
    now = life.tick()
    bid = (price, price + 9, max(1, price - 9), price + 1)
    life.feed(QuoteBar(now, instrument, now - HOUR // 60, *bid, *(units + 3 for units in bid)))


def _quote(life: Life, a: int, b: int) -> None:
    instrument, price = _moved_price(life, a, b)
    life.feed(Quote(life.tick() - (b % 5 == 0) * HOUR, instrument, price, price + b % 4, 1 + b % 90, 1 + a % 90))


def _trade(life: Life, a: int, b: int) -> None:
    instrument, price = _moved_price(life, a, b)
    life.feed(Trade(life.tick(), instrument, price, 1 + b % 90, b % 3 - 1))


def _depth(life: Life, a: int, b: int) -> None:
    instrument, price = _moved_price(life, a, b)
    levels = range(1 + b % 3)
    bids = tuple((price - 1 - level, 5 + level) for level in levels)
    life.feed(Depth(life.tick(), instrument, bids, tuple((price + 1 + level, 5 + level) for level in levels)))


def _accept(life: Life, a: int, b: int) -> None:
    there = life.pick(a, True)
    if there is not None:
        there.named = True
        life.report(kinds.ACCEPTED, there, text=f"V{there.order.id}", late=b % 5)


def _part(life: Life, a: int, b: int) -> None:
    there = life.pick(a, True)
    if there is not None:
        life.fill(there, 1 + b % (there.quantity - there.filled), b)


def _whole(life: Life, a: int, b: int) -> None:
    there = life.pick(a, True)
    if there is not None:
        life.fill(there, there.quantity - there.filled, b)


def _answer(life: Life, a: int, b: int) -> None:
    """What was asked last is answered: a new size, an end, or where the order stands."""
    asked = [there for there in life.sent.values() if there.cancelling or there.queried or there.terms is not None]
    asked = [there for there in asked if there.order.id in life.engine.orders]
    if not asked:
        return
    there = asked[a % len(asked)]
    terms, cancelling = there.terms, there.cancelling
    if terms is not None:
        there.terms = None
        if there.alive and terms.quantity > there.filled and b % 4:
            there.quantity = terms.quantity
            now = life.tick()
            life.say(Replaced(now, there.order.id, now - b % 9, terms.quantity, terms.limit_units, terms.stop_units))
        else:
            life.report(kinds.REPLACE_REJECTED, there, "TOO_LATE")
    elif cancelling:
        there.cancelling = False
        if there.alive and b % 4:
            there.alive = False
            life.report(kinds.CANCELLED, there, late=b % 5)
        else:
            life.report(kinds.CANCEL_REJECTED, there, "TOO_LATE")
    else:
        there.queried = False
        kind, code = (kinds.ACCEPTED, FOUND) if there.alive else (kinds.CANCELLED, "")
        life.report(kind, there, code, text="" if b % 2 else "found")


def _end(kind: int, code: str) -> Callable[[Life, int, int], None]:
    def happen(life: Life, a: int, b: int) -> None:
        there = life.pick(a, True)
        if there is not None:
            there.alive = False
            life.report(kind, there, code, "in words", b % 5)

    return happen


def _triggered(life: Life, a: int, b: int) -> None:
    there = life.pick(a, True)
    if there is not None:
        life.report(kinds.TRIGGERED, there)


def _unknown(life: Life, a: int, b: int) -> None:
    there = life.pick(a, True)
    if there is not None:
        life.report(kinds.OUTCOME_UNKNOWN, there, ("submit", "cancel", "replace")[b % 3])


def _resized(life: Life, a: int, b: int) -> None:
    """The venue works an order at other terms than were asked."""
    there = life.pick(a, True)
    if there is not None:
        there.quantity = there.filled + 1 + b % (2 * there.quantity)
        now, order = life.tick(), there.order
        limit = life.prices[order.instrument.index] if order.type == LIMIT else order.limit_units
        life.say(Replaced(now, order.id, now - b % 9, there.quantity, limit, order.stop_units))


def _again(life: Life, a: int, b: int) -> None:
    """Something is said a second time."""
    if not life.reports:
        return
    said = life.reports[a % len(life.reports)]
    if said.order_id not in life.engine.orders:
        return
    row: Any = said.row()
    now = life.tick()
    if isinstance(said, Fill | Replaced | FillPrice):
        life.feed(type(said)(now, *row[2:]))
    else:
        life.feed(Report(said.kind, now, *row[2:]))


def _ask(life: Life, a: int, b: int) -> None:
    """The price of an order that is sized at its fill."""
    there = life.pick(a, True)
    if there is not None and there.order.size_ppm:
        now = life.tick()
        life.feed(FillPrice(now, there.order.id, now, life.prices[there.order.instrument.index]))


def _late_fill(life: Life, a: int, b: int) -> None:
    there = life.pick(a, False)
    if there is not None and there.filled < there.quantity:
        life.fill(there, 1 + b % (there.quantity - there.filled), b)


def _overfill(life: Life, a: int, b: int) -> None:
    there = life.pick(a, b % 2 == 0)
    if there is not None:
        life.fill(there, max(1, there.quantity - there.filled + 1 + b % 3), b)


def _stranger(life: Life, a: int, b: int) -> None:
    """A report on an order nobody sent, of a run that never was: adopted orders are numbered in the first."""
    now = life.tick()
    life.feed(Fill(now, f"net-9999-{b}", now, f"S{life.trades}-{now}", 100, 1))


def _state(life: Life, a: int, b: int) -> None:
    scope = STATE_SCOPES[a % len(STATE_SCOPES)]
    life.feed(TradingStateSet(life.tick(), scope, (REDUCING, HALTED)[b % 2], "ann", "looks odd"))


def _rearm(life: Life, a: int, b: int) -> None:
    for scope in sorted({*life.engine.states, *(f"strategy:{name}" for name in life.engine.halted)}):
        life.feed(TradingStateSet(life.tick(), scope, ACTIVE, "ann", "understood"))


def _close(life: Life, a: int, b: int) -> None:
    account = accounts()[a % 5].name
    life.feed(CloseRequested(life.tick(), account, "" if b % 3 == 0 else SYMBOLS[b % 5], "ann", "home time"))


def _cash(life: Life, a: int, b: int) -> None:
    currency = ("USD", "EUR", "BTC")[b % 3]
    life.move(accounts()[a % 5].name, currency, (b % 2001 - 1000) * 10 ** (12 if currency == "BTC" else 15 + a % 3))


def _rules(life: Life, a: int, b: int) -> None:
    instrument = life.instruments[a % 5]
    ticks, steps = (1, 1, 2, 5), (1, 1, 1, 3)
    row = [ticks[b % 4], steps[b // 4 % 4], b % 3, 0, 0, (0, 50_000)[b % 2], b % 7 != 0, b % 11 != 0]
    life.feed(RulesChanged(life.tick(), instrument.index, row))


def _timer(life: Life, a: int, b: int) -> None:
    life.feed(Timer(life.tick(), RECONCILE if a % 8 == 0 else "minute"))


def _restart(life: Life, a: int, b: int) -> None:
    """The process ends and begins anew: what was on its way is looked up."""
    life.start()
    life.feed(Timer(life.tick(), RECONCILE))


def _adopt(life: Life, a: int, b: int) -> None:
    """An order that left while nothing could be written."""
    life.adopted += 1
    account = accounts()[a % 4].name
    strategy = "ACDE"[a % 4]
    order = Order(
        f"{account}-0-{life.adopted}", account, strategy, life.instruments[b % 5], 1 - b % 2 * 2, LIMIT, 1 + b % 20, 1,
        role="exit",
    )  # fmt: skip
    life.feed(OrderAdopted(life.tick(), msgspec.json.decode(msgspec.json.encode(order.row()))))
    state = life.engine.orders[order.id]
    life.sent[order.id] = Sent(state.order, order.quantity, account)


def _night(life: Life, a: int, b: int) -> None:
    """Hours pass; a day may roll, orders may end with it, and what ended long ago is forgotten."""
    life.now += (6 + b % 26) * HOUR
    life.feed(Timer(life.tick(), "minute"))
    for there in [there for there in life.sent.values() if there.alive and b % 2]:
        if there.order.id in life.engine.orders:
            there.alive = False
            life.report(kinds.EXPIRED, there, "DAY_OVER")
    for id in [id for id, there in life.sent.items() if not there.alive and id not in life.engine.orders]:
        del life.sent[id]


def _reserve(life: Life, a: int, b: int) -> None:
    """A person keeps a place, for a size or its slot alone, for some seconds or minutes."""
    account = accounts()[a % 5].name
    side, size, ttl = 1 - b % 2 * 2, (0, 1 + b % 40)[b % 3 > 0], (1 + b % 400) * 10**9
    now = life.tick()
    life.feed(ReserveRequested(now, f"r{now}", account, "H", SYMBOLS[b % 4], side, size, 0, ttl, "ann", "it waits"))


def _use(life: Life, a: int, b: int) -> None:
    """A person orders by hand: in a place that is kept, in one that has gone, or in none."""
    kept = list(life.engine.reservations)
    id = kept[a % len(kept)] if kept and b % 4 else ("gone", "")[b % 2]
    order = life.engine.reservations[id].order if id in life.engine.reservations else None
    account = accounts()[a % 5].name if order is None else order.account
    symbol = SYMBOLS[b % 4] if order is None else order.instrument.symbol
    side = 1 - b % 2 * 2 if order is None else order.side
    price, near = life.prices[SYMBOLS.index(symbol)], (0, 985 + b % 31, 0)[b % 3]
    terms = (price * near // 1000, id, "ann", "by hand", price * (1000 + side * 5) // 1000 if b % 5 == 0 else 0)
    flags = REDUCE_ONLY if not id and b % 7 == 0 else 0
    name = f"h{life.now}" if b % 4 < 2 else ""
    for _ in range(1 + (b % 8 == 0)):
        # Who has heard no answer asks again.
        size, force = 1 + b % 30, (GTC, DAY)[b % 2]
        life.feed(OrderRequested(life.tick(), account, "H", symbol, side, size, *terms, force, flags, name))


def _alter(life: Life, a: int, b: int) -> None:
    """A person wants other terms for an order that works, or its end; or a part of a position closed."""
    engine = life.engine
    orders = [engine.orders[id] for id in sorted(engine.orders)]
    working = [one for one in orders if one.is_open() and one.order.strategy != EXTERNAL and one.order.account in NAMES]
    if b % 3 == 0:
        every = [one for name in NAMES for one in engine.accounts[name].positions if one.net > 0]
        held = sorted(every, key=lambda one: (one.account, one.instrument.index))
        if held:
            one = held[a % len(held)]
            size = 1 + b % (one.long_size if one.long_size < one.net else one.net)
            now, symbol = life.tick(), one.instrument.symbol
            life.feed(CloseRequested(now, one.account, symbol, "ann", "less of it", size, BUY))
    elif working:
        order = working[a % len(working)].order
        if b % 3 == 1 and order.role != STOP_LOSS:
            life.feed(CancelRequested(life.tick(), "", "", "", 0, "ann", "enough", order.id))
        elif b % 3 == 2:
            limit, stop = (price * (990 + b % 21) // 1000 for price in (order.limit_units, order.stop_units))
            size, force = (0, 1 + b % 40)[b % 2], (0, GTC, DAY)[b % 5 // 2]
            asked_for = size or limit or stop or force
            # No exit is made larger or smaller by hand than what it guards.
            fits = size == 0 or (order.role != STOP_LOSS and not order.parent)
            if asked_for and fits:
                life.feed(ModifyRequested(life.tick(), order.id, size, limit, stop, force, "ann", "better so"))


def _release(life: Life, a: int, b: int) -> None:
    kept = list(life.engine.reservations)
    if kept:
        life.feed(ReleaseRequested(life.tick(), kept[a % len(kept)], "ann", "changed my mind"))


Happening = Callable[[Life, int, int], None]
MARKET: dict[str, Happening] = {
    "bar": _bar, "quote bar": _quote_bar, "quote": _quote, "trade": _trade, "depth": _depth,
}  # fmt: skip
#: What a venue says that makes no mistakes.
LAWFUL: dict[str, Happening] = {
    "accept": _accept, "part": _part, "whole": _whole, "answer": _answer, "triggered": _triggered,
    "unknown": _unknown, "rejected": _end(kinds.REJECTED, "NO"), "expired": _end(kinds.EXPIRED, "DAY_OVER"),
    "cancelled": _end(kinds.CANCELLED, "BY_VENUE"), "resized": _resized, "again": _again, "ask": _ask,
}  # fmt: skip
#: What none should say, and some do.
UNLAWFUL: dict[str, Happening] = {
    "not found": _end(kinds.NOT_FOUND, ""), "late fill": _late_fill, "overfill": _overfill, "stranger": _stranger,
}  # fmt: skip
PEOPLE: dict[str, Happening] = {
    "state": _state, "rearm": _rearm, "close": _close, "cash": _cash, "rules": _rules, "timer": _timer,
    "restart": _restart, "adopt": _adopt, "night": _night, "reserve": _reserve, "use": _use,
    "release": _release, "alter": _alter,
}  # fmt: skip
HAPPENINGS: dict[str, Happening] = {**MARKET, **LAWFUL, **UNLAWFUL, **PEOPLE}
