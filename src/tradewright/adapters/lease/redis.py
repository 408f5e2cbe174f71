"""Leases in Redis: a hash for each name. Scripts compare and write at once, so no two can take what both have seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from tradewright.model.errors import LeaseError
from tradewright.ports import WITH_TLS, Claim

PREFIX = "tradewright:lease:"
#: ARGV: token, holder and renewals as they were seen ("" = there was none); least; the new holder, note and ttl_ns.
TAKE = """
local held = redis.call('HMGET', KEYS[1], 'token', 'holder', 'renewals')
for at = 1, 3 do
  if (held[at] or '') ~= ARGV[at] then return 0 end
end
local token = math.max(tonumber(held[1] or '0'), tonumber(ARGV[4])) + 1
redis.call('HSET', KEYS[1], 'token', token, 'holder', ARGV[5], 'renewals', 0, 'note', ARGV[6], 'ttl_ns', ARGV[7])
return token
"""
#: ARGV: token and holder of the claim; its renewals, note, the holder that is put down, and ttl_ns.
PUT = """
local held = redis.call('HMGET', KEYS[1], 'token', 'holder')
if held[1] and (held[1] ~= ARGV[1] or held[2] ~= ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'holder', ARGV[5], 'renewals', ARGV[3], 'note', ARGV[4],
  'ttl_ns', ARGV[6])
return 1
"""


class RedisLeases:
    """url: redis://USER@HOST:PORT/NUMBER, rediss with TLS. seconds: for a connection, and for an answer."""

    def __init__(self, url: str, password: str, seconds: float) -> None:
        parts = urlsplit(url)
        number = parts.path.strip("/")
        self._client = Redis(
            host=parts.hostname or "", port=parts.port or 6379, db=int(number) if number.isdecimal() else 0,
            username=parts.username, password=password or None, ssl=parts.scheme in WITH_TLS, ssl_check_hostname=True,
            protocol=2, socket_connect_timeout=seconds, socket_timeout=seconds, client_name="tradewright",
            retry=Retry(NoBackoff(), 0),
        )  # fmt: skip
        # What a Redis that was started again has forgotten of them is loaded again.
        self._take: Any = self._client.register_script(TAKE)
        self._put: Any = self._client.register_script(PUT)

    async def look(self, name: str) -> Claim | None:
        client: Any = self._client
        with _translated():
            token, *rest = await client.hmget(PREFIX + name, "token", "holder", "renewals", "note", "ttl_ns")
        if token is None:
            return None
        with _translated():
            holder, renewals, note, ttl_ns = rest
            return Claim(int(token), holder.decode(), int(renewals), note.decode(), int(ttl_ns))

    async def take(self, name: str, seen: Claim | None, holder: str, least: int, note: str, ttl_ns: int) -> int:
        before = ["", "", ""] if seen is None else [seen.token, seen.holder, seen.renewals]
        with _translated():
            return int(await self._take(keys=[PREFIX + name], args=[*before, least, holder, note, ttl_ns]))

    async def renew(self, name: str, claim: Claim) -> bool:
        return await self._written(name, claim, claim.holder)

    async def give_back(self, name: str, claim: Claim) -> None:
        await self._written(name, claim, "")

    async def _written(self, name: str, claim: Claim, holder: str) -> bool:
        with _translated():
            args = [claim.token, claim.holder, claim.renewals, claim.note, holder, claim.ttl_ns]
            return bool(await self._put(keys=[PREFIX + name], args=args))

    async def close(self) -> None:
        await self._client.aclose()


@contextmanager
def _translated() -> Iterator[None]:
    """What the library raises, in our words."""
    try:
        yield
    except (RedisError, OSError, TimeoutError, ValueError, TypeError, AttributeError) as error:
        # The last three: what stands there is not of our making.
        raise LeaseError(f"the leases: {' '.join(str(error).split()) or type(error).__name__}") from error
