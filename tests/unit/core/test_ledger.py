"""Lots, matches, cash and fees: what a fill does to the books, to the last unit."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of, listing
from tests.unit.core.twin import TwinBook, TwinFill
from tradewright.core.ledger import WINDOW, Book, BookedFill, Position
from tradewright.model.lot import Match
from tradewright.model.numbers import MONEY_MAX, SIZE_MAX
from tradewright.model.rng import Rng

ONE = 10**18


def book_of(hedging: bool = False, symbol: str = "ACME") -> Book:
    instrument = listing(symbol)
    return Book(Position("main", instrument), "s", instrument, hedging)


def add(book: Book, time: int, side: int, size: int, price: int, **terms: object) -> list[Match]:
    matches: list[Match] = []
    order, trade = str(terms.get("order", f"o{time}")), str(terms.get("trade", time))
    closing, lot = bool(terms.get("closing", False)), str(terms.get("lot", ""))
    book.add(BookedFill(time, order, trade, side, size, price, closing, lot), matches)
    return matches


def lots(book: Book) -> list[tuple[str, int, int, int]]:
    return [(lot.order_id, lot.side, lot.size, lot.price_units) for lot in book.lots]


def pieces(matches: list[Match]) -> list[tuple[str, str, int, int]]:
    """(opened by, closed by, size, P&L in cents) of ACME, whose price counts are cents."""
    return [(match.open_order, match.close_order, match.size, match.pnl // (ONE // 100)) for match in matches]


# Each row: the fills (side, size, price) of one netting book in order → (lots left, realised in cents).
NETTING = {
    "a long grows": ([(1, 10, 100), (1, 5, 110)], [(1, 10, 100), (1, 5, 110)], 0),
    "a sale closes the oldest first": ([(1, 10, 100), (1, 5, 110), (-1, 12, 120)], [(1, 3, 110)], 220),
    "a short is bought back": ([(-1, 10, 100), (1, 4, 90)], [(-1, 6, 100)], 40),
    "a short that loses": ([(-1, 10, 100), (1, 10, 130)], [], -300),
    "through zero from long": ([(1, 10, 100), (-1, 15, 120)], [(-1, 5, 120)], 200),
    "through zero from short": ([(-1, 4, 100), (1, 10, 99)], [(1, 6, 99)], 4),
    "through zero and back": ([(1, 5, 100), (-1, 10, 110), (1, 10, 90)], [(1, 5, 90)], 150),
    "flat": ([(1, 7, 100), (-1, 7, 100)], [], 0),
}


@pytest.mark.parametrize("name", NETTING)
def test_a_netting_book_closes_the_oldest_lots_first(name: str) -> None:
    fills, left, cents = NETTING[name]
    book = book_of()
    for at, (side, size, price) in enumerate(fills, 1):
        add(book, at, side, size, price)
    assert [(lot.side, lot.size, lot.price_units) for lot in book.lots] == left
    assert book.realised == cents * ONE // 100
    assert book.cost() == sum(side * size * price for side, size, price in left) * ONE // 100


@pytest.mark.parametrize("name", [name for name in NETTING if "through" in name])
def test_crossing_zero_is_closing_and_then_opening(name: str) -> None:
    fills, left, cents = NETTING[name]
    book = book_of()
    net, at = 0, 0
    for side, size, price in fills:
        close = min(size, max(0, -side * net))
        for part in (close, size - close):
            if part:
                at += 1
                add(book, at, side, part, price)
        net += side * size
    assert [(lot.side, lot.size, lot.price_units) for lot in book.lots] == left
    assert book.realised == cents * ONE // 100


def test_a_lot_remembers_what_it_was_opened_with() -> None:
    book = book_of()
    add(book, 1, 1, 10, 100)
    add(book, 2, -1, 4, 100)
    assert (book.lots[0].size, book.lots[0].size_open) == (6, 10)


def test_a_hedging_book_keeps_both_sides_until_an_exit_closes() -> None:
    book = book_of(hedging=True)
    add(book, 1, 1, 10, 100, order="a")
    add(book, 2, -1, 4, 105, order="b")
    assert (book.long_size, book.short_size, book.net) == (10, 4, 6)
    assert pieces(add(book, 3, -1, 3, 110, order="c", closing=True)) == [("a", "c", 3, 30)]
    assert pieces(add(book, 4, 1, 4, 100, order="d", closing=True)) == [("b", "d", 4, 20)]
    assert lots(book) == [("a", 1, 7, 100)]


def test_an_exit_that_names_a_lot_closes_that_one() -> None:
    book = book_of(hedging=True)
    add(book, 1, 1, 10, 100, order="a")
    add(book, 2, 1, 10, 200, order="b")
    assert book.closable(SELL, "b") == 10
    assert pieces(add(book, 3, -1, 4, 150, order="c", closing=True, lot="b")) == [("b", "c", 4, -200)]
    assert lots(book) == [("a", 1, 10, 100), ("b", 1, 6, 200)]
    assert (book.closable(SELL, ""), book.closable(SELL, "b"), book.closable(BUY, "")) == (16, 6, 0)


def test_what_an_exit_fills_beyond_its_lots_stands_on_the_other_side() -> None:
    book = book_of(hedging=True)
    add(book, 1, 1, 10, 100, order="a")
    add(book, 2, -1, 15, 110, order="b", closing=True)
    assert lots(book) == [("b", -1, 5, 110)]


@pytest.mark.parametrize("held", [7, -7, 0])
def test_what_may_be_closed_is_the_other_side(held: int) -> None:
    book = book_of()
    if held:
        add(book, 1, 1 if held > 0 else -1, 7, 100)
    assert book.closable(SELL, "") == max(0, held)
    assert book.closable(BUY, "") == max(0, -held)


def test_a_late_fill_takes_its_place_and_the_rest_is_matched_again() -> None:
    book = book_of()
    add(book, 10, 1, 10, 100, order="a")
    add(book, 30, -1, 10, 120, order="c")
    assert book.realised == 200 * ONE // 100
    changes = add(book, 20, -1, 4, 110, order="b")
    assert pieces(changes) == [("a", "c", -10, -200), ("a", "b", 4, 40), ("a", "c", 6, 120)]
    assert lots(book) == [("c", -1, 4, 120)]
    assert book.realised == 160 * ONE // 100


def test_a_late_fill_that_changes_no_match_reports_none() -> None:
    book = book_of()
    add(book, 10, 1, 10, 100, order="a")
    add(book, 30, 1, 10, 120, order="c")
    assert add(book, 20, 1, 4, 110, order="b") == []
    assert [lot.order_id for lot in book.lots] == ["a", "b", "c"]


def test_both_sides_of_a_trade_with_ourselves_have_one_order_whatever_comes_first() -> None:
    rows = []
    for first in (0, 1):
        book = book_of()
        sides = [(1, "a"), (-1, "b")]
        for side, order in sides[first:] + sides[:first]:
            add(book, 5, side, 10, 100, order=order, trade="same")
        rows.append(book.row())
    assert rows[0] == rows[1]


def test_trade_ids_of_one_instant_sort_as_numbers() -> None:
    book = book_of()
    for trade in ("10", "9", "8"):
        add(book, 5, 1, 1, 100, order="o" + trade, trade=trade)
    assert [lot.order_id for lot in book.lots] == ["o8", "o9", "o10"]


@pytest.mark.parametrize("hedging", [False, True])
def test_a_book_of_many_fills_says_what_a_plain_one_says(hedging: bool) -> None:
    """Past the window fills are settled; in order of the venue's clock that changes nothing."""
    rng = Rng(7)
    book, twin = book_of(hedging), TwinBook(listing("ACME"), hedging)
    told: dict[tuple[str, str, str, str], int] = {}
    for at in range(1, 6 * WINDOW):
        side, size, price = 2 * rng.below(2) - 1, 1 + rng.below(50), 9_000 + rng.below(2_000)
        closing = hedging and rng.below(2) == 1
        fill = TwinFill(at, f"o{at}", str(at), side, size, price, closing=closing)
        twin.fills.append(fill)
        for match in add(book, at, side, size, price, closing=closing):
            key = (match.open_order, match.open_trade, match.close_order, match.close_trade)
            told[key] = told.get(key, 0) + match.size
        assert len(book.window) < 2 * WINDOW
    left, expected, realised = twin.matched()
    assert len(book.window) < len(twin.fills)
    assert [(lot.order_id, lot.side, lot.size, lot.price_units) for lot in book.lots] == [
        (lot.order, lot.side, lot.size, lot.price) for lot in left
    ]
    assert told == expected
    assert Fraction(book.realised, ONE) == realised


def test_a_fill_older_than_the_window_is_matched_at_its_begin_and_no_size_is_lost() -> None:
    book = book_of()
    for at in range(10, 10 + 2 * WINDOW):
        add(book, at, 1, 1, 100)
    assert len(book.window) == WINDOW
    add(book, 1, -1, 5, 90)
    assert book.net == 2 * WINDOW - 5
    assert [lot.time for lot in book.lots][:3] == [15, 16, 17]
    assert book.realised == -50 * ONE // 100


def test_a_book_that_was_only_looked_at_is_no_state() -> None:
    desk = Desk()
    before = desk.engine.state_hash()
    desk.engine.book("main", "elsewhere", desk.on())
    desk.engine.position("main", desk.on())
    assert desk.engine.state_hash() == before


def test_the_average_entry_price_is_that_of_the_lots() -> None:
    book = book_of()
    assert book.average_units() is None
    add(book, 1, 1, 30, 100)
    add(book, 2, 1, 10, 110)
    assert book.average_units() == 102.5


# ── cash and fees ──────────────────────────────────────────────────────────────────────────────────────────────────

#: symbol, side, size counts, price count, fee, its currency → (cash moves per currency, size owned after)
CASH = {
    "a share bought": ("ACME", 1, 10, 12_345, "0", "USD", {"USD": "-1234.5"}, 10),
    "a share sold": ("ACME", -1, 10, 12_345, "0", "USD", {"USD": "1234.5"}, -10),
    "a fee in the quote currency": ("ACME", 1, 10, 10_000, "0.35", "USD", {"USD": "-1000.35"}, 10),
    "a rebate": ("ACME", 1, 10, 10_000, "-0.02", "USD", {"USD": "-999.98"}, 10),
    "a fee in a third currency": ("ACME", 1, 10, 10_000, "0.001", "BNB", {"USD": "-1000", "BNB": "-0.001"}, 10),
    "a base fee of whole counts": ("BTCUSD", 1, 10**8, 100, "0.001", "BTC", {"USD": "-1"}, 99_900_000),
    "a base fee with dust": ("BTCUSD", 1, 10**8, 100, "0.000000015", "BTC", {"USD": "-1", "BTC": "5e-9"}, 99_999_998),
    "a base fee on a sale": ("BTCUSD", -1, 10**8, 100, "0.001", "BTC", {"USD": "1", "BTC": "-0.001"}, -(10**8)),
    "a base fee below a count": ("BTCUSD", 1, 10, 100, "0.000000001", "BTC", {"USD": "-1e-7", "BTC": "9e-9"}, 9),
    "a base fee above the size": ("BTCUSD", 1, 10, 100, "0.0000002", "BTC", {"USD": "-1e-7", "BTC": "-1e-7"}, 0),
    "a base rebate": ("BTCUSD", 1, 10**8, 100, "-0.00000002", "BTC", {"USD": "-1"}, 100_000_002),
    "a base rebate above a sale": ("BTCUSD", -1, 10, 100, "-0.0000003", "BTC", {"USD": "1e-7", "BTC": "3e-7"}, -10),
    "a lot of euros": ("EURUSD", 1, 100, 110_000, "7", "USD", {"USD": "-110007"}, 100),
    "a fee in euros on a lot of euros": ("EURUSD", 1, 100, 110_000, "1000", "EUR", {"USD": "-110000"}, 99),
    "dust of a lot of euros": ("EURUSD", 1, 100, 110_000, "1", "EUR", {"USD": "-110000", "EUR": "999"}, 99),
}  # fmt: skip


@pytest.mark.parametrize("name", CASH)
def test_cash_moves_by_notional_and_fee_to_the_last_unit(name: str) -> None:
    symbol, side, size, price, fee, currency, moves, owned = CASH[name]
    desk = Desk(account_of(leverage=1000), symbols=(symbol,))
    desk.quote(price)
    order_id = desk.send(side, size)
    for other in ("BNB", "BTC", "EUR"):
        desk.deposit(1, other)
    before = dict(desk.engine.ledger.cash["main"])
    desk.fill(order_id, size, price, fee=fee, currency=currency)
    after = desk.engine.ledger.cash["main"]
    assert {name: Fraction(after[name] - amount, ONE) for name, amount in before.items() if after[name] != amount} == {
        name: Fraction(amount) for name, amount in moves.items()
    }
    assert desk.net() == owned
    assert desk.engine.book("main", "s", desk.on()).fees == ({currency: Fraction(fee) * ONE} if fee != "0" else {})


def test_a_base_fee_in_an_account_that_hedges_shrinks_the_lot_a_buy_opens_and_nothing_else() -> None:
    desk = Desk(account_of(leverage=1000, mode="hedging"), symbols=("BTCUSD",))
    desk.quote(100)
    long, short = desk.buy(10**8), desk.sell(10**8)
    for order_id in (long, short):
        desk.fill(order_id, 10**8, 100, fee="0.001", currency="BTC")
    book = desk.engine.book("main", "s", desk.on())
    assert (book.long_size, book.short_size, desk.cash("BTC")) == (99_900_000, 10**8, -ONE // 1000)
    desk.fill(desk.close(BUY)[0].orders[0].id, 10**8, 100, fee="0.001", currency="BTC")
    assert (book.long_size, book.short_size, desk.cash("BTC")) == (99_900_000, 0, -2 * ONE // 1000)


def test_fees_add_up_per_currency() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10)
    for fee, currency in (("1", "USD"), ("0.5", "BNB"), ("2", "USD")):
        desk.fill(order_id, 1, 10_000, fee=fee, currency=currency)
    assert desk.engine.book("main", "s", desk.on()).fees == {"USD": 3 * ONE, "BNB": ONE // 2}
    assert desk.state(order_id).fees == {"USD": 3 * ONE, "BNB": ONE // 2}
    assert desk.cash("BNB") == -ONE // 2


def test_two_strategies_in_one_account_have_two_books_and_one_position() -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000, strategy="a")
    desk.filled(SELL, 4, 11_000, strategy="b")
    assert (desk.net("a"), desk.net("b")) == (10, -4)
    assert desk.engine.position("main", desk.on()).net == 6
    assert [lot.size for lot in desk.engine.book("main", "b", desk.on()).lots] == [4]


def test_a_match_tells_who_opened_and_closed_when_and_at_what() -> None:
    desk = Desk()
    desk.quote(10_000)
    opened = desk.buy(10)
    desk.fill(opened, 10, 10_000, at=5, trade="t1")
    closed = desk.close(SELL, 4)[0].orders[0].id
    desk.fill(closed, 4, 10_500, at=9, trade="t2")
    (match,) = desk.engine.matches
    assert match.row() == ("main", "s", "ACME", 1, 4, opened, "t1", 10_000, 5, closed, "t2", 10_500, 9, 20 * ONE)
    assert match.id == "t1:t2"
    assert match.reversal().row()[4::9] == (-4, -20 * ONE)


# ── overflow: a fill past the range of a number is refused before anything is booked ───────────────────────────────


def test_money_past_128_bits_is_refused_and_books_nothing() -> None:
    desk = Desk(account_of(leverage=10**6))
    desk.quote(1)
    order_id = desk.buy(10**12)
    size = MONEY_MAX // (10_000 * desk.on().money_factor) + 1
    before = desk.engine.state_hash()
    with pytest.raises(OverflowError, match="128-bit"):
        desk.fill(order_id, size, 10_000)
    assert desk.engine.state_hash() == before
    desk.fill(order_id, 10, 100)
    assert desk.net() == 10


def test_cash_past_128_bits_is_refused_in_the_quote_and_in_a_fee_s_currency() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10)
    near = MONEY_MAX // ONE
    desk.deposit(near, "BNB")
    desk.deposit(near - 2_000_000, "USD")
    before = desk.engine.state_hash()
    with pytest.raises(OverflowError):
        desk.fill(order_id, 1, 10_000, fee=-2, currency="BNB")
    with pytest.raises(OverflowError):
        desk.fill(order_id, 1, 10_000, fee=-(10**7))
    with pytest.raises(OverflowError):
        desk.deposit(10**7)
    assert desk.engine.state_hash() == before


def test_cash_below_minus_128_bits_is_refused() -> None:
    desk = Desk()
    desk.deposit(-(MONEY_MAX // ONE), "BNB")
    with pytest.raises(OverflowError):
        desk.deposit(-1, "BNB")


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_position_past_the_range_of_a_size_is_refused_and_books_nothing(side: int) -> None:
    desk = Desk(account_of(leverage=10**9), cash=str(MONEY_MAX // ONE // 2))
    desk.quote(1)
    first, second = desk.send(side, 10), desk.send(side, 10, strategy="t")
    desk.fill(first, SIZE_MAX - 20, 1)
    before = desk.engine.state_hash()
    for order_id in (first, second):
        with pytest.raises(OverflowError, match="out of range"):
            desk.fill(order_id, 21, 1)
        assert desk.engine.state_hash() == before
    desk.fill(second, 20, 1)
    assert desk.engine.position("main", desk.on()).net == side * SIZE_MAX


def test_a_rebate_in_base_past_the_range_of_a_size_is_refused() -> None:
    desk = Desk(symbols=("BTCUSD",))
    desk.quote(100)
    order_id = desk.buy(10)
    before = desk.engine.state_hash()
    with pytest.raises(OverflowError):
        desk.fill(order_id, SIZE_MAX, 1, fee=-1, currency="BTC")
    assert desk.engine.state_hash() == before


def test_a_late_fill_past_the_range_leaves_the_book_as_it_was() -> None:
    """In between, in the order of the venue's clock, the position would have been out of range."""
    book = book_of()
    add(book, 10, 1, SIZE_MAX - 5, 100)
    add(book, 20, -1, 100, 100)
    row, matches = book.row(), [match.row() for match in book.matches]
    with pytest.raises(OverflowError):
        add(book, 15, 1, 10, 100)
    assert book.row() == row
    assert [match.row() for match in book.matches] == matches
    add(book, 30, 1, 10, 100)
    assert book.net == SIZE_MAX - 95


@pytest.mark.parametrize("hedging", [False, True])
def test_an_exit_of_a_full_position_is_not_out_of_range(hedging: bool) -> None:
    desk = Desk(account_of(leverage=10**9, mode="hedging" if hedging else "netting"), cash=str(MONEY_MAX // ONE // 2))
    desk.quote(1)
    desk.fill(desk.buy(10), SIZE_MAX, 1)
    (decision,) = desk.close(SELL)
    desk.fill(decision.orders[0].id, SIZE_MAX, 1)
    assert desk.engine.position("main", desk.on()).row()[2:5] == (0, 0, 0)
