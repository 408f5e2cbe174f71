"""No case is missing, and each can fail: on sources in which the line that prevents its incident is spoiled it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

import pytest

from tests.cases.breaks import BREAKS
from tests.cases.register import CASES
from tests.spoiled import ONCE, Break, Nursery

FILES = ("lost_answers", "streams", "restarts", "fills", "times", "changes")
#: Those that concern venues.
NUMBERS = range(1, 33)
EACH = [(file, name, *BREAKS[file][name]) for file in BREAKS for name in BREAKS[file]]


def written(file: str) -> dict[str, str]:
    """Cases of a file with the begin of what they say."""
    module = import_module(f"tests.cases.test_{file}")
    prefix = "test_case_"
    return {name.removeprefix(prefix): getattr(module, name).__doc__ for name in dir(module) if name.startswith(prefix)}


def test_every_number_has_its_case_and_every_case_its_number() -> None:
    assert sorted(CASES) == list(NUMBERS)
    listed = {(file, name): number for number, (file, names) in CASES.items() for name in names}
    there = {(file, name): text for file in FILES for name, text in written(file).items()}
    assert set(listed) == set(there)
    for key, text in there.items():
        assert re.match(rf"{listed[key]} · ", text), f"{key[1]} does not begin with its number"


def test_every_case_has_its_break() -> None:
    assert {file: set(BREAKS[file]) for file in FILES} == {file: set(written(file)) for file in FILES}


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path_factory.mktemp("cache"))
    yield nursery
    nursery.close()


def place(file: str, name: str, venue: str) -> str:
    return f"tests/cases/test_{file}.py::test_case_{name}" + f"[{venue}]" * bool(venue)


@ONCE
def test_the_sources_as_they_stand_prevent_one_of_each_file(nursery: Nursery) -> None:
    """Of the others the tests themselves say so; here it is that nothing but what is spoiled can let a run fail."""
    firsts = {file: place(file, name, venue) for file, name, venue, _ in reversed(EACH)}
    assert set(firsts) == set(FILES)
    found = nursery.run(None, [*firsts.values()])
    assert found.code == 0, found.text


@ONCE
@pytest.mark.parametrize(("file", "name", "venue", "spoiled"), EACH, ids=[name for _, name, _, _ in EACH])
def test_a_broken_build_is_seen(nursery: Nursery, file: str, name: str, venue: str, spoiled: Break) -> None:
    found = nursery.run(spoiled, [place(file, name, venue)])
    assert found.code == 1, found.text
    assert "AssertionError" in found.text or "ExceptionGroup" in found.text, found.text
