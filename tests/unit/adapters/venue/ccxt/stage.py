"""The simulated Binance with a client by ccxt before it, and a ledger that plays the engine; all in virtual time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.unit.adapters.venue.binance.stage import HOST, Stage, play_on
from tradewright.adapters.venue.ccxt import CcxtSpot, Credentials
from tradewright.model.rng import Rng
from tradewright.sim.wire.faults import Fault

REST = f"http://{HOST}/api/v3"
#: The least by which the library speaks to this venue alone.
SETTINGS: dict[str, Any] = {
    "urls": {"api": {"public": REST, "private": REST, "v1": f"http://{HOST}/api/v1", "sapi": f"http://{HOST}/sapi/v1"}}
}


class CcxtStage(Stage):
    """As that of Binance's own client, with the other one in its place."""

    client: CcxtSpot  # type: ignore[assignment]

    def new_client(self) -> CcxtSpot:  # type: ignore[override]
        client = CcxtSpot(
            self.terms, "binance", Credentials("demo-key", "demo-secret"), self.transport, self.clock,
            Rng(self.seed + 3), self.ledger, self.ledger.deliver, settings=SETTINGS,
        )  # fmt: skip
        # Instruments that the engine trades are known to a client once it was asked for them or watches them.
        client.watch([])
        client._traded |= self.ledger.instruments
        self.ledger.client = client
        return client


def play(program: Callable[[CcxtStage], Awaitable[None]], faults: Sequence[Fault] = (), **options: Any) -> CcxtStage:
    """Runs a program on a stage whose client is connected."""
    return play_on(CcxtStage, program, faults, **options)
