"""Sessions over HTTP: begun, changed, paused and stopped by their users, and there again behind a crash. Sockets,
service and journal are real."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.judge import records
from tests.e2e.service import serving, variables
from tests.project import COMPILED_ALONE, ROOT
from tests.unit.app.standing_api import BOTH, Answer, Client, asked
from tradewright.app.api.trading_shapes import TradingSettings
from tradewright.app.history import fold, rerun
from tradewright.app.home import JOURNAL
from tradewright.app.service import Service
from tradewright.app.settings_keys import KEYS
from tradewright.model.control import Timer
from tradewright.model.event import DECISION, FILLED, SESSION_SET, TIMER, TRADING_STATE_SET
from tradewright.model.market import Bar
from tradewright.model.numbers import decimal_from

pytestmark = COMPILED_ALONE

SETTINGS: dict[str, Any] = {
    "maxPositions": 1, "maxPositionSize": 50, "minConfidence": "0.25", "stopLossPercent": 2.5, "takeProfitPercent": 4,
    "trailingStopPercent": 3, "weeklyTarget": 90, "maxDrawdown": 80, "orderType": "limit", "watchlist": ["BTCUSD"],
    "enabledStrategies": ["walker"], "validatorEnabled": True, "strategyWeightBalance": 0.5, "decideOn": "tick",
    "cycleSeconds": 1,
}  # fmt: skip
READS = ("session", "positions")
MINUTE = 60 * 10**9


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def trading(client: Client, what: str, body: Any = None, key: str | None = None, account: str = "one") -> Answer:
    method = "GET" if what in READS else "PATCH" if what == "settings" else "POST"
    return await client.ask(method, f"/api/trading/{what}?account={account}", body, key)


async def session(client: Client, what: str = "session", body: Any = None, **more: Any) -> dict[str, Any]:
    answer = await trading(client, what, body, **more)
    assert answer.status == 200 and answer.row["success"] is True, answer
    found: dict[str, Any] = answer.row["session"]
    return found


async def refused(client: Client, account: str = "one") -> str:
    """The code that refuses an opening by hand there, "" = none does."""
    symbol, price = {"one": ("BTCUSD", 30_000), "two": ("ETHUSD", 1_000)}[account]
    engine = client.engine
    await client.until(lambda: engine.marks.marks[engine.symbols[symbol].index].price() > 0)
    bid = {"symbol": symbol, "side": "buy", "quantity": "0.01", "type": "limit", "limitPrice": price}
    answer = await client.ask("POST", f"/api/v1/orders?account={account}", bid)
    assert answer.status == 200, answer
    return str(answer.row["code"])


TRAILS, TIGHTER = "{trailingStopPercent: 5}", "{stopLossPercent: 2, trailingStopPercent: 5}"


@pytest.mark.parametrize(("stated", "side"), [(TRAILS, "buy"), (TRAILS, "sell"), (TIGHTER, "sell"), ("{}", "buy")])
def test_a_position_tells_where_its_trailing_stop_is_and_what_it_follows(
    stated: str, side: str, tmp_path: Path
) -> None:
    async def act(client: Client) -> None:
        index = client.engine.symbols["EURUSD"].index
        await client.until(lambda: client.engine.marks.marks[index].price() > 0)
        order = {"symbol": "EURUSD", "side": side, "quantity": "0.01", "type": "market"}
        placed = (await client.ask("POST", "/api/v1/orders?account=one", order)).row
        assert placed["code"] == "", placed
        await client.until(lambda: any(book.lots for book in client.engine.ledger.books.values()))
        (held,) = (await trading(client, "positions")).row["positions"]
        entry, stop, trail, best = (held[key] for key in ("entryPrice", "stopLoss", "trailingStop", "highWaterMark"))
        if stated == "{}":
            assert (stop, trail, best) == (None, None, None)
            return
        assert abs(best - entry) < entry / 100 and abs(trail - best / 20) < entry / 1000
        behind = trail if "stopLoss" not in stated else entry / 50
        assert abs(stop - (best - behind if side == "buy" else best + behind)) < entry / 200

    service = "accounts: {one: {venue: paper, symbols: [EURUSD]}}\nserver: {port: 0}\n"
    asked(tmp_path, act, f"{service}exits: {stated}\n")


def test_a_session_is_begun_paused_resumed_and_stopped_and_each_is_a_record(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        assert (await trading(client, "session")).code == "NOT_FOUND"
        begun = await session(client, "start", SETTINGS)
        numbers = {**SETTINGS, "minConfidence": Decimal("0.25"), "stopLossPercent": Decimal("2.5")}
        assert begun["settings"] == {**numbers, "strategyWeightBalance": Decimal("0.5")}
        assert (begun["id"], begun["userId"], begun["status"]) == ("one-1-1", "ann", "running")
        assert begun["stoppedAt"] is None and begun == await session(client)
        # As text or as number, in the body or under `settings`: asked again it is the one that is there.
        assert begun == await session(client, "start", {"settings": {**SETTINGS, "minConfidence": 0.25}})
        assert (await trading(client, "start", {"maxPositions": 2})).code == "SESSION_RUNS"

        bid, exits = working(client, "entry"), working(client, "stop_loss")
        assert len(bid) == 1 and len(exits) == 3
        assert (await session(client, "pause"))["status"] == "paused"
        assert await refused(client) == "TRADING_STATE" and await refused(client, "two") == ""
        await client.until(lambda: not working(client, "entry"))
        assert working(client, "stop_loss") == exits, "exits go on"
        (held,) = (await trading(client, "positions")).row["positions"]
        assert {name: held[name] for name in ("symbol", "side", "status", "userId")} == {
            "symbol": "BTCUSD", "side": "long", "status": "open", "userId": "one",
        }  # fmt: skip
        stops = [client.engine.orders[id].order for id in exits]
        nearest = max(decimal_from(one.stop_units, one.instrument.price_scale) for one in stops)
        assert (held["stopLoss"], held["takeProfit"], held["trailingStop"]) == (nearest, None, None)
        assert held["unrealizedPnL"] is not None
        assert (await session(client, "resume"))["status"] == "running"
        assert await refused(client) == "STRATEGY_NOT_ENABLED"

        answer = await trading(client, "stop")
        assert answer.row == {"success": True}
        ended = await session(client)
        assert (ended["status"], ended["id"]) == ("stopped", begun["id"]) and ended["stoppedAt"]
        assert await refused(client) == "TRADING_STATE"
        for what in ("pause", "resume", "settings"):
            assert (await trading(client, what)).code == "SESSION_ENDED", what
        assert (await trading(client, "stop")).row == {"success": True}, "it is stopped"
        again = await session(client, "start", {})
        assert (again["id"], again["settings"], again["status"]) == ("one-1-2", {}, "running")

    asked(tmp_path, act)
    journal = tmp_path / "home" / JOURNAL
    assert rerun(journal).differences == []
    assert len([row for row in records(journal) if row[0] == SESSION_SET]) == 2
    said = [(row[3], row[4]) for row in records(journal) if row[0] == TRADING_STATE_SET and row[2] == "session:one"]
    assert said == [(2, "session: ann"), (1, "session: ann"), (3, "session: ann")]


def working(client: Client, role: str) -> list[str]:
    orders = [hold.order for hold in client.engine.holds.holds.values() if hold.order.account == "one"]
    return [order.id for order in orders if order.role == role]


def test_a_session_loosens_nothing_that_others_have_set(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        wide = {"maxPositions": 500, "maxPositionSize": 100}
        await session(client, "start", wide)
        bought = {"symbol": "BTCUSD", "side": "buy", "quantity": "0.3", "type": "market"}
        code = (await client.ask("POST", "/api/v1/orders?account=one", bought)).row["code"]
        assert code == "MAX_ORDER_VALUE", "what the configuration limits, it limits all the same"

        await client.ask("POST", "/api/v1/kill", {"scope": "account:one", "state": "REDUCING", "reason": "x"})
        assert (await session(client))["status"] == "paused"
        await session(client, "pause")
        await client.ask("POST", "/api/v1/kill", {"scope": "account:one", "reason": "x"})
        assert (await session(client))["status"] == "stopped"
        for what in ("start", "resume"):
            answer = await trading(client, what, wide if what == "start" else None)
            assert (answer.status, answer.code) in ((409, "ACCOUNT_HALTED"), (409, "SESSION_ENDED")), what
        assert client.engine.states == {"account:one": 3, "session:one": 2}
        await client.ask("POST", "/api/v1/rearm", {"scope": "account:one", "reason": "x"})
        assert (await session(client))["status"] == "paused", "what its user has paused stays so"
        await client.ask("POST", "/api/v1/kill", {"reason": "x"})
        assert (await trading(client, "resume")).code == "ACCOUNT_HALTED"
        await client.ask("POST", "/api/v1/rearm", {"reason": "x"})
        assert (await session(client, "resume"))["status"] == "running"

    asked(tmp_path, act)


@pytest.mark.parametrize("state", ["REDUCING", "HALTED"])
def test_a_trade_key_undoes_nothing_that_others_have_set_for_its_session(tmp_path: Path, state: str) -> None:
    async def act(client: Client) -> None:
        trade, stop = client.make("read", "trade"), client.make("kill", name="eve")
        await session(client, "start", {"maxPositions": 3}, key=trade)
        await session(client, "pause", key=trade)
        await client.ask("POST", "/api/v1/kill", {"scope": "session:one", "state": state, "reason": "x"}, stop)
        # As hard as can be, so that nothing but the re-arm is left: it stays eve's stop.
        for what in ("resume", "stop", "resume", "pause", "start"):
            answer = await trading(client, what, None, trade)
            assert what == "stop" or (answer.status, answer.code) == (409, "ACCOUNT_HALTED"), (what, answer)
        assert (client.engine.states, client.engine.causes) == ({"session:one": 3}, {"session:one": "eve"})
        body = {"scope": "session:one", "reason": "x"}
        assert (await client.ask("POST", "/api/v1/rearm", body, trade)).code == "FORBIDDEN"
        assert (await client.ask("POST", "/api/v1/rearm", body)).status == 200
        assert (await session(client, key=trade))["status"] == "running"

    asked(tmp_path, act)
    assert rerun(tmp_path / "home" / JOURNAL).differences == []


def test_a_user_replaces_no_session_that_is_configured_for_another(tmp_path: Path) -> None:
    text = BOTH.replace("one: {venue: paper,", "one: {session: {userId: bob, stopLossPercent: 4}, venue: paper,")

    async def act(client: Client) -> None:
        alice, bob = client.make("read", "trade", name="alice"), client.make("read", "trade", name="bob")
        before = await session(client, key=bob)
        for what, body in (("session", None), ("settings", {}), ("start", {"maxPositions": 9}), ("start", None)):
            answer = await trading(client, what, body, alice)
            assert (answer.status, answer.code) == (404, "NOT_FOUND"), what
        assert await session(client, key=bob) == before
        assert (await session(client, "start", {"maxPositions": 5}, key=bob))["userId"] == "bob"

    asked(tmp_path, act, text)


def test_a_session_is_its_users_and_is_not_there_for_another(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        bob = client.make("read", "trade", name="bob")
        admin = client.make("admin", name="root")
        elsewhere = client.make("read", "trade", accounts=["two"])
        begun = await session(client, "start", {"maxPositions": 3})
        for what in ("session", "pause", "resume", "stop", "settings"):
            answer = await trading(client, what, None if what == "session" else {}, bob)
            assert (answer.status, answer.code) == (404, "NOT_FOUND"), what
            assert (await trading(client, what, None, elsewhere)).code == "NOT_FOUND", what
        assert (await trading(client, "start", {}, bob)).code == "NOT_FOUND"
        assert (await trading(client, "start", {}, admin)).code == "SESSION_RUNS"
        assert (await trading(client, "start", {"userId": "cat"}, bob, "two")).code == "FORBIDDEN"
        assert (await trading(client, "positions", None, elsewhere, "one")).code == "NOT_FOUND"
        assert begun == await session(client) == await session(client, key=admin)
        assert (await session(client, "pause", key=admin))["status"] == "paused"
        theirs = await session(client, "start", {"userId": "bob"}, key=admin, account="two")
        assert theirs["userId"] == "bob" and theirs == await session(client, key=bob, account="two")
        assert (await trading(client, "session", account="two")).code == "NOT_FOUND"

    asked(tmp_path, act)


#: Settings that are none, by what is wrong with them.
NONE_SUCH: dict[str, Any] = {
    "an unknown name": {"maxPosition": 1},
    "no size": {"maxPositions": 0},
    "half of one": {"maxPositions": 1.5},
    "a percentage of nothing": {"stopLossPercent": 0},
    "a loss of more than there is": {"maxDrawdown": 100},
    "a confidence beyond one": {"minConfidence": 1.5},
    "a number of a float": b'{"minConfidence": 0.30000000000000004}',
    "a word": {"maxPositionSize": "much"},
    "no symbol": {"watchlist": []},
    "a type that is none": {"orderType": "stop"},
    "a moment that is none": {"decideOn": "never"},
    "a cycle longer than a day": {"cycleSeconds": 86_401},
    "said twice": {"maxPositions": 1, "settings": {"maxPositions": 1}},
    "finer than any": {"minConfidence": "0.1234567"},
}


def test_settings_that_are_none_are_a_problem_and_leave_nothing(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        for what, body in NONE_SUCH.items():
            answer = await trading(client, "start", body)
            assert (answer.status, answer.code) == (422, "INVALID_REQUEST"), (what, answer)
        assert client.engine.sessions == {}

    asked(tmp_path, act)
    assert [row for row in records(tmp_path / "home" / JOURNAL) if row[0] == SESSION_SET] == []


def test_settings_are_changed_while_it_runs_and_its_cycle_with_them(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        begun = await session(client, "start", {"maxPositions": 7, "minConfidence": 0.5})
        assert client.engine.gate.limits["session:one"].values == {"maxOpenPositions": 7, "minConfidence": 500_000}
        changed = await session(client, "settings", {"settings": {"maxPositions": 3, "cycleSeconds": 1}})
        assert changed == {**begun, "settings": {"maxPositions": 3, "cycleSeconds": 1}}
        assert client.engine.gate.limits["session:one"].values == {"maxOpenPositions": 3}
        await asyncio.sleep(3.1)

    asked(tmp_path, act)
    cycles = [row[1] for row in records(tmp_path / "home" / JOURNAL) if row[0] == TIMER and row[2] == "cycle:1"]
    assert len(cycles) >= 2 and all(time % 10**9 == 0 for time in cycles)


# ── behind a crash ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_sessions_are_there_again_behind_a_kill(tmp_path: Path) -> None:
    """A session that runs, one that is paused with other settings, and one that is stopped."""
    home, file = tmp_path / "home", tmp_path / "service.yaml"
    third = BOTH.replace("strategies:", "  three: {venue: paper, symbols: [BTCUSD]}\nstrategies:")
    file.write_text(third)
    before: dict[str, Any] = {}

    async def first(client: Client) -> None:
        await session(client, "start", SETTINGS)
        await session(client, "start", {}, account="two")
        await session(client, "settings", {"maxDrawdown": 5, "stopLossPercent": 1}, account="two")
        await session(client, "pause", account="two")
        await session(client, "start", {"maxPositions": 2}, account="three")
        await trading(client, "stop", account="three")

    asked(tmp_path, first, third)
    with serving(file, home, variables(tmp_path, "")) as process:
        process.hears("READY", 3)
        process.end(signal.SIGKILL)
    journal = home / JOURNAL
    folded = fold(journal)
    assert folded.trader is not None and rerun(journal).state_hash == folded.state_hash
    before.update(looks(folded.trader))
    assert [row[3] for row in before["sessions"].values()] == ["running", "stopped", "paused"]

    async def then(client: Client) -> None:
        await client.until(lambda: client.engine.sessions and client.engine.run == 3)
        assert looks(client.service.room.trader) == before
        assert (await session(client))["settings"]["maxPositions"] == 1
        assert await refused(client, "two") == "TRADING_STATE"
        assert (await session(client, "resume", account="two"))["status"] == "running"
        assert await refused(client, "two") == ""
        # A snapshot holds them too: what follows is folded from it.
        client.service.room.live.snapshot()

    asked(tmp_path, then, third)
    asked(tmp_path, lambda client: after_snapshot(client, before), third)
    assert rerun(journal).differences == []


async def after_snapshot(client: Client, before: dict[str, Any]) -> None:
    assert client.service.room.rebuilt.snapshot > 0
    await client.until(lambda: client.engine.run == 4)
    now = looks(client.service.room.trader)
    for same in ("limits", "plans", "strategies"):
        assert now[same] == before[same], same


def looks(trader: Any) -> dict[str, Any]:
    engine = trader.engine
    return {
        "sessions": {name: one.row() for name, one in sorted(engine.sessions.items())},
        "states": dict(engine.states),
        "limits": {scope: limits.values for scope, limits in engine.gate.limits.items() if scope[:8] == "session:"},
        "plans": {scope: plan.row() for scope, plan in engine.plans.items()},
        "strategies": sorted(trader.setup.strategies),
    }


# ── each of them changes something ─────────────────────────────────────────────────────────────────────────────────

STRATEGIES = ROOT / "tests/e2e/strategies.py"
#: One market for all: up, and down below where it began.
PATH = (100, 100, 100, 104, 104, 101, 97, 97, 97)


def buys(*bars: int, **terms: Any) -> dict[str, Any]:
    return {f"bar {bar}": [["buy", {"size": 10, **terms}]] for bar in bars}


SAYS = {"bar 2": [["signal", {"action": "BUY", "confidence": 0.9, "reasoning": "so it is"}]]}
TWO = {
    "bar 1": [["buy", {"size": 10, "symbol": "BTCUSD"}]], "bar 4": [["buy", {"size": 10, "symbol": "ETHUSD"}]],
}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """Two sessions that differ in one setting, and what their strategy wants."""

    settings: dict[str, Any]
    other: dict[str, Any] = field(default_factory=dict)
    strategy: str = "Scripted"
    script: dict[str, Any] | None = field(default_factory=lambda: buys(1, 3))
    code: str = ""


PAIRS = {
    "maxPositions": Pair({"maxPositions": 1}, strategy="Pair", script=TWO, code="MAX_OPEN_POSITIONS"),
    "maxPositionSize": Pair({"maxPositionSize": 0.19}, code="POSITION_LIMIT"),
    "minConfidence": Pair({"minConfidence": 0.6}, script=buys(2, confidence=0.5), code="CONFIDENCE_TOO_LOW"),
    "stopLossPercent": Pair({"stopLossPercent": 5}, script=buys(3)),
    "takeProfitPercent": Pair({"takeProfitPercent": 1}, script=buys(1)),
    "trailingStopPercent": Pair({"trailingStopPercent": 2}, script=buys(1)),
    "weeklyTarget": Pair({"weeklyTarget": "0.0009"}, script=buys(1, 6), code="SESSION_TARGET"),
    "maxDrawdown": Pair({"maxDrawdown": "0.0009"}, script=buys(4, 7), code="SESSION_DRAWDOWN"),
    "orderType": Pair({"orderType": "limit"}, {"orderType": "market"}),
    "watchlist": Pair({"watchlist": ["ETHUSD"]}, code="SYMBOL_NOT_ALLOWED"),
    "enabledStrategies": Pair({"enabledStrategies": ["another"]}, code="STRATEGY_NOT_ENABLED"),
    "validatorEnabled": Pair({"validatorEnabled": False}, {"validatorEnabled": True}, "Clever", None),
    "strategyWeightBalance": Pair({"strategyWeightBalance": 0}, {"strategyWeightBalance": 0.9}, "Advised", None),
    "decideOn": Pair({"decideOn": "cycle"}, {"decideOn": "tick"}, script=SAYS),
    "cycleSeconds": Pair(
        {"decideOn": "cycle", "cycleSeconds": 240}, {"decideOn": "cycle", "cycleSeconds": 180}, script=SAYS
    ),
}  # fmt: skip
#: Whose a session is says its key; what that changes is tested above.
ELSEWHERE = {"userId"}


def test_each_setting_of_a_session_changes_what_is_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One service, two accounts for each pair, which differ in what is said when their sessions begin."""
    assert {*PAIRS, *ELSEWHERE} == set(KEYS)
    assert {one.encode_name for one in msgspec.structs.fields(TradingSettings)} == set(PAIRS)
    # The market is this test's.
    monkeypatch.setattr(Service, "_feeds", lambda service: iter(()))
    lines = ["accounts:"]
    for key in PAIRS:
        lines += [f"  {which}{key}: {{venue: paper, symbols: [BTCUSD, ETHUSD], cash: 1000000}}" for which in "ab"]
    lines.append("strategies:")
    for key, pair in PAIRS.items():
        given = {} if pair.script is None else {"script": pair.script}
        for which in "ab":
            block = {"strategy": f"{STRATEGIES}:{pair.strategy}", "account": which + key, "parameters": given}
            lines.append(f"  s{which}{key}: {json.dumps(block)}")
    lines.append("server: {port: 0, requestsPerSecond: 1000}")

    async def act(client: Client) -> None:
        for key, pair in PAIRS.items():
            for which, body in (("a", pair.settings), ("b", pair.other)):
                await session(client, "start", body, account=which + key)
        await the_market(client)

    asked(tmp_path, act, "\n".join(lines))
    journal = tmp_path / "home" / JOURNAL
    folded = rerun(journal)
    assert folded.differences == [] and folded.trader is not None
    told = stories(journal)
    for key, pair in PAIRS.items():
        with_it, without = told.get(f"a{key}", []), told.get(f"b{key}", [])
        assert with_it != without, key
        assert not folded.halted
        if pair.code:
            assert pair.code in str(with_it) and pair.code not in str(without), (key, with_it)


async def the_market(client: Client) -> None:
    """A bar of each symbol a minute, each when all that was wanted of the one before has been answered."""
    engine, deliver = client.engine, client.service.connected.deliver
    begin = engine.now - engine.now % (720 * MINUTE) + 720 * MINUTE
    for number, price in enumerate(PATH, 1):
        now = begin + number * MINUTE
        for name, one in (("BTCUSD", price), ("ETHUSD", 100)):
            units = one * 10_000
            deliver(Bar(now, engine.symbols[name], now - MINUTE, units, units, units, units, 10**14))
        for seconds in (45, 180, 240):
            if number * 60 % seconds == 0:
                deliver(Timer(now, f"cycle:{seconds}"))
        await client.until(lambda now=now: engine.now >= now)
        await client.until(lambda: "SUBMITTED" not in {one.status for one in engine.orders.values()})


def stories(journal: Path) -> dict[str, list[Any]]:
    """By account what was decided and filled, without the names that differ."""
    found: dict[str, list[Any]] = {}
    account_of: dict[str, str] = {}
    for row in records(journal):
        if row[0] == DECISION:
            account_of.update({order[0]: row[3] for order in row[7]})
            codes = [check[0] for check in row[8] if not check[1]]
            found.setdefault(row[3], []).append((row[6], [order[4:9] for order in row[7]], codes, row[1] // MINUTE))
        elif row[0] == FILLED:
            found.setdefault(account_of[row[2]], []).append(("filled", *row[4:6], row[1] // MINUTE))
    return found
