"""What joins a signal, its decisions, their orders and exits: one id, from an order's terms alone."""

from __future__ import annotations

from hashlib import sha256

from tests.unit.core.desk import Desk, account_of
from tradewright.model.codec import Decoder, encode
from tradewright.model.correlation import correlation_begun, correlation_of, trace_of
from tradewright.model.decision import Decision
from tradewright.model.event import REJECTED
from tradewright.model.order import BUY, SELL
from tradewright.model.signal import Signal
from tradewright.model.vote import Vote


def said(desk: Desk, strategy: str, reason: str) -> Signal:
    return Signal(desk.now, strategy, desk.on(), BUY, 0.7, 10_000, reason, "v", "p")


def test_exits_have_the_id_of_the_opening_they_guard_also_those_that_come_back() -> None:
    desk = Desk(account_of(native_exits=True))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, stop_loss=9_000, take_profit=11_000)
    opening, stop, target = decision.orders
    assert [correlation_of(order) for order in decision.orders] == [opening.id] * 3
    desk.accept(opening.id)
    desk.fill(opening.id, 10, 10_000)
    before = set(desk.engine.orders)
    for lost in (stop, target):
        desk.say(REJECTED, lost.id, "NO_ROOM")
    desk.now += 60 * 10**9
    desk.quote(10_000)
    again = [state.order for id, state in desk.engine.orders.items() if id not in before]
    assert {order.role for order in again} == {"stop_loss", "take_profit"}
    assert {correlation_of(order) for order in again} == {opening.id}


def test_an_order_of_its_own_and_one_that_is_refused_have_their_own_ids() -> None:
    desk = Desk(limits={"maxOrderQuantity": 10})
    desk.quote(10_000)
    first = desk.buy(5)
    desk.fill(first, 5, 10_000)
    (refused,) = desk.want(BUY, 50)
    (close,) = desk.close(SELL, 5)
    assert [correlation_of(one.orders[0]) for one in (refused, close)] == [refused.orders[0].id, close.orders[0].id]
    assert len({first, refused.orders[0].id, close.orders[0].id}) == 3 and not refused.approved


def test_what_was_read_from_a_journal_has_the_id_that_it_had() -> None:
    desk = Desk()
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, stop_loss=9_000)
    read = Decoder(desk.engine.instruments, lambda id: desk.engine.orders[id].order).decode(encode(decision))
    assert isinstance(read, Decision)
    assert [correlation_of(order) for order in read.orders] == [decision.orders[0].id] * 2


def test_a_signal_and_its_vote_have_the_id_of_the_first_decision_that_came_of_them() -> None:
    desk = Desk()
    desk.quote(10_000)
    desk.sell(10, strategy="s")
    desk.fill(next(iter(desk.engine.orders)), 10, 10_000)
    close, opening = desk.want(BUY, 25, strategy="s", reason="up")
    vote = Vote(desk.now, "s", desk.on(), BUY, 1, 1, 0, [], [])
    outputs = [vote, said(desk, "s", "up"), said(desk, "other", "up"), said(desk, "s2", "up"), close, opening]
    assert correlation_of(close.orders[0]) != correlation_of(opening.orders[0])
    assert [correlation_begun(one, outputs) for one in outputs[:4] if isinstance(one, Signal | Vote)] == [
        correlation_of(close.orders[0]), correlation_of(close.orders[0]), "", ""
    ]  # fmt: skip
    assert correlation_begun(said(desk, "s", "something else"), outputs[4:]) == ""


def test_a_trace_is_known_by_the_hash_of_the_id() -> None:
    assert trace_of("ma3k9f2z-1-7") == sha256(b"ma3k9f2z-1-7").digest()[:16]
    assert trace_of("ma3k9f2z-1-8") != trace_of("ma3k9f2z-1-7")
