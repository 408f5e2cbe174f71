"""What a client says reaches the engine late, twice and contradicted, and never otherwise than it was."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.unit.core.desk import Desk
from tradewright.model import event as kinds
from tradewright.model.account_snapshot import ConnectionChanged
from tradewright.model.event import Event
from tradewright.model.order import IOC
from tradewright.model.report import Fill, Replaced, Report
from tradewright.model.rng import Rng
from tradewright.ports import Clock
from tradewright.prove.hearsay import (
    CONTRADICT,
    DELAY_REPORT,
    DENY,
    FORETELL,
    HEARSAY,
    REPEAT_REPORT,
    TELL_BACKWARDS,
    Hearsay,
    again,
)
from tradewright.prove.virtual import run_virtual

PRICE = 10_000
SAID = 400


def told(desk: Desk, said: list[Event], ended: bool = False) -> tuple[list[Event], Counter[str]]:
    """What reaches an engine of all that is said, a second apart and within a minute after it; how often what
    struck."""
    heard: list[Event] = []
    fired: Counter[str] = Counter()

    async def program(clock: Clock) -> None:
        hearsay = Hearsay(heard.append, desk.engine, clock, Rng(1), fired)
        if ended:
            hearsay.end()
        for event in said:
            hearsay.hear(event)
            await asyncio.sleep(1)
        await asyncio.sleep(60)

    run_virtual(0, program)
    return heard, fired


def fills(desk: Desk) -> tuple[str, list[Event]]:
    desk.quote(PRICE)
    order_id = desk.buy(SAID)
    return order_id, [Fill(n, order_id, n, f"T{n}", PRICE, 1) for n in range(SAID)]


def test_every_report_arrives_some_late_and_some_twice() -> None:
    _, said = fills(Desk())
    heard, fired = told(Desk(), said)
    trades = [event.trade_id for event in heard if isinstance(event, Fill)]
    assert set(trades) == {f"T{n}" for n in range(SAID)}
    assert fired[REPEAT_REPORT] == len(trades) - SAID > 40
    assert fired[DELAY_REPORT] > 40
    assert trades != sorted(trades, key=lambda trade: int(trade[1:]))


def test_of_an_order_that_is_over_other_things_are_told_and_no_fill_is_made_up() -> None:
    desk = Desk()
    order_id, said = fills(desk)
    desk.say(kinds.CANCELLED, order_id)
    heard, fired = told(desk, said)
    others = {event.kind for event in heard} - {kinds.FILLED}
    assert fired[CONTRADICT] > 20
    assert {kinds.ACCEPTED, kinds.EXPIRED, kinds.REJECTED} <= others
    assert {event.trade_id for event in heard if isinstance(event, Fill)} == {f"T{n}" for n in range(SAID)}


def test_each_order_that_has_expired_is_contradicted_by_whatever_was_said_least_of_such() -> None:
    desk = Desk()
    order_id, _ = fills(desk)
    desk.say(kinds.EXPIRED, order_id)
    end = Report(kinds.EXPIRED, 1, order_id, 1, text="")
    heard, fired = told(desk, [end] * 30)
    assert fired[CONTRADICT] >= 90
    others = Counter(event.kind for event in heard if event.kind != kinds.EXPIRED)
    assert set(others) >= {kinds.REPLACE_REJECTED, kinds.REPLACED, kinds.NOT_FOUND, kinds.REJECTED}
    assert max(others.values()) - min(others.values()) <= 1
    works = Desk()
    fills(works)
    _, fired = told(works, [end] * 200)
    assert fired[CONTRADICT] == 0, "of one that works nothing is said"


def test_an_order_is_not_found_or_changed_before_it_is_accepted_and_its_fills_come_with_that() -> None:
    desk = Desk()
    order_id, _ = fills(desk)
    first = Report(kinds.ACCEPTED, 1, order_id, 1, text="V1")
    heard, fired = told(desk, [first, Fill(2, order_id, 2, "T", PRICE, 1)] * 200)
    assert fired[FORETELL] > 5
    counts = Counter(event.kind for event in heard)
    assert counts[kinds.NOT_FOUND] > 2 and counts[kinds.REPLACED] > 2
    assert counts[kinds.OUTCOME_UNKNOWN] == counts[kinds.NOT_FOUND]
    assert min(counts[kinds.ACCEPTED], counts[kinds.FILLED]) >= 200


def test_an_opening_is_said_to_be_refused_before_the_fill_that_completes_it_and_before_no_other() -> None:
    desk = Desk()
    order_id, _ = fills(desk)
    part, whole = Fill(1, order_id, 1, "P", PRICE, SAID - 1), Fill(2, order_id, 2, "W", PRICE, SAID)
    heard, fired = told(desk, [part] * 100)
    assert fired[DENY] == 0
    heard, fired = told(desk, [whole] * 100)
    assert fired[DENY] > 5
    refused = [place for place, event in enumerate(heard) if event.kind == kinds.REJECTED]
    assert len(refused) == fired[DENY]
    assert all(heard[place + 1].row() == whole.row() for place in refused)


@pytest.mark.parametrize("terms", [{"limit_units": PRICE - 10, "time_in_force": IOC}, {}], ids=["ioc", "market"])
def test_of_an_order_that_ends_at_once_and_is_not_found_the_end_is_told_before_its_begin(terms: dict[str, int]) -> None:
    desk = Desk()
    desk.quote(PRICE)
    ids = [desk.buy(1, **terms) for _ in range(40)]
    said = [Report(kind, n, id, n, text="") for n, id in enumerate(ids) for kind in (kinds.ACCEPTED, kinds.EXPIRED)]
    heard, fired = told(desk, said)
    backwards = 0
    for id in ids:
        told_of = [event.kind for event in heard if isinstance(event, Report) and event.order_id == id]
        if kinds.NOT_FOUND in told_of and told_of.index(kinds.EXPIRED) < told_of.index(kinds.ACCEPTED):
            assert told_of[0] == kinds.OUTCOME_UNKNOWN
            backwards += 1
    assert backwards >= fired[TELL_BACKWARDS] > 2


def test_an_accounts_own_events_and_all_that_comes_after_the_end_pass_as_they_are() -> None:
    _, said = fills(Desk())
    moments: list[Event] = [ConnectionChanged(n, "main", True, "") for n in range(50)]
    assert told(Desk(), moments) == (moments, Counter())
    assert told(Desk(), said, ended=True) == (said, Counter())


def test_who_is_told_of_late_again_or_otherwise_is_marked_and_nobody_else() -> None:
    desk = Desk()
    desk.quote(PRICE)
    ids = [desk.buy(1) for _ in range(60)]
    heard: list[Event] = []
    hearsay: list[Hearsay] = []

    async def program(clock: Clock) -> None:
        hearsay.append(Hearsay(heard.append, desk.engine, clock, Rng(1), Counter()))
        for id in ids:
            hearsay[0].hear(Fill(1, id, 1, f"T{id}", PRICE, 1))
        await asyncio.sleep(60)

    run_virtual(0, program)
    fills = [event for event in heard if isinstance(event, Fill)]
    once = [id for id in ids if [event.time for event in fills if event.order_id == id] == [1]]
    told_as_said = [id for id in once if sum(getattr(event, "order_id", "") == id for event in heard) == 1]
    assert 0 < len(told_as_said) < len(ids)
    assert set(told_as_said) == set(ids) - hearsay[0].meddled


def test_what_is_heard_again_is_the_same_but_for_its_time() -> None:
    reports = [
        Report(kinds.EXPIRED, 1, "A-1-1", 2, "CODE", "words", 3),
        Fill(1, "A-1-1", 2, "T", 3, 4, 5, "USD", True),
        Replaced(1, "A-1-1", 2, 3, 4, 5),
    ]
    for report in reports:
        assert again(report, 9).row() == (report.kind, 9, *report.row()[2:])
    assert set(HEARSAY) == {DELAY_REPORT, REPEAT_REPORT, FORETELL, CONTRADICT, DENY, TELL_BACKWARDS}
