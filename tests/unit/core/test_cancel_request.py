"""Openings that a person names are cancelled; what guards a position stays."""

from __future__ import annotations

import pytest

from tests.unit.core.desk import LIMIT, SELL, Desk, account_of
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.codec import Decoder, encode
from tradewright.model.command import BY_HAND
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
