from tradewright.model.event cimport Event
from tradewright.model.instrument cimport Instrument

cdef int SIGNAL

cdef class Signal(Event):
    cdef readonly str strategy
    cdef readonly Instrument instrument
    cdef readonly int action
    cdef readonly double confidence
    cdef readonly long long price_units
    cdef readonly str reasoning
    cdef readonly str strategy_version
    cdef readonly str params_hash
    cdef readonly tuple inputs
    cpdef bint repeats(self, Signal last)
    cpdef tuple row(self)
