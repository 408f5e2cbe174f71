"""Engines that are asked over their sockets, as processes: the compiled build runs them every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import compiled_alone
from tradewright.app import synthetic_feed

HERE = Path(__file__).parent
OUTSIDE = {"test_control", "test_doctor", "test_limits_asked", "test_picker"}


@pytest.fixture(autouse=True)
def _lively_market(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five quotes a second, where a service runs in this process: nobody waits seconds for its first trades."""
    monkeypatch.setattr(synthetic_feed, "STEP_MS", 200)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    compiled_alone(items, HERE, only=OUTSIDE)
