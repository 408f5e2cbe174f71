"""What goes over a socket: the events that a client hears, what it may say, and what it is answered.

Events have the names that users of other systems know. Their contents are the answers of the interface over HTTP
wherever there is one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from tradewright.app.api import shapes, trading_shapes
from tradewright.app.api.keys import TOKEN_BYTES_MAX
from tradewright.app.api.shapes import Direction, Shape, Side, TradingState, one_of

ORDERS, FILLS, POSITIONS, ACCOUNT = "orders", "fills", "positions", "account"
DECISIONS, SIGNALS, SYSTEM = "decisions", "signals", "system"
#: What a client may subscribe to, and `prices:SYMBOL`.
CHANNELS = {
    ORDERS: "an order from its way to the venue to its end, its fills included",
    FILLS: "executions alone",
    POSITIONS: "what is held: opened, changed, closed",
    ACCOUNT: "money of an account, after all that moved it",
    DECISIONS: "each intent judged, also those that became no order, with every check",
    SIGNALS: "what strategies say, before anybody has decided what to do about it",
    SYSTEM: "what is stopped and let go, alarms, connections, comparisons, cycles",
}
PRICES = "prices:"
CHANNELS_MAX = 256


# ── events ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Execution(Shape, kw_only=True):
    order_id: str
    symbol: str
    side: Side
    filled_qty: Annotated[Decimal, Meta(description="of this execution")]
    price: Decimal
    timestamp: Annotated[str, Meta(description="by the venue's clock")]
    trade_id: str
    fee: Decimal
    fee_currency: str
    maker: bool
    pnl: Annotated[
        Decimal | None, Meta(description="of what it closed, before fees, in `currency`; null where it closed nothing")
    ]
    currency: str
    order: shapes.Order


class EndedPosition(Shape, kw_only=True):
    symbol: str
    side: Annotated[Direction, Meta(description="that it had")]
    quantity: Annotated[Decimal, Meta(description="0: it is closed")]
    realized_pnl: Annotated[
        Decimal,
        Meta(
            description="of all its pieces since it was opened, before fees, in `currency`; of each strategy as far as "
            "its last 128 fills at least"
        ),
    ]
    opened_at: str | None
    account: str
    currency: str


class Signal(Shape, kw_only=True):
    symbol: str
    action: Annotated[str, one_of("BUY", "SELL", "HOLD")]
    confidence: float
    price: Decimal | None
    reasoning: str
    timestamp: str
    strategy_id: str
    account: str
    metadata: Annotated[dict[str, float | None], Meta(description="the numbers it was decided on")]


class StateChanged(Shape, kw_only=True):
    scope: str
    state: TradingState
    cause: Annotated[str, Meta(description="the person or limit that set it")]
    reason: str


class Alarm(Shape, kw_only=True):
    code: str
    text: str
    order_id: str | None


class StrategyHalted(Shape, kw_only=True):
    strategy_id: str
    code: str
    text: str


class SessionStopped(Shape, kw_only=True):
    account: str
    session_id: str
    code: str
    text: str


class ConnectionChanged(Shape, kw_only=True):
    account: str
    up: bool
    reason: str


class CycleCompleted(Shape, kw_only=True):
    seconds: int
    timestamp: str


class Kind(NamedTuple):
    """One type of event. also: its name in the second system that users know, "" = it has none there."""

    channels: tuple[str, ...]
    data: type[msgspec.Struct]
    meaning: str
    also: str = ""


EXECUTED, HELD, CYCLED = "orderExecuted", "positionUpdate", "tradingCycleComplete"
EVENTS = {
    "trade.order.submitted": Kind((ORDERS,), shapes.Order, "an order is sent to its venue"),
    "trade.order.updated": Kind(
        (ORDERS,), shapes.Order, "accepted, changed, triggered, or what became of a request is not known"
    ),
    "trade.order.partial": Kind((ORDERS, FILLS), Execution, "an execution that leaves some of it open", EXECUTED),
    "trade.order.filled": Kind((ORDERS, FILLS), Execution, "the execution that fills it", EXECUTED),
    "trade.order.cancelled": Kind((ORDERS,), shapes.Order, "cancelled or expired"),
    "trade.order.rejected": Kind((ORDERS,), shapes.Order, "refused by the venue or here, or it never arrived"),
    "trade.position.opened": Kind((POSITIONS,), shapes.Position, "something is held that was not", HELD),
    "trade.position.updated": Kind((POSITIONS,), shapes.Position, "more or less of it is held", HELD),
    "trade.position.closed": Kind((POSITIONS,), EndedPosition, "nothing of it is held any more", HELD),
    "trade.balance.updated": Kind((ACCOUNT,), shapes.Account, "money of the account moved"),
    "trade.decision.made": Kind((DECISIONS,), shapes.Decision, "an intent was judged"),
    "trade.signal.generated": Kind((SIGNALS,), Signal, "a strategy or an ensemble said something new"),
    "trade.breaker.opened": Kind((SYSTEM,), StateChanged, "errors in a row: the account may only reduce"),
    "trade.breaker.closed": Kind((SYSTEM,), StateChanged, "its cooldown is over"),
    "trade.state.changed": Kind((SYSTEM,), StateChanged, "a person or a limit set what a scope may do"),
    "trade.emergency.stopped": Kind((SYSTEM,), StateChanged, "a person has halted a scope"),
    "trade.session.stopped": Kind((SYSTEM,), SessionStopped, "a session reached a target"),
    "trade.session.changed": Kind(
        (SYSTEM,), trading_shapes.Session, "a session has begun, or has other settings or another status"
    ),
    "trade.strategy.halted": Kind((SYSTEM,), StrategyHalted, "a strategy may not decide any more"),
    "trade.alarm.raised": Kind((SYSTEM,), Alarm, "something that a person should hear of"),
    "trade.connection.changed": Kind((SYSTEM,), ConnectionChanged, "an account's reports flow, or may be missing"),
    "trade.reconciliation.completed": Kind((SYSTEM,), shapes.Reconciliation, "an account was compared with its venue"),
    "trade.cycle.completed": Kind((SYSTEM,), CycleCompleted, "a trading cycle was decided", CYCLED),
}


class Envelope(Shape, kw_only=True):
    """An event as it is sent."""

    event: Annotated[str, Meta(description="its second name where it has one, else its type")]
    type: str
    sequence: Annotated[int, Meta(description="the journal's number of the last record of its step")]
    index: Annotated[int, Meta(description="its place among the events of its step")]
    time: Annotated[str, Meta(description="the engine's, ISO 8601 UTC")]
    account: Annotated[str, Meta(description='"" = of none alone')]
    strategy_id: str
    symbol: str
    correlation_id: Annotated[
        str, Meta(description='as of an order (docs/telemetry.md); "" = it is about no order, or none came of it')
    ]
    data: Any


# ── what a client says ─────────────────────────────────────────────────────────────────────────────────────────────


class Said(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag_field="op"):
    """A message of a client."""


Sequence = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Channels = Annotated[list[Annotated[str, Meta(max_length=80)]], Meta(min_length=1, max_length=CHANNELS_MAX)]


class Authenticate(Said, kw_only=True, tag="authenticate"):
    """The first message, where no key came with the handshake."""

    key: Annotated[str, Meta(max_length=TOKEN_BYTES_MAX, description="a key or a token")]


class Subscribe(Said, kw_only=True, tag="subscribe"):
    """after: a sequence number behind which events are told, those of all channels; else from now on."""

    channels: Channels
    after: Sequence | None = None


class Unsubscribe(Said, kw_only=True, tag="unsubscribe"):
    channels: Channels


# ── what it is answered ────────────────────────────────────────────────────────────────────────────────────────────


class Answer(msgspec.Struct, kw_only=True, tag_field="op"):
    """A message to a client."""


class Welcome(Answer, kw_only=True, tag="welcome"):
    """sequence: the newest durable record."""

    user: str
    accounts: list[str]
    sequence: int


class Subscribed(Answer, kw_only=True, tag="subscribed"):
    """channels: all that hold now; after: events behind this sequence number come next."""

    channels: list[str]
    after: int


class Heartbeat(Answer, kw_only=True, tag="heartbeat"):
    """sequence: all events up to here that concern the client were sent."""

    sequence: int


class Resync(Answer, kw_only=True, tag="resync"):
    """The events between `after` and `sequence` can not be had: the books are to be read anew."""

    after: int
    sequence: int
    reason: str


class Refused(Answer, kw_only=True, tag="error"):
    code: str
    detail: str


class Price(Shape, kw_only=True):
    """price: the mid where both sides are known, else the last."""

    price: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    time: str


class Events(Answer, kw_only=True, tag="events"):
    """A frame. sequence: as of a heartbeat; prices: by symbol, those that have changed."""

    sequence: int
    events: list[Envelope]
    prices: dict[str, Price]


#: Why a socket is closed, by the code of its end.
CLOSES = {
    1003: "a binary message: messages are JSON texts",
    1007: "a text that is no UTF-8",
    1008: "more messages than a client may send",
    1009: "a message of more than 16 KiB",
    1012: "the service ends",
    4401: "no key or token within 5 seconds, none that is good, or one that was revoked or has expired",
    4403: "the key lacks the scope read",
    4404: "another user's path",
    4408: "the client does not read: it answered no ping, or took no message, for 10 seconds",
    4429: "more sockets than one key may have",
    4503: "the journal can not be written, or the file of keys not be read",
}
