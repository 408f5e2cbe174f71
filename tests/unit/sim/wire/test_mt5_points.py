"""Each point of the simulated MetaTrader 5 names a test that exists."""

from __future__ import annotations

import ast

from tests.project import ROOT
from tests.unit.sim.wire.mt5_points import ENDPOINTS, KNOBS, RULES

FILES = [*sorted((ROOT / "tests/unit/sim/wire").glob("test_mt5_*.py")), ROOT / "tests/e2e/test_mt5_clients.py"]


def names_of_tests() -> set[str]:
    trees = [ast.parse(file.read_text()) for file in FILES]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_point_names_a_test_that_exists() -> None:
    named = {*KNOBS.values(), *ENDPOINTS.values(), *RULES.values()}
    assert named - names_of_tests() == set()
