"""The limits of every scope and the rules they bind: which rules have a say on an order, and how much of each limit is
used.

A rule that bounds something is asked once for every scope that sets its limit and that the order lies in: a limit of a
narrower scope never loosens one of a wider. Rules are bound once per book and again when limits change. Limits change
by journaled inputs alone: a set replaces what its scope had, a temporary one lies over it until it expires.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tradewright.core.accounts import AccountState
from tradewright.core.canary import Canaries
from tradewright.core.exposure import CANARY, Exposure, concerns, out_of, parts_of, rank_of
from tradewright.core.exposure_rules import share
from tradewright.core.holds import Holds
from tradewright.core.ledger import Book, Ledger
from tradewright.core.limits import LIMITS, Limits, is_exact
from tradewright.core.marks import Marks
from tradewright.core.notices import Notices
from tradewright.core.risk import Rule
from tradewright.core.stations import RULES
from tradewright.core.tape import Tape
from tradewright.core.traffic import Traffic
from tradewright.core.watching import (
    FILL_LIMITS,
    GUARD_LIMITS,
    RANGE_LIMITS,
    RESTING_LIMIT,
    TAPE_LIMITS,
    TARGET_LIMITS,
    TRAFFIC_LIMITS,
    WAITING_LIMIT,
)
from tradewright.model.control import LimitsSet, LimitWaived
from tradewright.model.errors import ContractError, InputError
from tradewright.model.market import MarketEvent
from tradewright.model.shadow import is_shadow

if TYPE_CHECKING:
    from tradewright.core.guards import Guard
    from tradewright.core.setup import Setup

NEVER_NS = 2**63 - 1
#: A waiver lasts no longer.
WAIVER_NS_MAX = 24 * 3_600_000_000_000
#: Limits from below.
FLOORS = ("minMaintenanceMarginPercent", "minLiquidationDistancePercent")


class Use(NamedTuple):
    """How much of one limit is used: value and limit in `unit`, None = can not be known; ppm: value as a share of the
    limit, of a limit from below the limit as a share of the value. name: of the limit; code: of its refusals."""

    scope: str
    name: str
    code: str
    value: int | None
    limit: int | None
    unit: str
    ppm: int | None


class Gate:
    """limits: by scope. configured: what the newest run began with, for new versions apart (`canaries`). waivers: by
    scope and limit. exposures: what each scope holds, made when it is first asked. bound: the rules by book, looked up
    when first asked; books keep none, since a ring of references would outlive its run. lags: as measured last; tapes:
    by instrument; guards: exit plans at work, as the engine keeps them. What limits ask to be kept, as lists the engine
    shares: watching (accounts that see the market), tracked (their traffic), guarded (their highest equity), settled
    (limits asked again behind each fill), taping (scopes that ask for tapes), resting (scopes whose openings may work
    for so long), queueing (scopes whose openings wait for their market), targeted (accounts whose session has a
    target)."""

    def __init__(
        self,
        accounts: dict[str, AccountState],
        ledger: Ledger,
        marks: Marks,
        holds: Holds,
        guards: dict[str, Guard],
    ) -> None:
        self.accounts = accounts
        self.ledger = ledger
        self.marks = marks
        self.holds = holds
        self.guards = guards
        self.limits: dict[str, Limits] = {}
        self.configured: dict[str, list[tuple[str, Any]]] = {}
        self.waivers: dict[tuple[str, str], LimitWaived] = {}
        self.exposures: dict[str, Exposure] = {}
        self.watching: list[AccountState] = []
        self.tracked: list[AccountState] = []
        self.guarded: list[AccountState] = []
        self.lags: dict[str, int] = {}
        self.tapes: dict[int, Tape] = {}
        self.notices = Notices()
        self.settled: list[AccountState] = []
        self.taping: list[str] = []
        self.resting: list[str] = []
        self.queueing: list[str] = []
        self.targeted: list[AccountState] = []
        self.bound: dict[Book, list[Rule]] = {}
        self.asked_again: dict[Book, tuple[list[Rule], list[Rule]]] = {}
        self.canaries = Canaries()

    # ── what is set ────────────────────────────────────────────────────────────────────────────────────────────────

    def set(self, scope: str, limits: Limits) -> None:
        """The limits of a scope are these from now on."""
        self.limits[scope] = limits
        if not limits.values and limits.under is None and limits.version <= 1:
            del self.limits[scope]
        kind, _, name = scope.partition(":")
        if kind == "account" and name in self.accounts:
            self.accounts[name].limits = limits
        self.forget()

    def configure(self, scope: str, limits: Limits, now: int) -> None:
        """What a run begins with, at `now`. Where it is not what the run before began with, it replaces what the scope
        has; else what persons have set since stands."""
        row = limits.row()
        if row == self.configured.get(scope, []):
            return
        self.configured[scope] = row
        self._take_place(scope, limits, now)

    def begin(self, setup: Setup, now: int) -> dict[str, Limits]:
        """Fold: at `now` a run begins, or goes on, with these strategies. What it configures for scopes that are no
        account's own and not for new versions: these are set here."""
        others, limits = self.canaries.begin(setup, now)
        for key in [key for key in self.waivers if key[0] in others]:
            # What was waived for another version is not for this one.
            del self.waivers[key]
            self.forget()
        for scope, one in limits.items():
            known = self.limits.get(scope)
            if one.values or (known is not None and known.values):
                self._take_place(scope, one, now)
        return {scope: one for scope, one in setup.further_limits().items() if CANARY not in parts_of(scope)}

    def _take_place(self, scope: str, limits: Limits, now: int) -> None:
        """Configured limits replace what the scope has."""
        known = self.limits.get(scope)
        version = 1 if known is None else known.version + 1
        why = limits.reason or "as configured"
        self.set(scope, Limits(limits.values, version, limits.currency, "setup", why, since=now))

    def apply(self, event: LimitsSet) -> None:
        """Fold a set. Raises ContractError where it can not hold; nothing has changed then."""
        self.check_set(event)
        known = self.limits.get(event.scope)
        self.canaries.set_by_person(event, known)
        under = None
        if event.expires:
            under = known if known is None or known.expires == 0 else known.under
        version = (0 if known is None else known.version) + 1
        self.set(
            event.scope,
            Limits(
                dict(event.values), version, event.currency, event.who, event.reason, event.expires, under, event.time
            ),
        )

    def check_set(self, event: LimitsSet) -> None:
        """Raises ContractError for an unknown scope or limit, a version that is not the next, or an end that is
        past."""
        known = self.limits.get(event.scope)
        version = (0 if known is None else known.version) + 1
        unknown = [name for name, _ in event.values if name not in LIMITS]
        try:
            parts = parts_of(event.scope)
        except InputError as error:
            raise ContractError(str(error)) from error
        if parts.get(CANARY) == "" or (CANARY in parts and event.expires):
            raise ContractError(
                f"limits of {event.scope}: they are one strategy's, and end when its version has proved itself"
            )
        if unknown:
            raise ContractError(f"limits of {event.scope}: {', '.join(unknown)} not known")
        bad = [name for name, value in event.values if not is_exact(name, value)]
        if bad:
            raise ContractError(f"limits of {event.scope}: {', '.join(bad)} must be above zero and finite")
        if out_of(event.scope, dict(event.values)):
            raise ContractError(out_of(event.scope, dict(event.values)))
        if event.version not in (0, version):
            raise ContractError(f"limits of {event.scope}: version {event.version} is not the next, {version}")
        if event.who == "" or (event.expires and event.expires <= event.time):
            raise ContractError(f"limits of {event.scope}: they need a name and an end that lies ahead")

    def expire(self, scope: str, now: int) -> None:
        """A temporary set has ended: what lay under it holds again, as a version of its own. Where nothing did, and of
        a canary's, whose version has proved itself, it says why there is none."""
        ended = self.limits[scope]
        under = ended.under or Limits(who=ended.who, reason="its time is over", since=now)
        if scope.startswith(CANARY):
            under = Limits(who="setup", reason="the version has proved itself", since=now)
        self.set(
            scope,
            Limits(
                under.values, ended.version + 1, under.currency, under.who, under.reason, 0, under.under, under.since
            ),
        )

    def waive(self, event: LimitWaived) -> None:
        """Fold a waiver. Raises ContractError where it can not hold; nothing has changed then."""
        self.check_waiver(event)
        self.waivers[event.scope, event.limit] = event
        self.forget()

    def check_waiver(self, event: LimitWaived) -> None:
        """Raises ContractError unless two persons waive a soft limit that is set, for a day at most."""
        limits = self.limits.get(event.scope)
        what = f"waiver of {event.limit} at {event.scope}"
        if limits is None or limits.get(event.limit) is None:
            raise ContractError(f"{what}: it is not set")
        if event.limit not in limits.softs():
            raise ContractError(f"{what}: it is a hard limit")
        if event.who == "" or event.second == "" or event.who == event.second:
            raise ContractError(f"{what}: it takes two persons")
        if not event.time < event.expires <= event.time + WAIVER_NS_MAX:
            raise ContractError(f"{what}: it lasts a day at most")

    def forget_waivers(self, now: int) -> None:
        """Fold: waivers that have ended leave memory; they let nothing pass already."""
        for key in [key for key, waiver in self.waivers.items() if waiver.expires <= now]:
            del self.waivers[key]

    def expired(self, now: int) -> list[str]:
        """Scopes whose temporary set has ended, and those of canaries that have proved themselves."""
        ended = [scope for scope in sorted(self.limits) if 0 < self.limits[scope].expires <= now]
        return ended + self.canaries.proved(self.limits)

    def next_end(self) -> int:
        """When the next temporary set ends, ns UTC."""
        return min([limits.expires for limits in self.limits.values() if limits.expires], default=NEVER_NS)

    def forget(self) -> None:
        """Bindings are looked up anew: limits or accounts have changed."""
        self.exposures.clear()
        self.bound.clear()
        self.asked_again.clear()
        guarded = self._accounts_with(GUARD_LIMITS)
        ranged = self._accounts_with(RANGE_LIMITS)
        self.tracked[:] = self._accounts_with(TRAFFIC_LIMITS)
        self.guarded[:] = guarded
        self.watching[:] = [account for account in self.accounts.values() if account in ranged or account in guarded]
        for account in self.accounts.values():
            if account.guarded and account not in guarded:
                account.peak = None
                account.samples.clear()
            account.guarded = account in guarded
            if account not in self.tracked:
                account.traffic = None
            elif account.traffic is None:
                account.traffic = Traffic()
        self.settled[:] = self._accounts_with(FILL_LIMITS)
        self.targeted[:] = self._accounts_with(TARGET_LIMITS)
        self.taping[:] = [scope for scope, limits in self.limits.items() if any(map(limits.has, TAPE_LIMITS))]
        self.resting[:] = [scope for scope, limits in self.limits.items() if limits.has(RESTING_LIMIT)]
        self.queueing[:] = [scope for scope, limits in self.limits.items() if limits.has(WAITING_LIMIT)]
        if not self.taping:
            self.tapes.clear()

    def _accounts_with(self, names: tuple[str, ...]) -> list[AccountState]:
        """Accounts to which a scope with one of these limits has something to say."""
        scopes = [scope for scope, limits in self.limits.items() if any(map(limits.has, names))]
        found = [account for scope in scopes for account in self.exposure(scope).accounts]
        return [account for account in self.accounts.values() if account in found]

    def tightest(self, account: AccountState, name: str, now: int) -> int | None:
        """The smallest value of a limit over the scopes that hold the account as a whole, those left out that waive it
        now."""
        values = []
        for scope, limits in self.limits.items():
            if not limits.has(name) or self.waived(scope, name) > now:
                continue
            exposure = self.exposure(scope)
            if exposure.whole and account in exposure.accounts:
                values.append(int(limits.get(name)))
        return min(values, default=None)

    def least(self, book: Book, name: str) -> int:
        """The smallest value of a limit over the scopes that a book lies in, 0 where it is off in all of them."""
        return min(self.values(book, name), default=0)

    def values(self, book: Book, name: str) -> list[int]:
        """A limit's values over the scopes that a book lies in; a shadow's lies in none."""
        if is_shadow(book.account):
            return []
        terms = self.accounts[book.account].terms
        return [
            int(limits.get(name))
            for scope, limits in self.limits.items()
            if limits.has(name) and concerns(scope, terms, book.strategy, book.instrument)
        ]

    # ── what it binds ──────────────────────────────────────────────────────────────────────────────────────────────

    def exposure(self, scope: str) -> Exposure:
        """What a scope holds. Its money is in the currency its limits name, else in that of its first account."""
        exposure = self.exposures.get(scope)
        if exposure is None:
            parts = parts_of(scope)
            accounts = [
                account
                for account in self.accounts.values()
                if parts.get("account", account.terms.name) == account.terms.name
                and parts.get("session", account.terms.name) == account.terms.name
                and parts.get("owner", account.terms.owner) == account.terms.owner
                and parts.get("venue", account.terms.venue) == account.terms.venue
                and not is_shadow(account.terms.name)
            ]
            limits = self.limits.get(scope)
            currency = "" if limits is None else limits.currency
            if currency == "":
                currency = accounts[0].terms.currency if accounts else "USD"
            exposure = Exposure(
                scope, currency, accounts, self.ledger, self.marks, self.holds, self.lags, self.tapes, self.notices,
                self.guards,
            )  # fmt: skip
            self.exposures[scope] = exposure
        return exposure

    def bind(self, book: Book) -> list[Rule]:
        """The rules that have a say on the book's orders, in the order of the stations, the widest scope first."""
        terms = self.accounts[book.account].terms
        scopes = [
            scope
            for scope in sorted(self.limits, key=rank_of)
            if not is_shadow(book.account) and concerns(scope, terms, book.strategy, book.instrument)
        ]
        rules: list[Rule] = []
        for rule in RULES:
            if rule.limit == "":
                rules.append(rule)
            else:
                rules += [self._bound(rule, scope, name) for scope in scopes for name in rule.names(self.limits[scope])]
        buffers = [self.limits[scope].get("marketBufferPercent") for scope in scopes]
        book.buffer = max([buffer for buffer in buffers if buffer is not None], default=None)
        book.at_limit = "limit" in [self.limits[scope].get("orderType") for scope in scopes]
        self.bound[book] = rules
        return rules

    def rules_of(self, book: Book) -> list[Rule]:
        """The same, kept until limits change."""
        rules = self.bound.get(book)
        return self.bind(book) if rules is None else rules

    def _bound(self, rule: Rule, scope: str, name: str) -> Rule:
        bound = rule.bind(self.limits[scope], self.exposure(scope), name)
        bound.waived = self.waived(scope, name)
        if bound.waived:
            waiver = self.waivers[scope, name]
            bound.waiver = f", waived by {waiver.who} and {waiver.second}: {waiver.reason}"
        return bound

    def waived(self, scope: str, name: str) -> int:
        """Until when a limit is waived, ns UTC; 0 = it is not."""
        waiver = self.waivers.get((scope, name))
        return waiver.expires if waiver is not None and name in self.limits[scope].softs() else 0

    def utilisation(self, stamp: int, now: int) -> list[Use]:
        """How much of each limit is used now, without any order; limits of single orders have no use to show."""
        uses: list[Use] = []
        for scope in sorted(self.limits, key=rank_of):
            for rule in RULES:
                for name in rule.names(self.limits[scope]):
                    used = rule.bind(self.limits[scope], self.exposure(scope), name).used(stamp, now)
                    if used is not None:
                        value, limit, unit = used
                        part = share(limit, value) if name in FLOORS else share(value, limit)
                        uses.append(Use(scope, name, rule.code, value, limit, unit, part))
        return uses

    # ── as state ───────────────────────────────────────────────────────────────────────────────────────────────────

    def row(self) -> list[object]:
        return [
            [(scope, limits.state()) for scope, limits in sorted(self.limits.items())],
            [waiver.row() for _, waiver in sorted(self.waivers.items())],
            sorted(self.configured.items()),
            [(account.terms.name, account.traffic.row()) for account in self.tracked if account.traffic is not None],
            sorted(self.lags.items()),
            [(index, tape.row()) for index, tape in sorted(self.tapes.items())],
            self.notices.row(),
            self.canaries.row(),
        ]

    def see(self, event: MarketEvent, price: int) -> None:
        """Fold a market event into its instrument's tape; price: its mark, 0 = unknown."""
        index = event.instrument.index
        tape = self.tapes.get(index)
        if tape is None:
            tape = self.tapes[index] = Tape()
        tape.see(event, price)
