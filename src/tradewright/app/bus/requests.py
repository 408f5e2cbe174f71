"""What comes from the bus is a request: it is read, compared with what is allowed, and judged like a strategy's wish.

Nothing that comes can end the service but a shutdown that is subscribed to. What is no request, or not allowed, changes
nothing and is said; it does not come again. What could not be made durable does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tradewright.app.api.problem import place_of
from tradewright.app.bus.subjects import DECISION, SHUTDOWN, heard_at
from tradewright.app.config_keys import EventBusBlock
from tradewright.app.decision_message import decision_of
from tradewright.app.printable import printable
from tradewright.core.engine import Engine
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.errors import InputError, JournalError, MayHaveLeft

#: Who is named where a decision came from the bus.
WHO = "eventBus"
#: Whoever sends much that is refused does not fill the log: so many lines in so many seconds.
LINES, LINES_SECONDS = 5, 10.0
LETTERS_MAX = 500


class Requests:
    """do: takes a decision for the engine's time, and returns when it is durable. MayHaveLeft of it: some of it
    was done; any other JournalError: nothing was.
    stop: ends the service; tell: takes a line for a person. began: when the service did, ns UTC. owns: whether the
    accounts are its own to trade; until they are, nothing is settled."""

    def __init__(
        self,
        block: EventBusBlock,
        engine: Engine,
        do: Callable[[Callable[[int], DecisionRequested]], object],
        stop: Callable[[], None],
        tell: Callable[[str], None],
        began: int,
        owns: Callable[[], bool] = lambda: True,
    ) -> None:
        self._types = {subject: type for one in block.subscriptions for subject, type in heard_at(one).items()}
        self._allowed = block.decisions
        self._engine = engine
        self._do = do
        self._stop = stop
        self._tell = tell
        self.began = began
        self._owns = owns
        self._lines: list[float] = []

    def hear(self, handed: dict[str, Any]) -> bool:
        """Whether it is settled."""
        if not self._owns():
            return False
        subject, content = handed["subject"], handed["content"]
        type = self._types.get(subject, "")
        try:
            if content is None:
                raise InputError(f"{handed['bytes']} bytes, which are no message: it is a text of at most 16 KiB")
            if type == DECISION:
                self._decide(content)
            elif type == SHUTDOWN:
                self._shut_down(handed["time"])
            else:
                raise InputError("it is not acted on: each instrument's calendar says when its market is open")
        except InputError as error:
            self._refuse(subject, str(error))
        except MayHaveLeft as error:
            # It may have closed something: said again behind a restart, it would do so twice.
            self._refuse(subject, f"the journal was full in its middle, and it is not taken up again: {error}")
        except JournalError as error:
            self._refuse(subject, f"{error}; it is asked for again")
            return False
        except Exception as error:
            # A message ends no service, and one that meets a defect would meet it again.
            self._tell(f"DEFECT bus {place_of(error)}")
        return True

    def _decide(self, content: str) -> None:
        said = decision_of(content)
        if not said.allowed(self._allowed):
            raise InputError(
                f"decision {said.decision_id}: eventBus.decisions does not name strategy {said.strategy_id} for "
                f"account {said.account_id}"
            )
        self._do(said.requested(self._engine, WHO))

    def _shut_down(self, time_said: int) -> None:
        """One that was meant for an earlier run ends nothing."""
        if time_said < self.began:
            raise InputError("it was said before this start")
        self._tell(f"STOP   {SHUTDOWN} was said at the bus")
        self._stop()

    def _refuse(self, subject: str, why: str) -> None:
        now = time.monotonic()
        self._lines = [one for one in self._lines if one > now - LINES_SECONDS]
        if len(self._lines) < LINES:
            self._lines.append(now)
            rest = "; more of it is not said for a while" if len(self._lines) == LINES else ""
            self._tell(printable(f"REFUSED {subject}: {why[:LETTERS_MAX]}{rest}"))
