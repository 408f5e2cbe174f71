"""What a rule blocked is worth the difference to a run that never had it, over rules of every station.

Each case is a pair of files of settings that differ in one limit alone (`settings_pairs`), on a market that moves. The
run with it names what the rule cost, found by a re-run; the file without it is played by itself.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import tradewright
from tests.e2e.settings_pairs import HERE, LIMIT_PAIRS, Pair
from tests.e2e.test_settings_pairs import market, played, specified
from tradewright.app.settings import configured
from tradewright.backtest.counterfactual import counterfactual
from tradewright.backtest.run import ACCOUNT
from tradewright.core.stations import RULES
from tradewright.model.decision import FILTER, PICKER, RISK

#: What is bought in time gains; what is sold loses.
CLIMBS = ("100", "101", "103", "106", "110", "115", "121")
#: By station, limits whose rule refuses by itself: no other rule, and no later wish, has a part in it.
ALONE = {
    "picker": ("tradepicker.maxOpenPositions", "tradepicker.budget", "tradepicker.sellRequiresLong"),
    "filter": (
        "maxTradesPerDay", "minCooldownMinutesBetweenTrades", "sessions", "maxConcurrentTradesPerSymbol",
        "maxConcurrentTradesGlobal", "requireStructureAlignment",
    ),
    "order": ("maxOrderValue", "maxOrderQuantity", "maxPositionQuantity", "maxPositionSizePercent"),
    "exposure": ("maxTotalExposure", "maxTotalExposurePercent", "maxDirectionalExposurePercent", "maxLeverage"),
    "loss": ("maxDailyLoss", "maxWeeklyLossPercent", "maxDrawdownPercent", "maxLossInWindow"),
    "session": ("minConfidence", "enabledStrategies"),
    "conduct": ("blockedSymbols", "duplicateWindowSeconds", "enableSelfTradeProtection"),
}  # fmt: skip
NAMES = [name for names in ALONE.values() for name in names]


def moving(pair: Pair) -> Pair:
    """The same on a market that moves, where its own stands still."""
    if len({row[2] for row in pair.market}) > 1:
        return replace(pair, market=[*pair.market, *_after(pair)])
    rows = [(minute, symbol, price) for minute, price in enumerate(CLIMBS) for symbol in pair.symbols]
    return replace(pair, market=rows)


def _after(pair: Pair) -> list[tuple[int, str, str]]:
    """Ten up, behind the end of a market that falls or rises."""
    last, symbol, price = pair.market[-1]
    return [(last + more, symbol, str(int(price) + 5 * more)) for more in (1, 2)]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_rule_blocked_is_the_difference_to_a_run_without_it(name: str, tmp_path: Path) -> None:
    pair = moving(LIMIT_PAIRS[name])
    with_it, without = (played(pair, content, tmp_path) for content in (pair.settings, pair.without))
    (tmp_path / "settings.json").write_text(json.dumps(pair.settings))
    found = counterfactual(specified(pair, configured(tmp_path / "settings.json", ACCOUNT)), with_it)
    (rule,) = [rule for rule in found if rule.code == pair.code]
    assert name in rule.limits and rule.intents >= 1
    assert (rule.pnl, rule.fills) == (without.equity - with_it.equity, len(without.fills) - len(with_it.fills))
    assert rule.pnl != 0, "a market on which it does not matter shows nothing"


def test_rules_of_every_station_are_compared() -> None:
    stations = {rule.station for rule in RULES for name in NAMES if name in (rule.limit, *rule.also)}
    assert stations == {PICKER, FILTER, RISK}


def printed(folder: Path, name: str, *options: str) -> tuple[dict[str, Any], str]:
    """What `backtest` prints under the case's settings with it (`--counterfactual`), or without."""
    pair = moving(LIMIT_PAIRS[name])
    content = pair.settings if options else pair.without
    (script,) = pair.strategies
    file, data = folder / "printed.json", market(pair, folder)
    file.write_text(json.dumps({**content, "strategies": {"Scripted": {"parameters": {"script": script}}}}))
    words = ["backtest", f"{HERE}:Scripted", "--data", data, "--period", "1m", "--cash", "1000000", "--settings", file]
    said = tradewright(*words, *options, "--json")
    assert said.code == 0, said.err
    return said.row, tradewright(*words, *options).out


@pytest.mark.parametrize("name", ["tradepicker.budget", "maxTradesPerDay", "maxOrderValue", "maxDailyLoss"])
def test_the_command_prints_it(name: str, tmp_path: Path) -> None:
    row, text = printed(tmp_path, name, "--counterfactual")
    other, _ = printed(tmp_path, name)
    (rule,) = [rule for rule in row["counterfactual"] if name in rule["limits"]]
    gained = Decimal(other["equity"]) - Decimal(row["equity"])
    assert Decimal(rule["pnl"]) == gained != 0
    assert f"{rule['code']}: refused {rule['intents']} intents" in text
    assert f"without it P&L {gained:+,.2f} USD" in text
