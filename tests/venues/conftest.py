"""A client is the same file in both builds, and so is the simulated venue before it: the compiled build's run of these
is enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import compiled_alone


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    compiled_alone(items, Path(__file__).parent)
