"""What every account at a venue has to live through, asked of a service over its interface as a person would: an order
fills, one rests and is changed and cancelled, the position is closed, and both books agree.

At simulated venues it is part of every run. At a venue's testnet it runs where its keys are given, and then this run
may leave the machine:

    TRADEWRIGHT_TESTNET=1 BINANCE_TESTNET_API_KEY=… BINANCE_TESTNET_SECRET_KEY=… .venv/bin/pytest -rs tests/testnet
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.border.border import LEAVES
from tests.e2e.command import tradewright
from tests.e2e.service import SECONDS, Background, serving, simulated, variables
from tests.e2e.test_serve import free_port
from tests.project import COMPILED_ALONE
from tests.testnet.places import PLACES, SIMULATED, Place
from tradewright.app.home import JOURNAL

pytestmark = COMPILED_ALONE
#: Every venue takes sizes as fine as these.
STEP = Decimal("0.00001")


class Desk:
    """Who asks a service that runs."""

    def __init__(self, service: Background, port: int, home: Path) -> None:
        self.service = service
        self.url = f"http://127.0.0.1:{port}"
        self.key = (home / "admin.key").read_text().strip()

    def ask(self, how: str, path: str, **body: object) -> Any:
        """What is answered, numbers as decimals; a refusal is its body too."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=how)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                text = answer.read()
        except urllib.error.HTTPError as refused:
            text = refused.read()
        return json.loads(text, parse_float=Decimal) if text else None

    def until(self, so: Callable[[], object]) -> None:
        self.service.until(so)

    def order(self, id: str) -> Any:
        return self.ask("GET", f"/orders/{id}")

    def place(self, symbol: str, quantity: str, **terms: object) -> str:
        said = self.ask("POST", "/orders", symbol=symbol, side="buy", quantity=quantity, **terms)
        assert "orderId" in said, said
        return str(said["orderId"])

    def held(self, symbol: str) -> Decimal:
        """Size that the account holds."""
        return sum((Decimal(one["quantity"]) for one in self.ask("GET", "/positions")["positions"]
                    if one["symbol"] == symbol), Decimal(0))  # fmt: skip


def configured(folder: Path, place: Place, port: int) -> Path:
    file = folder / "service.yaml"
    at = "" if place.needs else ", baseUrl: '${SIM_URL}'"
    file.write_text(f"accounts: {{main: {{{place.block}{at}}}}}\nserver: {{port: {port}}}\n")
    return file


def live(desk: Desk, place: Place) -> None:
    """The life itself. What was held before it began is none of its business."""
    before = desk.held(place.symbol)
    bought = desk.place(place.symbol, place.quantity, type="market")
    while desk.order(bought)["code"] == "PRICE_UNKNOWN":  # nothing opens before the first price
        time.sleep(0.2)
        bought = desk.place(place.symbol, place.quantity, type="market")
    desk.until(lambda: desk.order(bought)["status"] == "filled")
    price = Decimal(desk.order(bought)["averagePrice"])
    # The fee may be taken out of what was bought.
    size, has = Decimal(place.quantity), desk.held(place.symbol) - before
    assert size * Decimal("0.99") <= has <= size

    far = round(price * Decimal("0.8"))
    rests = desk.place(place.symbol, place.quantity, type="limit", limitPrice=far)
    desk.until(lambda: desk.order(rests)["state"] == "ACCEPTED")
    desk.ask("PATCH", f"/orders/{rests}", limitPrice=far - 100)
    desk.until(lambda: Decimal(desk.order(rests)["limitPrice"]) == far - 100)
    desk.ask("DELETE", f"/orders/{rests}")
    desk.until(lambda: desk.order(rests)["status"] == "cancelled")
    assert desk.order(rests)["filledQuantity"] == 0

    desk.ask("DELETE", f"/positions/{place.symbol}", quantity=str(has.quantize(STEP, ROUND_DOWN)))
    desk.until(lambda: abs(desk.held(place.symbol) - before) <= size / 100)
    desk.ask("POST", "/reconciliation")
    assert desk.ask("GET", "/states")["states"] == []


@pytest.mark.parametrize("name", PLACES)
def test_an_order_fills_another_rests_changes_and_ends_and_the_position_is_closed(name: str, tmp_path: Path) -> None:
    place, home, port = PLACES[name], tmp_path / "home", free_port()
    if place.needs and not LEAVES:
        pytest.skip("a run that may leave this machine has TRADEWRIGHT_TESTNET=1")
    if missing := place.missing():
        pytest.skip(f"{name} needs {' and '.join(missing)}")
    with ExitStack() as stack:
        url = "" if place.needs else stack.enter_context(simulated(place.venue)).url
        environment = variables(tmp_path, url, **({} if place.needs else SIMULATED))
        service = stack.enter_context(serving(configured(tmp_path, place, port), home, environment))
        service.hears("READY  main")
        live(Desk(service, port, home), place)
        assert service.end() == 0
    assert tradewright("replay", home / JOURNAL, "--verify", "--json").row["differences"] == []
    checked = tradewright("doctor", "--home", home, "--json").row
    assert checked["good"], checked


def test_a_place_without_keys_says_which_and_none_is_asked_of_a_simulated_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in PLACES.values():
        for variable in place.needs:
            monkeypatch.delenv(variable, raising=False)
    assert {name: place.missing() for name, place in PLACES.items() if place.missing()} == {
        name: list(place.needs) for name, place in PLACES.items() if not name.startswith("simulated")
    }
    for place in PLACES.values():
        assert all(f"${{{name}}}" in place.block for name in place.needs), "a key comes from its variable"
        assert "live" not in place.block
