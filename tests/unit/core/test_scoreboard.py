"""The scoreboard: days, fees, who takes part since when, and what is told of a match that can not be stated."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tradewright.core.engine import Engine
from tradewright.core.ledger import Book, Position
from tradewright.core.marks import Marks
from tradewright.core.scoreboard import Scoreboard, board_from, share
from tradewright.core.setup import Setup
from tradewright.model.control import DayRolled
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.lot import Match, lot_of, match_of
from tradewright.model.market import Bar
from tradewright.model.numbers import MONEY_ONE
from tradewright.model.order import GTC, MARKET, Order
from tradewright.model.report import Fill
from tradewright.model.score import StrategiesWeighed, Weight
from tradewright.model.shadow import ShadowTerms
from tradewright.model.zone import DAY_NS
from tradewright.trader.scoring import check_shadow

SHADOW = "paper:main"
BITCOIN = Instrument("BTCUSD", "paper", "crypto", "BTC", "USD", 2, 8, index=0)
EURO = Instrument("EURUSD", "paper", "forex", "EUR", "USD", 5, 2, index=1)
SAP = Instrument("SAP", "paper", "equity", "SAP", "CHF", 2, 0, index=2)


def board(**terms: Any) -> Scoreboard:
    made = Scoreboard(ShadowTerms("main", "shmain", **terms), "USD", "UTC")
    made.seat(made.terms, {"a": "", "b": ""})
    return made


def marks(price: int = 5_000_000) -> Marks:
    made = Marks()
    for instrument in (BITCOIN, EURO, SAP):
        made.list_instrument(instrument)
    made.apply(Bar(1, BITCOIN, 0, price, price, price, price, 1))
    return made


def filled(
    made: Scoreboard, trade: str, size: int, fee: int, currency: str, instrument: Instrument = BITCOIN, fed: int = 0
) -> None:
    """A fill of strategy a; fed: what a fee in the base currency took off its size."""
    order = Order(
        f"shmain-1-{trade}", SHADOW, "a", instrument, 1, MARKET, size, 0, 0, 0, 0, GTC, 0, "", "", "", "entry", 0, 1, 1
    )
    book = Book(Position(SHADOW, instrument), "a", instrument, False)
    fill = Fill(1, order.id, 1, trade, 5_000_000, size, fee, currency)
    matches: list[Match] = []
    from tradewright.core.ledger import BookedFill

    book.add(BookedFill(1, order.id, trade, 1, size - fed, 5_000_000, False, ""), matches)
    made.book(order, fill, book, marks())


def matched(
    size: int, day: int, opened: str = "1", closed: str = "2", gain: int = 100, instrument: Instrument = BITCOIN
) -> Match:
    lot = lot_of("shmain-1-1", opened, 1, size, 5_000_000, 1)
    return match_of(SHADOW, "a", instrument, lot, size, "shmain-1-2", closed, 5_000_000 + gain, day * DAY_NS + 5)


def take(made: Scoreboard, match: Match) -> Any:
    said = made.matched(match, 7, marks())
    made.used(said, match.instrument.index)
    made.apply(said)
    return said


def test_a_match_bears_its_share_of_both_fees_rounded_up() -> None:
    made = board()
    filled(made, "1", 3, 10, "USD")
    filled(made, "2", 3, 4, "USD")
    said = [take(made, matched(1, 20_000)) for _ in range(3)]
    assert [event.fees for event in said] == [4 + 2, 4 + 2, 4 + 2], "10/3 and 4/3, each rounded up"
    assert said[0].net == said[0].pnl - 6
    assert made.results == {"a": {20_000: 3 * said[0].net}}
    assert [left for _, _, left in made.costs.values()] == [0, 0]


def test_a_fee_in_the_base_currency_is_borne_by_what_it_left() -> None:
    made = board()
    coin = 10 ** (18 - 8)
    filled(made, "1", 1_000_000, 1_000 * coin, "BTC", fed=1_000)
    filled(made, "2", 999_000, 0, "")
    said = take(made, matched(999_000, 20_000))
    assert said.fees == 1_000 * 50_000 * MONEY_ONE // 10**8, "all of it, at the mark: 0.00001 of 50,000.00"


def test_what_a_late_fill_undid_is_taken_back_to_the_last_unit() -> None:
    made = board()
    filled(made, "1", 7, 10, "USD")
    filled(made, "2", 7, 3, "USD")
    match = matched(5, 20_000)
    take(made, match)
    back = take(made, match.reversal())
    assert back.size == -5
    assert made.results == {"a": {20_000: 0}}
    assert made.count("a") == (0, 0)
    assert [left for _, _, left in made.costs.values()] == [7, 7]


def test_a_match_without_a_rate_counts_nothing_and_is_listed() -> None:
    made = board()
    filled(made, "1", 1, 0, "", SAP)
    filled(made, "2", 1, 0, "", SAP)
    made.apply(DayRolled(1, SHADOW, 20_000, None))
    said = take(made, matched(1, 20_000, instrument=SAP))
    made.apply(DayRolled(2, SHADOW, 20_001, None))
    assert (said.currency, said.fees, said.net) == ("CHF", 0, None)
    assert made.returns("a") == [0]
    assert made.count("a") == (1, 1)


def test_a_share_of_a_fee_is_its_own_negation_backwards() -> None:
    for fee in (10, -10, 7, 0):
        for part in range(1, 8):
            assert share(fee, -part, 7) == -share(fee, part, 7)
            assert share(fee, part, 7) * 7 >= fee * part


def test_days_count_when_they_have_ended_and_leave_the_window() -> None:
    made = board(days=2)
    nets = []
    for day in (20_000, 20_001, 20_004):
        made.apply(DayRolled(day * DAY_NS, SHADOW, day, None))
        filled(made, f"{day}o", 1, 0, "")
        filled(made, f"{day}c", 1, 0, "")
        nets.append(take(made, matched(1, day, f"{day}o", f"{day}c", day - 19_990)).net)
    assert (made.days, made.due) == ([20_000, 20_001], True)
    assert made.returns("a") == nets[:2], "the running day is not over"
    assert made.returns("b") == [0, 0]
    made.apply(DayRolled(20_005 * DAY_NS, SHADOW, 20_005, None))
    assert (made.days, made.returns("a"), made.count("a")) == ([20_001, 20_004], nets[1:], (2, 0))
    assert 20_000 not in made.results["a"]
    made.apply(DayRolled(20_006 * DAY_NS, "main", 20_006, None))
    assert made.day == 20_005, "another account's day is none of the shadow's"


def test_who_joins_later_is_measured_from_then_on() -> None:
    made = board()
    for day in (20_000, 20_001, 20_002):
        made.apply(DayRolled(day * DAY_NS, SHADOW, day, None))
    made.seat(made.terms, {"a": "", "b": "", "c": ""})
    made.apply(DayRolled(20_003 * DAY_NS, SHADOW, 20_003, None))
    assert (len(made.returns("a")), len(made.returns("c"))) == (3, 1)


def weighed(made: Scoreboard, **weights: int) -> None:
    made.apply(StrategiesWeighed(5, SHADOW, "", 1, [Weight(name, ppm, 500_000, 0) for name, ppm in weights.items()]))


def test_weights_of_a_group_begin_anew_with_other_members_and_stay_with_the_same() -> None:
    made = board()
    weighed(made, a=600_000, b=400_000)
    made.seat(made.terms, {"b": "", "a": "", "m": "ens"})
    assert sorted(made.weights) == ["a", "b"], "another group's members are none of theirs"
    made.seat(made.terms, {"a": "", "m": "ens"})
    assert made.weights == {}


@pytest.mark.parametrize("bounds", [{"floor_ppm": 300_000}, {"cap_ppm": 600_000}])
def test_weights_begin_anew_where_a_start_has_other_bounds(bounds: dict[str, int]) -> None:
    """What they were lies outside of these, and may change by little at a time: together they would miss the whole."""
    made = board(change_ppm=50_000)
    made.apply(
        StrategiesWeighed(1, SHADOW, "", 1, [Weight("a", 900_000, 500_000, 0), Weight("b", 100_000, 500_000, 0)])
    )
    made.seat(made.terms, made.seats)
    assert sorted(made.weights) == ["a", "b"]
    made.seat(made.terms._replace(**bounds), made.seats)
    assert (made.weights, made.weighed) == ({}, {})


def test_a_home_goes_on_with_the_shadow_that_holds_its_positions() -> None:
    engine = Engine()
    engine.board = board()
    for account, words in (("main", ""), ("other", "paper:main holds positions of an earlier start")):
        setup = Setup([], [], [], {}, shadow=ShadowTerms(account, "shadow"))
        if words:
            with pytest.raises(InputError, match=words):
                check_shadow(setup, engine)
        else:
            check_shadow(setup, engine)


def test_openings_are_weighed_and_closes_are_not() -> None:
    made = board()
    weighed(made, a=600_000, b=400_000)
    intents = [Intent("1", "main", name, BITCOIN, 1) for name in ("a", "b", "c", "a")]
    intents[3].closing = True
    made.weigh(intents)
    assert [(intent.weight_ppm, intent.weighed) for intent in intents] == [
        (1_200_000, 5), (800_000, 5), (1_000_000, 0), (1_000_000, 0),
    ]  # fmt: skip


def test_its_state_comes_back_as_it_was() -> None:
    made = board()
    made.apply(DayRolled(1, SHADOW, 20_000, None))
    filled(made, "1", 3, 10, "USD")
    filled(made, "2", 3, 4, "XYZ")
    take(made, matched(1, 20_000))
    made.apply(DayRolled(2, SHADOW, 20_001, None))
    weighed(made, a=600_000, b=400_000)
    row = msgspec.json.decode(msgspec.json.encode(made.row()))
    again = board_from(row)
    assert msgspec.json.decode(msgspec.json.encode(again.row())) == row
    assert (again.returns("a"), again.costs) == (made.returns("a"), made.costs)
