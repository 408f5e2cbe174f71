"""The process that follows: it is handed a journal and a database on a line of its standard input, so that no password
is seen in a list of processes, and says on its output how far it has come. It ends when its input does.
"""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tradewright.app.projections.follower import Follower
from tradewright.app.wiring.database import open_store
from tradewright.model.errors import StoreError, StoreMoved, TradewrightError
from tradewright.ports import Store

#: How often the journal is looked at, seconds.
POLL_SECONDS = 0.25
#: Of a sentence: what a driver says may be long, and a line has to fit into the reader.
LETTERS_MAX = 1_000
#: Who trades on this machine comes first.
NICENESS = 5


def follow(
    journal: Path, open_store: Callable[[], Store], say: Callable[..., None], told_to_end: Callable[[], bool]
) -> None:
    """Until told to end, and then once more to the end of the journal. A database that is away is tried again; raises
    InputError and JournalError for what waiting does not mend."""
    store: Store | None = None
    follower: Follower | None = None
    ending = False
    while True:
        try:
            store = store or open_store()
            follower = follower or Follower(journal, store)
            follower.catch_up(lambda sequence: say(sequence=sequence))
        except StoreError as error:
            if isinstance(error, StoreMoved):
                follower = None
            say(down=str(error)[:LETTERS_MAX])
        if ending:
            break
        ending = told_to_end()
    if store is not None:
        store.close()


def main() -> int:
    asked = json.loads(sys.stdin.buffer.readline())
    os.nice(NICENESS)
    try:
        follow(Path(asked["journal"]), lambda: open_store(asked["url"], asked["password"]), _say, _waited)
    except TradewrightError as error:
        _say(refused=str(error)[:LETTERS_MAX])
        return 1
    return 0


def _say(**row: Any) -> None:
    print(json.dumps(row), flush=True)


def _waited() -> bool:
    """Waits a little; whether nobody is there any more."""
    return bool(select.select([sys.stdin.buffer], [], [], POLL_SECONDS)[0])


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        raise SystemExit(main())
