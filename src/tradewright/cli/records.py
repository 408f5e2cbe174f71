"""What a journal tells: `explain`, `assess` and `replay`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewright.cli.options import Home, JournalPath, Json
from tradewright.cli.program import FAILED, app, show
from tradewright.model.errors import UsageError

if TYPE_CHECKING:
    from tradewright.app.in_vain import InVain
    from tradewright.app.stance import Stance
    from tradewright.explain import Story


@app.command()
def explain(
    order_id: Annotated[str | None, typer.Argument(help="Order id.")] = None,
    symbol: Annotated[
        str | None, typer.Option("--symbol", help="With --at: the last decision or signal on this symbol.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", help="A moment, ISO 8601.")] = None,
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Why an order was sent, or was not, or what was thought when none was: signal, checks, path, fills, P&L."""
    from tradewright.app.history import last_story, story_of
    from tradewright.app.home import journal_folder
    from tradewright.backtest.data.options import time_ns

    folder = journal_folder(home, journal)
    if order_id is not None and symbol is None and at is None:
        story: Story | Stance | InVain = story_of(folder, order_id)
    elif order_id is None and symbol is not None and at is not None:
        story = last_story(folder, symbol, time_ns(at, "--at"))
    else:
        raise UsageError("explain wants an order id, or --symbol with --at")
    show(story.row(), as_json, story.text)


@app.command()
def assess(
    begin: Annotated[str | None, typer.Option("--from", help="Begin, ISO 8601.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="End (exclusive), ISO 8601.")] = None,
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """What the controls did: asked, refused, waived, changed, halted, from the journal alone."""
    from tradewright.app.assessment import assessed, text_of
    from tradewright.app.home import journal_folder
    from tradewright.backtest.data.options import time_ns

    span = [None if text is None else time_ns(text, name) for text, name in ((begin, "--from"), (end, "--to"))]
    row = assessed(journal_folder(home, journal), *span)
    show(row, as_json, lambda: text_of(row))


@app.command()
def replay(
    journal: Annotated[Path | None, typer.Argument(help="A journal or run folder (default: the newest run).")] = None,
    to: Annotated[
        int | None, typer.Option("--to", min=1, help="Stop after this record and what belongs to it.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Run the strategies again and compare every output.")
    ] = False,
    tables: Annotated[
        Path | None, typer.Option("--tables", help="Folder for the tables of its shadow path, as CSV.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Fold a journal and print its hashes; with --verify prove that today's code decides the same."""
    from tradewright.app.history import fold, rerun
    from tradewright.app.home import journal_folder
    from tradewright.app.tables import write_tables

    folder = journal_folder(home, journal)
    folded = rerun(folder, to) if verify else fold(folder, to)
    if tables is not None:
        write_tables(folder, tables, to)
    show(folded.row(folder), as_json, lambda: folded.text(folder))
    if folded.differences:
        raise typer.Exit(FAILED)
