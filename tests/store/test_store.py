"""One contract for every Store: in memory, in a file of SQLite, in a real PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tradewright.adapters.store.sql import store as sql
from tradewright.adapters.store.sql.store import SqlStore
from tradewright.app.wiring.database import open_store
from tradewright.model.chain import START, Head
from tradewright.model.errors import InputError, StoreError, StoreMoved
from tradewright.model.schema import BY_NAME, TABLES
from tradewright.ports import Changes, MemoryStore, Store

SECOND = 1_700_000_000_123_456_000
ONE, TWO = Head(1, b"1" * 32), Head(2, b"2" * 32)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore()
    if request.param == "sqlite":
        made = SqlStore(f"sqlite:///{tmp_path / 'tables.db'}")
    elif request.param == "postgres":
        made = SqlStore(request.getfixturevalue("database"))
    yield made
    made.close()


def rows(store: Store, name: str) -> list[dict[str, Any]]:
    if isinstance(store, SqlStore):
        return store.rows(name)
    assert isinstance(store, MemoryStore)
    held = store.tables[name]
    return [held[key] for key in sorted(held)]


def row_of(name: str, **said: Any) -> dict[str, Any]:
    """A row whose columns all have a value of their kind."""
    some = {"text": "word", "exact": Decimal("1.5"), "whole": 7, "flag": True, "moment": SECOND}
    found = {one.name: one.words[0] if one.words else some[one.kind] for one in BY_NAME[name].columns}
    return found | said


def everything() -> Changes:
    """A row for each table, each table behind what it refers to or not."""
    changes = Changes()
    for table in reversed(TABLES):
        parent = {} if table.parent is None else {table.parent[0]: 7 if table.parent[1] == "decisions" else "word"}
        changes.rows[table.name] = [row_of(table.name, **parent)]
    return changes


def test_what_is_written_is_read_again_to_the_last_digit(store: Store) -> None:
    assert store.reached() == START
    changes = everything()
    most = Decimal("170141183460469231731.687303715884105727")
    changes.rows["orders"][0] = {
        **changes.rows["orders"][0],
        "quantity": most,
        "limit_price": -most,
        "symbol": "W" * 90,
    }
    store.write(changes, START, ONE)
    assert store.reached() == ONE
    for table in TABLES:
        assert rows(store, table.name) == changes.rows[table.name], table.name
    assert rows(store, "orders")[0]["quantity"] == most


def test_the_newest_row_of_a_key_stands_and_a_column_that_is_left_out_keeps_what_it_held(store: Store) -> None:
    first = row_of("orders", submitted_at=SECOND, status="new")
    later = row_of("orders", status="filled", reason="all of it")
    del later["submitted_at"]
    fresh = {
        name: value
        for name, value in row_of("orders", id="other", client_order_id=None).items()
        if name != "submitted_at"
    }
    store.write(Changes(rows={"orders": [first]}), START, ONE)
    store.write(Changes(rows={"orders": [later, fresh]}), ONE, TWO)
    other, word = rows(store, "orders")
    assert (word["status"], word["reason"], word["submitted_at"]) == ("filled", "all of it", SECOND)
    assert other["submitted_at"] is None


def test_what_meets_a_condition_goes_before_rows_come(store: Store) -> None:
    lots = [
        row_of("open_positions_lots", lotId=id, symbol=symbol) for id, symbol in (("a", "x"), ("b", "y"), ("c", "x"))
    ]
    store.write(Changes(rows={"open_positions_lots": lots}), START, ONE)
    kept = row_of("open_positions_lots", lotId="c", symbol="x", qtyRem=Decimal("0.25"))
    gone = {"open_positions_lots": [{"symbol": "x", "accountId": "word"}, {"symbol": "none"}]}
    store.write(Changes(gone, {"open_positions_lots": [kept]}), ONE, TWO)
    left = {one["lotId"]: one["qtyRem"] for one in rows(store, "open_positions_lots")}
    assert left == {"b": Decimal("1.5"), "c": Decimal("0.25")}


def test_a_write_from_another_place_changes_nothing(store: Store) -> None:
    store.write(everything(), START, ONE)
    for before in (START, TWO, Head(1, b"x" * 32)):
        with pytest.raises(StoreMoved, match="at record"):
            store.write(Changes(rows={"orders": [row_of("orders", id="late")]}), before, TWO)
    assert store.reached() == ONE
    assert [one["id"] for one in rows(store, "orders")] == ["word"]


def test_what_is_cleared_begins_anew(store: Store) -> None:
    store.write(everything(), START, ONE)
    store.clear()
    assert store.reached() == START
    assert [rows(store, table.name) for table in TABLES] == [[] for _ in TABLES]
    store.write(everything(), START, ONE)
    assert len(rows(store, "fills")) == 1


# ── of databases alone ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_write_that_fails_in_its_midst_leaves_nothing_of_it(url: str) -> None:
    store = SqlStore(url)
    orphan = row_of("fills", order_id="nobody's")
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.write(Changes(rows={"orders": [row_of("orders")], "fills": [orphan]}), START, ONE)
    with pytest.raises(Exception, match=r"(?i)check"):
        store.write(Changes(rows={"orders": [row_of("orders"), row_of("orders", id="x", side="hold")]}), START, ONE)
    assert store.reached() == START and store.rows("orders") == []
    store.close()


def test_of_two_writers_at_once_one_goes_on(url: str) -> None:
    stores = [SqlStore(url) for _ in range(4)]
    done: list[str] = []

    def write(store: SqlStore, number: int) -> None:
        try:
            store.write(Changes(rows={"orders": [row_of("orders", id=str(number))]}), START, ONE)
            done.append(str(number))
        except StoreMoved:
            done.append("refused")

    threads = [threading.Thread(target=write, args=(store, at)) for at, store in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done.count("refused") == 3
    assert [one["id"] for one in stores[0].rows("orders")] == [one for one in done if one != "refused"]
    for store in stores:
        store.close()


def test_a_letter_that_postgresql_can_not_hold_is_replaced(url: str) -> None:
    store = SqlStore(url)
    store.write(Changes(rows={"orders": [row_of("orders", reason="a\0b")]}), START, ONE)
    assert store.rows("orders")[0]["reason"] == "a\ufffdb"
    store.close()


def test_no_number_is_a_float_in_the_database(database: str, tmp_path: Path) -> None:
    file = tmp_path / "tables.db"
    for url in (database, f"sqlite:///{file}"):
        store = SqlStore(url)
        store.write(everything(), START, ONE)
        store.close()
    with psycopg.connect(database) as connection:
        (kind,) = connection.execute("SELECT pg_typeof(quantity)::text FROM trading.orders").fetchone() or ("",)
    assert kind == "numeric"
    plain = sqlite3.connect(file)
    assert plain.execute("SELECT typeof(quantity), quantity, created_at FROM trading_orders").fetchall() == [
        ("text", "1.5", "2023-11-14T22:13:20.123456Z")
    ]
    plain.close()


def test_a_database_that_is_not_there_is_told_from_one_that_is_none(tmp_path: Path, database: str) -> None:
    with pytest.raises(StoreError, match="the database: "):
        open_store("postgresql://tradewright@127.0.0.1:1/nothing")
    with pytest.raises(StoreError, match=r"database .* does not exist"):
        open_store(f"{database}x")
    with pytest.raises(StoreError, match="unable to open"):
        open_store(f"sqlite:///{tmp_path / 'no/folder/t.db'}")
    for url in ("sqlite://", "mysql://a@b/c", "nonsense", "sqlite:///:memory:"):
        with pytest.raises(InputError, match=r"write it like sqlite:///tables\.db"):
            open_store(url)


def test_a_file_that_is_locked_for_long_is_tried_again_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "BUSY_SECONDS", 0.1)
    store = SqlStore(f"sqlite:///{tmp_path / 'tables.db'}")
    other = sqlite3.connect(tmp_path / "tables.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        store.write(everything(), START, ONE)
    other.execute("ROLLBACK")
    other.close()
    store.write(everything(), START, ONE)
    store.close()


def test_what_does_not_follow_a_database_imports_none() -> None:
    code = (
        "import json, sys, tradewright, tradewright.app.service, tradewright.cli, tradewright.app.demo, "
        "tradewright.backtest.run; print(json.dumps([m for m in sys.modules if m.partition('.')[0] in "
        "('sqlalchemy', 'alembic', 'psycopg')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
