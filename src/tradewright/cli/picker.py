"""What a person or service asks of a running engine: `reserve`, `release`, `order`, `modify` and `cancel`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tradewright.cli.options import Home, JournalPath, Json, Reason, Who, name_of
from tradewright.cli.program import REFUSED, app, show
from tradewright.model.errors import UsageError

if TYPE_CHECKING:
    from tradewright.app.picker import PickerAsked

Symbol = Annotated[str, typer.Argument(help="What to open.")]
Side = Annotated[Literal["buy", "sell"], typer.Option("--side", help="Of the order.")]
Limit = Annotated[str, typer.Option("--limit", help="Limit price (default: at the market).")]
Stop = Annotated[str, typer.Option("--stop", help="Stop price, at which it becomes an order.")]
Tif = Annotated[
    Literal["day", "gtc", "ioc", "fok", "opg", "cls"] | None,
    typer.Option("--tif", help="How long it works (default: day of shares, else gtc)."),
]
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

    asked = ReserveAsked(id, symbol, side, name_of(who), size, limit, ttl_ms, account, strategy, reason)
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

    _ask_picker(ReleaseAsked(id, name_of(who), reason), home, journal, as_json)


@app.command()
def order(
    symbol: Symbol,
    size: Annotated[str, typer.Option("--size", help="How much.")],
    side: Side = "buy",
    type: Annotated[
        Literal["market", "limit", "stop", "stop_limit"] | None,
        typer.Option("--type", help="Of the order (default: by its prices)."),
    ] = None,
    limit: Limit = "",
    stop: Stop = "",
    tif: Tif = None,
    client_id: Annotated[
        str, typer.Option("--client-id", help="Your own name for it: asked for twice, it is one order.")
    ] = "",
    reduce_only: Annotated[
        bool, typer.Option("--reduce-only", help="It closes what the strategy holds, and opens nothing.")
    ] = False,
    post_only: Annotated[bool, typer.Option("--post-only", help="It rests, or is refused.")] = False,
    extended_hours: Annotated[bool, typer.Option("--extended-hours", help="Outside the session too.")] = False,
    reservation: Annotated[str, typer.Option("--reservation", help="In whose place it comes.")] = "",
    account: AccountName = "",
    strategy: StrategyName = "manual",
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """An order by hand, in a place that was reserved for it or in none. Needs its engine."""
    from tradewright.app.picker import OrderAsked

    asked = OrderAsked(
        symbol, side, size, name_of(who), limit, reservation, account, strategy, reason, type or "", stop, tif or "",
        client_id, reduce_only, post_only, extended_hours,
    )  # fmt: skip
    _ask_picker(asked, home, journal, as_json)


@app.command()
def modify(
    order_id: Annotated[str, typer.Argument(help="Of the order.")],
    size: Annotated[str, typer.Option("--size", help="Its whole size, what is filled of it included.")] = "",
    limit: Annotated[str, typer.Option("--limit", help="Its limit price.")] = "",
    stop: Annotated[str, typer.Option("--stop", help="Its stop price.")] = "",
    tif: Annotated[str, typer.Option("--tif", help="Its time in force: another one than it has is refused.")] = "",
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Other terms for an order that works; what is not said stays, and it stays one order. Needs its engine."""
    from tradewright.app.picker import ModifyAsked

    _ask_picker(ModifyAsked(order_id, name_of(who), size, limit, stop, tif, reason), home, journal, as_json)


@app.command()
def cancel(
    order_id: Annotated[str, typer.Argument(help="This order alone, an exit too (default: openings that fit).")] = "",
    symbol: Annotated[str, typer.Option("--symbol", help="In it alone (default: in all).")] = "",
    side: Annotated[Literal["buy", "sell"] | None, typer.Option("--side", help="Of it alone (default: both).")] = None,
    strategy: Annotated[str, typer.Option("--strategy", help="Of it alone (default: of all).")] = "",
    account: Annotated[str, typer.Option("--account", help="Of it alone (default: of all).")] = "",
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Cancel one order by its id, or the openings at work that fit; nothing is stopped. Needs its engine."""
    from tradewright.app.picker import CancelAsked

    if order_id and (symbol or side or strategy or account):
        raise UsageError("cancel one order by its id, or those that fit: not both")
    asked = CancelAsked(name_of(who), account, strategy, symbol, side or "", reason, order_id)
    _ask_picker(asked, home, journal, as_json)


def _ask_picker(asked: PickerAsked, home: Path | None, journal: Path | None, as_json: bool) -> None:
    from tradewright.app.control import ask
    from tradewright.app.home import journal_folder
    from tradewright.app.picker import text_of_answer

    answer = ask(journal_folder(home, journal), asked)
    show(answer, as_json, lambda: text_of_answer(answer))
    if not answer.get("granted", True):
        raise typer.Exit(REFUSED)
