"""Leases in PostgreSQL: a row for each name. Each statement compares and writes at once, so no two can take what both
have seen. The table is made by whoever comes first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, LiteralString

import psycopg

from tradewright.model.errors import LeaseError
from tradewright.ports import Claim

MADE: LiteralString = """
CREATE TABLE IF NOT EXISTS tradewright_leases (
    name text PRIMARY KEY, token bigint NOT NULL, holder text NOT NULL, renewals bigint NOT NULL, note text NOT NULL
)
"""
LOOK: LiteralString = "SELECT token, holder, renewals, note FROM tradewright_leases WHERE name = %s"
FIRST: LiteralString = """
INSERT INTO tradewright_leases (name, token, holder, renewals, note) VALUES (%s, %s, %s, 0, %s)
ON CONFLICT (name) DO NOTHING RETURNING token
"""
TAKE: LiteralString = """
UPDATE tradewright_leases SET token = greatest(token, %s) + 1, holder = %s, renewals = 0, note = %s
WHERE name = %s AND token = %s AND holder = %s AND renewals = %s RETURNING token
"""
PUT: LiteralString = """
INSERT INTO tradewright_leases AS held (name, token, holder, renewals, note) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (name) DO UPDATE SET renewals = excluded.renewals, note = excluded.note
WHERE held.token = excluded.token AND held.holder = excluded.holder RETURNING token
"""
GIVEN_BACK: LiteralString = "UPDATE tradewright_leases SET holder = '' WHERE name = %s AND token = %s AND holder = %s"
#: Number of the lock under which the table is made; any that nobody else in the database uses.
MAKING = 7_239_155_027


class PostgresLeases:
    """url: postgresql://USER@HOST:PORT/NAME. seconds: for a connection, and for an answer. A connection that failed is
    opened anew by the next question."""

    def __init__(self, url: str, password: str, seconds: float) -> None:
        self._url = url
        self._password = password
        self._seconds = seconds
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def look(self, name: str) -> Claim | None:
        row = await self._asked(LOOK, [name])
        return None if row is None else Claim(*row)

    async def take(self, name: str, seen: Claim | None, holder: str, least: int, note: str) -> int:
        if seen is None:
            row = await self._asked(FIRST, [name, least + 1, holder, note])
        else:
            row = await self._asked(TAKE, [least, holder, note, name, seen.token, seen.holder, seen.renewals])
        return 0 if row is None else int(row[0])

    async def renew(self, name: str, claim: Claim) -> bool:
        return await self._asked(PUT, [name, *claim]) is not None

    async def give_back(self, name: str, claim: Claim) -> None:
        await self._asked(GIVEN_BACK, [name, claim.token, claim.holder])

    async def close(self) -> None:
        if self._connection is not None:
            # Closing what is broken already tells nobody anything.
            with suppress(psycopg.Error, OSError):
                await self._connection.close()
            self._connection = None

    async def _asked(self, statement: LiteralString, values: Sequence[object]) -> Any:
        """The first row of what it returns, None where there is none. Raises LeaseError."""
        try:
            async with asyncio.timeout(self._seconds):
                connection = self._connection or await self._opened()
                cursor = await connection.execute(statement, values)
                return None if cursor.description is None else await cursor.fetchone()
        except asyncio.CancelledError:
            await self.close()
            raise
        except (psycopg.Error, OSError, TimeoutError) as error:
            await self.close()
            raise LeaseError(f"the leases: {' '.join(str(error).split()) or type(error).__name__}") from error

    async def _opened(self) -> psycopg.AsyncConnection[Any]:
        made = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, application_name="tradewright", connect_timeout=10,
            password=self._password or None,
        )  # fmt: skip
        # From here on `close` ends it.
        self._connection = made
        async with made.transaction():
            await made.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING])
            await made.execute(MADE)
        return made
