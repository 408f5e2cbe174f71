"""`tradewright keys`: who may use the interface of a service."""

from __future__ import annotations

from typing import Annotated

import typer

from tradewright.cli.options import Home, Json
from tradewright.cli.program import app, show

commands = typer.Typer(help="Make, list and revoke keys to the interface of a service.", no_args_is_help=True)
app.add_typer(commands, name="keys")


@commands.command()
def make(
    name: Annotated[str, typer.Argument(help="Whose it is: records name who asked by it.")],
    scope: Annotated[list[str], typer.Option("--scope", help="read, trade, risk, kill, admin; may be given again.")],
    account: Annotated[
        list[str] | None, typer.Option("--account", help="Sees this account alone; may be given again.")
    ] = None,
    user: Annotated[str, typer.Option("--user", help="The user it is of (/trading/USER); else its name.")] = "",
    expires: Annotated[str | None, typer.Option("--expires", help="When it ends, ISO 8601; else never.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make a key. Its text is shown this once and kept nowhere."""
    import time

    from tradewright.app.api.keys import KeyRing
    from tradewright.app.home import home as home_folder
    from tradewright.cli.program import usage
    from tradewright.model.moment import moment_of

    with usage():
        end = moment_of(expires, "--expires") if expires else None
        key, text = KeyRing(home_folder(home)).make(name, scope, time.time_ns(), account or [], end, user)
    show({**key.row(), "key": text}, as_json, lambda: f"{text}\n{_line(key.row())}; it is shown this once")


@commands.command(name="list")
def list_keys(home: Home = None, as_json: Json = False) -> None:
    """Every key there was, without its text."""
    from tradewright.app.api.keys import KeyRing
    from tradewright.app.home import home as home_folder

    rows = [key.row() for key in KeyRing(home_folder(home)).keys().values()]
    show({"keys": rows}, as_json, lambda: "\n".join(map(_line, rows)) or "there is no key")


@commands.command()
def revoke(
    id: Annotated[str, typer.Argument(help="Its id, as `keys list` has it.")], home: Home = None, as_json: Json = False
) -> None:
    """End a key for ever, from the next request on."""
    import time

    from tradewright.app.api.keys import KeyRing
    from tradewright.app.home import home as home_folder

    row = KeyRing(home_folder(home)).revoke(id, time.time_ns()).row()
    show(row, as_json, lambda: _line(row))


def _line(row: dict[str, object]) -> str:
    accounts = ", ".join(row["accounts"]) if isinstance(row["accounts"], list) else ""
    ends = f"revoked {row['revoked']}" if row["revoked"] else f"until {row['expires']}" if row["expires"] else "good"
    scopes = ", ".join(row["scopes"]) if isinstance(row["scopes"], list) else ""
    user = "" if row["user"] == row["name"] else f" (user {row['user']})"
    return f"{row['id']}  {row['name']}{user}: {scopes}; {accounts or 'all accounts'}; {ends}"
