"""The paper venue: what it said it remembers, and a run that was cut short anywhere ends like one that was not."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import apsw
import pytest

from tests.project import ROOT
from tests.sim import paper_run
from tests.sim.paper_run import INSTRUMENT, MODELS, bars, trade
from tests.sim.venue import CENT, MINUTE, share, short
from tradewright.model.command import Approved, Query, Submit
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.market import Bar, MarketEvent, Quote
from tradewright.model.order import BUY, LIMIT, MARKET, SELL, TRAILING_STOP, Order
from tradewright.model.report import Fill, Report
from tradewright.model.rng import Rng
from tradewright.sim.exchange import Exchange
from tradewright.sim.models import Models
from tradewright.sim.paper import PAPER_CRASH_POINTS, PaperVenue, read_book
from tradewright.sim.paper_account import PaperAccount

BARS = 24


class Death(BaseException):
    """The process is gone: nothing may catch this but the test."""


class Scythe:
    """A CrashPoint that ends the run at the n-th meeting of a point."""

    def __init__(self, point: str = "", hit: int = 0) -> None:
        self.point = point
        self.hit = hit
        self.met: Counter[str] = Counter()

    def __call__(self, name: str, /) -> None:
        self.met[name] += 1
        if name == self.point and self.met[name] == self.hit:
            raise Death


def books(venue: PaperVenue) -> list[object]:
    """Everything the venue knows but the engine's clock, which a repeated feed may set a little later."""
    return [row for row in venue.exchange.state() if row[0] != "exchange"]


class Whole(NamedTuple):
    """A run that is not cut: what was said, what the venue knows at the end, and how often each point was met."""

    said: list[object]
    books: list[object]
    met: Counter[str]


def run_whole(path: Path, count: int) -> Whole:
    said: list[object] = []
    scythe = Scythe()
    venue = trade(path, count, lambda report: said.append(report.row()), scythe)
    venue.close()
    return Whole(said, books(venue), scythe.met)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return run_whole(tmp_path_factory.mktemp("whole") / "paper.db", BARS)


def test_it_says_what_the_exchange_says(tmp_path: Path, whole: Whole) -> None:
    exchange = Exchange(Models(**MODELS), Rng(5))
    exchange.open_account("main", "netting", {"USD": 10**23})
    expected: list[object] = []

    class Plain(PaperVenue):
        """The same customer, at an exchange without a book."""

        def __init__(self, *rest: object) -> None:
            self.exchange = exchange

        open_account = close = lambda *rest: None  # type: ignore[assignment]
        execute = lambda self, command: exchange.execute(command)  # type: ignore[assignment]  # noqa: E731
        run = lambda self, event: exchange.run(event)  # type: ignore[assignment]  # noqa: E731
        due = lambda self, time: exchange.due(time)  # type: ignore[assignment]  # noqa: E731

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper_run, "PaperVenue", Plain)
        trade(tmp_path / "none.db", BARS, lambda report: expected.append(report.row()))
    assert whole.said == expected
    assert sum(1 for row in expected if row[0] == 12) > 15  # type: ignore[index]


@pytest.mark.parametrize("point", PAPER_CRASH_POINTS)
def test_a_run_cut_at_any_point_ends_like_one_that_was_not(tmp_path: Path, point: str, whole: Whole) -> None:
    last = whole.met[point]
    for hit in sorted({1, last // 4, last // 2, last} - {0}):
        path = tmp_path / f"{hit}.db"
        heard: list[Report] = []
        with pytest.raises(Death):
            trade(path, BARS, heard.append, Scythe(point, hit))
        remembered = read_book(path) if path.exists() and point != "paper-during-opening" else None
        if remembered is not None:
            told = {report.trade_id for report in heard if isinstance(report, Fill)}
            assert told <= {fill.trade_id for fill in remembered.fills}
            assert {report.order_id for report in heard if report.kind == 10} <= set(remembered.accepted)
        venue = trade(path, BARS, heard.append)
        venue.close()
        assert books(venue) == whole.books, (point, hit)
        again = Counter(report.trade_id for report in heard if isinstance(report, Fill))
        assert set(again.values()) <= {1}, "a fill was told twice"


def test_killed_with_signal_9_and_opened_again(tmp_path: Path) -> None:
    """A real process and a real kill, three times over one book, at whatever place it happens to be."""
    count = 100
    expected = run_whole(tmp_path / "whole.db", count).books
    path = tmp_path / "killed.db"
    heard: list[str] = []
    command = [sys.executable, "-m", "tests.sim.paper_run", str(path), str(count)]
    for lines in (3, 40, 90):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(lines):
                heard.append(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            heard += process.stdout.read().splitlines()
        assert process.returncode == -signal.SIGKILL
        judged = read_book(path)
        fills = Counter(line.split()[1] for line in heard if line.startswith("filled"))
        assert fills <= Counter(fill.order_id for fill in judged.fills), "a fill was said that the book does not hold"
        assert {line.split()[1] for line in heard if line.startswith("accepted")} <= set(judged.accepted)
    venue = trade(path, count, lambda report: None)
    venue.close()
    assert books(venue) == expected
    judged = read_book(path)
    cash = 10**23 - sum(side(fill) * fill.price_units * fill.size_units * CENT + fill.fee for fill in judged.fills)
    assert judged.balances == {"main": {"USD": cash}}
    assert judged.positions == {"main": {"ACME": sum(side(fill) * fill.size_units for fill in judged.fills)}}


def side(fill: Fill) -> int:
    """Of the customer's orders, by their names and numbers (`paper_run.wishes`)."""
    name, number = fill.order_id.rstrip("0123456789"), int("".join(filter(str.isdigit, fill.order_id)))
    return 1 if name == "entry" or (name == "market" and number % 2 == 0) else -1


# A feed that does not repeat itself


def opened(path: Path, **models: str) -> PaperVenue:
    venue = PaperVenue(path, Models(**models), Rng(5))
    venue.open_account("main", "netting", {"USD": 10**23})
    return venue


def submitted(time: int, id: str, side: int, type: int, quantity: int, **terms: int) -> Submit:
    return Submit(time, Approved(Order(id, "main", "s", INSTRUMENT, side, type, quantity, **terms)))  # type: ignore[arg-type]


def said(reports: object) -> list[tuple[object, ...]]:
    return [short(report) for report in reports]  # type: ignore[attr-defined]


def test_a_live_feed_goes_on_and_so_does_the_venue(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    venue = opened(path)
    said(venue.run(Quote(1, INSTRUMENT, 9990, 10010)))
    for command in (
        submitted(1, "market", BUY, MARKET, 5),
        submitted(1, "limit", BUY, LIMIT, 5, limit_units=9900),
        submitted(1, "trail", SELL, TRAILING_STOP, 5, trail_units=50),
    ):
        venue.execute(command)
        said(venue.due(1))
    assert said(venue.run(Quote(2, INSTRUMENT, 10100, 10120))) == []  # the trail's mark moves to 101.00
    del venue  # without a close: as a kill leaves it
    venue = opened(path)
    assert venue.positions("main") == {"ACME": 5}
    assert [w.order.id for w in venue.orders_since()] == ["market", "limit", "trail"]
    assert [w.order.id for w in venue.orders_since(2)] == ["trail"]
    assert [fill.trade_id for fill in venue.fills_since()] == ["T1"]
    assert venue.fills_since(1) == []
    assert venue.order("nobody") is None
    assert said(venue.run(Quote(3, INSTRUMENT, 10050, 10070))) == [
        ("triggered", "trail"),
        ("filled", "trail", 10050, 5),
    ]
    venue.execute(Query(4, "market"))
    assert said(venue.due(4)) == [("accepted", "market", "FOUND"), ("filled", "market", 10010, 5)]
    venue.execute(submitted(5, "market", BUY, MARKET, 5))
    assert said(venue.due(5)) == [("rejected", "market", "DUPLICATE_ORDER_ID")]
    venue.execute(submitted(5, "next", BUY, MARKET, 1))
    assert [fill.trade_id for fill in venue.due(5) if isinstance(fill, Fill)] == ["T3"]


def test_the_rest_of_an_interrupted_bar_is_played_before_anything_new(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    venue = opened(path, fill="next_open:olhc")
    said(venue.run(Bar(MINUTE, INSTRUMENT, 0, 10000, 10000, 10000, 10000, 1)))
    for name, side, price in (("low", BUY, 9950), ("high", SELL, 10050)):
        venue.execute(submitted(MINUTE, name, side, LIMIT, 1, limit_units=price))
        said(venue.due(MINUTE))
    first = next(venue.run(Bar(2 * MINUTE, INSTRUMENT, MINUTE, 10000, 10100, 9900, 10000, 1)))
    assert short(first) == ("filled", "low", 9950, 1)
    del venue
    venue = opened(path, fill="next_open:olhc")
    assert said(venue.run(Bar(3 * MINUTE, INSTRUMENT, 2 * MINUTE, 10000, 10000, 10000, 10000, 1))) == [
        ("filled", "high", 10050, 1)
    ]
    assert [fill.time_venue for fill in venue.fills_since()] == [80 * 10**9, 100 * 10**9]  # a third, two thirds


def test_an_event_it_has_had_is_not_traded_on_twice(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    other = share(symbol="ZZZ")
    venue = opened(path)
    events: list[MarketEvent] = [Quote(1, INSTRUMENT, 9990, 10010, 5, 5), Quote(1, INSTRUMENT, 9990, 10010, 5, 5)]
    for event in events:
        said(venue.run(event))
    venue.execute(submitted(1, "b", BUY, MARKET, 8))
    assert said(venue.due(1))[1:] == [("filled", "b", 10010, 5)]
    venue = opened(path)
    assert not venue.caught_up
    assert said(venue.run(events[0])) == []
    assert not venue.caught_up
    assert said(venue.run(events[1])) == []
    assert venue.caught_up
    assert said(venue.run(Quote(1, other, 50, 60))) == []  # another instrument's cursor stands elsewhere
    assert said(venue.run(Quote(1, INSTRUMENT, 9990, 10010, 5, 5))) == [("filled", "b", 10010, 3)]


def test_events_without_consequences_touch_no_disk(tmp_path: Path) -> None:
    scythe = Scythe()
    venue = PaperVenue(tmp_path / "paper.db", Models(), Rng(5), [INSTRUMENT], scythe)
    venue.open_account("main", "netting", {"USD": 10**23})
    venue.execute(submitted(0, "o", BUY, LIMIT, 5, limit_units=5000))
    said(venue.due(0))
    commits = scythe.met["paper-after-commit"]
    for bar in bars(200):
        assert said(venue.run(bar)) == []
        assert said(venue.due(bar.time)) == []
    assert scythe.met["paper-after-commit"] == commits


def test_what_an_account_hears_at_once_is_one_commit_and_durable_before_it(tmp_path: Path) -> None:
    path, scythe = tmp_path / "paper.db", Scythe()
    venue = PaperVenue(path, Models(), Rng(5), [INSTRUMENT], scythe)
    venue.open_account("main", "netting", {"USD": 10**23})
    heard: list[tuple[object, ...]] = []
    kept: list[int] = []

    def hear(report: Event) -> None:
        heard.append(short(report))  # type: ignore[arg-type]
        kept.append(len(read_book(path).fills))

    account = PaperAccount("main", venue, lambda: 2, hear)
    assert account.hear(Quote(1, INSTRUMENT, 9990, 10010)) == []
    commits = scythe.met["paper-after-commit"]
    account.execute(submitted(1, "market", BUY, MARKET, 5))
    assert heard == [("accepted", "market"), ("filled", "market", 10010, 5)] and kept == [1, 1]
    assert scythe.met["paper-after-commit"] == commits + 1
    for name in ("low", "lower"):
        account.execute(submitted(2, name, BUY, LIMIT, 5, limit_units=9900))
    commits = scythe.met["paper-after-commit"]
    assert [line[:2] for line in said(account.hear(Quote(3, INSTRUMENT, 9880, 9890)))] == [
        ("filled", "low"), ("filled", "lower"),
    ]  # fmt: skip
    assert scythe.met["paper-after-commit"] == commits + 1 and len(read_book(path).fills) == 3
    venue.close()


def test_what_one_action_says_is_one_commit(tmp_path: Path) -> None:
    scythe = Scythe()
    venue = PaperVenue(tmp_path / "paper.db", Models(), Rng(5), [INSTRUMENT], scythe)
    venue.open_account("main", "netting", {"USD": 10**23})
    for index in range(5):
        venue.execute(Submit(0, Approved(Order(f"o{index}", "main", "s", INSTRUMENT, BUY, LIMIT, 5, 5000, group="g"))))
    said(venue.due(0))
    commits = scythe.met["paper-after-commit"]
    reports = said(venue.run(Bar(MINUTE, INSTRUMENT, 0, 5000, 5000, 5000, 5000, 1)))
    assert [line[0] for line in reports] == ["filled", *["cancelled"] * 4]
    assert scythe.met["paper-after-commit"] == commits + 1


def test_a_command_on_its_way_is_not_the_venues_to_keep(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    venue = opened(path, latency="constant:100")
    said(venue.run(Quote(1, INSTRUMENT, 9990, 10010)))
    venue.execute(submitted(1, "o", BUY, MARKET, 5))
    assert said(venue.due(1)) == []
    venue = opened(path, latency="constant:100")
    venue.execute(Query(10**9, "o"))
    assert said(venue.due(2 * 10**9)) == [("not found", "o")]


def test_an_order_that_arrives_later_is_kept_when_it_does(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    venue = opened(path, latency="constant:100")
    said(venue.run(Quote(1, INSTRUMENT, 9990, 10010)))
    venue.execute(submitted(1, "a", BUY, LIMIT, 5, limit_units=5000))
    venue.execute(submitted(10**8, "b", BUY, LIMIT, 5, limit_units=5000))
    assert said(venue.due(10**8 + 1)) == [("accepted", "a")]  # a commit, while b travels
    assert said(venue.due(10**9)) == [("accepted", "b")]
    assert read_book(path).accepted == ["a", "b"]


def test_an_account_is_opened_once_and_in_one_mode(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    venue = opened(path)
    venue.open_account("main", "netting", {"USD": 1})
    assert venue.balances("main") == {"USD": 10**23}
    with pytest.raises(InputError, match="main is not hedging"):
        opened(path).open_account("main", "hedging")


def test_a_book_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    opened(path).close()
    apsw.Connection(str(path)).execute("PRAGMA user_version = 7")
    with pytest.raises(InputError, match="format 7, not 2"):
        opened(path)


def test_the_book_is_quick_enough_for_a_session(tmp_path: Path) -> None:
    """A limit that shows a disk touched per event, not a benchmark: 20,000 events and 50 orders in seconds."""
    venue = opened(tmp_path / "paper.db")
    walk = bars(20_000)
    begin = time.perf_counter()
    for index, bar in enumerate(walk):
        for _ in venue.run(bar):
            pass
        if index % 400 == 0:
            venue.execute(submitted(bar.time, f"o{index}", BUY, MARKET, 5))
            said(venue.due(bar.time))
    assert len(venue.fills_since()) == 50
    assert time.perf_counter() - begin < 10
