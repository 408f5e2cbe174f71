cimport cython

from tradewright.model.market cimport Bar
from tradewright.signal.patterns.pattern cimport Pattern, keep

cdef class Sweeps(Pattern):
    cdef public list levels
    cpdef list edges(self)
    cpdef add(self, object swing)
    cpdef put(self, object pool)
    @cython.locals(high=cython.bint, depth=cython.longlong)
    cpdef object update(self, Bar bar)
