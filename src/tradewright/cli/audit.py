"""`tradewright audit`: what was asked of a service, and whether the log of it is whole."""

from __future__ import annotations

from typing import Annotated

import typer

from tradewright.cli.options import Home, Json
from tradewright.cli.program import FAILED, NOT_READY, app, show

commands = typer.Typer(help="Show and verify the audit log of a service.", no_args_is_help=True)
app.add_typer(commands, name="audit")


@commands.command()
def verify(
    head: Annotated[
        str, typer.Option("--head", help="NUMBER:HASH of a line, as the service said it: the log has to have it.")
    ] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Prove that each line is the one that was written. Ends with 1 and names the first that is not; with 4 where the
    last one was torn, as by a power cut: the next start cuts it off and says so."""
    from tradewright.app.audit import verified
    from tradewright.app.home import home as home_folder

    found = verified(home_folder(home), head)
    row = {"good": not found.wrong, "lines": found.head.number, "head": str(found.head), "wrong": found.wrong,
           "torn": found.torn}  # fmt: skip
    lines = [f"{found.head.number} lines are good, head {found.head}"]
    lines += [found.wrong] * bool(found.wrong)
    lines += [f"behind them {found.torn} bytes of a line that was not finished"] * bool(found.torn)
    show(row, as_json, lambda: "\n".join(lines))
    if found.wrong or found.torn:
        raise typer.Exit(FAILED if found.wrong else NOT_READY)


@commands.command(name="show")
def show_lines(
    last: Annotated[int, typer.Option("--last", min=1, help="So many of the newest lines.")] = 20,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """The newest lines, as they stand."""
    from collections import deque

    from tradewright.app.audit import lines_of
    from tradewright.app.home import home as home_folder

    lines = [line.decode(errors="backslashreplace").rstrip() for line in deque(lines_of(home_folder(home)), last)]
    show({"lines": lines}, as_json, lambda: "\n".join(lines))
