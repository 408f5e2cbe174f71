"""The market streams: who has subscribed to what, and what is said when.

Trades and best prices are said as they happen. All else is said on a grid of the venue's clock: depth every 100 or
1000 ms if it changed, partial depth the same always, candles every 2 s (of one second: every second) and once more when
they close, tickers, averages and reference prices every second. A stream that nobody knows is subscribed to and silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from tradewright.sim.wire.binance.candles import LENGTHS, Candle
from tradewright.sim.wire.binance.figures import MS_NS, SECOND_NS, Time, encoded, text
from tradewright.sim.wire.binance.line import Line
from tradewright.sim.wire.binance.market_calls import zone
from tradewright.sim.wire.binance.market_data import Print, SymbolMarket
from tradewright.sim.wire.binance.venue import Venue
from tradewright.sim.wire.message import CLOSE, POLICY, TEXT, Frame, Request

GRID_NS = 100 * MS_NS
STREAMS_MAX = 1024
MESSAGES_A_SECOND = 5
_NAME = re.compile(r"([a-z0-9]+)@(.+)")
_PARTIAL = re.compile(r"depth(5|10|20)(@100ms|@1000ms)?")
_KLINE = re.compile(r"kline_(\w+?)(?:@([+-]\d{2}:\d{2}))?")
INVALID_REQUEST, INVALID_JSON = 2, 3
_METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
MINI_ALL = "!miniTicker@arr"


@dataclass(frozen=True, slots=True)
class Timed:
    """A stream said on the grid. say: the messages at a moment (the stream's name, the clock)."""

    period_ns: int
    say: Callable[[str, int], list[dict[str, object]]]


class Streams:
    """All market stream connections of the venue."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.listeners: dict[str, dict[StreamLine, None]] = {}
        self.timed: dict[str, Timed] = {}
        self.said_best: dict[str, tuple[object, ...]] = {}
        self.said_candle: dict[str, int] = {}
        self.next_grid = 0

    def add(self, name: str, line: StreamLine, now: int) -> None:
        listeners = self.listeners.setdefault(name, {})
        listeners[line] = None
        if name not in self.timed:
            found = self._timed(name)
            if found is not None:
                if not self.timed:
                    self.next_grid = now - now % GRID_NS + GRID_NS
                self.timed[name] = found

    def drop(self, name: str, line: StreamLine) -> None:
        listeners = self.listeners.get(name, {})
        listeners.pop(line, None)
        if not listeners:
            self.listeners.pop(name, None)
            self.timed.pop(name, None)
            self.said_candle.pop(name, None)

    @property
    def due(self) -> int | None:
        return self.next_grid if self.timed else None

    def _send(self, name: str, content: object) -> None:
        if self.venue.trouble.silent:
            return
        ready: dict[tuple[bool, bool], bytes] = {}
        for line in self.listeners.get(name, {}):
            form = (line.combined, line.micro)
            if form not in ready:
                ready[form] = encoded({"stream": name, "data": content} if line.combined else content, line.micro)
            line.put(Frame(TEXT, ready[form], delay_ns=self.venue.knobs.event_delay_ns))

    # As it happens

    def printed(self, market: SymbolMarket, print_: Print, clock: int) -> None:
        symbol = market.rules.symbol
        lower = symbol.lower()
        if f"{lower}@trade" in self.listeners:
            self._send(f"{lower}@trade", print_.event(symbol, clock))
        if f"{lower}@aggTrade" in self.listeners:
            self._send(f"{lower}@aggTrade", print_.aggregate_event(symbol, clock))

    def shown(self, market: SymbolMarket) -> None:
        """The book has changed."""
        name = f"{market.rules.symbol.lower()}@bookTicker"
        if name not in self.listeners:
            return
        bid, ask = market.best(1), market.best(-1)
        if self.said_best.get(name) == (bid, ask):
            return
        self.said_best[name] = (bid, ask)
        self._send(
            name,
            {"u": market.book.update, "s": market.rules.symbol, "b": text(bid[0]), "B": text(bid[1]),
             "a": text(ask[0]), "A": text(ask[1])},
        )  # fmt: skip

    # On the grid

    def grid(self, clock: int) -> None:
        """What is due at this moment of the grid."""
        moment = self.next_grid
        self.next_grid += GRID_NS
        for name, timed in list(self.timed.items()):
            if moment % timed.period_ns == 0:
                for content in timed.say(name, clock):
                    self._send(name, content)
        for market in self.venue.markets.values():
            book = market.book
            book.fast.begin(book.update)
            if moment % SECOND_NS == 0:
                book.slow.begin(book.update)

    def _timed(self, name: str) -> Timed | None:
        if name == MINI_ALL:
            return Timed(SECOND_NS, self._all_mini)
        found = _NAME.fullmatch(name)
        market = self.venue.markets.get(found.group(1).upper()) if found else None
        if found is None or market is None:
            return None
        kind = found.group(2)
        simple = {"miniTicker": mini_event, "ticker": ticker_event, "avgPrice": average_event,
                  "referencePrice": reference_event}  # fmt: skip
        if kind in simple:
            say = simple[kind]
            return Timed(SECOND_NS, lambda _, clock: [say(market, clock)])
        if kind in ("depth", "depth@1000ms", "depth@100ms"):
            fast = kind == "depth@100ms"
            return Timed(GRID_NS if fast else SECOND_NS, lambda _, clock: _depth(market, fast, clock))
        partial = _PARTIAL.fullmatch(kind)
        if partial is not None:
            levels, period = int(partial.group(1)), GRID_NS if partial.group(2) == "@100ms" else SECOND_NS
            return Timed(period, lambda _, clock: [market.book.snapshot(levels)])
        candle = _KLINE.fullmatch(kind)
        if candle is not None and candle.group(1) in LENGTHS:
            interval, shift = candle.group(1), zone(candle.group(2) or "")
            period = SECOND_NS if interval == "1s" else 2 * SECOND_NS
            return Timed(period, lambda name, clock: self._candles(name, market, interval, shift, clock))
        return None

    def _candles(
        self, name: str, market: SymbolMarket, interval: str, shift: int, clock: int
    ) -> list[dict[str, object]]:
        """The candle that runs, and before it those that have closed since it was last said."""
        rows: list[Candle]
        if shift:
            rows = market.candles.shifted(interval, clock, shift)
        else:
            known = market.candles.until(interval, clock)
            rows = [known[at] for at in range(max(len(known) - 2, 0), len(known))]
        if not rows:
            return []
        since = self.said_candle.get(name, rows[-1].opens)
        self.said_candle[name] = rows[-1].opens
        return [row.event(market.rules.symbol, interval, clock) for row in rows[-2:] if row.opens >= since]

    def _all_mini(self, name: str, clock: int) -> list[dict[str, object]]:
        rows = [mini_event(market, clock) for market in self.venue.markets.values() if market.prints]
        content: Any = rows
        return [content] if rows else []


def _depth(market: SymbolMarket, fast: bool, clock: int) -> list[dict[str, object]]:
    changes = market.book.fast if fast else market.book.slow
    return [changes.event(market.rules.symbol, clock)] if changes.last >= changes.first else []


def mini_event(market: SymbolMarket, clock: int) -> dict[str, object]:
    row = market.ticker(clock)
    return {
        "e": "24hrMiniTicker", "E": Time(clock), "s": row["symbol"], "c": row["lastPrice"], "o": row["openPrice"],
        "h": row["highPrice"], "l": row["lowPrice"], "v": row["volume"], "q": row["quoteVolume"],
    }  # fmt: skip


def ticker_event(market: SymbolMarket, clock: int) -> dict[str, object]:
    row = market.ticker(clock)
    return {
        "e": "24hrTicker", "E": Time(clock), "s": row["symbol"], "p": row["priceChange"],
        "P": row["priceChangePercent"], "w": row["weightedAvgPrice"], "x": row["prevClosePrice"],
        "c": row["lastPrice"], "Q": row["lastQty"], "b": row["bidPrice"], "B": row["bidQty"], "a": row["askPrice"],
        "A": row["askQty"], "o": row["openPrice"], "h": row["highPrice"], "l": row["lowPrice"], "v": row["volume"],
        "q": row["quoteVolume"], "O": row["openTime"], "C": row["closeTime"], "F": row["firstId"],
        "L": row["lastId"], "n": row["count"],
    }  # fmt: skip


def average_event(market: SymbolMarket, clock: int) -> dict[str, object]:
    row = market.average_row(clock)
    return {
        "e": "avgPrice", "E": Time(clock), "s": market.rules.symbol, "i": "5m", "w": row["price"],
        "T": row["closeTime"],
    }  # fmt: skip


def reference_event(market: SymbolMarket, clock: int) -> dict[str, object]:
    price = text(market.reference) if market.reference else None
    return {"e": "referencePrice", "s": market.rules.symbol, "r": price, "t": Time(clock)}


class StreamLine(Line):
    """One connection to the market streams. combined: each message names its stream."""

    def __init__(self, request: Request, now: int, venue: Venue, hub: Streams, micro: bool, combined: bool) -> None:
        super().__init__(request, now, venue, micro)
        self.hub = hub
        self.combined = combined
        self.names: dict[str, None] = {}
        self.second = 0
        self.messages = 0

    def begin(self, names: list[str], now: int) -> None:
        for name in names:
            if name and len(self.names) < STREAMS_MAX:
                self.names[name] = None
                self.hub.add(name, self, now)

    def end(self) -> None:
        """It hears no more."""
        for name in self.names:
            self.hub.drop(name, self)
        self.names.clear()

    def warn(self, clock: int) -> None:
        said: dict[str, object] = {"e": "serverShutdown", "E": Time(clock)}
        self.say({"stream": "!serverShutdown", "data": said} if self.combined else said)

    def receive(self, frame: Frame, now: int) -> None:
        if frame.kind == CLOSE:
            self.closed = True
            self.end()
            return
        second = now // SECOND_NS
        self.messages = self.messages + 1 if second == self.second else 1
        self.second = second
        if self.messages > MESSAGES_A_SECOND:
            self.close(POLICY, "Too many requests")
            self.end()
        elif frame.kind == TEXT:
            self._asked(frame.data, now)
        else:
            self.heard(frame)

    def _asked(self, data: bytes, now: int) -> None:
        try:
            asked = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._refuse(None, INVALID_JSON, "Invalid JSON: expected value at line 1 column 1")
            return
        if not isinstance(asked, dict):
            self._refuse(None, INVALID_REQUEST, "Invalid request: request must be an object")
            return
        number, method, params = asked.get("id"), asked.get("method"), asked.get("params", [])
        if method not in _METHODS:
            self._refuse(number, INVALID_REQUEST, f"Invalid request: unknown variant `{method}`")
        elif not isinstance(params, list) or not (number is None or isinstance(number, int | str)):
            self._refuse(None, INVALID_REQUEST, "Invalid request: invalid type of params or id")
        else:
            self._carry_out(number, method, params, now)

    def _carry_out(self, number: int | str | None, method: str, params: list[Any], now: int) -> None:
        result: object = None
        if method.endswith("_PROPERTY"):
            if not params or params[0] != "combined" or (method == "SET_PROPERTY" and len(params) != 2):
                self._refuse(number, 0, "Unknown property")
                return
            if method == "SET_PROPERTY":
                if not isinstance(params[1], bool):
                    self._refuse(number, 1, "Invalid value type: expected Boolean")
                    return
                self.combined = params[1]
            else:
                result = self.combined
        elif method == "LIST_SUBSCRIPTIONS":
            result = list(self.names)
        elif not all(isinstance(name, str) for name in params):
            self._refuse(number, INVALID_REQUEST, "Invalid request: stream names are strings")
            return
        elif method == "SUBSCRIBE":
            if len({*self.names, *params}) > STREAMS_MAX:
                self._refuse(number, INVALID_REQUEST, f"Invalid request: more than {STREAMS_MAX} streams")
                return
            self.begin(params, now)
        else:
            for name in params:
                self.names.pop(name, None)
                self.hub.drop(name, self)
        self.say({"result": result, "id": number})

    def _refuse(self, number: int | str | None, code: int, text: str) -> None:
        said: dict[str, object] = {"code": code, "msg": text}
        self.say(said if number is None else said | {"id": number})
