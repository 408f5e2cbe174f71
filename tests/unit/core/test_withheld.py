"""What the last gate did not let out halts its account."""

from __future__ import annotations

from tests.unit.core.desk import Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.state import restore, to_bytes
from tradewright.model.codec import Decoder, encode
from tradewright.model.control import ACTIVE, ALARMS, HALTED, TradingStateSet
from tradewright.model.order import LIMIT
from tradewright.model.withheld import LAST_GATE, RequestWithheld


def withheld(desk: Desk, account: str = "main") -> RequestWithheld:
    return RequestWithheld(desk.tick(), account, "main-1-1", "its size is 2, not 1")


def test_a_request_that_was_withheld_is_an_alarm_and_halts_its_account_alone() -> None:
    desk = Desk(account_of("main"), account_of("other"))
    desk.quote(9_990, 10_010)
    resting = desk.buy(5, type=LIMIT, limit_units=9_000)
    desk.accept(resting)
    desk.feed(withheld(desk))
    assert desk.alarms() == [LAST_GATE] and LAST_GATE in ALARMS
    assert desk.engine.states == {"account:main": HALTED} and desk.engine.causes["account:main"] == LAST_GATE
    assert [id for id, _ in desk.cancelled()] == [resting]


def test_it_stays_halted_through_a_restart_until_a_person_re_arms_it() -> None:
    desk = Desk()
    desk.feed(withheld(desk))
    other = Engine()
    restore(other, to_bytes(desk.engine))
    assert other.states == {"account:main": HALTED}
    desk.feed(withheld(desk))
    assert desk.alarms() == 2 * [LAST_GATE] and desk.engine.states == {"account:main": HALTED}
    desk.feed(TradingStateSet(desk.tick(), "account:main", ACTIVE, "ann", "looked at"))
    assert desk.engine.states == {}


def test_it_is_a_record_like_any() -> None:
    desk = Desk()
    said = withheld(desk)
    found = Decoder([], lambda id: None).decode(encode(said))  # type: ignore[arg-type, return-value]
    assert isinstance(found, RequestWithheld) and found.row() == said.row()
