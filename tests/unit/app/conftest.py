"""Engines that are asked over their sockets, as processes: the compiled build runs them every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import compiled_alone

HERE = Path(__file__).parent
OUTSIDE = {"test_control", "test_doctor", "test_picker"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    compiled_alone(items, HERE, only=OUTSIDE)
