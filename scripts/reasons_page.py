"""Writes docs/reasons.md from the rules themselves and from tables of codes: all that is ever given as a reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tradewright.adapters.chain.attempts import NOT_SENT, RATE_LIMITED, UNSUPPORTED
from tradewright.adapters.venue.alpaca import placing as alpaca
from tradewright.adapters.venue.alpaca.outcomes import CLOSING_ONLY, WASH_TRADE
from tradewright.adapters.venue.alpaca.requests import CODES as ALPACA_CODES
from tradewright.adapters.venue.mt5 import answers, books, changes, client, guards, lookup, requests, rounds, supported
from tradewright.app.live import JOURNAL_FULL
from tradewright.core.at_open import OPENING_CODES
from tradewright.core.breakers import (
    BREAKER_RESUMED,
    CIRCUIT_BREAKER,
    DAY_ROLLED,
    LIMIT_BREACHED,
    LIMIT_RESTORED,
    WEEK_ROLLED,
)
from tradewright.core.by_hand import PROTECTS_POSITION
from tradewright.core.client_ids import CLIENT_ORDER_ID_TAKEN
from tradewright.core.lost_exits import CANCELLED_HERE
from tradewright.core.modify import MODIFY_CODES
from tradewright.core.parents import PARENT_CODES
from tradewright.core.reconcile import RECONCILED_AGAIN
from tradewright.core.reservations import RESERVATION_CODES
from tradewright.core.risk import Rule
from tradewright.core.sizers import SIZING_CODES
from tradewright.core.stations import RULES
from tradewright.core.watching import WAITING_LIMIT
from tradewright.explain import QUESTIONS, REFUSALS
from tradewright.model.answer import FAILURES
from tradewright.model.command import CANCEL_CODES
from tradewright.model.control import ALARMS, MOVE_CODES
from tradewright.model.decision import PICKER, SIZING
from tradewright.model.reconciliation import ADJUSTMENT_CODES
from tradewright.model.reservation import RELEASE_CODES
from tradewright.model.unmet import UNMET_CODES
from tradewright.model.withheld import NOT_LEASED
from tradewright.signal.validators import VALIDATORS
from tradewright.signal.vote import SILENCES
from tradewright.sim.exchange import CODES as EXCHANGE_CODES
from tradewright.sim.paper_account import ORDERS as PAPER_ORDERS
from tradewright.trader.runner import STRATEGY_RAISED, STRATEGY_STATE

PAGE = Path(__file__).parent.parent / "docs" / "reasons.md"
HEAD = (
    "Every intent leaves a decision with the checks of every station, whether an order came of it or not. This page "
    "lists every code that can refuse one, in the order in which the rules are asked, and behind them those that say "
    "why something else was done or left; it is written by "
    "`scripts/reasons_page.py` from the rules."
)


#: Why trading is stopped, or goes on, beside the rules that stop it at their limit and a person's words.
STATE_CODES = {
    CIRCUIT_BREAKER: "so many refusals and lost answers in a row as `breakerErrors` allows; it ends by itself",
    BREAKER_RESUMED: "`breakerCooldownSeconds` are over",
    LIMIT_BREACHED: "a fill took what is held beyond a limit; it ends when what is held is within it",
    LIMIT_RESTORED: "what is held is within the limit again",
    DAY_ROLLED: "the account's day has ended, and with it what its losses had stopped",
    WEEK_ROLLED: "the same of its week",
    RECONCILED_AGAIN: "a comparison of the account with its venue agreed",
}
#: Why a person's or a service's request is not taken, beside the rules and the changes above.
REQUEST_CODES = {
    PROTECTS_POSITION: "the order is a stop, and what it guards would be left bare; close the position instead",
    CLIENT_ORDER_ID_TAKEN: "the caller's name stands for an order that was asked for with other terms",
}
#: Why an order is over that never left.
HERE_CODES = {
    CANCELLED_HERE: "it was held here; its text is the code of the cancel that ended it",
    NOT_LEASED: "the lease of its account was not known to be held at that moment: another engine owns it, or may",
}
#: Why a strategy may not decide any more.
HALT_CODES = {
    STRATEGY_RAISED: "a callback raised",
    STRATEGY_STATE: "it holds what no snapshot can store",
    "STRATEGY_QUARANTINED": "the process ended twice within it at the same event",
}
#: Why a request never left its client, or came back without a venue's word.
CLIENT_CODES = {
    JOURNAL_FULL: "there is no room for the record of it, so only what closes or protects leaves",
    RATE_LIMITED: "the venue allows no more requests for a while; nothing reached matching",
    NOT_SENT: "no connection took it: nothing left",
    UNSUPPORTED: "the venue, or the library that speaks to it, would make another order of it than was meant",
    books.UNKNOWN_SYMBOL: "the venue does not list the instrument",
    "ENDED": "the order that was to change has ended",
    alpaca.WITHDRAWN: "it was cancelled before it, or its next part, was sent",
    alpaca.MADE_WAY: "cancelled so that another order of ours may go, which the venue would take for a wash trade",
    client.READ_ONLY: "this connector shows positions alone and can not say what became of an order",
    supported.TYPE_NOT_SUPPORTED: "the venue has no order of this type here",
    supported.TIF_NOT_SUPPORTED: "the venue has no such time in force for it",
    supported.FLAG_NOT_SUPPORTED: "the venue has no such flag for it",
    requests.NO_PRICE: "its price is missing",
    requests.LOT_MISSING: "a hedging account closes a position that is named, and no lot is",
    requests.EXITS_NOT_LINKED: "an account that nets links no orders: its exits are to be held here",
    "ID_TOO_LONG": "its name is longer than the venue keeps",
}
#: Why a venue says no, where it says so in words that users meet: its name begins the text of the report.
ALPACA_NAMES = {
    "ACCOUNT_BLOCKED": "the account may not trade; the text is the venue's word for why",
    WASH_TRADE: "it would meet an order of one's own",
    "HELD_FOR_ORDERS": "what it would sell is held by other orders",
    "BUYING_POWER": "there is not enough buying power for it",
    "BALANCE": "there is not enough of it in the account",
    "MINIMUM_COST": "it is worth less than the venue's smallest order",
    CLOSING_ONLY: "the account may only close",
    "SHORT": "it may not be sold short",
    "PERMISSION": "the key may not do that",
    "SUSPENDED": "its owner suspended trading in the account",
    "PATTERN_DAY_TRADING": "it would be one day trade too many for the account's equity",
    "PRICE_INCREMENT": "a price has finer steps than the venue takes",
    "NOT_TRADABLE": "the asset is not traded, or not there",
}
#: What became of orders and positions of MetaTrader.
MT5_CODES = {
    guards.LOT_UNKNOWN: "there is no such position to close, or its ticket is not known",
    guards.SLOT_TAKEN: "a position has one stop and one target, and this one is there already",
    guards.PART_OF_POSITION: "a position's stop or target closes all of it, and this order would close a part",
    guards.POSITION_CLOSED: "the position it guards or would close is not open",
    guards.REMOVED: "somebody took it away at the terminal",
    changes.PARTLY_FILLED: "a lot is one position, so what has filled in part keeps its terms",
    "NOT_PENDING": "an order at the market has no terms that could change",
    "TICKET_UNKNOWN": "the venue's ticket of the order is not known",
    lookup.NOT_FOUND_YET: "it is not shown now, and is looked up on",
    "NO_SUCCESS": "an answer of no success without a refusal: looked up",
    "ANSWER_LOST": "the answer was lost: looked up",
    "TOO_LONG": "its history has more pages than are read",
    answers.UNREADABLE: "an answer can not be read",
    books.BAD_RECORD: "a record of the venue has a state or a kind that is not known",
    rounds.DISCONNECTED: "the terminal is not connected",
    rounds.OTHER_ACCOUNT: "the terminal is logged in to another account",
    rounds.OTHER_MODE: "the account nets where it is said to hedge, or the other way",
    rounds.OTHER_CURRENCY: "the account is kept in another currency than is said",
}
#: What a family of codes answers → its codes and what each means.
FAMILIES: dict[str, Mapping[str, str]] = {
    "How a reservation ends before its time": RELEASE_CODES,
    "Why the engine cancels": CANCEL_CODES,
    "Why nothing came of a wish": UNMET_CODES,
    "What an ensemble's validators ask": {
        kind.code: " ".join((kind.__doc__ or "").split()) for kind in VALIDATORS.values()
    },
    "Why a member's vote counts nothing": SILENCES,
    "Why a signal service has no answer": FAILURES,
    "Why an exit moves, ends or comes back": MOVE_CODES,
    "Why trading is stopped or goes on": STATE_CODES,
    "Why a strategy is halted": HALT_CODES,
    "Why a request by hand is not taken": REQUEST_CODES,
    "Why an order that is held here ends": HERE_CODES,
    "Why a balance or a position was taken over": ADJUSTMENT_CODES,
    "Why the simulated exchange refuses or ends an order": {
        **EXCHANGE_CODES, PAPER_ORDERS.no_type: "there is no order of this type",
    },
    "Why a client of a venue refuses": CLIENT_CODES,
    "Why an order can not be stated to Alpaca": ALPACA_CODES,
    "Why Alpaca refuses, where it has a name here": ALPACA_NAMES,
    "Why an order or a question at MetaTrader 5 came to nothing": MT5_CODES,
    "Alarms": ALARMS,
}  # fmt: skip
#: Of what has no words here.
NUMBERS = (
    "A code that is a number, or `HTTP_` and a number, is the venue's own and says what the venue's pages say of it; "
    "its text is the venue's."
)


def meaning(rule: Rule) -> str:
    return " ".join((type(rule).__doc__ or "").split())


def page() -> str:
    """The whole page as Markdown."""
    lines = [
        "# Reasons",
        "",
        HEAD,
        "",
        "| code | station | limit | what is checked | what it says |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {code} | {SIZING} | | {text} | {QUESTIONS[code]} |" for code, text in SIZING_CODES.items()]
    lines += [f"| {code} | change | | {text} | {QUESTIONS[code]} |" for code, text in MODIFY_CODES.items()]
    lines += [f"| {code} | {PICKER} | | {text} | {QUESTIONS[code]} |" for code, text in RESERVATION_CODES.items()]
    lines += [f"| {code} | risk | | {text} | {QUESTIONS[code]} |" for code, text in PARENT_CODES.items()]
    lines += [
        f"| {code} | risk | `{WAITING_LIMIT}` | {text} | {QUESTIONS[code]} |" for code, text in OPENING_CODES.items()
    ]
    for rule in RULES:
        limits = [rule.limit, *(rule.also if rule.switches else ())] if rule.limit else []
        names = ", ".join(f"`{name}`" for name in limits)
        words = REFUSALS.get(rule.code, QUESTIONS[rule.code])
        lines.append(f"| {rule.code} | {rule.station} | {names} | {meaning(rule)} | {words} |")
    lines += ["", "## Changes of a working order", "", "Beside the rules above:", ""]
    lines += ["| code | what is checked |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in MODIFY_CODES.items()]
    for title, codes in FAMILIES.items():
        lines += ["", f"## {title}", "", "| code | because |", "|---|---|"]
        lines += [f"| {code} | {text} |" for code, text in codes.items()]
    return "\n".join([*lines, "", NUMBERS]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
