"""The answers of the interface. Those that a user of other systems knows carry numbers, exactly as decimals; all others
carry decimals as texts. Times are ISO 8601 UTC."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tradewright.app.picker import BY_HAND
from tradewright.core.client_ids import PATTERN

#: In a schema: a decimal is taken as a text as well.
TEXTS_TOO = "x-texts-too"


class Shape(msgspec.Struct, kw_only=True, rename="camel"):
    """An answer, or a part of one."""


def one_of(*words: str, description: str = "") -> Meta:
    """One of these words."""
    return Meta(description=description or None, extra_json_schema={"enum": list(words)})


#: Of an order, and of what is told of it.
CORRELATION = Meta(description="joins a signal, its decision, the order and its exits (docs/telemetry.md)")
Side = Annotated[str, one_of("buy", "sell")]
Direction = Annotated[str, one_of("long", "short")]
Connection = Annotated[str, one_of("connected", "disconnected")]
TradingState = Annotated[str, one_of("ACTIVE", "REDUCING", "HALTED")]


class Health(Shape, kw_only=True):
    status: Annotated[
        str,
        one_of(
            "healthy",
            "degraded",
            "unhealthy",
            description="degraded: an account can not open, or another engine owns it; unhealthy: the journal can not "
            "be written",
        ),
    ]
    checks: Annotated[
        dict[str, Connection],
        Meta(
            description="the journal, the database, the message bus, each venue; websocket: reports of all accounts; "
            "leases: whether the accounts are this engine's"
        ),
    ]
    last_order_at: Annotated[str | None, Meta(description="when the newest order was sent, of the last 24 hours")]
    open_positions: int
    pending_orders: int
    mode: Annotated[str, one_of("compiled", "pure", description="the build")]
    event_bus_lag: Annotated[
        int | None, Meta(description="records that the message bus was not told of yet; null where there is none")
    ] = None


class Alive(Shape, kw_only=True):
    status: Annotated[str, one_of("alive", "ready", "starting")]


class Account(Shape, kw_only=True):
    account_id: str
    equity: Decimal | None
    cash: Decimal
    buying_power: Annotated[
        Decimal | None, Meta(description="what openings may still be worth; null where a price is missing")
    ]
    daytrade_count: Annotated[int | None, Meta(description="not known: null")]
    pattern_day_trader: Annotated[bool | None, Meta(description="not known: null")]
    trading_blocked: Annotated[bool, Meta(description="nothing opens")]
    account_blocked: Annotated[bool, Meta(description="HALTED by a person or a limit")]
    currency: str
    venue: str
    owner: str
    kind: str
    mode: str
    ready: Annotated[bool, Meta(description="connected, and compared with its venue")]
    trading_state: TradingState


class Accounts(Shape, kw_only=True):
    accounts: list[Account]


class Position(Shape, kw_only=True):
    symbol: str
    quantity: Decimal
    side: Direction
    average_entry_price: Annotated[Decimal | None, Meta(description="of our lots, to nine decimals")]
    current_price: Decimal | None
    market_value: Decimal | None
    unrealized_pnl: Decimal | None
    unrealized_pnl_percent: Annotated[Decimal | None, Meta(description="of the cost, to four decimals")]
    account: str
    currency: Annotated[str, Meta(description="of the value and the P&L: the instrument's quote currency")]


class Positions(Shape, kw_only=True):
    positions: list[Position]
    total_equity: Decimal | None
    buying_power: Decimal | None


class Order(Shape, kw_only=True):
    order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    filled_quantity: Decimal
    status: Annotated[str, one_of("new", "partially_filled", "filled", "cancelled", "rejected")]
    average_price: Annotated[Decimal | None, Meta(description="to nine decimals")]
    created_at: str
    updated_at: str
    account: str
    strategy_id: str
    type: str
    time_in_force: str
    limit_price: Decimal | None
    stop_price: Decimal | None
    role: str
    state: Annotated[str, Meta(description="the engine's own, finer word (docs/orders.md)")]
    outcome_unknown: Annotated[bool, Meta(description="what became of a request is looked up")]
    code: Annotated[str, Meta(description="why it ended or was refused")]
    reason: str
    decision_id: int
    correlation_id: Annotated[str, CORRELATION]
    broker_order_id: str | None
    client_order_id: Annotated[str | None, Meta(description="the name that its caller gave it")]


class Orders(Shape, kw_only=True):
    orders: list[Order]
    next_cursor: Annotated[str | None, Meta(description="ask again with ?after= it; null at the end")]


class EndedPosition(Shape, kw_only=True):
    symbol: str
    side: Direction
    realized_pnl: Annotated[Decimal, Meta(description="of all its pieces, before fees, in `currency`")]
    opened_at: str | None
    closed_at: str
    account: str
    currency: str


class EndedPositions(Shape, kw_only=True):
    positions: list[EndedPosition]
    next_cursor: Annotated[str | None, Meta(description="ask again with ?after= it; null at the end")]


class Fill(Shape, kw_only=True):
    order_id: str
    trade_id: str
    account: str
    strategy_id: str
    symbol: str
    side: Side
    quantity: Annotated[str, Meta(description="after a fee in the base currency")]
    price: str
    filled_at: str


class Fills(Shape, kw_only=True):
    fills: list[Fill]


class Lot(Shape, kw_only=True):
    order_id: str
    trade_id: str
    account: str
    strategy_id: str
    symbol: str
    side: Direction
    quantity: str
    quantity_opened: str
    price: str
    opened_at: str


class Lots(Shape, kw_only=True):
    lots: list[Lot]


class Match(Shape, kw_only=True):
    account: str
    strategy_id: str
    symbol: str
    side: Direction
    quantity: str
    open_order_id: str
    open_price: str
    opened_at: str
    close_order_id: str
    close_price: str
    closed_at: str
    pnl: Annotated[str, Meta(description="before fees, in `currency`")]
    currency: str


class Matches(Shape, kw_only=True):
    matches: list[Match]


class Bar(Shape, kw_only=True):
    opened_at: str
    closed_at: str
    open: str
    high: str
    low: str
    close: str
    volume: Annotated[str, Meta(description="0 where the venue's bars are of quotes")]


class Bars(Shape, kw_only=True):
    symbol: str
    bars: list[Bar]


class Check(Shape, kw_only=True):
    code: str
    station: str
    passed: bool
    value: str
    limit: str
    text: str
    scope: str = ""
    limit_version: int = 0


class Decision(Shape, kw_only=True):
    decision_id: int
    correlation_id: Annotated[str, CORRELATION]
    time: str
    order_id: str
    account: str
    strategy_id: str
    symbol: str
    approved: bool
    reason: str
    checks: list[Check]
    execution_filter_action: Annotated[str, one_of("PASS", "SKIP")] = msgspec.field(name="execution_filter_action")
    execution_filter_reasons: list[str] = msgspec.field(name="execution_filter_reasons")


class Decisions(Shape, kw_only=True):
    decisions: list[Decision]


class Use(Shape, kw_only=True):
    scope: str
    name: Annotated[str, Meta(description="of the limit")]
    code: str
    value: Annotated[str, Meta(description="`unknown` where it can not be known: openings are refused then")]
    limit: str
    used_percent: str | None


class LimitSet(Shape, kw_only=True):
    scope: str
    version: Annotated[int, Meta(description="how many sets this scope has had")]
    who: str
    reason: str
    since: str
    until: Annotated[str | None, Meta(description="when what lies under it holds again")]
    currency: Annotated[str, Meta(description="of its money; empty = that of the scope's account")]
    limits: dict[str, Any]
    under: Annotated[LimitSet | None, Meta(description="the set it lies over; holds where it names nothing itself")]


class Waiver(Shape, kw_only=True):
    scope: str
    limit: str
    who: str
    second: str
    reason: str
    since: str
    until: str


class Canary(Shape, kw_only=True):
    strategy: str
    version: Annotated[str, Meta(description="hash of its code and of its parameters")]
    days: Annotated[int, Meta(description="days on which this version has traded")]
    of: Annotated[int | None, Meta(description="after as many it has proved itself; null = it takes a person")]


class Limits(Shape, kw_only=True):
    limits: Annotated[dict[str, dict[str, Any]], Meta(description="what is set, as a file of limits has it, by scope")]
    off: Annotated[dict[str, list[str]], Meta(description="what is not enforced, by account")]
    utilisation: list[Use]
    sets: Annotated[list[LimitSet], Meta(description="the same with versions: who set it, when and why")]
    waivers: list[Waiver]
    canaries: Annotated[list[Canary], Meta(description="versions of strategies that canary limits bind")]


class LimitsSet(LimitSet, kw_only=True):
    record: Annotated[int, Meta(description="number of the record")]


class WaiverSet(Shape, kw_only=True):
    granted: Annotated[bool, Meta(description="two persons have asked for it; else it waits for the second")]
    scope: str
    limit: str
    who: str
    second: str | None
    until: str
    record: Annotated[int | None, Meta(description="number of the record, once it is granted")]


class Weight(Shape, kw_only=True):
    strategy_id: str
    account_id: Annotated[str, Meta(description="of the shadow: `paper:` and the account's name")]
    ensemble_id: Annotated[str, Meta(description="whose members are weighed among each other; empty: it runs alone")]
    weight: Annotated[str, Meta(description="share of 1")]
    equal_weight: str
    score: Annotated[str, Meta(description="share of all scores")]
    factor: Annotated[str, Meta(description="by which the size of each opening is multiplied, but for members'")]
    last_updated: str


class Performed(Shape, kw_only=True):
    strategy_id: str
    account_id: str
    ensemble_id: str
    day: Annotated[str, Meta(description="the last one that has ended")]
    days: Annotated[int, Meta(description="that count, of the window")]
    matches: int
    unpriced: Annotated[int, Meta(description="matches without a rate, which count nothing")]
    realized_pnl: Annotated[str, Meta(description="net of fees, over these days, in the account's currency")]
    sharpe: str
    shrunk_sharpe: str
    t_stat: str
    last_updated: str


class Weights(Shape, kw_only=True):
    performance: Annotated[list[Performed], Meta(description="what each made on the shadow account")]
    weights: list[Weight]


class Strategy(Shape, kw_only=True):
    id: str
    strategy: str
    account: str
    symbols: list[str]
    parameters: dict[str, Any]
    code_hash: str
    params_hash: str
    member_of: str
    decide_on: str
    halted: Annotated[str | None, Meta(description="why it may not decide")]
    weight: Annotated[Weight | None, Meta(description="by its shadow account; null: none, or no day of it has ended")]


class Strategies(Shape, kw_only=True):
    strategies: list[Strategy]


class State(Shape, kw_only=True):
    scope: str
    state: TradingState
    cause: Annotated[str, Meta(description="the person or limit that set it")]


class States(Shape, kw_only=True):
    states: Annotated[list[State], Meta(description="scopes that are not listed are ACTIVE")]
    halted_strategies: dict[str, str]


class StateSet(Shape, kw_only=True):
    scope: str
    state: TradingState
    who: str
    reason: str
    record: Annotated[int | None, Meta(description="number of the record; null = the journal can not be written")]
    states: dict[str, str]


class Difference(Shape, kw_only=True):
    what: Annotated[str, Meta(description="position:SYMBOL, balance:CURRENCY or order:ID")]
    since: str


class Reconciliation(Shape, kw_only=True):
    account: str
    up: Annotated[bool, Meta(description="its reports flow")]
    ready: bool
    in_house: Annotated[bool, Meta(description="on paper: its exchange is here, and there is nothing to compare")]
    checked_at: str | None
    failures: Annotated[int, Meta(description="comparisons in a row that could not be made")]
    differences: list[Difference]


class Reconciliations(Shape, kw_only=True):
    accounts: list[Reconciliation]


class Exposure(Shape, kw_only=True):
    symbol: str
    long_count: int
    short_count: int
    total_count: int
    estimated_risk_amount: Decimal | None
    risk_known: Annotated[bool, Meta(description="every trade has a stop; else estimates stand in")]
    last_updated: str


class GlobalExposure(Shape, kw_only=True):
    total_open_trades: int
    total_estimated_risk_amount: Decimal | None
    risk_known: bool
    last_updated: str


class ExposureStatus(Shape, kw_only=True):
    success: bool
    symbols: list[Exposure]
    everything: GlobalExposure = msgspec.field(name="global")


class Refusal(Shape, kw_only=True):
    order_id: str
    decision_id: int
    checks: list[Check]


class Closed(Shape, kw_only=True):
    closed_count: int
    order_ids: list[str]
    refused: Annotated[list[Refusal], Meta(description="closes that a rule refused")]


class ClosedPosition(Shape, kw_only=True):
    order_id: str
    status: Annotated[str, one_of("pending", "rejected")]
    order_ids: Annotated[list[str], Meta(description="one for each strategy that held of it")]
    refused: list[Refusal]


class Cancelled(Shape, kw_only=True):
    cancelled: list[str]


class Submitted(Shape, kw_only=True):
    order_id: str
    status: Annotated[
        str,
        one_of(
            "pending",
            "accepted",
            "rejected",
            description="as it stands now; pending: its venue has not answered, or its market is closed",
        ),
    ]
    created_at: str
    client_order_id: str | None
    outcome_unknown: Annotated[bool, Meta(description="what became of a request is looked up")]
    code: Annotated[
        str, Meta(description="why it was rejected: of the first check that refused; BROKER_ERROR: its venue did")
    ]
    reason: Annotated[str, Meta(description="the venue's own code and words, where it refused")]
    decision_id: int
    correlation_id: Annotated[str, CORRELATION]
    checks: Annotated[
        list[Check] | None,
        Meta(description="every check of its decision; null where the process does not remember it: explain does"),
    ]
    order_ids: Annotated[
        list[str], Meta(description="all that was granted: crossing zero, or closing several lots, takes several")
    ]


class Signalled(Shape, kw_only=True):
    decision_id: str
    again: Annotated[bool, Meta(description="it was taken up before, and this is what became of it")]
    order: Annotated[Submitted | None, Meta(description="what it became; null of HOLD, of which nothing comes")]


class Modified(Shape, kw_only=True):
    order_id: str
    status: Annotated[
        str,
        one_of(
            "pending", "accepted", "rejected", description="pending: asked of its venue; accepted: it has them already"
        ),
    ]
    code: Annotated[str, Meta(description="of the first check that refused")]
    quantity: Annotated[Decimal, Meta(description="as judged, as the prices are")]
    limit_price: Decimal | None
    stop_price: Decimal | None
    checks: list[Check]


class CancelledOrder(Shape, kw_only=True):
    success: Annotated[bool, Meta(description="its cancel is on its way, or it has ended here")]
    message: str


# ── what is asked for ──────────────────────────────────────────────────────────────────────────────────────────────


class Body(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a request brings."""


Scope = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="all, or one of account:NAME, owner:NAME, venue:V, strategy:ID, symbol:S, sector:X, currency:C",
    ),
]
Reason = Annotated[str, Meta(min_length=1, max_length=500, description="why, for the record")]


class Kill(Body, kw_only=True):
    scope: Scope = "all"
    state: Annotated[
        Literal["HALTED", "REDUCING"], Meta(description="REDUCING: strategies go on, and may only reduce")
    ] = "HALTED"
    reason: Reason
    close: Annotated[bool, Meta(description="close what it holds at the market: of all, an account or a symbol")] = (
        False
    )


LimitScope = Annotated[
    str,
    Meta(min_length=1, max_length=200, description="all, or conditions joined by /: account:NAME, strategy:ID, …"),
]


class SetLimits(Body, kw_only=True):
    scope: LimitScope
    limits: Annotated[
        dict[str, Any],
        Meta(description="those that change, as a file of limits has them; null takes one off; none ends a set"),
    ] = {}
    until: Annotated[str, Meta(max_length=64, description="when what held before holds again; empty = never")] = ""
    reason: Reason


class Waive(Body, kw_only=True):
    scope: LimitScope
    limit: Annotated[str, Meta(max_length=64, description="one that the scope's softLimits name")]
    until: Annotated[str, Meta(max_length=64, description="within a day")]
    reason: Reason


class Rearm(Body, kw_only=True):
    scope: Scope = "all"
    reason: Reason


Amount = Annotated[
    Decimal,
    Meta(
        description="above zero, exactly: a number of up to 15 digits that count, or a text",
        extra_json_schema={TEXTS_TOO: True},
    ),
]
Force = Literal["day", "gtc", "ioc", "fok", "opg", "cls"]
Note = Annotated[str, Meta(max_length=500, description="why, for the record")]


ClientOrderId = Annotated[
    str,
    Meta(
        pattern=f"^{PATTERN}$",
        description="your own name for it, unique in its account until 24 hours after the order's end: asked for twice "
        "it is one order",
    ),
]


class Submit(Body, kw_only=True):
    symbol: Annotated[str, Meta(min_length=1, max_length=64)]
    side: Literal["buy", "sell"]
    quantity: Amount
    type: Literal["market", "limit", "stop", "stop_limit"]
    time_in_force: Annotated[Force | None, Meta(description="null: day of shares, else gtc")] = None
    limit_price: Annotated[Amount | None, Meta(description="of limit and stop_limit, and of these alone")] = None
    stop_price: Annotated[Amount | None, Meta(description="of stop and stop_limit, and of these alone")] = None
    extended_hours: bool = False
    client_order_id: ClientOrderId | None = None
    strategy_id: Annotated[str, Meta(min_length=1, max_length=200, description="whose lots it opens or closes")] = (
        BY_HAND
    )
    post_only: bool = False
    reduce_only: Annotated[bool, Meta(description="it closes what `strategyId` holds, and opens nothing")] = False
    reservation: Annotated[str, Meta(max_length=64, description="of a place kept for it")] = ""
    reason: Note = ""


class Modify(Body, kw_only=True):
    quantity: Annotated[Amount | None, Meta(description="the whole size, what is filled of it included")] = None
    limit_price: Amount | None = None
    stop_price: Amount | None = None
    time_in_force: Annotated[Force | None, Meta(description="another than it has is rejected")] = None
    reason: Note = ""


class ClosePosition(Body, kw_only=True):
    quantity: Annotated[Amount | None, Meta(description="null: all of it")] = None


class Cancel(Body, kw_only=True):
    symbol: Annotated[str, Meta(max_length=64)] = ""
    side: Literal["", "buy", "sell"] = ""
    strategy_id: Annotated[str, Meta(max_length=200)] = ""
    reason: Reason
