"""What volume says: the average price that was paid, and on which side it came."""

from __future__ import annotations

from math import nan

from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.signal.indicators.indicator import Indicator, Source, named, whole
from tradewright.signal.indicators.part import Cell, Tally
from tradewright.signal.indicators.window import Window

DAY_NS = 86_400_000_000_000
#: Longer sessions are a mistake: a year.
SESSION_MAX = 366 * DAY_NS


class VWAP(Indicator):
    """Volume-weighted average price since the session's start, in price; not ready before the session has volume.

    A session begins where (time_open − offset_ns) is a multiple of day_ns; times are ns UTC. The mean is updated in
    West's form (Communications of the ACM 22, 1979): no large sums to cancel.
    """

    __slots__ = ("source", "day_ns", "offset_ns", "session", "weight", "mean")

    def __init__(self, day_ns: int = DAY_NS, offset_ns: int = 0, source: str = "typical") -> None:
        self.day_ns = whole("VWAP", "day_ns", day_ns, 1, SESSION_MAX)
        self.offset_ns = whole("VWAP", "offset_ns", offset_ns, 0, day_ns - 1)
        super().__init__(named("VWAP", day_ns, offset_ns, source))
        self.source = Source("VWAP", source)
        self.session = Tally()
        self.weight, self.mean = Cell(0.0), Cell(0.0)
        self.parts = (self.session, self.weight, self.mean)

    def unit_of(self, instrument: Instrument) -> float:
        return self.source.unit(instrument)

    def take(self, bar: Bar) -> None:
        price = float(self.source.count(bar))
        volume = float(bar.volume_units)
        session = (bar.time_open - self.offset_ns) // self.day_ns
        if session != self.session.value:
            self.session.value = session
            self.weight.value = self.mean.value = 0.0
        if volume > 0.0:
            self.weight.value += volume
            self.mean.value += (price - self.mean.value) * (volume / self.weight.value)
        self.put(self.mean.value / self.unit if self.weight.value > 0.0 else nan)


class RollingVWAP(Indicator):
    """Volume-weighted average price of the last `length` bars, in price; not ready while they have no volume."""

    __slots__ = ("source", "prices", "volumes")

    def __init__(self, length: int, source: str = "typical") -> None:
        length = whole("RollingVWAP", "length", length, 1)
        super().__init__(named("RollingVWAP", length, source))
        self.source = Source("RollingVWAP", source)
        self.prices, self.volumes = Window(length), Window(length)
        self.parts = (self.prices, self.volumes)

    def unit_of(self, instrument: Instrument) -> float:
        return self.source.unit(instrument)

    def take(self, bar: Bar) -> None:
        price = float(self.source.count(bar))
        self.volumes.push(max(float(bar.volume_units), 0.0))
        if self.prices.push(price):
            self.put((price + self.prices.weighted_offset(self.volumes)) / self.unit)


class OBV(Indicator):
    """On-balance volume, in size (Granville); ready at once (TA-Lib: OBV).

    Starts as the first bar's volume, adds the volume of a bar that closes higher and takes off that of one that closes
    lower. The total is exact; past int64 it raises OverflowError.
    """

    __slots__ = ("close", "total")

    def __init__(self) -> None:
        super().__init__(named("OBV"))
        self.close = Cell()
        self.total = Tally()
        self.parts = (self.close, self.total)

    def unit_of(self, instrument: Instrument) -> float:
        return instrument.size_one

    def take(self, bar: Bar) -> None:
        close = float(bar.close_units)
        if self.count == 0 or close > self.close.value:
            self.total.add(bar.volume_units)
        elif close < self.close.value:
            self.total.add(-bar.volume_units)
        self.close.value = close
        self.put(self.total.over(self.unit))
