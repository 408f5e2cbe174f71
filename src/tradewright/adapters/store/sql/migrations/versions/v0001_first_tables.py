"""The first tables.

They are written out as they were then, not taken from `model.schema`, which goes on.
"""

from __future__ import annotations

from alembic import op

from tradewright.adapters.store.sql.columns import tables_of
from tradewright.model.table import Table, columns_of

revision = "0001"
down_revision = None

#: h_0 of the chain: a table that knows no record.
GENESIS = "0534fb332c5c4c5486cbb552df5b2a1144fce1552b676d8ed69a75f8357a5946"

_PLACE = "sequence whole, part whole, "
_MATCH = """
    matchId text, accountId text, strategyId text, symbol text, buyOrderId text, sellOrderId text, matchedQty exact,
    buyPrice exact, sellPrice exact, realizedPnl exact, currency text, """
_WEIGHT = """
    strategyId text, accountId text, ensembleId text, weight exact, equalWeight exact, score exact, factor exact,
    lastUpdated moment"""
_OF_BOOK = "accountId text, strategyId text, symbol text, "
_BOOK = ("accountId", "strategyId", "symbol")


def _history(name: str, columns: str) -> Table:
    return Table(name, columns_of(_PLACE + columns), ("sequence", "part"), appended=True)


ORDERS = Table(
    "orders",
    columns_of("""
        id text, account_id text, broker_order_id text?, client_order_id text(64)?, symbol text,
        side text(4) in buy|sell, quantity exact, filled_quantity exact=0, order_type text(20), time_in_force text(10),
        limit_price exact?, stop_price exact?, average_fill_price exact?, status text(20), extended_hours flag?=false,
        strategy_id text, decision_id whole?, submitted_at moment?, filled_at moment?, cancelled_at moment?,
        created_at moment, updated_at moment?, role text, state text, code text, reason text"""),
    ("id",),
    indexes=(
        ("idx_orders_symbol", ("symbol",)),
        ("idx_orders_status", ("status",)),
        ("idx_orders_strategy", ("strategy_id",)),
        ("idx_orders_submitted", ("submitted_at",)),
        ("idx_orders_broker", ("account_id", "broker_order_id")),
        ("idx_orders_client", ("account_id", "client_order_id")),
    ),
)
POSITIONS = Table(
    "positions",
    columns_of("""
        id text, account_id text, venue text, symbol text, quantity exact, side text(5) in long|short,
        average_entry_price exact, current_price exact?, market_value exact?, unrealized_pnl exact?, cost_basis exact,
        currency text, last_synced_at moment?, created_at moment, updated_at moment"""),
    ("id",),
    unique=(("account_id", "venue", "symbol", "side"),),
    indexes=(("idx_positions_symbol", ("symbol",)),),
)
FILLS = Table(
    "fills",
    columns_of("""
        id text, order_id text, broker_fill_id text, quantity exact, price exact, commission exact=0,
        commission_currency text, filled_at moment, created_at moment, sequence whole"""),
    ("id",),
    appended=True,
    indexes=(("idx_fills_order", ("order_id",)),),
    parent=("order_id", "orders"),
)
DECISIONS = Table(
    "decisions",
    columns_of("""
        decision_id whole, decided_at moment, account_id text, strategy_id text, symbol text, order_id text,
        approved flag, execution_filter_action text(4) in PASS|SKIP, execution_filter_reasons text, reason text,
        sequence whole"""),
    ("decision_id",),
    appended=True,
    indexes=(
        ("idx_decisions_time", ("decided_at",)),
        ("idx_decisions_symbol", ("symbol",)),
        ("idx_decisions_strategy", ("strategy_id",)),
        ("idx_decisions_order", ("order_id",)),
    ),
)
CHECKS = Table(
    "decision_checks",
    columns_of("""
        decision_id whole, place whole, code text, station text, passed flag, value text, limit_value text, text text,
        scope text, limit_version whole"""),
    ("decision_id", "place"),
    appended=True,
    indexes=(("idx_decision_checks_code", ("code", "passed")),),
    parent=("decision_id", "decisions"),
)

PRICES = _history(
    "price_1m_history", "symbol text, ts moment, price exact, open exact, high exact, low exact, volume exact"
)
SIGNALS = _history(
    "strategy_signal_history",
    """strategyId text, symbol text, timeframe text?, signalTs moment, action text(4) in BUY|SELL|HOLD, sizeHint exact?,
    confidence exact, reason text, strategyVersion text, paramsHash text, runId whole""",
)
ACCEPTED = _history(
    "accepted_trade_signal_history",
    _OF_BOOK + "action text(4) in BUY|SELL, qty exact, ts moment, reason text, decisionId whole",
)
REPORTS = _history(
    "exec_report_history",
    """accountId text, orderId text, fillId text, symbol text, side text(4) in BUY|SELL, fillQty exact, fillPrice exact,
    ts moment, fees exact, feeCurrency text, venue text""",
)
MATCHED = _history("trade_match_history", _MATCH + "matchTimestamp moment")
ALERTS = _history("risk_alerts_history", "accountId text?, code text, message text, ts moment")
SHADOWED = _history(
    "paper_trade_match_history",
    _MATCH + "fees exact?, netPnl exact?, matchTimestamp moment, day text, runTag text",
)
WEIGHED = _history("strategy_weights_history", _WEIGHT + ", day text")

SIGNAL = Table(
    "strategy_signal_latest",
    columns_of("""
        strategyId text, symbol text, timeframe text?, action text(4) in BUY|SELL|HOLD, sizeHint exact?,
        confidence exact, lastUpdated moment"""),
    ("strategyId", "symbol"),
)
LOTS = Table(
    "open_positions_lots",
    columns_of(
        _OF_BOOK
        + """lotId text, side text(5) in LONG|SHORT, qtyOpen exact, qtyRem exact, avgPrice exact,
        tsOpen moment, tsUpdated moment"""
    ),
    (*_BOOK, "lotId"),
)
ROLLUP = Table(
    "open_positions_rollup",
    columns_of(_OF_BOOK + "side text(5) in LONG|SHORT, netQty exact, avgPrice exact, lastUpdated moment"),
    _BOOK,
)
REALIZED = Table(
    "realized_pnl_latest", columns_of(_OF_BOOK + "realizedPnl exact, currency text, ts moment"), _BOOK
)  # fmt: skip
SCORED = Table(
    "strategy_perf_latest",
    columns_of("""
        strategyId text, accountId text, ensembleId text, day text, days whole, matches whole, unpriced whole,
        realizedPnl exact, sharpe exact, shrunkSharpe exact, tStat exact, lastUpdated moment"""),
    ("strategyId",),
)
WEIGHT = Table("strategy_weights_latest", columns_of(_WEIGHT + ", day text"), ("strategyId",))
PROGRESS = Table("progress", columns_of("sequence whole, hash text(64)"), ("sequence",))
TABLES = (
    ORDERS, POSITIONS, FILLS, DECISIONS, CHECKS, PRICES, SIGNALS, ACCEPTED, REPORTS, MATCHED, ALERTS, SHADOWED, WEIGHED,
    SIGNAL, LOTS, ROLLUP, REALIZED, SCORED, WEIGHT, PROGRESS,
)  # fmt: skip


def upgrade() -> None:
    made = tables_of(TABLES, op.get_bind().dialect.name)
    for table in made.values():
        table.create(op.get_bind())
    op.bulk_insert(made["progress"], [{"sequence": 0, "hash": GENESIS}])


def downgrade() -> None:
    for table in reversed(tables_of(TABLES, op.get_bind().dialect.name).values()):
        table.drop(op.get_bind())
