"""A position whose time is over and whose close its venue refuses: it is closed again until it is."""

from __future__ import annotations

import pytest

from tests.unit.core.audit import assert_idle
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tests.unit.core.test_at_open import CLOSE
from tradewright.core.engine import Engine
from tradewright.core.owed_exits import PACE_NS
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.control import Timer
from tradewright.model.exit_plan import plan_from
from tradewright.model.instrument import OrderRules
from tradewright.model.order import EXIT, MARKET, STOP, STOP_LOSS

SECOND_NS = 10**9
HOURS_NS = 3_600 * SECOND_NS
PRICE = 10_000
TIMES = len(PACE_NS) + 2


def held(native: bool = True, mode: str = "netting", **exits: object) -> Desk:
    """Ten bought at 100.00, whose time is over after a minute."""
    desk = Desk(account_of(leverage=10, native_exits=native, mode=mode))
    desk.quote(PRICE)
    desk.engine.plans["account:main"] = plan_from({"maxHoldingSeconds": 60, **exits})
    desk.filled(BUY, 10, PRICE)
    settle(desk)
    return desk


def settle(desk: Desk) -> list[str]:
    """The venue does what it was told since; the closes at the market that came to it, which it has not answered."""
    closes: list[str] = []
    for command in desk.taken():
        state = desk.state(command.order_id)
        if command.kind == kinds.SUBMIT and (state.order.role, state.order.type) == (EXIT, MARKET):
            closes.append(command.order_id)
        elif command.kind == kinds.SUBMIT and state.is_open():
            desk.accept(command.order_id)
        elif command.kind == kinds.CANCEL and state.is_open():
            desk.say(kinds.CANCELLED, command.order_id)
    return closes + (settle(desk) if desk.commands else [])


def wait(desk: Desk, until: int) -> list[str]:
    """Nothing happens but time; the closes that went."""
    desk.now = until
    desk.feed(Timer(until, "wake"))
    return settle(desk)


def guarded(desk: Desk) -> int:
    """How many exits that protect what is held work, here or at the venue."""
    return len([1 for hold in desk.engine.holds.holds.values() if hold.order.role not in ("entry", EXIT)])


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("exits", [{}, {"stopLossPercent": 5}, {"stopLossPercent": 5, "takeProfitPercent": 5}])
@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_a_refused_time_exit_goes_again_at_a_growing_pace_until_it_fills(
    native: bool, exits: dict[str, int], mode: str
) -> None:
    desk = held(native, mode, **exits)
    guards = guarded(desk)
    assert guards == len(exits)
    closes = wait(desk, desk.engine.next_exit())
    for count in range(TIMES):
        (close,) = closes
        assert desk.state(close).order.quantity == 10 and guarded(desk) == 0
        desk.alarms()
        desk.say(kinds.REJECTED, close, "MARKET_CLOSED")
        assert settle(desk) == []
        assert desk.alarms() == ["CLOSE_FAILED"]
        assert guarded(desk) == guards  # its exits are back meanwhile
        due = desk.engine.next_exit()
        assert 0 <= desk.state(close).time_ended + PACE_NS[min(count, len(PACE_NS) - 1)] - due < 100
        assert wait(desk, due - 1) == []
        closes = wait(desk, due)
    desk.fill(closes[0], 10, PRICE)
    assert (desk.net(), desk.engine.guards, guarded(desk), desk.alarms()) == (0, {}, 0, [])
    assert wait(desk, desk.now + HOURS_NS) == []
    settle(desk)
    assert_idle(desk.engine)


@pytest.mark.parametrize("ending", [kinds.REJECTED, kinds.EXPIRED, kinds.CANCELLED, kinds.NOT_FOUND])
def test_what_a_time_exit_leaves_is_closed_however_it_ended(ending: int) -> None:
    desk = held(stopLossPercent=5)
    (close,) = wait(desk, desk.engine.next_exit())
    if ending != kinds.NOT_FOUND:
        desk.fill(close, 4, PRICE)
    left = 10 if ending == kinds.NOT_FOUND else 6
    desk.say(ending, close)
    assert "CLOSE_FAILED" in desk.alarms()
    settle(desk)
    (again,) = wait(desk, desk.engine.next_exit())
    assert desk.state(again).order.quantity == left
    desk.fill(again, left, PRICE)
    settle(desk)
    assert_idle(desk.engine)


def test_a_close_that_works_is_waited_for_and_no_second_one_goes() -> None:
    desk = held(stopLossPercent=5)
    (close,) = wait(desk, desk.engine.next_exit())
    desk.accept(close)
    for _ in range(10):
        assert wait(desk, desk.now + HOURS_NS) == []
        desk.quote(PRICE)
        assert desk.submitted() == []
    desk.fill(close, 10, PRICE)
    settle(desk)
    assert_idle(desk.engine)


def test_while_a_close_of_the_strategy_works_the_time_exit_waits_for_its_end() -> None:
    desk = held()
    (close,) = wait(desk, desk.engine.next_exit())
    desk.say(kinds.REJECTED, close)
    (decision,) = desk.close(SELL)
    own = decision.orders[0].id
    assert settle(desk) == [own]
    decided = desk.engine.decision_count
    assert wait(desk, desk.now + 5 * SECOND_NS) == []
    assert desk.engine.decision_count == decided
    desk.say(kinds.REJECTED, own)
    assert desk.alarms() == ["CLOSE_FAILED", "CLOSE_FAILED"]
    (again,) = wait(desk, desk.engine.next_exit())
    assert desk.state(again).order.quantity == 10


def test_a_plain_close_that_is_refused_in_time_is_its_strategy_s_to_ask_again() -> None:
    desk = held()
    (decision,) = desk.close(SELL)
    desk.say(kinds.REJECTED, decision.orders[0].id)
    settle(desk)
    assert desk.alarms() == []
    assert wait(desk, desk.now + 10 * SECOND_NS) == []


def test_a_lot_whose_time_is_not_over_is_its_strategy_s_though_another_s_is() -> None:
    desk = held(mode="hedging")
    desk.now += 50 * SECOND_NS
    second = desk.filled(BUY, 10, PRICE)
    desk.taken()
    (close,) = wait(desk, desk.engine.next_exit())
    desk.accept(close)
    (decision,) = desk.close(SELL, lot=second)
    desk.say(kinds.REJECTED, decision.orders[0].id)
    assert desk.alarms() == []


def test_a_part_that_its_strategy_closes_meanwhile_hastens_nothing() -> None:
    desk = held()
    for _ in range(3):
        (close,) = wait(desk, desk.engine.next_exit())
        desk.say(kinds.REJECTED, close)
    due = desk.engine.next_exit()
    (decision,) = desk.close(SELL, 4)
    desk.fill(decision.orders[0].id, 4, PRICE)
    settle(desk)
    assert desk.engine.next_exit() == due
    (again,) = wait(desk, due)
    assert desk.state(again).order.quantity == 6


def test_what_is_open_at_its_time_before_its_exits_were_made_has_them_while_its_close_waits() -> None:
    """Ordered before the time at which it is to be closed, and filled behind it."""
    desk = Desk(account_of(leverage=10), symbols=("NYSE",))
    desk.now = CLOSE - 601 * SECOND_NS
    desk.quote(PRICE)
    desk.engine.plans["account:main"] = plan_from({"closeBeforeSessionEndSeconds": 600, "stopLossPercent": 5})
    order = desk.buy(10)
    desk.now = CLOSE - 599 * SECOND_NS
    desk.fill(order, 10, PRICE)
    (close,) = settle(desk)
    desk.quote(PRICE)
    assert guarded(desk) == 0
    desk.say(kinds.REJECTED, close)
    desk.quote(PRICE)
    settle(desk)
    assert guarded(desk) == 1
    (again,) = wait(desk, desk.engine.next_exit())
    desk.fill(again, 10, PRICE)
    settle(desk)
    assert_idle(desk.engine)


def test_a_close_that_waited_here_and_was_taken_back_goes_again() -> None:
    """No reduce-only: it waits for the end of the stop whose place it takes."""
    desk = Desk(account_of(leverage=10, reduce_only=False))
    desk.quote(PRICE)
    desk.engine.plans["account:main"] = plan_from({"maxHoldingSeconds": 60, "stopLossPercent": 5})
    desk.filled(BUY, 10, PRICE)
    settle(desk)
    desk.now = desk.engine.next_exit()
    desk.feed(Timer(desk.now, "wake"))
    (close,) = [id for id in desk.engine.exits if desk.state(id).order.role == EXIT]
    desk.cancel(close)
    settle(desk)
    (again,) = wait(desk, desk.engine.next_exit())
    assert desk.state(again).order.quantity == 10


def test_a_stop_that_is_back_goes_on_following_its_plan() -> None:
    desk = held(stopLossPercent=5, breakEvenPercent=1)
    (close,) = wait(desk, desk.engine.next_exit())
    desk.say(kinds.REJECTED, close)
    settle(desk)
    desk.quote(PRICE + 200)
    (moved,) = desk.taken()
    assert (moved.kind, moved.stop_units) == (kinds.REPLACE, PRICE)  # type: ignore[attr-defined]


def test_the_time_of_what_was_guarded_later_is_kept_to_in_the_same_way() -> None:
    """A stop that is placed for what is held already, with a time of its own."""
    desk = Desk(account_of(leverage=10))
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    plan = plan_from({"maxHoldingSeconds": 60})
    desk.close(SELL, 10, role=STOP_LOSS, type=STOP, stop_units=PRICE - 500, plan=plan)
    settle(desk)
    closes = wait(desk, desk.engine.next_exit())
    for _ in range(3):
        desk.say(kinds.REJECTED, closes[0])
        assert settle(desk) == [] and guarded(desk) == 1
        closes = wait(desk, desk.engine.next_exit())
        assert len(closes) == 1
    desk.fill(closes[0], 10, PRICE)
    settle(desk)
    assert desk.engine.guards == {}
    assert_idle(desk.engine)


def test_a_close_that_a_rule_refuses_is_not_asked_for_again_and_again() -> None:
    """What is left is less than its venue takes by now: no time makes more of it."""
    desk = held()
    desk.on().rules = OrderRules(step=20)
    assert wait(desk, desk.engine.next_exit()) == []
    assert desk.engine.decision_count == 2
    for _ in range(10):
        assert wait(desk, desk.now + HOURS_NS) == []
    assert desk.engine.decision_count == 2


def test_a_restored_engine_closes_again_at_the_same_time() -> None:
    desk = held(stopLossPercent=5)
    (close,) = wait(desk, desk.engine.next_exit())
    desk.say(kinds.REJECTED, close)
    settle(desk)
    other = Engine()
    restore(other, to_bytes(desk.engine))
    assert other.state_hash() == desk.engine.state_hash()
    assert other.next_exit() == desk.engine.next_exit()
    desk.engine = other
    (again,) = wait(desk, other.next_exit())
    assert desk.state(again).order.quantity == 10
