"""What bytes ask for, in the nouns of the house: what the last gate compares with what was approved.

A venue's reader is written from the venue's documents and shares nothing with what builds its requests: it knows few
things, and whatever it does not know is `Unlisted`. Numbers are exact decimals; an object that names a field twice says
two things and is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlsplit

from tradewright.model.instrument import Instrument
from tradewright.ports import HttpAnswer, HttpRequest

#: A new order; other terms for one; a position's stop or target, as an order of its own or beside the opening; the end
#: of a position by its ticket.
PLACE, CHANGE, GUARD, LEG, CLOSE = "place", "change", "guard", "leg", "close"
TARGET, STOP_PART = "target", "stop"
_NAME = re.compile(r"([A-Za-z0-9-]{1,31})(?:_([0-9]{1,5}))?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,30})?", re.ASCII)


class Unlisted(Exception):
    """It is nothing of what may leave; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One order, or one change of it. name: ours, of the order and its leg; ticket: the venue's, of what it works on;
    symbol: the venue's word. "", 0 and None: not said. type: of `model.order`; tifs: those that its words may stand
    for, () = any; flags: those said, of the ones that could be (said). price:
    a limit order's limit, any other's stop price. trail, trail_ppm: a trailing stop's distance.
    part: TARGET or STOP_PART of what is no order by itself; of: the name it stands beside."""

    act: str
    name: str = ""
    ticket: str = ""
    symbol: str = ""
    side: int = 0
    type: int = 0
    size: Decimal | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    price: Decimal | None = None
    trail: Decimal | None = None
    trail_ppm: int = 0
    tifs: tuple[int, ...] = ()
    flags: int = 0
    said: int = 0
    part: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """What an answer or a frame says of a ticket: whose it is (the client id or comment, as it stands there), symbol
    and side. position: it is an open position's, else an order's."""

    ticket: str
    name: str
    symbol: str
    side: int
    position: bool = False


class Reader(Protocol):
    """One venue's words. linked: an opening and its exits go out as one request, or not at all. market_exits: an exit's
    limit that the market has passed may go out at the market."""

    linked: bool
    market_exits: bool

    def read(self, request: HttpRequest) -> list[Asked]:
        """What it asks for; nothing where it changes nothing, or only cancels. Raises Unlisted."""

    def frame(self, message: str | bytes) -> None:
        """A frame of ours changes nothing either. Raises Unlisted."""

    def connects(self, url: str) -> None:
        """A WebSocket may be opened there. Raises Unlisted."""

    def means(self, word: str, instrument: Instrument) -> bool:
        """Whether the venue's symbol stands for the instrument."""

    def answered(self, request: HttpRequest, answer: HttpAnswer) -> Iterable[Named]:
        """The tickets an answer names."""

    def heard(self, url: str, frame: str | bytes) -> Iterable[Named]:
        """Those that a frame of the venue's names."""

    def undone(self, answer: HttpAnswer) -> bool:
        """Whether it says for certain that nothing was done, so that the same may be asked again."""


def leg_of(name: str) -> tuple[str, int]:
    """The order that a name of ours is of, and its leg: 0 = under the order's own id, behind that from 1. ("", 0) for
    another's name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return "", 0
    return found[1], 0 if found[2] is None else int(found[2]) + 1


def path_of(url: str, bases: Iterable[str]) -> tuple[str, str]:
    """Path and query of a URL below one of the venue's own addresses. Raises Unlisted."""
    parts = urlsplit(url)
    if parts.fragment or not any(url.startswith(f"{base}/") for base in bases):
        raise Unlisted(f"{parts.scheme}://{parts.netloc} is no address of the venue")
    return parts.path, parts.query


def objects(data: bytes | str) -> Any:
    """JSON as it stands, numbers exact. Raises Unlisted."""
    try:
        return json.loads(data, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unlisted(f"it can not be read: {error}") from error


def _no_number(text: str) -> Any:
    raise Unlisted(f"{text} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unlisted("it names a field twice")
    return found


class Fields:
    """The fields of a request, each taken once; what nobody has taken in the end is not known here."""

    def __init__(self, fields: Any) -> None:
        if not isinstance(fields, dict):
            raise Unlisted("it is no object")
        self._left: dict[str, Any] = dict(fields)

    def take(self, name: str) -> Any:
        """None where it is missing."""
        return self._left.pop(name, None)

    def says(self, name: str) -> bool:
        """Whether it is there, be it null."""
        return name in self._left

    def text(self, name: str) -> str:
        """Raises Unlisted where it is missing, empty or no text."""
        value = self.take(name)
        if not isinstance(value, str) or not value:
            raise Unlisted(f"{name} is {value!r}")
        return value

    def word(self, name: str, words: Mapping[str, int]) -> int:
        """The number that the venue's word stands for. Raises Unlisted for another."""
        value = self.text(name)
        if value not in words:
            raise Unlisted(f"{name} is {value!r}")
        return words[value]

    def number(self, name: str) -> Decimal | None:
        """A number or its text; None where it is missing or null. Raises Unlisted."""
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            return Decimal(value)
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and value >= 0:
            return Decimal(value)
        raise Unlisted(f"{name} is {value!r}")

    def ticket(self, name: str) -> str:
        """A number that names something; "" where it is missing. Raises Unlisted."""
        value = self.take(name)
        text = "" if value is None else str(value)
        if isinstance(value, bool) or (text and not (text.isascii() and text.isdecimal())):
            raise Unlisted(f"{name} is {value!r}")
        return text

    def end(self) -> None:
        """Raises Unlisted where something is left."""
        if self._left:
            raise Unlisted(f"it says {', '.join(sorted(self._left))}, which is not known here")
