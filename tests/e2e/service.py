"""`tradewright serve` and a simulated venue, each a process of its own, as a person has them."""

from __future__ import annotations

import hmac
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.project import ROOT

STRATEGIES = ROOT / "tests/e2e/serve_strategies.py"
SECONDS = 60.0
ACCOUNTS = {
    "binance": (
        "venue: binance\n    environment: testnet\n    apiKey: ${SIM_KEY}\n    secretKey: ${SIM_SECRET}\n"
        "    symbols: [BTCUSDT]\n"
    ),
    "ccxt": (
        "venue: ccxt\n    exchange: binance\n    environment: testnet\n    apiKey: ${SIM_KEY}\n"
        "    secretKey: ${SIM_SECRET}\n    symbols: [BTCUSDT]\n"
    ),
    "alpaca": "venue: alpaca\n    apiKey: ${SIM_KEY}\n    secretKey: ${SIM_SECRET}\n    symbols: [BTCUSD]\n",
    "mt5": "venue: mt5\n    environment: paper\n    token: ${SIM_TOKEN}\n    mode: hedging\n    symbols: [BTCUSD]\n",
}  # fmt: skip


class Simulated(NamedTuple):
    """A venue that stands."""

    venue: str
    url: str
    process: subprocess.Popen[str]

    def asked(self, path: str, how: str = "GET", **query: object) -> Any:
        """What it answers to its customer, asked without any code of ours."""
        headers = {
            "alpaca": {"APCA-API-KEY-ID": "demo-key", "APCA-API-SECRET-KEY": "demo-secret"},
            "binance": {"X-MBX-APIKEY": "demo-key"},
            "mt5": {"Authorization": "Bearer demo-token"},
        }[self.venue]
        if self.venue == "binance":
            query["timestamp"] = time.time_ns() // 10**6
        text = urlencode(query)
        if self.venue == "binance":
            text += "&signature=" + hmac.new(b"demo-secret", text.encode(), sha256).hexdigest()
        request = urllib.request.Request(f"{self.url}{path}" + f"?{text}" * bool(text), headers=headers, method=how)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read(), parse_float=Decimal)

    def orders(self) -> dict[str, tuple[bool, Decimal]]:
        """By our id: whether it works, and what of it is filled."""
        if self.venue == "binance":
            rows = self.asked("/api/v3/allOrders", symbol="BTCUSDT")
            return {
                row["clientOrderId"]: (row["status"] in ("NEW", "PARTIALLY_FILLED"), Decimal(row["executedQty"]))
                for row in rows
            }
        if self.venue == "alpaca":
            rows = self.asked("/v2/orders", status="all", limit=500)
            ended = ("filled", "canceled", "expired", "rejected", "replaced")
            return {row["client_order_id"]: (row["status"] not in ended, Decimal(row["filled_qty"])) for row in rows}
        pending = self.asked("/api/v1/pending-orders")["orders"]
        deals = self.asked("/api/v1/history/deals")["deals"]
        found = {row["comment"]: (True, Decimal(0)) for row in pending}
        for deal in deals:
            if deal["comment"]:
                known = found.get(deal["comment"], (False, Decimal(0)))
                found[deal["comment"]] = (known[0], known[1] + Decimal(deal["volume"]))
        return found

    def course(self) -> dict[str, tuple[int, int]]:
        """By our id of each order that was not filled: when it came and when it was cancelled by the venue's own clock,
        ms UTC; 0 = it is at work."""
        if self.venue == "binance":
            rows = self.asked("/api/v3/allOrders", symbol="BTCUSDT", limit=1000)
            return {
                row["clientOrderId"] or "": (row["time"], row["updateTime"] * (row["status"] == "CANCELED"))
                for row in rows
            }
        if self.venue == "alpaca":
            rows = self.asked("/v2/orders", status="all", limit=500)
            return {
                row["client_order_id"]: (_milliseconds(row["submitted_at"]), _milliseconds(row["canceled_at"]))
                for row in rows
            }
        # Those at work first: what ends between the two looks is in both, and of the other order in neither.
        rows = self.asked("/api/v1/pending-orders")["orders"]
        rows += self.asked("/api/v1/history/orders", limit=500)["orders"]
        return {row["comment"]: (_milliseconds(row["setup_time"]), _milliseconds(row["done_time"])) for row in rows}


def _milliseconds(moment: str | None) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1_000) if moment else 0


@contextmanager
def simulated(venue: str, *arguments: str) -> Iterator[Simulated]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tradewright", "simulate", venue, "--json", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield Simulated(venue, json.loads(process.stdout.readline())["url"], process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def configured(folder: Path, venue: str, more: str = "", strategy: str = "Walker", **parameters: object) -> Path:
    """A configuration of one account with one strategy."""
    file = folder / "service.yaml"
    file.write_text(
        f"accounts:\n  main:\n    {ACCOUNTS[venue]}    baseUrl: ${{SIM_URL}}\n"
        f"strategies:\n  walker:\n    strategy: {STRATEGIES}:{strategy}\n    parameters: {json.dumps(parameters)}\n"
        f"risk: {{maxOrderValue: 10000}}\n{more}"
    )
    return file


def variables(folder: Path, url: str, **changed: str) -> dict[str, str]:
    """The environment of a service: its venue's address and keys, and a place for locks of its own."""
    keys = {"SIM_URL": url, "SIM_KEY": "demo-key", "SIM_SECRET": "demo-secret", "SIM_TOKEN": "demo-token"}
    return {**os.environ, **keys, "XDG_STATE_HOME": str(folder / "state"), **changed}


class Background:
    """A process that stands until it is ended. lines: what it has said."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def said(self, text: str) -> list[str]:
        return [line for line in self.lines if text in line]

    def until(self, so: Callable[[], object]) -> None:
        end = time.monotonic() + SECONDS
        while not so():
            assert time.monotonic() < end and self.process.poll() is None, "\n".join(self.lines)
            time.sleep(0.02)

    def hears(self, text: str, times: int = 1) -> None:
        """Waits until it has said something so often."""
        self.until(lambda: len(self.said(text)) >= times)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        return code

    def hears_even_ended(self, text: str) -> None:
        """The same of a process that has ended."""
        self._reader.join(SECONDS)
        assert self.said(text), "\n".join(self.lines)

    def abandon(self) -> None:
        """Whatever it does, it is over."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def serving(config: Path, home: Path, environment: dict[str, str]) -> Iterator[Background]:
    """A service that runs."""
    command = [sys.executable, "-m", "tradewright", "serve", "--config", str(config), "--home", str(home)]
    service = Background(command, ROOT, environment)
    try:
        yield service
    finally:
        service.abandon()
