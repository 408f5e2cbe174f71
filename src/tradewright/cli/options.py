"""Options that more than one command takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewright.model.errors import UsageError

if TYPE_CHECKING:
    from tradewright.model.numbers import Number

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Home = Annotated[
    Path | None, typer.Option("--home", help="Folder of the run (default: $TRADEWRIGHT_HOME, else ./.tradewright).")
]
JournalPath = Annotated[
    Path | None, typer.Option("--journal", help="A journal or run folder (default: the newest run).")
]
DataFiles = Annotated[list[Path] | None, typer.Option("--data", help="Parquet or CSV file; may be given again.")]
Calendars = Annotated[
    list[str] | None,
    typer.Option("--calendar", help="When the data's markets are open: NAME or SYMBOL=NAME; may be given again."),
]
Params = Annotated[
    list[str] | None, typer.Option("--param", "-p", help="Strategy parameter as name=value; may be given again.")
]
Cash = Annotated[str, typer.Option("--cash", help="Money at the start.")]
Currency = Annotated[str, typer.Option("--currency", help="Currency of the account.")]
LimitsFile = Annotated[Path | None, typer.Option("--limits", help="YAML: limits by scope, filter.")]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="YAML or JSON: session, limits, exits, sizing (docs/settings.md).")
]
ConfigFile = Annotated[
    Path, typer.Option("--config", help="YAML: accounts at venues, strategies, limits (docs/configuration.md).")
]
DefaultSizer = Annotated[str, typer.Option("--sizer", help="Of openings that say no size, e.g. risk_percent:0.5.")]
DefaultExits = Annotated[
    list[str] | None,
    typer.Option("--exit", help="Of openings that bring none, e.g. stopLossPercent=2; may be given again."),
]
ReportFolder = Annotated[
    Path | None, typer.Option("--report", help="Folder for report.json, trades.csv, equity.csv, equity.svg.")
]
Shadow = Annotated[bool, typer.Option("--shadow", help="Every signal also trades in a shadow account, and weighs.")]
ShadowOptions = Annotated[
    list[str] | None,
    typer.Option("--shadow-option", help="Of the shadow, e.g. valuePerPosition=10000; may be given again."),
]
Who = Annotated[str | None, typer.Option("--who", help="Who says so (default: the user of this machine).")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.")]


def parameters(pairs: list[str] | None, option: str = "--param") -> dict[str, str]:
    """`name=value` options as a dict. Raises UsageError."""
    found: dict[str, str] = {}
    for pair in pairs or []:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise UsageError(f"{option} {pair!r}: write it as name=value")
        found[name] = value
    return found


def calendars(texts: list[str] | None) -> dict[str, str]:
    """`--calendar` by symbol, "" = of all others. Raises UsageError."""
    found: dict[str, str] = {}
    for text in texts or []:
        symbol, _, name = text.rpartition("=")
        if found.setdefault(symbol, name) != name:
            raise UsageError(f"--calendar {text!r}: {symbol or 'the data'} has the calendar {found[symbol]!r} already")
    return found


def shadow_options(wanted: bool, pairs: list[str] | None) -> dict[str, Number] | None:
    """Options of the shadow path; None = there is none. One that is given asks for it."""
    return dict(parameters(pairs, "--shadow-option")) if wanted or pairs else None


def name_of(who: str | None) -> str:
    """Who decides something: as said, else the user of this machine."""
    from getpass import getuser

    try:
        return who or getuser()
    except (KeyError, OSError) as error:
        raise UsageError("say who decides this: --who NAME") from error
