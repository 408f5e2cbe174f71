"""The auditor sees what it is there for: on sources with a bug it breaks the invariant that the bug is about."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.project import ROOT
from tests.spoiled import ONCE, Nursery
from tests.unit.prove.bugs import BUGS

DAY = "tests/unit/prove/day.py::test_a_day"
UNGATED = f"{DAY}_without_a_gate"


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path_factory.mktemp("cache"))
    yield nursery
    nursery.close()


def test_every_invariant_has_a_bug_that_breaks_it() -> None:
    named = {bug.invariant for bug in BUGS.values()}
    listed = set(re.findall(r"I-\d+", (ROOT / "docs" / "faults.md").read_text()))
    assert named == listed == {f"I-{number}" for number in range(1, 17)}
    assert len(BUGS) >= 20


#: What the last gate does not let out: the auditor sees it at the venue's door where there is no gate.
AT_THE_WIRE = [name for name, bug in BUGS.items() if bug.invariant in ("I-2", "I-3")]


@ONCE
@pytest.mark.parametrize(("name", "day"), [(name, DAY) for name in BUGS] + [(name, UNGATED) for name in AT_THE_WIRE])
def test_a_bug_is_seen(nursery: Nursery, name: str, day: str) -> None:
    bug = BUGS[name]
    venue, seed = bug.day
    found = nursery.run(bug.spoiled, [f"{day}[{venue}-{seed}]"])
    broken = re.search("broken: (I-.*)", found.text)
    assert broken is not None, found.text
    assert bug.invariant in broken[1].split(), broken[1]
