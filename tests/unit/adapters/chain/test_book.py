"""Chains and legs by themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.adapters.venue.binance.ledger import Ledger
from tests.unit.sim.wire.binance_client import BTC, ETH
from tradewright.adapters.chain import book
from tradewright.adapters.chain.book import Book
from tradewright.adapters.chain.legs import Leg
from tradewright.adapters.chain.seen import CANCELED, OPEN, STATUSES, Seen
from tradewright.core.life_cycle import SUBMITTED
from tradewright.core.orders import OrderState
from tradewright.model.foreign import EXTERNAL
from tradewright.model.order import BUY, LIMIT, Order


def order(number: int, strategy: str = "s") -> Order:
    return Order(f"A-1-{number}", "main", strategy, (BTC, ETH)[number % 2], BUY, LIMIT, 100, 5)


def seen(status: str = OPEN, executed: int = 0, quantity: int = 100, only_shrinks: bool = True) -> Seen:
    return Seen(BTC, "7", "A-1-2", status, BUY, LIMIT, quantity, executed, 5, 0, 1, only_shrinks=only_shrinks)


@given(st.permutations([seen(), seen(OPEN, 40), seen(OPEN, 40, 80), seen(CANCELED, 60, 80)]))
def test_what_is_seen_in_any_order_is_the_same_leg(sights: list[Seen]) -> None:
    leg = Leg(0, "A-1-2", 100)
    for sight in sights:
        leg.note(sight)
    assert (leg.status, leg.executed, leg.quantity, leg.over, leg.gap) == (CANCELED, 60, 80, True, True)


def test_where_a_venue_lets_an_order_grow_the_size_seen_last_counts() -> None:
    leg = Leg(0, "A-1-2", 100)
    for quantity in (100, 80, 110):
        leg.note(seen(OPEN, 40, quantity, only_shrinks=False))
        assert leg.quantity == quantity


@given(st.lists(st.sampled_from(STATUSES), min_size=1))
def test_what_has_ended_stays_so(statuses: list[str]) -> None:
    leg = Leg(0, "A-1-2", 100)
    over = False
    for status in statuses:
        leg.note(seen(status))
        over = over or seen(status).over
        assert leg.over == over


def test_orders_that_ended_long_ago_are_forgotten_with_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "KEPT", 3)
    shelf = Book(Ledger((BTC, ETH), lambda: 0))
    chains = [shelf.begin(order(number), 1) for number in range(6)]
    for number, chain in enumerate(chains):
        chain.last.venue_id = f"{number + 1}"
        shelf.place(chain, chain.last)
        shelf.end(chain)
    shelf.end(chains[0])
    assert list(shelf.chains) == ["A-1-3", "A-1-4", "A-1-5"]
    symbols = [chain.order.instrument.symbol for chain in chains]
    assert [shelf.at(symbols[number], f"{number + 1}") is not None for number in range(6)] == [False] * 3 + [True] * 3


def test_an_order_of_an_earlier_process_is_taken_up_with_the_legs_its_name_tells() -> None:
    ledger = Ledger((BTC, ETH), lambda: 0)
    for number, (strategy, name) in enumerate([("s", ""), ("s", "12"), ("s", "34_2"), (EXTERNAL, "56")]):
        state = OrderState(order(number, strategy), SUBMITTED)
        state.venue_id = name
        ledger.states[state.order.id] = state
    shelf = Book(ledger)
    found = [shelf.known(f"A-1-{number}") for number in range(4)]
    legs = [[(leg.client_id, leg.venue_id) for leg in chain.legs] for chain in found if chain is not None]
    assert legs == [
        [("A-1-0", "")], [("A-1-1", "12")], [("A-1-2", ""), ("A-1-2_1", ""), ("A-1-2_2", "34")], [("", "56")],
    ]  # fmt: skip
    assert shelf.at("ETHBTC", "56") == (found[3], found[3].last if found[3] is not None else None)
    assert shelf.known("A-1-9") is None
    assert shelf.named("BTCUSDT", "A-1-1") is None  # another symbol
    assert shelf.named("ETHBTC", "web_abc") is None
    place = shelf.named("BTCUSDT", "A-1-0_3")
    assert place is not None and place[1].number == 3 and not place[0].whole
