"""What drives commands, processes and servers says little of the pure build and takes it minutes: the compiled one runs
it every time. What the engine decides is asked of both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import compiled_alone

HERE = Path(__file__).parent
OUTSIDE = {
    "test_alpaca_adapter", "test_bad_input", "test_binance_clients", "test_ccxt_adapter", "test_cli", "test_crash",
    "test_demo", "test_docs", "test_mt5_connector", "test_services", "test_shadow", "test_stance", "test_waiting",
}  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    compiled_alone(items, HERE, only=OUTSIDE)
