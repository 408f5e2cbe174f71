"""Who puts messages on a bus: the clients of its makers and no code of ours."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import nats
import redis


def decision(id: str, **said: Any) -> dict[str, Any]:
    """One that holds for a minute, unless it says otherwise; what is None is left out."""
    row = {
        "decisionId": id, "accountId": "one", "strategyId": "ai", "symbol": "BTCUSD", "action": "BUY",
        "quantity": "0.001", "confidence": 0.8333333333333334, "validUntil": in_seconds(60), "reasoning": "momentum",
        "model": "of no concern to us",
    }  # fmt: skip
    return {key: value for key, value in (row | said).items() if value is not None}


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)).isoformat()


def put(url: str, subject: str, *messages: Any) -> None:
    """Bytes as they are, anything else as JSON."""
    contents = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in messages]
    if url.startswith("nats:"):
        asyncio.run(_put(url, subject, contents))
        return
    with redis.Redis.from_url(url) as client:
        for content in contents:
            client.xadd(subject, {"data": content})


async def _put(url: str, subject: str, contents: list[bytes]) -> None:
    client = await nats.connect(url)
    for content in contents:
        await client.publish(subject, content)
    await client.flush()
    await client.close()
