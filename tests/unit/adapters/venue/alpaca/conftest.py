"""The client is the same file in both builds, and plays against a simulated venue; the compiled build's run of these is
enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import compiled_alone


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    compiled_alone(items, Path(__file__).parent, "test_alpaca_wire")
