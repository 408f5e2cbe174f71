"""What the interface may see and ask of a service that runs."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradewright.app.api.earnings import Earnings
from tradewright.app.api.keys import Key, KeyRing
from tradewright.app.api.metrics import Metrics
from tradewright.app.api.problem import Problem
from tradewright.app.api.tokens import Tokens
from tradewright.app.audit import tell
from tradewright.app.blueprint import Blueprint
from tradewright.app.config import Config
from tradewright.app.connected import ConnectedEngine
from tradewright.app.control import Wanted
from tradewright.app.home import JOURNAL
from tradewright.app.keeper import Keeper
from tradewright.app.service_log import ServiceLog
from tradewright.app.together import Together, Told
from tradewright.core.accounts import AccountState
from tradewright.core.engine import Engine
from tradewright.core.setup import StrategySpec
from tradewright.model.control import EVERYTHING
from tradewright.model.decision import Decision
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.event import Event
from tradewright.model.market import Bar
from tradewright.model.shadow import is_shadow
from tradewright.trader import Outcome

if TYPE_CHECKING:
    from tradewright.app.api.limits import Waiting

#: Decisions that are remembered; all of them are in the journal.
DECISIONS_KEPT = 1_000
#: Bars of each symbol that are remembered.
BARS_KEPT = 500
DURABLE_SECONDS_MAX = 5.0
DURABLE_LOOK_SECONDS = 0.001


class Desk:
    """carry_out: a person's wish, answered when it is durable. do: an input made for the engine's time, whose outputs
    are durable. together: the same of inputs that share a wait for the disk. decide: as `do`, of what a service outside
    has decided (`answering.decided`). decisions, bars (by symbol): the newest since the process began, the newest
    last."""

    def __init__(
        self,
        connected: ConnectedEngine,
        config: Config,
        plan: Blueprint,
        folder: Path,
        log: ServiceLog,
        carry_out: Callable[[Wanted], dict[str, Any]],
        do: Callable[[Callable[[int], Event]], list[Event]],
        together: Together,
        decide: Callable[[Callable[[int], DecisionRequested]], list[Decision]],
    ) -> None:
        self.connected = connected
        self.config = config
        self.plan = plan
        self.folder = folder
        self.log = log
        self._carry_out = carry_out
        self._do = do
        self._together = together
        self._decide = decide
        self.ring = KeyRing(folder)
        self.tokens = Tokens(self.ring)
        self.metrics = Metrics(connected, folder, self.followers)
        self.earnings = Earnings(folder / JOURNAL, connected.live)
        self.decisions: deque[Decision] = deque(maxlen=DECISIONS_KEPT)
        self.bars: dict[str, deque[Bar]] = {}
        self.explaining = asyncio.Semaphore(1)
        #: Waivers that one person has asked for.
        self.waiting: Waiting = {}
        #: Who looks after the tables in a database, None = there are none.
        self.tables: Keeper | None = None
        #: The same of the events at a message bus.
        self.events: Keeper | None = None
        #: Whether the accounts are this engine's to trade now.
        self.owns: Callable[[], bool] = lambda: True

    @property
    def engine(self) -> Engine:
        return self.connected.engine

    @property
    def specs(self) -> Sequence[StrategySpec]:
        """The strategies as they run now, and before the start as they will."""
        setup = self.connected.live.trader.setup
        return self.plan.specs if setup is None else setup.strategies

    def carry_out(self, asked: Wanted) -> dict[str, Any]:
        answer = self._carry_out(asked)
        self._tell()
        return answer

    def do(self, made: Callable[[int], Event]) -> list[Event]:
        outputs = self._do(made)
        self._tell()
        return outputs

    async def do_together(self, made: Callable[[int], Event], answer: Callable[[Sequence[Event]], Told]) -> Told:
        """`Together.do`."""
        record, found = await self._together.do(made, answer)
        tell(record=record)
        return found

    def decide(self, made: Callable[[int], DecisionRequested]) -> list[Decision]:
        outputs = self._decide(made)
        self._tell()
        return outputs

    def _tell(self) -> None:
        """The audit log's line of the request names the last record that it made."""
        live = self.connected.live
        if live.failure is None:
            tell(record=live.journal.head.sequence)

    def events_lag(self) -> int | None:
        """Records that the message bus has not been told of, as far as that was heard; None = there is none."""
        return None if self.events is None else self.events.behind(self.connected.live.journal.durable)

    def followers(self) -> dict[str, Keeper]:
        """Who follow the journal beside the engine, by what they look after."""
        found = {"tables": self.tables, "events": self.events}
        return {name: keeper for name, keeper in found.items() if keeper is not None}

    def listen(self, event: Event, outcome: Outcome) -> None:
        """One durable step."""
        self.metrics.listen(event, outcome)
        if isinstance(event, Bar):
            self.bars.setdefault(event.symbol, deque(maxlen=BARS_KEPT)).append(event)
        for output in outcome.outputs:
            if isinstance(output, Decision) and not is_shadow(output.account):
                self.decisions.append(output)

    async def durable(self) -> None:
        """What the books hold by now is on the disk. Raises Problem where it is not within seconds."""
        live = self.connected.live
        journal = live.journal
        if live.failure is not None:
            raise Problem("NOT_DURABLE", "the books are ahead of the journal: look at the venue")
        sequence, ends = journal.head.sequence, time.monotonic() + DURABLE_SECONDS_MAX
        while journal.durable < sequence:
            if journal.failure is not None or time.monotonic() > ends:
                raise Problem("NOT_DURABLE")
            await asyncio.sleep(DURABLE_LOOK_SECONDS)

    def accounts(self, key: Key) -> dict[str, AccountState]:
        """Those a key sees, by name."""
        found = self.engine.accounts.items()
        return {name: account for name, account in found if not is_shadow(name) and key.sees(name)}

    def account(self, key: Key, name: str) -> AccountState:
        """The one that is named, or the only one. Raises Problem."""
        seen = self.accounts(key)
        if not name and len(seen) == 1:
            return next(iter(seen.values()))
        if not name:
            raise Problem("ACCOUNT_NEEDED", f"one of {', '.join(seen) or 'none'}")
        if name not in seen:
            raise Problem("NOT_FOUND", "account")
        return seen[name]

    def may_set(self, key: Key, scope: str) -> bool:
        """Whether a key may set what holds for a scope: one that is bound to accounts, for these alone."""
        kind, _, name = scope.partition(":")
        return not key.accounts or (scope != EVERYTHING and kind == "account" and key.sees(name))
