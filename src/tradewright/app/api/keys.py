"""Keys to the interface: random, kept as hashes, each with its scopes, an end and a revocation.

They lie in one file beside the journal, which only its owner may read. Whoever holds the text of a key is who it names;
it is shown once, when it is made. The first one is made by the first start and lies in a file of its own.
"""

from __future__ import annotations

import fcntl
import hmac
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from tradewright.app.audit import AuditLog
from tradewright.model.errors import InputError
from tradewright.model.moment import moment_text

READ = "read"
TRADE = "trade"
RISK = "risk"
KILL = "kill"
ADMIN = "admin"
SCOPES = (READ, TRADE, RISK, KILL, ADMIN)
FILE = "keys.json"
FIRST = "admin.key"
#: A record names who asked by the key's name, so it is one that no login of a machine could be mistaken for a sentence.
NAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
PREFIX = "tw"
SECRET_BYTES = 32
#: The longest token of a key (`tokens`) has half of it; what is longer is not looked into.
TOKEN_BYTES_MAX = 1_024
#: Another process that writes the audit log is waited for so long.
AUDIT_SECONDS = 2.0


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """hash: sha256 of the key's text; 256 random bits need no slower one. accounts: those it sees, none = all. Times:
    ns UTC, 0 = never. user: whose it is, "" = it is its name's."""

    id: str
    name: str
    hash: str
    scopes: list[str]
    accounts: list[str]
    created: int
    expires: int = 0
    revoked: int = 0
    user: str = ""

    @property
    def whose(self) -> str:
        """The user: of whom the path `/trading/USER` is."""
        return self.user or self.name

    def may(self, scope: str) -> bool:
        """admin may do everything."""
        return scope in self.scopes or ADMIN in self.scopes

    def sees(self, account: str) -> bool:
        return not self.accounts or account in self.accounts

    def good(self, now: int) -> bool:
        return not self.revoked and (not self.expires or now < self.expires)

    def row(self) -> dict[str, Any]:
        """All of it but its hash."""
        return {
            "id": self.id, "name": self.name, "user": self.whose, "scopes": self.scopes, "accounts": self.accounts,
            "created": moment_text(self.created), "expires": moment_text(self.expires) if self.expires else None,
            "revoked": moment_text(self.revoked) if self.revoked else None,
        }  # fmt: skip


class KeyRing:
    """The keys in a home. What another process changes in the file holds from the next request on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / FILE
        self._audit = AuditLog(folder, AUDIT_SECONDS)
        self._seen: tuple[int, int, int] | None = None
        self._keys: dict[str, Key] = {}

    def keys(self) -> dict[str, Key]:
        """By id. Raises InputError for a file that is none of ours."""
        try:
            found = self.file.stat()
        except FileNotFoundError:
            self._seen, self._keys = None, {}
            return self._keys
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        if seen != self._seen:
            try:
                read = msgspec.json.decode(self.file.read_bytes(), type=list[Key])
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise InputError(f"{self.file} is no file of keys: {error}") from error
            self._seen, self._keys = seen, {key.id: key for key in read}
        return self._keys

    def held(self, text: str) -> Key | None:
        """The key of that text, also one that has ended; None where there is none."""
        prefix, _, rest = text.partition("_")
        id, _, _ = rest.partition("_")
        key = self.keys().get(id) if prefix == PREFIX else None
        return key if key is not None and hmac.compare_digest(_hash(text), key.hash) else None

    def make(
        self,
        name: str,
        scopes: Sequence[str],
        now: int,
        accounts: Sequence[str] = (),
        expires: int | None = None,
        user: str = "",
    ) -> tuple[Key, str]:
        """A new key and its text, which is kept nowhere. expires: ns UTC, None = never; user: "" = as it is named.
        Raises InputError for a name, a scope or an end that is none."""
        for called in (name, user or name):
            if not NAME.fullmatch(called):
                raise InputError(
                    f"a key is called by 1 to 64 of a-z A-Z 0-9 _ . @ -, and so is its user; not {called!r}"
                )
        strange = [scope for scope in scopes if scope not in SCOPES]
        if strange or not scopes:
            raise InputError(
                f"a key has scopes, each one of {', '.join(SCOPES)}" + f"; not {strange[0]!r}" * bool(strange)
            )
        if expires is not None and expires <= now:
            raise InputError("a key ends in the future")
        with self._changing() as keys:
            id = secrets.token_hex(4)
            text = f"{PREFIX}_{id}_{secrets.token_urlsafe(SECRET_BYTES)}"
            scopes, accounts = list(dict.fromkeys(scopes)), list(dict.fromkeys(accounts))
            key = Key(id, name, _hash(text), scopes, accounts, now, expires or 0, user=user)
            keys.append(key)
            # Nobody has a key that the log does not know.
            if not self._tell("keyMade", key):
                raise InputError(f"no key is made: its line can not be written in {self._audit.file}")
        return key, text

    def revoke(self, id: str, now: int) -> Key:
        """Ends a key for ever. Raises InputError where there is none of that id."""
        with self._changing() as keys:
            place = next((at for at, key in enumerate(keys) if key.id == id), None)
            if place is None:
                raise InputError(f"{self.file} has no key {id!r}; `tradewright keys list` names them")
            key = keys[place] = msgspec.structs.replace(keys[place], revoked=keys[place].revoked or now)
        if not self._tell("keyRevoked", key):
            raise InputError(f"key {id} is revoked, and {self._audit.file} has no line of it: it can not be written")
        return key

    def make_first(self, now: int) -> Path | None:
        """The first key of a home, for everything, in a file that only its owner can read: where it lies. None where
        there are keys."""
        if self.file.exists():
            return None
        _, text = self.make("admin", [ADMIN], now)
        write_private(self.folder / FIRST, f"{text}\n".encode())
        return self.folder / FIRST

    def _tell(self, what: str, key: Key) -> bool:
        """Whether the audit log has a line of it."""
        ends = moment_text(key.expires) if key.expires else None
        about = {"scopes": " ".join(key.scopes), "accounts": " ".join(key.accounts), "expires": ends}
        by = f"uid {os.getuid()}"
        return self._audit.note(what, **{"from": by}, key=key.id, name=key.name, user=key.whose, **about)

    @contextmanager
    def _changing(self) -> Iterator[list[Key]]:
        """The keys as they are; what becomes of the list is written where nothing was raised."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder / f"{FILE}.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            keys = list(self.keys().values())
            yield keys
            write_private(self.file, msgspec.json.encode(keys))
        finally:
            os.close(lock)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def write_private(file: Path, content: bytes) -> None:
    """All of it or nothing, for its owner's eyes alone."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as page:
        page.write(content)
        page.flush()
        os.fsync(page.fileno())
    new.replace(file)
