"""Instruments, bars, quotes and trades through the real client at a simulated Alpaca."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.adapters.venue.alpaca.stage import MONDAY, MS, SECOND, Stage, play
from tradewright.adapters.venue.alpaca import AlpacaVenue, Credentials, Endpoints, Options
from tradewright.model.account_snapshot import ConnectionChanged
from tradewright.model.errors import InputError, Withheld
from tradewright.model.market import Bar, Quote, Trade
from tradewright.model.numbers import MONEY_ONE
from tradewright.model.rng import Rng
from tradewright.model.withheld import NOT_LEASED
from tradewright.prove.site_transport import SiteSocket
from tradewright.sim.wire import faults
from tradewright.sim.wire.alpaca import Knobs
from tradewright.sim.wire.faults import Fault

MINUTE = 60 * SECOND


def test_assets_become_instruments_with_their_increments_and_minimums() -> None:
    async def act(stage: Stage) -> None:
        share, pair = await stage.venue.instruments(["ACME", "BTCUSD"])
        assert (share.symbol, share.asset_class, share.quote, share.calendar) == ("ACME", "equity", "USD", "us-equity")
        assert (share.rules.tick, share.rules.step, share.rules.notional_min) == (10**4, 10**9, MONEY_ONE)
        assert (share.rules.shortable, share.rules.tradable) == (False, True)
        assert (pair.symbol, pair.base, pair.quote, pair.calendar) == ("BTCUSD", "BTC", "USD", "always")
        assert (pair.rules.tick, pair.rules.step, pair.rules.notional_min) == (10**7, 1, 10 * MONEY_ONE)
        assert not pair.rules.shortable
        with pytest.raises(InputError, match="NONE"):
            await stage.venue.instruments(["NONE"])

    play(act, knobs=Knobs(unshortable=frozenset({"ACME"})))


def test_a_share_below_a_dollar_has_the_finer_tick() -> None:
    async def act(stage: Stage) -> None:
        acme = stage.ledger.instruments[0]
        stage.tell(Trade(stage.clock(), acme, 5000, 10**9))
        [share] = await stage.venue.instruments(["ACME"])
        assert share.rules.tick == 100

    play(act)


def test_many_symbols_cost_the_two_lists_and_their_last_prices() -> None:
    async def act(stage: Stage) -> None:
        before = stage.site._limits["demo-key", False]._used
        found = await stage.venue.instruments(["ACME", "GLOBEX", "BTCUSD"] * 34)
        assert len(found) == 102
        assert stage.site._limits["demo-key", False]._used - before == 2

    play(act)


def test_of_many_symbols_one_that_is_not_traded_any_more_is_asked_for_by_itself() -> None:
    async def act(stage: Stage) -> None:
        before = stage.site._limits["demo-key", False]._used
        found = {one.symbol: one for one in await stage.venue.instruments(["ACME", "GLOBEX", "BTCUSD"] * 4)}
        assert {symbol: one.rules.tradable for symbol, one in found.items()} == {
            "ACME": True, "GLOBEX": False, "BTCUSD": True,
        }  # fmt: skip
        assert stage.site._limits["demo-key", False]._used - before == 3
        with pytest.raises(InputError, match="NONE"):
            await stage.venue.instruments(["ACME", "NONE"] * 6)

    play(act, knobs=Knobs(suspended=frozenset({"GLOBEX"})))


def test_bars_that_are_over_come_oldest_first_page_by_page() -> None:
    async def act(stage: Stage) -> None:
        acme, start = stage.ledger.instruments[0], MONDAY - 60 * MINUTE
        stage.tell(*(
            Bar(at + MINUTE, acme, at, 1_000_000, 1_010_000, 990_000, 1_005_000, 3 * 10**9 + 1)
            for at in range(start, start + 5 * MINUTE, MINUTE)
        ))  # fmt: skip
        bars = await stage.venue.bars(acme, 60, start + MINUTE, start + 4 * MINUTE)
        assert [bar.time_open for bar in bars] == [start + MINUTE, start + 2 * MINUTE, start + 3 * MINUTE]
        bar = bars[0]
        assert (bar.open_units, bar.high_units, bar.low_units, bar.close_units) == (1000000, 1010000, 990000, 1005000)
        assert (bar.volume_units, bar.time) == (3 * 10**9 + 1, start + 2 * MINUTE)
        with pytest.raises(InputError):
            await stage.venue.bars(acme, 7, start, start + MINUTE)

    play(act)


@pytest.mark.parametrize("packed", [False, True])
def test_quotes_and_trades_of_what_is_watched_come_exactly(packed: bool) -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        acme, _, btc = ledger.instruments
        stage.running.cancel()
        venue = AlpacaVenue(
            _terms(stage), Credentials("demo-key", "demo-secret"), Endpoints.at("http://venue", "ws://venue"),
            stage.transport, stage.clock, Rng(3), ledger, ledger.deliver, Options(packed=packed),
        )  # fmt: skip
        running = asyncio.create_task(venue.run())
        venue.watch([acme])
        await asyncio.sleep(2)
        venue.watch([acme, btc, ledger.instruments[1]])
        await asyncio.sleep(2)
        ledger.events.clear()
        stage.quote("ACME", "99.9", "100.1")
        stage.quote("BTCUSD", "50001.12", "50001.13")
        stage.tell(Trade(stage.clock(), btc, 500011234, 1_234_567, -1))
        await asyncio.sleep(1)
        quotes = [event for event in ledger.events if isinstance(event, Quote)]
        [trade] = [event for event in ledger.events if isinstance(event, Trade)]
        assert sorted((q.symbol, q.bid_units, q.ask_units) for q in quotes) == [
            ("ACME", 999000, 1001000), ("BTCUSD", 500011200, 500011300)
        ]  # fmt: skip
        assert {quote.ask_size_units for quote in quotes} == {10**12}
        assert (trade.price_units, trade.size_units, trade.aggressor) == (500011234, 1_234_567, -1)
        stage.drop()
        await asyncio.sleep(5)
        stage.quote("GLOBEX", "20", "21")
        await asyncio.sleep(1)
        assert [q.symbol for q in ledger.events if isinstance(q, Quote)][-1] == "GLOBEX"
        assert trade.time > MONDAY + 4 * SECOND - MS
        running.cancel()
        await venue.close()

    play(act)


def test_a_data_stream_that_breaks_is_subscribed_anew_and_the_account_stays_up() -> None:
    async def act(stage: Stage) -> None:
        stage.venue.watch(stage.ledger.instruments[:1])
        await asyncio.sleep(2)
        stage.quote("ACME", "99.9", "100.1")
        await asyncio.sleep(5)
        stage.quote("ACME", "99.8", "100.2")
        await asyncio.sleep(1)
        assert [q.bid_units for q in stage.ledger.events if isinstance(q, Quote)] == [998_000]
        assert stage.errors["market data: connection lost"] == 1
        assert stage.ledger.ups() == [True]

    play(act, [Fault(faults.DISCONNECT, "/v2/iex", after=4)])


def test_a_subscription_that_was_withheld_is_made_with_a_fresh_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    shut, send = False, SiteSocket.send

    async def admitted(socket: SiteSocket, message: str | bytes) -> None:
        if shut:
            raise Withheld("its lease is not known to be ours", NOT_LEASED)
        await send(socket, message)

    async def act(stage: Stage) -> None:
        nonlocal shut
        stage.venue.watch(stage.ledger.instruments[:1])
        await asyncio.sleep(2)
        shut = True
        stage.venue.watch(stage.ledger.instruments[:2])
        await asyncio.sleep(1)
        shut = False
        await asyncio.sleep(9)
        stage.quote("GLOBEX", "20", "21")
        await asyncio.sleep(1)
        assert [q.symbol for q in stage.ledger.events if isinstance(q, Quote)] == ["GLOBEX"]

    monkeypatch.setattr(SiteSocket, "send", admitted)
    play(act)


def test_a_data_stream_that_stays_away_brings_the_account_down_until_it_is_there_again() -> None:
    async def act(stage: Stage) -> None:
        stage.venue.watch(stage.ledger.instruments[:1])
        await asyncio.sleep(2)
        away = Fault(faults.DISCONNECT, "/v2/iex", times=0)
        stage.plan.add(away)
        stage.quote("ACME", "99.9", "100.1")
        await asyncio.sleep(9)
        assert stage.ledger.ups() == [True]
        await asyncio.sleep(3)
        assert stage.ledger.ups() == [True, False]
        stage.drop()
        await asyncio.sleep(60)
        assert stage.ledger.ups() == [True, False]
        stage.plan.faults.clear()
        await asyncio.sleep(60)
        assert stage.ledger.ups() == [True, False, True]

    play(act)


@pytest.mark.parametrize(
    ("knobs", "first", "code"),
    [
        (Knobs(keys_without_data=frozenset({"demo-key"})), 1, "411"),
        (Knobs(plan="free", symbols_max=1), 1, "405"),
        (Knobs(plan="free", symbols_max=1), 2, "405"),
    ],
)
def test_market_data_that_is_refused_brings_the_account_down_with_the_reason(
    knobs: Knobs, first: int, code: str
) -> None:
    async def act(stage: Stage) -> None:
        stage.venue.watch(stage.ledger.instruments[:first])
        await asyncio.sleep(2)
        stage.venue.watch(stage.ledger.instruments[:2])
        await asyncio.sleep(30)
        told = [event for event in stage.ledger.events if isinstance(event, ConnectionChanged)]
        assert [one.up for one in told] == [True, False]
        assert "no market data for 10 s" in told[-1].text and code in told[-1].text

    play(act, knobs=knobs)


@pytest.mark.parametrize("closed_for", [0, 12 * 60 * MINUTE])
def test_a_stream_that_stands_and_has_nothing_to_tell_is_no_matter(closed_for: int) -> None:
    """A market that is closed, or a share that nobody trades."""

    async def act(stage: Stage) -> None:
        stage.venue.watch(stage.ledger.instruments)
        await asyncio.sleep(1_800)
        assert stage.ledger.ups() == [True]

    play(act, start=MONDAY + closed_for)


def _terms(stage: Stage):  # type: ignore[no-untyped-def]
    return stage.venue._teller._terms
