"""The shadow path in any life: a venue that may say anything of its orders too, restarts at any cut, nights."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.life import HAPPENINGS, LAWFUL, MARKET, Life
from tests.properties.reach import LENGTHS, Lived, lived, lives
from tests.properties.test_recovery import folded, restored, with_strategies
from tradewright.adapters.journal import FileJournal
from tradewright.app.history import rerun
from tradewright.model import event as kinds
from tradewright.model.codec import Decoder
from tradewright.model.event import Event
from tradewright.model.order import Order
from tradewright.model.score import ShadowMatched, StrategiesWeighed, StrategyScored
from tradewright.trader import Trader

TERMS = {"windowDays": 3, "shrinkDays": 2, "capPercent": 80, "floorPercent": 15, "changePercent": 20}
#: A market that moves, orders that fill, nights: days end, and something was closed on them.
NIGHTS = (*MARKET, *MARKET, *LAWFUL, "whole", "whole", "whole", "night", "restart")


#: A third of the lives: each is played again and again.
FEWER = settings(max_examples=settings.default.max_examples // 3)


def outputs_of(life: Life) -> list[Event]:
    """All outputs, in their order."""
    decoder = Decoder(life.engine.instruments, lambda id: _order(life, id))
    return [decoder.decode(row) for _, rows in life.groups for row in rows if int(row[1 : row.index(b",")]) >= 100]


def _order(life: Life, id: str) -> Order:
    return life.engine.orders[id].order


@LENGTHS
@FEWER
@given(st.data())
def test_a_snapshot_at_any_cut_and_a_replay_know_the_shadow_as_it_was(length: int, data: st.DataObject) -> None:
    happened: Lived = data.draw(lives(length, data.draw(st.sampled_from((HAPPENINGS, NIGHTS)))))
    life = lived(happened, shadow=TERMS)
    cut = data.draw(st.integers(1, len(life.groups)))
    state = (life.trader.state_hash(), life.trader.roster.strategy_state())
    before = folded(life, 0, cut, with_strategies())
    behind = folded(life, cut, len(life.groups), restored(before, life, cut))
    assert (behind.state_hash(), behind.roster.strategy_state()) == state
    assert folded(life, 0, len(life.groups), Trader(None)).state_hash() == state[0]
    with TemporaryDirectory() as folder:
        with FileJournal(Path(folder) / "journal") as journal:
            for event, outputs in life.groups:
                journal.append_all([event, *outputs], life.now)
        assert rerun(journal.folder).differences == []


@LENGTHS
@FEWER
@given(st.data())
def test_a_run_with_a_shadow_taken_up_from_a_snapshot_decides_as_one_that_never_ended(
    length: int, data: st.DataObject
) -> None:
    happened: Lived = data.draw(lives(length, NIGHTS))
    cut = data.draw(st.integers(0, len(happened)))
    whole = lived(happened, shadow=TERMS)
    life = lived(happened[:cut], shadow=TERMS)
    life.trader = restored(life.trader, life, len(life.groups))
    life.instruments = life.engine.instruments
    for there in life.sent.values():
        there.order = life.engine.orders[there.order.id].order if there.order.id in life.engine.orders else there.order
    for what, a, b in happened[cut:]:
        life.live(what, a, b)
    assert life.groups == whole.groups


@LENGTHS
@FEWER
@given(st.data())
def test_the_scoreboard_is_the_sum_of_its_matches_and_the_weights_keep_their_bounds(
    length: int, data: st.DataObject
) -> None:
    life = lived(data.draw(lives(2 * length, NIGHTS)), shadow=TERMS)
    board = life.engine.board
    assert board is not None
    said = outputs_of(life)
    made: dict[tuple[str, int], int] = defaultdict(int)
    pnl: dict[str, int] = defaultdict(int)
    for event in said:
        if isinstance(event, ShadowMatched):
            assert event.account == "paper:net"
            made[event.strategy, event.day] += event.net or 0
            pnl[event.strategy] += event.pnl if event.currency == "USD" else 0
            assert (event.net is None) == (event.fees is None) or event.currency != "USD"
    for strategy, days in board.results.items():
        for day, net in days.items():
            assert net == made[strategy, day]
    for (account, strategy, index), book in life.engine.ledger.books.items():
        if account == "paper:net" and life.engine.instruments[index].quote == "USD" and strategy in pnl:
            pnl[strategy] -= book.realised
    assert set(pnl.values()) <= {0}, "what matched is what the books have realised"
    weighed = [event for event in said if isinstance(event, StrategiesWeighed)]
    for event in weighed:
        weights = [weight.weight_ppm for weight in event.weights]
        assert [weight.strategy for weight in event.weights] == ["A", "B"]
        assert sum(weights) == 1_000_000
        assert all(150_000 <= weight <= 800_000 for weight in weights)
    for before, after in pairwise(weighed):
        assert abs(before.weights[0].weight_ppm - after.weights[0].weight_ppm) <= 200_000
    scored = [event for event in said if isinstance(event, StrategyScored)]
    assert len(scored) == 2 * len(weighed)
    assert len(weighed) <= len(board.days) or len(board.days) == 3


def without_shadow(life: Life) -> list[Any]:
    """Every decision and fill of real accounts, but for times, numbers of orders and decisions, and words on sizes."""
    rows: list[Any] = []
    for event, outputs in life.groups:
        for record in (event, *outputs):
            row = msgspec.json.decode(record)
            if row[0] == kinds.DECISION and not row[3].startswith("paper:"):
                orders = [order[4:13] for order in row[7]]
                rows.append([row[3], row[4], row[5], row[6], orders, row[8], row[13], row[14]])
            elif row[0] == kinds.FILLED and not row[2].startswith("sh"):
                rows.append(row[5:])
            elif row[0] in (kinds.TRADING_STATE_CHANGED, kinds.STRATEGY_HALTED):
                rows.append(row[2:])
    return rows


@LENGTHS
@FEWER
@given(st.data())
def test_real_accounts_do_not_notice_a_shadow_whose_weights_are_equal(length: int, data: st.DataObject) -> None:
    """The market and the strategies alone decide here: the venue fills nothing by itself, since it would pick among the
    shadow's orders too."""
    happened: Lived = data.draw(lives(length, (*MARKET, "cash", "night", "timer", "restart")))
    limits = {"maxOrderValue": 5_000, "maxPositionSizePercent": 5, "maxOpenPositions": 2, "maxTotalExposure": 20_000}
    beside = lived(happened, shadow={"equalPercent": 100}, limits=limits)
    alone = lived(happened, limits=limits)
    assert without_shadow(beside) == without_shadow(alone)
