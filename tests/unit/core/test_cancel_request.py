"""Openings that a person names are cancelled; what guards a position stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.core.audit import assert_idle
from tests.unit.core.desk import LIMIT, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.codec import Decoder, encode
from tradewright.model.command import BY_HAND, CLOSING
from tradewright.model.control import CloseRequested, Started
from tradewright.model.order import BUY, STOP_LOSS

FILTERS = {
    "everything": ({}, ("ours", "theirs", "short", "zeta")),
    "a symbol": ({"symbol": "ZETA"}, ("zeta",)),
    "a side": ({"side": SELL}, ("short",)),
    "a strategy": ({"strategy": "t"}, ("theirs",)),
    "an account": ({"account": "main"}, ("ours", "theirs", "short", "zeta")),
    "another account": ({"account": "other"}, ()),
    "all at once": ({"symbol": "ACME", "side": BUY, "strategy": "s"}, ("ours",)),
}


@pytest.mark.parametrize("name", FILTERS)
def test_openings_that_fit_are_cancelled_and_exits_are_not(name: str) -> None:
    terms, wanted = FILTERS[name]
    desk = Desk(account_of(leverage=10), symbols=("ACME", "ZETA"))
    desk.quote(10_000)
    desk.quote(10_000, symbol="ZETA")
    desk.filled(BUY, 5, 10_000)
    desk.close(SELL, 5, type=LIMIT, limit_units=12_000, role=STOP_LOSS)
    ids = {
        "ours": desk.buy(1, type=LIMIT, limit_units=9_000),
        "theirs": desk.buy(1, type=LIMIT, limit_units=9_000, strategy="t"),
        "short": desk.sell(1, type=LIMIT, limit_units=11_000, strategy="u"),
        "zeta": desk.buy(1, type=LIMIT, limit_units=9_000, symbol="ZETA"),
    }
    for id in ids.values():
        desk.accept(id)
    desk.taken()
    said = {"account": "", "strategy": "", "symbol": "", "side": 0} | terms
    asked = CancelRequested(desk.tick(), **said, who="ann", reason="enough")
    desk.engine.apply(asked)
    desk.took(asked, desk.engine.cancel_openings(asked))
    assert desk.cancelled() == [(ids[one], BY_HAND) for one in wanted]
    assert desk.engine.states == {}
    again = Decoder([], lambda id: None).decode(encode(asked))  # type: ignore[arg-type, return-value]
    assert isinstance(again, CancelRequested) and again.row() == asked.row()


# ── a cancel that did not get through ──────────────────────────────────────────────────────────────────────────────


def resting() -> tuple[Desk, str]:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    order_id = desk.buy(1, limit_units=9_000)
    desk.accept(order_id)
    desk.taken()
    return desk, order_id


def closes(desk: Desk, order_id: str) -> str:
    """A person closes all of the account, which ends its openings."""
    asked = CloseRequested(desk.tick(), "main", "", "ann", "go home")
    desk.feed(asked)
    desk.took(asked, desk.engine.close_all(asked))
    return CLOSING


def cancels(desk: Desk, order_id: str) -> str:
    asked = CancelRequested(desk.tick(), "", "", "", 0, "ann", "enough", order_id)
    desk.feed(asked)
    desk.took(asked, desk.engine.cancel_openings(asked))
    return BY_HAND


@pytest.mark.parametrize("asks", [closes, cancels])
def test_what_a_person_wanted_ended_is_cancelled_again_when_it_is_found_at_work(
    asks: Callable[[Desk, str], str],
) -> None:
    """As often as nobody knows what became of the cancel."""
    desk, order_id = resting()
    code = asks(desk, order_id)
    assert desk.cancelled() == [(order_id, code)]
    for _ in range(3):
        desk.say(kinds.OUTCOME_UNKNOWN, order_id, "cancel")
        assert desk.cancelled() == [], "it may have ended: it is looked up first"
        desk.found(order_id)
        assert desk.cancelled() == [(order_id, BY_HAND)]
        desk.accept(order_id)
        assert desk.cancelled() == [], "one is on its way"
    desk.say(kinds.CANCELLED, order_id)
    assert_idle(desk.engine)


def test_what_a_venue_refused_to_cancel_is_not_asked_for_again() -> None:
    desk, order_id = resting()
    closes(desk, order_id)
    desk.say(kinds.CANCEL_REJECTED, order_id, "TOO_LATE")
    desk.taken()
    desk.found(order_id)
    desk.accept(order_id)
    assert desk.cancelled() == []


def test_a_strategy_asks_again_itself() -> None:
    desk, order_id = resting()
    desk.cancel(order_id)
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "cancel")
    desk.taken()
    desk.found(order_id)
    assert desk.cancelled() == []


def test_what_a_person_wanted_ended_is_so_behind_a_restart_too() -> None:
    """The cancel was sent, or was about to be, when the process ended."""
    desk, order_id = resting()
    closes(desk, order_id)
    before, engine = desk.engine.state_hash(), Engine()
    restore(engine, to_bytes(desk.engine))
    assert engine.state_hash() == before
    desk.engine = engine
    desk.feed(Started(desk.tick(), 2, []))
    desk.took(None, engine.look_up())
    desk.taken()
    desk.found(order_id)
    assert desk.cancelled() == [(order_id, BY_HAND)]
