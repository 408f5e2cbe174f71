"""Writes docs/differences.md from the list of differences that the tests hold to what is really so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "differences.md"
LIST = ROOT / "tests" / "seeds" / "differences.yaml"
#: What a difference may come from: its heading, and what that means.
CAUSES = {
    "not built": ("Not built yet", "What is missing, and meant to come."),
    "settled": (
        "Settled otherwise",
        "Where documents disagree, with each other or with what venues and rules have become, it was decided.",
    ),
    "stricter": ("Stricter", "Less is taken, or less is claimed, than was asked for."),
    "other": ("In another form", "The same, by another name or at another place."),
    "more": ("More", "Beyond what was asked for. Whoever knows only that is not disturbed by it."),
}
KINDS = {
    "shapes": "Bodies, answers and events",
    "endpoints": "Addresses",
    "events": "Names of events",
    "metrics": "Metrics and alerts",
    "errors": "Codes",
    "toggles": "Switches",
    "configuration": "Configuration",
    "tables": "Orders, positions, fills: tables",
    "streams": "Tables of streams",
}
HEAD = """\
# Differences

What this program does was asked for in five documents: an execution filter over MetaTrader 5, an order service over
Alpaca, users' sessions with their signals, an engine over Binance, and a streaming platform. Every body, answer, event,
table, metric, code, switch and configuration that they show is kept in `tests/seeds`, and compared by name, type,
default and allowed words with what a running service, its documents, its metrics, a PostgreSQL and the loaded
configuration really say. What is not the same stands here; a difference that is missing here fails a test, and so does
one that is none any more. The page is written by `scripts/differences_page.py` from `tests/seeds/differences.yaml`.

`—`: there is none.
"""


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([HEAD, *_sections(yaml.safe_load(LIST.read_text()))]) + "\n"


def _sections(found: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    for cause, (heading, meaning) in CAUSES.items():
        yield from (f"## {heading}", "", meaning, "")
        for kind, title in KINDS.items():
            groups = [group for group in found[kind] if group["cause"] == cause]
            if groups:
                yield from (f"### {title}", "")
            for group in groups:
                yield from (
                    f"{group['why'][:1].upper()}{group['why'][1:]}:",
                    "",
                    "| | asked for | here |",
                    "|---|---|---|",
                )
                yield from (_row(name, *row) for name, row in group["rows"].items())
                yield ""


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page())
