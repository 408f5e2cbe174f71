"""The engine's books as answers: each function reads what is there now and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from tradewright.app.api import shapes
from tradewright.app.api.keys import Key
from tradewright.app.limits import canaries_of, configured, set_row, use_row, waiver_row, waivers_of
from tradewright.core.accounts import AccountState
from tradewright.core.engine import Engine
from tradewright.core.ledger import Book, Position
from tradewright.core.limits import LIMITS, Limits
from tradewright.core.orders import OrderState
from tradewright.core.session import scope_of
from tradewright.explain import check_row, filter_row
from tradewright.model.account import CASH, HEDGING
from tradewright.model.control import ACTIVE, HALTED, TRADING_STATES, ModifyJudged
from tradewright.model.correlation import correlation_of
from tradewright.model.decision import Check, Decision
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.moment import moment_text
from tradewright.model.numbers import MONEY_SCALE, decimal_from, quotient, text_of
from tradewright.model.order import ENTRY, ORDER_TYPES, SIDES, TIMES_IN_FORCE
from tradewright.model.order_request import OrderNamed
from tradewright.model.shadow import is_shadow
from tradewright.model.tables import PERFORMANCE, WEIGHTS

if TYPE_CHECKING:
    from tradewright.app.api.desk import Desk

#: The engine's word for an order → the interface's.
STATUSES = {
    "HELD": "new", "SUBMITTED": "new", "ACCEPTED": "new", "UNKNOWN": "new", "PARTIALLY_FILLED": "partially_filled",
    "FILLED": "filled", "CANCELLED": "cancelled", "EXPIRED": "cancelled", "REJECTED": "rejected", "DENIED": "rejected",
    "NOT_FOUND": "rejected",
}  # fmt: skip
#: The engine's word for an order → what whoever asked for it is told; any other: accepted.
_SAID = {
    "HELD": "pending", "SUBMITTED": "pending", "UNKNOWN": "pending", "DENIED": "rejected", "REJECTED": "rejected",
    "NOT_FOUND": "rejected",
}  # fmt: skip
BROKER_ERROR = "BROKER_ERROR"
#: Orders looked at for one page of a list; the page may be shorter then, and its cursor goes on.
LOOKED_AT_MAX = 5_000
#: Decimals of a price that is a mean, and of a percentage.
PRICE_DECIMALS, PERCENT_DECIMALS = 9, 4


def money(count: int | None) -> Decimal | None:
    return None if count is None else decimal_from(count, MONEY_SCALE)


# ── accounts and positions ─────────────────────────────────────────────────────────────────────────────────────────


def buying_power(account: AccountState) -> int | None:
    """What openings may still be worth, money of the account's currency; None = a price or a rate is missing."""
    terms = account.terms
    free = account.free(terms.currency)
    if free is None:
        return None
    return max(0, free) * (1 if terms.kind == CASH else terms.leverage)


def account_shape(engine: Engine, account: AccountState) -> shapes.Account:
    terms = account.terms
    state = max(engine.states.get(scope, ACTIVE) for scope in scopes_of(account))
    ready = account.link is None or account.link.ready
    return shapes.Account(
        account_id=terms.name, equity=money(account.equity()),
        cash=decimal_from(account.ledger.cash[terms.name].get(terms.currency, 0), MONEY_SCALE),
        buying_power=money(buying_power(account)), daytrade_count=None, pattern_day_trader=None,
        trading_blocked=state != ACTIVE or not ready, account_blocked=state == HALTED, currency=terms.currency,
        venue=terms.venue, owner=terms.owner, kind=terms.kind, mode=terms.mode, ready=ready,
        trading_state=TRADING_STATES[state],
    )  # fmt: skip


def scopes_of(account: AccountState) -> list[str]:
    """The scopes whose trading state holds for all of an account."""
    terms = account.terms
    return ["all", f"owner:{terms.owner}", f"venue:{terms.venue}", f"account:{terms.name}", scope_of(terms.name)]


def positions_of(account: AccountState) -> list[shapes.Position]:
    """What is held, by symbol; of a hedging account each side for itself."""
    found = [
        position_shape(account, position, side, size)
        for position in account.positions
        for side, size in ((1, position.long_size), (-1, position.short_size))
        if account.terms.mode == HEDGING and size
    ]
    if account.terms.mode != HEDGING:
        found = [
            position_shape(account, one, 1 if one.net > 0 else -1, abs(one.net)) for one in account.positions if one.net
        ]
    return sorted(found, key=lambda one: (one.symbol, one.side))


def position_shape(account: AccountState, position: Position, side: int, size: int) -> shapes.Position:
    instrument = position.instrument
    lots = [
        lot for book in account.books if book.instrument is instrument for lot in book.lots if lot.side == side
    ]  # fmt: skip
    held = sum(lot.size for lot in lots)
    price = account.marks.marks[instrument.index].price()
    paid = sum(lot.size * lot.price_units for lot in lots)
    entry = quotient(paid, held * 10**instrument.price_scale, PRICE_DECIMALS) if held else None
    value = price * size * instrument.money_factor if price > 0 else None
    # Two strategies may hold opposite sides of one netting position: what is shown is what their lots make.
    gain = None
    if price > 0:
        gain = sum(
            lot.side * (price - lot.price_units) * lot.size * instrument.money_factor
            for book in account.books
            if book.instrument is instrument
            for lot in book.lots
            if account.terms.mode != HEDGING or lot.side == side
        )
    cost = paid * instrument.money_factor
    percent = quotient(gain * 100, cost, PERCENT_DECIMALS) if gain is not None and cost else None
    return shapes.Position(
        symbol=instrument.symbol, quantity=decimal_from(size, instrument.size_scale),
        side="long" if side > 0 else "short", average_entry_price=entry,
        current_price=decimal_from(price, instrument.price_scale) if price > 0 else None,
        market_value=money(None if value is None else side * value), unrealized_pnl=money(gain),
        unrealized_pnl_percent=percent, account=account.terms.name, currency=instrument.quote,
    )  # fmt: skip


# ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def order_shape(engine: Engine, state: OrderState) -> shapes.Order:
    order = state.order
    price, size = order.instrument.price_scale, order.instrument.size_scale
    average = None
    if state.filled:
        average = quotient(state.value, state.filled * 10**price, PRICE_DECIMALS)
    status = STATUSES[state.status]
    if status == "new" and state.filled:
        status = "partially_filled"
    return shapes.Order(
        order_id=order.id, symbol=order.instrument.symbol, side=SIDES[order.side],
        quantity=decimal_from(order.quantity, size), filled_quantity=decimal_from(state.filled, size),
        status=status, average_price=average, created_at=moment_text(order.time), updated_at=moment_text(newest(state)),
        account=order.account, strategy_id=order.strategy, type=ORDER_TYPES[order.type],
        time_in_force=TIMES_IN_FORCE[order.time_in_force],
        limit_price=decimal_from(order.limit_units, price) if order.limit_units else None,
        stop_price=decimal_from(order.stop_units, price) if order.stop_units else None,
        role=order.role, state=state.status, outcome_unknown=state.has_unknown(), code=state.code, reason=state.text,
        decision_id=order.decision, correlation_id=correlation_of(order), broker_order_id=state.venue_id or None,
        client_order_id=engine.client_ids.name_of(order.id) or None,
    )  # fmt: skip


def submitted(
    state: OrderState, named: OrderNamed | None, order_ids: list[str], made: Decision | None
) -> shapes.Submitted:
    """An order as the answer to whoever asked for it. named: where it has a name; made: its decision, where it is
    remembered."""
    order = state.order
    status = _SAID.get(state.status, "accepted")
    refused = state.status == "REJECTED"
    return shapes.Submitted(
        order_id=order.id, status=status, created_at=moment_text(order.time),
        client_order_id=None if named is None else named.client_id, outcome_unknown=state.has_unknown(),
        code=BROKER_ERROR if refused else state.code if status == "rejected" else "",
        reason=": ".join(part for part in (state.code, state.text) if part) if refused else "",
        decision_id=order.decision, correlation_id=correlation_of(order),
        checks=None if made is None else checks(made.checks, made.instrument),
        order_ids=order_ids,
    )  # fmt: skip


def modified(judged: ModifyJudged, here: bool, instrument: Instrument) -> shapes.Modified:
    """here: the order is held here, so that it has its new terms at once."""
    found = judged.verdicts
    price = instrument.price_scale
    granted = "accepted" if here else "pending"
    return shapes.Modified(
        order_id=judged.order_id, status=granted if judged.approved else "rejected",
        code=next((check.code for check in found if not check.passed), ""),
        quantity=decimal_from(judged.quantity, instrument.size_scale),
        limit_price=decimal_from(judged.limit_units, price) if judged.limit_units else None,
        stop_price=decimal_from(judged.stop_units, price) if judged.stop_units else None,
        checks=checks(found, instrument),
    )  # fmt: skip


def newest(state: OrderState) -> int:
    """When it was decided, asked for or ended last, ns UTC."""
    return max(state.order.time, state.time_request, state.time_ended)


def ids_named(engine: Engine, seen: Iterable[str], client_id: str) -> list[str]:
    """Of the orders that are remembered, those that a caller's name stands for in the accounts `seen`, the oldest
    first."""
    found = (engine.client_ids.ids_of(name, client_id) for name in seen)
    ids = dict.fromkeys(id for one in found for id in one if id in engine.orders)
    return sorted(ids, key=lambda id: engine.orders[id].order.time)


def orders_page(
    engine: Engine, seen: Iterable[str], status: str, symbol: str, limit: int, after: str, among: list[str] | None
) -> tuple[list[OrderState], str | None]:
    """Orders of the accounts `seen`, the newest first, from behind `after` on; and the cursor of the next page. among:
    of these alone, None = of all. Raises InputError for a cursor whose order is not known (any more)."""
    accounts = set(seen)
    known = engine.orders if among is None else among
    if after and after not in known:
        raise InputError(f"after: there is no order {after} here (any more); begin the list anew")
    # Of those that work too: the cursor's order may have ended since its page.
    ids: Iterator[str] = reversed(known)
    if after:
        next(id for id in ids if id == after)
    found: list[OrderState] = []
    last = None
    for id in islice(ids, LOOKED_AT_MAX):
        state, last = engine.orders[id], id
        wanted = state.order.account in accounts and symbol in ("", state.order.instrument.symbol)
        if wanted and (status == "all" or state.is_open() == (status == "open")):
            found.append(state)
            if len(found) == limit:
                break
    return found, last if next(ids, None) is not None else None


# ── the ledger ─────────────────────────────────────────────────────────────────────────────────────────────────────


def books_of(accounts: Iterable[AccountState], symbol: str) -> Iterator[Book]:
    return (
        book for account in accounts for book in account.books if symbol in ("", book.instrument.symbol)
    )  # fmt: skip


def lots(books: Iterable[Book]) -> list[shapes.Lot]:
    return [
        shapes.Lot(
            order_id=lot.order_id, trade_id=lot.trade_id, account=book.account, strategy_id=book.strategy,
            symbol=book.instrument.symbol, side=_side(lot.side), quantity=text_of(lot.size, book.instrument.size_scale),
            quantity_opened=text_of(lot.size_open, book.instrument.size_scale),
            price=text_of(lot.price_units, book.instrument.price_scale), opened_at=moment_text(lot.time),
        )
        for book in books
        for lot in book.lots
    ]  # fmt: skip


def fills(books: Iterable[Book], order_id: str, limit: int) -> list[shapes.Fill]:
    """The newest first."""
    booked = ((fill, book) for book in books for fill in book.window if order_id in ("", fill.order_id))
    newest = nlargest(limit, booked, key=lambda pair: (pair[0].time, pair[0].trade_id))
    return [
        shapes.Fill(
            order_id=fill.order_id, trade_id=fill.trade_id, account=book.account, strategy_id=book.strategy,
            symbol=book.instrument.symbol, side=SIDES[fill.side],
            quantity=text_of(fill.size, book.instrument.size_scale),
            price=text_of(fill.price_units, book.instrument.price_scale), filled_at=moment_text(fill.time),
        )
        for fill, book in newest
    ]  # fmt: skip


def matches(books: Iterable[Book], limit: int) -> list[shapes.Match]:
    """The newest first."""
    found = (match for book in books for match in book.matches)
    newest = nlargest(limit, found, key=lambda match: (match.time_close, match.close_trade))
    return [
        shapes.Match(
            account=match.account, strategy_id=match.strategy, symbol=match.instrument.symbol, side=_side(match.side),
            quantity=text_of(match.size, match.instrument.size_scale), open_order_id=match.open_order,
            open_price=text_of(match.open_units, match.instrument.price_scale), opened_at=moment_text(match.time_open),
            close_order_id=match.close_order,
            close_price=text_of(match.close_units, match.instrument.price_scale),
            closed_at=moment_text(match.time_close), pnl=text_of(match.pnl, MONEY_SCALE),
            currency=match.instrument.quote,
        )
        for match in newest
    ]  # fmt: skip


def _side(side: int) -> Any:
    return "long" if side > 0 else "short"


def bar_shape(bar: Bar) -> shapes.Bar:
    scale = bar.instrument.price_scale
    return shapes.Bar(
        opened_at=moment_text(bar.time_open), closed_at=moment_text(bar.time), open=text_of(bar.open_units, scale),
        high=text_of(bar.high_units, scale), low=text_of(bar.low_units, scale), close=text_of(bar.close_units, scale),
        volume=text_of(bar.volume_units, bar.instrument.size_scale),
    )  # fmt: skip


# ── decisions and limits ───────────────────────────────────────────────────────────────────────────────────────────


def decision_shape(decision: Decision) -> shapes.Decision:
    said = filter_row(decision)
    return shapes.Decision(
        decision_id=decision.id, correlation_id=correlation_of(decision.orders[0]), time=moment_text(decision.time),
        order_id=decision.orders[0].id,
        account=decision.account, strategy_id=decision.strategy, symbol=decision.instrument.symbol,
        approved=decision.approved, reason=decision.reason, checks=checks(decision.checks, decision.instrument), **said,
    )  # fmt: skip


def checks(found: Iterable[Check], instrument: Instrument) -> list[shapes.Check]:
    rows = [check_row(check, instrument) for check in found]
    return [
        shapes.Check(
            code=row["code"], station=row["station"], passed=row["passed"], value=row["value"], limit=row["limit"],
            text=row["text"], scope=row.get("scope", ""), limit_version=row.get("limitVersion", 0),
        )
        for row in rows
    ]  # fmt: skip


def limit_set(scope: str, limits: Limits) -> shapes.LimitSet:
    return msgspec.convert(set_row(scope, limits), shapes.LimitSet)


def limits_shape(desk: Desk, key: Key) -> shapes.Limits:
    """Of the scopes a key sees: one that is bound to accounts sees those of these alone."""
    engine = desk.engine
    names = list(desk.accounts(key))
    own = [scope for name in names for scope in (f"account:{name}", scope_of(name))]

    def shown(scope: str) -> bool:
        return not is_shadow(scope.removeprefix("account:")) and (not key.accounts or scope.partition("/")[0] in own)

    none = Limits()
    return shapes.Limits(
        limits={
            scope: {name: configured(name, limits.get(name)) for name in LIMITS if limits.has(name)}
            for scope, limits in sorted(engine.gate.limits.items())
            if shown(scope)
        },
        off={name: engine.gate.limits.get(f"account:{name}", none).off() for name in names},
        utilisation=[
            msgspec.convert(use_row(use, engine), shapes.Use) for use in engine.utilisation() if shown(use.scope)
        ],
        sets=[limit_set(scope, limits) for scope, limits in sorted(engine.gate.limits.items()) if shown(scope)],
        canaries=[] if key.accounts else msgspec.convert(canaries_of(engine), list[shapes.Canary]),
        waivers=[
            msgspec.convert(waiver_row(waiver), shapes.Waiver) for waiver in waivers_of(engine) if shown(waiver.scope)
        ],
    )  # fmt: skip


def weights_shape(engine: Engine, seen: Sequence[str]) -> shapes.Weights:
    """Where the strategies of the shadowed account stand, if it is one of those `seen`."""
    board = engine.board
    tables = {} if board is None or board.terms.account not in seen else board.tables()
    return shapes.Weights(
        performance=msgspec.convert(tables.get(PERFORMANCE, []), list[shapes.Performed]),
        weights=msgspec.convert(tables.get(WEIGHTS, []), list[shapes.Weight]),
    )  # fmt: skip


# ── how it is ──────────────────────────────────────────────────────────────────────────────────────────────────────


def ready(desk: Desk) -> bool:
    """Every account can be used."""
    return desk.owns() and all(account.link is None or account.link.ready for account in desk.engine.accounts.values())


def health(desk: Desk, mode: Any) -> shapes.Health:
    engine, well = desk.engine, desk.connected.live.failure is None
    checks: dict[str, Any] = {"journal": "connected" if well else "disconnected"}
    if desk.tables is not None:
        checks["database"] = "connected" if desk.tables.well else "disconnected"
    if desk.events is not None:
        checks["eventBus"] = "connected" if desk.events.well else "disconnected"
    if desk.config.block.leases is not None:
        checks["leases"] = "connected" if desk.owns() else "disconnected"
    flow = all(account.link is None or account.link.up for account in engine.accounts.values())
    checks["websocket"] = "connected" if flow else "disconnected"
    for name, account in engine.accounts.items():
        if not is_shadow(name):
            up = account.link is None or account.link.ready
            before = checks.get(account.terms.venue, "connected")
            checks[account.terms.venue] = before if up else "disconnected"
    entries = [hold.order for hold in engine.holds.holds.values() if hold.order.role == ENTRY]
    newest = (engine.orders[id] for id in islice(reversed(engine.orders), LOOKED_AT_MAX))
    real = (state for state in newest if not is_shadow(state.order.account))
    sent = next((state.order.time for state in real if state.status not in ("DENIED", "HELD")), 0)
    held = [one for account in engine.accounts.values() for one in account.positions if one.long_size or one.short_size]
    return shapes.Health(
        status="unhealthy" if not well else "healthy" if ready(desk) else "degraded", checks=checks,
        last_order_at=moment_text(sent) if sent else None,
        open_positions=len([one for one in held if not is_shadow(one.account)]),
        pending_orders=len([one for one in entries if not is_shadow(one.account)]), mode=mode,
        event_bus_lag=desk.events_lag(),
    )  # fmt: skip


def link_shape(account: AccountState) -> shapes.Reconciliation:
    link = account.link
    return shapes.Reconciliation(
        account=account.terms.name, up=link is None or link.up, ready=link is None or link.ready, in_house=link is None,
        checked_at=moment_text(link.checked) if link is not None and link.checked else None,
        failures=0 if link is None else link.failures,
        differences=[
            shapes.Difference(what=what, since=moment_text(since))
            for what, (_, since) in ({} if link is None else link.seen).items()
        ],
    )  # fmt: skip


# ── exposure ───────────────────────────────────────────────────────────────────────────────────────────────────────


def exposure_shape(found: dict[str, Any]) -> shapes.ExposureStatus:
    """What `Blotter.exposures` says."""
    everything = found["global"]
    return shapes.ExposureStatus(
        success=True,
        symbols=[
            shapes.Exposure(
                symbol=row["symbol"], long_count=row["longCount"], short_count=row["shortCount"],
                total_count=row["totalCount"], estimated_risk_amount=_decimal(row["estimatedRiskAmount"]),
                risk_known=row["riskKnown"], last_updated=row["lastUpdated"],
            )
            for row in found["symbols"]
        ],
        everything=shapes.GlobalExposure(
            total_open_trades=everything["totalOpenTrades"],
            total_estimated_risk_amount=_decimal(everything["totalEstimatedRiskAmount"]),
            risk_known=everything["riskKnown"], last_updated=everything["lastUpdated"],
        ),
    )  # fmt: skip


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
