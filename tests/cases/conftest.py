"""A whole engine at a simulated venue: the clients are the same files in both builds, and what lies beneath them has
tests of its own in both. So the compiled build's run of these is enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import compiled_alone


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    compiled_alone(items, Path(__file__).parent, "test_every")
