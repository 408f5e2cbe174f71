"""`tradewright serve`."""

from __future__ import annotations

from tradewright.cli.options import ConfigFile, Home, Json
from tradewright.cli.program import app, show


@app.command()
def serve(config: ConfigFile, home: Home = None, as_json: Json = False) -> None:
    """Run accounts at venues with their strategies until told to end (SIGTERM or Ctrl-C; a second one ends at once)."""
    from tradewright.app.config import read_config
    from tradewright.app.serving import home_of, serve_until_told

    read = read_config(config)
    end = serve_until_told(read, home_of(read, home), quiet=as_json)
    show(end.row(), as_json, end.text)
