"""What both example services share: bars from a file, features of a window of closes, and the HTTP server.

The server speaks the schema of docs/ensembles.md: POST /signal. `python -m examples.services.ml --help` and
`python -m examples.services.rl --help` say how to start them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

#: Closes that a feature row needs.
WINDOW = 30
BODY_BYTES_MAX = 1_000_000
Floats = NDArray[np.float64]
#: (action, confidence 0..1, reasoning) from the closes of a question, oldest first.
Thinks = Callable[[Floats], tuple[str, float, str]]


def arguments(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="bars to learn from: Parquet or CSV with a close")
    parser.add_argument("--symbol", help="the symbol to learn from; default: the first of the file")
    parser.add_argument("--rows", type=int, default=0, help="learn from the first N bars only; 0 = all")
    parser.add_argument("--port", type=int, default=0, help="0 = any free port")
    parser.add_argument("--score-only", action="store_true", help="print the score and end")
    return parser.parse_args()


def closes_of(file: Path, symbol: str | None, rows: int) -> Floats:
    """The closes of one symbol in the order of time; where there are bid and ask bars, their mid. Ends the process with
    a sentence where there are none."""
    if not file.is_file():
        raise SystemExit(f"{file}: there is no such file")
    table = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file)
    if "symbol" in table.columns:
        table = table.filter(pl.col("symbol") == (symbol or table["symbol"][0]))
    if len(table) <= WINDOW:
        raise SystemExit(
            f"{file}: {len(table)} bars{f' of {symbol}' if symbol else ''}, and it takes more than {WINDOW}"
        )
    table = table.sort("ts")
    if "close" not in table.columns:
        table = table.with_columns(((pl.col("bid_close") + pl.col("ask_close")) / 2).alias("close"))
    closes = table["close"].cast(pl.Float64).to_numpy()
    return closes[:rows] if rows else closes


def features(closes: Floats) -> Floats:
    """A row of features for each window of WINDOW closes: returns over 1, 5 and 15 bars and the distance from the mean,
    each in units of the window's own volatility. Nothing newer than a window's last close takes part."""
    logs = np.log(np.lib.stride_tricks.sliding_window_view(closes, WINDOW))
    volatility = np.maximum(np.diff(logs, axis=1).std(axis=1), 1e-12)
    columns = [(logs[:, -1] - logs[:, -1 - bars]) / (volatility * bars**0.5) for bars in (1, 5, 15)]
    columns.append((logs[:, -1] - logs.mean(axis=1)) / np.maximum(logs.std(axis=1), 1e-12))
    return np.stack(columns, axis=1)


def table_of(closes: Floats) -> tuple[Floats, Floats]:
    """(features at each bar from the WINDOW-th on, the log return of the bar that follows it)."""
    return features(closes[:-1]), np.diff(np.log(closes))[WINDOW - 1 :]


def split(count: int) -> int:
    """Rows that are learned from: the first 70 %. The rest is never seen before the score."""
    return count * 7 // 10


class Handler(BaseHTTPRequestHandler):
    """One question, one answer. thinks and version are set by `serve`."""

    protocol_version = "HTTP/1.1"
    thinks: Thinks
    version: str

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if self.path != "/signal" or not 0 < length <= BODY_BYTES_MAX:
            self._answer(404, {"error": "POST a question of at most 1 MB to /signal"})
            return
        try:
            question = json.loads(self.rfile.read(length))
            closes = np.array([float(bar["close"]) for bar in question["bars"]])
            asked = str(question["time"])
        except (ValueError, KeyError, TypeError) as error:
            self._answer(400, {"error": f"no question by the schema: {error!r}"})
            return
        self._answer(200, self._thought(closes, asked))

    def _thought(self, closes: Floats, asked: str) -> dict[str, Any]:
        action, confidence, reasoning = "HOLD", 0.0, f"{len(closes)} bars, {WINDOW} are needed"
        if len(closes) >= WINDOW:
            action, confidence, reasoning = type(self).thinks(closes)
        return {
            "action": action, "confidence": round(confidence, 6), "reasoning": reasoning,
            "modelVersion": self.version, "time": asked,
        }  # fmt: skip

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: the caller keeps its own record."""


def serve(thinks: Thinks, version: str, port: int) -> None:
    """Answer until the process is ended. Prints where."""
    kind = type("Serving", (Handler,), {"thinks": staticmethod(thinks), "version": version})
    server = ThreadingHTTPServer(("127.0.0.1", port), kind)
    print(f"serving on http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


def report(name: str, numbers: Sequence[tuple[str, object]]) -> None:
    """The score in one line of JSON."""
    print(json.dumps({"model": name, **dict(numbers)}), flush=True)
