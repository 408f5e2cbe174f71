cimport cython

from tradewright.model.market cimport Bar
from tradewright.signal.patterns.pattern cimport Pattern, keep

cdef class Structure(Pattern):
    cdef public list levels
    cdef public int trend
    cpdef tuple inputs(self)
    cpdef object update(self, Bar bar, object swing)
