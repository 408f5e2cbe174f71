cimport cython

cdef class QueueModel:
    cdef readonly int kind
    cdef readonly double exponent
    @cython.locals(gone=cython.longlong, back=cython.longlong, from_front=cython.double, left=cython.double)
    cpdef long long ahead(self, long long front, long long shown_before, long long shown_now, long long traded) except? -1
    cdef double _share_behind(self, double front, double back) except? -1
