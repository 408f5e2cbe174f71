"""Who calls: API keys, their signatures over the bytes as they came, and the time in which a call is good.

REST signs the query and the body, joined without a separator, without the signature; the WebSocket API signs its
parameters sorted by name. HMAC signatures are hex in either case, RSA (PKCS #1 v1.5) and Ed25519 ones base64.
Checked in this order: the form of the key, what must be there, whether the key is known, the time, the signature, the
key's permission. A key is text of 1 to 128 letters, digits, - and _.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from tradewright.model.errors import InputError
from tradewright.sim.wire.binance.codes import (
    KEY,
    KEY_FORMAT,
    NOT_AUTHORIZED,
    RECV_WINDOW,
    SIGNATURE,
    TIMESTAMP,
    Refusal,
    mandatory,
)
from tradewright.sim.wire.binance.figures import MS_MAX, MS_NS, SECOND_NS
from tradewright.sim.wire.binance.parameters import illegal

_KEY = re.compile(r"[A-Za-z0-9_\-]{1,128}")
_SIGNATURE = re.compile(r"(?:^|&)signature=([^&]*)")
_WINDOW = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,3})?")
_STAMP = re.compile(r"[0-9]{1,19}")
WINDOW_MS, WINDOW_MS_MAX = 5000, 60000
AHEAD_NS = SECOND_NS

TRADE, USER_DATA = "TRADE", "USER_DATA"

HMAC, RSA, ED25519 = "HMAC", "RSA", "ED25519"

DEMO_ACCOUNT = "demo"
DEMO_KEY, DEMO_SECRET = "demo-key", "demo-secret"
DEMO_ED25519_KEY = "demo-ed25519"
_DEMO_PRIVATE = b"tradewright demo, not a secret. "


@dataclass(frozen=True, slots=True)
class Credential:
    """One API key. secret: of an HMAC key; public_pem: the client's public RSA or Ed25519 key. permissions: TRADE and
    USER_DATA; peers: addresses it may be used from, empty = any."""

    key: str
    account: str = DEMO_ACCOUNT
    secret: str = ""
    public_pem: str = ""
    permissions: tuple[str, ...] = (TRADE, USER_DATA)
    peers: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        if self.secret:
            return HMAC
        return ED25519 if isinstance(public_key(self.public_pem), Ed25519PublicKey) else RSA

    def signed(self, payload: bytes, signature: str) -> bool:
        """Whether the signature is this key's over the payload."""
        if self.secret:
            proper = hmac.new(self.secret.encode(), payload, "sha256").hexdigest()
            return hmac.compare_digest(proper.encode(), signature.lower().encode())
        known = public_key(self.public_pem)
        try:
            given = b64decode(signature, validate=True)
            if isinstance(known, Ed25519PublicKey):
                known.verify(given, payload)
            else:
                known.verify(given, payload, PKCS1v15(), SHA256())
        except (InvalidSignature, NotBase64, ValueError):
            return False
        return True


def public_key(pem: str) -> Ed25519PublicKey | RSAPublicKey:
    """The key of a PEM text. Raises InputError for what is neither Ed25519 nor RSA."""
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise InputError(f"the public key is no PEM: {error}") from error
    if not isinstance(key, Ed25519PublicKey | RSAPublicKey):
        raise InputError("a public key is Ed25519 or RSA")
    return key


def demo_private_pem() -> str:
    """The private key (PKCS #8) that belongs to DEMO_ED25519_KEY; known to everybody."""
    key = Ed25519PrivateKey.from_private_bytes(_DEMO_PRIVATE)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def demo_credentials() -> tuple[Credential, ...]:
    """An HMAC and an Ed25519 key of the account `demo`."""
    public = Ed25519PrivateKey.from_private_bytes(_DEMO_PRIVATE).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return (Credential(DEMO_KEY, secret=DEMO_SECRET), Credential(DEMO_ED25519_KEY, public_pem=pem))


def rest_payload(query: str, form: str) -> tuple[bytes, str]:
    """What was signed, and the signature; the one in the query wins. Raises Refusal for what was not encoded."""
    found = _SIGNATURE.search(query) or _SIGNATURE.search(form)
    if not (query.isascii() and form.isascii()):
        raise bad_signature()
    payload = _without_signature(query) + _without_signature(form)
    return payload.encode(), unquote(found.group(1)) if found else ""


def _without_signature(raw: str) -> str:
    return _SIGNATURE.sub("", raw).removeprefix("&")


def socket_payload(values: Mapping[str, str]) -> bytes:
    """What a WebSocket call signs: all but the signature, sorted, not encoded."""
    return "&".join(f"{name}={values[name]}" for name in sorted(values) if name != "signature").encode()


def bad_signature() -> Refusal:
    return Refusal(SIGNATURE, "Signature for this request is not valid.")


class Keyring:
    """The keys that the venue knows. Its clock is the one it is given."""

    def __init__(self, credentials: tuple[Credential, ...]) -> None:
        self._known = {credential.key: credential for credential in credentials}

    def revoke(self, key: str) -> None:
        """From now on the key is no key."""
        self._known.pop(key, None)

    def knows(self, key: str) -> bool:
        return key in self._known

    def find(self, key: str, peer: str) -> Credential:
        """The credential of a key. Raises Refusal."""
        if not _KEY.fullmatch(key):
            raise Refusal(KEY_FORMAT, "API-key format invalid.")
        credential = self._known.get(key)
        if credential is None or (credential.peers and peer not in credential.peers):
            raise no_permission()
        return credential

    def check(
        self, key: str, values: Mapping[str, str], payload: bytes, signature: str, peer: str, clock: int
    ) -> Credential:
        """The credential of a signed call. Raises Refusal."""
        credential = self.find(key, peer)
        if not signature:
            raise mandatory("signature")
        check_time(values, clock)
        if not credential.signed(payload, signature):
            raise bad_signature()
        return credential


def no_permission() -> Refusal:
    return Refusal(KEY, "Invalid API-key, IP, or permissions for action.", NOT_AUTHORIZED)


def check_time(values: Mapping[str, str], clock: int) -> None:
    """Refuses a call whose time is not now. clock: the venue's, ns."""
    stamp = values.get("timestamp", "")
    if not stamp:
        raise mandatory("timestamp")
    if not _STAMP.fullmatch(stamp):
        raise illegal("timestamp", "^[0-9]{1,20}$")
    sent = int(stamp)
    sent_ns = sent * (MS_NS if sent < MS_MAX else 1000)
    window = values.get("recvWindow", str(WINDOW_MS))
    if not _WINDOW.fullmatch(window):
        raise illegal("recvWindow", r"^[0-9]{1,5}(\.[0-9]{1,3})?$")
    if Decimal(window) > WINDOW_MS_MAX:
        raise Refusal(RECV_WINDOW, "recvWindow must be less than 60000.")
    if sent_ns >= clock + AHEAD_NS:
        raise Refusal(TIMESTAMP, "Timestamp for this request was 1000ms ahead of the server's time.")
    # The clock is read in ms, as the client's stamp is: a window of 0 is good within the same millisecond.
    if clock - clock % MS_NS - sent_ns > int(Decimal(window) * MS_NS):
        raise Refusal(TIMESTAMP, "Timestamp for this request is outside of the recvWindow.")
