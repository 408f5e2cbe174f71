"""One seeded scenario at an MT5 connector, played by our client and by a plain one that was written from the contract
alone, each before a broker of its own: the same orders, deals, money and positions in the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import aiohttp
import pytest

from tests.e2e.loopback import only_loopback
from tests.e2e.scenario import Ours, Placed, Player, Step, exact, outcome, play, scenario, telling, until
from tests.e2e.test_mt5_clients import Client
from tests.project import COMPILED_ALONE
from tests.unit.adapters.venue.binance.ledger import Ledger
from tests.unit.sim.wire.mt5_stage import HEDGING, INSTRUMENTS, NETTING, NOON
from tradewright.adapters.net.transport import AiohttpTransport
from tradewright.adapters.venue.mt5 import Credentials, Endpoints, Mt5Client, Polling
from tradewright.model.account import Account
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Quote
from tradewright.model.numbers import MONEY_ONE, count_of
from tradewright.model.order import BUY
from tradewright.model.rng import Rng
from tradewright.sim.wire.mt5 import Knobs, Mt5Site, SymbolTerms
from tradewright.sim.wire.server import Server
from tradewright.sim.wire.site import Tape

pytestmark = COMPILED_ALONE
SEEDS = [1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 9))]
EURO = INSTRUMENTS["EURUSD"]
TOKEN = "demo-token"
#: Shown by the market's own quotes, lots.
PLENTY = 100


class Lots:
    """A tenth of a lot of euros is a part, ten pips a level; the market stands at 1.10000 and 1.10002."""

    #: As our client makes it: two decimals finer than the broker's increments.
    instrument = Instrument(
        "EURUSD", "mt5", "forex", "EUR", "USD", 7, 4, 100_000, "forex", rules=OrderRules(tick=100, step=100), index=0
    )
    part = 1_000

    def __init__(self, mode: str) -> None:
        shift = NOON - time.time_ns()
        self.clock = lambda: time.time_ns() + shift
        # An order at the market is filled by what is shown, as at an exchange, and what rests in parts.
        knobs = Knobs(mode=mode, terms=SymbolTerms(exemode=3))
        self.site = Mt5Site([EURO], Tape([]), Rng(3), NOON, knobs=knobs)
        self.server = Server(self.site, self.clock)

    def money(self, level: int) -> Decimal:
        return Decimal("1.09") - Decimal("0.001") * level

    def price(self, level: int) -> int:
        return count_of(self.money(level), self.instrument.price_scale, "price")

    def offer(self, level: int, parts: int) -> None:
        ask = count_of(self.money(level), EURO.price_scale, "ask")
        self.show(ask - EURO.rules.tick, ask, parts * 10 ** (EURO.size_scale - 1))
        self.stand()

    def stand(self) -> None:
        bid = count_of("1.10000", EURO.price_scale, "bid")
        self.show(bid, bid + 2 * EURO.rules.tick, PLENTY * 10**EURO.size_scale)

    def show(self, bid: int, ask: int, size: int) -> None:
        now = self.clock()
        self.site.advance(now)
        self.site.broker.tape = Tape([Quote(now, EURO, bid, ask, size, size)])
        self.site.advance(now)
        self.server._settle()

    def counts(self, price: Any, size: int) -> tuple[int, int]:
        """Of the broker's own."""
        finer, wider = (self.instrument.price_scale - EURO.price_scale), (self.instrument.size_scale - EURO.size_scale)
        return _scaled(price, finer), _scaled(size, wider)

    def orders(self) -> dict[Any, Placed]:
        broker = self.site.broker
        found = {order.ticket: order for order in [*broker.history, *broker.orders.values()]}
        return {
            ticket: Placed(
                order.side, *self.counts(order.price if order.pending else 0, order.volume),
                tuple(self.counts(deal.price, deal.volume) for deal in order.deals), ticket in broker.orders,
            )
            for ticket, order in sorted(found.items())
        }  # fmt: skip

    def cash(self) -> Fraction:
        """As our engine counts it: the balance less what the positions have cost."""
        scale = 10 ** (EURO.price_scale + EURO.size_scale)
        held = sum(one.side * one.volume * one.price for one in self.site.broker.positions)
        cash: Fraction = self.site.broker.balance - held * self.instrument.contract / scale
        return cash

    def account(self) -> object:
        held = [(one.symbol.name, one.side, one.volume, one.price) for one in self.site.broker.positions]
        return self.site.broker.balance, held, self.site.broker.funds()


def _scaled(count: Any, decimals: int) -> int:
    return int(count) * 10**decimals if decimals >= 0 else exact(int(count), 10**-decimals)


class Plain:
    """A client of the connector that knows its contract and nothing of this project."""

    def __init__(self, stand: Lots, session: aiohttp.ClientSession) -> None:
        self.stand = stand
        self.client = Client(session)
        self.tickets: dict[int, int] = {}

    async def place(self, number: int, step: Step) -> None:
        limit = {"order_kind": "limit", "entry_price": float(self.stand.money(step.level))}
        terms = limit if step.level else {"order_kind": "market", "filling": "ioc"}
        made = await self.client.post(
            "open", symbol="EURUSD", direction="buy" if step.side == BUY else "sell", lot_size=step.parts / 10,
            stop_loss=None, client_order_id=f"c-{number}", **terms,
        )  # fmt: skip
        self.tickets[number] = made["order"]

    async def change(self, number: int, level: int) -> None:
        await self.client.post("modify", ticket=self.tickets[number], entry_price=float(self.stand.money(level)))

    async def cancel(self, number: int) -> None:
        await self.client.post("cancel", ticket=self.tickets[number])

    async def filled(self, number: int) -> int:
        order = (await self.client.get(f"orders/{self.tickets[number]}"))["order"]
        return count_of(order["filled_volume"], self.stand.instrument.size_scale, "filled")


def visit(mode: str, meet: Callable[[Lots], Awaitable[tuple[Any, ...]]]) -> tuple[Any, ...]:
    async def main() -> tuple[Any, ...]:
        stand = Lots(mode)
        await stand.server.start()
        stand.stand()
        try:
            return await meet(stand)
        finally:
            await stand.server.stop()
            assert not stand.server.failures

    with only_loopback():
        return asyncio.run(asyncio.wait_for(main(), 120))


async def ours(stand: Lots, mode: str, steps: list[Step]) -> tuple[Any, ...]:
    transport, ledger = AiohttpTransport(stand.clock), Ledger((stand.instrument,), stand.clock)
    client = ledger.client = Mt5Client(
        Account("main", "A", "mt5", mode=mode, kind="margin", currency="USD", leverage=100), Credentials(TOKEN),
        Endpoints(f"http://127.0.0.1:{stand.server.port}"), transport, stand.clock, Rng(3), ledger, ledger.deliver,
        polling=Polling(busy=0.1),
    )  # fmt: skip
    (instrument,) = await client.instruments(["EURUSD"])
    assert instrument.row()[:9] == stand.instrument.row()[:9]
    running = asyncio.create_task(client.run())
    try:
        await until(lambda: ledger.ups == [True])
        player = Ours(ledger, client, stand, stand.clock)
        course = await play(steps, stand, player)
        shown = await player.agrees(course)
        ((currency, money),) = shown.balances
        # The mean price of a position comes as a double; the broker itself counts cents.
        assert currency == "USD" and abs(Fraction(money, MONEY_ONE) - stand.cash()) < Fraction(1, 100)
        net = sum(one.side * one.volume for one in stand.site.broker.positions)
        assert sum(size for _, size, _ in shown.positions) == stand.counts(0, net)[1]
        return outcome(stand, course)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await client.close()
        await transport.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_our_client_and_a_plain_one_end_in_the_same_books(seed: int) -> None:
    mode, steps = (HEDGING, NETTING)[seed % 2], scenario(seed)

    async def theirs(stand: Lots) -> tuple[Any, ...]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with aiohttp.ClientSession(f"http://127.0.0.1:{stand.server.port}", headers=headers) as session:
            player: Player = Plain(stand, session)
            return outcome(stand, await play(steps, stand, player))

    found = visit(mode, lambda stand: ours(stand, mode, steps))
    assert telling(found)
    assert visit(mode, theirs) == found
