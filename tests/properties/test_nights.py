"""Whatever is wanted by day and by night: nothing leaves while its market is closed, what waits ends once, no limit is
exceeded by what waited, and neither records nor snapshots forget any of it."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.night import ACCOUNTS, LIMITS, OFTEN, Happened, Night
from tests.properties.reach import LENGTHS
from tests.unit.core.audit import assert_idle
from tradewright.core.at_open import EXIT_PASSED
from tradewright.model.command import DAY_IS_OVER, OPENINGS_STOPPED, REFUSED_AT_OPEN

NUMBERS = st.integers(0, 2**12)
ACCOUNT, LIMIT = st.integers(0, len(ACCOUNTS) - 1), st.integers(0, len(LIMITS) - 1)


def nights(length: int) -> st.SearchStrategy[Happened]:
    return st.lists(st.tuples(st.sampled_from(OFTEN), NUMBERS, NUMBERS), min_size=length // 3, max_size=length)


def lived(happened: Happened, account: int, limits: int, **terms: bool) -> Night:
    night = Night(account, limits, **terms)
    for what, a, b in happened:
        night.live(what, a, b)
    return night


@LENGTHS
@given(st.data())
def test_nothing_that_waited_goes_beyond_a_limit_or_is_forgotten(length: int, data: st.DataObject) -> None:
    happened, account, limits = data.draw(nights(length)), data.draw(ACCOUNT), data.draw(LIMIT)
    night = lived(happened, account, limits)
    plain = lived(happened, account, limits, restarts=False)
    assert night.rows == plain.rows, "a restart changes nothing"
    assert night.engine.state_hash() == night.folded().state_hash()
    night.end()
    assert_idle(night.engine)


@LENGTHS
@given(st.data())
def test_where_nothing_is_to_wait_nothing_waits(length: int, data: st.DataObject) -> None:
    night = lived(data.draw(nights(length)), data.draw(ACCOUNT), data.draw(LIMIT), queues=False)
    assert night.waited == set()


def test_nights_reach_each_end_that_one_who_waits_can_have() -> None:
    random = Random(1)
    found = Night().counts
    for _ in range(30):
        happened = [(random.choice(OFTEN), random.randrange(4_096), random.randrange(4_096)) for _ in range(60)]
        found += lived(happened, random.randrange(len(ACCOUNTS)), random.randrange(len(LIMITS))).counts
    assert found["goes"] > 20
    assert {REFUSED_AT_OPEN, EXIT_PASSED, DAY_IS_OVER, OPENINGS_STOPPED} <= {*found}
