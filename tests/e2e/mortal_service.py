"""`tradewright serve` that can end dead at a named place, as a power cut to the process would end it:

    python -m tests.e2e.mortal_service CONFIG HOME POINT [full]

From when a file `armed` lies in its home on, the first meeting of the place ends it; with `full` its disk is full for
the journal from then on as well. The places that it has met are printed where it ends otherwise.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tradewright.app.config import read_config
from tradewright.app.serving import serve_until_told
from tradewright.prove.crash import FullDisk, Stop

ARMED = "armed"
NEVER = 2**62


class Armed(Stop):
    """Counts what it meets once it is armed."""

    def __init__(self, point: str, armed: Path, disk: FullDisk | None) -> None:
        super().__init__(point, 1)
        self.armed = armed
        self.disk = disk

    def __call__(self, name: str, /) -> None:
        if not self.armed.exists():
            return
        if self.disk is not None:
            self.disk.full_at = 0
        super().__call__(name)


def main(config: str, home: str, point: str, full: str = "") -> None:
    stop = Armed(point, Path(home) / ARMED, FullDisk(NEVER) if full else None)
    try:
        serve_until_told(read_config(Path(config)), Path(home), quiet=False, crash=stop)
    finally:
        print(json.dumps(stop.hits), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
