"""What the journal costs on this disk: latency of a lone commit, throughput of a burst, speed of proving it again.

    python bench/journal.py [--commits 5000] [--records 300000] [--folder DIR]

Prints one line of JSON. `commit_*`: append one record of 240 bytes and wait until it is durable. `burst_*`: append as
fast as the backlog takes them. `verify_*`, `read_*`: the same records proven and read from the files; `verify_lone_*`:
those of the lone commits, each a row of its own; `open_ms`: opening it again with a snapshot 50,000 records back. The
folder decides which disk is measured; one in memory would measure nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import apsw

from tradewright.adapters.journal import FileJournal, read, verify

NOON = 20_000 * 86_400 * 10**9
#: The most records that may follow a snapshot.
SNAPSHOT_EVERY = 50_000
ROW = b'{"kind":"bar","symbol":"BTC/USDT","time":1728043200000000000,"open":6200000,"padding":"%s","n":%d}'


def record(number: int) -> bytes:
    return (ROW % (b"x" * 150, number)).ljust(240)


def lone_commits(folder: Path, count: int) -> dict[str, float]:
    """One record at a time, each waited for."""
    seconds = []
    with FileJournal(folder) as journal:
        begin = time.perf_counter()
        for number in range(1, count + 1):
            start = time.perf_counter()
            journal.wait(journal.append(record(number), NOON))
            seconds.append(time.perf_counter() - start)
        total = time.perf_counter() - begin
    cuts = statistics.quantiles(seconds, n=1000)
    return {
        "commits_per_s": round(count / total),
        "commit_p50_ms": round(1e3 * cuts[499], 3),
        "commit_p99_ms": round(1e3 * cuts[989], 3),
        "commit_p999_ms": round(1e3 * cuts[998], 3),
        "commit_max_ms": round(1e3 * max(seconds), 3),
    }


def burst(folder: Path, count: int) -> dict[str, float]:
    """All records at once; how many share a commit is the disk's choice."""
    commits = 0

    def committed() -> None:
        nonlocal commits
        commits += 1

    with FileJournal(folder, notify=committed) as journal:
        slowest = 0.0
        begin = time.perf_counter()
        for number in range(1, count + 1):
            start = time.perf_counter()
            journal.append(record(number), NOON)
            slowest = max(slowest, time.perf_counter() - start)
        appended = time.perf_counter() - begin
        journal.wait(count)
        durable = time.perf_counter() - begin
    return {
        "burst_appended_per_s": round(count / appended),
        "burst_durable_per_s": round(count / durable),
        "burst_records_per_commit": round(count / commits),
        "burst_append_max_ms": round(1e3 * slowest, 3),
    }


def proofs(folder: Path, count: int) -> dict[str, float]:
    """What a start and a replay cost."""
    begin = time.perf_counter()
    assert verify(folder).sequence == count
    verified = time.perf_counter()
    assert sum(1 for _ in read(folder)) == count
    done = time.perf_counter()
    return {
        "verify_records_per_s": round(count / (verified - begin)),
        "read_records_per_s": round(count / (done - verified)),
    }


def opening(folder: Path, count: int) -> dict[str, float]:
    """A start as recovery makes it: lock, proof of what a snapshot does not cover, and everything made durable."""
    begin = time.perf_counter()
    with FileJournal(folder, start=max(1, count - SNAPSHOT_EVERY)) as journal:
        assert journal.durable == count
        return {"open_ms": round(1e3 * (time.perf_counter() - begin), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=5_000)
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--folder", type=Path, default=Path())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        lone, many = Path(name, "lone"), Path(name, "many")
        figures: dict[str, object] = {"bench": "journal", "sqlite": apsw.sqlite_lib_version()}
        figures |= lone_commits(lone, options.commits)
        figures |= burst(many, options.records)
        figures |= proofs(many, options.records)
        figures |= opening(many, options.records)
        figures["verify_lone_records_per_s"] = proofs(lone, options.commits)["verify_records_per_s"]
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
