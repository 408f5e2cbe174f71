"""An engine's side of a venue: applies what the client says, asks about what nobody answered, and compares
what it knows with what the simulated broker did."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from itertools import islice
from typing import Any, TypeVar

from tests.venues.ordering import KnownOrders
from tradewright.adapters.venue.mt5 import Credentials, Endpoints, Mt5Client, Names, OpenTrades, Polling
from tradewright.core.life_cycle import HELD, SENT, UNKNOWN, stage_after
from tradewright.core.orders import OrderState
from tradewright.model.account import Account
from tradewright.model.account_snapshot import ConnectionChanged
from tradewright.model.command import Approved, Cancel, Command, Query, Replace, Submit
from tradewright.model.control import CashMoved, OrderAdopted
from tradewright.model.event import NOT_FOUND, SUBMIT, Event
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import count_of
from tradewright.model.order import (
    BUY,
    EXIT,
    GTC,
    LIMIT,
    MARKET,
    REDUCE_ONLY,
    SELL,
    STOP,
    STOP_LOSS,
    TAKE_PROFIT,
    Order,
)
from tradewright.model.report import Fill, Report
from tradewright.model.rng import Rng
from tradewright.ports import Clock
from tradewright.prove.site_transport import SiteTransport
from tradewright.prove.virtual import run_virtual
from tradewright.sim.market import Market, universe
from tradewright.sim.wire.faults import Fault, Plan
from tradewright.sim.wire.faulty import FaultySite
from tradewright.sim.wire.mt5 import Knobs, Mt5Site
from tradewright.sim.wire.site import Tape

SECOND_NS = 1_000_000_000
#: A Wednesday noon in winter.
NOON = 1_772_625_600 * SECOND_NS
HEDGING, NETTING = "hedging", "netting"
CLASSES = ("forex", "metal", "crypto")
Result = TypeVar("Result")


class Ledger(KnownOrders):
    """Plays the engine for one account."""

    def __init__(self, clock: Clock, mode: str, currency: str = "USD", settles_ms: int = 0) -> None:
        self.terms = Account("main", "T1", "mt5", mode=mode, kind="margin", currency=currency, leverage=100,
                             settles_ms=settles_ms)  # fmt: skip
        super().__init__()
        self.instruments: dict[str, Instrument] = {}
        self.events: list[Event] = []
        self.ups: list[bool] = []
        self.client: Mt5Client
        self.exact = True  # its clock stands still while something is done
        self._clock = clock
        self._count = 0
        self._since: dict[str, int] = {}
        self._told: set[tuple[int, str]] = set()

    # ports.Orders

    def instrument(self, symbol: str) -> Instrument | None:
        return self.instruments.get(symbol)

    # What the client says

    def deliver(self, event: Event) -> None:
        assert event.time == self._clock() or (not self.exact and event.time <= self._clock())
        self.events.append(event)
        if isinstance(event, ConnectionChanged):
            self.ups.append(event.up)
        elif isinstance(event, OrderAdopted):
            row: list[Any] = list(event.order)
            instrument = next(one for one in self.instruments.values() if one.index == row[3])
            order = Order(row[0], row[1], row[2], instrument, *row[4:])
            assert order.id not in self.states, "adopted twice"
            state = self.states[order.id] = OrderState(order, stage_after(SUBMIT, HELD))
            state.submit = UNKNOWN
        elif isinstance(event, Report):
            if isinstance(event, Fill):
                assert (id(self.client), event.trade_id) not in self._told, "told twice by one process"
                self._told.add((id(self.client), event.trade_id))
            if event.kind == NOT_FOUND and self._early(event.order_id):
                return
            self.states[event.order_id].apply_report(event)

    def _early(self, id: str) -> bool:
        return self._clock() - self._since.get(id, 0) < self.terms.settles_ms * 1_000_000

    def reports(self, id: str) -> list[Report]:
        return [event for event in self.events if isinstance(event, Report) and event.order_id == id]

    def kinds(self, id: str) -> list[int]:
        return [report.kind for report in self.reports(id)]

    def fills(self) -> list[Fill]:
        """Each once."""
        found: dict[str, Fill] = {}
        for event in self.events:
            if isinstance(event, Fill):
                known = found.setdefault(event.trade_id, event)
                assert known.row()[2:] == event.row()[2:], "one trade id, two fills"
        return list(found.values())

    # What the engine wants

    def order_of(
        self, symbol: str, side: int, lots: str, type: int = MARKET, limit: str = "0", stop: str = "0", **more: Any
    ) -> Order:
        instrument = self.instruments[symbol]
        self._count += 1
        scale = instrument.price_scale
        terms: dict[str, Any] = {"time_in_force": GTC, "time": self._clock(), **more}
        return Order(
            f"T1-1-{self._count}", "main", terms.pop("strategy", "sma"), instrument, side, type,
            count_of(lots, instrument.size_scale, "lots"), count_of(limit, scale, "limit"),
            count_of(stop, scale, "stop"), **terms,
        )  # fmt: skip

    def submit(self, *orders: Order) -> None:
        """In one step."""
        for order in orders:
            state = self.states[order.id] = OrderState(order, stage_after(SUBMIT, HELD))
            state.submit = SENT
        for order in orders:
            self.client.execute(Submit(self._clock(), Approved(order)))

    def buy(self, symbol: str, lots: str, **more: Any) -> Order:
        order = self.order_of(symbol, BUY, lots, **more)
        self.submit(order)
        return order

    def sell(self, symbol: str, lots: str, **more: Any) -> Order:
        order = self.order_of(symbol, SELL, lots, **more)
        self.submit(order)
        return order

    def bracket(self, entry: Order, stop: str = "", target: str = "") -> list[Order]:
        """Its exits as the engine makes them."""
        lot = entry.id if self.terms.mode == HEDGING else ""
        lots = str(entry.quantity / entry.instrument.size_one)
        links = {"lot": lot, "parent": entry.id, "group": entry.id if stop and target else "", "flags": REDUCE_ONLY}
        symbol, found = entry.instrument.symbol, []
        if stop:
            found.append(self.order_of(symbol, -entry.side, lots, STOP, stop=stop, role=STOP_LOSS, **links))
        if target:
            found.append(self.order_of(symbol, -entry.side, lots, LIMIT, limit=target, role=TAKE_PROFIT, **links))
        return found

    def close(self, entry: Order, lots: str) -> Order:
        lot = entry.id if self.terms.mode == HEDGING else ""
        order = self.order_of(entry.instrument.symbol, -entry.side, lots, role=EXIT, flags=REDUCE_ONLY, lot=lot)
        self.submit(order)
        return order

    def cancel(self, order: Order) -> None:
        state = self.states[order.id]
        state.cancel, state.queried = SENT, False
        self.client.execute(Cancel(self._clock(), order.id))

    def replace(self, order: Order, quantity: int, limit: int, stop: int) -> None:
        state = self.states[order.id]
        state.replace, state.queried, state.asked = SENT, False, (quantity, limit, stop)
        self.client.execute(Replace(self._clock(), order.id, quantity, limit, stop))

    def query(self, id: str) -> None:
        self.states[id].queried = True
        self.client.execute(Query(self._clock(), id))

    async def inquire(self) -> None:
        """Asks about what nobody answered, every second."""
        while True:
            await asyncio.sleep(1)
            for id, state in self.states.items():
                if state.has_unknown():
                    self._since.setdefault(id, self._clock())
                    self.query(id)

    def settled(self) -> bool:
        return not any(
            state.has_unknown() or SENT in (state.submit, state.cancel, state.replace) for state in self.states.values()
        )


class World:
    """A broker, its connector with its faults, and a client."""

    def __init__(self, clock: Clock, site: Mt5Site, faults: list[Fault], seed: int, **more: Any) -> None:
        self.clock = clock
        self.begun = clock()
        self.site = site
        self.plan = Plan(faults, Rng(seed))
        outer = FaultySite(site, self.plan, clock()) if faults else site
        self.transport = SiteTransport({"mt5": outer}, clock, Rng(seed))
        self.ledger = Ledger(clock, site.broker.knobs.mode, site.broker.knobs.currency, more.pop("settles_ms", 0))
        self.credentials = more.pop("credentials", Credentials("demo-token"))
        self.more = more
        self.client = self.ledger.client = self._client()

    def _client(self, **more: Any) -> Mt5Client:
        return Mt5Client(
            self.ledger.terms, self.credentials, Endpoints("http://mt5"), self.transport, self.clock, Rng(3),
            self.ledger, self.ledger.deliver, **{**self.more, **more},
        )  # fmt: skip

    async def start(self, *symbols: str) -> None:
        for instrument in await self.client.instruments(symbols or ("EURUSD", "XAUUSD", "BTCUSD")):
            if instrument.symbol not in self.ledger.instruments:
                instrument.index = len(self.ledger.instruments)
                self.ledger.instruments[instrument.symbol] = instrument
        self.running = [asyncio.create_task(self.client.run()), asyncio.create_task(self.ledger.inquire())]
        await self.until(lambda: bool(self.ledger.ups) and self.ledger.ups[-1])

    async def restart(self, **more: Any) -> None:
        """The process ends and another begins with what the engine knew."""
        for task in self.running:
            task.cancel()
        await self.client.close()
        for state in self.ledger.states.values():
            state.lose_track()
        self.client = self.ledger.client = self._client(**more)
        self.running = [asyncio.create_task(self.client.run()), asyncio.create_task(self.ledger.inquire())]

    async def until(self, true: Callable[[], bool], seconds: float = 60) -> None:
        for _ in range(round(seconds * 20)):
            if true():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"not within {seconds} s")

    def price(self, symbol: str) -> tuple[float, float]:
        found = next(one for one in self.site.broker.symbols.values() if one.canonical == symbol)
        return found.price(found.bid), found.price(found.ask)

    async def check(self) -> None:
        """What the engine's side knows is what the broker did."""
        broker, ledger = self.site.broker, self.ledger
        tickets = {str(deal.ticket): deal for deal in broker.deals if deal.symbol is not None}
        fills = {fill.trade_id: fill for fill in ledger.fills()}
        assert set(fills) == set(tickets)
        net: dict[str, int] = {}
        for fill in fills.values():
            order, deal = ledger.states[fill.order_id].order, tickets[fill.trade_id]
            assert (order.side > 0) == (deal.type == 0)
            assert deal.symbol is not None and order.instrument.symbol == deal.symbol.canonical
            size = order.instrument.size_scale
            assert fill.size_units * 10 ** (9 - size) == deal.volume * 10 ** (9 - deal.symbol.instrument.size_scale)
            assert fill.price_units == count_of(deal.symbol.price(deal.price), order.instrument.price_scale, "price")
            assert fill.fee == -count_of(float(deal.commission), 18, "fee", 10**30)
            net[order.instrument.symbol] = net.get(order.instrument.symbol, 0) + order.side * fill.size_units
        shown = await self.client.snapshot()
        assert {symbol: size for symbol, size in net.items() if size} == {
            symbol: size for symbol, size, _ in shown.positions if size
        }
        assert sorted(id for id, _ in shown.orders) == sorted(
            id for id, state in ledger.states.items() if state.is_open()
        )
        money = self.cash()
        for currency, amount in shown.balances:
            # The broker rounds each close to a cent.
            assert abs(amount - money.get(currency, 0)) <= 10**16 * (1 + len(fills)) // 2, (currency, amount, money)

    def cash(self) -> dict[str, int]:
        """What the engine's ledger would say the account has."""
        money = {self.ledger.terms.currency: count_of("100000", 18, "start", 10**30)}
        for fill in self.ledger.fills():
            order = self.ledger.states[fill.order_id].order
            quote, worth = order.instrument.quote, fill.price_units * fill.size_units * order.instrument.money_factor
            money[quote] = money.get(quote, 0) - order.side * worth
            if fill.fee:
                money[fill.fee_currency] = money.get(fill.fee_currency, 0) - fill.fee
        for event in self.ledger.events:
            if isinstance(event, CashMoved):
                money[event.currency] = money.get(event.currency, 0) + event.amount
        return money


def play(
    program: Callable[[World], Coroutine[Any, Any, Result]], mode: str = HEDGING, faults: list[Fault] | None = None,
    seed: int = 1, start: int = NOON, models: Any = None, knobs: dict[str, Any] | None = None, quiet: bool = False,
    **more: Any,
) -> Result:  # fmt: skip
    """A program in virtual time, on the synthetic market of a seed; quiet: prices stand still after a while."""

    async def run(clock: Clock) -> Result:
        listings = [one for one in universe("mt5") if one.instrument.asset_class in CLASSES]
        market = Market(seed, clock() - 120 * SECOND_NS, listings)
        events: Iterable[Any] = islice(market.events(), 4_000) if quiet else market.events()
        site = Mt5Site(market.instruments, Tape(events), Rng(seed), clock() - 120 * SECOND_NS,
                       knobs=Knobs(mode=mode, **(knobs or {})), models=models)  # fmt: skip
        site.advance(clock())
        world = World(clock, site, faults or [], seed, **more)
        try:
            return await program(world)
        finally:
            await world.client.close()

    return run_virtual(start, run)


__all__ = ["Fault", "OpenTrades", "Names", "Polling", "Command"]
