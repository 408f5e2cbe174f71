"""The program itself: its entry point, what becomes of errors, and what every command shares."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from tradewright import __version__
from tradewright.app.printable import printable
from tradewright.cli.options import Json
from tradewright.model.errors import InputError, LeaseLost, NotReady, TradewrightError, UsageError

FAILED, USAGE, REFUSED, NOT_READY, LEASE_LOST = 1, 2, 3, 4, 5
#: Options whose value is a path.
PATHS = ("--home", "--journal", "--data", "--limits", "--settings", "--report", "--faults", "--config")
app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="A trading engine that can say for every order, and for every order it did not send, why.",
)  # fmt: skip


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
    except LeaseLost as error:
        fail(str(error), LEASE_LOST)
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
