cimport cython

from tradewright.model.market cimport Bar
from tradewright.signal.patterns.pattern cimport Pattern, keep

cdef class OrderBlocks(Pattern):
    cdef public list bars
    cdef public Py_ssize_t count
    cdef public list high
    cdef public list low
    cdef public list blocks
    cdef public object retested
    cpdef object update(self, Bar bar, object swing)
    cdef object _made(self, object swing, int side)
    @cython.locals(low=cython.longlong, high=cython.longlong, close=cython.longlong)
    cdef _meet(self, Bar bar)
