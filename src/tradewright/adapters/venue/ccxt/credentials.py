"""What an exchange knows its customer by. None of it is ever shown."""

from __future__ import annotations

from tradewright.model.errors import InputError


class Credentials:
    """key, secret: of the API key; password: a third part that some exchanges give with it. Raises InputError."""

    __slots__ = ("key", "secret", "password")

    def __init__(self, key: str, secret: str, password: str = "") -> None:
        if not key or not secret:
            raise InputError("ccxt: an API key goes with a secret")
        self.key = key
        self.secret = secret
        self.password = password

    def __repr__(self) -> str:
        return "Credentials(***)"
