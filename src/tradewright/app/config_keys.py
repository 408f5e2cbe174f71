"""The keys of the service's configuration: what each takes, where it begins, and what it does. docs/configuration.md is
made of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

#: A number that is exact as it was written.
Exact: TypeAlias = str | int | float
VENUES = ("alpaca", "binance", "mt5", "ccxt", "paper")
#: Keys that hold a secret. It comes from a variable (`${NAME}`), or from the file that the key with `File` behind it
#: names; it never stands in the configuration itself.
SECRETS = ("apiKey", "secretKey", "privateKey", "password", "token")
#: Blocks of a file of settings, for all accounts or inside of one.
OF_EACH = ("session", "risk", "tradepicker", "exits", "sizing")
OF_ALL = ("limits", "executionFilter")
#: Switches of a streaming platform, each with what holds in a service instead. They are refused: nothing would act.
OF_STREAMS = {
    "engine.outputs": "a service tells all of its tables, as full says; matches alone are what a backtest is for",
    "monitoring.export": "a service tells Prometheus, as metrics says; there is no table of unrealised P&L",
    "dedupe.ttlDays": "a fill counts once for ever, by its id",
    "wm.engine.latenessSec": "the engine waits for nothing; late fills are matched by their venue's clock",
    "wm.monitor.latenessSec": "gauges are the books as they stand when somebody asks",
    "prices.timeframe": "each account says by `bars` how long its bars are",
    "fluss.freshness.price": "there is no Fluss; tables follow the journal (docs/tables.md)",
}


class Block(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A mapping of the file."""


class DeviationBlock(Block, kw_only=True, frozen=True):
    """How many points the price of an order at the market may move at mt5."""

    entries: Annotated[int, Meta(ge=0, le=10_000, description="of openings; 0 = none")] = 20
    exits: Annotated[int, Meta(ge=0, le=10_000, description="of closes; 0 = none")] = 100


class ShadowBlock(Block, kw_only=True, frozen=True):
    """How the strategies of an account are scored and weighed by what their signals make without limits
    (docs/shadow.md). One account of a service has it at most."""

    value_per_position: Annotated[Exact, Meta(description="of each position, in the account's currency")] = 10_000
    slippage: Annotated[str, Meta(description="of its fills, as `backtest --slippage` has it")] = "bps:1"
    window_days: Annotated[int, Meta(ge=2, le=1_000, description="days that count")] = 20
    shrink_days: Annotated[
        int, Meta(ge=0, le=1_000, description="days of the mean of all that a strategy's own figure is mixed with")
    ] = 20
    equal_percent: Annotated[
        Exact, Meta(description="of the weights that is shared equally; 100 = sizes stay as they are")
    ] = 50
    floor_percent: Annotated[Exact, Meta(description="that each weight has at least")] = 0
    cap_percent: Annotated[Exact, Meta(description="that each weight has at most")] = 100
    change_percent: Annotated[Exact, Meta(description="by which a weight may move in a day")] = 10


class AccountBlock(Block, kw_only=True, frozen=True):
    """One account at one venue."""

    venue: Annotated[Literal["alpaca", "binance", "mt5", "ccxt", "paper"], Meta(description="where the account is")]
    environment: Annotated[
        Literal["", "paper", "testnet", "live"],
        Meta(
            description="live trades real money and has to be said; an account at mt5 says paper or live, since its "
            "terminal's login decides; nothing said is paper"
        ),
    ] = ""
    symbols: Annotated[list[str], Meta(min_length=1, description="what is traded there, and followed")]
    currency: Annotated[
        str, Meta(description="in which equity, limits and P&L count; USDT at binance and ccxt, else USD")
    ] = ""
    owner: Annotated[
        str, Meta(description="whose it is, over whose accounts the filter counts; the account's name")
    ] = ""
    kind: Annotated[
        Literal["", "cash", "margin"],
        Meta(description="of alpaca and paper: cash has no shorts and no debt; margin where nothing is said"),
    ] = ""
    mode: Annotated[
        Literal["netting", "hedging"], Meta(description="of mt5: as the broker keeps the account; compared with it")
    ] = "netting"
    leverage: Annotated[
        int, Meta(ge=1, le=1000, description="of a margin account: openings may be worth so many times equity")
    ] = 1
    fee: Annotated[
        Exact,
        Meta(
            description="percent of a fill's value that is held for its fee; 0.1 at binance, 0.2 by ccxt, else 0; what "
            "it did cost, the venue says"
        ),
    ] = ""
    coin_fee: Annotated[
        Exact,
        Meta(
            description="of alpaca, of pairs: percent of the coins bought that it keeps at most, 0.25 if nothing is "
            "said; what it did not keep lies aside, and more than that is a difference"
        ),
    ] = ""
    day_zone: Annotated[
        str,
        Meta(description="where its day and week begin; America/New_York at alpaca, else UTC; of mt5 the broker's"),
    ] = ""
    bars: Annotated[
        int,
        Meta(
            ge=0, le=86_400, description="seconds of the bars that its venue is asked for when each is over; 0 = none"
        ),
    ] = 60
    native_exits: Annotated[
        bool,
        Meta(description="of alpaca: exits are linked there (whole shares, gtc), else the engine holds them"),
    ] = False
    base_url: Annotated[
        str, Meta(description="another address of its REST interface; of mt5 the connector's, needed")
    ] = ""
    data_url: Annotated[str, Meta(description="of alpaca: another address of its market data")] = ""
    stream_url: Annotated[
        str,
        Meta(description="another address of its streams (ws://…, wss://…); beside a baseUrl, that one's host"),
    ] = ""
    feed: Annotated[str, Meta(description="of alpaca: whose prices of shares: iex, sip, delayed_sip")] = "iex"
    packed: Annotated[bool, Meta(description="of alpaca: market data comes in msgpack instead of JSON")] = False
    exchange: Annotated[str, Meta(description="of ccxt: the library's name of the exchange")] = ""
    login: Annotated[int, Meta(ge=0, description="of mt5: number of the account that is meant; 0 = whichever")] = 0
    symbol_names: Annotated[
        dict[str, str], Meta(description="of mt5: symbol → the broker's name of it, where no rule finds it")
    ] = {}
    magics: Annotated[dict[str, int], Meta(description="of mt5: strategy → magic number, else a hash of its name")] = {}
    deviation: Annotated[
        DeviationBlock, Meta(description="of mt5: how far its price may move on the way of an order at the market")
    ] = DeviationBlock()
    market: Annotated[str, Meta(description="of paper: synthetic, or the account whose market it follows")] = (
        "synthetic"
    )
    cash: Annotated[Exact, Meta(description="of paper: put in at the first start")] = "100000"
    seed: Annotated[int, Meta(description="of paper: of the synthetic market")] = 1
    fees: Annotated[str, Meta(description="of paper: what fills cost, as `backtest --fee` has it")] = "bps:2"
    slippage: Annotated[str, Meta(description="of paper: as `backtest --slippage` has it")] = "none"
    api_key: Annotated[str, Meta(description="of alpaca, binance, ccxt: the key; `${NAME}` alone")] = ""
    api_key_file: Annotated[str, Meta(description="the same, as a file's content")] = ""
    secret_key: Annotated[str, Meta(description="of alpaca, binance, ccxt: what proves it; `${NAME}` alone")] = ""
    secret_key_file: Annotated[str, Meta(description="the same, as a file's content")] = ""
    private_key: Annotated[
        str, Meta(description="of binance, instead of secretKey: an Ed25519 key (PEM); `${NAME}` alone")
    ] = ""
    private_key_file: Annotated[str, Meta(description="the same, as a file's content")] = ""
    password: Annotated[str, Meta(description="of ccxt: the third part that some exchanges give; `${NAME}` alone")] = ""
    password_file: Annotated[str, Meta(description="the same, as a file's content")] = ""
    token: Annotated[str, Meta(description="of mt5: the connector's bearer token; `${NAME}` alone")] = ""
    token_file: Annotated[str, Meta(description="the same, as a file's content")] = ""
    session: Annotated[Any, Meta(description="as above, for this account alone; its keys lie over those above")] = None
    risk: Annotated[Any, Meta(description="the same")] = None
    tradepicker: Annotated[Any, Meta(description="the same")] = None
    exits: Annotated[Any, Meta(description="the same")] = None
    sizing: Annotated[Any, Meta(description="instead of the one above")] = None
    shadow: Annotated[
        ShadowBlock | None,
        Meta(description="scores its strategies on paper and weighs them; none where it is left out"),
    ] = None


class StrategyBlock(Block, kw_only=True, frozen=True):
    """One strategy, by the id under which its lots and state are kept."""

    strategy: Annotated[str, Meta(description="built-in name or file.py:Class, from this file's folder on; the id")] = (
        ""
    )
    account: Annotated[str, Meta(description="which it trades; the only one")] = ""
    symbols: Annotated[list[str], Meta(description="which of its account's symbols; all of them")] = []
    parameters: Annotated[dict[str, Any], Meta(description="its own, by name")] = {}
    decide_on: Annotated[str, Meta(description="as in a file of settings")] = ""
    cycle_seconds: Annotated[int, Meta(ge=0, description="as in a file of settings")] = 0
    exits: Annotated[Any, Meta(description="of its openings that bring none")] = None
    sizing: Annotated[Any, Meta(description="of its openings that say no size")] = None


class SyncBlock(Block, kw_only=True, frozen=True):
    """How often an account is compared with its venue, in milliseconds."""

    position_sync_interval: Annotated[int, Meta(ge=1_000, le=3_600_000, description="while no order works")] = 30_000
    order_status_poll_interval: Annotated[int, Meta(ge=500, le=3_600_000, description="while orders work")] = 5_000


class ServerBlock(Block, kw_only=True, frozen=True):
    """The interface over HTTP (docs/api.md). Without the block there is none."""

    host: Annotated[
        str,
        Meta(
            min_length=1,
            description="address it listens at; one that is not this machine's own needs TLS or behindProxy",
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535, description="0 = one that is free; the start says which")] = 3001
    behind_proxy: Annotated[
        bool, Meta(description="something before it speaks TLS to others and lets nobody else through")
    ] = False
    tls_certificate: Annotated[str, Meta(description="file of the certificate chain (PEM); needs tlsKey")] = ""
    tls_key: Annotated[str, Meta(description="file of its private key (PEM), not encrypted")] = ""
    requests_per_second: Annotated[
        float, Meta(gt=0, le=100_000, description="of each key, and of each address without one; twice as many at once")
    ] = 50.0
    signals: Annotated[
        dict[str, list[str]],
        Meta(description="account → ids of strategies for which signals over HTTP are carried out; nobody"),
    ] = {}


class DatabaseBlock(Block, kw_only=True, frozen=True):
    """Where the tables of what the engine did are kept (docs/tables.md). Without the block there are none."""

    url: Annotated[
        str,
        Meta(
            description="sqlite:///FILE, from the home on where it is no whole path, or postgresql://USER@HOST:PORT/NAME"
        ),
    ]
    password: Annotated[str, Meta(description="of that user; `${NAME}` alone")] = ""
    password_file: Annotated[str, Meta(description="the same, as a file's content")] = ""


class LeasesBlock(Block, kw_only=True, frozen=True):
    """Where it is shown which engine owns an account (docs/serve.md). Without the block an account is locked on this
    machine alone."""

    url: Annotated[
        str,
        Meta(
            description="redis://USER@HOST:PORT/NUMBER, with TLS rediss, or postgresql://USER@HOST:PORT/NAME; all "
            "engines that trade the same accounts name the same one"
        ),
    ]
    password: Annotated[str, Meta(description="of that user; `${NAME}` alone")] = ""
    password_file: Annotated[str, Meta(description="the same, as a file's content")] = ""
    ttl_sec: Annotated[
        float,
        Meta(
            ge=1, le=300,
            description="seconds until an engine that is silent has lost its accounts; the same for all engines; a "
            "start waits as long unless it was seen that they were given back",
        ),
    ] = 15.0  # fmt: skip


class EventBusBlock(Block, kw_only=True, frozen=True):
    """The message bus at which events are published and decisions are heard (docs/bus.md). Without the block there is
    none."""

    url: Annotated[
        str, Meta(description="nats://USER@HOST:PORT or redis://USER@HOST:PORT/NUMBER; with TLS tls, rediss")
    ]
    password: Annotated[str, Meta(description="of that user; `${NAME}` alone")] = ""
    password_file: Annotated[str, Meta(description="the same, as a file's content")] = ""
    token: Annotated[str, Meta(description="of NATS, instead of user and password; `${NAME}` alone")] = ""
    token_file: Annotated[str, Meta(description="the same, as a file's content")] = ""
    publish_prefix: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$",
            max_length=100,
            description="stands in subjects where types of events begin with trade; at redis also the stream's name",
        ),
    ] = "ai-trader.trade"
    subscriptions: Annotated[
        list[str], Meta(description="subjects that are acted on: a prefix, then a type; * and > as at NATS; none")
    ] = []
    decisions: Annotated[
        dict[str, list[str]],
        Meta(description="account → ids of strategies for which decisions from the bus are carried out; nobody"),
    ] = {}
    consumer: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$", description="name under which the bus remembers what was heard"),
    ] = "tradewright"


class LoggingBlock(Block, kw_only=True, frozen=True):
    """How the service says what it does (docs/telemetry.md)."""

    format: Annotated[
        Literal["text", "json"], Meta(description="text: lines for a person; json: each line is one object")
    ] = "text"


class ServiceBlock(Block, kw_only=True, frozen=True):
    """The whole file."""

    home: Annotated[
        str, Meta(description="folder of the journal, from this file's on; `--home`, else the home of all commands")
    ] = ""
    ready_seconds: Annotated[
        float, Meta(gt=0, le=3_600, description="how long a start waits until an account can trade")
    ] = 60.0
    stop_seconds: Annotated[float, Meta(ge=0, le=600, description="how long a stop waits for the end of entries")] = (
        10.0
    )
    clock_skew_seconds: Annotated[
        float, Meta(gt=0, le=3_600, description="a start refuses a clock that is off a venue's by more")
    ] = 5.0
    accounts: Annotated[
        dict[str, AccountBlock], Meta(min_length=1, description="accounts by name: 1 to 32 of a-z A-Z 0-9 _ -")
    ]
    strategies: Annotated[dict[str, StrategyBlock], Meta(description="strategies by id")] = {}
    sync: Annotated[SyncBlock, Meta(description="how often accounts are compared with their venues")] = SyncBlock()
    server: Annotated[ServerBlock | None, Meta(description="the interface over HTTP; none where it is left out")] = None
    database: Annotated[
        DatabaseBlock | None, Meta(description="where the tables are kept; none where it is left out")
    ] = None
    event_bus: Annotated[EventBusBlock | None, Meta(description="the message bus; none where it is left out")] = None
    leases: Annotated[
        LeasesBlock | None, Meta(description="who owns the accounts at venues; none where it is left out")
    ] = None
    logging: Annotated[LoggingBlock, Meta(description="the lines that the service says")] = LoggingBlock()
    session: Annotated[Any, Meta(description="of each account, as docs/settings.md has it")] = None
    risk: Annotated[Any, Meta(description="limits of each account, as docs/settings.md has them")] = None
    tradepicker: Annotated[Any, Meta(description="the same")] = None
    limits: Annotated[Any, Meta(description="limits by scope, as docs/risk.md has them")] = None
    execution_filter: Annotated[Any, Meta(description="of each owner, as docs/risk.md has it")] = None
    exits: Annotated[Any, Meta(description="of openings that bring none, as docs/settings.md has them")] = None
    sizing: Annotated[Any, Meta(description="of openings that say no size, as docs/settings.md has it")] = None
