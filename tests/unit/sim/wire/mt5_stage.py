"""A broker on a stage: prices come when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from tradewright.model.instrument import Instrument
from tradewright.model.market import MarketEvent, Quote
from tradewright.model.numbers import count_of
from tradewright.model.rng import Rng
from tradewright.sim.market import universe
from tradewright.sim.wire.mt5.broker import Broker
from tradewright.sim.wire.mt5.knobs import Knobs
from tradewright.sim.wire.mt5.results import OrderSendResult, TradePosition
from tradewright.sim.wire.mt5.session import DEMO_LOGIN, DEMO_PASSWORD, DEMO_SERVER
from tradewright.sim.wire.mt5.terminal import Terminal
from tradewright.sim.wire.site import Tape

SECOND = 1_000_000_000
#: A Wednesday noon in winter, when all the markets of the universe but the shares are open.
NOON = int(datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp()) * SECOND
SATURDAY = int(datetime(2026, 3, 7, 12, tzinfo=UTC).timestamp()) * SECOND
INSTRUMENTS: dict[str, Instrument] = {listing.instrument.symbol: listing.instrument for listing in universe()}
PRICES = {
    "EURUSD": ("1.10000", "1.10000"),
    "USDJPY": ("149.500", "149.500"),
    "XAUUSD": ("2650.50", "2650.50"),
    "BTCUSD": ("64000.00", "64010.00"),
}
HEDGING, NETTING, EXCHANGE = "hedging", "netting", "exchange"


def quote_of(symbol: str, bid: str, ask: str, time: int, size: str = "0") -> Quote:
    instrument = INSTRUMENTS[symbol]
    scale, lots = instrument.price_scale, count_of(size, instrument.size_scale, "size")
    return Quote(time, instrument, count_of(bid, scale, "bid"), count_of(ask, scale, "ask"), lots, lots)


class Stage:
    """Prices stand at PRICES, the terminal is logged in. Each price comes a second after the last."""

    def __init__(self, mode: str = HEDGING, start: int = NOON, balance: int = 100_000, **knobs: Any) -> None:
        self.knobs = Knobs(mode=mode, **knobs)
        tape = Tape([])
        self.broker = Broker(tuple(INSTRUMENTS.values()), tape, Rng(7), start, Fraction(balance), self.knobs)
        self.terminal = Terminal(self.broker)
        assert self.terminal.initialize(login=DEMO_LOGIN, password=DEMO_PASSWORD, server=DEMO_SERVER)
        for symbol, (bid, ask) in PRICES.items():
            self.price(symbol, bid, ask)

    def price(self, symbol: str, bid: str, ask: str | None = None, size: str = "0") -> None:
        self.play(quote_of(symbol, bid, ask or bid, self.broker.now + SECOND, size))

    def play(self, *events: MarketEvent) -> None:
        self.broker.tape = Tape(events)
        self.broker.advance(max(event.time for event in events))

    def wait(self, seconds: int) -> None:
        self.broker.advance(self.broker.now + seconds * SECOND)

    def name(self, symbol: str) -> str:
        return next(name for name, found in self.broker.symbols.items() if found.canonical == symbol)

    def ask(self, **request: Any) -> OrderSendResult:
        """What order_send says."""
        result = self.terminal.order_send(request)
        assert result is not None, self.terminal.last_error()
        return result

    def deal(self, side: str = "buy", volume: float = 0.1, symbol: str = "EURUSD", **more: Any) -> OrderSendResult:
        terms: dict[str, Any] = {"type_filling": self.terminal.ORDER_FILLING_FOK, **more}
        return self.ask(action=1, symbol=self.name(symbol), volume=volume, type=int(side == "sell"), **terms)

    def pend(
        self, type: int, price: float, volume: float = 0.1, symbol: str = "EURUSD", **more: Any
    ) -> OrderSendResult:
        return self.ask(action=5, symbol=self.name(symbol), volume=volume, type=type, price=price, **more)

    @property
    def positions(self) -> list[TradePosition]:
        found = self.terminal.positions_get()
        assert found is not None
        return list(found)

    @property
    def deals(self) -> list[Any]:
        """The trades among the deals."""
        found = self.terminal.history_deals_get(0, 2**33)
        assert found is not None
        return [deal for deal in found if deal.symbol]

    def check_conserved(self) -> None:
        """What the exchange holds is the sum of the positions, and the balance the sum of the deals."""
        held: dict[str, int] = {}
        for position in self.broker.positions:
            held[position.symbol.canonical] = held.get(position.symbol.canonical, 0) + position.side * position.volume
        assert {symbol: net for symbol, net in held.items() if net} == self.broker.exchange.positions("account")
        booked = sum(deal.profit + deal.swap + deal.commission for deal in self.broker.deals)
        assert booked == self.broker.balance
