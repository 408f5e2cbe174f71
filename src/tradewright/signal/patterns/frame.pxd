cimport cython

from tradewright.model.market cimport Bar
from tradewright.signal.patterns.pattern cimport Pattern

cdef class Frame(Pattern):
    cdef public long long length
    cdef public long long begin
    cdef public long long open
    cdef public long long high
    cdef public long long low
    cdef public long long close
    cdef public long long volume
    @cython.locals(begin=cython.longlong)
    cpdef list update(self, Bar bar)
    @cython.locals(begin=cython.longlong)
    cdef Bar _complete(self, Bar bar)
