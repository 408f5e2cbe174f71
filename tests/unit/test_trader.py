"""The trader: which callbacks an event reaches, what a misbehaving strategy costs, and how a run is taken up again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tradewright.core.setup import Setup, StrategySpec
from tradewright.core.state import restore, to_bytes
from tradewright.model.account import Account
from tradewright.model.command import Submit
from tradewright.model.control import (
    HALTED,
    CashMoved,
    CloseRequested,
    LimitsSet,
    Started,
    StrategyHalted,
    TradingStateSet,
)
from tradewright.model.errors import InputError, StateError
from tradewright.model.event import ACCEPTED, CANCEL, SUBMIT
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth, Quote, Trade
from tradewright.model.report import Fill, FillPrice, Report
from tradewright.signal.strategy import Strategy
from tradewright.trader import Trader

MINUTE = 60_000_000_000


class Listener(Strategy):
    """Notes what it hears; buys at the first quote."""

    heard: list[str] = []

    def on_bar(self, bar: Bar) -> None:
        self.heard.append(f"bar {bar.symbol} {bar.close}")

    def on_quote(self, quote: Quote) -> None:
        self.heard.append(f"quote {quote.bid} {quote.ask}")
        if self.flat and not self.open_orders:
            self.buy(2, reason="first quote")

    def on_trade(self, trade: Trade) -> None:
        self.heard.append(f"trade {trade.price}")

    def on_depth(self, depth: Depth) -> None:
        self.heard.append(f"depth {depth.bids[0][0]}")

    def on_fill(self, fill: Fill) -> None:
        self.heard.append(f"fill {fill.trade_id}, now {self.size}")


class Raises(Strategy):
    def on_bar(self, bar: Bar) -> None:
        self.buy(1)
        raise ZeroDivisionError("by hand")


class Hangs(Strategy):
    def on_bar(self, bar: Bar) -> None:
        self.buy(1)
        self.memory = bar  # type: ignore[assignment]


class Buys(Strategy):
    seen: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.seen += 1
        self.buy(1)


class Smuggles(Strategy):
    """Puts something into a list of its own that no snapshot can hold."""

    kept: list[object] = []

    def on_bar(self, bar: Bar) -> None:
        self.kept.append(bar)


CLASSES: dict[str, type[Strategy]] = {
    "smuggles": Smuggles,
    "listener": Listener,
    "raises": Raises,
    "hangs": Hangs,
    "buys": Buys,
}


def started(*refs: str, run: int = 1, code: str = "code") -> Started:
    specs = [StrategySpec(ref, ref, "main", ("ACME",), (), code, "params") for ref in refs]
    account = Account("main", "main", "paper", kind="margin")
    setup = Setup([Instrument("ACME", "paper", "equity", "ACME", "USD", 2, 0)], [(account, [])], specs, {})
    return Started(0, run, msgspec.json.decode(msgspec.json.encode(setup.row()), type=list[Any]))


def trader(*refs: str) -> Trader:
    made = Trader(lambda spec: CLASSES[spec.ref])
    made.step(started(*refs))
    made.step(CashMoved(0, "main", "USD", 10**24, "deposit"))
    return made


def bar(of: Trader, minute: int, price: int = 1000) -> Bar:
    time = minute * MINUTE
    return Bar(time, of.engine.instruments[0], time - MINUTE, price, price, price, price, 1)


def strategy(of: Trader, at: int = 0) -> Any:
    return of.roster.runners[at].strategy


def test_each_kind_of_event_reaches_its_callback_and_a_fill_its_owner() -> None:
    made = trader("listener")
    acme = made.engine.instruments[0]
    made.step(bar(made, 1))
    made.step(Trade(MINUTE, acme, 1001, 5))
    made.step(Depth(MINUTE, acme, ((999, 5),), ((1001, 5),)))
    order_id = made.step(Quote(MINUTE, acme, 999, 1001)).commands[0].order_id
    made.step(Report(ACCEPTED, MINUTE, order_id, MINUTE, "", "X1"))
    made.step(Fill(MINUTE, order_id, MINUTE, "T1", 1001, 2))
    made.step(Fill(MINUTE, order_id, MINUTE, "T1", 1001, 2))
    assert strategy(made).heard[:5] == [
        "bar ACME 10.0",
        "trade 10.01",
        "depth 999",
        "quote 9.99 10.01",
        "fill T1, now 2.0",
    ]


@pytest.mark.parametrize(("name", "code"), [("raises", "STRATEGY_RAISED"), ("hangs", "STRATEGY_STATE")])
def test_a_strategy_that_misbehaves_is_halted_alone_and_its_intents_are_dropped(name: str, code: str) -> None:
    made = trader("buys", name)
    before = made.engine.order_count
    outputs = made.step(bar(made, 1)).outputs
    halts = [output for output in outputs if isinstance(output, StrategyHalted)]
    assert [(halt.strategy, halt.code) for halt in halts] == [(name, code)]
    assert [output.order.strategy for output in outputs if isinstance(output, Submit)] == ["buys"]
    assert made.engine.order_count == before + 1, "the dropped intent used up no id"
    later = made.step(bar(made, 2)).outputs
    assert [output.order.strategy for output in later if isinstance(output, Submit)] == ["buys"]


def test_a_strategy_halted_by_a_person_is_not_called_until_re_armed() -> None:
    made = trader("buys")
    made.step(TradingStateSet(1, "strategy:buys", HALTED, "Ann", "looks odd"))
    made.step(bar(made, 1))
    assert strategy(made).seen == 0
    made.step(TradingStateSet(2, "strategy:buys", 1, "Ann", "understood"))
    made.step(bar(made, 2))
    assert strategy(made).seen == 1


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("acount:main", "scope 'acount:main': it is all, or one or more of owner, venue, account"),
        ("account:Main", "there is no account 'Main'; there is main"),
        ("strategy:buy", "there is no strategy 'buy'; there is buys"),
        ("symbol:ACNE", "there is no symbol 'ACNE'; there is ACME"),
        ("account:main/symbol:ACME", "belongs to all, or to one of account, symbol alone"),
    ],
)
def test_a_scope_that_is_not_there_is_refused_by_name_and_nothing_changes(scope: str, words: str) -> None:
    made = trader("buys")
    before = made.state_hash()
    with pytest.raises(InputError, match=words):
        made.step(TradingStateSet(1, scope, HALTED, "ann", "stop"))
    assert made.state_hash() == before


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("account:Main", "there is no account 'Main'; there is main"),
        ("owner:main/symbol:ACNE", "there is no symbol 'ACNE'; there is ACME"),
        ("everyone", "scope 'everyone': it is all, or one or more of owner"),
    ],
)
def test_limits_of_a_scope_that_is_not_there_are_refused_by_name_and_nothing_changes(scope: str, words: str) -> None:
    made = trader("buys")
    before = made.state_hash()
    with pytest.raises(InputError, match=words):
        made.step(LimitsSet(1, scope, [("maxOrderQuantity", 1)], 0, "", "ann", "typo"))
    assert made.state_hash() == before


def test_limits_of_a_strategy_may_come_before_it() -> None:
    made = trader("buys")
    made.step(LimitsSet(1, "strategy:tomorrow", [("maxOrderQuantity", 1)], 0, "", "ann", "canary"))
    assert made.engine.gate.limits["strategy:tomorrow"].version == 1


def test_a_close_of_an_account_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="there is no account 'Main'; there is main"):
        trader("buys").step(CloseRequested(1, "Main", "", "ann", "home"))


class RestsAndRaises(Strategy):
    seen: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.seen += 1
        if self.seen == 2:
            raise ValueError("bug")
        self.buy(1, limit=9)


def test_what_a_halted_strategy_left_at_the_venue_is_cancelled() -> None:
    made = Trader(lambda spec: RestsAndRaises)
    followed = Trader(lambda spec: RestsAndRaises)
    events: list[Any] = [started("rests"), CashMoved(0, "main", "USD", 10**24, "deposit")]
    outcomes = [made.step(event) for event in events]
    for minute in (1, 2):
        events.append(bar(made, minute))
        outcomes.append(made.step(events[-1]))
    resting = outcomes[2].commands[0].order_id
    assert [(command.kind, command.order_id) for command in outcomes[3].commands] == [(CANCEL, resting)]
    for event, outcome in zip(events, outcomes, strict=True):
        followed.follow(event, outcome.outputs)
    assert followed.state_hash() == made.state_hash()


class Averages(Strategy):
    seen: list[float] = []

    def setup(self) -> None:
        self.mean = self.sma(2)

    def on_bar(self, bar: Bar) -> None:
        if self.mean.value == self.mean.value:
            self.seen.append(self.mean.value)


def test_a_strategy_that_is_re_armed_decides_on_indicators_without_a_hole() -> None:
    made, followed = (Trader(lambda spec: Averages) for _ in range(2))
    events: list[Any] = [started("averages")]
    events += [CashMoved(0, "main", "USD", 10**24, "deposit")]
    for event in events:
        followed.follow(event, made.step(event).outputs)
    changes: dict[int, TradingStateSet] = {
        3: TradingStateSet(2 * MINUTE, "strategy:averages", HALTED, "ann", "stop"),
        8: TradingStateSet(7 * MINUTE, "strategy:averages", 1, "ann", "go on"),
    }
    for minute in range(1, 10):
        if minute in changes:
            followed.follow(changes[minute], made.step(changes[minute]).outputs)
        event = bar(made, minute, 1000 * minute)
        followed.follow(event, made.step(event).outputs)
    assert strategy(made).seen == [15.0, 75.0, 85.0], "of bars 1 and 2, 7 and 8, 8 and 9"
    assert followed.roster.strategy_state() == made.roster.strategy_state()


def test_a_request_to_close_sells_what_is_held_at_the_market() -> None:
    made = trader("buys")
    order_id = made.step(bar(made, 1)).commands[0].order_id
    made.step(Fill(MINUTE, order_id, MINUTE, "T1", 1000, 1))
    outcome = made.step(CloseRequested(MINUTE, "main", "", "Ann", "home time"))
    assert [(c.order.side, c.order.quantity) for c in outcome.commands if isinstance(c, Submit)] == [(-1, 1)]
    assert made.step(CloseRequested(MINUTE, "main", "OTHER", "Ann", "nothing there")).commands == []


def test_an_order_sized_at_its_fill_is_answered_with_what_is_free_then() -> None:
    class Half(Strategy):
        def on_bar(self, bar: Bar) -> None:
            if self.flat and not self.open_orders:
                self.buy(percent=50, at_fill=True)

    made = Trader(lambda spec: Half)
    made.step(started("half"))
    made.step(CashMoved(0, "main", "USD", 1000 * 10**18, "deposit"))
    order_id = made.step(bar(made, 1)).commands[0].order_id
    answer = made.step(FillPrice(MINUTE, order_id, MINUTE, 1250)).commands[0]
    assert answer.quantity == 40, "half of 1000 at 12.50"  # type: ignore[attr-defined]


def test_a_run_is_taken_up_from_engine_bytes_and_strategy_states() -> None:
    made = trader("buys")
    for minute in range(1, 4):
        made.step(bar(made, minute))
    resumed = Trader(lambda spec: CLASSES[spec.ref])
    restore(resumed.engine, to_bytes(made.engine))
    resumed.resume(started("buys"), msgspec.json.decode(msgspec.json.encode(made.roster.strategy_state())))
    assert (resumed.state_hash(), strategy(resumed).seen) == (made.state_hash(), 3)

    changed = Trader(lambda spec: CLASSES[spec.ref])
    restore(changed.engine, to_bytes(made.engine))
    changed.resume(started("buys", code="other"), made.roster.strategy_state())
    assert strategy(changed).seen == 0, "another code starts anew"


def test_one_that_holds_what_can_not_be_stored_is_named_and_left_out_once_it_is_halted() -> None:
    made = trader("buys", "smuggles")
    assert made.roster.unstorable() == {}
    made.step(bar(made, 1))
    assert list(made.roster.unstorable()) == ["smuggles"]
    assert "field kept: a Bar can not be stored" in made.roster.unstorable()["smuggles"]
    with pytest.raises(StateError, match="smuggles: field kept"):
        made.roster.strategy_state()
    made.step(TradingStateSet(MINUTE, "strategy:smuggles", HALTED, "snapshot", "it would be lost"))
    assert made.roster.unstorable() == {}
    states = made.roster.strategy_state()
    assert [key for key, _, _ in states] == ["buys:ACME"]

    resumed = Trader(lambda spec: CLASSES[spec.ref])
    restore(resumed.engine, to_bytes(made.engine))
    resumed.resume(started("buys", "smuggles"), msgspec.json.decode(msgspec.json.encode(states)))
    assert (strategy(resumed, 0).seen, strategy(resumed, 1).kept) == (1, [])


def test_a_second_start_keeps_a_strategy_whose_code_is_the_same() -> None:
    made = trader("buys")
    made.step(bar(made, 1))
    made.step(started("buys", run=2))
    assert (strategy(made).seen, made.engine.run, made.engine.order_count) == (1, 2, 0)
    assert [order.order_id for order in made.step(bar(made, 2)).commands if order.kind == SUBMIT] == ["main-2-1"]


def start_of(
    symbols: tuple[str, ...] = ("ACME", "ZETA"), *specs: StrategySpec, run: int = 1, scale: int = 2, **terms: Any
) -> Started:
    """A start with two accounts; terms: of both."""
    instruments = [Instrument(symbol, "paper", "equity", symbol, "USD", scale, 0) for symbol in symbols]
    accounts = [(Account(name, name, "paper", **{"kind": "margin", **terms}), []) for name in ("one", "two")]
    row = Setup(instruments, accounts, list(specs), {}).row()
    return Started(run, run, msgspec.json.decode(msgspec.json.encode(row), type=list[Any]))


@pytest.mark.parametrize(
    ("again", "words"),
    [
        (start_of(scale=3, run=2), "instrument ACME: its price scale is 2 in the journal and 3 in this start"),
        (start_of(leverage=5, run=2), "account one: its leverage is 1 in the journal and 5 in this start"),
        (start_of(("ZETA", "ACME"), run=2), "instrument ZETA is number 2 of the journal and number 1 of this start"),
        (start_of(("ZETA",), run=2), "instrument ZETA is number 2 of the journal and number 1"),
        (start_of(("ACME", "NEXT", "ZETA"), run=2), "instrument NEXT is number 3 of the journal and number 2"),
    ],
)
def test_a_start_in_other_terms_than_the_journals_is_refused_by_name(again: Started, words: str) -> None:
    made = Trader(None)
    made.step(start_of())
    before = made.state_hash()
    with pytest.raises(InputError, match=words):
        made.step(again)
    assert (made.state_hash(), made.engine.run) == (before, 1)


@pytest.mark.parametrize("terms", [{"cash_decimals": 2}, {"coin_fee_ppm": 2_500}])
def test_a_start_may_know_more_of_a_venue_than_the_journal(terms: dict[str, int]) -> None:
    made = Trader(None)
    made.step(start_of())
    made.step(start_of(run=2, **terms))
    ((name, value),) = terms.items()
    assert (made.engine.run, getattr(made.engine.accounts["one"].terms, name)) == (2, value)


def test_a_start_may_add_instruments_and_change_limits() -> None:
    made = Trader(None)
    made.step(start_of())
    more = start_of(("ACME", "ZETA", "NEXT"), run=2)
    more.setup[1][0][1] = [["maxOpenPositions", 3]]  # type: ignore[index]
    made.step(more)
    assert [instrument.symbol for instrument in made.engine.instruments] == ["ACME", "ZETA", "NEXT"]
    assert made.engine.accounts["one"].limits.get("maxOpenPositions") == 3


class All(Strategy):
    many = True
    seen: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.seen += 1


def test_a_strategy_whose_symbols_or_account_changed_starts_anew_in_them() -> None:
    def spec(account: str, *symbols: str) -> StrategySpec:
        return StrategySpec("all", "all", account, symbols, (), "code", "params")

    made = Trader(lambda spec: All)
    made.step(start_of(("ACME", "ZETA"), spec("one", "ACME")))
    made.step(bar(made, 1))
    kept = made.roster.strategy_state()
    for run, wanted in enumerate((spec("one", "ACME", "ZETA"), spec("two", "ACME")), 2):
        start = start_of(("ACME", "ZETA"), wanted, run=run)
        made.step(start)
        assert (strategy(made).account, strategy(made).symbols) == (wanted.account, list(wanted.symbols))
        assert strategy(made).seen == 0
        resumed = Trader(lambda spec: All)
        restore(resumed.engine, to_bytes(made.engine))
        resumed.resume(start, kept)
        assert strategy(resumed).seen == 0


def test_following_the_records_of_a_run_gives_its_state_and_runs_strategies_muted() -> None:
    made, followed = (Trader(lambda spec: CLASSES[spec.ref]) for _ in range(2))
    deposit = CashMoved(0, "main", "USD", 10**24, "deposit")
    for event in (started("buys", "raises"), deposit):
        followed.follow(event, made.step(event).outputs)
    for minute in range(1, 5):
        event = bar(made, minute)
        followed.follow(event, made.step(event).outputs)
    assert followed.state_hash() == made.state_hash()
    assert followed.roster.strategy_state() == made.roster.strategy_state()
