"""What an MT5 client's requests carry beside the order: the points it allows, and a key of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from tests.venues.stand import HOST, NetStand, play
from tests.venues.stands.mt5 import Mt5HedgingStand, Mt5NettingStand
from tradewright.app.config import read_config
from tradewright.app.wiring.venues import Seat, client_of
from tradewright.model.errors import InputError
from tradewright.model.rng import Rng
from tradewright.ports import Venue

STANDS = {"netting": Mt5NettingStand, "hedging": Mt5HedgingStand}
DAY_NS = 86_400 * 10**9


def posts(stand: Any) -> dict[str, dict[str, Any]]:
    """Bodies by the key they came under, as the connector keeps them for a day."""
    return {key: msgspec.json.decode(kept.body) for key, kept in stand.site._idempotency._kept.items()}


async def bought_and_sold(stand: NetStand) -> None:
    order = await stand.hold(2)
    await stand.filled(stand.sell(order, lots=2))


def configured(folder: Path, mode: str, deviation: Any) -> type[NetStand]:
    """A stand whose client is made as a service makes it."""
    account = {"venue": "mt5", "environment": "paper", "baseUrl": f"http://{HOST}", "symbols": ["EURUSD"], "mode": mode}
    account |= {"token": "${TOKEN}"} | ({} if deviation is None else {"deviation": deviation})
    file = folder / "service.yaml"
    file.write_text(yaml.safe_dump({"accounts": {"main": account}}))
    config = read_config(file, {"TOKEN": "demo-token"})

    class Configured(STANDS[mode]):  # type: ignore[misc]
        def new_client(self) -> Venue:
            seat = Seat(self.cable, self.clock, Rng(3), self.orders, self.deliver)
            client = client_of(config, "main", self.terms, seat)
            self.gate = self.book.gate = seat.gate
            return client

    return Configured


@pytest.mark.parametrize("mode", STANDS)
@pytest.mark.parametrize(
    ("said", "points"),
    [
        (None, (20, 100)),
        ({"entries": 5, "exits": 7}, (5, 7)),
        ({"exits": 0}, (20, None)),
        ({"entries": 0}, (None, 100)),
    ],
)
def test_orders_at_the_market_allow_the_points_that_are_configured(
    mode: str, said: Any, points: tuple[int | None, int | None], tmp_path: Path
) -> None:
    stand = play(configured(tmp_path, mode, said), bought_and_sold)
    opened, closed = posts(stand).values()
    assert (opened.get("deviation_points"), closed.get("deviation_points")) == points


@pytest.mark.parametrize("said", [{"entries": -1}, {"exits": 10_001}, {"entry": 3}, 5])
def test_points_that_are_none_are_refused(said: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^.*service\.yaml:\d+: accounts\.main\.deviation"):
        configured(tmp_path, "netting", said)


@pytest.mark.parametrize("mode", STANDS)
def test_the_same_ids_of_another_home_are_other_requests(mode: str) -> None:
    """Its order ids begin anew; what it asks for is not answered with what became of the first home's orders."""
    kind = STANDS[mode]
    one, other = (play(kind, bought_and_sold, begins=kind.begins + late) for late in (0, DAY_NS))
    first, second = posts(one), posts(other)
    assert len(first) == len(second) == 2
    assert [body.get("comment") for body in first.values()] == [body.get("comment") for body in second.values()]
    assert not set(first) & set(second)
