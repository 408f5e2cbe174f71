"""A simulated venue on a port of this machine: its market, its site and the sockets before it, put together."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tradewright.app.extras import check_installed
from tradewright.app.limits_file import read_file
from tradewright.backtest.data import ReadOptions, load
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.moment import moment_text
from tradewright.model.rng import Rng
from tradewright.sim.market import Market, universe
from tradewright.sim.wire.faults import Fault, Plan, faults_from
from tradewright.sim.wire.faulty import FaultySite
from tradewright.sim.wire.site import Site, Tape

#: Venue: the asset classes of its synthetic market, and what its crypto pairs are quoted in.
VENUES = {
    "alpaca": (("equity", "crypto"), "USD"),
    "binance": (("crypto",), "USDT"),
    "mt5": (("forex", "metal", "crypto"), "USD"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateOptions:
    """One simulator. port: 0 takes a free one. files: its market, from its begin; none = the synthetic one of `seed`.
    start: what the venue's clock shows at first, ns UTC, None = what ours shows. seconds: 0 = until it is stopped.
    faults: a file of them (`sim.wire.faults`), None = nothing goes wrong."""

    venue: str
    port: int = 0
    seed: int = 1
    files: Sequence[Path] = ()
    start: int | None = None
    seconds: float = 0.0
    faults: Path | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a client has to know of a simulator that stands."""

    venue: str
    url: str
    stream: str
    symbols: list[str]
    clock: str

    def text(self) -> str:
        """The same as sentences."""
        return (
            f"{self.venue} simulated at {self.url}, streams at {self.stream}\n"
            f"it trades {', '.join(self.symbols)}; its clock shows {self.clock}"
        )


def simulate(options: SimulateOptions, ready: Callable[[Standing], None]) -> None:
    """Serves until SIGINT, SIGTERM or the end of its seconds. Raises InputError for a venue, a file or a package that
    is not there, OSError for a port that is taken."""
    if options.venue not in VENUES:
        raise InputError(f"there is no simulator of {options.venue!r}; there is {', '.join(VENUES)}")
    check_installed("simulating a venue")
    asyncio.run(_serve(options, ready))


async def _serve(options: SimulateOptions, ready: Callable[[Standing], None]) -> None:
    from tradewright.sim.wire.server import Server

    shift = 0 if options.start is None else options.start - time.time_ns()
    instruments, site = site_of(options, time.time_ns() + shift)
    server = Server(site, lambda: time.time_ns() + shift)
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    await server.start(options.port)
    try:
        where = f"127.0.0.1:{server.port}"
        symbols = [instrument.symbol for instrument in instruments]
        ready(Standing(options.venue, f"http://{where}", f"ws://{where}", symbols, moment_text(server.clock())))
        with suppress(TimeoutError):
            async with asyncio.timeout(options.seconds or None):
                await over.wait()
    finally:
        await server.stop()


def site_of(options: SimulateOptions, now: int) -> tuple[list[Instrument], Site]:
    """The site on its market, which begins at `now`; and what is traded there."""
    classes, dollar = VENUES[options.venue]
    if options.files:
        data = load(options.files, ReadOptions(venue=options.venue))
        instruments, tape = data.instruments, Tape(data.events(), now - data.time_first)
    else:
        listings = [one for one in universe(options.venue, dollar) if one.instrument.asset_class in classes]
        market = Market(options.seed, now, listings)
        instruments, tape = list(market.instruments), Tape(market.events())
        for index, instrument in enumerate(instruments):
            instrument.index = index
    rng = Rng(options.seed)
    make: Callable[..., Site] = import_module(f"tradewright.sim.wire.{options.venue}").SITE
    site = make(instruments, tape, rng.split("venue"), now)
    if options.faults is not None:
        site = FaultySite(site, Plan(faults_of(options.faults), rng.split("faults")), now)
    return instruments, site


def faults_of(file: Path) -> list[Fault]:
    """The faults of a file of YAML. Raises InputError naming the file and the place of what is none."""
    read = read_file(file)
    try:
        if not isinstance(read, dict) or list(read) != ["faults"]:
            raise InputError("it has the one key faults")
        return faults_from(read["faults"])
    except InputError as error:
        raise InputError(f"{file}: {error}") from error
