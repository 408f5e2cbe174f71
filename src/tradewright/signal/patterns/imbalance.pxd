from tradewright.signal.patterns.pattern cimport Pattern

# Sums and products are Python's integers: they may be beyond 64 bits.
cdef class Imbalance(Pattern):
    cdef public object least_ppm
    cdef public Py_ssize_t levels
    cdef public object ppm
    cpdef int update(self, object bid_size, object ask_size) except? -2
