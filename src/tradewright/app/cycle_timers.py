"""The timers of the trading cycles of a service: each with its moment, and before it what services say of that moment.

Asking takes as long as its time-out. Only the timers on which an ensemble weighs answers wait for it; all others pass
meanwhile, so a timer may be behind one of a later moment (the engine's time stays where it is then). What concerns the
same service, or is the same timer, goes in the order of its moments: of each service the word that came last is about
the newest moment. Since all are asked when they are due, nobody waits for another longer than for his own time-out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tradewright.app.connected import SECOND_NS, ConnectedEngine
from tradewright.app.sources import Asked, Sources
from tradewright.core.session import cycles_of
from tradewright.model.control import Timer
from tradewright.sim.cycle import Cycles


class CycleTimers:
    """Of a connected engine. A session may begin at any time, and with it a cycle."""

    def __init__(self, connected: ConnectedEngine, sources: Sources) -> None:
        self._connected = connected
        self._sources = sources
        #: What is under way: the timer and the services it is about, by name.
        self._under_way: list[tuple[set[str], asyncio.Task[None]]] = []

    async def run(self) -> None:
        """Until cancelled."""
        clock, roster = self._connected.clock, self._connected.live.trader.roster
        cycles = Cycles([], clock())
        async with asyncio.TaskGroup() as group:
            while True:
                cycles.seconds = sorted({*roster.cycles(), *cycles_of(self._connected.engine)})
                now = clock()
                due = min([now - now % (one * SECOND_NS) + one * SECOND_NS for one in [1, *cycles.seconds]])
                await asyncio.sleep((due - now) / SECOND_NS)
                self._begin(cycles.until(clock()), group)

    def _begin(self, due: Sequence[Timer], group: asyncio.TaskGroup) -> None:
        """Timers whose moment has come. Where the process stood still, several of a cycle have: services are asked
        about the newest moment alone."""
        roster = self._connected.live.trader.roster
        newest = {timer.name: timer for timer in due}
        for timer in due:
            asked = self._sources.known(roster.questions(timer.name)) if newest[timer.name] is timer else []
            if asked and not roster.weighs(timer.name):
                # Who asks decides on something else, and has the answers when they come.
                self._go([], timer, timer.time, group)
                self._go(asked, None, timer.time, group)
            else:
                self._go(asked, timer, timer.time, group)

    def _go(self, asked: Sequence[Asked], timer: Timer | None, time: int, group: asyncio.TaskGroup) -> None:
        """On their way at once, or as soon as they have answered and what is before them has gone."""
        about = {source.name for source, _ in asked}
        if timer is not None:
            about.add(timer.name)
        self._under_way = [one for one in self._under_way if not one[1].done()]
        before = [task for others, task in self._under_way if others & about]
        if timer is not None and not asked and not before:
            self._connected.deliver(timer)
            return
        task = group.create_task(self._ask(asked, timer, time, before))
        self._under_way.append((about, task))

    async def _ask(
        self, asked: Sequence[Asked], timer: Timer | None, time: int, before: Sequence[asyncio.Task[None]]
    ) -> None:
        began = self._connected.clock()
        words = await self._sources.ask_all(time, asked)
        if before:
            await asyncio.wait(before)
        # Of what it took no more was waited on purpose: the rest is the loop's, and told as its lag.
        waited = min(self._connected.clock() - began, round(self._sources.deadline_seconds * SECOND_NS))
        for word in words:
            self._connected.deliver_held(word, waited)
        if timer is not None:
            self._connected.deliver_held(timer, waited)
