"""Leases in PostgreSQL: a row for each name. Each statement compares and writes at once, so no two can take what both
have seen. The table is made by whoever writes first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, LiteralString

import psycopg

from tradewright.model.errors import LeaseError
from tradewright.ports import Claim

#: Of two who make it at once one waits, at a lock whose number nobody else in the database uses.
MADE: LiteralString = """
DO $$ BEGIN
    PERFORM pg_advisory_xact_lock(7239155027);
    CREATE TABLE IF NOT EXISTS tradewright_leases (
        name text PRIMARY KEY, token bigint NOT NULL, holder text NOT NULL, renewals bigint NOT NULL,
        note text NOT NULL, ttl_ns bigint NOT NULL
    );
END $$
"""
LOOK: LiteralString = "SELECT token, holder, renewals, note, ttl_ns FROM tradewright_leases WHERE name = %s"
FIRST: LiteralString = """
INSERT INTO tradewright_leases (name, token, holder, renewals, note, ttl_ns) VALUES (%s, %s, %s, 0, %s, %s)
ON CONFLICT (name) DO NOTHING RETURNING token
"""
TAKE: LiteralString = """
UPDATE tradewright_leases SET token = greatest(token, %s) + 1, holder = %s, renewals = 0, note = %s, ttl_ns = %s
WHERE name = %s AND token = %s AND holder = %s AND renewals = %s RETURNING token
"""
PUT: LiteralString = """
INSERT INTO tradewright_leases AS held (name, token, holder, renewals, note, ttl_ns) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (name) DO UPDATE SET renewals = excluded.renewals, note = excluded.note
WHERE held.token = excluded.token AND held.holder = excluded.holder RETURNING token
"""
GIVEN_BACK: LiteralString = """
UPDATE tradewright_leases SET holder = '', note = %s WHERE name = %s AND token = %s AND holder = %s
"""


class PostgresLeases:
    """url: postgresql://USER@HOST:PORT/NAME. seconds: for a connection, and for an answer. A connection that failed is
    opened anew by the next question."""

    def __init__(self, url: str, password: str, seconds: float) -> None:
        self._url = url
        self._password = password
        self._seconds = seconds
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._made = False

    async def look(self, name: str) -> Claim | None:
        row = await self._answered(LOOK, [name])
        return None if row is None else Claim(*row)

    async def take(self, name: str, seen: Claim | None, holder: str, least: int, note: str, ttl_ns: int) -> int:
        if seen is None:
            row = await self._written(FIRST, [name, least + 1, holder, note, ttl_ns])
        else:
            as_seen = [name, seen.token, seen.holder, seen.renewals]
            row = await self._written(TAKE, [least, holder, note, ttl_ns, *as_seen])
        return 0 if row is None else int(row[0])

    async def renew(self, name: str, claim: Claim) -> bool:
        return await self._written(PUT, [name, *claim]) is not None

    async def give_back(self, name: str, claim: Claim) -> None:
        await self._written(GIVEN_BACK, [claim.note, name, claim.token, claim.holder])

    async def close(self) -> None:
        if self._connection is not None:
            # Closing what is broken already tells nobody anything.
            with suppress(psycopg.Error, OSError):
                await self._connection.close()
            self._connection = None
        self._made = False

    async def _written(self, statement: LiteralString, values: Sequence[object]) -> Any:
        """The first row of what it returns, None where there is none. Raises LeaseError."""
        if not self._made:
            await self._answered(MADE, [])
            self._made = True
        return await self._answered(statement, values)

    async def _answered(self, statement: LiteralString, values: Sequence[object]) -> Any:
        try:
            async with asyncio.timeout(self._seconds):
                connection = self._connection or await self._opened()
                cursor = await connection.execute(statement, values)
                return None if cursor.description is None else await cursor.fetchone()
        except asyncio.CancelledError:
            await self.close()
            raise
        except (psycopg.Error, OSError, TimeoutError) as error:
            if isinstance(error, psycopg.errors.UndefinedTable) and statement == LOOK:
                return None
            await self.close()
            raise LeaseError(f"the leases: {' '.join(str(error).split()) or type(error).__name__}") from error

    async def _opened(self) -> psycopg.AsyncConnection[Any]:
        self._connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, application_name="tradewright", connect_timeout=10,
            password=self._password or None,
        )  # fmt: skip
        return self._connection
