"""Engine and exchange keep books of their own: what they hold differently, as sentences.

The exchange's side comes as plain numbers, so a running venue and a file that is only looked at are compared alike.
"""

from __future__ import annotations

from collections.abc import Mapping

from tradewright.core.canary import version_of
from tradewright.core.engine import Engine
from tradewright.core.setup import Setup
from tradewright.model.numbers import money_text, text_of
from tradewright.model.shadow import is_shadow


def disagreements(engine: Engine, account: str, balances: Mapping[str, int], positions: Mapping[str, int]) -> list[str]:
    """What differs in an account: cash per currency and net size per symbol, both by the last unit; [] = nothing."""
    cash = engine.ledger.cash.get(account, {})
    found = [
        f"cash {money_text(cash.get(currency, 0))} {currency} here, {money_text(balances.get(currency, 0))} there"
        for currency in sorted({*cash, *balances})
        if cash.get(currency, 0) != balances.get(currency, 0)
    ]
    known = engine.accounts.get(account)
    net = {position.instrument.symbol: position.net for position in known.positions} if known is not None else {}
    for symbol in sorted({*net, *positions}):
        ours, theirs = net.get(symbol, 0), positions.get(symbol, 0)
        if ours != theirs:
            scale = engine.symbols[symbol].size_scale if symbol in engine.symbols else 0
            found.append(f"{symbol} {text_of(ours, scale)} here, {text_of(theirs, scale)} there")
    return found


def left_alone(engine: Engine) -> list[str]:
    """What strategies hold that do not take part any more: nobody decides when it is closed."""
    return [
        f"{book.strategy} holds {text_of(book.net, book.instrument.size_scale)} {book.instrument.symbol}, and does not "
        "take part in this session: no strategy decides on it"
        for book in engine.ledger.books.values()
        if book.net and not book.trading and not is_shadow(book.account)
    ]


def let_go(before: Setup, now: Setup) -> list[str]:
    """What an earlier start had set and this one has not: it is off, and whoever relies on it should hear so."""
    had, has = _limits_of(before), _limits_of(now)
    found = [f"{scope} {name}" for (scope, name) in had if (scope, name) not in has]
    found += [f"the session of {account}" for account, _, _ in before.sessions if account not in _sessions_of(now)]
    if not found:
        return []
    return [f"set at the last start and off since this one: {', '.join(found)}"]


def other_versions(before: Setup, now: Setup) -> list[str]:
    """Strategies that are another version than at the last start: each begins anew, without what it remembered."""
    known = {spec.id: version_of(before, spec) for spec in before.strategies if not spec.ensemble}
    return [
        f"strategy {spec.id} is another version than at the last start, and begins anew"
        for spec in now.strategies
        if spec.id in known and known[spec.id] != version_of(now, spec)
    ]


def _limits_of(setup: Setup) -> list[tuple[str, str]]:
    scopes = {f"account:{account.name}": limits for account, limits in setup.limits_of_accounts()}
    scopes |= setup.further_limits()
    return [(scope, name) for scope, limits in sorted(scopes.items()) for name in sorted(limits.values)]


def _sessions_of(setup: Setup) -> list[str]:
    return [account for account, _, _ in setup.sessions]
