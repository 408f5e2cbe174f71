"""When the signals of a strategy that runs alone are acted on: at once, with the next bar, with a cycle's timer; and
the places that are kept for those that wait."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.unit.core.audit import check_books
from tradewright.core.limits import limits_from
from tradewright.core.setup import Setup, StrategySpec
from tradewright.core.state import restore, to_bytes
from tradewright.model.account import Account
from tradewright.model.control import HALTED, CashMoved, Started, StrategyHalted, Timer, TradingStateSet
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Quote
from tradewright.model.order_request import OrderRequested
from tradewright.model.report import Fill
from tradewright.model.reservation import Released, ReservationExpired, Reserved
from tradewright.model.signal import Signal
from tradewright.signal.strategy import Strategy
from tradewright.trader import Trader

SECOND = 10**9
BEGIN = 1_767_623_400 * SECOND
SYMBOLS = ("ACME", "ZETA")


class Says(Strategy):
    """Says with each quote or bar what its script has for it: [] or [action, confidence], by symbol."""

    many = True
    script: dict[str, Any] = {}
    by: str = "quote"
    shorts: bool = False
    percent: float = 10.0

    def on_bar(self, bar: Bar) -> None:
        if self.by == "bar":
            self._say(bar.symbol)

    def on_quote(self, quote: Quote) -> None:
        if self.by == "quote":
            self._say(quote.symbol)

    def _say(self, symbol: str) -> None:
        words = self.script.get(symbol, [])
        if words and words[0]:
            self.signal(words[0][0], words[0][1], "so it is", symbol)
        self.script[symbol] = words[1:]


class Orders(Strategy):
    """Orders by itself with each quote."""

    def on_quote(self, quote: Quote) -> None:
        self.buy(1)


KINDS: dict[str, type[Strategy]] = {"says": Says, "orders": Orders}


class Desk:
    """A trader with strategies that wait. history: each input with its outputs, for a recovery."""

    def __init__(self, *specs: StrategySpec, cash: str = "100000", **limits: Any) -> None:
        self.specs, self.limits = specs, limits
        self.trader = Trader(lambda spec: KINDS[spec.ref])
        self.history: list[tuple[Event, list[Event]]] = []
        self.now = BEGIN
        self.feed(self.began())
        self.feed(CashMoved(self.now, "main", "USD", int(cash) * 10**18, "deposit"))

    def began(self) -> Started:
        """The record of the start, as a journal gives it back: what strategies do to their parameters is not in it."""
        return Started(BEGIN, 1, self.setup())

    def setup(self) -> list[Any]:
        account = Account("main", "main", "paper", kind="margin")
        instruments = [Instrument(symbol, "paper", "equity", symbol, "USD", 2, 0) for symbol in SYMBOLS]
        setup = Setup(instruments, [(account, limits_from(self.limits).row())], list(self.specs), {})
        return msgspec.json.decode(msgspec.json.encode(setup.row()), type=list[Any])

    def feed(self, event: Event) -> list[Event]:
        outputs = self.trader.step(event).outputs
        self.history.append((event, outputs))
        check_books(self.trader.engine)
        return outputs

    def after(self, seconds: float) -> int:
        self.now += int(seconds * SECOND)
        return self.now

    def quote(self, symbol: str = "ACME", after: float = 1) -> list[Event]:
        return self.feed(Quote(self.after(after), self.trader.engine.symbols[symbol], 10_000, 10_000))

    def bar(self, symbol: str = "ACME", after: float = 1) -> list[Event]:
        now = self.after(after)
        return self.feed(Bar(now, self.trader.engine.symbols[symbol], now - SECOND, 10_000, 10_000, 10_000, 10_000, 9))

    def cycle(self, seconds: int = 45, after: float = 1) -> list[Event]:
        return self.feed(Timer(self.after(after), f"cycle:{seconds}"))

    def recovered(self) -> Trader:
        """From the records alone, strategies muted."""
        trader = Trader(lambda spec: KINDS[spec.ref])
        trader.follow(self.began(), self.history[0][1])
        for event, outputs in self.history[1:]:
            trader.follow(event, outputs)
        return trader

    def from_snapshot(self) -> Trader:
        """From a snapshot of engine and strategies."""
        trader = Trader(lambda spec: KINDS[spec.ref])
        restore(trader.engine, to_bytes(self.trader.engine))
        stored = msgspec.json.decode(msgspec.json.encode(self.trader.roster.strategy_state()))
        trader.resume(self.began(), stored)
        return trader


def spec(
    script: dict[str, Any], decide_on: str = "", cycle_seconds: int = 45, id: str = "a", **parameters: Any
) -> StrategySpec:
    given = tuple(sorted({"script": script, **parameters}.items()))
    return StrategySpec(id, "says", "main", SYMBOLS, given, "code", "params", "", decide_on, cycle_seconds)


def granted(outputs: list[Event]) -> list[tuple[str, str, bool]]:
    return [(d.strategy, d.instrument.symbol, d.approved) for d in outputs if isinstance(d, Decision)]


def said(outputs: list[Event]) -> int:
    return len([output for output in outputs if isinstance(output, Signal)])


BUY, SELL = ["BUY", 0.9], ["SELL", 0.9]


def test_at_once_is_the_default() -> None:
    desk = Desk(spec({"ACME": [BUY]}))
    assert granted(desk.quote()) == [("a", "ACME", True)]


def test_on_bars_a_signal_waits_for_the_next_bar_of_its_symbol() -> None:
    desk = Desk(spec({"ACME": [BUY]}, "bar"))
    outputs = desk.quote()
    assert (said(outputs), granted(outputs)) == (1, []), "it is said at once, and nothing comes of it"
    assert granted(desk.quote()) == granted(desk.bar("ZETA")) == granted(desk.cycle()) == []
    assert granted(desk.bar()) == [("a", "ACME", True)]
    assert granted(desk.bar()) == [], "once"


def test_on_bars_what_a_bar_says_is_acted_on_with_it() -> None:
    desk = Desk(spec({"ACME": [BUY]}, "bar", by="bar"))
    assert granted(desk.bar()) == [("a", "ACME", True)]


def test_on_cycles_the_latest_signals_are_acted_on_with_its_own_timer() -> None:
    desk = Desk(spec({"ACME": [["SELL", 1.0], BUY], "ZETA": [BUY]}, "cycle", 30))
    for outputs in (desk.quote(), desk.quote(), desk.quote("ZETA"), desk.bar(), desk.cycle(45)):
        assert granted(outputs) == []
    assert granted(desk.cycle(30)) == [("a", "ACME", True), ("a", "ZETA", True)]
    assert granted(desk.cycle(30)) == []
    assert desk.trader.roster.cycles() == [30]


def test_a_later_word_takes_the_place_of_an_earlier_one() -> None:
    desk = Desk(spec({"ACME": [BUY, ["HOLD", 0.9]]}, "cycle"))
    desk.quote()
    desk.quote()
    assert granted(desk.cycle()) == []


@pytest.mark.parametrize("moment", ["bar", "cycle"])
def test_an_opening_that_is_ordered_before_its_moment_halts_its_strategy(moment: str) -> None:
    desk = Desk(StrategySpec("o", "orders", "main", ("ACME",), (), "code", "params", "", moment))
    (halt,) = [output for output in desk.quote() if isinstance(output, StrategyHalted)]
    assert f"decideOn: {moment} acts on signals" in halt.text


def test_what_waits_is_forgotten_when_its_strategy_is_halted() -> None:
    desk = Desk(spec({"ACME": [BUY]}, "cycle"))
    desk.quote()
    desk.feed(TradingStateSet(desk.after(1), "strategy:a", HALTED, "ann", "stop"))
    desk.cycle()
    desk.feed(TradingStateSet(desk.after(1), "strategy:a", 1, "ann", "go"))
    assert granted(desk.cycle()) == []


@pytest.mark.parametrize("rebuilt", [Desk.recovered, Desk.from_snapshot])
def test_what_waits_survives_a_restart(rebuilt: Any) -> None:
    desk = Desk(spec({"ACME": [BUY]}, "cycle"), **{"tradepicker.reserveOnOpen": True})
    desk.quote()
    again = rebuilt(desk)
    assert again.state_hash() == desk.trader.state_hash()
    timer = Timer(desk.after(1), "cycle:45")
    here, there = desk.trader.step(timer).outputs, again.step(timer).outputs
    assert [output.row() for output in here] == [output.row() for output in there]
    assert granted(here) == [("a", "ACME", True)]


# ── places ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SLOT: dict[str, Any] = {"tradepicker.maxOpenPositions": 1}
KEEP: dict[str, Any] = {**SLOT, "tradepicker.reserveOnOpen": True}


def two(**limits: Any) -> Desk:
    """`a` waits for the cycle with ACME; `b` wants ZETA at once, a second later."""
    return Desk(spec({"ACME": [BUY]}, "cycle"), spec({"ZETA": [[], BUY]}, id="b"), **limits)


def test_without_a_place_who_waits_is_overtaken() -> None:
    desk = two(**SLOT)
    desk.quote("ZETA")
    desk.quote("ACME")
    assert granted(desk.quote("ZETA")) == [("b", "ZETA", True)]
    assert granted(desk.cycle()) == [("a", "ACME", False)]


def test_a_signal_that_waits_keeps_its_place() -> None:
    desk = two(**KEEP)
    desk.quote("ZETA")
    (reserved,) = [output for output in desk.quote("ACME") if isinstance(output, Reserved)]
    assert (reserved.id, reserved.approved, reserved.quantity) == ("a:ACME", True, 100), "10 % of 100 000 at 100"
    assert granted(desk.quote("ZETA")) == [("b", "ZETA", False)]
    outputs = desk.cycle()
    assert granted(outputs) == [("a", "ACME", True)]
    (over,) = [output for output in outputs if isinstance(output, Released)]
    assert (over.code, over.order_id) == ("ORDERED", "main-1-2")


def test_a_place_is_let_go_when_the_signal_changes_its_mind() -> None:
    desk = Desk(spec({"ACME": [BUY, ["HOLD", 0.9]]}, "cycle"), **KEEP)
    desk.quote()
    (over,) = [output for output in desk.quote() if isinstance(output, Released)]
    assert over.code == "WITHDRAWN"


def test_a_place_on_one_side_is_none_on_the_other() -> None:
    desk = Desk(spec({"ACME": [BUY, SELL]}, "cycle", shorts=True), **KEEP)
    desk.quote()
    outputs = desk.quote()
    (over,) = [output for output in outputs if isinstance(output, Released)]
    (kept,) = [output for output in outputs if isinstance(output, Reserved)]
    assert (over.code, kept.side, kept.approved) == ("WITHDRAWN", -1, True)
    assert granted(desk.cycle()) == [("a", "ACME", True)]


def test_a_place_is_let_go_when_nothing_comes_of_the_signal() -> None:
    desk = Desk(spec({"ACME": [BUY]}, "cycle"), **KEEP)
    desk.quote()
    bought = desk.feed(OrderRequested(desk.after(1), "main", "a", "ACME", 1, 5, 0, "", "ann", "by hand"))
    (order,) = [decision.orders[0] for decision in bought if isinstance(decision, Decision)]
    desk.feed(Fill(desk.after(1), order.id, desk.now, "1", 10_000, 5, 0, "USD"))
    outputs = desk.cycle()
    assert granted(outputs) == [], "it is long already"
    (over,) = [output for output in outputs if isinstance(output, Released)]
    assert over.code == "WITHDRAWN"


def test_a_place_that_was_too_long_kept_is_no_reason_to_refuse_the_signal() -> None:
    """A signal that waits holds no right by name: where its place is gone it wants one like everybody."""
    desk = two(**KEEP, **{"tradepicker.reservationTtlMs": 2_000})
    desk.quote("ZETA")
    desk.quote("ACME")
    outputs = desk.quote("ZETA", after=2)
    assert [output.id for output in outputs if isinstance(output, ReservationExpired)] == ["a:ACME"]
    assert granted(outputs) == [("b", "ZETA", True)]
    assert granted(desk.cycle()) == [("a", "ACME", False)]


def test_two_that_wait_in_one_tick_can_not_both_have_the_last_place() -> None:
    for first, second in (("a", "b"), ("b", "a")):
        desk = Desk(spec({"ACME": [BUY]}, "cycle"), spec({"ZETA": [BUY]}, "cycle", id="b"), **KEEP)
        order = ("ACME", "ZETA") if first == "a" else ("ZETA", "ACME")
        kept = [o for symbol in order for o in desk.quote(symbol, after=0) if isinstance(o, Reserved)]
        assert [(o.strategy, o.approved) for o in kept] == [(first, True), (second, False)]
        assert sorted(granted(desk.cycle())) == sorted([("a", "ACME", first == "a"), ("b", "ZETA", first == "b")])
