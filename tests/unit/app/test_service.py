"""The service inside of one process with its venues: what strategies hear, what a start takes up and what a stop
leaves. The sockets are real, the clock too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.project import COMPILED_ALONE
from tradewright.app.config import read_config
from tradewright.app.history import fold, rerun
from tradewright.app.home import JOURNAL
from tradewright.app.service import STOPPER, Service
from tradewright.app.service_log import ServiceLog
from tradewright.app.service_words import ServiceEnd, begin_lines, end_of
from tradewright.model.control import REDUCING
from tradewright.model.errors import InputError, NotReady
from tradewright.model.event import BAR, TIMER
from tradewright.model.rng import Rng
from tradewright.sim.market import Market, universe
from tradewright.sim.paper import read_book
from tradewright.sim.wire.binance import BinanceSite
from tradewright.sim.wire.server import Server
from tradewright.sim.wire.site import Tape

pytestmark = COMPILED_ALONE

KEYS = {"KEY": "demo-key", "SECRET": "demo-secret"}
STRATEGIES = """
from tradewright.signal.strategy import Strategy

class Barred(Strategy):
    '''Buys with its second bar.'''
    bars: int = 0
    def on_bar(self, bar):
        self.bars += 1
        if self.bars == 2:
            self.buy(self.least(bar.close), reason='the second bar')
    def least(self, price):
        return round(20 / price, 4)

class Quoted(Barred):
    '''Buys with its third quote, and rests a bid.'''
    quotes: int = 0
    def on_quote(self, quote):
        self.quotes += 1
        if self.quotes == 3:
            price = quote.bid_units / 10**quote.instrument.price_scale
            self.buy(self.least(price), reason='the third quote')
            self.buy(self.least(price / 2), limit=round(price / 2, 1), reason='far below')

class Thinks(Strategy):
    '''States at each quote that it would buy.'''
    def on_quote(self, quote):
        self.signal('BUY', 0.9, 'always')
"""


class Stage:
    """A folder with a configuration, and a simulated Binance that can be opened and shut."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.server: Server | None = None
        self.port = 0
        (folder / "mine.py").write_text(STRATEGIES)

    async def open(self) -> None:
        listings = [one for one in universe("binance", "USDT") if one.instrument.symbol == "BTCUSDT"]
        now = time.time_ns()
        market = Market(1, now, listings, step_ms=200)
        self.server = Server(BinanceSite(market.instruments, Tape(market.events()), Rng(1), now))
        await self.server.start(self.port)
        self.port = self.server.port

    async def shut(self) -> None:
        if self.server is not None:
            await self.server.stop()
            self.server = None

    def service(self, text: str) -> Service:
        """A service by this configuration; PORT in it is the venue's."""
        file = self.folder / "service.yaml"
        file.write_text(text.replace("PORT", str(self.port)))
        return Service(read_config(file, KEYS), self.home, ServiceLog(True))

    async def plays(self, text: str, until: Callable[[Service], bool], seconds: float = 40.0) -> ServiceEnd:
        """Runs a service until something is so, and stops it."""
        service = self.service(text)
        try:
            running = asyncio.create_task(service.run())
            end = time.monotonic() + seconds
            while not running.done() and not until(service):
                assert time.monotonic() < end, f"not within {seconds:g} s"
                await asyncio.sleep(0.02)
            service.stop()
            await running
            return end_of(service.plan, service.room, self.home, service.remarks, service.left, str(service.audit.head))
        finally:
            service.close()


def play(folder: Path, act: Callable[[Stage], Awaitable[None]]) -> Stage:
    stage = Stage(folder)

    async def program() -> None:
        await stage.open()
        try:
            await act(stage)
        finally:
            await stage.shut()

    asyncio.run(program())
    return stage


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


ACCOUNT = """accounts:
  main:
    venue: binance
    environment: testnet
    baseUrl: http://127.0.0.1:PORT
    apiKey: ${KEY}
    secretKey: ${SECRET}
    symbols: [BTCUSDT]
    bars: 1
"""
QUOTED = "strategies: {quoted: {strategy: 'mine.py:Quoted', account: main}}\nstopSeconds: 5\n"


def filled(service: Service, strategy: str, account: str = "main") -> bool:
    books = service.engine.ledger.books.values()
    return any(book.net and (book.account, book.strategy) == (account, strategy) for book in books)


def resting(service: Service) -> list[str]:
    return [id for id, hold in service.engine.holds.holds.items() if hold.order.limit_units]


def held(stage: Stage) -> dict[tuple[str, str], int]:
    """By account and strategy, what the journal says is held."""
    trader = fold(stage.home / JOURNAL).trader
    assert trader is not None
    return {(one.account, one.strategy): one.net for one in trader.engine.ledger.books.values() if one.net}


def test_a_strategy_on_bars_hears_those_of_its_venue(tmp_path: Path) -> None:
    text = ACCOUNT + "strategies: {barred: {strategy: 'mine.py:Barred'}}\n"

    async def act(stage: Stage) -> None:
        await stage.plays(text, lambda service: filled(service, "barred"))

    stage = play(tmp_path, act)
    assert rerun(stage.home / JOURNAL).differences == []
    opened = [row[3] for row in rows(stage, BAR)]
    assert len(opened) >= 2 and all(later > earlier for earlier, later in pairwise(opened))
    assert all(time_open % 10**9 == 0 for time_open in opened), "bars of whole seconds, each once and in order"


def rows(stage: Stage, kind: int) -> list[list[object]]:
    from tests.e2e.judge import records

    return [row for row in records(stage.home / JOURNAL) if row[0] == kind]


def test_a_paper_account_follows_the_market_of_another(tmp_path: Path) -> None:
    text = ACCOUNT.replace("    bars: 1\n", "    bars: 0\n") + (
        "  trial: {venue: paper, symbols: [BTCUSDT], market: main, currency: USDT, cash: 5000}\n"
        "strategies: {quoted: {strategy: 'mine.py:Quoted', account: trial}}\n"
    )

    async def act(stage: Stage) -> None:
        end = await stage.plays(text, lambda service: filled(service, "quoted", "trial"))
        assert end.accounts["trial"]["positions"] and float(end.accounts["trial"]["equity"]) > 4_900
        # What is done on paper is done there alone.
        assert stage.server is not None and not stage.server.failures
        assert end.orders == 2
        await stage.plays(text, lambda service: "main" in service.log.ready)

    stage = play(tmp_path, act)
    book = read_book(stage.home / "paper-trial.db")
    assert held(stage)[("trial", "quoted")] == book.positions["trial"]["BTCUSDT"] > 0
    assert [fill.order_id for fill in book.fills] == [fill.order_id for fill in book.fills if "tr" in fill.order_id]


def test_an_end_that_meets_a_comparison_is_heard(tmp_path: Path) -> None:
    async def act(stage: Stage) -> None:
        service = stage.service("accounts: {trial: {venue: paper, symbols: [BTCUSD]}}\n")
        try:
            running = asyncio.create_task(service.run())
            while not service.engine.now:
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.5)
            service.connected.force_reconciliation("trial")
            running.cancel()
            done, _ = await asyncio.wait([running], timeout=20)
            assert done, "what waited for a comparison forgot that it was told to end"
        finally:
            service.close()

    play(tmp_path, act)


def test_signals_wait_for_the_timer_of_their_cycle(tmp_path: Path) -> None:
    text = (
        "accounts: {paper: {venue: paper, symbols: [BTCUSD]}}\n"
        "strategies:\n  thinks: {strategy: 'mine.py:Thinks', decideOn: cycle, cycleSeconds: 1, sizing: 'value:100'}\n"
    )

    async def act(stage: Stage) -> None:
        await stage.plays(text, lambda service: filled(service, "thinks", "paper"))

    stage = play(tmp_path, act)
    timers = [row[1] for row in rows(stage, TIMER) if row[2] == "cycle:1"]
    assert timers and all(isinstance(moment, int) and moment % 10**9 == 0 for moment in timers)
    assert rerun(stage.home / JOURNAL).differences == []


def test_a_stop_leaves_a_mark_that_the_next_start_lifts(tmp_path: Path) -> None:
    text = ACCOUNT + QUOTED

    async def act(stage: Stage) -> None:
        end = await stage.plays(text, lambda service: filled(service, "quoted") and bool(resting(service)))
        assert (end.entries, end.remarks) == ([], [])
        trader = fold(stage.home / JOURNAL).trader
        assert trader is not None
        engine = trader.engine
        assert (engine.states, engine.causes) == ({"venue:binance": REDUCING}, {"venue:binance": STOPPER})
        assert not engine.holds.holds, "nothing rests"
        seen: list[dict[str, int]] = []
        await stage.plays(
            text, lambda service: "main" in service.log.ready and not seen.append({**service.engine.states})
        )
        assert seen[-1] == {}, "it may open again"

    stage = play(tmp_path, act)
    assert rerun(stage.home / JOURNAL).differences == []


@pytest.mark.long
def test_a_start_without_its_venue_takes_up_what_it_knew_and_is_ready_when_it_is_back(tmp_path: Path) -> None:
    text = ACCOUNT + QUOTED + "readySeconds: 1.5\n"

    async def act(stage: Stage) -> None:
        await stage.plays(ACCOUNT + QUOTED, lambda service: filled(service, "quoted"))
        before = held(stage)
        await stage.shut()
        # Alone it is not ready in time.
        with pytest.raises(NotReady, match=r"account main is not ready: .*readySeconds: 1.5"):
            await stage.plays(text, lambda service: False)
        # Beside another account that is, it is waited for.
        both = text.replace("strategies:", "  trial: {venue: paper, symbols: [ETHUSD]}\nstrategies:")
        began = time.monotonic()
        opening: list[asyncio.Task[None]] = []

        def back(service: Service) -> bool:
            if time.monotonic() - began > 4 and not opening:
                opening.append(asyncio.create_task(stage.open()))
            return "main" in service.log.ready

        await stage.plays(both, back, 60)
        assert held(stage) == before | {key: size for key, size in held(stage).items() if key[1] == "external"}

    play(tmp_path, act)


@pytest.mark.long
def test_a_stop_without_its_venue_ends_in_time_and_names_what_may_be_left(tmp_path: Path) -> None:
    text = ACCOUNT + QUOTED.replace("stopSeconds: 5", "stopSeconds: 1")

    async def act(stage: Stage) -> None:
        shutting: list[asyncio.Task[None]] = []

        def gone(service: Service) -> bool:
            if resting(service) and filled(service, "quoted") and not shutting:
                shutting.append(asyncio.create_task(stage.shut()))
            return bool(shutting) and shutting[0].done()

        end = await stage.plays(text, gone)
        (left,) = end.entries
        assert end.remarks == [f"of {left} it is not known that they ended; the next start looks them up"]

    play(tmp_path, act)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ACCOUNT.replace("main", "other"), "account main is not in .*service.yaml any more, and "),
        ("accounts: {paper: {venue: paper, symbols: [NOSUCH]}}\n", "the synthetic market has no NOSUCH; it has ACME"),
        (
            ACCOUNT.replace("bars: 1", "bars: 7"),
            r"service.yaml:9: account main: Binance Spot has no bars of 7 s; it has",
        ),
    ],
)
def test_what_can_not_go_on_is_refused_before_anything_is_written(text: str, said: str, tmp_path: Path) -> None:
    async def act(stage: Stage) -> None:
        if "not in" in said:
            await stage.plays(ACCOUNT + QUOTED, lambda service: filled(service, "quoted"))
        before = fold(stage.home / JOURNAL).sequence if stage.home.exists() else 0
        with pytest.raises(InputError, match=said):
            await stage.plays(text, lambda service: False)
        assert fold(stage.home / JOURNAL).sequence == before

    play(tmp_path, act)


def test_a_paper_account_whose_book_is_gone_is_not_begun_anew(tmp_path: Path) -> None:
    text = "accounts: {trial: {venue: paper, symbols: [BTCUSD]}}\n"

    async def act(stage: Stage) -> None:
        await stage.plays(text, lambda service: any(mark.bid for mark in service.engine.marks.marks))
        book = stage.home / "paper-trial.db"
        book.rename(tmp_path / "away")
        with pytest.raises(InputError, match=f"the book of its exchange {book} is gone; put it back"):
            await stage.plays(text, lambda service: False)

    play(tmp_path, act)


def test_a_reader_that_goes_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    log = ServiceLog(False)
    told: list[str] = []

    class Gone:
        def write(self, text: str) -> None:
            told.append(text)
            raise BrokenPipeError

    monkeypatch.setattr("sys.stdout", Gone())
    log.say("one")
    log.say("two")
    assert len(told) == 1 and "one" in told[0]


def test_a_strategy_of_another_version_is_told_at_the_start_and_bound_by_its_canary(tmp_path: Path) -> None:
    text = ACCOUNT + QUOTED + "limits: {canary: {maxOrderValue: 1}}\n"

    async def act(stage: Stage) -> None:
        await stage.plays(text, lambda service: bool(service.engine.denied_count))
        for code, remarks in (("", 0), ("# another line\n", 1)):
            (stage.folder / "mine.py").write_text(STRATEGIES + code)
            service = stage.service(text)
            lines = list(begin_lines(service.config, service.plan, service.room, stage.home))
            service.close()
            assert "limits of canary: maxOrderValue" in lines
            said = "REMARK strategy quoted is another version than at the last start, and begins anew"
            assert lines.count(said) == remarks

    stage = play(tmp_path, act)
    trader = fold(stage.home / JOURNAL).trader
    assert trader is not None and not trader.engine.holds.holds
    denied = [state for state in trader.engine.orders.values() if state.status == "DENIED"]
    assert {state.code for state in denied} == {"MAX_ORDER_VALUE"}


def test_what_another_account_trades_elsewhere_is_none_of_an_accounts(tmp_path: Path) -> None:
    """It owns ETH, and no ETHUSD: that is traded on paper, and asked of its own venue it would be refused."""
    text = ACCOUNT + "  trial: {venue: paper, symbols: [ETHUSD]}\n" + QUOTED

    async def act(stage: Stage) -> None:
        for _ in range(2):
            await stage.plays(text, lambda service: {"main"} == service.log.ready and service.engine.now > 0)

    stage = play(tmp_path, act)
    trader = fold(stage.home / JOURNAL).trader
    assert trader is not None
    assert [one.instrument.symbol for one in trader.engine.accounts["main"].positions if one.net] == ["BTCUSDT"]


def test_a_wall_clock_that_is_set_back_keeps_no_quote_from_being_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "accounts: {trial: {venue: paper, symbols: [BTCUSD]}}\n"
    wall, quoted = time.time_ns, [0]

    def so(service: Service) -> bool:
        newest = max((mark.time_quote for mark in service.engine.marks.marks), default=0)
        if newest and not quoted[0]:
            quoted[0] = newest
            monkeypatch.setattr(time, "time_ns", lambda: wall() - 3_600 * 10**9)
        return newest > quoted[0] + 10**9

    async def act(stage: Stage) -> None:
        await stage.plays(text, so)

    play(tmp_path, act)


def test_one_symbol_at_two_places_is_refused(tmp_path: Path) -> None:
    text = ACCOUNT + "  trial: {venue: paper, symbols: [BTCUSDT], currency: USDT}\n"

    async def act(stage: Stage) -> None:
        with pytest.raises(InputError, match="accounts main and trial both trade BTCUSDT, at different places"):
            await stage.plays(text, lambda service: False)

    play(tmp_path, act)
