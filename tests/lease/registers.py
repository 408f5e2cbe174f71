"""Registers of leases as tests use them: opened in an event loop of their own, and changed behind everybody's back."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import psycopg
import redis

from tradewright.adapters.lease.redis import PREFIX
from tradewright.app.wiring.leases import open_leases
from tradewright.ports import Leases

SECONDS = 5.0


def new_name() -> str:
    return f"binance-{uuid.uuid4().hex}"


def talk(url: str, program: Callable[[Leases, Leases], Awaitable[None]]) -> None:
    """Two processes' registers, as it were: each has a connection of its own."""

    async def both() -> None:
        one, other = open_leases(url, "", SECONDS), open_leases(url, "", SECONDS)
        try:
            await program(one, other)
        finally:
            await one.close()
            await other.close()

    asyncio.run(both())


def emptied(url: str, name: str) -> None:
    """The register knows nothing of that lease any more."""
    if urlsplit(url).scheme == "redis":
        with redis.Redis.from_url(url) as client:
            client.delete(PREFIX + name)
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DELETE FROM tradewright_leases WHERE name = %s", [name])


def put_back(url: str, name: str, token: int, holder: str) -> None:
    """The register shows what it showed before, as one that was put back from a copy."""
    if urlsplit(url).scheme == "redis":
        with redis.Redis.from_url(url) as client:
            client.hset(PREFIX + name, mapping={"token": token, "holder": holder, "renewals": 3, "note": ""})
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "UPDATE tradewright_leases SET token = %s, holder = %s, renewals = 3 WHERE name = %s",
                [token, holder, name],
            )
