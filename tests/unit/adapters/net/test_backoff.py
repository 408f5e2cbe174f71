"""Waits between attempts."""

from __future__ import annotations

from itertools import islice

from tradewright.adapters.net.backoff import SECOND_NS, waits
from tradewright.model.rng import Rng


def test_waits_double_up_to_their_bound_and_stay_there() -> None:
    found = list(islice(waits(Rng(1)), 12))
    for number, wait in enumerate(found):
        most = min((SECOND_NS // 2) << number, 30 * SECOND_NS)
        assert most // 2 <= wait <= most


def test_two_clients_do_not_wait_alike() -> None:
    assert list(islice(waits(Rng(1)), 5)) != list(islice(waits(Rng(2)), 5))
