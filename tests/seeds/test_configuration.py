"""What a configuration really takes, against what was asked for: each difference is on the list, with its reason, and
nothing is on the list that is no difference."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from tests.seeds.asked import asked
from tests.seeds.listed import Parts, differences, listed
from tradewright.adapters.venue.mt5.client import Polling
from tradewright.app.api.books import configured
from tradewright.app.blueprint import blueprint_of
from tradewright.app.config import Config, read_config
from tradewright.app.config_keys import OF_STREAMS
from tradewright.app.wiring.services import signal_sources
from tradewright.core.filter import GLOBAL_KEYS, SYMBOL_KEYS
from tradewright.core.reservations import TTL_NS
from tradewright.model.errors import InputError

ACCOUNT = {"venue": "paper", "symbols": ["BTCUSD"], "owner": "ann"}
#: Of those that hold though nobody says them.
UNSAID = {
    "tradepicker.reservationTtlMs": str(TTL_NS // 10**6),
    "exposurePollIntervalSec": f"{Polling().idle:g}",
}
VARIABLES = {"NATS_URL": "nats://127.0.0.1:4222", "ALPACA_API_KEY": "key", "ALPACA_SECRET_KEY": "proof"}


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Any], Config]:
    """Reads a configuration with the variables that the documents' files need."""

    def made(content: Any) -> Config:
        file = tmp_path / "service.yaml"
        file.write_text(yaml.safe_dump(content))
        return read_config(file, VARIABLES)

    return made


def limits_told(config: Config) -> Parts:
    """Each limit that a configuration sets, as a file has it, by its name; of a symbol's with that before it."""
    found: Parts = {}
    for scope, limits in blueprint_of(config, {}).scopes.items():
        symbol = scope.partition("/symbol:")[2]
        for name, value in limits.row():
            found[f"{symbol}.{name}".lstrip(".")] = str(configured(name, value)).lower()
    return found


def test_every_toggle_is_taken_as_asked_for_but_for_what_the_list_has(read: Callable[[Any], Config]) -> None:
    assert limits_told(read({"accounts": {"main": ACCOUNT}})) == {}, "what nobody says is off"
    was: Parts = {}
    here: Parts = {}
    for one in asked("toggles"):
        name, takes = one["toggle"], one.get("takes", [])
        was[name] = toggle_words(takes, one.get("default", "" if takes else "off"))
        values = takes or [re.match(r"\w+", one.get("default", "7"))[0]]  # type: ignore[index]
        answers = {value: told_of(read, name, yaml.safe_load(value)) for value in values}
        if "refused" in answers.values():
            here[name] = f"refused: {OF_STREAMS[name]}"
        elif taken := [value for value, answer in answers.items() if answer == "taken"]:
            here[name] = toggle_words(takes and taken, UNSAID.get(name, "off"))
    assert differences(was, here) == listed("toggles")


def toggle_words(takes: list[str], default: str) -> str:
    return ", ".join(filter(None, [" | ".join(takes), default and f"default {default}"]))


def told_of(read: Callable[[Any], Config], name: str, value: Any) -> str:
    """Whether a configuration may say it, and it becomes what it says; or is refused with what holds instead."""
    block: Any = {name: value}
    if name in SYMBOL_KEYS:
        block = {"executionFilter": {"XAUUSD": block}}
    elif name in GLOBAL_KEYS:
        block = {"executionFilter": block}
    try:
        told = limits_told(read({"accounts": {"main": ACCOUNT}} | block))
    except InputError as error:
        return "refused" if OF_STREAMS.get(name, "nothing") in str(error) else "unknown"
    return "taken" if str(value).lower() in (told.get(name), told.get(f"XAUUSD.{name}")) else "lost"


def test_every_configuration_is_taken_as_it_stands_but_for_what_the_list_has(read: Callable[[Any], Config]) -> None:
    execution, service = asked("configuration")["blocks"].values()
    was = leaves(execution) | leaves(service["trading-engine"])
    here = limits_told(read({"accounts": {"main": ACCOUNT}, "executionFilter": typed(execution)}))
    content = typed(service)
    for block, key, value in (("alpaca", "symbols", ["AAPL"]), ("server", "behindProxy", True)):
        with pytest.raises(InputError, match=key):
            read(content)
        content["trading-engine"][block][key] = value
        here[f"{block}.{key}"] = "needed"
    here |= service_told(read(content), [*was])
    was |= {f"{rule['here']}, left out": rule["default"].rstrip("%") for rule in asked("configuration")["rules"]}
    unsaid = limits_told(read({"accounts": {"main": ACCOUNT}}))
    here |= {f"{rule['here']}, left out": unsaid.get(rule["here"], "off") for rule in asked("configuration")["rules"]}
    assert differences(was, here) == listed("configuration")


def service_told(config: Config, paths: list[str]) -> Parts:
    """What a configuration holds where the document's file has something."""
    block = msgspec.to_builtins(config.block)
    found = leaves({**block, "alpaca": block["accounts"]["alpaca"], "risk": limits_told(config)})
    secrets = {path.removeprefix("accounts."): secret.reveal() for path, secret in config.secrets.items()}
    return {path: value for path, value in (found | secrets).items() if path in paths}


def leaves(block: Any, before: str = "") -> Parts:
    """Values by their dotted paths, variables filled in."""
    if isinstance(block, list):
        return {before: ", ".join(map(str, block))}
    if not isinstance(block, dict):
        filled = re.sub(r"\$\{(\w+):?(.*?)\}", lambda match: match[2] or VARIABLES[match[1]], str(block))
        return {before: filled.lower() if isinstance(block, bool) else filled}
    found: Parts = {}
    for name, value in block.items():
        found |= leaves(value, f"{before}.{name}".lstrip("."))
    return found


def typed(block: Any) -> Any:
    """Texts as the values that they are in a file."""
    if isinstance(block, dict):
        return {name: typed(value) for name, value in block.items()}
    return [typed(value) for value in block] if isinstance(block, list) else yaml.safe_load(block)


def test_every_variable_is_taken(tmp_path: Path) -> None:
    variables = {one["variable"]: one["value"] for one in asked("configuration")["variables"]}
    file = tmp_path / "service.yaml"
    file.write_text(
        "accounts: {main: {venue: mt5, environment: paper, symbols: [XAUUSD], baseUrl: '${BROKER_API_URL}'}}\n"
        "eventBus: {url: 'redis://${REDIS_HOST}:${REDIS_PORT}/0'}\n"
    )
    block = read_config(file, variables).block
    assert block.accounts["main"].base_url == variables.pop("BROKER_API_URL")
    assert block.event_bus is not None
    assert block.event_bus.url == f"redis://{variables.pop('REDIS_HOST')}:{variables.pop('REDIS_PORT')}/0"
    names = [name.removesuffix("_SERVICE_URL").lower() for name in variables]
    assert [one.name for one in signal_sources(names, variables)] == names == ["ml", "rl"]
