"""What refuses beside the rules of the stations: each at its boundary, or where it has no number, firing and not.

Together with the rules (test_rules) and an ensemble's validators (signal/test_validators) these are all codes that can
refuse: one that is new fails here until it has its case.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from tests.project import PACKAGE
from tests.unit.core import test_at_open, test_by_hand, test_modify, test_parents, test_reservations
from tests.unit.core.boundaries import BELOW, UP_TO, WHERE
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tests.unit.signal.test_validators import CASES as OF_VALIDATORS
from tradewright.core.sizers import kelly_ppm
from tradewright.core.stations import RULES
from tradewright.explain import REFUSING
from tradewright.model.at_open import OPENS_LATER
from tradewright.model.order import DAY, GTC
from tradewright.model.sizer import Sizer, sizer_from
from tradewright.signal.validators import VALIDATORS

PRICE = 10_000
ABOVE = (False, False, True)
#: (win rate, payoff) whose Kelly fraction is −1, 0 and +1 ppm: p − (1 − p) ÷ b.
EDGES = {-1: ("0.333333", 2), 0: ("0.5", 1), 1: ("0.333334", 2)}


def sized(desk: Desk, sizer: Sizer, side: int = BUY, **terms: int) -> list[str]:
    """What refuses a wish whose size is the sizer's; refused there, it has none, which is on no step of its venue."""
    (decision,) = desk.want(side, 0, sizer=sizer, **terms)
    codes = [check.code for check in decision.refusals]
    return codes[:1] if codes[1:] == ["SIZE_INCREMENT"] else codes


def desk_of(cash: str = "1000000") -> Desk:
    desk = Desk(account_of(leverage=10), cash=cash)
    desk.quote(PRICE)
    return desk


def stop_at_its_entry(offset: int, side: int = BUY) -> list[str]:
    """An opening whose stop lies so many counts above its entry."""
    return sized(desk_of(), sizer_from("risk:1"), side, stop_loss=PRICE + offset)


def edge_of(offset: int) -> list[str]:
    win, payoff = EDGES[offset]
    sizer = sizer_from(f"kelly:1:win={win}:payoff={payoff}")
    assert kelly_ppm(sizer.win_ppm, sizer.payoff_ppm) == offset
    return sized(desk_of("1000000000"), sizer)


def size_beside_what_is_filled(offset: int) -> list[str]:
    desk = test_modify.desk_of()
    order_id = desk.buy(10, limit_units=9_000)
    desk.accept(order_id)
    desk.fill(order_id, 4, 9_000)
    return test_modify.refused(test_modify.change(desk, order_id, 4 + offset))


def slices_of_a_parent(offset: int) -> list[str]:
    """The second of two slices, of a hundred together and so many more."""
    desk = test_parents.desk_of()
    test_parents.slice_of(desk, 60)
    (decision,) = desk.want(BUY, 40 + offset, parent="vwap", parent_size=100, limit_units=PRICE)
    return [check.code for check in decision.refusals]


def price_at_its_stop(offset: int) -> list[str]:
    """Its market opens so many counts above its stop."""
    desk = test_at_open.desk_of()
    desk.want(BUY, 5, stop_loss=PRICE - 500)
    return test_at_open.refusals(test_at_open.opens(desk, PRICE - 500 + offset))


def place_at_its_end(offset: int) -> list[str]:
    """An order names a place so many nanoseconds after its time was over."""
    desk = test_reservations.desk_of()
    reserved = test_reservations.ask(desk, "r", ttl=test_reservations.MS)
    desk.now = reserved.expires + offset - 1  # the order itself comes one later
    made = test_reservations.use(desk, "r")
    return [check.code for check in test_reservations.decision_of(made).refusals]


#: code → which of one unit below, at and above its limit it lets pass, and the codes that refuse there.
NUMBERS: dict[str, tuple[tuple[bool, bool, bool], Callable[[int], list[str]]]] = {
    "STOP_REQUIRED": (BELOW, stop_at_its_entry),
    "NO_EDGE": (ABOVE, edge_of),
    "BELOW_FILLED": (ABOVE, size_beside_what_is_filled),
    "PARENT_EXCEEDED": (UP_TO, slices_of_a_parent),
    "EXIT_PASSED": (ABOVE, price_at_its_stop),
    "RESERVATION_ENDED": (BELOW, place_at_its_end),
}


def size_of_a_share(knows_the_price: bool) -> list[str]:
    return sized(desk_of() if knows_the_price else Desk(), sizer_from("percent:10"))


def changed(terms: dict[str, int], first: dict[str, int] | None = None) -> list[str]:
    """Of a working limit order, whose terms may have been asked to change before."""
    desk = test_modify.desk_of()
    order_id = desk.buy(10, limit_units=9_000)
    desk.accept(order_id)
    if first:
        assert test_modify.change(desk, order_id, **first).approved
    return test_modify.refused(test_modify.change(desk, order_id, **terms))


def given_a_time_in_force(tif: int) -> list[str]:
    desk = test_by_hand.desk_of()
    order_id = test_by_hand.placed(desk, limit_units=9_000, time_in_force=DAY)
    desk.accept(order_id)
    return [str(code) for code in test_by_hand.refused(test_by_hand.change(desk, order_id, 4, tif=tif))]


def changed_while_it_waits(waits: bool) -> list[str]:
    desk = test_at_open.desk_of(now=test_at_open.EVENING if waits else test_at_open.OPEN)
    order_id = desk.buy(5, limit_units=PRICE - 500)
    if not waits:
        desk.accept(order_id)
    return test_modify.refused(test_modify.change(desk, order_id, 4))


#: code → the codes that refuse where all is well, and where it is not.
FLAGS: dict[str, Callable[[bool], list[str]]] = {
    "SIZE_UNKNOWN": size_of_a_share,
    "REQUEST_PENDING": lambda well: changed({"quantity": 11}, None if well else {"quantity": 12}),
    "TERMS_OF_TYPE": lambda well: changed({"limit": 9_100} if well else {"stop": 9_100}),
    "TIME_IN_FORCE_STAYS": lambda well: given_a_time_in_force(DAY if well else GTC),
    "OPENING_WAITS": lambda well: changed_while_it_waits(not well),
}


def test_every_code_that_can_refuse_has_its_boundary_or_fires() -> None:
    of_validators = {VALIDATORS[row[0]].code for row in OF_VALIDATORS.values()} | {"CORRELATION"}
    assert len(REFUSING) == len(set(REFUSING))
    assert sorted([*WHERE, *NUMBERS, *FLAGS, *of_validators]) == sorted(REFUSING)
    assert set(WHERE) == {rule.code for rule in RULES}


@pytest.mark.parametrize("code", NUMBERS)
def test_it_holds_to_the_unit(code: str) -> None:
    passes, case = NUMBERS[code]
    assert [case(offset) for offset in (-1, 0, 1)] == [[] if granted else [code] for granted in passes]


def test_the_losing_side_of_a_sale_is_above_its_entry() -> None:
    cases = [stop_at_its_entry(offset, SELL) for offset in (-1, 0, 1)]
    assert cases == [["STOP_REQUIRED"], ["STOP_REQUIRED"], []]


@pytest.mark.parametrize("code", FLAGS)
def test_it_fires_where_it_should_and_not_where_all_is_well(code: str) -> None:
    assert FLAGS[code](True) == [] and code in FLAGS[code](False)


# ── none is left out ───────────────────────────────────────────────────────────────────────────────────────────────


def named(module: ModuleType, node: ast.expr) -> str:
    """The code that an expression stands for, "" = that of the rule or the caller that says it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return str(getattr(module, node.id, "")) if isinstance(node, ast.Name) else ""


def codes_of_checks() -> Iterator[tuple[str, str]]:
    """Each code that a source of the deciding part makes a check of, "" for one that is not said there; and the
    source."""
    for part in ("core", "signal"):
        for file in sorted((PACKAGE / part).rglob("*.py")):
            place = ".".join(("tradewright", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
                ".__init__"
            )
            module = importlib.import_module(place)
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Check", "check_of") and node.args:
                    yield named(module, node.args[0]), file.name


def test_no_source_makes_a_check_of_a_code_that_is_not_among_them() -> None:
    found = dict(codes_of_checks())
    assert {code: file for code, file in found.items() if code not in {"", *REFUSING, OPENS_LATER}} == {}
    assert {"REQUEST_PENDING", "EXIT_PASSED", "REDUCE_ONLY"} <= set(found)
