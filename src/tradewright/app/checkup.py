"""A service's configuration against the world, before it runs: keys, symbols and clocks at every venue, and who trades
its accounts. It asks and reads; it places nothing, writes nothing and takes no lock."""

from __future__ import annotations

import asyncio
import os
from typing import NamedTuple

from tradewright.app.blueprint import Blueprint
from tradewright.app.clock import steady_clock
from tradewright.app.config import Config
from tradewright.app.config_keys import LeasesBlock
from tradewright.app.connected import AccountOrders
from tradewright.app.doorstep import REMEDY, check_symbols, offset_of, skew_of, why_refused
from tradewright.app.synthetic_feed import listed
from tradewright.app.wiring.journals import holder_of
from tradewright.app.wiring.leases import check_leases, open_leases
from tradewright.app.wiring.venues import (
    Seat,
    client_of,
    lease_names,
    lock_of,
    meaning_of,
    place_of,
    transport_of,
)
from tradewright.core.engine import Engine
from tradewright.model.errors import InputError, LeaseError, TransportError, VenueRefused
from tradewright.model.event import Event
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Venue

#: How long a client may take to tell its venue's clock, and how often it is looked whether it has.
CLOCK_SECONDS, LOOK_SECONDS = 5.0, 0.05


class Finding(NamedTuple):
    """What was looked at, whether it is well, and a sentence."""

    name: str
    well: bool
    sentence: str


def checkup(config: Config, plan: Blueprint) -> list[Finding]:
    """All of it, account by account."""
    found = [Finding("configuration", True, f"{config.file} is good")]
    found += [Finding("configuration", True, remark) for remark in config.remarks]
    try:
        check_symbols(config)
    except InputError as error:
        found.append(Finding("symbols", False, str(error)))
    found += [_lock(config, name) for name, account in config.accounts.items() if account.venue != "paper"]
    if config.block.leases is not None:
        found += asyncio.run(_leases(config, config.block.leases))
    found += asyncio.run(_venues(config, plan))
    return found


def _lock(config: Config, name: str) -> Finding:
    """Whether another engine trades the account: this one's start would be refused."""
    holder = holder_of(lock_of(config, name, os.environ))
    said = "no engine trades it" if holder is None else f"it is traded by {holder}"
    return Finding("lock", True, f"account {name}: {said}")


async def _leases(config: Config, block: LeasesBlock) -> list[Finding]:
    """Who owns each account, as the register shows it."""
    check_leases(block.url)
    leases = open_leases(block.url, config.secret_or("leases.password"), config.block.ready_seconds)
    found: list[Finding] = []
    try:
        for name, lease in lease_names(config).items():
            claim = await leases.look(lease)
            owned = claim is not None and claim.holder
            said = f"its lease is that of {owned}" if owned else "nobody has its lease"
            found.append(Finding("lease", True, f"account {name}: {said}"))
    except LeaseError as error:
        found.append(Finding("lease", False, f"{error}; no engine takes an account without them"))
    finally:
        await leases.close()
    return found


async def _venues(config: Config, plan: Blueprint) -> list[Finding]:
    """Every venue at once, in the order of the accounts."""
    asked = [_venue(config, plan, name) for name in config.accounts]
    return [finding for findings in await asyncio.gather(*asked) for finding in findings]


async def _venue(config: Config, plan: Blueprint, name: str) -> list[Finding]:
    account = config.accounts[name]
    where = f"account {name}: {place_of(account)}"
    if account.venue == "paper":
        try:
            if account.market == "synthetic":
                listed(account.symbols, plan.accounts[name].currency)
        except InputError as error:
            return [Finding("venue", False, f"account {name}: {error}")]
        return [Finding("venue", True, f"{where}, {meaning_of(account)}")]
    heard: list[Event] = []
    try:
        async with asyncio.timeout(config.block.ready_seconds):
            symbols = await _ask(config, plan, name, heard)
    except VenueRefused as refused:
        return [Finding("venue", False, why_refused(config, name, refused) or f"{where} can not be used: {refused}")]
    except (TransportError, InputError) as error:
        return [Finding("venue", False, f"{where} can not be used: {error}")]
    except TimeoutError:
        return [Finding("venue", False, f"{where} has not answered in {config.block.ready_seconds:g} s")]
    sentence = f"{where} takes its keys and trades {', '.join(symbols)} — {meaning_of(account)}"
    return [Finding("venue", True, sentence), *_clock(config, name, heard)]


async def _ask(config: Config, plan: Blueprint, name: str, heard: list[Event]) -> list[str]:
    """What the account may trade, once its keys have opened it. An engine without orders: its client has none to look
    for, and the last gate lets none out. Raises as a client does."""
    clock: Clock = steady_clock()
    transport = transport_of(clock)
    orders = AccountOrders(Engine(), name)
    seat = Seat(transport, clock, Rng(clock() % 2**63).split(name), orders, heard.append)
    try:
        client = client_of(config, name, plan.accounts[name], seat)
        try:
            found = await client.instruments(config.accounts[name].symbols)
            await client.snapshot()
            await _measure(client, heard)
        finally:
            await client.close()
    finally:
        await transport.close()
    return [instrument.symbol for instrument in found]


async def _measure(client: Venue, heard: list[Event]) -> None:
    """Until the client has told its venue's clock. Some look at it only as they run; others never do."""
    running = asyncio.create_task(client.run())
    try:
        async with asyncio.timeout(CLOCK_SECONDS):
            while not any(offset_of(event) is not None for event in heard) and not running.done():
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        return
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _clock(config: Config, name: str, heard: list[Event]) -> list[Finding]:
    """This machine's clock beside that of the venue, where the venue tells its own."""
    wrong = [sentence for event in heard if (sentence := skew_of(config, name, event))]
    if wrong:
        return [Finding("clock", False, wrong[-1] + REMEDY)]
    offsets = [offset for event in heard if (offset := offset_of(event)) is not None]
    if not offsets:
        return []
    return [Finding("clock", True, f"account {name}: {abs(offsets[-1]):.3f} s beside its venue's")]
