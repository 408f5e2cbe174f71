"""Who asks: the two key headers, or a bearer token. Decided: a bearer token is the account's secret itself.

Keys are compared as they stood on the wire. None at all is answered 401, wrong ones 403.
"""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest

from tradewright.sim.wire.alpaca.codes import unauthorized, unknown_keys

KEY_HEADER = "apca-api-key-id"
SECRET_HEADER = "apca-api-secret-key"


class Credentials:
    """Keys and their secrets."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = dict(secrets)

    def key_of(self, headers: Mapping[str, str]) -> str:
        """The key that a request has shown to be its own. Refuses the others."""
        bearer = headers.get("authorization", "")
        if bearer[:7].lower() == "bearer ":
            for key, secret in self._secrets.items():
                if compare_digest(secret.encode(), bearer[7:].strip().encode()):
                    return key
            raise unknown_keys()
        key, secret = headers.get(KEY_HEADER, ""), headers.get(SECRET_HEADER, "")
        if not key or not secret:
            raise unauthorized()
        if not self.known(key, secret):
            raise unknown_keys()
        return key

    def known(self, key: object, secret: object) -> bool:
        """Whether the pair is one of ours."""
        if not isinstance(key, str) or not isinstance(secret, str):
            return False
        expected = self._secrets.get(key)
        return expected is not None and compare_digest(expected.encode(), secret.encode())
