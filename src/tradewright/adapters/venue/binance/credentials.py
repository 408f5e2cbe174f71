"""An API key and what signs for it: an HMAC secret, or an Ed25519 private key. Neither is ever shown."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable

from tradewright.model.errors import InputError


class Credentials:
    """key: the API key. secret: of an HMAC key; private_pem: an Ed25519 private key (PKCS #8, PEM); one of them. Raises
    InputError."""

    __slots__ = ("key", "_sign")

    def __init__(self, key: str, secret: str = "", private_pem: str = "") -> None:
        if not key or not key.isascii():
            raise InputError("binance: the API key is empty or not ASCII")
        if bool(secret) == bool(private_pem):
            raise InputError("binance: an API key goes with a secret or with a private key, one of them")
        self.key = key
        self._sign = _hmac_of(secret) if secret else _ed25519_of(private_pem)

    def sign(self, payload: bytes) -> str:
        """The signature as text: hex of HMAC-SHA256, base64 of Ed25519."""
        return self._sign(payload)

    def __repr__(self) -> str:
        return "Credentials(***)"


def _hmac_of(secret: str) -> Callable[[bytes], str]:
    def sign(payload: bytes) -> str:
        return hmac.new(secret.encode(), payload, "sha256").hexdigest()

    return sign


def _ed25519_of(pem: str) -> Callable[[bytes], str]:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as error:
        raise InputError("an Ed25519 key needs cryptography: pip install 'tradewright[venues]'") from error
    try:
        private = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        # The parser's own words could show what it read.
        raise InputError("binance: the private key is no PEM without a password") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise InputError("binance: the private key is not an Ed25519 key")

    def sign(payload: bytes) -> str:
        return b64encode(private.sign(payload)).decode()

    return sign
