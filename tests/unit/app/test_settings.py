"""A file of settings: what it binds to, and every fault told by file and key with what is allowed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scripts import settings_page
from tests.e2e.command import tradewright
from tests.project import ROOT
from tests.unit.app.test_limits_file import EXAMPLE
from tradewright.app.demo import STRATEGIES, with_settings
from tradewright.app.settings import BLOCKS, Settings, configured
from tradewright.app.settings_keys import KEYS
from tradewright.core.limits import limits_from
from tradewright.model.errors import InputError
from tradewright.model.sizer import sizer_from

ONE = 10**18
#: Every field of the trading settings of a session, as a web client sends them.
TRADING = {
    "maxPositions": 5, "maxPositionSize": 25, "minConfidence": 0.6, "stopLossPercent": 2, "takeProfitPercent": 4,
    "trailingStopPercent": 1.5, "weeklyTarget": 5, "maxDrawdown": 10, "orderType": "limit", "watchlist": ["ACME"],
    "enabledStrategies": ["sma_cross"], "validatorEnabled": False, "strategyWeightBalance": 0.25,
}  # fmt: skip
COUNCIL = f"{ROOT / 'tests' / 'e2e' / 'strategies.py'}:Clever"
FILE = f"{ROOT / 'tests' / 'e2e' / 'strategies.py'}"


def read(content: Any, folder: Path, name: str = "settings.json") -> Settings:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return configured(file, "main", "ann")


def account(settings: Settings) -> dict[str, Any]:
    return dict(settings.scopes["account:main"].row())


def test_the_trading_settings_of_a_session_bind_all_of_them(tmp_path: Path) -> None:
    settings = read({"session": {"userId": "ann", **TRADING}}, tmp_path)
    assert account(settings) == {
        "maxOpenPositions": 5, "maxPositionSizePercent": 250_000, "minConfidence": 600_000, "weeklyTarget": 50_000,
        "maxDrawdown": 100_000, "orderType": "limit", "allowedSymbols": ["ACME"], "enabledStrategies": ["sma_cross"],
    }  # fmt: skip
    assert settings.exits == {"stopLossPercent": 2, "takeProfitPercent": 4, "trailingStopPercent": 1.5}
    assert settings.parameters(COUNCIL, {}) == {
        "threshold": 0.6, "validator_enabled": False, "strategy_weight_balance": 0.25,
    }  # fmt: skip
    ((name, user, rows),) = settings.sessions()
    assert (name, user, dict(rows)) == ("main", "ann", {"userId": "ann", **TRADING})
    assert set(TRADING) | {"userId", "decideOn", "cycleSeconds"} == set(KEYS)


def test_the_filter_s_example_loads_and_binds_with_its_keys_nesting_and_values(tmp_path: Path) -> None:
    settings = read(EXAMPLE, tmp_path, "settings.yaml")
    assert {scope: dict(limits.row()) for scope, limits in settings.scopes.items()} == {
        "owner:ann/symbol:XAUUSD": {
            "maxTradesPerDay": 5, "minCooldownMinutesBetweenTrades": 900 * 10**9, "maxConcurrentTradesPerSymbol": 2,
            "maxConcurrentTradesPerDirection": 1, "maxDailyRiskPerSymbol": 200 * ONE,
        },
        "owner:ann": {
            "maxConcurrentTradesGlobal": 8, "maxDailyRiskGlobal": 500 * ONE, "exposurePollIntervalSec": 10 * 10**9,
        },
    }  # fmt: skip


def test_the_risk_block_of_a_service_binds(tmp_path: Path) -> None:
    block = {
        "maxPositionSizePercent": 10, "maxSectorExposurePercent": 30, "maxDailyLossPercent": 3, "maxOpenPositions": 20,
        "enableWashTradeProtection": True,
    }  # fmt: skip
    assert account(read({"risk": block}, tmp_path)) == dict(limits_from(block).row())


def test_dotted_keys_and_nested_ones_are_the_same_and_so_are_yaml_and_json(tmp_path: Path) -> None:
    dotted = read(
        "tradepicker.maxOpenPositions: 3\ntradepicker.sellRequiresLong: true\ntradepicker.reserveOnOpen: true\n"
        "tradepicker.reservationTtlMs: 300000\n",
        tmp_path, "settings.yaml",
    )  # fmt: skip
    block = {"maxOpenPositions": 3, "sellRequiresLong": True, "reserveOnOpen": True, "reservationTtlMs": 300_000}
    nested = read({"tradepicker": block}, tmp_path)
    assert account(dotted) == account(nested) == {
        "tradepicker.maxOpenPositions": 3, "tradepicker.sellRequiresLong": 1, "tradepicker.reserveOnOpen": 1,
        "tradepicker.reservationTtlMs": 300 * 10**9,
    }  # fmt: skip


def test_sizing_is_a_text_or_a_block(tmp_path: Path) -> None:
    block = {"method": "kelly", "amount": 0.5, "cap": 10, "win": 0.55, "payoff": 1.5, "max": 100, "hint": 0.5}
    settings = read({"sizing": block}, tmp_path)
    assert sizer_from(settings.sizer).row() == sizer_from("kelly:0.5:cap=10:win=0.55:payoff=1.5:max=100:hint=0.5").row()
    assert read({"sizing": "risk_percent:0.5"}, tmp_path).sizer == "risk_percent:0.5"


def test_what_is_said_for_one_strategy_holds_for_it_and_the_command_line_over_all(tmp_path: Path) -> None:
    own = {
        "decideOn": "cycle", "cycleSeconds": 60, "sizing": "fixed:7", "exits": {"stopLossPercent": 1},
        "parameters": {"threshold": 0.7, "percent": 3},
    }  # fmt: skip
    settings = read({"session": {"minConfidence": 0.3}, "strategies": {"Opinionated": own, "Clever": own}}, tmp_path)
    assert list(settings.sizers()) == ["strategy:Opinionated", "strategy:Clever"] == list(settings.plans())
    assert settings.parameters(f"{FILE}:Opinionated", {"percent": "5"}) == {"threshold": 0.7, "percent": "5"}
    assert settings.parameters(COUNCIL, {})["decide_on"] == "cycle"
    assert settings.parameters("sma_cross", {}) == {}


def test_an_ensemble_is_enabled_with_its_members_and_only_those_vote(tmp_path: Path) -> None:
    settings = read({"session": {"enabledStrategies": ["up"]}}, tmp_path)
    assert list(settings.parameters(COUNCIL, {})["members"]) == ["up"]
    assert settings.scopes_for([COUNCIL])["account:main"].get("enabledStrategies") == ["Clever", "up"]
    assert settings.scopes_for(["sma_cross"])["account:main"].get("enabledStrategies") == ["up"]
    whole = read({"session": {"enabledStrategies": ["Clever"]}}, tmp_path)
    assert whole.parameters(COUNCIL, {}) == {}


def test_the_account_is_its_own_the_session_s_user_s_or_whose_the_command_line_says(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    for content, owner, expected in (
        ({}, "", "main"),
        ({"session": {"userId": "bob"}}, "", "bob"),
        ({"session": {"userId": "bob"}}, "eve", "eve"),
    ):
        file.write_text(json.dumps({**content, "executionFilter": {"maxConcurrentTradesGlobal": 8}}))
        settings = configured(file, "main", owner)
        assert (settings.owner, list(settings.scopes)) == (expected, [f"owner:{expected}"])


def test_an_empty_file_and_a_confidence_of_zero_set_nothing(tmp_path: Path) -> None:
    assert read({}, tmp_path).scopes == {}
    settings = read({"session": {"minConfidence": 0}}, tmp_path)
    assert settings.scopes == {} and settings.parameters(COUNCIL, {}) == {}


#: content → words of the refusal, behind the name of the file.
FAULTS: list[tuple[Any, str]] = [
    ([], f"it has to be a mapping of {', '.join(BLOCKS)}"),
    ({"sesion": {}}, "sesion is not known; did you mean session? There are session, risk"),
    (
        {"session": {"minConfidense": 1}},
        "session.minConfidense is not known; did you mean minConfidence? There are userId",
    ),
    ({"session": 5}, "session: 5 is not a mapping"),
    ({"risk": {"maxOpenPosition": 1}}, "'maxOpenPosition' is not known"),
    ({"risk": {"maxOpenPositions": "many"}}, "maxOpenPositions"),
    ({"risk": {"maxOpenPositions": 0}}, "must be above zero"),
    ({"tradepicker": {"maxOpen": 1}}, "'tradepicker.maxOpen' is not known"),
    ({"limits": {"acount:main": {}}}, "acount:main"),
    ({"executionFilter": {"maxTrades": 5}}, "maxTrades"),
    ({"exits": {"stopLoss": 1}}, "'stopLoss' is not known; they are stopLossPercent"),
    ({"exits": {"stopLossPercent": 100}}, "a stop lies less than 100 % away"),
    ({"sizing": {"methode": "fixed"}}, "sizing.methode is not known; did you mean method?"),
    ({"sizing": {"method": "all"}}, "sizing.method: 'all' is not one of fixed, percent"),
    ({"sizing": {"method": "fixed"}}, "the amount must be above zero|'' is not|amount"),
    ({"sizing": 5}, "sizing: 5 is neither a text"),
    ({"strategies": {"a": 5}}, "strategies.a: 5 is not a mapping of decideOn"),
    ({"strategies": {"a": {"decide": "bar"}}}, "strategies.a.decide is not known; did you mean decideOn?"),
    (
        {"strategies": {"a": {"decideOn": "never"}}},
        "strategies.a.decideOn: 'never' is not allowed; it takes a bar, tick",
    ),
    ({"strategies": {"a": {"exits": 5}}}, "strategies.a.exits: 5 is not a mapping"),
    ({"strategies": {"a": {"sizing": "all:1"}}}, "strategies.a: sizing"),
    (
        {"session": {"maxPositions": 5}, "risk": {"maxOpenPositions": 6}},
        "session.maxPositions: maxOpenPositions is said twice",
    ),
    ({"session": {"stopLossPercent": 5}, "exits": {"stopLossPercent": 6}}, "exits: stopLossPercent is said twice"),
    ({"risk": {"maxOrderValue": 5}, "limits": {"account:main": {"maxOrderValue": 6}}}, "maxOrderValue is said twice"),
]
#: key → values that are of another type, or out of range.
BAD: dict[str, list[Any]] = {
    "userId": ["", 5, None],
    "maxPositions": [0, -1, 1.5, "five", True, None, [5], "nan"],
    "maxPositionSize": [0, -1, "much", True, None],
    "minConfidence": [-0.1, 1.01, "sure", True, None],
    "stopLossPercent": [0, 100, -1, "far", False],
    "takeProfitPercent": [0, -1, "far", None],
    "trailingStopPercent": [0, 100, "far", True],
    "weeklyTarget": [0, -5, "rich", None],
    "maxDrawdown": [0, 100, -5, "poor"],
    "orderType": ["stop", 1, None, "LIMIT"],
    "watchlist": [[], "ACME", [5], [""], None],
    "enabledStrategies": [[], "sma_cross", [5], None],
    "validatorEnabled": ["true", 1, 0, None],
    "strategyWeightBalance": [-0.1, 1.1, "half", True],
    "decideOn": ["day", 1, None],
    "cycleSeconds": [0, 86_401, 1.5, "45s", True],
}


@pytest.mark.parametrize(("content", "words"), FAULTS, ids=lambda value: str(value)[:50])
def test_what_is_wrong_is_told_with_file_and_key(content: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        read(content, tmp_path)
    assert str(told.value).startswith(f"{tmp_path / 'settings.json'}: ")
    assert any(part in str(told.value) for part in words.split("|")), told.value


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_value_of_another_type_or_out_of_range_is_refused_with_what_is_allowed(
    name: str, value: Any, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=f"session.{name}: .* is not allowed; it takes a ") as told:
        read({"session": {name: value}}, tmp_path)
    assert KEYS[name].unit in str(told.value)


def test_every_key_has_values_that_are_refused() -> None:
    assert set(BAD) == set(KEYS)


@pytest.mark.parametrize(
    "text", ["session:\n  maxPositions: 1\n  maxPositions: 2\n", "risk: {}\nrisk: {}\n", "a: [", "\x00"]
)
def test_a_key_that_is_there_twice_and_a_file_that_is_none_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(f"{tmp_path / 'settings.yaml'}: it can not be read: ")):
        read(text, tmp_path, "settings.yaml")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.yaml", "session: {maxPositions: " + "1" * 5_000 + "}"),
        ("s.yaml", "session: {userId: 2020-13-45}"),
        ("s.yaml", "session: " + "[" * 5_000),
        ("s.json", "[" * 100_000),
        ("s.json", '{"session": {"maxPositions": NaN}}'),
        ("s.json", '{"session": {"maxPositions": 1, "maxPositions": 2}}'),
        ("s.json", '{"session": {"maxPositions": ' + "1" * 5_000 + "}}"),
        ("s.json", ""),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_no_reader_can_take_is_told_in_one_line(name: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(f"{tmp_path / name}: it can not be read: ")) as told:
        read(text, tmp_path, name)
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize("number", ["1e999999999", "1e-999999999", "1e1001"])
@pytest.mark.parametrize(
    "text",
    [
        "session: {maxPositions: 'N'}",
        "session: {maxPositionSize: 'N'}",
        "session: {minConfidence: 'N'}",
        "risk: {maxOrderValue: 'N'}",
        "exits: {stopLossPercent: 'N'}",
        "sizing: 'percent:N'",
    ],
)
def test_a_number_beyond_all_numbers_is_refused(text: str, number: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read(text.replace("N", number), tmp_path, "settings.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "session: {maxPositions: 3}\nsession.maxPositions: 4\n",
        "session.maxPositions: 4\nsession: {maxPositions: 3}\n",
        "sizing: 'percent:5'\nsizing.method: fixed\n",
        "sizing.method: fixed\nsizing: 'percent:5'\n",
    ],
)
def test_a_dotted_key_and_one_in_its_block_are_not_both_said(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is there twice, by"):
        read(text, tmp_path, "settings.yaml")


def test_the_example_of_the_page_loads_and_the_page_is_that_of_its_script(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", settings_page.PAGE.read_text(), re.DOTALL)
    settings = read(example, tmp_path, "settings.yaml")
    assert settings_page.PAGE.read_text() == settings_page.page()
    assert set(settings.session) == set(KEYS)
    assert [line for line in BLOCKS if not re.search(f"^{line}[.:]", example, re.MULTILINE)] == []


def test_the_example_that_is_shipped_holds_the_conservative_values() -> None:
    settings = configured(ROOT / "examples" / "settings.yaml", "main", "ann")
    assert account(settings)["tradepicker.maxOpenPositions"] == 3
    assert account(settings)["maxSectorExposurePercent"] == 300_000
    assert settings.scopes["owner:ann"].get("maxDailyRiskGlobal") == 500 * ONE


# ── the command line ───────────────────────────────────────────────────────────────────────────────────────────────


def backtest(folder: Path, content: Any, *more: object) -> Any:
    file = folder / "settings.json"
    file.write_text(json.dumps(content))
    data = ROOT / "examples" / "bars.csv"
    return tradewright("backtest", "sma_cross", "--data", data, "--settings", file, *more, "--json")


def test_a_backtest_takes_a_file_and_its_own_options_over_it(tmp_path: Path) -> None:
    content = {"session": {"maxPositionSize": 1}, "exits": {"stopLossPercent": 1}}
    tight = backtest(tmp_path, content)
    assert tight.code == 0 and tight.row["denials"].keys() == {"POSITION_LIMIT"}
    loose = backtest(tmp_path, content, "--limit", "maxPositionSizePercent=99")
    assert loose.row["denials"] == {} and loose.row["orders"] > 20
    wrong = backtest(tmp_path, {"session": {"maxPositionSize": -1}})
    assert wrong.code == 1 and "settings.json: session.maxPositionSize: -1 is not allowed" in wrong.row["error"]


def test_what_both_files_set_is_refused(tmp_path: Path) -> None:
    limits = tmp_path / "limits.yaml"
    limits.write_text("limits:\n  account:main:\n    maxOpenPositions: 3\n")
    said = backtest(tmp_path, {"session": {"maxPositions": 3}}, "--limits", limits)
    assert said.code == 1 and "maxOpenPositions stands in both files" in said.row["error"]
    other = backtest(tmp_path, {"risk": {"maxOrderValue": 1}}, "--limits", limits)
    assert other.code == 0 and "MAX_ORDER_VALUE" in other.row["denials"]


def test_a_session_that_reaches_its_target_is_told(tmp_path: Path) -> None:
    said = backtest(tmp_path, {"session": {"userId": "ann", "weeklyTarget": 0.1}})
    assert any("SESSION_TARGET: 0." in remark for remark in said.row["remarks"]), said.row["remarks"]
    assert said.row["symbols"]["DEMO"]["position"] == "0"


def test_a_file_has_its_say_on_the_strategies_a_demo_brings_along(tmp_path: Path) -> None:
    settings = read({"strategies": {"sma_cross": {"parameters": {"fast": 3}}}}, tmp_path)
    brought = dict(with_settings(list(STRATEGIES), settings, said=False))
    assert brought["sma_cross"] == {**dict(STRATEGIES)["sma_cross"], "fast": 3}
    assert with_settings([("sma_cross", {"fast": "4"})], settings) == [("sma_cross", {"fast": "4"})]


def test_a_demo_is_a_session_that_goes_on_over_a_restart_and_stops_at_its_drawdown(tmp_path: Path) -> None:
    file, data = tmp_path / "settings.yaml", ROOT / "examples" / "bars.csv"
    file.write_text("session: {userId: ann, maxDrawdown: 0.05, enabledStrategies: [sma_cross]}\n")

    def demo(home: str) -> dict[str, Any]:
        said = tradewright("demo", "--data", data, "--settings", file, "--home", tmp_path / home, "--json")
        assert said.code == 0, said.err
        return said.row

    row = demo("home")
    session = row["session"]
    assert (session["id"], session["userId"], session["status"]) == ("paper-1", "ann", "stopped")
    assert (session["code"], session["startedAt"] < session["stoppedAt"]) == ("SESSION_DRAWDOWN", True)
    assert any("SESSION_DRAWDOWN" in alarm for alarm in row["alarms"])
    assert row["stateHash"] == demo("other")["stateHash"]
    said = tradewright("rearm", "account:paper", "--who", "ann", "--home", tmp_path / "home", "--json")
    assert said.code == 0
    assert demo("home")["session"] == {**session, "status": "running", "stoppedAt": None, "code": ""}
    verified = tradewright("replay", tmp_path / "home", "--verify", "--json")
    assert verified.code == 0, verified.out


def test_a_signal_that_waited_and_the_place_it_kept_stand_in_the_story_of_its_order(tmp_path: Path) -> None:
    file, records = tmp_path / "settings.yaml", tmp_path / "records"
    file.write_text(
        "session: {decideOn: cycle, cycleSeconds: 10800}\n"
        "tradepicker: {maxOpenPositions: 3, reserveOnOpen: true, reservationTtlMs: 86400000}\n"
    )
    data = ROOT / "examples" / "bars.csv"
    said = tradewright("backtest", f"{FILE}:Ups", "--data", data, "--settings", file, "--journal", records, "--json")
    assert (said.code, said.row["orders"]) == (0, 1)
    told = tradewright("explain", "main-1-1", "--journal", records).out
    assert "BUY 0.90, up" in told
    assert "in the place of reservation Ups:DEMO" in told
    assert tradewright("replay", records, "--verify", "--json").code == 0
