cimport cython

from tradewright.model.instrument cimport Instrument
from tradewright.model.market cimport Bar
from tradewright.signal.indicators.indicator cimport Indicator, Source
from tradewright.signal.indicators.part cimport Cell, Tally
from tradewright.signal.indicators.window cimport Window

cdef class VWAP(Indicator):
    cdef readonly Source source
    cdef readonly long long day_ns
    cdef readonly long long offset_ns
    cdef Tally session
    cdef Cell weight
    cdef Cell mean
    cpdef double unit_of(self, Instrument instrument) except? -1.0
    @cython.locals(price=double, volume=double, session=cython.longlong)
    cpdef take(self, Bar bar)

cdef class RollingVWAP(Indicator):
    cdef readonly Source source
    cdef Window prices
    cdef Window volumes
    cpdef double unit_of(self, Instrument instrument) except? -1.0
    @cython.locals(price=double)
    cpdef take(self, Bar bar)

cdef class OBV(Indicator):
    cdef Cell close
    cdef Tally total
    cpdef double unit_of(self, Instrument instrument) except? -1.0
    @cython.locals(close=double)
    cpdef take(self, Bar bar)
