"""Words that others wrote, as a terminal's line: what would move the cursor or change a colour is shown as a code."""

from __future__ import annotations


def printable(line: str) -> str:
    """One line with its control characters, line ends and halves of characters escaped as Python writes them."""
    if line.isprintable():
        return line
    return "".join([letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line])
