"""Orders and positions of any time: what left the engine's memory is told by its journal."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import Query, Response

from tradewright.app.api import shapes
from tradewright.app.api.child import said_by
from tradewright.app.api.keys import READ
from tradewright.app.api.past import ORDERS, POSITIONS, SENSELESS, Wanted
from tradewright.app.api.problem import Problem
from tradewright.app.api.reads import PageSize
from tradewright.app.api.route import AnyAccount, Ask, Asking, Routes, Symbol
from tradewright.app.home import JOURNAL
from tradewright.model.moment import moment_of

ROUTES = Routes()
Moment = Annotated[str, Query(max_length=40, description="ISO 8601 with its zone.")]
Cursor = Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{0,64}$", description="The cursor of the page before.")]


@ROUTES.add("GET", "/api/v1/orders/history", READ, shapes.Orders)
async def orders_history(
    ask: Ask,
    since: Moment = "",
    until: Moment = "",
    limit: PageSize = 100,
    after: Cursor = "",
    symbol: Symbol = "",
    account: AnyAccount = "",
) -> Response:
    """Orders of any time, as they stand now, the newest first; by when they were decided."""
    return await _told(ask, ORDERS, since, until, limit, after, symbol, account)


@ROUTES.add("GET", "/api/v1/positions/history", READ, shapes.EndedPositions)
async def positions_history(
    ask: Ask,
    since: Moment = "",
    until: Moment = "",
    limit: PageSize = 100,
    after: Cursor = "",
    symbol: Symbol = "",
    account: AnyAccount = "",
) -> Response:
    """Positions that were closed, the newest first; by when they were."""
    return await _told(ask, POSITIONS, since, until, limit, after, symbol, account)


async def _told(
    ask: Asking, what: str, since: str, until: str, limit: int, after: str, symbol: str, account: str
) -> Response:
    seen = [one.terms.name for one in ask.accounts(account)]
    begin, end = (moment_of(since, "since") if since else 0), (moment_of(until, "until") if until else 2**63 - 1)
    wanted = Wanted(what, seen, symbol, begin, end, limit, after)
    if ask.desk.explaining.locked():
        raise Problem("BUSY", "the journal is being read for another", retry=1)
    async with ask.desk.explaining:
        head = ask.desk.connected.live.journal.head.sequence
        await ask.desk.durable()
        text = msgspec.json.encode(wanted).decode()
        ended, said = await said_by("tradewright.app.api.past", str(ask.desk.folder / JOURNAL), str(head), text)
    if ended == SENSELESS:
        raise Problem("INVALID_REQUEST", "after: there is nothing by that cursor; begin the list anew")
    if ended:
        raise Problem("NOT_FOUND", "the journal's begin is not there any more")
    return Response(said, media_type="application/json")
