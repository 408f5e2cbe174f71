cimport cython

from tradewright.model.instrument cimport Instrument

cdef class FillModel:
    cdef readonly int convention
    cdef readonly int path
    cdef readonly bint through
    cdef readonly double probability
    cpdef bint low_first(
        self, long long position, long long open_units, long long high_units, long long low_units, long long close_units
    )

cdef class PartialModel:
    cdef readonly int kind
    cdef readonly object share
    cdef readonly double probability
    @cython.locals(room=cython.longlong)
    cpdef long long room(self, Instrument instrument, object volume) except? -1
    @cython.locals(steps=cython.longlong)
    cpdef long long part(self, Instrument instrument, long long size, object rng) except? -1
