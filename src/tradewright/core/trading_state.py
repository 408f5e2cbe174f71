"""Trading states by scope: which scopes there are, and what the core itself does about them.

ACTIVE, REDUCING (nothing new is opened) or HALTED, for "all", "account:NAME", "strategy:ID" or "symbol:S". What a rule
set ends as that rule says; what a person set, or a fact that only a person can clear up, stays until a person ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from tradewright.core.exposure import CANARY, out_of, parts_of
from tradewright.model.account import Account
from tradewright.model.calendar import ALWAYS
from tradewright.model.control import ACTIVE, EVERYTHING, HALTED, REDUCING, TradingStateChanged
from tradewright.model.errors import InputError
from tradewright.model.foreign import EXTERNAL
from tradewright.model.order import ENTRY, Order
from tradewright.model.shadow import is_shadow

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.setup import Setup

#: The cause of REDUCING that ends with the day; what a person set stays until a person ends it.
DAILY_LOSS_LIMIT = "DAILY_LOSS_LIMIT"
#: Alarm, and cause of REDUCING: the venue filled an order that is not known here, so its books and ours differ.
UNKNOWN_ORDER = "UNKNOWN_ORDER"
#: Causes of REDUCING that end by themselves, the one that lives longest last; one that a named person has to clear up
#: takes their place.
PASSING = ("LIMIT_BREACHED", "BALANCE_DRIFT", "CIRCUIT_BREAKER", DAILY_LOSS_LIMIT, "WEEKLY_LOSS_LIMIT")
#: Alarm: an order works that its venue did not know when it was looked up.
REAPPEARED = "REAPPEARED"


#: Limits that ask for what a venue says of its instruments, which not every one does, and what that is.
NOTICES = {
    "enableHaltProtection": "halts",
    "enablePriceLimitProtection": "price bands",
    "enableShortSaleRestriction": "restrictions of short sales",
    "requireLocate": "what a broker has located",
}
#: The same of a run that is no service: it has no loop that could lag, and no venue's clock.
MEASURES = {
    "maxLoopLagSeconds": "how long events wait",
    "maxJournalLagSeconds": "how long records wait for the disk",
    "maxReconciliationLagSeconds": "comparisons with a venue",
    "maxClockOffsetSeconds": "a venue's clock",
}
#: Names that a sentence lists of those there are.
NAMES_SHOWN = 12
#: The limit that asks for the sessions of markets.
SESSION_LIMIT = "requireMarketSession"


def stopped(engine: Blotter, order: Order) -> bool:
    """Whether an opening order may not open any more: a scope it lies in is not ACTIVE, or its strategy is halted."""
    if order.role != ENTRY or is_shadow(order.account):
        return False
    state = engine.trading_state(order.account, order.strategy, order.instrument.symbol)
    if order.strategy == EXTERNAL:
        # Somebody else's order is theirs while the engine merely opens nothing itself; a halt stops everything.
        return state == HALTED
    return state != ACTIVE or order.strategy in engine.halted


def stopped_openings(engine: Blotter) -> list[str]:
    """Ids of the working openings that may not open any more, oldest first."""
    return [id for id, hold in engine.holds.holds.items() if stopped(engine, hold.order)]


def check_scope(engine: Blotter, scope: str, strategies: list[str]) -> None:
    """Whether a trading state can be set for the scope: "all", or one condition whose name is there; `strategies` are
    those of the run. Raises InputError naming what is not there, and what is."""
    parts = parts_of(scope)
    if CANARY in parts:
        raise InputError(f"scope {scope!r}: a trading state is its strategy's: strategy:{parts[CANARY]}")
    if len(parts) > 1:
        raise InputError(f"scope {scope!r}: a trading state belongs to all, or to one of {', '.join(parts)} alone")
    for kind, name in parts.items():
        check_name(engine, kind, name, strategies)


def check_scopes(setup: Setup) -> None:
    """Whether the accounts and venues that limits, sizers and plans are set for are there, and no limit is set for less
    than it is about: what is mistyped or too narrow would bind nothing. Raises InputError naming the scope, and what
    there is."""
    for scope, limits in setup.scopes.items():
        if out_of(scope, limits.values):
            raise InputError(out_of(scope, limits.values))
    for scope, kind, name, known in _unmet(setup):
        if kind in ("account", "venue"):
            raise InputError(f"{scope}: there is no {kind} {name!r} in this run; there is {', '.join(known) or 'none'}")


def unbound(setup: Setup) -> list[str]:
    """What binds nothing since its strategy, symbol, sector or currency has no part in this run: a file may be meant
    for several runs, or mistyped. As sentences."""
    return [
        f"what is set for {scope} binds nothing here: there is no {kind} {name!r} in this run"
        for scope, kind, name, _ in _unmet(setup)
    ] + _never_closed(setup)


def _never_closed(setup: Setup) -> list[str]:
    """Where the market's session is asked for and nobody said what it is, as sentences: an instrument without a
    calendar (that of a data file, where none is given) is open at all times. That of a crypto pair is."""
    own = {f"account:{account.name}": limits for account, limits in setup.limits_of_accounts()}
    if not any(limits.has(SESSION_LIMIT) for limits in {**setup.scopes, **own}.values()):
        return []
    without = [item.symbol for item in setup.instruments if item.calendar == ALWAYS and item.asset_class != "crypto"]
    more = ", …" if len(without) > NAMES_SHOWN else ""
    names = ", ".join(without[:NAMES_SHOWN]) + more
    sentence = f"{SESSION_LIMIT} refuses nothing in {names}: without a calendar a market counts as always open"
    return [sentence] if without else []


def unfed(setup: Setup, asked: Mapping[str, str], told: Mapping[str, Collection[str]] | None = None) -> list[str]:
    """Limits that would refuse every opening they ask about, as sentences. asked: those that ask for what somebody has
    to tell, and what that is; told: by account, those of which its venue tells it."""
    accounts = [account for account, _ in setup.accounts]
    own = {f"account:{account.name}": limits for account, limits in setup.limits_of_accounts()}
    found = [
        why_unfed(scope, name, accounts, told or {}, what)
        for scope, limits in {**setup.scopes, **own}.items()
        for name, what in asked.items()
        if limits.has(name)
    ]
    return [why for why in found if why]


def why_unfed(
    scope: str, limit: str, accounts: Iterable[Account], told: Mapping[str, Collection[str]], what: str
) -> str:
    """Why a limit of a scope would refuse every opening of some accounts, as a sentence; "" = of none. `unfed` has the
    rest."""
    parts = parts_of(scope)
    without = []
    for one in accounts:
        mine = {"account": one.name, "session": one.name, "owner": one.owner, "venue": one.venue}
        inside = all(mine[kind] == name for kind, name in parts.items() if kind in mine)
        if inside and not is_shadow(one.name) and limit not in told.get(one.name, ()):
            without.append(one.name)
    if not without:
        return ""
    whose = f"account {without[0]}" if len(without) == 1 else f"accounts {', '.join(without)}"
    return f"{limit} of {scope} would refuse every opening it asks about: nothing here tells {whose} of {what}"


def _unmet(setup: Setup) -> list[tuple[str, str, str, list[str]]]:
    """(scope, kind and name of what is not there, the names that are). Owners are left out: the user of a run says
    whose limits bind."""
    accounts, instruments = [account for account, _ in setup.accounts], setup.instruments
    there = {
        "account": [account.name for account in accounts],
        "venue": [account.venue for account in accounts],
        "strategy": [spec.id for spec in setup.strategies],
        CANARY: ["", *(spec.id for spec in setup.strategies if not spec.ensemble)],
        "symbol": [instrument.symbol for instrument in instruments],
        "sector": [instrument.sector for instrument in instruments],
        "currency": [name for instrument in instruments for name in (instrument.base, instrument.quote)],
    }
    return [
        (scope, kind, name, sorted({*there[kind]} - {""})[:NAMES_SHOWN])
        for scope in dict.fromkeys([*setup.scopes, *setup.sizers, *setup.plans])
        for kind, name in parts_of(scope).items()
        if kind in there and name not in there[kind]
    ]


def check_account(engine: Blotter, account: str) -> None:
    """Raises InputError naming the accounts there are."""
    check_name(engine, "account", account, [])


def check_name(engine: Blotter, kind: str, name: str, strategies: list[str]) -> None:
    """The same of one condition, whatever signs its name has. Raises InputError."""
    there = {*_NAMES[kind](engine), *(strategies if kind == "strategy" else ())} - {""}
    if name not in there:
        known = ", ".join(sorted(there)[:NAMES_SHOWN]) or "none"
        more = ", …" if len(there) > NAMES_SHOWN else ""
        raise InputError(f"there is no {kind} {name!r}; there is {known}{more}")


def _booked(engine: Blotter) -> list[str]:
    return [key[1] for key in engine.ledger.books]


def _terms(engine: Blotter) -> list[Account]:
    return [account.terms for name, account in engine.accounts.items() if not is_shadow(name)]


#: The names that each kind of condition can have; each order by hand asks for some.
_NAMES: dict[str, Callable[[Blotter], Iterable[str]]] = {
    "account": lambda engine: [terms.name for terms in _terms(engine)],
    "session": lambda engine: engine.sessions,
    "owner": lambda engine: [terms.owner for terms in _terms(engine)],
    "venue": lambda engine: [terms.venue for terms in _terms(engine)],
    "strategy": lambda engine: [*engine.halted, *_booked(engine)],
    "symbol": lambda engine: engine.symbols,
    "sector": lambda engine: [item.sector for item in engine.instruments],
    "currency": lambda engine: [name for item in engine.instruments for name in (item.base, item.quote)],
}


def gives_way(engine: Blotter, scope: str) -> bool:
    """Whether a scope is ACTIVE, or REDUCING for something that ends by itself."""
    state = engine.states.get(scope, ACTIVE)
    return state == ACTIVE or (state == REDUCING and engine.causes.get(scope, "") in PASSING)


def unbooked_fill(engine: Blotter, order_id: str) -> TradingStateChanged | None:
    """What a fill that could not be booked does: the account that its id names (all of them where it names none) is
    REDUCING until a person has looked. None where it is so already."""
    code = order_id.partition("-")[0]
    named = [name for name, account in engine.accounts.items() if account.terms.code == code]
    scope = f"account:{named[0]}" if named else EVERYTHING
    if not gives_way(engine, scope):
        return None
    return TradingStateChanged(engine.now, scope, REDUCING, UNKNOWN_ORDER, None, None)
