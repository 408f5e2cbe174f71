"""Each key of a file of settings decides something: two backtests that differ in it alone decide differently. A key
without such a pair fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.ensemble_pairs import ENSEMBLE_PAIRS
from tests.e2e.settings_pairs import (
    EXIT_PAIRS,
    FILE_PAIRS,
    HERE,
    LIMIT_PAIRS,
    LIMITS_ELSEWHERE,
    SESSION_PAIRS,
    SIZING_PAIRS,
    STRATEGY_PAIRS,
    Pair,
    instrument,
)
from tests.unit.core.test_keys import PAIRS as PARAMETER_PAIRS
from tests.venues.test_open_trades import POLLED
from tradewright.app.limits_file import BESIDE
from tradewright.app.settings import OF_STRATEGY, configured
from tradewright.app.settings import Settings as File
from tradewright.app.settings_keys import KEYS
from tradewright.backtest.data import Dataset, ReadOptions, load
from tradewright.backtest.run import ACCOUNT, Result, RunOptions, run
from tradewright.backtest.strategy_source import Specified, specifications
from tradewright.core.limits import LIMITS
from tradewright.model.event import Event
from tradewright.model.exit_plan import CONFIGURED
from tradewright.model.moment import moment_text
from tradewright.model.sizer import OPTIONS
from tradewright.signal.ensemble import MEMBER_KEYS, SERVICE_KEYS
from tradewright.signal.validators import VALIDATORS, Settings
from tradewright.sim.models import Models


def market(pair: Pair, folder: Path) -> Path:
    """The market as a data file."""
    file = folder / "market.csv"
    quotes = ("ts", "symbol", "bid", "ask", "bid_size", "ask_size")[: len(pair.market[0])]
    lines = [",".join(quotes) if pair.quotes else "ts,symbol,open,high,low,close,volume"]
    for minute, symbol, *prices in pair.market:
        if not pair.quotes:
            prices = [*prices * 4, "1000000"]
        lines.append(",".join([moment_text((pair.begins + minute * 60) * 10**9), symbol, *prices]))
    file.write_text("\n".join(lines) + "\n")
    return file


@dataclass(frozen=True)
class Told(Dataset):
    """Recorded markets, and what the engine is told before them."""

    before: tuple[Callable[[int], Event], ...] = ()

    def events(self) -> Iterator[Any]:
        return chain([made(self.time_first) for made in self.before], super().events())


def specified(pair: Pair, settings: File) -> list[Specified]:
    """The strategies, called A, B …; one that is a reference alone has its own name."""
    found: list[Specified] = []
    for number, given in enumerate(pair.strategies):
        name, parameters = ("Scripted", {"script": given}) if isinstance(given, dict) else (given, {})
        if isinstance(given, tuple):
            name, parameters = given
        ref = name if ":" in name else f"{HERE}:{name}"
        id = "" if isinstance(given, str) else "AB"[number]
        found += specifications(ref, ACCOUNT, tuple(pair.symbols), settings.parameters(ref, parameters), id)
    return settings.over(found)


def played(pair: Pair, content: dict[str, Any], folder: Path) -> Result:
    """A backtest under this file of settings."""
    file = folder / "settings.json"
    file.write_text(json.dumps(content))
    settings = configured(file, ACCOUNT)
    instruments = [instrument(symbol, pair.calendar) for symbol in pair.symbols]
    read = load([market(pair, folder)], ReadOptions(instruments=instruments, period=None if pair.quotes else "1m"))
    dataset = Told(read.instruments, read.series, pair.fed)
    chosen = specified(pair, settings)
    options = {key: value for key, value in pair.options.items() if key != "partial"}
    models = Models(partial=pair.options.get("partial", "none"))
    return run(
        chosen, dataset,
        RunOptions(
            scopes=settings.beside({}, [spec.ref for spec, _ in chosen]), exits=settings.exits, sizer=settings.sizer,
            sizers=settings.sizers(), plans=settings.plans(), sessions=settings.sessions(), models=models,
            keep_decisions=True, owner=settings.owner, **{"cash": "1000000", **options},
        ),
    )  # fmt: skip


def story(result: Result) -> list[tuple[object, ...]]:
    """What was decided, when, and what became of it."""
    assert not result.halted, result.halted
    told: list[tuple[object, ...]] = [
        (
            decision.time, decision.strategy, decision.instrument.symbol, decision.approved,
            [(o.side, o.type, o.quantity, o.limit_units, o.stop_units, o.role) for o in decision.orders],
            [check.code for check in decision.refusals],
        )
        for decision in result.decisions
    ]  # fmt: skip
    return told + [
        (booked.time, booked.order.id, booked.fill.price_units, booked.fill.size_units) for booked in result.fills
    ]


def check_pair(pair: Pair, folder: Path) -> None:
    with_it, without = (played(pair, content, folder) for content in (pair.settings, pair.without))
    assert story(with_it) != story(without), "both decide the same"
    assert with_it.decisions or without.decisions, "nothing was decided at all"
    if pair.code:
        refusals = [
            [check for decision in result.decisions for check in decision.refusals if check.code == pair.code]
            for result in (with_it, without)
        ]
        assert sorted(map(bool, refusals)) == [False, True], f"{pair.code} refuses in both or in none: {refusals}"
        unknown = [check.row() for checks in refusals for check in checks if check.value is None]
        assert not unknown, "what is not known refuses whatever the key says"


@pytest.mark.parametrize("name", LIMIT_PAIRS)
def test_a_limit_decides(name: str, tmp_path: Path) -> None:
    check_pair(LIMIT_PAIRS[name], tmp_path)


@pytest.mark.parametrize("name", FILE_PAIRS)
def test_a_key_beside_limits_decides(name: str, tmp_path: Path) -> None:
    check_pair(FILE_PAIRS[name], tmp_path)


@pytest.mark.parametrize(
    ("name", "at"), [(name, at) for name, pairs in SESSION_PAIRS.items() for at in range(len(pairs))]
)
def test_a_key_of_the_session_decides(name: str, at: int, tmp_path: Path) -> None:
    check_pair(SESSION_PAIRS[name][at], tmp_path)


@pytest.mark.parametrize("name", EXIT_PAIRS)
def test_a_key_of_exits_decides(name: str, tmp_path: Path) -> None:
    check_pair(EXIT_PAIRS[name], tmp_path)


@pytest.mark.parametrize("name", SIZING_PAIRS)
def test_a_key_of_sizing_decides(name: str, tmp_path: Path) -> None:
    check_pair(SIZING_PAIRS[name], tmp_path)


@pytest.mark.parametrize("name", STRATEGY_PAIRS)
def test_a_key_of_one_strategy_decides(name: str, tmp_path: Path) -> None:
    check_pair(STRATEGY_PAIRS[name], tmp_path)


@pytest.mark.parametrize("name", ENSEMBLE_PAIRS)
def test_a_key_of_an_ensemble_decides(name: str, tmp_path: Path) -> None:
    check_pair(ENSEMBLE_PAIRS[name], tmp_path)


class Asked(dict[str, Any]):
    """Settings of a validator that note which of them anybody asked for, whether they are there or not."""

    def __init__(self, values: dict[str, Any], under: str, asked: set[str]) -> None:
        super().__init__(values)
        self.under, self.asked = under, asked

    def __contains__(self, key: object) -> bool:
        self.asked.add(f"{self.under}.{key}")
        return super().__contains__(key)

    def pop(self, key: str, default: Any = None, /) -> Any:
        self.asked.add(f"{self.under}.{key}")
        return super().pop(key, default)


def keys_of_validators(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What validators ask their settings for, of every pair there is: a key that none of them sets is among it."""
    asked: set[str] = set()
    begin = Settings.__init__

    def noted(settings: Settings, what: str, values: object) -> None:
        begin(settings, what, values)
        under = what.partition("validator ")[2].replace(": window", ".windows").replace(": event", ".events")
        settings.left = Asked(settings.left, under, asked) if under else settings.left

    monkeypatch.setattr(Settings, "__init__", noted)
    for pair in ENSEMBLE_PAIRS.values():
        for content in (pair.settings, pair.without):
            for name, values in content["strategies"]["Clever"]["parameters"]["validators"].items():
                VALIDATORS[name](Settings(f"validator {name}", values))
    return asked


def test_every_key_of_an_ensemble_has_its_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own fields have theirs in tests/unit/signal/test_ensemble_settings.py."""
    of_validators = keys_of_validators(monkeypatch)
    assert {key.partition(".")[0] for key in of_validators} == set(VALIDATORS)
    voters = {*(f"members.{key}" for key in MEMBER_KEYS), *(f"services.{key}" for key in SERVICE_KEYS)}
    assert of_validators | voters == set(ENSEMBLE_PAIRS)


def test_every_key_has_its_pair() -> None:
    assert {*LIMIT_PAIRS, *LIMITS_ELSEWHERE, *POLLED} == set(LIMITS)
    assert set(LIMITS_ELSEWHERE) <= set(PARAMETER_PAIRS)
    assert set(FILE_PAIRS) == set(BESIDE)
    assert set(SESSION_PAIRS) == set(KEYS)
    assert set(EXIT_PAIRS) == set(CONFIGURED)
    assert set(SIZING_PAIRS) == {"method", "amount", *OPTIONS}
    assert set(STRATEGY_PAIRS) == set(OF_STRATEGY)


def pairs() -> list[tuple[str, Pair]]:
    named = [
        *LIMIT_PAIRS.items(),
        *FILE_PAIRS.items(),
        *EXIT_PAIRS.items(),
        *SIZING_PAIRS.items(),
        *STRATEGY_PAIRS.items(),
        *ENSEMBLE_PAIRS.items(),
    ]
    return named + [(name, pair) for name, several in SESSION_PAIRS.items() for pair in several]


def keys_of(content: Any, under: str = "") -> dict[str, Any]:
    """A file's values by their dotted names."""
    if not isinstance(content, dict) or set(content) == {"points"}:
        return {under: content}
    return {name: value for key, item in content.items() for name, value in keys_of(item, f"{under}.{key}").items()}


def test_the_two_files_of_a_pair_differ_in_its_key_alone() -> None:
    for name, pair in pairs():
        one, other = keys_of(pair.settings), keys_of(pair.without)
        changed = {key for key in {*one, *other} - {""} if one.get(key) != other.get(key)}
        assert changed, name
        texts = isinstance(pair.settings.get("sizing"), str) or isinstance(pair.without.get("sizing"), str)
        assert texts or "strategies" in pair.settings or all(f".{name}" in f".{key}" for key in changed), (
            name,
            changed,
        )
