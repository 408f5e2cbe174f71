"""The auditor sees what it is there for: on sources with a bug it breaks the invariant that the bug is about."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.project import ROOT
from tests.spoiled import ONCE, Nursery
from tests.unit.prove.bugs import BUGS
from tests.unit.prove.test_world import SEEDS, TURNING_BROKEN
from tradewright.prove.world import World, play

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


#: Where bugs are looked for; what test_world.py plays on the sources as they stand is not played for it again.
DAYS = {bug.day for bug in BUGS.values()}
OTHER_DAYS = sorted(day for day in DAYS if day[1] not in SEEDS and day not in TURNING_BROKEN)
UNGATED_DAYS = sorted({BUGS[name].day for name in AT_THE_WIRE})


@ONCE
@pytest.mark.parametrize(
    ("venue", "seed", "gated"), [(*day, True) for day in OTHER_DAYS] + [(*day, False) for day in UNGATED_DAYS]
)
def test_a_day_on_which_a_bug_is_seen_breaks_nothing_without_it(
    monkeypatch: pytest.MonkeyPatch, venue: str, seed: int, gated: bool
) -> None:
    monkeypatch.setattr(World, "gated", gated)
    assert play(seed, venue).breaches == []


@ONCE
def test_what_plays_the_days_says_nothing_of_sources_without_a_bug(nursery: Nursery) -> None:
    found = nursery.run(None, [f"{DAY}[binance-3]", f"{UNGATED}[binance-3]"])
    assert found.code == 0, found.text


@ONCE
@pytest.mark.parametrize(("name", "day"), [(name, DAY) for name in BUGS] + [(name, UNGATED) for name in AT_THE_WIRE])
def test_a_bug_is_seen(nursery: Nursery, name: str, day: str) -> None:
    bug = BUGS[name]
    venue, seed = bug.day
    found = nursery.run(bug.spoiled, [f"{day}[{venue}-{seed}]"])
    broken = re.search("broken: (I-.*)", found.text)
    assert broken is not None, found.text
    assert bug.invariant in broken[1].split(), broken[1]
