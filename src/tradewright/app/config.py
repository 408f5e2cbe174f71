"""The service's configuration as it was read: one file of YAML, variables filled in, secrets kept apart.

`${NAME}` is a variable of the environment, `${NAME:default}` one that may be missing. Keys may be dotted or nested. The
blocks of a file of settings stand beside the accounts and hold for each of them, or inside of one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import SplitResult, urlsplit

import msgspec

from tradewright.app.bus.subjects import DECISION, heard_at
from tradewright.app.config_keys import (
    OF_ALL,
    OF_EACH,
    OF_STREAMS,
    SECRETS,
    AccountBlock,
    Block,
    EventBusBlock,
    ServerBlock,
    ServiceBlock,
    StrategyBlock,
)
from tradewright.app.limits_file import read_file
from tradewright.app.places import Places
from tradewright.app.secret import MASK, Secret, filled_in, read_by_others, secret_of_file, secret_of_variable
from tradewright.app.settings_keys import unknown
from tradewright.model.errors import InputError
from tradewright.model.foreign import EXTERNAL
from tradewright.ports import NATS, POSTGRES, REDIS, WITH_TLS

Typed = TypeVar("Typed")
#: All of a file may stand under this one key.
WRAPPER = "trading-engine"
#: Blocks that hold a secret beside the accounts.
SECRET_BLOCKS = ("database", "eventBus", "leases")
#: A URL with a password in it, by itself or as a parameter.
PASSWORD = re.compile(r"[^/]*//([^/@]*:[^/]*@|.*[?&]password=)")
ACCOUNT_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
#: Keys of an account that only some venues have.
ONLY_AT = {
    "kind": ("alpaca", "paper"), "mode": ("mt5",), "leverage": ("alpaca", "mt5", "paper"), "native_exits": ("alpaca",),
    "coin_fee": ("alpaca",),
    "base_url": ("alpaca", "binance", "mt5", "ccxt"), "data_url": ("alpaca",), "stream_url": ("alpaca", "binance"),
    "feed": ("alpaca",), "packed": ("alpaca",), "exchange": ("ccxt",), "login": ("mt5",), "symbol_names": ("mt5",),
    "magics": ("mt5",), "deviation": ("mt5",),
    "market": ("paper",), "cash": ("paper",), "seed": ("paper",), "fees": ("paper",), "slippage": ("paper",),
    "api_key": ("alpaca", "binance", "ccxt"), "secret_key": ("alpaca", "binance", "ccxt"),
    "private_key": ("binance",), "password": ("ccxt",), "token": ("mt5",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Config:
    """file: where it was read from. secrets: by their place, like accounts.main.apiKey. remarks: what whoever wrote it
    should know."""

    file: Path
    block: ServiceBlock
    places: Places
    secrets: Mapping[str, Secret]
    remarks: list[str] = field(default_factory=list)

    @property
    def accounts(self) -> dict[str, AccountBlock]:
        return self.block.accounts

    def secret(self, account: str, key: str) -> str:
        """Of an account. Raises InputError naming file, line and key where it is not there."""
        return self.secret_at(f"accounts.{account}.{key}")

    def has(self, account: str, key: str) -> bool:
        return f"accounts.{account}.{key}" in self.secrets

    def secret_at(self, path: str) -> str:
        """The same of any block."""
        found = self.secrets.get(path)
        if found is None:
            key = path.rpartition(".")[2]
            raise InputError(f"{self.places.at(path)}: {path} is missing; write {key}: ${{NAME}}, or {key}File")
        with self.placed(path):
            return found.reveal()

    def secret_or(self, path: str, otherwise: str = "") -> str:
        """The same, where it may be left out."""
        return self.secret_at(path) if path in self.secrets else otherwise

    def placed(self, path: str) -> _Placed:
        """A context in which an InputError gets the file and line of a key before it."""
        return _Placed(self.places, path)

    def path(self, text: str) -> str:
        """A file's path, from the configuration's folder on; "" stays."""
        return str(self.file.parent / Path(text).expanduser()) if text else ""

    def row(self) -> dict[str, Any]:
        """All of it with every default, secrets masked."""
        row: dict[str, Any] = msgspec.to_builtins(self.block)
        blocks = {f"accounts.{name}": block for name, block in row["accounts"].items()}
        blocks |= {name: row[name] or {} for name in SECRET_BLOCKS}
        for path, block in blocks.items():
            for key in SECRETS:
                block.pop(key, None), block.pop(f"{key}File", None)
                secret = self.secrets.get(f"{path}.{key}")
                if secret is not None:
                    block[key] = f"{MASK} ({secret.source}{', which is not there' if secret.missing else ''})"
        stated: dict[str, Any] = _stated(row)
        return stated


class _Placed:
    def __init__(self, places: Places, path: str) -> None:
        self._places = places
        self._path = path

    def __enter__(self) -> None:
        """Nothing is to be done before."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: object) -> None:
        if isinstance(error, InputError) and not str(error).startswith(str(self._places.file)):
            raise InputError(f"{self._places.at(self._path)}: {error}") from error


def _stated(row: Any) -> Any:
    """A mapping without what says nothing."""
    if isinstance(row, dict):
        return {key: _stated(value) for key, value in row.items() if value not in (None, "", {}, [])}
    return row


def read_config(file: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """A configuration. Raises InputError with file, line and key, and what to do."""
    read = read_file(file)
    renamed: dict[str, str] = {}
    if isinstance(read, dict) and list(read) == [WRAPPER]:
        read = read[WRAPPER]
        renamed[""] = WRAPPER
    if not isinstance(read, dict):
        raise InputError(f"{file}: it has to be a mapping with the key accounts; see docs/serve.md")
    read = _nested(read, file)
    if "alpaca" in read and isinstance(read.get("accounts", {}), dict):
        # As one account of its own, which is how a service for one broker is written.
        accounts = read.setdefault("accounts", {})
        if "alpaca" in accounts:
            raise InputError(f"{file}: alpaca is there twice, as a block and among the accounts")
        own = read.pop("alpaca")
        accounts["alpaca"] = {"venue": "alpaca", **own} if isinstance(own, dict) else own
        renamed = {"accounts.alpaca": f"{renamed.get('', '')}.alpaca".lstrip("."), **renamed}
    places = Places(file, file.read_text(), renamed)
    _check_streams(read, "", places)
    _check_keys(ServiceBlock, read, "", places)
    secrets, remarks = _take_secrets(read, environment, places)
    read = _filled(read, environment, "", places)
    for name, kind in (("accounts", AccountBlock), ("strategies", StrategyBlock)):
        for key, one in read[name].items() if isinstance(read.get(name), dict) else ():
            _typed(one, kind, f"{name}.{key}", places)
    block = _typed(read, ServiceBlock, "", places)
    config = Config(file, block, places, secrets, remarks)
    _check(config)
    return config


def _typed(read: Any, kind: type[Typed], path: str, places: Places) -> Typed:
    """What was read, as its type. Raises InputError naming the key."""
    try:
        return msgspec.convert(read, kind, strict=False)
    except msgspec.ValidationError as error:
        said, _, where = str(error).replace("`", "").partition(" - at $")
        path = f"{path}{where}".lstrip(".")
        raise InputError(f"{places.at(path)}: {path or 'the file'}: {said[:1].lower()}{said[1:]}") from error


def _nested(read: Mapping[Any, Any], file: Path) -> dict[str, Any]:
    """Dotted keys of blocks taken apart."""
    made: dict[str, Any] = {}
    for key, value in read.items():
        name, dot, rest = str(key).partition(".")
        if dot and name in (*OF_EACH, *OF_ALL, "sync", "server", "logging", *SECRET_BLOCKS):
            inner = made.setdefault(name, {})
            if not isinstance(inner, dict) or rest in inner:
                raise InputError(f"{file}: {key} is there twice, by its dotted key and in its block")
            inner[rest] = value
        elif name in made and not dot and isinstance(value, dict):
            if twice := sorted({*made[name]} & {*value}):
                raise InputError(f"{file}: {name}.{twice[0]} is there twice, by its dotted key and in its block")
            made[name] |= value
        else:
            made[str(key)] = value
    return made


# ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _check_streams(value: Any, path: str, places: Places) -> None:
    """No switch of a streaming platform is set, dotted or nested. Raises InputError saying what holds instead."""
    if path in OF_STREAMS:
        raise InputError(f"{places.at(path)}: {path} is not taken: {OF_STREAMS[path]}")
    for key, item in value.items() if isinstance(value, dict) else ():
        own = f"{path}.{key}" if path else str(key)
        if any(f"{one}.".startswith(f"{own}.") for one in OF_STREAMS):
            _check_streams(item, own, places)


def _there(kind: Any) -> Any:
    """A type without that it may be None."""
    kinds = [one for one in get_args(kind) if one is not type(None)]
    return kinds[0] if len(kinds) == 1 and type(None) in get_args(kind) else kind


def _check_keys(block: type[Block], value: Any, path: str, places: Places) -> None:
    """Every key is one that is known. Raises InputError naming the nearest."""
    if not isinstance(value, dict):
        return
    types = get_type_hints(block, include_extras=False)
    inner = {one.encode_name: _there(types[one.name]) for one in msgspec.structs.fields(block)}
    for key, item in value.items():
        own = f"{path}.{key}" if path else str(key)
        if key not in inner:
            where = f"{path}." if path else ""
            raise InputError(f"{places.at(own)}: {where}{unknown(str(key), list(inner))}")
        kind = inner[str(key)]
        if isinstance(kind, type) and issubclass(kind, Block):
            _check_keys(kind, item, own, places)
        elif get_origin(kind) is dict and isinstance(item, dict):
            of = get_args(kind)[1]
            for name, one in item.items():
                if isinstance(of, type) and issubclass(of, Block):
                    _check_keys(of, one, f"{own}.{name}", places)


# ── variables and secrets ──────────────────────────────────────────────────────────────────────────────────────────


def _take_secrets(
    read: dict[str, Any], environment: Mapping[str, str], places: Places
) -> tuple[dict[str, Secret], list[str]]:
    """Every secret, taken out of what was read, so that nothing else can show it."""
    found: dict[str, Secret] = {}
    remarks: list[str] = []
    accounts = read.get("accounts")
    blocks = {f"accounts.{name}": one for name, one in accounts.items()} if isinstance(accounts, dict) else {}
    blocks |= {name: read.get(name) for name in SECRET_BLOCKS}
    for place, block in blocks.items():
        for key in SECRETS if isinstance(block, dict) else ():
            path = f"{place}.{key}"
            said, file = block.pop(key, None), block.pop(f"{key}File", None)
            with _Placed(places, path):
                if said is not None and file is not None:
                    raise InputError(f"{path} is there twice, by itself and as {key}File")
                if said is not None:
                    found[path] = secret_of_variable(str(said), environment, path)
                elif file is not None:
                    held = places.file.parent / Path(filled_in(str(file), environment, f"{path}File")).expanduser()
                    found[path] = secret_of_file(held, f"{path}File")
                    if read_by_others(held):
                        remarks.append(f"{held} can be read by other users of this machine; chmod 600 it")
    return found, remarks


def _filled(value: Any, environment: Mapping[str, str], path: str, places: Places) -> Any:
    if isinstance(value, dict):
        return {
            key: _filled(item, environment, f"{path}.{key}" if path else str(key), places)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_filled(item, environment, f"{path}[{number}]", places) for number, item in enumerate(value)]
    if isinstance(value, str):
        with _Placed(places, path):
            return filled_in(value, environment, path)
    return value


# ── what can not be ────────────────────────────────────────────────────────────────────────────────────────────────


def _check(config: Config) -> None:
    """What no type can say. Raises InputError."""
    for name, account in config.accounts.items():
        path = f"accounts.{name}"
        with config.placed(path):
            if not ACCOUNT_NAME.fullmatch(name):
                raise InputError(f"{path}: an account is called by 1 to 32 of a-z A-Z 0-9 _ -")
            _check_account(name, account, config)
    shadowed = [name for name, account in config.accounts.items() if account.shadow is not None]
    if len(shadowed) > 1:
        with config.placed(f"accounts.{shadowed[1]}.shadow"):
            raise InputError(
                f"accounts.{shadowed[1]}.shadow: {shadowed[0]} has one, and one account of a service has; run another "
                "service, with its own --home, for the other"
            )
    if config.block.server is not None:
        _check_server(config.block.server, config)
    if config.block.database is not None:
        with config.placed("database.url"):
            _check_database(config.block.database.url)
    if config.block.event_bus is not None:
        _check_event_bus(config.block.event_bus, config)
    if config.block.leases is not None:
        with config.placed("leases.url"):
            _check_leases(config.block.leases.url, config)
    for id, strategy in config.block.strategies.items():
        path = f"strategies.{id}"
        with config.placed(path):
            mine = account_of(config, id)
            strange = [symbol for symbol in strategy.symbols if symbol not in config.accounts[mine].symbols]
            if strange:
                raise InputError(f"{path}.symbols: {strange[0]} is none of the symbols of account {mine}")


def _check_server(server: ServerBlock, config: Config) -> None:
    """Keys go over the wire: where others may listen, not in the clear."""
    _check_deciders("server.signals", server.signals, config)
    with config.placed("server.tlsKey"):
        if bool(server.tls_certificate) != bool(server.tls_key):
            raise InputError("server: tlsCertificate and tlsKey are given together")
    with config.placed("server.host"):
        if not (own_machine(server.host) or server.tls_certificate or server.behind_proxy):
            raise InputError(
                f"server.host: {server.host} can be reached by other machines, and keys would go over the network in "
                "the clear: give tlsCertificate and tlsKey, or say behindProxy: true, or listen at 127.0.0.1"
            )


def _check_database(url: str) -> None:
    """A URL goes into lines and answers; a password does not."""
    if not url.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise InputError("database.url: write it like sqlite:///tables.db or postgresql://user@127.0.0.1:5432/name")
    if PASSWORD.match(url):
        raise InputError("database.url: a password does not stand in it; write password: ${NAME}, or passwordFile")


def _check_leases(url: str, config: Config) -> None:
    """It is a place where leases can be, and there is something to own."""
    try:
        parts = urlsplit(url)
        well = bool(parts.hostname) and parts.port != 0
    except ValueError:
        well = False
    if not well or parts.scheme not in (*REDIS, *POSTGRES):
        raise InputError(
            "leases.url: write it like redis://user@127.0.0.1:6379/0 or postgresql://user@127.0.0.1:5432/name"
        )
    if PASSWORD.match(url):
        raise InputError("leases.url: a password does not stand in it; write password: ${NAME}, or passwordFile")
    if all(account.venue == "paper" for account in config.accounts.values()):
        raise InputError("leases: every account is on paper in this process, where nobody else trades it; leave it out")


def _check_event_bus(bus: EventBusBlock, config: Config) -> None:
    """Who may be acted for is said here, and who may say so is known to the bus."""
    with config.placed("eventBus.url"):
        parts = bus_parts(bus.url)
        if parts.scheme in NATS and parts.username and "eventBus.password" not in config.secrets:
            raise InputError(
                "eventBus.url: a user of NATS has a password (a token would stand here in the clear): write password: "
                "${NAME}, or token: ${NAME} and no user"
            )
    with config.placed("eventBus.token"):
        if parts.scheme not in NATS and "eventBus.token" in config.secrets:
            raise InputError("eventBus.token: redis knows none; write password: ${NAME}")
    for subject in bus.subscriptions:
        with config.placed("eventBus.subscriptions"):
            heard_at(subject)
    _check_deciders("eventBus.decisions", bus.decisions, config)
    proven = bool({"eventBus.password", "eventBus.token"} & {*config.secrets})
    with config.placed("eventBus.subscriptions"):
        if bus.subscriptions and not (own_machine(parts.hostname or "") or (proven and parts.scheme in WITH_TLS)):
            raise InputError(
                f"eventBus.subscriptions: {parts.hostname} is another machine, and what it says is acted on: give a "
                "password or token, and a url that begins with tls:// or rediss://"
            )
    heard = {type for one in bus.subscriptions for type in heard_at(one).values()}
    if DECISION in heard and not bus.decisions:
        config.remarks.append(f"eventBus.decisions names no account and strategy: what comes at {DECISION} is refused")


def _check_deciders(path: str, named: Mapping[str, Sequence[str]], config: Config) -> None:
    """For which strategies of which accounts others may decide."""
    for account, strategies in named.items():
        with config.placed(f"{path}.{account}"):
            if account not in config.accounts:
                raise InputError(f"{path}: there is no account {account}")
            if not strategies or EXTERNAL in strategies or "" in strategies:
                raise InputError(f"{path}.{account}: name strategies, and not {EXTERNAL}")


def bus_parts(url: str) -> SplitResult:
    """The URL of a message bus. Raises InputError."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in (*NATS, *REDIS) or not parts.hostname or port == 0 or parts.query:
        raise InputError("eventBus.url: write it like nats://user@127.0.0.1:4222 or redis://user@127.0.0.1:6379/0")
    if parts.password is not None:
        raise InputError("eventBus.url: a password does not stand in it; write password: ${NAME}, or passwordFile")
    return parts


def own_machine(host: str) -> bool:
    """Whether nobody but this machine reaches an address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def account_of(config: Config, strategy: str) -> str:
    """The account that a strategy trades. Raises InputError where there is none, or several and none is said."""
    named, names = config.block.strategies[strategy].account, list(config.accounts)
    if not named and len(names) == 1:
        return names[0]
    if named not in names:
        said = f"there is no account {named!r}" if named else "it does not say which account it trades"
        raise InputError(f"strategies.{strategy}.account: {said}; there is {', '.join(names)}")
    return named


def leader_of(config: Config, name: str) -> str:
    """The account whose market an account trades on: a paper account may follow another's."""
    market = config.accounts[name].market
    return market if config.accounts[name].venue == "paper" and market != "synthetic" else name


def _check_account(name: str, account: AccountBlock, config: Config) -> None:
    path, venue = f"accounts.{name}", account.venue
    for one in msgspec.structs.fields(AccountBlock):
        at = ONLY_AT.get(one.name, ONLY_AT.get(one.name.removesuffix("_file"), (venue,)))
        default = one.default_factory() if one.default is msgspec.NODEFAULT and at != (venue,) else one.default
        said = getattr(account, one.name) != default or config.has(name, one.encode_name.removesuffix("File"))
        if venue not in at and said:
            raise InputError(
                f"{path}.{one.encode_name}: an account at {venue} has no such key; it is of {', '.join(at)}"
            )
    if len(set(account.symbols)) != len(account.symbols):
        raise InputError(f"{path}.symbols: a symbol is there twice")
    if venue == "mt5" and account.environment not in ("paper", "live"):
        raise InputError(
            f"{path}.environment: say paper or live: its terminal's login decides which it is, unseen from here"
        )
    if venue == "mt5" and not account.base_url:
        raise InputError(f"{path}.baseUrl is missing: the connector's address, like http://127.0.0.1:3030")
    if venue in ("alpaca", "paper") and account.environment == "testnet":
        raise InputError(
            f"{path}.environment: {venue} has no testnet; it has paper" + " and live" * (venue == "alpaca")
        )
    if venue == "paper" and account.environment == "live":
        raise InputError(f"{path}.environment: an account of venue paper is never live")
    if venue == "ccxt" and not account.exchange:
        raise InputError(f"{path}.exchange is missing: the library's name of the exchange, like kucoin")
    if venue == "paper" and account.market != "synthetic":
        _check_follows(name, account, config)


def _check_follows(name: str, account: AccountBlock, config: Config) -> None:
    path = f"accounts.{name}"
    other = config.accounts.get(account.market)
    if other is None or other.venue == "paper":
        known = [one for one, block in config.accounts.items() if block.venue != "paper"]
        raise InputError(
            f"{path}.market: {account.market!r} is neither synthetic nor one of {', '.join(known) or 'no accounts'}"
        )
    strange = [symbol for symbol in account.symbols if symbol not in other.symbols]
    if strange:
        raise InputError(
            f"{path}.symbols: {strange[0]} is none of the symbols of account {account.market}, whose market it follows"
        )
