"""One day of a seed at a venue, to be played on sources of which a line is wrong."""

from __future__ import annotations

import pytest

from tradewright.prove.world import STANDS, World, play


@pytest.mark.parametrize("seed", range(240))
@pytest.mark.parametrize("venue", sorted(STANDS))
def test_a_day(venue: str, seed: int) -> None:
    breaches = play(seed, venue).breaches
    assert not breaches, "broken: " + " ".join(sorted({name for name, _ in breaches}))


@pytest.mark.parametrize("seed", range(240))
@pytest.mark.parametrize("venue", sorted(STANDS))
def test_a_day_without_a_gate(monkeypatch: pytest.MonkeyPatch, venue: str, seed: int) -> None:
    """What leaves reaches the venue's door, where the auditor reads it."""
    monkeypatch.setattr(World, "gated", False)
    test_a_day(venue, seed)
