"""The tables as a database shows them, against the tables that were asked for: each difference is on the list, with its
reason."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from tests.seeds.asked import FOLDER
from tests.seeds.listed import Parts, differences, listed
from tradewright.adapters.store.sql.columns import SCHEMA, name_of, schema_of, tables_of
from tradewright.adapters.store.sql.store import SqlStore, engine_of, migrate
from tradewright.model.errors import InputError
from tradewright.model.schema import TABLES
from tradewright.model.table import Table

COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
        || coalesce(' default ' || replace(pg_get_expr(d.adbin, d.adrelid), '::numeric', ''), '')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE n.nspname = 'trading' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"""
#: By what they demand: names that a database gave are nobody's word. PostgreSQL shows what is not null among them since
#: its version 18; columns say it here.
CONSTRAINTS = """
    SELECT c.relname, pg_get_constraintdef(k.oid), 'constraint'
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'trading' AND k.contype <> 'n'"""
INDEXES = """
    SELECT tablename, indexname, regexp_replace(indexdef, '.* USING btree ', 'index ')
    FROM pg_indexes WHERE schemaname = 'trading' AND indexdef NOT LIKE 'CREATE UNIQUE %'"""


def parts(url: str) -> Parts:
    """Every column, constraint and index of the schema: by table and name, what it is."""
    with psycopg.connect(url) as connection:
        found = [row for query in (COLUMNS, CONSTRAINTS, INDEXES) for row in connection.execute(query).fetchall()]
    return {f"{table}: {name}": what for table, name, what in found}


def test_the_order_services_tables_are_those_asked_for_but_for_what_the_list_has(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute((FOLDER / "order_service_tables.sql").read_bytes())
    asked = parts(database)
    assert len(asked) > 50
    with psycopg.connect(database) as connection:
        connection.execute(b"DROP SCHEMA trading CASCADE")
    SqlStore(database).close()
    assert differences(asked, of_same(asked, parts(database))) == listed("tables")


def test_the_streaming_tables_are_those_asked_for_but_for_what_the_list_has() -> None:
    asked = streams()
    assert len(asked) > 70
    here = {f"{table.name}: {one}": what for table in TABLES for one, what in columns_of(table)}
    assert differences(asked, of_same(asked, here)) == listed("streams")


def of_same(asked: Parts, here: Parts) -> Parts:
    """What is here of the tables that were asked for."""
    tables = {name.partition(":")[0] for name in asked}
    return {name: what for name, what in here.items() if name.partition(":")[0] in tables}


def streams() -> Parts:
    """Columns by table as the text has them; what it leaves to whoever builds is not among them."""
    asked: Parts = {}
    for line in (FOLDER / "stream_tables.txt").read_text().splitlines():
        match = re.search(r"`(\w+)\(([^)]*)\)(?: PK → \(([^)]*)\))?`", line)
        assert match is not None
        name, key, values = match[1], match[2].split(", "), (match[3] or "").split(", ")
        if "same as above" in key[0]:
            asked |= {
                one.replace("trade_match_history", name, 1): what
                for one, what in asked.items()
                if one.startswith("trade_match_history:")
            }
        for column in [*key, *values]:
            word = column.strip(" ?").partition("=")[0]
            if word and "…" not in word:
                asked[f"{name}: {word}"] = "key" if match[3] and column in key else "column"
    return asked


def columns_of(table: Table) -> list[tuple[str, str]]:
    key = () if table.appended else table.key
    return [(column.name, "key" if column.name in key else "column") for column in table.columns]


def shapes(engine: sa.Engine) -> dict[str, object]:
    """What a database of either kind says of its tables, types left out: names, keys, what may be missing."""
    look, schema = sa.inspect(engine), schema_of(engine.dialect.name)
    found: dict[str, object] = {}
    for table in TABLES:
        name = name_of(table.name, engine.dialect.name)
        found[table.name] = (
            {(column["name"], column["nullable"]) for column in look.get_columns(name, schema)},
            look.get_pk_constraint(name, schema)["constrained_columns"],
            sorted(unique["column_names"] for unique in look.get_unique_constraints(name, schema)),
            sorted(index["name"] or "" for index in look.get_indexes(name, schema) if not index["unique"]),
            [(key["constrained_columns"], key["referred_columns"]) for key in look.get_foreign_keys(name, schema)],
            len(look.get_check_constraints(name, schema)),
        )
    return found


def test_migrations_make_the_tables_that_the_program_writes(url: str) -> None:
    engine = engine_of(url)
    migrate(engine)
    made = shapes(engine)
    for table in TABLES:
        columns, key, unique, indexes, _, checks = made[table.name]  # type: ignore[misc]
        assert columns == {(column.name, column.optional) for column in table.columns}
        assert tuple(key) == table.key
        assert sorted(map(list, table.unique)) == unique
        assert sorted(name for name, _ in table.indexes) == indexes
        assert checks == len([column for column in table.columns if column.words])
    engine.dispose()


def test_types_of_the_program_are_those_of_the_database(database: str) -> None:
    SqlStore(database).close()
    here = parts(database)
    engine = engine_of(database)
    for table in tables_of(TABLES, "postgresql").values():
        for column in table.columns:
            kind = column.type.compile(engine.dialect).lower().replace("varchar", "character varying")
            assert here[f"{table.name}: {column.name}"].startswith(kind.replace("decimal", "numeric")), column
    engine.dispose()


def test_both_kinds_of_databases_have_the_same_tables(database: str, tmp_path: Path) -> None:
    found = []
    for url in (database, f"sqlite:///{tmp_path / 'tables.db'}"):
        engine = engine_of(url)
        migrate(engine)
        found.append(shapes(engine))
        engine.dispose()
    assert found[0] == found[1]


def test_migrating_twice_changes_nothing_and_a_newer_version_is_refused(url: str) -> None:
    engine = engine_of(url)
    migrate(engine)
    before = shapes(engine)
    migrate(engine)
    assert shapes(engine) == before
    version = f"{SCHEMA}." * (engine.dialect.name != "sqlite") + name_of("alembic_version", engine.dialect.name)
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {version} SET version_num = '9999'"))
    with pytest.raises(InputError, match="made by another version of tradewright"):
        migrate(engine)
    assert shapes(engine) == before
    engine.dispose()
