"""How things are written on Alpaca's wire: times, dates, ids, exact decimals, JSON and msgpack.

Times are RFC 3339 with nanoseconds; those of market data in msgpack are Timestamp extensions. Money, sizes and prices
of the trading API are text; prices of market data and the arrays of the history are JSON numbers, written from exact
decimals. Decided: market data in msgpack has doubles, as JSON's readers make of the same numbers.
"""

from __future__ import annotations

import datetime
import json
import re
import struct
import uuid
from collections.abc import Mapping
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec

from tradewright.model.numbers import MONEY_SCALE, decimal_from, round_nearest, text_of
from tradewright.model.rng import Rng
from tradewright.model.zone import DAY_NS, MINUTE_NS, offset_ns, ordinal
from tradewright.sim.wire.alpaca.codes import Refusal, malformed
from tradewright.sim.wire.message import Answer

NEW_YORK = "America/New_York"
SECOND_NS = 1_000_000_000
#: Sizes are counts of 10^-9: quantities and notionals have up to nine decimals.
SIZE_SCALE = 9
SIZE_ONE = 10**SIZE_SCALE
#: What a ratio or an average price that does not end is rounded to, half to even.
RATIO_DECIMALS = 9

_JSON = msgspec.json.Encoder(decimal_format="number")
_MSGPACK = msgspec.msgpack.Encoder(decimal_format="number")
_EPOCH = datetime.date(1970, 1, 1).toordinal()
_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?(Z|z|[+ -]\d\d:?\d\d)?)?"
)


class Moment:
    """A time of market data on a stream: text in JSON, an extension in msgpack."""

    __slots__ = ("ns",)

    def __init__(self, ns: int) -> None:
        self.ns = ns


def day_text(day: int) -> str:
    """A day (ordinal from 1970-01-01) as YYYY-MM-DD."""
    return datetime.date.fromordinal(day + _EPOCH).isoformat()


def stamp(ns: int, zone: str = "UTC") -> str:
    """A moment as RFC 3339, in UTC with a Z or on the zone's clock with its offset."""
    east = offset_ns(zone, ns)
    day, rest = divmod(ns + east, DAY_NS)
    seconds, nanos = divmod(rest, SECOND_NS)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    fraction = f".{nanos:09d}" if nanos else ""
    if zone == "UTC":
        return f"{day_text(day)}T{clock}{fraction}Z"
    minutes = abs(east) // MINUTE_NS
    sign = "-" if east < 0 else "+"
    return f"{day_text(day)}T{clock}{fraction}{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def stamp_or_null(ns: int) -> str | None:
    """The same, null where nothing has happened yet (0)."""
    return stamp(ns) if ns else None


def moment_of(text: str, what: str) -> int:
    """The ns of an RFC 3339 time or of a date's midnight UTC. A plus sign that a query turned into a space is taken
    as one. Refuses other text."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise malformed(f"invalid {what}: {text}")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        datetime.date(int(year), int(month), int(day))
    except ValueError as error:
        raise malformed(f"invalid {what}: {text}") from error
    ns = ordinal(int(year), int(month), int(day)) * DAY_NS
    ns += ((int(hour or 0) * 60 + int(minute or 0)) * 60 + int(second or 0)) * SECOND_NS
    ns += int((fraction or "0").ljust(9, "0"))
    if zone and zone not in "Zz":
        digits = zone[1:].replace(":", "")
        east = (int(digits[:2]) * 60 + int(digits[2:])) * MINUTE_NS
        ns -= -east if zone[0] == "-" else east
    return ns


def day_of_text(text: str, what: str) -> int:
    """The ordinal of the date a text begins with. Refuses other text."""
    return moment_of(text[:10], what) // DAY_NS


def uuid_of(rng: Rng) -> str:
    """A fresh id, drawn."""
    return str(uuid.UUID(int=rng.next_u64() << 64 | rng.next_u64(), version=4))


def uuid_from(name: str) -> str:
    """The id that belongs to a name, the same in every run."""
    return str(uuid.UUID(bytes=blake2b(name.encode(), digest_size=16).digest(), version=4))


def size_text(size: int) -> str:
    """A size (counts) as text."""
    return text_of(size, SIZE_SCALE)


def ratio_text(above: int, below: int, decimals: int = RATIO_DECIMALS) -> str:
    """above / below as text, rounded half to even; "0" where below is 0."""
    return text_of(ratio(above, below, decimals), decimals)


def ratio(above: int, below: int, decimals: int = RATIO_DECIMALS) -> int:
    """above / below in counts of 10^-decimals, rounded half to even; 0 where below is 0."""
    if below < 0:
        above, below = -above, -below
    return 0 if below == 0 else round_nearest(above * 10**decimals, below) // below


def cents_text(money: int) -> str:
    """Money as text, rounded half to even to the cent where it is finer."""
    return text_of(round_nearest(money, 10 ** (MONEY_SCALE - 2)), MONEY_SCALE)


def number(count: int, scale: int) -> Decimal:
    """A count as a JSON number that is exact."""
    return decimal_from(count, scale)


def read_json(body: bytes) -> Any:
    """A JSON value, its fractions as exact decimals. Refuses what is none, NaN and infinities with it."""

    def refuse(word: str) -> Any:
        raise ValueError(word)

    try:
        return json.loads(body, parse_float=Decimal, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise malformed("request body format is invalid") from error


def write_json(content: object) -> bytes:
    """JSON text; decimals as numbers, moments as text."""
    return _JSON.encode(_spelled(content, True))


def write_msgpack(content: object) -> bytes:
    """msgpack; decimals as doubles, moments as Timestamp extensions (the 64 or the 96 bit form)."""
    return _MSGPACK.encode(_spelled(content, False))


def _spelled(content: object, text: bool) -> object:
    if isinstance(content, Moment):
        return stamp(content.ns) if text else timestamp(content.ns)
    if isinstance(content, dict):
        return {name: _spelled(value, text) for name, value in content.items()}
    if isinstance(content, list):
        return [_spelled(value, text) for value in content]
    return content


def timestamp(ns: int) -> msgspec.msgpack.Ext:
    """msgpack's Timestamp extension (type -1)."""
    seconds, nanos = divmod(ns, SECOND_NS)
    if 0 <= seconds < 2**34:
        return msgspec.msgpack.Ext(-1, struct.pack(">Q", nanos << 34 | seconds))
    return msgspec.msgpack.Ext(-1, struct.pack(">Iq", nanos, seconds))


def answered(status: int, content: object, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON answer; None: one without a body."""
    if content is None:
        return Answer(status, b"", dict(headers or {}))
    return Answer(status, write_json(content), {"Content-Type": "application/json", **(headers or {})})


def refused(refusal: Refusal) -> Answer:
    """The answer that says why not."""
    return answered(refusal.status, refusal.body())
