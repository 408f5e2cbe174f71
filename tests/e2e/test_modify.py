"""A working order gets other terms: by hand, and whatever the market and the strategy do meanwhile."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.e2e.desk import Desk, Script
from tradewright.model.control import ModifyJudged
from tradewright.sim.models import Models
from tradewright.trader import Trader


def judged(desk: Desk) -> list[ModifyJudged]:
    trader = Trader(None)
    found: list[ModifyJudged] = []
    for event, made in desk.records(trader):
        trader.follow(event, made)
        found += [item for item in made if isinstance(item, ModifyJudged)]
    return found


def test_a_limit_that_is_moved_and_made_larger_fills_as_one_order() -> None:
    """10 at 98.00 do not fill; 15 at 99.00 do, under the same id, and the stop guards all of them."""
    script: Script = {
        "bar 1": [["buy", {"size": 10, "limit": 98, "stop_loss": 95}]],
        "bar 2": [["modify", {"order_id": "$1", "size": 15, "limit": 99, "reason": "it runs away"}]],
    }
    desk = Desk(script)
    desk.flat(100)
    desk.flat(100)
    assert ("replaced", "#1", 15) in desk.story
    assert desk.bar(100, 100, 99, 100) == [("filled", "#1", 9900, 15)]
    assert desk.bar(100, 100, 94, 94)[-1] == ("filled", "#2", 9500, 15)
    assert desk.cash() == "-60"  # 15 × (95.00 − 99.00)
    assert desk.is_idle()
    (said,) = judged(desk)
    assert (said.approved, said.quantity, said.limit_units, said.reason) == (True, 15, 9900, "it runs away")
    desk.check_recovery()


def test_a_change_that_would_cost_more_than_there_is_is_refused_and_said() -> None:
    script: Script = {
        "bar 1": [["buy", {"size": 10, "limit": 98}]],
        "bar 2": [["modify", {"order_id": "$1", "size": 11}]],
    }
    desk = Desk(script, cash=1000)
    desk.flat(100)
    desk.flat(100)
    (said,) = judged(desk)
    assert not said.approved
    assert [row[0] for row in said.checks if not row[1]] == ["INSUFFICIENT_FUNDS"]
    assert desk.flat(98) == [("filled", "#1", 9800, 10)]
    desk.check_recovery()


class Late(Desk):
    """Requests and answers take their time: the books of both sides agree at the end alone."""

    def compare_books(self) -> None:
        assert self.engine.holds.held("main", "USD") >= 0


CHANGES = st.fixed_dictionaries({}, optional={"size": st.integers(1, 40), "limit": st.integers(95, 104)}).filter(bool)


@given(
    changes=st.lists(CHANGES, min_size=1, max_size=6),
    moves=st.lists(st.integers(-2, 2), min_size=8, max_size=12),
    latency=st.sampled_from(["none", "constant:90000"]),
)
@settings(max_examples=25)
def test_the_chain_never_fills_more_than_the_largest_size_that_was_granted(
    changes: list[dict[str, Any]], moves: list[int], latency: str
) -> None:
    script: Script = {"bar 1": [["buy", {"size": 20, "limit": 97, "stop_loss": 80}]]}
    for number, change in enumerate(changes, 2):
        script[f"bar {number}"] = [["modify", {"order_id": "$1", **change}]]
    kind = Desk if latency == "none" else Late
    desk = kind(script, models=Models(partial="volume:10%", latency=latency), cash=3000)
    price = 100
    for move in (0, *moves):
        price += move
        desk.bar(price, price + 1, price - 1, price, volume=70)
    state = desk.engine.orders["main-1-1"]
    most = max([20, *[said.quantity for said in judged(desk) if said.approved]])
    assert state.filled <= most
    assert desk.net() == state.filled
    assert desk.engine.ledger.cash["main"]["USD"] >= 0
    assert not desk.engine.alarms
    desk.check_recovery()
