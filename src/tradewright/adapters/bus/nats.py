"""NATS JetStream as a Bus.

What is published lies in a stream that somebody made for its subjects, else in one that is made here; the id of a
message is its Nats-Msg-Id, so what is sent again within the stream's window is there once. What is heard is kept by the
stream that takes its subject, and how far it was heard by a durable consumer. A connection that breaks is not mended:
whoever uses it opens another one, and so knows what he did not hear of.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, PubAck, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from tradewright.model.errors import BusError, InputError
from tradewright.ports import WITH_TLS, BusTerms, Incoming, Outgoing

#: Seconds for a connection, and for an answer.
WAIT_SECONDS = 5
#: A line that is silent is asked so often, seconds; the second time it does not answer it is lost.
PING_SECONDS = 5
#: Messages on their way at once.
WINDOW = 64
#: Of a stream that is made here: what is sent again within this is known, and messages are kept so long. Seconds.
DUPLICATE_SECONDS, KEPT_SECONDS = 3_600, 7 * 86_400
#: Bytes that it may grow to; the oldest messages go then.
KEPT_BYTES = 2**30
#: What was handed out and not settled comes again after so long, seconds: a decision holds for a time only, and one
#: that comes twice is known.
SETTLE_SECONDS = 10
ID = "Nats-Msg-Id"
#: The id that the stream's newest message has to have.
BEFORE = "Nats-Expected-Last-Msg-Id"
#: At most, of the two: they count as payload.
HEADER_BYTES = 256


class NatsBus:
    """Made by `open_nats`."""

    def __init__(self, client: Client, stream: JetStreamContext) -> None:
        self._client = client
        self._stream = stream
        self._taken: asyncio.Queue[Incoming | BusError] = asyncio.Queue(1)
        self._takers: list[asyncio.Task[None]] = []

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        with _translated():
            if not self._client.is_connected:
                raise BusError("the bus: the connection is lost")
            for one in messages:
                if len(one.content) + HEADER_BYTES > self._client.max_payload:
                    raise BusError(
                        f"the bus: event {one.id} has {len(one.content)} bytes and the server takes "
                        f"{self._client.max_payload}: raise its max_payload"
                    )
            for at in range(0, len(messages), WINDOW):
                await self._publish(messages[at : at + WINDOW])

    async def _publish(self, messages: Sequence[Outgoing]) -> None:
        """Those on their way at once are a chain: behind one that is refused none is kept. What somebody else says in
        between breaks it, and then each waits for the one before."""
        chain = ["", *(one.id for one in messages)]
        sent = [self._send(one, before) for one, before in zip(messages, chain, strict=False)]
        answers = await asyncio.gather(*sent, return_exceptions=True)
        whole = not any(isinstance(one, BaseException) for one in answers)
        for one, answer in zip(messages, answers, strict=True):
            kept = answer if whole and isinstance(answer, PubAck) else await self._send(one, "")
            if kept.duplicate:
                await self._check_kept(one, kept)

    async def _send(self, message: Outgoing, before: str) -> PubAck:
        headers = {ID: message.id} | ({BEFORE: before} if before else {})
        return await self._stream.publish(message.subject, message.content, WAIT_SECONDS, headers=headers)

    async def _check_kept(self, message: Outgoing, answer: PubAck) -> None:
        """What the stream knows by its id is there as it is told. Raises InputError."""
        with suppress(NotFoundError):
            found = await self._stream.get_msg(answer.stream, answer.seq)
            if found.data != message.content:
                raise InputError(
                    f"the stream {answer.stream} holds {message.id} with other content, so the journal was put back: "
                    "delete bus.place in the home to tell it anew from the next start on"
                )

    async def take(self) -> Incoming:
        found = await self._taken.get()
        if isinstance(found, BusError):
            raise found
        return found

    async def settle(self, message: Incoming) -> None:
        with _translated():
            await message.handle.ack_sync(WAIT_SECONDS)

    async def close(self) -> None:
        for taker in self._takers:
            taker.cancel()
        await asyncio.gather(*self._takers, return_exceptions=True)
        await self._client.close()

    async def hear(self, subject: str, consumer: str) -> None:
        """Messages of a subject are taken from now on."""
        name = f"{consumer}-{_named(subject)}"
        config = ConsumerConfig(
            durable_name=name, ack_policy=AckPolicy.EXPLICIT, ack_wait=SETTLE_SECONDS, filter_subject=subject
        )
        subscription = await self._stream.pull_subscribe(subject, name, config=config)
        self._takers.append(asyncio.create_task(self._follow(subscription)))

    async def _follow(self, subscription: JetStreamContext.PullSubscription) -> None:
        try:
            with _translated():
                while True:
                    try:
                        found: list[Msg] = await subscription.fetch(1, timeout=PING_SECONDS)
                    except NatsTimeout:
                        continue
                    for one in found:
                        await self._taken.put(Incoming(one.subject, one.data, _time(one), one))
        except BusError as error:
            await self._taken.put(error)


async def open_nats(terms: BusTerms) -> NatsBus:
    """Raises BusError."""
    client = Client()
    with _translated():
        try:
            await _connect(client, terms)
            stream = client.jetstream(timeout=WAIT_SECONDS)
            bus = NatsBus(client, stream)
            await _kept(stream, f"{terms.prefix}.>")
            for subject in terms.subjects:
                await _kept(stream, subject)
                await bus.hear(subject, terms.consumer)
        except BaseException:
            await client.close()
            raise
    return bus


async def _connect(client: Client, terms: BusTerms) -> None:
    parts = urlsplit(terms.url)

    def said(secret: str) -> Callable[[], str] | None:
        """Asked for where the library says who it is."""

        def told() -> str:
            _check_line(client, parts.scheme)
            return secret

        return told if secret else None

    # The library takes a name without a password for a token, and says it before anything can be checked.
    server = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    await client.connect(
        server, error_cb=_heard, allow_reconnect=False, max_reconnect_attempts=1, reconnect_time_wait=0,
        connect_timeout=WAIT_SECONDS, ping_interval=PING_SECONDS, name=f"tradewright {terms.consumer}",
        token=said(terms.token), user=parts.username if terms.password else None, password=said(terms.password),
    )  # fmt: skip
    _check_line(client, parts.scheme)


def _check_line(client: Client, scheme: str) -> None:
    """The library goes on in the clear where a server, or who stands before it, offers no TLS."""
    if scheme in WITH_TLS and not client._server_info.get("tls_required"):
        raise Error("it speaks no TLS, and nothing is said to it in the clear")


async def _kept(stream: JetStreamContext, subject: str) -> None:
    """Some stream takes a subject."""
    try:
        await stream.find_stream_name_by_subject(subject)
    except NotFoundError:
        config = StreamConfig(
            name=_named(subject), subjects=[subject], storage=StorageType.FILE, duplicate_window=DUPLICATE_SECONDS,
            max_age=KEPT_SECONDS, max_bytes=KEPT_BYTES,
        )  # fmt: skip
        await stream.add_stream(config)


def _time(message: Msg) -> int:
    """When it came to the stream, ns UTC."""
    return int(message.metadata.timestamp.timestamp() * 1_000) * 1_000_000


def _named(subject: str) -> str:
    """As a stream or a consumer may be called."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", subject).strip("_")


async def _heard(error: Exception) -> None:
    """What goes wrong is met by whoever waits for it."""


@contextmanager
def _translated() -> Iterator[None]:
    """What the library raises, in our words."""
    try:
        yield
    except (Error, OSError, TimeoutError, ValueError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise BusError(f"the bus: {said}") from error
