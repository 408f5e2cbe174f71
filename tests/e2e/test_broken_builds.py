"""A test that can not fail is worse than none: each incident's test is run on sources in which the line that
prevents the incident is spoiled, and has to fail there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.project import ROOT
from tests.spoiled import ONCE, Break, Nursery
from tests.unit.core import test_incidents
from tradewright.core.stations import RULES

INCIDENTS = "tests/unit/core/test_incidents.py"

BREAKS = {
    "citi_2022_a_basket_typed_for_58_million_and_made_of_444_billion": Break(
        "core/gate.py", "if event.limit not in limits.softs():", "if event.limit not in limits.values:"
    ),
    "knight_2012_an_old_flag_wakes_code_that_never_counts_its_fills": Break(
        "core/traffic.py", "sum([1 for time, *of in self.executed if time > since and of == [strategy, index]])", "0"
    ),
    "knight_parents_2012_children_stay_within_their_parent": Break(
        "core/parents.py", "used += orders[order_id].filled + orders[order_id].wanted()", "used += 0"
    ),
    "hummingbot_462_a_hundred_thousand_orders_on_an_insufficient_balance": Break(
        "core/breakers.py", "traffic.errors += 1", "traffic.errors += 0"
    ),
    "trading_bot_27_a_restart_does_not_reset_the_daily_loss": Break(
        "core/state.py",
        "state.day, state.day_end, state.day_equity, state.week_equity = day, end, day_equity, week_equity",
        # As if the day began with what is left after the restart: a thousand less than it did.
        "state.day, state.day_end, state.day_equity, state.week_equity = day, end, day_equity - 10**21, week_equity",
    ),
    "mql5_289_the_day_turns_at_midnight_of_its_own_zone": Break(
        "core/accounts.py", "day_start(self.terms.day_zone, day + 1)", 'day_start("UTC", day + 1)'
    ),
    "hummingbot_2534_after_a_kill_there_are_no_new_orders_and_cancels_still_go": Break(
        "core/trading_state.py", "return state != ACTIVE or order.strategy in engine.halted", "return False"
    ),
    "nautilus_4946_a_limit_on_a_margin_account_is_never_skipped": Break(
        "core/rules.py",
        "value = proposal.worth(scope.currency)",
        'value = proposal.worth(scope.currency) if proposal.account.terms.kind == "cash" else 0',
    ),
    "nautilus_4011_money_that_can_not_be_counted_is_not_unlimited": Break(
        "core/rules.py",
        "good = free is not None and need is not None and need <= free",
        "good = free is None or need is None or need <= free",
    ),
    "bytex_21_no_bracket_slips_through_where_nothing_is_opened": Break(
        "core/rules.py",
        "return self.verdict(proposal.state == ACTIVE, proposal.state, ACTIVE",
        "return self.verdict(proposal.state == ACTIVE or proposal.intent.stop_loss > 0, proposal.state, ACTIVE",
    ),
    "bytex_21_no_opening_grows_by_a_change_where_nothing_is_opened": Break(
        "core/modify.py", "if not form or rule.code in _FORM", "if rule.code in _FORM"
    ),
    "nautilus_1507_a_small_close_is_never_denied": Break(
        "core/rules.py",
        "minimum = instrument.rules.notional_min\n        if minimum == 0 or not proposal.opening:",
        "minimum = instrument.rules.notional_min\n        if minimum == 0:",
    ),
    "hummingbot_3374_orders_whose_answers_were_lost_are_not_forgotten": Break(
        "core/orders.py", "left = self.remaining()", "left = 0 if self.submit == UNKNOWN else self.remaining()"
    ),
    "freqtrade_1858_an_order_is_not_gone_because_its_cancel_was_asked_for": Break(
        "core/orders.py", "left = self.remaining()", "left = 0 if self.cancel != NONE else self.remaining()"
    ),
    "passivbot_514_a_fill_behind_its_cancel_is_booked_and_told": Break(
        "core/blotter.py", "if fresh and isinstance(event, Fill):", "if was_open and isinstance(event, Fill):"
    ),
    "freqtrade_8374_an_exit_is_as_large_as_what_was_filled": Break(
        "core/rules.py", "0 < order.quantity <= there", "0 < order.quantity"
    ),
    "freqtrade_3802_an_exit_that_filled_in_part_does_not_stand_for_ever": Break(
        "core/watchdog.py", "or engine.now - watched.since < limit", "or state.filled > 0"
    ),
    "alpaca_306_a_replace_that_failed_and_happened_is_one_order": Break(
        "core/orders.py", "self.order.quantity = replaced.quantity", "self.order.quantity += replaced.quantity"
    ),
    "alpaca_111_a_cancel_without_an_answer_is_looked_up_and_asked_for_again": Break(
        "core/orders.py", "if self.cancel == UNKNOWN:", "if self.cancel == SENT:"
    ),
    "nautilus_963_a_flip_is_a_close_and_an_opening": Break(
        "core/judge.py", "elif not book.hedging and book.net != 0 and", "elif book.hedging and book.net != 0 and"
    ),
    "nautilus_4106_an_exit_never_opens": Break(
        "core/rules.py",
        "there = left(proposal.book, order.side, order.lot, order.group)",
        "there = proposal.book.closable(order.side, order.lot)",
    ),
    "freqtrade_2478_a_fee_in_the_base_currency_comes_out_of_what_is_owned": Break(
        "core/ledger.py", "size -= order.side * units", "size -= 0"
    ),
}
#: Of an incident that more than one rule prevents, the others.
FURTHER = {
    "citi_2022_a_basket_typed_for_58_million_and_made_of_444_billion": [
        Break(
            "core/rules.py",
            "return self.verdict(value is not None and value <= limit, value, limit, scope.unit)\n\n\nclass OrderQ",
            "return self.verdict(value is not None, value, limit, scope.unit)\n\n\nclass OrderQ",
        ),
    ],
}
ALL = [(name, broken) for name in BREAKS for broken in (BREAKS[name], *FURTHER.get(name, ()))]


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path_factory.mktemp("cache"))
    yield nursery
    nursery.close()


def test_every_incident_has_its_break() -> None:
    named = {name.removeprefix("test_case_") for name in dir(test_incidents) if name.startswith("test_case_")}
    assert set(BREAKS) == named


@ONCE
def test_the_sources_as_they_stand_prevent_them_all(nursery: Nursery) -> None:
    found = nursery.run(None, [INCIDENTS])
    assert found.code == 0, found.text


@ONCE
@pytest.mark.parametrize(("name", "broken"), ALL, ids=[f"{name}-{broken.module}" for name, broken in ALL])
def test_a_broken_build_is_seen(nursery: Nursery, name: str, broken: Break) -> None:
    found = nursery.run(broken, [f"{INCIDENTS}::test_case_{name}"])
    assert found.code == 1, found.text
    assert "AssertionError" in found.text or "DID NOT RAISE" in found.text, found.text


# ── the table of controls ──────────────────────────────────────────────────────────────────────────────────────────


#: Every rule stands in this list; one that lets everything pass is as good as none.
LISTED = "    *NOTICE_RULES,\n]\n"
LENIENT = """

def lenient(rule: Rule) -> Rule:
    def verdict(self, passed, value, limit, unit):
        return type(rule).verdict(self, True, value, limit, unit)

    kind = type(type(rule).__name__, (type(rule),), {"__slots__": (), "verdict": verdict, "__doc__": rule.__doc__})
    return kind(rule.code, rule.limit, rule.also, rule.switches, rule.station)


RULES = [lenient(rule) if rule.code == "CODE" else rule for rule in RULES]
"""


def controls() -> list[tuple[str, str]]:
    """Each code of the table in docs/risk.md, and the test that is said to fail without it."""
    rows = [line.split("|") for line in (ROOT / "docs/risk.md").read_text().splitlines() if "| `tests/" in line]
    codes = {rule.code for rule in RULES}
    pairs = [(code.strip(), row[4].strip(" `")) for row in rows for code in row[3].split(",")]
    return [(code, test) for code, test in pairs if code in codes]


@pytest.mark.long
@pytest.mark.parametrize(("code", "test"), controls())
def test_without_a_control_the_test_that_the_table_names_fails(nursery: Nursery, code: str, test: str) -> None:
    found = nursery.run(Break("core/stations.py", LISTED, LISTED + LENIENT.replace("CODE", code)), ["-x", test])
    assert found.code == 1, found.text
    assert "AssertionError" in found.text or "DID NOT RAISE" in found.text, found.text
