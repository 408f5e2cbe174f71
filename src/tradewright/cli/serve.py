"""`tradewright serve`."""

from __future__ import annotations

from functools import partial

from tradewright.cli.options import ConfigFile, Home, Json
from tradewright.cli.program import app, show


@app.command()
def serve(config: ConfigFile, home: Home = None, as_json: Json = False) -> None:
    """Run accounts at venues with their strategies until told to end (SIGTERM or Ctrl-C; a second one ends at once)."""
    from tradewright.app.config import read_config
    from tradewright.app.log_line import end_line
    from tradewright.app.serving import home_of, serve_until_told

    read = read_config(config)
    end = serve_until_told(read, home_of(read, home), quiet=as_json)
    show(end.row(), as_json, partial(end_line, end.row()) if read.block.logging.format == "json" else end.text)
