"""Requests whose outcome is not known are asked about until their venue brings evidence."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.unit.core.desk import Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.command import Query
from tradewright.model.control import Alarm, Started, Timer
from tradewright.model.event import Event
from tradewright.model.order import SELL, STOP_LOSS

SECOND_NS = 1_000_000_000


def queries(outputs: Sequence[Event]) -> list[str]:
    return [output.order_id for output in outputs if isinstance(output, Query)]


def pass_time(desk: Desk, seconds: float) -> list[Event]:
    desk.now += round(seconds * SECOND_NS)
    return desk.feed(Timer(desk.now, "wake"))


def asked_at(desk: Desk, order_id: str, seconds: int) -> list[int]:
    """The seconds, from now on, at which the order was looked up."""
    return [second for second in range(1, seconds + 1) if order_id in queries(pass_time(desk, 1))]


def sent(desk: Desk) -> str:
    desk.quote(10_000)
    return desk.buy(10, limit_units=9_000)


def test_a_submit_without_an_answer_is_looked_up_at_once_and_then_ever_more_rarely() -> None:
    desk = Desk()
    order_id = sent(desk)
    assert queries(desk.say(kinds.OUTCOME_UNKNOWN, order_id, "submit")) == [order_id]
    assert asked_at(desk, order_id, 80) == [1, 3, 7, 15, 30, 46, 62, 78]


def test_an_exit_is_asked_about_every_second() -> None:
    desk = Desk()
    desk.quote(10_000)
    desk.fill(desk.buy(10), 10, 10_000)
    stop = desk.send(SELL, 10, closing=True, role=STOP_LOSS)
    desk.say(kinds.OUTCOME_UNKNOWN, stop, "submit")
    assert asked_at(desk, stop, 20) == list(range(1, 21))


@pytest.mark.parametrize("request_name", ["submit", "cancel"])
def test_who_is_found_is_not_asked_about_any_more(request_name: str) -> None:
    desk = Desk()
    order_id = sent(desk)
    if request_name == "cancel":
        desk.accept(order_id)
        desk.cancel(order_id)
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, request_name)
    desk.found(order_id)
    assert not desk.engine.inquiries
    assert asked_at(desk, order_id, 40) == []


def test_the_engine_says_when_it_wants_to_ask() -> None:
    desk = Desk()
    order_id = sent(desk)
    day_end = desk.engine.next_due
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "submit")
    assert desk.engine.next_due == desk.now + SECOND_NS
    desk.found(order_id)
    assert desk.engine.next_due == day_end


def test_what_nobody_can_say_for_thirty_seconds_is_one_alarm() -> None:
    desk = Desk()
    order_id = sent(desk)
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "submit")
    told: list[tuple[int, str]] = []
    for second in range(1, 70):
        told += [(second, alarm.text) for alarm in pass_time(desk, 1) if isinstance(alarm, Alarm)]
    assert told == [(30, f"{order_id}: submit UNKNOWN for 30 s, looked up 5 times")]


def test_an_engine_that_slept_through_the_thirty_seconds_still_says_so_once() -> None:
    desk = Desk()
    order_id = sent(desk)
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "submit")
    codes = [output.code for output in [*pass_time(desk, 3_600), *pass_time(desk, 60)] if isinstance(output, Alarm)]
    assert codes == ["OUTCOME_OVERDUE"]


def test_a_start_asks_once_by_itself_and_again_about_what_stays_open() -> None:
    desk = Desk()
    order_id = sent(desk)
    assert queries(desk.feed(Started(desk.tick(), 2, []))) == []
    assert queries(desk.took(None, desk.engine.look_up())) == [order_id]
    assert asked_at(desk, order_id, 10) == [1, 3, 7]
    desk.found(order_id)
    assert asked_at(desk, order_id, 40) == []


def test_a_venue_that_is_slow_to_know_an_order_is_not_believed_too_early() -> None:
    desk = Desk(account_of(settles_ms=5_000))
    order_id = sent(desk)
    held = desk.engine.holds.held("main", "USD")
    desk.say(kinds.NOT_FOUND, order_id)
    assert desk.state(order_id).status == "SUBMITTED", "it may be on its way"
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "submit")
    desk.now += 5 * SECOND_NS - 2
    desk.say(kinds.NOT_FOUND, order_id)
    assert (desk.state(order_id).status, desk.engine.holds.held("main", "USD")) == ("UNKNOWN", held)
    desk.say(kinds.NOT_FOUND, order_id)
    assert (desk.state(order_id).status, desk.engine.holds.held("main", "USD")) == ("NOT_FOUND", 0)


def test_the_answer_to_an_earlier_question_says_nothing_of_a_later_cancel() -> None:
    desk = Desk()
    order_id = sent(desk)
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "submit")
    desk.cancel(order_id)
    desk.found(order_id)
    assert desk.state(order_id).submit == 0, "it is there"
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "cancel")
    desk.found(order_id)
    assert desk.state(order_id).status == "ACCEPTED"


def test_a_cancel_that_a_stopped_process_had_sent_is_asked_about_once_its_lost_order_is_there_again() -> None:
    desk = Desk()
    order_id = sent(desk)
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "submit")
    desk.cancel(order_id)
    desk.say(kinds.NOT_FOUND, order_id)
    desk.feed(Started(desk.tick(), 2, []))
    assert not desk.engine.inquiries and asked_at(desk, order_id, 20) == [], "of an order that is not there"
    assert queries(desk.accept(order_id)) == [order_id]
    assert desk.state(order_id).status == "UNKNOWN"
    assert asked_at(desk, order_id, 10) == [1, 3, 7]


def test_inquiries_are_part_of_the_state() -> None:
    desk = Desk()
    order_id = sent(desk)
    before = desk.engine.state_hash()
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "submit")
    pass_time(desk, 4)
    again = Engine()
    restore(again, to_bytes(desk.engine))
    assert again.state_hash() == desk.engine.state_hash() != before
    assert [(id, item.row()) for id, item in again.inquiries.items()] == [
        (order_id, desk.engine.inquiries[order_id].row())
    ]
