"""Sessions of users: begun, changed, paused, resumed and stopped by who trades, never above what others have set. What
is asked becomes a record like any; a session is its user's, and for anybody else it is not there.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from fastapi import Response

from tradewright.app.api import books, trading_books, trading_shapes
from tradewright.app.api.keys import ADMIN, READ, TRADE
from tradewright.app.api.problem import Problem
from tradewright.app.api.route import AccountName, AnyAccount, Ask, Asking, Routes, told
from tradewright.app.blueprint import session_of
from tradewright.backtest.strategy_source import strategy_class
from tradewright.core import session
from tradewright.core.accounts import AccountState
from tradewright.core.session import STOPPED, Session, scope_of
from tradewright.model.control import ACTIVE, HALTED, REDUCING, Started, TradingStateSet
from tradewright.model.errors import InputError
from tradewright.model.numbers import plain
from tradewright.model.session_set import SessionSet
from tradewright.trader import Trader

ROUTES = Routes()
UNSAID = "through the interface"


# ── what is asked for ──────────────────────────────────────────────────────────────────────────────────────────────


@ROUTES.add(
    "POST", "/api/trading/start", TRADE, trading_shapes.SessionAnswer, trading_shapes.Start,
    {"maxPositions": 5, "maxPositionSize": 10, "stopLossPercent": 2, "watchlist": ["BTCUSD"]},
)  # fmt: skip
async def start_trading(ask: Ask, account: AccountName = "") -> Response:
    """Begin a session. Asked for again with the same settings it is the one that is there."""
    wanted = await ask.body(trading_shapes.Start)
    user = wanted.user_id or ask.key.whose
    if user != ask.key.whose and not ask.key.may(ADMIN):
        raise Problem("FORBIDDEN", f"a session of another user takes scope {ADMIN}")
    held, given = ask.account(account), said(wanted)
    known = ask.desk.engine.sessions.get(held.terms.name)
    if known is not None and known.status != STOPPED:
        _own(ask, held)
        if known.who and (known.user, dict(known.settings)) != (user, given):
            raise Problem("SESSION_RUNS", f"on account {held.terms.name}")
        if known.who:
            return await ask.tell(_answer(known))
    _check_above(ask, held)
    _check_own(ask, held)
    return _set(ask, held, user, "", given)


@ROUTES.add(
    "PATCH", "/api/trading/settings", TRADE, trading_shapes.SessionAnswer, trading_shapes.Settings,
    {"maxPositions": 3, "minConfidence": 0.7},
)  # fmt: skip
async def set_trading(ask: Ask, account: AccountName = "") -> Response:
    """Other settings for a session: those that are said and no others. It stays the same session."""
    wanted = await ask.body(trading_shapes.Settings)
    held = ask.account(account)
    known = _own(ask, held)
    if known.status == STOPPED:
        raise Problem("SESSION_ENDED", known.id)
    return _set(ask, held, known.user, known.id, said(wanted))


@ROUTES.add("POST", "/api/trading/pause", TRADE, trading_shapes.SessionAnswer, trading_shapes.Empty, {})
async def pause_trading(ask: Ask, account: AccountName = "") -> Response:
    """Nothing opens any more, and openings at work are cancelled; exits go on."""
    return await _turned(ask, account, REDUCING)


@ROUTES.add("POST", "/api/trading/resume", TRADE, trading_shapes.SessionAnswer, trading_shapes.Empty, {})
async def resume_trading(ask: Ask, account: AccountName = "") -> Response:
    """Take a paused session up again."""
    return await _turned(ask, account, ACTIVE)


@ROUTES.add("POST", "/api/trading/stop", TRADE, trading_shapes.Answered, trading_shapes.Empty, {})
async def stop_trading(ask: Ask, account: AccountName = "") -> Response:
    """End a session: nothing opens until another begins, and openings at work are cancelled; exits go on."""
    await _turned(ask, account, HALTED)
    return told(trading_shapes.Answered(success=True))


async def _turned(ask: Asking, account: str, state: int) -> Response:
    """A session with another trading state; as it is, where it has that."""
    await ask.body(trading_shapes.Empty)
    held = ask.account(account)
    known, scope = _own(ask, held), scope_of(held.terms.name)
    now = ask.desk.engine.states.get(scope, ACTIVE)
    if now == state:
        return await ask.tell(_answer(known))
    if state < now:
        _check_own(ask, held)
    if now == HALTED:
        raise Problem("SESSION_ENDED", known.id)
    if state == ACTIVE:
        _check_above(ask, held)
    # What somebody else than its user asks of a session is set above it.
    who = session.OWN * (known.user == ask.key.whose) + ask.key.name
    ask.desk.do(lambda time: TradingStateSet(time, scope, state, who, UNSAID))
    return told(_answer(known))


def _set(ask: Asking, held: AccountState, user: str, id: str, given: dict[str, Any]) -> Response:
    """A session with these settings, once they are proven to make one."""
    desk, name, who = ask.desk, held.terms.name, session.OWN + ask.key.name
    terms = session_of(desk.config, name, given)
    plan = [] if terms.plan is None else list(terms.plan.row())
    made = (terms.limits.row(), plan, [tuple(spec) for spec, _ in terms.specified])
    limits, plan, strategies = msgspec.json.decode(msgspec.json.encode(made))
    settings = sorted(given.items())

    def event(now: int) -> SessionSet:
        return SessionSet(now, name, user, id, settings, limits, plan, strategies, who)

    setup = desk.connected.live.trader.setup
    assert setup is not None, "nothing is asked before the start"
    proven = session.under(setup, event(desk.engine.now))
    proven.strategies = [spec for spec in proven.strategies if spec.account == name]
    Trader(lambda spec: strategy_class(spec.ref)).step(Started(desk.engine.now, 1, _as_told(proven.row())))
    desk.do(event)
    return told(_answer(desk.engine.sessions[name]))


def _as_told(row: list[object]) -> list[object]:
    """The same as a journal gives it back."""
    return msgspec.json.decode(msgspec.json.encode(row), type=list[object])


def _own(ask: Asking, held: AccountState) -> Session:
    """The session on an account, for its user. Raises Problem."""
    known = ask.desk.engine.sessions.get(held.terms.name)
    if known is None or (known.user != ask.key.whose and not ask.key.may(ADMIN)):
        raise Problem("NOT_FOUND", "session")
    return known


def _check_above(ask: Asking, held: AccountState) -> None:
    """Whether a session would be stopped by something above it. Raises Problem."""
    engine = ask.desk.engine
    for scope in books.scopes_of(held):
        if scope != scope_of(held.terms.name) and engine.states.get(scope) == HALTED:
            raise Problem("ACCOUNT_HALTED", f"{scope} is HALTED by {engine.causes[scope]}")


def _check_own(ask: Asking, held: AccountState) -> None:
    """Whether nobody but its user has stopped a session. Raises Problem."""
    try:
        session.check_own(ask.desk.engine, scope_of(held.terms.name))
    except InputError as error:
        raise Problem("ACCOUNT_HALTED", str(error)) from error


# ── what is told ───────────────────────────────────────────────────────────────────────────────────────────────────


@ROUTES.add("GET", "/api/trading/session", READ, trading_shapes.SessionAnswer)
async def trading_session(ask: Ask, account: AccountName = "") -> Response:
    """The session on an account."""
    return await ask.tell(_answer(_own(ask, ask.account(account))))


@ROUTES.add("GET", "/api/trading/positions", READ, trading_shapes.TradingPositions)
async def trading_positions(ask: Ask, account: AnyAccount = "") -> Response:
    """What is held."""
    found = [
        trading_books.position(ask.desk.engine, held, one)
        for held in ask.accounts(account)
        for one in books.positions_of(held)
    ]
    return await ask.tell(trading_shapes.TradingPositions(success=True, positions=found))


def said(wanted: trading_shapes.Start | trading_shapes.Settings) -> dict[str, Any]:
    """The settings of a body as a file of settings has them, by name: whole numbers as such, others as texts. Raises
    Problem where they are there twice."""
    own = msgspec.to_builtins(wanted, builtin_types=(Decimal,))
    own.pop("userId", None)
    nested = own.pop("settings", None)
    if nested is not None and own:
        raise Problem("INVALID_REQUEST", "settings stand in the body, or under `settings`, and not in both")
    given = own if nested is None else nested
    return {name: _plain(value) if isinstance(value, Decimal) else value for name, value in given.items()}


def _plain(number: Decimal) -> int | str:
    return int(number) if number == number.to_integral_value() else str(plain(number))


def _answer(known: Session) -> trading_shapes.SessionAnswer:
    return trading_shapes.SessionAnswer(success=True, session=trading_books.session_shape(known))
