"""Which register shows who owns an account: named by the scheme of its URL."""

from __future__ import annotations

from importlib.util import find_spec

from tradewright.model.errors import InputError
from tradewright.ports import POSTGRES, Leases


def check_leases(url: str) -> None:
    """Whether what it needs is installed. Raises InputError."""
    module, extra = ("psycopg", "postgres") if url.partition(":")[0] in POSTGRES else ("redis", "bus")
    if find_spec(module) is None:
        raise InputError(f"leases need {module}: pip install 'tradewright[{extra}]'")


def open_leases(url: str, password: str, seconds: float) -> Leases:
    """seconds: for a connection, and for an answer. It connects with the first question."""
    if url.partition(":")[0] in POSTGRES:
        from tradewright.adapters.lease.postgres import PostgresLeases

        return PostgresLeases(url, password, seconds)
    from tradewright.adapters.lease.redis import RedisLeases

    return RedisLeases(url, password, seconds)
