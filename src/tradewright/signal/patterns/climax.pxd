cimport cython

from tradewright.model.market cimport Bar
from tradewright.signal.patterns.pattern cimport Pattern, keep
from tradewright.signal.patterns.relative_volume cimport RelativeVolume

cdef class Climax(Pattern):
    cdef public Py_ssize_t length
    cdef public RelativeVolume volume
    cdef public RelativeVolume range
    cdef public list highs
    cdef public list lows
    @cython.locals(much=cython.bint, wide=cython.bint, lowest=cython.bint, highest=cython.bint)
    cpdef int update(self, Bar bar) except? -1
