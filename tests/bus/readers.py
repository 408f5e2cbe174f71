"""What lies on a bus, read by the clients of its makers and no code of ours."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import nats
import redis
from nats.js.errors import NotFoundError


class Kept(NamedTuple):
    """A message as it is kept there."""

    id: str
    subject: str
    content: bytes


def kept(url: str, prefix: str) -> list[Kept]:
    """All that was published behind a prefix, in the order in which it came."""
    return asyncio.run(_of_nats(url, prefix)) if url.startswith("nats:") else _of_redis(url, prefix)


async def _of_nats(url: str, prefix: str) -> list[Kept]:
    client = await nats.connect(url)
    try:
        stream = client.jetstream()
        try:
            name = await stream.find_stream_name_by_subject(f"{prefix}.>")
        except NotFoundError:
            return []
        state = (await stream.stream_info(name)).state
        reader = await stream.subscribe(f"{prefix}.>", ordered_consumer=True)
        found = [await reader.next_msg(timeout=10) for _ in range(state.messages)]
        return [Kept((one.headers or {})["Nats-Msg-Id"], one.subject, one.data) for one in found]
    finally:
        await client.close()


def _of_redis(url: str, prefix: str) -> list[Kept]:
    with redis.Redis.from_url(url) as client:
        entries = client.xrange(prefix)
    return [Kept(one[b"id"].decode(), one[b"subject"].decode(), one[b"data"]) for _, one in entries]
