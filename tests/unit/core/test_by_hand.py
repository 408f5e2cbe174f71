"""Orders of persons and services: what they may be, that a name stands for one of them, and how they change and end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, LIMIT, SELL, Desk, account_of
from tradewright.core import by_hand
from tradewright.core.client_ids import newest_of
from tradewright.core.engine import Engine
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.codec import Decoder, encode
from tradewright.model.command import BY_HAND, Cancel, Replace, Submit
from tradewright.model.control import HALTED, CloseRequested, ModifyJudged, OrderAdopted, TradingStateSet
from tradewright.model.decision import Decision
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.foreign import EXTERNAL
from tradewright.model.instrument import OrderRules
from tradewright.model.order import (
    DAY,
    ENTRY,
    EXIT,
    EXTENDED_HOURS,
    GTC,
    IOC,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    STOP,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
    Order,
)
from tradewright.model.order_request import ModifyRequested, OrderNamed, OrderRequested

PRICE = 10_000
DAY_NS = 24 * 3_600 * 10**9


def desk_of(*symbols: str, kind: str = "margin", rules: OrderRules | None = None, **limits: Any) -> Desk:
    desk = Desk(account_of(kind=kind, leverage=10), symbols=symbols or ("ACME",), limits=limits, rules=rules)
    for symbol in symbols or ("ACME",):
        desk.quote(PRICE, symbol=symbol)
    return desk


def request(desk: Desk, side: int = BUY, size: int = 5, **terms: Any) -> OrderRequested:
    said: dict[str, Any] = {
        "account": "main", "strategy": "hand", "symbol": desk.symbol, "limit_units": 0, "reservation": "",
        "who": "ann", "reason": "now",
    }  # fmt: skip
    return OrderRequested(desk.tick(), side=side, quantity=size, **(said | terms))


def ask(desk: Desk, event: Any) -> list[Event]:
    """As the trader carries out what a person asks."""
    engine = desk.engine
    if isinstance(event, CancelRequested):
        by_hand.check_cancel(engine, event)
    elif isinstance(event, CloseRequested):
        by_hand.check_close(engine, event)
    else:
        by_hand.check(engine, event)
    desk.feed(event)
    if isinstance(event, CancelRequested):
        return desk.took(None, engine.cancel_openings(event))
    return desk.took(None, engine.close_all(event) if isinstance(event, CloseRequested) else engine.ask(event))


def order(desk: Desk, side: int = BUY, size: int = 5, **terms: Any) -> Decision:
    """The decision of one order."""
    (decision,) = [one for one in ask(desk, request(desk, side, size, **terms)) if isinstance(one, Decision)]
    return decision


def placed(desk: Desk, side: int = BUY, size: int = 5, **terms: Any) -> str:
    decision = order(desk, side, size, **terms)
    assert decision.approved, [check.row() for check in decision.refusals]
    return decision.orders[0].id


def change(desk: Desk, order_id: str, size: int = 0, limit: int = 0, stop: int = 0, tif: int = 0) -> ModifyJudged:
    (judged,) = [
        one
        for one in ask(desk, ModifyRequested(desk.tick(), order_id, size, limit, stop, tif, "ann", "better"))
        if isinstance(one, ModifyJudged)
    ]
    return judged


def refused(judged: ModifyJudged) -> list[object]:
    return [row[0] for row in judged.checks if not row[1]]


def cancel(desk: Desk, order_id: str) -> list[tuple[str, str]]:
    outputs = ask(desk, CancelRequested(desk.tick(), "", "", "", 0, "ann", "enough", order_id))
    return [(one.order_id, one.code) for one in outputs if isinstance(one, Cancel)]


# ── what it may be ─────────────────────────────────────────────────────────────────────────────────────────────────

TERMS: dict[str, tuple[dict[str, int], tuple[int, int, int, int, int]]] = {
    "market": ({}, (MARKET, 0, 0, GTC, 0)),
    "limit": ({"limit_units": 9_000}, (LIMIT, 9_000, 0, GTC, 0)),
    "stop": ({"stop_units": 11_000}, (STOP, 0, 11_000, GTC, 0)),
    "stop-limit": ({"limit_units": 11_100, "stop_units": 11_000}, (STOP_LIMIT, 11_100, 11_000, GTC, 0)),
    "for the day": ({"limit_units": 9_000, "time_in_force": DAY}, (LIMIT, 9_000, 0, DAY, 0)),
    "at once": ({"limit_units": 9_000, "time_in_force": IOC}, (LIMIT, 9_000, 0, IOC, 0)),
    "resting": ({"limit_units": 9_000, "flags": POST_ONLY}, (LIMIT, 9_000, 0, GTC, POST_ONLY)),
    "at all hours": ({"limit_units": 9_000, "flags": EXTENDED_HOURS}, (LIMIT, 9_000, 0, GTC, EXTENDED_HOURS)),
}


@pytest.mark.parametrize("name", TERMS)
def test_an_order_is_sent_with_the_terms_it_was_asked_with(name: str) -> None:
    said, (type, limit, stop, tif, flags) = TERMS[name]
    desk = desk_of()
    desk.taken()
    made = order(desk, **said).orders[0]
    assert (made.type, made.limit_units, made.stop_units, made.time_in_force, made.flags) == (
        type, limit, stop, tif, flags,
    )  # fmt: skip
    (sent,) = desk.taken()
    assert isinstance(sent, Submit) and sent.order is made and (made.role, made.strategy) == (ENTRY, "hand")


def test_one_that_only_reduces_closes_what_its_strategy_holds_and_opens_nothing() -> None:
    desk = desk_of()
    assert [check.code for check in order(desk, SELL, 5, flags=REDUCE_ONLY).refusals] == ["REDUCE_ONLY"]
    desk.filled(BUY, 5, PRICE, strategy="hand")
    desk.filled(BUY, 7, PRICE, strategy="other")
    assert [check.code for check in order(desk, SELL, 6, flags=REDUCE_ONLY).refusals] == ["REDUCE_ONLY"]
    desk.feed(TradingStateSet(desk.tick(), "all", HALTED, "bob", "stop"))
    made = order(desk, SELL, 3, flags=REDUCE_ONLY, limit_units=11_000).orders[0]
    assert (made.role, made.quantity, made.limit_units) == (EXIT, 3, 11_000)
    assert [check.code for check in order(desk, SELL, 5).refusals] == [], "an order that closes needs no flag"
    assert [check.code for check in order(desk, BUY, 5).refusals] == ["TRADING_STATE"]


def test_where_its_venue_knows_no_reduce_only_a_close_does_not_ask_for_it() -> None:
    desk = Desk(account_of(reduce_only=False))
    desk.quote(PRICE)
    desk.filled(BUY, 5, PRICE, strategy="hand")
    made = order(desk, SELL, 3, flags=REDUCE_ONLY).orders[0]
    assert (made.role, made.flags) == (EXIT, 0)


def test_beside_what_a_strategy_holds_in_a_netting_account_it_has_lots_of_its_own() -> None:
    desk = desk_of()
    desk.filled(BUY, 5, PRICE, strategy="walker")
    made = order(desk, SELL, 3).orders[0]
    desk.fill(made.id, 3, PRICE)
    assert (made.role, desk.net("walker"), desk.net("hand")) == (ENTRY, 5, -3)


def test_without_a_price_or_off_the_tick_it_is_refused_by_name() -> None:
    desk = Desk(rules=OrderRules(tick=5))
    assert "PRICE_UNKNOWN" in [check.code for check in order(desk).refusals]
    desk.quote(PRICE)
    assert [check.code for check in order(desk, limit_units=9_001).refusals] == ["PRICE_INCREMENT"]


def test_before_its_account_is_ready_it_is_refused_by_name() -> None:
    desk = Desk(account_of(remote=True))
    desk.quote(PRICE)
    assert [check.code for check in order(desk).refusals] == ["NOT_READY"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"who": ""}, "say who"),
        ({"size": -1}, "below zero"),
        ({"stop_units": -1}, "below zero"),
        ({"account": "nobody"}, "no account 'nobody'"),
        ({"symbol": "NONE"}, "no symbol 'NONE'"),
        ({"strategy": ""}, "a strategy and a side"),
        ({"strategy": EXTERNAL}, "external is what others do"),
        ({"side": 0}, "a strategy and a side"),
        ({"time_in_force": 7}, "time in force"),
        ({"flags": 8}, "flags"),
        ({"flags": REDUCE_ONLY, "reservation": "r"}, "it is to reduce"),
        ({"client_id": "x" * 65}, "64 letters"),
        ({"client_id": "a b"}, "64 letters"),
        ({"client_id": "a\n"}, "64 letters"),
    ],
)
def test_what_can_not_be_asked_for_leaves_nothing(said: dict[str, Any], words: str) -> None:
    desk = desk_of()
    before = desk.engine.state_hash()
    with pytest.raises(InputError, match=words):
        by_hand.check(desk.engine, request(desk, **said))
    assert desk.engine.state_hash() == before


# ── by the caller's own name ───────────────────────────────────────────────────────────────────────────────────────


def test_asked_for_twice_under_one_name_it_is_one_order() -> None:
    desk = desk_of()
    first = placed(desk, client_id="a-1")
    desk.taken()
    assert ask(desk, request(desk, client_id="a-1", who="bob", reason="again")) == []
    assert desk.taken() == []
    assert desk.engine.client_ids.name_of(first) == "a-1"
    assert placed(desk, client_id="a-2") != first
    assert desk.engine.client_ids.name_of(placed(desk)) == ""


@pytest.mark.parametrize(
    "other",
    [{"size": 6}, {"side": SELL}, {"limit_units": 9_000}, {"stop_units": 11_000}, {"time_in_force": DAY},
     {"flags": REDUCE_ONLY}, {"strategy": "t"}, {"symbol": "ZETA"}, {"reservation": "r"}],
)  # fmt: skip
def test_the_same_name_with_other_terms_is_refused(other: dict[str, Any]) -> None:
    desk = desk_of("ACME", "ZETA")
    placed(desk, client_id="a-1")
    with pytest.raises(InputError, match=r"^CLIENT_ORDER_ID_TAKEN: a-1 stands for main-1-1"):
        by_hand.check(desk.engine, request(desk, client_id="a-1", **other))


def test_a_name_is_its_accounts_own() -> None:
    desk = Desk(account_of(), account_of("other"))
    desk.quote(PRICE)
    assert placed(desk, client_id="a") != placed(desk, client_id="a", account="other")


def test_a_refused_order_keeps_its_name_too() -> None:
    desk = desk_of(maxOrderQuantity=4)
    assert not order(desk, client_id="a").approved
    assert ask(desk, request(desk, client_id="a")) == []
    assert len(desk.engine.orders) == 1


def test_a_name_is_free_when_its_order_has_left_memory_and_not_before() -> None:
    desk = desk_of()
    first = placed(desk, client_id="a")
    desk.now += 10 * DAY_NS
    desk.quote(PRICE)
    assert ask(desk, request(desk, client_id="a")) == [], "it works still"
    desk.fill(first, 5, PRICE)
    desk.now += DAY_NS - 10
    desk.quote(PRICE)
    assert ask(desk, request(desk, client_id="a")) == []
    desk.now += 20
    desk.quote(PRICE)
    assert first not in desk.engine.orders and desk.engine.client_ids.row() == []
    assert placed(desk, 1, 6, client_id="a") != first


def test_a_name_of_several_orders_is_free_with_the_last_of_them() -> None:
    desk = desk_of(maxPositionQuantity=4)
    desk.filled(SELL, 3, PRICE, strategy="hand")
    outputs = ask(desk, request(desk, BUY, 8, client_id="a", limit_units=9_000))
    closes, opens = [one for one in outputs if isinstance(one, Decision)]
    assert (closes.approved, opens.approved) == (True, False)
    desk.now += 10 * DAY_NS
    desk.quote(PRICE)
    assert opens.orders[0].id not in desk.engine.orders and desk.state(closes.orders[0].id).is_open()
    assert ask(desk, request(desk, BUY, 8, client_id="a", limit_units=9_000)) == []
    named = desk.engine.client_ids.known["main", "a"]
    assert newest_of(named, desk.engine.orders).order.id == closes.orders[0].id
    behind = Engine()
    restore(behind, to_bytes(desk.engine))
    for engine in (desk.engine, behind):
        assert engine.client_ids.of == {closes.orders[0].id: ("main", "a")}


def test_of_one_that_crosses_zero_the_opening_has_the_name_and_all_of_it_is_known() -> None:
    desk = desk_of()
    desk.filled(SELL, 3, PRICE, strategy="hand")
    outputs = ask(desk, request(desk, BUY, 8, client_id="a"))
    closes, opens = [one.orders[0] for one in outputs if isinstance(one, Decision)]
    (named,) = [one for one in outputs if isinstance(one, OrderNamed)]
    assert ([closes.quantity, opens.quantity], named.order_id) == ([3, 5], opens.id)
    assert named.order_ids == [closes.id, opens.id]


def test_what_the_core_decides_in_the_same_step_is_not_taken_for_it() -> None:
    desk = desk_of()
    asked = request(desk)
    outputs = [*desk.want(SELL, 1, strategy="other"), *ask(desk, asked), *desk.want(SELL, 1, strategy="other")]
    assert [one.orders[0].strategy for one in by_hand.decisions_of(asked, outputs)] == ["hand"]


def test_names_are_folded_from_the_records_and_behind_a_snapshot() -> None:
    desk, folded = desk_of(), desk_of()
    without = desk.engine.state_hash()
    begun = len(desk.events)
    first = placed(desk, client_id="b", limit_units=9_000)
    order(desk, client_id="a", limit_units=9_000)
    assert desk.engine.state_hash() != without
    decoder = Decoder(folded.engine.instruments, lambda id: folded.engine.orders[id].order)
    for event in desk.events[begun:]:
        folded.engine.apply(decoder.decode(encode(event)))
    assert folded.engine.state_hash() == desk.engine.state_hash()
    behind = Engine()
    restore(behind, to_bytes(desk.engine))
    assert to_bytes(behind) == to_bytes(desk.engine)
    for engine in (folded.engine, behind):
        again = request(desk, client_id="b", limit_units=9_000)
        assert engine.ask(again) == [] and engine.client_ids.name_of(first) == "b"


def test_the_records_of_before_are_read_as_what_they_were() -> None:
    decoder = Decoder([], lambda id: Order(id, "", "", None, BUY, MARKET, 1))  # type: ignore[arg-type]
    asked = decoder.decode(b'[44, 1, "main", "s", "ACME", 1, 5, 9000, "r", "ann", "why"]')
    assert isinstance(asked, OrderRequested)
    assert (asked.type, asked.time_in_force, asked.flags, asked.client_id) == (LIMIT, GTC, 0, "")
    ended = decoder.decode(b'[54, 1, "main", "s", "ACME", 1, "ann", "why"]')
    assert isinstance(ended, CancelRequested) and ended.order_id == ""
    closed = decoder.decode(b'[35, 1, "main", "ACME", "ann", "why"]')
    assert isinstance(closed, CloseRequested) and (closed.quantity, closed.side) == (0, 0)


# ── other terms ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_other_terms_are_judged_as_a_strategys_are_and_stay_one_order() -> None:
    desk = desk_of(maxOrderQuantity=10)
    order_id = placed(desk, limit_units=9_000, client_id="a")
    desk.accept(order_id)
    desk.taken()
    assert change(desk, order_id, 8, 9_100).approved
    (sent,) = desk.taken()
    assert isinstance(sent, Replace) and sent.row()[2:] == (order_id, 8, 9_100, 0)
    assert refused(change(desk, order_id, 9)) == ["REQUEST_PENDING"]
    desk.replaced(order_id, 8, limit=9_100)
    assert refused(change(desk, order_id, 11)) == ["MAX_ORDER_QUANTITY"]
    desk.fill(order_id, 4, 9_100)
    assert refused(change(desk, order_id, 4)) == ["BELOW_FILLED"]
    assert refused(change(desk, order_id, stop=9_000)) == ["TERMS_OF_TYPE"]
    assert [*desk.engine.orders] == [order_id] and desk.engine.client_ids.name_of(order_id) == "a"


def test_a_price_off_the_tick_is_refused_and_not_rounded() -> None:
    desk = desk_of(rules=OrderRules(tick=5))
    order_id = placed(desk, limit_units=9_000)
    desk.accept(order_id)
    judged = change(desk, order_id, limit=9_001)
    assert (refused(judged), judged.limit_units) == (["PRICE_INCREMENT"], 9_001)


def test_a_time_in_force_stays_and_another_one_is_refused() -> None:
    desk = desk_of()
    order_id = placed(desk, limit_units=9_000, time_in_force=DAY)
    desk.accept(order_id)
    assert refused(change(desk, order_id, 4, tif=GTC)) == ["TIME_IN_FORCE_STAYS"]
    assert change(desk, order_id, 4, tif=DAY).approved


def test_a_person_moves_the_stop_of_a_strategy() -> None:
    desk = desk_of()
    parent = desk.buy(5, stop_loss=9_000)
    desk.accept(parent)
    desk.fill(parent, 5, PRICE)
    (stop,) = [id for id, one in desk.engine.orders.items() if one.order.role == STOP_LOSS]
    desk.accept(stop)
    desk.taken()
    assert change(desk, stop, stop=9_500).approved
    assert [one.row()[2:] for one in desk.taken()] == [(stop, 5, 0, 9_500)]


def test_an_exit_is_not_made_to_guard_less_or_to_close_more_than_its_opening() -> None:
    desk = desk_of()
    parent, exits = guarded(desk)
    desk.accept(parent)
    desk.fill(parent, 2, PRICE)
    for id in exits.values():
        desk.accept(id)
        with pytest.raises(InputError, match=r"closes what .* opens, which is less"):
            change(desk, id, 1_000)
    with pytest.raises(InputError, match=r"PROTECTS_POSITION: .* would guard less"):
        change(desk, exits[STOP_LOSS], 1)


def test_only_what_works_and_is_ours_is_changed() -> None:
    desk = desk_of()
    order_id = placed(desk, limit_units=9_000)
    foreign = Order("main-X-1", "main", EXTERNAL, desk.on(), BUY, LIMIT, 3, 9_000)
    desk.feed(OrderAdopted(desk.tick(), list(foreign.row())))
    for id, said, words in (
        ("none", {"size": 1}, "no order 'none'"), (order_id, {}, "say what"), (order_id, {"tif": 9}, "time in force"),
        (order_id, {"size": -1}, "below zero"), ("main-X-1", {"size": 1}, "somebody else's"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=words):
            change(desk, id, **said)  # type: ignore[arg-type]
    desk.say(kinds.CANCELLED, order_id)
    with pytest.raises(InputError, match="has ended: CANCELLED"):
        change(desk, order_id, 4)


# ── its end ────────────────────────────────────────────────────────────────────────────────────────────────────────


def guarded(desk: Desk, **terms: Any) -> tuple[str, dict[str, str]]:
    """An opening with a stop and a target; ids by role."""
    parent = desk.buy(5, stop_loss=9_000, take_profit=12_000, **terms)
    return parent, {one.order.role: id for id, one in desk.engine.orders.items() if one.order.parent == parent}


def test_one_order_is_cancelled_by_its_id_and_no_other_is_touched() -> None:
    desk = desk_of()
    first, second = placed(desk, limit_units=9_000), placed(desk, limit_units=9_000)
    assert cancel(desk, first) == [(first, BY_HAND)]
    assert cancel(desk, first) == [], "it is on its way"
    assert desk.state(second).cancel == 0
    desk.say(kinds.CANCELLED, first)
    with pytest.raises(InputError, match=f"{first} has ended: CANCELLED"):
        cancel(desk, first)
    with pytest.raises(InputError, match="no order 'none'"):
        cancel(desk, "none")


def test_a_stop_that_guards_is_not_cancelled_and_a_target_is() -> None:
    desk = desk_of()
    parent, exits = guarded(desk)
    desk.accept(parent)
    desk.fill(parent, 5, PRICE)
    for id in exits.values():
        desk.accept(id)
    with pytest.raises(InputError, match=r"^PROTECTS_POSITION: .* is the stop of what s holds"):
        cancel(desk, exits[STOP_LOSS])
    assert cancel(desk, exits[TAKE_PROFIT]) == [(exits[TAKE_PROFIT], BY_HAND)]
    desk.say(kinds.CANCELLED, exits[TAKE_PROFIT])
    desk.quote(PRICE)
    assert desk.state(exits[STOP_LOSS]).is_open() and desk.alarms() == [] and desk.engine.owed == {}


def test_a_stop_that_waits_for_its_opening_stays_and_ends_with_it() -> None:
    desk = desk_of()
    parent, exits = guarded(desk, limit_units=9_500)
    with pytest.raises(InputError, match="PROTECTS_POSITION"):
        cancel(desk, exits[STOP_LOSS])
    assert cancel(desk, parent) == [(parent, BY_HAND)]


def test_what_a_cancelled_close_made_way_for_comes_back() -> None:
    desk = desk_of()
    parent, exits = guarded(desk)
    desk.accept(parent)
    desk.fill(parent, 5, PRICE)
    for id in exits.values():
        desk.accept(id)
    closing = placed(desk, SELL, 5, strategy="s", flags=REDUCE_ONLY, limit_units=11_000)
    for id in exits.values():
        desk.say(kinds.CANCELLED, id)
    desk.accept(closing)
    assert cancel(desk, closing) == [(closing, BY_HAND)]
    desk.say(kinds.CANCELLED, closing)
    works = [one.order.role for one in desk.engine.orders.values() if one.is_open()]
    assert sorted(works) == [STOP_LOSS, TAKE_PROFIT]


# ── a part of a position ───────────────────────────────────────────────────────────────────────────────────────────


def close(desk: Desk, size: int, side: int = BUY) -> list[Order]:
    outputs = ask(desk, CloseRequested(desk.tick(), "main", desk.symbol, "ann", "less", size, side))
    return [one.orders[0] for one in outputs if isinstance(one, Decision) and one.approved]


def test_a_part_of_a_position_is_closed_book_by_book_and_openings_stay() -> None:
    desk = desk_of()
    desk.filled(BUY, 5, PRICE, strategy="a")
    desk.filled(BUY, 5, PRICE, strategy="b")
    rests = desk.buy(1, limit_units=9_000, strategy="a")
    closes = close(desk, 7)
    assert [(one.strategy, one.side, one.quantity, one.role) for one in closes] == [
        ("a", SELL, 5, EXIT), ("b", SELL, 2, EXIT),
    ]  # fmt: skip
    assert desk.state(rests).cancel == 0
    for one in closes:
        desk.fill(one.id, one.quantity, PRICE)
    assert (desk.net("a"), desk.net("b")) == (0, 3)


def test_no_more_is_closed_than_the_account_shows() -> None:
    desk = desk_of()
    desk.filled(BUY, 8, PRICE, strategy="a")
    desk.filled(SELL, 3, PRICE, strategy="b")
    before = desk.engine.state_hash()
    for size, side in ((6, BUY), (1, SELL), (-1, BUY), (1, 0)):
        with pytest.raises(InputError, match="is held on that side"):
            close(desk, size, side)
    assert desk.engine.state_hash() == before
    assert [one.quantity for one in close(desk, 5)] == [5]


def test_of_a_hedging_account_one_side_is_closed_lot_by_lot() -> None:
    desk = Desk(account_of(mode="hedging", leverage=10))
    desk.quote(PRICE)
    first, second = desk.filled(BUY, 3, PRICE), desk.filled(BUY, 4, PRICE)
    desk.filled(SELL, 2, PRICE)
    assert [(one.lot, one.side, one.quantity) for one in close(desk, 5)] == [(first, SELL, 3), (second, SELL, 2)]
