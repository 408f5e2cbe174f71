"""New versions of strategies, and the limits that bind one until it has proved itself.

A version is a strategy's code and parameters, of an ensemble also those of its members. It is new until it has traded
on as many days as the `canaryDays` of its canary limits say, or a person has ended these; without that number until a
person does. A day counts that began under the version and on which it opened something, as `maxTradesPerDay` counts:
an opening that filled or still may. What a version has shown is kept over restarts and over other versions, so that an
old one that comes back goes on where it was.

Canary limits are configured for the scope "canary" (whichever strategy is new) or "canary:ID" (that one instead), and
are in force as the scope "canary:ID" beside all others: they loosen nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tradewright.core.exposure import CANARY
from tradewright.core.limits import CANARY_DAYS, Limits
from tradewright.model.chain import digest
from tradewright.model.errors import InputError

if TYPE_CHECKING:
    from tradewright.core.accounts import AccountState
    from tradewright.core.setup import Setup, StrategySpec
    from tradewright.model.control import LimitsSet

#: Versions that are remembered; one that came before all of these is new again.
VERSIONS_MAX = 1_000


class Running:
    """The version of a strategy that takes part. since: days count that began no earlier, ns UTC. limits: (name, value)
    pairs of the canary limits that are configured for it, whether they bind it or not."""

    __slots__ = ("account", "version", "since", "limits")

    def __init__(self, account: str, version: str, since: int, limits: list[tuple[str, Any]]) -> None:
        self.account = account
        self.version = version
        self.since = since
        self.limits = limits


class Shown:
    """What a version has shown. days: on which it traded; confirmed: a person has said that it may go on."""

    __slots__ = ("days", "confirmed")

    def __init__(self, days: int = 0, confirmed: bool = False) -> None:
        self.days = days
        self.confirmed = confirmed


class Canaries:
    """running: by strategy; shown: by strategy and version, the oldest first."""

    __slots__ = ("running", "shown")

    def __init__(self) -> None:
        self.running: dict[str, Running] = {}
        self.shown: dict[tuple[str, str], Shown] = {}

    def begin(self, setup: Setup, now: int) -> tuple[list[str], dict[str, Limits]]:
        """Fold: at `now` a run begins, or goes on, with these strategies. The scopes of those that did not take part
        with this version; and by scope the canary limits to be set, none of them = nothing binds any more. A version
        that went on and is configured as it was keeps what it has: persons may have set or ended it."""
        before, self.running = self.running, {}
        others: list[str] = []
        found: dict[str, Limits] = {}
        limits = setup.further_limits()
        for spec in setup.strategies:
            # A member of an ensemble orders nothing.
            if spec.ensemble == "":
                scope, known = scope_of(spec.id), before.pop(spec.id, None)
                mine = limits.get(scope, limits.get(CANARY, Limits()))
                running = self.running[spec.id] = Running(spec.account, version_of(setup, spec), now, mine.row())
                self.shown.setdefault((spec.id, running.version), Shown())
                if known is not None and (known.account, known.version) == (running.account, running.version):
                    running.since = known.since
                else:
                    others.append(scope)
                was = [] if known is None else known.limits
                if running.limits != was or (was and scope in others):
                    found[scope] = self._binding(spec.id, mine)
        found |= {scope_of(id): Limits() for id, gone in before.items() if gone.limits}
        for key in list(self.shown)[: max(0, len(self.shown) - VERSIONS_MAX)]:
            if key[0] not in self.running or self.running[key[0]].version != key[1]:
                del self.shown[key]
        return others, found

    def _binding(self, strategy: str, limits: Limits) -> Limits:
        """Of canary limits as they are configured those that bind a strategy: all where it is new, else none."""
        new = self.is_new(strategy, limits.get(CANARY_DAYS))
        why = f"version {self.running[strategy].version} is {'new' if new else 'not new'}"
        return Limits(limits.values if new else {}, 1, limits.currency, reason=why)

    def is_new(self, strategy: str, days: int | None) -> bool:
        """Whether the version that runs has yet to prove itself; days: on which it has to trade for that, None = it
        takes a person."""
        shown = self.of(strategy)
        return shown is not None and not shown.confirmed and (days is None or shown.days < days)

    def of(self, strategy: str) -> Shown | None:
        """What the version that runs has shown, None where the strategy does not take part."""
        running = self.running.get(strategy)
        return None if running is None else self.shown[strategy, running.version]

    def check(self, strategy: str) -> None:
        """Raises InputError for one that does not take part, or orders nothing: limits of its would bind nothing."""
        if strategy not in self.running:
            known = ", ".join(sorted(self.running)) or "none"
            raise InputError(f"there is no strategy {strategy!r} that could be new; there is {known}")

    def end_day(self, account: AccountState) -> None:
        """Fold: a day of an account is over, and what traded in it is still counted."""
        for id, running in self.running.items():
            whole = running.account == account.terms.name and account.day_begin >= running.since
            if whole and any(book.strategy == id and book.trades for book in account.books):
                self.shown[id, running.version].days += 1

    def proved(self, limits: Mapping[str, Limits]) -> list[str]:
        """Scopes whose canary limits are in force and have nothing to bind any more."""
        found = [(scope_of(id), id) for id in sorted(self.running)]
        return [
            scope
            for scope, id in found
            if scope in limits and limits[scope].values and not self.is_new(id, limits[scope].get(CANARY_DAYS))
        ]

    def set_by_person(self, event: LimitsSet, before: Limits | None) -> None:
        """Fold: a person has set canary limits, which puts a version that had proved itself to the proof again, or has
        ended them, which confirms it. before: what the scope had."""
        id = event.scope.removeprefix(_BEGIN)
        shown = self.of(id) if event.scope != id else None
        if shown is not None:
            shown.confirmed = not event.values
            if event.values and (before is None or not before.values):
                shown.days = 0
                self.running[id].since = event.time

    # ── as state ───────────────────────────────────────────────────────────────────────────────────────────────────

    def row(self) -> list[object]:
        return [
            [(id, one.account, one.version, one.since, one.limits) for id, one in self.running.items()],
            [(*key, shown.days, shown.confirmed) for key, shown in self.shown.items()],
        ]

    def restore(self, row: list[Any]) -> None:
        """The inverse."""
        self.running = {
            id: Running(account, version, since, [(name, value) for name, value in limits])
            for id, account, version, since, limits in row[0]
        }
        self.shown = {(id, version): Shown(days, confirmed) for id, version, days, confirmed in row[1]}


_BEGIN = CANARY + ":"


def scope_of(strategy: str) -> str:
    """Of its canary limits."""
    return _BEGIN + strategy


def version_of(setup: Setup, spec: StrategySpec) -> str:
    """Hash of a strategy's code and of its parameters, of an ensemble one of its members' too."""
    members = sorted((one.id, *one.hashes()) for one in setup.strategies if one.ensemble == spec.id)
    more = [digest("\n".join(" ".join(member) for member in members).encode()).hex()[:32]] if members else []
    return "-".join([*spec.hashes(), *more])
