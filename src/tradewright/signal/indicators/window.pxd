cimport cython

from tradewright.signal.indicators.part cimport Part, Tally

@cython.final
cdef class Window(Part):
    cdef readonly long long length
    cdef readonly long long size
    cdef readonly long long start
    cdef double[::1] values
    @cython.locals(slot=cython.longlong)
    cpdef bint push(self, double x) except -1
    cpdef double newest(self) except? -1.0
    @cython.locals(newest=double, total=double, i=cython.longlong)
    cpdef double offset(self) except? -1.0
    cpdef double mean(self) except? -1.0
    @cython.locals(newest=double, total=double, weight=double, i=cython.longlong, shift=cython.longlong)
    cpdef double weighted_offset(self, Window weights) except? -1.0
    @cython.locals(newest=double, newest_other=double, total=double, i=cython.longlong, shift=cython.longlong)
    cpdef double products(self, Window other, double offset, double offset_other) except? -1.0
    cpdef double squares(self, double offset) except? -1.0

@cython.final
cdef class CountWindow(Part):
    cdef readonly long long length
    cdef readonly long long size
    cdef readonly long long start
    cdef long long[::1] counts
    cdef readonly Tally total
    @cython.locals(slot=cython.longlong)
    cpdef bint push(self, long long count) except -1

# Not final: Cython 3.2.9 writes the -1 of a final class's integer methods as no C compiler takes it.
cdef class Highest(Part):
    cdef readonly long long length
    cdef readonly long long count
    cdef readonly long long head
    cdef readonly long long size
    cdef long long[::1] counts
    cdef long long[::1] times
    @cython.locals(index=cython.longlong)
    cpdef long long slot(self, long long position) except -1
    cpdef long long push(self, long long count) except? -1
    @cython.locals(slot=cython.longlong)
    cpdef append(self, long long count, long long time)
    @cython.locals(i=cython.longlong, slot=cython.longlong)
    cpdef tuple state(self)
