"""`tradewright tables`: what an engine did, in a database."""

from __future__ import annotations

from typing import Annotated

import typer

from tradewright.cli.options import Home, JournalPath, Json
from tradewright.cli.program import app, show

commands = typer.Typer(help="Tell a journal into tables of a database.", no_args_is_help=True)
app.add_typer(commands, name="tables")
Url = Annotated[
    str,
    typer.Option("--url", envvar="TRADEWRIGHT_DATABASE_URL", help="sqlite:///FILE or postgresql://USER@HOST/NAME."),
]


@commands.command()
def rebuild(url: Url, home: Home = None, journal: JournalPath = None, as_json: Json = False) -> None:
    """Forget what the tables hold, and tell them the whole journal again."""
    from tradewright.app.home import journal_folder
    from tradewright.app.projections.follower import rebuild as tell_anew
    from tradewright.app.wiring.database import open_store

    folder = journal_folder(home, journal)
    store = open_store(url)
    try:
        sequence = tell_anew(folder, store)
    finally:
        store.close()
    show({"journal": str(folder), "sequence": sequence}, as_json, lambda: f"{folder}: {sequence} records are told")
