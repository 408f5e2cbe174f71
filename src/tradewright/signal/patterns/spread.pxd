from tradewright.signal.patterns.pattern cimport Pattern
from tradewright.signal.patterns.relative_volume cimport RelativeVolume

cdef class Spread(Pattern):
    cdef public object units
    cdef public RelativeVolume usual
    cpdef bint update(self, object bid, object ask) except -1
