"""What a venue reports, in any order, any number of times and in any pieces: the same stage, fills, fees and ledger."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.reach import LENGTHS
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.event import Event
from tradewright.model.report import Fill, Replaced, Report

SYMBOLS = ("ACME", "BTCUSD", "EURUSD")
PRICES = {"ACME": 10_000, "BTCUSD": 6_000_000, "EURUSD": 110_000}
SIZES = {"ACME": 1, "BTCUSD": 10**5, "EURUSD": 1}
ORDERS = [f"main-1-{number}" for number in range(1, 19)]
CURRENCIES = ("USD", "BTC", "EUR")
ENDS = (kinds.CANCELLED, kinds.EXPIRED, kinds.REJECTED, kinds.NOT_FOUND)


class Said(NamedTuple):
    """A report without its arrival: on which of the orders, what, the venue's clock, and its numbers."""

    order: str
    kind: int
    at: int
    numbers: tuple[int, int, int]
    currency: str = ""


def desk_of(mode: str) -> Desk:
    """Two strategies with orders to both sides in three instruments, some with exits, all of them on their way."""
    desk = Desk(
        account_of("main", mode=mode, leverage=20), symbols=SYMBOLS, cash={"USD": "1000000", "BTC": "5", "EUR": "9000"}
    )
    for symbol in SYMBOLS:
        desk.quote(PRICES[symbol], symbol=symbol)
    for symbol, price in PRICES.items():
        for strategy in ("s", "t"):
            exits = {"stop_loss": price - 90, "take_profit": price + 90} if strategy == "s" else {}
            desk.send(BUY, 20 * SIZES[symbol], symbol=symbol, strategy=strategy, limit_units=price, **exits)
            desk.send(SELL, 20 * SIZES[symbol], symbol=symbol, strategy=strategy, limit_units=price)
    for id in ORDERS[:6]:
        desk.cancel(id)
    assert len(desk.engine.orders) == len(ORDERS)
    return desk


REPORTS = st.one_of(
    st.builds(
        Said, st.sampled_from(ORDERS), st.just(kinds.FILLED), st.integers(0, 5),
        st.tuples(st.integers(1, 9), st.integers(-50, 50), st.integers(-3, 9)), st.sampled_from(CURRENCIES),
    ),
    st.builds(
        Said, st.sampled_from(ORDERS), st.sampled_from((kinds.ACCEPTED, kinds.TRIGGERED, *ENDS, kinds.CANCEL_REJECTED)),
        st.integers(0, 5), st.just((0, 0, 0)),
    ),
    st.builds(
        Said, st.sampled_from(ORDERS), st.just(kinds.REPLACED), st.integers(0, 5),
        st.tuples(st.integers(1, 60), st.integers(-50, 50), st.just(0)),
    ),
)  # fmt: skip


def report_of(said: Said, number: int, now: int, engine: Engine) -> Event:
    """number: makes the trade id; the engine hears of it at `now`."""
    id = said.order
    instrument = engine.orders[id].order.instrument
    unit, price = SIZES[instrument.symbol], PRICES[instrument.symbol]
    size, away, fee = said.numbers
    if said.kind == kinds.FILLED:
        return Fill(now, id, said.at, f"T{number}", price + away, size * unit, fee * 10**15 + 1, said.currency)
    if said.kind == kinds.REPLACED:
        return Replaced(now, id, said.at, size * unit, price + away, 0)
    return Report(said.kind, now, id, said.at, "WHY", "V")


def told(desk: Desk, said: list[Said], order: list[int]) -> Engine:
    """A copy of the desk's engine after it heard these reports, by their numbers, in this order."""
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    for now, number in enumerate(order, desk.now + 1):
        event = report_of(said[number], number, now, engine)
        engine.apply(event)
        engine.react(event)
    return engine


def facts(engine: Engine) -> dict[str, Any]:
    """What is known: of each order, of the ledger, of the holds, and the pieces that were closed."""
    pieces: dict[str, int] = defaultdict(int)
    profit: dict[str, int] = defaultdict(int)
    for match in engine.matches:
        pieces[f"{match.strategy} {match.instrument.symbol} {match.id}"] += match.size
        profit[f"{match.strategy} {match.instrument.symbol}"] += match.pnl
    orders = {
        id: (state.stage, state.filled, state.value, state.fees, state.trades, state.terms, state.order.row())
        for id, state in engine.orders.items()
    }
    held = sorted(hold.row() for hold in engine.holds.holds.values())
    return {
        "orders": orders,
        "ledger": engine.ledger.row(),
        "held": (held, engine.holds.money),
        "matches": ({k: v for k, v in pieces.items() if v}, {k: v for k, v in profit.items() if v}),
    }


@LENGTHS
@pytest.mark.parametrize("mode", ["netting", "hedging"])
@given(st.data())
def test_any_order_and_any_duplication_of_the_same_reports_gives_the_same_facts(
    length: int, mode: str, data: st.DataObject
) -> None:
    desk = desk_of(mode)
    said = data.draw(st.lists(REPORTS, min_size=2, max_size=length // 2))
    numbers = list(range(len(said)))
    again = data.draw(st.lists(st.sampled_from(numbers), max_size=length // 4))
    other = data.draw(st.permutations(numbers + again))
    assert facts(told(desk, said, other)) == facts(told(desk, said, numbers))


TRADES = st.lists(
    st.tuples(st.sampled_from((BUY, SELL)), st.integers(1, 40), st.integers(9_900, 10_100)), min_size=1, max_size=15
)


def traded(trades: list[tuple[int, int, int]], parts: list[list[int]], mode: str) -> Any:
    """What is left of trading so, each order filled in these parts: books, cash, and P&L by opening and closing
    order."""
    desk = Desk(account_of("main", mode=mode, leverage=100), cash="10000000")
    desk.quote(10_000)
    for (side, size, price), sizes in zip(trades, parts, strict=True):
        for decision in desk.want(side, size) if mode == "netting" or side > 0 else _closed(desk, size):
            order = decision.orders[0]
            left, at = order.quantity, desk.now + 1
            for number, share in enumerate([*sizes, 40]):
                part = min(left, share)
                if part:
                    # What the whole costs is a cent for each share.
                    desk.fill(order.id, part, price, at=at + number, fee=f"{part}e-2")
                    left -= part
    book = desk.engine.book("main", "s", desk.on())
    lots: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for lot in book.lots:
        lots[lot.order_id][0] += lot.side * lot.size
        lots[lot.order_id][1] += lot.size * lot.price_units
    closed: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for match in desk.engine.matches:
        closed[match.open_order, match.close_order][0] += match.size
        closed[match.open_order, match.close_order][1] += match.pnl
    values = {id: (state.filled, state.value) for id, state in desk.engine.orders.items()}
    return desk.cash(), book.net, book.realised, book.fees, dict(lots), dict(closed), values


def _closed(desk: Desk, size: int) -> list[Any]:
    """An account that hedges sells what it bought."""
    held = desk.engine.book("main", "s", desk.on()).long_size
    return desk.close(SELL, min(size, held)) if held else []


@LENGTHS
@pytest.mark.parametrize("mode", ["netting", "hedging"])
@given(st.data())
def test_profit_does_not_depend_on_how_a_fill_is_split(length: int, mode: str, data: st.DataObject) -> None:
    trades = data.draw(TRADES)
    parts = [data.draw(st.lists(st.integers(1, 20), max_size=4)) for _ in trades]
    assert traded(trades, parts, mode) == traded(trades, [[] for _ in trades], mode)
