cdef class LatencyModel:
    cdef readonly long long median_ns
    cdef readonly double sigma
    cpdef long long delay(self, object rng) except? -1
