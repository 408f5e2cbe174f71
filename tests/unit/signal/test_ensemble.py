"""An ensemble in the trader: whose word counts, what becomes of it, and that no member acts by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.signal.panel import MINUTE, SECOND, Desk, Says, kind_of, orders, own_signals, votes
from tradewright.core.setup import StrategySpec
from tradewright.model.answer import FAILURES, SignalFailed, SignalReceived
from tradewright.model.codec import Decoder, encode
from tradewright.model.control import ACTIVE, HALTED, Timer, TradingStateSet
from tradewright.model.decision import Decision
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Trade
from tradewright.model.order import ENTRY, EXIT
from tradewright.model.signal import ACTIONS, Signal
from tradewright.signal.ensemble import Ensemble, Panel

BUY, SELL, HOLD = ["BUY", 0.8], ["SELL", 0.8], ["HOLD", 0.5]


def says(*words: Any) -> dict[str, Any]:
    return {"ACME": list(words)}


def answer(desk: Desk, time: int, action: int, confidence: int, about: int | None = None) -> list[Event]:
    event = SignalReceived(time, "ml", desk.instrument("ACME"), action, confidence, "by model", "v1", about or time)
    return desk.filled(desk.feed(event), 1000)


def failure(desk: Desk, time: int, code: str) -> list[Event]:
    return desk.filled(desk.feed(SignalFailed(time, "ml", desk.instrument("ACME"), code, "seen")), 1000)


def silent(outputs: list[Event]) -> dict[str, str]:
    (vote,) = votes(outputs)
    return {part.member: part.silent for part in vote.contributions}


def test_the_ensemble_orders_and_its_members_do_not() -> None:
    desk = Desk({"a": (1, says(BUY)), "b": (1, says(BUY))})
    outputs = desk.bar()
    assert [(s.strategy, ACTIONS[s.action], s.confidence) for s in outputs if isinstance(s, Signal)] == [
        ("panel", "BUY", 0.8), ("panel.a", "BUY", 0.8), ("panel.b", "BUY", 0.8),
    ]  # fmt: skip
    assert orders(outputs) == [("panel", 1, ENTRY)]
    assert desk.net() > 0


def test_the_record_shows_what_each_member_added_and_stands_before_the_signal() -> None:
    desk = Desk({"a": (3, says(BUY)), "b": (1, says(SELL)), "c": (1, says())}, threshold=0.3)
    outputs = desk.bar()
    (vote,) = votes(outputs)
    parts = [
        (p.member, p.weight, ACTIONS[p.action], p.confidence, p.contribution, p.silent) for p in vote.contributions
    ]
    assert parts == [
        ("panel.a", 3_000_000, "BUY", 800_000, 480_000, ""),
        ("panel.b", 1_000_000, "SELL", 800_000, -160_000, ""),
        ("panel.c", 1_000_000, "HOLD", 0, 0, "MISSING"),
    ]
    assert (ACTIONS[vote.action], vote.score, vote.threshold, vote.balance) == ("BUY", 320_000, 300_000, 500_000)
    (signal,) = own_signals(outputs)
    assert outputs.index(vote) + 1 == outputs.index(signal)
    assert (signal.confidence, signal.reasoning) == (0.32, "BUY by panel.a; panel.c counts 0: MISSING")
    assert [d.reason for d in outputs if isinstance(d, Decision)] == [signal.reasoning]


def test_a_member_that_orders_votes_with_its_openings_and_uses_up_no_order_id() -> None:
    desk = Desk({"a": (1, says(None, "buys"))})
    assert orders(desk.bar(minute=1)) == []
    outputs = desk.bar(minute=2)
    (vote,) = votes(outputs)
    assert [(ACTIONS[p.action], p.confidence, p.reasoning) for p in vote.contributions] == [("BUY", 800_000, "bought")]
    assert orders(outputs) == [("panel", 1, ENTRY)]
    assert [d.orders[0].id for d in outputs if isinstance(d, Decision)] == ["main-1-1"]


def test_a_member_that_raises_is_halted_and_counts_nothing() -> None:
    desk = Desk({"a": (1, says(BUY, "raises", BUY)), "b": (1, says(BUY, BUY, BUY))}, threshold=0.5)
    assert silent(desk.bar(minute=1)) == {"panel.a": "", "panel.b": ""}
    assert silent(desk.bar(minute=2)) == {"panel.a": "MEMBER_RAISED", "panel.b": ""}
    assert silent(desk.bar(minute=3)) == {"panel.a": "MEMBER_HALTED", "panel.b": ""}
    assert list(desk.trader.engine.halted) == ["panel.a"]


def test_a_member_halted_by_a_person_counts_nothing_at_once() -> None:
    desk = Desk({"a": (1, says(BUY)), "b": (1, says(BUY))}, decide_on="cycle", threshold=0.3)
    desk.bar()
    desk.feed(TradingStateSet(desk.now, "strategy:panel.a", HALTED, "me", "enough"))
    assert silent(desk.cycle(MINUTE + SECOND)) == {"panel.a": "MEMBER_HALTED", "panel.b": ""}


def test_an_ensemble_that_was_halted_goes_on_with_all_that_it_heard_meanwhile() -> None:
    desk = Desk(
        {"a": (1, says(None, BUY))}, services={"ml": {}}, decide_on="cycle", validators={"history": {"bars": 2}}
    )
    desk.feed(TradingStateSet(0, "strategy:panel", HALTED, "me", "enough"))
    desk.bar(minute=1)
    desk.bar(minute=2)
    answer(desk, 2 * MINUTE + 1, 1, 800_000)
    assert votes(desk.cycle(2 * MINUTE + 2)) == []
    desk.feed(TradingStateSet(desk.now, "strategy:panel", ACTIVE, "me", "go on"))
    outputs = desk.cycle(2 * MINUTE + 3)
    assert silent(outputs) == {"panel.a": "", "ml": ""}
    assert [check.passed for check in votes(outputs)[0].checks] == [True]
    assert orders(outputs) == [("panel", 1, ENTRY)]


@pytest.mark.parametrize(
    ("decide_on", "deciding"),
    [("bar", ["bar"]), ("tick", ["bar", "quote", "trade"]), ("cycle", ["timer"])],
)
def test_what_makes_it_decide(decide_on: str, deciding: list[str]) -> None:
    desk = Desk({"a": (1, says(SELL, BUY))}, decide_on=decide_on, shorts=True)
    made = {"bar": desk.bar(minute=1), "quote": desk.quote(999, 1001, MINUTE + 1)}
    trade = Trade(MINUTE + 2, desk.instrument("ACME"), 1000, 1, 0)
    made["trade"] = desk.filled(desk.feed(trade), 1000)
    made["timer"] = desk.cycle(MINUTE + 3)
    made["another timer"] = desk.cycle(MINUTE + 4, seconds=30)
    assert [what for what, outputs in made.items() if votes(outputs)] == deciding


def test_a_cycle_decides_every_symbol_over_the_latest_signals() -> None:
    desk = Desk({"a": (1, {"ACME": [SELL, BUY], "BETA": [None, None, SELL]})}, decide_on="cycle", shorts=True)
    for minute, symbol in ((1, "ACME"), (1, "BETA"), (2, "ACME"), (2, "BETA")):
        assert votes(desk.bar(symbol, minute), "") == []
    # The script is by bars of the one instance per symbol: BETA has said nothing yet.
    decided = {vote.instrument.symbol: vote for vote in votes(desk.cycle(2 * MINUTE + 15 * SECOND), "")}
    assert {symbol: ACTIONS[vote.action] for symbol, vote in decided.items()} == {"ACME": "BUY", "BETA": "HOLD"}
    assert decided["ACME"].contributions[0].age_ns == 15 * SECOND
    desk.bar("BETA", 3)
    decided = {vote.instrument.symbol: vote for vote in votes(desk.cycle(3 * MINUTE), "")}
    assert ACTIONS[decided["BETA"].action] == "SELL"
    assert desk.net("ACME") > 0 > desk.net("BETA")


@pytest.mark.parametrize(("late", "why"), [(-1, ""), (0, ""), (1, "STALE")])
def test_a_signal_counts_up_to_its_age_and_not_a_nanosecond_longer(late: int, why: str) -> None:
    desk = Desk({"a": (1, says(BUY)), "b": (1, says())}, decide_on="cycle", max_age_seconds=30)
    desk.bar()
    assert silent(desk.cycle(MINUTE + 30 * SECOND + late)) == {"panel.a": why, "panel.b": "MISSING"}


def test_a_services_answer_is_a_vote_aged_by_the_moment_it_is_about() -> None:
    desk = Desk({"a": (1, says(BUY))}, services={"ml": {}}, decide_on="cycle", max_age_seconds=30)
    desk.bar()
    assert votes(answer(desk, MINUTE + 20 * SECOND, 1, 600_000, about=MINUTE + 10 * SECOND)) == []
    outputs = desk.cycle(MINUTE + 25 * SECOND)
    (vote,) = votes(outputs)
    assert [(p.contribution, p.age_ns) for p in vote.contributions] == [(400_000, 25 * SECOND), (300_000, 15 * SECOND)]
    assert own_signals(outputs)[0].confidence == 0.7
    assert silent(desk.cycle(MINUTE + 41 * SECOND)) == {"panel.a": "STALE", "ml": "STALE"}


@pytest.mark.parametrize("code", FAILURES)
def test_a_service_that_fails_counts_nothing_and_the_record_says_why(code: str) -> None:
    desk = Desk({"a": (1, says(BUY))}, services={"ml": {"weight": 1}}, decide_on="cycle", threshold=0.4)
    desk.bar()
    answer(desk, MINUTE + 1, 1, 600_000)
    failure(desk, MINUTE + 2, code)
    outputs = desk.cycle(MINUTE + 3)
    (vote,) = votes(outputs)
    assert [(p.member, p.contribution, p.silent) for p in vote.contributions] == [
        ("panel.a", 400_000, ""), ("ml", 0, code),
    ]  # fmt: skip
    assert own_signals(outputs)[0].reasoning == f"BUY by panel.a; ml counts 0: {code}"
    answer(desk, MINUTE + 4, 1, 600_000)
    assert silent(desk.cycle(MINUTE + 5)) == {"panel.a": "", "ml": ""}


def test_an_answer_from_the_future_does_not_stay_young() -> None:
    desk = Desk({}, services={"ml": {}}, decide_on="cycle", max_age_seconds=30)
    answer(desk, MINUTE, 1, 900_000, about=100 * MINUTE)
    assert silent(desk.cycle(MINUTE + 31 * SECOND)) == {"ml": "STALE"}


def test_the_answer_of_another_source_is_nobodys_vote() -> None:
    desk = Desk({"a": (1, says(BUY))}, services={"rl": {}}, decide_on="cycle")
    answer(desk, MINUTE, 1, 900_000)
    assert silent(desk.cycle(MINUTE + 1)) == {"panel.a": "MISSING", "rl": "MISSING"}


# ── validators ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refused_vote_opens_nothing_and_every_validator_is_recorded() -> None:
    validators = {"spread": {"max_percent": 0.1}, "history": {"bars": 2}, "trend": {"length": 1}}
    desk = Desk({"a": (1, says(BUY, BUY))}, validators=validators)
    outputs = desk.bar()
    (vote,) = votes(outputs)
    assert [(c.code, c.passed, c.value) for c in vote.checks] == [
        ("MINIMUM_HISTORY", False, 1), ("TREND_AGREEMENT", True, 0), ("SPREAD", False, None),
    ]  # fmt: skip
    assert ACTIONS[vote.action] == "BUY"
    (signal,) = own_signals(outputs)
    assert (ACTIONS[signal.action], signal.confidence) == ("HOLD", 0)
    assert signal.reasoning == "BUY by panel.a; no opening: MINIMUM_HISTORY, SPREAD"
    assert orders(outputs) == []


def test_validators_switched_off_hold_nothing_back() -> None:
    desk = Desk({"a": (1, says(BUY))}, validators={"history": {"bars": 2}}, validator_enabled=False)
    outputs = desk.bar()
    assert votes(outputs)[0].checks == []
    assert orders(outputs) == [("panel", 1, ENTRY)]


def test_a_refused_vote_against_what_is_held_still_closes_it() -> None:
    closing = {"session": {"windows": [{"from": "00:00", "to": "00:02"}]}}
    desk = Desk({"a": (1, says(BUY, SELL))}, validators=closing, shorts=True)
    assert orders(desk.bar(minute=1)) == [("panel", 1, ENTRY)]
    outputs = desk.bar(minute=2)
    assert votes(outputs)[0].refusals[0].code == "SESSION_WINDOW"
    assert [(ACTIONS[s.action], s.confidence) for s in own_signals(outputs)] == [("SELL", 0)]
    assert orders(outputs) == [("panel", -1, EXIT)]
    assert desk.net() == 0


def test_a_vote_below_the_threshold_closes_nothing() -> None:
    desk = Desk({"a": (1, says(BUY, ["SELL", 0.59]))})
    desk.bar(minute=1)
    assert orders(desk.bar(minute=2)) == []
    assert desk.net() > 0


def test_correlation_is_asked_of_what_is_really_open() -> None:
    limits = {"correlation": {"length": 2, "max": 0.5}}
    script = {"ACME": [None] * 4 + [BUY], "BETA": [None] * 4 + [BUY]}
    desk = Desk({"a": (1, script)}, validators=limits)
    for minute, price in enumerate((1000, 1010, 990, 1030), 1):
        desk.bar("ACME", minute, price)
        desk.bar("BETA", minute, 2 * price)
    (vote,) = votes(desk.bar("ACME", 5, 1040))
    assert [(c.passed, c.value, c.note) for c in vote.checks] == [(True, 0, "nothing else is open")]
    assert desk.net("ACME") > 0
    (vote,) = votes(desk.bar("BETA", 5, 2080), "BETA")
    assert [(c.passed, c.value) for c in vote.checks] == [(False, 1_000_000)]
    assert desk.net("BETA") == 0


# ── records and state ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hold_leaves_a_record_when_its_words_change_only() -> None:
    desk = Desk({"a": (1, says(HOLD, HOLD, HOLD))}, services={"ml": {}})
    made = [votes(desk.bar(minute=1)), votes(desk.bar(minute=2))]
    failure(desk, 2 * MINUTE + 1, "TIMEOUT")
    made.append(votes(desk.bar(minute=3)))
    assert [len(found) for found in made] == [1, 0, 1]


def test_votes_answers_and_failures_come_back_from_their_records() -> None:
    desk = busy_desk()
    decoder = Decoder(desk.trader.engine.instruments, lambda id: desk.trader.engine.orders[id].order)
    kinds = set()
    for event, outputs in desk.records:
        for item in (event, *outputs):
            assert encode(decoder.decode(encode(item))) == encode(item)
            kinds.add(type(item).__name__)
    assert {"Vote", "SignalReceived", "SignalFailed", "Timer"} <= kinds


def busy_desk() -> Desk:
    """Both symbols, orders both ways, answers, failures, refusals, a member that falls over; cycles among the bars."""
    script = [BUY, SELL, HOLD, None, BUY, BUY, SELL, SELL, "buys", BUY, "raises", BUY]
    other = [SELL, SELL, BUY, BUY, None, HOLD, SELL, BUY, BUY, SELL, SELL, BUY]
    desk = Desk(
        {"a": (2, {"ACME": script, "BETA": other}), "b": (1, {"ACME": other, "BETA": script})},
        services={"ml": {}}, decide_on="cycle", threshold=0.2, shorts=True, max_age_seconds=100,
        validators={
            "history": {"bars": 2}, "trend": {"length": 2, "tolerance_percent": 1}, "spread": {"max_percent": 1},
            "volatility": {"length": 1, "max_percent": 5}, "correlation": {"length": 2, "max": 0.9},
        },
    )  # fmt: skip
    for minute in range(1, 13):
        price = 1000 + 7 * (minute * minute % 5)
        desk.quote(price - 1, price + 1, minute * MINUTE - 5)
        desk.quote(price - 1, price + 1 + 20 * (minute % 4 == 0), minute * MINUTE - 4, "BETA")
        desk.bar("ACME", minute, price)
        desk.bar("BETA", minute, 1500 - price)
        if minute % 3 == 0:
            failure(desk, desk.now + 1, "TIMEOUT")
        else:
            answer(desk, desk.now + 1, 1 - 2 * (minute % 2), 700_000)
        desk.cycle(desk.now + SECOND)
    return desk


def test_the_busy_desk_is_busy() -> None:
    outputs = [output for _, made in busy_desk().records for output in made]
    assert {ACTIONS[vote.action] for vote in votes(outputs, "")} == {"BUY", "SELL", "HOLD"}
    assert any(vote.refusals for vote in votes(outputs))
    assert {(side, role) for _, side, role in orders(outputs)} >= {(1, ENTRY), (-1, ENTRY)}
    assert {strategy for strategy, _, _ in orders(outputs)} == {"panel"}


def test_a_trader_that_followed_or_was_restored_anywhere_goes_on_with_the_very_same_votes() -> None:
    desk = busy_desk()
    for at in range(2, len(desk.records), 3):
        trader = desk.restarted(at)
        for event, outputs in desk.records[at:]:
            assert [encode(item) for item in trader.step(event).outputs] == [encode(item) for item in outputs], at
        assert trader.state_hash() == desk.trader.state_hash()
        assert trader.roster.strategy_state() == desk.trader.roster.strategy_state()


# ── configuration ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"strategy_weight_balance": 1.1}, "strategy_weight_balance: 1.1 must lie between 0 and 1"),
        ({"threshold": 0}, "threshold: 0"),
        ({"threshold": 0.0000001}, "more than 6 decimals"),
        ({"decide_on": "whim"}, "decide_on 'whim' is not one of bar, tick, cycle"),
        ({"cycle_seconds": 0}, "at least 1"),
        ({"members": {"a": {"ref": "x", "size": 3}}}, "a is set by parameters, ref, weight"),
        ({"services": {"ml": {"weight": 1, "parameters": {}}}}, "ml is set by weight, not by"),
        ({"services": {"ml": {"weight": -1}}}, "weight of ml: -1 must lie between 0 and 1000"),
        ({"members": {}, "services": {}}, "needs members or services"),
        ({"validators": {"moon": {}}}, "there is no setting moon"),
        ({"validators": {"spread": {}}}, "max_percent is missing"),
        ({"validators": {"spread": {"max_percent": 1, "min_percent": 1}}}, "there is no setting min_percent"),
    ],
)
def test_what_can_not_be_set_is_refused_by_name(settings: dict[str, Any], why: str) -> None:
    strategy = Ensemble("e", "main", [share()], {"members": {"a": {"ref": "x"}}} | settings)
    with pytest.raises(InputError, match=why):
        Panel(strategy)


def share() -> Instrument:
    return Instrument("ACME", "paper", "equity", "ACME", "USD", 2, 0)


def test_a_timer_of_nobody_changes_nothing() -> None:
    desk = Desk({"a": (1, says(BUY))})
    before = desk.trader.roster.strategy_state()
    assert desk.feed(Timer(MINUTE, "cycle:45")).outputs == []
    assert desk.trader.roster.strategy_state() == before
    assert kind_of(StrategySpec("x", "says", "main", (), (), "", "")) is Says
