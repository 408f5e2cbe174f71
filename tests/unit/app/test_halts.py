"""What is stopped goes along to another home, and ends no start there."""

from __future__ import annotations

from tests.unit.core.test_canary import Engine, spec
from tradewright.app.halts import WHY, note_of, taken_over
from tradewright.core.limits import limits_from
from tradewright.model.control import ACTIVE, HALTED, REDUCING, StrategyHalted, TradingStateSet
from tradewright.model.session_set import SessionSet

STOPPER = "it ends"


def home(*strategies: str) -> Engine:
    return Engine({}, *(spec(id, "a") for id in strategies))


def stop(home: Engine, scope: str, state: int, who: str = "ann") -> None:
    home.now += 1
    home.feed(TradingStateSet(home.now, scope, state, who, "looks odd"))


def take_over(other: Engine, *notes: str) -> list[str]:
    """What is said of it."""
    said: list[str] = []
    strategies = [one.id for one in other.trader.setup.strategies]  # type: ignore[union-attr]
    for taken in list(taken_over(notes, other.engine, strategies, other.now, said.append)):
        assert taken.reason == WHY
        other.feed(taken)
    return said


def test_what_is_stopped_is_so_in_the_other_home_and_what_ends_with_its_process_is_not() -> None:
    one, other = home("s"), home("s")
    stop(one, "account:main", REDUCING)
    stop(one, "symbol:ACME", HALTED, "bob")
    stop(one, "venue:paper", REDUCING, STOPPER)
    stop(other, "account:main", HALTED, "carl")
    # Each account has the note of its home.
    note = note_of(one.engine, STOPPER)
    assert take_over(other, note, note, "", "no note") == []
    assert other.engine.states == {"account:main": HALTED, "symbol:ACME": HALTED}
    assert other.engine.causes == {"account:main": "carl", "symbol:ACME": "bob"}


def test_a_session_that_is_not_there_stops_its_account_as_hard_as_both_were() -> None:
    for account, session in ((ACTIVE, REDUCING), (ACTIVE, HALTED), (HALTED, REDUCING), (REDUCING, HALTED)):
        one, other = home("s"), home("s")
        one.now += 1
        limits = limits_from({"maxOrderValue": 10**6}).row()
        one.feed(SessionSet(one.now, "main", "ann", "", [], limits, [], [list(spec("s", "a"))], "key"))
        stop(one, "session:main", session, "session: key")
        if account != ACTIVE:
            stop(one, "account:main", account)
        assert take_over(other, note_of(one.engine, STOPPER)) == []
        assert other.engine.states == {"account:main": max(account, session)}


def test_what_is_not_there_is_said_and_ends_no_start() -> None:
    one, other = home("s", "t"), home("t")
    stop(one, "strategy:s", HALTED)
    stop(one, "strategy:t", HALTED)
    assert take_over(other, note_of(one.engine, STOPPER)) == [
        "REMARK strategy:s was stopped by ann in the home that traded before; it is not here"
    ]
    assert other.engine.states == {"strategy:t": HALTED}
    assert take_over(home("s"), '[{"scope": "session:gone", "state": 2, "cause": "ann"}]')


def test_a_strategy_that_was_halted_by_its_own_error_is_halted_in_the_other_home_until_a_person_re_arms_it() -> None:
    one, other = home("s"), home("s")
    stop(one, "strategy:s", REDUCING)
    one.engine.apply(StrategyHalted(one.now, "s", "ERROR", "boom"))
    take_over(other, note_of(one.engine, STOPPER))
    assert (other.engine.states["strategy:s"], other.engine.causes["strategy:s"]) == (HALTED, "ERROR")
    assert not other.want(1).approved
    stop(other, "strategy:s", ACTIVE)
    assert other.want(1).approved and note_of(other.engine, STOPPER) == "[]"
