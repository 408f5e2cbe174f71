from tradewright.signal.patterns.pattern cimport Pattern, keep

# Sums and products are Python's integers: they may be beyond 64 bits.
cdef class TradeSigns(Pattern):
    cdef public Py_ssize_t length
    cdef public object least_ppm
    cdef public int sign
    cdef public object price
    cdef public int tick
    cdef public list signed
    cdef public object net
    cdef public object total
    cpdef int update(self, object price, object size, object aggressor, object bid=*, object ask=*) except? -2
    cdef int _against(self, object from_mid) except? -2
