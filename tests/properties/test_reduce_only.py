"""What shall reduce never flips: neither at the venue, where the flag stands, nor in a strategy's own book."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.e2e.desk import ACCOUNT, Desk, share
from tests.properties.life import WHIMS
from tests.properties.reach import LENGTHS
from tradewright.model.order import ENTRY
from tradewright.sim.models import Models

MODELS = (
    {"fill": "next_open:ohlc"},
    {"fill": "touch:olhc", "partial": "volume:1%"},
    {"fill": "next_open:adverse", "partial": "random:0.4"},
    {"fill": "next_close", "slippage": "ticks:3", "partial": "volume:2%"},
)
BAR = st.tuples(st.integers(0, 1), *[st.integers(-250, 250)] * 3, st.integers(0, 1_000))


def played(data: st.DataObject, length: int, mode: str, strategies: int, native: bool) -> Desk:
    """Whims over random bars at the real exchange; after each event its books and the engine's are compared."""
    refs = [(f"{WHIMS}:Whims", {"mood": data.draw(st.integers(1, 2**32))}) for _ in range(strategies)]
    desk = Desk(
        *refs, instruments=[share("ACME"), share("ZINC")], cash=50_000, mode=mode, leverage=4, native_exits=native,
        models=Models(**data.draw(st.sampled_from(MODELS))),
    )  # fmt: skip
    prices = [10_000, 10_000]
    for which, *moves, volume in data.draw(st.lists(BAR, min_size=10, max_size=length // 2)):
        first = prices[which] + moves[0]
        last = first + moves[1]
        reach = abs(moves[2]) // 2
        prices[which] = min(max(last, 5_000), 20_000)
        cents = [first, max(first, last) + reach, min(first, last) - reach, last]
        if min(cents) > 4_000:
            open, high, low, close = (f"{count}e-2" for count in cents)
            desk.bar(open, high, low, close, volume, symbol=("ACME", "ZINC")[which])
    return desk


@LENGTHS
@pytest.mark.parametrize("native", [True, False])
@given(st.data())
def test_an_order_that_shall_only_reduce_never_flips_the_account(
    length: int, native: bool, data: st.DataObject
) -> None:
    desk = played(data, length, "netting", data.draw(st.integers(1, 2)), native)
    net: Counter[str] = Counter()
    for booked in desk.recorder.fills:
        order, size = booked.order, booked.fill.size_units
        if order.reduce_only:
            assert size <= -order.side * net[order.instrument.symbol]
        net[order.instrument.symbol] += order.side * size
    assert {symbol: size for symbol, size in net.items() if size} == desk.exchange.positions(ACCOUNT)


@LENGTHS
@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("mode", ["netting", "hedging"])
@given(st.data())
def test_an_exit_never_flips_what_its_strategy_holds(length: int, mode: str, native: bool, data: st.DataObject) -> None:
    """Also where two strategies share an account, and the flag can not say so to the venue."""
    desk = played(data, length, mode, 2, native)
    held: Counter[tuple[str, str, int]] = Counter()
    for booked in desk.recorder.fills:
        order, size = booked.order, booked.fill.size_units
        mine = (order.strategy, order.instrument.symbol)
        closable = held[*mine, -order.side]
        if order.role != ENTRY:
            assert size <= closable, f"{order.id} closes {size} of {closable}"
        closed = min(size, closable) if mode == "netting" or order.role != ENTRY else 0
        held[*mine, -order.side] -= closed
        held[*mine, order.side] += size - closed
