"""Market data of the instruments that are watched, and what the client makes of messages that nobody documented."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.adapters.venue.binance.stage import BTC, DOLLAR, ETH, HOST, ONE, SECOND_NS, START, Stage, play
from tradewright.adapters.net.slots import Slots
from tradewright.model.account_snapshot import ConnectionChanged
from tradewright.model.event import ACCEPTED, CANCELLED, FILLED
from tradewright.model.market import Bar, Quote, Trade
from tradewright.sim.wire import faults
from tradewright.sim.wire.binance import Knobs
from tradewright.sim.wire.faults import Fault


def heard(stage: Stage, kind: type[Quote] | type[Trade]) -> list[Any]:
    return [event for event in stage.ledger.events if isinstance(event, kind)]


def test_quotes_and_trades_of_what_is_watched_come_exactly() -> None:
    async def program(stage: Stage) -> None:
        stage.client.watch([BTC])
        await stage.wait(2)
        stage.client.watch([ETH, BTC])
        await stage.wait(2)
        stage.market("99.50", "100.50", "3")
        stage.trade("100.10", "0.00002", -1)
        await stage.wait(1)
        trade = heard(stage, Trade)[-1]
        assert (trade.instrument, trade.price_units, trade.size_units, trade.aggressor) == (BTC, 10_010, 2, -1)
        quote = heard(stage, Quote)[-1]
        assert (quote.bid_units, quote.ask_units, quote.bid_size_units, quote.ask_size_units) == (
            9_950, 10_050, 3 * ONE, 3 * ONE,
        )  # fmt: skip
        assert set(stage.site.streams.listeners) == {
            f"{symbol}@{kind}" for symbol in ("btcusdt", "ethbtc") for kind in ("trade", "bookTicker")
        }
        assert len(stage.witness.connects) == 2

    play(program)


def test_a_market_stream_that_breaks_is_subscribed_anew_and_the_account_stays_up() -> None:
    async def program(stage: Stage) -> None:
        stage.client.watch([BTC])
        await stage.wait(2)
        stage.trade("100.10", "0.1")
        await stage.wait(5)
        before = len(heard(stage, Trade))
        stage.trade("100.20", "0.1")
        await stage.wait(1)
        assert len(heard(stage, Trade)) == before + 1
        assert stage.client.errors["market_lost"] == 1
        assert stage.ledger.ups == [True]

    play(program, [Fault(faults.DISCONNECT, "/stream", after=1)])


def test_market_data_that_stays_away_brings_the_account_down_until_it_is_there_again() -> None:
    """Exits that are held here go by it."""

    async def program(stage: Stage) -> None:
        stage.client.watch([BTC])
        await stage.wait(2)
        stage.plan.add(Fault(faults.DISCONNECT, "/stream", times=0))
        stage.trade("100.10", "0.1")
        await stage.wait(9)
        assert stage.ledger.ups == [True]
        await stage.wait(3)
        assert stage.ledger.ups == [True, False]
        (told,) = [one for one in stage.ledger.events if isinstance(one, ConnectionChanged) and not one.up]
        assert "no market data for 10 s" in told.text
        stage.client._missed("the account's own stream had a gap")
        await stage.wait(100)
        assert stage.ledger.ups == [True, False]
        stage.plan.faults.clear()
        await stage.wait(31)
        assert stage.ledger.ups == [True, False, True]
        stage.trade("100.20", "0.1")
        await stage.wait(1)
        assert heard(stage, Trade)[-1].price_units == 10_020

    play(program)


def test_market_data_that_is_there_again_says_nothing_of_an_account_that_is_down() -> None:
    async def program(stage: Stage) -> None:
        stage.client.watch([BTC])
        await stage.wait(2)
        stage.plan.add(Fault(faults.DISCONNECT, "/stream", times=0))
        stage.plan.add(Fault(faults.DISCONNECT, "/ws-api", times=0))
        stage.trade("100.10", "0.1")
        stage.buy()
        await stage.wait(60)
        assert stage.ledger.ups == [True, False]
        del stage.plan.faults[0]
        await stage.wait(31)
        assert stage.ledger.ups == [True, False]
        stage.plan.faults.clear()
        await stage.wait(60)
        assert stage.ledger.ups == [True, False, True]

    play(program)


def test_market_streams_are_renewed_before_their_end() -> None:
    async def program(stage: Stage) -> None:
        stage.client.watch([BTC])
        await stage.wait(3000)
        stage.trade("100.20", "0.1")
        await stage.wait(1)
        assert len(heard(stage, Trade)) == 1
        assert stage.client.errors == {}

    play(program, knobs=Knobs(life_ns=2400 * SECOND_NS, warning_ns=600 * SECOND_NS))


def test_bars_are_the_closed_ones_of_the_time_asked_for() -> None:
    async def program(stage: Stage) -> None:
        for minute in range(1_502):
            stage.site.venue.desk.limits.addresses.clear()
            if minute % 500 == 0:
                stage.trade(f"{100 + minute // 500}.00", "1")
            await stage.wait(60)
        end = stage.clock()
        bars = await stage.client.bars(BTC, 60, START, end)
        assert len(bars) > 1_000 and all(isinstance(bar, Bar) for bar in bars)
        opened = [bar.time_open for bar in bars]
        assert opened == sorted(set(opened)) and bars[-1].time <= end
        assert all(bar.time == bar.time_open + 60 * SECOND_NS for bar in bars)
        some = await stage.client.bars(BTC, 60, opened[3], opened[7])
        assert [bar.row() for bar in some] == [bar.row() for bar in bars[3:7]]
        assert await stage.client.bars(BTC, 60, end, end) == []

    play(program, knobs=Knobs(life_ns=10**18))


def say(stage: Stage, content: object) -> None:
    """The venue's user stream says this."""
    for connection in stage.faulty.open:
        if connection.request.path == "/ws-api/v3":
            connection.inner.send(content)
    stage.settle()


REPORT = {
    "e": "executionReport", "E": 1, "s": "BTCUSDT", "c": "A-1-1", "S": "BUY", "o": "LIMIT", "f": "GTC", "q": "1",
    "p": "90", "P": "0", "g": -1, "C": "", "x": "TRADE", "X": "FILLED", "r": "NONE", "i": 1, "l": "1", "z": "1",
    "L": "90", "n": "0", "N": None, "T": 1, "t": 99, "w": True, "m": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "counted"),
    [
        ({"event": {**REPORT, "q": "NaN"}}, "event"),
        ({"event": {**REPORT, "X": "SOMETHING"}}, "event"),
        ({"event": {name: value for name, value in REPORT.items() if name != "z"}}, "event"),
        ({"event": {**REPORT, "s": "NOPE"}}, "unknown_symbol"),
        ({"event": {"e": "somethingNew"}}, "unknown_event"),
        ({"event": {"e": "outboundAccountPosition", "B": [{"a": "BTC", "f": "x", "l": "0"}]}}, "event"),
        ("nonsense", "frame"),
        ({"id": None, "status": 401, "error": {"code": -2015, "msg": "revoked"}}, "stream_refused"),
    ],
)
def test_what_nobody_documented_is_counted_and_nothing_wrong_is_reported(content: object, counted: str) -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        say(stage, content)
        await stage.wait(5)
        assert stage.client.errors[counted] == 1
        assert stage.ledger.kinds(id)[0] == ACCEPTED and FILLED not in stage.ledger.kinds(id)
        assert stage.status(id) == "ACCEPTED" and stage.ledger.ups[-1]
        assert (False in stage.ledger.ups) == (counted in ("event", "frame", "stream_refused"))
        assert len(stage.witness.connects) == (2 if counted in ("frame", "stream_refused") else 1)
        stage.trade("89.00", "1", -1)
        await stage.wait(1)
        assert stage.status(id) == "FILLED"
        stage.check()

    play(program)


def test_an_event_that_can_not_be_read_is_made_up_for() -> None:
    """The fill of which the stream tells nonsense is looked up at once."""

    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        stage.site.trouble.silent = True
        stage.trade("89.00", "1", -1)
        stage.site.trouble.silent = False
        say(stage, {"event": {**REPORT, "l": "NaN"}})
        await stage.wait(1)
        assert stage.status(id) == "FILLED"
        assert stage.ledger.ups == [True, False, True]

    play(program)


def test_a_stream_of_nothing_but_nonsense_does_not_use_up_the_venues_limits() -> None:
    async def program(stage: Stage) -> None:
        for _ in range(600):
            say(stage, "nonsense")
            await stage.wait(0.1)
        address = stage.site.venue.limits.address("127.0.0.1")
        assert not address.bans and all(answer.status == 200 for _, _, answer in stage.witness.requests)
        await stage.wait(60)
        assert stage.ledger.ups[-1]

    play(program)


def test_an_old_report_that_comes_late_changes_nothing() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        stage.ledger.cancel(id)
        await stage.wait(1)
        say(stage, {"event": {**REPORT, "x": "NEW", "X": "NEW", "l": "0", "z": "0", "t": -1}})
        await stage.wait(1)
        assert stage.ledger.kinds(id) == [ACCEPTED, CANCELLED]
        assert stage.status(id) == "CANCELLED"

    play(program)


def test_slots_go_by_rank_and_a_waiting_one_that_gives_up_takes_none() -> None:
    async def program() -> list[str]:
        slots, served = Slots(1), []

        async def one(name: str, rank: int) -> None:
            await slots.take(rank)
            served.append(name)
            await asyncio.sleep(0)
            slots.give()

        await slots.take(0)
        tasks = [
            asyncio.create_task(one(name, rank)) for name, rank in [("a", 2), ("b", 1), ("c", 0), ("d", 1), ("e", 0)]
        ]
        await asyncio.sleep(0)
        tasks[2].cancel()
        slots.give()
        await asyncio.gather(*tasks, return_exceptions=True)
        await slots.take(0)
        return served

    assert asyncio.run(program()) == ["e", "b", "d", "a"]


def test_a_taken_order_is_on_its_way_within_one_turn_of_the_loop() -> None:
    async def program(stage: Stage) -> None:
        sent: list[float] = []
        inner = stage.transport.request

        async def request(*args: Any) -> Any:
            sent.append(turns)
            return await inner(*args)

        stage.transport.request = request  # type: ignore[method-assign]
        stage.buy(price=80 * DOLLAR)
        turns = 0
        while turns < 3:
            await asyncio.sleep(0)
            turns += 1
        assert sent == [0]
        assert HOST in stage.transport.venues

    play(program)
