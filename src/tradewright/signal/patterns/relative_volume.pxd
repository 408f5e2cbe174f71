from tradewright.signal.patterns.pattern cimport Pattern, keep

# Sums and products are Python's integers: they may be beyond 64 bits.
cdef class RelativeVolume(Pattern):
    cdef public Py_ssize_t length
    cdef public object ratio_ppm
    cdef public list volumes
    cdef public object total
    cdef public object ppm
    cpdef bint update(self, object volume) except -1
