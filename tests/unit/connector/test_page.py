"""The simulated connector and the connector itself answer as the reference page says, by JSON Schemas of the page's own
fields; and the page's literal examples are read by our client as they are meant."""

from __future__ import annotations

import json
from decimal import Decimal
from fnmatch import fnmatch
from typing import Any

import jsonschema_rs
import pytest

from tests.unit.connector.test_connector import HEDGING, LIVES, LOOKS, NETTING, TOKEN, service_of
from tests.unit.sim.wire import mt5_schemas as page
from tests.unit.sim.wire.mt5_door import Door
from tradewright.adapters.venue.mt5.answers import Position, Positions, moment, read
from tradewright.adapters.venue.mt5.open_trades import OpenTrades
from tradewright.adapters.venue.mt5.outcomes import DONE, UNKNOWN, outcome_of
from tradewright.model.errors import VenueRefused
from tradewright.model.numbers import MONEY_ONE
from tradewright.ports import HttpAnswer

REFUSAL = jsonschema_rs.validator_for(page.REFUSAL)


def validators(left_out: str) -> dict[str, Any]:
    """By method and path; without a field that is left out."""
    text = json.dumps(page.ANSWERS).replace(f', "{left_out}"]', "]") if left_out else json.dumps(page.ANSWERS)
    return {path: jsonschema_rs.validator_for(schema) for path, schema in json.loads(text).items()}


SIMULATOR, CONNECTOR = validators(""), validators(page.NOT_OF_THE_PACKAGE)


def schema_of(known: dict[str, Any], method: str, path: str, status: int) -> Any:
    """What the page says of an answer; None: of that it says nothing."""
    if status >= 400:
        return REFUSAL
    name = f"{method} {path.partition('?')[0]}"
    return next((one for pattern, one in known.items() if fnmatch(name, pattern)), None)


@pytest.mark.parametrize("mode", [HEDGING, NETTING])
@pytest.mark.parametrize("life", LIVES)
def test_every_answer_is_of_the_form_that_the_page_says(life: str, mode: str) -> None:
    door, other = Door(mode=mode), Door(mode=mode)
    service = service_of(other)
    tried: set[str] = set()
    for method, path, body in [call for step in LIVES[life] for call in (step, *LOOKS)]:
        door.wait(1), other.wait(1)
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        name, _, query = path.partition("?")
        headers = {"authorization": f"Bearer {TOKEN}"}
        told = door.ask(method, f"/api/v1/{path}", body)
        found = service.handle(method, f"/api/v1/{name}", query, headers, data)
        for answer, known in ((told, SIMULATOR), (found, CONNECTOR)):
            schema = schema_of(known, method, path, answer.status)
            if schema is not None:
                schema.validate(json.loads(answer.body))
                tried.add(f"{method} {name} {answer.status}")
    assert len(tried) > 5


def test_the_lives_ask_for_all_that_the_page_has() -> None:
    asked = {f"{method} {path.partition('?')[0]}" for life in (*LIVES.values(), LOOKS) for method, path, _ in life}
    assert [one for one in page.ANSWERS if not any(fnmatch(name, one) for name in asked)] == ["GET account"]


def test_a_schema_refuses_what_the_page_does_not_say() -> None:
    good = json.loads(page.NEW_OPEN)
    SIMULATOR["GET open-positions"].validate(good)
    for change in ({"volume": "0.1"}, {"direction": "long"}, {"sl": "none"}, {"ticket": 0}, {"open_time": "12:00"}):
        bad = {**good, "positions": [{**good["positions"][0], **change}]}
        assert not SIMULATOR["GET open-positions"].is_valid(bad)
    assert not SIMULATOR["GET open-positions"].is_valid({**good, "success": False})


def test_the_examples_are_of_the_form_that_the_page_says() -> None:
    for example in (page.OLD_OPEN, page.OLD_FLAT, page.OLD_DOWN.replace(b"}", b',"error":null}')):
        jsonschema_rs.validate(page.OLD_POSITIONS, json.loads(example))
    jsonschema_rs.validate(page.OLD_REFUSAL, json.loads(page.OLD_DOWN_502))
    SIMULATOR["POST trades/open"].validate(json.loads(page.NEW_OPENED))
    for _, body, _ in page.REFUSALS:
        REFUSAL.validate(body)


# What our client makes of the examples


def test_the_first_connectors_example_is_one_long_position_with_a_stop() -> None:
    (position,) = read(page.OLD_OPEN, Positions).positions
    assert (position.name, position.identity, position.direction) == ("XAUUSD", 50_000_001, "buy")
    assert (position.volume, position.open_price) == (Decimal("0.1"), Decimal("2650.5"))
    assert (position.sl, position.tp, position.risk_known) == (Decimal("2645.0"), None, False)


def test_an_empty_list_is_flat_only_where_it_says_success() -> None:
    assert (read(page.OLD_FLAT, Positions).success, read(page.OLD_FLAT, Positions).positions) == (True, [])
    assert not read(page.OLD_DOWN, Positions).success
    with pytest.raises(VenueRefused):
        read(page.OLD_DOWN_502, Positions)


def test_the_contracts_example_is_read_with_its_broker_name_and_its_risk() -> None:
    found = read(page.NEW_OPEN, Positions)
    (position,) = found.positions
    assert found.account is not None and found.account.margin_mode == 2
    assert (position.symbol, position.name, position.comment) == ("XAUUSD", "XAUUSDm", "[sl 2645.00]")
    assert (position.risk_amount, position.risk_known) == (Decimal("55.00"), True)
    trades = OpenTrades()
    trades.update(found.positions, lambda name: "XAUUSD", {}, moment("2026-03-04T12:00:00.000Z"))
    total = trades.total()
    assert total is not None
    assert (total.long_count, total.short_count, total.risk, total.risk_known) == (1, 0, 55 * MONEY_ONE, True)


def test_the_examples_of_what_was_done_are_done() -> None:
    for body in (page.OLD_DONE, page.NEW_OPENED):
        outcome = outcome_of(HttpAnswer(200, {}, body))
        assert outcome.kind == DONE and outcome.done is not None and outcome.done.ticket == 50_000_001


@pytest.mark.parametrize(("status", "body", "kind"), page.REFUSALS, ids=lambda one: str(one)[:12])
def test_the_examples_of_refusals_mean_what_the_page_says(status: int, body: dict[str, Any], kind: str) -> None:
    assert outcome_of(HttpAnswer(status, {}, json.dumps(body).encode())).kind == kind


def test_a_refusal_of_the_first_connectors_says_nothing_of_what_was_done() -> None:
    assert outcome_of(HttpAnswer(502, {}, page.OLD_DOWN_502)).kind == UNKNOWN
    assert outcome_of(HttpAnswer(200, {}, page.OLD_DOWN)).kind == UNKNOWN


@pytest.mark.parametrize(("symbol", "lots", "opened", "stop", "currency", "lost"), page.RISKS)
def test_the_pages_table_of_risks_is_what_a_position_risks(
    symbol: str, lots: float, opened: float, stop: float, currency: str, lost: str
) -> None:
    """The tick's value for one lot is what the table's own arithmetic says."""
    tick, value = {"XAUUSD": ("0.01", "1"), "EURUSD": ("0.00001", "1"), "USDJPY": ("0.001", "0.66890")}[symbol]
    worth = Decimal(value) / (Decimal("1.10") if currency == "EUR" else 1)
    position = Position(symbol, 1, "buy", Decimal(f"{lots}"), Decimal(f"{opened}"), Decimal(f"{stop}"),
                        tick_size=Decimal(tick), tick_value_loss=worth)  # fmt: skip
    trades = OpenTrades()
    trades.update([position], lambda name: name, {}, 1)
    total = trades.total()
    assert total is not None and total.risk_known
    assert round(Decimal(total.risk) / MONEY_ONE, lost[::-1].find(".") if "." in lost else 0) == Decimal(lost)
