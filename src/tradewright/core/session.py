"""A trading session: who trades on an account, with which settings, since when; and the two targets that end it.

A session begins with the start that names its user and settings, and goes on over restarts with the same ones. It is
paused, stopped and taken up again by what a named person sets its account's trading state to. Its targets end it by
the core itself: at `maxDrawdown` below the highest equity, or `weeklyTarget` above what the week began with, everything
is closed at the market and the account is HALTED until a named person re-arms it. Then both count anew from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tradewright.core.breakers import DRAWDOWN_LIMIT
from tradewright.core.exposure import Exposure
from tradewright.core.exposure_rules import OpeningRule, only, share
from tradewright.core.risk import Proposal, Rule
from tradewright.model.control import (
    ACTIVE,
    HALTED,
    REDUCING,
    CloseRequested,
    SessionStopped,
    TradingStateChanged,
    TradingStateSet,
)
from tradewright.model.decision import Check
from tradewright.model.numbers import nearest_count_of, text_of
from tradewright.model.order import EXIT, MARKET

if TYPE_CHECKING:
    from tradewright.core.accounts import AccountState
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.ledger import Book
    from tradewright.model.event import Event

RUNNING, PAUSED, STOPPED = "running", "paused", "stopped"
STATUS = {ACTIVE: RUNNING, REDUCING: PAUSED, HALTED: STOPPED}
#: The targets, by code: the limit that sets each.
SESSION_DRAWDOWN = "SESSION_DRAWDOWN"
SESSION_TARGET = "SESSION_TARGET"
TARGETS = {SESSION_DRAWDOWN: "maxDrawdown", SESSION_TARGET: "weeklyTarget"}
PPM_SCALE = 6
#: What a venue refused to close is tried again after this long: its market may be closed for the night.
RETRY_NS = 300 * 10**9


class Session:
    """One session. settings: (name, value) pairs as configured, for the record. started, stopped: ns UTC, 0 = it has
    not; code: why it stopped by itself, "" = it did not."""

    __slots__ = ("id", "user", "account", "status", "settings", "started", "stopped", "code")

    def __init__(
        self,
        id: str,
        user: str,
        account: str,
        status: str,
        settings: Sequence[tuple[str, Any]],
        started: int,
        stopped: int = 0,
        code: str = "",
    ) -> None:
        self.id = id
        self.user = user
        self.account = account
        self.status = status
        self.settings = [(name, value) for name, value in settings]
        self.started = started
        self.stopped = stopped
        self.code = code

    def row(self) -> list[Any]:
        return [self.id, self.user, self.account, self.status, self.settings, self.started, self.stopped, self.code]


# ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────────


def begin(engine: Blotter, account: str, user: str, settings: Sequence[Sequence[Any]], now: int) -> None:
    """A start names its session: the one that is there goes on where it is the same, else a new one begins."""
    known = engine.sessions.get(account)
    given = [(str(name), value) for name, value in settings]
    if known is None or (known.user, known.settings) != (user, given):
        state = STATUS[engine.states.get("account:" + account, ACTIVE)]
        engine.sessions[account] = Session(f"{account}-{engine.run}", user, account, state, given, now)


def end_all_but(engine: Blotter, accounts: Sequence[str]) -> None:
    """A start that names no session of an account has none there: nothing of the one before is configured any more."""
    for account in [account for account in engine.sessions if account not in accounts]:
        del engine.sessions[account]


def set_by_person(engine: Blotter, event: TradingStateSet) -> None:
    """A person paused, stopped or resumed the account of a session."""
    session = engine.sessions.get(event.scope.removeprefix("account:"))
    if session is None or event.scope != "account:" + session.account:
        return
    session.status = STATUS[event.state]
    session.stopped = event.time if event.state == HALTED else 0
    if event.state == ACTIVE:
        session.code = ""


def fold(engine: Blotter, event: SessionStopped) -> None:
    """It has reached a target."""
    engine.accounts[event.account].flattened = event.time
    session = engine.sessions.get(event.account)
    if session is not None:
        session.status, session.stopped, session.code = STOPPED, event.time, event.code


# ── the targets ────────────────────────────────────────────────────────────────────────────────────────────────────


def reached(account: AccountState, code: str) -> int | None:
    """Where an account stands on the way to a target, ppm; None = that can not be known."""
    equity = account.equity()
    if code == SESSION_DRAWDOWN:
        return share(None if account.peak is None or equity is None else max(0, account.peak - equity), account.peak)
    base = account.week_equity if account.gain_from is None else account.gain_from
    if base is None or base <= 0 or equity is None:
        return None
    return max(0, equity - base) * 1_000_000 // base


def tend(engine: Engine) -> list[Event]:
    """Sessions that have reached a target stop, and what they hold is closed; what a venue refused to close is closed
    again after a while. Applied outputs."""
    outputs: list[Event] = []
    for account in engine.targeted:
        scope = "account:" + account.terms.name
        halted = engine.states.get(scope, ACTIVE) == HALTED
        cause = engine.causes.get(scope, "") if halted else ""
        again = cause in TARGETS
        # What a person halted is left as it is; `maxDrawdownPercent` alone closes nothing, so a target still does.
        if halted and cause != DRAWDOWN_LIMIT and not (again and left_open(account, engine.now)):
            continue
        for code, limit_name in TARGETS.items():
            limit = engine.gate.tightest(account, limit_name, engine.now)
            value = None if limit is None else reached(account, code)
            if limit is None or (cause != code if again else value is None or value < limit):
                continue
            _stop(engine, account, code, limit if value is None else value, limit, outputs)
            break
    return outputs


def left_open(account: AccountState, now: int) -> bool:
    """Whether something is still held that nothing is closing, long enough behind the last try."""
    if now < account.flattened + RETRY_NS:
        return False
    return any((book.long_size or book.short_size) and not _closing(book) for book in account.books)


def _closing(book: Book) -> bool:
    """Whether something closes it; a stop or a target that waits for its price does not."""
    return any(hold.order.role == EXIT or hold.order.type == MARKET for hold in book.exits.values())


def _stop(engine: Engine, account: AccountState, code: str, value: int, limit: int, outputs: list[Event]) -> None:
    """Stop the session, and close all of it at the market."""
    name, scope = account.terms.name, "account:" + account.terms.name
    session = engine.sessions.get(name)
    engine.emit(SessionStopped(engine.now, name, "" if session is None else session.id, code, value, limit), outputs)
    if engine.states.get(scope, ACTIVE) != HALTED or engine.causes.get(scope) != code:
        engine.emit(TradingStateChanged(engine.now, scope, HALTED, code, value, limit), outputs)
    words = f"{TARGETS[code]} {text_of(limit, 4)} % is reached ({text_of(value, 4)} %)"
    outputs += engine.close_all(CloseRequested(engine.now, name, "", "session", words))
    outputs += engine.end_openings()


class Target(OpeningRule):
    """A session's target; where it is reached all is closed, and nothing is opened. A wider scope's holds for each
    account in it."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        value = reached(proposal.account, self.code)
        return self.verdict(value is not None and value < limit, value, limit, "ppm")

    def used(self, stamp: int) -> tuple[int | None, int | None, str] | None:
        account = only(self.exposure)
        return None if account is None else (reached(account, self.code), self.bound, "ppm")


class SessionDrawdown(Target):
    """maxDrawdown: equity below its highest since the session began or was resumed, as a share of it; there all is
    closed and the session stops."""


class SessionTarget(Target):
    """weeklyTarget: equity above that of the week's begin, or of the session's resumption, as a share of it; there all
    is closed and the session stops."""


class Confidence(OpeningRule):
    """minConfidence: the strategy's confidence in the opening is no less."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        value = nearest_count_of(proposal.intent.confidence, PPM_SCALE, "confidence")
        return self.verdict(value >= limit, value, limit, "ratio")


class Enabled(OpeningRule):
    """enabledStrategies: the strategy is one of them."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        enabled = proposal.book.strategy in limit
        return self.verdict(enabled, int(enabled), 1, "flag")


#: As asked, behind the rules on losses.
SESSION_RULES: list[Rule] = [
    SessionDrawdown(SESSION_DRAWDOWN, "maxDrawdown"),
    SessionTarget(SESSION_TARGET, "weeklyTarget"),
    Confidence("CONFIDENCE_TOO_LOW", "minConfidence"),
    Enabled("STRATEGY_NOT_ENABLED", "enabledStrategies"),
]
