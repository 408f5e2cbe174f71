"""What Prometheus reads of a service: the figures are those of the books and the journal, and names are as promised."""

from __future__ import annotations

import asyncio
import re
import time
from decimal import Decimal
from pathlib import Path
from shutil import disk_usage
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.judge import DECISION, records
from tests.project import COMPILED_ALONE, ROOT
from tests.unit.app.standing_api import BOTH, SECONDS, Client, asked
from tradewright.app.api.door import Door
from tradewright.app.api.keys import KeyRing
from tradewright.app.api.paces import Paces
from tradewright.app.api.tokens import Tokens
from tradewright.app.api.witness import Witness
from tradewright.app.audit import AuditLog
from tradewright.app.home import JOURNAL
from tradewright.app.service_log import ServiceLog
from tradewright.core.life_cycle import SENT
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.control import ALARMS, Alarm
from tradewright.model.event import CANCELLED, FILLED, OUTCOME_UNKNOWN, SUBMIT
from tradewright.model.market import Bar
from tradewright.model.report import Report
from tradewright.trader import Outcome

pytestmark = COMPILED_ALONE
#: As dashboards know them.
PROMISED = {
    "trading_orders_total", "trading_order_latency_ms_bucket", "trading_positions_count", "trading_buying_power",
    "trading_daily_pnl", "te_unrealized_pnl_total", "te_realized_pnl_total", "te_net_exposure",
    "te_open_positions_count", "tp_signals_accepted_total", "tp_signals_rejected_total",
    "engine_matches_emitted_total", "te_rollup_staleness_seconds", "prices_bar_delay_seconds",
    "tradewright_signal_generation_ms_bucket", "tradewright_loop_lag_seconds_bucket",
    "tradewright_journal_commit_seconds_bucket", "tradewright_limit_used_ratio", "tradewright_refusals_total",
    "tradewright_equity", "tradewright_exposure", "tradewright_drawdown_ratio", "tradewright_account_ready",
    "tradewright_account_state", "tradewright_alarms_total", "tradewright_build_info",
    "tradewright_account_connected", "tradewright_scope_state", "tradewright_unknown_orders",
    "tradewright_alarm_age_seconds", "tradewright_disk_free_bytes",
}  # fmt: skip
#: A picker that lets nothing of one account pass, and a drawdown that is watched.
LIMITED = f"{BOTH}limits: {{all: {{maxDrawdownPercent: 30}}, 'account:two': {{tradepicker.budget: 0.01}}}}\n"
Samples = dict[str, dict[tuple[str, ...], float]]


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def scraped(client: Client, key: str | None = None) -> Samples:
    answer = await client.ask("GET", "/metrics", key=key)
    assert answer.status == 200, answer
    return samples_of(answer.content)


def samples_of(text: bytes) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(text.decode()):
        for one in family.samples:
            found.setdefault(one.name, {})[tuple(one.labels.values())] = one.value
    return found


def counted(folder: Path) -> Samples:
    """What the figures have to be by the journal's records."""
    rows = records(folder / "home" / JOURNAL)
    kinds = [row[0] for row in rows]
    approved: dict[tuple[str, ...], float] = {}
    for row in rows:
        if row[0] == DECISION and all(check[1] for check in row[8]):
            approved[(row[3], "OK")] = approved.get((row[3], "OK"), 0) + 1
    ends = {"submitted": SUBMIT, "filled": FILLED, "cancelled": CANCELLED}
    never = ("partially_filled", "expired", "rejected", "denied")
    return {
        "trading_orders_total": {(name,): kinds.count(kind) for name, kind in ends.items()}
        | {(name,): 0 for name in never},
        "tp_signals_accepted_total": approved,
    }


def test_counts_are_those_of_the_journal(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        await client.ask("POST", "/api/v1/orders/cancel?account=one", {"reason": "the bids"})
        await client.ask("DELETE", "/api/v1/positions?account=one")
        await client.until(lambda: not any(held.net for held in client.engine.accounts["one"].positions))
        # What was journaled last is told a little later, and the last cancels are answered when they are.
        end, wanted, samples = time.monotonic() + SECONDS, counted(tmp_path), await scraped(client)
        while samples["engine_matches_emitted_total"] != {(): 3} or wanted != {one: samples.get(one) for one in wanted}:
            assert time.monotonic() < end, (wanted, samples["trading_orders_total"])
            await asyncio.sleep(0.5)
            wanted, samples = counted(tmp_path), await scraped(client)
        # Each order was filled once, and counted once.
        assert all(wanted["trading_orders_total"][(name,)] for name in ("submitted", "filled", "cancelled"))
        assert samples["trading_order_latency_ms_count"] == {("paper",): wanted["trading_orders_total"][("submitted",)]}

    asked(tmp_path, act)


def test_gauges_are_the_books(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        await client.ask("POST", "/api/v1/kill", {"scope": "account:one", "reason": "quiet"})
        samples, account = await scraped(client), await client.get("/api/v1/account?account=one")
        assert samples["trading_positions_count"] == {("one",): 1, ("two",): 1}
        assert samples["tradewright_account_state"] == {("one",): 3, ("two",): 1}
        assert samples["tradewright_account_ready"] == {("one",): 1, ("two",): 1}
        assert samples["tradewright_account_connected"] == {("one",): 1, ("two",): 1}
        assert samples["tradewright_scope_state"] == {("account:one",): 3}
        assert samples["tradewright_unknown_orders"] == {("one",): 0, ("two",): 0}
        assert abs(samples["tradewright_disk_free_bytes"][()] - disk_usage(tmp_path).free) < 2**30
        assert samples["te_open_positions_count"] == {("one", "walker"): 1, ("two", "other"): 1}
        # Prices go on between two answers: what they move is near, what they do not is equal.
        equity = Decimal(str(samples["tradewright_equity"][("one", "USD")]))
        assert abs(equity - account["equity"]) < account["equity"] / 20
        cash = equity - Decimal(str(samples["te_net_exposure"][("one", "walker")]))
        assert abs(cash - account["cash"]) < Decimal("0.01")
        assert samples["tradewright_exposure"][("one", "USD")] == samples["te_net_exposure"][("one", "walker")]
        assert samples["te_rollup_staleness_seconds"].keys() == {("BTCUSD",), ("ETHUSD",)}
        assert samples["tradewright_journal_records"][()] > 20

    asked(tmp_path, act)


def test_a_lost_answer_and_an_open_breaker_are_seen_for_as_long_as_they_last(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        def seen() -> tuple[dict[tuple[str, ...], float], dict[tuple[str, ...], float]]:
            samples = samples_of(client.desk.metrics.text())
            return samples["tradewright_unknown_orders"], samples["tradewright_breaker_open"]

        await client.has_traded()
        calm = {("one",): 0, ("two",): 0}
        assert seen() == (calm, calm)
        engine, step = client.engine, client.service.connected.step
        step(CancelRequested(engine.now, "one", "", "", 0, "ann", "its answer will be lost"))
        (bid,) = [id for id, state in engine.orders.items() if state.cancel == SENT]
        step(Report(OUTCOME_UNKNOWN, engine.now, bid, engine.now, "cancel"))
        assert seen() == (calm | {("one",): 1}, calm | {("one",): 1})
        # The cancel leaves after all and is answered, and the cooldown ends.
        await client.until(lambda: seen() == (calm, calm))

    asked(tmp_path, act, f"{BOTH}limits: {{all: {{breakerErrors: 1, breakerCooldownSeconds: 2}}}}\n")


def test_who_follows_the_journal_is_seen_with_what_he_is_behind(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        tables, journal = client.desk.tables, client.service.room.journal
        assert tables is not None
        for well in (False, True):
            await client.until(lambda well=well: tables.well is well)
            # The journal's thread goes on writing.
            least = journal.durable - tables.sequence
            samples = samples_of(client.desk.metrics.text())
            assert samples["tradewright_follower_up"] == {("tables",): float(well)}
            ((name, behind),) = samples["tradewright_follower_lag_records"].items()
            assert name == ("tables",) and least <= behind <= journal.durable - tables.sequence

    asked(tmp_path, act, f"{BOTH}database: {{url: 'sqlite:///tables.db'}}\n")


def test_every_promised_name_is_there_and_moves(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.until(lambda: client.engine.denied_count > 0 and client.engine.marks.marks[0].time() > 0)
        await client.until(lambda: any(book.lots for book in client.engine.ledger.books.values()))
        await client.ask("POST", "/api/v1/kill", {"scope": "all", "reason": "all of it"})
        await client.ask("DELETE", "/api/v1/positions?account=one")
        await client.until(lambda: any(book.matches for book in client.engine.ledger.books.values()))
        await asyncio.sleep(1)
        # The synthetic market sends no bars, and nothing is alarming here.
        instrument, now = client.engine.symbols["BTCUSD"], client.service.clock()
        late = Bar(now - 3 * 10**9, instrument, now - 63 * 10**9, 1, 1, 1, 1, 1)
        client.desk.listen(late, Outcome([Alarm(late.time, "EXIT_LOST", "BTCUSD", "a test of the alarm")], [], []))
        samples = await scraped(client)
        assert 3 <= samples["prices_bar_delay_seconds"][("BTCUSD",)] < 4
        assert samples["tradewright_alarms_total"] == {(code,): code == "EXIT_LOST" for code in ALARMS}
        assert 3 <= samples["tradewright_alarm_age_seconds"][("EXIT_LOST",)] < 4
        assert PROMISED - samples.keys() == set()
        assert samples["tp_signals_rejected_total"][("BUDGET_EXCEEDED",)] >= 1
        assert samples["tradewright_refusals_total"][("BUDGET_EXCEEDED", "picker")] >= 1
        assert samples["tradewright_loop_lag_seconds_count"][()] >= 1
        assert samples["tradewright_journal_commit_seconds_count"][()] >= 1
        assert samples["tradewright_signal_generation_ms_count"][("walker",)] >= 1

    asked(tmp_path, act, LIMITED)


def test_a_key_of_some_accounts_is_not_told_the_figures_of_all(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        assert await scraped(client, key="")
        bound = client.make("read", accounts=("one",))
        assert (await client.ask("GET", "/metrics", key=bound)).code == "FORBIDDEN"
        assert (await client.ask("GET", "/metrics", key="x")).code == "UNAUTHORIZED"

    asked(tmp_path, act)


def test_the_page_of_metrics_names_them_all(tmp_path: Path) -> None:
    page = (ROOT / "docs/metrics.md").read_text()

    async def act(client: Client) -> None:
        text = (await client.ask("GET", "/metrics")).content.decode()
        families = [one.name for one in text_string_to_metric_families(text)]
        described = set(re.findall(r"`((?:trading|te|tp|engine|prices|tradewright)_[a-z_]+)`", page))
        counted = {name.removesuffix("_total") for name in described}
        assert len(families) > 20
        assert [name for name in families if name.removesuffix("_total") not in counted] == []
        assert counted - {name.removesuffix("_total") for name in families} == set()

    asked(tmp_path, act)


@pytest.mark.parametrize(
    ("client", "direct", "near"),
    [
        (("127.0.0.1", 1), True, True), (("::1", 1), True, True), (("127.0.0.1", 1), False, False),
        (("10.0.0.7", 1), True, False), (("", 1), True, False), (None, True, False),
    ],
)  # fmt: skip
def test_only_the_machine_itself_reads_without_a_key(
    tmp_path: Path, client: tuple[str, int] | None, direct: bool, near: bool
) -> None:
    reached: list[str] = []
    said: list[Any] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["path"])

    async def sockets(*conversation: Any) -> None:
        reached.append("a socket")

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    witness = Witness(AuditLog(tmp_path))
    stands = Door(behind, sockets, Tokens(KeyRing(tmp_path)), Paces(10), ServiceLog(True), witness, direct)
    scope = {"type": "http", "method": "GET", "path": "/metrics", "headers": [], "client": client}
    asyncio.run(stands(scope, receive, send))
    assert reached == ["/metrics"] * near
    assert near or said[0]["status"] == 401
