"""Who asks a server over HTTP, in a process of its own, with next to no work for each request.

    python bench/generator.py URL BODIES [--key KEY] [--rate 500] [--seconds 20] [--lines 32]

BODIES: a file with one body of a POST a line, sent in turn. With a rate, requests are due at even times whatever
becomes of those before (an open loop): a request's time counts from the moment at which it was due, also where all
connections were busy then. With rate 0 each connection asks again when it is answered. Prints one line of JSON, times
in milliseconds; ends with an error where an answer is not 200 or says that its order was rejected.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import deque
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

from served import quantile

#: What came until then is not counted: connections open, caches fill.
WARM_REQUESTS = 200


class Line(asyncio.Protocol):
    """One connection. It says when its request was answered."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._load.free.append(self)

    def ask(self, request: bytes, due: float) -> None:
        self.due = due
        self._transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, parted, rest = self._buffer.partition(b"\r\n\r\n")
        if not parted:
            return
        _, _, length = head.lower().partition(b"content-length:")
        if len(rest) < int(length.split(b"\r\n")[0]):
            return
        self._buffer = b""
        if not head.startswith(b"HTTP/1.1 200") or b'"status":"rejected"' in rest:
            self._load.wrong.append((head + b"\n" + rest).decode())
        self._load.answered(self)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._load.over:
            self._load.wrong.append(f"a connection ended: {error}")


class Load:
    """taken: what each request took, seconds. free: connections that wait for one, the one that has waited longest
    first: a server ends one that asks for nothing."""

    def __init__(self, url: str, key: str, bodies: list[bytes]) -> None:
        place = urlsplit(url)
        self.place = (place.hostname or "", place.port or 80)
        head = f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        head += f"Authorization: Bearer {key}\r\n" if key else ""
        self._requests = cycle(
            [
                f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
                for body in bodies
            ]
        )
        self.free: deque[Line] = deque()
        self.wrong: list[str] = []
        self.taken: list[float] = []
        self.over = False
        self._late: deque[float] = deque()
        self._asked = self._answered = 0
        self._again_until = 0.0
        self._loop = asyncio.get_running_loop()

    async def open(self, lines: int) -> None:
        for _ in range(lines):
            await self._loop.create_connection(lambda: Line(self), *self.place)

    def ask(self, due: float) -> None:
        """As soon as a connection is free."""
        self._asked += 1
        if self.free:
            self.free.popleft().ask(next(self._requests), due)
        else:
            self._late.append(due)

    def answered(self, line: Line) -> None:
        now = self._loop.time()
        self.taken.append(now - line.due)
        self._answered += 1
        if self._late:
            line.ask(next(self._requests), self._late.popleft())
        else:
            self.free.append(line)
            if now < self._again_until:
                self.ask(now)

    async def settled(self) -> None:
        while self._answered < self._asked and not self.wrong:
            await asyncio.sleep(0.01)
        if self.wrong:
            self.over = True
            raise SystemExit(f"{len(self.wrong)} answers are wrong, the first: {self.wrong[0][:2_000]}")

    async def in_turn(self, count: int) -> None:
        """One behind the other."""
        for _ in range(count):
            self.ask(self._loop.time())
            await self.settled()

    async def paced(self, rate: int, seconds: float) -> None:
        first = self._loop.time() + 0.1
        for number in range(round(rate * seconds)):
            due = first + number / rate
            if (left := due - self._loop.time()) > 0:
                await asyncio.sleep(left)
            self.ask(due)
        await self.settled()

    async def at_once(self, seconds: float) -> None:
        """As many as are answered, on every connection."""
        self._again_until = self._loop.time() + seconds
        for _ in range(len(self.free)):
            self.ask(self._loop.time())
        await asyncio.sleep(seconds)
        await self.settled()


async def run(options: argparse.Namespace) -> dict[str, object]:
    load = Load(options.url, options.key, options.bodies.read_bytes().splitlines())
    await load.open(options.lines)
    await load.in_turn(options.warm)
    load.taken.clear()
    print("warm", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = asyncio.get_running_loop().time()
    await (load.paced(options.rate, options.seconds) if options.rate else load.at_once(options.seconds))
    seconds = asyncio.get_running_loop().time() - began
    load.over = True
    taken = [1e3 * one for one in load.taken]
    return {
        "requests": len(taken), "per_s": round(len(taken) / seconds, 1), "p50": quantile(taken, 500),
        "p99": quantile(taken, 990), "max": round(max(taken), 3),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("bodies", type=Path)
    parser.add_argument("--key", default="")
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--lines", type=int, default=32)
    parser.add_argument("--warm", type=int, default=WARM_REQUESTS)
    print(json.dumps(asyncio.run(run(parser.parse_args()))), flush=True)


if __name__ == "__main__":
    main()
