"""The list of points is whole: each names a test that exists, and no knob of the page is without."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.project import ROOT
from tests.unit.sim.wire.mt5_points import ENDPOINTS, KNOBS, RULES

FILES = [*sorted((ROOT / "tests/unit/sim/wire").glob("test_mt5_*.py")), ROOT / "tests/e2e/test_mt5_clients.py"]


def names_of_tests() -> set[str]:
    trees = [ast.parse(file.read_text()) for file in FILES]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_point_names_a_test_that_exists() -> None:
    named = {*KNOBS.values(), *ENDPOINTS.values(), *RULES.values()}
    assert named - names_of_tests() == set()


def test_every_knob_and_endpoint_of_the_page_is_on_the_list(shared: Path) -> None:
    page = (shared / "reference/mt5.md").read_text()
    contract = page[page.index("## 9.") :]
    knobs = contract[contract.index("Simulator knobs:") :].removeprefix("Simulator knobs: ").strip().rstrip(".")
    assert set(knobs.split(", ")) == set(KNOBS)
    missing = [endpoint for endpoint in ENDPOINTS if endpoint not in contract and not endpoint.startswith("/")]
    assert missing == []
