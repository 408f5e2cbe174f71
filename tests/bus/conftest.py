"""A service whose events go to real buses. A server that can not be had is a failure, never a skip.

Nothing of it is compiled but the engine that is folded: the compiled build runs it every time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import compiled_alone

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    compiled_alone(items, HERE)
