"""The process that tells a message bus and listens to it. It is handed what it needs on a line of its standard input,
so that no password is seen in a list of processes. On its output it says how far it has come, and hands over, one at a
time, what was put on the bus for the service; that is settled when the next line of its input answers. It ends when its
input does.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

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
#: Who trades on this machine comes first.
NICENESS = 5


class Talk:
    """The lines between this process and the service. ended: nobody is there any more."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()

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
                async with _heard(bus, talk):
                    await _tell(outbox, bus, talk)
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
        await bus.publish([])
        talk.say(sequence=outbox.reached)
        if ending:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(talk.ended.wait(), POLL_SECONDS)


@asynccontextmanager
async def _heard(bus: Bus, talk: Talk) -> AsyncIterator[None]:
    """What is put on the bus is handed over meanwhile; its failure is that of whoever waits inside."""
    inside = asyncio.current_task()
    assert inside is not None

    async def hear() -> None:
        while True:
            message = await bus.take()
            if not await talk.hand_over(message):
                raise BusError("the bus: a message could not be taken, and is asked for again")
            await bus.settle(message)

    hearing = asyncio.create_task(hear())
    hearing.add_done_callback(lambda task: None if task.cancelled() else inside.cancel())
    try:
        yield
    except asyncio.CancelledError:
        if not hearing.done() or hearing.cancelled():
            raise
        inside.uncancel()
        await hearing
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


async def main() -> int:
    asked = json.loads(sys.stdin.readline())
    os.nice(NICENESS)
    talk = Talk()
    terms = BusTerms(**asked["terms"])
    try:
        outbox = Outbox(Path(asked["journal"]), Path(asked["place"]), asked["bus"], terms.prefix, asked["since"])
        listening = asyncio.create_task(talk.listen())
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
