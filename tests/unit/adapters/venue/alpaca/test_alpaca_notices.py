"""What Alpaca's data stream says of shares beside their prices, through the real client at a simulated Alpaca: halts,
pauses and price bands; what is not heard is not known."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.adapters.venue.alpaca.stage import MONDAY, SECOND, Stage, play
from tests.unit.sim.wire.alpaca_desk import HOUR, MINUTE, new_york
from tradewright.adapters.net.rules_watch import PACE
from tradewright.adapters.venue.alpaca import Options
from tradewright.model.market import Quote, Trade
from tradewright.model.notice import AUCTION, HALTED, NOT_SAID, PAUSED, TRADING, UNKNOWN, InstrumentStatus
from tradewright.sim.wire.alpaca import Knobs

ONE = 10**4
#: Ten percent around the stage's price of a hundred.
BAND = (90 * ONE, 110 * ONE)
NONE_SAID = (NOT_SAID, NOT_SAID)


def told(stage: Stage) -> list[tuple[str, int, int]]:
    return [
        (event.status, event.low_units, event.high_units)
        for event in stage.ledger.events
        if isinstance(event, InstrumentStatus) and event.instrument_index == 0
    ]


async def watched(stage: Stage) -> None:
    """ACME is followed, and its band was told with its next quote."""
    stage.venue.watch(stage.ledger.instruments)
    await asyncio.sleep(40)
    stage.quote("ACME", "99.99", "100.01")
    await asyncio.sleep(1)


async def printed(stage: Stage, price: int = 100 * ONE) -> None:
    stage.tell(Trade(stage.clock(), stage.ledger.instruments[0], price, 10**9))
    await asyncio.sleep(1)


@pytest.mark.parametrize("packed", [False, True])
def test_a_share_is_known_to_trade_from_its_first_print_and_to_stand_still_until_it_is_said_to_go_on(
    packed: bool,
) -> None:
    async def act(stage: Stage) -> None:
        await watched(stage)
        assert told(stage) == [(UNKNOWN, *BAND)]
        await printed(stage)
        assert told(stage)[1:] == [(TRADING, *BAND)]
        stage.site.halt("ACME", True, stage.clock())
        stage.quote("ACME", "99.98", "100.01")
        await asyncio.sleep(1)
        await printed(stage)
        assert told(stage)[2:] == [(HALTED, *BAND)], "what prints in a halt was made before it"
        stage.site.halt("ACME", False, stage.clock())
        stage.pump()
        await asyncio.sleep(1)
        assert told(stage)[3:] == [(TRADING, *BAND)]
        assert not stage.errors

    play(act, options=Options(packed=packed))


@pytest.mark.parametrize(
    ("code", "reason", "status"),
    [
        ("2", "P", HALTED), ("2", "M", PAUSED), ("H", "T1", HALTED), ("H", "LUDP", PAUSED), ("P", "", PAUSED),
        ("Q", "R4", AUCTION), ("3", "", TRADING), ("T", "", TRADING), ("E", "", TRADING), ("7", "", TRADING),
        ("Z9", "", UNKNOWN),
    ],
)  # fmt: skip
def test_each_status_is_what_its_tape_means_by_it(code: str, reason: str, status: str) -> None:
    async def act(stage: Stage) -> None:
        await watched(stage)
        await printed(stage)
        stage.site.state("ACME", code, "", stage.clock(), reason)
        stage.pump()
        await asyncio.sleep(1)
        assert told(stage)[-1] == (status, *BAND)
        assert stage.errors["unreadable tick"] == (status == UNKNOWN)

    play(act)


def test_a_print_that_is_reported_late_says_nothing_of_now() -> None:
    async def act(stage: Stage) -> None:
        await watched(stage)
        late: dict[str, Any] = stage.site.boards.of(stage.site.assets.all[0]).trade_row(
            9, Trade(stage.clock(), stage.ledger.instruments[0], 100 * ONE, 10**9)
        )
        asset = stage.site.assets.all[0]
        for conditions, known in ((["Z"], UNKNOWN), (["@", "U"], UNKNOWN), (["@", "I"], TRADING)):
            stage.site._spread(asset, [("trades", "t", {**late, "c": conditions})])
            stage.pump()
            await asyncio.sleep(1)
            assert told(stage)[-1][0] == known

    play(act)


def test_a_band_that_is_none_is_not_known_and_a_good_one_is_again() -> None:
    async def act(stage: Stage) -> None:
        await watched(stage)
        await printed(stage)
        for low, high, known in ((0, 0, NONE_SAID), (2 * ONE, 3 * ONE, (2 * ONE, 3 * ONE)), (3, 2, NONE_SAID)):
            stage.site.band("ACME", low, high, stage.clock())
            stage.pump()
            await asyncio.sleep(1)
            assert told(stage)[-1] == (TRADING, *known)
        assert stage.errors["unreadable tick"] == 1

    play(act)


def test_a_band_is_its_session_s_and_between_sessions_there_is_none() -> None:
    async def act(stage: Stage) -> None:
        await watched(stage)
        await printed(stage)
        await asyncio.sleep((new_york(2026, 1, 12, 16, 1) - stage.clock()) / SECOND)
        stage.quote("ACME", "99.99", "100.01")
        await asyncio.sleep(1)
        assert told(stage)[-1] == (TRADING, 0, 0)
        await asyncio.sleep((new_york(2026, 1, 13, 9, 31) - stage.clock()) / SECOND)
        before = len(told(stage))
        stage.quote("ACME", "99.99", "100.01")
        await asyncio.sleep(1)
        assert told(stage)[before:] == [(TRADING, *NONE_SAID), (TRADING, *BAND)]

    play(act, start=MONDAY + 4 * HOUR + 50 * MINUTE)


def test_once_the_stream_is_away_nothing_is_known_until_it_is_heard_again() -> None:
    async def act(stage: Stage) -> None:
        await watched(stage)
        await printed(stage)
        stage.drop()
        await asyncio.sleep(20)
        assert told(stage)[-1] == (UNKNOWN, *NONE_SAID)
        await printed(stage)
        assert told(stage)[-1] == (TRADING, *NONE_SAID)
        await asyncio.sleep(30)
        stage.quote("ACME", "99.99", "100.01")
        await asyncio.sleep(1)
        assert told(stage)[-1] == (TRADING, *BAND)

    play(act)


def test_who_may_not_have_halts_and_bands_has_prices_all_the_same_and_is_told_none() -> None:
    async def act(stage: Stage) -> None:
        stage.venue.watch(stage.ledger.instruments[:1])
        await asyncio.sleep(2)
        stage.venue.watch(stage.ledger.instruments)
        await asyncio.sleep(30)
        stage.quote("GLOBEX", "20", "21")
        await printed(stage)
        assert {event.symbol for event in stage.ledger.events if isinstance(event, Quote)} == {"GLOBEX"}
        assert told(stage) == [] and stage.ledger.ups() == [True]
        assert stage.errors == {"market data: no halts and bands: 409": 1}

    play(act, knobs=Knobs(notices=False))


def test_of_a_pair_the_list_of_assets_says_whether_it_trades() -> None:
    async def act(stage: Stage) -> None:
        stage.venue.watch(stage.ledger.instruments)
        await asyncio.sleep(PACE + 5)
        pair = [e for e in stage.ledger.events if isinstance(e, InstrumentStatus) and e.instrument_index == 2]
        assert [(one.status, one.low_units, one.high_units) for one in pair] == [(TRADING, 0, 0)]

    play(act)
