"""Writes docs/reasons.md from the rules themselves: every code that can refuse an intent, what it checks and says."""

from __future__ import annotations

from pathlib import Path

from tradewright.core.modify import MODIFY_CODES
from tradewright.core.parents import PARENT_CODES
from tradewright.core.reservations import RESERVATION_CODES
from tradewright.core.risk import Rule
from tradewright.core.sizers import SIZING_CODES
from tradewright.core.stations import RULES
from tradewright.explain import QUESTIONS, REFUSALS
from tradewright.model.command import CANCEL_CODES
from tradewright.model.decision import PICKER, SIZING
from tradewright.model.reservation import RELEASE_CODES
from tradewright.model.unmet import UNMET_CODES

PAGE = Path(__file__).parent.parent / "docs" / "reasons.md"
HEAD = (
    "Every intent leaves a decision with the checks of every station, whether an order came of it or not. This page "
    "lists every code that can refuse one, in the order in which the rules are asked; it is written by "
    "`scripts/reasons_page.py` from the rules."
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
    for rule in RULES:
        limits = [rule.limit, *(rule.also if rule.switches else ())] if rule.limit else []
        names = ", ".join(f"`{name}`" for name in limits)
        words = REFUSALS.get(rule.code, QUESTIONS[rule.code])
        lines.append(f"| {rule.code} | {rule.station} | {names} | {meaning(rule)} | {words} |")
    lines += ["", "## Changes of a working order", "", "Beside the rules above:", ""]
    lines += ["| code | what is checked |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in MODIFY_CODES.items()]
    lines += ["", "## How a reservation ends before its time", "", "| code | because |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in RELEASE_CODES.items()]
    lines += ["", "## Why the engine cancels", "", "| code | because |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in CANCEL_CODES.items()]
    lines += ["", "## Why nothing came of a wish", "", "| code | because |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in UNMET_CODES.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
