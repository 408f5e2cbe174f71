"""Real demo processes by the dozen: a mother that has everything imported forks one child per run.

A child is a process of its own with files of its own; it ends by itself, at a crash point, or by a signal.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.project import ROOT


class Ended(NamedTuple):
    """How a process ended: its exit code (minus the signal), and what it printed."""

    code: int
    output: str

    @property
    def row(self) -> dict[str, Any]:
        """The JSON object it printed."""
        found: dict[str, Any] = json.loads(self.output)
        return found


class Nursery:
    """The mother, from the test's side."""

    def __enter__(self) -> Self:
        # Children end without saying goodbye, so there is nothing to measure and no use in measuring slowly.
        plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        self._mother = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.nursery"],
            cwd=ROOT, env=plain, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        return self

    def run(self, arguments: list[str]) -> Ended:
        """One run of `python -m tradewright.prove.crash` with these arguments."""
        assert self._mother.stdin is not None and self._mother.stdout is not None
        self._mother.stdin.write(json.dumps(arguments) + "\n")
        return Ended(*json.loads(self._mother.stdout.readline()))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._mother.communicate()


def mother() -> None:
    import polars  # noqa: F401 - a child would load it anew each time; no thread of it works before its first use

    from tradewright.prove.crash import main

    for line in sys.stdin:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(write, 1)
            code = main(json.loads(line))
            sys.stdout.flush()
            os._exit(code)
        os.close(write)
        with open(read) as pipe:
            output = pipe.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps([code, output]), flush=True)


if __name__ == "__main__":
    mother()
