"""The simulated venues are the same files in both builds; what differs beneath them, the exchange, has tests of its own
in both. So the compiled build's run of these is enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import compiled_alone


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    compiled_alone(items, Path(__file__).parent)
