"""What a person says to a running engine: `kill` and `rearm`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tradewright.cli.options import Home, JournalPath, Json, Reason, Who, name_of
from tradewright.cli.program import app, show

Scope = Annotated[
    str,
    typer.Argument(
        help="all, or one of account:NAME, session:ACCOUNT, owner:NAME, venue:V, strategy:ID, symbol:S, sector:X, "
        "currency:C."
    ),
]


@app.command()
def kill(
    scope: Scope = "all",
    reducing: Annotated[
        bool, typer.Option("--reducing", help="REDUCING: strategies go on, and may only reduce.")
    ] = False,
    close: Annotated[
        bool, typer.Option("--close", help="Close what it holds at the market; needs its engine.")
    ] = False,
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Stop openings in a scope and cancel those that rest, until somebody re-arms it; exits stay possible."""
    from tradewright.model.control import HALTED, REDUCING

    _set_state(scope, REDUCING if reducing else HALTED, who, reason, close, home, journal, as_json)


@app.command()
def rearm(
    scope: Scope = "all",
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Make a scope ACTIVE again, or a strategy that was halted: by a person's name, never by itself."""
    from tradewright.model.control import ACTIVE

    _set_state(scope, ACTIVE, who, reason, False, home, journal, as_json)


def _set_state(
    scope: str, state: int, who: str | None, reason: str, close: bool, home: Path | None, journal: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    from tradewright.app.control import Asked, set_state, text_of_answer
    from tradewright.app.home import journal_folder

    answer = set_state(journal_folder(home, journal), Asked(scope, state, name_of(who), reason, close))
    show(answer, as_json, lambda: text_of_answer(answer))
