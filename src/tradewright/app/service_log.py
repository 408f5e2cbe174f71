"""What the service says while it runs: one line for each thing that a person may want to see. It decides nothing."""

from __future__ import annotations

import time

from tradewright.app.printable import printable
from tradewright.app.screen import Screen, of_real_accounts
from tradewright.model.account_snapshot import AccountSnapshot, ConnectionChanged, SnapshotFailed
from tradewright.model.event import Event
from tradewright.model.moment import moment_text
from tradewright.model.session_set import SessionSet
from tradewright.trader import Outcome


class ServiceLog(Screen):
    """quiet: nothing is said (`--json`). reasons: why an account is not connected, as last heard. lines: the newest."""

    def __init__(self, quiet: bool) -> None:
        super().__init__("", quiet)
        # Several accounts do not fit into one table; lines do, into a file as well.
        self.live = None
        self.reasons: dict[str, str] = {}
        self.ready: set[str] = set()

    def say(self, line: str) -> None:
        """A line of its own, with the time."""
        self._say(time.time_ns(), line)

    def _say(self, time: int, line: str) -> None:
        """Whoever read the lines may have gone; what trades is not to end with a reader."""
        if self.quiet:
            return
        try:
            print(f"{moment_text(time)[11:19]}  {printable(line)}", flush=True)
        except OSError:
            self.quiet = True

    def listen(self, event: Event, outcome: Outcome) -> None:
        """One durable step; of a shadow account nothing is said."""
        own = outcome if self.engine is None else of_real_accounts(self.engine, event, outcome)
        if own is not None:
            super().listen(event, own)
        if isinstance(event, ConnectionChanged):
            self.reasons[event.account] = event.text
            if not event.up:
                self.say(f"LOST   {event.account} — {event.text}")
        elif isinstance(event, SessionSet):
            said = ", ".join(f"{name}: {value}" for name, value in event.settings) or "as configured"
            self.say(f"SET    session:{event.account} of {event.user} — {event.who}: {said}")
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
            self.say(f"READY  {name}")
        elif not account.link.ready:
            self.ready.discard(name)
