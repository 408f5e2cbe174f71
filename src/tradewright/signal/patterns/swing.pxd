cimport cython

from tradewright.model.market cimport Bar
from tradewright.signal.patterns.pattern cimport Pattern, keep

cdef class SwingPoints(Pattern):
    cdef public Py_ssize_t before
    cdef public Py_ssize_t after
    cdef public list highs
    cdef public list lows
    cdef public long long count
    cdef public list swings
    @cython.locals(width=Py_ssize_t)
    cpdef object update(self, Bar bar)
    cdef object _add(self, object swing)
