cimport cython

from tradewright.signal.indicators.part cimport Part

cdef class Line(Part):
    cdef readonly str label
    cdef readonly double value
    cdef readonly double previous
    cdef readonly bint ready
    cpdef put(self, double value)

@cython.locals(line=Line, a_value=double, a_previous=double, level=double)
cpdef bint crossed_above(a, b) except -1

cpdef bint crossed_below(a, b) except -1
