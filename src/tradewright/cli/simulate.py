"""`tradewright simulate`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewright.cli.options import DataFiles, Json
from tradewright.cli.program import app, show, usage
from tradewright.model.errors import UsageError

if TYPE_CHECKING:
    from tradewright.app.simulate import Standing


@app.command()
def simulate(
    venue: Annotated[str, typer.Argument(help="alpaca, binance or mt5.")],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="On 127.0.0.1; 0 takes a free one.")] = 0,
    data: DataFiles = None,
    start: Annotated[str, typer.Option("--start", help="What the venue's clock shows at first (default: now).")] = "",
    seconds: Annotated[float, typer.Option("--seconds", min=0, help="How long; 0 = until interrupted.")] = 0.0,
    faults: Annotated[Path | None, typer.Option("--faults", help="A file of what goes wrong (YAML).")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the synthetic market and of the venue's whims.")] = 1,
    as_json: Json = False,
) -> None:
    """A broker's HTTP and WebSocket interface on this machine, with a market behind it: to try clients without one."""
    from tradewright.app.simulate import VENUES, SimulateOptions
    from tradewright.app.simulate import simulate as run
    from tradewright.model.moment import moment_of

    if venue not in VENUES:
        raise UsageError(f"there is no simulator of {venue!r}; there is {', '.join(VENUES)}")
    with usage():
        begins = moment_of(start, "--start") if start else None

    def ready(standing: Standing) -> None:
        show(asdict(standing), as_json, standing.text)
        sys.stdout.flush()  # who started it waits for this line

    options = SimulateOptions(
        venue=venue, port=port, seed=seed, files=data or [], start=begins, seconds=seconds, faults=faults
    )
    run(options, ready)
