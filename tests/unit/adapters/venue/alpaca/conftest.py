"""The client is the same file in both builds, and plays against a simulated venue; the compiled build's run of these is
enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import COMPILED_ALONE


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and not item.path.stem.startswith("test_alpaca_wire"):
            item.add_marker(COMPILED_ALONE)
