"""`tradewright config`: a configuration looked at without a network."""

from __future__ import annotations

import typer

from tradewright.cli.options import ConfigFile, Json
from tradewright.cli.program import app, show

commands = typer.Typer(help="Look at a configuration of the service, without a network.", no_args_is_help=True)
app.add_typer(commands, name="config")


@commands.command()
def check(config: ConfigFile, as_json: Json = False) -> None:
    """Whether the service could begin with it: every key, variable, secret, strategy and limit."""
    from tradewright.app.config import read_config
    from tradewright.app.serving import checked

    found = checked(read_config(config))
    show(found.row(), as_json, found.text)


@commands.command(name="show")
def show_config(config: ConfigFile, as_json: Json = False) -> None:
    """All of it as it would hold, with its defaults; secrets are masked."""
    from tradewright.app.config import read_config
    from tradewright.app.serving import yaml_of

    row = read_config(config).row()
    show(row, as_json, lambda: yaml_of(row))
