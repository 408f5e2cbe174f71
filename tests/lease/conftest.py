"""Leases in real registers, and services that own accounts by them. A server that can not be had is a failure, never a
skip.

Nothing of it is compiled but the engine of the services: the compiled build runs it every time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import compiled_alone
from tests.store.servers import shared_server

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    compiled_alone(items, HERE)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a Redis that all workers of a run share."""
    with shared_server("redis", tmp_path_factory) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a PostgreSQL that all workers of a run share."""
    with shared_server("postgres", tmp_path_factory) as url:
        yield url
