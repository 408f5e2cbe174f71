cimport cython

from tradewright.model.market cimport Bar
from tradewright.signal.patterns.pattern cimport Pattern, keep
from tradewright.signal.patterns.swing cimport SwingPoints

# Sums and products are Python's integers: they may be beyond 64 bits.
cdef class Divergence(Pattern):
    cdef public SwingPoints points
    cdef public object line
    cdef public list lines
    cdef public list high
    cdef public list low
    cpdef object line_of(self, Bar bar)
    cpdef object update(self, Bar bar)

cdef class ObvDivergence(Divergence):
    cdef public object close
    cdef public object begun
    cpdef object line_of(self, Bar bar)

cdef class VwapDivergence(Divergence):
    cdef public object day
    cdef public object paid
    cdef public object volume
    @cython.locals(volume=object)
    cpdef object line_of(self, Bar bar)
