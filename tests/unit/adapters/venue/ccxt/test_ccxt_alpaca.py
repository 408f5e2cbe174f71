"""The same client at an exchange of other conventions: ids that are texts, orders found by name in a list alone, ends
that come some time after they were asked for, trades without fees."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from tests.unit.adapters.venue.alpaca.stage import BUY, GTC, LIMIT, MARKET, MONDAY, SELL, Stage
from tradewright.adapters.venue.ccxt import CcxtSpot, Credentials
from tradewright.model.account import CASH, Account
from tradewright.model.event import ACCEPTED, CANCELLED, FILLED, REJECTED, REPLACED
from tradewright.model.market import Trade
from tradewright.model.numbers import money_of
from tradewright.model.order import IOC, STOP_LIMIT, Order
from tradewright.model.rng import Rng
from tradewright.ports import Clock
from tradewright.prove.virtual import run_virtual
from tradewright.sim.models.models import Models
from tradewright.sim.wire import faults
from tradewright.sim.wire.alpaca import Knobs
from tradewright.sim.wire.faults import Fault

SETTINGS: dict[str, Any] = {"urls": {"api": dict.fromkeys(("trader", "market", "broker"), "http://venue")}}


class AlpacaStage(Stage):
    """As that of Alpaca's own client, with the other one in its place."""

    def new_client(self) -> CcxtSpot:  # type: ignore[override]
        terms = Account("main", "A1", "alpaca", kind=CASH, native_exits=False, settles_ms=self.settles_ms)
        venue = CcxtSpot(
            terms, "alpaca", Credentials("demo-key", "demo-secret"), self.transport, self.clock, Rng(3), self.ledger,
            self.ledger.deliver, settings=SETTINGS,
        )  # fmt: skip
        self.ledger.venue = self.venue = venue  # type: ignore[assignment]
        self.errors = venue.errors
        return venue

    def buy(self, quantity: str = "0.5", limit: str = "49000", **more: Any) -> Order:
        order = self.ledger.order_of("BTCUSD", BUY, LIMIT, quantity, limit, tif=more.pop("tif", GTC), **more)
        self.ledger.submit(order)
        return order


def play(act: Callable[[AlpacaStage], Awaitable[None]], plan: Sequence[Fault] = (), **options: Any) -> AlpacaStage:
    async def program(clock: Clock) -> AlpacaStage:
        stage = AlpacaStage(clock, plan, 0, options.get("models", Models()), Knobs(), None)  # type: ignore[arg-type]
        stage.quote("BTCUSD", "49990", "50010")
        await stage.start()
        await stage.venue.instruments(["BTCUSD"])
        await act(stage)
        await stage.venue.close()
        assert not [kind for kind in stage.errors if kind.startswith("defect")], stage.errors
        return stage

    return run_virtual(MONDAY, program)


def test_orders_rest_fill_change_and_end() -> None:
    async def act(stage: AlpacaStage) -> None:
        resting = stage.buy()
        taken = stage.ledger.order_of("BTCUSD", BUY, MARKET, "0.25", tif=IOC)
        stage.ledger.submit(taken)
        await stage.settled()
        await asyncio.sleep(3)
        assert [kind for kind, _ in stage.ledger.reports(taken)] == [ACCEPTED, FILLED]
        forces = {order.terms.client_order_id: order.terms.time_in_force for order in stage.account.orders.values()}
        assert forces == {resting.id: "gtc", taken.id: "ioc"}
        (fill,) = stage.ledger.fills(taken)
        assert (fill.price_units, fill.size_units, fill.fee, fill.fee_currency) == (500_100_000, 250_000_000, 0, "")
        stage.ledger.replace(resting, "0.75", "49500")
        await stage.settled()
        (work,) = [order for order in stage.account.orders.values() if order.open]
        assert work.terms.client_order_id == f"{resting.id}_1"
        stage.quote("BTCUSD", "49400", "49450")
        await asyncio.sleep(3)
        assert stage.ledger.states[resting.id].status == "FILLED"
        last = stage.buy("0.1", "40000")
        await stage.settled()
        stage.ledger.cancel(last)
        await stage.settled()
        assert [kind for kind, _ in stage.ledger.reports(resting)] == [ACCEPTED, ACCEPTED, REPLACED, FILLED]
        assert [kind for kind, _ in stage.ledger.reports(last)] == [ACCEPTED, CANCELLED]
        stage.agree()
        assert stage.ledger.strange == []

    play(act)


def test_the_snapshot_shows_money_and_what_is_held() -> None:
    async def act(stage: AlpacaStage) -> None:
        stage.ledger.submit(stage.ledger.order_of("BTCUSD", BUY, MARKET, "0.25", tif=IOC))
        waiting = stage.buy("0.1", "40000")
        await stage.settled()
        await asyncio.sleep(3)
        snapshot = await stage.venue.snapshot()
        held = stage.account.ledger.positions["BTCUSD"].size
        assert snapshot.positions == [("BTCUSD", held, 0)]
        assert snapshot.balances == [("USD", money_of("100000", "cash") - money_of("12502.5", "cost"))]
        assert snapshot.orders == [(waiting.id, 0)]

    play(act)


def test_what_this_exchange_has_not_is_refused_before_anything_leaves() -> None:
    async def act(stage: AlpacaStage) -> None:
        fok = stage.ledger.order_of("BTCUSD", BUY, LIMIT, "0.1", "49000", tif=4)
        finer = stage.ledger.order_of("BTCUSD", BUY, LIMIT, "0.1", "49000.001", tif=GTC)
        poor = stage.ledger.order_of("BTCUSD", BUY, LIMIT, "10", "49000", tif=GTC)
        stage.ledger.submit(fok, finer, poor)
        await stage.settled()
        codes = [stage.ledger.reports(order)[0] for order in (fok, finer, poor)]
        assert codes == [(REJECTED, "UNSUPPORTED"), (REJECTED, "UNSUPPORTED"), (REJECTED, "InsufficientFunds")]
        assert not stage.account.orders

    play(act)


def test_a_stop_limit_order_waits_for_its_price() -> None:
    async def act(stage: AlpacaStage) -> None:
        stage.ledger.submit(stage.ledger.order_of("BTCUSD", BUY, MARKET, "0.25", tif=IOC))
        await stage.settled()
        stop = stage.ledger.order_of("BTCUSD", SELL, STOP_LIMIT, "0.1", "45000", "48000", tif=GTC)
        stage.ledger.submit(stop)
        await stage.settled()
        (there,) = [order for order in stage.account.orders.values() if order.open]
        assert (there.terms.type, there.terms.stop, there.terms.limit) == ("stop_limit", 480_000_000, 450_000_000)
        stage.quote("BTCUSD", "47000", "47010")
        stage.tell(Trade(stage.clock(), stop.instrument, 470_000_000, 10**9))
        await asyncio.sleep(10)
        assert stage.ledger.states[stop.id].status == "FILLED"
        stage.agree()

    play(act)


@pytest.mark.parametrize(
    "kind", [faults.LOSE_REQUEST, faults.LOSE_ANSWER, faults.ERROR_AFTER, faults.ERROR_BEFORE, faults.CUT_ANSWER]
)
def test_an_order_whose_answer_is_lost_is_found_in_the_list_and_is_there_once(kind: str) -> None:
    async def act(stage: AlpacaStage) -> None:
        orders = []
        for number in range(10):
            orders.append(stage.buy("0.01", f"{49_000 - number}"))
            await asyncio.sleep(5)  # its pace is three requests a second
        await stage.settled(300)
        await asyncio.sleep(5)
        stage.agree()
        assert stage.plan.fired[kind] > 3
        names = [order.terms.client_order_id for order in stage.account.orders.values()]
        assert sorted(names) == sorted({*names})
        lost = [order for order in orders if stage.ledger.states[order.id].status != "ACCEPTED"]
        if kind in (faults.LOSE_REQUEST, faults.ERROR_BEFORE):
            assert lost
        else:
            assert sorted(names) == sorted(order.id for order in orders)

    play(act, [Fault(kind, "/v2/orders", after=1, times=30, probability=0.6)])
