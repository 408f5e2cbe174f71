"""Whether an account is connected, as far as its client knows: its reports flow, and market data come.

Exits that are held here go by market data, and openings would be made blind without. That some of what is wanted stays
away is told once it has been so for a while, with the reason it had at first, and again when all of it is there. Data
are away where their connection is, or where the venue refuses them; that nobody trades is no news of that kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable

from tradewright.adapters.net.tasks import Tasks
from tradewright.model.account_snapshot import ConnectionChanged
from tradewright.model.event import Event
from tradewright.ports import Clock

#: Market data that are away for longer than so are told of; shorter, their connection was opened anew.
LOST_SECONDS = 10.0


class Standing:
    """Of one account. up: whether its reports flow, None = they have not yet."""

    def __init__(self, account: str, clock: Clock, deliver: Callable[[Event], None], tasks: Tasks) -> None:
        self.up: bool | None = None
        self._account = account
        self._clock = clock
        self._deliver = deliver
        self._tasks = tasks
        self._text = ""
        #: Why market data stay away, "" = they do not; what was told of both.
        self._blind = ""
        self._said: bool | None = None
        #: Parts of the data that are away, and what waits until that is told.
        self._away: dict[Hashable, asyncio.Task[None]] = {}

    def reports(self, up: bool, text: str = "") -> None:
        """The account's reports flow from now on, or may be missing; text goes along: why, or what there is to say."""
        self.up, self._text = up, text
        self._say()

    def missing(self, part: Hashable, reason: str) -> None:
        """A part of the market data is away."""
        if part not in self._away:
            self._away[part] = self._tasks.spawn(self._wait(reason))

    async def _wait(self, reason: str) -> None:
        await asyncio.sleep(LOST_SECONDS)
        self._blind = self._blind or f"no market data for {LOST_SECONDS:g} s: {reason}"
        self._say()

    def found(self, part: Hashable) -> None:
        """A part of the market data comes."""
        waiting = self._away.pop(part, None)
        if waiting is None:
            return
        waiting.cancel()
        if not any(task.done() for task in self._away.values()):
            self._blind = ""
            self._say()

    def _say(self) -> None:
        up = self.up is True and not self._blind
        # Before its reports flow for the first time, an account whose market data come is not up anyway.
        if up == self._said or (self.up is None and not self._blind):
            return
        self._said = up
        text = self._text if up or self.up is False else self._blind
        self._deliver(ConnectionChanged(self._clock(), self._account, up, text))
