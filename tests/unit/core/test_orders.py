"""The life of an order: the table, what beats what, and which reports change nothing."""

from __future__ import annotations

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core import life_cycle
from tradewright.core.life_cycle import EVENT_NAMES, STAGE_NAMES, STAGES, diagram, stage_after
from tradewright.core.orders import OrderState
from tradewright.model import event as kinds
from tradewright.model.command import Replace
from tradewright.model.control import ExitTriggered
from tradewright.model.errors import ContractError, LifeCycleError
from tradewright.model.event import Event
from tradewright.model.numbers import SIZE_MAX
from tradewright.model.order import STOP, Order
from tradewright.model.report import Fill, Replaced, Report

#: stage → event → stage after it. What is not here can not happen.
LIFE = {
    "HELD": {"submit": "SUBMITTED", "cancelled": "CANCELLED", "exit triggered": "HELD"},
    "SUBMITTED": {
        "outcome unknown": "SUBMITTED", "cancel refused": "SUBMITTED", "replace refused": "SUBMITTED",
        "not found": "NOT_FOUND", "accepted": "ACCEPTED", "triggered": "ACCEPTED", "replaced": "ACCEPTED",
        "fill": "ACCEPTED", "cancelled": "CANCELLED", "expired": "EXPIRED", "rejected": "REJECTED",
    },
    "NOT_FOUND": {
        "outcome unknown": "NOT_FOUND", "cancel refused": "NOT_FOUND", "replace refused": "NOT_FOUND",
        "not found": "NOT_FOUND", "accepted": "ACCEPTED", "triggered": "ACCEPTED", "replaced": "ACCEPTED",
        "fill": "ACCEPTED", "cancelled": "CANCELLED", "expired": "EXPIRED", "rejected": "REJECTED",
    },
    "ACCEPTED": {
        "outcome unknown": "ACCEPTED", "cancel refused": "ACCEPTED", "replace refused": "ACCEPTED",
        "not found": "ACCEPTED", "accepted": "ACCEPTED", "triggered": "ACCEPTED", "replaced": "ACCEPTED",
        "fill": "ACCEPTED", "cancelled": "CANCELLED", "expired": "EXPIRED", "rejected": "REJECTED",
    },
    "CANCELLED": {
        "outcome unknown": "CANCELLED", "cancel refused": "CANCELLED", "replace refused": "CANCELLED",
        "not found": "CANCELLED", "accepted": "CANCELLED", "triggered": "CANCELLED", "replaced": "CANCELLED",
        "fill": "CANCELLED", "cancelled": "CANCELLED", "expired": "EXPIRED", "rejected": "REJECTED",
    },
    "EXPIRED": {
        "outcome unknown": "EXPIRED", "cancel refused": "EXPIRED", "replace refused": "EXPIRED",
        "not found": "EXPIRED", "accepted": "EXPIRED", "triggered": "EXPIRED", "replaced": "EXPIRED",
        "fill": "EXPIRED", "cancelled": "EXPIRED", "expired": "EXPIRED", "rejected": "REJECTED",
    },
    "REJECTED": {
        "outcome unknown": "REJECTED", "cancel refused": "REJECTED", "replace refused": "REJECTED",
        "not found": "REJECTED", "accepted": "REJECTED", "triggered": "REJECTED", "replaced": "REJECTED",
        "fill": "REJECTED", "cancelled": "REJECTED", "expired": "REJECTED", "rejected": "REJECTED",
    },
    "DENIED": {},
}  # fmt: skip
STAGE_NUMBERS = {name: number for number, name in STAGE_NAMES.items()}
KINDS = {name: kind for kind, name in EVENT_NAMES.items()}
#: Kinds that are about one order and reach its table: every report but a backtest's question for a size.
REPORTS = [kind for kind in range(kinds.ACCEPTED, kinds.REPORT_KIND_MAX + 1) if kind in STAGES]


def report_on(kind: int, order_id: str, time: int) -> Event:
    if kind == kinds.FILLED:
        return Fill(time, order_id, time, "t1", 10_000, 1)
    if kind == kinds.REPLACED:
        return Replaced(time, order_id, time, 5, 0, 0)
    return Report(kind, time, order_id, time)


@pytest.mark.parametrize("stage", LIFE)
@pytest.mark.parametrize("event", KINDS)
def test_the_table_leads_where_the_field_says(stage: str, event: str) -> None:
    expected = LIFE[stage].get(event)
    if expected is None:
        with pytest.raises(LifeCycleError):
            stage_after(KINDS[event], STAGE_NUMBERS[stage])
    else:
        assert STAGE_NAMES[stage_after(KINDS[event], STAGE_NUMBERS[stage])] == expected


def test_every_event_of_the_table_has_a_name_and_every_report_is_in_it() -> None:
    named = {kind for kind in kinds.__dict__.values() if isinstance(kind, int)}
    assert set(EVENT_NAMES) | {kinds.DECISION} == set(STAGES)
    assert set(REPORTS) == {kind for kind in named if kinds.ACCEPTED <= kind < kinds.FILL_PRICE}
    assert set(LIFE) == set(STAGE_NAMES.values())


def test_no_event_is_known_of_a_kind_that_is_not_in_the_table() -> None:
    with pytest.raises(LifeCycleError, match="kind 99 can not meet an order that is HELD"):
        stage_after(99, life_cycle.HELD)
    with pytest.raises(LifeCycleError, match="that is 42"):
        stage_after(kinds.ACCEPTED, 42)


def test_the_diagram_shows_every_edge_of_the_table_once() -> None:
    shown: list[tuple[str, str, str]] = []
    for line in diagram().splitlines()[1:]:
        before, _, rest = line.strip().partition(" --> ")
        after, _, events = rest.partition(": ")
        shown += [(before, event, after) for event in events.split(", ")]
    edges = [(stage, event, after) for stage, met in LIFE.items() for event, after in met.items()]
    entries = [("[*]", "decision approved", "HELD"), ("[*]", "decision refused", "DENIED")]
    ends = [(end, "", "[*]") for end in ("NOT_FOUND", "CANCELLED", "EXPIRED", "REJECTED", "DENIED")]
    assert sorted(shown) == sorted(edges + entries + ends)
    assert diagram().startswith("stateDiagram-v2\n")


@pytest.mark.parametrize("kind", REPORTS)
def test_a_report_on_an_order_that_never_left_raises_and_changes_nothing(kind: int) -> None:
    desk = Desk(account_of(native_exits=False))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, stop_loss=9_000)
    held = decision.orders[1].id
    denied = desk.want(BUY, 0)[0].orders[0].id
    for order_id in (held, denied) if kind != kinds.CANCELLED else (denied,):
        before = desk.engine.state_hash()
        for time in (desk.now + 5, desk.now, desk.now - 5):
            with pytest.raises(LifeCycleError):
                desk.engine.apply(report_on(kind, order_id, time))
            assert desk.engine.state_hash() == before
    assert desk.engine.alarms == []


def test_an_exit_that_has_left_can_not_be_triggered() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10)
    before = desk.engine.state_hash()
    with pytest.raises(LifeCycleError):
        desk.engine.apply(ExitTriggered(desk.now, order_id, 5, 10_000))
    assert desk.engine.state_hash() == before


@pytest.mark.parametrize(
    ("size", "price", "error"),
    [
        (0, 100, ContractError),
        (-1, 100, ContractError),
        (1, 0, ContractError),
        (1, -1, ContractError),
        (SIZE_MAX, 1, OverflowError),
    ],
)
def test_a_fill_that_can_not_be_is_refused_and_changes_nothing(size: int, price: int, error: type[Exception]) -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10)
    desk.fill(order_id, 1, 10_000)
    before = desk.engine.state_hash()
    with pytest.raises(error):
        desk.engine.apply(Fill(desk.now + 7, order_id, desk.now, "x", price, size))
    assert desk.engine.state_hash() == before
    desk.fill(order_id, 9, 10_000)
    assert desk.net() == 10


def order_state(quantity: int = 10, stage: int = life_cycle.SUBMITTED) -> OrderState:
    desk = Desk()
    return OrderState(Order("m-1-1", "main", "s", desk.on(), BUY, 1, quantity), stage)


#: what is told of an order of 10, in a trader's shorthand → the status shown.
TOLD = {
    "": "SUBMITTED",
    "ack": "ACCEPTED",
    "ack fill3": "PARTIALLY_FILLED",
    "fill3": "PARTIALLY_FILLED",
    "ack fill3 fill7": "FILLED",
    "fill10 ack": "FILLED",
    "ack cancelled": "CANCELLED",
    "ack expired": "EXPIRED",
    "rejected": "REJECTED",
    "lost": "NOT_FOUND",
    "ack fill3 cancelled": "PARTIALLY_FILLED",
    "ack cancelled fill3": "PARTIALLY_FILLED",
    "rejected fill10": "FILLED",
    "cancelled fill12": "FILLED",
    "unknown": "UNKNOWN",
    "unknown ack": "ACCEPTED",
    "ack unknown": "ACCEPTED",
    "unknown lost": "NOT_FOUND",
    "lost unknown": "NOT_FOUND",
    "lost ack": "ACCEPTED",
    "ack lost": "ACCEPTED",
    "lost fill3": "PARTIALLY_FILLED",
    "lost fill10": "FILLED",
    "unknown fill3": "PARTIALLY_FILLED",
    "expired cancelled": "EXPIRED",
    "cancelled expired rejected ack": "REJECTED",
}
WORDS = {
    "ack": kinds.ACCEPTED, "cancelled": kinds.CANCELLED, "expired": kinds.EXPIRED, "rejected": kinds.REJECTED,
    "lost": kinds.NOT_FOUND,
}  # fmt: skip


def tell(state: OrderState, story: str) -> None:
    for at, word in enumerate(story.split(), 1):
        if word.startswith("fill"):
            state.apply_report(Fill(at, "m-1-1", at, f"t{at}", 100, int(word[4:])))
        elif word == "unknown":
            state.apply_report(Report(kinds.OUTCOME_UNKNOWN, at, "m-1-1", at, "submit"))
        else:
            state.apply_report(Report(WORDS[word], at, "m-1-1", at, word.upper()))


@pytest.mark.parametrize("story", TOLD)
def test_fills_beat_an_end_and_an_open_question_is_shown(story: str) -> None:
    state = order_state()
    state.submit = life_cycle.SENT
    tell(state, story)
    assert state.status == TOLD[story]
    assert state.filled == sum(int(word[4:]) for word in story.split() if word.startswith("fill"))


def test_the_average_price_is_that_of_the_fills() -> None:
    state = order_state(100)
    assert state.average_units() is None
    state.apply_report(Fill(1, "m-1-1", 1, "a", 100, 30))
    state.apply_report(Fill(2, "m-1-1", 2, "b", 110, 10))
    assert state.average_units() == 102.5
    assert state.value == 30 * 100 + 10 * 110


def test_the_value_of_the_fills_has_no_bound_in_either_build() -> None:
    state = order_state(10**10)
    state.apply_report(Fill(1, "m-1-1", 1, "a", 6 * 10**12, 10**9))
    state.apply_report(Fill(2, "m-1-1", 2, "b", 6 * 10**12, 10**9))
    assert state.value == 12 * 10**21


def test_why_and_when_it_ended_are_those_of_the_end_that_counts() -> None:
    state = order_state()
    tell(state, "cancelled expired cancelled")
    assert (state.code, state.time_ended) == ("EXPIRED", 2)
    state = order_state()
    tell(state, "fill10 cancelled ack")
    assert (state.code, state.time_ended) == ("CANCELLED", 2)
    state = order_state()
    tell(state, "ack fill10")
    assert (state.code, state.time_ended) == ("", 2)


def test_the_newest_name_the_venue_gave_stays() -> None:
    state = order_state()
    for text, at in (("V2", 5), ("", 9), ("V1", 3), ("V3", 7), ("V2", 7)):
        state.apply_report(Report(kinds.ACCEPTED, 10, "m-1-1", at, "", text))
    assert state.venue_id == "V3"


def test_the_newest_terms_stay_and_end_the_request() -> None:
    state = order_state()
    for at, quantity in ((5, 8), (3, 7), (5, 9)):
        state.replace = life_cycle.SENT
        state.apply_report(Replaced(10, "m-1-1", at, quantity, 120, 110))
    assert (state.order.quantity, state.order.limit_units, state.order.stop_units) == (8, 120, 110)
    assert state.replace == life_cycle.SENT, "terms older than the known ones answer nothing"


def test_of_two_sizes_of_one_instant_the_smaller_is_the_newer_in_any_order() -> None:
    """A venue takes 14 to what the parent filled and then, at once, to what the other exit of the pair left."""
    for quantities in ((14, 1), (1, 14)):
        state = order_state()
        for quantity in quantities:
            state.apply_report(Replaced(10, "m-1-1", 5, quantity, 120, 110))
        assert state.order.quantity == 1


def test_of_two_prices_of_one_instant_the_one_asked_for_last_is_the_newer_in_any_order() -> None:
    """Ticks of one instant move a stop twice: both answers carry the same time."""
    for stops in ((110, 105), (105, 110)):
        desk = Desk()
        desk.quote(200)
        order_id = desk.buy(10, stop_units=210, type=STOP)
        desk.accept(order_id)
        for stop in stops:
            desk.engine.apply(Replace(desk.tick(), order_id, 10, 0, stop))
            desk.replaced(order_id, 10, stop=stop, at=5)
        state = desk.state(order_id)
        assert (state.order.stop_units, state.replace) == (stops[-1], life_cycle.NONE)
        for stop in stops:
            desk.replaced(order_id, 10, stop=stop, at=5)
        assert state.order.stop_units == stops[-1], "said again it changes nothing"


REQUESTS = ("submit", "cancel", "replace")


@pytest.mark.parametrize("request_name", REQUESTS)
def test_only_a_request_without_an_answer_becomes_unknown(request_name: str) -> None:
    for before, after in (
        (life_cycle.SENT, life_cycle.UNKNOWN),
        (life_cycle.NONE, life_cycle.NONE),
        (life_cycle.REFUSED, life_cycle.REFUSED),
    ):
        state = order_state()
        setattr(state, request_name, before)
        state.apply_report(Report(kinds.OUTCOME_UNKNOWN, 1, "m-1-1", 1, request_name))
        assert getattr(state, request_name) == after
        assert [getattr(state, name) for name in REQUESTS if name != request_name] == [0, 0]


def test_an_unknown_request_that_is_not_named_changes_nothing() -> None:
    state = order_state()
    state.submit = state.cancel = state.replace = life_cycle.SENT
    state.apply_report(Report(kinds.OUTCOME_UNKNOWN, 1, "m-1-1", 1, "elsewhere"))
    assert (state.submit, state.cancel, state.replace) == (1, 1, 1)


@pytest.mark.parametrize(("kind", "name"), [(kinds.CANCEL_REJECTED, "cancel"), (kinds.REPLACE_REJECTED, "replace")])
def test_a_refusal_answers_a_request_that_is_on_its_way_and_nothing_else(kind: int, name: str) -> None:
    for before, after in (
        (life_cycle.SENT, life_cycle.REFUSED),
        (life_cycle.UNKNOWN, life_cycle.REFUSED),
        (life_cycle.NONE, life_cycle.NONE),
    ):
        state = order_state()
        state.submit = life_cycle.UNKNOWN
        setattr(state, name, before)
        state.apply_report(Report(kind, 1, "m-1-1", 1, "TOO_LATE"))
        assert getattr(state, name) == after
        assert state.submit == life_cycle.UNKNOWN, "it says nothing of the order"
        assert state.code == ""


def test_a_cancel_refused_after_the_end_leaves_no_request_behind() -> None:
    for story in ("cancelled refused", "refused cancelled", "fill10 refused", "refused fill10"):
        state = order_state()
        state.cancel = life_cycle.SENT
        for word in story.split():
            if word == "refused":
                state.apply_report(Report(kinds.CANCEL_REJECTED, 5, "m-1-1", 5))
            else:
                tell(state, word)
        assert state.cancel == life_cycle.NONE, story


def test_a_look_up_that_finds_the_order_settles_what_was_unknown() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10, limit_units=9_000)
    desk.accept(order_id)
    desk.cancel(order_id)
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "cancel")
    desk.state(order_id).replace = life_cycle.UNKNOWN
    desk.accept(order_id)
    assert desk.state(order_id).status == "UNKNOWN", "an echo of the acceptance is no evidence"
    assert desk.state(order_id).queried, "it is looked up at once"
    desk.found(order_id)
    assert (desk.state(order_id).status, desk.state(order_id).cancel, desk.state(order_id).replace) == (
        "ACCEPTED",
        0,
        0,
    )
    assert not desk.state(order_id).queried


def test_a_process_that_ends_loses_track_of_what_it_sent() -> None:
    state = order_state()
    state.submit, state.cancel, state.replace = life_cycle.SENT, life_cycle.NONE, life_cycle.REFUSED
    state.lose_track()
    assert (state.submit, state.cancel, state.replace) == (life_cycle.UNKNOWN, life_cycle.NONE, life_cycle.REFUSED)


def test_a_refused_cancel_can_be_asked_for_again_and_one_on_its_way_can_not() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10, limit_units=9_000)
    desk.accept(order_id)
    assert len(desk.cancel(order_id)) == 1
    assert desk.cancel(order_id) == []
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "cancel")
    assert desk.cancel(order_id) == [], "an unknown cancel is looked up first"
    desk.say(kinds.CANCEL_REJECTED, order_id, "BUSY")
    assert len(desk.cancel(order_id)) == 1
    desk.say(kinds.CANCELLED, order_id)
    assert desk.cancel(order_id) == []
    assert desk.cancel("nobody-1-1") == []


def test_an_unknown_submit_keeps_its_hold_until_there_is_evidence() -> None:
    evidence = {
        "accepted": (kinds.ACCEPTED, True), "not found": (kinds.NOT_FOUND, False), "rejected": (kinds.REJECTED, False),
        "expired": (kinds.EXPIRED, False), "cancelled": (kinds.CANCELLED, False), "triggered": (kinds.TRIGGERED, True),
    }  # fmt: skip
    for name, (kind, still) in evidence.items():
        desk = Desk()
        desk.quote(10_000)
        order_id = desk.buy(10)
        held = desk.engine.holds.held("main", "USD")
        assert held == 1000 * 10**18
        desk.say(kinds.OUTCOME_UNKNOWN, order_id, "submit")
        assert desk.state(order_id).status == "UNKNOWN"
        assert desk.engine.holds.held("main", "USD") == held
        assert desk.engine.position("main", desk.on()).opening == 1
        desk.say(kind, order_id)
        assert not desk.state(order_id).has_unknown(), name
        assert desk.engine.holds.held("main", "USD") == (held if still else 0), name
        assert desk.engine.position("main", desk.on()).opening == int(still), name


def test_an_order_that_appears_after_it_was_not_found_works_and_holds_again() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10)
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "submit")
    desk.say(kinds.NOT_FOUND, order_id, "NO_SUCH_ORDER", "who?")
    assert desk.engine.holds.held("main", "USD") == 0
    assert (desk.state(order_id).code, desk.state(order_id).text) == ("NO_SUCH_ORDER", "who?")
    assert desk.alarms() == []
    desk.accept(order_id)
    assert desk.alarms() == ["REAPPEARED"]
    assert desk.engine.holds.held("main", "USD") == 1000 * 10**18
    state = desk.state(order_id)
    assert (state.status, state.code, state.text, state.time_ended) == ("ACCEPTED", "", "", 0)
    desk.fill(order_id, 10, 10_000)
    assert (desk.net(), desk.alarms()) == (10, [])


def test_a_fill_of_an_order_that_was_not_found_is_booked_and_told_of() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10)
    desk.say(kinds.NOT_FOUND, order_id)
    desk.fill(order_id, 4, 10_000)
    assert (desk.net(), desk.alarms(), desk.state(order_id).status) == (4, ["REAPPEARED"], "PARTIALLY_FILLED")
    assert desk.engine.holds.held("main", "USD") == 600 * 10**18


def test_a_fill_after_the_end_is_booked_and_alarmed() -> None:
    for kind in (kinds.CANCELLED, kinds.EXPIRED, kinds.REJECTED):
        desk = Desk()
        desk.quote(10_000)
        order_id = desk.buy(10)
        desk.say(kind, order_id)
        stage = desk.state(order_id).stage
        desk.fill(order_id, 4, 10_000)
        assert (desk.net(), desk.cash()) == (4, (1_000_000 - 400) * 10**18)
        assert desk.alarms() == ["LATE_FILL"]
        assert (desk.state(order_id).stage, desk.state(order_id).late) == (stage, 1)


def test_more_filled_than_asked_is_a_fact_and_an_alarm() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10)
    desk.fill(order_id, 7, 10_000)
    desk.fill(order_id, 5, 10_000)
    assert (desk.net(), desk.state(order_id).status) == (12, "FILLED")
    assert desk.state(order_id).overfilled
    assert desk.alarms() == ["OVERFILL"]


def test_an_order_that_its_venue_makes_smaller_than_it_has_filled_is_an_alarm_once() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10, limit_units=9_900)
    desk.fill(order_id, 7, 9_900)
    for _ in range(2):
        desk.replaced(order_id, 5, 9_900)
    assert desk.alarms() == ["OVERFILL"]


def test_a_report_on_an_unknown_order_is_alarmed_and_books_nothing() -> None:
    desk = Desk()
    desk.quote(10_000)
    desk.fill("elsewhere-1-1", 10, 10_000)
    assert desk.alarms() == ["UNKNOWN_ORDER"]
    assert (desk.net(), desk.cash()) == (0, 1_000_000 * 10**18)


def test_a_fill_twice_is_a_fill_once() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10)
    desk.fill(order_id, 4, 10_000, trade="a", fee="1")
    assert desk.engine.fresh_fill
    cash, hash = desk.cash(), desk.engine.state_hash()
    desk.engine.apply(desk.events[-1])
    assert not desk.engine.fresh_fill
    assert desk.engine.state_hash() == hash
    desk.fill(order_id, 4, 10_000, trade="a", fee="1")
    assert (desk.net(), desk.cash(), desk.state(order_id).filled) == (4, cash, 4)
    desk.fill("elsewhere-1-1", 4, 10_000)
    assert not desk.engine.fresh_fill


def test_a_replace_heard_before_or_after_the_fill_it_followed_leaves_the_same_holds() -> None:
    """The venue took 50 down to 30, filled those, and was then asked for 40: whatever is heard first."""
    rows = set()
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)):
        desk = Desk()
        desk.quote(10_000)
        order_id = desk.buy(50)
        now = desk.now + 9
        told = (
            Replaced(now, order_id, now, 30, 0, 0),
            Fill(now, order_id, now, "a", 10_000, 30),
            Replaced(now, order_id, now + 1, 40, 0, 0),
        )
        for at in order:
            desk.feed(told[at])
        assert (desk.state(order_id).order.quantity, desk.state(order_id).remaining()) == (40, 10)
        assert desk.engine.holds.held("main", "USD") == 1000 * 10**18
        rows.add(str(desk.engine.holds.row()))
    assert len(rows) == 1


def test_a_hold_returns_when_a_full_order_is_made_larger() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(50)
    desk.replaced(order_id, 30, at=1)
    desk.fill(order_id, 30, 10_000)
    assert desk.engine.holds.holds == {}
    desk.replaced(order_id, 40, at=2)
    assert desk.engine.holds.held("main", "USD") == 1000 * 10**18
    assert (desk.state(order_id).time_ended, desk.engine.position("main", desk.on()).opening) == (0, 1)
    desk.say(kinds.CANCELLED, order_id)
    assert desk.engine.holds.held("main", "USD") == 0


def test_orders_leave_memory_a_day_after_they_ended() -> None:
    day = 24 * 3_600_000_000_000
    desk = Desk()
    desk.quote(10_000)
    ended = desk.filled(BUY, 10, 10_000)
    desk.now += day - 5
    desk.quote(10_000)
    late = desk.filled(SELL, 10, 10_000)
    assert ended in desk.engine.orders
    desk.now += 10
    desk.quote(10_000)
    assert ended not in desk.engine.orders
    assert late in desk.engine.orders
    assert ended not in desk.engine.holds.over
    desk.fill(ended, 10, 10_000)
    assert desk.alarms() == ["UNKNOWN_ORDER"]


def test_an_order_that_came_back_is_remembered_a_day_after_its_last_end() -> None:
    day = 24 * 3_600_000_000_000
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10)
    desk.say(kinds.NOT_FOUND, order_id)
    desk.now += day // 2
    desk.accept(order_id)
    desk.now += day // 2 + 10
    desk.quote(10_000)
    assert desk.state(order_id).is_open()
    desk.say(kinds.CANCELLED, order_id)
    desk.now += day - 10
    desk.quote(10_000)
    assert order_id in desk.engine.orders
    desk.now += 20
    desk.quote(10_000)
    assert order_id not in desk.engine.orders


def test_a_cancel_on_its_way_to_an_order_that_was_not_found_is_still_there_when_it_comes_back() -> None:
    """Whatever came first, the acceptance or the look-up that missed it."""
    for story in ("accepted notfound accepted", "notfound accepted"):
        state = order_state()
        state.cancel = life_cycle.SENT
        for word in story.split():
            kind = kinds.NOT_FOUND if word == "notfound" else kinds.ACCEPTED
            state.apply_report(Report(kind, 5, "m-1-1", 5))
        assert (state.status, state.cancel) == ("ACCEPTED", life_cycle.SENT), story


def test_an_order_that_was_not_found_is_not_shown_as_unknown() -> None:
    state = order_state()
    state.submit, state.cancel = life_cycle.UNKNOWN, life_cycle.UNKNOWN
    state.apply_report(Report(kinds.NOT_FOUND, 5, "m-1-1", 5))
    assert state.status == "NOT_FOUND"
