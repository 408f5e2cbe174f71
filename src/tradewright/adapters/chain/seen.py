"""What a venue shows of its orders, in words that the clients share; each makes it at its wire, in exact counts."""

from __future__ import annotations

from dataclasses import dataclass

from tradewright.model.instrument import Instrument
from tradewright.model.order import GTC

#: CANCELED: by request, ours or somebody else's; EXPIRED: by the venue.
OPEN, FILLED, CANCELED, EXPIRED, REJECTED = "open", "filled", "canceled", "expired", "rejected"
STATUSES = (OPEN, FILLED, CANCELED, EXPIRED, REJECTED)


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill. fee: money counts; time: ns, 0 = the venue does not say."""

    trade_id: str
    price: int
    size: int
    fee: int
    fee_currency: str
    maker: bool
    time: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What the venue says of one of its orders at a moment: counts of its instrument. client_id: the order's own, "" =
    it does not say; type, force: of `model.order`; limit, stop: 0 = none; trail_ppm: parts per million of the price;
    time, created: the venue's clock, ns, 0 = it does not say; on_book: it has come into the book, which a stop does
    when it is triggered; linked: it ends with another; only_shrinks: the venue lets no order grow in its place, so that
    of two sizes the smaller one is the newer; reason: why it ended."""

    instrument: Instrument
    venue_id: str
    client_id: str
    status: str
    side: int
    type: int
    quantity: int
    executed: int
    limit: int
    stop: int
    time: int
    trail_ppm: int = 0
    post_only: bool = False
    force: int = GTC
    created: int = 0
    on_book: bool = False
    linked: bool = False
    only_shrinks: bool = False
    reason: str = ""
    executions: tuple[Execution, ...] = ()

    @property
    def over(self) -> bool:
        return self.status != OPEN
