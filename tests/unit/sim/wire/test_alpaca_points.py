"""Nothing of the simulated Alpaca is without a test: each point names one, and each door, knob and fault is a point."""

from __future__ import annotations

import re
from dataclasses import fields

from tests.project import ROOT
from tests.unit.sim.wire.alpaca_desk import Venue
from tests.unit.sim.wire.alpaca_points import ENDPOINTS, GROUPS, KNOBS, POINTS, STREAMS
from tradewright.sim.wire.alpaca import Knobs
from tradewright.sim.wire.alpaca.site import DATA_STREAMS
from tradewright.sim.wire.trouble import INJECTIONS, RACES, Trouble

FILES = [
    *(ROOT / "tests/unit/sim/wire").glob("test_alpaca_*.py"),
    ROOT / "tests/unit/sim/wire/test_faults.py",
    ROOT / "tests/e2e/test_alpaca_clients.py",
]


def test_each_point_names_a_test_that_is_there() -> None:
    there = {name for file in FILES for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE)}
    assert {point: test for point, test in POINTS.items() if test not in there} == {}
    assert len(POINTS) == sum(map(len, GROUPS))


def test_each_door_stream_knob_and_fault_is_a_point() -> None:
    assert set(ENDPOINTS) == {f"{method} {path}" for method, path in Venue().site.paths()}
    assert set(STREAMS) == {"/stream", *DATA_STREAMS}
    names = {*(one.name for one in fields(Knobs)), *(one.name for one in fields(Trouble)), *INJECTIONS, *RACES}
    assert names | {"halt", "drop_streams"} == set(KNOBS)  # two that are done to a site that stands
