"""The service as the benchmarks of its interface run it: `tradewright serve` with a market of their own.

    python bench/served.py CONFIG HOME [--symbols 1] [--step-ms 1000]

The market has so many symbols, each with a quote so often. Behind its end it prints one line of JSON: the commits of
its journal, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tradewright.adapters.journal import FileJournal
from tradewright.app import synthetic_feed
from tradewright.app.config import read_config
from tradewright.app.serving import serve_until_told
from tradewright.model.instrument import Instrument
from tradewright.sim.market import Listing, universe

CLOCK_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
START_SECONDS = 60.0
FIRST = "BTCUSD"


def symbols(count: int) -> list[str]:
    return [FIRST, *(f"C{number:02}USD" for number in range(1, count))]


def listings(count: int) -> tuple[Listing, ...]:
    """So many pairs like the first, which never close."""
    first = next(one for one in universe() if one.instrument.symbol == FIRST)
    like = first.instrument
    found = []
    for symbol in symbols(count):
        base, scales = symbol.removesuffix("USD"), (like.price_scale, like.size_scale)
        instrument = Instrument(symbol, like.venue, like.asset_class, base, "USD", *scales, rules=like.rules)
        found.append(first._replace(instrument=instrument))
    return tuple(found)


def quantile(values: Sequence[float], of_thousand: int) -> float:
    return round(statistics.quantiles(values, n=1000)[of_thousand - 1], 3)


class Process:
    """A server in a process of its own, from its line with an address on. url: that address."""

    def __init__(self, command: Sequence[object], said: Path, begins: str) -> None:
        self._said = said
        with said.open("w") as page:
            self._process = subprocess.Popen([sys.executable, *map(str, command)], stdout=page, stderr=page)
        ends = time.monotonic() + START_SECONDS
        while not (found := [line for line in self._lines() if begins in line]):
            if time.monotonic() > ends or self._process.poll() is not None:
                self._process.kill()
                raise SystemExit(f"{command}: it does not begin:\n{said.read_text()[-2_000:]}")
            time.sleep(0.05)
        self.url = next(word for word in found[0].split() if word.startswith("http"))

    def _lines(self) -> list[str]:
        return self._said.read_text().splitlines()

    def cpu(self) -> float:
        """Seconds of a processor that it has used by now, the system's for it included; its children are not."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * CLOCK_TICK_SECONDS

    def end(self) -> str:
        """Its last line."""
        self._process.send_signal(signal.SIGTERM)
        if self._process.wait(START_SECONDS):
            raise SystemExit(f"it ended with {self._process.returncode}:\n{self._said.read_text()[-2_000:]}")
        return self._lines()[-1]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Service(Process):
    """A service that runs and knows a price. key: of everything; home: where its journal lies."""

    def __init__(self, folder: Path, text: str, symbols: int = 1, step_ms: int = 1_000) -> None:
        self.home, file = folder / "home", folder / "service.yaml"
        file.write_text(text)
        command = [__file__, file, self.home, "--symbols", symbols, "--step-ms", step_ms]
        super().__init__(command, folder / "said", "API    http")
        self.key = (self.home / "admin.key").read_text().strip()
        while f'te_rollup_staleness_seconds{{symbol="{FIRST}"}}' not in self._figures():
            time.sleep(0.1)

    def _figures(self) -> str:
        with urllib.request.urlopen(f"{self.url}/metrics") as answer:
            return str(answer.read().decode())

    def commits(self) -> dict[str, float]:
        """Ends it; what its journal's commits took."""
        found: dict[str, float] = json.loads(self.end())
        return found


@contextmanager
def standing(made: Process) -> Iterator[Process]:
    try:
        yield made
    finally:
        made.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("--symbols", type=int, default=1)
    parser.add_argument("--step-ms", type=int, default=1_000)
    options = parser.parse_args()
    traded = listings(options.symbols)
    synthetic_feed.universe = lambda *_: traded  # type: ignore[attr-defined]
    synthetic_feed.STEP_MS = options.step_ms
    taken: list[float] = []
    right = FileJournal.time_commits

    def timed(journal: FileJournal, hear: Any) -> None:
        def both(seconds: float) -> None:
            taken.append(1e3 * seconds)
            hear(seconds)

        right(journal, both)

    FileJournal.time_commits = timed  # type: ignore[method-assign]
    serve_until_told(read_config(options.config), options.home, quiet=False)
    print(json.dumps({"commits": len(taken), "commit_p50": quantile(taken, 500), "commit_p99": quantile(taken, 990)}))


if __name__ == "__main__":
    main()
