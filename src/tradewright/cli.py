"""The command line. Every command has `--json` and the exit codes
0 ok · 1 failed (bad data, I/O, locked, second engine) · 2 usage · 3 refused by risk · 4 not ready (it needs an engine
that runs).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from tradewright import __version__
from tradewright.app.printable import printable
from tradewright.model.errors import InputError, NotReady, TradewrightError, UsageError

if TYPE_CHECKING:
    from tradewright.app.picker import PickerAsked
    from tradewright.app.settings import Settings
    from tradewright.app.stance import Stance
    from tradewright.backtest.counterfactual import Blocked
    from tradewright.backtest.data import Dataset
    from tradewright.backtest.report import Report
    from tradewright.backtest.run import Result, RunOptions
    from tradewright.backtest.strategy_source import Specified
    from tradewright.explain import Story
    from tradewright.model.numbers import Number

FAILED, USAGE, REFUSED, NOT_READY = 1, 2, 3, 4
#: Options whose value is a path.
PATHS = ("--home", "--journal", "--data", "--limits", "--settings", "--report")

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="A trading engine that can say for every order, and for every order it did not send, why.",
)  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Home = Annotated[
    Path | None, typer.Option("--home", help="Folder of the run (default: $TRADEWRIGHT_HOME, else ./.tradewright).")
]
JournalPath = Annotated[
    Path | None, typer.Option("--journal", help="A journal or run folder (default: the newest run).")
]
DataFiles = Annotated[list[Path] | None, typer.Option("--data", help="Parquet or CSV file; may be given again.")]
Params = Annotated[
    list[str] | None, typer.Option("--param", "-p", help="Strategy parameter as name=value; may be given again.")
]
Cash = Annotated[str, typer.Option("--cash", help="Money at the start.")]
Currency = Annotated[str, typer.Option("--currency", help="Currency of the account.")]
LimitsFile = Annotated[Path | None, typer.Option("--limits", help="YAML: limits by scope, filter.")]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="YAML or JSON: session, limits, exits, sizing (docs/settings.md).")
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

SLIPPAGE = "ticks:COUNT, bps:RATE (of the price), volume_share:IMPACT or sqrt:IMPACT."
LATENCY = "Of a command on its way: constant:MS or lognormal:MS:SIGMA, in milliseconds."
PARTIAL = "How an order fills in parts: volume:SHARE (of a bar's volume) or random:PROBABILITY."
QUEUE = "Where a resting limit stands at its price: front, trades, power:EXPONENT or log."


def main() -> None:
    """Entry point: errors of ours become one sentence on stderr and their exit code."""
    arguments = sys.argv[1:]
    for stream in (sys.stdout, sys.stderr):
        # A terminal that has not every letter shows another one; it does not end a session.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # `tradewright --data a.parquet b.parquet` reads better than a --data before each; both are taken.
    try:
        check_paths(arguments)
        code = app(args=spread(arguments), standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        fail("interrupted", FAILED)
    except TyperException as error:
        fail(" ".join(error.format_message().split()), USAGE)
    except UsageError as error:
        fail(str(error), USAGE)
    except NotReady as error:
        fail(str(error), NOT_READY)
    except TradewrightError as error:
        fail(str(error), FAILED)
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), FAILED)
    except OverflowError as error:
        fail(f"a number is out of range: {error}", FAILED)
    if code:
        raise SystemExit(code)


def check_paths(arguments: Sequence[str]) -> None:
    """An empty path would be the folder one stands in: a variable that is not set would write there. Raises
    UsageError."""
    for at, argument in enumerate(arguments):
        option, given, value = argument.partition("=")
        if option in PATHS and value == "" and (given or arguments[at + 1 : at + 2] == [""]):
            raise UsageError(f"{option} is given an empty path; . is the folder you stand in")


def fail(sentence: str, code: int, answered: bool = False) -> None:
    """One clear sentence, and the end. answered: its one JSON object was printed already."""
    if "--json" in sys.argv and not answered:
        print(json.dumps({"error": sentence, "exitCode": code}))
    print(f"tradewright: {printable(sentence)}", file=sys.stderr)
    raise SystemExit(code)


@contextmanager
def usage() -> Iterator[None]:
    """What is wrong with an option is wrong with the command line."""
    try:
        yield
    except InputError as error:
        raise UsageError(str(error)) from error


def spread(arguments: list[str]) -> list[str]:
    """`--data a b c` as `--data a --data b --data c`."""
    result: list[str] = []
    after_data = False
    for argument in arguments:
        if argument.startswith("-"):
            after_data = argument == "--data"
            result.append(argument)
            continue
        if after_data and result[-1] != "--data":
            result.append("--data")
        result.append(argument)
    return result


def show(data: dict[str, Any], as_json: bool, text: Callable[[], str]) -> None:
    """Print an answer, as JSON or as text."""
    print(json.dumps(data, ensure_ascii=False) if as_json else "\n".join(map(printable, text().split("\n"))))


def parameters(pairs: list[str] | None, option: str = "--param") -> dict[str, str]:
    """`name=value` options as a dict. Raises UsageError."""
    found: dict[str, str] = {}
    for pair in pairs or []:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise UsageError(f"{option} {pair!r}: write it as name=value")
        found[name] = value
    return found


def shadow_options(wanted: bool, pairs: list[str] | None) -> dict[str, Number] | None:
    """Options of the shadow path; None = there is none. One that is given asks for it."""
    return dict(parameters(pairs, "--shadow-option")) if wanted or pairs else None


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print version and build, then exit.")] = False,
    as_json: Json = False,
) -> None:
    if version:
        from tradewright.app.build import build

        found = build()
        mode = "compiled" if found["compiled"] else "pure Python"
        show({"version": __version__, **found}, as_json, lambda: f"tradewright {__version__} ({mode})")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(USAGE)


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


@app.command()
def backtest(
    strategy: Annotated[str, typer.Argument(help="Built-in name or file.py:Class.")],
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
    """Run a strategy over recorded data; every convention is named."""
    from tradewright.app.limits_file import scopes_of
    from tradewright.app.settings import configured
    from tradewright.backtest.counterfactual import counterfactual
    from tradewright.backtest.data import ReadOptions, load
    from tradewright.backtest.report import report as report_of
    from tradewright.backtest.run import ACCOUNT, RunOptions, check_options, fee_estimate_of
    from tradewright.performance.convention import convention_of
    from tradewright.sim.models import Models

    if not data:
        raise UsageError("backtest needs data: add --data FILE")
    settings = configured(settings_file, ACCOUNT, owner)
    scopes = settings.beside(scopes_of(limits_file, settings.owner), [strategy], parameters(limit, "--limit"))
    with usage():
        models = Models(fee=fee, slippage=slippage, latency=latency, partial=partial, fill=fill, queue=queue)
        reading = ReadOptions(
            symbols=symbols.split(",") if symbols else None, from_=from_, to=to, stamp=stamp, period=period,
            adjust=factor_or_file(adjust), max_gap=max_gap,
        )  # fmt: skip
        options = RunOptions(
            cash=cash, currency=currency, kind=kind, mode=mode, leverage=leverage, owner=settings.owner, scopes=scopes,
            limits=dict(parameters(limit, "--limit")), models=models, fee_estimate=fee_estimate_of(models.fee),
            seed=seed, final=final, keep_decisions=without, shadow=shadow_options(shadow, shadow_option),
            **settings.of_run(sizer, parameters(exits, "--exit")),
        )  # fmt: skip
        check_options(options)
        convention_of(convention)
    dataset = load(data, reading)
    specified = heard(strategy, dataset, settings, parameters(param))
    made = report_of(played(specified, dataset, options, journal), convention)
    show_backtest(made, counterfactual(specified, made.result) if without else None, report, as_json)


def heard(ref: str, dataset: Dataset, settings: Settings, given: dict[str, str]) -> list[Specified]:
    """A strategy as it is set up, its members with it. Raises InputError where the data call none of its callbacks."""
    from tradewright.backtest.run import ACCOUNT
    from tradewright.backtest.strategy_source import specifications, unheard

    specified = specifications(ref, ACCOUNT, dataset.symbols, settings.parameters(ref, given))
    if why := unheard([found for _, found in specified], dataset.kinds):
        raise InputError(why)
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
        story: Story | Stance = story_of(folder, order_id)
    elif order_id is None and symbol is not None and at is not None:
        story = last_story(folder, symbol, time_ns(at, "--at"))
    else:
        raise UsageError("explain wants an order id, or --symbol with --at")
    show(story.row(), as_json, story.text)


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


Scope = Annotated[
    str,
    typer.Argument(
        help="all, or one of account:NAME, owner:NAME, venue:V, strategy:ID, symbol:S, sector:X, currency:C."
    ),
]
Who = Annotated[str | None, typer.Option("--who", help="Who says so (default: the user of this machine).")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.")]


@app.command()
def kill(
    scope: Scope = "all",
    reducing: Annotated[
        bool, typer.Option("--reducing", help="REDUCING: strategies go on, and may only reduce.")
    ] = False,
    close: Annotated[
        bool, typer.Option("--close", help="Close what it holds at the market; needs its engine.")
    ] = False,
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Stop openings in a scope and cancel those that rest, until somebody re-arms it; exits stay possible."""
    from tradewright.model.control import HALTED, REDUCING

    _set_state(scope, REDUCING if reducing else HALTED, who, reason, close, home, journal, as_json)


@app.command()
def rearm(
    scope: Scope = "all",
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Make a scope ACTIVE again, or a strategy that was halted: by a person's name, never by itself."""
    from tradewright.model.control import ACTIVE

    _set_state(scope, ACTIVE, who, reason, False, home, journal, as_json)


def _set_state(
    scope: str, state: int, who: str | None, reason: str, close: bool, home: Path | None, journal: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    from tradewright.app.control import Asked, set_state, text_of_answer
    from tradewright.app.home import journal_folder

    answer = set_state(journal_folder(home, journal), Asked(scope, state, _name(who), reason, close))
    show(answer, as_json, lambda: text_of_answer(answer))


def _name(who: str | None) -> str:
    """Who decides something: as said, else the user of this machine."""
    from getpass import getuser

    try:
        return who or getuser()
    except (KeyError, OSError) as error:
        raise UsageError("say who decides this: --who NAME") from error


Symbol = Annotated[str, typer.Argument(help="What to open.")]
Side = Annotated[str, typer.Option("--side", help="buy or sell.")]
Limit = Annotated[str, typer.Option("--limit", help="Limit price (default: at the market).")]
AccountName = Annotated[str, typer.Option("--account", help="Default: the first one.")]
StrategyName = Annotated[str, typer.Option("--strategy", help="Whose lots they become.")]


@app.command()
def reserve(
    symbol: Symbol,
    id: Annotated[str, typer.Option("--id", help="Name of the reservation, by which an order uses it.")],
    side: Side = "buy",
    size: Annotated[str, typer.Option("--size", help="Keep the money for so much (default: the slot alone).")] = "",
    limit: Limit = "",
    ttl_ms: Annotated[int, typer.Option("--ttl-ms", min=0, help="How long (default: as configured).")] = 0,
    account: AccountName = "",
    strategy: StrategyName = "manual",
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Keep the place of an order that does not exist yet: its slot, and the money for it. Needs its engine."""
    from tradewright.app.picker import ReserveAsked

    asked = ReserveAsked(id, symbol, side, _name(who), size, limit, ttl_ms, account, strategy, reason)
    _ask_picker(asked, home, journal, as_json)


@app.command()
def release(
    id: Annotated[str, typer.Argument(help="Name of the reservation.")],
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Let a reserved place go. Needs its engine."""
    from tradewright.app.picker import ReleaseAsked

    _ask_picker(ReleaseAsked(id, _name(who), reason), home, journal, as_json)


@app.command()
def order(
    symbol: Symbol,
    size: Annotated[str, typer.Option("--size", help="How much.")],
    side: Side = "buy",
    limit: Limit = "",
    reservation: Annotated[str, typer.Option("--reservation", help="In whose place it comes.")] = "",
    account: AccountName = "",
    strategy: StrategyName = "manual",
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Open a position by hand, in a place that was reserved for it or in none. Needs its engine."""
    from tradewright.app.picker import OrderAsked

    asked = OrderAsked(symbol, side, size, _name(who), limit, reservation, account, strategy, reason)
    _ask_picker(asked, home, journal, as_json)


def _ask_picker(asked: PickerAsked, home: Path | None, journal: Path | None, as_json: bool) -> None:
    from tradewright.app.control import ask
    from tradewright.app.home import journal_folder
    from tradewright.app.picker import text_of_answer

    answer = ask(journal_folder(home, journal), asked)
    show(answer, as_json, lambda: text_of_answer(answer))
    if not answer.get("granted", True):
        raise typer.Exit(REFUSED)


@app.command()
def doctor(home: Home = None, as_json: Json = False) -> None:
    """Look at the machine: build, SQLite, disk, locks, the newest journal, and the rules that are off."""
    from tradewright.app.doctor import examine

    findings = examine(home)
    show(findings.row(), as_json, findings.text)
    if not findings.good:
        raise typer.Exit(FAILED)
