"""A service whose account has a shadow: every signal also trades in this process, at no venue, and weighs strategies.
Sockets, exchanges and journals are real."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Sequence
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.judge import records
from tests.e2e.service import serving, variables
from tests.project import COMPILED_ALONE, ROOT
from tests.unit.app.listening import listening
from tests.unit.app.standing_api import Client, asked
from tests.unit.app.test_service import ACCOUNT, QUOTED, Stage, filled, play
from tradewright.app import service
from tradewright.app.agreement import disagreements
from tradewright.app.history import fold, rerun
from tradewright.app.home import JOURNAL, SHADOW
from tradewright.app.synthetic_feed import SyntheticFeed
from tradewright.core.engine import Engine
from tradewright.core.orders import OrderState
from tradewright.model.errors import InputError
from tradewright.model.event import SUBMIT
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.moment import moment_of
from tradewright.model.shadow import is_shadow
from tradewright.sim.paper import read_book

pytestmark = COMPILED_ALONE
FLIPS = ROOT / "tests/unit/app/shadowed.py"
TWO = f"""accounts:
  one: {{venue: paper, symbols: [BTCUSD], shadow: {{valuePerPosition: 500, slippage: none, changePercent: 20}}}}
  two: {{venue: paper, symbols: [ETHUSD]}}
strategies:
  flips: {{strategy: '{FLIPS}:Flips', account: one}}
  later: {{strategy: '{FLIPS}:Flips', account: one, parameters: {{first: 2}}}}
  other: {{strategy: '{FLIPS}:Flips', account: two}}
server: {{port: 0, requestsPerSecond: 1000}}
"""
WEIGHTS = "/api/v1/strategies/weights"
NOTHING: dict[str, Any] = {"performance": [], "weights": []}
WEIGHT = {
    "strategyId", "accountId", "ensembleId", "weight", "equalWeight", "score", "factor", "lastUpdated",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def _midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day of the account ends some seconds behind the first start."""
    begin = moment_of("2027-01-04T23:59:48Z", "begin") - time.monotonic_ns()
    monkeypatch.setattr(service, "steady_clock", lambda: lambda: begin + time.monotonic_ns())


def engine_of(home: Path) -> Engine:
    trader = fold(home / JOURNAL).trader
    assert trader is not None
    return trader.engine


def agrees(home: Path, name: str) -> None:
    """The shadow as the journal tells it is the shadow as its exchange knows it, and nobody else trades there."""
    engine, book = engine_of(home), read_book(home / SHADOW)
    assert disagreements(engine, name, book.balances[name], book.positions.get(name, {})) == []
    own = {id for id, state in engine.orders.items() if state.order.account == name}
    assert own and {*book.submitted} <= own
    submitted = [row[2] for row in records(home / JOURNAL) if row[0] == SUBMIT]
    assert len(submitted) == len(set(submitted)), "nothing is sent twice"


@pytest.mark.usefixtures("_midnight")
def test_a_day_of_the_shadow_weighs_the_strategies_and_nobody_sees_it_trade(tmp_path: Path) -> None:
    found: dict[str, Any] = {}

    async def act(client: Client) -> None:
        engine, board = client.engine, client.engine.board
        bound = client.make("read", accounts=["two"])
        assert board is not None and await client.get(WEIGHTS) == {
            "performance": [],
            "weights": [],
        }
        assert {one["weight"] for one in (await client.get("/api/v1/strategies"))["strategies"]} == {None}
        async with listening(client) as ear:
            await ear.subscribe()
            await client.until(lambda: board.weights)
            await client.until(lambda: any(state.is_open() or state.filled for state in engine.orders.values()))
            head = client.desk.connected.live.journal.head.sequence
            await ear.until(lambda: ear.reached >= head)
            assert ear.events and not any(event["account"].startswith("paper:") for event in ear.events)
            said = json.dumps(ear.events, default=str)
        shadows = [state.order for state in engine.orders.values() if is_shadow(state.order.account)]
        assert {order.strategy for order in shadows} == {"flips", "later"}, "no other account is mirrored"
        assert {order.instrument.symbol for order in shadows} == {"BTCUSD"}
        assert not any(order.id in said for order in shadows)
        read = await client.get(WEIGHTS)
        weights = {one["strategyId"]: one for one in read["weights"]}
        assert weights.keys() == {"flips", "later"} and all(one.keys() == WEIGHT for one in read["weights"])
        assert sum(Decimal(one["weight"]) for one in read["weights"]) == 1
        for name, weight in weights.items():
            assert (weight["accountId"], weight["equalWeight"]) == ("paper:one", "0.5")
            assert Decimal(weight["factor"]) == 2 * Decimal(weight["weight"]) == board.weights[name].factor_ppm / 10**6
            assert weight["lastUpdated"].startswith("2027-01-05T00:00:")
        performed = {one["strategyId"]: one for one in read["performance"]}
        assert performed["flips"]["day"] == "2027-01-04" and performed["flips"]["matches"] > 0
        strategies = {one["id"]: one for one in (await client.get("/api/v1/strategies"))["strategies"]}
        assert strategies["flips"]["weight"] == weights["flips"] and strategies["other"]["weight"] is None
        assert await client.get(WEIGHTS, bound) == NOTHING
        accounts = (await client.get("/api/v1/accounts"))["accounts"]
        assert [one["accountId"] for one in accounts] == ["one", "two"]
        for path in ("orders", "positions", "fills", "lots"):
            assert (await client.ask("GET", f"/api/v1/{path}?account=paper:one")).code == "NOT_FOUND"
        assert {one["account"] for one in (await client.get("/api/v1/orders"))["orders"]} == {"one", "two"}
        assert {one["account"] for one in (await client.get("/api/v1/decisions"))["decisions"]} == {"one", "two"}
        found.update(read)

    async def again(client: Client) -> None:
        assert await client.get(WEIGHTS) == found, "what was weighed is there again"
        behind = len(client.engine.orders)
        await client.until(lambda: len(client.engine.orders) > behind + 4)

    asked(tmp_path, act, TWO)
    agrees(tmp_path / "home", "paper:one")
    asked(tmp_path, again, TWO)
    agrees(tmp_path / "home", "paper:one")
    assert rerun(tmp_path / "home" / JOURNAL).differences == []


@pytest.mark.usefixtures("_midnight")
def test_an_opening_is_sized_by_the_weight_of_its_strategy(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        engine, board = client.engine, client.engine.board
        assert board is not None
        await client.until(lambda: board.weights)
        known = len(engine.orders)
        await client.until(lambda: len(engine.orders) > known + 16)
        newest = {one.strategy: one for one in client.desk.decisions if one.orders[0].role == "entry"}
        for name in ("flips", "later"):
            factor = Decimal(board.weights[name].factor_ppm).scaleb(-6).normalize()
            assert f"as asked × weight {factor:f} " in newest[name].sizing, newest[name].sizing

    asked(tmp_path, act, TWO)


class Bars(SyntheticFeed):
    """The same market told in bars, of its first instrument."""

    def __init__(self, instruments: Sequence[Instrument], *more: Any) -> None:
        super().__init__(instruments, *more)
        self.instruments = instruments

    async def run(self) -> None:
        instrument, price = self.instruments[0], 642_500_000
        for number in count():
            at, price = self._clock(), price + (-1) ** number * 100_000
            self._deliver(Bar(at, instrument, at - 1_000, price, price + 50_000, price - 50_000, price + 20_000, 10**8))
            await asyncio.sleep(0.02)


def test_no_order_of_it_takes_part_in_a_bar_that_was_known_when_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fill of the account at a bar's open is heard before the bar: what that brings about waits for the next one."""
    monkeypatch.setattr(service, "SyntheticFeed", Bars)
    text = TWO.replace("Flips', account: one}", "Returns', account: one}")

    async def act(client: Client) -> None:
        shadow = "paper:one"
        await client.until(lambda: len([one for one in states(client.engine, shadow, "exit") if one.filled]) >= 5)

    asked(tmp_path, act, text)
    agrees(tmp_path / "home", "paper:one")
    orders = engine_of(tmp_path / "home").orders
    fills = read_book(tmp_path / "home" / SHADOW).fills
    assert len(fills) >= 10 and all(fill.time_venue > orders[fill.order_id].order.time for fill in fills)


def states(engine: Engine, account: str, role: str) -> list[OrderState]:
    found = (state for state in engine.orders.values() if state.order.account == account)
    return [state for state in found if state.order.role == role]


SHADOWED = ACCOUNT + "    shadow: {valuePerPosition: 100, slippage: none}\n" + QUOTED


def beside(one: Any) -> bool:
    return filled(one, "quoted", "paper:main") and filled(one, "quoted")


def test_beside_an_account_at_a_venue_it_trades_in_this_process_alone(tmp_path: Path) -> None:
    async def act(stage: Stage) -> None:
        end = await stage.plays(SHADOWED, beside)
        assert end.orders == 2 and list(end.accounts) == ["main"], "what the shadow does counts nowhere"
        assert end.entries == []
        assert stage.server is not None and not stage.server.failures
        known = stage.server.site.venue.accounts
        theirs = {order.client_id for account in known.values() for order in account.orders.values()}
        assert theirs and not any(id.startswith("sh") for id in theirs)
        with pytest.raises(InputError, match="paper:main holds positions of an earlier start: go on with the shadow"):
            stage.service(ACCOUNT + QUOTED)
        again = await stage.plays(SHADOWED, lambda one: "main" in one.log.ready)
        assert again.orders == 0

    stage = play(tmp_path, act)
    agrees(stage.home, "paper:main")
    assert rerun(stage.home / JOURNAL).differences == []
    assert {id.partition("-")[0][:2] for id in read_book(stage.home / SHADOW).submitted} == {"sh"}
    (stage.home / SHADOW).unlink()

    async def without(stage: Stage) -> None:
        with pytest.raises(InputError, match=r"shadow\.db is gone; put it back"):
            await stage.plays(SHADOWED, lambda one: False)

    play(tmp_path, without)


REFUSED: list[tuple[str, str]] = [
    ("shadow: {valuePerPosition: 0}", ": shadow: valuePerPosition 0 is out of range"),
    ("shadow: {windowDays: 1}", "windowDays"),
    ("shadow: {capPercent: 101}", "capPercent"),
    ("shadow: {slippage: much}", "slippage"),
    ("shadow: {capPercent: 40}", "raise capPercent"),
    ("shadow: {floorPercent: 60}", "lower floorPercent"),
    ("shadow: {window: 5}", "window is not known"),
]


@pytest.mark.parametrize(("block", "why"), REFUSED, ids=[block for block, _ in REFUSED])
def test_a_shadow_that_can_not_be_is_refused_before_anything_is_written(block: str, why: str, tmp_path: Path) -> None:
    begin, end = TWO.index("shadow: {"), TWO.index("}", TWO.index("shadow: {")) + 1
    with pytest.raises(InputError) as refused:
        asked(tmp_path, never, TWO[:begin] + block + TWO[end:])
    assert why in str(refused.value) and "service.yaml:2" in str(refused.value)
    assert not (tmp_path / "home" / JOURNAL).exists()


async def never(client: Client) -> None:
    raise AssertionError("it has begun")


def test_one_account_has_a_shadow(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r":3: accounts\.two\.shadow: one has one, and one account of a service has"):
        asked(tmp_path, never, TWO.replace("symbols: [ETHUSD]", "symbols: [ETHUSD], shadow: {}"))


def test_the_exits_of_a_session_are_those_of_the_shadow_too(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        begun = await client.ask("POST", "/api/trading/start?account=one", {"stopLossPercent": 2})
        assert begun.status == 200, begun
        plans = client.engine.plans
        assert plans["account:paper:one"].row() == plans["account:one"].row()
        assert client.engine.board is not None and client.engine.board.seats == {"flips": "", "later": ""}

    async def then(client: Client) -> None:
        await client.until(lambda: client.engine.run == 2)
        plans = client.engine.plans
        assert plans["account:paper:one"].row() == plans["account:one"].row()
        for what in ("stop", "start"):
            assert (await client.ask("POST", f"/api/trading/{what}?account=one", None)).status == 200
        assert not client.engine.plans

    asked(tmp_path, act, TWO)
    assert {*engine_of(tmp_path / "home").plans} == {"account:one", "account:paper:one"}
    asked(tmp_path, then, TWO)
    assert rerun(tmp_path / "home" / JOURNAL).differences == []


def test_killed_again_and_again_it_goes_on_as_its_exchange_knows_it(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "service.yaml"
    file.write_text(TWO.replace("server: {port: 0, requestsPerSecond: 1000}\n", ""))
    environment = variables(tmp_path, "")
    for fills in (3, 1, 2):
        with serving(file, home, environment) as one:
            one.hears("FILL   ", fills)
            time.sleep(fills * 0.137)
            assert one.end(signal.SIGKILL) == -signal.SIGKILL
    with serving(file, home, environment) as last:
        last.hears("FILL   ", 2)
        assert last.end() == 0
        codes = {state.order.id.partition("-")[0] for state in engine_of(home).orders.values()}
        shadow = next(code for code in codes if code.startswith("sh"))
        assert not last.said(f" {shadow}-"), "of a shadow nothing is said"
    agrees(home, "paper:one")
    assert rerun(home / JOURNAL).differences == []
