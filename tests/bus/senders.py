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


def forged() -> list[tuple[Any, str]]:
    """What a sender got wrong, and the words that say so: made anew each time, since some speak of now."""
    return [
        (b"", "decision"),
        (b"\xff\xfe", "which are no message"),
        (b"x" * 20_000, "20000 bytes, which are no message"),
        (b"[" * 10_000, ""),
        (b"\x01" * 16_384, "six letters for each on the line to the service"),
        ({"decisionId": "d"}, "missing required field"),
        (decision("f-1", accountId="two"), "does not name strategy ai for account two"),
        (decision("f-2", strategyId="walker"), "does not name strategy walker for account one"),
        (decision("f-3", symbol="DOGEUSD"), "there is no symbol 'DOGEUSD'"),
        (decision("f-4", action="buy"), "Invalid enum value"),
        (decision("f-5", quantity="-1"), "quantity: -1 is not above zero"),
        (decision("f-6", quantity="NaN"), "quantity"),
        (decision("f-19", quantity="1_000"), "quantity: '1_000' is no number"),
        (decision("f-20", quantity=None, sizeHint=" 1"), "sizeHint: ' 1' is no number"),
        (decision("f-21", quantity="٣"), "quantity: '٣' is no number"),
        (decision("f-7", quantity="1e999999"), "quantity"),
        (decision("f-8", quantity=0.12345678901234567), "a number of more than 15 digits is written as text"),
        (decision("f-9", quantity=None), "say quantity or sizeHint, and not both"),
        (decision("f-10", sizeHint=0.5), "say quantity or sizeHint, and not both"),
        (decision("f-11", quantity=None, sizeHint=1.5), "sizeHint"),
        (decision("f-12", confidence=2), "confidence"),
        (decision("f-13", validUntil=in_seconds(-1)), "holds is over"),
        (decision("f-14", validUntil=in_seconds(90_000)), "holds is more than a day ahead"),
        (decision("f-15", validUntil="tomorrow"), "is no moment"),
        (decision("f 16"), "decisionId"),
        (decision("f-17\n"), "it has an id"),
        (decision("f-18", reasoning="x" * 501), "reasoning"),
    ]


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
