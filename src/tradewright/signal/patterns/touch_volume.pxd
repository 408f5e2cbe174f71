from tradewright.model.market cimport Bar
from tradewright.signal.patterns.pattern cimport Pattern
from tradewright.signal.patterns.relative_volume cimport RelativeVolume

cdef class TouchVolume(Pattern):
    cdef public RelativeVolume volume
    cpdef bint update(self, Bar bar, object levels) except -1
