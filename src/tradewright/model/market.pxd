cimport cython
from tradewright.model.event cimport Event
from tradewright.model.instrument cimport Instrument

cdef int BAR, DEPTH, QUOTE, QUOTE_BAR, TRADE

cdef class MarketEvent(Event):
    cdef readonly Instrument instrument

cdef class Bar(MarketEvent):
    cdef readonly long long time_open
    cdef readonly long long open_units
    cdef readonly long long high_units
    cdef readonly long long low_units
    cdef readonly long long close_units
    cdef readonly long long volume_units

cdef class QuoteBar(Bar):
    cdef readonly long long bid_open_units
    cdef readonly long long bid_high_units
    cdef readonly long long bid_low_units
    cdef readonly long long bid_close_units
    cdef readonly long long ask_open_units
    cdef readonly long long ask_high_units
    cdef readonly long long ask_low_units
    cdef readonly long long ask_close_units
    cdef readonly long long bid_size_units
    cdef readonly long long ask_size_units

cdef class Quote(MarketEvent):
    cdef readonly long long bid_units
    cdef readonly long long ask_units
    cdef readonly long long bid_size_units
    cdef readonly long long ask_size_units

cdef class Trade(MarketEvent):
    cdef readonly long long price_units
    cdef readonly long long size_units
    cdef readonly int aggressor

cdef class Depth(MarketEvent):
    cdef readonly tuple bids
    cdef readonly tuple asks

@cython.locals(bar=Bar, at=cython.Py_ssize_t)
cpdef list bars_of(
    Instrument instrument, const long long[::1] times, const long long[::1] times_open, const long long[::1] opens,
    const long long[::1] highs, const long long[::1] lows, const long long[::1] closes, const long long[::1] volumes
)
