"""Writes the tables of docs/websocket.md: channels, events and ends of a socket, from their declarations."""

from __future__ import annotations

import re
from pathlib import Path

from tradewright.app.api.messages import CHANNELS, CLOSES, EVENTS

PAGE = Path(__file__).parent.parent / "docs" / "websocket.md"
PRICES = "| `prices:SYMBOL` | bid, ask and mark, as they are when the frame is made: the last value wins |"


def page() -> str:
    """The whole page as Markdown: what is there, with its tables anew."""
    channels = [f"| `{name}` | {meaning} |" for name, meaning in CHANNELS.items()]
    events = [
        f"| `{type}` | {f'`{kind.also}`' if kind.also else ''} | {', '.join(kind.channels)} | {kind.data.__name__} | "
        f"{kind.meaning} |"
        for type, kind in EVENTS.items()
    ]
    closes = [f"| {code} | {text} |" for code, text in CLOSES.items()]
    text = PAGE.read_text()
    for head, rows in (("channel", [*channels, PRICES]), ("type", events), ("code", closes)):
        table = re.compile(rf"(^\| {head} \|.*\n\|[-|]+\n)(?:\|.*\n)*", re.MULTILINE)
        text, found = table.subn(lambda match, rows=rows: match[1] + "\n".join(rows) + "\n", text)  # type: ignore[misc]
        assert found == 1, head
    return text


if __name__ == "__main__":
    PAGE.write_text(page())
