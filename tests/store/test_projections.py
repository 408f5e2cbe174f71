"""What the tables tell is what the journal holds, wherever a writer was stopped."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scripts.services import Server
from tests.e2e.command import tradewright
from tests.project import ROOT
from tests.store.days import DAYS, groups_of, records_of, write
from tradewright.adapters.journal import FileJournal, hash_at
from tradewright.adapters.store.sql.store import SqlStore
from tradewright.app.history import groups_of as folded_groups
from tradewright.app.projections.follower import Follower, rebuild
from tradewright.app.recovery import snapshot_bytes
from tradewright.model.chain import START, Head
from tradewright.model.control import Started
from tradewright.model.errors import InputError, StoreError
from tradewright.model.event import STARTED
from tradewright.model.market import MarketEvent
from tradewright.model.numbers import MONEY_SCALE, decimal_from
from tradewright.model.schema import TABLES
from tradewright.model.shadow import is_shadow
from tradewright.ports import Changes, MemoryStore
from tradewright.trader import Trader

Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module", params=[*DAYS, ("run", 0)], ids=lambda day: f"{day[0]}-{day[1]}")
def day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param[0] == "run":
        return Path(request.getfixturevalue("journal"))
    return write(tmp_path_factory.mktemp("day") / "journal", records_of(*request.param))


def in_memory(journal: Path, batch: int = 10**9) -> Tables:
    store = MemoryStore()
    Follower(journal, store, batch).catch_up()
    return told(store)


@cache
def tables_of(journal: Path) -> Tables:
    """The tables of a journal that many tests read and none writes to."""
    return in_memory(journal)


def told(store: MemoryStore | SqlStore) -> Tables:
    """All rows; those of a table by their key, as Python sorts it."""
    found: Tables = {}
    for table in TABLES:
        rows = store.rows(table.name) if isinstance(store, SqlStore) else [*store.tables[table.name].values()]
        found[table.name] = sorted(rows, key=lambda row: tuple(row[name] for name in table.key))
    return found


def followed(journal: Path) -> Trader:
    trader = Trader(None)
    for _, event, outputs in folded_groups(journal, trader, None):
        trader.follow(event, outputs)
    return trader


def differing(one: Tables, other: Tables) -> list[str]:
    return [name for name in one if one[name] != other[name]]


# ── what they tell ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_tables_agree_with_the_books(day: Path) -> None:
    tables, engine = tables_of(day), followed(day).engine
    orders = {row["id"]: row for row in tables["orders"]}
    assert len(orders) > 20
    for id, state in engine.orders.items():
        if is_shadow(state.order.account):
            assert id not in orders
            continue
        scale = state.order.instrument.size_scale
        assert orders[id]["state"] == state.status
        assert orders[id]["filled_quantity"] == decimal_from(state.filled, scale)
        assert orders[id]["quantity"] == decimal_from(state.order.quantity, scale)
    filled: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in tables["fills"]:
        filled[row["order_id"]] += row["quantity"]
    assert filled == {id: row["filled_quantity"] for id, row in orders.items() if row["filled_quantity"]}
    assert len(tables["exec_report_history"]) == len(tables["fills"]) > 10
    for book in engine.ledger.books.values():
        if is_shadow(book.account):
            continue
        key = (book.account, book.strategy, book.instrument.symbol)
        lots = [row for row in tables["open_positions_lots"] if of(row) == key]
        assert sum(row["qtyRem"] for row in lots) == decimal_from(
            book.long_size + book.short_size, book.instrument.size_scale
        )
        matched = sum((row["realizedPnl"] for row in tables["trade_match_history"] if of(row) == key), Decimal(0))
        realised = [row["realizedPnl"] for row in tables["realized_pnl_latest"] if of(row) == key]
        assert realised == [decimal_from(book.realised, MONEY_SCALE)] if book.used() else not realised
        # A split and what a venue's word takes away are no matches.
        if not {row["code"] for row in tables["risk_alerts_history"]} & {"POSITION_DRIFT", "POSITION_SPLIT"}:
            assert matched == decimal_from(book.realised, MONEY_SCALE)
    held = {(row["account_id"], row["symbol"], row["side"]): row["quantity"] for row in tables["positions"]}
    for position in engine.ledger.positions.values():
        for side, size in (("long", position.net), ("short", -position.net)):
            if not is_shadow(position.account) and engine.accounts[position.account].terms.mode == "netting":
                key = (position.account, position.instrument.symbol, side)
                assert held.get(key, 0) == max(Decimal(0), decimal_from(size, position.instrument.size_scale))


def of(row: dict[str, Any]) -> tuple[str, str, str]:
    return (row["accountId"], row["strategyId"], row["symbol"])


def test_every_decision_is_told_with_every_rules_value_and_limit(day: Path) -> None:
    tables = tables_of(day)
    checks = Counter(row["decision_id"] for row in tables["decision_checks"])
    rows = [json.loads(record) for record in journaled(day, 60)]
    decided = {row[2]: row for row in rows if not is_shadow(row[3])}
    assert {row["decision_id"] for row in tables["decisions"]} == {*decided}
    for row in tables["decisions"]:
        record = decided[row["decision_id"]]
        assert (row["account_id"], row["strategy_id"], row["approved"]) == (record[3], record[4], record[6])
        assert checks[row["decision_id"]] == len(record[8])
    assert {row["decisionId"] for row in tables["accepted_trade_signal_history"]} == {
        id for id, record in decided.items() if record[6]
    }


def journaled(journal: Path, kind: int) -> Iterator[bytes]:
    from tradewright.adapters.journal import read

    return (record for _, record in read(journal) if record.startswith(b"[%d," % kind))


def test_a_run_with_strategies_and_a_shadow_is_told_in_every_table(journal: Path, tmp_path: Path) -> None:
    tables = tables_of(journal)
    assert [name for name, rows in tables.items() if not rows] in (
        ["risk_alerts_history"],
        ["positions", "risk_alerts_history", "open_positions_lots", "open_positions_rollup"],
    )
    said = tradewright("replay", journal, "--json", "--tables", tmp_path / "csv")
    assert len(tables["fills"]) == said.row["fills"] > 50
    assert len([row for row in tables["orders"] if row["submitted_at"] is not None]) == said.row["orders"]
    lines = (tmp_path / "csv/paper_trade_match_history.csv").read_text().splitlines()
    assert len(tables["paper_trade_match_history"]) == len(lines) - 1 > 10
    assert not [row for row in tables["orders"] if row["account_id"].startswith("paper:")]
    assert len(tables["price_1m_history"]) == 1_500


# ── wherever it was stopped ────────────────────────────────────────────────────────────────────────────────────────


def test_rows_are_the_same_wherever_batches_end(day: Path) -> None:
    assert differing(tables_of(day), in_memory(day, 1)) == []


def test_rows_are_those_of_every_moment_and_not_of_the_end_alone(day: Path, tmp_path: Path) -> None:
    groups, chance = groups_of(records_in(day)), random.Random(11)
    # A start changes orders that no record of it names.
    starts = [at for at, group in enumerate(groups) if group[0].startswith(b"[%d," % STARTED)]
    for at in sorted({*starts, *chance.sample(range(len(groups)), 2)}):
        journal = write(tmp_path / str(at), [record for group in groups[: at + 1] for record in group])
        assert differing(in_memory(journal), in_memory(journal, 25)) == [], at


@pytest.mark.parametrize("snapshot", [False, True])
def test_rows_are_the_same_wherever_a_follower_was_replaced(day: Path, snapshot: bool, tmp_path: Path) -> None:
    records = [json.loads(record) for record in records_in(day)]
    journal = write(tmp_path / "journal", [json.dumps(one, separators=(",", ":")).encode() for one in records])
    whole = in_memory(journal)
    if snapshot:
        take_snapshot(journal, len(records) // 3)
    store, chance = MemoryStore(), random.Random(7)
    places = sorted(chance.sample(range(1, len(records)), 12))

    class Stopped(Exception):
        pass

    def stop(sequence: int) -> None:
        if places and sequence >= places[0]:
            del places[0]
            raise Stopped

    while places:
        try:
            Follower(journal, store, chance.randrange(1, 60)).catch_up(stop)
        except Stopped:
            continue
    Follower(journal, store).catch_up()
    assert differing(whole, told(store)) == []


def records_in(journal: Path) -> list[bytes]:
    from tradewright.adapters.journal import read

    return [record for _, record in read(journal)]


def take_snapshot(folder: Path, least: int) -> None:
    """As the engine would have, behind the first group that ends at or behind a record."""
    trader, markets, started = Trader(None), 0, None
    for sequence, event, outputs in folded_groups(folder, trader, None):
        trader.follow(event, outputs)
        markets += isinstance(event, MarketEvent)
        started = event if isinstance(event, Started) else started
        if sequence >= least:
            break
    assert started is not None
    hash = hash_at(folder, sequence)
    assert hash is not None
    with FileJournal(folder) as journal:
        journal.snapshot(Head(sequence, hash), snapshot_bytes(trader, started, markets))


class Forgetful(MemoryStore):
    """Its answer gets lost: now and then it has done what it says it has not, or has not done it."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = random.Random(3)
        self.lost = 0

    def write(self, changes: Changes, before: Head, after: Head) -> None:
        done = self.chance.random()
        if done < 0.3:
            self.lost += 1
            raise StoreError("the line broke")
        super().write(changes, before, after)
        if done < 0.6:
            self.lost += 1
            raise StoreError("the line broke behind it")


def test_a_write_whose_answer_is_lost_counts_once(day: Path) -> None:
    store = Forgetful()
    follower = Follower(day, store, 50)
    for _ in range(1_000):
        try:
            follower.catch_up()
            break
        except StoreError:
            continue
    assert store.head.sequence == len(records_in(day))
    assert store.lost > 4
    assert differing(tables_of(day), told(store)) == []


def test_a_journal_that_grows_is_followed(day: Path, tmp_path: Path) -> None:
    records, store = records_in(day), MemoryStore()
    with FileJournal(tmp_path / "journal") as journal:
        follower: Follower | None = None
        for number, group in enumerate(groups_of(records)):
            # A day's end in the midst: the journal goes on in another file.
            journal.append_all(group, (1 + number // 100) * 86_400 * 10**9)
            if number % 40 == 0:
                journal.wait(journal.head.sequence)
                follower = follower or Follower(tmp_path / "journal", store)
                follower.catch_up()
                assert store.reached() == journal.head
        journal.wait(journal.head.sequence)
        assert follower is not None
        follower.catch_up()
    assert differing(tables_of(day), told(store)) == []


# ── in databases ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rebuild_is_the_same_in_every_store(day: Path, url: str) -> None:
    whole = tables_of(day)
    store = SqlStore(url)
    for _ in range(2):
        rebuild(day, store)
        assert differing(whole, told(store)) == []
    store.close()


def test_the_command_tells_a_journal_anew(journal: Path, url: str) -> None:
    said = tradewright("tables", "rebuild", "--url", url, "--journal", journal, "--json")
    assert said.code == 0, said.err
    assert said.row == {"journal": str(journal), "sequence": len(records_in(journal))}
    store = SqlStore(url)
    assert differing(tables_of(journal), told(store)) == []
    store.close()


def test_tables_of_another_journal_or_ahead_of_this_one_are_left_alone(journal: Path, url: str, tmp_path: Path) -> None:
    records = records_in(journal)
    groups = groups_of(records)
    store = SqlStore(url)
    rebuild(journal, store)
    before = told(store)
    behind = write(tmp_path / "behind", [record for group in groups[:-5] for record in group])
    with pytest.raises(InputError, match=r"does not hold that record.*tables rebuild"):
        Follower(behind, store)
    longer = groups[:3] + groups[4:] + groups[-3:] * 3
    other = write(tmp_path / "other", [record for group in longer for record in group])
    with pytest.raises(InputError, match="has other records: they are another journal's"):
        Follower(other, store)
    assert store.reached() != START and differing(before, told(store)) == []
    store.close()


PROCESS = [sys.executable, "-m", "tradewright.app.projections.process"]


def start(journal: Path, url: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(PROCESS, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    assert process.stdin is not None
    asked = {"journal": str(journal), "url": url, "password": ""}
    process.stdin.write(json.dumps(asked).encode() + b"\n")
    return process


def finish(process: subprocess.Popen[bytes]) -> list[dict[str, Any]]:
    out, _ = process.communicate(timeout=240)
    return [json.loads(line) for line in out.splitlines() if line.endswith(b"}")]


def test_a_follower_that_is_killed_at_any_point_goes_on_where_it_was(journal: Path, url: str) -> None:
    records, chance, reached = records_in(journal), random.Random(1), []
    store = SqlStore(url)
    for _ in range(6):
        with start(journal, url) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.random() * 0.1)
            process.send_signal(signal.SIGKILL)
        reached.append(store.reached().sequence)
    with start(journal, url) as process:
        said = finish(process)
        assert process.returncode == 0
    assert reached == sorted(reached)
    assert said[-1] == {"sequence": len(records)}
    assert differing(tables_of(journal), told(store)) == []
    store.close()


def test_a_follower_says_why_it_will_not_write_and_ends(journal: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tables.db'}"
    with SqlStoreAt(url) as store:
        store.write(Changes(), START, Head(5, b"x" * 32))
    with start(journal, url) as process:
        (said,) = finish(process)
    assert process.returncode == 1
    assert "they are another journal's" in said["refused"]


class SqlStoreAt:
    def __init__(self, url: str) -> None:
        self.store = SqlStore(url)

    def __enter__(self) -> SqlStore:
        return self.store

    def __exit__(self, *_: object) -> None:
        self.store.close()


def test_postgresql_killed_under_load_and_back_has_every_record_once(day: Path, tmp_path: Path) -> None:
    records = records_in(day)
    server = Server("postgres")
    try:
        folder = tmp_path / "journal"
        with FileJournal(folder) as journal:
            groups = groups_of(records)
            journal.append_all(groups[0], 86_400 * 10**9)
            journal.wait(journal.head.sequence)
            with start(folder, server.url) as process:
                said: list[dict[str, Any]] = []
                reader = threading.Thread(target=listen, args=(process, said))
                reader.start()
                for at, group in enumerate(groups[1:]):
                    journal.append_all(group, 86_400 * 10**9)
                    if at in (100, 300):
                        until(lambda: said and "sequence" in said[-1])
                        server.kill()
                    elif at in (200, 400):
                        until(lambda: "down" in said[-1])
                        server.start()
                server.start()
                until(lambda: {"sequence": len(records)} in said)
                assert process.stdin is not None
                process.stdin.close()
                reader.join(240)
                assert process.wait(240) == 0
        downs = [at for at, one in enumerate(said) if "down" in one]
        assert [one for one in said[downs[0] : downs[-1]] if "sequence" in one]
        with SqlStoreAt(server.url) as store:
            assert differing(tables_of(day), told(store)) == []
    finally:
        server.stop()


def listen(process: subprocess.Popen[bytes], said: list[dict[str, Any]]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        said.append(json.loads(line))


def until(so: Any) -> None:
    end = time.monotonic() + 240
    while not so():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_no_password_is_among_the_arguments_or_in_the_environment(journal: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tables.db'}"
    with subprocess.Popen(PROCESS, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        asked = {"journal": str(journal), "url": url, "password": "canary-word"}
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["sequence"]
        for name in ("cmdline", "environ"):
            assert b"canary-word" not in Path(f"/proc/{process.pid}/{name}").read_bytes()
        assert os.getpriority(os.PRIO_PROCESS, process.pid) > os.getpriority(os.PRIO_PROCESS, 0)
        process.stdin.close()
        process.wait(240)
