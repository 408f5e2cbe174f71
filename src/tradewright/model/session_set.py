"""What a user wants of a session: that it begins, or goes on with other settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradewright.model.event import SESSION_SET, Event


class SessionSet(Event):
    """`who` begins a session of `user` on an account, or gives the one that is there other settings.

    id: of the one that goes on, "" = a new one begins. settings: (name, value) pairs as they were given, for the
    record. What they make: limits, (name, exact value) pairs of the session's own scope, beside all others; plan, for
    openings of the account that bring no exits, `ExitPlan.row()`, [] = none; strategies, those of the account as rows
    of `core.setup.StrategySpec`.
    """

    __slots__ = ("account", "user", "id", "settings", "limits", "plan", "strategies", "who")

    def __init__(
        self,
        time: int,
        account: str,
        user: str,
        id: str,
        settings: Sequence[Sequence[Any]],
        limits: Sequence[Sequence[Any]],
        plan: list[int],
        strategies: Sequence[Sequence[Any]],
        who: str,
    ) -> None:
        super().__init__(SESSION_SET, time)
        self.account = account
        self.user = user
        self.id = id
        self.settings = [(str(name), value) for name, value in settings]
        self.limits = [(str(name), value) for name, value in limits]
        self.plan = plan
        self.strategies = strategies
        self.who = who

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.account, self.user, self.id, self.settings, self.limits, self.plan,
            self.strategies, self.who,
        )  # fmt: skip
