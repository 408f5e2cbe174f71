"""Canary limits: a version of a strategy that is new to a journal trades under them until it has proved itself."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import msgspec
import pytest

from tradewright.core.canary import VERSIONS_MAX
from tradewright.core.limits import Limits, limits_from
from tradewright.core.setup import Setup, StrategySpec
from tradewright.core.state import restore, to_bytes
from tradewright.core.trading_state import unbound
from tradewright.model.account import Account
from tradewright.model.control import (
    ACTIVE,
    HALTED,
    REDUCING,
    CashMoved,
    LimitsExpired,
    LimitsSet,
    LimitWaived,
    Started,
    TradingStateSet,
)
from tradewright.model.decision import Decision
from tradewright.model.errors import ContractError, InputError
from tradewright.model.event import ACCEPTED, Event
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.market import Quote
from tradewright.model.order import BUY, SELL
from tradewright.model.report import Fill, Report
from tradewright.model.session_set import SessionSet
from tradewright.trader import Trader

DAY = 86_400 * 10**9
HOUR = 3_600 * 10**9
PRICE = 10_000
CANARY = {"canary": {"maxOrderQuantity": 2, "canaryDays": 2}}


def spec(id: str, code: str, ensemble: str = "", parameters: str = "p") -> StrategySpec:
    return StrategySpec(id, id, "main", ("ACME",), (), code, parameters, ensemble)


class Engine:
    """A trader without strategies' code, which knows their versions all the same; its clock goes as it is told. late:
    when in the day its journal begins."""

    def __init__(self, scopes: dict[str, dict[str, Any]] | None = None, *specs: StrategySpec, late: int = 0) -> None:
        self.trader = Trader(None)
        self.scopes = CANARY if scopes is None else scopes
        self.now = 20_000 * DAY + late
        self.start(*specs)
        self.feed(CashMoved(self.now, "main", "USD", 10**24, "deposit"))
        self.later(1)

    @property
    def engine(self) -> Any:
        return self.trader.engine

    def started(self, specs: tuple[StrategySpec, ...]) -> Started:
        account = Account("main", "main", "paper", kind="margin")
        scopes = {scope: limits_from(values) for scope, values in self.scopes.items()}
        share = Instrument("ACME", "paper", "equity", "ACME", "USD", 2, 0)
        setup = Setup([share], [(account, [])], list(specs), {}, scopes=scopes)
        row = msgspec.json.decode(msgspec.json.encode(setup.row()), type=list[Any])
        return Started(self.now, self.engine.run + 1, row)

    def start(self, *specs: StrategySpec) -> list[Event]:
        return self.feed(self.started(specs or (spec("s", "a"),)))

    def resumed(self, setup: Setup | None = None) -> Engine:
        """Another, from what a snapshot taken now holds; setup: of the start that it says its run began with."""
        setup = setup or self.trader.setup
        assert setup is not None
        row = msgspec.json.decode(msgspec.json.encode(setup.row()), type=list[Any])
        other = copy(self)
        other.trader = Trader(None)
        restore(other.engine, to_bytes(self.engine))
        other.trader.resume(Started(20_000 * DAY, self.engine.run, row), [])
        return other

    def feed(self, event: Event) -> list[Event]:
        return self.trader.step(event).outputs

    def later(self, span: int, price: int = PRICE) -> list[Event]:
        self.now += span
        return self.feed(Quote(self.now, self.engine.instruments[0], price, price))

    def want(self, size: int, strategy: str = "s") -> Decision:
        engine = self.engine
        intent = Intent(engine.next_order_id("main"), "main", strategy, engine.instruments[0], BUY)
        intent.quantity = size
        return next(output for output in engine.judge(intent) if isinstance(output, Decision))

    def bought(self, size: int, strategy: str = "s") -> None:
        order = self.want(size, strategy).orders[0]
        self.feed(Report(ACCEPTED, self.now, order.id, self.now))
        self.feed(Fill(self.now, order.id, self.now, f"t{order.id}", PRICE, order.quantity))

    def bound(self, strategy: str = "s") -> bool:
        """Whether an order beyond the canary limit is refused by that alone."""
        refused = [(check.code, check.scope) for check in self.want(3, strategy).refusals]
        assert refused in ([], [("MAX_ORDER_QUANTITY", f"canary:{strategy}")])
        return bool(refused)

    def day(self, trades: bool = True) -> list[Event]:
        """A day with a trade or without, to the first event of the next."""
        if trades:
            assert self.want(1).approved
        return self.later(DAY)

    def set(self, scope: str = "canary:s", **limits: Any) -> list[Event]:
        self.now += 1
        return self.feed(LimitsSet(self.now, scope, limits_from(limits).row(), 0, "", "ann", "passed"))

    def ended(self, outputs: list[Event]) -> list[str]:
        return [output.scope for output in outputs if isinstance(output, LimitsExpired)]


@pytest.mark.parametrize(("size", "granted"), [(1, True), (2, True), (3, False)])
def test_a_new_version_is_bound_to_the_unit_beside_every_other_limit(size: int, granted: bool) -> None:
    desk = Engine({**CANARY, "all": {"maxOrderQuantity": 9}, "strategy:s": {"maxOrderQuantity": 8}})
    decision = desk.want(size)
    assert decision.approved is granted
    seen = [
        (check.scope, check.version, check.passed) for check in decision.checks if check.code == "MAX_ORDER_QUANTITY"
    ]
    assert seen == [("all", 1, True), ("strategy:s", 1, True), ("canary:s", 1, granted)]
    assert desk.want(8, "by hand").approved, "nobody else is bound by it"
    assert not Engine({**CANARY, "all": {"maxOrderQuantity": 1}}).want(2).approved, "and it loosens nothing"


def test_a_canary_of_one_strategy_is_in_the_place_of_that_of_all() -> None:
    desk = Engine({**CANARY, "canary:t": {"maxOrderQuantity": 5}}, spec("s", "a"), spec("t", "a"), spec("u", "a"))
    assert [desk.want(5, name).approved for name in "stu"] == [False, True, False]
    assert not desk.want(6, "t").approved


def test_it_ends_with_the_day_that_completes_the_number_and_is_said() -> None:
    desk = Engine()
    assert desk.ended(desk.day()) == [] and desk.bound()
    assert desk.ended(desk.day(trades=False)) == [] and desk.bound(), "a day without a trade proves nothing"
    assert desk.want(1).approved
    desk.now += DAY - 2
    assert desk.ended(desk.later(0)) == [] and desk.bound()
    assert desk.ended(desk.later(2)) == ["canary:s"]
    assert not desk.bound()
    assert desk.ended(desk.day()) == []
    limits = desk.engine.gate.limits["canary:s"]
    assert (limits.values, limits.version, limits.reason) == ({}, 2, "the version has proved itself")


def test_an_opening_that_ended_unfilled_is_no_trade() -> None:
    desk = Engine()
    for _ in range(3):
        order = desk.want(1).orders[0]
        desk.feed(Report(11, desk.now, order.id, desk.now))
        desk.later(DAY)
    assert desk.bound()


def test_a_day_that_began_under_another_version_counts_for_none() -> None:
    desk = Engine()
    desk.day()
    desk.want(1)
    desk.start(spec("s", "b"))
    desk.want(1)
    desk.later(DAY)
    desk.day()
    assert desk.bound()
    desk.day()
    assert not desk.bound()


@pytest.mark.parametrize("other", [spec("s", "b"), spec("s", "a", parameters="q")])
def test_a_new_version_is_bound_and_an_old_one_that_comes_back_goes_on_where_it_was(other: StrategySpec) -> None:
    desk = Engine()
    desk.day()
    desk.day()
    assert not desk.bound()
    desk.start(other)
    assert desk.bound()
    assert desk.engine.gate.limits["canary:s"].version > 2, "each set is a version of its own"
    desk.later(DAY)
    desk.day()
    desk.start()
    assert not desk.bound(), "the one before has proved itself"
    desk.start(other)
    assert desk.bound()
    desk.later(DAY)
    assert desk.ended(desk.day()) == ["canary:s"], "one day was there already"
    desk.start(other)
    assert not desk.bound()


def test_a_start_with_the_same_version_changes_nothing() -> None:
    desk = Engine()
    desk.day()
    desk.set(maxOrderQuantity=1, canaryDays=3)
    for _ in range(2):
        desk.start()
        assert not desk.want(2).approved
    desk.day()
    assert not desk.want(2).approved
    desk.day()
    assert desk.want(2).approved
    desk.start()
    assert not desk.bound()


def test_a_person_confirms_a_version_and_puts_it_to_the_proof_again() -> None:
    desk = Engine({"canary": {"maxOrderQuantity": 2}})
    for _ in range(4):
        desk.day()
    assert desk.bound(), "without a number of days it takes a person"
    desk.set()
    assert not desk.bound()
    limits = desk.engine.gate.limits["canary:s"]
    assert (limits.values, limits.who, limits.reason) == ({}, "ann", "passed")
    desk.start()
    assert not desk.bound()
    desk.start(spec("s", "b"))
    assert desk.bound(), "what was confirmed is the version and not its strategy"
    desk.start()
    desk.set(maxOrderQuantity=2, canaryDays=1)
    assert desk.bound()
    desk.start()
    assert desk.bound()
    assert desk.ended(desk.day()) == []
    assert desk.ended(desk.day()) == ["canary:s"], "days are counted anew, from the first whole one"


def test_what_a_person_has_set_for_one_version_is_not_for_the_next() -> None:
    desk = Engine()
    desk.set(maxOrderQuantity=50)
    assert desk.want(3).approved
    desk.start(spec("s", "b"))
    assert desk.bound()


def test_an_ensemble_is_new_with_any_of_its_members() -> None:
    desk = Engine(None, spec("e", "a"), spec("e.one", "a", "e"), spec("e.two", "a", "e"))
    assert set(desk.engine.gate.limits) == {"canary:e"}, "a member orders nothing"
    with pytest.raises(InputError, match=r"there is no strategy 'e\.one' that could be new; there is e"):
        desk.set("canary:e.one", maxOrderQuantity=1)
    desk.set("canary:e")
    assert not desk.bound("e")
    desk.start(spec("e", "a"), spec("e.one", "a", "e"), spec("e.two", "b", "e"))
    assert desk.bound("e")


def test_a_session_that_gives_a_strategy_other_parameters_makes_it_new() -> None:
    """While it runs: its user needs no start for that."""
    desk = Engine({"canary": {"maxOrderQuantity": 2}, "all": {"maxOrderQuantity": 50}})
    desk.set()
    desk.set("all", maxOrderQuantity=40)
    assert not desk.bound()
    limits = limits_from({"maxOrderValue": 10**6}).row()
    for parameters, bound in (("q", True), ("p", False), ("q", True)):
        row = list(spec("s", "a", parameters=parameters))
        desk.now += 1
        desk.feed(SessionSet(desk.now, "main", "ann", "", [], limits, [], [row], "key"))
        assert desk.bound() is bound
        assert desk.engine.gate.limits["all"].version == 2, "what a person has set stands"
        assert desk.want(1).checks and desk.engine.gate.limits["session:main"].values == dict(limits)
    follower = Trader(None)
    restore(follower.engine, to_bytes(desk.engine))
    assert follower.state_hash() == desk.trader.state_hash()


def test_without_canary_limits_nothing_is_bound_and_days_are_counted_all_the_same() -> None:
    """Who configures them later does not bind what has traded for long."""
    desk = Engine({})
    desk.day()
    desk.day()
    assert not desk.bound()
    desk.scopes = CANARY
    desk.start()
    assert not desk.bound()
    desk.scopes = {"canary": {"maxOrderQuantity": 2, "canaryDays": 3}}
    desk.start()
    assert desk.bound()
    desk.scopes = {}
    desk.start()
    assert not desk.bound()


#: What becomes of a version before a snapshot is taken.
FATES: dict[str, Callable[[Engine], object]] = {
    "it has traded on a day": lambda desk: desk.day(),
    "it has proved itself": lambda desk: [desk.day(), desk.day()],
    "a person has confirmed it": lambda desk: desk.set(),
    "a person has put it to the proof again": lambda desk: [desk.day(), desk.day(), desk.set(maxOrderQuantity=1)],
    "a person asks for a longer proof": lambda desk: [
        desk.set(maxOrderQuantity=1, canaryDays=10), desk.day(), desk.day(), desk.day(),
    ],
    "a person asked for a shorter proof": lambda desk: [desk.set(maxOrderQuantity=1, canaryDays=1), desk.day()],
    "its session has begun": lambda desk: [desk.set(), set_up(desk)],
}  # fmt: skip


def set_up(desk: Engine) -> list[Event]:
    """A user sets his session."""
    desk.now += 1
    limits = limits_from({"maxOrderValue": 10**6}).row()
    return desk.feed(SessionSet(desk.now, "main", "ann", "", [], limits, [], [list(spec("s", "a"))], "key"))


@pytest.mark.parametrize("fate", FATES.values(), ids=list(FATES))
def test_a_version_goes_on_behind_a_snapshot_as_if_nothing_had_been(
    fate: Callable[[Engine], object],
) -> None:
    def play(desk: Engine) -> list[str]:
        hashes = [desk.trader.state_hash()]
        for values in ({"maxOrderQuantity": 1}, {}):
            desk.set(**values)
            hashes.append(desk.trader.state_hash())
        for number, code in enumerate("aabba"):
            desk.start(spec("s", code))
            desk.later(DAY if number % 2 else HOUR)
            hashes.append(desk.trader.state_hash())
        return hashes

    desk = Engine()
    fate(desk)
    assert play(desk.resumed()) == play(desk)


def test_what_a_snapshot_holds_is_gone_on_with_and_not_begun_again() -> None:
    desk = Engine()
    desk.set(maxOrderQuantity=1)
    other = Engine({"canary:s": {"maxOrderQuantity": 9}}, spec("s", "b"))
    assert desk.resumed(other.trader.setup).trader.state_hash() == desk.trader.state_hash()


def test_what_versions_have_shown_is_kept_by_version() -> None:
    desk = Engine()
    desk.day()
    desk.start(spec("s", "b"))
    canaries = desk.resumed().engine.gate.canaries
    assert [(key[1], shown.days) for key, shown in canaries.shown.items()] == [("a-p", 1), ("b-p", 0)]


@pytest.mark.parametrize("fate", FATES.values(), ids=list(FATES))
def test_a_restart_changes_nothing_of_what_binds_a_version(fate: Callable[[Engine], object]) -> None:
    desk = Engine()
    fate(desk)
    before, bound = desk.engine.gate.limits["canary:s"].state(), not desk.want(9).approved
    for again in (desk.start, lambda: set_up(desk), desk.start):
        desk.now += 1
        again()
        assert desk.engine.gate.limits["canary:s"].state() == before
        assert desk.want(9).approved is not bound


def test_a_proof_that_a_person_has_made_longer_ends_with_its_own_days() -> None:
    desk = Engine()
    desk.set(maxOrderQuantity=1, canaryDays=4)
    for _ in range(3):
        assert desk.ended(desk.day()) == []
        desk.start()
        assert not desk.want(2).approved
    assert desk.ended(desk.day()) == ["canary:s"]
    assert desk.want(9).approved


def test_canary_limits_that_are_configured_otherwise_replace_what_a_person_has_set() -> None:
    desk = Engine()
    desk.set(maxOrderQuantity=1, canaryDays=10)
    desk.scopes = {"canary": {"maxOrderQuantity": 5, "canaryDays": 3}}
    desk.start()
    assert desk.want(5).approved and not desk.want(6).approved
    desk.set()
    desk.scopes = CANARY
    desk.start()
    assert desk.want(6).approved, "a version that was confirmed stays so"
    assert desk.engine.gate.limits["canary:s"].who == "ann"


def test_a_waiver_for_one_version_is_not_for_the_next() -> None:
    desk = Engine({"canary": {**CANARY["canary"], "softLimits": ["maxOrderQuantity"]}})
    desk.feed(LimitWaived(desk.now, "canary:s", "maxOrderQuantity", "ann", "bob", "x", desk.now + HOUR))
    desk.start()
    assert desk.want(5).approved
    desk.start(spec("s", "b"))
    assert not desk.want(5).approved
    assert desk.engine.gate.waivers == {}


@pytest.mark.parametrize("away", [0, 3 * DAY])
def test_a_day_that_had_begun_before_the_version_came_proves_nothing(away: int) -> None:
    """Neither a journal's first one, nor the one that is on when an engine comes back."""
    desk = Engine({"canary": {"maxOrderQuantity": 2, "canaryDays": 1}}, late=DAY - HOUR)
    desk.now += away
    desk.start(spec("s", "b" if away else "a"))
    desk.want(1)
    assert desk.ended(desk.later(HOUR)) == [] and desk.bound()
    assert desk.ended(desk.day()) == ["canary:s"]


def test_a_day_that_was_on_when_a_person_asked_for_another_proof_is_none_of_it() -> None:
    desk = Engine({"canary": {"maxOrderQuantity": 2}})
    desk.set()
    desk.want(1)
    desk.set(maxOrderQuantity=2, canaryDays=1)
    assert desk.ended(desk.day()) == [] and desk.bound()
    assert desk.ended(desk.day()) == ["canary:s"]


@pytest.mark.parametrize("limit", [{"maxTotalExposure": 150}, {"maxLeverage": "0.0001"}])
def test_a_canary_that_holds_more_from_its_old_version_than_it_may_stops_nobody_else(limit: dict[str, Any]) -> None:
    desk = Engine({"canary": limit}, spec("s", "a"), spec("t", "a"))
    desk.set("canary:s")
    desk.set("canary:t")
    desk.bought(10)
    desk.start(spec("s", "b"), spec("t", "a"))
    intent = Intent(desk.engine.next_order_id("main"), "main", "s", desk.engine.instruments[0], SELL)
    intent.quantity, intent.closing = 1, True
    order = next(output for output in desk.engine.judge(intent) if isinstance(output, Decision)).orders[0]
    desk.feed(Report(ACCEPTED, desk.now, order.id, desk.now))
    desk.feed(Fill(desk.now, order.id, desk.now, "closed", PRICE, 1))
    assert desk.engine.states == {}
    assert desk.want(1, "t").approved
    assert [check.scope for check in desk.want(1).refusals] == ["canary:s"], "it opens nothing itself"


def test_how_much_is_used_of_a_canary_s_limit_can_be_read() -> None:
    desk = Engine({"canary": {"maxPositionQuantity": 10, "maxDailyLoss": 50, "canaryDays": 2}})
    desk.bought(4)
    desk.later(1, PRICE - 500)
    uses = {(use.scope, use.name): use.ppm for use in desk.engine.utilisation()}
    assert uses == {("canary:s", "maxPositionQuantity"): 400_000, ("canary:s", "maxDailyLoss"): 400_000}


def test_a_canary_that_has_lost_too_much_stops_its_strategy_for_the_day() -> None:
    desk = Engine({"canary": {"maxDailyLoss": 50}})
    desk.bought(10)
    desk.bought(1)
    assert desk.engine.states == {}
    late = desk.want(1).orders[0]
    desk.later(1, PRICE - 600)
    desk.feed(Report(ACCEPTED, desk.now, late.id, desk.now))
    desk.feed(Fill(desk.now, late.id, desk.now, "late", PRICE - 600, 1))
    assert desk.engine.states == {"strategy:s": REDUCING}
    assert [check.code for check in desk.want(1).refusals] == ["TRADING_STATE", "DAILY_LOSS_LIMIT"]
    assert desk.want(1, "t").approved, "another strategy goes on"
    desk.later(DAY)
    assert desk.engine.states == {}


def test_versions_that_are_remembered_have_an_end() -> None:
    desk = Engine()
    desk.set()
    for number in range(VERSIONS_MAX + 3):
        desk.engine.gate.canaries.begin(Setup([], [], [spec("s", f"c{number}")], {}), desk.now)
    assert len(desk.engine.gate.canaries.shown) == VERSIONS_MAX
    desk.start()
    assert desk.bound(), "one that came before all of these is new again"


@pytest.mark.parametrize(
    ("why", "scope", "values"),
    [
        ("stands alone", "canary:s/symbol:ACME", {"maxOrderQuantity": 1}),
        ("canaryDays is of canary limits", "strategy:s", {"canaryDays": 1}),
        ("canaryDays is of canary limits", "account:main", {"canaryDays": 1}),
        ("whole accounts", "canary", {"maxDrawdownPercent": 1}),
    ],
)
def test_what_binds_nothing_is_no_configuration(why: str, scope: str, values: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=why):
        Engine({scope: values})


def test_a_canary_of_a_strategy_that_is_not_there_is_remarked_on() -> None:
    desk = Engine({**CANARY, "canary:s": {"maxOrderQuantity": 1}, "canary:t": {"maxOrderQuantity": 1}})
    assert desk.trader.setup is not None
    (remark,) = unbound(desk.trader.setup)
    assert remark == "what is set for canary:t binds nothing here: there is no canary 't' in this run"
    assert set(desk.engine.gate.limits) == {"canary:s"}


def test_what_a_person_can_not_set_is_said() -> None:
    desk = Engine()
    before = desk.trader.state_hash()
    for scope, end, why in (
        ("canary", 0, "there is no strategy ''"),
        ("canary:t", 0, "there is no strategy 't'"),
        ("canary:s", desk.now + DAY, "proved itself"),
    ):
        with pytest.raises((InputError, ContractError), match=why):
            desk.feed(LimitsSet(desk.now, scope, [("maxOrderQuantity", 10**9)], 0, "", "ann", "x", end))
    for state in (ACTIVE, REDUCING, HALTED):
        with pytest.raises(InputError, match="strategy:s"):
            desk.feed(TradingStateSet(desk.now, "canary:s", state, "ann", ""))
    assert desk.trader.state_hash() == before
    assert (
        desk.engine.gate.limits["canary:s"].state()
        == Limits(
            dict(limits_from(CANARY["canary"]).row()), 1, "", "setup", "version a-p is new", since=20_000 * DAY
        ).state()
    )
