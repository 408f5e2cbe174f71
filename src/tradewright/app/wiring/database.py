"""Which database holds the tables: named by its URL."""

from __future__ import annotations

from importlib.util import find_spec

from tradewright.model.errors import InputError
from tradewright.ports import Store


def check_database(url: str) -> None:
    """Whether what it needs is installed. Raises InputError."""
    postgres = not url.startswith("sqlite:")
    extra = "postgres" if postgres else "database"
    for module in ("sqlalchemy", "alembic", *(["psycopg"] if postgres else [])):
        if find_spec(module) is None:
            raise InputError(f"tables in a database need {module}: pip install 'tradewright[{extra}]'")


def open_store(url: str, password: str = "") -> Store:
    """Raises InputError, StoreError."""
    check_database(url)
    from tradewright.adapters.store.sql import SqlStore

    return SqlStore(url, password)
