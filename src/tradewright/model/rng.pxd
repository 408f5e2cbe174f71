cimport cython

cdef unsigned long long _MASK

cdef class Rng:
    cdef bytes _key
    cdef unsigned long long _a
    cdef unsigned long long _b
    cdef unsigned long long _c
    cdef unsigned long long _counter
    cdef double _spare
    cdef bint _has_spare

    cpdef Rng split(self, str label)

    cdef _start(self, bytes key)

    @cython.locals(b=cython.ulonglong, c=cython.ulonglong, bits=cython.ulonglong)
    cpdef unsigned long long next_u64(self)

    cpdef double uniform(self)

    @cython.locals(bound=cython.ulonglong, unfair=cython.ulonglong, bits=cython.ulonglong)
    cpdef below(self, n)

    @cython.locals(u=cython.double, v=cython.double, w=cython.double, factor=cython.double)
    cpdef double normal(self)

    cpdef double exponential(self)

    @cython.locals(u=cython.double, v=cython.double, w=cython.double)
    cpdef double student_t(self, double df)

    @cython.locals(limit=cython.double, product=cython.double, count=cython.longlong)
    cpdef long long poisson(self, double mean)
