"""Redis as a Bus.

What is published lies in one stream, whose entries are numbered as the journal is, so that what is sent again is there
once; and is told to whoever listens at its subject just then. What is heard is read from a stream for each subject by a
consumer group. A Redis that was emptied has its groups made again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from tradewright.model.errors import BusError, InputError
from tradewright.ports import WITH_TLS, BusTerms, Incoming, Outgoing

#: Seconds for a connection and for an answer, and how long an empty stream is waited at.
WAIT_SECONDS, LOOK_SECONDS = 5, 1
#: Entries that a stream of events keeps, about; the oldest go then.
KEPT = 1_000_000
#: Entries of one round trip.
WINDOW = 256
#: Of an entry that somebody puts into a stream: what holds the message.
CONTENT = b"data"


class RedisBus:
    """Made by `open_redis`."""

    def __init__(self, client: Redis, terms: BusTerms) -> None:
        self._client = client
        self._terms = terms
        #: What was handed out before and not settled is read first, from this entry on by subject; ">" = what is new.
        self._from = dict.fromkeys(terms.subjects, "0")
        #: One read may return an entry of each stream.
        self._read: deque[Incoming] = deque()

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        with _translated():
            if not messages:
                await self._client.ping()
            for at in range(0, len(messages), WINDOW):
                await self._publish(messages[at : at + WINDOW])

    async def _publish(self, messages: Sequence[Outgoing]) -> None:
        # All or none: behind one that was refused, a later number would shut it out for good.
        pipe: Any = self._client.pipeline(transaction=True)
        for one in messages:
            entry = {"id": one.id, "subject": one.subject, CONTENT: one.content}
            pipe.xadd(self._terms.prefix, entry, _number(one), maxlen=KEPT, approximate=True)
            pipe.publish(one.subject, one.content)
        before: list[Outgoing] = []
        answers = await pipe.execute(raise_on_error=False)
        for one, answer in zip(messages, answers[::2], strict=True):
            if isinstance(answer, Exception):
                if "equal or smaller" not in str(answer):
                    raise answer
                before.append(one)
        await self._check_kept(before)

    async def _check_kept(self, messages: Sequence[Outgoing]) -> None:
        """What the stream takes for old is there as it is told. Raises InputError."""
        pipe: Any = self._client.pipeline(transaction=False)
        for one in messages:
            pipe.xrange(self._terms.prefix, _number(one), _number(one))
        for one, found in zip(messages, await pipe.execute(), strict=True):
            entry = found[0][1] if found else {}
            if (entry.get(b"id"), entry.get(CONTENT)) != (one.id.encode(), one.content):
                raise InputError(
                    f"the stream {self._terms.prefix} is ahead of the journal and does not hold {one.id} as it is "
                    "there, so the journal was put back or the stream was changed: say another publishPrefix, or "
                    "delete the stream"
                )

    async def check(self) -> None:
        """The stream is this journal's. Raises InputError."""
        newest: Any = await self._client.xrevrange(self._terms.prefix, count=1)
        for _, entry in newest:
            journal = self._terms.journal.encode()
            if not entry.get(b"id", b"").startswith((journal + b".", journal + b"-")):
                raise InputError(
                    f"the stream {self._terms.prefix} holds the events of another journal: say another publishPrefix, "
                    "or delete the stream"
                )

    async def take(self) -> Incoming:
        while not self._terms.subjects:
            await asyncio.sleep(WAIT_SECONDS)
        with _translated():
            while True:
                try:
                    found = await self._ask_all()
                except ResponseError as error:
                    if not str(error).startswith("NOGROUP"):
                        raise
                    await self._make_groups()
                    continue
                if found:
                    return self._read.popleft()

    async def _ask_all(self) -> bool:
        """Whether there is a message."""
        for subject, place in self._from.items():
            if place != ">" and not self._read:
                await self._ask({subject: place}, None)
                if not self._read:
                    self._from[subject] = ">"
        if not self._read:
            await self._ask(self._from, LOOK_SECONDS * 1_000)
        return bool(self._read)

    async def _ask(self, streams: dict[str, str], block: int | None) -> None:
        client: Any = self._client
        found = await client.xreadgroup(self._terms.consumer, self._terms.consumer, streams, count=1, block=block)
        for key, entries in found or ():
            for number, entry in entries:
                subject = key.decode()
                if streams[subject] != ">":
                    self._from[subject] = number.decode()
                self._read.append(Incoming(subject, (entry or {}).get(CONTENT, b""), _time(number), number))

    async def settle(self, message: Incoming) -> None:
        with _translated():
            client: Any = self._client
            await client.xack(message.subject, self._terms.consumer, message.handle)

    async def close(self) -> None:
        await self._client.aclose()

    async def _make_groups(self) -> None:
        for subject in self._terms.subjects:
            try:
                await self._client.xgroup_create(subject, self._terms.consumer, "0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise


def _number(message: Outgoing) -> str:
    """Of its entry."""
    return f"{message.sequence}-{message.place}"


def _time(number: bytes) -> int:
    """When an entry was made, ns UTC: its number begins with it, unless who made it has chosen another one."""
    return int(number.partition(b"-")[0]) * 1_000_000


async def open_redis(terms: BusTerms) -> RedisBus:
    """Raises BusError, and InputError for a stream that is another journal's."""
    parts = urlsplit(terms.url)
    number = parts.path.strip("/")
    client = Redis(
        host=parts.hostname or "", port=parts.port or 6379, db=int(number) if number.isdecimal() else 0,
        username=parts.username, password=terms.password or None, ssl=parts.scheme in WITH_TLS,
        ssl_check_hostname=True, protocol=2,
        socket_connect_timeout=WAIT_SECONDS, socket_timeout=WAIT_SECONDS + LOOK_SECONDS,
        client_name="tradewright", retry=Retry(NoBackoff(), 0),
    )  # fmt: skip
    bus = RedisBus(client, terms)
    try:
        with _translated():
            await bus.check()
    except BaseException:
        await bus.close()
        raise
    return bus


@contextmanager
def _translated() -> Iterator[None]:
    """What the library raises, in our words."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise BusError(f"the bus: {said}") from error
