"""What a venue or a broker says of an instrument beside its market: whether it trades, its price bands, whether shorts
are restricted, and how many shares could be borrowed. Inputs; whoever connects a venue sends them."""

from __future__ import annotations

from tradewright.model.event import INSTRUMENT_STATUS, LOCATED, Event

TRADING, HALTED, PAUSED, AUCTION = "TRADING", "HALTED", "PAUSED", "AUCTION"
#: Whoever told of it does not know any more: what was said before may be over.
UNKNOWN = "UNKNOWN"
STATUSES = (TRADING, HALTED, PAUSED, AUCTION, UNKNOWN)
#: Both edges of a band that there may be, and that nobody has said.
NOT_SAID = -1


class InstrumentStatus(Event):
    """An instrument (by index) as its venue states it. status: of STATUSES; low_units, high_units: the band of prices
    it trades in (limit up, limit down), 0 = it states none, NOT_SAID = it is not known; restricted: a short sale
    restriction is in force."""

    __slots__ = ("instrument_index", "status", "low_units", "high_units", "restricted")

    def __init__(
        self,
        time: int,
        instrument_index: int,
        status: str,
        low_units: int = 0,
        high_units: int = 0,
        restricted: bool = False,
    ) -> None:
        super().__init__(INSTRUMENT_STATUS, time)
        self.instrument_index = instrument_index
        self.status = status
        self.low_units = low_units
        self.high_units = high_units
        self.restricted = restricted

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.instrument_index, self.status, self.low_units, self.high_units, self.restricted,
        )  # fmt: skip


class Located(Event):
    """A broker found shares to borrow: an account may be short so many size counts of an instrument (by index) until
    its day ends. A later one replaces it."""

    __slots__ = ("account", "instrument_index", "size_units")

    def __init__(self, time: int, account: str, instrument_index: int, size_units: int) -> None:
        super().__init__(LOCATED, time)
        self.account = account
        self.instrument_index = instrument_index
        self.size_units = size_units

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.instrument_index, self.size_units)
