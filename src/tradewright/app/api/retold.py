"""Facts of the past, told by a process of its own: `python -m tradewright.app.api.retold JOURNAL AFTER TO`.

The journal is folded from the newest snapshot at or before AFTER, without strategies, and each fact behind AFTER up to
TO is a line. It ends with 1 where what it needs is not in the journal any more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tradewright.app.api.facts import Fact, facts_of, look
from tradewright.app.recovery import folding
from tradewright.model.errors import JournalError
from tradewright.trader import Trader

_Line = tuple[int, int, str, str, str, msgspec.Raw]
_DECODER = msgspec.json.Decoder(_Line)


def line_of(fact: Fact) -> bytes:
    return msgspec.json.encode((*fact[:-1], msgspec.Raw(fact.content))) + b"\n"


def fact_of(line: bytes) -> Fact:
    """The inverse. Raises msgspec.DecodeError for what is no such line."""
    sequence, place, type, account, scope, content = _DECODER.decode(line)
    return Fact(sequence, place, type, account, scope, bytes(content))


def retold(journal: Path, after: int, to: int) -> Iterator[Fact]:
    """Raises JournalError where the journal can not be trusted, or what is before `after` is not there any more."""
    trader = Trader(None)
    for sequence, event, outputs in folding(journal, trader, lambda why: None, after):
        before = look(trader.engine, event)
        matches = trader.follow(event, outputs)
        if sequence > after:
            yield from facts_of(trader, before, sequence, event, outputs, matches)
        if sequence >= to:
            return


def main(journal: str, after: str, to: str) -> int:
    try:
        for fact in retold(Path(journal), int(after), int(to)):
            sys.stdout.buffer.write(line_of(fact))
        sys.stdout.buffer.flush()
    except JournalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
