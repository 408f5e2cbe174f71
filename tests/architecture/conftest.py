"""What is read of the sources is the same whatever they are built to: only the build itself is asked of both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import compiled_alone

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    compiled_alone(items, HERE, but="test_build")
