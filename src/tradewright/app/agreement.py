"""Engine and exchange keep books of their own: what they hold differently, as sentences.

The exchange's side comes as plain numbers, so a running venue and a file that is only looked at are compared alike.
"""

from __future__ import annotations

from collections.abc import Mapping

from tradewright.core.engine import Engine
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
