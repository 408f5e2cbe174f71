"""The data streams' frames: what we say to them, and the quotes, trades, statuses and price bands they say.

The stream speaks first; every frame is an array. In JSON a number is the decimal that is written, in msgpack the
shortest decimal of a double. Times on the wire are the venue's and are not used: an event is known when it comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tradewright.adapters.venue.alpaca.credentials import Credentials
from tradewright.adapters.venue.alpaca.notation import Unreadable, price_units, size_units
from tradewright.model.instrument import Instrument
from tradewright.model.market import MarketEvent, Quote, Trade

MSGPACK = {"Content-Type": "application/msgpack"}


class Tick(msgspec.Struct, kw_only=True):
    """Whatever a row may say; T: which kind it is, S: its symbol. msg, code: of a control message."""

    T: str
    S: str = ""
    msg: str = ""
    code: int = 0
    p: Decimal | None = None
    s: Decimal | None = None
    bp: Decimal | None = None
    bs: Decimal | None = None
    ap: Decimal | None = None
    # "as" is a word of Python's.
    ask: Decimal | None = msgspec.field(default=None, name="as")
    tks: str = ""
    # Conditions of a print.
    c: list[str] | None = None
    # Of a status: its code, and that of its reason.
    sc: str = ""
    rc: str = ""
    # Of a price band.
    u: Decimal | None = None
    d: Decimal | None = None


_JSON = msgspec.json.Decoder(list[msgspec.Raw])
_ROW = msgspec.json.Decoder(Tick)
_PACKED = msgspec.msgpack.Decoder(list[Any])
#: Rows of other kinds have other types in fields of the same name: they are not looked into.
ANSWERS = ("success", "error", "subscription")
_KINDS = ("q", "t", "s", "l", *ANSWERS)
#: Bars, corrections, cancels, imbalances, books, news: told where asked for, and of no use.
_OTHERS = ("b", "u", "d", "c", "x", "i", "o", "n")


class _Kind(msgspec.Struct):
    T: str


_KIND = msgspec.json.Decoder(_Kind)


def log_in(credentials: Credentials, packed: bool) -> str | bytes:
    return _written({"action": "auth", "key": credentials.key, "secret": credentials.secret}, packed)


def subscribe(symbols: Sequence[str], packed: bool) -> str | bytes:
    return _written({"action": "subscribe", "trades": list(symbols), "quotes": list(symbols)}, packed)


def subscribe_notices(symbols: Sequence[str], packed: bool) -> str | bytes:
    """Of shares: whether they trade, and their price bands."""
    return _written({"action": "subscribe", "statuses": list(symbols), "lulds": list(symbols)}, packed)


def _written(message: Mapping[str, Any], packed: bool) -> str | bytes:
    return msgspec.msgpack.encode(message) if packed else msgspec.json.encode(message).decode()


def read_ticks(frame: str | bytes, packed: bool) -> list[Tick]:
    """The rows of a frame that concern us; of a kind that nobody knows its name alone. Raises Unreadable."""
    try:
        if packed and isinstance(frame, bytes):
            named = [(msgspec.convert(row.get("T"), str), row) for row in _PACKED.decode(frame)]
            return [_unpacked(kind, row) for kind, row in named if kind not in _OTHERS]
        rows = [(_KIND.decode(row).T, row) for row in _JSON.decode(frame)]
        return [_ROW.decode(row) if kind in _KINDS else Tick(T=kind) for kind, row in rows if kind not in _OTHERS]
    except (
        msgspec.DecodeError,
        msgspec.ValidationError,
        AttributeError,
        ValueError,
        TypeError,
        RecursionError,
    ) as error:
        raise Unreadable(f"a frame that is no market data: {error}") from error


_FIELDS = frozenset(("T", "S", "msg", "code", "p", "s", "bp", "bs", "ap", "as", "tks", "c", "sc", "rc", "u", "d"))


def _unpacked(kind: str, row: dict[str, Any]) -> Tick:
    if kind not in _KINDS:
        return Tick(T=kind)
    return msgspec.convert(_spelled({name: value for name, value in row.items() if name in _FIELDS}), Tick)


def _spelled(row: dict[str, Any]) -> dict[str, Any]:
    """Doubles as the decimals they are written with."""
    return {name: Decimal(repr(value)) if isinstance(value, float) else value for name, value in row.items()}


def event_of(tick: Tick, instrument: Instrument, time: int) -> MarketEvent:
    """The quote or trade that a row says. Raises Unreadable for one that is none."""
    if tick.T == "q" and tick.bp is not None and tick.ap is not None:
        bid, ask = price_units(tick.bp, instrument), price_units(tick.ap, instrument)
        sizes = [size_units(size, instrument) if size is not None else 0 for size in (tick.bs, tick.ask)]
        if min(bid, ask, *sizes) < 0:
            raise Unreadable(f"{instrument.symbol}: a quote below zero")
        return Quote(time, instrument, bid, ask, *sizes)
    if tick.T == "t" and tick.p is not None and tick.s is not None:
        price, size = price_units(tick.p, instrument), size_units(tick.s, instrument)
        if price <= 0 or size < 0:
            raise Unreadable(f"{instrument.symbol}: a trade of {size} at {price}")
        return Trade(time, instrument, price, size, {"B": 1, "S": -1}.get(tick.tks, 0))
    raise Unreadable(f"{instrument.symbol}: a row that says no price")
