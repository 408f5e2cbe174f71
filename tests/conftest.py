"""What every test may use: the shared data, and settings under which a failure can be repeated."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkstemp
from zlib import crc32

import pytest
from hypothesis import settings

from tests.border import border
from tests.project import build_of, compiled_modules, shared_folder
from tests.store.servers import shared_server

HERE = Path(__file__).parent

# Here and in every Python that a test starts with this environment. Paths become absolute: children run elsewhere.
border.guard()
_file, os.environ[border.LEFT] = mkstemp(prefix="border-")
os.close(_file)
paths = [str(Path(one).resolve()) for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one]
os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([str(HERE / "border"), *paths]))

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


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a PostgreSQL that all workers of a run share. One that can not be had is a failure, never a skip."""
    with shared_server("postgres", tmp_path_factory) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a Redis that all workers of a run share. One that can not be had is a failure, never a skip."""
    with shared_server("redis", tmp_path_factory) as url:
        yield url


@pytest.fixture(scope="session")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a NATS with JetStream that all workers of a run share. One that can not be had is a failure, never a skip."""
    with shared_server("nats", tmp_path_factory) as url:
        yield url


@pytest.fixture(autouse=True)
def stays_here() -> Iterator[None]:
    """Nothing a test does, or a process it starts, leaves this machine; who swallows the error is told of."""
    yield
    assert (left := border.told()) == [], f"it tried to leave this machine: {left}"


def pytest_unconfigure() -> None:
    Path(os.environ[border.LEFT]).unlink(missing_ok=True)


#: What takes a worker longest is begun first, so that no worker is left with it when the others have nothing to do.
LONGEST = (
    "e2e/test_whole_path.py", "e2e/test_openapi.py", "unit/app/test_api.py", "unit/prove/test_world.py",
    "store/test_projections.py", "e2e/test_demo.py", "unit/app/test_stream.py", "unit/prove/test_bugs.py",
    "properties/test_stream.py", "e2e/test_docs.py", "bus/test_publishing.py", "properties/test_recovery.py",
    "cases/test_every_case.py", "unit/app/test_api_orders.py", "e2e/test_crash.py", "bus/test_requests.py",
    "store/test_following.py",
)  # fmt: skip
assert all((HERE / name).exists() for name in LONGEST)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker("shared")
    if "PYTEST_XDIST_WORKER" in os.environ:
        turns = {path: turn(path.relative_to(HERE).as_posix()) for path in {item.path for item in items}}
        items.sort(key=lambda item: turns[item.path])


def turn(name: str) -> tuple[int, int]:
    """Of a file among those that workers share. The rest comes mixed, the same way every time: the files of one folder
    mostly wait or mostly compute, and workers that all wait leave the processors idle."""
    return (LONGEST.index(name) if name in LONGEST else len(LONGEST), crc32(name.encode()))


def pytest_report_header() -> str:
    builds = {build_of(module) for module in compiled_modules()}
    return f"tradewright: {' and '.join(sorted(builds))} build, shared data {shared_folder()}"
