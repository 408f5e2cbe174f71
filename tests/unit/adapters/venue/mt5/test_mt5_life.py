"""What a client lives through: restarts, what others do, time that jumps, doors that close."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from tests.unit.adapters.venue.mt5.stage import HEDGING, NETTING, SECOND_NS, Fault, World, play
from tradewright.adapters.venue.mt5 import Credentials, Names, OpenTrades, Polling
from tradewright.model.account import Account
from tradewright.model.account_snapshot import ConnectionChanged
from tradewright.model.control import CashMoved, LagMeasured, OrderAdopted
from tradewright.model.event import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    FILLED,
    NOT_FOUND,
    OUTCOME_UNKNOWN,
    REJECTED,
    REPLACED,
)
from tradewright.model.foreign import EXTERNAL
from tradewright.model.order import BUY, ENTRY, EXIT, LIMIT, REDUCE_ONLY, SELL, STOP, Order
from tradewright.model.report import Report
from tradewright.ports import HttpAnswer, HttpRequest
from tradewright.sim.models.models import Models
from tradewright.sim.wire import trouble

OPEN = "POST /api/v1/trades/open"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_NS


@pytest.mark.parametrize("mode", [HEDGING, NETTING])
def test_after_a_restart_what_happened_meanwhile_is_told_and_nothing_twice(mode: str) -> None:
    async def program(world: World) -> None:
        await world.start()
        book, broker = world.ledger, world.site.broker
        bid, _ = world.price("EURUSD")
        resting = book.buy("EURUSD", "0.2", type=LIMIT, limit=f"{bid * 0.99:.5f}")
        entry = book.order_of("BTCUSD", BUY, "0.1")
        bitcoin = world.price("BTCUSD")[0]
        exits = book.bracket(entry, f"{bitcoin * 0.98:.2f}", f"{bitcoin * 1.02:.2f}") if mode == HEDGING else []
        book.submit(entry, *exits)
        await world.until(lambda: len(book.open()) == 1 + len(exits))
        for task in world.running:
            task.cancel()
        broker.withdraw(next(one for one in broker.orders.values() if one.comment == resting.id), 2)
        broker.close(next(iter(broker.positions)), 0, "")
        await world.restart(since=world.clock() - 3_600 * SECOND_NS)
        for id in book.open():
            book.query(id)
        await world.until(lambda: not book.open(), 10)
        assert book.kinds(resting.id)[-1] == CANCELLED
        await asyncio.sleep(5)
        assert [event for event in book.events if isinstance(event, OrderAdopted)]
        await world.check()

    play(program, mode)


@pytest.mark.parametrize("mode", [HEDGING, NETTING])
def test_an_order_of_which_no_answer_came_is_found_by_its_comment_and_one_that_never_arrived_is_not(mode: str) -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        there = book.buy("EURUSD", "0.1")
        await world.until(lambda: bool(book.kinds(there.id)))
        gone = book.buy("XAUUSD", "0.1")
        await world.until(lambda: book.states[there.id].status == "FILLED")
        await world.until(lambda: NOT_FOUND in book.kinds(gone.id))
        assert book.kinds(gone.id) == [OUTCOME_UNKNOWN, NOT_FOUND]
        await world.check()

    faults = [Fault("lose_answer", OPEN, times=1), Fault("lose_request", OPEN, times=1)]
    play(program, mode, faults)


@pytest.mark.parametrize("keeps", [0, 4, 6])
@pytest.mark.parametrize("mode", [HEDGING, NETTING])
def test_a_broker_that_cuts_comments_hides_no_order_and_makes_none_foreign(mode: str, keeps: int) -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        for _ in range(14):
            book.buy("EURUSD", "0.01")
            await world.until(lambda: not [id for id in book.open() if not book.filled(id)], 30)
        assert not [event for event in book.events if isinstance(event, OrderAdopted)]
        await world.check()

    play(program, mode, [Fault("lose_answer", OPEN, after=2, times=0, probability=0.3)], knobs={"comment_max": keeps})


def test_the_cancel_of_an_order_that_has_ended_here_and_lives_on_there_is_answered() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        bid, _ = world.price("EURUSD")
        resting = book.buy("EURUSD", "0.2", type=LIMIT, limit=f"{bid * 0.99:.5f}")
        await world.until(lambda: ACCEPTED in book.kinds(resting.id))
        book.deliver(Report(CANCELLED, world.clock(), resting.id, world.clock()))
        assert resting.id not in book.open()
        book.cancel(resting)
        await world.until(book.settled, 10)
        assert book.kinds(resting.id)[-1] == CANCELLED and not world.site.broker.orders
        await world.check()

    play(program, NETTING)


def test_a_stop_that_stood_and_was_taken_off_has_ended_when_it_is_asked_about() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        bid, _ = world.price("EURUSD")
        entry = book.order_of("EURUSD", BUY, "0.2")
        (stop,) = book.bracket(entry, f"{bid * 0.99:.5f}")
        book.submit(entry, stop)
        await world.until(lambda: ACCEPTED in book.kinds(stop.id) and book.filled(entry.id) > 0)
        assert world.site.inject("exit_cancelled", world.clock())
        book.query(stop.id)
        await world.until(lambda: len(book.kinds(stop.id)) > 1, 1)
        assert book.kinds(stop.id)[1:] == [CANCELLED]
        await world.check()

    play(program, HEDGING)


@pytest.mark.parametrize("mode", [HEDGING, NETTING])
def test_foreign_orders_and_manual_closes_become_known_once(mode: str) -> None:
    async def program(world: World) -> None:
        await world.start()
        book, site = world.ledger, world.site
        mine = book.buy("EURUSD", "0.1")
        await world.until(lambda: book.states[mine.id].status == "FILLED")
        assert site.inject(trouble.FOREIGN_ORDER, world.clock()) and site.inject(trouble.MANUAL_CLOSE, world.clock())
        await asyncio.sleep(3)
        adopted = [event for event in book.events if isinstance(event, OrderAdopted)]
        rows = [list(event.order) for event in adopted]
        assert len(rows) == 2
        limit, close = sorted(rows, key=lambda row: row[5], reverse=True)
        assert limit[2] == EXTERNAL and limit[5] == LIMIT
        # In a hedging account it is certain whose position was closed.
        assert (close[2], close[13], close[16]) == (EXTERNAL, *((mine.id, EXIT) if mode == HEDGING else ("", ENTRY)))
        await world.check()
        await world.restart(since=world.clock() - 3_600 * SECOND_NS)
        await asyncio.sleep(5)
        assert len([event for event in book.events if isinstance(event, OrderAdopted)]) == 2
        await world.check()

    play(program, mode)


def test_a_close_of_a_position_that_somebody_closed_is_refused_behind_what_happened() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        mine = book.buy("EURUSD", "0.1")
        await world.until(lambda: book.states[mine.id].status == "FILLED")
        world.site.inject(trouble.MANUAL_CLOSE, world.clock())
        late = book.close(mine, "0.1")
        await world.until(lambda: bool(book.kinds(late.id)))
        assert book.kinds(late.id) == [REJECTED] and book.reports(late.id)[0].code == "10036"
        told = [event for event in book.events if event.kind in (FILLED, REJECTED)]
        assert [event.kind for event in told] == [FILLED, FILLED, REJECTED]
        await world.check()

    play(program)


def test_a_stop_that_a_person_moves_or_takes_away_is_known_after_a_minute() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        bid, ask = world.price("EURUSD")
        entry = book.order_of("EURUSD", BUY, "0.1")
        stop, target = book.bracket(entry, f"{bid - 0.01:.5f}", f"{ask + 0.01:.5f}")
        book.submit(entry, stop, target)
        await world.until(lambda: book.kinds(target.id) == [ACCEPTED])
        position = next(iter(world.site.broker.positions))
        position.sl -= 100 * 100
        position.tp = 0
        world.site.broker.guard(position)
        await asyncio.sleep(40)
        assert book.kinds(stop.id) == book.kinds(target.id) == [ACCEPTED]
        await asyncio.sleep(40)
        assert book.kinds(stop.id) == [ACCEPTED, REPLACED] and stop.stop_units == position.sl
        assert book.kinds(target.id) == [ACCEPTED, CANCELLED] and book.reports(target.id)[-1].code == "REMOVED"
        await world.check()

    play(program)


def test_an_exit_that_was_placed_a_moment_ago_is_not_taken_away_by_an_old_list() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        _, ask = world.price("EURUSD")
        entry = book.order_of("EURUSD", BUY, "0.1")
        book.submit(entry)
        await world.until(lambda: book.kinds(entry.id)[-1:] == [FILLED])
        await asyncio.sleep(30)
        (target,) = book.bracket(entry, target=f"{ask + 0.01:.5f}")
        book.submit(target)
        await world.until(lambda: book.kinds(target.id) == [ACCEPTED])
        world.site.trouble.stale_ns = 16 * SECOND_NS
        book.query(target.id)
        await asyncio.sleep(2)
        assert book.kinds(target.id) == [ACCEPTED] and world.client.errors["QUERY_NOT_FOUND_YET"] == 1
        world.site.trouble.stale_ns = 0
        book.query(target.id)
        await world.until(lambda: book.kinds(target.id) == [ACCEPTED, ACCEPTED])
        await asyncio.sleep(20)
        position = next(iter(world.site.broker.positions))
        position.tp = 0
        world.site.broker.guard(position)
        book.query(target.id)
        await world.until(lambda: book.kinds(target.id) == [ACCEPTED, ACCEPTED, CANCELLED], 2)
        assert book.reports(target.id)[-1].code == "REMOVED"
        await world.check()

    play(program)


def test_a_list_that_is_behind_the_fills_makes_no_order_larger() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        _, ask = world.price("EURUSD")
        resting = book.buy("EURUSD", "0.2", type=LIMIT, limit=f"{ask - 0.00005:.5f}")
        await world.until(lambda: book.states[resting.id].status == "FILLED", 600)
        world.site.trouble.stale_ns = 5 * SECOND_NS
        book.query(resting.id)
        await asyncio.sleep(3)
        world.site.trouble.stale_ns = 0
        assert REPLACED not in book.kinds(resting.id)
        await world.check()

    play(program, NETTING)


def test_the_exits_of_a_position_grow_with_what_is_filled_beyond_its_openings_size() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        bid, ask = world.price("EURUSD")
        entry = book.order_of("EURUSD", BUY, "0.1")
        stop, target = book.bracket(entry, f"{bid - 0.01:.5f}", f"{ask + 0.01:.5f}")
        terms = (stop.stop_units, target.limit_units)
        book.submit(entry, stop, target)
        await world.until(lambda: book.kinds(target.id) == [ACCEPTED])
        assert world.site.inject(trouble.OVERFILL, world.clock())
        await world.until(lambda: book.kinds(target.id) == [ACCEPTED, REPLACED])
        opened = book.states[entry.id].filled
        assert opened > entry.quantity
        assert (stop.quantity, target.quantity) == (opened, opened)
        assert (stop.stop_units, target.limit_units) == terms
        await asyncio.sleep(90)
        assert book.kinds(stop.id) == book.kinds(target.id) == [ACCEPTED, REPLACED], "said once"
        await world.check()

    play(program)


@pytest.mark.parametrize("both", [True, False])
def test_exits_that_a_new_tick_does_not_fit_end_together_or_not_at_all(both: bool) -> None:
    """Whoever changes one of them states the other anew, and the trade server refuses its price."""

    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        bid, ask = world.price("EURUSD")
        entry = book.order_of("EURUSD", BUY, "0.1")
        stop, target = book.bracket(entry, f"{bid - 0.01:.4f}3", f"{ask + 0.01:.4f}3")
        book.submit(entry, stop, target)
        await world.until(lambda: book.kinds(target.id) == [ACCEPTED] and book.filled(entry.id) > 0)
        assert world.site.inject(trouble.CHANGED_RULES, world.clock())
        for exit in (stop, target)[: 1 + both]:
            book.cancel(exit)
        await world.until(book.settled, 10)
        position = next(iter(world.site.broker.positions))
        if both:
            assert book.kinds(stop.id)[-1] == book.kinds(target.id)[-1] == CANCELLED
            assert (position.sl, position.tp) == (0, 0)
        else:
            assert book.kinds(stop.id)[-1] == CANCEL_REJECTED and position.sl and position.tp
        await world.check()

    play(program)


def test_a_target_that_somebody_has_set_stays_also_where_a_stop_can_not_end_beside_it() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        bid, _ = world.price("EURUSD")
        entry = book.order_of("EURUSD", BUY, "0.1")
        (stop,) = book.bracket(entry, f"{bid - 0.01:.4f}3")
        book.submit(entry, stop)
        await world.until(lambda: book.kinds(stop.id) == [ACCEPTED] and book.filled(entry.id) > 0)
        position = next(iter(world.site.broker.positions))
        position.tp = position.sl + 2_000 * 100
        world.site.broker.guard(position)
        assert world.site.inject(trouble.CHANGED_RULES, world.clock())
        book.cancel(stop)
        await world.until(book.settled, 10)
        assert book.kinds(stop.id)[-1] == CANCEL_REJECTED and position.sl and position.tp
        await world.check()

    play(program)


def test_exits_that_mt5_does_not_have_are_refused_and_nothing_is_sent() -> None:
    async def hedging(world: World) -> None:
        await world.start()
        book = world.ledger
        bid, _ = world.price("EURUSD")
        entry = book.buy("EURUSD", "0.1")
        await world.until(lambda: book.states[entry.id].status == "FILLED")
        links = {"lot": entry.id, "flags": REDUCE_ONLY, "role": EXIT}
        part = book.sell("EURUSD", "0.05", type=STOP, stop=f"{bid - 0.01:.5f}", **links)
        first = book.sell("EURUSD", "0.1", type=STOP, stop=f"{bid - 0.01:.5f}", **links)
        second = book.sell("EURUSD", "0.1", type=STOP, stop=f"{bid - 0.02:.5f}", **links)
        nameless = book.sell("EURUSD", "0.1", flags=REDUCE_ONLY, role=EXIT)
        trailing = book.sell("EURUSD", "0.1", type=5, trail_units=1_000, **links)
        await world.until(lambda: all(book.kinds(one.id) for one in (part, first, second, nameless, trailing)))
        codes = {one.id: book.reports(one.id)[0].code for one in (part, first, second, nameless, trailing)}
        assert list(codes.values()) == ["PART_OF_POSITION", "", "SLOT_TAKEN", "LOT_MISSING", "TYPE_NOT_SUPPORTED"]
        await world.check()

    async def netting(world: World) -> None:
        await world.start()
        book = world.ledger
        entry = book.order_of("EURUSD", BUY, "0.1")
        (stop,) = book.bracket(entry, "1.00000")
        book.submit(entry, stop)
        await world.until(lambda: bool(book.kinds(stop.id)))
        assert book.reports(stop.id)[0].code == "EXITS_NOT_LINKED"
        await world.until(lambda: book.states[entry.id].status == "FILLED")
        await world.check()

    play(hedging)
    play(netting, NETTING)


def test_in_a_netting_account_a_close_that_only_reduces_never_turns_the_position() -> None:
    async def program(world: World) -> None:
        await world.start()
        book, broker = world.ledger, world.site.broker
        entry = book.buy("EURUSD", "0.1")
        await world.until(lambda: book.states[entry.id].status == "FILLED")
        more = book.sell("EURUSD", "0.2", flags=REDUCE_ONLY, role=EXIT)
        whole = book.close(entry, "0.1")
        again = book.close(entry, "0.1")
        await world.until(lambda: all(book.kinds(one.id) for one in (more, whole, again)))
        await world.until(lambda: not broker.positions._open)
        assert book.reports(more.id)[0].kind == REJECTED
        assert sorted(book.states[one.id].status for one in (whole, again)) == ["FILLED", "REJECTED"]
        await world.check()

    play(program, NETTING)


def test_a_limit_that_closes_and_whose_price_is_there_closes_at_the_market() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        entry = book.buy("EURUSD", "0.1")
        await world.until(lambda: book.states[entry.id].status == "FILLED")
        bid, _ = world.price("EURUSD")
        target = book.sell("EURUSD", "0.1", type=LIMIT, limit=f"{bid - 0.0005:.5f}", role=EXIT)
        await world.until(lambda: book.states[target.id].status == "FILLED")
        opening = book.buy("EURUSD", "0.1", type=LIMIT, limit=f"{bid + 0.0005:.5f}")
        await world.until(lambda: bool(book.kinds(opening.id)))
        assert book.reports(opening.id)[0].code == "10015"
        await world.check()

    play(program, NETTING)


def test_what_was_earned_in_another_currency_and_swaps_are_money_that_moved() -> None:
    async def program(world: World) -> None:
        await world.start("EURUSD", "USDJPY")
        book = world.ledger
        yen = book.buy("USDJPY", "0.5")
        await world.until(lambda: book.states[yen.id].status == "FILLED")
        await asyncio.sleep(900)  # past the server's midnight
        for lots in ("0.2", "0.1", "0.2"):
            closed = book.close(yen, lots)
            await world.until(lambda id=closed.id: book.states[id].status == "FILLED")
            await asyncio.sleep(3)
        assert world.cash()["JPY"] == 0
        moved = [event for event in book.events if isinstance(event, CashMoved)]
        assert {event.currency for event in moved} == {"JPY", "USD"}
        assert any(event.reason == "swap of USDJPY" for event in moved)
        await world.check()

    play(program, knobs={"symbols": {"USDJPY": _swapped()}}, polling=Polling(60, 30), start=at("2026-03-04T21:50:00"))


def _swapped() -> object:
    from tradewright.sim.wire.mt5 import SymbolTerms

    return SymbolTerms(swap_long=-7, swap_short=3)


@pytest.mark.parametrize("start", ["2026-10-25T00:57:00", "2026-03-29T00:57:00"])
def test_no_deal_is_missed_while_the_servers_clock_is_turned(start: str) -> None:
    async def program(world: World) -> None:
        await world.start("BTCUSD")
        book = world.ledger
        for _ in range(16):
            opened = book.buy("BTCUSD", "0.01")
            await world.until(lambda id=opened.id: book.filled(id) > 0)
            await asyncio.sleep(8)
            assert world.site.inject(trouble.MANUAL_CLOSE, world.clock())
            await asyncio.sleep(9)
        await world.check()

    play(program, start=at(start), quiet=True)


@pytest.mark.parametrize("mode", [HEDGING, NETTING])
def test_commissions_are_told_as_the_broker_states_them(mode: str) -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        opened = book.buy("XAUUSD", "0.1")
        await world.until(lambda: book.states[opened.id].status == "FILLED")
        closed = book.close(opened, "0.1")
        await world.until(lambda: book.states[closed.id].status == "FILLED")
        assert all(fill.fee == 7 * 10**18 and fill.fee_currency == "USD" for fill in book.fills())
        await world.check()

    play(program, mode, models=Models(fee="per_order:7"))


@pytest.mark.parametrize("mode", [HEDGING, NETTING])
def test_a_deal_that_could_be_of_two_orders_waits_until_one_of_them_is_answered(mode: str) -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        first, second = book.buy("EURUSD", "0.1"), book.buy("EURUSD", "0.1")
        await asyncio.sleep(2)
        assert len(list(world.site.broker.deals)) == 3 and not book.fills()
        await world.until(lambda: all(book.states[one.id].status == "FILLED" for one in (first, second)))
        assert not [event for event in book.events if isinstance(event, OrderAdopted)]
        await world.check()

    play(program, mode, [Fault("delay_answer", OPEN, times=2, seconds=4)], knobs={"comment_max": 0})


def test_while_the_brokers_symbols_can_not_be_read_no_deal_is_passed_over() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        opened = book.buy("EURUSD", "0.1")
        await world.until(lambda: book.states[opened.id].status == "FILLED")
        await world.restart(since=world.clock())
        world.site.inject(trouble.MANUAL_CLOSE, world.clock())
        await asyncio.sleep(10)
        assert world.plan.fired == {"error_before": 3}
        assert len([event for event in book.events if isinstance(event, OrderAdopted)]) == 1
        await world.check()

    play(program, faults=[Fault("error_before", "GET /api/v1/symbols", after=1, times=3)])


@pytest.mark.parametrize("days", [1, pytest.param(30, marks=pytest.mark.long)])
def test_days_pass_without_a_gap_or_a_leak(days: int) -> None:
    async def program(world: World) -> None:
        await world.start("BTCUSD")
        book = world.ledger
        for _ in range(days):
            opened = book.buy("BTCUSD", "0.01")
            await asyncio.sleep(43_200)
            book.close(opened, "0.01")
            await asyncio.sleep(43_200)
        assert book.ups == [True]
        await world.check()
        measured = [event for event in book.events if isinstance(event, LagMeasured)]
        assert len(measured) > days * 20

    play(program, polling=Polling(1_200, 1_200), quiet=True)


def test_the_clocks_offset_is_measured_and_bars_end_by_the_venues_clock() -> None:
    async def program(world: World) -> None:
        await world.start()
        found = [event for event in world.ledger.events if isinstance(event, LagMeasured)]
        assert found[0].name == "CLOCK_OFFSET" and abs(found[0].lag_ns) < SECOND_NS // 5
        eurusd = world.ledger.instruments["EURUSD"]
        await asyncio.sleep(100)
        now = world.clock()
        bars = await world.client.bars(eurusd, 60, now - 600 * SECOND_NS, now)
        assert bars and all(bar.time == bar.time_open + 60 * SECOND_NS <= now for bar in bars)
        assert [bar.time_open for bar in bars] == sorted({bar.time_open for bar in bars})

    play(program)


def test_quotes_of_what_is_watched_come_when_they_change() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        world.client.watch([book.instruments["EURUSD"], book.instruments["BTCUSD"]])
        await asyncio.sleep(30)
        quotes = [event for event in book.events if event.kind == 3]
        assert {event.instrument.symbol for event in quotes} == {"EURUSD", "BTCUSD"}  # type: ignore[attr-defined]
        assert len(quotes) > 10
        await asyncio.sleep(1_000)
        count = len(book.events)
        await asyncio.sleep(30)
        assert len([event for event in book.events[count:] if event.kind == 3]) == 0

    play(program, quiet=True)


def test_while_a_limit_lasts_nothing_leaves_openings_are_refused_and_an_exit_goes_first() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        held = book.buy("EURUSD", "0.1")
        await world.until(lambda: book.states[held.id].status == "FILLED")
        times: list[int] = []
        real = world.site.request

        def counted(request: object, now: int) -> object:
            times.append(now)
            return real(request, now)  # type: ignore[arg-type]

        world.site.broker.knobs.requests_per_second = 1
        first, second = book.buy("EURUSD", "0.1"), book.buy("EURUSD", "0.1")
        await world.until(lambda: bool(book.kinds(first.id) and book.kinds(second.id)))
        codes = {report.code for one in (first, second) for report in book.reports(one.id) if report.kind == REJECTED}
        assert codes == {"RATE_LIMITED"}
        begin = world.clock()
        world.site.request = counted  # type: ignore[method-assign,assignment]
        third = book.buy("EURUSD", "0.1")
        closing = book.close(held, "0.1")
        await asyncio.sleep(0.2)
        assert book.reports(third.id)[0].code == "RATE_LIMITED"
        await world.until(lambda: book.states[closing.id].status == "FILLED", 10)
        assert min(times) - begin > 0.4 * SECOND_NS
        await world.check()

    play(program)


@pytest.mark.parametrize(
    ("credentials", "knobs", "words"),
    [
        (Credentials("demo-token", 77), {}, "logged in to 5000001"),
        (Credentials("wrong"), {}, "401"),
        (Credentials("demo-token"), {"currency": "EUR"}, "kept in EUR"),
        (Credentials("demo-token"), {"connected": False}, "not connected"),
        (Credentials("demo-token"), {"mode": "netting"}, "margin mode is 0"),
    ],
)
def test_an_account_that_is_not_the_one_meant_is_never_up(
    credentials: Credentials, knobs: dict[str, object], words: str
) -> None:
    async def program(world: World) -> None:
        world.ledger.terms = Account("main", "T1", "mt5", mode=HEDGING, kind="margin", leverage=100)
        world.client = world.ledger.client = world._client()
        task = asyncio.create_task(world.client.run())
        await asyncio.sleep(30)
        assert world.ledger.ups == []
        with pytest.raises(Exception, match=words):
            await world.client.snapshot()
        task.cancel()

    mode = str(knobs.pop("mode", HEDGING))
    play(program, mode, knobs=dict(knobs), credentials=credentials)


def test_an_empty_list_without_success_is_no_flat_account() -> None:
    async def program(world: World) -> None:
        await world.start()
        book, trades = world.ledger, world.client.trades
        opened = book.buy("EURUSD", "0.1")
        await world.until(lambda: trades.total() is not None and trades.total().total_count == 1)  # type: ignore[union-attr]
        world.site.broker.knobs.soft_errors = True
        world.site.broker.knobs.failed_reads = 10_000
        await asyncio.sleep(60)
        assert book.ups == [True, False]
        assert [event.text for event in book.events if isinstance(event, ConnectionChanged)][-1]
        found = trades.symbol("EURUSD")
        assert found is not None and found.total_count == 1 and not trades.is_current(world.clock())
        with pytest.raises(Exception, match="open-positions"):
            await world.client.snapshot()
        world.site.broker.knobs.failed_reads = 0
        await world.until(lambda: book.ups[-1])
        assert trades.is_current(world.clock()) and book.states[opened.id].status == "FILLED"
        await world.check()

    play(program)


def test_an_order_is_with_the_transport_at_the_next_turn_of_the_loop() -> None:
    async def program(world: World) -> None:
        await world.start()
        asked: list[str] = []
        real = world.transport.request

        async def noted(request: HttpRequest, timeout: float) -> HttpAnswer:
            asked.append(request.url)
            return await real(request, timeout)

        world.transport.request = noted  # type: ignore[method-assign]
        held = world.ledger.buy("EURUSD", "0.1")
        assert not asked  # what else the step wants of it can still go with it
        await asyncio.sleep(0)
        assert [url.rpartition("/")[2] for url in asked] == ["open"]
        await world.until(lambda: world.ledger.states[held.id].status == "FILLED")
        asked.clear()
        world.ledger.close(held, "0.1")
        await asyncio.sleep(0)
        assert [url.rpartition("/")[2] for url in asked] == ["close"]

    play(program)


def test_a_cancel_behind_a_submit_waits_for_its_answer_and_fills_win() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        bid, _ = world.price("EURUSD")
        resting = book.buy("EURUSD", "0.1", type=LIMIT, limit=f"{bid * 0.99:.5f}")
        book.cancel(resting)
        market = book.buy("EURUSD", "0.1")
        book.cancel(market)
        await world.until(lambda: book.settled() and not book.open())
        assert book.kinds(resting.id) == [ACCEPTED, CANCELLED]
        assert book.kinds(market.id) == [ACCEPTED, FILLED, CANCEL_REJECTED]
        await world.check()

    play(program)


def test_a_partial_fill_of_an_order_at_the_market_gives_up_the_rest() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        order = book.order_of("EURUSD", SELL, "0.1", time_in_force=3)
        book.submit(order)
        await world.until(lambda: book.kinds(order.id)[-1:] == [CANCELLED])
        assert book.kinds(order.id) == [ACCEPTED, FILLED, CANCELLED]
        assert book.filled(order.id) == order.quantity // 2
        await world.check()

    play(program, knobs={"partials": 1})


@pytest.mark.parametrize("requotes", [1, 3, 4])
def test_a_moved_price_is_asked_again_a_few_times(requotes: int) -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        order = book.buy("EURUSD", "0.1")
        await world.until(lambda: bool(book.kinds(order.id)))
        if requotes > 3:
            assert book.reports(order.id)[0].code == "10004"
        else:
            await world.until(lambda: book.states[order.id].status == "FILLED")
        await world.check()

    play(program, knobs={"retcodes": [10004] * requotes})


def test_a_broker_with_names_of_its_own_is_asked_by_them() -> None:
    async def program(world: World) -> None:
        await world.start("EURUSD", "XAUUSD", "BTCUSD")
        book = world.ledger
        orders: list[Order] = [book.buy("XAUUSD", "0.1"), book.buy("EURUSD", "0.1"), book.buy("BTCUSD", "0.1")]
        await world.until(lambda: all(book.states[one.id].status == "FILLED" for one in orders))
        assert {deal.symbol.name for deal in world.site.broker.deals if deal.symbol} == {"GOLD", "EURUSDm", "weird"}
        found = world.client.trades.symbol("XAUUSD")
        await world.check()
        found = world.client.trades.symbol("XAUUSD")
        assert found is not None and found.total_count == 1

    names = Names({"BTCUSD": "weird"})
    play(program, knobs={"names": {"XAUUSD": "GOLD", "BTCUSD": "weird"}, "suffixes": ("m",)}, names=names)


def test_open_trades_are_counted_by_symbol_and_strategy_and_priced_by_tick_value() -> None:
    async def program(world: World) -> None:
        await world.start()
        book, trades = world.ledger, world.client.trades
        bid, _ = world.price("XAUUSD")
        entry = book.order_of("XAUUSD", BUY, "0.1")
        stop = book.bracket(entry, f"{bid - 5:.2f}")
        book.submit(entry, *stop)
        book.sell("XAUUSD", "0.2", strategy="rsi")
        await world.until(lambda: (found := trades.symbol("XAUUSD")) is not None and found.total_count == 2)
        found = trades.symbol("XAUUSD")
        assert found is not None and (found.long_count, found.short_count) == (1, 1)
        position = next(one for one in world.site.broker.positions if one.sl)
        distance = float(position.symbol.price(position.price)) - position.symbol.price(position.sl)
        assert found.risk / 10**18 == pytest.approx(distance * 0.1 * 100 + 75, abs=0.01)
        assert not found.risk_known
        magic = world.client._books.magic("sma")
        mine = trades.strategy(magic)
        assert mine is not None and mine.total_count == 1 and mine.risk_known
        assert trades.content()["global"]["totalOpenTrades"] == 2

    play(program, trades=OpenTrades())


def test_a_symbol_of_a_broker_with_suffixes_stays_known_when_it_takes_no_more_orders() -> None:
    async def program(world: World) -> None:
        await world.start("EURUSD")
        book, broker = world.ledger, world.site.broker
        bought = book.buy("EURUSD", "0.1")
        await world.until(lambda: book.filled(bought.id) > 0)
        broker.symbols["EURUSD.m"].trade_mode = 3  # closing alone
        await asyncio.sleep(40)
        broker.close(next(iter(broker.positions)), 0, "")
        await world.until(lambda: len(book.fills()) == 2, 15)
        await world.check()
        assert not world.client.errors["UNKNOWN_SYMBOL"]

    play(program, mode=NETTING, knobs={"suffixes": (".m",)}, polling=Polling(rules=15.0))


@pytest.mark.parametrize("keeps", [0, 4])
@pytest.mark.parametrize("mode", [HEDGING, NETTING])
def test_after_a_restart_our_own_deals_are_no_others_where_a_broker_cuts_comments(mode: str, keeps: int) -> None:
    async def program(world: World) -> None:
        await world.start("EURUSD")
        book, broker = world.ledger, world.site.broker
        bid, _ = world.price("EURUSD")
        bought = book.buy("EURUSD", "0.1")
        ended = book.buy("EURUSD", "0.2", type=LIMIT, limit=f"{bid * 0.99:.5f}")
        await world.until(lambda: book.filled(bought.id) > 0 and bool(book.states[ended.id].venue_id))
        book.cancel(ended)
        await world.until(lambda: not book.open())
        # As of an order whose next leg has another ticket: its fill alone says whose that deal is.
        book.states[bought.id].venue_id = "1"
        for task in world.running:
            task.cancel()
        broker.close(next(iter(broker.positions)), 0, "")
        assert world.site.inject(trouble.LATE_FILL, world.clock())
        await world.restart(since=world.clock() - 3_600 * SECOND_NS)
        await world.until(lambda: len(book.fills()) == 3, 20)
        await asyncio.sleep(10)
        adopted = [event for event in book.events if isinstance(event, OrderAdopted)]
        assert len(adopted) == 1, "somebody else has closed, and nothing else was somebody else's"
        assert (book.filled(bought.id), book.filled(ended.id)) == (bought.quantity, ended.quantity)
        await world.check()

    play(program, mode, knobs={"comment_max": keeps})
