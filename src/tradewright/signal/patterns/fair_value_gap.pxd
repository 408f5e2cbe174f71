cimport cython

from tradewright.model.market cimport Bar
from tradewright.signal.patterns.pattern cimport Pattern, keep

cdef class FairValueGaps(Pattern):
    cdef public list bars
    cdef public long long count
    cdef public list gaps
    cdef public list met
    @cython.locals(low=cython.longlong, high=cython.longlong)
    cpdef object update(self, Bar bar)
