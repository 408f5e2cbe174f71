"""What the service says while it runs: one line for each thing that a person may want to see, or one JSON object for
programs, which are told more. It decides nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from tradewright.app.log_line import about, detail_line, json_line
from tradewright.app.printable import printable
from tradewright.app.screen import Screen, of_real_accounts
from tradewright.core.engine import Engine
from tradewright.model.account_snapshot import AccountSnapshot, ConnectionChanged, SnapshotFailed
from tradewright.model.event import Event
from tradewright.model.moment import moment_text
from tradewright.model.session_set import SessionSet
from tradewright.trader import Outcome


class ServiceLog(Screen):
    """quiet: nothing is said (`--json`). as_json: each line is an object. reasons: why an account is not connected, as
    last heard. lines: the newest."""

    def __init__(self, quiet: bool, as_json: bool = False) -> None:
        super().__init__("", quiet)
        # Several accounts do not fit into one table; lines do, into a file as well.
        self.live = None
        self.as_json = as_json
        self.reasons: dict[str, str] = {}
        self.ready: set[str] = set()
        #: The step that is told of now.
        self._step: tuple[Event, Sequence[Event]] | None = None

    def say(self, line: str, **about: Any) -> None:
        """A line of its own, with the time. about: further keys of the object."""
        self._put(time.time_ns(), line, about)

    def _say(self, time: int, line: str, item: Event | None = None) -> None:
        known: dict[str, Any] = {}
        if self.as_json and self.engine is not None and item is not None and self._step is not None:
            known = about(self.engine, item, *self._step)
        self._put(time, line, known)

    def _put(self, time: int, line: str, known: dict[str, Any]) -> None:
        """Whoever read the lines may have gone; what trades is not to end with a reader."""
        if self.quiet:
            return
        said = json_line(time, line, known) if self.as_json else f"{moment_text(time)[11:19]}  {printable(line)}"
        try:
            print(said, flush=True)
        except OSError:
            self.quiet = True

    def _line_of(self, engine: Engine, item: Event) -> str:
        return super()._line_of(engine, item) or (detail_line(item) if self.as_json else "")

    def listen(self, event: Event, outcome: Outcome) -> None:
        """One durable step; of a shadow account nothing is said."""
        own = outcome if self.engine is None else of_real_accounts(self.engine, event, outcome)
        if own is not None:
            self._step = (event, own.outputs)
            super().listen(event, own)
            self._step = None
        if isinstance(event, ConnectionChanged):
            self.reasons[event.account] = event.text
            if not event.up:
                self.say(f"LOST   {event.account} — {event.text}", account=event.account)
        elif isinstance(event, SessionSet):
            said = ", ".join(f"{name}: {value}" for name, value in event.settings) or "as configured"
            line = f"SET    session:{event.account} of {event.user} — {event.who}: {said}"
            self.say(line, account=event.account, user=event.user)
        elif isinstance(event, SnapshotFailed):
            self.reasons[event.account] = event.text
        if isinstance(event, ConnectionChanged | AccountSnapshot | SnapshotFailed):
            self._look(event.account)

    def _look(self, name: str) -> None:
        """Whether openings of an account may go now."""
        account = None if self.engine is None else self.engine.accounts.get(name)
        if account is None or account.link is None:
            return
        if account.link.ready and name not in self.ready:
            self.ready.add(name)
            self.say(f"READY  {name}", account=name)
        elif not account.link.ready:
            self.ready.discard(name)
