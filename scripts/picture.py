"""Draws docs/demo.svg from a real session: what `make run` shows, as a picture for the README."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console, Group
from rich.text import Text

from tradewright.app.demo import ACCOUNT, DemoOptions, Session
from tradewright.app.screen import Screen

FONT_FACE = re.compile(r"@font-face \{.*?\}\n?", re.DOTALL)


def main() -> None:
    screen = Screen(ACCOUNT, quiet=False)
    with tempfile.TemporaryDirectory() as folder:
        session = Session(DemoOptions(folder=Path(folder), seconds=12.0), screen.listen)
        screen.engine = session.machine.trader.engine
        session.run()
        console = Console(record=True, width=118, file=io.StringIO())
        console.print(Group(screen._table(screen.engine), Text("\n".join(line[:116] for line in screen.lines))))
        session.close()
    # The picture carries no address: a browser takes its own fixed-width font.
    picture = FONT_FACE.sub("", console.export_svg(title="make run")).replace("Fira Code, monospace", "monospace")
    Path("docs/demo.svg").write_text(picture)


main()
