"""What every test may use: the shared data, and settings under which a failure can be repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.project import build_of, compiled_modules, shared_folder

# Without a clock and without chance: the same examples on every machine; the long run looks for new ones,
# so many that it ends within an hour: what is never run to its end finds nothing.
# The pure build has a quarter of the compiled one's: the code is the same, and it is a twentieth as fast.
EXAMPLES = 100 if build_of("tradewright.trader.trader") == "compiled" else 25
settings.register_profile("default", derandomize=True, deadline=None, max_examples=EXAMPLES)
settings.register_profile("long", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile("default")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared data folder; a test that asks for it carries the marker `shared`."""
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip(f"no shared data: {folder} is not a folder ($TRADEWRIGHT_SHARED names another)")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker("shared")


def pytest_report_header() -> str:
    builds = {build_of(module) for module in compiled_modules()}
    return f"tradewright: {' and '.join(sorted(builds))} build, shared data {shared_folder()}"
