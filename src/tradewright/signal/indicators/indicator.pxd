cimport cython

from tradewright.model.instrument cimport Instrument
from tradewright.model.market cimport Bar
from tradewright.signal.indicators.line cimport Line

cdef double VALUE_MAX
cdef long long COUNT_MAX

# Not final: Cython 3.2.9 writes the -1 of a final class's integer methods as no C compiler takes it.
cdef class Source:
    cdef readonly str name
    cdef long long open
    cdef long long high
    cdef long long low
    cdef long long close
    cdef long long volume
    cdef long long weight
    @cython.locals(count=cython.longlong)
    cpdef long long count(self, Bar bar) except? -1
    cpdef double unit(self, Instrument instrument) except? -1.0

cdef class Indicator(Line):
    cdef readonly long long count
    cdef readonly double unit
    cdef readonly str symbol
    cdef Instrument instrument
    cdef public tuple parts
    cpdef update(self, Bar bar)
    cpdef update_value(self, double x)
    cpdef take(self, Bar bar)
    cpdef double unit_of(self, Instrument instrument) except? -1.0
    @cython.locals(unit=double)
    cpdef follow(self, Instrument instrument)
    cpdef check_value(self, double x)
    cpdef tuple lines(self)
    cpdef Line line(self, str name)
    cpdef recall(self, state)

cdef class Series(Indicator):
    cdef readonly Source source
    cpdef push(self, double x)
