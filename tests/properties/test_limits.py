"""Whatever is wanted, granted, filled, cancelled or refused in whatever order: no limit is ever exceeded, since working
orders count from the moment they are granted; and what is kept for limits survives a snapshot."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core import open_trades
from tradewright.core.engine import Engine
from tradewright.core.limits import limits_from
from tradewright.core.open_trades import Terms
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.control import LimitsSet

PRICE = 10_000
ONE = 10**18
SYMBOLS = ("ACME", "ZETA", "NYSE")
ACCOUNTS = ("one", "two")
STRATEGIES = ("s", "t")
#: Of ann, over both accounts; each is within reach of a few orders.
LIMITS: dict[str, Any] = {
    "maxOpenPositions": 4, "maxConcurrentTradesGlobal": 5, "maxConcurrentTradesPerSymbol": 3, "maxTradesPerDay": 4,
    "maxTotalExposure": 5_000, "maxDailyRiskGlobal": 300, "maxPositionQuantity": 20,
}  # fmt: skip
CASH = 3_000
Act = tuple[int, int, int, int, int]
ACTS = st.lists(
    st.tuples(
        st.integers(0, 9), st.integers(0, len(SYMBOLS) - 1), st.integers(0, 1), st.integers(0, 1), st.integers(1, 14)
    ),
    max_size=30,
)


def desk_of_ann() -> Desk:
    desk = Desk(*[account_of(name, owner="ann") for name in ACCOUNTS], symbols=SYMBOLS, cash=CASH)
    for symbol in SYMBOLS:
        desk.quote(PRICE if symbol != "ZETA" else 100 * PRICE, symbol=symbol)
    desk.feed(LimitsSet(desk.tick(), "owner:ann", limits_from(LIMITS).row(), 0, "", "ann", "house"))
    return desk


def act(desk: Desk, what: int, symbol: int, account: int, strategy: int, size: int) -> None:
    terms: dict[str, Any] = {
        "symbol": SYMBOLS[symbol], "account": ACCOUNTS[account], "strategy": STRATEGIES[strategy],
    }  # fmt: skip
    scale = 100 if SYMBOLS[symbol] == "ZETA" else 1
    price = PRICE * scale
    # A stop that ends leaves its trade at another risk than it was judged at: that is no opening's doing.
    working = [id for id, state in desk.engine.orders.items() if state.is_open() and state.order.role != "stop_loss"]
    if what <= 3:
        stop = {"stop_loss": price - 500 * scale} if what % 2 else {}
        desk.want(BUY, size * scale, limit_units=price, **terms, **stop)
    elif what == 4:
        desk.want(SELL, size * scale, limit_units=price, **terms)
    elif what == 5:
        desk.close(SELL, **terms)
    elif working:
        order = desk.engine.orders[working[size % len(working)]].order
        state = desk.engine.orders[order.id]
        if what == 6 and state.stage > 1:
            desk.fill(order.id, state.remaining(), order.limit_units or price)
        elif what == 7 and state.stage > 1:
            desk.fill(order.id, max(1, state.remaining() // 2), order.limit_units or price)
        elif what == 8:
            desk.cancel(order.id)
        elif state.stage > 1:
            desk.say(kinds.REJECTED if state.filled == 0 else kinds.CANCELLED, order.id)


def check_limits(desk: Desk) -> None:
    """Each bound added up by hand or from the books, not by the rules."""
    engine = desk.engine
    scope = engine.gate.exposure("owner:ann")
    positions = [position for account in engine.accounts.values() for position in account.positions]
    taken = [each for each in positions if each.opening or each.long_size or each.short_size]
    assert len(taken) <= LIMITS["maxOpenPositions"]
    entries = {id for id, state in engine.orders.items() if state.order.role == "entry" and state.is_open()}
    lots = [(lot.order_id, book) for book in engine.ledger.books.values() for lot in book.lots]
    trades = entries | {id for id, _ in lots}
    assert len(trades) <= LIMITS["maxConcurrentTradesGlobal"]
    for index in range(len(SYMBOLS)):
        here = {id for id in trades if engine.orders[id].order.instrument.index == index}
        assert open_trades.count(scope, index, 0) == len(here) <= LIMITS["maxConcurrentTradesPerSymbol"]
        of = [state for state in engine.orders.values() if state.order.instrument.index == index]
        counted = [s for s in of if s.order.role == "entry" and s.stage and (s.is_open() or s.filled)]
        assert open_trades.trades_today(scope, index) == len(counted) <= LIMITS["maxTradesPerDay"]
    value = 0
    for each in positions:
        price = PRICE if each.instrument.symbol != "ZETA" else 100 * PRICE
        sizes = each.long_size + each.short_size + each.buying + each.selling
        value += price * sizes * each.instrument.money_factor
    assert value <= LIMITS["maxTotalExposure"] * ONE
    risk = open_trades.risk(scope, -1, Terms()).amount
    assert risk is not None and risk <= LIMITS["maxDailyRiskGlobal"] * ONE
    for account in engine.accounts.values():
        free = account.free("USD")
        assert free is not None and free >= 0, "what is held is never more than there is"


@given(acts=ACTS)
def test_no_limit_is_exceeded_in_any_order_of_things(acts: list[Act]) -> None:
    desk = desk_of_ann()
    for each in acts:
        act(desk, *each)
        check_limits(desk)
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    assert engine.state_hash() == desk.engine.state_hash()


@given(order=st.permutations([(account, strategy) for account in ACCOUNTS for strategy in STRATEGIES]))
def test_of_signals_of_one_tick_the_last_slot_and_the_last_money_go_to_one(order: list[tuple[str, str]]) -> None:
    """Four signals of one tick for one slot; then four for what one of them would spend."""
    for limits, cash, size in (({"maxOpenPositions": 1}, 10**6, 1), ({"maxTotalExposure": 1_000}, 10**6, 10)):
        desk = Desk(*[account_of(name, owner="ann") for name in ACCOUNTS], symbols=SYMBOLS, cash=cash)
        for symbol in SYMBOLS:
            desk.quote(PRICE, symbol=symbol)
        desk.feed(LimitsSet(desk.tick(), "owner:ann", limits_from(limits).row(), 0, "", "ann", ""))
        granted = [
            desk.want(BUY, size, symbol=SYMBOLS[2 * (strategy == "t")], account=account, strategy=strategy)[0].approved
            for account, strategy in order
        ]
        assert granted == [True, False, False, False]
    desk = Desk(account_of("one"), cash="1000")
    desk.quote(PRICE)
    assert [desk.want(BUY, 10, strategy=name)[0].approved for name in ("s", "t")] == [True, False]
