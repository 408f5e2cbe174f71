"""Signals over HTTP: what a service outside has decided is read and judged as at a message bus, once, for the accounts
of its key and the strategies that are named. Sockets, service and journal are real."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.bus.senders import decision, forged, in_seconds
from tests.e2e.judge import records
from tests.project import COMPILED_ALONE
from tests.unit.app.standing_api import BOTH, Answer, Client, FullDisk, asked
from tradewright.app.history import rerun
from tradewright.app.home import JOURNAL
from tradewright.model.errors import JournalFull
from tradewright.model.event import DECISION, DECISION_REQUESTED

pytestmark = COMPILED_ALONE
PATH = "/api/v1/signals"
NAMED = BOTH.replace("server: {", "server: {signals: {one: [ai], two: [ai]}, ")


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def post(client: Client, id: str, key: str | None = None, **said: Any) -> Answer:
    return await client.ask("POST", PATH, decision(id, **said), key)


def taken_up(folder: Path) -> list[str]:
    """Ids of the decisions that were journaled."""
    return [row[10] for row in records(folder / "home" / JOURNAL) if row[0] == DECISION_REQUESTED]


def test_a_signal_becomes_an_order_of_its_strategy_or_a_decision_with_every_check(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        made = (await post(client, "d-1")).row
        order = made["order"]
        assert (made["decisionId"], made["again"]) == ("d-1", False)
        assert (order["status"], order["clientOrderId"], order["orderIds"]) == ("pending", "d-1", [order["orderId"]])
        assert order["checks"] and all(check["passed"] for check in order["checks"])
        await client.until(lambda: client.engine.orders[order["orderId"]].status == "FILLED")
        found = await client.get(f"/api/v1/orders/{order['orderId']}")
        assert (found["strategyId"], found["side"], found["clientOrderId"]) == ("ai", "buy", "d-1")
        (told,) = [
            one for one in (await client.get("/api/v1/decisions"))["decisions"]
            if one["decisionId"] == order["decisionId"]
        ]  # fmt: skip
        assert told["reason"] == "ann, decision d-1: momentum", "the record says whose key it was"
        refused = await post(client, "d-2", quantity=100)
        assert (refused.status, refused.row["order"]["status"]) == (200, "rejected")
        assert refused.row["order"]["code"] in [
            one["code"] for one in refused.row["order"]["checks"] if not one["passed"]
        ]
        turned = (await post(client, "d-3", action="SELL", quantity="0.002")).row["order"]
        (closes,) = turned["orderIds"]
        assert client.engine.orders[closes].order.role == "exit", "what is held is closed"
        assert (turned["status"], turned["code"]) == ("rejected", "SHORT_NOT_ALLOWED"), "and the rest may not be opened"
        held = await post(client, "d-4", action="HOLD", quantity=None)
        assert held.row == {"decisionId": "d-4", "again": False, "order": None}

    asked(tmp_path, act, NAMED)
    assert rerun(tmp_path / "home" / JOURNAL).differences == []
    assert taken_up(tmp_path) == ["d-1", "d-2", "d-3", "d-4"]


def test_said_twice_it_is_decided_once_at_once_later_and_after_a_restart(tmp_path: Path) -> None:
    made: dict[str, Any] = {}
    until = in_seconds(300)

    async def first(client: Client) -> None:
        await client.has_traded()
        both = await asyncio.gather(*[post(client, "d-1", validUntil=until) for _ in range(8)])
        assert {one.status for one in both} == {200}
        assert sorted(one.row["again"] for one in both) == [False, *[True] * 7]
        (order_id,) = {one.row["order"]["orderId"] for one in both}
        await client.until(lambda: client.engine.orders[order_id].status == "FILLED")
        made.update((await post(client, "d-1", validUntil=until, reasoning="I heard nothing")).row)
        assert made["again"] and (made["order"]["orderId"], made["order"]["status"]) == (order_id, "accepted")
        assert made["order"]["checks"]
        for other in ({"quantity": "0.002"}, {"action": "SELL"}, {"action": "HOLD", "quantity": None},
                      {"quantity": None, "sizeHint": "0.5"}):  # fmt: skip
            answer = await post(client, "d-1", **other)
            assert (answer.status, answer.code) == (409, "CLIENT_ORDER_ID_TAKEN"), other
            assert order_id in answer.row["detail"]
        elsewhere = await post(client, "d-1", accountId="two", symbol="ETHUSD")
        assert elsewhere.row["again"] is False and elsewhere.row["order"]["orderId"] != order_id
        assert (await post(client, "d-2", action="HOLD", quantity=None)).row["again"] is False
        assert (await post(client, "d-2", action="HOLD", quantity=None)).row == {
            "decisionId": "d-2", "again": True, "order": None,
        }  # fmt: skip
        assert (await post(client, "d-2")).code == "CLIENT_ORDER_ID_TAKEN"
        by_hand = {"symbol": "BTCUSD", "side": "buy", "quantity": "0.001", "type": "market", "clientOrderId": "d-3"}
        assert (await client.ask("POST", "/api/v1/orders?account=one", by_hand)).status == 200
        assert (await post(client, "d-3")).code == "CLIENT_ORDER_ID_TAKEN"
        late = await post(client, "d-1", validUntil=in_seconds(-1))
        assert late.row["again"], "too late to be decided, and not to be asked about"

    async def then(client: Client) -> None:
        await client.until(lambda: client.engine.orders)
        row = (await post(client, "d-1", validUntil=until)).row
        assert row == made | {"order": made["order"] | {"checks": None}}
        assert (await post(client, "d-1", quantity="0.002")).code == "CLIENT_ORDER_ID_TAKEN"
        assert (await post(client, "d-2")).code == "CLIENT_ORDER_ID_TAKEN"

    asked(tmp_path, first, NAMED)
    asked(tmp_path, then, NAMED)
    assert rerun(tmp_path / "home" / JOURNAL).differences == []
    assert taken_up(tmp_path) == ["d-1", "d-1", "d-2"]
    decided = [row for row in records(tmp_path / "home" / JOURNAL) if row[0] == DECISION and "decision d-1" in str(row)]
    assert len(decided) == 2, "one in each account"


def test_without_a_quantity_the_sizer_of_its_account_says_how_much(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        full = (await post(client, "d-1", quantity=None, sizeHint=1)).row["order"]
        half = (await post(client, "d-2", quantity=None, sizeHint="0.5")).row["order"]
        sizes = [client.engine.orders[one["orderId"]].order.quantity for one in (full, half)]
        assert sizes == [4_000_000, 2_000_000]
        await client.until(lambda: client.engine.orders[half["orderId"]].status == "FILLED")
        turned = (await post(client, "d-3", action="SELL", quantity=None, sizeHint="1")).row["order"]
        (closes,) = (client.engine.orders[id].order for id in turned["orderIds"])
        assert (closes.role, closes.quantity, turned["status"]) == ("exit", 6_000_000, "rejected")

    asked(tmp_path, act, NAMED + "sizing: {method: fixed, amount: 0.04}\n")


def test_what_is_none_at_a_message_bus_is_none_here_and_leaves_nothing(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        bound = client.make("trade", accounts=["one"])
        for content, why in forged():
            answer = await client.ask("POST", PATH, content, bound)
            if isinstance(content, bytes):
                assert answer.code in ("INVALID_REQUEST", "BODY_TOO_LARGE"), answer
            elif content.get("accountId") == "two":
                assert answer.code == "NOT_FOUND"
            elif content.get("strategyId", "ai") != "ai":
                assert (answer.status, answer.code) == (403, "FORBIDDEN") and why in answer.row["detail"]
            else:
                assert (answer.status, answer.code) == (422, "INVALID_REQUEST") and why in answer.row["detail"]
        assert (await client.ask("POST", PATH, decision("good"), bound)).status == 200

    asked(tmp_path, act, NAMED)
    assert taken_up(tmp_path) == ["good"]


def test_who_signals_needs_the_scope_the_account_and_a_strategy_that_is_named(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        for key, code in (
            ("", "UNAUTHORIZED"), (client.make("read", "kill", "risk"), "FORBIDDEN"),
            (client.make("trade", accounts=["two"]), "NOT_FOUND"),
        ):  # fmt: skip
            assert (await post(client, "d-1", key)).code == code
        for strategy in ("walker", "manual", "external", "AI"):
            assert (await post(client, "d-1", strategyId=strategy)).code == "FORBIDDEN", strategy
        assert (await post(client, "d-1", accountId="paper:one")).code == "NOT_FOUND"

    asked(tmp_path, act, NAMED)
    assert taken_up(tmp_path) == []


def test_where_no_strategy_is_named_nobody_signals(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        answer = await post(client, "d-1")
        assert (answer.status, answer.code) == (403, "FORBIDDEN")
        assert answer.row["detail"] == "server.signals does not name strategy ai for account one"

    asked(tmp_path, act)
    assert taken_up(tmp_path) == []


def test_what_can_not_be_made_durable_is_not_answered_and_nothing_more_is_decided(tmp_path: Path) -> None:
    disk = FullDisk()

    async def act(client: Client) -> None:
        await client.has_traded()
        assert (await post(client, "d-1")).status == 200
        disk.full = True
        middle = await post(client, "d-2")
        assert (middle.status, middle.code) == (503, "NOT_DURABLE") and "look at the venue" in middle.row["detail"]
        for id in ("d-1", "d-2", "d-3"):
            assert (await post(client, id)).code == "NOT_DURABLE"
        assert not client.engine.decision_ids.knows("one", "d-3")

    with pytest.raises(JournalFull):
        asked(tmp_path, act, NAMED, crash=disk)
    assert taken_up(tmp_path) == ["d-1"]
