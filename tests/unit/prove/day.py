"""One day of a seed at a venue, to be played on sources of which a line is wrong."""

from __future__ import annotations

import pytest

from tradewright.prove.world import STANDS, play


@pytest.mark.parametrize("seed", range(240))
@pytest.mark.parametrize("venue", sorted(STANDS))
def test_a_day(venue: str, seed: int) -> None:
    breaches = play(seed, venue).breaches
    assert not breaches, "broken: " + " ".join(sorted({name for name, _ in breaches}))
