"""What a rule blocked, against the run without it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.backtest.markets import TRADERS, bars, market, play, share
from tradewright.backtest.counterfactual import Blocked, counterfactual
from tradewright.backtest.run import ACCOUNT, RunOptions, run
from tradewright.backtest.strategy_source import specification
from tradewright.core.limits import limits_from
from tradewright.model.errors import ContractError

CLOSES = [100.0, 100.0, 102.0, 105.0]
ONE = 10**18


def blocked(limits: dict[str, object], scopes: dict[str, dict[str, object]] | None = None) -> list[Blocked]:
    """Script buys ten at its first bar."""
    found = {scope: limits_from(own) for scope, own in (scopes or {}).items()}
    options = RunOptions(cash="100000", limits=limits, scopes=found, keep_decisions=True)
    specified = [specification(f"{TRADERS}:Script", ACCOUNT, ("ACME",), {"words": "+10"})]
    return counterfactual(specified, run(specified, market(bars(share(), CLOSES)), options))


def test_what_a_rule_blocked_is_worth_what_the_run_without_it_made() -> None:
    """Ten shares bought at 100 and held to 105."""
    without = play(market(bars(share(), CLOSES)), "Script", RunOptions(cash="100000"), words="+10")
    assert without.equity == 100_050 * ONE
    assert blocked({"maxOrderQuantity": 9}) == [
        Blocked("MAX_ORDER_QUANTITY", ("maxOrderQuantity",), 1, 1, without.equity - 100_000 * ONE, 1)
    ]


def test_a_rule_is_left_out_by_itself_in_every_scope() -> None:
    found = blocked({"maxOrderQuantity": 9}, {"symbol:ACME": {"maxOrderQuantity": 8, "maxOrderValue": 100}})
    assert [(rule.code, rule.intents, rule.alone, rule.pnl) for rule in found] == [
        ("MAX_ORDER_VALUE", 1, 0, 0), ("MAX_ORDER_QUANTITY", 1, 0, 0),
    ]  # fmt: skip


def test_a_parameter_that_no_other_limit_reads_goes_with_its_rule() -> None:
    """Alone it would do nothing, which no run begins with."""
    (rule,) = blocked({"maxMessagesPerMinute": 1, "messageReserve": 1, "maxOrderValue": 10_000})
    assert (rule.code, rule.limits, rule.intents, rule.pnl) == ("MESSAGE_LIMIT", ("maxMessagesPerMinute",), 1, 50 * ONE)
    (scoped,) = blocked({}, {"account:main": {"maxMessagesPerMinute": 1, "messageReserve": 1}})
    assert (scoped.code, scoped.pnl) == ("MESSAGE_LIMIT", 50 * ONE)


def test_a_canary_s_limit_is_left_out_as_any_other() -> None:
    (rule,) = blocked({}, {"canary": {"maxOrderQuantity": 9, "canaryDays": 5}})
    assert (rule.code, rule.alone, rule.pnl) == ("MAX_ORDER_QUANTITY", 1, 50 * ONE)


def test_a_rule_that_always_stands_is_counted() -> None:
    options = RunOptions(cash="500", kind="cash", keep_decisions=True)
    specified = [specification(f"{TRADERS}:Script", ACCOUNT, ("ACME",), {"words": "+10"})]
    (rule,) = counterfactual(specified, run(specified, market(bars(share(), CLOSES)), options))
    assert (rule.code, rule.intents, rule.pnl) == ("INSUFFICIENT_FUNDS", 1, None)
    assert rule.text("USD") == "INSUFFICIENT_FUNDS: refused 1 intents, 1 of them alone; always stands"


def test_decisions_that_were_not_kept_are_asked_for() -> None:
    result = play(market(bars(share(), CLOSES)), "Script", replace(RunOptions(), keep_decisions=False), words="+10")
    with pytest.raises(ContractError, match="keep them"):
        counterfactual([], result)
