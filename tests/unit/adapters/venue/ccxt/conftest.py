"""What plays against the simulated venue runs on the compiled build alone, as the simulators' own tests do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import compiled_alone


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    compiled_alone(items, Path(__file__).parent)
