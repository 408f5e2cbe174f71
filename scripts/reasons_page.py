"""Writes docs/reasons.md from the rules themselves and from tables of codes: all that is ever given as a reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
    "Alarms": ALARMS,
}


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
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
