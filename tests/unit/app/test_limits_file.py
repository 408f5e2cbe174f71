"""A file of limits: YAML as it is written, bound to scopes, and every fault told by its key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project import ROOT
from tradewright.app.limits_file import scopes_of
from tradewright.core.limits import limits_from
from tradewright.model.errors import InputError

ONE = 10**18
SECOND = 10**9
#: The example of the filter's fourth version, with the keys, nesting and values it was given with.
EXAMPLE = """
executionFilter:
  XAUUSD:
    # existing v3 fields...
    maxTradesPerDay: 5
    minCooldownMinutesBetweenTrades: 15
    # v4
    maxConcurrentTradesPerSymbol: 2
    maxConcurrentTradesPerDirection: 1
    maxDailyRiskPerSymbol: 200  # e.g. $200
  # Global
  maxConcurrentTradesGlobal: 8
  maxDailyRiskGlobal: 500
  exposurePollIntervalSec: 10
"""


def read(text: str, folder: Path, owner: str = "ann") -> dict[str, dict[str, object]]:
    file = folder / "limits.yaml"
    file.write_text(text)
    return {scope: dict(limits.row()) for scope, limits in scopes_of(file, owner).items()}


def test_the_filter_s_example_loads_and_binds(tmp_path: Path) -> None:
    assert read(EXAMPLE, tmp_path) == {
        "owner:ann/symbol:XAUUSD": {
            "maxTradesPerDay": 5,
            "minCooldownMinutesBetweenTrades": 900 * SECOND,
            "maxConcurrentTradesPerSymbol": 2,
            "maxConcurrentTradesPerDirection": 1,
            "maxDailyRiskPerSymbol": 200 * ONE,
        },
        "owner:ann": {
            "maxConcurrentTradesGlobal": 8,
            "maxDailyRiskGlobal": 500 * ONE,
            "exposurePollIntervalSec": 10 * SECOND,
        },
    }


def test_the_blocks_of_the_page_on_risk_load(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "risk.md").read_text(), re.DOTALL)
    limits, canary, picker, packed, queued, filter = (read(block, tmp_path) for block in blocks)
    assert packed["account:main"]["maxLeverage"] == 2_000_000
    assert packed["account:main"]["maxDailyLossPercent"] == 30_000
    assert picker["account:main"]
    assert queued["account:main"]["queueWhenClosed"] == 1
    assert set(limits) == {"all", "strategy:sma_cross", "account:main/symbol:BTCUSD"}
    assert set(canary) == {"canary", "canary:sma_cross"} and canary["canary"]["canaryDays"] == 5
    assert filter["owner:ann/symbol:XAUUSD"]["sessions"] == [[[0, 1, 2, 3, 4], 480, 1020, "Europe/London"]]
    assert filter["owner:ann/symbol:XAUUSD"]["minDistanceFromDailyHigh"] == [200, True]


def test_numbers_are_exact_and_a_scope_can_name_its_currency(tmp_path: Path) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text("limits: {all: {currency: EUR, maxOrderValue: 0.1, maxDailyLossPercent: 2.5}}")
    limits = scopes_of(file, "ann")["all"]
    assert limits.currency == "EUR"
    assert limits.values == limits_from({"maxOrderValue": "0.1", "maxDailyLossPercent": "2.5"}).values


def test_no_file_is_no_scope() -> None:
    assert scopes_of(None, "ann") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limits: {all: {pack: us-margin-2025}}", "us-margin-2025.*us-pdt-legacy"),
        ("limits: [", "can not be read"),
        ("[]", "blocks limits and executionFilter"),
        ("risk: {}", "blocks limits and executionFilter"),
        ("limits: {all: 5}", "limits of all"),
        ("limits: {everyone: {maxOrderValue: 5}}", "everyone"),
        ("limits: {all: {maxOrderValu: 5}}", "maxOrderValu"),
        ("executionFilter: {XAUUSD: {maxTradePerDay: 5}}", "did you mean maxTradesPerDay"),
        ("executionFilter: {XAUUSD: {maxTradesPerDay: 5:30}}", "maxTradesPerDay"),
    ],
)
def test_a_fault_is_told_by_its_key(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words) as told:
        read(text, tmp_path)
    assert str(told.value).startswith(f"{tmp_path / 'limits.yaml'}: ")
    with pytest.raises(InputError, match="can not be read"):
        scopes_of(tmp_path / "none.yaml", "ann")
