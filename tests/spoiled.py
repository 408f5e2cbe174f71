"""Runs tests on sources of which one line is wrong: a test that can not fail is worse than none.

Nothing is copied and no file changes. A process that has imported what the project stands on forks for each run; the
child takes the one module from a spoiled text and all others from the sources, which are pure Python.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, NamedTuple

import msgspec
import pytest

from tests.project import PACKAGE, ROOT, SRC, build_of

#: What is run is pure Python whichever build runs it: once on every run is enough.
ONCE = pytest.mark.long if build_of("tradewright.trader.trader") == "pure" else pytest.mark.timeout(300)

#: What a run may take: some spoiled lines let nothing come to an end.
SECONDS = 240
#: The tests never came by what was spoiled.
UNTOUCHED = 99
#: Imported before the forks: what is installed, and what of the project is seldom spoiled.
STANDS_ON = (
    "numpy", "aiohttp", "apsw", "cryptography.hazmat.primitives.serialization", "tradewright.sim.wire.alpaca",
    "tradewright.sim.wire.binance", "tradewright.sim.wire.mt5", "tradewright.sim.market",
)  # fmt: skip
KEPT = ("model", "sim.wire", "sim.exchange", "sim.models", "sim.market")


class Break(NamedTuple):
    """A line of a file, as it stands and as it would be wrong."""

    file: str
    line: str
    spoiled: str

    @property
    def module(self) -> str:
        return "tradewright." + self.file.removesuffix(".py").replace("/", ".")

    def text(self) -> str:
        """The file, spoiled. Raises AssertionError where the line does not stand there, once."""
        text = (PACKAGE / self.file).read_text()
        assert text.count(self.line) == 1, f"{self.file} has {self.line!r} {text.count(self.line)} times: say which"
        return text.replace(self.line, self.spoiled)


class Verdict(NamedTuple):
    """code: pytest's, negative = ended by a signal. text: what it printed."""

    code: int
    text: str


class Nursery:
    """The process that forks. cache: where it keeps what it compiles. Close it."""

    def __init__(self, cache: Path) -> None:
        environment = {
            **os.environ, "PYTHONPATH": f"{SRC}{os.pathsep}{ROOT}", "PYTHONPYCACHEPREFIX": str(cache),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }  # fmt: skip
        # Or each fork would compile all that it imports.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.spoiled"], cwd=ROOT, env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, spoiled: Break | None, tests: Sequence[str]) -> Verdict:
        """What pytest says of the tests; None: on the sources as they are."""
        wanted: list[Any] = [None if spoiled is None else (spoiled.module, spoiled.text()), list(tests)]
        into, out = self._pipes()
        into.write(msgspec.json.encode(wanted) + b"\n")
        into.flush()
        return Verdict(*msgspec.json.decode(out.readline()))

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None and self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def close(self) -> None:
        for pipe in self._pipes():
            pipe.close()
        self._process.wait(timeout=10)


class OneSpoiled(MetaPathFinder):
    """Finds one module in another file than its own."""

    def __init__(self, module: str, file: str) -> None:
        self.module = module
        self.file = file
        self.found = False

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if fullname != self.module:
            return None
        self.found = True
        return spec_from_file_location(fullname, self.file)


def serve() -> None:
    """Forks for each line that comes in."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for name in STANDS_ON:
        __import__(name)
    for line in sys.stdin:
        spoiled, tests = msgspec.json.decode(line)
        with NamedTemporaryFile("w", suffix=".py") as text, NamedTemporaryFile("w+") as printed:
            text.write(spoiled[1] if spoiled else "")
            text.flush()
            child = os.fork()
            if child == 0:
                _play(OneSpoiled(spoiled[0], text.name) if spoiled else None, tests, printed.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            printed.seek(0)
            print(msgspec.json.encode((code, printed.read()[-8_000:])).decode(), file=answers, flush=True)


def _kept(module: str) -> bool:
    rest = module.partition(".")[2]
    return any(rest == kept or rest.startswith(f"{kept}.") or kept.startswith(f"{rest}.") for kept in KEPT)


def _play(finder: OneSpoiled | None, tests: list[str], out: int) -> None:
    """In the child."""
    signal.alarm(SECONDS)
    anew = finder is not None and _kept(finder.module)
    for name in [name for name in sys.modules if name.startswith(f"{PACKAGE.name}.")]:
        if anew or not _kept(name):
            del sys.modules[name]
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.stdout = sys.__stdout__
    if finder is not None:
        sys.meta_path.insert(0, finder)
    options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={ROOT}", "--import-mode=importlib"]
    code = 4
    try:
        code = int(pytest.main([*options, "--noconftest", *tests]))
        if finder is not None and not finder.found:
            print(f"{finder.module} was not imported: nothing was spoiled")
            code = UNTOUCHED
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
