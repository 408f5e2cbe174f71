"""Rows of the histories: each is made of one record, and of what the engine knows of its order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tradewright.app.api.books import decision_shape
from tradewright.core.engine import Engine
from tradewright.core.orders import OrderState
from tradewright.model.control import Alarm
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.lot import Match
from tradewright.model.market import Bar
from tradewright.model.moment import moment_of
from tradewright.model.numbers import MONEY_SCALE, decimal_from, decimal_of
from tradewright.model.order import SIDES
from tradewright.model.report import Fill
from tradewright.model.schema import (
    ACCEPTED,
    ALERTS,
    CHECKS,
    DECISIONS,
    FILLS,
    MATCHED,
    PRICES,
    REPORTS,
    SCORED,
    SHADOWED,
    SIGNAL,
    SIGNALS,
    WEIGHED,
    WEIGHT,
)
from tradewright.model.score import ShadowMatched, StrategiesWeighed, StrategyScored
from tradewright.model.shadow import is_shadow
from tradewright.model.signal import ACTIONS, Signal
from tradewright.model.table import Table
from tradewright.model.tables import match_row, performance_row, weight_rows

#: A table, and a row of it.
Fact = tuple[Table, dict[str, Any]]
MINUTE_NS = 60_000_000_000


def moment(time: int) -> int:
    """As the tables keep it: whole microseconds."""
    return time - time % 1_000


def facts_of(sequence: int, event: Event, engine: Engine) -> list[Fact]:
    """The rows of a record that was folded just now."""
    place = {"sequence": sequence, "part": 0}
    if isinstance(event, Bar):
        return [(PRICES, place | _price(event))] if event.time - event.time_open == MINUTE_NS else []
    if isinstance(event, Decision):
        return [] if is_shadow(event.account) else _decided(sequence, event)
    if isinstance(event, Signal):
        return _said(place, event, engine.run)
    if isinstance(event, Alarm):
        state = engine.orders.get(event.order_id)
        account = None if state is None else state.order.account
        row = {"accountId": account, "code": event.code, "message": event.text, "ts": moment(event.time)}
        return [(ALERTS, place | row)]
    if isinstance(event, ShadowMatched):
        return [(SHADOWED, place | _typed(SHADOWED, match_row(event, engine.symbols[event.symbol])))]
    if isinstance(event, StrategyScored):
        return [(SCORED, _typed(SCORED, performance_row(event)))]
    if isinstance(event, StrategiesWeighed):
        rows = [_typed(WEIGHT, row) for row in weight_rows(event)]
        history: list[Fact] = [(WEIGHED, {"sequence": sequence, "part": part, **row}) for part, row in enumerate(rows)]
        return [*history, *((WEIGHT, row) for row in rows)]
    return []


def filled(sequence: int, fill: Fill, state: OrderState) -> list[Fact]:
    """The rows of a fill that was booked just now."""
    order = state.order
    size = decimal_from(fill.size_units, order.instrument.size_scale)
    price = decimal_from(fill.price_units, order.instrument.price_scale)
    fee = decimal_from(fill.fee, MONEY_SCALE)
    own = {
        "id": f"{order.id}/{fill.trade_id}", "order_id": order.id, "broker_fill_id": fill.trade_id, "quantity": size,
        "price": price, "commission": fee, "commission_currency": fill.fee_currency,
        "filled_at": moment(fill.time_venue), "created_at": moment(fill.time), "sequence": sequence,
    }  # fmt: skip
    report = {
        "sequence": sequence, "part": 0, "accountId": order.account, "orderId": order.id, "fillId": fill.trade_id,
        "symbol": order.instrument.symbol, "side": SIDES[order.side].upper(), "fillQty": size, "fillPrice": price,
        "ts": moment(fill.time_venue), "fees": fee, "feeCurrency": fill.fee_currency, "venue": order.instrument.venue,
    }  # fmt: skip
    return [(FILLS, own), (REPORTS, report)]


def matched(sequence: int, part: int, match: Match) -> Fact:
    """A closed piece, or with a size below zero what undoes one: a late fill has changed the order of matching."""
    price, long = match.instrument.price_scale, match.side > 0
    opened = (match.open_order, decimal_from(match.open_units, price))
    closed = (match.close_order, decimal_from(match.close_units, price))
    (buy, bought), (sell, sold) = (opened, closed) if long else (closed, opened)
    return MATCHED, {
        "sequence": sequence, "part": part, "matchId": match.id, "accountId": match.account,
        "strategyId": match.strategy, "symbol": match.instrument.symbol, "buyOrderId": buy, "sellOrderId": sell,
        "matchedQty": decimal_from(match.size, match.instrument.size_scale), "buyPrice": bought, "sellPrice": sold,
        "realizedPnl": decimal_from(match.pnl, MONEY_SCALE), "currency": match.instrument.quote,
        "matchTimestamp": moment(match.time_close),
    }  # fmt: skip


def _price(bar: Bar) -> dict[str, Any]:
    prices = (bar.close_units, bar.open_units, bar.high_units, bar.low_units)
    price, opened, high, low = (decimal_from(units, bar.instrument.price_scale) for units in prices)
    volume = decimal_from(bar.volume_units, bar.instrument.size_scale)
    return {
        "symbol": bar.instrument.symbol, "ts": moment(bar.time), "price": price, "open": opened, "high": high,
        "low": low, "volume": volume,
    }  # fmt: skip


def _decided(sequence: int, decision: Decision) -> list[Fact]:
    shape, order = decision_shape(decision), decision.orders[0]
    own = {
        "decision_id": decision.id, "decided_at": moment(decision.time), "account_id": decision.account,
        "strategy_id": decision.strategy, "symbol": shape.symbol, "order_id": order.id, "approved": decision.approved,
        "execution_filter_action": shape.execution_filter_action,
        "execution_filter_reasons": msgspec.json.encode(shape.execution_filter_reasons).decode(),
        "reason": decision.reason, "sequence": sequence,
    }  # fmt: skip
    facts: list[Fact] = [(DECISIONS, own)]
    for place, check in enumerate(shape.checks):
        row = {
            "decision_id": decision.id, "place": place, "code": check.code, "station": check.station,
            "passed": check.passed, "value": check.value, "limit_value": check.limit, "text": check.text,
            "scope": check.scope, "limit_version": check.limit_version,
        }  # fmt: skip
        facts.append((CHECKS, row))
    if decision.approved:
        accepted = {
            "sequence": sequence, "part": 0, "accountId": decision.account, "strategyId": decision.strategy,
            "symbol": shape.symbol, "action": ACTIONS[order.side],
            "qty": decimal_from(order.quantity, decision.instrument.size_scale), "ts": moment(decision.time),
            "reason": decision.reason, "decisionId": decision.id,
        }  # fmt: skip
        facts.append((ACCEPTED, accepted))
    return facts


def _said(place: Mapping[str, int], signal: Signal, run: int) -> list[Fact]:
    said = {
        "strategyId": signal.strategy, "symbol": signal.symbol, "timeframe": None, "action": ACTIONS[signal.action],
        "sizeHint": None, "confidence": decimal_of(signal.confidence, "confidence"),
    }  # fmt: skip
    history = {
        **place, **said, "signalTs": moment(signal.time), "reason": signal.reasoning,
        "strategyVersion": signal.strategy_version, "paramsHash": signal.params_hash, "runId": run,
    }  # fmt: skip
    return [(SIGNALS, history), (SIGNAL, {**said, "lastUpdated": moment(signal.time)})]


def _typed(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of texts, as its table has it."""
    kinds = {column.name: column.kind for column in table.columns}
    return {name: _value(value, kinds[name], name) for name, value in row.items()}


def _value(value: Any, kind: str, name: str) -> Any:
    if value is None:
        return None
    if kind == "exact":
        return Decimal(value)
    return moment(moment_of(value, name)) if kind == "moment" else value
