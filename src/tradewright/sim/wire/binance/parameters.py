"""The parameters of one call, as text, and their readers; what they can not read is refused as the venue refuses it.

Over REST they come from the query and from a form in the body, and the query wins; over the WebSocket API from
`params`. Numbers stay the text they were sent as: they are signed, and they are exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

import msgspec

from tradewright.sim.wire.binance.codes import (
    BAD_JSON,
    DUPLICATE_PARAMETER,
    EMPTY,
    ILLEGAL_CHARACTERS,
    INVALID_PARAMETER,
    OVERFLOW,
    PRECISION,
    UNREAD,
    Refusal,
    mandatory,
)
from tradewright.sim.wire.binance.figures import MS_MAX, MS_NS, SCALE

_DECIMAL = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,20}))?")
_INTEGER = re.compile(r"-?[0-9]{1,30}")
_CLIENT_ID = re.compile(r"[a-zA-Z0-9\-_]{1,36}")
INTEGER_MAX = 2**63 - 1
#: Sent with every signed call, wherever it goes.
SIGNED = ("apiKey", "timestamp", "signature", "recvWindow")


def pairs_of(raw: str) -> list[tuple[str, str]]:
    """Names and values of a query or form, decoded."""
    pairs = (part.partition("=") for part in raw.split("&") if part)
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]


def read_rest(query: str, form: str) -> dict[str, str]:
    """The parameters of a REST call. Raises Refusal for one that stands twice in the same place."""
    values: dict[str, str] = {}
    for raw in (form, query):
        seen: set[str] = set()
        for name, value in pairs_of(raw):
            if name in seen:
                raise Refusal(DUPLICATE_PARAMETER, "Duplicate values for a parameter detected.")
            seen.add(name)
            values[name] = value
    return values


def read_json(params: dict[str, msgspec.Raw]) -> dict[str, str]:
    """The parameters of a WebSocket call: strings as they are, anything else as its JSON text."""
    return {name: read_value(bytes(value)) for name, value in params.items()}


def read_value(raw: bytes) -> str:
    if raw[:1] == b'"':
        return str(msgspec.json.decode(raw))
    return raw.decode()


class Parameters:
    """The values of one call by name."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def check(self, known: Iterable[str], needed: Iterable[str]) -> None:
        """Refuses what the endpoint would not read, and what it needs and has not got."""
        for name in needed:
            if not self.values.get(name):
                raise mandatory(name)
        allowed = {*known, *needed, *SIGNED}
        read = sum(name in allowed for name in self.values)
        if read < len(self.values):
            sent = len(self.values)
            raise Refusal(
                UNREAD, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'."
            )
        for name, value in self.values.items():
            if not value:
                raise Refusal(EMPTY, f"Parameter '{name}' was empty.")

    def text(self, name: str) -> str:
        """A text; "" if it was not sent."""
        return self.values.get(name, "")

    def needed(self, name: str) -> str:
        value = self.values.get(name, "")
        if not value:
            raise mandatory(name)
        return value

    def integer(self, name: str, least: int = 0, most: int = INTEGER_MAX) -> int | None:
        """A whole number within its bounds; None if it was not sent."""
        value = self.values.get(name)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value):
            raise illegal(name, r"^-?[0-9]{1,20}$")
        number = int(value)
        if abs(number) > INTEGER_MAX:
            raise Refusal(OVERFLOW, f"Parameter '{name}' overflowed.")
        if not least <= number <= most:
            raise Refusal(INVALID_PARAMETER, f"Data sent for parameter '{name}' is not valid.")
        return number

    def limit(self, usual: int, most: int) -> int:
        """How many rows are asked for: at most as many as there may be."""
        value = self.integer("limit", 1)
        return usual if value is None else min(value, most)

    def count(self, name: str) -> int | None:
        """A price or quantity in counts of 10^-8, None if it was not sent; finer ones are refused."""
        value = self.values.get(name)
        if value is None:
            return None
        found = _DECIMAL.fullmatch(value)
        if found is None:
            raise illegal(name, r"^([0-9]{1,20})(\.[0-9]{1,20})?$")
        whole, rest = found.group(1), (found.group(2) or "").rstrip("0")
        if len(rest) > SCALE:
            raise Refusal(PRECISION, f"Parameter '{name}' has too much precision.")
        number = int(whole + rest.ljust(SCALE, "0"))
        if number > INTEGER_MAX:
            raise Refusal(OVERFLOW, f"Parameter '{name}' overflowed.")
        return number

    def choice(self, name: str, options: Iterable[str], code: int, said: str) -> str:
        """One of the options, "" if it was not sent; else refused with this code and text."""
        value = self.values.get(name, "")
        if value and value not in options:
            raise Refusal(code, said)
        return value

    def boolean(self, name: str, usual: bool = False) -> bool:
        value = self.values.get(name)
        if value is None:
            return usual
        if value.lower() not in ("true", "false"):
            raise Refusal(INVALID_PARAMETER, f"Data sent for parameter '{name}' is not valid.")
        return value.lower() == "true"

    def moment(self, name: str) -> int | None:
        """A time in ns, sent in ms or µs; None if it was not sent."""
        number = self.integer(name)
        if number is None:
            return None
        return number * MS_NS if number < MS_MAX else number * 1000

    def client_id(self, name: str) -> str:
        """A client's id, "" if it was not sent."""
        value = self.values.get(name, "")
        if value and not _CLIENT_ID.fullmatch(value):
            raise illegal(name, r"^[a-zA-Z0-9-_]{1,36}$")
        return value

    def listed(self, name: str) -> list[str] | None:
        """A JSON array of texts; None if it was not sent."""
        value = self.values.get(name)
        if value is None:
            return None
        try:
            return msgspec.json.decode(value, type=list[str])
        except msgspec.DecodeError as error:
            raise Refusal(BAD_JSON, f"JSON sent for parameter '{name}' is not valid") from error


def illegal(name: str, legal: str) -> Refusal:
    return Refusal(ILLEGAL_CHARACTERS, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")
