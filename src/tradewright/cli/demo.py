"""`tradewright demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tradewright.cli.options import (
    Calendars,
    Cash,
    Currency,
    DataFiles,
    DefaultExits,
    DefaultSizer,
    Home,
    Json,
    LimitsFile,
    Params,
    SettingsFile,
    Shadow,
    ShadowOptions,
    calendars,
    parameters,
    shadow_options,
)
from tradewright.cli.program import FAILED, app, fail, show, usage


@app.command()
def demo(
    strategies: Annotated[
        list[str] | None,
        typer.Argument(metavar="[STRATEGY]...", help="Built-in names or file.py:Class (default: four classics)."),
    ] = None,
    data: DataFiles = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0, help="Length of the session; 0 = until interrupted.")
    ] = 60.0,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the synthetic market.")] = 1,
    home: Home = None,
    param: Params = None,
    cash: Cash = "100000",
    currency: Currency = "USD",
    limits_file: LimitsFile = None,
    settings_file: SettingsFile = None,
    sizer: DefaultSizer = "",
    exits: DefaultExits = None,
    calendar: Calendars = None,
    shadow: Shadow = False,
    shadow_option: ShadowOptions = None,
    as_json: Json = False,
) -> None:
    """A live-like session on the paper exchange: no key, no network. The same --home goes on where it ended."""
    from tradewright.app.demo import ACCOUNT, DemoOptions, check_options, chosen_strategies, with_settings
    from tradewright.app.home import home as home_of
    from tradewright.app.home import new_run
    from tradewright.app.limits_file import scopes_of
    from tradewright.app.settings import configured
    from tradewright.app.summary import play
    from tradewright.backtest.data import check_file

    settings = configured(settings_file, ACCOUNT)
    chosen = chosen_strategies(strategies or settings.enabled, dict(parameters(param)))
    chosen = with_settings(chosen, settings, bool(strategies or settings.enabled))
    for file in data or []:
        check_file(str(file))
    scopes = settings.beside(scopes_of(limits_file, settings.owner), [ref for ref, _ in chosen])
    with usage():
        options = DemoOptions(
            settings=settings,
            folder=Path(), seconds=seconds, seed=seed, files=data or [], strategies=chosen, cash=cash,
            currency=currency, scopes=scopes, sizer=sizer or settings.sizer,
            exits={**settings.exits, **parameters(exits, "--exit")}, shadow=shadow_options(shadow, shadow_option),
            calendars=calendars(calendar),
        )  # fmt: skip
        check_options(options)
    folder = options.folder = home_of(home) if home is not None else new_run(None)
    try:
        summary = play(options, quiet=as_json)
    finally:
        if home is None and not any(folder.iterdir()):
            folder.rmdir()
    show(summary.row(), as_json, summary.text)
    if summary.failures:
        fail("; ".join(summary.failures), FAILED, answered=True)
