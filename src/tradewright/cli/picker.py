"""What a person or service asks of the picker: `reserve`, `release`, `order` and `cancel`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewright.cli.options import Home, JournalPath, Json, Reason, Who, name_of
from tradewright.cli.program import REFUSED, app, show

if TYPE_CHECKING:
    from tradewright.app.picker import PickerAsked

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

    asked = OrderAsked(symbol, side, size, name_of(who), limit, reservation, account, strategy, reason)
    _ask_picker(asked, home, journal, as_json)


@app.command()
def cancel(
    symbol: Annotated[str, typer.Option("--symbol", help="In it alone (default: in all).")] = "",
    side: Annotated[str, typer.Option("--side", help="buy or sell (default: both).")] = "",
    strategy: Annotated[str, typer.Option("--strategy", help="Of it alone (default: of all).")] = "",
    account: Annotated[str, typer.Option("--account", help="Of it alone (default: of all).")] = "",
    who: Who = None,
    reason: Reason = "",
    home: Home = None,
    journal: JournalPath = None,
    as_json: Json = False,
) -> None:
    """Cancel the openings at work, all or those that fit; exits stay, and nothing is stopped. Needs its engine."""
    from tradewright.app.picker import CancelAsked

    _ask_picker(CancelAsked(name_of(who), account, strategy, symbol, side, reason), home, journal, as_json)


def _ask_picker(asked: PickerAsked, home: Path | None, journal: Path | None, as_json: bool) -> None:
    from tradewright.app.control import ask
    from tradewright.app.home import journal_folder
    from tradewright.app.picker import text_of_answer

    answer = ask(journal_folder(home, journal), asked)
    show(answer, as_json, lambda: text_of_answer(answer))
    if not answer.get("granted", True):
        raise typer.Exit(REFUSED)
