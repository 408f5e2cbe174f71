"""Many who listen: facts and the prices of fifty symbols, ten times a second, at two hundred sockets.

    python bench/sockets.py [--clients 200] [--symbols 50] [--step-ms 100] [--orders 10] [--seconds 20] [--folder DIR]

A service on this disk; its market, those who listen (one process, all of them) and who asks for orders share the
machine. Every client has to hear every event that the journal tells of, each once, in order, byte by byte. Of prices is
measured for how long a client did not know the next one (`behind`: from the time of that next quote until a newer one
than the last was there). Prints one line of JSON, times in milliseconds; ends with an error where an event is missing,
or a price was behind by more than BEHIND.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from serve import GENERATOR, bodies
from served import Service, quantile, standing, symbols

from tradewright.app.api.keys import KeyRing
from tradewright.app.api.retold import retold
from tradewright.app.home import JOURNAL

BEHIND = 200
CHANNELS = ["orders", "fills", "positions", "account", "decisions", "signals", "system"]
#: Sockets of one key.
EACH = 20
WARM_SECONDS = 2.0
TEXT_FRAME, PING, PONG = 1, 9, 10


class Price(msgspec.Struct):
    time: str


class Place(msgspec.Struct):
    sequence: int
    index: int


class Frame(msgspec.Struct):
    """Of any kind; what it has not is empty."""

    op: str
    sequence: int = 0
    events: list[msgspec.Raw] = []
    prices: dict[str, Price] = {}


_FRAME, _PLACE = msgspec.json.Decoder(Frame), msgspec.json.Decoder(Place)


@lru_cache(64)
def moment(text: str) -> float:
    """Seconds UTC. Prices of one quote of the market have one time."""
    return datetime.fromisoformat(text[:26].rstrip("Z")).replace(tzinfo=UTC).timestamp()


class Room:
    """All who listen. facts: each event by its place, as it came first; behind: of each price, milliseconds."""

    def __init__(self, url: str, keys: Sequence[str], channels: Sequence[str], step: float) -> None:
        self.place = urlsplit(url)
        self.keys = keys
        self.subscribe = json.dumps({"op": "subscribe", "channels": channels}).encode()
        self.step = step
        self.facts: dict[tuple[int, int], bytes] = {}
        self.behind: list[float] = []
        self.ages: list[float] = []
        self.counting = False
        self.wrong: list[str] = []
        self.ears: list[Ear] = []

    async def enter(self, which: int) -> Ear:
        loop = asyncio.get_running_loop()
        host, port = self.place.hostname or "", self.place.port or 80
        _, ear = await loop.create_connection(lambda: Ear(self, self.keys[which // EACH]), host, port)
        await ear.subscribed
        return ear


class Ear(asyncio.Protocol):
    """One socket. places: of its events; since, reached: the journal's numbers between which it has heard all."""

    def __init__(self, room: Room, key: str) -> None:
        self._room = room
        self._key = key
        self._buffer = bytearray()
        self._entered = False
        self._times: dict[str, float] = {}
        self.subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.places: list[tuple[int, int]] = []
        self.since = self.reached = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        secret = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET /ws HTTP/1.1", f"Host: {self._room.place.netloc}", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {secret}", f"Authorization: Bearer {self._key}",
        ]  # fmt: skip
        self._transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        if not self._entered:
            head, parted, _ = bytes(buffer).partition(b"\r\n\r\n")
            if not parted:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._room.wrong.append(head.decode())
            self._entered = True
            del buffer[: len(head) + 4]
        while frame := self._frame():
            self._take(*frame)

    def connection_lost(self, error: Exception | None) -> None:
        self._room.wrong.append(f"a socket ended: {error}")

    def _frame(self) -> tuple[int, bytes] | None:
        """The next one that is whole: what it is, and what it has."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, at = buffer[1] & 127, 2
        if size > 125:
            at = 4 if size == 126 else 10
            if len(buffer) < at:
                return None
            size = int.from_bytes(buffer[2:at], "big")
        if len(buffer) < at + size:
            return None
        kind, content = buffer[0] & 15, bytes(buffer[at : at + size])
        del buffer[: at + size]
        return kind, content

    def _say(self, kind: int, content: bytes) -> None:
        """A short message; a mask of zeros changes nothing."""
        size = bytes([128 | len(content)]) if len(content) < 126 else bytes([254]) + len(content).to_bytes(2, "big")
        self._transport.write(bytes([128 | kind]) + size + bytes(4) + content)

    def _take(self, kind: int, content: bytes) -> None:
        if kind == PING:
            self._say(PONG, content)
            return
        if kind != TEXT_FRAME:
            self._room.wrong.append(f"a frame of kind {kind}: {content!r}")
            return
        frame = _FRAME.decode(content)
        if frame.op == "welcome":
            self.since = self.reached = frame.sequence
            self._say(TEXT_FRAME, self._room.subscribe)
        elif frame.op == "subscribed":
            self.since = json.loads(content)["after"]
            self.subscribed.set_result(None)
        elif frame.op in ("events", "heartbeat"):
            self.reached = frame.sequence
            for event in frame.events:
                self._hear(bytes(event))
            if frame.prices:
                self._note(frame.prices)
        else:
            self._room.wrong.append(content.decode())

    def _hear(self, event: bytes) -> None:
        found = _PLACE.decode(event)
        place = (found.sequence, found.index)
        if self._room.facts.setdefault(place, event) != event:
            self._room.wrong.append(f"{place} is told in two ways")
        self.places.append(place)

    def _note(self, prices: dict[str, Price]) -> None:
        now, room, times = time.time(), self._room, self._times
        for symbol, price in prices.items():
            at = moment(price.time)
            if room.counting and at > (last := times[symbol]):
                room.behind.append(1e3 * (now - last - room.step))
                room.ages.append(1e3 * (now - at))
            times[symbol] = at


async def listen(options: argparse.Namespace) -> dict[str, object]:
    """The process of those who listen: until a line comes, and then until each has heard all of before."""
    asked = json.loads(sys.stdin.readline())
    room = Room(asked["url"], asked["keys"], asked["channels"], asked["step"])
    for which in range(options.clients):
        room.ears.append(await room.enter(which))
    print("ready", flush=True)
    line = asyncio.ensure_future(asyncio.to_thread(sys.stdin.readline))
    await asyncio.sleep(WARM_SECONDS)
    room.counting = True
    await line
    room.counting = False
    end = (await room.enter(options.clients)).since
    while min(ear.reached for ear in room.ears) < end and not room.wrong:
        await asyncio.sleep(0.05)
    if room.wrong:
        raise SystemExit(f"{len(room.wrong)} things are wrong, the first: {room.wrong[0][:2_000]}")
    # What each has to have heard: all that any of them has.
    since = max(ear.since for ear in room.ears)
    facts = {place: fact for place, fact in sorted(room.facts.items()) if since < place[0] <= end}
    whole = [*facts]
    heard = sum([place for place in ear.places if since < place[0] <= end] == whole for ear in room.ears)
    Path(asked["facts"]).write_bytes(b"\n".join(facts.values()))
    return {
        "since": since, "end": end, "events": len(whole), "whole": heard, "prices": len(room.behind),
        "age_p50": quantile(room.ages, 500), "age_p99": quantile(room.ages, 990), "age_max": round(max(room.ages), 1),
        "behind_p50": quantile(room.behind, 500), "behind_p99": quantile(room.behind, 990),
        "behind_max": round(max(room.behind), 1),
    }  # fmt: skip


def measured(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    names = symbols(options.symbols)
    text = (
        f"accounts:\n  one: {{venue: paper, symbols: [{', '.join(names)}], cash: 100000000}}\n"
        "strategies: {}\nrisk: {maxOrderValue: 100000}\nstopSeconds: 1\nserver: {port: 0, requestsPerSecond: 100000}\n"
    )
    service = Service(folder, text, options.symbols, options.step_ms)
    with standing(service):
        ring = KeyRing(service.home)
        keys = [
            ring.make(f"ear-{number}", ["read"], time.time_ns())[1] for number in range(options.clients // EACH + 1)
        ]
        asked = {
            "url": service.url, "keys": keys, "channels": [*CHANNELS, *(f"prices:{name}" for name in names)],
            "step": options.step_ms / 1e3, "facts": str(folder / "facts"),
        }  # fmt: skip
        command = [sys.executable, __file__, "--listen", "--clients", f"{options.clients}"]
        ears = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert ears.stdin is not None and ears.stdout is not None
        print(json.dumps(asked), file=ears.stdin, flush=True)
        if ears.stdout.readline() != "ready\n":
            raise SystemExit("those who listen have failed")
        before = service.cpu()
        count = round(options.orders * options.seconds)
        command = [sys.executable, GENERATOR, f"{service.url}/api/v1/orders", bodies(folder, count + 1)]
        more = ["--key", service.key, "--rate", options.orders, "--seconds", options.seconds, "--warm", 1]
        subprocess.run(map(str, [*command, *more]), input="go\n", stdout=subprocess.DEVNULL, text=True, check=True)
        used = service.cpu() - before
        print("end", file=ears.stdin, flush=True)
        line = ears.stdout.readline()
        if ears.wait() or not line:
            raise SystemExit("those who listen have failed")
        service.commits()
    found: dict[str, Any] = json.loads(line)
    told = [fact.content for fact in retold(service.home / JOURNAL, found["since"], found["end"])]
    right = told == (folder / "facts").read_bytes().splitlines()
    return found | {"told": len(told), "right": right, "cpu_percent": round(100 * used / options.seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--step-ms", type=int, default=100)
    parser.add_argument("--orders", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--folder", type=Path, default=Path())
    parser.add_argument("--listen", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.listen:
        print(json.dumps(asyncio.run(listen(options))), flush=True)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        row = measured(options, Path(name))
    if row["whole"] != options.clients or not row["right"]:
        raise SystemExit(f"{row}: not every event was delivered once, in order, as the journal has it")
    shown = {"clients": options.clients, "symbols": options.symbols, **row}
    print(json.dumps({name: shown[name] for name in shown if name not in ("since", "end", "whole", "right", "told")}))
    if row["behind_max"] > BEHIND:
        raise SystemExit(f"MISSED: a price was behind by {row['behind_max']} ms, aim {BEHIND}")


if __name__ == "__main__":
    main()
