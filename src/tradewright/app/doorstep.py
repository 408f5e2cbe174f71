"""At the venues' doors: every account's client, what is traded there, and whether keys and clocks are good.

Each venue is asked before anything is journaled. One that can not be reached is asked again until the start's time is
over; where the engine knows from before what is traded there, it may go on without, so that what it guards is guarded
as soon as the venue is back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tradewright.app.blueprint import Blueprint
from tradewright.app.config import Config, leader_of
from tradewright.app.connected import ConnectedEngine
from tradewright.app.home import SHADOW, own_book
from tradewright.app.synthetic_feed import listed
from tradewright.app.wiring.shadows import shadow_exchange
from tradewright.app.wiring.venues import (
    Seat,
    client_of,
    environment_of,
    keys_refused,
    paper_account,
    place_of,
    transport_of,
)
from tradewright.model.control import LagMeasured
from tradewright.model.errors import InputError, NotReady, TransportError, VenueRefused
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.rng import Rng
from tradewright.ports import Clock, LastGate, Transport, Venue
from tradewright.sim.paper_account import PaperAccount

SECOND_NS = 1_000_000_000
PAUSE_MAX = 8.0
#: What becomes of a clock that is wrong.
REMEDY = "; set it (NTP), days and sessions go by it"


def check_symbols(config: Config) -> None:
    """An instrument has one venue: the same symbol somewhere else would be another thing. Raises InputError."""
    places: dict[str, tuple[str, str]] = {}
    for name, account in config.accounts.items():
        leader = leader_of(config, name)
        place = f"{place_of(config.accounts[leader])} {environment_of(config.accounts[leader])}"
        for symbol in account.symbols:
            other, there = places.setdefault(symbol, (name, place))
            if there != place:
                raise InputError(
                    f"{config.places.at(f'accounts.{name}.symbols')}: accounts {other} and {name} both trade "
                    f"{symbol}, at different places; run a service of its own, with its own --home, for one of them"
                )


def offset_of(event: Event) -> float | None:
    """By how many seconds an event says that this machine's clock is behind its venue's; None = it is about
    something else."""
    if not isinstance(event, LagMeasured) or event.name != "CLOCK_OFFSET":
        return None
    return event.lag_ns / SECOND_NS


def skew_of(config: Config, name: str, event: Event) -> str:
    """What is wrong with this machine's clock by an account's venue, as a sentence; "" = nothing that it says."""
    seconds = offset_of(event)
    if seconds is None or abs(seconds) <= config.block.clock_skew_seconds:
        return ""
    side = "behind" if seconds > 0 else "ahead of"
    place = place_of(config.accounts[name])
    return f"account {name}: the clock of this machine is {abs(seconds):.0f} s {side} that of {place}"


def why_refused(config: Config, name: str, refused: VenueRefused) -> str:
    """That a venue does not take an account's keys, as a sentence; "" = it refuses for something else."""
    account = config.accounts[name]
    if not keys_refused(account, refused):
        return ""
    return (
        f"account {name}: {place_of(account)} does not take its keys ({refused}); look whether they "
        f"are whole, of environment {environment_of(account)}, and allowed to trade from this address"
    )


class Doorstep:
    """instruments: of the whole engine, in their order, once all venues were reached. starting: a clock that is wrong
    ends the service; later that is an alarm. admit: raises Withheld where nothing may leave for an account's venue."""

    def __init__(
        self, config: Config, folder: Path, plan: Blueprint, connected: ConnectedEngine, clock: Clock,
        say: Callable[[str], None], admit: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        self.config = config
        self.instruments: list[Instrument] = []
        self.starting = True
        self._folder = folder
        self._plan = plan
        self._connected = connected
        self._clock = clock
        self._say = say
        self._admit = admit
        self._deadline = time.monotonic() + config.block.ready_seconds
        self._rng = Rng(clock() % 2**63)
        self._transports: dict[str, Transport] = {}
        self._clients: dict[str, Venue] = {}
        self._gates: dict[str, LastGate | None] = {}
        self._shadow: PaperAccount | None = None
        self._listed: dict[str, list[Instrument]] = {}
        self._skewed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def reach(self) -> None:
        """Every venue at once. Raises InputError for keys, symbols and clocks that are wrong, NotReady for a venue that
        can not be reached in time and was never reached before."""
        check_symbols(self.config)
        remote = [name for name, account in self.config.accounts.items() if account.venue != "paper"]
        for name in remote:
            with self.config.placed(f"accounts.{name}"):
                self._clients[name], self._gates[name] = self._client(name, self._connected.deliver)
        try:
            async with asyncio.TaskGroup() as group:
                for name in remote:
                    group.create_task(self._knock(name))
        except BaseExceptionGroup as errors:
            error: BaseException = errors
            while isinstance(error, BaseExceptionGroup):
                error = error.exceptions[0]
            raise error from errors
        for name, account in self.config.accounts.items():
            if account.venue == "paper":
                self._open_paper(name)
        self._open_shadow()
        self.instruments = self._in_order()
        for name, client in self._clients.items():
            self._connected.join(client, self._gates.get(name))
        if self._shadow is not None:
            self._connected.join_shadow(self._shadow)

    # ── clients ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _client(self, name: str, deliver: Callable[[Event], None]) -> tuple[Venue, LastGate | None]:
        """With what stands before its wire, where something does."""
        if name not in self._transports:
            admit = None if self._admit is None else partial(self._admit, name)
            self._transports[name] = transport_of(self._clock, admit)

        def heard(event: Event) -> None:
            self._look_at_clock(name, event)
            deliver(event)

        connected = self._connected
        seat = Seat(
            self._transports[name], self._clock, self._rng.split(name), connected.orders_of(name), heard,
            connected.since(name), poll_seconds=self._plan.poll_seconds(name),
        )  # fmt: skip
        return client_of(self.config, name, self._plan.accounts[name], seat), seat.gate

    def _open_paper(self, name: str) -> None:
        account, terms = self.config.accounts[name], self._plan.accounts[name]
        leader = leader_of(self.config, name)
        if leader == name:
            with self.config.placed(f"accounts.{name}.symbols"):
                self._listed[name] = listed(account.symbols, terms.currency)
        else:
            self._listed[name] = [one for one in self._listed[leader] if one.symbol in account.symbols]
        book = own_book(self._folder, name)
        if name in self._connected.engine.accounts and not book.exists():
            raise InputError(
                f"{self._folder} knows account {name}, but the book of its exchange {book} is gone; put it back"
            )
        with self.config.placed(f"accounts.{name}"):
            self._clients[name] = paper_account(
                self._folder, terms, account, self._listed[name], self._clock, self._connected.deliver
            )

    def _open_shadow(self) -> None:
        """Of the account that has one."""
        shadow = self._plan.shadow
        if shadow is None:
            return
        if self._connected.engine.board is not None and not (self._folder / SHADOW).exists():
            raise InputError(
                f"{self._folder} knows account {shadow.name}, but the book of its exchange {self._folder / SHADOW} is "
                "gone; put it back"
            )
        name = shadow.account
        self._shadow = shadow_exchange(
            self._folder, self.config.accounts[name], self._plan.accounts[name], shadow, self._listed[name],
            self._clock, self._connected.deliver,
        )  # fmt: skip

    async def _knock(self, name: str) -> None:
        """Until an account's venue has answered what it has to."""
        account, pause = self.config.accounts[name], 0.5
        while True:
            try:
                await self._ask(name)
                return
            except VenueRefused as refused:
                if why := why_refused(self.config, name, refused):
                    raise InputError(why) from refused
                reason = str(refused)
            except TransportError as error:
                reason = str(error)
            if time.monotonic() + pause >= self._deadline:
                break
            await asyncio.sleep(pause)
            pause = min(2 * pause, PAUSE_MAX)
        symbols = self._connected.engine.symbols
        if any(symbol not in symbols for symbol in account.symbols):
            raise NotReady(
                f"account {name}: {place_of(account)} can not be used: {reason}; look at the network and at its baseUrl"
            )
        self._say(f"account {name}: {place_of(account)} can not be used ({reason}); it is taken up as it was known")
        self._listed[name] = [symbols[symbol] for symbol in account.symbols]

    async def _ask(self, name: str) -> None:
        """What is traded, and by another client, which is then thrown away, whether the keys open the account: the one
        that stays begins to tell of it when the engine has begun. Raises InputError, TransportError, VenueRefused."""
        account = self.config.accounts[name]
        try:
            found = await self._clients[name].instruments(account.symbols)
        except InputError as error:
            raise InputError(f"{self.config.places.at(f'accounts.{name}.symbols')}: account {name}: {error}") from error
        await self._check_bars(name, found[0])
        probe, _ = self._client(name, lambda event: None)
        try:
            await probe.snapshot()
        finally:
            await probe.close()
        if self._skewed.done():
            self._skewed.result()
        self._listed[name] = found

    async def _check_bars(self, name: str, instrument: Instrument) -> None:
        """Whether the venue has bars of the period that is wanted; that they come is seen later. Raises InputError."""
        seconds = self.config.accounts[name].bars
        if not seconds:
            return
        end = self._clock() - self._clock() % (seconds * SECOND_NS)
        try:
            await self._clients[name].bars(instrument, seconds, end - seconds * SECOND_NS, end)
        except InputError as error:
            raise InputError(f"{self.config.places.at(f'accounts.{name}.bars')}: account {name}: {error}") from error
        except (TransportError, VenueRefused) as error:
            self._say(f"bars of {instrument.symbol}: {error}")

    async def close(self) -> None:
        """Gives everything back."""
        if self._skewed.done() and not self._skewed.cancelled():
            # Nobody may be left to hear of it; asked for, it is not told of as forgotten.
            self._skewed.exception()
        for client in self._clients.values():
            await client.close()
        if self._shadow is not None:
            await self._shadow.close()
        for transport in self._transports.values():
            await transport.close()

    # ── clocks ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _look_at_clock(self, name: str, event: Event) -> None:
        sentence = skew_of(self.config, name, event)
        if not sentence:
            return
        if not self.starting:
            self._say(f"ALARM  {sentence}")
        elif not self._skewed.done():
            self._skewed.set_exception(InputError(sentence + REMEDY))

    async def watch_clock(self) -> None:
        """Raises InputError when a clock turns out to be wrong while the service starts."""
        await self._skewed

    # ── instruments ────────────────────────────────────────────────────────────────────────────────────────────────

    def _in_order(self) -> list[Instrument]:
        """Those that are known in their order, the new ones behind."""
        fresh: dict[str, Instrument] = {}
        for found in self._listed.values():
            for instrument in found:
                fresh.setdefault(instrument.symbol, instrument)
        known = self._connected.engine.instruments
        order = [fresh.pop(one.symbol, one) for one in known] + list(fresh.values())
        places = {instrument.symbol: place for place, instrument in enumerate(order)}
        for instrument in [one for found in self._listed.values() for one in found] + order:
            instrument.index = places[instrument.symbol]
        return order

    def followed(self, name: str) -> list[Instrument]:
        """The engine's instruments whose market comes by this account: each comes by one alone."""
        taken: set[str] = set()
        for other, account in self.config.accounts.items():
            leads = leader_of(self.config, other) == other
            own = [symbol for symbol in account.symbols if symbol not in taken and leads]
            if other == name:
                return [self._connected.engine.symbols[symbol] for symbol in own]
            taken.update(own)
        return []

    def watch(self) -> None:
        """From now on all that is traded is followed."""
        for name, client in self._clients.items():
            client.watch(self.followed(name))
