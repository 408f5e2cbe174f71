"""One socket: who it is, what it wants to hear, and where it is on the tape.

It keeps no queue of events: what it has not taken yet is where it was, so that nothing is lost for one that reads
slowly, and nobody waits for it. Of a price the last value is told alone.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable

import msgspec
from starlette.types import Message, Receive, Scope, Send

from tradewright.app.api import messages
from tradewright.app.api.books import scopes_of
from tradewright.app.api.desk import Desk
from tradewright.app.api.keys import READ, Key
from tradewright.app.api.messages import CHANNELS, EVENTS, PRICES
from tradewright.app.api.problem import Problem
from tradewright.app.api.stream import Stream
from tradewright.app.api.tape import Audience

#: `/ws` says nothing until it is asked for channels; a user's path tells all that is the user's.
EVERYONE = "/ws"
OF_USER = re.compile(r"/trading/([^/]+)")
PROTOCOL = "tradewright"
KEY_SECONDS_MAX = 5.0
SOCKETS_PER_KEY = 20
ANSWERS_MAX = 16
HEARTBEAT_SECONDS = 5.0
#: Between two looks at whether a client has taken its answers.
LOOK_SECONDS = 0.05
#: A socket that has ended is waited for no longer than that.
CLOSE_SECONDS = 1.0
WORDS = "a message is an object: op authenticate (key), subscribe (channels, after) or unsubscribe (channels)"
_SAID = msgspec.json.Decoder(messages.Authenticate | messages.Subscribe | messages.Unsubscribe)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Closed(Exception):
    """A socket ends, with that code."""

    def __init__(self, code: int) -> None:
        super().__init__(messages.CLOSES.get(code, ""))
        self.code = code


class Left(Exception):
    """The client has gone."""


def user_of(path: str) -> str | None:
    """Whose path it is, None = nobody's alone. Raises Problem where there is no socket."""
    found = OF_USER.fullmatch(path)
    if found is None and path != EVERYONE:
        raise Problem("NOT_FOUND", "path")
    return found[1] if found else None


def audience_of(desk: Desk, key: Key, user: str | None) -> Audience:
    """Whose facts a key hears: as everywhere; on a user's path, of what the key sees, the accounts that are the user's
    own or have a session of his, and those that the key is bound to."""
    if user is None and not key.accounts:
        return Audience(None, frozenset())
    seen = [
        account
        for account in desk.accounts(key).values()
        if user is None or key.accounts or user in (account.terms.owner, _trader_of(desk, account.terms.name))
    ]
    names = frozenset(account.terms.name for account in seen)
    strategies = (f"strategy:{spec.id}" for spec in desk.specs if spec.account in names)
    return Audience(names, frozenset([*strategies, *(scope for one in seen for scope in scopes_of(one))]))


def _trader_of(desk: Desk, account: str) -> str:
    """Whose session an account has, "" = nobody's."""
    session = desk.engine.sessions.get(account)
    return "" if session is None else session.user


class Subscriber:
    """after: the sequence number up to which it was told everything; types: the events that it hears; prices: the
    instruments, and which change of each it knows."""

    def __init__(self, stream: Stream, key: Key, user: str | None, send: Send) -> None:
        self.stream = stream
        self.key = key
        self.user = user
        self.audience = audience_of(stream.desk, key, user)
        self.channels: set[str] = set() if user is None else set(CHANNELS)
        self.types = _types(self.channels)
        self.prices: dict[int, int] = {}
        self.after = stream.durable
        self._send = send
        self._answers: deque[msgspec.Struct] = deque()
        self._called = asyncio.Event()
        self._turn = False
        self._code = 0
        self._said_at = time.monotonic()
        names = sorted(stream.desk.accounts(key) if self.audience.accounts is None else self.audience.accounts)
        self.answer(messages.Welcome(user=key.whose, accounts=names, sequence=self.after))

    # ── from the stream ────────────────────────────────────────────────────────────────────────────────────────────

    def turn(self) -> None:
        self._turn = True
        self._called.set()

    def end(self, code: int) -> None:
        self._code = code
        self._called.set()

    # ── to the client ──────────────────────────────────────────────────────────────────────────────────────────────

    def answer(self, answer: msgspec.Struct) -> None:
        self._answers.append(answer)
        self._called.set()

    async def speak(self) -> None:
        """Answers at once, events and prices when it is its turn. The only one who sends."""
        while True:
            await self._called.wait()
            self._called.clear()
            if self._code:
                raise Closed(self._code)
            while self._answers:
                await self._say(_ENCODER.encode(self._answers.popleft()))
            if self._turn:
                self._turn = False
                await self._take_turn()

    async def _take_turn(self) -> None:
        if self.after < self.stream.tape.since:
            # What is missing is in the journal only when it is durable.
            if self.stream.tape.since > self.stream.durable:
                return
            await self._catch_up()
        if self.user is not None:
            # With a session an account may become the user's, and somebody else's again.
            self.audience = audience_of(self.stream.desk, self.key, self.user)
        events, reached = self.stream.frame(self.audience, self.types, self.after)
        prices = []
        for index, known in self.prices.items():
            self.prices[index], text = self.stream.price(index, known)
            if text:
                prices.append(text)
        self.after = max(self.after, reached)
        if events or prices:
            frame = b'{"op":"events","sequence":%d,"events":[%s],"prices":{%s}}'
            await self._say(frame % (self.after, events, b",".join(prices)))
        elif time.monotonic() - self._said_at >= HEARTBEAT_SECONDS:
            await self._say(_ENCODER.encode(messages.Heartbeat(sequence=self.after)))

    async def _catch_up(self) -> None:
        """What is before the tape comes from the journal; what can not be had is said to be missing."""
        why = "" if not self.types else await self.stream.recall(self.after)
        since = self.stream.tape.since
        if self.after < since:
            if self.types:
                await self._say(_ENCODER.encode(messages.Resync(after=self.after, sequence=since, reason=why)))
            self.after = since

    async def _say(self, text: bytes) -> None:
        self._said_at = time.monotonic()
        await self._send({"type": "websocket.send", "text": text.decode()})

    # ── from the client ────────────────────────────────────────────────────────────────────────────────────────────

    async def hear(self, receive: Receive, paced: Callable[[Key], bool]) -> None:
        """What the client says, until it leaves."""
        while True:
            said = _said(await receive())
            if not paced(self.key):
                raise Closed(1008)
            try:
                self.take(_SAID.decode(said))
            except (msgspec.DecodeError, RecursionError):
                # What was said is not repeated: it may be a secret in the wrong place.
                self.answer(messages.Refused(code="INVALID_REQUEST", detail=WORDS))
            except Problem as problem:
                self.answer(messages.Refused(code=problem.code, detail=problem.detail))
            while len(self._answers) >= ANSWERS_MAX:
                await asyncio.sleep(LOOK_SECONDS)

    def take(self, said: messages.Said) -> None:
        """Raises Problem for what can not be done; then nothing is."""
        if isinstance(said, messages.Subscribe):
            self._subscribe(said)
        elif isinstance(said, messages.Unsubscribe):
            self._unsubscribe(said)
        else:
            raise Problem("INVALID_REQUEST", "it is known already whose this socket is")
        self.types = _types(self.channels)
        symbols = [self.stream.desk.engine.instruments[index].symbol for index in self.prices]
        channels = sorted([*self.channels, *(PRICES + symbol for symbol in symbols)])
        self.answer(messages.Subscribed(channels=channels, after=self.after))

    def _subscribe(self, said: messages.Subscribe) -> None:
        channels, indices = self._named(said.channels)
        if len({*self.channels, *channels}) + len({*self.prices, *indices}) > messages.CHANNELS_MAX:
            raise Problem("INVALID_REQUEST", f"at most {messages.CHANNELS_MAX} channels")
        durable = self.stream.durable
        if said.after is not None and said.after > durable:
            raise Problem("INVALID_REQUEST", f"after: the journal ends at {durable}")
        if said.after is not None:
            self.after = said.after
        elif not self.types:
            self.after = durable
        self.channels |= channels
        self.prices.update({index: 0 for index in indices if index not in self.prices})

    def _unsubscribe(self, said: messages.Unsubscribe) -> None:
        channels, indices = self._named(said.channels)
        self.channels -= channels
        for index in indices:
            self.prices.pop(index, None)

    def _named(self, names: list[str]) -> tuple[set[str], set[int]]:
        """Channels, and instruments whose prices are meant. Raises Problem for one that there is not."""
        channels, indices = set(), set()
        for name in names:
            instrument = self.stream.desk.engine.symbols.get(name.removeprefix(PRICES))
            if name in CHANNELS:
                channels.add(name)
            elif name.startswith(PRICES) and instrument is not None:
                indices.add(instrument.index)
            else:
                raise Problem("NOT_FOUND", f"channel: one of {', '.join(CHANNELS)}, or prices:SYMBOL of what is traded")
        return channels, indices


def _types(channels: set[str]) -> frozenset[str]:
    return frozenset(type for type, kind in EVENTS.items() if not channels.isdisjoint(kind.channels))


def _said(message: Message) -> str:
    """A text of the client. Raises Left, or Closed for what is none."""
    if message["type"] == "websocket.disconnect":
        raise Left
    text = message.get("text")
    if text is None:
        raise Closed(1003)
    return str(text)


# ── the conversation ───────────────────────────────────────────────────────────────────────────────────────────────


async def converse(
    stream: Stream, scope: Scope, receive: Receive, send: Send, key_of: Callable[[str], Key | None],
    paced: Callable[[Key], bool],
) -> None:  # fmt: skip
    """A socket from its handshake to its end. key_of: of a key's text; paced: whether one more message is within a
    key's pace."""
    await receive()
    protocol = PROTOCOL if PROTOCOL in scope["subprotocols"] else None
    await send({"type": "websocket.accept", "subprotocol": protocol})
    try:
        key = scope["state"]["key"] = scope["state"]["key"] or await _introduced(receive, key_of)
        user = user_of(scope["path"])
        _check(stream, key, user)
        await _served(Subscriber(stream, key, user, send), receive, paced)
    except Closed as closed:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await send({"type": "websocket.close", "code": closed.code, "reason": str(closed)})
        except (TimeoutError, OSError):
            return
    except (Left, OSError):
        return


async def _introduced(receive: Receive, key_of: Callable[[str], Key | None]) -> Key:
    """The key of the first message. Raises Closed."""
    try:
        async with asyncio.timeout(KEY_SECONDS_MAX):
            said = _SAID.decode(_said(await receive()))
    except (TimeoutError, msgspec.DecodeError, RecursionError) as error:
        raise Closed(4401) from error
    key = key_of(said.key) if isinstance(said, messages.Authenticate) else None
    if key is None:
        raise Closed(4401)
    return key


def _check(stream: Stream, key: Key, user: str | None) -> None:
    if user is not None and user != key.whose:
        raise Closed(4404)
    if not key.may(READ):
        raise Closed(4403)
    if stream.desk.connected.live.failure is not None:
        raise Closed(4503)
    if sum(member.key.id == key.id for member in stream.members) >= SOCKETS_PER_KEY:
        raise Closed(4429)


async def _served(subscriber: Subscriber, receive: Receive, paced: Callable[[Key], bool]) -> None:
    """Until it ends: raises Closed or Left."""
    subscriber.stream.members.add(subscriber)
    try:
        async with asyncio.TaskGroup() as parts:
            parts.create_task(subscriber.speak())
            parts.create_task(subscriber.hear(receive, paced))
    except* (Closed, Left, OSError) as group:
        raise group.exceptions[0] from group
    finally:
        subscriber.stream.leave(subscriber)
