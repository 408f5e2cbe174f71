"""What drives a connector here is the simulated terminal, which both builds share: the compiled run is enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import COMPILED_ALONE


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(COMPILED_ALONE)
