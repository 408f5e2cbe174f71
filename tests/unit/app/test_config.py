"""The service's configuration: what is read, what is refused and how that is said, and that no secret is shown."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.command import tradewright
from tests.project import ROOT
from tests.unit.adapters.venue.outgoing import Known
from tradewright.adapters.net.outgoing import Unlisted
from tradewright.adapters.net.transport import AiohttpTransport
from tradewright.adapters.venue.alpaca.supported import LIMITS as ALPACA
from tradewright.adapters.venue.binance.supported import LIMITS as BINANCE
from tradewright.adapters.venue.ccxt.supported import LIMITS as CCXT
from tradewright.adapters.venue.mt5.supported import HEDGING_LIMITS, NETTING_LIMITS
from tradewright.app.blueprint import Blueprint, blueprint_of
from tradewright.app.bus.subjects import HEARD, heard_at
from tradewright.app.config import Config, read_config
from tradewright.app.config_keys import OF_STREAMS
from tradewright.app.serving import home_of
from tradewright.app.wiring.venues import (
    CASH_DECIMALS,
    Seat,
    client_of,
    keys_refused,
    lease_names,
    lock_name,
    meaning_of,
    terms_of,
)
from tradewright.app.wiring.venues import NOTICES as FED
from tradewright.core.trading_state import NOTICES
from tradewright.model.account import new_code
from tradewright.model.errors import InputError, UsageError, VenueRefused
from tradewright.model.instrument import Instrument
from tradewright.model.rng import Rng
from tradewright.ports import HttpRequest
from tradewright.sim.paper_account import LIMITS as PAPER

CANARY = "k3y-th4t-n0b0dy-sees"
ACCOUNT = {"venue": "binance", "symbols": ["BTCUSDT"], "apiKey": "${KEY}", "secretKey": "${SECRET}"}
KEYS = {"KEY": CANARY, "SECRET": CANARY}


def read(folder: Path, content: dict[str, Any] | str, environment: dict[str, str] | None = None) -> Config:
    file = folder / "service.yaml"
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
    return read_config(file, KEYS if environment is None else environment)


def plan(folder: Path, content: dict[str, Any] | str) -> Blueprint:
    return blueprint_of(read(folder, content), {})


def one(**keys: Any) -> dict[str, Any]:
    """A file with one account."""
    return {"accounts": {"main": {**ACCOUNT, **keys}}}


# ── what is read ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nats://127.0.0.1:4222", "leases.url: write it like redis://"),
        ("redis://", "leases.url: write it like redis://"),
        ("redis://127.0.0.1:none/0", "leases.url: write it like redis://"),
        ("postgresql://ann:canary@127.0.0.1/x", "leases.url: a password does not stand in it"),
        ("postgresql://127.0.0.1/x?password=canary", "leases.url: a password does not stand in it"),
    ],
)
def test_where_leases_are_is_an_address_without_a_secret(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"service.yaml:\d+: {re.escape(said)}") as refused:
        read(tmp_path, {**one(), "leases": {"url": url}})
    assert "canary" not in str(refused.value)


def test_a_lease_is_named_alike_by_all_who_trade_the_account(tmp_path: Path) -> None:
    assert lease_names(read(tmp_path, one())) == lease_names(read(tmp_path, {**one(bars=0), "home": "elsewhere"}))
    assert lease_names(read(tmp_path, one())) != lease_names(read(tmp_path, one(), {**KEYS, "KEY": "another"}))
    assert CANARY not in str(lease_names(read(tmp_path, one())))
    terminal = {"venue": "mt5", "symbols": ["BTCUSD"], "environment": "paper", "baseUrl": "http://127.0.0.1:3030"}
    at = {"accounts": {"main": {**terminal, "login": 7}}}
    near = {"accounts": {"other": {**terminal, "login": 7, "baseUrl": "http://127.0.0.1:3031"}}}
    assert [*lease_names(read(tmp_path, at)).values()] == [*lease_names(read(tmp_path, near)).values()]


def test_leases_are_refused_where_there_is_nothing_to_own_and_their_password_is_not_shown(tmp_path: Path) -> None:
    leases = {"url": "redis://127.0.0.1:6379/0", "password": "${KEY}"}
    paper = {"accounts": {"main": {"venue": "paper", "symbols": ["BTCUSD"]}}, "leases": leases}
    with pytest.raises(InputError, match="every account is on paper in this process"):
        read(tmp_path, paper)
    config = read(tmp_path, {**one(), "leases": leases})
    assert config.secret_at("leases.password") == CANARY and CANARY not in str(config.row())
    assert config.row()["leases"]["ttlSec"] == 15


def test_every_key_that_is_left_out_has_its_default(tmp_path: Path) -> None:
    config = read(tmp_path, one())
    account = config.accounts["main"]
    assert (account.environment, account.bars, account.fee) == ("", 60, "")
    assert (config.block.ready_seconds, config.block.sync.position_sync_interval) == (60.0, 30_000)
    terms = terms_of("main", "A", account, "ann")
    assert (terms.currency, terms.fee.ppm, terms.day_zone, terms.kind) == ("USDT", 1_000, "UTC", "cash")
    assert (terms.native_exits, terms.reduce_only, terms.remote, terms.settles_ms) == (False, False, True, 4_000)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"venue": "alpaca"}, ("margin", "netting", False, False, "America/New_York", "USD", 0)),
        ({"venue": "alpaca", "nativeExits": True}, ("margin", "netting", True, False, "America/New_York", "USD", 0)),
        ({"venue": "alpaca", "kind": "cash"}, ("cash", "netting", False, False, "America/New_York", "USD", 0)),
        ({"venue": "ccxt", "exchange": "kucoin"}, ("cash", "netting", False, False, "UTC", "USDT", 2_000)),
        ({"venue": "binance", "fee": 0.075}, ("cash", "netting", False, False, "UTC", "USDT", 750)),
    ],
)
def test_each_venue_has_the_terms_that_it_keeps_accounts_by(
    keys: dict[str, Any], expected: tuple[object, ...], tmp_path: Path
) -> None:
    terms = terms_of("main", "A", read(tmp_path, one(**keys)).accounts["main"], "ann")
    found = (
        terms.kind, terms.mode, terms.native_exits, terms.reduce_only, terms.day_zone, terms.currency, terms.fee.ppm
    )  # fmt: skip
    assert found == expected


@pytest.mark.parametrize(
    ("keys", "ppm"),
    [
        ({"venue": "alpaca"}, 2_500),
        ({"venue": "alpaca", "coinFee": 0}, 0),
        ({"venue": "alpaca", "coinFee": "0.15"}, 1_500),
        ({"venue": "alpaca", "coinFee": 5}, 50_000),
        ({"venue": "binance"}, 0),
    ],
)
def test_of_coins_bought_so_much_is_taken_to_be_the_fee(keys: dict[str, Any], ppm: int, tmp_path: Path) -> None:
    assert terms_of("main", "A", read(tmp_path, one(**keys)).accounts["main"], "ann").coin_fee_ppm == ppm


@pytest.mark.parametrize("fee", ["-0.0001", "5.0001", "0.00001"])
def test_no_venue_keeps_such_a_part_of_the_coins_bought(fee: str, tmp_path: Path) -> None:
    account = read(tmp_path, one(venue="alpaca", coinFee=fee)).accounts["main"]
    with pytest.raises(InputError, match=r"accounts\.main\.coinFee: "):
        terms_of("main", "A", account, "ann")


def test_money_has_the_decimals_that_its_venue_shows() -> None:
    limits = {"alpaca": ALPACA, "binance": BINANCE, "ccxt": CCXT, "mt5": NETTING_LIMITS, "paper": PAPER}
    assert {venue: one.cash_decimals for venue, one in limits.items()} == CASH_DECIMALS


def test_of_each_venue_those_switches_are_fed_of_which_its_client_tells() -> None:
    limits = {"alpaca": ALPACA, "binance": BINANCE, "ccxt": CCXT, "mt5": NETTING_LIMITS, "paper": PAPER}
    assert {venue: one.notices for venue, one in limits.items() if one.notices} == FED
    assert HEDGING_LIMITS.notices == NETTING_LIMITS.notices


@pytest.mark.parametrize(("mode", "native"), [("netting", False), ("hedging", True)])
def test_an_mt5_account_has_exits_of_its_own_where_its_positions_are_separate(
    mode: str, native: bool, tmp_path: Path
) -> None:
    keys = {"venue": "mt5", "environment": "paper", "baseUrl": "http://127.0.0.1:3030", "symbols": ["EURUSD"]}
    config = read(tmp_path, {"accounts": {"main": {**keys, "mode": mode, "leverage": 30}}})
    terms = terms_of("main", "A", config.accounts["main"], "ann")
    assert (terms.mode, terms.native_exits, terms.reduce_only, terms.leverage) == (mode, native, native, 30)


def test_variables_are_filled_in_wherever_they_stand(tmp_path: Path) -> None:
    content = one(symbols=["${COIN:BTC}USDT"], baseUrl="${WHERE}", bars="${BARS:300}")
    config = read(tmp_path, content, {**KEYS, "WHERE": "http://127.0.0.1:9"})
    account = config.accounts["main"]
    assert (account.symbols, account.base_url, account.bars) == (["BTCUSDT"], "http://127.0.0.1:9", 300)


def test_a_secret_comes_from_a_variable_or_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(f"{CANARY}\n")
    (tmp_path / "secret.txt").chmod(0o644)
    content = {"accounts": {"main": {"venue": "binance", "symbols": ["BTCUSDT"], "apiKey": "${KEY}"}}}
    content["accounts"]["main"]["secretKeyFile"] = "secret.txt"
    config = read(tmp_path, content)
    assert (config.secret("main", "apiKey"), config.secret("main", "secretKey")) == (CANARY, CANARY)
    assert ["chmod 600" in remark for remark in config.remarks] == [True]
    (tmp_path / "secret.txt").chmod(0o600)
    assert read(tmp_path, content).remarks == []


def test_the_blocks_of_the_service_over_alpaca_are_read_as_they_stand(tmp_path: Path) -> None:
    """As in the example of a service for one broker, but for what this version does not have yet."""
    text = """
trading-engine:
  alpaca:
    baseUrl: ${ALPACA_BASE_URL:https://paper-api.alpaca.markets}
    apiKey: ${ALPACA_API_KEY}
    secretKey: ${ALPACA_SECRET_KEY}
    dataUrl: ${ALPACA_DATA_URL:https://data.alpaca.markets}
    symbols: [AAPL]

  risk:
    maxPositionSizePercent: 10
    maxSectorExposurePercent: 30
    maxDailyLossPercent: 3
    maxOpenPositions: 20
    enableWashTradeProtection: true

  sync:
    positionSyncInterval: 30000  # 30 seconds
    orderStatusPollInterval: 5000  # 5 seconds
"""
    config = read(tmp_path, text, {"ALPACA_API_KEY": CANARY, "ALPACA_SECRET_KEY": CANARY})
    made = blueprint_of(config, {})
    assert config.accounts["alpaca"].base_url == "https://paper-api.alpaca.markets"
    assert sorted(made.scopes["account:alpaca"].values) == [
        "enableWashTradeProtection", "maxDailyLossPercent", "maxOpenPositions", "maxPositionSizePercent",
        "maxSectorExposurePercent",
    ]  # fmt: skip
    keys = {"ALPACA_API_KEY": CANARY, "ALPACA_SECRET_KEY": CANARY}
    served = text.replace("  alpaca:", '  server:\n    port: 3001\n    host: "0.0.0.0"\n\n  alpaca:', 1)
    with pytest.raises(InputError, match=r"service.yaml:5: server.host: 0.0.0.0 can be reached by other machines"):
        read(tmp_path, served, keys)
    server = read(tmp_path, served.replace('"0.0.0.0"', '"0.0.0.0"\n    behindProxy: true'), keys).block.server
    assert server is not None and (server.host, server.port) == ("0.0.0.0", 3001)


@pytest.mark.parametrize("name", sorted(OF_STREAMS))
def test_a_switch_of_streams_is_refused_dotted_or_nested_with_what_holds_instead(name: str, tmp_path: Path) -> None:
    first, rest = name.split(".", 1)
    for written in (f"{name}: 5", f"{first}:\n  {rest}: 5", f"{first}:\n  " + rest.replace(".", ":\n    ") + ": 5"):
        with pytest.raises(InputError, match=rf"service.yaml:\d+: {name} is not taken: {re.escape(OF_STREAMS[name])}"):
            read(tmp_path, f"accounts:\n  main: {{venue: paper, symbols: [BTCUSD]}}\n{written}\n")
    with pytest.raises(InputError, match=f"{first}.other is not known|{first} is not known"):
        read(tmp_path, f"accounts:\n  main: {{venue: paper, symbols: [BTCUSD]}}\n{first}: {{other: 5}}\n")


# ── settings, by account ───────────────────────────────────────────────────────────────────────────────────────────


def test_what_stands_beside_the_accounts_holds_for_each_and_their_own_lies_over_it(tmp_path: Path) -> None:
    content = {
        "accounts": {
            "a": {**ACCOUNT, "owner": "ann"},
            "b": {**ACCOUNT, "symbols": ["ETHUSDT"], "owner": "bob", "risk": {"maxOrderValue": 7}, "sizing": "fixed:2"},
        },
        "risk": {"maxOrderValue": 100, "maxOpenPositions": 3},
        "limits": {"all": {"maxOrderValue": 1_000}, "account:b": {"priceCollarPercent": 5}},
        "executionFilter": {"maxConcurrentTradesGlobal": 8},
        "exits": {"stopLossPercent": 2},
        "strategies": {
            "slow": {"strategy": "sma_cross", "account": "a", "parameters": {"fast": 7}},
            "sma_cross": {"account": "b", "exits": {"stopLossPercent": 1}},
        },
    }
    made = plan(tmp_path, content)
    values = {scope: limits.values for scope, limits in made.scopes.items()}
    assert values["account:a"]["maxOrderValue"] == 100 * 10**18
    assert values["account:b"] == {"maxOrderValue": 7 * 10**18, "maxOpenPositions": 3, "priceCollarPercent": 50_000}
    assert values["all"] == {"maxOrderValue": 1_000 * 10**18}
    assert {scope for scope in values if scope.startswith("owner:")} == {"owner:ann", "owner:bob"}
    assert [(spec.id, spec.account, spec.symbols) for spec in made.specs] == [
        ("slow", "a", ("BTCUSDT",)), ("sma_cross", "b", ("ETHUSDT",))
    ]  # fmt: skip
    assert dict(made.specs[0].parameters)["fast"] == 7
    assert set(made.plans) == {"account:a", "account:b", "strategy:sma_cross"}
    assert set(made.sizers) == {"account:b"}


def test_a_strategy_of_a_file_is_looked_for_from_the_configuration_on(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from tradewright.signal.strategy import Strategy\nclass Mine(Strategy):\n    lots: int = 1\n"
    )
    content = one() | {"strategies": {"first": {"strategy": "mine.py:Mine", "parameters": {"lots": 3}}}}
    (spec,) = plan(tmp_path, content).specs
    assert (spec.id, spec.ref) == ("first", f"{tmp_path}/mine.py:Mine")


def test_order_ids_of_two_homes_begin_differently_and_those_of_one_home_alike(tmp_path: Path) -> None:
    config = read(tmp_path, one())
    assert blueprint_of(config, {"main": "before"}).accounts["main"].code == "before"
    code = blueprint_of(config, {}).accounts["main"].code
    assert code.startswith("ma") and len(code) == 8


def test_one_account_has_one_lock_whatever_it_is_called(tmp_path: Path) -> None:
    content = one()
    content["accounts"]["other"] = {**ACCOUNT, "symbols": ["ETHUSDT"]}
    content["accounts"]["live"] = {**ACCOUNT, "environment": "live"}
    config = read(tmp_path, content)
    assert lock_name(config, "main") == lock_name(config, "other") != lock_name(config, "live")
    assert CANARY not in lock_name(config, "main")
    elsewhere = read(tmp_path, content, {"KEY": "another", "SECRET": CANARY})
    assert lock_name(elsewhere, "main") != lock_name(config, "main")


def test_the_home_is_that_of_the_command_else_that_of_the_file(tmp_path: Path) -> None:
    config = read(tmp_path, {**one(), "home": "run"})
    assert home_of(config, None) == tmp_path / "run"
    assert home_of(config, tmp_path / "given") == tmp_path / "given"


def test_a_database_is_named_by_its_url_and_its_password_by_a_variable_or_a_file(tmp_path: Path) -> None:
    url = "postgresql://trader@127.0.0.1:5432/trading"
    config = read(tmp_path, {**one(), "database": {"url": url, "password": "${KEY}"}}, {"KEY": CANARY})
    assert config.secret_at("database.password") == CANARY
    assert config.row()["database"] == {"url": url, "password": "*** (variable KEY)"}
    assert CANARY not in str(config) + str(config.row())
    missing = read(tmp_path, {**one(), "database": {"url": url, "passwordFile": "pw"}}, {})
    with pytest.raises(InputError, match=r"database\.passwordFile: .*pw can not be read"):
        missing.secret_at("database.password")
    assert read(tmp_path, {**one(), "database.url": "sqlite:///t.db"}).row()["database"] == {"url": "sqlite:///t.db"}


def test_a_message_bus_is_as_a_seed_writes_it_and_its_secrets_are_shown_nowhere(tmp_path: Path) -> None:
    block = {
        "url": "${NATS_URL}",
        "publishPrefix": "ai-trader.trade",
        "subscriptions": ["ai-trader.ai.decision.generated", "ai-trader.market.session.*"],
    }
    config = read(tmp_path, {**one(), "eventBus": block}, {**KEYS, "NATS_URL": "nats://127.0.0.1:4222"})
    assert config.block.event_bus is not None
    assert config.block.event_bus.url == "nats://127.0.0.1:4222" and config.block.event_bus.consumer == "tradewright"
    assert [one for one in config.remarks if "eventBus.decisions" in one] == [
        "eventBus.decisions names no account and strategy: what comes at ai.decision.generated is refused"
    ]
    proven = {"url": "tls://b", "token": "${KEY}", "subscriptions": ["x.system.shutdown"]}
    config = read(tmp_path, {**one(), "eventBus": proven}, {"KEY": CANARY, "SECRET": CANARY})
    assert config.secret_at("eventBus.token") == CANARY and config.remarks == []
    assert config.row()["eventBus"]["token"] == "*** (variable KEY)"
    assert CANARY not in str(config) + str(config.row())


@pytest.mark.parametrize(
    ("subscription", "meant"),
    [
        ("a.ai.decision.generated", ["a.ai.decision.generated"]),
        ("a.b.market.session.*", ["a.b.market.session.opened", "a.b.market.session.closed"]),
        ("a.*.session.closed", ["a.market.session.closed"]),
        ("a.system.>", ["a.system.shutdown"]),
        ("a.>", [f"a.{type}" for type in HEARD]),
    ],
)
def test_a_subscription_means_subjects_of_what_is_acted_on(subscription: str, meant: list[str]) -> None:
    assert [*heard_at(subscription)] == meant


# ── what is refused ────────────────────────────────────────────────────────────────────────────────────────────────

BASE = """accounts:
  main:
    venue: binance
    symbols: [BTCUSDT]
    apiKey: ${KEY}
    secretKey: ${SECRET}
"""
HEARS = "eventBus: {url: 'nats://127.0.0.1', "
MT5 = "accounts:\n  main:\n    venue: mt5\n    symbols: [EURUSD]\n"
REFUSED = [
    ("acounts: {}", ":1: acounts is not known; did you mean accounts?"),
    ("- 1", "service.yaml: it has to be a mapping"),
    ("accounts: {", "it can not be read"),
    ("accounts: {}", ":1: accounts: expected object of length >= 1"),
    (BASE + "    sybmols: []\n", ":7: accounts.main.sybmols is not known; did you mean symbols?"),
    (BASE + "    bars: soon\n", ":7: accounts.main.bars: expected int, got str"),
    (BASE + "    environment: real\n", ":7: accounts.main.environment: invalid enum value 'real'"),
    (BASE + "    mode: hedging\n", ": accounts.main.mode: an account at binance has no such key; it is of mt5"),
    (BASE + "    feed: sip\n", "accounts.main.feed: an account at binance has no such key"),
    (BASE + "    baseUrl: binance\n", "accounts.main.baseUrl: 'binance' is no address; write it like http://"),
    (BASE + "    streamUrl: http://x\n", "accounts.main.streamUrl: 'http://x' is no address; write it like ws://"),
    (BASE + "    baseUrl: https://api.binance.com\n", "api.binance.com trades real money; say environment: live"),
    (BASE + "readySeconds: 0\n", ":7: readySeconds: expected float > 0"),
    (BASE + "sync: {positionSyncIntervall: 1}\n", "sync.positionSyncIntervall is not known"),
    (BASE + "home: ${NOWHERE}\n", ":7: home: the variable NOWHERE is not set"),
    (BASE.replace("BTCUSDT", "BTCUSDT, BTCUSDT"), "a symbol is there twice"),
    (BASE.replace("main", "my account"), "an account is called by 1 to 32 of"),
    (BASE.replace("${SECRET}", "abcdef"), ":6: accounts.main.secretKey: a secret does not stand in this file"),
    (BASE.replace("${SECRET}", "${SECRET:abcdef}"), ":6: accounts.main.secretKey: a secret does not stand in this"),
    (BASE + "    secretKeyFile: x\n", "secretKey is there twice"),
    (BASE + "    token: ${KEY}\n", "accounts.main.token: an account at binance has no such key"),
    (BASE + "database: {url: x.db}\n", ":7: database.url: write it like sqlite:///tables.db"),
    (BASE + "database: {url: 'postgresql://a:abc@b/c'}\n", "database.url: a password does not stand in it"),
    (BASE + "database: {url: 'postgresql://a@b/c?password=abc'}\n", "database.url: a password does not stand in it"),
    (BASE + "database: {password: '${KEY}'}\n", "database: object missing required field url"),
    (BASE + "database: {url: 'postgresql://a@b/c', password: abc}\n", ":7: database.password: a secret does not stand"),
    (BASE + "eventBus: {url: x}\n", ":7: eventBus.url: write it like nats://user@127.0.0.1:4222"),
    (BASE + "eventBus: {url: 'nats://a:99999'}\n", ":7: eventBus.url: write it like nats://user@127.0.0.1:4222"),
    (BASE + "eventBus: {url: 'nats://a:abc@b'}\n", "eventBus.url: a password does not stand in it"),
    (BASE + "eventBus: {url: 'nats://abc@b'}\n", ":7: eventBus.url: a user of NATS has a password"),
    (BASE + "eventBus: {url: 'redis://b?password=abc'}\n", "eventBus.url: write it like"),
    (BASE + "eventBus: {url: 'nats://b', password: abc}\n", ":7: eventBus.password: a secret does not stand"),
    (BASE + "eventBus: {url: 'redis://b', token: '${KEY}'}\n", ":7: eventBus.token: redis knows none"),
    (BASE + "eventBus: {url: 'nats://b', publishPrefix: a.*}\n", "eventBus.publishPrefix"),
    (BASE + HEARS + "subscriptions: [x.trade.order.filled]}\n", "x.trade.order.filled is nothing that is acted on"),
    (BASE + HEARS + "subscriptions: ['*.system.shutdown']}\n", "is nothing that is acted on"),
    (BASE + "server: {signals: {other: [a]}}\n", ":7: server.signals: there is no account other"),
    (BASE + "server: {signals: {main: [external]}}\n", "signals.main: name strategies, and not external"),
    (BASE + HEARS + "decisions: {other: [a]}}\n", "eventBus.decisions: there is no account other"),
    (BASE + HEARS + "decisions: {main: [external]}}\n", "decisions.main: name strategies, and not external"),
    (BASE + HEARS + "decisions: {main: []}}\n", "decisions.main: name strategies, and not external"),
    (
        BASE + "eventBus: {url: 'tls://b', subscriptions: [x.system.shutdown]}\n",
        "b is another machine, and what it says is acted on: give a password or token",
    ),
    (
        BASE + "eventBus: {url: 'nats://b', token: '${KEY}', subscriptions: [x.system.shutdown]}\n",
        "a url that begins with tls:// or rediss://",
    ),
    (BASE + "    environment: live\n    baseUrl: https://testnet.binance.vision\n", "is none of environment live"),
    (MT5 + "    baseUrl: http://127.0.0.1:1\n", "environment: say paper or live"),
    (MT5 + "    environment: live\n", "baseUrl is missing: the connector's address"),
    ("accounts:\n  main: {venue: paper, environment: live, symbols: [BTCUSD]}\n", "is never live"),
    ("accounts:\n  main: {venue: alpaca, environment: testnet, symbols: [A]}\n", "alpaca has no testnet"),
    ("accounts:\n  main: {venue: ccxt, symbols: [BTCUSDT]}\n", "exchange is missing"),
    ("accounts:\n  p: {venue: paper, symbols: [BTCUSD], market: main}\n", "neither synthetic nor one of no accounts"),
    (
        BASE + "  p: {venue: paper, symbols: [ETHUSDT], market: main}\n",
        "ETHUSDT is none of the symbols of account main",
    ),
    (BASE + "strategies:\n  sma_cross: {account: other}\n", ":8: strategies.sma_cross.account: there is no account"),
    (BASE + "strategies:\n  sma_cross: {symbols: [ETHUSDT]}\n", "ETHUSDT is none of the symbols of account main"),
    (BASE + "strategies:\n  external: {strategy: sma_cross}\n", ":8: strategies.external: that is what others trade"),
    (BASE + "strategies:\n  none: {}\n", "no built-in of that name"),
    (BASE + "risk: {maxOrderValues: 1}\n", "'maxOrderValues' is not known"),
    (BASE + "session: {maxPosition: 1}\n", ":7: session.maxPosition is not known; did you mean maxPositions?"),
    (BASE + "session:\n  maxPositions: 0\n", ":8: session.maxPositions: 0 is not allowed"),
    (BASE + "    session:\n      maxPositions: 0\n", ":8: session.maxPositions: 0 is not allowed"),
    (BASE + "exits: {stopLossPercent: -1}\n", "stopLossPercent"),
    (BASE + "    leverage: 3\n", "accounts.main.leverage: an account at binance has no such key"),
    (BASE + "    fee: many\n", ":2: accounts.main.fee"),
    (BASE + "    coinFee: 0.25\n", "accounts.main.coinFee: an account at binance has no such key"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=lambda text: str(text)[-40:])
def test_what_is_wrong_is_said_with_file_line_and_key(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises((InputError, UsageError)) as refused:
        plan(tmp_path, text)
    sentence = str(refused.value)
    assert said in sentence, sentence
    assert sentence.startswith(str(tmp_path / "service.yaml"))
    assert CANARY not in sentence and "\n" not in sentence


def test_a_variable_of_a_secret_that_is_not_set_is_named_when_it_is_needed(tmp_path: Path) -> None:
    config = read(tmp_path, BASE, {"KEY": "x"})
    with pytest.raises(InputError, match=r":6: accounts.main.secretKey: the variable SECRET is not set; export SECRET"):
        config.secret("main", "secretKey")
    with pytest.raises(InputError, match=r":2: accounts.main.token is missing"):
        config.secret("main", "token")


def test_two_strategies_without_an_account_are_asked_for_one_where_there_are_several(tmp_path: Path) -> None:
    content = one() | {"strategies": {"sma_cross": {}}}
    content["accounts"]["second"] = {**ACCOUNT, "symbols": ["ETHUSDT"]}
    with pytest.raises(InputError, match="it does not say which account it trades; there is main, second"):
        plan(tmp_path, content)


@pytest.mark.parametrize(
    ("venue", "code", "text", "refused"),
    [
        ("binance", "-2015", "", True), ("binance", "-1003", "", False), ("mt5", "HTTP_401", "", True),
        ("mt5", "HTTP_503", "", False), ("alpaca", "", "403: forbidden.", True), ("alpaca", "", "503: later", False),
        ("ccxt", "", "AuthenticationError: no such key", True),
    ],
)  # fmt: skip
def test_an_answer_that_means_the_keys_is_told_from_one_that_means_later(
    venue: str, code: str, text: str, refused: bool, tmp_path: Path
) -> None:
    keys = {"venue": venue, "symbols": ["X"]}
    keys |= {"environment": "paper", "baseUrl": "http://127.0.0.1:1"} if venue == "mt5" else {}
    keys |= {"exchange": "kucoin"} if venue == "ccxt" else {}
    account = read(tmp_path, {"accounts": {"main": keys}}).accounts["main"]
    assert keys_refused(account, VenueRefused(text, code)) is refused


# ── how it is shown ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("option", [[], ["--json"]])
@pytest.mark.parametrize("command", ["check", "show"])
def test_no_secret_is_shown(command: str, option: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(CANARY)
    file = tmp_path / "service.yaml"
    file.write_text(BASE.replace("secretKey: ${SECRET}", "secretKeyFile: key"))
    monkeypatch.setenv("KEY", CANARY)
    said = tradewright("config", command, "--config", file, *option)
    assert said.code == 0, said.err
    assert CANARY not in said.out + said.err
    assert "variable KEY" in said.out and "key" in said.out


def test_what_is_shown_has_every_default_and_can_be_read_again(tmp_path: Path) -> None:
    file = ROOT / "config/tradewright.yaml"
    row = tradewright("config", "show", "--config", file, "--json").row
    assert (row["readySeconds"], row["accounts"]["paper"]["bars"]) == (60.0, 60)
    again = tmp_path / "again.yaml"
    again.write_text(tradewright("config", "show", "--config", file).out)
    assert tradewright("config", "show", "--config", again, "--json").row == row


@pytest.mark.parametrize(
    "name", ["enableHaltProtection", "enablePriceLimitProtection", "enableShortSaleRestriction", "requireLocate"]
)
def test_a_switch_that_would_refuse_everything_since_no_client_feeds_it_is_refused(name: str, tmp_path: Path) -> None:
    account = {"venue": "paper", "symbols": ["BTCUSD"], "risk": {name: True}}
    with pytest.raises(
        InputError, match=f"{name} of account:main would refuse every opening .* nothing here tells account main of"
    ):
        blueprint_of(read(tmp_path, {"accounts": {"main": account}}), {})
    account["risk"] = {"maxLoopLagSeconds": 1}
    assert blueprint_of(read(tmp_path, {"accounts": {"main": account}}), {}).accounts


@pytest.mark.parametrize(
    ("venue", "taken"),
    [
        ("alpaca", ["enableHaltProtection", "enablePriceLimitProtection"]), ("binance", ["enableHaltProtection"]),
        ("mt5", ["enableHaltProtection"]), ("ccxt", []),
    ],
)  # fmt: skip
def test_a_switch_is_taken_where_all_accounts_of_its_scope_hear_what_it_asks_for(
    venue: str, taken: list[str], tmp_path: Path
) -> None:
    keys = {"baseUrl": "http://127.0.0.1:1"} if venue == "mt5" else {"exchange": "kucoin"} if venue == "ccxt" else {}
    main = {"venue": venue, "symbols": ["X"], "environment": "paper", **keys}
    follows = {"venue": "paper", "symbols": ["X"], "market": "main"}
    alone = {"venue": "paper", "symbols": ["BTCUSD"]}
    for name in NOTICES:
        accounts = {"main": main, "follows": follows, "alone": alone}
        for scopes, fed in ((["account:main"], True), (["account:follows"], True), (["account:alone"], False),
                            (["all"], False)):  # fmt: skip
            limits = {"limits": {scope: {name: True} for scope in scopes}}
            config = read(tmp_path, {"accounts": accounts, **limits})
            if fed and name in taken:
                assert blueprint_of(config, {}).told["main"] == tuple(taken)
                continue
            with pytest.raises(InputError, match=f"{name} of {scopes[0]} would refuse .* nothing here tells account"):
                blueprint_of(config, {})


def test_halts_of_a_quarter_of_an_hour_ago_are_none_that_a_switch_can_ask_for(tmp_path: Path) -> None:
    account = {
        "venue": "alpaca", "symbols": ["X"], "feed": "delayed_sip", "risk": {"enableHaltProtection": True},
    }  # fmt: skip
    with pytest.raises(InputError, match="nothing here tells account main of halts"):
        blueprint_of(read(tmp_path, {"accounts": {"main": account}}), {})


@pytest.mark.parametrize("venue", ["alpaca", "binance", "mt5", "ccxt"])
def test_real_money_is_told_from_none(venue: str, tmp_path: Path) -> None:
    keys = {"baseUrl": "http://127.0.0.1:1"} if venue == "mt5" else {"exchange": "kucoin"} if venue == "ccxt" else {}
    for environment, real in (("live", True), ("paper", False)):
        content = {"accounts": {"main": {"venue": venue, "symbols": ["X"], "environment": environment, **keys}}}
        account = read(tmp_path, content).accounts["main"]
        assert ("REAL MONEY" in meaning_of(account)) is real
    if venue != "mt5":
        content["accounts"]["main"].pop("environment")
        assert "REAL MONEY" not in meaning_of(read(tmp_path, content).accounts["main"])


@pytest.mark.parametrize(
    ("exchange", "parts"), [("binance", ("public", "private")), ("alpaca", ("trader", "market")), ("mexc", ())]
)
@pytest.mark.parametrize("environment", ["live", "testnet"])
def test_by_ccxt_the_last_gate_knows_the_addresses_of_an_exchange_or_there_is_none(
    exchange: str, parts: tuple[str, ...], environment: str, tmp_path: Path
) -> None:
    environment = environment if parts else "live"
    config = read(tmp_path, one(venue="ccxt", exchange=exchange, environment=environment))
    seat = Seat(AiohttpTransport(), lambda: 1, Rng(1), Known([], {}), [].append)
    client: Any = client_of(config, "main", terms_of("main", "A", config.accounts["main"], "ann"), seat)
    gate: Any = seat.gate
    assert (gate is not None) == bool(parts)
    assert client._caller._transport is (gate if parts else seat.transport)
    library = client._exchange.library
    for part in parts:
        address = library.implode_hostname(library.urls["api"][part])
        assert gate._reader.read(HttpRequest("GET", f"{address}/order")) == []
        with pytest.raises(Unlisted):
            gate._reader.read(HttpRequest("GET", "https://elsewhere.example/order"))


def test_a_check_names_what_is_missing_and_ends_with_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "service.yaml"
    file.write_text(BASE)
    monkeypatch.setenv("KEY", CANARY)
    monkeypatch.delenv("SECRET", raising=False)
    said = tradewright("config", "check", "--config", file, "--json")
    assert said.code == 1
    assert "the variable SECRET is not set" in json.loads(said.out.splitlines()[0])["error"]
    assert tradewright("config", "check", "--config", "").code == 2
    assert tradewright("config", "check").code == 2


def test_a_parameter_whose_limit_stands_at_another_scope_is_refused_with_file_and_line(tmp_path: Path) -> None:
    limits = {"all": {"maxMessagesPerMinute": 60}, "account:main": {"messageReserve": 20}}
    with pytest.raises(InputError, match=r"service\.yaml:\d+: limits of account:main: messageReserve says how maxMess"):
        plan(tmp_path, one() | {"limits": limits})
    assert plan(tmp_path, one() | {"limits": {**limits, "account:main": {"maxOrderValue": 5}}})


@pytest.mark.parametrize(
    ("blocks", "seconds", "looks"),
    [
        ({}, None, (10.0, 1.0)),
        ({"executionFilter": {"exposurePollIntervalSec": 4}}, 4.0, (4.0, 1.0)),
        ({"executionFilter": {"exposurePollIntervalSec": 4}, "limits": {"account:main": {
            "exposurePollIntervalSec": 0.5}}}, 0.5, (0.5, 0.5)),
        ({"limits": {"account:other": {"exposurePollIntervalSec": 2}}}, None, (10.0, 1.0)),
    ],
)  # fmt: skip
def test_an_mt5_connector_is_asked_as_often_as_the_filter_says(
    blocks: dict[str, Any], seconds: float | None, looks: tuple[float, float], tmp_path: Path
) -> None:
    account = {"venue": "mt5", "environment": "paper", "symbols": ["BTCUSD"], "baseUrl": "http://127.0.0.1:9"}
    other = {"venue": "paper", "symbols": ["ETHUSD"]}
    content: dict[str, Any] = {"accounts": {"main": account, "other": other}, **blocks}
    config, made = read(tmp_path, content), plan(tmp_path, content)
    assert made.poll_seconds("main") == seconds
    seat = Seat(
        AiohttpTransport(), lambda: 1, Rng(1), Known([], {}), [].append, poll_seconds=made.poll_seconds("main")
    )  # fmt: skip
    client: Any = client_of(config, "main", made.accounts["main"], seat)
    assert (client._polling.idle, client._polling.busy) == looks


def test_accounts_whose_names_begin_alike_have_codes_of_their_own(tmp_path: Path) -> None:
    accounts = {name: {"venue": "paper", "symbols": ["BTCUSD"]} for name in ("one", "only", "onyx")}
    config = read(tmp_path, {"accounts": accounts})
    made = blueprint_of(config, {"onyx": new_code("one", time.time_ns())})
    assert len({terms.code for terms in made.accounts.values()}) == 3


@pytest.mark.parametrize(("keys", "packed"), [({}, False), ({"packed": False}, False), ({"packed": True}, True)])
def test_market_data_of_alpaca_comes_packed_where_its_account_says_so(
    keys: dict[str, Any], packed: bool, tmp_path: Path
) -> None:
    config = read(tmp_path, one(venue="alpaca", symbols=["ACME"], **keys))
    seat = Seat(AiohttpTransport(), lambda: 1, Rng(1), Known([], {}), [].append)
    client: Any = client_of(config, "main", terms_of("main", "A", config.accounts["main"], "ann"), seat)
    client._market.watch([Instrument("ACME", "alpaca", "equity", "ACME", "USD", 6, 9)])
    (feed,) = client._market._feeds.values()
    assert feed._packed is packed


def test_an_account_elsewhere_has_no_packed_data(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="packed: an account at binance has no such key; it is of alpaca"):
        read(tmp_path, one(venue="binance", packed=True))
