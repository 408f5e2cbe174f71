"""What was earned, by period: counted from the journal's records by hand, and told alike behind a restart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.judge import records
from tests.project import COMPILED_ALONE
from tests.unit.app.standing_api import BOTH, Client, asked
from tradewright.app.api.earnings import earned
from tradewright.app.api.performance import _since
from tradewright.app.api.track import CLOSED, EQUITY, FEE, MOVED, Sums, Track, track_from
from tradewright.app.history import fold
from tradewright.app.home import JOURNAL
from tradewright.model.event import FILLED
from tradewright.model.zone import ordinal

ONE = 10**18
OWN = BOTH.replace("cash: 50000", "cash: 50000, fees: bps:10")


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def folded(*notes: Sequence[Any]) -> Track:
    track = Track()
    for note in notes:
        track.fold(tuple(note))
    return track_from(json.loads(json.dumps(track.row())))


# ── the fold ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_trade_is_a_closing_order_however_many_pieces_it_closes() -> None:
    said = [
        (CLOSED, "a", 10, "s", "USD", "c-1", 300), (CLOSED, "a", 10, "s", "USD", "c-1", -100),
        (CLOSED, "a", 10, "s", "USD", "c-2", -50), (CLOSED, "a", 11, "s", "USD", "c-1", -500),
        (CLOSED, "a", 11, "t", "EUR", "c-3", 7), (CLOSED, "b", 11, "s", "USD", "c-4", 1000),
        (FEE, "a", 10, "s", "USD", 4), (FEE, "a", 11, "s", "BNB", 9), (CLOSED, "a", 11, "s", "USD", "c-5", 0),
    ]  # fmt: skip
    track = folded(*said)
    # c-1 makes −300 in all, and counts where it began; what comes of nothing is neither won nor lost.
    assert track.strategies("a", 10) == {
        ("s", "USD"): Sums(3, 0, 2, 0, 350, 4), ("t", "EUR"): Sums(1, 1, 0, 7, 0, 0), ("s", "BNB"): Sums(fees=9),
    }  # fmt: skip
    assert track.strategies("a", 11)["s", "USD"] == Sums(1, 0, 0, 0, 0, 0)
    assert track.strategies("b", 0) == {("s", "USD"): Sums(1, 1, 0, 1000, 0, 0)}
    track.fold((CLOSED, "a", 12, "s", "USD", "c-5", 25))
    assert track.strategies("a", 11)["s", "USD"] == Sums(1, 1, 0, 25, 0, 0), "also behind a restart"


def test_a_fall_is_from_the_highest_before_it_and_money_paid_in_or_out_is_none() -> None:
    track = folded(
        (MOVED, "a", 10, 1000, 1000), (EQUITY, "a", 10, 1200), (EQUITY, "a", 10, 1100), (EQUITY, "a", 11, 1150),
        (MOVED, "a", 11, 150, -1000), (EQUITY, "a", 12, 30), (EQUITY, "a", 12, None), (EQUITY, "a", 13, 90),
    )  # fmt: skip
    course = track.course("a", 0, None)
    # 200 was won at the highest, 30 at the lowest: 170 of the 200 that would be there now.
    assert (course.fall, course.top) == (170, 200)
    assert track.course("a", 12, None).fall == 120, "from the 150 that the day before ended with"
    assert track.course("a", 13, None).fall == 0
    assert track.course("a", 13, 60).fall == 30, "now counts"
    assert track.course("a", 13, None).ratio is None
    # Days of +100, +50, −120 and +60: mean 22.5 over a deviation of 97.4252.
    assert course.ratio == 230_946_443
    assert track.course("nobody", 0, 5).fall == 0


def test_what_is_paid_in_in_another_currency_is_what_equity_rises_by() -> None:
    track = folded((MOVED, "a", 10, 1000, 1000), (EQUITY, "a", 10, 1100), (MOVED, "a", 10, 1600, None))
    assert track.capital == {"a": 1500} and track.course("a", 0, 1550).fall == 50


@pytest.mark.parametrize(
    ("period", "day", "since"),
    [("day", (2026, 11, 22), (2026, 11, 22)), ("week", (2026, 11, 22), (2026, 11, 16)),
     ("week", (2026, 11, 23), (2026, 11, 23)), ("month", (2026, 11, 22), (2026, 11, 1)),
     ("month", (2024, 2, 29), (2024, 2, 1))],
)  # fmt: skip
def test_weeks_begin_on_monday_and_months_with_their_first(
    period: str, day: tuple[int, int, int], since: tuple[int, int, int]
) -> None:
    assert _since(period, ordinal(*day)) == ordinal(*since)


# ── over HTTP ──────────────────────────────────────────────────────────────────────────────────────────────────────


@COMPILED_ALONE
def test_it_tells_what_the_records_say_and_the_same_behind_a_restart(tmp_path: Path) -> None:
    before: dict[str, Any] = {}

    async def first(client: Client) -> None:
        # Asked before anything has traded: what comes then is noted as it happens.
        none = await client.get("/api/v1/performance?account=one")
        assert none["performance"][0]["trades"] == 0 and none["performance"][0]["winRate"] is None
        await client.has_traded()
        for account in ("one", "two"):
            await client.ask("DELETE", f"/api/v1/positions?account={account}")
        await client.until(lambda: not any(book.lots for book in client.engine.ledger.books.values()))
        before.update(await client.get("/api/v1/performance"))

    async def then(client: Client) -> None:
        await client.until(lambda: client.engine.run == 2)
        assert await client.get("/api/v1/performance") == before
        (one,) = (await client.get("/api/v1/performance?account=one&period=day"))["performance"]
        answer = await client.get("/api/trading/performance?account=one&period=day")
        assert answer == {"success": True, "metrics": one} and one["since"]
        assert one["trades"] == before["performance"][0]["trades"]
        bound = client.make("read", accounts=["two"])
        (seen,) = (await client.get("/api/v1/performance", bound))["performance"]
        assert seen["account"] == "two"
        assert (await client.ask("GET", "/api/v1/performance?account=one", key=bound)).code == "NOT_FOUND"
        assert (await client.ask("GET", "/api/v1/performance?period=year")).code == "INVALID_REQUEST"
        assert client.desk.earnings.track is not None
        head = client.service.room.journal.head.sequence
        client.service.room.live.flush()
        assert earned(tmp_path / "home" / JOURNAL, head).row() == client.desk.earnings.track.row()

    asked(tmp_path, first, OWN)
    by_hand = counted(tmp_path / "home" / JOURNAL)
    asked(tmp_path, then, OWN)
    for row in before["performance"]:
        closes, result, fees = by_hand[row["account"]]
        assert (row["trades"], row["wins"] + row["losses"]) == (closes, closes)
        assert (row["realizedPnl"], row["fees"], row["unrealizedPnl"]) == (result, fees, 0)
        (strategy,) = row["strategies"]
        assert {name: strategy[name] for name in ("trades", "realizedPnl", "fees", "winRate")} == {
            name: row[name] for name in ("trades", "realizedPnl", "fees", "winRate")
        }
        assert row["maxDrawdown"] >= max(Decimal(0), fees - result) and row["others"] == []
    assert min(row["fees"] for row in before["performance"]) > 0


def counted(journal: Path) -> dict[str, tuple[int, Decimal, Decimal]]:
    """Of each account: orders that closed, Σ of sales less Σ of purchases, Σ of fees; it holds nothing in the end."""
    engine = fold(journal).trader.engine  # type: ignore[union-attr]
    found: dict[str, tuple[int, Decimal, Decimal]] = {}
    closers: set[str] = set()
    for row in records(journal):
        if row[0] != FILLED:
            continue
        order = engine.orders[row[2]].order
        scale = order.instrument.price_scale + order.instrument.size_scale
        closes, result, fees = found.get(order.account, (0, Decimal(0), Decimal(0)))
        if order.side < 0 and order.id not in closers:
            closers.add(order.id)
            closes += 1
        result -= order.side * Decimal(row[5] * row[6]).scaleb(-scale)
        found[order.account] = (closes, result, fees + Decimal(row[7]).scaleb(-18))
    return found
