cimport cython

cdef long long TOTAL_MAX
cdef long long EXACT_MAX

cdef class Part:
    cpdef tuple state(self)
    cpdef restore(self, state)

@cython.final
cdef class Cell(Part):
    cdef public double value

@cython.final
cdef class Tally(Part):
    cdef public long long value
    cpdef add(self, long long count)
    cpdef double over(self, double divisor) except? -1.0

@cython.final
cdef class Smoothing(Part):
    cdef readonly double k
    cdef readonly long long seed_count
    cdef readonly long long seed_divisor
    cdef readonly long long count
    cdef readonly double level
    cpdef push(self, double x)
