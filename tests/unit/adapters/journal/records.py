"""Records that a test can tell by their number, and folders of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

from tradewright.adapters.journal import FileJournal, read
from tradewright.model.chain import GENESIS

DAY = 86_400 * 10**9
NOON = 20_000 * DAY + DAY // 2  # 2024-10-04, 12:00 UTC


def record(number: int) -> bytes:
    """Row `number`: never the same twice, of varying length."""
    return b'{"n":%d,"x":"%s"}' % (number, b"abcdefghij"[: number % 11])


def chain(records: Iterable[bytes]) -> bytes:
    """The chain's hash by its definition, written down a second time."""
    value = GENESIS
    for row in records:
        value = blake2b(value + len(row).to_bytes(4, "little") + row, digest_size=32).digest()
    return value


def expected(count: int) -> bytes:
    return chain(record(number) for number in range(1, count + 1))


def write(folder: Path, batches: Sequence[int], day: int = 0, **options: object) -> None:
    """Appends batches of so many records each, on the given day, as a clean run."""
    with FileJournal(folder, **options) as journal:  # type: ignore[arg-type]
        for size in batches:
            for _ in range(size):
                last = journal.append(record(journal.head.sequence + 1), NOON + day * DAY)
            journal.wait(last)


def contents(folder: Path, start: int = 1) -> list[tuple[int, bytes]]:
    return list(read(folder, start))


def numbered(first: int, last: int) -> list[tuple[int, bytes]]:
    """What `contents` must be."""
    return [(number, record(number)) for number in range(first, last + 1)]
