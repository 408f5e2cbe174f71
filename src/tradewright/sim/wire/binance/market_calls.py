"""The calls that anybody may make: the venue's time and rules, and market data."""

from __future__ import annotations

import re
from collections.abc import Callable

from tradewright.sim.wire.binance.candles import LENGTHS
from tradewright.sim.wire.binance.codes import (
    COMBINATION,
    DUPLICATE_SYMBOLS,
    INTERVAL,
    INVALID_PARAMETER,
    SYMBOL_STATUS,
    Refusal,
)
from tradewright.sim.wire.binance.figures import HOUR_NS, MINUTE_NS, Time, text
from tradewright.sim.wire.binance.market_data import SymbolMarket
from tradewright.sim.wire.binance.parameters import Parameters
from tradewright.sim.wire.binance.rules import BIPS, STATUSES, exchange_filters
from tradewright.sim.wire.binance.shown_book import LEVELS_MAX
from tradewright.sim.wire.binance.venue import Call, between, unknown_symbol

_ZONE = re.compile(r"([+-]?)(\d{1,2})(?::(\d{2}))?")
DEPTH_USUAL = 100
ROWS, ROWS_MAX = 500, 1000


def ping(call: Call) -> object:
    return {}


def time(call: Call) -> object:
    return {"serverTime": Time(call.clock)}


def exchange_info(call: Call) -> object:
    """Limits, filters and symbols; of one symbol, of some, or of all."""
    parameters, venue = call.parameters, call.venue
    symbols = asked_symbols(call)
    status = parameters.choice("symbolStatus", STATUSES, SYMBOL_STATUS, "Invalid symbolStatus.")
    if status and symbols is not None:
        raise Refusal(COMBINATION, "Combination of optional parameters invalid.")
    permissions = parameters.text("permissions")
    rows = [
        rules
        for rules in venue.rules.values()
        if (symbols is None or rules.symbol in symbols)
        and status in ("", rules.status)
        and (not permissions or "SPOT" in permissions)
    ]
    knobs = next(iter(venue.rules.values())).knobs
    return {
        "timezone": "UTC", "serverTime": Time(call.clock), "rateLimits": venue.limits.of.rows(),
        "exchangeFilters": exchange_filters(knobs), "symbols": [rules.published() for rules in rows], "sors": [],
    }  # fmt: skip


def asked_symbols(call: Call) -> list[str] | None:
    """The symbols a call names, all of them known; None: it names none."""
    parameters = call.parameters
    several = parameters.listed("symbols")
    if several is None:
        return [call.rules().symbol] if "symbol" in parameters else None
    if "symbol" in parameters:
        raise Refusal(COMBINATION, "Combination of optional parameters invalid.")
    if len({*several}) < len(several):
        raise Refusal(DUPLICATE_SYMBOLS, "Symbol is present multiple times in the list.")
    if any(symbol not in call.venue.rules for symbol in several):
        raise unknown_symbol()
    return several


def execution_rules(call: Call) -> object:
    """PRICE_RANGE, where the venue has it."""
    symbols = asked_symbols(call)
    rows = []
    for rules in call.venue.rules.values():
        if symbols is None or rules.symbol in symbols:
            up, down = text(BIPS + rules.knobs.band, 4), text(BIPS - rules.knobs.band, 4)
            rule = {"ruleType": "PRICE_RANGE", "bidLimitMultUp": up, "bidLimitMultDown": down, "askLimitMultUp": up,
                    "askLimitMultDown": down}  # fmt: skip
            rows.append({"symbol": rules.symbol, "rules": [rule] if rules.knobs.band else []})
    return {"symbolRules": rows}


def reference_price(call: Call) -> object:
    symbol = call.rules().symbol
    return {
        "symbol": symbol, "referencePrice": text(call.venue.reference(symbol)), "timestamp": Time(call.clock),
    }  # fmt: skip


def depth_weight(parameters: Parameters) -> int:
    limit = parameters.integer("limit", 1) or DEPTH_USUAL
    return 5 if limit <= 100 else 25 if limit <= 500 else 50 if limit <= 1000 else 250


def depth(call: Call) -> object:
    return call.market().book.snapshot(call.parameters.limit(DEPTH_USUAL, LEVELS_MAX))


def trades(call: Call) -> object:
    limit = call.parameters.limit(ROWS, ROWS_MAX)
    return [known.row() for known in list(call.market().prints)[-limit:]]


def historical_trades(call: Call) -> object:
    """Trades from an id on, as far back as they are kept; else the last ones."""
    first = call.parameters.integer("fromId")
    limit = call.parameters.limit(ROWS, ROWS_MAX)
    prints = [known for known in call.market().prints if first is None or known.id >= first]
    return [known.row() for known in (prints[-limit:] if first is None else prints[:limit])]


def aggregate_trades(call: Call) -> object:
    parameters = call.parameters
    start, end, first = parameters.moment("startTime"), parameters.moment("endTime"), parameters.integer("fromId")
    if first is not None and (start is not None or end is not None):
        raise Refusal(COMBINATION, "Combination of optional parameters invalid.")
    limit = parameters.limit(ROWS, ROWS_MAX)
    prints = [
        known
        for known in call.market().prints
        if (first is None or known.id >= first) and between(known.time, start, end)
    ]
    from_start = first is not None or start is not None
    return [known.aggregate() for known in (prints[:limit] if from_start else prints[-limit:])]


def klines(call: Call) -> object:
    parameters, market = call.parameters, call.market()
    interval = parameters.needed("interval")
    if interval not in LENGTHS:
        raise Refusal(INTERVAL, "Invalid interval.")
    shift = zone(parameters.text("timeZone"))
    start, end = parameters.moment("startTime"), parameters.moment("endTime")
    limit = parameters.limit(ROWS, ROWS_MAX)
    if shift:
        rows = market.candles.shifted(interval, call.clock, shift)
    else:
        rows = list(market.candles.until(interval, call.clock))
    rows = [row for row in rows if between(row.opens, start, end)]
    return [row.row() for row in (rows[:limit] if start is not None else rows[-limit:])]


def zone(stated: str) -> int:
    """A time zone (8, -1:00, 05:45) in ns. Raises Refusal for one beyond -12:00 to +14:00."""
    if not stated:
        return 0
    found = _ZONE.fullmatch(stated)
    if found is None:
        raise Refusal(INVALID_PARAMETER, "Data sent for parameter 'timeZone' is not valid.")
    shift = int(found.group(2)) * HOUR_NS + int(found.group(3) or 0) * MINUTE_NS
    shift = -shift if found.group(1) == "-" else shift
    if not -12 * HOUR_NS <= shift <= 14 * HOUR_NS:
        raise Refusal(INVALID_PARAMETER, "Data sent for parameter 'timeZone' is not valid.")
    return shift


def average_price(call: Call) -> object:
    return call.market().average_row(call.clock)


# Tickers: of one symbol an object, else a list

_MINI = (
    "symbol", "openPrice", "highPrice", "lowPrice", "lastPrice", "volume", "quoteVolume", "openTime", "closeTime",
    "firstId", "lastId", "count",
)  # fmt: skip


def ticker_weight(one: int, all: int) -> Callable[[Parameters], int]:
    """Weight of a ticker call: of one symbol, or of more."""
    return lambda parameters: one if "symbol" in parameters else all


def ticker_day_weight(parameters: Parameters) -> int:
    if "symbol" in parameters:
        return 2
    several = parameters.listed("symbols")
    number = len(several) if several is not None else 101
    return 2 if number <= 20 else 40 if number <= 100 else 80


def _of_each(call: Call, figure: Callable[[SymbolMarket], dict[str, object]]) -> object:
    symbols = asked_symbols(call)
    if "symbol" in call.parameters:
        return figure(call.market())
    return [figure(call.venue.markets[symbol]) for symbol in (symbols or call.venue.markets)]


def ticker_day(call: Call) -> object:
    said = "Invalid ticker type."
    mini = call.parameters.choice("type", ("FULL", "MINI"), -1139, said) == "MINI"

    def figure(market: SymbolMarket) -> dict[str, object]:
        whole = market.ticker(call.clock)
        return {name: whole[name] for name in _MINI} if mini else whole

    return _of_each(call, figure)


def ticker_price(call: Call) -> object:
    return _of_each(call, lambda market: {"symbol": market.rules.symbol, "price": text(market.price())})


def ticker_book(call: Call) -> object:
    return _of_each(call, lambda market: market.book_ticker())
