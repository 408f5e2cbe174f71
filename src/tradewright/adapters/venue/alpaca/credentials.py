"""An account's keys. They are shown nowhere: not in a text of theirs, not in a URL, not in an error."""

from __future__ import annotations

from tradewright.model.errors import InputError


class Credentials:
    """key: names the account; secret: proves it. Both go into headers of REST and into the log-in of a stream."""

    __slots__ = ("key", "secret")

    def __init__(self, key: str, secret: str) -> None:
        if not key or not secret or not (key.isascii() and secret.isascii()):
            raise InputError("alpaca: key and secret are missing, or are none")
        self.key = key
        self.secret = secret

    def headers(self) -> dict[str, str]:
        """What proves a request of REST."""
        return {"APCA-API-KEY-ID": self.key, "APCA-API-SECRET-KEY": self.secret}

    def __repr__(self) -> str:
        return "Credentials(***)"

    __str__ = __repr__
