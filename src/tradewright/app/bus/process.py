"""The process that tells a message bus and listens to it. It is handed what it needs on a line of its standard input,
so that no password is seen in a list of processes. On its output it says how far it has come, and hands over, one at a
time, what was put on the bus for the service; that is settled when the next line of its input answers. It ends when its
input does.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from tradewright.app.bus.outbox import Outbox
from tradewright.app.wiring.buses import open_bus
from tradewright.model.errors import BusError, InputError, JournalError
from tradewright.ports import Bus, BusTerms, Incoming

#: How often the journal is looked at, and a bus that is away is tried. Seconds.
POLL_SECONDS, AGAIN_SECONDS = 0.25, 1.0
#: Of a sentence: what a driver says may be long, and a line has to fit into the reader.
LETTERS_MAX = 1_000
#: Of a message for the service.
MESSAGE_BYTES_MAX = 16_384
#: Between two messages for the service: who sends many does not fill its journal or take its time.
PACE_SECONDS = 0.02
#: Who trades on this machine comes first.
NICENESS = 5


class Talk:
    """The lines between this process and the service. ended: nobody is there any more."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        self._service = os.getppid()

    def alone(self) -> bool:
        """Whether the service was killed: the next one has a process of its own."""
        return os.getppid() != self._service

    @staticmethod
    def say(**row: Any) -> None:
        print(json.dumps(row), flush=True)

    async def listen(self) -> None:
        """Until the input ends."""
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            self._answers.put_nowait(line)
        self.ended.set()

    async def hand_over(self, message: Incoming) -> bool:
        """Whether it is settled."""
        content: str | None = None
        if len(message.content) <= MESSAGE_BYTES_MAX:
            with suppress(UnicodeDecodeError):
                content = message.content.decode()
        size = len(message.content)
        self.say(handed={"subject": message.subject, "content": content, "bytes": size, "time": message.time})
        return bool(json.loads(await self._answers.get())["answer"])


async def follow(outbox: Outbox, terms: BusTerms, talk: Talk) -> None:
    """Until nobody is there any more, and then once more to the end of the journal. A bus that is away is tried again.
    Raises InputError for what waiting does not mend, and JournalError."""
    while True:
        ending = talk.ended.is_set()
        try:
            bus = await open_bus(terms._replace(journal=outbox.id))
            try:
                await _tell_and_hear(outbox, bus, talk)
                return
            finally:
                await bus.close()
        except BusError as error:
            talk.say(down=str(error)[:LETTERS_MAX])
        if ending:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(talk.ended.wait(), AGAIN_SECONDS)


async def _tell(outbox: Outbox, bus: Bus, talk: Talk) -> None:
    while True:
        ending = talk.ended.is_set()
        while await outbox.tell(bus):
            talk.say(sequence=outbox.reached)
            if talk.alone():
                return
        await bus.publish([])
        talk.say(sequence=outbox.reached)
        if ending:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(talk.ended.wait(), POLL_SECONDS)


async def _hear(bus: Bus, talk: Talk) -> None:
    """What is put on the bus is handed over, one at a time and at a pace."""
    while True:
        message = await bus.take()
        if not await talk.hand_over(message):
            raise BusError("the bus: a message could not be taken, and is asked for again")
        await bus.settle(message)
        await asyncio.sleep(PACE_SECONDS)


async def _tell_and_hear(outbox: Outbox, bus: Bus, talk: Talk) -> None:
    """Until all is told and nobody is there any more; the failure of either ends both."""
    telling, hearing = asyncio.create_task(_tell(outbox, bus, talk)), asyncio.create_task(_hear(bus, talk))
    both = (telling, hearing)
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        ended = telling if telling.done() else hearing
    finally:
        for one in both:
            one.cancel()
        await asyncio.gather(*both, return_exceptions=True)
    ended.result()


async def _taken(lock: IO[bytes], talk: Talk) -> bool:
    """One process tells a bus of a journal: that of a service which was killed may still end. False where nobody is
    there any more before it has."""
    while not talk.ended.is_set():
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            talk.say(down="the process of an earlier start tells the bus still")
            with suppress(TimeoutError):
                await asyncio.wait_for(talk.ended.wait(), AGAIN_SECONDS)
        else:
            return True
    return False


async def main() -> int:
    asked = json.loads(sys.stdin.readline())
    os.nice(NICENESS)
    talk = Talk()
    terms, place = BusTerms(**asked["terms"]), Path(asked["place"])
    listening = asyncio.create_task(talk.listen())
    try:
        with place.with_suffix(".lock").open("ab") as lock:
            if not await _taken(lock, talk):
                return 0
            outbox = Outbox(Path(asked["journal"]), place, asked["bus"], terms.prefix, asked["since"])
            while not outbox.begun() and not talk.ended.is_set():
                await asyncio.sleep(POLL_SECONDS)
            await follow(outbox, terms, talk)
        listening.cancel()
    except InputError as error:
        talk.say(refused=str(error)[:LETTERS_MAX])
        return 1
    except JournalError as error:
        # A read may fail for a moment: the next process tries again.
        talk.say(down=str(error)[:LETTERS_MAX])
        return 1
    return 0


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        raise SystemExit(asyncio.run(main()))
