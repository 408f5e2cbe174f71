cimport cython

from tradewright.model.market cimport Bar
from tradewright.signal.patterns.pattern cimport Pattern, keep

cdef class Pools(Pattern):
    cdef public object ppm
    cdef public object units
    cdef public list pools
    cdef public list taken
    cpdef object tolerance(self, object level)
    @cython.locals(low=cython.longlong, high=cython.longlong)
    cpdef object update(self, Bar bar, object swing)
