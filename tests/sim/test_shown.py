"""Orders against what is shown: quotes, depth and trades; sizes taken, levels walked, queues waited in."""

from __future__ import annotations

import math

import pytest

from tests.sim.venue import Venue
from tradewright.model.order import BUY, FOK, IOC, SELL, STOP, STOP_LIMIT, TRAILING_STOP
from tradewright.sim.models import QueueModel


def quoted(bid_size: int = 0, ask_size: int = 0, **models: str) -> Venue:
    venue = Venue(**models)
    venue.quote(1, 9990, 10010, bid_size, ask_size)
    return venue


# Quotes


def test_market_orders_take_the_quote_at_once() -> None:
    venue = quoted()
    venue.buy("b", 5)
    venue.sell("s", 3)
    assert venue.due() == [("filled", "b", 10010, 5), ("filled", "s", 9990, 3)]


def test_without_a_quote_they_wait_for_the_first() -> None:
    venue = Venue()
    venue.buy("b", 5)
    venue.buy("c", 5, limit=10020, time_in_force=IOC)
    assert venue.due() == []
    assert venue.quote(1, 9990, 10010) == [("filled", "b", 10010, 5), ("filled", "c", 10010, 5)]


def test_the_size_shown_is_all_there_is_until_the_next_quote() -> None:
    venue = quoted(ask_size=8)
    venue.buy("a", 5)
    venue.buy("b", 5)
    assert venue.due() == [("filled", "a", 10010, 5), ("filled", "b", 10010, 3)]
    venue.buy("c", 1)
    assert venue.due() == []
    assert venue.quote(2, 9990, 10020, 0, 2) == [("filled", "b", 10020, 2)]
    assert venue.quote(3, 9990, 10020, 0, 2) == [("filled", "c", 10020, 1)]


def test_a_new_quote_shows_its_size_anew_though_nothing_was_at_work_when_it_came() -> None:
    venue = quoted(ask_size=8)
    venue.buy("a", 8, time_in_force=IOC)
    assert venue.due() == [("filled", "a", 10010, 8)]
    assert venue.quote(2, 9990, 10010, 0, 8) == []
    venue.buy("b", 5, time_in_force=IOC)
    assert venue.due() == [("filled", "b", 10010, 5)]


def test_a_trade_that_no_order_met_is_over_for_orders_that_come_behind_it() -> None:
    venue = quoted()
    assert venue.trade(2, 10005, 3) == []
    venue.buy("b", 5)
    venue.buy("c", 5, limit=10010)
    assert venue.due() == [("filled", "b", 10010, 5), ("filled", "c", 10010, 5)]


def test_accounts_do_not_take_from_each_other() -> None:
    venue = quoted(ask_size=8)
    venue.exchange.open_account("other")
    venue.buy("a", 8)
    venue.buy("b", 8, account="other")
    assert venue.due() == [("filled", "a", 10010, 8), ("filled", "b", 10010, 8)]


@pytest.mark.parametrize(
    ("size", "time_in_force", "said"),
    [
        (8, FOK, [("filled", "o", 10010, 8)]),
        (9, FOK, [("cancelled", "o", "FOK_NOT_FILLABLE")]),
        (9, IOC, [("filled", "o", 10010, 8), ("cancelled", "o", "IOC_REMAINDER")]),
    ],
)
@pytest.mark.parametrize("limit", [0, 10010, 10050])
def test_immediate_orders_are_judged_by_the_size_shown(
    size: int, time_in_force: int, said: list[object], limit: int
) -> None:
    venue = quoted(ask_size=8)
    venue.buy("o", size, limit=limit, time_in_force=time_in_force)
    assert venue.due() == said


def test_a_limit_takes_at_the_quote_and_makes_at_its_limit() -> None:
    venue = quoted()
    venue.buy("taker", 1, limit=10020)
    venue.buy("maker", 1, limit=10000)
    assert venue.due() == [("filled", "taker", 10010, 1)]
    assert venue.quote(2, 9980, 10001) == []
    assert venue.quote(3, 9980, 9985) == [("filled", "maker", 10000, 1)]  # it rested: the seller comes to it
    assert [fill.maker for fill in venue.exchange.fills()] == [False, True]


def test_a_resting_limit_fills_as_far_as_the_crossing_size() -> None:
    venue = quoted()
    venue.buy("o", 10, limit=10000)
    venue.due()
    assert venue.quote(2, 9980, 9990, 0, 4) == [("filled", "o", 10000, 4)]
    assert venue.quote(3, 9980, 9990, 0, 40) == [("filled", "o", 10000, 6)]


def test_stops_trigger_on_the_side_they_would_trade_on() -> None:
    venue = quoted()
    venue.submit("buy", BUY, STOP, 1, stop_units=10030)
    venue.submit("sell", SELL, STOP, 1, stop_units=9970)
    assert venue.due() == []
    assert venue.quote(2, 10029, 10029) == []
    assert venue.quote(3, 10030, 10035) == [("triggered", "buy"), ("filled", "buy", 10035, 1)]
    assert venue.quote(4, 9971, 9975) == []
    assert venue.quote(5, 9969, 9975) == [("triggered", "sell"), ("filled", "sell", 9969, 1)]


def test_a_stop_that_is_through_already_triggers_at_once() -> None:
    venue = quoted()
    venue.submit("o", SELL, STOP, 1, stop_units=10000)
    assert venue.due() == [("triggered", "o"), ("filled", "o", 9990, 1)]


def test_a_trailing_stop_follows_the_bid_from_where_it_was_placed() -> None:
    venue = quoted()
    venue.submit("t", SELL, TRAILING_STOP, 1, trail_units=20)
    venue.due()
    assert venue.quote(2, 9971, 9980) == []
    assert venue.quote(3, 10050, 10060) == []
    assert venue.quote(4, 10031, 10060) == []
    assert venue.quote(5, 10030, 10060) == [("triggered", "t"), ("filled", "t", 10030, 1)]


def test_a_stop_limit_triggers_and_rests_at_its_limit() -> None:
    venue = quoted()
    venue.submit("o", BUY, STOP_LIMIT, 1, stop_units=10030, limit_units=10032)
    venue.due()
    assert venue.quote(2, 10030, 10040) == [("triggered", "o")]
    assert venue.quote(3, 10020, 10032) == [("filled", "o", 10032, 1)]


def test_crossed_quotes_and_missing_sides_are_not_traded_on() -> None:
    venue = Venue()
    venue.buy("b", 1)
    venue.sell("s", 1)
    assert venue.quote(1, 10010, 9990) == []
    assert venue.quote(2, 9990, 0) == [("filled", "s", 9990, 1)]
    assert venue.quote(3, 0, 10010) == [("filled", "b", 10010, 1)]


def test_slippage_by_volume_takes_the_size_shown() -> None:
    venue = quoted(ask_size=100, slippage="volume_share:0.1")
    venue.buy("b", 50)  # half of what is shown: 10 % × 0.25 = 2.5 % of 100.10, 250.25 cents
    assert venue.due() == [("filled", "b", 10260, 50)]


# Depth

BIDS = ((9990, 10), (9980, 20), (9970, 30))
ASKS = ((10010, 5), (10020, 10), (10040, 20))


def deep(**models: str) -> Venue:
    venue = Venue(**models)
    venue.depth(1, BIDS, ASKS)
    return venue


def test_a_market_order_walks_the_levels_and_waits_with_the_rest() -> None:
    venue = deep()
    venue.buy("b", 40)
    assert venue.due() == [("filled", "b", 10010, 5), ("filled", "b", 10020, 10), ("filled", "b", 10040, 20)]
    assert venue.depth(2, BIDS, ((10050, 9),)) == [("filled", "b", 10050, 5)]


def test_the_second_order_finds_what_the_first_left() -> None:
    venue = deep()
    venue.sell("a", 15)
    venue.sell("b", 10)
    assert venue.due() == [("filled", "a", 9990, 10), ("filled", "a", 9980, 5), ("filled", "b", 9980, 10)]


def test_a_limit_walks_no_further_than_its_price() -> None:
    venue = deep()
    venue.buy("b", 40, limit=10020)
    assert venue.due() == [("filled", "b", 10010, 5), ("filled", "b", 10020, 10)]
    assert venue.depth(2, BIDS, ((10020, 3),)) == [("filled", "b", 10020, 3)]


@pytest.mark.parametrize(
    ("size", "limit", "whole"), [(15, 10020, True), (16, 10020, False), (35, 0, True), (36, 0, False)]
)
def test_fok_is_judged_against_the_visible_depth(size: int, limit: int, whole: bool) -> None:
    venue = deep()
    venue.buy("o", size, limit=limit, time_in_force=FOK)
    said = venue.due()
    assert sum(int(str(line[3])) for line in said if line[0] == "filled") == (size if whole else 0)
    assert (said[-1] == ("cancelled", "o", "FOK_NOT_FILLABLE")) != whole


def test_ioc_takes_the_visible_depth_and_goes() -> None:
    venue = deep()
    venue.buy("o", 16, limit=10020, time_in_force=IOC)
    assert venue.due()[1:] == [("filled", "o", 10020, 10), ("cancelled", "o", "IOC_REMAINDER")]


def test_a_resting_limit_fills_against_the_levels_that_cross_it() -> None:
    venue = deep()
    venue.buy("o", 20, limit=10000)
    venue.due()
    assert venue.depth(2, ((9970, 1),), ((9980, 3), (10000, 4), (10010, 50))) == [("filled", "o", 10000, 7)]


def test_depth_rules_over_quotes_and_a_crossed_book_is_not_traded_on() -> None:
    venue = deep()
    venue.buy("o", 5, limit=10000)
    venue.due()
    assert venue.quote(2, 9980, 9990) == []
    assert venue.depth(3, ((10005, 1),), ((9995, 9),)) == []
    assert venue.depth(4, ((9985, 1),), ()) == []
    assert venue.depth(5, (), ((9995, 9),)) == [("filled", "o", 10000, 5)]


# Trades


def test_where_only_trades_are_known_they_are_the_price() -> None:
    venue = Venue()
    venue.trade(1, 10000, 1)
    venue.buy("b", 5)
    venue.submit("stop", SELL, STOP, 2, stop_units=9990)
    assert venue.due() == []  # a trade that is over can not be had
    assert venue.trade(2, 10003, 1) == [("filled", "b", 10003, 5)]
    assert venue.trade(3, 9985, 1) == [("triggered", "stop"), ("filled", "stop", 9985, 2)]


def test_a_trade_through_fills_a_resting_limit_whole() -> None:
    venue = quoted()
    venue.buy("o", 50, limit=9980)
    venue.due()
    assert venue.trade(2, 9980, 100) == []  # at the limit, and the queue is not known
    assert venue.trade(3, 9979, 1) == [("filled", "o", 9980, 50)]


def test_only_the_passive_side_of_a_trade_is_reached() -> None:
    venue = quoted()
    venue.buy("b", 1, limit=9980)
    venue.sell("s", 1, limit=10020)
    venue.due()
    assert venue.trade(2, 9970, 1, aggressor=1) == []  # a buyer took: no resting buy was hit
    assert venue.trade(3, 9970, 1, aggressor=-1) == [("filled", "b", 9980, 1)]
    assert venue.trade(4, 10030, 1, aggressor=0) == [("filled", "s", 10020, 1)]


def test_trades_beside_quotes_fill_nothing_else() -> None:
    venue = quoted(ask_size=1)
    venue.buy("m", 3)
    venue.submit("stop", SELL, STOP, 2, stop_units=9950)
    assert venue.due() == [("filled", "m", 10010, 1)]
    assert venue.trade(2, 9900, 100) == []


def test_a_share_of_each_trade_may_be_taken() -> None:
    venue = Venue(partial="volume:10%")
    venue.trade(1, 10000, 100)
    venue.buy("o", 30)
    assert venue.trade(2, 10000, 100) == [("filled", "o", 10000, 10)]
    assert venue.trade(3, 10001, 500) == [("filled", "o", 10001, 20)]


# The queue at a limit


def queued(model: str, ahead: int = 10) -> Venue:
    """A buy of 5 at the best bid of 99.90, behind `ahead`."""
    venue = Venue(queue=model)
    venue.quote(1, 9990, 10010, ahead, 7)
    venue.buy("o", 5, limit=9990)
    venue.due()
    return venue


def test_the_first_in_the_queue_gets_each_trade_at_its_limit() -> None:
    venue = queued("front")
    assert venue.trade(2, 9990, 3) == [("filled", "o", 9990, 3)]
    assert venue.trade(3, 9990, 3) == [("filled", "o", 9990, 2)]


def test_trades_at_the_price_shorten_the_queue_and_then_fill() -> None:
    venue = queued("trades")
    assert venue.trade(2, 9990, 4) == []
    assert venue.trade(3, 9991, 90) == []
    assert venue.trade(4, 9990, 8) == [("filled", "o", 9990, 2)]  # 6 were ahead
    assert venue.trade(5, 9990, 8) == [("filled", "o", 9990, 3)]


def test_two_orders_of_an_account_share_a_trade() -> None:
    venue = queued("front")
    venue.buy("p", 5, limit=9990)
    venue.due()
    assert venue.trade(2, 9990, 7) == [("filled", "o", 9990, 5), ("filled", "p", 9990, 2)]


def test_a_smaller_size_shown_bounds_what_is_ahead() -> None:
    venue = queued("trades")
    venue.quote(2, 9990, 10010, 4, 7)
    assert venue.trade(3, 9990, 5) == [("filled", "o", 9990, 1)]


def test_more_size_shown_joins_behind() -> None:
    venue = queued("trades")
    venue.quote(2, 9990, 10010, 500, 7)
    assert venue.trade(3, 9990, 11) == [("filled", "o", 9990, 1)]


def test_a_better_price_than_shown_is_the_first_in_its_queue() -> None:
    venue = Venue(queue="trades")
    venue.quote(1, 9990, 10010, 10, 7)
    venue.buy("o", 5, limit=9995)
    venue.due()
    assert venue.trade(2, 9995, 2) == [("filled", "o", 9995, 2)]


def test_a_queue_that_is_not_shown_waits_until_it_is() -> None:
    venue = Venue(queue="trades")
    venue.quote(1, 9990, 10010, 10, 7)
    venue.buy("o", 5, limit=9980)
    venue.due()
    assert venue.trade(2, 9980, 1_000) == []
    venue.quote(3, 9980, 10010, 6, 7)
    assert venue.trade(4, 9980, 7) == [("filled", "o", 9980, 1)]


def test_depth_says_what_is_ahead_at_every_level() -> None:
    venue = Venue(queue="trades")
    venue.depth(1, BIDS, ASKS)
    venue.sell("s", 5, limit=10040)  # 20 ahead
    venue.buy("b", 5, limit=9985)  # between two levels: nobody
    venue.due()
    assert venue.trade(2, 10040, 22) == [("filled", "s", 10040, 2)]
    assert venue.trade(3, 9985, 2) == [("filled", "b", 9985, 2)]


def test_a_moved_order_goes_to_the_back() -> None:
    venue = queued("trades", ahead=3)
    venue.replace("o", 6, limit=9990)
    venue.due()
    assert venue.trade(2, 9990, 4) == [("filled", "o", 9990, 1)]
    venue.replace("o", 5, limit=9990)  # a smaller size keeps its place
    venue.due()
    assert venue.trade(3, 9990, 2) == [("filled", "o", 9990, 2)]


def test_cancellations_in_the_queue_are_shared_by_the_model() -> None:
    # 10 ahead of us, 30 behind; 20 of the 40 go without a trade.
    front, before, now = 10, 40, 20
    # power 1: behind with probability 30/40, so 20 × 1/4 = 5 go from before us.
    assert QueueModel("power:1").ahead(front, before, now, 0) == 5
    # power 2: 900/1000 behind: 2 of the 20 are ours.
    assert QueueModel("power:2").ahead(front, before, now, 0) == 8
    # log: ln 31 / (ln 11 + ln 31) behind.
    share = math.log(11) / (math.log(11) + math.log(31))
    assert QueueModel("log").ahead(front, before, now, 0) == round(10 - 20 * share)
    assert QueueModel("trades").ahead(front, before, now, 0) == 10


def test_what_can_not_have_come_from_behind_came_from_before_us() -> None:
    # 30 ahead, 10 behind, 20 go: three quarters of the probability is before us, 15; the other 5 fit behind.
    assert QueueModel("power:1").ahead(30, 40, 20, 0) == 15
    # 10 ahead, 10 behind, 18 go: 9 from behind would be possible, 9 before us: one is left.
    assert QueueModel("power:1").ahead(10, 20, 2, 0) == 1
    # 10 ahead, 2 behind with power 0.000001: half of 8 from behind, but only 2 are there.
    assert QueueModel("power:0.000001").ahead(10, 12, 4, 0) == 4
    # What trades took is not cancelled: 40 shown, 15 traded, 25 left.
    assert QueueModel("power:1").ahead(5, 40, 25, 15) == 5
    assert QueueModel("power:1").ahead(10, 10, 4, 0) == 4  # nobody behind: all came from before us


def test_a_cancellation_moves_a_resting_order_forward() -> None:
    venue = queued("power:1", ahead=10)
    venue.quote(2, 9990, 10010, 40, 7)  # 30 join behind
    venue.quote(3, 9990, 10010, 20, 7)  # 20 go: 5 of them from before us
    assert venue.trade(4, 9990, 6) == [("filled", "o", 9990, 1)]
