"""A whole engine at a stand: journal, trader, connected engine and client, in virtual time, and a strategy that does
what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from tests.venues.stand import NetStand
from tradewright.adapters.journal import EmergencyFile
from tradewright.app.connected import ConnectedEngine
from tradewright.app.live import LiveEngine
from tradewright.core.engine import Engine
from tradewright.core.limits import Limits, limits_from
from tradewright.core.setup import Setup, StrategySpec
from tradewright.model.codec import Decoder
from tradewright.model.control import ACTIVE, Started, TradingStateSet
from tradewright.model.decision import Decision
from tradewright.model.event import ACCOUNT_SNAPSHOT, ALARM, FILLED, Event
from tradewright.model.market import Quote
from tradewright.ports import Clock, MemoryJournal
from tradewright.prove.virtual import run_virtual
from tradewright.signal.strategy import Strategy
from tradewright.trader import Outcome, Trader

SECOND_NS = 10**9
SCOPE = "account:main"
STRATEGY = "obedient"
#: What the strategy is told, and where the market stands then: a buy at the market, one with a stop and a target, a bid
#: far below, a sale of twice as much with a stop and a target, a close of all it holds.
BUY, GUARD, REST, TURN, LEAVE = "buy", "guard", "rest", "turn", "leave"
PLACES = {BUY: 1, GUARD: 2, REST: 3, TURN: 4, LEAVE: 5}


class Obedient(Strategy):
    """Does what the market tells it by where it stands, once for each time that it comes there. middle, unit: of the
    places of a stand, in price counts; lots: of each order, in text; last: where it was told something."""

    middle: int = 0
    unit: int = 1
    lots: str = "1"
    last: int = 0

    def on_quote(self, quote: Quote) -> None:
        place = ((quote.bid_units + quote.ask_units) // 2 - self.middle) // self.unit
        if place == self.last:
            return
        self.last = place
        scale = -quote.instrument.price_scale
        below, above = Decimal(self.middle - 30 * self.unit).scaleb(scale), self.middle + 30 * self.unit
        if place == PLACES[BUY]:
            self.buy(Decimal(self.lots))
        elif place == PLACES[GUARD]:
            self.buy(Decimal(self.lots), stop_loss=below, take_profit=Decimal(above).scaleb(scale))
        elif place == PLACES[REST]:
            self.buy(Decimal(self.lots), limit=below)
        elif place == PLACES[TURN]:
            self.sell(2 * Decimal(self.lots), stop_loss=Decimal(above).scaleb(scale), take_profit=below)
        elif place == PLACES[LEAVE]:
            self.close()


class Floor:
    """rows: the journal's records."""

    def __init__(
        self,
        stand: NetStand,
        folder: Path,
        limits: Mapping[str, Limits] | None = None,
        journal: MemoryJournal | None = None,
    ) -> None:
        self.stand = stand
        self.clock = stand.clock
        self.limits = limits or {}
        self.journal = journal or MemoryJournal()
        self.trader = Trader(lambda spec: Obedient)
        self.decisions: list[Decision] = []
        live = LiveEngine(self.trader, self.journal, EmergencyFile(folder), self._told)
        self.connected = ConnectedEngine(live, self.clock)
        stand.orders, stand.deliver = self.connected.orders_of("main"), self.connected.deliver
        self.client = stand.new_client()
        self.connected.join(self.client, stand.gate)
        self.running: asyncio.Task[None] | None = None

    def _told(self, event: Event, outcome: Outcome) -> None:
        self.decisions += [one for one in outcome.outputs if isinstance(one, Decision)]

    @property
    def engine(self) -> Engine:
        return self.trader.engine

    async def start(self) -> None:
        """Until the account was compared and openings may go."""
        stand = self.stand
        stand.move(0)
        instruments = await self.client.instruments([stand.ground.symbol, *stand.besides])
        for index, instrument in enumerate(instruments):
            instrument.index = index
        stand.instrument = instruments[0]
        unit = stand.price(1) - stand.price(0)
        parameters = (("middle", stand.price(0)), ("unit", unit), ("lots", f"{2 * stand.ground.lot}"))
        spec = StrategySpec(STRATEGY, "floor:Obedient", "main", (stand.ground.symbol,), parameters, STRATEGY, "")
        setup = Setup(instruments, [(stand.terms, limits_from({}).row())], [spec], {}, scopes=self.limits)
        row = msgspec.json.decode(msgspec.json.encode(setup.row()), type=list[Any])
        self.connected.step(Started(self.clock(), self.engine.run + 1, row))
        self.client.watch([self.engine.symbols[one.symbol] for one in instruments])
        self.running = asyncio.create_task(self.connected.run())
        await self.until(lambda: self.ready)

    async def end(self) -> None:
        if self.running is not None:
            self.running.cancel()
            with suppress(asyncio.CancelledError):
                await self.running
        await self.client.close()
        await self.stand.net.close()

    async def until(self, so: Callable[[], bool], seconds: float = 90.0) -> None:
        deadline = self.clock() + round(seconds * SECOND_NS)
        while not so():
            assert self.clock() < deadline, f"not within {seconds:g} s: {self.alarms()}"
            assert self.running is None or not self.running.done(), "the engine has ended"
            await asyncio.sleep(0.05)

    async def tell(self, word: str) -> None:
        """The strategy is told something; there is time for what comes of it."""
        for place in (PLACES[word], 0):
            self.stand.move(place)
            await asyncio.sleep(3)

    def quote(self, place: int) -> None:
        """A quote that came by another way than the venue's."""
        stand, instrument = self.stand, self.engine.symbols[self.stand.ground.symbol]
        below, above = stand.price(place - 1), stand.price(place + 1)
        self.connected.deliver(Quote(self.clock(), instrument, below, above))

    def rearm(self) -> None:
        """A named person lets the account open again."""
        self.connected.deliver(TradingStateSet(self.clock(), SCOPE, ACTIVE, "prove", "looked at"))

    # What a test looks at

    @property
    def ready(self) -> bool:
        account = self.engine.accounts.get("main")
        return account is not None and account.link is not None and account.link.ready

    @property
    def state(self) -> int:
        return self.engine.states.get(SCOPE, ACTIVE)

    def rows(self, kind: int, since: int = 0) -> list[list[Any]]:
        """The journal's records of a kind, from a time on."""
        found = [msgspec.json.decode(record) for record in self.journal.records]
        return [row for row in found if row[0] == kind and row[1] >= since]

    def alarms(self, since: int = 0) -> list[str]:
        return [row[2] for row in self.rows(ALARM, since)]

    def seen(self, since: int) -> int:
        """When a comparison that was asked for since then first came."""
        return min(row[1] for row in self.rows(ACCOUNT_SNAPSHOT, since) if row[3] >= since)

    def net(self, strategy: str) -> int:
        """What a strategy holds, in counts."""
        books = self.engine.ledger.books.values()
        return sum(book.net for book in books if book.strategy == strategy)

    def positions(self) -> dict[str, int]:
        return {one.instrument.symbol: one.net for one in self.engine.ledger.positions.values() if one.net}

    def money(self) -> dict[str, int]:
        base = self.stand.instrument.base
        return {name: amount for name, amount in self.engine.ledger.cash["main"].items() if amount and name != base}

    def replayed_decision(self) -> Decision:
        """The newest decision, read from the journal."""
        trader = Trader(None)
        decoder = Decoder(trader.engine.instruments, lambda id: trader.engine.orders[id].order)
        newest: Decision | None = None
        for _, record in self.journal.read():
            event = decoder.decode(record)
            trader.follow(event, []) if isinstance(event, Started) else trader.engine.apply(event)
            newest = event if isinstance(event, Decision) else newest
        assert newest is not None
        return newest

    async def agrees(self) -> None:
        """Engine and venue show the same positions, money and working orders."""
        shown = await self.client.snapshot()
        assert {symbol: size for symbol, size, _ in shown.positions if size} == self.positions()
        balances, stand = dict(shown.balances), self.stand
        quantum = 10 ** (18 - stand.limits.cash_decimals) if stand.limits.cash_decimals < 8 else 0
        for name, amount in self.money().items():
            off = abs(balances.pop(name, 0) - amount)
            assert off <= quantum // 2 + stand.rounds * len(self.rows(FILLED)), (name, off / 10**18)
        assert not any(balances.values())
        assert sorted(id for id, _ in shown.orders) == sorted(self.connected.orders_of("main").open())


def run(
    kind: Callable[[Clock], NetStand],
    act: Callable[[Any], Awaitable[None]],
    limits: Mapping[str, Limits] | None = None,
    journal: Callable[[Clock], MemoryJournal] | None = None,
) -> Floor:
    """Plays a scene on a floor that is ready, and gives it as it was left. limits: by scope."""
    with TemporaryDirectory() as folder:

        async def program(clock: Clock) -> Floor:
            floor = Floor(kind(clock), Path(folder), limits, None if journal is None else journal(clock))
            await floor.start()
            await act(floor)
            await floor.end()
            return floor

        return run_virtual(kind.begins, program)  # type: ignore[attr-defined]
