"""A trading session: who trades on an account, with which settings, since when; and the two targets that end it.

A session begins with the start that names its user and settings, or when its user says so (`SessionSet`), and goes on
over restarts with the same ones. It is paused, stopped and taken up again by the trading state that a named person sets
for it ("session:ACCOUNT") or for its account. The stricter of both counts, so that no user takes up what was halted
above him, and nobody above takes up what its user has paused; its limits are a scope of their own for the same reason.
What others have set for the session itself its user does not loosen either: who set it is the state's cause.
Its targets end it by the core itself: at `maxDrawdown` below the highest equity, or `weeklyTarget` above what the week
began with, everything is closed at the market and the account is HALTED until a named person re-arms it. Then both
count anew from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tradewright.core.breakers import DRAWDOWN_LIMIT
from tradewright.core.exposure import Exposure
from tradewright.core.exposure_rules import OpeningRule, fullest, share
from tradewright.core.limits import Limits
from tradewright.core.risk import Proposal, Rule
from tradewright.core.setup import Setup, spec_from
from tradewright.core.trading_state import check_account
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
from tradewright.model.errors import InputError
from tradewright.model.exit_plan import ExitPlan
from tradewright.model.numbers import nearest_count_of, text_of
from tradewright.model.order import EXIT, MARKET

if TYPE_CHECKING:
    from tradewright.core.accounts import AccountState
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.ledger import Book
    from tradewright.model.event import Event
    from tradewright.model.session_set import SessionSet
    from tradewright.model.shadow import ShadowTerms

RUNNING, PAUSED, STOPPED = "running", "paused", "stopped"
STATUS = {ACTIVE: RUNNING, REDUCING: PAUSED, HALTED: STOPPED}
#: The targets, by code: the limit that sets each.
SESSION_DRAWDOWN = "SESSION_DRAWDOWN"
SESSION_TARGET = "SESSION_TARGET"
TARGETS = {SESSION_DRAWDOWN: "maxDrawdown", SESSION_TARGET: "weeklyTarget"}
PPM_SCALE = 6
#: A session's trading cycle where nobody says.
CYCLE_SECONDS = 45
#: Begins `who` of what a user asks of his own session, before his key's name, in which no blank can be; a record of
#: before this was written has the name alone, and is folded as it was.
OWN = "session: "
#: What a venue refused to close is tried again after this long: its market may be closed for the night.
RETRY_NS = 300 * 10**9


class Session:
    """One session. settings: (name, value) pairs as given, for the record. started, stopped: ns UTC, 0 = it has not;
    code: why it stopped by itself, "" = it did not. who: began it or set it last, "" = it is the configuration's."""

    __slots__ = ("id", "user", "account", "status", "settings", "started", "stopped", "code", "who")

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
        who: str = "",
    ) -> None:
        self.id = id
        self.user = user
        self.account = account
        self.status = status
        self.settings = [(name, value) for name, value in settings]
        self.started = started
        self.stopped = stopped
        self.code = code
        self.who = who

    def row(self) -> list[Any]:
        return [
            self.id, self.user, self.account, self.status, self.settings, self.started, self.stopped, self.code,
            self.who,
        ]  # fmt: skip


# ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────────


def begin(engine: Blotter, account: str, user: str, settings: Sequence[Sequence[Any]], now: int) -> None:
    """A start names its session: the one that is there goes on where it is the same, else a new one begins."""
    known = engine.sessions.get(account)
    given = [(str(name), value) for name, value in settings]
    if known is None or (known.user, known.settings) != (user, given):
        engine.sessions[account] = Session(
            f"{account}-{engine.run}", user, account, status(engine, account), given, now
        )


def end_all_but(engine: Blotter, accounts: Sequence[str]) -> None:
    """A start that names no session of an account has none there: nothing of the one before is configured any more."""
    for account in [account for account in engine.sessions if account not in accounts]:
        del engine.sessions[account]
        engine.set_state(scope_of(account), ACTIVE, "")


def set_up(engine: Blotter, event: SessionSet) -> None:
    """A user begins a session, which nothing holds up that was set for the one before; or it goes on with other
    settings."""
    scope, known = scope_of(event.account), engine.sessions.get(event.account)
    account = engine.accounts[event.account]
    traffic = account.traffic
    if event.id and known is not None:
        known.settings, known.who = event.settings, event.who
    else:
        # Without limits for a moment: the highest equity, where they alone asked for it, is that of this session.
        engine.gate.configure(scope, Limits(), event.time)
        engine.set_state(scope, ACTIVE, "")
        id, begun = _next_id(engine, event.account, known), status(engine, event.account)
        engine.sessions[event.account] = Session(
            id, event.user, event.account, begun, event.settings, event.time, who=event.who
        )
    engine.gate.configure(scope, Limits(dict(event.limits)), event.time)
    if account.traffic is not None and traffic is not None:
        account.traffic = traffic  # what went wrong on the way to its venue is not over with a session
    if account.guarded and account.peak is None:
        account.measure(event.time)
    engine.plans = _plans(engine.plans, event, None if engine.board is None else engine.board.terms)


def _next_id(engine: Blotter, account: str, known: Session | None) -> str:
    """A start's own session has the run's number alone; those that are begun while it runs are counted behind it."""
    begin = f"{account}-{engine.run}-"
    count = int(known.id.removeprefix(begin)) if known is not None and known.id.startswith(begin) else 0
    return f"{begin}{count + 1}"


def under(setup: Setup, event: SessionSet) -> Setup:
    """The setup of a run in which that session has begun: what a start would have that goes on with it."""
    scope = scope_of(event.account)
    others = [spec for spec in setup.strategies if spec.account != event.account]
    strategies = [spec_from(row) for row in event.strategies]
    scopes = {at: limits for at, limits in setup.scopes.items() if at != scope}
    sessions = [row for row in setup.sessions if row[0] != event.account]
    return Setup(
        setup.instruments, setup.accounts, [*others, *strategies], setup.notes, setup.sizers,
        {**scopes, scope: Limits(dict(event.limits))} if event.limits else scopes,
        _plans(setup.plans, event, setup.shadow),
        [*sessions, (event.account, event.user, event.settings)], setup.shadow,
    )  # fmt: skip


def _plans(plans: dict[str, ExitPlan], event: SessionSet, shadow: ShadowTerms | None) -> dict[str, ExitPlan]:
    """Exit plans by scope as a session leaves them; its account's are its shadow's too."""
    own = ["account:" + event.account]
    if shadow is not None and shadow.account == event.account:
        own.append("account:" + shadow.name)
    kept = {at: plan for at, plan in plans.items() if at not in own}
    return kept | ({at: ExitPlan.from_row(event.plan) for at in own} if event.plan else {})


def check(engine: Blotter, event: SessionSet) -> None:
    """Whether it can be folded. Raises InputError for an account that is not there, a session that is not the one
    there (any more), a strategy of another account, and a begin where others have stopped the one before."""
    check_account(engine, event.account)
    known = engine.sessions.get(event.account)
    if event.id and (known is None or known.id != event.id):
        raise InputError(f"{event.id} is not the session of {event.account} (any more)")
    if any(spec_from(row).account != event.account for row in event.strategies):
        raise InputError(f"a session of {event.account} has the strategies of that account alone")
    if event.who.startswith(OWN) and not event.id:
        check_own(engine, scope_of(event.account))


def check_own(engine: Blotter, scope: str) -> None:
    """Raises InputError where a scope is stopped by somebody else than the session's user."""
    if scope in engine.states and not engine.causes[scope].startswith(OWN):
        raise InputError(f"{scope} is stopped by {engine.causes[scope]}, and not by its session's user")


def check_state(engine: Blotter, event: TradingStateSet) -> None:
    """A user loosens what he has set, in his session alone. Raises InputError."""
    if event.who.startswith(OWN) and event.state < engine.states.get(event.scope, ACTIVE):
        check_own(engine, event.scope)


def cause_of(engine: Blotter, event: TradingStateSet) -> str:
    """Who has set a state: others still, where a user stops harder what they have stopped."""
    known = engine.causes.get(event.scope, OWN)
    return event.who if known.startswith(OWN) or not event.who.startswith(OWN) else known


def set_by_person(engine: Blotter, event: TradingStateSet) -> None:
    """A person paused, stopped or resumed a session, or its account."""
    kind, _, name = event.scope.partition(":")
    session = engine.sessions.get(name) if kind in ("account", "session") else None
    if session is None:
        return
    session.status = status(engine, name)
    session.stopped = (session.stopped or event.time) if session.status == STOPPED else 0
    if session.status == RUNNING:
        session.code = ""


def status(engine: Blotter, account: str) -> str:
    """What the states of a session and of its account make of it."""
    return STATUS[max(engine.states.get(scope, ACTIVE) for scope in ("account:" + account, scope_of(account)))]


def cycles_of(engine: Blotter) -> list[int]:
    """The seconds of the cycles of sessions that run or are paused."""
    at_work = [dict(one.settings) for one in engine.sessions.values() if one.status != STOPPED]
    return sorted({int(settings.get("cycleSeconds", CYCLE_SECONDS)) for settings in at_work})


def scope_of(account: str) -> str:
    """Of its session's own limits and trading state."""
    return "session:" + account


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

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        if self.exposure is None:
            return None
        return fullest([reached(account, self.code) for account in self.exposure.accounts]), self.bound, "ppm"


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
