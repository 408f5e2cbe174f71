"""Market data: trades and best prices from the streams, candles from REST. Prices and sizes are exact."""

from __future__ import annotations

import msgspec

from tradewright.adapters.venue.binance.answers import decoded, moment, price_of, size_of
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Quote, Trade

SECOND_NS = 1_000_000_000
STREAMS = ("trade", "bookTicker")


class _Envelope(msgspec.Struct):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")
    id: int | str | None = None
    code: int | None = None
    e: str = ""


class _TradeRow(msgspec.Struct):
    s: str
    p: str
    q: str
    m: bool


class _QuoteRow(msgspec.Struct):
    s: str
    b: str
    B: str
    a: str
    A: str


def streams_of(symbol: str) -> list[str]:
    """What is subscribed to for a symbol."""
    return [f"{symbol.lower()}@{name}" for name in STREAMS]


def read(message: str | bytes) -> tuple[str, bytes]:
    """A message's stream and content; the stream is "" for an answer to a subscription, "error" for a refusal of one,
    "!serverShutdown" where the connection ends soon. Raises InputError."""
    envelope = decoded(message, _Envelope)
    if envelope.stream:
        return envelope.stream, bytes(envelope.data)
    if envelope.e:
        return f"!{envelope.e}", b""
    if envelope.code is not None:
        return "error", b""
    if envelope.id is None:
        raise InputError("neither an answer nor an event")
    return "", b""


def symbol_of(stream: str) -> tuple[str, str]:
    """Symbol and kind of a stream's name."""
    symbol, _, kind = stream.partition("@")
    return symbol.upper(), kind


def trade_of(content: bytes, instrument: Instrument, now: int) -> Trade:
    """A market print. Raises InputError."""
    row = decoded(content, _TradeRow)
    price, size = _positive(row.s, row.p, row.q, instrument)
    return Trade(now, instrument, price, size, -1 if row.m else 1)


def quote_of(content: bytes, instrument: Instrument, now: int) -> Quote | None:
    """The best prices; None while a side is empty. Raises InputError."""
    row = decoded(content, _QuoteRow)
    if row.s != instrument.symbol:
        raise InputError(f"{row.s[:20]} is another symbol")
    bid, ask = price_of(row.b, instrument), price_of(row.a, instrument)
    sizes = size_of(row.B, instrument), size_of(row.A, instrument)
    if not bid or not ask:
        return None
    return Quote(now, instrument, bid, ask, *sizes)


def _positive(symbol: str, price: str, size: str, instrument: Instrument) -> tuple[int, int]:
    if symbol != instrument.symbol:
        raise InputError(f"{symbol[:20]} is another symbol")
    found = price_of(price, instrument), size_of(size, instrument)
    if min(found) <= 0:
        raise InputError(f"{symbol}: a trade of size {size} at {price} is none")
    return found


def candles_of(body: bytes, instrument: Instrument, seconds: int) -> list[Bar]:
    """Candles as bars, whether closed or not. Raises InputError."""
    bars = []
    for row in decoded(body, list[tuple[int, str, str, str, str, str, msgspec.Raw, msgspec.Raw, msgspec.Raw,
                                        msgspec.Raw, msgspec.Raw, msgspec.Raw]]):  # fmt: skip
        opened = moment(row[0])
        first, high, low, last = (price_of(text, instrument) for text in (row[1], row[2], row[3], row[4]))
        if not low <= min(first, last) or not max(first, last) <= high:
            raise InputError(f"{instrument.symbol}: a candle's high and low do not hold its open and close")
        size = size_of(row[5], instrument)
        bars.append(Bar(opened + seconds * SECOND_NS, instrument, opened, first, high, low, last, size))
    return bars


def number_of(message: str | bytes) -> int | str | None:
    """Which subscription an answer is about. Raises InputError."""
    return decoded(message, _Envelope).id
