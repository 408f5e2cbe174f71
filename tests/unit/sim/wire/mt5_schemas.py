"""The answers of the MT5 Connector as JSON Schemas, and the literal examples, both by hand from the reference page on
MetaTrader 5 (sections 7 to 9), the seed of the exposure filter (4.1), and nothing of this project.

A name that the page writes must be there and of its type; more names are not forbidden, as the contract is a superset.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT, WHOLE, NUMBER, TRUTH = {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}
#: UTC, ISO-8601 with milliseconds and Z.
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
TICKET = {"type": "integer", "minimum": 1}
DIRECTION = {"enum": ["buy", "sell"]}
SUCCESS, FAILURE = {"const": True}, {"const": False}


def maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def rows(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def named(optional: Schema | None = None, **fields: Schema) -> Schema:
    """An object with these fields; `optional` ones have their type where they stand."""
    return {"type": "object", "properties": {**fields, **(optional or {})}, "required": list(fields)}


def each(schema: Schema, names: str) -> dict[str, Schema]:
    return dict.fromkeys(names.split(), schema)


#: The seed's open trade, and that of the first connectors (section 8).
OPEN_TRADE = named(
    {"sl": maybe(NUMBER), "tp": maybe(NUMBER), "profit": maybe(NUMBER)},
    symbol=TEXT, ticket=WHOLE, direction=DIRECTION, volume=NUMBER, open_price=NUMBER, open_time=TEXT,
)  # fmt: skip
OLD_POSITIONS = named(success=TRUTH, positions=rows(OPEN_TRADE), error=maybe(TEXT))
OLD_REFUSAL = named(detail=TEXT)

#: Section 9.
POSITION = named(
    **each(TEXT, "symbol broker_symbol comment risk_currency"), **each(TICKET, "ticket position_id"),
    direction=DIRECTION, **each(NUMBER, "volume open_price current_price swap commission profit"),
    **each(maybe(NUMBER), "sl tp risk_amount"), open_time=TIME, magic=WHOLE,
    **each(NUMBER, "contract_size tick_size tick_value_loss"), digits=WHOLE, risk_known=TRUTH,
)  # fmt: skip
POSITIONS = named(
    success=SUCCESS, as_of=TIME, snapshot_id={"type": ["string", "integer"]},
    account=named(login=WHOLE, currency=TEXT, margin_mode={"enum": [0, 1, 2]}), positions=rows(POSITION),
)  # fmt: skip
HEALTH = named(
    status={"enum": ["ok", "degraded", "down"]}, mt5_connection=TRUTH,
    terminal=maybe(named(connected=TRUTH, trade_allowed=TRUTH, build=WHOLE, ping_ms=NUMBER)),
    account=maybe(named(
        **each(WHOLE, "login leverage"), **each(TEXT, "server currency"), margin_mode={"enum": [0, 1, 2]},
        **each(TRUTH, "trade_allowed trade_expert"), **each(NUMBER, "balance equity margin free_margin margin_level"),
    )),
    server_time=TIME, utc_offset_s=maybe(WHOLE), version=TEXT,
)  # fmt: skip
SUMMARY = named(success=SUCCESS, currency=TEXT, **each(NUMBER, "balance equity margin free_margin margin_level"))
PRICE = named(
    success=SUCCESS, symbol=TEXT, resolved_symbol=TEXT, **each(NUMBER, "bid ask last mid time"), time_iso=TEXT,
    time_msc=WHOLE,
)  # fmt: skip
#: Section 1, and the sessions.
SYMBOL = named(
    **each(TEXT, "name path description currency_base currency_profit currency_margin symbol broker_symbol"),
    **each(WHOLE, "digits spread trade_calc_mode trade_mode trade_exemode trade_stops_level trade_freeze_level"),
    **each(WHOLE, "filling_mode expiration_mode order_mode"), **each(TRUTH, "spread_float visible select"),
    **each(NUMBER, "point volume_min volume_max volume_step volume_limit trade_contract_size trade_tick_size"),
    **each(NUMBER, "trade_tick_value trade_tick_value_profit trade_tick_value_loss swap_long swap_short"),
    **each(NUMBER, "margin_initial bid ask"), sessions=rows({"type": "object"}),
)  # fmt: skip
SYMBOLS = named(success=SUCCESS, symbols=rows(SYMBOL))
OPENED = named(
    success=SUCCESS, retcode={"enum": [10008, 10009, 10010]}, **each(TICKET, "ticket mt5_ticket order"),
    **each(maybe(TICKET), "deal position_id"), **each(NUMBER, "requested_volume filled_volume"),
    **each(maybe(NUMBER), "price sl tp"), status={"enum": ["filled", "partial", "placed"]}, broker_symbol=TEXT,
    request_id=TEXT,
)  # fmt: skip
REFUSAL = named(
    success=FAILURE, error=TEXT, detail=TEXT, retcode=maybe(WHOLE), retcode_name=maybe(TEXT),
    outcome={"enum": ["rejected", "unknown"]}, request_id=TEXT,
)  # fmt: skip
DONE = named(success=SUCCESS, retcode=WHOLE, ticket=TICKET)
CLOSED_ALL = named(success=TRUTH, results=rows(named(ticket=TICKET, success=TRUTH)))
ORDER = named(
    **each(TEXT, "symbol broker_symbol comment"), ticket=TICKET, direction=DIRECTION, volume=NUMBER, magic=WHOLE,
    **each(maybe(NUMBER), "sl tp"),
)  # fmt: skip
#: Section 1's deal in the contract's words. What moved money alone has no order, no symbol and no side.
DEAL = named(
    ticket=TICKET, **each(maybe(WHOLE), "order position_id"), time=TIME, time_msc=WHOLE, magic=WHOLE,
    entry={"enum": ["in", "out", "inout", "out_by"]}, **each(NUMBER, "volume price commission swap profit fee"),
    symbol=maybe(TEXT), comment=TEXT,
)  # fmt: skip
PENDING = named(success=SUCCESS, orders=rows(ORDER))
ONE_ORDER = named(success=SUCCESS, order=ORDER)
DEALS = named(success=SUCCESS, deals=rows(DEAL))
BARS = rows(named(time=TEXT, **each(NUMBER, "open high low close")))

#: By the method and the path behind /api/v1: the schema of what says yes.
ANSWERS: dict[str, Schema] = {
    "GET open-positions": POSITIONS,
    "GET account-summary": SUMMARY,
    "GET account": SUMMARY,
    "GET health": HEALTH,
    "GET pending-orders": PENDING,
    "GET orders/*": ONE_ORDER,
    "GET history/deals": DEALS,
    "GET price/*": PRICE,
    "GET history": BARS,
    "GET symbols": SYMBOLS,
    "GET symbols/*": named(success=SUCCESS, **SYMBOL["properties"]),
    "POST trades/open": OPENED,
    "POST orders": OPENED,
    "POST trades/close": DONE,
    "POST trades/partial-close": DONE,
    "POST trades/close-all": CLOSED_ALL,
    "POST trades/modify": DONE,
    "POST trades/cancel": DONE,
}

#: Of a connector over the package, which does not say when a symbol trades: what it leaves out of a symbol.
NOT_OF_THE_PACKAGE = "sessions"

#: The table of section 7: symbol, lots, open, stop, the account's currency and what is lost at the stop in it.
RISKS = (
    ("XAUUSD", 0.10, 2650.5, 2645.0, "USD", "55.00"),
    ("EURUSD", 1.00, 1.1000, 1.0950, "USD", "500"),
    ("USDJPY", 1.00, 150.00, 149.50, "USD", "334"),
    ("XAUUSD", 0.10, 2650.5, 2645.0, "EUR", "50.00"),
)
#: The examples of section 8, as the first connectors wrote them, with the numbers of section 7.
OLD_OPEN = b"""{"success":true,"positions":[{"symbol":"XAUUSD","ticket":50000001,"direction":"buy","volume":0.1,
"open_price":2650.5,"sl":2645.0,"tp":null,"open_time":"2026-03-04T12:00:00Z","profit":null}],"error":null}"""
OLD_FLAT = b'{"success":true,"positions":[],"error":null}'
#: Not flat: a terminal that is not there. The first connectors said it in either way.
OLD_DOWN = b'{"success":false,"error":"MT5 is not connected","positions":[]}'
OLD_DOWN_502 = b'{"detail":"MT5 is not connected"}'
OLD_DONE = b'{"success":true,"ticket":50000001,"mt5_ticket":50000001,"error":null}'
#: Section 9's, in the page's words and with its numbers.
NEW_OPEN = b"""{"success":true,"as_of":"2026-03-04T12:00:00.000Z","snapshot_id":"1","account":{"login":1,
"currency":"USD","margin_mode":2},"positions":[{"symbol":"XAUUSD","broker_symbol":"XAUUSDm","ticket":50000001,
"position_id":50000001,"direction":"buy","volume":0.1,"open_price":2650.5,"current_price":2650.4,"sl":2645.0,"tp":null,
"open_time":"2026-03-04T12:00:00.000Z","magic":7,"comment":"[sl 2645.00]","swap":0,"commission":0,"profit":-1.0,
"contract_size":100,"tick_size":0.01,"tick_value_loss":1.0,"digits":2,"risk_amount":55.00,"risk_currency":"USD",
"risk_known":true}]}"""
NEW_OPENED = b"""{"success":true,"retcode":10009,"ticket":50000001,"mt5_ticket":50000001,"order":50000001,
"deal":70000001,"position_id":50000001,"requested_volume":0.1,"filled_volume":0.1,"price":2650.5,"sl":2645.0,"tp":null,
"status":"filled","broker_symbol":"XAUUSDm","request_id":"1"}"""


def refusal(retcode: int | None, name: str | None, outcome: str) -> dict[str, Any]:
    """The body of section 9's errors."""
    return {"success": False, "error": "text", "detail": "text", "retcode": retcode, "retcode_name": name,
            "outcome": outcome, "request_id": "1"}  # fmt: skip


#: Section 9's statuses with their retcodes → what section 3 has a client do.
REFUSALS: tuple[tuple[int, dict[str, Any], str], ...] = (
    (422, refusal(10013, "INVALID", "rejected"), "refused"),
    (422, refusal(10019, "NO_MONEY", "rejected"), "refused"),
    (422, refusal(10030, "INVALID_FILL", "rejected"), "refused"),
    (422, refusal(10036, "POSITION_CLOSED", "rejected"), "gone"),
    (423, refusal(10027, "CLIENT_DISABLES_AT", "rejected"), "refused"),
    (429, refusal(10024, "TOO_MANY_REQUESTS", "rejected"), "limited"),
    (504, refusal(10012, "TIMEOUT", "unknown"), "unknown"),
    (504, refusal(10031, "CONNECTION", "unknown"), "unknown"),
    (504, refusal(None, None, "unknown"), "unknown"),
)
