"""`tradewright mt5-connector`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from tradewright.cli.options import Json
from tradewright.cli.program import app, show
from tradewright.model.errors import UsageError

TOKEN, PASSWORD = "TRADEWRIGHT_MT5_TOKEN", "TRADEWRIGHT_MT5_PASSWORD"


@app.command("mt5-connector")
def mt5_connector(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="On 127.0.0.1; 0 takes a free one.")] = 3030,
    terminal: Annotated[str, typer.Option("--terminal", help="Path of terminal64.exe (default: the installed).")] = "",
    login: Annotated[int, typer.Option("--login", min=0, help="Account number; 0 = as the terminal was left.")] = 0,
    server: Annotated[str, typer.Option("--server", help="The broker's server, with --login.")] = "",
    utc_offset: Annotated[
        str, typer.Option("--utc-offset", help="Of the broker's clock: seconds or a zone (default: from ticks).")
    ] = "",
    symbol: Annotated[
        list[str] | None, typer.Option("--symbol", help="A symbol by the broker's name for it, as XAUUSD=GOLD.m.")
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=0, help="How long; 0 = until interrupted.")] = 0.0,
    as_json: Json = False,
) -> None:
    """A MetaTrader 5 terminal's account by HTTP, for engines that run elsewhere (Windows). The token that clients must
    carry is read from TRADEWRIGHT_MT5_TOKEN, the account's password from TRADEWRIGHT_MT5_PASSWORD."""
    from tradewright.connector.run import HOST, ConnectorOptions, run

    pairs = [given.partition("=") for given in symbol or []]
    if any(not (ours and name) for ours, _, name in pairs):
        raise UsageError("--symbol is written OURS=BROKERS, as XAUUSD=GOLD.m")

    def ready(bound: int) -> None:
        url = f"http://{HOST}:{bound}"
        show({"url": url, "login": login}, as_json, lambda: f"MT5 connector at {url}")
        sys.stdout.flush()  # who started it waits for this line

    options = ConnectorOptions(
        token=os.environ.get(TOKEN, ""), port=port, terminal=terminal, login=login,
        password=os.environ.get(PASSWORD, ""), server=server, utc_offset=utc_offset,
        symbols={ours: name for ours, _, name in pairs}, seconds=seconds,
    )  # fmt: skip
    run(options, ready)
