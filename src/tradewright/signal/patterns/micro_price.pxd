from tradewright.signal.patterns.pattern cimport Pattern, keep

# Sums and products are Python's integers: they may be beyond 64 bits.
cdef class MicroPrice(Pattern):
    cdef public Py_ssize_t length
    cdef public list mids
    cpdef int update(self, object bid, object ask, object bid_size, object ask_size) except? -2
