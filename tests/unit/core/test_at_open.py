"""An opening that comes while its market is closed waits for it where it may, and is judged again when that opens."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.audit import assert_idle
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.at_open import EXIT_PASSED
from tradewright.core.engine import Engine
from tradewright.core.life_cycle import HELD
from tradewright.core.limits import limits_from
from tradewright.core.state import restore, to_bytes
from tradewright.explain import Story
from tradewright.model import event as kinds
from tradewright.model.at_open import OPENS_LATER, OpeningJudged
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.codec import Decoder, encode
from tradewright.model.command import (
    BY_HAND,
    DAY_IS_OVER,
    MARKET_CLOSED,
    NOT_CLOSED,
    NOTHING_TO_GUARD,
    OPENINGS_STOPPED,
    REFUSED_AT_OPEN,
    STALE_ORDER,
    Cancel,
    Query,
    Submit,
)
from tradewright.model.control import HALTED, LimitsSet, LimitWaived, ModifyJudged, OrderAdopted, TradingStateSet
from tradewright.model.event import Event
from tradewright.model.exit_plan import ExitPlan
from tradewright.model.foreign import EXTERNAL, foreign_id
from tradewright.model.intent import Intent
from tradewright.model.market import Quote
from tradewright.model.moment import moment_of
from tradewright.model.order import (
    CLS,
    DAY,
    EXTENDED_HOURS,
    FOK,
    GTC,
    IOC,
    LIMIT,
    OPG,
    STOP,
    STOP_LOSS,
    TAKE_PROFIT,
    Order,
)

PRICE = 10_000
SECOND = 10**9
QUEUE = {"requireMarketSession": True, "queueWhenClosed": True}


def ns(text: str) -> int:
    return moment_of(f"{text}Z", "a moment")


#: A Wednesday evening in New York, the open of the Thursday behind it, and its close.
EVENING, OPEN, CLOSE = ns("2023-11-15T23:00:00"), ns("2023-11-16T14:30:00"), ns("2023-11-16T21:00:00")


def desk_of(limits: dict[str, Any] | None = None, now: int = EVENING, **terms: Any) -> Desk:
    desk = Desk(account_of(**{"leverage": 10, **terms}), symbols=("NYSE", "ACME"), limits={**QUEUE, **(limits or {})})
    desk.now = now
    desk.quote(PRICE)
    return desk


def opens(desk: Desk, price: int = PRICE) -> list[Event]:
    """The first quote of the session."""
    desk.now = max(desk.now, OPEN - 1)
    return desk.quote(price)


def judged(outputs: list[Event]) -> list[tuple[str, bool]]:
    return [(one.order_id, one.approved) for one in outputs if isinstance(one, OpeningJudged)]


def refusals(outputs: list[Event]) -> list[str]:
    """The codes for which it was refused at the open."""
    return [c.code for one in outputs if isinstance(one, OpeningJudged) for c in one.verdicts if not c.passed]


def ended(outputs: list[Event]) -> list[tuple[str, str]]:
    return [(one.order_id, one.code) for one in outputs if isinstance(one, Cancel)]


def test_it_waits_for_the_first_quote_of_the_session_and_goes() -> None:
    desk = desk_of()
    order = desk.buy(5)
    assert desk.submitted() == [] and desk.state(order).stage == HELD
    for time in (EVENING + 3_600 * SECOND, OPEN - 2):
        desk.now = time
        assert judged(desk.quote(PRICE + 7)) == []
    assert judged(desk.quote(PRICE + 7)) == [(order, True)], "at the open itself it is open"
    assert desk.submitted() == [order]
    assert judged(desk.quote(PRICE + 8)) == [] and desk.submitted() == []
    desk.fill(order, 5, PRICE + 7)
    assert desk.net() == 5
    assert_idle(desk.engine)


def test_data_of_another_instrument_wakes_nothing() -> None:
    desk = desk_of()
    order = desk.buy(5)
    desk.now = OPEN + SECOND
    assert judged(desk.quote(PRICE, symbol="ACME")) == []
    assert judged(desk.quote(PRICE)) == [(order, True)]


def test_its_check_says_how_long_it_waits() -> None:
    desk = desk_of()
    (decision,) = desk.want(BUY, 5)
    (check,) = [check for check in decision.checks if check.code == OPENS_LATER]
    assert (check.passed, check.unit, check.value) == (True, "ns", OPEN - desk.now)
    assert "its market opens in 55799." in Story(decision, desk.state(decision.orders[0].id)).text()


@pytest.mark.parametrize("tif", [IOC, FOK, OPG, CLS])
def test_what_is_to_fill_at_once_or_in_an_auction_does_not_wait(tif: int) -> None:
    assert desk_of().refused(BUY, 5, time_in_force=tif) == ["MARKET_CLOSED"]


@pytest.mark.parametrize("tif", [DAY, GTC])
def test_what_outlives_the_night_waits(tif: int) -> None:
    desk = desk_of()
    desk.buy(5, time_in_force=tif)
    assert desk.submitted() == []


def test_an_order_for_extended_hours_goes_at_once() -> None:
    desk = desk_of()
    order = desk.buy(5, limit_units=PRICE, flags=EXTENDED_HOURS)
    assert desk.submitted() == [order]


def test_while_the_market_is_open_nothing_waits() -> None:
    desk = desk_of(now=OPEN)
    order = desk.buy(5)
    assert desk.submitted() == [order] and desk.engine.at_open == {}


def test_beyond_the_calendar_it_is_refused() -> None:
    desk = desk_of(now=ns("2040-06-01T23:00:00"))
    assert desk.refused(BUY, 5) == ["MARKET_CLOSED"]


def test_a_scope_that_lets_nothing_wait_refuses_for_all() -> None:
    desk = desk_of()
    set_limits(desk, "strategy:s", requireMarketSession=True)
    assert desk.refused(BUY, 5) == ["MARKET_CLOSED"]


def set_limits(desk: Desk, scope: str, **limits: Any) -> None:
    desk.feed(LimitsSet(desk.tick(), scope, limits_from(limits).row(), 0, "", "ann", "test"))


def test_what_another_rule_refuses_does_not_wait() -> None:
    desk = desk_of({"maxOrderQuantity": 4})
    assert desk.refused(BUY, 5) == ["MAX_ORDER_QUANTITY"]
    assert desk.engine.at_open == {}


def test_a_close_is_never_kept() -> None:
    desk = desk_of(now=OPEN)
    desk.filled(BUY, 5, PRICE)
    desk.now = CLOSE + SECOND
    desk.quote(PRICE)
    desk.taken()
    (close,) = [one.orders[0].id for one in desk.close(SELL)]
    assert desk.submitted() == [close]


def test_it_holds_its_place_and_its_money_while_it_waits() -> None:
    desk = desk_of({"maxOpenPositions": 1}, leverage=1)
    order = desk.buy(5)
    hold = desk.engine.holds.of(order)
    assert (hold.remaining, hold.held > 0) == (5, True)
    assert desk.refused(BUY, 5, symbol="ACME") == ["PRICE_UNKNOWN", "INSUFFICIENT_FUNDS", "MAX_OPEN_POSITIONS"]
    desk.cancel(order)
    assert hold.held == 0
    assert_idle(desk.engine)


@pytest.mark.parametrize(
    ("limits", "leverage", "code"), [({"maxOrderValue": 60_000}, 10, "MAX_ORDER_VALUE"), ({}, 1, "INSUFFICIENT_FUNDS")]
)
def test_at_the_open_it_is_judged_at_the_price_of_then(limits: dict[str, Any], leverage: int, code: str) -> None:
    desk = desk_of(limits, leverage=leverage)
    order = desk.buy(500 if limits else 9_000)
    outputs = opens(desk, PRICE + 3_000)
    assert judged(outputs) == [(order, False)] and refusals(outputs) == [code]
    assert ended(outputs) == [(order, REFUSED_AT_OPEN)] and desk.submitted() == []
    assert desk.state(order).status == "CANCELLED"
    assert_idle(desk.engine)


@pytest.mark.parametrize(
    ("terms", "price", "goes"),
    [
        ({}, PRICE - 499, True),
        ({}, PRICE - 500, False),
        ({}, PRICE + 499, True),
        ({}, PRICE + 500, False),
        ({"limit_units": PRICE - 100}, PRICE + 600, True),  # it rests, and its target is one of later
        ({"limit_units": PRICE - 100}, PRICE - 600, False),
        ({"type": STOP, "stop_units": PRICE + 100}, PRICE - 600, True),
        ({"type": STOP, "stop_units": PRICE + 100}, PRICE + 600, False),
    ],
)
@pytest.mark.parametrize("side", [BUY, SELL])
def test_it_does_not_go_where_it_would_be_closed_at_once(
    terms: dict[str, Any], price: int, goes: bool, side: int
) -> None:
    """A night may take the price past its stop, or its target. For a sale all lies on the other side."""
    terms = {name: PRICE + side * (value - PRICE) if value > 100 else value for name, value in terms.items()}
    desk = desk_of()
    (decision,) = desk.want(side, 5, stop_loss=PRICE - side * 500, take_profit=PRICE + side * 500, **terms)
    outputs = opens(desk, PRICE + side * (price - PRICE))
    assert judged(outputs) == [(decision.orders[0].id, goes)]
    assert refusals(outputs) == ([] if goes else [EXIT_PASSED])


def test_one_that_is_good_for_the_day_ends_with_its_session() -> None:
    """Its instrument may not trade on that day at all; what is good until it is cancelled waits on."""
    desk = desk_of()
    (decision,) = desk.want(BUY, 5, time_in_force=DAY, stop_loss=PRICE - 500)
    order, stop = [order.id for order in decision.orders]
    other = desk.buy(6)
    desk.now = CLOSE - 2
    assert ended(desk.quote(PRICE, symbol="ACME")) == []
    assert ended(desk.quote(PRICE, symbol="ACME")) == [(order, DAY_IS_OVER), (stop, NOTHING_TO_GUARD)]
    desk.now = ns("2023-11-17T14:30:00")
    assert judged(desk.quote(PRICE)) == [(other, True)]


def test_a_limit_set_in_the_night_binds_at_the_open() -> None:
    desk = desk_of()
    order = desk.buy(5)
    set_limits(desk, "all", maxOrderQuantity=4)
    assert refusals(opens(desk)) == ["MAX_ORDER_QUANTITY"]
    assert not desk.state(order).is_open()


def test_it_goes_though_waiting_is_no_longer_allowed() -> None:
    """What was granted a place is not lost by a word about those to come."""
    desk = desk_of()
    order = desk.buy(5)
    set_limits(desk, "account:main", requireMarketSession=True)
    assert judged(opens(desk)) == [(order, True)]


def test_its_confidence_is_asked_again() -> None:
    desk = desk_of()
    weak, strong = desk.buy(1, confidence=0.4), desk.buy(1, confidence=0.8)
    set_limits(desk, "all", minConfidence=0.6)
    assert judged(opens(desk)) == [(weak, False), (strong, True)]


def test_of_two_that_want_the_last_trade_of_the_day_the_older_goes() -> None:
    desk = desk_of({"maxTradesPerDay": 1})
    first, second = desk.buy(1), desk.buy(2)
    outputs = opens(desk)
    assert judged(outputs) == [(first, True), (second, False)]


def test_it_does_not_stand_in_its_own_way() -> None:
    """Its own slot, its own terms and its own moment are not another order's."""
    limits = {
        "maxOpenPositions": 1, "maxWorkingOrders": 1, "duplicateWindowSeconds": 3_600, "maxTotalExposure": 501,
    }  # fmt: skip
    desk = desk_of(limits, now=OPEN - 60 * SECOND)
    order = desk.buy(5)
    assert judged(opens(desk)) == [(order, True)]
    assert {*desk.refused(BUY, 5)} == {"DUPLICATE_ORDER", "MAX_TOTAL_EXPOSURE", "MAX_WORKING_ORDERS"}


def test_two_that_are_alike_do_not_both_go() -> None:
    desk = desk_of({"duplicateWindowSeconds": 60})
    first, second = desk.buy(5), desk.buy(5)
    outputs = opens(desk)
    assert judged(outputs) == [(first, True), (second, False)] and refusals(outputs) == ["DUPLICATE_ORDER"]


def test_it_is_a_trade_of_the_day_on_which_it_goes() -> None:
    desk = desk_of(now=ns("2023-11-15T21:30:00"))
    order = desk.buy(5)
    book = desk.engine.book("main", "s", desk.on())
    assert (book.trades, book.last_trade) == (0, 0)
    opens(desk)
    assert (book.trades, book.last_trade) == (1, desk.now)
    desk.say(kinds.REJECTED, order)
    assert book.trades == 0


def test_one_that_never_went_was_no_trade() -> None:
    desk = desk_of(now=OPEN)
    desk.filled(BUY, 1, PRICE)
    desk.now = CLOSE + SECOND
    desk.quote(PRICE)
    order = desk.buy(5)
    desk.cancel(order)
    assert desk.engine.book("main", "s", desk.on()).trades == 1


def test_its_exits_wait_and_go_with_it() -> None:
    desk = desk_of()
    (decision,) = desk.want(BUY, 5, stop_loss=PRICE - 500, take_profit=PRICE + 500)
    entry, *exits = [order.id for order in decision.orders]
    assert desk.submitted() == []
    opens(desk)
    assert desk.submitted() == [entry, *exits]
    desk.fill(entry, 5, PRICE)
    assert [desk.state(id).order.role for id in desk.engine.holds.holds] == [STOP_LOSS, TAKE_PROFIT]


def test_refused_at_the_open_its_exits_end_with_it() -> None:
    desk = desk_of({"maxOrderValue": 60_000})
    (decision,) = desk.want(BUY, 500, stop_loss=PRICE - 500)
    entry, stop = [order.id for order in decision.orders]
    assert ended(opens(desk, PRICE + 3_000)) == [(entry, REFUSED_AT_OPEN), (stop, NOTHING_TO_GUARD)]
    assert_idle(desk.engine)


@pytest.mark.parametrize("scope", ["all", "account:main", "strategy:s"])
def test_a_state_that_opens_nothing_ends_it(scope: str) -> None:
    desk = desk_of()
    order = desk.buy(5)
    desk.taken()
    outputs = desk.feed(TradingStateSet(desk.tick(), scope, HALTED, "ann", "enough"))
    assert ended(outputs) == [(order, OPENINGS_STOPPED)]
    assert_idle(desk.engine)


def test_a_person_ends_it() -> None:
    desk = desk_of()
    order = desk.buy(5)
    desk.taken()
    asked = CancelRequested(desk.tick(), "", "", "", 0, "ann", "test", order)
    desk.engine.apply(asked)
    desk.took(asked, desk.engine.cancel_openings(asked))
    assert desk.cancelled() == [(order, BY_HAND)]
    assert judged(opens(desk)) == []


def test_it_gets_no_other_terms_while_it_waits() -> None:
    desk = desk_of()
    order = desk.buy(5, limit_units=PRICE)
    wish = Intent(order, "main", "s", desk.on(), BUY)
    wish.order_id, wish.modifies, wish.quantity = order, True, 4
    (said,) = [one for one in desk.took(None, desk.engine.modify(wish)) if isinstance(one, ModifyJudged)]
    assert [check.code for check in said.verdicts if not check.passed] == ["OPENING_WAITS"]


def test_how_long_it_works_counts_from_the_open() -> None:
    desk = desk_of({"staleOrderSeconds": 30})
    order = desk.buy(5, limit_units=PRICE - 5)
    desk.now += 600 * SECOND
    desk.quote(PRICE)
    assert desk.cancelled() == []
    opens(desk)
    desk.accept(order)
    desk.now += 29 * SECOND
    desk.quote(PRICE)
    assert desk.cancelled() == []
    desk.now += 2 * SECOND
    desk.quote(PRICE)
    assert desk.cancelled() == [(order, STALE_ORDER)]


def test_an_opening_that_turns_its_position_waits_for_both() -> None:
    desk = desk_of(now=OPEN, reduce_only=False)
    desk.filled(BUY, 8, PRICE)
    desk.now = CLOSE + SECOND
    desk.quote(PRICE)
    desk.taken()
    close, opening = [one.orders[0].id for one in desk.want(SELL, 16)]
    assert desk.submitted() == [close]
    desk.now = ns("2023-11-17T14:30:00")
    assert judged(desk.quote(PRICE)) == [(opening, True)]
    assert desk.submitted() == []
    desk.fill(close, 8, PRICE)
    assert desk.submitted() == [opening]


def test_closed_before_the_open_it_still_waits_for_its_market() -> None:
    desk = desk_of(now=OPEN, reduce_only=False)
    desk.filled(BUY, 8, PRICE)
    desk.now = CLOSE + SECOND
    desk.quote(PRICE)
    close, opening = [one.orders[0].id for one in desk.want(SELL, 16)]
    desk.taken()
    desk.fill(close, 8, PRICE)
    assert desk.submitted() == []
    desk.now = ns("2023-11-17T14:30:00")
    desk.quote(PRICE)
    assert desk.submitted() == [opening]


def test_a_turn_whose_close_fills_behind_the_bell_opens_nothing() -> None:
    desk = desk_of(now=CLOSE - 60 * SECOND, reduce_only=False)
    desk.filled(BUY, 8, PRICE)
    close, opening = [one.orders[0].id for one in desk.want(SELL, 16)]
    desk.now = CLOSE
    desk.taken()
    outputs = desk.fill(close, 8, PRICE)
    assert ended(outputs) == [(opening, MARKET_CLOSED)] and desk.submitted() == []
    assert_idle(desk.engine)


def test_what_its_book_has_come_to_hold_by_the_open_is_not_closed_by_it() -> None:
    """Where a venue takes no reduce-only it would close what stands on the other side, and its exits guard nothing."""
    desk = desk_of(reduce_only=False)
    long = desk.buy(8, limit_units=PRICE, flags=EXTENDED_HOURS)
    (decision,) = desk.want(SELL, 5, stop_loss=PRICE + 500)
    short, stop = [order.id for order in decision.orders]
    desk.fill(long, 8, PRICE)
    desk.taken()
    outputs = opens(desk)
    assert judged(outputs) == [(short, True)] and desk.submitted() == []
    assert ended(outputs) == [(short, NOT_CLOSED), (stop, NOTHING_TO_GUARD)]


def test_its_exits_outlive_what_somebody_else_closes_meanwhile() -> None:
    """They guard what it will open, not what its book had."""
    desk = desk_of(now=OPEN, remote=True)
    desk.connect()
    desk.shown()
    desk.shown()
    desk.filled(BUY, 5, PRICE)
    desk.now = CLOSE + SECOND
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 3, stop_loss=PRICE - 500)
    entry, stop = [order.id for order in decision.orders]
    theirs = foreign_id("main", "77")
    order = Order(theirs, "main", EXTERNAL, desk.on(), SELL, LIMIT, 5, PRICE)
    desk.feed(OrderAdopted(desk.tick(), list(order.row())))
    desk.accept(theirs)
    desk.fill(theirs, 5, PRICE)
    assert desk.net() == 0 and desk.state(stop).is_open()
    desk.now = ns("2023-11-17T14:30:00")
    desk.taken()
    desk.quote(PRICE)
    assert desk.submitted() == [entry, stop]


def test_a_restart_in_the_night_leaves_it_waiting() -> None:
    desk = desk_of()
    (decision,) = desk.want(BUY, 5, stop_loss=PRICE - 500)
    entry, stop = [order.id for order in decision.orders]
    assert [one for one in desk.engine.look_up() if isinstance(one, Query | Cancel)] == []
    again = Engine()
    restore(again, to_bytes(desk.engine))
    assert again.state_hash() == desk.engine.state_hash() and list(again.at_open) == [entry]
    desk.engine = again
    opens(desk)
    assert desk.submitted() == [entry, stop]


def test_folded_from_its_records_it_is_the_same_engine() -> None:
    desk = desk_of({"maxOrderValue": 60_000, "staleOrderSeconds": 600})
    desk.buy(5), desk.buy(500), desk.buy(7, limit_units=PRICE)
    opens(desk, PRICE + 3_000)
    fresh = desk_of({"maxOrderValue": 60_000, "staleOrderSeconds": 600})
    begun = desk.events.index(next(one for one in desk.events if one.kind == kinds.DECISION))
    decoder = Decoder(fresh.engine.instruments, lambda id: fresh.engine.orders[id].order)
    for event in desk.events[begun:]:
        fresh.engine.apply(decoder.decode(encode(event)))
    assert fresh.engine.state_hash() == desk.engine.state_hash()


def test_explain_tells_both_judgements() -> None:
    desk = desk_of({"maxOrderValue": 60_000})
    (decision,) = desk.want(BUY, 500)
    steps = opens(desk, PRICE + 3_000)
    story = Story(decision, desk.state(decision.orders[0].id))
    story.steps += [one for one in steps if isinstance(one, OpeningJudged | Cancel | Submit)]
    text = story.text()
    assert "it waits here until then" in text
    assert "its market has opened: REFUSED: MAX_ORDER_VALUE" in text
    assert "REFUSED_AT_OPEN it waited for its market, and was refused when that opened" in text


@pytest.mark.parametrize(("seen", "goes"), [(1.0, True), (-1.0, False)])
def test_the_filter_is_asked_again_with_what_its_strategy_saw(seen: float, goes: bool) -> None:
    desk = desk_of()
    order = desk.buy(5, inputs=(("structure", seen),))
    set_limits(desk, "all", requireStructureAlignment=True)
    assert judged(opens(desk)) == [(order, goes)]


@pytest.mark.parametrize(
    "exits", [{"stop_loss": PRICE - 500}, {"exit_trail_units": 500}, {"plan": ExitPlan(stop_ppm=50_000)}]
)
@pytest.mark.parametrize(("most", "goes"), [(25, True), (24, False)])
def test_its_risk_is_that_of_the_stop_it_was_wanted_with(exits: dict[str, Any], most: int, goes: bool) -> None:
    """Five shares, five dollars away from their stop."""
    desk = desk_of()
    order = desk.buy(5, **exits)
    set_limits(desk, "all", maxDailyRiskPerSymbol=most)
    assert judged(opens(desk)) == [(order, goes)]


def test_once_it_has_gone_it_is_the_newest_order_also_behind_a_restart() -> None:
    desk = desk_of()
    waited = desk.buy(5, limit_units=PRICE)
    desk.quote(PRICE, symbol="ACME")
    between = desk.buy(1, symbol="ACME")
    opens(desk)
    again = Engine()
    restore(again, to_bytes(desk.engine))
    assert list(again.orders) == list(desk.engine.orders) == [between, waited]
    assert again.orders[waited].order.time == desk.now


def test_an_exit_that_was_cancelled_and_forgotten_in_the_meantime_hurts_nothing() -> None:
    desk = desk_of(now=ns("2023-11-17T22:00:00"))
    (decision,) = desk.want(BUY, 5, stop_loss=PRICE - 500, take_profit=PRICE + 500)
    entry, stop, target = [order.id for order in decision.orders]
    desk.cancel(target)
    desk.now = ns("2023-11-19T12:00:00")
    desk.quote(PRICE, symbol="ACME")
    assert target not in desk.engine.orders
    desk.now = ns("2023-11-20T14:30:00")
    assert judged(desk.quote(PRICE)) == [(entry, True)]
    assert desk.submitted() == [entry, stop]


def test_a_stop_that_was_cancelled_meanwhile_bounds_no_risk() -> None:
    desk = desk_of()
    (decision,) = desk.want(BUY, 5, stop_loss=PRICE - 500)
    entry, stop = [order.id for order in decision.orders]
    set_limits(desk, "all", maxDailyRiskPerSymbol=25)
    desk.cancel(stop)
    outputs = opens(desk)
    assert judged(outputs) == [(entry, False)] and refusals(outputs) == ["MAX_DAILY_RISK_SYMBOL"]


def test_its_own_stop_is_no_order_that_it_could_trade_with() -> None:
    desk = desk_of({"enableWashTradeProtection": True})
    (decision,) = desk.want(BUY, 5, stop_loss=PRICE - 500)
    assert judged(opens(desk)) == [(decision.orders[0].id, True)]


def test_other_terms_for_a_working_opening_are_refused_while_its_market_is_closed() -> None:
    """They would leave at once: nothing keeps a change until the open."""
    desk = desk_of(now=OPEN)
    order = desk.buy(5, limit_units=PRICE - 50)
    desk.accept(order)
    desk.now = CLOSE + SECOND
    desk.quote(PRICE)
    desk.taken()
    wish = Intent(order, "main", "s", desk.on(), BUY)
    wish.modifies, wish.limit_units = True, PRICE - 10
    (said,) = [one for one in desk.took(None, desk.engine.modify(wish)) if isinstance(one, ModifyJudged)]
    assert [check.code for check in said.verdicts if not check.passed] == ["MARKET_CLOSED"]
    assert desk.taken() == []


def test_where_two_persons_waive_the_hours_it_goes_at_once() -> None:
    desk = desk_of({"softLimits": ["requireMarketSession"]})
    end = desk.now + 3_600 * SECOND
    desk.feed(LimitWaived(desk.tick(), "account:main", "requireMarketSession", "ann", "bob", "news", end))
    order = desk.buy(5)
    assert desk.submitted() == [order]
    desk.now = end
    desk.quote(PRICE)
    desk.buy(6)
    assert desk.submitted() == []


def test_the_price_of_the_evening_is_none_of_the_session() -> None:
    """The first trade of the day comes before the first quote, and the quote of the evening is what it would be judged
    at."""
    desk = desk_of({"maxOrderValue": 60_000})
    order = desk.buy(500)
    desk.now = OPEN - 1
    assert judged(desk.print(PRICE + 3_000)) == []
    assert judged(desk.quote(PRICE + 3_000)) == [(order, False)]


def test_data_of_before_the_open_that_come_late_wake_nothing() -> None:
    desk = desk_of()
    order = desk.buy(5)
    desk.now = OPEN + SECOND
    desk.quote(PRICE, symbol="ACME")
    assert judged(desk.feed(Quote(OPEN - 1, desk.on(), PRICE, PRICE))) == []
    assert judged(desk.quote(PRICE)) == [(order, True)]


def test_the_age_of_a_closed_markets_price_is_asked_when_it_opens() -> None:
    desk = desk_of({"maxPriceAgeSeconds": 120})
    desk.now += 600 * SECOND
    desk.quote(PRICE, symbol="ACME")
    (decision,) = desk.want(BUY, 5)
    assert decision.approved
    text = Story(decision, desk.state(decision.orders[0].id)).text()
    assert "(limit 120 s), which is asked again when its market opens" in text
    assert judged(opens(desk)) == [(decision.orders[0].id, True)]


def test_while_nothing_waits_an_old_price_refuses_as_ever() -> None:
    desk = desk_of({"maxPriceAgeSeconds": 120}, now=OPEN)
    desk.now += 600 * SECOND
    desk.quote(PRICE, symbol="ACME")
    assert desk.refused(BUY, 5) == ["PRICE_STALE"]


def test_a_price_nobody_knows_lets_nothing_wait() -> None:
    desk = Desk(account_of(leverage=10), symbols=("NYSE",), limits={**QUEUE, "maxPriceAgeSeconds": 120})
    desk.now = EVENING
    assert "PRICE_UNKNOWN" in desk.refused(BUY, 5, limit_units=PRICE)
