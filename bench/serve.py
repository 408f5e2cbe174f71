"""Orders over HTTP: what one costs the service's process, what it takes at a pace, and how many there can be.

    python bench/serve.py [--rate 500] [--seconds 20] [--folder DIR]

A service on this disk with one paper account; market orders, buys and sells in turn, each with a name of its own, all
of them filled. Generator, service and market share the machine. Each of three rounds has a fresh service: at the pace
(an open loop: times count from when a request was due), as fast as 32 connections are answered, and an empty POST of
FastAPI behind the same server. Prints one line of JSON, times in milliseconds, processor time in microseconds an order;
ends with an error beyond AIM_CPU, or where the p99 is beyond that of the journal's commits and SLACK.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from served import FIRST, Process, Service, standing

GENERATOR = Path(__file__).with_name("generator.py")
#: Microseconds of a processor for an order, and milliseconds beyond a commit.
AIM_CPU, SLACK = 600, 20
#: Bought before anything is measured, so that sells that overtake their buys have something to sell.
STOCK = 200
TEXT = f"""accounts:
  one: {{venue: paper, symbols: [{FIRST}], cash: 100000000}}
strategies: {{}}
risk: {{maxOrderValue: 100000}}
stopSeconds: 1
server: {{port: 0, requestsPerSecond: 100000}}
"""


def bodies(folder: Path, count: int) -> Path:
    file = folder / "bodies"
    asked = {"symbol": FIRST, "quantity": "0.001", "type": "market"}
    file.write_text(
        "".join(
            json.dumps(
                asked | {"side": "sell" if number > STOCK and number % 2 else "buy", "clientOrderId": f"b-{number}"}
            )
            + "\n"
            for number in range(1, count + 1)
        )
    )
    return file


def measured(server: Process, url: str, folder: Path, rate: int, seconds: float, *more: str) -> dict[str, Any]:
    """What the generator says, and `cpu_us` of the server for each request of it."""
    count = STOCK + 1 + round((rate or 3_000) * seconds)
    command = [sys.executable, GENERATOR, url, bodies(folder, count), "--rate", rate, "--seconds", seconds]
    asking = subprocess.Popen(
        [*map(str, command), "--warm", f"{STOCK}", *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert asking.stdin is not None and asking.stdout is not None
    if asking.stdout.readline() != "warm\n":
        raise SystemExit("the generator has failed")
    before = server.cpu()
    asking.stdin.write("go\n")
    asking.stdin.flush()
    line = asking.stdout.readline()
    used = server.cpu() - before
    if asking.wait() or not line:
        raise SystemExit("the generator has failed")
    row: dict[str, Any] = json.loads(line)
    return row | {"cpu_us": round(1e6 * used / row["requests"])}


def orders(rate: int, seconds: float, folder: Path) -> dict[str, Any]:
    """Against a fresh service."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        service = Service(Path(name), TEXT)
        with standing(service):
            row = measured(service, f"{service.url}/api/v1/orders", Path(name), rate, seconds, "--key", service.key)
            return row | service.commits()


def empty(rate: int, seconds: float, folder: Path) -> dict[str, Any]:
    """The same of a POST that does nothing."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        server = Process([__file__, "--empty"], Path(name, "said"), "http")
        with standing(server):
            return measured(server, f"{server.url}/", Path(name), rate, seconds)


def serve_empty() -> None:
    """FastAPI as it is, on the server that the service's interface has."""
    application = FastAPI(openapi_url=None)

    @application.post("/")
    async def nothing(request: Request) -> Response:
        await request.body()
        return Response(b"{}", media_type="application/json")

    class Server(uvicorn.Server):
        def _log_started_message(self, listeners: Any) -> None:
            print(f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}", flush=True)

    Server(
        uvicorn.Config(application, port=0, http="httptools", ws="none", log_level="critical", access_log=False)
    ).run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--folder", type=Path, default=Path())
    parser.add_argument("--empty", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.empty:
        serve_empty()
        return
    paced, most = orders(options.rate, options.seconds, options.folder), orders(0, options.seconds, options.folder)
    beside = empty(options.rate, options.seconds, options.folder)
    bound = round(paced["commit_p99"] + SLACK, 3)
    figures = {
        "orders": paced["requests"], "per_s": options.rate, "answered_per_s": paced["per_s"],
        "cpu_us": paced["cpu_us"], "empty_cpu_us": beside["cpu_us"], "p50": paced["p50"], "p99": paced["p99"],
        "max": paced["max"], "commit_p99": paced["commit_p99"], "bound_p99": bound, "most_per_s": most["per_s"],
        "most_cpu_us": most["cpu_us"],
    }  # fmt: skip
    print(json.dumps(figures), flush=True)
    missed = [f"{paced['cpu_us']} µs an order, aim {AIM_CPU}"] if paced["cpu_us"] > AIM_CPU else []
    missed += [f"p99 {paced['p99']} ms is beyond the bound of {bound} ms"] if paced["p99"] > bound else []
    if missed:
        raise SystemExit(f"MISSED: {', '.join(missed)}")


if __name__ == "__main__":
    main()
