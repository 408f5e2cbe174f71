"""The command line from inside: the same `main` as the process's, its output caught, and what it left on the disk."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from tradewright.cli import main


class Said(NamedTuple):
    """What a command ended with."""

    code: int
    out: str
    err: str

    @property
    def row(self) -> dict[str, Any]:
        """The one JSON object it printed."""
        (line,) = self.out.splitlines()
        found: dict[str, Any] = json.loads(line)
        return found


def tradewright(*arguments: object) -> Said:
    """One command; an exception that is no exit is a traceback to a user, and is let through."""
    before, out, err = sys.argv, io.StringIO(), io.StringIO()
    sys.argv = ["tradewright", *map(str, arguments)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.argv = before
    return Said(code, out.getvalue(), err.getvalue())


def files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, folders included; what SQLite keeps beside a file it reads is no content, nor is who
    held a lock last and since when, nor what Python keeps of a module that it has read."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() and path.suffix != ".lock" else b""
        for path in sorted(folder.rglob("*"))
        if not path.name.endswith(("-shm", "-wal")) and "__pycache__" not in path.parts
    }
