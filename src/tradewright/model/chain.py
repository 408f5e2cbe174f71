"""The hash chain of a journal: the hash of a record covers every record before it.

h_0 = GENESIS, h_n = blake2b-256(h_(n-1) || length of record n in 4 bytes, little endian || record n). Each *record* is
a link, so the same records give the same hash however they were batched, split into segments or stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

HASH_BYTES = 32
#: Bytes of the length before each record; it is part of what is hashed, so no two lists of records share a chain.
LENGTH_BYTES = 4


def digest(data: bytes) -> bytes:
    """blake2b-256 of `data`: the one hash of everything durable."""
    return blake2b(data, digest_size=HASH_BYTES).digest()


#: h_0. The number is the chain's version: another rule of linking is another genesis.
GENESIS = digest(b"tradewright journal chain 1")


def framed(record: bytes) -> bytes:
    """The record as it is stored and hashed: its length, then itself."""
    return len(record).to_bytes(LENGTH_BYTES, "little") + record


def frames(payload: bytes) -> list[bytes] | None:
    """The framed records that `payload` is made of; None if it is not a row of whole frames."""
    found = []
    at, size = 0, len(payload)
    while at < size:
        end = at + LENGTH_BYTES + int.from_bytes(payload[at : at + LENGTH_BYTES], "little")
        found.append(payload[at:end])
        at = end
    return found if at == size else None


def link(previous: bytes, frame: bytes) -> bytes:
    """The hash after one more framed record."""
    return blake2b(previous + frame, digest_size=HASH_BYTES).digest()


def extend(previous: bytes, more: Iterable[bytes]) -> bytes:
    """The hash after all these framed records."""
    for frame in more:
        previous = blake2b(previous + frame, digest_size=HASH_BYTES).digest()
    return previous


class Head(NamedTuple):
    """A position in a journal: the number of its last record (0 = none yet) and the chain's hash there."""

    sequence: int
    hash: bytes


START = Head(0, GENESIS)
