"""What can be read."""

from __future__ import annotations

import json
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from tradewright.app.api import books, door, shapes
from tradewright.app.api.child import said_by
from tradewright.app.api.desk import BARS_KEPT, DECISIONS_KEPT
from tradewright.app.api.keys import READ
from tradewright.app.api.problem import Problem
from tradewright.app.api.route import OPEN, AccountName, AnyAccount, Ask, Asking, Routes, Symbol, told
from tradewright.app.build import build
from tradewright.app.home import JOURNAL
from tradewright.core.client_ids import PATTERN
from tradewright.core.setup import StrategySpec
from tradewright.model.control import TRADING_STATES
from tradewright.model.moment import moment_of, moment_text
from tradewright.model.shadow import is_shadow

ROUTES = Routes()
MODE = build()["mode"]
ID = r"^[A-Za-z0-9-]{1,64}$"
CALLED = rf"^({PATTERN})?$"
PageSize = Annotated[int, Query(ge=1, le=500, description="At most so many.")]
OrderId = Annotated[str, Path(pattern=ID)]


# ── how it is ──────────────────────────────────────────────────────────────────────────────────────────────────────


@ROUTES.add("GET", "/health", OPEN, shapes.Health)
async def health(request: Request) -> Response:
    """How the service is; 503 where the journal can not be written."""
    found = books.health(request.app.state.desk, MODE)
    return told(found, 503 if found.status == "unhealthy" else 200)


@ROUTES.add("GET", "/health/live", OPEN, shapes.Alive)
async def live() -> Response:
    """That the process answers."""
    return told(shapes.Alive(status="alive"))


@ROUTES.add("GET", "/health/ready", OPEN, shapes.Alive)
async def ready(request: Request) -> Response:
    """Whether every account can be used; 503 until it can."""
    desk = request.app.state.desk
    good = books.ready(desk) and desk.connected.live.failure is None
    return told(shapes.Alive(status="ready" if good else "starting"), 200 if good else 503)


@ROUTES.add("GET", door.NEAR, READ)
async def metrics(request: Request) -> Response:
    """Figures for Prometheus, of all accounts; told to the machine itself without a key, unless a proxy asks for it."""
    key = request.state.key
    if key is not None and key.accounts:
        raise Problem("FORBIDDEN", "these are figures of all accounts, and the key is bound to some")
    return Response(request.app.state.desk.metrics.text(), media_type=CONTENT_TYPE_LATEST)


# ── accounts and positions ─────────────────────────────────────────────────────────────────────────────────────────


@ROUTES.add("GET", "/api/v1/accounts", READ, shapes.Accounts)
async def accounts(ask: Ask) -> Response:
    """Every account that the key sees."""
    engine = ask.desk.engine
    return await ask.tell(shapes.Accounts(accounts=[books.account_shape(engine, one) for one in ask.accounts("")]))


@ROUTES.add("GET", "/api/v1/account", READ, shapes.Account)
async def account(ask: Ask, account: AccountName = "") -> Response:
    """One account."""
    return await ask.tell(books.account_shape(ask.desk.engine, ask.account(account)))


@ROUTES.add("GET", "/api/v1/positions", READ, shapes.Positions)
async def positions(ask: Ask, account: AccountName = "") -> Response:
    """What an account holds, and what it is worth."""
    found = ask.account(account)
    return await ask.tell(
        shapes.Positions(
            positions=books.positions_of(found), total_equity=books.money(found.equity()),
            buying_power=books.money(books.buying_power(found)),
        )
    )  # fmt: skip


@ROUTES.add("GET", "/api/v1/positions/{symbol}", READ, shapes.Position)
async def position(
    ask: Ask,
    symbol: str,
    account: AccountName = "",
    side: Annotated[Literal["", "long", "short"], Query(description="Of a hedging account that holds both.")] = "",
) -> Response:
    """What an account holds of one symbol."""
    held = [one for one in books.positions_of(ask.account(account)) if one.symbol == symbol and side in ("", one.side)]
    if not held:
        raise Problem("NOT_FOUND", "position")
    if len(held) > 1:
        raise Problem("INVALID_REQUEST", "both sides are held: say which one by ?side=")
    return await ask.tell(held[0])


# ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@ROUTES.add("GET", "/api/v1/orders", READ, shapes.Orders)
async def orders(
    ask: Ask,
    status: Annotated[Literal["open", "closed", "all"], Query(description="open: those that may still fill.")] = "all",
    limit: PageSize = 100,
    after: Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{0,64}$", description="The cursor of the page before.")] = "",
    symbol: Symbol = "",
    account: AnyAccount = "",
    client_order_id: Annotated[
        str,
        Query(alias="clientOrderId", pattern=CALLED, description="Those alone that their caller has given this name."),
    ] = "",
) -> Response:
    """Orders, the newest first; those that ended more than 24 hours ago are in the journal alone. A page may be shorter
    than its limit and have a cursor all the same."""
    seen = [one.terms.name for one in ask.accounts(account)]
    engine = ask.desk.engine
    named = books.ids_named(engine, seen, client_order_id) if client_order_id else None
    found, cursor = books.orders_page(engine, seen, status, symbol, limit, after, named)
    return await ask.tell(shapes.Orders(orders=[books.order_shape(engine, one) for one in found], next_cursor=cursor))


@ROUTES.add("GET", "/api/v1/orders/{order_id}", READ, shapes.Order)
async def order(ask: Ask, order_id: OrderId) -> Response:
    """One order of the last 24 hours, or one that works."""
    state = ask.desk.engine.orders.get(order_id)
    if state is None or state.order.account not in ask.desk.accounts(ask.key):
        raise Problem("NOT_FOUND", "order")
    return await ask.tell(books.order_shape(ask.desk.engine, state))


# ── the ledger ─────────────────────────────────────────────────────────────────────────────────────────────────────


@ROUTES.add("GET", "/api/v1/lots", READ, shapes.Lots)
async def lots(ask: Ask, account: AnyAccount = "", symbol: Symbol = "") -> Response:
    """What is open, lot by lot, of each strategy."""
    return await ask.tell(shapes.Lots(lots=books.lots(books.books_of(ask.accounts(account), symbol))))


@ROUTES.add("GET", "/api/v1/fills", READ, shapes.Fills)
async def fills(
    ask: Ask,
    account: AnyAccount = "",
    symbol: Symbol = "",
    order_id: Annotated[str, Query(alias="orderId", pattern=r"^[A-Za-z0-9-]{0,64}$")] = "",
    limit: PageSize = 100,
) -> Response:
    """Fills, the newest first: of each strategy in each symbol the last 128 at least. Older ones are in the journal."""
    found = books.books_of(ask.accounts(account), symbol)
    return await ask.tell(shapes.Fills(fills=books.fills(found, order_id, limit)))


@ROUTES.add("GET", "/api/v1/matches", READ, shapes.Matches)
async def matches(ask: Ask, account: AnyAccount = "", symbol: Symbol = "", limit: PageSize = 100) -> Response:
    """Closed pieces of lots with their P&L, the newest first: those of the fills that are listed."""
    found = books.books_of(ask.accounts(account), symbol)
    return await ask.tell(shapes.Matches(matches=books.matches(found, limit)))


# ── the market ─────────────────────────────────────────────────────────────────────────────────────────────────────


@ROUTES.add("GET", "/api/v1/bars/{symbol}", READ, shapes.Bars)
async def bars(ask: Ask, symbol: str, limit: PageSize = 100) -> Response:
    if symbol not in ask.desk.engine.symbols:
        raise Problem("NOT_FOUND", "symbol")
    found = islice(reversed(ask.desk.bars.get(symbol, ())), limit)
    return await ask.tell(shapes.Bars(symbol=symbol, bars=[books.bar_shape(bar) for bar in found]))


bars.__doc__ = f"""Bars of a symbol as strategies have heard them, the newest first: the last {BARS_KEPT} since the
process began."""


# ── why ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@ROUTES.add("GET", "/api/v1/decisions", READ, shapes.Decisions)
async def decisions(
    ask: Ask,
    account: AnyAccount = "",
    symbol: Symbol = "",
    refused: Annotated[bool, Query(description="Those alone that became no order.")] = False,
    limit: PageSize = 100,
) -> Response:
    seen = {one.terms.name for one in ask.accounts(account)}
    found = (
        one
        for one in reversed(ask.desk.decisions)
        if one.account in seen and symbol in ("", one.instrument.symbol) and not (refused and one.approved)
    )
    return await ask.tell(shapes.Decisions(decisions=[books.decision_shape(one) for one in islice(found, limit)]))


decisions.__doc__ = f"""Decisions with every check, the newest first: the last {DECISIONS_KEPT:,} since the process
began. Any other is explained."""


@ROUTES.add("GET", "/api/v1/explain", READ)
async def explain(
    ask: Ask,
    symbol: Annotated[str, Query(min_length=1, max_length=64)],
    at: Annotated[
        str,
        Query(
            min_length=1,
            max_length=40,
            description="A moment, ISO 8601 with its zone.",
            json_schema_extra={"format": "date-time"},
        ),
    ],
) -> Response:
    """The last decision or signal on a symbol at or before a moment, as `tradewright explain --json` has it."""
    if symbol not in ask.desk.engine.symbols:
        raise Problem("NOT_FOUND", "symbol")
    moment = moment_text(moment_of(at, "at"))
    return await _explained(ask, [f"--symbol={symbol}", f"--at={moment}"])


@ROUTES.add("GET", "/api/v1/explain/{order_id}", READ)
async def explain_order(ask: Ask, order_id: OrderId) -> Response:
    """Why an order was sent, or was not, and all that became of it, as `tradewright explain --json` has it."""
    return await _explained(ask, ["--", order_id])


async def _explained(ask: Asking, wanted: list[str]) -> Response:
    """Asked of a process of its own: a story folds the whole journal, and the engine is not to wait for that."""
    if ask.desk.explaining.locked():
        raise Problem("BUSY", "another story is being told", retry=1)
    async with ask.desk.explaining:
        await ask.desk.durable()
        journal = f"--journal={ask.desk.folder / JOURNAL}"
        ended, said = await said_by("tradewright", "explain", "--json", journal, *wanted)
    if ended:
        raise Problem("NOT_FOUND", "decision")
    if _account_of(ask, json.loads(said)) not in ask.desk.accounts(ask.key):
        raise Problem("NOT_FOUND", "decision")
    return Response(said, media_type="application/json")


def _account_of(ask: Asking, story: dict[str, Any]) -> str:
    """Whose it is: a story says it, of a mere signal its strategy does."""
    of = {spec.id: spec.account for spec in ask.desk.specs}
    return str(story.get("account") or of.get(story["strategy"], ""))


# ── limits, states, strategies ─────────────────────────────────────────────────────────────────────────────────────


@ROUTES.add("GET", "/api/v1/limits", READ, shapes.Limits)
async def limits(ask: Ask) -> Response:
    """What is set, what is off, and how much of each limit is used now."""
    return await ask.tell(books.limits_shape(ask.desk, ask.key))


@ROUTES.add("GET", "/api/v1/states", READ, shapes.States)
async def states(ask: Ask) -> Response:
    """What is stopped, and by whom; a key that is bound to accounts sees what holds for all of one of them."""
    engine, key = ask.desk.engine, ask.key
    seen = ask.desk.accounts(key)
    own = {scope for one in seen.values() for scope in books.scopes_of(one)}
    found = [
        shapes.State(scope=scope, state=TRADING_STATES[state], cause=engine.causes[scope])
        for scope, state in sorted(engine.states.items())
        if scope in own or not (key.accounts or is_shadow(scope.removeprefix("account:")))
    ]
    strategies = {spec.id for spec in ask.desk.specs if spec.account in seen}
    halted = {id: why for id, why in sorted(engine.halted.items()) if id in strategies or not key.accounts}
    return await ask.tell(shapes.States(states=found, halted_strategies=halted))


@ROUTES.add("GET", "/api/v1/strategies", READ, shapes.Strategies)
async def strategies(ask: Ask) -> Response:
    """The strategies of the accounts that the key sees."""
    seen, halted = ask.desk.accounts(ask.key), ask.desk.engine.halted
    weights = {one.strategy_id: one for one in books.weights_shape(ask.desk.engine, list(seen)).weights}
    found = [
        _strategy(spec, halted.get(spec.id), weights.get(spec.id)) for spec in ask.desk.specs if spec.account in seen
    ]
    return await ask.tell(shapes.Strategies(strategies=found))


@ROUTES.add("GET", "/api/v1/strategies/weights", READ, shapes.Weights)
async def weights(ask: Ask) -> Response:
    """What the strategies of a shadowed account have made there, and what each weighs by that; nothing before a day has
    ended, and where no account has a shadow."""
    return await ask.tell(books.weights_shape(ask.desk.engine, list(ask.desk.accounts(ask.key))))


def _strategy(spec: StrategySpec, halted: str | None, weight: shapes.Weight | None) -> shapes.Strategy:
    return shapes.Strategy(
        id=spec.id, strategy=spec.ref, account=spec.account, symbols=list(spec.symbols),
        parameters=dict(spec.parameters), code_hash=spec.code_hash, params_hash=spec.params_hash,
        member_of=spec.ensemble, decide_on=spec.decide_on, halted=halted,
        weight=weight,
    )  # fmt: skip


@ROUTES.add("GET", "/api/v1/reconciliation", READ, shapes.Reconciliations)
async def reconciliation(ask: Ask) -> Response:
    """How each account compares with its venue."""
    found = [books.link_shape(one) for one in ask.accounts("")]
    return await ask.tell(shapes.Reconciliations(accounts=found))


@ROUTES.add("GET", "/api/v1/status/exposure", READ, shapes.ExposureStatus)
async def exposure(ask: Ask, account: AccountName = "") -> Response:
    """Open trades and what they risk, by symbol and in all, over every account of the owner."""
    found = ask.desk.engine.exposures(ask.account(account).terms.owner)
    return await ask.tell(books.exposure_shape(found))
