"""Decisions of services outside: judged like a strategy's, carried out once, and never when they are too late."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core import by_service, decision_ids
from tradewright.core.by_service import VALID_NS_MAX
from tradewright.core.engine import Engine
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.codec import Decoder, encode
from tradewright.model.control import HALTED, TradingStateSet
from tradewright.model.decision import Decision
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.exit_plan import ExitPlan
from tradewright.model.foreign import EXTERNAL
from tradewright.model.order import ENTRY, EXIT
from tradewright.model.order_request import OrderNamed, OrderRequested
from tradewright.model.signal import HOLD
from tradewright.model.sizer import FIXED, PPM_ONE, Sizer

PRICE = 10_000
MINUTE_NS = 60 * 10**9


def desk_of(**limits: Any) -> Desk:
    desk = Desk(account_of(), limits=limits)
    desk.quote(PRICE)
    return desk


def said(desk: Desk, action: int = BUY, size: int = 5, id: str = "d-1", **terms: Any) -> DecisionRequested:
    now = desk.tick()
    row: dict[str, Any] = {
        "account": "main", "strategy": "ai", "symbol": "ACME", "hint_ppm": PPM_ONE, "confidence": 0.8,
        "valid_until": now + MINUTE_NS, "who": "the bus", "reason": "momentum",
    }  # fmt: skip
    return DecisionRequested(now, action=action, quantity=size, decision_id=id, **(row | terms))


def carry_out(desk: Desk, asked: DecisionRequested) -> list[Event]:
    """As the trader does."""
    by_service.check(desk.engine, asked)
    desk.feed(asked)
    return desk.took(None, desk.engine.ask(asked))


def decisions(outputs: list[Event]) -> list[Decision]:
    return [one for one in outputs if isinstance(one, Decision)]


def orders(outputs: list[Event]) -> list[tuple[str, int, int]]:
    """Role, side and size of what was granted."""
    made = [one.orders[0] for one in decisions(outputs) if one.approved]
    return [(order.role, order.side, order.quantity) for order in made]


def test_a_decision_becomes_an_order_of_its_strategy_that_has_its_id_as_its_name() -> None:
    desk = desk_of()
    outputs = carry_out(desk, said(desk))
    (decision,) = decisions(outputs)
    order = decision.orders[0]
    assert (order.strategy, order.role, order.side, order.quantity) == ("ai", ENTRY, BUY, 5)
    assert decision.reason == "the bus, decision d-1: momentum"
    assert desk.engine.client_ids.name_of(order.id) == "d-1"
    named = outputs[-1]
    assert isinstance(named, OrderNamed) and (named.order_id, named.order_ids) == (order.id, [order.id])


def test_a_decision_beyond_a_limit_is_a_record_with_its_reasons_and_no_order() -> None:
    desk = desk_of(maxOrderValue=100)
    (decision,) = decisions(carry_out(desk, said(desk)))
    assert not decision.approved and [check.code for check in decision.refusals] == ["MAX_ORDER_VALUE"]
    assert desk.engine.client_ids.known["main", "d-1"].order_ids == []
    desk = desk_of(minConfidence=0.9)
    (decision,) = decisions(carry_out(desk, said(desk)))
    assert not decision.approved


def test_nothing_opens_where_it_is_halted() -> None:
    desk = desk_of()
    desk.feed(TradingStateSet(desk.tick(), "account:main", HALTED, "ann", "x"))
    (decision,) = decisions(carry_out(desk, said(desk)))
    assert not decision.approved


def test_a_hold_is_taken_up_and_nothing_comes_of_it() -> None:
    desk = desk_of()
    assert carry_out(desk, said(desk, HOLD, 0)) == []
    assert desk.engine.decision_ids.knows("main", "d-1")


def test_a_quantity_that_crosses_zero_closes_and_opens() -> None:
    desk = desk_of()
    outputs = carry_out(desk, said(desk, BUY, 3))
    desk.fill(decisions(outputs)[0].orders[0].id, 3, PRICE)
    assert orders(carry_out(desk, said(desk, SELL, 5, "d-2"))) == [(EXIT, SELL, 3), (ENTRY, SELL, 2)]


def test_without_a_quantity_the_sizer_says_how_much_and_what_is_held_against_it_is_closed() -> None:
    desk = desk_of()
    desk.engine.sizers["account:main"] = Sizer(FIXED, 8 * 10**9)
    outputs = carry_out(desk, said(desk, BUY, 0, hint_ppm=PPM_ONE // 2))
    assert orders(outputs) == [(ENTRY, BUY, 4)]
    desk.fill(decisions(outputs)[0].orders[0].id, 4, PRICE)
    assert orders(carry_out(desk, said(desk, SELL, 0, "d-2"))) == [(EXIT, SELL, 4), (ENTRY, SELL, 8)]


def test_without_a_quantity_and_a_sizer_it_is_refused() -> None:
    desk = desk_of()
    (decision,) = decisions(carry_out(desk, said(desk, BUY, 0)))
    assert not decision.approved


def test_what_is_said_twice_is_carried_out_once_also_after_a_restart() -> None:
    desk = desk_of()
    carry_out(desk, said(desk))
    before = to_bytes(desk.engine)
    with pytest.raises(InputError, match="d-1 was taken up before"):
        carry_out(desk, said(desk, size=7))
    assert to_bytes(desk.engine) == before
    engine = Engine()
    restore(engine, before)
    with pytest.raises(InputError, match="d-1 was taken up before"):
        by_service.check(engine, said(desk))
    assert to_bytes(engine) == before
    # Of another account it is another one.
    assert not engine.decision_ids.knows("other", "d-1")


def test_what_is_remembered_has_an_end_and_by_then_it_is_too_late() -> None:
    desk = desk_of()
    first = said(desk, valid_until=desk.now + 2 * MINUTE_NS)
    carry_out(desk, first)
    carry_out(desk, said(desk, id="d-2", valid_until=desk.now + 3 * MINUTE_NS))
    desk.now = first.valid_until - 1
    carry_out(desk, said(desk, id="d-3"))
    assert not desk.engine.decision_ids.knows("main", "d-1")
    with pytest.raises(InputError, match="d-1 is not carried out: the time until when it holds is over"):
        carry_out(desk, said(desk, valid_until=first.valid_until))
    assert [row[2] for row in desk.engine.decision_ids.row()] == ["d-3", "d-2"]


def test_beyond_what_is_remembered_nothing_is_taken_up_until_some_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_ids, "KNOWN_MAX", 2)
    desk = desk_of()
    first = said(desk)
    carry_out(desk, first)
    carry_out(desk, said(desk, id="d-2", valid_until=desk.now + 3 * MINUTE_NS))
    with pytest.raises(InputError, match=r"d-3 is not carried out: .* others are remembered already"):
        carry_out(desk, said(desk, id="d-3"))
    desk.now = first.valid_until
    carry_out(desk, said(desk, id="d-3"))


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"account": "other"}, "there is no account 'other'"),
    ({"symbol": "ZETA"}, "there is no symbol 'ZETA'"),
    ({"strategy": ""}, "it has a strategy"),
    ({"strategy": EXTERNAL}, "it has a strategy, which is not external"),
    ({"action": 3}, "and an action"),
    ({"size": -1}, "its quantity is not below zero"),
    ({"hint_ppm": 0}, "lies between 0 and 1"),
    ({"hint_ppm": PPM_ONE + 1}, "lies between 0 and 1"),
    ({"confidence": 1.1}, "its confidence lies between 0 and 1"),
    ({"confidence": float("nan")}, "its confidence lies between 0 and 1"),
    ({"who": ""}, "it has an id"),
    ({"id": ""}, "it has an id"),
    ({"id": "a b"}, "it has an id"),
    ({"id": "x" * 65}, "it has an id"),
    ({"valid_until": 1}, "holds is over"),
]


@pytest.mark.parametrize(("terms", "words"), REFUSED, ids=str)
def test_what_can_not_be_meant_is_refused_and_changes_nothing(terms: dict[str, Any], words: str) -> None:
    desk = desk_of()
    asked = said(desk, **terms)
    before = to_bytes(desk.engine)
    with pytest.raises(InputError, match=words):
        by_service.check(desk.engine, asked)
    assert to_bytes(desk.engine) == before


def test_a_decision_holds_a_day_at_most() -> None:
    desk = desk_of()
    by_service.check(desk.engine, said(desk, valid_until=desk.now + 1 + VALID_NS_MAX))
    with pytest.raises(InputError, match="is more than a day ahead"):
        by_service.check(desk.engine, said(desk, valid_until=desk.now + 2 + VALID_NS_MAX))


def test_a_name_that_stands_for_a_persons_order_is_not_a_decisions() -> None:
    desk = desk_of()
    by_hand = OrderRequested(desk.tick(), "main", "hand", "ACME", BUY, 1, 0, "", "ann", "now", client_id="d-1")
    desk.feed(by_hand)
    desk.took(None, desk.engine.ask(by_hand))
    with pytest.raises(InputError, match="d-1 is the name of an order that was asked for otherwise"):
        by_service.check(desk.engine, said(desk))


def test_its_record_says_all_of_it_again() -> None:
    desk = desk_of()
    decoder = Decoder(desk.engine.instruments, lambda id: desk.engine.orders[id].order)
    asked = said(desk)
    assert encode(decoder.decode(encode(asked))) == encode(asked)


def test_what_turns_a_guarded_position_round_closes_it_once_though_the_close_waits_here() -> None:
    """At a venue without reduce-only the close comes behind the cancels of what guarded the position."""
    desk = Desk(account_of(reduce_only=False, leverage=10))
    desk.quote(PRICE)
    desk.engine.sizers["account:main"] = Sizer(FIXED, 8 * 10**9)
    desk.engine.plans["account:main"] = ExitPlan(stop_ppm=20_000)
    (bought,) = decisions(carry_out(desk, said(desk, BUY, 0)))
    desk.fill(bought.orders[0].id, 8, PRICE)
    stop = desk.submitted()[-1]
    outputs = carry_out(desk, said(desk, SELL, 0, "d-2"))
    assert orders(outputs) == [(EXIT, SELL, 8), (ENTRY, SELL, 8)]
    assert desk.submitted() == []
    close, opening = [one.orders[0].id for one in decisions(outputs)]
    desk.say(kinds.CANCELLED, stop)
    assert desk.submitted() == [close]
    desk.fill(close, 8, PRICE)
    assert desk.submitted() == [opening]
