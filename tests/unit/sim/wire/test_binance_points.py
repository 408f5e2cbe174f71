"""Nothing of the simulated Binance is without a test: each point names one, and each endpoint, method, filter, knob and
fault is a point."""

from __future__ import annotations

import re
from dataclasses import fields

from tests.project import ROOT
from tests.unit.sim.wire.binance_client import Client
from tests.unit.sim.wire.binance_points import ENDPOINTS, KNOBS, METHODS, POINTS
from tests.unit.sim.wire.test_binance_filters import test_a_filter_refuses_by_its_name as filters_test
from tradewright.sim.wire.binance import FilterKnobs, Knobs
from tradewright.sim.wire.binance.endpoints import ENDPOINTS as TABLE
from tradewright.sim.wire.binance.rules import Rules, asset_filters, exchange_filters
from tradewright.sim.wire.binance.socket_api import SocketLine
from tradewright.sim.wire.trouble import INJECTIONS, RACES, Trouble

FILES = [
    *(ROOT / "tests/unit/sim/wire").glob("test_binance_*.py"),
    ROOT / "tests/unit/sim/wire/test_faults.py",
    ROOT / "tests/e2e/test_binance_clients.py",
]


def test_each_point_names_a_test_that_is_there() -> None:
    there = {name for file in FILES for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE)}
    assert {point: test for point, test in POINTS.items() if test not in there} == {}


def test_each_endpoint_method_knob_and_fault_is_a_point() -> None:
    assert set(ENDPOINTS) == {endpoint.rest for endpoint in TABLE}
    socket = Client().open()
    assert isinstance(socket, SocketLine)
    assert set(socket._methods) < set(METHODS)
    names = {*(one.name for one in fields(Knobs)), *(one.name for one in fields(Trouble)), *INJECTIONS, *RACES}
    assert names == set(KNOBS)


def test_each_filter_that_is_published_is_seen_to_refuse() -> None:
    shown = {
        str(row["filterType"])
        for knobs in (FilterKnobs(position_max=1, asset_max=(("A", 1),)), FilterKnobs(by_side=False, notional=False))
        for row in (*Rules(Client().site.venue.rules["BTCUSDT"].instrument, knobs).filters(), *exchange_filters(knobs),
                    *asset_filters(knobs))
    }  # fmt: skip
    cases = {case[2] for mark in filters_test.pytestmark for case in mark.args[1]}
    elsewhere = {"MAX_NUM_ORDER_LISTS", "EXCHANGE_MAX_NUM_ORDER_LISTS", "MAX_NUM_ORDER_AMENDS"}
    assert shown == cases | elsewhere
