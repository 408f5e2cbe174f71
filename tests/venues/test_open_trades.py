"""The execution filter at MT5: no trade is opened blindly, whoever opened those that are there, and whether the
connector answers or not. The acceptance criteria of the layer of open trades, with a whole engine before the broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.venues.cable import Cable, Plug
from tests.venues.floor import BUY, GUARD, PLACES, REST, STRATEGY, Floor, run
from tests.venues.stand import HOST, Ground
from tests.venues.stands.mt5 import EURO, GOLD, Mt5HedgingStand, Mt5NettingStand
from tradewright.adapters.net.last_gate import WireGate
from tradewright.adapters.venue.mt5 import Mt5Client
from tradewright.app.blueprint import Blueprint, blueprint_of
from tradewright.app.config import Config, read_config
from tradewright.app.wiring.venues import Seat, client_of
from tradewright.core.filter import filter_limits
from tradewright.explain import filter_row
from tradewright.model.decision import Decision
from tradewright.model.market import Quote
from tradewright.model.order import SELL
from tradewright.model.rng import Rng
from tradewright.ports import Socket
from tradewright.sim.wire.mt5 import Mt5Site
from tradewright.sim.wire.mt5.orders import Order
from tradewright.sim.wire.site import Tape

SECOND_NS = 10**9
#: Of the strategy's orders: a fifth of a lot, and with a stop 300 dollars below.
RISK = 30 * 10 * 20


class HedgingDesk(Mt5HedgingStand):
    """Gold at 2,650 moves, the euro stands; somebody trades both by hand."""

    traded = GOLD
    ground = Ground("XAUUSD", Decimal(2650), Decimal(10), Decimal("0.1"))
    besides = ("EURUSD",)

    def open_books(self, site: Mt5Site) -> None:
        site.broker.tape = Tape([Quote(self.clock(), EURO, 109_990, 110_010, 10_000, 10_000)])
        site.advance(self.clock())

    def hand(self, side: int, symbol: str = "XAUUSD", lots: int = 10) -> Order:
        """Somebody trades at the terminal."""
        broker = self.site.broker
        order = Order(broker.ticket(), broker.symbols[symbol], int(side < 0), lots, filling=1, reason=1)
        broker.enter(order)
        self.pump()
        return order


class NettingDesk(Mt5NettingStand):
    traded, ground, besides = HedgingDesk.traded, HedgingDesk.ground, HedgingDesk.besides
    open_books, hand = HedgingDesk.open_books, HedgingDesk.hand  # type: ignore[assignment]


class Inherited(HedgingDesk):
    """Four trades were there before the engine came."""

    def open_books(self, site: Mt5Site) -> None:
        super().open_books(site)
        self.site = site
        site.broker.tape = Tape([Quote(self.clock(), GOLD, 264_000, 266_000, 10_000, 10_000)])
        site.advance(self.clock())
        for side, symbol in ((1, "XAUUSD"), (1, "XAUUSD"), (SELL, "XAUUSD"), (SELL, "EURUSD")):
            broker = site.broker
            broker.enter(Order(broker.ticket(), broker.symbols[symbol], int(side < 0), 10, filling=1, reason=1))


def filtered(**configured: Any) -> Mapping[str, Any]:
    """The filter of the account's owner."""
    return filter_limits("main", configured)


def counts(floor: Floor) -> tuple[dict[str, int], dict[str, int]]:
    """Open trades by symbol and in all ("") as the connector's picture has them, and as the engine counts them."""
    assert isinstance(floor.client, Mt5Client)
    picture, engine = floor.client.trades, floor.engine.exposures("main")
    whole = picture.total()
    assert whole is not None
    shown = {one.symbol: one.total_count for one in picture.symbols()} | {"": whole.total_count}
    known = {row["symbol"]: row["totalCount"] for row in engine["symbols"]} | {"": engine["global"]["totalOpenTrades"]}
    return shown, known


def reasons(floor: Floor) -> list[list[str]]:
    """Of each decision the filter's."""
    return [filter_row(one)["execution_filter_reasons"] for one in floor.decisions]


async def hand(floor: Floor, side: int, symbol: str = "XAUUSD") -> Order:
    order: Order = floor.stand.hand(side, symbol)  # type: ignore[attr-defined]
    await asyncio.sleep(3)
    return order


@pytest.mark.parametrize("trades", [0, 1, 3])
def test_open_trades_are_counted_by_symbol_and_in_all_whoever_opened_them(trades: int) -> None:
    async def act(floor: Floor) -> None:
        for at in range(trades):
            await hand(floor, SELL if at == 1 else 1)
        await hand(floor, SELL, "EURUSD")
        await asyncio.sleep(10)
        expected = {"XAUUSD": trades, "EURUSD": 1, "": trades + 1}
        expected = {symbol: number for symbol, number in expected.items() if number}
        assert counts(floor) == (expected, expected)
        await floor.tell(BUY)
        await asyncio.sleep(10)
        expected |= {"XAUUSD": trades + 1, "": trades + 2}
        assert counts(floor) == (expected, expected)

    run(HedgingDesk, act)


def test_an_account_that_nets_has_one_open_trade_in_a_symbol() -> None:
    async def act(floor: Floor) -> None:
        await hand(floor, 1)
        await hand(floor, 1)
        await asyncio.sleep(10)
        shown, _ = counts(floor)
        assert shown == {"XAUUSD": 1, "": 1}

    run(NettingDesk, act)


class Unheard(Plug):
    """A stream on which nothing comes."""

    async def receive(self) -> str | bytes:
        await self._broken.wait()
        return await super().receive()


class Mute(Cable):
    """A connector whose stream tells of no deals: what happened is seen by who asks."""

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> Socket:
        return Unheard(await super().connect(url, headers, timeout), self)


#: The key that says how often a connector is asked, by its value: whether a trade opened by hand is known in time.
POLLED = {"exposurePollIntervalSec": {1: True, 60: False}}


def configured(folder: Path, key: str, seconds: int) -> tuple[Config, Blueprint]:
    """A service's file under which a connector at rest is asked every so many seconds."""
    file = folder / "service.yaml"
    account = {
        "venue": "mt5", "environment": "paper", "symbols": ["XAUUSD", "EURUSD"], "baseUrl": f"http://{HOST}",
        "token": "${TOKEN}",
    }  # fmt: skip
    filtering = {key: seconds, "XAUUSD": {"maxConcurrentTradesPerSymbol": 1}}
    file.write_text(json.dumps({"accounts": {"main": account}, "executionFilter": filtering}))
    config = read_config(file, {"TOKEN": "demo-token"})
    return config, blueprint_of(config, {})


@pytest.mark.parametrize(
    ("key", "seconds", "skipped"), [(key, *value) for key, values in POLLED.items() for value in values.items()]
)
def test_how_often_a_connector_is_asked_decides_what_is_known_of_trades_opened_by_hand(
    key: str, seconds: int, skipped: bool, tmp_path: Path
) -> None:
    """Somebody buys between two looks; the signal ten seconds later is skipped by who has looked since alone."""
    config, plan = configured(tmp_path, key, seconds)

    class Configured(HedgingDesk):
        def new_client(self) -> Mt5Client:
            seat = Seat(
                Mute(self.cable), self.clock, Rng(3), self.orders, self.deliver, poll_seconds=plan.poll_seconds("main")
            )
            client = client_of(config, "main", self.terms, seat)
            assert isinstance(client, Mt5Client) and isinstance(seat.gate, WireGate)
            self.gate = self.book.gate = seat.gate
            return client

    async def act(floor: Floor) -> None:
        await asyncio.sleep(15)
        await hand(floor, 1)
        await asyncio.sleep(6)
        await floor.tell(BUY)
        assert floor.decisions[-1].approved is not skipped
        said = ["Max concurrent trades per symbol reached (1/1) for XAUUSD"]
        assert reasons(floor)[-1] == (said if skipped else [])

    run(Configured, act, plan.scopes)


def test_trades_that_were_open_before_the_engine_came_are_counted() -> None:
    async def act(floor: Floor) -> None:
        await asyncio.sleep(10)
        expected = {"XAUUSD": 3, "EURUSD": 1, "": 4}
        assert counts(floor) == (expected, expected)
        assert floor.alarms().count("POSITION_DRIFT") == 0
        await floor.agrees()

    run(Inherited, act)


@pytest.mark.parametrize("desk", [HedgingDesk, NettingDesk])
def test_with_a_trade_open_in_the_symbol_the_next_signal_is_skipped_and_says_why(
    desk: type[HedgingDesk] | type[NettingDesk],
) -> None:
    async def act(floor: Floor) -> None:
        opened = await hand(floor, 1)
        sent = floor.stand.sent()
        await floor.tell(BUY)
        assert reasons(floor) == [["Max concurrent trades per symbol reached (1/1) for XAUUSD"]]
        assert not floor.decisions[0].approved and floor.stand.sent() == sent
        broker = floor.stand.site.broker  # type: ignore[attr-defined]
        position = next(one for one in broker.positions if one.identifier == opened.ticket)
        broker.close(position, 0, "")
        floor.stand.pump()
        await asyncio.sleep(3)
        await floor.tell(BUY)
        assert floor.decisions[-1].approved and floor.net(STRATEGY) > 0

    run(desk, act, filtered(XAUUSD={"maxConcurrentTradesPerSymbol": 1}))


def test_with_three_trades_open_in_all_any_new_one_is_skipped() -> None:
    async def act(floor: Floor) -> None:
        await hand(floor, 1, "EURUSD")
        await hand(floor, SELL, "EURUSD")
        await floor.tell(REST)
        assert floor.decisions[-1].approved
        await floor.tell(BUY)
        said = "Max concurrent trades globally reached (3/3), no trade in XAUUSD"
        assert reasons(floor)[-1] == [said] and not floor.decisions[-1].approved
        assert floor.net(STRATEGY) == 0

    run(HedgingDesk, act, filtered(maxConcurrentTradesGlobal=3))


def test_at_the_daily_risk_of_a_symbol_a_new_trade_in_it_is_skipped() -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(GUARD)
        await asyncio.sleep(10)
        assert isinstance(floor.client, Mt5Client)
        shown = floor.client.trades.symbol("XAUUSD")
        (row,) = floor.engine.exposures("main")["symbols"]
        # What the stop would cost, by the connector's word and by the engine's: 0.2 lots of 100 ounces, 330 dollars.
        assert shown is not None and shown.risk_known and row["riskKnown"]
        assert shown.risk == Decimal(row["estimatedRiskAmount"]) * 10**18 >= RISK * 10**18
        await floor.tell(GUARD)
        assert [text.partition(" (")[0] for text in reasons(floor)[-1]] == ["Max daily risk per symbol reached"]
        assert not floor.decisions[-1].approved and len(floor.decisions) == 2

    run(HedgingDesk, act, filtered(XAUUSD={"maxDailyRiskPerSymbol": RISK * 3 // 2}))


def test_of_trades_without_a_stop_the_risk_is_estimated_and_counts() -> None:
    async def act(floor: Floor) -> None:
        await hand(floor, 1)
        await hand(floor, SELL)
        await floor.tell(BUY)
        assert len(reasons(floor)[-1]) == 1 and "its risk is not known: estimated" in reasons(floor)[-1][0]

    run(HedgingDesk, act, filtered(XAUUSD={"maxDailyRiskPerSymbol": 100, "defaultRiskEstimate": 50}))


def test_what_is_not_configured_skips_nothing() -> None:
    async def act(floor: Floor) -> None:
        for _ in range(5):
            await hand(floor, 1)
        await floor.tell(BUY)
        assert floor.decisions[-1].approved and floor.net(STRATEGY) > 0
        assert not [check for check in floor.decisions[-1].checks if check.station == "filter"]

    run(HedgingDesk, act)


@pytest.mark.parametrize("desk", [HedgingDesk, NettingDesk])
def test_while_the_connector_is_down_the_engine_goes_on_keeps_what_it_saw_and_opens_nothing(
    desk: type[HedgingDesk] | type[NettingDesk],
) -> None:
    async def act(floor: Floor) -> None:
        client = floor.client
        assert isinstance(client, Mt5Client)
        await hand(floor, 1)
        await asyncio.sleep(10)
        before = counts(floor)
        floor.stand.cable.cut()
        await asyncio.sleep(60)
        assert floor.running is not None and not floor.running.done()
        assert counts(floor) == before and not client.trades.is_current(floor.clock())
        assert client.errors.total() > 10 and "CONNECTION_LOST" in floor.alarms()
        # The market goes on elsewhere: the strategy wants to buy, and is refused.
        floor.quote(PLACES[BUY])
        await asyncio.sleep(1)
        assert [check.code for check in floor.decisions[-1].refusals] == ["NOT_READY"]
        floor.stand.cable.mend()
        await floor.until(lambda: floor.ready)
        floor.quote(0)
        await floor.tell(BUY)
        assert floor.decisions[-1].approved and floor.net(STRATEGY) > 0
        assert client.trades.is_current(floor.clock())

    run(desk, act)


def test_a_decision_of_the_filter_is_of_the_record() -> None:
    async def act(floor: Floor) -> None:
        await hand(floor, 1)
        await floor.tell(BUY)
        (decision,) = floor.decisions
        assert isinstance(decision, Decision)
        assert filter_row(decision)["execution_filter_action"] == "SKIP"
        # … and stands so in the journal, read again from its first record.
        assert filter_row(floor.replayed_decision())["execution_filter_action"] == "SKIP"

    run(HedgingDesk, act, filtered(XAUUSD={"maxConcurrentTradesPerSymbol": 1}))
