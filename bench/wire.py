"""The way to a venue over real sockets on loopback, with the journal on this disk.

    python bench/wire.py signal [--seconds 30] [--rate 100] [--folder DIR]
    python bench/wire.py paper  [--seconds 60] [--rate 500] [--folder DIR]
    python bench/wire.py start  [--symbols 100]

`signal`: a market event comes at a fixed pace, its order is judged, journaled and durable, and leaves for a simulated
Binance in a process of its own, past the last gate, as it does in production. Measured is from the moment at which the
event was due to the last byte of the request handed to the socket; beside it the commits of the journal that ran in
between. `paper`: the same pace against a paper account with its durable book; every order has to be filled and booked.
`start`: what getting ready with so many symbols takes of the venue's request weight. Each prints one line of JSON,
times in milliseconds; `signal` ends with an error where its p99 is beyond its bound, `start` where it takes more than
half of what the venue allows in a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs

import aiohttp
import msgspec
from aiohttp.client_proto import ResponseHandler

from tradewright.adapters.journal import EmergencyFile, FileJournal
from tradewright.adapters.net.last_gate import WireGate
from tradewright.adapters.net.transport import AiohttpTransport
from tradewright.adapters.venue.binance import BinanceSpot, Credentials
from tradewright.adapters.venue.binance.endpoints import endpoints_at
from tradewright.adapters.venue.binance.outgoing import BinanceReader
from tradewright.app import collector
from tradewright.app.connected import ConnectedEngine
from tradewright.app.live import LiveEngine
from tradewright.core.limits import limits_from
from tradewright.core.setup import Setup, StrategySpec
from tradewright.model.account import Account
from tradewright.model.control import CashMoved, Started
from tradewright.model.decision import Decision
from tradewright.model.event import FILLED, SUBMIT, Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Trade
from tradewright.model.numbers import money_of
from tradewright.model.rng import Rng
from tradewright.ports import HttpAnswer, HttpRequest
from tradewright.signal.strategy import Strategy
from tradewright.sim.models import Models
from tradewright.sim.paper import PaperVenue
from tradewright.sim.paper_account import PaperAccount
from tradewright.trader import Outcome, Trader

SECOND = 10**9
LIMITS = {"maxOrderValue": 100_000, "maxPositionSizePercent": 90, "maxDailyLossPercent": 50, "maxPriceAgeSeconds": 5}
SYMBOL = "BTCUSDT"
PRICE = 64_000
CASH = "100000000"
#: Of what is measured the first part is left out: connections open, caches fill.
WARM = 0.1
#: An event loop wakes up to a millisecond later than it was asked to. What is due is on time all the same where the
#: last of the wait is spent looking on; it leaves the loop to whatever else is to be done.
LOOKING_ON = 0.0015
#: Request weight that Binance allows in a minute.
WEIGHT = 6_000


class Sender(Strategy):
    """A bid far below the market with each trade: it leaves, finds nobody and ends."""

    def on_trade(self, trade: Trade) -> None:
        self.buy("0.001", limit="60000", tif="ioc")


class Taker(Strategy):
    """In and out at the market, one order with each trade."""

    sent: int = 0

    def on_trade(self, trade: Trade) -> None:
        self.sent += 1
        if self.sent % 2:
            self.buy(1)
        else:
            self.sell(1)


class TimedJournal(FileJournal):
    """Keeps how long each wait for the disk took, from append to durable, seconds."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.taken: list[float] = []
        self.began = 0.0

    def append_all(self, records: Sequence[bytes], time_ns: int) -> int:
        self.began = time.perf_counter()
        return super().append_all(records, time_ns)

    def wait(self, sequence: int, timeout: float | None = None) -> bool:
        durable = super().wait(sequence, timeout)
        self.taken.append(time.perf_counter() - self.began)
        return durable


class StampedSocket(asyncio.Transport):
    """A connection that keeps each request that places something, and when the kernel had taken the last byte of it:
    one of which a part waits in this process has not left."""

    def __init__(self, inner: asyncio.Transport, placed: list[tuple[int, bytes]]) -> None:
        super().__init__()
        self._inner = inner
        self._placed = placed

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._inner.write(data)
        if self._inner.get_write_buffer_size() == 0:
            now = time.time_ns()
            if data[:5] == b"POST ":
                self._placed.append((now, bytes(data)))

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self._inner.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        return self._inner.get_write_buffer_size()

    def is_closing(self) -> bool:
        return self._inner.is_closing()

    def pause_reading(self) -> None:
        self._inner.pause_reading()

    def resume_reading(self) -> None:
        self._inner.resume_reading()

    def close(self) -> None:
        self._inner.close()

    def abort(self) -> None:
        self._inner.abort()


class StampingHandler(ResponseHandler):
    """aiohttp's end of a connection, which writes through a StampedSocket."""

    def __init__(self, placed: list[tuple[int, bytes]]) -> None:
        super().__init__(asyncio.get_running_loop())
        self._placed = placed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport = StampedSocket(cast(asyncio.Transport, transport), self._placed)


class TimedTransport(AiohttpTransport):
    """Keeps when the last byte of each new order was handed to its socket; used: the most of the venue's request weight
    that it was ever told to have used."""

    def __init__(self) -> None:
        super().__init__()
        self._placed: list[tuple[int, bytes]] = []
        self.used = 0

    def left(self) -> dict[str, int]:
        """By the order's id, as it stands in the bytes."""
        targets = [(when, data.split(b" ", 2)[1].decode()) for when, data in self._placed]
        return {parse_qs(target.partition("?")[2]).get("newClientOrderId", [""])[0]: when for when, target in targets}

    def _session(self, pool: int) -> aiohttp.ClientSession:
        fresh = pool not in self._sessions
        session = super()._session(pool)
        if fresh:
            setattr(session.connector, "_factory", partial(StampingHandler, self._placed))  # noqa: B010
        return session

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        answer = await super().request(request, timeout)
        self.used = max(self.used, int(answer.headers.get("x-mbx-used-weight-1m", "0")))
        return answer


class Heard:
    """What the journal holds, as the engine says it: when each order's event was due, and how many were filled."""

    def __init__(self) -> None:
        self.due: dict[str, int] = {}
        self.fills = 0
        self.refused = 0
        self.booked: list[float] = []
        self.said = ""

    def __call__(self, event: Event, outcome: Outcome) -> None:
        for output in outcome.outputs:
            if isinstance(output, Decision) and not output.approved:
                self.said = ", ".join(
                    f"{check.code} {check.value} {check.limit} {check.note}"
                    for check in output.checks
                    if not check.passed
                )
            if output.kind == SUBMIT:
                self.due[output.order.id] = event.time  # type: ignore[attr-defined]
        if event.kind == FILLED:
            self.fills += 1
            self.booked.append((time.time_ns() - self.due[event.order_id]) / 1e6)  # type: ignore[attr-defined]


def quantile(values: Sequence[float], of_thousand: int) -> float:
    return round(statistics.quantiles(values, n=1000)[of_thousand - 1], 3)


def begin(floor: ConnectedEngine, account: Account, instruments: list[Instrument], cash: str = "") -> None:
    """The run's first record: one strategy on the first of the instruments."""
    spec = StrategySpec("bench", "bench", account.name, (instruments[0].symbol,), (), "", "")
    setup = Setup(instruments, [(account, limits_from(LIMITS).row())], [spec], {})
    row = msgspec.json.decode(msgspec.json.encode(setup.row()), type=list[Any])
    floor.step(Started(time.time_ns(), 1, row))
    if cash:
        floor.step(CashMoved(time.time_ns(), account.name, account.currency, money_of(cash, "cash"), "initial balance"))


async def paced(
    floor: ConnectedEngine, instrument: Instrument, rate: int, seconds: float, looking_on: float = 0.0
) -> int:
    """One trade each 1/rate s, due at its own time however late the last one was; how many. looking_on: seconds before
    it without sleep."""
    first, count = time.time_ns() + SECOND // 10, int(rate * seconds)
    for number in range(count):
        due = first + number * SECOND // rate
        while (left := (due - time.time_ns()) / SECOND) > 0:
            await asyncio.sleep(max(0.0, left - looking_on))
        floor.deliver(traded(instrument, due, number))
    return count


def traded(instrument: Instrument, time: int, number: int) -> Trade:
    """A print of 1.0 within some dollars of PRICE."""
    return Trade(time, instrument, (PRICE + number % 7) * 10**instrument.price_scale, 10**instrument.size_scale)


async def ready(floor: ConnectedEngine, account: str) -> None:
    while not (link := floor.engine.accounts[account].link) or not link.ready:
        await asyncio.sleep(0.05)


@asynccontextmanager
async def running(floor: ConnectedEngine) -> AsyncIterator[None]:
    task = asyncio.create_task(floor.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def venue(symbols: int) -> AsyncIterator[str]:
    """A simulated Binance in a process of its own; its address."""
    process = subprocess.Popen(
        [sys.executable, __file__, "venue", "--symbols", f"{symbols}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield f"127.0.0.1:{int(await asyncio.to_thread(process.stdout.readline))}"
    finally:
        process.communicate()


async def signal_to_bytes(folder: Path, rate: int, seconds: float) -> dict[str, object]:
    terms = Account(
        "main", "A", "binance", currency="USDT", native_exits=False, settles_ms=5_000, remote=True, reduce_only=False
    )
    heard, transport = Heard(), TimedTransport()
    async with venue(1) as host:
        journal = TimedJournal(folder / "journal")
        live = LiveEngine(Trader(lambda _: Sender), journal, EmergencyFile(folder / "journal"), heard)
        floor, endpoints = ConnectedEngine(live, time.time_ns), endpoints_at(host)
        orders = floor.orders_of("main")
        gate = WireGate(transport, BinanceReader(endpoints), "main", orders, time.time_ns, floor.deliver)
        client = BinanceSpot(
            terms, Credentials("demo-key", "demo-secret"), endpoints, gate, time.time_ns, Rng(1), orders, floor.deliver,
        )  # fmt: skip
        floor.join(client, gate)
        instruments = listed(await client.instruments([SYMBOL]))
        begin(floor, terms, instruments)
        async with running(floor):
            # What the account holds has to have a worth before anything opens: the loss of the day is counted from it.
            floor.deliver(traded(floor.engine.symbols[SYMBOL], time.time_ns(), 0))
            await ready(floor, "main")
            journal.taken.clear()
            collector.settle()
            sent = await paced(floor, floor.engine.symbols[SYMBOL], rate, seconds, LOOKING_ON)
            await asyncio.sleep(2)
        commits = list(journal.taken)
        live.close()
        await transport.close()
    left = transport.left()
    if len(heard.due) != sent or set(heard.due) - set(left):
        raise SystemExit(f"{sent} signals, {len(heard.due)} orders, {len(left)} requests: some are lost {heard.said}")
    taken = [(left[id] - due) / 1e6 for id, due in heard.due.items()][int(sent * WARM) :]
    waited = [1e3 * one for one in commits][int(len(commits) * WARM) :]
    commit = quantile(waited, 995)
    return {
        "orders": sent, "per_s": rate, "p50": quantile(taken, 500), "p99": quantile(taken, 990),
        "max": round(max(taken), 3), "commits": len(waited), "commit_p50": quantile(waited, 500),
        "commit_p995": commit, "bound_p99": round(commit + 1.5, 3),
    }  # fmt: skip


async def on_paper(folder: Path, rate: int, seconds: float) -> dict[str, object]:
    terms = Account("main", "A", "paper", kind="margin", leverage=2)
    instrument = Instrument("ACME", "paper", "equity", "ACME", "USD", 4, 6, index=0)
    heard = Heard()
    journal = TimedJournal(folder / "journal")
    live = LiveEngine(Trader(lambda _: Taker), journal, EmergencyFile(folder / "journal"), heard)
    floor = ConnectedEngine(live, time.time_ns)
    paper = PaperVenue(folder / "paper.db", Models(), Rng(1), [instrument])
    floor.join(PaperAccount("main", paper, time.time_ns, floor.deliver))
    paper.open_account("main", terms.mode, {"USD": money_of(CASH, "cash")})
    begin(floor, terms, [instrument], CASH)
    async with running(floor):
        await asyncio.sleep(1)
        collector.settle()
        sent = await paced(floor, floor.engine.symbols["ACME"], rate, seconds)
        lag = time.time_ns()
        floor.deliver(traded(floor.engine.symbols["ACME"], lag, 0))
        while floor.engine.now < lag:
            await asyncio.sleep(0.01)
        await asyncio.sleep(1)
    live.close()
    paper.close()
    if not sent <= heard.fills == len(heard.due) - 1 or heard.fills != sent:
        raise SystemExit(f"{sent} signals, {len(heard.due)} orders, {heard.fills} fills: some are lost")
    return {
        "orders": sent, "per_s": rate, "fills": heard.fills, "booked_p50": quantile(heard.booked, 500),
        "booked_p99": quantile(heard.booked, 990), "commit_p99": quantile([1e3 * one for one in journal.taken], 990),
    }  # fmt: skip


async def start_up(symbols: int) -> dict[str, object]:
    terms = Account(
        "main", "A", "binance", currency="USDT", native_exits=False, settles_ms=5_000, remote=True, reduce_only=False
    )
    transport = TimedTransport()
    async with venue(symbols) as host:
        with tempfile.TemporaryDirectory() as name:
            journal = FileJournal(Path(name))
            live = LiveEngine(Trader(lambda _: Sender), journal, EmergencyFile(Path(name)), Heard())
            floor = ConnectedEngine(live, time.time_ns)
            client = BinanceSpot(
                terms, Credentials("demo-key", "demo-secret"), endpoints_at(host), transport, time.time_ns, Rng(1),
                floor.orders_of("main"), floor.deliver,
            )  # fmt: skip
            floor.join(client)
            began = time.perf_counter()
            instruments = listed(await client.instruments(names(symbols)))
            begin(floor, terms, instruments)
            client.watch([floor.engine.symbols[one.symbol] for one in instruments])
            async with running(floor):
                await ready(floor, "main")
                seconds = time.perf_counter() - began
                await asyncio.sleep(2)
            live.close()
        await transport.close()
    return {"symbols": symbols, "ready_s": round(seconds, 2), "weight_used": transport.used, "weight_half": WEIGHT // 2}


def listed(instruments: list[Instrument]) -> list[Instrument]:
    for index, instrument in enumerate(instruments):
        instrument.index = index
    return instruments


def names(count: int) -> list[str]:
    return [SYMBOL, *(f"C{number:03}USDT" for number in range(1, count))]


def serve(symbols: int) -> None:
    """A simulated Binance that allows as many orders as anybody wants; ends with its standard input."""
    from tradewright.sim.market import Listing, Market, universe
    from tradewright.sim.wire.binance import BinanceSite
    from tradewright.sim.wire.binance.limits import Limit, LimitsOf
    from tradewright.sim.wire.server import Server
    from tradewright.sim.wire.site import Tape

    first = next(one for one in universe("binance", "USDT") if one.instrument.symbol == SYMBOL)
    like = first.instrument
    listings = [
        Listing(
            Instrument(
                name, "binance", "crypto", name.removesuffix("USDT"), "USDT", like.price_scale, like.size_scale,
                rules=like.rules, index=index,
            ),
            first.price_units, first.lot_units, first.volatility,
        )
        for index, name in enumerate(names(symbols))
    ]  # fmt: skip
    limits = LimitsOf(
        weight=Limit("REQUEST_WEIGHT", 60 * SECOND, 1, 10**6 if symbols == 1 else WEIGHT),
        orders=(Limit("ORDERS", SECOND, 10, 10**6), Limit("ORDERS", 86_400 * SECOND, 1, 10**8)),
    )

    async def run() -> None:
        now = time.time_ns()
        market = Market(1, now, listings)
        server = Server(BinanceSite(tuple(market.instruments), Tape(market.events()), Rng(1), now, limits=limits))
        await server.start()
        print(server.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await server.stop()

    asyncio.run(run())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("signal", "paper", "start", "venue"))
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--symbols", type=int, default=100)
    parser.add_argument("--folder", type=Path, default=Path())
    options = parser.parse_args()
    if options.what == "venue":
        serve(options.symbols)
        return
    figures: dict[str, Any]
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        if options.what == "start":
            figures = asyncio.run(start_up(options.symbols))
        else:
            measure = signal_to_bytes if options.what == "signal" else on_paper
            figures = asyncio.run(measure(Path(name), options.rate, options.seconds))
    print(json.dumps(figures), flush=True)
    if (bound := figures.get("bound_p99")) is not None and figures["p99"] > bound:
        raise SystemExit(f"MISSED: p99 {figures['p99']} ms is beyond the bound of {bound} ms")
    # A venue that told of none would be no evidence either.
    if (half := figures.get("weight_half")) is not None and not 0 < figures["weight_used"] <= half:
        raise SystemExit(f"MISSED: a start took {figures['weight_used']} of {half} request weight")


if __name__ == "__main__":
    main()
