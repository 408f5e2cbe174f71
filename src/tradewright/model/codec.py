"""Every event as one JSON row and back: the form of the journal.

A row is the event's kind followed by its fields; integers of any size are exact. An instrument is its index, so that
decoding needs the list of those that are listed by then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tradewright.model import event as kinds
from tradewright.model.account_snapshot import (
    AccountSnapshot,
    ConnectionChanged,
    PositionMoved,
    PositionSplit,
    SnapshotFailed,
)
from tradewright.model.answer import failed_from, received_from
from tradewright.model.at_open import OpeningJudged
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.command import Approved, Cancel, Query, Replace, Submit
from tradewright.model.control import (
    AccountSeen,
    Alarm,
    CashMoved,
    CloseRequested,
    DayRolled,
    ExitMoved,
    ExitPlanned,
    ExitTriggered,
    LagMeasured,
    LimitsExpired,
    LimitsSet,
    LimitWaived,
    ModifyJudged,
    OrderAdopted,
    ProtectRequested,
    RulesChanged,
    SessionStopped,
    Started,
    StrategyHalted,
    Timer,
    TradingStateChanged,
    TradingStateSet,
)
from tradewright.model.decision import Check, Decision
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.errors import JournalDamaged
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth, Quote, QuoteBar, Trade
from tradewright.model.notice import InstrumentStatus, Located
from tradewright.model.order import Order
from tradewright.model.order_request import ModifyRequested, OrderNamed, OrderRequested
from tradewright.model.recalled import OrderRecalled
from tradewright.model.reconciliation import BalanceAdjusted, LotsTransferred, PositionAdjusted, Reconciled
from tradewright.model.report import Fill, FillPrice, Replaced, Report
from tradewright.model.reservation import (
    Released,
    ReleaseRequested,
    ReservationExpired,
    ReserveRequested,
    reserved_from,
)
from tradewright.model.score import ShadowMatched, StrategiesWeighed, StrategyScored
from tradewright.model.session_set import SessionSet
from tradewright.model.signal import signal_from
from tradewright.model.slice import Sliced
from tradewright.model.unmet import WishUnmet
from tradewright.model.vote import vote_from
from tradewright.model.withheld import RequestWithheld

_MARKET: dict[int, Callable[..., Event]] = {
    kinds.BAR: Bar,
    kinds.QUOTE_BAR: QuoteBar,
    kinds.QUOTE: Quote,
    kinds.TRADE: Trade,
}
#: Kinds whose row is their constructor's arguments.
_PLAIN: dict[int, Callable[..., Event]] = {
    kinds.FILLED: Fill,
    kinds.REPLACED: Replaced,
    kinds.FILL_PRICE: FillPrice,
    kinds.STARTED: Started,
    kinds.CASH_MOVED: CashMoved,
    kinds.TRADING_STATE_SET: TradingStateSet,
    kinds.RULES_CHANGED: RulesChanged,
    kinds.TIMER: Timer,
    kinds.CLOSE_REQUESTED: CloseRequested,
    kinds.ORDER_ADOPTED: OrderAdopted,
    kinds.PROTECT_REQUESTED: ProtectRequested,
    kinds.LIMITS_SET: LimitsSet,
    kinds.LIMIT_WAIVED: LimitWaived,
    kinds.LAG_MEASURED: LagMeasured,
    kinds.ACCOUNT_SEEN: AccountSeen,
    kinds.INSTRUMENT_STATUS: InstrumentStatus,
    kinds.LOCATED: Located,
    kinds.CONNECTION_CHANGED: ConnectionChanged,
    kinds.ACCOUNT_SNAPSHOT: AccountSnapshot,
    kinds.SNAPSHOT_FAILED: SnapshotFailed,
    kinds.REQUEST_WITHHELD: RequestWithheld,
    kinds.POSITION_SPLIT: PositionSplit,
    kinds.POSITION_MOVED: PositionMoved,
    kinds.CANCEL_REQUESTED: CancelRequested,
    kinds.WISH_UNMET: WishUnmet,
    kinds.ORDER_RECALLED: OrderRecalled,
    kinds.RECONCILED: Reconciled,
    kinds.BALANCE_ADJUSTED: BalanceAdjusted,
    kinds.POSITION_ADJUSTED: PositionAdjusted,
    kinds.LOTS_TRANSFERRED: LotsTransferred,
    kinds.CANCEL: Cancel,
    kinds.REPLACE: Replace,
    kinds.QUERY: Query,
    kinds.STRATEGY_HALTED: StrategyHalted,
    kinds.ALARM: Alarm,
    kinds.TRADING_STATE_CHANGED: TradingStateChanged,
    kinds.DAY_ROLLED: DayRolled,
    kinds.EXIT_TRIGGERED: ExitTriggered,
    kinds.LIMITS_EXPIRED: LimitsExpired,
    kinds.EXIT_PLANNED: ExitPlanned,
    kinds.EXIT_MOVED: ExitMoved,
    kinds.MODIFY_JUDGED: ModifyJudged,
    kinds.OPENING_JUDGED: OpeningJudged,
    kinds.RESERVE_REQUESTED: ReserveRequested,
    kinds.RELEASE_REQUESTED: ReleaseRequested,
    kinds.ORDER_REQUESTED: OrderRequested,
    kinds.MODIFY_REQUESTED: ModifyRequested,
    kinds.SESSION_SET: SessionSet,
    kinds.DECISION_REQUESTED: DecisionRequested,
    kinds.ORDER_NAMED: OrderNamed,
    kinds.RELEASED: Released,
    kinds.RESERVATION_EXPIRED: ReservationExpired,
    kinds.SESSION_STOPPED: SessionStopped,
    kinds.SHADOW_MATCHED: ShadowMatched,
    kinds.STRATEGY_SCORED: StrategyScored,
    kinds.STRATEGIES_WEIGHED: StrategiesWeighed,
    kinds.SLICED: Sliced,
}
#: Kinds whose row names an instrument by its index.
_LISTED: dict[int, Callable[[Sequence[Any], list[Instrument]], Event]] = {
    kinds.SIGNAL: signal_from,
    kinds.SIGNAL_RECEIVED: received_from,
    kinds.SIGNAL_FAILED: failed_from,
    kinds.VOTE: vote_from,
    kinds.RESERVED: reserved_from,
}


def encode(event: Event) -> bytes:
    """The event as one JSON array."""
    return msgspec.json.encode(event.row())


class Decoder:
    """Decodes rows in the order they were written.

    instruments: by index, the caller's own list; it may grow while decoding goes on. order_of: the terms of an order
    decided in an earlier record, which a Submit names by id; KeyError for one that is not known.
    """

    def __init__(self, instruments: list[Instrument], order_of: Callable[[str], Order]) -> None:
        self.instruments = instruments
        self.order_of = order_of
        self.orders: dict[str, Order] = {}

    def decode(self, record: bytes) -> Event:
        """The event of a record. Raises JournalDamaged for a row that is none."""
        try:
            row = msgspec.json.decode(record)
            return self._event(row[0], row[1:])
        except (msgspec.DecodeError, TypeError, ValueError, LookupError) as error:
            raise JournalDamaged(f"a record is no event: {error}: {record[:120]!r}") from error

    def _event(self, kind: int, row: Sequence[Any]) -> Event:
        market = _MARKET.get(kind)
        if market is not None:
            return market(row[0], self.instruments[row[1]], *row[2:])
        if kind == kinds.DEPTH:
            bids, asks = (tuple((price, size) for price, size in side) for side in row[2:])
            return Depth(row[0], self.instruments[row[1]], bids, asks)
        plain = _PLAIN.get(kind)
        if plain is not None:
            return plain(*row)
        if kinds.ACCEPTED <= kind <= kinds.REPORT_KIND_MAX:
            return Report(kind, *row)
        if kind == kinds.DECISION:
            return self._decision(row)
        listed = _LISTED.get(kind)
        if listed is not None:
            return listed(row, self.instruments)
        if kind == kinds.SUBMIT:
            order = self.orders.pop(row[1], None)
            return Submit(row[0], Approved(self.order_of(row[1]) if order is None else order))
        raise ValueError(f"kind {kind} is not known")

    def _decision(self, row: Sequence[Any]) -> Decision:
        (
            time, id, account, strategy, instrument, approved, orders, checks, reason, inputs, price_units, age, hold,
            hold_currency, sizing, confidence,
        ) = row  # fmt: skip
        made = [Order(item[0], item[1], item[2], self.instruments[item[3]], *item[4:]) for item in orders]
        if approved:
            self.orders.update((order.id, order) for order in made)
        return Decision(
            time, id, account, strategy, self.instruments[instrument], approved, made,
            [Check(*check) for check in checks], reason, tuple((label, value) for label, value in inputs),
            price_units, age, hold, hold_currency, sizing, confidence,
        )  # fmt: skip
