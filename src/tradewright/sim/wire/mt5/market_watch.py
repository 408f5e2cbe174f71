"""The terminal's market watch: symbols, bars, ticks and market depth as the package gives them."""

from __future__ import annotations

import fnmatch
from datetime import datetime

from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5 import convert, rates
from tradewright.sim.wire.mt5.broker import Broker
from tradewright.sim.wire.mt5.results import BookInfo, SymbolInfo, Tick
from tradewright.sim.wire.mt5.server_time import wall_seconds
from tradewright.sim.wire.mt5.session import Session
from tradewright.sim.wire.mt5.symbols import Symbol

Moment = datetime | int | float


class MarketWatch(Session):
    """A symbol's name is exact, capitals included."""

    def __init__(self, broker: Broker, login: int, password: str, server: str) -> None:
        super().__init__(broker, login, password, server)
        self._books: set[str] = set()

    def symbols_total(self) -> int:
        return self._done(len(self.broker.symbols)) if self._here() else 0

    def symbols_get(self, group: str = "*") -> tuple[SymbolInfo, ...] | None:
        if not self._here():
            return None
        found = [symbol for symbol in self.broker.symbols.values() if in_group(symbol.name, group)]
        return self._done(tuple(convert.symbol_tuple(self.broker, symbol) for symbol in found))

    def symbol_info(self, symbol: str) -> SymbolInfo | None:
        found = self._symbol(symbol)
        return None if found is None else self._done(convert.symbol_tuple(self.broker, found))

    def symbol_info_tick(self, symbol: str) -> Tick | None:
        found = self._symbol(symbol)
        if found is None:
            return None
        clock, last = self.broker.clock, found.ticks[-1] if found.ticks else None
        flags, volume = (last.flags, last.volume) if last is not None else (0, 0)
        return self._done(
            Tick(
                clock.seconds(found.time), found.price(found.bid), found.price(found.ask), found.price(found.last),
                int(found.lots(volume)), clock.milliseconds(found.time), flags, found.lots(volume),
            )
        )  # fmt: skip

    def symbol_select(self, symbol: str, enable: bool = True) -> bool:
        found = self._symbol(symbol)
        if found is None:
            return False
        held = any(position.symbol is found for position in self.broker.positions)
        if not enable and (held or any(order.symbol is found for order in self.broker.orders.values())):
            return self._failed(mt5.RES_E_FAIL, "The symbol is in use", False)
        found.select = found.visible = bool(enable)
        return self._done(True)

    # Market data

    def copy_rates_from(self, symbol: str, timeframe: int, date_from: Moment, count: int) -> rates.Records | None:
        """The last `count` bars that began at or before the time."""
        bars = self._bars(symbol, timeframe)
        if bars is None or count <= 0:
            return None if bars is None else self._invalid("count")
        until = wall_seconds(date_from)
        return self._rates(symbol, [bar for bar in bars if bar.start <= until][-count:])

    def copy_rates_from_pos(self, symbol: str, timeframe: int, start_pos: int, count: int) -> rates.Records | None:
        """`count` bars back from position `start_pos`, 0 being the running one."""
        bars = self._bars(symbol, timeframe)
        if bars is None or count <= 0 or start_pos < 0:
            return None if bars is None else self._invalid("count")
        end = len(bars) - start_pos
        return self._rates(symbol, bars[max(end - count, 0) : max(end, 0)])

    def copy_rates_range(self, symbol: str, timeframe: int, date_from: Moment, date_to: Moment) -> rates.Records | None:
        bars = self._bars(symbol, timeframe)
        if bars is None:
            return None
        since, until = wall_seconds(date_from), wall_seconds(date_to)
        return self._rates(symbol, [bar for bar in bars if since <= bar.start <= until])

    def copy_ticks_from(self, symbol: str, date_from: Moment, count: int, flags: int) -> rates.Records | None:
        return self._ticks(symbol, date_from, None, count, flags)

    def copy_ticks_range(self, symbol: str, date_from: Moment, date_to: Moment, flags: int) -> rates.Records | None:
        return self._ticks(symbol, date_from, date_to, None, flags)

    def market_book_add(self, symbol: str) -> bool:
        if self._symbol(symbol) is None:
            return False
        self._books.add(symbol)
        return self._done(True)

    def market_book_get(self, symbol: str) -> tuple[BookInfo, ...] | None:
        """Asks from the furthest to the nearest, then bids; None before `market_book_add`."""
        found = self._symbol(symbol)
        if found is None or symbol not in self._books:
            return None if found is None else self._failed(mt5.RES_E_FAIL, "Not subscribed", None)
        bids, asks = found.book
        sides = ((mt5.BOOK_TYPE_SELL, reversed(asks)), (mt5.BOOK_TYPE_BUY, iter(bids)))
        return self._done(
            tuple(
                BookInfo(type, found.price(price), int(found.lots(size)), found.lots(size))
                for type, levels in sides
                for price, size in levels
            )
        )

    def market_book_release(self, symbol: str) -> bool:
        known = symbol in self._books
        self._books.discard(symbol)
        return self._done(True) if known else self._failed(mt5.RES_E_FAIL, "Not subscribed", False)

    def _symbol(self, name: str) -> Symbol | None:
        """By its exact name, capitals included."""
        if not self._here():
            return None
        found = self.broker.symbols.get(name)
        if found is None:
            self._failed(mt5.RES_E_NOT_FOUND, "Symbol not found", None)
        return found

    def _bars(self, symbol: str, timeframe: int) -> list[rates.Bar] | None:
        found = self._symbol(symbol)
        if found is None:
            return None
        if timeframe not in rates.TIMEFRAMES.values():
            self._invalid("timeframe")
            return None
        return self.broker.minutes[symbol].bars(timeframe, self.broker.clock)

    def _rates(self, symbol: str, bars: list[rates.Bar]) -> rates.Records:
        return self._done(rates.rate_records(self.broker.symbols[symbol], bars))

    def _ticks(
        self, symbol: str, date_from: Moment, date_to: Moment | None, count: int | None, flags: int
    ) -> rates.Records | None:
        found = self._symbol(symbol)
        if found is None:
            return None
        clock = self.broker.clock
        since = clock.utc(wall_seconds(date_from))
        until = self.broker.now if date_to is None else clock.utc(wall_seconds(date_to))
        most = len(found.ticks) if count is None else count
        return self._done(rates.tick_records(found, since, until, most, flags, clock))


def in_group(name: str, group: str) -> bool:
    """The package's filter: patterns divided by commas, those with `!` exclude."""
    parts = [part.strip() for part in group.split(",")]
    if any(fnmatch.fnmatchcase(name, part[1:]) for part in parts if part.startswith("!")):
        return False
    return any(fnmatch.fnmatchcase(name, part) for part in parts if not part.startswith("!"))
