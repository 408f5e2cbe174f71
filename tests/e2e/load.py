"""Load on a service, by clients that share no code with it: orders over HTTP, some of them asked for twice, and
decisions at its bus, each said again until the bus has taken it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import nats
import redis
from nats.errors import Error as NatsError

from tests.bus.senders import decision, in_seconds

ORDER_SECONDS, DECISION_SECONDS = 0.1, 0.4
#: Of what a bus is given to take a message, seconds.
PATIENCE = 2.0
#: Every so many orders one sells what the others bought, and one is asked for again, as after an answer that was lost.
SELLS, AGAIN = 4, 5


def taken(url: str, subject: str, content: bytes) -> bool:
    """Whether a bus has acknowledged a message; where it has not, it may have it all the same."""
    if url.startswith("nats:"):
        with suppress(NatsError, OSError, TimeoutError):
            asyncio.run(_published(url, subject, content))
            return True
        return False
    with suppress(redis.RedisError), redis.Redis.from_url(url, socket_timeout=PATIENCE) as client:
        client.xadd(subject, {"data": content})
        return True
    return False


async def _published(url: str, subject: str, content: bytes) -> None:
    client = await nats.connect(url, allow_reconnect=False, connect_timeout=1, error_cb=_silent)
    try:
        await client.jetstream().publish(subject, content, timeout=PATIENCE)
    finally:
        await client.close()


async def _silent(error: Exception) -> None:
    """Whoever publishes hears it too."""


class Load:
    """From `with` to its end. answered: names of the orders, each with the moment of its answer, ns UTC; said: ids of
    the decisions that the bus has, each with the moment at which it took them. Raises at its end what one of its
    clients met: an answer that is none, an order that was refused, a second one under the same name."""

    def __init__(self, url: str, key: str, bus: str, subject: str) -> None:
        self.answered: list[tuple[str, int]] = []
        self.said: list[tuple[str, int]] = []
        self._url = url
        self._key = key
        self._bus = bus
        self._subject = subject
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(2)

    def __enter__(self) -> Load:
        self._parts = [self._pool.submit(self._order), self._pool.submit(self._decide)]
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._pool.shutdown()
        for part in self._parts:
            part.result()

    def goes_on(self) -> bool:
        return not any(part.done() for part in self._parts)

    def _order(self) -> None:
        number = 0
        while not self._over.wait(ORDER_SECONDS):
            number += 1
            name = f"r-{number}"
            # What is sold was bought long before.
            side = "sell" if number > 20 and number % SELLS == 0 else "buy"
            asked = {"symbol": "BTCUSD", "side": side, "quantity": "0.001", "type": "market", "clientOrderId": name}
            first = self._placed(asked)
            assert first["status"] != "rejected", first
            if number % AGAIN == 0:
                assert self._placed(asked)["orderId"] == first["orderId"]
            self.answered.append((name, time.time_ns()))

    def _placed(self, asked: dict[str, str]) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self._url}/api/v1/orders", json.dumps(asked).encode(), {"Authorization": f"Bearer {self._key}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    def _decide(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            id = f"d-{number}"
            content = json.dumps(decision(id, validUntil=in_seconds(600))).encode()
            while not taken(self._bus, self._subject, content):
                if self._over.wait(DECISION_SECONDS):
                    return
            self.said.append((id, time.time_ns()))
            self._over.wait(DECISION_SECONDS)
