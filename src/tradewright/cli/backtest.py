"""`tradewright backtest`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewright.cli.options import (
    Calendars,
    Cash,
    Currency,
    DataFiles,
    DefaultExits,
    DefaultSizer,
    Json,
    LimitsFile,
    Params,
    ReportFolder,
    SettingsFile,
    Shadow,
    ShadowOptions,
    calendars,
    parameters,
    shadow_options,
)
from tradewright.cli.program import FAILED, app, fail, show, usage
from tradewright.model.errors import InputError, UsageError

if TYPE_CHECKING:
    from tradewright.app.settings import Settings
    from tradewright.backtest.counterfactual import Blocked
    from tradewright.backtest.data import Dataset
    from tradewright.backtest.report import Report
    from tradewright.backtest.run import Result, RunOptions
    from tradewright.backtest.strategy_source import Specified

Strategies = Annotated[
    list[str], typer.Argument(metavar="STRATEGY...", help="Built-in names or file.py:Class, in one account.")
]
SLIPPAGE = "ticks:COUNT, bps:RATE (of the price), volume_share:IMPACT or sqrt:IMPACT."
LATENCY = "Of a command on its way: constant:MS or lognormal:MS:SIGMA, in milliseconds."
PARTIAL = "How an order fills in parts: volume:SHARE (of a bar's volume) or random:PROBABILITY."
QUEUE = "Where a resting limit stands at its price: front, trades, power:EXPONENT or log."


@app.command()
def backtest(
    strategies: Strategies,
    data: DataFiles = None,
    param: Params = None,
    cash: Cash = "100000",
    currency: Currency = "USD",
    kind: Annotated[str, typer.Option("--kind", help="cash or margin.")] = "margin",
    mode: Annotated[str, typer.Option("--mode", help="netting or hedging.")] = "netting",
    leverage: Annotated[int, typer.Option("--leverage", min=1, max=1000)] = 1,
    fill: Annotated[str, typer.Option("--fill", help="next_open, next_close, this_close, touch[:path].")] = "next_open",
    fee: Annotated[str, typer.Option("--fee", help="e.g. bps:10, per_share:0.005:min=1, maker_taker:…")] = "none",
    slippage: Annotated[str, typer.Option("--slippage", help=SLIPPAGE)] = "none",
    latency: Annotated[str, typer.Option("--latency", help=LATENCY)] = "none",
    partial: Annotated[str, typer.Option("--partial", help=PARTIAL)] = "none",
    queue: Annotated[str, typer.Option("--queue", help=QUEUE)] = "none",
    limit: Annotated[list[str] | None, typer.Option("--limit", help="Risk limit, name=value; repeatable.")] = None,
    limits_file: LimitsFile = None,
    settings_file: SettingsFile = None,
    owner: Annotated[str, typer.Option("--owner", help="Whose the account is (default: its own).")] = "",
    sizer: DefaultSizer = "",
    exits: DefaultExits = None,
    from_: Annotated[str | None, typer.Option("--from", help="First label (ISO 8601).")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last label (ISO 8601; a date includes that day).")] = None,
    symbols: Annotated[str | None, typer.Option("--symbols", help="Only these, comma-separated.")] = None,
    stamp: Annotated[str, typer.Option("--stamp", help="What a bar's label means: open or close.")] = "open",
    period: Annotated[str | None, typer.Option("--period", help="Length of a bar, e.g. 1m (default: found).")] = None,
    adjust: Annotated[str | None, typer.Option("--adjust", help="A factor, or a factor file.")] = None,
    calendar: Calendars = None,
    max_gap: Annotated[str | None, typer.Option("--max-gap", help="Longest gap that is no error, e.g. 3d.")] = None,
    final: Annotated[str, typer.Option("--final", help="mark_close or close_at_last_open.")] = "mark_close",
    convention: Annotated[str, typer.Option("--convention", help="Of the statistics.")] = "tradewright",
    seed: Annotated[int, typer.Option("--seed", help="Of the exchange's random draws.")] = 1,
    report: ReportFolder = None,
    without: Annotated[bool, typer.Option("--counterfactual", help="What each rule blocked and cost.")] = False,
    journal: Annotated[Path | None, typer.Option("--journal", help="Folder for its records, for explain.")] = None,
    shadow: Shadow = False,
    shadow_option: ShadowOptions = None,
    as_json: Json = False,
) -> None:
    """Run strategies over recorded data; every convention is named."""
    from tradewright.app.limits_file import scopes_of
    from tradewright.app.settings import configured
    from tradewright.backtest.counterfactual import counterfactual
    from tradewright.backtest.data import ReadOptions, load
    from tradewright.backtest.report import report as report_of
    from tradewright.backtest.run import ACCOUNT, RunOptions, check_options, fee_estimate_of
    from tradewright.performance.convention import convention_of
    from tradewright.sim.models import Models

    check_inputs(strategies, data, param)
    settings = configured(settings_file, ACCOUNT, owner)
    scopes = settings.beside(scopes_of(limits_file, settings.owner), strategies, parameters(limit, "--limit"))
    with usage():
        models = Models(fee=fee, slippage=slippage, latency=latency, partial=partial, fill=fill, queue=queue)
        reading = ReadOptions(
            symbols=symbols.split(",") if symbols else None, from_=from_, to=to, stamp=stamp, period=period,
            adjust=factor_or_file(adjust), max_gap=max_gap, calendars=calendars(calendar),
        )  # fmt: skip
        options = RunOptions(
            cash=cash, currency=currency, kind=kind, mode=mode, leverage=leverage, owner=settings.owner, scopes=scopes,
            limits=dict(parameters(limit, "--limit")), models=models, fee_estimate=fee_estimate_of(models.fee),
            seed=seed, final=final, keep_decisions=without, shadow=shadow_options(shadow, shadow_option),
            **settings.of_run(sizer, parameters(exits, "--exit")),
        )  # fmt: skip
        check_options(options)
        convention_of(convention)
    dataset = load(data or [], reading)
    specified = heard(strategies, dataset, settings, parameters(param))
    made = report_of(played(specified, dataset, options, journal), convention)
    show_backtest(made, counterfactual(specified, made.result) if without else None, report, as_json)


def check_inputs(strategies: Sequence[str], data: list[Path] | None, param: list[str] | None) -> None:
    """What there is to run, and on what. Raises UsageError."""
    if not data:
        raise UsageError("backtest needs data: add --data FILE")
    if param and len(strategies) > 1:
        raise UsageError(f"--param needs one strategy, not {len(strategies)}; --settings has parameters by strategy")


def heard(refs: Sequence[str], dataset: Dataset, settings: Settings, given: dict[str, str]) -> list[Specified]:
    """Strategies as they are set up, members of ensembles with them. Raises InputError where the data call none of
    their callbacks."""
    from tradewright.backtest.run import ACCOUNT
    from tradewright.backtest.strategy_source import specifications, unheard

    specified: list[Specified] = []
    for ref in refs:
        own = specifications(ref, ACCOUNT, dataset.symbols, settings.parameters(ref, given))
        if why := unheard(own, dataset.kinds):
            raise InputError(why)
        if own[0][0].id in [spec.id for spec, _ in specified]:
            raise UsageError(f"two strategies are called {own[0][0].id}")
        specified += own
    return settings.over(specified)


def played(strategies: Sequence[Specified], dataset: Dataset, options: RunOptions, folder: Path | None) -> Result:
    """A backtest; with a folder its records are journaled there, as those of a session are."""
    from tradewright.app.wiring.journals import FileJournal
    from tradewright.backtest.run import run

    if folder is None:
        return run(strategies, dataset, options)
    with FileJournal(folder) as journal:
        if journal.head.sequence:
            raise InputError(f"--journal {folder} holds the records of another run")
        return run(strategies, dataset, replace(options, journal=journal))


def show_backtest(made: Report, blocked: list[Blocked] | None, folder: Path | None, as_json: bool) -> None:
    """A backtest's report, and what its rules blocked if that was asked for; a halted strategy is a failure."""
    row, lines = made.row(), [made.text()]
    if folder is not None:
        made.write(folder)
        lines.append(f"report in {folder}")
    if blocked is not None:
        row["counterfactual"] = [rule.row() for rule in blocked]
        lines += ["", *([rule.text(made.currency) for rule in blocked] or ["no rule refused anything"])]
    show(row, as_json, lambda: "\n".join(lines))
    if made.result.halted:
        halts = "; ".join(f"strategy {name} was halted: {why}" for name, why in made.result.halted.items())
        fail(halts, FAILED, answered=True)


def factor_or_file(text: str | None) -> Any:
    """`--adjust` is a number or a path."""
    from decimal import Decimal, InvalidOperation

    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return Path(text)
