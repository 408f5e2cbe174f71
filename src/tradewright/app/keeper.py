"""Looks after a process that follows the journal: starts it, hears it, starts it again. The engine waits for nothing of
it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

#: A process that ended is started again after so long, seconds.
AGAIN_SECONDS = 1.0
#: One that has said nothing for so long does not follow: what it tells has stopped, or it folds a long journal.
SILENCE_SECONDS = 10.0
#: One that has followed and is silent for so long hangs: it is ended, and started again.
HUNG_SECONDS = 300.0
#: Of a line: a message of 16 KiB, with six letters for a byte, and what stands around it.
LINE_BYTES_MAX = 2**18
#: How long it may take to tell what is left when the service ends.
END_SECONDS = 5.0


class Keeper:
    """what: follows, in a person's words; module: of the process; asked: what it is told on its first line. tell: takes
    a line for a person. hear: takes what it hands over, and says what it is to be answered. well: whether it followed
    when it was heard of last; sequence: to which record."""

    def __init__(
        self,
        what: str,
        module: str,
        asked: Mapping[str, object],
        tell: Callable[[str], None],
        hear: Callable[[Any], object] = lambda handed: None,
    ) -> None:
        self._what = what
        self._module = module
        self._asked = _line(asked)
        self._tell = tell
        self._take = hear
        self._refused = False
        self._said: str | None = None
        self.well = False
        self.sequence = 0

    def behind(self, durable: int) -> int:
        """Records up to that one which it was not heard to have told."""
        return max(0, durable - self.sequence)

    async def run(self) -> None:
        """Until cancelled; or until it is told what waiting does not mend."""
        while not self._refused:
            try:
                why = await self._follow()
            except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
                # No room for a process, or words that are none: the service has more to do than this.
                why = f"their process: {error}"
            if not self._refused:
                self._not_well(why)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _follow(self) -> str:
        """A process from its begin to its end; how it ended."""
        names = [name for name in os.environ if name in ("PATH", "PYTHONPATH", "HOME") or name.startswith("PG")]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._module, stdin=PIPE, stdout=PIPE,
            env={name: os.environ[name] for name in names}, start_new_session=True, limit=LINE_BYTES_MAX,
        )  # fmt: skip
        try:
            await self._hear(process)
        finally:
            await self._end(process)
        return f"their process ended with {process.returncode}"

    async def _hear(self, process: Process) -> None:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(self._asked)
        silent, followed = 0.0, False
        while True:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    line = await process.stdout.readline()
            except TimeoutError:
                self._not_well(f"nothing was heard of them for {SILENCE_SECONDS:g} s")
                silent += SILENCE_SECONDS
                # Before it follows, it may fold a long journal.
                if followed and silent >= HUNG_SECONDS:
                    return
                continue
            silent = 0.0
            # What was being said when it was killed is no line.
            if not line.endswith(b"\n"):
                return
            said = json.loads(line)
            if "handed" in said:
                process.stdin.write(_line({"answer": self._take(said["handed"])}))
            elif "sequence" in said:
                self.sequence, followed = said["sequence"], True
                if not self.well:
                    self.well, self._said = True, None
                    self._tell(f"{self._what} follow the journal, at record {self.sequence}")
            else:
                self._refused = "refused" in said
                self._not_well(said.get("refused") or said["down"])

    def _not_well(self, why: str) -> None:
        self.well = False
        if why != self._said:
            self._said = why
            self._tell(f"{self._what} do not follow — {why}; trading goes on")

    async def _end(self, process: Process) -> None:
        """It tells what is left, for a while."""
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(END_SECONDS):
                await process.communicate()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _line(said: Mapping[str, object]) -> bytes:
    return json.dumps(said).encode() + b"\n"
