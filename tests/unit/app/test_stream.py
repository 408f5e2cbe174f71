"""What the service tells at its sockets: what happened, all of it, in order and to nobody else. Sockets, service and
journal are real."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.command import tradewright
from tests.e2e.judge import records
from tests.project import COMPILED_ALONE
from tests.unit.app.listening import ALL, Ear, listening
from tests.unit.app.standing_api import BOTH, ROUNDS, Client, Dam, FullDisk, asked, instant
from tradewright.adapters.journal import Snapshots, points
from tradewright.app.api import facts, retold, server, stream, subscriber
from tradewright.app.api.messages import CHANNELS, CLOSES, EVENTS
from tradewright.app.home import JOURNAL
from tradewright.model.control import CYCLE, Timer
from tradewright.model.errors import JournalFull
from tradewright.model.event import QUOTE
from tradewright.model.market import Trade
from tradewright.model.moment import moment_text

pytestmark = COMPILED_ALONE
#: Two users, each with an account that the other's key does not see.
TWO = BOTH.replace("cash: 50000", "cash: 50000, owner: ann").replace("cash: 20000", "cash: 20000, owner: bob")


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(subscriber, "HEARTBEAT_SECONDS", 0.5)


def told(folder: Path, after: int = 0, to: int = 10**9) -> list[dict[str, Any]]:
    """The events of a journal, as a process that folds it tells them."""
    found = retold.retold(folder / "home" / JOURNAL, after, to)
    return [json.loads(fact.content, parse_float=Decimal) for fact in found]


async def act_up(client: Client) -> None:
    """Everything that a person can make happen, behind all that the strategies did."""
    await client.has_traded()
    for method, path, body in (
        ("DELETE", "/api/v1/positions/BTCUSD?account=one", None),
        ("POST", "/api/v1/kill", {"scope": "account:two", "state": "REDUCING", "reason": "x"}),
        ("POST", "/api/v1/kill", {"scope": "all", "reason": "looks odd", "close": True}),
        ("POST", "/api/v1/rearm", {"scope": "all", "reason": "understood"}),
        ("POST", "/api/trading/start?account=one", {"maxPositions": 9}),
        ("POST", "/api/trading/pause?account=one", None),
        ("PATCH", "/api/trading/settings?account=one", {"maxPositions": 8}),
    ):
        assert (await client.ask(method, path, body)).status == 200
    await client.until(lambda: not any(one.net for one in client.engine.ledger.positions.values()))


# ── what is told ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_heard_as_it_happens_is_what_the_journal_tells_afterwards(tmp_path: Path) -> None:
    heard: list[dict[str, Any]] = []
    reached = []

    async def act(client: Client) -> None:
        async with listening(client) as ear:
            await ear.subscribe(after=0)
            await act_up(client)
            head = client.desk.connected.live.journal.head.sequence
            await ear.until(lambda: ear.reached >= head)
            heard.extend(ear.events)
            reached.append(ear.reached)

    asked(tmp_path, act)
    assert heard == told(tmp_path, 0, reached[0])
    places = [(event["sequence"], event["index"]) for event in heard]
    assert places == sorted(set(places))
    found = Counter(event["type"] for event in heard)
    assert found["trade.order.filled"] == sum(ROUNDS.values()) + len(
        [event for event in heard if event["type"] == "trade.order.filled" and event["data"]["pnl"] is not None]
    )
    assert {
        "trade.order.submitted", "trade.order.updated", "trade.order.filled", "trade.order.cancelled",
        "trade.position.opened", "trade.position.updated", "trade.position.closed", "trade.balance.updated",
        "trade.decision.made", "trade.state.changed", "trade.emergency.stopped", "trade.session.changed",
    } <= found.keys()  # fmt: skip
    assert {event["event"] for event in heard if event["type"].startswith("trade.position.")} == {"positionUpdate"}
    assert {event["event"] for event in heard if event["type"] == "trade.order.filled"} == {"orderExecuted"}
    sessions = [event["data"] for event in heard if event["type"] == "trade.session.changed"]
    assert [(one["status"], one["settings"]) for one in sessions] == [
        ("running", {"maxPositions": 9}), ("paused", {"maxPositions": 9}), ("paused", {"maxPositions": 8}),
    ]  # fmt: skip


def test_events_have_the_contents_of_the_answers_over_http(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        async with listening(client) as ear:
            await ear.subscribe(after=0)
            await act_up(client)
            await ear.until(lambda: ear.types().count("trade.position.closed") == 2)
            newest = {
                event["data"]["orderId"]: event["data"].get("order", event["data"])
                for event in ear.events
                if "orders" in EVENTS[event["type"]].channels
            }
            orders = (await client.get("/api/v1/orders?limit=500"))["orders"]
            assert newest == {order["orderId"]: order for order in orders}
            for name in ("one", "two"):
                last = [one for one in ear.events if one["type"] == "trade.balance.updated" and one["account"] == name]
                account = await client.get(f"/api/v1/account?account={name}")
                assert last[-1]["data"]["cash"] == account["cash"]
                assert last[-1]["data"].keys() == account.keys()
            made = (await client.get("/api/v1/decisions?limit=500"))["decisions"]
            said = [event["data"] for event in ear.events if event["type"] == "trade.decision.made"]
            assert said == made[::-1]
            matches = (await client.get("/api/v1/matches?limit=500"))["matches"]
            for event in ear.events:
                if event["type"] == "trade.position.closed":
                    pieces = [Decimal(one["pnl"]) for one in matches if one["symbol"] == event["symbol"]]
                    assert event["data"]["realizedPnl"] == sum(pieces)
                    assert instant(event["data"]["openedAt"]) == min(
                        instant(one["openedAt"]) for one in matches if one["symbol"] == event["symbol"]
                    )

    asked(tmp_path, act)


def test_a_cycle_is_told_of_by_the_name_it_has_in_the_second_system(tmp_path: Path) -> None:
    text = BOTH.replace("parameters: {rounds: 2}", "decideOn: cycle, cycleSeconds: 1, parameters: {rounds: 2}")

    async def act(client: Client) -> None:
        async with listening(client) as ear:
            await ear.subscribe(["system"])
            await ear.until(lambda: "trade.cycle.completed" in ear.types())
            event = ear.events[ear.types().index("trade.cycle.completed")]
            assert (event["event"], event["data"]["seconds"]) == ("tradingCycleComplete", 1)

    asked(tmp_path, act, text)


def test_nothing_is_told_before_it_is_durable(tmp_path: Path) -> None:
    dam = Dam(points.BEFORE_COMMIT)

    async def act(client: Client) -> None:
        await client.has_traded()
        async with listening(client) as ear:
            await ear.subscribe(["system"])
            dam.open.clear()
            try:
                # For a timer nothing waits, so the engine goes on while the disk does not.
                timer = Timer(client.engine.now, f"{CYCLE}:7")
                client.desk.connected.deliver(timer)
                await asyncio.sleep(0.5)
                assert ear.events == []
            finally:
                dam.open.set()
            await ear.until(lambda: ear.types() == ["trade.cycle.completed"])

    asked(tmp_path, act, crash=dam)


# ── resuming ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("remembered", [60.0, 0.0])
def test_a_client_that_was_cut_goes_on_by_the_sequence_without_a_gap(
    remembered: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "MISSED_SECONDS", remembered)
    heard: list[dict[str, Any]] = []

    async def act(client: Client) -> None:
        reached = 0
        for cut in range(5):
            if cut == 3:
                await act_up(client)
                assert client.service.api is not None
                assert (client.service.api.stream.tape.since > reached) == (remembered == 0), "nobody listened"
            async with listening(client) as ear:
                await ear.subscribe(after=reached)
                head = client.desk.connected.live.journal.head.sequence if cut == 4 else 1
                await ear.until(lambda ear=ear, head=head: ear.reached >= head)
                reached = ear.reached
                heard.extend(ear.events)
            await asyncio.sleep(0.3)

    asked(tmp_path, act)
    assert heard == told(tmp_path, 0, heard[-1]["sequence"])
    assert len(heard) > 20


def test_what_a_service_no_longer_remembers_is_read_from_its_journal(tmp_path: Path) -> None:
    first: list[dict[str, Any]] = []

    async def act(client: Client) -> None:
        await act_up(client)
        async with listening(client) as ear:
            await ear.subscribe(after=0)
            await ear.until(lambda: ear.types().count("trade.position.closed") == 2)
            first.extend(ear.events)

    async def again(client: Client) -> None:
        assert client.service.api is not None
        begun = client.service.api.stream.tape.since
        assert begun >= first[-1]["sequence"]
        for after in (first[len(first) // 2]["sequence"], 0):
            async with listening(client) as ear:
                await ear.subscribe(after=after)
                await ear.until(lambda ear=ear: ear.reached >= begun)
                missed = [event for event in first if event["sequence"] > after]
                assert ear.events[: len(missed)] == missed
                assert ear.events == told(tmp_path, after, ear.reached)
                assert client.service.api.stream.tape.since == after, "the next one finds it in memory"

    asked(tmp_path, act)
    asked(tmp_path, again)
    whole, kept = told(tmp_path), [*Snapshots(tmp_path / "home" / JOURNAL).whole()]
    assert len(kept) == 2
    for sequence in kept:
        assert told(tmp_path, sequence) == [event for event in whole if event["sequence"] > sequence]
    assert told(tmp_path, kept[-1]) != []


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("RECALL_RECORDS_MAX", 5, "they are more than 5 records back"),
        ("RECALL_SECONDS_MAX", 0.01, "the journal does not have them (any more)"),
    ],
)
def test_what_can_not_be_had_any_more_is_said_to_be_missing(
    name: str, value: float, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, name, value)

    async def act(client: Client) -> None:
        await client.has_traded()

    async def again(client: Client) -> None:
        async with listening(client) as ear:
            await ear.subscribe(after=3)
            await ear.until(lambda: ear.answers[-1]["op"] == "resync")
            resync = ear.answers[-1]
            assert (resync["after"], resync["reason"]) == (3, reason)
            assert client.service.api is not None and resync["sequence"] == client.service.api.stream.tape.since
            await client.ask("POST", "/api/v1/kill", {"reason": "x"})
            await ear.until(lambda: "trade.emergency.stopped" in ear.types())
            assert all(event["sequence"] > resync["sequence"] for event in ear.events)

    asked(tmp_path, act)
    asked(tmp_path, again)


def test_what_could_not_be_told_by_a_defect_is_read_from_the_journal_and_trading_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        client.desk.log.quiet = False
        async with listening(client) as ear:
            await ear.subscribe(["system"])
            right = facts.facts_of
            monkeypatch.setattr(facts, "facts_of", lambda *arguments: 1 // 0)
            assert (await client.ask("POST", "/api/v1/kill", {"reason": "odd"})).status == 200
            monkeypatch.setattr(facts, "facts_of", right)
            await client.ask("POST", "/api/v1/rearm", {"reason": "y"})
            await ear.until(lambda: ear.types() == ["trade.emergency.stopped", "trade.state.changed"])
        assert "DEFECT stream ZeroDivisionError" in capsys.readouterr().out

    asked(tmp_path, act)


def test_what_could_not_be_told_and_is_not_durable_yet_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dam = Dam(points.BEFORE_COMMIT)

    async def act(client: Client) -> None:
        await client.has_traded()
        async with listening(client) as ear:
            await ear.subscribe(["system"])
            assert client.service.api is not None
            tape, right = client.service.api.stream.tape, facts.facts_of
            dam.open.clear()
            try:
                monkeypatch.setattr(facts, "facts_of", lambda *arguments: 1 // 0)
                client.desk.connected.deliver(Timer(client.engine.now, f"{CYCLE}:7"))
                await client.until(lambda: tape.since > client.desk.connected.live.journal.durable)
                monkeypatch.setattr(facts, "facts_of", right)
                await asyncio.sleep(0.5)
                assert ear.events == []
            finally:
                dam.open.set()
            await ear.until(lambda: ear.types() == ["trade.cycle.completed"])
            assert "resync" not in [answer["op"] for answer in ear.answers]

    asked(tmp_path, act, crash=dam)


# ── who hears ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_users_on_all_channels_hear_nothing_of_each_other(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        ann = client.make("read", accounts=["one"], name="ann")
        bob = client.make("read", accounts=["two"], name="bob")
        ears: dict[str, list[Ear]] = {"one": [], "two": []}
        async with (
            listening(client, "/ws", ann) as first, listening(client, "/trading/ann", ann) as second,
            listening(client, "/ws", bob) as third, listening(client, "/trading/bob", bob) as fourth,
        ):  # fmt: skip
            ears = {"one": [first, second], "two": [third, fourth]}
            for account, pair in ears.items():
                for ear in pair:
                    await ear.subscribe([*ALL, "prices:BTCUSD", "prices:ETHUSD"], after=0)
                    assert ear.answers[0]["accounts"] == [account]
            await act_up(client)
            await client.ask("POST", "/api/v1/kill", {"scope": "account:one", "reason": "secret of one"})
            await client.ask("POST", "/api/v1/kill", {"scope": "strategy:other", "reason": "secret of two"})
            for pair in ears.values():
                for ear in pair:
                    await ear.until(lambda ear=ear: ear.types().count("trade.emergency.stopped") == 2)
        strangers = {"one": ("two", "ETHUSD", "other"), "two": ("one", "BTCUSD", "walker")}
        for account, pair in ears.items():
            for ear in pair:
                assert {event["account"] for event in ear.events} == {account, ""}
                assert {event["type"] for event in ear.events if not event["account"]} <= {
                    "trade.emergency.stopped", "trade.state.changed"
                }  # fmt: skip
                said = json.dumps(ear.events, default=str)
                for word in (*strangers[account], f"secret of {strangers[account][0]}"):
                    assert f'"{word}' not in said and f":{word}" not in said, word
            # What came between his connection and what he asked for then is told on his path once more.
            every, his = (ear.places() for ear in pair)
            assert every == sorted(set(his)), "a user's path tells all that is the user's"

    asked(tmp_path, act, TWO)


def test_a_users_path_tells_of_the_users_own_accounts(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        key = client.make("read", name="a-third-key", accounts=[])
        bobs = client.desk.ring.make("phone", ["read"], time.time_ns(), user="bob")[1]
        async with (
            listening(client, "/trading/bob", bobs) as ear,
            listening(client, "/trading/a-third-key", key) as none,
        ):
            await ear.until(lambda: ear.answers)
            await none.until(lambda: none.answers)
            assert (ear.answers[0]["user"], ear.answers[0]["accounts"]) == ("bob", ["two"])
            assert none.answers[0]["accounts"] == []
            await client.ask("DELETE", "/api/v1/positions?account=one")
            await client.ask("DELETE", "/api/v1/positions?account=two")
            await ear.until(lambda: "trade.position.closed" in ear.types())
            assert {event["account"] for event in ear.events} == {"two"}
            assert none.events == []

    asked(tmp_path, act, TWO)


def key_of(client: Client, user: str, *scopes: str, accounts: list[str] | None = None) -> str:
    return client.desk.ring.make(f"key-of-{user}", scopes, time.time_ns(), accounts or [], user=user)[1]


def session_of(*events: dict[str, Any]) -> list[tuple[str, str]]:
    found = [one["data"] for one in events if one["type"] == "trade.session.changed"]
    return [(one["userId"], one["status"]) for one in found]


def test_a_users_path_tells_of_an_account_while_the_user_has_a_session_there(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        eves, bobs = key_of(client, "eve", "read", "trade"), key_of(client, "bob", "read", accounts=["two"])
        anns, more = key_of(client, "ann", "read", "admin"), key_of(client, "bob", "read", "trade")
        start, start_two, stop = (f"/api/trading/{what}" for what in ("start?account=one", "start?account=two", "stop"))
        async with (
            listening(client, "/trading/eve", eves) as eve, listening(client, "/trading/bob", bobs) as bob,
        ):  # fmt: skip
            await eve.until(lambda: eve.answers)
            assert eve.answers[0]["accounts"] == []
            assert (await client.ask("POST", start, {"maxPositions": 9}, eves)).status == 200
            await eve.until(lambda: session_of(*eve.events) == [("eve", "running")])
            await client.ask("DELETE", "/api/v1/positions?account=one")
            await eve.until(lambda: "trade.position.closed" in eve.types())
            await client.ask("POST", "/api/v1/kill", {"scope": "account:two", "reason": "none of hers"})
            await client.ask("POST", "/api/v1/kill", {"scope": "account:one", "state": "REDUCING", "reason": "hers"})
            await eve.until(lambda: "trade.state.changed" in eve.types())
            async with listening(client, "/trading/eve", eves) as again:
                await again.until(lambda: again.answers)
                assert again.answers[0]["accounts"] == ["one"]
            await client.ask("POST", f"{stop}?account=one", None, eves)
            await eve.until(lambda: session_of(*eve.events)[-1] == ("eve", "stopped"))
            heard = len(eve.events)
            # Of her own she has none any more, and what is another's is not told.
            await client.ask("POST", "/api/v1/rearm", {"scope": "account:one", "reason": "understood"})
            await eve.until(lambda: len(eve.events) > heard)
            assert (await client.ask("POST", start, {"userId": "ann"}, anns)).status == 200
            await client.until(lambda: client.engine.sessions["one"].user == "ann")
            reached = client.desk.connected.live.journal.head.sequence
            await client.ask("POST", f"{stop}?account=one", None, anns)
            await eve.until(lambda: eve.reached > reached)
            assert ("ann", "stopped") not in session_of(*eve.events)
            assert {event["account"] for event in eve.events} == {"one"}
            # A key hears of no account that it does not see, whoever has a session there.
            await client.ask("POST", f"{stop}?account=one", None, anns)
            assert (await client.ask("POST", start, {}, more)).status == 200
            assert (await client.ask("POST", start_two, {}, more)).status == 409, "it is stopped above"
            reached = client.desk.connected.live.journal.head.sequence
            await bob.until(lambda: bob.reached >= reached)
            assert {event["account"] for event in bob.events} <= {"two", ""} and session_of(*bob.events) == []

    asked(tmp_path, act, TWO)


async def refused(client: Client, path: str, key: str, protocols: tuple[str, ...] = ()) -> int:
    """The status that a handshake is answered with."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await client.session.ws_connect(f"{client.url}{path}", headers=headers, protocols=protocols)
    return caught.value.status


def test_a_socket_is_shut_to_whoever_has_no_key_a_bad_one_or_anothers_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber, "KEY_SECONDS_MAX", 0.3)

    async def act(client: Client) -> None:
        good, blind = client.make("read", name="ann"), client.make("trade", "kill", "risk", name="ann")
        bad = f"{good[:-1]}x" if good[-1] != "x" else f"{good[:-1]}y"
        for path in ("/ws", "/trading/ann"):
            assert await refused(client, path, bad) == 401
            assert await refused(client, path, "", ("tradewright", f"bearer.{bad}")) == 401
            for query in (f"?key={good}", f"?access_token={good}", "?x"):
                for key in ("", good):
                    assert await refused(client, path + query, key) == 422
        assert await refused(client, "/nope", "") == 401
        assert await refused(client, "/nope", good) == 404
        assert await refused(client, "/trading/", good) == 404
        assert await refused(client, "/trading/bob", good) == 404
        says: list[tuple[str, Any, int]] = [
            ("/ws", None, 4401), ("/ws", "no json", 4401), ("/ws", {"op": "subscribe", "channels": ["orders"]}, 4401),
            ("/ws", {"op": "authenticate", "key": bad}, 4401), ("/ws", {"op": "authenticate", "key": blind}, 4403),
            ("/trading/bob", {"op": "authenticate", "key": good}, 4404), ("/ws", [[]] * 3, 4401),
        ]  # fmt: skip
        for path, said, code in says:
            async with listening(client, path, "") as ear:
                if said is not None:
                    await ear.say(said)
                assert await ear.ended() == code, (path, said)
                assert ear.frames == []
        async with listening(client, "/ws", blind) as ear:
            assert await ear.ended() == 4403
        # And the three ways that are good.
        async with listening(client, "/trading/ann", good) as ear:
            await ear.until(lambda: ear.answers[:1] and ear.answers[0]["op"] == "welcome")
        async with listening(client, "/ws", "", ("tradewright", f"bearer.{good}")) as ear:
            assert ear.socket.protocol == "tradewright"
            await ear.until(lambda: ear.answers[:1] and ear.answers[0]["op"] == "welcome")
        async with listening(client, "/trading/ann", "") as ear:
            await ear.say({"op": "authenticate", "key": good})
            await ear.until(lambda: ear.answers[:1] and ear.answers[0]["op"] == "welcome")

    asked(tmp_path, act)


def test_a_socket_ends_with_its_key(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        revoked, expired = client.make("read"), client.make("read", expires=time.time_ns() + 10**9)
        async with (
            listening(client, key=revoked) as one,
            listening(client, key=expired) as two,
            listening(client) as ear,
        ):
            for each in (one, two, ear):
                await each.subscribe()
            assert tradewright("keys", "revoke", revoked.split("_")[1], "--home", tmp_path / "home").code == 0
            await one.until(lambda: one.code == 4401, 3)
            await two.until(lambda: two.code == 4401, 3)
            assert await refused(client, "/ws", revoked) == 401
            await client.ask("POST", "/api/v1/kill", {"reason": "x"})
            await ear.until(lambda: "trade.emergency.stopped" in ear.types())
            client.desk.ring.file.write_bytes(b"[{")
            assert await ear.ended() == 4503

    asked(tmp_path, act)


def test_one_key_has_so_many_sockets_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "SOCKETS_PER_KEY", 2)

    async def act(client: Client) -> None:
        async with listening(client) as one, listening(client) as two:
            for each in (one, two):
                await each.until(lambda each=each: each.answers)
            async with listening(client) as three, listening(client, key=client.make("read")) as other:
                assert await three.ended() == 4429
                await other.until(lambda: other.answers)
            assert one.code is None and two.code is None
        async with listening(client) as four:
            await four.until(lambda: four.answers)

    asked(tmp_path, act)


def test_no_secret_is_ever_in_a_frame(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        keys = [client.key, (tmp_path / "home/admin.key").read_text().strip(), client.make("read", name="ann")]
        async with listening(client, key=keys[2]) as ear:
            await ear.subscribe([*ALL, "prices:BTCUSD"], after=0)
            for place in (
                {"op": keys[0]}, {"op": "subscribe", "channels": [keys[0]]}, {keys[0]: 1}, keys[0],
                {"op": "authenticate", "key": keys[0]}, {"op": "subscribe", "channels": [], "x": keys[0]},
            ):  # fmt: skip
                heard = len([one for one in ear.answers if one["op"] == "error"])
                await ear.say(place)
                await ear.until(lambda heard=heard: len([one for one in ear.answers if one["op"] == "error"]) > heard)
            await act_up(client)
            await ear.until(lambda: ear.types().count("trade.position.closed") == 2)
            said = "".join(ear.frames)
        for key in keys:
            assert key.split("_", 2)[2] not in said
        for key in client.desk.ring.keys().values():
            assert key.hash not in said

    asked(tmp_path, act)


# ── prices ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_a_price_the_last_value_is_told_in_one_frame_in_a_tenth_of_a_second(tmp_path: Path) -> None:
    told_of: list[dict[str, Any]] = []

    async def act(client: Client) -> None:
        await client.has_traded()
        async with listening(client) as ear:
            answer = await ear.subscribe(["prices:BTCUSD", "prices:ETHUSD"])
            assert answer["channels"] == ["prices:BTCUSD", "prices:ETHUSD"]
            await ear.until(lambda: len(ear.prices) >= 3)
            told_of.extend(one["BTCUSD"] for one in ear.prices if "BTCUSD" in one)
            assert set(ear.prices[0]) == {"BTCUSD", "ETHUSD"}, "what is known is told at once"
            begin, before = time.monotonic(), len(ear.prices)
            instrument = client.engine.symbols["BTCUSD"]
            for _ in range(100):
                client.desk.connected.deliver(Trade(client.service.clock(), instrument, 1_000, 1))
                await asyncio.sleep(0.01)
            assert 3 <= len(ear.prices) - before <= (time.monotonic() - begin) / 0.1 + 2
            assert ear.events == []
            await ear.say({"op": "unsubscribe", "channels": ["prices:BTCUSD"]})
            await ear.until(lambda: ear.answers[-1].get("channels") == ["prices:ETHUSD"])
            ear.prices.clear()
            await ear.until(lambda: len(ear.prices) >= 2)
            assert all(set(one) == {"ETHUSD"} for one in ear.prices)

    asked(tmp_path, act)
    quotes = {
        moment_text(row[1]): (row[3], row[4])
        for row in records(tmp_path / "home" / JOURNAL)
        if row[0] == QUOTE and row[2] == 0
    }
    times = [instant(one["time"]) for one in told_of]
    assert times == sorted(set(times)) and len(times) >= 2
    for one in told_of:
        bid, ask = quotes[one["time"]]
        assert one["bid"] / one["ask"] == Decimal(bid) / ask


# ── what goes wrong ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_no_message_is_answered_or_ends_its_socket_alone(tmp_path: Path) -> None:
    bad: list[Any] = [
        "no json", "", "[]", "1", '{"op": "nope"}', "{}", '{"op": "subscribe"}', {"op": "subscribe", "channels": []},
        {"op": "subscribe", "channels": ["orders"], "x": 1}, {"op": "subscribe", "channels": ["orders"], "after": -1},
        {"op": "subscribe", "channels": ["orders"], "after": 1.5}, {"op": "subscribe", "channels": [["orders"]]},
        {"op": "subscribe", "channels": ["orders"], "after": 2**70}, "[" * 8_000, '{"op":' * 2_000,
        {"op": "subscribe", "channels": ["orders"] * 300},
    ]  # fmt: skip

    async def act(client: Client) -> None:
        async with listening(client) as ear:
            for said in bad:
                heard = len(ear.answers)
                await ear.say(said)
                await ear.until(lambda heard=heard: len(ear.answers) > heard)
                assert (ear.answers[-1]["op"], ear.answers[-1]["code"]) == ("error", "INVALID_REQUEST"), said
            for channels, code in ((["orders", "nope"], "NOT_FOUND"), (["prices:NOPE"], "NOT_FOUND")):
                assert (await ear.subscribe(channels))["code"] == code
            assert (await ear.subscribe(["orders"], after=10**9))["code"] == "INVALID_REQUEST"
            assert (await ear.subscribe(["fills"]))["channels"] == ["fills"], "nothing of what was refused was done"
            for say, code in (
                (lambda one: one.socket.send_bytes(b"{}"), 1003), (lambda one: one.socket.send_str("x" * 20_000), 1009),
                (lambda one: one.socket._writer.send_frame(b"\xff\xfe", aiohttp.WSMsgType.TEXT), 1007),
            ):  # fmt: skip
                async with listening(client) as other:
                    await other.until(lambda other=other: other.answers)
                    await say(other)
                    assert await other.ended() == code
            async with listening(client) as flood:
                with suppress(aiohttp.ClientError, ConnectionError):
                    for _ in range(5_000):
                        await flood.socket.ping(b"x")
                # 1006: it went on sending, and its own end of the connection broke before it had read why.
                assert await flood.ended() in (1008, 1006)
            await client.ask("POST", "/api/v1/kill", {"reason": "x"})
            await ear.subscribe(["system"], after=0)
            await ear.until(lambda: "trade.emergency.stopped" in ear.types())

    asked(tmp_path, act)


def test_a_client_that_does_not_read_is_dropped_alone_and_its_end_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PING_SECONDS", 0.3)
    monkeypatch.setattr(server, "PONG_SECONDS", 1.0)

    async def act(client: Client) -> None:
        await client.has_traded()
        assert client.service.api is not None
        members = client.service.api.stream.members
        async with listening(client) as ear:
            await ear.subscribe([*ALL, "prices:BTCUSD"])
            reader, writer = await asyncio.open_connection("127.0.0.1", int(client.url.rpartition(":")[2]), limit=100)
            writer.write(
                b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nAuthorization: Bearer "
                + client.key.encode()
                + b"\r\n\r\n"
            )
            await client.until(lambda: len(members) == 2)
            await client.until(lambda: len(members) == 1)
            said = b""
            while more := await asyncio.wait_for(reader.read(65_536), 5):
                said += more
            writer.close()
            assert b"\x88" in said and (4408).to_bytes(2) in said
            assert ear.code is None
            await client.ask("POST", "/api/v1/kill", {"reason": "x"})
            await ear.until(lambda: "trade.emergency.stopped" in ear.types())

    asked(tmp_path, act)


def test_where_the_journal_is_full_nothing_more_is_told(tmp_path: Path) -> None:
    disk = FullDisk()

    async def act(client: Client) -> None:
        await client.has_traded()
        async with listening(client) as ear:
            await ear.subscribe(["system"])
            disk.full = True
            await client.ask("POST", "/api/v1/kill", {"reason": "x"})
            assert await ear.ended() == 4503
            assert ear.events == []
            async with listening(client) as other:
                assert await other.ended() == 4503

    with pytest.raises(JournalFull):
        asked(tmp_path, act, crash=disk)


def test_a_socket_ends_with_its_service(tmp_path: Path) -> None:
    ears: list[Ear] = []

    async def act(client: Client) -> None:
        socket = await client.session.ws_connect(f"{client.url}/ws", headers={"Authorization": f"Bearer {client.key}"})
        ears.append(Ear(socket))
        await ears[0].subscribe()
        client.service.stop()
        assert await ears[0].ended() == 1012

    asked(tmp_path, act)


def test_every_event_is_as_the_document_of_the_sockets_has_it(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        document = await client.get("/asyncapi.json", "")
        assert document["asyncapi"] == "3.0.0"
        schemas = document["components"]["schemas"]
        named = {part.split('"')[0] for part in json.dumps(document, default=str).split("#/components/schemas/")[1:]}
        assert named <= set(schemas)
        async with listening(client) as ear:
            await ear.subscribe([*ALL, "prices:BTCUSD"], after=0)
            await act_up(client)
            await ear.until(lambda: ear.types().count("trade.position.closed") == 2 and ear.prices)
            for event in ear.events:
                said = document["x-events"][event["type"]]
                envelope, data = said["payload"]["allOf"]
                for row, part in ((event, envelope), (event["data"], data["properties"]["data"])):
                    properties = schemas[part["$ref"].rpartition("/")[2]]["properties"]
                    assert row.keys() == properties.keys(), event["type"]
            assert schemas["Execution"]["properties"]["price"] == {"type": "number"}
            assert ear.prices[0]["BTCUSD"].keys() == schemas["Price"]["properties"].keys()

    asked(tmp_path, act)


def test_every_channel_has_events_and_every_end_its_sentence() -> None:
    assert {channel for kind in EVENTS.values() for channel in kind.channels} == set(CHANNELS)
    assert all(CLOSES.values())
