"""Writes docs/orders.md from the program's own tables, so that the page can not drift from them."""

from __future__ import annotations

from pathlib import Path

from tradewright.core.life_cycle import diagram
from tradewright.core.limits import LIMITS
from tradewright.core.modify import MODIFY_CODES
from tradewright.core.rules import ORDER_RULES
from tradewright.core.sizers import SIZING_CODES
from tradewright.model.answer import FAILURES
from tradewright.model.command import CANCEL_CODES
from tradewright.model.control import ALARMS
from tradewright.signal.validators import VALIDATORS
from tradewright.signal.vote import SILENCES

PAGE = Path(__file__).parent.parent / "docs" / "orders.md"
UNITS = {
    "money": "account currency",
    "ppm": "percent",
    "ns": "seconds",
    "ms": "milliseconds",
    "share": "a number up to 1",
    "names": "list of names",
    "type": "market or limit",
    "count": "number",
    "quantity": "size",
    "limits": "list of names",
    "flag": "true",
    "minutes": "minutes",
    "price": "price, or `points: N`",
    "ratio": "multiple",
    "symbols": "list of symbols",
    "sessions": "list of {days, from, to, zone}",
    "key": "account or account_strategy",
    "model": "stop_distance or price_distance",
}
FACTS = (
    "An order is three facts: its *stage* climbs and never comes back, what is *filled* is the set of distinct fills, "
    "its *requests* come and go. PARTIALLY_FILLED and FILLED are derived from the fills and beat CANCELLED, EXPIRED "
    "and REJECTED; a request whose outcome is not known shows the order as UNKNOWN."
)
TURN = (
    "An order through zero in a netting account is a close and an opening, each judged by itself. Where the account's "
    "venue takes no reduce-only (Alpaca, netting at MT5) it could not tell which of the two is to close: the opening "
    "stays HELD here with its money and its exits, also over a restart, and goes when its strategy holds nothing on "
    "the other side any more. Where that is still held and nothing closes it any more, it ends (NOT_CLOSED). While it "
    "waits it is cancelled like any opening, and not changed."
)
RULES = (
    "Every rule is asked, also after one refused; an exit is never stopped by a rule on openings. Where a limit is "
    "configured and its value can not be known, openings are refused."
)
CHANGES = (
    "Other terms for a working order are judged by the rules of a new one, those that count orders left out, and by "
    "these."
)
SIZING = (
    "Before the rules an opening gets its size, if it says none (see strategies.md). What can not be known sizes "
    "nothing and refuses with a code of its own, beside those of the rules."
)
VOTING = (
    "An ensemble's vote stands before its signal (see ensembles.md). A ballot counts 0 for one of the first reasons, a "
    "service's also for one of the next; a validator refuses openings."
)

STATES = (
    "A scope is ACTIVE, REDUCING or HALTED: `all`, or one account, owner, venue, strategy, symbol, sector or "
    "currency. Whatever is not ACTIVE opens nothing, and the openings that rest there are cancelled; exits stay "
    "possible. A daily loss limit sets REDUCING until the day ends; what a person set with `kill`, and what an "
    "alarm brought about, only `rearm` ends. The engine itself cancels for these reasons:"
)
ALARMED = "Alarms are journaled and shown on the screen, in the summary, by `explain` and by `replay`."


def page() -> str:
    """The whole page as Markdown."""
    lines = [
        "# Orders",
        "",
        FACTS,
        "",
        TURN,
        "",
        "```mermaid",
        diagram(),
        "```",
        "",
        "## Rules",
        "",
        RULES,
        "",
        "| code | what is checked |",
        "|---|---|",
    ]
    lines += [f"| {rule.code} | {' '.join((type(rule).__doc__ or '').split())} |" for rule in ORDER_RULES]
    lines += ["", "## Sizing", "", SIZING, "", "| code | what is checked |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in SIZING_CODES.items()]
    lines += ["", "## Changes", "", CHANGES, "", "| code | what is checked |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in MODIFY_CODES.items()]
    lines += ["", "## Voting", "", VOTING, "", "| code | what it says |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in (SILENCES | FAILURES).items()]
    lines += [f"| {kind.code} | {' '.join((kind.__doc__ or '').split())} |" for kind in VALIDATORS.values()]
    lines += ["", "## Trading states", "", STATES, "", "| code | why an order is cancelled |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in CANCEL_CODES.items()]
    lines += ["", "## Alarms", "", ALARMED, "", "| code | what it says |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in ALARMS.items()]
    lines += ["", "## Limits", "", "| name | unit | bounds |", "|---|---|---|"]
    lines += [f"| {name} | {UNITS[unit]} | {text} |" for name, (unit, text) in LIMITS.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
