"""No endpoint, stream, must-have or knob of the reference pages is without a test: what a page lists is what the points
name, but for what is left out, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from types import ModuleType

import pytest

from tests.unit.sim.wire import alpaca_points, binance_points, mt5_points, pages
from tradewright.sim.wire.binance.endpoints import ENDPOINTS as BINANCE_ENDPOINTS

#: A socket's name of an endpoint is the endpoint's point.
BY_SOCKET = {endpoint.socket: binance_points.ENDPOINTS[endpoint.rest] for endpoint in BINANCE_ENDPOINTS}


@pytest.mark.parametrize(
    ("venue", "points", "read", "kinds"),
    [
        ("alpaca", alpaca_points, pages.alpaca_endpoints, alpaca_points.ENDPOINTS),
        ("alpaca", alpaca_points, pages.alpaca_streams, alpaca_points.STREAMS),
        ("alpaca", alpaca_points, pages.alpaca_data, alpaca_points.DATA),
        ("alpaca", alpaca_points, pages.alpaca_must_haves, alpaca_points.MUST_HAVES),
        ("alpaca", alpaca_points, pages.alpaca_knobs, alpaca_points.PAGE_KNOBS),
        ("binance", binance_points, pages.binance_endpoints, binance_points.ENDPOINTS),
        ("binance", binance_points, pages.binance_streams, binance_points.STREAMS),
        ("binance", binance_points, pages.binance_must_haves, binance_points.MUST_HAVES),
        ("mt5", mt5_points, pages.mt5_endpoints, mt5_points.ENDPOINTS),
        ("mt5", mt5_points, pages.mt5_knobs, mt5_points.KNOBS),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_what_a_page_lists_is_what_the_points_name(
    shared: Path, venue: str, points: ModuleType, read: Callable[[Path], set[str]], kinds: Collection[str]
) -> None:
    listed = read(shared / f"reference/{venue}.md")
    named = {point.partition(" — ")[0] for point in kinds}
    assert listed - set(points.LEFT_OUT) == named - set(points.BEYOND)


def test_the_methods_of_the_page_are_points_or_the_other_name_of_an_endpoint(shared: Path) -> None:
    listed = pages.binance_methods(shared / "reference/binance.md")
    own = set(binance_points.METHODS) - set(binance_points.BEYOND)
    assert own <= listed
    assert listed - own - set(BY_SOCKET) == set(binance_points.LEFT_OUT)


def test_what_is_left_out_or_beyond_has_a_reason_and_is_there_to_be_so() -> None:
    for points, own in ((alpaca_points, alpaca_points.POINTS), (binance_points, binance_points.POINTS)):
        names = {name.partition(": ")[2] or name for name in own} | set(own)
        assert set(points.BEYOND) <= names and not set(points.LEFT_OUT) & names
        assert all((*points.BEYOND.values(), *points.LEFT_OUT.values()))


def test_the_pages_are_read_whole(shared: Path) -> None:
    """A page whose form changed would be read as nothing, and nothing is easily covered."""
    folder = shared / "reference"
    found = {
        "alpaca endpoints": len(pages.alpaca_endpoints(folder / "alpaca.md")),
        "alpaca must-haves and knobs": len(pages.alpaca_must_haves(folder / "alpaca.md"))
        + len(pages.alpaca_knobs(folder / "alpaca.md")),
        "binance endpoints": len(pages.binance_endpoints(folder / "binance.md")),
        "binance streams": len(pages.binance_streams(folder / "binance.md")),
        "binance must-haves": len(pages.binance_must_haves(folder / "binance.md")),
        "mt5 endpoints": len(pages.mt5_endpoints(folder / "mt5.md")),
        "mt5 knobs": len(pages.mt5_knobs(folder / "mt5.md")),
    }
    assert found == {
        "alpaca endpoints": 23, "alpaca must-haves and knobs": 18, "binance endpoints": 38, "binance streams": 18,
        "binance must-haves": 17, "mt5 endpoints": 20, "mt5 knobs": 20,
    }  # fmt: skip
