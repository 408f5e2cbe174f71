"""`tradewright faults`."""

from __future__ import annotations

from typing import Annotated

import typer

from tradewright.cli.options import Json
from tradewright.cli.program import FAILED, app, show
from tradewright.model.errors import UsageError


@app.command()
def faults(
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="How many seeds.")] = 20,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The first of them.")] = 1,
    venue: Annotated[
        list[str] | None, typer.Option("--venue", help="May be given again; default: all of them.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Whole engine, venue clients and simulated venues in virtual time, with faults between them and an auditor.

    Exit code 1 where an invariant broke; from 200 seeds on also where a kind of fault never struck at a venue, or an
    edge of the order table was never taken.
    """
    from tradewright.app.extras import check_installed

    check_installed("a fault run")
    from tradewright.prove.fault_run import run
    from tradewright.prove.world import STANDS

    venues = venue or list(STANDS)
    for name in venues:
        if name not in STANDS:
            raise UsageError(f"there are no fault runs at {name!r}; there are at {', '.join(STANDS)}")
    found = run(venues, range(seed, seed + seeds))
    show(found.row(), as_json, found.text)
    if found.failed:
        raise typer.Exit(FAILED)
