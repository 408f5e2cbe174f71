"""Sessions and what is held under them, as answers: each function reads what is there now and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tradewright.app.api import books, shapes, trading_shapes
from tradewright.core.accounts import AccountState
from tradewright.core.ledger import Book
from tradewright.core.session import Session
from tradewright.model.moment import moment_text
from tradewright.model.numbers import MONEY_SCALE, decimal_from
from tradewright.model.order import STOP_LOSS, TAKE_PROFIT


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


def position(held: AccountState, shown: shapes.Position) -> trading_shapes.TradingPosition:
    side = 1 if shown.side == "long" else -1
    mine = [book for book in held.books if book.instrument.symbol == shown.symbol]
    oldest = min((lot for book in mine for lot in book.lots if lot.side == side), key=lambda lot: lot.time)
    # First in, first out: what was closed since the oldest lot that is open was closed of this position.
    closed = [
        match.pnl for book in mine for match in book.matches if match.side == side and match.time_close >= oldest.time
    ]
    return trading_shapes.TradingPosition(
        id=f"{held.terms.name}:{shown.symbol}:{shown.side}", user_id=held.terms.owner, symbol=shown.symbol,
        side=shown.side, entry_price=shown.average_entry_price, quantity=shown.quantity,
        current_price=shown.current_price, unrealized_pnl=shown.unrealized_pnl,
        realized_pnl=books.plain(decimal_from(sum(closed), MONEY_SCALE)), status="open",
        opened_at=moment_text(oldest.time), stop_loss=_nearest(mine, STOP_LOSS, side),
        take_profit=_nearest(mine, TAKE_PROFIT, side), order_id=oldest.order_id, account=held.terms.name,
        currency=shown.currency,
    )  # fmt: skip


def _nearest(mine: list[Book], role: str, side: int) -> Decimal | None:
    """The price at which the first of the exits of that role is reached, None = there is none."""
    exits = [hold.order for book in mine for hold in book.exits.values()]
    prices = [one.stop_units or one.limit_units for one in exits if one.role == role and one.side == -side]
    if not prices:
        return None
    nearest = max(prices) if (role == STOP_LOSS) == (side > 0) else min(prices)
    return books.plain(decimal_from(nearest, mine[0].instrument.price_scale))
