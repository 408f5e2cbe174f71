"""Accounts at real venues: the terms each is opened with, its client over real sockets, and what its venue's words
mean for a start."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlsplit

from tradewright.adapters.net.last_gate import WireGate
from tradewright.adapters.net.outgoing import Reader
from tradewright.app.config import Config, leader_of
from tradewright.app.config_keys import AccountBlock
from tradewright.app.extras import check_installed
from tradewright.app.home import own_book
from tradewright.app.wiring.journals import AccountLock
from tradewright.model.account import CASH, HEDGING, MARGIN, NETTING, Account
from tradewright.model.errors import InputError, JournalLocked, VenueRefused
from tradewright.model.event import Event
from tradewright.model.fee import FeeEstimate
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import MONEY_SCALE, count_of, money_of
from tradewright.model.rng import Rng
from tradewright.ports import Approvals, Clock, LastGate, Transport, Venue
from tradewright.sim.models import Models
from tradewright.sim.paper import PaperVenue
from tradewright.sim.paper_account import PaperAccount

#: For how long after a venue took an order a look-up there may not find it.
SETTLES_MS = 4_000
#: Percent of a fill's value that its fee is expected to be.
FEES: Mapping[str, str] = {"binance": "0.1", "ccxt": "0.2"}
#: Percent of the coins bought that a venue keeps at most without a word with the fill.
COIN_FEES: Mapping[str, str] = {"alpaca": "0.25"}
DAY_ZONES: Mapping[str, str] = {"alpaca": "America/New_York"}
COIN_FEE_MAX = 50_000
#: The finest decimal of the money that a venue shows, as its limits have it.
CASH_DECIMALS: Mapping[str, int] = {"alpaca": 2, "binance": 8, "ccxt": 8, "mt5": 2, "paper": MONEY_SCALE}
#: Limits that ask for what a venue says of its instruments, about which it tells that, as its limits have them.
NOTICES: Mapping[str, tuple[str, ...]] = {
    "alpaca": ("enableHaltProtection", "enablePriceLimitProtection"),
    "binance": ("enableHaltProtection",),
    "mt5": ("enableHaltProtection",),
}
#: Alpaca's market data of a quarter of an hour ago.
DELAYED = "delayed_sip"
#: What an environment is, as a sentence.
ENVIRONMENTS = {
    ("alpaca", "paper"): "Alpaca's paper trading",
    ("binance", "paper"): "Binance's demo mode: live prices, virtual money",
    ("binance", "testnet"): "Binance's testnet: a market of its own, virtual money",
    ("mt5", "paper"): "said to be a demo account; its terminal's login decides",
    ("mt5", "live"): "REAL MONEY, if its terminal's login is a real one",
}
#: Where real money is, whatever an account calls its environment.
LIVE_HOSTS = ("api.alpaca.markets", "api.binance.com", "ws-api.binance.com", "stream.binance.com")
#: Where none is.
PAPER_HOSTS = ("paper-api.alpaca.markets", "demo-api.binance.com", "testnet.binance.vision")
#: Codes of Binance by which a key is not known, has no such permission, or has signed what nobody can check.
BINANCE_KEYS = ("-2014", "-2015", "-1022", "-1002")


@dataclass(slots=True)
class Seat:
    """What a client is made with, beside its account's terms and keys. since: as the clients have it. gate: what stands
    before its wire, once the client is made. poll_seconds: how often a venue that tells of nothing by itself is asked
    while no order works, None = as its client does."""

    transport: Transport
    clock: Clock
    rng: Rng
    orders: Approvals
    deliver: Callable[[Event], None]
    since: int = 0
    gate: LastGate | None = None
    poll_seconds: float | None = None

    def wire(self, terms: Account, reader: Reader) -> Transport:
        """The transport behind the last gate."""
        gate = WireGate(self.transport, reader, terms.name, self.orders, self.clock, self.deliver)
        self.gate = gate
        return gate


def environment_of(account: AccountBlock) -> str:
    """paper, testnet or live; nothing said is paper."""
    return account.environment or "paper"


def currency_of(account: AccountBlock) -> str:
    return account.currency or ("USDT" if account.venue in ("binance", "ccxt") else "USD")


def fee_of(name: str, account: AccountBlock) -> FeeEstimate:
    """What a fill is expected to cost. Raises InputError for what is no percentage."""
    said = FEES.get(account.venue, "0") if account.fee == "" else account.fee
    return FeeEstimate(count_of(said, 4, f"accounts.{name}.fee"))


def coin_fee_of(name: str, account: AccountBlock) -> int:
    """Parts per million of the coins bought that its venue keeps at most without a word. Raises InputError."""
    said = COIN_FEES.get(account.venue, "0") if account.coin_fee == "" else account.coin_fee
    ppm = count_of(said, 4, f"accounts.{name}.coinFee")
    if not 0 <= ppm <= COIN_FEE_MAX:
        raise InputError(f"accounts.{name}.coinFee: {said} lies outside 0 to {COIN_FEE_MAX // 10_000} percent")
    return ppm


def terms_of(name: str, code: str, account: AccountBlock, owner: str) -> Account:
    """The terms of an account of `owner`, as its venue keeps it. Raises InputError for those that it can not have."""
    venue = account.venue
    kind, mode, native, reduce_only = CASH, NETTING, False, False
    if venue in ("alpaca", "paper"):
        kind, native, reduce_only = account.kind or MARGIN, account.native_exits or venue == "paper", venue == "paper"
    elif venue == "mt5":
        # Each position has exits of its own where positions are separate; a netting account has none.
        kind, mode, native, reduce_only = MARGIN, account.mode, account.mode == HEDGING, account.mode == HEDGING
    return Account(
        name, code, account.exchange or venue, mode=mode, kind=kind, currency=currency_of(account),
        leverage=account.leverage,
        day_zone=account.day_zone or DAY_ZONES.get(venue, "UTC"), native_exits=native, fee=fee_of(name, account),
        owner=owner, settles_ms=0 if venue == "paper" else SETTLES_MS, remote=venue != "paper",
        reduce_only=reduce_only, cash_decimals=CASH_DECIMALS[venue], coin_fee_ppm=coin_fee_of(name, account),
    )  # fmt: skip


def told_of(config: Config, name: str) -> tuple[str, ...]:
    """Limits that ask for what a venue says of its instruments, about which an account hears that while it holds."""
    leader = config.accounts[leader_of(config, name)]
    return () if leader.feed == DELAYED else NOTICES.get(leader.venue, ())


def transport_of(clock: Clock, admit: Callable[[], None] | None = None) -> Transport:
    """Real sockets. admit: raises Withheld where nothing may leave. Raises InputError where what they need is not
    installed."""
    check_installed("an account at a venue")
    from tradewright.adapters.net.transport import AiohttpTransport

    return AiohttpTransport(clock) if admit is None else AiohttpTransport(clock, admit=admit)


def client_of(config: Config, name: str, terms: Account, seat: Seat) -> Venue:
    """The client of an account. Raises InputError for keys and addresses that are none."""
    account = config.accounts[name]
    make = {"alpaca": _alpaca, "binance": _binance, "mt5": _mt5, "ccxt": _ccxt}[account.venue]
    return make(config, name, terms, seat)


def _alpaca(config: Config, name: str, terms: Account, seat: Seat) -> Venue:
    from tradewright.adapters.venue.alpaca import AlpacaVenue, Credentials, Endpoints, Options
    from tradewright.adapters.venue.alpaca.outgoing import AlpacaReader

    account = config.accounts[name]
    standard = at = Endpoints.of(environment_of(account), account.feed)
    base, stream = account.base_url.rstrip("/") or standard.trading, account.stream_url.rstrip("/")
    if urlsplit(base).netloc != urlsplit(standard.trading).netloc:
        # Somewhere else altogether, as a simulator is: all of it is there unless it is said where.
        at = Endpoints.at(base, stream or _socket_of(base), account.feed)
    trades = f"{stream}/stream" if stream else at.trades
    at = replace(at, trading=base, data=account.data_url.rstrip("/") or at.data, trades=trades)
    keys = Credentials(config.secret(name, "apiKey"), config.secret(name, "secretKey"))
    wire = seat.wire(terms, AlpacaReader(at))
    options = Options(packed=account.packed)
    return AlpacaVenue(terms, keys, at, wire, seat.clock, seat.rng, seat.orders, seat.deliver, options, seat.since)


def _binance(config: Config, name: str, terms: Account, seat: Seat) -> Venue:
    from tradewright.adapters.venue.binance import BinanceSpot, Credentials, Endpoints, endpoints_of
    from tradewright.adapters.venue.binance.outgoing import BinanceReader

    account = config.accounts[name]
    at = endpoints_of(environment_of(account))
    if account.base_url:
        stream = account.stream_url.rstrip("/") or _socket_of(account.base_url)
        at = Endpoints(account.base_url.rstrip("/"), f"{stream}/ws-api/v3", stream)
    if config.has(name, "privateKey"):
        keys = Credentials(config.secret(name, "apiKey"), private_pem=config.secret(name, "privateKey"))
    else:
        keys = Credentials(config.secret(name, "apiKey"), config.secret(name, "secretKey"))
    wire = seat.wire(terms, BinanceReader(at))
    return BinanceSpot(terms, keys, at, wire, seat.clock, seat.rng, seat.orders, seat.deliver, since=seat.since)


def _mt5(config: Config, name: str, terms: Account, seat: Seat) -> Venue:
    from tradewright.adapters.venue.mt5 import Credentials, Deviation, Endpoints, Mt5Client, Names, Polling
    from tradewright.adapters.venue.mt5.outgoing import Mt5Reader

    account = config.accounts[name]
    token = config.secret(name, "token") if config.has(name, "token") else ""
    at = Endpoints(account.base_url.rstrip("/"))
    wire = seat.wire(terms, Mt5Reader(at, account.symbol_names))
    pace = Polling()
    if seat.poll_seconds is not None:
        pace = replace(pace, idle=seat.poll_seconds, busy=min(pace.busy, seat.poll_seconds))
    return Mt5Client(
        terms, Credentials(token, account.login), at, wire, seat.clock, seat.rng, seat.orders, seat.deliver,
        Names(account.symbol_names, account.magics), pace, since=seat.since,
        deviation=Deviation(account.deviation.entries, account.deviation.exits),
    )  # fmt: skip


def _ccxt(config: Config, name: str, terms: Account, seat: Seat) -> Venue:
    from tradewright.adapters.venue.ccxt import CcxtSpot, Credentials

    account = config.accounts[name]
    password = config.secret(name, "password") if config.has(name, "password") else ""
    keys = Credentials(config.secret(name, "apiKey"), config.secret(name, "secretKey"), password)
    reader = _ccxt_reader(account)
    wire = seat.transport if reader is None else seat.wire(terms, reader)
    return CcxtSpot(
        terms, account.exchange, keys, wire, seat.clock, seat.rng, seat.orders, seat.deliver, environment_of(account),
        base_url=account.base_url,
    )  # fmt: skip


def _ccxt_reader(account: AccountBlock) -> Reader | None:
    """What reads the bytes that ccxt writes: the reader of the exchange's own client, which is written from the
    exchange's documents; None where there is none."""
    if account.exchange == "binance":
        from tradewright.adapters.venue.binance import endpoints_of
        from tradewright.adapters.venue.binance.outgoing import BinanceReader

        spot = endpoints_of(environment_of(account))
        return BinanceReader(replace(spot, rest=account.base_url.rstrip("/") or spot.rest))
    if account.exchange == "alpaca":
        from tradewright.adapters.venue.alpaca import Endpoints
        from tradewright.adapters.venue.alpaca.outgoing import AlpacaReader

        at = Endpoints.of("live" if environment_of(account) == "live" else "paper")
        base = account.base_url.rstrip("/")
        return AlpacaReader(replace(at, trading=base or at.trading, data=base or at.data))
    return None


def _socket_of(base: str) -> str:
    """The address of the streams beside an interface: http becomes ws."""
    return f"ws{base.rstrip('/').removeprefix('http')}"


def check_addresses(name: str, account: AccountBlock) -> None:
    """Where real money is, live is said, and nowhere else; and an address is one. Raises InputError."""
    for key, url in (("baseUrl", account.base_url), ("dataUrl", account.data_url), ("streamUrl", account.stream_url)):
        schemes = ("ws", "wss") if key == "streamUrl" else ("http", "https")
        parts = urlsplit(url)
        if url and (parts.scheme not in schemes or not parts.hostname):
            raise InputError(
                f"accounts.{name}.{key}: {url!r} is no address; write it like {schemes[0]}://127.0.0.1:8080"
            )
        if parts.hostname in LIVE_HOSTS and environment_of(account) != "live":
            raise InputError(
                f"accounts.{name}.{key}: {parts.hostname} trades real money; say environment: live, or leave {key} out"
            )
        if parts.hostname in PAPER_HOSTS and environment_of(account) == "live":
            raise InputError(
                f"accounts.{name}.{key}: {parts.hostname} is none of environment live; leave {key} out, or say paper"
            )


# ── what a start has to know of a venue ──────────────────────────────────────────────────────────────────────────────


def place_of(account: AccountBlock) -> str:
    """Where an account is, for a person."""
    if account.venue == "paper":
        return "this process"
    if account.venue == "ccxt":
        return f"{account.exchange} by ccxt" + (f" at {account.base_url}" if account.base_url else "")
    if account.base_url:
        return account.base_url
    from tradewright.adapters.venue.alpaca import Endpoints
    from tradewright.adapters.venue.binance import endpoints_of

    where = environment_of(account)
    return Endpoints.of(where).trading if account.venue == "alpaca" else endpoints_of(where).rest


def meaning_of(account: AccountBlock) -> str:
    """What the environment of an account is, for a person."""
    environment = environment_of(account)
    plain = "REAL MONEY" if environment == "live" else "virtual money"
    return ENVIRONMENTS.get((account.venue, environment), plain)


def keys_refused(account: AccountBlock, refused: VenueRefused) -> bool:
    """Whether a venue's answer means that it does not know the keys, so that asking again is of no use."""
    if account.venue == "binance":
        return refused.code in BINANCE_KEYS
    if account.venue == "mt5":
        return refused.code in ("HTTP_401", "HTTP_403")
    return str(refused).startswith(("401", "403")) or "AuthenticationError" in f"{refused.code} {refused}"


def lock_name(config: Config, name: str) -> str:
    """What an account is known by to every engine of this machine, whatever it calls it: its venue, its place and its
    key, of which nothing can be read from this."""
    account = config.accounts[name]
    if account.venue != "mt5":
        key = config.secret(name, "apiKey")
    else:
        # A connector serves one terminal, whoever asks it.
        key = ""
    text = "\0".join([account.venue, account.exchange, environment_of(account), place_of(account), key])
    return f"{account.venue}-{blake2b(text.encode(), digest_size=8).hexdigest()}"


def lock_of(config: Config, name: str, environment: Mapping[str, str]) -> Path:
    """The file of an account's lock. Raises InputError for a key that is not there."""
    state = environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return AccountLock.path(Path(state) / "tradewright" / "accounts", lock_name(config, name))


def lease_names(config: Config) -> dict[str, str]:
    """By account at a venue: its lease's name, the same for all engines that trade it. Raises InputError for a key that
    is not there."""
    remote = {name: account for name, account in config.accounts.items() if account.venue != "paper"}
    return {
        # Each machine may have a connector of its own, at an address that means something else elsewhere.
        name: f"mt5-{environment_of(account)}-{account.login}" if account.login else lock_name(config, name)
        for name, account in remote.items()
    }


def account_locks(config: Config) -> Iterator[AccountLock]:
    """One lock for each account, among all engines of this user on this machine, whatever home they have. Raises
    JournalLocked naming who has it, InputError for a key that is not there."""
    for name, account in config.accounts.items():
        if account.venue == "paper":
            continue  # it is in its home, which has a lock of its own
        try:
            yield AccountLock(lock_of(config, name, os.environ).parent, lock_name(config, name))
        except JournalLocked as locked:
            raise JournalLocked(
                f"account {name} at {place_of(account)} is traded by another engine; stop that one first ({locked})"
            ) from locked


def paper_account(
    folder: Path, terms: Account, account: AccountBlock, instruments: Sequence[Instrument], clock: Clock,
    deliver: Callable[[Event], None],
) -> PaperAccount:  # fmt: skip
    """An account at an exchange in this process, with its own book in the run's folder."""
    models = Models(fee=account.fees, slippage=account.slippage)
    venue = PaperVenue(own_book(folder, terms.name), models, Rng(account.seed), instruments)
    venue.open_account(
        terms.name, NETTING, {terms.currency: money_of(account.cash, f"accounts.{terms.name}.cash")},
        shorts=terms.kind == MARGIN, borrows=terms.kind == MARGIN,
    )  # fmt: skip
    return PaperAccount(terms.name, venue, clock, deliver, tuple(one.symbol for one in instruments))
