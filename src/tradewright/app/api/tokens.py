"""Tokens to the interface: a key's word for some minutes, signed here and kept nowhere (RFC 7519, RFC 9068).

Whoever holds one may do what its key may, or less, until it expires. The key is looked at with each use, so a token
ends with it at once. The secret that signs lies beside the keys, for its owner's eyes alone; another home has another.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import jwt
import msgspec

from tradewright.app.api.keys import TOKEN_BYTES_MAX, Key, KeyRing, write_private
from tradewright.app.secret import read_by_others
from tradewright.model.errors import InputError

FILE = "tokens.secret"
SECRET_BYTES = 32
#: The only one that is made or taken, whatever a token says of itself.
ALGORITHM = "HS256"
TYPE = "at+jwt"
SECONDS_MAX = 900
#: A clock that was set back by so much makes no token one of the future. An end has none.
LEEWAY_SECONDS = 5
SECOND_NS = 10**9


class Token(Key, frozen=True):
    """A key for some minutes: of its scopes those that were asked for, a begin and an end of its own, and a number."""

    jti: str = ""

    def good(self, now: int) -> bool:
        return self.created <= now + LEEWAY_SECONDS * SECOND_NS and super().good(now)


class Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a token says. sub: the user; client_id: the key's id; times: seconds UTC."""

    iss: Literal["tradewright"]
    aud: Literal["tradewright-api"]
    sub: str
    client_id: str
    scope: str
    iat: int
    nbf: int
    exp: int
    jti: str


class Tokens:
    """Makes and reads the tokens of a home; its keys are `ring`'s. Raises InputError where the secret is none."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring
        self._secret = _secret_of(ring.folder / FILE)
        self._signer = jwt.PyJWS(algorithms=[ALGORITHM])

    def make(self, key: Key, scopes: Sequence[str], seconds: int, now: int) -> tuple[Token, str]:
        """A token of a key and its text. It ends with its key, if that is sooner. scopes: such as the key may."""
        since = now // SECOND_NS
        claims = Claims(
            "tradewright", "tradewright-api", key.whose, key.id, " ".join(scopes), since, since, since + seconds,
            secrets.token_hex(8),
        )  # fmt: skip
        text = self._signer.encode(msgspec.json.encode(claims), self._secret, ALGORITHM, {"typ": TYPE})
        return _token(claims, key), text

    def whose(self, text: str, now: int) -> Key | None:
        """The key or token of that text, None where there is none that is good now. Raises InputError for a file of
        keys that is none."""
        found = self.held(text)
        return found if found is not None and found.good(now) else None

    def held(self, text: str) -> Key | None:
        """The same, also of one that has ended."""
        if "." not in text:
            return self.ring.held(text)
        claims = self._read(text)
        key = None if claims is None else self.ring.keys().get(claims.client_id)
        return None if claims is None or key is None else _token(claims, key)

    def _read(self, text: str) -> Claims | None:
        """What a token says that was signed here."""
        if len(text) > TOKEN_BYTES_MAX:
            return None
        try:
            found = self._signer.decode_complete(text, self._secret, algorithms=[ALGORITHM])
            claims = msgspec.json.decode(found["payload"], type=Claims)
        except (jwt.PyJWTError, msgspec.DecodeError, ValueError, RecursionError):
            return None
        return claims if found["header"].get("typ") == TYPE and claims.exp - claims.iat <= SECONDS_MAX else None


def _token(claims: Claims, key: Key) -> Token:
    """As the key is by now: whatever it may no more, its token may not."""
    scopes = [scope for scope in claims.scope.split() if key.may(scope)]
    begins, ends = max(claims.iat, claims.nbf) * SECOND_NS, claims.exp * SECOND_NS
    return Token(
        key.id, key.name, "", scopes, key.accounts, begins, min(ends, key.expires or ends), key.revoked, key.user,
        claims.jti,
    )  # fmt: skip


def _secret_of(file: Path) -> bytes:
    """256 random bits, made where there are none yet. Raises InputError for fewer, and where others may read them."""
    if not file.exists():
        write_private(file, f"{secrets.token_hex(SECRET_BYTES)}\n".encode())
    if read_by_others(file):
        raise InputError(f"{file} can be read by others, who could make tokens: delete it, and a new one is made")
    try:
        found = bytes.fromhex(file.read_text("ascii"))
    except ValueError:
        found = b""
    if len(found) != SECRET_BYTES or len(set(found)) < SECRET_BYTES // 2:
        raise InputError(f"{file} is no secret of {SECRET_BYTES * 8} random bits: delete it, and a new one is made")
    return found
