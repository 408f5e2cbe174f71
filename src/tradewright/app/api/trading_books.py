"""Sessions and what is held under them, as answers: each function reads what is there now and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from tradewright.app.api import shapes, trading_shapes
from tradewright.core.accounts import AccountState
from tradewright.core.engine import Engine
from tradewright.core.session import Session
from tradewright.model.exit_plan import PPM_ONE
from tradewright.model.moment import moment_text
from tradewright.model.numbers import MONEY_SCALE, decimal_from
from tradewright.model.order import STOP_LOSS, TAKE_PROFIT, TRAILING_STOP, Order


def session_shape(known: Session) -> trading_shapes.Session:
    return trading_shapes.Session(
        id=known.id, user_id=known.user, status=known.status, settings=_settings(dict(known.settings)),
        started_at=moment_text(known.started), stopped_at=moment_text(known.stopped) if known.stopped else None,
        account=known.account, code=known.code,
    )  # fmt: skip


def _settings(given: Mapping[str, Any]) -> trading_shapes.TradingSettings:
    """As they are told. Those of a configuration may be floats, or texts."""
    known = {field.encode_name for field in msgspec.structs.fields(trading_shapes.TradingSettings)}
    texts = {name: str(value) if isinstance(value, float) else value for name, value in given.items() if name in known}
    return msgspec.convert(texts, trading_shapes.TradingSettings, strict=False)


class Stop(NamedTuple):
    """One that guards something, in price counts. price: where it is reached now; trail: how far behind `best`, the
    best price that was seen since, it follows, 0 = it does not."""

    price: int
    trail: int
    best: int


NO_STOP = Stop(0, 0, 0)


def position(engine: Engine, held: AccountState, shown: shapes.Position) -> trading_shapes.TradingPosition:
    side = 1 if shown.side == "long" else -1
    mine = [book for book in held.books if book.instrument.symbol == shown.symbol]
    oldest = min((lot for book in mine for lot in book.lots if lot.side == side), key=lambda lot: lot.time)
    # First in, first out: what was closed since the oldest lot that is open was closed of this position.
    closed = [
        match.pnl for book in mine for match in book.matches if match.side == side and match.time_close >= oldest.time
    ]
    exits = [hold.order for book in mine for hold in book.exits.values() if hold.order.side == -side]
    stops = [stop for one in exits if one.role == STOP_LOSS and (stop := _stop(engine, one)).price]
    stop = (max if side > 0 else min)(stops, default=NO_STOP)
    targets = [one.limit_units or one.stop_units for one in exits if one.role == TAKE_PROFIT]

    def told(units: int) -> Decimal | None:
        return decimal_from(units, mine[0].instrument.price_scale) if units else None

    return trading_shapes.TradingPosition(
        id=f"{held.terms.name}:{shown.symbol}:{shown.side}", user_id=held.terms.owner, symbol=shown.symbol,
        side=shown.side, entry_price=shown.average_entry_price, quantity=shown.quantity,
        current_price=shown.current_price, unrealized_pnl=shown.unrealized_pnl,
        realized_pnl=decimal_from(sum(closed), MONEY_SCALE), status="open",
        opened_at=moment_text(oldest.time), stop_loss=told(stop.price),
        take_profit=told((min if side > 0 else max)(targets, default=0)), trailing_stop=told(stop.trail),
        high_water_mark=told(stop.best if stop.trail else 0), order_id=oldest.order_id, account=held.terms.name,
        currency=shown.currency,
    )  # fmt: skip


def _stop(engine: Engine, order: Order) -> Stop:
    """What an exit does now, as far as it is known here: at a venue that follows the price by itself it may have seen
    another one. NO_STOP where it has seen none yet."""
    guards = (one for one in engine.guards.values() if order.id == one.exit or order.parent == one.entry != "")
    guard, held = next(guards, None), engine.exits.get(order.id)
    best = held.best if held is not None and held.best else guard.best if guard is not None else 0
    if order.type != TRAILING_STOP:
        return Stop(order.stop_units, 0 if guard is None else guard.plan.trail(best), best)
    trail = order.trail_units or best * order.trail_ppm // PPM_ONE
    return Stop(best + order.side * trail, trail, best) if best else NO_STOP
