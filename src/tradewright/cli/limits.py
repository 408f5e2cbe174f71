"""`tradewright limits`: what a person says of the limits of a running engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewright.cli.options import Home, JournalPath, Json, Reason, Who, name_of, parameters
from tradewright.cli.program import app, show, usage
from tradewright.model.errors import UsageError

if TYPE_CHECKING:
    from tradewright.app.limits import LimitsWish, ShownAsked

commands = typer.Typer(help="Set, waive and show the limits of an engine that runs.", no_args_is_help=True)
app.add_typer(commands, name="limits")

Scope = Annotated[str, typer.Argument(help="all, or conditions joined by /: account:NAME, strategy:ID, symbol:S, …")]


@commands.command(name="set")
def set_limits(
    scope: Scope,
    pairs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="The limits that change; KEY=off takes one off."),
    ] = None,
    until: Annotated[
        str, typer.Option("--until", help="When what held before holds again, ISO 8601 (default: never).")
    ] = "",
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Change limits of a scope; without one, end what was set until a moment. Needs its engine."""
    from tradewright.app.limits import LimitsAsked
    from tradewright.app.limits_file import value_of

    with usage():
        limits = {name: None if text == "off" else value_of(text) for name, text in parameters(pairs, "limit").items()}
    _ask(LimitsAsked(scope, limits, name_of(who), _why(reason), until), home, journal, as_json)


@commands.command()
def waive(
    scope: Scope,
    limit: Annotated[str, typer.Argument(help="A limit that the scope's softLimits name.")],
    until: Annotated[str, typer.Option("--until", help="When it ends, ISO 8601, within a day.")],
    second: Annotated[str, typer.Option("--second", help="The other person who says so.")],
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Two persons let pass what a soft limit would refuse. Needs its engine."""
    from tradewright.app.limits import WaiverAsked

    _ask(WaiverAsked(scope, limit, name_of(who), second, _why(reason), until), home, journal, as_json)


@commands.command(name="show")
def show_limits(home: Home = None, journal: JournalPath = None, as_json: Json = False) -> None:
    """What is set, by whom, since and until when, why, and how much of it is used. Needs its engine."""
    from tradewright.app.limits import ShownAsked

    _ask(ShownAsked(name_of(None)), home, journal, as_json)


def _why(reason: str) -> str:
    if not reason.strip():
        raise UsageError("say why, for the record: --reason TEXT")
    return reason


def _ask(asked: LimitsWish | ShownAsked, home: Path | None, journal: Path | None, as_json: bool) -> None:
    from tradewright.app.control import ask
    from tradewright.app.home import journal_folder
    from tradewright.app.limits import text_of_answer

    answer = ask(journal_folder(home, journal), asked)
    show(answer, as_json, lambda: text_of_answer(answer))
