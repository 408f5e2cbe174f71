"""What becomes of a signal: the record it leaves, the orders of a strategy that runs alone, the vote of a member."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tradewright.core.setup import Setup, StrategySpec
from tradewright.core.state import restore, to_bytes
from tradewright.model.account import Account
from tradewright.model.codec import Decoder, encode
from tradewright.model.command import Submit
from tradewright.model.control import CashMoved, Started, StrategyHalted
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.report import Fill, Report
from tradewright.model.signal import ACTIONS, Signal
from tradewright.model.sizer import sizer_from
from tradewright.signal.strategy import Strategy
from tradewright.trader import Outcome, Trader

MINUTE = 60_000_000_000
Said = tuple[str, float, str]


class Speaks(Strategy):
    """Says with each bar what its script has for it."""

    script: list[Any] = []
    threshold: float = 0.5
    percent: float = 10.0
    shorts: bool = False
    seen: int = 0

    def setup(self) -> None:
        self.mean = self.sma(1)

    def on_bar(self, bar: Bar) -> None:
        said = self.script[self.seen] if self.seen < len(self.script) else []
        self.seen += 1
        for action, confidence, reasoning in said:
            self.signal(action, confidence, reasoning)


class Plain(Strategy):
    """Declares none of the policy's fields."""

    def on_bar(self, bar: Bar) -> None:
        self.signal("BUY", 0.5, "why not")


class Desk:
    """A trader with one strategy; every order is filled at once unless told otherwise. heard: outcomes by bar."""

    def __init__(self, *script: list[Said], mode: str = "netting", ensemble: str = "", **fields: Any) -> None:
        self.kind: type[Strategy] = Plain if not script else Speaks
        parameters = (*sorted(fields.items()), ("script", [[list(said) for said in bar] for bar in script]))
        spec = StrategySpec(
            "s", "s", "main", ("ACME",), parameters if script else (), "the code", "the parameters", ensemble
        )
        account = Account("main", "main", "paper", mode, "margin", leverage=10)
        setup = Setup([Instrument("ACME", "paper", "equity", "ACME", "USD", 2, 0)], [(account, [])], [spec], {})
        self.started = Started(0, 1, msgspec.json.decode(msgspec.json.encode(setup.row()), type=list[Any]))
        self.trader = Trader(lambda spec: self.kind)
        self.records: list[tuple[Event, list[Event]]] = []
        self.minute = 0
        self.trades = 0
        self.feed(self.started)
        self.feed(CashMoved(0, "main", "USD", 100_000 * 10**18, "deposit"))

    def feed(self, event: Event) -> Outcome:
        outcome = self.trader.step(event)
        self.records.append((event, outcome.outputs))
        return outcome

    def bar(self, price: int = 1000, fills: bool = True) -> list[Event]:
        """One more bar; its outputs."""
        self.minute += 1
        time = self.minute * MINUTE
        instrument = self.trader.engine.instruments[0]
        outcome = self.feed(Bar(time, instrument, time - MINUTE, price, price, price, price, 1))
        for command in outcome.commands:
            if fills and isinstance(command, Submit):
                self.trades += 1
                self.feed(Report(10, time, command.order_id, time, "", "X1"))
                self.feed(Fill(time, command.order_id, time, f"T{self.trades}", price, command.order.quantity))
        return outcome.outputs

    @property
    def net(self) -> int:
        return self.trader.engine.position("main", self.trader.engine.instruments[0]).net


def signals(outputs: list[Event]) -> list[tuple[str, float, str]]:
    return [(ACTIONS[o.action], o.confidence, o.reasoning) for o in outputs if isinstance(o, Signal)]


def orders(outputs: list[Event]) -> list[tuple[str, str]]:
    """(side, role) of what was approved, in order."""
    decided = [o for o in outputs if isinstance(o, Decision)]
    assert all(decision.approved for decision in decided)
    return [("buy" if d.orders[0].side > 0 else "sell", d.orders[0].role) for d in decided]


BUY, SELL, HOLD = (("BUY", 0.7, "up"),), (("SELL", 0.7, "down"),), (("HOLD", 0.7, "flat"),)
TIMID = {"BUY": (("BUY", 0.49, "up?"),), "SELL": (("SELL", 0.49, "down?"),)}
OPENS_LONG, OPENS_SHORT = ("buy", "entry"), ("sell", "entry")
LEAVES_LONG, LEAVES_SHORT = ("sell", "exit"), ("buy", "exit")

#: (what was said before, and filled; what is said now; whether shorts are allowed) and what is ordered now.
CASES: dict[str, tuple[tuple[Any, ...], Any, bool, list[tuple[str, str]]]] = {
    "a buy opens a long": ((), BUY, False, [OPENS_LONG]),
    "a buy below the threshold does not": ((), TIMID["BUY"], False, []),
    "a buy with a long held does nothing": ((BUY,), BUY, False, []),
    "a buy turns a short into a long": ((SELL,), BUY, True, [LEAVES_SHORT, OPENS_LONG]),
    "a timid buy leaves a short": ((SELL,), TIMID["BUY"], True, [LEAVES_SHORT]),
    "a sale leaves a long": ((BUY,), SELL, False, [LEAVES_LONG]),
    "a timid sale leaves a long": ((BUY,), TIMID["SELL"], False, [LEAVES_LONG]),
    "a sale turns a long into a short where shorts are allowed": ((BUY,), SELL, True, [LEAVES_LONG, OPENS_SHORT]),
    "a timid sale leaves a long where shorts are allowed": ((BUY,), TIMID["SELL"], True, [LEAVES_LONG]),
    "a sale opens a short where shorts are allowed": ((), SELL, True, [OPENS_SHORT]),
    "a timid sale opens none": ((), TIMID["SELL"], True, []),
    "a sale with nothing held does nothing where they are not": ((), SELL, False, []),
    "a sale with a short held does nothing": ((SELL,), SELL, True, []),
    "a hold does nothing": ((), HOLD, True, []),
    "a hold leaves a long alone": ((BUY,), HOLD, True, []),
    "a hold leaves a short alone": ((SELL,), HOLD, True, []),
}


@pytest.mark.parametrize("mode", ["netting", "hedging"])
@pytest.mark.parametrize("case", CASES)
def test_a_strategy_that_runs_alone_acts_on_its_signals(case: str, mode: str) -> None:
    before, now, shorts, expected = CASES[case]
    desk = Desk(*[list(said) for said in (*before, now)], shorts=shorts, mode=mode)
    for _ in before:
        desk.bar()
    assert orders(desk.bar()) == expected


def test_a_confidence_at_the_threshold_opens_and_one_below_does_not() -> None:
    for confidence, opened in ((0.599, []), (0.6, [OPENS_LONG]), (0.601, [OPENS_LONG])):
        assert orders(Desk([("BUY", confidence, "up")], threshold=0.6).bar()) == opened


def test_a_threshold_may_be_all_or_nothing() -> None:
    for threshold, confidence, opened in ((0.0, 0.0, [OPENS_LONG]), (1.0, 1.0, [OPENS_LONG]), (1.0, 0.999, [])):
        assert orders(Desk([("BUY", confidence, "up")], threshold=threshold).bar()) == opened


def test_the_share_of_equity_is_the_strategys_and_where_it_declares_nothing_the_defaults_count() -> None:
    assert Desk([*BUY], percent=25.0).bar()[1].orders[0].quantity == 2500, "25 % of 100,000 at 10.00"  # type: ignore[attr-defined]
    assert Desk().bar()[1].orders[0].quantity == 1000  # type: ignore[attr-defined]


def test_without_a_share_the_sizer_of_the_strategy_decides() -> None:
    desk = Desk([*BUY], percent=0.0)
    desk.trader.engine.sizers["strategy:s"] = sizer_from("fixed:7")
    assert desk.bar()[1].orders[0].quantity == 7  # type: ignore[attr-defined]
    (halt,) = Desk([*BUY], percent=0.0).bar()
    assert isinstance(halt, StrategyHalted) and "say how much" in halt.text


def test_what_is_on_its_way_is_not_ordered_again() -> None:
    desk = Desk([*BUY], [*BUY], [*SELL], [*SELL], shorts=True)
    assert orders(desk.bar(fills=False)) == [OPENS_LONG]
    assert orders(desk.bar(fills=False)) == []
    assert orders(desk.bar(fills=False)) == [OPENS_SHORT], "nothing is held that could be left"
    assert orders(desk.bar(fills=False)) == []
    desk = Desk([*BUY], [*SELL], [*SELL], [*SELL])
    desk.bar()
    assert orders(desk.bar(fills=False)) == [LEAVES_LONG]
    assert orders(desk.bar(fills=False)) == []


def test_a_signal_is_recorded_before_what_came_of_it_with_price_version_and_inputs() -> None:
    signal, decision, submit = Desk([("BUY", 0.75, "up")]).bar(price=1234)
    assert isinstance(signal, Signal) and isinstance(decision, Decision) and isinstance(submit, Submit)
    assert (signal.symbol, signal.action, signal.confidence, signal.price_units) == ("ACME", 1, 0.75, 1234)
    assert (signal.time, signal.strategy_version, signal.params_hash) == (MINUTE, "the code", "the parameters")
    assert signal.inputs == decision.inputs == (("SMA(1, close)", 12.34),)
    assert (decision.confidence, decision.reason) == (0.75, "up")


def test_a_hold_leaves_a_record_when_it_says_something_new() -> None:
    quiet, busy = ("HOLD", 0.1, "quiet"), ("HOLD", 0.1, "busy")
    desk = Desk([quiet], [("HOLD", 0.9, "quiet")], [busy], [busy], [quiet], [("SELL", 1, "quiet")], [quiet], [quiet])
    heard = [[action for action, _, _ in signals(desk.bar())] for _ in range(8)]
    assert heard == [["HOLD"], [], ["HOLD"], [], ["HOLD"], ["SELL"], ["HOLD"], []]


def test_a_buy_said_again_leaves_a_record_each_time() -> None:
    desk = Desk([*BUY], [*BUY], [*BUY])
    assert [len(signals(desk.bar())) for _ in range(3)] == [1, 1, 1]


def test_the_last_word_on_a_symbol_counts() -> None:
    outputs = Desk([("BUY", 0.9, "up"), ("HOLD", 0.2, "on second thoughts")]).bar()
    assert signals(outputs) == [("HOLD", 0.2, "on second thoughts")]
    assert orders(outputs) == []


def test_a_members_signals_are_recorded_and_not_acted_on() -> None:
    desk = Desk([*BUY], [*SELL], shorts=True, ensemble="e")
    for said in (BUY, SELL):
        outputs = desk.bar()
        assert signals(outputs) == list(said)
        assert orders(outputs) == []
    assert desk.trader.engine.signals["s", 0].action == -1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (("LONG", 0.5, "up"), "action: 'LONG' is not one of BUY, SELL, HOLD"),
        (("BUY", 1.01, "up"), "confidence 1.01 must lie between 0 and 1"),
        (("BUY", -0.01, "up"), "confidence -0.01 must lie between 0 and 1"),
        (("BUY", 0.5, 7), "reasoning 7 is not text"),
    ],
)
def test_what_is_no_signal_halts_the_strategy_and_says_why(said: Said, why: str) -> None:
    outputs = Desk([*BUY, said]).bar()
    (halt,) = outputs
    assert isinstance(halt, StrategyHalted) and why in halt.text


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_that_is_no_confidence_halts_the_strategy(threshold: float) -> None:
    desk = Desk([*BUY], threshold=threshold)
    (halt,) = desk.bar()
    assert isinstance(halt, StrategyHalted) and "must lie between 0 and 1" in halt.text
    assert desk.trader.engine.order_count == 0


def test_a_trader_rebuilt_anywhere_remembers_the_last_word() -> None:
    """A HOLD that was recorded is not recorded again behind a snapshot, nor behind the records themselves."""
    script = [[*HOLD], [*HOLD], [*BUY], [*HOLD], [*HOLD], [*SELL], [*SELL], [*HOLD], [*HOLD]]
    whole = Desk(*script, shorts=True)
    for _ in script:
        whole.bar()
    rows = [(encode(event), [encode(output) for output in outputs]) for event, outputs in whole.records]
    for cut in range(2, len(rows)):
        followed = Trader(lambda spec: Speaks)
        decoder = Decoder(followed.engine.instruments, lambda id, t=followed: t.engine.orders[id].order)
        for event, outputs in rows[:cut]:
            followed.follow(decoder.decode(event), [decoder.decode(output) for output in outputs])
        restored = Trader(lambda spec: Speaks)
        restore(restored.engine, to_bytes(followed.engine))
        restored.resume(whole.started, msgspec.json.decode(msgspec.json.encode(followed.roster.strategy_state())))
        for trader in (followed, restored):
            decoder = Decoder(trader.engine.instruments, lambda id, t=trader: t.engine.orders[id].order)
            for event, outputs in rows[cut:]:
                made = trader.step(decoder.decode(event)).outputs
                assert [encode(output) for output in made] == outputs
            assert trader.state_hash() == whole.trader.state_hash()
            assert trader.roster.strategy_state() == whole.trader.roster.strategy_state()
